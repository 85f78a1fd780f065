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

static bool list_of_block(struct engine *e, const struct gather_block *k,
                          const double *x, value *out)
{
    *out = V_NIL;
    for (uint32_t i = k->rows; i-- > 0;) {
        value row = vector_make(k->columns, 0);
        if (row == V_UNBOUND) return machine_no_memory(e->machine);
        memcpy(as_vector(row)->at, x + (size_t)i * k->columns,
               k->columns * sizeof *x);
        *out = cons(row, *out);
        if (*out == V_UNBOUND) return machine_no_memory(e->machine);
    }
    return true;
}

static bool value_of_block(struct engine *e, const struct gather_block *k,
                           const double *x, value *out)
{
    if (!k->rows) {
        *out = v_double(x[0]);
        return true;
    }
    if (k->listed) return list_of_block(e, k, x, out);
    *out = vector_make(k->rows, k->columns);
    if (*out == V_UNBOUND) return machine_no_memory(e->machine);
    memcpy(as_vector(*out)->at, x, k->numbers * sizeof *x);
    return true;
}

/* Are the free choices those that there were? What is observed may be another
 * application. (That the densities of draws are 1 would not do: on the unit
 * interval they all are.) */
static bool same_choices(struct engine *e, const struct move *m, uint64_t count)
{
    for (uint32_t i = 0; i < m->fresh_count; i++)
        if (e->op->choice_at(e, m->fresh[i])) return false;
    return e->op->free_choices(e) == count;
}

bool gathering_lend(const struct gathering *g, struct engine *e,
                    const double *q, double *numbers, struct move_part *out)
{
    bool ok = true;
    gathering_numbers(g, q, numbers);
    for (uint32_t i = 0; ok && i < g->block_count; i++) {
        const struct gather_block *k = &g->blocks[i];
        out[i].choice = k->choice;
        ok = value_of_block(e, k, numbers + k->at, &out[i].to);
    }
    return ok;
}

bool gathering_density(const struct gathering *g, const double *q,
                       double log_density, double *out)
{
    double jacobian = 0.0;
    if (g->jacobian && tape_run(g->jacobian, q, &jacobian, NULL) != TAPE_FINE)
        return false;
    *out = log_density - jacobian;
    return isfinite(*out);
}

bool gathering_write(const struct gathering *g, struct engine *e,
                     const double *q, bool *possible)
{
    double *x = malloc((g->number_count + 1) * sizeof *x);
    struct move_part *parts = memory_new((g->block_count + 1) * sizeof *parts);
    struct move m = {.parts = parts, .count = g->block_count};
    bool ok = (x && parts) || machine_no_memory(e->machine);
    uint64_t count = e->op->free_choices(e);
    *possible = false;
    ok = ok && gathering_lend(g, e, q, x, parts);
    free(x);
    if (ok && (ok = e->op->move(e, &m))) {
        *possible = m.possible && same_choices(e, &m, count);
        ok = e->op->settle(e, *possible);
    }
    move_close(&m);
    return ok;
}
