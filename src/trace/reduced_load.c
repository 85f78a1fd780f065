/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A program becomes a reduced trace, directive by directive, and a possible
 * state of it is found: on the choices that there were, else by drawing from
 * the prior until no observation is impossible.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "eval/global.h"
#include "trace/application.h"
#include "trace/fresh_data.h"
#include "trace/reduced_engine.h"
#include "trace/simulation.h"

enum { TRIES_DOMAIN = 100 };

/* ---- traces ------------------------------------------------------------------------ */

void trace_close(struct trace *t)
{
    if (!t) return;
    log_close(&t->log);
    free_close(t);
    struct vector_of *all[] = {&t->dirty, &t->undrawn, &t->idle, &t->urns,
                               &t->ran,   &t->heap,    &t->walk, &t->shared,
                               &t->met,   &t->came,    &t->late, &t->dying,
                               &t->rerun};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]->at);
    free(t->leaves);
    free(t->slots.at);
    free(t->slots_before.at);
    for (uint32_t i = 0; i < t->runs.count; i++) {
        struct run *run = t->runs.at[i];
        free(run->uses.at);
        memory_free(run);
    }
    free(t->runs.at);
    memory_free(t->marks);
    memory_free(t->call_values);
    memory_free(t->changes);
    memory_free(t);
}

struct trace *trace_open(struct machine *m, bool whole)
{
    struct trace *t = memory_new_kept(sizeof *t);
    if (!t) {
        machine_no_memory(m);
        return NULL;
    }
    t->machine = m;
    t->whole = whole;
    if (log_open(&t->log) && free_open(t)) return t;
    trace_close(t);
    machine_no_memory(m);
    return NULL;
}

static void bind(struct machine *m, const struct directive *d)
{
    if (d->kind != DIRECTIVE_ASSUME) return;
    struct global *g = global_make(m, d->name, false);
    const struct region *r = directive_region(d);
    if (!g) return;
    g->held = r ? (region_stands(r) ? r->result : v_object(r)) : V_UNBOUND;
}

/* Before its ASSUME has run a name means what is built in, if anything. */
void directive_unbind(struct machine *m, const struct directive *d)
{
    if (d->kind != DIRECTIVE_ASSUME) return;
    struct global *g = global_make(m, d->name, false);
    const struct global *b = global_builtin(m, d->name);
    if (g) g->held = b ? b->held : V_UNBOUND;
}

/* The directive's region, and of a term its score, in the transition under
 * way. */
static bool make(struct trace *t, struct directive *d)
{
    bool observes = d->kind == DIRECTIVE_OBSERVE;
    struct region *term,
        *r = region_new(t, observes ? REGION_OBSERVE : REGION_DIRECTIVE,
                        directive_location(d), NULL);
    if (!r) return false;
    r->code = d->code;
    r->directive = d;
    if (observes) r->given = d->given;
    d->engine_data = r;
    if (!region_run(t, r)) return false;
    if (!directive_is_term(d)) return true;
    term = region_new(t, REGION_TERM, directive_location(d) ^ 1, NULL);
    if (!term) return false;
    term->operands[0] = region_stands(r) ? r->result : v_object(r);
    term->operands[1] = V_NIL;
    term->score_kind =
        d->kind == DIRECTIVE_FACTOR ? SCORE_FACTOR : SCORE_CONDITION;
    term->directive = d;
    return region_run(t, term);
}

static void keep(struct trace *t)
{
    t->drawn += t->q_forward - t->q_reverse;
    transition_total(t);
    transition_commit(t);
}

bool reduced_run_directive(struct trace *t, struct directive *d)
{
    transition_begin(t);
    if (!make(t, d) || !propagate(t)) {
        if (!t->machine->error.span.source) t->machine->error.span = d->span;
        d->engine_data = NULL;
        transition_undo(t);
        return false;
    }
    keep(t);
    bind(t->machine, d);
    return true;
}

/* ---- the whole program ---------------------------------------------------------------- */

static bool run_each(struct reduced *e, struct trace *t)
{
    for (uint32_t i = 0; i < e->count; i++)
        if (!reduced_run_directive(t, e->program[i])) return false;
    return true;
}

/* How often a region runs is counted from each directive anew. */
static void forgive(struct trace *t)
{
    for (uint32_t i = 0; i < t->rerun.count; i++)
        ((struct region *)t->rerun.at[i])->runs = 0;
    t->rerun.count = 0;
}

/* All as one transition: what is drawn before an observation has moved what it
 * stands on is drawn again, and an error on the way is none in the end. */
static bool run_together(struct reduced *e, struct trace *t)
{
    bool ok = true;
    transition_begin(t);
    t->together = true;
    for (uint32_t i = 0; ok && i < e->count; i++) {
        forgive(t);
        ok = make(t, e->program[i]);
        if (ok) bind(t->machine, e->program[i]);
    }
    ok = ok && propagate(t);
    t->together = false;
    if (ok) keep(t);
    return ok;
}

static struct trace *load(struct reduced *e, const struct trace *oracle,
                          const struct settings *fixed,
                          bool (*run)(struct reduced *, struct trace *))
{
    struct machine *m = e->base.machine;
    struct trace *t = trace_open(m, e->whole);
    if (!t) return NULL;
    m->engine = t;
    t->oracle = oracle;
    t->fixed = fixed;
    t->simulation = e->base.simulation;
    t->drawer = e->base.drawer;
    for (uint32_t i = 0; i < e->count; i++) directive_unbind(m, e->program[i]);
    if (!run(e, t)) {
        trace_close(t);
        return NULL;
    }
    t->oracle = NULL;
    t->fixed = NULL;
    t->drawer = NULL;
    return t;
}

struct trace *reduced_load(struct reduced *e, const struct trace *oracle,
                           const struct settings *fixed)
{
    return load(e, oracle, fixed, run_each);
}

static void look_at_data(struct reduced *e)
{
    bool fresh = true;
    for (uint32_t i = 0; fresh && i < e->count; i++)
        fresh = data_are_fresh(e->program[i]);
    e->known = fresh ? DATA_FRESH : DATA_MOVE;
}

/* Directive by directive a state that cannot be is found out early, and urns
 * know their data when they are drawn from. */
struct trace *reduced_draw(struct reduced *e, const struct trace *oracle,
                           const struct settings *fixed)
{
    if (e->known == DATA_NOT_LOOKED_AT) look_at_data(e);
    return load(e, oracle, fixed,
                e->known == DATA_FRESH ? run_each : run_together);
}

void reduced_take_over(struct reduced *e, struct trace *t)
{
    t->counts.comings += e->trace->counts.comings;
    trace_close(e->trace);
    e->trace = t;
    e->base.machine->engine = t;
    /* Another trace, though it may lie where the old one did. */
    for (uint32_t i = 0; i < e->scope_count; i++) e->scopes[i]->state = NULL;
}

/* ---- finding a possible state --------------------------------------------------------- */

bool reduced_search(struct reduced *e)
{
    struct machine *m = e->base.machine;
    struct error first = m->error;
    uint64_t tries = first.kind == ERROR_DOMAIN ? TRIES_DOMAIN : e->base.tries;
    m->searching = true;
    for (uint64_t i = 0; i < tries; i++) {
        struct random before = m->random;
        error_clear(&m->error);
        simulation_again(e->base.simulation);
        struct trace *t = reduced_load(e, NULL, NULL);
        if (t) {
            m->searching = false;
            reduced_take_over(e, t);
            return true;
        }
        if (!error_is_impossible(&m->error)) {
            m->searching = false;
            return false;
        }
        if (!first.kind) first = m->error;
        if (!memcmp(&before, &m->random, sizeof before) || query_search_vain(m))
            break;
    }
    m->searching = false;
    m->error = first;
    if (first.kind == ERROR_IMPOSSIBLE && !m->error.hint[0])
        error_hint(&m->error, "no possible state in %llu draws from the prior",
                   (unsigned long long)tries);
    return false;
}

/* The program on the choices that there were, else from the prior. */
bool reduced_settle(struct reduced *e)
{
    struct machine *m = e->base.machine;
    error_clear(&m->error);
    struct trace *t = reduced_load(e, e->trace, NULL);
    if (t) {
        reduced_take_over(e, t);
        return true;
    }
    return error_is_impossible(&m->error) && reduced_search(e);
}

bool reduced_remember(struct reduced *e, struct before *b)
{
    b->count = e->count;
    b->program = memory_new((e->count + 1) * sizeof *b->program);
    b->data = memory_new((e->count + 1) * sizeof *b->data);
    if (!b->program || !b->data) return machine_no_memory(e->base.machine);
    for (uint32_t i = 0; i < e->count; i++) {
        b->program[i] = e->program[i];
        b->data[i] = e->program[i]->engine_data;
    }
    return true;
}

/* Back to the program and the trace before; the error stays. */
void reduced_restore(struct reduced *e, const struct before *b)
{
    struct machine *m = e->base.machine;
    m->engine = e->trace;
    for (uint32_t i = 0; i < e->count; i++) directive_unbind(m, e->program[i]);
    e->count = b->count;
    for (uint32_t i = 0; i < b->count; i++) {
        e->program[i] = b->program[i];
        e->program[i]->engine_data = b->data[i];
        bind(m, e->program[i]);
    }
}

bool reduced_missing(struct reduced *e)
{
    return error_set(&e->base.machine->error, ERROR_ENGINE,
                     "the directive is not in the program");
}
