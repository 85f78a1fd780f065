/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random procedures in C, against vestige.h alone, for the tests that compare
 * them with the built-in ones: (c-beta-bernoulli a b) with state and a score,
 * (c-echo a) with state, arguments and no score, (c-normal mu sd) with slopes,
 * (c-die faces) with a support that can be enumerated, (c-steps n sd) of
 * vectors, (c-shares w) with an array as argument.
 */
#ifndef VST_TESTS_FOREIGN_H
#define VST_TESTS_FOREIGN_H

#include <math.h>
#include <stdio.h>

#include "vestige.h"

static inline double c_first(const struct vst_numbers *at) { return *at->at; }

/* ---- c-beta-bernoulli ----------------------------------------------------- */

struct c_coin {
    double heads, tails;
};

static inline double c_coin_log(const struct vst_site *s, const double *v)
{
    const struct c_coin *c = s->state;
    double a = c_first(s->params), b = c_first(s->params + 1);
    if (!(a > 0.0 && b > 0.0)) return NAN;
    return log((*v == 1.0 ? a + c->heads : b + c->tails) /
               (a + b + c->heads + c->tails));
}

static inline int c_coin_draw(const struct vst_site *s, struct vst_random *r,
                              double *v)
{
    double heads = c_coin_log(s, &(double){1.0});
    *v = vst_random_uniform(r) < exp(heads);
    return heads == heads;
}

static inline void c_coin_in(const struct vst_site *s, const double *v)
{
    struct c_coin *c = s->state;
    *(*v == 1.0 ? &c->heads : &c->tails) += 1.0;
}

static inline void c_coin_out(const struct vst_site *s, const double *v)
{
    struct c_coin *c = s->state;
    *(*v == 1.0 ? &c->heads : &c->tails) -= 1.0;
}

static inline double c_coin_score(const struct vst_site *s)
{
    const struct c_coin *c = s->state;
    double a = c_first(s->params), b = c_first(s->params + 1);
    if (!(a > 0.0 && b > 0.0)) return NAN;
    return lgamma(a + c->heads) + lgamma(b + c->tails) -
           lgamma(a + b + c->heads + c->tails) - lgamma(a) - lgamma(b) +
           lgamma(a + b);
}

static inline int c_coin_explain(const struct vst_site *s, char *words,
                                 size_t size)
{
    for (int i = 0; i < s->param_count; i++)
        if (!(c_first(s->params + i) > 0.0))
            return snprintf(words, size, "%s must be positive, got %g",
                            i ? "b" : "a", c_first(s->params + i));
    return 0;
}

static const struct vst_xrp c_coin = {
    .name = "c-beta-bernoulli",
    .signature = "(c-beta-bernoulli a b)",
    .doc = "an urn whose draws are true or false, in C",
    .params_min = 2,
    .params_max = 2,
    .support = VST_BOOLEAN,
    .flags = VST_EXACT_STATE,
    .sample = c_coin_draw,
    .log_prob = c_coin_log,
    .explain = c_coin_explain,
    .state_size = sizeof(struct c_coin),
    .incorporate = c_coin_in,
    .remove = c_coin_out,
    .score = c_coin_score,
};

/* ---- c-echo: ((c-echo a) turn) -------------------------------------------- */

/* Its argument turns the coin. */
static inline double c_turned(const struct vst_site *s, double v)
{
    return c_first(s->args) == 1.0 ? 1.0 - v : v;
}

static inline double c_echo_log(const struct vst_site *s, const double *v)
{
    const double *seen = s->state;
    double a = c_first(s->params);
    return log((a + seen[(int)c_turned(s, *v)]) / (a + a + seen[0] + seen[1]));
}

static inline int c_echo_draw(const struct vst_site *s, struct vst_random *r,
                              double *v)
{
    *v = vst_random_uniform(r) < exp(c_echo_log(s, &(double){1.0}));
    return 1;
}

static inline void c_echo_in(const struct vst_site *s, const double *v)
{
    ((double *)s->state)[(int)c_turned(s, *v)] += 1.0;
}

static inline void c_echo_out(const struct vst_site *s, const double *v)
{
    ((double *)s->state)[(int)c_turned(s, *v)] -= 1.0;
}

static const struct vst_xrp c_echo = {
    .name = "c-echo",
    .signature = "(c-echo a)",
    .doc = "an urn whose applications say which side counts as true, in C",
    .min = 1,
    .max = 1,
    .params_min = 1,
    .params_max = 1,
    .support = VST_BOOLEAN,
    .flags = VST_EXACT_STATE,
    .sample = c_echo_draw,
    .log_prob = c_echo_log,
    .state_size = 2 * sizeof(double),
    .incorporate = c_echo_in,
    .remove = c_echo_out,
};

/* ---- c-normal -------------------------------------------------------------- */

static inline double c_normal_log(const struct vst_site *s, const double *v)
{
    double sd = c_first(s->args + 1), z = (*v - c_first(s->args)) / sd;
    return sd > 0.0 ? -0.5 * z * z - log(sd) - 0.91893853320467274178 : NAN;
}

static inline int c_normal_draw(const struct vst_site *s, struct vst_random *r,
                                double *v)
{
    *v = c_first(s->args) + c_first(s->args + 1) * vst_random_normal(r);
    return c_first(s->args + 1) > 0.0;
}

static inline int c_normal_slopes(const struct vst_site *s, const double *v,
                                  double *by_value, double *const *by_args)
{
    double sd = c_first(s->args + 1), z = (*v - c_first(s->args)) / sd;
    *by_value = -z / sd;
    *by_args[0] = z / sd;
    *by_args[1] = (z * z - 1.0) / sd;
    return 1;
}

static inline int c_normal_moments(const struct vst_site *s, double *mean,
                                   double *variance)
{
    *mean = c_first(s->args);
    *variance = c_first(s->args + 1) * c_first(s->args + 1);
    return 1;
}

static const struct vst_xrp c_normal = {
    .name = "c-normal",
    .signature = "(c-normal mu sd)",
    .doc = "a normal variable, in C",
    .min = 2,
    .max = 2,
    .support = VST_REAL,
    .sample = c_normal_draw,
    .log_prob = c_normal_log,
    .gradient = c_normal_slopes,
    .moments = c_normal_moments,
};

/* ---- c-die ------------------------------------------------------------------ */

static inline int c_die_bounds(const struct vst_site *s, double *lo, double *hi)
{
    *lo = 1.0;
    *hi = c_first(s->args);
    return *hi >= 1.0;
}

static inline double c_die_log(const struct vst_site *s, const double *v)
{
    (void)v;
    return c_first(s->args) >= 1.0 ? -log(floor(c_first(s->args))) : NAN;
}

static inline int c_die_draw(const struct vst_site *s, struct vst_random *r,
                             double *v)
{
    *v = 1.0 + floor(vst_random_uniform(r) * floor(c_first(s->args)));
    return c_first(s->args) >= 1.0;
}

static const struct vst_xrp c_die = {
    .name = "c-die",
    .signature = "(c-die faces)",
    .doc = "a fair die, in C",
    .min = 1,
    .max = 1,
    .support = VST_INTEGER,
    .sample = c_die_draw,
    .log_prob = c_die_log,
    .bounds = c_die_bounds,
};

/* ---- c-steps, c-shares ------------------------------------------------------ */

static inline size_t c_steps_length(const struct vst_site *s)
{
    double n = c_first(s->args);
    return n >= 1.0 && n <= 1000.0 ? (size_t)n : 0;
}

static inline double c_steps_log(const struct vst_site *s, const double *v)
{
    double sd = c_first(s->args + 1), sum = 0.0;
    for (size_t i = 0; i < s->length; i++) {
        double z = (v[i] - (i ? v[i - 1] : 0.0)) / sd;
        sum += -0.5 * z * z - log(sd) - 0.91893853320467274178;
    }
    return sum;
}

static inline int c_steps_draw(const struct vst_site *s, struct vst_random *r,
                               double *v)
{
    for (size_t i = 0; i < s->length; i++)
        v[i] =
            (i ? v[i - 1] : 0.0) + c_first(s->args + 1) * vst_random_normal(r);
    return c_first(s->args + 1) > 0.0;
}

static const struct vst_xrp c_steps = {
    .name = "c-steps",
    .signature = "(c-steps n sd)",
    .doc = "a normal random walk from 0, in C",
    .min = 2,
    .max = 2,
    .support = VST_VECTOR,
    .length = c_steps_length,
    .sample = c_steps_draw,
    .log_prob = c_steps_log,
};

/* Of a number of places, each by its share; slopes by the whole array. */
static inline int c_shares_bounds(const struct vst_site *s, double *lo,
                                  double *hi)
{
    *lo = 0.0;
    *hi = (double)s->args[0].count - 1.0;
    return s->args[0].count > 0;
}

static inline double c_shares_log(const struct vst_site *s, const double *v)
{
    double sum = 0.0;
    for (size_t i = 0; i < s->args[0].count; i++) sum += s->args[0].at[i];
    return log(s->args[0].at[(int)*v] / sum);
}

static inline int c_shares_draw(const struct vst_site *s, struct vst_random *r,
                                double *v)
{
    double u = vst_random_uniform(r);
    for (*v = 0.0; *v + 1.0 < (double)s->args[0].count; *v += 1.0)
        if ((u -= exp(c_shares_log(s, v))) <= 0.0) break;
    return 1;
}

static inline int c_shares_slopes(const struct vst_site *s, const double *v,
                                  double *by_value, double *const *by_args)
{
    double sum = 0.0;
    for (size_t i = 0; i < s->args[0].count; i++) sum += s->args[0].at[i];
    for (size_t i = 0; i < s->args[0].count; i++)
        by_args[0][i] =
            (i == (size_t)*v ? 1.0 / s->args[0].at[i] : 0.0) - 1.0 / sum;
    *by_value = NAN;
    return 1;
}

static const struct vst_xrp c_shares = {
    .name = "c-shares",
    .signature = "(c-shares w)",
    .doc = "an index by weights, in C",
    .min = 1,
    .max = 1,
    .support = VST_COUNT,
    .sample = c_shares_draw,
    .log_prob = c_shares_log,
    .bounds = c_shares_bounds,
    .gradient = c_shares_slopes,
};

static const struct vst_xrp *const c_all[] = {&c_coin, &c_echo,  &c_normal,
                                              &c_die,  &c_steps, &c_shares};
enum { C_ALL = sizeof c_all / sizeof *c_all };

#endif
