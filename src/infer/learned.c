/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A table by location: see learned.h.
 */
#include "infer/learned.h"

#include <stdlib.h>

static struct learned *item_of(const struct learned_table *t, uint64_t location,
                               uint32_t index)
{
    return coordinate_place(t->at, sizeof *t->at, t->room, location, index);
}

const struct learned *learned_find(const struct learned_table *t,
                                   uint64_t location, uint32_t index)
{
    if (!t->room) return NULL;
    const struct learned *l = item_of(t, location, index);
    return l->of.met ? l : NULL;
}

static bool grow(struct learned_table *t)
{
    void *at = t->at;
    bool good = coordinate_grow(&at, sizeof *t->at, &t->room);
    t->at = at;
    return good;
}

bool learned_put(struct learned_table *t, const struct learned *l)
{
    if (2 * t->count >= t->room && !grow(t)) return false;
    struct learned *at = item_of(t, l->of.location, l->of.index);
    t->count += !at->of.met;
    *at = *l;
    at->of.met = true;
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
