/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Access by index and by name. Who calls has made the outermost values
 * plain; elements are handed on as they are.
 */
#include "eval/index.h"

#include "base/error.h"
#include "eval/operand.h"

#include <inttypes.h>
#include <stdio.h>

static bool out_of_range(struct machine *m, int64_t i, const char *what,
                         size_t count, const char *parts)
{
    if (count == 0)
        return machine_domain_error(
            m, "index %" PRId64 " is out of range: the %s is empty", i, what);
    return machine_domain_error(
        m,
        "index %" PRId64 " is out of range: the %s has %zu %s%s, counted "
        "from 0",
        i, what, count, parts, count == 1 ? "" : "s");
}

static bool list_element(struct machine *m, value list, int64_t i, value *out)
{
    value at = list;
    int64_t left = i;
    if (i >= 0) {
        while (is_pair(at) && left > 0) {
            at = cdr(at);
            left--;
        }
        if (is_pair(at)) {
            *out = car(at);
            return true;
        }
    }
    size_t count = 0;
    for (at = list; is_pair(at); at = cdr(at)) count++;
    return out_of_range(m, i, "list", count, "element");
}

bool matrix_row(struct machine *m, const struct vector *v, size_t row,
                value *out)
{
    value made = vector_make(v->columns, 0);
    if (made == V_UNBOUND) return machine_no_memory(m);
    memcpy(as_vector(made)->at, v->at + row * v->columns,
           v->columns * sizeof(double));
    *out = made;
    return true;
}

static bool array_element(struct machine *m, const struct vector *v, int64_t i,
                          value *out)
{
    if (i < 0 || i >= v->rows)
        return v->columns ? out_of_range(m, i, "matrix", v->rows, "row")
                          : out_of_range(m, i, "vector", v->rows, "element");
    if (v->columns) return matrix_row(m, v, (size_t)i, out);
    *out = v_double(v->at[i]);
    return true;
}

/* ---- records ---------------------------------------------------------- */

static bool same_text(const struct string *a, const struct string *b)
{
    return a->head.size == b->head.size &&
           memcmp(a->text, b->text, a->head.size) == 0;
}

int64_t record_find(const struct record *r, const struct string *name)
{
    for (size_t i = 0; i < r->head.size; i++)
        if (same_text(as_string(r->fields[2 * i]), name))
            return (int64_t)(2 * i + 1);
    return -1;
}

/* Names in a hint, as many as stand on a line. */
static bool no_such_column(struct machine *m, const struct record *r,
                           const char *name)
{
    enum { NAMES_SHOWN = 12 };
    const char *names[NAMES_SHOWN];
    char text[ERROR_HINT_MAX] = "";
    size_t shown = 0, length = 0;
    for (; shown < r->head.size && shown < NAMES_SHOWN; shown++) {
        names[shown] = text_of(r->fields[2 * shown]);
        int wrote = snprintf(text + length, sizeof text - length, "%s%s",
                             shown ? ", " : "", names[shown]);
        length += (size_t)wrote;
        if (length >= sizeof text) break;
    }
    operand_error(m, "the record has no column %.80s", name);
    const char *near = nearest_name(name, names, shown);
    if (near) return error_hint(&m->error, "did you mean %.80s?", near);
    return error_hint(&m->error, "it has %.200s%s", text,
                      shown < r->head.size ? ", ..." : "");
}

static bool record_column(struct machine *m, const struct record *r, value name,
                          value *out)
{
    int64_t place = record_find(r, as_string(name));
    if (place < 0) return no_such_column(m, r, text_of(name));
    *out = r->fields[place];
    return true;
}

bool index_into(struct machine *m, value structure, value index, value *out)
{
    int64_t i;
    if (is_type(structure, T_RECORD)) {
        if (is_symbol(index) || is_string(index))
            return record_column(m, as_object(structure), index, out);
        return machine_type_error(m, "index", "the name of a column", index);
    }
    if (!is_indexable(structure))
        return machine_type_error(m, "index", "a list, an array or a record",
                                  structure);
    if (!value_integer(index, &i))
        return machine_type_error(m, "index", "an integer", index);
    if (is_vector(structure))
        return array_element(m, as_vector(structure), i, out);
    return list_element(m, structure, i, out);
}
