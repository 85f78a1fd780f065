/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Metrics, and the leapfrog: it goes back the way it came, keeps volumes,
 * errs by the square of its step, and calls what is not finite outside.
 * Statistical: z below 5.5 for nine moments, false alarms 3.5e-7.
 */
#include "infer/leapfrog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/linear.h"
#include "densities.h"
#include "infer/lanes.h"
#include "infer/phase.h"

enum { N = 5, STEPS = 40 };

/* Wide along the first two, narrow along the last three, each by its scale. */
static void direct_some(struct metric *m)
{
    const double excess[] = {3.0, -0.7};
    double rows[2 * N] = {0};
    for (int i = 0; i < N; i++)
        rows[(i < 2 ? 0 : N) + i] = (1.0 + i) / sqrt(i < 2 ? 2.0 : 3.0);
    assert_true(metric_direct(m, 2, excess, rows));
}

/* A covariance that is no identity: r^|i - j| with scales. */
static void set_some(struct metric *m)
{
    double inverse[N * N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            inverse[i * N + j] = pow(0.6, abs(i - j)) * (1.0 + i) * (1.0 + j);
    if (m->kind == METRIC_DIAGONAL || m->kind == METRIC_DIRECTED)
        for (int i = 0; i < N; i++) inverse[i] = (1.0 + i) * (1.0 + i);
    assert_true(m->kind == METRIC_UNIT || metric_set(m, inverse));
    if (m->kind == METRIC_DIRECTED) direct_some(m);
}

/* The element of the inverse, whatever it is made of. */
static double inverse_at(const struct metric *m, size_t i, size_t j)
{
    if (m->kind == METRIC_DENSE) return m->inverse[i * m->width + j];
    double sum = i == j ? m->inverse[i] : 0.0;
    for (size_t k = 0; k < m->count; k++)
        sum += m->excess[k] * m->directions[k * m->width + i] *
               m->directions[k * m->width + j];
    return sum;
}

static void open_all(struct points *s, struct metric *m, enum metric_kind kind)
{
    assert_true(points_open(s, 3, N));
    assert_true(metric_open(m, kind, N));
    set_some(m);
    for (int i = 0; i < N; i++) s->at[0].q[i] = 0.3 * i - 0.4;
}

static void close_all(struct points *s, struct metric *m)
{
    points_close(s);
    metric_close(m);
}

static void test_reversible(void **state)
{
    (void)state;
    for (int kind = 0; kind < METRIC_KINDS; kind++) {
        struct probe probe = {.size = N, .correlation = 0.5};
        probe.formula = correlated;
        struct density d = density_of(&probe);
        struct points s;
        struct metric m;
        struct random random;
        random_seed(&random, 7);
        open_all(&s, &m, (enum metric_kind)kind);
        double began[N], step = kind == METRIC_UNIT ? 0.3 : 0.05;
        memcpy(began, s.at[0].q, sizeof began);
        assert_true(point_place(&d, &s.at[0]));
        point_push(&m, &random, &s.at[0]);
        struct point *at = &s.at[0], *next = &s.at[1], *spare;
        for (int i = 0; i < STEPS; i++, spare = at, at = next, next = spare)
            leapfrog(&d, &m, step, at, next);
        assert_true(fabs(at->q[0] - began[0]) > 1e-3);
        for (int i = 0; i < N; i++) at->p[i] = -at->p[i];
        for (int i = 0; i < STEPS; i++, spare = at, at = next, next = spare)
            leapfrog(&d, &m, step, at, next);
        for (int i = 0; i < N; i++)
            assert_true(fabs(at->q[i] - began[i]) < 1e-10);
        /* The gradient that it carries is that of where it is. */
        double fresh[N], l;
        evaluate(&probe, at->q, &l, fresh);
        assert_memory_equal(fresh, at->gradient, sizeof fresh);
        close_all(&s, &m);
    }
}

/* One step is its formulas, whatever the metric is made of. */
static void test_formulas(void **state)
{
    (void)state;
    for (int kind = 0; kind < METRIC_KINDS; kind++) {
        struct probe probe = {.size = N, .correlation = 0.5};
        probe.formula = correlated;
        struct density d = density_of(&probe);
        struct points s;
        struct metric m;
        struct random random;
        random_seed(&random, 11);
        open_all(&s, &m, (enum metric_kind)kind);
        const struct point *from = &s.at[0], *to = &s.at[1];
        assert_true(point_place(&d, &s.at[0]));
        point_push(&m, &random, &s.at[0]);
        leapfrog(&d, &m, 0.1, &s.at[0], &s.at[1]);
        double p[8] = {0}, v[8] = {0}, twice = 0.0;
        for (int i = 0; i < N; i++)
            p[i] = from->p[i] + 0.05 * from->gradient[i];
        metric_velocity(&m, p, v);
        for (int i = 0; i < N; i++) {
            assert_true(fabs(to->q[i] - (from->q[i] + 0.1 * v[i])) < 1e-12);
            p[i] += 0.05 * to->gradient[i];
            assert_true(fabs(to->p[i] - p[i]) < 1e-12);
        }
        metric_velocity(&m, p, v);
        for (int i = 0; i < N; i++) {
            assert_true(fabs(to->v[i] - v[i]) < 1e-10);
            twice += p[i] * v[i];
        }
        double energy = 0.5 * twice - to->log_density;
        assert_true(fabs(to->energy - energy) < 1e-10 * (1.0 + fabs(energy)));
        close_all(&s, &m);
    }
}

/* log |det d(q', p') / d(q, p)| by central differences. */
static double log_volume(const struct density *d, const struct metric *m,
                         double step, struct points *s)
{
    enum { TWICE = 2 * N };
    double jacobian[TWICE * TWICE], h = 1e-5, size, sign;
    struct point *from = &s->at[0], *to = &s->at[1];
    for (int j = 0; j < TWICE; j++) {
        double *moved = j < N ? from->q + j : from->p + j - N, was = *moved;
        for (int side = -1; side <= 1; side += 2) {
            *moved = was + side * h;
            point_place(d, from);
            leapfrog(d, m, step, from, to);
            for (int i = 0; i < TWICE; i++) {
                double *cell = &jacobian[i * TWICE + j];
                double x = i < N ? to->q[i] : to->p[i - N];
                *cell = side < 0 ? x : (x - *cell) / (2.0 * h);
            }
        }
        *moved = was;
    }
    assert_true(linear_solve(jacobian, NULL, TWICE, 0, &size, &sign, NULL));
    assert_true(sign > 0.0);
    return size;
}

static void test_volume(void **state)
{
    (void)state;
    for (int kind = 0; kind < METRIC_KINDS; kind++) {
        struct probe probe = {.size = N, .formula = funnel};
        struct density d = density_of(&probe);
        struct points s;
        struct metric m;
        struct random random;
        random_seed(&random, 8);
        open_all(&s, &m, (enum metric_kind)kind);
        point_place(&d, &s.at[0]);
        point_push(&m, &random, &s.at[0]);
        assert_true(fabs(log_volume(&d, &m, 0.2, &s)) < 1e-7);
        close_all(&s, &m);
    }
}

/* Over one stretch of time, half the step errs a quarter as much. */
static void test_order(void **state)
{
    (void)state;
    struct probe probe = {.size = 2, .formula = banana};
    struct density d = density_of(&probe);
    double error[2];
    for (int fine = 0; fine < 2; fine++) {
        struct points s;
        struct metric m;
        assert_true(points_open(&s, 2, 2) && metric_open(&m, METRIC_UNIT, 2));
        struct point *at = &s.at[0], *next = &s.at[1], *spare;
        at->q[0] = 0.8;
        point_place(&d, at);
        at->p[0] = at->v[0] = 1.0;
        at->p[1] = at->v[1] = 0.5;
        double energy = 0.625 - at->log_density;
        for (int i = 0; i < 10 << fine;
             i++, spare = at, at = next, next = spare)
            leapfrog(&d, &m, 0.02 / (1 << fine), at, next);
        error[fine] = at->energy - energy;
        points_close(&s);
        metric_close(&m);
    }
    assert_true(fabs(error[0] / error[1] - 4.0) < 0.1);
}

static void test_faults(void **state)
{
    (void)state;
    for (int fault = 0; fault < FAULTS; fault++) {
        struct probe probe = {.size = N, .correlation = 0.5, .fault = fault};
        probe.formula = correlated;
        probe.fails_at = 2;
        struct density d = density_of(&probe);
        struct points s;
        struct metric m;
        struct random random;
        random_seed(&random, 9);
        open_all(&s, &m, METRIC_DIAGONAL);
        assert_true(point_place(&d, &s.at[0]));
        point_push(&m, &random, &s.at[0]);
        leapfrog(&d, &m, 0.01, &s.at[0], &s.at[1]);
        assert_true(s.at[1].energy == INFINITY);
        leapfrog(&d, &m, 0.01, &s.at[0], &s.at[1]);
        assert_true(isfinite(s.at[1].energy));
        probe.fails_at = 4;
        assert_true(point_place(&d, &s.at[0]) == (fault >= FAULT_GRADIENT_NAN));
        close_all(&s, &m);
    }
}

/* Momenta have the metric as their covariance: v is M^-1 p, so that v' M v is
 * chi-squared, and the covariance of v is the inverse. */
static void test_momenta(void **state)
{
    (void)state;
    enum { DRAWS = 40000 };
    for (int kind = 0; kind < METRIC_KINDS; kind++) {
        struct metric m;
        struct random random;
        random_seed(&random, 10);
        assert_true(metric_open(&m, (enum metric_kind)kind, N));
        set_some(&m);
        double p[8] = {0}, v[8], energy = 0.0, square = 0.0, product = 0.0;
        double a = inverse_at(&m, 0, 0), b = inverse_at(&m, 1, 1);
        double c = inverse_at(&m, 0, 1);
        for (int i = 0; i < DRAWS; i++) {
            metric_momentum(&m, &random, p);
            metric_velocity(&m, p, v);
            energy += lanes_dot(p, v, m.width);
            square += v[0] * v[0];
            product += v[0] * v[1];
        }
        double z = sqrt((double)DRAWS);
        assert_true(fabs(energy / DRAWS - N) * z / sqrt(2.0 * N) < 5.5);
        assert_true(fabs(square / DRAWS - a) * z / (a * M_SQRT2) < 5.5);
        assert_true(fabs(product / DRAWS - c) * z / sqrt(a * b + c * c) < 5.5);
        for (int i = N; i < 8; i++) assert_true(p[i] == 0.0);
        metric_close(&m);
    }
}

/* Directions that are none, and another diagonal, leave none. */
static void test_directions_refused(void **state)
{
    (void)state;
    struct metric m;
    const double inverse[] = {4.0, 9.0}, root = sqrt(0.5);
    const double good[] = {2.0 * root, 3.0 * root, 2.0 * root, -3.0 * root};
    const double long_one[] = {2.0, 3.0}, excess[] = {1.0, -0.5};
    const double poor[][2] = {{-1.0, 1.0}, {NAN, 1.0}, {INFINITY, 1.0}};
    const double twice[] = {2.0 * root, 3.0 * root, 2.0 * root, 3.0 * root};
    assert_true(metric_open(&m, METRIC_DIRECTED, 2) && metric_set(&m, inverse));
    assert_true(metric_direct(&m, 2, excess, good) && m.count == 2);
    assert_false(metric_direct(&m, 1, excess, long_one) || m.count);
    assert_false(metric_direct(&m, 2, excess, twice) || m.count);
    for (int i = 0; i < 3; i++)
        assert_false(metric_direct(&m, 2, poor[i], good) || m.count);
    assert_true(metric_direct(&m, 2, excess, good));
    assert_true(metric_set(&m, inverse) && m.count == 0);
    metric_close(&m);
}

static void test_metric_refuses(void **state)
{
    (void)state;
    struct metric m;
    const double poor[][4] = {{1.0, 0.0, 2.0, 1.0},
                              {1.0, 0.0, NAN, 1.0},
                              {INFINITY, 0.0, 0.0, 1.0},
                              {0.0, 0.0, 0.0, 1.0},
                              {-1.0, 0.0, 0.0, 1.0}};
    assert_true(metric_open(&m, METRIC_DENSE, 2));
    for (size_t i = 0; i < sizeof poor / sizeof *poor; i++) {
        assert_false(metric_set(&m, poor[i]));
        assert_true(m.inverse[0] == 1.0 && m.inverse[m.width] == 0.0);
    }
    metric_close(&m);
    assert_true(metric_open(&m, METRIC_DIAGONAL, 2));
    for (size_t i = 2; i < sizeof poor / sizeof *poor; i++)
        assert_false(metric_set(&m, poor[i]));
    assert_false(metric_set(&m, (double[]){1.0, NAN}));
    assert_true(m.inverse[0] == 1.0 && m.inverse[1] == 1.0);
    metric_close(&m);
}

/* ---- loops of each machine ---------------------------------------------- */

enum { WIDEST = 16 };

static void all_loops(const struct phase_loops *l, size_t width, double sums[5],
                      double out[6][WIDEST])
{
    double x[8][WIDEST];
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < WIDEST; k++)
            x[i][k] = (i + 1) * 0.1 + sin(1.0 + 7 * k + i);
    struct phase_pieces t = {x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]};
    memset(out, 0, 6 * sizeof *out);
    l->drift(width, 0.3, x[0], x[1], x[2], x[3], out[0], out[1]);
    memcpy(out[2], x[4], width * sizeof(double));
    sums[0] = l->kick(width, 0.3, x[0], x[5], out[2], out[3]);
    sums[1] = l->goes_on(&t, out[4], width);
    sums[4] = l->dot(width, x[6], x[7]);
    memcpy(out[5], x[4], width * sizeof(double));
    l->add(width, out[5], 0.7, x[6]);
    for (int k = 0; k < WIDEST; k++) x[3][k] = -x[1][k];
    t.v_end = x[3];
    sums[2] = l->goes_on(&t, x[0], width); /* in its own place */
    sums[3] = l->pair_goes_on(&t, out[4], width);
}

static void test_loops_alike(void **state)
{
    const struct phase_loops *plain = phase_named("plain");
    const struct phase_loops *wide = phase_named("wide");
    (void)state;
    assert_non_null(plain);
    for (size_t width = 0; wide && width <= WIDEST; width += LANES) {
        double sums[2][5], out[2][6][WIDEST];
        all_loops(plain, width, sums[0], out[0]);
        all_loops(wide, width, sums[1], out[1]);
        assert_memory_equal(sums[0], sums[1], sizeof sums[0]);
        assert_memory_equal(out[0], out[1], sizeof out[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reversible),
        cmocka_unit_test(test_formulas),
        cmocka_unit_test(test_volume),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_momenta),
        cmocka_unit_test(test_directions_refused),
        cmocka_unit_test(test_metric_refuses),
        cmocka_unit_test(test_loops_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
