/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * importance: states from the prior, each weighed by its likelihood. One of
 * them, picked in proportion to its weight, becomes the present state; the
 * mean weight estimates the marginal likelihood. A draw is biased by terms
 * of order 1 / particles; the estimate of the marginal likelihood is not.
 *
 * The pick is made on the way: the n-th state takes the place of the one
 * that was picked before with probability w_n / (w_1 + ... + w_n).
 */
#include <math.h>

#include "base/memory.h"
#include "infer/kernels.h"

enum { PARTICLES };

/* Of all steps of a run. */
struct sums {
    double log_ml, log_ml_count; /* log of a sum of estimates, how many */
    double size;                 /* effective, of the last step */
};

static double log_add(double a, double b)
{
    double most = fmax(a, b);
    return most > -INFINITY ? most + log(exp(a - most) + exp(b - most)) : most;
}

static bool init(struct kernel *k, struct engine *e)
{
    struct sums *s = memory_new(sizeof *s);
    if (!s) return machine_no_memory(e->machine);
    s->log_ml = -INFINITY;
    k->state = s;
    return kernel_proposes_all(k, e);
}

static bool step(struct kernel *k, struct engine *e,
                 struct transition_counts *counts)
{
    struct sums *s = k->state;
    double all = -INFINITY, squares = -INFINITY, n = k->options[PARTICLES];
    struct machine *m = e->machine;
    for (double i = 0; i < n; i++) {
        double w;
        if (--m->fuel < 0 && !machine_poll(m)) return false;
        if (!e->op->prior(e, &w)) return false;
        counts->impossible += !(w > -INFINITY);
        if (!(w > -INFINITY)) continue;
        all = log_add(all, w);
        squares = log_add(squares, 2.0 * w);
        bool keep = random_unit(&m->random) < exp(w - all);
        if (!e->op->settle_prior(e, keep)) return false;
    }
    counts->proposals++;
    counts->accepted += all > -INFINITY;
    if (!(all > -INFINITY))
        return kernel_refuse(k, e,
                             "none of %.0f states from the prior is "
                             "possible with what is observed",
                             n);
    s->log_ml = log_add(s->log_ml, all - log(n));
    s->log_ml_count++;
    s->size = exp(2.0 * all - squares);
    return true;
}

static bool tell(const struct kernel *k, double *log_ml, double *size)
{
    const struct sums *s = k->state;
    if (!s || !(s->log_ml_count > 0.0)) return false;
    *log_ml = s->log_ml - log(s->log_ml_count);
    *size = s->size;
    return true;
}

static const struct kernel_option options[] = {
    {":particles", 1000, 1, 1e9, "how many states, from 1 to 1e9"},
    {NULL, 0, 0, 0, NULL}};

const struct kernel_row kernel_importance = {
    .name = "importance",
    .signature = "(importance [:particles 1000])",
    .doc = "weighs states from the prior and keeps one; estimates the log "
           "marginal likelihood",
    .options = options,
    .independent = true,
    .init = init,
    .step = step,
    .tell = tell,
};
