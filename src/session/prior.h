/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The prior of a program: what it says before anything is observed. Draws of
 * it are those of a program in which each OBSERVE is a PREDICT of the same
 * expression, and no factor and no condition stands at the top.
 */
#ifndef VST_SESSION_PRIOR_H
#define VST_SESSION_PRIOR_H

#include "session/drawn.h"
#include "session/order.h"

/* Turns the session's program into that program: for a process that has no
 * other use for it. Each OBSERVE becomes the PREDICT observe_ID. What
 * procedures observe, and OBSERVE-EACH, stays. false with the session's
 * error. */
bool prior_program(struct session *s);

/* As many draws as the order wants, of one chain, run in a process of its
 * own: the session stays as it is, its random numbers too. With :out they are
 * in STEM_prior_1.csv as well. false with the session's error. */
bool prior_draws(struct session *s, const struct order *o, struct drawn *out);

#endif
