/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every kernel of the table, cancelled. How many steps it takes, to be opened
 * and to make some transitions, is measured; then it is cancelled after a
 * number of steps that is drawn evenly from these, again and again. What is
 * left is a state: the trace is sound, its score is what it is when summed
 * anew, nothing is left to be undone, no scope is held by a kernel that was not
 * opened, and the next transitions go on.
 */
#include <math.h>
#include <stdio.h>

#include "base/random.h"
#include "kernel_open.h"
#include "session/order.h"
#include "trace/reduced.h"

/* Choices that come and go, an urn, arrays, and numbers with gradients. */
#define MIXED                                                            \
    "ASSUME n (tag a (poisson 2))\n"                                     \
    "ASSUME b (tag a (flip 0.4))\n"                                      \
    "ASSUME mu (tag c (normal 0 2))\n"                                   \
    "ASSUME x (mem (lambda (i) (normal (if b mu (* i mu)) 1)))\n"        \
    "ASSUME s (fold + 0 (map (lambda (i) (x i)) (iota (+ n 1))))\n"      \
    "OBSERVE (normal s 2) 3\n"                                           \
    "ASSUME w (tag c (dirichlet '(1 2 3)))\n"                            \
    "ASSUME z (mem (lambda (i) (tag b (categorical w))))\n"              \
    "OBSERVE (normal (+ (z 0) (z 1)) 1) 2\n"                             \
    "ASSUME u (make-crp 0.7)\nASSUME t (mem (lambda (i) (tag d (u))))\n" \
    "ASSUME m (mem (lambda (k) (normal 0 3)))\n"                         \
    "OBSERVE (normal (m (t 0)) 1) 1\nOBSERVE (normal (m (t 1)) 1) 2\n"   \
    "ASSUME fs (tag e (iid 6 (flip 0.4)))\n"                             \
    "ASSUME g (mem (lambda (i) (if (fs i) (normal 0 1) 0)))\n"           \
    "OBSERVE (normal (+ (g 0) (g 1)) 1) 0.5\n"
#define FINITE                                     \
    "ASSUME p (uniform-discrete 1 4)\n"            \
    "ASSUME f (mem (lambda (i) (flip (/ p 5))))\n" \
    "ASSUME k (if (f 0) (+ p (if (f 1) 1 0)) p)\n" \
    "OBSERVE (flip (if (f 2) 0.9 0.2)) true\n"     \
    "OBSERVE (flip (/ k 6)) true\n"
#define SMOOTH                                                           \
    "ASSUME a (normal 0 2)\nASSUME v (gamma 2 1)\n"                      \
    "ASSUME e (mem (lambda (i) (normal a v)))\nASSUME l (flip)\n"        \
    "OBSERVE (normal (+ (e 0) (e 1)) 1) 2\nOBSERVE (normal (e 2) v) 1\n" \
    "OBSERVE (normal (if l a (e 1)) 1) 2\n"

enum { REDUCED = 1, RANDOMDB = 2, BOTH = 3 };

static const struct {
    int engines;
    const char *program, *kernel;
} cases[] = {
    {BOTH, MIXED, "(mh)"},
    {BOTH, MIXED, "(mh (tag a) block)"},
    {BOTH, MIXED, "(mh all each)"},
    {BOTH, MIXED, "(drift (tag c))"},
    {BOTH, MIXED, "(drift (tag c) 0.5 block)"},
    {BOTH, MIXED, "(drift continuous (ordered))"},
    {BOTH, MIXED,
     "(propose (tag a) (lambda (v) (if (boolean? v) (flip) "
     "(poisson (+ v 1)))))"},
    {BOTH, MIXED, "(gibbs (tag b))"},
    {BOTH, MIXED, "(gibbs (or (tag b) (tag d)) each)"},
    {BOTH, MIXED, "(gibbs (tag d) block)"},
    {BOTH, MIXED, "(gibbs (tag e) each)"},
    {REDUCED, MIXED, "(gibbs (name w))"},
    {REDUCED, SMOOTH, "(gibbs (name e) each)"},
    {REDUCED, SMOOTH, "(gibbs (name a))"},
    {BOTH, MIXED, "(slice continuous)"},
    {BOTH, MIXED, "(slice (tag c) each :doubling true)"},
    {BOTH, MIXED, "(cycle (gibbs (tag b)) (mh) (slice (tag c)))"},
    {BOTH, MIXED, "(mixture (1 (mh)) (2 (slice (tag c))) (1 (rerun)))"},
    {BOTH, MIXED, "(repeat 4 (gibbs (tag e)))"},
    {BOTH, MIXED, "(rerun)"},
    {BOTH, MIXED, "(importance :particles 9)"},
    {BOTH, FINITE, "(rejection)"},
    {BOTH, FINITE, "(enumerate)"},
    {BOTH, FINITE, "(auto)"},
    {BOTH, MIXED, "(auto)"},
    {REDUCED, SMOOTH, "(auto)"},
    {REDUCED, SMOOTH, "(nuts continuous)"},
    {REDUCED, SMOOTH, "(nuts (name a v) :metric dense)"},
    {REDUCED, MIXED, "(nuts (tag c))"},
    {REDUCED, SMOOTH, "(hmc continuous :steps 5)"},
    {REDUCED, SMOOTH, "(cycle (mh (name l)) (hmc (name e)))"},
    {REDUCED, SMOOTH, "(optimize continuous)"},
    {REDUCED, SMOOTH, "(cycle (mh) (optimize (name a v)))"},
};
enum { CASES = sizeof cases / sizeof *cases, STOPS = 25, TRANSITIONS = 3 };

static const int64_t FUEL_ENOUGH = 1 << 20;

/* Nothing is cancelled; so much fuel. */
static void fill(struct machine *m, int64_t fuel)
{
    m->cancel = NULL;
    m->fuel = m->fuel_given = fuel;
}

/* By kernels; the reduced trace tells. */
static uint32_t scopes_held(struct session *s)
{
    struct engine *e = s->engine;
    bool tells = strcmp(e->op->name, "reduced") == 0;
    return tells ? reduced_trace(e)->scope_count : 0;
}

static void assert_state(struct session *s, const char *kernel)
{
    char why[300];
    struct engine *e = s->engine;
    if (strcmp(e->op->name, "reduced") == 0) {
        const struct log *l = &reduced_trace(e)->log;
        /* Before the trace is read: what is computed then may be written. */
        if (l->count + l->half_count + l->piece_count + l->kept_count)
            fail_msg("%s: there is something to undo", kernel);
        if (!reduced_check(reduced_trace(e), why, sizeof why))
            fail_msg("%s: %s", kernel, why);
    }
    double all = e->op->log_score(e), sum;
    assert_true(e->op->density_at(e, 0, NULL, NULL, &sum));
    if (!(fabs(all - sum) <= 1e-9 * (1.0 + fabs(all))))
        fail_msg("%s: %.15g, and the sum is %.15g", kernel, all, sum);
}

/* As INFER has it read: names are looked up. */
static struct kernel *read_kernel(struct session *s, const char *words)
{
    struct source *source = memory_new(sizeof *source);
    struct syntax *syntax;
    struct reader reader;
    *source = (struct source){"kernel", words, strlen(words)};
    reader_open(&reader, source, session_error(s));
    assert_int_equal(reader_datum(&reader, false, &syntax), READ_DATUM);
    struct kernel *k = order_kernel(s, syntax, false);
    if (!k) fail_msg("%s: %s", words, session_error(s)->message);
    kernel_plan(k, 50);
    return k;
}

/* A whole turn: opened, moved in warmup and behind it, closed. *used is the
 * fuel of opening, and of all. */
static bool turn(struct session *s, struct kernel *k, int64_t used[2])
{
    struct machine *m = s->machine;
    struct transition_counts counts = {0};
    int64_t before = m->fuel;
    uint64_t steps = m->steps;
    bool ok = kernel_open(k, s->engine);
    used[0] = before - m->fuel + (int64_t)(m->steps - steps);
    kernel_warm(k, true);
    ok = ok && kernel_run(k, s->engine, TRANSITIONS, &counts);
    kernel_warm(k, false);
    ok = ok && kernel_run(k, s->engine, TRANSITIONS, &counts);
    used[1] = before - m->fuel + (int64_t)(m->steps - steps);
    kernel_close(k, s->engine);
    return ok;
}

/* Cancelled when `after` steps have been made, or a little later: who asks
 * looks at it when its fuel is used up. */
static bool is_cancelled(struct session *s, struct kernel *k, int64_t after)
{
    struct machine *m = s->machine;
    volatile int cancel = 1;
    int64_t used[2];
    fill(m, after);
    m->cancel = &cancel;
    bool ok = turn(s, k, used);
    fill(m, FUEL_ENOUGH);
    if (!ok && m->error.kind != ERROR_CANCEL)
        fail_msg("%s: %s", k->name, m->error.message);
    error_clear(&m->error);
    return !ok;
}

static void cancel(const char *engine, const char *program, const char *words,
                   struct random *random)
{
    struct session *s = open_engine(engine, 5);
    if (!run_text(s, program)) fail_msg("%s", session_error(s)->message);
    struct kernel *k = read_kernel(s, words);
    int64_t used[2];
    int cancelled = 0;
    for (int i = 0; i < STOPS; i++) {
        /* What it takes changes with the state. */
        fill(s->machine, FUEL_ENOUGH);
        if (!turn(s, k, used))
            fail_msg("%s: %s", words, s->machine->error.message);
        assert_int_equal(scopes_held(s), 0);
        /* Every fourth time while it is opened, if that takes steps. */
        bool early = i % 4 == 0 && used[0] > 1;
        uint64_t below = (uint64_t)(early ? used[0] : used[1]);
        int64_t after = (int64_t)random_below(random, below + 1);
        bool over = is_cancelled(s, k, after);
        cancelled += over;
        assert_int_equal(scopes_held(s), 0);
        assert_state(s, words);
    }
    if (cancelled < 3) fail_msg("%s was cancelled %d times", words, cancelled);
    session_close(s);
}

static void a_state_is_left(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 20);
    for (int i = 0; i < CASES; i++) {
        if (cases[i].engines & REDUCED)
            cancel("reduced", cases[i].program, cases[i].kernel, &random);
        if (cases[i].engines & RANDOMDB)
            cancel("randomdb", cases[i].program, cases[i].kernel, &random);
    }
}

static bool is_among(const char *name)
{
    char words[40];
    snprintf(words, sizeof words, "(%s", name);
    size_t n = strlen(words);
    for (int i = 0; i < CASES; i++)
        if (strncmp(cases[i].kernel, words, n) == 0 &&
            strchr(" )", cases[i].kernel[n]))
            return true;
    return false;
}

static void all_kernels_are_among_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < kernel_count; i++)
        if (!is_among(kernel_rows[i]->name))
            fail_msg("%s is not", kernel_rows[i]->name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kernels_are_among_them),
        cmocka_unit_test(a_state_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
