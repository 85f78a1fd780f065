/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Draws in closed form against the posterior in closed form, worked out by
 * hand: each pair, its readers in all the ways that are read. Given all else
 * such draws are independent, so their empirical distribution lies further
 * than e from the true one with probability under 2 exp(-2 n e^2) (Dvoretzky,
 * Kiefer and Wolfowitz, with Massart's constant): e is chosen for a false
 * alarm in 1e-6 of runs of the whole file. And where there is no closed form
 * none is to be found.
 */
#include <math.h>
#include <stdio.h>

#include <gsl/gsl_cdf.h>

#include "session_open.h"
#include "trace/reduced.h"

enum { DRAWS = 20000 };
#define FALSE_ALARM 1e-6

struct row {
    const char *family, *text;
    double (*below)(double x, double a, double b);
    double a, b;
};

static double normal_below(double x, double mean, double sd)
{
    return gsl_cdf_gaussian_P(x - mean, sd);
}

static double gamma_below(double x, double shape, double rate)
{
    return gsl_cdf_gamma_P(x, shape, 1.0 / rate);
}

static double exponential_below(double x, double rate, double none)
{
    (void)none;
    return gsl_cdf_exponential_P(x, 1.0 / rate);
}

static double laplace_below(double x, double mean, double scale)
{
    return gsl_cdf_laplace_P(x - mean, scale);
}

static const struct row rows[] = {
    /* Nobody reads them. */
    {"exponential", "ASSUME x (exponential 4)\n", exponential_below, 4, 0},
    {"laplace", "ASSUME m (flip 0)\nASSUME x (laplace (if m 0 -3) 2)\n",
     laplace_below, -3, 2},
    {"normal", "ASSUME x (normal 1 2)\n", normal_below, 1, 2},
    {"normal",
     "ASSUME x (normal 1 2)\n"
     "OBSERVE (normal x 0.5) 1.5\nOBSERVE (normal x 0.5) 2.5\n",
     normal_below, 16.25 / 8.25, 0.34815531191139565 /* 8.25^-1/2 */},
    {"normal",
     "ASSUME x (normal 0 1)\n"
     "OBSERVE (normal (+ 1 (* -2 x)) 0.5) 2\n"
     "OBSERVE (normal (/ (- x 3) 2) 1) -1\n",
     normal_below, -7.75 / 17.25, 0.24077170617153842 /* 17.25^-1/2 */},
    {"normal", "ASSUME x (normal 0 1)\nOBSERVE (normal (+ x x) 1) 3\n",
     normal_below, 1.2, 0.44721359549995793 /* 5^-1/2 */},
    {"normal",
     "ASSUME x (normal 0 1)\nASSUME pick (flip 1)\n"
     "OBSERVE (normal (list-ref (list 5 x) (if pick 1 0)) 1) 2\n",
     normal_below, 1, 0.70710678118654757},
    {"normal",
     "ASSUME x (normal 0 1)\nASSUME f (mem (lambda (i) (* i x)))\n"
     "OBSERVE (normal (f 2) 1) 3\nOBSERVE (normal (- (f 1)) 1) 0\n",
     normal_below, 1, 0.40824829046386302 /* 6^-1/2 */},
    /* Code that is run again gives it. */
    {"normal",
     "ASSUME z (flip 1)\nASSUME x (if z (normal 0 1) 5)\n"
     "OBSERVE (normal x 1) 1\nASSUME y (if z (+ 1 x) 2)\n"
     "OBSERVE (normal (- y) 1) -3\n",
     normal_below, 1, 0.57735026918962573 /* 3^-1/2 */},
    {"beta",
     "ASSUME x (beta 2 3)\nOBSERVE (flip x) true\nOBSERVE (flip x) true\n"
     "OBSERVE (flip x) false\n",
     gsl_cdf_beta_P, 4, 4},
    {"beta",
     "ASSUME x (beta 1 1)\nOBSERVE (binomial 10 x) 7\n"
     "OBSERVE (flip x) false\n",
     gsl_cdf_beta_P, 8, 5},
    {"gamma",
     "ASSUME x (gamma 2 0.5)\nOBSERVE (poisson x) 3\n"
     "OBSERVE (poisson (* 4 x)) 2\n",
     gamma_below, 7, 7},
    {"gamma",
     "ASSUME x (gamma 3 2)\nOBSERVE (exponential x) 0.7\n"
     "OBSERVE (exponential (* 2 x)) 0.1\n",
     gamma_below, 5, 1.4},
    {"gamma",
     "ASSUME x (gamma 3 2)\nOBSERVE (exponential (/ x 2)) 0.7\n"
     "OBSERVE (poisson (* x 3)) 0\n",
     gamma_below, 4, 3.85},
};
/* Elements of arrays, read alone, with the others, by a number that is random, and
     * in each row; nobody reads the last. */
static const struct {
    struct row row;
    int64_t at;
} elements[] = {
    {{"iid",
      "ASSUME x (iid 2 (normal 0 1))\nASSUME k (flip 1)\n"
      "OBSERVE (normal (* 2 (x 1)) 1) 3\nOBSERVE (normal (x (if k 1 0)) 1) 0\n",
      normal_below, 1, 0.40824829046386302 /* 6^-1/2 */},
     1},
    {{"iid",
      "ASSUME x (iid 2 (normal 0 1))\nOBSERVE (normal (x 0) 1) 2\n"
      "OBSERVE (normal (- (sum x) (x 1)) 1) 1\n",
      normal_below, 1, 0.57735026918962573 /* 3^-1/2 */},
     0},
    {{"iid",
      "ASSUME x (iid 2 (normal 0 1))\n"
      "OBSERVE-EACH (normal (gather x #(0 1 1)) 1) #(9 2 1)\n"
      "OBSERVE (normal (vector-ref x 1) 1) 1\n",
      normal_below, 1, 0.5},
     1},
    {{"each",
      "ASSUME p (each (beta #(2 1) #(3 1)))\nOBSERVE (flip (p 0)) true\n"
      "OBSERVE (flip (p 0)) true\nOBSERVE (flip (p 1)) false\n"
      "OBSERVE (flip (vector-ref p 0)) false\n",
      gsl_cdf_beta_P, 4, 4},
     0},
    {{"iid",
      "ASSUME r (iid 3 (gamma 2 0.5))\nOBSERVE (poisson (r 2)) 3\n"
      "OBSERVE (poisson (* 4 (r 2))) 2\nOBSERVE (poisson (r 0)) 9\n",
      gamma_below, 7, 7},
     2},
    {{"iid", "ASSUME x (iid 3 (laplace -3 2))\nOBSERVE (normal (x 0) 1) 1\n",
      laplace_below, -3, 2},
     2},
};
enum {
    ROWS = sizeof rows / sizeof *rows,
    ELEMENTS = sizeof elements / sizeof *elements
};

/* The free choice of a family; there is one. */
static struct choice *choice_of(struct trace *t, const char *family)
{
    for (uint32_t i = 0; i < t->counts.free; i++)
        if (free_choice(t, i)->family == xrp_find(family))
            return free_choice(t, i);
    fail_msg("no free %s", family);
    return NULL;
}

static int64_t element_of(const struct choice *c, int64_t at)
{
    return is_vector(c->held) ? at : ENTIRE;
}

static double number_of(const struct choice *c, int64_t at)
{
    return is_vector(c->held) ? as_vector(c->held)->at[at] : as_number(c->held);
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double furthest(const struct row *r, double *x)
{
    double most = 0.0;
    qsort(x, DRAWS, sizeof *x, ascending);
    for (int i = 0; i < DRAWS; i++) {
        double p = r->below(x[i], r->a, r->b);
        most = fmax(most,
                    fmax(p - (double)i / DRAWS, (double)(i + 1) / DRAWS - p));
    }
    return most;
}

static void check_row(const struct row *r, int64_t at, uint64_t seed)
{
    static double x[DRAWS];
    double limit =
        sqrt(log(2.0 * (ROWS + ELEMENTS) / FALSE_ALARM) / (2.0 * DRAWS));
    struct session *s = open_with(r->text, seed);
    struct trace *t = s->engine->machine->engine;
    for (int i = 0; i < DRAWS; i++) {
        bool done, changed;
        struct choice *c = choice_of(t, r->family);
        assert_true(s->engine->op->gibbs(s->engine, c, element_of(c, at), &done,
                                         &changed));
        if (!done) fail_msg("no closed form:\n%s", r->text);
        x[i] = number_of(c, at);
    }
    double d = furthest(r, x);
    if (d > limit)
        fail_msg("%g from the posterior, %g is too far:\n%s", d, limit,
                 r->text);
    session_close(s);
}

static void draws_have_the_posterior(void **state)
{
    (void)state;
    for (uint64_t k = 0; k < ROWS; k++) check_row(&rows[k], 0, 11 + k);
}

static void so_have_elements(void **state)
{
    (void)state;
    for (uint64_t k = 0; k < ELEMENTS; k++)
        check_row(&elements[k].row, elements[k].at, 101 + k);
}

/* A mean m and its rate r: r is gamma, or the inverse of one; m without r has
 * Student's law, with 2 p degrees of freedom. Worked out by two passes of
 * least squares. */
static const struct couple {
    const char *mean, *rate, *text;
    bool inverse;
    double p, q, s, m; /* as reduced_pair.c calls them */
} pairs[] = {
    {"normal", "inverse-gamma",
     "ASSUME v (inverse-gamma 3 2)\nASSUME m (normal 1 (* 2 (sqrt v)))\n"
     "OBSERVE (normal m (sqrt v)) 2\n"
     "OBSERVE (normal (+ 1 (* 2 m)) (* 3 (sqrt v))) 4\n"
     "OBSERVE (normal 0 (sqrt v)) 1\n"
     "OBSERVE-EACH (normal m (sqrt v)) #(3 1 2.5)\n",
     true, 6.0, 3.8054733727810652, 4.694444444444445, 2.0059171597633134},
    {"normal", "gamma",
     "ASSUME t (gamma 2 (/ 1 3))\nASSUME m (normal 0 (/ (sqrt (* 0.5 t))))\n"
     "OBSERVE (exponential t) 0.7\nOBSERVE (lognormal m (/ (sqrt t))) 2\n"
     "OBSERVE (normal (- 1 m) (expt t -0.5)) 3\n"
     "OBSERVE (normal m (/ 0.5 (sqrt t))) 0.5\n",
     false, 4.5, 6.403268582811547, 6.5, 0.10663802777845313},
    {"flat", "inverse-gamma",
     "ASSUME v (inverse-gamma 1.5 0.5)\nASSUME m (flat)\n"
     "OBSERVE (normal m (sqrt v)) 1\nOBSERVE (normal m (sqrt v)) 3\n",
     true, 2.0, 1.5, 2, 2.0},
};
enum { PAIRS = sizeof pairs / sizeof *pairs };

static double inverse_gamma_below(double x, double shape, double scale)
{
    return gsl_cdf_gamma_Q(1.0 / x, shape, 1.0 / scale);
}

static double student_below(double x, double scale, double freedom)
{
    return gsl_cdf_tdist_P(x / scale, freedom);
}

static void check_pair(const struct couple *p, uint64_t seed)
{
    static double mean[DRAWS], rate[DRAWS];
    double limit = sqrt(log(4.0 * PAIRS / FALSE_ALARM) / (2.0 * DRAWS));
    struct session *s = open_with(p->text, seed);
    struct trace *t = s->engine->machine->engine;
    for (int i = 0; i < DRAWS; i++) {
        bool done, changed;
        struct choice *m = choice_of(t, p->mean), *r = choice_of(t, p->rate);
        void *both[2] = {i % 2 ? m : r, i % 2 ? r : m};
        assert_true(
            s->engine->op->gibbs_block(s->engine, both, 2, &done, &changed));
        if (!done) fail_msg("no closed form:\n%s", p->text);
        mean[i] = number_of(m, 0) - p->m;
        rate[i] = number_of(r, 0);
    }
    struct row of_rate = {"", p->text,
                          p->inverse ? inverse_gamma_below : gamma_below, p->p,
                          p->q};
    struct row of_mean = {"", p->text, student_below,
                          sqrt(p->q / (p->p * p->s)), 2.0 * p->p};
    double d = fmax(furthest(&of_rate, rate), furthest(&of_mean, mean));
    if (d > limit)
        fail_msg("%g from the posterior, %g is too far:\n%s", d, limit,
                 p->text);
    session_close(s);
}

static void means_and_rates_have_it_together(void **state)
{
    (void)state;
    for (uint64_t k = 0; k < PAIRS; k++) check_pair(&pairs[k], 31 + k);
}

/* A deviation of the mean, or of a reader, that does not go with the rate; a
 * mean that does; another reader of the mean. */
static void other_pairs_are_none(void **state)
{
    static const char *const texts[] = {
        "ASSUME m (normal 0 1)\nOBSERVE (normal m (sqrt v)) 1\n",
        "ASSUME m (normal 0 (sqrt v))\nOBSERVE (normal m 1) 1\n",
        "ASSUME m (normal 0 (sqrt v))\nOBSERVE (normal (* m v) (sqrt v)) 1\n",
        "ASSUME m (normal 0 (sqrt v))\nOBSERVE (normal m v) 1\n",
        "ASSUME m (normal v (sqrt v))\nOBSERVE (normal m (sqrt v)) 1\n",
        "ASSUME m (normal 0 (sqrt v))\nOBSERVE (poisson (exp m)) 1\n",
        "ASSUME m (normal 0 (sqrt v))\nOBSERVE (normal 0 (+ 1 v)) 1\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[200];
        bool done, changed;
        snprintf(text, sizeof text, "ASSUME v (inverse-gamma 3 2)\n%s",
                 texts[i]);
        struct session *s = open_with(text, 3);
        struct trace *t = s->engine->machine->engine;
        void *both[2] = {choice_of(t, "normal"), choice_of(t, "inverse-gamma")};
        assert_true(
            s->engine->op->gibbs_block(s->engine, both, 2, &done, &changed));
        if (done) fail_msg("a closed form for\n%s", text);
        session_close(s);
    }
}

static const struct {
    const char *family, *text;
} open_rows[] = {
    {"normal", "ASSUME x (normal 0 1)\nOBSERVE (normal (* x x) 1) 3\n"},
    {"normal", "ASSUME x (normal 0 1)\nOBSERVE (normal x (exp x)) 3\n"},
    {"normal", "ASSUME x (normal 0 1)\nOBSERVE (normal (exp x) 1) 3\n"},
    {"normal", "ASSUME x (normal 0 1)\nOBSERVE (normal (max x 0) 1) 3\n"},
    {"normal", "ASSUME x (normal 0 1)\nOBSERVE (normal (- (abs x)) 1) 3\n"},
    {"normal", "ASSUME x (normal 0 1)\nOBSERVE (normal (/ 1 x) 1) 3\n"},
    {"normal", "ASSUME x (normal 0 1)\nOBSERVE (student-t 3 x 1) 3\n"},
    {"normal", "ASSUME x (normal 0 1)\n(factor (* -1 (abs x)))\n"},
    {"normal", "ASSUME x (normal 0 1)\n"
               "OBSERVE (normal (if (> x 0) x 1) 1) 3\n"},
    {"normal", "ASSUME x (normal 0 1)\nASSUME z (flip 1)\n"
               "OBSERVE (normal (list-ref (list x 1) (if (> x 0) 0 1)) 1) 1\n"},
    {"beta", "ASSUME x (beta 2 3)\nOBSERVE (flip (* 0.5 x)) true\n"},
    {"beta", "ASSUME x (beta 2 3)\nOBSERVE (normal x 1) 0\n"},
    {"gamma", "ASSUME x (gamma 2 1)\nOBSERVE (poisson (+ 1 x)) 3\n"},
    {"gamma", "ASSUME x (gamma 2 1)\nOBSERVE (normal 0 x) 3\n"},
    {"iid",
     "ASSUME x (iid 2 (normal 0 1))\nOBSERVE (normal (* (x 0) (x 0)) 1) 3\n"},
    {"iid",
     "ASSUME x (iid 2 (normal 0 1))\nOBSERVE (normal (max (x 0) 0) 1) 3\n"},
    {"iid", "ASSUME x (iid 2 (normal 0 1))\n"
            "OBSERVE (normal (x (if (> (x 0) 0) 0 1)) 1) 3\n"},
    {"iid", "ASSUME x (iid 2 (normal 0 1))\nOBSERVE (student-t 3 (x 0) 1) 3\n"},
};

static void none_is_found_where_there_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof open_rows / sizeof *open_rows; i++) {
        struct session *s = open_with(open_rows[i].text, 3);
        struct trace *t = s->engine->machine->engine;
        bool done = true, changed;
        struct choice *c = choice_of(t, open_rows[i].family);
        double before = number_of(c, 0);
        assert_true(s->engine->op->gibbs(s->engine, c, element_of(c, 0), &done,
                                         &changed));
        if (done) fail_msg("a closed form for\n%s", open_rows[i].text);
        assert_true(number_of(c, 0) == before);
        session_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_have_the_posterior),
        cmocka_unit_test(so_have_elements),
        cmocka_unit_test(means_and_rates_have_it_together),
        cmocka_unit_test(other_pairs_are_none),
        cmocka_unit_test(none_is_found_where_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
