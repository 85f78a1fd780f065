/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Variances or covariances of the positions of a window, which become the
 * inverse metric. Welford's recurrences (Technometrics 4 (1962) 419-420), and
 * Stan's regularisation towards a small multiple of the identity:
 *
 *     inverse = n / (n + 5) S + 1e-3 * 5 / (n + 5) I
 */
#ifndef VST_INFER_ADAPT_METRIC_H
#define VST_INFER_ADAPT_METRIC_H

#include "infer/metric.h"

struct moments {
    enum metric_kind kind;
    size_t size;
    double *count;   /* positions seen, of each coordinate: some may have come
                        later than others; when dense all are the first's */
    double *mean;    /* of each */
    double *squares; /* sums of products of deviations: `size`, or size by
                        size, its lower triangle */
    double *delta;   /* room for one deviation */
};

/* false: memory ran out; empty then. A unit metric learns nothing. */
bool moments_open(struct moments *m, enum metric_kind kind, size_t size);
void moments_close(struct moments *m);
void moments_clear(struct moments *m);

/* Positions that are not finite are left out. O(size), dense O(size^2). */
void moments_add(struct moments *m, const double *q);
/* Sets the metric; coordinates of which fewer than two positions were seen
 * keep what they had. false, and the metric is as before: none was seen more
 * often, or a covariance is not positive definite in doubles. */
bool moments_to_metric(const struct moments *m, struct metric *to);

#endif
