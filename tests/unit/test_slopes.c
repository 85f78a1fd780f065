/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The largest quotient of two clouds against matrices that are formed, and
 * the directions that draws and gradients of a window become: the one that is
 * there, from fewer draws than there are coordinates, and none that is not.
 * Statistical parts have fixed seeds.
 */
#include "infer/adapt_slopes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/linear.h"
#include "base/random.h"
#include "base/spectrum.h"
#include "infer/adapt_directions.h"
#include "infer/quotient.h"

/* ---- quotients ------------------------------------------------------------- */

enum { EDGE = 12, CLOUD = 40 };

/* mean of rows' rows + ridge */
static void form(const double *rows, double ridge, double *to)
{
    for (size_t i = 0; i < EDGE; i++)
        for (size_t j = 0; j < EDGE; j++) {
            double sum = 0.0;
            for (size_t r = 0; r < CLOUD; r++)
                sum += rows[r * 2 * EDGE + i] * rows[r * 2 * EDGE + j];
            to[i * EDGE + j] = sum / CLOUD + (i == j ? ridge : 0.0);
        }
}

static double at(const double *a, const double *v)
{
    double sum = 0.0;
    for (size_t i = 0; i < EDGE; i++)
        for (size_t j = 0; j < EDGE; j++) sum += v[i] * a[i * EDGE + j] * v[j];
    return sum;
}

/* The largest of the pencil (a, b), by factors. */
static double largest(const double *a, const double *b)
{
    double l[EDGE * EDGE], x[EDGE * EDGE], values[EDGE], vectors[EDGE * EDGE];
    double most = 0.0;
    memcpy(l, b, sizeof l);
    memcpy(x, a, sizeof x);
    assert_int_equal(linear_cholesky(l, EDGE, NULL), EDGE);
    for (int side = 0; side < 2; side++) {
        linear_solve_lower(l, x, EDGE, EDGE, false, NULL);
        for (size_t i = 0; i < EDGE; i++)
            for (size_t j = 0; j < i; j++) {
                double y = x[i * EDGE + j];
                x[i * EDGE + j] = x[j * EDGE + i];
                x[j * EDGE + i] = y;
            }
    }
    assert_true(spectrum_of(x, EDGE, values, vectors));
    for (size_t k = 0; k < EDGE; k++) most = fmax(most, values[k]);
    return most;
}

static void test_quotient(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 2);
    for (int trial = 0; trial < 50; trial++) {
        static double rows[CLOUD * 2 * EDGE];
        double a[EDGE * EDGE], b[EDGE * EDGE], v[2 * EDGE], value[2];
        struct quotient q = {CLOUD, EDGE, rows, rows + EDGE, 2 * EDGE, 0.5};
        for (size_t i = 0; i < CLOUD * 2 * EDGE; i++)
            rows[i] = (1.0 + (double)(i % 5)) * random_normal(&random);
        form(rows, q.ridge, a);
        form(rows + EDGE, q.ridge, b);
        double most = largest(a, b);
        for (size_t k = 0; k < 2; k++) {
            for (size_t i = 0; i < EDGE; i++)
                v[k * EDGE + i] = random_normal(&random);
            assert_true(quotient_top(&q, v, k, v + k * EDGE, &value[k]));
            const double *w = v + k * EDGE;
            double length = 0.0, crossed = 0.0;
            for (size_t i = 0; i < EDGE; i++) {
                length += w[i] * w[i];
                crossed += v[i] * w[i];
            }
            assert_true(fabs(length - 1.0) < 1e-12);
            if (k) assert_true(fabs(crossed) < 1e-12);
            assert_true(fabs(at(a, w) / at(b, w) / value[k] - 1.0) < 1e-9);
        }
        assert_true(value[0] <= most * (1.0 + 1e-9) && value[0] > 0.999 * most);
        assert_true(value[1] <= value[0] * 1.001);
    }
}

static void test_no_quotient(void **state)
{
    (void)state;
    double rows[16] = {0.0}, v[4] = {1.0, 2.0, 0.0, 0.0};
    double found[8] = {1.0, 0.0, 0.0, 0.0, 0.0, 1.0}, value;
    struct quotient q = {2, 4, rows, rows + 4, 8, 1.0};
    assert_true(quotient_top(&q, NULL, 0, v, &value) && value == 1.0);
    assert_false(quotient_top(&q, found, 2, v, &value)); /* nothing is left */
    v[0] = 1.0;
    rows[0] = INFINITY;
    assert_false(quotient_top(&q, NULL, 0, v, &value));
    v[0] = NAN;
    rows[0] = 0.0;
    assert_false(quotient_top(&q, NULL, 0, v, &value));
    q.rows = 0;
    v[0] = 1.0;
    assert_false(quotient_top(&q, NULL, 0, v, &value));
}

/* ---- what a window becomes --------------------------------------------------- */

enum { SIZE = 300 };

/* Draws of normals with deviations 1, 2, 3 ..., each of which has `common` of
 * what all have in common; and their gradients, exactly. */
static void draw(struct random *random, double common, double *q, double *g)
{
    double z = random_normal(random), sum = 0.0, own = 1.0 - common * common;
    for (size_t i = 0; i < SIZE; i++) {
        q[i] = common * z + sqrt(own) * random_normal(random);
        sum += q[i];
    }
    sum *= common * common / (own + SIZE * common * common);
    for (size_t i = 0; i < SIZE; i++) {
        g[i] = -(q[i] - sum) / own / (1.0 + (double)i);
        q[i] *= 1.0 + (double)i;
    }
}

static void learn(struct metric *to, double common, size_t draws, uint64_t seed,
                  size_t forget)
{
    struct slopes s;
    struct moments alone;
    struct random random;
    double q[SIZE], g[SIZE];
    random_seed(&random, seed);
    slopes_open(&s, METRIC_DIRECTED, SIZE);
    assert_int_equal(s.size, SIZE);
    assert_true(moments_open(&alone, METRIC_DIRECTED, SIZE));
    assert_true(metric_open(to, METRIC_DIRECTED, SIZE));
    for (size_t d = 0; d < draws; d++) {
        draw(&random, common, q, g);
        slopes_add(&s, q, g);
        moments_add(&alone, q);
    }
    for (size_t i = 0; i < forget; i++) slopes_forget(&s, i);
    assert_true(moments_to_metric(&alone, to));
    slopes_to_metric(&s, to);
    moments_close(&alone);
    slopes_close(&s);
}

/* With 0.1 in common the population has one value of 1 + 299 0.01 = 4, and
 * 0.99: of 200 draws of 300 the correlations of a sample have one of 4.9 by
 * noise alone. */
static void test_one_direction(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct metric m;
        learn(&m, 0.1, 200, seed, 0);
        assert_int_equal(m.count, 1);
        assert_true(m.excess[0] > 1.0 && m.excess[0] < 5.0);
        double along = 0.0;
        for (size_t i = 0; i < SIZE; i++)
            along += m.directions[i] / sqrt(m.inverse[i]) / sqrt((double)SIZE);
        assert_true(along * along > 0.8);
        metric_close(&m);
    }
}

static void test_none(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct metric m;
        learn(&m, 0.0, 80, seed, 0); /* independent */
        assert_int_equal(m.count, 0);
        metric_close(&m);
        learn(&m, 0.0, 500, seed, 0);
        assert_int_equal(m.count, 0);
        metric_close(&m);
        learn(&m, 0.5, SIZE / 4 - 1, seed, 0); /* too few */
        assert_int_equal(m.count, 0);
        metric_close(&m);
        learn(&m, 0.5, 200, seed, SIZE); /* other coordinates by now */
        assert_int_equal(m.count, 0);
        metric_close(&m);
    }
}

/* Only what was forgotten has no part in it. */
static void test_forgotten(void **state)
{
    (void)state;
    struct metric m;
    learn(&m, 0.3, 200, 5, 10);
    assert_true(m.count >= 1);
    for (size_t i = 0; i < SIZE; i++) {
        double u = fabs(m.directions[i]) / sqrt(m.inverse[i]);
        assert_true(i < 10 ? u < 1e-3 : u < 0.2);
    }
    metric_close(&m);
}

static bool has_row(const struct slopes *s, size_t row, double x)
{
    const double *at = s->at + 2 * s->width * row;
    return at[0] == x && at[SIZE - 1] == x && at[s->width] == -x &&
           at[s->width + SIZE - 1] == -x && (s->width == SIZE || !at[SIZE]);
}

/* Of long windows every second draw, or fourth, from the first on. */
static void test_rows(void **state)
{
    (void)state;
    struct slopes s;
    double q[SIZE], g[SIZE];
    size_t seen = 0, every = 1;
    slopes_open(&s, METRIC_DIRECTED, SIZE);
    for (; seen < 5 * SLOPES_ROWS; seen++) {
        for (size_t i = 0; i < SIZE; i++) {
            q[i] = (double)seen;
            g[i] = -(double)seen;
        }
        slopes_add(&s, q, g);
        q[3] = NAN; /* and this is none */
        slopes_add(&s, q, g);
        q[3] = 0.0;
        g[4] = INFINITY;
        slopes_add(&s, q, g);
        if (seen == SLOPES_ROWS || seen == 2 * SLOPES_ROWS ||
            seen == 4 * SLOPES_ROWS)
            every *= 2;
        assert_int_equal(s.rows, seen / every + 1);
        assert_true(has_row(&s, s.rows - 1, (double)(seen / every * every)));
    }
    assert_true(s.room <= SLOPES_ROWS && s.rows > SLOPES_ROWS / 2);
    for (size_t i = 0; i < s.rows; i++)
        assert_true(has_row(&s, i, (double)(i * every)));
    slopes_clear(&s);
    assert_int_equal(s.rows, 0);
    slopes_add(&s, (double[SIZE]){0.0}, (double[SIZE]){0.0});
    assert_int_equal(s.rows, 1);
    slopes_close(&s);
}

/* Who learns none. */
static void test_not_learned(void **state)
{
    (void)state;
    const struct {
        enum metric_kind kind;
        size_t size;
    } rows[] = {{METRIC_DIAGONAL, SIZE},
                {METRIC_DENSE, SIZE},
                {METRIC_UNIT, SIZE},
                {METRIC_DIRECTED, DIRECTED_MOST},
                {METRIC_DIRECTED, SLOPES_MOST + 1},
                {METRIC_DIRECTED, 0}};
    static double x[SLOPES_MOST + 1];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slopes s;
        struct metric to;
        slopes_open(&s, rows[i].kind, rows[i].size);
        assert_true(metric_open(&to, METRIC_DIAGONAL, rows[i].size));
        slopes_add(&s, x, x);
        assert_int_equal(s.rows, 0);
        slopes_forget(&s, 0);
        slopes_to_metric(&s, &to);
        assert_int_equal(to.count, 0);
        slopes_clear(&s);
        slopes_close(&s);
        metric_close(&to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quotient),
        cmocka_unit_test(test_no_quotient),
        cmocka_unit_test(test_one_direction),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_forgotten),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_not_learned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
