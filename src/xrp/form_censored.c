/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * censored: a draw that is read on a scale from lo to hi. What lies beyond is
 * read as the end: the ends have the masses of the tails, and between them
 * there is the density of what stands within. A value has no slope, because
 * a step away from an end leaves an atom.
 */
#include <stdio.h>

#include "base/special.h"
#include "xrp/form.h"

struct scale {
    struct inner in;
    double lo, hi;
};

static bool open_scale(const struct words *w, const struct xrp_site *s,
                       struct scale *t)
{
    static const char *const names[] = {"lo", "hi"};
    double *ends[] = {&t->lo, &t->hi};
    char text[96];
    if (!inner_open(w, s, 2, s->arg_count, &t->in)) return false;
    for (int i = 0; i < 2; i++)
        if (!real_of(s->args[i], ends[i]))
            return words_put(w, "%s must be a number, got %s", names[i],
                             value_words(s->args[i], text, sizeof text));
    if (!(t->lo < t->hi))
        return words_put(w, "lo must be below hi, got %.15g and %.15g", t->lo,
                         t->hi);
    if (t->in.family->log_cdf && inner_is_number(&t->in)) return true;
    if (w->at && inner_explain(&t->in, w->at, w->size)) return false;
    return words_put(w, "%.*s has no cumulative distribution function",
                     inner_name(&t->in), t->in.family->names);
}

static bool open_plain(const struct xrp_site *s, struct scale *t)
{
    static const struct words nobody = {NULL, 0};
    return open_scale(&nobody, s, t);
}

static bool explain(const struct xrp_site *s, char *words, size_t size)
{
    struct words w = {words, size};
    struct scale t;
    return !open_scale(&w, s, &t) || inner_explain(&t.in, words, size);
}

/* The tail that is read as an end. P(X >= hi) is that beyond the double
 * before hi: so an atom of what is within counts. */
static bool end_of(const struct scale *t, double x, double *edge, bool *upper)
{
    *upper = x == t->hi;
    if (!*upper && x != t->lo) return false;
    *edge = *upper ? nextafter(x, -INFINITY) : x;
    if (*upper && inner_is_continuous(&t->in) && !inner_has_atoms(&t->in))
        *edge = x;
    return true;
}

static double prob(const struct xrp_site *s, value v)
{
    struct scale t;
    double x, edge, tail[2];
    bool upper;
    if (!open_plain(s, &t)) return NAN;
    if (!real_of(v, &x) || !(x >= t.lo && x <= t.hi) ||
        !end_of(&t, x, &edge, &upper)) {
        double score = inner_prob(&t.in, v);
        if (score != score) return score;
        return real_of(v, &x) && x > t.lo && x < t.hi ? score : -INFINITY;
    }
    if (!t.in.family->log_cdf(&t.in.site, edge, &tail[0], &tail[1])) return NAN;
    return fabs(x) < INFINITY ? tail[upper] : -INFINITY;
}

static bool sample(const struct xrp_site *s, struct random *r, value *out)
{
    struct scale t;
    if (!open_plain(s, &t) || !inner_sample(&t.in, r, out)) return false;
    double x = as_number(*out);
    if (x <= t.lo) *out = s->args[0];
    if (x >= t.hi) *out = s->args[1];
    return true;
}

static bool gradient(const struct xrp_site *s, value v, double *by_value,
                     double *by_arg)
{
    struct scale t;
    double x, edge, by_x;
    bool upper;
    if (!open_plain(s, &t) || !real_of(v, &x) || !(x >= t.lo && x <= t.hi))
        return false;
    bool good;
    if (end_of(&t, x, &edge, &upper)) {
        good = t.in.family->log_cdf_gradient &&
               t.in.family->log_cdf_gradient(&t.in.site, edge, upper, &by_x,
                                             by_arg + 3);
    } else {
        good = inner_gradient(&t.in, v, &by_x, by_arg + 3);
    }
    *by_value = t.lo == -INFINITY && t.hi == INFINITY ? by_x : (double)NAN;
    by_arg[0] = x == t.lo ? NAN : 0.0;
    by_arg[1] = x == t.hi ? NAN : 0.0;
    by_arg[2] = NAN;
    return good;
}

static bool log_cdf(const struct xrp_site *s, double x, double *below,
                    double *above)
{
    struct scale t;
    if (x != x || !open_plain(s, &t) ||
        !t.in.family->log_cdf(&t.in.site, x, below, above))
        return false;
    if (x >= t.lo && x < t.hi) return true;
    *below = x < t.lo ? -INFINITY : 0.0;
    *above = x < t.lo ? 0.0 : -INFINITY;
    return true;
}

static bool log_cdf_gradient(const struct xrp_site *s, double x, bool upper,
                             double *by_x, double *by_arg)
{
    struct scale t;
    if (!open_plain(s, &t) || !t.in.family->log_cdf_gradient || x != x)
        return false;
    for (int i = 0; i < s->arg_count; i++) by_arg[i] = 0.0;
    by_arg[2] = NAN;
    *by_x = 0.0;
    if (x < t.lo || x >= t.hi) return true; /* 0 and 1, whatever they are */
    return t.in.family->log_cdf_gradient(&t.in.site, x, upper, by_x,
                                         by_arg + 3);
}

static bool quantile(const struct xrp_site *s, double log_p, bool upper,
                     double *x)
{
    struct scale t;
    if (!open_plain(s, &t) || !t.in.family->quantile ||
        !t.in.family->quantile(&t.in.site, log_p, upper, x))
        return false;
    *x = fmin(fmax(*x, t.lo), t.hi);
    return true;
}

static bool bounds(const struct xrp_site *s, double *lo, double *hi)
{
    struct scale t;
    if (!open_plain(s, &t) || !t.in.family->bounds ||
        !t.in.family->bounds(&t.in.site, lo, hi))
        return false;
    *lo = fmin(fmax(*lo, t.lo), t.hi);
    *hi = fmin(fmax(*hi, t.lo), t.hi);
    return true;
}

static bool put_possible(const struct xrp_site *s, double x, value *list)
{
    value v = x == floor(x) ? v_whole(x) : v_double(x);
    return !(prob(s, v) > -INFINITY) || enumerate_onto(v, list);
}

/* The ends, and the whole numbers between them. */
static bool enumerate(const struct xrp_site *s, value *list)
{
    struct scale t;
    double lo, hi;
    if (!open_plain(s, &t) || inner_is_continuous(&t.in) ||
        !bounds(s, &lo, &hi) || !(hi - lo < ENUMERATE_MAX))
        return false;
    *list = V_NIL;
    if (!put_possible(s, hi, list)) return false;
    for (double k = ceil(hi) - 1.0; k > lo; k -= 1.0)
        if (!put_possible(s, k, list)) return false;
    return lo == hi || put_possible(s, lo, list);
}

/* Whole numbers between ends that are none have no sum here. */
static bool moments(const struct xrp_site *s, double *mean, double *variance)
{
    struct scale t;
    if (!open_plain(s, &t) || !t.in.family->quantile) return false;
    bool whole = !inner_is_continuous(&t.in);
    if (whole &&
        (inner_has_atoms(&t.in) || (t.lo > -INFINITY && t.lo != floor(t.lo)) ||
         (t.hi < INFINITY && t.hi != floor(t.hi))))
        return false;
    return form_moments(&family_censored, s, whole, mean, variance);
}

const struct xrp_family family_censored = {
    .names = "censored",
    .signature = "(censored (f arg ...) lo hi)",
    .doc = "a draw of f as a scale from lo to hi shows it: what lies beyond "
           "an end is read as the end",
    .min = 3,
    .max = -1,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FORM,
    .support_kind = SUPPORT_INTERVAL,
    .sample = sample,
    .prob = prob,
    .gradient = gradient,
    .explain = explain,
    .log_cdf = log_cdf,
    .log_cdf_gradient = log_cdf_gradient,
    .quantile = quantile,
    .bounds = bounds,
    .moments = moments,
    .enumerate = enumerate,
};
