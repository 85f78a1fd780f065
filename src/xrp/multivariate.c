/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Points of a simplex: dirichlet and symmetric-dirichlet. The value is a
 * vector; as data a list will do. Shares must sum to 1 within 1e-6, for data
 * are rounded; a share of 0 is possible only where its alpha is 1.
 */
#include <stdio.h>

#include "xrp/multivariate.h"

#include "base/saddle.h"
#include "base/special.h"

#define SUM_TOLERANCE 1e-6

/* The alphas of either family, read in turn. */
struct alphas {
    struct series from; /* none opened: all are `each` */
    double each;
    uint32_t count;
    double sum;
};

static double alpha_next(struct alphas *a)
{
    double x = a->each;
    if (a->each == 0.0) series_number(&a->from, &x);
    return x;
}

/* A list of positive numbers; at least one. */
static bool dirichlet_read(const struct xrp_site *s, struct alphas *a)
{
    *a = (struct alphas){.each = 0.0};
    if (s->arg_count != 1 || !series_open(&a->from, s->args[0])) return false;
    a->count = a->from.count;
    struct series walk = a->from;
    for (uint32_t i = 0; i < a->count; i++) {
        double x;
        if (!series_number(&walk, &x) || !(x > 0.0)) return false;
        a->sum += x;
    }
    return a->sum > 0.0 && a->sum < INFINITY;
}

static const struct parameter symmetric_rows[] = {{"alpha", POSITIVE, 0.0},
                                                  {"n", DIMENSION, 0.0}};

static bool symmetric_read(const struct xrp_site *s, struct alphas *a)
{
    double n;
    *a = (struct alphas){.each = 0.0};
    if (!parameter_read(symmetric_rows, s->args, s->arg_count, 0, &a->each) ||
        !parameter_read(symmetric_rows + 1, s->args, s->arg_count, 1, &n))
        return false;
    a->count = (uint32_t)n;
    a->sum = a->each * n;
    return a->sum < INFINITY;
}

/* An index in proportion to its alpha. */
static uint32_t draw_corner(struct alphas a, struct random *r)
{
    double u = random_unit(r) * a.sum;
    for (uint32_t i = 0; i + 1 < a.count; i++) {
        double alpha = alpha_next(&a);
        if (u < alpha) return i;
        u -= alpha;
    }
    return a.count - 1;
}

/* Gammas, divided by their sum; by logs, since small alphas underflow. Where
 * the logs do so too, all is in one corner. */
static bool draw(struct alphas a, struct random *r, value *out)
{
    *out = vector_make(a.count, 0);
    if (*out == V_UNBOUND) return false;
    double *x = as_vector(*out)->at;
    struct alphas walk = a;
    for (uint32_t i = 0; i < a.count; i++)
        x[i] = random_log_gamma(r, alpha_next(&walk));
    double all = log_sum_exp(x, a.count);
    if (!(all > -INFINITY)) {
        x[draw_corner(a, r)] = 0.0;
        all = 0.0;
    }
    for (uint32_t i = 0; i < a.count; i++)
        x[i] = fmin(positive_draw(exp(x[i] - all)), 1.0);
    return true;
}

/* Sum of the shares; NaN when this is no point of the simplex. */
static double shares_sum(struct series shares)
{
    double sum = 0.0, x;
    for (uint32_t i = 0; i < shares.count; i++) {
        if (!series_number(&shares, &x) || !(x >= 0.0)) return NAN;
        sum += x;
    }
    return fabs(sum - 1.0) <= SUM_TOLERANCE ? sum : NAN;
}

/* With A the sum of the alphas, log Gamma(A) is spread over the terms:
 *     sum_i [a_i log(A x_i) - A x_i - log Gamma(a_i)] - sum_i log x_i
 *         - log(A / 2 pi) / 2 + rest(A)
 * where each bracket is a gamma's kernel and nothing large is left. */
static double density(struct alphas a, value v)
{
    struct series shares;
    if (!series_open(&shares, v) || shares.count != a.count) return -INFINITY;
    if (!(shares_sum(shares) > 0.0)) return -INFINITY;
    bool large = a.sum >= STIRLING_FROM;
    double sum = large ? HALF_LOG_2PI - 0.5 * log(a.sum) + stirling_rest(a.sum)
                       : log_gamma(a.sum);
    /* An alpha that comes again needs its log_gamma once. */
    double last = 0.0, last_log = 0.0;
    for (uint32_t i = 0; i < a.count; i++) {
        double alpha = alpha_next(&a), x;
        series_number(&shares, &x);
        if (x == 0.0 && alpha != 1.0) return -INFINITY;
        if (alpha >= STIRLING_FROM) {
            sum += gamma_kernel(alpha, a.sum * x) - log(x);
            continue;
        }
        if (alpha != last) last_log = log_gamma(last = alpha);
        if (alpha != 1.0) sum += (alpha - 1.0) * log(x);
        sum -= last_log;
        if (large) sum += alpha * log(a.sum) - a.sum * x;
    }
    return sum;
}

static bool dirichlet_sample(const struct xrp_site *s, struct random *r,
                             value *out)
{
    struct alphas a;
    return dirichlet_read(s, &a) && draw(a, r, out);
}

static double dirichlet_prob(const struct xrp_site *s, value v)
{
    struct alphas a;
    return dirichlet_read(s, &a) ? density(a, v) : NAN;
}

/* By an alpha: digamma(sum) - digamma(alpha) + log x; by a share:
 * (alpha - 1) / x. Alphas of one kind add up into one slope. */
static void slopes(struct alphas a, struct series shares, double *by_value,
                   double *by_alpha)
{
    double rise = digamma(a.sum), sum = 0.0;
    for (uint32_t i = 0; i < a.count; i++) {
        double alpha = alpha_next(&a), x;
        series_number(&shares, &x);
        if (by_value) by_value[i] = alpha == 1.0 ? 0.0 : (alpha - 1.0) / x;
        if (!by_alpha) continue;
        double slope = rise - digamma(alpha) + log(x);
        sum += slope;
        if (a.each == 0.0) by_alpha[i] = slope;
    }
    if (by_alpha && a.each != 0.0) *by_alpha = sum;
}

bool dirichlet_slopes(const struct xrp_site *s, value v, double *by_value,
                      double *const *by_arg)
{
    struct alphas a;
    struct series shares;
    if (!dirichlet_read(s, &a) || !(density(a, v) > -INFINITY)) return false;
    series_open(&shares, v);
    slopes(a, shares, by_value, by_arg[0]);
    return true;
}

bool symmetric_slopes(const struct xrp_site *s, value v, double *by_value,
                      double *const *by_arg)
{
    struct alphas a;
    struct series shares;
    if (!symmetric_read(s, &a) || !(density(a, v) > -INFINITY)) return false;
    series_open(&shares, v);
    slopes(a, shares, by_value, by_arg[0]);
    if (by_arg[1]) *by_arg[1] = NAN;
    return true;
}

static bool dirichlet_explain(const struct xrp_site *s, char *words,
                              size_t size)
{
    return s->arg_count == 1 &&
           weights_list_explain(s->args[0], true, "alpha", words, size);
}

const struct xrp_family family_dirichlet = {
    .names = "dirichlet",
    .signature = "(dirichlet alphas)",
    .doc = "a vector of shares that sum to 1, with means in proportion to "
           "the alphas",
    .min = 1,
    .max = 1,
    .flags = XRP_RESCORES | XRP_CONTINUOUS,
    .support_kind = SUPPORT_SIMPLEX,
    .shape = "a",
    .sample = dirichlet_sample,
    .prob = dirichlet_prob,
    .explain = dirichlet_explain,
};

static bool symmetric_sample(const struct xrp_site *s, struct random *r,
                             value *out)
{
    struct alphas a;
    return symmetric_read(s, &a) && draw(a, r, out);
}

static double symmetric_prob(const struct xrp_site *s, value v)
{
    struct alphas a;
    return symmetric_read(s, &a) ? density(a, v) : NAN;
}

static bool symmetric_gradient(const struct xrp_site *s, value v,
                               double *by_value, double *by_arg)
{
    return array_gradient_scalars(symmetric_slopes, s, v, by_value, by_arg);
}

static bool symmetric_explain(const struct xrp_site *s, char *words,
                              size_t size)
{
    struct alphas a;
    if (parameters_explain(symmetric_rows, 2, s->args, s->arg_count, words,
                           size))
        return true;
    if (s->arg_count < 2 || symmetric_read(s, &a)) return false;
    snprintf(words, size, "n times alpha is more than a number can hold");
    return true;
}

const struct xrp_family family_symmetric_dirichlet = {
    .names = "symmetric-dirichlet",
    .signature = "(symmetric-dirichlet alpha n)",
    .doc = "a vector of n shares that sum to 1, every alpha the same",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS,
    .support_kind = SUPPORT_SIMPLEX,
    .shape = "-v",
    .sample = symmetric_sample,
    .prob = symmetric_prob,
    .gradient = symmetric_gradient,
    .explain = symmetric_explain,
};
