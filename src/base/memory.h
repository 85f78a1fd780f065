/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Memory that is given back by itself. Every object that a program can see,
 * and whatever holds one, comes from here; the rest of the house never
 * speaks to the collector itself.
 *
 * Two builds: memory.c stands on the Boehm collector; with
 * -DVST_PLAIN_MEMORY memory_plain.c takes its place, whose blocks live to
 * the end of the process, so that AddressSanitizer and valgrind see every
 * block as it is.
 *
 * Laws. A block lives while a pointer to it, or into it, stands in a block
 * that is scanned, on the stack of the main thread, in a static variable,
 * or in a range that a root hook pushes: memory of malloc is not looked at.
 * Only the main thread comes here. Memory that ran out is NULL, never an
 * exit.
 */
#ifndef VST_BASE_MEMORY_H
#define VST_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Once, at the start of the process, before anything else here; a second
 * call does nothing. The initial heap is address space: pages that nobody
 * touches cost nothing, and the first collection comes later. */
void memory_init(size_t initial_heap);

/* A zeroed block whose words are scanned for pointers. */
void *memory_new(size_t size);
/* A zeroed block that holds no pointers: text, doubles. */
void *memory_new_atomic(size_t size);
/* A zeroed block that is scanned, and lives until memory_free. */
void *memory_new_kept(size_t size);
/* A list of scanned blocks, linked through their first words (the last holds
 * NULL); all else in them is zero. The quickest way to small objects. */
void *memory_new_many(size_t size);
/* Gives a block back before the collector finds it; NULL does nothing. Only
 * for blocks that nothing else points to. */
void memory_free(void *block);

/* An array that grows: a scanned block with twice the room, or 8 items at
 * first, and the items of the old block, which is given back. NULL when
 * memory ran out, and the old block is as before. */
static inline void *memory_grow(void *block, size_t *room, size_t item)
{
    size_t wanted = *room ? *room * 2 : 8;
    void *grown = memory_new(wanted * item);
    if (!grown) return NULL;
    if (block) memcpy(grown, block, *room * item);
    memory_free(block);
    *room = wanted;
    return grown;
}

/* The most bytes that the heap may take; 0: no limit. What asks for more
 * gets NULL. */
void memory_limit_set(size_t bytes);
/* So many bytes of address space (space.h) are in use from now on, or are
 * not any more: they count as the heap's do. false: they are too many. */
bool memory_claim(size_t bytes);
void memory_unclaim(size_t bytes);
/* Bytes in blocks that have not been given back (garbage that no collection
 * has yet found is counted), and those claimed. */
size_t memory_in_use(void);
void memory_collect(void);
/* After very much was made at once: what it has left can be used again, and
 * what malloc has free is the system's again. Takes time in proportion to what
 * there is. */
void memory_tidy(void);
/* The last of it alone, after large blocks of malloc. */
void memory_trim(void);

/* At every collection `push(data)` is called, and names with memory_push the
 * ranges [bottom, top) that are scanned as well: both multiples of 8. In
 * between nothing may be allocated. At most MEMORY_HOOKS_MAX at a time;
 * false when there are more. */
enum { MEMORY_HOOKS_MAX = 64 };
typedef void memory_hook(void *data);
bool memory_root_hook(memory_hook *push, void *data);
void memory_root_unhook(memory_hook *push, void *data);
void memory_push(const void *bottom, const void *top);

/* For tests and fuzzing. In the plain build memory_rewind gives back all
 * blocks made since memory_mark, but for kept ones, and memory_fail_after
 * lets the n-th allocation from now, and all after it, answer NULL (0: none
 * fails). With the collector the three do nothing. */
size_t memory_mark(void);
/* How often memory_rewind gave blocks back: an address that was noted before
 * may be another block's now. */
uint64_t memory_rewinds(void);
void memory_rewind(size_t mark);
void memory_fail_after(uint64_t n);

#endif
