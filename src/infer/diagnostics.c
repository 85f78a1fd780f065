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

#include "infer/effective.h"
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

double draws_variance(const double *x, size_t n, double mean)
{
    return n < 2 ? NAN : squares_from(x, n, mean) / (double)(n - 1);
}

double draws_sd(const double *x, size_t n)
{
    return sqrt(draws_variance(x, n, draws_mean(x, n)));
}

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
    struct chain_room room_of_halves;
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
    chain_room_close(&d->room_of_halves);
}

static bool desk_open(struct desk *d, size_t count, size_t draws)
{
    size_t n = count * draws;
    d->draws = calloc(n, sizeof *d->draws);
    d->sorted = calloc(n, sizeof *d->sorted);
    d->split = calloc(n, sizeof *d->split);
    d->order = calloc(n, sizeof *d->order);
    d->ranks = calloc(n, sizeof *d->ranks);
    d->room = calloc(n, sizeof *d->room);
    d->scores = calloc(n, sizeof *d->scores);
    if (chain_room_open(&d->room_of_halves, 2 * count, draws / 2) && d->draws &&
        d->sorted && d->split && d->order && d->ranks && d->room && d->scores)
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
    *place = at;
    if (x.draws % 2 == 0) return true;
    size_t chain = at / x.draws, i = at % x.draws, half = x.draws / 2;
    *place = at - chain - (i > half);
    return i != half;
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
    double size;
    split(d, x, square, mean);
    chains_judge(d->halves, &d->room_of_halves, &size, NULL);
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
    bool less = !(q < d->sorted[n - 1]);
    *size = halves_share_size(x, &d->room_of_halves, q, less);
    if (*size < 0.0) {
        split(d, x, less ? is_less : is_at_most, q);
        chains_judge(d->halves, &d->room_of_halves, size, NULL);
    }
    if (isnan(*size)) return NAN;
    double step = sqrt(p * (1.0 - p) / *size);
    return 0.5 * (quantile_of_sorted(d->sorted, n, fmin(p + step, 1.0)) -
                  quantile_of_sorted(d->sorted, n, fmax(p - step, 0.0)));
}

/* False when memory ran out. */
static bool describe(struct desk *d, struct chains x, struct diagnostics *out)
{
    double size05, size50, size95, folded;
    split(d, x, as_is, 0.0);
    if (all_equal(d->split, d->halves.count * d->halves.draws)) {
        out->flaw = FLAW_CONSTANT; /* but for a middle draw */
        return true;
    }
    chains_judge(d->halves, &d->room_of_halves, &out->ess_mean, NULL);
    if (isnan(out->ess_mean)) return false;
    out->mcse = out->sd / sqrt(out->ess_mean);
    rank_normalise(d, x);
    chains_judge(d->halves, &d->room_of_halves, &out->ess_bulk, &out->rhat);
    fold(d, x.count * x.draws, out->q50);
    rank_normalise(d, x);
    chains_judge(d->halves, &d->room_of_halves, NULL, &folded);
    out->rhat = fmax(out->rhat, folded);
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

/* ---- one column after another ------------------------------------------ */

struct diagnosing {
    struct desk desk;
    size_t count, draws; /* that it has room for */
};

void diagnosing_close(struct diagnosing *room)
{
    if (room) desk_close(&room->desk);
    free(room);
}

/* A desk for chains of this shape. NULL: memory ran out. */
static struct desk *desk_for(struct diagnosing **room, struct chains x)
{
    if (*room && (*room)->count == x.count && (*room)->draws == x.draws)
        return &(*room)->desk;
    diagnosing_close(*room);
    *room = calloc(1, sizeof **room);
    if (*room && desk_open(&(*room)->desk, x.count, x.draws)) {
        (*room)->count = x.count;
        (*room)->draws = x.draws;
        return &(*room)->desk;
    }
    free(*room);
    *room = NULL;
    return NULL;
}

bool diagnose(struct chains x, struct diagnostics *out)
{
    struct diagnosing *room = NULL;
    bool done = diagnose_in(&room, x, out);
    diagnosing_close(room);
    return done;
}

bool diagnose_in(struct diagnosing **room, struct chains x,
                 struct diagnostics *out)
{
    static const struct diagnostics unknown = {NAN, NAN, NAN, NAN, NAN,
                                               NAN, NAN, NAN, NAN, NAN,
                                               NAN, NAN, NAN, NAN, FLAW_FEW};
    size_t n = x.count * x.draws, nans = 0, infinities = 0;
    struct desk *d;

    *out = unknown;
    if (n == 0) return true;
    if (!(d = desk_for(room, x))) return false;

    int exponent = exponent_of(x.at, n);
    for (size_t i = 0; i < n; i++) {
        d->draws[i] = exponent ? ldexp(x.at[i], -exponent) : x.at[i];
        d->order[i] = (struct ranked){d->draws[i], i};
        if (isnan(x.at[i])) nans++;
        if (isinf(x.at[i])) infinities++;
    }
    out->flaw = nans + infinities                 ? FLAW_NOT_FINITE
                : all_equal(d->draws, n)          ? FLAW_CONSTANT
                : x.draws < DIAGNOSTICS_DRAWS_MIN ? FLAW_FEW
                                                  : FLAW_NONE;
    if (nans == 0) {
        ranks_sort(d->order, d->room, n);
        for (size_t i = 0; i < n; i++) d->sorted[i] = d->order[i].x;
        out->q05 = quantile_of_sorted(d->sorted, n, 0.05);
        out->q50 = quantile_of_sorted(d->sorted, n, 0.50);
        out->q95 = quantile_of_sorted(d->sorted, n, 0.95);
    }
    if (nans + infinities == 0) {
        out->mean = draws_mean(d->draws, n);
        out->sd = draws_sd(d->draws, n);
    }
    bool done = true;
    if (out->flaw == FLAW_NONE) {
        done = describe(d, (struct chains){d->draws, x.count, x.draws}, out);
    }
    double *const scaled[] = {&out->mean,    &out->sd,       &out->q05,
                              &out->q50,     &out->q95,      &out->mcse,
                              &out->mcse_sd, &out->mcse_q05, &out->mcse_q50,
                              &out->mcse_q95};
    for (size_t i = 0; i < sizeof scaled / sizeof *scaled; i++) {
        *scaled[i] = ldexp(*scaled[i], exponent);
    }
    return done;
}
