/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The processes of runs: begun in a copy of a session's engine, told what they
 * go on from, begun again when they die; see runs.h.
 */
#include "server/runs.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/server.h"
#include "session/chain_past.h"

/* In a row, without a draw or a rest more: until nothing is believed but the base, and
 * not even that; and until it is given up. */
enum { RESTARTS_GOING_ON = 3, RESTARTS_FROM_BASE = 5, RESTARTS_MOST = 7 };

void run_close_process(struct run *r)
{
    struct loop *l = &r->runs->server->loop;
    struct hosted *h = hosted_find(&r->runs->server->hosts, r->session);
    if (r->wire.socket >= 0 && !r->host && h && h->held) h->held--;
    loop_remove(l, &r->watcher);
    if (r->process >= 0) {
        pidfd_send_signal(r->process, SIGKILL, NULL, 0);
        close(r->process);
    }
    r->process = -1;
    r->full = false;
    text_clear(&r->ending);
    wire_close(&r->wire);
    if (r->host) hosted_forget(r->host);
    r->host = NULL;
}

void run_settle(struct run *r, enum run_state state)
{
    if (r->state == RUN_GOING) r->runs->going--;
    r->state = state;
    r->ended = clock_seconds();
    run_close_process(r);
}

static void held(void *context, const struct outcome *o)
{
    (void)context;
    (void)o;
}

/* Its session has looked at the order. */
static void tried(void *context, const struct outcome *o)
{
    struct run *r = context;
    if (!r->starter) return; /* it was deleted meanwhile */
    if (o->kind == OUTCOME_REPLY && o->reply.state == REPLY_GOOD) {
        run_launch(r, false);
        return;
    }
    struct exchange *x = r->starter;
    run_forget(r);
    run_refused(x, o);
}

bool run_propose(struct run *r, struct hosted *h)
{
    struct task *t = task_new(tried, r);
    if (!t || !text_puts(&t->text, r->text)) {
        free(t);
        run_forget(r);
        return false;
    }
    t->flags = DO_CLOCK | DO_ONE | DO_TRY;
    hosted_ask(h, t);
    return true;
}

/* The socket is with the engine, all that was asked before is in the journal:
 * from here on there is such a run. Or it is nowhere, and its end tells. */
static void sent(void *context, const struct outcome *o)
{
    struct run *r = context;
    struct exchange *x = r->starter;
    r->starter = NULL;
    if (x) run_started(x, r, o);
}

static bool send_run(struct run *r, struct hosted *h, bool goes_on)
{
    int ends[2];
    struct task *hold = task_new(held, r), *t = task_new(sent, r);
    if (!hold || !t || !text_puts(&t->text, r->text) ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        free(hold);
        if (t) text_free(&t->text);
        free(t);
        return false;
    }
    wire_open(&r->wire, ends[0]);
    hold->flags = DO_HOLD;
    t->flags = DO_CLOCK | DO_ONE | (goes_on ? DO_GO_ON : 0);
    t->kind = FRAME_RUN;
    t->socket = ends[1];
    t->seed = r->seed;
    t->chains = r->chain_count;
    hosted_ask(h, hold);
    hosted_ask(h, t);
    return loop_add(&r->runs->server->loop, &r->watcher, ends[0], run_hear, r);
}

/* Is the chain's last checkpoint there, and all draws before it? They may
 * have been lost with the system: then they are drawn again. */
static bool may_go_on(struct run *r, size_t i)
{
    struct run_chain *c = &r->chains[i];
    struct text room = {0};
    struct entry e;
    struct chain_past past;
    struct stat about;
    char path[4096];
    run_path(r, i, path, sizeof path);
    bool good = c->state.length &&
                scribe_read(&r->runs->server->scribe, c->state, &room, &e) &&
                chain_past_head(&past, e.text.at, e.text.length);
    /* In warmup there are none, and no file. */
    if (good && past.draws)
        good =
            stat(path, &about) == 0 &&
            (uint64_t)about.st_size / sizeof(double) / past.width >= past.draws;
    text_free(&room);
    return good;
}

void run_launch(struct run *r, bool again)
{
    struct server *s = r->runs->server;
    struct hosted *h = hosted_find(&s->hosts, r->session);
    /* A process that dies of what it goes on from begins at the beginning. */
    bool based = again && r->base.length && r->restarts < RESTARTS_FROM_BASE;
    r->told = 0;
    for (size_t i = 0; i < r->chain_count; i++) {
        struct run_chain *c = &r->chains[i];
        c->goes_on =
            based && r->restarts < RESTARTS_GOING_ON && may_go_on(r, i);
        c->come = c->goes_on ? c->state_rows : 0;
    }
    if (!h) {
        run_fail(r, "its session is no more");
        return;
    }
    if (again) {
        struct hosted *copy = based ? NULL : hosted_copy(h, r->position);
        based = !copy && r->base.length;
        h = r->host = based ? hosted_empty(h) : copy;
    }
    if (!h || !send_run(r, h, based)) {
        run_fail(r, "no process is to be had");
        return;
    }
    if (!again) h->held++;
    r->launched = clock_seconds();
}

/* What it goes on from, a piece at a time: none before the other is sent, for
 * a file comes along with the first byte. */
static bool tell_piece(struct run *r, size_t i, struct text *room)
{
    struct entry e;
    struct run_chain *c = i ? &r->chains[i - 1] : NULL;
    if (i > r->chain_count)
        return wire_send(&r->wire, FRAME_GO, 0, NULL, 0, "", 0, -1);
    if (c && !c->goes_on) return true;
    if (!scribe_read(&r->runs->server->scribe, c ? c->state : r->base, room,
                     &e))
        return false;
    int rows = -1;
    char path[4096];
    if (c && c->state_rows) {
        run_path(r, i - 1, path, sizeof path);
        rows = open(path, O_RDONLY | O_CLOEXEC);
        if (rows < 0) return false;
    }
    bool good = wire_send(&r->wire, FRAME_STATE, i, NULL, 0, e.text.at,
                          e.text.length, rows);
    if (rows >= 0) close(rows);
    return good;
}

bool run_tell(struct run *r)
{
    struct text room = {0};
    bool good = wire_flush(&r->wire);
    while (good && r->host && r->base.length && r->told < r->chain_count + 2 &&
           !wire_is_full(&r->wire))
        good = tell_piece(r, r->told++, &room);
    text_free(&room);
    loop_want(&r->runs->server->loop, &r->watcher, wire_is_full(&r->wire));
    return good;
}

/* ---- its death ----------------------------------------------------- */

/* How far it is, for whoever asks whether it makes way. */
static uint64_t way_of(const struct run *r)
{
    uint64_t all = r->rests;
    for (size_t i = 0; i < r->chain_count; i++) all += r->chains[i].stored;
    return all;
}

/* Begun again after a moment; given up when it makes no way. */
void run_died(struct run *r)
{
    uint64_t way = way_of(r);
    r->runs->restarts++;
    if (way > r->way_before) r->restarts = 0;
    r->way_before = way;
    run_close_process(r);
    if (++r->restarts > RESTARTS_MOST) {
        run_fail(r, "its process died again and again");
        return;
    }
    r->restarting = true;
    r->wait_until = clock_seconds() + 0.02 * (1 << r->restarts);
}

void run_stop(struct run *r)
{
    r->stopping = true;
    if (r->process >= 0) pidfd_send_signal(r->process, SIGTERM, NULL, 0);
}
