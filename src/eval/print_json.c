/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values as JSON. Numbers that JSON has no form for are the strings "inf",
 * "-inf" and "nan"; symbols are strings; a record is an object of its
 * columns, a procedure {"procedure": text}, nothing is null, and (a b . c) is
 * {"dotted": [a, b, c]}. What is printed is UTF-8 whatever the strings hold.
 */
#include "base/utf8.h"
#include "eval/print.h"
#include "eval/walk.h"

#include <math.h>

/* ---- leaves ----------------------------------------------------------- */

/* Bytes that may stand in a JSON string as they are; 0: this one not. */
static size_t plain_bytes(const char *at, size_t left)
{
    unsigned char byte = (unsigned char)*at;
    if (byte < ' ' || byte == '"' || byte == '\\' || byte == 127) return 0;
    return utf8_length(at, left);
}

/* A byte that is not UTF-8 becomes the replacement character. */
static bool put_special(struct text *out, unsigned char byte)
{
    switch (byte) {
    case '"': return text_puts(out, "\\\"");
    case '\\': return text_puts(out, "\\\\");
    case '\n': return text_puts(out, "\\n");
    case '\t': return text_puts(out, "\\t");
    case '\r': return text_puts(out, "\\r");
    default: return text_printf(out, "\\u%04x", byte < 128 ? byte : 0xfffd);
    }
}

bool print_json_string(struct text *out, const char *s, size_t length)
{
    size_t written = 0, i = 0;
    if (!text_puts(out, "\"")) return false;
    while (i < length) {
        size_t plain = plain_bytes(s + i, length - i);
        i += plain;
        if (plain) continue;
        if (!text_add(out, s + written, i - written) ||
            !put_special(out, (unsigned char)s[i]))
            return false;
        written = ++i;
    }
    return text_add(out, s + written, length - written) && text_puts(out, "\"");
}

static bool put_double(struct text *out, double d)
{
    char digits[34] = "\"";
    print_double(digits + 1, d);
    if (isfinite(d)) return text_puts(out, digits + 1);
    return text_puts(out, strcat(digits, "\""));
}

static bool put_row(struct text *out, const double *at, size_t count)
{
    bool good = text_puts(out, "[");
    for (size_t i = 0; good && i < count; i++)
        good = (!i || text_puts(out, ",")) && put_double(out, at[i]);
    return good && text_puts(out, "]");
}

static bool put_vector(struct text *out, const struct vector *v)
{
    if (!v->columns) return put_row(out, v->at, v->rows);
    bool good = text_puts(out, "[");
    for (size_t i = 0; good && i < v->rows; i++)
        good = (!i || text_puts(out, ",")) &&
               put_row(out, v->at + i * v->columns, v->columns);
    return good && text_puts(out, "]");
}

/* Through the printer; also what is no data but stands in some list. */
static bool put_as_text(struct text *out, value v)
{
    struct text shown = {0};
    bool good = print_value(&shown, v) &&
                print_json_string(out, shown.at, shown.length);
    text_free(&shown);
    return good;
}

static bool put_procedure(struct text *out, value v)
{
    return text_puts(out, "{\"procedure\":") && put_as_text(out, v) &&
           text_puts(out, "}");
}

static bool put_leaf(struct text *out, value v)
{
    if (is_int(v)) return text_printf(out, "%lld", (long long)as_int(v));
    if (is_double(v)) return put_double(out, as_double(v));
    if (v == V_TRUE) return text_puts(out, "true");
    if (v == V_FALSE) return text_puts(out, "false");
    if (v == V_NIL) return text_puts(out, "[]");
    if (v == V_NOTHING) return text_puts(out, "null");
    if (is_vector(v)) return put_vector(out, as_vector(v));
    if (is_string(v) || is_symbol(v))
        // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): v was pushed
        return print_json_string(out, text_of(v), as_string(v)->head.size);
    return is_procedure(v) ? put_procedure(out, v) : put_as_text(out, v);
}

/* ---- structures ------------------------------------------------------- */

/* Words that are no values stand on the stack above what they are about. */
#define MARK_REST ((value)1) /* the rest of a list, below */
#define MARK_FIELDS \
    ((value)3)                /* a record, below, and under it the number of
                                  fields that are written */
#define MARK_CLOSE ((value)5) /* the end of what was dotted */

static bool put_pair(struct text *out, struct walk *w, value v)
{
    return text_puts(out, is_list(v) ? "[" : "{\"dotted\":[") &&
           walk_push(w, cdr(v)) && walk_push(w, MARK_REST) &&
           walk_push(w, car(v));
}

static bool put_rest(struct text *out, struct walk *w, value rest)
{
    if (rest == V_NIL) return text_puts(out, "]");
    if (!text_puts(out, ",")) return false;
    if (is_pair(rest))
        return walk_push(w, cdr(rest)) && walk_push(w, MARK_REST) &&
               walk_push(w, car(rest));
    return walk_push(w, MARK_CLOSE) && walk_push(w, rest);
}

static bool push_fields(struct walk *w, value record, size_t written)
{
    return walk_push(w, v_int((int64_t)written)) && walk_push(w, record) &&
           walk_push(w, MARK_FIELDS);
}

/* The next field of the record, or its end. */
static bool put_fields(struct text *out, struct walk *w)
{
    value v = walk_pop(w);
    size_t written = (size_t)as_int(walk_pop(w));
    const struct record *r = as_object(v);
    if (written == r->head.size) return text_puts(out, "}");
    return (!written || text_puts(out, ",")) &&
           put_leaf(out, r->fields[2 * written]) && text_puts(out, ":") &&
           push_fields(w, v, written + 1) &&
           walk_push(w, r->fields[2 * written + 1]);
}

static bool put(struct text *out, struct walk *w)
{
    value v = walk_pop(w);
    if (v == MARK_REST) return put_rest(out, w, walk_pop(w));
    if (v == MARK_FIELDS) return put_fields(out, w);
    if (v == MARK_CLOSE) return text_puts(out, "]}");
    if (is_pair(v)) return put_pair(out, w, v);
    if (is_type(v, T_RECORD))
        return text_puts(out, "{") && push_fields(w, v, 0);
    return put_leaf(out, v);
}

bool print_json(struct text *out, value v)
{
    struct walk w;
    walk_open(&w);
    bool good = walk_push(&w, v);
    while (good && w.length) good = put(out, &w);
    walk_close(&w);
    return good;
}
