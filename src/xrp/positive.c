/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Positive numbers and the unit interval: gamma, inverse-gamma, exponential,
 * beta. A point where the density is infinite is refused (log density
 * -inf); draws are at least DBL_MIN, and those of beta at most 1 - 2^-53.
 */
#include "xrp/family.h"

#include "base/saddle.h"
#include "base/special.h"

/* log(a / b) when the quotient itself may leave the doubles. */
static double log_ratio(double a, double b)
{
    double q = a / b;
    return q > 1e-300 && q < INFINITY ? log(q) : log(a) - log(b);
}

/* ---- gamma, inverse-gamma: two parameters ------------------------------- */

static const struct parameter gamma_rows[] = {{"shape", POSITIVE, 0.0},
                                              {"scale", POSITIVE, 0.0}};

static bool gamma_read(const struct xrp_site *s, double *shape, double *scale)
{
    return parameter_read(gamma_rows, s->args, s->arg_count, 0, shape) &&
           parameter_read(gamma_rows + 1, s->args, s->arg_count, 1, scale);
}

static bool gamma_explain(const struct xrp_site *s, char *words, size_t size)
{
    return parameters_explain(gamma_rows, 2, s->args, s->arg_count, words,
                              size);
}

static bool gamma_sample(const struct xrp_site *s, struct random *r, value *out)
{
    double shape, scale;
    if (!gamma_read(s, &shape, &scale)) return false;
    double x = shape >= 1.0 ? scale * random_gamma(r, shape)
                            : exp(log(scale) + random_log_gamma(r, shape));
    *out = v_double(positive_draw(x));
    return true;
}

static double gamma_prob(const struct xrp_site *s, value v)
{
    double shape, scale, x;
    if (!gamma_read(s, &shape, &scale)) return NAN;
    if (!real_of(v, &x) || x < 0.0 || x == INFINITY) return -INFINITY;
    if (x == 0.0) return shape == 1.0 ? -log(scale) : -INFINITY;
    double y = x / scale;
    if (shape >= STIRLING_FROM) {
        if (y > 1e-300 && y < INFINITY) return gamma_kernel(shape, y) - log(x);
    }
    return (shape - 1.0) * log_ratio(x, scale) - y - log_gamma(shape) -
           log(scale);
}

static bool gamma_gradient(const struct xrp_site *s, value v, double *by_value,
                           double *by_arg)
{
    double shape, scale, x;
    if (!gamma_read(s, &shape, &scale)) return false;
    if (!real_of(v, &x) || !(x > 0.0 && x < INFINITY)) return false;
    *by_value = (shape - 1.0) / x - 1.0 / scale;
    by_arg[0] = log_ratio(x, scale) - digamma(shape);
    by_arg[1] = (x / scale - shape) / scale;
    return true;
}

const struct xrp_family family_gamma = {
    .names = "gamma",
    .signature = "(gamma shape scale)",
    .doc = "a positive number with mean shape * scale",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_POSITIVE,
    .sample = gamma_sample,
    .prob = gamma_prob,
    .gradient = gamma_gradient,
    .explain = gamma_explain,
};

static bool inverse_sample(const struct xrp_site *s, struct random *r,
                           value *out)
{
    double shape, scale;
    if (!gamma_read(s, &shape, &scale)) return false;
    double x = shape >= 1.0 ? scale / random_gamma(r, shape)
                            : exp(log(scale) - random_log_gamma(r, shape));
    *out = v_double(positive_draw(x));
    return true;
}

static double inverse_prob(const struct xrp_site *s, value v)
{
    double shape, scale, x;
    if (!gamma_read(s, &shape, &scale)) return NAN;
    if (!real_of(v, &x) || x <= 0.0 || x == INFINITY) return -INFINITY;
    double y = scale / x;
    if (y == INFINITY) return -INFINITY;
    if (shape >= STIRLING_FROM && y > 1e-300)
        return gamma_kernel(shape, y) - log(x);
    return (shape + 1.0) * log_ratio(scale, x) - y - log_gamma(shape) -
           log(scale);
}

static bool inverse_gradient(const struct xrp_site *s, value v,
                             double *by_value, double *by_arg)
{
    double shape, scale, x;
    if (!gamma_read(s, &shape, &scale)) return false;
    if (!real_of(v, &x) || !(x > 0.0 && x < INFINITY)) return false;
    *by_value = (scale / x - (shape + 1.0)) / x;
    by_arg[0] = log_ratio(scale, x) - digamma(shape);
    by_arg[1] = shape / scale - 1.0 / x;
    return true;
}

const struct xrp_family family_inverse_gamma = {
    .names = "inverse-gamma inv-gamma",
    .signature = "(inverse-gamma shape scale)",
    .doc = "a positive number: 1 / x is gamma with this shape and scale "
           "1 / scale",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_POSITIVE,
    .sample = inverse_sample,
    .prob = inverse_prob,
    .gradient = inverse_gradient,
    .explain = gamma_explain,
};

/* ---- exponential -------------------------------------------------------- */

static const struct parameter exponential_rows[] = {{"rate", POSITIVE, 1.0}};

static bool exponential_read(const struct xrp_site *s, double *rate)
{
    return parameter_read(exponential_rows, s->args, s->arg_count, 0, rate);
}

static bool exponential_sample(const struct xrp_site *s, struct random *r,
                               value *out)
{
    double rate;
    if (!exponential_read(s, &rate)) return false;
    *out = v_double(positive_draw(random_exponential(r) / rate));
    return true;
}

static double exponential_prob(const struct xrp_site *s, value v)
{
    double rate, x;
    if (!exponential_read(s, &rate)) return NAN;
    if (!real_of(v, &x) || x < 0.0) return -INFINITY;
    return log(rate) - rate * x;
}

static bool exponential_gradient(const struct xrp_site *s, value v,
                                 double *by_value, double *by_arg)
{
    double rate, x;
    if (!exponential_read(s, &rate)) return false;
    if (!real_of(v, &x) || !(x >= 0.0)) return false;
    *by_value = -rate;
    put_gradient(by_arg, s->arg_count, 0, 1.0 / rate - x);
    return true;
}

static bool exponential_explain(const struct xrp_site *s, char *words,
                                size_t size)
{
    return parameters_explain(exponential_rows, 1, s->args, s->arg_count, words,
                              size);
}

const struct xrp_family family_exponential = {
    .names = "exponential",
    .signature = "(exponential rate)",
    .doc = "a positive number with mean 1 / rate",
    .min = 1,
    .max = 1,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_POSITIVE,
    .sample = exponential_sample,
    .prob = exponential_prob,
    .gradient = exponential_gradient,
    .explain = exponential_explain,
};

/* ---- beta --------------------------------------------------------------- */

static const struct parameter beta_rows[] = {{"a", POSITIVE, 0.0},
                                             {"b", POSITIVE, 0.0}};

static bool beta_read(const struct xrp_site *s, double *a, double *b)
{
    return parameter_read(beta_rows, s->args, s->arg_count, 0, a) &&
           parameter_read(beta_rows + 1, s->args, s->arg_count, 1, b);
}

static bool beta_sample(const struct xrp_site *s, struct random *r, value *out)
{
    double a, b;
    if (!beta_read(s, &a, &b)) return false;
    *out = v_double(random_beta(r, a, b));
    return true;
}

/* With n = a + b: the peak is a binomial's, so deviances (base/saddle.h)
 * when both are large; else the plain form, whose terms do not cancel. */
static double beta_prob(const struct xrp_site *s, value v)
{
    double a, b, x;
    if (!beta_read(s, &a, &b)) return NAN;
    if (!real_of(v, &x) || x < 0.0 || x > 1.0) return -INFINITY;
    if (x == 0.0) return a == 1.0 ? log(b) : -INFINITY;
    if (x == 1.0) return b == 1.0 ? log(a) : -INFINITY;
    if (a < STIRLING_FROM || b < STIRLING_FROM)
        return (a - 1.0) * log(x) + (b - 1.0) * log1p(-x) - log_beta(a, b);
    double n = a + b, y = 1.0 - x;
    double rests = stirling_rest(n) - stirling_rest(a) - stirling_rest(b);
    return rests - deviance(a, n * x) - deviance(b, n * y) +
           0.5 * (log(a) + log(b / n) - LOG_2PI) - log(x) - log1p(-x);
}

static bool beta_gradient(const struct xrp_site *s, value v, double *by_value,
                          double *by_arg)
{
    double a, b, x;
    if (!beta_read(s, &a, &b)) return false;
    if (!real_of(v, &x) || !(x > 0.0 && x < 1.0)) return false;
    double whole = digamma(a + b);
    *by_value = (a - 1.0) / x - (b - 1.0) / (1.0 - x);
    by_arg[0] = log(x) - digamma(a) + whole;
    by_arg[1] = log1p(-x) - digamma(b) + whole;
    return true;
}

static bool beta_explain(const struct xrp_site *s, char *words, size_t size)
{
    return parameters_explain(beta_rows, 2, s->args, s->arg_count, words, size);
}

const struct xrp_family family_beta = {
    .names = "beta",
    .signature = "(beta a b)",
    .doc = "a number between 0 and 1 with mean a / (a + b)",
    .min = 2,
    .max = 2,
    .flags = XRP_RESCORES | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_UNIT,
    .sample = beta_sample,
    .prob = beta_prob,
    .gradient = beta_gradient,
    .explain = beta_explain,
};
