/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a session counts by place, in a checkpoint: MHSTATS on, PROFILE on, and
 * what was rejected for a domain error. Rows stand in the order in which they
 * came; those of a text that is no more are left out.
 *
 *     ENTRY_COUNTS      a: is MHSTATS on, and PROFILE in bit 1; text, key: rows
 *                       of MHSTATS and of PROFILE; reply: complaints
 */
#ifndef VST_SESSION_COUNTS_H
#define VST_SESSION_COUNTS_H

#include "session/journal.h"
#include "session/session.h"

/* Appends the entry, if there is anything to say. false with the session's
 * error. */
bool counts_write(struct session *s, uint64_t *chain, struct text *out);
/* false: it is no such entry, or memory ran out. */
bool counts_read(struct session *s, const struct entry *e);
/* Nothing is counted, and nothing will be. */
void counts_forget(struct session *s);

#endif
