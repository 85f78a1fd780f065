/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Counts whose tails are sums: beta-binomial, hypergeometric, zipf. The
 * first two are summed from the edge outward by the ratio of neighbours, on
 * the side of the smaller tail, until nothing is added: time grows with the
 * spread of the counts, and beyond 2^22 terms there is no answer. Zipf's sums
 * are by Euler and Maclaurin's formula.
 */
#include <math.h>

#include "base/saddle.h"
#include "base/special.h"
#include "base/tail.h"
#include "xrp/plain.h"

/* ---- sums over tails ----------------------------------------------------- */

enum { TERMS_MAX = 1 << 22 };
#define LOG_10 2.30258509299404568402

/* A law by its neighbours: the ratio of the probability of k + 1 to that of
 * k, and the change of two scores on the way. */
struct ladder {
    const double *p;
    double lo, hi;
    double (*log)(const double *p, double k);
    double (*ratio)(const double *p, double k, double change[2]);
    void (*scores)(const double *p, double k, double score[2]);
};

/* The log probability of `from` and all beyond it, and the means of the
 * scores there (asked for where score is not NULL); NaN: too many terms. */
static double ladder_sum(const struct ladder *l, double from, bool up,
                         double *score)
{
    double term = 1.0, sum = 1.0, log_unit = 0.0, k = from;
    double at[2] = {0.0, 0.0}, means[2], change[2];
    if (score) l->scores(l->p, from, at);
    means[0] = at[0];
    means[1] = at[1];
    for (int i = 0; up ? k < l->hi : k > l->lo; i++) {
        if (i == TERMS_MAX) return NAN;
        double ratio = l->ratio(l->p, up ? k : k - 1.0, change);
        term *= up ? ratio : 1.0 / ratio;
        k += up ? 1.0 : -1.0;
        sum += term;
        for (int j = 0; j < 2; j++) {
            at[j] += up ? change[j] : -change[j];
            means[j] += term * at[j];
        }
        if (term <= 1e-18 * sum) break;
        if (sum < 1e200) continue;
        /* A steep climb: a new unit. */
        term *= 1e-200;
        sum *= 1e-200;
        means[0] *= 1e-200;
        means[1] *= 1e-200;
        log_unit += 200.0 * LOG_10;
    }
    for (int j = 0; score && j < 2; j++) score[j] = means[j] / sum;
    double mass = l->log(l->p, from) + log(sum) + log_unit;
    return mass > 0.0 ? 0.0 : mass;
}

/* Both tails at k, lo <= k < hi. Below is summed first where k is under
 * `middle`; where that is more than half, so is the other. */
static void ladder_tails(const struct ladder *l, double k, double middle,
                         double *below, double *above)
{
    bool up = k >= middle;
    double first = ladder_sum(l, up ? k + 1.0 : k, up, NULL);
    double second = log_rest(first);
    if (first > -LOG_2) {
        second = ladder_sum(l, up ? k : k + 1.0, !up, NULL);
        first = log_rest(second);
    }
    *below = up ? second : first;
    *above = up ? first : second;
}

/* The derivatives of the log of one tail: the mean score, of the smaller
 * tail, turned where it is the other that is asked for. */
static void ladder_slopes(const struct ladder *l, double k, bool upper,
                          double tail, double *d)
{
    bool up = tail > -LOG_2 ? !upper : upper;
    double mass = ladder_sum(l, up ? k + 1.0 : k, up, d);
    if (up != upper) turn_slopes(d, 2, mass, tail);
}

/* ---- beta-binomial ------------------------------------------------------ */

static const struct parameter mixed_rows[] = {
    {"n", WHOLE_AT_LEAST_0, 0.0}, {"a", POSITIVE, 0.0}, {"b", POSITIVE, 0.0}};

enum { N, A, B };

static void to_n(const double *p, double *lo, double *hi)
{
    *lo = 0.0;
    *hi = p[N];
}

/* log of B(k + a, n - k + b) / B(a, b) times n over k: of two negative
 * binomial forms and the one that they are divided by, where all are large;
 * else by rising factorials. */
static double mixed_log(const double *p, double k)
{
    double n = p[N], a = p[A], b = p[B], l = n - k;
    if (n == 0.0) return 0.0;
    if (k == 0.0) return log_rising(b, n) - log_rising(a + b, n);
    if (l == 0.0) return log_rising(a, n) - log_rising(a + b, n);
    double odds = (a + b) / n;
    return negative_binomial_log(k, a, odds) +
           negative_binomial_log(l, b, odds) -
           negative_binomial_log(n, a + b, odds);
}

/* The share first, by its logit: both ends keep their digits. */
static double mixed_draw(const double *p, struct random *r)
{
    double lead = random_log_gamma(r, p[A]) - random_log_gamma(r, p[B]);
    double rare = inv_logit(-fabs(lead));
    double k = (double)random_binomial(r, (int64_t)p[N], rare);
    return lead > 0.0 ? p[N] - k : k;
}

static void mixed_scores(const double *p, double k, double score[2])
{
    double all = digamma_rise(p[A] + p[B], p[N]);
    score[0] = digamma_rise(p[A], k) - all;
    score[1] = digamma_rise(p[B], p[N] - k) - all;
}

static double mixed_ratio(const double *p, double k, double change[2])
{
    double left = p[N] - k;
    change[0] = 1.0 / (p[A] + k);
    change[1] = -1.0 / (p[B] + left - 1.0);
    return left / (k + 1.0) * ((p[A] + k) / (p[B] + left - 1.0));
}

static bool mixed_slope(const double *p, double k, double *d)
{
    mixed_scores(p, k, d + 2);
    return true;
}

static void mixed_moment(const double *p, double *mean, double *variance)
{
    double all = p[A] + p[B];
    *mean = p[N] * (p[A] / all);
    *variance = *mean * (p[B] / all) * ((all + p[N]) / (all + 1.0));
}

static struct ladder mixed_ladder(const double *p)
{
    return (struct ladder){p, 0.0, p[N], mixed_log, mixed_ratio, mixed_scores};
}

static void mixed_tails(const double *p, double k, double *below, double *above)
{
    struct ladder l = mixed_ladder(p);
    ladder_tails(&l, k, p[N] * (p[A] / (p[A] + p[B])), below, above);
}

static void mixed_tails_slope(const double *p, double k, bool upper,
                              double tail, double *d)
{
    struct ladder l = mixed_ladder(p);
    ladder_slopes(&l, k, upper, tail, d + 2);
}

static const struct plain mixed_plain = {
    .rows = mixed_rows,
    .count = 3,
    .kind = PLAIN_WHOLE,
    .bounds = to_n,
    PLAIN_PARTS(mixed),
};
PLAIN_FUNCTIONS(mixed)

static bool mixed_enumerate(const struct xrp_site *s, value *list)
{
    double p[PLAIN_MAX];
    return plain_read(&mixed_plain, s, p) && enumerate_below(p[N] + 1.0, list);
}

const struct xrp_family family_beta_binomial = {
    .names = "beta-binomial",
    .signature = "(beta-binomial n a b)",
    .doc = "how many of n flips are true, their probability drawn once from "
           "(beta a b); 0 to n",
    .min = 3,
    .max = 3,
    .flags = XRP_RESCORES,
    .support_kind = SUPPORT_COUNTS,
    .enumerate = mixed_enumerate,
    PLAIN_SLOTS(mixed),
};

/* ---- hypergeometric ----------------------------------------------------- */

static const struct parameter urn_rows[] = {{"good", WHOLE_AT_LEAST_0, 0.0},
                                            {"bad", WHOLE_AT_LEAST_0, 0.0},
                                            {"draws", WHOLE_AT_LEAST_0, 0.0}};

enum { GOOD, BAD, DRAWS };

static bool urn_sound(const double *p)
{
    return p[GOOD] + p[BAD] <= 0x1p53 && p[DRAWS] <= p[GOOD] + p[BAD];
}

static void urn_ends(const double *p, double *lo, double *hi)
{
    *lo = fmax(0.0, p[DRAWS] - p[BAD]);
    *hi = fmin(p[DRAWS], p[GOOD]);
}

/* log probability of k of n with p and q = 1 - p, both to their digits. */
static double share_log(double k, double n, double p, double q)
{
    if (k == 0.0) return n * (p < 0.5 ? log1p(-p) : log(q));
    if (k == n) return n * (q < 0.5 ? log1p(-q) : log(p));
    return binomial_core(k, n - k, p, q);
}

/* Of three binomials with the same probability (Loader 2000). */
static double urn_log(const double *p, double k)
{
    double draws = p[DRAWS], all = p[GOOD] + p[BAD];
    double in = draws / all, out = (all - draws) / all;
    if (draws == 0.0 || draws == all) return 0.0;
    return share_log(k, p[GOOD], in, out) +
           share_log(draws - k, p[BAD], in, out) -
           share_log(draws, all, in, out);
}

static void urn_moment(const double *p, double *mean, double *variance)
{
    double all = p[GOOD] + p[BAD];
    *mean = all > 0.0 ? p[DRAWS] * (p[GOOD] / all) : 0.0;
    *variance = all > 1.0
                    ? *mean * (p[BAD] / all) * ((all - p[DRAWS]) / (all - 1.0))
                    : 0.0;
}

/* Ratio of uniforms under a box that holds every log-concave law of this
 * variance (Stadlober 1990). */
static double urn_draw(const double *p, struct random *r)
{
    double mean, variance, lo, hi, all = p[GOOD] + p[BAD];
    urn_ends(p, &lo, &hi);
    if (lo == hi) return lo;
    urn_moment(p, &mean, &variance);
    double mode = floor((p[DRAWS] + 1.0) * ((p[GOOD] + 1.0) / (all + 2.0)));
    double peak = urn_log(p, fmin(fmax(mode, lo), hi));
    double reach =
        1.7155277699214135 * sqrt(variance + 0.5) + 0.8989161620588988;
    for (;;) {
        double u = random_open(r), v = random_unit(r) - 0.5;
        double k = floor(mean + 0.5 + reach * v / u);
        if (!(k >= lo && k <= hi)) continue;
        if (2.0 * log(u) <= urn_log(p, k) - peak) return k;
    }
}

static bool urn_slope(const double *p, double k, double *d)
{
    (void)p, (void)k, (void)d;
    return true;
}

static double urn_ratio(const double *p, double k, double change[2])
{
    change[0] = change[1] = 0.0;
    return (p[GOOD] - k) / (k + 1.0) *
           ((p[DRAWS] - k) / (p[BAD] - p[DRAWS] + k + 1.0));
}

static void urn_tails(const double *p, double k, double *below, double *above)
{
    double mean, variance;
    struct ladder l = {.p = p, .log = urn_log, .ratio = urn_ratio};
    urn_ends(p, &l.lo, &l.hi);
    urn_moment(p, &mean, &variance);
    ladder_tails(&l, k, mean, below, above);
}

static void urn_tails_slope(const double *p, double k, bool upper, double tail,
                            double *d)
{
    (void)p, (void)k, (void)upper, (void)tail, (void)d;
}

static const struct plain urn_plain = {
    .rows = urn_rows,
    .count = 3,
    .kind = PLAIN_WHOLE,
    .bounds = urn_ends,
    .sound = urn_sound,
    .unsound = "draws must be at most good + bad, and that at most 2^53",
    PLAIN_PARTS(urn),
};
PLAIN_FUNCTIONS(urn)

static bool urn_enumerate(const struct xrp_site *s, value *list)
{
    double p[PLAIN_MAX], lo, hi;
    if (!plain_read(&urn_plain, s, p)) return false;
    urn_ends(p, &lo, &hi);
    if (hi - lo >= ENUMERATE_MAX) return false;
    *list = V_NIL;
    for (double k = hi; k >= lo; k -= 1.0)
        if (!enumerate_onto(v_whole(k), list)) return false;
    return true;
}

const struct xrp_family family_hypergeometric = {
    .names = "hypergeometric",
    .signature = "(hypergeometric good bad draws)",
    .doc = "how many of the balls drawn, without putting back, from an urn of "
           "good and bad ones are good",
    .min = 3,
    .max = 3,
    .flags = XRP_RESCORES,
    .support_kind = SUPPORT_COUNTS,
    .enumerate = urn_enumerate,
    PLAIN_SLOTS(urn),
};

/* ---- zipf --------------------------------------------------------------- */

static const struct parameter zipf_rows[] = {{"s", POSITIVE, 0.0},
                                             {"n", EXTENDED, INFINITY}};

enum { S, LAST };

static bool zipf_sound(const double *p)
{
    double n = p[LAST];
    if (n == INFINITY) return p[S] > 1.0;
    return n >= 1.0 && n <= 0x1p53 && n == floor(n);
}

static void zipf_ends(const double *p, double *lo, double *hi)
{
    *lo = 1.0;
    *hi = p[LAST];
}

/* A number and its derivative by s. */
struct jet {
    double v, d;
};

/* The integral of t^-s from lo to hi, over lo^-s. With g = (1 - s) L and L =
 * log(hi / lo) it is lo L (e^g - 1) / g. */
static struct jet power_integral(double lo, double hi, double s)
{
    if (hi == INFINITY) {
        double v = lo / (s - 1.0);
        return (struct jet){v, -v / (s - 1.0)};
    }
    double length = log(hi / lo), g = (1.0 - s) * length, v, slope;
    if (fabs(g) < 1e-3) {
        v = 1.0 + g * (0.5 + g * (1.0 / 6 + g * (1.0 / 24 + g / 120)));
        slope = 0.5 + g * (1.0 / 3 + g * (1.0 / 8 + g * (1.0 / 30 + g / 144)));
    } else {
        v = expm1(g) / g;
        slope = (exp(g) - v) / g;
    }
    return (struct jet){lo * length * v, -lo * length * length * slope};
}

/* Euler and Maclaurin's terms for t^-s at one end, t^-s itself taken as
 * `term`: t^-s / 2 with `sign` 0, and the odd derivatives. */
static struct jet power_end(double t, double s, struct jet term, double sign)
{
    /* B_2j / (2j)!. */
    static const double bernoulli[] = {
        8.3333333333333333e-02, -1.3888888888888889e-03,
        3.3068783068783069e-05, -8.2671957671957672e-07,
        2.0876756987868099e-08, -5.2841901386874932e-10,
        1.3382536530684679e-11, -3.3896802963225829e-13,
        8.5860620562778446e-15, -2.1748686985580619e-16,
    };
    struct jet sum = {0.5 * term.v, 0.5 * term.d};
    struct jet c = {s / t, 1.0 / t}; /* s (s + 1) ... / t^(2j - 1) */
    for (int j = 0; j < 10; j++) {
        double b = sign * bernoulli[j];
        sum.v += b * c.v * term.v;
        sum.d += b * (c.d * term.v + c.v * term.d);
        for (int i = 2 * j + 1; i < 2 * j + 3; i++) {
            c.d = (c.d * (s + i) + c.v) / t;
            c.v = c.v * (s + i) / t;
        }
    }
    return sum;
}

/* The log of the sum of k^-s for k from lo to hi, and its derivative. */
static struct jet power_sum(double lo, double hi, double s)
{
    struct jet sum = {0.0, 0.0};
    double last_step = fmin(hi - lo, 40.0), i = 0.0;
    for (; i <= last_step; i += 1.0) {
        double rise = log1p(i / lo), term = exp(-s * rise);
        sum.v += term;
        sum.d -= rise * term;
        if (term < 1e-18) break;
    }
    if (i > last_step && i <= hi - lo) {
        double k = lo + i;
        double rise = log1p(i / lo), top = exp(-s * rise);
        struct jet term = {top, -rise * top}, whole = power_integral(k, hi, s);
        struct jet near = power_end(k, s, term, 1.0);
        sum.v += whole.v * top + near.v;
        sum.d += whole.d * top + whole.v * term.d + near.d;
        if (hi < INFINITY) {
            double far_rise = log(hi / lo), bottom = exp(-s * far_rise);
            struct jet last = {bottom, -far_rise * bottom};
            struct jet far = power_end(hi, s, last, -1.0);
            sum.v += far.v;
            sum.d += far.d;
        }
    }
    return (struct jet){log(sum.v) - s * log(lo), sum.d / sum.v - log(lo)};
}

static double zipf_log(const double *p, double k)
{
    return -p[S] * log(k) - power_sum(1.0, p[LAST], p[S]).v;
}

/* The integral of t^-s from 1 to x, and back. */
static double zipf_area(double s, double x)
{
    double g = (1.0 - s) * log(x);
    return g == 0.0 ? log(x) : expm1(g) / g * log(x);
}
static double zipf_back(double s, double area)
{
    double g = (1.0 - s) * area;
    return g == 0.0 ? exp(area) : exp(log1p(fmax(g, -1.0)) / (1.0 - s));
}

/* Hoermann and Derflinger 1996: inversion of the curve, then rejection. */
static double zipf_draw(const double *p, struct random *r)
{
    double s = p[S], n = p[LAST];
    double from = zipf_area(s, 1.5) - 1.0;
    double to = n < INFINITY ? zipf_area(s, n + 0.5) : 1.0 / (s - 1.0);
    double sure = 2.0 - zipf_back(s, zipf_area(s, 2.5) - exp(-s * LOG_2));
    for (;;) {
        double u = to + random_unit(r) * (from - to), x = zipf_back(s, u);
        double k = real_draw(fmin(fmax(floor(x + 0.5), 1.0), n));
        if (k - x <= sure || k > 0x1p53) return k;
        if (u >= zipf_area(s, k + 0.5) - exp(-s * log(k))) return k;
    }
}

static bool zipf_slope(const double *p, double k, double *d)
{
    d[1] = -log(k) - power_sum(1.0, p[LAST], p[S]).d;
    d[2] = NAN;
    return true;
}

/* Sums of k^(1 - s) and k^(2 - s). */
static void zipf_moment(const double *p, double *mean, double *variance)
{
    double s = p[S], n = p[LAST], log_all = power_sum(1.0, n, s).v;
    *mean = *variance = INFINITY;
    if (n < INFINITY || s > 2.0)
        *mean = exp(power_sum(1.0, n, s - 1.0).v - log_all);
    if (n < INFINITY || s > 3.0)
        *variance = exp(power_sum(1.0, n, s - 2.0).v - log_all) - *mean * *mean;
}

static void zipf_tails(const double *p, double k, double *below, double *above)
{
    double all = power_sum(1.0, p[LAST], p[S]).v;
    *below = fmin(power_sum(1.0, k, p[S]).v - all, 0.0);
    *above = fmin(power_sum(k + 1.0, p[LAST], p[S]).v - all, 0.0);
    if (*below < *above)
        *above = log_rest(*below);
    else
        *below = log_rest(*above);
}

static void zipf_tails_slope(const double *p, double k, bool upper, double tail,
                             double *d)
{
    bool up = tail > -LOG_2 ? !upper : upper;
    struct jet all = power_sum(1.0, p[LAST], p[S]);
    struct jet part =
        up ? power_sum(k + 1.0, p[LAST], p[S]) : power_sum(1.0, k, p[S]);
    d[1] = part.d - all.d;
    if (up != upper) turn_slopes(d + 1, 1, part.v - all.v, tail);
    d[2] = NAN;
}

static const struct plain zipf_plain = {
    .rows = zipf_rows,
    .count = 2,
    .kind = PLAIN_WHOLE,
    .bounds = zipf_ends,
    .sound = zipf_sound,
    .unsound = "n must be a whole number above 0, or s above 1 where there is "
               "no n",
    PLAIN_PARTS(zipf),
};
PLAIN_FUNCTIONS(zipf)

static bool zipf_enumerate(const struct xrp_site *s, value *list)
{
    double p[PLAIN_MAX];
    if (!plain_read(&zipf_plain, s, p) || p[LAST] > ENUMERATE_MAX) return false;
    *list = V_NIL;
    for (double k = p[LAST]; k >= 1.0; k -= 1.0)
        if (!enumerate_onto(v_whole(k), list)) return false;
    return true;
}

const struct xrp_family family_zipf = {
    .names = "zipf",
    .signature = "(zipf s [n])",
    .doc = "a rank from 1 to n, or without end, in proportion to rank^-s; "
           "without n s must be above 1",
    .min = 1,
    .max = 2,
    .flags = XRP_RESCORES,
    .support_kind = SUPPORT_INTEGERS,
    .enumerate = zipf_enumerate,
    PLAIN_SLOTS(zipf),
};
