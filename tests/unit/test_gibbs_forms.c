/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Closed forms of Gibbs against the trace itself: whatever a conditional
 * claims, from any value of the choice to any other the log density of the
 * whole program must rise by as much as that of the conditional. No chance
 * and no tolerance but that of rounding; and where there is no closed form,
 * none may be claimed.
 */
#include "session/program.h"

#include <math.h>
#include <stdio.h>

#include "session_open.h"
#include "trace/reduced.h"

/* The choices of `x` in each. */
static const char *const closed[] = {
    /* means */
    "ASSUME x (normal 1 2)\nOBSERVE (normal x 1) 3\n",
    "ASSUME x (normal)\nOBSERVE (normal x) 3\nOBSERVE (normal (- x)) 1\n",
    "ASSUME m (normal 0 3)\nASSUME x (normal m 2)\n"
    "OBSERVE (normal (- (* 2 x) (/ m 4) 1) (+ 1 (* m m))) 3\n"
    "OBSERVE (lognormal (+ x m x) 2) 0.3\n",
    "ASSUME x (flat)\nOBSERVE (normal (* -3 x) 1) 3\nOBSERVE (normal x 9) 2\n",
    "ASSUME z (flip 0.5)\nASSUME x (normal 0 2)\nASSUME y (normal 1 1)\n"
    "OBSERVE (normal (if z x y) 1) 2\nOBSERVE (normal (if z y x) 1) -2\n"
    "OBSERVE (normal (list-ref (list x y 7) (if z 2 0)) 2) 1\n",
    /* chances */
    "ASSUME x (beta 2 3)\nOBSERVE (flip x) true\nOBSERVE (flip x) false\n"
    "OBSERVE (flip (- 1 x)) true\nOBSERVE (binomial 7 x) 3\n"
    "OBSERVE (binomial 5 (- 1 x)) 4\nOBSERVE (geometric x) 4\n"
    "OBSERVE (negative-binomial 2.5 x) 3\n",
    "ASSUME x (uniform 0 1)\nASSUME z (flip 0.4)\n"
    "OBSERVE (flip (if z x 0.3)) true\nOBSERVE (flip (if z 0.3 x)) true\n",
    "ASSUME x (beta 0.5 0.5)\nOBSERVE (iid 4 (flip x)) (list true false true "
    "true)\nOBSERVE-EACH (binomial (list 3 4 5) x) (list 1 4 0)\n"
    "OBSERVE-EACH (flip (- 1 x)) (list true false)\n",
    /* rates */
    "ASSUME x (gamma 2 3)\nOBSERVE (poisson (* 2 x)) 4\nOBSERVE (poisson x) 0\n"
    "OBSERVE (exponential (/ x 3)) 0.7\nOBSERVE (gamma 2.5 (/ 3 x)) 1.5\n"
    "OBSERVE (inverse-gamma 1.5 (* 2 x)) 0.4\n",
    "ASSUME x (gamma 2 3)\nOBSERVE (normal 1 (/ 2 (sqrt x))) 4\n"
    "OBSERVE (normal 1 (sqrt (/ 3 x))) 2\nOBSERVE (normal 0 (expt x -0.5)) 1\n"
    "OBSERVE (lognormal 1 (/ (sqrt x))) 2\nOBSERVE (laplace 1 (/ 2 x)) 5\n"
    "OBSERVE (half-normal (/ (sqrt x))) 2\n"
    "OBSERVE (rayleigh (sqrt (/ 2 x))) 1.5\n"
    "OBSERVE (weibull 2 (/ 3 (sqrt x))) 1.5\nOBSERVE (pareto 2 (* 2 x)) 2.5\n"
    "OBSERVE (inverse-gaussian 2 (* 3 x)) 2.5\n",
    "ASSUME x (exponential 2)\nOBSERVE-EACH (poisson (* x (vector 1 2 5))) "
    "(list 0 3 7)\nOBSERVE (iid 3 (exponential x)) (vector 1 2 0.5)\n",
    "ASSUME x (chi-squared 3)\nOBSERVE (exponential x) 2\n",
    "ASSUME x (flat-positive)\nOBSERVE (exponential x) 2\n",
    "ASSUME x (inverse-gamma 2 3)\nOBSERVE (normal 1 (sqrt x)) 4\n"
    "OBSERVE (normal 1 (* 2 (sqrt x))) 4\nOBSERVE (exponential (/ 2 x)) 3\n"
    "OBSERVE (gamma 3 (* 2 x)) 5\nOBSERVE (laplace 0 x) 2\n"
    "OBSERVE (laplace 3 x) 2\n"
    "OBSERVE (poisson (/ 3 x)) 2\nOBSERVE (weibull 1.5 (expt x (/ 1 1.5))) 2\n"
    "OBSERVE (inverse-gamma 2 (/ 3 x)) 0.3\n",
    /* normal and inverse-gamma, either way round */
    "ASSUME v (inverse-gamma 3 2)\nASSUME x (normal 1 (* 2 (sqrt v)))\n"
    "OBSERVE-EACH (normal x (sqrt v)) (list 0.5 1.5 2)\n",
    "ASSUME x (inverse-gamma 3 2)\nASSUME m (normal 1 (* 2 (sqrt x)))\n"
    "OBSERVE-EACH (normal m (sqrt x)) (list 0.5 1.5 2)\n",
    "ASSUME x (gamma 3 2)\nASSUME m (normal 1 (/ 2 (sqrt x)))\n"
    "OBSERVE-EACH (normal m (/ (sqrt x))) (list 0.5 1.5 2)\n",
    /* rows */
    "ASSUME a (normal 0 5)\nASSUME x (normal 0 5)\nASSUME s (gamma 2 1)\n"
    "OBSERVE-EACH (normal (+ a (* x (vector 1 2 4))) s) (list 1 3 4)\n"
    "OBSERVE-EACH (normal (+ (* x (vector 1 2)) x) (vector 1 3)) (list 1 3)\n",
    "ASSUME x (normal 0 5)\nASSUME b (normal 0 5)\nASSUME t (normal 0 5)\n"
    "ASSUME X (matrix (list (list 1 2 3) (list 4 5 6)))\n"
    "OBSERVE-EACH (normal (matmul X (list b x t)) 1) (list 1 3)\n"
    "OBSERVE (normal (dot (list 1 2) (list b x)) 1) 3\n"
    "OBSERVE (normal (sum (vector 1 x t x)) 1) 3\n",
    "ASSUME m (normal 0 2)\nASSUME x (normal m 1)\n"
    "ASSUME all (list (normal m 1) x (normal m 1))\n"
    "OBSERVE-EACH (normal (gather all (vector 1 0 1 2)) 1) (list 1 3 2 5)\n"
    "OBSERVE-EACH (normal (gather (list->vector all) (vector 2 0)) 1) "
    "(list 1 3)\nOBSERVE-EACH (normal all 1) (list 1 3 2)\n",
    "ASSUME x (gamma 3 1)\nASSUME y (gamma 3 1)\n"
    "OBSERVE-EACH (normal 1 (/ (sqrt (gather (list x y) (vector 0 1 0))))) "
    "(list 1 3 2)\n",
    /* shares */
    "ASSUME x (dirichlet (list 1 2 3))\nOBSERVE (categorical x) 2\n"
    "OBSERVE (sample-discrete x) 0\nOBSERVE (multinomial '(a b c) x) 'b\n"
    "OBSERVE (iid 5 (categorical x)) (list 1 1 0 2 1)\n"
    "OBSERVE-EACH (categorical x) (list 2 2 0)\n"
    "OBSERVE (iid 2 (multinomial '(a b c) x)) '(a c)\n",
    "ASSUME x (symmetric-dirichlet 0.5 3)\nASSUME y (dirichlet (vector 1 1 "
    "1))\n"
    "ASSUME z (flip 0.4)\nASSUME t (gamma 2 1)\n"
    "OBSERVE (categorical (if z x y)) 2\nOBSERVE (categorical (if z y x)) 1\n"
    "ASSUME w (categorical (list-ref (list x y) 0))\n",
    "ASSUME t (gamma 2 1)\nASSUME x (dirichlet (list t 1 (* 2 t)))\n"
    "ASSUME s (mem (lambda (i) (categorical x)))\n"
    "OBSERVE (normal (+ (s 1) (s 2)) 1) 2\n",
};

/* Those of which no closed form may be claimed. */
static const char *const open[] = {
    "ASSUME x (normal 0 1)\nOBSERVE (normal (* x x) 1) 3\n",
    "ASSUME x (normal 0 1)\nOBSERVE (normal (sqrt (square x)) 1) 3\n",
    "ASSUME x (normal 0 1)\nOBSERVE (normal x (+ 1 (square x))) 3\n",
    "ASSUME x (normal 0 1)\nOBSERVE (normal (if (> x 0) x 1) 1) 3\n",
    "ASSUME x (normal 0 1)\nOBSERVE (normal (list-ref (list x 1) (if (> x 0) 0 "
    "1)) 1) 3\n",
    "ASSUME x (normal 0 1)\nOBSERVE (student-t 3 x 1) 3\n",
    "ASSUME x (normal 0 1)\nOBSERVE (normal (exp x) 1) 3\n",
    "ASSUME x (flat)\nOBSERVE (normal (* 0 x) 1) 3\n",
    "ASSUME x (beta 1 1)\nOBSERVE (flip (/ x 2)) true\n",
    "ASSUME x (beta 1 1)\nOBSERVE (flip (if (> x 0.5) x 0.5)) true\n",
    "ASSUME x (beta 1 1)\nOBSERVE (normal x 1) 2\n",
    "ASSUME x (uniform 0 2)\nOBSERVE (flip (/ x 2)) true\n",
    "ASSUME x (gamma 1 1)\nOBSERVE (poisson (+ 1 x)) 2\n",
    "ASSUME x (gamma 1 1)\nOBSERVE (normal x (/ (sqrt x))) 2\n",
    "ASSUME x (gamma 1 1)\nOBSERVE (normal 0 (sqrt x)) 2\n",
    "ASSUME x (gamma 1 1)\nOBSERVE (gamma x 2) 2\n",
    "ASSUME x (inverse-gamma 1 1)\nOBSERVE (normal 0 x) 2\n",
    "ASSUME x (normal 0 1)\nOBSERVE-EACH (normal (* x (list x 2)) 1) "
    "(list 1 2)\n",
    "ASSUME x (normal 0 1)\n(factor x)\n",
    "ASSUME x (dirichlet '(1 1))\nOBSERVE (flip (x 0)) true\n",
    "ASSUME x (dirichlet '(1 1))\nOBSERVE (categorical x) 0\n"
    "OBSERVE (flip (list-ref x 1)) true\n",
    "ASSUME x (dirichlet '(1 1))\nOBSERVE (multinomial '(a a) x) 'a\n",
    "ASSUME x (dirichlet '(1 1))\nOBSERVE (categorical (* x x)) 0\n",
    "ASSUME x (iid 2 (normal 0 1))\nOBSERVE (normal (x 1) 1) 0\n",
};

static struct choice *choice_of(struct session *s, const char *name)
{
    struct directive *d = NULL;
    struct trace *t = reduced_trace(s->engine);
    for (int i = 0; i < s->program.count; i++)
        if (is_symbol(s->program.at[i]->name) &&
            strcmp(text_of(s->program.at[i]->name), name) == 0)
            d = s->program.at[i];
    assert_non_null(d);
    for (uint32_t i = 0; i < t->counts.free; i++)
        if (directive_above(&free_choice(t, i)->node) == d)
            return free_choice(t, i);
    fail_msg("no choice of %s", name);
    return NULL;
}

/* From the present value to a draw of the conditional. */
static void check_rise(struct session *s, const char *text)
{
    struct trace *t = reduced_trace(s->engine);
    struct choice *c = choice_of(s, "x");
    struct conditional p;
    value v;
    if (!trace_conjugate(t, c, &p)) fail_msg("no closed form\n%s", text);
    struct xrp_site site = {
        .args = p.args, .arg_count = p.count, .family = p.family};
    assert_true(p.family->sample(&site, &s->machine->random, &v));
    double claimed =
        xrp_score(p.family, &site, v) - xrp_score(p.family, &site, c->held);
    double from = t->counts.score;
    struct move_part part = {c, v};
    struct move m = {.parts = &part, .count = 1};
    assert_true(trace_move(t, &m) && m.possible);
    if (!(fabs(claimed - m.score) <= 1e-9 * (1.0 + fabs(claimed) + fabs(from))))
        fail_msg("claimed %.15g, and it is %.15g\n%s", claimed, m.score, text);
    trace_settle(t, true);
    move_close(&m);
}

static void test_closed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        struct session *s = open_with(closed[i], i + 1);
        struct transition_counts counts = {0};
        for (int k = 0; k < 40; k++) {
            check_rise(s, closed[i]);
            if (strncmp(closed[i], "ASSUME x (flat", 14) != 0)
                assert_true(s->engine->op->transition(s->engine, 5, &counts));
        }
        session_close(s);
    }
}

static void test_open(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
        struct session *s = open_with(open[i], i + 1);
        struct trace *t = reduced_trace(s->engine);
        struct conditional p;
        struct choice *c = choice_of(s, "x");
        if (trace_conjugate(t, c, &p)) fail_msg("claimed\n%s", open[i]);
        if (trace_unread(t, c)) fail_msg("unread\n%s", open[i]);
        session_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_closed),
                                       cmocka_unit_test(test_open)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
