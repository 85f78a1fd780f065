/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Points in phase space, and the leapfrog between them:
 *
 *     p~ = p + e/2 grad(q),  q' = q + e M^-1 p~,  p' = p~ + e/2 grad(q')
 *
 * Neal, "MCMC using Hamiltonian dynamics" (Handbook of MCMC, 2011), formulas
 * (2.28) to (2.30). A step is from one point into another: nothing that it
 * passed is lost, and nothing is copied.
 *
 * Ownership: points belong to the struct points they came from.
 */
#ifndef VST_INFER_LEAPFROG_H
#define VST_INFER_LEAPFROG_H

#include <stdint.h>

#include "infer/density.h"
#include "infer/metric.h"

struct point {
    double *q, *p;    /* position and momentum */
    double *v;        /* M^-1 p */
    double *gradient; /* of the log density at q */
    double log_density;
    double energy; /* kinetic less log density; +inf: outside */
    uint32_t uses; /* of whoever counts them */
};

/* Room for points of one size, in one block; a chain is at one of them. */
struct points {
    struct point *at, *here;
    size_t count, size, width;
    double *numbers;
};

/* false: memory ran out; empty then, as a zeroed one, and may be closed. */
bool points_open(struct points *s, size_t count, size_t size);
void points_close(struct points *s);

/* The chain is at q, or the density is another one since the last transition.
 * false: q is outside. */
bool points_place(struct points *s, const struct density *d, const double *q);
/* One of the points that are not `here`: which, from 0, is less than count - 1.
 */
struct point *points_spare(const struct points *s, size_t which);

/* Evaluates log density and gradient at at->q. false: it is outside. */
bool point_place(const struct density *d, struct point *at);
/* A new momentum for a point that was placed; sets its energy. */
void point_push(const struct metric *m, struct random *random,
                struct point *at);

/* One leapfrog of this step (negative: backward in time). Where the density
 * or anything else is not finite, the energy of `to` is +inf. */
void leapfrog(const struct density *d, const struct metric *m, double step,
              const struct point *from, struct point *to);

/* What one transition was. */
struct trajectory {
    double accept_stat; /* mean acceptance probability over its points */
    double energy;      /* of the point that was taken */
    uint32_t leapfrogs, depth;
    bool limited; /* ended by a limit of depth, not by a turn */
    bool divergent;
    /* Where the step began that went wrong, NULL: none did. Stands until the
     * next transition. */
    const double *divergence;
};

/* An energy error that no step of use makes: Betancourt's, as in Stan. */
#define ENERGY_ERROR_MAX 1000.0

#endif
