/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Log densities with gradients and known moments, for the tests of leapfrog,
 * HMC, NUTS, warmup and L-BFGS; draws from some of them, and judges of draws.
 * Tests include it once.
 */
#ifndef VST_TESTS_DENSITIES_H
#define VST_TESTS_DENSITIES_H

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "infer/density.h"
#include "infer/diagnostics.h"

enum { SIZE_MAX_TESTED = 64 };

/* What a density counts, and where it is told to go wrong. */
struct probe {
    uint64_t calls;
    double now, before; /* q[0] of the last call, and of the one before */
    uint64_t fails_at;  /* the call that goes wrong; 0: none */
    int fault;          /* enum fault */
    double scales[SIZE_MAX_TESTED]; /* sds of `scaled` */
    double correlation;             /* of `correlated` */
    size_t size;
    bool (*formula)(const struct probe *, const double *q, double *log_density,
                    double *gradient);
};

enum fault {
    FAULT_FALSE,
    FAULT_NAN,
    FAULT_INFINITY,
    FAULT_MINUS_INFINITY,
    FAULT_GRADIENT_NAN,
    FAULT_GRADIENT_INFINITY,
    FAULTS
};

static bool evaluate(void *context, const double *q, double *log_density,
                     double *gradient)
{
    struct probe *p = context;
    p->calls++;
    p->before = p->now;
    p->now = q[0];
    bool inside = p->formula(p, q, log_density, gradient);
    if (p->calls != p->fails_at) return inside;
    switch (p->fault) {
    case FAULT_FALSE: return false;
    case FAULT_NAN: *log_density = NAN; break;
    case FAULT_INFINITY: *log_density = INFINITY; break;
    case FAULT_MINUS_INFINITY: *log_density = -INFINITY; break;
    case FAULT_GRADIENT_NAN: gradient[0] = NAN; break;
    default: gradient[0] = INFINITY; break;
    }
    return inside;
}

/* Independent normals with these sds. */
static inline bool scaled(const struct probe *p, const double *q, double *l,
                          double *g)
{
    *l = 0.0;
    for (size_t i = 0; i < p->size; i++) {
        double z = q[i] / p->scales[i];
        *l -= 0.5 * z * z;
        g[i] = -z / p->scales[i];
    }
    return true;
}

/* A stationary autoregression: unit variances, neighbours correlated. */
static inline bool correlated(const struct probe *p, const double *q, double *l,
                              double *g)
{
    double r = p->correlation, v = 1.0 - r * r;
    *l = -0.5 * q[0] * q[0];
    g[0] = -q[0];
    for (size_t i = 1; i < p->size; i++) {
        double d = q[i] - r * q[i - 1];
        *l -= 0.5 * d * d / v;
        g[i] = -d / v;
        g[i - 1] += r * d / v;
    }
    return true;
}

/* q0 ~ N(0, 1), q1 ~ N(q0^2, 1/2): E q1 = 1, var q1 = 2 + 1/4. */
static inline bool banana(const struct probe *p, const double *q, double *l,
                          double *g)
{
    (void)p;
    double d = q[1] - q[0] * q[0];
    *l = -0.5 * q[0] * q[0] - 2.0 * d * d;
    g[0] = -q[0] + 8.0 * d * q[0];
    g[1] = -4.0 * d;
    return true;
}

/* Neal's: q0 ~ N(0, 3), the others N(0, exp(q0 / 2)). */
static inline bool funnel(const struct probe *p, const double *q, double *l,
                          double *g)
{
    double v = q[0], w = exp(-v), rest = (double)(p->size - 1);
    *l = -v * v / 18.0 - 0.5 * rest * v;
    g[0] = -v / 9.0 - 0.5 * rest;
    for (size_t i = 1; i < p->size; i++) {
        *l -= 0.5 * q[i] * q[i] * w;
        g[0] += 0.5 * q[i] * q[i] * w;
        g[i] = -q[i] * w;
    }
    return true;
}

/* Gumbel: its distribution function is exp(-exp(-q)). */
static inline bool gumbel(const struct probe *p, const double *q, double *l,
                          double *g)
{
    (void)p;
    double e = exp(-q[0]);
    *l = -q[0] - e;
    g[0] = e - 1.0;
    return true;
}

static inline struct density density_of(struct probe *p)
{
    return (struct density){p->size, p, evaluate};
}

/* ---- judges --------------------------------------------------------------- */

static inline double normal_cdf(double z) { return 0.5 * erfc(-z * M_SQRT1_2); }

static inline int compare_doubles(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* sqrt(n) D of Kolmogorov and Smirnov, against the uniform; sorts. A uniform
 * sample is above KS_BOUND once in 10^7: 2 exp(-2 * 2.9^2) = 1e-7. */
#define KS_BOUND 2.9
static inline double uniform_distance(double *u, size_t n)
{
    double d = 0.0;
    qsort(u, n, sizeof *u, compare_doubles);
    for (size_t i = 0; i < n; i++) {
        d = fmax(d, (double)(i + 1) / (double)n - u[i]);
        d = fmax(d, u[i] - (double)i / (double)n);
    }
    return d * sqrt((double)n);
}

/* How many standard errors the mean of x is from what it should be. */
static inline double mean_error(const double *x, size_t n, double want)
{
    struct diagnostics d;
    if (!diagnose((struct chains){x, 1, n}, &d)) return INFINITY;
    return fabs(d.mean - want) / d.mcse;
}

#endif
