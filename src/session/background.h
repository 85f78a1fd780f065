/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inference in the background: a kernel that moves the state while nobody
 * asks for anything. There is no thread: whoever waits, a prompt or a server,
 * lends its time with session_idle; a script makes a slice of
 * BACKGROUND_SLICE transitions after each directive, a number and no time, so
 * that its draws are the same each time.
 *
 * A directive finds the kernel closed, for it may change what the kernel looks
 * at; with the next slice it begins anew, and adapts in its first
 * BACKGROUND_WARMUP transitions.
 */
#ifndef VST_SESSION_BACKGROUND_H
#define VST_SESSION_BACKGROUND_H

#include "session/session.h"

enum { BACKGROUND_SLICE = 1000, BACKGROUND_WARMUP = 1000 };

enum idle {
    IDLE_NOTHING, /* it is off, or no choice is there to move */
    IDLE_MORE,    /* there is more to do */
    IDLE_FAILED   /* an error: session_error, background.ended; it is off */
};

/* Moves the state: at most so many transitions, and about so many seconds
 * (0: as long as it takes). A cancel ends the slice; one that lasts longer
 * than BACKGROUND_PATIENCE seconds is an error by then. */
enum idle session_idle(struct session *s, uint64_t transitions, double seconds);

/* Closes the kernel until the next slice. */
void background_pause(struct session *s);

#endif
