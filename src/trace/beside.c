/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs beside the trace, under the handler of the queries (query.h), whose
 * choices are drawn when they are looked at. The answer's own choice is kept
 * apart: with its arguments, it can score another value.
 */
#include "trace/beside.h"

#include "base/memory.h"
#include "trace/query.h"

/* Where such a run begins: no directive is there. */
static const uint64_t ROOT = UINT64_C(0x5be51de0a11);

/* Draws of a query are of a stream of its own: here, of the engine's. */
struct run {
    struct query query; /* first */
    struct engine *engine;
};

static bool decide(struct query *q, struct query_choice *c,
                   const struct xrp_site *s)
{
    struct engine *e = ((struct run *)q)->engine;
    if (e->op->draw(e, c->family, s, &c->held)) return true;
    xrp_domain_error(c->family, s, &q->machine->error);
    if (c->place) q->machine->error.span = *c->place;
    return false;
}

static bool read_answer(struct query *q, value answer, struct beside *out)
{
    struct machine *m = q->machine;
    struct query_choice *c = as_object(answer);
    *out = (struct beside){.family = NULL};
    if (!query_force(m, answer, true, &out->held)) return false;
    if (!is_type(answer, T_QUERIED) || c->query != q || c->urn) return true;
    out->family = c->family;
    out->site =
        (struct xrp_site){NULL, 0, NULL, c->arguments, c->count, c->family};
    return true;
}

bool beside_run(struct engine *e, struct code *code, value operand,
                struct beside *out)
{
    struct machine *m = e->machine;
    struct run *run = memory_new(sizeof *run);
    value procedure, answer;
    if (!run) return machine_no_memory(m);
    struct query *q = &run->query;
    run->engine = e;
    q->decide = decide;
    if (!query_open(q, m, "propose")) return false;
    bool ok = machine_run(m, code, ROOT, &procedure) &&
              query_force(m, procedure, false, &procedure) &&
              machine_apply(m, procedure, 1, &operand, ROOT + 1, &answer) &&
              read_answer(q, answer, out);
    query_close(q);
    return ok;
}
