/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * L-BFGS: see lbfgs.h. Everything is said of f = -log density, which goes
 * down.
 */
#include "infer/lbfgs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "infer/lanes.h"

enum { MEMORY = 6, VECTORS = 7, TRIES = 40 };

#define ARMIJO 1e-4 /* c1 and c2 of the Wolfe conditions */
#define WOLFE 0.9

const struct lbfgs_plan lbfgs_usual = {2000, 1e-14, 1e-14};

const char *const lbfgs_words[] = {
    [LBFGS_TOP] = "nothing more to gain",
    [LBFGS_STUCK] = "no step gains anything",
    [LBFGS_LONG] = "as many iterations as were allowed",
    [LBFGS_ENDLESS] = "the density rises without end",
    [LBFGS_OUTSIDE] = "the density is 0 or not finite at the start",
    [LBFGS_MEMORY] = "not enough memory",
};

/* A point of the line, and f along it: at x + t d. */
struct place {
    double t, f, slope;
    double *x, *g;
};

struct climb {
    const struct density *density;
    size_t width;
    double *numbers;
    struct place here, trial, low; /* low: the best of the search so far */
    double *direction;
    double *s[MEMORY], *y[MEMORY], rho[MEMORY]; /* steps and turns, a ring */
    uint32_t kept, newest;
    bool endless; /* a search met no end */
    uint64_t gradients;
};

static bool climb_open(struct climb *c, const struct density *d)
{
    *c = (struct climb){.density = d, .width = lanes_width(d->size)};
    c->numbers = calloc((VECTORS + 2 * MEMORY) * c->width, sizeof(double));
    if (!c->numbers) return false;
    double *at = c->numbers;
    struct place *const places[] = {&c->here, &c->trial, &c->low};
    for (int i = 0; i < 3; i++) {
        places[i]->x = at;
        places[i]->g = at + c->width;
        at += 2 * c->width;
    }
    c->direction = at;
    for (int i = 0; i < MEMORY; i++) {
        c->s[i] = at += c->width;
        c->y[i] = at += c->width;
    }
    return true;
}

static void swap(struct place *a, struct place *b)
{
    struct place was = *a;
    *a = *b;
    *b = was;
}

/* f and its gradient at p->x; +inf outside. */
static void look(struct climb *c, struct place *p)
{
    const struct density *d = c->density;
    c->gradients++;
    bool inside = d->gradient(d->context, p->x, &p->f, p->g);
    p->f = -p->f;
    for (size_t i = 0; i < d->size; i++) {
        p->g[i] = -p->g[i];
        inside = inside && isfinite(p->g[i]);
    }
    if (!inside || !isfinite(p->f)) p->f = INFINITY;
}

static void try_step(struct climb *c, double t)
{
    lanes_add(c->trial.x, c->here.x, t, c->direction, c->width);
    look(c, &c->trial);
    c->trial.t = t;
    c->trial.slope = isfinite(c->trial.f)
                         ? lanes_dot(c->trial.g, c->direction, c->width)
                         : NAN;
}

/* ---- the line search ------------------------------------------------------ */

/* The lowest point of the cubic through two places, kept a tenth of their
 * distance off both; the middle where there is no cubic. */
static double between(const struct place *a, double t, double f, double slope)
{
    double least = fmin(a->t, t), most = fmax(a->t, t);
    double tenth = 0.1 * (most - least);
    double d1 = a->slope + slope - 3.0 * (a->f - f) / (a->t - t);
    double d2 = copysign(sqrt(d1 * d1 - a->slope * slope), t - a->t);
    double at =
        t - (t - a->t) * (slope + d2 - d1) / (slope - a->slope + 2 * d2);
    if (!(at > least && at < most)) return 0.5 * (least + most);
    return fmax(least + tenth, fmin(most - tenth, at));
}

static bool is_low(const struct climb *c, const struct place *p)
{
    return p->f <= c->here.f + ARMIJO * p->t * c->here.slope;
}

static bool is_flat(const struct climb *c, const struct place *p)
{
    return fabs(p->slope) <= -WOLFE * c->here.slope;
}

/* [NW] 3.6: a step that does lies between low and the other end. */
static bool zoom(struct climb *c, double t, double f, double slope, int tries)
{
    for (; tries > 0 && t != c->low.t; tries--) {
        try_step(c, between(&c->low, t, f, slope));
        if (!is_low(c, &c->trial) || c->trial.f >= c->low.f) {
            t = c->trial.t;
            f = c->trial.f;
            slope = c->trial.slope;
            continue;
        }
        if (is_flat(c, &c->trial)) return true;
        if (c->trial.slope * (t - c->low.t) >= 0.0) {
            t = c->low.t;
            f = c->low.f;
            slope = c->low.slope;
        }
        swap(&c->low, &c->trial);
    }
    /* Low is some gain, if not all that was asked for. */
    swap(&c->low, &c->trial);
    return c->trial.t > 0.0 && c->trial.f < c->here.f;
}

/* [NW] 3.5: into `trial`. false: no step is lower. */
static bool search(struct climb *c, double first)
{
    c->low.t = 0.0;
    c->low.f = c->here.f;
    c->low.slope = c->here.slope;
    memcpy(c->low.x, c->here.x, c->width * sizeof(double));
    memcpy(c->low.g, c->here.g, c->width * sizeof(double));
    double t = first;
    for (int tries = TRIES; tries > 0; tries--) {
        try_step(c, t);
        const struct place *p = &c->trial;
        if (!is_low(c, p) || p->f >= c->low.f)
            return zoom(c, p->t, p->f, p->slope, TRIES);
        if (is_flat(c, p)) return true;
        if (p->slope >= 0.0) {
            double was = c->low.t, f = c->low.f, slope = c->low.slope;
            swap(&c->low, &c->trial);
            return zoom(c, was, f, slope, TRIES);
        }
        swap(&c->low, &c->trial);
        t *= 2.0;
    }
    c->endless = true;
    swap(&c->low, &c->trial);
    return true;
}

/* ---- directions ------------------------------------------------------------- */

/* [NW] 7.4, into direction: -H g. */
static void aim(struct climb *c)
{
    double *d = c->direction, alpha[MEMORY];
    memset(d, 0, c->width * sizeof *d);
    lanes_add(d, d, -1.0, c->here.g, c->width);
    for (uint32_t i = 0; i < c->kept; i++) {
        uint32_t k = (c->newest + MEMORY - i) % MEMORY;
        alpha[k] = c->rho[k] * lanes_dot(c->s[k], d, c->width);
        lanes_add(d, d, -alpha[k], c->y[k], c->width);
    }
    if (c->kept) {
        const double *y = c->y[c->newest];
        double scale = 1.0 / (c->rho[c->newest] * lanes_dot(y, y, c->width));
        for (size_t i = 0; i < c->width; i++) d[i] *= scale;
    }
    for (uint32_t i = c->kept; i-- > 0;) {
        uint32_t k = (c->newest + MEMORY - i) % MEMORY;
        double beta = c->rho[k] * lanes_dot(c->y[k], d, c->width);
        lanes_add(d, d, alpha[k] - beta, c->s[k], c->width);
    }
    c->here.slope = lanes_dot(c->here.g, d, c->width);
}

/* Notes the step from here to trial; one without curvature says nothing. */
static void note(struct climb *c)
{
    uint32_t k = c->kept ? (c->newest + 1) % MEMORY : 0;
    lanes_add(c->s[k], c->trial.x, -1.0, c->here.x, c->width);
    lanes_add(c->y[k], c->trial.g, -1.0, c->here.g, c->width);
    double turn = lanes_dot(c->s[k], c->y[k], c->width);
    double size = lanes_dot(c->y[k], c->y[k], c->width);
    if (!(turn > 1e-14 * size) || !isfinite(1.0 / turn)) return;
    c->rho[k] = 1.0 / turn;
    c->newest = k;
    if (c->kept < MEMORY) c->kept++;
}

static double size_of(double f) { return fmax(1.0, fabs(f)); }

static double largest(const double *g, size_t n)
{
    double most = 0.0;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs(g[i]));
    return most;
}

/* Nothing came of the direction that the memory gave: without it, perhaps.
 * LBFGS_LONG: go on. */
static enum lbfgs_end doubt(struct climb *c, enum lbfgs_end end)
{
    if (!c->kept) return end;
    c->kept = 0;
    return LBFGS_LONG;
}

/* One iteration; LBFGS_LONG: go on. */
static enum lbfgs_end iterate(struct climb *c, const struct lbfgs_plan *plan)
{
    aim(c);
    if (!(-c->here.slope > plan->promise * size_of(c->here.f)))
        return doubt(c, LBFGS_TOP);
    /* The first step is of length 1 at most: gradients have no scale. */
    double norm = sqrt(lanes_dot(c->here.g, c->here.g, c->width));
    bool fresh = c->kept == 0;
    if (!search(c, fresh ? fmin(1.0, 1.0 / norm) : 1.0))
        return doubt(c, LBFGS_STUCK);
    double rise = c->here.f - c->trial.f;
    note(c);
    swap(&c->here, &c->trial);
    if (c->endless) return LBFGS_ENDLESS;
    if (rise > plan->rise * size_of(c->here.f)) return LBFGS_LONG;
    return fresh ? LBFGS_TOP : doubt(c, LBFGS_TOP);
}

void lbfgs_climb(const struct density *d, const struct lbfgs_plan *plan,
                 double *q, struct lbfgs_result *result)
{
    struct climb c;
    *result = (struct lbfgs_result){.end = LBFGS_MEMORY, .log_density = NAN};
    if (!climb_open(&c, d)) return;
    memcpy(c.here.x, q, d->size * sizeof *q);
    look(&c, &c.here);
    result->end = isfinite(c.here.f) ? LBFGS_LONG : LBFGS_OUTSIDE;
    for (; result->end == LBFGS_LONG && result->iterations < plan->iterations;
         result->iterations++)
        result->end = iterate(&c, plan);
    memcpy(q, c.here.x, d->size * sizeof *q);
    result->gradients = c.gradients;
    result->log_density = -c.here.f;
    result->gradient_max = largest(c.here.g, d->size);
    free(c.numbers);
}
