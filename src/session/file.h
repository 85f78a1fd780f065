/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Programs from files: whole texts in memory, refused when they are no text.
 *
 * Ownership: sources belong to the collector; the spans of whatever was read
 * from one keep it alive.
 */
#ifndef VST_SESSION_FILE_H
#define VST_SESSION_FILE_H

#include "base/error.h"
#include "base/input.h"

/* The file's text; "-" is standard input, shown as "<stdin>". NULL with an
 * error of kind ERROR_IO: missing, a directory, not readable, not text. A
 * pipe is waited for as `p` says; NULL waits as long as it takes. */
struct source *source_from_file(const char *path, const struct patience *p,
                                struct error *error);

/* A copy of a text. NULL when memory ran out. */
struct source *source_from_text(const char *name, const char *text,
                                size_t length, struct error *error);

#endif
