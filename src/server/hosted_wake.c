/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Engines begin and end: see hosted.h. A session that wakes gets an engine
 * that becomes what its last state says, and does the entries behind it again,
 * one behind another without waiting for each; every answer is compared with
 * what came out when it was done first. One that nobody asked for a while goes
 * to sleep, if waking it is quick.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>

#include "server/hosted_inside.h"

/* Seconds of grace for an engine that should have ended by itself; of the
 * processor, to wake, for a session that is to sleep. */
static const double GRACE = 2, QUICK = 0.08;
enum { DEATHS_MOST = 3, AHEAD = 64 };

/* ---- the end of an engine --------------------------------------------- */

void hosted_lost(struct hosted *h)
{
    if (h->state == HOSTED_ASLEEP) return;
    loop_remove(h->hosts->loop, &h->watcher);
    if (h->process >= 0) {
        pidfd_send_signal(h->process, SIGKILL, NULL, 0);
        close(h->process);
    }
    h->process = -1;
    wire_close(&h->wire);
    h->state = HOSTED_ASLEEP;
    h->hosts->awake--;
}

static void give_up(struct hosted *h)
{
    h->broken = true;
    if (h->current) queue_add(&h->waiting, h->current);
    h->current = NULL;
    hosted_lost(h);
    queue_end(&h->waiting, OUTCOME_BROKEN);
}

/* ---- waking ----------------------------------------------------------- */

/* Entries that its state has in it. */
static size_t passed_of(const struct hosted *h)
{
    return h->has_checkpoint ? h->settled - h->first : 0;
}

/* What is told: the state, if there is one, and the entries behind it. */
static size_t steps_of(const struct hosted *h)
{
    return h->count - passed_of(h) + h->has_checkpoint;
}

static bool tell_entry(struct hosted *h, const struct entry *e)
{
    struct wire_do d = {.flags = (uint32_t)e->b | DO_AGAIN};
    d.flags &= ~(uint32_t)(ENTRY_FAILED | ENTRY_SETTLED);
    if (e->b & ENTRY_SETTLED) d.flags |= DO_SETTLE;
    if (e->kind == ENTRY_IDLE) {
        d.flags = DO_AGAIN | DO_IDLE;
        d.transitions = e->a;
    }
    /* The check comes back with the answer. */
    uint64_t check = e->kind == ENTRY_DO ? e->a : 0;
    return wire_send(&h->wire, FRAME_DO, check, &d, sizeof d, e->text.at,
                     e->text.length, -1);
}

static bool tell_step(struct hosted *h, size_t i, struct text *room)
{
    struct entry e;
    bool state = h->has_checkpoint && i == 0;
    size_t k = state ? 0 : passed_of(h) + i - h->has_checkpoint;
    struct place p = state ? h->checkpoint : h->entries[k];
    if (!scribe_read(h->hosts->scribe, p, room, &e)) return false;
    if (!state) return tell_entry(h, &e);
    return wire_send(&h->wire, FRAME_STATE, 0, NULL, 0, e.text.at,
                     e.text.length, -1);
}

/* Some ahead of the answers, so that neither waits for the other. */
static bool tell_steps(struct hosted *h)
{
    struct text room = {0};
    bool good = true;
    while (good && h->told < steps_of(h) && h->told - h->heard < AHEAD)
        good = tell_step(h, h->told++, &room);
    text_free(&room);
    return good;
}

static void awaken(struct hosted *h)
{
    h->state = HOSTED_AWAKE;
    h->deaths = 0;
    hosted_pump(h);
}

/* true: it goes on. */
static bool hear_again(struct hosted *h, uint64_t check,
                       const struct wire_reply *r)
{
    h->heard++;
    h->work += r->seconds;
    h->working = r->working;
    if (r->state == REPLY_LIMIT || (check && check != r->check)) {
        give_up(h);
        return false;
    }
    if (!tell_steps(h)) {
        hosted_died(h);
        return false;
    }
    if (h->heard == steps_of(h)) awaken(h);
    return h->state != HOSTED_ASLEEP;
}

static void hear(void *context)
{
    struct hosted *h = context;
    struct frame f;
    const char *bytes;
    bool alive = wire_flush(&h->wire) && wire_fill(&h->wire);
    while (h->state != HOSTED_ASLEEP && wire_next(&h->wire, &f, &bytes)) {
        struct wire_reply r;
        if (f.kind == FRAME_HELLO) {
            h->process = h->wire.given;
            h->wire.given = -1;
            continue;
        }
        if (f.kind == FRAME_STATE) {
            text_clear(&h->fresh);
            if (!text_add(&h->fresh, bytes, f.length)) text_clear(&h->fresh);
        }
        if (f.kind != FRAME_REPLY || f.length < sizeof r) continue;
        memcpy(&r, bytes, sizeof r);
        if (h->state == HOSTED_WAKING) {
            if (!hear_again(h, f.ticket, &r)) return;
        } else {
            hosted_heard(h, &r, bytes + sizeof r, f.length - sizeof r);
        }
    }
    if (h->state == HOSTED_ASLEEP) {
        hosted_pump(h);
    } else if (!alive) {
        if (h->state == HOSTED_WAKING && ++h->deaths >= DEATHS_MOST)
            give_up(h);
        else
            hosted_died(h);
    } else {
        hosted_pump(h);
    }
}

void hosted_wake(struct hosted *h)
{
    struct hosts *hs = h->hosts;
    struct engine_order order = {.seed = h->seed, .memory = hs->memory};
    memcpy(order.engine, h->engine, sizeof order.engine);
    int socket = spawner_ask(hs->spawner, &order);
    if (socket < 0) {
        queue_end(&h->waiting, OUTCOME_DIED);
        return;
    }
    wire_open(&h->wire, socket);
    h->state = HOSTED_WAKING;
    h->told = h->heard = 0;
    h->work = 0;
    hs->awake++;
    hs->wakings++;
    if (!loop_add(hs->loop, &h->watcher, socket, hear, h) || !tell_steps(h)) {
        hosted_lost(h);
        queue_end(&h->waiting, OUTCOME_DIED);
        return;
    }
    if (steps_of(h) == 0)
        h->state = HOSTED_AWAKE;
    else
        loop_want(hs->loop, &h->watcher, wire_is_full(&h->wire));
}

/* ---- now and then ----------------------------------------------------- */

static void end_late(struct hosted *h)
{
    struct task *t = h->current;
    h->current = NULL;
    h->hosts->late++;
    hosted_lost(h);
    task_end(t, OUTCOME_LATE);
    hosted_pump(h);
}

static bool may_sleep(const struct hosted *h, double now)
{
    return h->state == HOSTED_AWAKE && !h->current && !h->waiting.first &&
           !h->unsynced.first && !h->held && !h->working &&
           h->hosts->sleep_after > 0 && h->work < QUICK &&
           now - h->last_used > h->hosts->sleep_after;
}

void hosts_tick(struct hosts *hs)
{
    double now = clock_seconds();
    for (struct hosted *h = hs->first, *next; h; h = next) {
        next = h->next;
        if (h->current && hs->seconds > 0 &&
            now - h->current->begun > hs->seconds + GRACE)
            end_late(h);
        else if (may_sleep(h, now))
            hosted_lost(h);
    }
}
