/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random streams and the standard samplers. Nothing here allocates or fails;
 * parameters out of their domain are the caller's to refuse. Every sampler
 * is exact up to the rounding of doubles.
 */
#include "base/random.h"

#include <float.h>
#include <math.h>

#include "base/saddle.h"
#include "base/special.h"
#include "base/ziggurat.h"

/* splitmix64: Steele, Lea and Flood 2014. */
static uint64_t split(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void random_seed(struct random *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++) r->s[i] = split(&seed);
}

/* x^(2^128) modulo the characteristic polynomial of the step. */
void random_jump(struct random *r)
{
    static const uint64_t polynomial[4] = {
        0x180ec6d33cfd0abau, 0xd5a61266f0c9392cu, 0xa9582618e03fc9aau,
        0x39abdc4529b1661cu};
    struct random sum = {{0, 0, 0, 0}};
    for (int word = 0; word < 4; word++) {
        for (int bit = 0; bit < 64; bit++) {
            if (polynomial[word] >> bit & 1)
                for (int i = 0; i < 4; i++) sum.s[i] ^= r->s[i];
            random_bits(r);
        }
    }
    *r = sum;
}

/* The upper half of the 128 bits of a * b; the lower into *low. */
static uint64_t multiply(uint64_t a, uint64_t b, uint64_t *low)
{
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t middle = a1 * b0 + (a0 * b0 >> 32);
    uint64_t other = a0 * b1 + (uint32_t)middle;
    *low = a * b;
    return a1 * b1 + (middle >> 32) + (other >> 32);
}

uint64_t random_below_rest(struct random *r, uint64_t n, uint64_t low,
                           uint64_t high)
{
    /* 2^64 mod n of the low halves belong to values hit once too often. */
    uint64_t excess = -n % n;
    while (low < excess) high = multiply(random_bits(r), n, &low);
    return high;
}

uint64_t random_below_many(struct random *r, uint64_t n)
{
    uint64_t low, high = multiply(random_bits(r), n, &low);
    return low >= n ? high : random_below_rest(r, n, low, high);
}

uint32_t random_pick(struct random *r, uint32_t n, const double *weights)
{
    double all = 0.0;
    uint32_t last = 0;
    for (uint32_t i = 0; i < n; i++) all += weights[i];
    double left = random_unit(r) * all;
    for (uint32_t i = 0; i < n; i++) {
        if (!(weights[i] > 0.0)) continue;
        last = i;
        left -= weights[i];
        if (left < 0.0) break;
    }
    return last;
}

/* Uniform between two heights. */
static double between(struct random *r, double low, double high)
{
    return low + random_unit(r) * (high - low);
}

/* Beyond x = edge: Marsaglia 1964. */
static double normal_tail(struct random *r, double edge)
{
    double x, y;
    do {
        x = -log(random_open(r)) / edge;
        y = -log(random_open(r));
    } while (2.0 * y < x * x);
    return edge + x;
}

double random_normal_rest(struct random *r, uint64_t bits)
{
    for (;; bits = random_bits(r)) {
        unsigned i = bits & 255;
        double x = (double)(bits >> 11) * 0x1p-53 * ziggurat_normal_x[i];
        double sign = bits & 256 ? -1.0 : 1.0;
        if (x < ziggurat_normal_x[i + 1]) return sign * x;
        if (i == 0) return sign * normal_tail(r, ziggurat_normal_x[1]);
        double y = between(r, ziggurat_normal_y[i], ziggurat_normal_y[i + 1]);
        if (y < exp(-0.5 * x * x)) return sign * x;
    }
}

double random_exponential_rest(struct random *r, uint64_t bits)
{
    double beyond = 0.0;
    for (;; bits = random_bits(r)) {
        unsigned i = bits & 255;
        double x = (double)(bits >> 11) * 0x1p-53 * ziggurat_exponential_x[i];
        if (x < ziggurat_exponential_x[i + 1]) return beyond + x;
        if (i == 0) {
            /* The tail of an exponential is an exponential again. */
            beyond += ziggurat_exponential_x[1];
            continue;
        }
        double y = between(r, ziggurat_exponential_y[i],
                           ziggurat_exponential_y[i + 1]);
        if (y < exp(-x)) return beyond + x;
    }
}

/* Marsaglia and Tsang 2000, for shape >= 1. */
static double gamma_from_one(struct random *r, double shape)
{
    double d = shape - 1.0 / 3.0, c = 1.0 / (3.0 * sqrt(d));
    for (;;) {
        double x = random_normal(r), v = 1.0 + c * x;
        if (v <= 0.0) continue;
        v = v * v * v;
        double u = random_open(r), x2 = x * x;
        if (u < 1.0 - 0.0331 * x2 * x2) return d * v;
        if (log(u) < 0.5 * x2 + d * (1.0 - v + log(v))) return d * v;
    }
}

double random_log_gamma(struct random *r, double shape)
{
    if (shape >= 1.0) return log(gamma_from_one(r, shape));
    /* gamma(a) is gamma(a + 1) times a uniform to the power 1 / a. */
    double above = log(gamma_from_one(r, shape + 1.0));
    return above - random_exponential(r) / shape;
}

double random_gamma(struct random *r, double shape)
{
    if (shape >= 1.0) return gamma_from_one(r, shape);
    /* A tiny shape gives draws below every double: the least normal number
     * stands for them. */
    return fmax(exp(random_log_gamma(r, shape)), DBL_MIN);
}

double random_beta(struct random *r, double a, double b)
{
    double x;
    if (a >= 1.0 && b >= 1.0) {
        double g = gamma_from_one(r, a), h = gamma_from_one(r, b);
        x = g / (g + h);
    } else {
        double g = random_log_gamma(r, a), h = random_log_gamma(r, b);
        x = inv_logit(g - h);
    }
    return fmin(fmax(x, DBL_MIN), 1.0 - 0x1p-53);
}

/* Walks up from 0: P(0) = first, P(k) = P(k - 1) * step(k). */
static int64_t poisson_walk(struct random *r, double mean)
{
    double p = exp(-mean), u = random_unit(r);
    int64_t k = 0;
    while (u >= p && k < 1000) {
        u -= p;
        p *= mean / (double)++k;
    }
    return k;
}

/* Hoermann 1993, PTRS: transformed rejection with a squeeze; mean >= 10. */
int64_t random_poisson(struct random *r, double mean)
{
    if (mean < 10.0) return poisson_walk(r, mean);
    double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
    double scale = 1.1239 + 1.1328 / (b - 3.4);
    double quick = 0.9277 - 3.6224 / (b - 2.0);
    for (;;) {
        double u = random_unit(r) - 0.5, v = random_open(r);
        double us = 0.5 - fabs(u);
        if (us <= 0.0) continue;
        double k = floor((2.0 * a / us + b) * u + mean + 0.43);
        if (k < 0.0 || k >= 0x1p63) continue;
        if (us >= 0.07 && v <= quick) return (int64_t)k;
        if (us < 0.013 && v > us) continue;
        if (log(v * scale / (a / (us * us) + b)) <= poisson_log(k, mean))
            return (int64_t)k;
    }
}

static int64_t binomial_walk(struct random *r, int64_t n, double p)
{
    double first = exp((double)n * log1p(-p)), odds = p / (1.0 - p);
    for (;;) {
        double q = first, u = random_unit(r);
        for (int64_t k = 0; k <= n && k < 1000; k++) {
            if (u < q) return k;
            u -= q;
            q *= (double)(n - k) / (double)(k + 1) * odds;
        }
        /* Rounding left a little of the unit interval: draw again. */
    }
}

/* Hoermann 1993, BTRS; p <= 1/2 and n p >= 10. */
static int64_t binomial_reject(struct random *r, int64_t n, double p)
{
    double m = (double)n, sd = sqrt(m * p * (1.0 - p));
    double b = 1.15 + 2.53 * sd, a = -0.0873 + 0.0248 * b + 0.01 * p;
    double alpha = (2.83 + 5.1 / b) * sd, quick = 0.92 - 4.2 / b;
    double peak = binomial_log(floor((m + 1.0) * p), m, p);
    for (;;) {
        double u = random_unit(r) - 0.5, v = random_open(r);
        double us = 0.5 - fabs(u);
        if (us <= 0.0) continue;
        double k = floor((2.0 * a / us + b) * u + m * p + 0.5);
        if (k < 0.0 || k > m) continue;
        if (us >= 0.07 && v <= quick) return (int64_t)k;
        if (log(v * alpha / (a / (us * us) + b)) <=
            binomial_log(k, m, p) - peak)
            return (int64_t)k;
    }
}

int64_t random_binomial(struct random *r, int64_t n, double p)
{
    if (n <= 0 || p <= 0.0) return 0;
    if (p >= 1.0) return n;
    if (p > 0.5) return n - random_binomial(r, n, 1.0 - p);
    if ((double)n * p < 10.0) return binomial_walk(r, n, p);
    return binomial_reject(r, n, p);
}
