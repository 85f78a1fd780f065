/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every univariate family at the edges: each parameter in turn zero, tiny,
 * huge, infinite, no number; each value alike. What is out of the domain is
 * said in words, by every function alike; what is in it gives no NaN.
 */
#include "families.h"

enum { ARGS_MAX = 4 };

static const struct {
    const char *name;
    int n;
    double p[ARGS_MAX];
} rows[] = {
    {"flip", 1, {0.3}},
    {"bernoulli-logit", 1, {0.3}},
    {"randbelow", 1, {7}},
    {"uniform-discrete", 2, {-3, 4}},
    {"binomial", 2, {9, 0.3}},
    {"binomial-logit", 2, {9, 0.3}},
    {"geometric", 1, {0.3}},
    {"poisson", 1, {3.0}},
    {"poisson-log", 1, {1.0}},
    {"negative-binomial", 2, {2.5, 0.3}},
    {"neg-binomial-2", 2, {2.5, 0.3}},
    {"neg-binomial-2-log", 2, {2.5, 0.3}},
    {"beta-binomial", 3, {9, 0.3, 2.0}},
    {"hypergeometric", 3, {9, 8, 7}},
    {"zipf", 2, {0.3, 20}},
    {"zipf", 1, {1.3}},
    {"normal", 2, {0.3, 2.0}},
    {"cauchy", 2, {0.3, 2.0}},
    {"laplace", 2, {0.3, 2.0}},
    {"logistic", 2, {0.3, 2.0}},
    {"gumbel", 2, {0.3, 2.0}},
    {"student-t", 3, {3.0, 0.3, 2.0}},
    {"skew-normal", 3, {0.3, 2.0, -1.0}},
    {"von-mises", 2, {0.3, 2.0}},
    {"uniform", 2, {-1.0, 2.0}},
    {"rand", 0, {0}},
    {"half-normal", 1, {2.0}},
    {"half-cauchy", 1, {2.0}},
    {"half-student-t", 2, {3.0, 2.0}},
    {"gamma", 2, {3.0, 2.0}},
    {"inverse-gamma", 2, {3.0, 2.0}},
    {"chi-squared", 1, {3.0}},
    {"exponential", 1, {3.0}},
    {"weibull", 2, {3.0, 2.0}},
    {"rayleigh", 1, {3.0}},
    {"frechet", 2, {3.0, 2.0}},
    {"pareto", 2, {3.0, 2.0}},
    {"lognormal", 2, {0.3, 2.0}},
    {"inverse-gaussian", 2, {3.0, 2.0}},
    {"beta", 2, {3.0, 2.0}},
    {"beta-proportion", 2, {0.3, 2.0}},
    {"kumaraswamy", 2, {3.0, 2.0}},
    {"logit-normal", 2, {0.3, 2.0}},
    {"flat", 0, {0}},
    {"flat-positive", 0, {0}},
    {"flat-interval", 2, {0.0, 1.0}},
};

static const double odd[] = {
    0.0,           -0.0,          1.0,     -1.0,     0.5,        5e-324,
    -5e-324,       1e-308,        1e-17,   2.5,      3.0,        17.0,
    709.0,         -746.0,        1e6,     0x1p53,   0x1p53 + 2, 1e17,
    1e308,         -1e308,        DBL_MAX, INFINITY, -INFINITY,  NAN,
    1.0 - 0x1p-53, 1.0 + 0x1p-52, 1e-300,  1e150,
};
enum { ODD = sizeof odd / sizeof *odd };

static int bad;

static void complain(const struct xrp_family *f, const struct xrp_site *s,
                     double x, const char *what, double got)
{
    if (bad++ >= 40) return;
    print_error("%s (", f->names);
    for (int i = 0; i < s->arg_count; i++)
        print_error(" %.17g", as_number(s->args[i]));
    print_error(") at %.17g: %s %.17g\n", x, what, got);
}

/* Out of the domain: everything says so. */
static void refused(const struct xrp_family *f, struct xrp_site *s,
                    struct random *r)
{
    value v;
    double x, y, by[1 + ARGS_MAX];
    char words[256];
    if (!f->explain || !f->explain(s, words, sizeof words))
        complain(f, s, 0.0, "no words for it", NAN);
    if (f->sample(s, r, &v)) complain(f, s, 0.0, "drew", as_number(v));
    if (f->gradient(s, v_int(1), by, by + 1))
        complain(f, s, 1.0, "has a slope", by[0]);
    if (f->moments && f->moments(s, &x, &y)) complain(f, s, 0.0, "mean", x);
    if (f->bounds(s, &x, &y)) complain(f, s, 0.0, "bounds", x);
    if (f->log_cdf && f->log_cdf(s, 1.0, &x, &y))
        complain(f, s, 1.0, "tail", x);
    if (f->quantile && f->quantile(s, -1.0, false, &x))
        complain(f, s, 0.0, "quantile", x);
}

/* In it: no NaN but where there is no derivative. */
static void accepted(const struct xrp_family *f, struct xrp_site *s, double x)
{
    double score = f->prob(s, v_double(x)), tail[2], by[1 + ARGS_MAX], lo, hi;
    if (score != score || score == INFINITY) complain(f, s, x, "score", score);
    if (x != x && score != -INFINITY) complain(f, s, x, "score", score);
    bool continuous = f->flags & XRP_CONTINUOUS;
    if (score > -INFINITY && f->gradient(s, v_double(x), by, by + 1) &&
        continuous && by[0] != by[0])
        complain(f, s, x, "slope", by[0]);
    assert_true(f->bounds(s, &lo, &hi));
    if (score > -INFINITY && !(x >= lo && x <= hi))
        complain(f, s, x, "beyond", hi);
    if (!f->log_cdf) return;
    if (x != x) {
        assert_false(f->log_cdf(s, x, tail, tail + 1));
        return;
    }
    if (!f->log_cdf(s, x, tail, tail + 1)) {
        /* Only sums that would be too long may be refused. */
        if (strncmp(f->names, "beta-bin", 8) != 0 &&
            strncmp(f->names, "hyper", 5) != 0)
            complain(f, s, x, "no tails", NAN);
        return;
    }
    for (int i = 0; i < 2; i++)
        if (!(tail[i] <= 0.0)) complain(f, s, x, "tail", tail[i]);
    double sum = exp(tail[0]) + exp(tail[1]);
    if (!(fabs(sum - 1.0) < 1e-9)) complain(f, s, x, "tails sum to", sum);
}

static void edges(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct xrp_family *f = xrp_find(rows[i].name);
        assert_non_null(f);
        int n = rows[i].n;
        for (int which = 0; which < n || which == 0; which++) {
            for (int j = 0; j < (n ? ODD : 1); j++) {
                value args[ARGS_MAX], v;
                for (int k = 0; k < n; k++) args[k] = number(rows[i].p[k]);
                if (n) args[which] = v_double(odd[j]);
                struct xrp_site s = site_of(args, n);
                double score = f->prob(&s, v_double(1.0));
                if (score != score) {
                    refused(f, &s, &r);
                    continue;
                }
                char words[256];
                if (f->explain) assert_false(f->explain(&s, words, 256));
                for (int k = 0; k < ODD; k++) accepted(f, &s, odd[k]);
                assert_true(f->sample(&s, &r, &v));
                double x = is_boolean(v) ? (double)is_true(v) : as_number(v);
                if (!(fabs(x) < INFINITY)) complain(f, &s, x, "drew", x);
                /* A scale below the spacing of doubles cannot be met. */
                bool met =
                    n == 0 || (fabs(odd[j]) > 1e-15 && fabs(odd[j]) < 1e15);
                if (met && f->prob(&s, v) == -INFINITY &&
                    !(fabs(x) >= DBL_MAX || fabs(x) <= DBL_MIN))
                    complain(f, &s, x, "drew what cannot be", x);
            }
        }
    }
    assert_int_equal(bad, 0);
}

static void quantiles_at_the_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct xrp_family *f = xrp_find(rows[i].name);
        value args[ARGS_MAX];
        for (int k = 0; k < rows[i].n; k++) args[k] = number(rows[i].p[k]);
        struct xrp_site s = site_of(args, rows[i].n);
        double lo, hi, x;
        assert_true(f->bounds(&s, &lo, &hi));
        if (!f->quantile) continue;
        assert_true(f->quantile(&s, -INFINITY, false, &x) && x == lo);
        assert_true(f->quantile(&s, 0.0, false, &x) && x == hi);
        assert_true(f->quantile(&s, -INFINITY, true, &x) && x == hi);
        assert_true(f->quantile(&s, 0.0, true, &x) && x == lo);
        assert_false(f->quantile(&s, 0.1, false, &x));
        assert_false(f->quantile(&s, NAN, false, &x));
        double last = lo;
        for (double log_p = -1e4; log_p < -1e-12; log_p *= 0.7) {
            assert_true(f->quantile(&s, log_p, false, &x));
            if (!(x >= last && x <= hi))
                print_error("%s: quantile of e^%g: %g\n", f->names, log_p, x);
            assert_true(x >= last && x <= hi);
            last = x;
        }
    }
}

static void improper_ones_are_marked(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 2);
    for (size_t i = 0; i < xrp_family_count; i++) {
        const struct xrp_family *f = xrp_families[i];
        bool flat = strncmp(f->names, "flat", 4) == 0;
        assert_true(flat == !!(f->flags & XRP_IMPROPER));
    }
    value args[2] = {v_int(3), v_double(INFINITY)}, v;
    struct xrp_site s = site_of(args, 2);
    const struct xrp_family *f = xrp_find("flat-interval");
    for (int i = 0; i < 1000; i++) {
        assert_true(f->sample(&s, &r, &v));
        double u = log(as_double(v) - 3.0);
        assert_true(u >= -2.0 && u <= 2.0 && f->prob(&s, v) == 0.0);
    }
    assert_true(f->prob(&s, v_double(2.9)) == -INFINITY);
}

static void index_families(void **state)
{
    (void)state;
    const double logits[] = {0.0, -INFINITY, 1000.0, 998.0};
    value args[4] = {v_int(0), v_double(-INFINITY), v_int(1000), v_int(998)};
    struct xrp_site s = site_of(args, 4);
    const struct xrp_family *f = xrp_find("categorical-logit");
    double by_value, by[4], within[4], below, above, x;
    assert_true(f->prob(&s, v_int(1)) == -INFINITY);
    assert_true(f->prob(&s, v_int(4)) == -INFINITY);
    assert_true(fabs(f->prob(&s, v_int(2)) + log1p(exp(-2.0))) < 1e-15);
    assert_true(fabs(f->prob(&s, v_int(0)) + 1000 + log1p(exp(-2.0))) < 1e-12);
    assert_true(f->gradient(&s, v_int(3), &by_value, by));
    double share = 1.0 / (1.0 + exp(2.0));
    assert_true(fabs(by[3] - (1.0 - share)) < 1e-15 && by[1] == 0.0);
    assert_true(f->log_cdf(&s, 1.0, &below, &above));
    assert_true(fabs(below + 1000 + log1p(exp(-2.0))) < 1e-12 && above == 0.0);
    assert_true(f->quantile(&s, log(0.5), false, &x) && x == 2.0);
    value list[1] = {numbers_vector(logits, 4)};
    struct xrp_site as_list = site_of(list, 1);
    assert_true(f->prob(&as_list, v_int(3)) == f->prob(&s, v_int(3)));
    assert_true(f->gradient_within(&as_list, v_int(3), 0, within));
    for (int i = 0; i < 4; i++) assert_true(within[i] == by[i]);

    const double cuts[] = {-1.0, -1.0 + 1e-12, 50.0};
    value two[2] = {v_double(0.3), numbers_list(cuts, 3)};
    s = site_of(two, 2);
    f = xrp_find("ordered-logistic");
    double total = 0.0;
    for (int k = 0; k < 4; k++) total += exp(f->prob(&s, v_int(k)));
    assert_true(fabs(total - 1.0) < 1e-14);
    /* A sliver: the slope of the logistic curve times its width. */
    double width = cuts[1] - cuts[0], e = exp(-1.3);
    double want = log(width) + log(e) - 2.0 * log1p(e);
    assert_true(fabs(f->prob(&s, v_int(1)) - want) < 1e-10);
    assert_true(fabs(f->prob(&s, v_int(3)) + 49.7) < 1e-12);
    assert_true(f->gradient(&s, v_int(2), &by_value, by));
    assert_true(f->gradient_within(&s, v_int(2), 1, within));
    assert_true(fabs(by[0] + within[0] + within[1] + within[2]) < 1e-14);
    two[1] = numbers_list((double[]){1.0, 1.0}, 2);
    struct error error;
    assert_false(xrp_domain_error(f, &s, &error));
    assert_string_equal(error.message, "ordered-logistic: cut 1 must be above "
                                       "the one before, got 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges),
        cmocka_unit_test(quantiles_at_the_ends),
        cmocka_unit_test(improper_ones_are_marked),
        cmocka_unit_test(index_families),
    };
    memory_init(1 << 20);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
