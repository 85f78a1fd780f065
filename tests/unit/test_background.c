/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inference in the background, without a front: the time that session_idle is
 * lent, and what becomes of it.
 */
#include "session/background.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/stack.h"
#include "session/file.h"

static struct session *open_session(const char *engine)
{
    struct error error = {0};
    struct session_options o = {
        .engine = engine, .seed = 7, .seeded = true, .initial_heap = 4 << 20};
    struct session *s = session_open(&o, &error);
    assert_non_null(s);
    s->waits = true;
    return s;
}

static void run(struct session *s, const char *text)
{
    const struct source *source =
        source_from_text("t", text, strlen(text), session_error(s));
    assert_non_null(source);
    assert_true(session_run(s, source));
}

static double score(struct session *s)
{
    return s->engine->op->log_score(s->engine);
}

static const char *const engine_names[] = {"reduced", "randomdb"};

static void slices_are_as_good_as_one(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        double ends[2];
        for (int parts = 0; parts < 2; parts++) {
            struct session *s = open_session(engine_names[i]);
            assert_int_equal(session_idle(s, 10, 0), IDLE_NOTHING);
            run(s, "ASSUME x (normal 0 1)\nINFER-ON (drift (name x))\n");
            double before = score(s);
            for (int j = 0; j <= 4 * parts; j++)
                assert_int_equal(session_idle(s, parts ? 300 : 1500, 0),
                                 IDLE_MORE);
            assert_int_equal(s->background.made.transitions, 1500);
            /* it has adapted, and does so no more */
            assert_false(s->background.kernel->warming);
            ends[parts] = score(s);
            assert_true(ends[parts] != before);
            run(s, "INFER-OFF\n");
            assert_int_equal(session_idle(s, 10, 0), IDLE_NOTHING);
            session_close(s);
        }
        assert_true(ends[0] == ends[1]);
    }
}

static void a_directive_begins_it_anew(void **state)
{
    (void)state;
    struct session *s = open_session(NULL);
    run(s, "INFER-ON\n");
    assert_int_equal(session_idle(s, 10, 0), IDLE_NOTHING);
    run(s, "ASSUME x (normal 0 1)\n");
    assert_int_equal(session_idle(s, 1200, 0), IDLE_MORE);
    assert_true(s->background.open);
    run(s, "x\n");
    assert_false(s->background.open);
    assert_int_equal(session_idle(s, 1, 0), IDLE_MORE);
    assert_true(s->background.kernel->warming);
    assert_int_equal(s->made.transitions, 1201);
    session_close(s);
}

static void time_ends_a_slice(void **state)
{
    (void)state;
    struct session *s = open_session(NULL);
    run(s, "ASSUME x (normal 0 1)\nINFER-ON\n");
    assert_int_equal(session_idle(s, UINT64_MAX, 0.01), IDLE_MORE);
    assert_true(s->background.made.transitions > 0);
    session_close(s);
}

static void an_error_turns_it_off(void **state)
{
    (void)state;
    struct session *s = open_session(NULL);
    run(s, "ASSUME n (uniform-discrete 0 9)\n"
           "ASSUME m (+ n 10)\nINFER-ON (mh)\n");
    assert_int_equal(session_idle(s, 100, 0), IDLE_MORE);
    s->machine->deadline_ns = 1; /* long ago */
    s->machine->fuel = 0;
    assert_int_equal(session_idle(s, 100000, 0), IDLE_FAILED);
    assert_int_equal(s->background.ended.kind, ERROR_LIMIT);
    assert_false(s->background.on);
    assert_int_equal(session_idle(s, 100, 0), IDLE_NOTHING);
    session_close(s);
}

int main(void)
{
    stack_mark();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_are_as_good_as_one),
        cmocka_unit_test(a_directive_begins_it_anew),
        cmocka_unit_test(time_ends_a_slice),
        cmocka_unit_test(an_error_turns_it_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
