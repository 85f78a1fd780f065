/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives: strings and symbols, and what kind of thing a value is. Text
 * is UTF-8; lengths and places count characters.
 */
#include "base/text.h"
#include "base/utf8.h"
#include "eval/number.h"
#include "eval/numeral.h"
#include "eval/operand.h"
#include "eval/print.h"
#include "eval/row.h"
#include "eval/scratch.h"

#include <math.h>

/* ---- kinds ------------------------------------------------------------ */

#define KIND(primitive_, test_)                                         \
    static bool primitive_(struct machine *m, int n, const value *args, \
                           value *out)                                  \
    {                                                                   \
        (void)m, (void)n;                                               \
        *out = v_boolean(test_(args[0]));                               \
        return true;                                                    \
    }
KIND(test_string, is_string)
KIND(test_symbol, is_symbol)
KIND(test_boolean, is_boolean)
KIND(test_procedure, is_procedure)
#undef KIND

static bool identity(struct machine *m, int n, const value *args, value *out)
{
    (void)m, (void)n;
    *out = args[0];
    return true;
}

/* ---- places ----------------------------------------------------------- */

static size_t count_characters(const struct string *s)
{
    size_t count = 0;
    for (size_t i = 0; i < s->head.size; i++) count += utf8_begins(s->text[i]);
    return count;
}

/* The byte at which character `place` begins; place <= characters. */
static size_t byte_of(const struct string *s, size_t place)
{
    size_t i = 0;
    for (; i < s->head.size; i++)
        if (utf8_begins(s->text[i]) && place-- == 0) break;
    return i;
}

static bool string_length(struct machine *m, int n, const value *args,
                          value *out)
{
    struct string *s;
    (void)n;
    if (!operand_text(m, "string-length", args[0], &s)) return false;
    *out = v_int((int64_t)count_characters(s));
    return true;
}

static bool substring(struct machine *m, int n, const value *args, value *out)
{
    struct string *s;
    size_t start, end;
    if (!operand_text(m, "substring", args[0], &s) ||
        !operand_count(m, "substring", args[1], &start))
        return false;
    size_t count = count_characters(s);
    end = count;
    if (n > 2 && !operand_count(m, "substring", args[2], &end)) return false;
    if (start > end || end > count)
        return machine_domain_error(
            m,
            "substring: from %zu to %zu is out of range: the string has "
            "%zu characters",
            start, end, count);
    size_t from = byte_of(s, start), to = byte_of(s, end);
    return answer(m, string_make(s->text + from, to - from), out);
}

/* ---- building --------------------------------------------------------- */

/* The text as a string; gives its bytes back. */
static bool finish(struct machine *m, struct text *t, bool built, value *out)
{
    value made = built ? string_make(t->at ? t->at : "", t->length) : V_UNBOUND;
    text_free(t);
    return answer(m, made, out);
}

static bool string_append(struct machine *m, int n, const value *args,
                          value *out)
{
    struct text t = {0};
    bool built = true;
    for (int i = 0; i < n && built; i++) {
        struct string *s;
        if (!operand_text(m, "string-append", args[i], &s)) {
            text_free(&t);
            return false;
        }
        built = text_add(&t, s->text, s->head.size);
    }
    return finish(m, &t, built, out);
}

static bool string(struct machine *m, int n, const value *args, value *out)
{
    struct text t = {0};
    bool built = true;
    for (int i = 0; i < n && built; i++) built = display_value(&t, args[i]);
    return finish(m, &t, built, out);
}

static bool string_join(struct machine *m, int n, const value *args, value *out)
{
    struct text t = {0};
    struct string *s, *between = NULL;
    bool built = true;
    if (!operand_list(m, "string-join", args[0]) ||
        (n > 1 && !operand_text(m, "string-join", args[1], &between)))
        return false;
    for (value at = args[0]; at != V_NIL && built; at = cdr(at)) {
        if (!operand_text(m, "string-join", car(at), &s)) {
            text_free(&t);
            return false;
        }
        if (at != args[0] && between)
            built = text_add(&t, between->text, between->head.size);
        else if (at != args[0])
            built = text_add(&t, " ", 1);
        built = built && text_add(&t, s->text, s->head.size);
    }
    return finish(m, &t, built, out);
}

/* ---- taking apart ----------------------------------------------------- */

static bool push_piece(struct machine *m, struct scratch *s, const char *at,
                       size_t length)
{
    value piece = string_make(at, length);
    if (piece == V_UNBOUND) return machine_no_memory(m);
    return scratch_push(m, s, piece);
}

static bool push_characters(struct machine *m, struct scratch *pieces,
                            const struct string *s)
{
    for (size_t i = 0, end; i < s->head.size; i = end) {
        for (end = i + 1; end < s->head.size && !utf8_begins(s->text[end]);)
            end++;
        if (!push_piece(m, pieces, s->text + i, end - i)) return false;
    }
    return true;
}

static bool push_pieces(struct machine *m, struct scratch *pieces,
                        const struct string *s, const struct string *by)
{
    const char *at = s->text, *end = at + s->head.size, *next;
    while ((next = memmem(at, (size_t)(end - at), by->text, by->head.size))) {
        if (!push_piece(m, pieces, at, (size_t)(next - at))) return false;
        at = next + by->head.size;
    }
    return push_piece(m, pieces, at, (size_t)(end - at));
}

static bool string_split(struct machine *m, int n, const value *args,
                         value *out)
{
    struct string *s, *by;
    struct scratch pieces;
    (void)n;
    if (!operand_text(m, "string-split", args[0], &s) ||
        !operand_text(m, "string-split", args[1], &by))
        return false;
    scratch_open(&pieces);
    bool done = by->head.size ? push_pieces(m, &pieces, s, by)
                              : push_characters(m, &pieces, s);
    return done ? scratch_list(m, &pieces, out) : scratch_fail(&pieces);
}

static bool string_to_list(struct machine *m, int n, const value *args,
                           value *out)
{
    struct string *s;
    struct scratch pieces;
    (void)n;
    if (!operand_text(m, "string->list", args[0], &s)) return false;
    scratch_open(&pieces);
    return push_characters(m, &pieces, s) ? scratch_list(m, &pieces, out)
                                          : scratch_fail(&pieces);
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool string_trim(struct machine *m, int n, const value *args, value *out)
{
    struct string *s;
    (void)n;
    if (!operand_text(m, "string-trim", args[0], &s)) return false;
    size_t start = 0, end = s->head.size;
    while (start < end && is_space(s->text[start])) start++;
    while (end > start && is_space(s->text[end - 1])) end--;
    return answer(m, string_make(s->text + start, end - start), out);
}

/* ---- letters ---------------------------------------------------------- */

/* Letters of ASCII from `first` on, to those from `other` on. */
static bool change_case(struct machine *m, const char *who, char first,
                        char other, value v, value *out)
{
    struct string *s;
    struct text t = {0};
    if (!operand_text(m, who, v, &s)) return false;
    bool built = text_add(&t, s->text, s->head.size);
    for (size_t i = 0; built && i < t.length; i++)
        if (t.at[i] >= first && t.at[i] < first + 26)
            t.at[i] = (char)(t.at[i] - first + other);
    return finish(m, &t, built, out);
}

static bool upcase(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    return change_case(m, "string-upcase", 'a', 'A', args[0], out);
}

static bool downcase(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    return change_case(m, "string-downcase", 'A', 'a', args[0], out);
}

/* ---- comparing -------------------------------------------------------- */

/* By bytes, which is the order of characters in UTF-8. */
static int order(const struct string *a, const struct string *b)
{
    size_t shorter = a->head.size < b->head.size ? a->head.size : b->head.size;
    int c = memcmp(a->text, b->text, shorter);
    return c ? c
             : (a->head.size > b->head.size) - (a->head.size < b->head.size);
}

/* Each with its neighbour: no order may be above `most`. */
static bool ordered(struct machine *m, const char *who, int least, int most,
                    int n, const value *args, value *out)
{
    struct string *before, *s;
    bool all = true;
    if (!operand_text(m, who, args[0], &before)) return false;
    for (int i = 1; i < n; i++, before = s) {
        if (!operand_text(m, who, args[i], &s)) return false;
        int here = order(before, s);
        here = (here > 0) - (here < 0);
        if (here < least || here > most) all = false;
    }
    *out = v_boolean(all);
    return true;
}

static bool string_equal(struct machine *m, int n, const value *args,
                         value *out)
{
    return ordered(m, "string=?", 0, 0, n, args, out);
}

static bool string_less(struct machine *m, int n, const value *args, value *out)
{
    return ordered(m, "string<?", -1, -1, n, args, out);
}

static bool string_contains(struct machine *m, int n, const value *args,
                            value *out)
{
    struct string *s, *part;
    (void)n;
    if (!operand_text(m, "string-contains?", args[0], &s) ||
        !operand_text(m, "string-contains?", args[1], &part))
        return false;
    *out = v_boolean(
        memmem(s->text, s->head.size, part->text, part->head.size) != NULL);
    return true;
}

/* ---- conversions ------------------------------------------------------ */

static bool string_to_symbol(struct machine *m, int n, const value *args,
                             value *out)
{
    struct string *s;
    (void)n;
    return operand_text(m, "string->symbol", args[0], &s) &&
           answer(m, symbol_sized(s->text, s->head.size), out);
}

static bool symbol_to_string(struct machine *m, int n, const value *args,
                             value *out)
{
    struct string *s;
    (void)n;
    return operand_text(m, "symbol->string", args[0], &s) &&
           answer(m, string_make(s->text, s->head.size), out);
}

static bool number_to_string(struct machine *m, int n, const value *args,
                             value *out)
{
    if (!is_number(args[0]))
        return machine_type_error(m, "number->string", "a number", args[0]);
    return string(m, n, args, out);
}

/* The names of numbers that have no digits, as they are printed. */
static bool named_number(const struct string *s, value *out)
{
    static const struct {
        const char *name;
        double number;
    } names[] = {{"inf", INFINITY},
                 {"+inf", INFINITY},
                 {"-inf", -INFINITY},
                 {"nan", NAN}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, s->text) != 0) continue;
        *out = v_double(names[i].number);
        return true;
    }
    return false;
}

static bool string_to_number(struct machine *m, int n, const value *args,
                             value *out)
{
    struct string *s;
    (void)n;
    if (!operand_text(m, "string->number", args[0], &s)) return false;
    if (!numeral_read(s->text, s->head.size, out) && !named_number(s, out))
        *out = V_FALSE;
    return true;
}

/* ---- the table -------------------------------------------------------- */

struct primitive primitives_text[] = {
    ROW(OUTER_CHEAP(1), "values", "string?", test_string, 1, 1, "(string? x)",
        "Is x a string?"),
    ROW(OUTER_CHEAP(1), "values", "symbol?", test_symbol, 1, 1, "(symbol? x)",
        "Is x a symbol?"),
    ROW(OUTER_CHEAP(1), "values", "boolean?", test_boolean, 1, 1,
        "(boolean? x)", "Is x True or False?"),
    ROW(OUTER_CHEAP(1), "values", "procedure? function?", test_procedure, 1, 1,
        "(procedure? x)", "Can x be applied to operands?"),
    ROW(NONE_CHEAP, "values", "identity id", identity, 1, 1, "(identity x)",
        "x itself."),
    ROW(DEEP, "text", "string-append", string_append, 0, -1,
        "(string-append text ...)", "One string of all."),
    ROW(DEEP, "text", "string stringify", string, 0, -1, "(string x ...)",
        "The values as they are displayed, in one string."),
    ROW(DEEP, "text", "string-length", string_length, 1, 1,
        "(string-length text)", "The number of characters."),
    ROW(DEEP, "text", "substring string-slice", substring, 2, 3,
        "(substring text start [end])",
        "The characters from index start up to end."),
    ROW(DEEP, "text", "string-split regexp-split", string_split, 2, 2,
        "(string-split text separator)",
        "The pieces between separators; each character for an empty one."),
    ROW(DEEP, "text", "string-join", string_join, 1, 2,
        "(string-join texts [separator])",
        "One string of all, with the separator (a blank) between them."),
    ROW(DEEP, "text", "string-trim", string_trim, 1, 1, "(string-trim text)",
        "Without white space at both ends."),
    ROW(DEEP, "text", "string->list", string_to_list, 1, 1,
        "(string->list text)", "The characters, each as a string."),
    ROW(DEEP, "text", "string-upcase", upcase, 1, 1, "(string-upcase text)",
        "The letters a to z as capitals."),
    ROW(DEEP, "text", "string-downcase", downcase, 1, 1,
        "(string-downcase text)", "The letters A to Z as small ones."),
    ROW(DEEP, "text", "string=?", string_equal, 1, -1, "(string=? text ...)",
        "Are all the same text?"),
    ROW(DEEP, "text", "string<?", string_less, 1, -1, "(string<? text ...)",
        "Does each stand before the next in order?"),
    ROW(DEEP, "text", "string-contains?", string_contains, 2, 2,
        "(string-contains? text part)", "Does the part occur in the text?"),
    ROW(DEEP, "text", "string->symbol", string_to_symbol, 1, 1,
        "(string->symbol text)", "The symbol of this name."),
    ROW(DEEP, "text", "symbol->string", symbol_to_string, 1, 1,
        "(symbol->string symbol)", "The name of a symbol."),
    ROW(DEEP, "text", "number->string", number_to_string, 1, 1,
        "(number->string x)", "The number as it is displayed."),
    ROW(DEEP, "text", "string->number", string_to_number, 1, 1,
        "(string->number text)",
        "The number that the text reads as, or False."),
};
const size_t primitives_text_count =
    sizeof primitives_text / sizeof *primitives_text;
