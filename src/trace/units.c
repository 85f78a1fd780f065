/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a program to units: see units.h. First every directive is evaluated
 * once, with nothing read: what is made on the way are units, and where a
 * result is one, an OBSERVE gives it its value. A directive that must look at
 * a random value to go on becomes a unit itself. Then all units are made, each
 * behind those that it reads.
 */
#include "trace/units.h"

#include "base/memory.h"
#include "eval/expression.h"
#include "eval/global.h"
#include "trace/application.h"

enum {
    DEPTH_MAX = 100,  /* of lists that a directive gives */
    UNITS_MAX = 50000 /* a program that goes on and on has no end of them */
};

struct unit *unit_new(struct units *u, enum unit_kind kind)
{
    if (u->all.count == UNITS_MAX) return NULL;
    struct unit *x = memory_new(sizeof *x);
    if (!x) return NULL;
    x->token.head.type = T_CHOICE;
    x->kind = kind;
    x->number = u->all.count;
    x->given = V_UNBOUND;
    return list_push(u->m, &u->all, x) ? x : NULL;
}

/* ---- directives --------------------------------------------------------------- */

static struct unit *code_unit(struct units *u, enum unit_kind kind,
                              const struct directive *d,
                              const struct code *code)
{
    struct unit *x = unit_new(u, kind);
    if (!x) {
        machine_no_memory(u->m);
        return NULL;
    }
    x->directive = d;
    x->code = code;
    x->location = d ? directive_location(d) : UINT64_C(0xbace);
    return x;
}

/* In what a directive gives, what may raise is read: a state in which it does
 * is none. */
static bool check_values(struct units *u, value v, int depth)
{
    if (depth == 0) return units_unfit(u);
    for (; is_pair(v); v = cdr(v))
        if (!check_values(u, car(v), depth - 1)) return false;
    if (!is_type(v, T_EXPRESSION)) return true;
    struct unit *x = unit_new(u, UNIT_VALUE);
    if (!x) return machine_no_memory(u->m);
    x->expression = v;
    return true;
}

static bool assume(struct units *u, const struct directive *d, bool looked,
                   value result)
{
    struct global *g = global_make(u->m, d->name, false);
    if (!g) return machine_no_memory(u->m);
    if (looked) {
        struct unit *x = code_unit(u, UNIT_CODE, d, d->code);
        if (!x) return false;
        g->held = v_object(x);
        return true;
    }
    g->held = result;
    return check_values(u, result, DEPTH_MAX);
}

/* The unit that it gives its value; or it becomes one. */
static bool observe(struct units *u, const struct directive *d, bool looked,
                    value result)
{
    value target = V_NIL;
    if (!looked) {
        u->looked = false;
        looked = !expression_target(u->m, result, units_read, &target);
        if (looked && !u->looked) return false;
    }
    if (looked) {
        struct unit *x = code_unit(u, UNIT_DATUM, d, d->code);
        if (x) x->given = d->given;
        return x != NULL;
    }
    struct unit *x = as_object(target);
    if (!is_type(target, T_CHOICE) || x->given != V_UNBOUND)
        return units_unfit(u);
    x->given = d->given;
    return true;
}

static bool take_directive(struct units *u, const struct directive *d)
{
    struct machine *m = u->m;
    value result = V_NIL;
    if (d->kind == DIRECTIVE_OBSERVE_EACH || !d->code) return units_unfit(u);
    if (directive_is_term(d))
        return code_unit(u, UNIT_DATUM, d, d->code) != NULL;
    u->looked = false;
    bool ok = machine_run(m, d->code, directive_location(d), &result);
    if (!ok && !u->looked) return false;
    error_clear(&m->error);
    if (d->kind == DIRECTIVE_OBSERVE) return observe(u, d, !ok, result);
    if (d->kind == DIRECTIVE_ASSUME) return assume(u, d, !ok, result);
    /* A PREDICT. */
    return ok ? check_values(u, result, DEPTH_MAX)
              : code_unit(u, UNIT_VALUE, d, d->code) != NULL;
}

/* ---- all units ------------------------------------------------------------------ */

/* Those that a unit reads are made before it, by a stack. One that needs
 * itself fits nowhere. */
static bool make(struct units *u, struct unit *x)
{
    struct list stack = {NULL, 0, 0};
    bool ok = list_push(u->m, &stack, x);
    while (ok && stack.count) {
        struct unit *top = stack.at[stack.count - 1], *need;
        top->status = UNIT_ACTIVE;
        if (unit_enumerate(u, top, &need)) {
            top->status = UNIT_READY;
            stack.count--;
            continue;
        }
        if (!need) return false;
        error_clear(&u->m->error);
        ok = need->status == UNIT_NEW ? list_push(u->m, &stack, need)
                                      : units_unfit(u);
    }
    return ok;
}

static bool make_all(struct units *u)
{
    for (uint32_t i = 0; i < u->all.count; i++) {
        struct unit *x = u->all.at[i];
        if (x->status != UNIT_READY && !make(u, x)) return false;
    }
    return true;
}

static bool take_all(struct units *u, struct directive *const *program,
                     uint32_t count, const struct code *query)
{
    for (uint32_t i = 0; i < count; i++)
        if (!take_directive(u, program[i])) return false;
    return code_unit(u, UNIT_QUERY, NULL, query) && make_all(u);
}

/* ---- beside the engine ------------------------------------------------------------ */

static bool is_final(const struct error *e)
{
    return e->kind == ERROR_CANCEL || e->kind == ERROR_LIMIT;
}

/* What names stand for in the engine's state; NULL: memory ran out. */
static value *names_keep(struct units *u, struct directive *const *program,
                         uint32_t count)
{
    value *held = memory_new((count + 1) * sizeof *held);
    for (uint32_t i = 0; held && i < count; i++) {
        if (program[i]->kind != DIRECTIVE_ASSUME) continue;
        struct global *g = global_make(u->m, program[i]->name, false);
        if (g) held[i] = g->held;
    }
    return held;
}

static void names_restore(struct units *u, struct directive *const *program,
                          uint32_t count, const value *held)
{
    for (uint32_t i = 0; i < count; i++) {
        if (program[i]->kind != DIRECTIVE_ASSUME) continue;
        struct global *g = global_make(u->m, program[i]->name, false);
        if (g) g->held = held[i];
    }
}

bool units_make(struct units *u, struct machine *m,
                struct directive *const *program, uint32_t count,
                const struct code *query, double most, bool *fits)
{
    *u = (struct units){.m = m, .most = (uint64_t)most};
    u->outer = m->handler;
    u->outer_engine = m->engine;
    value *held = names_keep(u, program, count);
    if (!held) return machine_no_memory(m);
    bool hooked = m->hooked_calls;
    m->handler = &units_handler;
    m->engine = u;
    m->hooked_calls = m->hooked_tails = true;
    *fits = take_all(u, program, count, query);
    m->handler = u->outer;
    m->engine = u->outer_engine;
    m->hooked_calls = hooked;
    m->hooked_tails = false;
    names_restore(u, program, count, held);
    bool ok = *fits || !is_final(&m->error);
    if (ok) error_clear(&m->error);
    return ok;
}
