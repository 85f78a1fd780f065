/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Room on the C stack, by addresses: the stack grows downward on every
 * machine that we build for.
 */
#include "base/stack.h"

#include <stdint.h>
#include <sys/resource.h>

static uintptr_t lowest; /* below this the stack is low; 0: not marked */

void stack_mark(void)
{
    struct rlimit limit;
    uintptr_t size = 8u << 20, cap = 16u << 20;
    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        size = (uintptr_t)limit.rlim_cur;
    if (size > cap) size = cap;
    char here;
    lowest = (uintptr_t)&here - size / 4 * 3;
}

bool stack_is_low(void)
{
    char here;
    if (!lowest) stack_mark();
    return (uintptr_t)&here < lowest;
}
