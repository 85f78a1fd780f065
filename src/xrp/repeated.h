/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An index drawn in proportion to weights, where the same list or vector of
 * weights is drawn from again and again.
 */
#ifndef VST_XRP_REPEATED_H
#define VST_XRP_REPEATED_H

#include "xrp/family.h"

/* The sum of the weights; NaN when they are none: a value that is no
 * number, a negative number, a sum of zero or beyond doubles. */
double weights_sum(struct series s);

/* Draws an index of the series, which is that of `whole` (V_NIL: it is no one
 * object). Linear in their number; the third draw from one object makes a
 * table, and from then on the time is constant. The index depends on the
 * weights and the random number only. False when these are no weights. */
bool weights_draw(value whole, struct series s, struct random *r, uint32_t *k);
/* The same without looking at the weights, where there is a table at hand;
 * false, and nothing drawn, when there is none. */
bool weights_draw_again(value whole, struct random *r, uint32_t *k);

#endif
