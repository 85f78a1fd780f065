/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Terms that differ in their datum only: a graph that is condensed has the
 * log density and the gradient of one that is not, with few terms; and what
 * must stay apart does.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tape/condense.h"
#include "tape/roll.h"

enum { ROWS = 60, SIZE = 4 };

static double datum(int i) { return 10.0 + sin(3.0 * i) + 0.1 * (i % 7); }

static uint32_t number(struct graph *g, double x) { return graph_number(g, x); }

/* Normal data of two means under two scales, data as means, and counts. */
static void fill(struct graph *g)
{
    uint32_t q[SIZE], scale[2];
    for (int i = 0; i < SIZE; i++) q[i] = graph_coordinate(g);
    for (int k = 0; k < 2; k++)
        scale[k] = graph_1(g, TAPE_INVERSE, graph_1(g, TAPE_EXP, q[2 + k]));
    for (int i = 0; i < ROWS; i++) {
        uint32_t y = number(g, datum(i)), n = number(g, i % 5);
        double times = 1.0 + i % 3;
        graph_add(g, graph_3(g, TAPE_NORMAL, y, q[i % 2], scale[i % 2]), times);
        graph_add(g, graph_3(g, TAPE_NORMAL, q[1], y, number(g, 0.5)), 1.0);
        graph_add(g, graph_2(g, TAPE_POISSON_LOG, n, q[2]), times);
        graph_add(g, graph_2(g, TAPE_BERNOULLI_LOGIT, number(g, i % 2), q[3]),
                  times);
    }
}

static uint32_t terms_of(const struct graph *g)
{
    uint32_t count = 0;
    for (uint32_t i = 0; (i = graph_term_from(g, i)) < g->count; i++) count++;
    return count;
}

static void run_at(struct graph *g, const double *q, double *log_density,
                   double *gradient)
{
    struct tape *t = roll(g);
    assert_non_null(t);
    assert_int_equal(tape_run(t, q, log_density, gradient), TAPE_FINE);
    tape_free(t);
}

static void near(double a, double b)
{
    if (fabs(a - b) > 1e-11 * (1.0 + fabs(b))) fail_msg("%.17g, %.17g", a, b);
}

static void condensed_is_the_same(void **state)
{
    static const double points[][SIZE] = {{10.0, 11.0, 0.3, -0.2},
                                          {0.0, -5.0, 1.0, 2.0},
                                          {30.0, 10.0, -1.0, 0.0}};
    (void)state;
    for (size_t k = 0; k < sizeof points / sizeof *points; k++) {
        struct graph plain = {0}, few = {0};
        double a, b, by_a[SIZE], by_b[SIZE];
        fill(&plain);
        fill(&few);
        graph_condense(&few);
        assert_false(few.broken);
        /* Two means with their squares; one of data; counts and labels. */
        assert_int_equal(terms_of(&few), 2 * 2 + 1 + 1 + 1);
        assert_true(terms_of(&plain) > ROWS);
        run_at(&plain, points[k], &a, by_a);
        run_at(&few, points[k], &b, by_b);
        near(b, a);
        for (int i = 0; i < SIZE; i++) near(by_b[i], by_a[i]);
        graph_close(&plain);
        graph_close(&few);
    }
}

/* The sum of squares about a mean far from 0 keeps its digits. */
static void squares_do_not_cancel(void **state)
{
    struct graph g = {0};
    const double q[] = {1e8, 0.0};
    double log_density, by[2], want = 0.0;
    (void)state;
    uint32_t mean = graph_coordinate(&g), log_scale = graph_coordinate(&g);
    uint32_t scale = graph_1(&g, TAPE_EXP, log_scale);
    for (int i = 0; i < 1000; i++) {
        double y = 1e8 + i % 2;
        graph_add(&g, graph_3(&g, TAPE_NORMAL, number(&g, y), mean, scale), 1);
        want -= 0.5 * (y - 1e8) * (y - 1e8);
        graph_add(&g, graph_3(&g, TAPE_NORMAL, number(&g, y + 2), mean, scale),
                  1);
        want -= 0.5 * (y + 2 - 1e8) * (y + 2 - 1e8);
    }
    graph_condense(&g);
    run_at(&g, q, &log_density, by);
    near(log_density, want);
    graph_close(&g);
}

static void others_stay_apart(void **state)
{
    struct graph g = {0};
    (void)state;
    uint32_t a = graph_coordinate(&g), b = graph_coordinate(&g);
    uint32_t one = number(&g, 1.0);
    /* not finite; taken away; two of a kind; of no number */
    for (int i = 0; i < 5; i++) {
        graph_add(&g, graph_3(&g, TAPE_NORMAL, number(&g, i), a, b), -1.0);
        graph_add(&g, graph_3(&g, TAPE_NORMAL, a, b, number(&g, i + 1)), 1.0);
    }
    for (int i = 0; i < 2; i++)
        graph_add(&g, graph_3(&g, TAPE_NORMAL, number(&g, i), b, one), 1.0);
    graph_add(&g, graph_3(&g, TAPE_NORMAL, number(&g, INFINITY), b, one), 1.0);
    graph_add(&g, graph_3(&g, TAPE_NORMAL, number(&g, NAN), b, one), 1.0);
    uint32_t before = terms_of(&g);
    graph_condense(&g);
    assert_int_equal(terms_of(&g), before);
    graph_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(condensed_is_the_same),
        cmocka_unit_test(squares_do_not_cancel),
        cmocka_unit_test(others_stay_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
