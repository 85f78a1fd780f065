/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Is a kernel right on a model? Two tests of one quantity over independent
 * replicates, in each of which parameters and data are drawn together from
 * the program. It sees numbers only.
 *
 *     joint   the quantity in that draw, and after the kernel has moved it
 *             given the data: both have one distribution. Geweke, "Getting it
 *             right: joint distribution tests of posterior simulators", JASA
 *             99 (2004) 799-804, here with independent replicates in place of
 *             one long chain, so that differences in pairs have mean zero
 *     ranks   the rank of the quantity in that draw among draws of a chain
 *             that begins elsewhere: uniform. Talts, Betancourt, Simpson,
 *             Vehtari, Gelman, "Validating Bayesian inference algorithms with
 *             simulation-based calibration" (2018)
 *
 * The joint tests are of ranks within all values of the quantity, not of the
 * values, which may have no mean.
 */
#ifndef VST_INFER_CALIBRATION_H
#define VST_INFER_CALIBRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RANK_BINS_MAX = 20 };

struct calibration {
    size_t replicates, moved;      /* in how many the kernel changed it */
    double location_z, location_p; /* joint: is it higher, or lower? */
    double spread_z, spread_p;     /* joint: is it wider, or narrower? */
    double ranks_p;                /* chi-square of the bins */
    size_t bins;
    uint32_t in_bin[RANK_BINS_MAX];
    /* Of the ranks, over their range: the mean less 1/2, and the mean square
     * distance from 1/2 less 1/12: chains that are too narrow have the second
     * above 0, those that are too wide below. */
    double lean, bowl;
};

/* before[i] and after[i] of replicate i, and rank[i] in 0 .. draws. A quantity
 * that never varies has p of 1. False when memory ran out. O(n log n). */
bool calibrate(const double *before, const double *after, const double *rank,
               size_t n, size_t draws, struct calibration *out);

/* The smallest p times the number of tests that c has. */
double calibration_p(const struct calibration *c);

#endif
