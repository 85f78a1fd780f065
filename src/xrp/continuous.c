/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Families on the real line with a location and a scale: normal, cauchy,
 * laplace, logistic, gumbel. Throughout z = (x - loc) / scale.
 */
#include "xrp/plain.h"

#include "base/saddle.h"
#include "base/special.h"
#include "base/tail.h"

enum { LOC, SCALE };

static double z_of(const double *p, double x)
{
    return standardise(x, p[LOC], p[SCALE]);
}

/* ---- normal ------------------------------------------------------------- */

static const struct parameter normal_rows[] = {{"mu", REAL, 0.0},
                                               {"sd", POSITIVE, 1.0}};

/* Most scales that are written down are 1, whose log is 0. */
static double normal_log(const double *p, double x)
{
    double z = z_of(p, x), log_scale = p[SCALE] == 1.0 ? 0.0 : log(p[SCALE]);
    return -0.5 * z * z - log_scale - HALF_LOG_2PI;
}

static double normal_draw(const double *p, struct random *r)
{
    return real_draw(p[LOC] + p[SCALE] * random_normal(r));
}

static bool normal_slope(const double *p, double x, double *d)
{
    double z = z_of(p, x);
    d[0] = -z / p[SCALE];
    d[1] = z / p[SCALE];
    d[2] = (z * z - 1.0) / p[SCALE];
    return true;
}

static void normal_moment(const double *p, double *mean, double *variance)
{
    *mean = p[LOC];
    *variance = p[SCALE] * p[SCALE];
}

static void normal_tails(const double *p, double x, double *below,
                         double *above)
{
    double z = z_of(p, x);
    *below = normal_log_below(z);
    *above = normal_log_below(-z);
}

static void normal_tails_slope(const double *p, double x, bool upper,
                               double tail, double *d)
{
    (void)tail;
    double z = z_of(p, x);
    double slope = upper ? -1.0 / mills_ratio(z) : 1.0 / mills_ratio(-z);
    put_scaled_tail(d, slope, z, p[SCALE]);
}

static double normal_at(const double *p, double log_p, bool upper)
{
    double z = normal_z(log_p);
    return p[LOC] + p[SCALE] * (upper ? -z : z);
}

static const struct plain normal_plain = {
    .rows = normal_rows,
    .count = 2,
    .lo = -INFINITY,
    .hi = INFINITY,
    PLAIN_PARTS(normal),
    .quantile = normal_at,
};
PLAIN_FUNCTIONS(normal)

const struct xrp_family family_normal = {
    .names = "normal gaussian",
    .signature = "(normal [mu = 0] [sd = 1])",
    .doc = "a real number with mean mu and standard deviation sd",
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_REAL,
    PLAIN_SLOTS(normal),
};

/* ---- cauchy ------------------------------------------------------------- */

static const struct parameter scaled_rows[] = {{"loc", REAL, 0.0},
                                               {"scale", POSITIVE, 1.0}};

/* log(1 + z^2) */
static double log1p_square(double z)
{
    return fabs(z) < 1e150 ? log1p(z * z) : 2.0 * log(fabs(z));
}

static double cauchy_log(const double *p, double x)
{
    return -log(PI) - log(p[SCALE]) - log1p_square(z_of(p, x));
}

/* A quotient of normals: no tangent loses its poles. */
static double cauchy_draw(const double *p, struct random *r)
{
    double top = random_normal(r), bottom = random_normal(r);
    return real_draw(p[LOC] + p[SCALE] * (top / bottom));
}

static bool cauchy_slope(const double *p, double x, double *d)
{
    double z = z_of(p, x);
    double slope = fabs(z) > 1e150 ? -2.0 / z : -2.0 * z / (1.0 + z * z);
    double share = fabs(z) > 1e150 ? 1.0 : 1.0 - 2.0 / (1.0 + z * z);
    put_scaled(d, slope, z, p[SCALE]);
    /* (z^2 - 1) / (z^2 + 1) */
    d[2] = share / p[SCALE];
    return true;
}

static void cauchy_moment(const double *p, double *mean, double *variance)
{
    (void)p;
    *mean = *variance = NAN;
}

static void cauchy_tails(const double *p, double x, double *below,
                         double *above)
{
    double z = z_of(p, x), low = atan2(1.0, -z) / PI, high = atan2(1.0, z) / PI;
    *below = z > 0.0 ? log1p(-high) : log(low);
    *above = z < 0.0 ? log1p(-low) : log(high);
}

static void cauchy_tails_slope(const double *p, double x, bool upper,
                               double tail, double *d)
{
    double z = z_of(p, x), slope = exp(-log1p_square(z) - tail) / PI;
    put_scaled_tail(d, upper ? -slope : slope, z, p[SCALE]);
}

/* -cot(pi q) is the lower quantile; from the smaller tail. */
static double cauchy_at(const double *p, double log_p, bool upper)
{
    bool swap = log_p > -LOG_2;
    double q = exp(swap ? log1m_exp(log_p) : log_p);
    double z = 1.0 / tan(PI * q);
    return p[LOC] + p[SCALE] * (upper == swap ? -z : z);
}

static const struct plain cauchy_plain = {
    .rows = scaled_rows,
    .count = 2,
    .lo = -INFINITY,
    .hi = INFINITY,
    PLAIN_PARTS(cauchy),
    .quantile = cauchy_at,
};
PLAIN_FUNCTIONS(cauchy)

const struct xrp_family family_cauchy = {
    .names = "cauchy",
    .signature = "(cauchy [loc = 0] [scale = 1])",
    .doc = "a real number with median loc and quartiles loc -+ scale; it has "
           "no mean",
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_REAL,
    PLAIN_SLOTS(cauchy),
};

/* ---- laplace ------------------------------------------------------------ */

static double laplace_log(const double *p, double x)
{
    return -fabs(z_of(p, x)) - log(p[SCALE]) - LOG_2;
}

static double laplace_draw(const double *p, struct random *r)
{
    double sign = random_bits(r) >> 63 ? 1.0 : -1.0;
    return real_draw(p[LOC] + sign * p[SCALE] * random_exponential(r));
}

/* At the peak there is no slope; 0 is between those of its sides. */
static bool laplace_slope(const double *p, double x, double *d)
{
    double z = z_of(p, x);
    return put_scaled(d, (z < 0.0) - (z > 0.0), z, p[SCALE]);
}

static void laplace_moment(const double *p, double *mean, double *variance)
{
    *mean = p[LOC];
    *variance = 2.0 * p[SCALE] * p[SCALE];
}

static void laplace_tails(const double *p, double x, double *below,
                          double *above)
{
    double z = z_of(p, x), small = -fabs(z) - LOG_2;
    double large = log1p(-0.5 * exp(-fabs(z)));
    *below = z < 0.0 ? small : large;
    *above = z < 0.0 ? large : small;
}

static void laplace_tails_slope(const double *p, double x, bool upper,
                                double tail, double *d)
{
    double z = z_of(p, x), slope = exp(-fabs(z) - LOG_2 - tail);
    put_scaled_tail(d, upper ? -slope : slope, z, p[SCALE]);
}

static double laplace_at(const double *p, double log_p, bool upper)
{
    double z = log_p > -LOG_2 ? -log1m_exp(log_p) - LOG_2 : log_p + LOG_2;
    return p[LOC] + p[SCALE] * (upper ? -z : z);
}

static const struct plain laplace_plain = {
    .rows = scaled_rows,
    .count = 2,
    .lo = -INFINITY,
    .hi = INFINITY,
    PLAIN_PARTS(laplace),
    .quantile = laplace_at,
};
PLAIN_FUNCTIONS(laplace)

const struct xrp_family family_laplace = {
    .names = "laplace double-exponential",
    .signature = "(laplace [loc = 0] [scale = 1])",
    .doc = "a real number, exponential to both sides of loc; sd is "
           "sqrt(2) * scale",
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_REAL,
    PLAIN_SLOTS(laplace),
};

/* ---- logistic ----------------------------------------------------------- */

static double logistic_log(const double *p, double x)
{
    double far = fabs(z_of(p, x));
    return -far - 2.0 * log1p(exp(-far)) - log(p[SCALE]);
}

static double logistic_draw(const double *p, struct random *r)
{
    double log_odds = log(random_exponential(r) / random_exponential(r));
    return real_draw(p[LOC] + p[SCALE] * log_odds);
}

static bool logistic_slope(const double *p, double x, double *d)
{
    double z = z_of(p, x);
    return put_scaled(d, -tanh(0.5 * z), z, p[SCALE]);
}

static void logistic_moment(const double *p, double *mean, double *variance)
{
    *mean = p[LOC];
    *variance = p[SCALE] * p[SCALE] * (PI * PI / 3.0);
}

static void logistic_tails(const double *p, double x, double *below,
                           double *above)
{
    double z = z_of(p, x);
    *below = -softplus(-z);
    *above = -softplus(z);
}

static void logistic_tails_slope(const double *p, double x, bool upper,
                                 double tail, double *d)
{
    (void)tail;
    double z = z_of(p, x);
    put_scaled_tail(d, upper ? -inv_logit(z) : inv_logit(-z), z, p[SCALE]);
}

static double logistic_at(const double *p, double log_p, bool upper)
{
    double z = log_p - log1m_exp(log_p);
    return p[LOC] + p[SCALE] * (upper ? -z : z);
}

static const struct plain logistic_plain = {
    .rows = scaled_rows,
    .count = 2,
    .lo = -INFINITY,
    .hi = INFINITY,
    PLAIN_PARTS(logistic),
    .quantile = logistic_at,
};
PLAIN_FUNCTIONS(logistic)

const struct xrp_family family_logistic = {
    .names = "logistic",
    .signature = "(logistic [loc = 0] [scale = 1])",
    .doc = "a real number: (x - loc) / scale is the logit of a uniform one",
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_REAL,
    PLAIN_SLOTS(logistic),
};

/* ---- gumbel ------------------------------------------------------------- */

static double gumbel_log(const double *p, double x)
{
    double z = z_of(p, x), e = exp(-z);
    return e < INFINITY ? -z - e - log(p[SCALE]) : -INFINITY;
}

static double gumbel_draw(const double *p, struct random *r)
{
    return real_draw(p[LOC] - p[SCALE] * log(random_exponential(r)));
}

static bool gumbel_slope(const double *p, double x, double *d)
{
    double z = z_of(p, x);
    return put_scaled(d, expm1(-z), z, p[SCALE]);
}

static void gumbel_moment(const double *p, double *mean, double *variance)
{
    *mean = p[LOC] + EULER_GAMMA * p[SCALE];
    *variance = p[SCALE] * p[SCALE] * (PI * PI / 6.0);
}

static void gumbel_tails(const double *p, double x, double *below,
                         double *above)
{
    double z = z_of(p, x);
    *below = -exp(-z);
    *above = z > 40.0 ? -z : log_rest(*below);
}

static void gumbel_tails_slope(const double *p, double x, bool upper,
                               double tail, double *d)
{
    double z = z_of(p, x), e = exp(-z), slope = e;
    if (upper) slope = e < INFINITY ? -exp(-z - e - tail) : 0.0;
    put_scaled_tail(d, slope, z, p[SCALE]);
}

static double gumbel_at(const double *p, double log_p, bool upper)
{
    if (!upper) return p[LOC] - p[SCALE] * log(-log_p);
    /* -log1m_exp(log_p) is e^log_p where that is small. */
    double log_y = log_p < -40.0 ? log_p : log(-log1m_exp(log_p));
    return p[LOC] - p[SCALE] * log_y;
}

static const struct plain gumbel_plain = {
    .rows = scaled_rows,
    .count = 2,
    .lo = -INFINITY,
    .hi = INFINITY,
    PLAIN_PARTS(gumbel),
    .quantile = gumbel_at,
};
PLAIN_FUNCTIONS(gumbel)

const struct xrp_family family_gumbel = {
    .names = "gumbel",
    .signature = "(gumbel [loc = 0] [scale = 1])",
    .doc = "a real number, as maxima are: P(x below) = "
           "exp(-exp(-(x - loc) / scale))",
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_REAL,
    PLAIN_SLOTS(gumbel),
};
