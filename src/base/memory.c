/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Memory from the Boehm collector, told to be quiet: it answers NULL when
 * memory is out, prints no warnings, starts no threads of its own (a process
 * that forks has one thread), and asks our hooks for further roots. It knows
 * nothing of what the blocks hold.
 */
#ifndef VST_PLAIN_MEMORY

#include "base/memory.h"

/* GC_set_markers_count is declared only where there may be threads. */
#define GC_THREADS
#define GC_NO_THREAD_REDIRECTS
#include <gc/gc.h>
#include <gc/gc_mark.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/space.h"

static struct {
    memory_hook *push;
    void *data;
} hooks[MEMORY_HOOKS_MAX];
static int hook_count;
static GC_push_other_roots_proc earlier_roots;

/* Ranges pushed in this collection. A range takes an entry of the
 * collector's mark stack, which ends the process when it is full, and holds
 * 4096 at first. Ranges after these many are walked at once instead. */
static unsigned pushed;
enum { PUSHED_LAZILY_MAX = 1024 };

void memory_push(const void *bottom, const void *top)
{
    if (bottom >= top) return;
    if (pushed++ < PUSHED_LAZILY_MAX)
        GC_push_all((void *)bottom, (void *)top);
    else
        GC_push_all_eager((void *)bottom, (void *)top);
}

static void GC_CALLBACK push_roots(void)
{
    pushed = 0;
    for (int i = 0; i < hook_count; i++) hooks[i].push(hooks[i].data);
    if (earlier_roots) earlier_roots();
}

bool memory_root_hook(memory_hook *push, void *data)
{
    if (hook_count == MEMORY_HOOKS_MAX) return false;
    hooks[hook_count].push = push;
    hooks[hook_count].data = data;
    hook_count++;
    return true;
}

void memory_root_unhook(memory_hook *push, void *data)
{
    for (int i = hook_count - 1; i >= 0; i--) {
        if (hooks[i].push != push || hooks[i].data != data) continue;
        hooks[i] = hooks[--hook_count];
        return;
    }
}

static void *GC_CALLBACK answer_null(size_t size)
{
    (void)size;
    return NULL;
}

/* Beyond the first few megabytes of a large heap pages are asked for by the
 * two megabytes: a program that fills it meets 500 times fewer faults, and
 * one that does not takes nothing more. */
enum { SMALL_PAGES = 8 << 20, HUGE_PAGE = 2 << 20 };

static void ask_for_huge_pages(size_t heap)
{
    void *probe = GC_MALLOC_ATOMIC(HUGE_PAGE);
    if (!probe || heap < 2 * (size_t)SMALL_PAGES) return;
    space_widen((char *)probe + SMALL_PAGES, heap - 2 * (size_t)SMALL_PAGES);
    GC_FREE(probe);
}

void memory_init(size_t initial_heap)
{
    static bool done;
    if (done) return;
    done = true;
    GC_set_all_interior_pointers(1);
    GC_set_markers_count(1);
    GC_set_warn_proc(GC_ignore_warn_proc);
    GC_set_oom_fn(answer_null);
    GC_set_free_space_divisor(1); /* fewer collections, of more */
    GC_INIT();
    earlier_roots = GC_get_push_other_roots();
    GC_set_push_other_roots(push_roots);
    size_t heap = GC_get_heap_size();
    if (heap < initial_heap && GC_expand_hp(initial_heap - heap))
        ask_for_huge_pages(initial_heap - heap);
}

void *memory_new(size_t size) { return GC_MALLOC(size); }

void *memory_new_atomic(size_t size)
{
    void *block = GC_MALLOC_ATOMIC(size);
    if (block && size >= HUGE_PAGE) space_widen(block, size);
    if (block) memset(block, 0, size);
    return block;
}

void *memory_new_kept(size_t size)
{
    void *block = GC_MALLOC_UNCOLLECTABLE(size);
    if (block && size >= HUGE_PAGE) space_widen(block, size);
    return block;
}

void *memory_new_many(size_t size) { return GC_malloc_many(size); }
void memory_free(void *block) { GC_FREE(block); }

/* Address space counts as the heap does, so the heap may have what is left. */
static size_t limit, claimed;

static void share_limit(void)
{
    size_t left = limit > claimed ? limit - claimed : 1;
    GC_set_max_heap_size(limit ? left : 0);
}

void memory_limit_set(size_t bytes)
{
    limit = bytes;
    share_limit();
}

static bool fits(size_t bytes)
{
    size_t used = memory_in_use();
    return !limit || (used < limit && bytes <= limit - used);
}

bool memory_claim(size_t bytes)
{
    if (!fits(bytes)) {
        GC_gcollect();
        if (!fits(bytes)) return false;
    }
    claimed += bytes;
    share_limit();
    return true;
}

void memory_unclaim(size_t bytes)
{
    claimed -= bytes;
    share_limit();
}

size_t memory_in_use(void)
{
    return GC_get_heap_size() - GC_get_free_bytes() + claimed;
}

void memory_collect(void) { GC_gcollect(); }

void memory_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

void memory_tidy(void)
{
    GC_gcollect();
    memory_trim();
}

size_t memory_mark(void) { return 0; }
void memory_rewind(size_t mark) { (void)mark; }
uint64_t memory_rewinds(void) { return 0; }
void memory_fail_after(uint64_t n) { (void)n; }

#else
/* A translation unit may not be empty. */
extern int memory_is_plain;
#endif
