/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Special functions. log_gamma is the C library's (glibc keeps it below two
 * units in the last place for x > 0); the rest is here. Where a result
 * crosses zero the error is relative to the terms that met there, not to
 * the result (log_beta near B = 1); digamma keeps its digits at its positive
 * zero by a series about it.
 */
#include "base/special.h"

#include <math.h>

#include "base/saddle.h"

double log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

/* The positive zero of digamma, in two parts, and the Taylor coefficients
 * there, from the first power (made with mpmath at 60 digits). */
#define DIGAMMA_ZERO 1.4616321449683622
#define DIGAMMA_ZERO_REST 9.5499954299656977e-17
static const double digamma_taylor[] = {
    0.96767224544762117043,   -0.44276316898359210609,
    0.25849976095565101062,   -0.1639427054424065275,
    0.10782405069126236576,   -0.072199561256454710926,
    0.048804288164143107225,  -0.033161126474847359292,
    0.02259764823221810466,   -0.015424765904948959139,
    0.010538791616612175388,  -0.007204534386356868241,
    0.0049267813957298534464, -0.0033698016554393280828,
    0.0023051263267349278369, -0.0015769367714301972593,
    0.0010788252019162965807, -0.00073807093899600512957,
};

/* B_2k / (2k), and B_2k: Abramowitz and Stegun 6.3.18 and 6.4.12. */
static const double digamma_series[] = {
    0.083333333333333333333,  -0.0083333333333333333333,
    0.0039682539682539682540, -0.0041666666666666666667,
    0.0075757575757575757576, -0.021092796092796092796,
    0.083333333333333333333,  -0.44325980392156862745,
};
static const double trigamma_series[] = {
    0.16666666666666666667,   -0.033333333333333333333, 0.023809523809523809524,
    -0.033333333333333333333, 0.075757575757575757576,  -0.25311355311355311355,
    1.1666666666666666667,    -7.0921568627450980392,   54.971177944862155388,
};

#define LENGTH(a) ((int)(sizeof(a) / sizeof *(a)))

/* Horner's scheme, constant term first. */
static double polynomial(const double *c, int n, double x)
{
    double sum = 0.0;
    for (int i = n - 1; i >= 0; i--) sum = sum * x + c[i];
    return sum;
}

static const double pi = 3.14159265358979323846;

double digamma(double x)
{
    if (x != x || x == INFINITY) return x;
    if (x <= 0.0) {
        /* Reflection; poles at the whole numbers. The distance to the
         * nearest is exact. */
        if (x == floor(x)) return NAN;
        return digamma(1.0 - x) - pi / tan(pi * (x - rint(x)));
    }
    double d = (x - DIGAMMA_ZERO) - DIGAMMA_ZERO_REST;
    if (fabs(d) < 0.2)
        return d * polynomial(digamma_taylor, LENGTH(digamma_taylor), d);
    double steps = 0.0;
    for (; x < 12.0; x += 1.0) steps += 1.0 / x;
    double t = 1.0 / (x * x);
    double tail = t * polynomial(digamma_series, LENGTH(digamma_series), t);
    return log(x) - 0.5 / x - tail - steps;
}

double trigamma(double x)
{
    if (x != x) return x;
    if (x <= 0.0) {
        if (x == floor(x)) return INFINITY;
        double s = sin(pi * (x - rint(x)));
        return pi * pi / (s * s) - trigamma(1.0 - x);
    }
    double steps = 0.0;
    for (; x < 12.0; x += 1.0) steps += 1.0 / (x * x);
    double t = 1.0 / (x * x);
    double tail = polynomial(trigamma_series, LENGTH(trigamma_series), t);
    return steps + 1.0 / x + 0.5 * t + tail * t / x;
}

double log_beta(double a, double b)
{
    if (a > b) {
        double swap = a;
        a = b;
        b = swap;
    }
    if (!(a > 0.0) || b == INFINITY) return a > 0.0 ? -INFINITY : NAN;
    if (b < STIRLING_FROM)
        return log_gamma(a) + log_gamma(b) - log_gamma(a + b);
    if (a < STIRLING_FROM) return log_gamma(a) - log_rising(b, a);
    double ratio = a / b,
           rests = stirling_rest(a) + stirling_rest(b) - stirling_rest(a + b);
    return rests + HALF_LOG_2PI - 0.5 * log(b) -
           (a - 0.5) * log1p(1.0 / ratio) - b * log1p(ratio);
}

double log_choose(double n, double k)
{
    if (k < 0.0 || k > n) return -INFINITY;
    if (k > n - k) k = n - k;
    if (k == 0.0) return 0.0;
    if (k == 1.0) return log(n);
    return -log1p(n) - log_beta(n - k + 1.0, k + 1.0);
}

double log_add(double a, double b)
{
    if (a < b) {
        double swap = a;
        a = b;
        b = swap;
    }
    if (b == -INFINITY || a == INFINITY) return a;
    return a + log1p(exp(b - a));
}

double log_sum_exp(const double *x, size_t n)
{
    double top = -INFINITY, sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (x[i] != x[i]) return x[i];
        if (x[i] > top) top = x[i];
    }
    if (top == -INFINITY || top == INFINITY) return top;
    for (size_t i = 0; i < n; i++) sum += exp(x[i] - top);
    return top + log(sum);
}

double softplus(double x)
{
    return x > 0.0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

double inv_logit(double x)
{
    if (x >= 0.0) return 1.0 / (1.0 + exp(-x));
    double e = exp(x);
    return e / (1.0 + e);
}

double logit(double p)
{
    /* Near one half both logs are -log 2 and would cancel. */
    double d = 2.0 * p - 1.0;
    if (fabs(d) < 0.5) return 2.0 * atanh(d);
    return log(p) - log1p(-p);
}

double log1m_exp(double x)
{
    /* Maechler's threshold, log 2. */
    return x > -LOG_2 ? log(-expm1(x)) : log1p(-exp(x));
}

double log_rest(double x) { return x >= 0.0 ? -INFINITY : log1m_exp(x); }

double expm1_rest(double x)
{
    if (fabs(x) > 0.5) return expm1(x) - x;
    double sum = 0.0;
    for (int n = 16; n > 2; n--) sum = (sum + 1.0) * x / n;
    return 0.5 * x * x * (1.0 + sum);
}

double log1p_rest(double x)
{
    if (fabs(x) > 0.3) return log1p(x) - x;
    /* log1p(x) = 2 atanh(v), and 2 v = x - x v. */
    double v = x / (2.0 + x), v2 = v * v, sum = 0.0;
    for (int n = 25; n > 1; n -= 2) sum = (sum + 2.0 / n) * v2;
    return v * sum - x * v;
}
