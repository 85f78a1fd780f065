/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The direction in which one cloud of points is widest beside another:
 *
 *     (mean of (a v)^2 + ridge |v|^2) / (mean of (b v)^2 + ridge |v|^2)
 *
 * over rows a and b. It is the top of a pencil of two matrices that are never
 * formed: a step costs one pass over the rows.
 *
 * Knyazev, "Toward the optimal preconditioned eigensolver" (SIAM Journal on
 * Scientific Computing 23 (2001)), for one vector and without a preconditioner. It knows numbers only.
 */
#ifndef VST_INFER_QUOTIENT_H
#define VST_INFER_QUOTIENT_H

#include <stdbool.h>
#include <stddef.h>

struct quotient {
    size_t rows, width; /* of lanes: see lanes.h */
    /* Row i of either stands at i * stride. */
    const double *above, *below;
    size_t stride;
    double ridge; /* above 0 */
};

/* Where it is largest among what is orthogonal to `found`, `count` unit rows
 * of `width`: v, of length 1. v comes in as any vector, which is where it
 * begins. *value: the quotient there, to a relative 1e-3 or so. false: memory
 * ran out, or something is not finite, or nothing is left.
 * O(rows width) a step, of which there are 60 at most. */
bool quotient_top(const struct quotient *q, const double *found, size_t count,
                  double *v, double *value);

#endif
