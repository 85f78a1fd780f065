/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The example of Wu's report, section 5.2.1: one entry of Pascal's triangle
 * is random, and the entry (20, 10) is wanted. There are 184,756 ways from
 * the one to the other; propagation in the wrong order touches a node once
 * for each of the ways that lead to it. Here a move touches what depends on
 * it once: the choice, and each entry, or each expression too large to be
 * kept whole, that the choice can reach.
 */
#include "session/program.h"

#include <math.h>

#include "session_open.h"

enum { LEARNING = 40, MOVES = 20 };

/* Nodes touched by each of a few accepted moves, all alike, when the engine
 * has learned which of its guards ever hold. */
static uint64_t touched_by_one(struct session *s)
{
    uint64_t touched = 0;
    for (int i = 0; i < LEARNING + MOVES; i++) {
        struct transition_counts c = {0};
        assert_true(s->engine->op->transition(s->engine, 1, &c));
        assert_int_equal(c.accepted, 1);
        if (i > LEARNING) assert_int_equal(c.touched, touched);
        touched = c.touched;
    }
    return touched;
}

static double value_of(struct session *s, int which)
{
    value v;
    struct directive *d = s->program.at[which];
    assert_true(s->engine->op->value(s->engine, d, &v));
    return is_int(v) ? (double)as_int(v) : as_number(v);
}

/* In the triangle of 20 the entry (2, 1) reaches (n, k) where 0 < k < n: of
 * those above (20, 10), 100 with itself and the answer. */
enum { REACHED = 100 };

#define BINOMIAL(step)                                                 \
    "ASSUME c (uniform-continuous 0 2)\n"                              \
    "ASSUME keep (lambda (v) v)\n"                                     \
    "ASSUME binom (mem (lambda (n k) (if (or (= k 0) (= k n)) 1"       \
    " (if (and (= n 2) (= k 1)) c (let ((s (+ (binom (- n 1) (- k 1))" \
    " (binom (- n 1) k)))) " step ")))))\n"                            \
    "ASSUME top (binom 20 10)\n"

/* C(20, 10) with c at (2, 1): C(18, 9) c and what comes by the borders. */
static void check_values(struct session *s)
{
    assert_true(fabs(value_of(s, 3) -
                     (184756.0 + 48620.0 * (value_of(s, 0) - 2.0))) < 1e-6);
}

static void test_expressions(void **state)
{
    struct session *s = open_with(BINOMIAL("s"), 1);
    (void)state;
    uint64_t touched = touched_by_one(s);
    assert_true(touched >= 2 && touched <= REACHED);
    check_values(s);
    session_close(s);
}

/* Every entry looks at its value, and is a region of its own. */
static void test_regions(void **state)
{
    struct session *s =
        open_with(BINOMIAL("(if (< s 0.5) (keep 0) (keep s))"), 1);
    (void)state;
    uint64_t touched = touched_by_one(s);
    assert_true(touched >= 2 && touched <= REACHED);
    check_values(s);
    session_close(s);
}

/* Every entry must run again, for it compares with the value itself. */
static void test_runs(void **state)
{
    struct session *s = open_with(
        BINOMIAL("(if (member s '(0.25)) (keep 0) (keep (+ s 0)))"), 1);
    (void)state;
    uint64_t touched = touched_by_one(s);
    assert_true(touched >= REACHED - 1 && touched <= REACHED);
    check_values(s);
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expressions),
        cmocka_unit_test(test_regions),
        cmocka_unit_test(test_runs),
    };
    memory_init(8 << 20);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
