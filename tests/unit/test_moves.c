/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Moves that a kernel decides on (struct move of trace/engine.h), asked of
 * both engines: what is possible, what is not, and what is steady. A value that
 * is given to a choice whose arguments move with it is scored under the new ones;
 * where the family does not rescore the random database refuses.
 */
#include <math.h>
#include <stdio.h>

#include "session_open.h"

static const char *const engine_names[] = {"reduced", "randomdb"};

/* x, and y whose argument is x's or not. %s: does it rescore? */
static const char program[] =
    "ASSUME x (flip 0.5)\n"
    "ASSUME turn (make-xrp :sample (lambda (p) (flip p))\n"
    "  :prob (lambda (v p) (log (if v p (- 1 p))))\n"
    "  :support 'boolean :rescores? %s)\n"
    "ASSUME y (turn (if x 0.2 0.7))\n"
    "ASSUME z (turn 0.4)\n";

static struct session *open_program(int engine, bool rescores)
{
    static char text[2][sizeof program + 8];
    struct session *s = open_engine(engine_names[engine], 5);
    snprintf(text[rescores], sizeof text[0], program,
             rescores ? "true" : "false");
    if (!run_text(s, text[rescores])) fail_msg("%s", session_error(s)->message);
    return s;
}

static void *choice(struct session *s, const char *name)
{
    return as_object(machine_global(s->machine, name)->held);
}

static value held(struct session *s, void *choice)
{
    struct site site;
    assert_true(s->engine->op->site(s->engine, choice, &site));
    return site.held;
}

/* x, y and z are given the opposite, or left. */
static struct move turn(struct session *s, bool x, bool y, bool z)
{
    static const char *const names[] = {"x", "y", "z"};
    const bool which[] = {x, y, z};
    struct move_part parts[3];
    struct move m = {.parts = parts};
    for (int i = 0; i < 3; i++) {
        if (!which[i]) continue;
        void *c = choice(s, names[i]);
        parts[m.count++] =
            (struct move_part){c, v_boolean(held(s, c) == V_FALSE)};
    }
    assert_true(s->engine->op->move(s->engine, &m));
    assert_true(s->engine->op->settle(s->engine, false));
    uint32_t fresh = m.fresh_count, removed = m.removed_count;
    move_close(&m);
    m.parts = NULL;
    m.fresh_count = fresh;
    m.removed_count = removed;
    return m;
}

static void values_that_are_given_stay(void **state)
{
    (void)state;
    for (int e = 0; e < 2; e++)
        for (int rescores = 0; rescores < 2; rescores++) {
            struct session *s = open_program(e, rescores);
            value before = held(s, choice(s, "y"));
            struct move m = turn(s, true, true, false);
            bool takes = rescores || e == 0;
            assert_int_equal(m.possible, takes);
            if (takes) {
                double p = held(s, choice(s, "x")) == V_TRUE ? 0.2 : 0.7;
                double q = 0.9 - p;
                bool v = before == V_TRUE;
                double from = v ? p : 1 - p, to = v ? 1 - q : q;
                assert_true(fabs(m.score - log(to / from)) < 1e-12);
                assert_false(m.steady);
            }
            /* Alone its argument is what it was. */
            m = turn(s, false, true, true);
            assert_true(m.possible && m.steady);
            assert_int_equal(m.fresh_count + m.removed_count, 0);
            /* Not given, it is kept, or drawn again. */
            double p = held(s, choice(s, "x")) == V_TRUE ? 0.2 : 0.7;
            m = turn(s, true, false, true);
            assert_true(m.possible);
            assert_true(fabs(m.reverse - (rescores           ? 0.0
                                          : before == V_TRUE ? log(p)
                                                             : log(1 - p))) <
                        1e-12);
            assert_true((m.forward < 0.0) == !rescores);
            assert_true(held(s, choice(s, "y")) == before);
            session_close(s);
        }
}

/* What is drawn anew is removed and fresh, and nothing else is, but what does
 * not rescore and has other arguments. */
static void draws_anew_are_listed(void **state)
{
    (void)state;
    for (int e = 0; e < 2; e++)
        for (int rescores = 0; rescores < 2; rescores++) {
            struct session *s = open_program(e, rescores);
            struct site site;
            assert_true(s->engine->op->site(s->engine, choice(s, "z"), &site));
            struct move_part part = {choice(s, "z"), V_UNBOUND};
            struct move m = {.parts = &part, .count = 1};
            assert_true(s->engine->op->move(s->engine, &m) && m.possible);
            assert_int_equal(m.fresh_count, 1);
            assert_int_equal(m.removed_count, 1);
            assert_true(m.fresh[0] == site.location &&
                        m.removed[0] == site.location);
            assert_true(s->engine->op->settle(s->engine, false));
            move_close(&m);
            m = turn(s, true, false, false);
            assert_int_equal(m.fresh_count, !rescores);
            assert_int_equal(m.removed_count, !rescores);
            session_close(s);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_that_are_given_stay),
        cmocka_unit_test(draws_anew_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
