/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of what the server reads itself from requests: forms,
 * expressions that came as JSON, names of hosts. Any bytes give something or
 * nothing; an expression has as many parentheses that open as close.
 */
#include <stdlib.h>
#include <string.h>

#include "server/form.h"
#include "server/guard.h"

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
    if (size) read_expression(at, size);
    char *host = strndup(at, size);
    expect(host != NULL);
    if (guard_is_loopback_name(host)) expect(strlen(host) >= 5);
    free(host);
    return 0;
}
