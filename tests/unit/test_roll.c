/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Plates of a graph: terms over coordinates that stand in few pieces are not
 * gathered, and terms of as many rows are one plate. The density and its
 * gradient are what they are.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tape/roll.h"

enum { SIZE = 40 };

static void near(double a, double b)
{
    if (fabs(a - b) > 1e-12 * (1.0 + fabs(b))) fail_msg("%.17g, %.17g", a, b);
}

/* A graph of so many coordinates, and what it should say. */
struct made {
    struct graph g;
    uint32_t x[SIZE];
    double q[SIZE], density, by[SIZE];
};

static void begin(struct made *m, uint32_t size)
{
    *m = (struct made){0};
    for (uint32_t i = 0; i < size; i++) {
        m->x[i] = graph_coordinate(&m->g);
        m->q[i] = sin(1.0 + i);
    }
}

/* -(x weight)^2 / 2 */
static void add_normal(struct made *m, uint32_t i, double weight)
{
    struct graph *g = &m->g;
    graph_add(g,
              graph_3(g, TAPE_NORMAL, m->x[i], graph_number(g, 0.0),
                      graph_number(g, weight)),
              1.0);
    m->density -= 0.5 * pow(m->q[i] * weight, 2.0);
    m->by[i] -= m->q[i] * weight * weight;
}

/* cos(3 x) */
static void add_cosine(struct made *m, uint32_t i)
{
    struct graph *g = &m->g;
    uint32_t three = graph_2(g, TAPE_MULTIPLY, graph_number(g, 3.0), m->x[i]);
    graph_add(g, graph_1(g, TAPE_COS, three), 1.0);
    m->density += cos(3.0 * m->q[i]);
    m->by[i] -= 3.0 * sin(3.0 * m->q[i]);
}

/* The tape, when it has said what it should. */
static struct tape *end(struct made *m)
{
    double density, by[SIZE];
    struct tape *t = roll(&m->g);
    assert_non_null(t);
    assert_int_equal(tape_run(t, m->q, &density, by), TAPE_FINE);
    near(density, m->density);
    for (uint32_t i = 0; i < t->size; i++) near(by[i], m->by[i]);
    graph_close(&m->g);
    return t;
}

static uint32_t gathers_of(const struct tape *t)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->plate_count; i++)
        count += t->plates[i].gather_count;
    return count;
}

/* Rows of x0 and of x2 .. on, as of a mean and its group; with two breaks; and
 * with more. */
static void pieces_are_runs(void **state)
{
    struct made m;
    (void)state;
    begin(&m, 20);
    add_normal(&m, 0, 0.2);
    for (uint32_t i = 2; i < 14; i++) add_normal(&m, i, 1.0 + i);
    struct tape *t = end(&m);
    assert_int_equal(t->plate_count, 2);
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(t->plates[i].rows, i ? 12 : 1);
    assert_int_equal(gathers_of(t), 0);
    tape_free(t);

    begin(&m, 30);
    for (uint32_t i = 0; i < 25; i++)
        if (i != 2 && i != 12) add_normal(&m, i, 1.0 + i);
    t = end(&m);
    assert_int_equal(gathers_of(t), 0);
    assert_int_equal(t->plate_count, 3);
    assert_int_equal(t->plates[0].rows, 2);
    tape_free(t);

    begin(&m, 40);
    for (uint32_t i = 0; i < 40; i++)
        if (i % 10) add_normal(&m, i, 1.0 + i);
    t = end(&m);
    assert_int_equal(gathers_of(t), 1);
    assert_int_equal(t->plate_count, 1);
    tape_free(t);

    begin(&m, 20); /* no piece is long */
    for (uint32_t i = 0; i < 15; i++)
        if (i != 7) add_normal(&m, i, 1.0 + i);
    t = end(&m);
    assert_int_equal(gathers_of(t), 1);
    tape_free(t);
}

/* A gather is done once for all that read it. */
static void equal_rows_are_one_plate(void **state)
{
    struct made m;
    (void)state;
    for (uint32_t step = 1; step < 3; step++)
        for (uint32_t rows = 8; rows < 14; rows++) {
            begin(&m, SIZE);
            for (uint32_t i = 0; i < rows; i++) add_normal(&m, step * i, 2.0);
            for (uint32_t i = 0; i < rows; i++) add_cosine(&m, step * i);
            for (uint32_t i = 0; i < rows + 1; i++) {
                uint32_t next = graph_1(&m.g, TAPE_SQUARE, m.x[25 + i]);
                graph_add(&m.g, next, 1.0);
                m.density += m.q[25 + i] * m.q[25 + i];
                m.by[25 + i] += 2.0 * m.q[25 + i];
            }
            struct tape *t = end(&m);
            assert_int_equal(t->plate_count, 2);
            assert_int_equal(t->plates[0].term_count, 2);
            assert_int_equal(t->plates[1].term_count, 1);
            assert_int_equal(gathers_of(t), step - 1);
            tape_free(t);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_runs),
        cmocka_unit_test(equal_rows_are_one_plate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
