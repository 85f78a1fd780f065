/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An index in proportion to weights, many times over, in constant time:
 * Walker's alias method, its table made by Vose's way (1991). One random
 * word a draw: the slot from its upper bits, the choice from what the
 * multiplication leaves.
 */
#ifndef VST_BASE_ALIAS_H
#define VST_BASE_ALIAS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/random.h"

struct alias_slot {
    double keep;        /* below this the slot itself, else the other */
    uint32_t choice[2]; /* the other, and itself: taken without a branch */
};

struct alias {
    struct alias_slot *slots; /* the caller's */
    uint32_t count;
};

/* Makes the table in slots[0 .. count - 1]; linear in count. False when the
 * weights are none: one that is negative or no number, or a sum of zero or
 * beyond doubles; or when there are more than 2^20. */
bool alias_make(struct alias *table, struct alias_slot *slots,
                const double *weights, size_t count);

/* An index. With at most 2^20 slots at least 2^32 steps are left for the
 * choice. */
static inline uint32_t alias_draw(const struct alias *table, struct random *r)
{
    double place = random_unit(r) * table->count;
    int64_t slot = (int64_t)place;
    const struct alias_slot *s = &table->slots[slot];
    return s->choice[place - (double)slot < s->keep];
}

#endif
