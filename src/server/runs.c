/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs begin, end and are kept: see runs.h. Their draws are in runs_file.c,
 * their processes in runs_process.c, what these say in runs_hear.c.
 */
#include "server/runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/events.h"
#include "server/server.h"
#include "session/chain_past.h"

const char *run_state_name(enum run_state s)
{
    static const char *const names[] = {[RUN_GOING] = "running",
                                        [RUN_ENDED] = "done",
                                        [RUN_STOPPED] = "stopped",
                                        [RUN_FAILED] = "failed",
                                        [RUN_LIMITED] = "limited"};
    return names[s];
}

/* ---- begin and end ---------------------------------------------------- */

struct run *run_find(struct runs *rs, uint64_t id)
{
    for (struct run *r = rs->first; r; r = r->next)
        if (r->id == id && !r->dropped && !r->starter) return r;
    return NULL;
}

static struct run *make(struct runs *rs, uint64_t id, uint64_t session,
                        const char *text, size_t length, size_t chains)
{
    struct run *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    *r = (struct run){.runs = rs,
                      .id = id,
                      .session = session,
                      .text = strndup(text, length),
                      .chains = calloc(chains, sizeof *r->chains),
                      .chain_count = chains,
                      .watcher.descriptor = -1,
                      .process = -1,
                      .begun = clock_seconds()};
    wire_open(&r->wire, -1);
    if (!r->text || !r->chains) {
        free(r->text);
        free(r->chains);
        free(r);
        return NULL;
    }
    for (size_t i = 0; i < chains; i++) r->chains[i].file = -1;
    struct run **last = &rs->first;
    while (*last) last = &(*last)->next;
    *last = r;
    rs->going++;
    if (id >= rs->next_id) rs->next_id = id + 1;
    return r;
}

void run_forget(struct run *r)
{
    struct run **at = &r->runs->first;
    while (*at && *at != r) at = &(*at)->next;
    if (*at) *at = r->next;
    run_settle(r, RUN_FAILED);
    text_free(&r->answer);
    free(r->chains);
    free(r->text);
    free(r);
}

static struct bytes bytes_of(const char *s)
{
    return (struct bytes){s, (uint32_t)strlen(s)};
}

static bool add_entry(struct run *r, const struct entry *e)
{
    struct place p;
    return scribe_add(&r->runs->server->scribe, e, &p);
}

struct run *run_new(struct runs *rs, struct hosted *h, uint64_t seed,
                    const char *text, uint64_t samples, size_t chains,
                    struct exchange *starter)
{
    struct run *r = make(rs, rs->next_id, h->id, text, strlen(text), chains);
    if (!r) return NULL;
    r->seed = seed;
    r->samples = samples;
    r->starter = starter;
    return r;
}

/* In the journal a run is "samples chains text". */
bool run_write(struct run *r, size_t position, const struct text *key,
               const char *reply)
{
    struct text whole = {0};
    struct entry e = {
        .kind = ENTRY_RUN, .session = r->session, .a = r->id, .b = r->seed};
    bool good = text_printf(&whole, "%llu %zu ", (unsigned long long)r->samples,
                            r->chain_count) &&
                text_puts(&whole, r->text);
    if (good) e.text = (struct bytes){whole.at, (uint32_t)whole.length};
    if (key->length) {
        e.key = (struct bytes){key->at, (uint32_t)key->length};
        e.reply = bytes_of(reply);
    }
    r->position = position;
    good = good && scribe_add(&r->runs->server->scribe, &e, &r->place);
    if (good && key->length) keys_keep(&r->runs->server->keys, &e, r->place);
    text_free(&whole);
    return good;
}

/* ---- from the journal ------------------------------------------------- */

/* Those who wait for its beginning, or its end, learn that it has ended. */
static void tell_waiting(struct run *r)
{
    struct exchange *all[] = {r->starter, r->stopper};
    r->starter = r->stopper = NULL;
    for (int i = 0; i < 2; i++)
        if (all[i]) run_answer(all[i], r);
}

static bool take_text(const struct entry *e, uint64_t *samples, size_t *chains,
                      const char **text, size_t *length)
{
    char head[64];
    unsigned long long n;
    int used = 0;
    size_t k =
        e->text.length < sizeof head - 1 ? e->text.length : sizeof head - 1;
    memcpy(head, e->text.at, k);
    head[k] = 0;
    if (sscanf(head, "%llu %zu %n", &n, chains, &used) != 2 || !used ||
        *chains < 1 || *chains > CHAINS_MAX)
        return false;
    *samples = n;
    *text = e->text.at + used;
    *length = e->text.length - (size_t)used;
    return true;
}

static bool know_new(struct runs *rs, const struct entry *e, struct place p,
                     size_t position)
{
    uint64_t samples;
    size_t chains, length;
    const char *text;
    if (!take_text(e, &samples, &chains, &text, &length)) return true;
    struct run *r = make(rs, e->a, e->session, text, length, chains);
    if (!r) return false;
    r->seed = e->b;
    r->samples = samples;
    r->position = position;
    r->place = p;
    return true;
}

static void know_chain(struct run *r, const struct entry *e, struct place p)
{
    if (e->b == 0) r->base = p;
    if (e->b == 0 || e->b > r->chain_count) return;
    struct run_chain *c = &r->chains[e->b - 1];
    struct chain_past past;
    if (!chain_past_head(&past, e->text.at, e->text.length)) return;
    c->state_rows = past.draws;
    c->state = p;
}

bool run_keep_state(struct run *r, uint64_t chain, const char *bytes,
                    size_t length)
{
    struct place p;
    struct entry e = {.kind = ENTRY_CHAIN,
                      .session = r->session,
                      .a = r->id,
                      .b = chain,
                      .text = {bytes, (uint32_t)length}};
    if (!scribe_add(&r->runs->server->scribe, &e, &p)) return false;
    know_chain(r, &e, p);
    r->rests += chain > 0;
    r->runs->rests += chain > 0;
    return true;
}

static bool know_end(struct run *r, const struct entry *e)
{
    r->state = (enum run_state)e->b;
    r->runs->going--;
    text_clear(&r->answer);
    return run_take_facts(r, e->text.at, e->text.length) &&
           text_add(&r->answer, e->reply.at, e->reply.length);
}

static bool know_more(struct run *r, const struct entry *e)
{
    size_t chains, length;
    const char *text;
    if (!take_text(e, &r->samples, &chains, &text, &length)) return true;
    free(r->text);
    r->text = strndup(text, length);
    if (r->state != RUN_GOING) r->runs->going++;
    r->state = RUN_GOING;
    return r->text != NULL;
}

/* Its files go when the entry that says so is on disk. */
static void forget(struct run *r)
{
    if (r->dropped) return;
    run_settle(r, RUN_FAILED);
    r->dropped = true;
    r->unsaid = false;
    r->unlinked = r->runs->server->scribe.end + 1;
    streams_wake(r);
    tell_waiting(r);
    run_look_end(r);
}

void runs_forget_session(struct runs *rs, uint64_t session)
{
    for (struct run *r = rs->first; r; r = r->next)
        if (r->session == session) forget(r);
}

bool runs_known(struct runs *rs, const struct entry *e, struct place p,
                size_t position)
{
    struct run *r = run_find(rs, e->a);
    if (e->kind == ENTRY_RUN) return r || know_new(rs, e, p, position);
    if (!r) return true;
    switch (e->kind) {
    case ENTRY_RUN_END: r->end = p; return know_end(r, e);
    case ENTRY_RUN_MORE: r->more = p; return know_more(r, e);
    case ENTRY_CHAIN: know_chain(r, e, p); return true;
    default: forget(r); return true;
    }
}

void runs_resume(struct runs *rs)
{
    for (struct run *r = rs->first; r; r = r->next)
        if (r->state == RUN_GOING && !r->dropped) run_launch(r, true);
}

static bool write_end(struct run *r)
{
    struct entry e = {
        .kind = ENTRY_RUN_END,
        .session = r->session,
        .a = r->id,
        .b = r->state,
        .text = {r->facts.at ? r->facts.at : "", (uint32_t)r->facts.length},
        .reply = {r->answer.at ? r->answer.at : "",
                  (uint32_t)r->answer.length}};
    r->unsaid = !scribe_add(&r->runs->server->scribe, &e, &r->end);
    return !r->unsaid;
}

void run_finish(struct run *r, enum run_state state)
{
    text_clear(&r->facts);
    if (r->width) run_facts(r, &r->facts);
    run_settle(r, state);
    if (!write_end(r) && r->stopper) {
        exchange_problem(r->stopper, 507, "disk",
                         "the journal cannot be written");
        r->stopper = NULL;
    }
    tell_waiting(r);
}

void run_fail(struct run *r, const char *message)
{
    text_clear(&r->answer);
    text_printf(&r->answer, "{\"message\":\"%s\",\"kind\":\"limit\"}", message);
    run_finish(r, RUN_FAILED);
    streams_wake(r);
}

bool run_extend(struct run *r, uint64_t samples, const char *text)
{
    struct text whole = {0};
    char *copy = strdup(text);
    bool good = copy &&
                text_printf(&whole, "%llu %zu ", (unsigned long long)samples,
                            r->chain_count) &&
                text_puts(&whole, text);
    struct entry e = {
        .kind = ENTRY_RUN_MORE,
        .session = r->session,
        .a = r->id,
        .b = r->seed,
        .text = {whole.at ? whole.at : "", (uint32_t)whole.length}};
    good = good && !r->unsaid &&
           scribe_add(&r->runs->server->scribe, &e, &r->more);
    text_free(&whole);
    if (!good) {
        free(copy);
        return false;
    }
    free(r->text);
    r->text = copy;
    r->samples = samples;
    r->stopping = r->late = false;
    r->state = RUN_GOING;
    r->restarts = 0;
    r->runs->going++;
    text_clear(&r->answer);
    run_launch(r, true);
    return true;
}

bool run_drop(struct run *r)
{
    struct entry e = {
        .kind = ENTRY_RUN_DROP, .session = r->session, .a = r->id};
    if (!r->dropped && !add_entry(r, &e)) return false;
    forget(r);
    return true;
}

/* --limit-run: it keeps what it has drawn. */
static void limit(struct run *r, double now)
{
    double most = r->runs->server->options.run_seconds;
    if (r->state != RUN_GOING || most <= 0 || r->process < 0) return;
    if (r->stopping || now - r->launched <= most) return;
    r->late = true;
    run_stop(r);
}

void runs_tick(struct runs *rs)
{
    double now = clock_seconds();
    for (struct run *r = rs->first; r; r = r->next) {
        limit(r, now);
        run_look_rest(r, now);
        if (r->unlinked && r->unlinked <= rs->server->scribe.synced + 1)
            run_unlink(r);
        if (r->unsaid) write_end(r);
        if (r->state == RUN_GOING && r->ending.length) run_try_end(r);
        if (r->full && !run_waits(r) && r->state == RUN_GOING &&
            !r->ending.length) {
            r->full = false;
            if (r->wire.socket >= 0) run_hear(r);
        }
        if (!r->restarting || now < r->wait_until) continue;
        r->restarting = false;
        if (r->state == RUN_GOING && !r->dropped) run_launch(r, true);
    }
}

void runs_close(struct runs *rs)
{
    runs_write(rs);
    for (struct run *r = rs->first; r; r = r->next) {
        tell_waiting(r);
        run_close_process(r);
        run_look_end(r);
    }
}
