/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives applied: what each must see of its operands decides whether it
 * computes now or becomes an expression. Also the two primitives that the
 * machine applies by itself, select and index.
 */
#include "base/memory.h"
#include "eval/index.h"
#include "eval/machine_inside.h"

/* Does this primitive meet a reference where it must look? */
static bool meets_reference(const struct primitive *p, int n,
                            const value *operands)
{
    switch ((enum primitive_look)p->look) {
    case LOOK_NONE: return false;
    case LOOK_OUTER:
        for (int i = 0; i < n; i++)
            if ((i < 16 ? p->outer >> i & 1 : p->outer == 0xffff) &&
                is_reference(operands[i]))
                return true;
        return false;
    default:
        for (int i = 0; i < n; i++)
            if (has_reference(operands[i])) return true;
        return false;
    }
}

static bool force_all(struct machine *m, const struct primitive *p, int n,
                      const value *operands, value *out)
{
    value few[8], *plain = few;
    if (n > 8 && !(plain = memory_new((size_t)n * sizeof *plain)))
        return machine_no_memory(m);
    for (int i = 0; i < n; i++)
        if (!machine_force(m, operands[i], true, &plain[i])) return false;
    return p->function(m, n, plain, out);
}

bool primitive_apply(struct machine *m, const struct primitive *p, int n,
                     const value *operands, value *out)
{
    if (!meets_reference(p, n, operands))
        return p->function(m, n, operands, out);
    if (p->look == LOOK_FORCE) return force_all(m, p, n, operands, out);
    return m->handler->defer(m, p, n, operands, out);
}

bool machine_force(struct machine *m, value v, bool deep, value *out)
{
    if (deep ? !has_reference(v) : !is_reference(v)) {
        *out = v;
        return true;
    }
    return m->handler->force(m, v, deep, out);
}

/* ---- select -------------------------------------------------------------------- */

static bool pick(struct machine *m, int n, const value *operands, value *out)
{
    (void)m;
    (void)n;
    *out = is_true(operands[0]) ? operands[1] : operands[2];
    return true;
}

struct primitive primitive_select = {
    .names = "select",
    .function = pick,
    .min = 3,
    .max = 3,
    .look = LOOK_OUTER,
    .outer = 1,
    .flags = PRIMITIVE_CHEAP,
    .topic = "machine",
    .signature = "(select test a b)",
    .doc = "a when test is true, else b; what an if becomes",
};

/* ---- index ---------------------------------------------------------------------- */

static bool look_up(struct machine *m, int n, const value *operands, value *out)
{
    (void)n;
    if (!is_indexable(operands[0]))
        return machine_type_error(m, "application", "a procedure", operands[0]);
    return index_into(m, operands[0], operands[1], out);
}

struct primitive primitive_index = {
    .names = "index",
    .function = look_up,
    .min = 2,
    .max = 2,
    .look = LOOK_OUTER,
    .outer = 3,
    .flags = PRIMITIVE_CHEAP | PRIMITIVE_ELEMENT | PRIMITIVE_INDEX,
    .topic = "machine",
    .signature = "(structure index)",
    .doc = "the element at an index, counted from 0",
};

bool machine_operator(struct machine *m, uint32_t n, value *at)
{
    return n == 0 ? m->handler->force(m, *at, false, at)
                  : m->handler->operate(m, *at, at);
}

bool machine_index(struct machine *m, uint32_t n, value *at, value *out)
{
    value v = at[0];
    if (!is_reference(v) && !is_indexable(v))
        return machine_type_error(m, "application", "a procedure", v);
    if (n == 0 || n > 2)
        return error_set(&m->error, ERROR_ARITY,
                         "%s applied to %u operands: expected one index",
                         is_reference(v) ? "a list" : type_name(v), n);
    for (uint32_t i = 1; i <= n; i++) {
        value operands[2] = {v, at[i]};
        if (!primitive_apply(m, &primitive_index, 2, operands, &v))
            return false;
    }
    *out = v;
    return true;
}
