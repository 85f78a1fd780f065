/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rejection-query: the thunk is run until its condition holds. A run whose
 * factors and observations have weight w is kept with probability exp(w), so
 * w must not be above 0.
 */
#include <math.h>

#include "base/memory.h"
#include "eval/code.h"
#include "trace/application.h"
#include "trace/query.h"

static bool weighs_too_much(struct query *q)
{
    error_set(&q->machine->error, ERROR_USE,
              "rejection-query: its factors sum to %g, and a log probability "
              "is at most 0",
              q->weight);
    return error_hint(&q->machine->error, "use mh-query");
}

static bool search(struct query *q, value thunk, value *out)
{
    struct machine *m = q->machine;
    uint32_t most = query_tries(m);
    for (uint32_t tries = 0; tries < most; tries++) {
        if (!query_run(q, thunk, out)) return false;
        if (q->impossible) continue;
        if (q->weight > 0.0) return weighs_too_much(q);
        if (q->weight == 0.0 || log(random_open(&q->random)) < q->weight)
            return true;
    }
    m->vain_tries += most;
    error_set(&m->error, ERROR_IMPOSSIBLE,
              "rejection-query: the condition did not hold in %u tries",
              (unsigned)most);
    return error_hint(&m->error, "can it hold at all?");
}

bool query_reject(struct machine *m, value seed, value thunk, value *out)
{
    struct query *q = memory_new(sizeof *q);
    if (!q) return machine_no_memory(m);
    q->decide = query_draw;
    q->no_densities = true;
    if (!query_open(q, m, "rejection-query")) return false;
    query_seed(q, seed, thunk);
    bool ok = search(q, thunk, out);
    query_close(q);
    return ok;
}
