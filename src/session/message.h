/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a chain says while it runs: a stream of messages, the same whether
 * the chain is this process or another. Here are their kinds, and how they
 * go through a pipe. It knows no files, no values and no processes.
 *
 * On the wire a message is its kind and its length, 32 bits each, then its
 * bytes, filled up to a multiple of eight. Both ends are one build of the
 * program, so numbers are as they lie in memory.
 */
#ifndef VST_SESSION_MESSAGE_H
#define VST_SESSION_MESSAGE_H

#include <stdint.h>

#include "base/text.h"

enum message_kind {
    MESSAGE_ADAPTED,   /* lines: what warmup settled. Before the header */
    MESSAGE_HEADER,    /* struct message_header, then names, each with its 0 */
    MESSAGE_NOTE,      /* lines; those of levels begin with "level " */
    MESSAGE_LEVEL,     /* uint32_t column; as shown, 0; as JSON, 0 */
    MESSAGE_DRAW,      /* doubles, one a column */
    MESSAGE_PROGRESS,  /* struct run_progress */
    MESSAGE_COMPLAINT, /* struct engine_complaint */
    MESSAGE_SAID,      /* lines: what the kernel says of the run */
    MESSAGE_KINDS,     /* a byte a column: its kind, or MESSAGE_LOST */
    MESSAGE_FAILED,    /* struct error */
    MESSAGE_STATE,     /* a rest: see chain_past.h. After the draws it has */
    MESSAGE_END        /* struct run_result: the last one */
};

enum { MESSAGE_LOST = 255 };

enum sampler { SAMPLER_PLAIN, SAMPLER_HMC, SAMPLER_NUTS };

struct message_header {
    uint64_t warmup, samples, thin; /* transitions, draws, transitions */
    uint64_t width;                 /* columns */
    uint64_t own;        /* of them, before the parameters: lp__, ... */
    uint64_t parameters; /* behind them is what :predictive draws */
    enum sampler sampler;
    double target, depth; /* acceptance, of trees; NAN: it has none */
};

/* Takes a message. false: it could not be taken, and why is known where it
 * was to go. */
typedef bool message_take(void *context, enum message_kind kind,
                          const void *bytes, size_t length);

/* ---- writing ---------------------------------------------------------- */

struct outbox {
    int pipe;
    struct text bytes; /* not written yet */
    int64_t written;   /* when: nanoseconds */
};

/* A message_take whose context is the outbox: keeps it until there are many,
 * or the last writing is some time ago; MESSAGE_END and what tells of an
 * error go at once. Blocks while the reader is slow. false: memory ran out,
 * or nobody reads. */
message_take outbox_take;

/* ---- reading ---------------------------------------------------------- */

struct inbox {
    int pipe; /* not blocking */
    struct text bytes;
};

enum inbox_state { INBOX_OPEN, INBOX_ENDED, INBOX_REFUSED, INBOX_NO_MEMORY };

/* Passes on all messages that have come. INBOX_ENDED: the other end is
 * closed, and part of a message is lost; INBOX_REFUSED: take said no. */
enum inbox_state inbox_read(struct inbox *in, message_take *take,
                            void *context);

#endif
