/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Positive numbers next of kin to the normal: lognormal and
 * inverse-gaussian. Draws are at least DBL_MIN.
 */
#include <math.h>

#include "base/saddle.h"
#include "base/special.h"
#include "base/tail.h"
#include "xrp/plain.h"

/* ---- lognormal ---------------------------------------------------------- */

static const struct parameter lognormal_rows[] = {{"mu", REAL, 0.0},
                                                  {"sd", POSITIVE, 1.0}};

static double log_z(const double *p, double x)
{
    return standardise(log(x), p[0], p[1]);
}

static double lognormal_log(const double *p, double x)
{
    if (x == 0.0) return -INFINITY;
    double z = log_z(p, x);
    return -0.5 * z * z - log(p[1]) - HALF_LOG_2PI - log(x);
}

static double lognormal_draw(const double *p, struct random *r)
{
    return positive_draw(exp(p[0] + p[1] * random_normal(r)));
}

static bool lognormal_slope(const double *p, double x, double *d)
{
    if (!(x > 0.0)) return false;
    double z = log_z(p, x);
    d[0] = (-1.0 - z / p[1]) / x;
    d[1] = z / p[1];
    d[2] = (z * z - 1.0) / p[1];
    return true;
}

static void lognormal_moment(const double *p, double *mean, double *variance)
{
    double v = p[1] * p[1];
    *mean = exp(p[0] + 0.5 * v);
    *variance = v < 700.0 ? *mean * *mean * expm1(v) : INFINITY;
}

static void lognormal_tails(const double *p, double x, double *below,
                            double *above)
{
    double z = log_z(p, x);
    *below = normal_log_below(z);
    *above = normal_log_below(-z);
}

static void lognormal_tails_slope(const double *p, double x, bool upper,
                                  double tail, double *d)
{
    (void)tail;
    double z = log_z(p, x);
    double slope = upper ? -1.0 / mills_ratio(z) : 1.0 / mills_ratio(-z);
    put_scaled_tail(d, slope, z, p[1]);
    d[0] /= x;
}

static double lognormal_at(const double *p, double log_p, bool upper)
{
    double z = normal_z(log_p);
    return exp(p[0] + p[1] * (upper ? -z : z));
}

static const struct plain lognormal_plain = {
    .rows = lognormal_rows,
    .count = 2,
    .lo = 0.0,
    .hi = INFINITY,
    PLAIN_PARTS(lognormal),
    .quantile = lognormal_at,
};
PLAIN_FUNCTIONS(lognormal)

const struct xrp_family family_lognormal = {
    .names = "lognormal",
    .signature = "(lognormal [mu = 0] [sd = 1])",
    .doc = "a positive number whose logarithm is normal",
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_POSITIVE,
    PLAIN_SLOTS(lognormal),
};

/* ---- inverse-gaussian --------------------------------------------------- */

static const struct parameter wald_rows[] = {{"mean", POSITIVE, 0.0},
                                             {"shape", POSITIVE, 0.0}};

enum { MEAN, SHAPE };

/* sqrt(shape / x) (x / mean - 1), and with + 1; their difference is
 * 2 sqrt(shape / x). */
static double wald_u(const double *p, double x)
{
    return sqrt(p[SHAPE] / x) * ((x - p[MEAN]) / p[MEAN]);
}
static double wald_v(const double *p, double x)
{
    return sqrt(p[SHAPE] / x) * (x / p[MEAN] + 1.0);
}

static double wald_log(const double *p, double x)
{
    if (x == 0.0) return -INFINITY;
    double u = wald_u(p, x);
    return 0.5 * (log(p[SHAPE]) - 3.0 * log(x)) - HALF_LOG_2PI - 0.5 * u * u;
}

/* Michael, Schucany and Haas 1976: of the two roots for a chi-squared
 * variable, written so that nothing cancels. */
static double wald_draw(const double *p, struct random *r)
{
    double z = random_normal(r), half = 0.5 * z * z * (p[MEAN] / p[SHAPE]);
    double ratio = 1.0 / (1.0 + half + sqrt(half) * sqrt(2.0 + half));
    if (random_unit(r) * (1.0 + ratio) > 1.0) ratio = 1.0 / ratio;
    return positive_draw(p[MEAN] * ratio);
}

static bool wald_slope(const double *p, double x, double *d)
{
    if (!(x > 0.0)) return false;
    double mean = p[MEAN], shape = p[SHAPE], u = wald_u(p, x);
    d[0] = -1.5 / x - 0.5 * shape * (1.0 / mean / mean - 1.0 / x / x);
    d[1] = shape / mean * ((x - mean) / mean) / mean;
    d[2] = 0.5 * (1.0 - u * u) / shape;
    return true;
}

static void wald_moment(const double *p, double *mean, double *variance)
{
    *mean = p[MEAN];
    *variance = p[MEAN] * p[MEAN] * (p[MEAN] / p[SHAPE]);
}

/* The log density by log x, at log x + d, less that at log x:
 * -d / 2 - shape / (2 mean) (c (e^d - 1) + (e^-d - 1) / c), c = x / mean. */
struct wald_edge {
    double ratio, c;
};
static void wald_law(double d, const void *data, double at[3])
{
    const struct wald_edge *e = data;
    double half = sinh(0.5 * d);
    /* e^d - 1 = sinh d + 2 sinh(d / 2)^2 */
    double odd = (e->c - 1.0) * (1.0 + 1.0 / e->c) * sinh(d);
    double even = (e->c + 1.0 / e->c) * 2.0 * half * half;
    at[0] = -0.5 * d - 0.5 * e->ratio * (odd + even);
    if (at[0] != at[0]) at[0] = -INFINITY;
    at[1] = at[2] = 0.0;
}

/* Below: Phi(u) + phi(u) m(v), m Mills' ratio (Shuster 1968, its e^(2 shape
 * / mean) taken into the density). Above, phi(u) (m(u) - m(v)), is a
 * difference: of the ratio's slope, which is integrated where v is moderate,
 * and else the density is. */
static void wald_tails(const double *p, double x, double *below, double *above)
{
    double u = wald_u(p, x), v = wald_v(p, x);
    double density = -0.5 * u * u - HALF_LOG_2PI;
    *below =
        fmin(log_add(normal_log_below(u), density + log(mills_ratio(v))), 0.0);
    *above = log_rest(*below);
    if (*above > -LOG_2) return;
    if (v < 10.0) {
        *above =
            fmin(density + log(mills_drop(u, 2.0 * sqrt(p[SHAPE] / x))), 0.0);
        *below = log_rest(*above);
        return;
    }
    struct wald_edge edge = {p[SHAPE] / p[MEAN], x / p[MEAN]};
    double scale = 1.0 / (1.0 + edge.ratio * edge.c);
    struct tail tail = tail_integrate(wald_law, &edge, scale);
    *above = fmin(tail.log_mass + wald_log(p, x) + log(x), 0.0);
    *below = log_rest(*above);
}

/* From Shuster's form: dP by the mean is -2 shape / mean^2 phi(u) m(v), by
 * the shape phi(u) (2 m(v) / mean - 1 / sqrt(shape x)). */
static void wald_tails_slope(const double *p, double x, bool upper, double tail,
                             double *d)
{
    double u = wald_u(p, x), m = mills_ratio(wald_v(p, x));
    double sign = upper ? -1.0 : 1.0, mean = p[MEAN], shape = p[SHAPE];
    double density = sign * exp(-0.5 * u * u - HALF_LOG_2PI - tail);
    d[0] = sign * exp(wald_log(p, x) - tail);
    d[1] = -2.0 * (shape / mean) / mean * density * m;
    d[2] = density * (2.0 * m / mean - 1.0 / sqrt(shape) / sqrt(x));
}

static const struct plain wald_plain = {
    .rows = wald_rows,
    .count = 2,
    .lo = 0.0,
    .hi = INFINITY,
    PLAIN_PARTS(wald),
};
PLAIN_FUNCTIONS(wald)

const struct xrp_family family_inverse_gaussian = {
    .names = "inverse-gaussian",
    .signature = "(inverse-gaussian mean shape)",
    .doc = "a positive number with variance mean^3 / shape: when a Brownian "
           "motion with drift first reaches a level",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_POSITIVE,
    PLAIN_SLOTS(wald),
};
