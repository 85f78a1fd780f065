/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The two tests of calibration.h.
 */
#include "infer/calibration.h"

#include <math.h>
#include <stdlib.h>

#include "base/tail.h"

enum { TESTS = 3, EXPECTED_IN_BIN = 10 };

static int ascending(const void *a, const void *b)
{
    double x = **(const double *const *)a, y = **(const double *const *)b;
    return (x > y) - (x < y);
}

/* The rank of each of n numbers among them, from 0 to 1; equal numbers share
 * the middle of theirs. by: room for n. */
static void mid_ranks(const double *x, size_t n, const double **by, double *out)
{
    for (size_t i = 0; i < n; i++) by[i] = &x[i];
    qsort(by, n, sizeof *by, ascending);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && *by[end] <= *by[i];) end++;
        for (size_t k = i; k < end; k++)
            out[by[k] - x] = ((double)(i + end) / 2) / (double)n;
    }
}

/* Mean over its standard error; 0 of numbers that are all 0. */
static double z_of(const double *d, size_t n)
{
    double mean = 0, square = 0;
    for (size_t i = 0; i < n; i++) mean += d[i] / (double)n;
    for (size_t i = 0; i < n; i++) square += (d[i] - mean) * (d[i] - mean);
    double error = sqrt(square / ((double)n - 1) / (double)n);
    return error > 0 ? mean / error : 0;
}

static double p_of(double z) { return erfc(fabs(z) / sqrt(2)); }

static bool test_joint(const double *before, const double *after, size_t n,
                       struct calibration *out)
{
    double *all = malloc(n * 6 * sizeof *all);
    const double **by = malloc(n * 2 * sizeof *by);
    if (all && by) {
        double *ranks = all + 2 * n, *location = ranks + 2 * n,
               *spread = location + n;
        for (size_t i = 0; i < n; i++) {
            all[i] = before[i];
            all[n + i] = after[i];
            out->moved += before[i] < after[i] || before[i] > after[i];
        }
        mid_ranks(all, 2 * n, by, ranks);
        for (size_t i = 0; i < n; i++) {
            double a = ranks[i] - 0.5, b = ranks[n + i] - 0.5;
            location[i] = b - a;
            spread[i] = b * b - a * a;
        }
        out->location_z = z_of(location, n);
        out->spread_z = z_of(spread, n);
        out->location_p = p_of(out->location_z);
        out->spread_p = p_of(out->spread_z);
    }
    bool good = all && by;
    free(all);
    free(by);
    return good;
}

/* Bins hold equally many ranks, so their number divides draws + 1 where it
 * can; else their shares differ by what they hold. */
static void test_ranks(const double *rank, size_t n, size_t draws,
                       struct calibration *out)
{
    size_t ranks = draws + 1, bins = n / EXPECTED_IN_BIN;
    double chi = 0, below, above;
    if (bins > RANK_BINS_MAX) bins = RANK_BINS_MAX;
    if (bins > ranks) bins = ranks;
    if (bins < 2) bins = 2;
    out->bins = bins;
    for (size_t i = 0; i < n; i++) {
        double u = (rank[i] + 0.5) / (double)ranks - 0.5;
        out->in_bin[(size_t)rank[i] * bins / ranks]++;
        out->lean += u / (double)n;
        out->bowl += (u * u - 1.0 / 12) / (double)n;
    }
    for (size_t b = 0; b < bins; b++) {
        size_t from = (b * ranks + bins - 1) / bins;
        size_t to = ((b + 1) * ranks + bins - 1) / bins;
        double expected = (double)n * (double)(to - from) / (double)ranks;
        double off = (double)out->in_bin[b] - expected;
        chi += off * off / expected;
    }
    gamma_tails((double)(bins - 1) / 2, chi / 2, log(chi / 2), &below, &above);
    out->ranks_p = chi > 0 ? exp(above) : 1;
}

bool calibrate(const double *before, const double *after, const double *rank,
               size_t n, size_t draws, struct calibration *out)
{
    *out = (struct calibration){
        .replicates = n, .location_p = 1, .spread_p = 1, .ranks_p = 1};
    if (n < 2) return true;
    test_ranks(rank, n, draws, out);
    return test_joint(before, after, n, out);
}

double calibration_p(const struct calibration *c)
{
    return fmin(1, TESTS * fmin(c->ranks_p, fmin(c->location_p, c->spread_p)));
}
