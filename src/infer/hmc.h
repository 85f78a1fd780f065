/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Hamiltonian Monte Carlo with a fixed number of leapfrogs: Duane, Kennedy,
 * Pendleton, Roweth, "Hybrid Monte Carlo", Physics Letters B 195 (1987)
 * 216-222; Neal (2011), section 5.3.
 *
 * It sees a density and a metric. Nothing is allocated after hmc_open.
 */
#ifndef VST_INFER_HMC_H
#define VST_INFER_HMC_H

#include "infer/leapfrog.h"

struct hmc {
    struct points points;
};

/* false: memory ran out; empty then. */
bool hmc_open(struct hmc *h, size_t size);
void hmc_close(struct hmc *h);

/* One transition of points.here, which was placed: `steps` leapfrogs, at least one, of a step that is within
 * the share `jitter` of `step`: a length of time that is a period of the
 * target would bring the chain back for ever (Neal, section 3.2). */
void hmc_step(struct hmc *h, const struct density *d, const struct metric *m,
              double step, double jitter, uint32_t steps, struct random *random,
              struct trajectory *out);

#endif
