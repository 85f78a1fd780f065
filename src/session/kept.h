/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The draws that a session keeps, so that PLOT can show them: the columns of
 * the last INFER that made draws, until the program says something else
 * about the world (an observation more, a name bound again, a directive
 * less).
 */
#ifndef VST_SESSION_KEPT_H
#define VST_SESSION_KEPT_H

#include "session/column.h"
#include "session/session.h"

/* Takes the columns over, and leaves empty ones behind. false with the
 * session's error; nothing is kept then. */
bool kept_take(struct session *s, struct column *columns, size_t count);

/* Forgets them. */
void kept_drop(struct session *s);

/* The first column from `from` on that belongs to the variable or watched
 * expression of this text: its own, or that of one of its elements. NULL
 * when there is none (left). O(columns). */
const struct column *kept_find(const struct session *s, const char *text,
                               size_t *from);

/* Is a column of this name of the variable or expression of this text? */
bool column_belongs(const char *name, const char *text);

#endif
