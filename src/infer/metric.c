/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Metrics: see metric.h. Unit metrics are diagonal ones that nobody sets.
 */
#include "infer/metric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/linear.h"
#include "infer/lanes.h"

/* NULL ends them, for those who look through. */
const char *const metric_words[METRIC_KINDS + 1] = {[METRIC_DIAGONAL] = "diag",
                                                    [METRIC_DENSE] = "dense",
                                                    [METRIC_UNIT] = "unit",
                                                    [METRIC_DIRECTED] = "auto",
                                                    [METRIC_KINDS] = NULL};

/* ---- its two parts ----------------------------------------------------- */

static size_t rows_of(const struct metric *m)
{
    return m->kind == METRIC_DENSE ? m->size : 1;
}

/* Of what is 0 and 1 in products of unit vectors. */
#define UNIT_ERROR_MAX 1e-6

static void undirect(struct metric *m)
{
    free(m->directions);
    free(m->excess);
    m->directions = m->excess = NULL;
    m->count = 0;
}

bool metric_open(struct metric *m, enum metric_kind kind, size_t size)
{
    *m =
        (struct metric){.kind = kind, .size = size, .width = lanes_width(size)};
    m->inverse = calloc(rows_of(m) * m->width, sizeof *m->inverse);
    m->factor = calloc(rows_of(m) * m->width, sizeof *m->factor);
    if (!m->inverse || !m->factor) {
        metric_close(m);
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        m->inverse[kind == METRIC_DENSE ? i * m->width + i : i] = 1.0;
        m->factor[kind == METRIC_DENSE ? i * size + i : i] = 1.0;
    }
    return true;
}

void metric_close(struct metric *m)
{
    free(m->inverse);
    free(m->factor);
    undirect(m);
    *m = (struct metric){.kind = m->kind};
}

/* ---- another one ------------------------------------------------------- */

static bool set_diagonal(struct metric *m, const double *inverse)
{
    for (size_t i = 0; i < m->size; i++)
        if (!(inverse[i] > 0.0 && inverse[i] < INFINITY)) return false;
    for (size_t i = 0; i < m->size; i++) {
        m->inverse[i] = inverse[i];
        m->factor[i] = 1.0 / sqrt(inverse[i]);
    }
    undirect(m);
    return true;
}

static bool is_one(const struct metric *m, size_t i, size_t j)
{
    const double *x = m->directions + i * m->width;
    const double *y = m->directions + j * m->width;
    double sum = 0.0;
    for (size_t k = 0; k < m->size; k++) sum += x[k] * y[k] / m->inverse[k];
    return fabs(sum - (i == j)) < UNIT_ERROR_MAX;
}

static bool are_directions(const struct metric *m)
{
    bool good = true;
    for (size_t i = 0; good && i < m->count; i++) {
        good = m->excess[i] > -1.0 && m->excess[i] < INFINITY;
        for (size_t j = 0; good && j <= i; j++) good = is_one(m, i, j);
    }
    return good;
}

bool metric_direct(struct metric *m, size_t count, const double *excess,
                   const double *directions)
{
    undirect(m);
    if (!count) return true;
    m->count = count;
    m->directions = calloc(count * m->width, sizeof *m->directions);
    m->excess = calloc(count, sizeof *m->excess);
    bool good = m->directions && m->excess;
    for (size_t i = 0; good && i < count; i++) {
        m->excess[i] = excess[i];
        memcpy(m->directions + i * m->width, directions + i * m->size,
               m->size * sizeof *directions);
    }
    good = good && are_directions(m);
    if (!good) undirect(m);
    return good;
}

static bool set_dense(struct metric *m, const double *inverse)
{
    size_t n = m->size;
    double *l = malloc(n * m->width * sizeof *l);
    if (!l) return false;
    memcpy(l, inverse, n * n * sizeof *l);
    bool good = linear_cholesky(l, n, NULL) == n;
    for (size_t i = 0; good && i < n * n; i++) good = isfinite(l[i]);
    if (!good) {
        free(l);
        return false;
    }
    free(m->factor);
    m->factor = l;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++)
            m->inverse[i * m->width + j] = m->inverse[j * m->width + i] =
                inverse[i * n + j];
    return true;
}

bool metric_set(struct metric *m, const double *inverse)
{
    return m->kind == METRIC_DENSE ? set_dense(m, inverse)
                                   : set_diagonal(m, inverse);
}

/* ---- momenta and velocities -------------------------------------------- */

void metric_velocity(const struct metric *m, const double *restrict p,
                     double *restrict v)
{
    if (m->kind == METRIC_DENSE) {
        for (size_t i = 0; i < m->size; i++)
            v[i] = lanes_dot(m->inverse + i * m->width, p, m->width);
        return;
    }
    for (size_t i = 0; i < m->width; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            v[i + k] = m->inverse[i + k] * p[i + k];
    for (size_t d = 0; d < m->count; d++) {
        const double *w = m->directions + d * m->width;
        lanes_add(v, v, m->excess[d] * lanes_dot(w, p, m->width), w, m->width);
    }
}

/* Of inverse = L L' the metric is inverse(L') inverse(L): p = inverse(L') z.
 * Of a directed one it is D^-1/2 (I + sum of (1 / (1 + excess) - 1) u u')
 * D^-1/2, and of the matrix between the two the root has
 * (1 + excess)^-1/2 - 1 in its place. */
void metric_momentum(const struct metric *m, struct random *random, double *p)
{
    for (size_t i = 0; i < m->size; i++) p[i] = random_normal(random);
    if (m->kind == METRIC_DENSE) {
        linear_solve_lower(m->factor, p, m->size, 1, true, NULL);
        return;
    }
    for (size_t i = 0; i < m->size; i++) p[i] *= m->factor[i];
    for (size_t d = 0; d < m->count; d++) {
        const double *w = m->directions + d * m->width;
        double along = lanes_dot(w, p, m->width);
        along *= 1.0 / sqrt(1.0 + m->excess[d]) - 1.0;
        for (size_t i = 0; i < m->size; i++)
            p[i] += along * w[i] / m->inverse[i];
    }
}
