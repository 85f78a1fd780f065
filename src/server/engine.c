/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loop of an engine: see engine.h.
 */
#include "server/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/stack.h"
#include "server/draws_look.h"
#include "server/loop.h"
#include "server/work.h"
#include "session/background.h"
#include "session/checkpoint.h"
#include "session/order.h"

static const double SLICE_SECONDS = 0.01;
enum { SLICE_MOST = 1000000 };

struct seat {
    struct session *s;
    int socket;
    uint64_t idle; /* transitions that the front was not told of */
    bool held;     /* DO_HOLD */
    struct work work;
    int files[CHAINS_MAX]; /* that draws are in: see draws_look.h */
    size_t file_count;
    struct text text, out;
};

static void show_nothing(void *context, const char *text, size_t length)
{
    (void)context;
    (void)text;
    (void)length;
}

/* ---- waiting, and work meanwhile -------------------------------------- */

static bool has_come(int socket, int milliseconds)
{
    struct pollfd p = {socket, POLLIN, 0};
    return poll(&p, 1, milliseconds) != 0;
}

/* Slices until something is asked. */
static void idle_until_asked(struct seat *e)
{
    struct background *b = &e->s->background;
    while (!e->held && !has_come(e->socket, 0)) {
        uint64_t before = b->made.transitions;
        enum idle got = session_idle(e->s, SLICE_MOST, SLICE_SECONDS);
        e->idle += b->made.transitions - before;
        if (got != IDLE_MORE) return;
    }
}

/* What was done in the background is done again, as one slice. */
static void idle_again(struct seat *e, uint64_t transitions)
{
    session_idle(e->s, transitions, 0);
    background_pause(e->s);
}

/* Seconds of the processor that this process has had. */
static double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- frames ----------------------------------------------------------- */

/* Settles, where it is time to, or was. false: this process is of no use. */
static bool settle(struct seat *e, const struct wire_do *d,
                   struct wire_reply *reply)
{
    struct text state = {0};
    bool again = d->flags & DO_AGAIN;
    if (again ? !(d->flags & DO_SETTLE) : !work_is_much(&e->work, e->s))
        return true;
    double begun = processor_seconds();
    enum settled how = checkpoint_settle(e->s, CHECKPOINT_ALL, &state);
    reply->settled = how == SETTLED;
    reply->load = processor_seconds() - begun;
    work_begin(&e->work, e->s, how == SETTLE_CANNOT);
    bool good = how != SETTLE_LOST && (!again || how == SETTLED);
    if (good && !again && how == SETTLED)
        good = wire_tell(e->socket, FRAME_STATE, 0, NULL, 0, state.at,
                         state.length, -1);
    text_free(&state);
    return good;
}

static bool become(struct seat *e, const struct frame *f)
{
    struct wire_reply reply = {0};
    double begun = processor_seconds();
    if (!checkpoint_become(e->s, e->text.at ? e->text.at : "", e->text.length))
        reply.state = REPLY_LIMIT;
    work_begin(&e->work, e->s, false);
    reply.seconds = processor_seconds() - begun;
    reply.working = e->s->background.on;
    return wire_tell(e->socket, FRAME_REPLY, f->ticket, &reply, sizeof reply,
                     NULL, 0, -1);
}

static bool answer_do(struct seat *e, const struct frame *f,
                      const struct wire_do *d)
{
    struct wire_reply reply = {.idle = e->idle};
    const char *text = e->text.at + sizeof *d;
    size_t length = e->text.length - sizeof *d;
    e->idle = 0;
    text_clear(&e->out);
    double begun = processor_seconds();
    work_enter(&e->work, e->s);
    if (d->flags & DO_IDLE)
        idle_again(e, d->transitions);
    else if (d->flags & DO_PROGRAM)
        engine_program(e->s, &e->out);
    else
        engine_do(e->s, d, text, length, &reply, &e->out);
    e->held = d->flags & DO_HOLD;
    work_leave(&e->work, e->s, reply.changed);
    if (reply.changed && reply.state != REPLY_LIMIT && !settle(e, d, &reply))
        return false;
    reply.seconds = processor_seconds() - begun;
    reply.working = e->s->background.on;
    if (d->flags & DO_AGAIN) text_clear(&e->out);
    return wire_tell(e->socket, FRAME_REPLY, f->ticket, &reply, sizeof reply,
                     e->out.at, e->out.length, -1);
}

static bool answer_look(struct seat *e, const struct frame *f,
                        const struct wire_do *d)
{
    struct wire_reply reply = {0};
    text_clear(&e->out);
    draws_look(e->s, e->files, e->file_count, e->text.at + sizeof *d,
               e->text.length - sizeof *d, &reply, &e->out);
    while (e->file_count) close(e->files[--e->file_count]);
    return wire_tell(e->socket, FRAME_REPLY, f->ticket, &reply, sizeof reply,
                     e->out.at, e->out.length, -1);
}

/* It is closed by whoever called: what is kept is another of it. */
static bool keep_file(struct seat *e, int descriptor)
{
    if (descriptor < 0 || e->file_count == CHAINS_MAX) return false;
    int own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (own < 0) return false;
    e->files[e->file_count++] = own;
    return true;
}

static bool answer(struct seat *e, const struct frame *f, int descriptor)
{
    struct wire_do d;
    if (f->kind == FRAME_STATE) return become(e, f);
    if (e->text.length < sizeof d) return false;
    memcpy(&d, e->text.at, sizeof d);
    if (f->kind == FRAME_DO) return answer_do(e, f, &d);
    if (f->kind == FRAME_LOOK) return answer_look(e, f, &d);
    if (f->kind == FRAME_FILE) return keep_file(e, descriptor);
    if (f->kind != FRAME_RUN || descriptor < 0) return false;
    e->held = false;
    /* Where there is no process, the closed socket tells. */
    engine_run(e->s, &d, e->text.at + sizeof d, e->text.length - sizeof d,
               descriptor);
    return true;
}

static bool say_hello(int socket)
{
    int self = pidfd_open(getpid(), 0);
    bool good = wire_tell(socket, FRAME_HELLO, 0, NULL, 0, NULL, 0, self);
    if (self >= 0) close(self);
    return good;
}

static void serve(struct seat *e)
{
    for (bool good = say_hello(e->socket); good;) {
        struct frame f;
        int descriptor;
        idle_until_asked(e);
        while (waitpid(-1, NULL, WNOHANG) > 0) continue; /* runs */
        good = wire_hear(e->socket, &f, &e->text, &descriptor) &&
               answer(e, &f, descriptor);
        if (descriptor >= 0) close(descriptor);
    }
}

/* No session: whoever asks is told why. */
static void refuse(int socket, const struct error *error)
{
    struct frame f;
    struct text in = {0}, out = {0};
    int descriptor;
    struct wire_reply reply = {.state = REPLY_LIMIT, .kind = error->kind};
    engine_error_json(error, &out);
    for (bool good = say_hello(socket); good;)
        good = wire_hear(socket, &f, &in, &descriptor) &&
               wire_tell(socket, FRAME_REPLY, f.ticket, &reply, sizeof reply,
                         out.at, out.length, -1);
}

int engine_serve(int socket, const struct engine_order *order)
{
    struct error error = {0};
    struct session_options options = {.engine = order->engine,
                                      .seed = order->seed,
                                      .seeded = true,
                                      .memory = order->memory,
                                      .hooks = {.display = show_nothing}};
    stack_mark();
    signal(SIGPIPE, SIG_IGN);
    struct seat e = {.s = session_open(&options, &error), .socket = socket};
    if (e.s) {
        e.s->waits = true;
        work_begin(&e.work, e.s, false);
        serve(&e);
    } else {
        refuse(socket, &error);
    }
    return 0;
}
