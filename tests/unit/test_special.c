/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Special functions, and the pieces of base/saddle.h, against mpmath.
 */
#include "base/saddle.h"
#include "base/special.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct row {
    const char *function;
    double a, b, result, condition;
} rows[] = {
#include "../reference/special.inc"
};

static const struct {
    const char *name;
    double (*one)(double);
    double (*two)(double, double);
} functions[] = {
    {"log_gamma", log_gamma, NULL},   {"digamma", digamma, NULL},
    {"trigamma", trigamma, NULL},     {"softplus", softplus, NULL},
    {"inv_logit", inv_logit, NULL},   {"logit", logit, NULL},
    {"log1m_exp", log1m_exp, NULL},   {"log_beta", NULL, log_beta},
    {"log_choose", NULL, log_choose}, {"log_add", NULL, log_add},
    {"log_rising", NULL, log_rising}, {"digamma_rise", NULL, digamma_rise},
    {"deviance", NULL, deviance},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static double answer(const struct row *r)
{
    for (int i = 0; i < FUNCTIONS; i++) {
        if (strcmp(functions[i].name, r->function)) continue;
        return functions[i].one ? functions[i].one(r->a)
                                : functions[i].two(r->a, r->b);
    }
    return NAN;
}

/* Relative; where terms have met, to the larger of them, which the condition
 * and 1 stand for. */
static void functions_agree_with_mpmath(void **state)
{
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        double got = answer(r), error = fabs(got - r->result);
        bool meets = strncmp(r->function, "log_", 4) == 0;
        double bound = 1e-14 * fmax(fabs(r->result), meets ? 1.0 : 0.0);
        if (error <= bound + 0x1p-52 * r->condition) continue;
        if (bad++ < 20)
            print_error("%s %.17g %.17g: %.17g, not %.17g\n", r->function, r->a,
                        r->b, got, r->result);
    }
    assert_int_equal(bad, 0);
}

static void edges_are_limits(void **state)
{
    (void)state;
    assert_true(log_add(-INFINITY, -INFINITY) == -INFINITY);
    assert_true(log_add(3.0, -INFINITY) == 3.0);
    assert_true(log_add(INFINITY, 1.0) == INFINITY);
    assert_true(log_add(INFINITY, INFINITY) == INFINITY);
    assert_true(softplus(-INFINITY) == 0.0);
    assert_true(softplus(INFINITY) == INFINITY);
    assert_true(inv_logit(-INFINITY) == 0.0);
    assert_true(inv_logit(INFINITY) == 1.0);
    assert_true(logit(0.0) == -INFINITY);
    assert_true(logit(1.0) == INFINITY);
    assert_true(log1m_exp(-INFINITY) == 0.0);
    assert_true(log1m_exp(0.0) == -INFINITY);
    assert_true(log_choose(5.0, 6.0) == -INFINITY);
    assert_true(log_choose(5.0, -1.0) == -INFINITY);
    assert_true(log_choose(0.0, 0.0) == 0.0);
    assert_true(log_beta(1.0, 1.0) == 0.0);
    assert_true(isnan(log_beta(-1.0, 2.0)));
    assert_true(isnan(digamma(-2.0)) && isnan(digamma(0.0)));
    assert_true(trigamma(-2.0) == INFINITY);
    assert_true(digamma(INFINITY) == INFINITY);
    assert_true(deviance(0.0, 3.0) == 3.0);
    assert_true(deviance(3.0, 3.0) == 0.0);
}

static void sums_of_exponentials(void **state)
{
    (void)state;
    const double far[] = {1000.0, 1000.0}, none[] = {-INFINITY, -INFINITY};
    const double top[] = {INFINITY, 1.0}, odd[] = {1.0, NAN};
    assert_true(log_sum_exp(NULL, 0) == -INFINITY);
    assert_true(fabs(log_sum_exp(far, 2) - 1000.0 - log(2.0)) < 1e-12);
    assert_true(log_sum_exp(none, 2) == -INFINITY);
    assert_true(log_sum_exp(top, 2) == INFINITY);
    assert_true(isnan(log_sum_exp(odd, 2)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_agree_with_mpmath),
        cmocka_unit_test(edges_are_limits),
        cmocka_unit_test(sums_of_exponentials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
