/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * enumeration-query: the thunk is run once for each way that its choices can
 * come out, depth first. A path is the list of what is still to be tried of
 * each choice's support; the next path is this one with its last choice
 * moved on. Nothing is carried from a run to the next but the path.
 */
#include <math.h>

#include "base/memory.h"
#include "eval/code.h"
#include "trace/query.h"

enum {
    RUNS = 1000000,     /* of the thunk, at most */
    DEPTH = 10000,      /* choices of one run, at most */
    LONG = 1000,        /* a run of more choices than that is long */
    LONG_ALL = 5000000, /* choices of all long runs, at most */
};

/* What a choice may still be, from what it is now. */
struct level {
    value rest;
    bool next; /* moved on since it was last met */
};

/* Answers that are equal, in the order in which they were first met. */
struct result {
    uint64_t hash;
    value answer;
    double log_weight, mass;
    struct result *same_hash;
};

struct enumeration {
    struct query query;
    struct level *levels;
    uint32_t count, room, at; /* at: the next choice of this run */
    uint32_t runs, long_all;
    const struct span *last; /* where the last choice is made */
    struct table by_hash;
    struct list results;
};

/* A recursion without an end is met as one run that is too long, or as runs
 * that grow by a choice or two: the sum of these would take long to reach
 * the same limit. */
static bool too_deep(struct enumeration *e, uint32_t choices)
{
    error_set(&e->query.machine->error, ERROR_LIMIT,
              "enumeration-query: more than %u choices in one run",
              (unsigned)choices);
    if (e->last) e->query.machine->error.span = *e->last;
    return error_hint(&e->query.machine->error,
                      "each run must come to an end: use mh-query");
}

static bool push(struct enumeration *e, value support)
{
    if (e->count == DEPTH) return too_deep(e, DEPTH);
    if (e->count == e->room) {
        uint32_t room = e->room ? e->room * 2 : 16;
        struct level *more = memory_new(room * sizeof *more);
        if (!more) return machine_no_memory(e->query.machine);
        if (e->count) memcpy(more, e->levels, e->count * sizeof *more);
        e->levels = more;
        e->room = room;
    }
    e->levels[e->count++] = (struct level){support, true};
    return true;
}

static bool endless(struct query *q, const struct query_choice *c,
                    const struct xrp_site *s)
{
    int length = (int)strcspn(c->family->names, " ");
    double p = c->family->prob(s, V_NIL);
    if (p != p) {
        xrp_domain_error(c->family, s, &q->machine->error);
    } else {
        error_set(&q->machine->error, ERROR_USE,
                  "enumeration-query: %.*s has no finite support that could "
                  "be gone through",
                  length, c->family->names);
        error_hint(&q->machine->error, "use mh-query or rejection-query");
    }
    if (c->place) q->machine->error.span = *c->place;
    return false;
}

/* Passes over what cannot be: the last may stay, and ends the path. */
static double move_to_possible(const struct query_choice *c,
                               const struct xrp_site *s, struct level *l)
{
    double p = c->family->prob(s, car(l->rest));
    while (l->next && p == -INFINITY && is_pair(cdr(l->rest))) {
        l->rest = cdr(l->rest);
        p = c->family->prob(s, car(l->rest));
    }
    l->next = false;
    return p;
}

/* On a path that cannot be any value will do. */
static bool decide(struct query *q, struct query_choice *c,
                   const struct xrp_site *s)
{
    struct enumeration *e = (struct enumeration *)q;
    value support;
    if (q->impossible) return query_draw(q, c, s);
    e->last = c->place;
    if (e->at == e->count) {
        if (!c->family->enumerate || !c->family->enumerate(s, &support))
            return endless(q, c, s);
        if (support == V_NIL) return query_draw(q, c, s);
        if (!push(e, support)) return false;
    }
    struct level *l = &e->levels[e->at++];
    double p = move_to_possible(c, s, l);
    c->held = car(l->rest);
    if (p != p) return endless(q, c, s);
    query_weigh(q, p);
    q->impossible = p == -INFINITY;
    return true;
}

/* The next path; false when this was the last. */
static bool move_on(struct enumeration *e)
{
    e->count = e->at;
    while (e->count) {
        struct level *l = &e->levels[e->count - 1];
        l->rest = cdr(l->rest);
        l->next = true;
        if (l->rest != V_NIL) return true;
        e->count--;
    }
    return false;
}

static double log_add(double a, double b)
{
    return a > b ? a + log1p(exp(b - a)) : b + log1p(exp(a - b));
}

static bool count(struct enumeration *e, value answer)
{
    struct machine *m = e->query.machine;
    uint64_t hash = value_hash(answer, NULL);
    struct result *first = table_find(&e->by_hash, hash), *r = first;
    while (r && !value_equal(r->answer, answer)) r = r->same_hash;
    if (r) {
        r->log_weight = log_add(r->log_weight, e->query.weight);
        r->mass += e->query.mass;
        return true;
    }
    if (!(r = memory_new(sizeof *r))) return machine_no_memory(m);
    *r = (struct result){hash, answer, e->query.weight, e->query.mass, NULL};
    if (first) {
        r->same_hash = first->same_hash;
        first->same_hash = r;
    } else if (!table_add(m, &e->by_hash, r)) {
        return false;
    }
    return list_push(m, &e->results, r);
}

static bool go_through(struct enumeration *e, value thunk, uint32_t most)
{
    struct query *q = &e->query;
    value answer;
    while (e->runs < most) {
        e->runs++;
        e->at = 0;
        if (!query_run(q, thunk, &answer)) return false;
        if (e->at > LONG && (e->long_all += e->at) > LONG_ALL)
            return too_deep(e, LONG);
        if (!q->impossible && q->weight > -INFINITY && !count(e, answer))
            return false;
        if (!move_on(e)) return true;
    }
    error_set(&q->machine->error, ERROR_LIMIT,
              "enumeration-query: there are more than %u ways in which its "
              "choices can come out",
              (unsigned)most);
    return error_hint(&q->machine->error, "use mh-query or rejection-query");
}

/* The answers and their probabilities, into arrays. */
static bool normalise(struct enumeration *e, struct query_answers *out)
{
    struct machine *m = e->query.machine;
    uint32_t n = e->results.count;
    double most = -INFINITY, total = 0.0;
    bool round = true; /* no mass is out of the range of doubles */
    if (n == 0) {
        m->vain_tries += e->runs;
        return error_set(&m->error, ERROR_IMPOSSIBLE,
                         "enumeration-query: the condition never holds");
    }
    *out = (struct query_answers){n, memory_new(n * sizeof *out->answer),
                                  memory_new_atomic(n * sizeof *out->p)};
    if (!out->answer || !out->p) return machine_no_memory(m);
    for (uint32_t i = 0; i < n; i++) {
        const struct result *r = e->results.at[i];
        most = fmax(most, r->log_weight);
        round &= r->mass > 1e-250 && r->mass < 1e250;
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct result *r = e->results.at[i];
        out->answer[i] = r->answer;
        total += out->p[i] = round ? r->mass : exp(r->log_weight - most);
    }
    for (uint32_t i = 0; i < n; i++) out->p[i] /= total;
    return true;
}

static bool enumerate(struct machine *m, value thunk, uint32_t most,
                      struct query_answers *out)
{
    struct enumeration *e = memory_new(sizeof *e);
    if (!e) return machine_no_memory(m);
    e->query.decide = decide;
    if (!query_open(&e->query, m, "enumeration-query")) return false;
    bool ok = go_through(e, thunk, most);
    query_close(&e->query);
    return ok && normalise(e, out);
}

bool query_answers(struct machine *m, value thunk, uint32_t most,
                   struct query_answers *out)
{
    out->count = 0;
    if (enumerate(m, thunk, most, out)) return true;
    if (m->error.kind == ERROR_CANCEL) return false;
    if (m->error.kind == ERROR_IMPOSSIBLE)
        return error_set(&m->error, ERROR_IMPOSSIBLE,
                         "mh-query: the condition never holds");
    error_clear(&m->error);
    return true;
}

/* ((value ...) (probability ...)) */
bool query_enumerate(struct machine *m, value thunk, value *out)
{
    struct query_answers a;
    if (!enumerate(m, thunk, RUNS, &a)) return false;
    value *p = memory_new(a.count * sizeof *p);
    if (!p) return machine_no_memory(m);
    for (uint32_t i = 0; i < a.count; i++) p[i] = v_double(a.p[i]);
    value lists[2] = {list_from(a.answer, a.count), list_from(p, a.count)};
    if (lists[0] == V_UNBOUND || lists[1] == V_UNBOUND)
        return machine_no_memory(m);
    *out = list_from(lists, 2);
    return *out != V_UNBOUND || machine_no_memory(m);
}
