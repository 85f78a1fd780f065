/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The exact distribution of an expression in a finite program, by sums over
 * its parts in place of its states: what trace/units.h makes of the program,
 * summed by infer/eliminate.h. For programs whose states are too many, and
 * whose choices hang together loosely: chains, trees, grammars by spans.
 */
#ifndef VST_INFER_FACTORED_H
#define VST_INFER_FACTORED_H

#include "trace/engine.h"

/* A value of the expression, and the log of its mass: its probability, times
 * that of what is observed. false: stop, with the machine's error. */
typedef bool factored_visit(void *context, value v, double log_mass);

/* `most`: runs of parts, and entries of one table. *fits false: the program
 * is not of this kind, or takes more; nothing was visited. `parts`: how many
 * there were. false with the machine's error. */
bool factored_run(struct machine *m, struct directive *const *program,
                  uint32_t count, const struct code *query, double most,
                  factored_visit *visit, void *context, uint32_t *parts,
                  bool *fits);

#endif
