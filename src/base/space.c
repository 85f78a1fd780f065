/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Address space by mmap, and a few rooms that wait for the next who asks:
 * states from the prior come and go by the thousand. The list of these is the
 * process's; what is in them is nobody's.
 */
#include "base/space.h"

#include <sys/mman.h>

enum { SPARES = 4 };

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
