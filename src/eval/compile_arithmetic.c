/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives that have instructions of their own: arithmetic and comparison of
 * two operands, and the tests that jump without making a boolean. Which
 * instruction serves which primitive is a row of a table.
 */
#include "eval/compile_inside.h"

const struct primitive *core_primitive(const struct core *c)
{
    if (c->kind != CORE_APPLY || c->test->kind != CORE_CONSTANT ||
        !is_type(c->test->constant, T_PRIMITIVE))
        return NULL;
    const struct primitive *p = as_object(c->test->constant);
    int n = (int)c->count;
    return n >= p->min && (p->max < 0 || n <= p->max) ? p : NULL;
}

bool primitive_is(const struct primitive *p, const char *name)
{
    size_t n = strlen(name);
    return strncmp(p->names, name, n) == 0 &&
           (p->names[n] == 0 || p->names[n] == ' ');
}

static const struct {
    const char *name;
    enum operation op, with_constant;
} arithmetic[] = {
    {"+", OP_ADD, OP_ADD_K},
    {"-", OP_SUBTRACT, OP_SUBTRACT_K},
    {"*", OP_MULTIPLY, OP_MULTIPLY_K},
    {"/", OP_DIVIDE, OP_DIVIDE_K},
};

/* Comparisons: how Ra op Rb is tested, and with which order of operands. */
static const struct {
    const char *name;
    enum operation op, fused, fused_constant, fused_small;
    bool swapped;
} comparisons[] = {
    {"<", OP_LESS, OP_UNLESS_LESS, OP_UNLESS_LESS_K, OP_UNLESS_LESS_I, false},
    {"<=", OP_LESS_EQUAL, OP_UNLESS_LESS_EQUAL, OP_UNLESS_LESS_EQUAL_K,
     OP_UNLESS_LESS_EQUAL_I, false},
    {">", OP_LESS, OP_UNLESS_LESS, OP_UNLESS_GREATER_K, OP_UNLESS_GREATER_I,
     true},
    {">=", OP_LESS_EQUAL, OP_UNLESS_LESS_EQUAL, OP_UNLESS_GREATER_EQUAL_K,
     OP_UNLESS_GREATER_EQUAL_I, true},
    {"=", OP_EQUAL, OP_UNLESS_EQUAL, OP_UNLESS_EQUAL_K, OP_UNLESS_EQUAL_I,
     false},
};

static int find_comparison(const struct primitive *p)
{
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
        if (primitive_is(p, comparisons[i].name)) return (int)i;
    return -1;
}

/* A number that an instruction can name: its index, else -1. */
static int64_t number_constant(struct function *f, const struct core *c)
{
    if (c->kind != CORE_CONSTANT || !is_number(c->constant)) return -1;
    uint32_t k = function_constant(f, c->constant);
    return k <= NARROW ? (int64_t)k : -1;
}

/* An integer that an instruction can hold itself. */
static bool small_constant(const struct core *c, int16_t *out)
{
    if (c->kind != CORE_CONSTANT || !is_int(c->constant)) return false;
    int64_t i = as_int(c->constant);
    *out = (int16_t)i;
    return i == *out;
}

/* (inc x), (dec x). */
static bool step(struct function *f, struct core *c, const struct primitive *p,
                 uint32_t to)
{
    int by = primitive_is(p, "inc") ? 1 : primitive_is(p, "dec") ? -1 : 0;
    if (c->count != 1 || !by) return false;
    uint32_t saved = f->next, a = compile_operand(f, c->items[0]);
    f->span = c->span;
    emit_abc(f, OP_ADD_I, to, a, (uint16_t)by);
    f->next = saved;
    return true;
}

bool compile_arithmetic(struct function *f, struct core *c,
                        const struct primitive *p, uint32_t to)
{
    if (c->count != 2) return step(f, c, p, to);
    uint32_t saved = f->next;
    for (size_t i = 0; i < sizeof arithmetic / sizeof *arithmetic; i++) {
        if (!primitive_is(p, arithmetic[i].name)) continue;
        uint32_t a = compile_operand(f, c->items[0]);
        int16_t small;
        if (i < 2 && small_constant(c->items[1], &small) && small >= (int)i) {
            f->span = c->span;
            emit_abc(f, OP_ADD_I, to, a, (uint16_t)(i ? -small : small));
            f->next = saved;
            return true;
        }
        int64_t k = number_constant(f, c->items[1]);
        uint32_t b = k < 0 ? compile_operand(f, c->items[1]) : (uint32_t)k;
        f->span = c->span;
        emit_abc(f, k < 0 ? arithmetic[i].op : arithmetic[i].with_constant, to,
                 a, b);
        f->next = saved;
        return true;
    }
    int i = find_comparison(p);
    if (i < 0) return false;
    uint32_t a = compile_operand(f, c->items[0]);
    uint32_t b = compile_operand(f, c->items[1]);
    f->span = c->span;
    bool swap = comparisons[i].swapped;
    emit_abc(f, comparisons[i].op, to, swap ? b : a, swap ? a : b);
    f->next = saved;
    return true;
}

bool compile_comparison(struct function *f, struct core *c, jumps *out)
{
    const struct primitive *p = core_primitive(c);
    int i = p && c->count == 2 && !f->narrow_only ? find_comparison(p) : -1;
    if (i < 0) return false;
    uint32_t saved = f->next;
    uint32_t a = compile_operand(f, c->items[0]), b;
    enum operation op = comparisons[i].fused_small;
    int16_t small;
    bool swap = false;
    int64_t k = number_constant(f, c->items[1]);
    if (op == OP_UNLESS_EQUAL_I && k >= 0 && is_int(c->items[1]->constant)) {
        b = (uint32_t)k;
    } else if (op != OP_UNLESS_EQUAL_I && small_constant(c->items[1], &small)) {
        b = (uint16_t)small;
    } else {
        b = k < 0 ? compile_operand(f, c->items[1]) : (uint32_t)k;
        op = k < 0 ? comparisons[i].fused : comparisons[i].fused_constant;
        swap = k < 0 && comparisons[i].swapped;
    }
    f->span = c->span;
    jumps link = *out == NOWHERE ? 0 : (jumps)f->length - *out;
    if (link > NARROW) {
        f->too_far = true;
        link = 0;
    }
    *out = (jumps)emit_abc(f, op, swap ? b : a, swap ? a : b, (uint32_t)link);
    f->next = saved;
    return true;
}
