/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Items by coordinate: see coordinate.h.
 */
#include "infer/coordinate.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 64 };

void *coordinate_place(void *at, size_t size, size_t room, uint64_t location,
                       uint32_t index)
{
    /* Locations are hashes already. */
    uint64_t key = (location ^ index) * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = (size_t)(key >> 32);; i++) {
        struct coordinate *c = (void *)((char *)at + (i & (room - 1)) * size);
        if (!c->met || (c->location == location && c->index == index)) return c;
    }
}

bool coordinate_grow(void **at, size_t size, size_t *room)
{
    size_t wide = *room ? 2 * *room : ROOM_FIRST;
    void *more = calloc(wide, size);
    if (!more) return false;
    for (size_t i = 0; i < *room; i++) {
        const struct coordinate *c = (void *)((char *)*at + i * size);
        if (c->met)
            memcpy(coordinate_place(more, size, wide, c->location, c->index), c,
                   size);
    }
    free(*at);
    *at = more;
    *room = wide;
    return true;
}
