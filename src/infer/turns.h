/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The turns of a sweep: all blocks of a scope, one after another, in the
 * order of their keys. A move may make blocks and remove others: a block has
 * its turn if it is there when the sweep comes by its key, whether or not it
 * was there at the beginning.
 *
 * That is exact. For every key that there could be, think of a move that goes
 * to the block of this key if it is there, and to a state that has it, too;
 * else it does nothing. Each such move leaves the posterior as it is, and a
 * sweep is all of them in the order of the keys, which is the same whatever
 * the state.
 */
#ifndef VST_INFER_TURNS_H
#define VST_INFER_TURNS_H

#include "infer/kernel.h"

/* A block's turn: its key, and its place while the scope stays. */
struct turn {
    uint64_t key;
    uint32_t block;
};

/* Zeroed at first; what it holds is the collector's. */
struct turns {
    struct turn *list; /* as the blocks were when it was made, by key */
    uint32_t count, room;
    uint64_t version; /* of the scope, then; 0: no list is kept */
    uint32_t at;      /* the next of the list */
    bool begun;       /* a turn was had: that of... */
    uint64_t passed;  /* ...this key */
    uint64_t *late;   /* keys that came behind the present one, ascending */
    uint32_t late_count, late_room, late_at;
};

/* A sweep over the scope begins; the list is made anew if the scope's is
 * another. turns_end must follow. false: memory ran out. */
bool turns_begin(struct turns *t, struct scope *s);
/* The same as turns_next where blocks have come or gone. */
bool turns_seek(struct turns *t, struct scope *s, uint32_t *out);

/* The block whose turn it is, by its place in the scope, which was looked
 * at; UINT32_MAX: the sweep is over. *out; false: memory ran out. */
static inline bool turns_next(struct turns *t, struct scope *s, uint32_t *out)
{
    if (s->version != t->version || t->late_count || t->at == t->count)
        return turns_seek(t, s, out);
    const struct turn *turn = &t->list[t->at++];
    t->passed = turn->key;
    t->begun = true;
    *out = turn->block;
    return true;
}

void turns_end(struct scope *s);

#endif
