/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Special functions in stable forms. Errors are below 1e-14 relative unless
 * a function says otherwise.
 */
#ifndef VST_BASE_SPECIAL_H
#define VST_BASE_SPECIAL_H

#include <stddef.h>

double log_gamma(double x); /* log |Gamma(x)|, no errno */
double digamma(double x);   /* derivative of log_gamma */
double trigamma(double x);
double log_beta(double a, double b);           /* log B(a, b), large args too */
double log_choose(double n, double k);         /* log of n over k */
double log_add(double a, double b);            /* log(e^a + e^b) */
double log_sum_exp(const double *x, size_t n); /* -inf for none */
double softplus(double x);                     /* log(1 + e^x) */
double inv_logit(double x);
double logit(double p);
double log1m_exp(double x);  /* log(1 - e^x), x < 0 */
double log_rest(double x);   /* the same for x <= 0; rounding may be above */
double expm1_rest(double x); /* e^x - 1 - x */
double log1p_rest(double x); /* log1p(x) - x */

#endif
