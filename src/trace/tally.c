/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See tally.h.
 */
#include "trace/tally.h"

#include "base/hash.h"
#include "base/memory.h"

static uint32_t home(const struct tally *t, struct span place)
{
    uint64_t h = hash_word((uint64_t)(uintptr_t)place.source,
                           (uint64_t)place.start << 32 | place.end);
    return (uint32_t)hash_finish(h) & (t->slot_room - 1);
}

static bool same(struct span a, struct span b)
{
    return a.source == b.source && a.start == b.start && a.end == b.end;
}

static uint32_t *slot_of(const struct tally *t, struct span place)
{
    uint32_t i = home(t, place);
    while (t->slots[i] && !same(t->rows[t->slots[i] - 1].place, place))
        i = (i + 1) & (t->slot_room - 1);
    return &t->slots[i];
}

static bool grow(struct tally *t)
{
    uint32_t room = t->room ? t->room * 2 : 16;
    struct tally_row *rows = memory_new(room * sizeof *rows);
    uint32_t *slots = memory_new_atomic(2 * (size_t)room * sizeof *slots);
    if (!rows || !slots) return false;
    for (uint32_t i = 0; i < t->count; i++) rows[i] = t->rows[i];
    *t = (struct tally){rows, t->count, room, slots, 2 * room};
    for (uint32_t i = 0; i < t->count; i++) *slot_of(t, rows[i].place) = i + 1;
    return true;
}

void tally_add(struct tally *t, struct span place, bool accepted)
{
    if (t->count == t->room && !grow(t)) return;
    uint32_t *slot = slot_of(t, place);
    if (!*slot) {
        t->rows[t->count] = (struct tally_row){place, 0, 0};
        *slot = ++t->count;
    }
    t->rows[*slot - 1].proposals++;
    t->rows[*slot - 1].accepted += accepted;
}

void tally_clear(struct tally *t) { *t = (struct tally){NULL, 0, 0, NULL, 0}; }
