/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How the server's processes talk: frames over a pair of sockets, each a
 * kind, a ticket that its answer carries again, and bytes. Both ends are one
 * build of the program, so numbers are as they lie in memory. A descriptor
 * may go along with a frame. The front never waits for the other end; an
 * engine has nothing else to do.
 */
#ifndef VST_SERVER_WIRE_H
#define VST_SERVER_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum frame_kind {
    /* to an engine */
    FRAME_DO,   /* struct wire_do, then the text of directives */
    FRAME_RUN,  /* the same; a socket comes along: a run's */
    FRAME_FILE, /* the same; a file comes along: what a chain drew */
    FRAME_LOOK, /* the same; the text is an order of draws_look.h, JSON */
    /* to an engine that has done nothing: the session that it is to become;
     * from an engine, before a reply: what its session has become. To and
     * from a run: ticket 0: the session that it begins from; else a chain, as
     * it was at a rest, and to it its rows come along, a file */
    FRAME_STATE,
    FRAME_GO, /* to a run that goes on: that was all */
    /* from an engine */
    FRAME_HELLO, /* a descriptor of the process comes along */
    FRAME_REPLY, /* struct wire_reply, then JSON */
    /* from a run, besides FRAME_HELLO */
    FRAME_MESSAGE, /* ticket: the chain, and in the high half the kind
                       (session/message.h); its bytes */
    FRAME_ENDED    /* struct wire_reply, then JSON */
};

struct frame {
    uint32_t kind, length;
    uint64_t ticket;
};

enum wire_do_flags {
    DO_AGAIN = 1,    /* it was done before: no JSON is asked for */
    DO_ONE = 2,      /* the text is to be one directive, no more, no less */
    DO_IDLE = 4,     /* no text, but `transitions` in the background */
    DO_CLOCK = 8,    /* it may end by the clock */
    DO_HOLD = 16,    /* nothing is moved in the background until the next */
    DO_PROGRAM = 32, /* no directives: the text of the program is asked for */
    DO_LINES = 64,   /* the answers as a person reads them, and not as JSON */
    DO_TRY = 128,    /* an INFER's order: would it be taken? Nothing is done */
    DO_GO_ON = 256,  /* a run: FRAME_STATEs and FRAME_GO will come */
    DO_SETTLE = 512  /* with DO_AGAIN: the session settled after it */
};

struct wire_do {
    uint32_t flags;
    double seconds; /* the most it may take; 0: no limit */
    uint64_t transitions;
    uint64_t seed, chains; /* of a run */
};

enum reply_state {
    REPLY_GOOD,
    REPLY_ERROR, /* the text's own, and the same each time */
    REPLY_LIMIT  /* of time or memory: the engine is not to be used again */
};

struct wire_reply {
    uint32_t state;
    uint32_t kind;    /* of the error: enum error_kind */
    uint32_t changed; /* the session is another: to be written down */
    uint32_t done;    /* bytes of the text that were */
    uint64_t check;   /* of what came out: the same when done again */
    uint64_t idle;    /* transitions in the background before it */
    uint32_t working; /* inference in the background is on */
    uint32_t settled; /* FRAME_STATE said what it is now */
    /* Of the processor: it took, and becoming what was settled takes. */
    double seconds, load;
};

/* ---- the front's end -------------------------------------------------- */

struct wire {
    int socket; /* -1: closed */
    int given;  /* the last descriptor that came; -1: none */
    struct text in, out;
    size_t taken, sent; /* of in and of out */
};

/* Takes the socket over. */
void wire_open(struct wire *w, int socket);
void wire_close(struct wire *w);
/* Two frames' worth in one: `head` may be NULL. A descriptor >= 0 goes along
 * (it stays the caller's): only when nothing waits to be sent. false: memory
 * ran out, or the other end is gone. */
bool wire_send(struct wire *w, enum frame_kind kind, uint64_t ticket,
               const void *head, size_t head_length, const char *bytes,
               size_t length, int descriptor);
bool wire_is_full(const struct wire *w); /* something waits to be sent */
bool wire_flush(struct wire *w);
/* Reads what has come. false: the other end is gone. */
bool wire_fill(struct wire *w);
/* The next whole frame; its bytes stay until the next call. */
bool wire_next(struct wire *w, struct frame *f, const char **bytes);

/* ---- the other end: waits --------------------------------------------- */

/* false: the front is gone. */
bool wire_tell(int socket, enum frame_kind kind, uint64_t ticket,
               const void *head, size_t head_length, const char *bytes,
               size_t length, int descriptor);
/* A whole frame; *descriptor is what came along, or -1. The same. */
bool wire_hear(int socket, struct frame *f, struct text *bytes,
               int *descriptor);

#endif
