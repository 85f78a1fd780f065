/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reduced trace from inside: after thousands of transitions it is sound
 * (reduced_check.c says what that is), whatever is refused, stopped or fails
 * on the way leaves every word as it was, and a transition over numbers asks
 * the collector for nothing.
 */
#include "session/program.h"

#include <math.h>
#include <stdio.h>

#include "session_open.h"
#include "trace/reduced.h"

#include "../property/words.h"

/* Numbers and structure, urns and labels, mem and data that move. */
static const char *const programs[] = {
    "ASSUME rain (flip 0.3)\n"
    "ASSUME wet (if rain (flip 0.9) (if (flip 0.4) (flip 0.8) false))\n"
    "OBSERVE (noisy wet 0.05) true\n",

    "ASSUME mu (normal 0 10)\nASSUME sd (gamma 2 1)\n"
    "ASSUME x (mem (lambda (i) (normal mu sd)))\n"
    "OBSERVE (normal (+ (x 1) (x 2)) 1) 3.5\nOBSERVE (x 3) 2.0\n"
    "ASSUME y (if (> (x 1) 0) (normal (x 2) 1) (exponential 2))\n",

    "ASSUME a (gamma 1 1)\nASSUME f (make-beta-bernoulli a 1)\n"
    "ASSUME m (mem (lambda (i) (if (f) (and (f) (f)) (f))))\n"
    "ASSUME k (randbelow 4)\nASSUME x (or (m k) (m (- 3 k)))\n"
    "OBSERVE (f) true\nOBSERVE (flip (if x 0.8 0.3)) true\n",

    "ASSUME c (make-crp (gamma 1 1))\nASSUME z (mem (lambda (i) (c)))\n"
    "ASSUME u (mem (lambda (t) (normal 0 5)))\n"
    "ASSUME x (mem (lambda (i) (normal (u (z i)) 1)))\n"
    "OBSERVE (x 1) 1.5\nOBSERVE (x 2) 1.7\nOBSERVE (x 3) -4.0\n"
    "ASSUME same (= (z 1) (z 3))\n",

    "ASSUME s (mem (lambda (i) (if (= i 0) (randbelow 3)"
    " (categorical (if (= (s (- i 1)) 1) '(1 2 3) '(3 1 1))))))\n"
    "OBSERVE (normal (s 2) 1) 1.2\nOBSERVE (normal (s 5) 1) 0.3\n"
    "OBSERVE (normal (s 9) 1) 2.1\n",

    "ASSUME n (uniform-discrete 1 5)\n"
    "ASSUME l (map (lambda (i) (if (flip 0.3) (normal 0 1) (normal i 1)))"
    " (iota n))\n"
    "ASSUME t (fold + 0 l)\n(factor (if (> t 3) -0.5 0.25))\n"
    "OBSERVE (normal t 1) 2.5\n",

    "ASSUME id (flip 0.5)\nASSUME g (make-sym-dir-cat 1 3)\n"
    "ASSUME m (mem (lambda (i) (g)))\nOBSERVE (m (if id 1 2)) 1\n"
    "ASSUME w (weight (if id 3 1) (flip (/ (+ 1 (m 1)) 4)))\n"
    "ASSUME y (if (= (m 2) 1) (list (g) (g)) (m 3))\n",

    "ASSUME walk (lambda (d) (if (flip 0.4) d (walk (+ d 1))))\n"
    "ASSUME d (walk 0)\nASSUME e (walk d)\n"
    "OBSERVE (poisson (+ 1 (* 2 d) e)) 5\n",

    /* cuts: sums that are too large for one expression, one in the other */
    "ASSUME xs (map (lambda (i) (normal 0 1)) (iota 90))\n"
    "ASSUME s (fold + 0 xs)\n"
    "ASSUME z (if (flip) (fold + s (map square xs)) (* 2 s))\n"
    "OBSERVE (normal s 1) 2.5\nOBSERVE (normal z 3) 4.0\n",

    /* watches: of calls that are regions now and then, and of entries */
    "ASSUME n (uniform-discrete 0 2)\n"
    "ASSUME f (lambda (i) (if (flip 0.4) (/ (normal i 1) (+ n 1))"
    " (list-ref (list i (exponential 2) 7) n)))\n"
    "ASSUME l (map f '(1 2 3))\nASSUME e (mem (lambda (i) (/ i (- n 3))))\n"
    "OBSERVE (normal (+ (first l) (e 2)) 1) 1.5\n",

    /* elements of arrays are read one by one */
    "ASSUME mu (normal 0 2)\nASSUME xs (iid 6 (normal mu 1))\n"
    "ASSUME n (if (< (xs 4) 0) 2 3)\nASSUME ys (iid n (normal (xs 0) 1))\n"
    "OBSERVE (normal (xs 1) 1) 2.5\n"
    "OBSERVE (normal (+ (xs 2) (* 2 (xs 3))) 1) 1.5\n"
    "ASSUME z (if (> (ys 1) 0) (normal (ys 0) 1) (exponential 2))\n"
    "OBSERVE (normal (vector-ref ys (- n 1)) (+ 1 (exp (xs 5)))) 1.0\n"
    "OBSERVE (normal (+ z (fold + 0 (map (lambda (i) (xs i)) (iota n)))) 1)"
    " 4.0\n",

    /* arrays move by elements, and are picked by their number */
    "ASSUME a (flip 0.4)\nASSUME xs (iid 4 (normal (if a 1 -1) 1))\n"
    "ASSUME ys (if a (each (normal xs 2)) (iid 2 (exponential 1)))\n"
    "OBSERVE-EACH (normal xs 1) (list 1 2 0.5 -1)\n"
    "ASSUME w (weight (+ 1 (xs 0) (* 5 (xs 0) (xs 0))) (flip 0.3))\n",

    /* recipes: each operation on a number, a choice, and what is beside it */
    "ASSUME a (normal 0 1)\nASSUME b (normal 1 2)\n"
    "OBSERVE (normal (- (* a b) (* 2.5 b)) 1) 0.5\n"
    "OBSERVE (normal (* (- 1.5 a) (+ b 2)) 2) -1.0\n"
    "OBSERVE (normal (/ (- a 1 b) (+ 4 (* b b))) 1) 0.25\n"
    "OBSERVE (normal (+ a (* 2.5 b)) 1) 2.5\n"
    "OBSERVE (normal (+ b (* a 0.5)) (+ 1 (/ (* a a) 3))) 1.5\n",

    /* and divisors that cannot be, where what is left would be a number */
    "ASSUME a (normal 0 1)\nASSUME z (uniform-draw '(0.0 0.5 2.0))\n"
    "OBSERVE (normal (/ 1 (/ a z)) 1) 0.5\n",
    "ASSUME a (normal 0 1)\nASSUME z (uniform-draw '(0.0 0.5 2.0))\n"
    "OBSERVE (normal (/ 1 (/ 1 (* z a))) 1) 0.5\n",
};
enum { PROGRAMS = sizeof programs / sizeof *programs };

static void assert_sound(struct trace *t, const char *text)
{
    char why[300];
    if (!reduced_check(t, why, sizeof why)) fail_msg("%s\n%s", why, text);
}

/* ---- a script that draws as the engine does, and refuses at will --------- */

struct refusing {
    struct script script;
    struct machine *machine;
    struct trace *trace;
    bool refuse;
    uint64_t refused;
};

static bool draw(struct script *s, const struct xrp_family *f,
                 const struct xrp_site *site, value *out)
{
    return f->sample(site, &((struct refusing *)s)->machine->random, out);
}

static uint32_t pick(struct script *s, uint32_t count)
{
    struct random *r = &((struct refusing *)s)->machine->random;
    return (uint32_t)random_below(r, count);
}

static bool accept(struct script *s, double a)
{
    struct refusing *f = (struct refusing *)s;
    assert_true(a == a);
    if (f->refuse || !(a > -INFINITY)) return f->refused++, false;
    return log(random_open(&f->machine->random)) < a;
}

static struct refusing refusing(struct session *s)
{
    return (struct refusing){{.draw = draw, .pick = pick, .accept = accept},
                             s->machine,
                             reduced_trace(s->engine),
                             false,
                             0};
}

/* ---- tests ----------------------------------------------------------------- */

static void test_sound(void **state)
{
    (void)state;
    for (int p = 0; p < PROGRAMS; p++)
        for (uint64_t seed = 1; seed <= 3; seed++) {
            struct session *s = open_with(programs[p], seed);
            struct trace *t = reduced_trace(s->engine);
            for (int i = 0; i < 300; i++) {
                struct transition_counts c = {0};
                assert_true(s->engine->op->transition(s->engine, 5, &c));
                assert_sound(t, programs[p]);
            }
            session_close(s);
        }
}

/* Refused, the next transition finds every word as it was. */
static void test_refused(void **state)
{
    (void)state;
    for (int p = 0; p < PROGRAMS; p++) {
        struct session *s = open_with(programs[p], 7);
        struct refusing f = refusing(s);
        bool proposed, accepted, impossible;
        f.trace->script = &f.script;
        for (int i = 0; i < 2000; i++) {
            f.refuse = i % 4 != 0;
            uint64_t before = trace_words(f.trace);
            if (!trace_step(f.trace, &proposed, &accepted, &impossible))
                fail_msg("%s", s->machine->error.message);
            if (!accepted && trace_words(f.trace) != before)
                fail_msg("a mark was left\n%s", programs[p]);
        }
        assert_true(f.refused > 1000);
        f.trace->script = NULL;
        session_close(s);
    }
}

/* The state loaded anew on its own choices is the same state. */
static void test_load(void **state)
{
    (void)state;
    for (int p = 0; p < PROGRAMS; p++) {
        struct session *s = open_with(programs[p], 11);
        struct transition_counts c = {0};
        assert_true(s->engine->op->transition(s->engine, 1000, &c));
        double score = reduced_trace(s->engine)->counts.score;
        uint64_t choices = s->engine->op->all_choices(s->engine);
        struct random random = s->machine->random;
        struct directive *d = s->program.at[0];
        assert_true(s->engine->op->add(s->engine, d, d));
        assert_memory_equal(&random, &s->machine->random, sizeof random);
        double again = reduced_trace(s->engine)->counts.score;
        if (!(fabs(again - score) <= 1e-9 * (1.0 + fabs(score))))
            fail_msg("%.17g, loaded %.17g\n%s", score, again, programs[p]);
        assert_int_equal(choices, s->engine->op->all_choices(s->engine));
        assert_sound(reduced_trace(s->engine), programs[p]);
        session_close(s);
    }
}

/* Stopped after any number of calls, by hand or by a limit. */
static void test_stopped(void **state)
{
    (void)state;
    for (int p = 0; p < PROGRAMS; p++) {
        struct session *s = open_with(programs[p], 13);
        struct machine *m = s->machine;
        struct trace *t = reduced_trace(s->engine);
        volatile int cancel = 1;
        bool proposed, accepted, impossible;
        int stopped = 0;
        for (int i = 0; i < 600; i++) {
            uint64_t before = trace_words(t);
            m->cancel = i % 2 ? &cancel : NULL;
            m->steps_left = i % 2 ? UINT64_MAX : 1;
            m->fuel = m->fuel_given = i % 7;
            error_clear(&m->error);
            bool ok = trace_step(t, &proposed, &accepted, &impossible);
            m->cancel = NULL;
            m->steps_left = UINT64_MAX;
            stopped += !ok;
            if (!ok && m->error.kind != ERROR_CANCEL &&
                m->error.kind != ERROR_LIMIT)
                fail_msg("%s", m->error.message);
            if (!accepted && trace_words(t) != before)
                fail_msg("a mark was left by: %s\n%s", m->error.message,
                         programs[p]);
        }
        if (p == 7) assert_true(stopped > 20);
        assert_sound(t, programs[p]);
        session_close(s);
    }
}

/* An error, a parameter out of its domain, a density that is no number. */
static void test_errors(void **state)
{
    static const struct {
        const char *text;
        bool fails; /* the transition itself; else it is a rejection */
    } rows[] = {
        {"ASSUME x (flip 0.0001)\nASSUME y (if x (car '()) (flip 0.5))\n"
         "ASSUME z (if y (flip 0.2) 3)\n",
         true},
        {"ASSUME x (normal 0 1)\nASSUME y (normal 0 (+ x 2))\n"
         "ASSUME z (mem (lambda (i) (normal y (+ 3 x))))\nPREDICT (z 1)\n",
         false},
        {"ASSUME x (normal 0 1)\nASSUME g (make-beta-bernoulli (+ 2 x) 1)\n"
         "ASSUME y (if (g) (g) (flip 0.5))\nOBSERVE (g) true\n",
         false},
    };
    (void)state;
    for (size_t p = 0; p < sizeof rows / sizeof *rows; p++) {
        struct session *s = open_with(rows[p].text, 5);
        struct machine *m = s->machine;
        struct trace *t = reduced_trace(s->engine);
        int wrong = 0;
        for (int i = 0; i < 40000; i++) {
            bool proposed, accepted, impossible;
            uint64_t before = trace_words(t);
            error_clear(&m->error);
            bool ok = trace_step(t, &proposed, &accepted, &impossible);
            wrong += rows[p].fails ? !ok : impossible;
            if (!accepted && trace_words(t) != before)
                fail_msg("a mark was left by: %s\n%s", m->error.message,
                         rows[p].text);
            if (!ok) assert_true(rows[p].fails);
        }
        assert_true(wrong > 0);
        assert_sound(t, rows[p].text);
        session_close(s);
    }
}

/* Where memory ends in the middle, by the plain memory that can be told. */
static void test_memory_ends(void **state)
{
    (void)state;
    memory_fail_after(1);
    void *block = memory_new(8);
    memory_fail_after(0);
    if (block) skip(); /* memory of the collector cannot be told */
    for (int p = 0; p < PROGRAMS; p++) {
        struct session *s = open_with(programs[p], 17);
        struct machine *m = s->machine;
        struct trace *t = reduced_trace(s->engine);
        bool proposed, accepted, impossible;
        for (int i = 0; i < 2000; i++) {
            uint64_t before = trace_words(t);
            error_clear(&m->error);
            memory_fail_after((uint64_t)(i % 13 + 1));
            bool ok = trace_step(t, &proposed, &accepted, &impossible);
            memory_fail_after(0);
            if (!ok && m->error.kind != ERROR_LIMIT)
                fail_msg("%s", m->error.message);
            if (!accepted && trace_words(t) != before)
                fail_msg("a mark was left by: %s\n%s", m->error.message,
                         programs[p]);
        }
        assert_sound(t, programs[p]);
        session_close(s);
    }
}

/* Numbers that move and are scored again: nothing is asked of memory. */
static void test_allocates_nothing(void **state)
{
    static const char text[] =
        "ASSUME mu (normal 0 10)\nASSUME sd (gamma 2 1)\n"
        "ASSUME x (map (lambda (i) (normal mu sd)) (iota 20))\n"
        "OBSERVE (normal (list-ref x 3) 1) 3.5\n"
        "OBSERVE (normal (+ (list-ref x 0) (list-ref x 1)) sd) 1.5\n";
    (void)state;
    memory_fail_after(1);
    void *block = memory_new(8);
    memory_fail_after(0);
    if (block) skip(); /* only the plain memory counts to the byte */
    struct session *s = open_with(text, 3);
    struct transition_counts c = {0};
    assert_true(s->engine->op->transition(s->engine, 1000, &c));
    size_t before = memory_in_use();
    assert_true(s->engine->op->transition(s->engine, 20000, &c));
    assert_int_equal(memory_in_use(), before);
    session_close(s);
}

/* Stamps that run out begin again, and nobody sees it. */
static void test_stamps(void **state)
{
    (void)state;
    for (int p = 0; p < PROGRAMS; p++) {
        struct session *s = open_with(programs[p], 19), *o;
        struct trace *t = reduced_trace(s->engine);
        struct transition_counts c = {0};
        o = open_with(programs[p], 19);
        t->number += (UINT32_MAX >> 1) - (UINT32_C(1) << 28) - 40 - t->number;
        t->run_id = t->number;
        for (int i = 0; i < 300; i++) {
            assert_true(s->engine->op->transition(s->engine, 1, &c));
            assert_true(o->engine->op->transition(o->engine, 1, &c));
            double a = reduced_trace(s->engine)->counts.score;
            double b = reduced_trace(o->engine)->counts.score;
            if (a != b)
                fail_msg("%d: %.17g, not %.17g\n%s", i, a, b, programs[p]);
        }
        assert_true(t->number < 400);
        assert_sound(t, programs[p]);
        session_close(s);
        session_close(o);
    }
}

/* A directive that makes many choices in memory of its own, and then fails. */
static void test_large_failure(void **state)
{
    static const char large[] =
        "ASSUME ys (let ((l (map (lambda (i) (normal mu 1)) (iota 30000))))"
        " (if (> (first l) mu) (car '()) (car '())))\n";
    (void)state;
    struct session *s = open_with(programs[1], 23);
    struct trace *t = reduced_trace(s->engine);
    uint64_t before = trace_words(t);
    const char *end = t->log.pool.at;
    struct source *source = memory_new(sizeof *source);
    *source = (struct source){"large", large, strlen(large)};
    for (int i = 0; i < 3; i++) {
        assert_false(session_run(s, source));
        assert_true(trace_words(t) == before);
        assert_ptr_equal(t->log.pool.at, end);
    }
    struct transition_counts c = {0};
    assert_true(s->engine->op->transition(s->engine, 2000, &c));
    assert_sound(t, programs[1]);
    session_close(s);
}

/* Picks against the weights: chi-square with PLACES - 1 degrees of freedom,
 * false alarm 1e-7 for each of the six. */
static void test_picks(void **state)
{
    enum { PLACES = 40, DRAWS = 400000 };
    static const char *const words[] = {
        "1",
        "(+ 1 (remainder i 3))",
        "(exp (- i))",
        "(if (= i 7) 1e-9 1)",
        "(if (= i 7) 1e6 1)",
        "(/ 1 (+ 1 i))",
    };
    (void)state;
    for (size_t p = 0; p < sizeof words / sizeof *words; p++) {
        char text[300];
        snprintf(text, sizeof text,
                 "ASSUME l (map (lambda (i) (weight %s (flip))) (iota %d))\n",
                 words[p], PLACES);
        struct session *s = open_with(text, 29);
        struct trace *t = reduced_trace(s->engine);
        double all = 0.0, chi = 0.0, rest = 0.0, rare = 0.0;
        uint64_t counts[PLACES] = {0};
        int cells = 0;
        assert_int_equal(t->counts.free, PLACES);
        for (int i = 0; i < PLACES; i++)
            all += choice_more(free_choice(t, i)).weight;
        assert_true(fabs(free_weight(t) - all) <= 1e-12 * all);
        for (int i = 0; i < DRAWS; i++)
            counts[free_pick(t, &s->machine->random)->node.rank - 1]++;
        for (int i = 0; i < PLACES; i++) {
            double wanted = DRAWS * choice_more(free_choice(t, i)).weight / all;
            if (wanted < 10.0) { /* gathered in one cell */
                rest += wanted;
                rare += (double)counts[i];
                continue;
            }
            cells++;
            chi += ((double)counts[i] - wanted) * ((double)counts[i] - wanted) /
                   wanted;
        }
        assert_true(rare <= rest + 12.0 + 6.0 * sqrt(rest));
        /* Wilson and Hilferty: 5.2 sd above the mean. */
        double n = cells > 1 ? cells - 1 : 1, h = 2.0 / (9.0 * n);
        double limit = n * pow(1.0 - h + 5.2 * sqrt(h), 3.0);
        if (!(chi < limit))
            fail_msg("%g, not below %g: %s", chi, limit, words[p]);
        session_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_stamps),
        cmocka_unit_test(test_large_failure),
        cmocka_unit_test(test_picks),
        cmocka_unit_test(test_memory_ends),
        cmocka_unit_test(test_allocates_nothing),
    };
    memory_init(8 << 20);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
