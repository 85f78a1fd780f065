/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The door: connections, by libmicrohttpd, in the front's own loop. What
 * comes in becomes an exchange (exchange.h), what is answered goes out.
 */
#ifndef VST_SERVER_HTTP_H
#define VST_SERVER_HTTP_H

#include "base/error.h"
#include "server/exchange.h"
#include "server/loop.h"

struct MHD_Daemon;

struct http {
    struct MHD_Daemon *daemon;
    struct watcher watcher;
    struct visitor *visitors; /* connections, the youngest first */
    unsigned visitor_count;
    bool resumed; /* somebody is to go on */
    int listening;
    char host[80]; /* what it listens at, as in a URL */
    unsigned port;
    bool loopback;
};

/* Listens. false with *error. */
bool http_open(struct http *h, struct server *server, const char *host,
               unsigned port, struct error *error);
void http_close(struct http *h);
/* Does what there is to do; once a turn, when http_is_due. */
void http_turn(struct http *h);
/* Milliseconds until it wants a turn; at most `most`. */
int http_patience(struct http *h, int most);
/* Ends connections that take too long to say what they want. */
void http_tick(struct http *h);

/* An exchange that waits may go on. */
void http_resume(struct exchange *x);
/* A stream has more to say. */
void http_wake_stream(struct MHD_Connection *c, struct server *server);
/* "Not Found" */
const char *http_status_name(int status);

#endif
