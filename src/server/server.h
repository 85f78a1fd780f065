/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The front of the server: all that its one thread holds. See serve.h for
 * the command, docs/http.md for what it promises.
 */
#ifndef VST_SERVER_SERVER_H
#define VST_SERVER_SERVER_H

#include "server/guard.h"
#include "server/hosted.h"
#include "server/http.h"
#include "server/keys.h"
#include "server/renew.h"
#include "server/runs.h"
#include "server/serve.h"

/* What was answered, for /metrics. */
struct counts {
    uint64_t requests, answered, problems, refused, cached, events, dropped;
};

/* An answer that is ready, and waits for the disk. */
struct awaiting {
    struct awaiting *next;
    struct exchange *x;
    uint64_t needs;
    int status;
};

struct cached {
    char *path;
    uint64_t session, version;
    struct text reply;
    const char *type;
};
enum { CACHE_SLOTS = 4096 };

struct server {
    struct server_options options;
    struct loop loop;
    struct http http;
    struct scribe scribe;
    struct spawner spawner;
    struct hosts hosts;
    struct runs runs;
    struct guard guard;
    struct keys keys;
    struct counts counts;
    struct awaiting *first_awaiting, *last_awaiting;
    struct cached cache[CACHE_SLOTS];
    struct text kernels, distributions; /* JSON, from the tables */
    struct renewal renewal;             /* of the journal */
    uint64_t renewals, renew_above;     /* made so far; bytes */
    double renew_after;
    double started;
    bool leaving;
};

/* The reply of x is ready: it is sent when all that was added to the journal
 * so far is on disk. */
void server_answer_synced(struct exchange *x, int status);
/* Those that waited. */
void server_synced(struct server *s);

/* The session of the route's first parameter: a number, or `default`, which
 * is made when it is not there. NULL: answered with 404. */
struct hosted *server_session(struct exchange *x);
struct hosted *server_default(struct server *s);

/* Answers from what was answered before, if nothing changed since. */
bool cache_answer(struct exchange *x, struct hosted *h);
/* An answer of the session, as it is now, that may be given again. */
void cache_keep(struct exchange *x, struct hosted *h);

#endif
