/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random covariance matrices: wishart and inverse-wishart. With p rows and
 * dof = nu, both over the lower factors of the scale S and of the value X:
 *
 *   wishart: (nu - p - 1)/2 log |X| - tr(inverse(S) X) / 2 - nu/2 log |S| - c
 *   inverse: nu/2 log |S| - (nu + p + 1)/2 log |X| - tr(S inverse(X)) / 2 - c
 *
 * with c = nu p / 2 log 2 + log Gamma_p(nu / 2), the multivariate gamma
 * function (Muirhead, "Aspects of Multivariate Statistical Theory", 1982).
 * The value is symmetric: a density over its lower triangle.
 */
#include <float.h>

#include "base/linear.h"
#include "base/saddle.h"
#include "base/special.h"
#include "xrp/multivariate.h"

static const struct parameter dof_row = {"dof", POSITIVE, 0.0};

struct wishart {
    bool inverse;
    size_t p;
    double dof;
    struct dense scale;
    struct room room;
    double *s, *x, *work; /* factors of scale and value; two p x p */
};

static void wishart_close(struct wishart *w)
{
    dense_close(&w->scale);
    room_close(&w->room);
}

static bool wishart_fits(const struct words *words, struct wishart *w)
{
    size_t p = w->p = w->scale.rows;
    if (!(w->dof > (double)p - 1.0))
        return words_put(words,
                         "dof must be above %zu, for a scale of %zu rows, "
                         "got %g",
                         p - 1, p, w->dof);
    w->s = room_open(&w->room, 4 * p * p);
    if (!w->s) return words_put(words, "out of memory");
    w->x = w->s + p * p;
    w->work = w->x + p * p;
    return factor_of(words, "scale", &w->scale, w->s);
}

/* Nothing stays open where the answer is false. */
static bool wishart_open(const struct words *words, bool inverse,
                         const struct xrp_site *s, struct wishart *w)
{
    *w = (struct wishart){.inverse = inverse};
    bool open = s->arg_count == 2 &&
                argument_number(words, &dof_row, s, 0, &w->dof) &&
                dense_square(words, "scale", s->args[1], &w->scale) &&
                wishart_fits(words, w);
    if (!open) wishart_close(w);
    return open;
}

/* The factor of the value; false when it is none of the support. */
static bool read_value(struct wishart *w, value v)
{
    const struct words nobody = {NULL, 0};
    struct dense x;
    if (!dense_square(&nobody, "value", v, &x)) return false;
    bool inside = x.rows == w->p && factor_of(&nobody, "value", &x, w->x);
    dense_close(&x);
    return inside;
}

/* The derivative of log Gamma_p(nu / 2) by nu. */
static double digamma_p(double nu, size_t p)
{
    double sum = 0.0;
    for (size_t j = 0; j < p; j++) sum += digamma((nu - (double)j) / 2.0);
    return 0.5 * sum;
}

/* With C = inverse(S) X of the factors (for the inverse, inverse(X) S), so
 * that the trace is the sum of all squares in C, each row's part of Gamma_p
 * goes with its square on the diagonal as the kernel of a gamma variable, in
 * which nothing large is left:
 *
 *     sum_i [kernel((nu - i)/2, C_ii^2/2) + i log C_ii]
 *         - (squares below the diagonal)/2 - p (p - 1)/4 log(2 pi)
 *         - (p + 1)/2 log |X| */
static double density(const struct wishart *w)
{
    size_t p = w->p;
    double rows = (double)p, sum = 0.0, below = 0.0, *c = w->work;
    memcpy(c, w->inverse ? w->s : w->x, p * p * sizeof *c);
    linear_solve_lower(w->inverse ? w->x : w->s, c, p, p, false, NULL);
    for (size_t i = 0; i < p; i++) {
        double diagonal = c[i * p + i];
        sum += gamma_kernel((w->dof - (double)i) / 2.0,
                            0.5 * diagonal * diagonal) +
               (double)i * log(diagonal);
        for (size_t j = 0; j < i; j++) below += c[i * p + j] * c[i * p + j];
    }
    sum -= 0.5 * below + rows * (rows - 1.0) / 4.0 * LOG_2PI +
           0.5 * (rows + 1.0) * linear_cholesky_log_det(w->x, p);
    return sum < INFINITY ? sum : -INFINITY;
}

static double prob(bool inverse, const struct xrp_site *s, value v)
{
    struct wishart w;
    if (!wishart_open(&(struct words){NULL, 0}, inverse, s, &w)) return NAN;
    double log_density = read_value(&w, v) ? density(&w) : -INFINITY;
    wishart_close(&w);
    return log_density;
}

/* ---- slopes ------------------------------------------------------------- */

/* `to` = inverse(A A') B B' inverse(A A') for factors a, b: C' C with
 * C = B' inverse(A A'). */
static void sandwich(const double *a, const double *b, double *work, double *to,
                     size_t p)
{
    memcpy(work, b, p * p * sizeof *work);
    linear_solve_lower(a, work, p, p, false, NULL);
    linear_solve_lower(a, work, p, p, true, NULL);
    linear_multiply_turned(work, work, to, p, p, p);
}

/* Symmetric matrices: (k inverse(of) + sign * sandwich or inverse) / 2. */
static void slopes_of(struct wishart *w, double *by_value,
                      double *const *by_arg)
{
    size_t p = w->p, count = p * p;
    double nu = w->dof, rows = (double)p, *other = w->work + count;
    if (by_arg[0]) {
        double log_s = linear_cholesky_log_det(w->s, p);
        double log_x = linear_cholesky_log_det(w->x, p);
        double difference = w->inverse ? log_s - log_x : log_x - log_s;
        by_arg[0][0] = 0.5 * (difference - rows * LOG_2) - digamma_p(nu, p);
    }
    /* The one that stands in the trace as it is, and the one inverted. */
    double *plain = w->inverse ? by_arg[1] : by_value;
    double *inverted = w->inverse ? by_value : by_arg[1];
    const double *of_plain = w->inverse ? w->s : w->x;
    const double *of_inverted = w->inverse ? w->x : w->s;
    double plain_power = w->inverse ? nu : nu - rows - 1.0;
    double inverted_power = w->inverse ? nu + rows + 1.0 : nu;
    if (plain) {
        linear_cholesky_inverse(of_inverted, other, p);
        linear_cholesky_inverse(of_plain, plain, p);
        for (size_t i = 0; i < count; i++)
            plain[i] = 0.5 * (plain_power * plain[i] - other[i]);
    }
    if (inverted) {
        sandwich(of_inverted, of_plain, w->work, other, p);
        linear_cholesky_inverse(of_inverted, inverted, p);
        for (size_t i = 0; i < count; i++)
            inverted[i] = 0.5 * (other[i] - inverted_power * inverted[i]);
    }
}

static bool slopes(bool inverse, const struct xrp_site *s, value v,
                   double *by_value, double *const *by_arg)
{
    struct wishart w;
    if (!wishart_open(&(struct words){NULL, 0}, inverse, s, &w)) return false;
    bool inside = read_value(&w, v);
    if (inside) slopes_of(&w, by_value, by_arg);
    wishart_close(&w);
    return inside;
}

bool wishart_slopes(const struct xrp_site *s, value v, double *by_value,
                    double *const *by_arg)
{
    return slopes(false, s, v, by_value, by_arg);
}

bool inverse_wishart_slopes(const struct xrp_site *s, value v, double *by_value,
                            double *const *by_arg)
{
    return slopes(true, s, v, by_value, by_arg);
}

/* ---- draws -------------------------------------------------------------- */

/* Bartlett's factor A: chi on the diagonal, standard normals below (Smith
 * and Hocking, 1972). A A' is a wishart of scale one. */
static void draw_factor(struct wishart *w, struct random *r, double *a)
{
    size_t p = w->p;
    for (size_t i = 0; i < p; i++) {
        double shape = (w->dof - (double)i) / 2.0;
        double chi = exp(0.5 * (LOG_2 + random_log_gamma(r, shape)));
        for (size_t j = 0; j < i; j++) a[i * p + j] = random_normal(r);
        a[i * p + i] = positive_draw(chi);
    }
}

/* What leaves the doubles: the largest of them, or the least, on the diagonal,
 * and nothing beside it, which is definite still. Where rounding has made it
 * singular, as little more on the diagonal as helps. */
static void settle(double *x, double *work, size_t p)
{
    for (size_t i = 0; i < p * p; i++) {
        bool beside = i % (p + 1);
        if (!(fabs(x[i]) < INFINITY)) x[i] = beside ? 0.0 : DBL_MAX;
        if (!beside) x[i] = fmax(x[i], DBL_MIN);
    }
    struct dense given = {x, p, p, NULL};
    const struct words nobody = {NULL, 0};
    double more = (double)p * DBL_EPSILON;
    for (; more < 1e-6; more *= 2.0) {
        if (factor_of(&nobody, "value", &given, work)) return;
        for (size_t i = 0; i < p; i++)
            x[i * (p + 1)] = fmin(x[i * (p + 1)] * (1.0 + more), DBL_MAX);
    }
    for (size_t i = 0; i < p * p; i++)
        if (i % (p + 1)) x[i] = 0.0;
}

/* X = (S A)(S A)', or with B = inverse(A) S': X = B' B. */
static bool sample(bool inverse, const struct xrp_site *s, struct random *r,
                   value *out)
{
    struct wishart w;
    if (!wishart_open(&(struct words){NULL, 0}, inverse, s, &w)) return false;
    size_t p = w.p;
    double *turned = w.work, *half = w.work + p * p;
    *out = vector_make(p, p);
    bool made = *out != V_UNBOUND;
    draw_factor(&w, r, w.x);
    if (inverse) {
        linear_transpose(w.s, turned, p, p);
        linear_solve_lower(w.x, turned, p, p, false, NULL);
        linear_transpose(turned, half, p, p);
    } else {
        linear_multiply(w.s, w.x, half, p, p, p);
    }
    if (made) {
        linear_multiply_turned(half, half, as_vector(*out)->at, p, p, p);
        settle(as_vector(*out)->at, w.work, p);
    }
    wishart_close(&w);
    return made;
}

/* ---- the rows ----------------------------------------------------------- */

static bool explain(bool inverse, const struct xrp_site *s, char *words,
                    size_t size)
{
    struct wishart w;
    if (!wishart_open(&(struct words){words, size}, inverse, s, &w))
        return true;
    wishart_close(&w);
    return false;
}

#define WISHART_FAMILY(inverse_, stem_, family_, slopes_, name_, signature_,   \
                       doc_)                                                   \
    static double stem_##_prob(const struct xrp_site *s, value v)              \
    {                                                                          \
        return prob(inverse_, s, v);                                           \
    }                                                                          \
    static bool stem_##_sample(const struct xrp_site *s, struct random *r,     \
                               value *out)                                     \
    {                                                                          \
        return sample(inverse_, s, r, out);                                    \
    }                                                                          \
    static bool stem_##_explain(const struct xrp_site *s, char *words,         \
                                size_t size)                                   \
    {                                                                          \
        return explain(inverse_, s, words, size);                              \
    }                                                                          \
    static bool stem_##_gradient(const struct xrp_site *s, value v,            \
                                 double *by_value, double *by_arg)             \
    {                                                                          \
        return array_gradient_scalars(slopes_, s, v, by_value, by_arg);        \
    }                                                                          \
    const struct xrp_family family_ = {.names = name_,                         \
                                       .signature = signature_,                \
                                       .doc = doc_,                            \
                                       .min = 2,                               \
                                       .max = 2,                               \
                                       .flags = XRP_RESCORES | XRP_CONTINUOUS, \
                                       .support_kind = SUPPORT_DEFINITE,       \
                                       .shape = "-a",                          \
                                       .sample = stem_##_sample,               \
                                       .prob = stem_##_prob,                   \
                                       .gradient = stem_##_gradient,           \
                                       .explain = stem_##_explain}

WISHART_FAMILY(false, plain, family_wishart, wishart_slopes, "wishart",
               "(wishart dof scale)",
               "a positive definite matrix with mean dof times scale; dof "
               "above the number of rows less 1");
WISHART_FAMILY(true, inverse, family_inverse_wishart, inverse_wishart_slopes,
               "inverse-wishart inv-wishart", "(inverse-wishart dof scale)",
               "a positive definite matrix whose inverse is wishart with the "
               "inverse scale");
