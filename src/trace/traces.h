/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The full trace: a node for every evaluation that could be another in
 * another state, as the report's section 5 has it (J. Wu, "Reduced traces and
 * JITing in Church", 2013). It is the reduced trace before it is reduced, and
 * is moved by the same propagation, in the order of ranks; what differs is
 * what has a node:
 *
 *     traces_apply.c   each application of a primitive to something random
 *     traces_call.c    each call of a procedure that makes calls
 *
 * with its value kept, so that only what changes is computed again, at the
 * price of as many nodes as the program has evaluations.
 */
#ifndef VST_TRACE_TRACES_H
#define VST_TRACE_TRACES_H

#include "trace/reduced.h"

/* The handler's hooks of these names. */
bool traces_defer(struct machine *m, const struct primitive *p, int n,
                  const value *operands, value *out);
enum enter_answer traces_enter(struct machine *m, value procedure, int n,
                               const value *operands, uint64_t location,
                               value *out);

#endif
