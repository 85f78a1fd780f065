/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The compiler: core forms to code, in one pass. Registers are taken like a
 * stack: parameters, then the variables of lets, then what is under way.
 *
 * Two things are particular to this language. A call leaves its answer where
 * its procedure stood, so an answer that is built on top of the registers
 * needs no move. And an `if` whose branches are simple has a second text, in
 * which a reference for the test makes a select of both branches: there
 * nothing is forced, and errors wait until the branch is taken.
 */
#include "base/memory.h"
#include "base/stack.h"
#include "eval/compile_inside.h"

static void compile_tail(struct function *f, struct core *c);
static void compile_branch(struct function *f, struct core *c, bool when,
                           jumps *out);
static void build(struct function *f, struct core *c, uint32_t to);

/* ---- variables and procedures -------------------------------------------- */

static bool in_register(const struct function *f, const struct core *c)
{
    return c->kind == CORE_LOCAL && c->local->owner == f;
}

uint32_t compile_operand(struct function *f, struct core *c)
{
    if (in_register(f, c)) return c->local->at;
    uint32_t r = function_take(f);
    compile_value(f, c, r);
    return r;
}

static struct code *compile_lambda(struct function *outer, struct core *c,
                                   const struct variable *self)
{
    struct function f = {.machine = outer->machine,
                         .outer = outer,
                         .span = c->span,
                         .lambda = c,
                         .self = self,
                         .narrow_only = outer->narrow_only};
    for (uint32_t i = 0; i < c->count; i++) {
        c->variables[i]->owner = &f;
        c->variables[i]->at = (uint16_t)function_take(&f);
    }
    compile_tail(&f, c->body);
    struct code *code = f.failed ? NULL : function_finish(&f, c);
    if (f.failed) outer->failed = true;
    if (f.too_far) outer->too_far = true;
    return code;
}

static struct code *make_closure(struct function *f, struct core *c,
                                 const struct variable *self, uint32_t to)
{
    struct code *code = compile_lambda(f, c, self);
    if (!code) return NULL;
    f->span = c->span;
    emit_wide(f, OP_CLOSURE, to, (int32_t)function_constant(f, v_object(code)));
    return code;
}

static void letrec_closures(struct function *f, struct core *c)
{
    uint32_t first = f->next;
    for (uint32_t i = 0; i < c->count; i++) {
        c->variables[i]->owner = f;
        c->variables[i]->at = (uint16_t)function_take(f);
    }
    struct code **codes = memory_new((c->count + 1) * sizeof *codes);
    if (!codes) {
        function_fail(f, NULL);
        return;
    }
    for (uint32_t i = 0; i < c->count && !f->failed; i++)
        codes[i] = make_closure(f, c->items[i], c->variables[i], first + i);
    /* They capture each other: known once all are made. */
    for (uint32_t i = 0; i < c->count && !f->failed; i++)
        for (uint32_t k = 0; k < codes[i]->capture_count; k++) {
            struct capture *p = &codes[i]->captures[k];
            if (p->local && p->from >= first && p->from < first + c->count)
                emit_abc(f, OP_PATCH, first + i, k, p->from);
        }
}

/* ---- applications -------------------------------------------------------- */

/* `procedure operands ...` in registers from the first free one on; answers
 * which. With `to` on top of the registers it is that one. */
static uint32_t place_call(struct function *f, struct core *c, uint32_t to)
{
    uint32_t base = to + 1 == f->next ? to : function_take(f);
    compile_value(f, c->test, base);
    for (uint32_t i = 0; i < c->count; i++)
        compile_value(f, c->items[i], function_take(f));
    f->span = c->span;
    return base;
}

static void apply(struct function *f, struct core *c, uint32_t to)
{
    const struct primitive *p = core_primitive(c);
    uint32_t saved = f->next;
    if (p && compile_arithmetic(f, c, p, to)) return;
    uint32_t k = p ? function_constant(f, c->test->constant) : 0;
    if (p && k <= NARROW) {
        uint32_t base = to + 1 == f->next ? to : function_take(f);
        for (uint32_t i = 0; i < c->count; i++)
            compile_value(f, c->items[i], i ? function_take(f) : base);
        f->span = c->span;
        emit_abc(f, OP_PRIMITIVE, base, k, c->count);
        emit_move(f, to, base);
    } else {
        uint32_t base = place_call(f, c, to);
        emit_abc(f, OP_CALL, base, c->count, function_site(f));
        emit_move(f, to, base);
    }
    f->next = saved;
}

/* ---- choosing ------------------------------------------------------------ */

static bool is_constant(const struct core *c, value v)
{
    return c->kind == CORE_CONSTANT && c->constant == v;
}

/* Falls through, or jumps when the truth of c is `when`. A test that is made
 * of tests jumps from each of them, and makes no booleans on the way. What is
 * tested here is forced: no branch of this `if` can be a select's. */
static void compile_branch(struct function *f, struct core *c, bool when,
                           jumps *out)
{
    if (stack_is_low()) {
        function_fail(f, "nested too deeply");
        return;
    }
    const struct primitive *p = core_primitive(c);
    jumps here = NOWHERE;
    if (p && c->count == 1 && primitive_is(p, "not")) {
        compile_branch(f, c->items[0], !when, out);
    } else if (c->kind == CORE_IF && c->or_form) {
        compile_branch(f, c->test, true, when ? out : &here);
        compile_branch(f, c->other, when, out);
        emit_land(f, here);
    } else if (c->kind == CORE_IF && is_constant(c->other, V_FALSE)) {
        compile_branch(f, c->test, false, when ? &here : out);
        compile_branch(f, c->body, when, out);
        emit_land(f, here);
    } else if (!when && compile_comparison(f, c, out)) {
        return;
    } else {
        uint32_t saved = f->next;
        uint32_t r = compile_operand(f, c);
        f->span = c->span;
        emit_jump(f, when ? OP_JUMP_TRUE : OP_JUMP_FALSE, r, out);
        f->next = saved;
    }
}

/* In a branch of a select: nothing is forced, nothing raised. */
static void build(struct function *f, struct core *c, uint32_t to)
{
    if (stack_is_low()) {
        function_fail(f, "nested too deeply");
        return;
    }
    uint32_t saved = f->next;
    if (c->kind == CORE_IF) {
        uint32_t base = function_take(f), body = function_take(f),
                 other = function_take(f);
        build(f, c->test, base);
        if (c->or_form)
            emit_move(f, body, base);
        else
            build(f, c->body, body);
        build(f, c->other, other);
        f->span = c->span;
        emit_abc(f, OP_SELECT, base, body, other);
        emit_move(f, to, base);
    } else if (c->kind == CORE_APPLY) {
        uint32_t base = function_take(f);
        for (uint32_t i = 0; i < c->count; i++)
            build(f, c->items[i], i ? function_take(f) : base);
        f->span = c->span;
        uint32_t k = function_constant(f, c->test->constant);
        if (k > NARROW) function_fail(f, "too many constants in one body");
        emit_abc(f, OP_BUILD, base, k, c->count);
        emit_move(f, to, base);
    } else {
        compile_value(f, c, to);
    }
    f->next = saved;
}

/* The second text of an `if`, run when the test turned out to be a reference:
 * both branches as expressions over it. */
static void select_path(struct function *f, struct core *c, uint32_t test,
                        uint32_t to)
{
    uint32_t body = function_take(f), other = function_take(f);
    if (c->or_form)
        emit_move(f, body, test);
    else
        build(f, c->body, body);
    build(f, c->other, other);
    f->span = c->span;
    emit_abc(f, OP_SELECT, test, body, other);
    emit_move(f, to, test);
}

/* `to` is NOWHERE in tail position. Where both branches are simple the test's
 * value is kept in a register of its own, for the select; else it is only
 * jumped upon. An `or` answers its test, so it keeps it in any case. */
static void compile_if(struct function *f, struct core *c, int64_t to)
{
    bool tail = to == NOWHERE;
    bool selects = (c->or_form || c->body->simple) && c->other->simple;
    uint32_t saved = f->next;
    jumps otherwise = NOWHERE, end = NOWHERE, reference = NOWHERE;
    uint32_t test = 0;
    if (selects || c->or_form) {
        test = function_take(f);
        compile_value(f, c->test, test);
        f->span = c->span;
        if (selects) emit_jump(f, OP_JUMP_REFERENCE, test, &reference);
        emit_jump(f, OP_JUMP_FALSE, test, &otherwise);
    } else {
        compile_branch(f, c->test, false, &otherwise);
    }
    if (c->or_form) {
        if (tail)
            emit_abc(f, OP_RETURN, test, 0, 0);
        else
            emit_move(f, (uint32_t)to, test);
    } else if (tail) {
        compile_tail(f, c->body);
    } else {
        compile_value(f, c->body, (uint32_t)to);
    }
    if (!tail) emit_jump(f, OP_JUMP, 0, &end);
    emit_land(f, otherwise);
    if (tail)
        compile_tail(f, c->other);
    else
        compile_value(f, c->other, (uint32_t)to);
    if (selects) {
        if (!tail) emit_jump(f, OP_JUMP, 0, &end);
        emit_land(f, reference);
        select_path(f, c, test, tail ? test : (uint32_t)to);
        if (tail) emit_abc(f, OP_RETURN, test, 0, 0);
    }
    emit_land(f, end);
    f->next = saved;
}

/* ---- everything ---------------------------------------------------------- */

/* A variable belongs to the body only when its value is there: until then an
 * outer variable of that name is another `struct variable`. */
static void let_values(struct function *f, struct core *c)
{
    for (uint32_t i = 0; i < c->count && !f->failed; i++) {
        uint32_t r = function_take(f);
        compile_value(f, c->items[i], r);
        c->variables[i]->owner = f;
        c->variables[i]->at = (uint16_t)r;
    }
}

void compile_value(struct function *f, struct core *c, uint32_t to)
{
    if (f->failed) return;
    if (stack_is_low()) {
        function_fail(f, "nested too deeply");
        return;
    }
    uint32_t saved = f->next;
    f->span = c->span;
    switch ((enum core_kind)c->kind) {
    case CORE_CONSTANT:
        emit_wide(f, OP_CONSTANT, to,
                  (int32_t)function_constant(f, c->constant));
        break;
    case CORE_LOCAL:
        if (c->local->owner == f)
            emit_move(f, to, c->local->at);
        else if (c->local == f->self)
            emit_abc(f, OP_SELF, to, 0, 0);
        else
            emit_abc(f, OP_CAPTURED, to, function_capture(f, c->local), 0);
        break;
    case CORE_GLOBAL:
        emit_wide(f, OP_GLOBAL, to,
                  (int32_t)function_constant(f, v_object(c->global)));
        break;
    case CORE_LAMBDA: make_closure(f, c, NULL, to); break;
    case CORE_IF: compile_if(f, c, to); break;
    case CORE_LET:
        let_values(f, c);
        compile_value(f, c->body, to);
        break;
    case CORE_LETREC:
        letrec_closures(f, c);
        compile_value(f, c->body, to);
        break;
    case CORE_APPLY: apply(f, c, to); break;
    }
    f->next = saved;
}

static void compile_tail(struct function *f, struct core *c)
{
    if (f->failed) return;
    if (stack_is_low()) {
        function_fail(f, "nested too deeply");
        return;
    }
    f->span = c->span;
    if (c->kind == CORE_IF) {
        compile_if(f, c, NOWHERE);
    } else if (c->kind == CORE_LET) {
        let_values(f, c);
        compile_tail(f, c->body);
    } else if (c->kind == CORE_LETREC) {
        letrec_closures(f, c);
        compile_tail(f, c->body);
    } else if (compile_is_loop(f, c)) {
        compile_loop(f, c);
    } else if (c->kind == CORE_APPLY && !core_primitive(c)) {
        /* No register is on top of NARROW: procedure and operands get fresh
         * ones, above the parameters that they still read. */
        uint32_t base = place_call(f, c, NARROW);
        emit_abc(f, OP_TAIL, base, c->count, function_site(f));
    } else {
        uint32_t r = compile_operand(f, c);
        f->span = c->span;
        emit_abc(f, OP_RETURN, r, 0, 0);
    }
}

static struct code *compile_top(struct machine *m, struct core *c,
                                struct function *f)
{
    f->machine = m;
    f->span = c->span;
    /* No tail call here: its frame says where an error is. */
    uint32_t answer = function_take(f);
    compile_value(f, c, answer);
    emit_abc(f, OP_RETURN, answer, 0, 0);
    return f->failed ? NULL : function_finish(f, NULL);
}

/* Bodies in which a fused test would have to jump further than 65,535
 * instructions are rare, and known only at the end: then all is compiled
 * again without fused tests. */
struct code *compile(struct machine *m, struct core *core)
{
    struct function f = {.outer = NULL};
    struct code *code = compile_top(m, core, &f);
    if (f.too_far && !f.failed) {
        f = (struct function){.narrow_only = true};
        code = compile_top(m, core, &f);
    }
    return code;
}
