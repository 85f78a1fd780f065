/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The states that a block of choices may be in, one after another, as digits:
 * of each choice the number of one of its values.
 *
 * Labels of a restaurant have no values of their own, only tables: those at
 * which somebody outside of the block sits, and behind them those that the
 * block's own guests have opened, in the order of the guests, of which the
 * last is new. So each way to seat the guests is met once, whatever the names
 * of new tables are.
 */
#ifndef VST_INFER_STATES_H
#define VST_INFER_STATES_H

#include "trace/engine.h"

struct states {
    uint32_t width;
    const struct site *sites;
    value *const *values;  /* of each choice; of a label, the outer tables */
    const uint32_t *sizes; /* how many these are */
    uint32_t *digits;
};

/* The first state, and the one after; false: there is no more. */
void states_first(struct states *s);
bool states_next(struct states *s);
/* How many there are, if they are not more than `most`; else most + 1. */
double states_count(struct states *s, double most);
/* Do the digits say what the choices hold? */
bool states_is_present(const struct states *s);
/* What the choices are to hold; `present`: what they do. New tables have
 * labels that nobody has. false with the machine's error. */
bool states_values(const struct states *s, struct engine *e, bool present,
                   value *out);

#endif
