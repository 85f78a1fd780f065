/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Gibbs without moving, inside: the conditional of one choice of few values,
 * as it is put together from its prior and from what its readers say.
 *
 *     reduced_gibbs.c    the conditional, a draw from it, and the move
 *     reduced_gibbs_element.c  the same of one element of an array
 *     reduced_readers.c  scores of readers with the choice at another value
 *     reduced_lift.c     applications taken out of their urns for a while
 *     reduced_plan.c     what regions do at other values, learned and kept
 *     reduced_enact.c    the move, where all that it does is known
 *
 * While a conditional is made the choice holds each value for a while, and
 * urns are without some of their applications; at its end all is as before,
 * to the bit.
 */
#ifndef VST_TRACE_REDUCED_GIBBS_H
#define VST_TRACE_REDUCED_GIBBS_H

#include <math.h>

#include "trace/reduced.h"

enum {
    GIBBS_VALUES = 256,     /* the most that a choice may have */
    GIBBS_READERS = 1 << 16 /* of one choice */
};

/* An application that is out of its urn, or in one, for a while. */
struct lifted {
    struct urn *urn;
    struct taken was;
    bool in;       /* was put in, and not taken out */
    bool replaced; /* instead: the urn's state was another */
    void *state;
};

struct plan;
struct alternative;

/* A region that reads the choice, and what it does at each value; NULL: as it
 * is now. */
struct foreseen_region {
    struct region *region;
    struct plan *plan;
    const struct alternative *at[GIBBS_VALUES];
};

/* A choice of a region, as it is at some value. */
struct foreseen {
    struct urn *urn; /* or NULL */
    const value *written;
};

/* A choice of one of the regions: it is scored with its region. */
struct heard {
    struct choice *choice;
    uint32_t region, place; /* which, and where among its children */
    struct foreseen now;
};

/* A probability that is being multiplied out: exp(log) factor. The factor is
 * 0, or far from the least doubles. */
struct likelihood {
    double log, factor;
};

static inline bool likelihood_is_0(const struct likelihood *l)
{
    return l->factor == 0.0 || l->log == -INFINITY;
}

/* Kept by the trace, to be used again. */
struct weighing {
    struct choice *choice;
    uint32_t count;
    uint32_t now; /* which is the present one; UINT32_MAX: none of them */
    value values[GIBBS_VALUES];
    double weights[GIBBS_VALUES];    /* in proportion to the prior */
    double log_p[GIBBS_VALUES];      /* of the readers, and what the weights
                                     leave out */
    bool told;                       /* nothing has failed that is to be told on
                                     another way */
    struct foreseen_region *regions; /* scanned */
    uint32_t region_count, region_room;
    uint32_t plain_count; /* readers that are scored where they stand */
    struct heard *heard;  /* scanned */
    uint32_t heard_count, heard_room;
    bool shared;           /* what they apply may be of the choice's own urn */
    struct lifted *lifted; /* scanned */
    uint32_t lifted_count, lifted_room;
};

/* ---- reduced_gibbs.c -------------------------------------------------------- */

/* The trace's own, for this choice. NULL with the machine's error. */
struct weighing *weighing_open(struct trace *t, struct choice *c);
/* One of its values by weights and log_p, which are multiplied out. *good: it
 * is a law. */
uint32_t weighing_pick(struct trace *t, struct weighing *g, bool *good);
/* Goes there, where it can be; under a script, if that says so. */
bool gibbs_go(struct trace *t, struct choice *c, value to);

/* ---- reduced_lift.c --------------------------------------------------------- */

/* May an application be taken out of its urn for a while, and scored in it?
 * Depends on the family alone. */
bool lift_may(const struct xrp_family *f);
/* Takes it out; what is without urn stays. false with the machine's error. */
bool lift(struct trace *t, struct weighing *g, struct choice *c);
/* The urn has a state, if an empty one. */
bool lift_open(struct trace *t, struct weighing *g, struct urn *u);
/* Puts back those from `first` on. */
void lift_end(struct weighing *g, uint32_t first);
/* The probability of an application that is not in its urn. */
void lift_score(const struct urn *u, const struct taken *a,
                struct likelihood *l, bool *told);
/* It is in, and out again by lift_end, for others to be scored beside it. */
bool lift_put_in(struct trace *t, struct weighing *g, struct urn *u,
                 const struct taken *a);

/* ---- reduced_plan.c --------------------------------------------------------- */

/* Forgets all plans when they take too much memory. */
void plans_trim(struct trace *t);
/* The region's, which reads the choice; *out NULL: it is none that can be
 * foreseen. false with the machine's error. */
bool plan_of(struct trace *t, struct region *r, const struct choice *c,
             struct plan **out);
/* What it does at a value other than the present one: found, mostly as number
 * `hint` of those that are known, or learned by going there and back. The
 * plans of all regions that read the choice must have been asked for. *out
 * NULL: it cannot be foreseen. */
bool plan_at(struct trace *t, struct choice *c, struct plan *p, uint32_t hint,
             value v, const struct alternative **out);
/* What a region does at one value; the plan's own parts lie behind it. */
struct alternative {
    value at;
    bool fits, listens; /* to an entry that may give something else */
    uint32_t use_count, guard_count;
    uint64_t lost; /* t->entries_lost when its entries were seen to live */
    struct use *uses;
    struct guard *guards;
    struct foreseen *children; /* as many as the region's */
};
/* Child number i of a region; what is no choice has none. */
static inline const struct foreseen *plan_child(const struct alternative *a,
                                                uint32_t i)
{
    return &a->children[i];
}
/* Does it use this entry, mostly as its number `hint`? */
bool plan_uses(const struct alternative *a, const struct region *entry,
               uint32_t hint);

/* Does the region keep as many guards and entries there as now? */
bool plan_is_alike(const struct plan *p, const struct alternative *a);
/* In a transition: it keeps those that it would after a run there. */
bool plan_enact(struct trace *t, struct plan *p, const struct alternative *a);

/* ---- reduced_enact.c -------------------------------------------------------- */

/* Value number i can be gone to by writing what is known of it. */
bool enact_may(const struct weighing *g, uint32_t i);
/* Goes there, for good. */
bool enact(struct trace *t, struct weighing *g, uint32_t i);

/* ---- reduced_readers.c ------------------------------------------------------ */

/* Readers that are scored where they stand: choices without state, and
 * factors and conditions. */
static inline bool reader_is_plain(const struct node *n)
{
    if (node_kind(n) == NODE_REGION)
        return ((const struct region *)n)->what == REGION_TERM;
    const struct choice *c = (const struct choice *)n;
    return node_kind(n) == NODE_CHOICE && !choice_is_in_urn(c) &&
           (c->observer.steps || c->family->flags & XRP_RESCORES);
}
/* What a family says, as xrp_score; *told false when it failed, which is to
 * be told on another way. */
double family_score(const struct xrp_family *f, const struct xrp_site *s,
                    value v, bool *told);
/* A choice's arguments as they are now, from how they are written. *possible:
 * none of them raises a domain error; any other error is false. */
bool reader_arguments(struct trace *t, const struct choice *c,
                      const value *written, value *plain, bool *possible);
/* A choice without urn, under arguments as they are written here. */
bool choice_score(struct trace *t, const struct choice *c, const value *written,
                  double *sum, bool *told);
/* Adds what a plain reader says while the choice holds the value that it
 * does. *told false: not to be said here. false with the machine's error. */
bool reader_score(struct trace *t, const struct node *reader, double *sum,
                  bool *told);
/* What it says of the value that the choice has: as it was kept. */
static inline double reader_kept(const struct node *reader)
{
    return node_kind(reader) == NODE_REGION
               ? ((const struct region *)reader)->score
               : ((const struct choice *)reader)->score;
}

#endif
