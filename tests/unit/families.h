/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For tests of families: sites in one call, and judging draws. Statistical
 * tests run at fixed seeds, so each is a fact, not a chance; their bounds
 * are those that a right sampler passes but once in 1e6 seeds.
 */
#ifndef VST_TESTS_FAMILIES_H
#define VST_TESTS_FAMILIES_H

#include "base/memory.h"
#include "xrp/xrp.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* A number as data: an integer where it is whole. */
static inline value number(double x)
{
    return x == floor(x) && fabs(x) < 0x1p47 ? v_int((int64_t)x) : v_double(x);
}

static inline value numbers_list(const double *x, int n)
{
    value list = V_NIL;
    while (n-- > 0) list = cons(number(x[n]), list);
    return list;
}

static inline value numbers_vector(const double *x, int n)
{
    value v = vector_make((size_t)n, 0);
    memcpy(as_vector(v)->at, x, (size_t)n * sizeof *x);
    return v;
}

static inline struct xrp_site site_of(const value *args, int n)
{
    return (struct xrp_site){.args = args, .arg_count = n};
}

/* A fresh urn of a maker. */
static inline struct xrp_site urn_of(const struct xrp_family *maker,
                                     const value *params, int n)
{
    struct xrp_site s = {.params = params, .param_count = n};
    s.state = maker->made->initialize(&s);
    assert_non_null(s.state);
    return s;
}

/* How often a right sampler fails one comparison. The unit tests that include
 * this make fewer than ten thousand, and fail together once in 1e6. */
#define FALSE_ALARM_OF_ONE 1e-10

/* The bound of |empirical - true CDF| for n draws: 2 exp(-2 n d^2) is the
 * false alarm (Dvoretzky, Kiefer, Wolfowitz, Massart). */
static inline double ks_bound(int n)
{
    return sqrt(log(2.0 / FALSE_ALARM_OF_ONE) / (2.0 * n));
}

static inline int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The largest distance of the draws from a CDF; sorts them. */
static inline double ks_distance(double *x, int n, double (*cdf)(double))
{
    double worst = 0.0;
    qsort(x, (size_t)n, sizeof *x, ascending);
    for (int i = 0; i < n; i++) {
        double f = cdf(x[i]);
        worst = fmax(worst, fmax(f - (double)i / n, (i + 1.0) / n - f));
    }
    return worst;
}

/* Is a count of hits in n, each of probability p, off by more than the false
 * alarm allows (Bernstein's inequality)? */
static inline bool count_is_off(double hits, double n, double p)
{
    double t = log(2.0 / FALSE_ALARM_OF_ONE);
    double bound = sqrt(2.0 * n * p * (1.0 - p) * t) + t / 1.5;
    return fabs(hits - n * p) > bound;
}

/* A derivative by Richardson's extrapolation of central differences. */
static inline double richardson(double (*f)(double, void *), void *data,
                                double x, double h)
{
    double table[6][6];
    for (int i = 0; i < 6; i++, h *= 0.5) {
        table[i][0] = (f(x + h, data) - f(x - h, data)) / (2.0 * h);
        double four = 4.0;
        for (int j = 1; j <= i; j++, four *= 4.0)
            table[i][j] = table[i][j - 1] +
                          (table[i][j - 1] - table[i - 1][j - 1]) / (four - 1);
    }
    /* The level that changes least from the one before. */
    double best = table[5][5], change = INFINITY;
    for (int i = 1; i < 6; i++) {
        double d = fabs(table[i][i] - table[i - 1][i - 1]);
        if (d < change) {
            change = d;
            best = table[i][i];
        }
    }
    return best;
}

#endif
