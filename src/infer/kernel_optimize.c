/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * optimize: the continuous choices of a scope go to the top of the density
 * near which they are, given the rest, by L-BFGS. The steps are in
 * unconstrained space; the density is that of the numbers of the program,
 * without the Jacobian of that space, so the top is where the log score is
 * highest. It is no sampler, and does not leave the posterior as it is: it
 * says so.
 */
#include <stdio.h>

#include "base/memory.h"
#include "infer/ground.h"
#include "infer/kernel_past.h"
#include "infer/kernels.h"
#include "infer/lbfgs.h"

struct top {
    struct ground ground;
    struct lbfgs_result last;
    double log_score; /* of the whole state, there */
    bool climbed;
};

static bool init(struct kernel *k, struct engine *e)
{
    struct top *t = k->loaded ? k->state : memory_new(sizeof *t);
    if (!t) return machine_no_memory(e->machine);
    k->state = t;
    k->words[0] = '\0';
    return ground_open(&t->ground, k, e,
                       &(struct gather_plan){.of_numbers = true});
}

static bool climb(struct kernel *k, struct engine *e, struct top *t,
                  struct transition_counts *counts)
{
    struct ground *g = &t->ground;
    double *q = memory_new_atomic(g->density.size * sizeof *q);
    bool possible;
    if (!q) return machine_no_memory(e->machine);
    for (size_t i = 0; i < g->density.size; i++) q[i] = g->q[i];
    lbfgs_climb(&g->density, &lbfgs_usual, q, &t->last);
    k->effort += t->last.gradients;
    if (g->stopped) return false;
    if (t->last.end == LBFGS_MEMORY) return machine_no_memory(e->machine);
    if (t->last.end == LBFGS_OUTSIDE || t->last.end == LBFGS_ENDLESS)
        return kernel_refuse(k, e, "%s", lbfgs_words[t->last.end]);
    if (!ground_write(g, q, &possible)) return false;
    t->log_score = e->op->log_score(e);
    t->climbed = true;
    counts->proposals++;
    counts->accepted += possible;
    counts->impossible += !possible;
    return true;
}

static bool step(struct kernel *k, struct engine *e,
                 struct transition_counts *counts)
{
    struct top *t = k->state;
    bool fresh;
    const struct gather_block *edge;
    if (!ground_look(&t->ground, k, &fresh, &edge)) return false;
    /* At the top already. */
    if (!fresh && t->climbed) return true;
    return edge || !t->ground.density.size || climb(k, e, t, counts);
}

static void close(struct kernel *k)
{
    struct top *t = k->state;
    if (!t) return;
    if (t->climbed)
        snprintf(k->words, sizeof k->words,
                 "log score %.6g after %u iterations and %llu gradients: %s\n"
                 "the top of the density is no draw: optimize does not leave "
                 "the posterior as it is\n",
                 t->log_score, t->last.iterations,
                 (unsigned long long)t->last.gradients,
                 lbfgs_words[t->last.end]);
    ground_close(&t->ground);
    k->state = NULL;
}

static bool save(const struct kernel *k, const struct place_book *places,
                 struct text *out)
{
    const struct top *t = k->state;
    (void)places;
    return pack_word(out, t->climbed) && pack_real(out, t->log_score) &&
           pack_bytes(out, &t->last, sizeof t->last);
}

static bool load(struct kernel *k, struct kernel_past *past)
{
    struct top *t = k->state = memory_new(sizeof *t);
    uint64_t climbed;
    if (!t || !unpack_word(&past->from, &climbed) ||
        !unpack_real(&past->from, &t->log_score) ||
        !unpack_exactly(&past->from, &t->last, sizeof t->last))
        return false;
    t->climbed = climbed;
    return t->last.end <= LBFGS_MEMORY;
}

const struct kernel_row kernel_optimize = {
    .name = "optimize",
    .signature = "(optimize [scope])",
    .doc = "goes to the top of the density by L-BFGS: no draw of the "
           "posterior",
    .takes = TAKES_SCOPE,
    .init = init,
    .step = step,
    .close = close,
    .save = save,
    .load = load,
};
