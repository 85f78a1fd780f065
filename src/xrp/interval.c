/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Families on a closed interval: uniform, rand, and von-mises, whose values
 * are angles from -pi to pi.
 */
#include <math.h>

#include "base/saddle.h"
#include "base/special.h"
#include "base/tail.h"
#include "xrp/plain.h"

/* ---- uniform ------------------------------------------------------------ */

static const struct parameter uniform_rows[] = {{"lo", REAL, 0.0},
                                                {"hi", REAL, 1.0}};

static bool uniform_sound(const double *p) { return p[0] < p[1]; }

static void uniform_ends(const double *p, double *lo, double *hi)
{
    *lo = p[0];
    *hi = p[1];
}

/* hi - lo may be beyond doubles; half of it is not. */
static double half_width(double lo, double hi) { return 0.5 * hi - 0.5 * lo; }

static double uniform_log(const double *p, double x)
{
    (void)x;
    double width = p[1] - p[0];
    return width < INFINITY ? -log(width)
                            : -log(half_width(p[0], p[1])) - LOG_2;
}

static double uniform_draw(const double *p, struct random *r)
{
    double u = random_unit(r), x = p[0] * (1.0 - u) + p[1] * u;
    return fmin(fmax(x, p[0]), p[1]);
}

static bool uniform_slope(const double *p, double x, double *d)
{
    (void)x;
    d[0] = 0.0;
    d[1] = 0.5 / half_width(p[0], p[1]);
    d[2] = -d[1];
    return true;
}

static void uniform_moment(const double *p, double *mean, double *variance)
{
    double half = half_width(p[0], p[1]);
    *mean = 0.5 * p[0] + 0.5 * p[1];
    *variance = half * half / 3.0;
}

static void uniform_tails(const double *p, double x, double *below,
                          double *above)
{
    double all = half_width(p[0], p[1]);
    *below = log(half_width(p[0], x) / all);
    *above = log(half_width(x, p[1]) / all);
}

static void uniform_tails_slope(const double *p, double x, bool upper,
                                double tail, double *d)
{
    (void)tail;
    double all = 0.5 / half_width(p[0], p[1]);
    d[0] = upper ? -0.5 / half_width(x, p[1]) : 0.5 / half_width(p[0], x);
    d[1] = upper ? all : all - d[0];
    d[2] = upper ? -all - d[0] : -all;
}

static double uniform_at(const double *p, double log_p, bool upper)
{
    double q = exp(log_p), rest = -expm1(log_p);
    return upper ? p[0] * q + p[1] * rest : p[0] * rest + p[1] * q;
}

static const struct plain uniform_plain = {
    .rows = uniform_rows,
    .count = 2,
    .bounds = uniform_ends,
    .sound = uniform_sound,
    .unsound = "lo must be below hi",
    PLAIN_PARTS(uniform),
    .quantile = uniform_at,
};
PLAIN_FUNCTIONS(uniform)

const struct xrp_family family_uniform = {
    .names = "uniform-continuous uniform",
    .signature = "(uniform-continuous lo hi)",
    .doc = "a real number from lo to hi, uniform",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS,
    .support_kind = SUPPORT_INTERVAL,
    PLAIN_SLOTS(uniform),
};

/* ---- rand --------------------------------------------------------------- */

static const double from_0_to_1[2] = {0.0, 1.0};

static double rand_log(const double *p, double x)
{
    (void)p, (void)x;
    return 0.0;
}

static double rand_draw(const double *p, struct random *r)
{
    (void)p;
    return random_unit(r);
}

static bool rand_slope(const double *p, double x, double *d)
{
    (void)p, (void)x;
    d[0] = 0.0;
    return true;
}

static void rand_moment(const double *p, double *mean, double *variance)
{
    (void)p;
    uniform_moment(from_0_to_1, mean, variance);
}

static void rand_tails(const double *p, double x, double *below, double *above)
{
    (void)p;
    uniform_tails(from_0_to_1, x, below, above);
}

static void rand_tails_slope(const double *p, double x, bool upper, double tail,
                             double *d)
{
    (void)p, (void)tail;
    d[0] = upper ? -1.0 / (1.0 - x) : 1.0 / x;
}

static double rand_at(const double *p, double log_p, bool upper)
{
    (void)p;
    return uniform_at(from_0_to_1, log_p, upper);
}

static const struct plain rand_plain = {
    .lo = 0.0,
    .hi = 1.0,
    PLAIN_PARTS(rand),
    .quantile = rand_at,
};
PLAIN_FUNCTIONS(rand)

const struct xrp_family family_rand = {
    .names = "rand",
    .signature = "(rand)",
    .doc = "a real number from 0 to 1, uniform",
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_UNIT,
    PLAIN_SLOTS(rand),
};

/* ---- von-mises ---------------------------------------------------------- */

static const struct parameter angle_rows[] = {{"mu", REAL, 0.0},
                                              {"kappa", AT_LEAST_0, 0.0}};

/* The same angle from -pi to pi. */
static double reduced(double angle) { return remainder(angle, 2.0 * PI); }

/* The cosine less one, without loss near 0. */
static double fall(double angle)
{
    double half = sin(0.5 * angle);
    return -2.0 * half * half;
}

static double angle_log(const double *p, double x)
{
    return p[1] * fall(reduced(x - reduced(p[0]))) - angle_log_norm(p[1]);
}

/* From a wrapped normal that is nowhere narrower: cos t - 1 <= -2 t^2 / pi^2
 * for all angles; for a small kappa from the uniform one. */
static double angle_draw(const double *p, struct random *r)
{
    double mu = reduced(p[0]), kappa = p[1], t, excess;
    double sd = 0.5 * PI / sqrt(kappa);
    do {
        if (kappa < 1.5) {
            t = PI * (2.0 * random_unit(r) - 1.0);
            excess = kappa * fall(t);
        } else {
            t = sd * random_normal(r);
            excess = kappa * (fall(t) + 2.0 * t * t / (PI * PI));
        }
    } while (fabs(t) > PI || random_exponential(r) < -excess);
    return fmin(fmax(reduced(mu + t), -PI), PI);
}

static bool angle_slope(const double *p, double x, double *d)
{
    double t = reduced(x - reduced(p[0]));
    d[0] = -p[1] * sin(t);
    d[1] = -d[0];
    d[2] = fall(t) + angle_spread(p[1]);
    return true;
}

static void angle_tails(const double *p, double x, double *below, double *above)
{
    double mu = reduced(p[0]);
    *below = fmin(angle_mass(-PI - mu, x - mu, p[1]).log_mass, 0.0);
    *above = fmin(angle_mass(x - mu, PI - mu, p[1]).log_mass, 0.0);
    if (*below < *above)
        *above = log_rest(*below);
    else
        *below = log_rest(*above);
}

/* A change of mu turns mass over both ends of the tail. */
static void angle_tails_slope(const double *p, double x, bool upper,
                              double tail, double *d)
{
    double mu = reduced(p[0]);
    double at_x = exp(angle_log(p, x) - tail);
    d[0] = upper ? -at_x : at_x;
    /* The density at pi less that at x: its logarithms' difference first. */
    double turn = -2.0 * sin(0.5 * (PI + x) - mu) * sin(0.5 * (PI - x));
    d[1] = p[1] * turn < 1.0 ? at_x * expm1(p[1] * turn)
                             : exp(angle_log(p, PI) - tail) - at_x;
    if (upper) d[1] = -d[1];
    double other = upper ? angle_mass(-PI - mu, x - mu, p[1]).log_mass
                         : angle_mass(x - mu, PI - mu, p[1]).log_mass;
    /* From the smaller side: in the larger the score nearly cancels. */
    bool below = upper == (other < tail);
    struct tail part = below ? angle_mass(-PI - mu, x - mu, p[1])
                             : angle_mass(x - mu, PI - mu, p[1]);
    d[2] = other < tail ? -exp(other - tail) * part.score[0] : part.score[0];
}

/* Of the numbers from -pi to pi, not of the circle: near mu and near where
 * the turns before and after have it, by Simpson's rule. */
static void angle_moment(const double *p, double *mean, double *variance)
{
    enum { PANELS = 4000 };
    double mu = reduced(p[0]), sums[3] = {0.0, 0.0, 0.0};
    double reach = p[1] > 200.0 ? 45.0 / sqrt(p[1]) : PI;
    for (int turn = -1; turn <= 1; turn++) {
        double centre = mu + 2.0 * PI * turn;
        double from = fmax(centre - reach, -PI), to = fmin(centre + reach, PI);
        double step = (to - from) / PANELS;
        for (int i = 0; i <= PANELS && step > 0.0; i++) {
            double x = from + i * step, d = x - mu;
            double weight = i % 2 ? 4.0 : i == 0 || i == PANELS ? 1.0 : 2.0;
            double w = step * weight * exp(p[1] * fall(x - centre));
            sums[0] += w;
            sums[1] += w * d;
            sums[2] += w * d * d;
        }
    }
    double shift = sums[1] / sums[0];
    *mean = mu + shift;
    *variance = sums[2] / sums[0] - shift * shift;
}

static const struct plain angle_plain = {
    .rows = angle_rows,
    .count = 2,
    .lo = -PI,
    .hi = PI,
    PLAIN_PARTS(angle),
};
PLAIN_FUNCTIONS(angle)

const struct xrp_family family_von_mises = {
    .names = "von-mises",
    .signature = "(von-mises mu kappa)",
    .doc = "an angle from -pi to pi, around mu with concentration kappa; "
           "uniform for kappa 0",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_ANGLE,
    PLAIN_SLOTS(angle),
};
