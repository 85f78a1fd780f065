/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The distribution of one column as text: bars over 10 to 20 intervals of
 * nice widths for real numbers, a bar a value for whatever is discrete, most
 * frequent first; and as JSON.
 */
#ifndef VST_SESSION_HISTOGRAM_H
#define VST_SESSION_HISTOGRAM_H

#include "base/text.h"
#include "session/column.h"
#include "session/look.h"

/* Integers of at most so many values are shown value by value. */
enum { HISTOGRAM_VALUES_MAX = 24 };

/* Is it shown value by value? Booleans and levels are, integers when they
 * are few, reals never. False also when memory ran out. O(n log n). */
bool histogram_is_discrete(const struct column *c);

/* Intervals or values, count, percent, bar. Intervals hold their lower edge
 * and not their upper; the outermost take in whatever lies beyond, when tails
 * are so long that all else would be one bar. Appends; false when memory ran
 * out. */
bool histogram_text(struct text *out, const struct column *c,
                    const struct look *look);

/* [{"value":...,"count":...},...], every value, most frequent first. */
bool histogram_json(struct text *out, const struct column *c);

#endif
