/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Warmup: Stan's windows; dual averaging against its formulas and its aim;
 * variances and covariances; a first step; and all together under NUTS.
 * Statistical parts have fixed seeds, and bounds that hold with a wide margin
 * (the least is 6 Monte Carlo errors).
 */
#include "infer/warmup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "densities.h"
#include "infer/hmc.h"
#include "infer/nuts.h"

/* ---- windows ---------------------------------------------------------------- */

/* The transitions after which the metric is new, counted from 1, ended by 0;
 * and the first that is learned from. */
struct plan {
    uint64_t total, first, ends[8];
};

static void test_windows(void **state)
{
    (void)state;
    const struct plan plans[] = {
        {1000, 76, {100, 150, 250, 450, 950}},
        {20, 4, {18}},
        {100, 16, {40, 90}},
        {150, 23, {47, 135}},
        {200, 31, {55, 180}},
        {249, 38, {62, 112, 225}},
        {250, 76, {100, 200}},
        {300, 76, {100, 150, 250}},
        {500, 76, {100, 150, 250, 450}},
        {2000, 76, {100, 150, 250, 450, 850, 1950}},
        {19, 0, {0}},
        {1, 0, {0}},
        {0, 0, {0}},
    };
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        struct windows w;
        const uint64_t *end_at = plans[i].ends;
        uint64_t first = 0;
        windows_begin(&w, plans[i].total);
        /* It may go on for longer than was said. */
        for (uint64_t t = 1; t <= plans[i].total + 5; t++) {
            bool learn, end;
            windows_step(&w, &learn, &end);
            if (learn && !first) first = t;
            if (end) assert_int_equal(t, *end_at++);
        }
        assert_int_equal(*end_at, 0);
        assert_int_equal(first, plans[i].first);
    }
}

/* ---- the step ---------------------------------------------------------------- */

/* The recurrences as [HG] writes them. */
static void test_dual_averaging(void **state)
{
    (void)state;
    struct step_average a;
    struct random random;
    random_seed(&random, 3);
    step_average_begin(&a, 0.8, 0.25);
    double h = 0.0, x_bar = log(0.25), mu = log(2.5);
    for (int t = 1; t <= 200; t++) {
        double stat = 1.2 * random_unit(&random);
        double step = step_average_learn(&a, stat);
        h = (1.0 - 1.0 / (t + 10.0)) * h + (0.8 - fmin(1.0, stat)) / (t + 10.0);
        double x = mu - sqrt((double)t) / 0.05 * h, eta = pow(t, -0.75);
        x_bar = eta * x + (1.0 - eta) * x_bar;
        assert_true(fabs(log(step) - x) < 1e-9);
        assert_true(fabs(log(step_average_end(&a)) - x_bar) < 1e-9);
    }
}

static void test_dual_averaging_edges(void **state)
{
    (void)state;
    struct step_average a;
    step_average_begin(&a, 0.8, 0.5);
    assert_true(fabs(step_average_end(&a) - 0.5) < 1e-15);
    for (int i = 0; i < 100000; i++) {
        double step = step_average_learn(&a, i % 2 ? NAN : -1.0);
        assert_true(step > 0.0 && isfinite(step));
    }
    step_average_begin(&a, 0.8, 0.5);
    for (int i = 0; i < 100000; i++) {
        double step = step_average_learn(&a, 1.0);
        assert_true(step > 0.0 && isfinite(step));
    }
    assert_true(isfinite(step_average_end(&a)));
}

/* On a normal of sd s a leapfrog of step e errs as one of e / s on a standard
 * one: the search ends within a factor of s. */
static void test_search(void **state)
{
    (void)state;
    for (int i = -6; i <= 4; i += 2)
        for (int j = -3; j <= 3; j += 3) {
            struct probe probe = {.size = 1, .formula = scaled};
            probe.scales[0] = pow(10.0, i);
            struct density d = density_of(&probe);
            struct points s;
            struct metric m;
            struct random random;
            random_seed(&random, 4);
            double step = pow(10.0, j);
            assert_true(points_open(&s, 2, 1) &&
                        metric_open(&m, METRIC_UNIT, 1));
            s.at[0].q[0] = probe.scales[0];
            assert_true(point_place(&d, &s.at[0]));
            assert_int_equal(
                step_find(&d, &m, &random, &s.at[0], &s.at[1], &step),
                STEP_FOUND);
            double share = step / probe.scales[0];
            assert_true(share > 0.3 && share < 5.0);
            points_close(&s);
            metric_close(&m);
        }
}

/* A chain that has no warmup: the step that it begins with is one that its
 * trajectories bear, from the middle and from afar, as the aim asks. */
static void test_no_warmup(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 20; seed++)
        for (int far = 0; far < 2; far++) {
            double scale = seed % 2 ? 1e-3 : 1.0, accept = 0.0;
            double target = seed % 3 ? 0.8 : 0.95;
            struct probe probe = {.size = 1, .formula = scaled};
            struct warmup w;
            struct hmc h;
            struct trajectory t;
            struct random random;
            probe.scales[0] = scale;
            struct density d = density_of(&probe);
            double q = far ? 1e3 * scale : 0.1 * scale;
            random_seed(&random, seed);
            assert_true(
                hmc_open(&h, 1) && points_place(&h.points, &d, &q) &&
                warmup_open(&w, METRIC_DIAGONAL, 1, target, 1.0, false));
            assert_int_equal(warmup_begin(&w, 0, &d, &random, &h.points),
                             STEP_FOUND);
            assert_true(w.step < 1.8 * scale); /* 2: the edge of stability */
            assert_true(w.step > (far ? 0.02 : 0.2) * scale);
            for (int i = 0; i < 500; i++) {
                hmc_step(&h, &d, &w.metric, w.step, 0.1, 10, &random, &t);
                assert_false(t.divergent);
                accept += t.accept_stat / 500;
            }
            assert_true(accept > target - 0.15);
            hmc_close(&h);
            warmup_close(&w);
        }
}

static bool flat(const struct probe *p, const double *q, double *l, double *g)
{
    (void)p;
    (void)q;
    *l = 0.0;
    g[0] = 0.0;
    return true;
}

static bool alone(const struct probe *p, const double *q, double *l, double *g)
{
    (void)p;
    *l = 0.0;
    g[0] = 1e300;
    return q[0] == 0.0;
}

static void test_search_fails(void **state)
{
    (void)state;
    const struct {
        bool (*formula)(const struct probe *, const double *, double *,
                        double *);
        enum step_search want;
    } rows[] = {{flat, STEP_ENDLESS}, {alone, STEP_NONE}};
    for (int i = 0; i < 2; i++) {
        struct probe probe = {.size = 1, .formula = rows[i].formula};
        struct density d = density_of(&probe);
        struct points s;
        struct metric m;
        struct random random;
        random_seed(&random, 5);
        double step = 1.0;
        assert_true(points_open(&s, 2, 1) && metric_open(&m, METRIC_UNIT, 1));
        assert_true(point_place(&d, &s.at[0]));
        assert_int_equal(step_find(&d, &m, &random, &s.at[0], &s.at[1], &step),
                         rows[i].want);
        points_close(&s);
        metric_close(&m);
    }
}

/* ---- the metric --------------------------------------------------------------- */

enum { SIZE = 3, SEEN = 50 };

static void test_moments(void **state)
{
    (void)state;
    double draws[SEEN][SIZE], mean[SIZE] = {0}, s[SIZE][SIZE] = {{0}};
    struct random random;
    random_seed(&random, 6);
    for (int i = 0; i < SEEN; i++) {
        draws[i][0] = 1e3 + random_normal(&random);
        draws[i][1] = draws[i][0] + 0.1 * random_normal(&random);
        draws[i][2] = 1e-3 * random_normal(&random);
        for (int j = 0; j < SIZE; j++) mean[j] += draws[i][j] / SEEN;
    }
    for (int i = 0; i < SEEN; i++)
        for (int j = 0; j < SIZE; j++)
            for (int k = 0; k < SIZE; k++)
                s[j][k] += (draws[i][j] - mean[j]) * (draws[i][k] - mean[k]) /
                           (SEEN - 1);
    double share = SEEN / (SEEN + 5.0), added = 1e-3 * 5.0 / (SEEN + 5.0);
    for (int kind = 0; kind < METRIC_KINDS; kind++) {
        struct moments m;
        struct metric metric;
        assert_true(moments_open(&m, (enum metric_kind)kind, SIZE));
        assert_true(metric_open(&metric, (enum metric_kind)kind, SIZE));
        moments_add(&m, (double[]){5.0, 6.0, 7.0});
        assert_false(moments_to_metric(&m, &metric));
        moments_clear(&m);
        for (int i = 0; i < SEEN; i++) {
            moments_add(&m, draws[i]);
            moments_add(&m, (double[]){1.0, NAN, 2.0});
        }
        assert_true(moments_to_metric(&m, &metric) == (kind != METRIC_UNIT));
        for (int j = 0; j < SIZE; j++)
            for (int k = 0; k < SIZE; k++) {
                double want = share * s[j][k] + (j == k ? added : 0.0);
                if (kind == METRIC_UNIT) want = j == k;
                if (kind != METRIC_DENSE && j != k) continue;
                double got =
                    kind == METRIC_DENSE
                        ? metric.inverse[(size_t)j * metric.width + (size_t)k]
                        : metric.inverse[j];
                assert_true(fabs(got - want) < 1e-9 * fmax(1.0, fabs(want)));
            }
        moments_close(&m);
        metric_close(&metric);
    }
}

/* A coordinate that came late has a count of its own, and until it was seen
 * twice its old variance. */
static void test_moments_late(void **state)
{
    (void)state;
    struct moments m;
    struct metric metric;
    assert_true(moments_open(&m, METRIC_DIAGONAL, 3));
    assert_true(metric_open(&metric, METRIC_DIAGONAL, 3));
    assert_true(metric_set(&metric, (double[]){3.0, 4.0, 5.0}));
    for (int i = 0; i < 10; i++) {
        if (i == 9) m.count[1] = m.mean[1] = m.squares[1] = 0.0;
        if (i == 5) m.count[2] = m.mean[2] = m.squares[2] = 0.0;
        moments_add(&m, (double[]){i % 2, i % 2, 10 + i % 2});
    }
    assert_true(moments_to_metric(&m, &metric));
    double at_10 = 10.0 / 15.0 * (2.5 / 9.0) + 5e-3 / 15.0;
    double at_5 = 5.0 / 10.0 * (1.2 / 4.0) + 5e-3 / 10.0;
    assert_true(fabs(metric.inverse[0] - at_10) < 1e-14);
    assert_true(metric.inverse[1] == 4.0);
    assert_true(fabs(metric.inverse[2] - at_5) < 1e-14);
    moments_close(&m);
    metric_close(&metric);
}

/* ---- together ----------------------------------------------------------------- */

struct chain {
    struct probe probe;
    struct density density;
    struct nuts nuts;
    struct warmup warmup;
    struct random random;
    double accept; /* mean after warmup */
    uint64_t divergent;
};

static void chain_open(struct chain *c, enum metric_kind kind, double target,
                       uint64_t seed)
{
    double origin[SIZE_MAX_TESTED] = {0};
    c->density = density_of(&c->probe);
    random_seed(&c->random, seed);
    assert_true(nuts_open(&c->nuts, c->probe.size, 10));
    assert_true(
        warmup_open(&c->warmup, kind, c->probe.size, target, 1.0, false));
    for (size_t i = 0; i < c->probe.size; i++)
        origin[i] = 4.0 * random_unit(&c->random) - 2.0;
    assert_true(points_place(&c->nuts.points, &c->density, origin));
}

static void chain_close(struct chain *c)
{
    nuts_close(&c->nuts);
    warmup_close(&c->warmup);
}

static void chain_run(struct chain *c, uint64_t warmup, uint64_t draws)
{
    struct trajectory t;
    assert_int_equal(warmup_begin(&c->warmup, warmup, &c->density, &c->random,
                                  &c->nuts.points),
                     STEP_FOUND);
    for (uint64_t i = 0; i < warmup + draws; i++) {
        if (i == warmup) warmup_end(&c->warmup);
        double step = c->warmup.step;
        nuts_step(&c->nuts, &c->density, &c->warmup.metric, step, &c->random,
                  &t);
        c->divergent += t.divergent;
        if (i >= warmup) c->accept += t.accept_stat / (double)draws;
        if (i >= warmup || warmup_learn(&c->warmup, t.accept_stat,
                                        c->nuts.points.here) != WARMUP_TURNS)
            continue;
        warmup_turn(&c->warmup);
        assert_int_equal(
            warmup_search(&c->warmup, &c->density, &c->random, &c->nuts.points),
            STEP_FOUND);
    }
}

/* The realised acceptance lies at the aim or somewhat above it: the average of
 * the log steps errs to the careful side. Stan's runs for 0.8 give 0.84 to
 * 0.94. */
static void test_target(void **state)
{
    (void)state;
    const double rows[][3] = {
        {0.6, 0.56, 0.86}, {0.8, 0.78, 0.96}, {0.95, 0.92, 0.99}};
    for (int i = 0; i < 3; i++)
        for (uint64_t seed = 11; seed < 16; seed++) {
            struct chain c = {.probe = {.size = 5, .formula = correlated}};
            c.probe.correlation = 0.5;
            chain_open(&c, METRIC_DIAGONAL, rows[i][0], seed);
            chain_run(&c, 1000, 2000);
            assert_true(c.accept > rows[i][1] && c.accept < rows[i][2]);
            assert_int_equal(c.warmup.windows.at, 1000);
            chain_close(&c);
        }
}

/* The last 50 transitions find about the step that 2000 find. */
static void test_last_window(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        double steps[2];
        for (int i = 0; i < 2; i++) {
            struct chain c = {.probe = {.size = 10, .formula = scaled}};
            for (int k = 0; k < 10; k++) c.probe.scales[k] = 1.0;
            chain_open(&c, METRIC_UNIT, 0.8, seed);
            chain_run(&c, i ? 2000 : 50, 0);
            warmup_end(&c.warmup);
            steps[i] = c.warmup.step;
            chain_close(&c);
        }
        assert_true(steps[0] < 2.0 * steps[1] && steps[1] < 2.0 * steps[0]);
    }
}

/* Scales from 1e-3 to 1e3 are found, and nothing diverges after warmup. */
static void test_scales(void **state)
{
    (void)state;
    struct chain c = {.probe = {.size = 7, .formula = scaled}};
    for (int i = 0; i < 7; i++) c.probe.scales[i] = pow(10.0, i - 3.0);
    chain_open(&c, METRIC_DIAGONAL, 0.8, 12);
    chain_run(&c, 1000, 0);
    warmup_end(&c.warmup);
    for (int i = 0; i < 7; i++) {
        double variance = c.probe.scales[i] * c.probe.scales[i];
        double share = c.warmup.metric.inverse[i] / variance;
        assert_true(i == 0 ? share > 0.5 : share > 0.5 && share < 2.0);
    }
    c.divergent = 0;
    struct trajectory t;
    uint64_t leapfrogs = 0;
    for (int i = 0; i < 500; i++) {
        nuts_step(&c.nuts, &c.density, &c.warmup.metric, c.warmup.step,
                  &c.random, &t);
        c.divergent += t.divergent;
        leapfrogs += t.leapfrogs;
    }
    assert_int_equal(c.divergent, 0);
    assert_true(leapfrogs < 500 * 15);
    chain_close(&c);
}

/* A dense metric, and one of directions, straightens out what is correlated:
 * shorter trees. */
static void test_dense(void **state)
{
    (void)state;
    uint64_t leapfrogs[METRIC_KINDS];
    for (int kind = 0; kind < METRIC_KINDS; kind++) {
        struct chain c = {.probe = {.size = 8, .formula = correlated}};
        c.probe.correlation = 0.98;
        chain_open(&c, (enum metric_kind)kind, 0.8, 13);
        chain_run(&c, 1000, 0);
        warmup_end(&c.warmup);
        struct trajectory t;
        leapfrogs[kind] = 0;
        for (int i = 0; i < 200; i++) {
            nuts_step(&c.nuts, &c.density, &c.warmup.metric, c.warmup.step,
                      &c.random, &t);
            leapfrogs[kind] += t.leapfrogs;
        }
        if (kind == METRIC_DENSE) {
            double one = c.warmup.metric.inverse[0];
            double next = c.warmup.metric.inverse[1];
            assert_true(one > 0.6 && one < 1.6);
            assert_true(next / one > 0.9 && next / one < 1.0);
        }
        chain_close(&c);
    }
    assert_true(3 * leapfrogs[METRIC_DENSE] < leapfrogs[METRIC_DIAGONAL]);
    assert_true(3 * leapfrogs[METRIC_DENSE] < leapfrogs[METRIC_UNIT]);
    assert_true(3 * leapfrogs[METRIC_DIRECTED] < leapfrogs[METRIC_DIAGONAL]);
}

/* A step of the user's stays; so does what warmup_end has left. */
static void test_fixed(void **state)
{
    (void)state;
    struct chain c = {.probe = {.size = 2, .formula = banana}};
    chain_open(&c, METRIC_DIAGONAL, 0.8, 14);
    c.warmup.fixed = true;
    c.warmup.step = 0.17;
    chain_run(&c, 200, 1);
    assert_true(c.warmup.step == 0.17);
    assert_true(c.warmup.metric.inverse[0] != 1.0);
    c.warmup.fixed = false;
    chain_run(&c, 30, 1);
    double step = c.warmup.step;
    warmup_end(&c.warmup);
    assert_true(c.warmup.step == step && step != 0.17);
    chain_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_dual_averaging),
        cmocka_unit_test(test_dual_averaging_edges),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_no_warmup),
        cmocka_unit_test(test_search_fails),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_moments_late),
        cmocka_unit_test(test_target),
        cmocka_unit_test(test_last_window),
        cmocka_unit_test(test_scales),
        cmocka_unit_test(test_dense),
        cmocka_unit_test(test_fixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
