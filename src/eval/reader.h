/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reader: text to syntax, each piece with its span. It knows tokens,
 * parentheses (and brackets), quote marks, comments and line ends; it knows
 * nothing of directives or special forms.
 *
 * Comments: `; ...`, `#| ... |#` (nested), and a line whose first token is
 * `#`. Booleans true false True False TRUE FALSE #t #f. Numbers: integers,
 * decimals, 1e-3, r[0.25] (the older system's real), +inf -inf nan are
 * names. 'x `x ,x ,@x. Strings with \n \t \" \\ \r. Vectors #(1 2.5).
 * A `,` before a line end joins the next line.
 *
 * Nothing recurses: a million open parentheses are no danger.
 *
 * Ownership: syntax belongs to the collector.
 */
#ifndef VST_EVAL_READER_H
#define VST_EVAL_READER_H

#include "base/error.h"
#include "eval/value.h"

enum syntax_kind {
    SYNTAX_ATOM,   /* number, boolean, string or symbol: in datum */
    SYNTAX_LIST,   /* (a b c) */
    SYNTAX_DOTTED, /* (a b . c): the last item is what follows the dot */
    SYNTAX_VECTOR  /* #(1 2.5) */
};

struct syntax {
    uint8_t kind;
    uint32_t count;
    value datum;
    struct syntax **items;
    struct span span;
};

struct reader {
    const struct source *source;
    size_t at;           /* next byte */
    struct error *error; /* filled on READ_ERROR and READ_INCOMPLETE */
};

enum read_result {
    READ_DATUM,
    READ_LINE_END,   /* only with stop_at_line_end */
    READ_END,        /* no more text */
    READ_INCOMPLETE, /* the text ends inside a list, string or comment; the
                        error names where it was opened */
    READ_ERROR
};

void reader_open(struct reader *r, const struct source *source,
                 struct error *error);

/* The next datum. With stop_at_line_end, a line end before it (one that no
 * `,` joins) answers READ_LINE_END and is passed over. After READ_ERROR the
 * reader stands behind what it could not read. O(bytes read). */
enum read_result reader_datum(struct reader *r, bool stop_at_line_end,
                              struct syntax **out);

/* What a quoted piece of syntax is as data: lists, symbols, numbers.
 * false (with error) for a vector with elements that are no numbers. */
bool syntax_datum(const struct syntax *s, value *out, struct error *error);

/* The first item of a list when it is a symbol, else NULL. */
const char *syntax_head(const struct syntax *s);
bool syntax_is_symbol(const struct syntax *s, const char *name);

/* A list or symbol made by the expander, at the place of `where`; NULL when
 * memory ran out, also before: of V_UNBOUND, a symbol that was not made. */
struct syntax *syntax_list(struct span where, uint32_t count,
                           struct syntax *const *items);
struct syntax *syntax_atom(struct span where, value datum);

#endif
