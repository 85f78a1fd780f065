/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The engine of full traces: the operations and hooks of the reduced trace,
 * but for those that make nodes of evaluations (traces.h). What control flow
 * compares is an application like any other, and so nothing is asked before.
 */
#include "trace/traces.h"

static void fill(struct handler *h)
{
    h->defer = traces_defer;
    h->compare = NULL;
    h->enter = traces_enter;
}

struct engine *traces_open(struct machine *m)
{
    static const struct trace_engine kind = {
        .name = "traces",
        .doc = "a full trace: a node for every evaluation; for comparison",
        .whole = true,
        .fill = fill,
    };
    return trace_engine_open(m, &kind);
}
