/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One chain: see chain_run.h.
 */
#include "session/chain_run.h"

#include <math.h>

#include "base/memory.h"
#include "session/chain_past.h"
#include "session/collect.h"
#include "session/complaint.h"
#include "session/places.h"

bool order_prepare(struct session *s, struct order *o)
{
    const struct engine_operations *op = s->engine->op;
    s->adapted = s->adapted || kernel_with_adaptation(o->plan.kernel);
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
    struct chain_rest rest;
    bool rests;
    int number;
    message_take *take;
    void *taker;
};

/* Messages pass here, for some are told again by one that goes on. */
static bool pass(void *context, enum message_kind kind, const void *bytes,
                 size_t length)
{
    struct body *b = context;
    return (!b->rests || chain_rest_note(&b->rest, kind, bytes, length)) &&
           b->take(b->taker, kind, bytes, length);
}

static void progress(void *context, const struct run_progress *p)
{
    struct body *b = context;
    struct run_progress told = *p;
    told.chain = b->number;
    told.divergences = b->collector.divergences;
    told.step_size = collect_step_size(&b->collector);
    pass(b, MESSAGE_PROGRESS, &told, sizeof told);
}

static bool warm(void *context)
{
    return collect_warm(&((struct body *)context)->collector);
}

static bool draw(void *context, const struct run_result *so_far)
{
    struct body *b = context;
    return collect_draw(&b->collector, so_far);
}

static bool tired(void *context, const struct run_result *so_far)
{
    return chain_rest_is_due(&((struct body *)context)->rest, so_far);
}

static bool rest(void *context, const struct run_result *so_far,
                 const struct text *learned)
{
    return chain_rest_make(&((struct body *)context)->rest, so_far, learned);
}

/* What it has to say of the run but draws. */
static bool tell_rest(struct body *b, struct session *s, const struct order *o)
{
    struct text said = {0};
    const struct engine_complaint *at = s->complaints;
    size_t count = s->complaint_count;
    if (b->rest.rested) {
        chain_rest_complain(&b->rest);
        at = b->rest.complaints;
        count = b->rest.complaint_count;
    }
    for (size_t i = 0; i < count; i++)
        pass(b, MESSAGE_COMPLAINT, &at[i], sizeof *at);
    s->complaint_count = 0;
    if (kernel_words(o->plan.kernel, &said) && said.length)
        pass(b, MESSAGE_SAID, said.at, said.length);
    text_free(&said);
    /* Draws before an error are draws. */
    return collect_finish(&b->collector);
}

static bool run(struct body *b, struct session *s, const struct order *o,
                struct run_result *result)
{
    struct run_watcher watcher = {.context = b,
                                  .glimpses = collect_glimpses(&b->collector),
                                  .warm = warm,
                                  .draw = draw,
                                  .tired = tired,
                                  .rest = b->rests ? rest : NULL,
                                  .progress_context = b,
                                  .progress = progress};
    bool good = run_chain(s->engine, &o->plan, &watcher, result);
    struct error error = *session_error(s);
    /* What filled the memory is garbage now, and room is needed to say so. */
    if (!good && error.kind == ERROR_LIMIT) memory_collect();
    good = complaints_gather(s) && good;
    bool finished = tell_rest(b, s, o);
    if (!good && error.kind) *session_error(s) = error;
    return good && finished;
}

/* Random numbers, the first state, and what is collected of it. */
static bool begin(struct body *b, struct session *s, struct order *o)
{
    struct random predictive;
    for (int i = 1; i < b->number; i++) random_jump(&s->machine->random);
    /* No chain is there. */
    predictive = s->machine->random;
    for (int i = 0; o->predictive && i < 2 * CHAINS_MAX; i++)
        random_jump(&predictive);
    return order_prepare(s, o) &&
           collect_open(&b->collector, s, o, &predictive, pass, b);
}

static bool go_on(struct body *b, struct session *s, struct order *o,
                  const struct chain_past *past)
{
    b->collector =
        (struct collector){.session = s, .order = o, .take = pass, .taker = b};
    return chain_rest_resume(&b->rest, past);
}

bool chain_run(struct session *s, const struct order *order, int number,
               message_take *take, void *taker)
{
    struct run_result result = {.tale = {NAN, NAN, NAN}};
    struct order o = *order;
    struct body b = {
        .number = number, .rests = s->rests, .take = take, .taker = taker};
    const struct chain_past *past =
        (size_t)number <= s->past_count ? &s->pasts[number - 1] : NULL;
    b.rest = (struct chain_rest){.session = s,
                                 .order = &o,
                                 .collector = &b.collector,
                                 .places = places_of(s)};
    o.plan.places = &b.rest.places;
    bool good = past && past->state ? go_on(&b, s, &o, past) : begin(&b, s, &o);
    if (good) {
        good = run(&b, s, &o, &result);
        collect_close(&b.collector);
    }
    chain_rest_close(&b.rest);
    if (!good && !take(taker, MESSAGE_FAILED, session_error(s),
                       sizeof *session_error(s)))
        return false;
    return take(taker, MESSAGE_END, &result, sizeof result) && good;
}
