/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Gamma and error functions for any number of lanes, read once for each as
 * lanes_math.h is. Errors: of digamma and lgamma 1e-14 of the larger of 1 and
 * the value (they have zeros, near which nothing more is promised), of the
 * others 1e-14 of the value, as long as it is a normal number.
 */

#include "tape/lanes_math.h"

/* ---- gamma -------------------------------------------------------------- */

/* Moved up by 8 where x is below: P = x (x + 1) ... (x + 7), and P'. */
struct V(rise) {
    vec x, product, slope;
};
static inline struct V(rise) V(risen)(vec x)
{
    vec p = x, d = splat(1);
    for (int k = 1; k < 8; k++) {
        vec next = x + (double)k;
        d = times_plus(d, next, p);
        p = p * next;
    }
    mask low = less(x, splat(8));
    struct V(rise) r;
    r.x = choose(low, x + 8, x);
    r.product = choose(low, p, splat(1));
    r.slope = keep(low, d);
    return r;
}
/* Stirling's series (Abramowitz and Stegun 6.1.41, 6.3.18, 6.4.12). */
static inline vec V(lgamma)(vec x)
{
    struct V(rise) r = V(risen)(x);
    vec l = V(log_ends)(r.x, V(log_sum)(r.x, splat(0)));
    vec series = POLY(lgamma_poly, 1 / (r.x * r.x)) / r.x;
    vec y = (r.x - 0.5) * (l - 1) + (HALF_LOG_TWO_PI - 0.5) + series -
            V(log)(r.product);
    return each(not_so(less(splat(0), x)), y, x, log_gamma);
}
static inline vec V(digamma)(vec x)
{
    struct V(rise) r = V(risen)(x);
    vec inverse = 1 / r.x, square = inverse * inverse;
    vec l = V(log_ends)(r.x, V(log_sum)(r.x, splat(0)));
    vec y = l - 0.5 * inverse - POLY(digamma_poly, square) * square -
            r.slope / r.product;
    return each(not_so(less(splat(0), x)), y, x, digamma);
}
static inline vec V(trigamma)(vec x)
{
    mask low = less(x, splat(8));
    vec at = choose(low, x + 8, x), inverse = 1 / at;
    vec square = inverse * inverse, sum = splat(0);
    for (int k = 0; k < 8; k++) {
        vec one = 1 / (x + (double)k);
        sum = times_plus(one, one, sum);
    }
    vec y = times_plus(POLY(trigamma_poly, square), square * inverse,
                       times_plus(square, splat(0.5), inverse)) +
            keep(low, sum);
    return each(not_so(less(splat(0), x)), y, x, trigamma);
}

/* ---- errors and normal distribution ------------------------------------- */

/* exp(x^2) erfc(x) for x >= 0: 1 + 2 x times it is smooth in (x - 4) /
 * (x + 4) (Schonfelder 1978). */
static inline vec V(erfcx)(vec x)
{
    x = V(smaller)(x, 0x1p1000);
    vec t = (x - ERFCX_CENTRE) / (x + ERFCX_CENTRE);
    return POLY(erfcx_poly, t) / (x * 2 + 1);
}
/* exp(-x^2 scale), scale 1 or 1/2: x^2 in two pieces. */
static inline vec V(bell)(vec x, double scale)
{
    x = V(smaller)(V(absolute)(x), 0x1p9);
    vec high = of_bits(bits_of(x) & ~UINT64_C(0x7ffffff));
    return V(exp_sum)(-high * high * scale, (high - x) * (high + x) * scale);
}
/* erfc of |x|. */
static inline vec V(erfc_size)(vec x)
{
    return V(erfcx)(V(absolute)(x)) * V(bell)(x, 1);
}
static inline vec V(erf)(vec x)
{
    vec z = x * x, y = V(signed_as)(1 - V(erfc_size)(x), x);
    return choose(less(z, splat(0.5)), x * POLY(erf_poly, z), y);
}
static inline vec V(erfc)(vec x)
{
    vec y = V(erfc_size)(x);
    return choose(less(x, splat(0)), 2 - y, y);
}
static inline vec V(normal_density)(vec x)
{
    return V(bell)(x, 0.5) * ONE_OVER_ROOT_TWO_PI;
}
static inline vec V(normal_cdf)(vec x)
{
    vec size = V(absolute)(x);
    vec y = V(erfcx)(size * ROOT_HALF) * V(bell)(x, 0.5) * 0.5;
    return choose(less(x, splat(0)), y, 1 - y);
}
/* Below 0, log(erfcx / 2) - x^2 / 2; and the slope, density / cdf. */
static inline vec V(log_normal_cdf)(vec x, vec *slope)
{
    mask left = less(x, splat(0));
    vec bell = V(bell)(x, 0.5), scaled = V(erfcx)(V(absolute)(x) * ROOT_HALF);
    vec rest = scaled * bell * 0.5, u = choose(left, scaled * 0.5, 1 - rest);
    *slope = choose(left, ROOT_TWO_OVER_PI / scaled,
                    bell * ONE_OVER_ROOT_TWO_PI / u);
    vec lost = choose(left, splat(0), ((1 - u) - rest) / u);
    return V(log_ends)(u, V(log_sum)(u, lost)) - keep(left, x * x * 0.5);
}
