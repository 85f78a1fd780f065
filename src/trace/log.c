/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The undo log: see log.h.
 */
#include "trace/log.h"

#include <sys/mman.h>

#include "base/memory.h"
#include "base/space.h"

/* Words and pieces that one transition may write, and what it may write
 * after it was told to stop. */
#define WORDS ((size_t)1 << 26)
#define PIECES ((size_t)1 << 25)
/* Pages of a larger transition than this are given back. */
#define WORDS_KEPT ((size_t)1 << 16)
#define SLACK ((size_t)1 << 22)

/* Old values may be all that points to an object. */
static void push_roots(void *data)
{
    const struct log *l = data;
    memory_push(l->words, l->words + l->count);
}

bool log_open(struct log *l)
{
    *l = (struct log){0};
    l->words = space_take((WORDS + SLACK) * sizeof *l->words);
    l->pieces = space_take((PIECES + SLACK) * sizeof *l->pieces);
    l->room = WORDS;
    l->piece_room = PIECES;
    return l->words && l->pieces && memory_root_hook(push_roots, l);
}

void log_close(struct log *l)
{
    memory_root_unhook(push_roots, l);
    pool_close(&l->pool);
    space_give(l->words, (WORDS + SLACK) * sizeof *l->words, true);
    space_give(l->pieces, (PIECES + SLACK) * sizeof *l->pieces, true);
}

static void note(struct log *l, void *piece, size_t size, bool taken)
{
    if (l->piece_count >= l->piece_room) l->full = true;
    l->pieces[l->piece_count++] =
        (struct log_piece){piece, (uint32_t)size, taken};
}

/* The last ones are the most likely. */
static bool is_fresh(const struct log *l, const void *at)
{
    const char *p = at;
    for (uint32_t i = l->fresh_count; i-- > 0;)
        if (p >= l->fresh[i].low && p < l->fresh[i].high) return true;
    return false;
}

bool log_skips(const struct log *l, const void *at)
{
    return is_fresh(l, at) || (l->count && l->words[l->count - 1].at == at);
}

void log_fresh(struct log *l, const void *at, size_t size)
{
    if (l->fresh_count == LOG_FRESH) {
        l->full = true;
        return;
    }
    l->fresh[l->fresh_count++] =
        (struct log_fresh){at, (const char *)at + size};
}

void *log_take(struct log *l, size_t size)
{
    if (size > POOL_LARGEST) return l->full ? NULL : memory_new(size);
    struct pool_mark before = {l->pool.blocks, l->pool.at, l->pool.end};
    void *piece = l->full ? NULL : pool_take(&l->pool, size);
    if (!piece) return NULL;
    if (l->pool.blocks != before.blocks) {
        if (!l->marked) l->mark = before;
        l->marked = true;
        log_fresh(l, piece, (size_t)(l->pool.end - (char *)piece));
    }
    if (!l->fresh_count || !is_fresh(l, piece)) note(l, piece, size, true);
    return piece;
}

void log_give(struct log *l, void *piece, size_t size)
{
    if (size > POOL_LARGEST) return;
    note(l, piece, size, false);
}

/* Gives back the pieces of one sort, and forgets all. */
static void finish(struct log *l, bool taken)
{
    for (size_t i = l->piece_count; i-- > 0;) {
        struct log_piece *p = &l->pieces[i];
        if (p->taken == taken) pool_give(&l->pool, p->piece, p->size);
    }
    if (l->count > WORDS_KEPT) {
        madvise(l->words, l->count * sizeof *l->words, MADV_DONTNEED);
        madvise(l->pieces, l->piece_count * sizeof *l->pieces, MADV_DONTNEED);
    }
    l->count = l->piece_count = 0;
    l->fresh_count = 0;
    l->marked = l->full = false;
}

void log_undo(struct log *l)
{
    for (size_t i = l->count; i-- > 0;) *l->words[i].at = l->words[i].old;
    if (l->marked) pool_cut(&l->pool, &l->mark);
    finish(l, true);
}

void log_commit(struct log *l) { finish(l, false); }
