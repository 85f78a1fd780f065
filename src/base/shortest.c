/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Decimals and doubles: see shortest.h. A double c * 2^q stands for all numbers
 * between its neighbours' midpoints. Its interval is scaled by the power of
 * ten that leaves it between one and ten wide: then one or two whole numbers
 * lie within, and at most one whose last digit is a zero. All numbers are
 * kept times four, so that midpoints are whole, and below that one bit says
 * whether anything is left: enough to compare by.
 */
#include "base/shortest.h"

#include <string.h>

enum {
    FRACTION_BITS = 52,
    EXPONENT_MASK = 0x7ff,
    EXPONENT_SHIFT = 1075 /* of the last bit of a significand */
};

/* ---- logarithms: floors, exact for all exponents of doubles ------------- */

static int log10_of_power_of_two(int e, bool three_quarters)
{
    return (e * 1262611 - (three_quarters ? 524031 : 0)) >> 22;
}

static int log2_of_power_of_ten(int e) { return (e * 1741647) >> 19; }

/* ---- products ---------------------------------------------------------- */

/* The high half of a * b; the low one is a * b as it is. */
static uint64_t high_half(uint64_t a, uint64_t b)
{
    uint64_t a1 = a >> 32, a0 = (uint32_t)a, b1 = b >> 32, b0 = (uint32_t)b;
    uint64_t middle = a1 * b0 + (a0 * b0 >> 32);
    uint64_t other = a0 * b1 + (uint32_t)middle;
    return a1 * b1 + (middle >> 32) + (other >> 32);
}

/* floor(x * power / 2^128), its last bit set when something was left. The
 * power is up to one too large, so a rest of one is none. */
static uint64_t scale(uint64_t x, const struct power_of_ten *power)
{
    uint64_t carried = high_half(x, power->low), low = x * power->high;
    uint64_t high = high_half(x, power->high);
    low += carried;
    high += low < carried;
    return high | (low > 1);
}

/* ---- the choice -------------------------------------------------------- */

struct interval {
    uint64_t below, at, above; /* times four, scaled */
};

/* Is a whole number within? Its fourfold is compared. */
static bool holds(const struct interval *i, uint64_t fourfold)
{
    return i->below <= fourfold && fourfold <= i->above;
}

/* The ends belong to it when c is even: ties are read so. At a power of two
 * the neighbour below is nearer. */
static struct interval interval_of(uint64_t c, int q, bool near_below, int k)
{
    const struct power_of_ten *power = &powers_of_ten[-k - POWER_OF_TEN_LEAST];
    int shift = q + log2_of_power_of_ten(-k) + 1;
    uint64_t odd = c & 1;
    return (struct interval){
        .below = scale((4 * c - 2 + near_below) << shift, power) + odd,
        .at = scale((4 * c) << shift, power),
        .above = scale((4 * c + 2) << shift, power) - odd,
    };
}

static struct decimal choose(const struct interval *i, int k)
{
    uint64_t whole = i->at / 4, tens = whole / 10;
    bool low = holds(i, 40 * tens), high = holds(i, 40 * tens + 40);
    if (tens && low != high) return (struct decimal){tens + high, k + 1};
    low = holds(i, 4 * whole);
    high = holds(i, 4 * whole + 4);
    uint64_t middle = 4 * whole + 2;
    bool up =
        low != high ? high : i->at > middle || (i->at == middle && whole & 1);
    return (struct decimal){whole + up, k};
}

static struct decimal without_zeros(struct decimal d)
{
    for (; d.digits % 10 == 0; d.exponent++) d.digits /= 10;
    return d;
}

struct decimal decimal_shortest(double d)
{
    uint64_t bits, fraction;
    memcpy(&bits, &d, sizeof bits);
    int exponent = (int)(bits >> FRACTION_BITS) & EXPONENT_MASK;
    fraction = bits & (((uint64_t)1 << FRACTION_BITS) - 1);
    uint64_t c = exponent ? fraction | (uint64_t)1 << FRACTION_BITS : fraction;
    int q = (exponent ? exponent : 1) - EXPONENT_SHIFT;
    bool near_below = fraction == 0 && exponent > 1;
    int k = log10_of_power_of_two(q, near_below);
    struct interval i = interval_of(c, q, near_below, k);
    return without_zeros(choose(&i, k));
}

/* ---- the way back --------------------------------------------------------- */

/* The leading zeros of x, which is not 0. */
static int zeros_before(uint64_t x)
{
    int n = 0;
    for (int step = 32; step; step /= 2)
        if (!(x >> (64 - step))) {
            n += step;
            x <<= step;
        }
    return n;
}

/* The upper 128 bits of digits, moved up to the top, times a power of ten are
 * off by less than one either way: the power is up to one too large, and what
 * is below is left out. So they say which double is nearest but where they are
 * next to the middle between two. */
bool decimal_nearest(uint64_t digits, int exponent, double *out)
{
    enum { BIAS = 1075, SMALLEST = -1074, LARGEST = 971 };
    if (!digits || exponent < POWER_OF_TEN_LEAST ||
        exponent > POWER_OF_TEN_MOST)
        return false;
    const struct power_of_ten *power =
        &powers_of_ten[exponent - POWER_OF_TEN_LEAST];
    int up = zeros_before(digits);
    uint64_t w = digits << up, high = high_half(w, power->high);
    uint64_t low = w * power->high, carried = high_half(w, power->low);
    low += carried;
    high += low < carried;
    /* 53 bits of `high` are the significand. */
    int rest = 10 + (int)(high >> 63);
    int e = rest + 64 + log2_of_power_of_ten(exponent) - up - 63;
    if (e < SMALLEST || e > LARGEST) return false;
    uint64_t left = high & (((uint64_t)1 << rest) - 1);
    uint64_t half = (uint64_t)1 << (rest - 1);
    if ((left == half && low <= 1) || (left == half - 1 && low == UINT64_MAX))
        return false;
    uint64_t c = (high >> rest) + (left >= half);
    uint64_t bits = ((uint64_t)(e + BIAS) << FRACTION_BITS) +
                    (c - ((uint64_t)1 << FRACTION_BITS));
    memcpy(out, &bits, sizeof bits);
    return true;
}
