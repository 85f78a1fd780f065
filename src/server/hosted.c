/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sessions and their engines: see hosted.h. Waking is in hosted_wake.c.
 */
#include "server/hosted.h"

#include <stdlib.h>
#include <string.h>

#include "server/hosted_inside.h"

enum { WAITING_MOST = 1000 };

/* ---- tasks ------------------------------------------------------------ */

struct task *task_new(void (*done)(void *, const struct outcome *),
                      void *context)
{
    struct task *t = calloc(1, sizeof *t);
    if (!t) return NULL;
    t->done = done;
    t->context = context;
    t->socket = -1;
    return t;
}

void task_end(struct task *t, enum outcome_kind kind)
{
    struct outcome o = {.kind = kind,
                        .reply = t->reply,
                        .json = t->json.at ? t->json.at : "",
                        .length = t->json.length};
    t->done(t->context, &o);
    if (t->socket >= 0) close(t->socket);
    text_free(&t->text);
    text_free(&t->key);
    text_free(&t->json);
    free(t);
}

void queue_add(struct queue *q, struct task *t)
{
    t->next = NULL;
    if (q->last)
        q->last->next = t;
    else
        q->first = t;
    q->last = t;
    q->length++;
}

struct task *queue_take(struct queue *q)
{
    struct task *t = q->first;
    if (!t) return NULL;
    q->first = t->next;
    if (!q->first) q->last = NULL;
    q->length--;
    return t;
}

static void queue_put_back(struct queue *q, struct task *t)
{
    t->next = q->first;
    q->first = t;
    if (!q->last) q->last = t;
    q->length++;
}

void queue_end(struct queue *q, enum outcome_kind kind)
{
    struct queue all = *q;
    *q = (struct queue){0};
    for (struct task *t; (t = queue_take(&all));) task_end(t, kind);
}

void hosted_ask(struct hosted *h, struct task *t)
{
    struct hosts *hs = h->hosts;
    hs->tasks++;
    h->last_used = clock_seconds();
    if (h->closed) {
        task_end(t, OUTCOME_GONE);
    } else if (h->broken) {
        task_end(t, OUTCOME_BROKEN);
    } else if (h->waiting.length >= WAITING_MOST) {
        task_end(t, OUTCOME_FULL);
    } else {
        queue_add(&h->waiting, t);
        hosted_pump(h);
    }
}

/* ---- to the engine ---------------------------------------------------- */

static bool send_task(struct hosted *h, struct task *t)
{
    struct wire_do d = {.flags = t->flags,
                        .seconds = h->hosts->seconds,
                        .seed = t->seed,
                        .chains = t->chains};
    if (t->kind == FRAME_RUN) d.seconds = 0;
    h->current = t;
    t->begun = clock_seconds();
    t->tries++;
    return wire_send(&h->wire, t->kind, 0, &d, sizeof d,
                     t->text.at ? t->text.at : "", t->text.length, t->socket);
}

void hosted_pump(struct hosted *h)
{
    while (!h->current && h->waiting.first) {
        if (h->state == HOSTED_ASLEEP) hosted_wake(h);
        if (h->state != HOSTED_AWAKE) return;
        /* A socket goes along with the first byte: all before is sent. */
        if (h->waiting.first->socket >= 0 && wire_is_full(&h->wire)) break;
        struct task *t = queue_take(&h->waiting);
        if (!send_task(h, t)) { /* it died, and the loop has not seen it yet */
            hosted_died(h);
            return;
        }
        if (t->socket >= 0) { /* a run speaks for itself */
            h->current = NULL;
            task_end(t, OUTCOME_REPLY);
        }
    }
    if (h->state != HOSTED_ASLEEP)
        loop_want(h->hosts->loop, &h->watcher, wire_is_full(&h->wire));
}

/* ---- what is written down --------------------------------------------- */

static bool write_down(struct hosted *h, const struct entry *e)
{
    struct place p;
    if (!scribe_add(h->hosts->scribe, e, &p)) return false;
    h->position = p.at + p.length;
    return hosted_add_place(h, p);
}

bool hosted_add_place(struct hosted *h, struct place p)
{
    if (h->count == h->room) {
        size_t room = h->room ? 2 * h->room : 16;
        struct place *wider = realloc(h->entries, room * sizeof *wider);
        if (!wider) return false;
        h->entries = wider;
        h->room = room;
    }
    h->entries[h->count++] = p;
    return true;
}

static struct bytes bytes_of(const struct text *t)
{
    return (struct bytes){t->at ? t->at : "", (uint32_t)t->length};
}

/* What happened in the background before is written before it. */
static bool write_idle(struct hosted *h, uint64_t transitions)
{
    struct entry e = {.kind = ENTRY_IDLE, .session = h->id, .a = transitions};
    return !transitions || write_down(h, &e);
}

/* What it is now, so that it need not be done again. Where that cannot be
 * written, it is. */
static void write_state(struct hosted *h)
{
    struct place p;
    struct entry e = {.kind = ENTRY_STATE,
                      .session = h->id,
                      .a = hosted_length(h),
                      .text = bytes_of(&h->fresh)};
    const struct hosts *hs = h->hosts;
    bool free = !hs->is_begun_from || !hs->is_begun_from(hs->beginner, h);
    if (free && h->fresh.length && scribe_add(hs->scribe, &e, &p))
        hosted_know_state(h, &e, p);
    text_free(&h->fresh);
}

static bool write_task(struct hosted *h, const struct task *t)
{
    const struct wire_reply *r = &t->reply;
    struct entry e = {.kind = ENTRY_DO,
                      .session = h->id,
                      .a = r->check,
                      .b = t->flags,
                      .text = bytes_of(&t->text)};
    if (t->key.length) {
        e.key = bytes_of(&t->key);
        e.reply = bytes_of(&t->json);
        e.b |= r->state == REPLY_GOOD ? 0 : ENTRY_FAILED;
    }
    if (r->settled) e.b |= ENTRY_SETTLED;
    if (!r->changed && !t->key.length) return true;
    h->version += r->changed;
    h->work += r->seconds;
    if (!write_down(h, &e)) return false;
    if (t->key.length && h->hosts->keep)
        h->hosts->keep(h->hosts->keeper, &e, h->entries[h->count - 1]);
    if (r->settled) {
        write_state(h);
        h->work = r->load;
    }
    return true;
}

/* ---- from the engine -------------------------------------------------- */

static void answer(struct hosted *h, struct task *t)
{
    t->needs = h->position;
    if (t->needs <= h->hosts->scribe->synced && !h->unsynced.first)
        task_end(t, OUTCOME_REPLY);
    else
        queue_add(&h->unsynced, t);
}

void hosted_heard(struct hosted *h, const struct wire_reply *r,
                  const char *json, size_t length)
{
    struct task *t = h->current;
    if (!t) return;
    h->current = NULL;
    t->reply = *r;
    h->working = r->working;
    text_clear(&t->json);
    if (!text_add(&t->json, json, length)) {
        hosted_lost(h);
        task_end(t, OUTCOME_FULL);
        return;
    }
    if (h->is_copy) {
        task_end(t, OUTCOME_REPLY);
        return;
    }
    /* The state is not one that the entries give: it is given up. */
    if (r->state == REPLY_LIMIT) {
        hosted_lost(h);
        task_end(t, OUTCOME_REPLY);
    } else if (!write_idle(h, r->idle) || !write_task(h, t)) {
        hosted_lost(h);
        task_end(t, OUTCOME_DISK);
    } else {
        answer(h, t);
    }
}

/* A task that was under way is asked once more: nobody was told anything. */
void hosted_died(struct hosted *h)
{
    struct task *t = h->current;
    h->current = NULL;
    hosted_lost(h);
    h->hosts->deaths++;
    if (t && t->tries >= 2)
        task_end(t, OUTCOME_DIED);
    else if (t)
        queue_put_back(&h->waiting, t);
    hosted_pump(h);
}

void hosts_synced(struct hosts *hs)
{
    bool failed = hs->scribe->failed;
    for (struct hosted *h = hs->first; h; h = h->next)
        while (h->unsynced.first &&
               (failed || h->unsynced.first->needs <= hs->scribe->synced))
            task_end(queue_take(&h->unsynced),
                     failed ? OUTCOME_DISK : OUTCOME_REPLY);
}

/* ---- the table -------------------------------------------------------- */

struct hosted *hosted_find(struct hosts *hs, uint64_t id)
{
    for (struct hosted *h = hs->first; h; h = h->next)
        if (h->id == id && !h->closed) return h;
    return NULL;
}

static struct hosted *make(struct hosts *hs, uint64_t id, const char *engine,
                           size_t length, uint64_t seed)
{
    struct hosted *h = calloc(1, sizeof *h);
    if (!h || length >= sizeof h->engine) {
        free(h);
        return NULL;
    }
    *h = (struct hosted){.hosts = hs,
                         .id = id,
                         .seed = seed,
                         .watcher.descriptor = -1,
                         .process = -1,
                         .last_used = clock_seconds()};
    wire_open(&h->wire, -1);
    memcpy(h->engine, engine, length);
    return h;
}

/* At the end: sessions are listed as they came. */
static struct hosted *enter(struct hosts *hs, struct hosted *h)
{
    struct hosted **last = &hs->first;
    while (*last) last = &(*last)->next;
    *last = h;
    hs->count++;
    if (h->id >= hs->next_id) hs->next_id = h->id + 1;
    return h;
}

struct hosted *hosted_known(struct hosts *hs, const struct entry *e,
                            struct place p)
{
    struct hosted *h = make(hs, e->session, e->text.at, e->text.length, e->a);
    if (!h) return NULL;
    h->open = p;
    return enter(hs, h);
}

size_t hosted_length(const struct hosted *h) { return h->first + h->count; }

/* Where entries before it are missing, none of them is there. */
void hosted_know_state(struct hosted *h, const struct entry *e, struct place p)
{
    h->checkpoint = p;
    h->has_checkpoint = true;
    h->settled = e->a;
    if (e->a == hosted_length(h)) return;
    h->first = e->a;
    h->count = 0;
}

struct hosted *hosted_new(struct hosts *hs, const char *engine, uint64_t seed,
                          const struct text *key, const char *reply)
{
    if (hs->most && hs->count >= hs->most) return NULL;
    struct hosted *h = make(hs, hs->next_id, engine, strlen(engine), seed);
    struct place p;
    struct entry e = {.kind = ENTRY_OPEN,
                      .session = hs->next_id,
                      .a = seed,
                      .text = {engine, (uint32_t)strlen(engine)}};
    if (key && key->length) {
        e.key = bytes_of(key);
        e.reply = (struct bytes){reply, (uint32_t)strlen(reply)};
    }
    if (!h || !scribe_add(hs->scribe, &e, &p)) {
        free(h);
        return NULL;
    }
    if (e.key.length && hs->keep) hs->keep(hs->keeper, &e, p);
    h->open = p;
    h->position = p.at + p.length;
    return enter(hs, h);
}

struct hosted *hosted_empty(struct hosted *h)
{
    struct hosted *c =
        make(h->hosts, h->id, h->engine, strlen(h->engine), h->seed);
    if (c) c->is_copy = true;
    return c;
}

struct hosted *hosted_copy(struct hosted *h, size_t entries)
{
    struct hosted *c = hosted_empty(h);
    if (!c) return NULL;
    c->first = h->first;
    if (h->has_checkpoint && h->settled <= entries) {
        c->has_checkpoint = true;
        c->checkpoint = h->checkpoint;
        c->settled = h->settled;
    }
    bool good = c->has_checkpoint || h->first == 0;
    for (size_t i = 0; good && i < h->count && h->first + i < entries; i++)
        good = hosted_add_place(c, h->entries[i]);
    if (good) return c;
    hosted_forget(c);
    return NULL;
}

/* The entry at a place, as one of the session f. */
static bool write_copy(struct hosted *f, struct place from, struct text *room)
{
    struct entry e;
    struct place p;
    if (!scribe_read(f->hosts->scribe, from, room, &e)) return false;
    e.session = f->id;
    e.key = e.reply = (struct bytes){"", 0};
    if (e.kind != ENTRY_STATE) return write_down(f, &e);
    if (!scribe_add(f->hosts->scribe, &e, &p)) return false;
    f->position = p.at + p.length;
    hosted_know_state(f, &e, p);
    return true;
}

struct hosted *hosted_fork(struct hosted *h, const struct text *key,
                           const char *reply)
{
    struct text room = {0};
    struct hosted *f = hosted_new(h->hosts, h->engine, h->seed, key, reply);
    bool good =
        f && (!h->has_checkpoint || write_copy(f, h->checkpoint, &room));
    size_t i = h->has_checkpoint ? h->settled - h->first : 0;
    for (; good && i < h->count; i++)
        good = write_copy(f, h->entries[i], &room);
    if (f && !good && !hosted_close(f)) hosted_forget(f);
    text_free(&room);
    return good ? f : NULL;
}

bool hosted_close(struct hosted *h)
{
    struct place p;
    struct entry e = {.kind = ENTRY_CLOSE, .session = h->id};
    if (!h->closed && !scribe_add(h->hosts->scribe, &e, &p)) return false;
    hosted_forget(h);
    return true;
}

void hosted_forget(struct hosted *h)
{
    struct hosts *hs = h->hosts;
    if (h->closed) return;
    h->closed = true;
    for (struct hosted **at = &hs->first; *at; at = &(*at)->next)
        if (*at == h) {
            *at = h->next;
            hs->count--;
            break;
        }
    if (h->current) queue_add(&h->unsynced, h->current);
    h->current = NULL;
    hosted_lost(h);
    queue_end(&h->unsynced, OUTCOME_GONE);
    queue_end(&h->waiting, OUTCOME_GONE);
    h->next = hs->dead;
    hs->dead = h;
}

void hosts_bury(struct hosts *hs)
{
    for (struct hosted *h; (h = hs->dead);) {
        hs->dead = h->next;
        text_free(&h->fresh);
        free(h->entries);
        free(h);
    }
}

void hosts_close(struct hosts *hs)
{
    /* They go on another day. */
    while (hs->first) hosted_forget(hs->first);
    hosts_bury(hs);
}
