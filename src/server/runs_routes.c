/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * /v1/sessions/{session}/runs and /v1/runs: to begin, look at, stop, extend
 * and delete runs. Their draws are in runs_draws.c and runs_look.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/print.h"
#include "server/answers.h"
#include "server/events.h"
#include "server/route.h"
#include "server/run_order.h"
#include "server/server.h"

static void no_memory(struct exchange *x)
{
    exchange_problem(x, 503, "memory", "memory ran out");
}

/* ---- as JSON ---------------------------------------------------------- */

static bool print_run(const struct run *r, struct text *out)
{
    double end = r->state == RUN_GOING ? clock_seconds() : r->ended;
    bool good =
        text_printf(out,
                    "{\"id\":\"%llu\",\"session\":\"%llu\",\"state\":\"%s\","
                    "\"seed\":%llu,\"samples\":%llu,\"infer\":",
                    (unsigned long long)r->id, (unsigned long long)r->session,
                    run_state_name(r->state), (unsigned long long)r->seed,
                    (unsigned long long)r->samples) &&
        print_json_string(out, r->text, strlen(r->text)) &&
        text_puts(out, ",\"chains\":[");
    for (size_t i = 0; good && i < r->chain_count; i++) {
        const struct run_progress *p = &r->chains[i].progress;
        good = text_printf(
            out,
            "%s{\"chain\":%zu,\"draws\":%llu,\"warming\":%s,"
            "\"made\":%llu,\"planned\":%llu,"
            "\"divergences\":%llu}",
            i ? "," : "", i + 1, (unsigned long long)r->chains[i].stored,
            p->warming && r->state == RUN_GOING ? "true" : "false",
            (unsigned long long)p->made, (unsigned long long)p->planned,
            (unsigned long long)p->divergences);
    }
    good = good && text_puts(out, "],\"columns\":[") &&
           run_print_columns(r, out) && text_puts(out, "]");
    if (r->begun < end && r->ended > 0)
        good = good && text_printf(out, ",\"seconds\":%.3f", end - r->begun);
    if (r->state == RUN_FAILED)
        good = good && text_puts(out, ",\"error\":") &&
               text_puts(out, r->answer.length ? r->answer.at : "null");
    return good && text_puts(out, "}");
}

void run_answer(struct exchange *x, struct run *r)
{
    if (r->dropped)
        exchange_problem(x, 410, "run", "the run was deleted meanwhile");
    else if (print_run(r, &x->reply))
        server_answer_synced(x, 200);
    else
        no_memory(x);
}

/* ---- finding ---------------------------------------------------------- */

struct run *run_asked(struct exchange *x)
{
    const char *id = x->parameters[0];
    bool digits = strlen(id) < 19 && strspn(id, "0123456789") == strlen(id);
    struct run *r =
        digits ? run_find(&x->server->runs, strtoull(id, NULL, 10)) : NULL;
    if (!r) exchange_problem(x, 404, "run", "there is no run %s", id);
    return r;
}

void answer_run_state(struct exchange *x)
{
    struct run *r = run_asked(x);
    for (size_t i = 0; r && r->width && i < r->chain_count; i++)
        run_open_file(r, i);
    if (r) run_answer(x, r);
}

void answer_runs(struct exchange *x)
{
    struct hosted *h = server_session(x);
    if (!h) return;
    bool good = text_puts(&x->reply, "{\"runs\":["), any = false;
    for (const struct run *r = x->server->runs.first; good && r; r = r->next) {
        if (r->session != h->id || r->dropped || r->starter) continue;
        good = text_puts(&x->reply, any ? "," : "") && print_run(r, &x->reply);
        any = true;
    }
    if (good && text_puts(&x->reply, "]}"))
        exchange_json(x, 200);
    else
        no_memory(x);
}

/* ---- beginning -------------------------------------------------------- */

static bool print_new(const struct run *r, struct text *out)
{
    return text_printf(
               out,
               "{\"id\":\"%llu\",\"session\":\"%llu\","
               "\"state\":\"running\",\"seed\":%llu,\"samples\":%llu,"
               "\"infer\":",
               (unsigned long long)r->id, (unsigned long long)r->session,
               (unsigned long long)r->seed, (unsigned long long)r->samples) &&
           print_json_string(out, r->text, strlen(r->text)) &&
           text_puts(out, "}");
}

void run_started(struct exchange *x, struct run *r, const struct outcome *o)
{
    struct server *s = x->server;
    struct hosted *h = hosted_find(&s->hosts, r->session);
    struct text key = {0};
    text_clear(&x->reply);
    bool good = o->kind == OUTCOME_REPLY && h && keys_text(x, &key) &&
                print_new(r, &x->reply) &&
                run_write(r, hosted_length(h), &key, x->reply.at);
    text_free(&key);
    if (good) {
        exchange_add_header(x, "Location", "/v1/runs/%llu",
                            (unsigned long long)r->id);
        server_answer_synced(x, 202);
        return;
    }
    run_forget(r);
    if (answers_good(x, o))
        exchange_problem(x, 507, "disk", "the journal cannot be written");
}

void run_refused(struct exchange *x, const struct outcome *o)
{
    struct text error = {0};
    struct run_order order;
    bool spoken = o->kind == OUTCOME_REPLY && o->reply.state == REPLY_ERROR;
    if (spoken && run_order_read(x, x->kept, &order) &&
        run_order_mend_error(&order, o->json, o->length, &error))
        exchange_engine_problem(x, 422, "program", error.at, error.length);
    else
        answers_good(x, o);
    text_free(&error);
}

static void make_run(struct exchange *x, struct hosted *h,
                     const struct run_order *w)
{
    struct text infer = {0};
    struct run *r = NULL;
    if (run_order_print(w, &infer))
        r = run_new(&x->server->runs, h, w->seed, infer.at, w->samples,
                    w->chains, x);
    text_free(&infer);
    if (!r || !run_propose(r, h)) no_memory(x);
}

void answer_run_new(struct exchange *x)
{
    struct hosted *h = server_session(x);
    struct run_order order;
    x->kept = h ? body_object(x) : NULL;
    if (x->kept && run_order_read(x, x->kept, &order)) make_run(x, h, &order);
}

/* ---- stop, extend, delete --------------------------------------------- */

void answer_run_stop(struct exchange *x)
{
    struct run *r = run_asked(x);
    if (!r) return;
    if (r->state != RUN_GOING) {
        run_answer(x, r);
    } else if (r->stopper) {
        exchange_problem(x, 409, "run", "it is being stopped already");
    } else {
        r->stopper = x;
        run_stop(r);
    }
}

void answer_run_extend(struct exchange *x)
{
    struct run *r = run_asked(x);
    json_t *body = r ? body_object(x) : NULL;
    uint64_t more = 0;
    bool given;
    struct text infer = {0};
    if (!body || !members_known(x, body, "samples") ||
        !member_count(x, body, "samples", SAMPLES_MOST, &given, &more)) {
        json_decref(body);
        return;
    }
    if (!given || more <= r->samples)
        exchange_problem(x, 422, "member",
                         "\"samples\" is to be more than the %llu there are",
                         (unsigned long long)r->samples);
    else if (r->state == RUN_GOING)
        exchange_problem(x, 409, "run", "it is still running");
    else if (!run_order_extended(r->text, more, &infer) ||
             !run_extend(r, more, infer.at))
        exchange_problem(x, 507, "disk", "the journal cannot be written");
    else if (print_run(r, &x->reply))
        server_answer_synced(x, 202);
    else
        no_memory(x);
    text_free(&infer);
    json_decref(body);
}

void answer_run_delete(struct exchange *x)
{
    struct run *r = run_asked(x);
    if (!r) return;
    if (run_drop(r))
        server_answer_synced(x, 204);
    else
        exchange_problem(x, 507, "disk", "the journal cannot be written");
}

/* ---- summary ---------------------------------------------------------- */

/* The INFER's answer, [{...}] without its brackets; while it runs, what can
 * be said of the draws so far. */
void answer_run_summary(struct exchange *x)
{
    struct run *r = run_asked(x);
    if (!r) return;
    if (r->state == RUN_GOING)
        answer_run_so_far(x, r);
    else if (r->state == RUN_FAILED)
        exchange_engine_problem(x, 409, "run", r->answer.at ? r->answer.at : "",
                                r->answer.length);
    else if (r->answer.length > 2 &&
             text_add(&x->reply, r->answer.at + 1, r->answer.length - 2))
        exchange_json(x, 200);
    else
        no_memory(x);
}

void answer_run_events(struct exchange *x)
{
    struct run *r = run_asked(x);
    if (r) stream_open(x, r);
}
