/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pieces of one size are linked through their first words while they are
 * free; fresh ones are cut from the newest block.
 */
#include "trace/pool.h"

#include <string.h>

#include "base/memory.h"

enum { BLOCK = 65536 };

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
        char *block = memory_new_kept(BLOCK);
        if (!block) return NULL;
        *(void **)block = p->blocks;
        p->blocks = block;
        p->at = block + POOL_GRAIN;
        p->end = block + BLOCK;
        p->bytes += BLOCK;
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

void pool_close(struct pool *p)
{
    for (void *b = p->blocks, *next; b; b = next) {
        next = *(void **)b;
        memory_free(b);
    }
    *p = (struct pool){{NULL}, NULL, NULL, NULL, 0};
}
