/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What routes have in common: see answers.h.
 */
#include "server/answers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/route.h"
#include "server/server.h"
#include "session/directive.h"

/* ---- asking ----------------------------------------------------------- */

void ask_text(struct exchange *x, struct hosted *h, uint32_t flags,
              void (*done)(void *, const struct outcome *), struct text *text)
{
    struct task *t = task_new(done, x);
    if (!t || !keys_text(x, &t->key)) {
        text_free(text);
        free(t);
        exchange_problem(x, 503, "memory", "memory ran out");
        return;
    }
    x->session = h->id;
    x->version = h->version;
    t->flags = flags;
    t->text = *text;
    *text = (struct text){0};
    hosted_ask(h, t);
}

void ask(struct exchange *x, struct hosted *h, uint32_t flags,
         void (*done)(void *, const struct outcome *), const char *format, ...)
{
    char words[512];
    struct text text = {0};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    if (text_puts(&text, words))
        ask_text(x, h, flags, done, &text);
    else
        exchange_problem(x, 503, "memory", "memory ran out");
}

/* ---- answering -------------------------------------------------------- */

static const struct {
    int status;
    const char *slug, *words;
} outcomes[] = {
    [OUTCOME_LATE] = {503, "time",
                      "it took longer than --limit-time; nothing of it was "
                      "kept"},
    [OUTCOME_DIED] = {500, "engine",
                      "the session's engine died of it, twice; nothing of it "
                      "was kept"},
    [OUTCOME_BROKEN] = {500, "journal",
                        "what the journal has of this session does not give "
                        "what it gave: another build, or its data changed"},
    [OUTCOME_DISK] = {507, "disk",
                      "the journal cannot be written; nothing of it was kept"},
    [OUTCOME_FULL] = {503, "full", "too much waits for this session already"},
    [OUTCOME_GONE] = {410, "session", "the session was deleted meanwhile"},
};

/* The status of an error by its kind: the text's fault, or a limit's. */
static int status_of(const struct wire_reply *r)
{
    if (r->state == REPLY_LIMIT) return 503;
    return r->kind == ERROR_ENGINE ? 500 : 422;
}

bool answers_good(struct exchange *x, const struct outcome *o)
{
    if (o->kind != OUTCOME_REPLY)
        exchange_problem(x, outcomes[o->kind].status, outcomes[o->kind].slug,
                         "%s", outcomes[o->kind].words);
    else if (o->reply.state != REPLY_GOOD)
        exchange_engine_problem(x, status_of(&o->reply),
                                o->reply.state == REPLY_LIMIT ? "limit"
                                                              : "program",
                                o->json, o->length);
    else
        return true;
    return false;
}

void answers_of_directives(struct exchange *x, bool good, const char *json,
                           size_t length)
{
    if (!good) {
        exchange_engine_problem(x, 422, "program", json, length);
    } else if (text_puts(&x->reply, "{\"answers\":") &&
               text_add(&x->reply, json, length) && text_puts(&x->reply, "}")) {
        exchange_json(x, 200);
    } else {
        exchange_problem(x, 503, "memory", "memory ran out");
    }
}

json_t *answers_first(struct exchange *x, const struct outcome *o)
{
    if (!answers_good(x, o)) return NULL;
    json_t *all = json_loadb(o->json, o->length, JSON_ALLOW_NUL, NULL);
    json_t *first = json_array_get(all, 0);
    if (!json_is_object(first)) {
        json_decref(all);
        exchange_problem(x, 503, "memory", "memory ran out");
        return NULL;
    }
    json_incref(first);
    json_decref(all);
    return first;
}

/* ---- bodies ----------------------------------------------------------- */

json_t *body_object(struct exchange *x)
{
    json_error_t error;
    if (!x->body.length) return json_object();
    if (!exchange_has_type(x, "application/json") &&
        !exchange_has_type(x, "")) {
        exchange_problem(x, 415, "type", "the body is to be application/json");
        return NULL;
    }
    json_t *o =
        json_loadb(x->body.at, x->body.length, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(o)) return o;
    if (o)
        exchange_problem(x, 400, "json", "the body is to be a JSON object");
    else
        exchange_problem(x, 400, "json", "no JSON at line %d, column %d: %s",
                         error.line, error.column, error.text);
    json_decref(o);
    return NULL;
}

bool member_text(struct exchange *x, const json_t *o, const char *name,
                 const char **out)
{
    const json_t *v = json_object_get(o, name);
    *out = json_string_value(v);
    if (!v || *out) return true;
    exchange_problem(x, 400, "member", "\"%s\" is to be a string", name);
    return false;
}

bool member_count(struct exchange *x, const json_t *o, const char *name,
                  uint64_t most, bool *is_there, uint64_t *out)
{
    const json_t *v = json_object_get(o, name);
    *is_there = v != NULL;
    if (!v) return true;
    *out = (uint64_t)json_integer_value(v);
    if (json_is_integer(v) && json_integer_value(v) >= 0 && *out <= most)
        return true;
    exchange_problem(x, 400, "member",
                     "\"%s\" is to be a whole number from 0 to %llu", name,
                     (unsigned long long)most);
    return false;
}

bool members_known(struct exchange *x, const json_t *o, const char *names)
{
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)o, key, v)
    {
        if (words_hold(names, key) && *key && !strchr(key, ' ')) continue;
        exchange_problem(x, 400, "member",
                         "\"%.60s\" is not known (there is: "
                         "%s)",
                         key, names);
        return false;
    }
    return true;
}
