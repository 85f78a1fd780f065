/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random streams: xoshiro256++ (Blackman and Vigna 2019), seeded through
 * splitmix64; one stream a chain, 2^128 apart by jumps. Samplers here are
 * the standard ones on which the families build. Same seed, same bits, on
 * every machine of one instruction level.
 */
#ifndef VST_BASE_RANDOM_H
#define VST_BASE_RANDOM_H

#include <stdint.h>
#include <string.h>

#include "base/ziggurat.h"

struct random {
    uint64_t s[4];
};

void random_seed(struct random *r, uint64_t seed);
void random_jump(struct random *r); /* 2^128 draws ahead */

static inline uint64_t random_bits(struct random *r)
{
    uint64_t *s = r->s, sum = s[0] + s[3];
    uint64_t result = (sum << 23 | sum >> 41) + s[0], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3] << 45 | s[3] >> 19;
    return result;
}
/* Uniform on [0, 1): 53 bits. */
static inline double random_unit(struct random *r)
{
    return (double)(int64_t)(random_bits(r) >> 11) * 0x1p-53;
}
/* Uniform on (0, 1): never 0, never 1. */
static inline double random_open(struct random *r)
{
    return ((double)(int64_t)(random_bits(r) >> 12) + 0.5) * 0x1p-52;
}
/* The slow way of the one below: low is the lower half of a word times n. */
uint64_t random_below_rest(struct random *r, uint64_t n, uint64_t low,
                           uint64_t high);
uint64_t random_below_many(struct random *r, uint64_t n);
/* Uniform on 0 .. n-1, without bias; n > 0 (Lemire 2019). */
static inline uint64_t random_below(struct random *r, uint64_t n)
{
    if (n >> 32) return random_below_many(r, n);
    uint64_t bits = random_bits(r), low = bits * n;
    uint64_t high = ((bits >> 32) * n + ((uint32_t)bits * n >> 32)) >> 32;
    return low >= n ? high : random_below_rest(r, n, low, high);
}
/* A place among n, in proportion to its weight; one of them at least is above
 * 0. The last such place if rounding leaves none. O(n). */
uint32_t random_pick(struct random *r, uint32_t n, const double *weights);

/* The slow ways of the two below: a draw whose first word fell outside the
 * boxes of the ziggurat. */
double random_normal_rest(struct random *r, uint64_t bits);
double random_exponential_rest(struct random *r, uint64_t bits);

/* Standard normal; ziggurat: 8 bits choose the layer, one the sign, 53 the
 * place. The sign is set without a branch that nothing could foretell. */
static inline double random_normal(struct random *r)
{
    uint64_t bits = random_bits(r), image;
    unsigned i = bits & 255;
    double x = (double)(int64_t)(bits >> 11) * 0x1p-53 * ziggurat_normal_x[i];
    if (!(x < ziggurat_normal_x[i + 1])) return random_normal_rest(r, bits);
    memcpy(&image, &x, sizeof image);
    image |= (bits & 256) << 55;
    memcpy(&x, &image, sizeof x);
    return x;
}
/* Exponential, rate 1; ziggurat. */
static inline double random_exponential(struct random *r)
{
    uint64_t bits = random_bits(r);
    unsigned i = bits & 255;
    double x =
        (double)(int64_t)(bits >> 11) * 0x1p-53 * ziggurat_exponential_x[i];
    if (!(x < ziggurat_exponential_x[i + 1]))
        return random_exponential_rest(r, bits);
    return x;
}

/* log of a gamma draw of this shape, scale 1: keeps tiny shapes from
 * underflow; shape > 0. */
double random_log_gamma(struct random *r, double shape);
double random_gamma(struct random *r, double shape);      /* scale 1 */
double random_beta(struct random *r, double a, double b); /* in (0, 1) */
int64_t random_poisson(struct random *r, double mean);
int64_t random_binomial(struct random *r, int64_t n, double p);

#endif
