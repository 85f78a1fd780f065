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
#include "tape/gather_inside.h"
#include "tape/recurrence.h"
#include "tape/roll.h"

enum { LINKS = 40, SIZE = LINKS + 3 };

static int links = LINKS; /* as many as there are this time */

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
/* What links add has a scale and a shift. */
static uint32_t returning(struct graph *g, const struct nodes *n, uint32_t x,
                          int t)
{
    uint32_t away = graph_2(g, TAPE_SUBTRACT, x, n->c);
    return add(g, add(g, n->c, times(g, n->a, away)), times(g, n->e[t], n->b));
}
static uint32_t observed(struct graph *g, const struct nodes *n, uint32_t x,
                         int t)
{
    return add(g, times(g, n->a, x), times(g, n->b, graph_number(g, sin(t))));
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
static uint32_t steady(struct graph *g, const struct nodes *n, uint32_t x,
                       int t)
{
    return add(g, times(g, graph_number(g, 0.9), x), n->e[t]);
}
static uint32_t drifting(struct graph *g, const struct nodes *n, uint32_t x,
                         int t)
{
    (void)t;
    return add(g, times(g, n->a, x), n->b);
}
/* What a link adds is read by others, and by the link before. */
static uint32_t again(struct graph *g, const struct nodes *n, uint32_t x, int t)
{
    uint32_t e = times(g, n->b, n->e[t]);
    graph_add(g, graph_1(g, TAPE_COS, e), 1.0);
    return add(g, times(g, n->a, x), add(g, e, n->e[t ? t - 1 : 0]));
}
/* The logarithm of a scale that is a link is a term of its parts. */
static uint32_t scaling(struct graph *g, const struct nodes *n, uint32_t x,
                        int t)
{
    uint32_t next = volatility(g, n, x, t);
    graph_add(g, graph_1(g, TAPE_LOG, graph_1(g, TAPE_EXP, next)), -1.0);
    return next;
}
/* In one operation, on either side of it. */
static uint32_t joined(struct graph *g, const struct nodes *n, uint32_t x,
                       int t)
{
    return graph_3(g, TAPE_MULTIPLY_ADD, n->a, x, n->e[t]);
}
static uint32_t joined_first(struct graph *g, const struct nodes *n, uint32_t x,
                             int t)
{
    uint32_t less = graph_2(g, TAPE_SUBTRACT, x, n->b);
    return graph_3(g, TAPE_MULTIPLY_ADD, less, n->a, n->e[t]);
}
/* Not linear: what is added depends on it as well. */
static uint32_t added(struct graph *g, const struct nodes *n, uint32_t x, int t)
{
    return graph_3(g, TAPE_MULTIPLY_ADD, n->a, x,
                   times(g, n->e[t], graph_1(g, TAPE_SIN, x)));
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
    for (int t = 0; t < links; t++) {
        x = next(g, &n, x, t);
        if (last && t + 1 < links) continue;
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

/* Do links of a call read, one behind another, numbers that stand so, or
 * constants? */
static void reads_in_order(const struct tape_call *c)
{
    const struct recurrence *r = c->context;
    assert_true(r->even);
    assert_int_equal(c->line, r->b[0] < r->count ? r->links : 0);
    for (uint32_t i = 1; i < c->line; i++)
        assert_int_equal(c->slots[c->line_first + i],
                         c->slots[c->line_first] + i);
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
    uint32_t calls = 0;
    for (uint32_t i = 0; i < plates; i++) {
        if (!two->plates[i].call) continue;
        calls++;
        if (next != varying && next != numbered && next != drifting)
            reads_in_order(two->plates[i].call);
    }
    assert_true(calls == (next == quadratic || next == added || last ? 0 : 1));
    tape_free(one);
    tape_free(two);
    graph_close(&plain);
    graph_close(&chained);
    return plates;
}

static void chains_are_calls(void **state)
{
    static link *const all[] = {volatility, walk,        reverting, returning,
                                observed,   alternating, numbered,  varying,
                                steady,     drifting,    again,     scaling,
                                joined,     joined_first};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (links = 8; links <= LINKS; links += links < 13 ? 1 : 27) {
            uint32_t plates = compare(all[i], false);
            if (plates > 13) fail_msg("link %zu of %d: %u", i, links, plates);
        }
    links = LINKS;
}

/* Two of them, where one is of the links of the other. */
static void chains_of_chains(void **state)
{
    struct graph g = {0};
    struct nodes n = {0};
    uint32_t x[LINKS], y = 0, calls = 0;
    (void)state;
    n.a = graph_coordinate(&g);
    n.b = graph_coordinate(&g);
    for (int t = 0; t < LINKS; t++) n.e[t] = graph_coordinate(&g);
    for (int t = 0; t < LINKS; t++) {
        x[t] = t ? volatility(&g, &n, x[t - 1], t) : n.e[0];
        graph_add(&g, graph_1(&g, TAPE_SIN, x[t]), 1.0);
    }
    for (int t = 0; t < LINKS; t++) {
        y = t ? add(&g, times(&g, n.b, y), x[LINKS - 1 - t]) : n.a;
        graph_add(&g, graph_1(&g, TAPE_COS, y), 1.0);
    }
    double q[SIZE], a, b, by_a[SIZE], by_b[SIZE];
    for (int i = 0; i < SIZE; i++) q[i] = 0.7 * sin(1.0 + i);
    struct tape *one = run_at(&g, q, &a, by_a);
    graph_chains(&g);
    struct tape *two = run_at(&g, q, &b, by_b);
    near(b, a);
    for (int i = 0; i < LINKS + 2; i++) near(by_b[i], by_a[i]);
    for (uint32_t i = 0; i < two->plate_count; i++)
        calls += two->plates[i].call != NULL;
    assert_int_equal(calls, 2);
    tape_free(one);
    tape_free(two);
    graph_close(&g);
}

/* Powers of a factor are not what its links are when they are too large. */
static void factors_of_any_size(void **state)
{
    double in[10] = {1e100}, out[8], by_out[8] = {0}, by_in[10] = {0};
    struct recurrence *r = recurrence_new(8, 0);
    (void)state;
    assert_non_null(r);
    r->count = 10;
    r->start = 1;
    for (uint32_t t = 0; t < 8; t++) r->b[t] = t + 2;
    struct tape_call call = recurrence_call(r);
    assert_true(r->even);
    by_out[7] = 0.0;
    by_out[0] = 3.0;
    assert_true(call.value(r, in, out));
    assert_true(call.reverse(r, in, out, by_out, by_in));
    for (int t = 0; t < 8; t++) assert_true(out[t] == 0.0);
    assert_true(by_in[1] == 3.0 * 1e100 && by_in[2] == 3.0 && by_in[3] == 0.0);
    recurrence_free(r);
}

/* ---- nodes ---------------------------------------------------------------- */

/* One that is quicker stands for an operation where it is the same number. */
static void the_same_by_another(void **state)
{
    static const double at[] = {-740.0, -3.0, -0.3, 0.0, 0.7, 5.0, 740.0};
    static const double by[] = {2.0, -4.0, 0x1p-900, 0x1p-1040, 3.0};
    struct graph g = {0};
    (void)state;
    uint32_t x = graph_coordinate(&g);
    uint32_t half = times(&g, graph_number(&g, 0.5), x);
    assert_int_equal(graph_2(&g, TAPE_DIVIDE, x, graph_number(&g, 2.0)), half);
    assert_int_equal(graph_1(&g, TAPE_NEGATE, half),
                     times(&g, graph_number(&g, -0.5), x));
    uint32_t e = graph_1(&g, TAPE_EXP, half);
    assert_int_equal(g.nodes[graph_1(&g, TAPE_INVERSE, e)].code, TAPE_EXP);
    assert_int_equal(graph_1(&g, TAPE_LOG, e), half);
    uint32_t scale = graph_1(&g, TAPE_EXP, x);
    assert_int_equal(g.nodes[graph_1(&g, TAPE_INVERSE, scale)].code,
                     TAPE_INVERSE);
    uint32_t third = graph_2(&g, TAPE_DIVIDE, x, graph_number(&g, 3.0));
    assert_int_equal(g.nodes[third].code, TAPE_DIVIDE);
    double out[64];
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        uint32_t inverse = graph_1(&g, TAPE_INVERSE, e), over[5];
        for (int k = 0; k < 5; k++)
            over[k] = graph_2(&g, TAPE_DIVIDE, x, graph_number(&g, by[k]));
        assert_true(g.count <= 64 && graph_compute(&g, &at[i], out));
        for (int k = 0; k < 5; k++) assert_true(out[over[k]] == at[i] / by[k]);
        near(out[inverse] * exp(at[i] / 2), 1.0);
    }
    graph_close(&g);
}

static void others_stay(void **state)
{
    (void)state;
    assert_true(compare(quadratic, false) > LINKS);
    assert_true(compare(added, false) > LINKS);
    /* A sum that only its end is read of is one body, and no chain. */
    assert_true(compare(volatility, true) < 12);
    struct graph g = {0};
    fill(&g, volatility, true);
    graph_chains(&g);
    assert_int_equal(g.call_count, 0);
    graph_close(&g);
}

/* An unknown of an equation is no number to the density. */
static void unknowns_stay_inside(void **state)
{
    struct graph g = {0};
    (void)state;
    uint32_t x = graph_coordinate(&g);
    graph_add(&g, graph_1(&g, TAPE_SIN, x), 1.0);
    assert_true(graph_is_closed(&g));
    uint32_t y = graph_unknown(&g, 0);
    assert_true(graph_is_closed(&g));
    graph_add(&g, graph_2(&g, TAPE_MULTIPLY, x, y), 1.0);
    assert_false(graph_is_closed(&g));
    graph_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains_are_calls),
        cmocka_unit_test(chains_of_chains),
        cmocka_unit_test(factors_of_any_size),
        cmocka_unit_test(others_stay),
        cmocka_unit_test(the_same_by_another),
        cmocka_unit_test(unknowns_stay_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
