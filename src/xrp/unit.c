/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Families on the unit interval: beta, beta-proportion, kumaraswamy,
 * logit-normal. A point where the density is infinite is refused; draws are
 * at least DBL_MIN and at most 1 - 2^-53.
 */
#include <float.h>
#include <math.h>

#include "base/saddle.h"
#include "base/special.h"
#include "base/tail.h"
#include "xrp/plain.h"

static double unit_draw(double x)
{
    return fmin(fmax(x, DBL_MIN), 1.0 - 0x1p-53);
}

/* ---- beta --------------------------------------------------------------- */

static const struct parameter beta_rows[] = {{"a", POSITIVE, 0.0},
                                             {"b", POSITIVE, 0.0}};

enum { A, B };

/* With n = a + b: the peak is a binomial's, so deviances (base/saddle.h)
 * when both are large; else the plain form, whose terms do not cancel. */
static double beta_log(const double *p, double x)
{
    double a = p[A], b = p[B];
    if (x == 0.0) return a == 1.0 ? log(b) : -INFINITY;
    if (x == 1.0) return b == 1.0 ? log(a) : -INFINITY;
    if (a < STIRLING_FROM || b < STIRLING_FROM)
        return (a - 1.0) * log(x) + (b - 1.0) * log1p(-x) - log_beta(a, b);
    struct unit_point at = unit_at(x);
    return beta_kernel(a, b, at) - at.log_x - at.log_y;
}

static double beta_draw(const double *p, struct random *r)
{
    return random_beta(r, p[A], p[B]);
}

static bool beta_slope(const double *p, double x, double *d)
{
    double a = p[A], b = p[B];
    if (!(x > 0.0 && x < 1.0)) return false;
    d[0] = (a - 1.0) / x - (b - 1.0) / (1.0 - x);
    d[1] = log(x) + digamma_rise(a, b);
    d[2] = log1p(-x) + digamma_rise(b, a);
    return true;
}

static void beta_moment(const double *p, double *mean, double *variance)
{
    double n = p[A] + p[B];
    *mean = p[A] / n;
    *variance = *mean * (p[B] / n) / (n + 1.0);
}

static void beta_tail_pair(const double *p, double x, double *below,
                           double *above)
{
    beta_tails(p[A], p[B], unit_at(x), below, above);
}

static void beta_tails_slope(const double *p, double x, bool upper, double tail,
                             double *d)
{
    struct unit_point at = unit_at(x);
    double slope =
        exp(beta_kernel(p[A], p[B], at) - at.log_x - at.log_y - tail);
    d[0] = upper ? -slope : slope;
    beta_tails_by_shapes(p[A], p[B], at, upper, d + 1);
}

static const struct plain beta_plain = {
    .rows = beta_rows,
    .count = 2,
    .lo = 0.0,
    .hi = 1.0,
    .log = beta_log,
    .draw = beta_draw,
    .slope = beta_slope,
    .moments = beta_moment,
    .tails = beta_tail_pair,
    .tails_slope = beta_tails_slope,
};
PLAIN_FUNCTIONS(beta)

const struct xrp_family family_beta = {
    .names = "beta",
    .signature = "(beta a b)",
    .doc = "a number between 0 and 1 with mean a / (a + b)",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_UNIT,
    PLAIN_SLOTS(beta),
};

/* ---- beta-proportion ---------------------------------------------------- */

static const struct parameter proportion_rows[] = {{"mu", OPEN_UNIT, 0.0},
                                                   {"kappa", POSITIVE, 0.0}};

/* A beta of a = mu kappa and b = (1 - mu) kappa. */
struct as_beta {
    double p[2];
};
static struct as_beta proportion(const double *p)
{
    return (struct as_beta){{p[0] * p[1], (1.0 - p[0]) * p[1]}};
}

static bool proportion_sound(const double *p)
{
    struct as_beta beta = proportion(p);
    return beta.p[A] > 0.0 && beta.p[B] > 0.0;
}

/* From derivatives by a and b to those by mu and kappa. */
static void by_proportion(const double *p, double *d)
{
    double by_a = d[1], by_b = d[2];
    d[1] = p[1] * (by_a - by_b);
    d[2] = p[0] * by_a + (1.0 - p[0]) * by_b;
}

static double proportion_log(const double *p, double x)
{
    return beta_log(proportion(p).p, x);
}

static double proportion_draw(const double *p, struct random *r)
{
    return beta_draw(proportion(p).p, r);
}

static bool proportion_slope(const double *p, double x, double *d)
{
    if (!beta_slope(proportion(p).p, x, d)) return false;
    by_proportion(p, d);
    return true;
}

static void proportion_moment(const double *p, double *mean, double *variance)
{
    *mean = p[0];
    *variance = p[0] * (1.0 - p[0]) / (1.0 + p[1]);
}

static void proportion_tails(const double *p, double x, double *below,
                             double *above)
{
    beta_tail_pair(proportion(p).p, x, below, above);
}

static void proportion_tails_slope(const double *p, double x, bool upper,
                                   double tail, double *d)
{
    beta_tails_slope(proportion(p).p, x, upper, tail, d);
    by_proportion(p, d);
}

static const struct plain proportion_plain = {
    .rows = proportion_rows,
    .count = 2,
    .lo = 0.0,
    .hi = 1.0,
    .sound = proportion_sound,
    .unsound = "mu * kappa and (1 - mu) * kappa must be positive",
    PLAIN_PARTS(proportion),
};
PLAIN_FUNCTIONS(proportion)

const struct xrp_family family_beta_proportion = {
    .names = "beta-proportion",
    .signature = "(beta-proportion mu kappa)",
    .doc = "a number between 0 and 1 with mean mu: (beta (* mu kappa) "
           "(* (- 1 mu) kappa))",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_UNIT,
    PLAIN_SLOTS(proportion),
};

/* ---- kumaraswamy -------------------------------------------------------- */

/* log(1 - x^a), 0 < x < 1. */
static double log_without(double a, double log_x)
{
    return log_rest(a * log_x);
}

static double kumaraswamy_log(const double *p, double x)
{
    double a = p[A], b = p[B];
    if (x == 0.0) return a == 1.0 ? log(b) : -INFINITY;
    if (x == 1.0) return b == 1.0 ? log(a) : -INFINITY;
    double log_x = log(x), rest = log_without(a, log_x);
    /* Where a is tiny, x^a rounds to 1: 1 - x^a is -a log x. */
    if (rest == -INFINITY) rest = log(a) + log(-log_x);
    return log(a) + log(b) + (a - 1.0) * log_x + (b - 1.0) * rest;
}

/* (1 - (1 - u)^(1 / b))^(1 / a), with 1 - u the exponential's e^-t. */
static double kumaraswamy_draw(const double *p, struct random *r)
{
    double log_rest_x = log_rest(-random_exponential(r) / p[B]);
    return unit_draw(exp(log_rest_x / p[A]));
}

static bool kumaraswamy_slope(const double *p, double x, double *d)
{
    double a = p[A], b = p[B];
    if (!(x > 0.0 && x < 1.0)) return false;
    double log_x = log(x), rest = log_without(a, log_x);
    double odds = exp(a * log_x - rest);
    d[0] = (a - 1.0 - (b - 1.0) * a * odds) / x;
    d[1] = 1.0 / a + log_x - (b - 1.0) * odds * log_x;
    d[2] = 1.0 / b + rest;
    return true;
}

/* E x^k = b B(1 + k / a, b). */
static void kumaraswamy_moment(const double *p, double *mean, double *variance)
{
    double log_b = log(p[B]), first = log_b + log_beta(1.0 + 1.0 / p[A], p[B]);
    double second = log_b + log_beta(1.0 + 2.0 / p[A], p[B]);
    *mean = exp(first);
    *variance = exp(2.0 * first) * expm1(second - 2.0 * first);
}

static void kumaraswamy_tails(const double *p, double x, double *below,
                              double *above)
{
    *above = p[B] * log_without(p[A], log(x));
    *below = log_rest(*above);
    if (*below == -INFINITY) *below = log(p[B]) + p[A] * log(x);
}

static void kumaraswamy_tails_slope(const double *p, double x, bool upper,
                                    double tail, double *d)
{
    double a = p[A], b = p[B], log_x = log(x), power = a * log_x;
    double rest = log_without(a, log_x);
    /* By log(1 - x^a), which changes by -a x^a / (1 - x^a) / x with x. */
    double share = upper ? 0.0 : b * rest - tail;
    double odds = b * exp(power - rest + share);
    double log_gone = power < -40.0 ? power : log(-rest);
    d[0] = odds * a / x;
    d[1] = odds * log_x;
    d[2] = exp(log_gone + share);
    if (!upper) return;
    for (int i = 0; i < 3; i++) d[i] = -d[i];
}

static double kumaraswamy_at(const double *p, double log_p, bool upper)
{
    double above = upper ? log_p : log1m_exp(log_p);
    double log_power = log_rest(above / p[B]);
    /* A tiny lower tail: x^a is p / b. */
    if (!upper && log_p < -36.0) log_power = log_p - log(p[B]);
    return exp(log_power / p[A]);
}

static const struct plain kumaraswamy_plain = {
    .rows = beta_rows,
    .count = 2,
    .lo = 0.0,
    .hi = 1.0,
    PLAIN_PARTS(kumaraswamy),
    .quantile = kumaraswamy_at,
};
PLAIN_FUNCTIONS(kumaraswamy)

const struct xrp_family family_kumaraswamy = {
    .names = "kumaraswamy",
    .signature = "(kumaraswamy a b)",
    .doc = "a number between 0 and 1: P(x above) = (1 - x^a)^b",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_UNIT,
    PLAIN_SLOTS(kumaraswamy),
};

/* ---- logit-normal ------------------------------------------------------- */

static const struct parameter logit_rows[] = {{"mu", REAL, 0.0},
                                              {"sd", POSITIVE, 1.0}};

static double logit_z(const double *p, double x)
{
    return standardise(logit(x), p[0], p[1]);
}

static double logit_normal_log(const double *p, double x)
{
    if (!(x > 0.0 && x < 1.0)) return -INFINITY;
    double z = logit_z(p, x);
    return -0.5 * z * z - log(p[1]) - HALF_LOG_2PI - log(x) - log1p(-x);
}

static double logit_normal_draw(const double *p, struct random *r)
{
    return unit_draw(inv_logit(p[0] + p[1] * random_normal(r)));
}

static bool logit_normal_slope(const double *p, double x, double *d)
{
    if (!(x > 0.0 && x < 1.0)) return false;
    double z = logit_z(p, x);
    d[0] = (2.0 * x - 1.0 - z / p[1]) / (x * (1.0 - x));
    d[1] = z / p[1];
    d[2] = (z * z - 1.0) / p[1];
    return true;
}

/* Integrals against the normal density by the trapezoidal rule; for a huge
 * sd the logistic curve is a step to it, with a bend of area 1 / sd. */
static void logit_normal_moment(const double *p, double *mean, double *variance)
{
    double mu = p[0], sd = p[1];
    if (sd > 300.0) {
        double z = mu / sd, share = exp(normal_log_below(z));
        double bend = exp(-0.5 * z * z - HALF_LOG_2PI) / sd;
        *mean = share;
        *variance = share * exp(normal_log_below(-z)) - bend;
        return;
    }
    double step = fmin(0.25, 0.5 / sd), sums[3] = {0.0, 0.0, 0.0};
    int reach = (int)(12.0 / step);
    double centre = inv_logit(mu);
    for (int i = -reach; i <= reach; i++) {
        double z = i * step, w = exp(-0.5 * z * z);
        double d = inv_logit(mu + sd * z) - centre;
        sums[0] += w;
        sums[1] += w * d;
        sums[2] += w * d * d;
    }
    double shift = sums[1] / sums[0];
    *mean = centre + shift;
    *variance = sums[2] / sums[0] - shift * shift;
}

static void logit_normal_tails(const double *p, double x, double *below,
                               double *above)
{
    double z = logit_z(p, x);
    *below = normal_log_below(z);
    *above = normal_log_below(-z);
}

static void logit_normal_tails_slope(const double *p, double x, bool upper,
                                     double tail, double *d)
{
    (void)tail;
    double z = logit_z(p, x);
    double slope = upper ? -1.0 / mills_ratio(z) : 1.0 / mills_ratio(-z);
    put_scaled_tail(d, slope, z, p[1]);
    d[0] /= x * (1.0 - x);
}

static double logit_normal_at(const double *p, double log_p, bool upper)
{
    double z = normal_z(log_p);
    return inv_logit(p[0] + p[1] * (upper ? -z : z));
}

static const struct plain logit_normal_plain = {
    .rows = logit_rows,
    .count = 2,
    .lo = 0.0,
    .hi = 1.0,
    PLAIN_PARTS(logit_normal),
    .quantile = logit_normal_at,
};
PLAIN_FUNCTIONS(logit_normal)

const struct xrp_family family_logit_normal = {
    .names = "logit-normal",
    .signature = "(logit-normal mu sd)",
    .doc = "a number between 0 and 1 whose logit is normal",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_UNIT,
    PLAIN_SLOTS(logit_normal),
};
