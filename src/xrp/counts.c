/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Counts: poisson, poisson-log, binomial, binomial-logit, geometric.
 * Probabilities in the forms of base/saddle.h, right for a mean of 1e9 and
 * an n of 1e12; the log and logit forms start from the log side, and stay
 * right where the mean or the probability is no double. Tails are those of
 * gamma and beta variables.
 */
#include <math.h>

#include "base/saddle.h"
#include "base/special.h"
#include "base/tail.h"
#include "xrp/counts.h"
#include "xrp/plain.h"

/* The derivative of n log x, where 0 log 0 is 0. */
static double slope_of(double n, double x) { return n == 0.0 ? 0.0 : n / x; }

/* ---- poisson ------------------------------------------------------------ */

static const struct parameter poisson_rows[] = {{"mean", AT_LEAST_0, 0.0}};

double poisson_draw(struct random *r, double mean)
{
    /* Beyond 1e17 neighbouring doubles are 16 apart or more, and the normal
     * limit is off by less than one in 1e8. */
    double k = mean < 1e17 ? (double)random_poisson(r, mean)
                           : floor(mean + sqrt(mean) * random_normal(r));
    return real_draw(k);
}

static double mean_log(const double *p, double k)
{
    if (p[0] == 0.0) return k == 0.0 ? 0.0 : -INFINITY;
    return poisson_log(k, p[0]);
}

static double mean_draw(const double *p, struct random *r)
{
    return poisson_draw(r, p[0]);
}

static bool mean_slope(const double *p, double k, double *d)
{
    d[1] = slope_of(k, p[0]) - 1.0;
    return true;
}

static void mean_moment(const double *p, double *mean, double *variance)
{
    *mean = *variance = p[0];
}

/* k or fewer, when the (k + 1)-th of unit exponentials comes after. */
static void mean_tails(const double *p, double k, double *below, double *above)
{
    gamma_tails(k + 1.0, p[0], log(p[0]), above, below);
}

static void mean_tails_slope(const double *p, double k, bool upper, double tail,
                             double *d)
{
    double slope = exp(mean_log(p, k) - tail);
    d[1] = upper ? slope : -slope;
}

static const struct plain poisson_plain = {
    .rows = poisson_rows,
    .count = 1,
    .kind = PLAIN_WHOLE,
    .lo = 0.0,
    .hi = INFINITY,
    PLAIN_PARTS(mean),
};
PLAIN_FUNCTIONS(poisson)

const struct xrp_family family_poisson = {
    .names = "poisson",
    .signature = "(poisson mean)",
    .doc = "a count with this mean",
    .min = 1,
    .max = 1,
    .flags = XRP_RESCORES | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_COUNTS,
    PLAIN_SLOTS(poisson),
};

/* ---- poisson-log -------------------------------------------------------- */

static const struct parameter poisson_log_rows[] = {{"log-mean", REAL, 0.0}};

static double eta_log(const double *p, double k)
{
    double mean = exp(p[0]);
    if (k == 0.0) return -mean;
    if (mean == INFINITY) return -INFINITY;
    return mean > 1e-300 ? poisson_log(k, mean)
                         : k * p[0] - mean - log_gamma(k + 1.0);
}

static double eta_draw(const double *p, struct random *r)
{
    return poisson_draw(r, real_draw(exp(p[0])));
}

static bool eta_slope(const double *p, double k, double *d)
{
    d[1] = k - exp(p[0]);
    return true;
}

static void eta_moment(const double *p, double *mean, double *variance)
{
    *mean = *variance = exp(p[0]);
}

static void eta_tails(const double *p, double k, double *below, double *above)
{
    gamma_tails(k + 1.0, exp(p[0]), p[0], above, below);
}

static void eta_tails_slope(const double *p, double k, bool upper, double tail,
                            double *d)
{
    double slope = exp(eta_log(p, k) + p[0] - tail);
    d[1] = upper ? slope : -slope;
}

static const struct plain poisson_log_plain = {
    .rows = poisson_log_rows,
    .count = 1,
    .kind = PLAIN_WHOLE,
    .lo = 0.0,
    .hi = INFINITY,
    PLAIN_PARTS(eta),
};
PLAIN_FUNCTIONS(poisson_log)

const struct xrp_family family_poisson_log = {
    .names = "poisson-log",
    .signature = "(poisson-log log-mean)",
    .doc = "a count with mean e^log-mean",
    .min = 1,
    .max = 1,
    .flags = XRP_RESCORES | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_COUNTS,
    PLAIN_SLOTS(poisson_log),
};

/* ---- binomial ----------------------------------------------------------- */

static const struct parameter binomial_rows[] = {{"n", WHOLE_AT_LEAST_0, 0.0},
                                                 {"p", PROBABILITY, 0.0}};

enum { N, P, LOGIT = P };

static void to_n(const double *p, double *lo, double *hi)
{
    *lo = 0.0;
    *hi = p[N];
}

static double share_log(const double *p, double k)
{
    if (p[P] == 0.0 || p[P] == 1.0) return k == p[N] * p[P] ? 0.0 : -INFINITY;
    return binomial_log(k, p[N], p[P]);
}

static double share_draw(const double *p, struct random *r)
{
    return (double)random_binomial(r, (int64_t)p[N], p[P]);
}

static bool share_slope(const double *p, double k, double *d)
{
    d[2] = slope_of(k, p[P]) - slope_of(p[N] - k, 1.0 - p[P]);
    return true;
}

static void share_moment(const double *p, double *mean, double *variance)
{
    *mean = p[N] * p[P];
    *variance = *mean * (1.0 - p[P]);
}

/* At most k of n uniforms are below p when the (k + 1)-th of them, a
 * beta(k + 1, n - k) variable, is above. */
static void share_tails(const double *p, double k, double *below, double *above)
{
    beta_tails(k + 1.0, p[N] - k, unit_at(p[P]), above, below);
}

static void share_tails_slope(const double *p, double k, bool upper,
                              double tail, double *d)
{
    /* (n - k) / (1 - p) times the probability of k, but p = 1 is no end. */
    double slope = p[N] - k;
    slope *= exp(p[P] == 1.0 ? (k == p[N] - 1.0 ? log(p[N]) - tail : -INFINITY)
                             : share_log(p, k) - log1p(-p[P]) - tail);
    d[2] = upper ? slope : -slope;
}

static const struct plain binomial_plain = {
    .rows = binomial_rows,
    .count = 2,
    .kind = PLAIN_WHOLE,
    .bounds = to_n,
    PLAIN_PARTS(share),
};
PLAIN_FUNCTIONS(binomial)

static bool binomial_enumerate(const struct xrp_site *s, value *list)
{
    double p[PLAIN_MAX];
    return plain_read(&binomial_plain, s, p) &&
           enumerate_below(p[N] + 1.0, list);
}

const struct xrp_family family_binomial = {
    .names = "binomial",
    .signature = "(binomial n p)",
    .doc = "how many of n flips of probability p are true; 0 to n",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES,
    .support_kind = SUPPORT_COUNTS,
    .enumerate = binomial_enumerate,
    PLAIN_SLOTS(binomial),
};

/* ---- binomial-logit ----------------------------------------------------- */

static const struct parameter logit_rows[] = {{"n", WHOLE_AT_LEAST_0, 0.0},
                                              {"logit", REAL, 0.0}};

static double logit_log(const double *p, double k)
{
    double n = p[N];
    struct unit_point at = unit_at_logit(p[LOGIT]);
    if (k == 0.0) return n == 0.0 ? 0.0 : n * at.log_y;
    if (k == n) return n * at.log_x;
    if (at.x > 1e-300 && at.y > 1e-300)
        return binomial_core(k, n - k, at.x, at.y);
    return log_choose(n, k) + k * at.log_x + (n - k) * at.log_y;
}

/* The rarer of the two is drawn: its probability has all its digits. */
static double logit_draw(const double *p, struct random *r)
{
    double rare = inv_logit(-fabs(p[LOGIT]));
    double k = (double)random_binomial(r, (int64_t)p[N], rare);
    return p[LOGIT] > 0.0 ? p[N] - k : k;
}

static bool logit_slope(const double *p, double k, double *d)
{
    d[2] = k * inv_logit(-p[LOGIT]) - (p[N] - k) * inv_logit(p[LOGIT]);
    return true;
}

static void logit_moment(const double *p, double *mean, double *variance)
{
    *mean = p[N] * inv_logit(p[LOGIT]);
    *variance = *mean * inv_logit(-p[LOGIT]);
}

static void logit_tails(const double *p, double k, double *below, double *above)
{
    beta_tails(k + 1.0, p[N] - k, unit_at_logit(p[LOGIT]), above, below);
}

static void logit_tails_slope(const double *p, double k, bool upper,
                              double tail, double *d)
{
    double slope =
        (p[N] - k) * exp(logit_log(p, k) - softplus(-p[LOGIT]) - tail);
    d[2] = upper ? slope : -slope;
}

static const struct plain binomial_logit_plain = {
    .rows = logit_rows,
    .count = 2,
    .kind = PLAIN_WHOLE,
    .bounds = to_n,
    PLAIN_PARTS(logit),
};
PLAIN_FUNCTIONS(binomial_logit)

static bool binomial_logit_enumerate(const struct xrp_site *s, value *list)
{
    double p[PLAIN_MAX];
    return plain_read(&binomial_logit_plain, s, p) &&
           enumerate_below(p[N] + 1.0, list);
}

const struct xrp_family family_binomial_logit = {
    .names = "binomial-logit",
    .signature = "(binomial-logit n logit)",
    .doc = "how many of n flips of log odds logit are true; 0 to n",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES,
    .support_kind = SUPPORT_COUNTS,
    .enumerate = binomial_logit_enumerate,
    PLAIN_SLOTS(binomial_logit),
};

/* ---- geometric ---------------------------------------------------------- */

static const struct parameter geometric_rows[] = {
    {"p", PROBABILITY_ABOVE_0, 0.0}};

/* k log(1 - p), where 0 log 0 is 0. */
static double failures_log(double k, double p)
{
    return k == 0.0 ? 0.0 : k * log1p(-p);
}

static double geometric_log(const double *p, double k)
{
    return log(p[0]) + failures_log(k, p[0]);
}

/* An exponential rounded down; for p = 1 it is 0. */
static double geometric_draw(const double *p, struct random *r)
{
    return real_draw(floor(random_exponential(r) / -log1p(-p[0])));
}

static bool geometric_slope(const double *p, double k, double *d)
{
    d[1] = 1.0 / p[0] - slope_of(k, 1.0 - p[0]);
    return true;
}

static void geometric_moment(const double *p, double *mean, double *variance)
{
    *mean = (1.0 - p[0]) / p[0];
    *variance = *mean / p[0];
}

static void geometric_tails(const double *p, double k, double *below,
                            double *above)
{
    *above = (k + 1.0) * log1p(-p[0]);
    *below = log_rest(*above);
}

static void geometric_tails_slope(const double *p, double k, bool upper,
                                  double tail, double *d)
{
    d[1] = upper ? -(k + 1.0) / (1.0 - p[0])
                 : exp(log(k + 1.0) + failures_log(k, p[0]) - tail);
}

static double geometric_at(const double *p, double log_p, bool upper)
{
    double above = upper ? log_p : log1m_exp(log_p);
    double k = above / log1p(-p[0]);
    /* What rounding may have done to log_p is forgiven. */
    double slack = 0x1p-50 * (upper ? 1.0 : fmax(1.0, -log_p));
    return fmax(ceil(k * (1.0 - slack)) - 1.0, 0.0);
}

static const struct plain geometric_plain = {
    .rows = geometric_rows,
    .count = 1,
    .kind = PLAIN_WHOLE,
    .lo = 0.0,
    .hi = INFINITY,
    PLAIN_PARTS(geometric),
    .quantile = geometric_at,
};
PLAIN_FUNCTIONS(geometric)

const struct xrp_family family_geometric = {
    .names = "geometric",
    .signature = "(geometric p)",
    .doc = "how many flips of probability p are false before the first true "
           "one; from 0",
    .min = 1,
    .max = 1,
    .flags = XRP_RESCORES | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_COUNTS,
    PLAIN_SLOTS(geometric),
};
