/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the families share, and nobody else includes: reading parameters and
 * data, saying what is wrong with them, and walking lists and vectors alike.
 *
 * A parameter is one row; its domain is read, checked and explained from it.
 * Data may be integers where doubles are expected, and whole doubles where
 * integers are. Where a density is infinite (a gamma of shape below 1 at 0)
 * the point is refused: log density -inf. Samplers of positive variables
 * never return less than DBL_MIN, and none returns an infinity.
 */
#ifndef VST_XRP_FAMILY_H
#define VST_XRP_FAMILY_H

#include <math.h>

#include "xrp/xrp.h"

/* ---- the rows; xrp.c puts them in order -------------------------------- */

extern const struct xrp_family family_flip, family_noisy, family_categorical,
    family_sample_discrete, family_multinomial, family_uniform_draw,
    family_randbelow, family_uniform_discrete, family_binomial,
    family_geometric, family_poisson;
extern const struct xrp_family family_normal, family_student_t, family_laplace,
    family_uniform, family_rand, family_beta, family_gamma,
    family_inverse_gamma, family_exponential;
extern const struct xrp_family family_bernoulli_logit, family_binomial_logit,
    family_poisson_log, family_negative_binomial, family_neg_binomial_2,
    family_neg_binomial_2_log, family_beta_binomial, family_hypergeometric,
    family_zipf, family_categorical_logit, family_ordered_logistic;
extern const struct xrp_family family_cauchy, family_logistic, family_gumbel,
    family_skew_normal, family_von_mises, family_half_normal,
    family_half_cauchy, family_half_student_t, family_chi_squared,
    family_lognormal, family_inverse_gaussian, family_weibull, family_rayleigh,
    family_frechet, family_pareto, family_beta_proportion, family_logit_normal,
    family_kumaraswamy;
extern const struct xrp_family family_flat, family_flat_positive,
    family_flat_interval;
extern const struct xrp_family family_dirichlet, family_symmetric_dirichlet,
    family_stick_breaking, family_multinomial_counts,
    family_multivariate_normal, family_multivariate_normal_precision,
    family_multivariate_normal_cholesky, family_lkj_corr_cholesky,
    family_wishart, family_inverse_wishart, family_gaussian_random_walk,
    family_gaussian_process;
extern const struct xrp_family maker_beta_bernoulli, maker_dirichlet,
    maker_symmetric_dirichlet, maker_polya, maker_crp, maker_pitman_yor,
    maker_normal, maker_poisson;

/* ---- parameters -------------------------------------------------------- */

enum domain {
    REAL,        /* finite */
    POSITIVE,    /* finite, above 0 */
    AT_LEAST_0,  /* finite */
    PROBABILITY, /* 0 to 1, both included */
    PROBABILITY_ABOVE_0,
    OPEN_UNIT,        /* above 0, below 1 */
    EXTENDED,         /* any number, the infinities too */
    WHOLE,            /* size up to 2^53 */
    WHOLE_POSITIVE,   /* up to 2^53 */
    WHOLE_AT_LEAST_0, /* up to 2^53 */
    DIMENSION         /* 1 to DIMENSION_MAX, whole */
};

/* The longest vector that a family draws, and index that an urn counts. */
enum { DIMENSION_MAX = 1 << 24 };

struct parameter {
    const char *name;
    enum domain domain;
    double fallback; /* when the argument is left out */
};

static inline __attribute__((always_inline)) bool in_domain(enum domain domain,
                                                            double x)
{
    switch (domain) {
    case REAL: return fabs(x) < INFINITY;
    case POSITIVE: return x > 0.0 && x < INFINITY;
    case AT_LEAST_0: return x >= 0.0 && x < INFINITY;
    case PROBABILITY: return x >= 0.0 && x <= 1.0;
    case PROBABILITY_ABOVE_0: return x > 0.0 && x <= 1.0;
    case OPEN_UNIT: return x > 0.0 && x < 1.0;
    case EXTENDED: return x == x;
    case WHOLE: return fabs(x) <= 0x1p53 && x == floor(x);
    case WHOLE_POSITIVE: return x >= 1.0 && x <= 0x1p53 && x == floor(x);
    case WHOLE_AT_LEAST_0: return x >= 0.0 && x <= 0x1p53 && x == floor(x);
    case DIMENSION: return x >= 1.0 && x <= DIMENSION_MAX && x == floor(x);
    }
    return false;
}

/* Argument i of `count`; false when it is no number of the row's domain. */
static inline __attribute__((always_inline)) bool
parameter_read(const struct parameter *row, const value *args, int count, int i,
               double *x)
{
    if (i >= count) {
        *x = row->fallback;
        return true;
    }
    if (!is_number(args[i])) return false;
    *x = as_number(args[i]);
    return in_domain(row->domain, *x);
}

/* The first of the rows that its argument breaks, in words. */
bool parameters_explain(const struct parameter *rows, int row_count,
                        const value *args, int count, char *words, size_t size);

/* Of a made XRP its parameters; of a maker's application its arguments. */
static inline const value *site_params(const struct xrp_site *s, int *count)
{
    *count = s->params ? s->param_count : s->arg_count;
    return s->params ? s->params : s->args;
}

/* "3", "0.5", "a list": what a message says that it got. */
const char *value_words(value v, char *buffer, size_t size);

/* ---- data -------------------------------------------------------------- */

/* *x is NaN when v is no number. */
static inline bool real_of(value v, double *x)
{
    *x = is_number(v) ? as_number(v) : (double)NAN;
    return *x == *x;
}
static inline bool whole_of(value v, double *k)
{
    if (is_int(v)) {
        *k = (double)as_int(v);
        return true;
    }
    if (!is_number(v)) return false;
    *k = as_number(v);
    return *k == floor(*k) && fabs(*k) < INFINITY;
}
/* 1, 0, or -1 when it is neither; 1 and 0 are data too. */
static inline int boolean_of(value v)
{
    if (is_boolean(v)) return v == V_TRUE;
    if (!is_number(v)) return -1;
    double x = as_number(v);
    return x == 1.0 ? 1 : x == 0.0 ? 0 : -1;
}
/* An integer as far as integers go, then a double. */
static inline value v_whole(double k)
{
    return fabs(k) < 0x1p47 ? v_int((int64_t)k) : v_double(k);
}

/* log of w / (w + rest), to the last digits near 1 too, and where the
 * quotient is below the doubles. */
static inline double log_share(double w, double rest)
{
    if (w > rest) return 0.0 - log1p(rest / w);
    double share = w / (w + rest);
    return share > 1e-300 ? log(share) : log(w) - log(w + rest);
}

/* (x - centre) / scale, also where the difference is beyond doubles. */
static inline double standardise(double x, double centre, double scale)
{
    double d = x - centre;
    return fabs(d) < INFINITY ? d / scale : x / scale - centre / scale;
}

double real_draw(double x);     /* infinities to the largest double */
double positive_draw(double x); /* the same, and at least DBL_MIN */

/* A gradient's entry, when the argument was given. */
static inline void put_gradient(double *by, int count, int i, double d)
{
    if (i < count) by[i] = d;
}

/* ---- lists, vectors, or the arguments themselves ------------------------ */

struct series {
    uint32_t count;
    value list;         /* the rest of it; or V_UNBOUND */
    const double *at;   /* of a vector; or NULL */
    const value *items; /* else */
};

/* False when v is neither a proper list nor a vector (of one axis). */
bool series_open(struct series *s, value v);
/* The sequence of `count` values. */
void series_of(struct series *s, const value *items, int count);
/* A lone list or vector is opened; else the values are the sequence. */
bool series_spread(struct series *s, const value *items, int count);

/* The next element; at most `count` times. */
static inline value series_next(struct series *s)
{
    if (s->at) return v_double(*s->at++);
    if (s->items) return *s->items++;
    struct pair *p = as_pair(s->list);
    s->list = p->rest;
    return p->first;
}
/* The next as a number; false when it is none, or NaN. */
static inline bool series_number(struct series *s, double *x)
{
    return real_of(series_next(s), x);
}

/* Says what hinders these numbers from being weights: each at least 0 (or
 * above 0 when strict), their sum above 0 and finite. */
bool weights_explain(const value *items, int count, bool strict,
                     const char *name, char *words, size_t size);

/* The same of one argument, which must be a list or a vector. */
bool weights_list_explain(value v, bool strict, const char *name, char *words,
                          size_t size);

/* Supports longer than this are not listed. */
enum { ENUMERATE_MAX = 1 << 20 };
/* The list of 0 .. n - 1; refuses more than ENUMERATE_MAX. */
bool enumerate_below(double n, value *list);
/* Puts an element before *list; false when memory ran out. */
bool enumerate_onto(value element, value *list);

#endif
