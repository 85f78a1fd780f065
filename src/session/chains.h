/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Several chains of one order. The first runs in this process, so that its
 * last state is the session's; each other in a process of its own, forked
 * when the program is loaded. What they tell comes together here: draws in
 * columns and files, errors, deaths, and how far each one is.
 *
 *     chains_open; chains_run; chains_columns; chains_close
 */
#ifndef VST_SESSION_CHAINS_H
#define VST_SESSION_CHAINS_H

#include "session/chain.h"
#include "session/drawn.h"
#include "session/order.h"
#include "session/worker.h"

struct chains_of_order {
    struct session *session;
    const struct order *order;
    struct chain_facts facts;
    struct chain *at;
    struct worker *workers; /* one a chain; that of chain 1 is none */
    struct inbox *inboxes;
    size_t count;
    int first;             /* the number of the first one */
    int64_t looked, spoke; /* nanoseconds */
    bool prior;            /* no chain runs here: see prior.h */
    bool stopping;         /* the others have been told to stop */
    bool refused;          /* a file could not be written: error says */
    struct error error;
    struct text notes; /* for the user: what is left out, who died */
};

/* Creates the files. false with the session's error; closed. */
bool chains_open(struct chains_of_order *c, struct session *s,
                 const struct order *o);
/* The one chain of the prior, which does not run here. The same. */
bool chains_open_prior(struct chains_of_order *c, struct session *s,
                       const struct order *o);
/* Runs all to their ends. true when one of them ended well, or was stopped;
 * else false with the session's error, which is that of the first. */
bool chains_run(struct chains_of_order *c);
/* Their draws as columns, chains one behind another, cut to one length: the
 * one that keeps most draws. Takes them from the chains. false with the
 * session's error; closed. */
bool chains_columns(struct chains_of_order *c, struct drawn *out);
/* All results as one: counts and draws are sums, seconds the longest. */
struct run_result chains_result(const struct chains_of_order *c);
void chains_close(struct chains_of_order *c);

#endif
