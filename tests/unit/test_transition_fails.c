/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whatever goes wrong in the middle of a transition: the state before it
 * stays, and what is told says what and where. The state is taken as TRACE
 * shows it, with the score to the bit.
 */
#include "session/program.h"

#include <stdio.h>

#include "session_open.h"

/* A program after its first line, which every row here would begin with: x is
 * rarely true, so what only then goes wrong does not go wrong at once. */
static struct session *open_rarely(const char *rest)
{
    static const char first[] = "ASSUME x (flip 0.1)\n";
    size_t size = sizeof first + strlen(rest);
    char *text = memory_new_atomic(size);
    assert_non_null(text);
    snprintf(text, size, "%s%s", first, rest);
    return open_with(text, 1);
}

/* All that there is to see of a state. */
static void take_state(struct session *s, struct text *out)
{
    struct text json = {0};
    struct engine *e = s->engine;
    text_clear(out);
    text_printf(out, "%a\n", e->op->log_score(e));
    assert_true(e->op->trace(e, NULL, out, &json));
    text_free(&json);
}

struct place {
    int line, column; /* 0: none */
};

static struct place place_of(const struct span *span)
{
    struct place p = {0, 0};
    if (span->source)
        source_place(span->source, span->start, &p.line, &p.column);
    return p;
}

static bool says(const char *message, const char *words, const struct span *at,
                 int line, int column)
{
    struct place p = place_of(at);
    if (strstr(message, words) && p.line == line && p.column == column)
        return true;
    print_error("%s at %d:%d, not %s at %d:%d\n", message, p.line, p.column,
                words, line, column);
    return false;
}

enum { TRANSITIONS = 20000, ENOUGH = 3 };

/* ---- errors ---------------------------------------------------------------- */

struct row {
    const char *text;
    enum error_kind kind;
    const char *words;
    int line, column;
};

static const struct row errors[] = {
    {"ASSUME y (if x (flip (car '())) 1)\n", ERROR_TYPE,
     "car: expected a non-empty list", 2, 22},
    {"ASSUME half (lambda (l) (/ (car l) 2))\n"
     "ASSUME y (normal (half (if x '() '(1))) 1)\n",
     ERROR_TYPE, "car: expected a non-empty list", 3, 10},
    {"ASSUME f (make-beta-bernoulli (+ 1 (if x 'a 2)) 1)\n"
     "ASSUME y (f)\n",
     ERROR_TYPE, "+: expected a number", 2, 10},
    {"ASSUME f (if x 3 flip)\n"
     "ASSUME y (f 0.4)\n",
     ERROR_TYPE, "application: expected a procedure, got 3", 3, 10},
    {"ASSUME m (mem (if x 3 flip))\n"
     "ASSUME y (m 0.4)\n",
     ERROR_TYPE, "mem: expected a procedure, got 3", 2, 10},
    {"ASSUME m (mem (lambda (i) (if x (not (m (- 1 i))) (flip 0.4))))\n"
     "OBSERVE (flip (if (m 0) 0.8 0.3)) true\n",
     ERROR_USE, "mem: the value of an application needs itself", 2, 38},
    /* Nobody reads y, and it has no value. */
    {"ASSUME m (mem (lambda (i) (if x (not (m (- 1 i))) (flip 0.4))))\n"
     "ASSUME y (m 0)\n",
     ERROR_USE, "mem: the value of an application needs itself", 2, 38},
    {"OBSERVE (if x (+ (randbelow 2) 1) (randbelow 2)) 1\n", ERROR_OBSERVE,
     "OBSERVE: expected a random choice", 2, 1},
    {"ASSUME m (mem (lambda (i) (flip)))\n"
     "OBSERVE (m 1) true\n"
     "OBSERVE (m (if x 1 2)) false\n",
     ERROR_OBSERVE, "this choice is observed already", 4, 1},
    {"ASSUME y (weight (if x -2 1) (flip))\n", ERROR_TYPE,
     "weight: expected a finite", 2, 1},
    {"ASSUME y (factor (if x 'a 0.5))\n", ERROR_TYPE,
     "factor: expected a number", 2, 1},
};

static void test_errors(void **state)
{
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        const struct row *row = &errors[i];
        struct session *s = open_rarely(row->text);
        struct text before = {0}, after = {0};
        int failed = 0;
        for (int k = 0; k < TRANSITIONS && failed < ENOUGH; k++) {
            struct transition_counts c = {0};
            take_state(s, &before);
            error_clear(session_error(s));
            if (s->engine->op->transition(s->engine, 1, &c)) continue;
            const struct error *e = session_error(s);
            failed++;
            take_state(s, &after);
            assert_string_equal(before.at, after.at);
            assert_int_equal(c.transitions, 0);
            if (e->kind != row->kind || !says(e->message, row->words, &e->span,
                                              row->line, row->column)) {
                print_error("kind %d in\n%s", (int)e->kind, row->text);
                wrong++;
                break;
            }
        }
        if (!failed) fail_msg("no transition fails:\n%s", row->text);
        text_free(&before);
        text_free(&after);
        session_close(s);
    }
    assert_int_equal(wrong, 0);
}

/* ---- limits ---------------------------------------------------------------- */

static const char growing[] =
    "ASSUME grow (lambda (n l) (if (= n 0) l (grow (- n 1) (cons n l))))\n"
    "ASSUME x (flip 0.1)\n"
    "ASSUME y (flip (if (car (grow (if x 2000000 3) (list true))) 0.4 0.3))\n";

static void fail_by(const char *words, void (*limit)(struct session *, bool))
{
    struct session *s = open_with(growing, 1);
    struct text before = {0}, after = {0};
    int failed = 0;
    for (int k = 0; k < TRANSITIONS && failed < ENOUGH; k++) {
        struct transition_counts c = {0};
        take_state(s, &before);
        error_clear(session_error(s));
        limit(s, true);
        bool ok = s->engine->op->transition(s->engine, 1, &c);
        limit(s, false);
        if (ok) continue;
        const struct error *e = session_error(s);
        failed++;
        take_state(s, &after);
        assert_string_equal(before.at, after.at);
        if (!strstr(e->message, words)) fail_msg("%s", e->message);
        assert_int_equal(place_of(&e->span).line, 1);
    }
    assert_int_equal(failed, ENOUGH);
    text_free(&before);
    text_free(&after);
    session_close(s);
}

static void steps(struct session *s, bool on)
{
    s->machine->steps_left = on ? 50000 : UINT64_MAX;
    s->machine->fuel = s->machine->fuel_given = 1000;
}

static void cancelled(struct session *s, bool on)
{
    static volatile int cancel = 1;
    s->machine->cancel = on ? &cancel : NULL;
    s->machine->fuel = s->machine->fuel_given = 1000;
}

static void memory(struct session *s, bool on)
{
    (void)s;
    memory_collect();
    memory_limit_set(on ? 16 << 20 : 0);
}

static void test_steps(void **state)
{
    (void)state;
    fail_by("step", steps);
}

static void test_cancelled(void **state)
{
    (void)state;
    fail_by("stopped", cancelled);
}

static void test_memory(void **state)
{
    (void)state;
    memory_fail_after(1);
    void *block = memory_new(8);
    memory_fail_after(0);
    if (!block) skip(); /* the plain memory has no limit; see test_reduced */
    fail_by("memory limit", memory);
}

/* ---- rejections ------------------------------------------------------------- */

static const struct row rejections[] = {
    {"ASSUME y (normal 0 (if x -1 1))\n", ERROR_DOMAIN,
     "normal: sd must be positive", 2, 10},
    {"ASSUME y (normal (if x (- inf inf) 1) 1)\n", ERROR_DOMAIN,
     "normal: mu must be a finite number", 2, 10},
    {"ASSUME m (mem (lambda (i) (gamma (if x -1 i) 1)))\n"
     "ASSUME y (list (m 1) (m 2))\n",
     ERROR_DOMAIN, "gamma: shape must be positive", 2, 27},
    {"ASSUME f (make-beta-bernoulli (if x -1 1) 1)\n"
     "ASSUME y (list (f) (f))\n",
     ERROR_DOMAIN, "beta-binomial: a must be positive", 2, 10},
    {"OBSERVE (normal 0 (if x 0 1)) 0.5\n", ERROR_DOMAIN,
     "normal: sd must be positive", 2, 9},
    {"ASSUME y (factor (if x (- inf inf) 0))\n", ERROR_DOMAIN,
     "factor: expected a finite number or -inf", 2, 1},
    {"ASSUME y (if x (flip (/ 1 0)) 2)\n", ERROR_DOMAIN, "/: division by zero",
     2, 22},
    {"ASSUME y (normal ('(1 2) (if x 2 0)) 1)\n", ERROR_DOMAIN,
     "index 2 is out of range", 2, 10},
    /* Impossible, and no domain's matter: not told. */
    {"(condition (not x))\n", ERROR_IMPOSSIBLE, NULL, 0, 0},
    {"ASSUME y (factor (if x (- inf) 0))\n", ERROR_IMPOSSIBLE, NULL, 0, 0},
    {"ASSUME n (randbelow (if x 1 2))\n"
     "OBSERVE (flip (if (= n 1) 0.99 0.01)) true\n",
     ERROR_IMPOSSIBLE, NULL, 0, 0},
    {"OBSERVE (uniform 0 (if x 1 2)) 1.5\n", ERROR_IMPOSSIBLE, NULL, 0, 0},
};

/* All complaints are of one place. */
static bool complains(struct session *s, const struct row *row,
                      uint64_t impossible)
{
    struct engine_complaint told[4];
    size_t n = s->engine->op->complaints(s->engine, told, 4);
    if (row->kind == ERROR_IMPOSSIBLE) return n == 0;
    return n == 1 && told[0].count == impossible &&
           says(told[0].message, row->words, &told[0].span, row->line,
                row->column);
}

static void test_rejections(void **state)
{
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof rejections / sizeof *rejections; i++) {
        const struct row *row = &rejections[i];
        struct session *s = open_rarely(row->text);
        struct text before = {0}, after = {0};
        struct transition_counts c = {0};
        for (int k = 0; k < 300; k++) {
            uint64_t impossible = c.impossible;
            take_state(s, &before);
            if (!s->engine->op->transition(s->engine, 1, &c))
                fail_msg("%s\n%s", session_error(s)->message, row->text);
            if (c.impossible == impossible) continue;
            take_state(s, &after);
            assert_string_equal(before.at, after.at);
        }
        if (!c.impossible || !complains(s, row, c.impossible)) {
            print_error("%llu impossible in\n%s",
                        (unsigned long long)c.impossible, row->text);
            wrong++;
        }
        text_free(&before);
        text_free(&after);
        session_close(s);
    }
    assert_int_equal(wrong, 0);
}

/* ---- locations ---------------------------------------------------------------- */

/* Names are hashes, and two that are the same are not to be had: so one
 * directive stands in the program twice, under one id. */
static void test_collision(void **state)
{
    static const char text[] = "ASSUME x (flip 0.5)\n"
                               "ASSUME y (if x (normal 0 1) 3)\n";
    (void)state;
    for (int which = 0; which < 2; which++) {
        struct session *s = open_with(text, 1);
        struct text before = {0}, after = {0};
        struct directive twin = *s->program.at[which];
        twin.engine_data = NULL;
        take_state(s, &before);
        if (s->engine->op->add(s->engine, &twin, NULL))
            fail_msg("two directives have one name");
        assert_int_equal(session_error(s)->kind, ERROR_ENGINE);
        assert_non_null(strstr(session_error(s)->message, "have the location"));
        assert_int_equal(place_of(&session_error(s)->span).line, which + 1);
        take_state(s, &after);
        assert_string_equal(before.at, after.at);
        text_free(&before);
        text_free(&after);
        session_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),     cmocka_unit_test(test_steps),
        cmocka_unit_test(test_cancelled),  cmocka_unit_test(test_memory),
        cmocka_unit_test(test_rejections), cmocka_unit_test(test_collision),
    };
    memory_init(8 << 20);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
