/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Draws that are only looked at: hmc and nuts show values and the log score
 * where the chain is, and bring the trace there at the end, however the run
 * ends. A watcher that glimpses sees what one sees to whom all is brought, and
 * leaves the same state; also where they are parts of other kernels, which see
 * the state as it is.
 */
#include <math.h>

#include "infer/run.h"
#include "kernel_open.h"
#include "trace/reduced.h"

static const char text[] =
    "ASSUME m (normal 0 5)\nASSUME s (half (normal 0 2))\n"
    "ASSUME z (iid 4 (normal 0 1))\nASSUME t (+ m (* s z))\n"
    "ASSUME w (dirichlet '(1 2 3))\n"
    "OBSERVE (each (normal t #(1 2 3 4))) #(2 -3 4 7)\n"
    "OBSERVE (normal (w 0) 0.1) 0.4\n";

/* What is gathered here stands while the label moves. */
static const char with_label[] =
    "ASSUME m (normal 0 5)\nASSUME s (exponential 1)\n"
    "ASSUME z (iid 4 (normal 0 1))\nASSUME t (+ m (* s z))\n"
    "ASSUME b (flip 0.3)\n"
    "OBSERVE (each (normal t #(1 2 3 4))) #(2 -3 4 7)\n"
    "OBSERVE (normal (if b 5 0) 3) 4\n";

enum { SAMPLES = 40, DIRECTIVES = 5 };

struct seen {
    struct session *s;
    uint64_t draws, refused_at, cancelled_at, touched;
    volatile int cancel;
    double score[SAMPLES];
    double sum[SAMPLES]; /* of all numbers that are shown */
    double last;         /* the same, when the run is over */
};

static double sum_of(value v)
{
    double sum = 0.0;
    if (is_boolean(v)) return v == V_TRUE;
    if (is_number(v)) return as_number(v);
    assert_true(is_vector(v));
    for (uint32_t i = 0; i < as_vector(v)->head.size; i++)
        sum += (i + 1) * as_vector(v)->at[i];
    return sum;
}

static double shown(struct session *s)
{
    double sum = 0.0;
    for (int i = 0; i < DIRECTIVES; i++) {
        value v;
        assert_true(s->engine->op->value(s->engine, s->program.at[i], &v));
        sum += (i + 1) * sum_of(v);
    }
    return sum;
}

static bool see_draw(void *context, const struct run_result *so_far)
{
    struct seen *x = context;
    struct machine *m = x->s->machine;
    (void)so_far;
    x->score[x->draws] = x->s->engine->op->log_score(x->s->engine);
    x->sum[x->draws++] = shown(x->s);
    if (x->draws == x->cancelled_at) {
        x->cancel = 1;
        m->cancel = &x->cancel;
        m->fuel = 3; /* in the middle of a trajectory */
    }
    return x->draws != x->refused_at ||
           error_set(&m->error, ERROR_USE, "enough");
}

static void run(const char *kernel, const char *program, bool glimpses,
                struct seen *x)
{
    struct session *s = x->s = open_engine("reduced", 11);
    struct run_result r;
    char why[300];
    if (!run_text(s, program)) fail_msg("%s", session_error(s)->message);
    struct kernel *k = open_kernel(s, kernel);
    kernel_close(k, s->engine);
    struct run_plan plan = {
        .kernel = k, .warmup = 60, .samples = SAMPLES, .thin = 1};
    struct run_watcher w = {
        .context = x, .glimpses = glimpses, .draw = see_draw};
    uint64_t touched = s->engine->op->touched(s->engine);
    bool good = run_chain(s->engine, &plan, &w, &r);
    touched = s->engine->op->touched(s->engine) - touched;
    s->machine->cancel = NULL;
    s->machine->fuel = 1000;
    if (good == (x->refused_at > 0)) fail_msg("%s ends otherwise", kernel);
    assert_int_equal(r.end, x->cancelled_at ? RUN_CANCELLED : RUN_DONE);
    if (x->refused_at) assert_string_equal(s->machine->error.message, "enough");
    x->touched = touched;
    double score = s->engine->op->log_score(s->engine), sum;
    x->last = shown(s);
    /* Of several parts some had their turn before the run was cancelled. */
    assert_true(x->cancelled_at || x->last == x->sum[x->draws - 1]);
    assert_true(x->cancelled_at || fabs(score - x->score[x->draws - 1]) < 1e-9);
    assert_true(s->engine->op->density_at(s->engine, 0, NULL, NULL, &sum));
    assert_true(fabs(score - sum) < 1e-9);
    if (!reduced_check(reduced_trace(s->engine), why, sizeof why))
        fail_msg("%s: %s", kernel, why);
    session_close(s);
}

static void ends_alike(uint64_t refused_at, uint64_t cancelled_at)
{
    static const struct {
        const char *name;
        bool stays; /* behind, most of the time */
        const char *program;
    } kernels[] = {
        {"(nuts)", true, text},
        {"(hmc)", true, text},
        {"(nuts :parameterization centred)", true, text},
        {"(nuts :metric dense)", true, text},
        {"(auto)", true, text},
        {"(repeat 2 (cycle (hmc)))", true, text},
        {"(mixture (0.9 (nuts)) (0.05 (mh)))", true, text},
        {"(cycle (nuts) (slice all))", false, text},
        {"(cycle (slice all) (hmc))", false, text},
        {"(mixture (0.5 (nuts)) (0.5 (cycle (mh))))", false, text},
        {"(mixture (0.91 (nuts continuous)) (0.09 (gibbs discrete)))", true,
         with_label}};
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        struct seen a = {.refused_at = refused_at,
                         .cancelled_at = cancelled_at};
        struct seen b = a;
        run(kernels[i].name, kernels[i].program, false, &a);
        run(kernels[i].name, kernels[i].program, true, &b);
        assert_int_equal(a.draws, b.draws);
        assert_true(a.last == b.last);
        /* It is not brought there at each draw. */
        if (kernels[i].stays && b.touched * 2 > a.touched)
            fail_msg("%s touches %d and %d", kernels[i].name, (int)b.touched,
                     (int)a.touched);
        for (uint64_t k = 0; k < a.draws; k++) {
            assert_true(a.sum[k] == b.sum[k]);
            assert_true(fabs(a.score[k] - b.score[k]) < 1e-9);
        }
    }
}

static void to_the_end(void **state)
{
    (void)state;
    ends_alike(0, 0);
}

static void when_a_draw_is_refused(void **state)
{
    (void)state;
    ends_alike(17, 0);
}

static void when_a_trajectory_is_cancelled(void **state)
{
    (void)state;
    ends_alike(0, 23);
}

int main(void)
{
    memory_init(1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(to_the_end), cmocka_unit_test(when_a_draw_is_refused),
        cmocka_unit_test(when_a_trajectory_is_cancelled)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
