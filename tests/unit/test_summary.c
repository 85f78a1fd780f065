/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Columns, the summary of them as table, verdict and JSON, and histograms.
 */
#include "session/summary.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "session/histogram.h"

static const struct look plain = {.width = 80};
static const struct look ascii = {.width = 80, .ascii = true};

/* ---- columns to look at ----------------------------------------------- */

static double uniform(uint64_t *state)
{
    *state = 16807 * *state % 2147483647;
    return (double)*state / 2147483647.0;
}

/* The draws of the reference of test_diagnostics: sums of four uniforms. */
static double bell(uint64_t *state)
{
    double e = -2.0;
    for (int k = 0; k < 4; k++) e += uniform(state);
    return e;
}

static void add(struct column *c, value v) { assert_true(column_add(c, v)); }

static struct column column(const char *name)
{
    struct column c;
    assert_true(column_open(&c, name));
    return c;
}

/* n draws, the r of the autoregression is their correlation. */
static struct column noise(const char *name, uint64_t seed, size_t n, double r)
{
    struct column c = column(name);
    double now = 0.0;
    for (size_t i = 0; i < n; i++) {
        now = r * now + bell(&seed);
        add(&c, v_double(now));
    }
    return c;
}

static struct column repeated(const char *name, value v, size_t n)
{
    struct column c = column(name);
    for (size_t i = 0; i < n; i++) add(&c, v);
    return c;
}

enum writer { TABLE, VERDICT, JSON };

/* What is written of the columns, which are closed. Lives till the next. */
static const char *written(enum writer what, struct column *columns, size_t n,
                           const struct look *look)
{
    static struct text out;
    struct summary s;
    text_clear(&out);
    assert_true(text_puts(&out, ""));
    assert_true(summary_open(&s, columns, n));
    assert_true(what == TABLE     ? summary_table(&out, &s, look)
                : what == VERDICT ? summary_verdict(&out, &s)
                                  : summary_json(&out, &s));
    summary_close(&s);
    for (size_t i = 0; i < n; i++) column_close(&columns[i]);
    return out.at;
}

static const char *pictured(struct column *c, const struct look *look)
{
    static struct text out;
    text_clear(&out);
    assert_true(text_puts(&out, ""));
    assert_true(histogram_text(&out, c, look));
    column_close(c);
    return out.at;
}

static void holds(const char *text, const char *part)
{
    if (!strstr(text, part)) fail_msg("no <%s> in <%s>", part, text);
}

/* ---- columns ---------------------------------------------------------- */

static void mixtures_become_levels(void **state)
{
    struct column c = column("x");
    struct text out = {0};
    (void)state;
    add(&c, v_int(3));
    assert_int_equal(c.kind, COLUMN_INTEGER);
    assert_true(column_takes(&c, v_double(0.5)));
    assert_false(column_takes(&c, V_TRUE));
    assert_false(column_takes(&c, symbol("a")));
    add(&c, v_int(4));
    add(&c, symbol("a"));
    add(&c, v_int(3));
    assert_int_equal(c.kind, COLUMN_LEVELS);
    assert_true(column_takes(&c, symbol("b")));
    assert_false(column_takes(&c, v_int(5)));
    assert_true(c.at[0] == 0 && c.at[1] == 1 && c.at[2] == 2 && c.at[3] == 0);
    assert_true(histogram_json(&out, &c));
    assert_string_equal(out.at, "[{\"value\":3,\"count\":2},"
                                "{\"value\":4,\"count\":1},"
                                "{\"value\":\"a\",\"count\":1}]");
    text_free(&out);
    column_close(&c);
}

static void many_levels_keep_their_codes(void **state)
{
    struct column c = column("x");
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < 1000; i++) {
            value pair[] = {v_int(i), symbol("a")};
            add(&c, list_from(pair, 2));
        }
    }
    assert_int_equal(c.levels.count, 1000);
    for (int i = 0; i < 2000; i++) assert_true(c.at[i] == i % 1000);
    assert_string_equal(c.levels.at[7].shown, "(7 a)");
    assert_string_equal(c.levels.at[7].json, "[7,\"a\"]");
    column_close(&c);
}

static void counts_are_most_frequent_first(void **state)
{
    static const int draws[] = {5, 2, 9, 2, 9, 7, 2};
    struct column c = column("x");
    struct count *counts;
    size_t n;
    (void)state;
    for (int i = 0; i < 7; i++) add(&c, v_int(draws[i]));
    assert_true(column_counts(&c, &counts, &n));
    assert_int_equal(n, 4);
    assert_true(counts[0].x == 2 && counts[0].times == 3);
    assert_true(counts[1].x == 9 && counts[1].times == 2);
    assert_true(counts[2].x == 5 && counts[3].x == 7);
    free(counts);
    column_close(&c);
}

/* ---- the table -------------------------------------------------------- */

/* Numbers by R, see tests/reference: mean -0.00132 with an error of 0.0177,
 * sd 0.5637, quantiles -0.9051, -0.0047 and 0.9315. */
static void noise_digits_are_not_shown(void **state)
{
    struct column c[] = {noise("mu", 1, 1000, 0.0),
                         repeated("fixed", v_double(4.5), 1000)};
    (void)state;
    assert_string_equal(
        written(TABLE, c, 2, &plain),
        "       mean    sd   MCSE     5%   50%   95%  ESS bulk  ESS tail  "
        "R-hat\n"
        "mu     0.00  0.56  0.018  -0.91  0.00  0.93      1013       983  "
        "1.001\n"
        "fixed  4.5   0       nan   4.5   4.5   4.5        nan       nan  "
        "  nan\n"
        "`fixed` is constant: no error, ESS or R-hat\n");
}

static void large_and_small_numbers_fit(void **state)
{
    struct column c[] = {noise("big", 1, 1000, 0.0),
                         noise("small", 1, 1000, 0.0),
                         noise("huge", 1, 1000, 0.0)};
    (void)state;
    for (int i = 0; i < 1000; i++) {
        c[0].at[i] = 123456.0 + 1000.0 * c[0].at[i];
        c[1].at[i] = 1e-9 * (3.0 + c[1].at[i]);
        c[2].at[i] = 1e300 * (3.0 + c[2].at[i]);
    }
    const char *text = written(TABLE, c, 3, &plain);
    holds(text, "big       123450       560        18     122550  ");
    holds(text, "small   3.00e-09   5.6e-10  ");
    holds(text, "huge   3.00e+300  ");
}

static void whole_quantiles_stay_whole(void **state)
{
    struct column c[] = {column("k"), column("b")};
    uint64_t seed = 3;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        add(&c[0], v_int((int)floor(10.0 * uniform(&seed))));
        add(&c[1], v_boolean(uniform(&seed) < 0.25));
    }
    const char *text = written(TABLE, c, 2, &plain);
    holds(text, "  0    4    9  ");
    holds(text, "  0    0    1  ");
}

static void rows_and_names_are_cut(void **state)
{
    struct look look = {.width = 80, .rows_max = 3};
    struct column c[5];
    (void)state;
    for (int i = 0; i < 5; i++) {
        c[i] = noise("a_näme_that_is_rather_long_for_a_table", 5, 100, 0.0);
    }
    const char *text = written(TABLE, c, 5, &look);
    holds(text, "a_näme_that");
    holds(text, "…");
    holds(text, "… and 2 more\n");
    assert_null(strstr(text, "rather_long"));
    const char *at = text;
    for (int lines = 0; *at; lines++) {
        size_t length = strcspn(at, "\n");
        char line[256];
        snprintf(line, sizeof line, "%.*s", (int)length, at);
        assert_true(text_columns(line) <= 80);
        at += length + 1;
    }
}

static void arrays_leave_room_for_others(void **state)
{
    enum { ELEMENTS = 30 };
    struct look look = {.width = 80, .rows_max = 10};
    struct column c[ELEMENTS + 3];
    (void)state;
    for (int i = 0; i < ELEMENTS; i++) {
        char name[32];
        snprintf(name, sizeof name, "xs.%d.%d", i / 5 + 1, i % 5 + 1);
        c[i] = noise(name, (uint64_t)i + 1, 100, 0.0);
    }
    c[ELEMENTS] = noise("xs", 40, 100, 0.0);
    c[ELEMENTS + 1] = noise("y.1", 41, 100, 0.0);
    c[ELEMENTS + 2] = noise("y.2", 42, 100, 0.0);
    const char *text = written(TABLE, c, ELEMENTS + 3, &look);
    holds(text, "\nxs.1.5  ");
    holds(text, "… 25 more of xs\n");
    holds(text, "\nxs  ");
    holds(text, "\ny.2  ");
    assert_null(strstr(text, "xs.2.1"));
    assert_null(strstr(text, "… and"));
}

static void who_stops_a_run_does_not_wait(void **state)
{
    enum { MANY = 1500000 };
    struct column c = noise("x", 7, MANY, 0.0);
    struct summary s;
    struct text out = {0};
    (void)state;
    assert_true(summary_open_soon(&s, &c, 1));
    assert_int_equal(s.step, 2);
    assert_true(fabs(s.at[0].sd - sqrt(1.0 / 3.0)) < 0.01);
    assert_true(summary_table(&out, &s, &plain));
    holds(out.at, "of one draw in 2: the run was stopped\n");
    summary_close(&s);
    column_close(&c);
    c = noise("x", 7, 1000, 0.0);
    assert_true(summary_open_soon(&s, &c, 1));
    assert_int_equal(s.step, 1);
    summary_close(&s);
    column_close(&c);
    text_free(&out);
}

static void levels_have_shares(void **state)
{
    static const char *const names[] = {"sun", "rain", "snow", "hail"};
    struct column c = column("w");
    uint64_t seed = 8;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        double u = uniform(&seed);
        add(&c, symbol(names[u < 0.5 ? 0 : u < 0.75 ? 1 : u < 0.9 ? 2 : 3]));
    }
    const char *text = written(TABLE, &c, 1, &plain);
    holds(text, "w: sun 50.2%, rain 26.7%, snow 13.8%, hail 9.3% (ESS ");
    assert_null(strstr(text, "mean"));
}

static void lost_columns_are_not_there(void **state)
{
    struct column c[] = {noise("a", 1, 100, 0.0), noise("b", 2, 100, 0.0)};
    (void)state;
    c[0].lost = true;
    holds(written(JSON, c, 2, &plain), "[{\"name\":\"b\"");
}

/* ---- the verdict ------------------------------------------------------ */

static void good_draws_look_converged(void **state)
{
    struct column one = noise("mu", 1, 1000, 0.0);
    struct column four = noise("mu", 1, 4000, 0.0);
    (void)state;
    assert_string_equal(written(VERDICT, &one, 1, &plain),
                        "Looks converged: R-hat at most 1.001 (`mu`), ESS at "
                        "least 983 (`mu`); one chain, by its halves.\n");
    four.chains = 4;
    const char *text = written(VERDICT, &four, 1, &plain);
    holds(text, "Looks converged: ");
    assert_null(strstr(text, "one chain"));
}

/* Two chains, one a full sd away. */
static void disagreement_is_said(void **state)
{
    struct column c[] = {noise("mu", 1, 4000, 0.0), noise("tau", 2, 4000, 0.9)};
    (void)state;
    c[0].chains = c[1].chains = 2;
    for (int i = 0; i < 2000; i++) c[0].at[i] += 0.6;
    const char *text = written(VERDICT, c, 2, &plain);
    holds(text, "Not yet: `mu` has R-hat 1.");
    assert_null(strstr(text, "Looks"));
}

/* 19 times too few effective draws of 1000, by r = 0.9: 400 of them take
 * about 8,000, and the next nice number is said. */
static void few_effective_draws_are_said(void **state)
{
    struct column c = noise("tau", 6, 2000, 0.9);
    (void)state;
    const char *text = written(VERDICT, &c, 1, &plain);
    holds(text, "`tau` has ");
    holds(text, "ESS ");
    holds(text, "; run longer (:samples 10000 may do).\n");
}

static void standing_still_is_said(void **state)
{
    struct column c = noise("x", 6, 1000, 0.9999);
    (void)state;
    holds(written(VERDICT, &c, 1, &plain), "It hardly moves");
}

static void what_cannot_be_judged_is_said(void **state)
{
    struct column few = noise("x", 6, 11, 0.0);
    struct column same = repeated("x", V_TRUE, 100);
    struct column endless = noise("x", 6, 100, 0.0);
    (void)state;
    holds(written(VERDICT, &few, 1, &plain), "Too few draws to say");
    holds(written(VERDICT, &same, 1, &plain), "Nothing moved");
    endless.at[50] = INFINITY;
    assert_string_equal(
        written(VERDICT, &endless, 1, &plain),
        "Not to be judged: `x` has draws that are not finite.\n");
    assert_string_equal(written(VERDICT, NULL, 0, &plain), "");
    assert_string_equal(written(TABLE, NULL, 0, &plain), "");
}

/* ---- JSON ------------------------------------------------------------- */

static void json_has_every_field(void **state)
{
    struct column c[] = {repeated("a\"b", v_double(2.5), 20),
                         repeated("w", symbol("sun"), 20)};
    (void)state;
    assert_string_equal(
        written(JSON, c, 2, &plain),
        "[{\"name\":\"a\\\"b\",\"mean\":2.5,\"sd\":0.0,\"mcse\":\"nan\","
        "\"q05\":2.5,\"q50\":2.5,\"q95\":2.5,\"ess_bulk\":\"nan\","
        "\"ess_tail\":\"nan\",\"rhat\":\"nan\"},"
        "{\"name\":\"w\",\"distribution\":[{\"value\":\"sun\",\"count\":20}],"
        "\"ess_bulk\":\"nan\",\"ess_tail\":\"nan\",\"rhat\":\"nan\"}]");
}

/* ---- histograms ------------------------------------------------------- */

static struct column of_counts(value a, int times_a, value b, int times_b)
{
    struct column c = column("x");
    for (int i = 0; i < times_a; i++) add(&c, a);
    for (int i = 0; i < times_b; i++) add(&c, b);
    return c;
}

/* Bars of 48 characters: 3 / 16 of them are 9, 5 / 128 of them are 1 7/8. */
static void bars_have_eighths(void **state)
{
    struct column c = of_counts(V_TRUE, 3, V_FALSE, 16);
    (void)state;
    assert_string_equal(
        pictured(&c, &plain),
        "False  16   84.2%  ████████████████████████████████████████████████\n"
        "True    3   15.8%  █████████\n");
    c = of_counts(v_int(7), 128, v_int(-3), 5);
    assert_string_equal(
        pictured(&c, &ascii),
        " 7  128   96.2%  ################################################\n"
        "-3    5    3.8%  ##\n");
    c = of_counts(symbol("a"), 128, symbol("b"), 5);
    holds(pictured(&c, &plain), "b    5    3.8%  █▉\n");
    c = of_counts(symbol("a"), 10000, symbol("b"), 1);
    holds(pictured(&c, &plain), "b      1    0.0%  ▏\n");
    c = of_counts(symbol("a"), 10000, symbol("b"), 1);
    holds(pictured(&c, &ascii), "b      1    0.0%  .\n");
}

static void bars_follow_the_width(void **state)
{
    struct look narrow = {.width = 30, .ascii = true};
    struct column c = of_counts(v_int(1), 4, v_int(2), 2);
    (void)state;
    assert_string_equal(pictured(&c, &narrow),
                        "1  4   66.7%  ################\n"
                        "2  2   33.3%  ########\n");
}

static void values_beyond_the_rows_are_counted(void **state)
{
    struct look look = {.width = 80, .rows_max = 2};
    struct column c = column("x");
    (void)state;
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k <= i; k++) add(&c, v_int(i));
    }
    const char *text = pictured(&c, &look);
    holds(text, "3  4   40.0%");
    holds(text, "2  3   30.0%");
    holds(text, "… and 2 more values, 3 times in all\n");
}

static void many_integers_are_binned(void **state)
{
    struct column c = column("x");
    (void)state;
    for (int i = 0; i < 100; i++) add(&c, v_int(1850 + i));
    assert_false(histogram_is_discrete(&c));
    const char *text = pictured(&c, &ascii);
    holds(text, "1850 .. 1854  5    5.0%  #");
    holds(text, "1945 .. 1949  5    5.0%  #");
    c = of_counts(v_int(1), 2, v_int(2), 2);
    assert_true(histogram_is_discrete(&c));
    column_close(&c);
}

static void edges_take_what_lies_on_them(void **state)
{
    struct column c = column("x");
    (void)state;
    for (int i = 0; i < 20; i++) add(&c, v_double(i / 10.0));
    const char *text = pictured(&c, &ascii);
    holds(text, "0.3 .. 0.4  1    5.0%");
    holds(text, "0.6 .. 0.7  1    5.0%");
    holds(text, "1.9 .. 2.0  1    5.0%");
}

static void long_tails_have_open_ends(void **state)
{
    struct column c = noise("x", 4, 1000, 0.0);
    (void)state;
    c.at[3] = -1e6;
    c.at[5] = 1e9;
    const char *text = pictured(&c, &ascii);
    holds(text, "below -1");
    holds(text, "from 1");
    assert_null(strstr(text, "e+"));
}

/* Whatever the draws: 1 to 20 intervals, each draw in one of them. */
static void check_intervals(const char *text, size_t draws, size_t least)
{
    size_t sum = 0, lines = 0;
    for (const char *at = text; *at; at = strchr(at, '\n') + 1) {
        const char *percent = strchr(at, '%');
        assert_non_null(percent);
        const char *end = percent;
        while (end[-1] != ' ') end--; /* the percent */
        while (end[-1] == ' ') end--; /* blanks */
        const char *start = end;
        while (start > at && start[-1] != ' ') start--;
        sum += strtoul(start, NULL, 10);
        lines++;
    }
    assert_int_equal(sum, draws);
    assert_in_range(lines, least, 20);
}

static void intervals_are_ten_to_twenty(void **state)
{
    static const double scales[] = {1e-12, 1e-3, 0.3, 1.0, 7.0, 1e5, 1e13};
    static const double shifts[] = {0.0, -5.0, 1e3};
    (void)state;
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        for (size_t k = 0; k < sizeof shifts / sizeof *shifts; k++) {
            struct column c = noise("x", 4 + i, 500, 0.0);
            for (int d = 0; d < 500; d++) {
                c.at[d] = scales[i] * (c.at[d] + shifts[k]);
            }
            check_intervals(pictured(&c, &plain), 500, 9);
        }
    }
}

static void strange_draws_have_their_intervals(void **state)
{
    static const double strange[][2] = {
        {-DBL_MAX, DBL_MAX},      {0.0, 5e-324},
        {1e9, 1e9 + 1e-7},        {0.0, DBL_MIN},
        {1.0, 1.0 + DBL_EPSILON}, {-1e300, 1e-300},
    };
    (void)state;
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        struct column c =
            of_counts(v_double(strange[i][0]), 50, v_double(strange[i][1]), 50);
        check_intervals(pictured(&c, &plain), 100, 1);
        c = of_counts(v_double(strange[i][0]), 1, v_double(strange[i][1]),
                      1999);
        check_intervals(pictured(&c, &plain), 2000, 1);
    }
    struct column c = of_counts(v_double(1.5), 50, v_double(NAN), 2);
    assert_string_equal(
        pictured(&c, &ascii),
        "1.5  50   96.2%  ################################################\n"
        "nan   2    3.8%  ##\n");
}

static void endless_draws_are_counted_apart(void **state)
{
    struct column c = noise("x", 4, 100, 0.0);
    (void)state;
    add(&c, v_double(INFINITY));
    add(&c, v_double(NAN));
    holds(pictured(&c, &plain), "\n2 of them are not finite\n");
}

static void long_labels_are_cut(void **state)
{
    char name[101] = {0};
    (void)state;
    memset(name, 'a', 100);
    struct column c = of_counts(symbol(name), 3, symbol("b"), 1);
    const char *text = pictured(&c, &plain);
    holds(text, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…  3   75.0%  █");
    holds(text, "\nb                                 1   25.0%  █");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mixtures_become_levels),
        cmocka_unit_test(many_levels_keep_their_codes),
        cmocka_unit_test(counts_are_most_frequent_first),
        cmocka_unit_test(noise_digits_are_not_shown),
        cmocka_unit_test(large_and_small_numbers_fit),
        cmocka_unit_test(whole_quantiles_stay_whole),
        cmocka_unit_test(rows_and_names_are_cut),
        cmocka_unit_test(levels_have_shares),
        cmocka_unit_test(lost_columns_are_not_there),
        cmocka_unit_test(good_draws_look_converged),
        cmocka_unit_test(disagreement_is_said),
        cmocka_unit_test(few_effective_draws_are_said),
        cmocka_unit_test(standing_still_is_said),
        cmocka_unit_test(what_cannot_be_judged_is_said),
        cmocka_unit_test(json_has_every_field),
        cmocka_unit_test(bars_have_eighths),
        cmocka_unit_test(bars_follow_the_width),
        cmocka_unit_test(values_beyond_the_rows_are_counted),
        cmocka_unit_test(many_integers_are_binned),
        cmocka_unit_test(edges_take_what_lies_on_them),
        cmocka_unit_test(long_tails_have_open_ends),
        cmocka_unit_test(intervals_are_ten_to_twenty),
        cmocka_unit_test(strange_draws_have_their_intervals),
        cmocka_unit_test(endless_draws_are_counted_apart),
        cmocka_unit_test(long_labels_are_cut),
        cmocka_unit_test(arrays_leave_room_for_others),
        cmocka_unit_test(who_stops_a_run_does_not_wait),
    };
    memory_init(1 << 20);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
