/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A figure: panels of bars or of curves, with titles and names of axes, and
 * the two ways in which it is drawn, as text and as SVG. It knows numbers
 * and text only; what they mean is the session's.
 *
 *     figure_open; figure_panel, panel_series ...; figure_text or figure_svg;
 *     figure_close
 *
 * Ownership: the figure owns all that is in it, from malloc, and copies what
 * it is given. Every bool is false when memory ran out, and nothing else.
 */
#ifndef VST_PLOT_FIGURE_H
#define VST_PLOT_FIGURE_H

#include "plot/bars.h"

enum mark {
    MARK_LINE,
    MARK_AREA, /* a line, filled down to zero */
    MARK_POINTS
};

struct series {
    enum mark mark;
    bool warns;    /* in the colour of warnings */
    double *x, *y; /* finite */
    size_t count;
    double low_x, high_x, low_y, high_y;
};

enum panel_kind { PANEL_SERIES, PANEL_BARS };
enum { SERIES_MAX = 8, PANELS_MAX = 16 };

struct panel {
    enum panel_kind kind;
    char *title, *x_name, *y_name; /* or NULL */
    bool whole_x;                  /* ticks at integers only */
    bool low;                      /* half as high as others: a trace */
    struct bars bars;
    struct series series[SERIES_MAX];
    size_t count;
    size_t not_finite; /* points that have no place */
};

struct figure {
    char *title; /* or NULL */
    struct panel panels[PANELS_MAX];
    size_t count;
    size_t columns; /* of panels in a row, in SVG; 0: 1 */
};

/* title may be NULL. */
bool figure_open(struct figure *f, const char *title);
void figure_close(struct figure *f);

/* One panel more, at most PANELS_MAX; names may be NULL. NULL when memory
 * ran out. */
struct panel *figure_panel(struct figure *f, enum panel_kind kind,
                           const char *title, const char *x_name,
                           const char *y_name);

/* Points that are not finite are left out, and counted. x NULL: 1, 2, ... */
bool panel_series(struct panel *p, enum mark mark, const double *x,
                  const double *y, size_t count);

/* The curve of a density of ascending finite numbers. */
bool panel_density(struct panel *p, const double *sorted, size_t n);

/* The box that holds everything in the panel, with a margin. false when
 * there is nothing. */
struct range {
    double low, high;
};
bool panel_ranges(const struct panel *p, struct range *x, struct range *y);

/* Braille and blocks, a line at a time; at most the width of the look. */
bool figure_text(struct text *out, struct figure *f, const struct look *look);

struct theme;
extern const struct theme theme_light, theme_amber;

/* One <svg> element with an XML header: no scripts, no fonts of its own. */
bool figure_svg(struct text *out, const struct figure *f,
                const struct theme *theme);

#endif
