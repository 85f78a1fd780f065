/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Directives as they are typed: a keyword and its arguments, found in text
 * by the rules of the language. It knows the shape of each directive from
 * its row in the table, and nothing of what any of them does.
 *
 *     ASSUME x (normal 0 1)      bare: ends at the first line end at which
 *                                its required arguments are complete
 *     (define (f x) (+ x 1))    in parentheses: only some of the words
 *     (f 3)                      anything else is an expression
 *
 * A word counts as bare only where a line starts. Any case will do.
 *
 * Ownership: requests belong to the collector, like the syntax in them.
 */
#ifndef VST_SESSION_DIRECTIVE_H
#define VST_SESSION_DIRECTIVE_H

#include "eval/reader.h"

struct session;
struct answer;
struct directive_row;

/* A directive that was typed. */
struct request {
    const struct directive_row *row; /* NULL: a bare expression */
    uint32_t count;
    struct syntax **arguments;
    struct span span;
};

enum directive_places {
    PLACE_BARE = 1, /* at the start of a line */
    PLACE_LIST = 2  /* in parentheses */
};

/* One row of the table; HELP and the documentation are printed from it. */
struct directive_row {
    const char *words; /* "clear reset": all its names, in small letters;
                          the first names its answers in JSON */
    int8_t min, max;   /* number of arguments; max -1: any number */
    uint8_t places;
    /* Does it; false with the machine's error. */
    bool (*run)(struct session *, const struct request *, struct answer *);
    const char *signature;
    const char *doc; /* one line */
};

extern const struct directive_row directive_rows[];
extern const size_t directive_count;

/* The row of a word in any case that may stand at this place; NULL when
 * there is none. */
const struct directive_row *directive_find(const char *word, unsigned place);

/* Does the space-separated list `words` hold the word, in any case? */
bool words_hold(const char *words, const char *word);
/* The first of the words; buffer is always zero-ended. */
void words_first(const char *words, char *buffer, size_t size);

struct request_reader {
    struct reader reader;
    bool line_start; /* nothing but blanks stands before, on this line */
};

enum request_result {
    REQUEST_READ,
    REQUEST_END,        /* no more text */
    REQUEST_INCOMPLETE, /* the text ends inside a directive: more lines
                           could complete it; error filled */
    REQUEST_ERROR       /* error filled; what follows can be read */
};

void request_open(struct request_reader *r, const struct source *source,
                  struct error *error);

/* The next directive or expression. O(bytes read). */
enum request_result request_next(struct request_reader *r, struct request *out);

#endif
