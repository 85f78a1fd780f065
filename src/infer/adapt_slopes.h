/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Directions of a metric where there are too many coordinates for their
 * correlations (adapt_directions.h): draws are kept with the gradients of the
 * log density there, and both are looked at. Of a normal the gradient is the
 * position seen through the precision: where draws are wide by a factor and
 * gradients narrow by it, that is no noise, and one window of as many draws as
 * there are coordinates shows what correlations do not. Such are the few
 * numbers that all others hang on, each a little.
 *
 * With each coordinate divided by its deviation, and its gradient multiplied
 * by it, a direction v of which draws have variance s and gradients h is
 *
 *     (s + 1) / (h + 1)
 *
 * wide. That is its variance where it is an eigenvector of a normal; and 1 of
 * any direction in a product of normals, however few draws there are. Where
 * the many are no such product among themselves, the best of N draws of n of
 * them seems to be 1 + 0.7 n / N wide for nothing: so much is taken off.
 *
 * [S] Seyboldt, Carlson, Carpenter, "Preconditioning Hamiltonian Monte Carlo
 * by minimizing Fisher divergence" (arXiv:2603.18845): a metric from draws and
 * gradients, with ridges, of which this is the widest end.
 *
 * Ownership: rows belong to the struct.
 */
#ifndef VST_INFER_ADAPT_SLOPES_H
#define VST_INFER_ADAPT_SLOPES_H

#include <stdint.h>

#include "infer/metric.h"

/* Coordinates at most, and rows: of a longer window every second, fourth ...
 * draw is kept. Directions at most: each is one more vector in every step. */
enum { SLOPES_MOST = 4096, SLOPES_ROWS = 1024, SLOPES_DIRECTIONS = 3 };

struct slopes {
    size_t size, width; /* 0: it learns none */
    size_t rows, room;
    uint64_t seen, every;
    double *at; /* a row is a draw, and its gradient: 2 width */
};

/* A metric of this kind and size learns them, or, above SLOPES_MOST or where
 * correlations do, none. It allocates nothing. */
void slopes_open(struct slopes *s, enum metric_kind kind, size_t size);
void slopes_close(struct slopes *s);
void slopes_clear(struct slopes *s);

/* A draw, and the gradient there. What is not finite is left out, and so is
 * what there is no memory for. O(size). */
void slopes_add(struct slopes *s, const double *q, const double *gradient);
/* Room for so many rows. false: memory ran out. */
bool slopes_room(struct slopes *s, size_t rows);
/* Coordinate i is another one: nothing is known of it. O(rows). */
void slopes_forget(struct slopes *s, size_t i);
/* What they say becomes the directions of `to`, which has the variances; the
 * rows are of no more use. None where too little was seen, or memory ran out.
 * O(rows size) some hundred times. */
void slopes_to_metric(struct slopes *s, struct metric *to);

#endif
