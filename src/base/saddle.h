/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pieces of densities whose large terms cancel. A Poisson, binomial,
 * gamma or beta density with large arguments is a difference of numbers many
 * orders larger than itself; written with deviances and Stirling's rest
 * nothing cancels (the idea of Loader, "Fast and accurate computation of
 * binomial probabilities", 2000). Pure functions of doubles; they do not
 * check their domains.
 */
#ifndef VST_BASE_SADDLE_H
#define VST_BASE_SADDLE_H

#define LOG_2PI 1.83787706640934548356
#define HALF_LOG_2PI 0.91893853320467274178
#define LOG_2 0.69314718055994530942

/* From here on the Stirling forms are used. */
#define STIRLING_FROM 10.0

/* log Gamma(x) - [(x - 1/2) log x - x + log(2 pi) / 2], x > 0. */
double stirling_rest(double x);

/* x log(x / m) + m - x, for x >= 0, m > 0: zero at x = m, else positive. */
double deviance(double x, double m);

/* a log m - m - log Gamma(a), for a, m > 0: the log density of a gamma
 * variable of scale 1 at m, times m. */
double gamma_kernel(double a, double m);

/* log [Gamma(a + h) / Gamma(a)], a > 0, h >= 0. */
double log_rising(double a, double h);

/* Its derivative by a: digamma(a + h) - digamma(a). */
double digamma_rise(double a, double h);

/* log probability of k under Poisson(mean); k >= 0 whole, mean > 0. */
double poisson_log(double k, double mean);

/* log probability of k of n under binomial(n, p); 0 <= k <= n whole,
 * 0 < p < 1. */
double binomial_log(double k, double n, double p);

/* log of Gamma(k + l + 1) / (Gamma(k + 1) Gamma(l + 1)) p^k q^l, p + q = 1;
 * k, l > 0 need not be whole. */
double binomial_core(double k, double l, double p, double q);

/* log probability of k failures before the r-th success, r > 0 any real,
 * odds > 0 those of a success: a Poisson variable whose mean is gamma with
 * shape r and rate odds. */
double negative_binomial_log(double k, double r, double odds);

/* log density at z of Student's t, location 0 and scale 1; goes over into
 * the normal for large dof. */
double student_log(double z, double dof);

#endif
