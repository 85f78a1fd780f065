/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See plain.h: the slots that are not on the quick path, and quantiles by
 * search.
 */
#include "xrp/plain.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

#include "base/saddle.h"
#include "base/special.h"
#include "base/tail.h"

/* Has parameter i no derivative: is it a whole number? */
static bool is_whole_row(const struct plain *f, int i)
{
    return f->rows[i].domain >= WHOLE && f->rows[i].domain <= DIMENSION;
}

/* From d to the places of value and arguments. */
static void hand_out(const struct plain *f, const struct xrp_site *s,
                     const double *d, double *by_value, double *by_arg)
{
    *by_value = f->kind == PLAIN_REAL ? d[0] : (double)NAN;
    for (int i = 0; i < f->count && i < s->arg_count; i++)
        by_arg[i] = is_whole_row(f, i) ? (double)NAN : d[1 + i];
}

bool plain_gradient(const struct plain *f, const struct xrp_site *s, value v,
                    double *by_value, double *by_arg)
{
    double p[PLAIN_MAX] = {0}, x, d[1 + PLAIN_MAX] = {0};
    if (!plain_read(f, s, p) || !plain_value(f, p, v, &x)) return false;
    if (!f->slope(p, x, d) || d[0] != d[0]) return false;
    /* Infinite where the value cannot be: (flip 0) that gave true. */
    for (int i = 0; i <= f->count; i++)
        if (fabs(d[i]) == INFINITY) return false;
    hand_out(f, s, d, by_value, by_arg);
    return true;
}

bool plain_explain(const struct plain *f, const struct xrp_site *s, char *words,
                   size_t size)
{
    if (parameters_explain(f->rows, f->count, s->args, s->arg_count, words,
                           size))
        return true;
    double p[PLAIN_MAX] = {0};
    if (plain_read(f, s, p)) return false;
    int length = snprintf(words, size, "%s, got", f->unsound);
    for (int i = 0; i < f->count && i < s->arg_count; i++) {
        if (length < 0 || (size_t)length >= size) break;
        char got[96];
        length += snprintf(words + length, size - (size_t)length, "%s %s",
                           i == 0                  ? ""
                           : i == s->arg_count - 1 ? " and"
                                                   : ",",
                           value_words(s->args[i], got, sizeof got));
    }
    return true;
}

bool plain_moments(const struct plain *f, const struct xrp_site *s,
                   double *mean, double *variance)
{
    double p[PLAIN_MAX] = {0};
    if (!plain_read(f, s, p) || !f->moments) return false;
    f->moments(p, mean, variance);
    return true;
}

bool plain_support(const struct plain *f, const struct xrp_site *s, double *lo,
                   double *hi)
{
    double p[PLAIN_MAX] = {0};
    if (!plain_read(f, s, p)) return false;
    plain_bounds(f, p, lo, hi);
    return true;
}

/* Is x where nothing lies to one of its sides? Then says so. x is not NaN;
 * of a discrete family it is made whole. */
static bool at_an_end(const struct plain *f, const double *p, double *x,
                      double *below, double *above)
{
    double lo, hi;
    plain_bounds(f, p, &lo, &hi);
    bool whole = f->kind != PLAIN_REAL;
    if (whole) *x = floor(*x);
    bool under = *x < lo || *x == -INFINITY || (!whole && *x == lo);
    *below = under ? -INFINITY : 0.0;
    *above = under ? 0.0 : -INFINITY;
    return under || *x >= hi;
}

static void find_tails(const struct plain *f, const double *p, double x,
                       double *below, double *above)
{
    if (!at_an_end(f, p, &x, below, above)) f->tails(p, x, below, above);
}

bool plain_log_cdf(const struct plain *f, const struct xrp_site *s, double x,
                   double *below, double *above)
{
    double p[PLAIN_MAX] = {0};
    if (!plain_read(f, s, p) || x != x || !f->tails) return false;
    find_tails(f, p, x, below, above);
    return *below == *below;
}

bool plain_log_cdf_gradient(const struct plain *f, const struct xrp_site *s,
                            double x, bool upper, double *by_x, double *by_arg)
{
    double p[PLAIN_MAX] = {0}, d[1 + PLAIN_MAX] = {0}, tail[2];
    if (!plain_read(f, s, p) || x != x || !f->tails) return false;
    bool end = at_an_end(f, p, &x, tail, tail + 1);
    if (!end) f->tails(p, x, tail, tail + 1);
    if (tail[upper] != tail[upper]) return false;
    if (!end) f->tails_slope(p, x, upper, tail[upper], d);
    for (int i = 0; i <= PLAIN_MAX; i++) {
        /* Nothing on this side: no logarithm. Nothing on the other that a
         * double could hold: no slope. */
        if (tail[upper] == -INFINITY)
            d[i] = NAN;
        else if (tail[!upper] == -INFINITY && d[i] != d[i])
            d[i] = 0.0;
    }
    hand_out(f, s, d, by_x, by_arg);
    return true;
}

/* ---- quantiles ------------------------------------------------------------ */

/* Doubles as integers of the same order, and back. */
static int64_t key_of(double x)
{
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits < 0 ? INT64_MIN - bits : bits;
}
static double of_key(int64_t key)
{
    if (key < 0) key = INT64_MIN - key;
    double x;
    memcpy(&x, &key, sizeof x);
    return x;
}

/* What a quantile is sought for. Rounding of the tails and of log_p is
 * forgiven: 2^-47 of it. */
struct sought {
    const struct plain *plain;
    const double *p;
    double log_p, slack;
    bool upper;
};

/* Is x at or past the quantile? Also how far its tail is from log_p. */
static bool reached(const struct sought *q, double x, double *miss)
{
    double below, above;
    find_tails(q->plain, q->p, x, &below, &above);
    *miss = q->upper ? q->log_p - above : below - q->log_p;
    return *miss >= -q->slack;
}

static double midpoint(double a, double b) { return 0.5 * a + 0.5 * b; }

/* Steps of Newton's in turn with halvings of the doubles that are left. */
static double search_real(const struct sought *q, double lo, double hi)
{
    int64_t from = key_of(lo), to = key_of(hi);
    double x = lo > -INFINITY && hi < INFINITY ? midpoint(lo, hi) : 0.0;
    if (!(x > lo && x < hi)) x = lo > -INFINITY ? lo + 1.0 : hi - 1.0;
    for (int i = 0; i < 400 && from + 1 < to; i++) {
        int64_t key = key_of(x);
        if (key <= from || key >= to) {
            key = from / 2 + to / 2 + (from % 2 + to % 2) / 2;
            x = of_key(key);
        }
        double miss, density = q->plain->log(q->p, x);
        bool past = reached(q, x, &miss);
        if (past)
            to = key;
        else
            from = key;
        double tail = q->upper ? q->log_p - miss : q->log_p + miss;
        double step = -miss * exp(tail - density);
        bool still = fabs(step) <= 2e-16 * fabs(x) && fabs(miss) < 1e-6;
        if (fabs(miss) <= q->slack || still) return x;
        x = i % 3 < 2 ? x + step : NAN;
        if (x != x) x = of_key(from / 2 + to / 2 + (from % 2 + to % 2) / 2);
    }
    return of_key(to);
}

/* From a guess outward by doubled steps, then by halving. */
static double search_whole(const struct sought *q, double lo, double hi,
                           double guess)
{
    double miss, step = 1.0;
    double from = lo - 1.0, to = hi; /* not reached; reached */
    if (!(guess >= lo)) guess = lo;
    if (guess > hi) guess = hi;
    for (double k = floor(guess);; step *= 2.0) {
        if (reached(q, k, &miss)) {
            to = k;
            k -= step;
            if (k <= from) break;
        } else {
            from = k;
            if (k >= DBL_MAX) return INFINITY;
            k = fmin(k + step, DBL_MAX);
            if (k >= to) break;
        }
    }
    for (;;) {
        double middle = floor(midpoint(from, to));
        if (!(middle > from && middle < to)) return to;
        if (reached(q, middle, &miss))
            to = middle;
        else
            from = middle;
    }
}

static double whole_guess(const struct sought *q)
{
    double mean = NAN, variance = NAN;
    if (q->plain->moments) q->plain->moments(q->p, &mean, &variance);
    if (!(fabs(mean) < 0x1p60 && variance < 0x1p120)) return 0.0;
    double z = normal_z(q->log_p);
    return mean + sqrt(variance) * fmin(fmax(q->upper ? -z : z, -40.0), 40.0);
}

/* Of a discrete family X > x at x = hi is impossible, and X <= lo - 1. */
bool plain_quantile(const struct plain *f, const struct xrp_site *s,
                    double log_p, bool upper, double *x)
{
    double p[PLAIN_MAX] = {0}, lo, hi;
    if (!plain_read(f, s, p) || !(log_p <= 0.0) || !f->tails) return false;
    plain_bounds(f, p, &lo, &hi);
    if (log_p == 0.0 || log_p == -INFINITY) {
        *x = (log_p == 0.0) == upper ? lo : hi;
        return true;
    }
    if (f->quantile) {
        *x = fmin(fmax(f->quantile(p, log_p, upper), lo), hi);
        return *x == *x;
    }
    struct sought q = {f, p, log_p, 0.0, upper};
    if (log_p > -LOG_2 && log1m_exp(log_p) < 0.0) {
        q.log_p = log1m_exp(log_p);
        q.upper = !upper;
    }
    q.slack = f->kind == PLAIN_REAL ? 4e-16 * fmax(1.0, -q.log_p)
                                    : 0x1p-47 * fmax(1.0, -q.log_p);
    *x = f->kind == PLAIN_REAL ? search_real(&q, lo, hi)
                               : search_whole(&q, lo, hi, whole_guess(&q));
    return *x == *x;
}
