/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Positive numbers with powers in them: weibull, rayleigh, frechet, pareto.
 * Where x^k may leave the doubles, its logarithm is used. A point where the
 * density is infinite is refused; draws are at least DBL_MIN.
 */
#include <math.h>

#include "base/saddle.h"
#include "base/special.h"
#include "base/tail.h"
#include "xrp/plain.h"

static const struct parameter shape_rows[] = {{"shape", POSITIVE, 0.0},
                                              {"scale", POSITIVE, 0.0}};

enum { SHAPE, SCALE };

/* log of e^-log_p's complement: log(-log(1 - e^log_p)), where e^log_p may
 * be tiny. */
static double log_of_rest(double log_p)
{
    return log_p < -40.0 ? log_p : log(-log1m_exp(log_p));
}

/* log Gamma(1 + 2 h) - 2 log Gamma(1 + h): where both are next to 0, the sum
 * of zeta(k) (2^k - 2) (-h)^k / k (Abramowitz and Stegun, 6.1.33). */
static double gamma_excess(double h)
{
    static const double zeta[] = {
        1.6449340668482264, 1.2020569031595942, 1.0823232337111382,
        1.0369277551433699, 1.0173430619844491, 1.0083492773819228,
        1.0040773561979443, 1.0020083928260822, 1.0009945751278181,
        1.0004941886041195, 1.0002460865533080, 1.0001227133475785,
        1.0000612481350587, 1.0000305882363070};
    enum { TERMS = sizeof zeta / sizeof *zeta };
    if (fabs(h) > 0.04)
        return log_gamma(1.0 + 2.0 * h) - 2.0 * log_gamma(1.0 + h);
    double sum = 0.0, power = -h, two = 2.0;
    for (int i = 0; i < TERMS; i++) {
        power *= -h;
        two *= 2.0;
        sum += zeta[i] * (two - 2.0) * power / (i + 2);
    }
    return sum;
}

/* Gamma(1 + h) and the variance of a power -h of an exponential variable;
 * infinite past the poles. */
static void power_moments(double h, double scale, double *mean,
                          double *variance)
{
    *mean = *variance = INFINITY;
    if (h <= -1.0) return;
    double first = log_gamma(1.0 + h);
    *mean = scale * exp(first);
    if (h <= -0.5) return;
    *variance = *mean * *mean * expm1(gamma_excess(h));
}

/* ---- weibull ------------------------------------------------------------ */

/* log of (x / scale)^shape. */
static double weibull_power(const double *p, double x)
{
    return p[SHAPE] * log_ratio(x, p[SCALE]);
}

static double weibull_log(const double *p, double x)
{
    if (x == 0.0) return p[SHAPE] == 1.0 ? -log(p[SCALE]) : -INFINITY;
    double power = weibull_power(p, x), y = exp(power);
    if (y == INFINITY) return -INFINITY;
    return log(p[SHAPE]) - log(x) + power - y;
}

static double weibull_draw(const double *p, struct random *r)
{
    double power = log(random_exponential(r)) / p[SHAPE];
    return positive_draw(exp(log(p[SCALE]) + power));
}

static bool weibull_slope(const double *p, double x, double *d)
{
    if (!(x > 0.0)) return false;
    double power = weibull_power(p, x), rest = -expm1(power);
    d[0] = (p[SHAPE] * rest - 1.0) / x;
    d[1] = 1.0 / p[SHAPE] + log_ratio(x, p[SCALE]) * rest;
    d[2] = -p[SHAPE] / p[SCALE] * rest;
    return true;
}

static void weibull_moment(const double *p, double *mean, double *variance)
{
    power_moments(1.0 / p[SHAPE], p[SCALE], mean, variance);
}

static void weibull_tails(const double *p, double x, double *below,
                          double *above)
{
    double power = weibull_power(p, x);
    *above = -exp(power);
    *below = power < -40.0 ? power : log_rest(*above);
}

static void weibull_tails_slope(const double *p, double x, bool upper,
                                double tail, double *d)
{
    double power = weibull_power(p, x), y = exp(power);
    double slope = upper ? -y : exp(power - y - tail);
    d[0] = p[SHAPE] / x * slope;
    d[1] = log_ratio(x, p[SCALE]) * slope;
    d[2] = -p[SHAPE] / p[SCALE] * slope;
}

static double weibull_at(const double *p, double log_p, bool upper)
{
    double log_y = upper ? log(-log_p) : log_of_rest(log_p);
    return exp(log(p[SCALE]) + log_y / p[SHAPE]);
}

static const struct plain weibull_plain = {
    .rows = shape_rows,
    .count = 2,
    .lo = 0.0,
    .hi = INFINITY,
    PLAIN_PARTS(weibull),
    .quantile = weibull_at,
};
PLAIN_FUNCTIONS(weibull)

const struct xrp_family family_weibull = {
    .names = "weibull",
    .signature = "(weibull shape scale)",
    .doc = "a positive number: P(x above) = exp(-(x / scale)^shape)",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_POSITIVE,
    PLAIN_SLOTS(weibull),
};

/* ---- rayleigh ----------------------------------------------------------- */

static const struct parameter rayleigh_rows[] = {{"scale", POSITIVE, 1.0}};

static double rayleigh_log(const double *p, double x)
{
    if (x == 0.0) return -INFINITY;
    double z = x / p[0];
    return log_ratio(x, p[0]) - log(p[0]) - 0.5 * z * z;
}

static double rayleigh_draw(const double *p, struct random *r)
{
    return positive_draw(p[0] * sqrt(2.0 * random_exponential(r)));
}

static bool rayleigh_slope(const double *p, double x, double *d)
{
    if (!(x > 0.0)) return false;
    double z = x / p[0];
    d[0] = 1.0 / x - z / p[0];
    d[1] = (z * z - 2.0) / p[0];
    return true;
}

static void rayleigh_moment(const double *p, double *mean, double *variance)
{
    *mean = p[0] * sqrt(0.5 * PI);
    *variance = p[0] * p[0] * (2.0 - 0.5 * PI);
}

static void rayleigh_tails(const double *p, double x, double *below,
                           double *above)
{
    double z = x / p[0];
    *above = -0.5 * z * z;
    *below = z < 1e-10 ? 2.0 * log_ratio(x, p[0]) - LOG_2 : log_rest(*above);
}

static void rayleigh_tails_slope(const double *p, double x, bool upper,
                                 double tail, double *d)
{
    double z = x / p[0], slope = exp(rayleigh_log(p, x) - tail);
    d[0] = upper ? -z / p[0] : slope;
    d[1] = -z * d[0];
}

static double rayleigh_at(const double *p, double log_p, bool upper)
{
    double log_y = upper ? log(-log_p) : log_of_rest(log_p);
    return exp(log(p[0]) + 0.5 * (LOG_2 + log_y));
}

static const struct plain rayleigh_plain = {
    .rows = rayleigh_rows,
    .count = 1,
    .lo = 0.0,
    .hi = INFINITY,
    PLAIN_PARTS(rayleigh),
    .quantile = rayleigh_at,
};
PLAIN_FUNCTIONS(rayleigh)

const struct xrp_family family_rayleigh = {
    .names = "rayleigh",
    .signature = "(rayleigh [scale = 1])",
    .doc = "a positive number: the length of a vector of two normal ones with "
           "sd scale",
    .max = 1,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_POSITIVE,
    PLAIN_SLOTS(rayleigh),
};

/* ---- frechet ------------------------------------------------------------ */

/* log of (x / scale)^-shape. */
static double frechet_power(const double *p, double x)
{
    return p[SHAPE] * log_ratio(p[SCALE], x);
}

static double frechet_log(const double *p, double x)
{
    if (x == 0.0) return -INFINITY;
    double power = frechet_power(p, x), y = exp(power);
    if (y == INFINITY) return -INFINITY;
    return log(p[SHAPE]) - log(x) + power - y;
}

static double frechet_draw(const double *p, struct random *r)
{
    double power = log(random_exponential(r)) / p[SHAPE];
    return positive_draw(exp(log(p[SCALE]) - power));
}

static bool frechet_slope(const double *p, double x, double *d)
{
    if (!(x > 0.0)) return false;
    double rest = -expm1(frechet_power(p, x));
    d[0] = (-1.0 - p[SHAPE] * rest) / x;
    d[1] = 1.0 / p[SHAPE] + log_ratio(p[SCALE], x) * rest;
    d[2] = p[SHAPE] / p[SCALE] * rest;
    return true;
}

static void frechet_moment(const double *p, double *mean, double *variance)
{
    power_moments(-1.0 / p[SHAPE], p[SCALE], mean, variance);
}

static void frechet_tails(const double *p, double x, double *below,
                          double *above)
{
    double power = frechet_power(p, x);
    *below = -exp(power);
    *above = power < -40.0 ? power : log_rest(*below);
}

static void frechet_tails_slope(const double *p, double x, bool upper,
                                double tail, double *d)
{
    double power = frechet_power(p, x), y = exp(power);
    double slope = upper ? exp(power - y - tail) : -y;
    d[0] = -p[SHAPE] / x * slope;
    d[1] = log_ratio(p[SCALE], x) * slope;
    d[2] = p[SHAPE] / p[SCALE] * slope;
}

static double frechet_at(const double *p, double log_p, bool upper)
{
    double log_y = upper ? log_of_rest(log_p) : log(-log_p);
    return exp(log(p[SCALE]) - log_y / p[SHAPE]);
}

static const struct plain frechet_plain = {
    .rows = shape_rows,
    .count = 2,
    .lo = 0.0,
    .hi = INFINITY,
    PLAIN_PARTS(frechet),
    .quantile = frechet_at,
};
PLAIN_FUNCTIONS(frechet)

const struct xrp_family family_frechet = {
    .names = "frechet",
    .signature = "(frechet shape scale)",
    .doc = "a positive number: P(x below) = exp(-(x / scale)^-shape)",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_POSITIVE,
    PLAIN_SLOTS(frechet),
};

/* ---- pareto ------------------------------------------------------------- */

static const struct parameter pareto_rows[] = {{"scale", POSITIVE, 0.0},
                                               {"shape", POSITIVE, 0.0}};

enum { LEAST, EXPONENT };

static void pareto_ends(const double *p, double *lo, double *hi)
{
    *lo = p[LEAST];
    *hi = INFINITY;
}

/* log(scale / x), at most 0; near 0 too. */
static double pareto_fall(const double *p, double x)
{
    double m = p[LEAST];
    return x < 2.0 * m ? log1p((m - x) / x) : log_ratio(m, x);
}

static double pareto_log(const double *p, double x)
{
    return log(p[EXPONENT]) + p[EXPONENT] * pareto_fall(p, x) - log(x);
}

static double pareto_draw(const double *p, struct random *r)
{
    double rise = random_exponential(r) / p[EXPONENT];
    double x = rise < 1.0 ? p[LEAST] + p[LEAST] * expm1(rise)
                          : exp(log(p[LEAST]) + rise);
    return fmax(real_draw(x), p[LEAST]);
}

static bool pareto_slope(const double *p, double x, double *d)
{
    d[0] = -(p[EXPONENT] + 1.0) / x;
    d[1] = p[EXPONENT] / p[LEAST];
    d[2] = 1.0 / p[EXPONENT] + pareto_fall(p, x);
    return true;
}

static void pareto_moment(const double *p, double *mean, double *variance)
{
    double m = p[LEAST], a = p[EXPONENT];
    *mean = a > 1.0 ? m * (a / (a - 1.0)) : INFINITY;
    *variance =
        a > 2.0 ? m / (a - 1.0) * (m / (a - 1.0)) * (a / (a - 2.0)) : INFINITY;
}

static void pareto_tails(const double *p, double x, double *below,
                         double *above)
{
    *above = p[EXPONENT] * pareto_fall(p, x);
    *below = log_rest(*above);
}

static void pareto_tails_slope(const double *p, double x, bool upper,
                               double tail, double *d)
{
    double fall = pareto_fall(p, x);
    d[0] = -p[EXPONENT] / x;
    d[1] = p[EXPONENT] / p[LEAST];
    d[2] = fall;
    if (!upper) turn_slopes(d, 3, p[EXPONENT] * fall, tail);
}

static double pareto_at(const double *p, double log_p, bool upper)
{
    double rise = -(upper ? log_p : log1m_exp(log_p)) / p[EXPONENT];
    return rise < 1.0 ? p[LEAST] + p[LEAST] * expm1(rise)
                      : exp(log(p[LEAST]) + rise);
}

static const struct plain pareto_plain = {
    .rows = pareto_rows,
    .count = 2,
    .bounds = pareto_ends,
    PLAIN_PARTS(pareto),
    .quantile = pareto_at,
};
PLAIN_FUNCTIONS(pareto)

const struct xrp_family family_pareto = {
    .names = "pareto",
    .signature = "(pareto scale shape)",
    .doc = "a number from scale up: P(x above) = (scale / x)^shape",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS,
    .support_kind = SUPPORT_LOWER,
    PLAIN_SLOTS(pareto),
};
