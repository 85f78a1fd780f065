/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lines through the values of a choice: along each of them one real number
 * moves between bounds, and no volume is lost or made, so that a density of
 * the value is one of the number. A number has one line; an array of numbers
 * one for each element; shares give to their neighbour what they lose; the
 * length of a row of correlations stays 1.
 */
#ifndef VST_INFER_LINE_H
#define VST_INFER_LINE_H

#include "infer/unbound.h"

struct line {
    uint32_t which;
    struct unbound bounds; /* do not depend on the number */
    double at;             /* where it is now */
};

/* How many lines there are; 0: its values have no density over numbers. Says
 * nothing of the value but its shape. O(1). */
uint32_t line_count(const struct site *s);
/* May all be moved at once, for none bounds another? */
bool lines_are_free(const struct site *s);
/* Line `which`, below line_count; false: nothing can move along it. */
bool line_open(const struct site *s, uint32_t which, struct line *out);
/* The site's value with the number of each line at to[i]: one line, or several
 * that are free. V_UNBOUND: no memory. */
value line_value(const struct site *s, const struct line *lines,
                 const double *to, uint32_t n);

#endif
