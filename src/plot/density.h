/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The density of numbers, estimated: a sum of normal bumps.
 */
#ifndef VST_PLOT_DENSITY_H
#define VST_PLOT_DENSITY_H

#include <stdbool.h>
#include <stddef.h>

enum { DENSITY_POINTS = 256 };

/* The curve over DENSITY_POINTS places. Bandwidth 0.9 min(sd, IQR / 1.34)
 * n^(-1/5) (Silverman, "Density Estimation for Statistics and Data
 * Analysis", 1986, formula 3.31); numbers are shared out between the two
 * nearest places first. Tails beyond the middle 99 % and what stands near to
 * it are not drawn. Ascending finite numbers, at least one. O(n + points^2).
 */
void density_estimate(const double *sorted, size_t n, double *x, double *y);

#endif
