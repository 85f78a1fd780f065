/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A hash of every word of a reduced trace that a transition may not change
 * when it is rejected: nodes, edges in their order, the table's slots, free
 * choices, contents of urns. Left out is what has no meaning between
 * transitions (node.h says which).
 */
#ifndef VST_TESTS_WORDS_H
#define VST_TESTS_WORDS_H

#include "base/hash.h"
#include "trace/reduced.h"

static inline uint64_t words_of(uint64_t hash, const void *at, size_t size)
{
    const unsigned char *p = at;
    for (size_t i = 0; i + 8 <= size; i += 8)
        hash = hash_word(hash, hash_eight(p + i));
    return hash;
}

static inline uint64_t word(uint64_t hash, const void *pointer)
{
    return hash_word(hash, (uint64_t)(uintptr_t)pointer);
}

static inline uint64_t number(uint64_t hash, double d)
{
    return words_of(hash, &d, sizeof d);
}

static inline uint64_t urn_words(uint64_t h, const struct trace *t,
                                 const struct urn *u)
{
    const struct xrp_family *f = u->made.family;
    h = word(word(word(h, u->written), u->plain), u->state);
    h = number(hash_word(h, u->node.head.size), u->score);
    h = words_of(h, u->written, u->node.head.size * sizeof(value));
    h = word(word(number(h, u->share), u->next), u->link);
    if (!u->state || !u->plain) return h;
    struct xrp_site s = {u->plain, (int)u->node.head.size, u->state, NULL,
                         0,        u->made.family};
    h = words_of(h, u->plain, u->node.head.size * sizeof(value));
    h = number(hash_word(h, f->count(u->state)), f->score_state(&s));
    for (uint32_t i = 0; i < t->counts.free; i++) {
        const struct choice *c = free_choice(t, i);
        if (choice_urn(c) != u) continue;
        s.args = choice_plain(as_choice(c));
        s.arg_count = (int)c->node.head.size;
        h = number(h, f->prob(&s, c->held));
    }
    return h;
}

static inline uint64_t words_of_choice(uint64_t h, const struct choice *c)
{
    h = word(word(h, c->family), choice_urn(c));
    h = hash_word(hash_word(h, c->held), c->node.rank);
    const struct choice_more more = choice_more(c);
    h = word(number(number(h, c->score), more.weight), choice_observer(c));
    h = hash_word(word(hash_word(h, more.tags), more.place), more.zeros);
    return words_of(h, c->written, choice_words(c) * sizeof(value));
}

static inline uint64_t region_words(uint64_t h, const struct region *r)
{
    h = hash_word(hash_word(h, r->what), r->node.rank);
    h = hash_word(hash_word(h, r->uses), r->calls);
    h = word(word(hash_word(h, r->stale), region_children(r)), region_kept(r));
    h = hash_word(hash_word(h, r->result), r->score_kind);
    h = hash_word(hash_word(h, r->held), r->changed);
    h = words_of(h, &r->key,
                 region_size((enum region_kind)r->what) -
                     offsetof(struct region, key));
    if (r->what == REGION_CALL)
        h = words_of(h, r->arguments, r->node.head.size * sizeof(value));
    if (region_kept(r))
        h = words_of(h, region_kept(r),
                     kept_size(guard_count(r), use_count(r)));
    return hash_word(hash_word(h, r->running), r->in_heap);
}

/* Elements hang at the node of all elements: one level of recursion. */
static inline uint64_t node_words(uint64_t h, const struct trace *t,
                                  const struct node *n)
{
    h = hash_word(hash_word(word(h, n), n->location),
                  n->head.spare & NODE_ALIVE);
    h = word(word(word(h, node_owner(n)), node_next(n)), near_get(&n->link));
    h = hash_word(hash_word(hash_word(h, n->head.flags), n->head.size),
                  n->dirty);
    h = word(word(h, node_readers(n)), node_edges(n));
    for (const struct edge *e = node_readers(n); e; e = edge_next(e))
        h = word(word(word(h, edge_reader(e)), near_get(&e->link)), e);
    for (const struct edge *e = node_edges(n); e; e = edge_own(e))
        h = word(word(h, edge_source(e)), e);
    switch (node_kind(n)) {
    case NODE_CHOICE: return words_of_choice(h, (const struct choice *)n);
    case NODE_URN: return urn_words(h, t, (const struct urn *)n);
    case NODE_MEM: {
        const struct mem_node *m = (const struct mem_node *)n;
        h = hash_word(hash_word(h, m->procedure), m->mem.procedure);
        return word(word(h, region_children(&m->entries)),
                    node_owner(&m->entries.node));
    }
    case NODE_ELEMENT: return word(h, ((const struct element *)n)->of);
    case NODE_ELEMENTS: {
        const struct elements *all = (const struct elements *)n;
        h = word(hash_word(hash_word(h, all->known), all->room), all->at);
        for (uint32_t i = 0; i < all->room; i++)
            h = all->at[i] ? node_words(h, t, &all->at[i]->node)
                           : hash_word(h, i);
        return h;
    }
    default: return region_words(h, (const struct region *)n);
    }
}

static inline uint64_t trace_words(const struct trace *t)
{
    uint64_t h = hash_word(1, t->slots.room);
    h = word(word(hash_word(h, t->counts.nodes), t->slots.at), t->joint);
    h = number(number(h, t->counts.score), free_weight(t));
    h = hash_word(hash_word(h, t->counts.weighted), t->counts.choices);
    for (uint32_t i = 0; i < t->counts.free; i++)
        h = word(h, free_choice(t, i));
    for (uint32_t i = 0; i < t->slots.room; i++) {
        h = word(h, slot_node(t, i));
        if (t->slots.at[i]) h = node_words(h, t, slot_node(t, i));
    }
    return hash_finish(h);
}

#endif
