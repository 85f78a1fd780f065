/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a graph to a tape: bodies of one shape become the rows of one plate,
 * whether they came from arrays, loops, or a thousand lines of text.
 */
#ifndef VST_TAPE_ROLL_H
#define VST_TAPE_ROLL_H

#include "tape/graph.h"

/* The tape of what was kept, without terms, prepared: `slots` has where each
 * kept node stands. NULL when memory ran out. It is made first, and the calls
 * that it needs are its own; the density's tape runs them too, and goes first.
 * O(nodes), expected. */
struct tape *roll_values(struct graph *g, uint32_t *slots);
/* The tape of the density, prepared; takes the calls that nobody has. */
struct tape *roll(struct graph *g);

#endif
