/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The prompt as a person sees it: the whole of it runs in a child process on
 * a terminal of its own, and what it writes is waited for.
 */
#include "front/repl.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/stack.h"
#include "front/signals.h"

/* One prompt under test. `seen` is all that came since the last match. */
struct terminal {
    pid_t child;
    int fd;
    char seen[1 << 16];
    size_t length;
    char home[64];
};

enum { PATIENCE_MS = 20000 };

static int run_prompt(const char *home)
{
    struct show show = {.progress = true};
    struct session_options o = {.seed = 1,
                                .seeded = true,
                                .cancel = &signals_cancel,
                                .initial_heap = 4 << 20,
                                .hooks = {.context = &show,
                                          .answer = show_answer,
                                          .progress = show_progress}};
    struct error error = {0};
    setenv("HOME", home, 1);
    setenv("TERM", "dumb", 1);
    setenv("INPUTRC", "/dev/null", 1);
    stack_mark();
    signals_open();
    struct session *s = session_open(&o, &error);
    if (!s) return 9;
    int status = repl_run(s, &show);
    session_close(s);
    return status;
}

static void expect(struct terminal *t, const char *text)
{
    for (;;) {
        t->seen[t->length] = 0;
        char *found = strstr(t->seen, text);
        if (found) {
            size_t end = (size_t)(found - t->seen) + strlen(text);
            memmove(t->seen, t->seen + end, t->length - end);
            t->length -= end;
            return;
        }
        struct pollfd p = {.fd = t->fd, .events = POLLIN};
        ssize_t got = -1;
        if (poll(&p, 1, PATIENCE_MS) > 0)
            got = read(t->fd, t->seen + t->length,
                       sizeof t->seen - 1 - t->length);
        if (got <= 0) fail_msg("waited for \"%s\", have \"%s\"", text, t->seen);
        t->length += (size_t)got;
    }
}

static void type(struct terminal *t, const char *text)
{
    assert_int_equal(write(t->fd, text, strlen(text)), strlen(text));
}

/* What is typed at a prompt, and what is then seen before the next. */
static void say(struct terminal *t, const char *typed, const char *answer)
{
    type(t, typed);
    expect(t, answer);
    expect(t, "> ");
}

static void open_terminal(struct terminal *t, const char *home)
{
    memset(t, 0, sizeof *t);
    t->child = forkpty(&t->fd, NULL, NULL, NULL);
    if (t->child == 0) _exit(run_prompt(home));
    assert_true(t->child > 0);
    expect(t, "> ");
}

/* The status with which it leaves. */
static int close_terminal(struct terminal *t)
{
    int status = -1;
    char rest[256];
    while (read(t->fd, rest, sizeof rest) > 0) continue;
    assert_int_equal(waitpid(t->child, &status, 0), t->child);
    close(t->fd);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void lines_go_on_until_they_are_complete(void **state)
{
    (void)state;
    struct terminal t;
    open_terminal(&t, "/nowhere");
    say(&t, "(+ 1 2)\r", "\n3\r\n");
    type(&t, "ASSUME x\r");
    expect(&t, "... ");
    type(&t, "(+ 1\r");
    expect(&t, "... ");
    say(&t, " 1)\r", "id: 1\r\nvalue: 2\r\n");
    /* a blank line says that nothing more will come */
    type(&t, "OBSERVE x\r");
    expect(&t, "... ");
    say(&t, "\r", "OBSERVE has too few arguments");
    type(&t, "\x04");
    assert_int_equal(close_terminal(&t), 0);
}

static void an_error_keeps_the_session(void **state)
{
    (void)state;
    struct terminal t;
    open_terminal(&t, "/nowhere");
    say(&t, "ASSUME x 5\r", "id: 1\r\nvalue: 5");
    say(&t, "(car x)\r", "<prompt>:1:1: error: car");
    say(&t, ")\r", "error: ");
    say(&t, "(* x x)\r", "\n25\r\n");
    type(&t, "EXIT\r");
    assert_int_equal(close_terminal(&t), 0);
}

static void ctrl_c_drops_the_line(void **state)
{
    (void)state;
    struct terminal t;
    open_terminal(&t, "/nowhere");
    type(&t, "(+ 1 (nope");
    expect(&t, "nope");
    say(&t, "\x03", "^C");
    say(&t, "(+ 2 2)\r", "\n4\r\n");
    type(&t, "(+ 1\r");
    expect(&t, "... ");
    say(&t, "\x03", "^C");
    say(&t, "(+ 3 3)\r", "\n6\r\n");
    type(&t, "\x04");
    assert_int_equal(close_terminal(&t), 0);
}

static void ctrl_c_stops_infer_and_keeps_the_state(void **state)
{
    (void)state;
    struct terminal t;
    open_terminal(&t, "/nowhere");
    say(&t, "ASSUME x (normal 0 1)\r", "id: 1");
    type(&t, "INFER 1e12\r");
    expect(&t, " of 1,000,000,000,000 transitions, ");
    expect(&t, " left");
    say(&t, "\x03", "stopped: after ");
    say(&t, "(number? x)\r", "\nTrue\r\n");
    type(&t, "(define (loop n) (loop (+ n 1)))\r");
    expect(&t, "> ");
    type(&t, "(loop 0)\r");
    expect(&t, "\n");
    usleep(100000);
    say(&t, "\x03", "error: stopped");
    say(&t, "(+ 1 1)\r", "\n2\r\n");
    type(&t, "quit\r");
    assert_int_equal(close_terminal(&t), 0);
}

static void names_are_completed(void **state)
{
    (void)state;
    struct terminal t;
    open_terminal(&t, "/nowhere");
    say(&t, "ASSUME temperature 20\r", "id: 1");
    say(&t, "(+ 1 temper\t)\r", "\n21\r\n");
    say(&t, "((lambd\t(x) (+ x 1)) 4)\r", "\n5\r\n");
    say(&t, "PRED\ttemperature\r", "id: 2\r\nvalue: 20");
    type(&t, "\x04");
    assert_int_equal(close_terminal(&t), 0);
}

static void history_outlives_the_prompt(void **state)
{
    (void)state;
    struct terminal t;
    char home[] = "/tmp/vestige-test-XXXXXX", path[64];
    assert_non_null(mkdtemp(home));
    open_terminal(&t, home);
    say(&t, "(* 6 7)\r", "\n42\r\n");
    type(&t, "\x04");
    assert_int_equal(close_terminal(&t), 0);
    open_terminal(&t, home);
    say(&t, "\x10\r", "\n42\r\n"); /* Ctrl-P: the line before */
    type(&t, "\x04");
    assert_int_equal(close_terminal(&t), 0);
    snprintf(path, sizeof path, "%s/.vestige_history", home);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(home), 0);
}

static void inference_goes_on_while_the_prompt_waits(void **state)
{
    (void)state;
    struct terminal t;
    open_terminal(&t, "/nowhere");
    say(&t, "ASSUME x (normal 0 1)\r", "id: 1");
    say(&t, "INFER-ON\r", "status: on\r\nkernel: (mh)");
    usleep(200000);
    /* directives are taken, and thousands of transitions were made */
    say(&t, "OBSERVE (normal x 1) 2\r", "id: 2");
    usleep(200000);
    type(&t, "INFER-STATUS\r");
    expect(&t, "status: on\r\nkernel: (mh)\r\ntransitions: ");
    while (t.length < 2) {
        ssize_t got = read(t.fd, t.seen + t.length, 2 - t.length);
        assert_true(got > 0);
        t.length += (size_t)got;
    }
    assert_true(t.seen[0] > '0' && t.seen[0] <= '9');
    expect(&t, "> ");
    /* a line is dropped, and it goes on */
    type(&t, "(+ 1 (nope");
    expect(&t, "nope");
    say(&t, "\x03", "^C");
    say(&t, "INFER-STATUS\r", "status: on");
    say(&t, "INFER-OFF\r", "status: off");
    type(&t, "\x04");
    assert_int_equal(close_terminal(&t), 0);
}

static void its_errors_are_told_at_the_prompt(void **state)
{
    (void)state;
    struct terminal t;
    open_terminal(&t, "/nowhere");
    say(&t, "ASSUME n (uniform-discrete 0 1000)\r", "id: 1");
    say(&t, "PREDICT (if (= n 7) (car n) 0)\r", "value: 0");
    type(&t, "INFER-ON\r");
    expect(&t, "status: on");
    expect(&t, "error: car");
    expect(&t, "> ");
    say(&t, "INFER-STATUS\r", "status: off");
    type(&t, "\x04");
    assert_int_equal(close_terminal(&t), 0);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_go_on_until_they_are_complete),
        cmocka_unit_test(an_error_keeps_the_session),
        cmocka_unit_test(ctrl_c_drops_the_line),
        cmocka_unit_test(ctrl_c_stops_infer_and_keeps_the_state),
        cmocka_unit_test(names_are_completed),
        cmocka_unit_test(history_outlives_the_prompt),
        cmocka_unit_test(inference_goes_on_while_the_prompt_waits),
        cmocka_unit_test(its_errors_are_told_at_the_prompt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
