/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Shortest decimals, against the C library's own reader and writer: what is
 * written reads back, nothing with a digit less does, and where the nearest
 * decimal of as many digits reads back it is that one.
 */
#include "base/random.h"
#include "base/shortest.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static double of_bits(uint64_t bits)
{
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

static double read_digits(struct decimal s)
{
    char text[40];
    snprintf(text, sizeof text, "%" PRIu64 "e%d", s.digits, s.exponent);
    return strtod(text, NULL);
}

/* The nearest decimal of so many digits. */
static struct decimal nearest(double d, int digits)
{
    char text[40], plain[40], *to = plain;
    snprintf(text, sizeof text, "%.*e", digits - 1, d);
    for (char *p = text; *p && *p != 'e'; p++)
        if (*p != '.') *to++ = *p;
    *to = 0;
    return (struct decimal){strtoull(plain, NULL, 10),
                            atoi(strchr(text, 'e') + 1) - digits + 1};
}

static void look(double d)
{
    struct decimal s = decimal_shortest(d);
    int digits = 0;
    for (uint64_t rest = s.digits; rest; rest /= 10) digits++;
    assert_true(s.digits % 10 != 0);
    assert_true(read_digits(s) == d);
    if (digits > 1) assert_false(read_digits(nearest(d, digits - 1)) == d);
    struct decimal n = nearest(d, digits);
    if (read_digits(n) == d) {
        assert_int_equal(s.digits, n.digits);
        assert_int_equal(s.exponent, n.exponent);
    }
}

/* Their intervals are lopsided, and those beside them nearly are. */
static void powers_of_two(void **state)
{
    (void)state;
    for (uint64_t e = 1; e < 2047; e++)
        for (int beside = -1; beside <= 1; beside++)
            look(of_bits((e << 52) + (uint64_t)(int64_t)beside));
}

static void any_bits(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 11);
    for (int i = 0; i < 60000; i++) {
        uint64_t bits = random_bits(&r) >> 1;
        if (i % 3 == 1) bits &= ~(uint64_t)0 << random_below(&r, 60);
        if (i % 3 == 2) bits >>= random_below(&r, 62); /* subnormal as well */
        double d = of_bits(bits);
        if (isfinite(d) && d != 0) look(d);
    }
}

static void ends_of_the_range(void **state)
{
    (void)state;
    static const double rows[] = {5e-324,
                                  1e-323,
                                  2.2250738585072011e-308,
                                  2.2250738585072014e-308,
                                  1.7976931348623157e308,
                                  9007199254740993.0,
                                  9.5e-323,
                                  1e23,
                                  8.41e21,
                                  2e-323};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) look(rows[i]);
    assert_int_equal(decimal_shortest(5e-324).digits, 5);
    assert_int_equal(decimal_shortest(1e23).exponent, 23);
}

/* ---- the way back --------------------------------------------------------- */

/* As the C library reads it; or it says that it cannot. */
static bool reads_alike(uint64_t digits, int exponent)
{
    char text[64];
    double have;
    if (!decimal_nearest(digits, exponent, &have)) return false;
    snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits,
             exponent);
    double want = strtod(text, NULL);
    if (memcmp(&have, &want, sizeof have) != 0)
        fail_msg("%s is read as %.17g", text, have);
    return true;
}

static void decimals_are_read(void **state)
{
    (void)state;
    struct random r;
    int told = 0, all = 200000;
    random_seed(&r, 12);
    for (int i = 0; i < all; i++) {
        uint64_t digits = random_bits(&r) >> random_below(&r, 60);
        int exponent = (int)random_below(&r, 660) - 330;
        if (i % 2) exponent = (int)random_below(&r, 40) - 30;
        told += reads_alike(digits, exponent);
    }
    assert_true(told > all * 9 / 10);
}

/* Of doubles, of the middles between two, and of what is beside these. */
static void middles_are_read(void **state)
{
    (void)state;
    struct random r;
    int told = 0, all = 100000;
    random_seed(&r, 13);
    for (int i = 0; i < all; i++) {
        uint64_t bits = random_bits(&r) >> 1;
        double d = of_bits(bits);
        if (i % 2) d = (double)((bits >> 10 | 1) * 2) + (double)(i % 4 / 2);
        if (!isfinite(d) || d == 0) continue;
        struct decimal s = decimal_shortest(d);
        told += reads_alike(s.digits, s.exponent);
        uint64_t middle = (bits >> 9 | UINT64_C(1) << 53) | 1; /* 54 bits */
        for (int beside = -1; beside <= 1; beside++)
            reads_alike(middle + (uint64_t)(int64_t)beside, 0);
        reads_alike((middle >> 4) * 10, -1);
    }
    assert_true(told > all * 8 / 10);
}

static void what_is_not_told(void **state)
{
    (void)state;
    double ignored;
    assert_false(decimal_nearest(0, 0, &ignored));
    assert_false(decimal_nearest(1, 400, &ignored));
    assert_false(decimal_nearest(1, -400, &ignored));
    assert_false(decimal_nearest(UINT64_MAX, 300, &ignored));
    assert_false(decimal_nearest(9007199254740993, 0, &ignored)); /* a middle */
    assert_true(reads_alike(17976931348623157, 292));
    assert_true(reads_alike(22250738585072014, -324) ||
                !decimal_nearest(22250738585072014, -324, &ignored));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(powers_of_two),
        cmocka_unit_test(any_bits),
        cmocka_unit_test(ends_of_the_range),
        cmocka_unit_test(decimals_are_read),
        cmocka_unit_test(middles_are_read),
        cmocka_unit_test(what_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
