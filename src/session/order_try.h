/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Would this INFER be taken? For those who begin a run elsewhere, and want to
 * say what is wrong with its order at once.
 */
#ifndef VST_SESSION_ORDER_TRY_H
#define VST_SESSION_ORDER_TRY_H

#include "session/order.h"

/* An order for draws is read, its kernel's names are looked up, and what it
 * watches is evaluated in the present state; nothing runs, and the random
 * numbers are as before. false with the session's error. */
bool order_try(struct session *s, const struct request *q);

#endif
