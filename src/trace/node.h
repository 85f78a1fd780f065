/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The nodes of a reduced trace: choices, urns, mems and regions, and the
 * edges from what is read to who reads it. Everything here lives in the
 * trace's pools, whose blocks the collector scans; a node that dies is given
 * back when the transition in which it died is accepted, and is zeroed.
 *
 * Every write to a node goes through the undo log (log.h), so that a
 * rejected transition leaves the trace as it was, to the bit. What is said
 * to be not logged means nothing after the transition; what must be 0 between
 * transitions shares no word with what is logged. Stamps are numbers of
 * runs or transitions in 32 bits: before they run out, all are set to 0
 * (stamps_clear), and the numbers begin again.
 *
 * A large trace is slow for it does not fit the cache, so nodes point to each
 * other by half words (near.h), and what few of them have stands elsewhere.
 */
#ifndef VST_TRACE_NODE_H
#define VST_TRACE_NODE_H

#include "eval/expression.h"
#include "trace/engine.h"
#include "trace/near.h"
#include "xrp/xrp.h"

struct region;
struct node;

/* `reader` must hear when what `source` stands for changes. In the source's
 * list and in the reader's own; either can be left in O(1). */
struct edge {
    struct near source, reader;
    struct near next, link; /* among the source's readers */
    struct near own;        /* the reader's next edge, in order of reading */
};

enum node_kind {
    NODE_CHOICE,
    NODE_URN,
    NODE_MEM,
    NODE_REGION,
    NODE_ELEMENT,  /* of a choice's value: not in the table */
    NODE_ELEMENTS, /* where those of a choice hang */
    NODE_KIND = 7,
    NODE_IN_PARTS = 8, /* of a choice, beside its kind: somebody reads an
                          element of it */
    NODE_IN_URN = 16   /* of a choice, too: it has an urn, now and always */
};

/* Bits of head.spare; of a choice, its shape stands above them. */
enum { NODE_ALIVE = 1, NODE_STEADY = 2, NODE_MORE = 4 };

struct node {
    struct object head; /* T_CHOICE, T_REGION; urns and mems: T_CODE, for
                           programs hold their XRP and mem values.
                           flags: enum node_kind; size: of operands */
    uint64_t location;
    struct near owner;   /* the region that met it last */
    struct near next;    /* among the owner's children */
    struct near link;    /* the `next` or `children` that points here */
    struct near readers; /* the first of its edges */
    struct near edges;   /* of what it reads itself, the first */
    uint32_t rank;       /* of a region: one more than that of anything it
                            read; of a choice: its place among the free ones,
                            from 1, or 0 */
    /* Not logged: the run that met it last; one that depends on its very
     * value; is it to be scored again? */
    uint32_t met;
    uint32_t pinned : 31, dirty : 1;
    uint32_t heard; /* a run that listens to it already */
    uint32_t stamp; /* a transition: a choice was drawn in it, an urn touched,
                       a region's marks are of it */
};

static inline struct region *node_owner(const struct node *n)
{
    return near_get(&n->owner);
}
static inline struct node *node_next(const struct node *n)
{
    return near_get(&n->next);
}
static inline struct edge *node_readers(const struct node *n)
{
    return near_get(&n->readers);
}
static inline struct edge *node_edges(const struct node *n)
{
    return near_get(&n->edges);
}
static inline struct node *edge_source(const struct edge *e)
{
    return near_at(&e->source);
}
static inline struct node *edge_reader(const struct edge *e)
{
    return near_at(&e->reader);
}
static inline struct edge *edge_next(const struct edge *e)
{
    return near_get(&e->next);
}
static inline struct edge *edge_own(const struct edge *e)
{
    return near_get(&e->own);
}

/* Where the edge stands behind the one that stands at `at`. */
static inline struct near *edge_end(const struct near *at)
{
    return &((struct edge *)near_at(at))->own;
}

/* A node that is looked at soon is sent for: a large trace does not fit the
 * cache. NULL is none, and no pointer may be counted on from there. */
static inline void node_fetch(const struct node *n)
{
    __builtin_prefetch(n);
    __builtin_prefetch((const void *)((uintptr_t)n + 64));
}

static inline enum node_kind node_kind(const struct node *n)
{
    return (enum node_kind)(n->head.flags & NODE_KIND);
}
/* In the header, which nothing else writes, so that it can be logged. */
static inline bool is_alive(const struct node *n)
{
    return n->head.spare & NODE_ALIVE;
}

struct choice {
    struct node node;
    const struct xrp_family *family;
    value held; /* V_UNBOUND: not drawn yet */
    union {
        double score; /* without urn: log probability of held */
        double share; /* in one of XRP_WEIGHS: how often it has it proposed */
    };
    const void *made_at; /* its application's span: see choice_place */
    union {
        struct near urn; /* of one that has one */
        uint32_t noted;  /* of any other: see choice_noted */
    };
    struct near observer; /* the OBSERVE that gives it its value */
    value written[];      /* arguments, head.size of them: plain, references,
                        expressions. Behind them, of a choice that remembers
                        them, as they were when they were read last; and
                        behind all, of one in an urn, a word for what
                        choice_noted points to */
};

static inline bool choice_is_in_urn(const struct choice *c)
{
    return c->node.head.flags & NODE_IN_URN;
}
static inline struct urn *choice_urn(const struct choice *c)
{
    return choice_is_in_urn(c) ? near_at(&c->urn) : NULL;
}
static inline struct region *choice_observer(const struct choice *c)
{
    return near_get(&c->observer);
}

/* What few choices have: what `made_at` of one with NODE_MORE points to. It is
 * never written: one that is to be otherwise gets another. */
struct choice_more {
    const struct span *place;
    value tags;     /* in the extents of which it is made */
    double weight;  /* how often it is proposed */
    uint32_t zeros; /* weights of 0 that it has beside */
};

static inline bool choice_has_more(const struct choice *c)
{
    return c->node.head.spare & NODE_MORE;
}
static inline struct choice_more choice_more(const struct choice *c)
{
    if (choice_has_more(c)) return *(const struct choice_more *)c->made_at;
    return (struct choice_more){c->made_at, V_NIL, 1.0, 0};
}
static inline const struct span *choice_place(const struct choice *c)
{
    return choice_more(c).place;
}

/* An urn takes an application out as it went in, and what is applied again
 * when its arguments change, or undoes a draw, must know what they were. */
static inline bool is_plain_family(const struct xrp_family *f)
{
    return (f->flags & (XRP_RESCORES | XRP_UNSAMPLES)) == XRP_RESCORES;
}
static inline bool choice_remembers(const struct choice *c)
{
    return (choice_is_in_urn(c) || !is_plain_family(c->family)) &&
           c->node.head.size;
}
static inline value *choice_plain(struct choice *c)
{
    return c->written + c->node.head.size;
}
/* Its arguments, written and remembered. */
static inline size_t choice_words(const struct choice *c)
{
    return (size_t)c->node.head.size * (choice_remembers(c) ? 2 : 1);
}
static inline size_t choice_size_of(uint32_t operands, bool remembers,
                                    bool in_urn)
{
    return sizeof(struct choice) +
           ((size_t)operands * (remembers ? 2 : 1) + in_urn) * sizeof(value);
}
static inline size_t choice_size(const struct choice *c)
{
    return choice_size_of(c->node.head.size, choice_remembers(c),
                          choice_is_in_urn(c));
}
/* While it is fresh, and does not remember its arguments: where these are kept
 * as they were at the draw. Else its place among t->departures. Not logged. */
static inline uint32_t *choice_noted(struct choice *c)
{
    if (!choice_is_in_urn(c)) return &c->noted;
    return (uint32_t *)(void *)(c->written + choice_words(c));
}

/* Element head.size of a choice's value, an array or a list. */
struct element {
    struct node node;
    struct choice *of;
};

struct elements {
    struct node node;
    value known;         /* the choice's value as its readers know it */
    struct element **at; /* by index; NULL: nobody has read it */
    uint32_t room;
};

/* The node that somebody who must know all of what he reads depends on. */
static inline struct node *node_whole(struct node *n)
{
    return node_kind(n) == NODE_ELEMENT ? &((struct element *)n)->of->node : n;
}

/* An XRP that was made: its value for programs, and its contents. */
struct urn {
    struct node node;
    struct xrp made; /* programs hold &made; made.made is this urn */
    value *written, *plain;
    void *state;
    double score;
    /* Of one that proposes for all its applications: how often; and the
     * others. */
    double share;
    struct urn *next, **link;
    /* Of the transition under way; see urn_touch. Not logged. */
    struct urn_move *move;
    const struct span *place;
};

enum region_kind {
    REGION_DIRECTIVE,
    REGION_OBSERVE, /* a directive, too */
    REGION_ENTRY,   /* of a mem: an application */
    REGION_CALL,
    REGION_CUT,    /* an expression that grew too large: its value */
    REGION_PICK,   /* the same of one whose value may be a reference */
    REGION_WATCH,  /* an expression in a region's result that may raise */
    REGION_TERM,   /* factor, condition: a score */
    REGION_WEIGHT, /* (weight w target) */
    REGION_PREDICT /* (predict label target) */
};

/* What the run of a region forced, and what came out: as long as all guards
 * hold, the run would be the same. */
struct guard {
    value forced, outcome;
    uint64_t how; /* outermost, to the bottom, or which choice it stands for */
};
enum { GUARD_OUTER, GUARD_DEEP, GUARD_TARGET };

/* What a region gave that raised an error: told when it is read. */
struct failure {
    struct object head; /* T_FAILURE */
    struct error why;
};

/* What a run leaves to be looked at later: guards, and then the entries of
 * mem that it uses, as `struct near`. */
struct gathered {
    uint32_t guard_count, use_count;
    struct guard guards[];
};

struct region {
    struct node node;
    /* Not logged, but for `what`, which never changes. */
    uint8_t what; /* enum region_kind */
    uint8_t runs; /* in the transition `stamp` */
    bool running : 1, checking : 1, in_heap : 1, failing : 1;
    /* In the transition `stamp`: has it run, is it up to date, was it told of
     * a change, did its owner do without it? */
    bool ran : 1, settled : 1, queued : 1, doomed : 1;
    bool swept;            /* the leavings of the last run are gone */
    uint32_t last_run;     /* its number */
    uint32_t used;         /* a run that counted its use; not logged */
    uint8_t score_kind;    /* of a term; logged, with its operands */
    uint8_t held, changed; /* checks of its guards: how they ended in
                              accepted transitions; logged. Of a mem's
                              `entries`: of all of them */
    union {                /* logged */
        bool may_raise;    /* of a cut: its expression */
        bool stale;        /* of an entry: it must run again, for its procedure
                              is another one, or its tags */
    };
    value result;         /* or a T_FAILURE, see region_failed */
    struct near kept;     /* struct gathered; none: nothing */
    struct near children; /* the first */
    uint32_t uses;        /* of an entry, by regions */
    uint32_t calls;       /* children that are calls */
    union {
        value key; /* of an entry: its operand, or a list */
        struct {   /* of a call, as it last ran */
            value procedure;
            value *arguments;
            uint64_t origin; /* its own location: its body begins there */
            value tags;      /* in whose extent it is made */
        };
        struct { /* of all others */
            const struct code *code;
            struct directive *directive;
            struct near target; /* of an OBSERVE: the choice it gives */
            struct near fellow; /* another OBSERVE of the same choice */
            value given;
            value operands[2]; /* of those without code */
            double score;      /* of a term; what a weight is now */
        };
    };
};

/* Does it keep the value of an expression, operands[0]? */
static inline bool region_computes(const struct region *r)
{
    return r->what == REGION_CUT || r->what == REGION_PICK;
}

static inline struct gathered *region_kept(const struct region *r)
{
    return near_get(&r->kept);
}
static inline struct node *region_children(const struct region *r)
{
    return near_get(&r->children);
}
static inline struct choice *region_target(const struct region *r)
{
    return near_get(&r->target);
}
/* What it raised instead of giving a value, or NULL. */
static inline const struct error *region_failed(const struct region *r)
{
    if (!is_type(r->result, T_FAILURE)) return NULL;
    return &((const struct failure *)as_object(r->result))->why;
}
static inline struct region *region_fellow(const struct region *r)
{
    return near_get(&r->fellow);
}

/* Bytes of a region of this kind: the union as far as it is used. */
static inline size_t region_size(enum region_kind what)
{
    switch (what) {
    case REGION_ENTRY: return offsetof(struct region, key) + sizeof(value);
    case REGION_CALL: return offsetof(struct region, tags) + sizeof(value);
    case REGION_DIRECTIVE: return offsetof(struct region, target);
    case REGION_TERM:
    case REGION_WEIGHT: return sizeof(struct region);
    default: return offsetof(struct region, score);
    }
}

static inline uint32_t guard_count(const struct region *r)
{
    const struct gathered *k = region_kept(r);
    return k ? k->guard_count : 0;
}
static inline uint32_t use_count(const struct region *r)
{
    const struct gathered *k = region_kept(r);
    return k ? k->use_count : 0;
}
static inline size_t kept_size(uint32_t guards, uint32_t uses)
{
    return sizeof(struct gathered) + guards * sizeof(struct guard) +
           (uses + 1) / 2 * sizeof(value);
}
static inline struct near *uses_in(const struct gathered *k)
{
    return (struct near *)(uintptr_t)(k->guards + k->guard_count);
}
static inline struct region *use_at(const struct gathered *k, uint32_t i)
{
    return near_at(&uses_in(k)[i]);
}

enum { MEM_RECENT = 8 };

/* The children of `entries` are the entries, and its owner is the region that
 * made the mem. */
struct mem_node {
    struct node node;
    struct mem mem; /* programs hold &mem; mem.entries is this node */
    value procedure;
    value tags; /* in whose extent it was made, and its entries with it */
    /* Entries of one small integer that were used of late, by that integer:
     * they stand while no entry has died since `t->entries_lost`. Not
     * logged. */
    struct {
        value key;
        struct region *entry;
    } recent[MEM_RECENT];
    uint64_t recent_since;
    struct region entries;
};

/* An entry's location is where its body begins, with a bit that no location
 * has by itself: a random procedure that is memoized as it is makes its choice
 * at the body's beginning. */
#define ENTRY_BIT (UINT64_C(1) << 61)

/* The mem of an entry. */
static inline struct mem_node *mem_of(const struct region *entry)
{
    return (struct mem_node *)(uintptr_t)((char *)near_at(&entry->node.owner) -
                                          offsetof(struct mem_node, entries));
}

static inline struct choice *as_choice(const void *p)
{
    return (struct choice *)(uintptr_t)p;
}

#endif
