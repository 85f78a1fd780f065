/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bodies mostly have the shape of the one before them: rows of data follow
 * one another. A body is held against a shape that is known, from its last
 * node down, in a fraction of the time that it takes to write its words, and
 * what fits has those words. It knows graphs, and which nodes are bodies;
 * roll.c says what words are for.
 */
#ifndef VST_TAPE_ALIKE_H
#define VST_TAPE_ALIKE_H

#include "tape/graph.h"

/* Of each operation, operands first: its code, and a word for each operand. */
enum { WORD_NUMBER, WORD_SLOT, WORD_OPERATION /* and which */ };

struct alike_operand {
    uint32_t kind; /* private: enum in alike.c */
    uint32_t at;   /* the leaf, or the operation */
};
struct alike_operation {
    uint32_t code, arity;
    struct alike_operand operands[3];
};
struct alike {
    struct alike_operation *operations;
    uint32_t count, room;
    uint32_t *nodes;  /* by operation, of the body that is held against it */
    uint32_t *marked; /* nodes that know their operation */
};

/* The shape is that of these words. false: memory ran out; then no body fits,
 * until another one is learned. */
bool alike_learn(struct alike *a, const uint32_t *words, uint32_t operations);
/* Has the body these words? Then its leaves, in their order. Operations with
 * a role are bodies themselves. `place` is 0 for the operations within the
 * body before, and becomes 1 + which operation of the words it is; it stays 0
 * where the body does not fit. */
bool alike_fits(struct alike *a, const struct graph *g, const uint8_t *role,
                uint32_t *place, uint32_t body, uint32_t *leaves);
void alike_close(struct alike *a); /* a zeroed one is ready to be used */

#endif
