/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hmc: Hamiltonian Monte Carlo with a fixed number of leapfrogs, on the
 * continuous choices of a scope, in unconstrained space. What a chain is
 * stands in gradient.h; here are its options, and one transition.
 */
#include "infer/gradient.h"
#include "infer/kernels.h"

enum { STEP, STEPS, TARGET, METRIC, JITTER, CENTRING };

static enum metric_kind metric(const struct kernel *k)
{
    return (enum metric_kind)k->options[METRIC];
}

static double target(const struct kernel *k) { return k->options[TARGET]; }

static double step_given(const struct kernel *k) { return k->options[STEP]; }

static double centring(const struct kernel *k)
{
    return gradient_centring(k->options[CENTRING]);
}

static bool open(struct gradient_chain *c, const struct kernel *k, size_t size)
{
    (void)k;
    if (!hmc_open(&c->hmc, size)) return false;
    c->points = &c->hmc.points;
    return true;
}

static void close(struct gradient_chain *c) { hmc_close(&c->hmc); }

static void move(struct gradient_chain *c, const struct kernel *k,
                 struct random *random)
{
    hmc_step(&c->hmc, &c->ground.density, &c->warmup.metric, c->warmup.step,
             k->options[JITTER], (uint32_t)k->options[STEPS], random, &c->last);
}

static const struct gradient_way way = {
    .metric = metric,
    .target = target,
    .step_given = step_given,
    .centring = centring,
    .open = open,
    .close = close,
    .step = move,
};

static bool init(struct kernel *k, struct engine *e)
{
    return gradient_init(k, e, &way);
}

static const char *const columns[] = {
    "accept_stat__", "stepsize__", "int_time__", "n_leapfrog__",
    "divergent__",   "energy__",   NULL};

static void read_draw(const struct kernel *k, double *out)
{
    const struct gradient_chain *c = k->state;
    out[0] = c->last.accept_stat;
    out[1] = c->step;
    out[2] = c->step * k->options[STEPS];
    out[3] = c->last.leapfrogs;
    out[4] = c->last.divergent;
    out[5] = c->last.energy;
}

static const struct kernel_option options[] = {
    {":step-size", 0, 1e-12, 1e12,
     "a step that stays as it is, from 1e-12 to 1e12; without it one is found",
     NULL},
    {":steps", 10, 1, 1e6, "how many leapfrogs, from 1 to 1e6", NULL},
    {":target-accept", 0.8, 1e-3, 0.9999,
     "the mean acceptance that warmup aims at, from 0.001 to 0.9999", NULL},
    {":metric", METRIC_DIRECTED, 0, METRIC_DIRECTED,
     "auto, diag, dense or unit", metric_words},
    {":jitter", 0.1, 0, 0.99,
     "the share by which steps differ at random, from 0 to 0.99", NULL},
    {":parameterization", OPTION_WORD(CENTRING_AUTO), 0, 1,
     "auto, centred, non-centred, or how far centred, from 0 to 1",
     gradient_centrings},
    {NULL, 0, 0, 0, NULL, NULL}};

const struct kernel_row kernel_hmc = {
    .name = "hmc",
    .signature = "(hmc [scope] [:step-size e] [:steps 10] "
                 "[:target-accept 0.8] [:metric auto] [:jitter 0.1] "
                 "[:parameterization auto])",
    .doc = "Hamiltonian Monte Carlo on continuous choices, by gradients",
    .takes = TAKES_SCOPE,
    .options = options,
    .init = init,
    .step = gradient_step,
    .steps = gradient_steps,
    .batch = GRADIENT_BATCH,
    .bring = gradient_bring,
    .close = gradient_close,
    .draw_columns = columns,
    .read_draw = read_draw,
    .write_adaptation = gradient_write,
    .read_adaptation = gradient_read,
    .save = gradient_save,
    .load = gradient_load,
};
