/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A list of bars: labels and lengths, for values that are counted, intervals
 * of a line, or whatever a user names. Set as text here; figure_svg.c draws
 * them. It knows numbers and text.
 *
 * Ownership: the struct owns its bars and labels, from malloc; a zeroed one
 * is empty.
 */
#ifndef VST_PLOT_BARS_H
#define VST_PLOT_BARS_H

#include "base/text.h"
#include "plot/look.h"

struct bar {
    struct text label;
    double value;
    double low, high; /* of an interval */
    double from, to;  /* within it, where `spans` */
};

struct bars {
    struct bar *at;
    size_t count;
    bool counts;       /* values are whole: shown with their share */
    bool intervals;    /* on a line, one beside the other */
    bool right;        /* labels to the right: numbers */
    bool spans;        /* of each a line low..high, a thick one from..to, and a
                          point at its value: SVG only */
    double total;      /* of the counts, those not shown too */
    size_t more;       /* values that are not shown */
    double unshown;    /* how often they came in all */
    size_t not_finite; /* draws that have no place */
};

void bars_close(struct bars *b);

/* Room for so many, all empty; count stays 0. False when memory ran out. */
bool bars_open(struct bars *b, size_t room);

/* Counts finite numbers, ascending, in 10 to 20 intervals of a nice width.
 * They hold their lower edge and not their upper; the outermost take in
 * whatever lies beyond, when tails are so long that all else would be one
 * bar. `whole`: of integers. At least two different numbers. False when
 * memory ran out. O(n). */
bool bars_of_numbers(struct bars *b, const double *sorted, size_t n,
                     bool whole);

/* Label, number, share, bar; a line each. Appends; cuts long labels. False
 * when memory ran out. */
bool bars_text(struct text *out, struct bars *b, const struct look *look);

#endif
