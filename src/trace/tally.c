/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See tally.h.
 */
#include "trace/tally.h"

#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/memory.h"

/* ---- rows by place ---------------------------------------------------- */

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
    t->rows = rows;
    t->room = room;
    t->slots = slots;
    t->slot_room = 2 * room;
    for (uint32_t i = 0; i < t->count; i++) *slot_of(t, rows[i].place) = i + 1;
    return true;
}

/* NULL when memory ran out. */
static struct tally_row *row_of(struct tally *t, struct span place)
{
    if (t->count == t->room && !grow(t)) return NULL;
    uint32_t *slot = slot_of(t, place);
    if (!*slot) {
        t->rows[t->count] = (struct tally_row){.place = place};
        *slot = ++t->count;
    }
    return &t->rows[*slot - 1];
}

/* A kernel stands in no text: its place is made of its name. The name is
 * copied, for the kernel may be gone when somebody reads it. */
static struct tally_row *row_of_kernel(struct tally *t, const char *kernel)
{
    size_t length = strlen(kernel);
    uint64_t h = hash_finish(hash_bytes(kernel, length));
    struct span place = {NULL, (uint32_t)(h >> 32), (uint32_t)h};
    struct tally_row *row = row_of(t, place);
    if (!row || row->kernel) return row;
    char *name = memory_new_atomic(length + 1);
    if (name) memcpy(name, kernel, length + 1);
    row->kernel = name ? name : "a kernel";
    return row;
}

/* ---- telling ---------------------------------------------------------- */

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* What was spent since the last telling is this row's. */
static void spend(struct tally *t, struct tally_row *row, uint64_t touched)
{
    int64_t clock = now();
    row->nanoseconds += clock - t->clock;
    row->touched += touched - t->touched;
    t->clock = clock;
    t->touched = touched;
}

void tally_begin(struct tally *t, uint64_t touched)
{
    for (; t; t = t->beside) {
        if (!t->timed) continue;
        t->clock = now();
        t->touched = touched;
    }
}

void tally_add(struct tally *t, struct span place, bool accepted,
               uint64_t touched)
{
    const char *together = t->together;
    t->told++;
    for (; t; t = t->beside) {
        struct tally_row *row = t->timed && together
                                    ? row_of_kernel(t, together)
                                    : row_of(t, place);
        if (!row) continue;
        row->proposals++;
        row->accepted += accepted;
        if (t->timed) spend(t, row, touched);
    }
}

void tally_add_kernel(struct tally *t, const char *kernel, uint64_t proposals,
                      uint64_t accepted, uint64_t touched)
{
    t->told++;
    for (; t; t = t->beside) {
        struct tally_row *row = t->timed ? row_of_kernel(t, kernel) : NULL;
        if (!row) continue;
        row->proposals += proposals;
        row->accepted += accepted;
        spend(t, row, touched);
    }
}

bool tally_put(struct tally *t, const struct tally_row *row)
{
    struct tally_row *to =
        row->kernel ? row_of_kernel(t, row->kernel) : row_of(t, row->place);
    if (!to) return false;
    to->proposals += row->proposals;
    to->accepted += row->accepted;
    to->touched += row->touched;
    to->nanoseconds += row->nanoseconds;
    return true;
}

void tally_clear(struct tally *t) { *t = (struct tally){.timed = t->timed}; }
