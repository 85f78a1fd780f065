/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The data of a program as columns of one draw: what each directive observes.
 */
#ifndef VST_SESSION_OBSERVED_H
#define VST_SESSION_OBSERVED_H

#include "session/flatten.h"
#include "session/session.h"

/* Columns observe_ID, of one value each, in out->columns; flat_close gives
 * them back. false with the session's error; closed. O(observations). */
bool observed_columns(struct session *s, struct flat *out);

#endif
