/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Plain families: those whose parameters and value are numbers. Such a
 * family is written as a `struct plain` of functions of doubles, and
 * PLAIN_SLOTS makes the functions of its row from it: they read the
 * arguments by the parameter rows, refuse what is out of the domain or the
 * support, and hand on doubles. So a family's file has its formulas and
 * nothing else.
 *
 * The functions may assume parameters in their domain and a value within
 * the bounds (an integer where values are integers), finite.
 */
#ifndef VST_XRP_PLAIN_H
#define VST_XRP_PLAIN_H

#include "xrp/family.h"

enum { PLAIN_MAX = 4 }; /* parameters */

enum plain_kind { PLAIN_REAL, PLAIN_WHOLE, PLAIN_BOOLEAN };

struct plain {
    const struct parameter *rows;
    int count;
    enum plain_kind kind;
    /* The closed interval that holds the support, by two numbers or, where
     * it depends on the parameters, by a function. */
    double lo, hi;
    void (*bounds)(const double *p, double *lo, double *hi);
    /* Further conditions, on several parameters, and what to say when they
     * do not hold; NULL: none. */
    bool (*sound)(const double *p);
    const char *unsound;

    double (*log)(const double *p, double x);
    double (*draw)(const double *p, struct random *r);
    /* Derivatives of `log`: d[0] by the value, d[1 + i] by parameter i;
     * false where there is no density. What is a whole number has none: its
     * entry is not looked at. */
    bool (*slope)(const double *p, double x, double *d);
    void (*moments)(const double *p, double *mean, double *variance);
    /* log P(X <= x) and log P(X > x); x within the bounds. */
    void (*tails)(const double *p, double x, double *below, double *above);
    /* Derivatives of `tail`, one of the two, as in `slope`. */
    void (*tails_slope)(const double *p, double x, bool upper, double tail,
                        double *d);
    /* In closed form; NULL: found from `tails`. log_p < 0, finite. */
    double (*quantile)(const double *p, double log_p, bool upper);
};

/* ---- what the slots do --------------------------------------------------- */

static inline __attribute__((always_inline)) bool
plain_read(const struct plain *f, const struct xrp_site *s, double *p)
{
    for (int i = 0; i < f->count; i++)
        if (!parameter_read(&f->rows[i], s->args, s->arg_count, i, p + i))
            return false;
    return !f->sound || f->sound(p);
}

static inline __attribute__((always_inline)) void
plain_bounds(const struct plain *f, const double *p, double *lo, double *hi)
{
    *lo = f->lo;
    *hi = f->hi;
    if (f->bounds) f->bounds(p, lo, hi);
}

/* The value as a number within the bounds; false when it is none. */
static inline __attribute__((always_inline)) bool
plain_value(const struct plain *f, const double *p, value v, double *x)
{
    double lo, hi;
    plain_bounds(f, p, &lo, &hi);
    if (f->kind == PLAIN_BOOLEAN) {
        int b = boolean_of(v);
        *x = b;
        return b >= 0;
    }
    if (f->kind == PLAIN_WHOLE ? !whole_of(v, x) : !real_of(v, x)) return false;
    *x += 0.0; /* no -0 */
    return *x >= lo && *x <= hi && fabs(*x) < INFINITY;
}

/* What leaves the doubles on the way cannot be. */
static inline __attribute__((always_inline)) double
plain_prob(const struct plain *f, const struct xrp_site *s, value v)
{
    double p[PLAIN_MAX] = {0}, x;
    if (!plain_read(f, s, p)) return NAN;
    double score = plain_value(f, p, v, &x) ? f->log(p, x) : -INFINITY;
    return score == score ? score : -INFINITY;
}

/* The same of doubles. */
static inline __attribute__((always_inline)) double
plain_prob_of(const struct plain *f, const double *args, int count, double x)
{
    double p[PLAIN_MAX] = {0}, lo, hi;
#pragma GCC unroll 4
    for (int i = 0; i < f->count; i++) {
        p[i] = i < count ? args[i] : f->rows[i].fallback;
        if (!in_domain(f->rows[i].domain, p[i]) && i < count) return NAN;
    }
    if (f->sound && !f->sound(p)) return NAN;
    plain_bounds(f, p, &lo, &hi);
    if (f->kind != PLAIN_REAL && !(x == floor(x))) return -INFINITY;
    x += 0.0; /* no -0 */
    if (!(fabs(x) < INFINITY)) return -INFINITY;
    if ((f->bounds || f->lo > -INFINITY) && !(x >= lo)) return -INFINITY;
    if ((f->bounds || f->hi < INFINITY) && !(x <= hi)) return -INFINITY;
    double score = f->log(p, x);
    return score == score ? score : -INFINITY;
}

static inline __attribute__((always_inline)) bool
plain_sample(const struct plain *f, const struct xrp_site *s, struct random *r,
             value *out)
{
    double p[PLAIN_MAX] = {0};
    if (!plain_read(f, s, p)) return false;
    double x = f->draw(p, r);
    *out = f->kind == PLAIN_BOOLEAN ? v_boolean(x != 0.0)
           : f->kind == PLAIN_WHOLE ? v_whole(x)
                                    : v_double(x);
    return true;
}

bool plain_gradient(const struct plain *f, const struct xrp_site *s, value v,
                    double *by_value, double *by_arg);
bool plain_explain(const struct plain *f, const struct xrp_site *s, char *words,
                   size_t size);
bool plain_moments(const struct plain *f, const struct xrp_site *s,
                   double *mean, double *variance);
bool plain_support(const struct plain *f, const struct xrp_site *s, double *lo,
                   double *hi);
bool plain_log_cdf(const struct plain *f, const struct xrp_site *s, double x,
                   double *below, double *above);
bool plain_log_cdf_gradient(const struct plain *f, const struct xrp_site *s,
                            double x, bool upper, double *by_x, double *by_arg);
bool plain_quantile(const struct plain *f, const struct xrp_site *s,
                    double log_p, bool upper, double *x);

/* Its six functions that every proper family has, named alike. */
#define PLAIN_PARTS(NAME)                                          \
    .log = NAME##_log, .draw = NAME##_draw, .slope = NAME##_slope, \
    .moments = NAME##_moment, .tails = NAME##_tails,               \
    .tails_slope = NAME##_tails_slope

/* The functions of a row, made from the struct plain NAME_plain: those that
 * an improper family has too, and those that need a law that sums to one. */
#define PLAIN_CORE(NAME)                                                  \
    static bool NAME##_sample(const struct xrp_site *s, struct random *r, \
                              value *out)                                 \
    {                                                                     \
        return plain_sample(&NAME##_plain, s, r, out);                    \
    }                                                                     \
    static double NAME##_prob(const struct xrp_site *s, value v)          \
    {                                                                     \
        return plain_prob(&NAME##_plain, s, v);                           \
    }                                                                     \
    static bool NAME##_gradient(const struct xrp_site *s, value v,        \
                                double *by_value, double *by_arg)         \
    {                                                                     \
        return plain_gradient(&NAME##_plain, s, v, by_value, by_arg);     \
    }                                                                     \
    static bool NAME##_bounds(const struct xrp_site *s, double *lo,       \
                              double *hi)                                 \
    {                                                                     \
        return plain_support(&NAME##_plain, s, lo, hi);                   \
    }
#define PLAIN_FUNCTIONS(NAME)                                               \
    PLAIN_CORE(NAME)                                                        \
    static double NAME##_prob_of(const double *args, int count, double x)   \
    {                                                                       \
        return plain_prob_of(&NAME##_plain, args, count, x);                \
    }                                                                       \
    static bool NAME##_explain(const struct xrp_site *s, char *words,       \
                               size_t size)                                 \
    {                                                                       \
        return plain_explain(&NAME##_plain, s, words, size);                \
    }                                                                       \
    static bool NAME##_moments(const struct xrp_site *s, double *mean,      \
                               double *variance)                            \
    {                                                                       \
        return plain_moments(&NAME##_plain, s, mean, variance);             \
    }                                                                       \
    static bool NAME##_log_cdf(const struct xrp_site *s, double x,          \
                               double *below, double *above)                \
    {                                                                       \
        return plain_log_cdf(&NAME##_plain, s, x, below, above);            \
    }                                                                       \
    static bool NAME##_log_cdf_gradient(const struct xrp_site *s, double x, \
                                        bool upper, double *by_x,           \
                                        double *by_arg)                     \
    {                                                                       \
        return plain_log_cdf_gradient(&NAME##_plain, s, x, upper, by_x,     \
                                      by_arg);                              \
    }                                                                       \
    static bool NAME##_quantile(const struct xrp_site *s, double log_p,     \
                                bool upper, double *x)                      \
    {                                                                       \
        return plain_quantile(&NAME##_plain, s, log_p, upper, x);           \
    }

/* Their places in the row. */
#define PLAIN_CORE_SLOTS(NAME)                                                 \
    .sample = NAME##_sample, .prob = NAME##_prob, .gradient = NAME##_gradient, \
    .bounds = NAME##_bounds
#define PLAIN_SLOTS(NAME)                                     \
    PLAIN_CORE_SLOTS(NAME),                                   \
        .prob_of = NAME##_prob_of, .explain = NAME##_explain, \
        .moments = NAME##_moments, .log_cdf = NAME##_log_cdf, \
        .log_cdf_gradient = NAME##_log_cdf_gradient,          \
        .quantile = NAME##_quantile

/* ---- for the formulas ----------------------------------------------------- */

#define PI 3.14159265358979323846
#define EULER_GAMMA 0.57721566490153286061

/* Of a law of z = (x - loc) / scale, p = {loc, scale}: derivatives of the
 * log density, from that of the standard one; and of the log of a tail, from
 * its derivative by z. */
static inline bool put_scaled(double *d, double slope, double z, double scale)
{
    d[0] = slope / scale;
    d[1] = -slope / scale;
    d[2] = (-1.0 - z * slope) / scale;
    return true;
}
static inline void put_scaled_tail(double *d, double slope, double z,
                                   double scale)
{
    d[0] = slope / scale;
    d[1] = -slope / scale;
    d[2] = -z * slope / scale;
}

/* d is of the tail whose log is `known`; makes it that of the other. */
static inline void turn_slopes(double *d, int count, double known, double other)
{
    double ratio = exp(known - other);
    for (int i = 0; i < count; i++) d[i] *= -ratio;
}

/* log(a / b) when the quotient itself may leave the doubles. */
static inline double log_ratio(double a, double b)
{
    double q = a / b;
    return q > 1e-300 && q < INFINITY ? log(q) : log(a) - log(b);
}

#endif
