/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * INFER expr samples lag (enumerate): the exact distribution of an
 * expression, in place of draws of it.
 */
#ifndef VST_SESSION_EXACT_H
#define VST_SESSION_EXACT_H

#include "session/order.h"

/* Adds the table to the answer, most probable first; *log_ml, and how many
 * states there are. false with the session's error. */
bool exact_answer(struct session *s, const struct order *o, struct answer *a,
                  double *log_ml, uint64_t *states);

#endif
