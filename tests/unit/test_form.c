/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Forms and expressions as the report's clients send them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "server/form.h"

static void fields(void **state)
{
    static const struct {
        const char *body, *name, *wanted; /* NULL: none */
    } rows[] = {
        {"a=1&b=2", "a", "1"},
        {"a=1&b=2", "b", "2"},
        {"ab=1&b=2", "a", NULL},
        {"a=", "a", ""},
        {"a", "a", NULL},
        {"", "a", NULL},
        {"x=y&a=%5B%22flip%22%2C+0.3%5D", "a", "[\"flip\", 0.3]"},
        {"a=%c3%A4", "a", "\xc3\xa4"},
        {"a=%4", "a", NULL},
        {"a=%", "a", NULL},
        {"a=%zz", "a", NULL},
        {"a=%00", "a", NULL},
        {"&&a=1", "a", "1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text got = {0};
        bool good =
            form_field(rows[i].body, strlen(rows[i].body), rows[i].name, &got);
        assert_int_equal(good, rows[i].wanted != NULL);
        if (good) assert_string_equal(got.at ? got.at : "", rows[i].wanted);
        text_free(&got);
    }
}

static void expressions(void **state)
{
    static const struct {
        const char *json, *wanted;
    } rows[] = {
        {"[\"flip\",0.3]", "(flip 0.3)"},
        {"\"(f (g 1))\"", "(f (g 1))"},
        {"[\"f\",[\"g\",1,true],[[]]]", "(f (g 1 True) (()))"},
        {"0.1", "0.1"},
        {"-3", "-3"},
        {"false", "False"},
        {"null", NULL},
        {"[{}]", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text got = {0};
        json_t *v = json_loads(rows[i].json, JSON_DECODE_ANY, NULL);
        bool good = form_expression(v, &got);
        assert_int_equal(good, rows[i].wanted != NULL);
        if (good) assert_string_equal(got.at, rows[i].wanted);
        json_decref(v);
        text_free(&got);
    }
}

/* As deep as it comes. */
static void deep(void **state)
{
    char json[2 * 2000 + 2];
    struct text got = {0};
    (void)state;
    memset(json, '[', 2000);
    memset(json + 2000, ']', 2000);
    json[4000] = 0;
    json_t *v = json_loads(json, 0, NULL);
    assert_non_null(v);
    assert_true(form_expression(v, &got));
    assert_int_equal(got.length, 4000);
    json_decref(v);
    text_free(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(expressions),
        cmocka_unit_test(deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
