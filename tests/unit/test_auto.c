/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * auto: which plan it makes for which program and scope, and why; that it
 * makes it anew whenever it is opened; that what is outside its scope stays;
 * and that elements of arrays have the law that they should.
 */
#include <math.h>
#include <stdio.h>

#include "kernel_open.h"
#include "session/order.h"
#include "trace/reduced.h"

#define ARRAY "ASSUME f (iid 20 (flip 0.4))\n"
#define WEIGHTED "ASSUME f (each (flip '(0.1 0.2 0.3 0.4 0.5)) '(9 5))\n"
#define CLASSES                                        \
    "ASSUME z (iid 30 (categorical '(0.2 0.3 0.5)))\n" \
    "ASSUME mu (tag c (normal 0 3))\n"                 \
    "OBSERVE (normal (* mu (z 3)) 1) 2\n"
#define COUNTED "ASSUME n (tag c (poisson 4))\nASSUME b (flip)\n"

static const struct {
    const char *program, *kernel, *plan;
} plans[] = {
    {ARRAY, "(auto)",
     "plan: (gibbs discrete each) (slice continuous each) (mh), one time in "
     "ten\nwhy: 20 choices of few values (20 of them elements of arrays)\n"},
    {WEIGHTED, "(auto)",
     "plan: (gibbs discrete each) (slice continuous each) (mh), one time in "
     "ten\nwhy: 45 choices of few values (45 of them elements of arrays)\n"},
    {COUNTED CLASSES, "(auto)",
     "plan: (gibbs discrete each) (slice continuous each) (mh), one time in "
     "ten\nwhy: 31 choices of few values (30 of them elements of arrays), 1 "
     "continuous number, 1 other choice\n"},
    {CLASSES, "(auto (name z))",
     "plan: (gibbs (and (name z) discrete) each) (slice (and (name z) "
     "continuous) each) (mh (name z)), one time in ten\nwhy: 30 choices of few "
     "values (30 of them elements of arrays)\n"},
    {CLASSES, "(auto (minus all (name z)))",
     "plan: (gibbs (and (minus all (name z)) discrete) each) (slice (and "
     "(minus all (name z)) continuous) each) (mh (minus all (name z))), one "
     "time in ten\nwhy: 1 continuous number\n"},
    /* Few elements are few states. */
    {"ASSUME f (iid 3 (flip))\n", "(auto)",
     "plan: (enumerate)\nwhy: finite, and at most 2000 states\n"},
    /* Too many values to try each. */
    {"ASSUME f (iid 9 (uniform-discrete 0 99))\n", "(auto)",
     "plan: (gibbs discrete each) (slice continuous each) (mh), one time in "
     "ten\nwhy: 1 other choice\n"},
};

static const char *const both[] = {"reduced", "randomdb"};

static struct session *open_program(const char *engine, const char *text)
{
    struct session *s = open_engine(engine, 11);
    if (!run_text(s, text)) fail_msg("%s", session_error(s)->message);
    return s;
}

/* As INFER has it read: names are looked up. */
static struct kernel *read_kernel(struct session *s, const char *words)
{
    struct source *source = memory_new(sizeof *source);
    struct syntax *syntax;
    struct reader reader;
    *source = (struct source){"kernel", words, strlen(words)};
    reader_open(&reader, source, session_error(s));
    assert_int_equal(reader_datum(&reader, false, &syntax), READ_DATUM);
    struct kernel *k = order_kernel(s, syntax, false);
    if (!k) fail_msg("%s: %s", words, session_error(s)->message);
    return k;
}

static void open_it(struct session *s, struct kernel *k)
{
    if (!kernel_open(k, s->engine))
        fail_msg("%s: %s", k->name, session_error(s)->message);
}

static void plans_say_what_and_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
        for (int e = 0; e < 2; e++) {
            struct session *s = open_program(both[e], plans[i].program);
            struct kernel *k = read_kernel(s, plans[i].kernel);
            open_it(s, k);
            assert_string_equal(k->plan, plans[i].plan);
            kernel_close(k, s->engine);
            session_close(s);
        }
}

static uint32_t open_scopes(struct session *s)
{
    return reduced_trace(s->engine)->scope_count;
}

/* Opened again it plans anew, for what there is then; what it opened for the
 * plan of before is closed, and stays so. */
static void it_plans_whenever_it_is_opened(void **state)
{
    (void)state;
    struct transition_counts counts = {0};
    struct session *s = open_program("reduced", COUNTED);
    struct kernel *k = read_kernel(s, "(auto)");
    open_it(s, k);
    assert_true(kernel_run(k, s->engine, 30, &counts));
    uint32_t parts = k->part_count, scopes = open_scopes(s);
    assert_int_equal(parts, 3);
    assert_int_equal(scopes, 4);
    kernel_close(k, s->engine);
    assert_int_equal(open_scopes(s), 0);
    assert_true(run_text(s, CLASSES));
    for (int i = 0; i < 3; i++) {
        open_it(s, k);
        assert_int_equal(k->part_count, 3);
        assert_non_null(strstr(k->plan, "(gibbs discrete each)"));
        assert_true(kernel_run(k, s->engine, 30, &counts));
        assert_int_equal(open_scopes(s), scopes);
        kernel_close(k, s->engine);
        assert_int_equal(open_scopes(s), 0);
    }
    session_close(s);
}

/* Which kernel moves must not depend on where the state is: else runs one after
 * another do not leave the posterior as it is. */
static void the_plan_is_one_for_all_states(void **state)
{
    (void)state;
    static const char text[] =
        "ASSUME n (uniform-discrete 0 9)\n"
        "ASSUME x (mem (lambda (i) (if (flip) (normal 0 1) (poisson 3))))\n"
        "ASSUME s (fold + 0 (map x (iota n)))\n"
        "ASSUME f (if (> n 4) (iid n (flip)) '())\nPREDICT f\nPREDICT s\n";
    for (int e = 0; e < 2; e++) {
        struct session *s = open_program(both[e], text);
        struct kernel *k = read_kernel(s, "(auto)");
        char whys[2][200] = {"", ""};
        for (int i = 0; i < 40; i++) {
            assert_true(s->engine->op->rerun(s->engine));
            open_it(s, k);
            const char *why = strstr(k->plan, "\nwhy");
            assert_non_null(why);
            assert_int_equal(strncmp(k->plan,
                                     "plan: (gibbs discrete each) (slice "
                                     "continuous each) (mh), one time in ten",
                                     (size_t)(why - k->plan)),
                             0);
            snprintf(whys[i % 2], sizeof whys[0], "%s", why);
            kernel_close(k, s->engine);
        }
        assert_string_not_equal(whys[0], whys[1]);
        session_close(s);
    }
}

static bool same_value(struct session *s, int id, value before)
{
    value now;
    assert_true(s->engine->op->value(s->engine, s->program.at[id], &now));
    return value_equal(before, now);
}

static void what_is_outside_its_scope_stays(void **state)
{
    (void)state;
    for (int e = 0; e < 2; e++) {
        struct transition_counts counts = {0};
        struct session *s = open_program(both[e], CLASSES COUNTED);
        struct kernel *k = read_kernel(s, "(auto (or (name z) (name n)))");
        value z, mu, n, b;
        struct engine *g = s->engine;
        assert_true(g->op->value(g, s->program.at[0], &z));
        assert_true(g->op->value(g, s->program.at[1], &mu));
        assert_true(g->op->value(g, s->program.at[3], &n));
        assert_true(g->op->value(g, s->program.at[4], &b));
        open_it(s, k);
        assert_true(kernel_run(k, g, 200, &counts));
        kernel_close(k, g);
        assert_false(same_value(s, 0, z));
        assert_true(same_value(s, 1, mu));
        assert_false(same_value(s, 3, n));
        assert_true(same_value(s, 4, b));
        session_close(s);
    }
}

/* 20 flips of 0.4, seen as normal numbers around 0 and 2 at 0, 0.1, 0.2 ...:
 * each by itself is true with a probability that is known. 20 means
 * on two engines, each of 40 batches: Student's t of 39 degrees of freedom is
 * beyond 7 with probability 2.1e-8, so one of the 40 is with 9e-7. */
static void elements_have_their_law(void **state)
{
    (void)state;
    enum { N = 20, DRAWS = 2000, BATCHES = 40 };
    char text[3000];
    int at = snprintf(text, sizeof text, ARRAY);
    for (int i = 0; i < N; i++)
        at += snprintf(text + at, sizeof text - (size_t)at,
                       "OBSERVE (normal (if (f %d) 2 0) 1) %g\n", i, 0.1 * i);
    for (int e = 0; e < 2; e++) {
        struct session *s = open_program(both[e], text);
        struct kernel *k = read_kernel(s, "(auto)");
        double batch[N][BATCHES] = {{0}};
        struct transition_counts counts = {0};
        open_it(s, k);
        for (int d = 0; d < DRAWS; d++) {
            value f;
            assert_true(kernel_run(k, s->engine, 1, &counts));
            assert_true(s->engine->op->value(s->engine, s->program.at[0], &f));
            for (int i = 0; i < N; i++, f = cdr(f))
                batch[i][d * BATCHES / DRAWS] +=
                    (car(f) == V_TRUE) * (double)BATCHES / DRAWS;
        }
        kernel_close(k, s->engine);
        for (int i = 0; i < N; i++) {
            double y = 0.1 * i, mean = 0, square = 0;
            double odds = 0.4 / 0.6 * exp((y * y - (y - 2) * (y - 2)) / 2);
            for (int j = 0; j < BATCHES; j++) mean += batch[i][j] / BATCHES;
            for (int j = 0; j < BATCHES; j++)
                square += pow(batch[i][j] - mean, 2);
            double error = sqrt(square / (BATCHES - 1) / BATCHES);
            double z = (mean - odds / (1 + odds)) / error;
            if (!(fabs(z) < 7.0))
                fail_msg("%s: f %d: %g, not %g, z %g", both[e], i, mean,
                         odds / (1 + odds), z);
        }
        session_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_say_what_and_why),
        cmocka_unit_test(it_plans_whenever_it_is_opened),
        cmocka_unit_test(the_plan_is_one_for_all_states),
        cmocka_unit_test(what_is_outside_its_scope_stays),
        cmocka_unit_test(elements_have_their_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
