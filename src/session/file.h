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

/* The file's text; "-" is standard input, shown as "<stdin>". NULL with an
 * error of kind ERROR_IO: missing, a directory, not readable, not text. */
struct source *source_from_file(const char *path, struct error *error);

/* A copy of a text. NULL when memory ran out. */
struct source *source_from_text(const char *name, const char *text,
                                size_t length, struct error *error);

#endif
