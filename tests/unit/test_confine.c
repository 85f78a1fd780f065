/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A process that is confined reads what lies under one folder, and writes
 * nothing: tried in processes of their own, for there is no way back.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/confine.h"

static char folder[] = "/tmp/vestige-confine-XXXXXX";

static bool reads(const char *path)
{
    int d = confined_open(path, O_RDONLY | O_CLOEXEC, 0);
    if (d >= 0) close(d);
    return d >= 0;
}

/* The status of a process that does it. */
static int apart(int (*what)(void))
{
    int status;
    pid_t pid = fork();
    if (pid == 0) _exit(what());
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int in_a_folder(void)
{
    char path[200];
    snprintf(path, sizeof path, "%s/in", folder);
    if (!reads("/etc/passwd") || !confine_may_write()) return 1;
    if (!confine(path)) return 2;
    if (!reads("data.txt") || !reads("deep/../data.txt")) return 3;
    if (reads("../outside.txt") || reads("/etc/passwd")) return 4;
    if (reads("link.txt") || reads("deep/up/outside.txt")) return 5;
    if (confined_open("new.txt", O_WRONLY | O_CREAT, 0600) >= 0) return 6;
    if (confined_open("data.txt", O_RDWR, 0) >= 0) return 7;
    if (confined_open("data.txt", O_RDONLY | O_TRUNC, 0) >= 0) return 8;
    if (confine_may_write() || confined_create("/tmp/vestige-no")) return 9;
    return 0;
}

static int without_a_folder(void)
{
    if (!confine(NULL)) return 1;
    return reads("data.txt") || reads("/etc/passwd") || reads(".") ? 2 : 0;
}

static int in_no_folder(void)
{
    return confine("/nowhere/at/all") ? 1 : reads("/etc/passwd") ? 0 : 2;
}

static void one_folder(void **state)
{
    (void)state;
    assert_int_equal(apart(in_a_folder), 0);
}

static void no_folder(void **state)
{
    (void)state;
    assert_int_equal(apart(without_a_folder), 0);
    assert_int_equal(apart(in_no_folder), 0);
}

static int make(void **state)
{
    char command[600];
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(command, sizeof command,
             "cd %s && mkdir -p in/deep && echo 1 > in/data.txt && "
             "echo 2 > outside.txt && ln -s ../outside.txt in/link.txt && "
             "ln -s ../.. in/deep/up",
             folder);
    return system(command);
}

static int drop(void **state)
{
    char command[100];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_folder),
        cmocka_unit_test(no_folder),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
