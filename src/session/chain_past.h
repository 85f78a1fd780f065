/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Chains that rest and go on. At a rest a chain closes its kernel, writes
 * down all that it is, and becomes what it wrote; so one that goes on later,
 * in another process, draws what this one draws. Rests come after so much
 * work, counted in transitions and nodes and in no seconds: the same each
 * time.
 *
 * What is written: the draws that the chain has made, and their width; then
 * the run, thin and warmup, what the kernel has learned, what was told but for
 * draws (columns, levels, notes), complaints, the collector, and a checkpoint
 * of the session.
 */
#ifndef VST_SESSION_CHAIN_PAST_H
#define VST_SESSION_CHAIN_PAST_H

#include "infer/kernel_past.h"
#include "session/chain.h"
#include "session/collect.h"

/* Units of work from one rest to the next, about a second: for session.rests.
 */
enum { CHAIN_REST_WORK = 10000000 };

/* A chain as it was, and its draws so far. Bytes are the caller's. */
struct chain_past {
    uint64_t draws, width;
    const char *state; /* NULL: this chain begins at its beginning */
    size_t length;
    int rows; /* a file that begins with its draws */
};

/* The first two numbers, for who keeps it. false: this is none. */
bool chain_past_head(struct chain_past *p, const char *state, size_t length);

/* What it had told, told again: its draws to `draw`, all else to `take`.
 * false: the bytes or the file are not what they should be, or it could not
 * be taken. */
bool chain_past_tell(const struct chain_past *p, message_take *take,
                     void *taker, message_take *draw, void *drawer);

/* One that is under way. */
struct chain_rest {
    struct session *session;
    struct order *order;
    struct collector *collector;
    struct place_book places;
    struct run_past past; /* at the last rest; zeroed: there was none yet */
    struct text told;     /* all but draws, and how far it is */
    struct engine_complaint complaints[CHAIN_COMPLAINTS];
    size_t complaint_count;
    bool rested;
};

/* A message passes that may have to be told again. false: no memory. */
bool chain_rest_note(struct chain_rest *c, enum message_kind kind,
                     const void *bytes, size_t length);
/* Is it time? After a draw, or a look at warmup. */
bool chain_rest_is_due(const struct chain_rest *c, const struct run_result *r);
/* Writes down, becomes that, and tells it; where it cannot be written, goes on
 * as it is. The kernel is closed, and has learned so much. false with the
 * session's error. */
bool chain_rest_make(struct chain_rest *c, const struct run_result *r,
                     const struct text *learned);
/* Becomes what the past says, whose bytes are to stay, and opens the
 * collector. The same. */
bool chain_rest_resume(struct chain_rest *c, const struct chain_past *p);
/* Complaints of the session, with those before: places as words, for their
 * text is no more. */
void chain_rest_complain(struct chain_rest *c);
void chain_rest_close(struct chain_rest *c);

#endif
