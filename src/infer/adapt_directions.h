/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the variances of a window do not say: directions in which the draws,
 * each coordinate divided by its deviation, are much wider or narrower than
 * independent ones. They are eigenvectors of the sample's correlations.
 *
 * Of n coordinates and N draws of a product of normals the sample's
 * eigenvalues lie between (1 - r)^2 and (1 + r)^2, r^2 = n / N; one beyond
 * belongs to an eigenvalue l of the population, and is of it
 *
 *     s = l (1 + r^2 / (l - 1)),  cos^2 = (1 - r^2 / (l - 1)^2) /
 *                                         (1 + r^2 / (l - 1))
 *
 * with cos that of the angle between the eigenvectors of both. [D] Donoho,
 * Gavish, Johnstone, "Optimal shrinkage of eigenvalues in the spiked
 * covariance model" (Annals of Statistics 46 (2018)), formulas (1.2) to (1.4);
 * below 1 the same hold. The direction becomes one of the metric with the
 * value 1 + cos^2 (l - 1), their formula for the Frobenius norm; below 1 the
 * precisions are shrunk, 1 / value = 1 + cos^2 (1 / l - 1).
 *
 * It knows numbers only.
 */
#ifndef VST_INFER_ADAPT_DIRECTIONS_H
#define VST_INFER_ADAPT_DIRECTIONS_H

#include "infer/adapt_metric.h"

/* With more coordinates a metric stays diagonal: what goes together with what
 * is a square of them, and half a window's draws say little of it. */
enum { DIRECTED_MOST = 256 };

/* Room for what a metric of this kind learns of its directions: dense
 * moments, or none. false: memory ran out; empty then. */
bool directions_open(struct moments *m, enum metric_kind kind, size_t size);
/* An eigenvalue of the sample becomes that of the metric; 1: no more than
 * noise. share: n / N. */
double directions_shrunk(double value, double share);
/* What they say becomes the directions of `to`, which has the variances. None
 * where too little was seen, or memory ran out. O(size^3). */
void directions_to_metric(const struct moments *m, struct metric *to);
/* Coordinate i is another one: nothing is known of what it goes together
 * with. */
void directions_forget(struct moments *m, size_t i);

#endif
