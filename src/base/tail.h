/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Probabilities of tails, as natural logs, each right to the last digits in
 * its own tail however far out, and their derivatives by the shapes. A tail
 * is an integral of the density from an edge outward; the derivative of its
 * logarithm by a parameter is the mean of the score (the derivative of the
 * log density) in the tail. Both come from one double-exponential rule
 * (Takahasi and Mori 1974), on which nothing cancels: weights are taken
 * relative to the edge. Pure functions of doubles; those with `below` and
 * `above` fill both.
 */
#ifndef VST_BASE_TAIL_H
#define VST_BASE_TAIL_H

#include <stdbool.h>

/* ---- the rule ----------------------------------------------------------- */

/* What is integrated: at[0] is the log density at this distance outward from
 * the edge relative to that at the edge, at[1] and at[2] are scores there. */
typedef void tail_law(double distance, const void *data, double at[3]);

struct tail {
    double log_mass; /* of the tail, when the density at the edge is one */
    double score[2]; /* the means in the tail */
};

/* Integrates from distance 0 to infinity. The density must have one peak, or
 * none; `scale` is a guess of where it has fallen e-fold. Some 100
 * evaluations where it is smooth on that scale. */
struct tail tail_integrate(tail_law *law, const void *data, double scale);

/* ---- incomplete gamma and beta ------------------------------------------ */

/* log P(G <= x) and log P(G > x) for a gamma variable of this shape and
 * scale 1; log_x is given where x itself may have left the doubles. */
void gamma_tails(double shape, double x, double log_x, double *below,
                 double *above);
/* The derivative of one of them by the shape. */
double gamma_tails_by_shape(double shape, double x, double log_x, bool upper);

/* A point of the unit interval: y is 1 - x; both logs. */
struct unit_point {
    double x, y, log_x, log_y;
};
struct unit_point unit_at(double x);           /* from x in [0, 1] */
struct unit_point unit_at_logit(double logit); /* from log(x / y) */

/* The same of a beta variable; `by` gets the derivatives by a and by b. */
void beta_tails(double a, double b, struct unit_point at, double *below,
                double *above);
void beta_tails_by_shapes(double a, double b, struct unit_point at, bool upper,
                          double by[2]);
/* log of x^a y^b / B(a, b): the density by the logit. */
double beta_kernel(double a, double b, struct unit_point at);

/* ---- normal, student's t, skew normal ----------------------------------- */

double normal_log_below(double z); /* log P(Z <= z) */
double mills_ratio(double z);      /* P(Z > z) / density(z) */
/* mills_ratio(from) - mills_ratio(from + width), the latter below 12, to
 * 1e-13 of itself however small the width is; time grows with that. */
double mills_drop(double from, double width);
/* z of log P(Z <= z) = log_p. */
double normal_z(double log_p);

/* log P(T > t) and its derivative by dof. P(T <= t) is that of -t. */
double student_log_above(double t, double dof);
double student_above_by_dof(double t, double dof);
/* dof / (dof + t^2), a beta(dof / 2, 1 / 2) variable; t is not 0. */
struct unit_point student_point(double t, double dof);
/* The derivative of student_log by dof at t^2 = w dof, given log1p(w). */
double student_score(double w, double log1p_w, double dof);

/* Density 2 phi(z) Phi(alpha z). */
void skew_tails(double z, double alpha, double *below, double *above);

/* ---- angles ------------------------------------------------------------- */

/* The integral from lo to hi (lo < hi, at most a turn) of the density
 * exp(kappa cos t) / (2 pi I0(kappa)), with the mean of cos t - I1 / I0 in
 * it: the derivative of the log mass by kappa. */
struct tail angle_mass(double lo, double hi, double kappa);
/* log(2 pi I0(kappa)) - kappa, and 1 - I1 / I0. */
double angle_log_norm(double kappa);
double angle_spread(double kappa);

#endif
