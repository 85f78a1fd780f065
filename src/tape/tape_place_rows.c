/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Plates of a few rows as one program over single numbers, row after row:
 * places become numbers of the memory. Then it is made shorter: what goes
 * backward and is the same in every run is done once, and adjoints begin with
 * it; terms are taken together in the end, each a number times a fixed one.
 */
#include "tape/tape_code_run.h"

#include <stdlib.h>

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

/* ---- made shorter ------------------------------------------------------- */

#define GONE UINT32_MAX /* a step that is in the terms now */

/* Of each number of the memory. */
struct number {
    bool fixed;     /* the same in every run */
    uint32_t reads; /* steps that read it */
    uint32_t maker; /* 1 + step forward */
};

static struct number *look(const struct tape_memory *m,
                           const struct tape_rows *r)
{
    struct number *at = calloc(m->end + 8ul, sizeof *at);
    if (!at) return NULL;
    for (uint32_t i = m->constants; i < m->buffers; i++)
        at[i].fixed = i != m->term && i != m->guard;
    for (uint32_t i = 0; i < r->once_count; i++)
        at[r->once[i].out].fixed = at[r->once[i].slope[0]].fixed =
            at[r->once[i].slope[1]].fixed = true;
    for (uint32_t i = m->sums; i < m->end; i++) at[i].fixed = true;
    return at;
}

/* Steps backward over fixed numbers go to those that are done once. Sums of
 * adjoints are read when all of their parts have been added. */
static void move_fixed(struct number *at, struct tape_rows *r)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < r->back_count; i++) {
        const struct lanes_one *s = &r->back[i];
        bool fixed = at[s->a].fixed && at[s->b].fixed && at[s->c].fixed &&
                     at[s->g].fixed;
        if (fixed) {
            r->once[r->once_count++] = *s;
            continue;
        }
        at[s->out].fixed = false;
        r->back[kept++] = *s;
    }
    r->back_count = kept;
}

static void count(struct number *at, const struct lanes_one *s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        at[s[i].a].reads++;
        at[s[i].b].reads++;
        at[s[i].c].reads++;
        at[s[i].g].reads++;
    }
}

/* The number that is added, and its factor: a product with a fixed number
 * that nobody else reads is not made. */
static struct lanes_term term_of(const struct number *at,
                                 const struct tape_memory *m,
                                 struct tape_rows *r, uint32_t number)
{
    struct lanes_term term = {number, m->one};
    if (!at[number].maker || at[number].reads > 1) return term;
    struct lanes_one *s = &r->forward[at[number].maker - 1];
    if (s->code != TAPE_MULTIPLY || (!at[s->a].fixed && !at[s->b].fixed))
        return term;
    s->code = GONE;
    return at[s->a].fixed ? (struct lanes_term){s->b, s->a}
                          : (struct lanes_term){s->a, s->b};
}

static void take_terms(struct number *at, const struct tape_memory *m,
                       struct tape_rows *r)
{
    uint32_t kept = 0;
    /* Slots are read by others as well. */
    for (uint32_t i = 0; i < r->forward_count; i++)
        if (r->forward[i].out >= m->buffers)
            at[r->forward[i].out].maker = i + 1;
    for (uint32_t i = 0; i < r->forward_count; i++) {
        struct lanes_one *s = &r->forward[i];
        if (s->code != LANES_ONE_PLUS) continue;
        r->terms[r->term_count++] = term_of(at, m, r, s->a);
        s->code = GONE;
    }
    for (uint32_t i = 0; i < r->forward_count; i++)
        if (r->forward[i].code != GONE) r->forward[kept++] = r->forward[i];
    r->forward_count = kept;
}

static bool shorten(const struct tape_memory *m, struct tape_rows *r)
{
    struct number *at = look(m, r);
    if (!at) return false;
    move_fixed(at, r);
    count(at, r->forward, r->forward_count);
    count(at, r->back, r->back_count);
    take_terms(at, m, r);
    free(at);
    return true;
}

/* ---- all ---------------------------------------------------------------- */

bool tape_place_rows(struct tape *t, const struct tape_plate *p,
                     const struct tape_lowered *l, uint32_t count,
                     struct tape_room *used, struct tape_rows *out)
{
    size_t once = 0, forward = 0, back = 0, terms = 0;
    for (uint32_t i = 0; i < count; i++) {
        once += (size_t)p[i].rows * l[i].steps[PHASE_ONCE].count;
        forward += (size_t)p[i].rows * (l[i].steps[PHASE_FORWARD].count +
                                        l[i].steps[PHASE_LEAVE].count);
        back += (size_t)p[i].rows * l[i].steps[PHASE_BACK].count;
        terms += (size_t)p[i].rows * p[i].term_count;
    }
    out->once = tape_take(t->run, once + back, sizeof *out->once);
    out->forward = tape_take(t->run, forward, sizeof *out->forward);
    out->back = tape_take(t->run, back, sizeof *out->back);
    out->terms = tape_take(t->run, terms, sizeof *out->terms);
    if (!out->once || !out->forward || !out->back || !out->terms) return false;
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
    return from.sums == first.sums && shorten(&t->run->where, out);
}
