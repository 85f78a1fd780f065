/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a run does, as server-sent events. A listener has no queue: it has a
 * place, so many draws of each chain, and gets what is behind it from the
 * files of the run, when its connection has room. The place is the events'
 * id, so who comes back with Last-Event-ID goes on where it was, also after
 * the server died. One that is too slow is moved forward, and told so with an
 * event `summary` in place of the draws that it missed.
 *
 *     event: columns    {"columns":[...],"chains":4}
 *     event: draws      {"chain":1,"from":120,"draws":[[...],...]}
 *     event: progress   {"chains":[{"draws":..,"made":..,...},...]}
 *     event: summary    {"missed":[...]}
 *     event: end        {"state":"done"}
 */
#ifndef VST_SERVER_EVENTS_H
#define VST_SERVER_EVENTS_H

#include "server/exchange.h"

struct run;
struct MHD_Response;

/* The exchange becomes a stream of the run's events. */
void stream_open(struct exchange *x, struct run *r);
void stream_close(struct stream *s);
struct MHD_Response *stream_response(struct stream *s);
/* There is something new of the run. */
void streams_wake(struct run *r);

#endif
