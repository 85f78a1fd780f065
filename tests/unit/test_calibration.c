/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tests that CHECK model makes: against numbers worked out elsewhere, at
 * their edges, and their power on kernels that are wrong by a known amount.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "infer/calibration.h"

enum { N = 400, DRAWS = 49 };

/* before: z; after: z turned by the kernel x -> scale (rho x + ...) + shift,
 * which is exact at scale 1 and shift 0. Ranks: of z among fresh normals,
 * widened and shifted likewise. */
static struct calibration run(uint64_t seed, double scale, double shift)
{
    static double before[N], after[N], rank[N];
    struct random r;
    struct calibration c;
    random_seed(&r, seed);
    for (int i = 0; i < N; i++) {
        before[i] = random_normal(&r);
        after[i] = scale * (0.6 * before[i] + 0.8 * random_normal(&r)) + shift;
        rank[i] = 0;
        for (int k = 0; k < DRAWS; k++)
            rank[i] += scale * random_normal(&r) + shift < before[i];
    }
    assert_true(calibrate(before, after, rank, N, DRAWS, &c));
    return c;
}

/* 200 runs of an exact kernel: p below 1e-4 has the chance 6 * 200 * 1e-4 at
 * most to happen by itself; below 1e-8, 1.2e-5. */
static void exact_kernels_pass(void **state)
{
    (void)state;
    int low = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct calibration c = run(seed, 1, 0);
        assert_true(calibration_p(&c) > 1e-8);
        low += calibration_p(&c) < 0.05;
    }
    /* 10 are expected, if tests were independent; never more than 31 but
     * with a chance of 1e-7. */
    assert_in_range(low, 0, 31);
}

static void wrong_kernels_fail(void **state)
{
    (void)state;
    struct calibration up = run(1, 1, 0.5), down = run(2, 1, -0.5);
    struct calibration wide = run(3, 1.5, 0), narrow = run(4, 0.6, 0);
    assert_true(up.location_z > 5 && up.lean < 0);
    assert_true(down.location_z < -5 && down.lean > 0);
    assert_true(wide.spread_z > 5 && wide.bowl < 0);
    assert_true(narrow.spread_z < -5 && narrow.bowl > 0);
    assert_true(up.ranks_p < 1e-6 && down.ranks_p < 1e-6);
    assert_true(wide.ranks_p < 1e-6 && narrow.ranks_p < 1e-6);
}

/* R: chisq.test(c(30, 10, 10, 10))$p.value is 0.000170... by
 * pchisq(20, 3, lower.tail = FALSE). */
static void chi_square_is_that_of_r(void **state)
{
    (void)state;
    double same[60] = {0}, rank[60];
    struct calibration c;
    for (int i = 0; i < 60; i++) rank[i] = i < 30 ? 0 : i < 40 ? 1 : i % 2 + 2;
    assert_true(calibrate(same, same, rank, 60, 3, &c));
    assert_int_equal(c.bins, 4);
    assert_int_equal(c.in_bin[0], 30);
    assert_int_equal(c.in_bin[3], 10);
    assert_true(fabs(c.ranks_p / 0.00016974243555282632 - 1) < 1e-9);
}

static void what_stands_still_has_no_joint_test(void **state)
{
    (void)state;
    double same[40], rank[40];
    struct calibration c;
    for (int i = 0; i < 40; i++) {
        same[i] = i;
        rank[i] = i % 10;
    }
    assert_true(calibrate(same, same, rank, 40, 9, &c));
    assert_int_equal(c.moved, 0);
    assert_true(c.location_p >= 1 && c.spread_p >= 1 && c.ranks_p > 0.99);
}

/* Bins of unequal width are weighed by what they hold: 10 ranks in 4 bins. */
static void uneven_bins_are_fair(void **state)
{
    (void)state;
    double same[40] = {0}, rank[40];
    struct calibration c;
    for (int i = 0; i < 40; i++) rank[i] = i % 10;
    assert_true(calibrate(same, same, rank, 40, 9, &c));
    assert_int_equal(c.bins, 4);
    assert_true(c.ranks_p > 0.999999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_kernels_pass),
        cmocka_unit_test(wrong_kernels_fail),
        cmocka_unit_test(chi_square_is_that_of_r),
        cmocka_unit_test(what_stands_still_has_no_joint_test),
        cmocka_unit_test(uneven_bins_are_fair)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
