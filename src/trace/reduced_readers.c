/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What readers of a choice say of another value of it: choices without state,
 * and factors and conditions. The choice holds the value while they are
 * asked; nothing is written for it.
 */
#include <math.h>

#include "trace/reduced_gibbs.h"

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

double family_score(const struct xrp_family *f, const struct xrp_site *s,
                    value v, bool *told)
{
    double score = f->prob(s, v);
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

/* Numbers under numbers at hand, as most readers are. */
static bool quick_score(const struct trace *t, const struct choice *c,
                        const value *written, double *score)
{
    double args[PLAIN_FEW], x;
    uint32_t n = c->node.head.size;
    const struct xrp_family *f = c->family;
    if (!f->prob_of || n > PLAIN_FEW || !datum(f, c->held, &x)) return false;
    for (uint32_t i = 0; i < n; i++) {
        value v = written[i];
        if (!is_number(v) && (!trace_glance(t, v, &v) || !is_number(v)))
            return false;
        args[i] = as_number(v);
    }
    *score = f->prob_of(args, (int)n, x);
    if (*score > 0.0 && !(f->flags & XRP_CONTINUOUS)) *score = 0.0;
    return *score == *score;
}

bool choice_score(struct trace *t, const struct choice *c, const value *written,
                  double *sum, bool *told)
{
    value few[PLAIN_FEW], *plain;
    double score;
    bool possible;
    if (quick_score(t, c, written, &score)) {
        *sum += score;
        return true;
    }
    plain = plain_room_for(t, c->node.head.size, few);
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
