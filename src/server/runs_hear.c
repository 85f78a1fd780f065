/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a run's process says becomes rows, columns and an end: see runs.h.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "eval/print.h"
#include "server/events.h"
#include "server/server.h"
#include "session/message.h"

/* ---- columns ---------------------------------------------------------- */

void run_drop_columns(struct run *r)
{
    for (size_t i = 0; i < r->chain_count; i++) {
        struct column *all = r->chains[i].columns;
        for (size_t k = 0; all && k < r->width; k++) column_close(&all[k]);
        free(all);
        r->chains[i].columns = NULL;
    }
}

static bool set_columns(struct run *r, const char *names, size_t length,
                        const struct message_header *h)
{
    size_t width = h->width;
    run_drop_columns(r);
    free(r->names);
    r->names = malloc(length + 1);
    if (!r->names) return false;
    memcpy(r->names, names, length);
    r->names[length] = 0;
    r->names_length = length;
    r->width = width;
    r->own = h->own;
    r->parameters = h->own + h->parameters;
    for (size_t i = 0; i < r->chain_count; i++) {
        r->chains[i].columns = calloc(width + 1, sizeof(struct column));
        if (!r->chains[i].columns) return false;
        for (size_t k = 0; k < width; k++)
            r->chains[i].columns[k].kind = COLUMN_NUMBER;
    }
    return true;
}

static bool take_header(struct run *r, size_t chain, const char *bytes,
                        size_t length)
{
    struct message_header h;
    if (length < sizeof h) return false;
    memcpy(&h, bytes, sizeof h);
    bool same = r->names && r->width == h.width &&
                r->names_length == length - sizeof h &&
                memcmp(r->names, bytes + sizeof h, r->names_length) == 0;
    if (!same && !set_columns(r, bytes + sizeof h, length - sizeof h, &h))
        return false;
    return run_open_file(r, chain);
}

static bool take_level(struct run *r, struct run_chain *c, const char *bytes,
                       size_t length)
{
    uint32_t i;
    size_t code;
    if (length <= sizeof i) return false;
    memcpy(&i, bytes, sizeof i);
    const char *shown = bytes + sizeof i;
    if (!c->columns || i >= r->width) return true;
    return levels_code_text(&c->columns[i].levels, shown,
                            shown + strlen(shown) + 1, &code);
}

static void take_kinds(struct run *r, struct run_chain *c, const char *kinds,
                       size_t length)
{
    for (size_t i = 0; c->columns && i < length && i < r->width; i++) {
        c->columns[i].lost = (unsigned char)kinds[i] == MESSAGE_LOST;
        if (!c->columns[i].lost)
            c->columns[i].kind = (enum column_kind)kinds[i];
    }
}

static bool take_draw(struct run *r, struct run_chain *c, const char *bytes,
                      size_t length)
{
    if (length != r->width * sizeof(double) || c->file < 0) return true;
    if (c->come++ < c->stored) return true; /* it is there already */
    c->stored++;
    r->runs->draws++;
    return text_add(&c->rows, bytes, length);
}

static bool take_message(struct run *r, const struct frame *f,
                         const char *bytes)
{
    size_t i = (uint32_t)f->ticket;
    if (i < 1 || i > r->chain_count) return true;
    struct run_chain *c = &r->chains[i - 1];
    switch ((enum message_kind)(f->ticket >> 32)) {
    case MESSAGE_HEADER: return take_header(r, i - 1, bytes, f->length);
    case MESSAGE_LEVEL: return take_level(r, c, bytes, f->length);
    case MESSAGE_DRAW: return take_draw(r, c, bytes, f->length);
    case MESSAGE_KINDS: take_kinds(r, c, bytes, f->length); return true;
    case MESSAGE_PROGRESS:
        if (f->length == sizeof c->progress)
            memcpy(&c->progress, bytes, sizeof c->progress);
        return true;
    default: return true;
    }
}

/* ---- columns, when it has ended --------------------------------------- */

static bool print_levels(const struct run *r, size_t chain, struct text *out,
                         bool *any)
{
    for (size_t i = 0; r->chains[chain].columns && i < r->width; i++) {
        const struct levels *l = &r->chains[chain].columns[i].levels;
        for (size_t k = 0; k < l->count; k++, *any = true)
            if (!text_printf(out, "%s[%zu,%zu,", *any ? "," : "", chain, i) ||
                !print_json_string(out, l->at[k].shown,
                                   strlen(l->at[k].shown)) ||
                !text_puts(out, ",") ||
                !print_json_string(out, l->at[k].json, strlen(l->at[k].json)) ||
                !text_puts(out, "]"))
                return false;
    }
    return true;
}

/* {"own":7,"parameters":9,"names":[...],"kinds":[...],"rows":[...],"levels":[...]} */
bool run_facts(const struct run *r, struct text *out)
{
    bool good = text_printf(out, "{\"own\":%zu,\"parameters\":%zu,\"names\":[",
                            r->own, r->parameters);
    bool any = false;
    for (size_t i = 0; good && i < r->width; i++) {
        const char *name = run_column_name(r, i);
        good = text_puts(out, i ? "," : "") &&
               print_json_string(out, name, strlen(name));
    }
    good = good && text_puts(out, "],\"kinds\":[");
    for (size_t i = 0; good && i < r->width; i++) {
        const struct column *c = &r->chains[0].columns[i];
        good = text_printf(out, "%s%d", i ? "," : "",
                           c->lost ? MESSAGE_LOST : (int)c->kind);
    }
    good = good && text_puts(out, "],\"rows\":[");
    for (size_t i = 0; good && i < r->chain_count; i++)
        good = text_printf(out, "%s%llu", i ? "," : "",
                           (unsigned long long)r->chains[i].stored);
    good = good && text_puts(out, "],\"progress\":[");
    for (size_t i = 0; good && i < r->chain_count; i++) {
        const struct run_progress *p = &r->chains[i].progress;
        good = text_printf(out, "%s[%llu,%llu,%llu]", i ? "," : "",
                           (unsigned long long)p->made,
                           (unsigned long long)p->planned,
                           (unsigned long long)p->divergences);
    }
    good = good && text_puts(out, "],\"levels\":[");
    for (size_t i = 0; good && i < r->chain_count; i++)
        good = print_levels(r, i, out, &any);
    return good && text_puts(out, "]}");
}

static bool take_names(struct run *r, const json_t *o)
{
    struct text names = {0};
    json_t *list = json_object_get(o, "names"), *v;
    size_t i;
    bool good = true;
    json_array_foreach(list, i, v)
    {
        const char *name = json_string_value(v);
        good = good && name && text_add(&names, name, strlen(name) + 1);
    }
    const json_t *parameters = json_object_get(o, "parameters");
    struct message_header h = {
        .width = json_array_size(list),
        .own = (uint64_t)json_integer_value(json_object_get(o, "own"))};
    if (h.own > h.width) h.own = h.width;
    h.parameters = h.width - h.own;
    if (parameters) /* a journal of before has none */
        h.parameters = (uint64_t)json_integer_value(parameters) - h.own;
    if (h.parameters > h.width - h.own) h.parameters = h.width - h.own;
    good = good && set_columns(r, names.at ? names.at : "", names.length, &h);
    text_free(&names);
    return good;
}

static bool take_level_fact(struct run *r, const json_t *v)
{
    size_t chain = (size_t)json_integer_value(json_array_get(v, 0));
    size_t i = (size_t)json_integer_value(json_array_get(v, 1)), code;
    const char *shown = json_string_value(json_array_get(v, 2));
    const char *json = json_string_value(json_array_get(v, 3));
    if (chain >= r->chain_count || i >= r->width || !shown || !json)
        return true;
    return levels_code_text(&r->chains[chain].columns[i].levels, shown, json,
                            &code);
}

static void take_progress_fact(struct run *r, size_t i, const json_t *v)
{
    if (i >= r->chain_count) return;
    struct run_progress *p = &r->chains[i].progress;
    p->made = (uint64_t)json_integer_value(json_array_get(v, 0));
    p->planned = (uint64_t)json_integer_value(json_array_get(v, 1));
    p->divergences = (uint64_t)json_integer_value(json_array_get(v, 2));
}

bool run_take_facts(struct run *r, const char *json, size_t length)
{
    json_t *o = json_loadb(json, length, 0, NULL), *v;
    if (!o) return true; /* it ended before it had columns */
    size_t i;
    bool good = take_names(r, o);
    json_array_foreach(json_object_get(o, "kinds"), i, v)
    {
        char kind = (char)json_integer_value(v);
        for (size_t k = 0; good && i < r->width && k < r->chain_count; k++) {
            struct column *c = &r->chains[k].columns[i];
            c->lost = (unsigned char)kind == MESSAGE_LOST;
            if (!c->lost) c->kind = (enum column_kind)kind;
        }
    }
    json_array_foreach(json_object_get(o, "progress"), i, v)
        take_progress_fact(r, i, v);
    json_array_foreach(json_object_get(o, "levels"), i, v) good =
        good && take_level_fact(r, v);
    json_decref(o);
    return good;
}

/* ---- the end ---------------------------------------------------------- */

/* Draws are on disk before the end is said. */
static bool sync_rows(struct run *r)
{
    bool good = true;
    runs_write(r->runs);
    for (size_t i = 0; i < r->chain_count; i++)
        if (r->chains[i].file >= 0)
            good = fdatasync(r->chains[i].file) == 0 && good;
    return good;
}

static bool has_rows(const struct run *r)
{
    for (size_t i = 0; i < r->chain_count; i++)
        if (r->chains[i].rows.length) return true;
    return false;
}

/* The end waits for the draws, as they may wait for room on the disk. */
void run_try_end(struct run *r)
{
    struct wire_reply reply;
    const char *bytes = r->ending.at;
    size_t length = r->ending.length;
    if (length < sizeof reply) return;
    runs_write(r->runs);
    if (has_rows(r)) {
        if (r->stopper)
            exchange_problem(r->stopper, 507, "disk",
                             "there is no room for what it has drawn");
        r->stopper = NULL;
        return;
    }
    memcpy(&reply, bytes, sizeof reply);
    enum run_state state = reply.state != REPLY_GOOD ? RUN_FAILED
                           : r->late                 ? RUN_LIMITED
                           : r->stopping             ? RUN_STOPPED
                                                     : RUN_ENDED;
    text_clear(&r->answer);
    text_add(&r->answer, bytes + sizeof reply, length - sizeof reply);
    text_free(&r->ending);
    sync_rows(r);
    run_finish(r, state);
    streams_wake(r);
}

/* true: go on. */
static bool take_frame(struct run *r, const struct frame *f, const char *bytes)
{
    switch ((enum frame_kind)f->kind) {
    case FRAME_HELLO:
        r->process = r->wire.given;
        r->wire.given = -1;
        if (r->stopping) run_stop(r);
        return true;
    case FRAME_MESSAGE: return take_message(r, f, bytes);
    case FRAME_STATE:
        /* Without room it will begin again from an older one. */
        run_keep_state(r, f->ticket, bytes, f->length);
        return true;
    case FRAME_ENDED:
        text_clear(&r->ending);
        if (!text_add(&r->ending, bytes, f->length)) return false;
        run_try_end(r);
        return true;
    default: return true;
    }
}

/* One whose draws find no room on the disk is not heard until they do: its
 * process waits. */
void run_hear(void *context)
{
    struct run *r = context;
    struct loop *l = &r->runs->server->loop;
    struct frame f;
    const char *bytes;
    bool good = run_tell(r), alive = wire_fill(&r->wire);
    while (good && r->state == RUN_GOING && !r->ending.length &&
           !run_waits(r) && wire_next(&r->wire, &f, &bytes))
        good = take_frame(r, &f, bytes);
    if (r->state == RUN_GOING) {
        if (run_waits(r)) runs_write(r->runs);
        r->full = run_waits(r) || r->ending.length;
    }
    if (r->full && r->watcher.descriptor >= 0) {
        loop_remove(l, &r->watcher);
    } else if (r->watcher.descriptor < 0 && r->wire.socket >= 0) {
        loop_add(l, &r->watcher, r->wire.socket, run_hear, r);
    }
    if (r->state == RUN_GOING && !r->full && (!alive || !good)) run_died(r);
    streams_wake(r);
}
