/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The operations of the random database engine, through a session: what they
 * answer, what they refuse, and that a refusal leaves everything as it was,
 * to the last bit.
 */
#include "session/program.h"

#include <math.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "eval/print.h"
#include "session_open.h"

static void assert_near(double got, double expected, double by)
{
    if (!(fabs(got - expected) <= by))
        fail_msg("%.17g, not %.17g", got, expected);
}

static int setup(void **state)
{
    *state = open_engine("randomdb", 1);
    return 0;
}

static int teardown(void **state)
{
    session_close(*state);
    return 0;
}

static void run(struct session *s, const char *text)
{
    if (run_text(s, text)) return;
    char words[600];
    error_format(session_error(s), false, words, sizeof words);
    fail_msg("%s", words);
}

static void refused(struct session *s, const char *text, enum error_kind kind,
                    const char *words)
{
    if (run_text(s, text)) fail_msg("not refused: %s", text);
    const struct error *e = session_error(s);
    if (e->kind != kind ||
        !(strstr(e->message, words) || strstr(e->hint, words)))
        fail_msg("%s: kind %d: %s (%s)", text, e->kind, e->message, e->hint);
}

static struct directive *named(struct session *s, const char *name)
{
    struct directive *d = program_by_name(&s->program, symbol(name));
    if (!d) fail_msg("no directive %s", name);
    return d;
}

static struct directive *numbered(struct session *s, int id)
{
    struct directive *d = program_by_id(&s->program, id);
    if (!d) fail_msg("no directive %d", id);
    return d;
}

static value value_of(struct session *s, struct directive *d)
{
    value v = V_UNBOUND;
    if (!s->engine->op->value(s->engine, d, &v))
        fail_msg("directive %d: %s", d->id, session_error(s)->message);
    return v;
}

static double number_of(struct session *s, const char *name)
{
    value v = value_of(s, named(s, name));
    assert_true(is_number(v));
    return as_number(v);
}

static double log_score(struct session *s)
{
    return s->engine->op->log_score(s->engine);
}

static double score_of(struct session *s, struct directive *d)
{
    double x = NAN;
    assert_true(s->engine->op->directive_score(s->engine, d, &x));
    return x;
}

static struct transition_counts move(struct session *s, uint64_t n)
{
    struct transition_counts c = {0};
    assert_true(s->engine->op->transition(s->engine, n, &c));
    assert_int_equal(c.transitions, n);
    return c;
}

/* Everything that can be seen of a state, doubles to the last bit. */
static struct text picture(struct session *s)
{
    struct text t = {NULL, 0, 0};
    double score = log_score(s);
    uint64_t bits;
    memcpy(&bits, &score, sizeof bits);
    text_printf(&t, "%d directives, score %016llx, %llu of %llu free\n",
                s->program.count, (unsigned long long)bits,
                (unsigned long long)s->engine->op->free_choices(s->engine),
                (unsigned long long)s->engine->op->all_choices(s->engine));
    for (int i = 0; i < s->program.count; i++) {
        struct directive *d = s->program.at[i];
        value v = d->kind == DIRECTIVE_OBSERVE ? d->given : value_of(s, d);
        text_printf(&t, "%d %d ", d->id,
                    s->engine->op->is_random(s->engine, d));
        print_value(&t, v);
        text_add(&t, "\n", 1);
    }
    return t;
}

static void same_picture(struct text *before, struct session *s,
                         const char *after)
{
    struct text now = picture(s);
    if (strcmp(before->at, now.at) != 0)
        fail_msg("%s changed\n%sto\n%s", after, before->at, now.at);
    text_free(&now);
    text_free(before);
}

/* ---- changing the program ---------------------------------------------- */

static void a_directive_is_evaluated_when_added(void **state)
{
    struct session *s = *state;
    run(s, "ASSUME x (normal 0 1)\nASSUME y (+ x 1)\nASSUME k 7\n");
    assert_near(number_of(s, "y"), number_of(s, "x") + 1, 0);
    assert_true(s->engine->op->is_random(s->engine, named(s, "x")));
    assert_true(s->engine->op->is_random(s->engine, named(s, "y")));
    assert_false(s->engine->op->is_random(s->engine, named(s, "k")));
    assert_int_equal(s->engine->op->free_choices(s->engine), 1);
    run(s, "OBSERVE (normal x 1) 3");
    assert_int_equal(s->engine->op->free_choices(s->engine), 1);
    assert_int_equal(s->engine->op->all_choices(s->engine), 2);
}

static void what_refers_to_a_name_follows_its_replacement(void **state)
{
    struct session *s = *state;
    run(s, "ASSUME x (normal 0 1)\nASSUME k 2\nASSUME y (* k x)\n"
           "PREDICT (+ y k)\n");
    double x = number_of(s, "x");
    int id = named(s, "k")->id;
    run(s, "ASSUME k 5");
    assert_int_equal(named(s, "k")->id, id);
    assert_int_equal(s->program.count, 4);
    assert_near(number_of(s, "x"), x, 0);
    assert_near(number_of(s, "y"), 5 * x, 0);
    assert_near(as_number(value_of(s, numbered(s, 4))), 5 * x + 5, 0);
}

static void a_location_survives_an_unrelated_replacement(void **state)
{
    struct session *s = *state;
    run(s, "ASSUME a (normal 0 1)\nASSUME b (flip 0.5)\n"
           "ASSUME m (mem (lambda (i) (normal i 1)))\n"
           "ASSUME xs (map m '(1 2 3))\nASSUME z (normal (m 2) 1)\n");
    value xs = value_of(s, named(s, "xs"));
    double z = number_of(s, "z");
    run(s, "ASSUME b (list (flip 0.5) (normal 0 1))\nFORGET a\n");
    assert_true(value_equal(value_of(s, named(s, "xs")), xs));
    assert_near(number_of(s, "z"), z, 0);
}

static void what_is_forgotten_leaves_nothing(void **state)
{
    struct session *s = *state;
    run(s, "ASSUME x (normal 0 1)\n");
    double before = log_score(s);
    run(s, "OBSERVE (normal x 1) 4\n(factor (* 2 x))\nPREDICT (flip 0.3)\n");
    assert_true(log_score(s) != before);
    run(s, "FORGET 4\nFORGET 2\nFORGET 3\n");
    assert_near(log_score(s), before, 0);
    assert_int_equal(s->engine->op->all_choices(s->engine), 1);
    run(s, "CLEAR");
    assert_int_equal(s->engine->op->all_choices(s->engine), 0);
    assert_near(log_score(s), 0, 0);
}

static void what_is_no_longer_observed_moves_again(void **state)
{
    struct session *s = *state;
    run(s, "ASSUME x (flip 0.5)\nOBSERVE x true\n");
    assert_int_equal(s->engine->op->free_choices(s->engine), 0);
    assert_int_equal(move(s, 50).proposals, 0);
    run(s, "FORGET 2");
    assert_int_equal(s->engine->op->free_choices(s->engine), 1);
    int seen = 0;
    for (int i = 0; i < 50; i++) {
        move(s, 1);
        seen |= 1 << (value_of(s, named(s, "x")) == V_TRUE);
    }
    assert_int_equal(seen, 3);
}

static void rerun_draws_from_the_prior(void **state)
{
    struct session *s = *state;
    run(s, "ASSUME x (normal 0 1)\nASSUME y (normal x 1)\nOBSERVE y 2\n");
    double x = number_of(s, "x");
    assert_true(s->engine->op->rerun(s->engine));
    assert_true(number_of(s, "x") != x);
    assert_near(number_of(s, "y"), 2, 0);
    double gap = 2 - number_of(s, "x");
    x = number_of(s, "x");
    assert_near(log_score(s), -0.5 * (x * x + gap * gap) - log(2 * M_PI),
                1e-12);
}

static void a_bare_expression_leaves_no_trace(void **state)
{
    struct session *s = *state;
    run(s, "ASSUME c (make-crp 1)\nASSUME m (mem (lambda (i) (normal 0 1)))\n"
           "ASSUME x (m 1)\nASSUME l (c)\n");
    struct text before = picture(s);
    for (int i = 0; i < 20; i++)
        run(s, "(list (flip) (m 1) (m 2) (c) (if (< x 0) (normal 0 1) (m 3)))");
    same_picture(&before, s, "a bare expression");
    value v;
    struct error e = {0};
    const char *text = "(= x (m 1))";
    struct source source = {"bare", text, strlen(text)};
    struct reader reader;
    struct syntax *syntax;
    reader_open(&reader, &source, &e);
    assert_int_equal(reader_datum(&reader, false, &syntax), READ_DATUM);
    const struct code *code = machine_compile(s->machine, syntax);
    assert_non_null(code);
    assert_true(s->engine->op->evaluate(s->engine, code, &v));
    assert_true(v == V_TRUE);
}

static void a_stranger_is_no_directive(void **state)
{
    struct session *s = *state;
    run(s, "ASSUME x 1");
    struct directive stranger = *named(s, "x");
    value v;
    assert_false(s->engine->op->value(s->engine, &stranger, &v));
    assert_int_equal(session_error(s)->kind, ERROR_ENGINE);
    assert_false(s->engine->op->remove(s->engine, &stranger));
    assert_false(s->engine->op->is_random(s->engine, &stranger));
    assert_near(number_of(s, "x"), 1, 0);
}

/* ---- what is random ---------------------------------------------------- */

/* A directive that looked at a choice may hold nothing but a plain number;
 * what reads that number is random all the same. */
static void plain_results_of_looks_are_random(void **state)
{
    struct session *s = *state;
    run(s, "ASSUME n (if (flip 0.5) (+ 1 (randbelow 2)) 0)\n"
           "ASSUME up (lambda () (+ 10 later))\nASSUME twice (* 2 n)\n"
           "ASSUME later (if (flip 0.5) (begin (list 1) 1) 2)\n"
           "PREDICT (up)\nASSUME constant (* 2 3)\n");
    assert_true(s->engine->op->is_random(s->engine, named(s, "twice")));
    assert_true(s->engine->op->is_random(s->engine, numbered(s, 5)));
    assert_false(s->engine->op->is_random(s->engine, named(s, "constant")));
    for (int i = 0; i < 200; i++) {
        move(s, 1);
        assert_near(number_of(s, "twice"), 2 * number_of(s, "n"), 0);
        assert_near(as_number(value_of(s, numbered(s, 5))),
                    10 + number_of(s, "later"), 0);
    }
}

/* ---- refusals ---------------------------------------------------------- */

static const char *const model = "ASSUME coin (make-beta-bernoulli 1 2)\n"
                                 "ASSUME x (normal 0 1)\n"
                                 "ASSUME n (randbelow 3)\n"
                                 "ASSUME b (if (coin) (coin) (flip 0.3))\n"
                                 "ASSUME m (mem (lambda (i) (normal x i)))\n"
                                 "OBSERVE (m 1) 0.5\n"
                                 "OBSERVE (coin) true\n"
                                 "(factor (if b 0.25 0))\n"
                                 "ASSUME ys (map m '(1 2 3))\n"
                                 "PREDICT (list x n b ys)\n"
                                 "INFER 50\n";

static void an_error_of_any_kind_changes_nothing(void **state)
{
    static const struct {
        const char *text;
        enum error_kind kind;
        const char *words;
    } rows[] = {
        {"ASSUME q (+ x nothing-here)", ERROR_NAME, "nothing-here"},
        {"ASSUME q (normal x 1 2 3)", ERROR_ARITY, "normal"},
        {"ASSUME q (begin (flip) (car 5))", ERROR_TYPE, "car"},
        {"ASSUME q (list (coin) (flip 7))", ERROR_DOMAIN, "flip"},
        {"ASSUME q (begin (coin) (if (m 4) (/ 1 0) 2))", ERROR_DOMAIN, "zero"},
        {"OBSERVE (begin (coin) (m 2) (flip 1)) false", ERROR_IMPOSSIBLE,
         "false"},
        {"(condition (begin (coin) (< (m 5) (m 5))))", ERROR_IMPOSSIBLE,
         "condition"},
        {"(factor (begin (coin) (- inf)))", ERROR_IMPOSSIBLE, "factor"},
        {"OBSERVE (+ x 1) 2", ERROR_OBSERVE, "computed value"},
        {"OBSERVE (begin (coin) 3) 3", ERROR_OBSERVE, "computed value"},
        {"OBSERVE (let ((c (flip 1))) (if c c (flip))) true", ERROR_OBSERVE,
         "look"},
        {"OBSERVE (m 1) 0.7", ERROR_OBSERVE, "observed already"},
        {"OBSERVE (m (begin (coin) 1)) (/ 1 0)", ERROR_DOMAIN, "zero"},
        {"FORGET x", ERROR_USE, "in use"},
        {"ASSUME x (car 3)", ERROR_TYPE, "car"},
        {"ASSUME x (normal 0 -1)", ERROR_DOMAIN, "sd"},
        {"ASSUME n (lambda (", ERROR_SYNTAX, ""},
        {"ASSUME coin (make-beta-bernoulli 0 1)", ERROR_DOMAIN, ""},
        {"ASSUME x 4\nOBSERVE x 5", ERROR_OBSERVE, "computed value"},
        {"PREDICT (m (m (flip 2)))", ERROR_DOMAIN, "flip"},
        {"(car (coin))", ERROR_TYPE, "car"},
        {"INFER 0", ERROR_USE, ""},
    };
    struct session *s = *state;
    run(s, model);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        /* A row may do something before it fails. */
        bool first = strncmp(rows[i].text, "ASSUME x 4", 10) == 0;
        struct text before = picture(s);
        refused(s, rows[i].text, rows[i].kind, rows[i].words);
        if (first) {
            assert_near(number_of(s, "x"), 4, 0);
            run(s, "ASSUME x (normal 0 1)");
            text_free(&before);
        } else {
            same_picture(&before, s, rows[i].text);
        }
        move(s, 3);
    }
    assert_int_equal(move(s, 100).transitions, 100);
}

static void an_impossible_observation_is_told_whole(void **state)
{
    struct session *s = *state;
    refused(s, "ASSUME k 1\nOBSERVE (poisson 3) -2", ERROR_IMPOSSIBLE, "-2");
    const struct error *e = session_error(s);
    assert_non_null(strstr(e->message, "poisson"));
    assert_non_null(strstr(e->message, "support"));
    int line = 0, column = 0;
    source_place(e->span.source, e->span.start, &line, &column);
    assert_int_equal(line, 2);
    refused(s, "OBSERVE (flip 0.5) 'heads", ERROR_IMPOSSIBLE, "heads");
    assert_non_null(strstr(session_error(s)->message, "true or false"));
    refused(s, "OBSERVE (gamma 2 1) -0.5", ERROR_IMPOSSIBLE, "-0.5");
    assert_non_null(strstr(session_error(s)->message, "positive"));
    assert_int_equal(s->program.count, 1);
}

/* The present state cannot give it, but another one can. */
static void another_state_is_sought(void **state)
{
    struct session *s = *state;
    for (int i = 0; i < 20; i++) {
        run(s, "CLEAR\nASSUME n (randbelow 50)\nOBSERVE (binomial n 0.5) 40\n");
        assert_true(number_of(s, "n") >= 40);
    }
    refused(s, "OBSERVE (binomial n 0.5) 50", ERROR_IMPOSSIBLE, "50");
    assert_true(number_of(s, "n") >= 40);
}

static void one_choice_may_be_observed_twice_alike(void **state)
{
    struct session *s = *state;
    run(s, "ASSUME x (flip 0.25)\nOBSERVE x true\nOBSERVE x true\n");
    assert_near(log_score(s), log(0.25), 1e-15);
    refused(s, "OBSERVE x false", ERROR_OBSERVE, "observed already");
    assert_near(log_score(s), log(0.25), 1e-15);
}

/* ---- scores ------------------------------------------------------------ */

static double log_normal(double x, double mu, double sd)
{
    double z = (x - mu) / sd;
    return -0.5 * z * z - log(sd) - 0.5 * log(2 * M_PI);
}

static void scores_are_those_of_the_formulas(void **state)
{
    struct session *s = *state;
    run(s, "ASSUME coin (make-beta-bernoulli 1 2)\n"       /* 1 */
           "ASSUME x (normal 1 2)\n"                       /* 2 */
           "ASSUME b (flip 0.2)\n"                         /* 3 */
           "OBSERVE (normal (if b x 0) 0.5) 1.5\n"         /* 4 */
           "OBSERVE (coin) true\n"                         /* 5 */
           "OBSERVE (coin) true\n"                         /* 6 */
           "OBSERVE (coin) false\n"                        /* 7 */
           "(factor (* 0.3 x))\n"                          /* 8 */
           "(condition (< x 1000))\n"                      /* 9 */
           "PREDICT (begin (factor -0.5) (poisson 2))\n"); /* 10 */
    for (int i = 0; i < 50; i++) {
        double x = number_of(s, "x");
        bool b = value_of(s, named(s, "b")) == V_TRUE;
        double k = as_number(value_of(s, numbered(s, 10)));
        double of_x = log_normal(x, 1, 2), of_b = log(b ? 0.2 : 0.8);
        double seen = log_normal(1.5, b ? x : 0, 0.5);
        double urn = log(1.0 / 3 * 2 / 4 * 2 / 5);
        double count = k * log(2) - 2 - lgamma(k + 1);
        assert_near(log_score(s),
                    of_x + of_b + seen + urn + 0.3 * x + count - 0.5, 1e-9);
        assert_near(score_of(s, numbered(s, 2)), of_x, 1e-12);
        assert_near(score_of(s, numbered(s, 3)), of_b, 1e-12);
        assert_near(score_of(s, numbered(s, 4)), seen, 1e-12);
        /* An urn's choice, given all the others. */
        assert_near(score_of(s, numbered(s, 5)), log(2.0 / 5), 1e-12);
        assert_near(score_of(s, numbered(s, 7)), log(2.0 / 5), 1e-12);
        assert_near(score_of(s, numbered(s, 8)), 0.3 * x, 1e-12);
        assert_near(score_of(s, numbered(s, 9)), 0, 0);
        assert_near(score_of(s, numbered(s, 10)), count - 0.5, 1e-12);
        move(s, 3);
    }
}

/* ---- transitions ------------------------------------------------------- */

static void nothing_to_propose_is_no_error(void **state)
{
    struct session *s = *state;
    assert_int_equal(move(s, 10).proposals, 0);
    run(s, "ASSUME k (* 6 7)\nPREDICT k\nOBSERVE (normal 0 1) 1\n");
    struct transition_counts c = move(s, 1000);
    assert_int_equal(c.proposals, 0);
    assert_int_equal(c.accepted, 0);
    assert_near(number_of(s, "k"), 42, 0);
}

static void weight_zero_is_never_proposed(void **state)
{
    struct session *s = *state;
    run(s, "ASSUME x (weight 0 (normal 0 1))\n");
    double x = number_of(s, "x");
    assert_int_equal(move(s, 100).proposals, 0);
    run(s, "ASSUME y (normal x 1)\n");
    double y = number_of(s, "y");
    assert_int_equal(move(s, 100).proposals, 100);
    assert_near(number_of(s, "x"), x, 0);
    assert_true(number_of(s, "y") != y);
    refused(s, "ASSUME z (weight -1 (flip))", ERROR_TYPE, "not negative");
    refused(s, "ASSUME z (weight 2 (+ 1 2))", ERROR_TYPE, "random choice");
}

/* To a state in which the site itself could not be proposed there is no way
 * back: it is never entered. */
static void there_is_no_way_into_weight_zero(void **state)
{
    struct session *s = *state;
    run(s, "ASSUME b (let ((c (flip 0.5))) (weight (if c 0 1) c))\n"
           "ASSUME d (flip 0.5)\n");
    bool start = value_of(s, named(s, "b")) == V_TRUE;
    for (int i = 0; i < 100; i++) {
        move(s, 1);
        assert_true((value_of(s, named(s, "b")) == V_TRUE) == start);
    }
}

static void domain_errors_are_counted_by_place(void **state)
{
    struct session *s = *state;
    run(s, "ASSUME sd (normal 1 3)\n"
           "ASSUME ok (if (> sd 0) true true)\n"
           "OBSERVE (normal 0 sd) 0.3\n"
           "PREDICT (sqrt (+ 1 sd))\n");
    struct engine_complaint found[4];
    s->engine->op->complaints(s->engine, found, 4);
    struct transition_counts c = move(s, 4000);
    size_t n = s->engine->op->complaints(s->engine, found, 4);
    assert_int_equal(n, 1);
    assert_non_null(strstr(found[0].message, "sd must be positive"));
    assert_int_equal(found[0].count, c.impossible);
    /* P(sd <= 0) is about 0.37. */
    assert_true(c.impossible > 1000 && c.impossible < 2000);
    int line = 0, column = 0;
    source_place(found[0].span.source, found[0].span.start, &line, &column);
    assert_int_equal(line, 3);
    assert_int_equal(s->engine->op->complaints(s->engine, found, 4), 0);
}

static void a_limit_leaves_the_state_before(void **state)
{
    struct session *s = *state;
    run(s, "ASSUME x (normal 0 1)\n"
           "ASSUME spin (lambda (n) (if (= n 0) x (spin (- n 1))))\n"
           "ASSUME y (normal (spin 20000) 1)\nOBSERVE (normal y 1) 2\n"
           "INFER 20\n");
    struct machine *m = s->machine;
    struct text before = picture(s);
    struct transition_counts c = {0};
    m->steps_left = 5000;
    m->fuel = m->fuel_given = 0;
    assert_false(s->engine->op->transition(s->engine, 100, &c));
    assert_int_equal(session_error(s)->kind, ERROR_LIMIT);
    assert_int_equal(c.transitions, 0);
    m->steps_left = UINT64_MAX;
    same_picture(&before, s, "a step limit");
    before = picture(s);
    volatile int cancel = 1;
    m->cancel = &cancel;
    m->fuel = m->fuel_given = 0;
    assert_false(s->engine->op->transition(s->engine, 100, &c));
    assert_int_equal(session_error(s)->kind, ERROR_CANCEL);
    assert_int_equal(c.transitions, 0);
    m->cancel = NULL;
    same_picture(&before, s, "a cancel");
    assert_int_equal(move(s, 20).proposals, 20);
}

/* An error that is no rejection stops, and the state is the one before. */
static void an_error_in_a_proposal_stops(void **state)
{
    struct session *s = *state;
    run(s, "ASSUME n (randbelow 3)\nASSUME m (mem (lambda (i) (normal 0 1)))\n"
           "OBSERVE n 1\nASSUME l (list 1 2)\n"
           "ASSUME y (if (> (m n) -1000) (car (list-ref (list l l 5) n)) 0)\n");
    /* Free again, it is drawn again: 2 is refused. */
    while (!run_text(s, "FORGET 3"))
        assert_int_equal(session_error(s)->kind, ERROR_TYPE);
    struct transition_counts c = {0};
    for (int i = 0; i < 1000; i++) {
        struct text before = picture(s);
        if (!s->engine->op->transition(s->engine, 1, &c)) {
            assert_int_equal(session_error(s)->kind, ERROR_TYPE);
            same_picture(&before, s, "an error");
            assert_true(number_of(s, "n") < 2);
            return;
        }
        text_free(&before);
    }
    fail_msg("n was never proposed to be 2");
}

/* Values that an observation is about to change may be errors on the way,
 * though in no state that comes out. */
static void an_error_on_the_way_is_no_rejection(void **state)
{
    struct session *s = *state;
    run(s, "ASSUME id (flip 0.5)\n"
           "ASSUME m (mem (lambda (i) (uniform-draw '(0 1))))\n"
           "ASSUME y (if id 0 (car (if (= (m false) 1) '(1) 5)))\n"
           "OBSERVE (m id) 1\nPREDICT (m true)\n");
    uint64_t id = 0, tries = 4000;
    for (uint64_t i = 0; i < tries; i++) {
        move(s, 3);
        id += value_of(s, named(s, "id")) == V_TRUE;
    }
    /* 0.5 of draws that are worth 1,000 or more: 5 standard deviations. */
    assert_true(id > 0.42 * (double)tries && id < 0.58 * (double)tries);
}

/* ---- the same again ---------------------------------------------------- */

static const char *const busy =
    "ASSUME c (make-crp 1)\nASSUME z (mem (lambda (i) (c)))\n"
    "ASSUME mu (mem (lambda (k) (normal 0 2)))\n"
    "OBSERVE (normal (mu (z 0)) 1) 1\nOBSERVE (normal (mu (z 1)) 1) -1\n"
    "OBSERVE (normal (mu (z 2)) 1) 1.2\n"
    "ASSUME n (if (= (z 0) (z 1)) (poisson 3) (binomial 9 0.4))\n"
    "PREDICT (map mu (map z '(0 1 2)))\nINFER 500\n";

static void draw_picture(uint64_t seed, char *to, size_t size)
{
    struct session *s = open_engine("randomdb", seed);
    run(s, busy);
    struct text t = picture(s);
    snprintf(to, size, "%s", t.at);
    text_free(&t);
    session_close(s);
}

static void the_seed_says_every_bit(void **state)
{
    (void)state;
    static char here[4096], again[4096], other[4096], there[4096];
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    draw_picture(7, here, sizeof here);
    draw_picture(8, other, sizeof other);
    draw_picture(7, again, sizeof again);
    assert_string_equal(here, again);
    assert_string_not_equal(here, other);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        /* Another heap: addresses are not those of the parent. */
        for (int i = 0; i < 1000; i++) (void)memory_new(100 + (size_t)i);
        draw_picture(7, there, sizeof there);
        size_t length = strlen(there) + 1;
        _exit(write(pipes[1], there, length) == (ssize_t)length ? 0 : 1);
    }
    close(pipes[1]);
    size_t got = 0;
    for (ssize_t n; (n = read(pipes[0], there + got, sizeof there - got)) > 0;)
        got += (size_t)n;
    close(pipes[0]);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_string_equal(here, there);
}

/* ---- many -------------------------------------------------------------- */

static double seconds_of_observations(int count)
{
    struct session *s = open_engine("randomdb", 1);
    struct text t = {NULL, 0, 0};
    text_printf(&t, "ASSUME mu (normal 0 1)\n"
                    "ASSUME coin (make-beta-bernoulli 1 1)\n");
    for (int i = 0; i < count; i += 2)
        text_printf(&t, "OBSERVE (normal mu 1) %d\nOBSERVE (coin) true\n",
                    i % 7);
    clock_t start = clock();
    run(s, t.at);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    assert_int_equal(s->engine->op->all_choices(s->engine), count + 1);
    text_free(&t);
    session_close(s);
    return seconds;
}

/* 10,000 are a second's work or less; a load that grew as the square would
 * take four times as long for twice as many, and does not by far. */
static void many_observations_load_quickly(void **state)
{
    (void)state;
    double some = seconds_of_observations(10000);
    double twice = seconds_of_observations(20000);
    print_message("10,000 observations: %.2f s, 20,000: %.2f s\n", some, twice);
    assert_true(some < 5);
    assert_true(twice < 3 * some + 0.5);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    memory_init((size_t)64 << 20);
    const struct CMUnitTest tests[] = {
        TEST(a_directive_is_evaluated_when_added),
        TEST(what_refers_to_a_name_follows_its_replacement),
        TEST(a_location_survives_an_unrelated_replacement),
        TEST(what_is_forgotten_leaves_nothing),
        TEST(what_is_no_longer_observed_moves_again),
        TEST(rerun_draws_from_the_prior),
        TEST(a_bare_expression_leaves_no_trace),
        TEST(a_stranger_is_no_directive),
        TEST(plain_results_of_looks_are_random),
        TEST(an_error_of_any_kind_changes_nothing),
        TEST(an_impossible_observation_is_told_whole),
        TEST(another_state_is_sought),
        TEST(one_choice_may_be_observed_twice_alike),
        TEST(scores_are_those_of_the_formulas),
        TEST(nothing_to_propose_is_no_error),
        TEST(weight_zero_is_never_proposed),
        TEST(there_is_no_way_into_weight_zero),
        TEST(domain_errors_are_counted_by_place),
        TEST(a_limit_leaves_the_state_before),
        TEST(an_error_in_a_proposal_stops),
        TEST(an_error_on_the_way_is_no_rejection),
        TEST(the_seed_says_every_bit),
        TEST(many_observations_load_quickly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
