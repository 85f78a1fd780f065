/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Partial centring of normal vectors. With mean mu and lower factor L of the
 * covariance, x = mu + L z: number i is normal under those before it,
 *
 *     m_i = mu_i + sum over k < i of L_ik z_k,    s_i = L_ii,
 *
 * and is centred by itself like any other normal (gather_centre.c):
 *
 *     x_i = m_i + s_i^(1 - c_i) (y_i - c_i m_i),  z_i = (y_i - c_i m_i) / s_i^c_i
 *
 * All c_i 0: y is z. All 1: y is x, and the density the family's. Between
 * them a number that the data know well stays as it is, while what they say
 * nothing of is drawn by z, correlations with the others and all. The
 * Jacobian is triangular: the product of the s_i^(1 - c_i).
 */
#include "tape/gather_centre_inside.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tape/gather_formula.h"
#include "xrp/form.h"
#include "xrp/multivariate.h"

/* Bigger ones take more operations than they can be worth. */
enum { VECTOR_MOST = 64 };

static uint32_t length_of(const struct gather_block *k)
{
    return k->columns ? k->columns : k->rows;
}

static bool is_factor(const struct gather_block *k)
{
    return strstr(k->elements->names, "cholesky") != NULL;
}

static bool is_any_list(const struct item *i)
{
    return i->kind == ITEM_LIST || (i->kind == ITEM_PLAIN && is_list(i->plain));
}

/* Mean and matrix of the choice; *fits false: they are of other shapes, or
 * its vectors have arguments of their own. */
static bool arguments(struct build *b, const struct choice *c, uint32_t from,
                      const struct gather_block *k, struct item *mean,
                      struct item *matrix, bool *fits)
{
    struct item given[2];
    uint32_t n = length_of(k);
    *fits = c->node.head.size == from + 2 && n <= VECTOR_MOST &&
            (from == 0 || (from == 2 && c->family == &family_iid));
    for (uint32_t i = 0; *fits && i < 2; i++)
        if (!item_of(b, c->written[from + i], &given[i])) return false;
    if (!*fits) return true;
    /* Of a list of rows the density says what is wrong with it. */
    for (uint32_t i = 0; *fits && i < 2; i++)
        *fits = given[i].kind == ITEM_ARRAY ||
                (given[i].kind == ITEM_PLAIN && is_vector(given[i].plain)) ||
                (i == 0 && is_any_list(&given[i]));
    if (!*fits) return true;
    if (!item_array(b, &given[0], mean) || !item_array(b, &given[1], matrix))
        return false;
    *fits = mean->rows == n && !mean->columns && matrix->rows == n &&
            matrix->columns == n;
    return true;
}

static bool look_at(struct build *b, const struct item *a,
                    struct gather_block *k, bool *moves)
{
    uint32_t n = item_count(a), level;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t node = b->pool[a->first + i];
        if (!centre_level(b, node, &level)) return false;
        if (level > k->level) k->level = level;
        *moves = *moves || !graph_is_number(&b->g, node);
    }
    return true;
}

bool vector_describe(struct build *b, const struct choice *c, uint32_t from,
                     struct gather_block *k, bool *yes)
{
    struct item mean, matrix;
    bool moves = false;
    *yes = false;
    if (!arguments(b, c, from, k, &mean, &matrix, yes)) return false;
    if (!*yes) return true;
    if (!look_at(b, &mean, k, &moves) || !look_at(b, &matrix, k, &moves))
        return false;
    *yes = moves && k->level < GATHER_WALK;
    return true;
}

/* ---- entering ------------------------------------------------------------- */

struct vector_frame {
    uint32_t mean, l; /* in the pool */
    uint32_t n;
};

static bool frame_of(struct build *b, const struct choice *c, uint32_t from,
                     const struct gather_block *k, struct vector_frame *out)
{
    struct item mean, matrix, l;
    bool fits;
    if (!arguments(b, c, from, k, &mean, &matrix, &fits) || !fits) return false;
    l = matrix;
    if (!is_factor(k) && !array_cholesky(b, &matrix, &l)) return false;
    *out = (struct vector_frame){mean.first, l.first, mean.rows};
    return true;
}

/* The location of number i, by the z before it. */
static uint32_t location(struct build *b, const struct vector_frame *f,
                         uint32_t i, uint32_t z)
{
    uint32_t m = b->pool[f->mean + i];
    for (uint32_t k = 0; k < i; k++) {
        uint32_t l = b->pool[f->l + i * f->n + k];
        if (graph_is_number(&b->g, l) && b->g.nodes[l].number == 0.0) continue;
        m = graph_3(&b->g, TAPE_MULTIPLY_ADD, l, b->pool[z + k], m);
    }
    return m;
}

/* z of y, and the log density of y where that is wanted. */
static uint32_t standard(struct build *b, uint32_t m, uint32_t s, double c,
                         uint32_t y, bool scored)
{
    struct formula f = {.b = b, .g = &b->g};
    uint32_t less = centre_share(b, m, c), wide = centre_power(b, s, c);
    if (scored) {
        uint32_t density = formula_normal(&f, y, less, wide);
        density =
            density_between(b, density, num(&f, 0.0), s, num(&f, INFINITY));
        graph_add(&b->g, density, 1.0);
    }
    uint32_t z = is_zero(&f, less) ? y : sub(&f, y, less);
    return c == 0.0 ? z : over(&f, z, wide);
}

/* One vector: its numbers and coordinates begin at `first` of the block's. */
static bool enter_vector(struct build *b, const struct vector_frame *f,
                         const struct gather_block *k, uint32_t first,
                         const uint32_t *y, uint32_t *x, bool scored)
{
    struct item z;
    if (!array_new(b, f->n, 0, &z)) return false;
    for (uint32_t i = 0; i < f->n; i++) {
        double c = k->centring[first + i];
        uint32_t m = location(b, f, i, z.first);
        uint32_t s = b->pool[f->l + i * f->n + i];
        b->pool[k->frame + 2 * (first + i)] = m;
        b->pool[k->frame + 2 * (first + i) + 1] = s;
        x[i] = centre_unfold(b, k, m, s, c, y[i]);
        if (c != 1.0) space_jacobian(b, graph_1(&b->g, TAPE_LOG, s), 1.0 - c);
        uint32_t own = standard(b, m, s, c, y[i], scored);
        array_at(b, &z)[i] = own;
        if (!centre_mark(b, k, x[i])) return false;
    }
    return true;
}

bool vector_enter(struct build *b, const struct choice *c, uint32_t from,
                  struct gather_block *k, const uint32_t *y, uint32_t *x,
                  bool *scored)
{
    struct vector_frame f;
    struct item frames;
    if (!centre_ask(b, k, scored) || !frame_of(b, c, from, k, &f) ||
        !array_new(b, 2 * k->numbers, 0, &frames))
        return false;
    k->frame = frames.first;
    for (uint32_t at = 0; at < k->numbers; at += f.n)
        if (!enter_vector(b, &f, k, at, y + at, x + at, *scored)) return false;
    return true;
}

/* Until now `frame` said where they stand in the pool. */
void vector_keep(struct build *b, struct gather_block *k)
{
    for (uint32_t i = 0; i < 2 * k->numbers; i++)
        graph_keep(&b->g, b->pool[k->frame + i]);
    k->frame = b->number_count;
    k->frames = k->numbers;
    b->number_count += 2 * k->numbers;
}

/* ---- back ----------------------------------------------------------------- */

static void vector_coordinates(const struct gather_block *k, uint32_t first,
                               const double *mean, const double *l,
                               const double *x, double *z, double *y)
{
    uint32_t n = length_of(k);
    for (uint32_t i = 0; i < n; i++) {
        double c = k->centring[first + i], m = mean[i], s = l[i * n + i];
        for (uint32_t j = 0; j < i; j++) m += l[i * n + j] * z[j];
        z[i] = (x[i] - m) / s;
        y[i] = c == 1.0 ? x[i] : c * m + (x[i] - m) / pow(s, 1.0 - c);
    }
}

bool centre_back_vectors(const struct gather_block *k,
                         const struct xrp_site *site, const double *x,
                         double *y)
{
    const struct words nobody = {NULL, 0};
    struct dense mean = {0}, matrix = {0};
    uint32_t n = length_of(k);
    double *l = malloc((n * n + n) * sizeof *l);
    bool ok = l && site->arg_count == 2 &&
              dense_vector(&nobody, "mean", site->args[0], &mean) &&
              dense_square(&nobody, "matrix", site->args[1], &matrix) &&
              mean.rows == n && matrix.rows == n;
    if (ok && is_factor(k))
        memcpy(l, matrix.at, n * n * sizeof *l);
    else
        ok = ok && factor_of(&nobody, "matrix", &matrix, l);
    for (uint32_t at = 0; ok && at < k->numbers; at += n)
        vector_coordinates(k, at, mean.at, l, x + at, l + n * n, y + at);
    dense_close(&mean);
    dense_close(&matrix);
    free(l);
    return ok;
}
