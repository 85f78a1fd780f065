/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Negative binomial counts, a Poisson count whose mean is a gamma variable,
 * in three parameterisations: negative-binomial (r, p), neg-binomial-2
 * (mean, phi), neg-binomial-2-log (log mean, phi). All go through the odds
 * of a success and their logarithm, so that nothing depends on 1 - p or on a
 * mean that is no double.
 */
#include <math.h>

#include "base/saddle.h"
#include "base/special.h"
#include "base/tail.h"
#include "xrp/counts.h"
#include "xrp/plain.h"

/* What the three have in common: k failures before success r. */
struct trials {
    double r, odds, log_odds;
    struct unit_point at; /* the probability of a success */
};

static struct trials trials_of(double r, double odds, double log_odds)
{
    struct trials t = {r, odds, log_odds, unit_at_logit(log_odds)};
    if (odds > 1e-300 && odds < 1e300) {
        t.at.x = odds / (1.0 + odds);
        t.at.y = 1.0 / (1.0 + odds);
        t.at.log_x = -log1p(1.0 / odds);
        t.at.log_y = -log1p(odds);
    }
    return t;
}

static double trials_log(const struct trials *t, double k)
{
    if (t->log_odds == INFINITY) return k == 0.0 ? 0.0 : -INFINITY;
    if (k == 0.0) return t->r * t->at.log_x;
    if (t->odds > 1e-300 && t->odds < 1e300)
        return negative_binomial_log(k, t->r, t->odds);
    return -log(t->r + k) - log_beta(t->r, k + 1.0) + t->r * t->at.log_x +
           k * t->at.log_y;
}

static double trials_draw(const struct trials *t, struct random *r)
{
    if (t->log_odds == INFINITY) return 0.0; /* p is 1 */
    double log_mean = random_log_gamma(r, t->r) - t->log_odds;
    return poisson_draw(r, real_draw(exp(log_mean)));
}

/* k or fewer failures: the first r + k trials hold r successes. */
static void trials_tails(const struct trials *t, double k, double *below,
                         double *above)
{
    beta_tails(t->r, k + 1.0, t->at, below, above);
}

/* Derivatives of a tail by r and by the log odds. */
static void trials_tails_slope(const struct trials *t, double k, bool upper,
                               double tail, double *by_r, double *by_log_odds)
{
    double by[2], slope = exp(beta_kernel(t->r, k + 1.0, t->at) - tail);
    beta_tails_by_shapes(t->r, k + 1.0, t->at, upper, by);
    *by_r = by[0];
    *by_log_odds = upper ? -slope : slope;
}

/* What the parameterisations make of it: each reads its trials, FROM, off its
 * parameters. */
#define TRIALS_FUNCTIONS(NAME, FROM)                                   \
    static double NAME##_log(const double *p, double k)                \
    {                                                                  \
        struct trials t = FROM(p);                                     \
        return trials_log(&t, k);                                      \
    }                                                                  \
    static double NAME##_draw(const double *p, struct random *r)       \
    {                                                                  \
        struct trials t = FROM(p);                                     \
        return trials_draw(&t, r);                                     \
    }                                                                  \
    static void NAME##_tails(const double *p, double k, double *below, \
                             double *above)                            \
    {                                                                  \
        struct trials t = FROM(p);                                     \
        trials_tails(&t, k, below, above);                             \
    }

#define TRIALS_PLAIN(NAME, ROWS)               \
    static const struct plain NAME##_plain = { \
        .rows = ROWS,                          \
        .count = 2,                            \
        .kind = PLAIN_WHOLE,                   \
        .lo = 0.0,                             \
        .hi = INFINITY,                        \
        PLAIN_PARTS(NAME),                     \
    };

#define TRIALS_SLOTS(NAME)                                         \
    .min = 2, .max = 2, .flags = XRP_RESCORES | XRP_FIXED_SUPPORT, \
    .support_kind = SUPPORT_COUNTS, PLAIN_SLOTS(NAME)

/* ---- negative-binomial -------------------------------------------------- */

static const struct parameter negative_rows[] = {
    {"r", POSITIVE, 0.0}, {"p", PROBABILITY_ABOVE_0, 0.0}};

static struct trials from_share(const double *p)
{
    struct trials t = {p[0], p[1] / (1.0 - p[1]), log(p[1]) - log1p(-p[1]),
                       unit_at(p[1])};
    return t;
}

TRIALS_FUNCTIONS(negative, from_share)

static bool negative_slope(const double *p, double k, double *d)
{
    if (p[1] == 1.0 && k > 0.0) return false;
    d[1] = digamma_rise(p[0], k) + log(p[1]);
    d[2] = p[0] / p[1] - (k == 0.0 ? 0.0 : k / (1.0 - p[1]));
    return true;
}

static void negative_moment(const double *p, double *mean, double *variance)
{
    *mean = p[0] * ((1.0 - p[1]) / p[1]);
    *variance = *mean / p[1];
}

static void negative_tails_slope(const double *p, double k, bool upper,
                                 double tail, double *d)
{
    struct trials t = from_share(p);
    if (p[1] == 1.0) {
        d[1] = 0.0;
        d[2] = k == 0.0 ? p[0] : 0.0;
        return;
    }
    trials_tails_slope(&t, k, upper, tail, d + 1, d + 2);
    d[2] = d[2] / p[1] / (1.0 - p[1]);
}

TRIALS_PLAIN(negative, negative_rows)
PLAIN_FUNCTIONS(negative)

const struct xrp_family family_negative_binomial = {
    .names = "negative-binomial",
    .signature = "(negative-binomial r p)",
    .doc = "how many flips of probability p are false before r are true; r "
           "need not be whole",
    TRIALS_SLOTS(negative),
};

/* ---- neg-binomial-2 ----------------------------------------------------- */

static const struct parameter mean_rows[] = {{"mean", POSITIVE, 0.0},
                                             {"phi", POSITIVE, 0.0}};

static struct trials from_mean(const double *p)
{
    return trials_of(p[1], p[1] / p[0], log(p[1]) - log(p[0]));
}

/* digamma(a + h) - digamma(a) - log(1 + h / a): what a series leaves. */
static double rise_excess(double a, double h)
{
    if (a < 100.0) return digamma_rise(a, h) - log1p(h / a);
    double b = a + h, s = 1.0 / a / a, t = 1.0 / b / b;
    return 0.5 * (h / a) / b + s * (1.0 / 12 - s * (1.0 / 120 - s / 252)) -
           t * (1.0 / 12 - t * (1.0 / 120 - t / 252));
}

/* The derivative by phi with the mean held, and with e = (k - mean) / (mean
 * + phi): excess + log1p(e) - e; nothing cancels in the Poisson limit. */
static double phi_slope(double k, double mean, double phi)
{
    double all = mean + phi, e = (k - mean) / all;
    if (all == INFINITY)
        return digamma_rise(phi, k) + log(phi) - log(mean) + 1.0;
    double rest = e < -0.5 ? log((phi + k) / all) - e : log1p_rest(e);
    return rise_excess(phi, k) + rest;
}

TRIALS_FUNCTIONS(mean, from_mean)

static bool mean_slope(const double *p, double k, double *d)
{
    struct trials t = from_mean(p);
    d[1] = t.at.x * (k - p[0]) / p[0];
    d[2] = phi_slope(k, p[0], p[1]);
    return true;
}

static void mean_moment(const double *p, double *mean, double *variance)
{
    *mean = p[0];
    *variance = p[0] * (1.0 + p[0] / p[1]);
}

static void mean_tails_slope(const double *p, double k, bool upper, double tail,
                             double *d)
{
    struct trials t = from_mean(p);
    double by_r, by_odds;
    trials_tails_slope(&t, k, upper, tail, &by_r, &by_odds);
    d[1] = -by_odds / p[0];
    d[2] = by_r + by_odds / p[1];
}

TRIALS_PLAIN(mean, mean_rows)
PLAIN_FUNCTIONS(mean)

const struct xrp_family family_neg_binomial_2 = {
    .names = "neg-binomial-2",
    .signature = "(neg-binomial-2 mean phi)",
    .doc = "a count with this mean and variance mean + mean^2 / phi",
    TRIALS_SLOTS(mean),
};

/* ---- neg-binomial-2-log ------------------------------------------------- */

static const struct parameter log_rows[] = {{"log-mean", REAL, 0.0},
                                            {"phi", POSITIVE, 0.0}};

static struct trials from_log(const double *p)
{
    double log_odds = log(p[1]) - p[0];
    return trials_of(p[1], exp(log_odds), log_odds);
}

TRIALS_FUNCTIONS(log_form, from_log)

static bool log_form_slope(const double *p, double k, double *d)
{
    struct trials t = from_log(p);
    double mean = exp(p[0]);
    d[1] = mean < INFINITY ? t.at.x * (k - mean) : t.at.x * k - p[1] * t.at.y;
    d[2] = mean < INFINITY ? phi_slope(k, mean, p[1])
                           : digamma_rise(p[1], k) + t.at.log_x + t.at.y -
                                 k / p[1] * t.at.x;
    return true;
}

static void log_form_moment(const double *p, double *mean, double *variance)
{
    *mean = exp(p[0]);
    *variance = *mean * (1.0 + exp(p[0] - log(p[1])));
}

static void log_form_tails_slope(const double *p, double k, bool upper,
                                 double tail, double *d)
{
    struct trials t = from_log(p);
    double by_r, by_odds;
    trials_tails_slope(&t, k, upper, tail, &by_r, &by_odds);
    d[1] = -by_odds;
    d[2] = by_r + by_odds / p[1];
}

TRIALS_PLAIN(log_form, log_rows)
PLAIN_FUNCTIONS(log_form)

const struct xrp_family family_neg_binomial_2_log = {
    .names = "neg-binomial-2-log",
    .signature = "(neg-binomial-2-log log-mean phi)",
    .doc = "a count with mean m = e^log-mean and variance m + m^2 / phi",
    TRIALS_SLOTS(log_form),
};
