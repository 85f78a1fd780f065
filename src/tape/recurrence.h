/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The linear recurrence x_t = a_t x_(t-1) + b_t as a function of C with its
 * reverse: what `scan` makes of states of which each goes on from the one
 * before. It knows numbers, and no graphs.
 */
#ifndef VST_TAPE_RECURRENCE_H
#define VST_TAPE_RECURRENCE_H

#include "tape/tape.h"

/* Numbers by index: below `count` those that are given, in order; behind them
 * `constants`. */
struct recurrence {
    uint32_t links, count;
    uint32_t start;  /* x_0 */
    uint32_t *a, *b; /* by link */
    double *numbers; /* all of them, while it runs */
    double *by;      /* their adjoints */
    uint32_t number_count;
    bool even; /* all a are one, and b stand one behind another in what is
                  given: found by recurrence_settle */
};

/* Zeroed arrays for so many links and numbers. NULL: memory ran out. */
struct recurrence *recurrence_new(uint32_t links, uint32_t numbers);
void recurrence_free(void *recurrence);
/* To be called when all of it is filled. O(links). */
void recurrence_settle(struct recurrence *r);

/* As tape_call has them: x_1 .. x_links of the numbers that are given, and
 * what their adjoints give to these. O(links + numbers). */
bool recurrence_value(void *recurrence, const double *in, double *out);
bool recurrence_reverse(void *recurrence, const double *in, const double *out,
                        const double *by_out, double *by_in);

#endif
