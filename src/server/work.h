/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How much a session has done since it settled last: what would have to be
 * done again by an engine that begins from there. It is counted in nodes,
 * calls and directives, and in no seconds, so a session settles at the same
 * places each time. See checkpoint.h.
 */
#ifndef VST_SERVER_WORK_H
#define VST_SERVER_WORK_H

#include "session/session.h"

struct work {
    uint64_t calls, directives;    /* since then, by what is written down */
    uint64_t transitions, touched; /* of the session, then */
    uint64_t most;                 /* units until it is much */
    uint64_t entered;
};

/* It begins anew. failed: it cannot settle; it is tried after twice as much,
 * and so on. */
void work_begin(struct work *w, const struct session *s, bool failed);
/* Something is done; whether it counts is known behind it: what only looks is
 * not done again. */
void work_enter(struct work *w, struct session *s);
void work_leave(struct work *w, const struct session *s, bool counts);
/* Is it time to settle? */
bool work_is_much(const struct work *w, const struct session *s);

#endif
