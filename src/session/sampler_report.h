/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What kernels with gradients say of a run, in words: divergences and where
 * they are, energies that hardly move, trees that were cut. It sees columns
 * of numbers, those of CmdStan's names among them.
 */
#ifndef VST_SESSION_SAMPLER_REPORT_H
#define VST_SESSION_SAMPLER_REPORT_H

#include "base/text.h"
#include "session/answer.h"
#include "session/drawn.h"

/* Stan's bounds: an E-BFMI below this is ill. */
#define EBFMI_LEAST 0.3

/* Lines for a person, each with what to do; none when all is well, or when
 * the kernel says nothing. false when memory ran out. */
bool sampler_verdict(struct text *out, const struct drawn *d);

/* The figures: E-BFMI by chain, divergences, the deepest tree. The same. */
bool sampler_answer(const struct drawn *d, struct answer *a);

#endif
