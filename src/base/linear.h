/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Dense linear algebra on doubles, row after row in memory. Small problems
 * are loops of our own, with the same bits everywhere; from LINEAR_BLAS_FROM
 * on (an edge, or its cube of multiplications) they go to BLAS and LAPACK
 * when those are there. Pure functions of numbers: they check neither shapes
 * nor NaN. Where there is a struct patience, NULL or not, what takes longer
 * than about a second asks it, and a false answer ends the work as a failure.
 */
#ifndef VST_BASE_LINEAR_H
#define VST_BASE_LINEAR_H

#include "base/patience.h"

#include <stddef.h>

enum { LINEAR_BLAS_FROM = 64 };

/* Multiplications between two questions: about a second of BLAS. */
#define LINEAR_WORK 4e9

/* to = x y: x is rows by inner, y inner by columns. */
void linear_multiply(const double *x, const double *y, double *to, size_t rows,
                     size_t inner, size_t columns);
/* to = x y', y columns by inner. */
void linear_multiply_turned(const double *x, const double *y, double *to,
                            size_t rows, size_t inner, size_t columns);
/* Rows to columns. */
void linear_transpose(const double *x, double *to, size_t rows, size_t columns);

/* The lower factor L of the symmetric a = L L', of which the lower triangle
 * is read, in place of a; above the diagonal zero. The row at which it fails
 * to be positive definite, or n. */
size_t linear_cholesky(double *a, size_t n, const struct patience *p);
/* b = inverse(L) b, or inverse(L') b when turned; b is n by columns.
 * False when it was stopped. */
bool linear_solve_lower(const double *l, double *b, size_t n, size_t columns,
                        bool turned, const struct patience *p);
/* The inverse of L L' into `to`, both triangles. */
void linear_cholesky_inverse(const double *l, double *to, size_t n);
/* log det (L L') */
double linear_cholesky_log_det(const double *l, size_t n);

/* The solution of a x = b in place of b (n by columns), a destroyed; and
 * log |det a| with its sign. b may be NULL when columns is 0. False when a
 * is singular, or it was stopped, or memory ran out (*log_size is then NaN). */
bool linear_solve(double *a, double *b, size_t n, size_t columns,
                  double *log_size, double *sign, const struct patience *p);

/* |a - a'| below 1e-8 of the size of its elements, and no NaN. */
bool linear_is_symmetric(const double *a, size_t n);

/* Only through LAPACK; each false when that is not there or did not settle.
 * The eigenvalues of a symmetric matrix, upward; `a` becomes its
 * eigenvectors, one a column. */
bool linear_eigen(double *a, size_t n, double *values);
/* The singular values, downward; `a` is destroyed. */
bool linear_singular(double *a, size_t rows, size_t columns, double *values);

#endif
