/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Counts: poisson, binomial, geometric. Probabilities in the forms of
 * base/saddle.h, right for a mean of 1e9 and an n of 1e12.
 */
#include "xrp/family.h"

#include "base/saddle.h"
#include "base/special.h"

/* A count as data; false when v is none. */
static bool count_of(value v, double *k) { return whole_of(v, k) && *k >= 0.0; }

/* The derivative of n log x, where 0 log 0 is 0. */
static double slope(double n, double x) { return n == 0.0 ? 0.0 : n / x; }

/* ---- poisson ------------------------------------------------------------ */

static const struct parameter poisson_rows[] = {{"mean", AT_LEAST_0, 0.0}};

static bool poisson_read(const struct xrp_site *s, double *mean)
{
    return parameter_read(poisson_rows, s->args, s->arg_count, 0, mean);
}

static bool poisson_sample(const struct xrp_site *s, struct random *r,
                           value *out)
{
    double mean;
    if (!poisson_read(s, &mean)) return false;
    /* Beyond 1e17 neighbouring doubles are 16 apart or more, and the normal
     * limit is off by less than one in 1e8. */
    double k = mean < 1e17 ? (double)random_poisson(r, mean)
                           : floor(mean + sqrt(mean) * random_normal(r));
    *out = v_whole(real_draw(k));
    return true;
}

static double poisson_prob(const struct xrp_site *s, value v)
{
    double mean, k;
    if (!poisson_read(s, &mean)) return NAN;
    if (!count_of(v, &k)) return -INFINITY;
    if (mean == 0.0) return k == 0.0 ? 0.0 : -INFINITY;
    return poisson_log(k, mean);
}

static bool poisson_gradient(const struct xrp_site *s, value v,
                             double *by_value, double *by_arg)
{
    double mean, k;
    if (!poisson_read(s, &mean) || !count_of(v, &k)) return false;
    *by_value = NAN;
    by_arg[0] = slope(k, mean) - 1.0;
    return true;
}

static bool poisson_explain(const struct xrp_site *s, char *words, size_t size)
{
    return parameters_explain(poisson_rows, 1, s->args, s->arg_count, words,
                              size);
}

const struct xrp_family family_poisson = {
    .names = "poisson",
    .signature = "(poisson mean)",
    .doc = "a count with this mean",
    .min = 1,
    .max = 1,
    .flags = XRP_RESCORES | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_COUNTS,
    .sample = poisson_sample,
    .prob = poisson_prob,
    .gradient = poisson_gradient,
    .explain = poisson_explain,
};

/* ---- binomial ----------------------------------------------------------- */

static const struct parameter binomial_rows[] = {{"n", WHOLE_AT_LEAST_0, 0.0},
                                                 {"p", PROBABILITY, 0.0}};

static bool binomial_read(const struct xrp_site *s, double *n, double *p)
{
    return parameter_read(binomial_rows, s->args, s->arg_count, 0, n) &&
           parameter_read(binomial_rows + 1, s->args, s->arg_count, 1, p);
}

static bool binomial_sample(const struct xrp_site *s, struct random *r,
                            value *out)
{
    double n, p;
    if (!binomial_read(s, &n, &p)) return false;
    *out = v_int(random_binomial(r, (int64_t)n, p));
    return true;
}

static double binomial_prob(const struct xrp_site *s, value v)
{
    double n, p, k;
    if (!binomial_read(s, &n, &p)) return NAN;
    if (!count_of(v, &k) || k > n) return -INFINITY;
    if (p == 0.0 || p == 1.0) return k == n * p ? 0.0 : -INFINITY;
    return binomial_log(k, n, p);
}

static bool binomial_enumerate(const struct xrp_site *s, value *list)
{
    double n, p;
    return binomial_read(s, &n, &p) && enumerate_below(n + 1.0, list);
}

static bool binomial_gradient(const struct xrp_site *s, value v,
                              double *by_value, double *by_arg)
{
    double n, p, k;
    if (!binomial_read(s, &n, &p) || !count_of(v, &k) || k > n) return false;
    *by_value = by_arg[0] = NAN;
    by_arg[1] = slope(k, p) - slope(n - k, 1.0 - p);
    return true;
}

static bool binomial_explain(const struct xrp_site *s, char *words, size_t size)
{
    return parameters_explain(binomial_rows, 2, s->args, s->arg_count, words,
                              size);
}

const struct xrp_family family_binomial = {
    .names = "binomial",
    .signature = "(binomial n p)",
    .doc = "how many of n flips of probability p are true; 0 to n",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES,
    .support_kind = SUPPORT_COUNTS,
    .sample = binomial_sample,
    .prob = binomial_prob,
    .enumerate = binomial_enumerate,
    .gradient = binomial_gradient,
    .explain = binomial_explain,
};

/* ---- geometric ---------------------------------------------------------- */

static const struct parameter geometric_rows[] = {
    {"p", PROBABILITY_ABOVE_0, 0.0}};

static bool geometric_read(const struct xrp_site *s, double *p)
{
    return parameter_read(geometric_rows, s->args, s->arg_count, 0, p);
}

static bool geometric_sample(const struct xrp_site *s, struct random *r,
                             value *out)
{
    double p;
    if (!geometric_read(s, &p)) return false;
    /* An exponential rounded down; for p = 1 it is 0. */
    *out = v_whole(real_draw(floor(random_exponential(r) / -log1p(-p))));
    return true;
}

static double geometric_prob(const struct xrp_site *s, value v)
{
    double p, k;
    if (!geometric_read(s, &p)) return NAN;
    if (!count_of(v, &k)) return -INFINITY;
    return k == 0.0 ? log(p) : log(p) + k * log1p(-p);
}

static bool geometric_gradient(const struct xrp_site *s, value v,
                               double *by_value, double *by_arg)
{
    double p, k;
    if (!geometric_read(s, &p) || !count_of(v, &k)) return false;
    *by_value = NAN;
    by_arg[0] = 1.0 / p - slope(k, 1.0 - p);
    return true;
}

static bool geometric_explain(const struct xrp_site *s, char *words,
                              size_t size)
{
    return parameters_explain(geometric_rows, 1, s->args, s->arg_count, words,
                              size);
}

const struct xrp_family family_geometric = {
    .names = "geometric",
    .signature = "(geometric p)",
    .doc = "how many flips of probability p are false before the first true "
           "one; from 0",
    .min = 1,
    .max = 1,
    .flags = XRP_RESCORES | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_COUNTS,
    .sample = geometric_sample,
    .prob = geometric_prob,
    .gradient = geometric_gradient,
    .explain = geometric_explain,
};
