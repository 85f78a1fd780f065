/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Graphs: nodes are found again however many there are, terms wherever they
 * stand; bodies of one shape in a row are one plate, and those that look like
 * it are not.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/space.h"
#include "tape/roll.h"

/* ---- nodes and terms ------------------------------------------------------ */

enum { MANY = 300000 };

static void nodes_are_found_again(void **state)
{
    struct graph g = {0};
    uint32_t *at = malloc(MANY * sizeof *at), q = graph_coordinate(&g);
    (void)state;
    assert_non_null(at);
    for (uint32_t i = 0; i < MANY; i++) {
        if (i == MANY / 4) graph_expect(&g, MANY);
        graph_number_soon(&g, 1.0 / (i + 5));
        at[i] = graph_number(&g, 1.0 / (i + 1));
        at[i] = graph_2(&g, TAPE_MULTIPLY, at[i], q);
    }
    assert_false(g.broken);
    assert_int_equal(g.count, 2 * MANY + 1);
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t n = graph_number(&g, 1.0 / (i + 1));
        assert_int_equal(graph_2(&g, TAPE_MULTIPLY, n, q), at[i]);
        assert_true(g.nodes[n].number == 1.0 / (i + 1));
    }
    assert_int_equal(g.count, 2 * MANY + 1);
    free(at);
    graph_close(&g);
}

static void terms_stand_anywhere(void **state)
{
    static const uint32_t where[] = {0, 1, 511, 512, 5000, 5001, 70000};
    enum { TERMS = sizeof where / sizeof *where };
    struct graph g = {0};
    uint32_t node[TERMS], q = graph_coordinate(&g), k = 0;
    (void)state;
    assert_int_equal(graph_term_from(&g, 0), g.count);
    for (uint32_t i = 0; k < TERMS; i++) {
        uint32_t n = graph_2(&g, TAPE_POWER, q, graph_number(&g, i + 2.5));
        if (i != where[k]) continue;
        graph_add(&g, n, 1.0 + k);
        node[k++] = n;
    }
    for (uint32_t i = 0, from = 0; i < TERMS; i++, from++) {
        from = graph_term_from(&g, from);
        assert_int_equal(from, node[i]);
        assert_true(graph_term(&g, from) == 1.0 + i);
    }
    assert_int_equal(graph_term_from(&g, node[TERMS - 1] + 1), g.count);
    graph_drop(&g, node[3]);
    assert_int_equal(graph_term_from(&g, node[2] + 1), node[4]);
    graph_close(&g);
}

static void arrays_are_zeros(void **state)
{
    static const size_t sizes[] = {0, 1, 5000, (1 << 20) - 1, 1 << 20, 5 << 20};
    (void)state;
    for (int round = 0; round < 2; round++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            char *a = space_array(sizes[k]);
            assert_non_null(a);
            for (size_t i = 0; i < sizes[k]; i++) {
                assert_int_equal(a[i], 0);
                a[i] = 1;
            }
            space_array_free(a, sizes[k]);
        }
    space_array_free(NULL, 5 << 20);
}

/* ---- bodies ---------------------------------------------------------------- */

enum { SIZE = 4, SHAPES = 9 };

/* The i-th term of a shape: some differ by what is the same in them only, or
 * by a number where others have a coordinate. */
static uint32_t body(struct graph *g, const uint32_t *q, int shape, int i)
{
    uint32_t x = q[i % SIZE], y = q[(i + 1) % SIZE], c[3];
    for (int k = 0; k < 3; k++) c[k] = graph_number(g, 0.1 * i + 0.3 * k + 0.2);
    uint32_t one = graph_1(g, TAPE_EXP, graph_2(g, TAPE_MULTIPLY, c[0], x));
    uint32_t two = graph_1(g, TAPE_EXP, graph_2(g, TAPE_MULTIPLY, c[1], y));
    uint32_t three = graph_1(g, TAPE_EXP, graph_2(g, TAPE_MULTIPLY, c[2], y));
    uint32_t line = graph_3(g, TAPE_MULTIPLY_ADD, x, y, c[1]);
    switch (shape) {
    case 0: return graph_2(g, TAPE_MULTIPLY, one, two);
    case 1: return graph_2(g, TAPE_MULTIPLY, one, one);
    case 2: return graph_2(g, TAPE_MULTIPLY, one, line);
    case 3: return graph_2(g, TAPE_LOG_ADD_EXP, one, two);
    case 4: return graph_3(g, TAPE_MULTIPLY_ADD, one, two, three);
    case 5: return graph_3(g, TAPE_MULTIPLY_ADD, one, two, one);
    case 6: return graph_3(g, TAPE_MULTIPLY_ADD, one, one, three);
    case 7: return graph_3(g, TAPE_MULTIPLY_ADD, one, two, x);
    default: return graph_3(g, TAPE_MULTIPLY_ADD, one, two, c[2]);
    }
}

static void holds(struct graph *g, const uint32_t *terms, uint32_t count,
                  uint32_t bodies)
{
    const double q[SIZE] = {0.3, -0.7, 0.2, 0.5};
    double *at = malloc((g->count + 1ul) * sizeof *at), want = 0, is, by[SIZE];
    uint32_t found = 0;
    assert_non_null(at);
    assert_true(graph_compute(g, q, at));
    for (uint32_t i = 0; i < count; i++) want += at[terms[i]];
    free(at);
    struct tape *t = roll(g);
    assert_non_null(t);
    assert_int_equal(tape_run(t, q, &is, by), TAPE_FINE);
    assert_float_equal(is, want, 1e-12 * fabs(want));
    for (uint32_t i = 0; i < t->plate_count; i++)
        found += t->plates[i].term_count;
    if (bodies) assert_int_equal(found, bodies);
    tape_free(t);
}

/* Each shape behind each other one, in rows of one to four: then the shape
 * that is known is another one, or none. */
static void shapes_are_told_apart(void **state)
{
    (void)state;
    for (int a = 0; a < SHAPES; a++)
        for (int b = 0; b < SHAPES; b++)
            for (int rows = 1; rows <= 4; rows++) {
                struct graph g = {0};
                uint32_t q[SIZE], terms[20], n = 0;
                for (int i = 0; i < SIZE; i++) q[i] = graph_coordinate(&g);
                for (int k = 0; k < 4 * rows; k++) {
                    int shape = k / rows % 2 ? b : a;
                    terms[n] = body(&g, q, shape, k);
                    graph_add(&g, terms[n++], 1.0);
                }
                holds(&g, terms, n, a == b ? 1 : 2);
                graph_close(&g);
            }
}

/* In any order; and what one body reads alone, another may share. */
static void shapes_in_any_order(void **state)
{
    struct random r;
    (void)state;
    random_seed(&r, 5);
    for (int round = 0; round < 200; round++) {
        struct graph g = {0};
        uint32_t q[SIZE], terms[300], n = 0;
        int shape = 0;
        for (int i = 0; i < SIZE; i++) q[i] = graph_coordinate(&g);
        while (n < 60) {
            if (random_unit(&r) < 0.3) shape = (int)(SHAPES * random_unit(&r));
            int i = (int)(40 * random_unit(&r));
            terms[n] = body(&g, q, shape, i);
            graph_add(&g, terms[n++], 1.0);
        }
        holds(&g, terms, n, 0);
        graph_close(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_are_found_again),
        cmocka_unit_test(terms_stand_anywhere),
        cmocka_unit_test(arrays_are_zeros),
        cmocka_unit_test(shapes_are_told_apart),
        cmocka_unit_test(shapes_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
