/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pointers of half the size between pieces of one pool (pool.h): how far it
 * is from the pointer itself to what it points to, in steps of 4 bytes. A
 * piece that holds one stays where it is, as pieces do. 0 is NULL, for no
 * pointer points to itself.
 */
#ifndef VST_TRACE_NEAR_H
#define VST_TRACE_NEAR_H

#include <stdint.h>

struct near {
    int32_t steps;
};

enum { NEAR_STEP = 4 };

/* Of one that is not NULL. */
static inline void *near_at(const struct near *n)
{
    return (void *)((uintptr_t)n + (uintptr_t)((intptr_t)n->steps * NEAR_STEP));
}
static inline void *near_get(const struct near *n)
{
    return n->steps ? near_at(n) : (void *)0;
}

/* The lowest 32 bits of the distance in steps are all of it. */
static inline void near_set_at(struct near *n, const void *to)
{
    n->steps = (int32_t)(((uintptr_t)to - (uintptr_t)n) / NEAR_STEP);
}
static inline void near_set(struct near *n, const void *to)
{
    if (to)
        near_set_at(n, to);
    else
        n->steps = 0;
}

#endif
