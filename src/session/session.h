/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A session: a machine, an engine on it, and the program that was given so
 * far. Directives go in one by one, and each gives back an answer or an
 * error; after an error the session is as it was before. It knows nothing
 * of terminals, files of scripts, or how answers are shown.
 *
 * Ownership: the session owns its machine, its engine and its program; they
 * live until session_close. Answers are plain.
 */
#ifndef VST_SESSION_SESSION_H
#define VST_SESSION_SESSION_H

#include <time.h>

#include "infer/run.h"
#include "session/answer.h"
#include "session/directive.h"
#include "trace/tally.h"

#ifndef VST_VERSION
#define VST_VERSION "0.1.0"
#endif

/* Those who listen. Each may be NULL. */
struct session_hooks {
    void *context;
    /* A directive was done; also those of a file that LOAD reads. false:
     * the answer could not be taken, and the session stops reading. */
    bool (*answer)(void *context, const struct answer *);
    /* An INFER is under way. */
    void (*progress)(void *context, const struct run_progress *chains,
                     size_t count);
    /* `display` wrote a line, its end with it; NULL: to standard output. */
    void (*display)(void *context, const char *text, size_t length);
    /* A chain of an INFER says a message: see message.h. */
    void (*said)(void *context, int chain, int kind, const void *bytes,
                 size_t length);
};

struct session_options {
    const char *engine; /* NULL: the first of the table */
    uint64_t seed;
    int chain;            /* --chain: run this one only; 0: all */
    bool seeded;          /* else a seed is drawn from the system */
    double seconds;       /* --limit-time; 0: none */
    size_t memory;        /* --limit-memory, bytes; 0: none */
    volatile int *cancel; /* set by a signal; NULL: none */
    size_t initial_heap;  /* of the process: counts at the first session */
    struct session_hooks hooks;
};

/* The draws of the last INFER that made some: malloc's. See kept.h. */
struct kept {
    struct column *columns;
    size_t count;
};

/* Inference in the background: see background.h. */
struct background {
    bool on, open;         /* asked for; the kernel is open on the engine */
    struct kernel *kernel; /* the last one; NULL: there was none */
    uint64_t warm, stride; /* transitions yet to adapt in; made at a time */
    struct transition_counts made;
    double seconds;     /* in transitions */
    time_t since;       /* INFER-ON */
    struct error ended; /* what turned it off */
};

/* The directives that are kept, in order. */
struct program {
    struct directive **at;
    int count, room;
    int next_id;
};

struct session {
    struct machine *machine;
    struct engine *engine;
    const struct engine_row *engine_row;
    struct program program;
    uint64_t seed;
    int chain;      /* the only one that INFER runs; 0: all */
    bool leaving;   /* EXIT was said */
    bool stopped;   /* the last directive was an INFER that the user stopped */
    uint64_t rests; /* chains of INFER do, after so much work: see
                       chain_past.h; 0: they do not */
    const struct chain_past *pasts; /* by number; NULL: all begin */
    size_t past_count;
    bool adapted;  /* an INFER had a kernel that adapts: whoever asks clears */
    bool by_place; /* MHSTATS on: proposals are counted by place */
    struct tally tally;
    bool profiling; /* PROFILE on: what transitions cost is counted */
    struct tally profile;
    struct background background;
    bool waits;  /* the front has idle time for session_idle; else a slice
                   follows each directive of a text */
    int loading; /* LOADs inside LOADs */
    struct transition_counts made; /* by all INFERs since the last CLEAR */
    struct kept kept;              /* draws that PLOT looks at */
    struct engine_complaint *complaints;
    size_t complaint_count;
    struct session_hooks hooks;
};

/* NULL with *error. */
struct session *session_open(const struct session_options *options,
                             struct error *error);
void session_close(struct session *s);

/* Does one directive. false with session_error. */
bool session_submit(struct session *s, const struct request *q,
                    struct answer *a);

/* Does all directives of a text, and stops at the first error (or EXIT, or
 * a cancel). Answers go to the hook. */
bool session_run(struct session *s, const struct source *source);

/* The error of what failed last. */
static inline struct error *session_error(struct session *s)
{
    return &s->machine->error;
}

/* ---- for the directives ----------------------------------------------- */

/* Fills the error, at a place. Always false. */
bool session_fail(struct session *s, struct span where, enum error_kind kind,
                  const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* An expression in the present state, plain; what it draws is forgotten. */
bool session_evaluate(struct session *s, const struct syntax *expression,
                      value *out);

/* Starts the random stream anew. */
void session_seed(struct session *s, uint64_t seed);

/* A seed from the system: small enough to be typed again. */
uint64_t seed_from_system(void);

#endif
