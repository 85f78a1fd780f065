/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables from files: what people write, what they write wrongly, and speed.
 */
#include "prim_file.h"

#include <time.h>

static bool load(value *out)
{
    value name = string_make(prim_file_path, strlen(prim_file_path));
    return prim_call("load-csv", 1, &name, out);
}

/* The text of a file gives a record that prints its columns like this. */
static void reads(const char *text, const char *expected)
{
    struct text shown = {0};
    value v;
    prim_file_write(text, strlen(text));
    if (!load(&v)) fail_msg("%s: %s", text, prim_machine.error.message);
    const struct record *r = as_object(v);
    assert_true(is_type(v, T_RECORD));
    prim_file_show(r, &shown);
    if (strcmp(shown.at, expected) != 0)
        fail_msg("%s reads as %s, not %s", text, shown.at, expected);
    text_free(&shown);
}

static void refuses_bytes(const char *bytes, size_t length, const char *words)
{
    const struct error *e = &prim_machine.error;
    value v;
    prim_file_write(bytes, length);
    if (load(&v)) fail_msg("it reads %s", bytes);
    assert_int_equal(e->kind, ERROR_IO);
    assert_ptr_equal(strstr(e->message, prim_file_path), e->message);
    assert_null(strchr(e->message, '\n'));
    if (!strstr(e->message, words))
        fail_msg("\"%s\", not \"%s\"", e->message, words);
}

static void refuses(const char *text, const char *words)
{
    refuses_bytes(text, strlen(text), words);
}

static void tables(void **state)
{
    (void)state;
    reads("x,y\n1,2.5\n-3,4e2\n", "x #(1 -3) y #(2.5 400)");
    reads("x,y\r\n1,2\r\n", "x #(1) y #(2)");
    reads("x,y\n1,2", "x #(1) y #(2)");
    reads("\xef\xbb\xbfx\n1\n", "x #(1)");
    reads("1,2\n3,4\n", "V1 #(1 3) V2 #(2 4)");
    reads(",b\n1,2\n", "V1 #(1) b #(2)");
    reads("x\n\n1\n\r\n2\n\n", "x #(1 2)");
    reads("# made by hand\nx\n1\n# half way\n2\n", "x #(1 2)");
    reads("x , y\n 1 ,\t2 \n", "x #(1) y #(2)");
    reads("x,y\n", "x #() y #()");
    reads("x\n007\n1.50\n", "x #(7 1.5)");
    reads("x\n12345678901234567890\n0.1000000000000000055511151231257827\n",
          "x #(1.2345678901234567e+19 0.1)");
}

static void missing_values(void **state)
{
    (void)state;
    reads("x,y,z\n,NA,nan\n1,NaN,na\n", "x #(nan 1) y #(nan nan) z #(nan nan)");
    reads("x\ninf\n-Inf\n", "x #(inf -inf)");
}

static void text_columns(void **state)
{
    (void)state;
    reads("school,y\nA,28\nB,8\n", "school (\"A\" \"B\") y #(28 8)");
    reads("x,y\n1,2\n007,a\n5,\n", "x #(1 7 5) y (\"2\" \"a\" \"\")");
    reads("x,y\na,1\nb,c\n", "x (\"a\" \"b\") y (\"1\" \"c\")");
    reads("x\n007\n1.50\nb\n", "x (\"007\" \"1.50\" \"b\")");
    reads("\xc3\xa4,b\n1,\xc3\xb6\n", "\xc3\xa4 #(1) b (\"\xc3\xb6\")");
}

static void quotes(void **state)
{
    (void)state;
    reads("\"a b\",\"c,d\"\n\"1\",\"x\"\"y\"\n", "a b #(1) c,d (\"x\\\"y\")");
    reads("x,y\n\"one\ntwo\",3\n", "x (\"one\\ntwo\") y #(3)");
    reads("x,y\n \"a\" ,3\n", "x (\"a\") y #(3)");
    reads("x,y\n5\" pipe,3\n4,4\n", "x (\"5\\\" pipe\" \"4\") y #(3 4)");
    reads("x,y\n\"\",\n", "x #(nan) y #(nan)");
    reads("\"1\",\"2\"\n3,4\n", "1 #(3) 2 #(4)");
}

static void other_separators(void **state)
{
    (void)state;
    value v;
    prim_file_write("x;y\n1;2\n", 8);
    value args[] = {string_make(prim_file_path, strlen(prim_file_path)),
                    string_make(";", 1)};
    assert_true(prim_call("load-csv", 2, args, &v));
    assert_int_equal(((struct record *)as_object(v))->head.size, 2);
    args[1] = string_make("\t", 1);
    prim_file_write("x\ty\n\t2\n", 7);
    assert_true(prim_call("load-csv", 2, args, &v));
    const struct record *r = as_object(v);
    assert_int_equal(r->head.size, 2);
    assert_true(isnan(as_vector(r->fields[1])->at[0]));
    assert_true(as_vector(r->fields[3])->at[0] == 2);
    args[1] = string_make(";;", 2);
    assert_false(prim_call("load-csv", 2, args, &v));
    assert_int_equal(prim_machine.error.kind, ERROR_TYPE);
}

static void wrong_files(void **state)
{
    (void)state;
    refuses("", "is empty");
    refuses("\n\n# nothing\n", "is empty");
    refuses("x,y\n1,2\n\n3\n", ", line 4, column 1: expected 2 fields, got 1");
    refuses("x,y\n1,2,3\n", ", line 2, column 3: expected 2 fields, got 3");
    refuses("x,y\n\"one\ntwo\",3\n4\n", ", line 4,");
    refuses("x\n\"1\n2\n", ", line 2: a quote is opened and never closed");
    refuses("x,y\n1,\"2\"3\n", ", line 2, column 2: text stands behind");
    refuses("x,x\n1,2\n", ", line 1, column 2: a second column of the name x");
    refuses_bytes("x\n1\0002\n", 6, "is no text");
    refuses("\x1f\x8b\x08\x01\n", "line 1, column 1: is no text in UTF-8");
    refuses("x\n\x01\n", "line 2, column 1: is no text in UTF-8");
    refuses("x\n\xff\xfe\n", "line 2, column 1: is no text in UTF-8");
    fails("(load-csv \"/no/such/file.csv\")", ERROR_IO,
          "/no/such/file.csv: No such file");
    fails("(load-csv \"/tmp\")", ERROR_IO, "/tmp: Is a directory");
    fails("(load-csv x)", ERROR_TYPE, "load-csv: expected a string");
}

static void records(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(names ($ record x 1 \"y\" 2))", "(x y)"},
        {"(column ($ record x #(1 2)) x)", "#(1 2)"},
        {"(column ($ record x #(1 2)) \"x\")", "#(1 2)"},
        {"(column ($ head ($ record x #(1 2 3) n 5) 2) x)", "#(1 2)"},
        {"(column ($ head ($ record x #(1 2 3) n 5) 2) n)", "5"},
        {"(record? ($ record))", "True"},
        {"(record? (x))", "False"},
    };
    static const struct prim_failure failures[] = {
        {"(record x)", ERROR_TYPE, "record: expected names and values"},
        {"(record 1 2)", ERROR_TYPE, "record: expected a string or a symbol"},
        {"(column (1) x)", ERROR_TYPE, "column: expected a record"},
        {"(column ($ record x 1) 0)", ERROR_TYPE, "column"},
        {"(column ($ record x 1) z)", ERROR_TYPE, "has no column z"},
        {"(head 5)", ERROR_TYPE, "head: expected a list or an array"},
    };
    give_all(examples);
    fail_all(failures);
}

static void starved_reading_says_so(void **state)
{
    (void)state;
    char text[80];
    snprintf(text, sizeof text, "(load-csv \"%s\")", prim_file_path);
    prim_file_write("x,y,z\n1,a,\n2,b,3\n", 17);
    prim_starve(text);
    reads("NA,x\n1,2\n", "NA #(1) x #(2)");
}

/* A record longer than the reader's buffer, and one on the buffer's edge. */
static void long_records(void **state)
{
    (void)state;
    enum { COLUMNS = 60000 };
    struct text t = {0};
    value v;
    for (int i = 0; i < COLUMNS; i++)
        assert_true(text_printf(&t, "%sc%d", i ? "," : "", i));
    for (int row = 0; row < 3; row++)
        for (int i = 0; i < COLUMNS; i++)
            assert_true(text_printf(&t, "%c%d.5", i ? ',' : '\n', i + row));
    prim_file_write(t.at, t.length);
    text_free(&t);
    assert_true(load(&v));
    const struct record *r = as_object(v);
    assert_int_equal(r->head.size, COLUMNS);
    for (int i = 0; i < COLUMNS; i++)
        for (int row = 0; row < 3; row++)
            assert_true(as_vector(r->fields[2 * i + 1])->at[row] ==
                        i + row + 0.5);
}

/* Rows of many lengths cross the buffer's edge in many places; the time is
 * a tenth of what a million rows may take. */
static void many_rows_are_quick(void **state)
{
    (void)state;
    enum { ROWS = 100000 };
    FILE *f = fopen(prim_file_path, "wb");
    value v;
    fputs("a,b,c,d,e,f,g,h\n", f);
    for (int i = 0; i < ROWS; i++)
        fprintf(f, "%d,%d.25,-0.%06d,1e-%d,%.6f,%.17g,,%d\n", i, i * 7, i,
                i % 20, i / 3.0, i / 7.0, -i);
    fclose(f);
    clock_t start = clock();
    assert_true(load(&v));
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    const struct record *r = as_object(v);
    assert_int_equal(r->head.size, 8);
    for (int i = 0; i < ROWS; i++) {
        assert_true(as_vector(r->fields[1])->at[i] == i);
        assert_true(as_vector(r->fields[3])->at[i] == i * 7 + 0.25);
        assert_true(as_vector(r->fields[11])->at[i] == i / 7.0);
        assert_true(isnan(as_vector(r->fields[13])->at[i]));
        assert_true(as_vector(r->fields[15])->at[i] == -i);
    }
    if (seconds > 0.6) fail_msg("%g s for %d rows", seconds, ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables),
        cmocka_unit_test(missing_values),
        cmocka_unit_test(text_columns),
        cmocka_unit_test(quotes),
        cmocka_unit_test(other_separators),
        cmocka_unit_test(wrong_files),
        cmocka_unit_test(records),
        cmocka_unit_test(starved_reading_says_so),
        cmocka_unit_test(long_records),
        cmocka_unit_test(many_rows_are_quick),
    };
    return cmocka_run_group_tests(tests, prim_file_make, prim_file_remove);
}
