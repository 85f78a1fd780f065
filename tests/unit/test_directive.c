/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finding directives in text: where a bare one ends, which words count where,
 * and that after an error the next directive is read from its own start.
 *
 * What was found is shown as
 *     assume x 3; value (f 1); ! ASSUME has too few arguments; ...
 * where ... says that the text ends inside a directive.
 */
#include "base/memory.h"
#include "eval/print.h"
#include "session/directive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void show(struct text *out, const struct request *q)
{
    char word[32] = "value";
    struct error error;
    if (q->row) words_first(q->row->words, word, sizeof word);
    text_puts(out, word);
    for (uint32_t i = 0; i < q->count; i++) {
        value v = V_NOTHING;
        assert_true(syntax_datum(q->arguments[i], &v, &error));
        text_puts(out, " ");
        print_value(out, v);
    }
}

static const char *requests(const char *text)
{
    static struct text out;
    struct source source = {"test", text, strlen(text)};
    struct error error = {0};
    struct request_reader r;
    struct request q;
    enum request_result got;
    text_clear(&out);
    text_puts(&out, "");
    request_open(&r, &source, &error);
    while ((got = request_next(&r, &q)) != REQUEST_END) {
        if (out.length) text_puts(&out, "; ");
        if (got == REQUEST_READ) show(&out, &q);
        if (got == REQUEST_ERROR) text_printf(&out, "! %s", error.message);
        if (got == REQUEST_INCOMPLETE) text_puts(&out, "...");
        if (got == REQUEST_INCOMPLETE) break;
    }
    return out.at;
}

static void check_rows(const char *const rows[][2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_string_equal(requests(rows[i][0]), rows[i][1]);
}
#define CHECK(rows) check_rows(rows, sizeof rows / sizeof *rows)

static void bare_ends_at_its_line_end(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},
        {"\n\n ; nothing\n", ""},
        {"ASSUME x 3", "assume x 3"},
        {"ASSUME x 3\nASSUME y 4\n", "assume x 3; assume y 4"},
        {"ASSUME x\n\n  3\nPREDICT x", "assume x 3; predict x"},
        {"ASSUME\nx\n3", "assume x 3"},
        {"ASSUME x (+ 1\n\n 2)\nCLEAR", "assume x (+ 1 2); clear"},
        /* optional arguments only on the same line */
        {"PREDICT a b\nPREDICT a\nb", "predict a b; predict a; value b"},
        {"INFER 10 true\nINFER 10\ntrue",
         "infer 10 True; infer 10; value True"},
        {"REPORT\n3", "report; value 3"},
        {"INFER (mh) :samples 10 ,\n  :thin 2",
         "infer (mh) :samples 10 :thin 2"},
        {"PREDICT ,\n a", "predict a"},
        {"OBSERVE x ; the first\n true", "observe x True"},
        {"OBSERVE x #| a\n b |# 3", "observe x 3"},
        {"# OBSERVE x 3\nCLEAR", "clear"},
    };
    CHECK(rows);
}

static void words_count_where_they_may_stand(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"assume x 1\nAssume y 2\naSSume z 3",
         "assume x 1; assume y 2; assume z 3"},
        {"  ASSUME x 1", "assume x 1"},
        {"x ASSUME", "value x; value ASSUME"},
        {"(+ 1 2) (+ 3 4)", "value (+ 1 2); value (+ 3 4)"},
        {"(define x 1) (define y 2)", "define x 1; define y 2"},
        {"(define (f x . r)\n (g x)\n r)", "define (f x . r) (g x) r"},
        {"(assume x 1) (PREDICT x)\n(observe x 1)",
         "assume x 1; predict x; observe x 1"},
        {"(predict l x) (infer 10) (forget 3) (load \"f\")",
         "predict l x; infer 10; forget 3; load \"f\""},
        /* at top level only; without parentheses, too */
        {"(factor -1) (condition (> x 1))", "factor -1; condition (> x 1)"},
        {"FACTOR -1\ncondition (> x 1)", "factor -1; condition (> x 1)"},
        /* the others are words like any other there */
        {"(clear) (report 1) (seed 3)",
         "value (clear); value (report 1); value (seed 3)"},
        {"RESET\nquit\nreport_value 3\nlog_score\nreport_directives",
         "clear; exit; report 3; logscore; directives"},
        {"infer_many x 10 0 1", "infer_many x 10 0 1"},
        {"?normal\n?\nHELP normal\nHELP",
         "help normal; help; help normal; help"},
        {"OBSERVE-ALL", "value OBSERVE-ALL"},
        {"'(assume x 1)", "value '(assume x 1)"},
        {"((assume) x)", "value ((assume) x)"},
        {"()", "value ()"},
    };
    CHECK(rows);
}

static void errors_leave_the_rest_readable(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"ASSUME x 1 2\nCLEAR", "! ASSUME has too many arguments; clear"},
        {"(assume x) (f)", "! ASSUME has too few arguments; value (f)"},
        {"(observe x 1 2)", "! OBSERVE has too many arguments"},
        {"OBSERVE x\nASSUME y 3\n",
         "! OBSERVE has too few arguments; assume y 3"},
        {"ASSUME x ) 3 4\nCLEAR", NULL},
        {") 3 4\nCLEAR", NULL},
    };
    enum { PLAIN = 4 };
    check_rows(rows, PLAIN);
    for (size_t i = PLAIN; i < sizeof rows / sizeof *rows; i++) {
        const char *got = requests(rows[i][0]);
        assert_true(got[0] == '!');
        assert_non_null(strstr(got, "; clear"));
        assert_null(strstr(got, "value"));
    }
}

static void text_may_end_too_early(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"ASSUME x", "..."},        {"ASSUME x\n", "..."},
        {"OBSERVE", "..."},         {"1\n(+ 1", "value 1; ..."},
        {"ASSUME x (+ 1\n", "..."}, {"PREDICT \"abc", "..."},
    };
    CHECK(rows);
}

/* The span is what an error points at, and what DIRECTIVES shows. */
static void spans_hold_the_whole_directive(void **state)
{
    (void)state;
    static const char text[] = " ASSUME x\n (f 1) ; why\n(define y 2)";
    struct source source = {"test", text, sizeof text - 1};
    struct error error = {0};
    struct request_reader r;
    struct request q;
    request_open(&r, &source, &error);
    assert_int_equal(request_next(&r, &q), REQUEST_READ);
    assert_int_equal(q.span.start, 1);
    assert_int_equal(q.span.end, 16);
    assert_int_equal(request_next(&r, &q), REQUEST_READ);
    assert_int_equal(q.span.start, 23);
    assert_int_equal(q.span.end, 35);
}

static void every_row_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < directive_count; i++) {
        const struct directive_row *row = &directive_rows[i];
        char word[32];
        assert_non_null(row->run);
        assert_true(*row->words && *row->signature && *row->doc);
        assert_true(row->min >= 0 && (row->max < 0 || row->max >= row->min));
        assert_true(row->places & (PLACE_BARE | PLACE_LIST));
        words_first(row->words, word, sizeof word);
        assert_ptr_equal(directive_find(word, row->places), row);
    }
}

int main(void)
{
    memory_init(1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bare_ends_at_its_line_end),
        cmocka_unit_test(words_count_where_they_may_stand),
        cmocka_unit_test(errors_leave_the_rest_readable),
        cmocka_unit_test(text_may_end_too_early),
        cmocka_unit_test(spans_hold_the_whole_directive),
        cmocka_unit_test(every_row_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
