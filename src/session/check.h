/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `vestige check`: reads and compiles a program, and runs nothing. It finds
 * what is wrong with its syntax and its names, all of it and not only the
 * first.
 */
#ifndef VST_SESSION_CHECK_H
#define VST_SESSION_CHECK_H

#include "session/session.h"

/* An error, or what is worth a note and no error. */
typedef void check_note(void *context, const struct error *e, bool is_error);

/* Calls `note` for each error and note, in the order of the text, and then for each
 * unknown name, where it comes first. The session should be fresh, and is of
 * no more use for running. */
void check_source(struct session *s, const struct source *source,
                  check_note *note, void *context);

#endif
