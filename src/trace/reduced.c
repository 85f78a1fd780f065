/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The operations of the reduced trace engine: changing the program, finding
 * a possible state of it, transitions, and answers about the state. A
 * directive at the end is one transition more, without a test; any other
 * change loads the program again on the choices that there were.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "eval/global.h"
#include "trace/application.h"
#include "trace/reduced_order.h"
#include "trace/rejection.h"
#include "trace/tally.h"

enum { TRIES = 10000, TRIES_DOMAIN = 100 };

/* A program, and the regions of its trace. */
struct before {
    struct directive **program;
    void **data; /* the regions of the present trace */
    uint32_t count;
};

struct reduced {
    struct engine base;
    struct trace *trace;
    struct directive **program; /* scanned */
    uint32_t count, room;
    struct rejections rejections;
    struct scope *scopes[SCOPES_MAX]; /* open */
    uint32_t scope_count;
    struct trace *aside;  /* while a state from the prior is looked at */
    struct before before; /* likewise */
};

static struct reduced *inside(struct engine *e) { return (struct reduced *)e; }

struct trace *reduced_trace(struct engine *e) { return inside(e)->trace; }

struct directive *const *reduced_program(struct engine *e, uint32_t *count)
{
    *count = inside(e)->count;
    return inside(e)->program;
}

static bool is_impossible(const struct error *e)
{
    return e->kind == ERROR_DOMAIN || e->kind == ERROR_IMPOSSIBLE;
}

/* ---- traces ------------------------------------------------------------------------ */

static void trace_close(struct trace *t)
{
    if (!t) return;
    log_close(&t->log);
    free_close(t);
    struct vector_of *all[] = {&t->dirty, &t->undrawn, &t->idle, &t->urns,
                               &t->ran,   &t->heap,    &t->walk, &t->shared,
                               &t->met,   &t->came};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]->at);
    free(t->leaves);
    for (uint32_t i = 0; i < t->runs.count; i++) memory_free(t->runs.at[i]);
    free(t->runs.at);
    memory_free(t->marks);
    memory_free(t->call_values);
    memory_free(t->plains);
    memory_free(t->changes);
    memory_free(t);
}

static struct trace *trace_open(struct machine *m)
{
    struct trace *t = memory_new_kept(sizeof *t);
    if (!t) {
        machine_no_memory(m);
        return NULL;
    }
    t->machine = m;
    if (log_open(&t->log) && free_open(t)) return t;
    trace_close(t);
    machine_no_memory(m);
    return NULL;
}

static struct region *region_of(const struct directive *d)
{
    return d->engine_data;
}

static void bind(struct machine *m, const struct directive *d)
{
    if (d->kind != DIRECTIVE_ASSUME) return;
    struct global *g = global_make(m, d->name, false);
    const struct region *r = region_of(d);
    if (!g) return;
    g->held = r ? (region_stands(r) ? r->result : v_object(r)) : V_UNBOUND;
}

/* Before its ASSUME has run a name means what is built in, if anything. */
static void unbind(struct machine *m, const struct directive *d)
{
    if (d->kind != DIRECTIVE_ASSUME) return;
    struct global *g = global_make(m, d->name, false);
    const struct global *b = global_builtin(m, d->name);
    if (g) g->held = b ? b->held : V_UNBOUND;
}

static bool run_directive(struct trace *t, struct directive *d)
{
    transition_begin(t);
    bool observes = d->kind == DIRECTIVE_OBSERVE;
    struct region *r =
        region_new(t, observes ? REGION_OBSERVE : REGION_DIRECTIVE,
                   directive_location(d), NULL);
    bool ok = r != NULL;
    if (ok) {
        r->code = d->code;
        r->directive = d;
        if (observes) r->given = d->given;
        d->engine_data = r;
        ok = region_run(t, r);
    }
    if (ok && directive_is_term(d)) {
        struct region *term =
            region_new(t, REGION_TERM, directive_location(d) ^ 1, NULL);
        ok = term != NULL;
        if (ok) {
            term->operands[1] = V_NIL;
            term->score_kind =
                d->kind == DIRECTIVE_FACTOR ? SCORE_FACTOR : SCORE_CONDITION;
            term->directive = d;
            if (region_stands(r))
                term->operands[0] = r->result;
            else
                term->operands[0] = v_object(r);
            ok = region_run(t, term);
        }
    }
    ok = ok && propagate(t);
    if (!ok) {
        if (!t->machine->error.span.source) t->machine->error.span = d->span;
        d->engine_data = NULL;
        transition_undo(t);
        return false;
    }
    t->drawn += t->q_forward - t->q_reverse;
    transition_total(t);
    transition_commit(t);
    bind(t->machine, d);
    return true;
}

/* The whole program into a new trace; choices take their values from the
 * oracle where it has them. NULL with the machine's error. */
static struct trace *load(struct reduced *e, const struct trace *oracle,
                          const struct settings *fixed)
{
    struct machine *m = e->base.machine;
    struct trace *t = trace_open(m);
    if (!t) return NULL;
    m->engine = t;
    t->oracle = oracle;
    t->fixed = fixed;
    t->drawer = e->base.drawer;
    for (uint32_t i = 0; i < e->count; i++) unbind(m, e->program[i]);
    for (uint32_t i = 0; i < e->count; i++)
        if (!run_directive(t, e->program[i])) {
            trace_close(t);
            return NULL;
        }
    t->oracle = NULL;
    t->fixed = NULL;
    t->drawer = NULL;
    return t;
}

static void take_over(struct reduced *e, struct trace *t)
{
    trace_close(e->trace);
    e->trace = t;
    e->base.machine->engine = t;
    /* Another trace, though it may lie where the old one did. */
    for (uint32_t i = 0; i < e->scope_count; i++) e->scopes[i]->state = NULL;
}

/* ---- finding a possible state --------------------------------------------------------- */

static bool search(struct reduced *e)
{
    struct machine *m = e->base.machine;
    struct error first = m->error;
    uint64_t tries = first.kind == ERROR_DOMAIN ? TRIES_DOMAIN : e->base.tries;
    m->searching = true;
    for (uint64_t i = 0; i < tries; i++) {
        struct random before = m->random;
        error_clear(&m->error);
        struct trace *t = load(e, NULL, NULL);
        if (t) {
            m->searching = false;
            take_over(e, t);
            return true;
        }
        if (!is_impossible(&m->error)) {
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
static bool settle(struct reduced *e)
{
    struct machine *m = e->base.machine;
    error_clear(&m->error);
    struct trace *t = load(e, e->trace, NULL);
    if (t) {
        take_over(e, t);
        return true;
    }
    return is_impossible(&m->error) && search(e);
}

static bool remember(struct reduced *e, struct before *b)
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
static void restore(struct reduced *e, const struct before *b)
{
    struct machine *m = e->base.machine;
    m->engine = e->trace;
    for (uint32_t i = 0; i < e->count; i++) unbind(m, e->program[i]);
    e->count = b->count;
    for (uint32_t i = 0; i < b->count; i++) {
        e->program[i] = b->program[i];
        e->program[i]->engine_data = b->data[i];
        bind(m, e->program[i]);
    }
}

static bool make_room(struct reduced *e)
{
    if (e->count < e->room) return true;
    uint32_t room = e->room ? e->room * 2 : 16;
    struct directive **more = memory_new(room * sizeof *more);
    if (!more) return machine_no_memory(e->base.machine);
    if (e->count) memcpy(more, e->program, e->count * sizeof *more);
    e->program = more;
    e->room = room;
    return true;
}

static int64_t place_of(const struct reduced *e, const struct directive *d)
{
    for (uint32_t i = e->count; i-- > 0;)
        if (e->program[i] == d) return i;
    return -1;
}

static bool missing(struct reduced *e)
{
    return error_set(&e->base.machine->error, ERROR_ENGINE,
                     "the directive is not in the program");
}

static bool add(struct engine *engine, struct directive *d,
                struct directive *replaced)
{
    struct reduced *e = inside(engine);
    struct machine *m = engine->machine;
    struct before b;
    bool ok;
    query_search_begin(m);
    if (!replaced) {
        if (!make_room(e)) return false;
        struct random random = m->random;
        if (run_directive(e->trace, d)) {
            e->program[e->count++] = d;
            return true;
        }
        if (!is_impossible(&m->error) ||
            (!e->trace->counts.choices &&
             !memcmp(&random, &m->random, sizeof random)))
            return false; /* nothing that could be otherwise */
        if (!remember(e, &b)) return false;
        e->program[e->count++] = d;
        ok = search(e);
    } else {
        int64_t i = place_of(e, replaced);
        if (i < 0) return missing(e);
        if (!remember(e, &b)) return false;
        e->program[i] = d;
        ok = settle(e);
    }
    if (!ok) restore(e, &b);
    return ok;
}

static bool take_away(struct engine *engine, struct directive *d)
{
    struct reduced *e = inside(engine);
    struct before b;
    int64_t i = place_of(e, d);
    query_search_begin(engine->machine);
    if (i < 0) return missing(e);
    if (!remember(e, &b)) return false;
    unbind(engine->machine, d);
    if (d->kind == DIRECTIVE_ASSUME)
        machine_unbind(engine->machine, text_of(d->name));
    e->count--;
    for (uint32_t k = (uint32_t)i; k < e->count; k++)
        e->program[k] = e->program[k + 1];
    if (settle(e)) return true;
    restore(e, &b);
    return false;
}

static void clear(struct engine *engine)
{
    struct reduced *e = inside(engine);
    struct trace *t = trace_open(engine->machine);
    for (uint32_t i = 0; i < e->count; i++)
        if (e->program[i]->kind == DIRECTIVE_ASSUME)
            machine_unbind(engine->machine, text_of(e->program[i]->name));
    e->count = 0;
    if (t) take_over(e, t);
}

static bool rerun(struct engine *engine)
{
    struct reduced *e = inside(engine);
    struct before b;
    query_search_begin(engine->machine);
    if (!remember(e, &b)) return false;
    if (search(e)) return true;
    restore(e, &b);
    return false;
}

/* ---- transitions -------------------------------------------------------------------------- */

static bool refuse_improper(const struct trace *t)
{
    for (uint32_t i = 0; i < t->counts.free; i++) {
        const struct choice *c = t->free[i];
        struct xrp_site s = choice_application(c, c->written);
        if (!choice_proposable(t->machine, c->family, &s, *choice_place(c)))
            return false;
    }
    return true;
}

static inline __attribute__((always_inline)) bool
transitions(struct engine *engine, struct scope *scope, uint64_t n,
            struct transition_counts *counts)
{
    struct reduced *e = inside(engine);
    struct machine *m = engine->machine;
    struct trace *t = e->trace;
    uint64_t touched = t->touched;
    bool ok = true;
    if (!scope && t->counts.improper && !refuse_improper(t)) return false;
    for (uint64_t i = 0; ok && i < n; i++) {
        bool proposed, accepted, impossible;
        if (--m->fuel < 0 && !machine_poll(m)) return false;
        ok = scope ? trace_step_in(t, scope, &proposed, &accepted, &impossible)
                   : trace_step(t, &proposed, &accepted, &impossible);
        if (!ok) break;
        counts->transitions++;
        counts->proposals += proposed;
        counts->accepted += accepted;
        if (e->base.tally && proposed)
            tally_add(e->base.tally, *t->place, accepted, t->touched);
        if (impossible) {
            counts->impossible++;
            rejection_add(&e->rejections, &m->error);
            error_clear(&m->error);
        }
    }
    counts->touched += t->touched - touched;
    return ok;
}

static bool transition(struct engine *engine, uint64_t n,
                       struct transition_counts *counts)
{
    return transitions(engine, NULL, n, counts);
}

static bool transition_in(struct engine *engine, struct scope *scope,
                          uint64_t n, struct transition_counts *counts)
{
    return transitions(engine, scope, n, counts);
}

/* ---- for kernels ------------------------------------------------------------------------ */

/* The present trace keeps the members of all scopes that are open. */
static bool watch_scopes(struct reduced *e)
{
    struct trace *t = e->trace;
    t->scopes = e->scopes;
    t->scope_count = e->scope_count;
    for (uint32_t i = 0; i < e->scope_count; i++)
        if (e->scopes[i]->state != t && !scope_fill(t, e->scopes[i]))
            return false;
    return true;
}

static bool scope_open(struct engine *engine, struct scope *s)
{
    struct reduced *e = inside(engine);
    if (e->scope_count == SCOPES_MAX)
        return error_set(&engine->machine->error, ERROR_LIMIT,
                         "more than %d scopes in one kernel", SCOPES_MAX);
    s->state = NULL;
    e->scopes[e->scope_count++] = s;
    return watch_scopes(e);
}

static bool scope_look(struct engine *engine, struct scope *s)
{
    struct reduced *e = inside(engine);
    return (s->state == e->trace && e->trace->scope_count) || watch_scopes(e);
}

static void scope_close(struct engine *engine, struct scope *s)
{
    struct reduced *e = inside(engine);
    for (uint32_t i = 0; i < e->scope_count; i++)
        if (e->scopes[i] == s) {
            e->scopes[i] = e->scopes[--e->scope_count];
            break;
        }
    e->trace->scopes = e->scopes;
    e->trace->scope_count = e->scope_count;
}

static bool step_at(struct engine *engine, struct scope *s, void *choice,
                    bool in_turn, bool *accepted, bool *impossible)
{
    struct reduced *e = inside(engine);
    struct trace *t = e->trace;
    t->in_turn = in_turn;
    if (!trace_step_at(t, s, choice, accepted, impossible)) return false;
    if (*impossible) {
        rejection_add(&e->rejections, &engine->machine->error);
        error_clear(&engine->machine->error);
    }
    return true;
}

static bool site(struct engine *engine, void *choice, struct site *out)
{
    return trace_site(inside(engine)->trace, choice, out);
}

static void *choice_at(struct engine *engine, uint64_t location)
{
    struct node *n = table_at(inside(engine)->trace, location);
    return n && node_kind(n) == NODE_CHOICE && n->rank ? n : NULL;
}

static bool support(struct engine *engine, void *choice, value *list)
{
    return trace_support(inside(engine)->trace, choice, list);
}

static bool move(struct engine *engine, struct move *m)
{
    struct reduced *e = inside(engine);
    if (!trace_move(e->trace, m)) return false;
    if (engine->machine->error.kind) {
        rejection_add(&e->rejections, &engine->machine->error);
        error_clear(&engine->machine->error);
    }
    return true;
}

static bool settle_move(struct engine *engine, bool keep)
{
    trace_settle(inside(engine)->trace, keep);
    return true;
}

static bool gibbs(struct engine *engine, void *choice, bool *done,
                  bool *changed)
{
    return trace_gibbs(inside(engine)->trace, choice, done, changed);
}

static bool conjugate(struct engine *engine, void *choice, bool *closed)
{
    struct trace *t = inside(engine)->trace;
    struct conditional p;
    *closed = trace_unread(t, choice) || trace_conjugate(t, choice, &p);
    return true;
}

static uint32_t pick(struct engine *engine, uint32_t n, const double *p)
{
    return trace_pick(inside(engine)->trace, n, p);
}

static uint32_t pick_block(struct engine *engine, const struct scope *s)
{
    return trace_pick_block(inside(engine)->trace, s);
}

static bool accept(struct engine *engine, double ratio)
{
    struct trace *t = inside(engine)->trace;
    if (t->script) return t->script->accept(t->script, ratio);
    return ratio >= 0.0 || random_unit(&engine->machine->random) < exp(ratio);
}

static bool draw(struct engine *engine, const struct xrp_family *f,
                 const struct xrp_site *s, value *out)
{
    struct trace *t = inside(engine)->trace;
    return t->script ? t->script->draw(t->script, f, s, out)
                     : f->sample(s, &engine->machine->random, out);
}

static void mark(struct engine *engine, struct draw_mark *out)
{
    struct script *s = inside(engine)->trace->script;
    out->random = engine->machine->random;
    out->step = s ? s->mark(s) : 0;
}

static void replay(struct engine *engine, const struct draw_mark *m)
{
    struct script *s = inside(engine)->trace->script;
    engine->machine->random = m->random;
    if (s) s->replay(s, m->step);
}

static bool prior(struct engine *engine, double *log_weight)
{
    struct reduced *e = inside(engine);
    struct machine *m = engine->machine;
    *log_weight = -INFINITY;
    error_clear(&m->error);
    if (!remember(e, &e->before)) return false;
    struct trace *t = load(e, NULL, NULL);
    if (!t) {
        restore(e, &e->before);
        if (!is_impossible(&m->error)) return false;
        error_clear(&m->error);
        return true;
    }
    *log_weight = t->counts.score - t->drawn;
    t->touched = e->trace->touched + t->counts.choices;
    t->drawer = engine->drawer;
    e->aside = e->trace;
    e->trace = t;
    return true;
}

/* The present state, drawn once more in the order of the program. */
static bool weight(struct engine *engine, double *log_weight)
{
    struct reduced *e = inside(engine);
    *log_weight = -INFINITY;
    error_clear(&engine->machine->error);
    if (!remember(e, &e->before)) return false;
    struct trace *t = load(e, e->trace, NULL);
    if (t) *log_weight = t->counts.score - t->drawn;
    if (t) trace_close(t);
    restore(e, &e->before);
    if (!t && !is_impossible(&engine->machine->error)) return false;
    error_clear(&engine->machine->error);
    return true;
}

static bool settle_prior(struct engine *engine, bool keep)
{
    struct reduced *e = inside(engine);
    struct trace *t = e->trace;
    if (!e->aside) return true;
    e->trace = e->aside;
    e->aside = NULL;
    t->drawer = NULL;
    e->trace->touched = t->touched;
    if (keep) {
        take_over(e, t);
    } else {
        trace_close(t);
        restore(e, &e->before);
    }
    return true;
}

static uint64_t touched(struct engine *engine)
{
    return inside(engine)->trace->touched;
}

/* ---- answers -------------------------------------------------------------------------------- */

static bool directive_value(struct engine *engine, struct directive *d,
                            value *out)
{
    struct trace *t = inside(engine)->trace;
    const struct region *r = region_of(d);
    if (!r) return missing(inside(engine));
    t->collecting = false;
    return trace_deep(t, r->result, out);
}

/* A directive that is undone again. */
static bool evaluate(struct engine *engine, const struct code *code, value *out)
{
    struct trace *t = inside(engine)->trace;
    struct directive bare = {.kind = DIRECTIVE_PREDICT};
    transition_begin(t);
    struct region *r =
        region_new(t, REGION_DIRECTIVE, UINT64_C(0xbace0000), NULL);
    bool ok = r != NULL;
    if (ok) {
        r->code = code;
        r->directive = &bare;
        ok = region_run(t, r) && regions_stand(t) &&
             trace_deep(t, r->result, out);
    }
    transition_undo(t);
    return ok;
}

static double log_score(struct engine *engine)
{
    return inside(engine)->trace->counts.score;
}

static double conditional(const struct choice *c)
{
    return choice_urn(c) ? urn_conditional(as_choice(c)) : c->score;
}

const struct directive *directive_above(const struct node *n)
{
    const struct region *r = node_owner(n), *top = NULL;
    if (!r && node_kind(n) == NODE_REGION) top = (const struct region *)n;
    for (; r; r = node_owner(&r->node)) top = r;
    return top ? top->directive : NULL;
}

static bool directive_score(struct engine *engine, struct directive *d,
                            double *out)
{
    struct trace *t = inside(engine)->trace;
    const struct region *r = region_of(d);
    *out = 0.0;
    if (!r) return missing(inside(engine));
    if (d->kind == DIRECTIVE_OBSERVE) {
        if (region_target(r)) *out = conditional(region_target(r));
        return true;
    }
    for (uint32_t i = 0; i < t->slot_room; i++) {
        const struct node *n = slot_node(t, i);
        if (!n) continue;
        if (node_kind(n) == NODE_CHOICE && directive_above(n) == d)
            *out += conditional((const struct choice *)n);
        if (node_kind(n) == NODE_REGION &&
            ((const struct region *)n)->what == REGION_TERM &&
            directive_above(n) == d)
            *out += ((const struct region *)n)->score;
    }
    return true;
}

static bool locate(struct machine *m, value v, uint64_t *location)
{
    value target;
    struct trace *t = trace_of(m);
    t->collecting = false;
    if (!trace_target(t, v, &target)) return false;
    *location = is_type(target, T_CHOICE)
                    ? ((struct node *)as_object(target))->location
                    : 0;
    return true;
}

static bool density_at(struct engine *engine, uint32_t count,
                       struct directive *const *which, const value *at,
                       double *out)
{
    struct reduced *e = inside(engine);
    struct machine *m = engine->machine;
    struct random random = m->random;
    struct settings fixed = {NULL, 0, 0};
    struct before b;
    error_clear(&m->error);
    for (uint32_t i = 0; i < count; i++) {
        const struct region *r = region_of(which[i]);
        if (!r || !settings_add(m, &fixed, r->result, at[i], locate))
            return r ? false : missing(e);
    }
    if (!remember(e, &b)) return false;
    struct trace *t = load(e, e->trace, &fixed);
    *out = t ? t->counts.score : -INFINITY;
    trace_close(t);
    m->random = random;
    restore(e, &b);
    if (!t && !is_impossible(&m->error)) return false;
    error_clear(&m->error);
    return true;
}

static uint64_t free_choices(struct engine *engine)
{
    return inside(engine)->trace->counts.free;
}

static uint64_t all_choices(struct engine *engine)
{
    return inside(engine)->trace->counts.choices;
}

static bool is_random(struct engine *engine, struct directive *d)
{
    (void)engine;
    const struct region *r = region_of(d);
    return r &&
           (region_children(r) || region_kept(r) || has_reference(r->result));
}

static size_t complaints(struct engine *engine, struct engine_complaint *into,
                         size_t room)
{
    return rejections_take(&inside(engine)->rejections, into, room);
}

static bool predictions(struct engine *engine, prediction_visit *each,
                        void *context)
{
    struct reduced *e = inside(engine);
    if (!e->trace->counts.predictions) return true;
    return reduced_predictions(e->trace, e->program, e->count, each, context);
}

static bool observed(struct engine *engine, observed_visit *each, void *context)
{
    struct reduced *e = inside(engine);
    return reduced_observed(e->trace, e->program, e->count, each, context);
}

static bool trace(struct engine *engine, const struct directive *only,
                  struct text *lines, struct text *json)
{
    struct reduced *e = inside(engine);
    return reduced_print(e->trace, e->program, e->count, only, lines, json);
}

static void close_engine(struct engine *engine)
{
    trace_close(inside(engine)->trace);
    engine->machine->handler = NULL;
    engine->machine->engine = NULL;
    memory_free(engine);
}

static const struct engine_operations operations = {
    .name = "reduced",
    .doc = "a reduced trace: only what a choice touches is done again",
    .add = add,
    .remove = take_away,
    .clear = clear,
    .rerun = rerun,
    .transition = transition,
    .value = directive_value,
    .evaluate = evaluate,
    .log_score = log_score,
    .directive_score = directive_score,
    .density_at = density_at,
    .free_choices = free_choices,
    .all_choices = all_choices,
    .is_random = is_random,
    .complaints = complaints,
    .predictions = predictions,
    .observed = observed,
    .trace = trace,
    .close = close_engine,
    .scope_open = scope_open,
    .scope_look = scope_look,
    .scope_close = scope_close,
    .transition_in = transition_in,
    .step_at = step_at,
    .site = site,
    .choice_at = choice_at,
    .support = support,
    .move = move,
    .settle = settle_move,
    .gibbs = gibbs,
    .conjugate = conjugate,
    .prior = prior,
    .settle_prior = settle_prior,
    .weight = weight,
    .pick = pick,
    .pick_block = pick_block,
    .accept = accept,
    .draw = draw,
    .mark = mark,
    .replay = replay,
    .touched = touched,
};

struct engine *reduced_open(struct machine *m)
{
    struct reduced *e = memory_new_kept(sizeof *e);
    if (!e) return NULL;
    e->base = (struct engine){.op = &operations, .machine = m, .tries = TRIES};
    e->trace = trace_open(m);
    if (!e->trace) {
        memory_free(e);
        return NULL;
    }
    m->handler = &reduced_handler;
    m->engine = e->trace;
    m->hooked_calls = false;
    return &e->base;
}
