/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Places in the text of a session's program, as bytes: by the id of the
 * directive and where in it; in the library, by its file. So who has the same
 * program finds them, whatever its texts were read from.
 */
#ifndef VST_SESSION_PLACES_H
#define VST_SESSION_PLACES_H

#include "base/pack.h"
#include "infer/kernel_past.h"
#include "session/session.h"

/* A place in no text, or in one that is neither, is written as none. false:
 * memory ran out. O(directives). */
bool place_write(struct session *s, struct span place, struct text *out);
/* *out without a source: none, or one that is not there any more. false: these
 * are no such bytes. */
bool place_read(struct session *s, struct unpack *from, struct span *out);

/* The same for kernels; valid as long as the session. */
struct place_book places_of(struct session *s);

#endif
