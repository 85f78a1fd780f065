/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The distribution of one column: bars over 10 to 20 intervals of nice
 * widths for real numbers, a bar a value for whatever is discrete, most
 * frequent first; as bars to be drawn, as text, and as JSON.
 */
#ifndef VST_SESSION_HISTOGRAM_H
#define VST_SESSION_HISTOGRAM_H

#include "base/text.h"
#include "plot/bars.h"
#include "session/column.h"

/* Integers of at most so many values are shown value by value. */
enum { HISTOGRAM_VALUES_MAX = 24 };

/* Is it shown value by value? Booleans and levels are, integers when they
 * are few, reals never. False also when memory ran out. O(n log n). */
bool histogram_is_discrete(const struct column *c);

/* The finite draws in order, *out to be freed. False when memory ran out. */
bool histogram_sorted(const struct column *c, double **out, size_t *n);

/* Intervals or values; at most rows_max values. False when memory ran out;
 * to be closed in any case. O(n log n). */
bool histogram_bars(struct bars *b, const struct column *c, size_t rows_max);

/* Label, count, percent, bar. Appends; false when memory ran out. */
bool histogram_text(struct text *out, const struct column *c,
                    const struct look *look);

/* [{"value":...,"count":...},...], every value, most frequent first. */
bool histogram_json(struct text *out, const struct column *c);

#endif
