/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where nodes are found: by location, as children of a region, and as
 * readers of each other. Every write is logged.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "trace/reduced.h"

enum { SLOTS_LEAST = 64 };

bool vector_grow(struct trace *t, struct vector_of *v)
{
    uint32_t room = v->room ? v->room * 2 : 64;
    void **more = realloc(v->at, room * sizeof *more);
    if (!more) return machine_no_memory(t->machine);
    v->at = more;
    v->room = room;
    t->swollen |= room > VECTOR_KEPT;
    return true;
}

void vector_drop(struct vector_of *v)
{
    free(v->at);
    *v = (struct vector_of){.at = NULL};
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
    for (uint32_t i = 0; i < t->slots.room; i++) {
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

static inline uint32_t after(const struct trace *t, uint32_t i)
{
    return i + 1 == t->slots.room ? 0 : i + 1;
}

struct node *table_at(const struct trace *t, uint64_t location)
{
    if (!t->slots.room) return NULL;
    for (uint32_t i = table_home(location, t->slots.room);; i = after(t, i)) {
        struct node *n = slot_node(t, i);
        if (!n || n->location == location) return n;
    }
}

/* A table that the transition has made needs no log. */
static inline void set(struct trace *t, uint32_t i, uint32_t number)
{
    if (t->slots_before.room)
        t->slots.at[i] = number;
    else
        log_set_32(&t->log, &t->slots.at[i], number);
}

/* Half as large again: most tables are then two thirds full. */
static bool grow(struct trace *t)
{
    struct slots old = t->slots;
    uint32_t room = old.room ? old.room / 2 * 3 : SLOTS_LEAST;
    uint32_t *at = calloc(room, sizeof *at);
    if (!at) return machine_no_memory(t->machine);
    t->slots = (struct slots){at, room};
    for (uint32_t k = 0; k < old.room; k++) {
        if (!old.at[k]) continue;
        const struct node *n = pool_piece(&t->log.pool, old.at[k]);
        uint32_t i = table_home(n->location, room);
        while (at[i]) i = after(t, i);
        at[i] = old.at[k];
    }
    if (t->slots_before.room)
        free(old.at);
    else
        t->slots_before = old;
    return true;
}

void table_forget(struct trace *t, bool undo)
{
    if (undo) {
        free(t->slots.at);
        t->slots = t->slots_before;
    } else {
        free(t->slots_before.at);
    }
    t->slots_before = (struct slots){NULL, 0};
}

bool table_put(struct trace *t, struct node *n)
{
    if (4 * (uint64_t)t->counts.nodes >= 3 * (uint64_t)t->slots.room &&
        !grow(t))
        return false;
    uint32_t i = table_home(n->location, t->slots.room);
    for (; t->slots.at[i]; i = after(t, i))
        if (slot_node(t, i)->location == n->location)
            return location_collision(t->machine, n->location);
    set(t, i, pool_number(&t->log.pool, n));
    t->counts.nodes++;
    t->counts.comings++;
    return true;
}

/* How far the slot `i` is behind `from`, around the end. */
static inline uint32_t distance(const struct trace *t, uint32_t from,
                                uint32_t i)
{
    return i >= from ? i - from : i + t->slots.room - from;
}

/* Those behind it in the chain move up: no marks of what was there. */
void table_drop(struct trace *t, const struct node *n)
{
    uint32_t i = table_home(n->location, t->slots.room);
    uint32_t number = pool_number(&t->log.pool, n);
    while (t->slots.at[i] && t->slots.at[i] != number) i = after(t, i);
    if (!t->slots.at[i]) return;
    for (uint32_t j = after(t, i); t->slots.at[j]; j = after(t, j)) {
        uint32_t wanted = table_home(slot_node(t, j)->location, t->slots.room);
        if (distance(t, wanted, j) >= distance(t, i, j)) {
            set(t, i, t->slots.at[j]);
            i = j;
        }
    }
    set(t, i, 0);
    t->counts.nodes--;
    t->counts.comings++;
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

/* Who keeps what it has looked at (tape/gather_reach.c) asks who reads more
 * since. */
static inline void note_listener(struct trace *t, const struct node *reader)
{
    t->listeners[t->listens++ % LISTENERS] = reader;
}

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
    note_listener(t, reader);
    log_save_half(l, at);
    near_set_at(at, e);
    return true;
}

void edge_turn(struct trace *t, struct edge *e, struct node *source)
{
    struct log *l = &t->log;
    struct edge *next = edge_next(e);
    struct near *link = near_at(&e->link);
    if (next) log_set_near(l, &next->link, link);
    log_set_near(l, link, next);
    struct edge *first = node_readers(source);
    log_set_near(l, &e->source, source);
    log_set_near(l, &e->next, first);
    log_set_near(l, &e->link, &source->readers);
    if (first) log_set_near(l, &first->link, &e->next);
    log_set_near(l, &source->readers, e);
    note_listener(t, edge_reader(e));
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

/* Mostly the leaves are those that it listened to, in order. */
static inline bool listens_so(const struct trace *t, const struct node *reader,
                              uint32_t first)
{
    const struct edge *e = node_edges(reader);
    for (; first < t->leaf_count && e; first++, e = edge_own(e))
        if (edge_source(e) != t->leaves[first]) return false;
    return first == t->leaf_count && !e;
}

bool edges_replace(struct trace *t, struct node *reader, uint32_t first)
{
    if (listens_so(t, reader, first)) {
        t->leaf_count = first;
        return true;
    }
    if (t->leaf_count - first > 1) unique(t, first);
    struct near *at = &reader->edges;
    struct edge *e = near_get(at);
    uint32_t i = first;
    for (; i < t->leaf_count && e; i++) {
        if (edge_source(e) != t->leaves[i]) edge_turn(t, e, t->leaves[i]);
        at = &e->own;
        e = near_get(at);
    }
    if (e) edges_drop(t, at);
    for (; i < t->leaf_count; i++, at = edge_end(at))
        if (!edge_put(t, t->leaves[i], reader, at)) return false;
    t->leaf_count = first;
    return true;
}
