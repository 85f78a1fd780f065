/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Turns of a sweep: see turns.h. Most sweeps change no blocks: then the list
 * of the last one serves, with the places of the blocks. Else a block of the
 * list is looked for by its key, and of those that came the scope itself
 * tells, in the order of time: they are put in order here.
 */
#include "infer/turns.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static int by_key(const void *a, const void *b)
{
    const struct turn *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

bool turns_begin(struct turns *t, struct scope *s)
{
    uint32_t n = s->block_count;
    t->at = t->late_count = t->late_at = 0;
    t->begun = false;
    scope_watch(s, true);
    if (t->version && t->version == s->version) return true;
    t->version = 0;
    if (n > t->room || !t->list) {
        t->list = memory_new_atomic((n + 1) * sizeof *t->list);
        if (!t->list) return false;
        t->room = n;
    }
    for (uint32_t i = 0; i < n; i++)
        t->list[i] = (struct turn){s->blocks[i].key, i};
    qsort(t->list, n, sizeof *t->list, by_key);
    t->count = n;
    t->version = s->version;
    return true;
}

void turns_end(struct scope *s) { scope_watch(s, false); }

static bool late_grow(struct turns *t)
{
    uint32_t room = t->late_room ? 2 * t->late_room : 16;
    uint64_t *more = memory_new_atomic(room * sizeof *more);
    if (!more) return false;
    if (t->late_count) memcpy(more, t->late, t->late_count * sizeof *t->late);
    t->late = more;
    t->late_room = room;
    return true;
}

/* In order, and once. */
static bool late_put(struct turns *t, uint64_t key)
{
    uint32_t i = t->late_count;
    while (i > t->late_at && t->late[i - 1] > key) i--;
    if (i > t->late_at && t->late[i - 1] == key) return true;
    if (t->late_count == t->late_room && !late_grow(t)) return false;
    memmove(t->late + i + 1, t->late + i,
            (t->late_count - i) * sizeof *t->late);
    t->late[i] = key;
    t->late_count++;
    return true;
}

static bool is_listed(const struct turns *t, uint64_t key)
{
    struct turn wanted = {key, 0};
    return bsearch(&wanted, t->list, t->count, sizeof wanted, by_key) != NULL;
}

/* Those that came since the last turn, and whose turn is still to come. */
static bool take_late(struct turns *t, struct scope *s)
{
    bool ok = true;
    for (uint32_t i = 0; ok && i < s->came_count; i++) {
        uint64_t key = s->came[i];
        if (t->begun && key <= t->passed) continue;
        if (scope_block(s, key) != UINT32_MAX && !is_listed(t, key))
            ok = late_put(t, key);
    }
    s->came_count = 0;
    return ok;
}

bool turns_seek(struct turns *t, struct scope *s, uint32_t *out)
{
    if (s->came_count && !take_late(t, s)) return false;
    *out = UINT32_MAX;
    while (*out == UINT32_MAX) {
        bool late =
            t->late_at < t->late_count &&
            (t->at == t->count || t->late[t->late_at] < t->list[t->at].key);
        if (!late && t->at == t->count) return true;
        t->passed = late ? t->late[t->late_at++] : t->list[t->at++].key;
        t->begun = true;
        *out = !late && s->version == t->version ? t->list[t->at - 1].block
                                                 : scope_block(s, t->passed);
    }
    return true;
}
