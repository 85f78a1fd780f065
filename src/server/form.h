/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bodies of HTML forms (application/x-www-form-urlencoded), and expressions
 * that were sent as JSON: what clients of the report's system send. What is
 * read may be anything.
 */
#ifndef VST_SERVER_FORM_H
#define VST_SERVER_FORM_H

#include <jansson.h>

#include "base/text.h"

/* The field of this name, undone: + is a blank, %41 is A. false: there is
 * none, or it is malformed, or memory ran out. */
bool form_field(const char *body, size_t length, const char *name,
                struct text *out);

/* Tokens in nested lists as the text of an expression: ["f", ["g", 1]] is
 * (f (g 1)); strings stand as they are. false: something else is in it. */
bool form_expression(const json_t *tokens, struct text *out);

#endif
