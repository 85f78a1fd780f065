/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reader: what is read, where line ends count, what each piece's span
 * is, and that bad text of any size is one clear error in linear time.
 */
#include "base/memory.h"
#include "deep.h"
#include "read.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MILLION = 1000000 };

/* ---- what is read ----------------------------------------------------- */

static void texts_read_as_values(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        /* numbers */
        {"-5", "-5"},
        {"+5", "5"},
        {"007", "7"},
        {".5", "0.5"},
        {"5.", "5.0"},
        {"-.5e1", "-5.0"},
        {"1e5", "100000.0"},
        {"1E-5", "1e-05"},
        {"-0.0", "-0.0"},
        {"-0", "0"},
        {"1e+21", "1e+21"},
        {"140737488355327", "140737488355327"},
        {"140737488355328", "140737488355328.0"},
        {"-140737488355328", "-140737488355328"},
        {"123456789012345678901234567890", "1.2345678901234568e+29"},
        {"0.1000000000000000055511151231257827", "0.1"},
        {"9007199254740993.0", "9007199254740992.0"},
        {"1e-400", "0.0"},
        {"r[0.25]", "0.25"},
        {"(r[1e999])", "?"},
        {"(r[1] r[-1e3] r[x] r [1])", "(1.0 -1000.0 r (x) r (1))"},
        /* names that look like numbers */
        {"(1a + x? ... ->x - -a 1+ 1e e5 . (.))", "?"},
        {"(1a + x? ... ->x - -a 1+ 1e e5 +.e1 1.2.3)",
         "(1a + x? ... ->x - -a 1+ 1e e5 +.e1 1.2.3)"},
        {"(+inf -inf inf nan 1/2)", "(+inf -inf inf nan 1/2)"},
        /* booleans */
        {"(#t #f true false True False TRUE FALSE #true #false)",
         "(True False True False True False True False True False)"},
        {"(truee #t)", "(truee True)"},
        /* strings */
        {"\"a\\n\\t\\\"\\\\\\rb\"", "\"a\\n\\t\\\"\\\\\\rb\""},
        {"\"\\x3bb;\\x1F600;\"", "\"\xce\xbb\xf0\x9f\x98\x80\""},
        {"\"a\nb\"", "\"a\\nb\""},
        {"(\"a\"\"b\")", "(\"a\" \"b\")"},
        /* lists */
        {"(a . (b c))", "(a b c)"},
        {"(a b . c)", "(a b . c)"},
        {"[a (b) [c]]", "(a (b) (c))"},
        {"'(a 'b `(c ,d ,@e))", "'(a 'b `(c ,d ,@e))"},
        {"(a'b)", "(a 'b)"},
        {"(quote x)", "'x"},
        {"#(1 2.5)", "#(1 2.5)"},
        {"#()", "#()"},
        {"#((1 2) #(3 4))", "#((1 2) (3 4))"},
        {"#(+inf -inf inf nan)", "#(inf -inf inf nan)"},
        {"(\xce\xbb \xe2\x88\x82x)", "(\xce\xbb \xe2\x88\x82x)"},
        /* comments */
        {"; c ( \n 1 ; d\n", "1"},
        {"#| a #| b |# c |# 1 #| |#", "1"},
        {"(1 #|2|# 3)", "(1 3)"},
        {"#!/usr/bin/env vestige\n1", "1"},
        {"# all ( of \" this\n1", "1"},
        {"##\n  ### x\n1\n  # y", "1"},
        {"(1\n# 2\n3)", "(1 3)"},
        {"(1 # 2)", "?"},
        {"; \xff \x01\n1 #| \xff \x02 |#", "1"},
        {"\xef\xbb\xbf# marked\n1", "1"},
        {" \xef\xbb\xbf\xef\xbb\xbf"
         "a",
         "a"},
        /* joined lines */
        {"(a ,\n b)", "(a b)"},
        {"(a , ; c\r\n b)", "(a b)"},
        {"`(a ,\n b)", "`(a ,b)"},
        {"`(a ,(b ,\n c))", "`(a ,(b c))"},
        {"(`a ,\n b)", "(`a b)"},
        {"(a , b)", "(a ,b)"},
        {"\r\n\t(a\r\n\tb)\v\f", "(a b)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(reprint(rows[i][0]), rows[i][1]);
}

/* ---- errors ----------------------------------------------------------- */

static enum read_result read_one(const char *text, size_t length,
                                 struct error *error, struct reader *r)
{
    static struct source source; /* spans point to it */
    struct syntax *s;
    value v;
    source = (struct source){"t", text, length};
    reader_open(r, &source, error);
    enum read_result result = reader_datum(r, false, &s);
    if (result == READ_DATUM && !syntax_datum(s, &v, error)) return READ_ERROR;
    return result;
}

static void bad_texts_are_clear_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum read_result result;
        uint32_t start, end;
        const char *message;
    } rows[] = {
        {"(a (b", READ_INCOMPLETE, 3, 4,
         "unfinished list: '(' opened here is never closed"},
        {"(a [b ", READ_INCOMPLETE, 3, 4,
         "unfinished list: '[' opened here is never closed"},
        {"#(1", READ_INCOMPLETE, 0, 2,
         "unfinished list: '(' opened here is never closed"},
        {"(a '", READ_INCOMPLETE, 3, 4, "nothing follows the quote mark here"},
        {"(a \"b\\\"", READ_INCOMPLETE, 3, 4,
         "unfinished string: the '\"' here is never closed"},
        {"(a \"b\\", READ_INCOMPLETE, 3, 4,
         "unfinished string: the '\"' here is never closed"},
        {"(a #| b #||#", READ_INCOMPLETE, 3, 5,
         "unfinished comment: the '#|' here is never closed"},
        {"#|", READ_INCOMPLETE, 0, 2,
         "unfinished comment: the '#|' here is never closed"},
        {" , \n ; x", READ_INCOMPLETE, 1, 2,
         "no line follows that the ',' here joins"},
        {")", READ_ERROR, 0, 1, "unexpected ')'"},
        {" ]", READ_ERROR, 1, 2, "unexpected ']'"},
        {"\n\n(a\n]", READ_ERROR, 5, 6,
         "'(' opened at line 3 is closed by ']'"},
        {"[)", READ_ERROR, 1, 2, "'[' opened at line 1 is closed by ')'"},
        {"#(1]", READ_ERROR, 3, 4, "'(' opened at line 1 is closed by ']'"},
        {"(a ')", READ_ERROR, 3, 4, "nothing follows the quote mark here"},
        {".", READ_ERROR, 0, 1, "unexpected '.'"},
        {"(. a)", READ_ERROR, 1, 2, "unexpected '.'"},
        {"(a . b . c)", READ_ERROR, 7, 8, "unexpected '.'"},
        {"(a . )", READ_ERROR, 5, 6, "one datum must follow the '.' in a list"},
        {"(a . b c)", READ_ERROR, 8, 9,
         "one datum must follow the '.' in a list"},
        {"'. a", READ_ERROR, 1, 2, "unexpected '.'"},
        {"#(1 . 2)", READ_ERROR, 4, 5, "unexpected '.'"},
        {"{a}", READ_ERROR, 0, 1, "unexpected '{'"},
        {"a}", READ_DATUM, 0, 0, ""},
        {"x #a", READ_DATUM, 0, 0, ""},
        {"#a", READ_ERROR, 0, 2, "unknown form behind '#'"},
        {"\"\\q\"", READ_ERROR, 0, 4, "unknown escape in a string"},
        {"\"\\x;\"", READ_ERROR, 0, 5, "unknown escape in a string"},
        {"\"\\xd800;\"", READ_ERROR, 0, 9, "unknown escape in a string"},
        {"\"\\x110000;\"", READ_ERROR, 0, 11, "unknown escape in a string"},
        {"\"\\x1\"", READ_ERROR, 0, 5, "unknown escape in a string"},
        {"1e400", READ_ERROR, 0, 5,
         "a number beyond the range of doubles, 1.8e308"},
        {"\x01", READ_ERROR, 0, 1, "not a text file"},
        {"ab\x7f", READ_ERROR, 2, 3, "not a text file"},
        {"\xff\xfe", READ_ERROR, 0, 1, "not a text file"},
        {"a\xc3(", READ_ERROR, 1, 2, "not a text file"},
        {"\xed\xa0\x80", READ_ERROR, 0, 1, "not a text file"},
        {"\xc0\x80", READ_ERROR, 0, 1, "not a text file"},
        {"\xf4\x90\x80\x80", READ_ERROR, 0, 1, "not a text file"},
        {"#(1 a)", READ_ERROR, 4, 5, "a vector holds numbers only"},
        {"#((1 2) (3))", READ_ERROR, 8, 11,
         "the rows of a matrix are equally long"},
        {"#((1) 2)", READ_ERROR, 6, 7, "expected a row of a matrix here"},
        {"#(1 (2))", READ_ERROR, 4, 7, "a vector holds numbers only"},
        {"#((1 (2)))", READ_ERROR, 5, 8, "a vector holds numbers only"},
        {"#(())", READ_ERROR, 2, 4, "an empty row of a matrix"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = {0};
        struct reader r;
        size_t length = strlen(rows[i].text);
        enum read_result result = read_one(rows[i].text, length, &error, &r);
        assert_string_equal(error.message, rows[i].message);
        assert_int_equal(result, rows[i].result);
        if (result == READ_DATUM) continue;
        assert_int_equal(error.kind, ERROR_SYNTAX);
        assert_int_equal(error.span.start, rows[i].start);
        assert_int_equal(error.span.end, rows[i].end);
        assert_true(r.at > rows[i].start);
    }
}

static void zero_bytes_are_no_text(void **state)
{
    (void)state;
    struct error error = {0};
    struct reader r;
    assert_int_equal(read_one("a\0b", 3, &error, &r), READ_ERROR);
    assert_string_equal(error.message, "not a text file");
    assert_string_equal(error.hint, "it holds the control byte 0");
    assert_int_equal(read_one("", 0, &error, &r), READ_END);
    assert_int_equal(read_one(NULL, 0, &error, &r), READ_END);
}

static void reading_goes_on_behind_an_error(void **state)
{
    (void)state;
    static const char text[] = "1 ) 2 (3 ] 4 {";
    struct source source = {"t", text, sizeof text - 1};
    static const enum read_result results[] = {
        READ_DATUM, READ_ERROR, READ_DATUM, READ_ERROR,
        READ_DATUM, READ_ERROR, READ_END,   READ_END};
    struct error error;
    struct reader r;
    struct syntax *s;
    reader_open(&r, &source, &error);
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        assert_int_equal(reader_datum(&r, false, &s), results[i]);
}

/* ---- line ends and spans ---------------------------------------------- */

/* "d" for each datum, "n" for each line end, "." at the end. */
static const char *lines_of(const char *text)
{
    static const char letters[] = {'d', 'n', '.', '?', '!'};
    static char seen[64];
    struct source source = {"t", text, strlen(text)};
    struct error error;
    struct reader r;
    struct syntax *s;
    enum read_result result;
    size_t count = 0;
    reader_open(&r, &source, &error);
    do {
        result = reader_datum(&r, true, &s);
        seen[count++] = letters[result];
    } while (result <= READ_LINE_END && count < 60);
    seen[count] = 0;
    return seen;
}

static void line_ends_count_outside_lists(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"a b\nc\n", "ddndn."},
        {"\n\n", "nn."},
        {"a (b\nc)\nd", "ddnd."},
        {"a ,\nb\n", "ddn."},
        {"a , ; c\nb\n", "ddn."},
        {"a ,\n\nb\n", "dndn."},
        {"a ; c\nb", "dnd."},
        {"# c\na", "nd."},
        {"a #| \n |# b", "dd."},
        {"'\nx\n", "dn."},
        {"\"a\nb\" c", "dd."},
        {"a ,", "d?"},
        {"a ,\n", "d?"},
        {"(a ,\n", "?"},
        {"a )", "d!"},
        {"a\r\nb\r\n", "dndn."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(lines_of(rows[i][0]), rows[i][1]);
}

static void check_span(const struct syntax *s, uint32_t start, uint32_t end)
{
    assert_int_equal(s->span.start, start);
    assert_int_equal(s->span.end, end);
}

static void pieces_know_their_place(void **state)
{
    (void)state;
    static const char text[] = " (a 'bc [1.5 \"x\\n\"]) ";
    struct source source = {"t", text, sizeof text - 1};
    struct error error;
    struct reader r;
    struct syntax *s;
    reader_open(&r, &source, &error);
    assert_int_equal(reader_datum(&r, false, &s), READ_DATUM);
    check_span(s, 1, 20);
    check_span(s->items[0], 2, 3);
    check_span(s->items[1], 4, 7);
    check_span(s->items[1]->items[0], 4, 5);
    check_span(s->items[1]->items[1], 5, 7);
    check_span(s->items[2], 8, 19);
    check_span(s->items[2]->items[0], 9, 12);
    check_span(s->items[2]->items[1], 13, 18);
    assert_true(s->span.source == &source);
    assert_string_equal(syntax_head(s), "a");
    assert_null(syntax_head(s->items[0]));
    assert_null(syntax_head(s->items[2]));
    assert_true(syntax_is_symbol(s->items[0], "a"));
    assert_false(syntax_is_symbol(s->items[2]->items[1], "x\n"));
}

/* ---- size and depth --------------------------------------------------- */

static char *repeat(const char *piece, size_t times, size_t *length)
{
    size_t bytes = strlen(piece);
    char *text = malloc(bytes * times + 1);
    for (size_t i = 0; i < times; i++) memcpy(text + i * bytes, piece, bytes);
    *length = bytes * times;
    return text;
}

static void check_repeated(const char *piece, size_t times,
                           enum read_result expected, uint32_t start)
{
    struct error error = {0};
    struct reader r;
    size_t length;
    char *text = repeat(piece, times, &length);
    assert_int_equal(read_one(text, length, &error, &r), expected);
    if (expected >= READ_INCOMPLETE) assert_int_equal(error.span.start, start);
    free(text);
}

static void size_is_no_danger(void **state)
{
    (void)state;
    check_repeated("(", MILLION, READ_INCOMPLETE, MILLION - 1);
    check_repeated("'", MILLION, READ_INCOMPLETE, MILLION - 1);
    check_repeated("#|", MILLION, READ_INCOMPLETE, 0);
    check_repeated("#(", MILLION, READ_INCOMPLETE, 2 * MILLION - 2);
    check_repeated("(a . ", MILLION, READ_INCOMPLETE, 5 * MILLION - 5);
    check_repeated("\"a\" ", MILLION, READ_DATUM, 0);
    check_repeated(",\n", MILLION, READ_INCOMPLETE, 2 * MILLION - 2);
    check_repeated(", ", MILLION, READ_INCOMPLETE, 2 * MILLION - 2);
    check_repeated("x", 10 * MILLION, READ_ERROR, 0);
    check_repeated("1", 10 * MILLION, READ_ERROR, 0);
    check_repeated("# ", 10 * MILLION, READ_END, 0);
    check_repeated("########", MILLION, READ_END, 0);
    check_repeated(" ", 10 * MILLION, READ_END, 0);
    check_repeated(")", MILLION, READ_ERROR, 0);
}

static void long_lines_read(void **state)
{
    (void)state;
    size_t length;
    char *text = repeat(" 1.5", 2 * MILLION, &length);
    text[0] = '(';
    text[length - 1] = ')';
    value v = read_text(text, length);
    assert_int_equal(list_length(v), 2 * MILLION);
    text[1] = '(';
    memory_collect();
    double sum = 0;
    for (; v != V_NIL; v = cdr(v)) sum += as_number(car(v));
    assert_true(sum == 1.5 * (2 * MILLION - 1) + 1);
    free(text);
}

static void million_deep_nests_read(void **state)
{
    (void)state;
    char *text = malloc(2 * MILLION);
    memset(text, '(', MILLION);
    memset(text + MILLION, ')', MILLION);
    value v = read_text(text, 2 * MILLION);
    free(text);
    memory_collect();
    int depth = 1;
    for (; v != V_NIL; v = car(v), depth++) assert_true(is_pair(v));
    assert_int_equal(depth, MILLION);
}

static void memory_that_is_out_is_an_error(void **state)
{
    (void)state;
    struct error error = {0};
    struct reader r;
    size_t length;
    char *text = repeat("(1 ", 4 * MILLION, &length);
    memory_collect();
    memory_limit_set(memory_in_use() + (16 << 20));
    assert_int_equal(read_one(text, length, &error, &r), READ_ERROR);
    memory_limit_set(0);
    assert_int_equal(error.kind, ERROR_LIMIT);
    assert_string_equal(error.message, "out of memory while reading");
    free(text);
}

/* Each allocation fails once: in the build with plain memory. */
static void any_allocation_may_fail(void **state)
{
    (void)state;
    static const char text[] = "`(a1 \"\\n\" ,b1 #((1 2) (3 4)) (c1 . d1))";
    for (uint64_t n = 1; n < 100; n++) {
        struct error error = {0};
        struct reader r;
        memory_fail_after(n);
        enum read_result result = read_one(text, sizeof text - 1, &error, &r);
        memory_fail_after(0);
        if (result == READ_DATUM) continue;
        assert_int_equal(result, READ_ERROR);
        assert_int_equal(error.kind, ERROR_LIMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_read_as_values),
        cmocka_unit_test(bad_texts_are_clear_errors),
        cmocka_unit_test(zero_bytes_are_no_text),
        cmocka_unit_test(reading_goes_on_behind_an_error),
        cmocka_unit_test(line_ends_count_outside_lists),
        cmocka_unit_test(pieces_know_their_place),
        cmocka_unit_test(size_is_no_danger),
        cmocka_unit_test(long_lines_read),
        cmocka_unit_test(million_deep_nests_read),
        cmocka_unit_test(memory_that_is_out_is_an_error),
        cmocka_unit_test(any_allocation_may_fail),
    };
    memory_init(8 << 20);
    stack_keep_small();
    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
