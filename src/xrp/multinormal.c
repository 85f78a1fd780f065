/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Normal vectors, by covariance, precision, or the lower factor of the
 * covariance. All three go over a lower factor L: with d = x - mean,
 *
 *     covariance = L L':  -|inverse(L) d|^2 / 2 - log det L - n log(2 pi) / 2
 *     precision  = L L':  -|L' d|^2 / 2 + log det L - n log(2 pi) / 2
 */
#include "base/linear.h"
#include "base/saddle.h"
#include "xrp/multivariate.h"

enum form { COVARIANCE, PRECISION, CHOLESKY };

static const char *const form_names[] = {
    [COVARIANCE] = "covariance",
    [PRECISION] = "precision",
    [CHOLESKY] = "factor",
};

struct normal {
    enum form form;
    size_t n;
    struct dense mean, matrix;
    struct room room;
    double *l;    /* n x n */
    double *rest; /* 3 n, for work */
};

static void normal_close(struct normal *g)
{
    dense_close(&g->mean);
    dense_close(&g->matrix);
    room_close(&g->room);
}

static bool normal_fits(const struct words *w, struct normal *g)
{
    size_t n = g->n = g->mean.rows;
    const char *name = form_names[g->form];
    if (g->matrix.rows != n)
        return words_put(w, "mean has %zu numbers, %s is %zu x %zu", n, name,
                         g->matrix.rows, g->matrix.rows);
    g->l = room_open(&g->room, n * n + 3 * n);
    if (!g->l) return words_put(w, "out of memory");
    g->rest = g->l + n * n;
    if (g->form != CHOLESKY) return factor_of(w, name, &g->matrix, g->l);
    memcpy(g->l, g->matrix.at, n * n * sizeof *g->l);
    return factor_check(w, name, &g->matrix);
}

/* Nothing stays open where the answer is false. */
static bool normal_open(const struct words *w, enum form form,
                        const struct xrp_site *s, struct normal *g)
{
    *g = (struct normal){.form = form};
    bool open = s->arg_count == 2 &&
                dense_vector(w, "mean", s->args[0], &g->mean) &&
                dense_square(w, form_names[form], s->args[1], &g->matrix) &&
                normal_fits(w, g);
    if (!open) normal_close(g);
    return open;
}

/* x - mean; false when v is no vector of this length. */
static bool apart(const struct normal *g, value v, double *d)
{
    struct series x;
    if (!series_open(&x, v) || x.count != g->n) return false;
    for (size_t i = 0; i < g->n; i++) {
        if (!series_number(&x, d + i)) return false;
        d[i] -= g->mean.at[i];
    }
    return true;
}

static void by_factor(const struct normal *g, const double *d, double *z)
{
    size_t n = g->n;
    if (g->form == PRECISION) { /* z = L' d */
        memset(z, 0, n * sizeof *z);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++) z[j] += g->l[i * n + j] * d[i];
        return;
    }
    memcpy(z, d, n * sizeof *z);
    linear_solve_lower(g->l, z, n, 1, false, NULL);
}

static double density(const struct normal *g, value v)
{
    double *d = g->rest, *z = d + g->n, squares = 0.0;
    if (!apart(g, v, d)) return -INFINITY;
    by_factor(g, d, z);
    for (size_t i = 0; i < g->n; i++) squares += z[i] * z[i];
    double log_det = 0.5 * linear_cholesky_log_det(g->l, g->n);
    if (!(squares < INFINITY)) return -INFINITY;
    return -0.5 * squares + (g->form == PRECISION ? log_det : -log_det) -
           (double)g->n * HALF_LOG_2PI;
}

static double prob(enum form form, const struct xrp_site *s, value v)
{
    struct normal g;
    if (!normal_open(&(struct words){NULL, 0}, form, s, &g)) return NAN;
    double log_density = density(&g, v);
    normal_close(&g);
    return log_density;
}

static bool sample(enum form form, const struct xrp_site *s, struct random *r,
                   value *out)
{
    struct normal g;
    if (!normal_open(&(struct words){NULL, 0}, form, s, &g)) return false;
    size_t n = g.n;
    double *z = g.rest;
    value made = vector_make(n, 0);
    for (size_t i = 0; i < n; i++) z[i] = random_normal(r);
    if (form == PRECISION) linear_solve_lower(g.l, z, n, 1, true, NULL);
    for (size_t i = 0; made != V_UNBOUND && i < n; i++) {
        double x = form == PRECISION ? z[i] : 0.0;
        for (size_t j = 0; form != PRECISION && j <= i; j++)
            x += g.l[i * n + j] * z[j];
        as_vector(made)->at[i] = real_draw(g.mean.at[i] + x);
    }
    normal_close(&g);
    *out = made;
    return made != V_UNBOUND;
}

/* ---- slopes ------------------------------------------------------------- */

/* By the matrix, with a = inverse(covariance) d, z = inverse(L) d:
 *     covariance: (a a' - inverse) / 2     precision: (inverse - d d') / 2
 *     factor: the lower triangle of a z', less 1 / L(i, i) on the diagonal */
static void matrix_slopes(const struct normal *g, const double *d,
                          const double *z, const double *a, double *to)
{
    size_t n = g->n;
    if (g->form != CHOLESKY) linear_cholesky_inverse(g->l, to, n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double *at = to + i * n + j;
            switch (g->form) {
            case COVARIANCE: *at = 0.5 * (a[i] * a[j] - *at); break;
            case PRECISION: *at = 0.5 * (*at - d[i] * d[j]); break;
            case CHOLESKY: *at = j > i ? 0.0 : a[i] * z[j]; break;
            }
            if (g->form == CHOLESKY && i == j) *at -= 1.0 / g->l[i * n + i];
        }
}

static void slopes_of(const struct normal *g, double *by_value,
                      double *const *by_arg)
{
    size_t n = g->n;
    double *d = g->rest, *z = d + n, *a = z + n;
    by_factor(g, d, z);
    if (g->form == PRECISION) { /* a = L z */
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++) a[i] += g->l[i * n + j] * z[j];
    } else {
        memcpy(a, z, n * sizeof *a);
        linear_solve_lower(g->l, a, n, 1, true, NULL);
    }
    for (size_t i = 0; i < n; i++) {
        if (by_value) by_value[i] = -a[i];
        if (by_arg[0]) by_arg[0][i] = a[i];
    }
    if (by_arg[1]) matrix_slopes(g, d, z, a, by_arg[1]);
}

static bool slopes(enum form form, const struct xrp_site *s, value v,
                   double *by_value, double *const *by_arg)
{
    struct normal g;
    if (!normal_open(&(struct words){NULL, 0}, form, s, &g)) return false;
    bool inside = apart(&g, v, g.rest);
    if (inside) slopes_of(&g, by_value, by_arg);
    normal_close(&g);
    return inside;
}

static bool explain(enum form form, const struct xrp_site *s, char *words,
                    size_t size)
{
    struct normal g;
    if (!normal_open(&(struct words){words, size}, form, s, &g)) return true;
    normal_close(&g);
    return false;
}

/* ---- the rows ----------------------------------------------------------- */

#define NORMAL_FAMILY(form_, stem_, family_, name_, signature_, doc_)          \
    static double stem_##_prob(const struct xrp_site *s, value v)              \
    {                                                                          \
        return prob(form_, s, v);                                              \
    }                                                                          \
    static bool stem_##_sample(const struct xrp_site *s, struct random *r,     \
                               value *out)                                     \
    {                                                                          \
        return sample(form_, s, r, out);                                       \
    }                                                                          \
    static bool stem_##_explain(const struct xrp_site *s, char *words,         \
                                size_t size)                                   \
    {                                                                          \
        return explain(form_, s, words, size);                                 \
    }                                                                          \
    bool normal_##stem_##_slopes(const struct xrp_site *s, value v,            \
                                 double *by_value, double *const *by_arg)      \
    {                                                                          \
        return slopes(form_, s, v, by_value, by_arg);                          \
    }                                                                          \
    const struct xrp_family family_ = {.names = name_,                         \
                                       .signature = signature_,                \
                                       .doc = doc_,                            \
                                       .min = 2,                               \
                                       .max = 2,                               \
                                       .flags = XRP_RESCORES | XRP_CONTINUOUS, \
                                       .support_kind = SUPPORT_VECTOR,         \
                                       .shape = "aa",                          \
                                       .sample = stem_##_sample,               \
                                       .prob = stem_##_prob,                   \
                                       .explain = stem_##_explain}

NORMAL_FAMILY(COVARIANCE, covariance, family_multivariate_normal,
              "multivariate-normal multivariate-gaussian",
              "(multivariate-normal mean covariance)",
              "a vector of numbers, normal with this mean and covariance "
              "matrix");
NORMAL_FAMILY(PRECISION, precision, family_multivariate_normal_precision,
              "multivariate-normal-precision",
              "(multivariate-normal-precision mean precision)",
              "a vector of numbers, normal with this mean; the precision "
              "matrix is the inverse of the covariance");
NORMAL_FAMILY(CHOLESKY, cholesky, family_multivariate_normal_cholesky,
              "multivariate-normal-cholesky",
              "(multivariate-normal-cholesky mean factor)",
              "a vector of numbers, normal with this mean; the lower "
              "triangular factor times its transpose is the covariance");
