/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The process that makes engines. It was forked when the server had one
 * thread and no file open, and does nothing but fork again: so an engine
 * begins without the front's threads, locks, files and clients. It dies with
 * the front, and its engines with it.
 */
#ifndef VST_SERVER_SPAWNER_H
#define VST_SERVER_SPAWNER_H

#include <sys/types.h>

#include "base/error.h"

struct engine_order {
    char engine[24];
    uint64_t seed;
    uint64_t memory; /* bytes; 0: no limit */
};

struct spawner {
    int socket;
    pid_t pid;
};

/* What an engine does; its socket is its only file. The answer is its exit
 * status. */
typedef int engine_body(int socket, const struct engine_order *order);

/* Before anything else in the process starts threads. `folder`: all that
 * engines may read; NULL: nothing. false with *error. */
bool spawner_start(struct spawner *p, engine_body *body, const char *folder,
                   struct error *error);
/* A new engine; the front's end of its socket, not waiting, or -1. */
int spawner_ask(const struct spawner *p, const struct engine_order *order);
void spawner_stop(struct spawner *p);

#endif
