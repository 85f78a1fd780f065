/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One of finitely many values by weights: slopes by the weights for all of
 * them, and where the values are numbers what needs an order: bounds,
 * moments, tails, quantiles. A family says how its arguments are read, and
 * ATOMS_FUNCTIONS makes the functions of its row.
 *
 * Tails are for whole numbers only: the forms that cut a distribution step
 * from one to the next. All is linear in the number of values, a quantile of
 * values that are given takes a sort.
 */
#ifndef VST_XRP_ATOMS_H
#define VST_XRP_ATOMS_H

#include "xrp/family.h"

struct atoms {
    uint32_t count;
    bool indexed; /* the values are 0, 1, ...; else as they are given */
    bool even;    /* each as likely; else by weights, and those are argument */
    int argument; /* (the first of them, where each is an argument) */
    struct series values, weights;
};

/* Reads the arguments; false when they are no such thing. Weights are looked
 * at later. */
typedef bool atoms_reader(const struct xrp_site *s, struct atoms *a);

bool atoms_gradient(atoms_reader *reads, const struct xrp_site *s, value v,
                    double *by_value, double *by_arg);
bool atoms_gradient_within(atoms_reader *reads, const struct xrp_site *s,
                           value v, int arg, double *by_element);
bool atoms_bounds(atoms_reader *reads, const struct xrp_site *s, double *lo,
                  double *hi);
bool atoms_moments(atoms_reader *reads, const struct xrp_site *s, double *mean,
                   double *variance);
bool atoms_log_cdf(atoms_reader *reads, const struct xrp_site *s, double x,
                   double *below, double *above);
bool atoms_log_cdf_gradient(atoms_reader *reads, const struct xrp_site *s,
                            double x, bool upper, double *by_x, double *by_arg);
bool atoms_quantile(atoms_reader *reads, const struct xrp_site *s, double log_p,
                    bool upper, double *x);

/* The functions of a row, from its atoms_reader. */
#define ATOMS_FUNCTIONS(NAME, READS)                                        \
    static bool NAME##_gradient(const struct xrp_site *s, value v,          \
                                double *by_value, double *by_arg)           \
    {                                                                       \
        return atoms_gradient(READS, s, v, by_value, by_arg);               \
    }                                                                       \
    static bool NAME##_gradient_within(const struct xrp_site *s, value v,   \
                                       int arg, double *by_element)         \
    {                                                                       \
        return atoms_gradient_within(READS, s, v, arg, by_element);         \
    }                                                                       \
    static bool NAME##_bounds(const struct xrp_site *s, double *lo,         \
                              double *hi)                                   \
    {                                                                       \
        return atoms_bounds(READS, s, lo, hi);                              \
    }                                                                       \
    static bool NAME##_moments(const struct xrp_site *s, double *mean,      \
                               double *variance)                            \
    {                                                                       \
        return atoms_moments(READS, s, mean, variance);                     \
    }                                                                       \
    static bool NAME##_log_cdf(const struct xrp_site *s, double x,          \
                               double *below, double *above)                \
    {                                                                       \
        return atoms_log_cdf(READS, s, x, below, above);                    \
    }                                                                       \
    static bool NAME##_log_cdf_gradient(const struct xrp_site *s, double x, \
                                        bool upper, double *by_x,           \
                                        double *by_arg)                     \
    {                                                                       \
        return atoms_log_cdf_gradient(READS, s, x, upper, by_x, by_arg);    \
    }                                                                       \
    static bool NAME##_quantile(const struct xrp_site *s, double log_p,     \
                                bool upper, double *x)                      \
    {                                                                       \
        return atoms_quantile(READS, s, log_p, upper, x);                   \
    }

/* Their places in the row. */
#define ATOMS_SLOTS(NAME)                                                   \
    .gradient = NAME##_gradient, .gradient_within = NAME##_gradient_within, \
    .bounds = NAME##_bounds, .moments = NAME##_moments,                     \
    .log_cdf = NAME##_log_cdf, .log_cdf_gradient = NAME##_log_cdf_gradient, \
    .quantile = NAME##_quantile

#endif
