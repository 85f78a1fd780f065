/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Hamiltonian Monte Carlo: see hmc.h. Three points: where the chain is, and
 * two that the leapfrogs go to in turn.
 */
#include "infer/hmc.h"

#include <math.h>

enum { POINTS = 3 };

bool hmc_open(struct hmc *h, size_t size)
{
    return points_open(&h->points, POINTS, size);
}

void hmc_close(struct hmc *h) { points_close(&h->points); }

void hmc_step(struct hmc *h, const struct density *d, const struct metric *m,
              double step, double jitter, uint32_t steps, struct random *random,
              struct trajectory *out)
{
    struct point *at = h->points.here, *next = points_spare(&h->points, 0);
    *out = (struct trajectory){0};
    point_push(m, random, h->points.here);
    step *= 1.0 + jitter * (2.0 * random_unit(random) - 1.0);
    while (out->leapfrogs < steps && !out->divergent) {
        leapfrog(d, m, step, at, next);
        out->leapfrogs++;
        out->divergent =
            !(next->energy - h->points.here->energy < ENERGY_ERROR_MAX);
        if (out->divergent) out->divergence = at->q;
        at = next;
        next = points_spare(&h->points, out->leapfrogs % 2);
    }
    double gain = h->points.here->energy - at->energy;
    out->accept_stat = gain >= 0.0 ? 1.0 : exp(gain);
    if (random_unit(random) < out->accept_stat) h->points.here = at;
    out->energy = h->points.here->energy;
}
