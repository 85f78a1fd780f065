/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Diagnostics of draws, against reference numbers of R, against cases known
 * by hand, and at the edges: constant, short, not finite, huge.
 */
#include "infer/diagnostics.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "infer/fourier.h"

/* ---- the draws of the reference --------------------------------------- */

enum view {
    VIEW_SAME,
    VIEW_FLOOR,
    VIEW_HEAVY,
    VIEW_SHIFT,
    VIEW_SCALE,
    VIEW_SIGN,
    VIEW_OFTEN
};

static const struct reference {
    const char *name;
    uint64_t seed;
    size_t chains, draws;
    double r;
    enum view view;
    struct diagnostics want;
} references[] = {
#include "../reference/diagnostics.inc"
};

enum { REFERENCES = sizeof references / sizeof *references };

static double uniform(uint64_t *state)
{
    *state = 16807 * *state % 2147483647;
    return (double)*state / 2147483647.0;
}

static double seen(enum view view, double x, size_t chain)
{
    switch (view) {
    case VIEW_FLOOR: return floor(4.0 * x);
    case VIEW_HEAVY: return 1.0 / x;
    case VIEW_SHIFT: return chain == 1 ? x + 0.75 : x;
    case VIEW_SCALE: return chain == 0 ? 3.0 * x : x;
    case VIEW_SIGN: return x > 0.3;
    case VIEW_OFTEN: return x > -1.3;
    default: return x;
    }
}

/* Autoregression of order one, r its correlation of neighbours; innovations
 * of variance 1/3. Freed by the caller. */
static double *autoregression(uint64_t state, size_t chains, size_t draws,
                              double r, enum view view)
{
    double *x = calloc(chains * draws, sizeof *x);
    assert_non_null(x);
    for (size_t c = 0; c < chains; c++) {
        double now = 0.0;
        for (size_t i = 0; i < draws; i++) {
            double e = -2.0;
            for (int k = 0; k < 4; k++) e += uniform(&state);
            now = r * now + e;
            x[c * draws + i] = seen(view, now, c);
        }
    }
    return x;
}

static void near(const char *name, const char *what, double have, double want,
                 double tolerance)
{
    if (!(fabs(have - want) <= tolerance * fmax(1.0, fabs(want)))) {
        fail_msg("%s: %s is %.17g, wanted %.17g", name, what, have, want);
    }
}

static struct diagnostics of(const double *x, size_t chains, size_t draws)
{
    struct diagnostics d;
    assert_true(diagnose((struct chains){x, chains, draws}, &d));
    return d;
}

static void agrees_with_r(void **state)
{
    (void)state;
    for (size_t i = 0; i < REFERENCES; i++) {
        const struct reference *r = &references[i];
        const struct diagnostics *want = &r->want;
        double *x = autoregression(r->seed, r->chains, r->draws, r->r, r->view);
        struct diagnostics d = of(x, r->chains, r->draws);
        near(r->name, "mean", d.mean, want->mean, 1e-12);
        near(r->name, "sd", d.sd, want->sd, 1e-12);
        near(r->name, "q05", d.q05, want->q05, 1e-13);
        near(r->name, "q50", d.q50, want->q50, 1e-13);
        near(r->name, "q95", d.q95, want->q95, 1e-13);
        near(r->name, "ess_mean", d.ess_mean, want->ess_mean, 1e-10);
        near(r->name, "ess_bulk", d.ess_bulk, want->ess_bulk, 1e-10);
        near(r->name, "ess_tail", d.ess_tail, want->ess_tail, 1e-10);
        near(r->name, "rhat", d.rhat, want->rhat, 1e-11);
        near(r->name, "mcse", d.mcse, want->mcse, 1e-11);
        near(r->name, "mcse_sd", d.mcse_sd, want->mcse_sd, 1e-11);
        near(r->name, "mcse_q05", d.mcse_q05, want->mcse_q05, 1e-10);
        near(r->name, "mcse_q50", d.mcse_q50, want->mcse_q50, 1e-10);
        near(r->name, "mcse_q95", d.mcse_q95, want->mcse_q95, 1e-10);
        assert_int_equal(d.flaw, FLAW_NONE);
        free(x);
    }
}

/* ---- known by hand ---------------------------------------------------- */

/* An autoregression has N (1 - r) / (1 + r) effective draws. The estimate
 * from 4 chains of 25,000 has a relative error of about
 * sqrt(2 (2 K + 1) / N) with K lags summed (Sokal 1997, (3.19)): K below 40
 * gives 0.04, and the bounds are five of those: false alarm below 1e-6. */
static void autoregressions_have_their_size(void **state)
{
    static const double r[] = {-0.5, 0.0, 0.3, 0.6, 0.9};
    (void)state;
    for (size_t i = 0; i < sizeof r / sizeof *r; i++) {
        double *x = autoregression(100 + i, 4, 25000, r[i], VIEW_SAME);
        double want = 100000.0 * (1.0 - r[i]) / (1.0 + r[i]);
        struct diagnostics d = of(x, 4, 25000);
        near("autoregression", "ess_mean / want", d.ess_mean / want, 1.0, 0.2);
        near("autoregression", "ess_bulk / want", d.ess_bulk / want, 1.0, 0.2);
        assert_true(d.rhat < 1.01);
        free(x);
    }
}

static void quantiles_lie_between_order_statistics(void **state)
{
    static const double x[] = {1.0, 2.0, 4.0, 8.0, 16.0};
    double ninety[91];
    (void)state;
    assert_true(quantile_of_sorted(x, 5, 0.0) == 1.0);
    assert_true(quantile_of_sorted(x, 5, 0.5) == 4.0);
    assert_true(quantile_of_sorted(x, 5, 1.0) == 16.0);
    near("quantile", "0.3", quantile_of_sorted(x, 5, 0.3), 2.4, 1e-15);
    assert_true(quantile_of_sorted(x, 1, 0.3) == 1.0);
    assert_true(isnan(quantile_of_sorted(x, 0, 0.3)));
    /* 0.7 * 90 is less than 63 in doubles */
    for (int i = 0; i < 91; i++) ninety[i] = i;
    assert_true(quantile_of_sorted(ninety, 91, 0.7) == 63.0);
    double ends[] = {-DBL_MAX, DBL_MAX};
    assert_true(quantile_of_sorted(ends, 2, 0.5) == 0.0);
}

static void moments_keep_their_digits(void **state)
{
    double x[] = {1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0, 1e9 + 4.0};
    (void)state;
    assert_true(draws_mean(x, 4) == 1e9 + 2.5);
    near("sd", "sd", draws_sd(x, 4), sqrt(5.0 / 3.0), 1e-15);
    assert_true(isnan(draws_mean(x, 0)));
    assert_true(isnan(draws_sd(x, 1)));
}

static void autocovariance_is_its_sum(void **state)
{
    enum { N = 37 };
    double *x = autoregression(77, 3, N, 0.5, VIEW_SAME);
    double have[N];
    (void)state;
    assert_true(autocovariance((struct chains){x, 3, N}, have));
    for (size_t t = 0; t < N; t++) {
        double want = 0.0;
        for (size_t c = 0; c < 3; c++) {
            const double *chain = x + c * N;
            double mean = draws_mean(chain, N);
            for (size_t i = 0; i + t < N; i++) {
                want += (chain[i] - mean) * (chain[i + t] - mean) / (3.0 * N);
            }
        }
        near("autocovariance", "lag", have[t], want, 1e-15);
    }
    free(x);
}

static void transform_is_its_sum(void **state)
{
    enum { N = 16 };
    double re[N], im[N], x[N], y[N], turn[N];
    uint64_t seed = 5;
    (void)state;
    for (int i = 0; i < N; i++) {
        x[i] = re[i] = uniform(&seed);
        y[i] = im[i] = uniform(&seed);
    }
    fourier_turns(turn, N);
    fourier(re, im, N, turn);
    for (int k = 0; k < N; k++) {
        double a = 0.0, b = 0.0;
        for (int i = 0; i < N; i++) {
            double angle = -2.0 * M_PI * (i * k % N) / N;
            a += x[i] * cos(angle) - y[i] * sin(angle);
            b += x[i] * sin(angle) + y[i] * cos(angle);
        }
        near("fourier", "real", re[k], a, 1e-14);
        near("fourier", "imaginary", im[k], b, 1e-14);
    }
    assert_int_equal(fourier_length(1), 1);
    assert_int_equal(fourier_length(16), 16);
    assert_int_equal(fourier_length(17), 32);
    assert_int_equal(fourier_length(SIZE_MAX), 0);
}

/* The sums of the first lags that long chains take: what the transform of all
 * draws would say. An autoregression of each kind: soon and late to forget. */
static void long_chains_need_no_transform(void **state)
{
    enum { N = 30000 };
    static double x[2 * N], acov[N];
    uint64_t seed = 1;
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        double keep = kind ? 0.995 : 0.5, now = 0.0, sum = 0.0, last = INFINITY;
        for (int i = 0; i < 2 * N; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            now = keep * now + (double)(seed >> 40) / 16777216.0 - 0.5;
            x[i] = now;
        }
        struct chains chains = {x, 2, N};
        assert_true(autocovariance(chains, acov));
        double m0 = draws_mean(x, N), m1 = draws_mean(x + N, N);
        double total = acov[0] + 0.5 * (m0 - m1) * (m0 - m1);
        double within = acov[0] * N / (N - 1.0), even = 1.0;
        double odd = 1.0 - (within - acov[1]) / total;
        for (int t = 2; even + odd > 0.0; t += 2) {
            sum += last = fmin(last, even + odd);
            even = 1.0 - (within - acov[t]) / total;
            odd = 1.0 - (within - acov[t + 1]) / total;
        }
        near("a long chain", "size", effective_size(chains),
             2.0 * N / (-1.0 + 2.0 * sum + fmax(even, 0.0)), 1e-9);
    }
}

/* To and fro without end: the sum would say more than N log10 N, and is not
 * believed. */
static void alternation_is_capped(void **state)
{
    double x[1000];
    (void)state;
    for (int i = 0; i < 1000; i++) x[i] = i % 2;
    double size = effective_size((struct chains){x, 2, 500});
    near("alternation", "size", size, 3000.0, 1e-12);
}

static void apart_means_infinite_rhat(void **state)
{
    double x[200];
    (void)state;
    for (int i = 0; i < 200; i++) x[i] = i < 100 ? 1.0 : 2.0;
    struct diagnostics d = of(x, 2, 100);
    assert_true(isinf(d.rhat));
    assert_true(d.ess_bulk < 5.0);
    assert_int_equal(d.flaw, FLAW_NONE);
}

/* One chain that drifts is seen by its halves. */
static void drift_is_seen_in_one_chain(void **state)
{
    double *x = autoregression(9, 1, 1000, 0.0, VIEW_SAME);
    (void)state;
    assert_true(of(x, 1, 1000).rhat < 1.01);
    for (int i = 0; i < 1000; i++) x[i] += i * 0.002;
    assert_true(of(x, 1, 1000).rhat > 1.3);
    free(x);
}

/* ---- energies and marks ----------------------------------------------- */

/* Changes of 1, -1, 2 about a mean of 1.5: 6 over 2.75 + ... by hand. */
static void energies_tell_how_far_they_go(void **state)
{
    const double x[] = {1.0, 2.0, 1.0, 3.0}, still[] = {2.0, 2.0};
    (void)state;
    near("energy", "E-BFMI", energy_information(x, 4), 6.0 / 2.75, 1e-15);
    assert_true(isnan(energy_information(still, 2)));
    assert_true(isnan(energy_information(x, 1)));
    double *free_energy = autoregression(3, 1, 20000, 0.0, VIEW_SAME);
    /* independent energies: the change has twice the variance */
    near("energy", "E-BFMI", energy_information(free_energy, 20000), 2.0, 0.1);
    free(free_energy);
}

/* Ranks 1, 2.5, 2.5, 4, 5; marked are 2.5 and 5: 7.5 less 6, over the root of
 * 2 3 6 / 12. */
static void marks_have_ranks(void **state)
{
    const double x[] = {3.0, 1.0, 3.0, 7.0, 9.0};
    bool marked[5] = {[2] = true, [4] = true}, none[5] = {0};
    (void)state;
    near("marks", "apart", marked_apart(x, marked, 5), 1.5 / sqrt(3.0), 1e-15);
    for (int i = 0; i < 5; i++) marked[i] = !marked[i];
    near("marks", "apart", marked_apart(x, marked, 5), -1.5 / sqrt(3.0), 1e-15);
    assert_true(marked_apart(x, none, 5) == 0.0);
}

/* ---- edges ------------------------------------------------------------ */

static void constant_draws_are_said_so(void **state)
{
    double x[100];
    (void)state;
    for (int i = 0; i < 100; i++) x[i] = 0.1;
    struct diagnostics d = of(x, 2, 50);
    assert_int_equal(d.flaw, FLAW_CONSTANT);
    assert_true(d.mean == 0.1 && d.sd == 0.0 && d.q95 == 0.1);
    assert_true(isnan(d.rhat) && isnan(d.ess_bulk) && isnan(d.ess_tail));
    assert_true(isnan(d.mcse));
    double middle[51] = {[25] = 1.0}; /* what splitting throws away */
    d = of(middle, 1, 51);
    assert_int_equal(d.flaw, FLAW_CONSTANT);
    assert_true(isnan(d.rhat));
}

static void short_chains_are_said_so(void **state)
{
    double x[11] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    (void)state;
    struct diagnostics d = of(x, 1, 11);
    assert_int_equal(d.flaw, FLAW_FEW);
    assert_true(d.mean == 6.0 && d.q50 == 6.0);
    assert_true(isnan(d.rhat) && isnan(d.ess_bulk));
    d = of(x, 1, 0);
    assert_int_equal(d.flaw, FLAW_FEW);
    assert_true(isnan(d.mean) && isnan(d.q50));
}

static void draws_without_end_are_said_so(void **state)
{
    double *x = autoregression(4, 1, 100, 0.0, VIEW_SAME);
    (void)state;
    x[17] = -INFINITY;
    struct diagnostics d = of(x, 1, 100);
    assert_int_equal(d.flaw, FLAW_NOT_FINITE);
    assert_true(isnan(d.mean) && isnan(d.rhat) && isfinite(d.q50));
    x[18] = NAN;
    d = of(x, 1, 100);
    assert_int_equal(d.flaw, FLAW_NOT_FINITE);
    assert_true(isnan(d.mean) && isnan(d.q50) && isnan(d.ess_tail));
    free(x);
}

/* Nothing but the scale changes with the scale, to the ends of doubles. */
static void scale_does_not_matter(void **state)
{
    static const int exponents[] = {1000, 40, -40, -1000};
    double *x = autoregression(4, 2, 200, 0.3, VIEW_SAME);
    double *y = calloc(400, sizeof *y);
    struct diagnostics d = of(x, 2, 200);
    (void)state;
    assert_non_null(y);
    for (size_t k = 0; k < sizeof exponents / sizeof *exponents; k++) {
        for (int i = 0; i < 400; i++) y[i] = ldexp(x[i], exponents[k]);
        struct diagnostics e = of(y, 2, 200);
        near("scale", "mean", ldexp(e.mean, -exponents[k]), d.mean, 1e-14);
        near("scale", "sd", ldexp(e.sd, -exponents[k]), d.sd, 1e-14);
        near("scale", "ess", e.ess_bulk, d.ess_bulk, 1e-12);
        near("scale", "tail", e.ess_tail, d.ess_tail, 1e-12);
        near("scale", "rhat", e.rhat, d.rhat, 1e-12);
    }
    free(x);
    free(y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_r),
        cmocka_unit_test(autoregressions_have_their_size),
        cmocka_unit_test(quantiles_lie_between_order_statistics),
        cmocka_unit_test(moments_keep_their_digits),
        cmocka_unit_test(autocovariance_is_its_sum),
        cmocka_unit_test(long_chains_need_no_transform),
        cmocka_unit_test(transform_is_its_sum),
        cmocka_unit_test(alternation_is_capped),
        cmocka_unit_test(apart_means_infinite_rhat),
        cmocka_unit_test(drift_is_seen_in_one_chain),
        cmocka_unit_test(energies_tell_how_far_they_go),
        cmocka_unit_test(marks_have_ranks),
        cmocka_unit_test(constant_draws_are_said_so),
        cmocka_unit_test(short_chains_are_said_so),
        cmocka_unit_test(draws_without_end_are_said_so),
        cmocka_unit_test(scale_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
