/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Eigenvalues and eigenvectors of a symmetric matrix, by loops of our own:
 * the same bits whether LAPACK is there or not (`linear_eigen` is LAPACK's).
 * It is for some hundred rows at most. Pure functions of numbers.
 */
#ifndef VST_BASE_SPECTRUM_H
#define VST_BASE_SPECTRUM_H

#include <stdbool.h>
#include <stddef.h>

/* a: n by n, both triangles of it; destroyed. Row k of `vectors`, n by n,
 * becomes the unit eigenvector of values[k], in no order. false: they did not
 * settle, as where something is not finite, or memory ran out. O(n^3). */
bool spectrum_of(double *a, size_t n, double *values, double *vectors);

#endif
