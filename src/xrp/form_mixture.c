/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mixture: a draw of one of several distributions, which one by weights that
 * need not sum to 1; which one it was is summed out. Its parts are all
 * discrete, or have all a density. With r_k the share of part k at a value,
 * every slope is the sum of r_k times the slope of part k.
 */
#include <stdlib.h>

#include "base/special.h"
#include "xrp/form.h"

struct part {
    struct inner in;
    int from;      /* its procedure's place in the arguments */
    double weight; /* its share of all weights */
    double score;  /* log weight, and what was added to it */
};

struct mixture {
    struct part *parts;
    int count;
    double sum; /* of the weights */
    struct part few[6];
    struct part *owned;
};

static void close_mixture(struct mixture *m) { free(m->owned); }

/* Reads the runs of the arguments: a length, then as many. */
static bool open_parts(const struct words *w, const struct xrp_site *s,
                       struct mixture *m)
{
    int room = (int)(sizeof m->few / sizeof *m->few);
    m->parts = m->few;
    m->count = 0;
    m->owned = NULL;
    for (int at = 1; at < s->arg_count; m->count++) {
        if (m->count == room) {
            struct part *more =
                realloc(m->owned, 2 * (size_t)room * sizeof *more);
            if (!more) return words_put(w, "memory ran out");
            if (!m->owned) memcpy(more, m->few, sizeof m->few);
            m->parts = m->owned = more;
            room *= 2;
        }
        struct part *p = &m->parts[m->count];
        int64_t length = is_int(s->args[at]) ? as_int(s->args[at]) : 0;
        if (length < 1 || length > s->arg_count - at - 1)
            return words_put(w, "expected weights, then distributions and "
                                "their arguments");
        p->from = at + 1;
        at += 1 + (int)length;
        if (!inner_open(w, s, p->from, at, &p->in)) return false;
        if (inner_is_continuous(&p->in) != inner_is_continuous(&m->parts[0].in))
            return words_put(w,
                             "all parts are discrete, or all have a "
                             "density: %.*s and %.*s do not mix",
                             inner_name(&m->parts[0].in),
                             m->parts[0].in.family->names, inner_name(&p->in),
                             p->in.family->names);
    }
    return m->count > 0 || words_put(w, "there must be at least one part");
}

static bool open_mixture(const struct words *w, const struct xrp_site *s,
                         struct mixture *m)
{
    struct series weights;
    if (!open_parts(w, s, m)) return false;
    if (!series_open(&weights, s->args[0]) ||
        weights.count != (uint32_t)m->count)
        return words_put(w,
                         "expected a list or vector of %d weights, one a "
                         "part",
                         m->count);
    m->sum = 0.0;
    for (int k = 0; k < m->count; k++) {
        double *weight = &m->parts[k].weight;
        if (!series_number(&weights, weight) ||
            !(*weight >= 0.0 && *weight < INFINITY)) {
            if (w->at)
                weights_explain(s->args, 1, false, "weight", w->at, w->size);
            return false;
        }
        m->sum += *weight;
    }
    if (m->sum > 0.0 && m->sum < INFINITY) {
        for (int k = 0; k < m->count; k++) m->parts[k].weight /= m->sum;
        return true;
    }
    if (w->at) weights_explain(s->args, 1, false, "weight", w->at, w->size);
    return false;
}

static const struct words nobody = {NULL, 0};

static bool open_plain(const struct xrp_site *s, struct mixture *m)
{
    if (open_mixture(&nobody, s, m)) return true;
    close_mixture(m);
    return false;
}

static bool explain(const struct xrp_site *s, char *words, size_t size)
{
    struct words w = {words, size};
    struct mixture m;
    bool wrong = !open_mixture(&w, s, &m);
    for (int k = 0; !wrong && k < m.count; k++)
        wrong = inner_explain(&m.parts[k].in, words, size);
    close_mixture(&m);
    return wrong;
}

/* ---- sums over the parts ------------------------------------------------ */

/* log of the sum of e^score; scores stay as they are. */
static double sum_scores(const struct mixture *m)
{
    double most = -INFINITY, sum = 0.0;
    for (int k = 0; k < m->count; k++) most = fmax(most, m->parts[k].score);
    if (!(fabs(most) < INFINITY)) return most;
    for (int k = 0; k < m->count; k++) sum += exp(m->parts[k].score - most);
    return most + log(sum);
}

/* Fills scores with log weight + log density. NaN: a part's arguments are out
 * of their domain. */
static double score_parts(struct mixture *m, value v)
{
    for (int k = 0; k < m->count; k++) {
        struct part *p = &m->parts[k];
        double score = inner_prob(&p->in, v);
        if (score != score) return NAN;
        p->score = p->weight > 0.0 ? log(p->weight) + score : -INFINITY;
    }
    return sum_scores(m);
}

static double prob(const struct xrp_site *s, value v)
{
    struct mixture m;
    if (!open_plain(s, &m)) return NAN;
    double score = score_parts(&m, v);
    if (score > 0.0 && !inner_is_continuous(&m.parts[0].in)) score = 0.0;
    close_mixture(&m);
    return score;
}

static bool sample(const struct xrp_site *s, struct random *r, value *out)
{
    struct mixture m;
    if (!open_plain(s, &m)) return false;
    double left = random_unit(r);
    int k = 0, last = 0;
    for (; k < m.count; k++) {
        if (!(m.parts[k].weight > 0.0)) continue;
        last = k;
        left -= m.parts[k].weight;
        if (left < 0.0) break;
    }
    bool good = inner_sample(&m.parts[k < m.count ? k : last].in, r, out);
    close_mixture(&m);
    return good;
}

/* ---- slopes ------------------------------------------------------------- */

/* by_arg of the parts from the slopes of each, times its share; *by_value is
 * the sum. `slopes` fills by_arg of one part. */
struct slope_of {
    bool (*slopes)(const struct inner *in, const struct slope_of *at,
                   double *by_value, double *by_arg);
    value v;
    double x;
    bool upper;
};

static bool add_slopes(const struct mixture *m, const struct slope_of *at,
                       double all, double *by_value, double *by_arg)
{
    *by_value = 0.0;
    by_arg[0] = NAN;
    for (int k = 0; k < m->count; k++) {
        const struct part *p = &m->parts[k];
        double share = exp(p->score - all), one = 0.0;
        double *by = by_arg + p->from + 1;
        by[-1] = by[-2] = NAN; /* the procedure, and how many arguments */
        for (int i = 0; i < p->in.site.arg_count; i++) by[i] = 0.0;
        if (share == 0.0) continue;
        if (!at->slopes(&p->in, at, &one, by)) return false;
        *by_value += share * one;
        for (int i = 0; i < p->in.site.arg_count; i++) by[i] *= share;
    }
    return true;
}

static bool density_slopes(const struct inner *in, const struct slope_of *at,
                           double *by_value, double *by_arg)
{
    return inner_gradient(in, at->v, by_value, by_arg);
}

static bool gradient(const struct xrp_site *s, value v, double *by_value,
                     double *by_arg)
{
    struct mixture m;
    if (!open_plain(s, &m)) return false;
    struct slope_of at = {density_slopes, v, 0.0, false};
    double all = score_parts(&m, v);
    bool good = all > -INFINITY && add_slopes(&m, &at, all, by_value, by_arg);
    close_mixture(&m);
    return good;
}

/* d/dw_k of log(sum w f) - log(sum w). */
static bool gradient_within(const struct xrp_site *s, value v, int arg,
                            double *by_element)
{
    struct mixture m;
    if (arg != 0 || !open_plain(s, &m)) return false;
    double all = score_parts(&m, v);
    bool good = all > -INFINITY;
    for (int k = 0; good && k < m.count; k++)
        by_element[k] =
            (exp(inner_prob(&m.parts[k].in, v) - all) - 1.0) / m.sum;
    close_mixture(&m);
    return good;
}

/* ---- tails -------------------------------------------------------------- */

static bool tail_scores(struct mixture *m, double x, bool upper, double *out)
{
    for (int k = 0; k < m->count; k++) {
        struct part *p = &m->parts[k];
        double tail[2];
        if (!p->in.family->log_cdf ||
            !p->in.family->log_cdf(&p->in.site, x, &tail[0], &tail[1]))
            return false;
        p->score = p->weight > 0.0 ? log(p->weight) + tail[upper] : -INFINITY;
    }
    *out = sum_scores(m);
    return true;
}

static bool log_cdf(const struct xrp_site *s, double x, double *below,
                    double *above)
{
    struct mixture m;
    if (!open_plain(s, &m)) return false;
    bool good =
        tail_scores(&m, x, false, below) && tail_scores(&m, x, true, above);
    if (good) {
        *below = fmin(*below, 0.0);
        *above = fmin(*above, 0.0);
    }
    close_mixture(&m);
    return good;
}

static bool tail_slopes(const struct inner *in, const struct slope_of *at,
                        double *by_value, double *by_arg)
{
    return in->family->log_cdf_gradient &&
           in->family->log_cdf_gradient(&in->site, at->x, at->upper, by_value,
                                        by_arg);
}

static bool log_cdf_gradient(const struct xrp_site *s, double x, bool upper,
                             double *by_x, double *by_arg)
{
    struct mixture m;
    double all;
    if (!open_plain(s, &m)) return false;
    struct slope_of at = {tail_slopes, V_NIL, x, upper};
    bool good = tail_scores(&m, x, upper, &all) && all > -INFINITY &&
                add_slopes(&m, &at, all, by_x, by_arg);
    close_mixture(&m);
    return good;
}

/* The quantile is between the least and the greatest of the parts. */
static bool bracket(const struct mixture *m, double log_p, bool upper,
                    double *lo, double *hi)
{
    *lo = INFINITY;
    *hi = -INFINITY;
    for (int k = 0; k < m->count; k++) {
        const struct inner *in = &m->parts[k].in;
        double x;
        if (!(m->parts[k].weight > 0.0)) continue;
        if (!in->family->quantile ||
            !in->family->quantile(&in->site, log_p, upper, &x))
            return false;
        *lo = fmin(*lo, x);
        *hi = fmax(*hi, x);
    }
    return true;
}

/* Halves until no double, or whole number, is between. */
static bool search(struct mixture *m, bool whole, double log_p, bool upper,
                   double *x)
{
    double lo, hi, tail;
    if (!bracket(m, log_p, upper, &lo, &hi)) return false;
    if (whole) lo -= 1.0;
    double slack = (whole ? 0x1p-47 : 4e-16) * fmax(1.0, -log_p);
    for (int i = 0; i < 2200; i++) {
        double middle = 0.5 * lo + 0.5 * hi;
        if (whole) middle = floor(middle);
        if (!(middle > lo && middle < hi)) break;
        if (!tail_scores(m, middle, upper, &tail)) return false;
        bool reached = upper ? tail <= log_p + slack : tail >= log_p - slack;
        *(reached ? &hi : &lo) = middle;
    }
    *x = hi;
    return hi == hi;
}

static bool quantile(const struct xrp_site *s, double log_p, bool upper,
                     double *x)
{
    struct mixture m;
    if (!(log_p <= 0.0) || !open_plain(s, &m)) return false;
    bool good =
        search(&m, !inner_is_continuous(&m.parts[0].in), log_p, upper, x);
    close_mixture(&m);
    return good;
}

/* ---- support and moments ------------------------------------------------ */

static bool bounds(const struct xrp_site *s, double *lo, double *hi)
{
    struct mixture m;
    if (!open_plain(s, &m)) return false;
    bool good = true;
    *lo = INFINITY;
    *hi = -INFINITY;
    for (int k = 0; good && k < m.count; k++) {
        const struct inner *in = &m.parts[k].in;
        double from = 0.0, to = 0.0;
        good = in->family->bounds && in->family->bounds(&in->site, &from, &to);
        *lo = fmin(*lo, from);
        *hi = fmax(*hi, to);
    }
    close_mixture(&m);
    return good;
}

/* Is it possible in a part before this one? Then it is listed already. */
static bool is_listed(const struct mixture *m, int part, value v)
{
    for (int k = 0; k < part; k++)
        if (m->parts[k].weight > 0.0 &&
            inner_prob(&m->parts[k].in, v) > -INFINITY)
            return true;
    return false;
}

static bool enumerate(const struct xrp_site *s, value *list)
{
    struct mixture m;
    if (!open_plain(s, &m)) return false;
    bool good = true;
    *list = V_NIL;
    for (int k = m.count; good && k-- > 0;) {
        const struct inner *in = &m.parts[k].in;
        value one;
        if (!(m.parts[k].weight > 0.0)) continue;
        good = in->family->enumerate && in->family->enumerate(&in->site, &one);
        for (; good && is_pair(one); one = cdr(one))
            if (inner_prob(in, car(one)) > -INFINITY &&
                !is_listed(&m, k, car(one)))
                good = enumerate_onto(car(one), list);
    }
    close_mixture(&m);
    return good;
}

static bool moments(const struct xrp_site *s, double *mean, double *variance)
{
    enum { PARTS = 64 };
    struct mixture m;
    double means[PARTS], variances[PARTS];
    if (!open_plain(s, &m)) return false;
    bool good = m.count <= PARTS;
    *mean = *variance = 0.0;
    for (int k = 0; good && k < m.count; k++) {
        const struct inner *in = &m.parts[k].in;
        good = in->family->moments &&
               in->family->moments(&in->site, &means[k], &variances[k]);
        if (good && m.parts[k].weight > 0.0)
            *mean += m.parts[k].weight * means[k];
    }
    for (int k = 0; good && k < m.count; k++) {
        double off = means[k] - *mean;
        if (m.parts[k].weight > 0.0)
            *variance += m.parts[k].weight * (variances[k] + off * off);
    }
    close_mixture(&m);
    return good;
}

const struct xrp_family family_mixture = {
    .names = "mixture",
    .signature = "(mixture weights (f arg ...) (g arg ...) ...)",
    .doc = "a draw of f, of g ..., which one by the weights; which one it was "
           "is summed out",
    .min = 3,
    .max = -1,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FORM,
    .support_kind = SUPPORT_ANY,
    .sample = sample,
    .prob = prob,
    .gradient = gradient,
    .gradient_within = gradient_within,
    .explain = explain,
    .log_cdf = log_cdf,
    .log_cdf_gradient = log_cdf_gradient,
    .quantile = quantile,
    .bounds = bounds,
    .enumerate = enumerate,
    .moments = moments,
};
