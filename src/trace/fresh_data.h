/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Does an observation give its value to a choice that stands already? Then
 * what was drawn before it, and what followed from that, was of another state:
 * a program that has such observations is drawn from the prior as a whole, not
 * directive by directive. `OBSERVE (flip p) True` has a choice of its own,
 * `OBSERVE x 1` has not.
 *
 * Knows code; nothing of traces.
 */
#ifndef VST_TRACE_FRESH_DATA_H
#define VST_TRACE_FRESH_DATA_H

#include "trace/engine.h"

/* Does this directive observe nothing, or the answer of a random procedure
 * that it applies itself? false where that is not certain. Names mean what
 * they mean now. */
bool data_are_fresh(const struct directive *d);

#endif
