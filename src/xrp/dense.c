/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arguments of the families over vectors and matrices: read, checked, and
 * what is wrong with them in words.
 */
#include "base/linear.h"
#include "xrp/form.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- words ------------------------------------------------------------- */

bool words_put(const struct words *w, const char *format, ...)
{
    va_list list;
    if (!w->at) return false;
    va_start(list, format);
    vsnprintf(w->at, w->size, format, list);
    va_end(list);
    return false;
}

bool argument_number(const struct words *w, const struct parameter *row,
                     const struct xrp_site *s, int i, double *x)
{
    if (parameter_read(row, s->args, s->arg_count, i, x)) return true;
    if (!w->at) return false;
    return !parameters_explain(row, 1, s->args + i, 1, w->at, w->size);
}

/* ---- room --------------------------------------------------------------- */

double *room_open(struct room *r, size_t count)
{
    if (count <= sizeof r->local / sizeof *r->local) {
        r->at = r->local;
        memset(r->at, 0, count * sizeof *r->at);
    } else {
        r->at = calloc(count, sizeof *r->at);
    }
    return r->at;
}

void room_close(struct room *r)
{
    if (r->at != r->local) free(r->at);
}

/* ---- lists as arrays ---------------------------------------------------- */

static bool fill(struct series s, double *to)
{
    for (uint32_t i = 0; i < s.count; i++)
        if (!series_number(&s, to + i)) return false;
    return true;
}

static bool list_as_vector(value v, struct dense *d)
{
    struct series s;
    if (!series_open(&s, v)) return false;
    d->rows = s.count;
    d->at = d->owned = malloc((s.count + 1) * sizeof(double));
    return d->owned && fill(s, d->owned);
}

/* Rows are lists or vectors of one length. */
static bool list_as_matrix(value v, struct dense *d)
{
    struct series rows, row;
    if (!series_open(&rows, v) || rows.count == 0 ||
        !series_open(&row, car(v)) || row.count == 0)
        return false;
    d->rows = rows.count;
    d->columns = row.count;
    if (d->rows > DIMENSION_MAX / d->columns) return false;
    d->at = d->owned = malloc(d->rows * d->columns * sizeof(double));
    if (!d->owned) return false;
    for (size_t i = 0; i < d->rows; i++)
        if (!series_open(&row, series_next(&rows)) || row.count != d->columns ||
            !fill(row, d->owned + i * d->columns))
            return false;
    return true;
}

void dense_close(struct dense *d)
{
    free(d->owned);
    *d = (struct dense){.at = NULL};
}

static bool array_as_dense(value v, struct dense *d)
{
    const struct vector *x = as_vector(v);
    *d = (struct dense){.at = x->at, .rows = x->rows, .columns = x->columns};
    return x->rows > 0;
}

/* Nothing stays open where the answer is false. */
static bool dense_refuse(const struct words *w, struct dense *d,
                         const char *name, const char *expected, value got)
{
    char text[96];
    dense_close(d);
    return words_put(w, "%s must be %s, got %s", name, expected,
                     value_words(got, text, sizeof text));
}

static bool dense_finite(const struct words *w, const char *name,
                         struct dense *d)
{
    size_t count = d->rows * (d->columns ? d->columns : 1);
    for (size_t i = 0; i < count; i++) {
        if (fabs(d->at[i]) < INFINITY) continue;
        double x = d->at[i];
        dense_close(d);
        return words_put(w, "%s must be finite, got %g", name, x);
    }
    return true;
}

bool dense_vector(const struct words *w, const char *name, value v,
                  struct dense *d)
{
    *d = (struct dense){.at = NULL};
    bool read = is_vector(v) ? array_as_dense(v, d) && !d->columns
                             : is_pair(v) && list_as_vector(v, d);
    if (!read) return dense_refuse(w, d, name, "a vector of numbers", v);
    return dense_finite(w, name, d);
}

bool dense_matrix(const struct words *w, const char *name, value v,
                  struct dense *d)
{
    *d = (struct dense){.at = NULL};
    bool read = is_vector(v) ? array_as_dense(v, d) && d->columns
                             : is_pair(v) && is_list(v) && list_as_matrix(v, d);
    if (!read) return dense_refuse(w, d, name, "a matrix of numbers", v);
    return dense_finite(w, name, d);
}

bool dense_square(const struct words *w, const char *name, value v,
                  struct dense *d)
{
    if (!dense_matrix(w, name, v, d)) return false;
    size_t rows = d->rows, columns = d->columns;
    if (rows == columns) return true;
    dense_close(d);
    return words_put(w, "%s must be a square matrix, got %zu x %zu", name, rows,
                     columns);
}

/* ---- factors ------------------------------------------------------------ */

bool factor_of(const struct words *w, const char *name, const struct dense *d,
               double *to)
{
    size_t n = d->rows;
    if (!linear_is_symmetric(d->at, n))
        return words_put(w, "%s must be symmetric", name);
    memcpy(to, d->at, n * n * sizeof *to);
    size_t row = linear_cholesky(to, n, NULL);
    if (row == n) return true;
    return words_put(w, "%s must be positive definite (it fails at row %zu)",
                     name, row);
}

bool factor_check(const struct words *w, const char *name,
                  const struct dense *d)
{
    size_t n = d->rows;
    for (size_t i = 0; i < n; i++) {
        if (!(d->at[i * n + i] > 0.0))
            return words_put(w,
                             "%s must be positive on its diagonal, got %g at "
                             "row %zu",
                             name, d->at[i * n + i], i);
        for (size_t j = i + 1; j < n; j++)
            if (d->at[i * n + j] != 0.0)
                return words_put(w, "%s must be zero above its diagonal", name);
    }
    return true;
}

/* ---- gradients ---------------------------------------------------------- */

array_gradient *array_gradient_of(const struct xrp_family *f)
{
    static const struct {
        const struct xrp_family *family;
        array_gradient *slopes;
    } rows[] = {
        {&family_dirichlet, dirichlet_slopes},
        {&family_symmetric_dirichlet, symmetric_slopes},
        {&family_stick_breaking, stick_slopes},
        {&family_multinomial_counts, multinomial_slopes},
        {&family_multivariate_normal, normal_covariance_slopes},
        {&family_multivariate_normal_precision, normal_precision_slopes},
        {&family_multivariate_normal_cholesky, normal_cholesky_slopes},
        {&family_lkj_corr_cholesky, lkj_slopes},
        {&family_wishart, wishart_slopes},
        {&family_inverse_wishart, inverse_wishart_slopes},
        {&family_gaussian_random_walk, walk_slopes},
        {&family_gaussian_process, process_slopes},
        {&family_iid, iid_slopes},
        {&family_each, each_slopes},
        {&family_ordered, ordered_slopes},
        {&family_positive_ordered, positive_ordered_slopes},
    };
    if (f->slopes) return f->slopes;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].family == f) return rows[i].slopes;
    return NULL;
}

bool array_gradient_scalars(array_gradient *g, const struct xrp_site *s,
                            value v, double *by_value, double *by_arg)
{
    enum { ARGUMENTS_MAX = 8 };
    double *wanted[ARGUMENTS_MAX] = {NULL};
    *by_value = NAN;
    for (int i = 0; i < s->arg_count && i < ARGUMENTS_MAX; i++) {
        by_arg[i] = NAN;
        if (is_number(s->args[i])) wanted[i] = by_arg + i;
    }
    if (!g(s, v, NULL, wanted)) return false;
    /* Infinite where the value can hardly be, or not at all. */
    for (int i = 0; i < s->arg_count && i < ARGUMENTS_MAX; i++)
        if (fabs(by_arg[i]) == INFINITY) return false;
    return true;
}
