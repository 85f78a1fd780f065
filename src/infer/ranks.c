/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Draws in order: see ranks.h. Sorted digit by digit from the last (Knuth,
 * The Art of Computer Programming 3, 5.2.5), as keys with their places: no
 * comparison that a processor would have to guess. Keys are how far a number
 * is between the least and the largest; the few of equal keys are put in
 * their places one by one. Where they are many, because most numbers are
 * close together, keys are the bits of the doubles, which are in order as
 * whole numbers when the negative ones are turned over.
 */
#include "infer/ranks.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rank_key {
    uint32_t key, at;
};

enum { FEW = 64, DIGIT = 11, DIGITS = 1 << DIGIT, PASSES = 3 };

bool ranking_open(struct ranking *r, size_t most)
{
    *r = (struct ranking){0};
    if (most > UINT32_MAX) return false;
    double *x = malloc((most + 2) * sizeof *x);
    r->at = malloc((most + 1) * sizeof *r->at);
    r->keys = malloc((2 * most + 1) * sizeof *r->keys);
    r->x = x ? x + 1 : NULL;
    if (r->x && r->at && r->keys) return true;
    ranking_close(r);
    return false;
}

void ranking_close(struct ranking *r)
{
    if (r->x) free(r->x - 1);
    free(r->at);
    free(r->keys);
    *r = (struct ranking){0};
}

/* ---- by keys ------------------------------------------------------------ */

/* Counts become the places where each digit begins. false: all have the same
 * digit. */
static bool begins(uint32_t *count, size_t n)
{
    uint32_t sum = 0;
    for (int d = 0; d < DIGITS; d++) {
        uint32_t here = count[d];
        if (here == n) return false;
        count[d] = sum;
        sum += here;
    }
    return true;
}

/* In order by the last so many digits, those of equal keys as they were; there
 * is room behind them for as many. The sorted ones. */
static struct rank_key *sort_keys(struct rank_key *keys, struct rank_key *room,
                                  size_t n, int passes)
{
    uint32_t count[PASSES][DIGITS];
    memset(count, 0, (size_t)passes * sizeof *count);
    for (size_t i = 0; i < n; i++)
        for (int p = 0; p < passes; p++)
            count[p][keys[i].key >> p * DIGIT & (DIGITS - 1)]++;
    for (int p = 0; p < passes; p++) {
        uint32_t *first = count[p];
        int shift = p * DIGIT;
        if (!begins(first, n)) continue;
        for (size_t i = 0; i < n; i++)
            room[first[keys[i].key >> shift & (DIGITS - 1)]++] = keys[i];
        struct rank_key *sorted = room;
        room = keys;
        keys = sorted;
    }
    return keys;
}

static void take(struct ranking *r, const double *x,
                 const struct rank_key *keys)
{
    for (size_t i = 0; i < r->n; i++) {
        r->at[i] = keys[i].at;
        r->x[i] = x[keys[i].at];
    }
}

/* What keys have left undone. false: it is more than a little. */
static bool insert(struct ranking *r)
{
    size_t left = r->n > FEW ? r->n : (size_t)FEW * FEW;
    for (size_t i = 1; i < r->n; i++) {
        double moved = r->x[i];
        if (!(r->x[i - 1] > moved)) continue;
        uint32_t at = r->at[i];
        size_t to = i;
        for (; to > 0 && r->x[to - 1] > moved; to--, left--) {
            if (!left) return false;
            r->x[to] = r->x[to - 1];
            r->at[to] = r->at[to - 1];
        }
        r->x[to] = moved;
        r->at[to] = at;
    }
    return true;
}

enum { LANES = 4 };

static void bound(const double *x, size_t n, double *low, double *high)
{
    double least[LANES], most[LANES];
    for (size_t k = 0; k < LANES; k++) least[k] = most[k] = x[k];
    for (size_t i = 0; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++) {
            double at = x[i + k];
            least[k] = at < least[k] ? at : least[k];
            most[k] = at > most[k] ? at : most[k];
        }
    *low = x[n - 1];
    *high = x[n - 1];
    for (size_t i = n / LANES * LANES; i < n; i++) {
        *low = fmin(*low, x[i]);
        *high = fmax(*high, x[i]);
    }
    for (size_t k = 0; k < LANES; k++) {
        *low = fmin(*low, least[k]);
        *high = fmax(*high, most[k]);
    }
}

/* By how far each is from the least to the largest: both are rounded, which
 * changes no order. false: it would not do. */
static bool sort_by_distance(struct ranking *r, const double *x)
{
    double low, high;
    bound(x, r->n, &low, &high);
    double scale = (DIGITS * DIGITS - 1) / (high - low);
    if (!(scale > 0.0 && scale < INFINITY)) return false;
    for (size_t i = 0; i < r->n; i++)
        r->keys[i] =
            (struct rank_key){(uint32_t)((x[i] - low) * scale), (uint32_t)i};
    take(r, x, sort_keys(r->keys, r->keys + r->n, r->n, 2));
    return insert(r);
}

/* The two zeros are one number. */
static uint64_t bits_of(double x)
{
    uint64_t bits;
    x += 0.0;
    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

/* By the lower halves of their bits, then by the upper ones. */
static void sort_by_bits(struct ranking *r, const double *x)
{
    struct rank_key *sorted = r->keys;
    for (size_t i = 0; i < r->n; i++)
        r->keys[i] = (struct rank_key){(uint32_t)bits_of(x[i]), (uint32_t)i};
    for (int upper = 0; upper < 2; upper++) {
        for (size_t i = 0; upper && i < r->n; i++)
            sorted[i].key = (uint32_t)(bits_of(x[sorted[i].at]) >> 32);
        sorted = sort_keys(sorted, sorted == r->keys ? r->keys + r->n : r->keys,
                           r->n, PASSES);
    }
    take(r, x, sorted);
}

void ranking_sort(struct ranking *r, const double *x, size_t n)
{
    bool sorted;
    r->n = n;
    r->x[-1] = -INFINITY;
    if (n > FEW) {
        sorted = sort_by_distance(r, x);
    } else {
        if (n) memcpy(r->x, x, n * sizeof *x);
        for (size_t i = 0; i < n; i++) r->at[i] = (uint32_t)i;
        sorted = insert(r);
    }
    if (!sorted) sort_by_bits(r, x);
    r->x[n] = INFINITY;
}

/* Those above the median as they are, those below backwards, merged. */
void ranking_fold(struct ranking *to, const struct ranking *from, double median)
{
    size_t above = 0, n = from->n;
    while (above < n && from->x[above] <= median) above++;
    ptrdiff_t low = (ptrdiff_t)above - 1, high = (ptrdiff_t)above;
    to->n = n;
    for (size_t i = 0; i < n; i++) {
        double down = median - from->x[low], up = from->x[high] - median;
        bool is_down = down <= up;
        to->x[i] = is_down ? down : up;
        to->at[i] = from->at[is_down ? low : high];
        low -= is_down;
        high += !is_down;
    }
}

/* ---- scores -------------------------------------------------------------- */

size_t ranking_run(const struct ranking *r, size_t i)
{
    size_t end = i + 1;
    while (end < r->n && r->x[end] == r->x[i]) end++;
    return end;
}

static double score_of(double rank, size_t n)
{
    return gsl_cdf_ugaussian_Pinv((rank - 0.375) / ((double)n + 0.25));
}

/* Scores of ranks from both ends differ in sign. */
static void know(double *known, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        known[i] = score_of((double)(i + 1), n);
        known[n - 1 - i] = -known[i];
    }
    if (n % 2) known[n / 2] = 0.0;
}

/* Of equal numbers: their ranks are first + 1 to end. */
static double score_of_run(size_t first, size_t end, size_t n,
                           const double *known)
{
    size_t twice = first + end + 1;
    return twice % 2 ? score_of(0.5 * (double)twice, n) : known[twice / 2 - 1];
}

void ranking_scores(double *to, const struct ranking *r, double *known)
{
    const double *x = r->x;
    const uint32_t *at = r->at;
    size_t n = r->n;
    if (n > 1 && known[0] == 0.0) know(known, n);
    for (size_t i = 0; i < n; i++) {
        if (i + 1 == n || x[i] != x[i + 1]) {
            to[at[i]] = known[i];
            continue;
        }
        size_t end = ranking_run(r, i);
        double score = score_of_run(i, end, n, known);
        for (; i < end; i++) to[at[i]] = score;
        i--;
    }
}
