/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Parts of lists and arrays. Elements are handed on untouched, references
 * among them.
 */
#include "eval/sequence.h"

#include "base/memory.h"
#include "eval/index.h"
#include "eval/operand.h"
#include "eval/scratch.h"

#include <math.h>

bool array_slice(struct machine *m, const struct vector *v, size_t start,
                 size_t count, value *out)
{
    size_t width = v->columns ? v->columns : 1;
    value made = vector_make(count, v->columns);
    if (made == V_UNBOUND) return machine_no_memory(m);
    memcpy(as_vector(made)->at, v->at + start * width,
           count * width * sizeof(double));
    *out = made;
    return true;
}

static bool neither(struct machine *m, const char *who, value v)
{
    return machine_type_error(m, who, "a list or an array", v);
}

bool sequence_take(struct machine *m, const char *who, value v, size_t count,
                   value *out)
{
    if (is_vector(v)) {
        size_t rows = as_vector(v)->rows;
        return array_slice(m, as_vector(v), 0, count < rows ? count : rows,
                           out);
    }
    if (!is_list(v)) return neither(m, who, v);
    if (count >= list_length(v)) {
        *out = v;
        return true;
    }
    struct scratch s;
    scratch_open(&s);
    if (!scratch_reserve(m, &s, count)) return scratch_fail(&s);
    for (; s.length < count; v = cdr(v)) s.at[s.length++] = car(v);
    return scratch_list(m, &s, out);
}

bool sequence_drop(struct machine *m, const char *who, value v, size_t count,
                   value *out)
{
    if (is_vector(v)) {
        size_t rows = as_vector(v)->rows;
        if (count > rows) count = rows;
        return array_slice(m, as_vector(v), count, rows - count, out);
    }
    if (!is_list(v)) return neither(m, who, v);
    for (; count && v != V_NIL; count--) v = cdr(v);
    *out = v;
    return true;
}

bool sequence_list(struct machine *m, const char *who, value v, value *out)
{
    if (is_list(v)) {
        *out = v;
        return true;
    }
    if (!is_vector(v)) return neither(m, who, v);
    struct scratch s;
    scratch_open(&s);
    size_t count = as_vector(v)->rows;
    if (!scratch_reserve(m, &s, count)) return scratch_fail(&s);
    for (size_t i = 0; i < count; i++) {
        if (!index_into(m, v, v_int((int64_t)i), &s.at[i]))
            return scratch_fail(&s);
        s.length++;
    }
    return scratch_list(m, &s, out);
}

/* ---- several ---------------------------------------------------------- */

bool array_append(struct machine *m, const char *who, int n, const value *args,
                  value *out)
{
    size_t rows = 0, columns = 0;
    for (int i = 0; i < n; i++) {
        if (!is_vector(args[i]))
            return machine_type_error(m, who, "arrays only", args[i]);
        const struct vector *v = as_vector(args[i]);
        if (i && v->columns != columns)
            return operand_error(m, "%s: shapes do not match", who);
        columns = v->columns;
        rows += v->rows;
    }
    value made = vector_make(rows, columns);
    if (made == V_UNBOUND) return machine_no_memory(m);
    double *to = as_vector(made)->at;
    for (int i = 0; i < n; i++) {
        const struct vector *v = as_vector(args[i]);
        memcpy(to, v->at, v->head.size * sizeof *to);
        to += v->head.size;
    }
    *out = made;
    return true;
}

/* The row of the lists' first elements; each list steps on. */
static bool zip_row(struct machine *m, size_t count, value *lists,
                    struct scratch *row, value *out)
{
    row->length = 0;
    if (!scratch_reserve(m, row, count)) return false;
    for (size_t i = 0; i < count; i++) {
        row->at[row->length++] = car(lists[i]);
        lists[i] = cdr(lists[i]);
    }
    return answer(m, list_from(row->at, count), out);
}

static bool zip_rows(struct machine *m, size_t shortest, size_t count,
                     value *lists, struct scratch *rows)
{
    struct scratch row;
    bool done = true;
    scratch_open(&row);
    for (size_t i = 0; i < shortest && done; i++) {
        value made = V_NIL;
        done = zip_row(m, count, lists, &row, &made) &&
               scratch_push(m, rows, made);
    }
    scratch_close(&row);
    return done;
}

bool lists_zip(struct machine *m, const char *who, size_t count,
               const value *lists, value *out)
{
    struct scratch tails, rows;
    size_t shortest = count ? SIZE_MAX : 0;
    bool done = true;
    scratch_open(&tails);
    scratch_open(&rows);
    for (size_t i = 0; i < count && done; i++) {
        value list = V_NIL;
        done = sequence_list(m, who, lists[i], &list) &&
               scratch_push(m, &tails, list);
        if (list_length(list) < shortest) shortest = list_length(list);
    }
    done = done && zip_rows(m, shortest, count, tails.at, &rows);
    scratch_close(&tails);
    return done ? scratch_list(m, &rows, out) : scratch_fail(&rows);
}

bool range_count(struct machine *m, const char *who, double lo, double hi,
                 double step, size_t *out)
{
    double count = ceil((hi - lo) / step);
    if (step == 0)
        return machine_domain_error(m, "%s: a step of 0 never ends", who);
    if (count != count)
        return machine_domain_error(m, "%s: a bound or a step is nan", who);
    if (count > COUNT_MAX)
        return machine_domain_error(m, "%s: %.0f elements are too many", who,
                                    count);
    *out = count > 0 ? (size_t)count : 0;
    return true;
}
