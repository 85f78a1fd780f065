/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How a native asks for a call: the procedure and its operands go on top of
 * its slots, where the machine finds them.
 */
#include "eval/machine_inside.h"

static enum step ask(struct machine *m, struct frame *f, value procedure, int n,
                     const value *operands, enum step step)
{
    value *at = f->base + f->slots;
    if (at + n + 2 >= m->stack_limit) {
        machine_depth_error(m);
        return STEP_ERROR;
    }
    /* One or two, mostly; they never overlap with where they go. */
    for (int i = 0; i < n; i++) at[i + 1] = operands[i];
    at[0] = procedure;
    f->pending = (uint32_t)n + 1;
    m->operands = (uint32_t)n;
    return step;
}

enum step native_call(struct machine *m, struct frame *f, value procedure,
                      int n, const value *operands)
{
    return ask(m, f, procedure, n, operands, STEP_CALL);
}

enum step native_tail(struct machine *m, struct frame *f, value procedure,
                      int n, const value *operands)
{
    return ask(m, f, procedure, n, operands, STEP_TAIL);
}

static enum step apply_operands(struct machine *m, struct frame *f, value *at)
{
    return native_tail(m, f, at[0], (int)f->arguments - 1, at + 1);
}

struct native native_apply_operands = {
    .names = "apply",
    .step = apply_operands,
    .min = 0,
    .max = -1,
};
