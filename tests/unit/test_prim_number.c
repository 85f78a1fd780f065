/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arithmetic, comparison, booleans, and broadcasting over arrays.
 */
#include "eval/number.h"
#include "prim.h"

static void arithmetic_keeps_integers_exact(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(+)", "0"},
        {"(+ 1 2 3)", "6"},
        {"(+ 1 2.5)", "3.5"},
        {"(*)", "1"},
        {"(* 2 3 7)", "42"},
        {"(- 5)", "-5"},
        {"(- 5 1 1)", "3"},
        {"(- 0.0)", "-0.0"},
        {"(/ 4)", "0.25"},
        {"(/ 1)", "1"},
        {"(/ 12 4)", "3"},
        {"(/ 1 4)", "0.25"},
        {"(/ 12 2 3)", "2"},
        {"(/ 6.0 4)", "1.5"},
        {"(+ 140737488355327 1)", "140737488355328.0"},
        {"(- -140737488355328 1)", "-140737488355329.0"},
        {"(- -140737488355328)", "140737488355328.0"},
        {"(* 100000000 100000000)", "1e+16"},
        {"(* -140737488355328 -140737488355328)", "1.9807040628566084e+28"},
        {"(inc 4)", "5"},
        {"(dec 4.5)", "3.5"},
        {"(square -3)", "9"},
        {"(abs -3)", "3"},
        {"(abs -140737488355328)", "140737488355328.0"},
        {"(abs -2.5)", "2.5"},
        {"(sign -7)", "-1"},
        {"(sign 0.5)", "1"},
    };
    give_all(examples);
}

static void division_by_zero_says_so(void **state)
{
    (void)state;
    static const struct prim_failure failures[] = {
        {"(/ 1 0)", ERROR_DOMAIN, "/: division by zero"},
        {"(/ 1.5 0.0)", ERROR_DOMAIN, "division by zero"},
        {"(/ 0)", ERROR_DOMAIN, "division by zero"},
        {"(/ #(1 2) #(1 0))", ERROR_DOMAIN, "division by zero"},
        {"(mod 7 0)", ERROR_DOMAIN, "mod: division by zero"},
        {"(mod 7.5 0)", ERROR_DOMAIN, "mod: division by zero"},
        {"(quotient 7 0)", ERROR_DOMAIN, "quotient: division by zero"},
        {"(remainder 7 0)", ERROR_DOMAIN, "remainder: division by zero"},
        {"(expt 0 -1)", ERROR_DOMAIN, "expt"},
        {"(expt -8 0.5)", ERROR_DOMAIN, "got -8.0 and 0.5"},
    };
    fail_all(failures);
}

static void wrong_operands_are_named(void **state)
{
    (void)state;
    static const struct prim_failure failures[] = {
        {"(+ 1 a)", ERROR_TYPE, "+: expected a number"},
        {"(+ a)", ERROR_TYPE, "+: expected a number"},
        {"(- (a))", ERROR_TYPE, "-: expected numbers only"},
        {"(* 2 \"x\")", ERROR_TYPE, "*: expected a number"},
        {"(< 1 a)", ERROR_TYPE, "<: expected a number, got a"},
        {"(< 3 1 a)", ERROR_TYPE, "<: expected a number, got a"},
        {"(>= a)", ERROR_TYPE, ">=: expected a number, got a"},
        {"(even? 1.5)", ERROR_TYPE, "even?: expected an integer, got 1.5"},
        {"(max 1 a)", ERROR_TYPE, "max: expected a number"},
        {"(max ())", ERROR_DOMAIN, "max: of an empty list"},
        {"(exact 1.5)", ERROR_TYPE, "an integer"},
        {"(boolean->number 1)", ERROR_TYPE, "a boolean"},
    };
    fail_all(failures);
}

static void remainders_have_their_signs(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(mod 7 3)", "1"},
        {"(mod -7 3)", "2"},
        {"(% 7 -3)", "-2"},
        {"(modulo -7 -3)", "-1"},
        {"(mod 5.5 2)", "1.5"},
        {"(mod -5.5 2)", "0.5"},
        {"(remainder -7 3)", "-1"},
        {"(remainder 7 -3)", "1"},
        {"(remainder -5.5 2)", "-1.5"},
        {"(quotient -7 2)", "-3"},
        {"(quotient 7.5 2)", "3.0"},
    };
    give_all(examples);
}

static void powers_are_exact_where_they_can_be(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(** 2 10)", "1024"},
        {"(expt 2 46)", "70368744177664"},
        {"(expt 2 47)", "140737488355328.0"},
        {"(pow -2 47)", "-140737488355328"},
        {"(power 3 0)", "1"},
        {"(expt 0 0)", "1"},
        {"(expt 0 1000000000000)", "0"},
        {"(expt -1 -3)", "-1"},
        {"(expt 2 -1)", "0.5"},
        {"(expt 2.0 3)", "8.0"},
        {"(expt 4 0.5)", "2.0"},
        {"(expt #(1 2 3) 2)", "#(1 4 9)"},
    };
    give_all(examples);
}

static void rounding_gives_integers(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(floor 2.7)", "2"},        {"(floor -2.1)", "-3"},
        {"(ceil 2.1)", "3"},         {"(ceiling -2.7)", "-2"},
        {"(round 2.5)", "3"},        {"(round -2.5)", "-3"},
        {"(round 3.5)", "4"},        {"(int -2.7)", "-2"},
        {"(truncate 2.7)", "2"},     {"(round 7)", "7"},
        {"(floor 1e300)", "1e+300"}, {"(floor #(1.5 -1.5))", "#(1 -2)"},
        {"(float 2)", "2.0"},        {"(inexact->exact 2.0)", "2"},
    };
    give_all(examples);
}

static void least_and_greatest(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(min 5 4 1 2 3 -100)", "-100"},
        {"(max 5 4 1)", "5"},
        {"(max 1 2.5)", "2.5"},
        {"(max 3 2.5)", "3"},
        {"(max (3 9 4))", "9"},
        {"(min #(3 9 4))", "3.0"},
        {"(max #(1 5) 3)", "#(3 5)"},
        {"(min ($ vector ($ string->number \"nan\")) 3)", "#(nan)"},
        {"(max ($ vector ($ string->number \"nan\")) 3)", "#(nan)"},
        {"(max ($ string->number \"nan\") 1)", "nan"},
        {"(min 1 ($ string->number \"nan\"))", "nan"},
    };
    give_all(examples);
}

static void comparisons_chain(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(< 1 2 3)", "True"},
        {"(< 1 3 2)", "False"},
        {"(< 3 1 2)", "False"},
        {"(< 1 1)", "False"},
        {"(<= 1 1 2)", "True"},
        {"(> 3 2 1)", "True"},
        {"(>= 3 3 1)", "True"},
        {"(>= 3 3.1)", "False"},
        {"(.<. 1 2)", "True"},
        {"(< 1)", "True"},
        {"(< 140737488355327 140737488355327.5)", "True"},
        {"(= 1 1.0 1)", "True"},
        {"(= 4 1 1 4)", "False"},
        {"(=)", "True"},
        {"(eq? a a)", "True"},
        {"(eq? a b)", "False"},
        {"(equal? (1 (2 \"x\")) (1 (2 \"x\")))", "True"},
        {"(equal? (1 2) (1 2 3))", "False"},
        {"(equal? #(1 2) #(1 2))", "True"},
        {"(eqv? \"a\" a)", "False"},
        {"(< 1 ($ string->number \"nan\"))", "False"},
        {"(> 1 ($ string->number \"nan\"))", "False"},
        {"(== #(1 2 1) 1)", "#(1 0 1)"},
        {"(== a a)", "True"},
        {"(soft-equal 3 4 2)", "True"},
        {"(soft= 0 4 2)", "False"},
    };
    give_all(examples);
}

static void kinds_of_numbers(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(number? 1)", "True"},
        {"(number? a)", "False"},
        {"(integer? 2.0)", "True"},
        {"(integer? 2.5)", "False"},
        {"(integer? \"2\")", "False"},
        {"(real? 2.5)", "True"},
        {"(even? 4)", "True"},
        {"(odd? -3)", "True"},
        {"(odd? 4.0)", "False"},
        {"(zero? 0.0)", "True"},
        {"(positive? 0)", "False"},
        {"(negative? -1)", "True"},
        {"(nan? ($ string->number \"nan\"))", "True"},
        {"(nan? 1)", "False"},
        {"(finite? 1e300)", "True"},
        {"(infinite? ($ log 0))", "True"},
        {"(integer? ($ log 0))", "False"},
    };
    give_all(examples);
}

static void booleans(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(not true)", "False"},
        {"(! false)", "True"},
        {"(not 0)", "False"},
        {"(& true true)", "True"},
        {"(and true false)", "False"},
        {"(&)", "True"},
        {"(or false true)", "True"},
        {"(|)", "False"},
        {"(xor true false)", "True"},
        {"(xor true true)", "False"},
        {"(^ true true true)", "True"},
        {"(xor)", "False"},
        {"(boolean->number true)", "1"},
        {"(number->boolean 0)", "False"},
    };
    give_all(examples);
}

static void arrays_broadcast(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(+ #(1 2) 1)", "#(2 3)"},
        {"(- 1 #(1 2))", "#(0 -1)"},
        {"(- #(1 2))", "#(-1 -2)"},
        {"(* #(1 2) #(3 4))", "#(3 8)"},
        {"(/ #(1 2) 2)", "#(0.5 1)"},
        {"(+ #(1 2) #(5))", "#(6 7)"},
        {"(+ ($ matrix ((1 2) (3 4))) 1)", "#((2 3) (4 5))"},
        {"(+ ($ matrix ((1 2) (3 4))) #(10 20))", "#((11 22) (13 24))"},
        {"(* ($ matrix ((1) (2))) #(1 10))", "#((1 10) (2 20))"},
        {"(mod #(5 -5) 3)", "#(2 1)"},
        {"(+ #() 1)", "#()"},
        {"(sqrt #(4 9))", "#(2 3)"},
        {"(abs #(-1 1))", "#(1 1)"},
    };
    static const struct prim_failure failures[] = {
        {"(+ #(1 2) #(1 2 3))", ERROR_TYPE,
         "+: shapes do not match: a vector of 2 and a vector of 3"},
        {"(* ($ matrix ((1 2) (3 4))) #(1 2 3))", ERROR_TYPE,
         "a 2 x 2 matrix and a vector of 3"},
        {"(+ #(1 2) ())", ERROR_TYPE, "+: expected a number or an array"},
        {"(sqrt #(4 -9))", ERROR_DOMAIN, "got -9.0 (element 1)"},
    };
    give_all(examples);
    fail_all(failures);
}

/* Every pair of kinds goes through the inline parts as through the rows. */
static void inline_parts_agree_with_rows(void **state)
{
    (void)state;
    static const double numbers[] = {0, 1, -3, 2.5, -0.75, 140737488355327.0};
    enum { COUNT = sizeof numbers / sizeof *numbers };
    for (size_t i = 0; i < 2 * COUNT; i++)
        for (size_t j = 0; j < 2 * COUNT; j++) {
            double x = numbers[i / 2], y = numbers[j / 2];
            value a = i % 2 || x != trunc(x) ? v_double(x) : v_int((int64_t)x);
            value b = j % 2 || y != trunc(y) ? v_double(y) : v_int((int64_t)y);
            const value args[] = {a, b};
            value row, here;
            assert_true(number_add(&prim_machine, a, b, &here));
            assert_true(as_number(here) == x + y);
            assert_true(is_int(here) ==
                        (is_int(a) && is_int(b) && int_fits((int64_t)(x + y))));
            assert_true(prim_call("+", 2, args, &row) && row == here);
            assert_true(number_sub(&prim_machine, a, b, &here));
            assert_true(as_number(here) == x - y);
            assert_true(number_mul(&prim_machine, a, b, &here));
            assert_true(as_number(here) == x * y);
            assert_true(number_less(&prim_machine, a, b, &here));
            assert_true(here == v_boolean(x < y));
            assert_true(number_greater_equal(&prim_machine, a, b, &here));
            assert_true(here == v_boolean(x >= y));
            assert_true(number_equal(a, b) == (x == y));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic_keeps_integers_exact),
        cmocka_unit_test(division_by_zero_says_so),
        cmocka_unit_test(wrong_operands_are_named),
        cmocka_unit_test(remainders_have_their_signs),
        cmocka_unit_test(powers_are_exact_where_they_can_be),
        cmocka_unit_test(rounding_gives_integers),
        cmocka_unit_test(least_and_greatest),
        cmocka_unit_test(comparisons_chain),
        cmocka_unit_test(kinds_of_numbers),
        cmocka_unit_test(booleans),
        cmocka_unit_test(arrays_broadcast),
        cmocka_unit_test(inline_parts_agree_with_rows),
    };
    return cmocka_run_group_tests(tests, prim_setup, NULL);
}
