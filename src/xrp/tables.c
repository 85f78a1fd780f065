/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tables of a restaurant: see tables.h.
 */
#include "xrp/tables.h"

#include "base/memory.h"

enum { FIRST_ROOM = 8, LABEL_BITS = 46 };

/* ---- the index ---------------------------------------------------------- */

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 32) * 0x9e3779b97f4a7c15u;
    return x ^ x >> 29;
}

static uint32_t home(const struct tables *t, int64_t label)
{
    return (uint32_t)mix((uint64_t)label) & (4 * t->room - 1);
}

/* Where the label is, or the empty place where it would be. */
static uint32_t place(const struct tables *t, int64_t label)
{
    uint32_t at = home(t, label), mask = 4 * t->room - 1;
    while (t->index[at] && t->label[t->index[at] - 1] != label)
        at = (at + 1) & mask;
    return at;
}

/* Empties a place and moves up those that had to pass it. */
static void unplace(struct tables *t, uint32_t hole)
{
    uint32_t mask = 4 * t->room - 1, at = hole;
    for (;;) {
        at = (at + 1) & mask;
        if (!t->index[at]) break;
        uint32_t from = home(t, t->label[t->index[at] - 1]);
        if (((at - from) & mask) < ((at - hole) & mask)) continue;
        t->index[hole] = t->index[at];
        hole = at;
    }
    t->index[hole] = 0;
}

/* ---- the tree ----------------------------------------------------------- */

static void tree_add(struct tables *t, uint32_t slot, uint64_t by)
{
    for (uint32_t i = slot + 1; i <= t->room; i += i & -i) t->tree[i] += by;
}

/* The slot of a customer of n, counted through the slots in order. */
static uint32_t tree_find(const struct tables *t, uint64_t customer)
{
    uint32_t at = 0;
    for (uint32_t step = t->room; step; step >>= 1) {
        if (at + step <= t->room && t->tree[at + step] <= customer) {
            at += step;
            customer -= t->tree[at];
        }
    }
    return at;
}

/* ---- room --------------------------------------------------------------- */

/* Fresh arrays of `room` slots (a power of two); false without memory. */
static bool allocate(struct tables *t, uint32_t room)
{
    t->label = memory_new_atomic(room * sizeof *t->label);
    t->size = memory_new_atomic(room * sizeof *t->size);
    t->tree = memory_new_atomic((room + (size_t)1) * sizeof *t->tree);
    t->free = memory_new_atomic(room * sizeof *t->free);
    t->index = memory_new_atomic(4 * (size_t)room * sizeof *t->index);
    t->room = room;
    return t->label && t->size && t->tree && t->free && t->index;
}

/* The tables of `from` in arrays of `room`, packed, in their order. */
static bool rebuild(struct tables *to, const struct tables *from, uint32_t room)
{
    *to = (struct tables){.n = from->n,
                          .misfits = from->misfits,
                          .broken = from->broken,
                          .count = from->count};
    if (!allocate(to, room)) return false;
    memset(to->index, 0, 4 * (size_t)room * sizeof *to->index);
    memset(to->tree, 0, (room + (size_t)1) * sizeof *to->tree);
    for (uint32_t i = 0; i < from->used; i++) {
        if (!from->size[i]) continue;
        uint32_t slot = to->used++;
        to->label[slot] = from->label[i];
        to->size[slot] = from->size[i];
        to->index[place(to, to->label[slot])] = slot + 1;
        tree_add(to, slot, to->size[slot]);
    }
    return true;
}

static bool grow(struct tables *t)
{
    struct tables larger;
    if (t->room > UINT32_MAX / 16) return false;
    if (!rebuild(&larger, t, 2 * t->room)) return false;
    *t = larger;
    return true;
}

/* ---- customers ---------------------------------------------------------- */

/* Any integer that is one exactly may be a label, as data. */
static bool fits(value v, int64_t *label)
{
    double x;
    if (!whole_of(v, &x) || fabs(x) > 0x1p53) return false;
    *label = (int64_t)x;
    return true;
}

bool tables_seated(const struct tables *t, value v, double *customers)
{
    int64_t label;
    *customers = 0.0;
    if (!fits(v, &label)) return false;
    uint32_t slot = t->index[place(t, label)];
    if (slot) *customers = (double)t->size[slot - 1];
    return true;
}

struct tables *tables_new(void)
{
    struct tables none = {.n = 0}, *t = memory_new(sizeof *t);
    return t && rebuild(t, &none, FIRST_ROOM) ? t : NULL;
}

void tables_seat(const struct xrp_site *s, value v)
{
    struct tables *t = s->state;
    int64_t label;
    if (!fits(v, &label)) {
        t->misfits++;
        return;
    }
    uint32_t at = place(t, label), slot = t->index[at];
    if (!slot) {
        if (!t->free_count && t->used == t->room) {
            if (!grow(t)) {
                t->broken = true;
                return;
            }
            at = place(t, label);
        }
        slot = 1 + (t->free_count ? t->free[--t->free_count] : t->used++);
        t->index[at] = slot;
        t->label[slot - 1] = label;
        t->size[slot - 1] = 0;
        t->count++;
    }
    t->size[slot - 1]++;
    t->n++;
    tree_add(t, slot - 1, 1);
}

void tables_leave(const struct xrp_site *s, value v)
{
    struct tables *t = s->state;
    int64_t label;
    if (!fits(v, &label)) {
        t->misfits -= t->misfits > 0;
        return;
    }
    uint32_t at = place(t, label), slot = t->index[at];
    if (!slot) return;
    tree_add(t, slot - 1, (uint64_t)-1);
    t->n--;
    if (--t->size[slot - 1]) return;
    unplace(t, at);
    t->free[t->free_count++] = slot - 1;
    t->count--;
}

static bool in_use(const struct tables *t, int64_t label)
{
    return t->index[place(t, label)] != 0;
}

int64_t tables_customer(const struct tables *t, struct random *r,
                        double *customers)
{
    uint32_t slot = tree_find(t, random_below(r, t->n));
    *customers = (double)t->size[slot];
    return t->label[slot];
}

int64_t tables_unused(const struct tables *t, struct random *r)
{
    for (;;) {
        int64_t label = (int64_t)(random_bits(r) >> (64 - LABEL_BITS));
        if (label != 0 && !in_use(t, label)) return label;
    }
}

bool tables_enumerate(const struct tables *t, value *list)
{
    uint64_t hash = t->n;
    for (uint32_t i = 0; i < t->used; i++)
        if (t->size[i]) hash += mix((uint64_t)t->label[i]);
    int64_t fresh;
    do {
        hash = mix(hash + 1);
        fresh = (int64_t)(hash >> (64 - LABEL_BITS));
    } while (fresh == 0 || in_use(t, fresh));
    *list = V_NIL;
    if (!enumerate_onto(v_int(fresh), list)) return false;
    for (uint32_t i = t->used; i-- > 0;) {
        if (!t->size[i]) continue;
        if (!enumerate_onto(v_whole((double)t->label[i]), list)) return false;
    }
    return true;
}

void *tables_copy(const void *tables)
{
    const struct tables *from = tables;
    struct tables *to = memory_new(sizeof *to);
    return to && rebuild(to, from, from->room) ? to : NULL;
}

uint64_t tables_count(const void *tables)
{
    const struct tables *t = tables;
    return t->n + t->misfits;
}
