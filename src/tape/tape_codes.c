/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is known of operations by themselves: names, operands, and one of them
 * on doubles.
 */
#include "tape/lanes.h"

static const char *const names[TAPE_CODES] = {
#define X(NAME, WORD, OPERANDS, SLOPES) [TAPE_##NAME] = WORD,
    LANES_OPERATIONS(X)
#undef X
};

const unsigned char tape_arities[TAPE_CODES] = {
#define X(NAME, WORD, OPERANDS, SLOPES) [TAPE_##NAME] = OPERANDS,
    LANES_OPERATIONS(X)
#undef X
};

const char *tape_name(enum tape_code code) { return names[code]; }

double tape_compute(enum tape_code code, const double *operands)
{
    double memory[6] = {0};
    struct lanes_one s = {code, 3, {4, 5}, 0, 1, 2, 0};
    for (int k = 0; k < tape_arity(code); k++) memory[k] = operands[k];
    lanes_chosen()->one(&s, 1, memory);
    return memory[3];
}
