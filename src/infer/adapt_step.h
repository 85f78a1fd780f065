/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The step of the leapfrog: a first one of a sensible size, and dual
 * averaging towards a mean acceptance statistic.
 *
 * Source: [HG] Hoffman, Gelman, "The No-U-Turn Sampler", JMLR 15 (2014)
 * 1593-1623, section 3.2 (formula 6 and algorithm 5); with Stan's constants.
 */
#ifndef VST_INFER_ADAPT_STEP_H
#define VST_INFER_ADAPT_STEP_H

#include "infer/leapfrog.h"

struct step_average {
    double target;   /* of the acceptance statistic, in (0, 1) */
    double centre;   /* mu: towards it the step is drawn */
    double error;    /* H: mean of target less statistic */
    double log_mean; /* log of the averaged step */
    double count;
};

/* Begins again at this step. */
void step_average_begin(struct step_average *a, double target, double step);
/* Takes one statistic in, clipped to at most 1 (NaN: 0); answers the step to
 * go on with, finite and positive. */
double step_average_learn(struct step_average *a, double accept_stat);
/* The step that warmup ends with. */
double step_average_end(const struct step_average *a);

enum step_search {
    STEP_FOUND,
    STEP_ENDLESS, /* all steps up to 1e7 are taken: the density is flat */
    STEP_NONE     /* no step is small enough: it is not smooth here */
};

/* Doubles or halves *step until one leapfrog from `here` crosses acceptance
 * 0.8 ([HG] algorithm 4, Stan's threshold). `here` was placed; its momentum
 * is lost. spare: another point. */
enum step_search step_find(const struct density *d, const struct metric *m,
                           struct random *random, struct point *here,
                           struct point *spare, double *step);

/* Shortens *step until short trajectories are taken with this mean
 * probability: for a step that no warmup will mend, as one that a single
 * leapfrog bears may be beyond what is stable. The chain moves by them, and
 * comes from where it was to where it will be. There are three points at
 * least. */
void step_settle(const struct density *d, const struct metric *m,
                 struct random *random, struct points *points, double target,
                 double *step);

#endif
