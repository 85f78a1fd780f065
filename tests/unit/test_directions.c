/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Spectra of symmetric matrices, and the directions that a window's draws
 * become: those that are there, at about their values, and none that are not.
 * Statistical parts have fixed seeds; bounds are said beside them.
 */
#include "infer/adapt_directions.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/spectrum.h"

/* ---- spectra ------------------------------------------------------------------ */

enum { EDGE_MOST = 60 };

/* A v = value v for each, and V V' = 1, to a share of the largest value. */
static void check_spectrum(const double *a, size_t n)
{
    static double left[EDGE_MOST * EDGE_MOST], vectors[EDGE_MOST * EDGE_MOST];
    double values[EDGE_MOST], size = 0.0;
    memcpy(left, a, n * n * sizeof *a);
    assert_true(spectrum_of(left, n, values, vectors));
    for (size_t k = 0; k < n; k++) size = fmax(size, fabs(values[k]));
    for (size_t k = 0; k < n; k++) {
        const double *v = vectors + k * n;
        for (size_t i = 0; i < n; i++) {
            double turned = 0.0, product = 0.0;
            for (size_t j = 0; j < n; j++) {
                turned += a[i * n + j] * v[j];
                product += vectors[i * n + j] * v[j];
            }
            assert_true(fabs(turned - values[k] * v[i]) <= 1e-13 * size * n);
            assert_true(fabs(product - (i == k)) < 1e-13 * n);
        }
    }
}

static void test_spectrum(void **state)
{
    (void)state;
    static double a[EDGE_MOST * EDGE_MOST];
    const size_t edges[] = {0, 1, 2, 3, 8, 37, EDGE_MOST};
    struct random random;
    random_seed(&random, 1);
    for (size_t e = 0; e < sizeof edges / sizeof *edges; e++) {
        size_t n = edges[e];
        /* 0: nothing known; 1: diagonal; 2: all alike; 3: of rank one, which
         * has one value and zeros; 4: of very unequal sizes. */
        for (int form = 0; form < 5; form++) {
            for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j <= i; j++) {
                    double x = random_normal(&random);
                    if (form == 1 && j < i) x = 0.0;
                    if (form == 2) x = i == j ? 3.0 : 0.0;
                    if (form == 3) x = (double)(i + 1) * (double)(j + 1);
                    if (form == 4) x *= pow(10.0, -(double)(i + j) / 4.0);
                    a[i * n + j] = a[j * n + i] = x;
                }
            check_spectrum(a, n);
        }
    }
    double poor[] = {1.0, NAN, NAN, 1.0}, values[2], vectors[4];
    assert_false(spectrum_of(poor, 2, values, vectors));
}

/* ---- shrinking ---------------------------------------------------------------- */

/* Where the population's eigenvalue is known the formulas go both ways. */
static void test_shrunk(void **state)
{
    (void)state;
    const double shares[] = {0.01, 0.2, 0.9, 3.0};
    const double far[] = {0.02, 0.3, 4.0, 60.0};
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 4; k++) {
            double r2 = shares[i], l = far[k];
            if (fabs(l - 1.0) <= sqrt(r2)) continue;
            double seen = l * (1.0 + r2 / (l - 1.0));
            double cosine2 =
                (1.0 - r2 / ((l - 1.0) * (l - 1.0))) / (1.0 + r2 / (l - 1.0));
            double wanted = l > 1.0 ? 1.0 + cosine2 * (l - 1.0)
                                    : 1.0 / (1.0 + cosine2 * (1.0 / l - 1.0));
            double had = directions_shrunk(seen, r2);
            assert_true(fabs(had / wanted - 1.0) < 1e-9);
        }
    /* What noise makes of 1 is 1, and what is no eigenvalue is. */
    assert_true(directions_shrunk(1.9, 0.2) == 1.0);
    assert_true(directions_shrunk(0.4, 0.2) == 1.0);
    assert_true(directions_shrunk(0.0, 2.0) == 1.0);
    assert_true(directions_shrunk(-1e-17, 2.0) == 1.0);
    assert_true(directions_shrunk(NAN, 0.2) == 1.0);
}

/* ---- draws --------------------------------------------------------------------- */

enum { SIZE = 30 };

/* Draws of normals with deviations 1, 2, 3 ..., each of which has `common` of
 * what all have in common. */
static void see(struct moments *m, struct moments *alone, double common,
                int draws, struct random *random)
{
    for (int d = 0; d < draws; d++) {
        double q[SIZE], z = random_normal(random);
        for (size_t i = 0; i < SIZE; i++)
            q[i] =
                (1.0 + (double)i) * (common * z + sqrt(1.0 - common * common) *
                                                      random_normal(random));
        moments_add(m, q);
        moments_add(alone, q);
    }
}

static void learn(struct metric *to, double common, int draws, uint64_t seed,
                  size_t forget)
{
    struct moments m, alone;
    struct random random;
    random_seed(&random, seed);
    assert_true(directions_open(&m, METRIC_DIRECTED, SIZE) && m.size == SIZE);
    assert_true(moments_open(&alone, METRIC_DIRECTED, SIZE));
    assert_true(metric_open(to, METRIC_DIRECTED, SIZE));
    see(&m, &alone, common, draws, &random);
    for (size_t i = 0; i < forget; i++) directions_forget(&m, i);
    assert_true(moments_to_metric(&alone, to));
    directions_to_metric(&m, to);
    moments_close(&m);
    moments_close(&alone);
}

/* With 0.7 in common the population has 1 + 29 0.49 = 15.2, and 0.51 29 times.
 * Of 500 draws, taken for 250, the sample's 15.2 and its noise of 0.7 become
 * 14 +- 1; bounds are five of those. */
static void test_one_direction(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct metric m;
        size_t wide = 0;
        learn(&m, 0.7, 500, seed, 0);
        for (size_t k = 0; k < m.count; k++) {
            const double *w = m.directions + k * m.width;
            if (m.excess[k] < 0.0) continue;
            wide++;
            assert_true(m.excess[k] > 9.0 && m.excess[k] < 19.0);
            /* All alike, each by its scale. */
            for (size_t i = 0; i < SIZE; i++) {
                double u = w[i] / sqrt(m.inverse[i]) * sqrt((double)SIZE);
                assert_true(fabs(fabs(u) - 1.0) < 0.5);
            }
        }
        assert_int_equal(wide, 1);
        metric_close(&m);
    }
}

static void test_none(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct metric m;
        learn(&m, 0.0, 200, seed, 0); /* independent */
        assert_int_equal(m.count, 0);
        metric_close(&m);
        learn(&m, 0.9, 39, seed, 0); /* too few */
        assert_int_equal(m.count, 0);
        metric_close(&m);
        learn(&m, 0.9, 500, seed, SIZE); /* other coordinates by now */
        assert_int_equal(m.count, 0);
        metric_close(&m);
    }
    /* One that never moves has no correlations. */
    struct moments m;
    struct metric to;
    assert_true(directions_open(&m, METRIC_DIRECTED, 2));
    assert_true(metric_open(&to, METRIC_DIRECTED, 2));
    for (int i = 0; i < 100; i++) moments_add(&m, (double[]){(double)i, 1.0});
    directions_to_metric(&m, &to);
    assert_int_equal(to.count, 0);
    moments_close(&m);
    metric_close(&to);
}

/* Who learns none, and has no room for them. */
static void test_not_directed(void **state)
{
    (void)state;
    const enum metric_kind kinds[] = {METRIC_DIAGONAL, METRIC_DENSE,
                                      METRIC_UNIT, METRIC_DIRECTED,
                                      METRIC_DIRECTED};
    const size_t sizes[] = {5, 5, 5, 1, DIRECTED_MOST + 1};
    for (int i = 0; i < 5; i++) {
        struct moments m;
        struct metric to;
        assert_true(directions_open(&m, kinds[i], sizes[i]));
        assert_int_equal(m.size, 0);
        assert_true(metric_open(&to, METRIC_DIRECTED, sizes[i]));
        moments_add(&m, to.inverse);
        directions_forget(&m, 0);
        directions_to_metric(&m, &to);
        assert_int_equal(to.count, 0);
        moments_clear(&m);
        moments_close(&m);
        metric_close(&to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spectrum),      cmocka_unit_test(test_shrunk),
        cmocka_unit_test(test_one_direction), cmocka_unit_test(test_none),
        cmocka_unit_test(test_not_directed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
