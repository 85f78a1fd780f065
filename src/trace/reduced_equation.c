/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Differential equations while a region is recorded. The solver is C that
 * looks at all numbers; so it runs without being noted, and what is recorded
 * is the derivative itself: f is applied once more to unknowns, and the
 * solution becomes one expression of its operands and of what f answered.
 * What it is worth now goes with it, for those who read it.
 */
#include "eval/code.h"
#include "eval/global.h"
#include "trace/reduced.h"

static bool now(struct machine *m, int n, const value *args, value *out)
{
    (void)m;
    (void)n;
    *out = args[0];
    return true;
}

struct primitive primitive_solution = {
    .names = "solution",
    .function = now,
    .min = SOLUTION_OPERANDS,
    .max = SOLUTION_OPERANDS,
    .look = LOOK_DEEP,
    .topic = "machine",
    .signature = "(solution now ...)",
    .doc = "of a differential equation",
};

static bool unknown_now(struct machine *m, int n, const value *args, value *out)
{
    return now(m, n, args + 1, out);
}

struct primitive primitive_unknown = {
    .names = "unknown",
    .function = unknown_now,
    .min = 2,
    .max = 2,
    .look = LOOK_DEEP,
    .topic = "machine",
    .signature = "(unknown id now)",
    .doc = "t, or a number of the state, in a derivative",
};

static bool unknown(struct trace *t, double at, value *out)
{
    value operands[2] = {v_int(t->unknowns++), v_double(at)};
    return expression_make(t->machine, &primitive_unknown, 2, operands, out);
}

/* A vector, or a list of numbers, of unknowns. */
static bool unknowns(struct trace *t, value state, value *out)
{
    struct machine *m = t->machine;
    const struct primitive *vector;
    if (is_number(state)) return unknown(t, as_number(state), out);
    struct global *g = machine_global(m, "vector");
    if (!g || !is_type(g->held, T_PRIMITIVE) || !is_vector(state))
        return error_set(&m->error, ERROR_USE,
                         "the state is a number, or a vector");
    vector = as_object(g->held);
    uint32_t n = as_vector(state)->head.size;
    value few[16];
    if (n > 16)
        return error_set(&m->error, ERROR_USE,
                         "a state of more than 16 numbers has no gradient");
    for (uint32_t i = 0; i < n; i++)
        if (!unknown(t, as_vector(state)->at[i], &few[i])) return false;
    return trace_defer(m, vector, (int)n, few, out);
}

static bool plain(struct trace *t, const struct equation *e, uint32_t i,
                  double fallback, value *out)
{
    *out = v_double(fallback);
    return i >= e->count || trace_deep(t, e->operands[i], out);
}

static bool record(struct trace *t, struct equation *e, value *out)
{
    struct machine *m = t->machine;
    value o[SOLUTION_OPERANDS], state, f, args[2];
    t->quiet = true;
    bool ok = e->solve(e, &o[SOLUTION_NOW]);
    t->quiet = false;
    ok = ok && trace_outer(t, e->operands[0], &f) &&
         trace_deep(t, e->operands[1], &state) &&
         plain(t, e, 2, 0.0, &o[SOLUTION_START]) &&
         plain(t, e, 3, 0.0, &o[SOLUTION_TIMES]) &&
         plain(t, e, 4, 1e-8, &o[SOLUTION_RELATIVE]) &&
         plain(t, e, 5, 1e-8, &o[SOLUTION_ABSOLUTE]) &&
         plain(t, e, 6, 1e6, &o[SOLUTION_STEPS]);
    if (!ok) return false;
    o[SOLUTION_STIFF] = v_boolean(strcmp(e->who, "ode-bdf") == 0);
    o[SOLUTION_STATE] = e->operands[1];
    o[SOLUTION_UNKNOWN] = v_int(t->unknowns);
    if (!unknown(t, as_number(o[SOLUTION_START]), &args[0]) ||
        !unknowns(t, state, &args[1]) ||
        !machine_apply(m, f, 2, args, location_extend(e->location, 1 << 3),
                       &o[SOLUTION_DERIVATIVE]))
        return false;
    return cuts_make(t, SOLUTION_OPERANDS, o, EXPRESSION_MAX / 4) &&
           expression_make(m, &primitive_solution, SOLUTION_OPERANDS, o, out) &&
           (*out != V_UNBOUND || (cuts_make(t, SOLUTION_OPERANDS, o, 0) &&
                                  expression_make(m, &primitive_solution,
                                                  SOLUTION_OPERANDS, o, out)));
}

bool trace_equation(struct machine *m, struct equation *e, value *out)
{
    struct trace *t = trace_of(m);
    return t->recording && !t->quiet ? record(t, e, out) : e->solve(e, out);
}
