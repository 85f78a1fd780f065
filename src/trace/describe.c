/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A trace in words and as JSON: see describe.h.
 */
#include "trace/describe.h"

#include <stdio.h>

#include "eval/expression.h"
#include "eval/machine_inside.h"
#include "eval/print.h"
#include "eval/walk.h"

enum {
    VECTOR_SHOWN = 8,
    LIST_SHOWN = 12,
    KINDS_SHOWN = 6,
    INDENT_MAX = 8,
    HEADING_MAX = 70,
    WORDS_MAX = 100
};

/* ---- values ---------------------------------------------------------- */

/* Words that are no values stand on the stack for what is still to come. */
#define MARK_CLOSE ((value)3)

static bool space(struct text *out, size_t start)
{
    bool first = out->length == start || out->at[out->length - 1] == '(';
    return first || text_puts(out, " ");
}

static const char *operation_name(const struct primitive *p, char *name)
{
    size_t n = strcspn(p->names, " ");
    if (p == &primitive_select) return "if";
    snprintf(name, DESCRIBE_NAME_MAX, "%.*s", (int)n, p->names);
    return name;
}

static bool push_operands(struct walk *w, const value *operands, uint32_t n)
{
    bool ok = walk_push(w, MARK_CLOSE);
    while (ok && n-- > 0) ok = walk_push(w, operands[n]);
    return ok;
}

static bool put_expression(struct text *out, struct walk *w,
                           const struct expression *e)
{
    char name[DESCRIBE_NAME_MAX];
    return text_puts(out, "(") &&
           (e->operation == &primitive_index ||
            text_puts(out, operation_name(e->operation, name))) &&
           push_operands(w, e->operands, e->head.size);
}

/* Random structure as the application that makes it. */
static bool put_random_list(struct text *out, struct walk *w, value list)
{
    value few[LIST_SHOWN + 2];
    uint32_t n = 0;
    for (; is_pair(list) && n < LIST_SHOWN; list = cdr(list))
        few[n++] = car(list);
    if (is_pair(list)) {
        few[n++] = symbol("...");
    } else if (list != V_NIL) {
        few[n++] = symbol(".");
        few[n++] = list;
    }
    return text_puts(out, "(list") && push_operands(w, few, n);
}

/* Data as they would be quoted, the first of them. */
static bool put_data(struct text *out, value list)
{
    value few[LIST_SHOWN], tail = list;
    uint32_t n = 0;
    for (; is_pair(tail) && n < LIST_SHOWN; tail = cdr(tail))
        few[n++] = car(tail);
    if (is_pair(tail)) {
        few[n - 1] = symbol("...");
        list = list_from(few, n);
    }
    return list != V_UNBOUND && text_puts(out, "'") && print_value(out, list);
}

static bool put_vector(struct text *out, const struct vector *v)
{
    char digits[32];
    if (v->head.size <= VECTOR_SHOWN) return print_value(out, v_object(v));
    if (!text_puts(out, "#(")) return false;
    for (uint32_t i = 0; i < VECTOR_SHOWN; i++) {
        print_double(digits, v->at[i]);
        if (!text_printf(out, "%s ", digits)) return false;
    }
    return text_printf(out, "... %u elements)", v->head.size);
}

static bool put_one(const struct description *d, struct text *out,
                    struct walk *w, value v)
{
    char name[DESCRIBE_NAME_MAX];
    if (is_object(v) && d->name(d->context, v, name))
        return text_puts(out, name);
    switch (object_type(v)) {
    case T_EXPRESSION: return put_expression(out, w, as_object(v));
    case T_PAIR:
        return has_reference(v) ? put_random_list(out, w, v) : put_data(out, v);
    case T_VECTOR: return put_vector(out, as_vector(v));
    default: return print_value(out, v);
    }
}

/* Cuts before a character, never inside it. */
static bool cut(struct text *out, size_t at)
{
    while (at > 0 && ((unsigned char)out->at[at] & 0xc0) == 0x80) at--;
    out->length = at;
    out->at[at] = 0;
    return text_puts(out, "...");
}

static bool put_stack(const struct description *d, struct text *out,
                      struct walk *w, size_t start, size_t limit)
{
    bool ok = true;
    while (ok && w->length && out->length <= start + limit) {
        value v = walk_pop(w);
        ok = v == MARK_CLOSE ? text_puts(out, ")")
                             : space(out, start) && put_one(d, out, w, v);
    }
    walk_close(w);
    return ok && (out->length <= start + limit || cut(out, start + limit));
}

bool describe_value(const struct description *d, struct text *out, value v,
                    size_t limit)
{
    struct walk w;
    walk_open(&w);
    return walk_push(&w, v) && put_stack(d, out, &w, out->length, limit);
}

bool describe_application(const struct description *d, struct text *out,
                          const char *head, uint32_t count,
                          const value *written, size_t limit)
{
    struct walk w;
    size_t start = out->length;
    walk_open(&w);
    return text_printf(out, "(%s", head) && push_operands(&w, written, count) &&
           put_stack(d, out, &w, start, limit);
}

/* ---- contents of urns ------------------------------------------------- */

static bool put_first(const struct description *d, struct text *out,
                      const value *held, size_t count)
{
    if (!text_printf(out, "%zu values:", count)) return false;
    for (size_t i = 0; i < count && i < KINDS_SHOWN; i++)
        if (!text_puts(out, " ") || !describe_value(d, out, held[i], 24))
            return false;
    return count <= KINDS_SHOWN || text_puts(out, " ...");
}

bool describe_contents(const struct description *d, struct text *out,
                       const value *held, size_t count)
{
    value kinds[KINDS_SHOWN];
    size_t times[KINDS_SHOWN], n = 0;
    if (count == 0) return text_puts(out, "nothing");
    for (size_t i = 0, k; i < count; i++) {
        for (k = 0; k < n && !value_equal(kinds[k], held[i]);) k++;
        if (k == KINDS_SHOWN) return put_first(d, out, held, count);
        if (k == n) {
            kinds[n] = held[i];
            times[n++] = 0;
        }
        times[k]++;
    }
    if (n == count && count > 2) return put_first(d, out, held, count);
    for (size_t k = 0; k < n; k++)
        if (!text_puts(out, k ? ", " : "") ||
            !describe_value(d, out, kinds[k], 24) ||
            !text_printf(out, " %zu", times[k]))
            return false;
    return true;
}

/* ---- JSON -------------------------------------------------------------- */

bool json_begin(struct description *d, const char *name, const char *kind,
                const struct directive *of)
{
    return text_puts(&d->json,
                     d->json.length > 1 ? ",{\"name\":" : "{\"name\":") &&
           print_json_string(&d->json, name, strlen(name)) &&
           json_text(d, "kind", kind) &&
           text_printf(&d->json, ",\"directive\":%d", of->id);
}

bool json_text(struct description *d, const char *key, const char *text)
{
    return text_printf(&d->json, ",\"%s\":", key) &&
           print_json_string(&d->json, text, strlen(text));
}

enum { JSON_WORDS_MAX = 4096 };

static bool put_words(struct description *d, const char *key,
                      const struct text *words)
{
    return text_printf(&d->json, ",\"%s\":", key) &&
           print_json_string(&d->json, words->at, words->length);
}

bool json_words(struct description *d, const char *key, value v)
{
    struct text words = {0};
    bool ok = describe_value(d, &words, v, JSON_WORDS_MAX) &&
              put_words(d, key, &words);
    text_free(&words);
    return ok;
}

bool json_end(struct description *d) { return text_puts(&d->json, "}"); }

/* ---- directives and choices -------------------------------------------- */

bool indent(struct description *d, int depth)
{
    if (depth > INDENT_MAX) depth = INDENT_MAX;
    return text_printf(&d->lines, "%*s", 4 * depth, "");
}

bool describe_directive(struct description *d, const struct directive *of)
{
    char source[HEADING_MAX + 1], name[16];
    span_text(of->span, source, sizeof source);
    snprintf(name, sizeof name, "[%d]", of->id);
    return text_printf(&d->lines, "%s %s\n", name, source) &&
           json_begin(d, name, "directive", of);
}

bool describe_place(struct description *d, struct span place,
                    const struct directive *of)
{
    if (!place.source) return true;
    if (place.source != d->source || place.start != d->start)
        source_place(place.source, place.start, &d->line, &d->column);
    d->source = place.source;
    d->start = place.start;
    if (!text_puts(&d->lines, ", at ")) return false;
    if (place.source != of->span.source &&
        !text_printf(&d->lines, "%s:", place.source->name))
        return false;
    return text_printf(&d->lines, "%d:%d", d->line, d->column) &&
           json_text(d, "file", place.source->name) &&
           text_printf(&d->json, ",\"line\":%d,\"column\":%d", d->line,
                       d->column);
}

static bool put_score(struct description *d, const struct choice_words *c)
{
    if (c->scored_by)
        return text_printf(&d->lines, "scored by %s", c->scored_by) &&
               json_text(d, "urn", c->scored_by);
    return text_printf(&d->lines, "score %.5g", c->score) &&
           text_puts(&d->json, ",\"score\":") &&
           print_json(&d->json, v_double(c->score));
}

bool describe_choice(struct description *d, const struct choice_words *c,
                     const struct directive *of, int depth)
{
    struct text form = {0};
    bool ok = describe_application(d, &form, c->head, c->count, c->written,
                                   WORDS_MAX) &&
              indent(d, depth) &&
              text_printf(&d->lines, "%s choice %s = ", c->name, form.at) &&
              describe_value(d, &d->lines, c->held, WORDS_MAX) &&
              (!c->observer ||
               text_printf(&d->lines, ", observed by %s", c->observer)) &&
              text_puts(&d->lines, "\n") && indent(d, depth + 1);
    form.length = 0;
    ok = ok &&
         describe_application(d, &form, c->head, c->count, c->written,
                              JSON_WORDS_MAX) &&
         json_begin(d, c->name, "choice", of) &&
         put_words(d, "application", &form) &&
         text_puts(&d->json, ",\"value\":") && print_json(&d->json, c->held) &&
         (c->observer ? json_text(d, "observed", c->observer)
                      : text_puts(&d->json, ",\"observed\":false")) &&
         put_score(d, c) && describe_place(d, c->place, of) &&
         text_puts(&d->lines, "\n");
    text_free(&form);
    return ok;
}
