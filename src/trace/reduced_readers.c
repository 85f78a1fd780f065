/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What readers of a choice say of another value of it: choices without state,
 * and factors and conditions. The choice holds the value while they are
 * asked; nothing is written for it.
 */
#include <math.h>

#include "trace/reduced_gibbs.h"

bool reader_is_plain(const struct node *n)
{
    if (node_kind(n) == NODE_REGION)
        return ((const struct region *)n)->what == REGION_TERM;
    const struct choice *c = (const struct choice *)n;
    return node_kind(n) == NODE_CHOICE && !c->urn &&
           (c->observer || c->family->flags & XRP_RESCORES);
}

double reader_kept(const struct node *n)
{
    return node_kind(n) == NODE_REGION ? ((const struct region *)n)->score
                                       : ((const struct choice *)n)->score;
}

/* A datum as a double, where it is one; booleans are 1 and 0. */
static inline bool datum(const struct xrp_family *f, value v, double *x)
{
    if (is_number(v)) {
        *x = as_number(v);
        return true;
    }
    *x = v == V_TRUE;
    return is_boolean(v) && f->support_kind == SUPPORT_BOOLEAN;
}

/* Plain arguments as doubles, where the family scores numbers. */
static inline bool numbers(const struct xrp_family *f, const struct xrp_site *s,
                           double *args)
{
    if (!f->prob_of || s->arg_count > PLAIN_FEW) return false;
    for (int i = 0; i < s->arg_count; i++) {
        if (!is_number(s->args[i])) return false;
        args[i] = as_number(s->args[i]);
    }
    return true;
}

double family_score(const struct xrp_family *f, const struct xrp_site *s,
                    value v, bool *told)
{
    double args[PLAIN_FEW], x, score;
    if (datum(f, v, &x) && numbers(f, s, args))
        score = f->prob_of(args, s->arg_count, x);
    else
        score = f->prob(s, v);
    if (score > 0.0 && !(xrp_flags_at(f, s) & XRP_CONTINUOUS)) return 0.0;
    if (score == score) return score;
    *told = *told && !f->failure;
    return -INFINITY;
}

static bool cannot_be(const struct error *e)
{
    return e->kind == ERROR_DOMAIN || e->kind == ERROR_IMPOSSIBLE;
}

bool reader_arguments(struct trace *t, const struct choice *c,
                      const value *written, value *plain, bool *possible)
{
    struct error *e = &t->machine->error;
    *possible = true;
    for (uint32_t i = 0; i < c->node.head.size; i++) {
        if (trace_glance(t, written[i], &plain[i]) ||
            trace_deep(t, written[i], &plain[i]))
            continue;
        *possible = false;
        if (!cannot_be(e)) return choice_no_arguments(t, c);
        error_clear(e);
        return true;
    }
    return true;
}

bool choice_score(struct trace *t, const struct choice *c, const value *written,
                  double *sum, bool *told)
{
    value few[PLAIN_FEW], *plain = plain_room_for(t, c->node.head.size, few);
    bool possible;
    if (!plain || !reader_arguments(t, c, written, plain, &possible))
        return false;
    if (!possible) {
        *sum = -INFINITY;
        return true;
    }
    struct xrp_site s = choice_application(c, plain);
    *sum += family_score(c->family, &s, c->held, told);
    return true;
}

/* As term_read; what it would raise is told by moving there. */
static bool term_says(struct trace *t, const struct region *r, double *sum,
                      bool *told)
{
    value v;
    if (!trace_glance(t, r->operands[0], &v) &&
        !trace_deep(t, r->operands[0], &v)) {
        *told = *told && cannot_be(&t->machine->error);
        error_clear(&t->machine->error);
        *sum = -INFINITY;
        return true;
    }
    if (r->score_kind == SCORE_CONDITION) {
        if (!is_true(v)) *sum = -INFINITY;
        return true;
    }
    double x = is_number(v) ? as_number(v) : (double)NAN;
    *told = *told && x < INFINITY;
    *sum += x;
    return true;
}

bool reader_score(struct trace *t, const struct node *reader, double *sum,
                  bool *told)
{
    t->touched++;
    return node_kind(reader) == NODE_REGION
               ? term_says(t, (const struct region *)reader, sum, told)
               : choice_score(t, (const struct choice *)reader,
                              ((const struct choice *)reader)->written, sum,
                              told);
}
