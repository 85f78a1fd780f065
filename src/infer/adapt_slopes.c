/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Directions from draws and gradients: see adapt_slopes.h.
 */
#include "infer/adapt_slopes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "infer/adapt_directions.h"
#include "infer/lanes.h"
#include "infer/quotient.h"

/* Of fewer, or of less than one for four coordinates, little is to be had. */
enum { ROWS_LEAST = 40, ROWS_FIRST = 32 };

#define RIDGE 1.0
#define NOISE 0.7
/* As adapt_directions.c has it. Narrow ones are not looked for: with so many
 * coordinates some are always left, and the narrowest is what binds a step. */
#define NEAR 1.5

void slopes_open(struct slopes *s, enum metric_kind kind, size_t size)
{
    bool learns =
        kind == METRIC_DIRECTED && size > DIRECTED_MOST && size <= SLOPES_MOST;
    *s = (struct slopes){.size = learns ? size : 0,
                         .width = learns ? lanes_width(size) : 0,
                         .every = 1};
}

void slopes_close(struct slopes *s)
{
    free(s->at);
    *s = (struct slopes){0};
}

void slopes_clear(struct slopes *s)
{
    s->rows = 0;
    s->seen = 0;
    s->every = 1;
}

static double *row(const struct slopes *s, size_t i)
{
    return s->at + 2 * s->width * i;
}

bool slopes_room(struct slopes *s, size_t rows)
{
    if (rows <= s->room) return true;
    double *at = realloc(s->at, 2 * s->width * rows * sizeof *at);
    if (!at) return false;
    s->at = at;
    s->room = rows;
    return true;
}

static void keep_every_second(struct slopes *s)
{
    for (size_t i = 1; 2 * i < s->rows; i++)
        memcpy(row(s, i), row(s, 2 * i), 2 * s->width * sizeof *s->at);
    s->rows /= 2;
    s->every *= 2;
}

void slopes_add(struct slopes *s, const double *q, const double *gradient)
{
    double size = 0.0;
    for (size_t i = 0; i < s->size; i++) size += fabs(q[i]) + fabs(gradient[i]);
    if (!s->size || !isfinite(size) || s->seen++ % s->every) return;
    if (s->rows == SLOPES_ROWS) {
        keep_every_second(s);
        if ((s->seen - 1) % s->every) return;
    }
    size_t wide = s->room ? 2 * s->room : ROWS_FIRST;
    if (s->rows == s->room && !slopes_room(s, wide)) return;
    double *to = row(s, s->rows++);
    memset(to, 0, 2 * s->width * sizeof *to);
    memcpy(to, q, s->size * sizeof *to);
    memcpy(to + s->width, gradient, s->size * sizeof *to);
}

void slopes_forget(struct slopes *s, size_t i)
{
    for (size_t r = 0; r < s->rows && i < s->size; r++)
        row(s, r)[i] = row(s, r)[s->width + i] = 0.0;
}

/* Less their means, in deviations of the metric. mean: room for a row. */
static void standardise(struct slopes *s, const struct metric *m, double *mean)
{
    memset(mean, 0, 2 * s->width * sizeof *mean);
    for (size_t r = 0; r < s->rows; r++)
        lanes_add(mean, mean, 1.0 / (double)s->rows, row(s, r), 2 * s->width);
    for (size_t r = 0; r < s->rows; r++) {
        double *q = row(s, r), *g = q + s->width;
        lanes_add(q, q, -1.0, mean, 2 * s->width);
        for (size_t i = 0; i < s->size; i++) {
            q[i] *= m->factor[i];
            g[i] /= m->factor[i];
        }
    }
}

/* They come one by one, the widest first, until one is not worth it. Each
 * search begins at a vector that is like no other, always the same. */
static size_t find(const struct slopes *s, double *found, double *excess)
{
    struct quotient q = {.rows = s->rows,
                         .width = s->width,
                         .above = s->at,
                         .below = s->at + s->width,
                         .stride = 2 * s->width,
                         .ridge = RIDGE};
    struct random random;
    size_t count = 0;
    random_seed(&random, 1);
    while (count < SLOPES_DIRECTIONS) {
        double *v = found + count * s->width, value;
        memset(v, 0, s->width * sizeof *v);
        for (size_t i = 0; i < s->size; i++) v[i] = random_normal(&random);
        if (!quotient_top(&q, found, count, v, &value)) break;
        value -= NOISE * (double)s->size / (double)s->rows;
        if (!(value >= NEAR)) break;
        excess[count++] = value - 1.0;
    }
    return count;
}

void slopes_to_metric(struct slopes *s, struct metric *to)
{
    if (s->rows < ROWS_LEAST || 4 * s->rows < s->size) return;
    double *found = malloc((SLOPES_DIRECTIONS + 2) * s->width * sizeof *found);
    double excess[SLOPES_DIRECTIONS];
    if (!found) return;
    standardise(s, to, found + SLOPES_DIRECTIONS * s->width);
    size_t count = find(s, found, excess);
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < s->size; i++)
            found[k * s->size + i] = found[k * s->width + i] / to->factor[i];
    metric_direct(to, count, excess, found);
    free(found);
}
