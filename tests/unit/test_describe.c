/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What TRACE writes of values, applications and contents.
 */
#include "trace/describe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "read.h"

/* A choice is called by the word after its head. */
struct named {
    struct object head;
    const char *called;
};

static bool name_value(const void *context, value v, char *name)
{
    (void)context;
    if (!is_type(v, T_CHOICE)) return false;
    strcpy(name, ((struct named *)as_object(v))->called);
    return true;
}

static struct named a = {{T_CHOICE, 0, 0, 0}, "#1"};
static struct named b = {{T_CHOICE, 0, 0, 0}, "#2"};
static const struct description words = {.name = name_value};

static value of(const char *text) { return read_text(text, strlen(text)); }

static void expect(value v, size_t limit, const char *wanted)
{
    struct text out = {0};
    assert_true(describe_value(&words, &out, v, limit));
    assert_string_equal(out.at, wanted);
    text_free(&out);
}

static void data_is_quoted_and_cut(void **state)
{
    (void)state;
    expect(v_double(2.0), 40, "2.0");
    expect(of("(1 (2 x) \"s\")"), 40, "'(1 (2 x) \"s\")");
    expect(of("(1 2 3 4 5 6 7 8 9 10 11 12 13 14)"), 80,
           "'(1 2 3 4 5 6 7 8 9 10 11 ...)");
    expect(of("#(1 2 3 4 5 6 7 8 9 10)"), 80,
           "#(1.0 2.0 3.0 4.0 5.0 6.0 7.0 8.0 ... 10 elements)");
    expect(of("\"\303\244\303\244\303\244\303\244\""), 4, "\"\303\244...");
}

static void random_structure_is_an_application(void **state)
{
    (void)state;
    value pair = cons(v_object(&a), v_object(&b));
    expect(v_object(&a), 40, "#1");
    expect(list_from((value[]){v_object(&a), v_int(3)}, 2), 40, "(list #1 3)");
    expect(pair, 40, "(list #1 . #2)");
    expect(list_from((value[]){pair, of("(1 2)")}, 2), 40,
           "(list (list #1 . #2) '(1 2))");
}

static void a_deep_list_is_no_danger(void **state)
{
    (void)state;
    value v = v_object(&a);
    for (int i = 0; i < 1000000; i++) v = cons(v, V_NIL);
    expect(v, 12, "(list (list ...");
}

static void applications(void **state)
{
    (void)state;
    struct text out = {0};
    assert_true(describe_application(&words, &out, "normal", 2,
                                     (value[]){v_object(&b), v_int(1)}, 40));
    assert_string_equal(out.at, "(normal #2 1)");
    text_clear(&out);
    assert_true(describe_application(&words, &out, "flip", 0, NULL, 40));
    assert_string_equal(out.at, "(flip)");
    text_free(&out);
}

static void contents(const char *wanted, const value *held, size_t count)
{
    struct text out = {0};
    assert_true(describe_contents(&words, &out, held, count));
    assert_string_equal(out.at, wanted);
    text_free(&out);
}

static void contents_are_counted_or_listed(void **state)
{
    (void)state;
    value many[9];
    for (int i = 0; i < 9; i++) many[i] = v_double(i + 0.5);
    contents("nothing", NULL, 0);
    contents("True 2, False 1", (value[]){V_TRUE, V_FALSE, V_TRUE}, 3);
    contents("3 values: 0.5 1.5 2.5", many, 3);
    contents("9 values: 0.5 1.5 2.5 3.5 4.5 5.5 ...", many, 9);
}

int main(void)
{
    memory_init(1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_is_quoted_and_cut),
        cmocka_unit_test(random_structure_is_an_application),
        cmocka_unit_test(a_deep_list_is_no_danger),
        cmocka_unit_test(applications),
        cmocka_unit_test(contents_are_counted_or_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
