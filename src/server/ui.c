/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * /ui: the page of the live display, and its way in. The page is no secret; a
 * browser gets the token into a cookie that no script can read and that no
 * other site's page can send.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/answers.h"
#include "server/guard.h"
#include "server/page.h"
#include "server/route.h"
#include "server/server.h"

/* The part of a name behind its last slash. */
static const char *last_part(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

static const char *type_of(const char *name)
{
    static const struct {
        const char *end, *type;
    } types[] = {{".html", "text/html; charset=utf-8"},
                 {".css", "text/css; charset=utf-8"},
                 {".js", "text/javascript; charset=utf-8"},
                 {".svg", "image/svg+xml"}};
    const char *end = strrchr(name, '.');
    for (size_t i = 0; end && i < sizeof types / sizeof *types; i++)
        if (strcmp(end, types[i].end) == 0) return types[i].type;
    return "text/plain; charset=utf-8";
}

static const struct embedded_file *find(const char *name)
{
    for (unsigned i = 0; i < page_file_count; i++)
        if (strcmp(last_part(page_files[i].name), name) == 0)
            return &page_files[i];
    return NULL;
}

static void give(struct exchange *x, const char *name)
{
    const struct embedded_file *f = find(name);
    if (!f) {
        exchange_problem(x, 404, "path", "there is nothing at %.200s", x->path);
        return;
    }
    /* Nothing from elsewhere, nothing inside another's page. */
    exchange_add_header(x, "Content-Security-Policy",
                        "default-src 'self'; style-src 'self' 'unsafe-inline'; "
                        "frame-ancestors 'none'; base-uri 'none'");
    if (text_add(&x->reply, f->text, f->length))
        exchange_answer(x, 200, type_of(name));
    else
        exchange_problem(x, 503, "memory", "memory ran out");
}

void answer_ui(struct exchange *x) { give(x, "index.html"); }

void answer_ui_file(struct exchange *x) { give(x, x->parameters[0]); }

void answer_ui_login(struct exchange *x)
{
    const struct guard *g = &x->server->guard;
    json_t *o = body_object(x);
    const char *token = NULL;
    if (!o) return;
    bool known = members_known(x, o, "token") &&
                 member_text(x, o, "token", &token) && token &&
                 guard_knows(g, token, strlen(token));
    if (known) {
        exchange_add_header(x, "Set-Cookie",
                            "vestige=%s; Path=/; HttpOnly; SameSite=Strict",
                            token);
        text_puts(&x->reply, "{}");
        exchange_json(x, 200);
    } else if (!x->status) {
        exchange_problem(x, 403, "token", "that is no token of this server");
    }
    json_decref(o);
}

/* How much is a type wanted, 0 to 1? What is said of it says more than what is
 * said of all of its kind, and of everything: RFC 9110, section 12.5.1. */
static double wanted(const char *accept, const char *type)
{
    size_t kind = strcspn(type, "/") + 1, best = 0;
    double share = 0;
    for (const char *at = accept; *at;) {
        size_t length = strcspn(at, ","), name = strcspn(at, ",; \t");
        const char *q = memmem(at, length, "q=", 2);
        size_t says = name == strlen(type) && !strncasecmp(at, type, name) ? 3
                      : name == kind + 1 && !strncasecmp(at, type, kind) &&
                              at[kind] == '*'
                          ? 2
                      : name == 3 && memcmp(at, "*/*", 3) == 0 ? 1
                                                               : 0;
        if (says > best) {
            best = says;
            share = q ? strtod(q + 2, NULL) : 1;
        }
        at += length;
        at += strspn(at, ", \t");
    }
    return share;
}

/* A browser at the old API's list is at the display. */
bool ui_takes(struct exchange *x)
{
    const char *accept = exchange_header(x, "Accept");
    if (!accept ||
        !(wanted(accept, "text/html") > wanted(accept, "application/json")))
        return false;
    exchange_add_header(x, "Location", "/ui");
    exchange_answer(x, 303, "text/plain; charset=utf-8");
    return true;
}
