/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of the trial share: see trial.h.
 */
#ifndef VST_XRP_TRIAL_INSIDE_H
#define VST_XRP_TRIAL_INSIDE_H

#include <stdio.h>

#include "xrp/trial.h"

/* Each false with the machine's error. */
bool trial_failed(struct trial *t);
bool trial_line(struct trial *t, bool good, const char *what);
/* A line on what cannot be tried. */
bool trial_note(struct trial *t, const char *what);
/* An empty state: what it hides, it hides for the whole trial. */
bool trial_begin(struct trial *t);
bool trial_prob(struct trial *t, value v, double *out);
bool trial_draw(struct trial *t, value *out);
bool trial_change(struct trial *t, bool in, value v);

bool trial_agree(double a, double b);
const char *trial_words(value v, char *to, size_t size);

/* trial_draws.c: what draws come how often. */
bool trial_frequencies(struct trial *t);
bool trial_support(struct trial *t);
bool trial_proposals(struct trial *t);
bool trial_joint(struct trial *t);
bool trial_weights(struct trial *t);
bool trial_slopes(struct trial *t);

/* trial_hidden.c: what is kept, and what a state hides. */
bool trial_decisions(struct trial *t);
bool trial_transition(struct trial *t);

/* Values that are said to come with some probability, counted. NULL with the
 * machine's error. */
struct trial_count;
struct trial_count *trial_count_new(struct trial *t);
/* One came, and this was said of it, or nothing (NaN); false: too many, or
 * not always the same is said of one. */
bool trial_count_add(struct trial_count *c, value v, double log_p);
/* Did some come more than once? */
bool trial_count_used(const struct trial_count *c);
/* Else *v, the worst, came *counted times, and *said is its probability. */
bool trial_count_agrees(struct trial_count *c, value *v, double *counted,
                        double *said);

#endif
