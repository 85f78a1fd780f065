/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How far numbers around a location that moves are centred (src/tape/
 * gather_centre.c), chosen by what warmup saw. For a number u of location m
 * and scale s the coordinate of centring c is
 *
 *     y = c m + (u - m) / s^(1 - c)
 *
 * and c is taken that makes
 *
 *     log sd(y) + (1 - c) E[log s]
 *
 * least, over a grid: the divergence of the posterior in these coordinates
 * from a product of normals, as far as c has a part in it. [G] Gorinova,
 * Moore, Hoffman, "Automatic reparameterisation of probabilistic programs"
 * (ICML 2020), section 4, minimise the divergence of the other direction.
 *
 * All is by location: choices that come and go find their own again. It knows
 * numbers only.
 */
#ifndef VST_INFER_CENTRING_H
#define VST_INFER_CENTRING_H

#include "infer/coordinate.h"

enum { CENTRINGS = 9 }; /* 0, 1/8 ... 1 */

/* Of one coordinate. */
struct centring {
    struct coordinate of;
    bool turned; /* changed when a window ended last */
    double now;
    /* Of the present window: draws seen, the mean of log s, and of y at each
     * place of the grid mean and sum of squared deviations. */
    double count, log_scale, mean[CENTRINGS], squares[CENTRINGS];
};

/* Open addressing; zeroed: empty. */
struct centring_table {
    struct centring *at;
    size_t count, room;
    double forced; /* all are; below 0: each is chosen */
    double first;  /* of those that were never chosen */
};

/* NULL: nothing is known. O(1). */
struct centring *centring_find(const struct centring_table *t,
                               uint64_t location, uint32_t index);
/* The same, put there where it was not; NULL: memory ran out. */
struct centring *centring_put(struct centring_table *t, uint64_t location,
                              uint32_t index);
double centring_of(const struct centring_table *t, uint64_t location,
                   uint32_t index);
void centring_close(struct centring_table *t);

/* A draw of number, location and scale; what is not finite, or no scale, is
 * left out. */
void centring_learn(struct centring *c, double u, double location,
                    double scale);
/* A window ends: each takes what is best by a margin; *turned, one took
 * another. O(room). */
void centring_settle(struct centring_table *t, bool *turned);
/* Mean and squares of y as it is centred now; of a grid's place. */
void centring_moments(const struct centring *c, double *mean, double *squares);
/* Another window begins. O(room). */
void centring_clear(struct centring_table *t);

#endif
