/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Variable elimination against the sum over all states: random factors over
 * few variables; a long chain, whose sum leaves the range of doubles; a
 * product that is wider than it may be.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "infer/eliminate.h"

enum { VARS = 7, FACTORS = 9 };

static const uint32_t sizes[VARS] = {2, 3, 1, 4, 2, 3, 2};

static size_t cells(const struct factor *f)
{
    size_t n = 1;
    for (uint32_t i = 0; i < f->count; i++) n *= sizes[f->vars[i]];
    return n;
}

static double entry(const struct factor *f, const uint32_t *now)
{
    size_t at = 0;
    for (uint32_t i = 0; i < f->count; i++)
        at = at * sizes[f->vars[i]] + now[f->vars[i]];
    return f->at[at];
}

/* Factors over random subsets; some entries are 0. */
static void fill(struct elimination *e, struct random *r)
{
    for (int k = 0; k < FACTORS; k++) {
        uint32_t vars[VARS], count = 0;
        for (uint32_t v = 0; v < VARS; v++)
            if (random_unit(r) < 0.35) vars[count++] = v;
        struct factor *f = elimination_add(e, vars, count);
        assert_non_null(f);
        for (size_t i = 0; i < cells(f); i++)
            f->at[i] = random_unit(r) < 0.2 ? 0.0 : random_unit(r);
    }
}

static void sum_states(const struct elimination *e, uint32_t kept, double *sums)
{
    uint32_t now[VARS] = {0}, used[VARS] = {0};
    for (uint32_t i = 0; i < sizes[kept]; i++) sums[i] = 0.0;
    used[kept] = 1;
    for (uint32_t k = 0; k < e->count; k++)
        for (uint32_t i = 0; i < e->factors[k].count; i++)
            used[e->factors[k].vars[i]] = 1;
    for (;;) {
        double p = 1.0;
        for (uint32_t k = 0; k < e->count; k++) p *= entry(&e->factors[k], now);
        sums[now[kept]] += p;
        int v = VARS - 1;
        while (v >= 0 && ++now[v] >= (used[v] ? sizes[v] : 1)) now[v--] = 0;
        if (v < 0) return;
    }
}

static void agrees_with_all_states(void **state)
{
    struct random r;
    (void)state;
    random_seed(&r, 5);
    for (int round = 0; round < 300; round++) {
        struct elimination e = {.sizes = sizes, .vars = VARS, .most = 1e6};
        uint32_t kept = (uint32_t)random_below(&r, VARS);
        double wanted[8], sums[8], log_scale;
        fill(&e, &r);
        sum_states(&e, kept, wanted);
        assert_int_equal(elimination_run(&e, kept, sums, &log_scale),
                         ELIMINATION_DONE);
        for (uint32_t i = 0; i < sizes[kept]; i++)
            assert_true(fabs(sums[i] * exp(log_scale) - wanted[i]) <=
                        1e-12 * wanted[i]);
        elimination_close(&e);
    }
}

/* A chain of n steps, each of which has a row sum of 1e-3. */
static void a_long_chain_keeps_its_digits(void **state)
{
    enum { N = 2000 };
    uint32_t two[N];
    double sums[2], log_scale;
    (void)state;
    for (int i = 0; i < N; i++) two[i] = 2;
    struct elimination e = {.sizes = two, .vars = N, .most = 100};
    for (uint32_t i = 0; i + 1 < N; i++) {
        struct factor *f = elimination_add(&e, (uint32_t[]){i, i + 1}, 2);
        assert_non_null(f);
        f->at[0] = f->at[3] = 0.9e-3;
        f->at[1] = f->at[2] = 0.1e-3;
    }
    assert_int_equal(elimination_run(&e, N - 1, sums, &log_scale),
                     ELIMINATION_DONE);
    assert_true(fabs(log(sums[0]) + log_scale - (N - 1) * log(1e-3)) < 1e-8);
    assert_true(fabs(sums[0] - sums[1]) < 1e-12 * sums[0]);
    elimination_close(&e);
}

/* Every pair of 16 variables of two values: no order is narrow. */
static void what_is_too_wide_is_told(void **state)
{
    enum { N = 16 };
    uint32_t two[N];
    double sums[2], log_scale;
    (void)state;
    for (int i = 0; i < N; i++) two[i] = 2;
    struct elimination e = {.sizes = two, .vars = N, .most = 1000};
    for (uint32_t i = 0; i < N; i++)
        for (uint32_t k = i + 1; k < N; k++)
            assert_non_null(elimination_add(&e, (uint32_t[]){i, k}, 2));
    assert_int_equal(elimination_run(&e, 0, sums, &log_scale),
                     ELIMINATION_WIDE);
    elimination_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_all_states),
        cmocka_unit_test(a_long_chain_keeps_its_digits),
        cmocka_unit_test(what_is_too_wide_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
