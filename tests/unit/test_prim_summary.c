/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Summaries of lists and arrays. Expected quantiles and moments are R's.
 */
#include "eval/summary.h"
#include "prim.h"

static void sums(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(sum (1 2 3))", "6"},
        {"(sum ())", "0"},
        {"(sum (1 2.5))", "3.5"},
        {"(sum #(1 2 3))", "6.0"},
        {"(sum (true false true))", "2"},
        {"(sum (140737488355327 1))", "140737488355328.0"},
        {"(sum (#(1 2) #(3 4)))", "#(4 6)"},
        {"(sum ($ matrix ((1 2) (3 4))))", "10.0"},
        {"(prod (2 3 7))", "42"},
        {"(prod ())", "1"},
        {"(prod #(2 3))", "6.0"},
    };
    give_all(examples);
}

static void moments(void **state)
{
    (void)state;
    gives_about("(mean (1 2 3 4))", 2.5, 0);
    gives_about("(mean #(1 2 3 4))", 2.5, 0);
    gives_about("(mean (true false false false))", 0.25, 0);
    gives_about("(variance (2 4 4 4 5 5 7 9))", 32.0 / 7, 1e-15);
    gives_about("(sd #(1 2 3 4))", 1.2909944487358056, 1e-15);
    gives_about("(variance #(1000000001 1000000002 1000000003))", 1, 1e-15);
    gives_about("(variance (1000000000000000 1000000000000001 "
                "1000000000000002 1000000000000003 1000000000000004 "
                "1000000000000005 1000000000000006 1000000000000007 "
                "1000000000000008 1000000000000009))",
                55.0 / 6, 1e-15);
    gives_about("(covariance (1 2 3 4) (2 4 5 9))", 11.0 / 3, 1e-15);
    gives_about("(correlation #(1 2 3 4) (2 4 5 9))", 0.9647638212377322,
                1e-15);
}

static void order(void **state)
{
    (void)state;
    gives_about("(median (3 1 2))", 2, 0);
    gives_about("(median (4 1 3 2))", 2.5, 0);
    gives_about("(quantile (1 2 3 4 5) 0.1)", 1.4, 1e-15);
    gives_about("(quantile #(5 1 3) 1)", 5, 0);
    gives_about("(quantile (7) 0.3)", 7, 0);
    static const struct prim_example examples[] = {
        {"(quantile (1 2 3 4 5) #(0 0.5 1))", "#(1 3 5)"},
        {"(argmax (1 9 3 9))", "1"},
        {"(argmin #(4 2 8))", "1"},
        {"(median ($ list 1 ($ string->number \"nan\")))", "nan"},
    };
    give_all(examples);
}

static void too_few_and_of_another_kind(void **state)
{
    (void)state;
    static const struct prim_failure failures[] = {
        {"(mean ())", ERROR_DOMAIN, "mean: needs at least 1 number, got 0"},
        {"(sd (1))", ERROR_DOMAIN, "sd: needs at least 2 numbers, got 1"},
        {"(median ())", ERROR_DOMAIN, "median"},
        {"(argmax ())", ERROR_DOMAIN, "argmax"},
        {"(quantile (1 2) 1.5)", ERROR_DOMAIN, "from 0 to 1, got 1.5"},
        {"(quantile (1 2) a)", ERROR_TYPE, "a probability"},
        {"(mean (1 a))", ERROR_TYPE, "mean: expected numbers only, got a"},
        {"(sum 3)", ERROR_TYPE, "sum: expected a list"},
        {"(sum (1 a))", ERROR_TYPE, "sum: expected numbers only, got a"},
        {"(covariance (1 2) (1 2 3))", ERROR_TYPE, "do not pair up"},
    };
    fail_all(failures);
}

/* Against the plain sum of whole numbers, for every number of leftovers. */
static void lanes_leave_nothing_out(void **state)
{
    (void)state;
    double x[50], y[50];
    for (int i = 0; i < 50; i++) x[i] = i + 1, y[i] = 2 * i - 3;
    for (size_t n = 0; n <= 50; n++) {
        double sum = 0, dot = 0;
        for (size_t i = 0; i < n; i++) sum += x[i], dot += x[i] * y[i];
        assert_true(doubles_sum(x, n) == sum);
        assert_true(doubles_dot(x, y, n) == dot);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums),
        cmocka_unit_test(moments),
        cmocka_unit_test(order),
        cmocka_unit_test(too_few_and_of_another_kind),
        cmocka_unit_test(lanes_leave_nothing_out),
    };
    return cmocka_run_group_tests(tests, prim_setup, NULL);
}
