/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a chain of HMC or NUTS adapts: step and metric, in the order in which
 * Stan adapts them. After each transition the step follows its acceptance
 * statistic; at the end of each window the metric becomes what was learned in
 * it, and the step begins again from a search.
 *
 * After warmup_end nothing changes. It knows no programs.
 */
#ifndef VST_INFER_WARMUP_H
#define VST_INFER_WARMUP_H

#include "infer/adapt_directions.h"
#include "infer/adapt_metric.h"
#include "infer/adapt_slopes.h"
#include "infer/adapt_step.h"
#include "infer/windows.h"

struct warmup {
    struct metric metric;
    struct moments moments;
    struct moments together; /* of a directed metric, what goes together */
    struct slopes slopes;    /* the same, of many coordinates */
    struct windows windows;
    struct step_average average;
    double step;   /* of the next transition */
    double target; /* acceptance statistic */
    bool fixed;    /* the step is the user's, and stays */
};

/* false: memory ran out; empty then. step: the first, or, when fixed, the
 * only one. */
bool warmup_open(struct warmup *w, enum metric_kind kind, size_t size,
                 double target, double step, bool fixed);
void warmup_close(struct warmup *w);

/* Before the first transition: `total` will be made in warmup. Looks for a
 * first step unless it is fixed; where it will be the only one, for one that
 * trajectories bear. The chain was placed at points->here. */
enum step_search warmup_begin(struct warmup *w, uint64_t total,
                              const struct density *d, struct random *random,
                              struct points *points);
enum warmup_stage {
    WARMUP_STEPS, /* the step was learned, and nothing else */
    WARMUP_SEES,  /* the position too */
    WARMUP_TURNS  /* and with it a window ends: warmup_turn and warmup_search
                     are next */
};
/* A transition was made, and the chain is `here`. */
enum warmup_stage warmup_learn(struct warmup *w, double accept_stat,
                               const struct point *here);
/* What the window has seen becomes the metric, and is forgotten. */
void warmup_turn(struct warmup *w);
/* The step begins again from a search. The momentum of `here` is lost. */
enum step_search warmup_search(struct warmup *w, const struct density *d,
                               struct random *random, struct points *points);
/* The step becomes the average. Again: nothing. */
void warmup_end(struct warmup *w);

#endif
