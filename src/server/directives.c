/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * /v1/sessions/{session}/directives and what else looks at the program and
 * its state.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/answers.h"
#include "server/route.h"
#include "server/server.h"

/* What a client wants to have: x->form. */
enum { FORM_JSON, FORM_LINES };

/* ---- posting ---------------------------------------------------------- */

static void posted(void *context, const struct outcome *o)
{
    struct exchange *x = context;
    bool good = o->kind == OUTCOME_REPLY && o->reply.state == REPLY_GOOD;
    if (good && x->form == FORM_LINES &&
        text_add(&x->reply, o->json, o->length))
        exchange_answer(x, 200, "text/plain; charset=utf-8");
    else if (o->kind == OUTCOME_REPLY && o->reply.state != REPLY_LIMIT)
        answers_of_directives(x, o->reply.state == REPLY_GOOD, o->json,
                              o->length);
    else
        answers_good(x, o);
}

/* A line end behind each, so that each begins a line. */
static bool gather(struct exchange *x, const json_t *list, struct text *out)
{
    size_t i;
    json_t *v;
    json_array_foreach((json_t *)list, i, v)
    {
        if (!json_is_string(v)) {
            exchange_problem(x, 400, "member",
                             "\"directives\" is to be a list of strings");
            return false;
        }
        if (!text_add(out, json_string_value(v), json_string_length(v)) ||
            !text_puts(out, "\n"))
            return false;
    }
    return true;
}

static bool text_of_body(struct exchange *x, struct text *out)
{
    const char *text;
    if (exchange_has_type(x, "text/plain"))
        return text_add(out, x->body.at ? x->body.at : "", x->body.length);
    json_t *body = body_object(x);
    bool good = body && members_known(x, body, "text directives") &&
                member_text(x, body, "text", &text);
    const json_t *list = json_object_get(body, "directives");
    if (good && !text == !list) {
        exchange_problem(x, 400, "member",
                         "either \"text\" or \"directives\" is expected");
        good = false;
    } else if (good && list && !json_is_array(list)) {
        exchange_problem(x, 400, "member",
                         "\"directives\" is to be a list of strings");
        good = false;
    }
    good = good && (text ? text_puts(out, text) : gather(x, list, out));
    json_decref(body);
    return good;
}

static bool wants_lines(const struct exchange *x)
{
    const char *accept = exchange_header(x, "Accept");
    return accept && strncmp(accept, "text/plain", 10) == 0;
}

void answer_directives_post(struct exchange *x)
{
    struct text text = {0};
    struct hosted *h = server_session(x);
    if (!h) return;
    if (wants_lines(x)) x->form = FORM_LINES;
    if (x->form == FORM_LINES && x->holds_key)
        exchange_problem(x, 400, "key",
                         "lines have no key: ask for application/json");
    else if (text_of_body(x, &text))
        ask_text(x, h, x->form == FORM_LINES ? DO_LINES : 0, posted, &text);
    else
        exchange_problem(x, 503, "memory", "memory ran out");
    text_free(&text);
}

/* ---- looking ---------------------------------------------------------- */

/* The answer of one directive, as it is. */
static void looked(void *context, const struct outcome *o)
{
    struct exchange *x = context;
    if (!answers_good(x, o)) return;
    /* [{...}] without its brackets */
    if (o->length < 2 || !text_add(&x->reply, o->json + 1, o->length - 2)) {
        exchange_problem(x, 503, "memory", "memory ran out");
        return;
    }
    x->type = "application/json";
    struct hosted *h = hosted_find(&x->server->hosts, x->session);
    if (h && x->to_cache) cache_keep(x, h);
    exchange_json(x, 200);
}

/* An unknown id is no fault of a program, but of the path. */
static void looked_at_one(void *context, const struct outcome *o)
{
    struct exchange *x = context;
    if (o->kind == OUTCOME_REPLY && o->reply.state == REPLY_ERROR)
        exchange_engine_problem(x, 404, "directive", o->json, o->length);
    else
        looked(x, o);
}

static bool is_digits(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text) &&
           strlen(text) < 10;
}

static struct hosted *session_at_rest(struct exchange *x)
{
    struct hosted *h = server_session(x);
    x->to_cache = true;
    return h && !cache_answer(x, h) ? h : NULL;
}

void answer_directives(struct exchange *x)
{
    struct hosted *h = session_at_rest(x);
    if (h) ask(x, h, DO_ONE, looked, "REPORT");
}

/* {id}: a number. A name would be a program's text in a path. */
static bool directive_number(struct exchange *x)
{
    if (is_digits(x->parameters[1])) return true;
    exchange_problem(x, 404, "directive", "%s is no id of a directive",
                     x->parameters[1]);
    return false;
}

void answer_directive(struct exchange *x)
{
    struct hosted *h = session_at_rest(x);
    if (h && directive_number(x))
        ask(x, h, DO_ONE, looked_at_one, "REPORT %s", x->parameters[1]);
}

static void forgotten(void *context, const struct outcome *o)
{
    struct exchange *x = context;
    static const char missing[] = "{\"message\":\"there is no directive";
    if (o->kind == OUTCOME_REPLY && o->reply.state == REPLY_ERROR &&
        o->length > sizeof missing &&
        memcmp(o->json, missing, sizeof missing - 1) == 0)
        exchange_engine_problem(x, 404, "directive", o->json, o->length);
    else if (o->kind == OUTCOME_REPLY && o->reply.state == REPLY_ERROR)
        exchange_engine_problem(x, 409, "in-use", o->json, o->length);
    else if (answers_good(x, o))
        exchange_answer(x, 204, NULL);
}

void answer_directive_delete(struct exchange *x)
{
    struct hosted *h = server_session(x);
    if (h && directive_number(x))
        ask(x, h, DO_ONE, forgotten, "FORGET %s", x->parameters[1]);
}

void answer_statistics(struct exchange *x)
{
    struct hosted *h = server_session(x);
    if (h) ask(x, h, DO_ONE, looked, "MHSTATS detailed");
}

void answer_trace(struct exchange *x)
{
    struct hosted *h = session_at_rest(x);
    if (h) ask(x, h, DO_ONE, looked, "TRACE");
}

void answer_logscore(struct exchange *x)
{
    struct hosted *h = session_at_rest(x);
    if (h) ask(x, h, DO_ONE, looked, "LOGSCORE");
}

/* ---- the text of the program ------------------------------------------ */

static void printed(void *context, const struct outcome *o)
{
    struct exchange *x = context;
    if (!answers_good(x, o)) return;
    json_t *text =
        json_loadb(o->json, o->length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (json_is_string(text) &&
        text_add(&x->reply, json_string_value(text), json_string_length(text)))
        exchange_answer(x, 200, "text/plain; charset=utf-8");
    else
        exchange_problem(x, 503, "memory", "memory ran out");
    json_decref(text);
}

void answer_program(struct exchange *x)
{
    struct hosted *h = server_session(x);
    if (h) ask(x, h, DO_PROGRAM, printed, "%s", "");
}
