/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What follows from a move, until the trace is up to date again.
 *
 * The readers of what has changed are told, and what was told is brought up to
 * date: regions lowest rank first, then what was not met again dies, then
 * choices are scored and drawn, until nothing is left. The order does not
 * matter for exactness: only the pair of traces does.
 */
#include <math.h>

#include "base/memory.h"
#include "trace/reduced.h"

/* ---- beginning and end -------------------------------------------------------------- */

/* Stamps have this much room left at least when a transition begins. */
#define STAMPS_END ((UINT32_MAX >> 1) - (UINT32_C(1) << 28))

void transition_begin(struct trace *t)
{
    if (t->number >= STAMPS_END || t->run_id >= STAMPS_END) stamps_clear(t);
    t->number++;
    t->before = t->counts;
    t->counts.score = 0.0;
    t->q_forward = t->q_reverse = 0.0;
    t->dirty.count = t->undrawn.count = t->idle.count = t->urns.count = 0;
    t->ran.count = t->heap.count = t->walk.count = 0;
    t->shared.count = t->met.count = t->late.count = 0;
    t->site = NULL;
    t->run = NULL;
    t->departure_count = t->mark_count = 0;
    t->call_value_count = t->change_count = 0;
    t->leaf_count = 0;
    t->entries_made = t->drew = t->noting = t->collecting = false;
    t->hasty = t->putting_off = false;
}

static void clean(struct trace *t)
{
    for (uint32_t i = 0; i < t->dirty.count; i++)
        ((struct node *)t->dirty.at[i])->dirty = 0;
    for (uint32_t i = 0; i < t->heap.count; i++)
        ((struct region *)t->heap.at[i])->in_heap = false;
    for (uint32_t i = 0; i < t->ran.count; i++)
        ((struct region *)t->ran.at[i])->running = false;
    t->dirty.count = t->heap.count = 0;
    t->run = NULL;
}

static double sum_of_scores(const struct trace *t)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < t->slots.room; i++) {
        const struct node *n = slot_node(t, i);
        if (!n) continue;
        if (node_kind(n) == NODE_CHOICE &&
            !choice_is_in_urn((const struct choice *)n))
            sum += ((const struct choice *)n)->score;
        else if (node_kind(n) == NODE_URN)
            sum += ((const struct urn *)n)->score;
        else if (node_kind(n) == NODE_REGION &&
                 ((const struct region *)n)->what == REGION_TERM)
            sum += ((const struct region *)n)->score;
    }
    return sum;
}

/* What was added up and is much smaller in the end has lost its last digits:
 * then it is summed anew. Rare, for a chain finds its level but once. */
static void keep_digits(struct trace *t)
{
    double size = fabs(t->counts.score);
    if (size > t->score_largest) {
        t->score_largest = size;
    } else if (t->score_largest > 1000.0 * (1.0 + size)) {
        t->counts.score = sum_of_scores(t);
        t->score_largest = fabs(t->counts.score);
    }
}

/* Vectors that a large program filled when it was loaded are given back. */
static void shrink(struct trace *t)
{
    struct vector_of *all[] = {&t->undrawn, &t->met, &t->ran, &t->idle};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) vector_drop(all[i]);
    for (uint32_t i = 0; i < t->runs.count; i++)
        vector_drop(&((struct run *)t->runs.at[i])->uses);
    t->swollen = false;
}

static void finish(struct trace *t, bool undo)
{
    clean(t);
    table_finish(t, undo);
    if (t->swollen) shrink(t);
}

void transition_undo(struct trace *t)
{
    finish(t, true);
    t->entries_lost += t->entries_made;
    t->counts = t->before;
    if (t->scope_count) scopes_undo(t);
    if (t->change_count) urns_undo(t);
    log_undo(&t->log);
}

/* A transition that made half as much as there was, and not little, has left
 * as much that nobody needs. */
static void tidy(struct trace *t)
{
    size_t size = (size_t)(t->log.pool.at - t->log.pool.base);
    if (size < t->tidied + t->tidied / 2) return;
    t->tidied = size;
    memory_tidy();
    machine_tidy(t->machine);
}

void transition_commit(struct trace *t)
{
    bool swollen = t->swollen;
    keep_digits(t);
    finish(t, false);
    if (t->scope_count) scopes_keep(t);
    log_commit(&t->log);
    if (swollen) tidy(t);
}

/* ---- telling ---------------------------------------------------------------------------- */

bool make_dirty(struct trace *t, struct node *n)
{
    if (n->dirty) return true;
    n->dirty = 1;
    return vector_push(t, &t->dirty, n);
}

/* The heap is ordered by rank, then location: the same on every machine. */
static bool before(const struct region *a, const struct region *b)
{
    return a->node.rank != b->node.rank ? a->node.rank < b->node.rank
                                        : a->node.location < b->node.location;
}

static bool heap_push(struct trace *t, struct region *r)
{
    if (!vector_push(t, &t->heap, r)) return false;
    void **h = t->heap.at;
    uint32_t i = t->heap.count - 1;
    while (i && before(r, h[(i - 1) / 2])) {
        h[i] = h[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    h[i] = r;
    return true;
}

static struct region *heap_pop(struct trace *t)
{
    void **h = t->heap.at;
    struct region *top = h[0], *last = h[--t->heap.count];
    uint32_t n = t->heap.count, i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= n) break;
        if (child + 1 < n && before(h[child + 1], h[child])) child++;
        if (!before(h[child], last)) break;
        h[i] = h[child];
        i = child;
    }
    h[i] = last;
    top->in_heap = false;
    if (n) __builtin_prefetch(region_kept((const struct region *)h[0]));
    return top;
}

/* A queued region has moved up: it goes down the heap. */
void heap_rises(struct trace *t, struct region *r)
{
    void **h = t->heap.at;
    uint32_t n = t->heap.count, i = 0;
    if (!r->in_heap) return;
    while (i < n && h[i] != r) i++;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= n) break;
        if (child + 1 < n && before(h[child + 1], h[child])) child++;
        if (!before(h[child], r)) break;
        h[i] = h[child];
        i = child;
    }
    if (i < n) h[i] = r;
}

static bool notify_again(struct trace *t, struct region *r)
{
    if (r->in_heap) return true;
    r->in_heap = true;
    return heap_push(t, r);
}

bool notify_region(struct trace *t, struct region *r)
{
    region_today(t, r);
    r->settled = false;
    r->queued = true;
    return notify_again(t, r);
}

bool notify(struct trace *t, struct node *n)
{
    for (const struct edge *e = node_readers(n), *next; e; e = next) {
        struct node *r = edge_reader(e);
        next = edge_next(e);
        if (next) node_fetch(edge_reader(next));
        if (!(node_kind(r) == NODE_REGION ? notify_region(t, (struct region *)r)
                                          : make_dirty(t, r)))
            return false;
    }
    return !(n->head.flags & NODE_IN_PARTS) || node_kind(n) != NODE_CHOICE ||
           elements_notify(t, (struct choice *)n);
}

/* ---- dying ---------------------------------------------------------------------------------- */

static bool kill_choice(struct trace *t, struct choice *c)
{
    t->counts.choices--;
    if (t->noting) vector_push(t, &t->came, choice_went(c));
    if (c->held == V_UNBOUND) return true;
    bool fresh = choice_is_fresh(t, c);
    if (choice_urn(c)) {
        if (!(fresh ? urn_drop_draw(t, c)
                    : choice_departs(t, c, choice_observer(c) != NULL)))
            return false;
    } else {
        if (!choice_observer(c)) choice_unsample(c);
        t->counts.score -= c->score;
        if (fresh)
            t->q_forward -= c->score;
        else if (!choice_observer(c) && c != t->site)
            t->q_reverse += c->score;
    }
    free_drop(t, c);
    return true;
}

bool readers_lose(struct trace *t, struct node *n)
{
    for (const struct edge *e = node_readers(n); e; e = edge_next(e))
        if (node_kind(edge_reader(e)) == NODE_REGION &&
            is_alive(edge_reader(e)) &&
            !notify_region(t, (struct region *)edge_reader(e)))
            return false;
    return true;
}

static bool leave(struct trace *t, struct node *n)
{
    log_save(&t->log, &n->head);
    n->head.spare &= (uint16_t)~NODE_ALIVE;
    t->touched++;
    table_drop(t, n);
    if (node_kind(n) == NODE_REGION && node_owner(n) &&
        ((struct region *)n)->what == REGION_CALL)
        log_set_32(&t->log, &node_owner(n)->calls, node_owner(n)->calls - 1);
    child_drop(t, n);
    edges_drop(t, &n->edges);
    if (node_kind(n) == NODE_CHOICE && n->head.flags & NODE_IN_PARTS &&
        !elements_leave(t, (struct choice *)n))
        return false;
    return readers_lose(t, n);
}

/* Children before their region, by a stack of their own. */
bool node_kill(struct trace *t, struct node *n)
{
    uint32_t base = t->walk.count;
    bool ok = vector_push(t, &t->walk, n);
    while (ok && t->walk.count > base) {
        n = t->walk.at[--t->walk.count];
        if (!is_alive(n)) continue;
        ok = leave(t, n);
        if (!ok) break;
        if (node_kind(n) == NODE_CHOICE) {
            struct choice *c = (struct choice *)n;
            ok = kill_choice(t, c);
            choice_drop_more(t, c);
            log_give(&t->log, c, choice_size(c));
        } else if (node_kind(n) == NODE_URN) {
            struct urn *u = (struct urn *)n;
            ok = urn_touch(t, u);
            joint_drop(t, u);
            values_give(t, u->written, n->head.size);
            values_give(t, u->plain, n->head.size);
            log_give(&t->log, u, sizeof *u);
        } else if (node_kind(n) == NODE_MEM) {
            struct mem_node *m = (struct mem_node *)n;
            for (struct node *e = region_children(&m->entries); ok && e;
                 e = node_next(e))
                ok = vector_push(t, &t->walk, e);
            log_give(&t->log, m, sizeof *m);
        } else {
            struct region *r = (struct region *)n;
            t->entries_lost += r->what == REGION_ENTRY;
            if (t->plans) plan_forget(t, r);
            ok = region_leave(t, r);
            for (struct node *c = region_children(r); ok && c; c = node_next(c))
                ok = vector_push(t, &t->walk, c);
            for (uint32_t i = 0; ok && i < use_count(r); i++)
                ok = entry_unuse(t, use_at(region_kept(r), i));
            if (region_kept(r))
                log_give(&t->log, region_kept(r),
                         kept_size(guard_count(r), use_count(r)));
            if (r->what == REGION_CALL)
                values_give(t, r->arguments, n->head.size);
            log_give(&t->log, r, region_size((enum region_kind)r->what));
        }
    }
    t->walk.count = base;
    return ok;
}

bool entry_unuse(struct trace *t, struct region *entry)
{
    log_set_32(&t->log, &entry->uses, entry->uses - 1);
    return entry->uses || vector_push(t, &t->idle, entry);
}

/* What a region did not meet again when it ran last. */
static bool sweep(struct trace *t)
{
    for (uint32_t i = 0; i < t->ran.count; i++) {
        struct region *r = t->ran.at[i];
        if (r->swept || r->running || region_failed(r)) continue;
        r->swept = true;
        for (struct node *c = region_children(r), *next; c; c = next) {
            next = node_next(c);
            if (is_alive(c) && c->met != r->last_run && !node_kill(t, c))
                return false;
        }
    }
    return true;
}

static bool reclaim(struct trace *t)
{
    while (t->idle.count) {
        struct region *e = t->idle.at[--t->idle.count];
        if (is_alive(&e->node) && !e->uses && !node_kill(t, &e->node))
            return false;
    }
    return true;
}

/* ---- propagation -------------------------------------------------------------------------------- */

/* A region whose owner, or the owner of that, is at work and has not met it
 * yet: whether it lasts is theirs to say. */
static bool waits(const struct region *r)
{
    if (r->running || r->checking) return true;
    while (r) {
        const struct node *n =
            r->what == REGION_ENTRY ? &mem_of(r)->node : &r->node;
        r = node_owner(n);
        if (r && (r->checking || (r->running && n->met != r->last_run)))
            return true;
    }
    return false;
}

bool settle_below(struct trace *t, uint32_t rank)
{
    uint32_t base = t->walk.count, made = t->made;
    bool ok = true, hasty = t->hasty;
    while (ok && t->heap.count &&
           ((const struct node *)t->heap.at[0])->rank < rank) {
        struct region *r = heap_pop(t);
        t->hasty = true; /* before its turn */
        t->made = 0;
        if (waits(r))
            ok = vector_push(t, &t->walk, r);
        else if (is_alive(&r->node) && (r->what != REGION_ENTRY || r->uses))
            ok = region_settle(t, r);
    }
    t->hasty = hasty;
    t->made = made;
    while (t->walk.count > base) {
        struct region *r = t->walk.at[--t->walk.count];
        if (r->in_heap) continue;
        r->in_heap = true;
        if (!heap_push(t, r)) ok = false;
    }
    return ok;
}

static bool run_heap(struct trace *t)
{
    bool sure = t->late.count == 0;
    while (t->heap.count) {
        struct region *r = heap_pop(t);
        if (!is_alive(&r->node) || (r->what == REGION_ENTRY && !r->uses))
            continue;
        t->hasty = t->heap.count || !sure;
        t->made = 0;
        if (!region_settle(t, r)) return false;
    }
    t->hasty = false;
    return true;
}

/* When nothing waits any more, what was put off is run: see reduced_late.c. */
static bool run_all(struct trace *t)
{
    struct region *r;
    if (!run_heap(t)) return false;
    while (t->late.count) {
        if (!late_next(t, &r)) return false;
        if (!r) break;
        t->putting_off = false;
        if (!region_run(t, r) || !run_heap(t)) return false;
    }
    return true;
}

static bool absorb(struct trace *t, struct node *n)
{
    if (node_kind(n) == NODE_URN) return urn_absorb(t, (struct urn *)n);
    struct choice *c = (struct choice *)n;
    n->dirty = 0;
    return c->held == V_UNBOUND || choice_rescore(t, c);
}

/* Fresh draws from arguments that were not final: they may be drawn again,
 * and then others must run. Settled nodes leave the list. */
static bool check_fresh(struct trace *t)
{
    if (!t->drew) return true;
    for (uint32_t i = 0; i < t->dirty.count; i++) {
        struct node *n = t->dirty.at[i];
        if (!n->dirty || !is_alive(n)) continue;
        if (node_kind(n) == NODE_URN) {
            struct urn *u = (struct urn *)n;
            if (u->node.stamp != t->number || !u->move->fresh_count) continue;
        } else {
            struct choice *c = (struct choice *)n;
            if (c->held == V_UNBOUND || !choice_is_fresh(t, c)) continue;
        }
        if (!absorb(t, n)) return false;
    }
    return true;
}

enum { AHEAD = 6 }; /* nodes that are sent for before they are scored */

static bool score_dirty(struct trace *t)
{
    while (t->dirty.count && !t->heap.count) {
        struct node *n = t->dirty.at[--t->dirty.count];
        if (t->dirty.count >= AHEAD)
            node_fetch(t->dirty.at[t->dirty.count - AHEAD]);
        if (!n->dirty) continue;
        if (is_alive(n) &&
            !(node_kind(n) == NODE_CHOICE &&
              choice_rescore_number(t, (struct choice *)n)) &&
            !absorb(t, n))
            return false;
        n->dirty = 0;
    }
    return true;
}

static bool draw_undrawn(struct trace *t)
{
    while (t->undrawn.count && !t->heap.count && !t->dirty.count) {
        struct choice *c = t->undrawn.at[--t->undrawn.count];
        if (is_alive(&c->node) && c->held == V_UNBOUND &&
            !choice_need_value(t, c))
            return false;
    }
    return true;
}

bool propagate(struct trace *t)
{
    for (;;) {
        if (!run_all(t) || !check_fresh(t)) return false;
        if (t->heap.count) continue;
        if (!sweep(t) || !reclaim(t) || !score_dirty(t) || !draw_undrawn(t))
            return false;
        if (t->log.full) return machine_no_memory(t->machine);
        if (!t->heap.count && !t->dirty.count && !t->undrawn.count &&
            !t->idle.count)
            break;
    }
    return regions_stand(t) && (!t->shared.count || observe_agree(t)) &&
           urns_finish(t);
}
