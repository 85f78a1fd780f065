/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Church's queries: a thunk run again and again under a handler of its own,
 * whose choices are no part of the trace around it. What the thunk reads of
 * that trace it reads through the handler outside, so that what runs the
 * query depends on it.
 *
 * A query draws a choice when its value is first looked at: one that is
 * looked at by nobody before a condition says what it gave is observed, and
 * one that nobody looks at at all does not count. `decide` is what tells the
 * queries apart: it gives a choice its value.
 *
 * Ownership: everything here belongs to the collector, and dies with the
 * query; what leaves it is plain, and holds no procedure made in it.
 */
#ifndef VST_TRACE_QUERY_H
#define VST_TRACE_QUERY_H

#include "trace/world.h"

struct query;

/* An urn of the run under way. */
struct query_urn {
    uint64_t location;
    struct xrp made;
    int count;
    value *params; /* as they came; plain when there is a state */
    void *state;
    struct table seated; /* of labels: struct query_table */
};

/* How many choices of an urn have this label. */
struct query_table {
    uint64_t label;
    uint32_t customers;
};

/* A choice of the run under way. */
struct query_choice {
    struct object head; /* T_QUERIED */
    struct query *query;
    uint64_t location;
    const struct xrp_family *family;
    struct query_urn *urn; /* NULL: without state */
    const struct span *place;
    value held; /* V_UNBOUND: nobody has looked */
    int count;
    value arguments[]; /* as they came; plain once it is drawn */
};

struct query {
    struct machine *machine;
    const char *name; /* "mh-query", for messages */
    /* Gives c->held a value; *s is c with plain arguments. */
    bool (*decide)(struct query *q, struct query_choice *c,
                   const struct xrp_site *s);
    bool no_densities; /* continuous choices may not be observed */

    const struct handler *outer; /* of what is around the query */
    void *outer_engine;
    bool outer_hooked;
    struct table known; /* values of references from outside */

    struct random random;
    bool seeded;     /* what is read from outside goes into the stream */
    double weight;   /* log: of the factors and observations so far */
    double mass;     /* its exponential, with fewer roundings */
    bool impossible; /* a condition does not hold */
    struct table mems, entries, urns;
    const struct primitive *equal, *negation;
};

/* Puts a query in the place of the handler, and takes it away again. false,
 * with nothing changed: too many are nested. */
bool query_open(struct query *q, struct machine *m, const char *name);
void query_close(struct query *q);
/* A stream for this seed and this thunk: with other data, another one. */
void query_seed(struct query *q, value seed, value thunk);
/* Runs the thunk once: its answer, plain; the weight in q->weight, or
 * q->impossible. false with the machine's error. */
bool query_run(struct query *q, value thunk, value *answer);

/* The value under a reference that is not the query's. */
bool query_outside(struct query *q, value reference, value *out);
/* The value of a choice, drawn if need be. */
bool query_value(struct query *q, struct query_choice *c, value *out);
/* What a choice, the query's or not, stands for: a reference_reader. */
bool query_outermost(struct machine *m, value reference, value *out);
/* The value under anything, to the bottom or not. */
bool query_force(struct machine *m, value v, bool deep, value *out);

/* What the handler does with choices, conditions and observations. */
bool query_choose(struct machine *m, value xrp, int n, const value *operands,
                  uint64_t location, value *out);
bool query_score(struct machine *m, enum score_kind kind, value v,
                 uint64_t location);
bool query_observe(struct query *q, value target, value given);

/* Adds x to the weight. */
void query_weigh(struct query *q, double x);
/* `decide` that draws from the choice's own procedure. */
bool query_draw(struct query *q, struct query_choice *c,
                const struct xrp_site *s);
/* Customers with this label in an urn of labels. */
uint32_t query_seated(const struct query_urn *u, value label);
/* How the family's functions see an urn's application. */
struct xrp_site query_site(const struct xrp_family *family,
                           const struct query_urn *u, int count,
                           const value *arguments);

/* Answers and their probabilities. */
struct query_answers {
    uint32_t count;
    value *answer;
    double *p;
};
/* For mh-query: by going through all ways, if there are no more than `most`;
 * else, and where that is not possible, out->count is 0. false when none is
 * possible, and when cancelled. */
bool query_answers(struct machine *m, value thunk, uint32_t most,
                   struct query_answers *out);

/* The three queries; thunk: a procedure of no operands. */
bool query_enumerate(struct machine *m, value thunk, value *out);
bool query_reject(struct machine *m, value seed, value thunk, value *out);
bool query_walk(struct machine *m, value seed, double samples, double lag,
                value thunk, value *out);

/* Binds what the forms become, as names that no text can hold. Before the
 * library. */
bool query_install(struct machine *m);
#endif
