/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One chain: warmup, then draws, `thin` transitions apart. Whoever asks gets
 * a call at each draw and now and then one on how far it is; it may be
 * stopped by the user, by time, or by the one who collects. It knows no
 * directives, and prints nothing.
 */
#ifndef VST_INFER_RUN_H
#define VST_INFER_RUN_H

#include "infer/kernel.h"

struct place_book;
struct run_past;
struct run_result;

struct run_plan {
    struct kernel *kernel;
    uint64_t warmup;  /* transitions before the first draw */
    uint64_t samples; /* draws */
    uint64_t thin;    /* transitions a draw; at least 1 */
    double seconds;   /* of wall time at most, half of it warmup; 0: no
                         limit */
    /* Lines of an adaptation that the kernel begins with; NULL: none. */
    const char *adaptation;
    /* It goes on from there, with the state as it was. NULL: it begins. */
    const struct run_past *past;
    /* Of a run that rests, or goes on: see kernel_past.h. */
    const struct place_book *places;
};

struct run_progress {
    int chain;    /* from 1 */
    bool warming; /* still in warmup */
    bool ended;
    uint64_t made, planned; /* transitions, warmup among them */
    uint64_t proposals, accepted;
    double seconds;
    double seconds_allowed; /* 0: no limit */
    uint64_t divergences;   /* among the draws so far */
    double step_size;       /* 0: the kernel has none */
};

struct run_watcher {
    void *context;
    /* `warm` and `draw` look at values of directives and the log score alone:
     * the state need not be brought there for that. */
    bool glimpses;
    /* The state is one of warmup's: called WARMUP_LOOKS times at most, evenly
     * spread. false, with the machine's error: stop with that error. NULL:
     * nobody looks. */
    bool (*warm)(void *context);
    /* The state is a draw now; so_far says what has been done. The same. */
    bool (*draw)(void *context, const struct run_result *so_far);
    /* After a draw, and after a look at warmup: is it time to rest? Then the
     * kernel is closed, and `rest` is called with what it has learned; it may
     * make the state another, and the kernel knows as much when it is opened
     * again. false, with the machine's error: stop. NULL: it never rests. */
    bool (*tired)(void *context, const struct run_result *so_far);
    bool (*rest)(void *context, const struct run_result *so_far,
                 const struct text *learned);
    /* About ten times a second. NULL: nobody looks. */
    void *progress_context;
    void (*progress)(void *progress_context, const struct run_progress *);
};

enum run_end { RUN_DONE, RUN_TIME, RUN_CANCELLED };

struct run_result {
    struct transition_counts counts; /* after warmup */
    struct transition_counts warmup;
    uint64_t draws;
    uint32_t looks;   /* at warmup, so far */
    bool warmed;      /* warmup is over */
    uint64_t opening; /* the kernel's effort when it was opened last */
    double seconds, warmup_seconds;
    struct kernel_tale tale; /* NaN: what the kernel does not know */
    enum run_end end;
};

enum { WARMUP_LOOKS = 20 };

/* A run as it was at a rest. Bytes are the caller's. */
struct run_past {
    struct run_result result;
    const char *learned;
    size_t length;
};

/* Runs, from the present state. true also when time or the user ended it: the state is then the last
 * one, and *result says what was done. false with the machine's error. */
bool run_chain(struct engine *e, const struct run_plan *plan,
               const struct run_watcher *watcher, struct run_result *result);

#endif
