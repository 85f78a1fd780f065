/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The order of a run: see run_order.h.
 */
#include "server/run_order.h"

#include <stdlib.h>
#include <string.h>

#include "server/answers.h"
#include "server/server.h"

static const uint64_t SEED_MOST = (UINT64_C(1) << 47) - 1;

/* ---- reading ---------------------------------------------------------- */

static bool is_texts(const json_t *list)
{
    size_t i;
    json_t *v;
    bool good = json_is_array(list);
    json_array_foreach((json_t *)list, i, v) good = good && json_is_string(v);
    return good;
}

bool run_order_read(struct exchange *x, const json_t *o, struct run_order *w)
{
    *w = (struct run_order){.samples = 1000, .chains = CHAINS_DEFAULT};
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

/* ---- writing ---------------------------------------------------------- */

/* A place in text as engines count: lines and columns from 1. */
struct spot {
    long long line, column;
};

/* The INFER as it is written, and the member in whose text a place lies. */
struct writer {
    struct text *out;
    struct spot sought; /* line 0: none */
    const char *member; /* NULL: not found */
    size_t index;       /* of the member's list */
    struct spot begins; /* where its text does */
};

static struct spot spot_at_end(const struct text *t)
{
    struct spot s = {1, 1};
    for (size_t i = 0; i < t->length; i++) {
        unsigned char c = (unsigned char)t->at[i];
        s.column += (c & 0xc0) != 0x80;
        if (c == '\n') s = (struct spot){s.line + 1, 1};
    }
    return s;
}

static bool is_behind(struct spot a, struct spot b)
{
    return a.line > b.line || (a.line == b.line && a.column > b.column);
}

static bool put_words(struct writer *w, const char *words)
{
    return text_puts(w->out, words);
}

/* What the client sent as a member. */
static bool put_member(struct writer *w, const char *member, size_t index,
                       const char *words)
{
    if (!w->sought.line) return put_words(w, words);
    struct spot begins = spot_at_end(w->out);
    if (!put_words(w, words)) return false;
    if (!is_behind(begins, w->sought) &&
        !is_behind(w->sought, spot_at_end(w->out))) {
        w->member = member;
        w->index = index;
        w->begins = begins;
    }
    return true;
}

static bool put_watch(struct writer *w, const json_t *watch)
{
    size_t i;
    json_t *v;
    bool good = put_words(w, " :watch (");
    json_array_foreach((json_t *)watch, i, v) good =
        good && put_words(w, i ? " " : "") &&
        put_member(w, "watch", i, json_string_value(v));
    return good && put_words(w, ")");
}

static bool put_order(struct writer *w, const struct run_order *o)
{
    bool good = put_words(w, "INFER") &&
                (!o->kernel || (put_words(w, " ") &&
                                put_member(w, "kernel", 0, o->kernel))) &&
                text_printf(w->out, " :samples %llu :chains %llu",
                            (unsigned long long)o->samples,
                            (unsigned long long)o->chains);
    if (o->has_warmup)
        good = good && text_printf(w->out, " :warmup %llu",
                                   (unsigned long long)o->warmup);
    if (o->has_thin)
        good = good &&
               text_printf(w->out, " :thin %llu", (unsigned long long)o->thin);
    if (o->time)
        good =
            good && put_words(w, " :for ") && put_member(w, "for", 0, o->time);
    if (o->watch && json_array_size(o->watch))
        good = good && put_watch(w, o->watch);
    return good;
}

bool run_order_print(const struct run_order *o, struct text *out)
{
    struct writer w = {.out = out};
    return put_order(&w, o);
}

bool run_order_extended(const char *infer, uint64_t samples, struct text *out)
{
    static const char word[] = " :samples ";
    const char *at = strstr(infer, word), *rest;
    if (!at) return false;
    at += sizeof word - 1;
    rest = at + strspn(at, "0123456789");
    return text_add(out, infer, (size_t)(at - infer)) &&
           text_printf(out, "%llu", (unsigned long long)samples) &&
           text_puts(out, rest);
}

/* ---- errors in it ----------------------------------------------------- */

static long long number_of(const json_t *o, const char *name)
{
    return json_integer_value(json_object_get(o, name));
}

/* A place of the span, counted from where the member's text begins. */
static void move_place(json_t *span, const char *line, const char *column,
                       struct spot begins)
{
    if (number_of(span, line) == begins.line)
        json_object_set_new(
            span, column,
            json_integer(number_of(span, column) - begins.column + 1));
    json_object_set_new(span, line,
                        json_integer(number_of(span, line) - begins.line + 1));
}

static void point_to(json_t *error, const struct writer *w)
{
    json_t *span = json_object_get(error, "span");
    move_place(span, "line", "column", w->begins);
    move_place(span, "end_line", "end_column", w->begins);
    json_object_set_new(error, "pointer",
                        strcmp(w->member, "watch") == 0
                            ? json_sprintf("#/watch/%zu", w->index)
                            : json_sprintf("#/%s", w->member));
}

bool run_order_mend_error(const struct run_order *o, const char *error,
                          size_t length, struct text *out)
{
    struct text words = {0};
    json_t *e = json_loadb(error, length, JSON_ALLOW_NUL, NULL);
    const json_t *span = json_object_get(e, "span");
    struct writer w = {
        .out = &words,
        .sought = {number_of(span, "line"), number_of(span, "column")}};
    bool good = e && put_order(&w, o);
    /* Of words that are ours the client knows nothing. */
    if (good && w.member)
        point_to(e, &w);
    else if (good)
        json_object_del(e, "span");
    char *text = good ? json_dumps(e, JSON_COMPACT) : NULL;
    good = text && text_puts(out, text);
    free(text);
    json_decref(e);
    text_free(&words);
    return good;
}
