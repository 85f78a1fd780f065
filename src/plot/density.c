/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Densities of numbers: see density.h.
 */
#include "plot/density.h"

#include <float.h>
#include <math.h>

#include "infer/diagnostics.h"

/* Tails that are much longer than the middle are left out, so that the rest
 * can be seen. */
static void choose_range(const double *sorted, size_t n, double *low,
                         double *high)
{
    double q_low = quantile_of_sorted(sorted, n, 0.005);
    double q_high = quantile_of_sorted(sorted, n, 0.995);
    double reach = 0.5 * (q_high - q_low);
    *low = fmax(sorted[0], q_low - reach);
    *high = fmin(sorted[n - 1], q_high + reach);
    if (*low < *high) return;
    *low = sorted[0];
    *high = sorted[n - 1];
}

static double bandwidth(const double *sorted, size_t n)
{
    double quartiles = quantile_of_sorted(sorted, n, 0.75) -
                       quantile_of_sorted(sorted, n, 0.25);
    double spread = draws_sd(sorted, n);
    if (!(spread > 0.0)) spread = 0.0;
    if (quartiles > 0.0) spread = fmin(spread, quartiles / 1.34);
    double h = 0.9 * spread * pow((double)n, -0.2);
    double least = fmax(fabs(sorted[0]) * 1e-3, DBL_MIN * 1e20);
    if (h > 0.0 && h < INFINITY) return h;
    return sorted[n - 1] > sorted[0] ? sorted[n - 1] * 1e-2 - sorted[0] * 1e-2
                                     : fmax(least, sorted[0] == 0.0);
}

/* Every number counts for the two places beside it, by nearness. */
static void share_out(const double *sorted, size_t n, double low, double gap,
                      double *mass)
{
    for (int i = 0; i < DENSITY_POINTS; i++) mass[i] = 0.0;
    for (size_t i = 0; i < n; i++) {
        double at = (sorted[i] - low) / gap, below = floor(at);
        if (!(at >= 0.0 && at <= DENSITY_POINTS - 1)) continue;
        int place = (int)below;
        if (place > DENSITY_POINTS - 2) place = DENSITY_POINTS - 2;
        double share = at - place;
        mass[place] += 1.0 - share;
        mass[place + 1] += share;
    }
}

void density_estimate(const double *sorted, size_t n, double *x, double *y)
{
    double low, high, mass[DENSITY_POINTS], bump[DENSITY_POINTS];
    double h = bandwidth(sorted, n);
    choose_range(sorted, n, &low, &high);
    low -= 3.0 * h;
    high += 3.0 * h;
    double gap = high / (DENSITY_POINTS - 1) - low / (DENSITY_POINTS - 1);
    share_out(sorted, n, low, gap, mass);
    for (int i = 0; i < DENSITY_POINTS; i++) {
        double z = i * (gap / h);
        bump[i] = exp(-0.5 * z * z) / (h * sqrt(2.0 * 3.14159265358979323846));
    }
    for (int i = 0; i < DENSITY_POINTS; i++) {
        double sum = 0.0;
        for (int j = 0; j < DENSITY_POINTS; j++)
            sum += mass[j] * bump[i > j ? i - j : j - i];
        x[i] = low + i * gap;
        y[i] = sum / (double)n;
    }
}
