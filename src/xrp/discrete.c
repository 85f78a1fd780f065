/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Booleans and ranges of integers: flip, bernoulli-logit, noisy, randbelow,
 * uniform-discrete.
 */
#include <math.h>
#include <string.h>

#include "base/special.h"
#include "xrp/plain.h"

/* ---- booleans ----------------------------------------------------------- */

/* Of a boolean: false is below, true above; the tails at 0. */
static void boolean_tails(double log_false, double log_true, double *below,
                          double *above)
{
    *below = log_false;
    *above = log_true;
}

/* The least b, 0 or 1, with P(X <= b) at log_p. */
static double boolean_at(double log_false, double log_true, double log_p,
                         bool upper)
{
    double slack = 0x1p-47 * fmax(1.0, -log_p);
    bool zero = upper ? log_true <= log_p + slack : log_false >= log_p - slack;
    return zero ? 0.0 : 1.0;
}

/* The booleans that are possible. */
static bool boolean_enumerate(double p, value *list)
{
    *list = V_NIL;
    if (p < 1.0 && !enumerate_onto(V_FALSE, list)) return false;
    return p <= 0.0 || enumerate_onto(V_TRUE, list);
}

/* ---- flip --------------------------------------------------------------- */

static const struct parameter flip_rows[] = {{"p", PROBABILITY, 0.5}};

/* Logs of probabilities, as they were computed last: most flips of a program
 * have one of a few. A key is what no bits of a probability are, turned. */
enum { KNOWN_BITS = 6 };
static struct known {
    uint64_t key;
    double log;
} known[2][1 << KNOWN_BITS];

static double flip_log(const double *p, double x)
{
    bool yes = x != 0.0;
    uint64_t bits;
    memcpy(&bits, p, sizeof bits);
    struct known *k =
        &known[yes][bits * UINT64_C(0x9e3779b97f4a7c15) >> (64 - KNOWN_BITS)];
    if (k->key != ~bits)
        *k = (struct known){~bits, yes ? log(p[0]) : log1p(-p[0])};
    return k->log;
}

static double flip_draw(const double *p, struct random *r)
{
    return random_unit(r) < p[0] ? 1.0 : 0.0;
}

static bool flip_slope(const double *p, double x, double *d)
{
    d[1] = x != 0.0 ? 1.0 / p[0] : -1.0 / (1.0 - p[0]);
    return true;
}

static void flip_moment(const double *p, double *mean, double *variance)
{
    *mean = p[0];
    *variance = p[0] * (1.0 - p[0]);
}

static void flip_tails(const double *p, double x, double *below, double *above)
{
    (void)x;
    boolean_tails(log1p(-p[0]), log(p[0]), below, above);
}

static void flip_tails_slope(const double *p, double x, bool upper, double tail,
                             double *d)
{
    (void)x, (void)tail;
    d[1] = upper ? 1.0 / p[0] : -1.0 / (1.0 - p[0]);
}

static double flip_at(const double *p, double log_p, bool upper)
{
    return boolean_at(log1p(-p[0]), log(p[0]), log_p, upper);
}

static const struct plain flip_plain = {
    .rows = flip_rows,
    .count = 1,
    .kind = PLAIN_BOOLEAN,
    .lo = 0.0,
    .hi = 1.0,
    PLAIN_PARTS(flip),
    .quantile = flip_at,
};
PLAIN_FUNCTIONS(flip)

static bool flip_enumerate(const struct xrp_site *s, value *list)
{
    double p[PLAIN_MAX];
    return plain_read(&flip_plain, s, p) && boolean_enumerate(p[0], list);
}

static uint32_t flip_chances(const struct xrp_site *s, uint32_t room,
                             value *values, double *weights)
{
    double p[PLAIN_MAX];
    if (room < 2 || !plain_read(&flip_plain, s, p)) return 0;
    values[0] = V_FALSE;
    values[1] = V_TRUE;
    weights[0] = 1.0 - p[0];
    weights[1] = p[0];
    return 2;
}

const struct xrp_family family_flip = {
    .names = "flip bernoulli",
    .signature = "(flip [p = 0.5])",
    .doc = "true with probability p, else false; 1 and 0 are data too",
    .max = 1,
    .flags = XRP_RESCORES | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_BOOLEAN,
    .enumerate = flip_enumerate,
    .chances = flip_chances,
    PLAIN_SLOTS(flip),
};

/* ---- bernoulli-logit ---------------------------------------------------- */

static const struct parameter logit_rows[] = {{"logit", REAL, 0.0}};

static double odds_log(const double *p, double x)
{
    return x != 0.0 ? -softplus(-p[0]) : -softplus(p[0]);
}

/* By the rarer side: its probability has all its digits. */
static double odds_draw(const double *p, struct random *r)
{
    bool rare = random_unit(r) < inv_logit(-fabs(p[0]));
    return rare != (p[0] > 0.0) ? 1.0 : 0.0;
}

static bool odds_slope(const double *p, double x, double *d)
{
    d[1] = x != 0.0 ? inv_logit(-p[0]) : -inv_logit(p[0]);
    return true;
}

static void odds_moment(const double *p, double *mean, double *variance)
{
    *mean = inv_logit(p[0]);
    *variance = *mean * inv_logit(-p[0]);
}

static void odds_tails(const double *p, double x, double *below, double *above)
{
    (void)x;
    boolean_tails(-softplus(p[0]), -softplus(-p[0]), below, above);
}

static void odds_tails_slope(const double *p, double x, bool upper, double tail,
                             double *d)
{
    (void)x, (void)tail;
    d[1] = upper ? inv_logit(-p[0]) : -inv_logit(p[0]);
}

static double odds_at(const double *p, double log_p, bool upper)
{
    return boolean_at(-softplus(p[0]), -softplus(-p[0]), log_p, upper);
}

static const struct plain odds_plain = {
    .rows = logit_rows,
    .count = 1,
    .kind = PLAIN_BOOLEAN,
    .lo = 0.0,
    .hi = 1.0,
    PLAIN_PARTS(odds),
    .quantile = odds_at,
};
PLAIN_FUNCTIONS(odds)

static bool odds_enumerate(const struct xrp_site *s, value *list)
{
    double p[PLAIN_MAX];
    return plain_read(&odds_plain, s, p) && boolean_enumerate(0.5, list);
}

const struct xrp_family family_bernoulli_logit = {
    .names = "bernoulli-logit",
    .signature = "(bernoulli-logit logit)",
    .doc = "true with log odds logit, else false; 1 and 0 are data too",
    .min = 1,
    .max = 1,
    .flags = XRP_RESCORES | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_BOOLEAN,
    .enumerate = odds_enumerate,
    PLAIN_SLOTS(odds),
};

/* ---- noisy -------------------------------------------------------------- */

static const struct parameter noisy_rows[] = {{"e", PROBABILITY, 0.0}};

/* The probability of a slip; any first argument but false counts as true. */
static bool noisy_read(const struct xrp_site *s, double *e)
{
    return s->arg_count == 2 &&
           parameter_read(noisy_rows, s->args + 1, 1, 0, e);
}

static bool noisy_sample(const struct xrp_site *s, struct random *r, value *out)
{
    double e;
    if (!noisy_read(s, &e)) return false;
    *out = v_boolean(is_true(s->args[0]) != (random_unit(r) < e));
    return true;
}

/* Is the value a slip? -1: it is no boolean. */
static int noisy_slip(const struct xrp_site *s, value v)
{
    int b = boolean_of(v);
    return b < 0 ? b : (b == 1) != is_true(s->args[0]);
}

static double noisy_prob(const struct xrp_site *s, value v)
{
    double e;
    if (!noisy_read(s, &e)) return NAN;
    int slip = noisy_slip(s, v);
    return slip < 0 ? -INFINITY : flip_log(&e, slip);
}

static bool noisy_enumerate(const struct xrp_site *s, value *list)
{
    double e;
    if (!noisy_read(s, &e)) return false;
    return boolean_enumerate(is_true(s->args[0]) ? 1.0 - e : e, list);
}

static bool noisy_gradient(const struct xrp_site *s, value v, double *by_value,
                           double *by_arg)
{
    double e, d[2];
    int slip = noisy_slip(s, v);
    if (!noisy_read(s, &e) || slip < 0) return false;
    flip_slope(&e, slip, d);
    *by_value = by_arg[0] = NAN;
    by_arg[1] = d[1];
    return fabs(d[1]) < INFINITY;
}

static bool noisy_explain(const struct xrp_site *s, char *words, size_t size)
{
    return s->arg_count == 2 &&
           parameters_explain(noisy_rows, 1, s->args + 1, 1, words, size);
}

static bool noisy_moments(const struct xrp_site *s, double *mean,
                          double *variance)
{
    double e;
    if (!noisy_read(s, &e)) return false;
    flip_moment(&e, mean, variance);
    if (is_true(s->args[0])) *mean = 1.0 - e;
    return true;
}

static bool noisy_bounds(const struct xrp_site *s, double *lo, double *hi)
{
    double e;
    *lo = 0.0;
    *hi = 1.0;
    return noisy_read(s, &e);
}

/* As flip's, of a slip; where the argument is true, true is no slip. */
static bool noisy_log_cdf(const struct xrp_site *s, double x, double *below,
                          double *above)
{
    double e;
    if (!noisy_read(s, &e) || x != x) return false;
    bool b = is_true(s->args[0]);
    *below = x < 0.0 ? -INFINITY : x >= 1.0 ? 0.0 : flip_log(&e, b);
    *above = x < 0.0 ? 0.0 : x >= 1.0 ? -INFINITY : flip_log(&e, !b);
    return true;
}

static bool noisy_log_cdf_gradient(const struct xrp_site *s, double x,
                                   bool upper, double *by_x, double *by_arg)
{
    double e, tail[2], d[2] = {NAN, 0.0};
    if (!noisy_log_cdf(s, x, tail, tail + 1) || !noisy_read(s, &e))
        return false;
    if (x >= 0.0 && x < 1.0) flip_slope(&e, is_true(s->args[0]) != upper, d);
    *by_x = by_arg[0] = NAN;
    by_arg[1] = tail[upper] > -INFINITY ? d[1] : (double)NAN;
    return true;
}

static bool noisy_quantile(const struct xrp_site *s, double log_p, bool upper,
                           double *x)
{
    double e;
    if (!noisy_read(s, &e) || !(log_p <= 0.0)) return false;
    bool b = is_true(s->args[0]);
    *x = boolean_at(flip_log(&e, b), flip_log(&e, !b), log_p, upper);
    return true;
}

#define noisy_prob_of NULL /* its first argument is no number */
const struct xrp_family family_noisy = {
    .names = "noisy noisy-negate noise-negate",
    .signature = "(noisy b e)",
    .doc = "the boolean b, negated with probability e: "
           "(bernoulli (if b (- 1 e) e))",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_BOOLEAN,
    .enumerate = noisy_enumerate,
    PLAIN_SLOTS(noisy),
};

/* ---- ranges of integers -------------------------------------------------- */

/* Of the integers from lo to hi, each as likely; k between them. */
static double range_log(const double *p, double k)
{
    (void)k;
    return -log(p[1] - p[0] + 1.0);
}

static double range_draw(const double *p, struct random *r)
{
    uint64_t n = (uint64_t)((int64_t)p[1] - (int64_t)p[0]) + 1;
    return (double)((int64_t)p[0] + (int64_t)random_below(r, n));
}

/* Neither end has a derivative. */
static bool range_slope(const double *p, double k, double *d)
{
    (void)p, (void)k, (void)d;
    return true;
}

static void range_moment(const double *p, double *mean, double *variance)
{
    double n = p[1] - p[0] + 1.0;
    *mean = 0.5 * (p[0] + p[1]);
    *variance = (n - 1.0) * (n + 1.0) / 12.0;
}

static void range_tails(const double *p, double k, double *below, double *above)
{
    double n = p[1] - p[0] + 1.0;
    *below = log((k - p[0] + 1.0) / n);
    *above = log((p[1] - k) / n);
}

static void range_tails_slope(const double *p, double k, bool upper,
                              double tail, double *d)
{
    (void)p, (void)k, (void)upper, (void)tail, (void)d;
}

/* The least whole number of steps that makes the share, rounding forgiven:
 * that of the logarithm grows with it. By the smaller of the two shares. */
static double range_at(const double *p, double log_p, bool upper)
{
    double n = p[1] - p[0] + 1.0, slack = 0x1p-50 * fmax(1.0, -log_p);
    if (upper && log_p < -1.0)
        return p[1] - floor(n * exp(log_p) * (1.0 + slack));
    double share = upper ? -expm1(log_p) : exp(log_p);
    return p[0] + fmax(ceil(n * share * (1.0 - slack)), 1.0) - 1.0;
}

static bool range_list(double lo, double hi, value *list)
{
    if (hi - lo >= ENUMERATE_MAX) return false;
    *list = V_NIL;
    for (int64_t i = (int64_t)hi; i >= (int64_t)lo; i--)
        if (!enumerate_onto(v_int(i), list)) return false;
    return true;
}

/* ---- randbelow ---------------------------------------------------------- */

static const struct parameter below_rows[] = {{"n", WHOLE_POSITIVE, 0.0}};

/* As a range from 0. */
struct as_range {
    double p[2];
};
static struct as_range from_0(const double *p)
{
    return (struct as_range){{0.0, p[0] - 1.0}};
}

static void below_ends(const double *p, double *lo, double *hi)
{
    *lo = 0.0;
    *hi = p[0] - 1.0;
}

static double below_log(const double *p, double k)
{
    (void)k;
    return -log(p[0]);
}

static double below_draw(const double *p, struct random *r)
{
    return (double)random_below(r, (uint64_t)p[0]);
}

static void below_moment(const double *p, double *mean, double *variance)
{
    range_moment(from_0(p).p, mean, variance);
}

static void below_tails(const double *p, double k, double *below, double *above)
{
    range_tails(from_0(p).p, k, below, above);
}

static double below_at(const double *p, double log_p, bool upper)
{
    return range_at(from_0(p).p, log_p, upper);
}

static const struct plain below_plain = {
    .rows = below_rows,
    .count = 1,
    .kind = PLAIN_WHOLE,
    .bounds = below_ends,
    .log = below_log,
    .draw = below_draw,
    .slope = range_slope,
    .moments = below_moment,
    .tails = below_tails,
    .tails_slope = range_tails_slope,
    .quantile = below_at,
};
PLAIN_FUNCTIONS(below)

static bool below_enumerate(const struct xrp_site *s, value *list)
{
    double p[PLAIN_MAX];
    return plain_read(&below_plain, s, p) && enumerate_below(p[0], list);
}

/* The integers from lo to hi, each as likely. */
static uint32_t even_chances(double lo, double hi, uint32_t room, value *values,
                             double *weights)
{
    if (!(hi - lo < room)) return 0;
    uint32_t n = (uint32_t)(hi - lo) + 1;
    for (uint32_t i = 0; i < n; i++) {
        values[i] = v_whole(lo + i);
        weights[i] = 1.0;
    }
    return n;
}

static uint32_t below_chances(const struct xrp_site *s, uint32_t room,
                              value *values, double *weights)
{
    double p[PLAIN_MAX];
    if (!plain_read(&below_plain, s, p)) return 0;
    return even_chances(0.0, p[0] - 1.0, room, values, weights);
}

const struct xrp_family family_randbelow = {
    .names = "randbelow random-integer sample-integer",
    .signature = "(randbelow n)",
    .doc = "an integer from 0 to n - 1, each as likely",
    .min = 1,
    .max = 1,
    .flags = XRP_RESCORES,
    .support_kind = SUPPORT_INTEGERS,
    .enumerate = below_enumerate,
    .chances = below_chances,
    PLAIN_SLOTS(below),
};

/* ---- uniform-discrete --------------------------------------------------- */

static const struct parameter range_rows[] = {{"lo", WHOLE, 0.0},
                                              {"hi", WHOLE, 0.0}};

static bool range_sound(const double *p) { return p[0] <= p[1]; }

static void range_ends(const double *p, double *lo, double *hi)
{
    *lo = p[0];
    *hi = p[1];
}

static const struct plain range_plain = {
    .rows = range_rows,
    .count = 2,
    .kind = PLAIN_WHOLE,
    .bounds = range_ends,
    .sound = range_sound,
    .unsound = "lo must not be above hi",
    PLAIN_PARTS(range),
    .quantile = range_at,
};
PLAIN_FUNCTIONS(range)

static bool range_enumerate(const struct xrp_site *s, value *list)
{
    double p[PLAIN_MAX];
    return plain_read(&range_plain, s, p) && range_list(p[0], p[1], list);
}

static uint32_t range_chances(const struct xrp_site *s, uint32_t room,
                              value *values, double *weights)
{
    double p[PLAIN_MAX];
    if (!plain_read(&range_plain, s, p)) return 0;
    return even_chances(p[0], p[1], room, values, weights);
}

const struct xrp_family family_uniform_discrete = {
    .names = "uniform-discrete",
    .signature = "(uniform-discrete lo hi)",
    .doc = "an integer from lo to hi, both included, each as likely",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES,
    .support_kind = SUPPORT_INTEGERS,
    .enumerate = range_enumerate,
    .chances = range_chances,
    PLAIN_SLOTS(range),
};
