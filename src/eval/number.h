/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arithmetic and comparison of two operands, as the machine's own
 * instructions and the primitives both have it. Two integers give an
 * integer while it is exact to 2^47, else a double; an integer and a double
 * give a double; dense arrays broadcast (see elementwise.h). What is no
 * number is a type error by name.
 *
 * The common cases are here, inline; the rest is in number.c. Operands are
 * plain values: a reference is the machine's business before.
 */
#ifndef VST_EVAL_NUMBER_H
#define VST_EVAL_NUMBER_H

#include "eval/machine.h"

static inline bool both_int(value a, value b)
{
    return (a & b) >> 48 == 0xffff;
}
static inline bool both_number(value a, value b)
{
    return is_number(a) && is_number(b);
}

/* For operands that the inline parts do not take. */
bool number_add_slow(struct machine *m, value a, value b, value *out);
bool number_sub_slow(struct machine *m, value a, value b, value *out);
bool number_mul_slow(struct machine *m, value a, value b, value *out);

static inline bool number_add(struct machine *m, value a, value b, value *out)
{
    if (both_int(a, b)) {
        *out = v_int(as_int(a) + as_int(b));
        return true;
    }
    if (both_number(a, b)) {
        *out = v_double(as_number(a) + as_number(b));
        return true;
    }
    return number_add_slow(m, a, b, out);
}

static inline bool number_sub(struct machine *m, value a, value b, value *out)
{
    if (both_int(a, b)) {
        *out = v_int(as_int(a) - as_int(b));
        return true;
    }
    if (both_number(a, b)) {
        *out = v_double(as_number(a) - as_number(b));
        return true;
    }
    return number_sub_slow(m, a, b, out);
}

static inline bool number_mul(struct machine *m, value a, value b, value *out)
{
    int64_t product;
    if (both_int(a, b) &&
        !__builtin_mul_overflow(as_int(a), as_int(b), &product)) {
        *out = v_int(product);
        return true;
    }
    if (both_number(a, b)) {
        *out = v_double(as_number(a) * as_number(b));
        return true;
    }
    return number_mul_slow(m, a, b, out);
}

/* Integers: an integer when it is exact. A divisor of zero, integer or
 * double, is a domain error. */
bool number_div(struct machine *m, value a, value b, value *out);
/* Floored: the sign of the divisor. A divisor of zero is a domain error. */
bool number_mod(struct machine *m, value a, value b, value *out);
/* Integers: an integer when it is exact (also for negative powers of 1 and
 * -1). Zero to a negative power, and a negative number to a power that is
 * not whole, are domain errors. */
bool number_expt(struct machine *m, value a, value b, value *out);
/* The sign turned; an array's too. */
bool number_negate(struct machine *m, value a, value *out);

/* Only numbers are ordered. `name` is that of the comparison. */
bool number_order_error(struct machine *m, const char *name, value a, value b);

/* *out is V_TRUE or V_FALSE; with a NaN it is V_FALSE. Integers are exact as
 * doubles, so mixed comparisons are too. */
#define NUMBER_COMPARISON(function, name, operator)                       \
    static inline bool function(struct machine *m, value a, value b,      \
                                value *out)                               \
    {                                                                     \
        if (both_int(a, b)) {                                             \
            *out = v_boolean(as_int(a) operator as_int(b));               \
            return true;                                                  \
        }                                                                 \
        if (!both_number(a, b)) return number_order_error(m, name, a, b); \
        *out = v_boolean(as_number(a) operator as_number(b));             \
        return true;                                                      \
    }
NUMBER_COMPARISON(number_less, "<", <)
NUMBER_COMPARISON(number_less_equal, "<=", <=)
NUMBER_COMPARISON(number_greater, ">", >)
NUMBER_COMPARISON(number_greater_equal, ">=", >=)
#undef NUMBER_COMPARISON

/* `=`, which is also `equal?`: any two values (value_equal). Never an
 * error. */
static inline bool number_equal(value a, value b)
{
    if (both_int(a, b)) return a == b;
    return value_equal(a, b);
}

#endif
