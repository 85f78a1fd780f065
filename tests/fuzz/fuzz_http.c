/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of what the server reads itself from requests: forms,
 * expressions that came as JSON, orders for runs, names of hosts. Any bytes
 * give something or nothing; an expression has as many parentheses that open
 * as close; the place of an error in an order lies in the text of a member.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/form.h"
#include "server/guard.h"
#include "server/run_order.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds) abort();
}

static size_t count(const struct text *t, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < t->length; i++) n += t->at[i] == c;
    return n;
}

/* Strings stand as they are: without parentheses of their own, all are ours. */
static void read_expression(const char *at, size_t length)
{
    struct text out = {0};
    json_t *v = json_loadb(at, length, JSON_DECODE_ANY, NULL);
    bool own = memchr(at, '(', length) || memchr(at, ')', length) ||
               memchr(at, '\\', length);
    if (v && form_expression(v, &out) && !own)
        expect(count(&out, '(') == count(&out, ')'));
    json_decref(v);
    text_free(&out);
}

/* An error at each line and column of the first ones. */
static void mend_errors(const struct run_order *o)
{
    for (int line = 0; line < 4; line++)
        for (int column = 1; column < 24; column += 3) {
            char error[200];
            struct text out = {0};
            int length = snprintf(
                error, sizeof error,
                "{\"message\":\"m\",\"span\":{\"line\":%d,\"column\":%d,"
                "\"end_line\":%d,\"end_column\":%d,\"text\":\"\"}}",
                line, column, line, column + 1);
            expect(run_order_mend_error(o, error, (size_t)length, &out));
            json_t *e = json_loadb(out.at, out.length, 0, NULL);
            const json_t *span = json_object_get(e, "span");
            expect(e && !json_object_get(e, "pointer") == !span);
            if (span)
                expect(json_integer_value(json_object_get(span, "line")) > 0 &&
                       json_integer_value(json_object_get(span, "column")) > 0);
            json_decref(e);
            text_free(&out);
        }
}

static void read_order(const char *at, size_t length)
{
    json_t *o = json_loadb(at, length, JSON_REJECT_DUPLICATES, NULL), *v;
    const json_t *watch = json_object_get(o, "watch");
    size_t i;
    struct text infer = {0}, longer = {0};
    struct run_order order = {
        .kernel = json_string_value(json_object_get(o, "kernel")),
        .time = json_string_value(json_object_get(o, "for")),
        .samples = 10,
        .chains = 2,
        .watch = json_is_array(watch) ? watch : NULL};
    json_array_foreach((json_t *)order.watch, i, v)
    {
        if (!json_is_string(v)) order.watch = NULL;
    }
    if (o) {
        expect(run_order_print(&order, &infer));
        expect(run_order_extended(infer.at, 20, &longer));
        mend_errors(&order);
    }
    text_free(&infer);
    text_free(&longer);
    json_decref(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"a", "expr_lst", ""};
    const char *at = (const char *)data;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct text field = {0};
        if (form_field(at, size, names[i], &field)) {
            expect(field.length <= size);
            expect(!field.at || !memchr(field.at, 0, field.length) ||
                   memchr(at, 0, size));
            if (field.at) read_expression(field.at, field.length);
        }
        text_free(&field);
    }
    if (size) {
        read_expression(at, size);
        read_order(at, size);
    }
    char *host = strndup(at, size);
    expect(host != NULL);
    if (guard_is_loopback_name(host)) expect(strlen(host) >= 5);
    free(host);
    return 0;
}
