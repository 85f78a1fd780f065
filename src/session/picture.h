/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pictures of values: what the procedures hist, density, barplot, scatter
 * and lineplot and the directive PLOT have in common. A picture is text for
 * a terminal, or an SVG in a file.
 *
 * Every bool here is false with the machine's error filled.
 */
#ifndef VST_SESSION_PICTURE_H
#define VST_SESSION_PICTURE_H

#include "plot/figure.h"
#include "session/column.h"
#include "session/session.h"

/* What a user may say of a picture. */
struct picture_options {
    const char *title, *x_name, *y_name; /* NULL: none */
    const char *out;                     /* a file; NULL: text */
    const struct theme *theme;           /* NULL: light */
};

/* :title, :x, :y, :out or :theme with its value. `who` is for messages. */
bool picture_option(struct machine *m, const char *who, value name, value v,
                    struct picture_options *o);

/* The elements of a list or an array, as a column; to be closed in any case.
 */
bool picture_column(struct machine *m, const char *who, value v,
                    struct column *out);

/* Panels for the distribution of a column: bars, a curve, or the draws in
 * order above the curve. NULL names: none. */
bool picture_bars(struct machine *m, struct figure *f, const struct column *c,
                  const char *title, const char *x_name);
bool picture_density(struct machine *m, struct figure *f,
                     const struct column *c, const char *title,
                     const char *x_name);
bool picture_draws(struct machine *m, struct figure *f, const struct column *c,
                   const char *title);

/* A panel of points or of a line: xs and ys, or points (pairs, or the rows
 * of a matrix with two columns) when ys is V_UNBOUND, or for a line ys alone
 * in xs. */
bool picture_points(struct machine *m, const char *who, struct figure *f,
                    enum mark mark, value xs, value ys,
                    const struct picture_options *o);
/* Is it a list of pairs, or a matrix of two columns? */
bool picture_is_points(value v);

/* The finished figure: its text in *out, or a file and its name in *out. */
bool picture_finish(struct machine *m, const char *who, struct figure *f,
                    const struct picture_options *o, struct text *out);

/* Binds the procedures. */
void picture_install(struct machine *m);

#endif
