/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How tables and pictures made of text are to look, and the few things that
 * setting them in columns takes. One character is taken to be one column of
 * the terminal.
 */
#ifndef VST_PLOT_LOOK_H
#define VST_PLOT_LOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct look {
    int width;       /* characters a line; 0: 80 */
    bool ascii;      /* nothing but ASCII of ours; names stay as they are */
    size_t rows_max; /* of a table, then "and 12 more"; 0: 40 */
};

size_t look_width(const struct look *look);
size_t look_rows(const struct look *look);
const char *look_dots(const struct look *look); /* something is left out */

/* Characters of UTF-8 text. */
size_t text_columns(const char *s);

/* Cuts text to so many characters, the last of them dots; question marks take
 * the place of control characters, which a terminal would obey. False when
 * memory ran out. */
bool text_cut(struct text *t, size_t columns, const struct look *look);

/* Appends s with blanks to a width, before it when `right`. False when memory
 * ran out. */
bool text_padded(struct text *out, const char *s, size_t width, bool right);

#endif
