/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See alias.h. Slots below the mean are filled up from those above it. The
 * work lists are threaded through choice[0] itself, so nothing is allocated.
 */
#include "base/alias.h"

#include <math.h>

enum { SLOTS_MAX = 1 << 20 };
#define NOBODY UINT32_MAX

bool alias_make(struct alias *table, struct alias_slot *slots,
                const double *weights, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (!(weights[i] >= 0.0)) return false;
        sum += weights[i];
    }
    if (count > SLOTS_MAX || !(sum > 0.0 && sum < INFINITY)) return false;
    uint32_t poor = NOBODY, rich = NOBODY;
    for (uint32_t i = 0; i < count; i++) {
        slots[i].keep = weights[i] / sum * (double)count;
        slots[i].choice[1] = i;
        uint32_t *list = slots[i].keep < 1.0 ? &poor : &rich;
        slots[i].choice[0] = *list;
        *list = i;
    }
    while (poor != NOBODY && rich != NOBODY) {
        uint32_t small = poor, large = rich;
        poor = slots[small].choice[0];
        slots[small].choice[0] = large;
        slots[large].keep -= 1.0 - slots[small].keep;
        if (slots[large].keep >= 1.0) continue;
        rich = slots[large].choice[0];
        slots[large].choice[0] = poor;
        poor = large;
    }
    /* Those left are full but for rounding; one without weight is not: it
     * goes to the richest in its stead. */
    uint32_t most = 0;
    for (uint32_t i = 0; i < count; i++)
        if (weights[i] > weights[most]) most = i;
    for (uint32_t list = 0; list < 2; list++) {
        for (uint32_t i = list ? rich : poor; i != NOBODY;) {
            uint32_t next = slots[i].choice[0];
            slots[i].keep = weights[i] > 0.0 ? 1.0 : 0.0;
            slots[i].choice[0] = most;
            i = next;
        }
    }
    *table = (struct alias){slots, (uint32_t)count};
    return true;
}
