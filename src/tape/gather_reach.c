/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who reads the choices of a scope, over cuts: choices, urns, factors, and
 * regions whose control flow looked at them. A region that took something of
 * the scope for a plain value is run once more and recorded: see
 * trace/reduced_record.c.
 */
#include <stdlib.h>

#include "tape/gather_inside.h"

/* ---- a set of nodes ------------------------------------------------------- */

void reached_close(struct reached *r)
{
    free(r->at);
    free(r->slots);
}

static uint64_t slot_of(const void *key)
{
    uint64_t h = (uint64_t)(uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 31;
}

bool reached_has(const struct reached *r, const struct node *n)
{
    if (!r->slot_room) return false;
    for (uint64_t at = slot_of(n);; at++) {
        uint32_t place = r->slots[at & (r->slot_room - 1)];
        if (!place) return false;
        if (r->at[place - 1] == n) return true;
    }
}

static void put_slot(struct reached *r, uint32_t place)
{
    uint64_t at = slot_of(r->at[place - 1]);
    while (r->slots[at & (r->slot_room - 1)]) at++;
    r->slots[at & (r->slot_room - 1)] = place;
}

bool reached_put(struct build *b, struct reached *r, const struct node *n)
{
    if (reached_has(r, n)) return true;
    if (!build_grow(b, &r->at, &r->room, r->count + 1, sizeof n)) return false;
    r->at[r->count++] = n;
    if (2 * r->count <= r->slot_room) {
        put_slot(r, r->count);
        return true;
    }
    uint32_t room = r->slot_room ? 2 * r->slot_room : 256;
    uint32_t *slots = calloc(room, sizeof *slots);
    if (!slots) return machine_no_memory(b->t->machine);
    free(r->slots);
    r->slots = slots;
    r->slot_room = room;
    for (uint32_t i = 1; i <= r->count; i++) put_slot(r, i);
    return true;
}

/* ---- readers --------------------------------------------------------------- */

/* Has a reader a part in the density? */
static bool is_part(const struct node *n)
{
    if (node_kind(n) != NODE_REGION) return true;
    uint8_t what = ((const struct region *)n)->what;
    return what != REGION_WATCH && what != REGION_WEIGHT &&
           what != REGION_PREDICT;
}

static bool reach_readers(struct build *b, struct reached *r,
                          const struct node *n)
{
    bool ok = true;
    for (const struct edge *e = node_readers(n); ok && e; e = edge_next(e))
        ok = !is_part(edge_reader(e)) || reached_put(b, r, edge_reader(e));
    return ok;
}

/* Does v stand on a choice of the scope, or on a region that does? */
struct standing {
    const struct build *b;
    const struct reached *r;
};

static bool stands_apart(value reference, void *data)
{
    const struct standing *on = data;
    const struct node *n = as_object(reference);
    return !(object_type(reference) == T_CHOICE
                 ? scope_member(on->b->scope, n->location) != NULL
                 : reached_has(on->r, n));
}

/* Was something of the scope looked at, and more than its shape? */
static bool looks_at(const struct standing *on, const struct guard *g)
{
    const struct expression *e = as_object(g->forced);
    if (!is_object(g->forced) || !has_reference(g->forced)) return false;
    if (is_type(g->forced, T_EXPRESSION) && item_asks_for_shape(e->operation))
        return false;
    return !expression_leaves(on->b->t->machine, g->forced, stands_apart,
                              (void *)(uintptr_t)on);
}

/* Did its run take something of the scope for a plain value? Then what it
 * made of it says no more how. */
static bool is_pinning(struct build *b, const struct reached *r,
                       const struct node *n)
{
    const struct region *region = (const struct region *)n;
    struct standing on = {b, r};
    if (node_kind(n) != NODE_REGION || region_computes(region) ||
        region->what == REGION_TERM)
        return false;
    for (uint32_t i = 0; i < guard_count(region); i++) {
        const struct guard *g = &region_kept(region)->guards[i];
        if (g->how != GUARD_TARGET && !is_boolean(g->outcome) &&
            looks_at(&on, g))
            return true;
    }
    return false;
}

static bool reach_all(struct build *b, struct reached *r)
{
    uint32_t members = b->scope->member_count;
    for (uint32_t i = 0; i < members; i++)
        if (!reached_put(b, r, b->scope->members[i].choice)) return false;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct node *n = r->at[i];
        if (i < members) {
            uint32_t k = 0;
            const struct element *e;
            while ((e = element_next(b->t, (const struct choice *)n, &k)))
                if (!reach_readers(b, r, &e->node)) return false;
            if (!reach_readers(b, r, n)) return false;
        } else if ((node_kind(n) == NODE_REGION &&
                    region_computes((const struct region *)n)) ||
                   is_pinning(b, r, n)) {
            if (!reach_readers(b, r, n)) return false;
        }
    }
    return true;
}

static int by_rank(const void *a, const void *b)
{
    const struct node *x = *(const struct node *const *)a;
    const struct node *y = *(const struct node *const *)b;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

/* Runs again what took something of the scope for plain; *any: something
 * did. */
static bool record_pinned(struct build *b, const struct reached *r, bool *any)
{
    const struct node **pinned = malloc((r->count + 1) * sizeof *pinned);
    uint32_t count = 0;
    bool ok = pinned || machine_no_memory(b->t->machine);
    for (uint32_t i = 0; ok && i < r->count; i++)
        if (is_pinning(b, r, r->at[i])) pinned[count++] = r->at[i];
    *any = count > 0;
    if (*any && !b->t->recording) record_begin(b->t, b->scope);
    if (ok) qsort(pinned, count, sizeof *pinned, by_rank);
    for (uint32_t i = 0; ok && i < count; i++)
        ok = record_region(b->t, (struct region *)(uintptr_t)pinned[i]);
    free(pinned);
    return ok && (!*any || record_settle(b->t));
}

/* A run may bring others that look: rounds, until nothing is pinned. What
 * still is then, add_guard refuses. */
enum { ROUNDS = 8 };

bool reach_recorded(struct build *b, struct reached *r)
{
    bool again = true;
    for (int round = 0; again && round < ROUNDS; round++) {
        reached_close(r);
        *r = (struct reached){0};
        if (!reach_all(b, r) || !record_pinned(b, r, &again)) return false;
    }
    return true;
}

/* ---- who but densities ----------------------------------------------------- */

/* A region that has looked at shapes alone, which does not run again. */
static bool looks_at_shapes(const struct standing *on, const struct region *r)
{
    if (region_failed(r)) return false;
    if (r->what != REGION_DIRECTIVE && r->what != REGION_OBSERVE &&
        r->what != REGION_ENTRY && r->what != REGION_CALL)
        return false;
    for (uint32_t i = 0; i < guard_count(r); i++)
        if (looks_at(on, &region_kept(r)->guards[i])) return false;
    return true;
}

/* Is one that reads the scope a density, or deaf to what it reads? A cut has
 * readers of its own, and is among those reached. */
static bool is_plain_reader(const struct standing *on, const struct node *n)
{
    const struct region *r = (const struct region *)n;
    if (node_kind(n) == NODE_CHOICE)
        return !choice_is_in_urn((const struct choice *)n);
    if (node_kind(n) != NODE_REGION) return false;
    switch (r->what) {
    case REGION_CUT:
    case REGION_WATCH: return !region_failed(r);
    case REGION_TERM: return true;
    default: return looks_at_shapes(on, r);
    }
}

static bool may_raise(const struct node *n)
{
    const struct region *r = (const struct region *)n;
    return node_kind(n) == NODE_REGION &&
           (r->what == REGION_WATCH || (r->what == REGION_CUT && r->may_raise));
}

/* What looked at shapes, a thousand of them maybe, reads as many nodes: it is
 * looked at once. */
static bool is_known_reader(const struct reached *known, const struct node *by)
{
    return node_kind(by) == NODE_REGION && reached_has(known, by);
}

static bool looks_often(const struct node *by)
{
    return node_kind(by) == NODE_REGION &&
           guard_count((const struct region *)by) > 1;
}

static bool look_at_readers(struct build *b, const struct reached *r,
                            const struct node *n, struct reached *risky,
                            struct reached *known, bool *plain)
{
    struct standing on = {b, r};
    bool ok = true;
    for (const struct edge *e = node_readers(n); ok && *plain && e;
         e = edge_next(e)) {
        const struct node *by = edge_reader(e);
        if (is_known_reader(known, by)) continue;
        *plain = is_plain_reader(&on, by);
        if (*plain && may_raise(by)) ok = reached_put(b, risky, by);
        if (ok && *plain && looks_often(by)) ok = reached_put(b, known, by);
    }
    return ok;
}

bool reach_is_plain(struct build *b, const struct reached *r,
                    struct reached *risky, bool *plain)
{
    uint32_t members = b->scope->member_count;
    struct reached known = {0};
    bool ok = true;
    *plain = true;
    for (uint32_t i = 0; ok && *plain && i < r->count; i++) {
        const struct node *n = r->at[i];
        const struct choice *c = (const struct choice *)n;
        const struct element *e;
        uint32_t k = 0;
        if (i >= members && (node_kind(n) != NODE_REGION ||
                             !region_computes((const struct region *)n)))
            continue;
        if (i < members && choice_is_in_urn(c)) *plain = false;
        while (ok && i < members && (e = element_next(b->t, c, &k)))
            ok = look_at_readers(b, r, &e->node, risky, &known, plain);
        ok = ok && look_at_readers(b, r, n, risky, &known, plain);
    }
    reached_close(&known);
    return ok;
}

/* ---- later ----------------------------------------------------------------- */

static bool knows_readers(const struct reached *r, const struct node *n)
{
    for (const struct edge *e = node_readers(n); e; e = edge_next(e))
        if (is_part(edge_reader(e)) && !reached_has(r, edge_reader(e)))
            return false;
    return true;
}

/* Are all that began to read anything since then among them? Who has gone is
 * not looked at. */
static bool knows_listeners(const struct trace *t, const struct reached *r,
                            uint64_t since)
{
    if (t->listens - since > LISTENERS) return false;
    for (; since < t->listens; since++)
        if (!reached_has(r, t->listeners[since % LISTENERS])) return false;
    return true;
}

bool reach_stands(const struct build *b, const struct reached *r,
                  uint64_t *since)
{
    bool known = knows_listeners(b->t, r, *since);
    *since = b->t->listens;
    if (known) return true;
    uint32_t members = b->scope->member_count;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct node *n = r->at[i];
        uint32_t k = 0;
        const struct element *e;
        if (i >= members && (node_kind(n) != NODE_REGION ||
                             !region_computes((const struct region *)n)))
            continue;
        while (i < members &&
               (e = element_next(b->t, (const struct choice *)n, &k)))
            if (!knows_readers(r, &e->node)) return false;
        if (!knows_readers(r, n)) return false;
    }
    return true;
}
