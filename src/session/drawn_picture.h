/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pictures of what a run drew, by name: trace, density, histogram, rank,
 * autocorrelation, pair, forest, energy. It sees columns, and makes a figure.
 */
#ifndef VST_SESSION_DRAWN_PICTURE_H
#define VST_SESSION_DRAWN_PICTURE_H

#include "base/error.h"
#include "plot/figure.h"
#include "session/drawn.h"

struct drawn_picture {
    const char *plot;
    const char *of; /* names of variables, with commas; NULL: all */
    /* Draw i of a chain is the first + i * step-th that was made, from 1. */
    uint64_t first, step;
};

/* The names of the plots, with blanks. */
extern const char drawn_picture_names[];

/* Of more columns than there is room for, the first ones. false with *error:
 * ERROR_NAME when there is no such plot or column, or nothing to show. The
 * figure is to be closed in any case. O(n log n) of the draws. */
bool drawn_picture(struct figure *f, const struct drawn *d,
                   const struct drawn_picture *p, struct error *error);

#endif
