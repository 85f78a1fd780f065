/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * base/input.c: a pipe keeps nobody waiting who does not want to wait.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/csv.h"
#include "base/input.h"

static char folder[] = "/tmp/vestige-input-XXXXXX";
static char path[64];

static int open_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/pipe", folder);
    return mkfifo(path, 0600);
}

static int close_folder(void **state)
{
    (void)state;
    return unlink(path) || rmdir(folder);
}

/* Goes on as often as is left. */
static bool count_down(void *left) { return (*(int *)left)-- > 0; }

static void a_pipe_without_a_writer_is_left(void **state)
{
    int left = 1;
    struct patience p = {count_down, &left};
    struct error error = {0};
    struct csv c;
    (void)state;
    assert_false(csv_open(&c, path, ',', &p, &error));
    assert_int_equal(left, -1);
}

static void what_is_written_is_read(void **state)
{
    int left = 100;
    struct patience p = {count_down, &left};
    int reader = input_open(path);
    assert_true(reader >= 0);
    assert_int_equal(fcntl(reader, F_GETFL) & O_NONBLOCK, 0);
    int writer = open(path, O_WRONLY);
    assert_int_equal(write(writer, "x", 1), 1);
    assert_true(input_wait(reader, &p));
    char byte = 0;
    assert_int_equal(read(reader, &byte, 1), 1);
    assert_int_equal(byte, 'x');
    close(writer);
    assert_true(input_wait(reader, &p));
    assert_int_equal(read(reader, &byte, 1), 0);
    assert_int_equal(left, 100);
    close(reader);
    (void)state;
}

static void a_missing_file_says_so(void **state)
{
    (void)state;
    assert_int_equal(input_open("/nonexistent/file"), -1);
    assert_null(input_file("/nonexistent/file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe_without_a_writer_is_left),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_missing_file_says_so),
    };
    return cmocka_run_group_tests(tests, open_folder, close_folder);
}
