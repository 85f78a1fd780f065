/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The fast Fourier transform, as far as autocovariances need it: complex,
 * in place, lengths that are powers of two.
 */
#ifndef VST_INFER_FOURIER_H
#define VST_INFER_FOURIER_H

#include <stdbool.h>
#include <stddef.h>

/* The smallest power of two that is at least n; 0 when there is none. */
size_t fourier_length(size_t n);

/* Fills turn[0 .. n) with the n / 2 twiddle factors of length n: cosine and
 * sine of -2 pi k / n, one after the other. */
void fourier_turns(double *turn, size_t n);

/* X[k] = sum over t of x[t] exp(-2 pi i k t / n), x = re + i im, replacing
 * x. n a power of two, turn from fourier_turns(turn, n). O(n log n). */
void fourier(double *re, double *im, size_t n, const double *turn);

#endif
