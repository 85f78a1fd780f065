/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What warmup has learned of coordinates, by location: it outlives the
 * structure in which it was learned. Where choices come and go between
 * transitions, each coordinate that comes back finds its scale as it was.
 */
#ifndef VST_INFER_LEARNED_H
#define VST_INFER_LEARNED_H

#include "infer/coordinate.h"

/* Of one coordinate. */
struct learned {
    struct coordinate of;
    double inverse;              /* of the metric, on the diagonal */
    double count, mean, squares; /* of the present window */
};

/* Open addressing. Zeroed: empty. */
struct learned_table {
    struct learned *at;
    size_t count, room;
};

/* NULL: nothing is known. O(1). */
const struct learned *learned_find(const struct learned_table *t,
                                   uint64_t location, uint32_t index);
/* In place of what was known. false: memory ran out. O(1), amortised. */
bool learned_put(struct learned_table *t, const struct learned *l);
void learned_close(struct learned_table *t);

/* A window ends: counts, means and squares of all are 0. O(room). */
void learned_clear(struct learned_table *t);

#endif
