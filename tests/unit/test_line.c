/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Walks along lines: a state drawn from the prior is moved some times by a
 * kernel, and must be one from the prior again, of which a function has a
 * known distribution. Each draw begins anew, so draws are independent, and
 * their empirical distribution lies further than e from the true one with
 * probability under 2 exp(-2 n e^2) (Dvoretzky, Kiefer and Wolfowitz, with
 * Massart's constant): e is chosen for a false alarm in 1e-6 of runs of the
 * whole file. A volume that is lost or made on the way shows; so does a walk
 * that goes nowhere.
 */
#include <math.h>
#include <stdio.h>

#include <gsl/gsl_cdf.h>

#include "infer/line.h"
#include "kernel_open.h"

enum { DRAWS = 2500, MOVES = 5 };
#define FALSE_ALARM 1e-6

static double normal_below(double x, double mean, double sd)
{
    return gsl_cdf_gaussian_P(x - mean, sd);
}
static double exponential_below(double x, double rate, double none)
{
    (void)none;
    return gsl_cdf_exponential_P(x, 1.0 / rate);
}
static double correlation_below(double x, double b, double none)
{
    (void)none;
    return gsl_cdf_beta_P((x + 1.0) / 2.0, b, b);
}
static double square_below(double x, double scale, double dof)
{
    return gsl_cdf_chisq_P(x / scale, dof);
}

static const struct row {
    const char *text;
    uint32_t at; /* of the numbers of x, row after row */
    double (*below)(double x, double a, double b);
    double a, b;
    uint32_t lines;
} rows[] = {
    {"ASSUME x (normal 1 2)\n", 0, normal_below, 1, 2, 1},
    {"ASSUME x (beta 2 3)\n", 0, gsl_cdf_beta_P, 2, 3, 1},
    {"ASSUME x (iid 3 (exponential 2))\n", 1, exponential_below, 2, 0, 3},
    {"ASSUME x (each (normal '(1 2) '(3 4)))\n", 1, normal_below, 2, 4, 2},
    {"ASSUME x (each (normal (matrix '((1 2) (3 4))) 2))\n", 2, normal_below, 3,
     2, 4},
    {"ASSUME x (iid 2 (truncated (normal 0 1000) 0 1))\n", 0, gsl_cdf_flat_P, 0,
     1, 2},
    {"ASSUME x (multivariate-normal '(1 2) (matrix '((4 1) (1 9))))\n", 1,
     normal_below, 2, 3, 2},
    {"ASSUME x (ordered (iid 3 (uniform 0 1)))\n", 0, gsl_cdf_beta_P, 1, 3, 3},
    {"ASSUME x (ordered (iid 3 (uniform 0 1)))\n", 1, gsl_cdf_beta_P, 2, 2, 3},
    {"ASSUME x (positive-ordered (iid 2 (laplace 0 1)))\n", 0,
     exponential_below, 2, 0, 2},
    {"ASSUME x (dirichlet '(2 3 4))\n", 0, gsl_cdf_beta_P, 2, 7, 3},
    {"ASSUME x (dirichlet '(2 3 4))\n", 2, gsl_cdf_beta_P, 4, 5, 3},
    {"ASSUME x (symmetric-dirichlet 0.5 2)\n", 1, gsl_cdf_beta_P, 0.5, 0.5, 1},
    {"ASSUME x (lkj-corr-cholesky 3 2)\n", 3, correlation_below, 2.5, 0, 3},
    {"ASSUME x (lkj-corr-cholesky 3 2)\n", 6, correlation_below, 2.5, 0, 3},
    {"ASSUME x (wishart 5 (matrix '((2 0.5) (0.5 1))))\n", 0, square_below, 2,
     5, 3},
    {"ASSUME x (wishart 5 (matrix '((2 0.5) (0.5 1))))\n", 3, square_below, 1,
     5, 3},
};
enum { ROWS = sizeof rows / sizeof *rows };

static const char *const kernels[] = {"(slice all)", "(drift all 0.7)",
                                      "(slice all each :doubling true)",
                                      "(drift all 0.5 block)"};
enum { KERNELS = sizeof kernels / sizeof *kernels };

/* The program's one choice. */
static struct site site_of(struct session *s, struct kernel *k)
{
    struct site site;
    assert_true(s->engine->op->scope_look(s->engine, k->scope));
    assert_int_equal(k->scope->member_count, 1);
    assert_true(
        s->engine->op->site(s->engine, k->scope->members[0].choice, &site));
    return site;
}

static double number_at(value v, uint32_t at)
{
    return is_number(v) ? as_number(v) : as_vector(v)->at[at];
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double furthest(const struct row *r, double *x)
{
    double most = 0.0;
    qsort(x, DRAWS, sizeof *x, ascending);
    for (int i = 0; i < DRAWS; i++) {
        double p = r->below(x[i], r->a, r->b);
        most = fmax(most,
                    fmax(p - (double)i / DRAWS, (double)(i + 1) / DRAWS - p));
    }
    return most;
}

static void check(const struct row *r, const char *text, uint64_t seed)
{
    static double x[DRAWS];
    double limit = sqrt(log(4.0 * ROWS / FALSE_ALARM) / (2.0 * DRAWS));
    struct session *s = open_with(r->text, seed);
    struct kernel *k = open_kernel(s, text);
    struct transition_counts counts = {0};
    uint32_t moved = 0;
    for (int i = 0; i < DRAWS; i++) {
        assert_true(s->engine->op->rerun(s->engine));
        struct site before = site_of(s, k);
        assert_int_equal(line_count(&before), r->lines);
        assert_true(kernel_run(k, s->engine, MOVES, &counts));
        value held = site_of(s, k).held;
        x[i] = number_at(held, r->at);
        moved += x[i] != number_at(before.held, r->at);
    }
    if (moved < DRAWS / 4)
        fail_msg("%s moved %u of %d\n%s", text, moved, DRAWS, r->text);
    double d = furthest(r, x);
    if (d > limit)
        fail_msg("%s: %g from the prior, %g is too far\n%s", text, d, limit,
                 r->text);
    kernel_close(k, s->engine);
    session_close(s);
}

static void walks_keep_the_prior(void **state)
{
    (void)state;
    /* Two kernels for each row. */
    for (int i = 0; i < 2 * ROWS; i++)
        check(&rows[i / 2], kernels[(i / 2 + i) % KERNELS], 17 + (uint64_t)i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(walks_keep_the_prior)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
