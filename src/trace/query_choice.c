/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Choices of a query: made when a random procedure is applied, drawn when
 * somebody looks, or given by a condition before that. A condition that says
 * what a choice gave is found by what it is when it comes: an expression of
 * `=` over a choice that nobody has looked at, through names, `not`, lists
 * and procedures.
 *
 * Choices that need other choices are drawn by a stack of their own: a chain
 * of a million is no danger.
 */
#include <math.h>

#include "base/memory.h"
#include "eval/expression.h"
#include "trace/application.h"
#include "trace/query.h"

/* ---- applications ---------------------------------------------------- */

static bool is_ours(const struct query *q, const struct xrp *x)
{
    return table_find(&q->urns, x->location) == x->made;
}

static bool make_urn(struct query *q, const struct xrp *x, int n,
                     const value *operands, uint64_t location, value *out)
{
    struct machine *m = q->machine;
    struct query_urn *u = memory_new(sizeof *u);
    value *params = memory_new(((size_t)n + 1) * sizeof *params);
    if (!u || !params) return machine_no_memory(m);
    if (table_find(&q->urns, location)) return location_collision(m, location);
    if (n) memcpy(params, operands, (size_t)n * sizeof *params);
    u->location = location;
    u->count = n;
    u->params = params;
    u->made = (struct xrp){
        {{T_XRP, 0, 0, 0}, x->family->made->names, x->family->made->signature},
        x->family->made,
        u,
        location};
    *out = v_object(&u->made);
    return table_add(m, &q->urns, u);
}

bool query_choose(struct machine *m, value xrp, int n, const value *operands,
                  uint64_t location, value *out)
{
    struct query *q = m->engine;
    const struct xrp *x = as_object(xrp);
    bool done;
    if (!xrp_arity(m, x, n)) return false;
    if (x->family->flags & XRP_MAKER)
        return make_urn(q, x, n, operands, location, out);
    if (x->made && !is_ours(q, x))
        return error_set(&m->error, ERROR_USE,
                         "%s: %.*s was made outside of the query and cannot "
                         "be drawn from inside; make it there",
                         q->name, (int)strcspn(x->family->names, " "),
                         x->family->names);
    if (!pick_by_index(m, x, n, operands, location, out, &done)) return false;
    if (done) return true;
    struct query_choice *c =
        memory_new(sizeof *c + (size_t)n * sizeof *c->arguments);
    if (!c) return machine_no_memory(m);
    c->head.type = T_QUERIED;
    c->query = q;
    c->location = location;
    c->family = x->family;
    c->urn = x->made;
    c->place = machine_span(m);
    c->held = V_UNBOUND;
    c->count = n;
    if (n) memcpy(c->arguments, operands, (size_t)n * sizeof *operands);
    *out = v_object(c);
    return true;
}

/* ---- urns ------------------------------------------------------------ */

struct xrp_site query_site(const struct xrp_family *family,
                           const struct query_urn *u, int count,
                           const value *arguments)
{
    struct xrp_site s = {NULL, 0, NULL, arguments, count, family};
    if (u) {
        s.params = u->params;
        s.param_count = u->count;
        s.state = u->state;
    }
    return s;
}

uint32_t query_seated(const struct query_urn *u, value label)
{
    const struct query_table *t = table_find(&u->seated, label);
    return t ? t->customers : 0;
}

static bool urn_take(struct query *q, struct query_choice *c,
                     const struct xrp_site *s)
{
    struct query_urn *u = c->urn;
    c->family->incorporate(s, c->held);
    if (!(c->family->flags & XRP_LABELS)) return true;
    struct query_table *t = table_find(&u->seated, c->held);
    if (!t) {
        if (!(t = memory_new(sizeof *t))) return machine_no_memory(q->machine);
        *t = (struct query_table){c->held, 0};
        if (!table_add(q->machine, &u->seated, t)) return false;
    }
    t->customers++;
    return true;
}

static bool urn_ready(struct query *q, struct query_urn *u)
{
    if (u->state) return true;
    if (u->made.family->flags & XRP_HIDES)
        return error_set(&q->machine->error, ERROR_USE,
                         "a random procedure with :state-transition cannot "
                         "stand in a query: what it hides is no choice of it");
    for (int i = 0; i < u->count; i++)
        if (!query_force(q->machine, u->params[i], true, &u->params[i]))
            return false;
    struct xrp_site s = query_site(u->made.family, u, 0, NULL);
    u->state = u->made.family->initialize(&s);
    return u->state || machine_no_memory(q->machine);
}

/* ---- values ---------------------------------------------------------- */

static bool domain_error(struct query *q, const struct query_choice *c,
                         const struct xrp_site *s)
{
    xrp_domain_error(c->family, s, &q->machine->error);
    if (c->place) q->machine->error.span = *c->place;
    return false;
}

/* Its arguments made plain, in place. */
static bool arguments_ready(struct query *q, struct query_choice *c,
                            struct xrp_site *s)
{
    for (int i = 0; i < c->count; i++)
        if (has_reference(c->arguments[i]) &&
            !query_force(q->machine, c->arguments[i], true, &c->arguments[i]))
            return false;
    if (c->urn && !urn_ready(q, c->urn)) return false;
    *s = query_site(c->family, c->urn, c->count, c->arguments);
    return true;
}

bool query_draw(struct query *q, struct query_choice *c,
                const struct xrp_site *s)
{
    int length = (int)strcspn(c->family->names, " ");
    if (c->family->flags & XRP_IMPROPER)
        return error_set(&q->machine->error, ERROR_USE,
                         "%s: %.*s is improper and cannot be drawn from",
                         q->name, length, c->family->names);
    return c->family->sample(s, &q->random, &c->held) || domain_error(q, c, s);
}

static bool draw(struct query *q, struct query_choice *c)
{
    struct xrp_site s;
    if (!arguments_ready(q, c, &s)) return false;
    if (c->held != V_UNBOUND) return true; /* it was needed for itself */
    return q->decide(q, c, &s) && (!c->urn || urn_take(q, c, &s));
}

struct needs {
    struct query *query;
    struct list *todo;
};

static bool need(value reference, void *data)
{
    struct needs *n = data;
    struct query_choice *c = as_object(reference);
    if (c->head.type != T_QUERIED || c->query != n->query ||
        c->held != V_UNBOUND)
        return true;
    return list_push(n->query->machine, n->todo, c);
}

static bool need_all(struct needs *n, int count, const value *at)
{
    struct machine *m = n->query->machine;
    for (int i = 0; i < count; i++)
        if (has_reference(at[i]) && !expression_leaves(m, at[i], need, n))
            return false;
    return true;
}

/* Nothing that it would have to look at first. */
static bool is_ready(const struct query_choice *c)
{
    for (int i = 0; i < c->count; i++)
        if (has_reference(c->arguments[i])) return false;
    return !c->urn || c->urn->state;
}

/* What the choice may need is drawn first. Not all of it is needed, so an
 * error there waits until somebody looks. */
bool query_value(struct query *q, struct query_choice *c, value *out)
{
    struct list todo = {NULL, 0, 0};
    struct needs n = {q, &todo};
    if (c->held == V_UNBOUND && is_ready(c) && !draw(q, c)) return false;
    if (c->held == V_UNBOUND && !list_push(q->machine, &todo, c)) return false;
    while (todo.count) {
        struct query_choice *top = todo.at[todo.count - 1];
        uint32_t before = todo.count;
        if (top->held == V_UNBOUND && !top->head.spare) {
            top->head.spare = 1; /* its needs have been looked for */
            if (!need_all(&n, top->count, top->arguments) ||
                (top->urn && !top->urn->state &&
                 !need_all(&n, top->urn->count, top->urn->params)))
                return false;
        }
        if (todo.count > before) continue;
        todo.count--;
        if (top->held != V_UNBOUND || draw(q, top)) continue;
        if (top == c || q->machine->error.kind != ERROR_DOMAIN) return false;
        error_clear(&q->machine->error);
    }
    *out = c->held;
    return true;
}

void query_weigh(struct query *q, double x)
{
    q->weight += x;
    q->mass *= exp(x);
}

/* ---- observing ------------------------------------------------------- */

static bool give(struct query *q, struct query_choice *c, value given)
{
    struct xrp_site s;
    int length = (int)strcspn(c->family->names, " ");
    if (!arguments_ready(q, c, &s)) return false;
    if (q->no_densities && c->family->flags & XRP_CONTINUOUS)
        return error_set(&q->machine->error, ERROR_USE,
                         "%s: that %.*s gave this very value has a density and "
                         "no probability; use mh-query",
                         q->name, length, c->family->names);
    double score = c->family->prob(&s, given);
    if (score != score) return domain_error(q, c, &s);
    query_weigh(q, score);
    if (score == -INFINITY) q->impossible = true;
    c->held = given;
    return q->impossible || !c->urn || urn_take(q, c, &s);
}

/* The choice that v stands for, if it is the query's and nobody has looked
 * at it; else NULL. */
static struct query_choice *undrawn(struct query *q, value v, bool *ok)
{
    *ok = !is_reference(v) ||
          expression_target(q->machine, v, query_outermost, &v);
    struct query_choice *c = as_object(v);
    return *ok && is_type(v, T_QUERIED) && c->query == q &&
                   c->held == V_UNBOUND && !(c->family->flags & XRP_LABELS)
               ? c
               : NULL;
}

bool query_observe(struct query *q, value target, value given)
{
    struct machine *m = q->machine;
    bool ok;
    value held;
    struct query_choice *c = undrawn(q, target, &ok);
    if (!ok || c) return ok && give(q, c, given);
    if (!is_reference(target))
        return error_set(&m->error, ERROR_OBSERVE,
                         "observe: expected a random choice of the query, got "
                         "a computed value: %s",
                         type_name(target));
    if (!query_force(m, target, true, &held)) return false;
    if (is_double(held) && !value_equal(held, given))
        return error_set(&m->error, ERROR_OBSERVE,
                         "observe: this choice was looked at before it was "
                         "observed");
    q->impossible |= !value_equal(held, given);
    return true;
}

/* a = b, one of them a choice that nobody has looked at: what it gave. */
static bool hold_equal(struct query *q, const struct expression *e, bool *done)
{
    for (int i = 0; i < 2; i++) {
        bool ok;
        value other;
        struct query_choice *c = undrawn(q, e->operands[i], &ok);
        if (!ok) return false;
        if (!c) continue;
        if (!query_force(q->machine, e->operands[1 - i], true, &other))
            return false;
        if (c->held != V_UNBOUND) continue; /* the other side looked */
        *done = true;
        if (c->family->support_kind != SUPPORT_BOOLEAN || is_boolean(other))
            return give(q, c, other);
        q->impossible = true;
        return true;
    }
    return true;
}

static bool hold(struct query *q, value v, bool wanted)
{
    bool ok, done = false;
    while (is_type(v, T_EXPRESSION)) {
        const struct expression *e = as_object(v);
        if (e->operation != q->negation) break;
        v = e->operands[0];
        wanted = !wanted;
    }
    if (is_type(v, T_EXPRESSION) && wanted) {
        const struct expression *e = as_object(v);
        if (e->operation == q->equal && e->head.size == 2 &&
            !hold_equal(q, e, &done))
            return false;
        if (done) return true;
    }
    struct query_choice *c = undrawn(q, v, &ok);
    if (!ok) return false;
    if (c && c->family->support_kind == SUPPORT_BOOLEAN)
        return give(q, c, v_boolean(wanted));
    if (!query_force(q->machine, v, false, &v)) return false;
    q->impossible |= is_true(v) != wanted;
    return true;
}

static bool factor(struct query *q, value v)
{
    struct machine *m = q->machine;
    if (!query_force(m, v, true, &v)) return false;
    if (!is_number(v))
        return machine_type_error(m, "factor", "a number, a log probability",
                                  v);
    double x = as_number(v);
    if (x != x || x == INFINITY)
        return error_set(&m->error, ERROR_DOMAIN,
                         "factor: expected a finite number or -inf");
    query_weigh(q, x);
    q->impossible |= x == -INFINITY;
    return true;
}

bool query_score(struct machine *m, enum score_kind kind, value v,
                 uint64_t location)
{
    struct query *q = m->engine;
    (void)location;
    if (q->impossible) return true;
    return kind == SCORE_FACTOR ? factor(q, v) : hold(q, v, true);
}
