/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Completion at the prompt: directives where a line begins, and the names of
 * procedures, special forms and what the user has bound.
 */
#ifndef VST_FRONT_COMPLETE_H
#define VST_FRONT_COMPLETE_H

#include "session/session.h"

/* Tells readline. The session must live as long as the prompt. */
void complete_open(struct session *s);

#endif
