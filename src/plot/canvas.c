/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Dots as characters: see canvas.h.
 */
#include "plot/canvas.h"

#include <math.h>
#include <stdlib.h>

/* Unicode's order of the eight dots. */
static const unsigned char bits[DOTS_DOWN][DOTS_ACROSS] = {
    {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
enum { UPPER = 0x01 | 0x08 | 0x02 | 0x10 };

bool canvas_open(struct canvas *c, size_t columns, size_t rows)
{
    *c = (struct canvas){.columns = columns, .rows = rows};
    c->cells = calloc(columns * rows + 1, 1);
    return c->cells != NULL;
}

void canvas_close(struct canvas *c)
{
    free(c->cells);
    c->cells = NULL;
}

void canvas_dot(struct canvas *c, long x, long y)
{
    if (x < 0 || y < 0) return;
    size_t column = (size_t)x / DOTS_ACROSS, row = (size_t)y / DOTS_DOWN;
    if (column >= c->columns || row >= c->rows) return;
    c->cells[row * c->columns + column] |= bits[y % DOTS_DOWN][x % DOTS_ACROSS];
}

void canvas_line(struct canvas *c, double x0, double y0, double x1, double y1)
{
    double length = fmax(fabs(x1 - x0), fabs(y1 - y0));
    double most = (double)(c->columns + c->rows) * DOTS_DOWN * 2.0;
    long steps = (long)ceil(fmin(length, most));
    for (long i = 0; i <= steps; i++) {
        double t = steps ? (double)i / (double)steps : 0.0;
        canvas_dot(c, lround(x0 + t * (x1 - x0)), lround(y0 + t * (y1 - y0)));
    }
}

static bool put_cell(struct text *out, unsigned char dots, bool ascii)
{
    if (dots == 0) return text_puts(out, " ");
    if (ascii) {
        bool upper = dots & UPPER, lower = dots & ~UPPER & 0xff;
        return text_puts(out, upper && lower ? ":" : upper ? "'" : ".");
    }
    char pattern[] = {(char)0xe2, (char)(0xa0 | dots >> 6),
                      (char)(0x80 | (dots & 0x3f))};
    return text_add(out, pattern, sizeof pattern);
}

bool canvas_row(struct text *out, const struct canvas *c, size_t row,
                bool ascii)
{
    const unsigned char *cells = &c->cells[row * c->columns];
    size_t end = c->columns;
    while (end > 0 && cells[end - 1] == 0) end--;
    for (size_t i = 0; i < end; i++)
        if (!put_cell(out, cells[i], ascii)) return false;
    return true;
}
