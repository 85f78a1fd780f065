/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loop of INFER: see run.h. run_chain at the end is the whole of it, in
 * order; above it are its steps.
 */
#include "infer/run.h"

#include <math.h>
#include <time.h>

#include "infer/kernel_past.h"

struct run {
    struct engine *engine;
    const struct run_plan *plan;
    const struct run_watcher *watcher;
    struct run_result *result;
    int64_t started, spoke; /* nanoseconds */
    uint64_t stride;        /* transitions between two looks at the clock */
    bool warming;
};

enum { WARMUP_BEFORE = 1000 }; /* about, of a run that was adapted */
enum { NS_PER_MS = 1000000, LOOK_MS = 10, SPEAK_MS = 100 };

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static double seconds_of(const struct run *r)
{
    return (double)(now() - r->started) * 1e-9;
}

static uint64_t saturated(uint64_t draws, uint64_t thin)
{
    return draws > UINT64_MAX / thin ? UINT64_MAX : draws * thin;
}

static void speak(struct run *r)
{
    if (!r->watcher->progress) return;
    const struct transition_counts *a = &r->result->warmup;
    const struct transition_counts *b = &r->result->counts;
    uint64_t warm = r->plan->warmup;
    uint64_t main = saturated(r->plan->samples, r->plan->thin);
    struct run_progress p = {.chain = 1,
                             .warming = r->warming,
                             .made = a->transitions + b->transitions,
                             .planned = warm > UINT64_MAX - main ? UINT64_MAX
                                                                 : warm + main,
                             .proposals = a->proposals + b->proposals,
                             .accepted = a->accepted + b->accepted,
                             .seconds = seconds_of(r),
                             .seconds_allowed = r->plan->seconds};
    r->watcher->progress(r->watcher->progress_context, &p);
}

/* Is the time over, at t? Also speaks when it is time to. */
static bool look(struct run *r, int64_t t)
{
    if (t - r->spoke > (int64_t)SPEAK_MS * NS_PER_MS) {
        r->spoke = t;
        speak(r);
    }
    if (r->plan->seconds <= 0) return false;
    double allowed = r->plan->seconds * (r->warming ? 0.5 : 1);
    return (double)(t - r->started) * 1e-9 >= allowed;
}

enum step_end { STEPS_DONE, STEPS_LATE, STEPS_STOPPED, STEPS_FAILED };

/* Something answered false: the user's wish, or an error. */
static enum step_end refused(const struct run *r)
{
    return r->engine->machine->error.kind == ERROR_CANCEL ? STEPS_STOPPED
                                                          : STEPS_FAILED;
}

static struct transition_counts *counts_of(struct run *r)
{
    return r->warming ? &r->result->warmup : &r->result->counts;
}

/* n transitions, in strides of about LOOK_MS: a stride that was quick
 * doubles the next one. Of kernels that see where a stride ends the strides
 * are no matter of the clock: the same draws come on a busy machine. Time ends warmup at once, and draws at a draw: the
 * one under way is finished. */
static enum step_end make_steps(struct run *r, uint64_t n)
{
    struct transition_counts *sum = counts_of(r);
    uint64_t batch = r->plan->kernel->row->batch;
    bool late = false;
    while (n > 0) {
        uint64_t most = batch ? batch : r->stride, part = n < most ? n : most;
        struct transition_counts c = {0};
        int64_t before = now();
        bool good = kernel_run(r->plan->kernel, r->engine, part, &c);
        int64_t after = now(), taken = after - before;
        counts_add(sum, &c);
        if (!good) return refused(r);
        if (taken > (int64_t)2 * LOOK_MS * NS_PER_MS && r->stride > 1)
            r->stride /= 2;
        else if (taken < (int64_t)LOOK_MS * NS_PER_MS && part == r->stride)
            r->stride *= 2;
        n -= part;
        late = look(r, after);
        if (late && r->warming) return STEPS_LATE;
    }
    return late ? STEPS_LATE : STEPS_DONE;
}

static bool begin_adapted(const struct run_plan *plan, struct engine *e,
                          const char *adaptation)
{
    struct kernel *k = kernel_with_adaptation(plan->kernel);
    struct error *error = &e->machine->error;
    if (!adaptation) return true;
    if (!k || !k->row->read_adaptation)
        return kernel_refuse(plan->kernel, e,
                             "there is nothing in it that adapts");
    if (k->row->read_adaptation(k, adaptation, error)) return true;
    if (!error->span.source) error->span = k->span;
    return false;
}

/* With what it learned before; NULL: it begins. */
static bool open_kernel(struct run *r, const struct unpack *learned)
{
    struct kernel *k = r->plan->kernel;
    struct engine *e = r->engine;
    const char *adaptation = r->plan->adaptation;
    /* What warmup settled before stands for one. */
    bool adapted = adaptation && !r->plan->warmup;
    kernel_plan(k, adapted ? WARMUP_BEFORE : r->plan->warmup);
    if (learned) {
        struct kernel_past past = {*learned, r->plan->places};
        if (!kernel_load(k, e, &past)) return false;
    }
    if (!kernel_open(k, e)) return false;
    r->result->opening = kernel_effort(k);
    kernel_warm(k, r->warming);
    if (learned || begin_adapted(r->plan, e, adaptation)) {
        if (r->watcher->glimpses) kernel_glimpse(k);
        return true;
    }
    kernel_close(k, e);
    return false;
}

/* ---- rests ------------------------------------------------------------ */

/* The kernel is closed meanwhile. */
static bool rest(struct run *r)
{
    struct text learned = {0};
    struct kernel *k = r->plan->kernel;
    r->result->seconds = seconds_of(r);
    bool good = kernel_bring(k, r->engine, counts_of(r)) &&
                (kernel_save(k, r->plan->places, &learned) ||
                 machine_no_memory(r->engine->machine));
    kernel_close(k, r->engine);
    good = good && r->watcher->rest(r->watcher->context, r->result, &learned) &&
           open_kernel(r, &(struct unpack){learned.at, learned.length});
    text_free(&learned);
    return good;
}

static bool rest_if_tired(struct run *r)
{
    const struct run_watcher *w = r->watcher;
    return !w->rest || !w->tired(w->context, r->result) || rest(r);
}

/* ---- warmup, and draws ------------------------------------------------ */

static enum step_end look_at_warmup(struct run *r)
{
    const struct run_watcher *w = r->watcher;
    r->result->looks++;
    return (!w->warm || w->warm(w->context)) && rest_if_tired(r) ? STEPS_DONE
                                                                 : refused(r);
}

/* In parts, of which some may lie before a rest. */
static enum step_end make_warmup(struct run *r)
{
    uint64_t left = r->plan->warmup, looks = 0, made = r->result->looks;
    for (uint64_t parts = WARMUP_LOOKS; parts > 0 && left > 0; parts--) {
        uint64_t n = left / parts;
        left -= n;
        if (!n || looks++ < made) continue;
        enum step_end end = make_steps(r, n);
        if (end == STEPS_DONE) end = look_at_warmup(r);
        if (end != STEPS_DONE) return end;
    }
    return STEPS_DONE;
}

static enum step_end make_draws(struct run *r)
{
    for (uint64_t i = r->result->draws; i < r->plan->samples; i++) {
        enum step_end end = make_steps(r, r->plan->thin);
        if (end != STEPS_DONE && end != STEPS_LATE) return end;
        r->result->draws++;
        if (r->watcher->draw &&
            !r->watcher->draw(r->watcher->context, r->result)) {
            r->result->draws--;
            return refused(r);
        }
        if (end == STEPS_LATE && i + 1 < r->plan->samples) return end;
        if (!rest_if_tired(r)) return refused(r);
    }
    return STEPS_DONE;
}

bool run_chain(struct engine *e, const struct run_plan *plan,
               const struct run_watcher *watcher, struct run_result *result)
{
    *result = (struct run_result){.tale = {NAN, NAN, NAN}};
    struct run r = {.engine = e,
                    .plan = plan,
                    .watcher = watcher,
                    .result = result,
                    .started = now(),
                    .stride = 1,
                    .warming = true};
    r.spoke = r.started;
    const struct run_past *past = plan->past;
    if (past) {
        *result = past->result;
        r.started -= (int64_t)(1e9 * result->seconds);
        r.warming = !result->warmed;
    }

    const struct unpack learned = {past ? past->learned : NULL,
                                   past ? past->length : 0};
    if (!open_kernel(&r, past ? &learned : NULL)) return false;
    enum step_end end = STEPS_DONE;
    if (r.warming) {
        end = make_warmup(&r);
        result->warmup_seconds = seconds_of(&r);
        result->warmed = true;
    }
    r.warming = false;
    kernel_warm(plan->kernel, false);
    if (end == STEPS_DONE || end == STEPS_LATE) end = make_draws(&r);
    if (plan->kernel->row->tell)
        plan->kernel->row->tell(plan->kernel, &result->tale);
    if (!kernel_bring(plan->kernel, e, &result->counts) && end != STEPS_STOPPED)
        end = STEPS_FAILED;
    kernel_close(plan->kernel, e);
    speak(&r);

    result->seconds = seconds_of(&r);
    result->end = end == STEPS_LATE      ? RUN_TIME
                  : end == STEPS_STOPPED ? RUN_CANCELLED
                                         : RUN_DONE;
    return end != STEPS_FAILED;
}
