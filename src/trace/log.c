/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The undo log: see log.h.
 */
#include "trace/log.h"

#include "base/memory.h"
#include "base/space.h"

/* Words and pieces that one transition may write, and what it may write
 * after it was told to stop. */
#define WORDS ((size_t)1 << 26)
#define PIECES ((size_t)1 << 25)
#define KEPT ((size_t)1 << 27)
/* Pages of a larger transition than this are given back. */
#define WORDS_KEPT ((size_t)1 << 16)
#define SLACK ((size_t)1 << 22)

/* Old values may be all that points to an object. */
static void push_roots(void *data)
{
    const struct log *l = data;
    memory_push(l->pool.base, l->pool.at);
    memory_push(l->words, l->words + l->count);
    memory_push(l->kept, l->kept + l->kept_count);
}

bool log_open(struct log *l)
{
    *l = (struct log){0};
    l->words = space_take((WORDS + SLACK) * sizeof *l->words);
    l->halves = space_take((WORDS + SLACK) * sizeof *l->halves);
    l->pieces = space_take((PIECES + SLACK) * sizeof *l->pieces);
    l->kept = space_take(KEPT * sizeof *l->kept);
    l->room = WORDS;
    l->piece_room = PIECES;
    l->kept_room = KEPT;
    if (!l->words || !l->halves || !l->pieces || !l->kept ||
        !pool_open(&l->pool))
        return false;
    l->fresh = l->pool.at;
    return memory_root_hook(push_roots, l);
}

void log_close(struct log *l)
{
    memory_root_unhook(push_roots, l);
    pool_close(&l->pool);
    space_give(l->words, (WORDS + SLACK) * sizeof *l->words, true);
    space_give(l->halves, (WORDS + SLACK) * sizeof *l->halves, true);
    space_give(l->pieces, (PIECES + SLACK) * sizeof *l->pieces, true);
    space_give(l->kept, KEPT * sizeof *l->kept, true);
}

static void note(struct log *l, void *piece, size_t size, bool taken)
{
    if (l->piece_count >= l->piece_room) l->full = true;
    l->pieces[l->piece_count++] =
        (struct log_piece){piece, (uint32_t)size, taken};
}

void *log_take(struct log *l, size_t size)
{
    void *piece = l->full ? NULL : pool_take(&l->pool, size);
    if ((char *)piece >= l->fresh)
        l->any_fresh = true;
    else if (piece)
        note(l, piece, size, true);
    return piece;
}

void log_give(struct log *l, void *piece, size_t size)
{
    note(l, piece, size, false);
}

/* Gives back the pieces of one sort, and forgets all. */
static inline __attribute__((always_inline)) void finish(struct log *l,
                                                         bool taken)
{
    for (size_t i = l->piece_count; i-- > 0;) {
        struct log_piece *p = &l->pieces[i];
        if (p->taken == taken) pool_give(&l->pool, p->piece, p->size);
    }
    if (l->count + l->half_count + l->piece_count + l->kept_count >
        WORDS_KEPT) {
        space_clear(l->words, l->count * sizeof *l->words);
        space_clear(l->halves, l->half_count * sizeof *l->halves);
        space_clear(l->pieces, l->piece_count * sizeof *l->pieces);
        space_clear(l->kept, l->kept_count * sizeof *l->kept);
    }
    l->count = l->half_count = l->piece_count = l->kept_count = 0;
    l->fresh = l->pool.at;
    l->any_fresh = l->full = false;
}

void log_undo(struct log *l)
{
    for (size_t i = l->count; i-- > 0;) *l->words[i].at = l->words[i].old;
    for (size_t i = l->half_count; i-- > 0;)
        *l->halves[i].at = l->halves[i].old;
    if (l->any_fresh) pool_cut(&l->pool, l->fresh);
    finish(l, true);
}

void log_commit(struct log *l) { finish(l, false); }
