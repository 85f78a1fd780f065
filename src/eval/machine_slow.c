/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What instructions do off the straight path: operands that may be
 * references, and operands counted. The loop has saved its frame
 * before it calls anything here, so all of it may allocate, raise, and enter
 * the machine again through the handler.
 */
#include "eval/code.h"
#include "eval/machine_inside.h"
#include "eval/number.h"

typedef bool binary_function(struct machine *m, value a, value b, value *out);

static bool equal(struct machine *m, value a, value b, value *out)
{
    (void)m;
    *out = v_boolean(number_equal(a, b));
    return true;
}

/* In the order of machine.operators and enum machine_operation. */
static binary_function *const plain_binary[] = {
    number_add,  number_sub,        number_mul, number_div,
    number_less, number_less_equal, equal,
};

bool machine_slow_binary(struct machine *m, int which, value a, value b,
                         value *out)
{
    if (has_reference(a) || has_reference(b)) {
        value operands[2] = {a, b};
        return m->handler->defer(m, m->operators[which], 2, operands, out);
    }
    return plain_binary[which](m, a, b, out);
}

int machine_slow_test(struct machine *m, int which, value a, value b)
{
    value v;
    bool ok;
    if ((has_reference(a) || has_reference(b)) && m->handler->compare &&
        !m->handler->compare(m, &a, &b))
        return -1;
    if (which == ON_GREATER)
        ok = machine_slow_binary(m, ON_LESS, b, a, &v);
    else if (which == ON_GREATER_EQUAL)
        ok = machine_slow_binary(m, ON_LESS_EQUAL, b, a, &v);
    else
        ok = machine_slow_binary(m, which, a, b, &v);
    if (!ok || (is_reference(v) && !m->handler->force(m, v, false, &v)))
        return -1;
    return is_true(v);
}

int machine_slow_truth(struct machine *m, value v)
{
    if (!is_reference(v)) return is_true(v);
    if (!m->handler->force(m, v, false, &v)) return -1;
    return is_true(v);
}

bool machine_build(struct machine *m, const struct primitive *p, int n,
                   const value *operands, value *out)
{
    bool deferred = false;
    for (int i = 0; i < n; i++) deferred |= has_reference(operands[i]);
    if (primitive_apply(m, p, n, operands, out)) return true;
    if (deferred || m->error.kind == ERROR_LIMIT ||
        m->error.kind == ERROR_CANCEL)
        return false;
    error_clear(&m->error);
    return m->handler->defer(m, p, n, operands, out);
}

bool machine_select(struct machine *m, value test, value a, value b, value *out)
{
    if (!is_reference(test)) {
        *out = is_true(test) ? a : b;
        return true;
    }
    value operands[3] = {test, a, b};
    return m->handler->defer(m, &primitive_select, 3, operands, out);
}

bool machine_check_arity(struct machine *m, const struct code *code, uint32_t n)
{
    if (n >= code->parameters && (n == code->parameters || code->rest))
        return true;
    return machine_arity_error(
        m, code->name == V_FALSE ? "the procedure" : text_of(code->name),
        code->parameters, code->rest ? -1 : code->parameters, (int)n);
}

bool machine_take_rest(struct machine *m, const struct code *code,
                       value *operands, uint32_t n)
{
    m->pushed = operands + n; /* may lie above the callee's registers */
    value list = list_from(operands + code->parameters, n - code->parameters);
    m->pushed = NULL;
    if (list == V_UNBOUND) return machine_no_memory(m);
    operands[code->parameters] = list;
    return true;
}
