/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Euclidean metric of a Hamiltonian, as data: unit, diagonal or dense.
 * It is known by its inverse, which is an estimate of the covariance of the
 * target. Momenta are normal with the metric as their covariance:
 *
 *     p ~ N(0, M),  v = M^-1 p,  kinetic energy = p' v / 2
 *
 * One that is directed is diagonal but for some directions, each of which costs
 * about as much as the diagonal.
 *
 * Betancourt, "A conceptual introduction to Hamiltonian Monte Carlo"
 * (arXiv:1701.02434), section 4.2.1. It knows no densities.
 */
#ifndef VST_INFER_METRIC_H
#define VST_INFER_METRIC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/random.h"

enum metric_kind {
    METRIC_DIAGONAL,
    METRIC_DENSE,
    METRIC_UNIT,
    METRIC_DIRECTED, /* a diagonal, and directions in which it is not enough */
    METRIC_KINDS
};

/* "diag", "dense", "unit", "auto". */
extern const char *const metric_words[METRIC_KINDS + 1];

struct metric {
    enum metric_kind kind;
    size_t size;
    size_t width;       /* of its vectors: see lanes.h */
    double *inverse;    /* dense: `size` rows of `width`; else one row */
    double *factor;     /* dense: L of inverse = L L', size by size; else
                        1 / sqrt(inverse) */
    size_t count;       /* directed: how many directions there are */
    double *directions; /* rows of `width` */
    double *excess;     /* of each */
};

/* A metric that is the identity. false: memory ran out; it is then empty, as
 * a zeroed one is, and may be closed. */
bool metric_open(struct metric *m, enum metric_kind kind, size_t size);
void metric_close(struct metric *m);

/* Takes this inverse: `size` numbers, or size by size of them when dense, of
 * which the lower triangle is read. false, and the metric is as before, when
 * it is not finite and positive (definite), or when memory ran out. O(size),
 * dense O(size^3). */
bool metric_set(struct metric *m, const double *inverse);

/* Directed: with the diagonal D that was set the inverse becomes
 *
 *     D + sum of excess w w',  w = D^1/2 u
 *
 * `count` rows w of `size`, until metric_set. false, and there are none: the u
 * are not orthonormal to 1e-6, an excess is not above -1 and finite, or
 * memory ran out. O(count^2 size). */
bool metric_direct(struct metric *m, size_t count, const double *excess,
                   const double *directions);

/* v = M^-1 p; vectors of `width`. O(size), dense O(size^2), directed
 * O((1 + count) size). */
void metric_velocity(const struct metric *m, const double *restrict p,
                     double *restrict v);
/* p from N(0, M); zeros behind its end. As dear. */
void metric_momentum(const struct metric *m, struct random *random, double *p);

#endif
