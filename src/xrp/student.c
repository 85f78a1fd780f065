/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Student's t, and the halves of symmetric laws: student-t, half-normal,
 * half-cauchy, half-student-t. A half has its scale alone, and its location
 * at 0.
 */
#include "xrp/student.h"

#include <float.h>

#include "base/saddle.h"
#include "base/special.h"
#include "base/tail.h"
#include "xrp/plain.h"

/* ---- student-t ---------------------------------------------------------- */

static const struct parameter student_rows[] = {
    {"dof", POSITIVE, 0.0}, {"loc", REAL, 0.0}, {"scale", POSITIVE, 1.0}};

/* The standard log density at (x - loc) / scale, also where that leaves the
 * doubles: there it falls as |z|^-(dof + 1). */
static double scaled_log(double x, double loc, double scale, double dof)
{
    const double far = 1e200;
    double z = standardise(x, loc, scale);
    if (fabs(z) < INFINITY) return student_log(z, dof);
    double log_z = log(fabs(0.5 * x - 0.5 * loc)) + LOG_2 - log(scale);
    return student_log(far, dof) - (dof + 1.0) * (log_z - log(far));
}

/* The same place within the doubles, for slopes. */
static double scaled_place(double x, double loc, double scale)
{
    return fmin(fmax(standardise(x, loc, scale), -DBL_MAX), DBL_MAX);
}

/* d log t(z; dof) / dz, without z^2 overflowing. */
double student_slope(double z, double dof)
{
    double a = fabs(z);
    if (a > 1e150) return -(dof + 1.0) / z;
    return -(dof + 1.0) * z / (dof + z * z);
}

static double dof_slope(double z, double dof)
{
    double w = z / dof * z;
    double log1p_w = w < INFINITY ? log1p(w) : 2.0 * log(fabs(z)) - log(dof);
    return student_score(w, log1p_w, dof);
}

/* normal / sqrt(chi-squared / dof), by logs: a tiny dof underflows. */
double student_draw(struct random *r, double dof)
{
    double z = random_normal(r), a = 0.5 * dof;
    return z * exp(0.5 * (log(a) - random_log_gamma(r, a)));
}

static double student_t_log(const double *p, double x)
{
    return scaled_log(x, p[1], p[2], p[0]) - log(p[2]);
}

static double student_t_draw(const double *p, struct random *r)
{
    return real_draw(p[1] + p[2] * student_draw(r, p[0]));
}

static bool student_t_slope(const double *p, double x, double *d)
{
    double z = scaled_place(x, p[1], p[2]), slope = student_slope(z, p[0]);
    d[0] = slope / p[2];
    d[1] = dof_slope(z, p[0]);
    d[2] = -slope / p[2];
    d[3] = (-1.0 - z * slope) / p[2];
    return true;
}

static void student_t_moment(const double *p, double *mean, double *variance)
{
    double dof = p[0];
    *mean = dof > 1.0 ? p[1] : (double)NAN;
    *variance = dof > 2.0   ? p[2] * p[2] * (dof / (dof - 2.0))
                : dof > 1.0 ? INFINITY
                            : (double)NAN;
}

static void student_t_tails(const double *p, double x, double *below,
                            double *above)
{
    double z = standardise(x, p[1], p[2]);
    double small = student_log_above(fabs(z), p[0]), large = log_rest(small);
    *below = z < 0.0 ? small : large;
    *above = z < 0.0 ? large : small;
}

static void student_t_tails_slope(const double *p, double x, bool upper,
                                  double tail, double *d)
{
    double z = standardise(x, p[1], p[2]);
    double slope = exp(student_log(z, p[0]) - tail);
    d[0] = (upper ? -slope : slope) / p[2];
    d[1] = student_above_by_dof(upper ? z : -z, p[0]);
    d[2] = -d[0];
    d[3] = -z * d[0];
}

static const struct plain student_t_plain = {
    .rows = student_rows,
    .count = 3,
    .lo = -INFINITY,
    .hi = INFINITY,
    PLAIN_PARTS(student_t),
};
PLAIN_FUNCTIONS(student_t)

const struct xrp_family family_student_t = {
    .names = "student-t",
    .signature = "(student-t dof [loc = 0] [scale = 1])",
    .doc = "a real number: loc + scale * t with dof degrees of freedom",
    .min = 1,
    .max = 3,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_REAL,
    PLAIN_SLOTS(student_t),
};

/* ---- half-normal -------------------------------------------------------- */

static const struct parameter half_normal_rows[] = {{"sd", POSITIVE, 1.0}};

static double half_normal_log(const double *p, double x)
{
    double z = x / p[0];
    return -0.5 * z * z - log(p[0]) - (HALF_LOG_2PI - LOG_2);
}

static double half_normal_draw(const double *p, struct random *r)
{
    return positive_draw(p[0] * fabs(random_normal(r)));
}

static bool half_normal_slope(const double *p, double x, double *d)
{
    double z = x / p[0];
    d[0] = -z / p[0];
    d[1] = (z * z - 1.0) / p[0];
    return true;
}

static void half_normal_moment(const double *p, double *mean, double *variance)
{
    *mean = p[0] * sqrt(2.0 / PI);
    *variance = p[0] * p[0] * (1.0 - 2.0 / PI);
}

static void half_normal_tails(const double *p, double x, double *below,
                              double *above)
{
    double z = x / p[0];
    *above = fmin(LOG_2 + normal_log_below(-z), 0.0);
    *below = z < 1.0 ? log(erf(z * sqrt(0.5))) : log_rest(*above);
}

/* The derivative by z is plus or minus the density; by sd it is -z times
 * that by x. */
static void half_normal_tails_slope(const double *p, double x, bool upper,
                                    double tail, double *d)
{
    double z = x / p[0];
    double slope = upper ? -1.0 / mills_ratio(z)
                         : exp(-0.5 * z * z - HALF_LOG_2PI + LOG_2 - tail);
    d[0] = slope / p[0];
    d[1] = -z * d[0];
}

static const struct plain half_normal_plain = {
    .rows = half_normal_rows,
    .count = 1,
    .lo = 0.0,
    .hi = INFINITY,
    PLAIN_PARTS(half_normal),
};
PLAIN_FUNCTIONS(half_normal)

const struct xrp_family family_half_normal = {
    .names = "half-normal",
    .signature = "(half-normal [sd = 1])",
    .doc = "a positive number: the size of a normal one with mean 0 and this "
           "sd",
    .max = 1,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_POSITIVE,
    PLAIN_SLOTS(half_normal),
};

/* ---- half-cauchy -------------------------------------------------------- */

static const struct parameter half_cauchy_rows[] = {{"scale", POSITIVE, 1.0}};

static double half_cauchy_log(const double *p, double x)
{
    double z = x / p[0];
    double tail = z < 1e150 ? log1p(z * z) : 2.0 * log_ratio(x, p[0]);
    return log(2.0 / PI) - log(p[0]) - tail;
}

static double half_cauchy_draw(const double *p, struct random *r)
{
    double top = random_normal(r), bottom = random_normal(r);
    return positive_draw(p[0] * fabs(top / bottom));
}

static bool half_cauchy_slope(const double *p, double x, double *d)
{
    double z = x / p[0];
    d[0] = (z > 1e150 ? -2.0 / z : -2.0 * z / (1.0 + z * z)) / p[0];
    d[1] = (z > 1e150 ? 1.0 : 1.0 - 2.0 / (1.0 + z * z)) / p[0];
    return true;
}

static void half_cauchy_moment(const double *p, double *mean, double *variance)
{
    (void)p;
    *mean = *variance = INFINITY;
}

static void half_cauchy_tails(const double *p, double x, double *below,
                              double *above)
{
    double low = atan2(x, p[0]) / (0.5 * PI);
    double high = atan2(p[0], x) / (0.5 * PI);
    *below = low < 0.5 ? log(low) : log1p(-high);
    *above = high < 0.5 ? log(high) : log1p(-low);
}

static void half_cauchy_tails_slope(const double *p, double x, bool upper,
                                    double tail, double *d)
{
    double slope = exp(half_cauchy_log(p, x) - tail);
    d[0] = upper ? -slope : slope;
    d[1] = -(x / p[0]) * d[0];
}

static double half_cauchy_at(const double *p, double log_p, bool upper)
{
    bool swap = log_p > -LOG_2;
    double q = tan(0.5 * PI * exp(swap ? log1m_exp(log_p) : log_p));
    return upper == swap ? p[0] * q : p[0] / q;
}

static const struct plain half_cauchy_plain = {
    .rows = half_cauchy_rows,
    .count = 1,
    .lo = 0.0,
    .hi = INFINITY,
    PLAIN_PARTS(half_cauchy),
    .quantile = half_cauchy_at,
};
PLAIN_FUNCTIONS(half_cauchy)

const struct xrp_family family_half_cauchy = {
    .names = "half-cauchy",
    .signature = "(half-cauchy [scale = 1])",
    .doc = "a positive number with median scale: the size of a cauchy one",
    .max = 1,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_POSITIVE,
    PLAIN_SLOTS(half_cauchy),
};

/* ---- half-student-t ----------------------------------------------------- */

static const struct parameter half_student_rows[] = {{"dof", POSITIVE, 0.0},
                                                     {"scale", POSITIVE, 1.0}};

static double half_student_log(const double *p, double x)
{
    return LOG_2 + scaled_log(x, 0.0, p[1], p[0]) - log(p[1]);
}

static double half_student_draw(const double *p, struct random *r)
{
    return positive_draw(p[1] * fabs(student_draw(r, p[0])));
}

static bool half_student_slope(const double *p, double x, double *d)
{
    double z = scaled_place(x, 0.0, p[1]), slope = student_slope(z, p[0]);
    d[0] = slope / p[1];
    d[1] = dof_slope(z, p[0]);
    d[2] = (-1.0 - z * slope) / p[1];
    return true;
}

/* E |t| = 2 sqrt(dof) Gamma((dof + 1) / 2) / (sqrt(pi) Gamma(dof / 2) (dof
 * - 1)): twice the density at 0 times dof / (dof - 1). */
static void half_student_moment(const double *p, double *mean, double *variance)
{
    double dof = p[0], s = p[1];
    *mean = *variance = INFINITY;
    if (dof <= 1.0) return;
    double unit = 2.0 * exp(student_log(0.0, dof)) * (dof / (dof - 1.0));
    *mean = s * unit;
    if (dof > 2.0) *variance = s * s * (dof / (dof - 2.0) - unit * unit);
}

static void half_student_tails(const double *p, double x, double *below,
                               double *above)
{
    double z = x / p[1];
    *above = fmin(LOG_2 + student_log_above(z, p[0]), 0.0);
    *below = log_rest(*above);
    /* Near 0 the rest has no digits. */
    if (*below > -LOG_2) return;
    double rest;
    beta_tails(0.5 * p[0], 0.5, student_point(z, p[0]), &rest, below);
}

/* By dof below: of the beta variable 1 / (1 + z^2 / dof), by its shape and
 * by its place; the density at 0 is all that counts for a small z. */
static void half_student_tails_slope(const double *p, double x, bool upper,
                                     double tail, double *d)
{
    double z = x / p[1], slope = exp(half_student_log(p, x) - tail), by[2];
    struct unit_point at = student_point(z, p[0]);
    d[0] = upper ? -slope : slope;
    d[1] = student_above_by_dof(z, p[0]);
    if (!upper) {
        beta_tails_by_shapes(0.5 * p[0], 0.5, at, true, by);
        double place = exp(beta_kernel(0.5 * p[0], 0.5, at) - tail);
        d[1] = 0.5 * by[0] - place / p[0];
    }
    d[2] = -z * d[0];
}

static const struct plain half_student_plain = {
    .rows = half_student_rows,
    .count = 2,
    .lo = 0.0,
    .hi = INFINITY,
    PLAIN_PARTS(half_student),
};
PLAIN_FUNCTIONS(half_student)

const struct xrp_family family_half_student_t = {
    .names = "half-student-t",
    .signature = "(half-student-t dof [scale = 1])",
    .doc = "a positive number: the size of scale * t with dof degrees of "
           "freedom",
    .min = 1,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_POSITIVE,
    PLAIN_SLOTS(half_student),
};
