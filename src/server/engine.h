/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An engine: the process in which one session of the server lives. It does
 * what frames ask (wire.h), one after another, and knows no HTTP, no journal
 * and no other session. When nobody asks and INFER-ON was said, it moves the
 * state, and counts how far.
 */
#ifndef VST_SERVER_ENGINE_H
#define VST_SERVER_ENGINE_H

#include "server/spawner.h"
#include "server/wire.h"
#include "session/session.h"

/* An engine_body. */
int engine_serve(int socket, const struct engine_order *order);

/* Does the directives of a text, and fills the reply; `out` gets a JSON
 * array of answers, or the error as an object. */
void engine_do(struct session *s, const struct wire_do *d, const char *text,
               size_t length, struct wire_reply *reply, struct text *out);

/* The directives that are kept, as they were typed, a line end behind each,
 * as a JSON string. */
bool engine_program(struct session *s, struct text *out);

/* {"message":...,"kind":...,"line":...,...}; false: memory ran out. */
bool engine_error_json(const struct error *e, struct text *out);

/* engine_run.c: the answers of a run go to `socket`, from a process of its
 * own, which is a copy of this one. false: there is no process to be had. */
bool engine_run(struct session *s, const struct wire_do *d, const char *text,
                size_t length, int socket);

#endif
