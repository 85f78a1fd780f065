/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The alias table: its probabilities, added up from its slots, are the
 * weights; draws follow them; what are no weights is refused.
 */
#include "families.h"

#include "base/alias.h"

enum { MOST = 1000 };

/* The probability of each index, from the slots. */
static void judge(const double *weights, uint32_t n)
{
    static struct alias_slot slots[MOST];
    static double share[MOST];
    struct alias table;
    assert_true(alias_make(&table, slots, weights, n));
    double sum = 0.0;
    memset(share, 0, sizeof share);
    for (uint32_t i = 0; i < n; i++) {
        double keep = fmin(fmax(slots[i].keep, 0.0), 1.0);
        assert_int_equal(slots[i].choice[1], i);
        assert_true(slots[i].choice[0] < n);
        share[i] += keep / n;
        share[slots[i].choice[0]] += (1.0 - keep) / n;
        sum += weights[i];
    }
    for (uint32_t i = 0; i < n; i++) {
        assert_true(fabs(share[i] - weights[i] / sum) < 1e-14);
        if (weights[i] == 0.0) assert_true(share[i] == 0.0);
    }
}

static void slots_hold_the_weights(void **state)
{
    (void)state;
    static double weights[MOST];
    struct random r;
    random_seed(&r, 1);
    judge((double[]){3.0}, 1);
    judge((double[]){0.0, 1e-300}, 2);
    judge((double[]){1e300, 0.0, 1e300, 1e-300}, 4);
    for (uint32_t n = 1; n < MOST; n = n * 3 / 2 + 1) {
        for (uint32_t i = 0; i < n; i++)
            weights[i] =
                random_unit(&r) < 0.2 ? 0.0 : exp(20.0 * random_normal(&r));
        weights[n / 2] = 1.0;
        judge(weights, n);
    }
}

static void draws_follow_the_weights(void **state)
{
    (void)state;
    enum { DRAWS = 200000 };
    const double weights[] = {1.0, 0.0, 5.0, 0.25, 3.0, 0.0};
    struct alias_slot slots[6];
    struct alias table;
    struct random r;
    int hits[6] = {0};
    random_seed(&r, 2);
    assert_true(alias_make(&table, slots, weights, 6));
    for (int i = 0; i < DRAWS; i++) hits[alias_draw(&table, &r)]++;
    for (int i = 0; i < 6; i++)
        assert_false(count_is_off(hits[i], DRAWS, weights[i] / 9.25));
}

static void what_are_no_weights(void **state)
{
    (void)state;
    struct alias_slot slots[2];
    struct alias table;
    assert_false(alias_make(&table, slots, NULL, 0));
    assert_false(alias_make(&table, slots, (double[]){0.0, 0.0}, 2));
    assert_false(alias_make(&table, slots, (double[]){1.0, -1.0}, 2));
    assert_false(alias_make(&table, slots, (double[]){1.0, NAN}, 2));
    assert_false(alias_make(&table, slots, (double[]){1.0, INFINITY}, 2));
    assert_false(alias_make(&table, slots, (double[]){1e308, 1e308}, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_hold_the_weights),
        cmocka_unit_test(draws_follow_the_weights),
        cmocka_unit_test(what_are_no_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
