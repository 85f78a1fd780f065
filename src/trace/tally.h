/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proposals by the place in the text of the application that was proposed
 * to: how many, and how many were accepted. Kept while somebody asks.
 */
#ifndef VST_TRACE_TALLY_H
#define VST_TRACE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct tally_row {
    struct span place;
    uint64_t proposals, accepted;
};

/* Rows in the order in which their places came; scanned memory. */
struct tally {
    struct tally_row *rows;
    uint32_t count, room;
    uint32_t *slots; /* by place: 1 + row, or 0; open addressing */
    uint32_t slot_room;
};

/* O(1). Does nothing when memory is at its end. */
void tally_add(struct tally *t, struct span place, bool accepted);
void tally_clear(struct tally *t);

#endif
