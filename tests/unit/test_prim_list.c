/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lists: making, taking apart, finding, sets; references inside lists pass
 * through; long and deep lists on a small stack.
 */
#include "deep.h"
#include "eval/index.h"
#include "prim.h"

enum { MILLION = 1000000 };

static void making(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(list)", "()"},
        {"(list 1 a \"x\")", "(1 a \"x\")"},
        {"(pair 1 (2))", "(1 2)"},
        {"(cons 1 2)", "(1 . 2)"},
        {"(cons* 1 2 (3))", "(1 2 3)"},
        {"(make-list 3 foo)", "(foo foo foo)"},
        {"(make-list 0 a)", "()"},
        {"(iota 5)", "(0 1 2 3 4)"},
        {"(iota 3 2)", "(2 3 4)"},
        {"(iota 3 0 20)", "(0 20 40)"},
        {"(iota 5 0 -0.1)", "(0.0 -0.1 -0.2 -0.30000000000000004 -0.4)"},
        {"(range 3)", "(0 1 2)"},
        {"(range 2 5)", "(2 3 4)"},
        {"(range 5 0 -2)", "(5 3 1)"},
        {"(range 5 2)", "()"},
        {"(range 0 1 0.25)", "(0.0 0.25 0.5 0.75)"},
    };
    give_all(examples);
}

static void elements(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(car (1 2))", "1"},
        {"(first (1 . 2))", "1"},
        {"(rest (1 . 2))", "2"},
        {"(cdr (1 2 3))", "(2 3)"},
        {"(cadr (1 2 3))", "2"},
        {"(cddr (1 2 3))", "(3)"},
        {"(caddr (1 2 3))", "3"},
        {"(cdddr (1 2 3 4))", "(4)"},
        {"(cadddr (1 2 3 4))", "4"},
        {"(caar ((1 2) 3))", "1"},
        {"(cdar ((1 2) 3))", "(2)"},
        {"(second (1 2 3 4 5 6 7 8))", "2"},
        {"(third (1 2 3 4 5 6 7 8))", "3"},
        {"(fourth (1 2 3 4 5 6 7 8))", "4"},
        {"(fifth (1 2 3 4 5 6 7 8))", "5"},
        {"(sixth (1 2 3 4 5 6 7 8))", "6"},
        {"(seventh (1 2 3 4 5 6 7 8))", "7"},
        {"(last (1 2 3))", "3"},
        {"(list-ref (a b c) 0)", "a"},
        {"(list-ref (a b c) 2)", "c"},
        {"(list-ref (a b c) 1.0)", "b"},
        {"(list-ref #(4 5) 1)", "5.0"},
        {"(list-elt (a b c) 3)", "c"},
        {"(length (1 (2) 3))", "3"},
        {"(length ())", "0"},
        {"(length #(1 2))", "2"},
        {"(first #(7 8))", "7.0"},
        {"(rest #(7 8))", "#(8)"},
        {"(last #(7 8))", "8.0"},
    };
    give_all(examples);
}

static void parts(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(butlast (1 2 3))", "(1 2)"},
        {"(initial (1))", "()"},
        {"(take (1 2 3 4 5) 3)", "(1 2 3)"},
        {"(take (1 2) 6)", "(1 2)"},
        {"(take (1 2) 0)", "()"},
        {"(drop (1 2 3) 2)", "(3)"},
        {"(drop (1 2 3) 9)", "()"},
        {"(take #(1 2 3) 2)", "#(1 2)"},
        {"(drop #(1 2 3) 1)", "#(2 3)"},
        {"(drop #(1 2 3) 4)", "#()"},
        {"(drop ($ matrix ((1 2) (3 4))) 1)", "#((3 4))"},
        {"(list-head (1 2 3) 2)", "(1 2)"},
        {"(list-tail (1 2 3) 3)", "()"},
        {"(sublist (0 1 2 3 4) 1 3)", "(1 2)"},
        {"(append (1 2) () (3))", "(1 2 3)"},
        {"(append)", "()"},
        {"(append (1 2))", "(1 2)"},
        {"(append #(1 2) #(3))", "#(1 2 3)"},
        {"(reverse (a (b c) d))", "(d (b c) a)"},
        {"(reverse #(1 2 3))", "#(3 2 1)"},
        {"(reverse ($ matrix ((1 2) (3 4))))", "#((3 4) (1 2))"},
        {"(flatten (1 (2 (3 ())) ((4))))", "(1 2 3 4)"},
        {"(zip (1 2 3) (a b))", "((1 a) (2 b))"},
        {"(zip)", "()"},
        {"(zip (1 2) #(3 4))", "((1 3.0) (2 4.0))"},
        {"(unzip ((1 a) (2 b)))", "((1 2) (a b))"},
        {"(transpose ((1 2 3) (4 5 6)))", "((1 4) (2 5) (3 6))"},
        {"(null? ())", "True"},
        {"(null? (()))", "False"},
        {"(null? 0)", "False"},
        {"(pair? ())", "False"},
        {"(pair? (1 . 2))", "True"},
        {"(list? (1 . 2))", "False"},
        {"(list? (1 2))", "True"},
        {"(list? ())", "True"},
    };
    give_all(examples);
}

static void finding(void **state)
{
    (void)state;
    static const struct prim_example examples[] = {
        {"(member 2 (1 2 3))", "(2 3)"},
        {"(member 2.0 (1 2 3))", "(2 3)"},
        {"(member (c d) ((a b) (c d)))", "((c d))"},
        {"(member () (1 2))", "False"},
        {"(member false (true false))", "(False)"},
        {"(assoc b ((a 1) (b 2)))", "(b 2)"},
        {"(assq c ((a 1) (b 2)))", "False"},
        {"(position (a b c) c)", "2"},
        {"(position (a b c) d)", "-1"},
        {"(occurrences a (a b a))", "2"},
        {"(delete a (a b a))", "(b)"},
        {"(unique (a a b (1) a (1) c))", "(a b (1) c)"},
        {"(remove-duplicates (1 1.0 2))", "(1 2)"},
        {"(union (1 2 2) (2 3))", "(1 2 3)"},
        {"(intersection (1 2 2 3) (3 2))", "(2 3)"},
        {"(intersection (1 2 3) (2 3) (3 4))", "(3)"},
        {"(difference (1 2 2 3 1) (2))", "(1 3)"},
        {"(difference (1 2 3) (1) (3))", "(2)"},
        {"(subset? (1 2) (2 3 1))", "True"},
        {"(subset? (1 4) (2 3 1))", "False"},
    };
    give_all(examples);
}

static void wrong_uses(void **state)
{
    (void)state;
    static const struct prim_failure failures[] = {
        {"(car ())", ERROR_TYPE, "car: expected a non-empty list, got ()"},
        {"(first 3)", ERROR_TYPE, "first: expected a non-empty list, got 3"},
        {"(rest ())", ERROR_TYPE, "rest: expected a non-empty list"},
        {"(second (1))", ERROR_TYPE,
         "second: expected a list of at least 2 elements, got one of 1"},
        {"(second 5)", ERROR_TYPE, "second: expected a list, got 5"},
        {"(last ())", ERROR_TYPE, "last: expected a non-empty list"},
        {"(butlast ())", ERROR_TYPE, "butlast: expected a non-empty list"},
        {"(list-ref (1 2 3) 5)", ERROR_DOMAIN,
         "index 5 is out of range: the list has 3 elements, counted from 0"},
        {"(list-ref (1) -1)", ERROR_DOMAIN,
         "index -1 is out of range: the list has 1 element,"},
        {"(list-ref () 0)", ERROR_DOMAIN, "the list is empty"},
        {"(list-ref (1 2) a)", ERROR_TYPE, "index: expected an integer"},
        {"(list-ref #(1 2) 2)", ERROR_DOMAIN, "the vector has 2 elements"},
        {"(list-elt (1 2) 0)", ERROR_DOMAIN, "it counts from 1"},
        {"(length (1 . 2))", ERROR_TYPE, "length: expected a list"},
        {"(take (1 2) -1)", ERROR_DOMAIN, "take: a count cannot be -1"},
        {"(take (1 2) 1.5)", ERROR_TYPE, "take: expected a count"},
        {"(take 5 (1 2))", ERROR_TYPE, "take"},
        {"(list-tail (1 2) 3)", ERROR_DOMAIN, "list-tail: 3 is out of range"},
        {"(sublist (1 2 3) 2 1)", ERROR_DOMAIN, "behind the end"},
        {"(append (1) 2)", ERROR_TYPE, "append: expected a list, got 2"},
        {"(append #(1) (2))", ERROR_TYPE, "append: expected arrays only"},
        {"(reverse 5)", ERROR_TYPE, "reverse: expected a list"},
        {"(range 0 1 0)", ERROR_DOMAIN, "range: a step of 0"},
        {"(range 0 1e12)", ERROR_DOMAIN, "too many"},
        {"(iota -1)", ERROR_DOMAIN, "iota: a count cannot be -1"},
        {"(iota 1e30)", ERROR_TYPE, "iota: expected a count"},
        {"(iota 2000000000)", ERROR_DOMAIN, "is too large"},
        {"(member 1 2)", ERROR_TYPE, "member: expected a list, got 2"},
        {"(assoc 1 (2))", ERROR_TYPE, "assoc: expected a list of pairs"},
        {"(zip (1) 2)", ERROR_TYPE, "zip: expected a list or an array"},
        {"(union (1) 2)", ERROR_TYPE, "union: expected a list"},
    };
    fail_all(failures);
}

/* ---- what stands in lists --------------------------------------------- */

static struct object choice = {.type = T_CHOICE};
#define REFERENCE v_object(&choice)

static void references_pass_through(void **state)
{
    (void)state;
    const value items[] = {v_int(1), REFERENCE, v_int(3)};
    value list = list_from(items, 3), out;
    const value two[] = {list, list}, at[] = {list, v_int(1)};
    assert_true(prim_call("list", 3, items, &out) && has_reference(out));
    assert_true(prim_call("second", 1, &list, &out) && out == REFERENCE);
    assert_true(prim_call("list-ref", 2, at, &out) && out == REFERENCE);
    assert_true(prim_call("append", 2, two, &out));
    assert_int_equal(list_length(out), 6);
    assert_true(has_reference(out) && car(cdr(out)) == REFERENCE);
    assert_true(prim_call("reverse", 1, &list, &out) && has_reference(out));
    assert_true(prim_call("cddr", 1, &list, &out) && !has_reference(out));
    assert_true(prim_call("zip", 2, two, &out) && has_reference(out));
}

static value long_list(size_t count)
{
    value out, n = v_int((int64_t)count);
    assert_true(prim_call("iota", 1, &n, &out));
    assert_int_equal(list_length(out), count);
    return out;
}

static void long_lists_are_quick(void **state)
{
    (void)state;
    value list = long_list(MILLION), out;
    const value two[] = {list, list}, at[] = {list, v_int(MILLION - 1)};
    assert_true(prim_call("append", 2, two, &out));
    assert_int_equal(list_length(out), 2 * MILLION);
    value twice = out;
    assert_true(prim_call("unique", 1, &twice, &out));
    assert_int_equal(list_length(out), MILLION);
    assert_true(value_equal(out, list));
    assert_true(prim_call("reverse", 1, &list, &out));
    assert_int_equal(as_int(car(out)), MILLION - 1);
    assert_true(prim_call("list-ref", 2, at, &out));
    assert_int_equal(as_int(out), MILLION - 1);
    assert_true(prim_call("difference", 2, two, &out) && out == V_NIL);
    assert_true(prim_call("take", 2, at, &out));
    assert_int_equal(list_length(out), MILLION - 1);
    assert_true(prim_call("zip", 2, two, &out));
    assert_int_equal(list_length(out), MILLION);
    assert_int_equal(as_int(car(cdr(car(cdr(out))))), 1);
}

static void deep_lists_are_flattened(void **state)
{
    (void)state;
    value deep = list_from((const value[]){v_int(7)}, 1), out;
    for (int i = 0; i < MILLION; i++) deep = cons(deep, V_NIL);
    assert_true(prim_call("flatten", 1, &deep, &out));
    assert_int_equal(list_length(out), 1);
    assert_int_equal(as_int(car(out)), 7);
}

static void starved_primitives_say_so(void **state)
{
    (void)state;
    static const char *const examples[] = {"(iota 100)",
                                           "(append ($ iota 40) ($ iota 40))",
                                           "(reverse ($ iota 50))",
                                           "(take ($ iota 50) 40)",
                                           "(flatten (1 (2 (3)) ($ iota 40)))",
                                           "(zip (1 2 3) (4 5 6))",
                                           "(unique (1 2 3))",
                                           "(difference (1 2 3) (2))",
                                           "(intersection (1 2) (2) (2))",
                                           "(union (1) (2))",
                                           "(+ #(1 2) 1)",
                                           "(sqrt #(1 4))",
                                           "(floor #(1.5))",
                                           "(mean (1 2 3))",
                                           "(quantile (1 2 3) #(0 1))",
                                           "(correlation (1 2 3) (1 2 4))",
                                           "(vector 1 2)",
                                           "(matrix ((1 2) (3 4)))",
                                           "(gather (a b c) (0 1))",
                                           "(lags (1 2 3) 1)",
                                           "(cumsum (1 2))",
                                           "(dot (1 2) (3 4))",
                                           "(matmul ($ eye 2) ($ eye 2))",
                                           "(solve ($ eye 2) #(1 2))",
                                           "(det ($ eye 3))",
                                           "(cholesky ($ eye 3))",
                                           "(inverse ($ eye 3))",
                                           "(vector->list ($ eye 3))",
                                           "(string-append \"a\" \"b\")",
                                           "(string-split \"a b c\" \" \")",
                                           "(head ($ record x (1 2) y #(1)) 1)",
                                           "(log-sum-exp (1 2))",
                                           "(shape ($ eye 2))",
                                           "(names ($ record x 1))",
                                           "(append #(1) #(2))",
                                           "(outer #(1) #(2))",
                                           "(rest #(1 2))",
                                           "(transpose ((1 2) (3 4)))",
                                           "(unzip ((1 2) (3 4)))"};
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        prim_starve(examples[i]);
}

/* ---- index ------------------------------------------------------------ */

static void records_by_name(void **state)
{
    (void)state;
    value record, out;
    assert_true(prim_evaluate("(record x #(1 2) height (a b))", &record));
    assert_true(index_into(&prim_machine, record, symbol("height"), &out));
    assert_int_equal(list_length(out), 2);
    assert_true(index_into(&prim_machine, record, string_make("x", 1), &out));
    assert_true(is_vector(out));
    assert_false(index_into(&prim_machine, record, symbol("hieght"), &out));
    assert_int_equal(prim_machine.error.kind, ERROR_TYPE);
    assert_non_null(strstr(prim_machine.error.message, "no column hieght"));
    assert_non_null(strstr(prim_machine.error.hint, "did you mean height?"));
    assert_false(index_into(&prim_machine, record, symbol("zzz"), &out));
    assert_non_null(strstr(prim_machine.error.hint, "it has x, height"));
    assert_false(index_into(&prim_machine, record, v_int(0), &out));
    assert_false(index_into(&prim_machine, v_int(3), v_int(0), &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(making),
        cmocka_unit_test(elements),
        cmocka_unit_test(parts),
        cmocka_unit_test(finding),
        cmocka_unit_test(wrong_uses),
        cmocka_unit_test(references_pass_through),
        cmocka_unit_test(long_lists_are_quick),
        cmocka_unit_test(deep_lists_are_flattened),
        cmocka_unit_test(starved_primitives_say_so),
        cmocka_unit_test(records_by_name),
    };
    stack_keep_small();
    return cmocka_run_group_tests(tests, prim_setup, NULL);
}
