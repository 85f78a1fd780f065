/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Booleans and ranges of integers: flip, noisy, randbelow, uniform-discrete.
 */
#include "xrp/family.h"

#include <stdio.h>

/* ---- flip --------------------------------------------------------------- */

static const struct parameter flip_rows[] = {{"p", PROBABILITY, 0.5}};

/* log probability of a boolean, as data, when true has probability p. */
static double boolean_log(double p, value v)
{
    int b = boolean_of(v);
    if (b < 0) return -INFINITY;
    return b ? log(p) : log1p(-p);
}

/* Its derivative by p. */
static double boolean_slope(double p, value v)
{
    return boolean_of(v) ? 1.0 / p : -1.0 / (1.0 - p);
}

/* The booleans that are possible. */
static bool boolean_enumerate(double p, value *list)
{
    *list = V_NIL;
    if (p < 1.0 && !enumerate_onto(V_FALSE, list)) return false;
    return p <= 0.0 || enumerate_onto(V_TRUE, list);
}

static bool flip_read(const struct xrp_site *s, double *p)
{
    return parameter_read(flip_rows, s->args, s->arg_count, 0, p);
}

static bool flip_sample(const struct xrp_site *s, struct random *r, value *out)
{
    double p;
    if (!flip_read(s, &p)) return false;
    *out = v_boolean(random_unit(r) < p);
    return true;
}

static double flip_prob(const struct xrp_site *s, value v)
{
    double p;
    return flip_read(s, &p) ? boolean_log(p, v) : NAN;
}

static bool flip_enumerate(const struct xrp_site *s, value *list)
{
    double p;
    return flip_read(s, &p) && boolean_enumerate(p, list);
}

static bool flip_gradient(const struct xrp_site *s, value v, double *by_value,
                          double *by_arg)
{
    double p;
    if (!flip_read(s, &p) || boolean_of(v) < 0) return false;
    *by_value = NAN;
    put_gradient(by_arg, s->arg_count, 0, boolean_slope(p, v));
    return true;
}

static bool flip_explain(const struct xrp_site *s, char *words, size_t size)
{
    return parameters_explain(flip_rows, 1, s->args, s->arg_count, words, size);
}

const struct xrp_family family_flip = {
    .names = "flip bernoulli",
    .signature = "(flip [p = 0.5])",
    .doc = "true with probability p, else false; 1 and 0 are data too",
    .max = 1,
    .flags = XRP_RESCORES | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_BOOLEAN,
    .sample = flip_sample,
    .prob = flip_prob,
    .enumerate = flip_enumerate,
    .gradient = flip_gradient,
    .explain = flip_explain,
};

/* ---- noisy -------------------------------------------------------------- */

static const struct parameter noisy_rows[] = {{"e", PROBABILITY, 0.0}};

/* The probability of a slip; any first argument but false counts as true. */
static bool noisy_read(const struct xrp_site *s, double *e)
{
    return s->arg_count == 2 &&
           parameter_read(noisy_rows, s->args + 1, 1, 0, e);
}

static bool noisy_sample(const struct xrp_site *s, struct random *r, value *out)
{
    double e;
    if (!noisy_read(s, &e)) return false;
    *out = v_boolean(is_true(s->args[0]) != (random_unit(r) < e));
    return true;
}

/* Whether v is the argument (0) or a slip (1), as a value that flip reads;
 * V_NIL when v is no boolean. */
static value noisy_slip(const struct xrp_site *s, value v)
{
    int b = boolean_of(v);
    return b < 0 ? V_NIL : v_boolean((b == 1) != is_true(s->args[0]));
}

static double noisy_prob(const struct xrp_site *s, value v)
{
    double e;
    return noisy_read(s, &e) ? boolean_log(e, noisy_slip(s, v)) : NAN;
}

static bool noisy_enumerate(const struct xrp_site *s, value *list)
{
    double e;
    if (!noisy_read(s, &e)) return false;
    return boolean_enumerate(is_true(s->args[0]) ? 1.0 - e : e, list);
}

static bool noisy_gradient(const struct xrp_site *s, value v, double *by_value,
                           double *by_arg)
{
    double e;
    if (!noisy_read(s, &e) || boolean_of(v) < 0) return false;
    *by_value = by_arg[0] = NAN;
    by_arg[1] = boolean_slope(e, noisy_slip(s, v));
    return true;
}

static bool noisy_explain(const struct xrp_site *s, char *words, size_t size)
{
    return s->arg_count == 2 &&
           parameters_explain(noisy_rows, 1, s->args + 1, 1, words, size);
}

const struct xrp_family family_noisy = {
    .names = "noisy noisy-negate noise-negate",
    .signature = "(noisy b e)",
    .doc = "the boolean b, negated with probability e: "
           "(bernoulli (if b (- 1 e) e))",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_BOOLEAN,
    .sample = noisy_sample,
    .prob = noisy_prob,
    .enumerate = noisy_enumerate,
    .gradient = noisy_gradient,
    .explain = noisy_explain,
};

/* ---- randbelow ---------------------------------------------------------- */

static const struct parameter below_rows[] = {{"n", WHOLE_POSITIVE, 0.0}};

static bool below_read(const struct xrp_site *s, double *n)
{
    return parameter_read(below_rows, s->args, s->arg_count, 0, n);
}

static bool below_sample(const struct xrp_site *s, struct random *r, value *out)
{
    double n;
    if (!below_read(s, &n)) return false;
    *out = v_int((int64_t)random_below(r, (uint64_t)n));
    return true;
}

static double below_prob(const struct xrp_site *s, value v)
{
    double n, k;
    if (!below_read(s, &n)) return NAN;
    return whole_of(v, &k) && k >= 0.0 && k < n ? -log(n) : -INFINITY;
}

static bool below_enumerate(const struct xrp_site *s, value *list)
{
    double n;
    return below_read(s, &n) && enumerate_below(n, list);
}

static bool below_explain(const struct xrp_site *s, char *words, size_t size)
{
    return parameters_explain(below_rows, 1, s->args, s->arg_count, words,
                              size);
}

const struct xrp_family family_randbelow = {
    .names = "randbelow random-integer sample-integer",
    .signature = "(randbelow n)",
    .doc = "an integer from 0 to n - 1, each as likely",
    .min = 1,
    .max = 1,
    .flags = XRP_RESCORES,
    .support_kind = SUPPORT_INTEGERS,
    .sample = below_sample,
    .prob = below_prob,
    .enumerate = below_enumerate,
    .explain = below_explain,
};

/* ---- uniform-discrete --------------------------------------------------- */

static const struct parameter range_rows[] = {{"lo", WHOLE, 0.0},
                                              {"hi", WHOLE, 0.0}};

static bool range_read(const struct xrp_site *s, double *lo, double *hi)
{
    return parameter_read(range_rows, s->args, s->arg_count, 0, lo) &&
           parameter_read(range_rows + 1, s->args, s->arg_count, 1, hi) &&
           *lo <= *hi;
}

static bool range_sample(const struct xrp_site *s, struct random *r, value *out)
{
    double lo, hi;
    if (!range_read(s, &lo, &hi)) return false;
    uint64_t n = (uint64_t)((int64_t)hi - (int64_t)lo) + 1;
    *out = v_int((int64_t)lo + (int64_t)random_below(r, n));
    return true;
}

static double range_prob(const struct xrp_site *s, value v)
{
    double lo, hi, k;
    if (!range_read(s, &lo, &hi)) return NAN;
    bool inside = whole_of(v, &k) && k >= lo && k <= hi;
    return inside ? -log(hi - lo + 1.0) : -INFINITY;
}

static bool range_enumerate(const struct xrp_site *s, value *list)
{
    double lo, hi;
    if (!range_read(s, &lo, &hi) || hi - lo >= ENUMERATE_MAX) return false;
    *list = V_NIL;
    for (int64_t i = (int64_t)hi; i >= (int64_t)lo; i--)
        if (!enumerate_onto(v_int(i), list)) return false;
    return true;
}

static bool range_explain(const struct xrp_site *s, char *words, size_t size)
{
    if (parameters_explain(range_rows, 2, s->args, s->arg_count, words, size))
        return true;
    double lo, hi;
    if (range_read(s, &lo, &hi)) return false;
    snprintf(words, size, "lo must not be above hi, got %.15g and %.15g", lo,
             hi);
    return true;
}

const struct xrp_family family_uniform_discrete = {
    .names = "uniform-discrete",
    .signature = "(uniform-discrete lo hi)",
    .doc = "an integer from lo to hi, both included, each as likely",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES,
    .support_kind = SUPPORT_INTEGERS,
    .sample = range_sample,
    .prob = range_prob,
    .enumerate = range_enumerate,
    .explain = range_explain,
};
