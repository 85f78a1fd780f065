/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tests of scopes, and lists of their members: see scope.h. The lists are
 * arrays whose last item moves into a hole; open addressing finds a member
 * by location, and chains find a block by key. Nothing here is in an
 * engine's log: a list remembers what was done to it in a transition, and
 * does the contrary, backwards, when that is refused. The order of a list
 * hangs on history, so kernels pick by chance, or sort.
 */
#include "trace/scope.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

/* Sums of keys are of other numbers than places in tables. */
#define KEYS UINT64_C(0x6b79c0de5eed1e57)

struct scope *scope_new(void)
{
    struct scope *s = memory_new(sizeof *s);
    if (s) s->blocks_of = V_UNBOUND;
    return s;
}

static void free_lists(struct scope *s)
{
    for (uint32_t i = 0; i < s->block_room; i++)
        if (s->blocks[i].room) free(s->blocks[i].at);
    free(s->members);
    free(s->blocks);
    free(s->member_slots);
    free(s->block_slots);
    free(s->changes);
    free(s->came);
}

void scope_forget(struct scope *s)
{
    free_lists(s);
    s->members = NULL;
    s->blocks = NULL;
    s->member_slots = s->block_slots = NULL;
    s->changes = NULL;
    s->came = NULL;
    s->came_count = s->came_room = 0;
    s->member_count = s->member_room = s->block_count = s->block_room = 0;
    s->slot_room = s->change_count = s->change_room = 0;
    s->version = 0;
    s->state = NULL;
}

void scope_free(struct scope *s)
{
    if (!s) return;
    free_lists(s);
    memory_free(s);
}

/* ---- tests -------------------------------------------------------------------- */

/* The innermost extent of this tag; false: in none. */
static bool tag_find(value tags, value name, value *block)
{
    for (; is_pair(tags); tags = cdr(tags))
        if (value_equal(car(car(tags)), name)) {
            *block = cdr(car(tags));
            return true;
        }
    return false;
}

static bool holds(const struct scope *s, int at, const struct scope_facts *f)
{
    const struct scope_node *n = &s->nodes[at];
    value block;
    switch (n->test) {
    case SCOPE_ALL: return true;
    case SCOPE_PROPER: return !f->improper;
    case SCOPE_CONTINUOUS: return f->continuous;
    case SCOPE_DISCRETE: return !f->continuous;
    case SCOPE_EXTENT: return f->directive == n->directive;
    case SCOPE_TAG: return tag_find(f->tags, n->name, &block);
    case SCOPE_TAG_BLOCK:
        return tag_find(f->tags, n->name, &block) &&
               value_equal(block, n->block);
    case SCOPE_AND: return holds(s, n->a, f) && holds(s, n->b, f);
    case SCOPE_OR: return holds(s, n->a, f) || holds(s, n->b, f);
    case SCOPE_MINUS: return holds(s, n->a, f) && !holds(s, n->b, f);
    }
    return false;
}

bool scope_holds(const struct scope *s, const struct scope_facts *f)
{
    return holds(s, s->root, f);
}

/* ---- tables --------------------------------------------------------------------- */

static uint32_t *member_slot(const struct scope *s, uint64_t location)
{
    uint32_t mask = s->slot_room - 1;
    uint32_t at = (uint32_t)hash_finish(location) & mask;
    while (s->member_slots[at] &&
           s->members[s->member_slots[at] - 1].location != location)
        at = (at + 1) & mask;
    return &s->member_slots[at];
}

/* Takes a slot out of its run: those behind it move up. */
static void slot_close(struct scope *s, uint32_t hole)
{
    uint32_t mask = s->slot_room - 1;
    for (uint32_t at = (hole + 1) & mask; s->member_slots[at];
         at = (at + 1) & mask) {
        uint64_t location = s->members[s->member_slots[at] - 1].location;
        uint32_t home = (uint32_t)hash_finish(location) & mask;
        if (((at - home) & mask) < ((at - hole) & mask)) continue;
        s->member_slots[hole] = s->member_slots[at];
        hole = at;
    }
    s->member_slots[hole] = 0;
}

const struct member *scope_member(const struct scope *s, uint64_t location)
{
    uint32_t i = s->slot_room ? *member_slot(s, location) : 0;
    return i ? &s->members[i - 1] : NULL;
}

static uint32_t *chain(const struct scope *s, uint64_t key)
{
    return &s->block_slots[(uint32_t)hash_finish(key) & (s->slot_room - 1)];
}

uint32_t scope_block(const struct scope *s, uint64_t key)
{
    if (!s->slot_room) return UINT32_MAX;
    uint32_t i = *chain(s, key);
    while (i && s->blocks[i - 1].key != key) i = s->blocks[i - 1].next;
    return i - 1;
}

static void chain_out(struct scope *s, uint32_t block)
{
    uint32_t *at = chain(s, s->blocks[block].key);
    while (*at != block + 1) at = &s->blocks[*at - 1].next;
    *at = s->blocks[block].next;
}

static void chain_in(struct scope *s, uint32_t block)
{
    uint32_t *at = chain(s, s->blocks[block].key);
    s->blocks[block].next = *at;
    *at = block + 1;
}

static bool grow(void *array, uint32_t *room, size_t item)
{
    void *old, *more;
    uint32_t wanted = *room ? *room * 2 : 16;
    memcpy(&old, array, sizeof old);
    more = realloc(old, wanted * item);
    if (!more) return false;
    memset((char *)more + *room * item, 0, (wanted - *room) * item);
    memcpy(array, &more, sizeof more);
    *room = wanted;
    return true;
}

/* Slots for twice the members; there are never more blocks. */
static bool grow_slots(struct scope *s)
{
    uint32_t room = s->slot_room ? s->slot_room * 2 : 32;
    uint32_t *members = calloc(room, sizeof *members);
    uint32_t *blocks = calloc(room, sizeof *blocks);
    if (!members || !blocks) {
        free(members);
        free(blocks);
        return false;
    }
    free(s->member_slots);
    free(s->block_slots);
    s->member_slots = members;
    s->block_slots = blocks;
    s->slot_room = room;
    for (uint32_t i = 0; i < s->member_count; i++)
        *member_slot(s, s->members[i].location) = i + 1;
    for (uint32_t i = 0; i < s->block_count; i++) chain_in(s, i);
    return true;
}

/* ---- blocks ----------------------------------------------------------------------- */

static uint32_t *places(struct block *b) { return b->room ? b->at : &b->one; }

/* A second member: those of a block of one stand in the block. */
static bool block_grow(struct block *b)
{
    if (b->room) return grow(&b->at, &b->room, sizeof *b->at);
    uint32_t *at = NULL, room = 0;
    if (!grow(&at, &room, sizeof *at)) return false;
    at[0] = b->one;
    b->at = at;
    b->room = room;
    return true;
}

/* Of a choice alone, its own; of a block with a name, 1. */
static void weigh_block(struct scope *s, uint32_t i)
{
    struct block *b = &s->blocks[i];
    double before = b->weight;
    b->weight = b->named ? 1.0 : s->members[block_at(b)[0]].weight;
    s->uneven += b->weight != 1.0;
    s->uneven -= before != 1.0;
    s->sum += b->weight - before;
    if (b->weight > s->largest) s->largest = b->weight;
}

/* Rounding gathers in a sum that is only ever added to. */
static void sum_anew(struct scope *s)
{
    if (s->version++ % 4096) return;
    s->sum = 0.0;
    for (uint32_t i = 0; i < s->block_count; i++) s->sum += s->blocks[i].weight;
}

static bool block_add(struct scope *s, uint64_t key, bool named, uint32_t *out)
{
    *out = scope_block(s, key);
    if (*out != UINT32_MAX) return true;
    if (s->block_count == s->block_room &&
        !grow(&s->blocks, &s->block_room, sizeof *s->blocks))
        return false;
    if (s->watched && s->came_count == s->came_room &&
        !grow(&s->came, &s->came_room, sizeof *s->came))
        return false;
    if (s->watched) s->came[s->came_count++] = key;
    *out = s->block_count++;
    struct block *b = &s->blocks[*out];
    b->key = key;
    b->named = named;
    b->count = 0;
    b->weight = 1.0;
    s->sum += 1.0;
    s->keys += hash_finish(key ^ KEYS);
    chain_in(s, *out);
    return true;
}

/* The last block moves into its place; room for members stays. */
static void block_remove(struct scope *s, uint32_t i)
{
    uint32_t last = s->block_count - 1;
    s->uneven -= s->blocks[i].weight != 1.0;
    s->sum -= s->blocks[i].weight;
    s->keys -= hash_finish(s->blocks[i].key ^ KEYS);
    chain_out(s, i);
    if (i != last) {
        struct block gone = s->blocks[i];
        chain_out(s, last);
        s->blocks[i] = s->blocks[last];
        s->blocks[last] = gone;
        for (uint32_t k = 0; k < s->blocks[i].count; k++)
            s->members[block_at(&s->blocks[i])[k]].block = i;
        chain_in(s, i);
    }
    s->block_count--;
}

/* ---- members ------------------------------------------------------------------------ */

static bool put(struct scope *s, void *choice, uint64_t location, double weight,
                uint64_t key, bool named)
{
    uint32_t block;
    if (2 * (s->member_count + 1) > s->slot_room && !grow_slots(s))
        return false;
    if (s->member_count == s->member_room &&
        !grow(&s->members, &s->member_room, sizeof *s->members))
        return false;
    if (!block_add(s, key, named, &block)) return false;
    struct block *b = &s->blocks[block];
    if (b->count && b->count >= b->room && !block_grow(b)) return false;
    uint32_t i = s->member_count++;
    s->members[i] = (struct member){choice, location, weight, block, b->count};
    *member_slot(s, location) = i + 1;
    places(b)[b->count++] = i;
    weigh_block(s, block);
    sum_anew(s);
    return true;
}

static void drop(struct scope *s, uint32_t i)
{
    struct member gone = s->members[i];
    struct block *b = &s->blocks[gone.block];
    slot_close(s, (uint32_t)(member_slot(s, gone.location) - s->member_slots));
    places(b)[gone.place] = places(b)[--b->count];
    s->members[places(b)[gone.place]].place = gone.place;
    if (!b->count)
        block_remove(s, gone.block);
    else
        weigh_block(s, gone.block);
    uint32_t last = --s->member_count;
    if (i != last) {
        uint32_t *slot = member_slot(s, s->members[last].location);
        s->members[i] = s->members[last];
        *slot = i + 1;
        places(&s->blocks[s->members[i].block])[s->members[i].place] = i;
    }
    sum_anew(s);
}

static void remember(struct scope *s, int what, const struct member *m)
{
    const struct block *b = &s->blocks[m->block];
    if (s->change_count == s->change_room &&
        !grow(&s->changes, &s->change_room, sizeof *s->changes)) {
        s->broken = true;
        return;
    }
    s->changes[s->change_count++] =
        (struct scope_change){what == MEMBER_CAME ? MEMBER_CAME : MEMBER_WENT,
                              m->choice,
                              m->location,
                              m->weight,
                              b->key,
                              b->named};
}

void scope_clear(struct scope *s)
{
    s->member_count = s->block_count = s->uneven = s->change_count = 0;
    s->largest = s->sum = 0.0;
    s->keys = 0;
    s->known = V_NIL;
    s->broken = false;
    s->version++;
    if (!s->slot_room) return;
    memset(s->member_slots, 0, s->slot_room * sizeof *s->member_slots);
    memset(s->block_slots, 0, s->slot_room * sizeof *s->block_slots);
}

static bool is_known(const struct scope *s, value name)
{
    for (value l = s->known; is_pair(l); l = cdr(l))
        if (value_equal(car(l), name)) return true;
    return false;
}

void scope_census(struct scope *s, const struct scope_facts *f)
{
    for (value l = f->tags; is_pair(l); l = cdr(l)) {
        value name = car(car(l));
        if (!is_known(s, name) && list_length(s->known) < 16)
            s->known = cons(name, s->known);
    }
}

/* Of numbers in their order, with the bits that a location has not: turns go
 * by keys. Of other names, a hash. */
static uint64_t key_of(value name)
{
    if (!is_number(name) || isnan(as_number(name)))
        return hash_word(value_hash(name, NULL), 1);
    double x = as_number(name) + 0.0; /* -0 and 0 are one */
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

void scope_enter(struct scope *s, void *choice, const struct scope_facts *f)
{
    value block = V_FALSE;
    if (s->broken || !scope_holds(s, f)) return;
    bool named = s->blocks_of != V_UNBOUND &&
                 tag_find(f->tags, s->blocks_of, &block) && block != V_FALSE;
    uint64_t key = named ? key_of(block) : f->location;
    if (!put(s, choice, f->location, f->weight, key, named))
        s->broken = true;
    else
        remember(s, MEMBER_CAME, &s->members[s->member_count - 1]);
}

void scope_leave(struct scope *s, uint64_t location)
{
    const struct member *m = s->broken ? NULL : scope_member(s, location);
    if (!m) return;
    remember(s, MEMBER_WENT, m);
    drop(s, (uint32_t)(m - s->members));
}

void scope_weigh(struct scope *s, uint64_t location, double weight)
{
    const struct member *m = s->broken ? NULL : scope_member(s, location);
    if (!m || m->weight == weight) return;
    struct member copy = *m;
    const struct block *b = &s->blocks[m->block];
    uint64_t key = b->key;
    bool named = b->named;
    remember(s, MEMBER_WENT, m);
    drop(s, (uint32_t)(m - s->members));
    if (!put(s, copy.choice, location, weight, key, named))
        s->broken = true;
    else
        remember(s, MEMBER_CAME, &s->members[s->member_count - 1]);
}

void scope_keep(struct scope *s) { s->change_count = 0; }

void scope_undo(struct scope *s)
{
    while (s->change_count && !s->broken) {
        const struct scope_change *c = &s->changes[--s->change_count];
        const struct member *m = scope_member(s, c->location);
        if (c->what == MEMBER_CAME && m)
            drop(s, (uint32_t)(m - s->members));
        else if (c->what == MEMBER_WENT &&
                 !put(s, c->choice, c->location, c->weight, c->key, c->named))
            s->broken = true;
    }
}

/* ---- picks ---------------------------------------------------------------------------- */

double scope_weight(const struct scope *s)
{
    return s->uneven ? s->sum : (double)s->block_count;
}

/* A place at random, that is refused when its weight is small; when that
 * goes on for long, a walk. */
uint32_t scope_pick(const struct scope *s, double (*draw)(void *), void *data)
{
    uint32_t n = s->block_count, i = 0;
    for (int tries = 0; tries < 64; tries++) {
        i = scope_place(s, draw(data));
        if (!s->uneven || draw(data) * s->largest < s->blocks[i].weight)
            return i;
    }
    double left = draw(data) * scope_weight(s);
    for (i = 0; i + 1 < n; i++) {
        left -= s->blocks[i].weight;
        if (left < 0.0) break;
    }
    return i;
}

void scope_watch(struct scope *s, bool on)
{
    s->watched = on;
    s->came_count = 0;
}
