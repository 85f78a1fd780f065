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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(powers_of_two),
        cmocka_unit_test(any_bits),
        cmocka_unit_test(ends_of_the_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
