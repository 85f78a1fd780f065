/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The program of a session: which directives are kept, in what order, and
 * which names refer to which. Every change is whole: on an error the
 * program, its code and the names are as before.
 */
#ifndef VST_SESSION_PROGRAM_H
#define VST_SESSION_PROGRAM_H

#include "session/session.h"

/* NULL when there is none. O(directives). */
struct directive *program_by_id(const struct program *p, int id);
struct directive *program_by_name(const struct program *p, value name);
/* By what a user writes: an id, or the name of an ASSUME or label of a
 * PREDICT. NULL with the session's error. */
struct directive *program_find(struct session *s, const struct syntax *which);

/* A directive that is not yet in the program; its code comes when it is
 * added. NULL with the session's error. */
struct directive *program_new(struct session *s, enum directive_kind kind,
                              const struct request *q,
                              struct syntax *expression);

/* After an OBSERVE was added: its syntax is read again if ever it is needed. */
void program_forget_syntax(struct directive *d);
/* Compiles it, binds its name, and gives it to the engine: at the end, or in
 * place of the ASSUME that has its name, and with its id. */
bool program_add(struct session *s, struct directive *d);

/* Takes it away; an ASSUME only when nothing refers to it. */
bool program_remove(struct session *s, struct directive *d);

void program_clear(struct session *s);

/* "assume", "observe", ... */
const char *directive_kind_name(enum directive_kind kind);

#endif
