/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A process for work beside this one: forked, so that it begins with all
 * that is here, and heard through a pipe. It leaves by _exit, holds no file
 * of ours open but that pipe, dies with this process, and does not hear
 * Ctrl-C, which is this process's to pass on. It knows nothing of chains.
 *
 * Only a process with one thread may fork: ours has one (ARCHITECTURE.md,
 * Ownership).
 */
#ifndef VST_SESSION_WORKER_H
#define VST_SESSION_WORKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct worker {
    pid_t pid; /* 0: none */
    int pipe;  /* to be read, not blocking; -1: none */
};

/* What a worker does; `pipe` is to be written to, `stop` is set when it is
 * told to stop. The answer is its exit status. */
typedef int worker_body(void *context, int pipe, volatile int *stop);

/* May this process fork: has it one thread? Where that cannot be found out it
 * may. */
bool worker_may_start(void);

/* false with *error; there is no worker then. */
bool worker_start(struct worker *w, worker_body *body, void *context,
                  struct error *error);
/* Tells it to stop; it does so in its own time, with what it has. */
void worker_stop(const struct worker *w);
/* Waits for its end, and ends it if it does not end by itself; kill: at once.
 * Words on how it ended, "" when well, stay until the next call. */
const char *worker_end(struct worker *w, bool kill);

#endif
