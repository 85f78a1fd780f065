/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What conditions a trace: observations, which give a choice its value;
 * terms, which add to the score; weights, which say how often a choice is
 * proposed. Each is a region of its own, so it hears when what it stands on
 * changes.
 */
#include <math.h>

#include "trace/application.h"
#include "trace/reduced.h"
#include "trace/simulation.h"

/* An observed choice is given another value. */
static bool give(struct trace *t, struct choice *c, value v)
{
    if (value_same(c->held, v)) return true;
    if (choice_urn(c) &&
        (!choice_departs(t, c, true) || !urn_absorb(t, choice_urn(c))))
        return false;
    log_set(&t->log, &c->held, v);
    return notify(t, &c->node) && (choice_urn(c) || make_dirty(t, &c->node));
}

/* The choice is free: it will be drawn like a fresh one when someone looks. */
static bool set_free(struct trace *t, struct choice *c)
{
    struct log *l = &t->log;
    if (choice_urn(c)) {
        if (!choice_departs(t, c, true)) return false;
    } else {
        t->counts.score -= c->score;
        log_set_double(l, &c->score, 0.0);
    }
    log_set(l, &c->held, V_UNBOUND);
    return vector_push(t, &t->undrawn, c) && notify(t, &c->node);
}

/* r gives its choice a value no more; another observer may still do. */
static bool release(struct trace *t, struct region *r)
{
    struct choice *c = region_target(r);
    log_set_near(&t->log, &r->target, NULL);
    if (!c || !is_alive(&c->node)) return true;
    struct near *at = &c->observer;
    struct region *o;
    while ((o = near_get(at)) && o != r) at = &o->fellow;
    if (!o) return true;
    log_set_near(&t->log, at, region_fellow(r));
    log_set_near(&t->log, &r->fellow, NULL);
    o = choice_observer(c);
    return o ? give(t, c, o->given) : set_free(t, c);
}

/* What a choice was before it is observed: a draw of this transition that
 * does not count, or one that the reverse would have to make. */
static bool forget_draw(struct trace *t, struct choice *c)
{
    struct log *l = &t->log;
    bool fresh = c->node.stamp == t->number;
    if (choice_urn(c))
        return fresh ? urn_drop_draw(t, c) : choice_departs(t, c, false);
    choice_unsample(c);
    t->counts.score -= c->score;
    if (fresh)
        t->q_forward -= c->score;
    else
        t->q_reverse += c->score;
    log_set_double(l, &c->score, 0.0);
    return true;
}

static bool looks_at_own(struct trace *t)
{
    return error_set(&t->machine->error, ERROR_OBSERVE,
                     "an OBSERVE may not look at the value that it gives");
}

static bool attach(struct trace *t, struct region *r, struct choice *c)
{
    struct log *l = &t->log;
    log_set_near(l, &r->target, c);
    log_set_near(l, &r->fellow, choice_observer(c));
    if (choice_observer(c)) {
        log_set_near(l, &c->observer, r);
        return vector_push(t, &t->shared, c) && give(t, c, r->given);
    }
    if (c == t->site)
        return error_set(&t->machine->error, ERROR_IMPOSSIBLE,
                         "the choice that moved is observed now");
    bool drawn = c->held != V_UNBOUND, other = false;
    if (drawn) {
        if (!forget_draw(t, c)) return false;
        free_drop(t, c);
        other = !value_same(c->held, r->given);
    }
    log_set_near(l, &c->observer, r);
    log_set(l, &c->held, r->given);
    if (other && !notify(t, &c->node)) return false;
    if (other && !r->settled) return looks_at_own(t);
    if (choice_urn(c) &&
        (!choice_arrives(t, c) || !urn_absorb(t, choice_urn(c))))
        return false;
    return (choice_urn(c) && !c->node.head.size) || make_dirty(t, &c->node);
}

/* What r gives to its choice when the data are the program's own. */
static bool simulate(struct trace *t, struct region *r, struct choice *c)
{
    uint64_t at = r->node.location;
    value given = r->given;
    if (simulation_wants(t->simulation, at) &&
        ((c->held == V_UNBOUND && !choice_need_value(t, c)) ||
         !simulation_add(t->machine, t->simulation, at, c->held)))
        return false;
    if (simulation_find(t->simulation, at, &given))
        log_set(&t->log, &r->given, given);
    return true;
}

bool observe_retarget(struct trace *t, struct region *r, struct choice *to)
{
    if (t->simulation && !simulate(t, r, to)) return false;
    if (region_target(r) != to) return release(t, r) && attach(t, r, to);
    /* The same choice: the value that it is given may be another. */
    if (region_fellow(choice_observer(to)) && !vector_push(t, &t->shared, to))
        return false;
    return give(t, to, r->given);
}

/* Told at the last of the directives that say what the choice gave. */
static bool disagree(struct trace *t, const struct choice *c)
{
    const struct directive *last = NULL;
    for (const struct region *r = choice_observer(c); r; r = region_fellow(r)) {
        const struct directive *d = region_directive(r);
        if (d && (!last || d->id > last->id)) last = d;
    }
    error_set(&t->machine->error, ERROR_OBSERVE,
              "this choice is observed already, with another value");
    if (last) t->machine->error.span = last->span;
    return false;
}

bool observe_agree(struct trace *t)
{
    for (uint32_t i = 0; i < t->shared.count; i++) {
        const struct choice *c = t->shared.at[i];
        if (!is_alive(&c->node)) continue;
        for (const struct region *r = choice_observer(c); r;
             r = region_fellow(r))
            if (!value_equal(r->given, c->held)) return disagree(t, c);
    }
    return true;
}

/* Finds the choice that an OBSERVE gives its value. */
bool observe_aim(struct trace *t, struct region *r, value v,
                 struct choice **out)
{
    struct machine *m = t->machine;
    uint32_t first = t->leaf_count;
    bool collecting = t->collecting;
    value target;
    t->collecting = true;
    query_answered();
    bool ok = trace_target(t, v, &target);
    t->collecting = collecting;
    if (!ok || !is_type(target, T_CHOICE)) {
        /* Another try is due when what was met changes. */
        if (t->run) run_listen(t, first);
        t->leaf_count = first;
        if (!ok) return false;
        if (r->what == REGION_WEIGHT)
            return machine_type_error(m, "weight", "a random choice", target);
        return not_a_choice(m, "OBSERVE", target);
    }
    *out = as_object(target);
    if (t->leaf_count > first)
        ok = guard_add(t, v, target, GUARD_TARGET) && run_listen(t, first);
    t->leaf_count = first;
    /* What stands behind is of the run before. */
    for (const struct near *at = &r->node.edges; ok && at != t->run->listen;
         at = edge_end(at))
        if (edge_source(near_get(at)) == &(*out)->node) return looks_at_own(t);
    return ok;
}

bool term_read(struct trace *t, struct region *r, double *out)
{
    struct machine *m = t->machine;
    value v;
    if (!trace_force(m, r->operands[0], true, &v)) return false;
    if (r->score_kind == SCORE_CONDITION) {
        *out = 0.0;
        return is_true(v) || error_set(&m->error, ERROR_IMPOSSIBLE,
                                       "the condition does not hold");
    }
    if (!is_number(v))
        return machine_type_error(m, "factor", "a number, a log probability",
                                  v);
    *out = as_number(v);
    if (*out > -INFINITY && *out < INFINITY) return true;
    return *out == -INFINITY
               ? error_set(&m->error, ERROR_IMPOSSIBLE, "the factor is -inf")
               : error_set(&m->error, ERROR_DOMAIN,
                           "factor: expected a finite number or -inf");
}

/* Reading a term's operand forces it: the term depends on it as a guard. */
bool term_set(struct trace *t, struct region *r, double score)
{
    t->counts.score += score - r->score;
    log_set_double(&t->log, &r->score, score);
    return true;
}

/* Weights of 0 are counted beside the product of the others, which could not
 * be taken out of it again. */
static bool weigh(struct trace *t, struct choice *c, double x)
{
    struct choice_more more = choice_more(c);
    if (x != 0.0)
        more.weight *= x;
    else
        more.zeros++;
    return choice_set_more(t, c, &more) && free_weigh(t, c);
}

/* Takes a weight off its choice again. */
static bool unweigh(struct trace *t, struct region *r)
{
    struct choice *c = region_target(r);
    log_set_near(&t->log, &r->target, NULL);
    if (!c || !is_alive(&c->node)) return true;
    struct choice_more more = choice_more(c);
    if (r->score != 0.0)
        more.weight /= r->score;
    else
        more.zeros--;
    return choice_set_more(t, c, &more) && free_weigh(t, c);
}

bool weight_run(struct trace *t, struct region *r)
{
    struct machine *m = t->machine;
    struct choice *c = NULL;
    value w;
    if (!observe_aim(t, r, r->operands[0], &c) ||
        !trace_force(m, r->operands[1], true, &w))
        return false;
    double x = is_number(w) ? as_number(w) : -1.0;
    if (!(x >= 0.0 && x < INFINITY))
        return machine_type_error(m, "weight",
                                  "a finite number that is not negative", w);
    if (!unweigh(t, r)) return false;
    log_set_near(&t->log, &r->target, c);
    log_set_double(&t->log, &r->score, x);
    return weigh(t, c, x);
}

bool region_leave(struct trace *t, struct region *r)
{
    switch ((enum region_kind)r->what) {
    case REGION_OBSERVE: return release(t, r);
    case REGION_TERM: return term_set(t, r, 0.0);
    case REGION_WEIGHT: return unweigh(t, r);
    case REGION_PREDICT: t->counts.predictions--; return true;
    default: return true;
    }
}
