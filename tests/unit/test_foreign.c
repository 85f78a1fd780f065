/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random procedures written in C against vestige.h (tests/foreign.h): they
 * are what the built-in ones are under both engines, CHECK finds no fault in
 * them and finds planted ones, and what is wrong with one has a clear status.
 * That an urn of C is moved rightly in every state of small programs,
 * tests/balance/foreign shows.
 */
#include "../foreign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const engines[] = {"reduced", "randomdb"};

static struct vst_session *open_engine(const char *engine)
{
    struct vst_options o = {.engine = engine, .seed = 3, .seeded = 1};
    struct vst_session *s;
    char message[300];
    if (vst_open(&o, &s, message, sizeof message) != VST_OK)
        fail_msg("%s", message);
    return s;
}

static struct vst_session *open_with_all(const char *engine)
{
    struct vst_session *s = open_engine(engine);
    char message[300];
    for (int i = 0; i < C_ALL; i++)
        if (vst_add(s, c_all[i], message, sizeof message) != VST_OK)
            fail_msg("%s", message);
    return s;
}

static enum vst_status run(struct vst_session *s, const char *text)
{
    return vst_run(s, "test", text, strlen(text));
}

static void do_all(struct vst_session *s, const char *text)
{
    if (run(s, text) != VST_OK) fail_msg("%s", vst_error_text(s));
}

static double number(struct vst_session *s, const char *text)
{
    const double *at;
    do_all(s, text);
    if (vst_answer_numbers(s, &at) != 1) fail_msg("%s", text);
    return *at;
}

static void near(double x, double y, double room)
{
    if (!(fabs(x - y) <= room)) fail_msg("%.17g is not %.17g", x, y);
}

/* ---- as the built-in ones --------------------------------------------------- */

/* NAME is put in, and the table of all states is what it is with the
 * built-in one. */
static const struct {
    const char *text, *c, *own;
} tables[] = {
    {"ASSUME a (uniform-draw '(0.5 2))\n"
     "ASSUME coin (NAME a 1.5)\n"
     "ASSUME x (coin)\n"
     "ASSUME y (if x (coin) (flip 0.3))\n"
     "OBSERVE (coin) y\n"
     "OBSERVE (coin) true\n"
     "INFER (list a x y) 1 1 (enumerate)",
     "c-beta-bernoulli", "make-beta-bernoulli"},
    {"ASSUME n (+ 2 (NAME 4))\n"
     "ASSUME k (NAME n)\n"
     "OBSERVE (binomial k 0.3) 2\n"
     "OBSERVE (flip (/ 1 k)) true\n"
     "INFER (list n k) 1 1 (enumerate)",
     "c-die", "uniform-discrete 1"},
    {"ASSUME w (list 1 (uniform-draw '(2 3)) 4)\n"
     "ASSUME i (NAME w)\n"
     "OBSERVE (NAME w) i\n"
     "INFER (list w i) 1 1 (enumerate)",
     "c-shares", "multinomial '(0 1 2)"},
};

static char *put_in(const char *text, const char *name)
{
    static char out[4][1000];
    static int turn;
    char *to = out[turn = (turn + 1) % 4], *at = to;
    for (; *text; text++) {
        if (strncmp(text, "NAME", 4) == 0) {
            at += sprintf(at, "%s", name);
            text += 3;
        } else {
            *at++ = *text;
        }
    }
    *at = 0;
    return to;
}

/* The probabilities of a table, in its order. */
static int read_table(const char *text, double *p)
{
    int n = 0;
    static const char field[] = "\"probability\":";
    for (const char *at = text; (at = strstr(at, field)); n++) {
        at += sizeof field - 1;
        p[n] = strtod(at, NULL);
    }
    return n;
}

static void states_have_the_same_probabilities(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (int e = 0; e < 2; e++) {
            struct vst_session *s = open_with_all(engines[e]);
            double c[200], own[200];
            do_all(s, put_in(tables[i].text, tables[i].c));
            int n = read_table(vst_answer_json(s), c);
            do_all(s, "CLEAR");
            do_all(s, put_in(tables[i].text, tables[i].own));
            if (n < 4 || read_table(vst_answer_json(s), own) != n)
                fail_msg("%s", vst_answer_json(s));
            for (int k = 0; k < n; k++) near(c[k], own[k], 1e-12);
            vst_close(s);
        }
}

static void densities_are_the_same(void **state)
{
    (void)state;
    struct vst_session *s = open_with_all("reduced");
    near(number(s, "(log-density (c-normal 1 2) 0.3)"),
         number(s, "(log-density (normal 1 2) 0.3)"), 1e-14);
    near(number(s, "(log-density (c-steps 3 2) (list->vector (list 1 2 0)))"),
         number(s, "(log-density (gaussian-random-walk 3 2) (list->vector "
                   "(list 1 2 0)))"),
         1e-13);
    near(number(s, "(log-density (iid 2 (c-normal 1 2)) (list 1 3))"),
         number(s, "(log-density (iid 2 (normal 1 2)) (list 1 3))"), 1e-14);
    near(number(s, "(log-density (c-shares (list->vector (list 1 2 5))) 2)"),
         log(0.625), 1e-15);
    near(number(s, "(log-density (c-die 6) 6)"), -log(6), 1e-15);
    assert_true(number(s, "(log-density (c-die 6) 7)") == -INFINITY);
    assert_true(number(s, "(log-density (c-die 6) 2.5)") == -INFINITY);
    assert_true(number(s, "(log-density (c-die 6) 'a)") == -INFINITY);
    assert_true(number(s, "(log-density (c-steps 3 2) (list 1 2))") ==
                -INFINITY);
    vst_close(s);
}

/* Under kernels of all kinds, with seven standard errors each: a false alarm in
 * 1e-10 of seeds, were they not fixed. */
static const struct {
    const char *kernel, *text;
    double truth;
} moved[] = {
    {"(mh)", "c-normal", 0.8},
    {"(drift all one)", "c-normal", 0.8},
    {"(slice all one)", "c-normal", 0.8},
    {"(mh)", "c-die", 6 / 2.45},
    {"(gibbs)", "c-die", 6 / 2.45},
    {"(rejection)", "c-die", 6 / 2.45},
    {"(enumerate)", "c-die", 6 / 2.45},
};

static void kernels_take_them(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2 * sizeof moved / sizeof *moved; k++) {
        const char *engine = engines[k % 2];
        struct vst_session *s = open_with_all(engine);
        struct vst_column c;
        struct vst_summary y;
        char text[100];
        do_all(s, strcmp(moved[k / 2].text, "c-die") == 0
                      ? "ASSUME x (c-die 6)\n"
                        "OBSERVE (flip (/ 1 x)) true"
                      : "ASSUME x (c-normal 0 1)\n"
                        "OBSERVE (c-normal x 0.5) 1");
        snprintf(text, sizeof text, "INFER %s :samples 2000",
                 moved[k / 2].kernel);
        do_all(s, text);
        assert_true(vst_column_named(s, "x", &c) && vst_summarise(&c, &y));
        if (!(fabs(y.mean - moved[k / 2].truth) < 7 * y.mcse && y.mcse < 0.2))
            fail_msg("%s %s: %g with %g", engine, moved[k / 2].kernel, y.mean,
                     y.mcse);
        vst_close(s);
    }
}

/* A normal with a known deviation is conjugate when it is the house's own;
 * of one in C that is not known, and gibbs says so. */
static void gibbs_refuses_by_name(void **state)
{
    (void)state;
    struct vst_session *s = open_with_all("reduced");
    do_all(s, "ASSUME x (c-normal 0 1)\nOBSERVE (normal x 1) 2");
    assert_int_equal(run(s, "INFER (gibbs) :samples 10"), VST_USE);
    assert_non_null(strstr(vst_message(s), "c-normal"));
    vst_close(s);
}

static void vectors_keep_their_length(void **state)
{
    (void)state;
    for (int e = 0; e < 2; e++) {
        struct vst_session *s = open_with_all(engines[e]);
        const double *at;
        do_all(s, "ASSUME n (+ 1 (c-die 3))\n"
                  "ASSUME v (c-steps n 0.5)\n"
                  "OBSERVE (normal (sum v) 0.1) 3\n"
                  "INFER (mh) :samples 3000");
        for (int i = 0; i < 20; i++) {
            do_all(s, "INFER 50");
            assert_true(number(s, "n") == number(s, "(length v)"));
        }
        do_all(s, "v");
        assert_in_range(vst_answer_numbers(s, &at), 2, 4);
        vst_close(s);
    }
}

/* ---- CHECK, HELP ------------------------------------------------------------- */

static const char *const checks[] = {
    "CHECK c-beta-bernoulli :parameters (list 0.7 2)",
    "CHECK c-echo :parameters (list 0.7) :arguments (list true)",
    "CHECK c-normal :arguments (list 1.0 2.0)",
    "CHECK c-die :arguments (list 6)",
    "CHECK c-steps 1000 :arguments (list 3 2)",
    "CHECK c-shares :arguments (list (list 1 2 5))",
};

static void no_fault_is_found(void **state)
{
    (void)state;
    struct vst_session *s = open_with_all("reduced");
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        do_all(s, checks[i]);
        if (!strstr(vst_answer_text(s), "no fault found"))
            fail_msg("%s\n%s", checks[i], vst_answer_text(s));
    }
    vst_close(s);
}

static int lean(const struct vst_site *s, struct vst_random *r, double *v)
{
    (void)s;
    *v = vst_random_uniform(r) < 0.9;
    return 1;
}

static void forget(const struct vst_site *s, const double *v)
{
    (void)s, (void)v;
}

static double half_score(const struct vst_site *s)
{
    return 0.5 * c_coin_score(s);
}

static int half_slopes(const struct vst_site *s, const double *v,
                       double *by_value, double *const *by_args)
{
    c_normal_slopes(s, v, by_value, by_args);
    *by_args[1] *= 0.5;
    return 1;
}

static void planted_faults_are_found(void **state)
{
    (void)state;
    struct vst_session *s = open_engine("reduced");
    struct vst_xrp wrong[4] = {c_coin, c_coin, c_coin, c_normal};
    static const char *const says[4] = {"FAULT  sampling", "FAULT  remove",
                                        "FAULT  score-state",
                                        "FAULT  gradient"};
    wrong[0].sample = lean;
    wrong[1].remove = forget;
    wrong[2].score = half_score;
    wrong[3].gradient = half_slopes;
    for (int i = 0; i < 4; i++) {
        char name[16], text[80];
        snprintf(name, sizeof name, "c-%d", i);
        wrong[i].name = name;
        assert_int_equal(vst_add(s, &wrong[i], NULL, 0), VST_OK);
        snprintf(text, sizeof text, "CHECK %s %s (list 1.0 2.0)", name,
                 i < 3 ? ":parameters" : ":arguments");
        do_all(s, text);
        if (!strstr(vst_answer_text(s), says[i]))
            fail_msg("%s", vst_answer_text(s));
    }
    vst_close(s);
}

static void it_is_documented(void **state)
{
    (void)state;
    struct vst_session *s = open_with_all("reduced");
    do_all(s, "HELP c-normal");
    assert_non_null(strstr(vst_answer_text(s), "(c-normal mu sd)"));
    assert_non_null(strstr(vst_answer_text(s), "a normal variable, in C"));
    assert_non_null(strstr(vst_answer_text(s), "gives a real number"));
    assert_non_null(strstr(vst_list(s), "(c-die faces)"));
    assert_non_null(
        strstr(vst_list_json(s), "{\"topic\":\"makers\",\"names\":\"c-echo\""));
    vst_close(s);
}

/* ---- what is wrong with it ------------------------------------------------- */

static void refused(const struct vst_xrp *x, enum vst_status status,
                    const char *says)
{
    struct vst_session *s = open_engine("reduced");
    char message[300];
    enum vst_status got = vst_add(s, x, message, sizeof message);
    if (got != status || !strstr(message, says))
        fail_msg("%s: %s", vst_status_name(got), message);
    assert_int_equal(run(s, "(+ 1 1)"), VST_OK);
    vst_close(s);
}

static void names_are_looked_at(void **state)
{
    static const char *const taken[] = {"flip", "map",    "if",
                                        "mh",   "assume", "pi"};
    static const char *const none[] = {"", "1st", "a b", "(a)", "-", ":a"};
    (void)state;
    struct vst_xrp x = c_die;
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        x.name = taken[i];
        refused(&x, VST_NAME, "the name is taken");
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        x.name = none[i];
        refused(&x, VST_NAME, "is no name of a random procedure");
    }
    x.name = NULL;
    refused(&x, VST_NAME, "is no name");
    struct vst_session *s = open_engine("reduced");
    do_all(s, "ASSUME c-die 3\n(define (f) (c-normal 0 1))");
    assert_int_equal(vst_add(s, &c_die, NULL, 0), VST_NAME);
    assert_int_equal(vst_add(s, &c_normal, NULL, 0), VST_NAME);
    assert_int_equal(vst_add(s, &c_steps, NULL, 0), VST_OK);
    assert_int_equal(vst_add(s, &c_steps, NULL, 0), VST_NAME);
    vst_close(s);
}

static void what_is_missing_is_told(void **state)
{
    (void)state;
    struct vst_xrp x = c_coin;
    x.sample = NULL;
    refused(&x, VST_USE, "c-beta-bernoulli: the function sample is missing");
    x = c_coin, x.log_prob = NULL;
    refused(&x, VST_USE, "the function log_prob is missing");
    x = c_coin, x.remove = NULL;
    refused(&x, VST_USE, "a state needs the function remove");
    x = c_coin, x.incorporate = NULL;
    refused(&x, VST_USE, "a state needs the function incorporate");
    x = c_coin, x.doc = NULL;
    refused(&x, VST_USE, "doc");
    x = c_coin, x.state_size = 0;
    refused(&x, VST_USE, "state_size is 0");
    x = c_steps, x.length = NULL;
    refused(&x, VST_USE, "vectors need the function length");
    x = c_normal, x.support = VST_INTERVAL;
    refused(&x, VST_USE, "an interval needs the function bounds");
    x = c_normal, x.support = (enum vst_support)40;
    refused(&x, VST_USE, "there is no support 40");
    x = c_normal, x.flags = 64;
    refused(&x, VST_USE, "a flag");
    x = c_normal, x.min = 3;
    refused(&x, VST_ARITY, "got 3 to 2 arguments");
    x = c_normal, x.max = 101;
    refused(&x, VST_ARITY, "got 2 to 101");
    x = c_coin, x.params_min = -1;
    refused(&x, VST_ARITY, "-1 to 2 parameters");
}

static int seven(const struct vst_site *s, struct vst_random *r, double *v)
{
    (void)s, (void)r;
    *v = 7.0;
    return 1;
}

static double not_a_number(const struct vst_site *s, const double *v)
{
    (void)s, (void)v;
    return NAN;
}

static double too_large(const struct vst_site *s, const double *v)
{
    (void)s, (void)v;
    return 0.25;
}

static double infinite(const struct vst_site *s, const double *v)
{
    (void)s, (void)v;
    return INFINITY;
}

static double seldom_bad(const struct vst_site *s, const double *v)
{
    return *v > 1.0 ? INFINITY : c_normal_log(s, v);
}

static const struct {
    const char *text;
    enum vst_status status;
    const char *says;
} uses[] = {
    {"(c-six 6)", VST_TYPE,
     "c-six: sample gave 7, which is not in its support"},
    {"ASSUME x (c-six 6)", VST_TYPE, "c-six: sample gave 7"},
    {"ASSUME x (if (flip 0.999999) 1 (c-six 6))\nINFER (mh) :samples 100",
     VST_OK, ""},
    {"OBSERVE (c-nan 6) 2", VST_DOMAIN,
     "c-nan: log_prob answered nan, which is no log probability"},
    {"OBSERVE (c-large 6) 2", VST_TYPE,
     "c-large: log_prob answered 0.25, which is no log probability"},
    {"OBSERVE (c-infinite 0 1) 2", VST_TYPE,
     "c-infinite: log_prob answered inf, which is no log density"},
    {"ASSUME x (c-seldom 0 1)\nINFER (mh) :samples 1000", VST_TYPE,
     "c-seldom: log_prob answered inf"},
    {"(c-normal 0 -1)", VST_DOMAIN,
     "c-normal: parameters out of their domain; it is used as (c-normal mu "
     "sd)"},
    {"(c-beta-bernoulli 1 -2)", VST_DOMAIN,
     "c-beta-bernoulli: b must be positive, got -2"},
    {"(c-normal 'a 1)", VST_DOMAIN,
     "c-normal: argument 1 must be a number or an array of numbers, got the "
     "symbol a"},
    {"(c-shares (list 1 'a))", VST_DOMAIN, "argument 1 must be a number"},
    {"(c-steps 2000 1)", VST_DOMAIN, "no length"},
    {"(c-normal 1)", VST_ARITY, "c-normal: expected 2 operands, got 1"},
    {"((c-echo 1))", VST_ARITY, "expected 1 operand, got 0"},
    {"((c-beta-bernoulli 1 1) 1)", VST_ARITY, "expected 0 operands, got 1"},
    {"(truncated (c-normal 0 1) 0 1)", VST_DOMAIN,
     "c-normal has no cumulative distribution function"},
    {"OBSERVE (c-die 6) 9", VST_IMPOSSIBLE, "c-die"},
};

static void what_goes_wrong_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
        for (int e = 0; e < 2; e++) {
            struct vst_session *s = open_with_all(engines[e]);
            struct vst_xrp six = c_die, nan = c_die, large = c_die,
                           infinity = c_normal, seldom = c_normal;
            six.name = "c-six", six.sample = seven;
            nan.name = "c-nan", nan.log_prob = not_a_number;
            large.name = "c-large", large.log_prob = too_large;
            infinity.name = "c-infinite", infinity.log_prob = infinite;
            seldom.name = "c-seldom", seldom.log_prob = seldom_bad;
            const struct vst_xrp *more[] = {&six, &nan, &large, &infinity,
                                            &seldom};
            for (int k = 0; k < 5; k++)
                assert_int_equal(vst_add(s, more[k], NULL, 0), VST_OK);
            enum vst_status got = run(s, uses[i].text);
            if (got != uses[i].status || !strstr(vst_message(s), uses[i].says))
                fail_msg("%s, %s: %s: %s", engines[e], uses[i].text,
                         vst_status_name(got), vst_message(s));
            do_all(s, "(c-normal 0 1)");
            vst_close(s);
        }
}

/* ---- before any session ------------------------------------------------------ */

static int context_draw(const struct vst_site *s, struct vst_random *r,
                        double *v)
{
    ++*(int *)s->context;
    *v = (double)(vst_random_bits(r) % 2);
    return s->args == NULL || s->arg_count == 0;
}

static double context_log(const struct vst_site *s, const double *v)
{
    (void)s, (void)v;
    return -log(2.0);
}

/* Last: every session that comes after knows it. */
static void it_may_come_before_the_session(void **state)
{
    int calls = 0;
    char name[] = "c-fair", doc[] = "a fair coin", message[200];
    struct vst_xrp fair = {.name = name,
                           .doc = doc,
                           .support = VST_BOOLEAN,
                           .context = &calls,
                           .sample = context_draw,
                           .log_prob = context_log};
    (void)state;
    assert_int_equal(vst_add(NULL, &fair, message, sizeof message), VST_OK);
    assert_int_equal(vst_add(NULL, &fair, message, sizeof message), VST_NAME);
    memset(name, 'x', sizeof name - 1);
    memset(doc, 'x', sizeof doc - 1);
    for (int e = 0; e < 2; e++) {
        struct vst_session *s = open_engine(engines[e]);
        int before = calls;
        do_all(s, "(list (c-fair) (c-fair))\nHELP c-fair");
        assert_int_equal(calls, before + 2);
        assert_non_null(strstr(vst_answer_text(s), "(c-fair)"));
        assert_non_null(strstr(vst_answer_text(s), "a fair coin"));
        fair.name = "c-fair";
        assert_int_equal(vst_add(s, &fair, NULL, 0), VST_NAME);
        vst_close(s);
    }
    struct vst_xrp flip = c_die;
    struct vst_session *s;
    flip.name = "flip";
    assert_int_equal(vst_add(NULL, &flip, NULL, 0), VST_OK);
    assert_int_equal(vst_open(NULL, &s, message, sizeof message), VST_NAME);
    assert_non_null(strstr(message, "flip: the name is taken"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_have_the_same_probabilities),
        cmocka_unit_test(densities_are_the_same),
        cmocka_unit_test(kernels_take_them),
        cmocka_unit_test(gibbs_refuses_by_name),
        cmocka_unit_test(vectors_keep_their_length),
        cmocka_unit_test(no_fault_is_found),
        cmocka_unit_test(planted_faults_are_found),
        cmocka_unit_test(it_is_documented),
        cmocka_unit_test(names_are_looked_at),
        cmocka_unit_test(what_is_missing_is_told),
        cmocka_unit_test(what_goes_wrong_is_told),
        cmocka_unit_test(it_may_come_before_the_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
