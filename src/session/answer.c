/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Answers as lines and as JSON: see answer.h.
 */
#include "session/answer.h"

#include <string.h>

#include "base/memory.h"
#include "eval/print.h"
#include "session/record_table.h"

const char *kept_string(const char *s, size_t length)
{
    char *copy = memory_new_atomic(length + 1);
    if (!copy) return NULL;
    memcpy(copy, s, length);
    copy[length] = 0;
    return copy;
}

/* ---- filling ---------------------------------------------------------- */

static struct field *add(struct answer *a, enum field_kind kind,
                         const char *name, const char *json_name)
{
    if (a->count == ANSWER_FIELDS_MAX) {
        a->lost = true; /* never with the answers that there are */
        a->count--;
    }
    struct field *f = &a->fields[a->count++];
    *f = (struct field){
        .kind = (uint8_t)kind, .name = name, .json_name = json_name};
    return f;
}

static const char *keep(struct answer *a, const char *s)
{
    if (!s) return NULL;
    const char *copy = kept_string(s, strlen(s));
    if (!copy) a->lost = true;
    return copy;
}

void answer_integer(struct answer *a, const char *name, const char *json_name,
                    int64_t i)
{
    add(a, FIELD_INTEGER, name, json_name)->integer = i;
}

void answer_number(struct answer *a, const char *name, const char *json_name,
                   double d)
{
    add(a, FIELD_NUMBER, name, json_name)->number = d;
}

void answer_value(struct answer *a, const char *name, const char *json_name,
                  value v)
{
    add(a, FIELD_VALUE, name, json_name)->held = v;
}

void answer_string(struct answer *a, const char *name, const char *json_name,
                   const char *s)
{
    const char *kept = keep(a, s);
    add(a, FIELD_STRING, name, json_name)->string = kept ? kept : "";
}

void answer_block(struct answer *a, const char *lines, const char *json_name,
                  const char *json)
{
    const char *kept_lines = keep(a, lines), *kept_json = keep(a, json);
    struct field *f = add(a, FIELD_BLOCK, kept_lines ? "" : NULL,
                          kept_json ? json_name : NULL);
    f->string = kept_lines;
    f->json = kept_json;
}

void answer_picture(struct answer *a, value v)
{
    bool lines = is_string(v) && as_string(v)->head.flags & OBJECT_PICTURE;
    struct text table = {0};
    bool set = record_is_table(v) && record_table(v, &table);
    answer_value(a, lines || set ? NULL : "", "value", v);
    if (lines) answer_block(a, text_of(v), NULL, NULL);
    if (set) answer_block(a, table.at, NULL, NULL);
    text_free(&table);
}

/* ---- showing ---------------------------------------------------------- */

static bool print_number(struct text *out, double d)
{
    char digits[32];
    print_double(digits, d);
    return text_puts(out, digits);
}

static bool print_field(const struct field *f, struct text *out)
{
    if (f->kind == FIELD_BLOCK) return text_puts(out, f->string);
    if (f->kind == FIELD_VALUE && f->held == V_NOTHING && !*f->name)
        return true;
    if (*f->name && !text_printf(out, "%s: ", f->name)) return false;
    bool good = true;
    switch (f->kind) {
    case FIELD_INTEGER:
        good = text_printf(out, "%lld", (long long)f->integer);
        break;
    case FIELD_NUMBER: good = print_number(out, f->number); break;
    case FIELD_VALUE: good = print_value(out, f->held); break;
    default: good = text_puts(out, f->string);
    }
    return good && text_puts(out, "\n");
}

bool answer_print(const struct answer *a, struct text *out)
{
    for (int i = 0; i < a->count; i++)
        if (a->fields[i].name && !print_field(&a->fields[i], out)) return false;
    return !a->lost;
}

static bool print_field_json(const struct field *f, struct text *out)
{
    if (!text_puts(out, ",") ||
        !print_json_string(out, f->json_name, strlen(f->json_name)) ||
        !text_puts(out, ":"))
        return false;
    switch (f->kind) {
    case FIELD_INTEGER: return text_printf(out, "%lld", (long long)f->integer);
    case FIELD_NUMBER: return print_json(out, v_double(f->number));
    case FIELD_VALUE: return print_json(out, f->held);
    case FIELD_BLOCK: return text_puts(out, f->json);
    default: return print_json_string(out, f->string, strlen(f->string));
    }
}

bool answer_print_json(const struct answer *a, struct text *out)
{
    bool good = text_puts(out, "{\"directive\":") &&
                print_json_string(out, a->directive, strlen(a->directive));
    for (int i = 0; i < a->count && good; i++)
        if (a->fields[i].json_name) good = print_field_json(&a->fields[i], out);
    return good && text_puts(out, "}") && !a->lost;
}

static bool print_place_json(const struct error *e, struct text *out)
{
    if (!e->span.source) return true;
    int line = 0, column = 0;
    const char *name = e->span.source->name;
    source_place(e->span.source, e->span.start, &line, &column);
    return text_puts(out, ",\"file\":") &&
           print_json_string(out, name, strlen(name)) &&
           text_printf(out, ",\"line\":%d,\"column\":%d", line, column);
}

bool error_print_json(const struct error *e, struct text *out)
{
    bool good = text_puts(out, "{\"error\":{\"message\":") &&
                print_json_string(out, e->message, strlen(e->message)) &&
                print_place_json(e, out);
    if (good && e->hint[0])
        good = text_puts(out, ",\"hint\":") &&
               print_json_string(out, e->hint, strlen(e->hint));
    return good && text_puts(out, "}}");
}
