/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A session as bytes without pointers, in the form of a journal: SAVE writes
 * them, RESTORE reads them. What is kept is the program, as it was typed, with
 * its ids; each choice's location and value; the random numbers that come next
 * and what INFERs made so far. The rest (scores, procedures, what is computed)
 * comes back by running the program with the choices at hand.
 *
 * After SAVE the session itself is what RESTORE would make of it: lists in the
 * order of the program, sums from nothing. So who goes on and who comes back
 * later are one state, and draw the same.
 *
 * Not kept: draws, adaptations, inference in the background, counts by place.
 */
#ifndef VST_SESSION_CHECKPOINT_H
#define VST_SESSION_CHECKPOINT_H

#include "session/session.h"

/* Appends the session. false with its error: memory ran out, or a choice has
 * a value that is no data. O(choices and text). */
bool checkpoint_write(struct session *s, struct text *out);

/* Makes the session what the bytes say, whatever they are: false with its
 * error when they are no checkpoint of this version, or do not come out as
 * they went in (another build, other data); the session is as before, or, if
 * that does not come back either, empty, and the error says so. */
bool checkpoint_read(struct session *s, const char *bytes, size_t length);

#endif
