/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * qsort for the arrays of primitives, which may be so long that the clock
 * must be looked at meanwhile.
 */
#ifndef VST_EVAL_SORTING_H
#define VST_EVAL_SORTING_H

#include "eval/machine.h"

typedef int sort_order(const void *a, const void *b);

/* In place; long arrays need as much memory again. False with m->error set:
 * stopped, or out of memory. n log n. */
bool sort_array(struct machine *m, void *at, size_t count, size_t size,
                sort_order *order);

#endif
