/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For tests of depth: the C stack may not grow past 256 KB from here on, so
 * that what recurses over data ends there.
 */
#ifndef VST_TESTS_DEEP_H
#define VST_TESTS_DEEP_H

#include <sys/resource.h>

static inline void stack_keep_small(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_STACK, &limit);
    limit.rlim_cur = 256 * 1024;
    setrlimit(RLIMIT_STACK, &limit);
}

#endif
