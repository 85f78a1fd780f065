/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables of what is known of coordinates, by the choice's location and the
 * number within it, that outlive the state: open addressing over items of any
 * kind that begin with a coordinate.
 *
 * Ownership: the array is the table's, from calloc.
 */
#ifndef VST_INFER_COORDINATE_H
#define VST_INFER_COORDINATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct coordinate {
    uint64_t location; /* of its choice */
    uint32_t index;    /* among the coordinates of the choice */
    bool met;          /* false: the place is free */
};

/* Its item among `room` (a power of two, not all met) of `size` bytes, or the
 * free place where it is to be. O(1). */
void *coordinate_place(void *at, size_t size, size_t room, uint64_t location,
                       uint32_t index);
/* Twice the room, or the first. false: memory ran out, all is as it was. */
bool coordinate_grow(void **at, size_t size, size_t *room);

#endif
