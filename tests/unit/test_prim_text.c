/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Strings and symbols, and the tables of primitives themselves.
 */
#include "prim.h"

#include <ctype.h>

static void strings(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(string-append \"a\" b \"c\")", "\"abc\""},
        {"(string-append)", "\"\""},
        {"(string-length \"h\u00e9llo\")", "5"},
        {"(substring \"h\u00e9llo\" 1 3)", "\"\u00e9l\""},
        {"(substring \"hello\" 2)", "\"llo\""},
        {"(substring \"hello\" 5)", "\"\""},
        {"(string-split \"abc.def.ghi\" \".\")", "(\"abc\" \"def\" \"ghi\")"},
        {"(string-split \"abc\" \".\")", "(\"abc\")"},
        {"(string-split \"a--b\" \"--\")", "(\"a\" \"b\")"},
        {"(string-split \"a,,b,\" \",\")", "(\"a\" \"\" \"b\" \"\")"},
        {"(string-split \"h\u00e9\" \"\")", "(\"h\" \"\u00e9\")"},
        {"(string->list \"ab\")", "(\"a\" \"b\")"},
        {"(string-join (\"a\" \"b\") \", \")", "\"a, b\""},
        {"(string-join (\"a\" \"b\"))", "\"a b\""},
        {"(string-join ())", "\"\""},
        {"(string-trim \"  a b\n\")", "\"a b\""},
        {"(string-upcase \"az{}\")", "\"AZ{}\""},
        {"(string-downcase \"AZ@[\")", "\"az@[\""},
        {"(string 1 \" \" (a \"b\") 2.5)", "\"1 (a b)2.5\""},
        {"(string=? \"a\" \"a\" \"a\")", "True"},
        {"(string=? \"a\" \"ab\")", "False"},
        {"(string<? \"a\" \"ab\" \"b\")", "True"},
        {"(string<? \"b\" \"a\")", "False"},
        {"(string-contains? \"hello\" \"ell\")", "True"},
        {"(string-contains? \"hello\" \"lle\")", "False"},
    };
    give_all(examples);
}

static void conversions(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(string->symbol \"abc\")", "abc"},
        {"(symbol->string abc)", "\"abc\""},
        {"(number->string 123)", "\"123\""},
        {"(number->string 0.1)", "\"0.1\""},
        {"(string->number \"0\")", "0"},
        {"(string->number \"-123456.789\")", "-123456.789"},
        {"(string->number \"1e3\")", "1000.0"},
        {"(string->number \"abc\")", "False"},
        {"(string->number \"12 \")", "False"},
        {"(string->number \"\")", "False"},
        {"(string->number \"0x10\")", "False"},
        {"(string->number \"-inf\")", "-inf"},
        {"(identity (1 2))", "(1 2)"},
        {"(string? \"a\")", "True"},
        {"(string? a)", "False"},
        {"(symbol? a)", "True"},
        {"(boolean? false)", "True"},
        {"(boolean? 0)", "False"},
        {"(procedure? 0)", "False"},
    };
    give_all(examples);
    value row = v_object(prim_find("car")), out;
    ((struct object *)as_object(row))->type = T_PRIMITIVE;
    assert_true(prim_call("procedure?", 1, &row, &out) && out == V_TRUE);
}

static void wrong_uses(void **state)
{
    (void)state;
    static const struct prim_failure failures[] = {
        {"(string-append \"a\" 1)", ERROR_TYPE,
         "string-append: expected a string or a symbol, got 1"},
        {"(string-length 5)", ERROR_TYPE, "string-length"},
        {"(substring \"abc\" 2 1)", ERROR_DOMAIN, "substring: from 2 to 1"},
        {"(substring \"abc\" 4)", ERROR_DOMAIN, "has 3 characters"},
        {"(substring \"abc\" 0 9)", ERROR_DOMAIN, "has 3 characters"},
        {"(string-join (1))", ERROR_TYPE, "string-join"},
        {"(string=? \"a\" 1)", ERROR_TYPE, "string=?"},
        {"(number->string a)", ERROR_TYPE, "number->string"},
        {"(string->number 3)", ERROR_TYPE, "string->number"},
    };
    fail_all(failures);
}

/* ---- the tables ------------------------------------------------------- */

/* Calls f with each name of each row. */
static void each_name(void (*f)(const struct primitive *, const char *))
{
    for (size_t t = 0; t < primitive_table_count; t++)
        for (size_t i = 0; i < *primitive_tables[t].count; i++) {
            const struct primitive *row = primitive_tables[t].rows + i;
            char names[128], *rest = names;
            assert_true(strlen(row->names) < sizeof names);
            strcpy(names, row->names);
            for (char *name; (name = strsep(&rest, " "));) f(row, name);
        }
}

static int found;
static const char *sought;

static void count_name(const struct primitive *row, const char *name)
{
    (void)row;
    found += strcmp(name, sought) == 0;
}

static void is_alone(const struct primitive *row, const char *name)
{
    (void)row;
    found = 0;
    sought = name;
    each_name(count_name);
    if (found != 1) fail_msg("%s names %d primitives", name, found);
}

static void every_name_is_unique(void **state)
{
    (void)state;
    each_name(is_alone);
}

static void check_row(const struct primitive *row, const char *name)
{
    size_t length = strlen(row->doc);
    char opening[64];
    if (!*name) fail_msg("an empty name in \"%s\"", row->names);
    assert_non_null(row->function);
    assert_true(row->min >= 0 && (row->max == -1 || row->max >= row->min));
    assert_true(row->look == LOOK_OUTER ? row->outer : !row->outer);
    assert_true(*row->topic);
    snprintf(opening, sizeof opening, "(%.*s", (int)strcspn(row->names, " "),
             row->names);
    if (strncmp(row->signature, opening, strlen(opening)) != 0)
        fail_msg("%s has the signature %s", name, row->signature);
    if (length < 2 || strchr(row->doc, '\n') ||
        !strchr(".?", row->doc[length - 1]))
        fail_msg("%s has the doc \"%s\"", name, row->doc);
}

static void every_row_is_documented(void **state)
{
    (void)state;
    each_name(check_row);
}

/* No row crashes on operands of any kind, at its least and one more. */
static void no_operand_crashes(const struct primitive *row, const char *name)
{
    const value kinds[] = {v_int(0),
                           v_int(-7),
                           v_int(INT_MAX_EXACT),
                           v_double(1e308),
                           v_double((double)NAN),
                           V_NIL,
                           V_NOTHING,
                           V_TRUE,
                           symbol("a"),
                           string_make("", 0),
                           vector_make(0, 0),
                           vector_make(2, 3),
                           record_make(0),
                           cons(v_int(1), v_int(2)),
                           v_object(row)};
    enum { KINDS = sizeof kinds / sizeof *kinds };
    if (strcmp(name, "load-csv") == 0) return;
    for (int n = row->min; n <= row->min + 1 && n <= 3; n++) {
        if (row->max >= 0 && n > row->max) continue;
        for (int i = 0; i < KINDS * KINDS; i++) {
            const value args[] = {kinds[i % KINDS], kinds[i / KINDS],
                                  kinds[(i + i / KINDS) % KINDS]};
            value out = V_UNBOUND;
            error_clear(&prim_machine.error);
            if (row->function(&prim_machine, n, args, &out))
                assert_true(out != V_UNBOUND);
            else if (prim_machine.error.kind == ERROR_NONE)
                fail_msg("%s fails without an error", name);
        }
    }
}

static void every_row_takes_anything(void **state)
{
    (void)state;
    each_name(no_operand_crashes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings),
        cmocka_unit_test(conversions),
        cmocka_unit_test(wrong_uses),
        cmocka_unit_test(every_name_is_unique),
        cmocka_unit_test(every_row_is_documented),
        cmocka_unit_test(every_row_takes_anything),
    };
    return cmocka_run_group_tests(tests, prim_setup, NULL);
}
