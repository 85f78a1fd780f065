/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pieces of one size are linked through their first words while they are
 * free; fresh ones are cut from the newest block.
 */
#include "trace/pool.h"

#include <string.h>

#include "base/memory.h"

/* Blocks grow with the pool, so that they are few and little is unused. */
enum { BLOCK_LEAST = 1 << 16, BLOCK_MOST = 1 << 28 };

static size_t block_size(const struct pool *p)
{
    size_t size = p->bytes / 8 & ~(size_t)(BLOCK_LEAST - 1);
    return size < BLOCK_LEAST  ? BLOCK_LEAST
           : size > BLOCK_MOST ? BLOCK_MOST
                               : size;
}

/* The head of a block. */
struct block {
    void *older;
    size_t size;
};

static size_t class_of(size_t size)
{
    return (size + POOL_GRAIN - 1) / POOL_GRAIN;
}

void *pool_take(struct pool *p, size_t size)
{
    size_t c = class_of(size);
    void *piece = p->free[c];
    if (piece) {
        p->free[c] = *(void **)piece;
        *(void **)piece = NULL;
        return piece;
    }
    size = c * POOL_GRAIN;
    if (!p->at || (size_t)(p->end - p->at) < size) {
        size_t room = block_size(p);
        struct block *block = memory_new_kept(room);
        if (!block) return NULL;
        *block = (struct block){p->blocks, room};
        p->blocks = block;
        p->at = (char *)(block + 1);
        p->end = (char *)block + room;
        p->bytes += room;
    }
    piece = p->at;
    p->at += size;
    return piece;
}

void pool_give(struct pool *p, void *piece, size_t size)
{
    size_t c = class_of(size);
    memset(piece, 0, c * POOL_GRAIN);
    *(void **)piece = p->free[c];
    p->free[c] = piece;
}

static void drop_blocks(struct pool *p, const void *until)
{
    while (p->blocks != until) {
        struct block *b = p->blocks;
        p->blocks = b->older;
        p->bytes -= b->size;
        memory_free(b);
    }
}

void pool_cut(struct pool *p, const struct pool_mark *mark)
{
    drop_blocks(p, mark->blocks);
    p->at = mark->at;
    p->end = mark->end;
}

void pool_close(struct pool *p)
{
    drop_blocks(p, NULL);
    *p = (struct pool){{NULL}, NULL, NULL, NULL, 0};
}
