/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arguments and values of arrays of applications, opened: a number, a vector,
 * a matrix, or lists that stand for them. What goes along with the elements
 * is read by row and column; what belongs to each element is left whole.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "xrp/form.h"

static bool is_series(value v) { return is_vector(v) || is_list(v); }

/* How many axes a value has, by its first elements; strings have none. */
static int depth_of(value v)
{
    int depth = 0;
    for (; depth < 4; depth++, v = car(v)) {
        if (is_vector(v)) return depth + (as_vector(v)->columns ? 2 : 1);
        if (!is_pair(v) || !is_list(v)) break;
    }
    return v == V_NIL ? depth + 1 : depth;
}

void field_close(struct field *f)
{
    free(f->owned);
    f->owned = NULL;
}

static bool refuse(const struct words *w, struct field *f, const char *why)
{
    field_close(f);
    return words_put(w, "%s", why);
}

static bool vector_field(struct field *f, const struct vector *v)
{
    f->numbers = v->at;
    f->rows = v->columns ? v->rows : 1;
    f->columns = v->columns ? v->columns : v->rows;
    f->axes = v->columns ? 2 : 1;
    return true;
}

/* Doubles of a list; false when there is something else in it. */
static bool fill_numbers(value list, double *to)
{
    for (; is_pair(list); list = cdr(list)) {
        if (!is_number(car(list))) return false;
        *to++ = as_number(car(list));
    }
    return true;
}

static void fill_items(value list, value *to)
{
    struct series s;
    if (!series_open(&s, list)) return;
    for (uint32_t i = 0; i < s.count; i++) to[i] = series_next(&s);
}

/* A list of elements, numbers if they all are. */
static bool list_field(const struct words *w, value list, struct field *f)
{
    size_t n = list_length(list);
    f->rows = 1;
    f->columns = n;
    f->axes = 1;
    f->numbers = f->owned = malloc((n + 1) * sizeof(double));
    if (!f->owned) return refuse(w, f, "memory ran out");
    if (fill_numbers(list, f->owned)) return true;
    field_close(f);
    f->numbers = NULL;
    value *items = memory_new((n + 1) * sizeof *items);
    if (!items) return refuse(w, f, "memory ran out");
    fill_items(list, items);
    f->items = items;
    return true;
}

/* Are all of them lists, or vectors, of one length? */
static bool is_even(value list, uint32_t *columns)
{
    struct series s;
    *columns = 0;
    for (value rest = list; is_pair(rest); rest = cdr(rest)) {
        if (!is_series(car(rest)) || !series_open(&s, car(rest))) return false;
        if (rest == list) *columns = s.count;
        if (s.count != *columns) return false;
    }
    return true;
}

/* A list of rows. */
static bool rows_field(const struct words *w, value list, struct field *f)
{
    uint32_t columns;
    size_t rows = list_length(list);
    if (!is_even(list, &columns))
        return refuse(w, f, "the rows of a list must have one length");
    f->rows = rows;
    f->columns = columns;
    f->axes = 2;
    if (columns && rows > DIMENSION_MAX / columns)
        return refuse(w, f, "there are too many elements");
    value *items = memory_new((rows * columns + 1) * sizeof *items);
    f->owned = malloc((rows * columns + 1) * sizeof(double));
    if (!items || !f->owned) return refuse(w, f, "memory ran out");
    value *to = items;
    for (value rest = list; is_pair(rest); rest = cdr(rest), to += columns)
        fill_items(car(rest), to);
    for (size_t i = 0; i < rows * columns; i++) {
        if (!is_number(items[i])) {
            field_close(f);
            f->items = items;
            return true;
        }
        f->owned[i] = as_number(items[i]);
    }
    f->numbers = f->owned;
    return true;
}

/* The rows of a matrix as elements. */
static bool matrix_field(const struct words *w, const struct vector *m,
                         struct field *f)
{
    value *items = memory_new(((size_t)m->rows + 1) * sizeof *items);
    if (!items) return refuse(w, f, "memory ran out");
    for (size_t i = 0; i < m->rows; i++) {
        items[i] = vector_make(m->columns, 0);
        if (items[i] == V_UNBOUND) return refuse(w, f, "memory ran out");
        memcpy(as_vector(items[i])->at, m->at + i * m->columns,
               m->columns * sizeof(double));
    }
    f->items = items;
    f->rows = 1;
    f->columns = m->rows;
    f->axes = 1;
    return true;
}

bool field_open(const struct words *w, value v, int rank, struct field *f)
{
    int depth = rank < 0 || !is_series(v) ? 0 : depth_of(v);
    *f = (struct field){.whole = v, .rows = 1, .columns = 1};
    if (rank == FIELD_OUTER) rank = depth > 0 ? depth - 1 : 0;
    if (rank < 0 || depth <= rank) return true;
    if (depth - rank > 2)
        return refuse(w, f, "arrays of more than two axes do not go along");
    bool good;
    if (is_vector(v))
        good = depth - rank == depth ? vector_field(f, as_vector(v))
                                     : matrix_field(w, as_vector(v), f);
    else
        good = depth - rank == 1 ? list_field(w, v, f) : rows_field(w, v, f);
    if (!good) return false;
    f->row_step = f->rows > 1 ? f->columns : 0;
    f->column_step = f->columns > 1 ? 1 : 0;
    return true;
}

value field_at(const struct field *f, size_t row, size_t column)
{
    size_t at = row * f->row_step + column * f->column_step;
    return f->axes == 0 ? f->whole
           : f->numbers ? v_double(f->numbers[at])
                        : f->items[at];
}
