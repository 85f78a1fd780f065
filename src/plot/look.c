/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Setting text in columns: see look.h.
 */
#include "plot/look.h"

#include "base/utf8.h"

enum { WIDTH = 80, ROWS = 40 };

size_t look_width(const struct look *look)
{
    return look->width > 0 ? (size_t)look->width : WIDTH;
}

size_t look_rows(const struct look *look)
{
    return look->rows_max > 0 ? look->rows_max : ROWS;
}

const char *look_dots(const struct look *look)
{
    return look->ascii ? "..." : "…";
}

size_t text_columns(const char *s)
{
    size_t columns = 0;
    for (; *s; s++) columns += utf8_begins(*s);
    return columns;
}

bool text_cut(struct text *t, size_t columns, const struct look *look)
{
    const char *dots = look_dots(look);
    size_t kept = 0, end = 0, room = text_columns(dots);
    for (size_t i = 0; i < t->length; i++)
        if ((unsigned char)t->at[i] < ' ' || t->at[i] == 0x7f) t->at[i] = '?';
    if (!t->at || text_columns(t->at) <= columns) return true;
    room = columns > room ? columns - room : 0;
    for (; end < t->length; end++) {
        if (utf8_begins(t->at[end]) && kept++ == room) break;
    }
    t->length = end;
    return text_puts(t, dots);
}

bool text_padded(struct text *out, const char *s, size_t width, bool right)
{
    size_t have = text_columns(s);
    int blanks = have < width ? (int)(width - have) : 0;
    return right ? text_printf(out, "%*s%s", blanks, "", s)
                 : text_printf(out, "%s%*s", s, blanks, "");
}
