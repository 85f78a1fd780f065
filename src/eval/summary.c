/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums in lanes: four pairs, held in registers, as the compiler would not
 * hold an array of eight. What the lanes leave over is added one by one,
 * behind them.
 */
#include "eval/summary.h"

/* Doubles that stand anywhere a double may. */
typedef double pair __attribute__((vector_size(16), aligned(8), may_alias));

enum { PAIRS = SUM_LANES / 2 };

/* Lane k takes lane k + 4, then k + 2, then k + 1. */
static double join(pair a, pair b, pair c, pair d)
{
    pair sum = (a + c) + (b + d);
    return sum[0] + sum[1];
}

double doubles_sum(const double *x, size_t n)
{
    pair a = {0}, b = {0}, c = {0}, d = {0};
    const pair *at = (const pair *)x;
    double tail = 0;
    for (size_t i = 0; i < n / SUM_LANES; i++, at += PAIRS) {
        a += at[0];
        b += at[1];
        c += at[2];
        d += at[3];
    }
    for (size_t i = n - n % SUM_LANES; i < n; i++) tail += x[i];
    return join(a, b, c, d) + tail;
}

double doubles_dot(const double *x, const double *y, size_t n)
{
    pair a = {0}, b = {0}, c = {0}, d = {0};
    const pair *at = (const pair *)x, *by = (const pair *)y;
    double tail = 0;
    for (size_t i = 0; i < n / SUM_LANES; i++, at += PAIRS, by += PAIRS) {
        a += at[0] * by[0];
        b += at[1] * by[1];
        c += at[2] * by[2];
        d += at[3] * by[3];
    }
    for (size_t i = n - n % SUM_LANES; i < n; i++) tail += x[i] * y[i];
    return join(a, b, c, d) + tail;
}
