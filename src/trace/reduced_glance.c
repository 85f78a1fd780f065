/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values of references at a glance, between transitions, when nothing waits
 * to be brought up to date: through selects, picks from lists and arrays, and
 * arithmetic of numbers. It only looks: what would settle, draw, make a value
 * or raise an error is left to the general way (reduced_read.c), and what it
 * answers is what that would, to the bit. Kernels that score one reader under
 * many values look here first.
 */
#include "eval/machine_inside.h"
#include "trace/reduced.h"

enum { DEPTH = 64 }; /* of selects within tests, and of arithmetic */

static bool glance(const struct trace *t, value v, int depth, value *out);

/* An operand. Most are numbers or choices, and known without another call. */
static inline bool operand(const struct trace *t, value v, int depth,
                           value *out)
{
    if (is_number(v)) {
        *out = v;
        return true;
    }
    if (!is_type(v, T_CHOICE)) return glance(t, v, depth, out);
    *out = ((const struct choice *)as_object(v))->held;
    return *out != V_UNBOUND;
}

/* Two numbers. */
static bool arithmetic(const struct trace *t, const struct expression *e,
                       int depth, value *out)
{
    value a, b;
    if (e->head.size != 2 || !operand(t, e->operands[0], depth, &a) ||
        !operand(t, e->operands[1], depth, &b) || !is_number(a) ||
        !is_number(b))
        return false;
    if (is_int(a) && is_int(b))
        return whole_arithmetic(e->operation, a, b, out);
    double x = as_number(a), y = as_number(b);
    switch ((enum arithmetic)e->operation->arithmetic) {
    case ARITHMETIC_ADD: *out = v_double(x + y); return true;
    case ARITHMETIC_SUBTRACT: *out = v_double(x - y); return true;
    case ARITHMETIC_MULTIPLY: *out = v_double(x * y); return true;
    case ARITHMETIC_DIVIDE: *out = v_double(x / y); return y != 0.0;
    case ARITHMETIC_LESS: *out = v_boolean(x < y); return true;
    case ARITHMETIC_LESS_EQUAL: *out = v_boolean(x <= y); return true;
    default: return false;
    }
}

/* What a list or an array has at a place; it may be a reference. */
static bool element(value structure, value index, value *out)
{
    if (!is_int(index) || as_int(index) < 0) return false;
    uint64_t i = (uint64_t)as_int(index);
    if (is_vector(structure)) {
        const struct vector *v = as_vector(structure);
        if (v->columns != 0 || i >= v->head.size) return false;
        *out = v_double(v->at[i]);
        return true;
    }
    for (; i && is_pair(structure); i--) structure = cdr(structure);
    if (!is_pair(structure)) return false;
    *out = car(structure);
    return true;
}

static inline bool is_pick(const struct expression *e)
{
    return e->operation->flags & PRIMITIVE_INDEX && e->head.size == 2;
}

/* A list of references is none itself: it is picked from as it is. */
static bool picked(const struct trace *t, const struct expression *e, int depth,
                   value *out)
{
    value structure = e->operands[0], index;
    return (!is_reference(structure) ||
            glance(t, structure, depth, &structure)) &&
           operand(t, e->operands[1], depth, &index) &&
           element(structure, index, out);
}

/* One step of a reference towards its value. */
static bool follow(const struct trace *t, const struct expression *e, int depth,
                   value *out)
{
    value test;
    if (e->operation == &primitive_select) {
        if (!operand(t, e->operands[0], depth, &test)) return false;
        *out = is_true(test) ? e->operands[1] : e->operands[2];
        return true;
    }
    if (is_pick(e)) return picked(t, e, depth, out);
    return e->operation->arithmetic && arithmetic(t, e, depth, out);
}

static bool glance(const struct trace *t, value v, int depth, value *out)
{
    if (depth == 0) return false;
    for (;;) {
        switch (object_type(v)) {
        case T_CHOICE:
            *out = ((const struct choice *)as_object(v))->held;
            return *out != V_UNBOUND;
        case T_EXPRESSION:
            if (!follow(t, as_object(v), depth - 1, &v)) return false;
            break;
        case T_REGION: {
            const struct region *r = as_object(v);
            if (region_failed(r) || !region_is_settled(t, r)) return false;
            v = r->result;
            break;
        }
        default: *out = v; return !has_reference(v);
        }
    }
}

bool trace_glance(const struct trace *t, value v, value *out)
{
    return glance(t, v, DEPTH, out);
}
