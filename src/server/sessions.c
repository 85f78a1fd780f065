/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * /v1/sessions: to begin, list, look at, copy and delete sessions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/answers.h"
#include "server/route.h"
#include "server/server.h"
#include "trace/engine.h"

static const uint64_t SEED_MOST = (UINT64_C(1) << 47) - 1;

/* ---- as JSON ---------------------------------------------------------- */

static bool print_session(struct text *out, const struct hosted *h)
{
    return text_printf(out,
                       "{\"id\":\"%llu\",\"engine\":\"%s\",\"seed\":%llu,"
                       "\"awake\":%s,\"entries\":%zu,\"inferring\":%s}",
                       (unsigned long long)h->id, h->engine,
                       (unsigned long long)h->seed,
                       h->state == HOSTED_ASLEEP ? "false" : "true",
                       hosted_length(h), h->working ? "true" : "false");
}

static void no_memory(struct exchange *x)
{
    exchange_problem(x, 503, "memory", "memory ran out");
}

void answer_sessions(struct exchange *x)
{
    bool good = text_puts(&x->reply, "{\"sessions\":[");
    bool first = true;
    for (const struct hosted *h = x->server->hosts.first; good && h;
         h = h->next, first = false)
        good = text_puts(&x->reply, first ? "" : ",") &&
               print_session(&x->reply, h);
    if (good && text_puts(&x->reply, "]}"))
        exchange_json(x, 200);
    else
        no_memory(x);
}

void answer_session(struct exchange *x)
{
    struct hosted *h = server_session(x);
    if (!h) return;
    if (print_session(&x->reply, h))
        exchange_json(x, 200);
    else
        no_memory(x);
}

/* ---- beginning -------------------------------------------------------- */

/* The reply of one that is about to be: it goes into the journal with it. */
static bool print_new(struct text *out, uint64_t id, const char *engine,
                      uint64_t seed)
{
    return text_printf(out, "{\"id\":\"%llu\",\"engine\":\"%s\",\"seed\":%llu}",
                       (unsigned long long)id, engine,
                       (unsigned long long)seed);
}

static void answer_new(struct exchange *x, struct hosted *h,
                       const struct text *reply)
{
    struct server *s = x->server;
    if (h && text_add(&x->reply, reply->at, reply->length)) {
        exchange_add_header(x, "Location", "/v1/sessions/%llu",
                            (unsigned long long)h->id);
        server_answer_synced(x, 201);
    } else if (!h && s->hosts.most && s->hosts.count >= s->hosts.most) {
        exchange_problem(x, 503, "sessions",
                         "there are %zu sessions already (--max-sessions)",
                         s->hosts.count);
    } else {
        exchange_problem(x, 507, "disk", "the journal cannot be written");
    }
}

/* NULL: answered. */
static const char *engine_named(struct exchange *x, const char *name)
{
    if (!name) name = x->server->options.engine;
    if (!name) return engines[0].name;
    for (size_t i = 0; i < engine_count; i++)
        if (strcmp(engines[i].name, name) == 0) return engines[i].name;
    exchange_problem(x, 422, "engine", "there is no engine %.60s", name);
    return NULL;
}

static void make_session(struct exchange *x, const json_t *body)
{
    const char *name;
    uint64_t seed = seed_from_system();
    bool seeded;
    if (!members_known(x, body, "engine seed") ||
        !member_text(x, body, "engine", &name) ||
        !member_count(x, body, "seed", SEED_MOST, &seeded, &seed) ||
        !(name = engine_named(x, name)))
        return;
    struct text key = {0}, reply = {0};
    bool good = keys_text(x, &key) &&
                print_new(&reply, x->server->hosts.next_id, name, seed);
    if (good)
        answer_new(x, hosted_new(&x->server->hosts, name, seed, &key, reply.at),
                   &reply);
    else
        no_memory(x);
    text_free(&key);
    text_free(&reply);
}

void answer_session_new(struct exchange *x)
{
    json_t *body = body_object(x);
    if (body) make_session(x, body);
    json_decref(body);
}

void answer_session_fork(struct exchange *x)
{
    struct hosted *h = server_session(x);
    struct text key = {0}, reply = {0};
    if (!h) return;
    bool good = keys_text(x, &key) &&
                print_new(&reply, x->server->hosts.next_id, h->engine, h->seed);
    if (good)
        answer_new(x, hosted_fork(h, &key, reply.at), &reply);
    else
        no_memory(x);
    text_free(&key);
    text_free(&reply);
}

void answer_session_delete(struct exchange *x)
{
    struct hosted *h = server_session(x);
    if (!h) return;
    uint64_t id = h->id;
    if (!hosted_close(h)) {
        exchange_problem(x, 507, "disk", "the journal cannot be written");
        return;
    }
    runs_forget_session(&x->server->runs, id);
    server_answer_synced(x, 204);
}
