/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An adaptation that is kept in a draws file: where its lines are, not what
 * they mean.
 */
#ifndef VST_SESSION_ADAPTATION_H
#define VST_SESSION_ADAPTATION_H

#include "base/error.h"

/* The lines of the block that begins with "# Adaptation terminated", without
 * their #, each with its end; the collector's. NULL with *error: the file
 * cannot be read, or has no such block. Reads as far as the first draw. */
const char *adaptation_read(const char *path, struct error *error);

#endif
