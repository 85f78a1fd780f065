/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Memory for the sanitizers: each block is one of calloc, chained to the
 * others and freed when the process ends. Nothing is collected, so what is
 * read after it should be gone, or past its end, is seen at once. Allocation
 * can be told to fail, which makes a rare event common.
 */
#ifdef VST_PLAIN_MEMORY

#include "base/memory.h"

#include <stdlib.h>

/* Stands before each block; 32 bytes keep the block aligned. */
struct block {
    struct block *before, *after; /* in the ring */
    size_t size;
    size_t number; /* in the order made */
};

static struct block passing = {&passing, &passing, 0, 0}; /* newest last */
static struct block kept = {&kept, &kept, 0, 0};
static size_t in_use, limit, made;
static uint64_t until_failure, rewinds;

static void drop(struct block *b)
{
    b->before->after = b->after;
    b->after->before = b->before;
    in_use -= b->size;
    free(b);
}

static void drop_all(void)
{
    while (passing.before != &passing) drop(passing.before);
    while (kept.before != &kept) drop(kept.before);
}

void memory_init(size_t initial_heap)
{
    static bool done;
    (void)initial_heap;
    if (!done) atexit(drop_all);
    done = true;
}

/* May so many bytes more be had? */
static bool may(size_t size)
{
    if (until_failure == 1) return false;
    if (until_failure) until_failure--;
    return size <= SIZE_MAX / 2 && (!limit || size <= limit - in_use);
}

static void *make(struct block *ring, size_t size)
{
    if (!may(size)) return NULL;
    struct block *b = calloc(1, sizeof *b + size);
    if (!b) return NULL;
    b->size = size;
    b->number = ++made;
    b->before = ring->before;
    b->after = ring;
    ring->before->after = b;
    ring->before = b;
    in_use += size;
    return b + 1;
}

void *memory_new(size_t size) { return make(&passing, size); }
void *memory_new_atomic(size_t size) { return make(&passing, size); }
void *memory_new_many(size_t size) { return make(&passing, size); }
void *memory_new_kept(size_t size) { return make(&kept, size); }

void memory_free(void *block)
{
    if (block) drop((struct block *)block - 1);
}

/* Never below what is in use, or the subtraction in `make` would wrap. */
void memory_limit_set(size_t bytes)
{
    limit = bytes && bytes < in_use ? in_use : bytes;
}

bool memory_claim(size_t bytes)
{
    if (!may(bytes)) return false;
    in_use += bytes;
    return true;
}

void memory_unclaim(size_t bytes) { in_use -= bytes; }

size_t memory_in_use(void) { return in_use; }
void memory_collect(void) {}
void memory_trim(void) {}
void memory_tidy(void) {}

bool memory_root_hook(memory_hook *push, void *data)
{
    (void)push;
    (void)data;
    return true;
}

void memory_root_unhook(memory_hook *push, void *data)
{
    (void)push;
    (void)data;
}

void memory_push(const void *bottom, const void *top)
{
    (void)bottom;
    (void)top;
}

size_t memory_mark(void) { return made; }

void memory_rewind(size_t mark)
{
    rewinds++;
    while (passing.before->number > mark) drop(passing.before);
}

uint64_t memory_rewinds(void) { return rewinds; }

void memory_fail_after(uint64_t n) { until_failure = n; }

#else
/* A translation unit may not be empty. */
extern int memory_is_collected;
#endif
