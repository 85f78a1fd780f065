/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Draws from the same weights again: with a table or without, the same
 * random numbers give the same indices; objects are told apart, and what is
 * no weight is refused at every draw.
 */
#include "families.h"
#include "xrp/repeated.h"

enum { DRAWS = 2000, OBJECTS = 2000 };

static bool draw(value weights, struct random *r, uint32_t *k)
{
    struct series s;
    assert_true(series_open(&s, weights));
    return weights_draw_again(weights, r, k) || weights_draw(weights, s, r, k);
}

/* A draw from an object that was never seen. */
static uint32_t walked(value weights, struct random *r)
{
    struct series s;
    uint32_t k = 0;
    assert_true(series_open(&s, weights));
    assert_true(weights_draw(V_NIL, s, r, &k));
    return k;
}

static void check_same(value weights)
{
    struct random one, other;
    random_seed(&one, 5);
    random_seed(&other, 5);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t k = 0;
        assert_true(draw(weights, &one, &k));
        assert_int_equal(k, walked(weights, &other));
    }
}

static void tables_change_nothing(void **state)
{
    (void)state;
    static double x[5000];
    struct random r;
    random_seed(&r, 1);
    check_same(numbers_list((double[]){1, 2, 3}, 3));
    check_same(numbers_vector((double[]){0, 0, 1, 0, 2, 0}, 6));
    check_same(numbers_vector((double[]){1e-300, 1, 1e-300}, 3));
    check_same(numbers_vector((double[]){1e300, 1, 1e300}, 3));
    check_same(numbers_vector((double[]){0.1, 0.2, 0.3, 0.4}, 4));
    check_same(numbers_list((double[]){7}, 1));
    for (int i = 0; i < 5000; i++) x[i] = random_unit(&r);
    check_same(numbers_vector(x, 5000));
    for (int i = 0; i < 5000; i++) x[i] = i % 7 ? 0.0 : exp(-i * 0.1);
    check_same(numbers_vector(x, 4000));
}

/* More objects than tables, in turn: each has its own weights. */
static void objects_are_told_apart(void **state)
{
    (void)state;
    struct random r;
    static value all[OBJECTS];
    random_seed(&r, 2);
    for (int i = 0; i < OBJECTS; i++) {
        double x[4] = {0};
        x[i % 4] = 1.0;
        all[i] = numbers_vector(x, 4);
    }
    for (int turn = 0; turn < 5; turn++)
        for (int i = 0; i < OBJECTS; i++)
            for (int times = 0; times <= i % 5; times++) {
                uint32_t k = 9;
                assert_true(draw(all[i], &r, &k));
                assert_int_equal(k, i % 4);
            }
}

static void no_weights(void **state)
{
    (void)state;
    value bad[] = {numbers_list((double[]){0, 0}, 2),
                   numbers_list((double[]){1, -1}, 2),
                   numbers_list((double[]){1, NAN}, 2),
                   numbers_list((double[]){1, INFINITY}, 2),
                   cons(v_int(1), cons(V_TRUE, V_NIL))};
    struct random r;
    random_seed(&r, 3);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (int times = 0; times < 9; times++) {
            uint32_t k;
            assert_false(draw(bad[i], &r, &k));
        }
}

int main(void)
{
    memory_init(1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_change_nothing),
        cmocka_unit_test(objects_are_told_apart),
        cmocka_unit_test(no_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
