/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A log density over R^n with its gradient, as a function and its context.
 * Leapfrog, NUTS, HMC, warmup and L-BFGS see nothing else of a program: what
 * stands behind it may be a tape, or a formula of a test.
 */
#ifndef VST_INFER_DENSITY_H
#define VST_INFER_DENSITY_H

#include <stdbool.h>
#include <stddef.h>

struct density {
    size_t size; /* n, at least 1 */
    void *context;
    /* The log density at q, up to a constant, and its n derivatives. false:
     * q is outside, and what was written means nothing. A log density that
     * is not finite, of whatever sign, is taken as outside as well. */
    bool (*gradient)(void *context, const double *q, double *log_density,
                     double *gradient);
};

#endif
