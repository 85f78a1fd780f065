/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Errors as people see them, the nearest name, and text that grows.
 */
#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct source source;

/* An error at bytes [start, end) of this text. */
static struct error at(const char *text, uint32_t start, uint32_t end)
{
    struct error e;
    source = (struct source){"m.church", text, strlen(text)};
    error_set(&e, ERROR_DOMAIN, "bad %s", "thing");
    e.span = (struct span){&source, start, end};
    return e;
}

static const char *format(const struct error *e, bool lines)
{
    static char buffer[4096];
    size_t length = error_format(e, lines, buffer, sizeof buffer);
    assert_int_equal(length, strlen(buffer));
    return buffer;
}

/* ---- filling ---------------------------------------------------------- */

static void errors_are_filled(void **state)
{
    (void)state;
    struct error e;
    memset(&e, 0x55, sizeof e);
    assert_false(error_set(&e, ERROR_TYPE, "%s: got %d", "car", 3));
    assert_int_equal(e.kind, ERROR_TYPE);
    assert_string_equal(e.message, "car: got 3");
    assert_string_equal(e.hint, "");
    assert_null(e.span.source);
    assert_int_equal(e.trail_length, 0);
    assert_false(error_hint(&e, "try %s", "cdr"));
    assert_string_equal(e.hint, "try cdr");
    /* A message may be made of the message before it. */
    error_set(&e, ERROR_USE, "INFER: %s", e.message);
    assert_string_equal(e.message, "INFER: car: got 3");
    assert_string_equal(e.hint, "");
    error_clear(&e);
    assert_int_equal(e.kind, ERROR_NONE);
    assert_string_equal(e.message, "");
}

static void long_messages_are_cut_before_a_character(void **state)
{
    (void)state;
    char text[2001] = "";
    struct error e;
    for (int pad = 0; pad < 3; pad++) {
        memset(text, 'x', (size_t)pad);
        for (int i = pad; i + 3 <= 2000; i += 3)
            memcpy(text + i, "\xe2\x82\xac", 4);
        error_set(&e, ERROR_NAME, "%s", text);
        error_hint(&e, "%s", text);
        size_t length = strlen(e.message);
        assert_true(length > ERROR_MESSAGE_MAX - 8 &&
                    length < ERROR_MESSAGE_MAX);
        assert_string_equal(e.message + length - 3, "...");
        assert_memory_equal(e.message + length - 6, "\xe2\x82\xac", 3);
        assert_true(strlen(e.hint) < ERROR_HINT_MAX);
    }
}

/* ---- places and lines ------------------------------------------------- */

static void places_count_lines_and_characters(void **state)
{
    (void)state;
    static const char text[] = "ab\n\xc3\xa4\xe2\x82\xac"
                               "c\r\n\nd";
    static const int places[][3] = {
        {0, 1, 1}, {2, 1, 3},  {3, 2, 1},  {5, 2, 2},  {8, 2, 3},
        {9, 2, 4}, {11, 3, 1}, {12, 4, 1}, {13, 4, 2}, {99, 4, 2}};
    struct source s = {"t", text, sizeof text - 1};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int line, column;
        source_place(&s, (uint32_t)places[i][0], &line, &column);
        assert_int_equal(line, places[i][1]);
        assert_int_equal(column, places[i][2]);
    }
}

static void errors_show_their_line(void **state)
{
    (void)state;
    struct error e = at("(a\n\t(normal 0 -1) x\r\n)", 4, 17);
    error_hint(&e, "try %d", 1);
    assert_string_equal(format(&e, false),
                        "m.church:2:2: error: bad thing (try 1)");
    assert_string_equal(format(&e, true),
                        "m.church:2:2: error: bad thing (try 1)\n"
                        "     (normal 0 -1) x\n"
                        "     ^~~~~~~~~~~~~");
    /* A span of several lines goes to the end of its first. */
    e = at("(a\n b)\n", 0, 6);
    assert_string_equal(format(&e, true), "m.church:1:1: error: bad thing\n"
                                          "    (a\n"
                                          "    ^~");
    /* An empty span, at the end of the text. */
    e = at("ab", 2, 2);
    assert_string_equal(format(&e, true), "m.church:1:3: error: bad thing\n"
                                          "    ab\n"
                                          "      ^");
    e = at("", 0, 0);
    assert_string_equal(format(&e, true), "m.church:1:1: error: bad thing\n"
                                          "    \n"
                                          "    ^");
    e = at("ab", 50, 60);
    assert_string_equal(format(&e, true), "m.church:1:3: error: bad thing\n"
                                          "    ab\n"
                                          "      ^");
    /* Characters of several bytes take one column; foreign ones are shown. */
    e = at("\xc3\xa4\x01\xff x", 5, 6);
    assert_string_equal(format(&e, true), "m.church:1:5: error: bad thing\n"
                                          "    \xc3\xa4?? x\n"
                                          "        ^");
    e.span.source = NULL;
    assert_string_equal(format(&e, true), "error: bad thing");
}

static void long_lines_show_a_window(void **state)
{
    (void)state;
    char line[1001];
    for (int i = 0; i < 1000; i++) line[i] = (char)('a' + i % 26);
    line[1000] = 0;
    for (uint32_t start = 0; start < 1000; start += 37) {
        struct error e = at(line, start, start + 200);
        const char *shown = strchr(format(&e, true), '\n') + 1;
        const char *carets = strchr(shown, '\n') + 1;
        size_t width = (size_t)(carets - shown - 1);
        const char *caret = strchr(carets, '^');
        assert_true(width >= 4 + 76 && width <= 4 + 3 + 76 + 3);
        assert_true(strlen(carets) <= width);
        assert_int_equal(shown[caret - carets], line[start]);
        assert_int_equal(strncmp(shown, "    ...", 7) == 0, start > 24);
        assert_int_equal(strncmp(carets - 4, "...", 3) == 0, start < 940);
    }
}

static void trails_follow(void **state)
{
    (void)state;
    struct error e = at("(f)\n(g)", 0, 3);
    e.trail_length = 2;
    snprintf(e.trail[0].name, sizeof e.trail[0].name, "f");
    e.trail[0].span = (struct span){&source, 5, 6};
    e.trail[1].name[0] = 0;
    e.trail[1].span = (struct span){0};
    assert_string_equal(format(&e, true), "m.church:1:1: error: bad thing\n"
                                          "    (f)\n"
                                          "    ^~~\n"
                                          "  in f at m.church:2:2\n"
                                          "  in a procedure");
    for (int i = 0; i < ERROR_TRAIL_MAX; i++) e.trail[i] = e.trail[0];
    e.trail_length = -1;
    const char *shown = format(&e, true);
    int count = 0;
    for (const char *p = shown; (p = strstr(p, "  in f")); p++) count++;
    assert_int_equal(count, ERROR_TRAIL_MAX);
    assert_string_equal(shown + strlen(shown) - 6, "\n  ...");
}

static void formats_fit_any_buffer(void **state)
{
    (void)state;
    struct error e = at("(f)\n(g)", 0, 3);
    const char *whole = strdup(format(&e, true));
    for (size_t size = 0; size < 60; size++) {
        char *buffer = malloc(size + 1);
        buffer[size] = 'x';
        size_t length = error_format(&e, true, buffer, size);
        assert_int_equal(buffer[size], 'x');
        if (size) {
            assert_int_equal(length, strlen(buffer));
            assert_memory_equal(buffer, whole, length);
        }
        free(buffer);
    }
    free((char *)whole);
}

/* ---- the nearest name ------------------------------------------------- */

static void the_nearest_name_is_found(void **state)
{
    (void)state;
    static const char *const names[] = {"normal", "flip",  "uniform-draw", "if",
                                        "beta",   "gamma", "let*"};
    static const char *const rows[][2] = {
        {"nromal", "normal"},
        {"norml", "normal"},
        {"Normal", "normal"},
        {"NORMAL", "normal"},
        {"flipp", "flip"},
        {"fi", "if"},
        {"uniformdrow", "uniform-draw"},
        {"gama", "gamma"},
        {"let", "let*"},
        {"bata", "beta"},
        {"zeta-function", NULL},
        {"x", NULL},
        {"", NULL},
        {"nrmlal", "normal"},
        {"abcdef", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *found = nearest_name(rows[i][0], names, 7);
        if (rows[i][1])
            assert_string_equal(found, rows[i][1]);
        else
            assert_null(found);
    }
    char long_name[5000];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    const char *itself = long_name;
    assert_null(nearest_name(long_name, names, 7));
    assert_null(nearest_name("normal", &itself, 1));
    assert_null(nearest_name("normal", names, 0));
}

/* ---- text ------------------------------------------------------------- */

static void text_grows(void **state)
{
    (void)state;
    struct text t = {0};
    assert_true(text_add(&t, NULL, 0));
    assert_string_equal(t.at, "");
    for (int i = 0; i < 1000; i++) {
        assert_true(text_printf(&t, "%d,", i % 10));
        assert_true(text_add(&t, "a\0b", 3));
        assert_true(text_puts(&t, ";"));
        assert_int_equal(t.length, (size_t)(i + 1) * 6);
        assert_int_equal(t.at[t.length], 0);
    }
    assert_memory_equal(t.at + 5994, "9,a\0b;", 7);
    text_clear(&t);
    assert_int_equal(t.length, 0);
    assert_string_equal(t.at, "");
    assert_true(text_printf(&t, "%5000d", 7));
    assert_int_equal(t.length, 5000);
    assert_false(text_add(&t, "x", (size_t)-1));
    assert_int_equal(t.length, 5000);
    text_free(&t);
    assert_null(t.at);
}

static void characters_have_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
    } rows[] = {{"a", 1},
                {"\x7f", 1},
                {"\xc3\xa4", 2},
                {"\xe2\x82\xac", 3},
                {"\xed\x9f\xbf", 3},
                {"\xf0\x9f\x98\x80", 4},
                {"\xf4\x8f\xbf\xbf", 4},
                {"\x80", 0},
                {"\xc1\xbf", 0},
                {"\xc3", 0},
                {"\xc3(", 0},
                {"\xe0\x9f\xbf", 0},
                {"\xed\xa0\x80", 0},
                {"\xf0\x8f\xbf\xbf", 0},
                {"\xf4\x90\x80\x80", 0},
                {"\xf5\x80\x80\x80", 0},
                {"\xff", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(utf8_length(rows[i].bytes, strlen(rows[i].bytes)),
                         rows[i].length);
    assert_int_equal(utf8_length("\xe2\x82\xac", 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_filled),
        cmocka_unit_test(long_messages_are_cut_before_a_character),
        cmocka_unit_test(places_count_lines_and_characters),
        cmocka_unit_test(errors_show_their_line),
        cmocka_unit_test(long_lines_show_a_window),
        cmocka_unit_test(trails_follow),
        cmocka_unit_test(formats_fit_any_buffer),
        cmocka_unit_test(the_nearest_name_is_found),
        cmocka_unit_test(text_grows),
        cmocka_unit_test(characters_have_lengths),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
