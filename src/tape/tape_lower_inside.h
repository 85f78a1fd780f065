/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What tape_lower.c (values) and tape_lower_back.c (adjoints) share.
 */
#ifndef VST_TAPE_TAPE_LOWER_INSIDE_H
#define VST_TAPE_TAPE_LOWER_INSIDE_H

#include "tape/tape_lower.h"

/* Of which numbers an operation is made. */
enum kind {
    KIND_FIXED, /* of constants and columns */
    KIND_SAME,  /* of constants and slots: the same in all rows */
    KIND_ROWS
};

struct operation {
    struct tape_operation does;
    enum kind kind;
    uint32_t uses; /* by operations that are needed */
    bool needed;   /* for a term, a guard or an output */
    bool moves;    /* with a coordinate, and has a derivative by it */
    bool wanted;   /* its adjoint */
    bool term, guard;
    bool summed;     /* as a term, with no value of its own */
    bool linked;     /* within the dot of a later operation */
    uint32_t output; /* 1 + slot of row 0; 0: none */
    uint32_t dot;    /* 1 + dot */
    uint32_t start;  /* of a dot: the operation with its first product */
    struct tape_ref value, slope[2], adjoint;
    uint32_t parts, had; /* of the adjoint: how many, and how many so far */
};

struct lowering {
    const struct tape *t;
    const struct tape_plate *p;
    bool rows_apart, broken;
    struct operation *at;
    uint32_t count;
    uint8_t *columns; /* 1: all of it is finite; 2: it is not; 0: not looked */
    struct tape_lowered *out;
};

static inline struct tape_ref ref(enum tape_place place, uint32_t index)
{
    struct tape_ref r = {.place = place, .index = index & 0xffffff};
    return r;
}

/* Adds a step; its code and index are filled. */
struct tape_step *lower_add(struct lowering *w, enum tape_phase phase,
                            uint32_t code, uint32_t index);
/* Appends. */
void lower_pair(struct lowering *w, struct tape_pairs *pairs, uint32_t from,
                uint32_t to);
/* What stands for `from`, or a new number of `count`. */
uint32_t lower_find(struct lowering *w, struct tape_pairs *pairs, uint32_t from,
                    uint32_t *count);
/* Where an operand is read. */
struct tape_ref lower_operand(struct lowering *w, struct tape_operand o);
/* Has operand k of an operation this one's adjoint to say anything? */
bool lower_has_way(uint32_t code, int k);

/* All of the steps backward. */
void lower_back(struct lowering *w);

#endif
