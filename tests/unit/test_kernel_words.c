/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernel programs that are written wrongly: the line says what could have
 * stood there, and of a name of the program how its choices are called. The
 * session goes on as it was.
 */
#include <stdio.h>

#include "session_open.h"

static const char program[] = "ASSUME mu (normal 0 5)\n"
                              "ASSUME z (mem (lambda (i) (flip 0.3)))\n"
                              "OBSERVE (normal (if (z 1) mu 0) 3) 1\n";

#define STEP_SIZE                                                       \
    ":step-size takes a step that stays as it is, from 1e-12 to 1e12; " \
    "without it one is found"

static const struct {
    const char *kernel, *words;
} cases[] = {
    {"(mh mu)", "mh: the choices of mu are the scope (name mu)"},
    {"(gibbs z each)", "gibbs: the choices of z are the scope (name z)"},
    {"(drift mu 0.5)", "drift: the choices of mu are the scope (name mu)"},
    {"(mh foo)", "mh: expected a scope or a pick (one, each, block or "
                 "(ordered)), not foo"},
    {"(mh all foo)", "mh: expected a pick (one, each, block or (ordered)), "
                     "not foo"},
    {"(mh (nam mu))", "mh: expected a scope or a pick (one, each, block or "
                      "(ordered)), not (nam mu)"},
    {"(mh all each foo)", "mh: foo is more than it takes"},
    {"(rerun 3)", "rerun: 3 is more than it takes"},
    {"(nuts 3)", "nuts: expected a scope, not 3"},
    {"(slice 3)", "slice: expected a scope, not 3"},
    {"(drift all foo)", "drift: expected a number or a pick (one, each, block "
                        "or (ordered)), not foo"},
    {"(drift)", "drift: it needs a scope"},
    {"(repeat x (mh))", "a kernel is written in parentheses, as (mh)"},
    {"(mh (name q))", "mh: '(name q)': there is no such ASSUME"},
    {"(mh :foo 3)", "mh: there is no option :foo"},
    {"(hmc :step-size 1e300)", "hmc: " STEP_SIZE},
    {"(nuts :step-size 1e-300)", "nuts: " STEP_SIZE},
    {"(hmc :step-size 0)", "hmc: " STEP_SIZE},
    {"(nuts :step-size -0.1)", "nuts: " STEP_SIZE},
    {"(hmc :step-size nan)", "hmc: " STEP_SIZE},
    {"(nuts :step-size)", "nuts: " STEP_SIZE},
};

static void wrong_programs_say_what_was_expected(void **state)
{
    (void)state;
    struct session *s = open_with(program, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[200], words[200];
        snprintf(line, sizeof line, "INFER %s :samples 10", cases[i].kernel);
        snprintf(words, sizeof words, "INFER: %s", cases[i].words);
        assert_false(run_text(s, line));
        assert_string_equal(session_error(s)->message, words);
    }
    assert_true(run_text(s, "INFER (gibbs (name z) each) :samples 10"));
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_programs_say_what_was_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
