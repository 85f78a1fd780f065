/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * importance: states from the prior, each weighed by its likelihood. One of
 * them, or the present state, picked in proportion to its weight, becomes the
 * present one; the mean weight of those from the prior estimates the marginal
 * likelihood without bias.
 *
 * With the present state among them a transition leaves the posterior as it
 * is, however few the particles are (iterated sampling importance resampling:
 * Andrieu, Lee and Vihola 2018, section 2); few of them make a chain that
 * stays where it is.
 *
 * That number is one of the whole run, a step: a step that finds nothing of
 * what matters sees equal weights, and by itself would think well of them.
 *
 * The pick is made on the way: the n-th state takes the place of the one
 * that was picked before with probability w_n / (w_0 + ... + w_n).
 */
#include <math.h>

#include "base/memory.h"
#include "infer/kernel_past.h"
#include "infer/kernels.h"

enum { PARTICLES };

struct sums {
    /* Of all steps of a run: logs of the sum of the weights, and of that of
     * their squares. */
    double all, squares, steps;
    /* The present state, when it is one of ours. */
    double log_weight;
    uint64_t touched;
    bool known;
};

static double log_add(double a, double b)
{
    double most = fmax(a, b);
    return most > -INFINITY ? most + log(exp(a - most) + exp(b - most)) : most;
}

static bool init(struct kernel *k, struct engine *e)
{
    if (k->loaded) return true;
    struct sums *s = memory_new(sizeof *s);
    if (!s) return machine_no_memory(e->machine);
    s->all = s->squares = -INFINITY;
    k->state = s;
    return kernel_proposes_all(k, e);
}

static bool weigh_present(struct sums *s, struct engine *e)
{
    if (s->known && e->op->touched(e) == s->touched) return true;
    return e->op->weight(e, &s->log_weight);
}

static bool step(struct kernel *k, struct engine *e,
                 struct transition_counts *counts)
{
    struct sums *s = k->state;
    double n = k->options[PARTICLES], seen;
    k->effort += (uint64_t)n;
    bool moved = false;
    struct machine *m = e->machine;
    if (!weigh_present(s, e)) return false;
    s->known = false;
    seen = s->log_weight;
    for (double i = 0; i < n; i++) {
        double w;
        if (--m->fuel < 0 && !machine_poll(m)) return false;
        if (!e->op->prior(e, &w)) return false;
        counts->impossible += !(w > -INFINITY);
        if (!(w > -INFINITY)) continue;
        s->all = log_add(s->all, w);
        s->squares = log_add(s->squares, 2.0 * w);
        seen = log_add(seen, w);
        bool keep = random_unit(&m->random) < exp(w - seen);
        if (!e->op->settle_prior(e, keep)) return false;
        if (keep) s->log_weight = w;
        moved = moved || keep;
    }
    counts->proposals++;
    counts->accepted += moved;
    if (!(seen > -INFINITY))
        return kernel_refuse(k, e,
                             "none of %.0f states from the prior is "
                             "possible with what is observed",
                             n);
    s->steps++;
    s->touched = e->op->touched(e);
    s->known = true;
    return true;
}

static bool tell(const struct kernel *k, struct kernel_tale *out)
{
    const struct sums *s = k->state;
    if (!s || !(s->steps > 0.0)) return false;
    *out = (struct kernel_tale){
        .log_ml = s->all - log(s->steps * k->options[PARTICLES]),
        .size = exp(2.0 * s->all - s->squares) / s->steps,
        .size_of = k->options[PARTICLES]};
    return true;
}

/* The present state is weighed anew. */
static bool save(const struct kernel *k, const struct place_book *places,
                 struct text *out)
{
    const struct sums *s = k->state;
    (void)places;
    return pack_real(out, s->all) && pack_real(out, s->squares) &&
           pack_real(out, s->steps);
}

static bool load(struct kernel *k, struct kernel_past *past)
{
    struct sums *s = k->state = memory_new(sizeof *s);
    return s && unpack_real(&past->from, &s->all) &&
           unpack_real(&past->from, &s->squares) &&
           unpack_real(&past->from, &s->steps);
}

static const struct kernel_option options[] = {
    {":particles", 1000, 1, 1e9, "how many states, from 1 to 1e9", NULL},
    {NULL, 0, 0, 0, NULL, NULL}};

const struct kernel_row kernel_importance = {
    .name = "importance",
    .signature = "(importance [:particles 1000])",
    .doc = "weighs states from the prior and keeps one; estimates the log "
           "marginal likelihood",
    .options = options,
    .draws = 50,
    .init = init,
    .step = step,
    .tell = tell,
    .save = save,
    .load = load,
};
