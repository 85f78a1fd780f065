/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernels that are stopped: by hand, or by a limit of steps, after any number
 * of calls, in the middle of whatever they do. What is left is a state: the
 * trace is sound, its score is what it is when summed anew, no move is open,
 * scopes hold what is free, and the next transitions go on.
 */
#include <math.h>
#include <stdio.h>

#include "kernel_open.h"
#include "trace/reduced.h"

static const char text[] =
    "ASSUME n (tag a (poisson 2))\n"
    "ASSUME b (tag a (flip 0.4))\n"
    "ASSUME mu (tag c (normal 0 2))\n"
    "ASSUME x (mem (lambda (i) (normal (if b mu (* i mu)) 1)))\n"
    "ASSUME s (fold + 0 (map (lambda (i) (x i)) (iota (+ n 1))))\n"
    "OBSERVE (normal s 2) 3\n"
    "ASSUME w (tag c (dirichlet '(1 2 3)))\n"
    "ASSUME z (mem (lambda (i) (tag b (categorical w))))\n"
    "OBSERVE (normal (+ (z 0) (z 1)) 1) 2\n"
    "ASSUME u (make-crp 0.7)\nASSUME t (mem (lambda (i) (tag d (u))))\n"
    "ASSUME m (mem (lambda (k) (normal 0 3)))\n"
    "OBSERVE (normal (m (t 0)) 1) 1\nOBSERVE (normal (m (t 1)) 1) 2\n"
    "ASSUME fs (tag e (iid 3 (flip 0.4)))\n"
    "ASSUME g (mem (lambda (i) (if (fs i) (normal 0 1) 0)))\n"
    "OBSERVE (normal (+ (g 0) (g 1)) 1) 0.5\n"
    "ASSUME r (tag v (gamma 2 1))\n"
    "ASSUME l (tag v (normal 0 (/ (sqrt r))))\n"
    "OBSERVE (normal l (/ 2 (sqrt r))) 1\n"
    "ASSUME hs (tag h (iid 3 (normal 0 1)))\n"
    "OBSERVE (normal (+ (hs 0) (if (fs 1) (hs 2) 0)) 1) 0.5\n";

static const char *const kernels[] = {
    "(mh)",
    "(mh (tag a) block)",
    "(mh all each)",
    "(drift (tag c))",
    "(drift (tag c) 0.5 block)",
    "(slice (tag c) each)",
    "(slice (tag c) :doubling true)",
    "(gibbs (tag b))",
    "(gibbs (tag b) block)",
    "(gibbs (tag d) each)",
    "(gibbs (tag d) block)",
    "(gibbs (tag e))",
    "(gibbs (tag e) each)",
    "(mh all (ordered))",
    "(propose (tag a) (lambda (v) (if (boolean? v) (flip) (poisson (+ v 1)))))",
    "(importance :particles 20)",
    "(cycle (gibbs (tag b)) (mixture (1 (mh)) (2 (slice (tag c)))))",
    "(repeat 3 (rerun))",
    "(auto)",
};
/* Where closed forms are. */
static const char *const closed[] = {
    "(gibbs (tag h) each)",
    "(cycle (gibbs (tag v) block) (gibbs (tag h)))",
};
enum { CLOSED = sizeof closed / sizeof *closed };
enum { KERNELS = sizeof kernels / sizeof *kernels, STOPS = 60 };

static void assert_state(struct session *s, const struct kernel *k)
{
    char why[300];
    struct engine *e = s->engine;
    if (strcmp(e->op->name, "reduced") == 0 &&
        !reduced_check(reduced_trace(e), why, sizeof why))
        fail_msg("%s: %s", k->name, why);
    double all = e->op->log_score(e), sum;
    assert_true(e->op->density_at(e, 0, NULL, NULL, &sum));
    if (!(fabs(all - sum) <= 1e-9 * (1.0 + fabs(all))))
        fail_msg("%s: %.15g, and the sum is %.15g", k->name, all, sum);
    if (!k->scope || k->row == kernel_find("mh")) return;
    assert_true(e->op->scope_look(e, k->scope));
    for (uint32_t i = 0; i < k->scope->member_count; i++)
        assert_ptr_equal(e->op->choice_at(e, k->scope->members[i].location),
                         k->scope->members[i].choice);
}

/* Polls come after every `fuel` calls; the one that stops is by hand, or by a
 * limit. */
static bool is_stopped(struct session *s, struct kernel *k, int nth)
{
    struct machine *m = s->machine;
    struct transition_counts counts = {0};
    volatile int cancel = 1;
    m->cancel = nth % 2 ? &cancel : NULL;
    m->steps_left = nth % 2 ? UINT64_MAX : 1;
    m->fuel = m->fuel_given = nth;
    bool ok = kernel_run(k, s->engine, 3, &counts);
    m->cancel = NULL;
    m->steps_left = UINT64_MAX;
    m->fuel = m->fuel_given = 1000;
    if (!ok && m->error.kind != ERROR_CANCEL && m->error.kind != ERROR_LIMIT)
        fail_msg("%s: %s", k->name, m->error.message);
    error_clear(&m->error);
    return !ok;
}

static void stop(const char *engine, const char *words)
{
    struct session *s = open_engine(engine, 5);
    if (!run_text(s, text)) fail_msg("%s", session_error(s)->message);
    struct kernel *k = open_kernel(s, words);
    struct transition_counts counts = {0};
    int stopped = 0;
    for (int i = 0; i < STOPS; i++) {
        stopped += is_stopped(s, k, i);
        assert_state(s, k);
        if (!kernel_run(k, s->engine, 1, &counts))
            fail_msg("%s: %s", words, s->machine->error.message);
        assert_state(s, k);
    }
    kernel_close(k, s->engine);
    if (stopped < 3) fail_msg("%s stopped %d times", words, stopped);
    session_close(s);
}

static void reduced_is_left_in_a_state(void **state)
{
    (void)state;
    for (int i = 0; i < KERNELS; i++) stop("reduced", kernels[i]);
    for (int i = 0; i < CLOSED; i++) stop("reduced", closed[i]);
}

static void randomdb_is_left_in_a_state(void **state)
{
    (void)state;
    for (int i = 0; i < KERNELS; i++) stop("randomdb", kernels[i]);
}

/* Nodes that are touched bring the next look nearer, as calls do: a sweep, or
 * a transition that many data hear of, is not long in stopping. */
static void work_without_calls_is_stopped_soon(void **state)
{
    static const char program[] =
        "ASSUME mu (normal 0 1)\n"
        "ASSUME x (mem (lambda (i) (normal mu 1)))\n"
        "OBSERVE (normal (apply + (map x (iota 100))) 1) 3\n";
    static const char *const some[] = {"(mh)",
                                       "(mh (name mu))",
                                       "(mh all each)",
                                       "(slice all each)",
                                       "(gibbs (name x) each)",
                                       "(drift (name x) 0.5 each)"};
    enum { CALLS = 4096, MOST = 1000, RUN = 100000 };
    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        struct session *s = open_engine("reduced", 5);
        if (!run_text(s, program)) fail_msg("%s", session_error(s)->message);
        struct kernel *k = open_kernel(s, some[i]);
        struct transition_counts counts = {0};
        volatile int cancel = 1;
        s->machine->cancel = &cancel;
        s->machine->fuel = s->machine->fuel_given = CALLS;
        assert_false(kernel_run(k, s->engine, RUN, &counts));
        assert_int_equal(s->machine->error.kind, ERROR_CANCEL);
        if (counts.touched > CALLS + MOST)
            fail_msg("%s: %llu nodes", some[i],
                     (unsigned long long)counts.touched);
        s->machine->cancel = NULL;
        error_clear(&s->machine->error);
        kernel_close(k, s->engine);
        session_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_without_calls_is_stopped_soon),
        cmocka_unit_test(reduced_is_left_in_a_state),
        cmocka_unit_test(randomdb_is_left_in_a_state)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
