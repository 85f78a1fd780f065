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
 * CHECKPOINT_PROGRAM is what a person saves. CHECKPOINT_ALL has also what
 * PLOT looks at, what INFER-STATUS tells and what is counted by place: whoever
 * asks the one who comes back cannot tell it from the one who went.
 */
#ifndef VST_SESSION_CHECKPOINT_H
#define VST_SESSION_CHECKPOINT_H

#include "base/pack.h"
#include "session/session.h"

enum checkpoint_what { CHECKPOINT_PROGRAM, CHECKPOINT_ALL };

/* Appends the session. false with its error: memory ran out, or a choice has
 * a value that is no data. O(choices and text). */
bool checkpoint_write(struct session *s, enum checkpoint_what what,
                      struct text *out);

/* Makes the session what the bytes say, whatever they are: false with its
 * error when they are no checkpoint of this version, or do not come out as
 * they went in (another build, other data); the session is as before, or, if
 * that does not come back either, empty, and the error says so. */
bool checkpoint_read(struct session *s, const char *bytes, size_t length);
/* The same without a way back: on false the session is not to be used. */
bool checkpoint_become(struct session *s, const char *bytes, size_t length);

/* Does it come back, in a process beside this one? false with the session's
 * error, which is ERROR_ENGINE when that process said nothing. */
bool checkpoint_comes_back(struct session *s, const struct text *bytes);

enum settled {
    SETTLED,       /* *out has the bytes, and the session is what they say */
    SETTLE_CANNOT, /* it has what does not go into bytes: all is as before */
    SETTLE_LOST    /* no process, no memory: the session is not to be used */
};
/* The session becomes what its bytes will make of whoever reads them. The
 * same session settles, or cannot, each time. */
enum settled checkpoint_settle(struct session *s, enum checkpoint_what what,
                               struct text *out);

/* A plain value as bytes, and back. false: memory, with the session's error;
 * it is no data; they are none. */
bool checkpoint_put_value(struct session *s, value v, struct text *out);
bool checkpoint_get_value(struct session *s, struct unpack *from, value *out);

#endif
