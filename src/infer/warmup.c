/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Adaptation of step and metric together: see warmup.h.
 */
#include "infer/warmup.h"

bool warmup_open(struct warmup *w, enum metric_kind kind, size_t size,
                 double target, double step, bool fixed)
{
    *w = (struct warmup){.step = step, .target = target, .fixed = fixed};
    slopes_open(&w->slopes, kind, size);
    if (metric_open(&w->metric, kind, size) &&
        moments_open(&w->moments, kind, size) &&
        directions_open(&w->together, kind, size))
        return true;
    warmup_close(w);
    return false;
}

void warmup_close(struct warmup *w)
{
    metric_close(&w->metric);
    moments_close(&w->moments);
    moments_close(&w->together);
    slopes_close(&w->slopes);
}

/* A search from the present step; then averaging begins from what it found.
 * Where it found none the step is as before. */
enum step_search warmup_search(struct warmup *w, const struct density *d,
                               struct random *random, struct points *points)
{
    double step = w->step;
    enum step_search end = STEP_FOUND;
    if (!w->fixed)
        end = step_find(d, &w->metric, random, points->here,
                        points_spare(points, 0), &step);
    if (end == STEP_FOUND) w->step = step;
    step_average_begin(&w->average, w->target, w->step);
    return end;
}

enum step_search warmup_begin(struct warmup *w, uint64_t total,
                              const struct density *d, struct random *random,
                              struct points *points)
{
    windows_begin(&w->windows, total);
    moments_clear(&w->moments);
    moments_clear(&w->together);
    slopes_clear(&w->slopes);
    enum step_search end = warmup_search(w, d, random, points);
    if (end == STEP_FOUND && !total && !w->fixed)
        step_settle(d, &w->metric, random, points, w->target, &w->step);
    return end;
}

enum warmup_stage warmup_learn(struct warmup *w, double accept_stat,
                               const struct point *here)
{
    bool learn, end;
    windows_step(&w->windows, &learn, &end);
    double step = step_average_learn(&w->average, accept_stat);
    if (!w->fixed) w->step = step;
    if (learn) {
        moments_add(&w->moments, here->q);
        moments_add(&w->together, here->q);
        slopes_add(&w->slopes, here->q, here->gradient);
    }
    return end ? WARMUP_TURNS : learn ? WARMUP_SEES : WARMUP_STEPS;
}

void warmup_turn(struct warmup *w)
{
    moments_to_metric(&w->moments, &w->metric);
    directions_to_metric(&w->together, &w->metric);
    slopes_to_metric(&w->slopes, &w->metric);
    moments_clear(&w->moments);
    moments_clear(&w->together);
    slopes_clear(&w->slopes);
}

void warmup_end(struct warmup *w)
{
    if (!w->fixed && w->average.count > 0.0)
        w->step = step_average_end(&w->average);
    w->average.count = 0.0;
}
