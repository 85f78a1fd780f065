/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The slower half of arithmetic: division, powers, arrays and errors. It
 * knows numbers and dense arrays, and nothing of the machine's instructions.
 */
#include "eval/number.h"

#include "eval/elementwise.h"
#include "eval/operand.h"

#include <math.h>

bool number_add_slow(struct machine *m, value a, value b, value *out)
{
    return elementwise_arithmetic(m, ELEMENTWISE_ADD, a, b, out);
}

bool number_sub_slow(struct machine *m, value a, value b, value *out)
{
    return elementwise_arithmetic(m, ELEMENTWISE_SUBTRACT, a, b, out);
}

bool number_mul_slow(struct machine *m, value a, value b, value *out)
{
    return elementwise_arithmetic(m, ELEMENTWISE_MULTIPLY, a, b, out);
}

bool number_div(struct machine *m, value a, value b, value *out)
{
    if (both_int(a, b) && as_int(b) != 0 && as_int(a) % as_int(b) == 0) {
        *out = v_int(as_int(a) / as_int(b));
        return true;
    }
    if (both_number(a, b) && as_number(b) != 0.0) {
        *out = v_double(as_number(a) / as_number(b));
        return true;
    }
    return elementwise_arithmetic(m, ELEMENTWISE_DIVIDE, a, b, out);
}

bool number_negate(struct machine *m, value a, value *out)
{
    if (is_double(a)) {
        *out = v_double(-as_double(a));
        return true;
    }
    return number_sub(m, v_int(0), a, out);
}

/* ---- remainder -------------------------------------------------------- */

static bool floored(double x, double y, double *out)
{
    if (y == 0) return false;
    double r = fmod(x, y);
    if (r != 0 && (r < 0) != (y < 0)) r += y;
    *out = r;
    return true;
}

bool number_mod(struct machine *m, value a, value b, value *out)
{
    static const struct binary mod = {"mod", "division by zero", floored};
    if (!both_int(a, b) || as_int(b) == 0)
        return elementwise_binary(m, &mod, a, b, out);
    int64_t r = as_int(a) % as_int(b);
    if (r != 0 && (r < 0) != (as_int(b) < 0)) r += as_int(b);
    *out = v_int(r);
    return true;
}

/* ---- powers ----------------------------------------------------------- */

static bool power(double x, double y, double *out)
{
    if (x == 0 && y < 0) return false;
    *out = pow(x, y);
    return *out == *out || x != x || y != y;
}

/* By squaring; false when it does not stay exact. */
static bool integer_power(int64_t base, int64_t exponent, int64_t *out)
{
    int64_t result = 1;
    if (base == 1 || base == -1) exponent &= 1;
    if (exponent < 0) return false;
    for (;;) {
        if (exponent & 1 && (__builtin_mul_overflow(result, base, &result) ||
                             !int_fits(result)))
            return false;
        exponent >>= 1;
        if (!exponent) break;
        if (__builtin_mul_overflow(base, base, &base)) return false;
    }
    *out = result;
    return true;
}

bool number_expt(struct machine *m, value a, value b, value *out)
{
    static const struct binary expt = {
        "expt",
        "no real power (zero to a negative, or a negative number to "
        "one that is not whole)",
        power};
    int64_t exact;
    if (both_int(a, b) && integer_power(as_int(a), as_int(b), &exact)) {
        *out = v_int(exact);
        return true;
    }
    return elementwise_binary(m, &expt, a, b, out);
}

/* ---- order ------------------------------------------------------------ */

bool number_order_error(struct machine *m, const char *name, value a, value b)
{
    return machine_type_error(m, name, "a number", is_number(a) ? b : a);
}
