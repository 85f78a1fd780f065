/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A bag of values: which, and how often each. Immutable: taking in and taking
 * out answer another bag, which shares all but one path with the old one, so
 * that a copy of an urn costs nothing. A tree by four bits of the hash at a
 * time: both take time log of the number of distinct values.
 */
#ifndef VST_XRP_USER_BAG_H
#define VST_XRP_USER_BAG_H

#include "eval/value.h"

struct bag; /* NULL: the empty bag */

/* *out is b with one v more, or one less (when it holds one; else b itself).
 * false when memory ran out. */
bool bag_add(const struct bag *b, value v, const struct bag **out);
bool bag_drop(const struct bag *b, value v, const struct bag **out);
/* Calls back for each distinct value; stops when that answers false, and
 * answers false. */
bool bag_each(const struct bag *b, bool (*each)(void *, value v, uint64_t n),
              void *context);

#endif
