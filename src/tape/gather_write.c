/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Between the coordinates of a gathering and the trace: read from it, written
 * to it as a move, and lent to it where nothing but values would change.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tape/gather_inside.h"
#include "tape/gather_space.h"

bool gathering_read(const struct gathering *g, struct engine *e, double *q,
                    const struct gather_block **edge)
{
    struct trace *t = reduced_trace(e);
    bool collecting = t->collecting, ok = true;
    t->collecting = false;
    for (uint32_t i = 0; ok && i < g->block_count; i++) {
        ok = space_read(t, &g->blocks[i], q + g->blocks[i].first);
        if (!ok) *edge = &g->blocks[i];
    }
    t->collecting = collecting;
    return ok;
}

void gathering_numbers(const struct gathering *g, const double *q, double *out)
{
    tape_slots(g->values, q, g->room);
    for (uint32_t i = 0; i < g->number_count; i++)
        out[i] = g->room[g->slots[i]];
}

/* A list of numbers, or of vectors. */
static bool list_of(struct machine *m, uint32_t rows, uint32_t columns,
                    const double *x, const value *whole, value *out)
{
    *out = V_NIL;
    for (uint32_t i = rows; i-- > 0;) {
        value row = columns ? vector_make(columns, 0) : v_double(x[i]);
        if (whole && whole[i] != V_UNBOUND) row = whole[i];
        if (row == V_UNBOUND) return machine_no_memory(m);
        if (columns)
            memcpy(as_vector(row)->at, x + (size_t)i * columns,
                   columns * sizeof *x);
        *out = cons(row, *out);
        if (*out == V_UNBOUND) return machine_no_memory(m);
    }
    return true;
}

static bool array_of(struct machine *m, uint32_t rows, uint32_t columns,
                     const double *x, value *out)
{
    *out = vector_make(rows, columns);
    if (*out == V_UNBOUND) return machine_no_memory(m);
    memcpy(as_vector(*out)->at, x,
           (size_t)rows * (columns ? columns : 1) * sizeof *x);
    return true;
}

/* A number, or an array. */
static bool plain_of(struct machine *m, uint32_t rows, uint32_t columns,
                     const double *x, value *out)
{
    if (!rows) *out = v_double(x[0]);
    return !rows || array_of(m, rows, columns, x, out);
}

/* ---- from kept numbers ----------------------------------------------------- */

static double kept(const struct gathering *g, uint32_t i)
{
    return g->room[g->slots[i]];
}

static const double *copy(const struct gathering *g, uint32_t first, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) g->copied[i] = kept(g, first + i);
    return g->copied;
}

/* The slots are filled. */
static bool parts_of_blocks(const struct gathering *g, struct machine *m,
                            struct move_part *out)
{
    bool ok = true;
    for (uint32_t i = 0; ok && i < g->block_count; i++) {
        const struct gather_block *k = &g->blocks[i];
        const double *x = copy(g, k->at, k->numbers);
        out[i].choice = k->choice;
        ok = k->listed ? list_of(m, k->rows, k->columns, x, NULL, &out[i].to)
                       : plain_of(m, k->rows, k->columns, x, &out[i].to);
    }
    return ok;
}

/* ---- lent -------------------------------------------------------------------- */

static bool by_numbers(const struct gathering *g, double log_density,
                       double *out)
{
    *out = log_density;
    for (uint32_t i = 0; i < g->jacobian_count; i++)
        *out -= g->jacobian[i] * kept(g, g->number_count + i);
    return isfinite(*out);
}

bool gathering_density(const struct gathering *g, const double *q,
                       double log_density, double *out)
{
    if (g->jacobian_count) tape_slots(g->values, q, g->room);
    return by_numbers(g, log_density, out);
}

static bool are_finite(const struct gathering *g, uint32_t first, uint32_t n)
{
    bool finite = true;
    for (uint32_t i = first; i < first + n; i++)
        finite &= isfinite(kept(g, i)) != 0;
    return finite;
}

bool gathering_lend(const struct gathering *g, struct engine *e,
                    const double *q, double log_density, struct move_part *out,
                    double *density, bool *fine)
{
    struct machine *m = e->machine;
    bool ok = true;
    tape_slots(g->values, q, g->room);
    *fine = by_numbers(g, log_density, density) &&
            are_finite(g, g->number_count + g->jacobian_count, g->finite_count);
    for (uint32_t i = 0; *fine && i < g->shown_count; i++)
        *fine = are_finite(g, g->shown[i].at, g->shown[i].numbers);
    if (!*fine) return true;
    if (!parts_of_blocks(g, m, out)) return false;
    out += g->block_count;
    for (uint32_t i = 0; ok && i < g->shown_count; i++) {
        const struct gather_shown *s = &g->shown[i];
        const double *x = copy(g, s->at, s->numbers);
        out[i].choice = s->region;
        ok = s->listed
                 ? list_of(m, s->rows, s->columns, x, s->whole, &out[i].to)
                 : plain_of(m, s->rows, s->columns, x, &out[i].to);
    }
    return ok;
}

/* ---- written ----------------------------------------------------------------- */

/* Are the free choices those that there were? What is observed may be another
 * application. (That the densities of draws are 1 would not do: on the unit
 * interval they all are.) */
static bool same_choices(struct engine *e, const struct move *m, uint64_t count)
{
    for (uint32_t i = 0; i < m->fresh_count; i++)
        if (e->op->choice_at(e, m->fresh[i])) return false;
    return e->op->free_choices(e) == count;
}

bool gathering_write(const struct gathering *g, struct engine *e,
                     const double *q, bool *possible)
{
    struct move_part *parts = memory_new((g->block_count + 1) * sizeof *parts);
    struct move m = {.parts = parts, .count = g->block_count};
    bool ok = parts || machine_no_memory(e->machine);
    uint64_t count = e->op->free_choices(e);
    *possible = false;
    if (ok) tape_slots(g->values, q, g->room);
    ok = ok && parts_of_blocks(g, e->machine, parts);
    if (ok && (ok = e->op->move(e, &m))) {
        *possible = m.possible && same_choices(e, &m, count);
        ok = e->op->settle(e, *possible);
    }
    move_close(&m);
    return ok;
}
