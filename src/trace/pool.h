/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pools: memory for what a trace is made of, by size, cut from address space
 * of which what is in use is scanned for the collector. A piece that is given
 * back is zeroed and used again; it never moves. All pieces of one pool lie
 * within POOL_ROOM bytes of each other, so that pointers between them can be
 * short (near.h), and a piece has a number.
 *
 * Ownership: the pool owns its address space, and gives it back when it is
 * closed.
 */
#ifndef VST_TRACE_POOL_H
#define VST_TRACE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Small pieces are of a multiple of POOL_GRAIN bytes; larger ones of the next
 * quarter of a power of 2. Those of POOL_EDGE bytes, of which there are as many
 * as nodes, are of just that size, cut by twos: they hold near pointers, and
 * stand at multiples of 4. */
enum {
    POOL_GRAIN = 8,
    POOL_EDGE = 20,
    POOL_SMALL = 512,
    POOL_CLASSES = POOL_SMALL / POOL_GRAIN + 1 + 4 * 24
};
#define POOL_ROOM ((size_t)1 << 33)

struct pool {
    char *base, *at; /* what has been cut */
    char *claimed;   /* memory_claim was asked up to here */
    char *wide;      /* up to here, from WIDE_FROM on, pages are wide */
    char *twin;      /* the second of two that were cut, or NULL */
    void *free[POOL_CLASSES];
};

bool pool_open(struct pool *p);
void pool_close(struct pool *p);
/* A zeroed piece. NULL: no memory. */
void *pool_take(struct pool *p, size_t size);
void pool_give(struct pool *p, void *piece, size_t size);
/* Forgets all pieces from `mark` on, which was p->at. None may be in use, or
 * given back. */
void pool_cut(struct pool *p, char *mark);

/* The number of a piece, never 0; and the piece. */
static inline uint32_t pool_number(const struct pool *p, const void *piece)
{
    return (uint32_t)(((const char *)piece - p->base) / POOL_GRAIN);
}
static inline void *pool_piece(const struct pool *p, uint32_t number)
{
    return p->base + (size_t)number * POOL_GRAIN;
}

#endif
