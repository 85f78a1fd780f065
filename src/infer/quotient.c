/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The largest quotient of two quadratic forms: see quotient.h. A step looks
 * for the best of what the vector, its residual and the last step span; sums
 * of vectors have the sums of their products with both matrices, so that only
 * the residual meets the rows.
 */
#include "infer/quotient.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/linear.h"
#include "base/spectrum.h"
#include "infer/lanes.h"
#include "infer/phase.h"

enum { STEPS = 60, SPAN = 3 };
#define ENOUGH 1e-5 /* less is gained: it ends */

/* A vector, and what both matrices make of it. */
struct image {
    double *v, *above, *below;
};

struct climb {
    const struct quotient *q;
    const struct phase_loops *phase;
    struct image here, residual, last;
    double *room;
};

static bool open(struct climb *c, const struct quotient *q)
{
    *c = (struct climb){.q = q, .phase = phase_chosen()};
    c->room = calloc(3 * SPAN * q->width, sizeof *c->room);
    if (!c->room) return false;
    struct image *all[SPAN] = {&c->here, &c->residual, &c->last};
    for (size_t i = 0; i < SPAN; i++) {
        double *at = c->room + 3 * i * q->width;
        *all[i] = (struct image){at, at + q->width, at + 2 * q->width};
    }
    return true;
}

/* to = (mean of rows' rows + ridge) v */
static void apply(const struct climb *c, const double *rows, const double *v,
                  double *to)
{
    size_t width = c->q->width;
    memset(to, 0, width * sizeof *to);
    for (size_t i = 0; i < c->q->rows; i++) {
        const double *row = rows + i * c->q->stride;
        c->phase->add(width, to, c->phase->dot(width, row, v), row);
    }
    double share = 1.0 / (double)c->q->rows;
    for (size_t i = 0; i < width; i++)
        to[i] = share * to[i] + c->q->ridge * v[i];
}

static void apply_both(const struct climb *c, struct image *x)
{
    apply(c, c->q->above, x->v, x->above);
    apply(c, c->q->below, x->v, x->below);
}

static double dot(const struct climb *c, const double *x, const double *y)
{
    return lanes_dot(x, y, c->q->width);
}

static void scale(const struct climb *c, double *x, double by)
{
    for (size_t i = 0; i < c->q->width; i++) x[i] *= by;
}

/* Orthogonal to what was found, and of length 1. false: nothing is left. */
static bool become_unit(const struct climb *c, const double *found,
                        size_t count, double *v)
{
    size_t width = c->q->width;
    for (size_t k = 0; k < count; k++)
        lanes_add(v, v, -dot(c, found + k * width, v), found + k * width,
                  width);
    double length = sqrt(dot(c, v, v));
    if (!(length > 1e-150 && length < INFINITY)) return false;
    scale(c, v, 1.0 / length);
    return true;
}

/* to = x here + y residual + z last, in all three parts. */
static void combine(const struct climb *c, struct image *to, double x, double y,
                    double z)
{
    for (size_t i = 0; i < 3 * c->q->width; i++)
        to->v[i] = x * c->here.v[i] + y * c->residual.v[i] + z * c->last.v[i];
}

/* The best of the span of the first n vectors, as shares of them. false: they
 * are as good as dependent. */
static bool best_of(const struct climb *c, size_t n, double *share)
{
    const struct image *all[SPAN] = {&c->here, &c->residual, &c->last};
    double above[SPAN * SPAN], below[SPAN * SPAN], values[SPAN];
    double vectors[SPAN * SPAN];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const struct image *x = all[i > j ? i : j];
            const struct image *y = all[i > j ? j : i];
            above[i * n + j] = dot(c, x->v, y->above);
            below[i * n + j] = dot(c, x->v, y->below);
        }
    if (linear_cholesky(below, n, NULL) != n) return false;
    for (size_t i = 0; i < n; i++)
        if (!(below[i * n + i] > 1e-6 * below[0])) return false;
    linear_solve_lower(below, above, n, n, false, NULL);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double x = above[i * n + j];
            above[i * n + j] = above[j * n + i];
            above[j * n + i] = x;
        }
    linear_solve_lower(below, above, n, n, false, NULL);
    if (!spectrum_of(above, n, values, vectors)) return false;
    size_t top = 0;
    for (size_t k = 1; k < n; k++)
        if (values[k] > values[top]) top = k;
    memcpy(share, vectors + top * n, n * sizeof *share);
    return linear_solve_lower(below, share, n, 1, true, NULL);
}

/* One step. n: how many vectors there are to choose from. */
static bool step(struct climb *c, size_t n)
{
    double share[SPAN] = {0.0};
    if (!best_of(c, n, share) && (n < SPAN || !best_of(c, n - 1, share)))
        return false;
    combine(c, &c->last, 0.0, share[1], n < SPAN ? 0.0 : share[2]);
    for (size_t i = 0; i < 3 * c->q->width; i++)
        c->here.v[i] = share[0] * c->here.v[i] + c->last.v[i];
    double length = sqrt(dot(c, c->here.v, c->here.v));
    double moved = sqrt(dot(c, c->last.v, c->last.v));
    if (!(length > 0.0 && length < INFINITY && moved > 0.0)) return false;
    for (size_t i = 0; i < 3 * c->q->width; i++) {
        c->here.v[i] /= length;
        c->last.v[i] /= moved;
    }
    return true;
}

static double value_of(const struct climb *c)
{
    return dot(c, c->here.v, c->here.above) / dot(c, c->here.v, c->here.below);
}

static void climb(struct climb *c, const double *found, size_t count)
{
    double value = value_of(c);
    for (size_t i = 0; i < STEPS && isfinite(value); i++) {
        double before = value, *r = c->residual.v;
        lanes_add(r, c->here.above, -value, c->here.below, c->q->width);
        if (!become_unit(c, found, count, r)) return;
        apply_both(c, &c->residual);
        if (!step(c, i ? SPAN : SPAN - 1)) return;
        value = value_of(c);
        if (!(value - before > ENOUGH * value)) return;
    }
}

bool quotient_top(const struct quotient *q, const double *found, size_t count,
                  double *v, double *value)
{
    struct climb c;
    if (!q->rows || !open(&c, q)) return false;
    memcpy(c.here.v, v, q->width * sizeof *v);
    bool good = become_unit(&c, found, count, c.here.v);
    if (good) {
        apply_both(&c, &c.here);
        climb(&c, found, count);
        *value = value_of(&c);
        memcpy(v, c.here.v, q->width * sizeof *v);
        /* Sums of steps are orthogonal to the last digits but few. */
        good = isfinite(*value) && become_unit(&c, found, count, v);
    }
    free(c.room);
    return good;
}
