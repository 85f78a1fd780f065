/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pitman-yor/make: the restaurant whose tables give up a discount d of their
 * weight, for new ones: with T tables, an application sits down at one of c
 * others with probability (c - d) / (theta + n), and at a new one with
 * (theta + d T) / (theta + n). Its value is the table's label, as in CRP/make,
 * which this is for d = 0 (Pitman 2006, theorem 3.2 is the score).
 */
#include <stdio.h>

#include "base/saddle.h"
#include "base/special.h"
#include "xrp/tables.h"

static const struct parameter rows[] = {{"theta", REAL, 0.0},
                                        {"discount", AT_LEAST_0, 0.0}};

/* What the site says. */
struct view {
    double theta, discount, n, tables, opening; /* theta + d T */
};

static bool read(const struct xrp_site *s, struct view *y)
{
    const struct tables *t = s->state;
    double x[2];
    for (int i = 0; i < 2; i++)
        if (!parameter_read(rows + i, s->params, s->param_count, i, &x[i]))
            return false;
    if (x[1] >= 1.0 || x[0] <= -x[1] || (t && t->broken)) return false;
    *y = (struct view){x[0], x[1], t ? (double)t->n : 0.0,
                       t ? (double)t->count : 0.0, 0.0};
    y->opening = y->theta + y->discount * y->tables;
    return true;
}

static void *initialize(const struct xrp_site *s)
{
    (void)s;
    return tables_new();
}

/* A customer's table is one of c with probability c / n, and is kept with
 * (c - d) / c. */
static bool sample(const struct xrp_site *s, struct random *r, value *out)
{
    const struct tables *t = s->state;
    struct view y;
    double c;
    int64_t label;
    if (!read(s, &y)) return false;
    if (t->n == 0 || random_unit(r) * (y.theta + y.n) < y.opening)
        label = tables_unused(t, r);
    else
        do {
            label = tables_customer(t, r, &c);
        } while (random_unit(r) * c < y.discount);
    *out = v_whole((double)label);
    return true;
}

static double prob(const struct xrp_site *s, value v)
{
    struct view y;
    double c;
    if (!read(s, &y)) return NAN;
    if (!tables_seated(s->state, v, &c)) return -INFINITY;
    if (y.n == 0.0) return 0.0;
    return c > 0.0 ? log_share(c - y.discount, y.theta + y.discount + (y.n - c))
                   : log_share(y.opening, y.n - y.discount * y.tables);
}

static bool enumerate(const struct xrp_site *s, value *list)
{
    struct view y;
    return read(s, &y) && tables_enumerate(s->state, list);
}

static bool gradient(const struct xrp_site *s, value v, double *by_value,
                     double *by_param)
{
    struct view y;
    double c;
    if (!read(s, &y) || !tables_seated(s->state, v, &c)) return false;
    *by_value = NAN;
    by_param[0] = by_param[1] = 0.0;
    if (y.n == 0.0) return true;
    by_param[0] = -1.0 / (y.theta + y.n);
    if (c > 0.0) {
        by_param[1] = -1.0 / (c - y.discount);
    } else {
        by_param[0] += 1.0 / y.opening;
        by_param[1] = y.tables / y.opening;
    }
    return true;
}

/* (theta + d) ... (theta + (T - 1) d) prod (1 - d) ... (c - 1 - d) over
 * (theta + 1) ... (theta + n - 1). O(tables). */
static double score_state(const struct xrp_site *s)
{
    const struct tables *t = s->state;
    struct view y;
    if (!read(s, &y)) return NAN;
    if (t->misfits) return -INFINITY;
    if (t->n == 0) return 0.0;
    double sum = -log_rising(y.theta + 1.0, y.n - 1.0);
    for (uint32_t i = 1; i < t->count; i++)
        sum += log(y.theta + i * y.discount);
    for (uint32_t i = 0; i < t->used; i++)
        if (t->size[i] > 1)
            sum += log_rising(1.0 - y.discount, (double)t->size[i] - 1.0);
    return sum;
}

static bool score_state_gradient(const struct xrp_site *s, double *by_param)
{
    const struct tables *t = s->state;
    struct view y;
    if (!read(s, &y) || t->misfits) return false;
    by_param[0] = by_param[1] = 0.0;
    if (t->n == 0) return true;
    by_param[0] = -digamma_rise(y.theta + 1.0, y.n - 1.0);
    for (uint32_t i = 1; i < t->count; i++) {
        by_param[0] += 1.0 / (y.theta + i * y.discount);
        by_param[1] += i / (y.theta + i * y.discount);
    }
    for (uint32_t i = 0; i < t->used; i++)
        if (t->size[i] > 1)
            by_param[1] -=
                digamma_rise(1.0 - y.discount, (double)t->size[i] - 1.0);
    return true;
}

static bool explain(const struct xrp_site *s, char *words, size_t size)
{
    int given;
    double theta, discount;
    const value *params = site_params(s, &given);
    if (parameters_explain(rows, 2, params, given, words, size)) return true;
    if (given < 2 || !parameter_read(rows, params, given, 0, &theta) ||
        !parameter_read(rows + 1, params, given, 1, &discount))
        return false;
    if (discount >= 1.0)
        snprintf(words, size, "discount must be below 1, got %g", discount);
    else if (theta <= -discount)
        snprintf(words, size, "theta must be above minus the discount, got %g",
                 theta);
    return discount >= 1.0 || theta <= -discount;
}

static const struct xrp_family made = {TABLES_URN, .names = "pitman-yor"};

const struct xrp_family maker_pitman_yor = {
    .names = "pitman-yor/make make-pitman-yor",
    .signature = "(pitman-yor/make theta discount)",
    .doc = "a procedure without arguments that draws table labels; a table in "
           "proportion to its customers less the discount, a new one to theta "
           "and the discounts; 0 <= discount < 1, theta > -discount",
    .min = 2,
    .max = 2,
    .flags = XRP_MAKER | XRP_RESCORES,
    .made = &made,
    .explain = explain,
};
