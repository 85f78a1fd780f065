/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Forms: see form.h.
 */
#include "server/form.h"

#include <string.h>

#include "eval/print.h"

/* ---- fields ----------------------------------------------------------- */

static int digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool undo(const char *at, size_t length, struct text *out)
{
    for (size_t i = 0; i < length; i++) {
        char c = at[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            if (length - i < 3) return false;
            int high = digit(at[i + 1]), low = digit(at[i + 2]);
            if (high < 0 || low < 0 || high + low == 0) return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (!text_add(out, &c, 1)) return false;
    }
    return true;
}

bool form_field(const char *body, size_t length, const char *name,
                struct text *out)
{
    size_t wanted = strlen(name);
    for (size_t at = 0; at < length;) {
        const char *field = body + at;
        const char *end = memchr(field, '&', length - at);
        size_t whole = end ? (size_t)(end - field) : length - at;
        text_clear(out);
        if (whole > wanted && field[wanted] == '=' &&
            memcmp(field, name, wanted) == 0)
            return undo(field + wanted + 1, whole - wanted - 1, out);
        at += whole + 1;
    }
    return false;
}

/* ---- expressions ------------------------------------------------------ */

static bool print_token(const json_t *v, struct text *out)
{
    char digits[32];
    switch (json_typeof(v)) {
    case JSON_STRING:
        return text_add(out, json_string_value(v), json_string_length(v));
    case JSON_INTEGER:
        return text_printf(out, "%lld", (long long)json_integer_value(v));
    case JSON_REAL:
        print_double(digits, json_real_value(v));
        return text_puts(out, digits);
    case JSON_TRUE: return text_puts(out, "True");
    case JSON_FALSE: return text_puts(out, "False");
    default: return false;
    }
}

/* As deep as Jansson reads. */
enum { DEPTH_MOST = JSON_PARSER_MAX_DEPTH + 1 };

bool form_expression(const json_t *tokens, struct text *out)
{
    struct {
        const json_t *list;
        size_t next;
    } open[DEPTH_MOST];
    size_t depth = 0;
    const json_t *v = tokens;
    for (;;) {
        if (json_is_array(v)) {
            if (depth == DEPTH_MOST || !text_puts(out, "(")) return false;
            open[depth].list = v;
            open[depth++].next = 0;
        } else if (!print_token(v, out)) {
            return false;
        }
        while (depth &&
               open[depth - 1].next == json_array_size(open[depth - 1].list)) {
            if (!text_puts(out, ")")) return false;
            depth--;
        }
        if (!depth) return true;
        if (open[depth - 1].next && !text_puts(out, " ")) return false;
        v = json_array_get(open[depth - 1].list, open[depth - 1].next++);
    }
}
