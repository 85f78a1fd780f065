/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives: dense arrays of doubles, made, taken apart and measured.
 * Arithmetic on them is in prim_number.c, linear algebra in prim_matrix.c.
 */
#include "base/memory.h"
#include "eval/index.h"
#include "eval/operand.h"
#include "eval/row.h"
#include "eval/scratch.h"
#include "eval/sequence.h"
#include "eval/summary.h"

#include <math.h>

/* ---- making ----------------------------------------------------------- */

static bool vector(struct machine *m, int n, const value *args, value *out)
{
    double *at;
    value made;
    if (!answer_array(m, (size_t)n, 0, &made, &at)) return false;
    for (int i = 0; i < n; i++)
        if (!operand_number(m, "vector", args[i], at + i)) return false;
    *out = made;
    return true;
}

static bool list_to_vector(struct machine *m, int n, const value *args,
                           value *out)
{
    struct doubles d;
    double *at;
    (void)n;
    if (is_vector(args[0])) {
        *out = args[0];
        return true;
    }
    if (!operand_doubles(m, "list->vector", args[0], &d)) return false;
    bool done = answer_array(m, d.count, 0, out, &at);
    if (done) memcpy(at, d.at, d.count * sizeof *at);
    doubles_close(&d);
    return done;
}

static bool vector_to_list(struct machine *m, int n, const value *args,
                           value *out)
{
    (void)n;
    return sequence_list(m, "vector->list", args[0], out);
}

/* (name n), (name rows columns), all elements one number. */
static bool filled(struct machine *m, const char *who, int n,
                   const value *shape, double x, value *out)
{
    size_t rows = 0, columns = 0;
    double *at;
    if (!operand_count(m, who, shape[0], &rows) ||
        (n > 1 && !operand_count(m, who, shape[1], &columns)))
        return false;
    if (n > 1 && columns == 0)
        return machine_domain_error(m, "%s: a matrix needs a column", who);
    if (!answer_array(m, rows, columns, out, &at)) return false;
    for (size_t i = 0; x != 0 && i < as_vector(*out)->head.size; i++) at[i] = x;
    return true;
}

static bool make_vector(struct machine *m, int n, const value *args, value *out)
{
    double x = 0;
    return (n == 1 || operand_number(m, "make-vector", args[1], &x)) &&
           filled(m, "make-vector", 1, args, x, out);
}

static bool zeros(struct machine *m, int n, const value *args, value *out)
{
    return filled(m, "zeros", n, args, 0, out);
}

static bool ones(struct machine *m, int n, const value *args, value *out)
{
    return filled(m, "ones", n, args, 1, out);
}

static bool linspace(struct machine *m, int n, const value *args, value *out)
{
    double lo, hi, *at;
    size_t count;
    (void)n;
    if (!operand_number(m, "linspace", args[0], &lo) ||
        !operand_number(m, "linspace", args[1], &hi) ||
        !operand_count(m, "linspace", args[2], &count) ||
        !answer_array(m, count, 0, out, &at))
        return false;
    for (size_t i = 0; i < count; i++)
        at[i] =
            count == 1 ? lo : lo + (hi - lo) * (double)i / (double)(count - 1);
    if (count > 1) at[count - 1] = hi;
    return true;
}

static bool arange(struct machine *m, int n, const value *args, value *out)
{
    double lo = 0, hi, step = 1, *at;
    size_t count;
    if ((n > 1 && !operand_number(m, "arange", args[0], &lo)) ||
        !operand_number(m, "arange", args[n > 1], &hi) ||
        (n > 2 && !operand_number(m, "arange", args[2], &step)) ||
        !range_count(m, "arange", lo, hi, step, &count) ||
        !answer_array(m, count, 0, out, &at))
        return false;
    for (size_t i = 0; i < count; i++) at[i] = lo + (double)i * step;
    return true;
}

/* A row of the matrix from a list or a vector of `columns` numbers. */
static bool fill_row(struct machine *m, value row, size_t columns, size_t i,
                     double *at)
{
    struct doubles d;
    if (!operand_doubles(m, "matrix", row, &d)) return false;
    bool fits = d.count == columns;
    size_t count = d.count;
    if (fits) memcpy(at, d.at, columns * sizeof *at);
    doubles_close(&d);
    return fits || operand_error(m,
                                 "matrix: row %zu has %zu numbers, row 0 "
                                 "has %zu",
                                 i, count, columns);
}

static size_t width_of_row(value row)
{
    if (is_vector(row)) return as_vector(row)->head.size;
    return is_list(row) ? list_length(row) : 0;
}

static bool matrix(struct machine *m, int n, const value *args, value *out)
{
    double *at;
    value rows = args[0], made;
    (void)n;
    if (is_vector(rows) && as_vector(rows)->columns) {
        *out = rows;
        return true;
    }
    if (!is_pair(rows) || !is_list(rows))
        return machine_type_error(m, "matrix", "a list of rows", rows);
    size_t columns = width_of_row(car(rows));
    if (columns == 0)
        return machine_type_error(m, "matrix", "rows of at least one number",
                                  car(rows));
    if (!answer_array(m, list_length(rows), columns, &made, &at)) return false;
    for (size_t i = 0; rows != V_NIL; rows = cdr(rows), i++)
        if (!fill_row(m, car(rows), columns, i, at + i * columns)) return false;
    *out = made;
    return true;
}

/* ---- parts ------------------------------------------------------------ */

static bool vector_ref(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    if (!is_vector(args[0]))
        return machine_type_error(m, "vector-ref", "a vector", args[0]);
    return index_into(m, args[0], args[1], out);
}

static bool matrix_ref(struct machine *m, int n, const value *args, value *out)
{
    struct vector *v;
    int64_t i, j;
    (void)n;
    if (!operand_matrix(m, "matrix-ref", args[0], &v) ||
        !operand_integer(m, "matrix-ref", args[1], &i) ||
        !operand_integer(m, "matrix-ref", args[2], &j))
        return false;
    if (i < 0 || i >= v->rows || j < 0 || j >= v->columns)
        return machine_domain_error(
            m,
            "matrix-ref: (%lld, %lld) is out of range: the matrix is "
            "%u x %u, counted from 0",
            (long long)i, (long long)j, v->rows, v->columns);
    *out = v_double(v->at[(size_t)i * v->columns + (size_t)j]);
    return true;
}

static bool vector_append(struct machine *m, int n, const value *args,
                          value *out)
{
    return array_append(m, "vector-append", n, args, out);
}

static bool gather_array(struct machine *m, const struct vector *v,
                         const struct doubles *indices, value *out)
{
    size_t width = v->columns ? v->columns : 1;
    double *at;
    value made;
    if (!answer_array(m, indices->count, v->columns, &made, &at)) return false;
    for (size_t k = 0; k < indices->count; k++, at += width) {
        double i = indices->at[k];
        value element;
        if (!(i >= 0 && i < v->rows && i == floor(i)))
            return index_into(m, v_object(v), value_whole(i), &element);
        memcpy(at, v->at + (size_t)i * width, width * sizeof *at);
    }
    *out = made;
    return true;
}

static bool gather_list(struct machine *m, value list,
                        const struct doubles *indices, value *out)
{
    struct scratch elements, s;
    scratch_open(&elements);
    scratch_open(&s);
    bool done = scratch_push_list(m, &elements, list);
    for (size_t k = 0; k < indices->count && done; k++) {
        double i = indices->at[k];
        value element = V_NIL;
        if (i >= 0 && i < (double)elements.length && i == floor(i))
            element = elements.at[(size_t)i];
        else
            done = index_into(m, list, value_whole(i), &element);
        done = done && scratch_push(m, &s, element);
    }
    scratch_close(&elements);
    return done ? scratch_list(m, &s, out) : scratch_fail(&s);
}

static bool gather(struct machine *m, int n, const value *args, value *out)
{
    struct doubles indices;
    (void)n;
    if (!is_vector(args[0]) && !is_list(args[0]))
        return machine_type_error(m, "gather", "a list or an array", args[0]);
    if (!operand_doubles(m, "gather", args[1], &indices)) return false;
    bool done = is_vector(args[0])
                    ? gather_array(m, as_vector(args[0]), &indices, out)
                    : gather_list(m, args[0], &indices, out);
    doubles_close(&indices);
    return done;
}

/* Row t holds what came 1, 2 ... k places before element t + k. */
static bool lags(struct machine *m, int n, const value *args, value *out)
{
    struct doubles d;
    size_t k;
    double *at;
    (void)n;
    if (!operand_count(m, "lags", args[1], &k)) return false;
    if (k == 0) return machine_domain_error(m, "lags: needs at least 1 lag");
    if (!operand_doubles(m, "lags", args[0], &d)) return false;
    size_t rows = d.count > k ? d.count - k : 0;
    bool done = answer_array(m, rows, k, out, &at);
    for (size_t t = 0; done && t < rows; t++)
        for (size_t j = 0; j < k; j++) at[t * k + j] = d.at[t + k - 1 - j];
    doubles_close(&d);
    return done;
}

/* ---- along a vector --------------------------------------------------- */

static bool cumsum(struct machine *m, int n, const value *args, value *out)
{
    struct doubles d;
    double *at, sum = 0;
    (void)n;
    if (!operand_doubles(m, "cumsum", args[0], &d)) return false;
    bool done = answer_array(m, d.count, 0, out, &at);
    for (size_t i = 0; done && i < d.count; i++) at[i] = sum += d.at[i];
    doubles_close(&d);
    return done;
}

static bool diff(struct machine *m, int n, const value *args, value *out)
{
    struct doubles d;
    double *at;
    (void)n;
    if (!operand_doubles(m, "diff", args[0], &d)) return false;
    size_t count = d.count ? d.count - 1 : 0;
    bool done = answer_array(m, count, 0, out, &at);
    for (size_t i = 0; done && i < count; i++) at[i] = d.at[i + 1] - d.at[i];
    doubles_close(&d);
    return done;
}

static bool dot(struct machine *m, int n, const value *args, value *out)
{
    struct doubles x, y;
    (void)n;
    if (!operand_doubles(m, "dot", args[0], &x)) return false;
    if (!operand_doubles(m, "dot", args[1], &y)) {
        doubles_close(&x);
        return false;
    }
    bool fits = x.count == y.count;
    if (fits) *out = v_double(doubles_dot(x.at, y.at, x.count));
    size_t left = x.count, right = y.count;
    doubles_close(&x);
    doubles_close(&y);
    return fits || operand_error(m,
                                 "dot: shapes do not match: %zu numbers "
                                 "and %zu",
                                 left, right);
}

/* Scaled by the largest, so that squares neither overflow nor vanish. */
static bool norm(struct machine *m, int n, const value *args, value *out)
{
    struct doubles d;
    double largest = 0, squares = 0;
    (void)n;
    if (!operand_doubles(m, "norm", args[0], &d)) return false;
    for (size_t i = 0; i < d.count; i++) {
        double size = fabs(d.at[i]);
        if (size > largest || size != size) largest = size;
    }
    bool plain = largest > 0 && isfinite(largest);
    for (size_t i = 0; plain && i < d.count; i++)
        squares += (d.at[i] / largest) * (d.at[i] / largest);
    doubles_close(&d);
    *out = v_double(plain ? largest * sqrt(squares) : largest);
    return true;
}

/* ---- shapes ----------------------------------------------------------- */

static bool test_vector(struct machine *m, int n, const value *args, value *out)
{
    (void)m, (void)n;
    *out = v_boolean(is_vector(args[0]) && !as_vector(args[0])->columns);
    return true;
}

static bool test_matrix(struct machine *m, int n, const value *args, value *out)
{
    (void)m, (void)n;
    *out = v_boolean(is_vector(args[0]) && as_vector(args[0])->columns);
    return true;
}

static bool vector_length(struct machine *m, int n, const value *args,
                          value *out)
{
    (void)n;
    if (!is_vector(args[0]))
        return machine_type_error(m, "vector-length", "a vector", args[0]);
    *out = v_int(as_vector(args[0])->rows);
    return true;
}

/* Of data: as long as its first column. */
static bool rows(struct machine *m, int n, const value *args, value *out)
{
    value v = args[0];
    (void)n;
    if (is_type(v, T_RECORD)) {
        const struct record *record = as_object(v);
        v = record->head.size ? record->fields[1] : V_NIL;
    }
    if (is_vector(v))
        *out = v_int(as_vector(v)->rows);
    else if (is_list(v))
        *out = v_int(list_length(v));
    else
        return machine_type_error(m, "rows", "a matrix or data", args[0]);
    return true;
}

static bool columns(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    if (is_type(args[0], T_RECORD)) {
        const struct record *record = as_object(args[0]);
        *out = v_int(record->head.size);
        return true;
    }
    struct vector *v;
    if (!operand_matrix(m, "columns", args[0], &v)) return false;
    *out = v_int(v->columns);
    return true;
}

static bool shape(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    if (!is_vector(args[0]))
        return machine_type_error(m, "shape", "an array", args[0]);
    const struct vector *v = as_vector(args[0]);
    const value axes[] = {v_int(v->rows), v_int(v->columns)};
    return answer(m, list_from(axes, v->columns ? 2 : 1), out);
}

/* ---- the table -------------------------------------------------------- */

struct primitive primitives_vector[] = {
    ROW(DEEP, "arrays", "vector", vector, 0, -1, "(vector x ...)",
        "A dense vector of the numbers."),
    ROW(DEEP, "arrays", "list->vector array", list_to_vector, 1, 1,
        "(list->vector list)", "The numbers of a list as a vector."),
    ROW(OUTER(1), "arrays", "vector->list array->list", vector_to_list, 1, 1,
        "(vector->list vector)",
        "The elements as a list; of a matrix, its rows."),
    ROW(DEEP, "arrays", "make-vector", make_vector, 1, 2, "(make-vector n [x])",
        "A vector of n times x (0)."),
    ROW(DEEP, "arrays", "zeros", zeros, 1, 2, "(zeros n [columns])",
        "A vector, or a matrix, of zeros."),
    ROW(DEEP, "arrays", "ones", ones, 1, 2, "(ones n [columns])",
        "A vector, or a matrix, of ones."),
    ROW(DEEP, "arrays", "linspace", linspace, 3, 3, "(linspace lo hi n)",
        "n numbers at equal distances from lo to hi, both among them."),
    ROW(DEEP, "arrays", "arange", arange, 1, 3, "(arange [lo] hi [step])",
        "What range gives, as a vector."),
    ROW(DEEP, "arrays", "matrix list->matrix", matrix, 1, 1, "(matrix rows)",
        "A matrix from a list of rows, each a list or a vector."),
    ROW(OUTER_ELEMENT, "arrays", "vector-ref", vector_ref, 2, 2,
        "(vector-ref vector i)",
        "The element at index i, from 0; the same as (vector i)."),
    ROW(OUTER_CHEAP(7), "arrays", "matrix-ref", matrix_ref, 3, 3,
        "(matrix-ref matrix i j)", "The element in row i and column j."),
    ROW(DEEP, "arrays", "vector-append", vector_append, 1, -1,
        "(vector-append vector ...)", "One vector of the elements of all."),
    ROW(DEEP, "arrays", "gather", gather, 2, 2, "(gather xs indices)",
        "The elements (of a matrix, the rows) at the indices."),
    ROW(DEEP, "arrays", "lags", lags, 2, 2, "(lags xs k)",
        "A matrix whose row for element t holds elements t-1 ... t-k, for "
        "each t from k on."),
    ROW(DEEP, "arrays", "cumsum", cumsum, 1, 1, "(cumsum xs)",
        "The sums of the first 1, 2, 3 ... elements."),
    ROW(DEEP, "arrays", "diff", diff, 1, 1, "(diff xs)",
        "Each element less the one before it."),
    ROW(DEEP, "arrays", "dot", dot, 2, 2, "(dot xs ys)",
        "The sum of the products of the elements."),
    ROW(DEEP, "arrays", "norm", norm, 1, 1, "(norm xs)",
        "The square root of the sum of squares."),
    ROW(OUTER_CHEAP(1), "arrays", "vector?", test_vector, 1, 1, "(vector? x)",
        "Is x a dense vector?"),
    ROW(OUTER_CHEAP(1), "arrays", "matrix?", test_matrix, 1, 1, "(matrix? x)",
        "Is x a matrix?"),
    ROW(OUTER_CHEAP(1), "arrays", "vector-length", vector_length, 1, 1,
        "(vector-length vector)", "The number of elements."),
    ROW(OUTER_CHEAP(1), "arrays", "rows", rows, 1, 1, "(rows x)",
        "The number of rows of a matrix or of data."),
    ROW(OUTER_CHEAP(1), "arrays", "columns", columns, 1, 1, "(columns x)",
        "The number of columns of a matrix or of data."),
    ROW(OUTER(1), "arrays", "shape", shape, 1, 1, "(shape x)",
        "The lengths of the axes of an array, as a list."),
};
const size_t primitives_vector_count =
    sizeof primitives_vector / sizeof *primitives_vector;
