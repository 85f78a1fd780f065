/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The top of a log density, by L-BFGS.
 *
 * Source: [NW] Nocedal, Wright, "Numerical Optimization" (2nd edition, 2006):
 * the two-loop recursion, algorithm 7.4, with the scale of formula (7.20);
 * line search by the strong Wolfe conditions (3.7), algorithms 3.5 and 3.6,
 * steps by cubic interpolation (3.59).
 */
#ifndef VST_INFER_LBFGS_H
#define VST_INFER_LBFGS_H

#include <stdint.h>

#include "infer/density.h"

struct lbfgs_plan {
    uint32_t iterations; /* at most */
    /* It ends when the log density rose by less than `rise`, relative to its
     * size where that is above 1; or when the gradient, seen through the
     * approximate curvature, promises less than `promise` so measured. */
    double rise, promise;
};

extern const struct lbfgs_plan lbfgs_usual;

enum lbfgs_end {
    LBFGS_TOP,     /* nothing more to gain */
    LBFGS_STUCK,   /* no step along the last direction gains anything */
    LBFGS_LONG,    /* as many iterations as were allowed */
    LBFGS_ENDLESS, /* it rises without end */
    LBFGS_OUTSIDE, /* the start is outside */
    LBFGS_MEMORY   /* no room: nothing was done */
};

/* What it says of itself, to end a sentence: "it stopped: ...". */
extern const char *const lbfgs_words[];

struct lbfgs_result {
    enum lbfgs_end end;
    uint32_t iterations;
    uint64_t gradients;
    double log_density;  /* at the last q */
    double gradient_max; /* the largest of its derivatives there */
};

/* From q upward; q becomes the best point found, also when it ends otherwise
 * than at the top. Points outside end no search: steps are made shorter.
 * O(gradients * size) besides the density. */
void lbfgs_climb(const struct density *d, const struct lbfgs_plan *plan,
                 double *q, struct lbfgs_result *result);

#endif
