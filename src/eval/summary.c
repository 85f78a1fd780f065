/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums in lanes. What the lanes leave over is added one by one, behind them.
 */
#include "eval/summary.h"

double doubles_sum(const double *x, size_t n)
{
    double lane[SUM_LANES] = {0}, tail = 0;
    size_t i = 0;
    for (; i + SUM_LANES <= n; i += SUM_LANES)
        for (int k = 0; k < SUM_LANES; k++) lane[k] += x[i + (size_t)k];
    for (; i < n; i++) tail += x[i];
    for (int width = SUM_LANES / 2; width; width /= 2)
        for (int k = 0; k < width; k++) lane[k] += lane[k + width];
    return lane[0] + tail;
}

double doubles_dot(const double *x, const double *y, size_t n)
{
    double lane[SUM_LANES] = {0}, tail = 0;
    size_t i = 0;
    for (; i + SUM_LANES <= n; i += SUM_LANES)
        for (int k = 0; k < SUM_LANES; k++)
            lane[k] += x[i + (size_t)k] * y[i + (size_t)k];
    for (; i < n; i++) tail += x[i] * y[i];
    for (int width = SUM_LANES / 2; width; width /= 2)
        for (int k = 0; k < width; k++) lane[k] += lane[k + width];
    return lane[0] + tail;
}
