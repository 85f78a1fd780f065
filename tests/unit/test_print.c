/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The printer: what is printed reads back to the same value, numbers to the
 * same bits; and JSON.
 */
#include "base/memory.h"
#include "base/random.h"
#include "deep.h"
#include "read.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MILLION = 1000000 };

static struct text shown;

static const char *printed(value v)
{
    text_clear(&shown);
    assert_true(print_value(&shown, v));
    return shown.at;
}

static const char *displayed(value v)
{
    text_clear(&shown);
    assert_true(display_value(&shown, v));
    return shown.at;
}

static const char *json(value v)
{
    text_clear(&shown);
    assert_true(print_json(&shown, v));
    return shown.at;
}

static value text_value(const char *s) { return string_make(s, strlen(s)); }

static value read_value(const char *s) { return read_text(s, strlen(s)); }

/* ---- doubles ---------------------------------------------------------- */

static void doubles_are_short(void **state)
{
    (void)state;
    static const struct {
        double d;
        const char *text;
    } rows[] = {
        {0, "0.0"},
        {-0.0, "-0.0"},
        {2, "2.0"},
        {-17, "-17.0"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e21, "1e+21"},
        {1e15, "1e+15"},
        {999999999999999, "999999999999999.0"},
        {123456789012345680, "1.2345678901234568e+17"},
        {5e-324, "5e-324"},
        {1.5e-310, "1.5e-310"},
        {1e-5, "1e-05"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, "nan"},
    };
    char buffer[32];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_double(buffer, rows[i].d);
        assert_string_equal(buffer, rows[i].text);
    }
}

static void doubles_read_back_to_their_bits(void **state)
{
    (void)state;
    struct random r;
    random_seed(&r, 1);
    for (int i = 0; i < 60000; i++) {
        uint64_t bits = random_bits(&r);
        double d;
        char buffer[32];
        if (i % 3 == 1) bits &= ~(uint64_t)0 << random_below(&r, 60);
        if (i % 3 == 2) bits = bits >> 40 | bits << 63; /* subnormal */
        memcpy(&d, &bits, 8);
        if (!isfinite(d)) continue;
        print_double(buffer, d);
        value v = read_value(buffer);
        assert_true(is_double(v) && v == v_double(d));
    }
}

static void short_decimals_have_their_digits(void **state)
{
    (void)state;
    static const double scales[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
    struct random r;
    random_seed(&r, 2);
    for (int i = 0; i < 60000; i++) {
        double count = (double)(random_bits(&r) >> (14 + random_below(&r, 50)));
        double d = count / scales[random_below(&r, 8)];
        char buffer[32], plain[40];
        if (i & 1) d = -d;
        snprintf(plain, sizeof plain, "%.15g", d);
        if (d == 0 || strtod(plain, NULL) != d) continue;
        if (!strpbrk(plain, ".e")) strcat(plain, ".0");
        print_double(buffer, d);
        assert_string_equal(buffer, plain);
    }
}

static void integers_read_back(void **state)
{
    (void)state;
    static const int64_t integers[] = {0, -1, 7, INT_MAX_EXACT, INT_MIN_EXACT};
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++)
        assert_true(read_value(printed(v_int(integers[i]))) ==
                    v_int(integers[i]));
    assert_string_equal(printed(v_int(INT_MIN_EXACT)), "-140737488355328");
}

/* ---- values ----------------------------------------------------------- */

static void values_print_as_they_are_read(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "True",
        "False",
        "()",
        "a",
        "(1 2.5 a)",
        "(1 . 2)",
        "(1 (2 . 3) . c)",
        "(() (()))",
        "'x",
        "''x",
        "'(1 2)",
        "`(a ,b ,@c)",
        "(quote)",
        "(quote a b)",
        "(a quote b)",
        "(unquote @x)",
        "\"\"",
        "\"a\\n\\t\\\"\\\\\\r\\x1;\\x7f;b\"",
        "\"\xc3\xa4\"",
        "#()",
        "#(1 2.5 -0.0 1e+300)",
        "#(inf -inf nan)",
        "#((1 2) (3 4.5))",
        "(#(1) \"x\" 'y)",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_string_equal(reprint(texts[i]), texts[i]);
}

static bool print_as_lambda(struct text *out, value v)
{
    (void)v;
    return text_puts(out, "(lambda (x) x)");
}

static void what_is_no_data_prints_as_itself(void **state)
{
    (void)state;
    struct object procedure = {.type = T_CLOSURE}, choice = {.type = T_CHOICE};
    value r = record_make(2);
    struct record *record = as_object(r);
    record->fields[0] = symbol("x");
    record->fields[2] = symbol("y");
    assert_string_equal(printed(r), "#<record x y>");
    assert_string_equal(printed(v_object(&choice)), "#<choice>");
    assert_string_equal(printed(V_NOTHING), "#<nothing>");
    value list = cons(v_object(&procedure), V_NIL);
    assert_string_equal(printed(list), "(#<procedure>)");
    bool (*before)(struct text *, value) = print_procedure;
    print_procedure = print_as_lambda;
    assert_string_equal(printed(list), "((lambda (x) x))");
    assert_string_equal(json(list), "[{\"procedure\":\"(lambda (x) x)\"}]");
    print_procedure = before;
}

static void strings_are_displayed_bare(void **state)
{
    (void)state;
    assert_string_equal(displayed(text_value("a\n\"b\"")), "a\n\"b\"");
    assert_string_equal(displayed(read_value("(\"a\" (b \"c\") 1.0)")),
                        "(a (b c) 1.0)");
    assert_string_equal(displayed(text_value("")), "");
}

/* Any bytes in strings, any doubles in vectors. */
static value random_value(struct random *r, int depth)
{
    value elements[8];
    char bytes[12];
    size_t count = random_below(r, 8);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)random_below(r, 256);
    switch (random_below(r, depth > 0 ? 10 : 7)) {
    case 0: return v_int((int64_t)random_bits(r) >> 16);
    case 1: return v_double(random_unit(r) * 100);
    case 2: return v_boolean(count > 3);
    case 3: return symbol_sized("abcdefgh+-?", 1 + count);
    case 4: return string_make(bytes, count);
    case 5: return symbol(count > 4 ? "quote" : "unquote-splicing");
    case 6: {
        value v = vector_make(1 + count, random_below(r, 3));
        for (uint32_t i = 0; i < as_vector(v)->head.size; i++)
            as_vector(v)->at[i] =
                count > 3 ? (double)i - 2 : random_unit(r) / 0x1p1000;
        return v;
    }
    default: break;
    }
    for (size_t i = 0; i < count; i++) elements[i] = random_value(r, depth - 1);
    value tail = random_below(r, 4) ? V_NIL : random_value(r, 0);
    return list_onto(elements, count, tail);
}

/* Cut before a character of two bytes, wherever the room ends. */
static void long_values_are_cut(void **state)
{
    static const char words[] = "a\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9";
    value v = symbol(words);
    char cut[16];
    (void)state;
    for (size_t size = 10; size <= sizeof cut; size++) {
        memset(cut, 'x', sizeof cut);
        print_cut(cut, size, v);
        size_t length = strlen(cut);
        assert_true(length < size);
        if (size > strlen(words)) {
            assert_string_equal(cut, words);
            continue;
        }
        assert_string_equal(cut + length - 3, "...");
        assert_memory_equal(cut, words, length - 3);
        assert_int_equal(length % 2, 0); /* 1 + 2 k + 3 */
    }
}

static void any_value_reads_back(void **state)
{
    (void)state;
    struct random r;
    for (uint64_t seed = 0; seed < 4000; seed++) {
        random_seed(&r, seed);
        value v = random_value(&r, 5);
        struct text first = {0};
        assert_true(print_value(&first, v));
        if (seed % 500 == 0) memory_collect();
        value back = read_text(first.at, first.length);
        assert_true(value_equal(v, back));
        assert_string_equal(printed(back), first.at);
        text_free(&first);
    }
}

/* ---- JSON ------------------------------------------------------------- */

static void json_is_as_documented(void **state)
{
    (void)state;
    static const struct {
        const char *read, *json;
    } rows[] = {
        {"1", "1"},
        {"2.0", "2.0"},
        {"1e21", "1e+21"},
        {"-0.5", "-0.5"},
        {"#t", "true"},
        {"#f", "false"},
        {"()", "[]"},
        {"abc", "\"abc\""},
        {"\"a\\\"b\\\\\\n\\x1;\"", "\"a\\\"b\\\\\\n\\u0001\""},
        {"\"\xc3\xa4\xff\"", "\"\xc3\xa4\\ufffd\""},
        {"(1 (a 2.5) ())", "[1,[\"a\",2.5],[]]"},
        {"(1 2 . 3)", "{\"dotted\":[1,2,3]}"},
        {"((1 . 2) 3)", "[{\"dotted\":[1,2]},3]"},
        {"#(1 2.5 inf -inf nan)", "[1.0,2.5,\"inf\",\"-inf\",\"nan\"]"},
        {"#((1 2) (3 4))", "[[1.0,2.0],[3.0,4.0]]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(json(read_value(rows[i].read)), rows[i].json);
    assert_string_equal(json(v_double(INFINITY)), "\"inf\"");
    assert_string_equal(json(V_NOTHING), "null");
    value r = record_make(2);
    struct record *record = as_object(r);
    record->fields[0] = symbol("x");
    record->fields[1] = read_value("#(1 2)");
    record->fields[2] = symbol("y");
    record->fields[3] = read_value("(a b)");
    assert_string_equal(json(cons(r, V_NIL)),
                        "[{\"x\":[1.0,2.0],\"y\":[\"a\",\"b\"]}]");
    assert_string_equal(json(record_make(0)), "{}");
}

/* ---- depth ------------------------------------------------------------ */

static void depth_is_no_danger(void **state)
{
    (void)state;
    value deep = V_NIL, dotted = v_int(1), quoted = symbol("x");
    for (int i = 0; i < MILLION; i++) {
        deep = cons(deep, V_NIL);
        dotted = cons(cons(v_int(1), v_int(2)), dotted);
        quoted = cons(symbol("quote"), cons(quoted, V_NIL));
    }
    printed(deep);
    assert_int_equal(shown.length, 2 * (MILLION + 1));
    assert_true(value_equal(deep, read_text(shown.at, shown.length)));
    printed(quoted);
    assert_int_equal(shown.length, MILLION + 1);
    assert_true(value_equal(quoted, read_text(shown.at, shown.length)));
    printed(dotted);
    assert_true(value_equal(dotted, read_text(shown.at, shown.length)));
    json(deep);
    assert_int_equal(shown.length, 2 * (MILLION + 1));
    json(dotted);
    assert_true(shown.length > MILLION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_are_short),
        cmocka_unit_test(doubles_read_back_to_their_bits),
        cmocka_unit_test(short_decimals_have_their_digits),
        cmocka_unit_test(integers_read_back),
        cmocka_unit_test(values_print_as_they_are_read),
        cmocka_unit_test(what_is_no_data_prints_as_itself),
        cmocka_unit_test(strings_are_displayed_bare),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(any_value_reads_back),
        cmocka_unit_test(json_is_as_documented),
        cmocka_unit_test(depth_is_no_danger),
    };
    memory_init(8 << 20);
    stack_keep_small();
    int failures = cmocka_run_group_tests_name("print", tests, NULL, NULL);
    text_free(&shown);
    return failures;
}
