/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What there is, printed from the tables.
 */
#ifndef VST_SESSION_HELP_H
#define VST_SESSION_HELP_H

#include "base/text.h"
#include "eval/machine.h"

/* All names with a line each, by topic. false when memory ran out. */
bool help_list(struct machine *m, struct text *out);

/* The same for programs: a JSON object a line, with topic, names (blanks
 * between them), signature, doc, and of random procedures what they give. */
bool help_list_json(struct machine *m, struct text *out);

#endif
