/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pitfalls of unconstrained space: Jacobians, edges, scales at zero, parents
 * looked up in the wrong coordinates, observations taken for constants. Each
 * test bears the number that tests/pitfalls/pitfalls.py lists it under; that
 * runner plants the fault and sees the test fail.
 *
 * Statistical: 18 means and an sd at |z| < 5.6, 2e-8 each: false alarms below
 * 1e-6.
 */
#include <float.h>

#include "draws_read.h"
#include "gather_open.h"
#include "infer/nuts.h"

#define Z_BOUND 5.6

/* ---- the density of a program ------------------------------------------- */

struct ground {
    struct session *session;
    struct scope *scope;
    struct gathering gathering;
    struct density density;
};

static bool evaluate(void *context, const double *q, double *log_density,
                     double *gradient)
{
    return tape_run(context, q, log_density, gradient) == TAPE_FINE;
}

static struct ground open_ground(const char *text)
{
    struct ground g = {.session = open_with(text, 3), .scope = scope_new()};
    struct gather_plan plan = {0};
    g.gathering = gather_all(g.session, g.scope, &plan, text);
    struct tape *t = g.gathering.density;
    g.density = (struct density){t->size, t, evaluate};
    return g;
}

static void close_ground(struct ground *g)
{
    gathering_close(&g->gathering);
    g->session->engine->op->scope_close(g->session->engine, g->scope);
    scope_free(g->scope);
    session_close(g->session);
}

static void near(const char *what, double at, double have, long double want,
                 double tolerance)
{
    if (!(fabsl(have - want) <= tolerance * (1 + fabsl(want))))
        fail_msg("%s at %g: %.17g, not %.17Lg", what, at, have, want);
}

/* 2: of p = logistic(z), log dp/dz is -softplus(z) - softplus(-z): a number
 * where log(p (1 - p)) is none. */
static void pitfall_2_logit(void **state)
{
    (void)state;
    static const double at[] = {0, 1, -3, 19, -19, 50, -50, 750, -750};
    struct ground g = open_ground("ASSUME p (uniform-continuous 0 1)\n");
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        double z = at[i], height, slope;
        assert_true(evaluate(g.density.context, &z, &height, &slope));
        long double e = expl(-fabsl((long double)z));
        near("log Jacobian", z, height, -fabsl(z) - 2 * log1pl(e), 1e-15);
        near("its slope", z, slope, (z > 0 ? -1 : 1) * (1 - e) / (1 + e),
             1e-15);
        if (fabs(z) >= 20) continue;
        double up, down, h = 1e-4, moved = z + h;
        gathering_numbers(&g.gathering, &moved, &up);
        moved = z - h;
        gathering_numbers(&g.gathering, &moved, &down);
        if (fabs(z) < 10)
            near("dp/dz", z, (up - down) / (2 * h) / exp(height), 1, 1e-7);
    }
    close_ground(&g);
}

/* 4: what is left of a stick is a sum of logs, not a product that underflows:
 * 50 shares of which each takes all that is left, or nothing. */
static void pitfall_4_simplex(void **state)
{
    (void)state;
    struct ground g = open_ground("ASSUME w (symmetric-dirichlet 1 50)\n");
    double q[49], by[49], height, numbers[50], sum;
    for (int sign = -1; sign < 2; sign += 2) {
        for (int i = 0; i < 49; i++) q[i] = 30 * sign + log(49 - i);
        assert_true(evaluate(g.density.context, q, &height, by));
        /* each break says -30 and, of breaks behind it, log of what it left */
        long double e = expl(-30), want = lgammal(50);
        for (int i = 0; i < 49; i++) {
            want += -30 - 2 * log1pl(e);
            want += (48 - i) * (sign > 0 ? -30 - log1pl(e) : -log1pl(e));
            near("a slope", i, by[i],
                 (sign < 0 ? 1 : -1) * (1 - e) / (1 + e) -
                     (48 - i) * (sign > 0 ? 1 / (1 + e) : e / (1 + e)),
                 1e-12);
        }
        near("log Jacobian", 30 * sign, height, want, 1e-12);
        gathering_numbers(&g.gathering, q, numbers);
        sum = 0;
        for (int i = 0; i < 50; i++) sum += numbers[i];
        near("the sum", 30 * sign, sum, 1, 1e-12);
    }
    close_ground(&g);
}

/* 5: a log that is cut off has slope 0 beyond, and its density no end. */
static void pitfall_5_clamped(void **state)
{
    (void)state;
    static const double at[] = {-750, -250, -200.5, 0, 200.5, 250};
    struct ground g = open_ground("ASSUME x (exponential 1)\n");
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        double z = at[i], height, slope;
        assert_true(evaluate(g.density.context, &z, &height, &slope));
        near("log density", z, height, z - expl(z), 1e-12);
        near("its slope", z, slope, 1 - expl(z), 1e-12);
    }
    double z = 750, height, slope;
    assert_false(evaluate(g.density.context, &z, &height, &slope));
    close_ground(&g);
}

/* 7: a scale of 0 has no density, and where a step comes there it diverges,
 * and the chain stays. */
static void pitfall_7_no_scale(void **state)
{
    (void)state;
    struct ground g = open_ground("ASSUME s (exponential 1)\n"
                                  "OBSERVE (normal 0 s) 2\n"
                                  "OBSERVE (normal 2 s) 2\n");
    double z = -800, height, slope, start = 0.3;
    assert_false(evaluate(g.density.context, &z, &height, &slope));
    struct nuts n;
    struct metric m;
    struct random random;
    struct trajectory t;
    random_seed(&random, 4);
    assert_true(nuts_open(&n, 1, 10) && metric_open(&m, METRIC_UNIT, 1));
    assert_true(points_place(&n.points, &g.density, &start));
    for (int i = 0; i < 50; i++) {
        nuts_step(&n, &g.density, &m, 1e4, &random, &t);
        assert_true(t.divergent && t.accept_stat == 0);
        assert_true(n.points.here->q[0] == start);
    }
    nuts_close(&n);
    metric_close(&m);
    close_ground(&g);
}

/* ---- draws ---------------------------------------------------------------- */

static void check_mean(const struct drawn_columns *d, const char *name,
                       double power, double want)
{
    const double *x = drawn_column(d, name);
    double *moved = calloc(d->draws, sizeof *moved);
    assert_non_null(moved);
    for (size_t i = 0; i < d->draws; i++) moved[i] = pow(x[i], power);
    struct diagnostics of = drawn_diagnostics(moved, d->draws);
    if (!(fabs(of.mean - want) < Z_BOUND * of.mcse))
        fail_msg("%s^%g: %g, not %g (error %g)", name, power, of.mean, want,
                 of.mcse);
    free(moved);
}

/* 3: the prior through each space has its moments: without its Jacobian it
 * would be another distribution. */
static void pitfall_3_jacobians(void **state)
{
    (void)state;
    struct drawn_columns d =
        drawn("ASSUME a (exponential 1)\nASSUME b (beta 2 3)\n"
              "ASSUME u (uniform-continuous a (+ a 3))\n"
              "ASSUME h (truncated (normal 0 1) (- inf) 0)\n"
              "ASSUME w (dirichlet #(1 2 3))\n"
              "ASSUME o (ordered (iid 3 (normal 0 1)))\n"
              "ASSUME r (positive-ordered (iid 2 (exponential 1)))\n"
              "ASSUME l (lkj-corr-cholesky 3 1)\n"
              "ASSUME c (wishart 5 (identity-matrix 2))\n"
              "PREDICT (- u a)\nPREDICT (* (l 1 0) (l 1 0))\n"
              "PREDICT (* (l 2 0) (l 2 0))\n"
              "PREDICT (- (* (c 0 0) (c 1 1)) (* (c 0 1) (c 0 1)))\n"
              "INFER (nuts) :samples 5000 :warmup 500 :chains 1 :out \"%s\"\n",
              7);
    check_mean(&d, "a", 1, 1);
    check_mean(&d, "a", 2, 2);
    check_mean(&d, "b", 1, 0.4);
    check_mean(&d, "b", 2, 0.2);
    check_mean(&d, "predict_10", 1, 1.5);
    check_mean(&d, "predict_10", 2, 3);
    check_mean(&d, "h", 1, -0.79788456080286536);
    check_mean(&d, "w.1", 1, 1.0 / 6);
    check_mean(&d, "w.2", 1, 2.0 / 6);
    check_mean(&d, "o.1", 1, -0.84628437532163443);
    check_mean(&d, "o.2", 1, 0);
    check_mean(&d, "r.1", 1, 0.5);
    check_mean(&d, "r.2", 1, 1.5);
    /* Correlations of lkj with 1 in three dimensions: r^2 has mean 1/4. */
    check_mean(&d, "predict_11", 1, 0.25);
    check_mean(&d, "predict_12", 1, 0.25);
    check_mean(&d, "c.1.1", 1, 5);
    check_mean(&d, "predict_13", 1, 20);
    drawn_free(&d);
}

/* 8: 2 ~ normal(0, s) with s ~ exponential(1): s is read where it is a scale,
 * not where it is a coordinate. By quadrature: mean 1.900006, sd 0.911027. */
static void pitfall_8_parents(void **state)
{
    (void)state;
    static const char program[] = "ASSUME s (exponential 1)\n"
                                  "OBSERVE (normal 0 s) 2\n";
    struct ground g = open_ground(program);
    struct engine *e = g.session->engine;
    double z = 0.7, height, at_zero, zero = 0;
    bool possible;
    assert_true(gathering_write(&g.gathering, e, &z, &possible) && possible);
    double s = exp(0.7);
    double want = -s - 0.5 * 4 / (s * s) - log(s) - 0.5 * log(2 * M_PI);
    near("the joint", z, e->op->log_score(e), want, 1e-12);
    assert_true(evaluate(g.density.context, &z, &height, NULL) &&
                evaluate(g.density.context, &zero, &at_zero, NULL));
    near("the density", z, height - at_zero,
         want + z - (-1 - 2 - 0.5 * logl(2 * M_PIl)), 1e-12);
    close_ground(&g);

    char text[256];
    snprintf(text, sizeof text,
             "%sINFER (nuts) :samples 10000 :warmup 500 :chains 1 "
             ":out \"%%s\"\n",
             program);
    struct drawn_columns d = drawn(text, 8);
    check_mean(&d, "s", 1, 1.900006);
    struct diagnostics of = drawn_diagnostics(drawn_column(&d, "s"), d.draws);
    assert_true(fabs(of.sd - 0.911027) < Z_BOUND * of.mcse_sd);
    drawn_free(&d);
}

/* ---- after transitions ------------------------------------------------------ */

static double number_of(struct session *s, int directive)
{
    value v;
    assert_true(s->engine->op->value(s->engine, s->program.at[directive], &v));
    return as_number(v);
}

static double log_normal(double x, double mean, double sd)
{
    double z = (x - mean) / sd;
    return -0.5 * z * z - log(sd) - 0.5 * log(2 * M_PI);
}

/* 17: terms of observations move with their parents: after each of 10,000
 * transitions of three kinds the score is that of the values. */
static void pitfall_17_observations(void **state)
{
    (void)state;
    static const char *const orders[] = {"INFER (nuts) 1\n", "INFER (mh) 1\n",
                                         "INFER (hmc :steps 3) 1\n"};
    struct session *s = open_with("ASSUME m (normal 0 2)\n"
                                  "ASSUME t (gamma 2 1)\n"
                                  "ASSUME x (normal m t)\n"
                                  "OBSERVE (normal x 1) 1.5\n"
                                  "OBSERVE (normal m t) 0.5\n"
                                  "OBSERVE (poisson (exp (* 0.3 x))) 2\n",
                                  6);
    for (int i = 0; i < 10000; i++) {
        assert_true(run_text(s, orders[i % 3]));
        double m = number_of(s, 0), t = number_of(s, 1), x = number_of(s, 2);
        double want = log_normal(m, 0, 2) + log(t) - t + log_normal(x, m, t) +
                      log_normal(1.5, x, 1) + log_normal(0.5, m, t) + 0.6 * x -
                      exp(0.3 * x) - log(2);
        near("the score", i, s->engine->op->log_score(s->engine), want, 1e-10);
    }
    session_close(s);
}

/* 28: a datum far from all components, whose densities all underflow. */
static void pitfall_28_mixture(void **state)
{
    (void)state;
    struct ground g = open_ground(
        "ASSUME mu (ordered (iid 2 (normal 0 5)))\n"
        "OBSERVE (mixture #(0.3 0.7) (normal (mu 0) 1) (normal (mu 1) 1))"
        " 1000\n");
    double q[2] = {-1, log(3)}, r[2] = {-1, log(2)}, by[2], have[2];
    assert_true(evaluate(g.density.context, q, &have[0], by) &&
                evaluate(g.density.context, r, &have[1], NULL));
    long double want[2], slope = 0;
    for (int k = 0; k < 2; k++) {
        long double a = -1, b = a + (k ? 2 : 3);
        long double far = -0.5L * (1000 - a) * (1000 - a) + logl(0.3L);
        long double near_by = -0.5L * (1000 - b) * (1000 - b) + logl(0.7L);
        want[k] = near_by + log1pl(expl(far - near_by)) - (a * a + b * b) / 50 +
                  logl(k ? 2 : 3);
        if (!k) slope = 3 * ((1000 - b) - b / 25) + 1;
    }
    near("the density", 1000, have[0] - have[1], want[0] - want[1], 1e-10);
    near("its slope", 1000, by[1], slope, 1e-10);
    close_ground(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pitfall_2_logit),
        cmocka_unit_test(pitfall_3_jacobians),
        cmocka_unit_test(pitfall_4_simplex),
        cmocka_unit_test(pitfall_5_clamped),
        cmocka_unit_test(pitfall_7_no_scale),
        cmocka_unit_test(pitfall_8_parents),
        cmocka_unit_test(pitfall_17_observations),
        cmocka_unit_test(pitfall_28_mixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
