/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proposals by the place in the text of the application that was proposed
 * to: how many, and how many were accepted; of a tally that is timed also
 * what they cost. Kept while somebody asks.
 *
 * A cost runs from one telling to the next: what a transition takes, from
 * its pick to its end, is found when it tells where it was, with one look at
 * the clock. What is done between two runs is nobody's: tally_begin.
 */
#ifndef VST_TRACE_TALLY_H
#define VST_TRACE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct tally_row {
    struct span place;
    const char *kernel; /* of what has no single place; else NULL */
    uint64_t proposals, accepted;
    uint64_t touched;    /* nodes, and */
    int64_t nanoseconds; /* time: of a timed one */
};

/* Rows in the order in which their places came; scanned memory. */
struct tally {
    struct tally_row *rows;
    uint32_t count, room;
    uint32_t *slots; /* by place: 1 + row, or 0; open addressing */
    uint32_t slot_room;

    bool timed;
    int64_t clock;        /* when something was told last, or begun */
    uint64_t touched;     /* nodes so far, then */
    uint64_t told;        /* how often something was */
    const char *together; /* this kernel moves several choices as one: a timed
                             tally counts them as the kernel's; or NULL */
    struct tally *beside; /* is told the same; NULL: none is */
};

/* Those below take the nodes that the engine has touched so far. */

/* Costs begin here. */
void tally_begin(struct tally *t, uint64_t touched);
/* A proposal at a place. O(1). Does nothing when memory is at its end. */
void tally_add(struct tally *t, struct span place, bool accepted,
               uint64_t touched);
/* Proposals of a kernel that told no place: those that are timed count them.
 */
void tally_add_kernel(struct tally *t, const char *kernel, uint64_t proposals,
                      uint64_t accepted, uint64_t touched);
/* A row that was there before: by its place, or by its kernel's name, which is
 * copied. false: memory ran out. */
bool tally_put(struct tally *t, const struct tally_row *row);
/* Nothing is counted yet; timed as it was, and nobody beside it. */
void tally_clear(struct tally *t);

#endif
