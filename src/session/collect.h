/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What an INFER keeps of each draw: every ASSUME and PREDICT that depends on
 * a choice, the expressions that are watched, and what (predict label e)
 * reports inside procedures; in memory for the summary, and in a file when
 * one is named. A label that is met several times in a state is the list of
 * its values; one that is not met in every state is left out, with a note.
 */
#ifndef VST_SESSION_COLLECT_H
#define VST_SESSION_COLLECT_H

#include "session/draws.h"
#include "session/flatten.h"
#include "session/order.h"

struct collector {
    struct session *session;
    const struct order *order;
    struct flat flat;
    struct draws file;
    struct directive **directives;
    struct code **watched;
    value *labels; /* of predictions: first those that are collected */
    size_t label_count, label_known, label_room;
    value *values; /* of one draw: directives, watched, labels */
    size_t directive_count, count;
    struct transition_counts before; /* at the draw before this one */
    struct text notes;               /* for the user: what is left out */
};

/* In the present state. Opens the file. false with the session's error, and
 * nothing is open then. */
bool collect_open(struct collector *c, struct session *s,
                  const struct order *o);
/* For run_watcher; the context is the collector. */
bool collect_warm(void *collector);
bool collect_draw(void *collector, const struct run_result *so_far);
/* Writes what is left of the file. false with the session's error. */
bool collect_finish(struct collector *c);
void collect_close(struct collector *c);

#endif
