/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * exp, log and what is made of them, without branches, for any number of
 * lanes: read once for each (lanes_names.h). Only +, -, *, /, roots, fused
 * products and bits are used, each the same in any lane and at any width, so
 * a number has one answer at a level. NaN gives NaN, infinities their limits,
 * and subnormal numbers are numbers. Errors, in units of the last place,
 * against mpmath (tests/unit/test_lanes.c): 1 of exp and log; 2 of log1p,
 * expm1, softplus, the logistic function, tanh, sin and cos.
 */

#define POLY(c, x) V(poly)(c, (int)(sizeof c / sizeof *c), x)
#define WHOLE_NUMBER 0x1.8p52 /* added: an integer stands in the low bits */

/* Even and odd powers apart: half as long to wait for. */
static inline __attribute__((always_inline)) vec V(poly)(const double *c, int n,
                                                         vec x)
{
    vec square = x * x, last = splat(c[n - 1]), other = splat(c[n - 2]);
    LANES_UNROLL
    for (int i = n - 3; i >= 0; i--) {
        vec next = times_plus(last, square, splat(c[i]));
        last = other;
        other = next;
    }
    return times_plus(last, x, other);
}

static inline vec V(absolute)(vec x)
{
    return of_bits(bits_of(x) & ~(UINT64_C(1) << 63));
}
/* The size of x with the sign of y. */
static inline vec V(signed_as)(vec x, vec y)
{
    return of_bits(bits_of(V(absolute)(x)) |
                   (bits_of(y) & (UINT64_C(1) << 63)));
}
static inline vec V(smaller)(vec x, double most)
{
    return choose(less(splat(most), x), splat(most), x);
}
static inline vec V(larger)(vec x, double least)
{
    return choose(less(x, splat(least)), splat(least), x);
}

/* 2^n, for whole n in -1022 .. 1023. */
static inline vec V(power_of_2)(vec n)
{
    return of_bits(bits_of(n + (WHOLE_NUMBER + 1023)) << 52);
}
/* x 2^n, rounded once, for x near 1. */
static inline vec V(scaled)(vec x, vec n)
{
#ifdef LANES_SCALE
    return LANES_SCALE(x, n);
#else
    vec half = below(n * 0.5);
    return x * V(power_of_2)(half) * V(power_of_2)(n - half);
#endif
}

/* exp(x + rest) for a small rest: 2^n exp(r), |r| <= log(2) / 2. */
static inline vec V(exp_sum)(vec x, vec rest)
{
    x = V(smaller)(V(larger)(x, -746), 710);
    vec n = whole(x * LOG2_E);
    vec r = times_plus(-n, splat(LN_2_HIGH), x);
    r = times_plus(-n, splat(LN_2_LOW), r) + rest;
    vec e = times_plus(r * r, POLY(exp_poly, r), r) + 1;
    return V(scaled)(e, n);
}
static inline vec V(exp)(vec x) { return V(exp_sum)(x, splat(0)); }

/* exp(x) - 1 = 2 (s q + (s - 1/2)) with s = 2^(n - 1), q = exp(r) - 1. */
static inline vec V(expm1)(vec x)
{
    x = V(smaller)(V(larger)(x, -40), 710);
    vec n = whole(x * LOG2_E);
    vec r = times_plus(-n, splat(LN_2_HIGH), x);
    r = times_plus(-n, splat(LN_2_LOW), r);
    vec q = times_plus(r * r, POLY(exp_poly, r), r);
    vec s = V(power_of_2)(n - 1);
    return choose(equal(n, splat(0)), q, times_plus(s, q, s - 0.5) * 2);
}

/* log(x) + rest for a positive finite x: with x = 2^k (1 + f), 1 + f between
 * the roots of 1/2 and 2, and s = f / (2 + f), log(1 + f) = 2 s + s R(s^2);
 * 2 s = f - f s is put so that f, which is exact, is added last. */
static inline vec V(log_sum)(vec x, vec rest)
{
    mask tiny = less(x, splat(0x1p-1022));
    x = choose(tiny, x * 0x1p54, x);
    const uint64_t root_half = UINT64_C(0x3fe6a09e667f3bcd);
    uvec u = bits_of(x) + (UINT64_C(0x3ff0000000000000) - root_half);
    vec k = of_bits((u >> 52) | UINT64_C(0x4330000000000000)) -
            (0x1p52 + 1023) - keep(tiny, splat(54));
    vec f = of_bits((u & UINT64_C(0xfffffffffffff)) + root_half) - 1;
    vec s = f / (f + 2), z = s * s, half = f * f * 0.5;
    vec low = times_plus(k, splat(LN_2_LOW), rest);
    low = times_plus(s, times_plus(z, POLY(log_poly, z), half), low);
    return times_plus(k, splat(LN_2_HIGH), -((half - low) - f));
}
/* What a logarithm is at 0, below, at infinity and of NaN. */
static inline vec V(log_ends)(vec x, vec answer)
{
    vec out = choose(equal(x, splat(0)), splat(-INFINITY), splat(NAN));
    answer = choose(less(x, splat(INFINITY)), answer, x);
    return choose(less(splat(0), x), answer, out);
}
static inline vec V(log)(vec x)
{
    return V(log_ends)(x, V(log_sum)(x, splat(0)));
}
/* With u = 1 + x rounded: log(u) + what was lost / u. */
static inline vec V(log1p)(vec x)
{
    vec u = x + 1, one = u - x, lost = (x - (u - one)) + (1 - one);
    return choose(equal(x, splat(0)), x,
                  V(log_ends)(u, V(log_sum)(u, lost / u)));
}
/* log(1 + y) for 0 <= y <= 1: s = y / (2 + y). */
static inline vec V(log1p_unit)(vec y)
{
    vec s = y / (y + 2), z = s * s;
    return times_plus(s * z, POLY(log1p_poly, z), s * 2);
}

/* log(1 + exp(x)), and the slope. */
static inline vec V(softplus)(vec x, vec *slope)
{
    vec e = V(exp)(-V(absolute)(x)), high = 1 / (e + 1);
    *slope = choose(less(x, splat(0)), e * high, high);
    return choose(less(splat(0), x), x, splat(0)) + V(log1p_unit)(e);
}
/* 1 / (1 + exp(-x)), and the slope. */
static inline vec V(logistic)(vec x, vec *slope)
{
    vec e = V(exp)(-V(absolute)(x)), high = 1 / (e + 1), low = e * high;
    *slope = high * low;
    return choose(less(x, splat(0)), low, high);
}
/* log(1 - exp(x)): above -log(2) from expm1, below from log1p. */
static inline vec V(log1m_exp)(vec x)
{
    vec e = V(exp)(x), u = 1 - e, lost = (1 - u) - e;
    mask near = less(splat(-0.693), x);
    u = choose(near, -V(expm1)(x), u);
    return V(log_ends)(u, V(log_sum)(u, choose(near, splat(0), lost / u)));
}
/* log(exp(a) + exp(b)), and its slopes by a and by b. */
static inline vec V(log_add_exp)(vec a, vec b, vec *by_a, vec *by_b)
{
    mask above_a = less(a, b);
    vec most = choose(above_a, b, a), least = choose(above_a, a, b);
    vec e = V(exp)(choose(equal(a, b), splat(0), least - most));
    vec high = 1 / (e + 1), low = e * high;
    *by_a = choose(above_a, low, high);
    *by_b = choose(above_a, high, low);
    return most + V(log1p_unit)(e);
}

/* ---- hyperbolic and circular functions ---------------------------------- */

/* With m = exp(2 |x|) - 1: m / (m + 2), and the slope 4 (m + 1) / (m + 2)^2.
 */
static inline vec V(tanh)(vec x, vec *slope)
{
    vec m = V(expm1)(V(smaller)(V(absolute)(x) * 2, 700)), d = 1 / (m + 2);
    *slope = (4 * d) * ((m + 1) * d);
    return V(signed_as)(choose(less(splat(44), m), 1 - 2 * d, m / (m + 2)), x);
}
static inline vec V(sinh)(vec x)
{
    vec size = V(absolute)(x), m = V(expm1)(size);
    vec y = V(signed_as)((m + m / (m + 1)) * 0.5, x);
    return each(less(splat(700), size), y, x, sinh);
}
static inline vec V(cosh)(vec x)
{
    vec size = V(absolute)(x), e = V(exp)(size);
    return each(less(splat(700), size), e * 0.5 + 0.5 / e, x, cosh);
}

/* Sine and cosine of the rest of x by a quarter turn, and which quarter; pi/2
 * in three pieces, so that n of them (n < 2^20) are taken away exactly. */
struct V(turn) {
    vec sine, cosine;
    uvec quarter;
    mask far;
};
static inline struct V(turn) V(turned)(vec x)
{
    vec n = whole(x * TWO_OVER_PI);
    vec a = x - n * PI_2_HIGH, w = n * PI_2_LOW_HIGH;
    vec h = a - w, back = a - h, l = (a - (h + back)) + (back - w);
    l = l - n * PI_2_LOW_LOW;
    vec r = h + l, rest = (h - r) + l, z = r * r;
    vec half = z * 0.5, rough = 1 - half;
    struct V(turn) t = {
        .sine = r + times_plus(r * z, POLY(sine_poly, z), rest),
        .cosine = rough + (((1 - rough) - half) +
                           times_plus(z * z, POLY(cosine_poly, z), -r * rest)),
        .quarter = bits_of(n + WHOLE_NUMBER),
        .far = not_so(less_equal(V(absolute)(x), splat(0x1p19))),
    };
    return t;
}
static inline vec V(sin)(vec x)
{
    struct V(turn) t = V(turned)(x);
    vec y = choose(odd(t.quarter), t.cosine, t.sine);
    return each(t.far, choose(odd(t.quarter >> 1), -y, y), x, sin);
}
static inline vec V(cos)(vec x)
{
    struct V(turn) t = V(turned)(x);
    vec y = choose(odd(t.quarter), t.sine, t.cosine);
    return each(t.far, choose(odd((t.quarter + 1) >> 1), -y, y), x, cos);
}
static inline vec V(tan)(vec x)
{
    struct V(turn) t = V(turned)(x);
    mask turned_once = odd(t.quarter);
    vec y = choose(turned_once, -t.cosine, t.sine) /
            choose(turned_once, t.sine, t.cosine);
    return each(t.far, y, x, tan);
}
