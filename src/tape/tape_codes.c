/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is known of operations by themselves: names, operands, and one of them
 * on doubles.
 */
#include "tape/lanes.h"

static const struct {
    const char *name;
    int arity;
} operations[TAPE_CODES] = {
#define X(NAME, WORD, OPERANDS, SLOPES) [TAPE_##NAME] = {WORD, OPERANDS},
    LANES_OPERATIONS(X)
#undef X
};

int tape_arity(enum tape_code code) { return operations[code].arity; }

const char *tape_name(enum tape_code code) { return operations[code].name; }

double tape_compute(enum tape_code code, const double *operands)
{
    double memory[6] = {0};
    struct lanes_one s = {code, 3, {4, 5}, 0, 1, 2, 0};
    for (int k = 0; k < tape_arity(code); k++) memory[k] = operands[k];
    lanes_chosen()->one(&s, 1, memory);
    return memory[3];
}
