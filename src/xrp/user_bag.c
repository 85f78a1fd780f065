/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bags of values: see user_bag.h. A node holds one value and up to sixteen
 * bags below it, by the next four bits of a value's hash; when the bits are
 * used up, values of one hash form a chain by the first of these.
 */
#include "xrp/user_bag.h"

#include "base/memory.h"

enum { WAYS = 16, BITS = 4, LEVELS = 64 / BITS };

struct bag {
    value v;
    uint64_t hash, count;
    const struct bag *below[WAYS];
};

/* Procedures and the like have no contents: all at one place. */
static uint64_t hash_of(value v) { return value_hash(v, NULL); }

static unsigned way(uint64_t hash, int level)
{
    return level < LEVELS ? hash >> (BITS * level) & (WAYS - 1) : 0;
}

static bool is_here(const struct bag *b, value v, uint64_t hash)
{
    return b->hash == hash && (b->v == v || value_equal(b->v, v));
}

static const struct bag *find(const struct bag *b, value v, uint64_t hash)
{
    for (int level = 0; b && !is_here(b, v, hash); level++)
        b = b->below[way(hash, level)];
    return b;
}

/* A copy of *at takes its place; NULL when memory ran out. */
static struct bag *renew(const struct bag **at)
{
    struct bag *copy = memory_new(sizeof *copy);
    if (copy && *at) *copy = **at;
    return *at = copy, copy;
}

/* Copies the path to v, and adds to its count; a value that is new goes where
 * the path ends. */
static bool change(const struct bag **at, value v, int by)
{
    uint64_t hash = hash_of(v);
    for (int level = 0;; level++) {
        bool here = !*at || is_here(*at, v, hash);
        struct bag *b = renew(at);
        if (!b) return false;
        if (here) {
            b->v = v;
            b->hash = hash;
            b->count += (uint64_t)by;
            return true;
        }
        at = &b->below[way(hash, level)];
    }
}

static const struct bag **first_below(struct bag *b)
{
    for (int i = 0; i < WAYS; i++)
        if (b->below[i]) return &b->below[i];
    return NULL;
}

/* Takes out the last of its kind: what stands at an end below takes its
 * place, for the path to it leads through here. */
static bool take_out(const struct bag **at, value v, uint64_t hash)
{
    for (int level = 0; !is_here(*at, v, hash); level++) {
        struct bag *b = renew(at);
        if (!b) return false;
        at = &b->below[way(hash, level)];
    }
    struct bag *hole = renew(at), *b = hole;
    if (!hole) return false;
    for (const struct bag **below; (below = first_below(b)); at = below)
        if (!(b = renew(below))) return false;
    hole->v = b->v;
    hole->hash = b->hash;
    hole->count = b->count;
    *at = NULL;
    return true;
}

bool bag_add(const struct bag *b, value v, const struct bag **out)
{
    *out = b;
    return change(out, v, 1);
}

bool bag_drop(const struct bag *b, value v, const struct bag **out)
{
    uint64_t hash = hash_of(v);
    const struct bag *here = find(b, v, hash);
    *out = b;
    if (!here) return true;
    return here->count > 1 ? change(out, v, -1) : take_out(out, v, hash);
}

/* The stack holds what is still to be visited: at most WAYS a level, but for
 * chains of one hash, which are one wide. */
bool bag_each(const struct bag *b, bool (*each)(void *, value v, uint64_t n),
              void *context)
{
    const struct bag *todo[WAYS * (LEVELS + 2)];
    int depth = 0;
    if (b) todo[depth++] = b;
    while (depth) {
        b = todo[--depth];
        if (!each(context, b->v, b->count)) return false;
        for (int i = WAYS; i-- > 0;)
            if (b->below[i]) todo[depth++] = b->below[i];
    }
    return true;
}
