/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pictures of a session: files that are written, draws that are kept and
 * forgotten.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/stack.h"
#include "session/file.h"
#include "session/kept.h"
#include "session/session.h"

struct fixture {
    struct session *session;
    char folder[32];
};

static int open_all(void **state)
{
    static struct fixture f;
    struct session_options o = {.seed = 1, .seeded = true};
    struct error error = {0};
    stack_mark();
    strcpy(f.folder, "/tmp/vestige-XXXXXX");
    f.session = session_open(&o, &error);
    *state = &f;
    return f.session && mkdtemp(f.folder) ? 0 : -1;
}

static int close_all(void **state)
{
    struct fixture *f = *state;
    session_close(f->session);
    return rmdir(f->folder);
}

static bool run(struct fixture *f, const char *format, const char *path)
{
    char text[400];
    snprintf(text, sizeof text, format, path);
    const struct source *source = source_from_text("<test>", text, strlen(text),
                                                   session_error(f->session));
    return source && session_run(f->session, source);
}

/* The first bytes of a file of the folder, which is then removed. */
static void take(struct fixture *f, char *head, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "%s/f.svg", f->folder);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    head[fread(head, 1, size - 1, file)] = 0;
    fclose(file);
    assert_int_equal(unlink(path), 0);
}

static void procedures_write_files(void **state)
{
    static const char *const calls[] = {
        "(hist '(1 2 2) :out \"%s/f.svg\")",
        "(hist (map sqrt (iota 50)) \"t\" :out \"%s/f.svg\" :theme \"amber\")",
        "(density '(1 2 2) :out \"%s/f.svg\")",
        "(barplot '(a b) '(1 -2) :out \"%s/f.svg\")",
        "(scatter '((1 2) (3 4)) :out \"%s/f.svg\")",
        "(lineplot '(1 2 3) :out \"%s/f.svg\")",
        "PLOT '(1 2 2) :out \"%s/f.svg\" :theme amber"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        char head[2000];
        assert_true(run(f, calls[i], f->folder));
        take(f, head, sizeof head);
        assert_memory_equal(head, "<?xml", 5);
        assert_non_null(strstr(head, "<svg "));
    }
}

static size_t found(struct fixture *f, const char *text)
{
    size_t from = 0, count = 0;
    while (kept_find(f->session, text, &from)) count++;
    return count;
}

static void draws_are_kept(void **state)
{
    struct fixture *f = *state;
    char head[100];
    assert_true(run(f,
                    "ASSUME a (normal 0 1)\nASSUME ab (list a (flip))\n"
                    "INFER (mh) :samples 30 :chains 1 :watch ((> a 0))",
                    ""));
    assert_int_equal(found(f, "a"), 1);
    assert_int_equal(found(f, "ab"), 2);
    assert_int_equal(found(f, "ab.2"), 1);
    assert_int_equal(found(f, "(> a 0)"), 1);
    assert_int_equal(found(f, "(> a 1)"), 0);
    assert_true(run(f, "PLOT a :out \"%s/f.svg\"", f->folder));
    take(f, head, sizeof head);
    /* what changes no posterior keeps them */
    assert_true(run(f, "PREDICT (+ a 1)\nASSUME c 3", ""));
    assert_int_equal(found(f, "a"), 1);
    assert_true(run(f, "INFER a 20 1", ""));
    assert_int_equal(found(f, "ab"), 0);
    assert_int_equal(found(f, "a"), 1);
}

static void draws_are_forgotten(void **state)
{
    static const char *const changes[] = {"OBSERVE (normal a 1) 0.5",
                                          "ASSUME a (normal 1 1)", "FORGET c",
                                          "(factor 0)", "CLEAR"};
    struct fixture *f = *state;
    assert_true(run(f, "CLEAR\nASSUME a (normal 0 1)\nASSUME c 3", ""));
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        assert_true(run(f, "INFER a 20 1", ""));
        assert_int_equal(found(f, "a"), 1);
        assert_true(run(f, changes[i], ""));
        assert_int_equal(found(f, "a"), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(procedures_write_files),
        cmocka_unit_test(draws_are_kept),
        cmocka_unit_test(draws_are_forgotten),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
