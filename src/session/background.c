/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * INFER-ON, INFER-OFF, INFER-STATUS, and the slices between directives: see
 * background.h.
 */
#include "session/background.h"

#include <stdio.h>
#include <time.h>

#include "session/command.h"
#include "session/complaint.h"
#include "session/order.h"

/* A person who says Ctrl-C at a prompt means the line; after this long, the
 * transition that never ends. */
static const double BACKGROUND_PATIENCE = 1.0;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- slices ----------------------------------------------------------- */

static bool resume(struct session *s)
{
    struct background *b = &s->background;
    if (b->open) return true;
    if (!kernel_open(b->kernel, s->engine)) return false;
    kernel_warm(b->kernel, true);
    b->open = true;
    b->warm = BACKGROUND_WARMUP;
    b->stride = 1;
    return true;
}

void background_pause(struct session *s)
{
    struct background *b = &s->background;
    if (!b->open) return;
    b->open = false;
    kernel_close(b->kernel, s->engine);
    complaints_gather(s);
}

/* At most n, as many as the stride says. */
static bool make_some(struct session *s, uint64_t n)
{
    struct background *b = &s->background;
    struct transition_counts c = {0};
    if (n > b->stride) n = b->stride;
    if (b->warm && n > b->warm) n = b->warm;
    bool good = kernel_run(b->kernel, s->engine, n, &c);
    counts_add(&b->made, &c);
    counts_add(&s->made, &c);
    if (good && b->warm && !(b->warm -= n)) kernel_warm(b->kernel, false);
    return good;
}

/* Strides grow while they take less than a quarter of what is allowed. */
static bool make_slice(struct session *s, uint64_t n, double seconds)
{
    struct background *b = &s->background;
    double begun = now(), before = begun;
    uint64_t first = b->made.transitions, made;
    while ((made = b->made.transitions - first) < n) {
        if (!make_some(s, n - made)) return false;
        double t = now();
        if (seconds > 0 && t - begun >= seconds) break;
        if (seconds <= 0 || t - before < seconds / 4) {
            if (b->stride < UINT64_MAX / 2) b->stride *= 2;
        } else if (b->stride > 1) {
            b->stride /= 2;
        }
        before = t;
    }
    return true;
}

/* It is off from now on, and says why. */
static enum idle fail(struct session *s)
{
    struct background *b = &s->background;
    struct error e = *session_error(s);
    background_pause(s);
    b->on = false;
    if (!e.hint[0])
        error_hint(&e, "background inference by %.80s is off now",
                   b->kernel->name);
    b->ended = *session_error(s) = e;
    return IDLE_FAILED;
}

enum idle session_idle(struct session *s, uint64_t transitions, double seconds)
{
    struct background *b = &s->background;
    if (!b->on || !s->engine->op->free_choices(s->engine)) return IDLE_NOTHING;
    double begun = now();
    error_clear(session_error(s));
    bool good = resume(s) && make_slice(s, transitions, seconds);
    double taken = now() - begun;
    b->seconds += taken;
    if (good) return IDLE_MORE;
    if (session_error(s)->kind != ERROR_CANCEL || taken > BACKGROUND_PATIENCE)
        return fail(s);
    background_pause(s);
    error_clear(session_error(s));
    return IDLE_MORE;
}

/* ---- the directives --------------------------------------------------- */

static void answer_since(const struct background *b, struct answer *a)
{
    char line[80], clock[40];
    struct tm at;
    if (localtime_r(&b->since, &at)) {
        strftime(clock, sizeof clock, "%Y-%m-%d %H:%M:%S", &at);
        snprintf(line, sizeof line, "%s, %.2f s of it in transitions", clock,
                 b->seconds);
        answer_string(a, "since", NULL, line);
    }
    if (gmtime_r(&b->since, &at)) {
        strftime(clock, sizeof clock, "%Y-%m-%dT%H:%M:%SZ", &at);
        answer_string(a, NULL, "since", clock);
    }
    answer_number(a, NULL, "seconds", b->seconds);
}

static void answer_made(const struct background *b, struct answer *a)
{
    const struct transition_counts *c = &b->made;
    char line[200], all[32], made[32], taken[32];
    double share =
        c->proposals ? (double)c->accepted / (double)c->proposals : 0;
    snprintf(line, sizeof line, "%s, accepted %s of %s proposals (%.1f %%)",
             grouped(c->transitions, all), grouped(c->accepted, taken),
             grouped(c->proposals, made), 100 * share);
    answer_string(a, "transitions", NULL, line);
    answer_integer(a, NULL, "transitions", (int64_t)c->transitions);
    answer_integer(a, NULL, "proposals", (int64_t)c->proposals);
    answer_integer(a, NULL, "accepted", (int64_t)c->accepted);
}

static bool answer_status(const struct session *s, struct answer *a)
{
    const struct background *b = &s->background;
    answer_string(a, "status", "status", b->on ? "on" : "off");
    if (!b->kernel) return true;
    answer_string(a, "kernel", "kernel", b->kernel->name);
    answer_made(b, a);
    answer_since(b, a);
    if (b->ended.kind) answer_string(a, "ended", "ended", b->ended.message);
    return true;
}

bool command_infer_on(struct session *s, const struct request *q,
                      struct answer *a)
{
    struct background before = s->background;
    struct kernel *k =
        q->count ? order_kernel(s, q->arguments[0], false) : kernel_default();
    if (!k) return q->count ? false : machine_no_memory(s->machine);
    s->background =
        (struct background){.on = true, .kernel = k, .since = time(NULL)};
    /* What it would refuse it refuses now. */
    if (s->engine->op->free_choices(s->engine) && !resume(s)) {
        s->background = before;
        return false;
    }
    answer_string(a, "status", "status", "on");
    answer_string(a, "kernel", "kernel", k->name);
    return true;
}

bool command_infer_off(struct session *s, const struct request *q,
                       struct answer *a)
{
    (void)q;
    s->background.on = false;
    return answer_status(s, a);
}

bool command_infer_status(struct session *s, const struct request *q,
                          struct answer *a)
{
    (void)q;
    a->in_script = true;
    return answer_status(s, a);
}
