/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * libmicrohttpd without threads: its epoll stands in ours. See http.h.
 */
#include "server/http.h"

#include <arpa/inet.h>
#include <errno.h>

#include <jansson.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/events.h"
#include "server/guard.h"
#include "server/keys.h"
#include "server/microhttpd.h"
#include "server/route.h"
#include "server/server.h"

enum {
    CONNECTION_MEMORY = 32 << 10, /* request line and headers */
    IDLE_SECONDS = 60,
    BACKLOG = 1024
};
/* Until a request has said what it wants. */
static const double SPEAK_SECONDS = 30;

/* One connection. */
struct visitor {
    struct visitor *next, *before;
    struct http *http;
    int socket;
    double since; /* it has owed us a request, or the rest of one */
    bool served;  /* its request is whole: it waits for us */
};

const char *http_status_name(int status)
{
    return mhd.get_reason_phrase_for((unsigned)status);
}

/* ---- connections ------------------------------------------------------ */

static void visit(struct http *h, struct MHD_Connection *c, void **context)
{
    struct visitor *v = calloc(1, sizeof *v);
    const union MHD_ConnectionInfo *about =
        mhd.get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    *context = v;
    if (!v) return;
    *v = (struct visitor){.next = h->visitors,
                          .http = h,
                          .socket = about ? about->connect_fd : -1,
                          .since = clock_seconds()};
    if (v->next) v->next->before = v;
    h->visitors = v;
    h->visitor_count++;
}

static void leave(struct http *h, struct visitor *v)
{
    if (!v) return;
    if (v->next) v->next->before = v->before;
    if (v->before)
        v->before->next = v->next;
    else
        h->visitors = v->next;
    h->visitor_count--;
    free(v);
}

static void notice(void *context, struct MHD_Connection *c,
                   void **visitor_context,
                   enum MHD_ConnectionNotificationCode code)
{
    struct http *h = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        visit(h, c, visitor_context);
    else
        leave(h, *visitor_context);
}

static struct visitor *visitor_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *about =
        mhd.get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return about ? about->socket_context : NULL;
}

void http_tick(struct http *h)
{
    double now = clock_seconds();
    for (struct visitor *v = h->visitors; v; v = v->next)
        if (!v->served && now - v->since > SPEAK_SECONDS && v->socket >= 0)
            shutdown(v->socket, SHUT_RDWR);
}

/* ---- exchanges -------------------------------------------------------- */

static struct exchange *begin(struct server *server, struct MHD_Connection *c,
                              const char *method, const char *path)
{
    struct exchange *x = malloc(sizeof *x);
    if (!x) return NULL;
    memset(x, 0, offsetof(struct exchange, headers));
    x->server = server;
    x->connection = c;
    x->method = method;
    x->begun = clock_seconds();
    x->path = strdup(path);
    if (!x->path) {
        free(x);
        return NULL;
    }
    return x;
}

static void end(void *context, struct MHD_Connection *c, void **state,
                enum MHD_RequestTerminationCode why)
{
    struct exchange *x = *state;
    struct visitor *v = visitor_of(c);
    (void)context;
    (void)why;
    if (v) {
        v->since = clock_seconds();
        v->served = false;
    }
    if (!x) return;
    if (x->stream) stream_close(x->stream);
    if (x->holds_key) keys_drop(x);
    text_free(&x->body);
    text_free(&x->reply);
    json_decref(x->kept);
    free(x->path);
    free(x);
    *state = NULL;
}

static struct MHD_Response *make_response(struct exchange *x)
{
    if (x->stream) return stream_response(x->stream);
    struct MHD_Response *r = mhd.create_response_from_buffer(
        x->reply.length, x->reply.at ? x->reply.at : "",
        x->reply.length ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (r) x->reply = (struct text){0}; /* the response frees it */
    return r;
}

static enum MHD_Result send_answer(struct exchange *x)
{
    struct MHD_Response *r = make_response(x);
    if (!r) return MHD_NO;
    x->server->counts.answered++;
    if (x->type) mhd.add_response_header(r, "Content-Type", x->type);
    mhd.add_response_header(r, "X-Content-Type-Options", "nosniff");
    if (x->stream || x->status != 200)
        mhd.add_response_header(r, "Cache-Control", "no-store");
    for (int i = 0; i < x->header_count; i++)
        mhd.add_response_header(r, x->headers[i].name, x->headers[i].value);
    enum MHD_Result got =
        mhd.queue_response(x->connection, (unsigned)x->status, r);
    mhd.destroy_response(r);
    return got;
}

/* The body so far; too long: answered, and the rest is not kept. */
static void take_body(struct exchange *x, const char *bytes, size_t length)
{
    if (x->status) return;
    if (x->body.length + length > x->server->options.body)
        exchange_problem(x, 413, "body",
                         "the body is longer than %zu bytes (--limit-body)",
                         x->server->options.body);
    else if (!text_add(&x->body, bytes, length))
        exchange_problem(x, 503, "memory", "memory ran out");
}

static bool says_too_long(struct exchange *x)
{
    const char *length = exchange_header(x, "Content-Length");
    if (!length || strtoull(length, NULL, 10) <= x->server->options.body)
        return false;
    exchange_problem(x, 413, "body",
                     "the body is longer than %zu bytes (--limit-body)",
                     x->server->options.body);
    return true;
}

/* The request is whole. */
static void answer(struct exchange *x)
{
    struct visitor *v = visitor_of(x->connection);
    if (v) v->served = true;
    x->complete = true;
    if (x->status) return;
    if (x->body.length && memchr(x->body.at, 0, x->body.length))
        exchange_problem(x, 400, "text", "the body has a zero byte");
    else if (!keys_answered(x))
        x->route->answer(x);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *c,
                              const char *path, const char *method,
                              const char *version, const char *bytes,
                              size_t *length, void **state)
{
    struct exchange *x = *state;
    (void)version;
    if (!x) {
        *state = x = begin(context, c, method, path);
        if (!x) return MHD_NO;
        x->server->counts.requests++;
        /* Refused before a byte of the body is taken. */
        if (!route_find(x) || !guard_admits(x) || says_too_long(x))
            return send_answer(x);
        return MHD_YES;
    }
    if (*length) {
        take_body(x, bytes, *length);
        *length = 0;
        return MHD_YES;
    }
    if (!x->complete) answer(x);
    if (x->status) return send_answer(x);
    x->suspended = true;
    mhd.suspend_connection(c);
    return MHD_YES;
}

void http_resume(struct exchange *x)
{
    x->suspended = false;
    x->server->http.resumed = true;
    mhd.resume_connection(x->connection);
}

void http_wake_stream(struct MHD_Connection *c, struct server *server)
{
    server->http.resumed = true;
    mhd.resume_connection(c);
}

/* ---- listening -------------------------------------------------------- */

static bool refuse(struct error *error, const char *host, unsigned port,
                   const char *why)
{
    return error_set(error, ERROR_IO, "cannot listen at %.60s, port %u: %s",
                     host, port, why);
}

static bool is_loopback(const struct sockaddr *a)
{
    if (a->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)a;
        return ntohl(in->sin_addr.s_addr) >> 24 == 127;
    }
    const struct sockaddr_in6 *in = (const void *)a;
    return a->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&in->sin6_addr);
}

static int listen_at(struct http *h, const struct addrinfo *a)
{
    int one = 1;
    struct sockaddr_storage got;
    socklen_t length = sizeof got;
    int s = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0) return -1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, a->ai_addr, a->ai_addrlen) != 0 || listen(s, BACKLOG) != 0 ||
        getsockname(s, (struct sockaddr *)&got, &length) != 0) {
        int why = errno;
        close(s);
        errno = why;
        return -1;
    }
    h->loopback = is_loopback((struct sockaddr *)&got);
    h->port = ntohs(got.ss_family == AF_INET
                        ? ((struct sockaddr_in *)&got)->sin_port
                        : ((struct sockaddr_in6 *)&got)->sin6_port);
    snprintf(h->host, sizeof h->host, got.ss_family == AF_INET6 ? "[%s]" : "%s",
             "");
    return s;
}

static bool open_socket(struct http *h, const char *host, unsigned port,
                        struct error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char service[16];
    snprintf(service, sizeof service, "%u", port);
    int status = getaddrinfo(host, service, &hints, &found);
    if (status != 0) return refuse(error, host, port, gai_strerror(status));
    h->listening = listen_at(h, found);
    int why = errno;
    bool six = found->ai_family == AF_INET6;
    freeaddrinfo(found);
    if (h->listening < 0) return refuse(error, host, port, strerror(why));
    snprintf(h->host, sizeof h->host, six ? "[%.70s]" : "%.70s", host);
    return true;
}

static void go_on(void *context) { http_turn(context); }

bool http_open(struct http *h, struct server *server, const char *host,
               unsigned port, struct error *error)
{
    *h = (struct http){.listening = -1, .watcher.descriptor = -1};
    if (!open_socket(h, host, port, error)) return false;
    h->daemon = mhd.start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, server,
        MHD_OPTION_LISTEN_SOCKET, h->listening, MHD_OPTION_NOTIFY_COMPLETED,
        end, server, MHD_OPTION_NOTIFY_CONNECTION, notice, h,
        MHD_OPTION_CONNECTION_LIMIT, server->options.connections,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    const union MHD_DaemonInfo *about =
        h->daemon ? mhd.get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD)
                  : NULL;
    if (about &&
        loop_add(&server->loop, &h->watcher, about->epoll_fd, go_on, h))
        return true;
    http_close(h);
    return refuse(error, host, port, "libmicrohttpd does not start");
}

void http_turn(struct http *h)
{
    h->resumed = false;
    mhd.run(h->daemon);
}

int http_patience(struct http *h, int most)
{
    MHD_UNSIGNED_LONG_LONG wanted;
    if (h->resumed) return 0;
    if (mhd.get_timeout(h->daemon, &wanted) != MHD_YES) return most;
    return wanted < (unsigned long long)most ? (int)wanted : most;
}

void http_close(struct http *h)
{
    /* The daemon closes the socket it listens at. */
    if (h->daemon)
        mhd.stop_daemon(h->daemon);
    else if (h->listening >= 0)
        close(h->listening);
    h->daemon = NULL;
    h->listening = -1;
}
