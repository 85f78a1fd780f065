/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Address space by mmap, and a few rooms that wait for the next who asks:
 * states from the prior come and go by the thousand. The list of these is the
 * process's; what is in them is nobody's.
 */
#include "base/space.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    SPARES = 8,
    PAGE = 4096,
    HUGE_PAGE = 2 << 20,
    LARGE = 1 << 16, /* the system is slower than writing less than this */
    APART = 1 << 20
};

static struct {
    void *room;
    size_t size;
} spares[SPARES];

void *space_take(size_t size)
{
    for (int i = 0; i < SPARES; i++)
        if (spares[i].room && spares[i].size == size) {
            void *room = spares[i].room;
            spares[i].room = NULL;
            return room;
        }
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void space_give(void *room, size_t size, bool keep)
{
    if (!room) return;
    for (int i = 0; keep && i < SPARES; i++)
        if (!spares[i].room) {
            spares[i].room = room;
            spares[i].size = size;
            return;
        }
    munmap(room, size);
}

/* The whole pages of this size within a part. */
static void whole(void *at, size_t size, size_t page, char **from, char **to)
{
    char *low = at, *high = low + size;
    *from = low + (-(uintptr_t)low & (page - 1));
    *to = high - ((uintptr_t)high & (page - 1));
}

void space_clear(void *at, size_t size)
{
    char *from, *to, *low = at;
    whole(at, size, PAGE, &from, &to);
    if (size < LARGE || madvise(from, (size_t)(to - from), MADV_DONTNEED)) {
        memset(at, 0, size);
        return;
    }
    memset(low, 0, (size_t)(from - low));
    memset(to, 0, (size_t)(low + size - to));
}

void space_widen(void *at, size_t size)
{
    char *from, *to;
    whole(at, size, HUGE_PAGE, &from, &to);
    if (from < to) madvise(from, (size_t)(to - from), MADV_HUGEPAGE);
}

/* Of Linux from 6.1 on; on others the system does it in its own time. */
enum { COLLAPSE = 25 };

void space_collapse(void *at, size_t size)
{
    char *from, *to;
    whole(at, size, HUGE_PAGE, &from, &to);
    if (from >= to || madvise(from, (size_t)(to - from), MADV_HUGEPAGE)) return;
    madvise(from, (size_t)(to - from), COLLAPSE);
}

static size_t apart(size_t size)
{
    return (size + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
}

/* From where a large page may begin; what is before and behind goes back. */
static void *take_apart(size_t size)
{
    size_t all = size + HUGE_PAGE;
    char *p = mmap(NULL, all, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return NULL;
    size_t before = -(uintptr_t)p & (HUGE_PAGE - 1);
    if (before) munmap(p, before);
    munmap(p + before + size, all - before - size);
    madvise(p + before, size, MADV_HUGEPAGE);
    return p + before;
}

void *space_array(size_t size)
{
    if (size > SIZE_MAX / 2) return NULL;
    return size < APART ? calloc(1, size + !size) : take_apart(apart(size));
}

void space_array_free(void *array, size_t size)
{
    if (array && size >= APART)
        munmap(array, apart(size));
    else
        free(array);
}
