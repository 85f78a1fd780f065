/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Variable elimination: see eliminate.h. Next is always the variable whose
 * elimination makes the smallest table. Each table is scaled to a largest
 * entry of 1, so that long chains do not fade away.
 */
#include "infer/eliminate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double entries(const struct elimination *e, const uint32_t *vars,
                      uint32_t count)
{
    double n = 1.0;
    for (uint32_t i = 0; i < count; i++) n *= e->sizes[vars[i]];
    return n;
}

static void factor_free(struct factor *f)
{
    free(f->vars);
    free(f->at);
    *f = (struct factor){NULL, 0, NULL};
}

static bool factor_open(const struct elimination *e, struct factor *f,
                        const uint32_t *vars, uint32_t count)
{
    size_t n = (size_t)entries(e, vars, count);
    f->count = count;
    f->vars = malloc((count + 1) * sizeof *vars);
    f->at = calloc(n, sizeof *f->at);
    if (!f->vars || !f->at) {
        factor_free(f);
        return false;
    }
    if (count) memcpy(f->vars, vars, count * sizeof *vars);
    return true;
}

struct factor *elimination_add(struct elimination *e, const uint32_t *vars,
                               uint32_t count)
{
    if (entries(e, vars, count) > e->most) return NULL;
    if (e->count == e->room) {
        uint32_t room = e->room ? e->room * 2 : 64;
        struct factor *more = realloc(e->factors, room * sizeof *more);
        if (!more) return NULL;
        e->factors = more;
        e->room = room;
    }
    struct factor *f = &e->factors[e->count];
    if (!factor_open(e, f, vars, count)) return NULL;
    e->count++;
    return f;
}

void elimination_close(struct elimination *e)
{
    for (uint32_t i = 0; i < e->count; i++) factor_free(&e->factors[i]);
    free(e->factors);
    e->factors = NULL;
    e->count = e->room = 0;
}

/* ---- one product ----------------------------------------------------------- */

static bool has(const struct factor *f, uint32_t var)
{
    for (uint32_t i = 0; i < f->count; i++)
        if (f->vars[i] == var) return true;
    return false;
}

/* Adds f's variables to those that ascend already. */
static uint32_t join(uint32_t *vars, uint32_t count, const struct factor *f)
{
    for (uint32_t i = 0; i < f->count; i++) {
        uint32_t k = count;
        while (k && vars[k - 1] > f->vars[i]) k--;
        if (k && vars[k - 1] == f->vars[i]) continue;
        memmove(vars + k + 1, vars + k, (count - k) * sizeof *vars);
        vars[k] = f->vars[i];
        count++;
    }
    return count;
}

/* Steps of f's table for a step of each of these variables. */
static void strides(const struct elimination *e, const struct factor *f,
                    const uint32_t *vars, uint32_t count, size_t *out)
{
    size_t step = 1;
    for (uint32_t i = 0; i < count; i++) out[i] = 0;
    for (uint32_t i = f->count; i-- > 0;) {
        for (uint32_t k = 0; k < count; k++)
            if (vars[k] == f->vars[i]) out[k] = step;
        step *= e->sizes[f->vars[i]];
    }
}

/* Multiplies f into a table over vars. */
static bool multiply(const struct elimination *e, struct factor *into,
                     const struct factor *f)
{
    uint32_t n = into->count;
    size_t all = (size_t)entries(e, into->vars, n), at = 0;
    size_t *step = malloc((n + 1) * sizeof *step);
    uint32_t *now = calloc(n + 1, sizeof *now);
    bool ok = step && now;
    if (ok) strides(e, f, into->vars, n, step);
    for (size_t i = 0; ok && i < all; i++) {
        into->at[i] *= f->at[at];
        for (uint32_t k = n; k-- > 0;) {
            at += step[k];
            if (++now[k] < e->sizes[into->vars[k]]) break;
            at -= step[k] * now[k];
            now[k] = 0;
        }
    }
    free(step);
    free(now);
    return ok;
}

/* Sums the variable out of a table: the result has one fewer. */
static bool sum_out(const struct elimination *e, const struct factor *f,
                    uint32_t var, struct factor *out)
{
    uint32_t place = 0;
    while (f->vars[place] != var) place++;
    uint32_t *rest = malloc((f->count + 1) * sizeof *rest);
    if (!rest) return false;
    memcpy(rest, f->vars, place * sizeof *rest);
    memcpy(rest + place, f->vars + place + 1,
           (f->count - place - 1) * sizeof *rest);
    bool ok = factor_open(e, out, rest, f->count - 1);
    free(rest);
    if (!ok) return false;
    size_t inner =
        (size_t)entries(e, f->vars + place + 1, f->count - place - 1);
    size_t outer = (size_t)entries(e, f->vars, place), n = e->sizes[var];
    for (size_t i = 0; i < outer; i++)
        for (size_t v = 0; v < n; v++)
            for (size_t k = 0; k < inner; k++)
                out->at[i * inner + k] += f->at[(i * n + v) * inner + k];
    return true;
}

static bool scale(const struct elimination *e, struct factor *f, double *log_by)
{
    size_t n = (size_t)entries(e, f->vars, f->count);
    double largest = 0.0;
    for (size_t i = 0; i < n; i++) largest = fmax(largest, f->at[i]);
    if (!(largest > 0.0)) return false;
    for (size_t i = 0; i < n; i++) f->at[i] /= largest;
    *log_by += log(largest);
    return true;
}

/* ---- the order ------------------------------------------------------------- */

/* The variables of all factors that have this one, with it; `room` for all. */
static uint32_t neighbours(const struct elimination *e, uint32_t var,
                           uint32_t *room)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < e->count; i++)
        if (has(&e->factors[i], var)) count = join(room, count, &e->factors[i]);
    return count;
}

/* All factors with this variable become one without it. vars has them all. */
static enum elimination_end eliminate(struct elimination *e, uint32_t var,
                                      const uint32_t *vars, uint32_t count,
                                      double *log_by)
{
    struct factor all, rest = {NULL, 0, NULL};
    if (entries(e, vars, count) > e->most) return ELIMINATION_WIDE;
    if (!factor_open(e, &all, vars, count)) return ELIMINATION_MEMORY;
    size_t n = (size_t)entries(e, vars, count);
    for (size_t i = 0; i < n; i++) all.at[i] = 1.0;
    bool ok = true;
    for (uint32_t i = 0; ok && i < e->count; i++) {
        if (!has(&e->factors[i], var)) continue;
        ok = multiply(e, &all, &e->factors[i]);
        factor_free(&e->factors[i]);
        e->factors[i--] = e->factors[--e->count];
    }
    ok = ok && sum_out(e, &all, var, &rest);
    factor_free(&all);
    if (!ok) return ELIMINATION_MEMORY;
    if (!scale(e, &rest, log_by)) *log_by = -INFINITY;
    e->factors[e->count++] = rest; /* in the place of one that went */
    return ELIMINATION_DONE;
}

/* The one whose table is the smallest; vars[*] of it are left in `room`. */
static uint32_t next(const struct elimination *e, const bool *gone,
                     uint32_t *room, uint32_t *count)
{
    uint32_t best = UINT32_MAX;
    double least = INFINITY;
    for (uint32_t v = 0; v < e->vars; v++) {
        if (gone[v]) continue;
        double size = entries(e, room, neighbours(e, v, room));
        if (size < least) {
            least = size;
            best = v;
        }
        if (size <= 64.0) break; /* small enough: in the order that they have */
    }
    *count = best == UINT32_MAX ? 0 : neighbours(e, best, room);
    return best;
}

enum elimination_end elimination_run(struct elimination *e, uint32_t kept,
                                     double *sums, double *log_scale)
{
    bool *gone = calloc(e->vars + 1, sizeof *gone);
    uint32_t *room = malloc((e->vars + 1) * sizeof *room), count;
    enum elimination_end end =
        gone && room ? ELIMINATION_DONE : ELIMINATION_MEMORY;
    *log_scale = 0.0;
    if (gone) gone[kept] = true;
    while (end == ELIMINATION_DONE) {
        uint32_t v = next(e, gone, room, &count);
        if (v == UINT32_MAX) break;
        gone[v] = true;
        if (count) end = eliminate(e, v, room, count, log_scale);
        if (*log_scale == -INFINITY) break;
    }
    bool possible = *log_scale > -INFINITY;
    for (uint32_t i = 0; i < e->sizes[kept]; i++) sums[i] = possible;
    for (uint32_t f = 0; possible && end == ELIMINATION_DONE && f < e->count;
         f++)
        for (uint32_t i = 0; i < e->sizes[kept]; i++)
            sums[i] *= e->factors[f].at[e->factors[f].count ? i : 0];
    free(gone);
    free(room);
    return end;
}
