/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Samplers of the univariate families against their own tails, which
 * test_univariate.c has judged: by Kolmogorov and Smirnov's distance where
 * values are continuous, by counts where they are whole, at ordinary and at
 * extreme parameters. Some 200 tests, each with a false-alarm rate of 5e-9:
 * 1e-6 for the suite.
 */
#include "families.h"

enum { DRAWS = 8000, ARGS_MAX = 4 };

/* log(2 / 5e-9) */
#define LOG_RATE 19.807

static const struct {
    const char *name;
    int n;
    double p[ARGS_MAX];
} rows[] = {
    {"normal", 2, {3.0, 0.1}},
    {"cauchy", 2, {-1.0, 5.0}},
    {"laplace", 2, {1.0, 3.0}},
    {"logistic", 2, {-1.0, 0.2}},
    {"gumbel", 2, {2.0, 0.7}},
    {"uniform", 2, {-2.0, 1e6}},
    {"rand", 0, {0}},
    {"student-t", 3, {0.1, 0.0, 1.0}},
    {"student-t", 3, {2.5, 1.0, 3.0}},
    {"student-t", 1, {1e9}},
    {"half-student-t", 2, {0.7, 2.0}},
    {"half-student-t", 2, {30.0, 0.1}},
    {"half-normal", 1, {2.0}},
    {"half-cauchy", 1, {0.3}},
    {"skew-normal", 3, {0.0, 1.0, 0.0}},
    {"skew-normal", 3, {1.0, 2.0, 4.0}},
    {"skew-normal", 3, {1.0, 2.0, -300.0}},
    {"von-mises", 2, {0.0, 0.0}},
    {"von-mises", 2, {3.0, 0.7}},
    {"von-mises", 2, {-3.0, 1.6}},
    {"von-mises", 2, {1.0, 12.0}},
    {"von-mises", 2, {0.5, 1e4}},
    {"von-mises", 2, {0.0, 1e12}},
    {"gamma", 2, {0.05, 2.0}},
    {"gamma", 2, {0.3, 2.0}},
    {"gamma", 2, {7.0, 1e-5}},
    {"gamma", 2, {1e6, 1.0}},
    {"inverse-gamma", 2, {0.3, 2.0}},
    {"inverse-gamma", 2, {70.0, 2.0}},
    {"chi-squared", 1, {0.5}},
    {"chi-squared", 1, {5.0}},
    {"exponential", 1, {1e-9}},
    {"weibull", 2, {0.1, 2.0}},
    {"weibull", 2, {9.0, 2e100}},
    {"rayleigh", 1, {3.0}},
    {"frechet", 2, {0.4, 1.0}},
    {"frechet", 2, {12.0, 1e-9}},
    {"pareto", 2, {2.0, 0.2}},
    {"pareto", 2, {2.0, 50.0}},
    {"lognormal", 2, {-3.0, 2.0}},
    {"inverse-gaussian", 2, {1.0, 1.0}},
    {"inverse-gaussian", 2, {5.0, 0.01}},
    {"inverse-gaussian", 2, {1e-3, 1e3}},
    {"beta", 2, {0.3, 0.6}},
    {"beta", 2, {0.5, 0.5}},
    {"beta", 2, {1.0, 1.0}},
    {"beta", 2, {300.0, 0.7}},
    {"beta", 2, {1e7, 3e7}},
    {"beta-proportion", 2, {0.2, 0.5}},
    {"beta-proportion", 2, {0.9, 50.0}},
    {"kumaraswamy", 2, {0.2, 0.5}},
    {"kumaraswamy", 2, {5.0, 8.0}},
    {"logit-normal", 2, {1.0, 0.3}},
    {"logit-normal", 2, {-2.0, 9.0}},
    {"flip", 1, {0.03}},
    {"bernoulli-logit", 1, {3.5}},
    {"bernoulli-logit", 1, {-0.5}},
    {"bernoulli-logit", 1, {-40.0}},
    {"randbelow", 1, {11}},
    {"uniform-discrete", 2, {-3, 4}},
    {"poisson", 1, {0.02}},
    {"poisson", 1, {9.9}},
    {"poisson", 1, {10.1}},
    {"poisson", 1, {700.0}},
    {"poisson-log", 1, {-2.0}},
    {"poisson-log", 1, {4.0}},
    {"poisson-log", 1, {-800.0}},
    {"binomial", 2, {40, 0.01}},
    {"binomial", 2, {100, 0.7}},
    {"binomial-logit", 2, {7, 0.2}},
    {"binomial-logit", 2, {100, 2.0}},
    {"binomial-logit", 2, {100, -2.0}},
    {"binomial-logit", 2, {9, 800.0}},
    {"geometric", 1, {0.9}},
    {"geometric", 1, {0.03}},
    {"negative-binomial", 2, {0.1, 0.05}},
    {"negative-binomial", 2, {2.5, 0.3}},
    {"negative-binomial", 2, {400.0, 0.9}},
    {"negative-binomial", 2, {3.0, 1.0}},
    {"neg-binomial-2", 2, {3.0, 0.2}},
    {"neg-binomial-2", 2, {30.0, 1e10}},
    {"neg-binomial-2-log", 2, {2.0, 5.0}},
    {"neg-binomial-2-log", 2, {-800.0, 5.0}},
    {"beta-binomial", 3, {10, 0.01, 0.02}},
    {"beta-binomial", 3, {30, 2.0, 5.0}},
    {"beta-binomial", 3, {30, 1e8, 2e8}},
    {"hypergeometric", 3, {5, 5, 5}},
    {"hypergeometric", 3, {1, 30, 3}},
    {"hypergeometric", 3, {100, 20, 100}},
    {"hypergeometric", 3, {400, 300, 250}},
    {"hypergeometric", 3, {1e14, 2e14, 60}},
    {"hypergeometric", 3, {3, 0, 2}},
    {"zipf", 2, {1.0, 1}},
    {"zipf", 2, {0.3, 20}},
    {"zipf", 2, {1.0, 300}},
    {"zipf", 2, {2.5, 1e6}},
    {"zipf", 2, {1e-9, 7}},
    {"zipf", 1, {1.2}},
    {"zipf", 1, {3.0}},
    {"zipf", 1, {60.0}},
    /* Far out. */
    {"normal", 2, {1e300, 1e292}},
    {"cauchy", 2, {0.0, 1e-300}},
    {"laplace", 2, {1e15, 1e3}},
    {"student-t", 1, {1e-2}},
    {"student-t", 1, {1e300}},
    {"half-student-t", 2, {1e-2, 1e-5}},
    {"skew-normal", 3, {0.0, 1e-100, 1e6}},
    {"von-mises", 2, {0.0, 1e-12}},
    {"von-mises", 2, {3.14159, 1e8}},
    {"gamma", 2, {1e-3, 1.0}},
    {"gamma", 2, {1e-12, 1.0}},
    {"gamma", 2, {1e12, 1e-300}},
    {"inverse-gamma", 2, {1e-3, 1.0}},
    {"inverse-gamma", 2, {1e9, 1e-9}},
    {"chi-squared", 1, {1e-3}},
    {"chi-squared", 1, {1e9}},
    {"exponential", 1, {1e300}},
    {"weibull", 2, {1e-3, 1.0}},
    {"weibull", 2, {1e9, 1.0}},
    {"frechet", 2, {1e-3, 1.0}},
    {"frechet", 2, {1e6, 1e9}},
    {"pareto", 2, {1e-9, 1e-3}},
    {"pareto", 2, {1.0, 1e6}},
    {"lognormal", 2, {0.0, 1e3}},
    {"lognormal", 2, {700.0, 1e-6}},
    {"inverse-gaussian", 2, {1.0, 1e-6}},
    {"inverse-gaussian", 2, {1e6, 1e12}},
    {"beta", 2, {1e-3, 1e-3}},
    {"beta", 2, {1e-3, 1e3}},
    {"beta", 2, {1e12, 3.0}},
    {"beta-proportion", 2, {1e-9, 1e10}},
    {"kumaraswamy", 2, {1e-2, 1e-2}},
    {"kumaraswamy", 2, {1e3, 1e3}},
    {"logit-normal", 2, {0.0, 1e2}},
    {"flip", 1, {1e-12}},
    {"flip", 1, {1.0 - 1e-12}},
    {"bernoulli-logit", 1, {700.0}},
    {"randbelow", 1, {0x1p53}},
    {"uniform-discrete", 2, {-1e15, 1e15}},
    {"poisson", 1, {1e-12}},
    {"poisson", 1, {1e9}},
    {"poisson", 1, {1e15}},
    {"poisson-log", 1, {20.0}},
    {"binomial", 2, {1e9, 1e-12}},
    {"binomial", 2, {1e9, 3e-9}},
    {"binomial", 2, {1e9, 0.5}},
    {"binomial", 2, {1e9, 1.0 - 1e-9}},
    {"binomial", 2, {1e15, 0.25}},
    {"binomial-logit", 2, {1e9, -20.0}},
    {"geometric", 1, {1e-12}},
    {"geometric", 1, {1.0 - 1e-12}},
    {"negative-binomial", 2, {1e-3, 1e-3}},
    {"negative-binomial", 2, {1e9, 0.5}},
    {"neg-binomial-2", 2, {1e6, 1e-2}},
    {"neg-binomial-2", 2, {1e9, 1e9}},
    {"neg-binomial-2-log", 2, {20.0, 1.0}},
    {"beta-binomial", 3, {1e4, 1e-3, 1e-3}},
    {"beta-binomial", 3, {1000, 1e6, 1.0}},
    {"hypergeometric", 3, {1e9, 1e9, 1e5}},
    {"hypergeometric", 3, {1e15, 5.0, 1e14}},
    {"zipf", 2, {1e-3, 1e9}},
    {"zipf", 1, {1.05}},
};

static double draw(const struct xrp_family *f, struct xrp_site *s,
                   struct random *r)
{
    value v;
    assert_true(f->sample(s, r, &v));
    double score = f->prob(s, v);
    if (!(score > -INFINITY))
        print_error("%s drew what cannot be: %.17g\n", f->names,
                    is_boolean(v) ? is_true(v) : as_number(v));
    assert_true(score > -INFINITY);
    return is_boolean(v) ? (double)is_true(v) : as_number(v);
}

/* The largest distance of the draws' steps from the CDF; whole values have
 * theirs from below and from above one step apart. */
static double distance(const struct xrp_family *f, struct xrp_site *s,
                       double *x, bool whole)
{
    double worst = 0.0;
    qsort(x, DRAWS, sizeof *x, ascending);
    for (int i = 0; i < DRAWS; i++) {
        double below, above, under = -INFINITY;
        bool first = i == 0 || x[i] != x[i - 1];
        bool last = i == DRAWS - 1 || x[i] != x[i + 1];
        if (!first && !last) continue; /* what lies between is implied */
        assert_true(f->log_cdf(s, x[i], &below, &above));
        if (whole) assert_true(f->log_cdf(s, x[i] - 1.0, &under, &above));
        /* What lies beyond the doubles is drawn as the last of them. */
        bool at_least = !whole && fabs(x[i]) <= DBL_MIN;
        bool at_most =
            !whole && (fabs(x[i]) >= DBL_MAX || x[i] == 1.0 - 0x1p-53);
        if (first && !at_least && !at_most)
            worst = fmax(worst,
                         fabs(exp(whole ? under : below) - (double)i / DRAWS));
        if (last && !at_most)
            worst = fmax(worst, fabs((i + 1.0) / DRAWS - exp(below)));
    }
    return worst;
}

static void draws_follow_their_tails(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 11);
    double *x = calloc(DRAWS, sizeof *x), bound = sqrt(LOG_RATE / (2 * DRAWS));
    assert_non_null(x);
    int bad = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        value args[ARGS_MAX];
        for (int j = 0; j < rows[i].n; j++) args[j] = number(rows[i].p[j]);
        struct xrp_site s = site_of(args, rows[i].n);
        const struct xrp_family *f = xrp_find(rows[i].name);
        for (int j = 0; j < DRAWS; j++) x[j] = draw(f, &s, &r);
        double d = distance(f, &s, x, !(f->flags & XRP_CONTINUOUS));
        if (d <= bound) continue;
        print_error("%s %g %g: distance %g\n", rows[i].name, rows[i].p[0],
                    rows[i].p[1], d);
        bad++;
    }
    free(x);
    assert_int_equal(bad, 0);
}

/* Each value of a small support, and each of the first of a large one. */
static void counts_follow_their_probabilities(void **state)
{
    (void)state;
    enum { BINS = 24 };
    struct random r;
    random_seed(&r, 12);
    int bad = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct xrp_family *f = xrp_find(rows[i].name);
        if (f->flags & XRP_CONTINUOUS) continue;
        value args[ARGS_MAX];
        int hits[BINS] = {0};
        for (int j = 0; j < rows[i].n; j++) args[j] = number(rows[i].p[j]);
        struct xrp_site s = site_of(args, rows[i].n);
        double mean, variance;
        assert_true(f->moments(&s, &mean, &variance));
        double from = mean < 1e6 ? fmax(floor(mean) - BINS / 2, 0.0) : 0.0;
        for (int j = 0; j < DRAWS; j++) {
            double k = draw(f, &s, &r) - from;
            if (k >= 0.0 && k < BINS) hits[(int)k]++;
        }
        for (int k = 0; k < BINS; k++) {
            double p = exp(f->prob(&s, number(from + k)));
            /* Bernstein's inequality, at the rate of this suite. */
            double t = LOG_RATE + 3.0;
            double slack = sqrt(2.0 * DRAWS * p * (1.0 - p) * t) + t / 1.5;
            if (fabs(hits[k] - DRAWS * p) <= slack) continue;
            print_error("%s: %d hits of %g, p = %g\n", f->names, hits[k],
                        from + k, p);
            bad++;
        }
    }
    assert_int_equal(bad, 0);
}

static void choices_by_logits(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 13);
    const double logits[] = {700.0, -INFINITY, 701.0, 699.5};
    const double cuts[] = {-1.0, 0.5, 3.0};
    value lists[2] = {numbers_vector(logits, 4), V_NIL};
    value two[2] = {v_double(0.7), numbers_list(cuts, 3)};
    for (int turn = 0; turn < 2; turn++) {
        const struct xrp_family *f =
            xrp_find(turn ? "ordered-logistic" : "categorical-logit");
        struct xrp_site s = turn ? site_of(two, 2) : site_of(lists, 1);
        int hits[4] = {0};
        for (int j = 0; j < DRAWS; j++) hits[(int)draw(f, &s, &r)]++;
        for (int k = 0; k < 4; k++)
            assert_false(
                count_is_off(hits[k], DRAWS, exp(f->prob(&s, v_int(k)))));
    }
}

/* Moments: against the tails, by the quantiles of a fine grid where they are
 * tame, and of the draws where they are not heavy. */
static void moments_are_those_of_the_draws(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 14);
    int bad = 0, seen = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct xrp_family *f = xrp_find(rows[i].name);
        value args[ARGS_MAX];
        for (int j = 0; j < rows[i].n; j++) args[j] = number(rows[i].p[j]);
        struct xrp_site s = site_of(args, rows[i].n);
        double mean, variance, sum = 0.0, squares = 0.0, fourth = 0.0;
        assert_true(f->moments(&s, &mean, &variance));
        /* Nor can draws show what never happens. */
        if (!(variance < INFINITY) || variance == 0.0) continue;
        if (!(f->flags & XRP_CONTINUOUS) && variance < 1e-2) continue;
        double lo, hi;
        assert_true(f->bounds(&s, &lo, &hi));
        if (lo == 0.0 && variance > 100.0 * mean * mean) continue;
        for (int j = 0; j < DRAWS; j++) {
            double d = draw(f, &s, &r) - mean, d2 = d * d;
            sum += d;
            squares += d2;
            fourth += d2 * d2;
        }
        /* 6 standard errors, as the draws show them; laws whose draws cannot
         * show their fourth moment are left to the tables. */
        double kurtosis = fourth * DRAWS / (squares * squares);
        if (!(kurtosis < 30.0)) continue;
        seen++;
        double error = sqrt(variance * DRAWS);
        double wide = 6.5 * variance * sqrt(fmax(kurtosis - 1.0, 0.1) * DRAWS);
        if (fabs(sum) <= 6.5 * error + 1e-12 * fabs(mean) * DRAWS &&
            fabs(squares - variance * DRAWS) <= wide)
            continue;
        print_error("%s %g %g: mean %g, variance %g; off by %g and %g\n",
                    rows[i].name, rows[i].p[0], rows[i].p[1], mean, variance,
                    sum / DRAWS, squares / DRAWS - variance);
        bad++;
    }
    assert_int_equal(bad, 0);
    assert_true(seen > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_follow_their_tails),
        cmocka_unit_test(counts_follow_their_probabilities),
        cmocka_unit_test(choices_by_logits),
        cmocka_unit_test(moments_are_those_of_the_draws),
    };
    memory_init(1 << 20);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
