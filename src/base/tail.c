/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See tail.h. This file: the rule, and the incomplete gamma and beta
 * functions. Gamma variables are integrated by their logarithm and beta
 * variables by their logit: there the densities fall off exponentially and
 * have no singular ends.
 */
#include "base/tail.h"

#include <math.h>

#include "base/saddle.h"
#include "base/special.h"

/* ---- the rule ----------------------------------------------------------- */

/* A distance from which the log density is between 1/4 and 4 below the
 * edge's. */
static double find_scale(tail_law *law, const void *data, double scale)
{
    double near = 0.0, far = INFINITY, at[3];
    if (!(scale > 0.0 && scale < INFINITY)) scale = 1.0;
    for (int i = 0; i < 400; i++) {
        law(scale, data, at);
        double fall = -at[0];
        if (fall >= 0.25 && fall <= 4.0) break;
        if (fall > 4.0 || fall != fall) {
            far = scale;
            scale = near > 0.0 ? sqrt(near) * sqrt(far)
                               : scale / fmin(fmax(fall, 8.0), 1e30);
        } else {
            near = scale;
            double step = fall > 1e-30 ? fmin(fmax(0.5 / fall, 4.0), 1e30) : 16;
            scale = far < INFINITY ? sqrt(near) * sqrt(far) : scale * step;
        }
        if (!(scale > 1e-306 && scale < 1e306)) break;
    }
    return fmin(fmax(scale, 1e-306), 1e306);
}

struct sums {
    double mass, score[2];
};

/* Adds the term of node s: distance scale * exp(s - exp(-s)). Returns the
 * mass that it adds. */
static double add_node(struct sums *sum, tail_law *law, const void *data,
                       double scale, double s)
{
    double inner = exp(-s), distance = scale * exp(s - inner), at[3] = {0};
    if (!(distance < INFINITY)) return 0.0;
    law(distance, data, at);
    double term = distance / scale * (1.0 + inner) * exp(at[0]);
    if (!(term > 0.0 && term < INFINITY)) return 0.0;
    sum->mass += term;
    for (int i = 0; i < 2; i++) sum->score[i] += term * at[i + 1];
    return term;
}

/* The nodes lie between these; the upper end is found on the way. */
static const double first_node = -4.0, last_node = 1400.0, first_step = 0.25;

struct tail tail_integrate(tail_law *law, const void *data, double scale)
{
    struct sums sum = {0};
    double end = first_node, step = first_step, before = -1.0;
    scale = find_scale(law, data, scale);
    for (; end < last_node; end += step) {
        double term = add_node(&sum, law, data, scale, end);
        if (end > 1.5 && term <= 1e-19 * sum.mass) break;
    }
    for (int level = 0; level < 10; level++) {
        /* Halving the step squares the error, or nearly so: two sums that
         * agree to 1e-12 are both right. */
        if (fabs(sum.mass - before) <= 1e-12 * sum.mass) break;
        before = sum.mass;
        struct sums more = {0};
        for (double s = first_node + 0.5 * step; s < end; s += step)
            add_node(&more, law, data, scale, s);
        /* Sums count as if at the first step. */
        double share = 0.5 * step / first_step;
        step *= 0.5;
        sum.mass = 0.5 * sum.mass + share * more.mass;
        for (int i = 0; i < 2; i++)
            sum.score[i] = 0.5 * sum.score[i] + share * more.score[i];
    }
    double log_mass = log(sum.mass) + log(first_step) + log(scale);
    struct tail tail = {log_mass, {0.0, 0.0}};
    for (int i = 0; i < 2; i++) tail.score[i] = sum.score[i] / sum.mass;
    return tail;
}

/* ---- both sides of an edge ---------------------------------------------- */

/* What lies on the two sides of an edge: 0 below, 1 above. A side that was
 * not integrated is the rest of the other. */
struct split {
    double log_mass[2];
    bool known[2];
    double score[2][2];
};

/* `sided` gets the side from data's first member. Side first is integrated;
 * where it is more than half of all, the other is too. */
static void divide(struct split *split, tail_law *law, double *sign,
                   double log_edge, bool first, double scale)
{
    bool side = first;
    *split = (struct split){.known = {false, false}};
    for (int turn = 0; turn < 2; turn++, side = !side) {
        *sign = side ? 1.0 : -1.0;
        struct tail tail = tail_integrate(law, sign, scale);
        split->log_mass[side] = fmin(tail.log_mass + log_edge, 0.0);
        split->known[side] = true;
        split->score[side][0] = tail.score[0];
        split->score[side][1] = tail.score[1];
        if (split->log_mass[side] <= -LOG_2) break;
    }
    /* The smaller one has the digits. */
    bool small = split->known[!first] ? !first : first;
    split->log_mass[!small] = log_rest(split->log_mass[small]);
}

/* The derivative of log mass of a side by parameter i. Where only the other
 * was integrated: what one loses the other gains. */
static double split_slope(const struct split *split, bool side, int i)
{
    if (split->known[side]) return split->score[side][i];
    double ratio = exp(split->log_mass[!side] - split->log_mass[side]);
    return -ratio * split->score[!side][i];
}

/* ---- gamma -------------------------------------------------------------- */

struct gamma_edge {
    double sign; /* first: see `divide` */
    double shape, x, score;
};

/* By u = log: shape u - e^u, at u = log x + d. */
static void gamma_law(double distance, const void *data, double at[3])
{
    const struct gamma_edge *e = data;
    double d = e->sign * distance;
    double pull = (e->shape - e->x) * d, push = e->x * expm1_rest(d);
    at[0] = push < INFINITY ? pull - push : -INFINITY;
    at[1] = e->score + d;
    at[2] = 0.0;
}

static void gamma_split(double shape, double x, double log_x,
                        struct split *split)
{
    struct gamma_edge edge = {.shape = shape, .x = x};
    double q = x / shape;
    edge.score =
        (q > 0.5 && q < 2.0 ? log1p((x - shape) / shape) + log(shape) : log_x) -
        digamma(shape);
    double log_edge = x > 1e-300 && x < INFINITY
                          ? gamma_kernel(shape, x)
                          : shape * log_x - x - log_gamma(shape);
    double scale = 1.0 / (fabs(shape - x) + sqrt(x));
    divide(split, gamma_law, &edge.sign, log_edge, x >= shape, scale);
}

/* Continued fractions and series go on until nothing changes; they are used
 * where that is soon. */
enum { STEPS_MAX = 20000 };
static const double quick_below = 1e5;

/* The sum of x^n / ((a + 1) ... (a + n)), for x < a + 1. */
static double gamma_series(double a, double x)
{
    double term = 1.0, sum = 1.0;
    for (int n = 1; n < STEPS_MAX && term > 1e-17 * sum; n++) {
        term *= x / (a + n);
        sum += term;
    }
    return sum;
}

/* Legendre's continued fraction of e^x x^-a Gamma(a, x), for x >= a + 1, by
 * Lentz's way (Abramowitz and Stegun 6.5.31, its even part). */
static double gamma_fraction(double a, double x)
{
    double b = x + 1.0 - a, c = 1e300, d = 1.0 / b, h = d;
    for (int n = 1; n < STEPS_MAX; n++) {
        double top = -n * (n - a);
        b += 2.0;
        d = 1.0 / (top * d + b);
        c = b + top / c;
        double step = c * d;
        h *= step;
        if (fabs(step - 1.0) < 1e-16) break;
    }
    return h;
}

static bool gamma_quick(double shape, double x, double log_x, double *below,
                        double *above)
{
    if (!(shape < quick_below && x < 1e300)) return false;
    double kernel = x > 1e-300 ? gamma_kernel(shape, x)
                               : shape * log_x - x - log_gamma(shape);
    if (x < shape + 1.0) {
        *below = fmin(kernel - log(shape) + log(gamma_series(shape, x)), 0.0);
        *above = log_rest(*below);
        return *below < -0.1;
    }
    *above = fmin(kernel + log(gamma_fraction(shape, x)), 0.0);
    *below = log_rest(*above);
    return *above < -0.1;
}

void gamma_tails(double shape, double x, double log_x, double *below,
                 double *above)
{
    *below = log_x > 0.0 ? 0.0 : -INFINITY;
    *above = log_x > 0.0 ? -INFINITY : 0.0;
    if (!(fabs(log_x) < INFINITY) || x == INFINITY) return;
    if (gamma_quick(shape, x, log_x, below, above)) return;
    struct split split;
    gamma_split(shape, x, log_x, &split);
    *below = split.log_mass[0];
    *above = split.log_mass[1];
}

double gamma_tails_by_shape(double shape, double x, double log_x, bool upper)
{
    struct split split;
    if (!(fabs(log_x) < INFINITY) || x == INFINITY) return 0.0;
    gamma_split(shape, x, log_x, &split);
    return split_slope(&split, upper, 0);
}

/* ---- beta --------------------------------------------------------------- */

struct unit_point unit_at(double x)
{
    return (struct unit_point){x, 1.0 - x, log(x), log1p(-x)};
}

struct unit_point unit_at_logit(double logit)
{
    return (struct unit_point){inv_logit(logit), inv_logit(-logit),
                               -softplus(-logit), -softplus(logit)};
}

double beta_kernel(double a, double b, struct unit_point at)
{
    if (a < STIRLING_FROM || b < STIRLING_FROM || at.x < 1e-300 ||
        at.y < 1e-300)
        return a * at.log_x + b * at.log_y - log_beta(a, b);
    double n = a + b;
    double rests = stirling_rest(n) - stirling_rest(a) - stirling_rest(b);
    return rests - deviance(a, n * at.x) - deviance(b, n * at.y) +
           0.5 * (log(a) + log(b / n) - LOG_2PI);
}

struct beta_edge {
    double sign;
    double a, b; /* so turned that x is the smaller share */
    double x, y;
    double score_a, score_b;
    bool turned;
};

/* By the logit u: a log x + b log y, at logit(x) + d. With L = log(y + x e^d)
 * the logs change by d - L and by -L. */
static void beta_law(double distance, const void *data, double at[3])
{
    const struct beta_edge *e = data;
    double d = (e->turned ? -e->sign : e->sign) * distance;
    double n = e->a + e->b, pull = e->a * e->y - e->b * e->x, rise;
    if (d < 30.0) {
        double z = e->x * expm1(d);
        double rest = log1p_rest(z) + e->x * expm1_rest(d);
        rise = fabs(d) < 0.5 ? e->x * d + rest : log1p(z);
        at[0] = fabs(d) < 0.5 ? pull * d - n * rest : e->a * d - n * rise;
    } else {
        /* e^d may leave the doubles: from x e^d = e^(d + log x). */
        rise = log_add(d + log(e->x), log(e->y));
        at[0] = e->a * d - n * rise;
    }
    if (at[0] != at[0]) at[0] = -INFINITY;
    at[1 + e->turned] = e->score_a + d - rise;
    at[2 - e->turned] = e->score_b - rise;
}

static void beta_split(double a, double b, struct unit_point p,
                       struct split *split)
{
    struct beta_edge edge = {.turned = p.x > p.y};
    double log_x = edge.turned ? p.log_y : p.log_x;
    double log_y = edge.turned ? p.log_x : p.log_y;
    edge.a = edge.turned ? b : a;
    edge.b = edge.turned ? a : b;
    edge.x = edge.turned ? p.y : p.x;
    edge.y = edge.turned ? p.x : p.y;
    edge.score_a = log_x + digamma_rise(edge.a, edge.b);
    edge.score_b = log_y + digamma_rise(edge.b, edge.a);
    double pull = edge.a * edge.y - edge.b * edge.x;
    double scale = 1.0 / (fabs(pull) + sqrt((a + b) * edge.x) * sqrt(edge.y));
    bool upper = (pull <= 0.0) != edge.turned;
    divide(split, beta_law, &edge.sign, beta_kernel(a, b, p), upper, scale);
}

/* The continued fraction of I_x(a, b) over x^a y^b / (a B(a, b)) (Abramowitz
 * and Stegun 26.5.8), by Lentz's way; quick for x below (a + 1) / (a + b +
 * 2). */
static double beta_fraction(double a, double b, double x)
{
    double c = 1.0, d = 1.0 / (1.0 - (a + b) / (a + 1.0) * x), h = d;
    for (int m = 1; m < STEPS_MAX; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd =
            -(a + m) / (a + 2 * m) * ((a + b + m) / (a + 2 * m + 1)) * x;
        d = 1.0 / (1.0 + even * d);
        c = 1.0 + even / c;
        h *= c * d;
        d = 1.0 / (1.0 + odd * d);
        c = 1.0 + odd / c;
        h *= c * d;
        if (fabs(c * d - 1.0) < 1e-16) break;
    }
    return h;
}

static bool beta_quick(double a, double b, struct unit_point at, double *below,
                       double *above)
{
    if (!(a < quick_below && b < quick_below)) return false;
    double kernel = beta_kernel(a, b, at);
    if (at.x * (a + b + 2.0) < a + 1.0) {
        *below = fmin(kernel - log(a) + log(beta_fraction(a, b, at.x)), 0.0);
        *above = log_rest(*below);
        return *below < -0.1;
    }
    *above = fmin(kernel - log(b) + log(beta_fraction(b, a, at.y)), 0.0);
    *below = log_rest(*above);
    return *above < -0.1;
}

void beta_tails(double a, double b, struct unit_point at, double *below,
                double *above)
{
    bool low = at.log_x == -INFINITY, high = at.log_y == -INFINITY;
    *below = low ? -INFINITY : 0.0;
    *above = low ? 0.0 : -INFINITY;
    if (low || high || beta_quick(a, b, at, below, above)) return;
    struct split split;
    beta_split(a, b, at, &split);
    *below = split.log_mass[0];
    *above = split.log_mass[1];
}

void beta_tails_by_shapes(double a, double b, struct unit_point at, bool upper,
                          double by[2])
{
    struct split split;
    beta_split(a, b, at, &split);
    for (int i = 0; i < 2; i++) by[i] = split_slope(&split, upper, i);
}
