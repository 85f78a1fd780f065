/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One chain: see chain_run.h.
 */
#include "session/chain_run.h"

#include <math.h>

#include "base/memory.h"
#include "session/collect.h"
#include "session/complaint.h"

bool order_prepare(struct session *s, struct order *o)
{
    const struct engine_operations *op = s->engine->op;
    if (o->rerun && !op->rerun(s->engine)) return false;
    /* By default a draw comes after a sweep: as many transitions as go over
     * the choices once. */
    if (o->plan.thin == 0) {
        kernel_plan(o->plan.kernel, o->plan.warmup);
        o->plan.thin = kernel_sweep(o->plan.kernel, s->engine);
    }
    if (o->warmup_draws) {
        uint64_t draws = o->plan.warmup, thin = o->plan.thin;
        o->plan.warmup = draws > UINT64_MAX / thin ? UINT64_MAX : draws * thin;
    }
    return true;
}

void session_count(struct session *s, const struct run_result *r)
{
    counts_add(&s->made, &r->warmup);
    counts_add(&s->made, &r->counts);
}

struct body {
    struct collector collector;
    int number;
};

static void progress(void *context, const struct run_progress *p)
{
    struct body *b = context;
    struct run_progress told = *p;
    told.chain = b->number;
    told.divergences = b->collector.divergences;
    told.step_size = collect_step_size(&b->collector);
    b->collector.take(b->collector.taker, MESSAGE_PROGRESS, &told, sizeof told);
}

static bool run(struct body *b, struct session *s, const struct order *o,
                struct run_result *result)
{
    struct run_watcher watcher = {.context = &b->collector,
                                  .warm = collect_warm,
                                  .draw = collect_draw,
                                  .progress_context = b,
                                  .progress = progress};
    bool good = run_chain(s->engine, &o->plan, &watcher, result);
    struct error error = *session_error(s);
    /* What filled the memory is garbage now, and room is needed to say so. */
    if (!good && error.kind == ERROR_LIMIT) memory_collect();
    good = complaints_gather(s) && good;
    for (size_t i = 0; i < s->complaint_count; i++)
        b->collector.take(b->collector.taker, MESSAGE_COMPLAINT,
                          &s->complaints[i], sizeof *s->complaints);
    s->complaint_count = 0;
    struct text said = {0};
    if (kernel_words(o->plan.kernel, &said) && said.length)
        b->collector.take(b->collector.taker, MESSAGE_SAID, said.at,
                          said.length);
    text_free(&said);
    /* Draws before an error are draws. */
    bool finished = collect_finish(&b->collector);
    if (!good && error.kind) *session_error(s) = error;
    return good && finished;
}

bool chain_run(struct session *s, const struct order *order, int number,
               message_take *take, void *taker)
{
    struct run_result result = {.tale = {NAN, NAN, NAN}};
    struct order o = *order;
    struct body b = {.number = number};
    struct random predictive;
    for (int i = 1; i < number; i++) random_jump(&s->machine->random);
    /* No chain is there. */
    predictive = s->machine->random;
    for (int i = 0; order->predictive && i < 2 * CHAINS_MAX; i++)
        random_jump(&predictive);
    bool good = order_prepare(s, &o) &&
                collect_open(&b.collector, s, &o, &predictive, take, taker);
    if (good) {
        good = run(&b, s, &o, &result);
        collect_close(&b.collector);
    }
    if (!good && !take(taker, MESSAGE_FAILED, session_error(s),
                       sizeof *session_error(s)))
        return false;
    return take(taker, MESSAGE_END, &result, sizeof result) && good;
}
