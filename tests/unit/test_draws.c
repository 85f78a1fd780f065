/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From values to columns to the draws file: names, order, codes, notes, and
 * a file that can be read whatever happens.
 */
#include "session/draws.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "session/flatten.h"

/* ---- values ----------------------------------------------------------- */

enum { LIST_MAX = 8 };

/* A list of the arguments, which end with V_UNBOUND. */
static value list(value first, ...)
{
    value elements[LIST_MAX];
    size_t n = 0;
    va_list more;
    va_start(more, first);
    for (value v = first; v != V_UNBOUND && n < LIST_MAX;) {
        elements[n++] = v;
        v = va_arg(more, value);
    }
    va_end(more);
    return list_from(elements, n);
}

static value d(double x) { return v_double(x); }

static value matrix(size_t rows, size_t columns)
{
    value v = vector_make(rows, columns);
    for (uint32_t i = 0; i < as_vector(v)->head.size; i++) {
        as_vector(v)->at[i] = 10.0 * (double)(i / (columns ? columns : 1)) +
                              (double)(columns ? i % columns : 0);
    }
    return v;
}

/* All names and the latest row, as one text: "a=1 b.1=2". */
static const char *shown(const struct flat *f)
{
    static char text[4096];
    size_t end = 0;
    text[0] = 0;
    for (size_t i = 0; i < f->width; i++) {
        end += (size_t)snprintf(text + end, sizeof text - end, "%s%s=%g",
                                i ? " " : "", f->columns[i].name, f->row[i]);
    }
    return text;
}

/* Declares one value under the name x and draws it: shown. */
static const char *flattened(struct flat *f, value v)
{
    flat_open(f);
    assert_true(flat_declare(f, "x", v));
    assert_true(flat_settle(f));
    assert_true(flat_draw(f, &v));
    return shown(f);
}

static void check_flat(value v, const char *want)
{
    struct flat f;
    assert_string_equal(flattened(&f, v), want);
    flat_close(&f);
}

/* ---- flattening ------------------------------------------------------- */

static void single_values_are_one_column(void **state)
{
    (void)state;
    check_flat(d(2.5), "x=2.5");
    check_flat(v_int(-3), "x=-3");
    check_flat(V_TRUE, "x=1");
    check_flat(V_FALSE, "x=0");
}

static void lists_count_from_one(void **state)
{
    (void)state;
    check_flat(list(d(5), d(6), d(7), V_UNBOUND), "x.1=5 x.2=6 x.3=7");
    check_flat(matrix(3, 0), "x.1=0 x.2=10 x.3=20");
}

static void first_index_runs_fastest(void **state)
{
    const char *want = "x.1.1=0 x.2.1=10 x.1.2=1 x.2.2=11 x.1.3=2 x.2.3=12";
    value rows =
        list(list(v_int(0), v_int(1), v_int(2), V_UNBOUND),
             list(v_int(10), v_int(11), v_int(12), V_UNBOUND), V_UNBOUND);
    (void)state;
    check_flat(rows, want);
    check_flat(matrix(2, 3), want);
    check_flat(
        list(list(V_TRUE, V_UNBOUND), list(V_FALSE, V_UNBOUND), V_UNBOUND),
        "x.1.1=1 x.2.1=0");
    value both = list(matrix(2, 2), matrix(2, 2), V_UNBOUND);
    check_flat(both, "x.1.1.1=0 x.2.1.1=0 x.1.2.1=10 x.2.2.1=10 "
                     "x.1.1.2=1 x.2.1.2=1 x.1.2.2=11 x.2.2.2=11");
}

static void check_left_out(value v, const char *note)
{
    struct flat f;
    assert_string_equal(flattened(&f, v), "");
    assert_string_equal(f.notes.at, note);
    flat_close(&f);
}

static void what_is_no_column_is_left_out(void **state)
{
    value deep = d(1);
    (void)state;
    check_left_out(V_NIL, "x is left out: it has no elements\n");
    check_left_out(vector_make(0, 0), "x is left out: it has no elements\n");
    check_left_out(cons(v_int(1), v_int(2)),
                   "x is left out: it is no number, boolean or symbol, nor a "
                   "list of them\n");
    for (int i = 0; i < 100000; i++) deep = list(deep, V_UNBOUND);
    check_left_out(deep, "x is left out: it is nested too deep\n");
}

static void ragged_lists_are_lost_at_the_first_draw(void **state)
{
    struct flat f;
    value ragged =
        list(list(d(1), d(2), V_UNBOUND), list(d(3), V_UNBOUND), V_UNBOUND);
    (void)state;
    assert_string_equal(flattened(&f, ragged),
                        "x.1.1=nan x.2.1=nan x.1.2=nan x.2.2=nan");
    assert_string_equal(f.notes.at,
                        "x: nan from here, it changed its length or type\n");
    assert_true(f.columns[0].lost);
    flat_close(&f);
}

static void changes_in_warmup_leave_out(void **state)
{
    struct flat f;
    value first[] = {list(d(1), d(2), V_UNBOUND), d(7)};
    value other[] = {list(d(1), V_UNBOUND), d(8)};
    (void)state;
    flat_open(&f);
    assert_true(flat_declare(&f, "xs", first[0]));
    assert_true(flat_declare(&f, "y", first[1]));
    assert_true(flat_look(&f, first));
    assert_int_equal(f.notes.length, 0);
    assert_true(flat_look(&f, other));
    assert_true(flat_look(&f, other));
    assert_string_equal(f.notes.at, "xs is left out: it changes its length\n");
    assert_true(flat_settle(&f));
    assert_true(flat_draw(&f, first));
    assert_string_equal(shown(&f), "y=7");
    flat_close(&f);
}

static void changes_later_give_nan(void **state)
{
    struct flat f;
    value first[] = {list(d(1), d(2), V_UNBOUND), V_TRUE};
    value other[] = {list(d(1), d(2), d(3), V_UNBOUND), v_int(3)};
    (void)state;
    flat_open(&f);
    assert_true(flat_declare(&f, "xs", first[0]));
    assert_true(flat_declare(&f, "b", first[1]));
    assert_true(flat_settle(&f));
    assert_true(flat_draw(&f, first));
    assert_true(flat_draw(&f, other));
    assert_true(flat_draw(&f, first));
    assert_string_equal(shown(&f), "xs.1=nan xs.2=nan b=nan");
    assert_string_equal(f.notes.at,
                        "xs: nan from here, it changed its length or type\n"
                        "b: nan from here, it changed its type\n");
    assert_int_equal(f.columns[0].length, 1);
    flat_close(&f);
}

static void integers_may_become_numbers(void **state)
{
    struct flat f;
    value first = v_int(1), other = d(1.5);
    (void)state;
    flattened(&f, first);
    assert_int_equal(f.columns[0].kind, COLUMN_INTEGER);
    assert_true(flat_draw(&f, &other));
    assert_string_equal(shown(&f), "x=1.5");
    assert_int_equal(f.columns[0].kind, COLUMN_NUMBER);
    assert_int_equal(f.notes.length, 0);
    flat_close(&f);
}

static void symbols_become_codes(void **state)
{
    struct flat f;
    value sun = symbol("sun"), rain = symbol("rain");
    value text = string_make("a,b", 3);
    (void)state;
    flattened(&f, sun);
    assert_true(flat_draw(&f, &rain));
    assert_true(flat_draw(&f, &text));
    assert_true(flat_draw(&f, &sun));
    assert_string_equal(shown(&f), "x=0");
    assert_true(f.columns[0].at[1] == 1.0 && f.columns[0].at[2] == 2.0);
    assert_string_equal(f.notes.at, "level x 0 = sun\nlevel x 1 = rain\n"
                                    "level x 2 = \"a,b\"\n");
    flat_close(&f);
}

static void names_fit_a_header(void **state)
{
    static const char *const names[] = {
        "(list a, \"b\" 'c)", "a b", "a_b", "a\nb", "lp__", ""};
    struct flat f;
    value values[6];
    (void)state;
    flat_open(&f);
    assert_true(flat_reserve(&f, "lp__"));
    for (int i = 0; i < 6; i++) {
        values[i] = v_int(i);
        assert_true(flat_declare(&f, names[i], values[i]));
    }
    assert_true(flat_settle(&f));
    assert_true(flat_draw(&f, values));
    assert_string_equal(shown(&f), "(list_a___b___c)=0 a_b=1 a_b_2=2 a_b_3=3 "
                                   "lp___2=4 _=5");
    flat_close(&f);
}

/* ---- the file --------------------------------------------------------- */

static char folder[] = "/tmp/vestige_draws_XXXXXX";
static char stem[64], path[80];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(stem, sizeof stem, "%s/out", folder);
    snprintf(path, sizeof path, "%s_3.csv", stem);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static const char *contents(void)
{
    static char text[1 << 20];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = 0;
    return text;
}

static void file_is_as_cmdstan_writes_it(void **state)
{
    static const char *const names[] = {"lp__", "b", "x.1", "x.2"};
    const double one[] = {-8.25, 1.0, 0.1, -INFINITY};
    const double two[] = {1e300, 0.0, NAN, -0.0};
    struct draws f;
    struct error e;
    (void)state;
    assert_true(draws_open(&f, stem, 3, &e));
    assert_true(draws_key(&f, "vestige", "0.1.0", &e));
    assert_true(draws_key(&f, "kernel", "(mh\n :x 1)", &e));
    assert_true(draws_header(&f, names, 4, &e));
    assert_true(draws_add(&f, one, 4, &e));
    assert_true(draws_note(&f, "level b 0 = x\nlevel b 1 = y\n", &e));
    assert_true(draws_add(&f, two, 4, &e));
    assert_true(draws_close(&f, &e));
    assert_true(draws_close(&f, &e)); /* once more does nothing */
    const char *text = contents();
    assert_string_equal(text, "# vestige = 0.1.0\n"
                              "# kernel = (mh  :x 1)\n"
                              "lp__,b,x.1,x.2\n"
                              "-8.25,1,0.1,-inf\n"
                              "# level b 0 = x\n"
                              "# level b 1 = y\n"
                              "1e+300,0,nan,-0\n");
}

static void numbers_read_back_to_the_same_bits(void **state)
{
    static const char *const names[] = {"x"};
    static const double x[] = {0.1,     1.0 / 3.0,
                               5e-324,  1.7976931348623157e308,
                               1e15,    123456789012345678.0,
                               -2.5e-7, 1e22,
                               4e-15,   0.30000000000000004};
    enum { N = sizeof x / sizeof *x };
    struct draws f;
    struct error e;
    (void)state;
    assert_true(draws_open(&f, stem, 3, &e));
    assert_true(draws_header(&f, names, 1, &e));
    for (int i = 0; i < N; i++) assert_true(draws_add(&f, x + i, 1, &e));
    assert_true(draws_close(&f, &e));
    const char *at = contents() + 2;
    for (int i = 0; i < N; i++) {
        char *end;
        assert_true(strtod(at, &end) == x[i]);
        assert_int_equal(*end, '\n');
        at = end + 1;
    }
    assert_int_equal(*at, 0);
}

static void a_stem_may_end_in_csv(void **state)
{
    char named[80];
    struct draws f;
    struct error e;
    (void)state;
    snprintf(named, sizeof named, "%s.csv", stem);
    assert_true(draws_open(&f, named, 3, &e));
    assert_string_equal(f.path, path);
    assert_true(draws_close(&f, &e));
}

static void wait_for(long milliseconds)
{
    struct timespec t = {0, milliseconds * 1000000};
    nanosleep(&t, NULL);
}

/* Header at once; a slow draw at once; fast ones together, and never half a
 * line. */
static void an_interrupted_file_is_whole(void **state)
{
    static const char *const names[] = {"x"};
    const double x = 0.5;
    struct draws f;
    struct error e;
    (void)state;
    assert_true(draws_open(&f, stem, 3, &e));
    assert_true(draws_header(&f, names, 1, &e));
    assert_string_equal(contents(), "x\n");
    wait_for(10);
    assert_true(draws_add(&f, &x, 1, &e));
    assert_string_equal(contents(), "x\n0.5\n");
    for (int i = 0; i < 100000; i++) {
        assert_true(draws_add(&f, &x, 1, &e));
        if (i % 5000) continue;
        const char *text = contents();
        assert_int_equal(text[strlen(text) - 1], '\n');
    }
    assert_true(draws_close(&f, &e));
}

/* A draw a millisecond: those of the first tenth of a second are on disk
 * soon after it. */
static void draws_are_soon_on_disk(void **state)
{
    static const char *const names[] = {"x"};
    const double x = 0.5;
    struct draws f;
    struct error e;
    struct stat on_disk;
    int added = 0;
    (void)state;
    assert_true(draws_open(&f, stem, 3, &e));
    assert_true(draws_header(&f, names, 1, &e));
    for (; added < 150; added++) {
        assert_true(draws_add(&f, &x, 1, &e));
        wait_for(1);
    }
    assert_int_equal(stat(path, &on_disk), 0);
    assert_true(on_disk.st_size > 2 + 4 * 20);
    assert_true(draws_close(&f, &e));
}

static void errors_name_the_path(void **state)
{
    struct draws f;
    struct error e;
    (void)state;
    assert_false(draws_open(&f, "/no-such-folder/out", 1, &e));
    assert_int_equal(e.kind, ERROR_IO);
    assert_non_null(strstr(e.message, "/no-such-folder/out_1.csv"));
    assert_non_null(strstr(e.message, strerror(ENOENT)));
    assert_false(draws_add(&f, NULL, 0, &e)); /* closed: an error, no crash */
    assert_true(draws_close(&f, &e));
}

static void a_wrong_count_is_refused(void **state)
{
    static const char *const names[] = {"x", "y"};
    const double x[] = {1.0, 2.0, 3.0};
    struct draws f;
    struct error e;
    (void)state;
    assert_true(draws_open(&f, stem, 3, &e));
    assert_true(draws_header(&f, names, 2, &e));
    assert_false(draws_add(&f, x, 3, &e));
    assert_int_equal(e.kind, ERROR_ENGINE);
    assert_true(draws_close(&f, &e));
    assert_string_equal(contents(), "x,y\n");
}

/* A limit on the size of files stands for a full disk: the write that meets
 * it stops in the middle of a line, and the file is cut back. */
static void a_full_disk_leaves_whole_lines(void **state)
{
    static const char *const names[] = {"x"};
    const double x = 0.125;
    struct rlimit before, tight;
    struct draws f;
    struct error e = {0};
    bool good = true;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = 1000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_true(draws_open(&f, stem, 3, &e));
    assert_true(draws_header(&f, names, 1, &e));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    for (int i = 0; good && i < 100000; i++) good = draws_add(&f, &x, 1, &e);
    bool again = draws_add(&f, &x, 1, &e);
    bool closed = draws_close(&f, &e);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_false(good);
    assert_false(again);
    assert_true(closed);
    assert_int_equal(e.kind, ERROR_IO);
    assert_non_null(strstr(e.message, path));
    assert_int_equal(strlen(contents()), 998); /* 2 + 166 * 6 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_values_are_one_column),
        cmocka_unit_test(lists_count_from_one),
        cmocka_unit_test(first_index_runs_fastest),
        cmocka_unit_test(what_is_no_column_is_left_out),
        cmocka_unit_test(ragged_lists_are_lost_at_the_first_draw),
        cmocka_unit_test(changes_in_warmup_leave_out),
        cmocka_unit_test(changes_later_give_nan),
        cmocka_unit_test(integers_may_become_numbers),
        cmocka_unit_test(symbols_become_codes),
        cmocka_unit_test(names_fit_a_header),
        cmocka_unit_test(file_is_as_cmdstan_writes_it),
        cmocka_unit_test(numbers_read_back_to_the_same_bits),
        cmocka_unit_test(a_stem_may_end_in_csv),
        cmocka_unit_test(an_interrupted_file_is_whole),
        cmocka_unit_test(draws_are_soon_on_disk),
        cmocka_unit_test(errors_name_the_path),
        cmocka_unit_test(a_wrong_count_is_refused),
        cmocka_unit_test(a_full_disk_leaves_whole_lines),
    };
    memory_init(1 << 20);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
