/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The shortest decimal that reads back to the same double, and the double
 * that a decimal reads to.
 */
#ifndef VST_BASE_SHORTEST_H
#define VST_BASE_SHORTEST_H

#include <stdbool.h>
#include <stdint.h>

/* digits * 10^exponent; the last digit is no zero. */
struct decimal {
    uint64_t digits; /* 1 to 17 of them */
    int exponent;
};

/* Of all decimals that a reader, which rounds to the nearest double and ties
 * to even, takes for d, those with the fewest digits; of these the nearest to
 * d. d is finite and above 0. After Giulietti, "The Schubfach way to render
 * doubles" (2020), sections 8 and 9. O(1). */
struct decimal decimal_shortest(double d);

/* The double nearest to digits * 10^exponent. false: it is 0, or no normal one,
 * or next to the middle between two, and has to be worked out in full. The
 * idea, of one product and its error, is Lemire's, "Number parsing at a
 * gigabyte per second" (2021), section 5. O(1). */
bool decimal_nearest(uint64_t digits, int exponent, double *out);

/* 10^e * 2^-s, with the s that makes it a whole number of 128 bits, rounded
 * up where it is none. */
struct power_of_ten {
    uint64_t high, low;
};

enum { POWER_OF_TEN_LEAST = -292, POWER_OF_TEN_MOST = 324 };

extern const struct power_of_ten
    powers_of_ten[POWER_OF_TEN_MOST - POWER_OF_TEN_LEAST + 1];

#endif
