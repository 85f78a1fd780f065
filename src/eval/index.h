/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Access: what a list, an array or a record answers when it is applied to an
 * index.
 */
#ifndef VST_EVAL_INDEX_H
#define VST_EVAL_INDEX_H

#include "eval/machine.h"

/* The element of a list or a vector, the row of a matrix (as a vector), the
 * column of a record by symbol or string. Indices count from 0, and may be
 * whole doubles. Out of range is a domain error, anything else a type error.
 * The outermost values of both are plain; the element may be a reference.
 * O(index) for a list, O(row) for a matrix, O(columns) for a record. */
bool index_into(struct machine *m, value structure, value index, value *out);

/* May this value be applied to an index? */
static inline bool is_indexable(value v)
{
    int type = object_type(v);
    return v == V_NIL || type == T_PAIR || type == T_VECTOR || type == T_RECORD;
}

/* The row of a matrix, as a vector; row < rows. */
bool matrix_row(struct machine *m, const struct vector *v, size_t row,
                value *out);

/* The place of a column in record->fields, or -1. Names are symbols. */
int64_t record_find(const struct record *r, const struct string *name);

#endif
