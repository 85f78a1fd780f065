/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A request and its answer. The one file behind it that speaks to
 * libmicrohttpd gathers the body, keeps to the limits, finds the route, and
 * sends what the route's function answers: at once, or later, when an engine
 * or the disk has done its part.
 */
#ifndef VST_SERVER_EXCHANGE_H
#define VST_SERVER_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct json_t;
struct server;
struct route;
struct stream;
struct MHD_Connection;

enum { PARAMETERS_MAX = 3, PARAMETER_LENGTH = 64, HEADERS_MAX = 8 };

struct exchange {
    struct server *server;
    struct MHD_Connection *connection;
    const struct route *route;
    const char *method;
    char *path;
    char parameters[PARAMETERS_MAX][PARAMETER_LENGTH]; /* of {...} */
    struct text body;
    double begun;
    /* ---- the answer */
    int status; /* 0: none yet */
    const char *type;
    struct text reply;
    int header_count;      /* of `headers` */
    struct stream *stream; /* events in place of `reply`: see events.h */
    /* ---- its way */
    bool begun_body, suspended, complete;
    uint64_t version; /* of the session, when it was asked: see cache.h */
    uint64_t session;
    bool to_cache, holds_key;
    /* What the answer is made of, as the route's function left it. */
    int form;
    uint64_t number;
    struct json_t *kept; /* a body that is needed yet; given back at its end */
    /* Last, and not zeroed: a request has few of them. */
    struct header {
        const char *name;
        char value[320];
    } headers[HEADERS_MAX];
};

/* What a body may be: the first word of Content-Type. "" when there is
 * none. */
bool exchange_has_type(const struct exchange *x, const char *type);
/* A header of the request, or NULL. */
const char *exchange_header(const struct exchange *x, const char *name);
/* An argument of the URL, or NULL. */
const char *exchange_argument(const struct exchange *x, const char *name);
/* A whole number among the arguments; `otherwise` when there is none. false:
 * answered with a problem. */
bool exchange_number(struct exchange *x, const char *name, uint64_t otherwise,
                     uint64_t most, uint64_t *out);

void exchange_add_header(struct exchange *x, const char *name,
                         const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* x->reply is complete. Once. */
void exchange_answer(struct exchange *x, int status, const char *type);
void exchange_json(struct exchange *x, int status);
/* Events from here on: x->stream is set. */
void exchange_stream(struct exchange *x);

/* application/problem+json (RFC 9457). `slug` ends its type. */
void exchange_problem(struct exchange *x, int status, const char *slug,
                      const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same of an error that an engine tells as JSON: its message, span and
 * hint are the problem's. */
void exchange_engine_problem(struct exchange *x, int status, const char *slug,
                             const char *json, size_t length);

#endif
