/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Queries in a session, under both engines: exact tables, what a query reads
 * outside, queries within queries, the limits of tries, choices and nesting,
 * and that after an error in a query handler, program and score are as before.
 */
#include "session_open.h"

#include <math.h>
#include <stdio.h>

static const char *const both[] = {"reduced", "randomdb"};

static void run(struct session *s, const char *text)
{
    if (!run_text(s, text)) fail_msg("%s\n%s", session_error(s)->message, text);
}

/* Are these expressions true? */
static void check_all(const char *program, const char *const *expressions)
{
    for (size_t i = 0; i < 2; i++) {
        struct session *s = open_engine(both[i], 3);
        run(s, program);
        for (const char *const *e = expressions; *e; e++) {
            char *text = memory_new(strlen(*e) + 32);
            snprintf(text, strlen(*e) + 32, "(condition %s)\n", *e);
            if (!run_text(s, text))
                fail_msg("%s: %s: %s", both[i], *e, session_error(s)->message);
        }
        session_close(s);
    }
}

static const char *const near = "(define (near a b) (< (abs (- a b)) 1e-12))\n"
                                "(define (like a b) (all (map near a b)))\n";

#define PROGRAM(text) (strcat(strcpy(memory_new(8192), near), text))
#define CHECK(program, ...) \
    check_all(PROGRAM(program), (const char *const[]){__VA_ARGS__, NULL})

/* ---- answers ------------------------------------------------------------ */

static void tables_are_exact(void **state)
{
    (void)state;
    CHECK(
        "(define two (enumeration-query"
        " (define a (flip 0.3)) (define b (flip 0.4))"
        " (+ (if a 1 0) (if b 1 0)) (or a b)))\n"
        "(define weighed (enumeration-query"
        " (define k (uniform-discrete 1 3)) k (factor (log k))))\n"
        "(define sure (enumeration-query (define a (flip 0.5)) 7 true))\n"
        "(define urn (enumeration-query"
        " (define f (make-beta-bernoulli 1 1)) (define a (f)) (define b (f))"
        " (list a b) true))\n"
        "(define unseen (enumeration-query (define x (normal 0 1))"
        " (define a (flip 0.25)) a true))\n",
        "(equal? (sort (first two)) '(1 2))",
        "(near (fold + 0 (second two)) 1)",
        "(near (list-ref (second two) (if (= (first (first two)) 2) 0 1))"
        " (/ 0.12 0.58))",
        "(like (second weighed) (map (lambda (k) (/ k 6)) (first weighed)))",
        "(equal? sure '((7) (1)))", "(= (length (first urn)) 4)",
        "(like (map (lambda (v) (if (= (first v) (second v)) (/ 1 3) (/ 1 6)))"
        " (first urn)) (second urn))",
        "(= (length (first unseen)) 2)");
}

static void samples_are_of_the_condition(void **state)
{
    (void)state;
    CHECK("(define n (rejection-query (define k (uniform-discrete 1 1000))"
          " k (= k 3)))\n"
          "(define xs (mh-query 50 2 (define a (flip 0.5))"
          " (define b (flip 0.5)) (list a b) (and a (not b))))\n"
          "(define ys (mh-query 40 5 (define m (uniform-discrete 1 3))"
          " (define zs (iid m (normal 0 1))) (list m (length zs))"
          " (< (zs 0) 3)))\n"
          "(define far (mh-query 30 20 (define x (normal 0 1)) x"
          " (> x 2)))\n",
          "(= n 3)", "(= (length xs) 50)",
          "(all (map (lambda (v) (equal? v (list true false))) xs))",
          "(= (length ys) 40)",
          "(all (map (lambda (v) (= (first v) (second v))) ys))",
          "(> (length (unique (map first ys))) 1)",
          "(all (map (lambda (x) (> x 2)) far))",
          "(> (length (unique far)) 3)");
}

static void queries_stand_in_queries(void **state)
{
    (void)state;
    CHECK(
        "(define (inner p) (enumeration-query (define a (flip p))"
        " (define b (flip p)) a (or a b)))\n"
        "(define (share p) (let ((t (inner p)))"
        " (list-ref (second t) (if (first (first t)) 0 1))))\n"
        "(define outer (enumeration-query (define p (uniform-draw '(0.2 0.5)))"
        " p (factor (log (share p)))))\n"
        "(define three (enumeration-query (define q (enumeration-query"
        " (define r (first (enumeration-query (define u (flip 0.5)) u u)))"
        " r true)) (first q) true))\n"
        "(define sampled (rejection-query (define k (rejection-query"
        " (define j (uniform-discrete 1 6)) j (> j 4))) k (= k 6)))\n",
        "(near (share 0.5) (/ 2 3))", "(near (share 0.2) (/ 0.2 0.36))",
        "(like (second outer) (map (lambda (p) (/ (share p)"
        " (+ (share 0.2) (share 0.5)))) (first outer)))",
        "(= sampled 6)", "(= (length three) 2)");
}

/* What is outside decides, and moves what is inside with it. */
static void queries_read_outside(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct session *s = open_engine(both[i], 4);
        run(s, "ASSUME p (uniform-draw '(0 1))\n"
               "ASSUME a (rejection-query (define b (flip p)) b true)\n"
               "ASSUME t (enumeration-query (define b (flip p)) b true)\n"
               "ASSUME both (and (= a (= p 1)) (= (first (first t)) a))\n"
               "(condition both)\nINFER (mh) :samples 50 :warmup 0\n"
               "OBSERVE (flip (if a 0.999999999999 0)) true\n"
               "INFER (mh) :samples 50 :warmup 0\n(condition (= p 1))\n");
        session_close(s);
    }
}

/* ---- errors ------------------------------------------------------------- */

/* The text fails with these words, and nothing has changed. */
static void check_fails(const char *text, const char *words)
{
    for (size_t i = 0; i < 2; i++) {
        struct session *s = open_engine(both[i], 5);
        run(s, "ASSUME x (normal 0 1)\nOBSERVE (normal x 1) 2\n"
               "ASSUME f (make-beta-bernoulli 1 1)\n");
        double before = s->engine->op->log_score(s->engine);
        int count = s->program.count;
        const struct handler *handler = s->machine->handler;
        void *engine = s->machine->engine;
        if (run_text(s, text)) fail_msg("%s: %s", both[i], text);
        if (!strstr(session_error(s)->message, words))
            fail_msg("%s: %s\n%s", both[i], text, session_error(s)->message);
        assert_true(s->machine->handler == handler);
        assert_true(s->machine->engine == engine);
        assert_int_equal(s->program.count, count);
        assert_true(s->engine->op->log_score(s->engine) == before);
        run(s, "INFER (mh) :samples 20 :warmup 0\n"
               "ASSUME y (enumeration-query (define a (flip 0.5)) a a)\n"
               "(condition (equal? y '((true) (1))))\n");
        session_close(s);
    }
}

static void what_cannot_be(void **state)
{
    (void)state;
    check_fails("ASSUME q (enumeration-query (define a (flip 0.5)) a false)",
                "the condition never holds");
    check_fails("ASSUME q (mh-query 3 3 (define a (flip 0.5)) a (= a 2))",
                "the condition never holds");
    check_fails("ASSUME q (rejection-query (define a (flip 0.5)) a"
                " (factor 1))",
                "a log probability is at most 0");
    check_fails("ASSUME q (enumeration-query (define a (normal 0 1)) a"
                " (> a 0))",
                "no finite support");
    check_fails("ASSUME q (enumeration-query (define a (f)) a true)",
                "made outside of the query");
    check_fails("ASSUME q (rejection-query (define a (flat)) a (> a 0))",
                "improper");
    check_fails("ASSUME q (rejection-query (define a (flip 0.5)) a"
                " (factor 'red))",
                "a log probability");
    check_fails("ASSUME q (rejection-query (define a (flip 2)) a a)", "flip");
    check_fails("ASSUME q (rejection-query (define a (flip 0.5)) (car 3)"
                " true)",
                "car");
    check_fails("ASSUME q (enumeration-query (define a (flip 0.5))"
                " (car (if a 3 '(1))) true)",
                "car");
    check_fails("ASSUME q (enumeration-query (define a (flip 0.5))"
                " (mem (lambda () (flip 0.5))) true)",
                "these end with it");
}

static void what_takes_too_long(void **state)
{
    (void)state;
    check_fails("(rejection-query (define a (flip 0.5)) a false)",
                "did not hold in 1000000 tries");
    check_fails("ASSUME q (enumeration-query"
                " (define l (map (lambda (i) (flip 0.5)) (iota 10001)))"
                " (first l) (all l))",
                "more than 10000 choices in one run");
}

int main(void)
{
    memory_init(8 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_exact),
        cmocka_unit_test(samples_are_of_the_condition),
        cmocka_unit_test(queries_stand_in_queries),
        cmocka_unit_test(queries_read_outside),
        cmocka_unit_test(what_cannot_be),
        cmocka_unit_test(what_takes_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
