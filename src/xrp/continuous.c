/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Families on the real line and on intervals: normal, student-t, laplace,
 * uniform, rand. Scales are standard deviations, or what stands in their
 * place; intervals are closed.
 */
#include "xrp/family.h"

#include <stdio.h>

#include "base/saddle.h"
#include "base/special.h"
#include "xrp/student.h"

/* ---- normal ------------------------------------------------------------- */

static const struct parameter normal_rows[] = {{"mu", REAL, 0.0},
                                               {"sd", POSITIVE, 1.0}};

static bool normal_read(const struct xrp_site *s, double *mu, double *sd)
{
    return parameter_read(normal_rows, s->args, s->arg_count, 0, mu) &&
           parameter_read(normal_rows + 1, s->args, s->arg_count, 1, sd);
}

static bool normal_sample(const struct xrp_site *s, struct random *r,
                          value *out)
{
    double mu, sd;
    if (!normal_read(s, &mu, &sd)) return false;
    *out = v_double(real_draw(mu + sd * random_normal(r)));
    return true;
}

static double normal_prob(const struct xrp_site *s, value v)
{
    double mu, sd, x;
    if (!normal_read(s, &mu, &sd)) return NAN;
    if (!real_of(v, &x)) return -INFINITY;
    double z = standardise(x, mu, sd);
    return -0.5 * z * z - log(sd) - HALF_LOG_2PI;
}

static bool normal_gradient(const struct xrp_site *s, value v, double *by_value,
                            double *by_arg)
{
    double mu, sd, x;
    if (!normal_read(s, &mu, &sd) || !real_of(v, &x)) return false;
    double z = standardise(x, mu, sd);
    *by_value = -z / sd;
    put_gradient(by_arg, s->arg_count, 0, z / sd);
    put_gradient(by_arg, s->arg_count, 1, (z * z - 1.0) / sd);
    return true;
}

static bool normal_explain(const struct xrp_site *s, char *words, size_t size)
{
    return parameters_explain(normal_rows, 2, s->args, s->arg_count, words,
                              size);
}

const struct xrp_family family_normal = {
    .names = "normal gaussian",
    .signature = "(normal [mu = 0] [sd = 1])",
    .doc = "a real number with mean mu and standard deviation sd",
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_REAL,
    .sample = normal_sample,
    .prob = normal_prob,
    .gradient = normal_gradient,
    .explain = normal_explain,
};

/* ---- student-t ---------------------------------------------------------- */

static const struct parameter student_rows[] = {
    {"dof", POSITIVE, 0.0}, {"loc", REAL, 0.0}, {"scale", POSITIVE, 1.0}};

/* d log t(z; dof) / dz, without z^2 overflowing. */
double student_slope(double z, double dof)
{
    double a = fabs(z);
    if (a > 1e150) return -(dof + 1.0) / z;
    return -(dof + 1.0) * z / (dof + z * z);
}

/* With w = z^2 / dof and a = dof / 2 the derivative is
 *     [psi(a + 1/2) - psi(a) - 1 / (2 a)] / 2
 *         + [w / (1 + w) - log1p(w)] / 2 + w / (2 dof (1 + w))
 * and both brackets lose everything for large dof: series there. */
static double student_dof_slope(double z, double dof)
{
    double a = 0.5 * dof, w = z / dof * z, t = 1.0 / (a * a), rise, bend;
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
        bend = log1p(w) - 1.0 / (1.0 + 1.0 / w);
    }
    return 0.5 * (rise - bend) + 0.5 / (dof * (1.0 + 1.0 / w));
}

/* normal / sqrt(chi-squared / dof), by logs: a tiny dof underflows. */
double student_draw(struct random *r, double dof)
{
    double z = random_normal(r), a = 0.5 * dof;
    return z * exp(0.5 * (log(a) - random_log_gamma(r, a)));
}

static bool student_read(const struct xrp_site *s, double p[3])
{
    for (int i = 0; i < 3; i++)
        if (!parameter_read(student_rows + i, s->args, s->arg_count, i, p + i))
            return false;
    return true;
}

static bool student_sample(const struct xrp_site *s, struct random *r,
                           value *out)
{
    double p[3];
    if (!student_read(s, p)) return false;
    *out = v_double(real_draw(p[1] + p[2] * student_draw(r, p[0])));
    return true;
}

static double student_prob(const struct xrp_site *s, value v)
{
    double p[3], x;
    if (!student_read(s, p)) return NAN;
    if (!real_of(v, &x)) return -INFINITY;
    return student_log(standardise(x, p[1], p[2]), p[0]) - log(p[2]);
}

static bool student_gradient(const struct xrp_site *s, value v,
                             double *by_value, double *by_arg)
{
    double p[3], x;
    if (!student_read(s, p) || !real_of(v, &x)) return false;
    double z = standardise(x, p[1], p[2]), slope = student_slope(z, p[0]);
    *by_value = slope / p[2];
    put_gradient(by_arg, s->arg_count, 0, student_dof_slope(z, p[0]));
    put_gradient(by_arg, s->arg_count, 1, -slope / p[2]);
    put_gradient(by_arg, s->arg_count, 2, (-1.0 - z * slope) / p[2]);
    return true;
}

static bool student_explain(const struct xrp_site *s, char *words, size_t size)
{
    return parameters_explain(student_rows, 3, s->args, s->arg_count, words,
                              size);
}

const struct xrp_family family_student_t = {
    .names = "student-t",
    .signature = "(student-t dof [loc = 0] [scale = 1])",
    .doc = "a real number: loc + scale * t with dof degrees of freedom",
    .min = 1,
    .max = 3,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_REAL,
    .sample = student_sample,
    .prob = student_prob,
    .gradient = student_gradient,
    .explain = student_explain,
};

/* ---- laplace ------------------------------------------------------------ */

static const struct parameter laplace_rows[] = {{"loc", REAL, 0.0},
                                                {"scale", POSITIVE, 1.0}};

static bool laplace_read(const struct xrp_site *s, double *loc, double *scale)
{
    return parameter_read(laplace_rows, s->args, s->arg_count, 0, loc) &&
           parameter_read(laplace_rows + 1, s->args, s->arg_count, 1, scale);
}

static bool laplace_sample(const struct xrp_site *s, struct random *r,
                           value *out)
{
    double loc, scale;
    if (!laplace_read(s, &loc, &scale)) return false;
    double sign = random_bits(r) >> 63 ? 1.0 : -1.0;
    *out = v_double(real_draw(loc + sign * scale * random_exponential(r)));
    return true;
}

static double laplace_prob(const struct xrp_site *s, value v)
{
    double loc, scale, x;
    if (!laplace_read(s, &loc, &scale)) return NAN;
    if (!real_of(v, &x)) return -INFINITY;
    return -fabs(standardise(x, loc, scale)) - log(scale) - LOG_2;
}

/* At the peak there is no slope; 0 is between those of its sides. */
static bool laplace_gradient(const struct xrp_site *s, value v,
                             double *by_value, double *by_arg)
{
    double loc, scale, x;
    if (!laplace_read(s, &loc, &scale) || !real_of(v, &x)) return false;
    double z = standardise(x, loc, scale), sign = (z > 0.0) - (z < 0.0);
    *by_value = -sign / scale;
    put_gradient(by_arg, s->arg_count, 0, sign / scale);
    put_gradient(by_arg, s->arg_count, 1, (fabs(z) - 1.0) / scale);
    return true;
}

static bool laplace_explain(const struct xrp_site *s, char *words, size_t size)
{
    return parameters_explain(laplace_rows, 2, s->args, s->arg_count, words,
                              size);
}

const struct xrp_family family_laplace = {
    .names = "laplace double-exponential",
    .signature = "(laplace [loc = 0] [scale = 1])",
    .doc = "a real number, exponential to both sides of loc; sd is "
           "sqrt(2) * scale",
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_REAL,
    .sample = laplace_sample,
    .prob = laplace_prob,
    .gradient = laplace_gradient,
    .explain = laplace_explain,
};

/* ---- uniform ------------------------------------------------------------ */

static const struct parameter uniform_rows[] = {{"lo", REAL, 0.0},
                                                {"hi", REAL, 1.0}};

static bool uniform_read(const struct xrp_site *s, double *lo, double *hi)
{
    return parameter_read(uniform_rows, s->args, s->arg_count, 0, lo) &&
           parameter_read(uniform_rows + 1, s->args, s->arg_count, 1, hi) &&
           *lo < *hi;
}

static bool uniform_sample(const struct xrp_site *s, struct random *r,
                           value *out)
{
    double lo, hi;
    if (!uniform_read(s, &lo, &hi)) return false;
    /* Two products: hi - lo may be beyond doubles. */
    double u = random_unit(r), x = lo * (1.0 - u) + hi * u;
    *out = v_double(fmin(fmax(x, lo), hi));
    return true;
}

static double uniform_prob(const struct xrp_site *s, value v)
{
    double lo, hi, x;
    if (!uniform_read(s, &lo, &hi)) return NAN;
    if (!real_of(v, &x) || x < lo || x > hi) return -INFINITY;
    double width = hi - lo;
    return width < INFINITY ? -log(width) : -log(0.5 * hi - 0.5 * lo) - LOG_2;
}

static bool uniform_gradient(const struct xrp_site *s, value v,
                             double *by_value, double *by_arg)
{
    double lo, hi, x;
    if (!uniform_read(s, &lo, &hi)) return false;
    if (!real_of(v, &x) || x < lo || x > hi) return false;
    *by_value = 0.0;
    by_arg[0] = 1.0 / (hi - lo);
    by_arg[1] = -by_arg[0];
    return true;
}

static bool uniform_explain(const struct xrp_site *s, char *words, size_t size)
{
    if (parameters_explain(uniform_rows, 2, s->args, s->arg_count, words, size))
        return true;
    double lo, hi;
    if (uniform_read(s, &lo, &hi)) return false;
    snprintf(words, size, "lo must be below hi, got %.15g and %.15g", lo, hi);
    return true;
}

const struct xrp_family family_uniform = {
    .names = "uniform-continuous uniform",
    .signature = "(uniform-continuous lo hi)",
    .doc = "a real number from lo to hi, uniform",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS,
    .support_kind = SUPPORT_INTERVAL,
    .sample = uniform_sample,
    .prob = uniform_prob,
    .gradient = uniform_gradient,
    .explain = uniform_explain,
};

/* ---- rand --------------------------------------------------------------- */

static bool rand_sample(const struct xrp_site *s, struct random *r, value *out)
{
    (void)s;
    *out = v_double(random_unit(r));
    return true;
}

static double rand_prob(const struct xrp_site *s, value v)
{
    (void)s;
    double x;
    return real_of(v, &x) && x >= 0.0 && x <= 1.0 ? 0.0 : -INFINITY;
}

static bool rand_gradient(const struct xrp_site *s, value v, double *by_value,
                          double *by_arg)
{
    (void)by_arg;
    *by_value = 0.0;
    return rand_prob(s, v) == 0.0;
}

const struct xrp_family family_rand = {
    .names = "rand",
    .signature = "(rand)",
    .doc = "a real number from 0 to 1, uniform",
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_UNIT,
    .sample = rand_sample,
    .prob = rand_prob,
    .gradient = rand_gradient,
};
