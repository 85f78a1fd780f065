/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Records set in columns: see record_table.h. A column at a time becomes
 * text; all of them are then put side by side, as many as a line has room
 * for.
 */
#include "session/record_table.h"

#include <math.h>

#include "eval/print.h"
#include "plot/look.h"

/* Tables of so many rows are shown whole; of larger ones some. */
enum { WHOLE = 20, SOME = 6, CELL_MAX = 24, GAP = 2 };

static bool is_column(value v)
{
    return is_vector(v) ? !as_vector(v)->columns : is_pair(v) && is_list(v);
}

static size_t length_of(value v)
{
    return is_vector(v) ? as_vector(v)->rows : list_length(v);
}

bool record_is_table(value v)
{
    if (!is_type(v, T_RECORD)) return false;
    const struct record *r = as_object(v);
    for (size_t i = 0; i < r->head.size; i++) {
        value column = r->fields[2 * i + 1];
        if (!is_column(column) || length_of(column) != length_of(r->fields[1]))
            return false;
    }
    return r->head.size > 0 && length_of(r->fields[1]) > 0;
}

/* Whole numbers of a column of doubles have no point. */
static bool put_cell(struct text *cell, value v)
{
    double x = is_double(v) ? as_number(v) : NAN;
    bool whole = x == floor(x) && fabs(x) < 1e15;
    text_clear(cell);
    return (whole ? text_printf(cell, "%.0f", x) : display_value(cell, v)) &&
           text_cut(cell, CELL_MAX, &(struct look){0});
}

struct reader {
    value column;
    size_t row;
};

static value next_value(struct reader *r)
{
    if (is_vector(r->column))
        return v_double(as_vector(r->column)->at[r->row++]);
    value first = car(r->column);
    r->column = cdr(r->column);
    return first;
}

/* The width of a column: of its name and the cells that are shown. */
static bool measure(value name, value column, size_t rows, size_t *width)
{
    struct text cell = {0};
    struct reader r = {column, 0};
    bool good = put_cell(&cell, name);
    *width = good ? text_columns(cell.at) : 0;
    for (size_t i = 0; good && i < rows; i++) {
        good = put_cell(&cell, next_value(&r));
        size_t columns = good ? text_columns(cell.at) : 0;
        if (columns > *width) *width = columns;
    }
    text_free(&cell);
    return good;
}

struct shown {
    size_t rows, columns;
    size_t width[40];
};

static bool measure_all(const struct record *r, struct shown *s)
{
    const size_t most = sizeof s->width / sizeof *s->width;
    size_t room = look_width(&(struct look){0}), used = 0;
    for (s->columns = 0; s->columns < r->head.size; s->columns++) {
        size_t i = s->columns;
        if (i == most) break;
        if (!measure(r->fields[2 * i], r->fields[2 * i + 1], s->rows,
                     &s->width[i]))
            return false;
        used += s->width[i] + (i ? GAP : 0);
        if (i && used > room) break;
    }
    return true;
}

/* Numbers to the right, everything else to the left, as their names. */
static bool put_line(struct text *out, const struct shown *s,
                     const struct record *r, struct reader *from)
{
    struct text cell = {0};
    bool good = true;
    for (size_t i = 0; good && i < s->columns; i++) {
        value column = r->fields[2 * i + 1];
        bool right = is_vector(column) || is_number(car(column));
        bool last = i + 1 == s->columns;
        good =
            put_cell(&cell, from ? next_value(&from[i]) : r->fields[2 * i]) &&
            text_padded(out, cell.at, last && !right ? 0 : s->width[i],
                        right) &&
            text_puts(out, last ? "\n" : "  ");
    }
    text_free(&cell);
    return good;
}

bool record_table(value v, struct text *out)
{
    const struct record *r = as_object(v);
    struct reader from[sizeof(((struct shown *)0)->width) / sizeof(size_t)];
    size_t rows = length_of(r->fields[1]);
    struct shown s = {.rows = rows <= WHOLE ? rows : SOME};
    if (!measure_all(r, &s)) return false;
    for (size_t i = 0; i < s.columns; i++)
        from[i] = (struct reader){r->fields[2 * i + 1], 0};
    bool good = put_line(out, &s, r, NULL);
    for (size_t i = 0; good && i < s.rows; i++)
        good = put_line(out, &s, r, from);
    size_t more_rows = rows - s.rows, more = r->head.size - s.columns;
    const char *dots = look_dots(&(struct look){0});
    if (good && more_rows)
        good = text_printf(out, "%s and %zu more row%s\n", dots, more_rows,
                           more_rows == 1 ? "" : "s");
    if (good && more)
        good = text_printf(out, "%s and %zu more column%s\n", dots, more,
                           more == 1 ? "" : "s");
    return good;
}
