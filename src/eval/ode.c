/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Ordinary differential equations: (ode-rk45 f z0 t0 ts) and ode-bdf, by
 * GSL's solvers, with f a procedure of the language.
 *
 * The solver is C that asks for derivatives, so each is a run of the machine
 * inside this native's step, the one place where the machine stands on the C
 * stack beneath itself. How deep an f may solve equations of its own is
 * bounded by what is left of that stack. State and derivatives are plain: f
 * is run as often as the solver wants, and what is random in z0 or in an
 * answer is forced.
 */
#include "base/memory.h"
#include "base/stack.h"
#include "eval/code.h"
#include "eval/operand.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <math.h>

enum { ODE_F, ODE_STATE, ODE_START, ODE_TIMES, ODE_RELATIVE, ODE_ABSOLUTE };
enum { ODE_STEPS = ODE_ABSOLUTE + 1, SIZE_MAX_ODE = 10000 };

struct ode {
    struct machine *m;
    const char *who;
    value f;
    uint64_t location, calls;
    size_t size;
    bool scalar; /* the state is a number, not a vector */
    double start, time, relative, absolute;
    size_t steps;
    struct doubles state, times;
    double *work; /* 2 size, for the Jacobian */
};

/* ---- derivatives -------------------------------------------------------- */

static value state_value(const struct ode *o, const double *z)
{
    if (o->scalar) return v_double(*z);
    value v = vector_make(o->size, 0);
    if (v != V_UNBOUND) memcpy(as_vector(v)->at, z, o->size * sizeof *z);
    return v;
}

/* The answer of f as numbers; false with m->error. */
static bool take_derivative(struct ode *o, value answer_, double *to)
{
    struct doubles d;
    value v;
    if (!machine_force(o->m, answer_, true, &v)) return false;
    if (o->scalar) return operand_number(o->m, o->who, v, to);
    if (!operand_doubles(o->m, o->who, v, &d)) return false;
    size_t count = d.count;
    bool fits = count == o->size;
    if (fits) memcpy(to, d.at, count * sizeof *to);
    doubles_close(&d);
    return fits || operand_error(o->m,
                                 "%s: the state has %zu numbers, its "
                                 "derivative %zu",
                                 o->who, o->size, count);
}

/* GSL's callback. An error of the program ends the solution; a derivative
 * that is not finite makes the solver try a shorter step. */
static int derivative(double t, const double *z, double *to, void *data)
{
    struct ode *o = data;
    value operands[] = {v_double(t), state_value(o, z)}, out;
    if (operands[1] == V_UNBOUND) {
        machine_no_memory(o->m);
        return GSL_EBADFUNC;
    }
    uint64_t location = location_extend(o->location, ++o->calls << 3);
    if (!machine_apply(o->m, o->f, 2, operands, location, &out) ||
        !take_derivative(o, out, to))
        return GSL_EBADFUNC;
    for (size_t i = 0; i < o->size; i++)
        if (!isfinite(to[i])) return GSL_FAILURE;
    return GSL_SUCCESS;
}

/* By forward differences, each as long as half the digits allow. */
static int jacobian(double t, const double *z, double *by_z, double *by_t,
                    void *data)
{
    struct ode *o = data;
    size_t n = o->size;
    double *here = o->work, *moved = here + n, *there = moved + n;
    int status = derivative(t, z, here, o);
    memcpy(moved, z, n * sizeof *moved);
    for (size_t j = 0; j < n && status == GSL_SUCCESS; j++) {
        double step = 1.5e-8 * fmax(fabs(z[j]), 1e-3);
        moved[j] = z[j] + step;
        step = moved[j] - z[j];
        status = derivative(t, moved, there, o);
        for (size_t i = 0; i < n; i++)
            by_z[i * n + j] = (there[i] - here[i]) / step;
        moved[j] = z[j];
    }
    double step = 1.5e-8 * fmax(fabs(t), 1e-3);
    if (status == GSL_SUCCESS) status = derivative(t + step, z, there, o);
    for (size_t i = 0; i < n; i++) by_t[i] = (there[i] - here[i]) / step;
    return status;
}

/* ---- the solution ------------------------------------------------------- */

static bool explain(struct ode *o, int status, double t)
{
    if (status == GSL_EBADFUNC) return false; /* f's own error */
    if (status == GSL_EMAXITER)
        return machine_domain_error(
            o->m, "%s: more than %zu steps to t = %g; the equations may be %s",
            o->who, o->steps, t,
            strcmp(o->who, "ode-bdf") == 0 ? "too hard at these tolerances"
                                           : "stiff: try ode-bdf");
    return machine_domain_error(
        o->m,
        "%s: the solution does not go on to t = %g: its derivative is "
        "not finite, or changes too fast",
        o->who, t);
}

static bool advance(struct ode *o, gsl_odeiv2_driver *driver, double *z,
                    double *to)
{
    double t = o->start;
    for (size_t i = 0; i < o->times.count; i++) {
        double next = o->times.at[i];
        int status = next > t ? gsl_odeiv2_driver_apply(driver, &t, next, z)
                              : GSL_SUCCESS;
        if (status != GSL_SUCCESS) return explain(o, status, next);
        memcpy(to + i * o->size, z, o->size * sizeof *z);
    }
    return true;
}

static bool solve(struct ode *o, const gsl_odeiv2_step_type *type, value *out)
{
    gsl_odeiv2_system system = {derivative, jacobian, o->size, o};
    size_t n = o->size;
    double *to, *z = memory_new_atomic(4 * n * sizeof *z);
    value made;
    if (!z) return machine_no_memory(o->m);
    if (!answer_array(o->m, o->times.count, o->scalar ? 0 : n, &made, &to))
        return false;
    memcpy(z, o->state.at, n * sizeof *z);
    o->work = z + n;
    double span = o->times.at[o->times.count - 1] - o->start;
    gsl_odeiv2_driver *driver = gsl_odeiv2_driver_alloc_y_new(
        &system, type, fmax(1e-6 * span, 1e-300), o->absolute, o->relative);
    if (!driver) return machine_no_memory(o->m);
    gsl_odeiv2_driver_set_nmax(driver, o->steps);
    bool done = advance(o, driver, z, to);
    gsl_odeiv2_driver_free(driver);
    memory_free(z);
    if (done) *out = made;
    return done;
}

/* ---- operands ----------------------------------------------------------- */

static bool read_times(struct ode *o, value v)
{
    if (!operand_doubles(o->m, o->who, v, &o->times)) return false;
    if (o->times.count == 0)
        return machine_domain_error(o->m, "%s: there are no times", o->who);
    double before = o->start;
    for (size_t i = 0; i < o->times.count; i++) {
        double t = o->times.at[i];
        if (!(t >= before && t < INFINITY))
            return machine_domain_error(
                o->m, "%s: times must go up from t0, got %g after %g", o->who,
                t, before);
        before = t;
    }
    return true;
}

static bool read_state(struct ode *o, value v)
{
    value list = V_NIL;
    o->scalar = is_number(v);
    if (o->scalar) {
        list = cons(v, V_NIL);
        if (list == V_UNBOUND) return machine_no_memory(o->m);
    }
    if (!operand_doubles(o->m, o->who, o->scalar ? list : v, &o->state))
        return false;
    o->size = o->state.count;
    if (o->size == 0 || o->size > SIZE_MAX_ODE)
        return machine_domain_error(o->m,
                                    "%s: a state has 1 to %d numbers, got %zu",
                                    o->who, SIZE_MAX_ODE, o->size);
    for (size_t i = 0; i < o->size; i++)
        if (!isfinite(o->state.at[i]))
            return machine_domain_error(o->m, "%s: the state must be finite",
                                        o->who);
    return true;
}

static bool read_tolerance(struct ode *o, const value *at, uint32_t count,
                           uint32_t i, double *x)
{
    if (i >= count) return true;
    return operand_number(o->m, o->who, at[i], x) &&
           ((*x > 0 && *x < 1) ||
            machine_domain_error(o->m,
                                 "%s: a tolerance is between 0 and 1, got %g",
                                 o->who, *x));
}

static bool read_operands(struct ode *o, const value *at, uint32_t count)
{
    struct machine *m = o->m;
    o->f = at[ODE_F];
    if (!is_procedure(o->f))
        return machine_type_error(m, o->who, "a procedure (f t z)", o->f);
    if (!operand_number(m, o->who, at[ODE_START], &o->start)) return false;
    if (!isfinite(o->start))
        return machine_domain_error(m, "%s: t0 must be finite", o->who);
    if (count > ODE_STEPS &&
        !operand_count(m, o->who, at[ODE_STEPS], &o->steps))
        return false;
    return read_state(o, at[ODE_STATE]) && read_times(o, at[ODE_TIMES]) &&
           read_tolerance(o, at, count, ODE_RELATIVE, &o->relative) &&
           read_tolerance(o, at, count, ODE_ABSOLUTE, &o->absolute);
}

/* What a solution needs beside its operands. */
struct solving {
    struct machine *m;
    const gsl_odeiv2_step_type *type;
};

static bool solve_plain(struct equation *e, value *out)
{
    const struct solving *s = e->context;
    struct machine *m = s->m;
    struct ode o = {.m = m,
                    .who = e->who,
                    .location = e->location,
                    .relative = 1e-8,
                    .absolute = 1e-8,
                    .steps = 1000000};
    value plain[ODE_STEPS + 1];
    if (stack_is_low())
        return error_set(&m->error, ERROR_LIMIT,
                         "%s: too many solutions inside of each other", e->who);
    for (uint32_t i = 0; i < e->count; i++)
        if (!machine_force(m, e->operands[i], true, &plain[i])) return false;
    gsl_error_handler_t *handler = gsl_set_error_handler_off();
    bool done = read_operands(&o, plain, e->count) && solve(&o, s->type, out);
    gsl_set_error_handler(handler);
    doubles_close(&o.state);
    doubles_close(&o.times);
    return done;
}

static enum step run(struct machine *m, struct frame *f, value *at,
                     const char *who, const gsl_odeiv2_step_type *type)
{
    struct solving solving = {m, type};
    struct equation e = {.who = who,
                         .count = f->arguments,
                         .operands = at,
                         .location = location_of(f),
                         .solve = solve_plain,
                         .context = &solving};
    value out = V_NIL;
    bool done = m->handler->equation ? m->handler->equation(m, &e, &out)
                                     : solve_plain(&e, &out);
    return done ? native_return(f, at, out) : STEP_ERROR;
}

static enum step ode_rk45(struct machine *m, struct frame *f, value *at)
{
    return run(m, f, at, "ode-rk45", gsl_odeiv2_step_rkf45);
}

static enum step ode_bdf(struct machine *m, struct frame *f, value *at)
{
    return run(m, f, at, "ode-bdf", gsl_odeiv2_step_msbdf);
}

/* ---- the table ---------------------------------------------------------- */

struct native natives_ode[] = {
    {.names = "ode-rk45",
     .step = ode_rk45,
     .min = 4,
     .max = 7,
     .topic = "differential equations",
     .signature = "(ode-rk45 f z0 t0 ts [relative absolute steps])",
     .doc = "the solution of dz/dt = (f t z) from z0 at t0: a row for each of "
            "the times ts (a vector, when z0 is a number); Runge and Kutta's "
            "method of orders 4 and 5"},
    {.names = "ode-bdf",
     .step = ode_bdf,
     .min = 4,
     .max = 7,
     .topic = "differential equations",
     .signature = "(ode-bdf f z0 t0 ts [relative absolute steps])",
     .doc = "the same for stiff equations, by backward differentiation"},
};
const size_t natives_ode_count = sizeof natives_ode / sizeof *natives_ode;
