/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Figures as SVG: see figure.h. Panels stand in a grid; each has a box in
 * which its marks are drawn, and axes with ticks to the left and below. What
 * would be drawn twice at one place is drawn once, so that a million points
 * make a small file.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plot/axis.h"
#include "plot/figure.h"
#include "plot/svg.h"

enum {
    WIDTH = 720,
    HEIGHT = 420,
    SMALL_WIDTH = 480,
    SMALL_HEIGHT = 260,
    PAD = 16,
    HEADING = 36, /* of the figure's title */
    TITLE_ROOM = 26,
    NAME_ROOM = 20, /* of an axis */
    LABEL_ROOM = 22,
    BAR_ROW = 24,
    X_TICKS = 8,
    Y_TICKS = 6
};

/* Where a panel's marks are drawn. */
struct box {
    double x, y, width, height;
    struct range across, up;
    const struct theme *theme;
    bool titled; /* a panel beside it, or it, has a title */
};

static double share_of(struct range r, double at)
{
    return (at / 2.0 - r.low / 2.0) / (r.high / 2.0 - r.low / 2.0);
}

static double x_of(const struct box *b, double x)
{
    return b->x + share_of(b->across, x) * b->width;
}

static double y_of(const struct box *b, double y)
{
    return b->y + (1.0 - share_of(b->up, y)) * b->height;
}

static double text_width(const struct box *b, const char *s)
{
    return (double)text_columns(s) * LETTER * b->theme->letter_width;
}

/* ---- axes ------------------------------------------------------------- */

static double widest_tick(const struct box *b, const struct ticks *t)
{
    char label[TICK_LABEL];
    double widest = 0.0;
    for (int i = 0; i < t->count; i++) {
        tick_label(t, i, label);
        widest = fmax(widest, text_width(b, label));
    }
    return widest;
}

static bool draw_y_axis(struct text *out, const struct box *b,
                        const struct ticks *t)
{
    bool good = true;
    for (int i = 0; good && i < t->count; i++) {
        char label[TICK_LABEL];
        double y = y_of(b, tick_at(t, i));
        tick_label(t, i, label);
        good = svg_line(out, b->x, y, b->x + b->width, y, b->theme->grid) &&
               svg_text(out, b->x - 8.0, y + 4.0, ANCHOR_END, b->theme->faint,
                        LETTER, label);
    }
    return good;
}

static bool draw_x_axis(struct text *out, const struct box *b,
                        const struct ticks *t)
{
    double floor_y = b->y + b->height;
    bool good =
        svg_line(out, b->x, floor_y, b->x + b->width, floor_y, b->theme->faint);
    for (int i = 0; good && i < t->count; i++) {
        char label[TICK_LABEL];
        double x = x_of(b, tick_at(t, i));
        tick_label(t, i, label);
        good = svg_line(out, x, floor_y, x, floor_y + 5.0, b->theme->faint) &&
               svg_text(out, x, floor_y + 19.0, ANCHOR_MIDDLE, b->theme->faint,
                        LETTER, label);
    }
    return good;
}

static bool draw_names(struct text *out, const struct box *b,
                       const struct panel *p, double left)
{
    const char *ink = b->theme->ink;
    return (!p->title || svg_text(out, b->x, b->y - 10.0, ANCHOR_START, ink,
                                  TITLE - 1, p->title)) &&
           (!p->x_name ||
            svg_text(out, b->x + b->width / 2.0, b->y + b->height + 38.0,
                     ANCHOR_MIDDLE, ink, LETTER, p->x_name)) &&
           (!p->y_name || svg_text_up(out, left + 12.0, b->y + b->height / 2.0,
                                      ink, p->y_name));
}

/* The box within a cell of the grid, and its axes. */
static bool draw_axes(struct text *out, struct box *b, const struct panel *p)
{
    double left = b->x, top = b->y;
    struct ticks up = ticks_choose(b->up.low, b->up.high, Y_TICKS, false);
    struct ticks across =
        ticks_choose(b->across.low, b->across.high, X_TICKS, p->whole_x);
    b->x += widest_tick(b, &up) + 10.0 + (p->y_name ? NAME_ROOM : 0);
    b->width -= b->x - left + 8.0;
    b->y += b->titled ? TITLE_ROOM : 6.0;
    b->height -= b->y - top + LABEL_ROOM + (p->x_name ? NAME_ROOM : 0);
    while (across.count > 2 &&
           widest_tick(b, &across) + 14.0 > b->width / (double)across.count)
        across = ticks_choose(b->across.low, b->across.high, across.count - 1,
                              p->whole_x);
    return draw_y_axis(out, b, &up) && draw_x_axis(out, b, &across) &&
           draw_names(out, b, p, left);
}

/* ---- curves and points ------------------------------------------------ */

/* Lines go from pixel to pixel: of the points in one column of pixels the
 * first, the lowest, the highest and the last are drawn. */
struct pen {
    struct text *out;
    double column, y_first, y_low, y_high, y_last;
    bool down, any; /* a column is open; something was drawn */
};

static bool pen_point(struct pen *p, double x, double y)
{
    bool first = !p->any;
    p->any = true;
    return text_printf(p->out, "%s%.2f %.2f", first ? "M" : "L", x, y);
}

static bool pen_flush(struct pen *p)
{
    if (!p->down) return true;
    p->down = false;
    return pen_point(p, p->column, p->y_first) &&
           (p->y_low == p->y_first || pen_point(p, p->column, p->y_low)) &&
           (p->y_high == p->y_first || pen_point(p, p->column, p->y_high)) &&
           (p->y_last == p->y_first || pen_point(p, p->column, p->y_last));
}

static bool pen_to(struct pen *p, double x, double y)
{
    double column = floor(x * 2.0) / 2.0;
    if (p->down && column != p->column && !pen_flush(p)) return false;
    if (!p->down) {
        p->down = true;
        p->column = column;
        p->y_first = p->y_low = p->y_high = y;
    }
    p->y_low = fmin(p->y_low, y);
    p->y_high = fmax(p->y_high, y);
    p->y_last = y;
    return true;
}

static bool put_path(struct text *out, const struct box *b,
                     const struct series *s)
{
    struct pen pen = {.out = out};
    bool dense = s->count > (size_t)(2.0 * b->width);
    for (size_t i = 0; i < s->count; i++) {
        double x = x_of(b, s->x[i]), y = y_of(b, s->y[i]);
        if (!(dense ? pen_to(&pen, x, y) : pen_point(&pen, x, y))) return false;
    }
    return pen_flush(&pen);
}

static bool draw_line(struct text *out, const struct box *b,
                      const struct series *s, const char *colour)
{
    if (s->mark == MARK_AREA) {
        double zero = y_of(b, 0.0);
        if (!text_puts(out, "<path d=\"") || !put_path(out, b, s) ||
            !text_printf(out,
                         "L%.2f %.2fL%.2f %.2fZ\" fill=\"%s\" "
                         "fill-opacity=\"0.22\"/>\n",
                         x_of(b, s->x[s->count - 1]), zero, x_of(b, s->x[0]),
                         zero, colour))
            return false;
    }
    bool many = s->count > 2000;
    return text_puts(out, "<path d=\"") && put_path(out, b, s) &&
           text_printf(out,
                       "\" fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" "
                       "stroke-linejoin=\"round\"/>\n",
                       colour, many ? "0.8" : "1.6");
}

/* One circle for all points within half a pixel. */
static bool draw_points(struct text *out, const struct box *b,
                        const struct series *s, const char *colour)
{
    size_t across = (size_t)(2.0 * b->width) + 2;
    size_t down = (size_t)(2.0 * b->height) + 2;
    unsigned char *taken = calloc(across * down, 1);
    double radius = s->count > 2000 ? 1.6 : s->count > 300 ? 2.4 : 3.4;
    bool good =
        taken && text_printf(out, "<g fill=\"%s\" fill-opacity=\"%s\">\n",
                             colour, s->count > 300 ? "0.5" : "0.8");
    for (size_t i = 0; good && i < s->count; i++) {
        double x = x_of(b, s->x[i]), y = y_of(b, s->y[i]);
        size_t column = (size_t)(2.0 * (x - b->x));
        size_t row = (size_t)(2.0 * (y - b->y));
        if (column >= across || row >= down || taken[row * across + column])
            continue;
        good =
            text_printf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>\n",
                        x, y, radius);
        taken[row * across + column] = 1;
    }
    free(taken);
    return good && text_puts(out, "</g>\n");
}

static bool draw_series(struct text *out, struct box b, const struct panel *p)
{
    if (!panel_ranges(p, &b.across, &b.up))
        return svg_text(out, b.x, b.y + 40.0, ANCHOR_START, b.theme->faint,
                        LETTER, "nothing to draw");
    bool good = draw_axes(out, &b, p);
    for (size_t i = 0; good && i < p->count; i++) {
        const struct series *s = &p->series[i];
        const char *colour =
            s->warns ? b.theme->warning : b.theme->marks[i % THEME_MARKS];
        if (s->count == 0) continue;
        good = s->mark == MARK_POINTS ? draw_points(out, &b, s, colour)
                                      : draw_line(out, &b, s, colour);
    }
    return good;
}

/* ---- bars ------------------------------------------------------------- */

static bool bar_tip(struct text *tip, const struct bars *bars,
                    const struct bar *bar)
{
    text_clear(tip);
    if (!text_printf(tip, "%s: %.6g", bar->label.at, bar->value)) return false;
    return !bars->counts || bars->total == 0.0 ||
           text_printf(tip, " (%.1f%%)", 100.0 * (bar->value / bars->total));
}

/* Intervals and integers stand on a line. */
static bool draw_standing(struct text *out, struct box b, const struct panel *p)
{
    const struct bars *bars = &p->bars;
    struct text tip = {0};
    double half = bars->intervals ? 0.0 : 0.4;
    b.up = b.across = (struct range){INFINITY, -INFINITY};
    b.up.low = b.up.high = 0.0;
    for (size_t i = 0; i < bars->count; i++) {
        b.across.low = fmin(b.across.low, bars->at[i].low - 1.5 * half);
        b.across.high = fmax(b.across.high, bars->at[i].high + 1.5 * half);
        b.up.high = fmax(b.up.high, bars->at[i].value);
    }
    range_widen(&b.across.low, &b.across.high, 0.01);
    b.up.high *= 1.05;
    bool good = draw_axes(out, &b, p);
    for (size_t i = 0; good && i < bars->count; i++) {
        const struct bar *bar = &bars->at[i];
        double x = x_of(&b, bar->low - half), top = y_of(&b, bar->value);
        double width = x_of(&b, bar->high + half) - x;
        double gap = width > 4.0 ? 1.0 : 0.0;
        if (bar->value == 0.0) continue;
        good = bar_tip(&tip, bars, bar) &&
               svg_rectangle(out, x + gap / 2.0, top, width - gap,
                             b.y + b.height - top, b.theme->marks[0], tip.at);
    }
    text_free(&tip);
    return good;
}

static bool draw_lying_bar(struct text *out, const struct box *b,
                           const struct bars *bars, size_t i)
{
    const struct bar *bar = &bars->at[i];
    struct text tip = {0};
    char number[48];
    double y = b->y + (double)i * BAR_ROW, zero = x_of(b, 0.0);
    double end = x_of(b, bar->value), left = fmin(zero, end);
    if (bars->counts && bars->total > 0.0)
        snprintf(number, sizeof number, "%.0f  (%.1f%%)", bar->value,
                 100.0 * (bar->value / bars->total));
    else
        snprintf(number, sizeof number, "%.4g", bar->value);
    bool good = bar_tip(&tip, bars, bar) &&
                svg_text(out, b->x - 8.0, y + 16.0, ANCHOR_END, b->theme->ink,
                         LETTER, bar->label.at) &&
                svg_rectangle(out, left, y + 3.0, fabs(end - zero),
                              BAR_ROW - 6.0, b->theme->marks[0], tip.at) &&
                svg_text(out, fmax(zero, end) + 6.0, y + 16.0, ANCHOR_START,
                         b->theme->faint, LETTER, number);
    text_free(&tip);
    return good;
}

/* Names stand in a column, and their bars lie beside them. */
static bool draw_lying(struct text *out, struct box b, const struct panel *p)
{
    const struct bars *bars = &p->bars;
    double widest = 0.0, left = b.x;
    b.across = (struct range){0.0, 0.0};
    for (size_t i = 0; i < bars->count; i++) {
        const struct bar *bar = &bars->at[i];
        widest = fmax(widest, text_width(&b, bar->label.at));
        b.across.low = fmin(b.across.low, bar->value);
        b.across.high = fmax(b.across.high, bar->value);
    }
    if (b.across.low == b.across.high) b.across.high = 1.0;
    b.x += fmin(widest, b.width / 2.0) + 10.0;
    b.width -= b.x - left + 110.0;
    b.y += b.titled ? TITLE_ROOM : 6.0;
    b.height = (double)bars->count * BAR_ROW;
    double zero = x_of(&b, 0.0);
    bool good = (!p->title || svg_text(out, left, b.y - 10.0, ANCHOR_START,
                                       b.theme->ink, TITLE - 1, p->title));
    for (size_t i = 0; good && i < bars->count; i++)
        good = draw_lying_bar(out, &b, bars, i);
    return good &&
           svg_line(out, zero, b.y, zero, b.y + b.height, b.theme->faint);
}

/* Rows of a forest: names in a column, beside each its intervals. */
static bool draw_span(struct text *out, const struct box *b,
                      const struct bar *bar, double y)
{
    double from = x_of(b, bar->from), middle = x_of(b, bar->value);
    char tip[160];
    snprintf(tip, sizeof tip, "%.60s: %.4g (%.4g to %.4g)", bar->label.at,
             bar->value, bar->low, bar->high);
    return svg_line(out, x_of(b, bar->low), y, x_of(b, bar->high), y,
                    b->theme->marks[0]) &&
           svg_rectangle(out, from, y - 2.5, x_of(b, bar->to) - from, 5.0,
                         b->theme->marks[0], tip) &&
           svg_rectangle(out, middle - 1.5, y - 6.0, 3.0, 12.0, b->theme->ink,
                         tip);
}

static bool draw_spans(struct text *out, struct box b, const struct panel *p)
{
    const struct bars *bars = &p->bars;
    double widest = 0.0;
    b.across = (struct range){INFINITY, -INFINITY};
    for (size_t i = 0; i < bars->count; i++) {
        const struct bar *bar = &bars->at[i];
        widest = fmax(widest, text_width(&b, bar->label.at));
        b.across.low = fmin(b.across.low, bar->low);
        b.across.high = fmax(b.across.high, bar->high);
    }
    range_widen(&b.across.low, &b.across.high, 0.03);
    struct ticks t =
        ticks_choose(b.across.low, b.across.high, X_TICKS, p->whole_x);
    double room = fmin(widest, b.width / 2.0) + 10.0;
    b.x += room;
    b.width -= room + 8.0;
    b.y += b.titled ? TITLE_ROOM : 6.0;
    b.height = (double)bars->count * BAR_ROW;
    bool good = draw_x_axis(out, &b, &t) && draw_names(out, &b, p, b.x);
    for (size_t i = 0; good && i < bars->count; i++) {
        double y = b.y + ((double)i + 0.5) * BAR_ROW;
        good = svg_text(out, b.x - 8.0, y + 4.0, ANCHOR_END, b.theme->ink,
                        LETTER, bars->at[i].label.at) &&
               draw_span(out, &b, &bars->at[i], y);
    }
    return good;
}

/* ---- the whole -------------------------------------------------------- */

static bool stands(const struct panel *p)
{
    return p->bars.intervals || (p->bars.right && p->bars.counts);
}

static double height_of(const struct figure *f, const struct panel *p)
{
    if (p->kind == PANEL_BARS && !stands(p))
        return (double)p->bars.count * BAR_ROW + TITLE_ROOM + 6.0 +
               (p->bars.spans ? LABEL_ROOM : 0.0);
    return f->count > 1 ? SMALL_HEIGHT : HEIGHT - HEADING;
}

static bool draw_panel(struct text *out, const struct box *b,
                       const struct panel *p)
{
    if (p->kind == PANEL_SERIES) return draw_series(out, *b, p);
    if (p->bars.count == 0)
        return svg_text(out, b->x, b->y + 40.0, ANCHOR_START, b->theme->faint,
                        LETTER, "nothing to draw");
    if (p->bars.spans) return draw_spans(out, *b, p);
    return stands(p) ? draw_standing(out, *b, p) : draw_lying(out, *b, p);
}

static bool any_title(const struct figure *f)
{
    bool any = false;
    for (size_t i = 0; i < f->count; i++) any = any || f->panels[i].title;
    return any;
}

/* Rows of panels are as high as the highest in them. */
static double row_height(const struct figure *f, size_t first, size_t columns)
{
    double height = 0.0;
    for (size_t i = first; i < f->count && i < first + columns; i++)
        height = fmax(height, height_of(f, &f->panels[i]));
    return height;
}

bool figure_svg(struct text *out, const struct figure *f,
                const struct theme *theme)
{
    size_t columns = f->columns > 0 && f->count > 1 ? f->columns : 1;
    double cell = columns > 1 ? SMALL_WIDTH : WIDTH - 2 * PAD;
    double width = cell * (double)columns + 2.0 * PAD;
    double top = PAD + (f->title ? HEADING - PAD / 2.0 : 0.0),
           height = top + PAD;
    for (size_t i = 0; i < f->count; i += columns)
        height += row_height(f, i, columns) + PAD / 2.0;
    bool good = svg_begin(out, width, height, theme) &&
                (!f->title || svg_text(out, PAD, PAD + 14.0, ANCHOR_START,
                                       theme->ink, TITLE + 1, f->title));
    for (size_t i = 0; good && i < f->count; i++) {
        size_t first = i - i % columns;
        struct box b = {.x = PAD + cell * (double)(i % columns),
                        .y = top,
                        .width = cell,
                        .theme = theme,
                        .titled = any_title(f)};
        b.height = row_height(f, first, columns);
        if (columns > 1) b.width -= PAD;
        good = draw_panel(out, &b, &f->panels[i]);
        if (i + 1 == first + columns) top += b.height + PAD / 2.0;
    }
    return good && svg_end(out);
}
