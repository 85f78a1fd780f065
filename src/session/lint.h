/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is right, but may mean something else than its writer thinks, who knows
 * older Church systems: `let`, which is Scheme's, except that a lambda written
 * directly as a bound value sees its own name, and which once bound one name
 * after the other; tests that are no booleans, once false or false at 0; `and`
 * and `or`, once without stopping; `noisy`, and `xor`.
 */
#ifndef VST_SESSION_LINT_H
#define VST_SESSION_LINT_H

#include "eval/reader.h"

typedef void lint_note(void *context, const struct error *note);

/* Calls `note` for each place, in no special order. false when memory ran
 * out. O(size of the syntax * depth of its lets). */
bool lint_syntax(struct syntax *s, lint_note *note, void *context);

#endif
