/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums that can be undone: a number kept as two doubles, the second what the
 * first could not hold (Dekker 1971, Knuth's two-sum). About 106 bits: 1e7
 * values put in and taken out leave an error near 1e-28 of the largest sum
 * met. The compiler must keep the order of operations (no -ffast-math).
 */
#ifndef VST_XRP_TWOFOLD_H
#define VST_XRP_TWOFOLD_H

#include <math.h>

struct twofold {
    double high, low;
};

/* a + b exactly. */
static inline struct twofold two_sum(double a, double b)
{
    double sum = a + b, part = sum - a;
    return (struct twofold){sum, (a - (sum - part)) + (b - part)};
}

/* a * b exactly. */
static inline struct twofold two_product(double a, double b)
{
    double product = a * b;
    return (struct twofold){product, fma(a, b, -product)};
}

static inline struct twofold twofold_add(struct twofold a, struct twofold b)
{
    struct twofold high = two_sum(a.high, b.high);
    struct twofold low = two_sum(a.low, b.low);
    high = two_sum(high.high, high.low + low.high);
    return two_sum(high.high, high.low + low.low);
}

static inline struct twofold twofold_negate(struct twofold a)
{
    return (struct twofold){-a.high, -a.low};
}

static inline struct twofold twofold_square(struct twofold a)
{
    struct twofold square = two_product(a.high, a.high);
    return two_sum(square.high, square.low + 2.0 * a.high * a.low);
}

static inline struct twofold twofold_divide(struct twofold a, double b)
{
    double quotient = a.high / b;
    double rest = fma(-quotient, b, a.high) + a.low;
    return two_sum(quotient, rest / b);
}

static inline double twofold_round(struct twofold a) { return a.high + a.low; }

#endif
