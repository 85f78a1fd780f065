/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tokens, one at a time. Each function below starts at the byte that it is
 * for, and moves the scanner behind what it took, also when that was no
 * token: so a reader that goes on after an error always comes to an end.
 */
#include "eval/token.h"

#include "base/utf8.h"
#include "eval/escape.h"
#include "eval/numeral.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- bytes ------------------------------------------------------------ */

enum byte_class {
    N_, /* may stand in names and numbers */
    B_, /* blank */
    L_, /* line end */
    D_, /* ends a name, and is something of its own */
    F_, /* foreign: control bytes are in no text */
    W_  /* part of a character of several bytes */
};

/* clang-format off */
static const uint8_t classes[128] = {
    F_, F_, F_, F_, F_, F_, F_, F_, F_, B_, L_, B_, B_, B_, F_, F_,
    F_, F_, F_, F_, F_, F_, F_, F_, F_, F_, F_, F_, F_, F_, F_, F_,
    /*   !   "   #   $   %   &   '   (   )   *   +   ,   -   .   / */
    B_, N_, D_, N_, N_, N_, N_, D_, D_, D_, N_, N_, D_, N_, N_, N_,
    /*                                       :   ;   <   =   >   ? */
    N_, N_, N_, N_, N_, N_, N_, N_, N_, N_, N_, D_, N_, N_, N_, N_,
    N_, N_, N_, N_, N_, N_, N_, N_, N_, N_, N_, N_, N_, N_, N_, N_,
    /*                                           [   \   ]   ^   _ */
    N_, N_, N_, N_, N_, N_, N_, N_, N_, N_, N_, D_, N_, D_, N_, N_,
    D_, N_, N_, N_, N_, N_, N_, N_, N_, N_, N_, N_, N_, N_, N_, N_,
    /*                                           {   |   }   ~     */
    N_, N_, N_, N_, N_, N_, N_, N_, N_, N_, N_, D_, N_, D_, N_, F_,
};
/* clang-format on */

static inline int class_of(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte < 128 ? classes[byte] : W_;
}

struct scanner {
    const struct source *source;
    struct error *error;
    const char *text;
    size_t first, length, at; /* first: where the text begins */
};

static bool at_end(const struct scanner *s) { return s->at == s->length; }

/* The byte so far ahead; 0 behind the end. */
static char peek(const struct scanner *s, size_t ahead)
{
    return s->length - s->at > ahead ? s->text[s->at + ahead] : 0;
}

/* ---- answers ---------------------------------------------------------- */

static struct span span_from(const struct scanner *s, size_t start)
{
    return (struct span){s->source, (uint32_t)start, (uint32_t)s->at};
}

static struct token answer(const struct scanner *s, enum token_kind kind,
                           size_t start)
{
    return (struct token){.kind = kind, .span = span_from(s, start)};
}

enum token_kind token_fail(struct error *error, struct span span,
                           const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_set_list(error, ERROR_SYNTAX, format, arguments);
    va_end(arguments);
    error->span = span;
    return TOKEN_ERROR;
}

static struct token fail(const struct scanner *s, size_t start,
                         const char *message)
{
    token_fail(s->error, span_from(s, start), "%s", message);
    return answer(s, TOKEN_ERROR, start);
}

/* What was opened at `start`, by so many bytes, is never closed. */
static struct token incomplete(const struct scanner *s, size_t start,
                               size_t bytes, const char *message)
{
    struct token t = answer(s, TOKEN_INCOMPLETE, start);
    t.span.end = (uint32_t)(start + bytes);
    token_fail(s->error, t.span, "%s", message);
    return t;
}

static struct token atom(const struct scanner *s, size_t start, value datum)
{
    struct token t = answer(s, TOKEN_ATOM, start);
    t.datum = datum;
    if (datum != V_UNBOUND) return t;
    error_set(s->error, ERROR_LIMIT, "out of memory while reading");
    s->error->span = t.span;
    t.kind = TOKEN_ERROR;
    return t;
}

/* ---- strings ---------------------------------------------------------- */

/* Where the string ends: at its closing quote, or at the end of the text. */
static bool pass_string(struct scanner *s, bool *escapes)
{
    for (s->at++; !at_end(s); s->at++) {
        char c = s->text[s->at];
        if (c == '"') return true;
        if (c != '\\') continue;
        *escapes = true;
        if (++s->at == s->length) break;
    }
    return false;
}

static struct token string_token(struct scanner *s)
{
    size_t start = s->at, length;
    bool escapes = false;
    if (!pass_string(s, &escapes))
        return incomplete(s, start, 1,
                          "unfinished string: the '\"' here is never closed");
    const char *first = s->text + start + 1, *end = s->text + s->at;
    s->at++;
    if (!escapes)
        return atom(s, start, string_make(first, (size_t)(end - first)));
    char *decoded = malloc((size_t)(end - first));
    if (!decoded) return atom(s, start, V_UNBOUND);
    bool known = escape_decode(first, end, decoded, &length);
    value v = known ? string_make(decoded, length) : V_UNBOUND;
    free(decoded);
    if (known) return atom(s, start, v);
    struct token t = fail(s, start, "unknown escape in a string");
    error_hint(s->error, "known are \\n \\t \\r \\\" \\\\ and \\x3bb;");
    return t;
}

/* ---- names and numbers ------------------------------------------------ */

enum { SYMBOL_LENGTH_MAX = 1000 };

static value boolean_named(const char *name, size_t length)
{
    static const struct {
        const char *name;
        value meaning;
    } names[] = {{"true", V_TRUE},   {"false", V_FALSE}, {"#t", V_TRUE},
                 {"#f", V_FALSE},    {"True", V_TRUE},   {"False", V_FALSE},
                 {"TRUE", V_TRUE},   {"FALSE", V_FALSE}, {"#true", V_TRUE},
                 {"#false", V_FALSE}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == length &&
            memcmp(names[i].name, name, length) == 0)
            return names[i].meaning;
    return V_UNBOUND;
}

/* Passes over a name; false at a byte that is in no text. */
static bool pass_name(struct scanner *s)
{
    while (!at_end(s)) {
        int class = class_of(s->text[s->at]);
        size_t length = 1;
        if (class == W_)
            length = utf8_length(s->text + s->at, s->length - s->at);
        else if (class != N_)
            return class != F_;
        if (!length) return false;
        s->at += length;
    }
    return true;
}

/* The older system's real number, r[0.25]; V_UNBOUND when it is none. */
static value bracketed_real(struct scanner *s)
{
    size_t first = s->at + 1, end = first;
    value v;
    while (end < s->length && class_of(s->text[end]) == N_) end++;
    if (end == s->length || s->text[end] != ']' ||
        !numeral_read(s->text + first, end - first, &v) ||
        !isfinite(as_number(v)))
        return V_UNBOUND;
    s->at = end + 1;
    return v_double(as_number(v));
}

static struct token foreign(struct scanner *s, size_t start)
{
    s->at++;
    if (start + 1 < s->at) start = s->at - 1;
    struct token t = fail(s, start, "not a text file");
    unsigned byte = (unsigned char)s->text[start];
    if (byte < 0x80)
        error_hint(s->error, "it holds the control byte %u", byte);
    else
        error_hint(s->error, "the byte %u here is not UTF-8", byte);
    return t;
}

static struct token name_token(struct scanner *s)
{
    size_t start = s->at;
    if (!pass_name(s)) return foreign(s, start);
    const char *name = s->text + start;
    size_t length = s->at - start;
    value v = V_UNBOUND;
    if (length == 1 && name[0] == '.') return answer(s, TOKEN_DOT, start);
    if (length == 1 && name[0] == 'r' && peek(s, 0) == '[')
        v = bracketed_real(s);
    if (v == V_UNBOUND && length <= 6) v = boolean_named(name, length);
    if (v != V_UNBOUND) return atom(s, start, v);
    if (numeral_read(name, length, &v)) {
        if (isfinite(as_number(v))) return atom(s, start, v);
        return fail(s, start, "a number beyond the range of doubles, 1.8e308");
    }
    if (length > SYMBOL_LENGTH_MAX)
        return fail(s, start, "a name of more than 1000 bytes");
    return atom(s, start, symbol_sized(name, length));
}

/* ---- blanks and comments ---------------------------------------------- */

static void pass_line(struct scanner *s)
{
    const char *end = memchr(s->text + s->at, '\n', s->length - s->at);
    s->at = end ? (size_t)(end - s->text) : s->length;
}

/* #| ... |#, nested. False when it is never closed. */
static bool pass_block_comment(struct scanner *s)
{
    size_t depth = 1;
    for (s->at += 2; depth; s->at++) {
        char c = peek(s, 0), next = peek(s, 1);
        if (s->length - s->at < 2) return false;
        if (!((c == '|' && next == '#') || (c == '#' && next == '|'))) continue;
        depth += c == '|' ? (size_t)-1 : 1;
        s->at++;
    }
    return true;
}

/* Nothing but blanks before `at` in its line. */
static bool begins_line(const struct scanner *s, size_t at)
{
    while (at > s->first && class_of(s->text[at - 1]) == B_) at--;
    return at == s->first || s->text[at - 1] == '\n';
}

/* A line whose first token is made of # alone; and the first line when it
 * names an interpreter. */
static bool is_line_comment(const struct scanner *s)
{
    size_t end = s->at;
    if (end == s->first && peek(s, 1) == '!') return true;
    while (end < s->length && s->text[end] == '#') end++;
    if (end < s->length && class_of(s->text[end]) != B_ && s->text[end] != '\n')
        return false;
    return begins_line(s, s->at);
}

/* `,` before a line end: passes over that, and answers true. */
static bool pass_join(struct scanner *s)
{
    size_t comma = s->at++;
    while (!at_end(s) && class_of(s->text[s->at]) == B_) s->at++;
    if (peek(s, 0) == ';') pass_line(s);
    if (at_end(s)) return true;
    if (s->text[s->at++] == '\n') return true;
    s->at = comma;
    return false;
}

/* ---- marks ------------------------------------------------------------ */

static struct token mark_token(struct scanner *s, enum token_kind kind,
                               size_t bytes, char mark)
{
    size_t start = s->at;
    s->at += bytes;
    struct token t = answer(s, kind, start);
    t.mark = mark;
    return t;
}

static struct token prefix_token(struct scanner *s, size_t bytes,
                                 const char *name)
{
    size_t start = s->at;
    s->at += bytes;
    struct token t = atom(s, start, symbol(name));
    if (t.kind == TOKEN_ATOM) t.kind = TOKEN_PREFIX;
    return t;
}

static struct token hash_token(struct scanner *s)
{
    size_t start = s->at;
    if (peek(s, 1) == '(') return mark_token(s, TOKEN_VECTOR, 2, '(');
    if (!pass_name(s)) return foreign(s, start);
    value v = boolean_named(s->text + start, s->at - start);
    if (v != V_UNBOUND) return atom(s, start, v);
    struct token t = fail(s, start, "unknown form behind '#'");
    error_hint(s->error, "a comment's '#' stands first in its line, with a "
                         "blank behind it; elsewhere use ';'");
    return t;
}

static struct token delimiter_token(struct scanner *s)
{
    size_t start = s->at;
    char c = s->text[start];
    switch (c) {
    case '(':
    case '[': return mark_token(s, TOKEN_OPEN, 1, c);
    case ')':
    case ']': return mark_token(s, TOKEN_CLOSE, 1, c);
    case '"': return string_token(s);
    case '\'': return prefix_token(s, 1, "quote");
    case '`': return prefix_token(s, 1, "quasiquote");
    case ',':
        if (peek(s, 1) == '@') return prefix_token(s, 2, "unquote-splicing");
        return prefix_token(s, 1, "unquote");
    default:
        s->at++;
        return fail(s, start, c == '{' ? "unexpected '{'" : "unexpected '}'");
    }
}

/* U+FEFF, with which some editors begin a file: a blank before a name. */
static bool begins_with_mark(const struct scanner *s)
{
    static const char mark[] = "\xef\xbb\xbf";
    return s->length - s->at >= 3 && memcmp(s->text + s->at, mark, 3) == 0;
}

/* ---- the next token --------------------------------------------------- */

static struct token next(struct scanner *s, bool quasiquote)
{
    size_t joined = SIZE_MAX; /* the last `,` that joined lines */
    while (!at_end(s)) {
        size_t start = s->at;
        char c = s->text[start];
        switch (class_of(c)) {
        case B_: s->at++; continue;
        case L_: return mark_token(s, TOKEN_LINE_END, 1, c);
        case F_: return foreign(s, start);
        case W_:
            if (!begins_with_mark(s)) return name_token(s);
            s->at += 3;
            continue;
        case D_:
            if (c == ';') {
                pass_line(s);
                continue;
            }
            if (c == ',' && !quasiquote && pass_join(s)) {
                joined = start;
                continue;
            }
            return delimiter_token(s);
        default: break;
        }
        if (c != '#') return name_token(s);
        if (is_line_comment(s))
            pass_line(s);
        else if (peek(s, 1) != '|')
            return hash_token(s);
        else if (!pass_block_comment(s)) {
            s->at = s->length;
            return incomplete(s, start, 2,
                              "unfinished comment: the '#|' here is never "
                              "closed");
        }
    }
    if (joined == SIZE_MAX) return answer(s, TOKEN_END, s->at);
    return incomplete(s, joined, 1, "no line follows that the ',' here joins");
}

struct token token_next(const struct source *source, size_t *at,
                        bool quasiquote, struct error *error)
{
    struct scanner s = {source, error, source->text, 0, source->length, 0};
    if (begins_with_mark(&s)) s.first = 3;
    s.at = *at < s.first ? s.first : *at;
    struct token t = next(&s, quasiquote);
    *at = s.at;
    return t;
}
