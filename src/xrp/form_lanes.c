/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Log densities of many data in one loop. Sums run in eight lanes, in a fixed
 * order: the same bits on any machine, whatever the compiler makes of them,
 * and as fast as the data come from memory. Each loop answers NaN where it
 * does not know (a parameter out of its domain, a number that overflows);
 * then the elements are scored one by one, and that answer counts.
 */
#include "base/saddle.h"
#include "base/special.h"
#include "xrp/form.h"

enum { LANES = 8, PARAMETERS = 3 };

/* One row of elements. A parameter has one number, or one an element. */
struct lanes {
    const struct inner *in;
    size_t count;
    const double *x;
    struct {
        const double *at;
        bool along;
    } p[PARAMETERS];
};

static double sum_of(const double *lane)
{
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/* ---- normal ------------------------------------------------------------- */

/* The sum of ((x - centre) / scale)^2, by one centre and one scale. */
static double squares(const double *x, size_t n, double centre, double inverse)
{
    double lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) {
            double z = (x[i + (size_t)k] - centre) * inverse;
            lane[k] += z * z;
        }
    for (; i < n; i++) {
        double z = (x[i] - centre) * inverse;
        lane[i % LANES] += z * z;
    }
    return sum_of(lane);
}

static double squares_along(const double *x, const double *centre, size_t n,
                            double inverse)
{
    double lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) {
            double z = (x[i + (size_t)k] - centre[i + (size_t)k]) * inverse;
            lane[k] += z * z;
        }
    for (; i < n; i++) {
        double z = (x[i] - centre[i]) * inverse;
        lane[i % LANES] += z * z;
    }
    return sum_of(lane);
}

/* The sum of logs: of products of eight, where no product can leave the
 * doubles. NaN when one is not positive. */
static double sum_logs(const double *x, size_t n)
{
    double sum = 0.0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        double product = 1.0, least = INFINITY, most = 0.0;
        for (size_t k = i; k < i + LANES; k++) {
            product *= x[k];
            least = x[k] < least ? x[k] : least;
            most = x[k] > most ? x[k] : most;
        }
        if (!(least > 0.0 && most < INFINITY)) return NAN;
        if (least > 1e-30 && most < 1e30) {
            sum += log(product);
            continue;
        }
        for (size_t k = i; k < i + LANES; k++) sum += log(x[k]);
    }
    for (; i < n; i++) {
        if (!(x[i] > 0.0)) return NAN;
        sum += log(x[i]);
    }
    return sum;
}

static double squares_scaled(const struct lanes *l)
{
    const double *mu = l->p[0].at, *sd = l->p[1].at;
    double lane[LANES] = {0};
    for (size_t i = 0; i < l->count; i++) {
        double z = (l->x[i] - mu[l->p[0].along ? i : 0]) / sd[i];
        lane[i % LANES] += z * z;
    }
    return sum_of(lane);
}

static double normal_lanes(const struct lanes *l)
{
    static const double half_log_2pi = 0.91893853320467274178;
    double n = (double)l->count, sd = *l->p[1].at;
    if (l->p[1].along)
        return -0.5 * squares_scaled(l) - sum_logs(l->p[1].at, l->count) -
               n * half_log_2pi;
    if (!(sd > 1e-300 && sd < INFINITY)) return NAN;
    double s = l->p[0].along
                   ? squares_along(l->x, l->p[0].at, l->count, 1.0 / sd)
                   : squares(l->x, l->count, *l->p[0].at, 1.0 / sd);
    return -0.5 * s - n * (log(sd) + half_log_2pi);
}

/* ---- exponential -------------------------------------------------------- */

static double exponential_lanes(const struct lanes *l)
{
    double lane[LANES] = {0}, rate = *l->p[0].at, least = 0.0;
    if (l->p[0].along || !(rate > 0.0 && rate < INFINITY)) return NAN;
    for (size_t i = 0; i < l->count; i++) {
        lane[i % LANES] += l->x[i];
        least = l->x[i] < least ? l->x[i] : least;
    }
    if (least < 0.0) return NAN;
    return (double)l->count * log(rate) - rate * sum_of(lane);
}

/* ---- student-t ---------------------------------------------------------- */

/* The log density at the centre, and -(dof + 1) / 2 log(1 + z^2 / dof). A
 * large dof would enlarge what the logarithm of a product loses. */
static double student_lanes(const struct lanes *l)
{
    double dof = *l->p[0].at, scale = *l->p[2].at, sum = 0.0;
    if (l->p[0].along || l->p[2].along || !(dof > 1e-3 && dof < 1e3) ||
        !(scale > 1e-150 && scale < 1e150))
        return NAN;
    const double *loc = l->p[1].at;
    bool along = l->p[1].along;
    double factor = 1.0 / scale / sqrt(dof);
    size_t i = 0;
    for (; i + LANES <= l->count; i += LANES) {
        double product = 1.0;
        for (size_t k = i; k < i + LANES; k++) {
            double z = (l->x[k] - loc[along ? k : 0]) * factor;
            if (!(fabs(z) < 1e15)) return NAN;
            product *= 1.0 + z * z;
        }
        sum += log(product);
    }
    for (; i < l->count; i++) {
        double z = (l->x[i] - loc[along ? i : 0]) * factor;
        sum += log1p(z * z);
    }
    return (double)l->count * (student_log(0.0, dof) - log(scale)) -
           0.5 * (dof + 1.0) * sum;
}

/* ---- booleans ----------------------------------------------------------- */

/* The numbers are 0 and 1, or the answer is NaN. */
static double boolean(double x) { return x == 0.0 || x == 1.0 ? x : NAN; }

/* Probabilities of what was seen; a lone p is counted (below). */
static double flip_lanes(const struct lanes *l)
{
    double sum = 0.0, seen[LANES];
    const double *p = l->p[0].at;
    for (size_t i = 0; i < l->count;) {
        size_t n = l->count - i < LANES ? l->count - i : LANES;
        for (size_t k = 0; k < n; k++, i++) {
            double one = p[l->p[0].along ? i : 0], x = boolean(l->x[i]);
            if (!(one >= 0.0 && one <= 1.0)) return NAN;
            seen[k] = x != 0.0 ? x * one : 1.0 - one;
        }
        sum += sum_logs(seen, n);
    }
    return sum;
}

/* -log(1 + e^t) with t against what was seen: the part above 0, and a product
 * of numbers from 1 to 2. */
static double logit_lanes(const struct lanes *l)
{
    double lane[LANES] = {0}, product[LANES], sum = 0.0;
    const double *logit = l->p[0].at;
    for (size_t i = 0; i < l->count;) {
        size_t n = l->count - i < LANES ? l->count - i : LANES;
        for (size_t k = 0; k < n; k++, i++) {
            double t = logit[l->p[0].along ? i : 0];
            t = boolean(l->x[i]) != 0.0 ? boolean(l->x[i]) * -t : t;
            lane[k] += t > 0.0 ? t : 0.0;
            product[k] = 1.0 + exp(-fabs(t));
        }
        sum += sum_logs(product, n);
    }
    return -(sum_of(lane) + sum);
}

static const struct {
    const struct xrp_family *family;
    int parameters;
    double fallback[PARAMETERS];
    double (*sum)(const struct lanes *l);
} rows[] = {
    {&family_normal, 2, {0.0, 1.0, 0.0}, normal_lanes},
    {&family_exponential, 1, {0.0, 0.0, 0.0}, exponential_lanes},
    {&family_student_t, 3, {1.0, 0.0, 1.0}, student_lanes},
    {&family_flip, 1, {0.5, 0.0, 0.0}, flip_lanes},
    {&family_bernoulli_logit, 1, {0.0, 0.0, 0.0}, logit_lanes},
};

/* ---- small whole numbers ------------------------------------------------ */

/* Of a discrete family with the same parameters for all, each value is scored
 * once. False when a value is not whole, or from 0 to 255. */
enum { COUNTED = 256 };

static bool count_values(const struct grid *g, const struct field *values,
                         bool booleans, uint32_t *counts)
{
    if (!values->numbers && !booleans) return false;
    for (size_t i = 0; i < g->count; i++) {
        double x;
        if (values->numbers) {
            x = values->numbers[i];
        } else {
            int b = boolean_of(values->items[i]);
            if (b < 0) return false;
            x = b;
        }
        if (!(x >= 0.0 && x < COUNTED)) return false;
        int k = (int)x;
        if (k != x) return false;
        counts[k]++;
    }
    return true;
}

static double counted_prob(const struct grid *g, const struct field *values,
                           bool booleans)
{
    uint32_t counts[COUNTED] = {0};
    double sum = 0.0;
    if (!count_values(g, values, booleans, counts)) return NAN;
    for (int k = 0; k < COUNTED; k++)
        if (counts[k]) sum += counts[k] * inner_prob(&g->in, v_int(k));
    return sum;
}

/* ---- which loop --------------------------------------------------------- */

static bool is_shared(const struct grid *g)
{
    for (int i = 0; i < g->in.site.arg_count; i++)
        if (g->fields[i].axes) return false;
    return true;
}

/* Row after row, so that arguments of one axis go along with each. */
static double sum_rows(const struct grid *g, const struct field *values,
                       size_t row)
{
    double whole[PARAMETERS], sum = 0.0;
    struct lanes l = {.in = &g->in, .count = g->columns};
    int given = g->in.site.arg_count;
    if (given > rows[row].parameters) return NAN;
    for (size_t i = 0; i < g->rows; i++) {
        l.x = values->numbers + i * g->columns;
        for (int k = 0; k < rows[row].parameters; k++) {
            const struct field *f = k < given ? &g->fields[k] : NULL;
            whole[k] = rows[row].fallback[k];
            l.p[k].at = &whole[k];
            l.p[k].along = f && f->column_step;
            if (f && f->axes) {
                if (!f->numbers) return NAN;
                l.p[k].at = f->numbers + i * f->row_step;
            } else if (f) {
                if (!is_number(f->whole)) return NAN;
                whole[k] = as_number(f->whole);
            }
        }
        sum += rows[row].sum(&l);
    }
    return fabs(sum) < INFINITY ? sum : (double)NAN;
}

double lanes_prob(const struct grid *g, const struct field *values)
{
    enum { FEW = 8 };
    if (g->count < FEW || g->axes == 0) return NAN;
    enum xrp_support kind = xrp_support_at(g->in.family, &g->in.site);
    bool counts = kind == SUPPORT_BOOLEAN || kind == SUPPORT_COUNTS ||
                  kind == SUPPORT_INTEGERS;
    if (counts && g->count >= 2 * COUNTED && is_shared(g))
        return counted_prob(g, values, kind == SUPPORT_BOOLEAN);
    for (size_t k = 0; k < sizeof rows / sizeof *rows && values->numbers; k++)
        if (rows[k].family == g->in.family) return sum_rows(g, values, k);
    return NAN;
}
