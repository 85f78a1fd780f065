/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tables of a world: see world.h.
 */
#include "trace/world.h"

#include "base/hash.h"
#include "base/memory.h"

bool list_push(struct machine *m, struct list *l, void *item)
{
    if (l->count == l->room) {
        uint32_t room = l->room ? l->room * 2 : 16;
        void **more = memory_new(room * sizeof *more);
        if (!more) return machine_no_memory(m);
        if (l->count) memcpy(more, l->at, l->count * sizeof *more);
        l->at = more;
        l->room = room;
    }
    l->at[l->count++] = item;
    return true;
}

struct world *world_new(struct machine *m, uint32_t directives)
{
    struct world *w = memory_new(sizeof *w);
    if (w) w->outcomes = memory_new((directives + 1) * sizeof *w->outcomes);
    if (!w || !w->outcomes) {
        machine_no_memory(m);
        return NULL;
    }
    w->outcome_count = w->outcome_room = directives;
    for (uint32_t i = 0; i <= directives; i++)
        w->outcomes[i].result = V_UNBOUND;
    return w;
}

/* ---- by location -------------------------------------------------------- *
 * What is in a table begins with its location, a choice behind its header. */

static uint64_t choice_key(const void *p)
{
    return ((const struct choice *)p)->location;
}
static uint64_t urn_key(const void *p)
{
    return ((const struct urn *)p)->location;
}
static uint64_t entry_key(const void *p)
{
    return ((const struct entry *)p)->location;
}

typedef uint64_t key_function(const void *);

static void **slot(const struct table *t, uint64_t location, key_function key)
{
    uint32_t at = (uint32_t)hash_finish(location) & (t->room - 1);
    while (t->slots[at] && key(t->slots[at]) != location)
        at = (at + 1) & (t->room - 1);
    return &t->slots[at];
}

static void *find(const struct table *t, uint64_t location, key_function key)
{
    return t->room ? *slot(t, location, key) : NULL;
}

static bool add(struct machine *m, struct table *t, void *item,
                key_function key)
{
    if (4 * t->count >= 3 * t->room) {
        struct table more = {NULL, t->count, t->room ? t->room * 2 : 16};
        more.slots = memory_new(more.room * sizeof *more.slots);
        if (!more.slots) return machine_no_memory(m);
        for (uint32_t i = 0; i < t->room; i++)
            if (t->slots[i]) *slot(&more, key(t->slots[i]), key) = t->slots[i];
        *t = more;
    }
    *slot(t, key(item), key) = item;
    t->count++;
    return true;
}

void *table_find(const struct table *t, uint64_t location)
{
    return find(t, location, entry_key);
}
bool table_add(struct machine *m, struct table *t, void *item)
{
    return add(m, t, item, entry_key);
}

struct choice *world_choice(const struct world *w, uint64_t location)
{
    return w ? find(&w->choice_at, location, choice_key) : NULL;
}
struct urn *world_urn(const struct world *w, uint64_t location)
{
    return w ? find(&w->urn_at, location, urn_key) : NULL;
}
struct entry *world_entry(const struct world *w, uint64_t location)
{
    return w ? find(&w->entry_at, location, entry_key) : NULL;
}

bool world_add_choice(struct machine *m, struct world *w, struct choice *c)
{
    return add(m, &w->choice_at, c, choice_key) && list_push(m, &w->choices, c);
}
bool world_add_urn(struct machine *m, struct world *w, struct urn *u)
{
    return add(m, &w->urn_at, u, urn_key) && list_push(m, &w->urns, u);
}
bool world_add_entry(struct machine *m, struct world *w, struct entry *e)
{
    return add(m, &w->entry_at, e, entry_key);
}

/* ---- urns ----------------------------------------------------------------- */

struct xrp_site choice_site(const struct choice *c, void *state)
{
    struct xrp_site s = {NULL, 0, state, c->plain, c->count, c->family};
    if (c->urn) {
        s.params = c->urn->plain;
        s.param_count = c->urn->count;
    }
    return s;
}

struct xrp_site urn_site(const struct urn *u, void *state)
{
    return (struct xrp_site){u->plain, u->count, state, NULL, 0, u->family};
}

void *urn_fill(const struct urn *u, struct choice *const *choices,
               uint32_t count, double *score)
{
    struct xrp_site site = urn_site(u, NULL);
    site.state = xrp_begin(u->family, &site, u->state);
    if (!site.state) return NULL;
    double sum = 0.0;
    for (uint32_t i = 0; i < count; i++) {
        if (choices[i]->urn != u) continue;
        struct xrp_site s = choice_site(choices[i], site.state);
        if (score) sum += xrp_score(u->family, &s, choices[i]->held);
        u->family->incorporate(&s, choices[i]->held);
    }
    if (score) *score = sum;
    return site.state;
}
