/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Gradients where tests of the program come out both ways: nuts goes over
 * from one side to the other, and both have their share. Against sums over a
 * grid of the density, written down by hand. The share of draws below 0, and
 * their mean, are within 6 standard errors, worked out from batches: a false
 * alarm in about 1e-8 of runs (t of 39 degrees of freedom).
 */
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "session_open.h"

enum { DRAWS = 8000, BATCHES = 40 };

struct side_case {
    const char *program;
    double (*log_density)(double x);
    const char *kernel; /* NULL: (nuts) */
};

static double normal(double x, double mean, double sd)
{
    double z = (x - mean) / sd;
    return -0.5 * z * z - log(sd);
}

static double two_sided(double x)
{
    return normal(x, 0.0, 2.0) +
           (x < 0.0 ? normal(2.0, -x, 1.0) : normal(2.0, 2.0 * x, 1.0));
}

/* The program runs its test in a loop, so that its run is recorded. */
static double folded(double x)
{
    double y = x;
    for (int i = 0; i < 3; i++) y = y > 0.5 ? 2.0 * (1.0 - y) : 2.0 * y;
    return normal(x, 0.3, 0.4) + normal(0.7, y, 0.8);
}

/* What does not read x, and is scored on one side alone or otherwise. */
static double plain_sides(double x)
{
    return normal(x, 0.3, 1.0) +
           (x > 0.5 ? normal(-0.8, -1.3, 1.3) : normal(-0.8, 2.0, 1.0));
}

static double by_result(double x)
{
    return normal(x, 0.3, 1.0) +
           (x > 0.0 ? normal(-0.8, -1.0, 1.3) : normal(-0.8, 2.0, 1.3));
}

static double one_factor(double x)
{
    return normal(x, 0.0, 1.0) + (x < 0.0 ? -1.5 : 0.0);
}

/* b, false and true, summed out. */
static double moved_label(double x)
{
    double p = x < 0.0 ? 0.9 : 0.2;
    return normal(x, 0.0, 1.0) + log(p * exp(normal(1.0, 1.0, 1.0)) +
                                     (1.0 - p) * exp(normal(1.0, 0.0, 1.0)));
}

/* An urn of two equal answers, the second of them behind the test. */
static double urn_behind(double x)
{
    return normal(x, 0.0, 1.0) + (x < 0.0 ? log(0.75) : log(0.25));
}

static const struct side_case cases[] = {
    {"ASSUME x (normal 0.3 1)\n"
     "OBSERVE (if (> x 0.5) (normal -1.3 1.3) (normal 2 1)) -0.8\n",
     plain_sides, NULL},
    {"ASSUME x (normal 0.3 1)\nASSUME f (mem (lambda (i) (* 1.0 i)))\n"
     "OBSERVE (if (> x 0.5) (normal -1.3 1.3) (normal (f 2) 1)) -0.8\n",
     plain_sides, NULL},
    {"ASSUME x (normal 0.3 1)\n"
     "ASSUME f (mem (lambda (i) (if (> x 0) (- i) (+ i 1))))\n"
     "ASSUME g (lambda (i) (f i))\n"
     "OBSERVE (normal (g 1) 1.3) -0.8\n",
     by_result, NULL},
    {"ASSUME x (normal 0 1)\nFACTOR (if (< x 0) -1.5 0)\n", one_factor, NULL},
    {"ASSUME x (normal 0 1)\n"
     "ASSUME f (lambda () (if (< x 0) (begin (factor -1.5) 1) 2))\n"
     "ASSUME y (f)\n",
     one_factor, NULL},
    {"ASSUME x (normal 0 1)\nASSUME f (mem (lambda (i) (if (< x 0) 0.9 0.2)))\n"
     "ASSUME b (flip (f 1))\nOBSERVE (normal (if b 1 0) 1) 1\n",
     moved_label, "(cycle (mh discrete) (nuts continuous))"},
    {"ASSUME x (normal 0 1)\nASSUME coin (make-beta-bernoulli 1 1)\n"
     "OBSERVE (coin) true\nOBSERVE (coin) true\n"
     "ASSUME f (lambda () (if (< x 0) (observe (coin) true)"
     " (observe (coin) false)))\nASSUME y (f)\n",
     urn_behind, NULL},
    {"ASSUME x (normal 0 2)\n"
     "OBSERVE (if (< x 0) (normal (- x) 1) (normal (* 2 x) 1)) 2\n",
     two_sided, NULL},
    {"ASSUME x (normal 0.3 0.4)\n"
     "ASSUME f (lambda (n y) (if (= n 0) y (f (- n 1)"
     " (if (> y 0.5) (* 2 (- 1 y)) (* 2 y)))))\n"
     "OBSERVE (normal (f 3 x) 0.8) 0.7\n",
     folded, NULL},
};

static void exact(const struct side_case *c, double out[2])
{
    double all = 0.0, low = 0.0, mean = 0.0;
    for (int i = -400000; i < 400000; i++) {
        double x = (i + 0.5) * 5e-5, p = exp(c->log_density(x));
        all += p;
        low += x < 0.0 ? p : 0.0;
        mean += x * p;
    }
    out[0] = low / all;
    out[1] = mean / all;
}

static void read_draws(const char *path, double *x)
{
    FILE *f = fopen(path, "r");
    char line[4096];
    int column = -1, n = 0;
    assert_non_null(f);
    while (n < DRAWS && fgets(line, sizeof line, f)) {
        int at = 0;
        if (line[0] == '#') continue;
        for (char *rest = line, *word; (word = strsep(&rest, ",\n")); at++) {
            if (column < 0 && strcmp(word, "x") == 0) column = at;
            if (column == at && word[0] != 'x') x[n++] = atof(word);
        }
    }
    fclose(f);
    assert_int_equal(n, DRAWS);
}

static void check(const struct side_case *c, const double *x)
{
    double want[2], mean[2] = {0.0, 0.0}, squares[2] = {0.0, 0.0};
    exact(c, want);
    for (int b = 0; b < BATCHES; b++) {
        double sum[2] = {0.0, 0.0};
        int size = DRAWS / BATCHES;
        for (int i = 0; i < size; i++) {
            sum[0] += x[b * size + i] < 0.0;
            sum[1] += x[b * size + i];
        }
        for (int k = 0; k < 2; k++) {
            mean[k] += sum[k] / size / BATCHES;
            squares[k] += sum[k] / size * (sum[k] / size) / BATCHES;
        }
    }
    for (int k = 0; k < 2; k++) {
        double error = sqrt((squares[k] - mean[k] * mean[k]) / (BATCHES - 1.0));
        if (!(fabs(mean[k] - want[k]) < 6.0 * error + 1e-4))
            fail_msg("%g, and exactly %g (error %g)\n%s", mean[k], want[k],
                     error, c->program);
    }
}

static void both_sides(void **state)
{
    static double x[DRAWS];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[] = "/tmp/vestige-sides-XXXXXX", text[1024], draws[64];
        int f = mkstemp(path);
        assert_true(f >= 0);
        close(f);
        const char *kernel = cases[i].kernel ? cases[i].kernel : "(nuts)";
        snprintf(text, sizeof text,
                 "%sINFER %s :samples %d :warmup 1000 :chains 1 "
                 ":out \"%s.csv\"\n",
                 cases[i].program, kernel, DRAWS, path);
        session_close(open_with(text, 9));
        snprintf(draws, sizeof draws, "%s_1.csv", path);
        read_draws(draws, x);
        unlink(draws);
        unlink(path);
        check(&cases[i], x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_sides)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
