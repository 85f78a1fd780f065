/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See saddle.h. Error bounds are those of the libm calls plus a few units in
 * the last place of the largest term that is left.
 */
#include "base/saddle.h"

#include <math.h>

#include "base/special.h"

/* Stirling's series: B_2k / (2k (2k - 1)), Abramowitz and Stegun 6.1.41. At
 * x = 10 the first term left out is 1e-18. */
static const double stirling_terms[] = {
    0.083333333333333333333,   -0.0027777777777777777778,
    0.00079365079365079365079, -0.00059523809523809523810,
    0.00084175084175084175084, -0.0019175269175269175269,
    0.0064102564102564102564,  -0.029550653594771241830,
    0.17964437236883057316,
};

static double stirling_series(double x)
{
    double t = 1.0 / (x * x), sum = 0.0;
    for (int i = (int)(sizeof stirling_terms / sizeof *stirling_terms) - 1;
         i >= 0; i--)
        sum = sum * t + stirling_terms[i];
    return sum / x;
}

/* Of 1 to 9: what small counts ask for. */
static const double whole_rests[] = {
    0.0,
    0.081061466795327258220,
    0.041340695955409294094,
    0.027677925684998339149,
    0.020790672103765093112,
    0.016644691189821192163,
    0.013876128823070747999,
    0.011896709945891770095,
    0.010411265261972096497,
    0.0092554621827127329177,
};

double stirling_rest(double x)
{
    if (x >= 1e8) return 1.0 / (12.0 * x);
    if (x >= STIRLING_FROM) return stirling_series(x);
    if (x >= 1.0 && x == floor(x)) return whole_rests[(int)x];
    if (x < 1.0) return log_gamma(x) - ((x - 0.5) * log(x) - x + HALF_LOG_2PI);
    /* One step up at a time: rest(x) - rest(x + 1) is
     * (x + 1/2) log1p(1 / x) - 1. */
    double rest = 0.0;
    for (; x < STIRLING_FROM; x += 1.0)
        rest += (x + 0.5) * log1p(1.0 / x) - 1.0;
    return rest + stirling_series(x);
}

double deviance(double x, double m)
{
    if (x == 0.0) return m;
    if (x == INFINITY || m == INFINITY) return INFINITY;
    if (x + m == INFINITY) return 4.0 * deviance(0.25 * x, 0.25 * m);
    double d = x - m;
    if (fabs(d) > 0.1 * (x + m)) {
        double ratio = x / m;
        if (ratio > 0.0 && ratio < INFINITY) return x * log(ratio) - d;
        return x * (log(x) - log(m)) - d;
    }
    /* x log(x / m) = 2 x atanh(v), whose first term and -d leave d v. */
    double v = d / (x + m), v2 = v * v, power = 2.0 * x * v, sum = d * v;
    for (int j = 3;; j += 2) {
        power *= v2;
        double next = sum + power / j;
        if (next == sum || j > 101) return next;
        sum = next;
    }
}

double gamma_kernel(double a, double m)
{
    if (a >= STIRLING_FROM)
        return 0.5 * log(a) - HALF_LOG_2PI - deviance(a, m) - stirling_rest(a);
    return a * log(m) - m - log_gamma(a);
}

double log_rising(double a, double h)
{
    if (h == 0.0) return 0.0;
    if (h == 1.0) return log(a);
    if (h <= 8.0 && h == floor(h) && a < 1e30) {
        double product = a;
        for (double i = 1.0; i < h; i += 1.0) product *= a + i;
        /* A denormal product has lost digits. */
        if (product > 1e-300) return log(product);
    }
    if (a < STIRLING_FROM) return log_gamma(a + h) - log_gamma(a);
    /* (a + h - 1/2) log(1 + h / a) + h log a - h and the rests. */
    return (a + h - 0.5) * log1p(h / a) + h * (log(a) - 1.0) +
           (stirling_rest(a + h) - stirling_rest(a));
}

/* log x - 1 / (2 x) - digamma(x), for x >= 100. */
static double digamma_tail(double x)
{
    double t = 1.0 / x / x;
    return t * (1.0 / 12 - t * (1.0 / 120 - t / 252));
}

double digamma_rise(double a, double h)
{
    if (h <= 16.0 && h == floor(h)) {
        double sum = 0.0;
        for (double i = 0.0; i < h; i += 1.0) sum += 1.0 / (a + i);
        return sum;
    }
    if (a < 100.0) return digamma(a + h) - digamma(a);
    return log1p(h / a) + 0.5 * h / a / (a + h) + digamma_tail(a) -
           digamma_tail(a + h);
}

double poisson_log(double k, double mean)
{
    if (k == 0.0) return -mean;
    return -0.5 * (LOG_2PI + log(k)) - deviance(k, mean) - stirling_rest(k);
}

double binomial_core(double k, double l, double p, double q)
{
    double n = k + l;
    double rests = stirling_rest(n) - stirling_rest(k) - stirling_rest(l);
    /* l / n, from the smaller side. */
    double log_l = k < l ? log1p(-k / n) : log(l / n);
    return rests - deviance(k, n * p) - deviance(l, n * q) -
           0.5 * (LOG_2PI + log(k) + log_l);
}

double binomial_log(double k, double n, double p)
{
    if (k == 0.0) return n == 0.0 ? 0.0 : n * log1p(-p);
    if (k == n) return n * log(p);
    return binomial_core(k, n - k, p, 1.0 - p);
}

double negative_binomial_log(double k, double r, double odds)
{
    if (k == 0.0) return -r * log1p(1.0 / odds);
    if (r < STIRLING_FROM)
        return -log(r + k) - log_beta(r, k + 1.0) - r * log1p(1.0 / odds) -
               k * log1p(odds);
    double q = 1.0 / (1.0 + odds), p = odds / (1.0 + odds);
    return -log1p(k / r) + binomial_core(k, r, q, p);
}

/* log Gamma(a + 1/2) - log Gamma(a) - log(a) / 2, a >= 10: the difference of
 * two Stirling series, (2^(1-2k) - 2) B_2k / (2k (2k - 1)) the terms. */
static double half_step(double a)
{
    static const double terms[] = {
        -0.125,
        0.0052083333333333333333,
        -0.0015625,
        0.0011858258928571428571,
        -0.0016818576388888888889,
        0.0038341175426136363636,
        -0.012819730318509615385,
    };
    double t = 1.0 / a / a, sum = 0.0;
    for (int i = (int)(sizeof terms / sizeof *terms) - 1; i >= 0; i--)
        sum = sum * t + terms[i];
    return sum / a;
}

double student_log(double z, double dof)
{
    double a = 0.5 * dof, w = z / dof * z;
    double ratio = a < STIRLING_FROM
                       ? log_gamma(a + 0.5) - log_gamma(a) - 0.5 * log(a)
                       : half_step(a);
    double tail = w < INFINITY ? log1p(w) : 2.0 * log(fabs(z)) - log(dof);
    return ratio - HALF_LOG_2PI - (a + 0.5) * tail;
}
