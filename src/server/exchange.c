/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Answers and problems: see exchange.h.
 */
#include "server/exchange.h"

#include <errno.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "eval/print.h"
#include "server/http.h"
#include "server/microhttpd.h"
#include "server/server.h"

/* ---- the request ------------------------------------------------------ */

const char *exchange_header(const struct exchange *x, const char *name)
{
    return mhd.lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

const char *exchange_argument(const struct exchange *x, const char *name)
{
    return mhd.lookup_connection_value(x->connection, MHD_GET_ARGUMENT_KIND,
                                       name);
}

bool exchange_has_type(const struct exchange *x, const char *type)
{
    const char *given = exchange_header(x, "Content-Type");
    if (!given) return !*type;
    size_t length = strcspn(given, "; \t");
    return strlen(type) == length && strncasecmp(given, type, length) == 0;
}

bool exchange_number(struct exchange *x, const char *name, uint64_t otherwise,
                     uint64_t most, uint64_t *out)
{
    const char *given = exchange_argument(x, name);
    char *end;
    *out = otherwise;
    if (!given) return true;
    errno = 0;
    *out = strtoull(given, &end, 10);
    if (*given >= '0' && *given <= '9' && !*end && !errno && *out <= most)
        return true;
    exchange_problem(x, 400, "argument",
                     "%s: expected a whole number from 0 to %llu", name,
                     (unsigned long long)most);
    return false;
}

/* ---- the answer ------------------------------------------------------- */

void exchange_add_header(struct exchange *x, const char *name,
                         const char *format, ...)
{
    va_list arguments;
    if (x->header_count == HEADERS_MAX) return;
    struct header *h = &x->headers[x->header_count++];
    h->name = name;
    va_start(arguments, format);
    vsnprintf(h->value, sizeof h->value, format, arguments);
    va_end(arguments);
}

void exchange_answer(struct exchange *x, int status, const char *type)
{
    if (x->status) return;
    x->status = status;
    x->type = type;
    if (x->suspended) http_resume(x);
}

void exchange_json(struct exchange *x, int status)
{
    exchange_answer(x, status, "application/json");
}

void exchange_stream(struct exchange *x)
{
    exchange_answer(x, 200, "text/event-stream");
}

/* ---- problems --------------------------------------------------------- */

static void begin_problem(struct exchange *x, int status, const char *slug)
{
    text_clear(&x->reply);
    text_printf(&x->reply,
                "{\"type\":\"urn:vestige:%s\",\"title\":\"%s\","
                "\"status\":%d",
                slug, http_status_name(status), status);
}

void exchange_problem(struct exchange *x, int status, const char *slug,
                      const char *format, ...)
{
    char words[600];
    va_list arguments;
    if (x->status) return;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    begin_problem(x, status, slug);
    text_puts(&x->reply, ",\"detail\":");
    print_json_string(&x->reply, words, strlen(words));
    text_puts(&x->reply, "}");
    x->server->counts.problems++;
    exchange_answer(x, status, "application/problem+json");
}

void exchange_engine_problem(struct exchange *x, int status, const char *slug,
                             const char *json, size_t length)
{
    static const char message[] = "{\"message\":";
    size_t skip = sizeof message - 1;
    if (x->status) return;
    if (length < skip || memcmp(json, message, skip) != 0) {
        exchange_problem(x, status, slug, "memory ran out");
        return;
    }
    begin_problem(x, status, slug);
    text_puts(&x->reply, ",\"detail\":");
    text_add(&x->reply, json + skip, length - skip);
    x->server->counts.problems++;
    exchange_answer(x, status, "application/problem+json");
}
