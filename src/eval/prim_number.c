/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives: arithmetic, comparison, kinds of numbers, booleans. What two
 * operands give is in number.h; here are the forms with several operands,
 * and the table.
 */
#include "eval/elementwise.h"
#include "eval/number.h"
#include "eval/operand.h"
#include "eval/row.h"

#include <math.h>

typedef bool two_operands(struct machine *m, value a, value b, value *out);

/* ---- arithmetic ------------------------------------------------------- */

static bool numeric(struct machine *m, const char *who, value v)
{
    return is_number(v) || is_vector(v) ||
           machine_type_error(m, who, "a number or an array of numbers", v);
}

/* From the left; one operand alone is itself. */
static bool fold(struct machine *m, const char *who, two_operands *f, int n,
                 const value *args, value *out)
{
    value sum = args[0];
    if (n == 1 && !numeric(m, who, sum)) return false;
    for (int i = 1; i < n; i++)
        if (!f(m, sum, args[i], &sum)) return false;
    *out = sum;
    return true;
}

static bool add(struct machine *m, int n, const value *args, value *out)
{
    if (n) return fold(m, "+", number_add, n, args, out);
    *out = v_int(0);
    return true;
}

static bool multiply(struct machine *m, int n, const value *args, value *out)
{
    if (n) return fold(m, "*", number_mul, n, args, out);
    *out = v_int(1);
    return true;
}

static bool subtract(struct machine *m, int n, const value *args, value *out)
{
    if (n == 1) return number_negate(m, args[0], out);
    return fold(m, "-", number_sub, n, args, out);
}

static bool divide(struct machine *m, int n, const value *args, value *out)
{
    if (n == 1) return number_div(m, v_int(1), args[0], out);
    return fold(m, "/", number_div, n, args, out);
}

static bool increment(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    return number_add(m, args[0], v_int(1), out);
}

static bool decrement(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    return number_sub(m, args[0], v_int(1), out);
}

static bool square(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    return number_mul(m, args[0], args[0], out);
}

static bool power(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    return number_expt(m, args[0], args[1], out);
}

static bool modulo(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    return number_mod(m, args[0], args[1], out);
}

static bool truncated_quotient(double x, double y, double *out)
{
    *out = trunc(x / y);
    return y != 0;
}

static bool truncated_remainder(double x, double y, double *out)
{
    if (y == 0) return false;
    *out = fmod(x, y);
    return true;
}

static bool quotient(struct machine *m, int n, const value *args, value *out)
{
    static const struct binary f = {"quotient", "division by zero",
                                    truncated_quotient};
    (void)n;
    if (both_int(args[0], args[1]) && as_int(args[1]) != 0) {
        *out = v_int(as_int(args[0]) / as_int(args[1]));
        return true;
    }
    return elementwise_binary(m, &f, args[0], args[1], out);
}

static bool remainder_of(struct machine *m, int n, const value *args,
                         value *out)
{
    static const struct binary f = {"remainder", "division by zero",
                                    truncated_remainder};
    (void)n;
    if (both_int(args[0], args[1]) && as_int(args[1]) != 0) {
        *out = v_int(as_int(args[0]) % as_int(args[1]));
        return true;
    }
    return elementwise_binary(m, &f, args[0], args[1], out);
}

/* ---- rounding --------------------------------------------------------- */

/* A number gives an integer (one too large stays a double), an array an
 * array. */
static bool rounded(struct machine *m, const struct unary *f, value v,
                    value *out)
{
    double d;
    if (!is_number(v)) return elementwise_unary(m, f, v, out);
    if (!is_int(v)) {
        f->function(as_double(v), &d);
        v = value_whole(d);
    }
    *out = v;
    return true;
}

#define ROUNDING(primitive_, name_, function_)                          \
    static bool scalar_##primitive_(double x, double *out)              \
    {                                                                   \
        *out = function_(x);                                            \
        return true;                                                    \
    }                                                                   \
    static bool primitive_(struct machine *m, int n, const value *args, \
                           value *out)                                  \
    {                                                                   \
        static const struct unary f = {name_, "", scalar_##primitive_}; \
        (void)n;                                                        \
        return rounded(m, &f, args[0], out);                            \
    }
ROUNDING(round_down, "floor", floor)
ROUNDING(round_up, "ceil", ceil)
ROUNDING(round_near, "round", round)
ROUNDING(round_to_zero, "int", trunc)
#undef ROUNDING

static bool absolute_double(double x, double *out)
{
    *out = fabs(x);
    return true;
}

static bool absolute(struct machine *m, int n, const value *args, value *out)
{
    static const struct unary f = {"abs", "", absolute_double};
    (void)n;
    if (!is_int(args[0])) return elementwise_unary(m, &f, args[0], out);
    int64_t i = as_int(args[0]);
    *out = v_int(i < 0 ? -i : i);
    return true;
}

static bool sign_double(double x, double *out)
{
    *out = x > 0 ? 1 : x < 0 ? -1 : x;
    return true;
}

static bool sign(struct machine *m, int n, const value *args, value *out)
{
    static const struct unary f = {"sign", "", sign_double};
    (void)n;
    if (!is_int(args[0])) return rounded(m, &f, args[0], out);
    int64_t i = as_int(args[0]);
    *out = v_int((i > 0) - (i < 0));
    return true;
}

static bool to_double(struct machine *m, int n, const value *args, value *out)
{
    double d;
    (void)n;
    if (!operand_number(m, "exact->inexact", args[0], &d)) return false;
    *out = v_double(d);
    return true;
}

static bool to_integer(struct machine *m, int n, const value *args, value *out)
{
    int64_t i;
    (void)n;
    if (!operand_integer(m, "inexact->exact", args[0], &i)) return false;
    *out = v_int(i);
    return true;
}

/* ---- least and greatest ----------------------------------------------- */

static bool least_double(double x, double y, double *out)
{
    *out = x != x || x < y ? x : y;
    return true;
}

static bool greatest_double(double x, double y, double *out)
{
    *out = x != x || x > y ? x : y;
    return true;
}

static const struct binary least = {"min", "", least_double},
                           greatest = {"max", "", greatest_double};

/* Of two: numbers keep their kind, arrays go element by element. */
static bool extreme(struct machine *m, const struct binary *f, value a, value b,
                    value *out)
{
    double d;
    if (!both_number(a, b)) return elementwise_binary(m, f, a, b, out);
    f->function(as_number(a), as_number(b), &d);
    *out = d == as_number(a) || as_number(a) != as_number(a) ? a : b;
    return true;
}

static bool extreme_of_vector(struct machine *m, const struct binary *f,
                              const struct vector *v, value *out)
{
    if (v->head.size == 0)
        return machine_domain_error(m, "%s: of an empty vector", f->name);
    double best = v->at[0];
    for (size_t i = 1; i < v->head.size; i++)
        f->function(best, v->at[i], &best);
    *out = v_double(best);
    return true;
}

static bool extreme_of_list(struct machine *m, const struct binary *f,
                            value list, value *out)
{
    if (list == V_NIL)
        return machine_domain_error(m, "%s: of an empty list", f->name);
    value best = car(list);
    if (!numeric(m, f->name, best)) return false;
    while ((list = cdr(list)) != V_NIL)
        if (!extreme(m, f, best, car(list), &best)) return false;
    *out = best;
    return true;
}

static bool extremes(struct machine *m, const struct binary *f, int n,
                     const value *args, value *out)
{
    if (n == 1 && is_vector(args[0]))
        return extreme_of_vector(m, f, as_vector(args[0]), out);
    if (n == 1 && is_list(args[0])) return extreme_of_list(m, f, args[0], out);
    value best = args[0];
    if (!numeric(m, f->name, best)) return false;
    for (int i = 1; i < n; i++)
        if (!extreme(m, f, best, args[i], &best)) return false;
    *out = best;
    return true;
}

static bool minimum(struct machine *m, int n, const value *args, value *out)
{
    return extremes(m, &least, n, args, out);
}

static bool maximum(struct machine *m, int n, const value *args, value *out)
{
    return extremes(m, &greatest, n, args, out);
}

/* ---- comparison ------------------------------------------------------- */

/* Each with its neighbour; all operands are checked. */
static bool chain(struct machine *m, const char *who, two_operands *f, int n,
                  const value *args, value *out)
{
    value all = V_TRUE, here = V_FALSE;
    if (n == 1 && !is_number(args[0]))
        return number_order_error(m, who, args[0], args[0]);
    for (int i = 1; i < n; i++) {
        if (!f(m, args[i - 1], args[i], &here)) return false;
        if (here == V_FALSE) all = V_FALSE;
    }
    *out = all;
    return true;
}

static bool less(struct machine *m, int n, const value *args, value *out)
{
    return chain(m, "<", number_less, n, args, out);
}

static bool less_equal(struct machine *m, int n, const value *args, value *out)
{
    return chain(m, "<=", number_less_equal, n, args, out);
}

static bool greater(struct machine *m, int n, const value *args, value *out)
{
    return chain(m, ">", number_greater, n, args, out);
}

static bool greater_equal(struct machine *m, int n, const value *args,
                          value *out)
{
    return chain(m, ">=", number_greater_equal, n, args, out);
}

static bool equal(struct machine *m, int n, const value *args, value *out)
{
    (void)m;
    bool all = true;
    for (int i = 1; i < n && all; i++) all = number_equal(args[i - 1], args[i]);
    *out = v_boolean(all);
    return true;
}

static bool equal_double(double x, double y, double *out)
{
    *out = x == y;
    return true;
}

static bool elementwise_equal(struct machine *m, int n, const value *args,
                              value *out)
{
    static const struct binary f = {"==", "", equal_double};
    (void)n;
    if (is_vector(args[0]) || is_vector(args[1]))
        return elementwise_binary(m, &f, args[0], args[1], out);
    *out = v_boolean(number_equal(args[0], args[1]));
    return true;
}

static bool nearly_equal(struct machine *m, int n, const value *args,
                         value *out)
{
    double x, y, tolerance;
    (void)n;
    if (!operand_number(m, "soft-equal", args[0], &x) ||
        !operand_number(m, "soft-equal", args[1], &y) ||
        !operand_number(m, "soft-equal", args[2], &tolerance))
        return false;
    *out = v_boolean(x > y - tolerance && x < y + tolerance);
    return true;
}

/* ---- kinds of numbers ------------------------------------------------- */

static bool is_a_number(struct machine *m, int n, const value *args, value *out)
{
    (void)m, (void)n;
    *out = v_boolean(is_number(args[0]));
    return true;
}

static bool is_an_integer(struct machine *m, int n, const value *args,
                          value *out)
{
    (void)m, (void)n;
    bool whole = is_double(args[0]) && isfinite(as_double(args[0])) &&
                 as_double(args[0]) == trunc(as_double(args[0]));
    *out = v_boolean(is_int(args[0]) || whole);
    return true;
}

#define NUMBER_TEST(primitive_, name_, test_)                           \
    static bool primitive_(struct machine *m, int n, const value *args, \
                           value *out)                                  \
    {                                                                   \
        double x;                                                       \
        (void)n;                                                        \
        if (!operand_number(m, name_, args[0], &x)) return false;       \
        *out = v_boolean(test_);                                        \
        return true;                                                    \
    }
NUMBER_TEST(is_zero, "zero?", x == 0)
NUMBER_TEST(is_positive, "positive?", x > 0)
NUMBER_TEST(is_negative, "negative?", x < 0)
NUMBER_TEST(is_nan, "nan?", x != x)
NUMBER_TEST(is_infinite, "infinite?", isinf(x))
NUMBER_TEST(is_finite, "finite?", isfinite(x))
NUMBER_TEST(number_to_boolean, "number->boolean", x != 0)
#undef NUMBER_TEST

static bool is_even(struct machine *m, int n, const value *args, value *out)
{
    int64_t i;
    (void)n;
    if (!operand_integer(m, "even?", args[0], &i)) return false;
    *out = v_boolean(i % 2 == 0);
    return true;
}

static bool is_odd(struct machine *m, int n, const value *args, value *out)
{
    int64_t i;
    (void)n;
    if (!operand_integer(m, "odd?", args[0], &i)) return false;
    *out = v_boolean(i % 2 != 0);
    return true;
}

/* ---- booleans --------------------------------------------------------- */

static bool negation(struct machine *m, int n, const value *args, value *out)
{
    (void)m, (void)n;
    *out = v_boolean(!is_true(args[0]));
    return true;
}

/* The first operand that decides, else the last: what the special forms of
 * these names answer. */
static bool conjunction(struct machine *m, int n, const value *args, value *out)
{
    value last = V_TRUE;
    (void)m;
    for (int i = 0; i < n && is_true(last); i++) last = args[i];
    *out = last;
    return true;
}

static bool disjunction(struct machine *m, int n, const value *args, value *out)
{
    value last = V_FALSE;
    (void)m;
    for (int i = 0; i < n && !is_true(last); i++) last = args[i];
    *out = last;
    return true;
}

static bool parity(struct machine *m, int n, const value *args, value *out)
{
    bool odd = false;
    (void)m;
    for (int i = 0; i < n; i++) odd ^= is_true(args[i]);
    *out = v_boolean(odd);
    return true;
}

static bool boolean_to_number(struct machine *m, int n, const value *args,
                              value *out)
{
    (void)n;
    if (!is_boolean(args[0]))
        return machine_type_error(m, "boolean->number", "a boolean", args[0]);
    *out = v_int(args[0] == V_TRUE);
    return true;
}

/* ---- the table -------------------------------------------------------- */

struct primitive primitives_number[] = {
    ROW(DEEP_TOTAL, "arithmetic", "+", add, 0, -1, "(+ x ...)",
        "The sum; integers stay exact to 2^47; arrays broadcast."),
    ROW(DEEP_TOTAL, "arithmetic", "-", subtract, 1, -1, "(- x y ...)",
        "x less the others; of one operand, its negative."),
    ROW(DEEP_TOTAL, "arithmetic", "*", multiply, 0, -1, "(* x ...)",
        "The product; arrays broadcast, element by element."),
    ROW(DEEP_CHEAP, "arithmetic", "/", divide, 1, -1, "(/ x y ...)",
        "x divided by the others, an integer when exact; of one operand, "
        "its inverse. Division by zero is an error."),
    ROW(DEEP_TOTAL, "arithmetic", "inc", increment, 1, 1, "(inc x)",
        "One more."),
    ROW(DEEP_TOTAL, "arithmetic", "dec", decrement, 1, 1, "(dec x)",
        "One less."),
    ROW(DEEP_TOTAL, "arithmetic", "square", square, 1, 1, "(square x)",
        "x times x."),
    ROW(DEEP_CHEAP, "arithmetic", "expt pow ** power", power, 2, 2,
        "(expt base exponent)", "A power; of integers, an integer when exact."),
    ROW(DEEP_CHEAP, "arithmetic", "mod modulo %", modulo, 2, 2, "(mod x y)",
        "What floored division leaves: it has the sign of y."),
    ROW(DEEP_CHEAP, "arithmetic", "remainder", remainder_of, 2, 2,
        "(remainder x y)",
        "What division toward zero leaves: it has the sign of x."),
    ROW(DEEP_CHEAP, "arithmetic", "quotient", quotient, 2, 2, "(quotient x y)",
        "Division rounded toward zero."),
    ROW(DEEP_TOTAL, "arithmetic", "abs", absolute, 1, 1, "(abs x)",
        "The size of x without its sign."),
    ROW(DEEP_TOTAL, "arithmetic", "sign", sign, 1, 1, "(sign x)",
        "-1, 0 or 1."),
    ROW(DEEP_TOTAL, "arithmetic", "min", minimum, 1, -1, "(min x ...)",
        "The least operand; of one list or array, its least element."),
    ROW(DEEP_TOTAL, "arithmetic", "max", maximum, 1, -1, "(max x ...)",
        "The greatest operand; of one list or array, its greatest element."),
    ROW(DEEP_CHEAP, "arithmetic", "floor", round_down, 1, 1, "(floor x)",
        "The greatest integer not above x."),
    ROW(DEEP_CHEAP, "arithmetic", "ceil ceiling", round_up, 1, 1, "(ceil x)",
        "The least integer not below x."),
    ROW(DEEP_CHEAP, "arithmetic", "round", round_near, 1, 1, "(round x)",
        "The nearest integer; a half goes away from zero."),
    ROW(DEEP_CHEAP, "arithmetic", "int truncate", round_to_zero, 1, 1,
        "(int x)", "The integer part of x, toward zero."),
    ROW(DEEP_CHEAP, "arithmetic", "exact->inexact inexact float", to_double, 1,
        1, "(exact->inexact x)", "The same number as a double."),
    ROW(DEEP_CHEAP, "arithmetic", "inexact->exact exact", to_integer, 1, 1,
        "(inexact->exact x)", "The integer that a whole number is."),
    ROW(DEEP_TOTAL, "comparison", "= eq? eqv? equal?", equal, 0, -1,
        "(= x ...)",
        "Are all operands equal? Numbers by value, structures by contents."),
    ROW(DEEP_TOTAL, "comparison", "< .<.", less, 1, -1, "(< x y ...)",
        "Does each number lie below the next?"),
    ROW(DEEP_TOTAL, "comparison", "> .>.", greater, 1, -1, "(> x y ...)",
        "Does each number lie above the next?"),
    ROW(DEEP_TOTAL, "comparison", "<= .<=.", less_equal, 1, -1, "(<= x y ...)",
        "Is no number above the next?"),
    ROW(DEEP_TOTAL, "comparison", ">= .>=.", greater_equal, 1, -1,
        "(>= x y ...)", "Is no number below the next?"),
    ROW(DEEP_CHEAP, "comparison", "==", elementwise_equal, 2, 2, "(== x y)",
        "Equality element by element: 1 or 0 in an array, else a boolean."),
    ROW(DEEP_CHEAP, "comparison", "soft-equal soft=", nearly_equal, 3, 3,
        "(soft-equal x y tolerance)",
        "Is x less than the tolerance away from y?"),
    ROW(OUTER_CHEAP(1), "numbers", "number? real?", is_a_number, 1, 1,
        "(number? x)", "Is x a number?"),
    ROW(OUTER_CHEAP(1), "numbers", "integer?", is_an_integer, 1, 1,
        "(integer? x)", "Is x a whole number?"),
    ROW(DEEP_TOTAL, "numbers", "zero?", is_zero, 1, 1, "(zero? x)",
        "Is x zero?"),
    ROW(DEEP_TOTAL, "numbers", "positive?", is_positive, 1, 1, "(positive? x)",
        "Is x above zero?"),
    ROW(DEEP_TOTAL, "numbers", "negative?", is_negative, 1, 1, "(negative? x)",
        "Is x below zero?"),
    ROW(DEEP_CHEAP, "numbers", "even?", is_even, 1, 1, "(even? n)",
        "Is the integer n even?"),
    ROW(DEEP_CHEAP, "numbers", "odd?", is_odd, 1, 1, "(odd? n)",
        "Is the integer n odd?"),
    ROW(DEEP_TOTAL, "numbers", "nan?", is_nan, 1, 1, "(nan? x)",
        "Is x not a number (a missing value)?"),
    ROW(DEEP_TOTAL, "numbers", "infinite?", is_infinite, 1, 1, "(infinite? x)",
        "Is x infinite?"),
    ROW(DEEP_TOTAL, "numbers", "finite?", is_finite, 1, 1, "(finite? x)",
        "Is x neither infinite nor nan?"),
    ROW(OUTER_CHEAP(1), "booleans", "not !", negation, 1, 1, "(not x)",
        "True when x is False; only False is false."),
    ROW(OUTER_CHEAP(EVERY), "booleans", "and &", conjunction, 0, -1,
        "(and x ...)",
        "The first operand that is False, else the last. As `&`, and as a "
        "value, all operands are evaluated."),
    ROW(OUTER_CHEAP(EVERY), "booleans", "or |", disjunction, 0, -1,
        "(or x ...)",
        "The first operand that is true, else the last. As `|`, and as a "
        "value, all operands are evaluated."),
    ROW(OUTER_CHEAP(EVERY), "booleans", "xor ^", parity, 0, -1, "(xor x ...)",
        "Is an odd number of the operands true?"),
    ROW(OUTER_CHEAP(1), "booleans", "boolean->number", boolean_to_number, 1, 1,
        "(boolean->number b)", "1 for True, 0 for False."),
    ROW(DEEP_CHEAP, "booleans", "number->boolean", number_to_boolean, 1, 1,
        "(number->boolean x)", "False for 0, else True."),
};
const size_t primitives_number_count =
    sizeof primitives_number / sizeof *primitives_number;
