/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A world of the random database: everything that one run of the program
 * made, found by location. A transition runs the program again and makes
 * another world beside the present one; the better one of the two is kept.
 * Nothing is ever undone, which is why this engine is the oracle.
 *
 * Ownership: worlds belong to the collector.
 */
#ifndef VST_TRACE_WORLD_H
#define VST_TRACE_WORLD_H

#include "trace/engine.h"
#include "xrp/xrp.h"

/* An XRP made by a maker: one for each maker's location. */
struct urn {
    uint64_t location;
    const struct xrp_family *family; /* of what was made */
    int count;                       /* parameters */
    const value *written;            /* as they came: maybe references */
    const value *plain;              /* NULL until they were read */
    void *state;                     /* finished world: all its choices */
    double share; /* finished world: how often it moves all of them; or 0 */
    struct urn_work *work; /* while a transition runs */
    struct span place;
};

/* One random choice. */
struct choice {
    struct object head; /* T_CHOICE: programs hold this */
    uint64_t location;
    const struct xrp *xrp;
    const struct xrp_family *family;
    struct urn *urn; /* NULL: without state */
    int count;       /* arguments */
    value *written;
    const value *plain;
    value held;
    double score;   /* log probability given its plain arguments; an urn's
                      choices: predictive, when the world was finished */
    double weight;  /* how often it is proposed: as the program says, */
    double share;   /* times what its family says */
    value proposed; /* it moves, with others of its urn, and this is its new
                       value */
    /* What it was in the old world, if it does not rescore: it keeps its
     * value when its arguments turn out to be the same. */
    const struct choice *before;
    bool drawn, observed, kept, moves;
    uint64_t looked; /* the last directive run that control flow of looked */
    struct directive *owner;
    const struct directive *observer; /* which gave it its value, or NULL */
    struct span place;
};

/* (factor x), (condition e). */
struct term {
    enum score_kind kind;
    value written;
    struct directive *owner;
    struct span place;
};

/* An application of a memoized procedure. */
struct entry {
    uint64_t location;
    value key;  /* list of plain operands */
    value held; /* V_UNBOUND while it runs */
    struct entry *next;
};

struct weighing {
    value target, weight;
};

/* (predict label target) */
struct prediction {
    value label, target;
};

/* A directive's part of the world. */
struct outcome {
    value result; /* maybe a reference */
    bool random;  /* the engine was asked something while it was evaluated */
};

/* Open addressing by location. */
struct table {
    void **slots;
    uint32_t count, room;
};

struct list {
    void **at;
    uint32_t count, room;
};

/* How far a world is finished: a directive at its end adds to it. */
struct extent {
    uint32_t choices, urns, terms, weighings;
};

struct world {
    struct list choices; /* struct choice, in the order they were met */
    struct list urns, terms, weighings, predictions;
    struct table choice_at, urn_at, entry_at;
    struct outcome *outcomes; /* one a directive of the program */
    uint32_t outcome_count, outcome_room;
    double score;
    double weight; /* of all choices that may be proposed */
    double shares; /* of all urns that move theirs */
    bool shared;   /* families weigh choices by state */
    uint64_t free; /* unobserved choices */
    struct extent finished;
};

static inline double choice_weight(const struct choice *c)
{
    return c->weight * c->share;
}
static inline double world_weight(const struct world *w)
{
    return w->weight + w->shares;
}

bool list_push(struct machine *m, struct list *l, void *item);
/* For items that begin with their location. */
void *table_find(const struct table *t, uint64_t location);
bool table_add(struct machine *m, struct table *t, void *item);

struct world *world_new(struct machine *m, uint32_t directives);
struct choice *world_choice(const struct world *w, uint64_t location);
struct urn *world_urn(const struct world *w, uint64_t location);
struct entry *world_entry(const struct world *w, uint64_t location);
bool world_add_choice(struct machine *m, struct world *w, struct choice *c);
bool world_add_urn(struct machine *m, struct world *w, struct urn *u);
bool world_add_entry(struct machine *m, struct world *w, struct entry *e);

/* The state of an XRP with exactly these choices in it, and in *score, when
 * it is not NULL, the log probability of taking them in one by one. */
void *urn_fill(const struct urn *u, struct choice *const *choices,
               uint32_t count, double *score);
/* How a family's functions see an application. */
struct xrp_site choice_site(const struct choice *c, void *state);
struct xrp_site urn_site(const struct urn *u, void *state);

#endif
