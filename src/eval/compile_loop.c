/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Loops: tail calls of oneself, which take no call. The operands are put
 * where the parameters are, and the body begins again.
 */
#include "base/memory.h"
#include "base/stack.h"
#include "eval/compile_inside.h"

bool compile_is_loop(const struct function *f, const struct core *c)
{
    const struct core *l = f->lambda;
    if (c->kind != CORE_APPLY || !l || l->rest || c->count != l->count)
        return false;
    if (c->test->kind == CORE_LOCAL) return c->test->local == f->self;
    return c->test->kind == CORE_GLOBAL && c->test->global->name == l->constant;
}

/* Does c mention v? When there is much to read, perhaps it does. */
static bool mentions(const struct core *c, const struct variable *v,
                     int *patience)
{
    if (!c) return false;
    if (--*patience < 0 || stack_is_low()) return true;
    if (c->kind == CORE_LOCAL) return c->local == v;
    for (uint32_t i = 0; c->items && i < c->count; i++)
        if (mentions(c->items[i], v, patience)) return true;
    return mentions(c->test, v, patience) || mentions(c->body, v, patience) ||
           mentions(c->other, v, patience);
}

/* The operands go straight into the parameters, but where a later one still
 * wants the parameter's old value. */
static void place_loop(struct function *f, struct core *c)
{
    enum { PATIENCE = 1000 };
    int patience = PATIENCE;
    uint16_t *places = memory_new_atomic((c->count + 1) * sizeof *places);
    if (!places) {
        function_fail(f, NULL);
        return;
    }
    /* With a register above the last parameter, no application is built in
     * that parameter while it still reads it. */
    function_take(f);
    for (uint32_t i = 0; i < c->count; i++) {
        bool wanted = false;
        for (uint32_t k = i + 1; k < c->count && !wanted; k++)
            wanted = mentions(c->items[k], f->lambda->variables[i], &patience);
        places[i] = (uint16_t)(wanted ? function_take(f) : i);
        compile_value(f, c->items[i], places[i]);
    }
    f->span = c->span;
    for (uint32_t i = 0; i < c->count; i++) emit_move(f, i, places[i]);
}

/* Counters are stepped and the turn is taken in one go. The instructions stay
 * as they are behind the first, whose name says what follows: so jumps may
 * land between them, and what is no integer goes on one by one. */
static void fuse_steps(struct function *f)
{
    struct instruction *i = f->instructions + f->length;
    for (int steps = 0; steps < 2 && i > f->instructions; steps++) {
        i--;
        if (i->op != OP_ADD_I || i->a != i->b) return;
        i->op = steps ? OP_STEP_STEP_LOOP : OP_STEP_LOOP;
    }
}

void compile_loop(struct function *f, struct core *c)
{
    uint32_t saved = f->next;
    place_loop(f, c);
    if (!f->failed) fuse_steps(f);
    const struct global *by_name = c->test->global;
    emit_wide(f, OP_LOOP, function_site(f) + 1,
              by_name ? (int32_t)function_constant(f, v_object(by_name)) : -1);
    f->next = saved;
}
