/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a kernel says will be moved next (infer/ahead.h) against what it then
 * moves: nearly always right where transitions take equally many words of the
 * random stream, never of a state that has passed, and of no account for the
 * draws.
 */
#include "kernel_open.h"
#include "trace/reduced.h"

static const char many[] = "ASSUME xs (map (lambda (i) (flip 0.3)) (iota 200))";
static const char sweeps[] =
    "ASSUME xs (map (lambda (i) (flip 0.3)) (iota 1100))";
/* Each third choice has another beside it, or not. */
static const char changing[] =
    "ASSUME xs (map (lambda (i) (if (flip 0.3) (flip 0.5) (flip 0.6)))"
    " (iota 100))";

/* What was told of the transitions to come, and how that came out. */
static struct {
    const void *told[3]; /* of the next; of the one behind it; ... */
    uint32_t known, right, moved;
    uint32_t changed; /* how often another was told of the same transition */
    bool listed;      /* whatever was told was a free choice then */
    const struct engine_operations *op;
} seen;

static void expect(struct engine *e, const void *first, const void *second,
                   const void *third)
{
    const void *said[3] = {first, second, third};
    for (int i = 0; i < 3; i++)
        seen.listed =
            seen.listed &&
            (!said[i] ||
             seen.op->choice_at(
                 e, ((const struct choice *)said[i])->node.location) ==
                 said[i]);
    memcpy(seen.told, said, sizeof said);
    seen.op->expect(e, first, second, third);
}

/* What was told when the one before it was picked; of this one and those
 * behind it. */
static const void *before[3];

static bool gibbs(struct engine *e, void *choice, int64_t at, bool *done,
                  bool *changed)
{
    seen.known += before[0] != NULL;
    seen.right += before[0] == choice;
    seen.moved++;
    for (int i = 0; i < 2; i++)
        seen.changed +=
            before[i + 1] && seen.told[i] && before[i + 1] != seen.told[i];
    memcpy(before, seen.told, sizeof before);
    memset(seen.told, 0, sizeof seen.told);
    return seen.op->gibbs(e, choice, at, done, changed);
}

/* Spied upon, or as it is; ends with the score. */
static double run(const char *text, const char *words, uint64_t n, bool spied)
{
    struct session *s = open_with(text, 3);
    struct engine_operations op = *s->engine->op;
    memset(&seen, 0, sizeof seen);
    seen.op = s->engine->op;
    seen.listed = true;
    memset(before, 0, sizeof before);
    if (spied) {
        op.expect = expect;
        op.gibbs = gibbs;
    } else {
        op.expect = NULL;
    }
    s->engine->op = &op;
    struct kernel *k = open_kernel(s, words);
    struct transition_counts counts = {0};
    assert_true(kernel_run(k, s->engine, n, &counts));
    kernel_close(k, s->engine);
    double score = op.log_score(s->engine);
    s->engine->op = seen.op;
    session_close(s);
    return score;
}

static void picks_are_foreseen(void **state)
{
    (void)state;
    run(many, "(gibbs)", 5000, true);
    assert_int_equal(seen.moved, 5000);
    assert_true(seen.known > 4900 && seen.right == seen.known);
    assert_int_equal(seen.changed, 0);
}

static void turns_are_foreseen(void **state)
{
    (void)state;
    run(sweeps, "(gibbs all each)", 4, true);
    assert_int_equal(seen.moved, 4400);
    assert_true(seen.known > 4300 && seen.right == seen.known);
    assert_int_equal(seen.changed, 0);
}

/* Where choices come and go, and mh is tossed for now and then, guesses are
 * wrong more often; they are never of what is gone. */
static void changes_are_seen(void **state)
{
    (void)state;
    run(changing, "(gibbs)", 20000, true);
    assert_true(seen.listed && seen.known > 1000);
    assert_true(seen.right * 2 > seen.known);
}

static void draws_are_the_same(void **state)
{
    (void)state;
    assert_true(run(many, "(gibbs)", 999, true) ==
                run(many, "(gibbs)", 999, false));
    assert_true(run(changing, "(gibbs)", 2999, true) ==
                run(changing, "(gibbs)", 2999, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picks_are_foreseen),
        cmocka_unit_test(turns_are_foreseen),
        cmocka_unit_test(changes_are_seen),
        cmocka_unit_test(draws_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
