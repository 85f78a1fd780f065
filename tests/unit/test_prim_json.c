/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * JSON data: what Stan's tools write, what the grammar has, what is wrong
 * with it, and deep and long files.
 */
#include "prim_file.h"

#include <fcntl.h>
#include <sys/stat.h>

static bool load(const char *bytes, size_t length, value *out)
{
    value name = string_make(prim_file_path, strlen(prim_file_path));
    prim_file_write(bytes, length);
    return prim_call("load-json", 1, &name, out);
}

static void reads(const char *text, const char *expected)
{
    struct text shown = {0};
    value v;
    if (!load(text, strlen(text), &v))
        fail_msg("%s: %s", text, prim_machine.error.message);
    if (is_type(v, T_RECORD))
        prim_file_show(as_object(v), &shown);
    else
        assert_true(print_value(&shown, v));
    const char *got = shown.at ? shown.at : "";
    if (strcmp(got, expected) != 0)
        fail_msg("%s reads as %s, not %s", text, got, expected);
    text_free(&shown);
}

static void refuses_bytes(const char *bytes, size_t length, const char *words)
{
    const struct error *e = &prim_machine.error;
    value v;
    if (load(bytes, length, &v)) fail_msg("it reads %s", bytes);
    assert_int_equal(e->kind, ERROR_IO);
    assert_ptr_equal(strstr(e->message, prim_file_path), e->message);
    if (!strstr(e->message, words))
        fail_msg("\"%s\", not \"%s\"", e->message, words);
}

static void refuses(const char *text, const char *words)
{
    refuses_bytes(text, strlen(text), words);
}

static void data(void **state)
{
    (void)state;
    reads("{\"N\": 3, \"y\": [1, 2.5, -3e2]}", "N 3 y #(1 2.5 -300)");
    reads("{\"x\":[[1,2],[3,4],[5,6]]}", "x #((1 2) (3 4) (5 6))");
    reads("{\"x\":[[1,2],[3]]}", "x (#(1 2) #(3))");
    reads("{\"x\":[[[1,2],[3,4]],[[5,6],[7,8]]]}",
          "x (#((1 2) (3 4)) #((5 6) (7 8)))");
    reads("{\"x\":[], \"y\":[[]]}", "x #() y (#())");
    reads("{\"s\":[\"a\",\"b\"],\"t\":\"c d\"}", "s (\"a\" \"b\") t \"c d\"");
    reads("{\"m\":[1,\"a\",[2,3]]}", "m (1 \"a\" #(2 3))");
    reads("{\"b\":[true,false],\"c\":true}", "b (True False) c True");
    reads("{\"a\":{\"b\":1}}", "a #<record b>");
    reads("{}", "");
    reads("[1,2]", "#(1 2)");
    reads(" 7 ", "7");
    reads("\xef\xbb\xbf{\"a\":1}\r\n", "a 1");
}

/* What CmdStan, cmdstanr and cmdstanpy write for what is not finite. */
static void words(void **state)
{
    (void)state;
    reads("{\"x\":[\"NaN\",\"Inf\",\"-Inf\",\"+inf\",\"Infinity\"]}",
          "x #(nan inf -inf inf inf)");
    reads("{\"x\":[NaN,Infinity,-Infinity,1]}", "x #(nan inf -inf 1)");
    reads("{\"x\":[null,1,\"NA\"],\"y\":null}", "x #(nan 1 nan) y nan");
    reads("{\"x\":\"\"}", "x \"\"");
}

static void strings(void **state)
{
    (void)state;
    reads("{\"a\\u0062\":1}", "ab 1");
    reads("[\"\\u00e9\\u20ac\\ud83d\\ude00\\/\\\\\"]",
          "(\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80/\\\\\")");
    refuses("[\"\\x\"]", "wrong \\");
    refuses("[\"\\u12\"]", "wrong \\");
    refuses("[\"\\ud83d\"]", "wrong \\");
    refuses("[\"\\ud83d\\u0041\"]", "wrong \\");
    refuses("[\"\\udc00\"]", "wrong \\");
    refuses("[\"\\u0000\"]", "wrong \\");
    refuses("[\"a\nb\"]", "not closed");
    refuses("[\"a", "not closed");
    refuses("[\"a\\", "not closed");
    refuses("[\"\xff\"]", "UTF-8");
}

static void wrong(void **state)
{
    (void)state;
    refuses("", "is empty");
    refuses(" \n ", "is empty");
    refuses("{\"a\":1", "ends too soon: the { of line 1 is not closed");
    refuses("\n[1,\n2,", "the [ of line 2");
    refuses("{\"a\":1,}", "expected a name in quotes, got }");
    refuses("[1,]", "expected a value, got ]");
    refuses("[1 2]", "line 1: expected a comma or the closing bracket, got 2");
    refuses("{\"a\" 1}", "expected a colon, got 1");
    refuses("{a:1}", "expected a name in quotes or }, got a");
    refuses("{\"a\":1}{", "expected nothing more, got {");
    refuses("{\"a\":x}", "expected a value, got x");
    refuses("{\"a\":1]", "got ]");
    refuses("[1}", "got }");
    refuses("]", "expected a value, got ]");
    refuses("[1,\n2,\n@]", "line 3: is no JSON: a @");
    refuses("{\"a\":1,\n\"b\":2,\"a\":3}", "a second value of the name a");
    refuses_bytes("[1,\0]", 5, "a byte 0");
    refuses_bytes("\x1f\x8b\x08", 3, "a byte 31");
}

static void missing_files(void **state)
{
    (void)state;
    fails("(load-json \"/nowhere/data.json\")", ERROR_IO,
          "/nowhere/data.json: No such file");
    fails("(load-json \"/tmp\")", ERROR_IO, "/tmp: ");
    fails("(load-json 3)", ERROR_TYPE, "a string");
}

/* A file that is as it was is not read again; one that is as long, but was
 * written anew, is, also when it says that it was written before. */
static void files_that_change(void **state)
{
    (void)state;
    value name = string_make(prim_file_path, strlen(prim_file_path));
    value first, second, third;
    prim_file_write("[1, 2.5]", 8);
    assert_true(prim_call("load-json", 1, &name, &first));
    assert_true(prim_call("load-json", 1, &name, &second));
    assert_true(first != second); /* it was written a moment ago */
    usleep(3100000);
    assert_true(prim_call("load-json", 1, &name, &first));
    assert_true(prim_call("load-json", 1, &name, &second));
    assert_true(first == second);
    struct stat was;
    assert_int_equal(stat(prim_file_path, &was), 0);
    prim_file_write("[1, 3.5]", 8);
    struct timespec times[] = {was.st_atim, was.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, prim_file_path, times, 0), 0);
    assert_true(prim_call("load-json", 1, &name, &third));
    assert_true(as_vector(first)->at[1] == 2.5);
    assert_true(as_vector(third)->at[1] == 3.5);
}

/* Deeper than any C stack, longer than the window; and cut at each byte of a
 * small file, which never reads. */
static void sizes(void **state)
{
    (void)state;
    enum { DEEP = 300000, LONG = 200000 };
    struct text t = {0};
    value v;
    for (int i = 0; i < DEEP; i++) assert_true(text_puts(&t, "["));
    for (int i = 0; i < DEEP; i++) assert_true(text_puts(&t, "]"));
    assert_true(load(t.at, t.length, &v));
    refuses_bytes(t.at, DEEP, "is not closed");
    text_clear(&t);
    assert_true(text_puts(&t, "{\"long\":\""));
    for (int i = 0; i < LONG; i++) assert_true(text_puts(&t, "0123456789"));
    assert_true(text_puts(&t, "\",\"x\":["));
    for (int i = 0; i < LONG; i++)
        assert_true(text_printf(&t, "%s%d.5", i ? ",\n" : "", i));
    assert_true(text_puts(&t, "]}"));
    assert_true(load(t.at, t.length, &v));
    const struct record *r = as_object(v);
    assert_int_equal(as_string(r->fields[1])->head.size, 10 * LONG);
    const struct vector *x = as_vector(r->fields[3]);
    assert_int_equal(x->head.size, LONG);
    for (int i = 0; i < LONG; i++) assert_true(x->at[i] == i + 0.5);
    text_free(&t);
    const char small[] = "{\"a\":[1,[2,\"b\\n\"],true],\"c\":{\"d\":null}}";
    for (size_t i = 0; i + 1 < sizeof small - 1; i++)
        assert_false(load(small, i, &v));
}

static void limits(void **state)
{
    (void)state;
    struct text t = {0};
    value v;
    for (int i = 0; i < 100000; i++)
        assert_true(text_puts(&t, i ? ",1" : "[1"));
    assert_true(text_puts(&t, "]"));
    prim_machine.memory_limit = 1 << 18;
    assert_false(load(t.at, t.length, &v));
    assert_int_equal(prim_machine.error.kind, ERROR_LIMIT);
    prim_machine.memory_limit = 0;
    text_free(&t);
    struct text form = {0};
    const char small[] = "{\"a\":[1,2],\"b\":[\"c\",[1]]}";
    prim_file_write(small, sizeof small - 1);
    assert_true(text_printf(&form, "(load-json \"%s\")", prim_file_path));
    prim_starve(form.at);
    text_free(&form);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data),          cmocka_unit_test(words),
        cmocka_unit_test(strings),       cmocka_unit_test(wrong),
        cmocka_unit_test(missing_files), cmocka_unit_test(files_that_change),
        cmocka_unit_test(sizes),         cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, prim_file_make, prim_file_remove);
}
