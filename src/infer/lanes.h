/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Loops over vectors in lanes of four. A vector here has `width` numbers, its
 * size rounded up to LANES, and zeros behind its end: so no loop has a rest,
 * compilers make vector instructions of them, and the order of each sum is
 * fixed.
 */
#ifndef VST_INFER_LANES_H
#define VST_INFER_LANES_H

#include <stddef.h>

enum { LANES = 4 };

static inline size_t lanes_width(size_t size)
{
    return (size + LANES - 1) / LANES * LANES;
}

static inline double lanes_total(const double lane[LANES])
{
    return (lane[0] + lane[2]) + (lane[1] + lane[3]);
}

static inline double lanes_dot(const double *x, const double *y, size_t width)
{
    double lane[LANES] = {0.0};
    for (size_t i = 0; i < width; i += LANES)
        for (size_t k = 0; k < LANES; k++) lane[k] += x[i + k] * y[i + k];
    return lanes_total(lane);
}

/* to = x + scale y; `to` may be x. */
static inline void lanes_add(double *to, const double *x, double scale,
                             const double *y, size_t width)
{
    for (size_t i = 0; i < width; i += LANES) {
        double lane[LANES];
        for (size_t k = 0; k < LANES; k++)
            lane[k] = x[i + k] + scale * y[i + k];
        for (size_t k = 0; k < LANES; k++) to[i + k] = lane[k];
    }
}

#endif
