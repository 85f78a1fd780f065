/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The routes of the report's system, at / for the default session: form
 * fields that hold JSON go in, JSON comes out. Mended: numbers are numbers
 * and no strings, every route works, DELETE may be said as such, a wrong
 * request is answered with a reason.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/answers.h"
#include "server/form.h"
#include "server/route.h"
#include "server/server.h"

/* ---- fields ----------------------------------------------------------- */

/* The JSON in a field. NULL: answered, unless it may be missing. */
static json_t *field(struct exchange *x, const char *name, bool needed)
{
    struct text text = {0};
    json_t *v = NULL;
    if (form_field(x->body.at ? x->body.at : "", x->body.length, name, &text))
        v = json_loadb(text.at ? text.at : "", text.length,
                       JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    if (!v && needed)
        exchange_problem(x, 400, "field", "the form field %s is to hold JSON",
                         name);
    text_free(&text);
    return v;
}

static bool add_field(struct exchange *x, const char *name, struct text *out)
{
    json_t *v = field(x, name, true);
    bool good = v && text_puts(out, " ") && form_expression(v, out);
    if (v && !good)
        exchange_problem(x, 400, "field",
                         "the form field %s is to hold tokens, in lists", name);
    json_decref(v);
    return good;
}

/* ---- replies ---------------------------------------------------------- */

/* What the exchange's form says: the words before an answer's field, the
 * field's name, the words behind it; then the next. */
struct reply_form {
    const char *before[2], *member[2];
    const char *after;
};

enum form_name {
    FORM_ASSUME,
    FORM_OBSERVE,
    FORM_INFER,
    FORM_LOGSCORE,
    FORM_LOGSCORE_OF,
    FORM_ENTROPY,
    FORM_MEMORY,
    FORM_MHSTATS,
    FORM_DETAILS,
    FORM_STARTED,
    FORM_STOPPED,
    FORM_STATUS,
    FORM_NOTHING
};

static const struct reply_form forms[] = {
    [FORM_ASSUME] = {{"{\"d_id\":", ",\"val\":"}, {"id", "value"}, "}"},
    [FORM_OBSERVE] = {{"{\"d_id\":"}, {"id"}, "}"},
    [FORM_INFER] = {{"{\"time\":"}, {"seconds"}, "}"},
    [FORM_LOGSCORE] = {{"{\"total_logscore\":"}, {"value"}, "}"},
    [FORM_LOGSCORE_OF] = {{"{\"directive_logscore\":"}, {"value"}, "}"},
    [FORM_ENTROPY] = {{"{\"random_choices\":"}, {"value"}, "}"},
    [FORM_MEMORY] = {{"{\"memory\":"}, {"value"}, "}"},
    [FORM_MHSTATS] = {{"{\"made-proposals\":", ",\"accepted-proposals\":"},
                      {"made-proposals", "accepted-proposals"},
                      "}"},
    [FORM_DETAILS] = {{"{\"details\":"}, {"details"}, "}"},
    [FORM_STARTED] = {{0}, {0}, "{\"started\":true}"},
    [FORM_STOPPED] = {{0}, {0}, "{\"stopped\":true}"},
    [FORM_STATUS] = {{"{\"status\":"}, {"status"}, "}"},
    [FORM_NOTHING] = {{0}, {0}, "{}"},
};

static bool add_json(struct text *out, const json_t *v)
{
    char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
    bool good = text && text_puts(out, text);
    free(text);
    return good;
}

static bool print_form(struct text *out, const struct reply_form *f,
                       const json_t *answer)
{
    bool good = true;
    for (int i = 0; good && i < 2 && f->member[i]; i++) {
        json_t *v = json_object_get(answer, f->member[i]);
        good = text_puts(out, f->before[i]) &&
               (v ? add_json(out, v) : text_puts(out, "null"));
    }
    return good && text_puts(out, f->after);
}

/* Errors are 400 here, as they were. */
static json_t *first_of(struct exchange *x, const struct outcome *o)
{
    if (o->kind != OUTCOME_REPLY || o->reply.state != REPLY_ERROR)
        return answers_first(x, o);
    exchange_engine_problem(x, 400, "program", o->json, o->length);
    return NULL;
}

static void reply_with_form(void *context, const struct outcome *o)
{
    struct exchange *x = context;
    json_t *answer = first_of(x, o);
    if (!answer) return;
    if (print_form(&x->reply, &forms[x->form], answer))
        exchange_json(x, 200);
    else
        exchange_problem(x, 503, "memory", "memory ran out");
    json_decref(answer);
}

static void ask_form(struct exchange *x, enum form_name form, const char *text)
{
    struct hosted *h = server_default(x->server);
    x->form = (int)form;
    if (h)
        ask(x, h, DO_ONE, reply_with_form, "%s", text);
    else
        exchange_problem(x, 507, "disk", "no session is to be had");
}

/* ---- directives ------------------------------------------------------- */

static void ask_directive(struct exchange *x, enum form_name form,
                          const char *word, const char *first,
                          const char *second)
{
    struct hosted *h = server_default(x->server);
    struct text text = {0};
    bool good = text_printf(&text, "(%s", word) && add_field(x, first, &text) &&
                (!second || add_field(x, second, &text)) &&
                text_puts(&text, ")");
    x->form = (int)form;
    if (good && h) ask_text(x, h, DO_ONE, reply_with_form, &text);
    if (!x->status && (!good || !h))
        exchange_problem(x, 503, "memory", "no session is to be had");
    text_free(&text);
}

void old_assume(struct exchange *x)
{
    ask_directive(x, FORM_ASSUME, "assume", "name_str", "expr_lst");
}

void old_observe(struct exchange *x)
{
    ask_directive(x, FORM_OBSERVE, "observe", "expr_lst", "literal_val");
}

void old_predict(struct exchange *x)
{
    ask_directive(x, FORM_ASSUME, "predict", "expr_lst", NULL);
}

void old_infer(struct exchange *x)
{
    json_t *n = field(x, "MHiterations", true);
    json_t *rerun = n ? field(x, "rerun", false) : NULL;
    char text[80];
    bool again = json_is_true(rerun) || json_integer_value(rerun) > 0;
    snprintf(text, sizeof text, "INFER %lld%s",
             (long long)json_integer_value(n), again ? " true" : "");
    if (n && json_is_integer(n) && json_integer_value(n) >= 0)
        ask_form(x, FORM_INFER, text);
    else
        exchange_problem(x, 400, "field",
                         "MHiterations is to be a whole number");
    json_decref(n);
    json_decref(rerun);
}

static void seeded(void *context, const struct outcome *o)
{
    struct exchange *x = context;
    json_t *answer = first_of(x, o);
    if (!answer) return;
    if (text_printf(
            &x->reply, "Seeded with %lld",
            (long long)json_integer_value(json_object_get(answer, "value"))))
        exchange_answer(x, 200, "text/plain; charset=utf-8");
    json_decref(answer);
}

void old_seed(struct exchange *x)
{
    json_t *n = field(x, "seed", true);
    struct hosted *h = server_default(x->server);
    if (n && h && json_is_integer(n))
        ask(x, h, DO_ONE, seeded, "SEED %lld",
            (long long)json_integer_value(n));
    else
        exchange_problem(x, 400, "field", "seed is to be a whole number");
    json_decref(n);
}

/* ---- the rest is said in one word ------------------------------------- */

void old_clear(struct exchange *x) { ask_form(x, FORM_NOTHING, "CLEAR"); }
void old_logscore(struct exchange *x)
{
    ask_form(x, FORM_LOGSCORE, "LOGSCORE");
}
void old_entropy(struct exchange *x) { ask_form(x, FORM_ENTROPY, "ENTROPY"); }
void old_memory(struct exchange *x) { ask_form(x, FORM_MEMORY, "MEMORY"); }
void old_start(struct exchange *x) { ask_form(x, FORM_STARTED, "INFER-ON"); }
void old_stop(struct exchange *x) { ask_form(x, FORM_STOPPED, "INFER-OFF"); }
void old_status(struct exchange *x)
{
    ask_form(x, FORM_STATUS, "INFER-STATUS");
}
void old_mhstats(struct exchange *x)
{
    ask_form(x, FORM_MHSTATS, "MHSTATS aggregated");
}
void old_mhstats_on(struct exchange *x)
{
    ask_form(x, FORM_DETAILS, "MHSTATS on");
}
void old_mhstats_off(struct exchange *x)
{
    ask_form(x, FORM_DETAILS, "MHSTATS off");
}

/* A directive by its number in the path. */
static void ask_number(struct exchange *x, enum form_name form,
                       const char *word)
{
    char text[120];
    const char *id = x->parameters[0];
    snprintf(text, sizeof text, "%s %s", word, id);
    if (strlen(id) < 10 && strspn(id, "0123456789") == strlen(id))
        ask_form(x, form, text);
    else
        exchange_problem(x, 404, "path", "there is nothing at %.200s", x->path);
}

void old_forget(struct exchange *x) { ask_number(x, FORM_NOTHING, "FORGET"); }
void old_logscore_of(struct exchange *x)
{
    ask_number(x, FORM_LOGSCORE_OF, "LOGSCORE");
}

/* {"<line>:<column>": {"made-proposals":...,"accepted-proposals":...}} */
static void detailed(void *context, const struct outcome *o)
{
    struct exchange *x = context;
    json_t *answer = first_of(x, o), *all = json_object(), *row;
    size_t i;
    json_array_foreach(json_object_get(answer, "places"), i, row)
    {
        char place[64];
        snprintf(place, sizeof place, "%lld:%lld",
                 json_integer_value(json_object_get(row, "line")),
                 json_integer_value(json_object_get(row, "column")));
        json_object_set_new(all, place,
                            json_pack("{sOsO}", "made-proposals",
                                      json_object_get(row, "proposals"),
                                      "accepted-proposals",
                                      json_object_get(row, "accepted")));
    }
    if (answer && add_json(&x->reply, all)) exchange_json(x, 200);
    json_decref(all);
    json_decref(answer);
}

void old_mhstats_detailed(struct exchange *x)
{
    struct hosted *h = server_default(x->server);
    if (h)
        ask(x, h, DO_ONE, detailed, "MHSTATS detailed");
    else
        exchange_problem(x, 507, "disk", "no session is to be had");
}

/* ---- the list --------------------------------------------------------- */

/* (ASSUME a (flip)), however it was written. */
static bool print_expression(struct text *out, const char *kind,
                             const char *written)
{
    bool listed = *written == '(';
    const char *rest = written + listed + strcspn(written + listed, " ");
    struct text words = {0};
    bool good = text_puts(&words, "(");
    for (const char *c = kind; good && *c; c++)
        good = text_printf(&words, "%c", toupper((unsigned char)*c));
    good =
        good && text_puts(&words, rest) && (listed || text_puts(&words, ")"));
    json_t *text = json_string(words.at);
    good = good && text && add_json(out, text);
    json_decref(text);
    text_free(&words);
    return good;
}

static bool print_row(struct text *out, const json_t *row)
{
    const char *kind = json_string_value(json_object_get(row, "directive"));
    const char *text = json_string_value(json_object_get(row, "expression"));
    json_t *name = json_object_get(row, "name");
    json_t *held = json_object_get(row, "value");
    bool good = text_printf(out,
                            "{\"directive-id\":%lld,"
                            "\"directive-type\":\"DIRECTIVE-",
                            json_integer_value(json_object_get(row, "id")));
    for (const char *c = kind; good && *c; c++)
        good = text_printf(out, "%c", toupper((unsigned char)*c));
    good = good && text_puts(out, "\",\"directive-expression\":") &&
           print_expression(out, kind, text);
    if (name)
        good = good && text_puts(out, ",\"name\":") && add_json(out, name);
    if (strcmp(kind, "observe") != 0 && held)
        good = good && text_puts(out, ",\"value\":") && add_json(out, held);
    return good && text_puts(out, "}");
}

static bool is_wanted(const struct exchange *x, const json_t *row)
{
    json_t *id = json_object_get(row, "id");
    return id && (!x->number || (uint64_t)json_integer_value(id) == x->number);
}

static void listed(void *context, const struct outcome *o)
{
    struct exchange *x = context;
    json_t *answer = first_of(x, o), *row;
    bool good = answer && (x->number || text_puts(&x->reply, "[")), any = false;
    size_t i;
    json_array_foreach(json_object_get(answer, "directives"), i, row)
    {
        if (!is_wanted(x, row)) continue;
        good = good && (!any || text_puts(&x->reply, ",")) &&
               print_row(&x->reply, row);
        any = true;
    }
    json_decref(answer);
    if (x->number && !any)
        exchange_problem(x, 404, "directive", "there is no directive %llu",
                         (unsigned long long)x->number);
    else if (good && (x->number || text_puts(&x->reply, "]")))
        exchange_json(x, 200);
    else
        exchange_problem(x, 503, "memory", "memory ran out");
}

static void list(struct exchange *x, uint64_t number)
{
    struct hosted *h = server_default(x->server);
    x->number = number;
    if (h)
        ask(x, h, DO_ONE, listed, "DIRECTIVES");
    else
        exchange_problem(x, 507, "disk", "no session is to be had");
}

void old_list(struct exchange *x)
{
    if (!ui_takes(x)) list(x, 0);
}

void old_directive(struct exchange *x)
{
    const char *id = x->parameters[0];
    uint64_t number = strtoull(id, NULL, 10);
    if (strlen(id) < 10 && strspn(id, "0123456789") == strlen(id) && number)
        list(x, number);
    else
        exchange_problem(x, 404, "path", "there is nothing at %.200s", x->path);
}
