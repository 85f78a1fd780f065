/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Scopes: which of the free choices a kernel may move. A scope is a small
 * tree of tests over what an engine knows of a choice, and the list of the
 * choices that pass it now, with their blocks. An engine keeps the list of a
 * scope that was opened on it as choices come, go and become observed, so
 * that no kernel walks the trace to find its sites.
 *
 * A block is what is picked and moved at once. In a scope of a tag whose
 * extents name blocks, choices of one block are one; every other choice is a
 * block of its own. A block of several choices weighs 1; a choice alone, as
 * much as it is proposed.
 *
 * Ownership: scopes are kept blocks of scanned memory, for their tags are
 * values; lists of members are malloc's, and point to an engine's choices.
 */
#ifndef VST_TRACE_SCOPE_H
#define VST_TRACE_SCOPE_H

#include "eval/value.h"

/* What an engine tells of a choice. */
struct scope_facts {
    uint64_t location;
    bool continuous;
    int directive; /* id of the one in whose extent it is made; 0: of none */
    value tags;    /* a list of (name . block), innermost first */
    double weight; /* how often it is proposed */
    bool improper; /* has it no prior to draw from? */
};

enum scope_test {
    SCOPE_ALL,
    SCOPE_PROPER, /* not written by users: what a prior can propose for */
    SCOPE_CONTINUOUS,
    SCOPE_DISCRETE,
    SCOPE_EXTENT, /* of a directive */
    SCOPE_TAG,
    SCOPE_TAG_BLOCK,
    SCOPE_AND,
    SCOPE_OR,
    SCOPE_MINUS
};

enum { SCOPE_NODES = 64 };

/* Tests in the order in which they were written: a, then b. */
struct scope_node {
    enum scope_test test;
    int directive;     /* SCOPE_EXTENT */
    value name, block; /* SCOPE_TAG ... */
    int a, b;          /* operands, by place */
};

/* A choice that passes. */
struct member {
    void *choice;
    uint64_t location;
    double weight;
    uint32_t block, place; /* which block, and where in it */
};

struct block {
    uint64_t key; /* of a block by name: the name's, those of numbers in the
                     order of the numbers; else the location */
    bool named;
    uint32_t count, room;
    union {           /* members, by place: see block_at */
        uint32_t one; /* room 0: there is one at most */
        uint32_t *at;
    };
    double weight;
    uint32_t next; /* in its slot's list, 1 + block; 0: the last */
};

/* A block's members, `count` of them, as places in the scope's list. */
static inline const uint32_t *block_at(const struct block *b)
{
    return b->room ? b->at : &b->one;
}

/* What was done to the list, so that it can be undone. */
struct scope_change {
    enum { MEMBER_CAME, MEMBER_WENT } what;
    void *choice;
    uint64_t location;
    double weight;
    uint64_t key;
    bool named;
};

struct scope {
    struct scope_node nodes[SCOPE_NODES];
    int count, root;
    value blocks_of; /* the tag whose blocks count; V_UNBOUND: of none */
    bool all;        /* the whole trace: the engine's own list serves */

    struct member *members;
    uint32_t member_count, member_room;
    struct block *blocks;
    uint32_t block_count, block_room;
    uint32_t *member_slots, *block_slots; /* by location; by key */
    uint32_t slot_room;
    uint32_t uneven;   /* blocks whose weight is not 1 */
    double sum;        /* of the weights; summed anew now and then */
    double largest;    /* of all weights that there ever were */
    uint64_t version;  /* counts changes of the list */
    uint64_t keys;     /* a sum over the blocks' keys: which blocks there are */
    value known;       /* names of tags met when it was filled; scanned */
    const void *state; /* the engine's: what the list was made of */
    uint64_t seen;     /* likewise: how much there was of it */
    struct scope_change *changes;
    uint32_t change_count, change_room;
    bool watched;   /* keys of blocks that come are noted */
    uint64_t *came; /* in the order of time; some have gone again */
    uint32_t came_count, came_room;
    bool broken; /* memory ran out: the list is not to be used */
};

struct scope *scope_new(void);
void scope_free(struct scope *s);
/* Gives the list's memory back; what the scope asks for stays. */
void scope_forget(struct scope *s);

/* Does a choice of these facts pass? */
bool scope_holds(const struct scope *s, const struct scope_facts *f);

/* ---- the list, for engines ------------------------------------------------ */

void scope_clear(struct scope *s);
/* While it is filled: notes the tags that there are. */
void scope_census(struct scope *s, const struct scope_facts *f);
/* A choice came, if it passes; went; or weighs something else. O(1). */
void scope_enter(struct scope *s, void *choice, const struct scope_facts *f);
void scope_leave(struct scope *s, uint64_t location);
void scope_weigh(struct scope *s, uint64_t location, double weight);
/* A transition stands, or is undone: the list is as it was. */
void scope_keep(struct scope *s);
void scope_undo(struct scope *s);

/* ---- the list, for kernels -------------------------------------------------- */

/* The member at this location; NULL: it is none. */
const struct member *scope_member(const struct scope *s, uint64_t location);
/* Which block a number of [0, 1) is, where all weigh the same. */
static inline uint32_t scope_place(const struct scope *s, double part)
{
    uint32_t i = (uint32_t)(int64_t)(part * s->block_count);
    return i < s->block_count ? i : s->block_count - 1;
}
/* The sum of the blocks' weights; one block, for a number of [0, 1) at each
 * call of `draw`. There is one. O(1) while weights are much alike. */
double scope_weight(const struct scope *s);
uint32_t scope_pick(const struct scope *s, double (*draw)(void *), void *data);
/* The block with this key; UINT32_MAX: there is none. */
uint32_t scope_block(const struct scope *s, uint64_t key);
/* From now on `came` takes the keys of blocks that come; it is empty. */
void scope_watch(struct scope *s, bool on);

#endif
