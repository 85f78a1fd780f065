/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From the values of a choice back to its coordinates; and their shape.
 */
#ifndef VST_TAPE_GATHER_SPACE_H
#define VST_TAPE_GATHER_SPACE_H

#include "tape/gather_inside.h"

/* The coordinates of what the choice holds, into y[0 .. count - 1]; false: it
 * stands on an edge, or its bounds cannot be read (then maybe with the
 * machine's error). */
bool space_read(struct trace *t, const struct gather_block *k, double *y);
/* Has what the choice holds the shape that it had? O(rows of a list). */
bool space_has_shape(const struct gather_block *k);

#endif
