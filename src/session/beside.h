/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a checkpoint has beside the program and its state, when all of a
 * session is wanted: the draws that PLOT looks at, a column an entry, and
 * inference in the background.
 *
 *     ENTRY_KEPT        a: chains, b: kind, and lost in bit 8; text: name;
 *                       key: doubles; reply: levels, as shown and as JSON,
 *                       each with its zero
 *     ENTRY_BACKGROUND  a: is it on; text: kernel; key: what was made, seconds,
 *                       since; reply: what ended it
 */
#ifndef VST_SESSION_BESIDE_H
#define VST_SESSION_BESIDE_H

#include "session/journal.h"
#include "session/session.h"

/* false with the session's error: memory ran out, or it is too much. */
bool beside_write(struct session *s, uint64_t *chain, struct text *out);
/* One entry, whatever is in it. The same; or it is none of these. */
bool beside_read(struct session *s, const struct entry *e);

#endif
