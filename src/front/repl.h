/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The prompt: history, completion, lines that go on until a directive is
 * complete. An error keeps the session; Ctrl-C clears the line, or stops an
 * INFER; Ctrl-D leaves.
 */
#ifndef VST_FRONT_REPL_H
#define VST_FRONT_REPL_H

#include "front/show.h"

/* Until the user leaves. Status. */
int repl_run(struct session *s, struct show *show);

#endif
