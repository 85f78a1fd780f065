/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The formulas of diagnostics.h. They agree with the R package `posterior`
 * (tests/reference/posterior.R lists its accidents) but for two cases in which
 * that answers NA and we answer what is known. The
 * indicator of being at most a quantile never changes when the quantile is
 * the largest draw, as with a boolean that is often true: being less than it
 * takes its place. And a folded R-hat of draws that are all as far from their
 * median is passed over.
 *
 * Draws are brought to [-1, 1] by a power of two first. That changes no digit
 * and keeps powers of draws near 1e200 from overflowing.
 */
#include "infer/diagnostics.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "infer/fourier.h"
#include "infer/ranks.h"

const char *flaw_text(enum flaw flaw)
{
    static const char *const text[FLAW_COUNT] = {
        [FLAW_NONE] = "fine",
        [FLAW_FEW] = "too short",
        [FLAW_CONSTANT] = "constant",
        [FLAW_NOT_FINITE] = "not finite in every draw",
    };
    return flaw >= 0 && flaw < FLAW_COUNT ? text[flaw] : "unknown";
}

/* ---- moments and quantiles -------------------------------------------- */

/* Sums of distances and of their squares, in partial sums, of which none
 * waits for the one before. */
enum { SUMS = 8 };

static double total(const double sum[SUMS])
{
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) +
           ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

static double sum_from(const double *x, size_t n, double from)
{
    double sum[SUMS] = {0};
    size_t i = 0;
    for (; i + SUMS <= n; i += SUMS)
        for (size_t k = 0; k < SUMS; k++) sum[k] += x[i + k] - from;
    for (size_t k = 0; i < n; i++, k++) sum[k] += x[i] - from;
    return total(sum);
}

static double squares_from(const double *x, size_t n, double from)
{
    double sum[SUMS] = {0};
    size_t i = 0;
    for (; i + SUMS <= n; i += SUMS)
        for (size_t k = 0; k < SUMS; k++)
            sum[k] += (x[i + k] - from) * (x[i + k] - from);
    for (size_t k = 0; i < n; i++, k++) sum[k] += (x[i] - from) * (x[i] - from);
    return total(sum);
}

/* The second pass takes back what rounding lost in the first. */
double draws_mean(const double *x, size_t n)
{
    if (n == 0) return NAN;
    double mean = sum_from(x, n, 0.0) / (double)n;
    return mean + sum_from(x, n, mean) / (double)n;
}

static double variance(const double *x, size_t n)
{
    if (n < 2) return NAN;
    return squares_from(x, n, draws_mean(x, n)) / (double)(n - 1);
}

double draws_sd(const double *x, size_t n) { return sqrt(variance(x, n)); }

double quantile_of_sorted(const double *sorted, size_t n, double p)
{
    if (n == 0) return NAN;
    double place = p * (double)(n - 1), whole = round(place);
    /* 0.95 * 20 is meant to be 19, whatever its last bit says */
    if (fabs(place - whole) < 4.0 * DBL_EPSILON * (place + 1.0)) place = whole;
    size_t low = (size_t)place;
    if (low + 1 >= n) return sorted[n - 1];
    double a = sorted[low], b = sorted[low + 1];
    double share = place - (double)low;
    if (share == 0.0 || a == b) return a;
    return (1.0 - share) * a + share * b;
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

/* ---- effective sample size and R-hat ---------------------------------- */

/* Variance between the chains' means, by updating; 0 for one chain. */
static double between(struct chains x)
{
    double mean = 0.0, sum = 0.0;
    if (x.count < 2) return 0.0;
    for (size_t c = 0; c < x.count; c++) {
        double one = draws_mean(x.at + c * x.draws, x.draws);
        double away = one - mean;
        mean += away / (double)(c + 1);
        sum += away * (one - mean);
    }
    return sum / (double)(x.count - 1);
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
static double *about_means(struct chains x, size_t reach)
{
    double *all = calloc(x.count * (x.draws + reach), sizeof *all);
    for (size_t c = 0; all && c < x.count; c++) {
        const double *chain = x.at + c * x.draws;
        double *to = all + c * (x.draws + reach);
        double mean = draws_mean(chain, x.draws);
        for (size_t i = 0; i < x.draws; i++) to[i] = chain[i] - mean;
    }
    return all;
}

/* Autocovariances at the next few lags by their sums. */
enum { LAGS_STEP = 8, LAGS_MOST = 64 };

static void add_lags(double *acov, const double *a, size_t n, size_t from)
{
    double sum[LAGS_STEP] = {0};
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < LAGS_STEP; k++) sum[k] += a[i] * a[i + from + k];
    for (size_t k = 0; k < LAGS_STEP; k++) acov[from + k] += sum[k];
}

/* Chains that forget soon need no transform of all their draws. */
static double soon_known(struct chains x, double apart)
{
    double acov[LAGS_MOST] = {0}, time = NAN;
    size_t stride = x.draws + LAGS_MOST;
    double *centred = about_means(x, LAGS_MOST);
    double factor = 1.0 / ((double)x.draws * (double)x.count);
    for (size_t t = 0; centred && t < LAGS_MOST && isnan(time);
         t += LAGS_STEP) {
        for (size_t c = 0; c < x.count; c++)
            add_lags(acov, centred + c * stride, x.draws, t);
        for (size_t k = t; k < t + LAGS_STEP; k++) acov[k] *= factor;
        time = time_of(x, acov, t + LAGS_STEP, apart);
    }
    free(centred);
    return time;
}

double effective_size(struct chains x)
{
    size_t n = x.draws, all = x.count * n;
    if (x.count == 0 || n < 6 || all_equal(x.at, all)) return NAN;
    double apart = between(x), time = soon_known(x, apart), *acov = NULL;
    if (isnan(time) && (acov = malloc(n * sizeof *acov)) &&
        autocovariance(x, acov))
        time = time_of(x, acov, n, apart);
    free(acov);
    /* [V] section 3.2: no more than this can be believed */
    return isnan(time) ? NAN
                       : (double)all / fmax(time, 1.0 / log10((double)all));
}

double rhat_plain(struct chains x)
{
    double within = 0.0, n = (double)x.draws;
    if (x.count < 2 || x.draws < 2) return NAN;
    if (all_equal(x.at, x.count * x.draws)) return NAN;
    for (size_t c = 0; c < x.count; c++) {
        within += variance(x.at + c * x.draws, x.draws) / (double)x.count;
    }
    return sqrt((n - 1.0) / n + between(x) / within);
}

/* ---- split, rank, fold ------------------------------------------------ */

/* What diagnose works in: everything for n draws in all. */
struct desk {
    double *draws;        /* scaled */
    double *sorted;       /* the same, ascending */
    double *split;        /* the halves of what is looked at */
    struct ranked *order; /* the same, ascending, with their places */
    struct ranked *ranks; /* of split */
    struct ranked *room;
    double *scores;       /* of ranks: see ranks_scores */
    struct chains halves; /* split, as chains */
};

static void desk_close(struct desk *d)
{
    free(d->draws);
    free(d->sorted);
    free(d->split);
    free(d->order);
    free(d->ranks);
    free(d->room);
    free(d->scores);
}

static bool desk_open(struct desk *d, size_t n)
{
    d->draws = calloc(n, sizeof *d->draws);
    d->sorted = calloc(n, sizeof *d->sorted);
    d->split = calloc(n, sizeof *d->split);
    d->order = calloc(n, sizeof *d->order);
    d->ranks = calloc(n, sizeof *d->ranks);
    d->room = calloc(n, sizeof *d->room);
    d->scores = calloc(n, sizeof *d->scores);
    if (d->draws && d->sorted && d->split && d->order && d->ranks && d->room &&
        d->scores)
        return true;
    desk_close(d);
    return false;
}

/* A chain becomes two; the middle draw of an odd number goes, [V] 3.1.
 * `see` with its parameter is applied to every draw on the way. */
static void split(struct desk *d, struct chains x,
                  double (*see)(double draw, double parameter),
                  double parameter)
{
    size_t half = x.draws / 2, late = x.draws - half;
    double *to = d->split;
    for (size_t c = 0; c < x.count; c++) {
        const double *chain = x.at + c * x.draws;
        for (size_t i = 0; i < half; i++) *to++ = see(chain[i], parameter);
        for (size_t i = late; i < x.draws; i++) {
            *to++ = see(chain[i], parameter);
        }
    }
    d->halves = (struct chains){d->split, 2 * x.count, half};
}

static double as_is(double draw, double parameter)
{
    (void)parameter;
    return draw;
}

static double square(double draw, double mean)
{
    return (draw - mean) * (draw - mean);
}

static double is_at_most(double draw, double bound) { return draw <= bound; }

static double is_less(double draw, double bound) { return draw < bound; }

/* Where a draw stands among the halves; false: it is a middle one. */
static bool place_in_halves(struct chains x, size_t at, size_t *place)
{
    size_t chain = at / x.draws, i = at % x.draws, half = x.draws / 2;
    size_t middle = x.draws % 2;
    if (middle && i == half) return false;
    *place = at - chain * middle - (middle && i > half);
    return true;
}

/* Replaces the halves by normal scores of their ranks among all of them. */
static void rank_normalise(struct desk *d, struct chains x)
{
    size_t n = 0;
    for (size_t i = 0; i < x.count * x.draws; i++) {
        struct ranked *to = &d->ranks[n];
        to->x = d->order[i].x;
        n += place_in_halves(x, d->order[i].at, &to->at);
    }
    ranks_scores(d->split, d->ranks, n, d->scores);
}

/* The order becomes that of the distances from the median: the draws above
 * it as they are, those below backwards, merged. */
static void fold(struct desk *d, size_t n, double median)
{
    size_t above = 0, below;
    while (above < n && d->order[above].x <= median) above++;
    below = above;
    for (size_t i = 0; i < n; i++) {
        double down = below ? median - d->order[below - 1].x : INFINITY;
        double up = above < n ? d->order[above].x - median : INFINITY;
        struct ranked *from =
            down <= up ? &d->order[--below] : &d->order[above++];
        d->room[i] = (struct ranked){fmin(down, up), from->at};
    }
    struct ranked *folded = d->room;
    d->room = d->order;
    d->order = folded;
}

double energy_information(const double *energy, size_t n)
{
    double mean = draws_mean(energy, n), change = 0.0, spread = 0.0;
    for (size_t i = 0; i < n; i++) {
        double step = i ? energy[i] - energy[i - 1] : 0.0;
        change += step * step;
        spread += (energy[i] - mean) * (energy[i] - mean);
    }
    return spread > 0.0 && isfinite(spread) && n > 1 ? change / spread : NAN;
}

double marked_apart(const double *x, const bool *marked, size_t n)
{
    struct ranked *order = calloc(2 * n + 1, sizeof *order);
    double some = 0.0, sum = 0.0;
    if (!order) return NAN;
    for (size_t i = 0; i < n; i++) order[i] = (struct ranked){x[i], i};
    ranks_sort(order, order + n, n);
    for (size_t i = 0, end; i < n; i = end) {
        end = ranks_run(order, n, i);
        for (size_t k = i; k < end; k++) {
            if (!marked[order[k].at]) continue;
            some++;
            sum += 0.5 * (double)(i + end + 1);
        }
    }
    free(order);
    double others = (double)n - some, all = (double)n + 1.0;
    if (some == 0.0 || others == 0.0) return 0.0;
    return (sum - 0.5 * some * all) / sqrt(some * others * all / 12.0);
}

/* ---- all of it -------------------------------------------------------- */

/* sqrt(Var(v) / (4 v)) of the variance v, itself a mean of squares. */
static double error_of_sd(struct desk *d, struct chains x, double mean)
{
    size_t n = x.count * x.draws;
    double sum = 0.0, sum_of_squares = 0.0;
    split(d, x, square, mean);
    double size = effective_size(d->halves);
    for (size_t i = 0; i < n; i++) {
        double s = square(x.at[i], mean);
        sum += s;
        sum_of_squares += s * s;
    }
    double v = sum / (double)n, spread = sum_of_squares / (double)n - v * v;
    return sqrt(fmax(spread, 0.0) / size / v / 4.0);
}

/* *size becomes the effective size of being at most q, the p-quantile. */
static double error_of_quantile(struct desk *d, struct chains x, double q,
                                double p, double *size)
{
    size_t n = x.count * x.draws;
    split(d, x, q < d->sorted[n - 1] ? is_at_most : is_less, q);
    *size = effective_size(d->halves);
    if (isnan(*size)) return NAN;
    double step = sqrt(p * (1.0 - p) / *size);
    return 0.5 * (quantile_of_sorted(d->sorted, n, fmin(p + step, 1.0)) -
                  quantile_of_sorted(d->sorted, n, fmax(p - step, 0.0)));
}

/* False when memory ran out. */
static bool describe(struct desk *d, struct chains x, struct diagnostics *out)
{
    double size05, size50, size95;
    split(d, x, as_is, 0.0);
    if (all_equal(d->split, d->halves.count * d->halves.draws)) {
        out->flaw = FLAW_CONSTANT; /* but for a middle draw */
        return true;
    }
    out->ess_mean = effective_size(d->halves);
    if (isnan(out->ess_mean)) return false;
    out->mcse = out->sd / sqrt(out->ess_mean);
    rank_normalise(d, x);
    out->ess_bulk = effective_size(d->halves);
    out->rhat = rhat_plain(d->halves);
    fold(d, x.count * x.draws, out->q50);
    rank_normalise(d, x);
    out->rhat = fmax(out->rhat, rhat_plain(d->halves));
    out->mcse_sd = error_of_sd(d, x, out->mean);
    out->mcse_q05 = error_of_quantile(d, x, out->q05, 0.05, &size05);
    out->mcse_q50 = error_of_quantile(d, x, out->q50, 0.50, &size50);
    out->mcse_q95 = error_of_quantile(d, x, out->q95, 0.95, &size95);
    out->ess_tail = fmin(size05, size95);
    return true;
}

/* The exponent of two that brings the largest draw to at most one; 0 when no
 * fourth power of a draw can overflow or vanish. */
static int exponent_of(const double *x, size_t n)
{
    double largest = 0.0;
    int exponent = 0;
    for (size_t i = 0; i < n; i++) {
        if (isfinite(x[i])) largest = fmax(largest, fabs(x[i]));
    }
    frexp(largest, &exponent);
    return abs(exponent) > 200 ? exponent : 0;
}

bool diagnose(struct chains x, struct diagnostics *out)
{
    static const struct diagnostics unknown = {NAN, NAN, NAN, NAN, NAN,
                                               NAN, NAN, NAN, NAN, NAN,
                                               NAN, NAN, NAN, NAN, FLAW_FEW};
    size_t n = x.count * x.draws, nans = 0, infinities = 0;
    struct desk d = {0};

    *out = unknown;
    if (n == 0) return true;
    if (!desk_open(&d, n)) return false;

    int exponent = exponent_of(x.at, n);
    for (size_t i = 0; i < n; i++) {
        d.draws[i] = exponent ? ldexp(x.at[i], -exponent) : x.at[i];
        d.order[i] = (struct ranked){d.draws[i], i};
        if (isnan(x.at[i])) nans++;
        if (isinf(x.at[i])) infinities++;
    }
    out->flaw = nans + infinities                 ? FLAW_NOT_FINITE
                : all_equal(d.draws, n)           ? FLAW_CONSTANT
                : x.draws < DIAGNOSTICS_DRAWS_MIN ? FLAW_FEW
                                                  : FLAW_NONE;
    if (nans == 0) {
        ranks_sort(d.order, d.room, n);
        for (size_t i = 0; i < n; i++) d.sorted[i] = d.order[i].x;
        out->q05 = quantile_of_sorted(d.sorted, n, 0.05);
        out->q50 = quantile_of_sorted(d.sorted, n, 0.50);
        out->q95 = quantile_of_sorted(d.sorted, n, 0.95);
    }
    if (nans + infinities == 0) {
        out->mean = draws_mean(d.draws, n);
        out->sd = draws_sd(d.draws, n);
    }
    bool done = true;
    if (out->flaw == FLAW_NONE) {
        done = describe(&d, (struct chains){d.draws, x.count, x.draws}, out);
    }
    desk_close(&d);

    double *const scaled[] = {&out->mean,    &out->sd,       &out->q05,
                              &out->q50,     &out->q95,      &out->mcse,
                              &out->mcse_sd, &out->mcse_q05, &out->mcse_q50,
                              &out->mcse_q95};
    for (size_t i = 0; i < sizeof scaled / sizeof *scaled; i++) {
        *scaled[i] = ldexp(*scaled[i], exponent);
    }
    return done;
}
