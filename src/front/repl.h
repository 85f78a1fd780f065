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

/* All lines so far as one source; false when the directive in them is not
 * complete. A blank line ends the waiting for arguments. */
bool repl_is_complete(const struct source *source, bool blank_line);

#endif
