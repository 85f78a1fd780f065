/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A plate's steps put into lanes: places become addresses. Buffers of a block
 * are as small as the plate is, and blocks of large bodies shorter, so that
 * what a block needs stays near.
 */
#include "tape/tape_code_run.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_MOST = 256, BLOCK_LEAST = 32, BLOCK_BYTES = 40000 };

/* Where each place begins. */
struct placing {
    struct tape *t;
    const struct tape_plate *p;
    const struct tape_lowered *l;
    struct tape_lanes *out;
    double *buffers, *eights, *rows, *zero;
    size_t row_room;
    struct lanes_dot *dots;
};

static size_t padded(size_t n)
{
    return (n + LANES_EIGHT - 1) / LANES_EIGHT * LANES_EIGHT;
}

uint32_t tape_block(const struct tape_plate *p, const struct tape_lowered *l)
{
    size_t block = BLOCK_MOST;
    while (block > BLOCK_LEAST &&
           block * l->buffers * sizeof(double) > BLOCK_BYTES)
        block /= 2;
    return (uint32_t)(padded(p->rows) < block ? padded(p->rows) : block);
}

/* ---- operands ----------------------------------------------------------- */

static struct lanes_operand operand(const struct placing *w, struct tape_ref r)
{
    const size_t all = SIZE_MAX;
    double *memory = w->t->run->memory;
    const struct tape_memory *where = &w->t->run->where;
    switch ((enum tape_place)r.place) {
    case PLACE_COLUMN:
        return (struct lanes_operand){w->p->columns[r.index], all, all};
    case PLACE_RUN: return (struct lanes_operand){memory + r.index, all, all};
    case PLACE_BY_RUN:
        return (struct lanes_operand){memory + where->adjoints + r.index, all,
                                      all};
    case PLACE_ROWS:
        return (struct lanes_operand){w->rows + r.index * w->row_room, all,
                                      all};
    case PLACE_BUFFER:
        return (struct lanes_operand){
            w->buffers + (size_t)r.index * w->out->block, all, 0};
    case PLACE_SEED: return (struct lanes_operand){w->out->seed, all, 0};
    case PLACE_EIGHT:
        return (struct lanes_operand){w->eights + 8 * (size_t)r.index, 0, 0};
    case PLACE_TERM: return (struct lanes_operand){w->out->sums, 0, 0};
    case PLACE_SUM:
        return (struct lanes_operand){w->out->sums + 8 * (r.index + 1ul), all,
                                      0};
    case PLACE_GUARD:
        return (struct lanes_operand){memory + where->guard, 0, 0};
    default: return (struct lanes_operand){w->zero, 0, 0};
    }
}

static lanes_kernel *kernel(const struct lanes *k, const struct tape_step *s)
{
    if (s->code < TAPE_CODES)
        return s->mode == LANES_SUM ? k->term[s->code] : k->value[s->code];
    switch (s->code) {
    case STEP_PLUS: return k->plus;
    case STEP_COPY: return k->copy;
    case STEP_GUARD: return k->guard;
    case STEP_SEED: return k->seed;
    case STEP_GATHER: return k->gather;
    case STEP_DOT: return k->dot;
    case STEP_DOT_WAY: return k->dot_way;
    default: return k->way[s->code - STEP_WAY][s->mode];
    }
}

static void place_step(const struct placing *w, const struct tape_step *s,
                       struct lanes_step *out)
{
    out->run = kernel(w->t->run->lanes, s);
    out->out = operand(w, s->out);
    out->slope[0] = operand(w, s->slope[0]);
    out->slope[1] = operand(w, s->slope[1]);
    out->a = operand(w, s->a);
    out->b = operand(w, s->b);
    out->c = operand(w, s->c);
    out->g = operand(w, s->g);
    if (s->code == STEP_GATHER) {
        out->a.at = w->t->run->memory;
        out->gather = w->p->gathers[s->index];
    }
    if (s->code == STEP_DOT || s->code == STEP_DOT_WAY)
        out->dot = &w->dots[s->index];
}

/* ---- lists -------------------------------------------------------------- */

static bool place_dots(struct placing *w)
{
    const struct tape_lowered *l = w->l;
    struct tape_code_run *run = w->t->run;
    w->dots = tape_take(run, l->dots.count, sizeof *w->dots);
    if (!w->dots) return false;
    for (uint32_t i = 0; i < l->dots.count; i++) {
        struct tape_pair dot = l->dots.at[i];
        struct lanes_dot *d = &w->dots[i];
        d->count = dot.to - dot.from;
        d->columns = tape_take(run, d->count, sizeof *d->columns);
        d->factors = tape_take(run, d->count, sizeof *d->factors);
        d->sums = tape_take(run, d->count, sizeof *d->sums);
        if (!d->columns || !d->factors || !d->sums) return false;
        for (uint32_t k = 0; k < d->count; k++) {
            struct tape_pair f = l->factors.at[dot.from + k];
            d->columns[k] = w->p->columns[f.to];
            d->factors[k] = w->eights + 8 * (size_t)f.from;
            d->sums[k] =
                w->out->sums + 8 * (l->factor_sums.at[dot.from + k].to + 1ul);
        }
    }
    return true;
}

static bool place_lists(struct placing *w)
{
    const struct tape_lowered *l = w->l;
    struct tape_lanes *out = w->out;
    struct tape_code_run *run = w->t->run;
    out->slot_count = l->slots.count;
    out->total_count = l->totals.count;
    out->gather_count = l->gathers.count;
    out->slots = tape_take(run, l->slots.count, sizeof *out->slots);
    out->totals = tape_take(run, l->totals.count, sizeof *out->totals);
    out->gathers = tape_take(run, l->gathers.count, sizeof *out->gathers);
    if (!out->slots || !out->totals || !out->gathers) return false;
    for (uint32_t i = 0; i < l->slots.count; i++)
        out->slots[i] = (struct lanes_link){
            w->eights + 8 * (size_t)l->slots.at[i].to, l->slots.at[i].from};
    for (uint32_t i = 0; i < l->totals.count; i++)
        out->totals[i] = (struct lanes_link){
            out->sums + 8 * (l->totals.at[i].to + 1ul), l->totals.at[i].from};
    for (uint32_t i = 0; i < l->gathers.count; i++) {
        struct tape_back *b = &out->gathers[i];
        b->rows = w->rows + l->gathers.at[i].to * w->row_room;
        b->gather = l->gathers.at[i].from;
        b->zero = (uint32_t)w->row_room - 1;
        if (!tape_place_scatter(run, w->p->gathers[b->gather], w->p->rows,
                                b->zero, run->turned[w->p - w->t->plates],
                                &b->scatter))
            return false;
    }
    return true;
}

/* ---- all ---------------------------------------------------------------- */

static bool place_arrays(struct placing *w, double *shared)
{
    const struct tape_lowered *l = w->l;
    struct tape_lanes *out = w->out;
    struct tape_code_run *run = w->t->run;
    w->row_room = padded(w->p->rows) + LANES_EIGHT;
    out->kept = out->block >= out->rows && !out->leaf;
    w->buffers = out->kept ? tape_take(run, (size_t)l->buffers * out->block,
                                       sizeof(double))
                           : shared;
    w->eights = tape_take(run, 8 * (size_t)l->eights, sizeof(double));
    out->sum_count = 8 * (l->sums + 1);
    out->sums = tape_take(run, out->sum_count, sizeof(double));
    w->rows = tape_take(run, l->rows * w->row_room, sizeof(double));
    w->zero = tape_take(run, 8, sizeof(double));
    if (l->seeded) out->seed = tape_take(run, out->block, sizeof(double));
    if (!w->buffers || !w->eights || !out->sums || !w->rows || !w->zero ||
        (l->seeded && !out->seed))
        return false;
    for (uint32_t i = 0; l->seeded && i < out->block; i++) out->seed[i] = 1;
    for (int i = 0; i < 8; i++) w->eights[i] = -0.0;
    for (uint32_t i = 0; i < l->constants.count; i++)
        for (int k = 0; k < 8; k++)
            w->eights[8 * (size_t)l->constants.at[i].to + (size_t)k] =
                w->t->constants[l->constants.at[i].from];
    return true;
}

bool tape_place_lanes(struct tape *t, const struct tape_plate *p,
                      const struct tape_lowered *l, double *shared,
                      struct tape_lanes *out)
{
    struct placing w = {.t = t, .p = p, .l = l, .out = out};
    out->rows = p->rows;
    out->block = tape_block(p, l);
    out->leaf = p->output_count == 0;
    if (!place_arrays(&w, shared) || !place_dots(&w) || !place_lists(&w))
        return false;
    for (int i = 0; i < PHASES; i++)
        out->phase[i + 1] = out->phase[i] + l->steps[i].count;
    out->steps = tape_take(t->run, out->phase[PHASES], sizeof *out->steps);
    if (!out->steps) return false;
    for (int i = 0; i < PHASES; i++)
        for (uint32_t k = 0; k < l->steps[i].count; k++)
            place_step(&w, &l->steps[i].at[k], &out->steps[out->phase[i] + k]);
    return true;
}
