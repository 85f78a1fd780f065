/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The operations of tape.h, and the ways back through them, for any number of
 * lanes: read once for each as lanes_math.h is. An operation is value_NAME of
 * its operands a, b, c, which may note slopes; a way is way_NAME of the
 * adjoint g and of numbers that tape_lower.c names.
 */
#include "tape/lanes_special.h"

struct in {
    vec a, b, c, g;
    vec slope[2];
};

#define VALUE(name) static inline vec V(value_##name)(struct in * o)
#define WAY(name) static inline vec V(way_##name)(struct in * o)

static inline vec V(one_where)(mask m) { return keep(m, splat(1)); }
/* In every lane by the C library. */
static inline vec V(by_one)(vec x, double f(double))
{
    return each(equal(splat(0), splat(0)), x, x, f);
}
static inline vec V(by_two)(vec x, vec y, double f(double, double))
{
    return each_two(equal(splat(0), splat(0)), x, x, y, f);
}

/* ---- values ------------------------------------------------------------- */

VALUE(NEGATE) { return -o->a; }
VALUE(INVERSE) { return 1 / o->a; }
VALUE(SQUARE) { return o->a * o->a; }
VALUE(SQRT) { return root(o->a); }
VALUE(EXP) { return V(exp)(o->a); }
VALUE(EXPM1) { return V(expm1)(o->a); }
VALUE(LOG) { return V(log)(o->a); }
VALUE(LOG1P) { return V(log1p)(o->a); }
VALUE(LOG1M_EXP) { return V(log1m_exp)(o->a); }
VALUE(SOFTPLUS) { return V(softplus)(o->a, o->slope); }
VALUE(LOGISTIC) { return V(logistic)(o->a, o->slope); }
VALUE(ABS) { return V(absolute)(o->a); }
VALUE(SIN) { return V(sin)(o->a); }
VALUE(COS) { return V(cos)(o->a); }
VALUE(TAN) { return V(tan)(o->a); }
VALUE(ASIN) { return V(by_one)(o->a, asin); }
VALUE(ACOS) { return V(by_one)(o->a, acos); }
VALUE(ATAN) { return V(by_one)(o->a, atan); }
VALUE(SINH) { return V(sinh)(o->a); }
VALUE(COSH) { return V(cosh)(o->a); }
VALUE(TANH) { return V(tanh)(o->a, o->slope); }
VALUE(LGAMMA) { return V(lgamma)(o->a); }
VALUE(DIGAMMA) { return V(digamma)(o->a); }
VALUE(ERF) { return V(erf)(o->a); }
VALUE(ERFC) { return V(erfc)(o->a); }
VALUE(NORMAL_CDF) { return V(normal_cdf)(o->a); }
VALUE(LOG_NORMAL_CDF) { return V(log_normal_cdf)(o->a, o->slope); }
VALUE(FLOOR) { return below(o->a); }
VALUE(CEILING) { return above(o->a); }
VALUE(ROUND) { return whole(o->a); }
VALUE(SIGN)
{
    vec size = choose(equal(o->a, splat(0)), splat(0), splat(1));
    return choose(equal(o->a, o->a), V(signed_as)(size, o->a), o->a);
}
VALUE(NOT) { return V(one_where)(equal(o->a, splat(0))); }
VALUE(ADD) { return o->a + o->b; }
VALUE(SUBTRACT) { return o->a - o->b; }
VALUE(MULTIPLY) { return o->a * o->b; }
VALUE(DIVIDE) { return o->a / o->b; }
VALUE(POWER) { return V(by_two)(o->a, o->b, pow); }
VALUE(MIN)
{
    vec least = choose(less(o->b, o->a), o->b, o->a);
    return choose(equal(o->b, o->b), least, o->b);
}
VALUE(MAX)
{
    vec most = choose(less(o->a, o->b), o->b, o->a);
    return choose(equal(o->b, o->b), most, o->b);
}
VALUE(ATAN2) { return V(by_two)(o->a, o->b, atan2); }
VALUE(LOG_ADD_EXP)
{
    return V(log_add_exp)(o->a, o->b, &o->slope[0], &o->slope[1]);
}
VALUE(LESS) { return V(one_where)(less(o->a, o->b)); }
VALUE(LESS_EQUAL) { return V(one_where)(less_equal(o->a, o->b)); }
VALUE(EQUAL) { return V(one_where)(equal(o->a, o->b)); }
VALUE(SELECT) { return choose(equal(o->a, splat(0)), o->c, o->b); }
VALUE(MULTIPLY_ADD) { return o->a * o->b + o->c; }
VALUE(NORMAL) /* slope: by b; that by a is its negative */
{
    vec z = (o->a - o->b) * o->c;
    o->slope[0] = z * o->c;
    return z * z * -0.5;
}
VALUE(BERNOULLI_LOGIT) /* slope: by b */
{
    vec chance, soft = V(softplus)(o->b, &chance);
    o->slope[0] = o->a - chance;
    return o->a * o->b - soft;
}
VALUE(POISSON_LOG) /* slope: by b */
{
    vec mean = V(exp)(o->b);
    o->slope[0] = o->a - mean;
    return o->a * o->b - mean;
}

/* ---- ways back: x is a, y is b, z is c ---------------------------------- */

WAY(PASS) { return o->g; }
WAY(MINUS) { return -o->g; }
WAY(TIMES) { return o->g * o->a; }
WAY(MINUS_TIMES) { return -(o->g * o->a); }
WAY(OVER) { return o->g / o->a; }
WAY(QUOTIENT) { return -(o->g * o->a) / o->b; }
WAY(INVERSE) { return -(o->g * o->a) * o->a; }
WAY(TWICE) { return o->g * (o->a + o->a); }
WAY(HALF_OVER) { return o->g * 0.5 / o->a; }
WAY(EXP) { return o->g * V(exp)(o->a); }
WAY(LOG1P) { return o->g / (1 + o->a); }
WAY(LOG1M_EXP) { return -o->g / V(expm1)(-o->a); }
WAY(SIGN) { return o->g * V(value_SIGN)(o); }
WAY(SIN) { return o->g * V(cos)(o->a); }
WAY(COS) { return -(o->g * V(sin)(o->a)); }
WAY(TAN) { return o->g * (1 + o->a * o->a); }
WAY(ASIN) { return o->g / root((1 - o->a) * (1 + o->a)); }
WAY(ACOS) { return -o->g / root((1 - o->a) * (1 + o->a)); }
WAY(ATAN) { return o->g / (1 + o->a * o->a); }
WAY(SINH) { return o->g * V(cosh)(o->a); }
WAY(COSH) { return o->g * V(sinh)(o->a); }
WAY(LGAMMA) { return o->g * V(digamma)(o->a); }
WAY(DIGAMMA) { return o->g * V(trigamma)(o->a); }
WAY(ERF) { return o->g * (V(bell)(o->a, 1) * TWO_OVER_ROOT_PI); }
WAY(ERFC) { return -o->g * (V(bell)(o->a, 1) * TWO_OVER_ROOT_PI); }
WAY(NORMAL_CDF) { return o->g * V(normal_density)(o->a); }
WAY(POWER_BASE) /* y x^(y - 1); nothing where y is 0 */
{
    vec lower = o->b - 1;
    vec slope = o->b * V(by_two)(o->a, lower, pow);
    return keep(not_so(equal(o->b, splat(0))), o->g * slope);
}
WAY(POWER_EXPONENT) /* x^y log(x); nothing where x^y is 0 */
{
    vec power = V(by_two)(o->a, o->b, pow);
    vec slope = power * V(log)(o->a);
    return o->g * keep(not_so(equal(power, splat(0))), slope);
}
WAY(NOT_ABOVE) { return keep(less_equal(o->a, o->b), o->g); }
WAY(BELOW) { return keep(less(o->a, o->b), o->g); }
WAY(ATAN2_Y) { return o->g * (o->b / (o->a * o->a + o->b * o->b)); }
WAY(ATAN2_X) { return -o->g * (o->a / (o->a * o->a + o->b * o->b)); }
WAY(WHERE) { return keep(not_so(equal(o->a, splat(0))), o->g); }
WAY(WHERE_NOT) { return keep(equal(o->a, splat(0)), o->g); }
WAY(NORMAL_SCALE)
{
    vec d = o->a - o->b;
    return -(o->g * (d * d * o->c));
}

#undef VALUE
#undef WAY
