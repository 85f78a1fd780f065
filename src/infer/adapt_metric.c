/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Moments of positions: see adapt_metric.h.
 */
#include "infer/adapt_metric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PRIOR_COUNT 5.0
#define PRIOR_VARIANCE 1e-3

static size_t squares_of(const struct moments *m)
{
    return m->kind == METRIC_DENSE ? m->size * m->size : m->size;
}

bool moments_open(struct moments *m, enum metric_kind kind, size_t size)
{
    *m = (struct moments){.kind = kind, .size = size};
    m->count = calloc(size, sizeof *m->count);
    m->mean = calloc(size, sizeof *m->mean);
    m->delta = calloc(size, sizeof *m->delta);
    m->squares = calloc(squares_of(m), sizeof *m->squares);
    if (m->count && m->mean && m->delta && m->squares) return true;
    moments_close(m);
    return false;
}

void moments_close(struct moments *m)
{
    free(m->count);
    free(m->mean);
    free(m->delta);
    free(m->squares);
    *m = (struct moments){.kind = m->kind};
}

void moments_clear(struct moments *m)
{
    if (!m->size) return;
    memset(m->count, 0, m->size * sizeof *m->count);
    memset(m->mean, 0, m->size * sizeof *m->mean);
    memset(m->squares, 0, squares_of(m) * sizeof *m->squares);
}

static bool is_finite(const double *q, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(q[i])) return false;
    return true;
}

/* Each by itself. */
static void add_each(size_t n, const double *restrict q, double *restrict count,
                     double *restrict mean, double *restrict squares)
{
    for (size_t i = 0; i < n; i++) {
        double delta = q[i] - mean[i];
        count[i] += 1.0;
        mean[i] += delta / count[i];
        squares[i] += (q[i] - mean[i]) * delta;
    }
}

void moments_add(struct moments *m, const double *q)
{
    if (m->kind == METRIC_UNIT || !m->size || !is_finite(q, m->size)) return;
    if (m->kind != METRIC_DENSE) {
        add_each(m->size, q, m->count, m->mean, m->squares);
        return;
    }
    for (size_t i = 0; i < m->size; i++) {
        m->count[i]++;
        m->delta[i] = q[i] - m->mean[i];
        m->mean[i] += m->delta[i] / m->count[i];
    }
    for (size_t i = 0; i < m->size; i++) {
        double now = q[i] - m->mean[i];
        double *row = m->squares + i * m->size;
        for (size_t j = 0; j <= i; j++) row[j] += now * m->delta[j];
    }
}

static double shrunk(double squares, double count)
{
    return count / (count + PRIOR_COUNT) * (squares / (count - 1.0));
}

static double added(double count)
{
    return PRIOR_VARIANCE * PRIOR_COUNT / (count + PRIOR_COUNT);
}

static bool set_dense(const struct moments *m, double *inverse)
{
    double count = m->count[0];
    for (size_t i = 0; i < m->size * m->size; i++)
        inverse[i] = shrunk(m->squares[i], count);
    for (size_t i = 0; i < m->size; i++)
        inverse[i * (m->size + 1)] += added(count);
    return count >= 2.0;
}

static bool set_diagonal(const struct moments *m, const double *was,
                         double *inverse)
{
    bool any = false;
    for (size_t i = 0; i < m->size; i++) {
        bool seen = m->count[i] >= 2.0;
        inverse[i] =
            seen ? shrunk(m->squares[i], m->count[i]) + added(m->count[i])
                 : was[i];
        any = any || seen;
    }
    return any;
}

bool moments_to_metric(const struct moments *m, struct metric *to)
{
    if (m->kind == METRIC_UNIT) return false;
    double *inverse = malloc(squares_of(m) * sizeof *inverse);
    if (!inverse) return false;
    bool good =
        (m->kind == METRIC_DENSE ? set_dense(m, inverse)
                                 : set_diagonal(m, to->inverse, inverse)) &&
        metric_set(to, inverse);
    free(inverse);
    return good;
}
