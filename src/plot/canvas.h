/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Dots in a grid of characters: two by four in each, as Braille patterns
 * (U+2800 on), or in ASCII as the nearest of . ' and :. What lies outside is
 * cut off.
 *
 * Ownership: the struct owns its cells.
 */
#ifndef VST_PLOT_CANVAS_H
#define VST_PLOT_CANVAS_H

#include "base/text.h"

enum { DOTS_ACROSS = 2, DOTS_DOWN = 4 };

struct canvas {
    size_t columns, rows; /* in characters */
    unsigned char *cells; /* a bit a dot */
};

/* All dots off. False when memory ran out. */
bool canvas_open(struct canvas *c, size_t columns, size_t rows);
void canvas_close(struct canvas *c);

/* x to the right from 0, y down from 0, in dots. */
void canvas_dot(struct canvas *c, long x, long y);
/* Every dot between two, ends too. O(its length in the canvas). */
void canvas_line(struct canvas *c, double x0, double y0, double x1, double y1);

/* One row of characters; blanks at its end are left out. False when memory
 * ran out. */
bool canvas_row(struct text *out, const struct canvas *c, size_t row,
                bool ascii);

#endif
