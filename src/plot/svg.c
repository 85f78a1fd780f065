/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Elements of SVG: see svg.h.
 */
#include "plot/svg.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define SANS "Inter,Helvetica,Arial,'DejaVu Sans',sans-serif"
#define MONO "'IBM Plex Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace"

extern const struct theme theme_light, theme_amber;

const struct theme theme_light = {
    .name = "light",
    .paper = "#ffffff",
    .ink = "#22272e",
    .faint = "#667080",
    .grid = "#e7eaee",
    .marks = {"#2f6fb0", "#d1662b", "#3a9168", "#a3478f", "#8c7a1f", "#5b6470"},
    .warning = "#d40000",
    .font = SANS,
    .letter_width = 0.56,
};

const struct theme theme_amber = {
    .name = "amber",
    .paper = "#0c0a06",
    .ink = "#ffb733",
    .faint = "#b27b1c",
    .grid = "#2c220f",
    .marks = {"#ffb000", "#ff7a33", "#ffe08a", "#c98a4b", "#e85d3d", "#8f6a24"},
    .warning = "#ff3232",
    .font = MONO,
    .letter_width = 0.62,
};

const struct theme *const themes[] = {&theme_light, &theme_amber};
const size_t theme_count = sizeof themes / sizeof *themes;

/* ---- text ------------------------------------------------------------- */

static const char *escaped(char c)
{
    switch (c) {
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '&': return "&amp;";
    case '"': return "&quot;";
    case '\n':
    case '\t': return " ";
    default: return NULL;
    }
}

bool svg_escape(struct text *out, const char *s)
{
    size_t left = strlen(s);
    while (left > 0) {
        size_t length = utf8_length(s, left);
        const char *instead = escaped(*s);
        bool control = (unsigned char)*s < 0x20 || *s == 0x7f;
        if (instead ? !text_puts(out, instead)
                    : length && !control && !text_add(out, s, length))
            return false;
        s += length ? length : 1;
        left -= length ? length : 1;
    }
    return true;
}

/* ---- elements --------------------------------------------------------- */

bool svg_begin(struct text *out, double width, double height,
               const struct theme *theme)
{
    return text_printf(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
        "height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" font-family=\"%s\" "
        "font-size=\"%d\">\n"
        "<rect width=\"%.0f\" height=\"%.0f\" fill=\"%s\"/>\n",
        width, height, width, height, theme->font, LETTER, width, height,
        theme->paper);
}

bool svg_end(struct text *out) { return text_puts(out, "</svg>\n"); }

bool svg_line(struct text *out, double x0, double y0, double x1, double y1,
              const char *colour)
{
    return text_printf(out,
                       "<line x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\" "
                       "stroke=\"%s\"/>\n",
                       x0, y0, x1, y1, colour);
}

bool svg_rectangle(struct text *out, double x, double y, double width,
                   double height, const char *colour, const char *tip)
{
    if (!text_printf(out,
                     "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
                     "height=\"%.2f\" fill=\"%s\"",
                     x, y, width, height, colour))
        return false;
    if (!tip) return text_puts(out, "/>\n");
    return text_puts(out, "><title>") && svg_escape(out, tip) &&
           text_puts(out, "</title></rect>\n");
}

bool svg_text(struct text *out, double x, double y, enum anchor anchor,
              const char *colour, double size, const char *s)
{
    static const char *const anchors[] = {"start", "middle", "end"};
    return text_printf(out,
                       "<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"%s\" "
                       "fill=\"%s\" font-size=\"%.0f\">",
                       x, y, anchors[anchor], colour, size) &&
           svg_escape(out, s) && text_puts(out, "</text>\n");
}

bool svg_text_up(struct text *out, double x, double y, const char *colour,
                 const char *s)
{
    return text_printf(out,
                       "<text transform=\"translate(%.2f %.2f) rotate(-90)\" "
                       "text-anchor=\"middle\" fill=\"%s\">",
                       x, y, colour) &&
           svg_escape(out, s) && text_puts(out, "</text>\n");
}
