/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The index is the first one whose sum of weights so far is above u times the
 * sum of all. A table has these sums, and for each of 4 n even steps of u the
 * first index that it can be (Chen and Asau's guide, 1974): so a draw takes
 * about one step, and gives what walking the weights would have given, to
 * the bit. Whether there is a table depends on addresses, and nobody can
 * tell.
 *
 * Objects with a table are held here, so that none other can have their
 * address; those that were only seen are not, and may be taken for one
 * another, which makes a table sooner.
 */
#include "xrp/repeated.h"

#include "base/memory.h"

enum {
    SMALL = 256, /* tables of up to this many weights */
    SMALL_MAX = 1 << 12,
    LARGE = 4,
    LARGE_MAX = 1 << 18,
    SEEN = 2, /* draws before a table is made */
    STEPS = 4 /* of the guide, for each weight */
};

struct table {
    const void *held; /* the object; NULL: only seen */
    uintptr_t hidden; /* its address, turned over: not held by it */
    uint64_t rewinds; /* of memory, when the entry was made */
    uint32_t seen, last;
    double sum, steps;
    double *below;   /* sums of the weights up to each, it included */
    uint32_t *first; /* the guide */
};

static struct table tables[SMALL + LARGE];

double weights_sum(struct series s)
{
    double sum = 0.0, w;
    for (uint32_t i = 0; i < s.count; i++) {
        if (!series_number(&s, &w) || !(w >= 0.0)) return NAN;
        sum += w;
    }
    return sum > 0.0 && sum < INFINITY ? sum : NAN;
}

static bool walk(struct series s, struct random *r, uint32_t *k)
{
    double x = random_unit(r) * weights_sum(s), below = 0.0, w;
    if (x != x) return false;
    for (uint32_t i = 0; i < s.count; i++) {
        series_number(&s, &w);
        if (w > 0.0) *k = i; /* rounding may leave x at the sum */
        below += w;
        if (x < below) return true;
    }
    return true;
}

static bool table_make(struct table *t, const void *object, struct series s)
{
    double sum = weights_sum(s), w;
    if (sum != sum) return false;
    double *below = memory_new_atomic(s.count * sizeof *below);
    uint32_t steps = STEPS * s.count;
    uint32_t *first = memory_new_atomic(steps * sizeof *first);
    if (!below || !first) return false;
    t->steps = steps;
    t->sum = 0.0;
    for (uint32_t i = 0; i < s.count; i++) {
        series_number(&s, &w);
        if (w > 0.0) t->last = i;
        below[i] = t->sum += w;
    }
    for (uint32_t step = 0, i = 0; step < steps; step++) {
        double least = t->sum * step / steps * (1.0 - 0x1p-48);
        while (i < t->last && below[i] <= least) i++;
        first[step] = i;
    }
    t->below = below;
    t->first = first;
    t->held = object;
    return true;
}

/* What walk would have found. */
static inline uint32_t table_draw(const struct table *t, struct random *r)
{
    double u = random_unit(r), x = u * t->sum;
    uint32_t i = t->first[(uint32_t)(u * t->steps)];
    while (i < t->last && x >= t->below[i]) i++;
    return i;
}

/* Small ones and large ones have places of their own. */
static struct table *place_of(uintptr_t address, bool small)
{
    uintptr_t mixed = (address >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 40;
    return small ? &tables[mixed % SMALL] : &tables[SMALL + mixed % LARGE];
}

/* Makes the table of this object when it was seen often enough. */
static const struct table *table_of(const void *object, struct series s)
{
    uintptr_t address = (uintptr_t)object;
    struct table *t = place_of(address, s.count <= SMALL_MAX);
    if (t->hidden != ~address || t->rewinds != memory_rewinds()) {
        *t = (struct table){.hidden = ~address, .rewinds = memory_rewinds()};
        return NULL;
    }
    if (t->held) return t;
    if (s.count > LARGE_MAX || ++t->seen < SEEN) return NULL;
    return table_make(t, object, s) ? t : NULL;
}

bool weights_draw_again(value whole, struct random *r, uint32_t *k)
{
    if (!is_object(whole)) return false;
    const void *object = as_object(whole);
    const struct table *t = place_of((uintptr_t)object, true);
    if (t->held != object || t->rewinds != memory_rewinds()) return false;
    *k = table_draw(t, r);
    return true;
}

bool weights_draw(value whole, struct series s, struct random *r, uint32_t *k)
{
    const struct table *t = NULL;
    if (is_object(whole) && s.count > 1) t = table_of(as_object(whole), s);
    if (!t) return walk(s, r, k);
    *k = table_draw(t, r);
    return true;
}
