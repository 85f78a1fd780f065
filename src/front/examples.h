/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The examples that came with the program: what they are, and where.
 */
#ifndef VST_FRONT_EXAMPLES_H
#define VST_FRONT_EXAMPLES_H

#include "front/show.h"

/* Prints each name with the first comment of its file. Status. */
int examples_list(void);
/* Prints the text of one. */
int examples_print(const char *name);
/* Runs one; it finds its data beside it. */
int examples_run(struct session *s, struct show *show, const char *name);

#endif
