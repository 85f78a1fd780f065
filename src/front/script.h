/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Programs that are run from beginning to end: files, standard input, and
 * expressions of the command line.
 */
#ifndef VST_FRONT_SCRIPT_H
#define VST_FRONT_SCRIPT_H

#include "front/show.h"

/* Does every directive; the first error is shown, and ends it. Status: 0, 1
 * after an error, 130 when the user stopped it. */
int script_run_file(struct session *s, struct show *show, const char *path);
int script_run_text(struct session *s, struct show *show, const char *name,
                    const char *text);

/* Reads and compiles every directive of a file, and runs none: syntax and
 * names. All errors are shown. Status 0 or 1. */
int script_check_file(struct session *s, struct show *show, const char *path);

#endif
