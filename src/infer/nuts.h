/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The no-U-turn sampler with multinomial sampling from the trajectory.
 *
 * Sources. [HG] Hoffman, Gelman, "The No-U-Turn Sampler", JMLR 15 (2014)
 * 1593-1623: doubling. [B] Betancourt, "A conceptual introduction to
 * Hamiltonian Monte Carlo" (arXiv:1701.02434), appendix A: multinomial
 * weights, biased progressive sampling, the generalised criterion.
 *
 * It sees a density and a metric, and knows nothing of programs or of
 * adaptation. Nothing is allocated after nuts_open.
 */
#ifndef VST_INFER_NUTS_H
#define VST_INFER_NUTS_H

#include "infer/leapfrog.h"

enum { NUTS_DEPTH_MAX = 20 }; /* a million leapfrogs */

struct nuts_tree;

struct nuts {
    unsigned depth_max;
    struct points points;
    struct point **resting;            /* points that nobody uses any more */
    size_t resting_count, points_used; /* no other point was used yet */
    double *sums_at;                   /* room for sums of momenta */
    double **sums;                     /* those that nobody uses any more */
    size_t sums_count, sums_used;
    struct nuts_tree *trees; /* built one, and its parts: a stack */
    double *divergence;
    const struct phase_loops *phase;
};

/* false: memory ran out; empty then. depth_max from 1 to NUTS_DEPTH_MAX.
 * Memory: about 12 (depth_max + 3) vectors. */
bool nuts_open(struct nuts *n, size_t size, unsigned depth_max);
void nuts_close(struct nuts *n);

/* One transition of points.here, which was placed. */
void nuts_step(struct nuts *n, const struct density *d, const struct metric *m,
               double step, struct random *random, struct trajectory *out);

#endif
