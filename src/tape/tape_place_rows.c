/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Plates of a few rows as one program over single numbers, row after row:
 * places become numbers of the memory.
 */
#include "tape/tape_code_run.h"

struct placing {
    struct tape *t;
    const struct tape_plate *p;
    struct tape_room at; /* where this plate's begin */
};

static uint32_t number(const struct placing *w, struct tape_ref r, uint32_t row)
{
    const struct tape_memory *m = &w->t->run->where;
    uint32_t along = r.index * w->p->rows + row;
    switch ((enum tape_place)r.place) {
    case PLACE_CONSTANT: return m->constants + r.index;
    case PLACE_COLUMN: return (uint32_t)w->at.columns + along;
    case PLACE_SLOT: return r.index;
    case PLACE_RUN: return r.index + row;
    case PLACE_GATHER: return w->p->gathers[r.index][row];
    case PLACE_BUFFER: return (uint32_t)w->at.buffers + along;
    case PLACE_SUM: return (uint32_t)w->at.sums + along;
    case PLACE_SEED: return m->one;
    case PLACE_TERM: return m->term;
    case PLACE_GUARD: return m->guard;
    case PLACE_BY_SLOT: return m->adjoints + r.index;
    case PLACE_BY_RUN: return m->adjoints + r.index + row;
    case PLACE_BY_GATHER: return m->adjoints + w->p->gathers[r.index][row];
    default: return m->zero;
    }
}

static uint32_t code_of(uint32_t code)
{
    switch (code) {
    case STEP_PLUS: return LANES_ONE_PLUS;
    case STEP_COPY: return LANES_ONE_COPY;
    case STEP_GUARD: return LANES_ONE_GUARD;
    default: return code < STEP_WAY ? code : code - STEP_WAY + LANES_ONE_WAY;
    }
}

static void place(const struct placing *w, const struct tape_lowered *l,
                  enum tape_phase phase, struct lanes_one *to, uint32_t *count)
{
    for (uint32_t row = 0; row < w->p->rows; row++)
        for (uint32_t i = 0; i < l->steps[phase].count; i++) {
            const struct tape_step *s = &l->steps[phase].at[i];
            to[(*count)++] = (struct lanes_one){
                code_of(s->code),
                number(w, s->out, row),
                {number(w, s->slope[0], row), number(w, s->slope[1], row)},
                number(w, s->a, row),
                number(w, s->b, row),
                number(w, s->c, row),
                number(w, s->g, row)};
        }
}

bool tape_place_rows(struct tape *t, const struct tape_plate *p,
                     const struct tape_lowered *l, uint32_t count,
                     struct tape_room *used, struct tape_rows *out)
{
    size_t once = 0, forward = 0, back = 0;
    for (uint32_t i = 0; i < count; i++) {
        once += (size_t)p[i].rows * l[i].steps[PHASE_ONCE].count;
        forward += (size_t)p[i].rows * (l[i].steps[PHASE_FORWARD].count +
                                        l[i].steps[PHASE_LEAVE].count);
        back += (size_t)p[i].rows * l[i].steps[PHASE_BACK].count;
    }
    out->once = tape_take(t->run, once, sizeof *out->once);
    out->forward = tape_take(t->run, forward, sizeof *out->forward);
    out->back = tape_take(t->run, back, sizeof *out->back);
    if (!out->once || !out->forward || !out->back) return false;
    struct tape_room *at = used, first = *used;
    for (uint32_t i = 0; i < count; i++) {
        struct placing w = {t, &p[i], *at};
        for (uint32_t k = 0; k < p[i].column_count; k++)
            for (uint32_t row = 0; row < p[i].rows; row++)
                t->run->memory[at->columns + k * p[i].rows + row] =
                    p[i].columns[k][row];
        place(&w, &l[i], PHASE_ONCE, out->once, &out->once_count);
        place(&w, &l[i], PHASE_FORWARD, out->forward, &out->forward_count);
        place(&w, &l[i], PHASE_LEAVE, out->forward, &out->forward_count);
        at->columns += (size_t)p[i].rows * p[i].column_count;
        at->buffers += (size_t)p[i].rows * l[i].buffers;
        at->sums += (size_t)p[i].rows * l[i].sums;
    }
    /* Backward, the last plate comes first. */
    struct tape_room from = *at;
    for (uint32_t i = count; i-- > 0;) {
        from.columns -= (size_t)p[i].rows * p[i].column_count;
        from.buffers -= (size_t)p[i].rows * l[i].buffers;
        from.sums -= (size_t)p[i].rows * l[i].sums;
        struct placing w = {t, &p[i], from};
        place(&w, &l[i], PHASE_BACK, out->back, &out->back_count);
    }
    return from.sums == first.sums;
}
