/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The guard: see guard.h. A page of some other site can make a browser ask a
 * server on its user's own machine, and can have its own name lead there;
 * therefore Host must be ours, and Origin, if there is one, as well.
 */
#include "server/guard.h"

#include <errno.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/hash.h"
#include "server/exchange.h"
#include "server/microhttpd.h"
#include "server/route.h"
#include "server/server.h"

/* ---- tokens ----------------------------------------------------------- */

static bool add_token(struct guard *g, const char *path, const char *line,
                      struct error *error)
{
    size_t length = strcspn(line, "\r\n");
    if (!length || *line == '#') return true;
    if (length < TOKEN_SHORTEST || length > TOKEN_LONGEST)
        return error_set(error, ERROR_USE,
                         "%.200s: a token has %d to %d characters", path,
                         TOKEN_SHORTEST, TOKEN_LONGEST);
    if (g->token_count == TOKENS_MAX)
        return error_set(error, ERROR_LIMIT, "%.200s: more than %d tokens",
                         path, TOKENS_MAX);
    memcpy(g->tokens[g->token_count++], line, length);
    return true;
}

bool guard_read_tokens(struct guard *g, const char *path, struct error *error)
{
    char *line = NULL;
    size_t room = 0;
    FILE *f = fopen(path, "re");
    if (!f)
        return error_set(error, ERROR_IO, "%.200s: %s", path, strerror(errno));
    bool good = true;
    while (good && getline(&line, &room, f) > 0)
        good = add_token(g, path, line, error);
    free(line);
    fclose(f);
    if (good && !g->token_count)
        return error_set(error, ERROR_USE, "%.200s: no token in it", path);
    return good;
}

bool guard_knows(const struct guard *g, const char *token, size_t length)
{
    bool known = false;
    for (int i = 0; i < g->token_count; i++) {
        const volatile char *own = g->tokens[i];
        size_t own_length = strlen(g->tokens[i]);
        unsigned char other = own_length != length;
        for (size_t k = 0; k < own_length; k++)
            other |= (unsigned char)(own[k] ^ (k < length ? token[k] : 0));
        known |= !other;
    }
    return known;
}

static bool has_token(struct exchange *x)
{
    static const char bearer[] = "Bearer ";
    const struct guard *g = &x->server->guard;
    const char *given = exchange_header(x, "Authorization");
    const char *cookie =
        mhd.lookup_connection_value(x->connection, MHD_COOKIE_KIND, "vestige");
    if (given && strncasecmp(given, bearer, sizeof bearer - 1) == 0)
        return guard_knows(g, given + sizeof bearer - 1,
                           strlen(given + sizeof bearer - 1));
    return cookie && guard_knows(g, cookie, strlen(cookie));
}

/* ---- names ------------------------------------------------------------ */

/* The length of the name in name:port, [name]:port. */
static size_t name_length(const char *host)
{
    if (*host == '[') {
        const char *end = strchr(host, ']');
        return end ? (size_t)(end - host) + 1 : 0;
    }
    return strcspn(host, ":");
}

bool guard_is_loopback_name(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    size_t length = name_length(host);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == length &&
            strncasecmp(host, names[i], length) == 0)
            return host[length] == 0 || host[length] == ':';
    return false;
}

static bool is_own_host(const struct exchange *x, const char *host)
{
    const struct http *h = &x->server->http;
    if (!host) return false;
    if (!h->loopback) return true;
    size_t length = name_length(host);
    if (strlen(h->host) == length && strncasecmp(host, h->host, length) == 0)
        return true;
    return guard_is_loopback_name(host);
}

/* http://HOST, the Host that was called; or what --allow-origin says. */
static bool is_own_origin(const struct exchange *x, const char *origin,
                          const char *host)
{
    const char *allowed = x->server->options.origin;
    const char *name = strstr(origin, "://");
    if (allowed && strcmp(origin, allowed) == 0) return true;
    return name && strcasecmp(name + 3, host) == 0;
}

static bool check_names(struct exchange *x)
{
    const char *host = exchange_header(x, "Host");
    const char *origin = exchange_header(x, "Origin");
    const char *allowed = x->server->options.origin;
    if (!is_own_host(x, host))
        exchange_problem(x, 403, "host",
                         "this server is not called %.100s: on its own "
                         "machine it is localhost or 127.0.0.1",
                         host ? host : "nothing");
    else if (origin && !is_own_origin(x, origin, host))
        exchange_problem(x, 403, "origin",
                         "pages of %.100s may not ask this server "
                         "(--allow-origin)",
                         origin);
    if (x->status) return false;
    if (origin && allowed && strcmp(origin, allowed) == 0) {
        exchange_add_header(x, "Access-Control-Allow-Origin", "%s", allowed);
        exchange_add_header(x, "Access-Control-Expose-Headers",
                            "Location, Idempotency-Replayed, Retry-After");
        exchange_add_header(x, "Vary", "Origin");
    }
    return true;
}

bool guard_lets_site_in(struct exchange *x)
{
    const char *asked = exchange_header(x, "Access-Control-Request-Method");
    const char *origin = exchange_header(x, "Origin");
    const char *allowed = x->server->options.origin;
    if (!check_names(x)) return false;
    if (!asked || !origin || !allowed || strcmp(origin, allowed) != 0)
        return true;
    exchange_add_header(x, "Access-Control-Allow-Methods", "GET, POST, DELETE");
    exchange_add_header(x, "Access-Control-Allow-Headers",
                        "Authorization, Content-Type, Idempotency-Key, "
                        "Last-Event-ID");
    exchange_add_header(x, "Access-Control-Max-Age", "600");
    return true;
}

/* ---- how often -------------------------------------------------------- */

static uint64_t address_of(const struct exchange *x)
{
    const union MHD_ConnectionInfo *about = mhd.get_connection_info(
        x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = about ? about->client_addr : NULL;
    if (!a) return 0;
    if (a->sa_family == AF_INET)
        return hash_word(
            4, ((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr);
    const struct sockaddr_in6 *six = (const void *)a;
    /* a household has 2^64 addresses */
    return hash_bytes((const char *)&six->sin6_addr, 8);
}

static bool check_rate(struct exchange *x)
{
    struct guard *g = &x->server->guard;
    uint64_t address = hash_finish(address_of(x));
    struct caller *c = &g->callers[address % CALLERS];
    if (g->rate <= 0) return true;
    if (c->address != address) *c = (struct caller){address, g->rate, x->begun};
    c->allowed += (x->begun - c->since) * g->rate;
    if (c->allowed > g->rate) c->allowed = g->rate;
    c->since = x->begun;
    if (c->allowed >= 1) {
        c->allowed -= 1;
        return true;
    }
    exchange_add_header(x, "Retry-After", "1");
    exchange_problem(x, 429, "rate",
                     "more than %g requests a second from one address "
                     "(--limit-rate)",
                     g->rate);
    return false;
}

bool guard_admits(struct exchange *x)
{
    const struct guard *g = &x->server->guard;
    bool good = check_names(x) && check_rate(x);
    if (good && g->token_count && !(x->route->flags & ROUTE_OPEN) &&
        !has_token(x)) {
        if (x->route->answer == old_list && ui_takes(x)) return false;
        exchange_add_header(x, "WWW-Authenticate", "Bearer");
        exchange_problem(x, 401, "token",
                         "a token is needed: Authorization: Bearer ...");
        good = false;
    }
    x->server->counts.refused += !good;
    return good;
}
