/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A table by location: see learned.h.
 */
#include "infer/learned.h"

#include <stdlib.h>

enum { ROOM_FIRST = 64 };

static size_t slot_of(const struct learned_table *t, uint64_t location,
                      uint32_t index)
{
    /* Locations are hashes already. */
    uint64_t key = (location ^ index) * UINT64_C(0x9e3779b97f4a7c15);
    size_t i = (size_t)(key >> 32) & (t->room - 1);
    while (t->at[i].met &&
           (t->at[i].location != location || t->at[i].index != index))
        i = (i + 1) & (t->room - 1);
    return i;
}

const struct learned *learned_find(const struct learned_table *t,
                                   uint64_t location, uint32_t index)
{
    if (!t->room) return NULL;
    const struct learned *l = &t->at[slot_of(t, location, index)];
    return l->met ? l : NULL;
}

static bool grow(struct learned_table *t)
{
    struct learned_table more = {.room = t->room ? 2 * t->room : ROOM_FIRST};
    more.at = calloc(more.room, sizeof *more.at);
    if (!more.at) return false;
    for (size_t i = 0; i < t->room; i++) {
        const struct learned *l = &t->at[i];
        if (l->met) more.at[slot_of(&more, l->location, l->index)] = *l;
    }
    more.count = t->count;
    free(t->at);
    *t = more;
    return true;
}

bool learned_put(struct learned_table *t, const struct learned *l)
{
    if (2 * t->count >= t->room && !grow(t)) return false;
    struct learned *at = &t->at[slot_of(t, l->location, l->index)];
    t->count += !at->met;
    *at = *l;
    at->met = true;
    return true;
}

void learned_clear(struct learned_table *t)
{
    for (size_t i = 0; i < t->room; i++)
        t->at[i].count = t->at[i].mean = t->at[i].squares = 0.0;
}

void learned_close(struct learned_table *t)
{
    free(t->at);
    *t = (struct learned_table){0};
}
