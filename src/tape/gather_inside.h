/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of gather share: from the expressions of a trace to the
 * nodes of a graph.
 *
 *     gather.c            terms, guards, and what to gather
 *     gather_shown.c      values of directives, where the trace is not written
 *     gather_write.c      between a gathering and the trace
 *     gather_item.c       what a value of the language is in the graph
 *     gather_operation.c  primitives
 *     gather_array.c      those of arrays
 *     gather_density.c    log densities of families; formulas of numbers and
 *                         domains beside it (gather_formula.h)
 *     gather_form.c       of forms
 *     gather_call.c       of families without a formula
 *     gather_equation.c   solutions of differential equations
 *     gather_space.c      coordinates, and what they stand for
 *     gather_centre.c     those of numbers around a location that moves
 *
 * A function that answers bool is false when it could not: then either
 * `build.why` says why, or `build.need` is what must be known first, or the
 * machine has an error.
 */
#ifndef VST_TAPE_GATHER_INSIDE_H
#define VST_TAPE_GATHER_INSIDE_H

#include "eval/machine_inside.h"
#include "tape/gather.h"
#include "tape/graph.h"
#include "trace/reduced.h"

enum item_kind {
    ITEM_PLAIN, /* a value that no coordinate changes */
    ITEM_NUMBER,
    ITEM_ARRAY, /* of nodes */
    ITEM_LIST   /* of items */
};

struct item {
    uint8_t kind;
    bool truth;  /* a node that is 1 for true, 0 for false */
    bool share;  /* an array that adds up to 1 by itself */
    bool scored; /* a choice whose density is among the terms already */
    value plain;
    uint32_t node;
    /* A vector has columns 0, and `rows` elements. Where in the pool. */
    uint32_t rows, columns, first;
};

static inline uint32_t item_count(const struct item *a)
{
    return a->columns ? a->rows * a->columns : a->rows;
}

/* Nodes of the trace, each once, with a set to find them. */
struct reached {
    const struct node **at;
    uint32_t count, room;
    uint32_t *slots; /* 1 + place */
    uint32_t slot_room;
};

struct known { /* by address */
    const void *key;
    uint32_t item;
};

struct jacobian {
    uint32_t node;
    double factor;
};

struct build {
    struct engine *engine;
    struct trace *t;
    struct graph g;
    const struct scope *scope;
    const struct gather_plan *plan; /* or NULL */
    struct gather_seen *seen; /* what it looks at is noted there; or NULL */
    struct known *table; /* scanned: what it knows by address stays there */
    uint32_t table_room, known_count;
    struct item *items;
    uint32_t item_count, item_room;
    uint32_t *pool; /* nodes of arrays */
    uint32_t pool_count, pool_room;
    struct item *listed; /* items of lists */
    uint32_t listed_count, listed_room;
    struct gather_block *blocks;
    uint32_t block_count, block_room, number_count;
    struct jacobian *jacobian; /* terms of its log */
    uint32_t jacobian_count, jacobian_room;
    uint32_t *levels; /* of nodes: see gather_centre.c */
    uint32_t level_count, level_room;
    const void *need; /* a node of the trace */
    uint32_t depth;
    char why[200];
    const struct span *place; /* of the application that is looked at */
};

/* Says why not; always false. */
bool build_refuse(struct build *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void build_close(struct build *b);
bool build_grow(struct build *b, void *array, uint32_t *room, uint32_t wanted,
                size_t item);

/* ---- gather_reach.c ------------------------------------------------------- */

void reached_close(struct reached *r);
bool reached_has(const struct reached *r, const struct node *n);
bool reached_put(struct build *b, struct reached *r, const struct node *n);
/* All that read the scope: its own choices first. What has to be recorded is,
 * and the trace is then as it was recorded. */
bool reach_recorded(struct build *b, struct reached *r);
/* Is all that reads its choices densities of choices, outside of urns, terms,
 * and regions that have looked at their shapes? `risky`: cuts and watches
 * whose expressions may raise. */
bool reach_is_plain(struct build *b, const struct reached *r,
                    struct reached *risky, bool *plain);
/* Does nothing else read the scope now? The nodes of r live, and all was well
 * when *since was set. O(those who began to read something), or of all. */
bool reach_stands(const struct build *b, const struct reached *r,
                  uint64_t *since);

/* ---- gather_seen.c -------------------------------------------------------- */

struct gather_seen *seen_open(struct build *b, struct gather_turns *turns);
void seen_close(struct gather_seen *s);
/* What is gathered stands as long as this word does, and all that v stands on
 * outside of the scope; or no longer than nothing else moves. */
bool seen_word(struct build *b, const value *at);
bool seen_deep(struct build *b, value v);
void seen_lost(struct build *b);
/* From here to `argument` below 0, words are looked at for an argument of the
 * choice; SEEN_DENSITY: for its density. */
enum { SEEN_NOTHING = -2, SEEN_DENSITY = -1 };
void seen_for(struct build *b, const struct choice *c, int argument);
/* Argument i as a pointer, if it is one that was seen to turn: *done. */
bool seen_argument(struct build *b, struct choice *c, uint32_t i,
                   struct item *out, bool *done);
/* Likewise the density of a choice outside of the scope. */
bool seen_density(struct build *b, struct choice *c, uint32_t *out, bool *done);
/* All is gathered: what the gathering needs to be looked at again, it takes
 * from b and r; NULL where it cannot be. */
struct gather_seen *seen_end(struct build *b, struct reached *r);
/* Are there rows that may turn? */
bool seen_turns(const struct gather_seen *s);

/* ---- gather_shown.c ----------------------------------------------------- */

/* Where all readers are plain: keeps what lending needs, and says whether it
 * can be had, out->plain. */
bool shown_gather(struct build *b, const struct reached *r,
                  const struct reached *risky, struct gathering *out);
void shown_free(struct gathering *g);

/* ---- gather_item.c ------------------------------------------------------ */

/* What v is, and whatever is to be known before. */
bool item_now(struct build *b, value v, struct item *out);
/* The same, or `need` is to be known first. */
bool item_of(struct build *b, value v, struct item *out);
/* Is what it answers a matter of shapes and kinds, which coordinates never
 * change? */
bool item_asks_for_shape(const struct primitive *p);
/* Found by address; NULL. Held until the next one is put. */
const struct item *item_known(const struct build *b, const void *key);
bool item_put(struct build *b, const void *key, const struct item *i);
static inline struct item item_plain(value v)
{
    return (struct item){.kind = ITEM_PLAIN, .plain = v};
}
static inline struct item item_node(uint32_t n)
{
    return (struct item){.kind = ITEM_NUMBER, .node = n};
}
/* One number: its node. */
bool item_number(struct build *b, const struct item *i, uint32_t *out);
/* Numbers in an array or a list: as an array. A number is one of no axes
 * (rows 0). */
bool item_array(struct build *b, const struct item *i, struct item *out);
/* Room for an array of nodes, that the caller fills at once. */
bool array_new(struct build *b, uint32_t rows, uint32_t columns,
               struct item *out);
static inline uint32_t *array_at(struct build *b, const struct item *a)
{
    return b->pool + a->first;
}
/* A list of these. */
bool item_list(struct build *b, const struct item *all, uint32_t n,
               struct item *out);
/* Arrays of one length, one below the other. */
bool item_matrix(struct build *b, const struct item *i, struct item *out);
/* Element i of an array or a list, row i of a matrix. */
bool item_element(struct build *b, const struct item *i, int64_t at,
                  struct item *out);
/* As many elements as the outermost axis has; false: it is none. */
bool item_length(struct build *b, const struct item *i, uint32_t *out);

/* ---- gather_operation.c, gather_array.c, gather_part.c ------------------ */

struct operation_row;
typedef bool operation_make(struct build *b, const struct operation_row *row,
                            const struct item *in, uint32_t n,
                            struct item *out);
/* How it raises, when it does. */
enum operation_raises {
    RAISES_SILENTLY, /* nobody can see it from its numbers */
    RAISES_BY_SHAPE, /* for what coordinates never change; or never */
    RAISES_TOLD      /* where one of its numbers is not finite */
};
struct operation_row {
    const char *name;
    operation_make *make;
    uint32_t code;
    uint8_t raises;
};
extern const struct operation_row array_rows[], part_rows[];
/* NULL: there is none. */
const struct operation_row *operation_find(const struct primitive *p);
/* x code y, element by element. */
bool broadcast(struct build *b, enum tape_code code, const struct item *x,
               const struct item *y, struct item *out);
/* The sum of all elements. */
uint32_t array_sum(struct build *b, const struct item *a);
/* The lower factor of a square matrix, and the x with l x = y: operations on
 * numbers, n^3 / 3 and n^2 of them. */
bool array_cholesky(struct build *b, const struct item *a, struct item *out);
bool array_solve_lower(struct build *b, const struct item *l,
                       const struct item *y, struct item *out);

/* ---- gather_density.c, gather_form.c ------------------------------------ */

/* An application: arguments as items. */
struct applied {
    const struct xrp_family *family;
    const struct item *args;
    uint32_t count;
};

/* The log density of a value as a node. */
bool density_of(struct build *b, const struct applied *a, const struct item *v,
                uint32_t *out);
typedef bool density_make(struct build *b, const struct applied *a,
                          const struct item *v, uint32_t *out);
/* The density where lo <= x <= hi, elsewhere none. */
uint32_t density_between(struct build *b, uint32_t density, uint32_t lo,
                         uint32_t x, uint32_t hi);
/* NULL: no formula is known. */
density_make *density_formula(const struct xrp_family *f);
density_make *density_form(const struct xrp_family *f);
/* By the functions of the family itself. */
density_make density_call;
/* Of all that is in an urn, under these parameters. */
bool density_urn(struct build *b, const struct urn *urn,
                 const struct item *params, uint32_t count, uint32_t *out);
/* Are they all plain? Then the site that they are. */
bool items_plain(const struct item *in, uint32_t n);
bool applied_site(struct build *b, const struct applied *a, struct xrp_site *s);
/* A number that no coordinate changes. */
bool item_is_known(struct build *b, const struct item *i, double *out);
/* The application within a form, from argument `at` on. */
bool applied_within(struct build *b, const struct applied *a, uint32_t at,
                    uint32_t end, struct applied *out);

/* ---- gather_equation.c -------------------------------------------------- */

/* The solution of an equation, by the operands of primitive_solution. */
bool equation_item(struct build *b, const struct item *in, struct item *out);
/* Stands nothing that is asked for on an unknown? O(nodes). */
bool graph_is_closed(const struct graph *g);

/* ---- gather_space.c ----------------------------------------------------- */

/* A term of the log of the Jacobian of numbers by coordinates; it is not added
 * to the density. */
void space_jacobian(struct build *b, uint32_t node, double factor);
/* The numbers of a choice of the scope. */
bool space_enter(struct build *b, struct choice *c, struct item *out);

#endif
