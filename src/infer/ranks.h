/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Draws in order, and the normal scores of their ranks. It sees numbers only.
 */
#ifndef VST_INFER_RANKS_H
#define VST_INFER_RANKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rank_key;

/* Numbers in order. */
struct ranking {
    double *x; /* ascending; before them is -infinity, behind them infinity */
    uint32_t *at; /* where each was */
    size_t n;
    struct rank_key *keys; /* room to sort in */
};

/* Room for so many. false: memory ran out, or they are more than 2^32. */
bool ranking_open(struct ranking *r, size_t most);
void ranking_close(struct ranking *r);

/* n numbers, none a NaN; equal ones stay as they were. O(n). */
void ranking_sort(struct ranking *r, const double *x, size_t n);
/* Of distances from the median. O(n). */
void ranking_fold(struct ranking *to, const struct ranking *from,
                  double median);

/* The end of the run of equal numbers that begins at i. */
size_t ranking_run(const struct ranking *r, size_t i);

/* To the place of each number the normal quantile of (r - 3/8) / (n + 1/4),
 * where r is its rank from 1 on, of equal numbers the mean of theirs: Vehtari
 * and others, Bayesian Analysis 16 (2021) 667-718, (14). `known`: the scores
 * of all ranks, found before of as many numbers, or zeros. */
void ranking_scores(double *to, const struct ranking *r, double *known);

#endif
