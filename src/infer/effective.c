/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How many independent draws chains are worth, and how far apart they are: the
 * formulas of diagnostics.h, for chains as they are. Means and distances from
 * them are worked out once, and lags only as far as they count. Of chains of
 * zeros and ones lags are counted, 64 draws at a time.
 */
#include "infer/effective.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "infer/fourier.h"
#include "tape/lanes.h"

/* ---- room ------------------------------------------------------------- */

/* Zeros that each chain has behind it: the lags, and the lanes of a loop. */
enum { BEHIND = EFFECTIVE_LAGS + 2 * LANES_EIGHT };

static size_t words_of(size_t draws) { return draws / 64 + 2; }

bool chain_room_open(struct chain_room *r, size_t count, size_t draws)
{
    *r = (struct chain_room){
        .centred = malloc((count * (draws + BEHIND) + 1) * sizeof(double)),
        .means = malloc((count + 1) * sizeof(double)),
        .bits = malloc((count * words_of(draws) + 1) * sizeof(uint64_t))};
    if (r->centred && r->means && r->bits) return true;
    chain_room_close(r);
    return false;
}

void chain_room_close(struct chain_room *r)
{
    free(r->centred);
    free(r->means);
    free(r->bits);
    *r = (struct chain_room){0};
}

static bool all_equal(const double *x, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (x[i] != x[0]) return false;
    }
    return true;
}

/* ---- autocovariance --------------------------------------------------- */

/* Adds |transform of a + ib|^2 to power; b NULL for none. Each is taken about
 * its mean and padded with zeros to `length`. */
static void add_power(double *power, double *re, double *im, const double *turn,
                      size_t length, const double *a, const double *b, size_t n)
{
    double mean_a = draws_mean(a, n), mean_b = b ? draws_mean(b, n) : 0.0;
    memset(re, 0, length * sizeof *re);
    memset(im, 0, length * sizeof *im);
    for (size_t i = 0; i < n; i++) {
        re[i] = a[i] - mean_a;
        if (b) im[i] = b[i] - mean_b;
    }
    fourier(re, im, length, turn);
    for (size_t k = 0; k < length; k++) {
        power[k] += re[k] * re[k] + im[k] * im[k];
    }
}

/* By Wiener and Khinchin. Two chains a and b share a transform: the real part
 * of the autocovariance of a + ib is the sum of theirs. The way back needs
 * its real part only, for which forward and inverse transform are the same
 * but for the factor. */
bool autocovariance(struct chains x, double *out)
{
    size_t n = x.draws, length = fourier_length(2 * n);
    if (length == 0 || length > SIZE_MAX / (4 * sizeof(double))) return false;
    double *room = calloc(4 * length, sizeof *room);
    if (!room) return false;
    double *power = room, *re = room + length, *im = room + 2 * length;
    double *turn = room + 3 * length;

    fourier_turns(turn, length);
    for (size_t c = 0; c < x.count; c += 2) {
        const double *a = x.at + c * n;
        add_power(power, re, im, turn, length, a,
                  c + 1 < x.count ? a + n : NULL, n);
    }
    memset(im, 0, length * sizeof *im);
    fourier(power, im, length, turn);
    double factor = 1.0 / ((double)length * (double)n * (double)x.count);
    for (size_t t = 0; t < n; t++) out[t] = power[t] * factor;
    free(room);
    return true;
}

/* ---- effective sample size -------------------------------------------- */

/* Variance of means, by updating; 0 for one. */
static double between(const double *means, size_t count)
{
    double mean = 0.0, sum = 0.0;
    if (count < 2) return 0.0;
    for (size_t c = 0; c < count; c++) {
        double away = means[c] - mean;
        mean += away / (double)(c + 1);
        sum += away * (means[c] - mean);
    }
    return sum / (double)(count - 1);
}

/* The integrated autocorrelation time, -1 + 2 sum of rho: rho(t) is
 * 1 - (W - acov(t)) / var+, [V] (10); its sums over pairs of lags (0, 1),
 * (2, 3), ... are taken while they are positive and made never to rise, [G].
 * The even lag after the last pair is added once: the estimate then varies
 * less for antithetic chains. Where `lags` known ones do not reach so far: NaN.
 */
static double autocorrelation_time(const double *acov, size_t lags, size_t n,
                                   double within, double total)
{
    double sum = 0.0, last = INFINITY;
    double even = 1.0, odd = 1.0 - (within - acov[1]) / total;
    for (size_t t = 2; t + 3 < n && even + odd > 0.0; t += 2) {
        if (t + 1 >= lags) return NAN;
        last = fmin(last, even + odd);
        sum += last;
        even = 1.0 - (within - acov[t]) / total;
        odd = 1.0 - (within - acov[t + 1]) / total;
    }
    return -1.0 + 2.0 * sum + fmax(even, 0.0);
}

static double time_of(struct chains x, const double *acov, size_t lags,
                      double apart)
{
    double n = (double)x.draws, within = acov[0] * n / (n - 1.0);
    return autocorrelation_time(acov, lags, x.draws, within, acov[0] + apart);
}

/* Each chain about its mean, with zeros behind it as far as lags reach. */
static void about_means(struct chains x, struct chain_room *r)
{
    for (size_t c = 0; c < x.count; c++) {
        const double *chain = x.at + c * x.draws;
        double *to = r->centred + c * (x.draws + BEHIND);
        double mean = r->means[c];
        for (size_t i = 0; i < x.draws; i++) to[i] = chain[i] - mean;
        memset(to + x.draws, 0, BEHIND * sizeof *to);
    }
}

/* Chains that forget soon need no transform of all their draws. NaN: they do.
 */
static double soon_known(struct chains x, struct chain_room *r, double apart)
{
    double acov[EFFECTIVE_LAGS] = {0}, time = NAN;
    const struct lanes *lanes = lanes_chosen();
    size_t stride = x.draws + BEHIND;
    double factor = 1.0 / ((double)x.draws * (double)x.count);
    about_means(x, r);
    for (size_t t = 0; t < EFFECTIVE_LAGS && isnan(time); t += LANES_EIGHT) {
        for (size_t c = 0; c < x.count; c++)
            lanes->lags(r->centred + c * stride, x.draws, t, acov + t);
        for (size_t k = t; k < t + LANES_EIGHT; k++) acov[k] *= factor;
        time = time_of(x, acov, t + LANES_EIGHT, apart);
    }
    return time;
}

/* [V] section 3.2: no more than N log10 N can be believed. */
static double size_of(struct chains x, double time)
{
    double all = (double)(x.count * x.draws);
    return isnan(time) ? NAN : all / fmax(time, 1.0 / log10(all));
}

static double size_by_means(struct chains x, struct chain_room *r)
{
    double apart = between(r->means, x.count), *acov = NULL;
    if (x.count == 0 || x.draws < 6 || all_equal(x.at, x.count * x.draws))
        return NAN;
    double time = soon_known(x, r, apart);
    if (isnan(time) && (acov = malloc(x.draws * sizeof *acov)) &&
        autocovariance(x, acov))
        time = time_of(x, acov, x.draws, apart);
    free(acov);
    return size_of(x, time);
}

/* ---- R-hat ------------------------------------------------------------ */

static double rhat_by_means(struct chains x, const struct chain_room *r)
{
    double within = 0.0, n = (double)x.draws;
    if (x.count < 2 || x.draws < 2) return NAN;
    if (all_equal(x.at, x.count * x.draws)) return NAN;
    for (size_t c = 0; c < x.count; c++)
        within += draws_variance(x.at + c * x.draws, x.draws, r->means[c]) /
                  (double)x.count;
    return sqrt((n - 1.0) / n + between(r->means, x.count) / within);
}

void chains_judge(struct chains x, struct chain_room *r, double *size,
                  double *rhat)
{
    for (size_t c = 0; c < x.count; c++)
        r->means[c] = draws_mean(x.at + c * x.draws, x.draws);
    if (size) *size = size_by_means(x, r);
    if (rhat) *rhat = rhat_by_means(x, r);
}

/* Room of its own. */
static double judge(struct chains x, bool size)
{
    struct chain_room r;
    double out = NAN;
    if (!chain_room_open(&r, x.count, x.draws)) return NAN;
    chains_judge(x, &r, size ? &out : NULL, size ? NULL : &out);
    chain_room_close(&r);
    return out;
}

double effective_size(struct chains x) { return judge(x, true); }
double rhat_plain(struct chains x) { return judge(x, false); }

/* ---- zeros and ones ----------------------------------------------------- */

static uint64_t one_of(const uint64_t *bits, size_t i)
{
    return bits[i / 64] >> i % 64 & 1;
}

static size_t ones_of(const uint64_t *bits, size_t words)
{
    size_t sum = 0;
    for (size_t i = 0; i < words; i++)
        sum += (size_t)__builtin_popcountll(bits[i]);
    return sum;
}

/* How often a one comes `lag` draws behind a one. */
static size_t ones_apart(const uint64_t *bits, size_t words, size_t lag)
{
    size_t sum = 0;
    if (!lag) return ones_of(bits, words);
    for (size_t i = 0; i + 1 < words; i++) {
        uint64_t later = bits[i] >> lag | bits[i + 1] << (64 - lag);
        sum += (size_t)__builtin_popcountll(bits[i] & later);
    }
    return sum;
}

/* sum of (a_i - m)(a_{i + lag} - m) by counts: those with a one at either end
 * leave out the first, or the last, few draws. */
static void count_lags(double *acov, const uint64_t *bits, size_t n,
                       double mean, size_t from, size_t *first, size_t *last)
{
    size_t words = words_of(n), ones = ones_of(bits, words);
    for (size_t t = from; t < from + LANES_EIGHT; t++) {
        double both = (double)ones_apart(bits, words, t);
        double ends = (double)(2 * ones - *first - *last);
        acov[t] += both - mean * ends + ((double)n - (double)t) * mean * mean;
        if (t >= n) continue;
        *first += one_of(bits, t);
        *last += one_of(bits, n - 1 - t);
    }
}

/* Sets words of one chain: is it at most the bound, or less? */
static size_t compare(uint64_t *bits, const double *x, size_t n, double bound,
                      bool less)
{
    size_t words = words_of(n);
    memset(bits + n / 64, 0, (words - n / 64) * sizeof *bits);
    lanes_chosen()->bits(x, n, bound, less, bits);
    return ones_of(bits, words);
}

double halves_share_size(struct chains x, struct chain_room *r, double bound,
                         bool less)
{
    struct chains halves = {NULL, 2 * x.count, x.draws / 2};
    size_t n = halves.draws, words = words_of(n), all = 0;
    double acov[EFFECTIVE_LAGS] = {0}, time = NAN;
    double factor = 1.0 / ((double)n * (double)halves.count);
    if (n < 6) return NAN;
    for (size_t c = 0; c < halves.count; c++) {
        const double *chain = x.at + c / 2 * x.draws;
        size_t ones =
            compare(r->bits + c * words, chain + (c % 2 ? x.draws - n : 0), n,
                    bound, less);
        r->means[c] = (double)ones / (double)n;
        all += ones;
    }
    if (!all || all == n * halves.count) return NAN;
    double apart = between(r->means, halves.count);
    size_t ends[EFFECTIVE_CHAINS][2] = {{0}};
    if (halves.count > EFFECTIVE_CHAINS) return -1.0;
    for (size_t t = 0; t < EFFECTIVE_LAGS && isnan(time); t += LANES_EIGHT) {
        for (size_t c = 0; c < halves.count; c++)
            count_lags(acov, r->bits + c * words, n, r->means[c], t,
                       &ends[c][0], &ends[c][1]);
        for (size_t k = t; k < t + LANES_EIGHT; k++) acov[k] *= factor;
        time = time_of(halves, acov, t + LANES_EIGHT, apart);
    }
    return isnan(time) ? -1.0 : size_of(halves, time);
}
