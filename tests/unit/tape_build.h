/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tapes made by hand, for tests and the bench: a tape, plates in it,
 * operations in those. Memory that runs out ends the test.
 */
#ifndef VST_TEST_TAPE_BUILD_H
#define VST_TEST_TAPE_BUILD_H

#include <stdlib.h>
#include <string.h>

#include "tape/tape.h"

static inline void *grown(void *array, size_t count, size_t size)
{
    void *more = realloc(array, (count + 1) * size);
    if (!more) abort();
    return more;
}

static inline struct tape *build_tape(uint32_t size)
{
    struct tape *t = calloc(1, sizeof *t);
    if (!t) abort();
    t->size = t->slots = size;
    return t;
}

/* Good until the next plate is begun. */
static inline struct tape_plate *build_plate(struct tape *t, uint32_t rows)
{
    t->plates = grown(t->plates, t->plate_count, sizeof *t->plates);
    struct tape_plate *p = &t->plates[t->plate_count++];
    memset(p, 0, sizeof *p);
    p->rows = rows;
    return p;
}

static inline struct tape_operand build_operand(enum tape_kind kind,
                                                uint32_t index)
{
    struct tape_operand o = {.kind = kind, .index = index & 0xffffff};
    return o;
}
static inline struct tape_operand slot(uint32_t i)
{
    return build_operand(TAPE_SLOT, i);
}
static inline struct tape_operand run(uint32_t i)
{
    return build_operand(TAPE_RUN, i);
}
static inline struct tape_operand number(struct tape *t, double x)
{
    t->constants = grown(t->constants, t->constant_count, sizeof *t->constants);
    t->constants[t->constant_count] = x;
    return build_operand(TAPE_CONSTANT, t->constant_count++);
}
static inline struct tape_operand column(struct tape_plate *p, const double *x)
{
    p->columns = grown(p->columns, p->column_count, sizeof *p->columns);
    double *copy = grown(NULL, p->rows, sizeof *copy);
    memcpy(copy, x, p->rows * sizeof *copy);
    p->columns[p->column_count] = copy;
    return build_operand(TAPE_COLUMN, p->column_count++);
}
static inline struct tape_operand gather(struct tape_plate *p,
                                         const uint32_t *slots)
{
    p->gathers = grown(p->gathers, p->gather_count, sizeof *p->gathers);
    uint32_t *copy = grown(NULL, p->rows, sizeof *copy);
    memcpy(copy, slots, p->rows * sizeof *copy);
    p->gathers[p->gather_count] = copy;
    return build_operand(TAPE_GATHER, p->gather_count++);
}

static inline struct tape_operand op3(struct tape_plate *p, enum tape_code code,
                                      struct tape_operand a,
                                      struct tape_operand b,
                                      struct tape_operand c)
{
    p->operations = grown(p->operations, p->count, sizeof *p->operations);
    struct tape_operation o = {code, {a, b, c}};
    p->operations[p->count] = o;
    return build_operand(TAPE_OPERATION, p->count++);
}
static inline struct tape_operand op2(struct tape_plate *p, enum tape_code code,
                                      struct tape_operand a,
                                      struct tape_operand b)
{
    return op3(p, code, a, b, build_operand(TAPE_NONE, 0));
}
static inline struct tape_operand op1(struct tape_plate *p, enum tape_code code,
                                      struct tape_operand a)
{
    return op2(p, code, a, build_operand(TAPE_NONE, 0));
}

static inline void build_term(struct tape_plate *p, struct tape_operand o)
{
    p->terms = grown(p->terms, p->term_count, sizeof *p->terms);
    p->terms[p->term_count++] = o.index;
}
static inline void build_guard(struct tape_plate *p, struct tape_operand o)
{
    p->guards = grown(p->guards, p->guard_count, sizeof *p->guards);
    p->guards[p->guard_count++] = o.index;
}
/* Answers the slot of row 0. */
static inline uint32_t build_output(struct tape *t, struct tape_plate *p,
                                    struct tape_operand o)
{
    p->outputs = grown(p->outputs, p->output_count, sizeof *p->outputs);
    p->outputs[p->output_count++] = (struct tape_output){o.index, t->slots};
    t->slots += p->rows;
    return t->slots - p->rows;
}

#endif
