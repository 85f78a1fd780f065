/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which kernels: the widest that this machine has, or those that the
 * environment asks for, if it has them.
 */
#include "tape/lanes.h"

#include <stdlib.h>
#include <string.h>

extern const struct lanes lanes_plain, lanes_v2, lanes_v3, lanes_v4;

#ifdef __x86_64__
static bool has_v2(void) { return __builtin_cpu_supports("sse4.2"); }
static bool has_v3(void)
{
    return has_v2() && __builtin_cpu_supports("avx2") &&
           __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}
static bool has_v4(void)
{
    return has_v3() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") &&
           __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}
#endif
static bool has_plain(void) { return true; }

static const struct {
    const struct lanes *lanes;
    bool (*has)(void);
} levels[] = {
#ifdef __x86_64__
    {&lanes_v4, has_v4},
    {&lanes_v3, has_v3},
    {&lanes_v2, has_v2},
#endif
    {&lanes_plain, has_plain},
};
enum { LEVELS = sizeof levels / sizeof *levels };

const struct lanes *lanes_named(const char *name)
{
    for (int i = 0; i < LEVELS; i++)
        if (!strcmp(levels[i].lanes->name, name) && levels[i].has())
            return levels[i].lanes;
    return NULL;
}

const struct lanes *lanes_chosen(void)
{
    static const struct lanes *chosen;
    if (chosen) return chosen;
    const char *wanted = getenv("VESTIGE_ISA");
    if (wanted) chosen = lanes_named(wanted);
    for (int i = 0; !chosen; i++)
        if (levels[i].has()) chosen = levels[i].lanes;
    return chosen;
}
