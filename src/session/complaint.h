/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Domain errors in proposed states, by source place: what the engine counted
 * while it rejected them, gathered for a person.
 */
#ifndef VST_SESSION_COMPLAINT_H
#define VST_SESSION_COMPLAINT_H

#include "session/session.h"

/* Takes what the engine has collected since the last time; the session's
 * list holds what came with the last INFER. */
bool complaints_gather(struct session *s);

/* The session's list is emptied; one is added to it, with the others of its
 * place. false with the session's error. */
void complaints_clear(struct session *s);
bool complaints_add(struct session *s, const struct engine_complaint *c);

/* Adds them to an answer, most frequent first:
 *     normal: sd must be positive at m.church:3:9: 412 of 20,000
 */
bool complaints_answer(struct session *s, uint64_t proposals, struct answer *a);

/* 20000 as "20,000"; buffer of 32. Returns it. */
const char *grouped(uint64_t n, char *buffer);

#endif
