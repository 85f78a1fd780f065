/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lists without the references in them.
 */
#ifndef VST_EVAL_PLAIN_LIST_H
#define VST_EVAL_PLAIN_LIST_H

#include "eval/machine.h"

/* What a reference stands for now: a value, whose parts may be references.
 * false with the machine's error. */
typedef bool outer_reader(void *data, value reference, value *out);

/* The list without its references, to any depth, of which nothing is
 * recursed with; a tail in which there are none is shared. The last
 * references are read first. false with m->error. O(cells). */
bool list_plain(struct machine *m, value list, outer_reader *outer, void *data,
                value *out);

#endif
