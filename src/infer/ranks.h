/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Draws in order, and the normal scores of their ranks. It sees numbers only.
 */
#ifndef VST_INFER_RANKS_H
#define VST_INFER_RANKS_H

#include <stddef.h>

struct ranked {
    double x;
    size_t at; /* where it was */
};

/* Ascending by x, equal ones as they were; no NaN. `room` for n more. O(n). */
void ranks_sort(struct ranked *a, struct ranked *room, size_t n);

/* The end of the run of equal numbers that begins at i. */
size_t ranks_run(const struct ranked *a, size_t n, size_t i);

/* To each place the normal quantile of (r - 3/8) / (n + 1/4), where r is the
 * rank from 1 on, of equal numbers the mean of theirs: Vehtari and others,
 * Bayesian Analysis 16 (2021) 667-718, (14). a is in order; places are below
 * n. `known`: n numbers, scores that were found before of as many draws, 0
 * where there are none yet. */
void ranks_scores(double *to, const struct ranked *a, size_t n, double *known);

#endif
