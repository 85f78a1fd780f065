/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Figures as text: see figure.h. Bars lie; curves and points are dots of a
 * canvas with a frame to the left and below.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plot/axis.h"
#include "plot/canvas.h"
#include "plot/figure.h"

enum {
    ROWS = 15,
    ROWS_LOW = 7,
    Y_ROWS_A_TICK = 4,
    X_COLUMNS_A_TICK = 11,
    PLOT_MIN = 16
};

/* The frame of one panel of curves. */
struct frame {
    struct range x, y;
    struct ticks x_ticks, y_ticks;
    size_t left; /* width of the labels of y */
    size_t columns, rows;
    bool ascii;
};

/* ---- places ----------------------------------------------------------- */

static double x_dot(const struct frame *f, double x)
{
    double share =
        (x / 2.0 - f->x.low / 2.0) / (f->x.high / 2.0 - f->x.low / 2.0);
    return share * ((double)(f->columns * DOTS_ACROSS) - 1.0);
}

static double y_dot(const struct frame *f, double y)
{
    double share =
        (y / 2.0 - f->y.low / 2.0) / (f->y.high / 2.0 - f->y.low / 2.0);
    return (1.0 - share) * ((double)(f->rows * DOTS_DOWN) - 1.0);
}

/* ---- marks ------------------------------------------------------------ */

static void fill(struct canvas *c, const struct frame *f,
                 const struct series *s)
{
    double floor_y = y_dot(f, 0.0);
    for (size_t i = 0; i + 1 < s->count; i++) {
        double x0 = x_dot(f, s->x[i]), x1 = x_dot(f, s->x[i + 1]);
        double y0 = y_dot(f, s->y[i]), y1 = y_dot(f, s->y[i + 1]);
        for (long x = lround(x0); x <= lround(x1); x++) {
            double t = x1 > x0 ? ((double)x - x0) / (x1 - x0) : 0.0;
            t = fmin(fmax(t, 0.0), 1.0);
            canvas_line(c, (double)x, y0 + t * (y1 - y0), (double)x, floor_y);
        }
    }
}

static void draw(struct canvas *c, const struct frame *f,
                 const struct series *s)
{
    if (s->mark == MARK_AREA) fill(c, f, s);
    for (size_t i = 0; i < s->count; i++) {
        double x = x_dot(f, s->x[i]), y = y_dot(f, s->y[i]);
        bool joined = s->mark != MARK_POINTS && i > 0;
        canvas_line(c, joined ? x_dot(f, s->x[i - 1]) : x,
                    joined ? y_dot(f, s->y[i - 1]) : y, x, y);
    }
}

/* ---- the frame -------------------------------------------------------- */

static void measure(struct frame *f, const struct panel *p,
                    const struct look *look)
{
    char label[TICK_LABEL];
    size_t width = look_width(look);
    f->rows = p->low ? ROWS_LOW : ROWS;
    f->ascii = look->ascii;
    f->y_ticks = ticks_choose(f->y.low, f->y.high,
                              (int)f->rows / Y_ROWS_A_TICK + 2, false);
    f->left = 0;
    for (int i = 0; i < f->y_ticks.count; i++) {
        tick_label(&f->y_ticks, i, label);
        if (strlen(label) > f->left) f->left = strlen(label);
    }
    size_t before = f->left + 2;
    f->columns = width > before + PLOT_MIN ? width - before : PLOT_MIN;
    f->x_ticks = ticks_choose(f->x.low, f->x.high,
                              (int)f->columns / X_COLUMNS_A_TICK, p->whole_x);
}

/* The tick whose place is in this row; -1 when there is none. */
static int tick_of_row(const struct frame *f, size_t row)
{
    for (int i = 0; i < f->y_ticks.count; i++) {
        double dot = y_dot(f, tick_at(&f->y_ticks, i));
        if ((size_t)(lround(dot) / DOTS_DOWN) == row) return i;
    }
    return -1;
}

static bool put_row(struct text *out, const struct canvas *c,
                    const struct frame *f, size_t row)
{
    char label[TICK_LABEL] = "";
    int tick = tick_of_row(f, row);
    if (tick >= 0) tick_label(&f->y_ticks, tick, label);
    const char *wall = f->ascii ? "|" : tick >= 0 ? "┤" : "│";
    return text_printf(out, "%*s %s", (int)f->left, label, wall) &&
           canvas_row(out, c, row, f->ascii) && text_puts(out, "\n");
}

static size_t column_of_tick(const struct frame *f, int i)
{
    double dot = x_dot(f, tick_at(&f->x_ticks, i));
    long column = lround(dot) / DOTS_ACROSS;
    if (column < 0) column = 0;
    return (size_t)column < f->columns ? (size_t)column : f->columns - 1;
}

static bool put_floor(struct text *out, const struct frame *f)
{
    int tick = 0;
    bool good =
        text_printf(out, "%*s %s", (int)f->left, "", f->ascii ? "+" : "└");
    for (size_t column = 0; good && column < f->columns; column++) {
        bool here =
            tick < f->x_ticks.count && column_of_tick(f, tick) == column;
        while (tick < f->x_ticks.count && column_of_tick(f, tick) <= column)
            tick++;
        good = text_puts(out, f->ascii ? (here ? "+" : "-") : here ? "┬" : "─");
    }
    return good && text_puts(out, "\n");
}

/* Labels are centred under their ticks, and kept within the line. */
static bool put_x_labels(struct text *out, const struct frame *f)
{
    size_t offset = f->left + 2, at = 0, end = offset + f->columns;
    bool good = true;
    for (int i = 0; good && i < f->x_ticks.count; i++) {
        char label[TICK_LABEL];
        tick_label(&f->x_ticks, i, label);
        size_t length = strlen(label);
        size_t begin = offset + column_of_tick(f, i);
        begin -= length / 2 < begin ? length / 2 : begin;
        if (begin + length > end) begin = end - length;
        if (i > 0 && begin < at + 1) continue;
        good = text_printf(out, "%*s%s", (int)(begin - at), "", label);
        at = begin + length;
    }
    return good && text_puts(out, "\n");
}

static bool put_centred(struct text *out, const char *s, size_t from,
                        size_t width)
{
    size_t columns = text_columns(s);
    size_t before = from + (columns < width ? (width - columns) / 2 : 0);
    return text_printf(out, "%*s%s\n", (int)before, "", s);
}

/* ---- panels ----------------------------------------------------------- */

static bool put_curves(struct text *out, const struct panel *p,
                       const struct look *look)
{
    struct frame f = {0};
    struct canvas c = {0};
    if (!panel_ranges(p, &f.x, &f.y))
        return text_puts(out, "nothing to draw\n");
    measure(&f, p, look);
    bool good = canvas_open(&c, f.columns, f.rows);
    for (size_t i = 0; good && i < p->count; i++) draw(&c, &f, &p->series[i]);
    if (good && p->y_name) good = text_printf(out, "%s\n", p->y_name);
    for (size_t row = 0; good && row < f.rows; row++)
        good = put_row(out, &c, &f, row);
    good = good && put_floor(out, &f) && put_x_labels(out, &f) &&
           (!p->x_name || put_centred(out, p->x_name, f.left + 2, f.columns));
    canvas_close(&c);
    if (p->not_finite == 0) return good;
    return good && text_printf(out, "%zu point%s not finite\n", p->not_finite,
                               p->not_finite == 1 ? " is" : "s are");
}

static bool put_panel(struct text *out, struct panel *p,
                      const struct look *look)
{
    if (p->title && !text_printf(out, "%s\n", p->title)) return false;
    if (p->kind == PANEL_SERIES) return put_curves(out, p, look);
    if (p->bars.count == 0) return text_puts(out, "nothing to draw\n");
    return bars_text(out, &p->bars, look);
}

bool figure_text(struct text *out, struct figure *f, const struct look *look)
{
    bool good = !f->title || text_printf(out, "%s\n", f->title);
    for (size_t i = 0; good && i < f->count; i++)
        good = (i == 0 || text_puts(out, "\n")) &&
               put_panel(out, &f->panels[i], look);
    return good;
}
