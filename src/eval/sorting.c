/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs are sorted by qsort, and merged from the bottom up; after each run's
 * worth of elements the machine looks at its limits.
 */
#include "eval/sorting.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { RUN = 1 << 19 };

struct sorting {
    struct machine *m;
    sort_order *order;
    size_t count, size;
    size_t moved; /* since the last look */
};

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static bool sort_runs(const struct sorting *s, char *at)
{
    for (size_t i = 0; i < s->count; i += RUN) {
        qsort(at + i * s->size, least(RUN, s->count - i), s->size, s->order);
        if (!machine_poll(s->m)) return false;
    }
    return true;
}

/* [low, middle) and [middle, high); of equals, the left one comes first. */
static bool merge(struct sorting *s, const char *from, char *to, size_t low,
                  size_t middle, size_t high)
{
    const char *left = from + low * s->size, *right = from + middle * s->size;
    const char *left_end = right, *right_end = from + high * s->size;
    for (to += low * s->size; left < left_end || right < right_end;
         to += s->size) {
        bool take_left = right == right_end ||
                         (left < left_end && s->order(left, right) <= 0);
        memcpy(to, take_left ? left : right, s->size);
        *(take_left ? &left : &right) += s->size;
        if (++s->moved < RUN) continue;
        s->moved = 0;
        if (!machine_poll(s->m)) return false;
    }
    return true;
}

bool sort_array(struct machine *m, void *at, size_t count, size_t size,
                sort_order *order)
{
    struct sorting s = {m, order, count, size, 0};
    if (count <= RUN) {
        if (count) qsort(at, count, size, order);
        return true;
    }
    char *from = at, *to = memory_new_atomic(count * size), *other = to;
    if (!to) return machine_no_memory(m);
    bool good = sort_runs(&s, from);
    for (size_t width = RUN; good && width < count; width *= 2) {
        for (size_t low = 0; good && low < count; low += 2 * width)
            good = merge(&s, from, to, low, least(low + width, count),
                         least(low + 2 * width, count));
        char *keep = from;
        from = to;
        to = keep;
    }
    if (good && from != at) memcpy(at, from, count * size);
    memory_free(other);
    return good;
}
