/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Slices through two hills far apart, one wide and one narrow: how often the
 * chain is on which, by stepping out, and by doubling, which is right only if
 * what it finds could have found it (Neal 2003, figure 6). By batch means,
 * which are nearly normal: beyond 6.5 of their errors once in 1e9.
 */
#include <math.h>

#include "kernel_open.h"

enum { BATCHES = 200, EACH = 1000 };

static const char program[] =
    "ASSUME x (mixture '(0.3 0.7) (normal -2 1) (normal 2 0.2))\n";

static double below(double x) { return 0.5 * erfc(-x * M_SQRT1_2); }

/* How many of a batch's draws are on the narrow hill. */
static double batch(struct session *s, struct kernel *k)
{
    struct transition_counts counts = {0};
    struct site site;
    int there = 0;
    for (int i = 0; i < EACH; i++) {
        assert_true(kernel_run(k, s->engine, 1, &counts));
        assert_true(s->engine->op->scope_look(s->engine, k->scope));
        assert_true(
            s->engine->op->site(s->engine, k->scope->members[0].choice, &site));
        there += as_number(site.held) > 0.9;
    }
    return (double)there / EACH;
}

static void check(const char *words)
{
    double sum = 0.0, squares = 0.0;
    double right = 0.3 * below(-2.9) + 0.7 * below(5.5);
    struct session *s = open_with(program, 4);
    struct kernel *k = open_kernel(s, words);
    for (int i = 0; i < BATCHES; i++) {
        double share = batch(s, k);
        sum += share;
        squares += share * share;
    }
    double mean = sum / BATCHES;
    double error = sqrt((squares / BATCHES - mean * mean) / (BATCHES - 1));
    if (error > 0.008 || fabs(mean - right) > 6.5 * error)
        fail_msg("%s: %.4f +- %.4f, not %.4f", words, mean, error, right);
    kernel_close(k, s->engine);
    session_close(s);
}

static void hills_have_their_shares(void **state)
{
    (void)state;
    check("(slice all :width 3)");
    check("(slice all :width 0.5 :doubling true)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hills_have_their_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
