/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What an INFER keeps of each draw: every ASSUME and PREDICT that depends on
 * a choice, the expressions that are watched, and what (predict label e)
 * reports inside procedures; before them what the kernel says of the draw.
 * A label that is met several times in a state is the list of its values;
 * one that is not met in every state is left out, with a note. With
 * :predictive also what each observation might have given, drawn again from
 * where it is applied to what it has in this state. It looks at
 * values and sends messages of plain numbers; where they go it does not know.
 */
#ifndef VST_SESSION_COLLECT_H
#define VST_SESSION_COLLECT_H

#include "session/flatten.h"
#include "session/message.h"
#include "session/order.h"

struct collector {
    struct session *session;
    const struct order *order;
    message_take *take; /* where messages go; false with the session's error */
    void *taker;
    struct kernel *teller; /* NULL: no kernel says anything of a draw */
    bool begun;            /* the teller is known, and what is collected */
    struct flat flat;      /* of one draw at a time */
    double *row;           /* lp__, what the kernel says, the numbers of flat */
    size_t own;            /* of them, those before flat's */
    size_t *levels_told;   /* a column */
    uint64_t divergences;
    size_t divergent; /* where a row says that; 0: nowhere */
    struct directive **directives;
    /* What :watch names and is not there already, and its code. */
    struct syntax **named;
    struct code **watched;
    value *labels; /* of predictions: first those that are collected */
    size_t label_count, label_known, label_room;
    /* With :predictive, the directives that observe, and the random numbers
     * from which their values are drawn again: those of the chain are none
     * the fewer. */
    const struct directive **observers;
    size_t observer_count, observer_room;
    struct random predictive;
    value *values; /* of one draw: directives, watched, labels, observers */
    size_t directive_count, count;
    struct transition_counts before; /* at the draw before this one */
};

/* In the present state. false with the session's error, and nothing is open
 * then. */
bool collect_open(struct collector *c, struct session *s, const struct order *o,
                  const struct random *predictive, message_take *take,
                  void *taker);
/* For run_watcher; the context is the collector. */
bool collect_warm(void *collector);
bool collect_draw(void *collector, const struct run_result *so_far);
/* The step size of the last transition; 0: the kernel has none. */
double collect_step_size(const struct collector *c);
/* Does it look at values of directives, and no more? Once it is open. */
bool collect_glimpses(const struct collector *c);
/* After the run: tells what the columns have become. false with the
 * session's error. */
bool collect_finish(struct collector *c);
void collect_close(struct collector *c);

/* ---- a chain that rests: collect_pack.c ------------------------------- */

/* Compiles what is watched, when the directives are known. */
bool collect_watched(struct collector *c);
/* After a draw, or a look at warmup, as bytes. false with the session's error. */
bool collect_pack(const struct collector *c, struct text *out);
/* Back, on a session that is as it was then: c has its session, order and
 * where messages go, and nothing else. The same; it is closed. */
struct unpack;
bool collect_unpack(struct collector *c, struct unpack *from);

#endif
