/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Does an observation give its value to a choice that stands already? See
 * fresh_data.h. What cannot be seen in the code counts as one that may.
 */
#include "trace/fresh_data.h"

#include "eval/code.h"

enum { CALLS_MOST = 16 }; /* from procedure to procedure, by last calls */

static bool jumps(const struct instruction *i)
{
    return (i->op >= OP_JUMP && i->op <= OP_UNLESS_EQUAL_I) ||
           i->op == OP_PATCH;
}

/* The call whose answer is that of the body, if there is but one way out. */
static const struct instruction *last_call(const struct code *c)
{
    const struct instruction *last = NULL, *call = NULL;
    for (uint32_t k = 0; k < c->length; k++) {
        const struct instruction *i = &c->instructions[k];
        bool ends = i->op == OP_TAIL || i->op == OP_RETURN;
        if (i->op == OP_LOOP || i->op == OP_STEP_LOOP ||
            i->op == OP_STEP_STEP_LOOP || i->op == OP_COUNT_LOOP ||
            (ends && call))
            return NULL;
        if (i->op == OP_TAIL) call = i;
        if (i->op == OP_RETURN)
            call = last && last->op == OP_CALL && last->a == i->a ? last : NULL;
        if (ends && !call) return NULL;
        last = i;
    }
    return call;
}

/* What stands in the register when the call is made: written once, before. */
static value called_by(const struct code *c, const struct instruction *call)
{
    value found = V_UNBOUND;
    for (const struct instruction *i = c->instructions; i < call; i++) {
        if (i->a != call->a || jumps(i)) continue;
        if (found != V_UNBOUND) return V_UNBOUND;
        value k = i->op == OP_CONSTANT || i->op == OP_GLOBAL
                      ? c->constants[i->wide]
                      : V_UNBOUND;
        if (i->op == OP_GLOBAL) k = ((const struct global *)as_object(k))->held;
        if (k == V_UNBOUND) return V_UNBOUND;
        found = k;
    }
    return found;
}

static bool draws_anew(const struct code *c)
{
    for (int calls = 0; calls < CALLS_MOST; calls++) {
        const struct instruction *call = last_call(c);
        if (!call) return false;
        value called = called_by(c, call);
        if (is_type(called, T_XRP)) return true;
        if (!is_type(called, T_CLOSURE)) return false;
        c = ((const struct closure *)as_object(called))->code;
    }
    return false;
}

/* By a name that the text has: a form that becomes one of these, or code that
 * nobody sees before it runs. */
static bool speaks_of_data(const struct code *c)
{
    static const char *const names[] = {" observe", "observe-each", "eval"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (code_mentions(c, symbol(names[i]))) return true;
    return false;
}

bool data_are_fresh(const struct directive *d)
{
    return !speaks_of_data(d->code) &&
           (d->kind != DIRECTIVE_OBSERVE || draws_anew(d->code));
}
