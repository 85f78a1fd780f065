/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Watches: (/ 1 x) is an expression while x is random, and raises nothing
 * until somebody reads it. What a region gives counts as read, as in a
 * program that is run from its beginning: a state in which it would raise is
 * none. So each expression in a result that may raise has a watch, a child of
 * the region without code and value, which reads it when its leaves move.
 */
#include "eval/code.h"
#include "eval/machine_inside.h"
#include "eval/scratch.h"
#include "trace/reduced.h"

enum { WATCH_SITE = 6 << 3 };

bool watch_run(struct trace *t, struct region *watch)
{
    uint32_t first = t->leaf_count;
    bool collecting = t->collecting;
    struct error why;
    value now;
    region_today(t, watch);
    watch->settled = true;
    t->touched++;
    t->collecting = true;
    bool ok = trace_outer(t, watch->operands[0], &now);
    t->collecting = collecting;
    if (!ok) {
        const struct directive *d = region_directive(watch);
        if (d && !t->machine->error.span.source)
            t->machine->error.span = d->span;
        why = t->machine->error;
        if (!error_can_wait(&why)) return false;
        error_clear(&t->machine->error);
    }
    if (!edges_replace(t, &watch->node, first) || !region_rank(t, watch))
        return false;
    if (region_failed(watch)) log_set(&t->log, &watch->result, V_NOTHING);
    if (ok) return true;
    if (!watch->ran && !vector_push(t, &t->ran, watch)) return false;
    watch->ran = true;
    return region_fail(t, watch, &why);
}

/* ---- what may raise ------------------------------------------------------ */

/* Divided by a number that is not 0. */
static bool is_scaling(const struct expression *e)
{
    return e->operation->arithmetic == ARITHMETIC_DIVIDE && e->head.size == 2 &&
           is_number(e->operands[1]) && as_number(e->operands[1]) != 0.0;
}

/* Arithmetic raises nothing on numbers. That a choice or a region may be no
 * number in one state and one in another is left to who reads it. */
bool expression_may_raise(value v)
{
    if (is_type(v, T_REGION)) {
        const struct region *r = as_object(v);
        return region_computes(r) && r->may_raise;
    }
    if (!is_type(v, T_EXPRESSION)) return false;
    const struct expression *e = as_object(v);
    if (!(e->operation->flags & PRIMITIVE_TOTAL) &&
        e->operation != &primitive_select && !is_scaling(e))
        return true;
    for (uint32_t i = 0; i < e->head.size; i++)
        if (expression_may_raise(e->operands[i])) return true;
    return false;
}

/* ---- making them ---------------------------------------------------------- */

static bool watch(struct trace *t, struct region *r, value expression,
                  uint32_t number)
{
    uint64_t location =
        location_extend(r->node.location, WATCH_SITE + ((uint64_t)number << 9));
    struct node *n = table_at(t, location);
    struct region *w = (struct region *)n;
    if (n && (node_kind(n) != NODE_REGION || w->what != REGION_WATCH))
        return location_collision(t->machine, location);
    if (n && node_owner(n) != r) { /* r was dissolved, and is a region again */
        child_drop(t, n);
        child_put(t, r, n);
    }
    if (!n) {
        w = region_new(t, REGION_WATCH, location, r);
        if (!w) return false;
    }
    w->node.met = r->last_run;
    if (n && value_same(w->operands[0], expression)) return true;
    log_set(&t->log, &w->operands[0], expression);
    return watch_run(t, w);
}

/* Lists are walked to their ends; what a region gives has watches of its
 * own. */
bool watches_make(struct trace *t, struct region *r, value result)
{
    struct scratch todo;
    uint32_t number = 0;
    bool ok = true;
    if (is_reference(result))
        return !expression_may_raise(result) || watch(t, r, result, 0);
    if (!is_pair(result) || !has_reference(result)) return true;
    scratch_open(&todo);
    for (value v = result; ok;) {
        if (is_pair(v) && has_reference(v)) {
            if (has_reference(cdr(v)))
                ok = scratch_push(t->machine, &todo, cdr(v));
            v = car(v);
            continue;
        }
        if (expression_may_raise(v)) ok = watch(t, r, v, number++);
        if (!todo.length) break;
        v = todo.at[--todo.length];
    }
    scratch_close(&todo);
    return ok;
}
