/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Gamma and its kin: gamma, inverse-gamma, chi-squared, exponential. A point
 * where the density is infinite is refused (log density -inf); draws are at
 * least DBL_MIN.
 */
#include <math.h>

#include "base/saddle.h"
#include "base/special.h"
#include "base/tail.h"
#include "xrp/plain.h"

/* ---- gamma -------------------------------------------------------------- */

static const struct parameter gamma_rows[] = {{"shape", POSITIVE, 0.0},
                                              {"scale", POSITIVE, 0.0}};

enum { SHAPE, SCALE };

static double gamma_log(const double *p, double x)
{
    double shape = p[SHAPE], scale = p[SCALE], y = x / scale;
    if (x == 0.0) return shape == 1.0 ? -log(scale) : -INFINITY;
    if (shape >= STIRLING_FROM && y > 1e-300 && y < INFINITY)
        return gamma_kernel(shape, y) - log(x);
    return (shape - 1.0) * log_ratio(x, scale) - y - log_gamma(shape) -
           log(scale);
}

static double gamma_draw(const double *p, struct random *r)
{
    double shape = p[SHAPE], scale = p[SCALE];
    double x = shape >= 1.0 ? scale * random_gamma(r, shape)
                            : exp(log(scale) + random_log_gamma(r, shape));
    return positive_draw(x);
}

static bool gamma_slope(const double *p, double x, double *d)
{
    double shape = p[SHAPE], scale = p[SCALE];
    if (!(x > 0.0)) return false;
    d[0] = (shape - 1.0) / x - 1.0 / scale;
    d[1] = log_ratio(x, scale) - digamma(shape);
    d[2] = (x / scale - shape) / scale;
    return true;
}

static void gamma_moment(const double *p, double *mean, double *variance)
{
    *mean = p[SHAPE] * p[SCALE];
    *variance = *mean * p[SCALE];
}

static void gamma_tail_pair(const double *p, double x, double *below,
                            double *above)
{
    gamma_tails(p[SHAPE], x / p[SCALE], log_ratio(x, p[SCALE]), below, above);
}

/* By the scale it is -x / scale times that by x. */
static void gamma_tails_slope(const double *p, double x, bool upper,
                              double tail, double *d)
{
    double slope = exp(gamma_log(p, x) - tail), y = x / p[SCALE];
    d[0] = upper ? -slope : slope;
    d[1] = gamma_tails_by_shape(p[SHAPE], y, log_ratio(x, p[SCALE]), upper);
    d[2] = -y * d[0];
}

static const struct plain gamma_plain = {
    .rows = gamma_rows,
    .count = 2,
    .lo = 0.0,
    .hi = INFINITY,
    .log = gamma_log,
    .draw = gamma_draw,
    .slope = gamma_slope,
    .moments = gamma_moment,
    .tails = gamma_tail_pair,
    .tails_slope = gamma_tails_slope,
};
PLAIN_FUNCTIONS(gamma)

const struct xrp_family family_gamma = {
    .names = "gamma",
    .signature = "(gamma shape scale)",
    .doc = "a positive number with mean shape * scale",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_POSITIVE,
    PLAIN_SLOTS(gamma),
};

/* ---- inverse-gamma ------------------------------------------------------ */

static double inverse_log(const double *p, double x)
{
    double shape = p[SHAPE], scale = p[SCALE], y = scale / x;
    if (y == INFINITY) return -INFINITY;
    if (shape >= STIRLING_FROM && y > 1e-300)
        return gamma_kernel(shape, y) - log(x);
    return (shape + 1.0) * log_ratio(scale, x) - y - log_gamma(shape) -
           log(scale);
}

static double inverse_draw(const double *p, struct random *r)
{
    double shape = p[SHAPE], scale = p[SCALE];
    double x = shape >= 1.0 ? scale / random_gamma(r, shape)
                            : exp(log(scale) - random_log_gamma(r, shape));
    return positive_draw(x);
}

static bool inverse_slope(const double *p, double x, double *d)
{
    double shape = p[SHAPE], scale = p[SCALE];
    if (!(x > 0.0)) return false;
    d[0] = (scale / x - (shape + 1.0)) / x;
    d[1] = log_ratio(scale, x) - digamma(shape);
    d[2] = shape / scale - 1.0 / x;
    return true;
}

static void inverse_moment(const double *p, double *mean, double *variance)
{
    double above = p[SHAPE] - 1.0;
    *mean = above > 0.0 ? p[SCALE] / above : INFINITY;
    *variance = above > 1.0 ? *mean * *mean / (above - 1.0) : INFINITY;
}

static void inverse_tails(const double *p, double x, double *below,
                          double *above)
{
    gamma_tails(p[SHAPE], p[SCALE] / x, log_ratio(p[SCALE], x), above, below);
}

static void inverse_tails_slope(const double *p, double x, bool upper,
                                double tail, double *d)
{
    double slope = exp(inverse_log(p, x) - tail);
    d[0] = upper ? -slope : slope;
    d[1] = gamma_tails_by_shape(p[SHAPE], p[SCALE] / x, log_ratio(p[SCALE], x),
                                !upper);
    d[2] = -(x / p[SCALE]) * d[0];
}

static const struct plain inverse_plain = {
    .rows = gamma_rows,
    .count = 2,
    .lo = 0.0,
    .hi = INFINITY,
    PLAIN_PARTS(inverse),
};
PLAIN_FUNCTIONS(inverse)

const struct xrp_family family_inverse_gamma = {
    .names = "inverse-gamma inv-gamma",
    .signature = "(inverse-gamma shape scale)",
    .doc = "a positive number: 1 / x is gamma with this shape and scale "
           "1 / scale",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_POSITIVE,
    PLAIN_SLOTS(inverse),
};

/* ---- chi-squared -------------------------------------------------------- */

static const struct parameter chi_rows[] = {{"dof", POSITIVE, 0.0}};

/* A gamma of shape dof / 2 and scale 2. */
struct as_gamma {
    double p[2];
};
static struct as_gamma chi(const double *p)
{
    return (struct as_gamma){{0.5 * p[0], 2.0}};
}

static double chi_log(const double *p, double x)
{
    return gamma_log(chi(p).p, x);
}

static double chi_draw(const double *p, struct random *r)
{
    return gamma_draw(chi(p).p, r);
}

static bool chi_slope(const double *p, double x, double *d)
{
    double whole[3];
    if (!gamma_slope(chi(p).p, x, whole)) return false;
    d[0] = whole[0];
    d[1] = 0.5 * whole[1];
    return true;
}

static void chi_moment(const double *p, double *mean, double *variance)
{
    *mean = p[0];
    *variance = 2.0 * p[0];
}

static void chi_tails(const double *p, double x, double *below, double *above)
{
    gamma_tail_pair(chi(p).p, x, below, above);
}

static void chi_tails_slope(const double *p, double x, bool upper, double tail,
                            double *d)
{
    double whole[3];
    gamma_tails_slope(chi(p).p, x, upper, tail, whole);
    d[0] = whole[0];
    d[1] = 0.5 * whole[1];
}

/* Half of the least double is 0, and no shape. */
static bool chi_sound(const double *p) { return 0.5 * p[0] > 0.0; }

static const struct plain chi_plain = {
    .rows = chi_rows,
    .count = 1,
    .lo = 0.0,
    .hi = INFINITY,
    .sound = chi_sound,
    .unsound = "dof must be above the least of numbers",
    PLAIN_PARTS(chi),
};
PLAIN_FUNCTIONS(chi)

const struct xrp_family family_chi_squared = {
    .names = "chi-squared",
    .signature = "(chi-squared dof)",
    .doc = "a positive number: the sum of dof squares of standard normal ones; "
           "dof need not be whole",
    .min = 1,
    .max = 1,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_POSITIVE,
    PLAIN_SLOTS(chi),
};

/* ---- exponential -------------------------------------------------------- */

static const struct parameter exponential_rows[] = {{"rate", POSITIVE, 1.0}};

static double exponential_log(const double *p, double x)
{
    return log(p[0]) - p[0] * x;
}

static double exponential_draw(const double *p, struct random *r)
{
    return positive_draw(random_exponential(r) / p[0]);
}

static bool exponential_slope(const double *p, double x, double *d)
{
    d[0] = -p[0];
    d[1] = 1.0 / p[0] - x;
    return true;
}

static void exponential_moment(const double *p, double *mean, double *variance)
{
    *mean = 1.0 / p[0];
    *variance = *mean * *mean;
}

static void exponential_tails(const double *p, double x, double *below,
                              double *above)
{
    *above = -p[0] * x;
    *below = log_rest(*above);
}

static void exponential_tails_slope(const double *p, double x, bool upper,
                                    double tail, double *d)
{
    d[0] = -p[0];
    d[1] = -x;
    if (!upper) turn_slopes(d, 2, -p[0] * x, tail);
}

static double exponential_at(const double *p, double log_p, bool upper)
{
    return -(upper ? log_p : log1m_exp(log_p)) / p[0];
}

static const struct plain exponential_plain = {
    .rows = exponential_rows,
    .count = 1,
    .lo = 0.0,
    .hi = INFINITY,
    PLAIN_PARTS(exponential),
    .quantile = exponential_at,
};
PLAIN_FUNCTIONS(exponential)

const struct xrp_family family_exponential = {
    .names = "exponential",
    .signature = "(exponential rate)",
    .doc = "a positive number with mean 1 / rate",
    .min = 1,
    .max = 1,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_POSITIVE,
    PLAIN_SLOTS(exponential),
};
