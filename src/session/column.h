/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A column of draws: what one number, boolean, symbol or other value was in
 * each draw, kept as plain doubles. Numbers stand for themselves, booleans
 * are 1 and 0; of anything else the column keeps a table of levels, the
 * distinct values as text, and the draws are their codes from 0 in the order
 * in which they came.
 *
 * Ownership: a column owns its name, draws and levels, all from malloc;
 * nothing in it is a language value. A zeroed struct is an empty column.
 */
#ifndef VST_SESSION_COLUMN_H
#define VST_SESSION_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "eval/value.h"
#include "infer/diagnostics.h"

struct level {
    char *shown; /* as it is printed: sunny, (1 2), "text" */
    char *json;
};

struct levels {
    struct level *at;
    size_t count, room;
    uint32_t *slots; /* open addressing over shown; code + 1, 0 is free */
    size_t slot_count;
};

/* The code of a value, as a new level if it has not been seen. Values that
 * print alike are one level. *code is levels->count - 1 and count has grown
 * when it is new. False when memory ran out. O(length of its text). */
bool levels_code(struct levels *levels, value v, size_t *code);
/* The same of a value that is known as text alone. */
bool levels_code_text(struct levels *levels, const char *shown,
                      const char *json, size_t *code);
void levels_close(struct levels *levels);

enum column_kind {
    COLUMN_EMPTY,
    COLUMN_BOOLEAN, /* 1 and 0 */
    COLUMN_INTEGER,
    COLUMN_NUMBER,
    COLUMN_LEVELS /* codes */
};

struct column {
    char *name;
    enum column_kind kind;
    bool lost; /* left out from some draw on: not to be summarised */
    double *at;
    size_t length, room;
    size_t chains; /* equal parts of the draws, one a chain; 0 is 1 */
    struct levels levels;
    struct span span; /* what the user wrote that it is of; source NULL: not
                         known */
};

/* An empty column with a copy of the name. False when memory ran out. */
bool column_open(struct column *c, const char *name);
void column_close(struct column *c);

/* Would the value be kept without turning the column into levels? */
bool column_takes(const struct column *c, value v);

/* Appends a plain value. Integers and doubles together are numbers; any
 * other mixture makes all draws levels, the earlier ones too. False when
 * memory ran out; the column is then as before. O(1) amortised, for levels
 * O(length of the text). */
bool column_add(struct column *c, value v);

/* Room for so many draws, or for one more. The same. */
bool column_reserve(struct column *c, size_t room);
bool column_grow(struct column *c);

/* Appends a number as it is, or the code of a level; the kind stays. The
 * same. */
static inline bool column_push(struct column *c, double x)
{
    if (c->length == c->room && !column_grow(c)) return false;
    c->at[c->length++] = x;
    return true;
}

/* What a column of one kind is after a value of another; COLUMN_LEVELS: the
 * two do not go together. */
enum column_kind column_joined(enum column_kind a, enum column_kind b);

/* The draws by chain; what does not fill the last draw is left out. */
struct chains column_chains(const struct column *c);

/* A distinct value of a column, and how often it came. */
struct count {
    double x; /* the draw: a number or a code */
    size_t times;
};

/* The distinct draws, most frequent first, ties from low to high; *out is
 * the caller's to free. False when memory ran out. O(n log n). */
bool column_counts(const struct column *c, struct count **out, size_t *length);

/* One draw as text, and as JSON: True, 3, 2.5, sunny. False when memory ran
 * out. */
struct text;
bool column_print(struct text *out, const struct column *c, double x);
bool column_print_json(struct text *out, const struct column *c, double x);

#endif
