/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The procedures through which a program speaks to its engine (mem, factor,
 * condition, and what observe, weight and predict become), and those that
 * touch the world outside of values: display, eval, gensym, error.
 */
#include <stdio.h>

#include "base/memory.h"
#include "base/stack.h"
#include "eval/machine_inside.h"
#include "eval/print.h"

static enum step mem(struct machine *m, struct frame *f, value *at)
{
    value procedure, out;
    if (!machine_force(m, at[0], false, &procedure)) return STEP_ERROR;
    if (!is_procedure(procedure)) {
        machine_type_error(m, "mem", "a procedure", procedure);
        return STEP_ERROR;
    }
    if (!m->handler->memoize(m, procedure, f->hash, &out)) return STEP_ERROR;
    return native_return(f, at, out);
}

static enum step factor(struct machine *m, struct frame *f, value *at)
{
    if (!m->handler->score(m, SCORE_FACTOR, at[0], f->hash)) return STEP_ERROR;
    return native_return(f, at, V_NOTHING);
}

static enum step condition(struct machine *m, struct frame *f, value *at)
{
    if (!m->handler->score(m, SCORE_CONDITION, at[0], f->hash))
        return STEP_ERROR;
    return native_return(f, at, V_NOTHING);
}

static enum step constrain(struct machine *m, struct frame *f, value *at,
                           enum constrain_kind kind, value target, value with)
{
    if (!m->handler->constrain(m, kind, target, with, f->hash))
        return STEP_ERROR;
    return native_return(f, at, target);
}

static enum step observe(struct machine *m, struct frame *f, value *at)
{
    return constrain(m, f, at, CONSTRAIN_OBSERVE, at[0], at[1]);
}

static enum step weight(struct machine *m, struct frame *f, value *at)
{
    return constrain(m, f, at, CONSTRAIN_WEIGHT, at[1], at[0]);
}

static enum step predict(struct machine *m, struct frame *f, value *at)
{
    return constrain(m, f, at, CONSTRAIN_PREDICT, at[1], at[0]);
}

/* ( tag name block thunk): what the thunk draws is marked. */
static enum step tag(struct machine *m, struct frame *f, value *at)
{
    if (f->phase) {
        m->tags = cdr(m->tags);
        return native_return(f, at, at[f->slots]);
    }
    if (!machine_force(m, at[0], true, &at[0]) ||
        !machine_force(m, at[1], true, &at[1]))
        return STEP_ERROR;
    value mark = cons(at[0], at[1]);
    value tags = mark == V_UNBOUND ? mark : cons(mark, m->tags);
    if (tags == V_UNBOUND) {
        machine_no_memory(m);
        return STEP_ERROR;
    }
    m->tags = tags;
    return native_call(m, f, at[2], 0, NULL);
}

/* ---- eval --------------------------------------------------------------------- */

/* Data as syntax, all at one place: errors in it point to the eval. */
static struct syntax *as_syntax(struct machine *m, value v, struct span where)
{
    if (stack_is_low()) {
        error_set(&m->error, ERROR_LIMIT, "eval: nested too deeply");
        return NULL;
    }
    if (!is_list(v) || v == V_NIL) return syntax_atom(where, v);
    uint32_t n = list_length(v);
    struct syntax **items = memory_new(n * sizeof *items);
    for (uint32_t i = 0; items && i < n; i++, v = cdr(v)) {
        items[i] = as_syntax(m, car(v), where);
        if (!items[i]) return NULL;
    }
    struct syntax *s = items ? syntax_list(where, n, items) : NULL;
    if (!s) machine_no_memory(m);
    return s;
}

static enum step eval(struct machine *m, struct frame *f, value *at)
{
    value datum;
    if (!machine_force(m, at[0], true, &datum)) return STEP_ERROR;
    struct syntax *s = as_syntax(m, datum, machine_place(m));
    struct code *code = s ? machine_compile(m, s) : NULL;
    struct closure *c = code ? closure_make(code, 0) : NULL;
    if (!c) {
        if (!m->error.kind) machine_no_memory(m);
        return STEP_ERROR;
    }
    return native_tail(m, f, v_object(c), 0, NULL);
}

/* ---- the world ------------------------------------------------------------------ */

static enum step gensym(struct machine *m, struct frame *f, value *at)
{
    value prefix = V_UNBOUND, v = V_UNBOUND;
    struct text name = {NULL, 0, 0};
    bool given = f->arguments > 0;
    if (given && !machine_force(m, at[0], false, &prefix)) return STEP_ERROR;
    if (given && !is_string(prefix) && !is_symbol(prefix)) {
        machine_type_error(m, "gensym", "a string or a symbol as prefix",
                           prefix);
        return STEP_ERROR;
    }
    if (text_puts(&name, given ? text_of(prefix) : "g") &&
        text_printf(&name, "%llu", (unsigned long long)m->symbols_made++))
        v = symbol(name.at);
    text_free(&name);
    if (v == V_UNBOUND) {
        machine_no_memory(m);
        return STEP_ERROR;
    }
    return native_return(f, at, v);
}

static bool display_all(struct machine *m, struct frame *f, value *at,
                        struct text *out)
{
    for (uint32_t i = 0; i < f->arguments; i++) {
        value v;
        if (!machine_force(m, at[i], true, &v)) return false;
        if ((i && !text_puts(out, " ")) || !display_value(out, v))
            return machine_no_memory(m);
    }
    return true;
}

static enum step display(struct machine *m, struct frame *f, value *at)
{
    struct text out = {NULL, 0, 0};
    bool ok = display_all(m, f, at, &out) &&
              (text_puts(&out, "\n") || machine_no_memory(m));
    if (ok && m->display)
        m->display(m->display_context, out.at, out.length);
    else if (ok)
        fwrite(out.at, 1, out.length, stdout);
    text_free(&out);
    return ok ? native_return(f, at, V_NOTHING) : STEP_ERROR;
}

static enum step raise(struct machine *m, struct frame *f, value *at)
{
    struct text out = {NULL, 0, 0};
    if (display_all(m, f, at, &out))
        error_set(&m->error, ERROR_USE, "%s", out.at ? out.at : "error");
    text_free(&out);
    return STEP_ERROR;
}

#define NATIVE(names_, step_, min_, max_, topic_, signature_, doc_) \
    {                                                               \
        .names = names_, .step = step_, .min = min_, .max = max_,   \
        .topic = topic_, .signature = signature_, .doc = doc_       \
    }

struct native natives_effect[] = {
    NATIVE("mem", mem, 1, 1, "random procedures", "(mem f)",
           "f memoized: equal operands, the same answer, also when f is "
           "random"),
    NATIVE("factor", factor, 1, 1, "conditioning", "(factor x)",
           "adds x to the log probability of this state"),
    NATIVE("condition", condition, 1, 1, "conditioning", "(condition test)",
           "keeps only the states in which test is true"),
    NATIVE(" observe", observe, 2, 2, "conditioning", NULL, NULL),
    NATIVE(" weight", weight, 2, 2, "conditioning", NULL, NULL),
    NATIVE(" predict", predict, 2, 2, "conditioning", NULL, NULL),
    NATIVE(" tag", tag, 3, 3, "conditioning", NULL, NULL),
    NATIVE("eval", eval, 1, 1, "procedures", "(eval datum)",
           "evaluates data as an expression of the top level"),
    NATIVE("gensym", gensym, 0, 1, "symbols", "(gensym [prefix])",
           "a symbol that was not there before: g0, or the prefix and a "
           "number"),
    NATIVE("display print", display, 0, -1, "output", "(display x ...)",
           "writes the values, and ends the line"),
    NATIVE("error", raise, 1, -1, "output", "(error x ...)",
           "stops with the values as message"),
};
const size_t natives_effect_count =
    sizeof natives_effect / sizeof *natives_effect;
