/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Replicates: see replicate.h. Above is what the process for them does;
 * below, how it is heard.
 */
#include "session/replicate.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "session/collect.h"
#include "session/worker.h"
#include "trace/simulation.h"

enum { LOOKS = 20, PILOTS = 10, PILOT_DRAWS = 200, THIN_MOST = 100 };

static const double THIN_MARGIN = 1.5; /* estimates of few draws are low */

/* ---- what is looked at ------------------------------------------------ */

struct replica {
    struct session *session;
    const struct replicate_order *order;
    struct simulation *simulation;
    struct random random, ties; /* the next replicate's; for equal ranks */
    struct order collected;
    struct collector collector;
    struct message_header header;  /* of what the collector sends */
    double *row;                   /* the latest it sent */
    size_t width;                  /* quantities */
    double *before, *after, *rank; /* one block, as they are told */
    uint32_t *below, *equal;
    double *pilot; /* draws of the first chain; NULL: it is over */
    size_t pilot_count;
    uint64_t sweep, thin; /* transitions */
    bool slow;
    struct text adapted, names, notes;
    struct outbox out;
};

static bool no_memory(struct replica *r)
{
    return machine_no_memory(r->session->machine);
}

/* What the collector says. */
static bool take(void *context, enum message_kind kind, const void *bytes,
                 size_t length)
{
    struct replica *r = context;
    bool good = true;
    if (kind == MESSAGE_NOTE && strncmp(bytes, "level ", 6) != 0)
        good = text_add(&r->notes, bytes, length);
    if (kind == MESSAGE_HEADER) {
        memcpy(&r->header, bytes, sizeof r->header);
        r->row = malloc(r->header.width * sizeof *r->row);
        good = r->row &&
               text_add(&r->names, (const char *)bytes + sizeof r->header,
                        length - sizeof r->header);
    }
    if (kind == MESSAGE_DRAW) memcpy(r->row, bytes, length);
    return good || no_memory(r);
}

/* The log density, and what the collector has of the program's values. */
static size_t place_of(const struct replica *r, size_t quantity)
{
    return quantity ? r->header.own + quantity - 1 : 0;
}

/* The density of one state differs in its last digits by the way to it, and
 * would order states that are equal. */
static double without_dust(double x)
{
    int e;
    double digits = frexp(x, &e);
    return ldexp(round(ldexp(digits, 32)), e - 32);
}

static bool read_row(struct replica *r, double *out)
{
    static const struct run_result nothing;
    if (!collect_draw(&r->collector, &nothing)) return false;
    for (size_t i = 0; i < r->width; i++) out[i] = r->row[place_of(r, i)];
    out[0] = without_dust(out[0]);
    return true;
}

/* ---- draws of parameters and data ------------------------------------- */

/* The state is a draw from the program, and its data are the program's. */
static bool simulate(struct replica *r)
{
    struct engine *e = r->session->engine;
    simulation_begin(r->simulation);
    bool good = e->op->rerun(e);
    simulation_end(r->simulation);
    return good;
}

/* What can be looked at is known after some states. */
static bool look_around(struct replica *r)
{
    struct session *s = r->session;
    static const struct run_result nothing;
    r->collected = (struct order){.plan.kernel = kernel_default(),
                                  .plan.thin = 1,
                                  .watched = r->order->watched,
                                  .watched_count = r->order->watched_count};
    if (!r->collected.plan.kernel) return no_memory(r);
    if (!simulate(r) ||
        !collect_open(&r->collector, s, &r->collected, &r->random, take, r))
        return false;
    for (int i = 0; i < LOOKS; i++)
        if (!simulate(r) || !collect_warm(&r->collector)) return false;
    return collect_draw(&r->collector, &nothing);
}

static bool begin(struct replica *r)
{
    struct session *s = r->session;
    r->simulation = simulation_make();
    if (!r->simulation) return no_memory(r);
    s->engine->simulation = r->simulation;
    if (!look_around(r)) return false;
    r->width = 1 + r->header.width - r->header.own;
    r->before = calloc(3 * r->width, sizeof *r->before);
    r->below = calloc(r->width, sizeof *r->below);
    r->equal = calloc(r->width, sizeof *r->equal);
    if (!r->before || !r->below || !r->equal) return no_memory(r);
    r->after = r->before + r->width;
    r->rank = r->after + r->width;
    kernel_plan(r->order->kernel, r->order->warmup);
    r->sweep = kernel_sweep(r->order->kernel, s->engine);
    r->thin = r->sweep * (r->order->thin ? r->order->thin : 1);
    return true;
}

/* ---- one replicate ---------------------------------------------------- */

/* What the chain's warmup settled, at its first draw. */
static bool note_adapted(struct replica *r)
{
    struct kernel *k = kernel_with_adaptation(r->order->kernel);
    if (!k || !k->open || r->adapted.length) return true;
    return k->row->write_adaptation(k, &r->adapted) || no_memory(r);
}

static bool look(void *context, const struct run_result *so_far)
{
    struct replica *r = context;
    (void)so_far;
    if (!note_adapted(r)) return false;
    if (r->pilot) return read_row(r, &r->pilot[r->width * r->pilot_count++]);
    if (!read_row(r, r->after)) return false;
    for (size_t i = 0; i < r->width; i++) {
        r->below[i] += r->after[i] < r->before[i];
        r->equal[i] +=
            !(r->after[i] < r->before[i]) && !(r->after[i] > r->before[i]);
    }
    return true;
}

/* A chain that begins anywhere. Where no draw from the prior can give these
 * data, it begins where they came from. */
static bool chain(struct replica *r, const struct random *truth, uint64_t draws)
{
    struct session *s = r->session;
    struct engine *e = s->engine;
    struct run_result result;
    struct run_watcher watcher = {.context = r, .draw = look};
    struct run_plan plan = {.kernel = r->order->kernel,
                            .warmup = r->order->warmup * r->sweep,
                            .samples = draws,
                            .thin = r->thin};
    text_clear(&r->adapted);
    if (!e->op->rerun(e)) {
        if (session_error(s)->kind != ERROR_IMPOSSIBLE) return false;
        error_clear(session_error(s));
        struct random now = s->machine->random;
        s->machine->random = *truth;
        if (!simulate(r)) return false;
        s->machine->random = now;
    }
    return run_chain(e, &plan, &watcher, &result) && result.draws == draws;
}

/* One more draw of the kernel at the parameters that gave the data. */
static bool move_truth(struct replica *r, const struct random *truth)
{
    struct session *s = r->session;
    struct random now = s->machine->random;
    struct run_result result;
    struct run_watcher nobody = {0};
    struct run_plan plan = {.kernel = r->order->kernel,
                            .samples = 1,
                            .thin = r->thin,
                            .adaptation =
                                r->adapted.length ? r->adapted.at : NULL};
    s->machine->random = *truth;
    if (!simulate(r)) return false;
    s->machine->random = now;
    return run_chain(s->engine, &plan, &nobody, &result) && result.draws == 1 &&
           read_row(r, r->after);
}

/* The quantities in the draw itself; *truth makes it again. */
static bool draw_truth(struct replica *r, struct random *truth)
{
    struct machine *m = r->session->machine;
    random_jump(&r->random);
    *truth = m->random = r->random;
    return simulate(r) && read_row(r, r->before);
}

/* The draws of a chain that one independent draw is worth, of the quantity
 * that takes most of them. column: room for PILOT_DRAWS. */
static double draws_a_draw(const struct replica *r, double *column)
{
    double least = PILOT_DRAWS;
    for (size_t i = 0; i < r->width; i++) {
        for (size_t k = 0; k < PILOT_DRAWS; k++)
            column[k] = r->pilot[k * r->width + i];
        double size = effective_size((struct chains){column, 1, PILOT_DRAWS});
        if (size < least) least = size;
    }
    return PILOT_DRAWS / fmax(least, 1);
}

/* Ranks are uniform only if draws are all but independent of each other, at
 * whatever data; so some chains are looked at beforehand. */
static bool find_thin(struct replica *r)
{
    struct random truth;
    double most = 1;
    if (r->order->thin) return true;
    r->pilot = malloc(PILOT_DRAWS * r->width * sizeof *r->pilot);
    double *column = malloc(PILOT_DRAWS * sizeof *column);
    bool good = (r->pilot && column) || no_memory(r);
    for (int i = 0; good && i < PILOTS; i++) {
        r->pilot_count = 0;
        good = draw_truth(r, &truth) && chain(r, &truth, PILOT_DRAWS);
        if (good) most = fmax(most, draws_a_draw(r, column));
    }
    most = ceil(THIN_MARGIN * most);
    r->slow = most > THIN_MOST;
    r->thin *= (uint64_t)fmin(most, THIN_MOST);
    free(r->pilot);
    free(column);
    r->pilot = NULL;
    return good;
}

static bool replicate(struct replica *r)
{
    struct random truth;
    memset(r->below, 0, r->width * sizeof *r->below);
    memset(r->equal, 0, r->width * sizeof *r->equal);
    if (!draw_truth(r, &truth) || !chain(r, &truth, r->order->draws))
        return false;
    for (size_t i = 0; i < r->width; i++)
        r->rank[i] =
            r->below[i] + floor(random_unit(&r->ties) * (r->equal[i] + 1.0));
    return move_truth(r, &truth) &&
           outbox_take(&r->out, MESSAGE_DRAW, r->before,
                       3 * r->width * sizeof *r->before);
}

/* ---- all of them ------------------------------------------------------ */

struct replica_head {
    uint64_t width, thin;
    bool slow;
};

static bool tell_head(struct replica *r)
{
    struct replica_head h = {r->width, r->thin, r->slow};
    const char *name = r->names.at;
    struct text t = {0};
    bool good = text_add(&t, (const char *)&h, sizeof h);
    for (size_t i = 0; good && i < r->header.width; i++) {
        if (i == 0 || i >= r->header.own)
            good = text_add(&t, name, strlen(name) + 1);
        name += strlen(name) + 1;
    }
    good = good ? outbox_take(&r->out, MESSAGE_HEADER, t.at, t.length)
                : no_memory(r);
    text_free(&t);
    return good;
}

static bool replicate_all(struct replica *r)
{
    if (!begin(r) || !find_thin(r) || !tell_head(r)) return false;
    for (uint64_t i = 0; i < r->order->replicates; i++)
        if (!replicate(r)) return false;
    return true;
}

static void show_nothing(void *context, const char *text, size_t length)
{
    (void)context;
    (void)text;
    (void)length;
}

struct task {
    struct session *session;
    const struct replicate_order *order;
};

static int work(void *context, int pipe, volatile int *stop)
{
    const struct task *t = context;
    struct session *s = t->session;
    struct replica r = {.session = s,
                        .order = t->order,
                        .random = s->machine->random,
                        .ties = s->machine->random,
                        .out = {.pipe = pipe}};
    s->machine->cancel = stop;
    s->machine->display = show_nothing;
    s->engine->tally = NULL;
    bool good = replicate_all(&r);
    if (r.notes.length)
        outbox_take(&r.out, MESSAGE_NOTE, r.notes.at, r.notes.length);
    if (!good && !*stop)
        outbox_take(&r.out, MESSAGE_FAILED, session_error(s),
                    sizeof *session_error(s));
    outbox_take(&r.out, MESSAGE_END, NULL, 0);
    return 0;
}

/* ---- hearing them ----------------------------------------------------- */

struct hearing {
    struct session *session;
    const struct replicate_order *order;
    struct replicates *out;
    struct text rows; /* of doubles, as they come */
    bool ended, failed;
    struct error error;
};

static bool hear_head(struct hearing *h, const char *at, size_t length)
{
    struct replicates *out = h->out;
    struct replica_head head;
    const char *end = at + length;
    memcpy(&head, at, sizeof head);
    out->names = calloc(head.width, sizeof *out->names);
    if (!out->names) return false;
    out->thin = head.thin;
    out->slow = head.slow;
    for (at += sizeof head; at < end && out->width < head.width;
         at += strlen(at) + 1)
        if (!(out->names[out->width++] = strdup(at))) return false;
    return true;
}

static bool hear(void *context, enum message_kind kind, const void *bytes,
                 size_t length)
{
    struct hearing *h = context;
    struct replicates *out = h->out;
    switch (kind) {
    case MESSAGE_HEADER: return hear_head(h, bytes, length);
    case MESSAGE_NOTE: return text_add(&out->notes, bytes, length);
    case MESSAGE_DRAW: out->count++; return text_add(&h->rows, bytes, length);
    case MESSAGE_FAILED:
        memcpy(&h->error, bytes, sizeof h->error);
        h->failed = true;
        return true;
    default: h->ended = true; return true;
    }
}

static void speak(const struct hearing *h)
{
    const struct session_hooks *hooks = &h->session->hooks;
    struct run_progress p = {
        .chain = 1, .made = h->out->count, .planned = h->order->replicates};
    if (hooks->progress) hooks->progress(hooks->context, &p, 1);
}

/* To its end, or until the user says so. */
static bool listen_to(struct hearing *h, struct worker *w)
{
    struct inbox in = {.pipe = w->pipe};
    enum inbox_state state = INBOX_OPEN;
    volatile int *cancel = h->session->machine->cancel;
    while (state == INBOX_OPEN) {
        struct pollfd pipe = {w->pipe, POLLIN, 0};
        if (cancel && *cancel && !h->out->stopped) {
            h->out->stopped = true;
            worker_stop(w);
        }
        if (poll(&pipe, 1, 100) > 0) state = inbox_read(&in, hear, h);
        speak(h);
    }
    text_free(&in.bytes);
    return state == INBOX_ENDED || machine_no_memory(h->session->machine);
}

/* Rows of replicates become rows of quantities. */
static bool turn(struct hearing *h)
{
    struct replicates *out = h->out;
    size_t n = out->count, w = out->width;
    const double *rows = (const void *)h->rows.at;
    double *at = malloc((3 * n * w + 1) * sizeof *at);
    if (!at) return machine_no_memory(h->session->machine);
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < w; i++)
            for (size_t r = 0; r < n; r++)
                at[(k * w + i) * n + r] = rows[(r * 3 + k) * w + i];
    out->before = at;
    out->after = at + n * w;
    out->rank = out->after + n * w;
    return true;
}

bool replicates_run(struct session *s, const struct replicate_order *o,
                    struct replicates *out)
{
    struct task task = {s, o};
    struct worker w = {0, -1};
    struct hearing h = {.session = s, .order = o, .out = out};
    *out = (struct replicates){0};
    if (!worker_may_start())
        return session_fail(s, (struct span){0}, ERROR_USE,
                            "CHECK model needs a process that has one thread");
    if (!worker_start(&w, work, &task, session_error(s))) return false;
    bool good = listen_to(&h, &w);
    const char *how = worker_end(&w, !good);
    if (good && h.failed) {
        *session_error(s) = h.error;
        session_error(s)->trail_length = 0;
        good = false;
    } else if (good && !h.ended) {
        good = session_fail(s, (struct span){0}, ERROR_LIMIT, "CHECK model: %s",
                            *how ? how : "it ended without a word");
    }
    good = good && turn(&h);
    text_free(&h.rows);
    if (!good) replicates_close(out);
    return good;
}

void replicates_close(struct replicates *r)
{
    for (size_t i = 0; i < r->width; i++) free(r->names[i]);
    free(r->names);
    free(r->before);
    text_free(&r->notes);
    *r = (struct replicates){0};
}
