/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loop of INFER on an engine that only counts: how many transitions make
 * a draw, when the watcher is called, and what ends a run early.
 */
#include "infer/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text.h"

/* An engine whose transitions do nothing but count; it fails at one of them
 * with an error of a kind. */
struct counting {
    struct engine engine;
    struct machine machine;
    uint64_t made, fail_at;
    enum error_kind kind;
    long nap_ns; /* of a transition */
};

static bool count_transitions(struct engine *e, uint64_t n,
                              struct transition_counts *counts)
{
    struct counting *c = (struct counting *)e;
    for (uint64_t i = 0; i < n; i++) {
        if (c->fail_at && c->made + 1 == c->fail_at)
            return error_set(&c->machine.error, c->kind, "at last");
        struct timespec nap = {.tv_nsec = c->nap_ns};
        if (c->nap_ns) nanosleep(&nap, NULL);
        c->made++;
        counts->transitions++;
        counts->proposals++;
        counts->accepted += c->made % 2;
    }
    return true;
}

static uint64_t count_nothing(struct engine *e)
{
    (void)e;
    return 0;
}

static const struct engine_operations operations = {.name = "counting",
                                                    .transition =
                                                        count_transitions,
                                                    .touched = count_nothing};

static void open_counting(struct counting *c)
{
    memset(c, 0, sizeof *c);
    c->engine.op = &operations;
    c->engine.machine = &c->machine;
}

/* What the watcher saw. */
struct seen {
    struct counting *engine;
    uint64_t warm, draws, first_draw_at, last_draw_at, refuse_at;
    int spoken;
    struct run_progress last;
};

static bool see_warm(void *context)
{
    struct seen *s = context;
    s->warm++;
    return true;
}

static bool see_draw(void *context, const struct run_result *so_far)
{
    struct seen *s = context;
    s->draws++;
    assert_int_equal(so_far->draws, s->draws);
    if (s->draws == 1) s->first_draw_at = s->engine->made;
    s->last_draw_at = s->engine->made;
    if (s->draws != s->refuse_at) return true;
    return error_set(&s->engine->machine.error, ERROR_IO, "disk full");
}

static void see_progress(void *context, const struct run_progress *p)
{
    struct seen *s = context;
    s->spoken++;
    s->last = *p;
}

static bool run(struct counting *c, struct run_plan plan, struct seen *seen,
                struct run_result *result)
{
    struct run_watcher watcher = {.context = seen,
                                  .warm = see_warm,
                                  .draw = see_draw,
                                  .progress_context = seen,
                                  .progress = see_progress};
    *seen = (struct seen){.engine = c, .refuse_at = seen->refuse_at};
    plan.kernel = kernel_default();
    return run_chain(&c->engine, &plan, &watcher, result);
}

static void draws_are_thin_transitions_apart(void **state)
{
    (void)state;
    struct counting c;
    struct seen seen = {0};
    struct run_result r;
    open_counting(&c);
    struct run_plan plan = {.warmup = 107, .samples = 30, .thin = 7};
    assert_true(run(&c, plan, &seen, &r));
    assert_int_equal(r.end, RUN_DONE);
    assert_int_equal(r.warmup.transitions, 107);
    assert_int_equal(r.counts.transitions, 210);
    assert_int_equal(r.warmup.accepted + r.counts.accepted, 159);
    assert_int_equal(r.draws, 30);
    assert_int_equal(seen.draws, 30);
    assert_int_equal(seen.first_draw_at, 114);
    assert_int_equal(seen.last_draw_at, 317);
    assert_int_equal(seen.warm, WARMUP_LOOKS);
    assert_true(seen.spoken >= 1);
    assert_int_equal(seen.last.made, 317);
    assert_int_equal(seen.last.planned, 317);
    assert_true(r.seconds >= 0);
}

static void nobody_need_watch(void **state)
{
    (void)state;
    struct counting c;
    struct run_result r;
    struct run_watcher nobody = {0};
    struct run_plan plan = {
        .kernel = kernel_default(), .warmup = 3, .samples = 1, .thin = 100000};
    open_counting(&c);
    assert_true(run_chain(&c.engine, &plan, &nobody, &r));
    assert_int_equal(c.made, 100003);
    assert_int_equal(r.draws, 1);
}

static void few_warmups_look_once_each(void **state)
{
    (void)state;
    struct counting c;
    struct seen seen = {0};
    struct run_result r;
    open_counting(&c);
    assert_true(run(&c, (struct run_plan){.warmup = 3, .samples = 1, .thin = 1},
                    &seen, &r));
    assert_int_equal(r.warmup.transitions, 3);
    assert_int_equal(seen.warm, 3);
}

static void the_user_may_stop_it(void **state)
{
    (void)state;
    struct counting c;
    struct seen seen = {0};
    struct run_result r;
    open_counting(&c);
    c.fail_at = 25;
    c.kind = ERROR_CANCEL;
    struct run_plan plan = {.warmup = 10, .samples = 100, .thin = 4};
    assert_true(run(&c, plan, &seen, &r));
    assert_int_equal(r.end, RUN_CANCELLED);
    assert_int_equal(r.draws, 3);
    assert_int_equal(r.counts.transitions, 14);
    /* in warmup as well */
    open_counting(&c);
    c.fail_at = 5;
    c.kind = ERROR_CANCEL;
    assert_true(run(&c, plan, &seen, &r));
    assert_int_equal(r.end, RUN_CANCELLED);
    assert_int_equal(r.draws, 0);
    assert_int_equal(r.warmup.transitions, 4);
}

static void errors_end_it(void **state)
{
    (void)state;
    struct counting c;
    struct seen seen = {0};
    struct run_result r;
    open_counting(&c);
    c.fail_at = 25;
    c.kind = ERROR_TYPE;
    struct run_plan plan = {.samples = 100, .thin = 4};
    assert_false(run(&c, plan, &seen, &r));
    assert_int_equal(c.machine.error.kind, ERROR_TYPE);
    /* those of the watcher too */
    open_counting(&c);
    seen.refuse_at = 7;
    assert_false(run(&c, plan, &seen, &r));
    assert_int_equal(c.machine.error.kind, ERROR_IO);
    assert_int_equal(r.draws, 6);
}

/* Half of the time may be warmup. A nap is a tenth of a millisecond or more,
 * so neither half is done by transitions alone. */
static void time_ends_it(void **state)
{
    (void)state;
    struct counting c;
    struct seen seen = {0};
    struct run_result r;
    open_counting(&c);
    c.nap_ns = 100000;
    struct run_plan plan = {.warmup = 1000000000,
                            .samples = 1000000000,
                            .thin = 700,
                            .seconds = 0.3};
    assert_true(run(&c, plan, &seen, &r));
    assert_int_equal(r.end, RUN_TIME);
    assert_true(r.warmup.transitions > 0);
    assert_true(r.draws > 0);
    /* at a draw, also when there are transitions between them */
    assert_int_equal(r.counts.transitions, 700 * r.draws);
    assert_true(r.warmup_seconds >= 0.15 && r.warmup_seconds < r.seconds);
    assert_true(r.seconds >= 0.3 && r.seconds < 10);
}

/* ---- batches ------------------------------------------------------------- */

static uint64_t asked[64];
static size_t asked_count;
static long nap;

static bool note_steps(struct kernel *k, struct engine *e, uint64_t n,
                       uint64_t *made, struct transition_counts *counts)
{
    (void)k;
    (void)counts;
    struct timespec t = {0, nap};
    if (nap) nanosleep(&t, NULL);
    assert_true(asked_count < sizeof asked / sizeof *asked);
    asked[asked_count++] = n;
    ((struct counting *)e)->made += *made = n;
    return true;
}

static const struct kernel_row batching = {
    .name = "batching", .steps = note_steps, .batch = 16};

/* Where batches end is no matter of how quick they are. */
static void batches_do_not_look_at_the_clock(void **state)
{
    (void)state;
    static const uint64_t want[] = {16, 16, 8, 16, 16, 8};
    struct kernel *k = kernel_make(&batching, NULL, "(batching)");
    struct run_plan plan = {.kernel = k, .samples = 2, .thin = 40};
    struct run_watcher nobody = {0};
    for (int slow = 0; slow < 2; slow++) {
        struct counting c;
        struct run_result r;
        open_counting(&c);
        asked_count = 0;
        nap = slow ? 30000000 : 0;
        assert_true(run_chain(&c.engine, &plan, &nobody, &r));
        assert_int_equal(asked_count, sizeof want / sizeof *want);
        assert_memory_equal(asked, want, sizeof want);
    }
}

/* ---- adaptations ------------------------------------------------------ */

static char begun_with[80];

static bool make_steps(struct kernel *k, struct engine *e, uint64_t n,
                       uint64_t *made, struct transition_counts *counts)
{
    (void)k;
    (void)counts;
    ((struct counting *)e)->made += *made = n;
    return true;
}

static bool keep_adaptation(const struct kernel *k, struct text *out)
{
    (void)k;
    return text_puts(out, "Step size = 2\n");
}

static bool begin_with(struct kernel *k, const char *lines, struct error *e)
{
    (void)k;
    if (strchr(lines, '?')) return error_set(e, ERROR_USE, "no such metric");
    snprintf(begun_with, sizeof begun_with, "%s", lines);
    return true;
}

static const struct kernel_row adapting = {.name = "adapting",
                                           .steps = make_steps,
                                           .write_adaptation = keep_adaptation,
                                           .read_adaptation = begin_with};

/* The kernel reads it before its first step; what does not fit ends the run,
 * and so does a kernel that reads none. In a cycle it is the first part that
 * has one. */
static void it_begins_adapted(void **state)
{
    (void)state;
    struct counting c;
    struct run_result r;
    struct run_watcher nobody = {0};
    struct kernel *k = kernel_make(&adapting, NULL, "(adapting)");
    struct kernel *cycle =
        kernel_make(kernel_find("cycle"), NULL, "(cycle ...)");
    struct kernel *parts[] = {kernel_default(), k};
    struct run_plan plan = {.kernel = cycle,
                            .samples = 1,
                            .thin = 1,
                            .adaptation = "Step size = 2\n"};
    cycle->parts = parts;
    cycle->part_count = 2;
    assert_ptr_equal(kernel_with_adaptation(cycle), k);
    assert_null(kernel_with_columns(cycle));
    plan.kernel = k;
    open_counting(&c);
    assert_true(run_chain(&c.engine, &plan, &nobody, &r));
    assert_string_equal(begun_with, plan.adaptation);
    plan.adaptation = "?";
    assert_false(run_chain(&c.engine, &plan, &nobody, &r));
    assert_string_equal(c.machine.error.message, "no such metric");
    plan.kernel = kernel_default();
    assert_false(run_chain(&c.engine, &plan, &nobody, &r));
    assert_non_null(strstr(c.machine.error.message, "nothing in it"));
    assert_int_equal(c.made, 1);
}

int main(void)
{
    memory_init(1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_are_thin_transitions_apart),
        cmocka_unit_test(nobody_need_watch),
        cmocka_unit_test(few_warmups_look_once_each),
        cmocka_unit_test(the_user_may_stop_it),
        cmocka_unit_test(errors_end_it),
        cmocka_unit_test(time_ends_it),
        cmocka_unit_test(batches_do_not_look_at_the_clock),
        cmocka_unit_test(it_begins_adapted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
