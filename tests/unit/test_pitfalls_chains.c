/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pitfalls of whole chains: the step that is told and the one that is taken,
 * densities that are no number, data that change, labels that a gradient has
 * none of. Each test bears the number that tests/pitfalls/pitfalls.py lists it
 * under; that runner plants the fault and sees the test fail.
 *
 * Statistical: 17 means at |z| < 5.6, 2e-8 each.
 */
#include <malloc.h>

#include "draws_read.h"

#define Z_BOUND 5.6

/* ---- 9, 10: steps ----------------------------------------------------------- */

/* How far q is from where one leapfrog of a standard normal ends that came to
 * (to, energy) from there, forward or backward in time. */
static double missed(double from, double to, double energy, double step)
{
    double p = sqrt(fmax(0.0, 2.0 * energy - to * to - log(2 * M_PI)));
    double one = to - step * (p + 0.5 * step * to);
    double two = to + step * (p - 0.5 * step * to);
    return fmin(fabs(one - from), fabs(two - from));
}

/* What warmup settled is what each draw tells, and what the integrator takes:
 * from the energy of a draw and its place, one step leads back to the draw
 * before. */
static void pitfall_10_step_is_used(void **state)
{
    (void)state;
    struct drawn_columns d =
        drawn("ASSUME x (normal 0 1)\n"
              "INFER (nuts :max-depth 1 :metric unit) :samples 4000 "
              ":warmup 400 :chains 1 :thin 1 :out \"%s\"\n",
              3);
    const double *x = drawn_column(&d, "x");
    const double *step = drawn_column(&d, "stepsize__");
    const double *energy = drawn_column(&d, "energy__");
    const double *stat = drawn_column(&d, "accept_stat__");
    double accepted = 0, moves = 0;
    assert_true(d.step > 0);
    for (size_t i = 0; i < d.draws; i++) {
        accepted += stat[i] / (double)d.draws;
        assert_true(step[i] == d.step);
        if (i == 0 || x[i] == x[i - 1]) continue;
        moves++;
        if (!(missed(x[i - 1], x[i], energy[i], d.step) < 1e-6))
            fail_msg("draw %zu: from %.17g to %.17g by no step of %g", i,
                     x[i - 1], x[i], d.step);
    }
    assert_true(moves > 1000);
    assert_true(accepted > 0.78 && accepted < 0.96);
    drawn_free(&d);
}

static void check_mean(const double *x, size_t n, double want)
{
    struct diagnostics of = drawn_diagnostics(x, n);
    if (!(fabs(of.mean - want) < Z_BOUND * of.mcse))
        fail_msg("%g, not %g (error %g)", of.mean, want, of.mcse);
}

/* 9: a gradient of the proposal in place of that at the end of the trajectory
 * gives a standard normal the variance 1.5. */
static void pitfall_9_variance(void **state)
{
    (void)state;
    struct drawn_columns d = drawn("ASSUME x (normal 0 1)\n"
                                   "INFER (nuts) :samples 20000 :warmup 300 "
                                   ":chains 1 :out \"%s\"\n",
                                   4);
    const double *x = drawn_column(&d, "x");
    double *squares = calloc(d.draws, sizeof *squares);
    assert_non_null(squares);
    for (size_t i = 0; i < d.draws; i++) squares[i] = x[i] * x[i];
    check_mean(x, d.draws, 0);
    check_mean(squares, d.draws, 1);
    free(squares);
    drawn_free(&d);
}

/* ---- 15: what is no number -------------------------------------------------- */

/* Beyond 1 the density is no number, or an infinity of either sign:
 * trajectories that come there diverge, none is accepted, and the draws are
 * those of a normal cut off at 1. */
static void pitfall_15_no_number(void **state)
{
    (void)state;
    static const char *const densities[] = {"(- inf inf)", "inf", "(- inf)"};
    for (int k = 0; k < 3; k++) {
        char program[256];
        snprintf(program, sizeof program,
                 "ASSUME x (normal 0 1)\n(factor (if (> x 1) %s 0))\n"
                 "INFER (nuts) :samples 8000 :warmup 500 :chains 1 "
                 ":out \"%%s\"\n",
                 densities[k]);
        struct drawn_columns d = drawn(program, 5);
        const double *x = drawn_column(&d, "x");
        const double *divergent = drawn_column(&d, "divergent__");
        double count = 0;
        for (size_t i = 0; i < d.draws; i++) {
            assert_true(x[i] < 1);
            count += divergent[i];
        }
        if (count < 100) fail_msg("%g diverged at %s", count, densities[k]);
        check_mean(x, d.draws, -0.28759997093917837);
        drawn_free(&d);
    }
}

/* ---- 18: other coordinates --------------------------------------------------- */

#define LOCATED                                          \
    "ASSUME mu (normal 3 2)\nASSUME x (normal mu 0.5)\n" \
    "ASSUME w (* 2 x)\nOBSERVE (normal x 1) 5\n"

/* Draws, and what is computed from them, are the program's numbers whatever
 * the coordinates: normal, with the means 95 / 21 and 97 / 21. */
static void told_in_numbers(const char *parameterization)
{
    char text[400];
    snprintf(text, sizeof text,
             LOCATED "INFER (nuts :parameterization %s) :samples 8000 "
                     ":warmup 500 :chains 1 :out \"%%s\"\n",
             parameterization);
    struct drawn_columns d = drawn(text, 9);
    const double *x = drawn_column(&d, "x"), *w = drawn_column(&d, "w");
    double *squares = calloc(d.draws, sizeof *squares);
    assert_non_null(squares);
    for (size_t i = 0; i < d.draws; i++) {
        assert_true(fabs(w[i] - 2 * x[i]) < 1e-10 * fabs(w[i]));
        squares[i] = pow(x[i] - 97.0 / 21, 2);
    }
    check_mean(drawn_column(&d, "mu"), d.draws, 95.0 / 21);
    check_mean(x, d.draws, 97.0 / 21);
    check_mean(squares, d.draws, 17.0 / 21);
    free(squares);
    drawn_free(&d);
}

static double value_of_x(struct session *s)
{
    value v;
    assert_true(s->engine->op->value(s->engine, s->program.at[1], &v));
    return as_number(v);
}

/* What does not step far stays where it was: the state was read into the
 * coordinates that it is written from. */
static void stays(const char *order)
{
    struct session *s = open_with(LOCATED, 10);
    double before = value_of_x(s);
    if (!run_text(s, order)) fail_msg("%s", session_error(s)->message);
    if (!(fabs(value_of_x(s) - before) < 1e-3))
        fail_msg("from %.17g to %.17g: %s", before, value_of_x(s), order);
    session_close(s);
}

static void pitfall_18_back(void **state)
{
    (void)state;
    told_in_numbers("auto");
    told_in_numbers("centred");
    told_in_numbers("non-centred");
    stays("INFER (nuts :step-size 1e-9 :parameterization centred) 1");
    stays("INFER (nuts :step-size 1e-9 :parameterization non-centred) 1");
    stays("INFER (nuts :step-size 1e-9 :parameterization 0.5) 1");
}

/* ---- 20: data --------------------------------------------------------------- */

/* Other data a thousand times: each time the density is theirs, and memory
 * is what it was. */
static void pitfall_20_data_change(void **state)
{
    (void)state;
    static char text[1100][120];
    struct session *s = open_with("ASSUME mu (normal 0 1)\n", 6);
    size_t after[2];
    for (int i = 0; i < 1100; i++) {
        double datum = (i % 7) - 3, mu;
        snprintf(text[i], sizeof text[i],
                 "OBSERVE (normal mu 0.2) %g\nINFER (nuts) 10\nFORGET %d\n",
                 datum, i + 2);
        if (!run_text(s, text[i])) fail_msg("%s", session_error(s)->message);
        value v;
        assert_true(s->engine->op->value(s->engine, s->program.at[0], &v));
        mu = as_number(v);
        if (!(fabs(mu - datum) < 1.5))
            fail_msg("%g after the datum %g", mu, datum);
        if (i == 99 || i == 1099) after[i > 99] = mallinfo2().uordblks;
    }
    assert_true(after[1] < after[0] + 100000);
    session_close(s);
}

/* ---- 27: labels -------------------------------------------------------------- */

#define LABELS_DATA "'(-2.1 -1.9 -0.3 0.2 2.2 1.7 0.4 2.9 -1.2 1.1)"

/* Labels by gibbs in turns with nuts, and the same mixture without labels. */
static void pitfall_27_labels(void **state)
{
    (void)state;
    struct drawn_columns with = drawn(
        "ASSUME a (normal -2 1)\nASSUME b (normal 2 1)\n"
        "ASSUME z (lambda (y) (observe (normal (if (flip 0.4) a b) 1) y))\n"
        "ASSUME seen (for-each z " LABELS_DATA ")\n"
        "INFER (cycle (gibbs discrete) (nuts continuous)) :samples 8000 "
        ":warmup 500 :chains 1 :out \"%s\"\n",
        7);
    struct drawn_columns without =
        drawn("ASSUME a (normal -2 1)\nASSUME b (normal 2 1)\n"
              "OBSERVE-EACH (mixture #(0.4 0.6) (normal a 1) (normal b "
              "1)) " LABELS_DATA "\n"
              "INFER (nuts) :samples 8000 :warmup 500 :chains 1 "
              ":out \"%s\"\n",
              8);
    static const char *const names[] = {"a", "b"};
    for (int i = 0; i < 2; i++) {
        struct diagnostics x = drawn_diagnostics(drawn_column(&with, names[i]),
                                                 with.draws),
                           y = drawn_diagnostics(
                               drawn_column(&without, names[i]), without.draws);
        double error = hypot(x.mcse, y.mcse);
        if (!(fabs(x.mean - y.mean) < Z_BOUND * error))
            fail_msg("%s: %g with labels, %g without (error %g)", names[i],
                     x.mean, y.mean, error);
    }
    drawn_free(&with);
    drawn_free(&without);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pitfall_9_variance),
        cmocka_unit_test(pitfall_10_step_is_used),
        cmocka_unit_test(pitfall_15_no_number),
        cmocka_unit_test(pitfall_18_back),
        cmocka_unit_test(pitfall_20_data_change),
        cmocka_unit_test(pitfall_27_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
