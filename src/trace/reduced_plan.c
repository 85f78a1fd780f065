/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a region that reads one choice, and besides it at most what entries
 * of mem give, does at other values of it. It is learned by really moving
 * there and back once, and kept while the region lives: from which urn each of
 * its choices is then, under which arguments as they are written, and which
 * entries of mem it uses. So ((topic z)) can be scored at every z without a
 * run.
 *
 * A region can be foreseen at a value when its run there makes the same
 * choices and observations as now, gives the same result, reads no other
 * choice, and makes and loses no entry. What it does there is then its code's
 * to say, and that of its procedure and arguments, which never change, and of
 * entries, which are compared by name and by the run that made them. Entries
 * that it looks at, such as the state before in a chain, may give something
 * else one day: that is compared each time. None of it hangs on the choice,
 * for who reads that must give the same at all of its values. All that is
 * asked of all values, the present one too, so a choice that can be weighed
 * without moving can be so from each of its values.
 *
 * Plans belong to the collector. They are no part of the trace: nothing of
 * them is undone, and to lose one is to learn it again.
 */
#include "base/memory.h"
#include "trace/reduced_gibbs.h"

/* An entry that the region uses. */
struct use {
    struct region *entry;
    uint64_t location;
    uint32_t run; /* which made it */
    value heard;  /* its result, of one that the region looked at while it
                     may change; else V_UNBOUND */
};

struct plan {
    struct region *region; /* NULL: it has died */
    value result;
    uint32_t child_count, count, room;
    struct node **children; /* in their order */
    value *tags;            /* of each that is a choice */
    struct alternative **at;
};

/* Open addressing by the region. */
struct plans {
    uint32_t count, room;
    struct plan **slots;
    size_t bytes; /* of all alternatives that were learned */
};

/* A million labels of a thousand values are more than memory holds: then all
 * is learned again. */
enum { BYTES_MOST = 1 << 28 };

/* ---- the table --------------------------------------------------------------- */

static uint32_t home(const struct plans *p, const struct region *r)
{
    return (uint32_t)(r->node.location >> 8) & (p->room - 1);
}

/* Where the region's plan stands, or would. */
static struct plan **slot(const struct plans *p, const struct region *r)
{
    uint32_t i = home(p, r);
    while (p->slots[i] && p->slots[i]->region != r) i = (i + 1) & (p->room - 1);
    return &p->slots[i];
}

/* Twice as large, without those of dead regions. */
static bool grow(struct trace *t)
{
    struct plans *old = t->plans, *new = memory_new(sizeof *new);
    if (!new) return machine_no_memory(t->machine);
    uint32_t live = 0;
    new->bytes = old ? old->bytes : 0;
    for (uint32_t i = 0; old && i < old->room; i++)
        live += old->slots[i] && old->slots[i]->region;
    new->room = 64;
    while (new->room < 4 * (live + 1)) new->room *= 2;
    new->slots = memory_new(new->room * sizeof *new->slots);
    if (!new->slots) return machine_no_memory(t->machine);
    for (uint32_t i = 0; old && i < old->room; i++) {
        struct plan *p = old->slots[i];
        if (!p || !p->region) continue;
        *slot(new, p->region) = p;
        new->count++;
    }
    t->plans = new;
    return true;
}

void plans_trim(struct trace *t)
{
    if (t->plans && t->plans->bytes > BYTES_MOST) t->plans = NULL;
}

void plan_forget(struct trace *t, const struct region *r)
{
    struct plan **at = slot(t->plans, r);
    if (*at) (*at)->region = NULL;
}

/* ---- which regions ----------------------------------------------------------- */

static bool child_fits(const struct node *n)
{
    if (node_kind(n) == NODE_CHOICE) {
        const struct choice *c = (const struct choice *)n;
        return c->held != V_UNBOUND &&
               (choice_urn(c) ? lift_may(c->family) : reader_is_plain(n));
    }
    const struct region *r = (const struct region *)n;
    return node_kind(n) == NODE_REGION && r->what == REGION_OBSERVE &&
           !r->code && !node_edges(n) && !region_failed(r);
}

/* Does it listen to this one? */
static bool listens(const struct region *r, const struct node *source)
{
    const struct edge *e = node_edges(&r->node);
    while (e && edge_source(e) != source) e = edge_own(e);
    return e != NULL;
}

/* An entry that it uses: what it gave is kept with the plan. */
static bool source_fits(const struct region *r, const struct node *source)
{
    if (node_kind(source) != NODE_REGION) return false;
    const struct region *entry = (const struct region *)source;
    bool used = false;
    for (uint32_t i = 0; !used && i < use_count(r); i++)
        used = use_at(region_kept(r), i) == entry;
    return used && !region_failed(entry);
}

/* As it stands now. */
static bool fits(const struct region *r, const struct choice *c)
{
    bool runs = r->what == REGION_CALL || r->what == REGION_ENTRY ||
                r->what == REGION_DIRECTIVE ||
                (r->what == REGION_OBSERVE && r->code);
    if (!runs || region_failed(r)) return false;
    for (const struct edge *e = node_edges(&r->node); e; e = edge_own(e))
        if (edge_source(e) != &c->node && !source_fits(r, edge_source(e)))
            return false;
    for (const struct node *n = region_children(r); n; n = node_next(n))
        if (!child_fits(n)) return false;
    return true;
}

static value tags_of(const struct node *n)
{
    return node_kind(n) == NODE_CHOICE
               ? choice_more((const struct choice *)n).tags
               : V_NIL;
}

/* In the same extents, too: scopes go by them. */
static bool same_children(const struct plan *p)
{
    const struct node *n = region_children(p->region);
    uint32_t i = 0;
    for (; n && i < p->child_count; n = node_next(n), i++)
        if (n != p->children[i] || !tags_same(tags_of(n), p->tags[i]))
            return false;
    return !n && i == p->child_count;
}

static struct plan *make(struct region *r)
{
    uint32_t n = 0;
    struct plan *p = memory_new(sizeof *p);
    for (const struct node *c = region_children(r); c; c = node_next(c)) n++;
    struct node **children = memory_new((n + 1) * sizeof *children);
    value *tags = memory_new((n + 1) * sizeof *tags);
    if (!p || !children || !tags) return NULL;
    *p = (struct plan){
        .region = r, .result = r->result, .children = children, .tags = tags};
    for (struct node *c = region_children(r); c; c = node_next(c)) {
        p->tags[p->child_count] = tags_of(c);
        p->children[p->child_count++] = c;
    }
    return p;
}

bool plan_of(struct trace *t, struct region *r, const struct choice *c,
             struct plan **out)
{
    struct plans *all = t->plans;
    *out = NULL;
    if (!fits(r, c)) return true;
    if ((!all || 4 * all->count >= 3 * all->room) && !grow(t)) return false;
    all = t->plans;
    struct plan **at = slot(all, r);
    if (*at && same_children(*at) && value_same((*at)->result, r->result)) {
        *out = *at;
        return true;
    }
    struct plan *p = make(r);
    if (!p) return machine_no_memory(t->machine);
    all->count += !*at;
    *at = *out = p;
    return true;
}

/* ---- looking there ------------------------------------------------------------- */

/* Does only what reads the choice run, and does nothing come or go? */
static bool is_quiet(const struct trace *t, const struct choice *c,
                     uint64_t lost)
{
    if (t->came.count || t->entries_made || t->entries_lost != lost)
        return false;
    for (uint32_t i = 0; i < t->ran.count; i++) {
        const struct region *r = t->ran.at[i];
        const struct edge *e = node_edges(&r->node);
        if (!is_alive(&r->node)) return false;
        while (e && edge_source(e) != &c->node) e = edge_own(e);
        if (!e) return false;
    }
    return true;
}

static struct alternative *room_for(const struct trace *t, const struct plan *p)
{
    uint32_t uses = use_count(p->region), words = 0;
    uint32_t guards = guard_count(p->region);
    for (uint32_t i = 0; i < p->child_count; i++)
        words += p->children[i]->head.size;
    struct alternative *a;
    size_t size = sizeof *a + uses * sizeof *a->uses +
                  guards * sizeof *a->guards +
                  p->child_count * sizeof *a->children + words * sizeof(value);
    if (!(a = memory_new(size))) return NULL;
    t->plans->bytes += size;
    a->uses = (struct use *)(void *)(a + 1);
    a->guards = (struct guard *)(void *)(a->uses + uses);
    a->children = (struct foreseen *)(void *)(a->guards + guards);
    a->use_count = uses;
    a->guard_count = guards;
    return a;
}

/* What the region is now, as an alternative. */
static struct alternative *describe(const struct trace *t, const struct plan *p,
                                    value v)
{
    const struct region *r = p->region;
    struct alternative *a = room_for(t, p);
    if (!a) return NULL;
    value *words = (value *)(void *)(a->children + p->child_count);
    a->at = v;
    a->lost = t->entries_lost;
    if (a->guard_count)
        memcpy(a->guards, region_kept(r)->guards,
               a->guard_count * sizeof *a->guards);
    for (uint32_t i = 0; i < a->use_count; i++) {
        struct region *entry = use_at(region_kept(r), i);
        bool heard = listens(r, &entry->node);
        a->listens = a->listens || heard;
        a->uses[i] = (struct use){entry, entry->node.location, entry->last_run,
                                  heard ? entry->result : V_UNBOUND};
    }
    for (uint32_t i = 0; i < p->child_count; i++) {
        const struct choice *c = (const struct choice *)p->children[i];
        if (node_kind(p->children[i]) != NODE_CHOICE) continue;
        a->children[i] = (struct foreseen){choice_urn(c), words};
        for (uint32_t k = 0; k < c->node.head.size; k++)
            *words++ = c->written[k];
    }
    return a;
}

static bool keep(struct trace *t, struct plan *p, struct alternative *a)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (p->at[i]->at == a->at) {
            p->at[i] = a;
            return true;
        }
    if (!room_make(t, &p->at, &p->room, p->count, 1, sizeof(void *)))
        return false;
    p->at[p->count++] = a;
    return true;
}

/* In the transition that went there. A child that is the choice itself is
 * made as it is now. */
static bool fits_there(const struct plan *p, const struct choice *c)
{
    return fits(p->region, c) && same_children(p) &&
           value_same(p->result, p->region->result);
}

static bool note(struct trace *t, const struct choice *c, value v)
{
    for (const struct edge *e = node_readers(&c->node); e; e = edge_next(e)) {
        struct region *r = (struct region *)edge_reader(e);
        if (reader_is_plain(edge_reader(e))) continue;
        struct plan *p = *slot(t->plans, r);
        if (!p) continue;
        struct alternative *a = describe(t, p, v);
        if (!a) return machine_no_memory(t->machine);
        a->fits = fits_there(p, c);
        if (!keep(t, p, a)) return false;
    }
    return true;
}

/* Moves there and back; where that draws, nothing is learned, and it was not
 * drawn. What is impossible there may be so only for what is
 * scored, when all has run. */
static bool look(struct trace *t, struct choice *c, value v)
{
    struct machine *m = t->machine;
    struct random random = m->random;
    struct script *script = t->script;
    uint64_t lost = t->entries_lost;
    transition_begin(t);
    t->script = NULL;
    t->noting = true;
    t->came.count = 0;
    bool ok = choice_give(t, c, v) && propagate(t);
    enum error_kind kind = ok ? ERROR_IMPOSSIBLE : m->error.kind;
    bool known = !t->heap.count && is_quiet(t, c, lost);
    bool can = kind == ERROR_IMPOSSIBLE || kind == ERROR_DOMAIN;
    bool kept = !can || !known || note(t, c, v);
    t->noting = false;
    transition_undo(t);
    m->random = random;
    t->script = script;
    if (can && kept) error_clear(&m->error);
    return can && kept;
}

/* ---- what is known ---------------------------------------------------------------- */

/* An entry that another stands in place of was made by another run. While
 * none is lost all are what they were: one that runs again by itself is read
 * where it is written. */
static bool entries_live(const struct trace *t, struct alternative *a)
{
    if (a->lost == t->entries_lost) return true;
    for (uint32_t i = 0; i < a->use_count; i++) {
        const struct use *u = &a->uses[i];
        if (table_at(t, u->location) != &u->entry->node ||
            u->entry->last_run != u->run)
            return false;
    }
    a->lost = t->entries_lost;
    return true;
}

/* Do entries that it looked at still give what they gave? */
static bool results_stand(const struct alternative *a)
{
    for (uint32_t i = 0; a->listens && i < a->use_count; i++) {
        const struct use *u = &a->uses[i];
        if (u->heard != V_UNBOUND && (region_failed(u->entry) ||
                                      !value_same(u->entry->result, u->heard)))
            return false;
    }
    return true;
}

/* It moves to where it will be looked for. */
static struct alternative *find(const struct trace *t, struct plan *p,
                                uint32_t hint, value v)
{
    uint32_t i = hint;
    if (i >= p->count || p->at[i]->at != v)
        for (i = 0; i < p->count && p->at[i]->at != v;) i++;
    if (i == p->count) return NULL;
    struct alternative *a = p->at[i];
    if (hint < p->count) {
        p->at[i] = p->at[hint];
        p->at[hint] = a;
    }
    return entries_live(t, a) && results_stand(a) ? a : NULL;
}

bool plan_at(struct trace *t, struct choice *c, struct plan *p, uint32_t hint,
             value v, const struct alternative **out)
{
    struct alternative *a = hint < p->count ? p->at[hint] : NULL;
    if (!a || a->at != v || a->lost != t->entries_lost || !results_stand(a))
        a = find(t, p, hint, v);
    *out = NULL;
    if (!a) {
        if (!look(t, c, v)) return false;
        a = find(t, p, hint, v);
    }
    if (a && a->fits) *out = a;
    return true;
}

bool plan_uses(const struct alternative *a, const struct region *entry,
               uint32_t hint)
{
    if (hint < a->use_count && a->uses[hint].entry == entry) return true;
    for (uint32_t i = 0; i < a->use_count; i++)
        if (a->uses[i].entry == entry) return true;
    return false;
}

/* ---- being there ----------------------------------------------------------------- */

bool plan_is_alike(const struct plan *p, const struct alternative *a)
{
    const struct region *r = p->region;
    return region_kept(r) && guard_count(r) == a->guard_count &&
           use_count(r) == a->use_count;
}

static void use_instead(struct log *l, struct near *at, struct region *entry)
{
    struct region *before = near_at(at);
    if (before == entry) return;
    log_set_32(l, &entry->uses, entry->uses + 1);
    log_set_32(l, &before->uses, before->uses - 1);
    log_set_near(l, at, entry);
}

bool plan_enact(struct trace *t, struct plan *p, const struct alternative *a)
{
    struct region *r = p->region;
    struct log *l = &t->log;
    t->touched++;
    for (uint32_t i = 0; i < a->use_count; i++)
        use_instead(l, &uses_in(region_kept(r))[i], a->uses[i].entry);
    uint64_t *at = (uint64_t *)region_kept(r)->guards;
    const uint64_t *from = (const uint64_t *)a->guards;
    size_t words = a->guard_count * (sizeof *a->guards / sizeof *at);
    for (size_t i = 0; i < words; i++)
        if (at[i] != from[i]) log_set(l, &at[i], from[i]);
    return region_rank(t, r);
}
