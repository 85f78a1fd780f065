/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * skew-normal (Azzalini 1985): density 2 phi(z) Phi(alpha z) / scale at z =
 * (x - loc) / scale.
 */
#include <math.h>

#include "base/saddle.h"
#include "base/special.h"
#include "base/tail.h"
#include "xrp/plain.h"

static const struct parameter skew_rows[] = {
    {"loc", REAL, 0.0}, {"scale", POSITIVE, 1.0}, {"alpha", REAL, 0.0}};

/* log phi(z) + log Phi(alpha z), apart from constants; their squares are
 * taken together far out. */
static double skew_log(const double *p, double x)
{
    double z = standardise(x, p[0], p[1]), lean = p[2] * z;
    double out = LOG_2 - HALF_LOG_2PI - log(p[1]);
    if (lean < -5.0)
        return out - HALF_LOG_2PI + log(mills_ratio(-lean)) -
               0.5 * (z * z + lean * lean);
    return out - 0.5 * z * z + normal_log_below(lean);
}

/* A normal one that is reflected where another is above it. */
static double skew_draw(const double *p, struct random *r)
{
    double z = random_normal(r);
    if (random_normal(r) > p[2] * z) z = -z;
    return real_draw(p[0] + p[1] * z);
}

static bool skew_slope(const double *p, double x, double *d)
{
    double z = standardise(x, p[0], p[1]);
    double pull = 1.0 / mills_ratio(-p[2] * z);
    put_scaled(d, p[2] * pull - z, z, p[1]);
    d[3] = z * pull;
    return true;
}

static void skew_moment(const double *p, double *mean, double *variance)
{
    double delta = p[2] / hypot(1.0, p[2]), unit = delta * sqrt(2.0 / PI);
    *mean = p[0] + p[1] * unit;
    *variance = p[1] * p[1] * (1.0 - unit * unit);
}

static void skew_tail_pair(const double *p, double x, double *below,
                           double *above)
{
    skew_tails(standardise(x, p[0], p[1]), p[2], below, above);
}

/* By alpha: dP(Z <= z) = -exp(-z^2 (1 + alpha^2) / 2) / (pi (1 + alpha^2)),
 * from Owen's T. */
static void skew_tails_slope(const double *p, double x, bool upper, double tail,
                             double *d)
{
    double z = standardise(x, p[0], p[1]), sign = upper ? -1.0 : 1.0;
    double slope = exp(skew_log(p, x) + log(p[1]) - tail);
    double wide = hypot(1.0, p[2]), far = z * wide;
    put_scaled_tail(d, sign * slope, z, p[1]);
    d[3] = -sign * exp(-0.5 * far * far - log(PI) - 2.0 * log(wide) - tail);
}

static const struct plain skew_plain = {
    .rows = skew_rows,
    .count = 3,
    .lo = -INFINITY,
    .hi = INFINITY,
    .log = skew_log,
    .draw = skew_draw,
    .slope = skew_slope,
    .moments = skew_moment,
    .tails = skew_tail_pair,
    .tails_slope = skew_tails_slope,
};
PLAIN_FUNCTIONS(skew)

const struct xrp_family family_skew_normal = {
    .names = "skew-normal",
    .signature = "(skew-normal [loc = 0] [scale = 1] [alpha = 0])",
    .doc = "a real number, normal for alpha 0, leaning to the right for a "
           "positive alpha",
    .max = 3,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_REAL,
    PLAIN_SLOTS(skew),
};
