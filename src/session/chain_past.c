/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rests of chains, and how they go on: see chain_past.h.
 */
#include "session/chain_past.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "session/checkpoint.h"
#include "session/complaint.h"

/* Units of work, each about a tenth of a microsecond: what a transition takes
 * beside nodes; a gradient, or a run of the program. Until it is time as much
 * as is asked for, so many of it for each choice, for resting takes the
 * longer, and so often as much as to open the kernel. */
enum { TRANSITION = 20, EFFORT = 100, EFFORT_A_CHOICE = 4 };
enum { A_CHOICE_OF = 5000, OPENINGS = 4 };

static bool refuse(struct session *s)
{
    return error_set(session_error(s), ERROR_IO, "that is no state of a chain");
}

/* ---- what was told ---------------------------------------------------- */

bool chain_rest_note(struct chain_rest *c, enum message_kind kind,
                     const void *bytes, size_t length)
{
    bool kept = kind == MESSAGE_ADAPTED || kind == MESSAGE_HEADER ||
                kind == MESSAGE_NOTE || kind == MESSAGE_LEVEL;
    return !kept ||
           (pack_word(&c->told, kind) && pack_bytes(&c->told, bytes, length)) ||
           machine_no_memory(c->session->machine);
}

bool chain_past_head(struct chain_past *p, const char *state, size_t length)
{
    struct unpack u = {state, length};
    *p = (struct chain_past){.state = state, .length = length, .rows = -1};
    return unpack_word(&u, &p->draws) && unpack_word(&u, &p->width) &&
           p->width >= 1 && p->width <= FLAT_WIDTH_MAX + KERNEL_COLUMNS_MAX &&
           p->draws < UINT64_C(1) << 40;
}

static bool tell_rows(const struct chain_past *p, message_take *draw,
                      void *drawer)
{
    struct text row = {0};
    char part[1 << 14];
    size_t size = p->width * sizeof(double);
    uint64_t left = p->draws * size;
    bool good = true;
    for (off_t at = 0; good && left > 0;) {
        size_t most = left < sizeof part ? (size_t)left : sizeof part;
        ssize_t n = pread(p->rows, part, most, at);
        if (n < 0 && errno == EINTR) continue;
        good = n > 0;
        for (ssize_t i = 0; good && i < n;) {
            size_t wanted = size - row.length, there = (size_t)(n - i);
            size_t k = wanted < there ? wanted : there;
            good = text_add(&row, part + i, k);
            i += (ssize_t)k;
            if (!good || row.length < size) continue;
            good = draw(drawer, MESSAGE_DRAW, row.at, row.length);
            text_clear(&row);
        }
        at += n;
        left -= good ? (uint64_t)n : 0;
    }
    text_free(&row);
    return good;
}

/* Its parts, in order. */
struct parts {
    struct run_result run;
    uint64_t thin, warmup;
    const char *learned, *told, *complaints, *session;
    size_t learned_length, told_length, complaints_length, session_length;
    struct unpack collector;
};

static bool unpack_parts(const struct chain_past *p, struct parts *out)
{
    struct unpack u = {p->state, p->length};
    uint64_t draws, width;
    const char *at;
    size_t length;
    bool good = unpack_word(&u, &draws) && unpack_word(&u, &width) &&
                unpack_exactly(&u, &out->run, sizeof out->run) &&
                unpack_word(&u, &out->thin) && unpack_word(&u, &out->warmup) &&
                unpack_bytes(&u, &out->learned, &out->learned_length) &&
                unpack_bytes(&u, &out->told, &out->told_length) &&
                unpack_bytes(&u, &out->complaints, &out->complaints_length) &&
                unpack_bytes(&u, &at, &length) &&
                unpack_bytes(&u, &out->session, &out->session_length) &&
                !u.left;
    if (good) out->collector = (struct unpack){at, length};
    return good && out->thin >= 1 && out->run.draws == draws &&
           out->complaints_length % sizeof(struct engine_complaint) == 0 &&
           out->complaints_length <=
               CHAIN_COMPLAINTS * sizeof(struct engine_complaint);
}

bool chain_past_tell(const struct chain_past *p, message_take *take,
                     void *taker, message_take *draw, void *drawer)
{
    struct parts parts;
    if (!unpack_parts(p, &parts)) return false;
    struct unpack u = {parts.told, parts.told_length};
    while (u.left) {
        uint64_t kind;
        const char *bytes;
        size_t length;
        if (!unpack_word(&u, &kind) || !unpack_bytes(&u, &bytes, &length) ||
            kind > MESSAGE_END || !take(taker, kind, bytes, length))
            return false;
    }
    return tell_rows(p, draw, drawer);
}

/* ---- complaints ------------------------------------------------------- */

/* The place goes into the words. */
static void place_in_words(struct engine_complaint *c)
{
    int line, column;
    char place[100];
    size_t used = strlen(c->message), room = sizeof c->message - 1 - used;
    if (!c->span.source) return;
    source_place(c->span.source, c->span.start, &line, &column);
    snprintf(place, sizeof place, " at %.60s:%d:%d", c->span.source->name, line,
             column);
    size_t length = strlen(place) < room ? strlen(place) : room;
    memcpy(c->message + used, place, length);
    c->message[used + length] = 0;
    c->span = (struct span){0};
}

static void add_complaint(struct chain_rest *c, struct engine_complaint one)
{
    place_in_words(&one);
    for (size_t i = 0; i < c->complaint_count; i++)
        if (strcmp(c->complaints[i].message, one.message) == 0) {
            c->complaints[i].count += one.count;
            return;
        }
    if (c->complaint_count < CHAIN_COMPLAINTS)
        c->complaints[c->complaint_count++] = one;
}

void chain_rest_complain(struct chain_rest *c)
{
    struct session *s = c->session;
    for (size_t i = 0; i < s->complaint_count; i++)
        add_complaint(c, s->complaints[i]);
    s->complaint_count = 0;
}

/* ---- resting ---------------------------------------------------------- */

static uint64_t work_of(const struct run_result *r)
{
    const struct transition_counts *a = &r->warmup, *b = &r->counts;
    return a->touched + b->touched +
           (a->transitions + b->transitions) * TRANSITION;
}

bool chain_rest_is_due(const struct chain_rest *c, const struct run_result *r)
{
    struct engine *e = c->session->engine;
    uint64_t choices = e->op->free_choices(e);
    uint64_t effort = kernel_effort(c->order->plan.kernel) - r->opening;
    uint64_t each = EFFORT + EFFORT_A_CHOICE * choices;
    uint64_t work = work_of(r) - work_of(&c->past.result) + effort * each;
    uint64_t much = c->session->rests;
    return work >=
           much + much / A_CHOICE_OF * choices + OPENINGS * r->opening * each;
}

static bool pack_all(struct chain_rest *c, const struct run_result *r,
                     const struct text *learned, const struct text *collector,
                     const struct text *session, struct text *out)
{
    const struct run_plan *plan = &c->order->plan;
    size_t width = c->collector->own + c->collector->flat.width;
    return pack_word(out, r->draws) && pack_word(out, width) &&
           pack_bytes(out, r, sizeof *r) && pack_word(out, plan->thin) &&
           pack_word(out, plan->warmup) &&
           pack_bytes(out, learned->at, learned->length) &&
           pack_bytes(out, c->told.at ? c->told.at : "", c->told.length) &&
           pack_bytes(out, c->complaints,
                      c->complaint_count * sizeof *c->complaints) &&
           pack_bytes(out, collector->at, collector->length) &&
           pack_bytes(out, session->at, session->length);
}

/* The collector was closed with the session that it looked at. */
static bool collect_again(struct chain_rest *c, const struct text *packed)
{
    struct unpack u = {packed->at, packed->length};
    collect_close(c->collector);
    return collect_unpack(c->collector, &u);
}

bool chain_rest_make(struct chain_rest *c, const struct run_result *r,
                     const struct text *learned)
{
    struct session *s = c->session;
    struct text collector = {0}, session = {0}, all = {0};
    bool good = complaints_gather(s);
    chain_rest_complain(c);
    c->past.result = *r;
    c->rested = true;
    if (good && collect_pack(c->collector, &collector)) {
        enum settled how = checkpoint_settle(s, CHECKPOINT_PROGRAM, &session);
        if (how == SETTLE_LOST) _exit(1); /* who began this one begins again */
        if (how == SETTLED) {
            good = collect_again(c, &collector) &&
                   (pack_all(c, r, learned, &collector, &session, &all) ||
                    machine_no_memory(s->machine));
            if (good)
                good = c->collector->take(c->collector->taker, MESSAGE_STATE,
                                          all.at, all.length);
        }
    }
    text_free(&collector);
    text_free(&session);
    text_free(&all);
    if (good) error_clear(session_error(s));
    return good;
}

bool chain_rest_resume(struct chain_rest *c, const struct chain_past *p)
{
    struct session *s = c->session;
    struct parts parts;
    if (!unpack_parts(p, &parts)) return refuse(s);
    c->past = (struct run_past){parts.run, parts.learned, parts.learned_length};
    c->rested = true;
    c->order->plan.thin = parts.thin;
    c->order->plan.warmup = parts.warmup;
    c->order->plan.past = &c->past;
    c->complaint_count = parts.complaints_length / sizeof *c->complaints;
    memcpy(c->complaints, parts.complaints, parts.complaints_length);
    for (size_t i = 0; i < c->complaint_count; i++) {
        c->complaints[i].span = (struct span){0};
        c->complaints[i].message[sizeof c->complaints[i].message - 1] = 0;
    }
    if (!text_add(&c->told, parts.told, parts.told_length))
        return machine_no_memory(s->machine);
    return checkpoint_become(s, parts.session, parts.session_length) &&
           collect_unpack(c->collector, &parts.collector);
}

void chain_rest_close(struct chain_rest *c) { text_free(&c->told); }
