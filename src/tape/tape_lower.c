/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A plate's values as steps. In order:
 *
 *     1  products that only a sum reads go into it: a b + c
 *     2  what is needed, what moves with a coordinate, whose adjoint is wanted
 *     3  dots: sums of products of slots and columns, as of a regression
 *     4  steps forward; those backward are in tape_lower_back.c
 *
 * None of it changes a bit of any value.
 */
#include "tape/tape_lower_inside.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(void *array, uint32_t *room, uint32_t wanted, size_t item)
{
    void *old, *more;
    if (wanted <= *room) return true;
    uint32_t grown = *room ? *room * 2 : 16;
    memcpy(&old, array, sizeof old);
    if (!(more = realloc(old, grown * item))) return false;
    memcpy(array, &more, sizeof more);
    *room = grown;
    return true;
}

struct tape_step *lower_add(struct lowering *w, enum tape_phase phase,
                            uint32_t code, uint32_t index)
{
    static struct tape_step none;
    uint32_t count = w->out->steps[phase].count;
    if (!reserve(&w->out->steps[phase].at, &w->out->steps[phase].room,
                 count + 1, sizeof none)) {
        w->broken = true;
        return &none;
    }
    struct tape_step *s = &w->out->steps[phase].at[count];
    w->out->steps[phase].count++;
    memset(s, 0, sizeof *s);
    s->code = code;
    s->index = index;
    return s;
}

void lower_pair(struct lowering *w, struct tape_pairs *pairs, uint32_t from,
                uint32_t to)
{
    if (reserve(&pairs->at, &pairs->room, pairs->count + 1, sizeof *pairs->at))
        pairs->at[pairs->count++] = (struct tape_pair){from, to};
    else
        w->broken = true;
}

uint32_t lower_find(struct lowering *w, struct tape_pairs *pairs, uint32_t from,
                    uint32_t *count)
{
    for (uint32_t i = pairs->count; i-- > 0;)
        if (pairs->at[i].from == from) return pairs->at[i].to;
    lower_pair(w, pairs, from, *count);
    return (*count)++;
}

static bool is_root(const struct operation *o)
{
    return o->term || o->guard || o->output;
}

static bool is_operation(struct tape_operand o)
{
    return o.kind == TAPE_OPERATION;
}

/* ---- 1: products into sums ---------------------------------------------- */

static void find_needed(struct lowering *w)
{
    for (uint32_t i = 0; i < w->count; i++) w->at[i].uses = 0;
    for (uint32_t i = w->count; i-- > 0;) {
        struct operation *o = &w->at[i];
        o->needed = is_root(o) || o->uses;
        for (int k = 0; o->needed && k < tape_arity(o->does.code); k++)
            if (is_operation(o->does.operands[k]))
                w->at[o->does.operands[k].index].uses++;
    }
}

static void fuse(struct lowering *w, struct operation *sum)
{
    for (int k = 0; k < 2 && sum->does.code == TAPE_ADD; k++) {
        struct tape_operand of = sum->does.operands[k];
        if (!is_operation(of)) continue;
        const struct operation *product = &w->at[of.index];
        if (product->does.code != TAPE_MULTIPLY || product->uses > 1 ||
            is_root(product))
            continue;
        struct tape_operand other = sum->does.operands[1 - k];
        sum->does = product->does;
        sum->does.code = TAPE_MULTIPLY_ADD;
        sum->does.operands[2] = other;
    }
}

/* ---- 2: what moves, and what is wanted ---------------------------------- */

static enum kind kind_of(const struct lowering *w, struct tape_operand o)
{
    switch (o.kind) {
    case TAPE_CONSTANT:
    case TAPE_COLUMN: return KIND_FIXED;
    case TAPE_SLOT: return KIND_SAME;
    case TAPE_OPERATION: return w->at[o.index].kind;
    default: return KIND_ROWS;
    }
}

static bool moves(const struct lowering *w, struct tape_operand o)
{
    if (is_operation(o)) return w->at[o.index].moves;
    return o.kind != TAPE_CONSTANT && o.kind != TAPE_COLUMN;
}

static void classify(struct lowering *w, struct operation *o)
{
    bool column = false;
    for (int k = 0; k < tape_arity(o->does.code); k++) {
        struct tape_operand of = o->does.operands[k];
        enum kind kind = kind_of(w, of);
        if (kind > o->kind) o->kind = kind;
        column = column || (kind == KIND_FIXED && of.kind != TAPE_CONSTANT);
        if (lower_has_way(o->does.code, k) && moves(w, of)) o->moves = true;
    }
    if (o->kind == KIND_SAME && (column || is_root(o) || w->rows_apart))
        o->kind = KIND_ROWS;
}

static void find_wanted(struct lowering *w)
{
    for (uint32_t i = w->count; i-- > 0;) {
        struct operation *o = &w->at[i];
        if (o->term || o->output) o->wanted = true;
        o->wanted = o->wanted && o->moves && o->needed;
        for (int k = 0; o->wanted && k < tape_arity(o->does.code); k++)
            if (is_operation(o->does.operands[k]) &&
                lower_has_way(o->does.code, k))
                w->at[o->does.operands[k].index].wanted = true;
    }
}

/* ---- 3: dots ------------------------------------------------------------ */

/* Not those with infinities: dots have no rule for adjoints of 0. */
static bool is_column(const struct lowering *w, struct tape_operand o)
{
    if (o.kind != TAPE_COLUMN) return false;
    const double *x = w->p->columns[o.index];
    if (!w->columns[o.index]) {
        bool finite = true;
        for (uint32_t r = 0; r < w->p->rows; r++)
            finite = finite && isfinite(x[r]);
        w->columns[o.index] = finite ? 1 : 2;
    }
    return w->columns[o.index] == 1;
}

/* A slot times a column, which is put second. */
static bool is_product(const struct lowering *w, struct operation *o)
{
    struct tape_operand *of = o->does.operands;
    if (o->does.code != TAPE_MULTIPLY && o->does.code != TAPE_MULTIPLY_ADD)
        return false;
    if (of[0].kind == TAPE_COLUMN) {
        struct tape_operand column = of[0];
        of[0] = of[1];
        of[1] = column;
    }
    return of[0].kind == TAPE_SLOT && is_column(w, of[1]);
}

/* The operation whose sum this one goes on with. */
static struct operation *link_of(struct lowering *w, struct operation *o)
{
    if (o->does.code != TAPE_MULTIPLY_ADD) return NULL;
    if (!is_operation(o->does.operands[2])) return NULL;
    struct operation *from = &w->at[o->does.operands[2].index];
    bool good = from->uses == 1 && !is_root(from) && is_product(w, from);
    return good ? from : NULL;
}

static void make_dot(struct lowering *w, struct operation *top)
{
    struct tape_lowered *l = w->out;
    struct operation *o = top, *next;
    uint32_t first = l->factors.count;
    if (top->linked || !is_product(w, top) || !link_of(w, top)) return;
    for (; o; o = next) {
        uint32_t slot = o->does.operands[0].index;
        struct tape_ref factor = lower_operand(w, o->does.operands[0]);
        lower_pair(w, &l->factors, factor.index, o->does.operands[1].index);
        lower_pair(w, &l->factor_sums, slot, 0);
        next = link_of(w, o);
        if (next) next->linked = true;
        top->start = (uint32_t)(o - w->at);
    }
    if (w->broken) return;
    /* From the innermost product out, as they are added. */
    for (uint32_t i = first, j = l->factors.count - 1; i < j; i++, j--) {
        struct tape_pair f = l->factors.at[i], s = l->factor_sums.at[i];
        l->factors.at[i] = l->factors.at[j];
        l->factors.at[j] = f;
        l->factor_sums.at[i] = l->factor_sums.at[j];
        l->factor_sums.at[j] = s;
    }
    lower_pair(w, &l->dots, first, l->factors.count);
    top->dot = l->dots.count;
}

/* ---- 4: steps forward --------------------------------------------------- */

static struct tape_ref gathered(struct lowering *w, uint32_t gather)
{
    struct tape_lowered *l = w->out;
    if (w->rows_apart) return ref(PLACE_GATHER, gather);
    for (uint32_t i = 0; i < l->steps[PHASE_FORWARD].count; i++) {
        const struct tape_step *s = &l->steps[PHASE_FORWARD].at[i];
        if (s->code == STEP_GATHER && s->index == gather) return s->out;
    }
    struct tape_step *s = lower_add(w, PHASE_FORWARD, STEP_GATHER, gather);
    s->out = ref(PLACE_BUFFER, l->buffers++);
    return s->out;
}

struct tape_ref lower_operand(struct lowering *w, struct tape_operand o)
{
    struct tape_lowered *l = w->out;
    switch (o.kind) {
    case TAPE_CONSTANT:
        if (w->rows_apart) return ref(PLACE_CONSTANT, o.index);
        return ref(PLACE_EIGHT,
                   lower_find(w, &l->constants, o.index, &l->eights));
    case TAPE_SLOT:
        if (w->rows_apart) return ref(PLACE_SLOT, o.index);
        return ref(PLACE_EIGHT, lower_find(w, &l->slots, o.index, &l->eights));
    case TAPE_COLUMN: return ref(PLACE_COLUMN, o.index);
    case TAPE_RUN: return ref(PLACE_RUN, o.index);
    case TAPE_GATHER: return gathered(w, o.index);
    case TAPE_OPERATION: return w->at[o.index].value;
    default: return ref(PLACE_NOWHERE, 0);
    }
}

static struct tape_ref place_for(struct lowering *w, enum kind kind)
{
    struct tape_lowered *l = w->out;
    if (w->rows_apart) return ref(PLACE_BUFFER, l->buffers++);
    if (kind == KIND_FIXED) return ref(PLACE_ROWS, l->rows++);
    if (kind == KIND_SAME) return ref(PLACE_EIGHT, l->eights++);
    return ref(PLACE_BUFFER, l->buffers++);
}

static const uint8_t slopes[TAPE_CODES] = {
#define X(NAME, WORD, OPERANDS, SLOPES) [TAPE_##NAME] = SLOPES,
    LANES_OPERATIONS(X)
#undef X
};

static void leave(struct lowering *w, struct operation *o)
{
    if (o->term && !o->summed) {
        struct tape_step *s = lower_add(w, PHASE_LEAVE, STEP_PLUS, 0);
        s->a = o->value;
        s->out = ref(PLACE_TERM, 0);
    }
    if (o->guard) {
        struct tape_step *s = lower_add(w, PHASE_LEAVE, STEP_GUARD, 0);
        s->a = o->value;
        s->out = ref(PLACE_GUARD, 0);
    }
    for (uint32_t i = 0; i < w->p->output_count; i++) {
        const struct tape_output *out = &w->p->outputs[i];
        if (&w->at[out->operation] != o) continue;
        if (o->value.place == PLACE_RUN && o->value.index == out->first)
            continue;
        struct tape_step *s = lower_add(w, PHASE_LEAVE, STEP_COPY, 0);
        s->a = o->value;
        s->out = ref(PLACE_RUN, out->first);
    }
}

static void dot_forward(struct lowering *w, struct operation *o)
{
    const struct tape_operation *from = &w->at[o->start].does;
    struct tape_ref a = ref(PLACE_EIGHT, 0); /* that one is -0 */
    if (from->code == TAPE_MULTIPLY_ADD)
        a = lower_operand(w, from->operands[2]);
    struct tape_step *s = lower_add(w, PHASE_FORWARD, STEP_DOT, o->dot - 1);
    s->a = a;
    o->value = s->out = ref(PLACE_BUFFER, w->out->buffers++);
}

static void forward(struct lowering *w, struct operation *o)
{
    static const enum tape_phase phases[] = {
        [KIND_FIXED] = PHASE_ONCE,
        [KIND_SAME] = PHASE_FIRST,
        [KIND_ROWS] = PHASE_FORWARD,
    };
    struct tape_ref of[3];
    uint32_t code = o->does.code;
    if (o->dot) {
        dot_forward(w, o);
        leave(w, o);
        return;
    }
    memset(of, 0, sizeof of);
    for (int k = 0; k < tape_arity(code); k++)
        of[k] = lower_operand(w, o->does.operands[k]);
    o->summed = o->term && !o->guard && !o->output && !o->uses &&
                slopes[code] && o->kind == KIND_ROWS && !w->rows_apart;
    if (w->rows_apart && o->output)
        o->value = ref(PLACE_RUN, o->output - 1);
    else if (!o->summed)
        o->value = place_for(w, o->kind);
    for (int k = 0; k < slopes[code]; k++) o->slope[k] = place_for(w, o->kind);
    struct tape_step *s = lower_add(w, phases[o->kind], code, 0);
    s->a = of[0];
    s->b = of[1];
    s->c = of[2];
    s->out = o->summed ? ref(PLACE_TERM, 0) : o->value;
    s->mode = o->summed ? LANES_SUM : LANES_STORE;
    memcpy(s->slope, o->slope, sizeof s->slope);
    leave(w, o);
}

/* ---- all ---------------------------------------------------------------- */

static bool begin(struct lowering *w)
{
    const struct tape_plate *p = w->p;
    w->count = p->count;
    w->at = calloc(p->count + 1u, sizeof *w->at);
    w->columns = calloc(p->column_count + 1u, 1);
    if (!w->at || !w->columns) return false;
    for (uint32_t i = 0; i < p->count; i++) w->at[i].does = p->operations[i];
    for (uint32_t i = 0; i < p->term_count; i++) w->at[p->terms[i]].term = true;
    for (uint32_t i = 0; i < p->guard_count; i++)
        w->at[p->guards[i]].guard = true;
    for (uint32_t i = p->output_count; i-- > 0;)
        w->at[p->outputs[i].operation].output = p->outputs[i].first + 1;
    w->out->eights = 1;
    return true;
}

static void lower(struct lowering *w)
{
    find_needed(w);
    for (uint32_t i = 0; i < w->count; i++)
        if (w->at[i].needed) fuse(w, &w->at[i]);
    find_needed(w);
    for (uint32_t i = 0; i < w->count; i++) classify(w, &w->at[i]);
    find_wanted(w);
    for (uint32_t i = w->count; !w->rows_apart && !w->broken && i-- > 0;)
        if (w->at[i].needed) make_dot(w, &w->at[i]);
    for (uint32_t i = 0; i < w->count; i++)
        if (w->at[i].needed && !w->at[i].linked) forward(w, &w->at[i]);
    lower_back(w);
}

bool tape_lower(const struct tape *t, const struct tape_plate *p,
                bool rows_apart, struct tape_lowered *out)
{
    struct lowering w = {.t = t, .p = p, .rows_apart = rows_apart, .out = out};
    memset(out, 0, sizeof *out);
    bool ok = begin(&w);
    if (ok) lower(&w);
    free(w.at);
    free(w.columns);
    return ok && !w.broken;
}

void tape_lowered_free(struct tape_lowered *l)
{
    for (int i = 0; i < PHASES; i++) free(l->steps[i].at);
    free(l->slots.at);
    free(l->constants.at);
    free(l->totals.at);
    free(l->gathers.at);
    free(l->dots.at);
    free(l->factors.at);
    free(l->factor_sums.at);
    memset(l, 0, sizeof *l);
}
