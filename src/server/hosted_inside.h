/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What hosted.c and hosted_wake.c share.
 */
#ifndef VST_SERVER_HOSTED_INSIDE_H
#define VST_SERVER_HOSTED_INSIDE_H

#include <unistd.h>

#include "server/hosted.h"

/* Calls done, and frees the task. */
void task_end(struct task *t, enum outcome_kind kind);
void queue_add(struct queue *q, struct task *t);
struct task *queue_take(struct queue *q);
void queue_end(struct queue *q, enum outcome_kind kind);

/* Asks what waits, as far as may be. */
void hosted_pump(struct hosted *h);
/* The engine has answered the current task. */
void hosted_heard(struct hosted *h, const struct wire_reply *r,
                  const char *json, size_t length);
/* The engine is dead. */
void hosted_died(struct hosted *h);

/* hosted_wake.c: an engine for it, which does the entries again. */
void hosted_wake(struct hosted *h);
/* Ends the engine and forgets it; what waits, waits. */
void hosted_lost(struct hosted *h);

#endif
