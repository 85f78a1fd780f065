/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Elements of SVG, one function each: lengths in pixels, two digits behind
 * the point. It knows colours and shapes, not what is drawn with them. Every
 * bool is false when memory ran out.
 */
#ifndef VST_PLOT_SVG_H
#define VST_PLOT_SVG_H

#include "base/text.h"

enum { THEME_MARKS = 6, LETTER = 12, TITLE = 15 };

/* Colours by what they are for. */
struct theme {
    const char *name;
    const char *paper, *ink, *faint, *grid;
    const char *marks[THEME_MARKS]; /* of series, in order */
    const char *warning;            /* divergences */
    const char *font;
    double letter_width; /* of a character, as a share of its height */
};
extern const struct theme *const themes[];
extern const size_t theme_count;

enum anchor { ANCHOR_START, ANCHOR_MIDDLE, ANCHOR_END };

/* What XML would take for markup is escaped, and bytes that it may not hold
 * are left out. */
bool svg_escape(struct text *out, const char *s);

bool svg_begin(struct text *out, double width, double height,
               const struct theme *theme);
bool svg_end(struct text *out);

bool svg_line(struct text *out, double x0, double y0, double x1, double y1,
              const char *colour);
/* tip: shown when the pointer rests there; NULL: none. */
bool svg_rectangle(struct text *out, double x, double y, double width,
                   double height, const char *colour, const char *tip);
bool svg_text(struct text *out, double x, double y, enum anchor anchor,
              const char *colour, double size, const char *s);
/* Upwards, centred. */
bool svg_text_up(struct text *out, double x, double y, const char *colour,
                 const char *s);

#endif
