/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The operations of the reduced trace engine: changing the program,
 * transitions, and what kernels ask for. A directive at the end is one
 * transition more, without a test; any other change loads the program again
 * on the choices that there were.
 */
#include <math.h>

#include "base/memory.h"
#include "trace/application.h"
#include "trace/reduced_engine.h"
#include "trace/tally.h"
#include "xrp/form.h"

enum { TRIES = 10000 };

struct trace *reduced_trace(struct engine *e)
{
    return reduced_inside(e)->trace;
}

struct directive *const *reduced_program(struct engine *e, uint32_t *count)
{
    *count = reduced_inside(e)->count;
    return reduced_inside(e)->program;
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

static bool add(struct engine *engine, struct directive *d,
                struct directive *replaced)
{
    struct reduced *e = reduced_inside(engine);
    struct machine *m = engine->machine;
    struct before b;
    bool ok;
    query_search_begin(m);
    e->known = DATA_NOT_LOOKED_AT;
    if (!replaced) {
        if (!make_room(e)) return false;
        struct random random = m->random;
        e->trace->drawer = engine->drawer;
        ok = reduced_run_directive(e->trace, d);
        e->trace->drawer = NULL;
        if (ok) {
            e->program[e->count++] = d;
            return true;
        }
        if (!error_is_impossible(&m->error) ||
            (!e->trace->counts.choices &&
             !memcmp(&random, &m->random, sizeof random)))
            return false; /* nothing that could be otherwise */
        if (!reduced_remember(e, &b)) return false;
        e->program[e->count++] = d;
        ok = reduced_search(e);
    } else {
        int64_t i = place_of(e, replaced);
        if (i < 0) return reduced_missing(e);
        if (!reduced_remember(e, &b)) return false;
        e->program[i] = d;
        ok = reduced_settle(e);
    }
    e->known = DATA_NOT_LOOKED_AT;
    if (!ok) reduced_restore(e, &b);
    return ok;
}

static bool take_away(struct engine *engine, struct directive *d)
{
    struct reduced *e = reduced_inside(engine);
    struct before b;
    int64_t i = place_of(e, d);
    query_search_begin(engine->machine);
    if (i < 0) return reduced_missing(e);
    if (!reduced_remember(e, &b)) return false;
    directive_unbind(engine->machine, d);
    if (d->kind == DIRECTIVE_ASSUME)
        machine_unbind(engine->machine, text_of(d->name));
    e->count--;
    for (uint32_t k = (uint32_t)i; k < e->count; k++)
        e->program[k] = e->program[k + 1];
    bool ok = reduced_settle(e);
    e->known = DATA_NOT_LOOKED_AT;
    if (!ok) reduced_restore(e, &b);
    return ok;
}

static void clear(struct engine *engine)
{
    struct reduced *e = reduced_inside(engine);
    struct trace *t = trace_open(engine->machine, e->whole);
    for (uint32_t i = 0; i < e->count; i++)
        if (e->program[i]->kind == DIRECTIVE_ASSUME)
            machine_unbind(engine->machine, text_of(e->program[i]->name));
    e->count = 0;
    e->known = DATA_NOT_LOOKED_AT;
    if (t) reduced_take_over(e, t);
}

static bool rerun(struct engine *engine)
{
    struct reduced *e = reduced_inside(engine);
    struct before b;
    uint64_t touched = e->trace->touched;
    query_search_begin(engine->machine);
    if (!reduced_remember(e, &b)) return false;
    if (!reduced_search(e)) {
        reduced_restore(e, &b);
        return false;
    }
    e->trace->touched = touched + e->trace->counts.choices;
    return true;
}

/* ---- transitions -------------------------------------------------------------------------- */

static bool refuse_improper(const struct trace *t)
{
    for (uint32_t i = 0; i < t->counts.free; i++) {
        const struct choice *c = free_choice(t, i);
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
    struct reduced *e = reduced_inside(engine);
    struct machine *m = engine->machine;
    struct trace *t = e->trace;
    struct transition_counts made = {.touched = -t->touched};
    bool ok = true;
    if (!scope && t->counts.improper && !refuse_improper(t)) return false;
    for (uint64_t i = 0; ok && i < n; i++) {
        bool proposed, accepted, impossible;
        uint64_t touched = t->touched;
        ok = --m->fuel >= 0 || machine_poll(m);
        if (!ok) break;
        ok = scope ? trace_step_in(t, scope, &proposed, &accepted, &impossible)
                   : trace_step(t, &proposed, &accepted, &impossible);
        if (!ok) break;
        made.transitions++;
        made.proposals += proposed;
        made.accepted += accepted;
        if (e->base.tally && proposed)
            tally_add(e->base.tally, *t->place, accepted, t->touched);
        if (impossible) {
            made.impossible++;
            rejection_add(&e->rejections, &m->error);
            error_clear(&m->error);
        }
        machine_worked(m, t->touched - touched);
    }
    made.touched += t->touched;
    counts_add(counts, &made);
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
    struct reduced *e = reduced_inside(engine);
    if (e->scope_count == SCOPES_MAX)
        return error_set(&engine->machine->error, ERROR_LIMIT,
                         "more than %d scopes in one kernel", SCOPES_MAX);
    s->state = NULL;
    e->scopes[e->scope_count++] = s;
    return watch_scopes(e);
}

static bool scope_look(struct engine *engine, struct scope *s)
{
    struct reduced *e = reduced_inside(engine);
    return (s->state == e->trace && e->trace->scope_count) || watch_scopes(e);
}

static void scope_close(struct engine *engine, struct scope *s)
{
    struct reduced *e = reduced_inside(engine);
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
    struct reduced *e = reduced_inside(engine);
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
    return trace_site(reduced_inside(engine)->trace, choice, out);
}

static void *choice_at(struct engine *engine, uint64_t location)
{
    struct node *n = table_at(reduced_inside(engine)->trace, location);
    return n && node_kind(n) == NODE_CHOICE && n->rank ? n : NULL;
}

static const struct directive *made_by(struct engine *engine,
                                       const void *choice)
{
    (void)engine;
    return directive_above(&((const struct choice *)choice)->node);
}

static size_t elements(struct engine *engine, void *choice)
{
    const struct xrp_family *f = ((struct choice *)choice)->family;
    if (f != &family_iid && f != &family_each) return 0;
    return trace_elements(reduced_inside(engine)->trace, choice);
}

static bool support(struct engine *engine, void *choice, void *const *out,
                    uint32_t count, value *list)
{
    return trace_support(reduced_inside(engine)->trace, choice, out, count,
                         list);
}

static value label(struct engine *engine, value taken)
{
    return trace_label(reduced_inside(engine)->trace, taken);
}

static bool move(struct engine *engine, struct move *m)
{
    struct reduced *e = reduced_inside(engine);
    if (!trace_move(e->trace, m)) return false;
    if (engine->machine->error.kind) {
        rejection_add(&e->rejections, &engine->machine->error);
        error_clear(&engine->machine->error);
    }
    return true;
}

static bool settle_move(struct engine *engine, bool keep)
{
    trace_settle(reduced_inside(engine)->trace, keep);
    return true;
}

static bool gibbs(struct engine *engine, void *choice, int64_t at, bool *done,
                  bool *changed)
{
    struct trace *t = reduced_inside(engine)->trace;
    return at == ENTIRE ? trace_gibbs(t, choice, done, changed)
                        : trace_gibbs_at(t, choice, (size_t)at, done, changed);
}

static bool gibbs_block(struct engine *engine, void *const *choices,
                        uint32_t count, bool *done, bool *changed)
{
    struct trace *t = reduced_inside(engine)->trace;
    *done = *changed = false;
    return count != 2 ||
           trace_gibbs_pair(t, choices[0], choices[1], done, changed);
}

static bool conjugate(struct engine *engine, void *choice, int64_t at,
                      bool *closed)
{
    struct trace *t = reduced_inside(engine)->trace;
    struct conditional p;
    *closed = at == ENTIRE
                  ? trace_unread(t, choice) || trace_conjugate(t, choice, &p)
                  : trace_closed_at(t, choice, (size_t)at);
    return true;
}

static uint32_t pick(struct engine *engine, uint32_t n, const double *p)
{
    return trace_pick(reduced_inside(engine)->trace, n, p);
}

static uint32_t pick_block(struct engine *engine, const struct scope *s)
{
    return trace_pick_block(reduced_inside(engine)->trace, s);
}

static bool accept(struct engine *engine, double ratio)
{
    struct trace *t = reduced_inside(engine)->trace;
    if (t->script) return t->script->accept(t->script, ratio);
    return ratio >= 0.0 || random_unit(&engine->machine->random) < exp(ratio);
}

static bool draw(struct engine *engine, const struct xrp_family *f,
                 const struct xrp_site *s, value *out)
{
    struct trace *t = reduced_inside(engine)->trace;
    return t->script ? t->script->draw(t->script, f, s, out)
                     : f->sample(s, &engine->machine->random, out);
}

static void mark(struct engine *engine, struct draw_mark *out)
{
    struct script *s = reduced_inside(engine)->trace->script;
    out->random = engine->machine->random;
    out->step = s ? s->mark(s) : 0;
}

static void replay(struct engine *engine, const struct draw_mark *m)
{
    struct script *s = reduced_inside(engine)->trace->script;
    engine->machine->random = m->random;
    if (s) s->replay(s, m->step);
}

static bool prior(struct engine *engine, double *log_weight)
{
    struct reduced *e = reduced_inside(engine);
    struct machine *m = engine->machine;
    *log_weight = -INFINITY;
    error_clear(&m->error);
    if (!reduced_remember(e, &e->before)) return false;
    struct trace *t = reduced_draw(e, NULL, NULL);
    if (!t) {
        reduced_restore(e, &e->before);
        if (!error_is_impossible(&m->error)) return false;
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
    struct reduced *e = reduced_inside(engine);
    *log_weight = -INFINITY;
    error_clear(&engine->machine->error);
    if (!reduced_remember(e, &e->before)) return false;
    struct trace *t = reduced_draw(e, e->trace, NULL);
    if (t) *log_weight = t->counts.score - t->drawn;
    if (t) trace_close(t);
    reduced_restore(e, &e->before);
    if (!t && !error_is_impossible(&engine->machine->error)) return false;
    error_clear(&engine->machine->error);
    return true;
}

static bool settle_prior(struct engine *engine, bool keep)
{
    struct reduced *e = reduced_inside(engine);
    struct trace *t = e->trace;
    if (!e->aside) return true;
    e->trace = e->aside;
    e->aside = NULL;
    t->drawer = NULL;
    e->trace->touched = t->touched;
    if (keep) {
        reduced_take_over(e, t);
    } else {
        trace_close(t);
        reduced_restore(e, &e->before);
    }
    return true;
}

static uint64_t touched(struct engine *engine)
{
    return reduced_inside(engine)->trace->touched;
}

static void close_engine(struct engine *engine)
{
    trace_close(reduced_inside(engine)->trace);
    engine->machine->handler = NULL;
    engine->machine->engine = NULL;
    memory_free(engine);
}

static bool choices(struct engine *engine, choice_visit *each, void *context)
{
    const struct trace *t = reduced_inside(engine)->trace;
    for (uint32_t i = 0; i < t->counts.free; i++) {
        const struct choice *c = free_choice(t, i);
        if (!each(context, c->node.location, c->held)) return false;
    }
    return true;
}

static const struct engine_operations operations = {
    .expressions = true,
    .add = add,
    .remove = take_away,
    .clear = clear,
    .rerun = rerun,
    .transition = transition,
    .value = state_value,
    .evaluate = state_evaluate,
    .log_score = state_log_score,
    .directive_score = state_directive_score,
    .density_at = state_density_at,
    .free_choices = state_free_choices,
    .all_choices = state_all_choices,
    .is_random = state_is_random,
    .complaints = state_complaints,
    .predictions = state_predictions,
    .observed = state_observed,
    .choices = choices,
    .trace = state_trace,
    .close = close_engine,
    .scope_open = scope_open,
    .scope_look = scope_look,
    .scope_close = scope_close,
    .transition_in = transition_in,
    .step_at = step_at,
    .site = site,
    .choice_at = choice_at,
    .made_by = made_by,
    .elements = elements,
    .support = support,
    .label = label,
    .move = move,
    .settle = settle_move,
    .lend = state_lend,
    .gibbs = gibbs,
    .gibbs_block = gibbs_block,
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
    .expect = choices_fetch,
};

struct engine *trace_engine_open(struct machine *m,
                                 const struct trace_engine *kind)
{
    struct reduced *e = memory_new_kept(sizeof *e);
    if (!e) return NULL;
    e->op = operations;
    e->op.name = kind->name;
    e->op.doc = kind->doc;
    e->handler = reduced_handler;
    e->whole = kind->whole;
    if (kind->fill) kind->fill(&e->handler);
    e->base = (struct engine){.op = &e->op, .machine = m, .tries = TRIES};
    e->trace = trace_open(m, e->whole);
    if (!e->trace) {
        memory_free(e);
        return NULL;
    }
    m->handler = &e->handler;
    m->engine = e->trace;
    m->hooked_calls = false;
    return &e->base;
}

struct engine *reduced_open(struct machine *m)
{
    static const struct trace_engine kind = {
        .name = "reduced",
        .doc = "a reduced trace: only what a choice touches is done again"};
    return trace_engine_open(m, &kind);
}
