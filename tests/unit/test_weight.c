/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The weight of a state: what an engine says of a state that it drew from the
 * prior it must say of it again when it is the present one, whatever urns,
 * labels and structure it has. Both engines, to rounding.
 */
#include <math.h>

#include "session_open.h"

static const char *const programs[] = {
    "ASSUME x (normal 0 1)\nOBSERVE (normal x 1) 2\n",
    "ASSUME n (poisson 2)\nASSUME xs (map (lambda (i) (normal i 1)) (iota n))\n"
    "OBSERVE (normal (fold + 0 xs) 2) 3\n(factor (* 0.1 n))\n",
    "ASSUME u (make-beta-bernoulli 1 2)\nASSUME a (u)\nOBSERVE (u) true\n"
    "ASSUME b (if a (u) (flip 0.3))\nOBSERVE (u) false\n"
    "OBSERVE (flip (if b 0.8 0.3)) true\n",
    "ASSUME c (make-crp 0.8)\nASSUME z (mem (lambda (i) (c)))\n"
    "ASSUME m (mem (lambda (t) (normal 0 3)))\n"
    "OBSERVE (normal (m (z 0)) 1) 1\nOBSERVE (normal (m (z 1)) 1) 1.5\n"
    "OBSERVE (normal (m (z 2)) 1) -2\n",
    "ASSUME w (dirichlet '(1 2 3))\nOBSERVE (iid 3 (categorical w)) '(0 1 1)\n"
    "ASSUME y (iid 2 (normal (w 0) 1))\nOBSERVE-EACH (normal y 1) '(1 2)\n",
};

static void agrees(const char *engine, const char *text, uint64_t seed)
{
    struct session *s = open_engine(engine, seed);
    struct engine *e = s->engine;
    if (!run_text(s, text)) fail_msg("%s\n%s", session_error(s)->message, text);
    for (int i = 0; i < 40; i++) {
        double drawn, again;
        struct transition_counts counts = {0};
        assert_true(e->op->prior(e, &drawn));
        if (!(drawn > -INFINITY)) continue;
        assert_true(e->op->settle_prior(e, true));
        assert_true(e->op->weight(e, &again));
        if (!(fabs(drawn - again) <= 1e-9 * (1.0 + fabs(drawn))))
            fail_msg("%s: %.15g, then %.15g\n%s", engine, drawn, again, text);
        /* And it is no other when nothing but names have moved. */
        double score = e->op->log_score(e);
        assert_true(e->op->transition(e, 3, &counts));
        assert_true(e->op->weight(e, &again));
        if (e->op->log_score(e) == score && counts.accepted == 0)
            assert_true(fabs(drawn - again) <= 1e-9 * (1.0 + fabs(drawn)));
    }
    session_close(s);
}

static void weights_are_what_they_were(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        agrees("reduced", programs[i], i + 1);
        agrees("randomdb", programs[i], i + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_what_they_were)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
