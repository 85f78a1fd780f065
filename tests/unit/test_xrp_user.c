/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * XRPs written in the language: what make-xrp refuses, what its families do
 * in C, what becomes of an error in a user's procedure, and that CHECK finds
 * the faults that are planted here. That they are right under inference is
 * what tests/exact and tests/balance show (own-*.church).
 */
#include "xrp/user.h"

#include <math.h>
#include <stdio.h>

#include "session_open.h"
#include "xrp/user_bag.h"

static const char *const engine_names[] = {"reduced", "randomdb"};

static void do_all(struct session *s, const char *text)
{
    if (!run_text(s, text)) fail_msg("%s\n%s", session_error(s)->message, text);
}

static value held(struct session *s, const char *name)
{
    return machine_global(s->machine, name)->held;
}

static void near(double x, double y, double room)
{
    if (!(fabs(x - y) <= room)) fail_msg("%.17g is not %.17g", x, y);
}

/* ---- bags ------------------------------------------------------------------ */

struct seen {
    uint64_t times[40];
    uint64_t sum;
};

static bool see(void *context, value v, uint64_t n)
{
    struct seen *seen = context;
    seen->times[as_int(v)] = n;
    seen->sum += n;
    return true;
}

/* Against an array; the bags of before stay as they were. */
static void bags_count(void **state)
{
    (void)state;
    struct random r;
    const struct bag *bag = NULL, *early = NULL;
    uint64_t times[40] = {0}, early_times[40], sum = 0;
    random_seed(&r, 1);
    for (int i = 0; i < 4000; i++) {
        uint64_t v = random_below(&r, 40);
        bool in = random_unit(&r) < (i % 1000 < 500 ? 0.7 : 0.3);
        if (i == 300) {
            early = bag;
            memcpy(early_times, times, sizeof times);
        }
        assert_true((in ? bag_add : bag_drop)(bag, v_int((int64_t)v), &bag));
        if (in || times[v]) {
            times[v] += in ? 1 : (uint64_t)-1;
            sum += in ? 1 : (uint64_t)-1;
        }
        struct seen seen = {{0}, 0};
        assert_true(bag_each(bag, see, &seen));
        assert_memory_equal(seen.times, times, sizeof times);
        assert_int_equal(seen.sum, sum);
    }
    struct seen seen = {{0}, 0};
    bag_each(early, see, &seen);
    assert_memory_equal(seen.times, early_times, sizeof times);
    for (int v = 0; v < 40; v++)
        while (times[v]-- > 0) bag_drop(bag, v_int(v), &bag);
    assert_null(bag);
}

/* ---- what is refused --------------------------------------------------------- */

#define COIN                                                     \
    "define (odds s v) (/ (+ 1 (if v (car s) (cadr s)))"         \
    "                     (+ 2 (car s) (cadr s)))\n"             \
    "define (count s v by) (if v (list (+ (car s) by) (cadr s))" \
    "                            (list (car s) (+ (cadr s) by)))\n"
#define COIN_BUT_REMOVE                                                      \
    ":initialize (lambda () '(0 0)) :sample (lambda (s) (flip (odds s #t)))" \
    ":incorporate (lambda (s v) (count s v 1))"                              \
    ":prob (lambda (s v) (log (odds s v)))"
#define REMOVE ":remove (lambda (s v) (count s v -1))"

static const struct refused {
    const char *text;
    enum error_kind kind;
    const char *message, *hint;
} refused[] = {
    {"(make-xrp :sample flip)", ERROR_USE, ":prob is missing", ""},
    {"(make-xrp :prob log)", ERROR_USE, ":sample is missing", ""},
    {"(make-xrp :sampel flip)", ERROR_USE, "there is no :sampel",
     "did you mean :sample?"},
    {"(make-xrp flip)", ERROR_TYPE, "expected a keyword", ""},
    {"(make-xrp :sample)", ERROR_USE, ":sample needs a value", ""},
    {"(make-xrp :sample flip :sample flip)", ERROR_USE, "given twice", ""},
    {"(make-xrp :sample 3 :prob log)", ERROR_TYPE, "expected a procedure", ""},
    {"(make-xrp " COIN_BUT_REMOVE ")", ERROR_USE,
     ":remove is missing: an XRP with state needs it", ""},
    {"(make-xrp " COIN_BUT_REMOVE ":remove (lambda (s) s))", ERROR_ARITY,
     ":remove is called with (state value), and takes 1 operand", ""},
    {"(make-xrp " COIN_BUT_REMOVE REMOVE ":weight (lambda (v) 1))", ERROR_ARITY,
     ":weight is called with (state value), and takes 1 operand", ""},
    {"(make-xrp " COIN_BUT_REMOVE REMOVE ":state-weight (lambda (s) 1))",
     ERROR_USE, ":state-propose is missing: :state-weight says how often", ""},
    {"(make-xrp " COIN_BUT_REMOVE ":remove (lambda (s v n) s))", ERROR_ARITY,
     ":remove is called with (state value), and takes 3 operands", ""},
    {"(make-xrp :initialize (lambda () 0) :sample (lambda (s n) n)"
     ":incorporate (lambda (s v n) s) :remove (lambda (s v n) s)"
     ":prob (lambda (s v n) 0) :state-propose (lambda (s vs) #f))",
     ERROR_ARITY, ":state-propose is called with (state values arguments)", ""},
    {"(make-xrp " COIN_BUT_REMOVE REMOVE ":labels? #t)", ERROR_USE,
     ":support is missing", ""},
    {"(make-xrp :parameters (list 1) :sample (lambda (a b) 1)"
     ":prob (lambda (v) 0))",
     ERROR_ARITY, ":prob is called with (value 1 parameter argument ...)", ""},
    {"(make-xrp :sample (lambda () 1) :prob (lambda (v) 0) :support 'blue)",
     ERROR_TYPE, "one of any boolean", ""},
    {"(make-xrp :sample (lambda () 1) :prob (lambda (v) 0) :rescores? 3)",
     ERROR_TYPE, "True, False or a procedure", ""},
    {"(make-xrp :sample (lambda () 1) :prob (lambda (v) 'a))", ERROR_TYPE,
     "expected a log probability", ""},
    {"(make-xrp :sample (lambda () 1) :prob (lambda (v) inf))", ERROR_TYPE,
     "expected a log probability", ""},
    {"(make-xrp :sample (lambda () (car 1)) :prob (lambda (v) 0))", ERROR_TYPE,
     ":sample: car: expected a non-empty list", ""},
    {"(make-xrp :sample (lambda () 1) :prob (lambda (v) 0)"
     ":support (lambda () 5))",
     ERROR_TYPE, ":support: expected a list of values", ""},
    {"define p (beta 1 1)\n(make-xrp :sample (lambda () (flip p))"
     ":prob (lambda (v) (log p)))",
     ERROR_USE, ":sample looks at p, which is random", ":parameters"},
    {"define (f p) (make-xrp :sample (lambda () (flip p))"
     ":prob (lambda (v) (log p)))\n(f (beta 1 1))",
     ERROR_USE, ":sample looks at a random choice", ":parameters"},
    {"(make-xrp :sample (lambda () ((mem flip))) :prob (lambda (v) 0))",
     ERROR_USE, "mem cannot stand in a procedure of make-xrp", ""},
    {"define x (make-xrp :sample (lambda (y) (factor y)) :prob (lambda (v y) "
     "0))\n(x 1)",
     ERROR_USE, "factor cannot stand in", ""},
    {"define c (make-xrp " COIN_BUT_REMOVE REMOVE ")\n"
     "define x (make-xrp :sample (lambda () (c)) :prob (lambda (v) 0))",
     ERROR_USE, "a random procedure with state cannot stand in", ""},
    {"define x (make-xrp :sample (lambda () (x)) :prob (lambda (v) 0))\n(x)",
     ERROR_LIMIT, "", ""},
};

static void refusals_are_clear(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct session *s = open_engine(engine_names[i % 2], 3);
        do_all(s, COIN);
        const struct error *e = session_error(s);
        if (run_text(s, refused[i].text))
            fail_msg("passes: %s", refused[i].text);
        if (e->kind != refused[i].kind ||
            !strstr(e->message, refused[i].message) ||
            !strstr(e->hint, refused[i].hint) || !e->span.source)
            fail_msg("%s\ngives %d %s (%s)", refused[i].text, (int)e->kind,
                     e->message, e->hint);
        session_close(s);
    }
}

/* ---- the families ---------------------------------------------------------------- */

static const char urn_text[] =
    COIN "define (lost s n) (list (- (car s) n) (cadr s))\n"
         "define coin (make-xrp " COIN_BUT_REMOVE REMOVE
         " :unsample (lambda (s v) (count s v 5))"
         " :score-state (lambda (s) (- 0.0 (car s) (* 10 (cadr s))))"
         " :weight (lambda (s v) (+ (cadr s) (if v 3 4)))"
         " :state-weight (lambda (s) (+ 1 (car s)))"
         " :state-propose (lambda (s vs) (list (map not vs) -1 -2))"
         " :support (lambda (s) (list #t #f)))";

/* What an engine would have: the user as parameter, and a state. */
static struct xrp_site site_of(struct session *s, value *params)
{
    struct user *u;
    uint32_t count;
    const value *written;
    assert_true(user_find(s->machine, held(s, "coin"), &u, &count, &written));
    assert_int_equal(count, 1);
    *params = v_object(u);
    struct xrp_site site = {params, 1, NULL, NULL, 0, u->xrp.family};
    site.state = u->xrp.family->initialize(&site);
    return site;
}

static void urns_do_what_they_say(void **state)
{
    (void)state;
    struct session *s = open_engine("reduced", 3);
    value user, v, pair[2] = {V_TRUE, V_FALSE};
    const value none[2] = {V_NIL, V_NIL};
    double f, b;
    do_all(s, urn_text);
    struct xrp_site site = site_of(s, &user);
    const struct xrp_family *x = user_of(user)->xrp.family;
    near(x->prob(&site, V_TRUE), log(0.5), 1e-15);
    assert_true(x->sample(&site, &s->machine->random, &v));
    x->incorporate(&site, V_TRUE);
    x->incorporate(&site, V_TRUE);
    near(x->prob(&site, V_TRUE), log(0.75), 1e-15);
    struct xrp_site other = site;
    other.state = x->copy(site.state);
    x->remove(&other, V_TRUE);
    assert_int_equal(x->count(site.state), 2);
    assert_int_equal(x->count(other.state), 1);
    near(x->prob(&site, V_TRUE), log(0.75), 1e-15);
    near(x->prob(&other, V_TRUE), log(2.0 / 3.0), 1e-15);
    near(x->score_state(&site), -2.0, 0.0);
    near(x->state_weight(&site), 3.0, 0.0);
    assert_true(x->flags & XRP_WEIGHS && x->max == 0);
    near(x->weight(&site, V_FALSE), 4.0, 0.0);
    assert_true(
        x->state_propose(&site, &s->machine->random, 2, none, pair, &f, &b));
    assert_true(pair[0] == V_FALSE && pair[1] == V_TRUE);
    assert_true(f == -1.0 && b == -2.0);
    assert_true(x->enumerate(&site, &v) && list_length(v) == 2);
    x->unsample(&site, V_FALSE);
    near(x->prob(&site, V_FALSE), log(6.0 / 9.0), 1e-15);
    session_close(s);
}

/* Arguments follow the value; bags and proposals of all have them, too. */
static void urns_have_arguments(void **state)
{
    (void)state;
    struct session *s = open_engine("reduced", 3);
    value user, pair[2] = {v_int(10), v_int(20)}, arg = v_int(2), lists[2];
    double f, b;
    do_all(s, "define coin (make-xrp :initialize (lambda () 0)"
              " :sample (lambda (s n) n)"
              " :incorporate (lambda (s v n) (+ s (* v n)))"
              " :remove (lambda (s v n) (- s (* v n)))"
              " :prob (lambda (s v n) (- (- 0 s) (* 100 n)))"
              " :state-propose (lambda (s vs ns)"
              "   (list (map (lambda (v n) (+ v (car n))) vs ns) s 0)))");
    struct xrp_site site = site_of(s, &user);
    const struct xrp_family *x = user_of(user)->xrp.family;
    assert_true(x->min == 1 && x->max == 1);
    site.args = &arg;
    site.arg_count = 1;
    x->incorporate(&site, v_int(10));
    near(x->prob(&site, v_int(1)), -220.0, 0.0);
    arg = v_int(3);
    x->incorporate(&site, v_int(5));
    near(x->prob(&site, v_int(1)), -335.0, 0.0);
    /* One after another, in one order or the other. */
    f = x->score_state(&site);
    assert_true(f == -200.0 - 320.0 || f == -300.0 - 215.0);
    lists[0] = cons(v_int(2), V_NIL);
    lists[1] = cons(v_int(3), V_NIL);
    assert_true(
        x->state_propose(&site, &s->machine->random, 2, lists, pair, &f, &b));
    assert_true(pair[0] == v_int(12) && pair[1] == v_int(23) && f == 35.0);
    x->remove(&site, v_int(5));
    near(x->prob(&site, v_int(1)), -320.0, 0.0);
    near((double)x->count(site.state), 1.0, 0.0);
    session_close(s);
}

/* A state without :score-state is scored from its bag. */
static void bags_score_states(void **state)
{
    (void)state;
    struct session *s = open_engine("randomdb", 3);
    value user;
    do_all(s, COIN "define coin (make-xrp " COIN_BUT_REMOVE REMOVE ")");
    struct xrp_site site = site_of(s, &user);
    const struct xrp_family *x = user_of(user)->xrp.family;
    static const value in[] = {V_TRUE, V_TRUE, V_FALSE, V_TRUE};
    near(x->score_state(&site), 0.0, 0.0);
    for (int i = 0; i < 4; i++) x->incorporate(&site, in[i]);
    /* 1/2 2/3 1/4 3/5 */
    near(x->score_state(&site), log(0.05), 1e-14);
    x->remove(&site, V_FALSE);
    near(x->score_state(&site), log(0.25), 1e-14);
    session_close(s);
}

static void procedures_do_what_they_say(void **state)
{
    (void)state;
    struct session *s = open_engine("reduced", 3);
    do_all(s, "define coin (make-xrp :parameters (list 2.0)"
              " :sample (lambda (a m) (normal m a))"
              " :prob (lambda (x a m) (- 0 (square (- x m))))"
              " :propose (lambda (x a m) (list (+ x a) 0.5 0.25))"
              " :gradient (lambda (x a m) (list 1 2 3)) :support 'real)");
    struct user *u;
    uint32_t count;
    const value *written;
    double f, b, by[3];
    value v;
    assert_true(user_find(s->machine, held(s, "coin"), &u, &count, &written));
    const struct xrp_family *x = u->xrp.family;
    value args[3] = {v_object(u), v_double(2.0), v_double(1.0)};
    struct xrp_site site = {NULL, 0, NULL, args, 3, x};
    assert_int_equal(count, 2);
    assert_true(x->flags & XRP_CONTINUOUS && x->min == 3 && x->max == 3);
    near(x->prob(&site, v_double(3.0)), -4.0, 0.0);
    assert_true(x->propose(&site, &s->machine->random, v_int(1), &v, &f, &b));
    assert_true(as_number(v) == 3.0 && f == 0.5 && b == 0.25);
    assert_true(x->gradient(&site, v, &f, by));
    assert_true(f == 1.0 && isnan(by[0]) && by[1] == 2.0 && by[2] == 3.0);
    session_close(s);
}

/* A stream that is not the machine's is drawn from, and goes on. */
static void draws_come_from_the_stream_given(void **state)
{
    (void)state;
    struct session *s = open_engine("reduced", 3);
    do_all(s, "define coin (make-xrp :sample (lambda () (rand))"
              " :prob (lambda (x) 0))");
    struct user *u;
    uint32_t count;
    const value *written;
    assert_true(user_find(s->machine, held(s, "coin"), &u, &count, &written));
    struct xrp_site site = {NULL, 0, NULL, written, 1, NULL};
    struct random r, again, machine = s->machine->random;
    value v[3];
    random_seed(&r, 7);
    random_seed(&again, 7);
    for (int i = 0; i < 2; i++) u->xrp.family->sample(&site, &r, &v[i]);
    u->xrp.family->sample(&site, &again, &v[2]);
    assert_true(v[0] == v[2] && v[0] != v[1]);
    assert_memory_equal(&machine, &s->machine->random, sizeof machine);
    session_close(s);
}

/* Made again of equal procedures, an XRP is of the same user: an urn is met
 * again when its region runs again. */
static void equal_procedures_are_one_user(void **state)
{
    (void)state;
    struct session *s = open_engine("reduced", 3);
    do_all(s, "define (coin p) (make-xrp :sample (lambda () (flip p))"
              " :prob (lambda (v) (log (if v p (- 1 p)))))\n"
              "define a (coin 0.25)\ndefine b (coin 0.25)\n"
              "define c (coin 0.75)");
    assert_true(held(s, "a") == held(s, "b"));
    assert_true(held(s, "a") != held(s, "c"));
    session_close(s);
}

/* ---- errors while inference runs ---------------------------------------------------- */

static const char rejecting[] =
    "define q (make-xrp :sample (lambda (n) (flip n))"
    " :prob (lambda (v n) (if (> n 0.9) %s (log (if v n (- 1 n))))))\n"
    "define p (uniform 0 1)\nOBSERVE (q p) true\n";

/* An error that is no rejection ends the INFER; the state is as before. */
static void errors_end_an_infer(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct session *s = open_engine(engine_names[i], 3);
        char text[400];
        snprintf(text, sizeof text, rejecting, "(car n)");
        /* The first state may be one that raises. */
        while (!run_text(s, text)) do_all(s, "CLEAR");
        assert_false(run_text(s, "INFER 10000"));
        const struct error *e = session_error(s);
        assert_int_equal(e->kind, ERROR_TYPE);
        assert_non_null(strstr(e->message, ":prob: car: expected"));
        assert_string_equal(e->trail[0].name, ":prob");
        do_all(s, "INFER 1");
        assert_true(isfinite(s->engine->op->log_score(s->engine)));
        session_close(s);
    }
}

static void domain_errors_reject(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct session *s = open_engine(engine_names[i], 3);
        char text[400];
        snprintf(text, sizeof text, rejecting, "(log (- n 2))");
        do_all(s, text);
        do_all(s, "INFER 2000\n(if (> p 0.9) (error \"was not rejected\") 0)");
        assert_true(s->complaint_count == 1);
        assert_non_null(strstr(s->complaints[0].message, ":prob: log"));
        assert_true(s->complaints[0].count > 50);
        session_close(s);
    }
}

/* What fails in incorporate or remove is told, too, and undone. */
static void errors_in_states_are_told(void **state)
{
    (void)state;
    static const char text[] =
        "define coin (make-xrp :initialize (lambda () 0)"
        " :sample (lambda (s) (random-integer 4))"
        " :incorporate (lambda (s v) (+ s v))"
        " :remove (lambda (s v) (if (> s 5) (car v) (- s v)))"
        " :prob (lambda (s v) (log 0.25)))\n"
        "define xs (list (coin) (coin) (coin))\n";
    for (int i = 0; i < 2; i++) {
        struct session *s = open_engine(engine_names[i], 3);
        do_all(s, text);
        assert_false(run_text(s, "INFER 1000"));
        assert_int_equal(session_error(s)->kind, ERROR_TYPE);
        assert_non_null(strstr(session_error(s)->message, ":remove: car"));
        session_close(s);
    }
}

/* ---- what engines make of it -------------------------------------------------------- */

/* One that can give a single value does not keep it when its argument moves:
 * it is applied again, so that the argument moves at all. One that rescores
 * never lets it move. */
static void arguments_apply_again(void **state)
{
    (void)state;
    static const char *const xrps[] = {
        "ASSUME f (make-xrp :rescores? %s :sample (lambda (n) (* 2 n))"
        " :prob (lambda (v n) (if (= v (* 2 n)) 0 (log 0))))",
        "ASSUME f (make-xrp :rescores? %s :initialize (lambda () 0)"
        " :incorporate (lambda (s v n) (+ s 1))"
        " :remove (lambda (s v n) (- s 1)) :sample (lambda (s n) (* 2 n))"
        " :prob (lambda (s v n) (if (= v (* 2 n)) 0 (log 0))))"};
    for (int i = 0; i < 8; i++) {
        struct session *s = open_engine(engine_names[i % 2], 3);
        bool again = i < 4, moved = false;
        char text[400];
        snprintf(text, sizeof text, xrps[i / 2 % 2], again ? "#f" : "#t");
        do_all(s, text);
        do_all(s, "ASSUME n (random-integer 8)\nASSUME x (f n)\n"
                  "ASSUME both (list n x)");
        for (int k = 0; k < 20; k++) {
            struct directive *d = s->program.at[3];
            value before, after;
            assert_true(s->engine->op->value(s->engine, d, &before));
            do_all(s, "INFER 3");
            assert_true(s->engine->op->value(s->engine, d, &after));
            moved = moved || !value_equal(before, after);
            assert_int_equal(as_int(car(cdr(after))), 2 * as_int(car(after)));
        }
        assert_int_equal(moved, again);
        session_close(s);
    }
}

/* ---- CHECK ------------------------------------------------------------------------------ */

static char said[2000];

static const struct checked {
    const char *text, *fault; /* NULL: none */
} checked[] = {
    {"(make-xrp " COIN_BUT_REMOVE REMOVE ")", NULL},
    {"(make-xrp " COIN_BUT_REMOVE ":remove (lambda (s v) s))",
     "FAULT  remove does not undo incorporate"},
    {"(make-xrp " COIN_BUT_REMOVE
     ":remove (lambda (s v) (if v (count s v -1) s)))",
     "FAULT  remove does not undo incorporate"},
    {"(make-xrp " COIN_BUT_REMOVE REMOVE
     ":score-state (lambda (s) (- 0.0 (car s))))",
     "FAULT  score-state of"},
    {"(make-xrp " COIN_BUT_REMOVE REMOVE ":support (lambda (s) '(#t)))",
     "FAULT  probabilities of the support sum to 0."},
    /* An urn that looks at the last draw only. */
    {"(make-xrp :initialize (lambda () '()) "
     ":sample (lambda (s) (flip (if (null? s) 0.5 (if (car s) 0.9 0.2))))"
     ":incorporate (lambda (s v) (pair v s)) :remove (lambda (s v) (rest s))"
     ":prob (lambda (s v) (let ((p (if (null? s) 0.5 (if (car s) 0.9 0.2))))"
     " (log (if v p (- 1 p))))))",
     "FAULT  the order matters"},
    /* A constant that depends on the value. */
    {"(make-xrp :sample (lambda () (random-integer 4))"
     " :prob (lambda (v) (+ (log 0.25) (if (= v 2) 0.3 0))))",
     "FAULT  probabilities of the values drawn sum to"},
    {"(make-xrp :sample (lambda () (random-integer 4))"
     " :prob (lambda (v) (- (log 0.25) (if (= v 2) 0.3 0))))",
     "FAULT  sampling does not agree with prob: 2 came"},
    {"(make-xrp :sample (lambda () (normal 0 1)) :support 'real"
     " :prob (lambda (x) (- (* -0.5 x x) 0.9189385332046727)))",
     NULL},
    {"(make-xrp :sample (lambda () (normal 0 1.1)) :support 'real"
     " :prob (lambda (x) (- (* -0.5 x x) 0.9189385332046727)))",
     "FAULT  sampling does not agree with prob: values above"},
    {"(make-xrp :sample (lambda () (normal 0 1)) :support 'real"
     " :gradient (lambda (x) (list x))"
     " :prob (lambda (x) (- (* -0.5 x x) 0.9189385332046727)))",
     "FAULT  gradient by value"},
    {"(make-xrp :sample (lambda () (random-integer 4))"
     " :propose (lambda (v) (list (modulo (+ v 1) 4) 0 0))"
     " :prob (lambda (v) (log 0.25)))",
     NULL},
    {"(make-xrp :sample (lambda () (random-integer 4))"
     " :propose (lambda (v) (list (if (= v 0) (random-integer 4) 0)"
     " (if (= v 0) (log 0.25) 0) 0))"
     " :prob (lambda (v) (log 0.25)))",
     "FAULT  propose from"},
    {"(make-xrp :sample (lambda () (random-integer 4))"
     " :propose (lambda (v) (if (flip 0.5)"
     " (list (modulo (+ v 2) 4) (log 0.5) (log 0.5))))"
     " :prob (lambda (v) (log 0.25)))",
     NULL},
    {"(make-xrp :sample (lambda () (random-integer 4))"
     " :propose (lambda (v) (list (random-integer 4) (log 0.5) (log 0.5)))"
     " :prob (lambda (v) (log 0.25)))",
     "and forward says 0.5"},
    {"(make-xrp " COIN_BUT_REMOVE REMOVE
     ":unsample (lambda (s v) (count s v 1)))",
     "FAULT  unsample changes what is left"},
    {"(make-xrp " COIN_BUT_REMOVE REMOVE ":unsample (lambda (s v) s)"
     ":weight (lambda (s v) (car s)) :state-weight (lambda (s) (cadr s))"
     ":state-propose (lambda (s vs) (if (flip 0.25)"
     " (list (map not vs) (log 0.25) (log 0.25))"
     " (list (reverse vs) (log 0.75) (log 0.75)))))",
     NULL},
    {"(make-xrp " COIN_BUT_REMOVE REMOVE
     ":state-propose (lambda (s vs) (if (flip 0.25)"
     " (list (map not vs) (log 0.25) (log 0.75))"
     " (list vs (log 0.75) (log 0.25)))))",
     "FAULT  state-propose from"},
    {"(make-xrp " COIN_BUT_REMOVE REMOVE
     ":state-propose (lambda (s vs) (if (flip 0.25)"
     " (list (map not vs) (log 0.5) (log 0.5))"
     " (list vs (log 0.5) (log 0.5)))))",
     "FAULT  state-propose from"},
};

static void check_finds_what_is_planted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof checked / sizeof *checked; i++) {
        struct session *s = open_engine(engine_names[i % 2], 3);
        char text[1500];
        do_all(s, COIN);
        snprintf(text, sizeof text, "define x %s\ndefine said (check-xrp x)",
                 checked[i].text);
        do_all(s, text);
        snprintf(said, sizeof said, "%s", text_of(held(s, "said")));
        const char *wanted = checked[i].fault;
        if (wanted ? !strstr(said, wanted) || !strstr(said, "found\n")
                   : strstr(said, "FAULT") || !strstr(said, "no fault found"))
            fail_msg("%s\nsays\n%s", checked[i].text, said);
        session_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bags_count),
        cmocka_unit_test(refusals_are_clear),
        cmocka_unit_test(urns_do_what_they_say),
        cmocka_unit_test(urns_have_arguments),
        cmocka_unit_test(bags_score_states),
        cmocka_unit_test(procedures_do_what_they_say),
        cmocka_unit_test(draws_come_from_the_stream_given),
        cmocka_unit_test(equal_procedures_are_one_user),
        cmocka_unit_test(errors_end_an_infer),
        cmocka_unit_test(domain_errors_reject),
        cmocka_unit_test(errors_in_states_are_told),
        cmocka_unit_test(arguments_apply_again),
        cmocka_unit_test(check_finds_what_is_planted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
