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
    /* It goes on from there, with the state as it was: no warmup. NULL: it
     * begins. */
    const struct run_result *past;
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
    /* After a draw: is it time to rest? Then the kernel is closed, and `rest`
     * is called; it may make the state another, and says what adaptation the
     * kernel has when it is opened again (NULL: none). false, with the
     * machine's error: stop. NULL: it never rests. */
    bool (*tired)(void *context, const struct run_result *so_far);
    bool (*rest)(void *context, const struct run_result *so_far,
                 const char **adaptation);
    /* About ten times a second. NULL: nobody looks. */
    void *progress_context;
    void (*progress)(void *progress_context, const struct run_progress *);
};

enum run_end { RUN_DONE, RUN_TIME, RUN_CANCELLED };

struct run_result {
    struct transition_counts counts; /* after warmup */
    struct transition_counts warmup;
    uint64_t draws;
    double seconds, warmup_seconds;
    struct kernel_tale tale; /* NaN: what the kernel does not know */
    enum run_end end;
};

enum { WARMUP_LOOKS = 20 };

/* Runs, from the present state. true also when time or the user ended it: the state is then the last
 * one, and *result says what was done. false with the machine's error. */
bool run_chain(struct engine *e, const struct run_plan *plan,
               const struct run_watcher *watcher, struct run_result *result);

#endif
