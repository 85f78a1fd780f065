/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pieces of one size are linked through their first words while they are
 * free; fresh ones are cut from the end of what is in use.
 */
#include "trace/pool.h"

#include <string.h>

#include "base/memory.h"
#include "base/space.h"

enum {
    CLAIM_LEAST = 1 << 16, /* memory is asked for by so much, or more */
    WIDE_FROM = 4 << 20,   /* a pool larger than this has wide pages */
    WIDE_STEP = 4 << 20,
    CLEAR_LEAST = 1 << 16, /* the system is quicker at so much, or more */
    KEEP_MOST = 1 << 20
};

bool pool_open(struct pool *p)
{
    *p = (struct pool){.base = space_take(POOL_ROOM)};
    if (!p->base) return false;
    p->claimed = p->base;
    p->wide = p->base + WIDE_FROM;
    p->wide += -(uintptr_t)p->wide & (WIDE_STEP - 1);
    p->at = p->base + POOL_GRAIN; /* no piece has the number 0 */
    return true;
}

/* What is kept for the next pool is zeros. */
void pool_close(struct pool *p)
{
    if (!p->base) return;
    size_t used = (size_t)(p->at - p->base);
    memory_unclaim((size_t)(p->claimed - p->base));
    if (used <= KEEP_MOST) memset(p->base, 0, used);
    space_give(p->base, POOL_ROOM, used <= KEEP_MOST);
    *p = (struct pool){.base = NULL};
}

/* The class of a size, and the size of all pieces of it. */
static inline int class_of(size_t *size)
{
    size_t s = *size;
    if (s == POOL_EDGE) return 0;
    if (s <= POOL_SMALL) {
        size_t grains = (s + POOL_GRAIN - 1) / POOL_GRAIN;
        *size = grains * POOL_GRAIN;
        return (int)grains;
    }
    int top = 63 - __builtin_clzll(s - 1);
    size_t quarters = (s - 1) >> (top - 2); /* 4 to 7: more than so many */
    *size = (quarters + 1) << (top - 2);
    return POOL_SMALL / POOL_GRAIN + 1 + 4 * (top - 9) + (int)quarters - 4;
}

/* Once they are full: a page that is wide from the beginning is all memory
 * when its first byte is. */
static void widen(struct pool *p)
{
    for (; p->at - p->wide >= WIDE_STEP; p->wide += WIDE_STEP)
        space_collapse(p->wide, WIDE_STEP);
}

static bool claim(struct pool *p, size_t size)
{
    size_t used = (size_t)(p->claimed - p->base);
    size_t more = (used / 8) & ~(size_t)(CLAIM_LEAST - 1);
    size_t least = (size + CLAIM_LEAST) & ~(size_t)(CLAIM_LEAST - 1);
    if (more < least) more = least;
    if (more > POOL_ROOM - used) more = POOL_ROOM - used;
    if (size > more || !memory_claim(more)) return false;
    p->claimed += more;
    widen(p);
    return true;
}

static void *cut(struct pool *p, size_t size)
{
    if (p->claimed - p->at < (ptrdiff_t)size && !claim(p, size)) return NULL;
    char *piece = p->at;
    p->at += size;
    return piece;
}

static void *cut_twins(struct pool *p)
{
    char *piece = p->twin;
    if (!piece) {
        piece = cut(p, 2 * (size_t)POOL_EDGE);
        p->twin = piece ? piece + POOL_EDGE : NULL;
    } else {
        p->twin = NULL;
    }
    return piece;
}

void *pool_take(struct pool *p, size_t size)
{
    if (size > POOL_ROOM / 2) return NULL;
    int c = class_of(&size);
    void *piece = p->free[c];
    if (!piece) return c ? cut(p, size) : cut_twins(p);
    memcpy(&p->free[c], piece, sizeof p->free[c]);
    memset(piece, 0, sizeof p->free[c]);
    return piece;
}

void pool_give(struct pool *p, void *piece, size_t size)
{
    int c = class_of(&size);
    if (size < CLEAR_LEAST)
        memset(piece, 0, size);
    else
        space_clear(piece, size);
    memcpy(piece, &p->free[c], sizeof p->free[c]);
    p->free[c] = piece;
}

void pool_cut(struct pool *p, char *mark)
{
    space_clear(mark, (size_t)(p->at - mark));
    p->at = mark;
    if (p->twin >= mark) p->twin = NULL;
}
