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
                                                    [METRIC_KINDS] = NULL};

/* ---- its two parts ----------------------------------------------------- */

static size_t rows_of(const struct metric *m)
{
    return m->kind == METRIC_DENSE ? m->size : 1;
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
    return true;
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
}

/* Of inverse = L L' the metric is inverse(L') inverse(L): p = inverse(L') z.
 */
void metric_momentum(const struct metric *m, struct random *random, double *p)
{
    for (size_t i = 0; i < m->size; i++) p[i] = random_normal(random);
    if (m->kind == METRIC_DENSE) {
        linear_solve_lower(m->factor, p, m->size, 1, true, NULL);
        return;
    }
    for (size_t i = 0; i < m->size; i++) p[i] *= m->factor[i];
}
