/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * /v1/sessions/{session}/runs and /v1/runs: to begin, look at, stop, extend
 * and delete runs, and to read their draws.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/print.h"
#include "server/answers.h"
#include "server/events.h"
#include "server/route.h"
#include "server/server.h"

static const uint64_t SEED_MOST = (UINT64_C(1) << 47) - 1;
enum { SAMPLES_MOST = 1000000000, DRAWS_DEFAULT = 1000, DRAWS_MOST = 100000 };

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

static struct run *run_of(struct exchange *x)
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
    struct run *r = run_of(x);
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
        if (r->session != h->id || r->dropped) continue;
        good = text_puts(&x->reply, any ? "," : "") && print_run(r, &x->reply);
        any = true;
    }
    if (good && text_puts(&x->reply, "]}"))
        exchange_json(x, 200);
    else
        no_memory(x);
}

/* ---- beginning -------------------------------------------------------- */

struct wish {
    const char *kernel, *time;
    uint64_t samples, warmup, thin, chains, seed;
    bool has_samples, has_warmup, has_thin, has_chains, seeded;
    const json_t *watch;
};

static bool is_texts(const json_t *list)
{
    size_t i;
    json_t *v;
    bool good = json_is_array(list);
    json_array_foreach((json_t *)list, i, v) good = good && json_is_string(v);
    return good;
}

static bool read_wish(struct exchange *x, const json_t *o, struct wish *w)
{
    *w = (struct wish){.samples = 1000, .chains = CHAINS_DEFAULT};
    w->seed = seed_from_system();
    w->watch = json_object_get(o, "watch");
    if (!members_known(x, o,
                       "kernel samples warmup thin chains seed for watch") ||
        !member_text(x, o, "kernel", &w->kernel) ||
        !member_text(x, o, "for", &w->time) ||
        !member_count(x, o, "samples", SAMPLES_MOST, &w->has_samples,
                      &w->samples) ||
        !member_count(x, o, "warmup", SAMPLES_MOST, &w->has_warmup,
                      &w->warmup) ||
        !member_count(x, o, "thin", SAMPLES_MOST, &w->has_thin, &w->thin) ||
        !member_count(x, o, "chains", CHAINS_MAX, &w->has_chains, &w->chains) ||
        !member_count(x, o, "seed", SEED_MOST, &w->seeded, &w->seed))
        return false;
    if (!w->chains || !w->samples)
        exchange_problem(x, 422, "member",
                         "\"chains\" and \"samples\" begin at 1");
    else if (w->watch && !is_texts(w->watch))
        exchange_problem(x, 400, "member",
                         "\"watch\" is to be a list of expressions");
    return x->status == 0;
}

static bool print_watch(const json_t *watch, struct text *out)
{
    size_t i;
    json_t *v;
    bool good = text_puts(out, " :watch (");
    json_array_foreach((json_t *)watch, i, v)
    {
        const char *text = json_string_value(v);
        good = good && text_puts(out, i ? " " : "") && text_puts(out, text);
    }
    return good && text_puts(out, ")");
}

/* The order as a person would type it. */
static bool print_infer(const struct wish *w, struct text *out)
{
    bool good =
        text_puts(out, "INFER") &&
        (!w->kernel || (text_puts(out, " ") && text_puts(out, w->kernel))) &&
        text_printf(out, " :samples %llu :chains %llu",
                    (unsigned long long)w->samples,
                    (unsigned long long)w->chains);
    if (w->has_warmup)
        good = good &&
               text_printf(out, " :warmup %llu", (unsigned long long)w->warmup);
    if (w->has_thin)
        good = good &&
               text_printf(out, " :thin %llu", (unsigned long long)w->thin);
    if (w->time)
        good = good && text_puts(out, " :for ") && text_puts(out, w->time);
    if (w->watch && json_array_size(w->watch))
        good = good && print_watch(w->watch, out);
    return good;
}

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
                run_write(r, h->count, &key, x->reply.at);
    text_free(&key);
    if (good) {
        exchange_add_header(x, "Location", "/v1/runs/%llu",
                            (unsigned long long)r->id);
        server_answer_synced(x, 202);
        return;
    }
    run_settle(r, RUN_FAILED);
    r->dropped = true;
    if (answers_good(x, o))
        exchange_problem(x, 507, "disk", "the journal cannot be written");
}

static void make_run(struct exchange *x, struct hosted *h, const struct wish *w)
{
    struct text infer = {0};
    struct run *r = NULL;
    if (print_infer(w, &infer))
        r = run_new(&x->server->runs, h, w->seed, infer.at, w->samples,
                    w->chains, x);
    text_free(&infer);
    if (r)
        run_launch(r, false);
    else
        no_memory(x);
}

void answer_run_new(struct exchange *x)
{
    struct hosted *h = server_session(x);
    json_t *body = h ? body_object(x) : NULL;
    struct wish w;
    if (body && read_wish(x, body, &w)) make_run(x, h, &w);
    json_decref(body);
}

/* ---- stop, extend, delete --------------------------------------------- */

void answer_run_stop(struct exchange *x)
{
    struct run *r = run_of(x);
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

/* The same INFER with another number of samples. */
static bool print_extended(const struct run *r, uint64_t samples,
                           struct text *out)
{
    static const char word[] = " :samples ";
    const char *at = strstr(r->text, word), *rest;
    if (!at) return false;
    at += sizeof word - 1;
    rest = at + strspn(at, "0123456789");
    return text_add(out, r->text, (size_t)(at - r->text)) &&
           text_printf(out, "%llu", (unsigned long long)samples) &&
           text_puts(out, rest);
}

void answer_run_extend(struct exchange *x)
{
    struct run *r = run_of(x);
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
    else if (!print_extended(r, more, &infer) || !run_extend(r, more, infer.at))
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
    struct run *r = run_of(x);
    if (!r) return;
    run_drop(r);
    server_answer_synced(x, 204);
}

/* ---- summary ---------------------------------------------------------- */

/* The INFER's answer, [{...}] without its brackets. */
void answer_run_summary(struct exchange *x)
{
    struct run *r = run_of(x);
    if (!r) return;
    if (r->state == RUN_GOING)
        exchange_problem(x, 409, "run", "it is still running");
    else if (r->state == RUN_FAILED)
        exchange_engine_problem(x, 409, "run", r->answer.at ? r->answer.at : "",
                                r->answer.length);
    else if (r->answer.length > 2 &&
             text_add(&x->reply, r->answer.at + 1, r->answer.length - 2))
        exchange_json(x, 200);
    else
        no_memory(x);
}

/* ---- draws ------------------------------------------------------------ */

struct slice {
    uint64_t from, count, stride;
    size_t first, last; /* chains */
    bool csv;
};

static bool read_slice(struct exchange *x, const struct run *r, struct slice *s)
{
    uint64_t chain;
    const char *format = exchange_argument(x, "format");
    const char *accept = exchange_header(x, "Accept");
    s->csv = format ? strcmp(format, "csv") == 0
                    : accept && strstr(accept, "text/csv");
    if (format && !s->csv && strcmp(format, "json") != 0) {
        exchange_problem(x, 400, "argument", "format: csv or json");
        return false;
    }
    if (!exchange_number(x, "from", 0, UINT64_MAX / 2, &s->from) ||
        !exchange_number(x, "count", DRAWS_DEFAULT, DRAWS_MOST, &s->count) ||
        !exchange_number(x, "stride", 1, UINT32_MAX, &s->stride) ||
        !exchange_number(x, "chain", 0, r->chain_count, &chain))
        return false;
    if (!s->stride) s->stride = 1;
    s->first = chain ? chain - 1 : 0;
    s->last = chain ? chain : r->chain_count;
    return true;
}

static bool print_names(const struct run *r, struct text *out)
{
    bool good = text_puts(out, "chain,draw");
    for (size_t i = 0; good && i < r->width; i++) {
        const char *name = run_column_name(r, i);
        bool quote = strpbrk(name, ",\" ") != NULL;
        good = text_puts(out, quote ? ",\"" : ",");
        for (; good && *name; name++)
            good = text_add(out, name, 1) &&
                   (*name != '"' || text_puts(out, "\""));
        good = good && text_puts(out, quote ? "\"" : "");
    }
    return good && text_puts(out, "\n");
}

static bool print_row(struct run *r, size_t chain, uint64_t draw,
                      const char *row, const struct slice *s, bool first,
                      struct text *out)
{
    bool good = s->csv ? text_printf(out, "%zu,%llu", chain + 1,
                                     (unsigned long long)draw + 1)
                       : text_puts(out, first ? "[" : ",[");
    for (size_t i = 0; good && i < r->width; i++) {
        double v;
        memcpy(&v, row + i * sizeof v, sizeof v);
        good = (!(s->csv || i) || text_add(out, ",", 1)) &&
               run_print_number(r, chain, i, v, out);
    }
    return good && text_puts(out, s->csv ? "\n" : "]");
}

static bool print_chain(struct run *r, size_t chain, const struct slice *s,
                        struct text *out)
{
    struct text rows = {0};
    bool good = true, first = true;
    uint64_t at = s->from, left = s->count, got = 1;
    while (good && left && got) {
        uint64_t want = s->stride == 1 ? (left < 1024 ? left : 1024) : 1;
        text_clear(&rows);
        good = run_rows(r, chain, at, want, &rows, &got);
        for (uint64_t i = 0; good && i < got; i++, first = false)
            good = print_row(r, chain, at + i,
                             rows.at + i * r->width * sizeof(double), s, first,
                             out);
        at += s->stride == 1 ? got : s->stride;
        left -= got < left ? got : left;
    }
    text_free(&rows);
    return good;
}

void answer_run_draws(struct exchange *x)
{
    struct run *r = run_of(x);
    struct slice s;
    if (!r || !read_slice(x, r, &s)) return;
    struct text *out = &x->reply;
    bool good = s.csv ? print_names(r, out)
                      : text_puts(out, "{\"columns\":[") &&
                            run_print_columns(r, out) &&
                            text_puts(out, "],\"chains\":[");
    for (size_t i = s.first; good && i < s.last; i++) {
        if (!s.csv)
            good = text_printf(out,
                               "%s{\"chain\":%zu,\"from\":%llu,"
                               "\"draws\":[",
                               i > s.first ? "," : "", i + 1,
                               (unsigned long long)s.from);
        good = good && print_chain(r, i, &s, out) &&
               (s.csv || text_puts(out, "]}"));
    }
    good = good && (s.csv || text_puts(out, "]}"));
    if (good)
        exchange_answer(x, 200,
                        s.csv ? "text/csv; charset=utf-8" : "application/json");
    else
        no_memory(x);
}

void answer_run_events(struct exchange *x)
{
    struct run *r = run_of(x);
    if (r) stream_open(x, r);
}
