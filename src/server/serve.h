/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `vestige serve`: sessions over HTTP. The front process has the loop, HTTP
 * and the journal; a spawner forks engines, one a session (hosted.h).
 */
#ifndef VST_SERVER_SERVE_H
#define VST_SERVER_SERVE_H

#include <stddef.h>
#include <stdint.h>

struct server_options {
    const char *host;     /* --host; NULL: 127.0.0.1 */
    unsigned port;        /* --port; 0: a free one */
    const char *data;     /* --data: a folder that is the server's own */
    const char *files;    /* --files: what programs may read; NULL: nothing */
    const char *tokens;   /* --token-file; NULL: none, on loopback only */
    const char *origin;   /* --allow-origin: CORS; NULL: off */
    const char *engine;   /* of the default session, and of those that do not
                           say; NULL: the first of the table */
    size_t sessions;      /* --max-sessions */
    unsigned connections; /* --max-connections */
    size_t body;          /* --limit-body, bytes */
    double rate;          /* --limit-rate, a second and address; 0: any */
    double seconds;       /* --limit-time, a request; 0: any */
    double run_seconds;   /* --limit-run, a run; 0: any */
    size_t memory;        /* --limit-memory, an engine; 0: any */
    size_t journal;       /* --compact-above, bytes */
    double idle;          /* --idle-time: seconds until an engine ends */
};

/* Serves until SIGINT or SIGTERM; says on standard output where. The exit
 * status of the program. */
int serve(const struct server_options *options);

/* The same from the arguments behind `vestige serve`. */
int serve_command(int argc, char **argv);

#endif
