/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * L-BFGS: Rosenbrock's valley, quadratics of bad condition, edges, and what
 * has no top.
 */
#include "infer/lbfgs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "densities.h"

/* Rosenbrock's function, chained: its only top near the usual start is 1. */
static bool rosenbrock(const struct probe *p, const double *q, double *l,
                       double *g)
{
    *l = 0.0;
    memset(g, 0, p->size * sizeof *g);
    for (size_t i = 0; i + 1 < p->size; i++) {
        double a = q[i + 1] - q[i] * q[i], b = 1.0 - q[i];
        *l -= 100.0 * a * a + b * b;
        g[i] += 400.0 * a * q[i] + 2.0 * b;
        g[i + 1] -= 200.0 * a;
    }
    return true;
}

static void test_rosenbrock(void **state)
{
    (void)state;
    for (size_t size = 2; size <= 50; size += 8) {
        struct probe probe = {.size = size, .formula = rosenbrock};
        struct density d = density_of(&probe);
        struct lbfgs_result r;
        double q[SIZE_MAX_TESTED];
        for (size_t i = 0; i < size; i++) q[i] = i % 2 ? 1.0 : -1.2;
        lbfgs_climb(&d, &lbfgs_usual, q, &r);
        assert_int_equal(r.end, LBFGS_TOP);
        assert_int_equal(r.gradients, probe.calls);
        if (size == 2) assert_true(r.gradients < 70);
        assert_true(r.gradients < 700 && r.gradient_max < 1e-4);
        /* In many dimensions there is a second top, at q0 = -1. */
        for (size_t i = 1; i < size; i++) assert_true(fabs(q[i] - 1.0) < 1e-5);
        assert_true(fabs(fabs(q[0]) - 1.0) < 0.01);
    }
}

static void test_quadratic(void **state)
{
    (void)state;
    struct probe probe = {.size = 7, .formula = scaled};
    struct density d = density_of(&probe);
    struct lbfgs_result r;
    double q[7];
    for (int i = 0; i < 7; i++) {
        probe.scales[i] = pow(10.0, 0.5 * i - 1.5);
        q[i] = 3.0 * probe.scales[i];
    }
    lbfgs_climb(&d, &lbfgs_usual, q, &r);
    assert_int_equal(r.end, LBFGS_TOP);
    assert_true(r.log_density > -1e-9 && r.gradients < 400);
    for (int i = 0; i < 7; i++)
        assert_true(fabs(q[i]) < 1e-3 * probe.scales[i]);
}

/* log q - q on q > 0: from near the edge the first steps fall outside. */
static bool on_half_line(const struct probe *p, const double *q, double *l,
                         double *g)
{
    (void)p;
    *l = log(q[0]) - q[0];
    g[0] = 1.0 / q[0] - 1.0;
    return q[0] > 0.0;
}

static void test_edge(void **state)
{
    (void)state;
    for (int i = -6; i <= 3; i++) {
        struct probe probe = {.size = 1, .formula = on_half_line};
        struct density d = density_of(&probe);
        struct lbfgs_result r;
        double q = pow(10.0, i);
        lbfgs_climb(&d, &lbfgs_usual, &q, &r);
        assert_int_equal(r.end, LBFGS_TOP);
        assert_true(fabs(q - 1.0) < 1e-6);
    }
}

static bool rising(const struct probe *p, const double *q, double *l, double *g)
{
    (void)p;
    *l = q[0];
    g[0] = 1.0;
    return true;
}

/* Its top is a point without a derivative, and beyond it there is nothing. */
static bool cliff(const struct probe *p, const double *q, double *l, double *g)
{
    (void)p;
    *l = q[0];
    g[0] = 1.0;
    return q[0] <= 1.0;
}

static void test_ends(void **state)
{
    (void)state;
    const struct {
        bool (*formula)(const struct probe *, const double *, double *,
                        double *);
        double start;
        uint32_t iterations;
        enum lbfgs_end want, also;
    } rows[] = {
        {rising, 0.0, 2000, LBFGS_ENDLESS, LBFGS_ENDLESS},
        {cliff, 0.5, 2000, LBFGS_STUCK, LBFGS_TOP},
        {on_half_line, -1.0, 2000, LBFGS_OUTSIDE, LBFGS_OUTSIDE},
        {on_half_line, 1.0, 2000, LBFGS_TOP, LBFGS_TOP},
        {on_half_line, 1e-6, 2, LBFGS_LONG, LBFGS_LONG},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct probe probe = {.size = 1, .formula = rows[i].formula};
        struct density d = density_of(&probe);
        struct lbfgs_result r;
        struct lbfgs_plan plan = lbfgs_usual;
        plan.iterations = rows[i].iterations;
        double q = rows[i].start;
        lbfgs_climb(&d, &plan, &q, &r);
        assert_true(r.end == rows[i].want || r.end == rows[i].also);
        assert_true(r.gradients < 1000);
        assert_true(rows[i].formula != cliff || (q > 0.999 && q <= 1.0));
    }
}

/* What is not finite in the middle is a step too far. */
static void test_faults(void **state)
{
    (void)state;
    for (int fault = 0; fault < FAULTS; fault++)
        for (uint64_t at = 2; at < 12; at++) {
            struct probe probe = {.size = 2, .formula = rosenbrock};
            struct density d = density_of(&probe);
            struct lbfgs_result r;
            double q[2] = {-1.2, 1.0};
            probe.fault = fault;
            probe.fails_at = at;
            lbfgs_climb(&d, &lbfgs_usual, q, &r);
            assert_int_equal(r.end, LBFGS_TOP);
            assert_true(fabs(q[0] - 1.0) < 1e-4 && r.log_density > -1e-8);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rosenbrock), cmocka_unit_test(test_quadratic),
        cmocka_unit_test(test_edge),       cmocka_unit_test(test_ends),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
