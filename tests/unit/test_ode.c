/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Differential equations with known solutions, and what is wrong with others;
 * hidden Markov models against sums over all paths of states.
 */
#include "prim.h"

#include "eval/global.h"

static struct machine *machine;

/* Forward sampling is not needed here: nothing is random. */
static bool force(struct machine *m, value v, bool deep, value *out)
{
    (void)m, (void)deep;
    *out = v;
    return true;
}

static const struct handler plain = {.force = force};

static int setup(void **state)
{
    struct error error;
    prim_setup(state);
    machine = machine_open(&error);
    if (!machine) return -1;
    machine->handler = &plain;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    machine_close(machine);
    return 0;
}

static bool evaluate(const char *text, value *out)
{
    struct source source = {"test", text, strlen(text)};
    struct reader reader;
    struct syntax *syntax;
    reader_open(&reader, &source, &machine->error);
    if (reader_datum(&reader, false, &syntax) != READ_DATUM) return false;
    struct code *code = machine_compile(machine, syntax);
    return code && machine_run(machine, code, 1, out);
}

/* The last number of the answer. */
static void ends_at(const char *text, double expected, double tolerance)
{
    value v;
    if (!evaluate(text, &v)) fail_msg("%s: %s", text, machine->error.message);
    assert_true(is_vector(v));
    const struct vector *x = as_vector(v);
    double got = x->at[x->head.size - 1];
    if (!(fabs(got - expected) <= tolerance * (1 + fabs(expected))))
        fail_msg("%s: %.15g, not %.15g", text, got, expected);
}

static void ode_fails(const char *text, enum error_kind kind, const char *words)
{
    value v;
    if (evaluate(text, &v)) fail_msg("%s is no error", text);
    if (machine->error.kind != kind || !strstr(machine->error.message, words))
        fail_msg("%s: \"%s\" (kind %d)", text, machine->error.message,
                 (int)machine->error.kind);
}

static void solutions(void **state)
{
    (void)state;
    ends_at("(ode-rk45 (lambda (t z) (- z)) 1 0 #(1 2))", exp(-2), 1e-7);
    ends_at("(ode-rk45 (lambda (t z) (vector (z 1) (- (z 0)))) #(0 1) 0 '(3))",
            cos(3), 1e-7);
    ends_at("(ode-rk45 (lambda (t z) (* 2 t)) 1 -1 #(-1 2))", 4, 1e-8);
    ends_at("(ode-rk45 (lambda (t z) (* 2 t)) 1 -1 #(-1))", 1, 0);
    ends_at("(ode-bdf (lambda (t z) (list (- (z 0)))) '(1) 0 #(1 2))", exp(-2),
            1e-6);
    /* dz/dt = -1000 (z - cos t): (1e6 cos t + 1e3 sin t - 1e6 e^-1000t)
     * / (1e6 + 1) from 0. */
    ends_at("(ode-bdf (lambda (t z) (* -1000 (- z (cos t)))) 0 0 #(0.5 10))",
            (1e6 * cos(10) + 1e3 * sin(10)) / (1e6 + 1), 1e-6);
    /* Robertson's reactions, stiff: the third species by Hairer and Wanner,
     * "Solving Ordinary Differential Equations II", 1996, section IV.10. */
    ends_at("(ode-bdf (lambda (t z) (let ((a (* 0.04 (z 0))) (b (* 1e4 (z 1) "
            "(z 2))) (c (* 3e7 (z 1) (z 1)))) (vector (- b a) (- a b c) c))) "
            "#(1 0 0) 0 #(40))",
            0.2841593, 1e-5);
}

/* Fewer steps where errors may be larger. */
static void tolerances(void **state)
{
    (void)state;
    ends_at("(ode-rk45 (lambda (t z) (- z)) 1 0 #(2) 1e-12 1e-12)", exp(-2),
            1e-11);
    ode_fails("(ode-rk45 (lambda (t z) (- z)) 1 0 #(2) 1e-12 1e-12 5)",
              ERROR_DOMAIN,
              "more than 5 steps to t = 2; the equations may be "
              "stiff: try ode-bdf");
    ode_fails("(ode-rk45 (lambda (t z) (- z)) 1 0 #(2) 0)", ERROR_DOMAIN,
              "tolerance");
    ode_fails("(ode-rk45 (lambda (t z) (- z)) 1 0 #(2) 'a)", ERROR_TYPE,
              "a number");
}

static void wrong_equations(void **state)
{
    (void)state;
    ode_fails("(ode-rk45 (lambda (t z) (* z z)) 1 0 #(2))", ERROR_DOMAIN,
              "does not go on to t = 2");
    ode_fails("(ode-bdf (lambda (t z) (* z z)) 1 0 #(2))", ERROR_DOMAIN, "ode");
    ode_fails("(ode-rk45 (lambda (t z) '(1 2)) #(1) 0 #(2))", ERROR_TYPE,
              "the state has 1 numbers, its derivative 2");
    ode_fails("(ode-rk45 (lambda (t z) 'a) 1 0 #(2))", ERROR_TYPE, "a number");
    ode_fails("(ode-rk45 (lambda (t z) (log -1)) 1 0 #(2))", ERROR_DOMAIN,
              "log: defined for");
    ode_fails("(ode-rk45 (lambda (t) 1) 1 0 #(2))", ERROR_ARITY, "operand");
    ode_fails("(ode-rk45 3 1 0 #(2))", ERROR_TYPE, "a procedure (f t z)");
    ode_fails("(ode-rk45 (lambda (t z) z) #() 0 #(2))", ERROR_DOMAIN,
              "a state has");
    ode_fails("(ode-rk45 (lambda (t z) z) inf 0 #(2))", ERROR_DOMAIN,
              "must be finite");
    ode_fails("(ode-rk45 (lambda (t z) z) 1 nan #(2))", ERROR_DOMAIN,
              "t0 must be finite");
    ode_fails("(ode-rk45 (lambda (t z) z) 1 0 #(2 1))", ERROR_DOMAIN,
              "got 1 after 2");
    ode_fails("(ode-rk45 (lambda (t z) z) 1 0 #())", ERROR_DOMAIN, "no times");
    ode_fails("(ode-rk45 (lambda (t z) z) 1 0 (vector inf))", ERROR_DOMAIN,
              "times must go up");
}

/* A solution inside of a solution; and without an end, a clear error. */
static void solutions_inside(void **state)
{
    (void)state;
    ends_at("(ode-rk45 (lambda (t z) ((ode-rk45 (lambda (u y) (* 2 u)) 0 0 "
            "(vector t)) 0)) 0 0 #(1))",
            1.0 / 3, 1e-7);
    ode_fails("(let f ((n 0)) (ode-rk45 (lambda (t z) (f (+ n 1))) 1 0 #(1)))",
              ERROR_LIMIT, "inside of each other");
}

/* ---- hidden Markov models ----------------------------------------------- */

enum { STATES = 3, TIMES = 6 };

static double random_share(struct random *r) { return random_open(r); }

/* All paths, one by one. */
static double sum_of_paths(double omega[STATES][TIMES],
                           double transition[STATES][STATES],
                           const double *initial)
{
    double sum = 0;
    int paths = 1;
    for (int t = 0; t < TIMES; t++) paths *= STATES;
    for (int code = 0; code < paths; code++) {
        int rest = code, before = 0;
        double p = 1;
        for (int t = 0; t < TIMES; t++, rest /= STATES) {
            int now = rest % STATES;
            p *= t ? transition[before][now] : initial[now];
            p *= exp(omega[now][t]);
            before = now;
        }
        sum += p;
    }
    return log(sum);
}

static void marginals(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 5);
    for (int round = 0; round < 20; round++) {
        double omega[STATES][TIMES], p[STATES][STATES], initial[STATES];
        for (int i = 0; i < STATES; i++)
            for (int t = 0; t < TIMES; t++) omega[i][t] = 3 * random_normal(&r);
        for (int i = 0; i <= STATES; i++) {
            double *row = i < STATES ? p[i] : initial, sum = 0;
            for (int j = 0; j < STATES; j++) sum += row[j] = random_share(&r);
            for (int j = 0; j < STATES; j++) row[j] /= sum;
        }
        value args[] = {vector_make(STATES, TIMES), vector_make(STATES, STATES),
                        vector_make(STATES, 0)},
              out;
        memcpy(as_vector(args[0])->at, omega, sizeof omega);
        memcpy(as_vector(args[1])->at, p, sizeof p);
        memcpy(as_vector(args[2])->at, initial, sizeof initial);
        assert_true(prim_call("hmm-marginal", 3, args, &out));
        double want = sum_of_paths(omega, p, initial);
        assert_true(fabs(as_double(out) - want) < 1e-13 * (1 + fabs(want)));
    }
}

#define HMM(omega_, transition_, initial_)                                     \
    "(hmm-marginal ($ matrix " omega_ ") ($ matrix " transition_ ") " initial_ \
    ")"
#define FREE "((1 0) (0 1))"

static void marginals_at_the_edges(void **state)
{
    (void)state;
    gives_about(HMM("((-1 -2) (-3 -4))", "((0.5 0.5) (0.5 0.5))", "#(1 0)"),
                -1 + log(0.5 * (exp(-2) + exp(-4))), 1e-15);
    /* The state that is there has long lost. */
    gives_about(HMM("((-1 -2000 -1) (0 -1 -5000))", FREE, "#(0.5 0.5)"),
                -2002 + log(0.5), 1e-15);
    gives(HMM("(#(-inf -1) #(-inf -1))", FREE, "#(0.5 0.5)"), "-inf");
    gives(HMM("(#(-inf -1) #(0 -1))", FREE, "#(1 0)"), "-inf");
    gives(HMM("((0) (0))", FREE, "(0.5 0.5)"), "0.0");
    static const struct prim_failure failures[] = {
        {HMM("((0 0) (0 0))", FREE, "#(1 0 0)"), ERROR_TYPE, "do not match"},
        {HMM("((0 0) (0 0))", "((1))", "#(1 0)"), ERROR_TYPE, "do not match"},
        {HMM("((0 0) (0 0))", FREE, "#(1 1)"), ERROR_DOMAIN, "initial"},
        {HMM("((0 0) (0 0))", "((1 0) (2 -1))", "#(1 0)"), ERROR_DOMAIN,
         "row 1 of the transition"},
        {HMM("(#(0 nan) #(0 0))", FREE, "#(1 0)"), ERROR_DOMAIN, "nan"},
        {HMM("(#(0 inf) #(0 0))", FREE, "#(1 0)"), ERROR_DOMAIN, "nan or inf"},
        {"(hmm-marginal #(1 2) #(1) #(1))", ERROR_TYPE, "a matrix"},
    };
    fail_all(failures);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(solutions),
        cmocka_unit_test(tolerances),
        cmocka_unit_test(wrong_equations),
        cmocka_unit_test(solutions_inside),
        cmocka_unit_test(marginals),
        cmocka_unit_test(marginals_at_the_edges),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
