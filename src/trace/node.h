/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The nodes of a reduced trace: choices, urns, mems and regions, and the
 * edges from what is read to who reads it. Everything here lives in the
 * trace's pools, whose blocks the collector scans; a node that dies is given
 * back when the transition in which it died is accepted, and is zeroed.
 *
 * Every write to a node goes through the undo log (log.h), so that a
 * rejected transition leaves the trace as it was, to the bit.
 */
#ifndef VST_TRACE_NODE_H
#define VST_TRACE_NODE_H

#include "eval/expression.h"
#include "trace/engine.h"
#include "xrp/xrp.h"

struct region;
struct node;

/* `reader` must hear when what `source` stands for changes. In the source's
 * list and in the reader's own; either can be left in O(1). */
struct edge {
    struct node *source, *reader;
    struct edge *next, **link; /* among the source's readers */
    struct edge *own;          /* the reader's next edge */
};

enum node_kind { NODE_CHOICE, NODE_URN, NODE_MEM, NODE_REGION };

struct node {
    struct object head; /* T_CHOICE, T_REGION; urns and mems: T_CODE, for
                           programs hold their XRP and mem values */
    uint64_t location;
    struct region *owner;      /* the region that met it last */
    struct node *next, **link; /* among the owner's children */
    struct edge *readers;
    struct edge *edges; /* what it reads itself */
    /* Not logged: they mean nothing after the transition. */
    uint64_t met;    /* the run that met it last */
    uint64_t pinned; /* a run that depends on its very value */
    uint64_t heard;  /* a run that listens to it already */
    uint8_t kind;    /* enum node_kind; never changes */
    bool dirty;      /* to be scored again */
};

/* In the header, which nothing else writes, so that it can be logged. */
static inline bool is_alive(const struct node *n) { return n->head.spare != 0; }

struct choice {
    struct node node;
    const struct xrp_family *family;
    struct urn *urn; /* NULL: without state */
    value held;      /* V_UNBOUND: not drawn yet */
    double score;    /* without urn: log probability of held */
    double weight;   /* how often it is proposed */
    value *written;  /* arguments: plain, references, expressions */
    value *plain;    /* as they were at the draw: while it is fresh */
    uint32_t count;
    uint32_t place;          /* among the free choices, from 1; 0: not there */
    uint64_t drawn;          /* the transition of the draw */
    struct region *observer; /* the OBSERVE that gives it its value */
    const struct source *source; /* of its application */
    uint32_t start, end;
};

/* An XRP that was made: its value for programs, and its contents. */
struct urn {
    struct node node;
    struct xrp made; /* programs hold &made; made.made is this urn */
    value *written, *plain;
    uint32_t count;
    void *state;
    double score;
    /* Of the transition under way; see urn_touch. */
    uint64_t touched;
    struct urn_move *move;
    struct span place;
};

enum region_kind {
    REGION_DIRECTIVE,
    REGION_OBSERVE, /* a directive, too */
    REGION_ENTRY,   /* of a mem: an application */
    REGION_CALL,
    REGION_CUT,    /* an expression that grew too large: its value */
    REGION_TERM,   /* factor, condition: a score */
    REGION_WEIGHT, /* (weight w target) */
    REGION_PREDICT /* (predict label target) */
};

/* What the run of a region forced, and what came out: as long as all guards
 * hold, the run would be the same. */
struct guard {
    value forced, outcome;
    uint8_t how; /* outermost, to the bottom, or which choice it stands for */
};
enum { GUARD_OUTER, GUARD_DEEP, GUARD_TARGET };

struct region {
    struct node node;
    uint8_t what; /* enum region_kind */
    bool running;
    uint32_t rank; /* one more than that of anything it read */
    uint32_t guards_count, reads_count, uses;
    uint32_t calls;  /* children that are calls */
    uint64_t origin; /* a call's own location: its body begins there */
    struct node *children;
    struct guard *guards;
    struct region **reads; /* entries of mem that it uses */
    value result;
    const struct code *code; /* of a directive */
    value procedure;         /* of an entry or a call, as it last ran */
    value *operands;         /* likewise; a cut: [0] its expression */
    uint32_t count;
    value key; /* of an entry: list of its operands */
    struct directive *directive;
    struct choice *target; /* of an OBSERVE: the choice it gives */
    struct region *fellow; /* another OBSERVE of the same choice */
    value given;
    double score; /* of a term */
    uint32_t score_kind;
    struct error *failed; /* an entry that raised: told when read */
    /* Not logged: they mean nothing after the transition. */
    uint64_t ran, settled, queued; /* transitions */
    uint64_t last_run, swept;      /* runs: the last; whose leavings are gone */
    uint64_t used;                 /* a run that counted its use already */
    uint32_t runs;                 /* in the transition that `ran` names */
    uint64_t doomed;               /* the transition in which its owner did
                                      without it */
    uint32_t held, changed;        /* checks of its guards: how they ended */
    bool checking, in_heap, failing;
};

/* The children of `entries` are the entries, and its owner is the region that
 * made the mem. */
struct mem_node {
    struct node node;
    struct mem mem; /* programs hold &mem; mem.entries is this node */
    value procedure;
    struct region entries;
};

/* The mem of an entry. */
static inline struct mem_node *mem_of(const struct region *entry)
{
    return (struct mem_node *)(uintptr_t)((char *)entry->node.owner -
                                          offsetof(struct mem_node, entries));
}

static inline struct choice *as_choice(const void *p)
{
    return (struct choice *)(uintptr_t)p;
}

#endif
