/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One chain as the session sees it: what has come of it so far, told by its
 * messages, in columns of numbers and in its draws file. It does not know
 * whether the chain runs in this process or in another.
 *
 * Ownership: everything in it is malloc's and its own, until columns are
 * taken from it.
 */
#ifndef VST_SESSION_CHAIN_H
#define VST_SESSION_CHAIN_H

#include "infer/run.h"
#include "session/column.h"
#include "session/draws.h"
#include "session/message.h"

enum chain_state {
    CHAIN_RUNS,
    CHAIN_DONE,   /* it said how it ended */
    CHAIN_FAILED, /* with an error of the program or of its limits */
    CHAIN_DIED    /* it said nothing more */
};

/* What the head of a draws file says of the run, besides the chain. */
struct chain_facts {
    const char *out; /* beginning of the file's name; NULL: no file */
    bool together;   /* the file is one of all chains: not ours to write */
    const char *engine, *kernel;
    uint64_t seed;
};

enum { CHAIN_COMPLAINTS = 32 };

struct chain {
    int number; /* from 1 */
    enum chain_state state;
    const struct chain_facts *facts;
    struct draws file;
    char *path; /* of the file, also when it is closed; NULL: none */
    struct column *columns;
    struct message_header header; /* width 0: no header yet */
    uint64_t draws;
    struct run_progress progress;
    struct run_result result;
    struct text adapted; /* lines */
    struct text notes;   /* for the user */
    struct text said;    /* by its kernel: lines */
    struct engine_complaint complaints[CHAIN_COMPLAINTS];
    size_t complaint_count;
    struct error error;   /* what ended it */
    struct error refusal; /* why a message could not be taken: the file */
};

/* Creates the file, if there is to be one. false with *error; closed. */
bool chain_open(struct chain *c, int number, const struct chain_facts *facts,
                struct error *error);
/* For messages; the context is the chain. false with c->refusal. */
message_take chain_take;
/* No more will come: writes the end of the file. false with *error. */
bool chain_finish(struct chain *c, struct error *error);
void chain_close(struct chain *c);

#endif
