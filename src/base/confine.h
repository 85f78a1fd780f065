/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What files this process may touch. As long as nobody asked, all that its
 * user may; once it is confined, it opens for reading what lies under one
 * folder and nothing else, and writes no file at all. There is no way back.
 * Every file that a program names is opened through here.
 */
#ifndef VST_BASE_CONFINE_H
#define VST_BASE_CONFINE_H

#include <stdbool.h>
#include <stdio.h>

/* From now on; folder NULL: no file at all. The system is told as well,
 * where it listens (Linux's Landlock), so that a file that is opened behind
 * our back is refused too. false with errno: the folder is not to be had. */
bool confine(const char *folder);

/* open(2); when confined, flags that write are refused with EPERM, and a
 * path is one from the folder, which no `..`, link or mount point leaves. */
int confined_open(const char *path, int flags, unsigned mode);
/* The same as a stream, to write; NULL with errno. */
FILE *confined_create(const char *path);
/* May files be written? false with errno. */
bool confine_may_write(void);

#endif
