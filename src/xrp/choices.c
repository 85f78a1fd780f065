/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An index among several by logits: categorical-logit and ordered-logistic.
 * Probabilities are never formed: sums of exponentials are taken relative to
 * the term in question, so certainty keeps its digits.
 */
#include <math.h>
#include <stdio.h>

#include "base/special.h"
#include "xrp/family.h"

/* ---- an index's tails, moments and quantile ------------------------------ */

/* How a law of indices shows itself: the log probability of those below k
 * and of those from k on; count of indices. */
struct indices {
    uint32_t count;
    void (*split)(const struct xrp_site *s, uint32_t k, double *under,
                  double *from);
};

static bool split_at(const struct indices *law, const struct xrp_site *s,
                     double x, double *below, double *above)
{
    if (x != x) return false;
    *below = x < 0.0 ? -INFINITY : 0.0;
    *above = x < 0.0 ? 0.0 : -INFINITY;
    if (x >= 0.0 && x < law->count - 1.0)
        law->split(s, (uint32_t)x + 1, below, above);
    return true;
}

static bool index_quantile(const struct indices *law, const struct xrp_site *s,
                           double log_p, bool upper, double *x)
{
    if (!(log_p <= 0.0)) return false;
    double slack = 0x1p-47 * fmax(1.0, -log_p);
    uint32_t from = 0, to = law->count - 1;
    if (log_p == -INFINITY) slack = 0.0;
    while (from < to) {
        uint32_t k = from + (to - from) / 2;
        double below, above;
        split_at(law, s, k, &below, &above);
        bool past = upper ? above <= log_p + slack : below >= log_p - slack;
        if (past)
            to = k;
        else
            from = k + 1;
    }
    *x = from;
    return true;
}

/* ---- categorical-logit -------------------------------------------------- */

/* Each finite or -inf, one at least finite; *top gets the largest. */
static bool logits_open(const struct xrp_site *s, struct series *logits,
                        double *top)
{
    if (!series_spread(logits, s->args, s->arg_count)) return false;
    struct series walk = *logits;
    *top = -INFINITY;
    for (uint32_t i = 0; i < walk.count; i++) {
        double x;
        if (!series_number(&walk, &x) || x == INFINITY) return false;
        *top = fmax(*top, x);
    }
    return *top > -INFINITY;
}

/* Logit k, and the sum of e^(logit - top) of the others, the largest of
 * them. */
static double others(struct series logits, double k, double *mine, double *top)
{
    struct series walk = logits;
    double x, sum = 0.0;
    *mine = *top = -INFINITY;
    for (uint32_t i = 0; i < walk.count; i++) {
        series_number(&walk, &x);
        if (i == k)
            *mine = x;
        else
            *top = fmax(*top, x);
    }
    for (uint32_t i = 0; i < logits.count; i++) {
        series_number(&logits, &x);
        if (i != k && x > -INFINITY) sum += exp(x - *top);
    }
    return sum;
}

/* -log(1 + e^d sum) */
static double share_log(double d, double sum)
{
    if (sum == 0.0) return 0.0;
    return -softplus(d + log(sum));
}

static double logits_log(struct series logits, double k)
{
    double mine, top, sum = others(logits, k, &mine, &top);
    if (!(mine > -INFINITY)) return -INFINITY;
    if (sum == 0.0) return 0.0;
    /* The certain one: no log of a sum in between. */
    double d = top - mine;
    return d < 0.0 ? -log1p(exp(d) * sum) : share_log(d, sum);
}

static double logits_prob(const struct xrp_site *s, value v)
{
    struct series logits;
    double top, k;
    if (!logits_open(s, &logits, &top)) return NAN;
    return logits_log(logits, whole_of(v, &k) ? k : -1.0);
}

static bool logits_sample(const struct xrp_site *s, struct random *r,
                          value *out)
{
    struct series logits, walk;
    double top, x, sum = 0.0;
    if (!logits_open(s, &logits, &top)) return false;
    walk = logits;
    for (uint32_t i = 0; i < walk.count; i++) {
        series_number(&walk, &x);
        sum += exp(x - top);
    }
    double u = random_unit(r) * sum;
    uint32_t k = 0;
    for (uint32_t i = 0; i < logits.count; i++) {
        series_number(&logits, &x);
        double w = exp(x - top);
        if (w > 0.0) k = i; /* rounding may leave u just above the sum */
        if (u < w) break;
        u -= w;
    }
    *out = v_int(k);
    return true;
}

/* d / d logit i: 1 for k, less the probability of i. */
static void logits_slopes(struct series logits, double k, double top,
                          double *by)
{
    struct series walk = logits;
    double x, sum = 0.0, all = 0.0;
    for (uint32_t i = 0; i < walk.count; i++) {
        series_number(&walk, &x);
        by[i] = exp(x - top);
        all += by[i];
        if (i != k) sum += by[i];
    }
    for (uint32_t i = 0; i < logits.count; i++)
        by[i] = i == k ? sum / all : -by[i] / all;
}

static bool logits_gradient(const struct xrp_site *s, value v, double *by_value,
                            double *by_arg)
{
    struct series logits;
    double top, k;
    if (!logits_open(s, &logits, &top) || !whole_of(v, &k)) return false;
    if (!(logits_log(logits, k) > -INFINITY)) return false;
    *by_value = NAN;
    for (int i = 0; i < s->arg_count; i++) by_arg[i] = NAN;
    if (logits.items) logits_slopes(logits, k, top, by_arg);
    return true;
}

static bool logits_gradient_within(const struct xrp_site *s, value v, int arg,
                                   double *by_element)
{
    struct series logits;
    double top, k;
    if (!logits_open(s, &logits, &top) || !whole_of(v, &k)) return false;
    if (arg != 0 || logits.items) return false;
    if (!(logits_log(logits, k) > -INFINITY)) return false;
    logits_slopes(logits, k, top, by_element);
    return true;
}

static bool logits_enumerate(const struct xrp_site *s, value *list)
{
    struct series logits;
    double top, x;
    if (!logits_open(s, &logits, &top) || logits.count > ENUMERATE_MAX)
        return false;
    value reversed = V_NIL;
    for (uint32_t i = 0; i < logits.count; i++) {
        series_number(&logits, &x);
        if (x > -INFINITY && !enumerate_onto(v_int(i), &reversed)) return false;
    }
    *list = V_NIL;
    for (; reversed != V_NIL; reversed = cdr(reversed))
        if (!enumerate_onto(car(reversed), list)) return false;
    return true;
}

/* Each side relative to the largest of all, the smaller one kept. */
static void logits_split(const struct xrp_site *s, uint32_t k, double *under,
                         double *from)
{
    struct series logits;
    double top, x, peak[2] = {-INFINITY, -INFINITY}, sum[2] = {0.0, 0.0};
    logits_open(s, &logits, &top);
    for (int turn = 0; turn < 2; turn++) {
        struct series walk = logits;
        for (uint32_t i = 0; i < walk.count; i++) {
            series_number(&walk, &x);
            if (turn == 0)
                peak[i >= k] = fmax(peak[i >= k], x);
            else if (x > -INFINITY)
                sum[i >= k] += exp(x - peak[i >= k]);
        }
    }
    double side[2];
    for (int i = 0; i < 2; i++)
        side[i] = sum[i] > 0.0 ? peak[i] + log(sum[i]) : -INFINITY;
    *under = side[0] > -INFINITY ? -softplus(side[1] - side[0]) : -INFINITY;
    *from = side[1] > -INFINITY ? -softplus(side[0] - side[1]) : -INFINITY;
}

static bool logits_law(const struct xrp_site *s, struct indices *law)
{
    struct series logits;
    double top;
    if (!logits_open(s, &logits, &top)) return false;
    *law = (struct indices){logits.count, logits_split};
    return true;
}

static bool logits_log_cdf(const struct xrp_site *s, double x, double *below,
                           double *above)
{
    struct indices law;
    return logits_law(s, &law) && split_at(&law, s, x, below, above);
}

/* Of the log of a sum over one side: what the side gives less the whole. */
static bool logits_log_cdf_gradient(const struct xrp_site *s, double x,
                                    bool upper, double *by_x, double *by_arg)
{
    struct series logits, walk;
    double top, tail[2], y;
    if (!logits_open(s, &logits, &top) || !logits_log_cdf(s, x, tail, tail + 1))
        return false;
    *by_x = NAN;
    for (int i = 0; i < s->arg_count; i++) by_arg[i] = NAN;
    if (!logits.items || tail[upper] == -INFINITY) return true;
    double all = 0.0;
    walk = logits;
    for (uint32_t i = 0; i < walk.count; i++) {
        series_number(&walk, &y);
        all += exp(y - top);
    }
    for (uint32_t i = 0; i < logits.count; i++) {
        series_number(&logits, &y);
        double log_share = y - top - log(all), share = exp(log_share);
        by_arg[i] = -share;
        if ((i > x) != upper) continue;
        by_arg[i] = tail[upper] > -1.0 ? share * expm1(-tail[upper])
                                       : exp(log_share - tail[upper]) - share;
    }
    return true;
}

static bool logits_moments(const struct xrp_site *s, double *mean,
                           double *variance)
{
    struct series logits, walk;
    double top, x, sum = 0.0, first = 0.0, second = 0.0;
    if (!logits_open(s, &logits, &top)) return false;
    walk = logits;
    for (uint32_t i = 0; i < walk.count; i++) {
        series_number(&walk, &x);
        sum += exp(x - top);
        first += i * exp(x - top);
    }
    *mean = first / sum;
    for (uint32_t i = 0; i < logits.count; i++) {
        series_number(&logits, &x);
        second += (i - *mean) * (i - *mean) * exp(x - top);
    }
    *variance = second / sum;
    return true;
}

static bool logits_quantile(const struct xrp_site *s, double log_p, bool upper,
                            double *x)
{
    struct indices law;
    return logits_law(s, &law) && index_quantile(&law, s, log_p, upper, x);
}

static bool logits_bounds(const struct xrp_site *s, double *lo, double *hi)
{
    struct series logits;
    double top, x;
    if (!logits_open(s, &logits, &top)) return false;
    *lo = INFINITY;
    for (uint32_t i = 0; i < logits.count; i++) {
        series_number(&logits, &x);
        if (!(x > -INFINITY)) continue;
        *lo = fmin(*lo, i);
        *hi = i;
    }
    return true;
}

static bool logits_explain(const struct xrp_site *s, char *words, size_t size)
{
    struct series logits;
    char got[96];
    double x, top = -INFINITY;
    if (!series_spread(&logits, s->args, s->arg_count)) {
        snprintf(words, size,
                 "logits must be a list or vector of numbers, got "
                 "%s",
                 value_words(s->args[0], got, sizeof got));
        return true;
    }
    for (uint32_t i = 0; i < logits.count; i++) {
        value v = series_next(&logits);
        if (real_of(v, &x) && x < INFINITY) {
            top = fmax(top, x);
            continue;
        }
        snprintf(words, size,
                 "logit %u must be a number below infinity, got %s",
                 (unsigned)i, value_words(v, got, sizeof got));
        return true;
    }
    if (top > -INFINITY) return false;
    snprintf(words, size, "%s",
             logits.count == 0 ? "there must be at least one logit"
                               : "all logits are minus infinity");
    return true;
}

const struct xrp_family family_categorical_logit = {
    .names = "categorical-logit",
    .signature = "(categorical-logit logits) (categorical-logit l0 l1 ...)",
    .doc = "an index from 0, in proportion to e^logit; a logit of minus "
           "infinity is never drawn",
    .min = 1,
    .max = -1,
    .flags = XRP_RESCORES,
    .support_kind = SUPPORT_INTEGERS,
    .sample = logits_sample,
    .prob = logits_prob,
    .enumerate = logits_enumerate,
    .gradient = logits_gradient,
    .gradient_within = logits_gradient_within,
    .bounds = logits_bounds,
    .moments = logits_moments,
    .log_cdf = logits_log_cdf,
    .log_cdf_gradient = logits_log_cdf_gradient,
    .quantile = logits_quantile,
    .explain = logits_explain,
};

/* ---- ordered-logistic --------------------------------------------------- */

/* eta, and cut points in ascending order; index k lies between cut k - 1 and
 * cut k. */
static bool cuts_open(const struct xrp_site *s, double *eta,
                      struct series *cuts)
{
    if (s->arg_count != 2 || !real_of(s->args[0], eta)) return false;
    if (!(fabs(*eta) < INFINITY) || !series_open(cuts, s->args[1]) ||
        cuts->count == 0)
        return false;
    struct series walk = *cuts;
    double before = -INFINITY;
    for (uint32_t i = 0; i < walk.count; i++) {
        double cut;
        if (!series_number(&walk, &cut)) return false;
        if (!(cut > before && cut < INFINITY)) return false;
        before = cut;
    }
    return true;
}

/* The cuts about index k; infinite at the ends. False when k is no index. */
static bool cuts_about(struct series cuts, double k, double *lo, double *hi)
{
    *lo = -INFINITY;
    *hi = INFINITY;
    if (!(k >= 0.0 && k <= cuts.count)) return false;
    for (uint32_t i = 0; i < cuts.count && i <= k; i++) {
        double cut;
        series_number(&cuts, &cut);
        *lo = i < k ? cut : *lo;
        *hi = i < k ? *hi : cut;
    }
    return true;
}

/* With s the logistic curve, s(b) - s(a) is s(b) (1 - s(a)) (1 - e^(a - b)):
 * only the last factor is a difference, and that of the cuts themselves. */
static double between_log(double eta, double lo, double hi)
{
    double p = 0.0;
    if (hi < INFINITY) p -= softplus(eta - hi);
    if (lo > -INFINITY) p -= softplus(lo - eta);
    if (hi < INFINITY && lo > -INFINITY) p += log1m_exp(lo - hi);
    return p;
}

static double cuts_prob(const struct xrp_site *s, value v)
{
    struct series cuts;
    double eta, k, lo, hi;
    if (!cuts_open(s, &eta, &cuts)) return NAN;
    if (!whole_of(v, &k) || !cuts_about(cuts, k, &lo, &hi)) return -INFINITY;
    return between_log(eta, lo, hi);
}

static bool cuts_sample(const struct xrp_site *s, struct random *r, value *out)
{
    struct series cuts;
    double eta, cut;
    if (!cuts_open(s, &eta, &cuts)) return false;
    double x = eta + log(random_exponential(r) / random_exponential(r));
    int64_t k = 0;
    for (uint32_t i = 0; i < cuts.count; i++) {
        series_number(&cuts, &cut);
        k += x > cut;
    }
    *out = v_int(k);
    return true;
}

/* Derivatives by eta, by the lower cut and by the upper. */
static void between_slopes(double eta, double lo, double hi, double d[3])
{
    double up = hi < INFINITY ? inv_logit(eta - hi) : 0.0;
    double down = lo > -INFINITY ? inv_logit(lo - eta) : 0.0;
    double bend = hi < INFINITY && lo > -INFINITY ? 1.0 / expm1(hi - lo) : 0.0;
    d[0] = down - up;
    d[1] = lo > -INFINITY ? -down - bend : 0.0;
    d[2] = hi < INFINITY ? up + bend : 0.0;
}

static bool cuts_slopes(const struct xrp_site *s, value v, double *k,
                        uint32_t *count, double d[3])
{
    struct series cuts;
    double eta, lo, hi;
    if (!cuts_open(s, &eta, &cuts) || !whole_of(v, k)) return false;
    if (!cuts_about(cuts, *k, &lo, &hi)) return false;
    between_slopes(eta, lo, hi, d);
    *count = cuts.count;
    return true;
}

static bool cuts_gradient(const struct xrp_site *s, value v, double *by_value,
                          double *by_arg)
{
    double k, d[3];
    uint32_t count;
    if (!cuts_slopes(s, v, &k, &count, d)) return false;
    *by_value = by_arg[1] = NAN;
    by_arg[0] = d[0];
    return true;
}

static bool cuts_gradient_within(const struct xrp_site *s, value v, int arg,
                                 double *by_element)
{
    double k, d[3];
    uint32_t count;
    if (arg != 1 || !cuts_slopes(s, v, &k, &count, d)) return false;
    for (uint32_t i = 0; i < count; i++)
        by_element[i] = i + 1.0 == k ? d[1] : i == k ? d[2] : 0.0;
    return true;
}

static bool cuts_enumerate(const struct xrp_site *s, value *list)
{
    struct series cuts;
    double eta;
    return cuts_open(s, &eta, &cuts) && enumerate_below(cuts.count + 1.0, list);
}

static void cuts_split(const struct xrp_site *s, uint32_t k, double *under,
                       double *from)
{
    struct series cuts;
    double eta, lo, hi;
    cuts_open(s, &eta, &cuts);
    cuts_about(cuts, k, &lo, &hi);
    *under = -softplus(eta - lo);
    *from = -softplus(lo - eta);
}

static bool cuts_law(const struct xrp_site *s, struct indices *law)
{
    struct series cuts;
    double eta;
    if (!cuts_open(s, &eta, &cuts)) return false;
    *law = (struct indices){cuts.count + 1, cuts_split};
    return true;
}

static bool cuts_log_cdf(const struct xrp_site *s, double x, double *below,
                         double *above)
{
    struct indices law;
    return cuts_law(s, &law) && split_at(&law, s, x, below, above);
}

static bool cuts_log_cdf_gradient(const struct xrp_site *s, double x,
                                  bool upper, double *by_x, double *by_arg)
{
    double below, above;
    if (!cuts_log_cdf(s, x, &below, &above)) return false;
    *by_x = by_arg[1] = NAN;
    by_arg[0] = upper ? exp(below) : -exp(above);
    if ((upper ? above : below) == -INFINITY) by_arg[0] = NAN;
    return true;
}

/* The sum of (k - centre)^power over the indices, each by its probability. */
static double cuts_sum(struct series cuts, double eta, double centre, int power)
{
    double sum = 0.0, lo = -INFINITY, hi = INFINITY;
    for (uint32_t k = 0; k <= cuts.count; k++, lo = hi) {
        double apart = k - centre;
        hi = INFINITY;
        if (k < cuts.count) series_number(&cuts, &hi);
        sum += (power == 2 ? apart * apart : apart) *
               exp(between_log(eta, lo, hi));
    }
    return sum;
}

static bool cuts_moments(const struct xrp_site *s, double *mean,
                         double *variance)
{
    struct series cuts;
    double eta;
    if (!cuts_open(s, &eta, &cuts)) return false;
    *mean = cuts_sum(cuts, eta, 0.0, 1);
    *variance = cuts_sum(cuts, eta, *mean, 2);
    return true;
}

static bool cuts_quantile(const struct xrp_site *s, double log_p, bool upper,
                          double *x)
{
    struct indices law;
    return cuts_law(s, &law) && index_quantile(&law, s, log_p, upper, x);
}

static bool cuts_bounds(const struct xrp_site *s, double *lo, double *hi)
{
    struct indices law;
    if (!cuts_law(s, &law)) return false;
    *lo = 0.0;
    *hi = law.count - 1.0;
    return true;
}

static bool cuts_explain(const struct xrp_site *s, char *words, size_t size)
{
    static const struct parameter row = {"eta", REAL, 0.0};
    struct series cuts;
    char got[96];
    double before = -INFINITY, cut;
    if (s->arg_count != 2) return false;
    if (parameters_explain(&row, 1, s->args, 1, words, size)) return true;
    if (!series_open(&cuts, s->args[1]) || cuts.count == 0) {
        snprintf(words, size,
                 "cuts must be a list or vector of at least one "
                 "number, got %s",
                 value_words(s->args[1], got, sizeof got));
        return true;
    }
    for (uint32_t i = 0; i < cuts.count; i++) {
        value v = series_next(&cuts);
        bool number = real_of(v, &cut) && fabs(cut) < INFINITY;
        if (number && cut > before) {
            before = cut;
            continue;
        }
        snprintf(words, size, "cut %u must be %s, got %s", (unsigned)i,
                 number ? "above the one before" : "a finite number",
                 value_words(v, got, sizeof got));
        return true;
    }
    return false;
}

const struct xrp_family family_ordered_logistic = {
    .names = "ordered-logistic",
    .signature = "(ordered-logistic eta cuts)",
    .doc = "an index from 0: how many of the cuts, ascending, a logistic "
           "number around eta is above",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES,
    .support_kind = SUPPORT_INTEGERS,
    .sample = cuts_sample,
    .prob = cuts_prob,
    .enumerate = cuts_enumerate,
    .gradient = cuts_gradient,
    .gradient_within = cuts_gradient_within,
    .bounds = cuts_bounds,
    .moments = cuts_moments,
    .log_cdf = cuts_log_cdf,
    .log_cdf_gradient = cuts_log_cdf_gradient,
    .quantile = cuts_quantile,
    .explain = cuts_explain,
};
