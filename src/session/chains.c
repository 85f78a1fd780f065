/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Chains side by side: see chains.h. While the first one runs here, the
 * others are heard between its draws; their pipes hold what they say until
 * then, and when a pipe is full its chain waits.
 */
#include "session/chains.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "session/chain_past.h"
#include "session/chain_run.h"
#include "session/inference_data.h"
#include "session/prior.h"

enum { NS_PER_MS = 1000000, LOOK_MS = 5, SPEAK_MS = 100, WAIT_MS = 50 };

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool no_memory(struct chains_of_order *c)
{
    return machine_no_memory(c->session->machine);
}

/* ---- a worker --------------------------------------------------------- */

struct task {
    struct chains_of_order *chains;
    int number;
};

static void show_nothing(void *context, const char *text, size_t length)
{
    (void)context;
    (void)text;
    (void)length;
}

/* An error of the chain is told in its messages; a status is for what could
 * not be told. */
static int work(void *context, int pipe, volatile int *stop)
{
    struct task *t = context;
    struct session *s = t->chains->session;
    struct outbox out = {.pipe = pipe, .written = now()};
    s->machine->cancel = stop;
    s->machine->display = show_nothing;
    s->engine->tally = NULL;
    if (!t->chains->prior) {
        chain_run(s, t->chains->order, t->number, outbox_take, &out);
        return 0;
    }
    s->rests = 0;
    s->past_count = 0;
    /* Random numbers that no chain has. */
    for (int i = 0; i < CHAINS_MAX; i++) random_jump(&s->machine->random);
    if (prior_program(s))
        chain_run(s, t->chains->order, 1, outbox_take, &out);
    else
        outbox_take(&out, MESSAGE_FAILED, session_error(s),
                    sizeof *session_error(s));
    return 0;
}

static void start(struct chains_of_order *c, size_t i)
{
    struct task task = {c, c->at[i].number};
    if (worker_start(&c->workers[i], work, &task, &c->at[i].error))
        c->inboxes[i].pipe = c->workers[i].pipe;
    else
        c->at[i].state = CHAIN_DIED;
}

/* ---- hearing the others ----------------------------------------------- */

/* A place in a text that this process does not have is none. */
static void mend_span(const struct session *s, struct span *span)
{
    for (int i = 0; span->source && i < s->program.count; i++)
        if (s->program.at[i]->span.source == span->source) return;
    *span = (struct span){0};
}

/* It says nothing more. */
static void end(struct chains_of_order *c, size_t i, bool kill)
{
    struct chain *chain = &c->at[i];
    const char *how = worker_end(&c->workers[i], kill);
    text_free(&c->inboxes[i].bytes);
    c->inboxes[i].pipe = -1;
    chain->progress.ended = true;
    mend_span(c->session, &chain->error.span);
    chain->error.trail_length = 0;
    for (size_t k = 0; k < chain->complaint_count; k++)
        mend_span(c->session, &chain->complaints[k].span);
    if (chain->state != CHAIN_RUNS) return;
    chain->state = CHAIN_DIED;
    error_set(&chain->error, ERROR_LIMIT, "%s",
              *how ? how : "it ended without a word");
}

/* For messages of one chain. */
struct speaker {
    struct chains_of_order *chains;
    size_t i;
};

static bool take(void *context, enum message_kind kind, const void *bytes,
                 size_t length)
{
    struct speaker *p = context;
    struct chain *chain = &p->chains->at[p->i];
    const struct session_hooks *hooks = &p->chains->session->hooks;
    if (hooks->said)
        hooks->said(hooks->context, chain->number, (int)kind, bytes, length);
    return chain_take(chain, kind, bytes, length);
}

static void refuse(struct chains_of_order *c, const struct error *error)
{
    c->refused = true;
    c->error = *error;
}

/* Its file cannot be written: that is this chain's end, and no other's. */
static void spoil(struct chain *chain, const struct error *why)
{
    chain->state = CHAIN_FAILED;
    chain->error = *why;
}

static void hear(struct chains_of_order *c, size_t i)
{
    struct speaker speaker = {c, i};
    bool kill = true;
    switch (inbox_read(&c->inboxes[i], take, &speaker)) {
    case INBOX_OPEN: return;
    case INBOX_REFUSED: spoil(&c->at[i], &c->at[i].refusal); break;
    case INBOX_NO_MEMORY:
        no_memory(c);
        refuse(c, session_error(c->session));
        break;
    case INBOX_ENDED: kill = c->refused; break;
    }
    end(c, i, kill);
}

/* Hears whoever says something within so many milliseconds; how many may
 * still say something. */
static size_t hear_all(struct chains_of_order *c, int milliseconds)
{
    struct pollfd pipes[CHAINS_MAX];
    size_t open = 0, which[CHAINS_MAX];
    for (size_t i = 0; i < c->count; i++) {
        if (c->inboxes[i].pipe < 0) continue;
        which[open] = i;
        pipes[open++] = (struct pollfd){c->inboxes[i].pipe, POLLIN, 0};
    }
    if (!open || poll(pipes, open, milliseconds) <= 0) return open;
    for (size_t i = 0; i < open; i++)
        if (pipes[i].revents) hear(c, which[i]);
    return open;
}

static void speak(struct chains_of_order *c)
{
    struct run_progress p[CHAINS_MAX];
    const struct session_hooks *hooks = &c->session->hooks;
    /* Before the first has told how far it is there is nothing to show. */
    if (!hooks->progress || !c->at[0].progress.planned) return;
    for (size_t i = 0; i < c->count; i++) p[i] = c->at[i].progress;
    hooks->progress(hooks->context, p, c->count);
}

/* The user's word is passed on, once. */
static void pass_stop(struct chains_of_order *c)
{
    volatile int *cancel = c->session->machine->cancel;
    if (c->stopping || !cancel || !*cancel) return;
    c->stopping = true;
    for (size_t i = 0; i < c->count; i++) worker_stop(&c->workers[i]);
}

static void look_around(struct chains_of_order *c, int milliseconds)
{
    int64_t t = now();
    pass_stop(c);
    if (milliseconds || t - c->looked >= (int64_t)LOOK_MS * NS_PER_MS) {
        hear_all(c, milliseconds);
        c->looked = now();
    }
    if (t - c->spoke >= (int64_t)SPEAK_MS * NS_PER_MS) {
        c->spoke = t;
        speak(c);
    }
}

static bool any_open(const struct chains_of_order *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->inboxes[i].pipe >= 0) return true;
    return false;
}

/* ---- the one that runs here ------------------------------------------- */

static bool take_here(void *context, enum message_kind kind, const void *bytes,
                      size_t length)
{
    struct chains_of_order *c = context;
    struct speaker speaker = {c, 0};
    bool good = take(&speaker, kind, bytes, length);
    if (kind == MESSAGE_DRAW || kind == MESSAGE_PROGRESS) look_around(c, 0);
    if (!good) *session_error(c->session) = c->at[0].refusal;
    if (c->refused) *session_error(c->session) = c->error;
    return good && !c->refused;
}

static void run_here(struct chains_of_order *c)
{
    struct session *s = c->session;
    chain_run(s, c->order, c->first, take_here, c);
    c->at[0].progress.ended = true;
    if (c->at[0].state == CHAIN_RUNS) c->at[0].state = CHAIN_FAILED;
}

/* What chains that go on have told before. */
static bool tell_past(struct chains_of_order *c)
{
    struct session *s = c->session;
    for (size_t i = 0; i < c->count && i < s->past_count; i++) {
        struct speaker speaker = {c, i};
        if (s->pasts[i].state && !chain_past_tell(&s->pasts[i], take, &speaker,
                                                  chain_take, &c->at[i]))
            return error_set(session_error(s), ERROR_ENGINE,
                             "what chain %zu had drawn is not there", i + 1);
    }
    return true;
}

/* ---- all of them ------------------------------------------------------ */

static bool refuse_threads(struct session *s)
{
    error_set(session_error(s), ERROR_USE,
              "several chains need a process that has one thread");
    return error_hint(session_error(s), "say :chains 1");
}

/* n chains, the first of number `first`. */
static bool open_chains(struct chains_of_order *c, size_t n)
{
    struct session *s = c->session;
    const struct order *o = c->order;
    bool together = o->out && inference_data_named(o->out);
    c->facts = (struct chain_facts){
        .out = o->out,
        .together = together,
        .engine = s->engine_row->name,
        .kernel = o->plan.kernel->name,
        .seed = s->seed,
    };
    c->at = calloc(n, sizeof *c->at);
    c->workers = calloc(n, sizeof *c->workers);
    c->inboxes = calloc(n, sizeof *c->inboxes);
    bool good = (c->at && c->workers && c->inboxes) || no_memory(c);
    /* That there is no such library, or folder, is better known before. */
    if (good && together)
        good = inference_data_write(o->out, NULL, 0, "", 0, session_error(s));
    for (size_t i = 0; good && i < n; i++) {
        c->workers[i].pipe = c->inboxes[i].pipe = -1;
        good = chain_open(&c->at[i], c->first + (int)i, &c->facts,
                          session_error(s));
        c->count += good;
    }
    if (!good) chains_close(c);
    return good;
}

bool chains_open(struct chains_of_order *c, struct session *s,
                 const struct order *o)
{
    size_t n = s->chain ? 1 : o->chains;
    *c = (struct chains_of_order){
        .session = s, .order = o, .first = s->chain ? s->chain : 1};
    if (n > 1 && !worker_may_start()) return refuse_threads(s);
    return open_chains(c, n);
}

bool chains_open_prior(struct chains_of_order *c, struct session *s,
                       const struct order *o)
{
    *c = (struct chains_of_order){
        .session = s, .order = o, .first = 1, .prior = true};
    if (!worker_may_start()) return refuse_threads(s);
    return open_chains(c, 1);
}

/* Why the whole is an error: memory ran out; or no chain came to its end, and
 * the first says why. */
static bool judge(struct chains_of_order *c)
{
    struct error *error = session_error(c->session);
    const struct chain *failed = NULL;
    bool any = false;
    if (c->refused) {
        *error = c->error;
        return false;
    }
    for (size_t i = 0; i < c->count; i++) {
        const struct chain *chain = &c->at[i];
        any = any || chain->state == CHAIN_DONE;
        if (!failed && chain->state != CHAIN_DONE) failed = chain;
    }
    if (!any && failed) *error = failed->error;
    if (any) error_clear(error);
    return any;
}

bool chains_run(struct chains_of_order *c)
{
    struct session *s = c->session;
    bool good = true;
    c->looked = c->spoke = now();
    if (!c->prior && !tell_past(c)) return false;
    for (size_t i = !c->prior; i < c->count; i++) start(c, i);
    if (!c->prior) run_here(c);
    while (!c->refused && any_open(c)) look_around(c, WAIT_MS);
    speak(c);
    for (size_t i = 0; i < c->count; i++)
        if (c->workers[i].pid > 0) end(c, i, true);
    for (size_t i = 0; i < c->count; i++) {
        if (!c->prior) session_count(s, &c->at[i].result);
        s->stopped = s->stopped || c->at[i].result.end == RUN_CANCELLED;
        if (!chain_finish(&c->at[i], &c->at[i].refusal) &&
            c->at[i].state == CHAIN_DONE)
            spoil(&c->at[i], &c->at[i].refusal);
    }
    good = judge(c);
    return good;
}

struct run_result chains_result(const struct chains_of_order *c)
{
    struct run_result sum = c->at[0].result;
    for (size_t i = 1; i < c->count; i++) {
        const struct run_result *r = &c->at[i].result;
        counts_add(&sum.warmup, &r->warmup);
        counts_add(&sum.counts, &r->counts);
        sum.seconds = fmax(sum.seconds, r->seconds);
        sum.draws += r->draws;
        if (r->end > sum.end) sum.end = r->end;
    }
    return sum;
}

void chains_close(struct chains_of_order *c)
{
    for (size_t i = 0; i < c->count; i++) {
        worker_end(&c->workers[i], true);
        text_free(&c->inboxes[i].bytes);
        chain_close(&c->at[i]);
    }
    free(c->at);
    free(c->workers);
    free(c->inboxes);
    text_free(&c->notes);
    *c = (struct chains_of_order){0};
}
