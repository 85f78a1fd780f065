/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The process that makes engines: the program once more, begun anew, which
 * does nothing but fork. So an engine begins without the front's threads,
 * locks, memory, files and clients. It dies with the front, and its engines
 * with it; should it die first, the front begins another.
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
    const char *folder; /* all that engines may read; "": nothing */
};

/* `vestige serve` with this word, and a folder, is a spawner. */
#define SPAWNER_WORD "--be-spawner"

/* What an engine does; its socket is its only file. The answer is its exit
 * status. */
typedef int engine_body(int socket, const struct engine_order *order);

/* A spawner's life; its socket is descriptor 3. The exit status. */
int spawner_serve(engine_body *body, const char *folder);

/* folder NULL: engines read nothing. false with *error. */
bool spawner_start(struct spawner *p, const char *folder, struct error *error);
/* A new engine; the front's end of its socket, or -1. */
int spawner_ask(struct spawner *p, const struct engine_order *order);
void spawner_stop(struct spawner *p);

#endif
