/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Directions of a metric: see adapt_directions.h.
 */
#include "infer/adapt_directions.h"

#include <math.h>
#include <stdlib.h>

#include "base/spectrum.h"

/* Of fewer, or of less than one for two coordinates, little is to be had. */
enum { DRAWS_LEAST = 40 };

/* Draws of a chain say as much as this share of independent ones. */
#define WORTH 0.5
/* A value that is nearer 1 is not worth a direction: the step and the length
 * of trajectories go by its root. */
#define NEAR 1.5

bool directions_open(struct moments *m, enum metric_kind kind, size_t size)
{
    *m = (struct moments){.kind = METRIC_DENSE};
    if (kind != METRIC_DIRECTED || size < 2 || size > DIRECTED_MOST)
        return true;
    return moments_open(m, METRIC_DENSE, size);
}

void directions_forget(struct moments *m, size_t i)
{
    for (size_t j = 0; j < i && i < m->size; j++)
        m->squares[i * m->size + j] = 0.0;
    for (size_t j = i + 1; j < m->size; j++) m->squares[j * m->size + i] = 0.0;
}

double directions_shrunk(double value, double share)
{
    double root = sqrt(share), most = (1.0 + root) * (1.0 + root);
    double least = root < 1.0 ? (1.0 - root) * (1.0 - root) : 0.0;
    if (!(value > most || value < least)) return 1.0;
    double sum = value + 1.0 - share;
    double apart = sqrt(fmax(0.0, sum * sum - 4.0 * value));
    double behind = 0.5 * (value > 1.0 ? sum + apart : sum - apart);
    if (!(behind > 0.0)) return 1.0;
    double beyond = behind - 1.0;
    double cosine2 = (1.0 - share / (beyond * beyond)) / (1.0 + share / beyond);
    cosine2 = fmax(0.0, fmin(1.0, cosine2));
    return beyond > 0.0 ? 1.0 + cosine2 * beyond
                        : 1.0 / (1.0 + cosine2 * (1.0 / behind - 1.0));
}

/* The correlations, both triangles. */
static void correlate(const struct moments *m, double *out)
{
    size_t n = m->size;
    for (size_t i = 0; i < n; i++) {
        double scale = m->squares[i * (n + 1)];
        for (size_t j = 0; j <= i; j++)
            out[i * n + j] = out[j * n + i] =
                m->squares[i * n + j] / sqrt(scale * m->squares[j * (n + 1)]);
    }
}

/* Those that are worth it come to the front, as metric_direct has them. */
static size_t choose(double *values, double *vectors, const double *inverse,
                     size_t n, double share)
{
    size_t count = 0;
    for (size_t k = 0; k < n; k++) {
        double value = directions_shrunk(values[k], share);
        if (value < NEAR && value > 1.0 / NEAR) continue;
        const double *from = vectors + k * n;
        double *to = vectors + count * n;
        for (size_t i = 0; i < n; i++) to[i] = sqrt(inverse[i]) * from[i];
        values[count++] = value - 1.0;
    }
    return count;
}

void directions_to_metric(const struct moments *m, struct metric *to)
{
    size_t n = m->size, count = 0;
    double draws = n ? m->count[0] : 0.0;
    if (draws < DRAWS_LEAST || 2.0 * draws < (double)n) return;
    double *room = malloc((2 * n + 1) * n * sizeof *room);
    if (!room) return;
    double *vectors = room + n * n, *values = vectors + n * n;
    correlate(m, room);
    if (spectrum_of(room, n, values, vectors))
        count = choose(values, vectors, to->inverse, n,
                       (double)n / (WORTH * draws));
    metric_direct(to, count, values, vectors);
    free(room);
}
