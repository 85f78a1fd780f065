/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pitfalls of gradients in numbers: functions and their derivatives where a
 * formula of the first kind overflows, cancels or goes flat. Each test bears
 * the number that tests/pitfalls/pitfalls.py lists it under; that runner
 * plants the fault and sees the test fail.
 */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "infer/adapt_metric.h"
#include "tape_build.h"

/* A tape of one term, f(q_0, ...), of which some operands may be numbers. */
static struct tape *tape_of(enum tape_code code, uint32_t size,
                            const double *numbers)
{
    struct tape *t = build_tape(size);
    struct tape_plate *p = build_plate(t, 1);
    int arity = tape_arity(code);
    struct tape_operand o[3] = {{0}};
    for (int i = 0; i < arity; i++)
        o[i] = (uint32_t)i < size ? slot((uint32_t)i)
                                  : number(t, numbers[(uint32_t)i - size]);
    p = &t->plates[0];
    build_term(p, op3(p, code, o[0], o[1], o[2]));
    assert_true(tape_prepare(t));
    return t;
}

/* `least`: from where on errors are of what is wanted; below, of this. */
static void near(const char *what, double x, double have, long double want,
                 double tolerance, double least)
{
    if (!(fabsl(have - want) <= tolerance * fmaxl(fabsl(want), least)))
        fail_msg("%s at %.17g: %.17g, not %.17Lg", what, x, have, want);
}

/* 1: max(x, 0) + log1p(exp(-|x|)), whose derivative is a logistic. */
static void pitfall_1_softplus(void **state)
{
    (void)state;
    static const double at[] = {-800, -40, -1e-9, 0, 1e-9, 40, 800, -3, 5};
    struct tape *t = tape_of(TAPE_SOFTPLUS, 1, NULL);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        double x = at[i], value, slope;
        /* exp(-800) is below all doubles, and so is the density's value */
        assert_int_equal(tape_run(t, &x, &value, &slope), TAPE_FINE);
        long double e = expl(-fabsl((long double)x));
        near("softplus", x, value, fmaxl(x, 0) + log1pl(e), 4 * DBL_EPSILON,
             DBL_MIN);
        near("its slope", x, slope, (x < 0 ? e : 1) / (1 + e), 4 * DBL_EPSILON,
             DBL_MIN);
    }
    double x = 800, value;
    assert_int_equal(tape_run(t, &x, &value, NULL), TAPE_FINE);
    assert_true(value == 800);
    tape_free(t);
}

/* 6: the derivative of lgamma is a digamma of its own, not that of whatever
 * formula lgamma is computed by. References by mpmath. */
static void pitfall_6_lgamma(void **state)
{
    (void)state;
    static const double rows[][3] = {
        {1e-8, 18.420680738180209, -100000000.57721565},
        {0.5, 0.57236494292470009, -1.9635100260214235},
        {1, 0, -0.57721566490153287},
        {2, 0, 0.42278433509846713},
        {170, 701.43726380873704, 5.1328543770833072},
        {1e6, 12815504.56914761, 13.815510057964191},
    };
    struct tape *t = tape_of(TAPE_LGAMMA, 1, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double x = rows[i][0], value, slope;
        assert_int_equal(tape_run(t, &x, &value, &slope), TAPE_FINE);
        near("lgamma", x, value, rows[i][1], 1e-14, 1);
        near("its slope", x, slope, rows[i][2], 1e-14, 1);
    }
    tape_free(t);
}

/* 16: what is impossible leaves sums as they are, and is no NaN in them. */
static void pitfall_16_sums(void **state)
{
    (void)state;
    double nothing[2] = {-INFINITY, -INFINITY}, some[2] = {-INFINITY, -3};
    assert_true(tape_compute(TAPE_LOG_ADD_EXP, nothing) == -INFINITY);
    assert_true(tape_compute(TAPE_LOG_ADD_EXP, some) == -3);
    /* A component that cannot be, beside one that can: its slope is 0. */
    double q[2] = {-INFINITY, -3}, value, slope[2];
    struct tape *t = tape_of(TAPE_LOG_ADD_EXP, 2, NULL);
    assert_int_equal(tape_run(t, q, &value, slope), TAPE_FINE);
    assert_true(value == -3 && slope[0] == 0 && slope[1] == 1);
    tape_free(t);
    /* And what is no number is no draw that a metric learns from. */
    struct moments m;
    double draws[][2] = {{1, 2}, {NAN, 2}, {3, INFINITY}, {3, 4}};
    assert_true(moments_open(&m, METRIC_DIAGONAL, 2));
    for (int i = 0; i < 4; i++) moments_add(&m, draws[i]);
    assert_true(m.count[0] == 2 && m.mean[0] == 2 && m.mean[1] == 3);
    assert_true(m.squares[0] == 2 && m.squares[1] == 2);
    moments_close(&m);
}

/* 26b: a Bernoulli by its logit is y eta - softplus(eta), to the last bit of
 * a number near one; by its probability the gradient would die where that is 0 or 1. */
static void pitfall_26b_bernoulli(void **state)
{
    (void)state;
    static const double at[] = {-800, -40, -1, 0, 1, 40, 800};
    for (int y = 0; y < 2; y++)
        for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
            double eta = at[i], value, slope;
            struct tape *t = build_tape(1);
            struct tape_plate *p = build_plate(t, 1);
            struct tape_operand data = number(t, y);
            build_term(p, op2(p, TAPE_BERNOULLI_LOGIT, data, slot(0)));
            assert_true(tape_prepare(t));
            assert_int_equal(tape_run(t, &eta, &value, &slope), TAPE_FINE);
            long double e = expl(-fabsl((long double)eta));
            long double p1 = (eta < 0 ? e : 1) / (1 + e);
            bool unlikely = eta < 0 ? y : !y;
            long double log_p = -log1pl(e) - (unlikely ? fabsl(eta) : 0);
            long double by = y ? (eta < 0 ? 1 : e) / (1 + e) : -p1;
            near("log probability", eta, value, log_p, 4 * DBL_EPSILON, 1);
            near("its slope", eta, slope, by, 4 * DBL_EPSILON, 1);
            tape_free(t);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pitfall_1_softplus),
        cmocka_unit_test(pitfall_6_lgamma),
        cmocka_unit_test(pitfall_16_sums),
        cmocka_unit_test(pitfall_26b_bernoulli),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
