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
    double *scaled;           /* the draws, where they are too large or small */
    double *squares;          /* of their distances from the mean */
    double *split;            /* the halves of what is looked at */
    double *scores;           /* known ones of ranks: see ranking_scores */
    struct ranking order;     /* of all draws */
    struct ranking folded;    /* of their distances from the median */
    struct ranking in_halves; /* either, without the middle draws */
    struct chains halves;     /* of what is looked at, as chains */
    struct chain_room room_of_halves;
};

static void desk_close(struct desk *d)
{
    free(d->scaled);
    free(d->squares);
    free(d->split);
    free(d->scores);
    ranking_close(&d->order);
    ranking_close(&d->folded);
    ranking_close(&d->in_halves);
    chain_room_close(&d->room_of_halves);
}

static bool desk_open(struct desk *d, size_t count, size_t draws)
{
    size_t n = count * draws;
    d->scaled = malloc((n + 1) * sizeof *d->scaled);
    d->squares = malloc((n + 1) * sizeof *d->squares);
    d->split = malloc((n + 1) * sizeof *d->split);
    d->scores = calloc(n + 1, sizeof *d->scores);
    if (chain_room_open(&d->room_of_halves, 2 * count, draws / 2) &&
        ranking_open(&d->order, n) && ranking_open(&d->folded, n) &&
        ranking_open(&d->in_halves, draws % 2 ? n : 0) && d->scaled &&
        d->squares && d->split && d->scores)
        return true;
    desk_close(d);
    return false;
}

/* A chain becomes two; the middle draw of an odd number goes, [V] 3.1. */
static void split(struct desk *d, struct chains x)
{
    size_t half = x.draws / 2, late = x.draws - half;
    double *to = d->split;
    d->halves = (struct chains){x.at, 2 * x.count, half};
    if (half == late) return;
    for (size_t c = 0; c < x.count; c++, to += 2 * half) {
        const double *chain = x.at + c * x.draws;
        memcpy(to, chain, half * sizeof *to);
        memcpy(to + half, chain + late, half * sizeof *to);
    }
    d->halves.at = d->split;
}

/* The order without the middle draws of odd chains. */
static const struct ranking *order_of_halves(struct desk *d, struct chains x,
                                             const struct ranking *all)
{
    struct ranking *to = &d->in_halves;
    size_t half = x.draws / 2;
    if (x.draws % 2 == 0) return all;
    to->n = 0;
    for (size_t k = 0; k < all->n; k++) {
        size_t chain = all->at[k] / x.draws, i = all->at[k] % x.draws;
        if (i == half) continue;
        to->x[to->n] = all->x[k];
        to->at[to->n++] = (uint32_t)(all->at[k] - chain - (i > half));
    }
    return to;
}

/* The halves become normal scores of ranks among all of them. */
static void rank_normalise(struct desk *d, struct chains x,
                           const struct ranking *order)
{
    ranking_scores(d->split, order_of_halves(d, x, order), d->scores);
    d->halves.at = d->split;
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
    struct ranking r;
    double some = 0.0, sum = 0.0;
    if (!ranking_open(&r, n)) return NAN;
    ranking_sort(&r, x, n);
    for (size_t i = 0, end; i < n; i = end) {
        end = ranking_run(&r, i);
        for (size_t k = i; k < end; k++) {
            if (!marked[r.at[k]]) continue;
            some++;
            sum += 0.5 * (double)(i + end + 1);
        }
    }
    ranking_close(&r);
    double others = (double)n - some, all = (double)n + 1.0;
    if (some == 0.0 || others == 0.0) return 0.0;
    return (sum - 0.5 * some * all) / sqrt(some * others * all / 12.0);
}

/* ---- all of it -------------------------------------------------------- */

/* sqrt(Var(v) / (4 v)) of the variance v, itself a mean of squares: those of
 * the distances from the mean. */
static double error_of_sd(struct desk *d, struct chains x, double mean)
{
    size_t n = x.count * x.draws;
    double size, v, spread;
    for (size_t i = 0; i < n; i++)
        d->squares[i] = (x.at[i] - mean) * (x.at[i] - mean);
    v = sum_from(d->squares, n, 0.0) / (double)n;
    spread = squares_from(d->squares, n, v) / (double)n;
    split(d, (struct chains){d->squares, x.count, x.draws});
    chains_judge(d->halves, &d->room_of_halves, &size, NULL);
    return sqrt(spread / size / v / 4.0);
}

/* Of the halves: is it at most the bound, or less? */
static void compare(struct desk *d, struct chains x, double bound, bool less)
{
    split(d, x);
    for (size_t i = 0; i < d->halves.count * d->halves.draws; i++) {
        double draw = d->halves.at[i];
        d->split[i] = less ? draw < bound : draw <= bound;
    }
    d->halves.at = d->split;
}

/* *size becomes the effective size of being at most q, the p-quantile. */
static double error_of_quantile(struct desk *d, struct chains x, double q,
                                double p, double *size)
{
    const double *sorted = d->order.x;
    size_t n = x.count * x.draws;
    bool less = !(q < sorted[n - 1]);
    *size = halves_share_size(x, &d->room_of_halves, q, less);
    if (*size < 0.0) {
        compare(d, x, q, less);
        chains_judge(d->halves, &d->room_of_halves, size, NULL);
    }
    if (isnan(*size)) return NAN;
    double step = sqrt(p * (1.0 - p) / *size);
    return 0.5 * (quantile_of_sorted(sorted, n, fmin(p + step, 1.0)) -
                  quantile_of_sorted(sorted, n, fmax(p - step, 0.0)));
}

/* False when memory ran out. */
static bool describe(struct desk *d, struct chains x, struct diagnostics *out)
{
    double size05, size50, size95, folded;
    split(d, x);
    if (all_equal(d->halves.at, d->halves.count * d->halves.draws)) {
        out->flaw = FLAW_CONSTANT; /* but for a middle draw */
        return true;
    }
    chains_judge(d->halves, &d->room_of_halves, &out->ess_mean, NULL);
    if (isnan(out->ess_mean)) return false;
    out->mcse = out->sd / sqrt(out->ess_mean);
    rank_normalise(d, x, &d->order);
    chains_judge(d->halves, &d->room_of_halves, &out->ess_bulk, &out->rhat);
    ranking_fold(&d->folded, &d->order, out->q50);
    rank_normalise(d, x, &d->folded);
    chains_judge(d->halves, &d->room_of_halves, NULL, &folded);
    out->rhat = fmax(out->rhat, folded);
    out->mcse_sd = error_of_sd(d, x, out->mean);
    out->mcse_q05 = error_of_quantile(d, x, out->q05, 0.05, &size05);
    out->mcse_q50 = error_of_quantile(d, x, out->q50, 0.50, &size50);
    out->mcse_q95 = error_of_quantile(d, x, out->q95, 0.95, &size95);
    out->ess_tail = fmin(size05, size95);
    return true;
}

/* ---- a first look ------------------------------------------------------ */

/* The largest of them but for a sign; infinite, or NaN, with any that is. */
static double largest_of(const double *x, size_t n)
{
    double most[SUMS] = {0}, finite[SUMS] = {0}, largest = 0.0;
    size_t i = 0;
    for (; i + SUMS <= n; i += SUMS)
        for (size_t k = 0; k < SUMS; k++) {
            double size = fabs(x[i + k]);
            most[k] = size > most[k] ? size : most[k];
            finite[k] += 0.0 * size;
        }
    for (; i < n; i++) {
        largest = fmax(largest, fabs(x[i]));
        finite[0] += 0.0 * x[i];
    }
    for (size_t k = 0; k < SUMS; k++) largest = fmax(largest, most[k]);
    return largest + total(finite);
}

static double largest_finite(const double *x, size_t n)
{
    double largest = 0.0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i])) largest = fmax(largest, fabs(x[i]));
    return largest;
}

static bool any_nan(const double *x, size_t n)
{
    size_t nans = 0;
    for (size_t i = 0; i < n; i++) nans += isnan(x[i]) != 0;
    return nans > 0;
}

/* The exponent of two that brings the largest draw to at most one; 0 when no
 * fourth power of a draw can overflow or vanish. */
static int exponent_of(double largest)
{
    int exponent = 0;
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
    size_t n = x.count * x.draws;
    struct desk *d;

    *out = unknown;
    if (n == 0) return true;
    if (!(d = desk_for(room, x))) return false;

    double largest = largest_of(x.at, n);
    bool finite = isfinite(largest), nan = !finite && any_nan(x.at, n);
    int exponent = exponent_of(finite ? largest : largest_finite(x.at, n));
    for (size_t i = 0; exponent && i < n; i++)
        d->scaled[i] = ldexp(x.at[i], -exponent);
    if (exponent) x.at = d->scaled;
    out->flaw = !finite                           ? FLAW_NOT_FINITE
                : all_equal(x.at, n)              ? FLAW_CONSTANT
                : x.draws < DIAGNOSTICS_DRAWS_MIN ? FLAW_FEW
                                                  : FLAW_NONE;
    if (!nan) {
        ranking_sort(&d->order, x.at, n);
        out->q05 = quantile_of_sorted(d->order.x, n, 0.05);
        out->q50 = quantile_of_sorted(d->order.x, n, 0.50);
        out->q95 = quantile_of_sorted(d->order.x, n, 0.95);
    }
    if (finite) {
        out->mean = draws_mean(x.at, n);
        out->sd = sqrt(draws_variance(x.at, n, out->mean));
    }
    bool done = out->flaw != FLAW_NONE || describe(d, x, out);
    double *const scaled[] = {&out->mean,    &out->sd,       &out->q05,
                              &out->q50,     &out->q95,      &out->mcse,
                              &out->mcse_sd, &out->mcse_q05, &out->mcse_q50,
                              &out->mcse_q95};
    for (size_t i = 0; i < sizeof scaled / sizeof *scaled; i++) {
        *scaled[i] = ldexp(*scaled[i], exponent);
    }
    return done;
}
