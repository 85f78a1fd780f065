/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pools: memory for nodes and edges, by size, from blocks that the collector
 * scans. A piece that is given back is zeroed and used again.
 *
 * Ownership: the pool owns its blocks, and gives them all back when it is
 * closed.
 */
#ifndef VST_TRACE_POOL_H
#define VST_TRACE_POOL_H

#include <stddef.h>

enum { POOL_GRAIN = 8, POOL_LARGEST = 512 };

struct pool {
    void *free[POOL_LARGEST / POOL_GRAIN + 1];
    void *blocks; /* linked through their first words */
    char *at, *end;
    size_t bytes; /* in blocks */
};

/* A zeroed piece; size at most POOL_LARGEST. NULL: no memory. */
void *pool_take(struct pool *p, size_t size);
void pool_give(struct pool *p, void *piece, size_t size);
/* Forgets all that came after: blocks that the pool did not have then are
 * given up, with every piece in them. None may be in use, or given back. */
struct pool_mark {
    void *blocks;
    char *at, *end;
};
void pool_cut(struct pool *p, const struct pool_mark *mark);
void pool_close(struct pool *p);

#endif
