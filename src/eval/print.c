/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values as text, with a stack of what is still to be printed: values, and
 * behind marks the rests of lists. It does not look at references, and knows
 * procedures only through a hook.
 */
#include "eval/print.h"

#include "base/shortest.h"
#include "base/utf8.h"
#include "eval/escape.h"
#include "eval/walk.h"

#include <math.h>
#include <stdio.h>

/* ---- numbers ---------------------------------------------------------- */

/* As %g writes them: with a point where it stands among the digits or up to
 * three zeros before them, and 15 digits have room; else with an exponent. */
enum { FIXED_DIGITS = 15, FIXED_ZEROS = 3 };

static char *put_zeros(char *to, int count)
{
    for (; count > 0; count--) *to++ = '0';
    return to;
}

/* The first `whole` of the digits, a point, the rest; no digits: a zero. */
static char *put_fixed(char *to, const char *digits, int count, int whole)
{
    for (int i = 0; i < whole; i++) *to++ = i < count ? digits[i] : '0';
    if (whole <= 0) *to++ = '0';
    *to++ = '.';
    to = put_zeros(to, -whole);
    if (whole >= count) *to++ = '0';
    for (int i = whole > 0 ? whole : 0; i < count; i++) *to++ = digits[i];
    return to;
}

static char *put_exponential(char *to, const char *digits, int count,
                             int exponent)
{
    int size = exponent < 0 ? -exponent : exponent;
    *to++ = digits[0];
    if (count > 1) *to++ = '.';
    for (int i = 1; i < count; i++) *to++ = digits[i];
    *to++ = 'e';
    *to++ = exponent < 0 ? '-' : '+';
    if (size >= 100) *to++ = (char)('0' + size / 100);
    *to++ = (char)('0' + size / 10 % 10);
    *to++ = (char)('0' + size % 10);
    return to;
}

void print_double(char *buffer, double d)
{
    char room[20], *digits = room + sizeof room;
    if (isnan(d) || isinf(d)) {
        strcpy(buffer, isnan(d) ? "nan" : d < 0 ? "-inf" : "inf");
        return;
    }
    if (signbit(d)) *buffer++ = '-';
    struct decimal shortest = {0};
    if (d != 0) shortest = decimal_shortest(fabs(d));
    for (uint64_t rest = shortest.digits; rest; rest /= 10)
        *--digits = (char)('0' + rest % 10);
    int count = (int)(room + sizeof room - digits);
    int whole = shortest.exponent + count; /* digits before the point */
    bool fixed = whole >= -FIXED_ZEROS &&
                 whole <= (count > FIXED_DIGITS ? count : FIXED_DIGITS);
    buffer = fixed ? put_fixed(buffer, digits, count, whole)
                   : put_exponential(buffer, digits, count, whole - 1);
    *buffer = 0;
}

static bool put_number(struct text *out, value v)
{
    char digits[32];
    if (is_int(v))
        snprintf(digits, sizeof digits, "%lld", (long long)as_int(v));
    else
        print_double(digits, as_double(v));
    return text_puts(out, digits);
}

/* An element of a vector is a double whether or not it says so. */
static bool put_element(struct text *out, double d)
{
    char digits[32];
    print_double(digits, d);
    size_t length = strlen(digits);
    if (length > 2 && strcmp(digits + length - 2, ".0") == 0 &&
        strcmp(digits, "-0.0") != 0)
        length -= 2;
    return text_add(out, digits, length);
}

static bool put_row(struct text *out, const double *at, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((i && !text_puts(out, " ")) || !put_element(out, at[i]))
            return false;
    return true;
}

static bool put_vector(struct text *out, const struct vector *v)
{
    if (!v->columns)
        return text_puts(out, "#(") && put_row(out, v->at, v->rows) &&
               text_puts(out, ")");
    if (!text_puts(out, "#(")) return false;
    for (size_t i = 0; i < v->rows; i++)
        if (!text_puts(out, i ? " (" : "(") ||
            !put_row(out, v->at + i * v->columns, v->columns) ||
            !text_puts(out, ")"))
            return false;
    return text_puts(out, ")");
}

/* ---- other leaves ----------------------------------------------------- */

static bool put_any_procedure(struct text *out, value v)
{
    (void)v;
    return text_puts(out, "#<procedure>");
}

bool (*print_procedure)(struct text *out, value v) = put_any_procedure;

static bool put_word(struct text *out, value v)
{
    switch (v) {
    case V_TRUE: return text_puts(out, "True");
    case V_FALSE: return text_puts(out, "False");
    case V_NIL: return text_puts(out, "()");
    case V_NOTHING: return text_puts(out, "#<nothing>");
    default: return text_puts(out, "#<unbound>");
    }
}

static bool put_string(struct text *out, const struct string *s, bool bare)
{
    if (bare) return text_add(out, s->text, s->head.size);
    return text_puts(out, "\"") && escape_encode(out, s->text, s->head.size) &&
           text_puts(out, "\"");
}

/* The names of the columns; the data are long. */
static bool put_record(struct text *out, const struct record *r)
{
    bool good = text_puts(out, "#<record");
    for (size_t i = 0; good && i < r->head.size; i++) {
        value name = r->fields[2 * i];
        good = text_puts(out, " ");
        if (good && (is_symbol(name) || is_string(name)))
            good = put_string(out, as_string(name), true);
    }
    return good && text_puts(out, ">");
}

static bool put_object(struct text *out, value v, bool bare)
{
    switch (object_type(v)) {
    case T_STRING: return put_string(out, as_string(v), bare);
    case T_SYMBOL: return put_string(out, as_string(v), true);
    case T_VECTOR: return put_vector(out, as_vector(v));
    case T_RECORD: return put_record(out, as_object(v));
    case T_QUERIED:
    case T_CHOICE: return text_puts(out, "#<choice>");
    case T_EXPRESSION: return text_puts(out, "#<expression>");
    case T_REGION: return text_puts(out, "#<region>");
    default:
        if (is_procedure(v)) return print_procedure(out, v);
        return text_puts(out, "#<code>");
    }
}

/* ---- lists ------------------------------------------------------------ */

/* Words that are no values stand on the stack above what they are about. */
#define MARK_REST ((value)1)  /* the rest of a list, below */
#define MARK_CLOSE ((value)3) /* a parenthesis, and nothing below */

/* The mark for (quote x) and its like, or NULL: only where the reader makes
 * the same list of it. `,` before a name in @ would become `,@`. */
static const char *quote_mark(value v)
{
    static const char *const marks[][2] = {{"quote", "'"},
                                           {"quasiquote", "`"},
                                           {"unquote", ","},
                                           {"unquote-splicing", ",@"}};
    if (!is_list(v) || list_length(v) != 2 || !is_symbol(car(v))) return NULL;
    value quoted = car(cdr(v));
    const char *name = text_of(car(v));
    if (is_symbol(quoted) && text_of(quoted)[0] == '@') return NULL;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strcmp(name, marks[i][0]) == 0) return marks[i][1];
    return NULL;
}

static bool put_pair(struct text *out, struct walk *w, value v)
{
    const char *mark = quote_mark(v);
    if (mark) return text_puts(out, mark) && walk_push(w, car(cdr(v)));
    return text_puts(out, "(") && walk_push(w, cdr(v)) &&
           walk_push(w, MARK_REST) && walk_push(w, car(v));
}

static bool put_rest(struct text *out, struct walk *w, value rest)
{
    if (rest == V_NIL) return text_puts(out, ")");
    if (is_pair(rest))
        return text_puts(out, " ") && walk_push(w, cdr(rest)) &&
               walk_push(w, MARK_REST) && walk_push(w, car(rest));
    return text_puts(out, " . ") && walk_push(w, MARK_CLOSE) &&
           walk_push(w, rest);
}

static bool put(struct text *out, struct walk *w, bool bare)
{
    value v = walk_pop(w);
    if (v == MARK_REST) return put_rest(out, w, walk_pop(w));
    if (v == MARK_CLOSE) return text_puts(out, ")");
    if (is_number(v)) return put_number(out, v);
    if (!is_object(v)) return put_word(out, v);
    return is_pair(v) ? put_pair(out, w, v) : put_object(out, v, bare);
}

static bool put_all(struct text *out, value v, bool bare)
{
    struct walk w;
    walk_open(&w);
    bool good = walk_push(&w, v);
    while (good && w.length) good = put(out, &w, bare);
    walk_close(&w);
    return good;
}

bool print_value(struct text *out, value v) { return put_all(out, v, false); }
bool display_value(struct text *out, value v) { return put_all(out, v, true); }

void print_cut(char *to, size_t size, value v)
{
    struct text shown = {NULL, 0, 0};
    const char *from =
        print_value(&shown, v) && shown.at ? shown.at : type_name(v);
    size_t length = strlen(from);
    bool whole = length < size;
    if (!whole) {
        length = size - sizeof "...";
        while (length && !utf8_begins(from[length])) length--;
    }
    snprintf(to, size, "%.*s%s", (int)length, from, whole ? "" : "...");
    text_free(&shown);
}
