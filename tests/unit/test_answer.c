/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Answers as lines and as JSON, and errors as JSON.
 */
#include "session/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

static void expect(const struct answer *a, const char *lines, const char *json)
{
    struct text out = {0};
    text_puts(&out, "");
    assert_true(answer_print(a, &out));
    assert_string_equal(out.at, lines);
    text_clear(&out);
    assert_true(answer_print_json(a, &out));
    assert_string_equal(out.at, json);
    text_free(&out);
}

static void fields_stand_where_they_have_a_name(void **state)
{
    (void)state;
    struct answer a = {.directive = "assume"};
    answer_integer(&a, "id", "id", 3);
    answer_string(&a, NULL, "name", "m\"u");
    answer_value(&a, "value", "value", V_TRUE);
    expect(&a, "id: 3\nvalue: True\n",
           "{\"directive\":\"assume\",\"id\":3,\"name\":\"m\\\"u\","
           "\"value\":true}");
}

static void a_field_without_words_stands_alone(void **state)
{
    (void)state;
    struct answer a = {.directive = "value"};
    answer_value(&a, "", "value", v_double(2));
    expect(&a, "2.0\n", "{\"directive\":\"value\",\"value\":2.0}");
}

static void nothing_is_no_line(void **state)
{
    (void)state;
    struct answer a = {.directive = "value"}, b = {.directive = "assume"};
    struct text out = {0};
    text_puts(&out, "");
    answer_value(&a, "", "value", V_NOTHING);
    assert_true(answer_print(&a, &out));
    assert_string_equal(out.at, "");
    answer_value(&b, "value", "value", V_NOTHING);
    assert_true(answer_print(&b, &out));
    assert_true(strncmp(out.at, "value: ", 7) == 0);
    text_free(&out);
}

static void numbers_that_are_none_are_strings_in_json(void **state)
{
    (void)state;
    struct answer a = {.directive = "logdensity"};
    answer_number(&a, "logdensity", "value", -__builtin_inf());
    expect(&a, "logdensity: -inf\n",
           "{\"directive\":\"logdensity\",\"value\":\"-inf\"}");
}

static void blocks_are_lines_and_json_of_their_own(void **state)
{
    (void)state;
    struct answer a = {.directive = "infer"};
    answer_block(&a, "False: 2\nTrue: 1\n", "distribution", "[1,2]");
    answer_block(&a, "only lines\n", "not shown", NULL);
    answer_block(&a, NULL, "only", "{}");
    expect(&a, "False: 2\nTrue: 1\nonly lines\n",
           "{\"directive\":\"infer\",\"distribution\":[1,2],\"only\":{}}");
}

static void too_many_fields_are_said(void **state)
{
    (void)state;
    struct answer a = {.directive = "x"};
    struct text out = {0};
    for (int i = 0; i < ANSWER_FIELDS_MAX; i++) answer_integer(&a, "i", "i", i);
    assert_true(answer_print(&a, &out));
    answer_integer(&a, "i", "i", 0);
    assert_false(answer_print(&a, &out));
    text_free(&out);
}

static void errors_have_a_place_and_a_hint(void **state)
{
    (void)state;
    static const char text[] = "(+ 1\n  x)";
    struct source source = {"f.church", text, sizeof text - 1};
    struct error e = {0};
    struct text out = {0};
    error_set(&e, ERROR_NAME, "unknown name %s", "x");
    assert_true(error_print_json(&e, &out));
    assert_string_equal(out.at, "{\"error\":{\"message\":\"unknown name x\"}}");
    error_hint(&e, "did you mean y?");
    e.span = (struct span){&source, 7, 8};
    text_clear(&out);
    assert_true(error_print_json(&e, &out));
    assert_string_equal(out.at, "{\"error\":{\"message\":\"unknown name x\","
                                "\"file\":\"f.church\",\"line\":2,\"column\":3,"
                                "\"hint\":\"did you mean y?\"}}");
    text_free(&out);
}

int main(void)
{
    memory_init(1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_stand_where_they_have_a_name),
        cmocka_unit_test(a_field_without_words_stands_alone),
        cmocka_unit_test(nothing_is_no_line),
        cmocka_unit_test(numbers_that_are_none_are_strings_in_json),
        cmocka_unit_test(blocks_are_lines_and_json_of_their_own),
        cmocka_unit_test(too_many_fields_are_said),
        cmocka_unit_test(errors_have_a_place_and_a_hint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
