/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rejection: states from the prior until one is accepted, with probability
 * its likelihood over a bound. The bound is 1 unless :log-bound says
 * otherwise: enough where all that is observed is discrete. A likelihood
 * above the bound is an error, for what was accepted before was no draw.
 */
#include <math.h>

#include "infer/kernels.h"

enum { MOST, LOG_BOUND };

static bool init(struct kernel *k, struct engine *e)
{
    return k->loaded || kernel_proposes_all(k, e);
}

static bool step(struct kernel *k, struct engine *e,
                 struct transition_counts *counts)
{
    double bound = k->options[LOG_BOUND];
    struct machine *m = e->machine;
    for (double i = 0; i < k->options[MOST]; i++) {
        double w;
        if (--m->fuel < 0 && !machine_poll(m)) return false;
        if (!e->op->prior(e, &w)) return false;
        counts->proposals++;
        k->effort++;
        counts->impossible += !(w > -INFINITY);
        if (!(w > -INFINITY)) continue;
        /* Rounding may put a sum of many small terms just above 0. */
        if (w > bound + 1e-9) {
            e->op->settle_prior(e, false);
            kernel_refuse(k, e,
                          "a state has log likelihood %g, above the "
                          "bound %g",
                          w, bound);
            return error_hint(&m->error, "densities of continuous data can be "
                                         "above 1: give a :log-bound");
        }
        bool keep = random_unit(&m->random) < exp(w - bound);
        if (!e->op->settle_prior(e, keep)) return false;
        counts->accepted += keep;
        if (keep) return true;
    }
    kernel_refuse(k, e, "no state was accepted in %.0f from the prior",
                  k->options[MOST]);
    return error_hint(&m->error, "try more with :max, or an MCMC kernel");
}

static const struct kernel_option options[] = {
    {":max", 1e6, 1, 1e15, "how often at most, from 1 to 1e15", NULL},
    {":log-bound", 0, -1e6, 1e6, "log of the most that the likelihood can be",
     NULL},
    {NULL, 0, 0, 0, NULL, NULL}};

const struct kernel_row kernel_rejection = {
    .name = "rejection",
    .signature = "(rejection [:max 1000000] [:log-bound 0])",
    .doc = "an exact draw: states from the prior until one is accepted",
    .options = options,
    .independent = true,
    .init = init,
    .step = step,
};
