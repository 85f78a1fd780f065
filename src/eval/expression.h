/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Expressions: what a primitive answers when it meets a reference. Made by
 * engines in their `defer`, read in their `force`. What a reference other
 * than an expression stands for is the engine's to say (the reader).
 *
 * Ownership: expressions made here belong to the collector.
 */
#ifndef VST_EVAL_EXPRESSION_H
#define VST_EVAL_EXPRESSION_H

#include "eval/machine.h"

/* What a choice or region stands for now: a value, whose parts may be
 * references. false with m->error. */
typedef bool reference_reader(struct machine *m, value reference, value *out);

/* (p operands...) as an expression; *out is V_UNBOUND, and the answer still
 * true, when its tree would have more than EXPRESSION_MAX operations: the
 * engine then reads it at once. */
bool expression_make(struct machine *m, const struct primitive *p, int n,
                     const value *operands, value *out);

/* The value under v: to its outermost form, or to the bottom. Operations are
 * computed again at each reading; an error in one is raised here. Nothing
 * recurses with the depth of lists. */
bool expression_read(struct machine *m, value v, bool deep,
                     reference_reader *read, value *out);

/* The choice that v stands for, through selects and accesses, without its
 * value being read: a T_CHOICE or T_QUERIED. Anything else is answered as it is. */
bool expression_target(struct machine *m, value v, reference_reader *read,
                       value *out);

/* Calls visit for every choice or region in v, as often as it stands there;
 * stops when visit answers false, and answers false. */
bool expression_leaves(struct machine *m, value v,
                       bool (*visit)(value reference, void *data), void *data);

#endif
