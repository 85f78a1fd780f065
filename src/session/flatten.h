/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From values to columns. A variable is a named value that is a number, a
 * boolean, a symbol or a string, or a list or array of them, to any depth up
 * to FLAT_RANK_MAX, as long as it is rectangular. Its elements become
 * columns named as CmdStan names them, name.1.2, counting from 1, the first
 * index running fastest.
 *
 *     flat_open; flat_declare each; flat_look at some states (warmup);
 *     flat_settle; then flat_draw, once a draw; flat_close
 *
 * Whatever cannot be a column is left out, and a note says so: what is no
 * such value, what changes its shape or its type. After flat_settle the
 * columns stay, so a variable that changes then gives NaN from there on, and
 * its columns are marked as lost.
 *
 * Ownership: names and draws are the flattening's own, from malloc. Values
 * are looked at during a call only, and must be plain and kept alive by the
 * caller; V_UNBOUND is one that this state does not have. Every bool here is false when memory ran out, and nothing else.
 */
#ifndef VST_SESSION_FLATTEN_H
#define VST_SESSION_FLATTEN_H

#include "base/text.h"
#include "session/column.h"

enum { FLAT_RANK_MAX = 8, FLAT_WIDTH_MAX = 1 << 20 };

struct shape {
    size_t rank; /* 0: a single value */
    uint32_t extent[FLAT_RANK_MAX];
    size_t width; /* product of the extents */
};

struct variable {
    char *name; /* fit for a header line, and no other has it */
    struct shape shape;
    size_t first; /* its first column */
    bool lost;    /* left out; after flat_settle: from some draw on */
    bool numbers; /* its columns are of numbers that are not all whole */
};

struct flat {
    struct variable *variables; /* as declared, lost ones too */
    size_t count, room;
    struct column *columns; /* after flat_settle */
    double *row;            /* the latest draw, a number a column */
    value *cells;           /* where values are spread */
    size_t width;           /* of columns, row and cells */
    struct levels names;    /* taken */
    struct text notes;      /* lines; the reader clears it */
    bool settled;
    bool passing; /* set by who reads the row: columns keep no draws */
};

void flat_open(struct flat *f);
void flat_close(struct flat *f);

/* A name that columns may not have: lp__. Before the first flat_declare. */
bool flat_reserve(struct flat *f, const char *name);

/* One variable more, of the shape that v has. In its name blanks, commas and
 * quotes become _, and a name that is taken gets _2, _3, ... */
bool flat_declare(struct flat *f, const char *name, value v);

/* The variables in another state, in the order of declaration: those whose
 * shape is another are left out. O(size of the values). */
bool flat_look(struct flat *f, const value *values);

/* Makes the columns. */
bool flat_settle(struct flat *f);

/* Appends a draw to the columns, and leaves it in row. New levels are noted
 * as `level NAME CODE = TEXT`. O(width). */
bool flat_draw(struct flat *f, const value *values);

/* One that has looked, or has settled, as bytes, its draws left out, and back
 * into one that is not open: false when they are none, or memory ran out; it
 * is to be closed. */
struct unpack;
bool flat_pack(const struct flat *f, struct text *out);
bool flat_unpack(struct flat *f, struct unpack *from);

#endif
