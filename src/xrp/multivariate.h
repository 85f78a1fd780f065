/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the families over vectors and matrices share: their arguments and
 * values as dense numbers, words for what is wrong with them, and gradients
 * by whole arrays.
 *
 * A proposal for xrp.h. Its slot `gradient` has one double for the value and
 * one for each argument, which cannot hold an array's slopes. With
 *
 *     bool (*gradient)(const struct xrp_site *, value v, double *by_value,
 *                      double *const *by_arg);
 *
 * where by_value has room for one double a number of v and by_arg[i] for one
 * a number of argument i (row after row; NULL: not wanted), one slot would
 * serve scalars and arrays alike. Until then array_gradient_of finds the
 * function of this shape, and the slot of xrp.h answers the scalar arguments
 * and NaN for the rest.
 *
 * Conventions of slopes. By a symmetric matrix: the matrix G such that a
 * change D, symmetric too, changes the log density by the sum of all
 * G(i, j) D(i, j); G is symmetric. By a triangular one: zero above the
 * diagonal. By a simplex, and by a factor with rows of length 1: of the
 * density's formula, as if the numbers were free.
 */
#ifndef VST_XRP_MULTIVARIATE_H
#define VST_XRP_MULTIVARIATE_H

#include "xrp/family.h"

/* Slopes of the log density; false outside the domain or the support. */
typedef bool array_gradient(const struct xrp_site *s, value v, double *by_value,
                            double *const *by_arg);

/* NULL when the family has none. */
array_gradient *array_gradient_of(const struct xrp_family *f);
/* The slot of xrp.h from a function of arrays: scalar arguments have their
 * slope, arrays NaN. */
bool array_gradient_scalars(array_gradient *g, const struct xrp_site *s,
                            value v, double *by_value, double *by_arg);

/* Of each family that has one. */
array_gradient dirichlet_slopes, symmetric_slopes, stick_slopes,
    multinomial_slopes, normal_covariance_slopes, normal_precision_slopes,
    normal_cholesky_slopes, lkj_slopes, wishart_slopes, inverse_wishart_slopes,
    walk_slopes, process_slopes;

/* ---- words ------------------------------------------------------------- */

/* Where a check says what is wrong; at NULL, nobody asks. */
struct words {
    char *at;
    size_t size;
};
/* Always false. */
bool words_put(const struct words *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The scalar argument of a row, checked against it. */
bool argument_number(const struct words *w, const struct parameter *row,
                     const struct xrp_site *s, int i, double *x);

/* ---- dense arguments ---------------------------------------------------- */

/* Doubles of an array, or of a list that stands for one; a list is copied.
 * Whoever opens it closes it. */
struct dense {
    const double *at;
    size_t rows, columns; /* columns 0: a vector */
    double *owned;
};
/* A vector of finite numbers, at least one; a matrix of them. */
bool dense_vector(const struct words *w, const char *name, value v,
                  struct dense *d);
bool dense_matrix(const struct words *w, const char *name, value v,
                  struct dense *d);
bool dense_square(const struct words *w, const char *name, value v,
                  struct dense *d);
void dense_close(struct dense *d);

/* The lower factor of a symmetric positive definite matrix, or a factor as
 * it is given, looked at. `to` has room for n x n. */
bool factor_of(const struct words *w, const char *name, const struct dense *d,
               double *to);
bool factor_check(const struct words *w, const char *name,
                  const struct dense *d);

/* ---- room for work ------------------------------------------------------ */

/* Doubles that are given back at the end: on the stack while they are few. */
struct room {
    double *at;
    double local[160];
};
/* NULL when memory ran out. Zeroed. */
double *room_open(struct room *r, size_t count);
void room_close(struct room *r);

#endif
