/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loops of steps in phase space: see phase.h. Each is written once, and
 * compiled for each kind of machine where LOOPS says so: products and sums
 * are rounded one by one, and sums stand in four lanes, so that no digit
 * depends on how wide a vector is.
 */
#include "infer/phase.h"

#include <string.h>

#include "infer/lanes.h"

#define ALWAYS static inline __attribute__((always_inline))

/* Compilers split it where vectors are narrower. It stays within functions. */
typedef double four __attribute__((vector_size(8 * LANES)));
#define LOAD(name, from) \
    four name;           \
    memcpy(&name, from, sizeof name)
#define STORE(to, name) memcpy(to, &name, sizeof name)
#define TOTAL(sum) lanes_total(memcpy((double[LANES]){0.0}, &sum, sizeof sum))

ALWAYS void drift(size_t width, double step, const double *inverse,
                  const double *q, const double *p, const double *g,
                  double *to_q, double *to_p)
{
    double half = 0.5 * step;
    for (size_t i = 0; i < width; i += LANES) {
        LOAD(here, q + i);
        LOAD(scale, inverse + i);
        LOAD(moved, p + i);
        LOAD(force, g + i);
        moved += half * force;
        here += step * (scale * moved);
        STORE(to_p + i, moved);
        STORE(to_q + i, here);
    }
}

ALWAYS double kick(size_t width, double step, const double *inverse,
                   const double *g, double *p, double *v)
{
    double half = 0.5 * step;
    four sum = {0.0};
    for (size_t i = 0; i < width; i += LANES) {
        LOAD(scale, inverse + i);
        LOAD(moved, p + i);
        LOAD(force, g + i);
        moved += half * force;
        scale *= moved;
        sum += moved * scale;
        STORE(p + i, moved);
        STORE(v + i, scale);
    }
    return TOTAL(sum);
}

ALWAYS double dot(size_t width, const double *x, const double *y)
{
    four sum = {0.0};
    for (size_t i = 0; i < width; i += LANES) {
        LOAD(a, x + i);
        LOAD(b, y + i);
        sum += a * b;
    }
    return TOTAL(sum);
}

ALWAYS void add(size_t width, double *to, double scale, const double *x)
{
    for (size_t i = 0; i < width; i += LANES) {
        LOAD(sum, to + i);
        LOAD(more, x + i);
        sum += scale * more;
        STORE(to + i, sum);
    }
}

ALWAYS bool goes_on(const struct phase_pieces *t, double *to, size_t width)
{
    four sum[6] = {{0.0}};
    for (size_t i = 0; i < width; i += LANES) {
        LOAD(before, t->before + i);
        LOAD(after, t->after + i);
        LOAD(p_begin, t->p_begin + i);
        LOAD(p_end, t->p_end + i);
        LOAD(first, t->v_first + i);
        LOAD(last, t->v_last + i);
        LOAD(begin, t->v_begin + i);
        LOAD(end, t->v_end + i);
        four all = before + after, most = before + p_begin;
        four rest = after + p_end;
        sum[0] += first * all;
        sum[1] += last * all;
        sum[2] += first * most;
        sum[3] += begin * most;
        sum[4] += end * rest;
        sum[5] += last * rest;
        STORE(to + i, all);
    }
    bool on = true;
    for (int i = 0; i < 6; i++) on = on && TOTAL(sum[i]) > 0.0;
    return on;
}

ALWAYS bool pair_goes_on(const struct phase_pieces *t, double *to, size_t width)
{
    four first = {0.0}, last = {0.0};
    for (size_t i = 0; i < width; i += LANES) {
        LOAD(all, t->before + i);
        LOAD(after, t->after + i);
        LOAD(v_first, t->v_first + i);
        LOAD(v_last, t->v_last + i);
        all += after;
        first += v_first * all;
        last += v_last * all;
        STORE(to + i, all);
    }
    return TOTAL(first) > 0.0 && TOTAL(last) > 0.0;
}

#define LOOPS(NAME, TARGET)                                                  \
    TARGET static void NAME##_drift(                                         \
        size_t width, double step, const double *inverse, const double *q,   \
        const double *p, const double *g, double *to_q, double *to_p)        \
    {                                                                        \
        drift(width, step, inverse, q, p, g, to_q, to_p);                    \
    }                                                                        \
    TARGET static double NAME##_kick(size_t width, double step,              \
                                     const double *inverse, const double *g, \
                                     double *p, double *v)                   \
    {                                                                        \
        return kick(width, step, inverse, g, p, v);                          \
    }                                                                        \
    TARGET static double NAME##_dot(size_t width, const double *x,           \
                                    const double *y)                         \
    {                                                                        \
        return dot(width, x, y);                                             \
    }                                                                        \
    TARGET static void NAME##_add(size_t width, double *to, double scale,    \
                                  const double *x)                           \
    {                                                                        \
        add(width, to, scale, x);                                            \
    }                                                                        \
    TARGET static bool NAME##_goes_on(const struct phase_pieces *t,          \
                                      double *sum, size_t width)             \
    {                                                                        \
        return goes_on(t, sum, width);                                       \
    }                                                                        \
    TARGET static bool NAME##_pair_goes_on(const struct phase_pieces *t,     \
                                           double *sum, size_t width)        \
    {                                                                        \
        return pair_goes_on(t, sum, width);                                  \
    }                                                                        \
    static const struct phase_loops NAME = {                                 \
        #NAME,      NAME##_drift,   NAME##_kick,        NAME##_dot,          \
        NAME##_add, NAME##_goes_on, NAME##_pair_goes_on};

LOOPS(plain, )
#ifdef __x86_64__
LOOPS(wide, __attribute__((target("avx2"))))
static bool has_wide(void) { return __builtin_cpu_supports("avx2"); }
#else
#define wide plain
static bool has_wide(void) { return false; }
#endif

const struct phase_loops *phase_named(const char *name)
{
    if (!strcmp(name, "wide")) return has_wide() ? &wide : NULL;
    return &plain;
}

const struct phase_loops *phase_chosen(void)
{
    static const struct phase_loops *chosen;
    if (!chosen) chosen = has_wide() ? &wide : &plain;
    return chosen;
}
