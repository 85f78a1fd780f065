/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernels made of kernels. cycle: one after another. mixture: one of them,
 * picked by constant weights before anybody looks at the state. repeat: one,
 * several times. What leaves the posterior as it is does so composed.
 */
#include "infer/kernels.h"

static bool step_cycle(struct kernel *k, struct engine *e,
                       struct transition_counts *counts)
{
    for (uint32_t i = 0; i < k->part_count; i++)
        if (!kernel_turn(k, i, e, counts)) return false;
    return true;
}

static bool step_mixture(struct kernel *k, struct engine *e,
                         struct transition_counts *counts)
{
    uint32_t i = e->op->pick(e, k->part_count, k->weights);
    return kernel_turn(k, i, e, counts);
}

static bool step_repeat(struct kernel *k, struct engine *e,
                        struct transition_counts *counts)
{
    for (uint64_t i = 0; i < k->count; i++)
        if (!kernel_turn(k, 0, e, counts)) return false;
    return true;
}

const struct kernel_row kernel_cycle = {
    .name = "cycle",
    .signature = "(cycle kernel ...)",
    .doc = "the kernels, one after another",
    .takes = TAKES_KERNELS,
    .step = step_cycle,
    .bring = kernel_bring_parts,
};

const struct kernel_row kernel_mixture = {
    .name = "mixture",
    .signature = "(mixture (weight kernel) ...)",
    .doc = "one of the kernels, picked in proportion to its weight",
    .takes = TAKES_WEIGHTED,
    .step = step_mixture,
    .bring = kernel_bring_parts,
};

const struct kernel_row kernel_repeat = {
    .name = "repeat",
    .signature = "(repeat n kernel)",
    .doc = "the kernel, n times",
    .takes = TAKES_COUNT | TAKES_KERNELS,
    .step = step_repeat,
    .bring = kernel_bring_parts,
};
