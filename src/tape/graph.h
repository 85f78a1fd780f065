/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A log density as a graph: nodes are numbers, coordinates, and operations
 * (enum tape_code) over earlier nodes. Equal nodes are one node. The density
 * is a sum of *terms*, each a node times a number; it holds where all
 * *guards* are not 0. What is computed from numbers alone is a number.
 *
 * Made by gather.c, and made into a tape by roll.c. It knows neither traces
 * nor values of the language.
 *
 * Memory that ran out is noted in `broken`; node numbers are then 0, and
 * nothing needs to be looked at before the end.
 */
#ifndef VST_TAPE_GRAPH_H
#define VST_TAPE_GRAPH_H

#include "tape/tape.h"

/* Beside the operations of tape.h. */
enum {
    GRAPH_NUMBER = TAPE_CODES,
    GRAPH_COORDINATE, /* number: which */
    GRAPH_GIVEN,      /* operands: the call, and which of its numbers */
    GRAPH_UNKNOWN,    /* number: its id; of an equation, for a while */
    GRAPH_POINTER     /* operands: which. Stands for another node, and may be
                         turned to a third */
};

struct graph_node {
    union {
        struct {
            uint32_t code, operands[3]; /* earlier nodes */
        };
        struct {
            uint64_t head; /* code; no operand */
            double number;
        };
        uint64_t words[2]; /* all that it is */
    };
};

/* A function of C over nodes. */
struct graph_call {
    struct tape_call call; /* slots and first are not filled yet */
    uint32_t *nodes;       /* call.count of them */
};

/* What a pointer stands for. One made from another by an operation of one
 * operand stands for that operation over what the other stands for: so what
 * many rows share is computed once, whoever points to it. */
struct graph_pointer {
    uint32_t node;       /* its own */
    uint32_t target;     /* an earlier node when it is made, and no number */
    uint32_t code;       /* of one made from another */
    uint32_t of;         /* 1 + the other; 0: of none */
    uint32_t made, next; /* 1 + the last made from it; from the same, before */
    uint32_t kin;   /* those of one kin may be turned to each other's targets */
    uint32_t level; /* filled by roll: slots of targets are of no higher */
    bool read;      /* likewise: some row reads it */
};
/* Of pointers that are made from others: those of which kin, and how. */
struct graph_kin {
    uint32_t of, code;
};

struct graph {
    struct graph_node *nodes;
    uint32_t count, room;
    /* Open addressing, by hash: 1 + node, and above that, where it is 0, the
       upper bits of its hash. 0: nobody */
    uint32_t *table;
    uint32_t table_room;
    double **terms; /* by node, GRAPH_PIECE together, NULL where all are 0: its
                       factor in the density */
    uint32_t term_room; /* pieces */
    uint32_t *guards, *kept;
    uint32_t guard_count, guard_room;
    uint32_t kept_count, kept_room;
    struct graph_call *calls;
    uint32_t call_count, call_room;
    struct graph_pointer *pointers; /* by node, ascending */
    uint32_t pointer_count, pointer_room;
    struct graph_kin *kins;
    uint32_t kin_count, kin_room;
    uint32_t *slots;  /* filled by roll where there are pointers: by node, 1 +
                         its slot; 0: it has none */
    uint32_t *levels; /* likewise */
    uint32_t rolled;  /* how many nodes these are */
    bool held;        /* a kept node stands on a pointer */
    uint32_t coordinates;
    double constant;
    bool open; /* there are unknowns, or there were */
    bool broken;
};

void graph_close(struct graph *g); /* a zeroed one is ready to be used */

uint32_t graph_number(struct graph *g, double x);
/* A new coordinate. */
uint32_t graph_coordinate(struct graph *g);
uint32_t graph_unknown(struct graph *g, uint32_t id);
/* The operation over as many nodes as it takes. */
uint32_t graph_apply(struct graph *g, enum tape_code code, const uint32_t *of);
uint32_t graph_1(struct graph *g, enum tape_code code, uint32_t a);
uint32_t graph_2(struct graph *g, enum tape_code code, uint32_t a, uint32_t b);
uint32_t graph_3(struct graph *g, enum tape_code code, uint32_t a, uint32_t b,
                 uint32_t c);
/* What will be asked for soon is sent for: many numbers, or operations, wait
 * for memory together and not one by one. So many turns of a loop before. */
enum { GRAPH_SOON = 16 };
/* About so many nodes more will be made. */
void graph_expect(struct graph *g, uint64_t more);
void graph_number_soon(const struct graph *g, double x);
void graph_soon(const struct graph *g, enum tape_code code, uint32_t a,
                uint32_t b, uint32_t c);
/* A call: takes what `call` points to. Its first number; the others come
 * behind it. `nodes`: call.count of them, copied; none is a number. */
uint32_t graph_given(struct graph *g, const struct tape_call *call,
                     const uint32_t *nodes);

/* A new pointer to n, of kin `kin`, less than GRAPH_KINS; to a number there is
 * none, and it is n itself. */
enum { GRAPH_KINS = 256 };
uint32_t graph_point(struct graph *g, uint32_t n, uint32_t kin);
/* It stands for another node now; those that were made from it are told
 * through graph_turned. */
void graph_turn(struct graph *g, uint32_t pointer, uint32_t target);
/* What this one stands for, by what the other one does now. */
uint32_t graph_turned(struct graph *g, const struct graph_pointer *p);
/* Which of the pointers it is, by its node. */
static inline uint32_t graph_pointer_at(const struct graph *g, uint32_t node)
{
    return g->nodes[node].operands[0];
}

static inline bool graph_is_number(const struct graph *g, uint32_t n)
{
    return g->nodes[n].code == GRAPH_NUMBER;
}

/* Adds factor * n to the log density. Sums are taken apart, so that what
 * stands in many terms alike is counted and not added again and again. */
void graph_add(struct graph *g, uint32_t n, double factor);
enum { GRAPH_PIECE = 512 };
static inline double graph_term(const struct graph *g, uint32_t n)
{
    uint32_t piece = n / GRAPH_PIECE;
    return piece < g->term_room && g->terms[piece]
               ? g->terms[piece][n % GRAPH_PIECE]
               : 0.0;
}
/* The first term from node n on; g->count: there is none. */
uint32_t graph_term_from(const struct graph *g, uint32_t n);
/* This node is no term any more. */
void graph_drop(struct graph *g, uint32_t n);
/* The node as it is, a sum or not. */
void graph_add_whole(struct graph *g, uint32_t n, double factor);
/* The density holds only where n is not 0. */
void graph_guard(struct graph *g, uint32_t n);
/* What the node is will be asked for (roll_values). */
void graph_keep(struct graph *g, uint32_t n);

/* What a node is at these coordinates, for tests: O(nodes). false when memory
 * ran out, or a call fails. */
bool graph_compute(const struct graph *g, const double *q, double *out);

#endif
