/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * normal-inverse-gamma/make: normal draws whose mean and variance are
 * integrated out,
 *     variance ~ inverse-gamma(a, b), mean ~ normal(m, sqrt(V variance)).
 * The state is the count and the twofold sums of x and x^2, so that values
 * go in and out 1e7 times without drift, and an emptied urn is as new. With
 * n values of mean xbar and squared deviations S
 *     w = n / (1 + n V)      a_n = a + n / 2
 *     b_n = b + S / 2 + w (xbar - m)^2 / 2
 * (Murphy 2007, "Conjugate Bayesian analysis of the Gaussian distribution",
 * section 6, with V in the place of 1 / kappa).
 */
#include "xrp/family.h"

#include "base/memory.h"

#include <float.h>

#include "base/saddle.h"
#include "base/special.h"
#include "xrp/student.h"
#include "xrp/twofold.h"

struct normal_urn {
    uint64_t n;
    uint64_t misfits; /* taken in, but no possible values: score -inf */
    struct twofold sum, squares;
};

/* Squares beyond this size would leave the doubles: such values have
 * probability zero here. */
#define LARGEST 1e150

static const struct parameter rows[] = {{"m", REAL, 0.0},
                                        {"V", POSITIVE, 0.0},
                                        {"a", POSITIVE, 0.0},
                                        {"b", POSITIVE, 0.0}};
enum { M, V, A, B, ROWS };

static bool read(const struct xrp_site *s, double p[ROWS])
{
    for (int i = 0; i < ROWS; i++)
        if (!parameter_read(rows + i, s->params, s->param_count, i, p + i))
            return false;
    return true;
}

static bool fits(value v, double *x)
{
    return real_of(v, x) && fabs(*x) <= LARGEST;
}

static void take(struct normal_urn *urn, double x, bool in)
{
    double sign = in ? 1.0 : -1.0;
    struct twofold square = two_product(x, x);
    if (!in) square = twofold_negate(square);
    urn->sum = twofold_add(urn->sum, (struct twofold){sign * x, 0.0});
    urn->squares = twofold_add(urn->squares, square);
    urn->n += in ? 1 : (uint64_t)-1;
    if (urn->n == 0) *urn = (struct normal_urn){.misfits = urn->misfits};
}

static void *initialize(const struct xrp_site *s)
{
    (void)s;
    struct normal_urn *urn = memory_new_atomic(sizeof *urn);
    if (urn) *urn = (struct normal_urn){.n = 0};
    return urn;
}

static void incorporate(const struct xrp_site *s, value v)
{
    struct normal_urn *urn = s->state;
    double x;
    if (fits(v, &x))
        take(urn, x, true);
    else
        urn->misfits++;
}

static void take_out(const struct xrp_site *s, value v)
{
    struct normal_urn *urn = s->state;
    double x;
    if (!fits(v, &x))
        urn->misfits -= urn->misfits > 0;
    else if (urn->n > 0)
        take(urn, x, false);
}

/* What the values have made of the parameters. */
struct posterior {
    double n, w, shift;  /* w as above; xbar - m */
    double shape, scale; /* a_n, b_n */
    double gain;         /* b_n - b */
};

static struct posterior posterior(const struct normal_urn *urn,
                                  const double p[ROWS])
{
    struct posterior q = {(double)urn->n, 0.0, 0.0, p[A], p[B], 0.0};
    if (urn->n == 0) return q;
    struct twofold mean = twofold_divide(twofold_square(urn->sum), q.n);
    double deviations =
        twofold_round(twofold_add(urn->squares, twofold_negate(mean)));
    struct twofold far = twofold_divide(urn->sum, q.n);
    far = twofold_add(far, (struct twofold){-p[M], 0.0});
    q.shift = twofold_round(far);
    q.w = q.n / (1.0 + q.n * p[V]);
    q.gain = 0.5 * fmax(deviations, 0.0) + 0.5 * q.w * q.shift * q.shift;
    q.shape += 0.5 * q.n;
    q.scale += q.gain;
    return q;
}

/* The degrees of freedom of the predictive. */
static double freedom(const struct posterior *q)
{
    return fmin(2.0 * q->shape, DBL_MAX);
}

/* The predictive: Student's t about `centre`, with `scale`. */
static void predictive(const struct posterior *q, const double p[ROWS],
                       double *centre_shift, double *scale)
{
    *centre_shift = p[V] * q->w * q->shift;
    double spread = 1.0 + p[V] / (1.0 + q->n * p[V]);
    *scale = sqrt(q->scale) / sqrt(q->shape) * sqrt(spread);
}

static bool sample(const struct xrp_site *s, struct random *r, value *out)
{
    double p[ROWS], shift, scale;
    if (!read(s, p)) return false;
    struct posterior q = posterior(s->state, p);
    predictive(&q, p, &shift, &scale);
    double x = p[M] + shift + scale * student_draw(r, freedom(&q));
    *out = v_double(fmin(fmax(x, -LARGEST), LARGEST));
    return true;
}

static double prob(const struct xrp_site *s, value v)
{
    double p[ROWS], x, shift, scale;
    if (!read(s, p)) return NAN;
    if (!fits(v, &x)) return -INFINITY;
    struct posterior q = posterior(s->state, p);
    predictive(&q, p, &shift, &scale);
    double sum =
        student_log((x - p[M] - shift) / scale, freedom(&q)) - log(scale);
    return sum == sum ? sum : -INFINITY; /* beyond the doubles */
}

static double score(const struct normal_urn *urn, const double p[ROWS])
{
    struct posterior q = posterior(urn, p);
    if (urn->n == 0) return 0.0;
    return log_rising(p[A], 0.5 * q.n) - p[A] * log1p(q.gain / p[B]) -
           0.5 * q.n * (log(q.scale) + LOG_2PI) - 0.5 * log1p(q.n * p[V]);
}

static double score_state(const struct xrp_site *s)
{
    const struct normal_urn *urn = s->state;
    double p[ROWS];
    if (!read(s, p)) return NAN;
    double sum = urn->misfits ? -INFINITY : score(urn, p);
    return sum == sum ? sum : -INFINITY; /* beyond the doubles */
}

static void score_slopes(const struct normal_urn *urn, const double p[ROWS],
                         double *by)
{
    struct posterior q = posterior(urn, p);
    double ratio = q.shape / q.scale, pull = q.w * q.shift;
    by[M] = ratio * pull;
    by[V] = 0.5 * (ratio * pull * pull - q.w);
    by[A] = digamma_rise(p[A], 0.5 * q.n) - log1p(q.gain / p[B]);
    by[B] = p[A] / p[B] - ratio;
}

static bool score_state_gradient(const struct xrp_site *s, double *by_param)
{
    const struct normal_urn *urn = s->state;
    double p[ROWS];
    if (!read(s, p) || urn->misfits) return false;
    score_slopes(urn, p, by_param);
    return true;
}

/* The predictive is the score with v less the score without. */
static bool gradient(const struct xrp_site *s, value v, double *by_value,
                     double *by_param)
{
    struct normal_urn with = *(struct normal_urn *)s->state;
    double p[ROWS], before[ROWS], x, shift, scale;
    if (!read(s, p) || !fits(v, &x)) return false;
    struct posterior q = posterior(&with, p);
    predictive(&q, p, &shift, &scale);
    double z = (x - p[M] - shift) / scale;
    *by_value = student_slope(z, freedom(&q)) / scale;
    score_slopes(&with, p, before);
    take(&with, x, true);
    score_slopes(&with, p, by_param);
    for (int i = 0; i < ROWS; i++) by_param[i] -= before[i];
    return true;
}

static void *copy(const void *state)
{
    struct normal_urn *urn = memory_new_atomic(sizeof *urn);
    if (urn) *urn = *(const struct normal_urn *)state;
    return urn;
}

static uint64_t count(const void *state)
{
    const struct normal_urn *urn = state;
    return urn->n + urn->misfits;
}

static bool explain(const struct xrp_site *s, char *words, size_t size)
{
    int given;
    const value *params = site_params(s, &given);
    return parameters_explain(rows, ROWS, params, given, words, size);
}

static const struct xrp_family made = {
    .names = "normal-inverse-gamma",
    .signature = "(urn)",
    .doc = "a normal draw, its mean and variance integrated out",
    .flags = XRP_RESCORES | XRP_STATEFUL | XRP_CONTINUOUS | XRP_FIXED_SUPPORT,
    .support_kind = SUPPORT_REAL,
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

const struct xrp_family maker_normal = {
    .names = "normal-inverse-gamma/make make-nig-normal",
    .signature = "(normal-inverse-gamma/make m V a b)",
    .doc = "a procedure without arguments that draws normally, with variance "
           "inverse-gamma(a, b) and mean normal(m, sqrt(V variance))",
    .min = 4,
    .max = 4,
    .flags = XRP_MAKER | XRP_RESCORES,
    .made = &made,
    .explain = explain,
};
