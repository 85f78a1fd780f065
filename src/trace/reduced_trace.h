/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reduced trace itself: what it keeps between transitions, and what one
 * transition writes down while it is under way. Here are the structures, and
 * the growing arrays that they have; what is done with them stands in the
 * other headers that reduced.h names.
 */
#ifndef VST_TRACE_REDUCED_TRACE_H
#define VST_TRACE_REDUCED_TRACE_H

#include "base/hash.h"
#include "trace/application.h"
#include "trace/log.h"
#include "trace/node.h"
#include "trace/scope.h"

/* Sums of the weights of free choices, by places: at[0] has the weights, and
 * each sum of at[k + 1] is of WEIGHTS_WIDE neighbours of at[k]. */
enum { WEIGHTS_WIDE = 16, WEIGHTS_LEVELS = 8 };
struct weights {
    double *at[WEIGHTS_LEVELS];
    uint64_t used;  /* 0: nothing is kept yet */
    double largest; /* of all that there ever were */
};

/* Nodes by location, as numbers of the pool; open addressing. The table is
 * malloc's: while it grows the pool would keep all that it was before. */
struct slots {
    uint32_t *at;
    uint32_t room;
};

/* Not in the log, but undone with it. */
struct counts {
    double score;      /* in a transition: what it adds, until it is totalled */
    uint64_t choices;  /* all, observed ones too */
    uint64_t comings;  /* of nodes into the table, and goings */
    uint32_t nodes;    /* in the table */
    uint32_t free;     /* choices that may be proposed */
    uint32_t weighted; /* of these, those whose weight is not 1 */
    uint32_t improper; /* how often one came that no prior can propose for;
                          not how many there are, for arguments change */
    uint32_t predictions; /* regions of (predict label e) */
};

/* Pointers, growing; not scanned: only for what pools or regions hold. One of
 * more room than VECTOR_KEPT is given back at the end of the transition, if
 * what fills it is that nodes are made. */
struct vector_of {
    void **at;
    uint32_t count, room;
};
enum { VECTOR_KEPT = 1 << 14 };

/* A call under way whose frame is marked: see reduced_call.c. */
struct call_mark;

/* A region under way. Guards and uses are gathered here, in scanned memory,
 * and kept by the region when the run is done. Its edges and uses from before
 * are met again in order as long as the run reads the same. */
struct run {
    struct region *region;
    struct run *outer;
    uint32_t id, depth;
    uint32_t scope;      /* of the call under way: pins and edges are its own */
    uint32_t pins;       /* leaves that it depends on for their very value */
    struct near *listen; /* where its next edge stands, or is put */
    value tags;          /* of an entry's caller */
    const struct frame *frame;    /* of the machine when it began */
    uint32_t mark_base, met_base; /* what lies below is the outer run's */
    struct guard *guards;
    uint32_t guard_count, guard_room;
    struct vector_of uses;       /* entries of mem */
    const struct gathered *kept; /* by the run before; NULL: nothing */
    uint32_t matched;            /* uses of the run before that stand on */
    struct node *expected;       /* the child that it met next the last time */
    uint64_t cut_at; /* where the last cut was made, and how many there */
    uint32_t cuts;
};

/* An application as an urn has it. */
struct taken {
    value v;
    const value *args; /* plain */
    uint32_t count;
};

/* An application that is not any more what it was when the transition began,
 * and did not stay in its urn; one for each choice. */
struct departure {
    struct choice *of;
    struct urn *from; /* NULL: it was in none */
    struct taken was;
    double score;  /* without urn */
    bool observed; /* it had been given its value */
    bool again;    /* it is applied again */
    bool removed;  /* drawn then, and not kept; known in the end */
};

/* What a transition does with an urn, besides drawing from it. Arrays are
 * scanned memory. */
struct urn_move {
    value *fresh; /* choices drawn in it */
    struct taken *transient;
    uint32_t *out; /* departures */
    value *in;     /* choices, to be taken in in the end */
    uint32_t fresh_count, transient_count, out_count, in_count;
    uint32_t fresh_room, transient_room, out_room, in_room;
    const value *plain0; /* hyper-parameters before */
    bool own;            /* the state is a copy already */
    bool site;           /* the choice that moved is in it */
};

/* A change of a state that is not copied. */
struct urn_change {
    struct urn *urn;
    value v;
    bool in;
};

/* A test that walks every outcome of a transition decides in place of the
 * random stream. */
struct script {
    bool (*draw)(struct script *, const struct xrp_family *,
                 const struct xrp_site *, value *out);
    uint32_t (*pick)(struct script *, uint32_t count);
    bool (*accept)(struct script *, double log_ratio);
    /* Does it decide, too, what this family's own proposals draw? Else they
     * are left aside. NULL: never. */
    bool (*follows)(const struct xrp_family *);
    uint32_t (*weighted)(struct script *, uint32_t count, const double *p);
    value (*label)(struct script *);
    uint64_t (*mark)(struct script *);
    void (*replay)(struct script *, uint64_t mark);
};

/* How many of those that began to listen are remembered. */
enum { LISTENERS = 64 };

struct trace {
    struct machine *machine;
    struct script *script; /* NULL but in tests */
    struct drawer *drawer; /* a kernel's, or NULL */
    double drawn; /* log density of all draws while a program is loaded */
    struct log log;
    const struct settings *fixed;  /* values given from outside, or NULL */
    struct simulation *simulation; /* data of the program's own, or NULL */
    const struct trace *oracle;    /* choices take their values from here */

    struct slots slots;        /* nodes by location */
    struct slots slots_before; /* those that this transition took the place of:
                                  they come back when it is undone */
    uint32_t *free;            /* those that may be proposed: numbers */
    struct weights weights;    /* kept once a weight was not 1 */
    struct counts counts, before; /* when the transition began */
    double score_largest;         /* since the total was summed anew */
    struct scope **scopes;        /* whose members are kept; the engine's */
    uint32_t scope_count;
    struct plans *plans;       /* what regions do at other values; or NULL */
    struct weighing *weighing; /* room for one; or NULL */
    struct urn *joint; /* urns that propose for all their applications */

    /* The transition under way. */
    uint32_t number;
    uint32_t run_id;
    uint64_t entries_lost; /* counts deaths of entries, and undone births */
    /* All of these are 0 when it begins, and stand together for that. */
    double q_forward, q_reverse;
    struct choice *site;
    struct run *run;
    uint32_t departure_count, mark_count, call_value_count, change_count;
    uint32_t leaf_count;
    bool entries_made; /* in this transition */
    bool drew;         /* a fresh choice */
    bool noting;       /* what comes and goes is noted, in `came` */
    bool collecting;
    bool hasty;       /* others wait while a region runs */
    bool putting_off; /* for that the run under way fails */
    bool in_turn;     /* not so: the site was not picked by chance */
    bool own_proposal;
    double backward;          /* of the family's own proposal */
    value site_old;           /* in an urn: its value before */
    uint32_t site_plain;      /* where its arguments are, in log.kept, when
                                 its family proposed */
    const struct span *place; /* of what is proposed */
    struct departure *departures;
    uint32_t departure_room;
    struct vector_of dirty, undrawn, idle, urns, ran, heap, walk;
    struct vector_of shared; /* choices that several OBSERVEs give a value */
    struct vector_of late;   /* regions whose runs were put off */
    struct vector_of dying;  /* regions, while it is looked who dies */
    struct vector_of rerun;  /* regions that ran again since a directive */
    bool together;           /* the whole program is one transition */
    uint32_t made;           /* nodes that it has made */
    struct vector_of runs;   /* struct run, by depth; scanned */
    struct vector_of met;    /* nodes met by calls that are marked */
    struct vector_of came;   /* choices that came, or became free; with bit 0:
                                went, or are free no more */
    struct call_mark *marks;
    value *call_values;
    struct urn_change *changes; /* scanned */
    struct node **leaves;       /* a stack, while something is read */
    uint32_t mark_room, call_value_room, change_room, leaf_room;
    bool swollen;  /* a vector grew large */
    size_t tidied; /* the pool's size when things were tidied last */
    bool varies;   /* what was read last may have other leaves another time */
    const struct scope *recording; /* or NULL: see reduced_record.c */
    bool whole;        /* every evaluation has its node: see traces.h */
    bool quiet;        /* while recording: what is looked at is not noted */
    uint32_t unknowns; /* of equations recorded */
    uint64_t touched;
    const struct node *listeners[LISTENERS]; /* who began to read something
                                                last; some may be gone */
    uint64_t listens;                        /* how many there were */
};

static inline struct trace *trace_of(const struct machine *m)
{
    return m->engine;
}
bool vector_grow(struct trace *t, struct vector_of *v);
void vector_drop(struct vector_of *v);
static inline bool vector_push(struct trace *t, struct vector_of *v, void *item)
{
    if (v->count == v->room && !vector_grow(t, v)) return false;
    v->at[v->count++] = item;
    return true;
}
/* Room for so many more items in an array of scanned memory, to which only
 * *array points. */
bool room_grow(struct trace *t, void *array, uint32_t *room, uint32_t count,
               uint32_t more, size_t item);
static inline bool room_make(struct trace *t, void *array, uint32_t *room,
                             uint32_t count, uint32_t more, size_t item)
{
    return count + more <= *room ||
           room_grow(t, array, room, count, more, item);
}

/* A choice in `came` that went: choices stand at even addresses. */
static inline void *choice_went(const struct choice *c)
{
    return (void *)((uintptr_t)c | 1);
}

#endif
