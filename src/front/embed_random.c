/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The stream of random numbers that a procedure of C draws from: the house's
 * own (base/random.h), seen from outside.
 */
#include "base/random.h"
#include "vestige.h"

uint64_t vst_random_bits(struct vst_random *r)
{
    return random_bits((struct random *)r);
}

double vst_random_uniform(struct vst_random *r)
{
    return random_open((struct random *)r);
}

double vst_random_normal(struct vst_random *r)
{
    return random_normal((struct random *)r);
}

double vst_random_gamma(struct vst_random *r, double shape)
{
    return random_gamma((struct random *)r, shape);
}
