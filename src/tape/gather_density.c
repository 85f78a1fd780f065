/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Log densities of families as formulas over nodes: those of one of several
 * and of vectors here, those of numbers by the rows of gather_scalar.c; and
 * which formula a family has. A term is added that is 0 inside of the support
 * and minus infinity outside where the formula does not see it. Families
 * without a formula are asked themselves: see gather_call.c.
 */
#include <math.h>
#include <string.h>

#include "tape/gather_formula.h"

/* ---- of numbers -------------------------------------------------------------- */

/* A value that is computed may be anything; coordinates are inside. */
static N where_supported(struct formula *f, N density, const struct applied *a)
{
    switch (a->family->support_kind) {
    case SUPPORT_POSITIVE: return formula_positive(f, density, f->y);
    case SUPPORT_UNIT: return formula_within(f, density, 'u', f->y);
    default: return density;
    }
}

/* What was found of a family by its name: a term of each row of data asks. */
struct found {
    const struct xrp_family *family;
    const char *names; /* of the same family, and not another in its place */
    const struct scalar *row;
    density_make *make;
};
static const struct found *found_of(const struct xrp_family *f);

static bool of_numbers(struct build *b, const struct applied *a,
                       const struct item *v, uint32_t *out)
{
    const struct scalar *row = found_of(a->family)->row;
    struct formula f = {.b = b, .g = &b->g};
    for (int i = 0; i < row->arguments; i++) {
        if ((uint32_t)i >= a->count)
            f.a[i] = graph_number(&b->g, row->fallback[i]);
        else if (!item_number(b, &a->args[i], &f.a[i]))
            return false;
    }
    if (!item_number(b, v, &f.y)) return false;
    *out = row->make(&f);
    for (int i = 0; row->domains && row->domains[i]; i++)
        *out = formula_within(&f, *out, row->domains[i], f.a[i]);
    if (!graph_is_number(&b->g, f.y)) *out = where_supported(&f, *out, a);
    return true;
}

/* ---- of one of several ------------------------------------------------------ */

/* Weights as one array, or as the arguments themselves. */
static bool weights_of(struct build *b, const struct applied *a,
                       struct item *out)
{
    if (a->count == 1) return item_array(b, &a->args[0], out);
    if (!a->count || !array_new(b, a->count, 0, out))
        return build_refuse(b, "no weights");
    for (uint32_t i = 0; i < a->count; i++) {
        uint32_t n;
        if (!item_number(b, &a->args[i], &n)) return false;
        array_at(b, out)[i] = n;
    }
    return true;
}

/* A value that is known: a number, or true and false as 1 and 0. */
static bool known_number(struct build *b, const struct item *v, double *out)
{
    uint32_t n;
    if (!item_number(b, v, &n)) return false;
    if (!graph_is_number(&b->g, n))
        return build_refuse(b, "an index that depends on the scope");
    *out = b->g.nodes[n].number;
    return true;
}

static bool categorical_at(struct build *b, const struct applied *a,
                           const struct item *v, bool logs, uint32_t *out)
{
    struct item w;
    struct graph *g = &b->g;
    double at = 0.0;
    if (!weights_of(b, a, &w) || !known_number(b, v, &at)) return false;
    if (!(at >= 0.0 && at < w.rows)) {
        *out = graph_number(g, -INFINITY);
        return true;
    }
    uint32_t one = b->pool[w.first + (uint32_t)at];
    if (logs) {
        uint32_t sum = b->pool[w.first];
        for (uint32_t i = 1; i < w.rows; i++)
            sum = graph_2(g, TAPE_LOG_ADD_EXP, sum, b->pool[w.first + i]);
        *out = graph_2(g, TAPE_SUBTRACT, one, sum);
        return true;
    }
    *out = graph_1(g, TAPE_LOG, one);
    if (w.share) return true;
    *out =
        graph_2(g, TAPE_SUBTRACT, *out, graph_1(g, TAPE_LOG, array_sum(b, &w)));
    struct formula f = {.b = b, .g = g};
    for (uint32_t i = 0; i < w.rows; i++)
        *out = formula_within(&f, *out, 'n', b->pool[w.first + i]);
    return true;
}

static bool categorical(struct build *b, const struct applied *a,
                        const struct item *v, uint32_t *out)
{
    return categorical_at(b, a, v, false, out);
}

static bool categorical_logit(struct build *b, const struct applied *a,
                              const struct item *v, uint32_t *out)
{
    return categorical_at(b, a, v, true, out);
}

/* P(k) = logistic(c_k - eta) - logistic(c_{k-1} - eta), by
 * log(s(p) - s(q)) = p + log(1 - e^(q-p)) - softplus(p) - softplus(q). */
static bool ordered_logistic(struct build *b, const struct applied *a,
                             const struct item *v, uint32_t *out)
{
    struct formula f = {.b = b, .g = &b->g};
    struct item cuts;
    uint32_t eta;
    double k = 0.0;
    if (a->count != 2 || !item_number(b, &a->args[0], &eta) ||
        !item_array(b, &a->args[1], &cuts) || !known_number(b, v, &k))
        return build_refuse(b, "ordered-logistic of such arguments");
    if (!(k >= 0.0 && k <= cuts.rows)) {
        *out = num(&f, -INFINITY);
        return true;
    }
    N p = 0, q = 0;
    if (k < cuts.rows) p = sub(&f, b->pool[cuts.first + (uint32_t)k], eta);
    if (k > 0) q = sub(&f, b->pool[cuts.first + (uint32_t)k - 1], eta);
    if (k == 0) {
        *out = neg(&f, splus(&f, neg(&f, p)));
    } else if (k == cuts.rows) {
        *out = neg(&f, splus(&f, q));
    } else {
        N gap = graph_1(&b->g, TAPE_LOG1M_EXP, sub(&f, q, p));
        *out = sub(&f, add(&f, p, gap), add(&f, splus(&f, p), splus(&f, q)));
    }
    for (uint32_t i = 0; i + 1 < cuts.rows; i++)
        *out = formula_where(&f, *out,
                             graph_2(&b->g, TAPE_LESS, b->pool[cuts.first + i],
                                     b->pool[cuts.first + i + 1]));
    return true;
}

/* ---- of vectors ----------------------------------------------------------------- */

static bool dirichlet_at(struct build *b, const struct item *alphas,
                         const struct item *v, uint32_t *out)
{
    struct formula f = {.b = b, .g = &b->g};
    struct item x;
    if (!item_array(b, v, &x)) return false;
    if (x.rows != alphas->rows) {
        *out = num(&f, -INFINITY);
        return true;
    }
    N sum = lgam(&f, array_sum(b, alphas));
    for (uint32_t i = 0; i < x.rows; i++) {
        N alpha = b->pool[alphas->first + i];
        sum = add(&f, sum,
                  mul(&f, plus(&f, alpha, -1.0), lg(&f, b->pool[x.first + i])));
        sum = sub(&f, sum, lgam(&f, alpha));
        sum = formula_positive(&f, sum, alpha);
    }
    *out = sum;
    return true;
}

static bool dirichlet(struct build *b, const struct applied *a,
                      const struct item *v, uint32_t *out)
{
    struct item alphas;
    return item_array(b, &a->args[0], &alphas) &&
           dirichlet_at(b, &alphas, v, out);
}

static bool symmetric_dirichlet(struct build *b, const struct applied *a,
                                const struct item *v, uint32_t *out)
{
    struct item alphas;
    uint32_t alpha, n;
    if (a->count != 2 || !item_number(b, &a->args[0], &alpha) ||
        !item_length(b, v, &n) || !array_new(b, n, 0, &alphas))
        return false;
    for (uint32_t i = 0; i < n; i++) array_at(b, &alphas)[i] = alpha;
    return dirichlet_at(b, &alphas, v, out);
}

static bool random_walk(struct build *b, const struct applied *a,
                        const struct item *v, uint32_t *out)
{
    struct formula f = {.b = b, .g = &b->g};
    struct item x;
    N sd, before, drift;
    before = drift = num(&f, 0.0);
    if (!item_array(b, v, &x) || !item_number(b, &a->args[1], &sd) ||
        (a->count > 2 && !item_number(b, &a->args[2], &before)) ||
        (a->count > 3 && !item_number(b, &a->args[3], &drift)))
        return false;
    N sum = num(&f, 0.0);
    for (uint32_t i = 0; i < x.rows; i++) {
        N y = b->pool[x.first + i];
        sum = add(&f, sum, formula_normal(&f, y, add(&f, before, drift), sd));
        before = y;
    }
    *out = sum;
    return true;
}

/* -(n log(2 pi) + |z|^2) / 2 - log of the diagonal, z = L^-1 (v - mean). */
static bool normal_vector(struct build *b, const struct item *mean,
                          const struct item *factor, const struct item *v,
                          uint32_t *out)
{
    struct formula f = {.b = b, .g = &b->g};
    struct item d, z;
    if (!broadcast(b, TAPE_SUBTRACT, v, mean, &d)) return false;
    if (d.kind != ITEM_ARRAY || d.columns || d.rows != factor->rows)
        return build_refuse(b, "multivariate-normal: shapes do not match");
    if (!array_solve_lower(b, factor, &d, &z)) return false;
    N sum = num(&f, -LOG_2PI_HALF * z.rows);
    for (uint32_t i = 0; i < z.rows; i++) {
        sum = sub(&f, sum, times(&f, 0.5, sq(&f, b->pool[z.first + i])));
        sum =
            sub(&f, sum, lg(&f, b->pool[factor->first + i * factor->rows + i]));
    }
    *out = sum;
    return true;
}

static bool multivariate_normal(struct build *b, const struct applied *a,
                                const struct item *v, uint32_t *out)
{
    struct item mean, covariance, factor;
    return item_array(b, &a->args[0], &mean) &&
           item_array(b, &a->args[1], &covariance) &&
           array_cholesky(b, &covariance, &factor) &&
           normal_vector(b, &mean, &factor, v, out);
}

static bool multivariate_normal_factor(struct build *b, const struct applied *a,
                                       const struct item *v, uint32_t *out)
{
    struct item mean, factor;
    return item_array(b, &a->args[0], &mean) &&
           item_array(b, &a->args[1], &factor) &&
           normal_vector(b, &mean, &factor, v, out);
}

/* Row i of the factor, b = eta + (n - 1 - i) / 2: see xrp/lkj.c. */
static bool correlation_factor(struct build *b, const struct applied *a,
                               const struct item *v, uint32_t *out)
{
    struct formula f = {.b = b, .g = &b->g};
    struct item l;
    N eta, sum = num(&f, 0.0);
    if (a->count != 2 || !item_number(b, &a->args[1], &eta) ||
        !item_array(b, v, &l))
        return false;
    for (uint32_t i = 1; i < l.rows; i++) {
        N shape = plus(&f, eta, 0.5 * (l.rows - 1.0 - i));
        N diagonal = lg(&f, b->pool[l.first + i * l.columns + i]);
        sum = add(&f, sum,
                  mul(&f, times(&f, 2.0, plus(&f, shape, -1.0)), diagonal));
        sum = add(&f, sum,
                  sub(&f, lgam(&f, plus(&f, shape, 0.5 * i)),
                      plus(&f, lgam(&f, shape), 0.5 * i * LOG_PI)));
    }
    *out = formula_positive(&f, sum, eta);
    return true;
}

/* Of a vector that stands for a number, or of arguments of other kinds. */
static const struct {
    const char *name;
    density_make *make;
} others[] = {
    {"categorical", categorical},
    {"categorical-logit", categorical_logit},
    {"ordered-logistic", ordered_logistic},
    {"dirichlet", dirichlet},
    {"symmetric-dirichlet", symmetric_dirichlet},
    {"gaussian-random-walk", random_walk},
    {"lkj-corr-cholesky", correlation_factor},
    {"multivariate-normal", multivariate_normal},
    {"multivariate-normal-cholesky", multivariate_normal_factor},
};

static struct found find(const struct xrp_family *f)
{
    size_t n = strcspn(f->names, " ");
    struct found out = {.family = f, .names = f->names};
    if (f->flags & XRP_STATEFUL) return out;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strlen(others[i].name) == n && !memcmp(others[i].name, f->names, n))
            out.make = others[i].make;
    if (!out.make && (out.row = scalar_of(f))) out.make = of_numbers;
    return out;
}

enum { FOUND = 64 }; /* by address, one a place */

static const struct found *found_of(const struct xrp_family *f)
{
    static struct found all[FOUND];
    struct found *at = &all[(uintptr_t)f / sizeof *f % FOUND];
    if (at->family != f || at->names != f->names) *at = find(f);
    return at;
}

density_make *density_formula(const struct xrp_family *f)
{
    return found_of(f)->make;
}
