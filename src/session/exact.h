/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * INFER expr samples lag (enumerate): the exact distribution of an
 * expression, in place of draws of it.
 */
#ifndef VST_SESSION_EXACT_H
#define VST_SESSION_EXACT_H

#include "session/order.h"

/* How many states were visited; or, parts: of how many parts the program was
 * summed in place of them, and the values that the expression can have. */
struct exact_size {
    uint64_t states;
    uint32_t parts;
};

/* Adds the table to the answer, most probable first, and *log_ml. false with
 * the session's error. */
bool exact_answer(struct session *s, const struct order *o, struct answer *a,
                  double *log_ml, struct exact_size *size);

#endif
