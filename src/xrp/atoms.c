/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See atoms.h. Sums are kept apart, of what is counted and of the rest: no
 * probability comes from a subtraction, so each tail has its own digits.
 */
#include "xrp/atoms.h"

#include <stdlib.h>

#include "base/memory.h"

/* The next value and its weight; at most `count` times. */
static value next(struct atoms *a, uint32_t i, double *weight)
{
    *weight = 1.0;
    if (!a->even && !series_number(&a->weights, weight)) *weight = NAN;
    return a->indexed ? v_int(i) : series_next(&a->values);
}

/* Two sums, of what is `in` and of the rest. Are these weights? */
struct sums {
    double in, out;
};
static bool sums_sound(const struct sums *t)
{
    double all = t->in + t->out;
    return all > 0.0 && all < INFINITY;
}
static void sums_add(struct sums *t, bool in, double weight)
{
    if (!(weight >= 0.0)) weight = NAN;
    *(in ? &t->in : &t->out) += weight;
}

/* Of the values equal to v, and of the others. */
static bool sums_at(struct atoms a, value v, struct sums *t)
{
    *t = (struct sums){0.0, 0.0};
    for (uint32_t i = 0; i < a.count; i++) {
        double weight;
        value here = next(&a, i, &weight);
        sums_add(t, here == v || value_equal(here, v), weight);
    }
    return sums_sound(t);
}

/* Of the values up to x, and of those above; false where one that is
 * possible is no whole number. */
static bool sums_up_to(struct atoms a, double x, struct sums *t)
{
    *t = (struct sums){0.0, 0.0};
    for (uint32_t i = 0; i < a.count; i++) {
        double weight, k;
        value here = next(&a, i, &weight);
        if (weight == 0.0) continue;
        if (!whole_of(here, &k)) return false;
        sums_add(t, k <= x, weight);
    }
    return sums_sound(t);
}

/* ---- slopes ------------------------------------------------------------- */

/* Of the log of the share that `in` has, by the weight of one that is in it,
 * or is not. */
static double slope(const struct sums *t, bool in)
{
    double all = t->in + t->out;
    return in ? t->out / all / t->in : -1.0 / all;
}

static void none(const struct xrp_site *s, double *by_value, double *by_arg)
{
    *by_value = NAN;
    for (int i = 0; i < s->arg_count; i++) by_arg[i] = NAN;
}

/* By each weight, at `by`, of the share of v. */
static void slopes(struct atoms a, value v, const struct sums *t, double *by)
{
    for (uint32_t i = 0; i < a.count; i++) {
        double weight;
        value here = next(&a, i, &weight);
        by[i] = slope(t, here == v || value_equal(here, v));
    }
}

bool atoms_gradient(atoms_reader *reads, const struct xrp_site *s, value v,
                    double *by_value, double *by_arg)
{
    struct atoms a;
    struct sums t;
    if (!reads(s, &a) || !sums_at(a, v, &t) || !(t.in > 0.0)) return false;
    none(s, by_value, by_arg);
    if (!a.even && a.weights.items) slopes(a, v, &t, by_arg + a.argument);
    return true;
}

bool atoms_gradient_within(atoms_reader *reads, const struct xrp_site *s,
                           value v, int arg, double *by_element)
{
    struct atoms a;
    struct sums t;
    if (!reads(s, &a) || a.even || a.weights.items || arg != a.argument ||
        !sums_at(a, v, &t) || !(t.in > 0.0))
        return false;
    slopes(a, v, &t, by_element);
    return true;
}

/* ---- bounds and moments ------------------------------------------------- */

/* The next that is possible, as a number; -1 where there is none, or its
 * weight is none. */
static int next_number(struct atoms *a, uint32_t *i, double *x, double *weight)
{
    while (*i < a->count) {
        value here = next(a, (*i)++, weight);
        if (*weight == 0.0) continue;
        return *weight > 0.0 && real_of(here, x) ? 1 : -1;
    }
    return 0;
}

bool atoms_bounds(atoms_reader *reads, const struct xrp_site *s, double *lo,
                  double *hi)
{
    struct atoms a;
    double x, weight, all = 0.0;
    uint32_t i = 0;
    int good;
    if (!reads(s, &a)) return false;
    *lo = INFINITY;
    *hi = -INFINITY;
    while ((good = next_number(&a, &i, &x, &weight)) == 1) {
        *lo = fmin(*lo, x);
        *hi = fmax(*hi, x);
        all += weight;
    }
    return good == 0 && *lo <= *hi && all < INFINITY;
}

/* The mean first: its terms are shares of the numbers, and no sum of them
 * leaves the doubles. */
bool atoms_moments(atoms_reader *reads, const struct xrp_site *s, double *mean,
                   double *variance)
{
    struct atoms a, walk;
    double x, weight, all = 0.0;
    uint32_t i = 0;
    int good;
    if (!reads(s, &a)) return false;
    for (walk = a; (good = next_number(&walk, &i, &x, &weight)) == 1;)
        all += weight;
    if (good < 0 || !(all > 0.0 && all < INFINITY)) return false;
    *mean = *variance = 0.0;
    for (walk = a, i = 0; next_number(&walk, &i, &x, &weight) == 1;)
        *mean += x * (weight / all);
    for (walk = a, i = 0; next_number(&walk, &i, &x, &weight) == 1;)
        *variance += (x - *mean) * (weight / all) * (x - *mean);
    return *mean == *mean && *variance == *variance;
}

/* ---- tails -------------------------------------------------------------- */

bool atoms_log_cdf(atoms_reader *reads, const struct xrp_site *s, double x,
                   double *below, double *above)
{
    struct atoms a;
    struct sums t;
    if (x != x || !reads(s, &a) || !sums_up_to(a, x, &t)) return false;
    *below = log_share(t.in, t.out);
    *above = log_share(t.out, t.in);
    return true;
}

bool atoms_log_cdf_gradient(atoms_reader *reads, const struct xrp_site *s,
                            double x, bool upper, double *by_x, double *by_arg)
{
    struct atoms a;
    struct sums t;
    if (x != x || !reads(s, &a) || !sums_up_to(a, x, &t)) return false;
    none(s, by_x, by_arg);
    if (upper) t = (struct sums){t.out, t.in};
    if (a.even || !a.weights.items || !(t.in > 0.0)) return true;
    for (uint32_t i = 0; i < a.count; i++) {
        double weight, k = NAN;
        whole_of(next(&a, i, &weight), &k);
        by_arg[a.argument + (int)i] = slope(&t, (k > x) == upper);
    }
    return true;
}

struct atom {
    double x, weight;
};

static int ascending(const void *a, const void *b)
{
    double x = ((const struct atom *)a)->x, y = ((const struct atom *)b)->x;
    return (x > y) - (x < y);
}

/* Those that are possible, in order, and the sum of the weights beyond each;
 * NULL when memory ran out or they are no whole numbers. */
static struct atom *in_order(struct atoms a, uint32_t *count, double **beyond)
{
    double x, weight, sum = 0.0;
    uint32_t i = 0;
    int good;
    struct atom *at = memory_new_atomic((a.count + 1) * sizeof *at);
    *beyond = memory_new_atomic((a.count + 1) * sizeof **beyond);
    if (!at || !*beyond) return NULL;
    *count = 0;
    while ((good = next_number(&a, &i, &x, &weight)) == 1) {
        if (x != floor(x) || !(fabs(x) < INFINITY)) return NULL;
        at[(*count)++] = (struct atom){x, weight};
    }
    if (good < 0) return NULL;
    if (!a.indexed) qsort(at, *count, sizeof *at, ascending);
    for (i = *count; i-- > 0; sum += at[i].weight) (*beyond)[i] = sum;
    return sum > 0.0 && sum < INFINITY ? at : NULL;
}

/* Rounding of the sums and of log_p is forgiven: 2^-47 of it. */
bool atoms_quantile(atoms_reader *reads, const struct xrp_site *s, double log_p,
                    bool upper, double *x)
{
    struct atoms a;
    uint32_t count;
    double *beyond, sum = 0.0;
    if (!(log_p <= 0.0) || !reads(s, &a)) return false;
    struct atom *at = in_order(a, &count, &beyond);
    if (!at) return false;
    if (log_p == 0.0 || log_p == -INFINITY) {
        *x = at[(log_p == 0.0) == upper ? 0 : count - 1].x;
        return true;
    }
    double slack = 0x1p-47 * fmax(1.0, -log_p);
    for (uint32_t i = 0; i < count; i++) {
        sum += at[i].weight;
        *x = at[i].x;
        if (upper ? log_share(beyond[i], sum) <= log_p + slack
                  : log_share(sum, beyond[i]) >= log_p - slack)
            break;
    }
    return true;
}
