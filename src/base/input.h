/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files that may keep their reader waiting. A pipe that nobody writes to would
 * hold us in open() or read(), where no limit of time and no Ctrl-C is looked
 * at: so it is opened at once, and waited for in short turns.
 */
#ifndef VST_BASE_INPUT_H
#define VST_BASE_INPUT_H

#include "base/patience.h"

#include <stdio.h>

/* A descriptor to read from, never kept waiting; -1 with errno. */
int input_open(const char *path);
/* The same as a stream; NULL with errno. */
FILE *input_file(const char *path);

/* Waits until there is something to read, or the end. Without `p` it goes on
 * at once, and read() waits. */
bool input_wait(int descriptor, const struct patience *p);

#endif
