/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A primitive meets a reference: its application gets a node, which keeps the
 * value. The operands of a node are values and other nodes, so no expression
 * has more than one operation, and a value that changes is told upward one
 * node at a time, as far as it makes a difference.
 */
#include "trace/traces.h"

bool traces_defer(struct machine *m, const struct primitive *p, int n,
                  const value *operands, value *out)
{
    struct trace *t = trace_of(m);
    value expression;
    if (!expression_make(m, p, n, operands, &expression)) return false;
    /* Branches that raise stand as expressions in a choice between them, and
     * may be large. */
    if (expression == V_UNBOUND) return trace_defer(m, p, n, operands, out);
    return cut_make(t, p->look == LOOK_DEEP ? REGION_CUT : REGION_PICK,
                    expression, out);
}
