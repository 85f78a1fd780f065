/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Memory that runs out while a program is compiled, at each of the allocations
 * in turn: no code, and an error that says so. Only the plain memory can be
 * told to fail.
 */
#include "eval/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

static struct machine *machine;

/* The forms that bind, and a body long enough for its arrays to grow. */
static const char *const programs[] = {
    "(let ((a 1) (b 2)) (+ a b))",
    "(let* ((a 1) (b (+ a 1))) (lambda (x . rest) (+ x a b)))",
    "(letrec ((even (lambda (n) (if (= n 0) 'yes (odd (- n 1)))))"
    "         (odd (lambda (n) (if (= n 0) 'no (even (- n 1))))))"
    "  (even 9))",
    "(lambda (x) (define y 1) (car x) (define (f z) (+ y z)) (f x) (f y))",
    "(let loop ((i 0) (s 0)) (if (= i 9) s (loop (+ i 1) (+ s i))))",
    "(do ((i 0 (+ i 1))) ((= i 3) i) (list i))",
    "(case 3 ((1 2) 'few) (else 'many))",
    "(lambda (x) (case x (a 1) ('b 2) (else 3)))",
    "(lambda (x) (cond ((assoc x '()) => car) ((> x 1) 2 3) (else 'no)))",
    "(lambda (x) (when x (list x)) (unless x (or x (and x 1) (not x))))",
    "(lambda (x) `(1 ,x ,@(list x x)))",
    "(rejection-query (define x 1) (define (f y) (+ x y)) (f 2) (= x 1))",
    "(lambda (x) (observe (normal x 1) 2) (iid 3 (flip x)))",
    "(list (list 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20)"
    "      (list 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38)"
    "      (list 1.5 2.5 3.5 4.5 5.5 6.5 7.5 8.5 9.5 10.5 11.5 12.5))",
};
enum { PROGRAMS = sizeof programs / sizeof *programs, PATIENCE = 3000 };

static struct syntax *read_text(const char *text)
{
    struct source *source = memory_new_kept(sizeof *source);
    struct reader r;
    struct syntax *s;
    assert_non_null(source);
    *source = (struct source){"test", text, strlen(text)};
    reader_open(&r, source, &machine->error);
    assert_int_equal(reader_datum(&r, false, &s), READ_DATUM);
    return s;
}

static void compiles_or_says_why(void **state)
{
    (void)state;
    memory_fail_after(1);
    void *block = memory_new(8);
    memory_fail_after(0);
    if (block) skip(); /* memory of the collector cannot be told */
    for (int i = 0; i < PROGRAMS; i++) {
        const struct syntax *s = read_text(programs[i]);
        struct code *code = NULL;
        for (uint64_t n = 1; !code && n < PATIENCE; n++) {
            error_clear(&machine->error);
            memory_fail_after(n);
            code = machine_compile(machine, s);
            memory_fail_after(0);
            if (!code && machine->error.kind != ERROR_LIMIT)
                fail_msg("allocation %u, \"%s\":\n%s", (unsigned)n,
                         machine->error.message, programs[i]);
        }
        if (!code) fail_msg("never compiles:\n%s", programs[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compiles_or_says_why),
    };
    struct error error = {0};
    memory_init(8 << 20);
    machine = machine_open(&error);
    if (!machine) return 1;
    return cmocka_run_group_tests_name("compile_memory", tests, NULL, NULL);
}
