/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rejections for a parameter out of its domain, counted by their place in
 * the program text.
 */
#ifndef VST_TRACE_REJECTION_H
#define VST_TRACE_REJECTION_H

#include "trace/engine.h"

struct rejections {
    struct engine_complaint at[32];
    size_t count;
};

/* Counts an error of kind ERROR_DOMAIN; others, and places beyond the room,
 * are passed over. */
void rejection_add(struct rejections *c, const struct error *e);
/* Hands them out and forgets them; answers how many were written. */
size_t rejections_take(struct rejections *c, struct engine_complaint *into,
                       size_t room);

#endif
