/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random correlations: the lower factor L of a correlation matrix whose
 * density is in proportion to its determinant to the power eta - 1
 * (Lewandowski, Kurowicka and Joe, 2009). The rows of L are independent: row
 * k (from 0) has k free numbers w inside the unit ball and L(k, k) =
 * sqrt(1 - |w|^2), with log density
 *
 *     (2 b - 2) log L(k, k) + log Gamma(b + k/2) - log Gamma(b)
 *         - k/2 log pi,   b = eta + (n - 1 - k) / 2
 *
 * over the numbers below the diagonal, for |w|^2 is beta with k/2 and b.
 */
#include "base/saddle.h"
#include "base/special.h"
#include "xrp/multivariate.h"

#define LOG_PI 1.14472988584940017414
#define LENGTH_TOLERANCE 1e-6

enum { EDGE_MAX = 4096 };

static const struct parameter rows[] = {{"n", DIMENSION, 0.0},
                                        {"eta", POSITIVE, 0.0}};

struct lkj {
    size_t n;
    double eta;
};

static bool lkj_read(const struct words *w, const struct xrp_site *s,
                     struct lkj *k)
{
    double n;
    if (!argument_number(w, rows, s, 0, &n) ||
        !argument_number(w, rows + 1, s, 1, &k->eta))
        return false;
    k->n = (size_t)n;
    return n <= EDGE_MAX ||
           words_put(w, "n is at most %d, got %g", EDGE_MAX, n);
}

/* Each row of length 1, as data are rounded. */
static bool open_value(const struct lkj *k, value v, struct dense *l)
{
    const struct words nobody = {NULL, 0};
    size_t n = k->n;
    if (!dense_square(&nobody, "value", v, l)) return false;
    bool inside = l->rows == n && factor_check(&nobody, "value", l);
    for (size_t i = 0; inside && i < n; i++) {
        double squares = 0.0;
        for (size_t j = 0; j <= i; j++)
            squares += l->at[i * n + j] * l->at[i * n + j];
        inside = fabs(squares - 1.0) <= LENGTH_TOLERANCE;
    }
    if (!inside) dense_close(l);
    return inside;
}

static double shape_of(const struct lkj *k, size_t row)
{
    return k->eta + 0.5 * (double)(k->n - 1 - row);
}

static double lkj_prob(const struct xrp_site *s, value v)
{
    struct lkj k;
    struct dense l;
    if (!lkj_read(&(struct words){NULL, 0}, s, &k)) return NAN;
    if (!open_value(&k, v, &l)) return -INFINITY;
    double sum = 0.0;
    for (size_t i = 1; i < k.n; i++) {
        double b = shape_of(&k, i);
        sum += 2.0 * ((b - 1.0) * log(l.at[i * k.n + i])) +
               log_rising(b, 0.5 * (double)i) - 0.5 * (double)i * LOG_PI;
    }
    dense_close(&l);
    return sum;
}

bool lkj_slopes(const struct xrp_site *s, value v, double *by_value,
                double *const *by_arg)
{
    struct lkj k;
    struct dense l;
    if (!lkj_read(&(struct words){NULL, 0}, s, &k) || !open_value(&k, v, &l))
        return false;
    double by_eta = 0.0;
    size_t n = k.n;
    if (by_value) memset(by_value, 0, n * n * sizeof *by_value);
    for (size_t i = 1; i < n; i++) {
        double b = shape_of(&k, i), diagonal = l.at[i * n + i];
        by_eta += 2.0 * log(diagonal) + digamma_rise(b, 0.5 * (double)i);
        if (by_value) by_value[i * n + i] = (2.0 * b - 2.0) / diagonal;
    }
    dense_close(&l);
    if (by_arg[0]) *by_arg[0] = NAN;
    if (by_arg[1]) *by_arg[1] = by_eta;
    return true;
}

static bool lkj_gradient(const struct xrp_site *s, value v, double *by_value,
                         double *by_arg)
{
    return array_gradient_scalars(lkj_slopes, s, v, by_value, by_arg);
}

/* A row: a direction, and a length whose square is beta. What is left for
 * the diagonal comes from the other gamma, so it is right when it is small. */
static void draw_row(struct random *r, double *row, size_t i, double b)
{
    double squares = 0.0;
    double across = random_log_gamma(r, 0.5 * (double)i);
    double rest = random_log_gamma(r, b), both = log_add(across, rest);
    for (size_t j = 0; j < i; j++) {
        row[j] = random_normal(r);
        squares += row[j] * row[j];
    }
    double scale = exp(0.5 * (across - both)) / sqrt(squares);
    for (size_t j = 0; j < i; j++) row[j] *= scale;
    row[i] = positive_draw(exp(0.5 * (rest - both)));
}

static bool lkj_sample(const struct xrp_site *s, struct random *r, value *out)
{
    struct lkj k;
    if (!lkj_read(&(struct words){NULL, 0}, s, &k)) return false;
    *out = vector_make(k.n, k.n);
    if (*out == V_UNBOUND) return false;
    double *at = as_vector(*out)->at;
    at[0] = 1.0;
    for (size_t i = 1; i < k.n; i++)
        draw_row(r, at + i * k.n, i, shape_of(&k, i));
    return true;
}

static bool lkj_explain(const struct xrp_site *s, char *words, size_t size)
{
    struct lkj k;
    return !lkj_read(&(struct words){words, size}, s, &k);
}

const struct xrp_family family_lkj_corr_cholesky = {
    .names = "lkj-corr-cholesky",
    .signature = "(lkj-corr-cholesky n eta)",
    .doc = "the lower factor of an n x n correlation matrix, whose density "
           "goes with its determinant to the power eta - 1",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS,
    .support_kind = SUPPORT_CORRELATION,
    .shape = "v",
    .sample = lkj_sample,
    .prob = lkj_prob,
    .gradient = lkj_gradient,
    .explain = lkj_explain,
};
