/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How far numbers are centred: the table, and what is chosen where the best
 * is known. Statistical parts have fixed seeds; what they are to choose is
 * better by ten times what decides, or nearer to the choice than half a place
 * of the grid.
 */
#include "infer/centring.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"

static void test_table(void **state)
{
    (void)state;
    struct centring_table t = {.forced = -1.0, .first = 0.5};
    assert_null(centring_find(&t, 1, 0));
    assert_true(centring_of(&t, 1, 0) == 0.5);
    for (uint64_t i = 0; i < 300; i++)
        for (uint32_t k = 0; k < 3; k++) {
            struct centring *c = centring_put(&t, i << 40 | i, k);
            assert_true(c && c->now == 0.5);
            c->now = (double)k / 8.0;
        }
    assert_int_equal(t.count, 900);
    for (uint64_t i = 0; i < 300; i++)
        assert_true(centring_of(&t, i << 40 | i, 2) == 0.25);
    assert_true(centring_put(&t, 0, 1)->now == 0.125);
    assert_null(centring_find(&t, 3, 3));
    t.forced = 1.0;
    assert_true(centring_of(&t, 0, 1) == 1.0);
    centring_close(&t);
    assert_null(centring_find(&t, 0, 1));
}

/* A posterior of u and what it stands on. */
struct seen {
    double u, location, scale;
};
typedef struct seen draw_of(struct random *);

/* No data: whatever the scale, u is of it. */
static struct seen funnel(struct random *r)
{
    double s = exp(1.5 * random_normal(r)), m = 2.0 * random_normal(r);
    return (struct seen){m + s * random_normal(r), m, s};
}

/* The data alone say what u is. */
static struct seen certain(struct random *r)
{
    double s = exp(0.3 * random_normal(r)), m = 2.0 * random_normal(r);
    return (struct seen){5.0 + 1e-3 * random_normal(r), m, s};
}

/* As much from the data as from the location: (d + m) / 2 with half of both
 * variances. The best is at the data's share. */
static struct seen half(struct random *r)
{
    double m = random_normal(r);
    double v = 0.5, u = 0.5 * (m + 3.0) + sqrt(v) * random_normal(r);
    return (struct seen){u, m, 1.0};
}

static void learn(struct centring *c, draw_of *draw, int n,
                  struct random *random)
{
    for (int i = 0; i < n; i++) {
        struct seen d = draw(random);
        centring_learn(c, d.u, d.location, d.scale);
    }
}

static void test_choices(void **state)
{
    (void)state;
    static const struct {
        draw_of *draw;
        double best;
    } cases[] = {{funnel, 0.0}, {certain, 1.0}, {half, 0.5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct centring_table t = {.forced = -1.0, .first = i == 2 ? 1.0 : 0.5};
        struct random random;
        struct centring *c = centring_put(&t, 1, 0);
        bool turned;
        random_seed(&random, 7);
        learn(c, cases[i].draw, 2000, &random);
        centring_settle(&t, &turned);
        assert_true(turned && c->turned);
        if (fabs(c->now - cases[i].best) > 0.126)
            fail_msg("case %zu: %g, not %g", i, c->now, cases[i].best);
        /* Again the same: it stays. */
        centring_clear(&t);
        learn(c, cases[i].draw, 2000, &random);
        centring_settle(&t, &turned);
        assert_false(turned || c->turned);
        centring_close(&t);
    }
}

/* What few draws say counts nothing, nor what is not a number; who is forced
 * stays. */
static void test_stays(void **state)
{
    (void)state;
    struct centring_table t = {.forced = -1.0, .first = 0.5};
    struct random random;
    struct centring *c = centring_put(&t, 1, 0);
    bool turned;
    random_seed(&random, 7);
    learn(c, funnel, 19, &random);
    centring_learn(c, NAN, 0.0, 1.0);
    centring_learn(c, 1.0, INFINITY, 1.0);
    centring_learn(c, 1.0, 0.0, 0.0);
    centring_learn(c, 1.0, 0.0, -1.0);
    assert_true(c->count == 19.0);
    centring_settle(&t, &turned);
    assert_false(turned);
    t.forced = 0.5;
    learn(c, funnel, 1000, &random);
    centring_settle(&t, &turned);
    assert_false(turned);
    centring_close(&t);
}

/* Mean and squares are of the coordinate that is chosen. */
static void test_moments(void **state)
{
    (void)state;
    struct centring_table t = {.forced = -1.0, .first = 0.25};
    struct random random;
    struct centring *c = centring_put(&t, 1, 0);
    double y[100], mean = 0.0, squares = 0.0, m, s;
    random_seed(&random, 3);
    for (int i = 0; i < 100; i++) {
        struct seen d = funnel(&random);
        centring_learn(c, d.u, d.location, d.scale);
        y[i] = 0.25 * d.location + (d.u - d.location) / pow(d.scale, 0.75);
        mean += y[i] / 100.0;
    }
    for (int i = 0; i < 100; i++) squares += (y[i] - mean) * (y[i] - mean);
    centring_moments(c, &m, &s);
    assert_true(fabs(m - mean) < 1e-12 && fabs(s - squares) < 1e-9 * squares);
    centring_clear(&t);
    centring_moments(c, &m, &s);
    assert_true(m == 0.0 && s == 0.0 && c->now == 0.25);
    centring_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table), cmocka_unit_test(test_choices),
        cmocka_unit_test(test_stays), cmocka_unit_test(test_moments)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
