/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What every INFER says of its run, whatever it was for: how it ended, what
 * was proposed and accepted, what the kernel knows, what was rejected for its
 * parameters.
 */
#ifndef VST_SESSION_INFER_REPORT_H
#define VST_SESSION_INFER_REPORT_H

#include "session/order.h"

/* Kernel, counts, seconds and seed, for programs; that it is INFER. First. */
void answer_run(const struct session *s, const struct order *o,
                const struct run_result *r, struct answer *a);
/* The same for a person, and what is special. Last. said: what the kernel said
 * of the run, lines; NULL: it is asked. false with the session's error. */
bool report_run(struct session *s, const struct order *o,
                const struct run_result *r, const char *said, struct answer *a);

/* INFER [kernel] :samples n ...: in command_draws.c. */
bool infer_draws(struct session *s, const struct order *o, struct answer *a);

#endif
