/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Gibbs on one choice of few possible values, where all that reads it are
 * choices without state: then no value runs anything or changes what there
 * is. The conditional is the site's own probability and its readers', each
 * scored with the value in its place, and nothing is written for it. Only
 * the value that is picked is moved there. From each of the values the same
 * holds, so this way is taken from all of them or from none.
 */
#include <math.h>

#include "trace/application.h"
#include "trace/reduced.h"

enum { VALUES_MAX = 256, READERS_MAX = 1 << 16 };

/* A choice that is scored anew, and keeps its value: no region, no urn, none
 * that is applied again. */
static bool is_scored(const struct node *n)
{
    const struct choice *c = (const struct choice *)n;
    return node_kind(n) == NODE_CHOICE && !c->urn &&
           (c->observer || c->family->flags & XRP_RESCORES);
}

static bool is_plain(const struct choice *c)
{
    uint32_t n = 0;
    if (c->urn || !c->family->enumerate || c->node.head.flags & NODE_IN_PARTS)
        return false;
    for (const struct edge *e = c->node.readers; e; e = e->next)
        if (!is_scored(e->reader) || ++n > READERS_MAX) return false;
    return true;
}

/* Plain arguments as doubles, where the family scores numbers under numbers. */
static bool as_numbers(const struct xrp_family *f, const struct xrp_site *s,
                       double *args)
{
    if (!f->prob_of || s->arg_count > PLAIN_FEW) return false;
    for (int i = 0; i < s->arg_count; i++) {
        if (!is_number(s->args[i])) return false;
        args[i] = as_number(s->args[i]);
    }
    return true;
}

/* As xrp_score. */
static double score_of(const struct xrp_family *f, const struct xrp_site *s,
                       value v)
{
    double args[PLAIN_FEW];
    if (!is_number(v) || !as_numbers(f, s, args)) return xrp_score(f, s, v);
    double score = f->prob_of(args, s->arg_count, as_number(v));
    if (score > 0.0 && !(f->flags & XRP_CONTINUOUS)) return 0.0;
    return score == score ? score : -INFINITY;
}

/* Its score if it were drawn now; false with the machine's error when that
 * is no domain error. */
static bool score_now(struct trace *t, struct choice *c, double *out)
{
    value few[PLAIN_FEW], *plain = plain_room_for(t, c->node.head.size, few);
    struct error *e = &t->machine->error;
    if (!plain) return false;
    for (uint32_t i = 0; i < c->node.head.size; i++) {
        if (is_number(c->written[i]))
            plain[i] = c->written[i];
        else if (!trace_deep(t, c->written[i], &plain[i])) {
            *out = -INFINITY;
            if (e->kind != ERROR_DOMAIN && e->kind != ERROR_IMPOSSIBLE)
                return choice_no_arguments(t, c);
            error_clear(e);
            return true;
        }
    }
    struct xrp_site s = choice_application(c, plain);
    *out = score_of(c->family, &s, c->held);
    return true;
}

/* A reader that reads it twice has two edges: it counts once. */
static bool score_readers(struct trace *t, struct choice *c, double *sum)
{
    bool ok = true;
    for (struct edge *e = c->node.readers; ok && e && *sum > -INFINITY;
         e = e->next) {
        double score = 0.0;
        struct choice *r = (struct choice *)e->reader;
        bool again = false;
        for (const struct edge *own = r->node.edges; own && own != e;
             own = own->own)
            again = again || own->source == &c->node;
        if (again) continue;
        t->touched++;
        ok = score_now(t, r, &score);
        *sum += score;
    }
    return ok;
}

static bool values_of(const struct xrp_site *s, const struct choice *c,
                      value *values, uint32_t *count)
{
    value list;
    *count = 0;
    if (c->family->support_kind == SUPPORT_BOOLEAN && is_boolean(c->held)) {
        values[0] = V_FALSE;
        values[1] = V_TRUE;
        *count = 2;
        return true;
    }
    if (!c->family->enumerate(s, &list)) return false;
    for (; is_pair(list); list = cdr(list)) {
        if (*count == VALUES_MAX) return false;
        values[(*count)++] = car(list);
    }
    return *count > 0;
}

/* log weights of the values; the choice holds each for a while. */
static bool weigh(struct trace *t, struct choice *c, const struct xrp_site *s,
                  const value *values, uint32_t n, double *log_p)
{
    value held = c->held;
    bool ok = true;
    for (uint32_t i = 0; ok && i < n; i++) {
        log_p[i] = score_of(c->family, s, values[i]);
        if (!(log_p[i] > -INFINITY)) continue;
        c->held = values[i];
        ok = score_readers(t, c, &log_p[i]);
    }
    c->held = held;
    return ok;
}

static bool move_to(struct trace *t, struct choice *c, value to)
{
    struct move_part part = {c, to};
    struct move m = {.parts = &part, .count = 1};
    bool ok = trace_move(t, &m);
    if (ok && m.possible) trace_settle(t, true);
    error_clear(&t->machine->error);
    move_close(&m);
    return ok;
}

/* Nothing reads it, and no urn holds it: given all else it has its prior. */
bool trace_unread(const struct trace *t, const struct choice *c)
{
    enum {
        MORE = XRP_IMPROPER | XRP_LABELS | XRP_MAKER | XRP_STATEFUL |
               XRP_MOVES | XRP_UNSAMPLES
    };
    return !c->node.readers && !choice_is_read_in_parts(t, c) && !c->urn &&
           !c->observer && !c->family->weight && !(c->family->flags & MORE);
}

static bool draw_unread(struct trace *t, struct choice *c, bool *done,
                        bool *changed)
{
    value few[PLAIN_FEW], v;
    value *plain = plain_room_for(t, c->node.head.size, few);
    if (!plain) return false;
    t->collecting = false;
    for (uint32_t i = 0; i < c->node.head.size; i++)
        if (!trace_deep(t, c->written[i], &plain[i]))
            return choice_no_arguments(t, c);
    struct xrp_site s = choice_application(c, plain);
    if (!c->family->sample(&s, &t->machine->random, &v)) return true;
    *done = true;
    *changed = true;
    return move_to(t, c, v);
}

/* From the conditional in closed form. */
static bool draw_conjugate(struct trace *t, struct choice *c, bool *done,
                           bool *changed)
{
    struct conditional p;
    value v;
    if (t->script) return true;
    if (trace_unread(t, c)) return draw_unread(t, c, done, changed);
    if (!trace_conjugate(t, c, &p)) return true;
    struct xrp_site s = {
        .args = p.args, .arg_count = p.count, .family = p.family};
    if (!p.family->sample(&s, &t->machine->random, &v)) return true;
    /* Rounding may put it where the prior has no density. */
    *done = true;
    *changed = true;
    return move_to(t, c, v);
}

bool trace_gibbs(struct trace *t, struct choice *c, bool *done, bool *changed)
{
    if (!c->family->enumerate) {
        *done = *changed = false;
        return draw_conjugate(t, c, done, changed);
    }
    value values[VALUES_MAX], few[PLAIN_FEW];
    value *plain = plain_room_for(t, c->node.head.size, few);
    double p[VALUES_MAX], largest = -INFINITY;
    uint32_t n;
    *done = *changed = false;
    if (t->script && !t->script->weighted) return true;
    if (!is_plain(c)) return true;
    if (!plain) return false;
    t->collecting = false;
    for (uint32_t i = 0; i < c->node.head.size; i++)
        if (!trace_deep(t, c->written[i], &plain[i]))
            return choice_no_arguments(t, c);
    struct xrp_site s = choice_application(c, plain);
    if (!values_of(&s, c, values, &n))
        return t->script || !trace_unread(t, c) ||
               draw_unread(t, c, done, changed);
    if (!weigh(t, c, &s, values, n, p)) return false;
    for (uint32_t i = 0; i < n; i++) largest = fmax(largest, p[i]);
    if (!(largest > -INFINITY) || largest == INFINITY) return true;
    for (uint32_t i = 0; i < n; i++) p[i] = exp(p[i] - largest);
    uint32_t i = trace_pick(t, n, p);
    *done = true;
    t->touched++;
    *changed = !value_equal(values[i], c->held);
    if (t->script) {
        bool ok = true;
        struct move_part part = {c, values[i]};
        struct move m = {.parts = &part, .count = 1};
        ok = trace_move(t, &m);
        trace_settle(t, ok && t->script->accept(t->script, 0.0));
        move_close(&m);
        return ok;
    }
    return !*changed || move_to(t, c, values[i]);
}
