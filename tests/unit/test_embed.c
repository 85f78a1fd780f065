/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sessions as a program around Vestige has them (vestige.h): answers, errors,
 * draws, limits, cancels, who may call.
 */
#include "vestige.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

static struct vst_session *open_seeded(const struct vst_options *given)
{
    struct vst_options o = given ? *given : (struct vst_options){0};
    struct vst_session *s;
    char message[200];
    o.seed = 7;
    o.seeded = 1;
    if (vst_open(&o, &s, message, sizeof message) != VST_OK)
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

/* ---- answers --------------------------------------------------------------- */

static void answers_are_text_json_and_numbers(void **state)
{
    (void)state;
    struct vst_session *s = open_seeded(NULL);
    const double *at;
    double id;
    assert_null(vst_answer_directive(s));
    assert_null(vst_answer_text(s));
    assert_int_equal(vst_answer_numbers(s, &at), 0);
    do_all(s, "(+ 1 1.5)");
    const char *text = vst_answer_text(s), *json = vst_answer_json(s);
    assert_string_equal(text, "2.5\n");
    assert_string_equal(json, "{\"directive\":\"value\",\"value\":2.5}");
    assert_string_equal(vst_answer_directive(s), "value");
    assert_int_equal(vst_answer_numbers(s, &at), 1);
    assert_true(at[0] == 2.5);
    do_all(s, "(= 1 1)");
    assert_int_equal(vst_answer_numbers(s, &at), 1);
    assert_true(at[0] == 1.0);
    do_all(s, "(list->matrix (list (list 1 2) (list 3 4)))");
    assert_int_equal(vst_answer_numbers(s, &at), 4);
    assert_true(at[2] == 3.0);
    do_all(s, "(list 1 #f 2.5)");
    assert_int_equal(vst_answer_numbers(s, &at), 3);
    assert_true(at[1] == 0.0 && at[2] == 2.5);
    do_all(s, "(list 1 'a)");
    assert_int_equal(vst_answer_numbers(s, &at), 0);
    assert_null(at);
    do_all(s, "ASSUME x 4\nASSUME y 5");
    assert_string_equal(vst_answer_directive(s), "assume");
    assert_true(vst_answer_field(s, "id", &id) && id == 2.0);
    assert_false(vst_answer_field(s, "nothing", &id));
    do_all(s, "; nothing\n");
    assert_null(vst_answer_directive(s));
    do_all(s, "EXIT");
    do_all(s, "x");
    assert_int_equal(vst_answer_numbers(s, &at), 1);
    vst_close(s);
    vst_close(NULL);
}

/* ---- errors ---------------------------------------------------------------- */

static const struct {
    const char *text;
    enum vst_status status;
    const char *name;
} faults[] = {
    {"(+ 1", VST_SYNTAX, "syntax"},
    {"(+ 1 nothing)", VST_NAME, "name"},
    {"(flip 1 2)", VST_ARITY, "arity"},
    {"(+ 1 'a)", VST_TYPE, "type"},
    {"(flip 2)", VST_DOMAIN, "domain"},
    {"OBSERVE (flip 0) true", VST_IMPOSSIBLE, "impossible"},
    {"OBSERVE (+ 1 1) 2", VST_OBSERVE, "observe"},
    {"(define (f x) (+ 1 (f x)))\n(f 1)", VST_LIMIT, "limit"},
    {"LOAD \"/nowhere/at/all\"", VST_IO, "io"},
    {"SEED x y", VST_SYNTAX, "syntax"},
    {"FORGET 77", VST_USE, "use"},
};

static void errors_have_statuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct vst_session *s = open_seeded(NULL);
        enum vst_status status = run(s, faults[i].text);
        if (status != faults[i].status)
            fail_msg("%s: %s (%s)", faults[i].text, vst_status_name(status),
                     vst_message(s));
        assert_string_equal(vst_status_name(status), faults[i].name);
        assert_int_equal(vst_status_of(s), status);
        assert_true(*vst_message(s) && !strchr(vst_message(s), '\n'));
        assert_int_equal(run(s, "(+ 1 1)"), VST_OK);
        assert_string_equal(vst_message(s), "");
        assert_string_equal(vst_hint(s), "");
        vst_close(s);
    }
    assert_string_equal(vst_status_name((enum vst_status)99), "unknown");
}

static void errors_have_places(void **state)
{
    (void)state;
    struct vst_session *s = open_seeded(NULL);
    struct vst_place at;
    const char *text = "ASSUME x 1\n(list\n  (sqr x))\n(+ 1 1)";
    assert_int_equal(run(s, text), VST_NAME);
    assert_string_equal(vst_message(s), "unknown name sqr");
    assert_string_equal(vst_hint(s), "did you mean sqrt: (sqrt x)?");
    assert_true(vst_place_of(s, &at));
    assert_string_equal(at.name, "test");
    assert_int_equal(at.line, 3);
    assert_int_equal(at.column, 4);
    assert_memory_equal(text + at.start, "sqr", 3);
    assert_int_equal(at.end - at.start, 3);
    assert_non_null(strstr(vst_error_text(s), "test:3:4: error: unknown name"));
    assert_non_null(strstr(vst_error_json(s), "\"line\":3"));
    /* What came before the error holds, and is the last answer. */
    assert_string_equal(vst_answer_directive(s), "assume");
    do_all(s, "x");
    assert_false(vst_place_of(s, &at));
    assert_string_equal(vst_error_json(s), "null");
    assert_int_equal(vst_run_file(s, "/nowhere/at/all"), VST_IO);
    vst_close(s);
}

static void options_are_looked_at(void **state)
{
    (void)state;
    struct vst_options o = {.engine = "petrol"};
    struct vst_session *s = (struct vst_session *)&o;
    char message[60];
    assert_int_equal(vst_open(&o, &s, message, sizeof message), VST_USE);
    assert_null(s);
    assert_string_equal(message, "there is no engine petrol");
    assert_int_equal(vst_open(&o, &s, NULL, 0), VST_USE);
    char few[6];
    vst_open(&o, &s, few, sizeof few);
    assert_string_equal(few, "there");
    assert_int_equal(vst_open(NULL, &s, NULL, 0), VST_OK);
    vst_close(s);
}

/* ---- draws ------------------------------------------------------------------ */

static const char model[] = "ASSUME mu (normal 0 1)\n"
                            "ASSUME w (uniform-draw '(sun rain))\n"
                            "ASSUME v (iid 2 (normal 0 1))\n"
                            "OBSERVE (normal mu 0.5) 1\n";

static void draws_are_columns(void **state)
{
    (void)state;
    struct vst_session *s = open_seeded(NULL);
    struct vst_column c, again;
    struct vst_summary y;
    assert_int_equal(vst_columns(s), 0);
    assert_false(vst_column_at(s, 0, &c));
    do_all(s, model);
    do_all(s, "INFER (mh) :samples 4000 :thin 4");
    assert_int_equal(vst_columns(s), 4);
    assert_true(vst_column_named(s, "mu", &c));
    assert_int_equal(c.count, 4000 * c.chains);
    assert_int_equal(c.levels, 0);
    assert_true(vst_summarise(&c, &y));
    /* The posterior is normal(0.8, sqrt(0.2)); 6 standard errors. */
    if (!(fabs(y.mean - 0.8) < 6 * y.mcse && y.mcse < 0.05))
        fail_msg("%g with %g", y.mean, y.mcse);
    assert_true(y.q05 < y.q50 && y.q50 < y.q95 && y.ess_bulk > 100);
    assert_true(vst_column_at(s, 1, &again));
    assert_string_equal(again.name, "w");
    assert_int_equal(again.levels, 2);
    assert_false(vst_summarise(&again, &y));
    assert_string_equal(vst_level(s, "w", again.at[0] == 0.0 ? 0 : 1),
                        vst_level(s, "w", (size_t)again.at[0]));
    assert_null(vst_level(s, "w", 2));
    assert_null(vst_level(s, "mu", 0));
    assert_true(vst_column_named(s, "v.2", &again));
    assert_false(vst_column_named(s, "v", &again));
    /* The same seed gives the same bits. */
    struct vst_session *twin = open_seeded(NULL);
    do_all(twin, model);
    do_all(twin, "INFER (mh) :samples 4000 :thin 4");
    assert_true(vst_column_named(twin, "mu", &again));
    assert_memory_equal(c.at, again.at, c.count * sizeof *c.at);
    vst_close(twin);
    do_all(s, "CLEAR");
    assert_int_equal(vst_columns(s), 0);
    vst_close(s);
}

/* ---- who listens, and who stops ---------------------------------------------- */

struct heard {
    int answers, stop_at, lines, progress;
    enum vst_status within;
    char line[40], directive[40];
    struct vst_session *other;
    locale_t locale;
};

static int hear_answer(void *context, struct vst_session *s)
{
    struct heard *h = context;
    snprintf(h->directive, sizeof h->directive, "%s", vst_answer_directive(s));
    h->within = run(s, "(+ 1 1)");
    vst_close(s); /* does nothing here */
    if (h->other) do_all(h->other, "(+ 2 2)");
    h->locale = uselocale((locale_t)0);
    return ++h->answers != h->stop_at;
}

static void hear_line(void *context, const char *text, size_t length)
{
    struct heard *h = context;
    h->lines++;
    snprintf(h->line, sizeof h->line, "%.*s", (int)length, text);
}

static int stop(void *context, const struct vst_progress *p)
{
    struct heard *h = context;
    h->progress++;
    return p->planned < 500000002;
}

static void listeners_hear(void **state)
{
    (void)state;
    struct heard h = {.stop_at = 3};
    struct vst_options o = {
        .context = &h, .answer = hear_answer, .display = hear_line};
    struct vst_session *s = open_seeded(&o);
    h.other = open_seeded(NULL);
    locale_t before = uselocale((locale_t)0);
    do_all(s, "(display \"hello\")\n(+ 1 1)\nASSUME x 3\nASSUME y 4");
    assert_int_equal(h.answers, 3);
    assert_string_equal(h.directive, "assume");
    assert_int_equal(h.lines, 1);
    assert_string_equal(h.line, "hello\n");
    assert_int_equal(h.within, VST_USE);
    assert_true(h.locale == before && uselocale((locale_t)0) == before);
    assert_int_equal(run(s, "y"), VST_NAME);
    h.stop_at = 0;
    do_all(s, "x");
    vst_close(h.other);
    vst_close(s);
}

static const char endless[] = "ASSUME x (normal 0 1)\n"
                              "INFER (mh) :samples 500000000 :warmup 2 "
                              ":chains 1";

static void listeners_stop_it(void **state)
{
    (void)state;
    struct heard h = {0};
    struct vst_options o = {.context = &h, .progress = stop};
    struct vst_session *s = open_seeded(&o);
    assert_int_equal(run(s, endless), VST_CANCELLED);
    assert_in_range(h.progress, 1, 20);
    /* The state is one, and the cancel is used up. */
    do_all(s, "x");
    vst_close(s);
}

static struct vst_session *cancelled;

static void ring(int number)
{
    (void)number;
    vst_cancel(cancelled);
}

static void signals_stop_it(void **state)
{
    (void)state;
    struct vst_session *s = cancelled = open_seeded(NULL);
    struct sigaction action = {.sa_handler = ring}, before;
    struct itimerval soon = {.it_value = {.tv_usec = 100000}};
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &soon, NULL);
    assert_int_equal(run(s, "(define (f x) (f (+ x 1)))\n(f 1)"),
                     VST_CANCELLED);
    do_all(s, "(+ 1 1)");
    vst_cancel(s); /* nothing is under way: the next call ends */
    assert_int_equal(run(s, "(f 1)"), VST_CANCELLED);
    do_all(s, "(+ 1 1)");
    sigaction(SIGALRM, &before, NULL);
    vst_close(s);
}

/* ---- threads ------------------------------------------------------------------ */

static void *from_a_thread(void *session)
{
    static char told[80];
    struct vst_session *s = session, *other;
    char message[60];
    enum vst_status open = vst_open(NULL, &other, message, sizeof message);
    enum vst_status ran = run(s, "(+ 1 1)");
    vst_close(s); /* does nothing here */
    usleep(100000);
    vst_cancel(s);
    snprintf(told, sizeof told, "%s %s %s", vst_status_name(open),
             vst_status_name(ran), message);
    return told;
}

static void threads_may_only_cancel(void **state)
{
    (void)state;
    struct vst_session *s = open_seeded(NULL);
    pthread_t thread;
    void *told;
    assert_int_equal(pthread_create(&thread, NULL, from_a_thread, s), 0);
    assert_int_equal(run(s, endless), VST_CANCELLED);
    pthread_join(thread, &told);
    assert_string_equal(told, "use use only the main thread may call this");
    do_all(s, "x");
    vst_close(s);
}

static void limits_hold(void **state)
{
    (void)state;
    struct vst_options o = {.seconds = 0.2};
    struct vst_session *s = open_seeded(&o);
    assert_int_equal(run(s, "(define (f x) (f (+ x 1)))\n(f 1)"), VST_LIMIT);
    vst_close(s);
}

static void names_are_listed(void **state)
{
    (void)state;
    struct vst_session *s = open_seeded(NULL);
    assert_non_null(strstr(vst_list(s), "(poisson "));
    assert_non_null(strstr(vst_list_json(s), "\"names\":\"poisson\""));
    assert_true(vst_version()[0] >= '0');
    vst_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_text_json_and_numbers),
        cmocka_unit_test(errors_have_statuses),
        cmocka_unit_test(errors_have_places),
        cmocka_unit_test(options_are_looked_at),
        cmocka_unit_test(draws_are_columns),
        cmocka_unit_test(listeners_hear),
        cmocka_unit_test(listeners_stop_it),
        cmocka_unit_test(signals_stop_it),
        cmocka_unit_test(threads_may_only_cancel),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(names_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
