/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gamma-poisson/make: Poisson draws whose mean, gamma with a shape and a
 * rate, is integrated out. The state is the count n, the sum S of the values
 * and that of log x!, both twofold: exact for S, without drift for the
 * other. The mean given them is gamma(shape + S, rate + n).
 */
#include "xrp/family.h"

#include "base/memory.h"

#include "base/saddle.h"
#include "base/special.h"
#include "xrp/twofold.h"

struct poisson_urn {
    uint64_t n;
    uint64_t misfits; /* taken in, but no counts: score -inf */
    struct twofold sum, log_factorials;
};

static const struct parameter rows[] = {{"shape", POSITIVE, 0.0},
                                        {"rate", POSITIVE, 0.0}};

static bool read(const struct xrp_site *s, double *shape, double *rate)
{
    return parameter_read(rows, s->params, s->param_count, 0, shape) &&
           parameter_read(rows + 1, s->params, s->param_count, 1, rate);
}

static bool fits(value v, double *x) { return whole_of(v, x) && *x >= 0.0; }

static void take(struct poisson_urn *urn, double x, bool in)
{
    double sign = in ? 1.0 : -1.0, log_factorial = log_gamma(x + 1.0);
    urn->sum = twofold_add(urn->sum, (struct twofold){sign * x, 0.0});
    urn->log_factorials = twofold_add(
        urn->log_factorials, (struct twofold){sign * log_factorial, 0.0});
    urn->n += in ? 1 : (uint64_t)-1;
    if (urn->n == 0) *urn = (struct poisson_urn){.misfits = urn->misfits};
}

static void *initialize(const struct xrp_site *s)
{
    (void)s;
    struct poisson_urn *urn = memory_new_atomic(sizeof *urn);
    if (urn) *urn = (struct poisson_urn){.n = 0};
    return urn;
}

static void incorporate(const struct xrp_site *s, value v)
{
    struct poisson_urn *urn = s->state;
    double x;
    if (fits(v, &x))
        take(urn, x, true);
    else
        urn->misfits++;
}

static void take_out(const struct xrp_site *s, value v)
{
    struct poisson_urn *urn = s->state;
    double x;
    if (!fits(v, &x))
        urn->misfits -= urn->misfits > 0;
    else if (urn->n > 0)
        take(urn, x, false);
}

/* Parameters of the mean given what is in the urn; false out of domain. */
static bool posterior(const struct xrp_site *s, double *shape, double *rate)
{
    const struct poisson_urn *urn = s->state;
    if (!read(s, shape, rate)) return false;
    *shape += twofold_round(urn->sum);
    *rate += (double)urn->n;
    return true;
}

static bool sample(const struct xrp_site *s, struct random *r, value *out)
{
    double shape, rate;
    if (!posterior(s, &shape, &rate)) return false;
    double mean = real_draw(exp(random_log_gamma(r, shape) - log(rate)));
    double x = mean < 1e17 ? (double)random_poisson(r, mean)
                           : floor(mean + sqrt(mean) * random_normal(r));
    *out = v_whole(real_draw(x));
    return true;
}

static double prob(const struct xrp_site *s, value v)
{
    double shape, rate, x;
    if (!posterior(s, &shape, &rate)) return NAN;
    double score =
        fits(v, &x) ? negative_binomial_log(x, shape, rate) : -INFINITY;
    return score == score ? score : -INFINITY; /* beyond the doubles */
}

static bool gradient(const struct xrp_site *s, value v, double *by_value,
                     double *by_param)
{
    double shape, rate, x;
    if (!posterior(s, &shape, &rate) || !fits(v, &x)) return false;
    *by_value = NAN;
    by_param[0] = digamma_rise(shape, x) - log1p(1.0 / rate);
    by_param[1] = (shape / rate - x) / (rate + 1.0);
    return true;
}

/* The sum of the values is negative binomial, with rate / n for the odds; and
 * which of them made it up is multinomial, which the parameters do not move:
 * what rounding leaves of its large terms is the same for all of them. */
static double score_state(const struct xrp_site *s)
{
    const struct poisson_urn *urn = s->state;
    double shape, rate, n = (double)urn->n, sum = twofold_round(urn->sum);
    if (!read(s, &shape, &rate)) return NAN;
    if (urn->misfits) return -INFINITY;
    if (urn->n == 0) return 0.0;
    double ways = log_gamma(sum + 1.0) - sum * log(n) -
                  twofold_round(urn->log_factorials);
    double score = negative_binomial_log(sum, shape, rate / n) + ways;
    return score == score ? score : -INFINITY; /* beyond the doubles */
}

static bool score_state_gradient(const struct xrp_site *s, double *by_param)
{
    const struct poisson_urn *urn = s->state;
    double shape, rate, n = (double)urn->n, sum = twofold_round(urn->sum);
    if (!read(s, &shape, &rate) || urn->misfits) return false;
    by_param[0] = digamma_rise(shape, sum) - log1p(n / rate);
    by_param[1] = (n * shape / rate - sum) / (rate + n);
    return true;
}

static void *copy(const void *state)
{
    struct poisson_urn *urn = memory_new_atomic(sizeof *urn);
    if (urn) *urn = *(const struct poisson_urn *)state;
    return urn;
}

static uint64_t count(const void *state)
{
    const struct poisson_urn *urn = state;
    return urn->n + urn->misfits;
}

static bool explain(const struct xrp_site *s, char *words, size_t size)
{
    int given;
    const value *params = site_params(s, &given);
    return parameters_explain(rows, 2, params, given, words, size);
}

static const struct xrp_family made = {
    .names = "gamma-poisson",
    .signature = "(urn)",
    .doc = "a Poisson count, its mean integrated out",
    .flags = XRP_RESCORES | XRP_STATEFUL | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_COUNTS,
    .initialize = initialize,
    .sample = sample,
    .incorporate = incorporate,
    .remove = take_out,
    .prob = prob,
    .gradient = gradient,
    .score_state = score_state,
    .score_state_gradient = score_state_gradient,
    .copy = copy,
    .count = count,
    .explain = explain,
};

const struct xrp_family maker_poisson = {
    .names = "gamma-poisson/make make-gamma-poisson",
    .signature = "(gamma-poisson/make shape rate)",
    .doc = "a procedure without arguments that draws Poisson counts, with "
           "mean gamma(shape, 1 / rate)",
    .min = 2,
    .max = 2,
    .flags = XRP_MAKER | XRP_RESCORES,
    .made = &made,
    .explain = explain,
};
