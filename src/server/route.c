/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Paths against patterns: see route.h. The table itself is in routes.c.
 */
#include "server/route.h"

#include <string.h>

#include "server/guard.h"

/* /v1/sessions/{session}: a name takes what stands up to the next slash. */
static bool fits(const char *pattern, const char *path,
                 char parameters[][PARAMETER_LENGTH])
{
    int count = 0;
    while (*pattern) {
        if (*pattern != '{') {
            if (*pattern++ != *path++) return false;
            continue;
        }
        size_t length = strcspn(path, "/");
        if (!length || length >= PARAMETER_LENGTH || count == PARAMETERS_MAX)
            return false;
        memcpy(parameters[count], path, length);
        parameters[count++][length] = 0;
        path += length;
        pattern = strchr(pattern, '}') + 1;
    }
    return *path == 0;
}

static bool same_method(const struct route *r, const char *method)
{
    if (strcmp(r->method, method) == 0) return true;
    return strcmp(method, "HEAD") == 0 && strcmp(r->method, "GET") == 0;
}

/* OPTIONS is answered for every path: browsers ask so whether a page of the
 * site that --allow-origin lets in may send what it wants to. */
static void answer_method(struct exchange *x, const struct text *methods)
{
    exchange_add_header(x, "Allow", "%s", methods->at ? methods->at : "");
    if (strcmp(x->method, "OPTIONS") == 0) {
        if (guard_lets_site_in(x)) exchange_answer(x, 204, NULL);
        return;
    }
    exchange_problem(x, 405, "method", "%.40s does not go with %.200s: %s",
                     x->method, x->path, methods->at ? methods->at : "");
}

/* The path of the table that stands for this one: the first that fits, so
 * that /ui is no {id}. */
static const char *pattern_of(const char *path,
                              char parameters[][PARAMETER_LENGTH])
{
    for (size_t i = 0; i < route_count; i++)
        if (fits(routes[i].path, path, parameters)) return routes[i].path;
    return NULL;
}

bool route_find(struct exchange *x)
{
    const char *pattern = pattern_of(x->path, x->parameters);
    struct text methods = {0};
    for (size_t i = 0; pattern && i < route_count; i++) {
        const struct route *r = &routes[i];
        if (strcmp(r->path, pattern) != 0) continue;
        if (same_method(r, x->method)) {
            x->route = r;
            text_free(&methods);
            return true;
        }
        if (methods.length) text_puts(&methods, ", ");
        text_puts(&methods, r->method);
    }
    if (pattern)
        answer_method(x, &methods);
    else
        exchange_problem(x, 404, "path", "there is nothing at %.200s", x->path);
    text_free(&methods);
    return false;
}
