/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Adaptation of the step: see adapt_step.h.
 */
#include "infer/adapt_step.h"

#include <math.h>

/* gamma, t0 and kappa of [HG] 3.2.1, and how far above the first step the
 * search begins: steps too large are cheap. */
#define SHRINKAGE 0.05
#define DELAY 10.0
#define DECAY 0.75
#define OVER 10.0

#define STEP_MOST 1e7
#define LOG_STEP_BOUND 650.0 /* exp of it, and of less, are normal numbers */
#define THRESHOLD 0.8

/* Of step_settle. The first trajectories from afar are downhill, and all taken:
 * a step is good if it was so twice. Where trajectories end at walls, no step
 * is short enough for all: SHORTER of them are a factor of 1,000. */
#define JITTER 0.2
enum { TRIALS = 10, LEAPFROGS = 8, TWICE = 2, SHORTER = 20 };

void step_average_begin(struct step_average *a, double target, double step)
{
    *a = (struct step_average){
        .target = target, .centre = log(OVER * step), .log_mean = log(step)};
}

static double bounded(double log_step)
{
    return fmax(-LOG_STEP_BOUND, fmin(LOG_STEP_BOUND, log_step));
}

double step_average_learn(struct step_average *a, double accept_stat)
{
    double stat = accept_stat > 0.0 ? fmin(accept_stat, 1.0) : 0.0;
    a->count++;
    double share = 1.0 / (a->count + DELAY), weight = pow(a->count, -DECAY);
    a->error += share * (a->target - stat - a->error);
    double log_step =
        bounded(a->centre - a->error * sqrt(a->count) / SHRINKAGE);
    a->log_mean += weight * (log_step - a->log_mean);
    return exp(log_step);
}

double step_average_end(const struct step_average *a)
{
    return exp(bounded(a->log_mean));
}

/* Is one step from here taken with probability above the threshold? */
static bool is_taken(const struct density *d, const struct metric *m,
                     struct random *random, struct point *here,
                     struct point *spare, double step)
{
    point_push(m, random, here);
    leapfrog(d, m, step, here, spare);
    return here->energy - spare->energy > log(THRESHOLD);
}

enum step_search step_find(const struct density *d, const struct metric *m,
                           struct random *random, struct point *here,
                           struct point *spare, double *step)
{
    bool grows = is_taken(d, m, random, here, spare, *step);
    while (is_taken(d, m, random, here, spare, *step) == grows) {
        *step *= grows ? 2.0 : 0.5;
        if (*step > STEP_MOST) return STEP_ENDLESS;
        if (*step < exp(-LOG_STEP_BOUND)) return STEP_NONE;
    }
    return STEP_FOUND;
}

/* One short trajectory, which does not come back to where others came back; the chain goes on at its end, if that is taken. The
 * mean acceptance of its points, as of nuts. */
static double try_step(const struct density *d, const struct metric *m,
                       struct random *random, struct points *points,
                       double step)
{
    struct point *here = points->here, *at = here;
    double sum = 0.0, accept = 0.0;
    point_push(m, random, here);
    step *= 1.0 + JITTER * (2.0 * random_unit(random) - 1.0);
    for (size_t i = 0; i < LEAPFROGS && isfinite(at->energy); i++) {
        struct point *to = points_spare(points, i % 2);
        leapfrog(d, m, step, at, to);
        accept = fmin(1.0, exp(here->energy - to->energy));
        sum += accept / LEAPFROGS;
        at = to;
    }
    if (random_unit(random) < accept) points->here = at;
    return sum;
}

void step_settle(const struct density *d, const struct metric *m,
                 struct random *random, struct points *points, double target,
                 double *step)
{
    int passed = 0;
    for (int i = 0; passed < TWICE && i < SHORTER; i++) {
        double sum = 0.0;
        for (int trial = 0; trial < TRIALS; trial++)
            sum += try_step(d, m, random, points, *step);
        passed = sum >= target * TRIALS ? passed + 1 : 0;
        if (!passed) *step *= sqrt(0.5);
    }
}
