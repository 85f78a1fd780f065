/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The linear recurrence x_t = a_t x_(t-1) + scale b_t + shift as a function of
 * C with its reverse: what `scan` makes of states of which each goes on from
 * the one before. It knows numbers, and no graphs.
 */
#ifndef VST_TAPE_RECURRENCE_H
#define VST_TAPE_RECURRENCE_H

#include "tape/tape.h"

/* Numbers by index: below `count` those that are given, in order; behind them
 * `constants`. */
struct recurrence {
    uint32_t links, count;
    uint32_t start;        /* x_0 */
    uint32_t scale, shift; /* 1 + index; 0: there is none */
    uint32_t *a, *b;       /* by link */
    double *constants;
    bool even; /* all a are one, and b stand one behind another in what is
                  given or in the constants: found by recurrence_settle */
};

/* Zeroed arrays for so many links and constants. NULL: memory ran out. */
struct recurrence *recurrence_new(uint32_t links, uint32_t constants);
void recurrence_free(void *recurrence);
/* What a tape is to call; takes the recurrence, all of which is filled.
 * O(links). */
struct tape_call recurrence_call(struct recurrence *r);

#endif
