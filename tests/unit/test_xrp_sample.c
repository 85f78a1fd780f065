/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Samplers of the stateless families: continuous ones against GSL's CDFs by
 * Kolmogorov-Smirnov, finite ones count by count against their own
 * probabilities (which test_xrp_density.c has judged). False alarms: 1e-6.
 */
#include "families.h"

#include <gsl/gsl_cdf.h>

enum { DRAWS = 40000 };

static double a, b, c; /* parameters of the CDF under test */

static double cdf_normal(double x) { return gsl_cdf_gaussian_P(x - a, b); }
static double cdf_student(double x) { return gsl_cdf_tdist_P((x - b) / c, a); }
static double cdf_laplace(double x) { return gsl_cdf_laplace_P(x - a, b); }
static double cdf_uniform(double x) { return gsl_cdf_flat_P(x, a, b); }
static double cdf_rand(double x) { return x; }
static double cdf_beta(double x) { return gsl_cdf_beta_P(x, a, b); }
static double cdf_gamma(double x) { return gsl_cdf_gamma_P(x, a, b); }
static double cdf_inverse(double x) { return gsl_cdf_gamma_Q(1 / x, a, 1 / b); }
static double cdf_exponential(double x)
{
    return gsl_cdf_exponential_P(x, 1.0 / a);
}

static void continuous_draws_follow_their_cdf(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int n;
        double p[3];
        double (*cdf)(double);
    } rows[] = {
        {"normal", 2, {1.0, 2.5}, cdf_normal},
        {"student-t", 3, {1.0, 0.5, 2.0}, cdf_student},
        {"student-t", 3, {7.5, 0.5, 2.0}, cdf_student},
        {"laplace", 2, {-1.0, 0.5}, cdf_laplace},
        {"uniform", 2, {-3.0, 5.0}, cdf_uniform},
        {"rand", 0, {0}, cdf_rand},
        {"beta", 2, {0.1, 0.3}, cdf_beta},
        {"beta", 2, {0.5, 4.0}, cdf_beta},
        {"beta", 2, {40.0, 7.0}, cdf_beta},
        {"gamma", 2, {0.05, 3.0}, cdf_gamma},
        {"gamma", 2, {1.0, 0.5}, cdf_gamma},
        {"gamma", 2, {30.0, 2.0}, cdf_gamma},
        {"inverse-gamma", 2, {0.7, 2.0}, cdf_inverse},
        {"inverse-gamma", 2, {12.0, 2.0}, cdf_inverse},
        {"exponential", 1, {3.0}, cdf_exponential},
    };
    struct random r;
    random_seed(&r, 1);
    double *x = calloc(DRAWS, sizeof *x);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        value args[3];
        for (int j = 0; j < 3; j++) args[j] = number(rows[i].p[j]);
        a = rows[i].p[0], b = rows[i].p[1], c = rows[i].p[2];
        struct xrp_site s = site_of(args, rows[i].n);
        const struct xrp_family *f = xrp_find(rows[i].name);
        for (int j = 0; j < DRAWS; j++) {
            value v;
            assert_true(f->sample(&s, &r, &v) && is_double(v));
            x[j] = as_double(v);
            assert_true(f->prob(&s, v) > -INFINITY);
        }
        double d = ks_distance(x, DRAWS, rows[i].cdf);
        if (d > ks_bound(DRAWS))
            print_error("%s %g %g: %g\n", rows[i].name, a, b, d);
        assert_true(d <= ks_bound(DRAWS));
    }
    free(x);
}

/* Counts of each value below `bins`, against exp(prob). */
static void judge_counts(const struct xrp_family *f, struct xrp_site *s,
                         int bins, struct random *r)
{
    int *hits = calloc((size_t)bins + 1, sizeof *hits);
    for (int j = 0; j < DRAWS; j++) {
        value v;
        assert_true(f->sample(s, r, &v));
        assert_true(f->prob(s, v) > -INFINITY);
        double k = is_boolean(v) ? (double)is_true(v) : as_number(v);
        assert_true(k >= 0.0);
        hits[k < bins ? (int)k : bins]++;
    }
    double rest = 1.0;
    for (int k = 0; k < bins; k++) {
        double p = exp(f->prob(s, v_int(k)));
        rest -= p;
        if (count_is_off(hits[k], DRAWS, p))
            print_error("%s: %d hits of %d, p = %g\n", f->names, hits[k], k, p);
        assert_false(count_is_off(hits[k], DRAWS, p));
    }
    assert_false(count_is_off(hits[bins], DRAWS, fmax(rest, 0.0)));
    free(hits);
}

static void discrete_draws_follow_their_probabilities(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int n;
        double p[4];
        int bins;
    } rows[] = {
        {"flip", 0, {0}, 2},
        {"flip", 1, {0.03}, 2},
        {"flip", 1, {1.0}, 2},
        {"categorical", 4, {1.0, 0.0, 5.0, 0.25}, 4},
        {"randbelow", 1, {7}, 7},
        {"uniform-discrete", 2, {3, 9}, 12},
        {"poisson", 1, {0.0}, 3},
        {"poisson", 1, {0.7}, 9},
        {"poisson", 1, {9.9}, 40},
        {"poisson", 1, {10.1}, 40},
        {"poisson", 1, {75.0}, 150},
        {"binomial", 2, {0, 0.3}, 2},
        {"binomial", 2, {9, 0.3}, 10},
        {"binomial", 2, {9, 0.8}, 10},
        {"binomial", 2, {60, 0.4}, 61},
        {"binomial", 2, {60, 0.7}, 61},
        {"binomial", 2, {1e12, 4e-12}, 30},
        {"geometric", 1, {0.2}, 60},
        {"geometric", 1, {1.0}, 3},
    };
    struct random r;
    random_seed(&r, 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        value args[4];
        for (int j = 0; j < 4; j++) args[j] = number(rows[i].p[j]);
        struct xrp_site s = site_of(args, rows[i].n);
        judge_counts(xrp_find(rows[i].name), &s, rows[i].bins, &r);
    }
    value weights[1] = {numbers_vector((double[]){2.0, 3.0, 0.0}, 3)};
    struct xrp_site s = site_of(weights, 1);
    judge_counts(xrp_find("sample-discrete"), &s, 3, &r);
    value noisy[2] = {V_TRUE, v_double(0.2)};
    s = site_of(noisy, 2);
    judge_counts(xrp_find("noisy"), &s, 2, &r);
}

/* z scores of the mean and the variance of counts too large for bins. */
static void judge_moments(const struct xrp_family *f, struct xrp_site *s,
                          double mean, double variance, struct random *r)
{
    double sum = 0.0, squares = 0.0;
    for (int j = 0; j < DRAWS; j++) {
        value v;
        assert_true(f->sample(s, r, &v));
        double d = as_number(v) - mean;
        sum += d;
        squares += d * d;
    }
    /* 5 sd: 6e-7. Kurtosis is the normal's within a thousandth. */
    assert_true(fabs(sum) <= 5.0 * sqrt(DRAWS * variance));
    assert_true(fabs(squares - DRAWS * variance) <=
                5.0 * variance * sqrt(2.0 * DRAWS));
}

static void large_counts_have_their_moments(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 3);
    value args[2] = {v_double(1e9)};
    struct xrp_site s = site_of(args, 1);
    judge_moments(xrp_find("poisson"), &s, 1e9, 1e9, &r);
    args[0] = v_double(1e15);
    judge_moments(xrp_find("poisson"), &s, 1e15, 1e15, &r);
    args[0] = v_double(1e18);
    judge_moments(xrp_find("poisson"), &s, 1e18, 1e18, &r);
    args[0] = v_double(1e12);
    args[1] = v_double(0.25);
    s = site_of(args, 2);
    judge_moments(xrp_find("binomial"), &s, 0.25e12, 0.1875e12, &r);
    args[1] = v_double(0.75);
    judge_moments(xrp_find("binomial"), &s, 0.75e12, 0.1875e12, &r);
}

static void values_are_drawn_by_their_weights(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 4);
    value x = symbol("x"), y = string_make("y", 1);
    value three[3] = {x, y, x};
    value args[2] = {list_from(three, 3),
                     numbers_list((double[]){1.0, 2.0, 5.0}, 3)};
    struct xrp_site s = site_of(args, 2);
    const struct xrp_family *f = xrp_find("multinomial");
    assert_true(fabs(f->prob(&s, x) - log(0.75)) < 1e-15);
    assert_true(fabs(f->prob(&s, string_make("y", 1)) - log(0.25)) < 1e-15);
    assert_true(f->prob(&s, symbol("y")) == -INFINITY);
    int hits = 0, draws = 0;
    value v, list;
    for (int i = 0; i < DRAWS; i++) {
        assert_true(f->sample(&s, &r, &v));
        hits += v == x;
    }
    assert_false(count_is_off(hits, DRAWS, 0.75));
    assert_true(f->enumerate(&s, &list) && list_length(list) == 2);
    s = site_of(args, 1);
    f = xrp_find("uniform-draw");
    assert_true(fabs(f->prob(&s, x) - log(2.0 / 3.0)) < 1e-15);
    for (int i = 0; i < DRAWS; i++) {
        assert_true(f->sample(&s, &r, &v));
        draws += v == x;
    }
    assert_false(count_is_off(draws, DRAWS, 2.0 / 3.0));
    assert_true(f->enumerate(&s, &list) && list_length(list) == 2);
    assert_true(car(list) == x && car(cdr(list)) == y);
}

/* Each share of a Dirichlet draw is a beta. */
static void shares_are_betas(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 5);
    const double alphas[] = {0.02, 1.5, 20.0};
    value args[1] = {numbers_vector(alphas, 3)};
    struct xrp_site s = site_of(args, 1);
    const struct xrp_family *f = xrp_find("dirichlet");
    double *x[3];
    for (int i = 0; i < 3; i++) x[i] = calloc(DRAWS, sizeof **x);
    for (int j = 0; j < DRAWS; j++) {
        value v;
        assert_true(f->sample(&s, &r, &v));
        assert_true(f->prob(&s, v) > -INFINITY);
        for (int i = 0; i < 3; i++) x[i][j] = as_vector(v)->at[i];
    }
    for (int i = 0; i < 3; i++) {
        a = alphas[i], b = 21.52 - alphas[i];
        assert_true(ks_distance(x[i], DRAWS, cdf_beta) <= ks_bound(DRAWS));
        free(x[i]);
    }
    value symmetric[2] = {v_double(1e-3), v_int(50)};
    s = site_of(symmetric, 2);
    f = xrp_find("symmetric-dirichlet");
    for (int j = 0; j < 1000; j++) {
        value v;
        assert_true(f->sample(&s, &r, &v));
        assert_true(isfinite(f->prob(&s, v)));
    }
}

/* No draw that its own density refuses, however extreme the arguments. */
static void extreme_draws_are_possible(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int n;
        double p[2];
    } rows[] = {
        {"gamma", 2, {1e-300, 1.0}},      {"gamma", 2, {1e300, 1e300}},
        {"gamma", 2, {1e-3, 1e-300}},     {"inverse-gamma", 2, {1e-300, 1.0}},
        {"inverse-gamma", 2, {1e8, 1.0}}, {"beta", 2, {1e-3, 1e-3}},
        {"beta", 2, {1e-300, 1e-300}},    {"beta", 2, {1e300, 1.0}},
        {"student-t", 1, {1e-300}},       {"student-t", 1, {1e300}},
        {"normal", 2, {1e308, 1e308}},    {"laplace", 2, {0.0, 1e308}},
        {"exponential", 1, {1e-308}},     {"geometric", 1, {1e-300}},
        {"poisson", 1, {1e300}},          {"uniform", 2, {-1e308, 1e308}},
        {"binomial", 2, {0x1p53, 0.5}},   {"binomial", 2, {0x1p53, 1e-300}},
    };
    struct random r;
    random_seed(&r, 6);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        value args[2] = {v_double(rows[i].p[0]), v_double(rows[i].p[1])};
        struct xrp_site s = site_of(args, rows[i].n);
        const struct xrp_family *f = xrp_find(rows[i].name);
        for (int j = 0; j < 200; j++) {
            value v;
            assert_true(f->sample(&s, &r, &v));
            double score = f->prob(&s, v);
            if (!(score > -INFINITY))
                print_error("%s %g: %g scores %g\n", f->names, rows[i].p[0],
                            as_number(v), score);
            assert_true(score > -INFINITY && score < INFINITY);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(continuous_draws_follow_their_cdf),
        cmocka_unit_test(discrete_draws_follow_their_probabilities),
        cmocka_unit_test(large_counts_have_their_moments),
        cmocka_unit_test(values_are_drawn_by_their_weights),
        cmocka_unit_test(shares_are_betas),
        cmocka_unit_test(extreme_draws_are_possible),
    };
    memory_init(1 << 20);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
