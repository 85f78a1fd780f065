/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tokens: text cut into atoms, parentheses, marks and line ends. It knows
 * comments, strings and numbers, and nothing of nesting.
 */
#ifndef VST_EVAL_TOKEN_H
#define VST_EVAL_TOKEN_H

#include "base/error.h"
#include "eval/value.h"

enum token_kind {
    TOKEN_ATOM,   /* datum: number, boolean, string or symbol */
    TOKEN_OPEN,   /* ( or [: in mark, as with the next two */
    TOKEN_VECTOR, /* #( */
    TOKEN_CLOSE,  /* ) or ] */
    TOKEN_PREFIX, /* ' ` , ,@: datum is the symbol that it stands for */
    TOKEN_DOT,    /* a lone . */
    TOKEN_LINE_END,
    TOKEN_END,
    TOKEN_INCOMPLETE, /* the text ends in a string, a comment, or behind a
                         `,` that joins lines: the error is filled */
    TOKEN_ERROR       /* likewise */
};

struct token {
    enum token_kind kind;
    char mark;
    value datum;
    struct span span;
};

/* Takes the next token, and moves *at behind it. In a quasi-quote a `,`
 * never joins lines. O(bytes passed over). */
struct token token_next(const struct source *source, size_t *at,
                        bool quasiquote, struct error *error);

/* An error at this span. The kind that is answered is TOKEN_ERROR. */
enum token_kind token_fail(struct error *error, struct span span,
                           const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
