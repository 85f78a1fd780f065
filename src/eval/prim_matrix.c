/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives: linear algebra on dense arrays: shapes and domains are looked
 * at here, the work is done in base/linear.c. A vector is a column to the
 * right of a matrix and a row to its left.
 */
#include "base/linear.h"
#include "base/memory.h"
#include "eval/index.h"
#include "eval/machine_inside.h"
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

/* Looks at the machine's limits during long work. */
struct watch {
    struct machine *m;
    bool stopped;
};

static bool go_on(void *who)
{
    struct watch *w = who;
    w->stopped = !machine_poll(w->m);
    return !w->stopped;
}

static struct patience patience_of(struct watch *w)
{
    return (struct patience){go_on, w};
}

static bool mismatch(struct machine *m, const char *who, value x, value y)
{
    char left[SHAPE_TEXT], right[SHAPE_TEXT];
    return operand_error(m, "%s: shapes do not match: %s and %s", who,
                         shape_text(x, left), shape_text(y, right));
}

/* ---- products --------------------------------------------------------- */

/* x y, some rows at a time. */
static bool multiply(struct machine *m, const struct vector *x,
                     const struct vector *y, double *to)
{
    enum { ROWS_MIN = 16 };
    size_t inner = x->columns, columns = y->columns, left = x->rows;
    const double *at = x->at;
    double most = LINEAR_WORK / ((double)inner * (double)columns + 1.0);
    size_t rows = most > ROWS_MIN ? (most < (double)left ? (size_t)most : left)
                                  : ROWS_MIN;
    for (; left; at += rows * inner, to += rows * columns, left -= rows) {
        if (rows > left) rows = left;
        linear_multiply(at, y->at, to, rows, inner, columns);
        if (rows < left && !machine_poll(m)) return false;
    }
    return true;
}

static bool product(struct machine *m, value a, value b, value *out)
{
    struct vector *x, *y;
    double *to;
    if (!operand_columns(m, "matmul", a, &x) ||
        !operand_columns(m, "matmul", b, &y))
        return false;
    size_t rows = x->columns ? x->rows : 1;
    size_t inner = x->columns ? x->columns : x->rows;
    if (inner != y->rows)
        return mismatch(m, "matmul", v_object(x), v_object(y));
    if (!x->columns && !y->columns) {
        *out = v_double(doubles_dot(x->at, y->at, inner));
        return true;
    }
    if (!x->columns) {
        if (!answer_array(m, y->columns, 0, out, &to)) return false;
        linear_multiply(x->at, y->at, to, 1, inner, y->columns);
        return true;
    }
    if (!answer_array(m, rows, y->columns, out, &to)) return false;
    if (y->columns && !multiply(m, x, y, to)) return false;
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
    if (!operand_numbers(m, "outer", args[0], &x) ||
        !operand_numbers(m, "outer", args[1], &y))
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
    linear_transpose(x->at, to, x->rows, x->columns);
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

static bool lower_factor(struct machine *m, const char *who, value v,
                         value *out)
{
    struct vector *x;
    double *to;
    value made;
    if (!operand_square(m, who, v, &x) ||
        !answer_array(m, x->rows, x->columns, &made, &to))
        return false;
    if (!linear_is_symmetric(x->at, x->rows))
        return machine_domain_error(m, "%s: the matrix is not symmetric", who);
    memcpy(to, x->at, x->head.size * sizeof *to);
    struct watch watch = {m, false};
    struct patience patience = patience_of(&watch);
    size_t row = linear_cholesky(to, x->rows, &patience);
    if (watch.stopped) return false;
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
    struct watch watch = {m, false};
    struct patience patience = patience_of(&watch);
    bool regular =
        linear_solve(a, b->at, x->rows, width, &log_size, &sign, &patience);
    memory_free(a);
    if (watch.stopped) return false;
    if (log_size != log_size) return machine_no_memory(m);
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
        !operand_columns(m, "solve", args[1], &y))
        return false;
    if (x->rows != y->rows) return mismatch(m, "solve", args[0], v_object(y));
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
    struct watch watch = {m, false};
    struct patience patience = patience_of(&watch);
    bool regular = linear_solve(a, NULL, x->rows, 0, log_size, sign, &patience);
    memory_free(a);
    if (watch.stopped) return false;
    if (*log_size != *log_size) return machine_no_memory(m);
    if (!regular) {
        *log_size = -INFINITY;
        *sign = 0;
    }
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

/* ---- triangles -------------------------------------------------------- */

/* (solve-lower l b): only the lower triangle of l is looked at. */
static bool solve_triangle(struct machine *m, const char *who, bool turned,
                           const value *args, value *out)
{
    struct vector *l, *b;
    double *to;
    value made;
    if (!operand_square(m, who, args[0], &l) ||
        !operand_columns(m, who, args[1], &b))
        return false;
    if (l->rows != b->rows) return mismatch(m, who, args[0], v_object(b));
    for (size_t i = 0; i < l->rows; i++)
        if (l->at[i * l->columns + i] == 0)
            return machine_domain_error(m, "%s: the matrix is singular", who);
    if (!answer_array(m, b->rows, b->columns, &made, &to)) return false;
    memcpy(to, b->at, b->head.size * sizeof *to);
    struct watch watch = {m, false};
    struct patience patience = patience_of(&watch);
    if (!linear_solve_lower(l->at, to, l->rows, b->columns ? b->columns : 1,
                            turned, &patience))
        return false;
    *out = made;
    return true;
}

static bool solve_lower(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    return solve_triangle(m, "solve-lower", false, args, out);
}

static bool solve_lower_turned(struct machine *m, int n, const value *args,
                               value *out)
{
    (void)n;
    return solve_triangle(m, "solve-lower-transposed", true, args, out);
}

static bool log_det_cholesky(struct machine *m, int n, const value *args,
                             value *out)
{
    value factor;
    (void)n;
    if (!lower_factor(m, "log-det-spd", args[0], &factor)) return false;
    const struct vector *l = as_vector(factor);
    *out = v_double(linear_cholesky_log_det(l->at, l->rows));
    return true;
}

/* x' a x: the size of x as the matrix measures it. */
static bool quadratic_form(struct machine *m, int n, const value *args,
                           value *out)
{
    struct vector *a, *x;
    double sum = 0;
    (void)n;
    if (!operand_square(m, "quadratic-form", args[0], &a) ||
        !operand_numbers(m, "quadratic-form", args[1], &x))
        return false;
    if (a->rows != x->rows)
        return mismatch(m, "quadratic-form", args[0], v_object(x));
    for (size_t i = 0; i < x->rows; i++)
        sum += x->at[i] * doubles_dot(a->at + i * a->columns, x->at, x->rows);
    *out = v_double(sum);
    return true;
}

/* ---- spectra ---------------------------------------------------------- */

static bool all_finite(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

static bool no_spectrum(struct machine *m, const char *who)
{
    return error_set(&m->error, ERROR_IO,
                     "%s: needs OpenBLAS and LAPACKE, and did not find them "
                     "or they did not settle",
                     who);
}

/* LAPACK asks nobody while it looks for a spectrum: what will not end within
 * the time limit is not begun. `work` is in multiplications, of which it does
 * at least so many a second where it has memory to wait for. */
static bool has_time(struct machine *m, const char *who, double work)
{
    const double per_second = 5e8;
    if (!machine_poll(m)) return false;
    if (!m->deadline_ns) return true;
    double left = 1e-9 * (double)(m->deadline_ns - machine_clock());
    return work / per_second < left ||
           error_set(&m->error, ERROR_LIMIT,
                     "%s: a matrix so large takes longer than the time limit "
                     "leaves",
                     who);
}

/* Eigenvalues upward in *out, eigenvectors as columns in *vectors. */
static bool eigen(struct machine *m, const char *who, value v, value *out,
                  value *vectors)
{
    struct vector *x;
    double *a, *values;
    if (!operand_square(m, who, v, &x)) return false;
    if (!all_finite(x->at, x->head.size))
        return machine_domain_error(m, "%s: an element is not finite", who);
    if (!linear_is_symmetric(x->at, x->rows))
        return machine_domain_error(m, "%s: the matrix is not symmetric", who);
    double edge = (double)x->rows;
    if (!has_time(m, who, edge * edge * edge) ||
        !answer_array(m, x->rows, x->columns, vectors, &a) ||
        !answer_array(m, x->rows, 0, out, &values))
        return false;
    memcpy(a, x->at, x->head.size * sizeof *a);
    return linear_eigen(a, x->rows, values) || no_spectrum(m, who);
}

static bool eigenvalues(struct machine *m, int n, const value *args, value *out)
{
    value values, vectors;
    (void)n;
    if (!eigen(m, "eigenvalues", args[0], &values, &vectors)) return false;
    *out = values;
    return true;
}

static bool eigenvectors(struct machine *m, int n, const value *args,
                         value *out)
{
    value values, vectors;
    (void)n;
    if (!eigen(m, "eigenvectors", args[0], &values, &vectors)) return false;
    *out = vectors;
    return true;
}

static bool singular_values(struct machine *m, int n, const value *args,
                            value *out)
{
    struct vector *x;
    double *values, *a;
    value made;
    (void)n;
    if (!operand_matrix(m, "singular-values", args[0], &x)) return false;
    if (x->rows == 0 || !all_finite(x->at, x->head.size))
        return machine_domain_error(m, "singular-values: expected a row, and "
                                       "elements that are finite");
    size_t count = x->rows < x->columns ? x->rows : x->columns;
    if (!has_time(m, "singular-values",
                  (double)x->rows * (double)x->columns * (double)count) ||
        !answer_array(m, count, 0, &made, &values) || !(a = copy_of(m, x)))
        return false;
    bool done = linear_singular(a, x->rows, x->columns, values);
    memory_free(a);
    if (!done) return no_spectrum(m, "singular-values");
    *out = made;
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
    MATRIX("log-det-spd", log_det_cholesky, 1, "(log-det-spd x)",
           "The log of the determinant of a positive definite matrix, which "
           "it is checked to be."),
    MATRIX("solve-lower", solve_lower, 2, "(solve-lower l b)",
           "The x with (matmul l x) = b, of the lower triangle of l."),
    MATRIX("solve-lower-transposed", solve_lower_turned, 2,
           "(solve-lower-transposed l b)",
           "The x with (matmul (transpose l) x) = b, of the lower triangle "
           "of l."),
    MATRIX("quadratic-form", quadratic_form, 2, "(quadratic-form a x)",
           "The vector x times the matrix a times x."),
    MATRIX("eigenvalues", eigenvalues, 1, "(eigenvalues x)",
           "The eigenvalues of a symmetric matrix, upward."),
    MATRIX("eigenvectors", eigenvectors, 1, "(eigenvectors x)",
           "The eigenvectors of a symmetric matrix, one a column, in the "
           "order of its eigenvalues."),
    MATRIX("singular-values", singular_values, 1, "(singular-values x)",
           "The singular values of a matrix, downward."),
    MATRIX("trace", trace, 1, "(trace x)", "The sum of the diagonal."),
};
const size_t primitives_matrix_count =
    sizeof primitives_matrix / sizeof *primitives_matrix;
