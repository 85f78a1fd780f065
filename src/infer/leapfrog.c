/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The leapfrog: see leapfrog.h. With a diagonal metric each half of it is one
 * loop.
 */
#include "infer/leapfrog.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "infer/lanes.h"
#include "infer/phase.h"

enum { VECTORS = 4 };

bool points_open(struct points *s, size_t count, size_t size)
{
    size_t width = lanes_width(size);
    *s = (struct points){.count = count, .size = size, .width = width};
    s->at = calloc(count, sizeof *s->at);
    s->numbers = calloc(count * VECTORS * width, sizeof *s->numbers);
    if (!s->at || !s->numbers) {
        points_close(s);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        double *at = s->numbers + i * VECTORS * width;
        s->at[i] = (struct point){.q = at,
                                  .p = at + width,
                                  .v = at + 2 * width,
                                  .gradient = at + 3 * width};
    }
    s->here = s->at;
    return true;
}

void points_close(struct points *s)
{
    free(s->at);
    free(s->numbers);
    *s = (struct points){0};
}

bool points_place(struct points *s, const struct density *d, const double *q)
{
    memcpy(s->here->q, q, s->size * sizeof *q);
    return point_place(d, s->here);
}

struct point *points_spare(const struct points *s, size_t which)
{
    return s->at + ((size_t)(s->here - s->at) + 1 + which) % s->count;
}

bool point_place(const struct density *d, struct point *at)
{
    if (d->gradient(d->context, at->q, &at->log_density, at->gradient) &&
        isfinite(at->log_density))
        return true;
    at->log_density = -INFINITY;
    return false;
}

void point_push(const struct metric *m, struct random *random, struct point *at)
{
    metric_momentum(m, random, at->p);
    metric_velocity(m, at->p, at->v);
    at->energy = 0.5 * lanes_dot(at->p, at->v, m->width) - at->log_density;
}

/* ---- the step ----------------------------------------------------------- */

/* Dense metrics. */
static void drift(const struct metric *m, double step, const struct point *from,
                  struct point *to)
{
    lanes_add(to->p, from->p, 0.5 * step, from->gradient, m->width);
    metric_velocity(m, to->p, to->v);
    lanes_add(to->q, from->q, step, to->v, m->width);
}

static double kick(const struct metric *m, double step, struct point *to)
{
    lanes_add(to->p, to->p, 0.5 * step, to->gradient, m->width);
    metric_velocity(m, to->p, to->v);
    return lanes_dot(to->p, to->v, m->width);
}

/* What directions add to an inverse: to += step sum of excess (w p) w. Answers
 * the sum of excess (w p)^2. */
static double lean(const struct metric *m, double step, const double *p,
                   double *to)
{
    const struct phase_loops *phase = phase_chosen();
    double sum = 0.0;
    for (size_t i = 0; i < m->count; i++) {
        const double *w = m->directions + i * m->width;
        double along = phase->dot(m->width, w, p);
        phase->add(m->width, to, step * m->excess[i] * along, w);
        sum += m->excess[i] * along * along;
    }
    return sum;
}

void leapfrog(const struct density *d, const struct metric *m, double step,
              const struct point *from, struct point *to)
{
    const struct phase_loops *phase = phase_chosen();
    bool dense = m->kind == METRIC_DENSE;
    if (dense) {
        drift(m, step, from, to);
    } else {
        phase->drift(m->width, step, m->inverse, from->q, from->p,
                     from->gradient, to->q, to->p);
        if (m->count) lean(m, step, to->p, to->q);
    }
    to->energy = INFINITY;
    if (!point_place(d, to)) return;
    double twice = dense ? kick(m, step, to)
                         : phase->kick(m->width, step, m->inverse, to->gradient,
                                       to->p, to->v);
    if (!dense && m->count) twice += lean(m, 1.0, to->p, to->v);
    double energy = 0.5 * twice - to->log_density;
    if (isfinite(energy)) to->energy = energy;
}
