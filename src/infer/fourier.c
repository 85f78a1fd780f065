/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The radix-2 transform by decimation in time (Cooley and Tukey 1965):
 * reorder by reversed bits, then butterflies of span 2, 4, ... n. It knows
 * only arrays of doubles. The twiddles come from a table made by the library
 * sine, not by repeated rotation, so that errors stay near one rounding.
 */
#include "infer/fourier.h"

#include <math.h>
#include <stdint.h>

size_t fourier_length(size_t n)
{
    size_t length = 1;
    while (length < n && length <= SIZE_MAX / 2) length *= 2;
    return length < n ? 0 : length;
}

void fourier_turns(double *turn, size_t n)
{
    for (size_t k = 0; k < n / 2; k++) {
        double angle = -2.0 * M_PI * (double)k / (double)n;
        turn[2 * k] = cos(angle);
        turn[2 * k + 1] = sin(angle);
    }
}

static void swap(double *x, size_t i, size_t j)
{
    double keep = x[i];
    x[i] = x[j];
    x[j] = keep;
}

/* x[i] goes where i's bits read backwards; j counts up in that order. */
static void reverse_bits(double *re, double *im, size_t n)
{
    for (size_t i = 1, j = 0; i < n; i++) {
        size_t bit = n >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j |= bit;
        if (i < j) {
            swap(re, i, j);
            swap(im, i, j);
        }
    }
}

void fourier(double *re, double *im, size_t n, const double *turn)
{
    reverse_bits(re, im, n);
    for (size_t half = 1; half < n; half *= 2) {
        size_t stride = n / (2 * half);
        for (size_t start = 0; start < n; start += 2 * half) {
            for (size_t k = 0; k < half; k++) {
                double c = turn[2 * k * stride], s = turn[2 * k * stride + 1];
                size_t low = start + k, high = low + half;
                double x = c * re[high] - s * im[high];
                double y = c * im[high] + s * re[high];
                re[high] = re[low] - x;
                im[high] = im[low] - y;
                re[low] += x;
                im[low] += y;
            }
        }
    }
}
