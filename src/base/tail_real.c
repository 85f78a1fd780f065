/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See tail.h. This file: tails on the real line (normal, student's t, skew
 * normal) and on the circle.
 */
#include <float.h>
#include <math.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_bessel.h>

#include "base/saddle.h"
#include "base/special.h"
#include "base/tail.h"

static const double pi = 3.14159265358979323846;
static const double root_half = 0.70710678118654752440;

/* ---- normal ------------------------------------------------------------- */

/* By Laplace's continued fraction, from below, where it is quick. */
double mills_ratio(double z)
{
    if (z < 5.0) {
        if (z < -38.0) return INFINITY;
        return exp(0.5 * z * z + HALF_LOG_2PI) * 0.5 * erfc(z * root_half);
    }
    double tail = z;
    for (int n = z > 50.0 ? 12 : 120; n > 0; n--) tail = z + n / tail;
    return 1.0 / tail;
}

double normal_log_below(double z)
{
    if (z > 5.0) return log1p(-0.5 * erfc(z * root_half));
    if (z > -5.0) return log(0.5 * erfc(-z * root_half));
    if (z == -INFINITY) return z;
    return log(mills_ratio(-z)) - 0.5 * z * z - HALF_LOG_2PI;
}

/* GSL's to start with, then Newton's steps on the log of the smaller tail,
 * which is concave. */
double normal_z(double log_p)
{
    if (log_p == -INFINITY || log_p >= 0.0)
        return log_p >= 0.0 ? INFINITY : -INFINITY;
    if (log_p > -LOG_2) return -normal_z(log1m_exp(log_p));
    double z = log_p > -700.0
                   ? gsl_cdf_ugaussian_Pinv(exp(log_p))
                   : -sqrt(-2.0 * log_p - LOG_2PI - log(-2.0 * log_p));
    for (int i = 0; i < 4; i++)
        z += (log_p - normal_log_below(z)) * mills_ratio(-z);
    return z;
}

/* ---- student's t -------------------------------------------------------- */

/* With w = t^2 / dof and a = dof / 2 the derivative is
 *     [psi(a + 1/2) - psi(a) - 1 / (2 a)] / 2
 *         + [w / (1 + w) - log1p(w)] / 2 + w / (2 dof (1 + w))
 * and both brackets lose everything for large dof: series there. */
double student_score(double w, double log1p_w, double dof)
{
    double a = 0.5 * dof, t = 1.0 / (a * a), rise, bend;
    if (a > 50.0)
        rise = t * (1.0 / 8 - t * (1.0 / 64 - t * (1.0 / 128 - t * 17 / 2048)));
    else
        rise = digamma(a + 0.5) - digamma(a) - 0.5 / a;
    if (w < 0.01) {
        /* Sum over k >= 2 of (-w)^k (k - 1) / k, negated. */
        double power = -w;
        bend = 0.0;
        for (int k = 2; k < 12; k++) {
            power *= -w;
            bend += power * (k - 1) / k;
        }
    } else {
        bend = log1p_w - 1.0 / (1.0 + 1.0 / w);
    }
    return 0.5 * (rise - bend) + 0.5 / (dof * (1.0 + 1.0 / w));
}

/* t = sqrt(dof) sinh(u): the density by u is a power of 1 / cosh(u). */
struct student_edge {
    double dof;
    double slope, log_cosh; /* tanh(u) and log cosh(u) at the edge */
};

static void student_law(double d, const void *data, double at[3])
{
    const struct student_edge *e = data;
    double rise, half = sinh(0.5 * d);
    /* cosh(u + d) / cosh(u) = cosh d + tanh(u) sinh d */
    if (d < 300.0)
        rise = log1p(2.0 * half * half + e->slope * sinh(d));
    else
        rise = d + log(0.5 * (1.0 + e->slope));
    double log1p_w = 2.0 * (e->log_cosh + rise);
    at[0] = -e->dof * rise;
    at[1] = student_score(expm1(log1p_w), log1p_w, e->dof);
    at[2] = 0.0;
}

/* t >= 0. */
static struct tail student_tail(double t, double dof, double *log_edge)
{
    double root = sqrt(dof), reach = hypot(root, t);
    struct student_edge edge = {.dof = dof, .slope = t / reach};
    double w = t / root;
    edge.log_cosh = w < 1e150 ? 0.5 * log1p(w * w) : log(t) - 0.5 * log(dof);
    *log_edge = student_log(t, dof) + log(reach);
    return tail_integrate(student_law, &edge, 1.0 / (dof * edge.slope + root));
}

/* 1 / (1 + w), w = t^2 / dof, is a beta(dof / 2, 1 / 2) variable. */
struct unit_point student_point(double t, double dof)
{
    double w = t / dof * t;
    double log_w = 2.0 * log(fabs(t)) - log(dof);
    if (!(w > 1e-300 && w < 1e300)) return unit_at_logit(-log_w);
    double log1p_w = log1p(w);
    return (struct unit_point){1.0 / (1.0 + w), w / (1.0 + w), -log1p_w,
                               log_w - log1p_w};
}

double student_log_above(double t, double dof)
{
    if (t == 0.0) return -LOG_2;
    if (t < 0.0) return log_rest(student_log_above(-t, dof));
    if (t == INFINITY) return -INFINITY;
    double within, beyond;
    beta_tails(0.5 * dof, 0.5, student_point(t, dof), &beyond, &within);
    return beyond - LOG_2;
}

double student_above_by_dof(double t, double dof)
{
    if (t == 0.0) return 0.0;
    if (t >= 0.0) {
        double log_edge;
        return student_tail(t, dof, &log_edge).score[0];
    }
    double tail = student_log_above(-t, dof);
    return -exp(tail - log_rest(tail)) * student_above_by_dof(-t, dof);
}

/* ---- Gauss and Legendre's rule ------------------------------------------ */

enum { GAUSS_PAIRS = 10 };
static const double gauss_node[GAUSS_PAIRS] = {
    0.076526521133497333755, 0.2277858511416450781,  0.37370608871541956067,
    0.510867001950827098,    0.63605368072651502545, 0.74633190646015079261,
    0.83911697182221882339,  0.91223442825132590587, 0.96397192727791379127,
    0.99312859918509492479,
};
static const double gauss_weight[GAUSS_PAIRS] = {
    0.1527533871307258507,   0.14917298647260374679, 0.14209610931838205133,
    0.1316886384491766269,   0.11819453196151841731, 0.10193011981724043504,
    0.083276741576704748725, 0.06267204833410906357, 0.040601429800386941331,
    0.017614007139152118312,
};

/* The slope of the ratio is t m(t) - 1, of one sign. */
double mills_drop(double from, double width)
{
    int panels = (int)fmin(ceil(width), 1000.0) + 1;
    double sum = 0.0, part = width / panels;
    for (int i = 0; i < 2 * panels * GAUSS_PAIRS; i++) {
        int pair = i % GAUSS_PAIRS, panel = i / (2 * GAUSS_PAIRS);
        double side = i / GAUSS_PAIRS % 2 ? -1.0 : 1.0;
        double t =
            from + part * (panel + 0.5 * (1.0 + side * gauss_node[pair]));
        sum += gauss_weight[pair] * (1.0 - t * mills_ratio(t));
    }
    return 0.5 * part * sum;
}

/* ---- skew normal -------------------------------------------------------- */

/* Owen's T for 0 <= a <= 1: the integral over x from 0 to a of
 * exp(-h^2 (1 + x^2) / 2) / (2 pi (1 + x^2)). */
static double owen(double h, double a)
{
    double sum = 0.0, far = fmin(a, 40.0 / fmax(h, 1.0));
    const int panels = 4;
    for (int i = 0; i < 2 * panels * GAUSS_PAIRS; i++) {
        int pair = i % GAUSS_PAIRS, panel = i / (2 * GAUSS_PAIRS);
        double side = i / GAUSS_PAIRS % 2 ? -1.0 : 1.0;
        double x =
            far / panels * (panel + 0.5 * (1.0 + side * gauss_node[pair]));
        double y = 1.0 + x * x;
        sum += gauss_weight[pair] * exp(-0.5 * h * h * y) / y;
    }
    return 0.5 * sum * far / panels / (2.0 * pi);
}

struct skew_edge {
    double z, alpha, sign;
};

/* Phi's logarithm is a difference of two large ones far out: there the
 * squares are taken together. */
static void skew_law(double distance, const void *data, double at[3])
{
    const struct skew_edge *e = data;
    double d = e->sign * distance, bend = -d * (e->z + 0.5 * d);
    double from = e->alpha * e->z, to = e->alpha * (e->z + d);
    at[1] = at[2] = 0.0;
    if (from < -5.0 && to < -5.0)
        at[0] = bend + e->alpha * e->alpha * bend +
                log(mills_ratio(-to) / mills_ratio(-from));
    else
        at[0] = bend + normal_log_below(to) - normal_log_below(from);
    if (at[0] != at[0]) at[0] = -INFINITY;
}

static double skew_tail(double z, double alpha, double sign)
{
    struct skew_edge edge = {z, alpha, sign};
    double lean = alpha * z, scale = 1.0 / (1.0 + fabs(z));
    if (sign < 0.0) scale /= 1.0 + fabs(alpha) * fmax(1.0, -lean);
    struct tail tail = tail_integrate(skew_law, &edge, scale);
    double log_edge = lean < -5.0
                          ? log(mills_ratio(-lean)) - LOG_2PI -
                                0.5 * z * z * (1.0 + alpha * alpha)
                          : normal_log_below(lean) - HALF_LOG_2PI - 0.5 * z * z;
    return fmin(LOG_2 + log_edge + tail.log_mass, 0.0);
}

void skew_tails(double z, double alpha, double *below, double *above)
{
    if (alpha < 0.0) {
        skew_tails(-z, -alpha, above, below);
        return;
    }
    if (!(fabs(z) < INFINITY)) {
        *below = z > 0.0 ? 0.0 : -INFINITY;
        *above = z > 0.0 ? -INFINITY : 0.0;
        return;
    }
    if (z <= 0.0) {
        *below = skew_tail(z, alpha, -1.0);
        *above = log_rest(*below);
        return;
    }
    *above = skew_tail(z, alpha, 1.0);
    *below = log_rest(*above);
    /* Owen 1956, equation 2.3: no difference is left. */
    double lean = alpha * z;
    if (alpha > 1.0 && *below < -LOG_2)
        *below = log(0.5 * erfc(-lean * root_half) * erf(z * root_half) +
                     2.0 * owen(lean, 1.0 / alpha));
}

/* ---- angles ------------------------------------------------------------- */

double angle_log_norm(double kappa)
{
    return LOG_2PI + log(gsl_sf_bessel_I0_scaled(kappa));
}

double angle_spread(double kappa)
{
    if (kappa < 1e-10) return 1.0 - 0.5 * kappa;
    if (kappa > 200.0) {
        /* Abramowitz and Stegun 9.7.1, one series divided by the other. */
        double t = 1.0 / kappa;
        return t * (0.5 + t * (0.125 +
                               t * (0.125 + t * (25.0 / 128 +
                                                 t * (13.0 / 32 +
                                                      t * (1073.0 / 1024))))));
    }
    return 1.0 -
           gsl_sf_bessel_I1_scaled(kappa) / gsl_sf_bessel_I0_scaled(kappa);
}

/* Adds the integral of exp(kappa (cos t - cos from)) over a piece on which
 * the cosine falls, 0 <= from < to <= pi, and that times cos t - 1. */
static void add_falling(double from, double to, double kappa, double *mass,
                        double *moment)
{
    double at = from, fallen = 0.0;
    while (at < to && fallen < 45.0) {
        double width =
            fmin(2.0 / (kappa * sin(at) + sqrt(kappa) + 1.0), to - at);
        if (!(at + width > at)) break;
        double part = 0.0, part_moment = 0.0;
        for (int i = 0; i < 2 * GAUSS_PAIRS; i++) {
            int pair = i % GAUSS_PAIRS;
            double side = i < GAUSS_PAIRS ? 1.0 : -1.0;
            double d =
                at - from + 0.5 * width * (1.0 + side * gauss_node[pair]);
            double half = sin(0.5 * (from + d));
            fallen = 2.0 * kappa * sin(from + 0.5 * d) * sin(0.5 * d);
            double term = gauss_weight[pair] * exp(-fallen);
            part += term;
            part_moment -= term * 2.0 * half * half;
        }
        *mass += 0.5 * width * part;
        *moment += 0.5 * width * part_moment;
        at += width;
    }
}

struct tail angle_mass(double lo, double hi, double kappa)
{
    /* Pieces end where the cosine turns: at the multiples of pi. */
    double log_sum = -INFINITY, mean = 0.0;
    for (double at = lo; at < hi;) {
        double turn = floor(at / pi), end = fmin((turn + 1.0) * pi, hi);
        if (!(end > at)) end = fmin((turn + 2.0) * pi, hi);
        bool falls = fmod(turn, 2.0) == 0.0;
        double from = falls ? at - turn * pi : (turn + 1.0) * pi - end;
        double to = falls ? end - turn * pi : (turn + 1.0) * pi - at;
        from = fmax(from, 0.0);
        double mass = 0.0, moment = 0.0, half = sin(0.5 * from);
        add_falling(from, fmin(to, pi), kappa, &mass, &moment);
        at = end;
        if (!(mass > 0.0)) continue;
        double piece = log(mass) - 2.0 * kappa * half * half;
        double sum = log_add(log_sum, piece);
        mean += (moment / mass - mean) * exp(piece - sum);
        log_sum = sum;
    }
    struct tail tail = {log_sum - angle_log_norm(kappa),
                        {mean + angle_spread(kappa), 0.0}};
    return tail;
}
