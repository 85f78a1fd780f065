/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A body held against a shape. An operation is met from the last one down, so
 * always by one that reads it: the first to do so finds its node, and all
 * others must read the same.
 */
#include "tape/alike.h"

#include <stdlib.h>

enum { LEAF_NUMBER, LEAF_SLOT, FOUND, FOUND_BEFORE };

void alike_close(struct alike *a)
{
    free(a->operations);
    free(a->nodes);
    free(a->marked);
    *a = (struct alike){0};
}

static bool reserve(struct alike *a, uint32_t count)
{
    if (count <= a->room) return true;
    alike_close(a);
    a->operations = malloc(count * sizeof *a->operations);
    a->nodes = malloc(count * sizeof *a->nodes);
    a->marked = malloc(count * sizeof *a->marked);
    if (a->operations && a->nodes && a->marked) {
        a->room = count;
        return true;
    }
    alike_close(a);
    return false;
}

bool alike_learn(struct alike *a, const uint32_t *words, uint32_t operations)
{
    uint32_t leaf = 0;
    if (!reserve(a, operations)) return false;
    a->count = operations;
    for (uint32_t i = 0; i < operations; i++) {
        struct alike_operation *op = &a->operations[i];
        op->code = *words++;
        op->arity = (uint32_t)tape_arity(op->code);
        a->nodes[i] = 0;
        for (uint32_t k = 0; k < op->arity; k++) {
            uint32_t w = *words++;
            bool is_leaf = w < WORD_OPERATION;
            op->operands[k].kind = is_leaf ? w : FOUND_BEFORE;
            op->operands[k].at = is_leaf ? leaf++ : w - WORD_OPERATION;
        }
    }
    for (uint32_t i = operations; i-- > 0;) {
        struct alike_operation *op = &a->operations[i];
        for (uint32_t k = 0; k < op->arity; k++) {
            struct alike_operand *o = &op->operands[k];
            if (o->kind == FOUND_BEFORE && !a->nodes[o->at]++) o->kind = FOUND;
        }
    }
    return true;
}

/* The operand of a body, where the shape has `want`. */
static inline bool is_alike(struct alike *a, const struct graph *g,
                            const uint8_t *role, uint32_t *place, uint32_t n,
                            const struct alike_operand *want, uint32_t *leaves,
                            uint32_t *marked)
{
    uint32_t code = g->nodes[n].code;
    bool inside = code < TAPE_CODES && !role[n];
    switch (want->kind) {
    case LEAF_NUMBER: leaves[want->at] = n; return code == GRAPH_NUMBER;
    case LEAF_SLOT:
        leaves[want->at] = n;
        return !inside && code != GRAPH_NUMBER;
    case FOUND: /* and nobody else's */
        if (!inside || place[n]) return false;
        a->marked[(*marked)++] = n;
        a->nodes[want->at] = n;
        place[n] = want->at + 1;
        return true;
    default: return a->nodes[want->at] == n;
    }
}

bool alike_fits(struct alike *a, const struct graph *g, const uint8_t *role,
                uint32_t *place, uint32_t body, uint32_t *leaves)
{
    uint32_t marked = 0;
    bool fits = a->count > 0;
    if (fits) a->nodes[a->count - 1] = body;
    for (uint32_t i = a->count; fits && i-- > 0;) {
        const struct graph_node *at = &g->nodes[a->nodes[i]];
        const struct alike_operation *op = &a->operations[i];
        fits = at->code == op->code;
        for (uint32_t k = 0; fits && k < op->arity; k++)
            fits = is_alike(a, g, role, place, at->operands[k],
                            &op->operands[k], leaves, &marked);
    }
    while (!fits && marked) place[a->marked[--marked]] = 0;
    return fits;
}
