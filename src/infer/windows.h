/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The plan of a warmup, as Stan's: a first part in which only the step
 * adapts, windows of doubling length at the end of each of which the metric
 * is learned anew, and a last part for the step again. Stan reference manual,
 * "HMC algorithm parameters"; 75, 25, 50, 100, 200, 500 and 50 transitions of
 * 1000. One thing is otherwise: below 250 transitions the first part takes 15%
 * and the last 10%. Stan does so below 150 only, and its 150 have a metric of
 * 25 draws. Numbers only.
 */
#ifndef VST_INFER_WINDOWS_H
#define VST_INFER_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>

struct windows {
    uint64_t total;       /* transitions of the warmup */
    uint64_t first, last; /* windows fill [first, last) */
    uint64_t size, end;   /* of the present window; its last transition */
    uint64_t at;          /* transitions made */
};

void windows_begin(struct windows *w, uint64_t total);

/* One more transition was made: is it one to learn the metric from, and does
 * a window end with it? */
void windows_step(struct windows *w, bool *learn, bool *end);

#endif
