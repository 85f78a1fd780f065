/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tapes run. Forward over the plates in order; those that nothing reads from
 * go backward at once, block by block, and the others when all are done, in
 * reverse, computed again where their numbers are gone.
 */
#include "tape/tape_code_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 6 }; /* rows: fewer go one by one */

/* ---- made ready --------------------------------------------------------- */

void *tape_take(struct tape_code_run *run, size_t count, size_t size)
{
    if (run->block_count == run->block_room) {
        uint32_t room = run->block_room ? 2 * run->block_room : 32;
        void **more = realloc(run->blocks, room * sizeof *more);
        if (!more) return NULL;
        run->blocks = more;
        run->block_room = room;
    }
    if (size && count > (SIZE_MAX - 128) / size) return NULL;
    size_t bytes = (count * size + 64) / 64 * 64;
    void *block = aligned_alloc(64, bytes);
    if (!block) return NULL;
    run->blocks[run->block_count++] = block;
    return memset(block, 0, bytes);
}

bool tape_is_few(const struct tape_plate *p)
{
    return !p->call && p->rows < FEW;
}

/* Many rows that nothing reads from. */
static bool is_leaf(const struct tape_plate *p)
{
    return !p->call && !tape_is_few(p) && !p->output_count;
}

static size_t padded(size_t n)
{
    return (n + LANES_EIGHT - 1) / LANES_EIGHT * LANES_EIGHT;
}

/* Columns and gathers with room for whole eights, filled by the last row. */
static bool pad(struct tape_plate *p)
{
    size_t room = padded(p->rows);
    for (uint32_t k = 0; k < p->column_count; k++) {
        double *x = aligned_alloc(64, (room * sizeof *x + 64) / 64 * 64);
        if (!x) return false;
        memcpy(x, p->columns[k], p->rows * sizeof *x);
        for (size_t r = p->rows; r < room; r++) x[r] = x[p->rows - 1];
        free(p->columns[k]);
        p->columns[k] = x;
    }
    for (uint32_t k = 0; k < p->gather_count; k++) {
        uint32_t *x = realloc(p->gathers[k], room * sizeof *x);
        if (!x) return false;
        for (size_t r = p->rows; r < room; r++) x[r] = x[p->rows - 1];
        p->gathers[k] = x;
    }
    return true;
}

/* What the plates need, and where it stands. */
static bool lay_out(struct tape *t, const struct tape_lowered *l,
                    double **shared)
{
    struct tape_code_run *run = t->run;
    struct tape_memory *m = &run->where;
    size_t slots = padded(t->slots) + LANES_EIGHT, most = 0, scratch = 0;
    struct tape_room all = {0};
    for (uint32_t i = 0; i < t->plate_count; i++) {
        const struct tape_plate *p = &t->plates[i];
        if (p->call) {
            size_t n = 2 * (size_t)p->call->count;
            if (n > scratch) scratch = n;
        } else if (tape_is_few(p)) {
            all.columns += (size_t)p->rows * p->column_count;
            all.buffers += (size_t)p->rows * l[i].buffers;
            all.sums += (size_t)p->rows * l[i].sums;
        } else {
            size_t n = (size_t)l[i].buffers * tape_block(p, &l[i]);
            if (n > most) most = n;
        }
    }
    size_t end = 2 * slots + t->constant_count + 4 + all.columns + all.buffers +
                 all.sums;
    if (end > UINT32_MAX / 2) return false;
    m->constants = (uint32_t)slots;
    m->one = m->constants + t->constant_count;
    m->term = m->one + 1;
    m->guard = m->one + 2;
    m->zero = m->one + 3;
    m->columns = m->one + 4;
    m->buffers = m->columns + (uint32_t)all.columns;
    m->adjoints = (uint32_t)padded(m->buffers + all.buffers);
    m->sums = m->adjoints + (uint32_t)slots;
    m->end = (uint32_t)padded(m->sums + all.sums);
    run->memory = tape_take(run, m->end + 8ul, sizeof(double));
    run->adjoints = tape_take(run, m->end - m->adjoints + 8ul, sizeof(double));
    run->scratch = tape_take(run, scratch, sizeof(double));
    *shared = tape_take(run, most, sizeof(double));
    if (!run->memory || !run->adjoints || !run->scratch || !*shared)
        return false;
    if (t->constant_count)
        memcpy(run->memory + m->constants, t->constants,
               t->constant_count * sizeof(double));
    run->memory[m->one] = 1;
    return true;
}

/* Can what it reads be read where it stands? */
static bool is_at(const struct tape_call *c)
{
    bool one = c->value_at != NULL;
    for (uint32_t i = 1; one && i < c->line; i++)
        one = c->slots[c->line_first + i] == c->slots[c->line_first] + i;
    return one;
}

static bool place_call(struct tape_code_run *run, struct tape_call *c,
                       struct tape_reader *out)
{
    struct tape_piece *p = tape_take(run, c->count, sizeof *p);
    uint32_t count = 0;
    if (!p) return false;
    for (uint32_t i = 0; i < c->count; i++) {
        if (!i || c->slots[i] != c->slots[i - 1] + 1)
            p[count++] = (struct tape_piece){c->slots[i], i, 0};
        p[count - 1].count++;
    }
    *out = (struct tape_reader){c, p, count, is_at(c)};
    return true;
}

static bool place(struct tape *t, const struct tape_lowered *l, double *shared)
{
    struct tape_code_run *run = t->run;
    struct tape_room used = {run->where.columns, run->where.buffers,
                             run->where.sums};
    run->stages = tape_take(run, t->plate_count, sizeof *run->stages);
    run->later = tape_take(run, t->plate_count, sizeof *run->later);
    if (!run->stages || !run->later) return false;
    for (uint32_t i = 0; i < t->plate_count;) {
        struct tape_stage *stage = &run->stages[run->stage_count++];
        uint32_t end = i;
        if (!is_leaf(&t->plates[i])) run->later[run->later_count++] = stage;
        while (end < t->plate_count && tape_is_few(&t->plates[end])) end++;
        if (end > i) {
            stage->kind = STAGE_ROWS;
            if (!tape_place_rows(t, &t->plates[i], &l[i], end - i, &used,
                                 &stage->rows))
                return false;
            i = end;
            continue;
        }
        stage->kind = t->plates[i].call ? STAGE_CALL : STAGE_LANES;
        if (stage->kind == STAGE_CALL
                ? !place_call(run, t->plates[i].call, &stage->call)
                : !tape_place_lanes(t, &t->plates[i], &l[i], shared,
                                    &stage->lanes))
            return false;
        i++;
    }
    return true;
}

/* All steps of some phases, on rows row .. row + n - 1. */
static inline void run_steps(const struct tape_lanes *w, enum tape_phase from,
                             enum tape_phase to, size_t row, size_t n)
{
    const struct lanes_step *s = w->steps + w->phase[from];
    const struct lanes_step *end = w->steps + w->phase[to + 1];
    for (; s < end; s++) s->run(s, row, n);
}

/* What depends on no slot: adjoints among it. */
static void run_once(struct tape_code_run *run)
{
    for (uint32_t i = 0; i < run->stage_count; i++) {
        const struct tape_stage *s = &run->stages[i];
        if (s->kind == STAGE_ROWS)
            run->lanes->one(s->rows.once, s->rows.once_count, run->memory);
        if (s->kind == STAGE_LANES)
            run_steps(&s->lanes, PHASE_ONCE, PHASE_ONCE, 0, s->lanes.rows);
    }
    size_t n = run->where.end - run->where.adjoints;
    memcpy(run->adjoints, run->memory + run->where.adjoints,
           n * sizeof *run->adjoints);
    while (n > 0 && run->adjoints[n - 1] == 0.0) n--;
    run->adjoint_count = n;
}

bool tape_prepare(struct tape *t)
{
    struct tape_lowered *l = calloc(t->plate_count + 1ul, sizeof *l);
    double *shared;
    bool ok = l && (t->run = calloc(1, sizeof *t->run));
    for (uint32_t i = 0; ok && i < t->plate_count; i++) {
        struct tape_plate *p = &t->plates[i];
        if (p->call) continue;
        ok = (tape_is_few(p) || pad(p)) &&
             tape_lower(t, p, tape_is_few(p), &l[i]);
    }
    if (ok) {
        t->run->lanes = lanes_chosen();
        t->run->turned = tape_take(t->run, t->plate_count, 1);
        ok = t->run->turned != NULL;
    }
    for (uint32_t i = 0; ok && i < t->seat_count; i++)
        t->run->turned[t->seats[i].plate] = SEATS;
    if (ok) {
        ok = lay_out(t, l, &shared) && place(t, l, shared);
    }
    if (ok) run_once(t->run);
    for (uint32_t i = 0; l && i < t->plate_count; i++) tape_lowered_free(&l[i]);
    free(l);
    return ok;
}

/* ---- plates ------------------------------------------------------------- */

static double sum_of(const double *x)
{
    return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

/* The same for a plate's rows block by block. The seeds of adjoints are 0
 * behind the last row. */
static void run_blocks(const struct tape_lanes *w, enum tape_phase from,
                       enum tape_phase to)
{
    for (size_t row = 0; row < w->rows; row += w->block) {
        size_t n = w->rows - row < w->block ? w->rows - row : w->block;
        size_t behind = w->seed ? padded(n) : n;
        for (size_t i = n; i < behind; i++) w->seed[i] = 0;
        run_steps(w, from, to, row, n);
        for (size_t i = n; i < behind; i++) w->seed[i] = 1;
    }
}

static void end_back(struct tape_code_run *run, const struct tape_lanes *w)
{
    double *adjoints = run->memory + run->where.adjoints;
    run_steps(w, PHASE_LAST, PHASE_LAST, 0, LANES_EIGHT);
    for (uint32_t i = 0; i < w->total_count; i++)
        adjoints[w->totals[i].slot] += sum_of(w->totals[i].eight);
    for (uint32_t i = 0; i < w->gather_count; i++)
        run->lanes->scatter(&w->gathers[i].scatter, w->gathers[i].rows,
                            adjoints);
}

/* Answers what is added to the log density. */
static double lanes_forward(struct tape_code_run *run,
                            const struct tape_lanes *w, bool gradient)
{
    bool both = gradient && w->leaf;
    run->lanes->open(w->slots, w->slot_count, run->memory, w->sums,
                     w->sum_count);
    run_steps(w, PHASE_FIRST, PHASE_FIRST, 0, LANES_EIGHT);
    run_blocks(w, PHASE_FORWARD, both ? PHASE_BACK : PHASE_LEAVE);
    if (both) end_back(run, w);
    return sum_of(w->sums);
}

/* What is computed again leaves slots and guards as they are. */
static void lanes_back(struct tape_code_run *run, const struct tape_lanes *w)
{
    run->lanes->open(NULL, 0, run->memory, w->sums, w->sum_count);
    run_blocks(w, w->kept ? PHASE_BACK : PHASE_FORWARD, PHASE_BACK);
    end_back(run, w);
}

/* ---- calls -------------------------------------------------------------- */

/* One piece is read where it stands. */
static const double *read_in(struct tape_code_run *run,
                             const struct tape_reader *r)
{
    if (r->count == 1) return run->memory + r->pieces[0].slot;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct tape_piece *p = &r->pieces[i];
        memcpy(run->scratch + p->first, run->memory + p->slot,
               p->count * sizeof(double));
    }
    return run->scratch;
}

static bool call_forward(struct tape_code_run *run, const struct tape_reader *r)
{
    const struct tape_call *c = r->call;
    if (r->at)
        return c->value_at(c->context, c->slots, run->memory,
                           run->memory + c->first);
    return c->value(c->context, read_in(run, r), run->memory + c->first);
}

static void add_pieces(const struct tape_reader *r,
                       const double *restrict by_in, double *restrict adjoints)
{
    for (uint32_t i = 0; i < r->count; i++) {
        const struct tape_piece *p = &r->pieces[i];
        for (uint32_t k = 0; k < p->count; k++)
            adjoints[p->slot + k] += by_in[p->first + k];
    }
}

static bool call_back(struct tape_code_run *run, const struct tape_reader *r)
{
    const struct tape_call *c = r->call;
    double *adjoints = run->memory + run->where.adjoints;
    double *by_in = run->scratch + c->count, by_term;
    const double *by_out = adjoints + c->first;
    if (c->term) {
        by_term = *by_out + 1;
        by_out = &by_term;
    }
    if (r->at)
        return c->reverse_at(c->context, c->slots, run->memory,
                             run->memory + c->first, by_out, adjoints);
    memset(by_in, 0, c->count * sizeof *by_in);
    if (!c->reverse(c->context, read_in(run, r), run->memory + c->first, by_out,
                    by_in))
        return false;
    add_pieces(r, by_in, adjoints);
    return true;
}

/* ---- tapes -------------------------------------------------------------- */

/* false: a call is outside of its domain. */
static bool forward(struct tape *t, bool gradient, double *log_density)
{
    struct tape_code_run *run = t->run;
    double *memory = run->memory, sum = t->constant;
    memory[run->where.guard] = 0;
    bool fine = true;
    for (uint32_t i = 0; fine && i < run->stage_count; i++) {
        const struct tape_stage *s = &run->stages[i];
        switch (s->kind) {
        case STAGE_ROWS:
            run->lanes->one(s->rows.forward, s->rows.forward_count, memory);
            sum += run->lanes->sum(s->rows.terms, s->rows.term_count, memory);
            break;
        case STAGE_LANES: sum += lanes_forward(run, &s->lanes, gradient); break;
        case STAGE_CALL:
            fine = call_forward(run, &s->call);
            if (fine && s->call.call->term) sum += memory[s->call.call->first];
            break;
        }
    }
    *log_density = sum;
    return fine;
}

static bool backward(struct tape_code_run *run)
{
    for (uint32_t i = run->later_count; i-- > 0;) {
        const struct tape_stage *s = run->later[i];
        switch (s->kind) {
        case STAGE_ROWS:
            run->lanes->one(s->rows.back, s->rows.back_count, run->memory);
            break;
        case STAGE_LANES: lanes_back(run, &s->lanes); break;
        case STAGE_CALL:
            if (!call_back(run, &s->call)) return false;
            break;
        }
    }
    return true;
}

enum tape_answer tape_run(struct tape *t, const double *q, double *log_density,
                          double *gradient)
{
    struct tape_code_run *run = t->run;
    const struct tape_memory *m = &run->where;
    run->lanes->begin(q, t->size, run->memory, run->adjoints,
                      run->adjoint_count, run->memory + m->adjoints,
                      gradient ? m->end - m->adjoints : 0);
    bool fine = forward(t, gradient, log_density);
    if (run->memory[m->guard] != 0) return TAPE_GUARDED;
    if (!fine || !isfinite(*log_density)) return TAPE_OUTSIDE;
    if (!gradient) return TAPE_FINE;
    if (!backward(run)) return TAPE_OUTSIDE;
    bool finite = run->lanes->end(run->memory + m->adjoints, t->size, gradient);
    return finite ? TAPE_FINE : TAPE_OUTSIDE;
}

void tape_slots(struct tape *t, const double *q, double *slots)
{
    struct tape_code_run *run = t->run;
    double log_density;
    run->lanes->begin(q, t->size, run->memory, NULL, 0, NULL, 0);
    forward(t, false, &log_density);
    memcpy(slots, run->memory, t->slots * sizeof *slots);
}

static void free_plate(struct tape_plate *p)
{
    for (uint32_t i = 0; p->columns && i < p->column_count; i++)
        free(p->columns[i]);
    for (uint32_t i = 0; p->gathers && i < p->gather_count; i++)
        free(p->gathers[i]);
    if (p->call) {
        if (p->call->free) p->call->free(p->call->context);
        free(p->call->slots);
        free(p->call);
    }
    free(p->operations);
    free(p->columns);
    free(p->gathers);
    free(p->terms);
    free(p->outputs);
    free(p->guards);
}

void tape_free(struct tape *t)
{
    if (!t) return;
    for (uint32_t i = 0; i < t->plate_count; i++) free_plate(&t->plates[i]);
    free(t->plates);
    free(t->constants);
    free(t->seats);
    if (t->run) {
        for (uint32_t i = 0; i < t->run->block_count; i++)
            free(t->run->blocks[i]);
        free(t->run->blocks);
        free(t->run);
    }
    free(t);
}
