/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a reader reads of a choice x: a + b x^e, for one number or for the
 * rows of an array.
 */
#ifndef VST_TRACE_REDUCED_POWER_H
#define VST_TRACE_REDUCED_POWER_H

#include "trace/reduced.h"

/* A number for each row, or one for all. */
struct column {
    double one;
    const double *rows; /* NULL: `one` */
};

static inline double column_at(struct column c, uint32_t i)
{
    return c.rows ? c.rows[i] : c.one;
}

struct power {
    struct column a, b; /* finite */
    double e;
    uint32_t rows; /* 0: it is one number */
};

/* Whose x, and whether it is always above 0: then it has roots. x is the
 * whole choice, or an element of the vector that it holds. */
struct power_view {
    struct trace *trace;
    struct choice *choice;
    bool positive;
    int64_t element; /* or ENTIRE */
};

/* What v is in x. false: it has no such form. O(operations times rows). */
bool power_of(const struct power_view *w, value v, struct power *out);
/* May v be another when x is another? */
bool power_depends(const struct power_view *w, value v);
/* *whole: v stands for the choice itself; not so: it does not depend on it.
 * false: neither. */
bool power_is_whole(const struct power_view *w, value v, bool *whole);

#endif
