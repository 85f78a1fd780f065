/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Chains in a graph: as calls they have the log density and the gradient that
 * they have link by link, whatever way a link is linear in the one before;
 * what is no chain stays as it is.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tape/chain.h"
#include "tape/roll.h"

enum { LINKS = 40, SIZE = LINKS + 3 };

struct nodes {
    uint32_t a, b, c, e[LINKS];
};

static uint32_t add(struct graph *g, uint32_t a, uint32_t b)
{
    return graph_2(g, TAPE_ADD, a, b);
}
static uint32_t times(struct graph *g, uint32_t a, uint32_t b)
{
    return graph_2(g, TAPE_MULTIPLY, a, b);
}

typedef uint32_t link(struct graph *g, const struct nodes *n, uint32_t x,
                      int t);

static uint32_t volatility(struct graph *g, const struct nodes *n, uint32_t x,
                           int t)
{
    return add(g, times(g, n->a, x), times(g, n->b, n->e[t]));
}
static uint32_t walk(struct graph *g, const struct nodes *n, uint32_t x, int t)
{
    return add(g, times(g, n->b, n->e[t]), x);
}
static uint32_t reverting(struct graph *g, const struct nodes *n, uint32_t x,
                          int t)
{
    uint32_t away = graph_2(g, TAPE_SUBTRACT, x, n->c);
    return add(g, add(g, n->c, times(g, n->a, away)), n->e[t]);
}
static uint32_t alternating(struct graph *g, const struct nodes *n, uint32_t x,
                            int t)
{
    return graph_2(g, TAPE_SUBTRACT, n->e[t], graph_2(g, TAPE_DIVIDE, x, n->a));
}
static uint32_t numbered(struct graph *g, const struct nodes *n, uint32_t x,
                         int t)
{
    uint32_t shrunk = times(g, graph_number(g, 0.5 + 0.01 * t), x);
    return add(g, graph_1(g, TAPE_NEGATE, shrunk),
               t % 3 ? n->e[t] : graph_number(g, 0.25));
}
static uint32_t varying(struct graph *g, const struct nodes *n, uint32_t x,
                        int t)
{
    return add(g, times(g, n->e[(t + 1) % LINKS], x), n->b);
}
/* Not linear. */
static uint32_t quadratic(struct graph *g, const struct nodes *n, uint32_t x,
                          int t)
{
    uint32_t bend = times(g, graph_number(g, 0.01), times(g, x, x));
    return add(g, add(g, times(g, n->a, x), bend), n->e[t]);
}

/* Each link is observed; `last`: only the last one is. */
static void fill(struct graph *g, link *next, bool last)
{
    struct nodes n;
    n.a = graph_coordinate(g);
    n.b = graph_coordinate(g);
    n.c = graph_coordinate(g);
    for (int t = 0; t < LINKS; t++) n.e[t] = graph_coordinate(g);
    uint32_t x = graph_1(g, TAPE_EXP, n.c);
    for (int t = 0; t < LINKS; t++) {
        x = next(g, &n, x, t);
        if (last && t + 1 < LINKS) continue;
        graph_add(g,
                  graph_3(g, TAPE_NORMAL, graph_number(g, cos(t)), x,
                          graph_number(g, 1.0)),
                  1.0);
        graph_add(g, graph_1(g, TAPE_SIN, x), 0.5);
    }
    graph_keep(g, x);
    graph_guard(g, graph_2(g, TAPE_LESS, n.a, graph_number(g, 9.0)));
}

static struct tape *run_at(struct graph *g, const double *q, double *density,
                           double *gradient)
{
    struct tape *t = roll(g);
    assert_non_null(t);
    assert_int_equal(tape_run(t, q, density, gradient), TAPE_FINE);
    return t;
}

static void near(double a, double b)
{
    if (fabs(a - b) > 1e-11 * (1.0 + fabs(b))) fail_msg("%.17g, %.17g", a, b);
}

/* Plates of the chained graph. */
static uint32_t compare(link *next, bool last)
{
    struct graph plain = {0}, chained = {0};
    double q[SIZE], a, b, by_a[SIZE], by_b[SIZE];
    for (int i = 0; i < SIZE; i++) q[i] = 0.7 * sin(1.0 + i);
    fill(&plain, next, last);
    fill(&chained, next, last);
    graph_chains(&chained);
    assert_false(chained.broken);
    assert_int_equal(chained.coordinates, SIZE);
    assert_int_equal(chained.kept_count, 1);
    assert_int_equal(chained.guard_count, 1);
    struct tape *one = run_at(&plain, q, &a, by_a);
    struct tape *two = run_at(&chained, q, &b, by_b);
    near(b, a);
    for (int i = 0; i < SIZE; i++) near(by_b[i], by_a[i]);
    q[0] = 10.0;
    assert_int_equal(tape_run(two, q, &b, by_b), TAPE_GUARDED);
    uint32_t plates = two->plate_count;
    tape_free(one);
    tape_free(two);
    graph_close(&plain);
    graph_close(&chained);
    return plates;
}

static void chains_are_calls(void **state)
{
    static link *const links[] = {volatility,  walk,     reverting,
                                  alternating, numbered, varying};
    (void)state;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (compare(links[i], false) > 12) fail_msg("link %zu is apart", i);
}

static void others_stay(void **state)
{
    (void)state;
    assert_true(compare(quadratic, false) > LINKS);
    /* A sum that only its end is read of is one body, and no chain. */
    assert_true(compare(volatility, true) < 12);
    struct graph g = {0};
    fill(&g, volatility, true);
    graph_chains(&g);
    assert_int_equal(g.call_count, 0);
    graph_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains_are_calls),
        cmocka_unit_test(others_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
