/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives: functions of real numbers. A number gives a double, an array
 * an array; outside its domain each is an error that names the domain. NaN
 * goes through.
 */
#include "base/special.h"
#include "eval/elementwise.h"
#include "eval/number.h"
#include "eval/operand.h"
#include "eval/prim_tables.h"
#include "eval/row.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* The primitive of a scalar function that stands before it. */
#define PRIMITIVE(primitive_, name_, domain_, scalar_)                  \
    static bool primitive_(struct machine *m, int n, const value *args, \
                           value *out)                                  \
    {                                                                   \
        static const struct unary f = {name_, domain_, scalar_};        \
        (void)n;                                                        \
        return elementwise_unary(m, &f, args[0], out);                  \
    }
/* A function, and where it is defined; NaN is no error. */
#define PARTIAL(primitive_, name_, domain_, defined_, result_) \
    static bool scalar_##primitive_(double x, double *out)     \
    {                                                          \
        *out = (defined_) ? (result_) : (double)NAN;           \
        return (defined_) || x != x;                           \
    }                                                          \
    PRIMITIVE(primitive_, name_, "defined for " domain_, scalar_##primitive_)
/* A function that is defined everywhere. */
#define TOTAL(primitive_, name_, result_)                  \
    static bool scalar_##primitive_(double x, double *out) \
    {                                                      \
        *out = (result_);                                  \
        return true;                                       \
    }                                                      \
    PRIMITIVE(primitive_, name_, "", scalar_##primitive_)

PARTIAL(square_root, "sqrt", "x >= 0", x >= 0, sqrt(x))
TOTAL(exponential, "exp", exp(x))
PARTIAL(log_natural, "log", "x >= 0", x >= 0, log(x))
PARTIAL(log_decimal, "log10", "x >= 0", x >= 0, log10(x))
PARTIAL(log_binary, "log2", "x >= 0", x >= 0, log2(x))
PARTIAL(log_one_plus, "log1p", "x >= -1", x >= -1, log1p(x))
TOTAL(exp_minus_one, "expm1", expm1(x))

PARTIAL(sine, "sin", "finite x", isfinite(x), sin(x))
PARTIAL(cosine, "cos", "finite x", isfinite(x), cos(x))
PARTIAL(tangent, "tan", "finite x", isfinite(x), tan(x))
PARTIAL(arc_sine, "asin", "-1 <= x <= 1", fabs(x) <= 1, asin(x))
PARTIAL(arc_cosine, "acos", "-1 <= x <= 1", fabs(x) <= 1, acos(x))
TOTAL(arc_tangent, "atan", atan(x))
TOTAL(sine_hyperbolic, "sinh", sinh(x))
TOTAL(cosine_hyperbolic, "cosh", cosh(x))
TOTAL(tangent_hyperbolic, "tanh", tanh(x))

TOTAL(arc_sine_hyperbolic, "asinh", asinh(x))
PARTIAL(arc_cosine_hyperbolic, "acosh", "x >= 1", x >= 1, acosh(x))
PARTIAL(arc_tangent_hyperbolic, "atanh", "-1 <= x <= 1", fabs(x) <= 1, atanh(x))
TOTAL(cube_root, "cbrt", cbrt(x))

/* Poles of the gamma function: 0, -1, -2, ... */
static bool is_pole(double x) { return x <= 0 && x == floor(x); }
TOTAL(gamma_log, "lgamma", log_gamma(x))
PARTIAL(gamma_derivative, "digamma", "x other than 0, -1, -2 ...", !is_pole(x),
        digamma(x))
PARTIAL(gamma_derivative_2, "trigamma", "x other than 0, -1, -2 ...",
        !is_pole(x), trigamma(x))
TOTAL(error_function, "erf", erf(x))
TOTAL(error_complement, "erfc", erfc(x))
TOTAL(logistic, "inv-logit", inv_logit(x))
PARTIAL(log_odds, "logit", "0 <= p <= 1", x >= 0 && x <= 1, logit(x))
TOTAL(soft_plus, "softplus", softplus(x))
TOTAL(normal_cdf, "normal-cdf", 0.5 * erfc(-x * M_SQRT1_2))
PARTIAL(normal_quantile, "normal-quantile", "0 <= p <= 1", x >= 0 && x <= 1,
        x == 0   ? (double)-INFINITY
        : x == 1 ? (double)INFINITY
                 : gsl_cdf_ugaussian_Pinv(x))
PARTIAL(log_one_minus, "log1m", "x <= 1", x <= 1, log1p(-x))
PARTIAL(log_one_minus_exp, "log1m-exp", "x <= 0", x <= 0,
        x == 0 ? (double)-INFINITY : log1m_exp(x))
TOTAL(log_logistic, "log-inv-logit", -softplus(-x))
PARTIAL(factorial, "factorial", "x >= 0", x >= 0, tgamma(x + 1))

/* ---- two operands ----------------------------------------------------- */

static bool angle(double y, double x, double *out)
{
    *out = atan2(y, x);
    return true;
}

static bool arc_tangent_2(struct machine *m, int n, const value *args,
                          value *out)
{
    static const struct binary f = {"atan2", "", angle};
    if (n == 1) return arc_tangent(m, n, args, out);
    return elementwise_binary(m, &f, args[0], args[1], out);
}

/* Bases 2 and 10 by their own functions: whole results come out whole. */
static bool log_of_base(double x, double base, double *out)
{
    *out = base == 2 ? log2(x) : base == 10 ? log10(x) : log(x) / log(base);
    if (x != x || base != base) return true;
    return x >= 0 && base > 0 && base != 1;
}

static bool logarithm(struct machine *m, int n, const value *args, value *out)
{
    static const struct binary f = {
        "log", "defined for x >= 0 and a base > 0 that is not 1", log_of_base};
    if (n == 1) return log_natural(m, n, args, out);
    return elementwise_binary(m, &f, args[0], args[1], out);
}

static bool log_of_sum(double x, double y, double *out)
{
    *out = log_add(x, y);
    return true;
}

/* Of one list or array: over its elements; else over the operands, element
 * by element. */
static bool log_of_exp_sum(struct machine *m, int n, const value *args,
                           value *out)
{
    static const struct binary f = {"log-sum-exp", "", log_of_sum};
    if (n == 1 && !is_number(args[0])) {
        struct doubles d;
        if (!operand_doubles(m, "log-sum-exp", args[0], &d)) return false;
        *out = v_double(log_sum_exp(d.at, d.count));
        doubles_close(&d);
        return true;
    }
    value sum = n ? args[0] : v_double(-INFINITY);
    for (int i = n ? 1 : 0; i < n; i++)
        if (!elementwise_binary(m, &f, sum, args[i], &sum)) return false;
    *out = sum;
    return true;
}

static bool log_beta_function(double a, double b, double *out)
{
    *out = log_beta(a, b);
    return a > 0 && b > 0;
}

static bool beta_log(struct machine *m, int n, const value *args, value *out)
{
    static const struct binary f = {"lbeta", "defined for a > 0 and b > 0",
                                    log_beta_function};
    (void)n;
    return elementwise_binary(m, &f, args[0], args[1], out);
}

static bool log_choose_function(double n, double k, double *out)
{
    *out = k > n ? -INFINITY : log_choose(n, k);
    return n >= 0 && k >= 0;
}

static bool choose_log(struct machine *m, int n, const value *args, value *out)
{
    static const struct binary f = {
        "log-choose", "defined for n >= 0 and k >= 0", log_choose_function};
    (void)n;
    return elementwise_binary(m, &f, args[0], args[1], out);
}

/* ---- the table -------------------------------------------------------- */

#define MATH(names_, function_, signature_, doc_) \
    ROW(DEEP_CHEAP, "math", names_, function_, 1, 1, signature_, doc_)
/* One that is defined everywhere. */
#define WHOLE(names_, function_, signature_, doc_) \
    ROW(DEEP_TOTAL, "math", names_, function_, 1, 1, signature_, doc_)

struct primitive primitives_math[] = {
    MATH("sqrt", square_root, "(sqrt x)", "The square root of x >= 0."),
    WHOLE("exp", exponential, "(exp x)", "e to the power x."),
    ROW(DEEP_CHEAP, "math", "log ln", logarithm, 1, 2, "(log x [base])",
        "The logarithm, natural or of a base; -inf at 0."),
    MATH("log10", log_decimal, "(log10 x)", "The logarithm of base 10."),
    MATH("log2", log_binary, "(log2 x)", "The logarithm of base 2."),
    MATH("log1p", log_one_plus, "(log1p x)", "log(1 + x), exact for small x."),
    WHOLE("expm1", exp_minus_one, "(expm1 x)",
          "exp(x) - 1, exact for small x."),
    MATH("sin", sine, "(sin x)", "The sine of x radians."),
    MATH("cos", cosine, "(cos x)", "The cosine of x radians."),
    MATH("tan", tangent, "(tan x)", "The tangent of x radians."),
    MATH("asin", arc_sine, "(asin x)", "The angle whose sine is x."),
    MATH("acos", arc_cosine, "(acos x)", "The angle whose cosine is x."),
    ROW(DEEP_TOTAL, "math", "atan", arc_tangent_2, 1, 2, "(atan y [x])",
        "The angle whose tangent is y; with x, as atan2."),
    ROW(DEEP_TOTAL, "math", "atan2", arc_tangent_2, 2, 2, "(atan2 y x)",
        "The angle of the point (x, y), from -pi to pi."),
    WHOLE("sinh", sine_hyperbolic, "(sinh x)", "The hyperbolic sine."),
    WHOLE("cosh", cosine_hyperbolic, "(cosh x)", "The hyperbolic cosine."),
    WHOLE("tanh", tangent_hyperbolic, "(tanh x)", "The hyperbolic tangent."),
    WHOLE("asinh", arc_sine_hyperbolic, "(asinh x)", "The inverse of sinh."),
    MATH("acosh", arc_cosine_hyperbolic, "(acosh x)", "The inverse of cosh."),
    MATH("atanh", arc_tangent_hyperbolic, "(atanh x)", "The inverse of tanh."),
    WHOLE("cbrt", cube_root, "(cbrt x)", "The cube root."),
    MATH("factorial", factorial, "(factorial x)",
         "The factorial of x: the gamma function of x + 1."),
    WHOLE("lgamma log-gamma", gamma_log, "(lgamma x)",
          "The log of the size of the gamma function."),
    MATH("digamma", gamma_derivative, "(digamma x)",
         "The derivative of lgamma."),
    MATH("trigamma", gamma_derivative_2, "(trigamma x)",
         "The second derivative of lgamma."),
    ROW(DEEP_CHEAP, "math", "lbeta", beta_log, 2, 2, "(lbeta a b)",
        "The log of the beta function."),
    ROW(DEEP_CHEAP, "math", "log-choose", choose_log, 2, 2, "(log-choose n k)",
        "The log of the number of ways to choose k of n."),
    WHOLE("erf", error_function, "(erf x)", "The error function."),
    WHOLE("erfc", error_complement, "(erfc x)", "1 - erf(x)."),
    WHOLE("normal-cdf Phi", normal_cdf, "(normal-cdf x)",
          "The probability that a standard normal draw is below x."),
    WHOLE("inv-logit logistic-function sigmoid", logistic, "(inv-logit x)",
          "1 / (1 + exp(-x)): log odds as a probability."),
    MATH("logit", log_odds, "(logit p)",
         "log(p / (1 - p)): a probability as log odds."),
    MATH("normal-quantile inv-Phi", normal_quantile, "(normal-quantile p)",
         "The number below which a standard normal draw is with "
         "probability p."),
    MATH("log1m", log_one_minus, "(log1m x)", "log(1 - x), exact for small x."),
    MATH("log1m-exp", log_one_minus_exp, "(log1m-exp x)",
         "log(1 - exp(x)), for x <= 0: the log of the probability that is "
         "left."),
    WHOLE("log-inv-logit", log_logistic, "(log-inv-logit x)",
          "The log of inv-logit, without underflow."),
    WHOLE("softplus", soft_plus, "(softplus x)",
          "log(1 + exp(x)), without overflow."),
    ROW(DEEP_TOTAL, "math", "log-sum-exp", log_of_exp_sum, 0, -1,
        "(log-sum-exp x ...)",
        "The log of the sum of exp, without overflow; of one list or array, "
        "over its elements."),
};
const size_t primitives_math_count =
    sizeof primitives_math / sizeof *primitives_math;
