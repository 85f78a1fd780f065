/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rerun: a state from the prior in which what is observed is possible. It
 * forgets the state before, and does not leave the posterior as it is: it
 * begins a search anew, and belongs in front of others.
 */
#include "infer/kernels.h"

static bool step(struct kernel *k, struct engine *e,
                 struct transition_counts *counts)
{
    (void)k;
    counts->proposals++;
    if (!e->op->rerun(e)) return false;
    counts->accepted++;
    return true;
}

const struct kernel_row kernel_rerun = {
    .name = "rerun",
    .signature = "(rerun)",
    .doc = "the program anew from the prior (not a draw from the posterior: "
           "a place to begin)",
    .step = step,
};
