/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The run of one chain from its random numbers to its last message, in this
 * process, wherever the messages go. What it does depends on the session as
 * it is, the order and the chain's number alone.
 */
#ifndef VST_SESSION_CHAIN_RUN_H
#define VST_SESSION_CHAIN_RUN_H

#include "session/message.h"
#include "session/order.h"

/* Random numbers and the first state; then what depends on that state. What
 * every form of INFER begins with. false with the session's error. */
bool order_prepare(struct session *s, struct order *o);

/* Counts what was done for the session. */
void session_count(struct session *s, const struct run_result *r);

/* Chain `number`: its stream is that of the session, jumped as often as there
 * are chains before it. Its last message is MESSAGE_END, after MESSAGE_FAILED
 * when it ended in an error; that is the session's as well. false: so it
 * ended, or a message was not taken. */
bool chain_run(struct session *s, const struct order *order, int number,
               message_take *take, void *taker);

#endif
