/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What went wrong, where, and what was expected. Functions that can fail
 * return bool: true when the work is done, false when `struct error` of their
 * state (machine, session) has been filled. Nothing in Vestige ends the
 * process on bad input.
 *
 * Ownership: messages are copied into the struct. A span points into a
 * `struct source`, which lives as long as the session that read it.
 */
#ifndef VST_BASE_ERROR_H
#define VST_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A text that was read: a file, a line of the prompt, an argument of -e. */
struct source {
    const char *name; /* shown in errors: "model.church", "<prompt>" */
    const char *text; /* not necessarily ended by a zero */
    size_t length;
};

/* Bytes [start, end) of a source; source NULL where there is none. */
struct span {
    const struct source *source;
    uint32_t start, end;
};

enum error_kind {
    ERROR_NONE = 0,
    ERROR_SYNTAX,     /* text that is no program */
    ERROR_NAME,       /* unknown name */
    ERROR_ARITY,      /* wrong number of arguments */
    ERROR_TYPE,       /* a value of the wrong type */
    ERROR_DOMAIN,     /* parameter out of its domain, division by zero,
                         log of a negative number: in a proposed state a
                         rejection, elsewhere an error */
    ERROR_IMPOSSIBLE, /* an observation that cannot be, a condition that
                         never holds */
    ERROR_OBSERVE,    /* an OBSERVE of what is no choice, or of its own */
    ERROR_LIMIT,      /* stack, steps, memory, time */
    ERROR_CANCEL,     /* the user said stop */
    ERROR_IO,         /* files */
    ERROR_USE,        /* a directive, option or kernel used wrongly */
    ERROR_ENGINE      /* a fault of ours, said and never hidden */
};

enum { ERROR_MESSAGE_MAX = 480, ERROR_HINT_MAX = 240, ERROR_TRAIL_MAX = 12 };

struct error {
    enum error_kind kind;
    char message[ERROR_MESSAGE_MAX];
    char hint[ERROR_HINT_MAX]; /* "" or what to try */
    struct span span;
    int trail_length; /* callers, innermost first; -1 trailing = cut */
    struct {
        char name[48]; /* procedure, "" when it has none */
        struct span span;
    } trail[ERROR_TRAIL_MAX];
};

/* Fills the error; a printf format. Always returns false, so that a function
 * can end with `return error_set(...)`. An earlier error is replaced. */
bool error_set(struct error *e, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for who is told an error in its own words, and passes them on. */
bool error_set_list(struct error *e, enum error_kind kind, const char *format,
                    va_list arguments) __attribute__((format(printf, 3, 0)));

/* Adds a hint to an error that has been set. Returns false. */
bool error_hint(struct error *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void error_clear(struct error *e);

/* Line and column, both from 1, of a byte offset; columns count characters
 * (UTF-8), not bytes. */
void source_place(const struct source *source, uint32_t offset, int *line,
                  int *column);

/* The text of a span as it was typed, line ends and runs of blanks as one
 * blank, cut to the size with "...". */
void span_text(struct span span, char *buffer, size_t size);

/* Writes into buffer (always zero-ended, cut to fit) what a person sees:
 *     FILE:LINE:COLUMN: error: MESSAGE (HINT)
 * when `lines` is false; when true, also the source line, a caret line under
 * the span, and the call trail. Returns the length. */
size_t error_format(const struct error *e, bool lines, char *buffer,
                    size_t size);

/* The nearest of `count` names to `name` by edit distance (at most 2, or a
 * third of its length); NULL when none is near. O(count * length^2). */
const char *nearest_name(const char *name, const char *const *names,
                         size_t count);

#endif
