/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * HTTP from the other side: see web.h. Each connection is for one request, so
 * an answer ends where the connection does.
 */
#include "front/web.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool no_url(struct error *error, const char *url)
{
    error_set(error, ERROR_USE, "%.100s is no URL of a server", url);
    return error_hint(error, "as http://localhost:8000/");
}

/* A part of the URL; control characters are none. */
static bool take(char *to, size_t room, const char *from, size_t length)
{
    if (length >= room) return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)from[i] <= ' ' || from[i] == 127) return false;
    memcpy(to, from, length);
    to[length] = 0;
    return true;
}

bool web_open(struct web *w, const char *url, struct error *error)
{
    static const char scheme[] = "http://";
    const char *at = url + sizeof scheme - 1;
    *w = (struct web){.port = "8000"};
    if (strncmp(url, scheme, sizeof scheme - 1) != 0) return no_url(error, url);
    bool six = *at == '[';
    size_t length = six ? strcspn(++at, "]") : strcspn(at, ":/");
    if (!length || !take(w->host, sizeof w->host, at, length))
        return no_url(error, url);
    at += length + (six && at[length] == ']');
    if (*at == ':') {
        length = strspn(++at, "0123456789");
        if (!length || !take(w->port, sizeof w->port, at, length))
            return no_url(error, url);
        at += length;
    }
    length = strlen(at);
    while (length && at[length - 1] == '/') length--;
    if ((length && *at != '/') || !take(w->path, sizeof w->path, at, length))
        return no_url(error, url);
    return true;
}

/* ---- the connection --------------------------------------------------- */

static int connect_to(const struct web *w, struct error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all = NULL;
    int status = getaddrinfo(w->host, w->port, &hints, &all), s = -1;
    if (status != 0) {
        error_set(error, ERROR_IO, "%s: %s", w->host, gai_strerror(status));
        return -1;
    }
    for (struct addrinfo *a = all; a && s < 0; a = a->ai_next) {
        s = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (s >= 0 && connect(s, a->ai_addr, a->ai_addrlen) == 0) break;
        int why = errno;
        if (s >= 0) close(s);
        s = -1;
        errno = why;
    }
    freeaddrinfo(all);
    if (s < 0)
        error_set(error, ERROR_IO, "no server at %s, port %s: %s", w->host,
                  w->port, strerror(errno));
    return s;
}

static bool send_all(int s, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = send(s, bytes, length, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes += n;
        length -= (size_t)n;
    }
    return true;
}

static bool receive_all(int s, struct text *out)
{
    char part[8192];
    for (;;) {
        ssize_t n = recv(s, part, sizeof part, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n == 0;
        if (!text_add(out, part, (size_t)n)) return false;
    }
}

/* ---- the answer ------------------------------------------------------- */

/* HTTP/1.1 200 OK, lines, an empty one, the body. */
static bool take_apart(const struct text *all, int *status, struct text *out)
{
    const char *end = all->at ? strstr(all->at, "\r\n\r\n") : NULL;
    char *rest;
    if (!end || strncmp(all->at, "HTTP/1.", 7) != 0) return false;
    const char *number = strchr(all->at, ' ');
    if (!number) return false;
    *status = (int)strtol(number, &rest, 10);
    end += 4;
    return *status >= 100 && *status < 600 &&
           text_add(out, end, all->length - (size_t)(end - all->at));
}

static bool print_request(const struct web *w, const char *method,
                          const char *path, const struct text *body,
                          struct text *out)
{
    bool six = strchr(w->host, ':') != NULL;
    return text_printf(out,
                       "%s %s HTTP/1.1\r\nHost: %s%s%s:%s\r\n"
                       "Connection: close\r\nAccept: text/plain\r\n"
                       "Content-Type: text/plain; charset=utf-8\r\n"
                       "Content-Length: %zu\r\n",
                       method, path, six ? "[" : "", w->host, six ? "]" : "",
                       w->port, body ? body->length : 0) &&
           (!w->token ||
            text_printf(out, "Authorization: Bearer %s\r\n", w->token)) &&
           text_puts(out, "\r\n") &&
           (!body || text_add(out, body->at, body->length));
}

bool web_ask(const struct web *w, const char *method, const char *path,
             const struct text *body, int *status, struct text *out,
             struct error *error)
{
    struct text request = {0}, all = {0};
    int s = connect_to(w, error);
    if (s < 0) return false;
    bool good = print_request(w, method, path, body, &request);
    /* A server may answer before it has read all, and close. */
    if (good) send_all(s, request.at, request.length);
    good = good && receive_all(s, &all);
    text_clear(out);
    good = good && take_apart(&all, status, out);
    close(s);
    text_free(&request);
    text_free(&all);
    return good ||
           error_set(error, ERROR_IO, "%s, port %s: no answer came back",
                     w->host, w->port);
}
