/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A run: chains from the present state, in a process that is a copy of the
 * engine. What its chains say goes to the front as it comes; the engine goes
 * on answering, and does not hear of it again. SIGTERM stops it, and what was
 * drawn is kept. See engine.h.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "server/engine.h"
#include "server/loop.h"
#include "session/background.h"
#include "session/chain_past.h"
#include "session/checkpoint.h"
#include "session/message.h"

static volatile int told_to_stop;

static void stop(int signal_number)
{
    (void)signal_number;
    told_to_stop = 1;
}

/* ---- what chains say -------------------------------------------------- */

enum { KEPT_BYTES = 1 << 15 };
static const double KEPT_SECONDS = 0.02;

/* Frames that are not sent yet: many draws go in one write. */
struct mouth {
    int socket;
    double written;
    struct text frames;
    bool dead;
    uint64_t ended; /* chains that said so */
};

static void send_frames(struct mouth *m)
{
    size_t done = 0;
    while (!m->dead && done < m->frames.length) {
        ssize_t n =
            write(m->socket, m->frames.at + done, m->frames.length - done);
        if (n > 0) done += (size_t)n;
        /* Nobody hears it: there is nothing to do any more. */
        if (n <= 0) m->dead = true;
    }
    text_clear(&m->frames);
    m->written = clock_seconds();
    if (m->dead) told_to_stop = 1;
}

static bool is_told(int kind)
{
    return kind == MESSAGE_HEADER || kind == MESSAGE_LEVEL ||
           kind == MESSAGE_DRAW || kind == MESSAGE_PROGRESS ||
           kind == MESSAGE_KINDS || kind == MESSAGE_STATE;
}

static void say(void *context, int chain, int kind, const void *bytes,
                size_t length)
{
    struct mouth *m = context;
    struct frame f = {FRAME_MESSAGE, (uint32_t)length,
                      (uint64_t)kind << 32 | (uint32_t)chain};
    if (kind == MESSAGE_STATE)
        f = (struct frame){FRAME_STATE, (uint32_t)length, (uint64_t)chain};
    m->ended += kind == MESSAGE_END;
    if (!is_told(kind)) return;
    if (!text_add(&m->frames, (const char *)&f, sizeof f) ||
        !text_add(&m->frames, bytes, length)) {
        m->dead = true;
        told_to_stop = 1;
        return;
    }
    if (m->frames.length >= KEPT_BYTES || kind == MESSAGE_PROGRESS ||
        clock_seconds() - m->written > KEPT_SECONDS)
        send_frames(m);
}

/* ---- where it begins -------------------------------------------------- */

/* Counts by place are the session's, and not the run's. */
static void leave_counts(struct session *s)
{
    s->by_place = s->profiling = false;
    s->tally = s->profile = (struct tally){0};
    s->engine->tally = NULL;
}

/* It begins from what its session's bytes make of it, so that it can begin
 * again there. One that has no bytes begins from its session's entries, and
 * its chains do not rest. false: this process is of no use. */
static bool settle(struct session *s, int socket)
{
    struct text base = {0};
    enum settled how = checkpoint_settle(s, CHECKPOINT_PROGRAM, &base);
    s->rests = how == SETTLED ? CHAIN_REST_WORK : 0;
    bool good = how != SETTLE_LOST &&
                (how != SETTLED || wire_tell(socket, FRAME_STATE, 0, NULL, 0,
                                             base.at, base.length, -1));
    text_free(&base);
    return good;
}

/* Once begun, it becomes what it was, and hears how far its chains were. */
static bool go_on(struct session *s, struct chain_past *pasts, size_t count,
                  int socket)
{
    struct frame f;
    struct text bytes = {0};
    int rows;
    s->rests = CHAIN_REST_WORK;
    s->pasts = pasts;
    s->past_count = count;
    while (wire_hear(socket, &f, &bytes, &rows) && f.kind == FRAME_STATE) {
        const char *at = bytes.at ? bytes.at : "";
        if (f.ticket == 0) {
            if (!checkpoint_become(s, at, bytes.length)) return false;
        } else if (f.ticket <= count) {
            if (!chain_past_head(&pasts[f.ticket - 1], at, bytes.length))
                return false;
            pasts[f.ticket - 1].rows = rows;
            bytes = (struct text){0}; /* it stays */
        }
    }
    return f.kind == FRAME_GO;
}

/* ---- the process ------------------------------------------------------ */

static void run(struct session *s, const struct wire_do *d, const char *text,
                size_t length, int socket)
{
    static struct chain_past pasts[CHAINS_MAX];
    struct mouth mouth = {.socket = socket};
    struct wire_reply reply = {0};
    struct text out = {0};
    int self = pidfd_open(getpid(), 0);
    wire_tell(socket, FRAME_HELLO, 0, NULL, 0, NULL, 0, self);
    if (self >= 0) close(self);
    s->hooks.context = &mouth;
    s->hooks.said = say;
    background_pause(s);
    s->background.on = false;
    leave_counts(s);
    if (d->flags & DO_GO_ON ? !go_on(s, pasts, d->chains, socket)
                            : !settle(s, socket))
        return;
    s->machine->cancel = &told_to_stop;
    session_seed(s, d->seed);
    engine_do(s, d, text, length, &reply, &out);
    send_frames(&mouth);
    /* A chain that died without a word is no end: the front begins again. */
    if (!mouth.dead && (reply.state != REPLY_GOOD || mouth.ended >= d->chains))
        wire_tell(socket, FRAME_ENDED, 0, &reply, sizeof reply, out.at,
                  out.length, -1);
}

bool engine_run(struct session *s, const struct wire_do *d, const char *text,
                size_t length, int socket)
{
    pid_t parent = getpid(), pid = fork();
    if (pid != 0) return pid > 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(0);
    struct sigaction action = {.sa_handler = stop};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGCHLD, SIG_DFL);
    int own = dup2(socket, 3);
    close_range(4, ~0u, 0);
    run(s, d, text, length, own);
    _exit(0);
}
