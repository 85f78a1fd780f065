/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What kernels refuse, and in which words: every kernel of the table with
 * every kind of scope that cannot be. One line names the kernel, the scope as
 * it was written and the reason, on both both, alone and in another kernel.
 */
#include <stdio.h>

#include "infer/kernel.h"
#include "session_open.h"

static const char program[] = "ASSUME n (poisson 2)\n"
                              "ASSUME x (normal 0 1)\n"
                              "ASSUME t (tag a (flip))\n"
                              "ASSUME r (make-crp 1)\n"
                              "ASSUME l (r)\nASSUME m (r)\n"
                              "ASSUME e (student-t 3 0 1)\n"
                              "OBSERVE (normal (+ n x e) 1) 2\n";

/* `words` is what the line has to have of the scope; the reason. */
struct bad {
    const char *scope, *words, *reason;
};

static const struct bad unknown[] = {
    {"(name q)", "(name q)", "no such ASSUME"},
    {"(name x q)", "(name q)", "no such ASSUME"},
    {"(or all (name q))", "(name q)", "no such ASSUME"},
    {"(extent 90)", "(extent 90)", "no such directive"},
    {"(extent x)", "(extent x)", "the id of a directive"},
    {"(nam x)", "(nam x)", "expected a scope"},
    {"x", "(name x)", "the choices of x are the scope"},
    {"\"x\"", "\"x\"", "expected a scope"},
    {"(name)", "(name)", "a name is missing"},
    {"(name 3)", "'3'", "this is no name"},
    {"(tag)", "(tag)", "(tag t block)"},
    {"(and x)", "(and x)", "two scopes"},
    {"(or all 3)", "'3'", "no scope"},
};
static const struct bad empty[] = {
    {"(tag b)", "(tag b)", "there is no choice that could move"},
    {"(tag a 3)", "(tag a 3)", "there is no choice that could move"},
    {"(and continuous discrete)", "(and continuous discrete)",
     "there is no choice that could move"},
    {"(name r)", "(name r)", "there is no choice that could move"},
    {"(minus (name x) continuous)", "(minus (name x) continuous)",
     "there is no choice that could move"},
};
enum {
    UNKNOWN = sizeof unknown / sizeof *unknown,
    EMPTY = sizeof empty / sizeof *empty
};

/* What stands behind the scope, so that nothing else is missing. */
static const char *rest_of(const struct kernel_row *row)
{
    if (row->takes & TAKES_PROCEDURE) return " (lambda (v) v)";
    return row->takes & TAKES_COUNT ? " 3 (mh)" : "";
}

static const char *const around[] = {"%s", "(cycle (mh) %s)",
                                     "(mixture (1 (mh)) (2 (repeat 3 %s)))"};
enum { AROUND = sizeof around / sizeof *around };

static void refuses(struct session *s, const char *kernel, const char *name,
                    const char *words, const char *reason)
{
    for (int i = 0; i < AROUND; i++) {
        char whole[300], line[340], head[40];
        snprintf(whole, sizeof whole, around[i], kernel);
        snprintf(line, sizeof line, "INFER %s 10\n", whole);
        if (run_text(s, line)) fail_msg("%s was not refused", whole);
        const struct error *e = session_error(s);
        snprintf(head, sizeof head, "%s: ", name);
        const char *at = strstr(e->message, head);
        if (!at || (at != e->message && strncmp(e->message, "INFER: ", 7) != 0))
            fail_msg("%s: no kernel in: %s", whole, e->message);
        if (!strstr(at, words))
            fail_msg("%s: not '%s' in: %s", whole, words, e->message);
        if (!strstr(at, reason))
            fail_msg("%s: not '%s' in: %s", whole, reason, e->message);
        assert_null(strchr(e->message, '\n'));
        assert_non_null(e->span.source);
    }
}

static const char *const both[] = {"reduced", "randomdb"};

static void scopes_that_are_none(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct session *s = open_engine(both[i], 3);
        assert_true(run_text(s, program));
        for (size_t k = 0; k < kernel_count; k++) {
            const struct kernel_row *row = kernel_rows[k];
            char text[200];
            if (!(row->takes & TAKES_SCOPE)) continue;
            for (int b = 0; b < UNKNOWN + EMPTY; b++) {
                const struct bad *bad =
                    b < UNKNOWN ? &unknown[b] : &empty[b - UNKNOWN];
                snprintf(text, sizeof text, "(%s %s%s)", row->name, bad->scope,
                         rest_of(row));
                refuses(s, text, row->name, bad->words, bad->reason);
            }
        }
        session_close(s);
    }
}

static void kernels_without_a_scope(void **state)
{
    (void)state;
    struct session *s = open_engine("reduced", 3);
    int seen = 0;
    assert_true(run_text(s, program));
    for (size_t k = 0; k < kernel_count; k++) {
        const struct kernel_row *row = kernel_rows[k];
        char text[200];
        if (row->takes & TAKES_SCOPE) continue;
        seen++;
        snprintf(text, sizeof text, "(%s (name x)%s)", row->name, rest_of(row));
        refuses(s, text, row->name, "(name x)", "it takes none");
    }
    assert_in_range(seen, 7, kernel_count);
    session_close(s);
}

/* Choices that a kernel cannot move: the name of the choice, too. */
static const struct {
    const char *kernel, *name, *choice, *reason;
} kinds[] = {
    {"(gibbs discrete each)", "gibbs", "'(poisson 2)' of n",
     "has no finite number of values"},
    {"(gibbs (name e))", "gibbs", "'(student-t 3 0 1)' of e",
     "is continuous and has no conjugate pair here"},
    {"(drift (name t))", "drift", "'(flip)' of t", "is no continuous number"},
    {"(slice (or (name x) (name n)))", "slice", "'(poisson 2)' of n",
     "is no continuous number"},
    {"(slice (tag a) each)", "slice", "'(flip)' of t",
     "is no continuous number"},
    {"(propose (name l) (lambda (v) v))", "propose", "'(r)' of l",
     "labels of a restaurant"},
    {"(propose (name x) (lambda (v) v))", "propose", "",
     "no random procedure that can be scored"},
    {"(propose (name x n) (lambda (v) (normal v 1)) block)", "propose", "",
     "a block has 2 choices"},
    {"(slice (name x e) block)", "slice", "", "a block has 2 choices"},
    {"(gibbs (name t l m) block :max-states 2)", "gibbs", "",
     "more than :max-states 2"},
};
static const struct {
    const char *kernel, *name, *choice, *reason;
} gradients[] = {
    {"(nuts (minus all continuous))", "nuts", "'(poisson 2)' of n",
     "is not continuous, and has no gradient"},
    {"(hmc (name t))", "hmc", "'(flip)' of t",
     "is not continuous, and has no gradient"},
    {"(optimize (extent 1))", "optimize", "'(poisson 2)' of n",
     "is not continuous, and has no gradient"},
    {"(nuts (name l))", "nuts", "'(r)' of l",
     "is not continuous, and has no gradient"},
};

static void kinds_that_it_cannot_move(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct session *s = open_engine(both[i], 3);
        assert_true(run_text(s, program));
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            refuses(s, kinds[k].kernel, kinds[k].name, kinds[k].choice,
                    kinds[k].reason);
            /* The kernel itself is in the line: its scope, as it was written */
            refuses(s, kinds[k].kernel, kinds[k].name, "(scope of ",
                    kinds[k].kernel);
        }
        for (size_t k = 0; k < sizeof gradients / sizeof *gradients; k++) {
            refuses(s, gradients[k].kernel, gradients[k].name,
                    i ? "" : gradients[k].choice,
                    i ? "the engine randomdb keeps no gradients"
                      : gradients[k].reason);
            refuses(s, gradients[k].kernel, gradients[k].name, "(scope of ",
                    gradients[k].kernel);
        }
        session_close(s);
    }
}

/* A proposal that raises an error says for which choice it was called. */
static void what_a_proposal_raises(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct session *s = open_engine(both[i], 3);
        assert_true(run_text(s, program));
        assert_false(run_text(
            s, "INFER (propose (tag a) (lambda (v) (normal v 1))) 1\n"));
        assert_string_equal(session_error(s)->hint,
                            "propose: for '(flip)' of t (scope of (propose "
                            "(tag a) (lambda (v) (normal v 1))))");
        session_close(s);
    }
}

/* Kernels of the whole program. */
static void whole_programs(void **state)
{
    (void)state;
    struct session *s = open_engine("reduced", 3);
    assert_true(run_text(s, program));
    refuses(s, "(enumerate)", "enumerate", "scope: the whole program",
            "'(poisson 2)' has no finite number of values");
    refuses(s, "(rejection :max 3 :log-bound 900)", "rejection",
            "scope: the whole program, in (rejection :max 3 :log-bound 900)",
            "no state was accepted in 3");
    assert_true(run_text(s, "ASSUME b (flat)\nOBSERVE (normal b 1) 2\n"));
    refuses(s, "(importance :particles 9)", "importance",
            "scope: the whole program, in (importance :particles 9)",
            "'(flat)' of b has no prior to draw from");
    refuses(s, "(rejection)", "rejection", "scope: the whole program",
            "'(flat)' of b has no prior to draw from");
    session_close(s);
}

/* ---- options where there are none ----------------------------------------- */

static const struct {
    const char *line, *message, *hint;
} orders[] = {
    {"INFER (mh) 10 :warmup 10\n", ":warmup is an option of draws",
     ":samples n :warmup ..."},
    {"INFER x 10 2 (mh) :warmup 10\n", ":warmup is an option of draws",
     ":samples n :warmup ..."},
    {"INFER x 10 2 :seed 10\n", ":seed is an option of draws",
     ":samples n :seed ..."},
    {"INFER 10 :warmup 10\n", ":warmup is an option of draws",
     ":samples n :warmup ..."},
    {"INFER (+ x 1) :samples 10\n", ":samples is an option of draws",
     ":watch (e ...)"},
    {"INFER x 10 2 (mh) :warmpu 10\n", "INFER has no option :warmpu",
     "did you mean :warmup?"},
};

static void options_of_draws(void **state)
{
    (void)state;
    struct session *s = open_engine("reduced", 3);
    assert_true(run_text(s, program));
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        assert_false(run_text(s, orders[i].line));
        const struct error *e = session_error(s);
        if (!strstr(e->message, orders[i].message) ||
            !strstr(e->hint, orders[i].hint))
            fail_msg("%s%s (%s)", orders[i].line, e->message, e->hint);
    }
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scopes_that_are_none),
        cmocka_unit_test(kernels_without_a_scope),
        cmocka_unit_test(kinds_that_it_cannot_move),
        cmocka_unit_test(what_a_proposal_raises),
        cmocka_unit_test(whole_programs),
        cmocka_unit_test(options_of_draws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
