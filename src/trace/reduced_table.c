/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where nodes are found: by location, as children of a region, and as
 * readers of each other. Every write is logged.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "trace/reduced.h"

bool vector_grow(struct trace *t, struct vector_of *v)
{
    uint32_t room = v->room ? v->room * 2 : 64;
    void **more = realloc(v->at, room * sizeof *more);
    if (!more) return machine_no_memory(t->machine);
    v->at = more;
    v->room = room;
    return true;
}

bool room_grow(struct trace *t, void *array, uint32_t *room, uint32_t count,
               uint32_t more, size_t item)
{
    void *old;
    uint32_t wanted = (count + more) * 2 + 4;
    void *new = memory_new(wanted * item);
    if (!new) return machine_no_memory(t->machine);
    memcpy(&old, array, sizeof old);
    if (count) memcpy(new, old, count * item);
    memory_free(old);
    memcpy(array, &new, sizeof new);
    *room = wanted;
    return true;
}

/* ---- stamps ------------------------------------------------------------------------- */

static void clear_node(struct node *n)
{
    n->met = n->heard = n->stamp = 0;
    n->pinned = 0;
}

static void clear_elements(const struct elements *all)
{
    for (uint32_t i = 0; i < all->room; i++)
        if (all->at[i]) clear_node(&all->at[i]->node);
}

static void clear_region(struct region *r) { r->last_run = r->used = 0; }

void stamps_clear(struct trace *t)
{
    for (uint32_t i = 0; i < t->slot_room; i++) {
        struct node *n = slot_node(t, i);
        if (!n) continue;
        clear_node(n);
        switch (node_kind(n)) {
        case NODE_CHOICE:
        case NODE_URN: break;
        case NODE_MEM: clear_region(&((struct mem_node *)n)->entries); break;
        case NODE_ELEMENTS: clear_elements((struct elements *)n); break;
        default: clear_region((struct region *)n);
        }
    }
    t->number = t->run_id = 0;
    t->plans = NULL; /* which compare them */
}

/* ---- by location --------------------------------------------------------------- */

static uint32_t home(const struct trace *t, uint64_t location)
{
    return (uint32_t)hash_finish(location) & (t->slot_room - 1);
}

struct node *table_at(const struct trace *t, uint64_t location)
{
    if (!t->slot_room) return NULL;
    for (uint32_t i = home(t, location);; i = (i + 1) & (t->slot_room - 1)) {
        struct node *n = slot_node(t, i);
        if (!n || n->location == location) return n;
    }
}

static bool grow(struct trace *t)
{
    uint32_t room = t->slot_room ? t->slot_room * 2 : 64;
    uint32_t *old = t->slots, old_room = t->slot_room;
    uint32_t *slots = log_take(&t->log, room * sizeof *slots);
    if (!slots) return machine_no_memory(t->machine);
    for (uint32_t i = 0; i < old_room; i++) {
        if (!old[i]) continue;
        const struct node *n = pool_piece(&t->log.pool, old[i]);
        uint32_t at = (uint32_t)hash_finish(n->location) & (room - 1);
        while (slots[at]) at = (at + 1) & (room - 1);
        slots[at] = old[i];
    }
    if (old) log_give(&t->log, old, old_room * sizeof *old);
    log_set_pointer(&t->log, &t->slots, slots);
    log_set_32(&t->log, &t->slot_room, room);
    return true;
}

bool table_put(struct trace *t, struct node *n)
{
    if (4 * (uint64_t)t->counts.nodes >= 3 * (uint64_t)t->slot_room && !grow(t))
        return false;
    uint32_t i = home(t, n->location);
    for (; t->slots[i]; i = (i + 1) & (t->slot_room - 1))
        if (slot_node(t, i)->location == n->location)
            return location_collision(t->machine, n->location);
    log_set_32(&t->log, &t->slots[i], pool_number(&t->log.pool, n));
    t->counts.nodes++;
    return true;
}

/* Those behind it in the chain move up: no marks of what was there. */
void table_drop(struct trace *t, const struct node *n)
{
    uint32_t mask = t->slot_room - 1, i = home(t, n->location);
    uint32_t number = pool_number(&t->log.pool, n);
    while (t->slots[i] && t->slots[i] != number) i = (i + 1) & mask;
    if (!t->slots[i]) return;
    for (uint32_t j = (i + 1) & mask; t->slots[j]; j = (j + 1) & mask) {
        uint32_t wanted = home(t, slot_node(t, j)->location);
        if (((j - wanted) & mask) >= ((j - i) & mask)) {
            log_set_32(&t->log, &t->slots[i], t->slots[j]);
            i = j;
        }
    }
    log_set_32(&t->log, &t->slots[i], 0);
    t->counts.nodes--;
}

/* ---- children ------------------------------------------------------------------------ */

void child_put(struct trace *t, struct region *owner, struct node *child)
{
    struct log *l = &t->log;
    struct node *first = region_children(owner);
    log_set_near(l, &child->owner, owner);
    if (first) log_set_near(l, &first->link, &child->next);
    log_set_near(l, &child->next, first);
    log_set_near(l, &child->link, &owner->children);
    log_set_near(l, &owner->children, child);
}

void child_drop(struct trace *t, struct node *child)
{
    struct log *l = &t->log;
    struct near *link = near_get(&child->link);
    struct node *next = node_next(child);
    if (!link) return;
    if (next) log_set_near(l, &next->link, link);
    log_set_near(l, link, next);
    log_set_near(l, &child->link, NULL);
}

/* ---- edges ----------------------------------------------------------------------------- */

bool edge_put(struct trace *t, struct node *source, struct node *reader,
              struct near *at)
{
    struct log *l = &t->log;
    struct edge *e = log_take(l, sizeof *e), *first = node_readers(source);
    if (!e) return machine_no_memory(t->machine);
    near_set_at(&e->source, source);
    near_set_at(&e->reader, reader);
    near_set_at(&e->link, &source->readers);
    if (first) {
        near_set_at(&e->next, first);
        log_save_half(l, &first->link);
        near_set_at(&first->link, &e->next);
    }
    log_save_half(l, &source->readers);
    near_set_at(&source->readers, e);
    log_save_half(l, at);
    near_set_at(at, e);
    return true;
}

void edges_drop(struct trace *t, struct near *at)
{
    struct log *l = &t->log;
    struct edge *e = near_get(at);
    if (!e) return;
    log_set_near(l, at, NULL);
    for (; e; e = edge_own(e)) {
        struct edge *next = edge_next(e);
        struct near *link = near_at(&e->link);
        if (next) log_set_near(l, &next->link, link);
        log_set_near(l, link, next);
        log_give(l, e, sizeof *e);
    }
}

/* Each leaf once, where it was met first. */
static void unique(struct trace *t, uint32_t first)
{
    uint32_t id = ++t->run_id;
    uint32_t kept = first;
    for (uint32_t i = first; i < t->leaf_count; i++) {
        struct node *n = t->leaves[i];
        if (n->heard == id) continue;
        n->heard = id;
        t->leaves[kept++] = n;
    }
    t->leaf_count = kept;
}

bool edges_replace(struct trace *t, struct node *reader, uint32_t first)
{
    if (t->leaf_count - first > 1) unique(t, first);
    struct near *at = &reader->edges;
    struct edge *e = near_get(at);
    uint32_t i = first;
    for (; i < t->leaf_count && e && edge_source(e) == t->leaves[i]; i++) {
        at = &e->own;
        e = near_get(at);
    }
    if (e) edges_drop(t, at);
    for (; i < t->leaf_count; i++, at = edge_end(at))
        if (!edge_put(t, t->leaves[i], reader, at)) return false;
    t->leaf_count = first;
    return true;
}
