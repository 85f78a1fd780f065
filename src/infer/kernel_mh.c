/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mh: Metropolis-Hastings with proposals from the prior, or from a family's
 * own proposal. A choice alone is moved by the engine itself; the choices of
 * a block are drawn anew together:
 *
 *     log A = S' - S + q_reverse - q_forward + log(w'/W') - log(w/W)
 */
#include "infer/kernels.h"
#include "infer/target.h"

/* No block of several choices: the engine's own transitions do. */
static bool is_single(const struct kernel *k)
{
    return k->pick == PICK_ONE &&
           (k->scope->all || k->scope->blocks_of == V_UNBOUND);
}

/* Those of the engine count their transitions and nodes: here only what is
 * proposed is kept of that. */
static bool steps(struct kernel *k, struct engine *e, uint64_t n,
                  uint64_t *made, struct transition_counts *counts)
{
    struct transition_counts own = {0};
    if (!is_single(k)) {
        bool good = true;
        for (; good && *made < n; *made += good)
            good = kernel_step(k, e, counts);
        return good;
    }
    if (!k->scope->all && !e->op->scope_look(e, k->scope)) return false;
    bool ok = k->scope->all ? e->op->transition(e, n, &own)
                            : e->op->transition_in(e, k->scope, n, &own);
    *made = own.transitions;
    counts->proposals += own.proposals;
    counts->accepted += own.accepted;
    counts->impossible += own.impossible;
    return ok;
}

static bool step(struct kernel *k, struct engine *e,
                 struct transition_counts *counts)
{
    uint64_t made = 0;
    if (is_single(k)) return steps(k, e, 1, &made, counts);
    return target_each(k, e, target_redraw, counts);
}

const struct kernel_row kernel_mh = {
    .name = "mh",
    .signature = "(mh [scope [pick]])",
    .doc = "Metropolis-Hastings: proposes to one choice, or to a block of "
           "them, from its own proposal or its prior",
    .takes = TAKES_SCOPE | TAKES_PICK,
    .single_site = true,
    .step = step,
    .steps = steps,
};
