/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Questions about the state of a reduced trace: values, scores, what is
 * observed. None changes it: an expression is run as a directive that is
 * undone again, a density elsewhere is taken in a trace of its own.
 */
#include <math.h>

#include "base/memory.h"
#include "trace/reduced_engine.h"
#include "trace/reduced_order.h"

bool state_value(struct engine *engine, struct directive *d, value *out)
{
    struct trace *t = reduced_inside(engine)->trace;
    const struct region *r = directive_region(d);
    if (!r) return reduced_missing(reduced_inside(engine));
    t->collecting = false;
    return trace_deep(t, r->result, out);
}

/* A directive that is undone again. */
bool state_evaluate(struct engine *engine, const struct code *code, value *out)
{
    struct trace *t = reduced_inside(engine)->trace;
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

double state_log_score(struct engine *engine)
{
    return reduced_inside(engine)->trace->counts.score;
}

void state_lend(struct engine *engine, struct move_part *parts, uint32_t count,
                double *score)
{
    struct trace *t = reduced_inside(engine)->trace;
    double other = t->counts.score;
    for (uint32_t i = 0; i < count; i++) {
        struct node *n = parts[i].choice;
        value *at = node_kind(n) == NODE_CHOICE ? &((struct choice *)n)->held
                                                : &((struct region *)n)->result;
        value before = *at;
        *at = parts[i].to;
        parts[i].to = before;
    }
    t->counts.score = *score;
    *score = other;
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

bool state_directive_score(struct engine *engine, struct directive *d,
                           double *out)
{
    struct trace *t = reduced_inside(engine)->trace;
    const struct region *r = directive_region(d);
    *out = 0.0;
    if (!r) return reduced_missing(reduced_inside(engine));
    if (d->kind == DIRECTIVE_OBSERVE) {
        if (region_target(r)) *out = conditional(region_target(r));
        return true;
    }
    for (uint32_t i = 0; i < t->slots.room; i++) {
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

bool state_density_at(struct engine *engine, uint32_t count,
                      struct directive *const *which, const value *at,
                      double *out)
{
    struct reduced *e = reduced_inside(engine);
    struct machine *m = engine->machine;
    struct random random = m->random;
    struct settings fixed = {NULL, 0, 0};
    struct before b;
    error_clear(&m->error);
    for (uint32_t i = 0; i < count; i++) {
        const struct region *r = directive_region(which[i]);
        if (!r || !settings_add(m, &fixed, r->result, at[i], locate))
            return r ? false : reduced_missing(e);
    }
    if (!reduced_remember(e, &b)) return false;
    struct trace *t = reduced_draw(e, e->trace, &fixed);
    *out = t ? t->counts.score : -INFINITY;
    trace_close(t);
    m->random = random;
    reduced_restore(e, &b);
    if (!t && !error_is_impossible(&m->error)) return false;
    error_clear(&m->error);
    return true;
}

uint64_t state_free_choices(struct engine *engine)
{
    return reduced_inside(engine)->trace->counts.free;
}

uint64_t state_all_choices(struct engine *engine)
{
    return reduced_inside(engine)->trace->counts.choices;
}

bool state_is_random(struct engine *engine, struct directive *d)
{
    (void)engine;
    const struct region *r = directive_region(d);
    return r &&
           (region_children(r) || region_kept(r) || has_reference(r->result));
}

size_t state_complaints(struct engine *engine, struct engine_complaint *into,
                        size_t room)
{
    return rejections_take(&reduced_inside(engine)->rejections, into, room);
}

bool state_predictions(struct engine *engine, prediction_visit *each,
                       void *context)
{
    struct reduced *e = reduced_inside(engine);
    if (!e->trace->counts.predictions) return true;
    return reduced_predictions(e->trace, e->program, e->count, each, context);
}

bool state_observed(struct engine *engine, observed_visit *each, void *context)
{
    struct reduced *e = reduced_inside(engine);
    return reduced_observed(e->trace, e->program, e->count, each, context);
}

bool state_trace(struct engine *engine, const struct directive *only,
                 struct text *lines, struct text *json)
{
    struct reduced *e = reduced_inside(engine);
    return reduced_print(e->trace, e->program, e->count, only, lines, json);
}
