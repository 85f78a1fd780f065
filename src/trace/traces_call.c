/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A procedure is called: the call has a node from its beginning, with its
 * operands, so that a loop that writes over them can be begun again too. A
 * call with the operands of before, none of whose tests came out otherwise,
 * has the value of before.
 */
#include "eval/code.h"
#include "trace/traces.h"

/* The body of a region is not a call inside it. */
static bool is_body(const struct frame *below)
{
    return below->kind == FRAME_ENTRY || below->kind == FRAME_MEMO;
}

enum enter_answer traces_enter(struct machine *m, value procedure, int n,
                               const value *operands, uint64_t location,
                               value *out)
{
    struct trace *t = trace_of(m);
    if (is_body(m->frame)) return ENTER_RUN;
    enum enter_answer a = trace_enter(m, procedure, n, operands, location, out);
    if (a != ENTER_RUN) return a;
    return calls_mark(t) &&
                   call_begin(t, procedure, (uint32_t)n, operands, location)
               ? ENTER_HEARD
               : ENTER_ERROR;
}
