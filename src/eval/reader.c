/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tokens to syntax, with a stack of what is open: a parenthesis that waits
 * for its other half, or a quote mark that waits for its datum. It knows
 * nothing of what programs mean.
 */
#include "eval/reader.h"

#include "base/memory.h"
#include "eval/token.h"

struct open {
    struct span span; /* of the opening token */
    size_t base;      /* its items are those on the stack from here */
    size_t dot;       /* number of items before a dot; 0: no dot yet */
    uint8_t kind;     /* enum token_kind: OPEN, VECTOR or PREFIX */
    char mark;        /* ( or [ */
    int8_t quasi;     /* 1 in a quasi-quote, -1 in an unquote */
    value name;       /* of a PREFIX */
};

/* Both stacks are collector memory: the items are found nowhere else. */
struct reading {
    struct reader *reader;
    struct syntax **items;
    size_t count, room;
    struct open *open;
    size_t depth, depth_room;
    int64_t quasi; /* > 0 inside a quasi-quote */
};

void reader_open(struct reader *r, const struct source *source,
                 struct error *error)
{
    *r = (struct reader){.source = source, .error = error};
}

/* ---- errors ----------------------------------------------------------- */

static bool fail_memory(struct reading *g, struct span span)
{
    error_set(g->reader->error, ERROR_LIMIT, "out of memory while reading");
    g->reader->error->span = span;
    return false;
}

static bool fail(struct reading *g, struct span span, const char *message)
{
    token_fail(g->reader->error, span, "%s", message);
    return false;
}

static bool fail_mismatch(struct reading *g, const struct open *o,
                          const struct token *t)
{
    int line, column;
    source_place(o->span.source, o->span.start, &line, &column);
    token_fail(g->reader->error, t->span,
               "'%c' opened at line %d is closed by '%c'", o->mark, line,
               t->mark);
    return false;
}

static enum read_result fail_incomplete(struct reading *g)
{
    const struct open *o = &g->open[g->depth - 1];
    if (o->kind == TOKEN_PREFIX)
        fail(g, o->span, "nothing follows the quote mark here");
    else
        token_fail(g->reader->error, o->span,
                   "unfinished list: '%c' opened here is never closed",
                   o->mark);
    return READ_INCOMPLETE;
}

/* ---- building --------------------------------------------------------- */

static bool push_open(struct reading *g, const struct token *t)
{
    if (g->depth == g->depth_room) {
        struct open *grown =
            memory_grow(g->open, &g->depth_room, sizeof *grown);
        if (!grown) return fail_memory(g, t->span);
        g->open = grown;
    }
    struct open *o = &g->open[g->depth++];
    *o = (struct open){.span = t->span,
                       .base = g->count,
                       .kind = (uint8_t)t->kind,
                       .mark = t->mark,
                       .name = t->datum};
    if (t->kind != TOKEN_PREFIX) return true;
    const char *name = text_of(t->datum);
    o->quasi = strncmp(name, "unquote", 7) == 0  ? -1
               : strcmp(name, "quasiquote") == 0 ? 1
                                                 : 0;
    g->quasi += o->quasi;
    return true;
}

static bool push_item(struct reading *g, struct syntax *s)
{
    if (g->count == g->room) {
        struct syntax **grown = memory_grow(g->items, &g->room, sizeof *grown);
        if (!grown) return fail_memory(g, s->span);
        g->items = grown;
    }
    g->items[g->count++] = s;
    return true;
}

/* 'x to (quote x), spanning both. */
static struct syntax *wrap(struct reading *g, const struct open *o,
                           struct syntax *s)
{
    struct span span = o->span;
    struct syntax *pair[2] = {syntax_atom(o->span, o->name), s};
    span.end = s->span.end;
    g->quasi -= o->quasi;
    return pair[0] ? syntax_list(span, 2, pair) : NULL;
}

/* A datum is complete, and with it the quote marks before it. `out` is set
 * when nothing else is open. */
static bool add(struct reading *g, struct span span, struct syntax *s,
                struct syntax **out)
{
    while (s && g->depth && g->open[g->depth - 1].kind == TOKEN_PREFIX)
        s = wrap(g, &g->open[--g->depth], s);
    if (!s) return fail_memory(g, span);
    if (g->depth) return push_item(g, s);
    *out = s;
    return true;
}

static bool add_dot(struct reading *g, const struct token *t)
{
    struct open *o = g->depth ? &g->open[g->depth - 1] : NULL;
    if (!o || o->kind != TOKEN_OPEN || o->dot || g->count == o->base)
        return fail(g, t->span, "unexpected '.'");
    o->dot = g->count - o->base;
    return true;
}

static bool add_close(struct reading *g, const struct token *t,
                      struct syntax **out)
{
    if (!g->depth)
        return fail(g, t->span,
                    t->mark == ')' ? "unexpected ')'" : "unexpected ']'");
    const struct open *o = &g->open[g->depth - 1];
    if (o->kind == TOKEN_PREFIX)
        return fail(g, o->span, "nothing follows the quote mark here");
    if ((o->mark == '(') != (t->mark == ')')) return fail_mismatch(g, o, t);

    size_t count = g->count - o->base;
    struct syntax **items = count ? g->items + o->base : NULL;
    if (o->dot && count != o->dot + 1)
        return fail(g, t->span, "one datum must follow the '.' in a list");
    struct span span = o->span;
    span.end = t->span.end;
    struct syntax *s = syntax_list(span, (uint32_t)count, items);
    if (s && o->dot) s->kind = SYNTAX_DOTTED;
    if (s && o->kind == TOKEN_VECTOR) s->kind = SYNTAX_VECTOR;
    g->count = o->base;
    g->depth--;
    return add(g, span, s, out);
}

/* ---- reading ---------------------------------------------------------- */

/* One token more. False with the error filled: by the scanner when it was no
 * token. */
static bool take(struct reading *g, const struct token *t, struct syntax **out)
{
    switch (t->kind) {
    case TOKEN_ATOM:
        return add(g, t->span, syntax_atom(t->span, t->datum), out);
    case TOKEN_OPEN:
    case TOKEN_VECTOR:
    case TOKEN_PREFIX: return push_open(g, t);
    case TOKEN_CLOSE: return add_close(g, t, out);
    case TOKEN_DOT: return add_dot(g, t);
    default: return t->kind == TOKEN_LINE_END;
    }
}

static enum read_result build(struct reading *g, bool stop_at_line_end,
                              struct syntax **out)
{
    struct reader *r = g->reader;
    for (*out = NULL; !*out;) {
        struct token t = token_next(r->source, &r->at, g->quasi > 0, r->error);
        if (t.kind == TOKEN_LINE_END && stop_at_line_end && !g->depth)
            return READ_LINE_END;
        if (t.kind == TOKEN_INCOMPLETE) return READ_INCOMPLETE;
        if (t.kind == TOKEN_END)
            return g->depth ? fail_incomplete(g) : READ_END;
        if (!take(g, &t, out)) return READ_ERROR;
    }
    return READ_DATUM;
}

enum read_result reader_datum(struct reader *r, bool stop_at_line_end,
                              struct syntax **out)
{
    struct reading g = {.reader = r};
    if (r->source->length >= UINT32_MAX) {
        r->at = r->source->length;
        error_set(r->error, ERROR_SYNTAX, "a text of more than 4 GB");
        return READ_ERROR;
    }
    enum read_result result = build(&g, stop_at_line_end, out);
    memory_free(g.items);
    memory_free(g.open);
    return result;
}
