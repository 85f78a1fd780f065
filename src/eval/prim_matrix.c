/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives: linear algebra on dense arrays, row after row in memory, in
 * loops that walk along rows. A vector is a column to the right of a matrix
 * and a row to its left.
 */
#include "base/memory.h"
#include "eval/index.h"
#include "eval/operand.h"
#include "eval/prim_tables.h"
#include "eval/row.h"
#include "eval/scratch.h"
#include "eval/sequence.h"
#include "eval/summary.h"

#include <math.h>

static bool operand_square(struct machine *m, const char *who, value v,
                           struct vector **out)
{
    char text[SHAPE_TEXT];
    if (!operand_matrix(m, who, v, out)) return false;
    return (*out)->rows == (*out)->columns ||
           operand_error(m, "%s: expected a square matrix, got %s", who,
                         shape_text(v, text));
}

static bool mismatch(struct machine *m, const char *who, value x, value y)
{
    char left[SHAPE_TEXT], right[SHAPE_TEXT];
    return operand_error(m, "%s: shapes do not match: %s and %s", who,
                         shape_text(x, left), shape_text(y, right));
}

/* ---- products --------------------------------------------------------- */

/* to += x y, with x rows by inner, y inner by columns; to begins as zero. */
static void multiply(const double *x, const double *y, double *restrict to,
                     size_t rows, size_t inner, size_t columns)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < inner; k++) {
            double factor = x[i * inner + k];
            const double *row = y + k * columns;
            for (size_t j = 0; j < columns; j++)
                to[i * columns + j] += factor * row[j];
        }
}

static bool product(struct machine *m, value a, value b, value *out)
{
    struct vector *x, *y;
    double *to;
    if (!operand_array(m, "matmul", a, &x) ||
        !operand_array(m, "matmul", b, &y))
        return false;
    size_t rows = x->columns ? x->rows : 1;
    size_t inner = x->columns ? x->columns : x->rows;
    if (inner != y->rows) return mismatch(m, "matmul", a, b);
    if (!x->columns && !y->columns) {
        *out = v_double(doubles_dot(x->at, y->at, inner));
        return true;
    }
    if (!x->columns) {
        if (!answer_array(m, y->columns, 0, out, &to)) return false;
        multiply(x->at, y->at, to, 1, inner, y->columns);
        return true;
    }
    if (!answer_array(m, rows, y->columns, out, &to)) return false;
    if (y->columns) multiply(x->at, y->at, to, rows, inner, y->columns);
    for (size_t i = 0; !y->columns && i < rows; i++)
        to[i] = doubles_dot(x->at + i * inner, y->at, inner);
    return true;
}

static bool matmul(struct machine *m, int n, const value *args, value *out)
{
    value result = args[0];
    for (int i = 1; i < n; i++)
        if (!product(m, result, args[i], &result)) return false;
    *out = result;
    return true;
}

static bool outer(struct machine *m, int n, const value *args, value *out)
{
    struct vector *x, *y;
    double *to;
    value made;
    (void)n;
    if (!operand_vector(m, "outer", args[0], &x) ||
        !operand_vector(m, "outer", args[1], &y))
        return false;
    if (y->rows == 0)
        return machine_domain_error(m, "outer: the second vector is empty");
    if (!answer_array(m, x->rows, y->rows, &made, &to)) return false;
    for (size_t i = 0; i < x->rows; i++)
        for (size_t j = 0; j < y->rows; j++) *to++ = x->at[i] * y->at[j];
    *out = made;
    return true;
}

/* ---- rearranging ------------------------------------------------------ */

static bool transpose_list(struct machine *m, value list, value *out)
{
    struct scratch s;
    scratch_open(&s);
    bool done = scratch_push_list(m, &s, list) &&
                lists_zip(m, "transpose", s.length, s.at, out);
    scratch_close(&s);
    return done;
}

static bool transpose(struct machine *m, int n, const value *args, value *out)
{
    struct vector *x;
    double *to;
    value made;
    (void)n;
    if (is_list(args[0])) return transpose_list(m, args[0], out);
    if (!operand_matrix(m, "transpose", args[0], &x)) return false;
    if (x->rows == 0)
        return machine_domain_error(m, "transpose: the matrix has no rows");
    if (!answer_array(m, x->columns, x->rows, &made, &to)) return false;
    for (size_t i = 0; i < x->rows; i++)
        for (size_t j = 0; j < x->columns; j++)
            to[j * x->rows + i] = x->at[i * x->columns + j];
    *out = made;
    return true;
}

static bool identity(struct machine *m, int n, const value *args, value *out)
{
    size_t size;
    double *to;
    (void)n;
    if (!operand_count(m, "identity-matrix", args[0], &size)) return false;
    if (size == 0)
        return machine_domain_error(m, "identity-matrix: needs a size of at "
                                       "least 1");
    if (!answer_array(m, size, size, out, &to)) return false;
    for (size_t i = 0; i < size; i++) to[i * size + i] = 1;
    return true;
}

static bool diagonal(struct machine *m, int n, const value *args, value *out)
{
    struct vector *x;
    double *to;
    value made;
    (void)n;
    if (!operand_array(m, "diag", args[0], &x)) return false;
    size_t size = x->columns && x->columns < x->rows ? x->columns : x->rows;
    if (!x->columns && size == 0)
        return machine_domain_error(m, "diag: the vector is empty");
    if (!answer_array(m, size, x->columns ? 0 : size, &made, &to)) return false;
    for (size_t i = 0; i < size; i++) {
        if (x->columns)
            to[i] = x->at[i * x->columns + i];
        else
            to[i * size + i] = x->at[i];
    }
    *out = made;
    return true;
}

static bool row_sums(struct machine *m, int n, const value *args, value *out)
{
    struct vector *x;
    double *to;
    (void)n;
    if (!operand_matrix(m, "row-sums", args[0], &x) ||
        !answer_array(m, x->rows, 0, out, &to))
        return false;
    for (size_t i = 0; i < x->rows; i++)
        to[i] = doubles_sum(x->at + i * x->columns, x->columns);
    return true;
}

static bool column_sums(struct machine *m, int n, const value *args, value *out)
{
    struct vector *x;
    double *to;
    (void)n;
    if (!operand_matrix(m, "col-sums", args[0], &x) ||
        !answer_array(m, x->columns, 0, out, &to))
        return false;
    for (size_t i = 0; i < x->rows; i++)
        for (size_t j = 0; j < x->columns; j++)
            to[j] += x->at[i * x->columns + j];
    return true;
}

/* ---- factors ---------------------------------------------------------- */

/* The lower factor of the n x n matrix `a` into `to`, which begins as zero;
 * the row at which it fails to be positive definite, or n. */
static size_t factor(const double *a, double *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double *row = to + i * n;
        for (size_t j = 0; j <= i; j++) {
            double rest = a[i * n + j] - doubles_dot(row, to + j * n, j);
            if (i == j && !(rest > 0)) return i;
            row[j] = i == j ? sqrt(rest) : rest / to[j * n + j];
        }
    }
    return n;
}

static bool is_symmetric(const struct vector *x)
{
    size_t n = x->rows;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double a = x->at[i * n + j], b = x->at[j * n + i];
            if (fabs(a - b) > 1e-8 * (fabs(a) + fabs(b))) return false;
        }
    return true;
}

static bool lower_factor(struct machine *m, const char *who, value v,
                         value *out)
{
    struct vector *x;
    double *to;
    value made;
    if (!operand_square(m, who, v, &x) ||
        !answer_array(m, x->rows, x->columns, &made, &to))
        return false;
    if (!is_symmetric(x))
        return machine_domain_error(m, "%s: the matrix is not symmetric", who);
    size_t row = factor(x->at, to, x->rows);
    if (row < x->rows)
        return machine_domain_error(
            m, "%s: the matrix is not positive definite (row %zu)", who, row);
    *out = made;
    return true;
}

static bool cholesky(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    return lower_factor(m, "cholesky", args[0], out);
}

/* Gauss's elimination with partial pivoting on `a` (n x n, destroyed), the
 * same steps on the k columns of `b`. Gives log |det| and its sign; false
 * when `a` is singular. */
static bool eliminate(double *a, double *b, size_t n, size_t k,
                      double *log_size, double *sign)
{
    *log_size = 0;
    *sign = 1;
    for (size_t c = 0; c < n; c++) {
        size_t pivot = c;
        for (size_t i = c + 1; i < n; i++)
            if (fabs(a[i * n + c]) > fabs(a[pivot * n + c])) pivot = i;
        double head = a[pivot * n + c];
        if (head == 0 || head != head) return false;
        for (size_t j = 0; pivot != c && j < n; j++) {
            double keep = a[c * n + j];
            a[c * n + j] = a[pivot * n + j];
            a[pivot * n + j] = keep;
        }
        for (size_t j = 0; pivot != c && j < k; j++) {
            double keep = b[c * k + j];
            b[c * k + j] = b[pivot * k + j];
            b[pivot * k + j] = keep;
        }
        *log_size += log(fabs(head));
        if ((head < 0) != (pivot != c)) *sign = -*sign;
        for (size_t i = c + 1; i < n; i++) {
            double times = a[i * n + c] / head;
            if (times == 0) continue;
            for (size_t j = c; j < n; j++) a[i * n + j] -= times * a[c * n + j];
            for (size_t j = 0; j < k; j++) b[i * k + j] -= times * b[c * k + j];
        }
    }
    return true;
}

/* What elimination left, from the last row up. */
static void substitute(const double *a, double *b, size_t n, size_t k)
{
    for (size_t i = n; i-- > 0;) {
        for (size_t c = i + 1; c < n; c++)
            for (size_t j = 0; j < k; j++)
                b[i * k + j] -= a[i * n + c] * b[c * k + j];
        for (size_t j = 0; j < k; j++) b[i * k + j] /= a[i * n + i];
    }
}

/* A copy that elimination may destroy. */
static double *copy_of(struct machine *m, const struct vector *x)
{
    double *copy = memory_new_atomic((x->head.size + 1) * sizeof *copy);
    if (copy)
        memcpy(copy, x->at, x->head.size * sizeof *copy);
    else
        machine_no_memory(m);
    return copy;
}

/* The solution in `b`, which holds the right side. */
static bool solve_in_place(struct machine *m, const char *who,
                           const struct vector *x, struct vector *b)
{
    double log_size, sign, *a = copy_of(m, x);
    size_t width = b->columns ? b->columns : 1;
    if (!a) return false;
    bool regular = eliminate(a, b->at, x->rows, width, &log_size, &sign);
    if (regular) substitute(a, b->at, x->rows, width);
    memory_free(a);
    return regular ||
           machine_domain_error(m, "%s: the matrix is singular", who);
}

static bool solve(struct machine *m, int n, const value *args, value *out)
{
    struct vector *x, *y;
    double *to;
    value made;
    (void)n;
    if (!operand_square(m, "solve", args[0], &x) ||
        !operand_array(m, "solve", args[1], &y))
        return false;
    if (x->rows != y->rows) return mismatch(m, "solve", args[0], args[1]);
    if (!answer_array(m, y->rows, y->columns, &made, &to)) return false;
    memcpy(to, y->at, y->head.size * sizeof *to);
    if (!solve_in_place(m, "solve", x, as_vector(made))) return false;
    *out = made;
    return true;
}

static bool inverse(struct machine *m, int n, const value *args, value *out)
{
    struct vector *x;
    value made, size;
    (void)n;
    if (!operand_square(m, "inverse", args[0], &x)) return false;
    size = v_int(x->rows);
    if (!identity(m, 1, &size, &made) ||
        !solve_in_place(m, "inverse", x, as_vector(made)))
        return false;
    *out = made;
    return true;
}

static bool determinant(struct machine *m, const char *who, value v,
                        double *log_size, double *sign)
{
    struct vector *x;
    double *a;
    if (!operand_square(m, who, v, &x) || !(a = copy_of(m, x))) return false;
    if (!eliminate(a, NULL, x->rows, 0, log_size, sign)) {
        *log_size = -INFINITY;
        *sign = 0;
    }
    memory_free(a);
    return true;
}

static bool det(struct machine *m, int n, const value *args, value *out)
{
    double log_size, sign;
    (void)n;
    if (!determinant(m, "det", args[0], &log_size, &sign)) return false;
    *out = v_double(sign * exp(log_size));
    return true;
}

static bool log_det(struct machine *m, int n, const value *args, value *out)
{
    double log_size, sign;
    (void)n;
    if (!determinant(m, "log-det", args[0], &log_size, &sign)) return false;
    if (sign < 0)
        return machine_domain_error(m, "log-det: the determinant is negative");
    *out = v_double(log_size);
    return true;
}

static bool trace(struct machine *m, int n, const value *args, value *out)
{
    struct vector *x;
    double sum = 0;
    (void)n;
    if (!operand_square(m, "trace", args[0], &x)) return false;
    for (size_t i = 0; i < x->rows; i++) sum += x->at[i * x->columns + i];
    *out = v_double(sum);
    return true;
}

/* ---- the table -------------------------------------------------------- */

#define MATRIX(names_, function_, n_, signature_, doc_) \
    ROW(DEEP, "matrices", names_, function_, n_, n_, signature_, doc_)

struct primitive primitives_matrix[] = {
    ROW(DEEP, "matrices", "matmul", matmul, 2, -1, "(matmul x y ...)",
        "The matrix product; a vector is a row on the left, a column on the "
        "right."),
    MATRIX("outer", outer, 2, "(outer xs ys)",
           "The matrix of all products of an element of xs and one of ys."),
    MATRIX("transpose", transpose, 1, "(transpose x)",
           "Rows to columns, of a matrix or of a list of lists."),
    MATRIX("identity-matrix eye", identity, 1, "(identity-matrix n)",
           "Ones on the diagonal, else zeros."),
    MATRIX("diag", diagonal, 1, "(diag x)",
           "The diagonal of a matrix; of a vector, the matrix that has it."),
    MATRIX("row-sums", row_sums, 1, "(row-sums x)", "The sum of each row."),
    MATRIX("col-sums column-sums", column_sums, 1, "(col-sums x)",
           "The sum of each column."),
    MATRIX("cholesky", cholesky, 1, "(cholesky x)",
           "The lower triangle L with x = L times its transpose, of a "
           "positive definite matrix."),
    MATRIX("solve", solve, 2, "(solve a b)", "The x with (matmul a x) = b."),
    MATRIX("inverse", inverse, 1, "(inverse x)", "The inverse matrix."),
    MATRIX("det", det, 1, "(det x)", "The determinant."),
    MATRIX("log-det", log_det, 1, "(log-det x)",
           "The log of the determinant; -inf where it is 0."),
    MATRIX("trace", trace, 1, "(trace x)", "The sum of the diagonal."),
};
const size_t primitives_matrix_count =
    sizeof primitives_matrix / sizeof *primitives_matrix;
