/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What several tables of primitives do with lists and arrays. An array's
 * parts are the elements of a vector, the rows of a matrix.
 */
#ifndef VST_EVAL_SEQUENCE_H
#define VST_EVAL_SEQUENCE_H

#include "eval/machine.h"

/* `count` parts of an array from `start` on; both in range. */
bool array_slice(struct machine *m, const struct vector *v, size_t start,
                 size_t count, value *out);

/* The first `count` elements, and what stands behind them, of a list or an
 * array; all of it, or nothing, where it is shorter. A list's rest is
 * shared. O(count). */
bool sequence_take(struct machine *m, const char *who, value v, size_t count,
                   value *out);
bool sequence_drop(struct machine *m, const char *who, value v, size_t count,
                   value *out);

/* A list as it is, the parts of an array as a list. */
bool sequence_list(struct machine *m, const char *who, value v, value *out);

/* One array of the parts of all; the widths of matrices agree. */
bool array_append(struct machine *m, const char *who, int n, const value *args,
                  value *out);

/* The i-th elements of all lists, as lists, up to the end of the shortest. */
bool lists_zip(struct machine *m, const char *who, size_t count,
               const value *lists, value *out);

/* How many of lo, lo + step, lo + 2 step ... lie before hi. A step of zero,
 * a NaN and more than COUNT_MAX are domain errors. */
bool range_count(struct machine *m, const char *who, double lo, double hi,
                 double step, size_t *out);

#endif
