/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arrays put together, reshaped, ordered and rescaled; lists of numbers in
 * arithmetic.
 */
#include "prim.h"

static void together(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(cbind #(1 2) #(3 4))", "#((1 3) (2 4))"},
        {"(cbind #(1 2) ($ matrix ((3 4) (5 6))) #(7 8))",
         "#((1 3 4 7) (2 5 6 8))"},
        {"(rbind #(1 2) #(3 4))", "#((1 2) (3 4))"},
        {"(rbind ($ matrix ((1 2) (3 4))) #(5 6))", "#((1 2) (3 4) (5 6))"},
        {"(rbind #(1 2))", "#((1 2))"},
        {"(reshape #(1 2 3 4 5 6) 2 3)", "#((1 2 3) (4 5 6))"},
        {"(reshape ($ matrix ((1 2) (3 4))) 4)", "#(1 2 3 4)"},
        {"(reshape (1 2 3 4) 2 2)", "#((1 2) (3 4))"},
    };
    static const struct prim_failure failures[] = {
        {"(cbind #(1 2) #(3))", ERROR_TYPE, "a vector of 2 and a vector of 1"},
        {"(rbind #(1 2) #(3))", ERROR_TYPE, "do not match"},
        {"(rbind #())", ERROR_DOMAIN, "needs a number"},
        {"(cbind 1)", ERROR_TYPE, "a vector or a matrix"},
        {"(reshape #(1 2 3) 2 2)", ERROR_TYPE, "3 numbers do not fill"},
        {"(reshape #(1 2 3) -1)", ERROR_DOMAIN, "count"},
        {"(reshape #() 0 0)", ERROR_DOMAIN, "needs a column"},
    };
    give_all(examples);
    fail_all(failures);
}

static void order(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(argsort #(3 1 2))", "#(1 2 0)"},
        {"(argsort (2 1 2 1))", "#(1 3 0 2)"},
        {"(argsort #(nan 2 nan 1))", "#(3 1 0 2)"},
        {"(argsort #())", "#()"},
        {"(cumprod #(2 3 4))", "#(2 6 24)"},
    };
    give_all(examples);
}

static void shares(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(softmax #(0 0))", "#(0.5 0.5)"},
        {"(softmax #(1000 1000 -1000))", "#(0.5 0.5 0)"},
        {"(softmax ($ matrix ((0 0) (-5 -5))))", "#((0.5 0.5) (0.5 0.5))"},
        {"(softmax #())", "#()"},
        {"(log-softmax #(-5000 0))", "#(-5000 0)"},
    };
    give_all(examples);
    gives_about("(sum ($ softmax #(1 2 3 4.5)))", 1, 1e-15);
    gives_about("(vector-ref ($ log-softmax #(1 2)) 0)", -1.3132616875182228,
                1e-15);
}

static void lists_of_numbers(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(+ (1 2) 1)", "#(2 3)"},
        {"(* #(1 2) (3 4))", "#(3 8)"},
        {"(sqrt (4 9))", "#(2 3)"},
        {"(- 1 (true false))", "#(0 1)"},
    };
    static const struct prim_failure failures[] = {
        {"(+ (1 a) 1)", ERROR_TYPE, "numbers only"},
        {"(sqrt ())", ERROR_TYPE, "a number or an array of numbers"},
        {"(+ (1 2) #(1 2 3))", ERROR_TYPE, "do not match"},
        {"(sqrt (4 -9))", ERROR_DOMAIN, "element 1"},
    };
    give_all(examples);
    fail_all(failures);
}

static void starved(void **state)
{
    (void)state;
    prim_starve("(cbind #(1 2) #(3 4))");
    prim_starve("(argsort #(3 1 2))");
    prim_starve("(softmax (3 1 2))");
    prim_starve("(+ (3 1 2) 1)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(together),         cmocka_unit_test(order),
        cmocka_unit_test(shares),           cmocka_unit_test(starved),
        cmocka_unit_test(lists_of_numbers),
    };
    return cmocka_run_group_tests(tests, prim_setup, NULL);
}
