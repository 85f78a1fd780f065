/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A plate's adjoints as steps, from its last operation to its first. What an
 * operation's adjoint gives to an operand is one way (enum lanes_way) of
 * numbers that are there: `ways` is the table of derivatives. An adjoint with
 * one part that is passed on as it is has no buffer of its own; of others,
 * the first part is stored and the rest added.
 */
#include "tape/tape_lower_inside.h"

#include <string.h>

/* By operand: 1 + way (0: none), and what x, y and z are: operands a, b, c,
 * the value v, or slopes p and q. */
static const struct {
    uint8_t way;
    char of[4];
} ways[TAPE_CODES][3] = {
#define TO(NAME, OF)       \
    {                      \
        1 + WAY_##NAME, OF \
    }
    [TAPE_NEGATE] = {TO(MINUS, "")},
    [TAPE_INVERSE] = {TO(INVERSE, "v")},
    [TAPE_SQUARE] = {TO(TWICE, "a")},
    [TAPE_SQRT] = {TO(HALF_OVER, "v")},
    [TAPE_EXP] = {TO(TIMES, "v")},
    [TAPE_EXPM1] = {TO(EXP, "a")},
    [TAPE_LOG] = {TO(OVER, "a")},
    [TAPE_LOG1P] = {TO(LOG1P, "a")},
    [TAPE_LOG1M_EXP] = {TO(LOG1M_EXP, "a")},
    [TAPE_SOFTPLUS] = {TO(TIMES, "p")},
    [TAPE_LOGISTIC] = {TO(TIMES, "p")},
    [TAPE_ABS] = {TO(SIGN, "a")},
    [TAPE_SIN] = {TO(SIN, "a")},
    [TAPE_COS] = {TO(COS, "a")},
    [TAPE_TAN] = {TO(TAN, "v")},
    [TAPE_ASIN] = {TO(ASIN, "a")},
    [TAPE_ACOS] = {TO(ACOS, "a")},
    [TAPE_ATAN] = {TO(ATAN, "a")},
    [TAPE_SINH] = {TO(SINH, "a")},
    [TAPE_COSH] = {TO(COSH, "a")},
    [TAPE_TANH] = {TO(TIMES, "p")},
    [TAPE_LGAMMA] = {TO(LGAMMA, "a")},
    [TAPE_DIGAMMA] = {TO(DIGAMMA, "a")},
    [TAPE_ERF] = {TO(ERF, "a")},
    [TAPE_ERFC] = {TO(ERFC, "a")},
    [TAPE_NORMAL_CDF] = {TO(NORMAL_CDF, "a")},
    [TAPE_LOG_NORMAL_CDF] = {TO(TIMES, "p")},
    [TAPE_ADD] = {TO(PASS, ""), TO(PASS, "")},
    [TAPE_SUBTRACT] = {TO(PASS, ""), TO(MINUS, "")},
    [TAPE_MULTIPLY] = {TO(TIMES, "b"), TO(TIMES, "a")},
    [TAPE_DIVIDE] = {TO(OVER, "b"), TO(QUOTIENT, "vb")},
    [TAPE_POWER] = {TO(POWER_BASE, "ab"), TO(POWER_EXPONENT, "ab")},
    [TAPE_MIN] = {TO(NOT_ABOVE, "ab"), TO(BELOW, "ba")},
    [TAPE_MAX] = {TO(NOT_ABOVE, "ba"), TO(BELOW, "ab")},
    [TAPE_ATAN2] = {TO(ATAN2_Y, "ab"), TO(ATAN2_X, "ab")},
    [TAPE_LOG_ADD_EXP] = {TO(TIMES, "p"), TO(TIMES, "q")},
    [TAPE_SELECT] = {{0, ""}, TO(WHERE, "a"), TO(WHERE_NOT, "a")},
    [TAPE_MULTIPLY_ADD] = {TO(TIMES, "b"), TO(TIMES, "a"), TO(PASS, "")},
    [TAPE_NORMAL] = {TO(MINUS_TIMES, "p"), TO(TIMES, "p"),
                     TO(NORMAL_SCALE, "abc")},
    [TAPE_BERNOULLI_LOGIT] = {TO(TIMES, "b"), TO(TIMES, "p")},
    [TAPE_POISSON_LOG] = {TO(TIMES, "b"), TO(TIMES, "p")},
#undef TO
};

bool lower_has_way(uint32_t code, int k) { return ways[code][k].way != 0; }

/* What one operation says to one operand. */
struct part {
    enum lanes_way way;
    struct tape_ref of[3], g;
    bool passes; /* g itself may stand for it */
};

static struct tape_ref named(struct lowering *w, const struct operation *o,
                             char name)
{
    switch (name) {
    case 'a':
    case 'b':
    case 'c': return lower_operand(w, o->does.operands[name - 'a']);
    case 'v': return o->value;
    case 'p': return o->slope[0];
    case 'q': return o->slope[1];
    default: return ref(PLACE_NOWHERE, 0);
    }
}

static struct part part_of(struct lowering *w, const struct operation *o, int k)
{
    const char *of = ways[o->does.code][k].of;
    struct part part = {.way = ways[o->does.code][k].way - 1u, .g = o->adjoint};
    for (int i = 0; i < 3 && of[i]; i++) part.of[i] = named(w, o, of[i]);
    /* The slopes of what is summed are its adjoint, 1, times themselves. */
    if (o->summed && part.way == WAY_TIMES && of[0] == 'p') {
        part.g = o->slope[0];
        part.way = WAY_PASS;
    } else if (o->summed && part.way == WAY_TIMES && of[0] == 'q') {
        part.g = o->slope[1];
        part.way = WAY_PASS;
    } else if (o->summed && part.way == WAY_MINUS_TIMES) {
        part.g = o->slope[0];
        part.way = WAY_MINUS;
    }
    if (part.g.place == PLACE_SEED) w->out->seeded = true;
    return part;
}

static void step_back(struct lowering *w, const struct part *part,
                      bool from_same, enum lanes_mode mode, struct tape_ref to)
{
    struct tape_step *s = lower_add(w, from_same ? PHASE_LAST : PHASE_BACK,
                                    STEP_WAY + part->way, 0);
    s->mode = mode;
    s->a = part->of[0];
    s->b = part->of[1];
    s->c = part->of[2];
    s->g = part->g;
    s->out = to;
}

/* ---- to operations ------------------------------------------------------ */

static void give(struct lowering *w, const struct part *part, bool from_same,
                 struct operation *to)
{
    struct tape_lowered *l = w->out;
    bool first = !to->had++;
    enum lanes_mode mode = first ? LANES_STORE : LANES_ADD;
    bool same = to->kind == KIND_SAME, sums = same || w->rows_apart;
    if (to->parts == 1 && part->way == WAY_PASS && from_same == same) {
        to->adjoint = part->g;
        return;
    }
    if (sums) mode = from_same || w->rows_apart ? LANES_ADD : LANES_SUM;
    if (to->adjoint.place == PLACE_NOWHERE)
        to->adjoint =
            sums ? ref(PLACE_SUM, l->sums++) : ref(PLACE_BUFFER, l->buffers++);
    step_back(w, part, from_same, mode, to->adjoint);
}

/* ---- to slots ----------------------------------------------------------- */

static struct tape_ref sum_of(struct lowering *w, uint32_t slot)
{
    struct tape_lowered *l = w->out;
    return ref(PLACE_SUM, lower_find(w, &l->totals, slot, &l->sums));
}

static void give_slots(struct lowering *w, const struct part *part,
                       bool from_same, struct tape_operand to)
{
    struct tape_lowered *l = w->out;
    uint32_t rows = l->rows;
    if (to.kind == TAPE_RUN) {
        step_back(w, part, false, LANES_ADD, ref(PLACE_BY_RUN, to.index));
    } else if (w->rows_apart) {
        step_back(w, part, false, LANES_ADD,
                  ref(to.kind == TAPE_SLOT ? PLACE_BY_SLOT : PLACE_BY_GATHER,
                      to.index));
    } else if (to.kind == TAPE_SLOT) {
        step_back(w, part, from_same, from_same ? LANES_ADD : LANES_SUM,
                  sum_of(w, to.index));
    } else {
        uint32_t at = lower_find(w, &l->gathers, to.index, &l->rows);
        step_back(w, part, false, l->rows > rows ? LANES_STORE : LANES_ADD,
                  ref(PLACE_ROWS, at));
    }
}

/* ---- from operations ---------------------------------------------------- */

static void give_operand(struct lowering *w, struct operation *o, int k)
{
    struct tape_operand to = o->does.operands[k];
    if (!lower_has_way(o->does.code, k)) return;
    if (to.kind == TAPE_CONSTANT || to.kind == TAPE_COLUMN) return;
    if (to.kind == TAPE_OPERATION && !w->at[to.index].wanted) return;
    struct part part = part_of(w, o, k);
    if (to.kind == TAPE_OPERATION)
        give(w, &part, o->kind == KIND_SAME, &w->at[to.index]);
    else
        give_slots(w, &part, o->kind == KIND_SAME, to);
}

static void dot_back(struct lowering *w, struct operation *o)
{
    struct tape_lowered *l = w->out;
    struct tape_pair dot = l->dots.at[o->dot - 1];
    struct operation *start = &w->at[o->start];
    struct tape_step *s;
    for (uint32_t i = dot.from; i < dot.to; i++)
        l->factor_sums.at[i].to = sum_of(w, l->factor_sums.at[i].from).index;
    if (o->adjoint.place == PLACE_SEED) l->seeded = true;
    s = lower_add(w, PHASE_BACK, STEP_DOT_WAY, o->dot - 1);
    s->g = o->adjoint;
    if (start->does.code != TAPE_MULTIPLY_ADD) return;
    start->adjoint = o->adjoint;
    give_operand(w, start, 2);
}

static void count_parts(struct lowering *w)
{
    for (uint32_t i = 0; i < w->count; i++) {
        const struct operation *o = &w->at[i];
        if (!o->wanted) continue;
        if (o->term) w->at[i].parts++;
        for (int k = 0; k < tape_arity(o->does.code); k++)
            if (o->does.operands[k].kind == TAPE_OPERATION &&
                lower_has_way(o->does.code, k))
                w->at[o->does.operands[k].index].parts++;
    }
    for (uint32_t i = 0; i < w->p->output_count; i++)
        w->at[w->p->outputs[i].operation].parts++;
}

/* The adjoints of slots, first: they are the first parts. */
static void begin_outputs(struct lowering *w)
{
    struct tape_lowered *l = w->out;
    for (uint32_t i = 0; i < w->p->output_count; i++) {
        const struct tape_output *output = &w->p->outputs[i];
        struct operation *o = &w->at[output->operation];
        struct tape_ref from = ref(PLACE_BY_RUN, output->first);
        struct part part = {.way = WAY_PASS, .g = from};
        if (!o->wanted) continue;
        if (w->rows_apart && o->output == output->first + 1) {
            o->adjoint = from;
            o->had++;
            continue;
        }
        if (!w->rows_apart) {
            struct tape_step *s = lower_add(w, PHASE_BACK, STEP_SEED, 0);
            s->a = from;
            part.g = s->out = ref(PLACE_BUFFER, l->buffers++);
        }
        give(w, &part, false, o);
    }
}

void lower_back(struct lowering *w)
{
    count_parts(w);
    begin_outputs(w);
    for (uint32_t i = w->count; i-- > 0;) {
        struct operation *o = &w->at[i];
        if (!o->wanted || o->linked || w->broken) continue;
        if (o->term && !o->summed) {
            struct part part = {.way = WAY_PASS, .g = ref(PLACE_SEED, 0)};
            w->out->seeded = true;
            give(w, &part, false, o);
        } else if (o->term) {
            o->adjoint = ref(PLACE_SEED, 0);
        }
        if (o->dot) {
            dot_back(w, o);
            continue;
        }
        for (int k = 0; k < tape_arity(o->does.code); k++)
            give_operand(w, o, k);
    }
}
