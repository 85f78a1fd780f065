/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The global names of a machine: a table of cells, by symbol. A name may
 * have two cells, the user's and the built-in one; the user's wins. A cell
 * never moves, so code points at it.
 *
 * Ownership: cells and table belong to the collector.
 */
#ifndef VST_EVAL_GLOBAL_H
#define VST_EVAL_GLOBAL_H

#include "eval/machine.h"

/* The user's cell of a name if it has one, else the built-in one; NULL. */
struct global *global_find(struct machine *m, value name);
struct global *global_user(struct machine *m, value name);
struct global *global_builtin(struct machine *m, value name);
/* The cell, made if there is none. NULL when memory ran out. */
struct global *global_make(struct machine *m, value name, bool builtin);
/* For the expander: the cell that a name in code means, made unbound if
 * there is none (it may be defined later). The name is noted in
 * m->mentions. */
struct global *global_mention(struct machine *m, value name, bool library,
                              struct span span);
/* The bound name nearest to this one in spelling; NULL. */
const char *global_nearest(struct machine *m, const char *name);
/* Calls `visit` for every bound cell, in order of name. */
void global_each(struct machine *m, void (*visit)(struct global *, void *data),
                 void *data);
/* The first user cell that is mentioned and bound nowhere, or NULL. Each
 * call passes on: *position starts at 0. */
struct global *global_next_unbound(struct machine *m, uint32_t *position);

#endif
