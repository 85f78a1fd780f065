/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * HMC with a fixed number of leapfrogs: exact draws stay exact, faults are
 * rejections, and a step that brings the chain back to where it was does not.
 * Statistical: 3 distances at 1e-7, 2 means at |z| < 5.6: below 4e-7.
 */
#include "infer/hmc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "densities.h"

enum { DRAWS = 20000 };

struct bench {
    struct probe probe;
    struct density density;
    struct hmc hmc;
    struct metric metric;
    struct random random;
};

static void bench_open(struct bench *b, uint64_t seed)
{
    b->density = density_of(&b->probe);
    random_seed(&b->random, seed);
    assert_true(hmc_open(&b->hmc, b->probe.size));
    assert_true(metric_open(&b->metric, METRIC_DIAGONAL, b->probe.size));
}

static void bench_close(struct bench *b)
{
    hmc_close(&b->hmc);
    metric_close(&b->metric);
}

static double uniforms[2][DRAWS], skews[DRAWS];

/* Few, coarse leapfrogs: about a third is rejected. */
static void test_exact(void **state)
{
    (void)state;
    struct bench b = {.probe = {.size = 2, .formula = banana}};
    struct trajectory t;
    double accept = 0.0;
    bench_open(&b, 61);
    for (int i = 0; i < DRAWS; i++) {
        double x = random_normal(&b.random);
        double q[2] = {x, x * x + 0.5 * random_normal(&b.random)};
        assert_true(points_place(&b.hmc.points, &b.density, q));
        hmc_step(&b.hmc, &b.density, &b.metric, 0.5, 0.1, 3, &b.random, &t);
        const double *to = b.hmc.points.here->q;
        uniforms[0][i] = normal_cdf(to[0]);
        uniforms[1][i] = normal_cdf(2.0 * (to[1] - to[0] * to[0]));
        skews[i] = tanh(q[0]) * to[1] - tanh(to[0]) * q[1];
        accept += t.accept_stat / DRAWS;
        assert_true(t.energy == b.hmc.points.here->energy);
    }
    assert_true(accept < 0.9);
    assert_true(uniform_distance(uniforms[0], DRAWS) < KS_BOUND);
    assert_true(uniform_distance(uniforms[1], DRAWS) < KS_BOUND);
    assert_true(mean_error(skews, DRAWS, 0.0) < 5.6);
    bench_close(&b);
}

/* A period of time is 2 pi: with no jitter the chain stands still. */
static void test_jitter(void **state)
{
    (void)state;
    for (int jitter = 0; jitter < 2; jitter++) {
        struct bench b = {.probe = {.size = 1, .formula = scaled}};
        struct trajectory t;
        double q = 0.3, away = 0.0;
        b.probe.scales[0] = 1.0;
        bench_open(&b, 62);
        assert_true(points_place(&b.hmc.points, &b.density, &q));
        for (int i = 0; i < DRAWS; i++) {
            double was = b.hmc.points.here->q[0];
            hmc_step(&b.hmc, &b.density, &b.metric, 2.0 * M_PI / 100,
                     0.2 * jitter, 100, &b.random, &t);
            assert_int_equal(t.leapfrogs, 100);
            away += fabs(b.hmc.points.here->q[0] - was) / DRAWS;
            skews[i] = b.hmc.points.here->q[0];
        }
        assert_true(jitter ? away > 0.1 : away < 0.01);
        if (jitter) assert_true(mean_error(skews, DRAWS, 0.0) < 5.6);
        bench_close(&b);
    }
}

static void test_faults(void **state)
{
    (void)state;
    for (int fault = 0; fault < FAULTS; fault++)
        for (uint64_t at = 2; at < 40; at++) {
            struct bench b = {.probe = {.size = 3, .formula = scaled}};
            for (int i = 0; i < 3; i++) b.probe.scales[i] = 1.0;
            b.probe.fault = fault;
            b.probe.fails_at = at;
            bench_open(&b, 63);
            struct trajectory t;
            double q[3] = {0.1, 0.2, 0.3};
            int divergent = 0;
            assert_true(points_place(&b.hmc.points, &b.density, q));
            for (int i = 0; i < 20; i++) {
                struct point was = *b.hmc.points.here;
                hmc_step(&b.hmc, &b.density, &b.metric, 0.3, 0.0, 5, &b.random,
                         &t);
                divergent += t.divergent;
                assert_true(isfinite(b.hmc.points.here->q[0]) &&
                            isfinite(t.energy));
                assert_true((t.divergence != NULL) == t.divergent);
                if (!t.divergent) continue;
                assert_ptr_equal(b.hmc.points.here->q, was.q);
                if (t.leapfrogs > 1)
                    assert_true(t.divergence[0] == b.probe.before);
            }
            assert_int_equal(divergent, 1);
            bench_close(&b);
        }
}

/* Beyond an edge the density is 0. */
static bool half_line(const struct probe *p, const double *q, double *l,
                      double *g)
{
    return scaled(p, q, l, g) && q[0] > 0.0;
}

static void test_edge(void **state)
{
    (void)state;
    struct bench b = {.probe = {.size = 1, .formula = half_line}};
    struct trajectory t;
    b.probe.scales[0] = 1.0;
    bench_open(&b, 64);
    for (int i = 0; i < DRAWS; i++) {
        double x = fabs(random_normal(&b.random));
        assert_true(points_place(&b.hmc.points, &b.density, &x));
        hmc_step(&b.hmc, &b.density, &b.metric, 0.4, 0.1, 4, &b.random, &t);
        uniforms[0][i] = 2.0 * normal_cdf(b.hmc.points.here->q[0]) - 1.0;
    }
    assert_true(uniform_distance(uniforms[0], DRAWS) < KS_BOUND);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
