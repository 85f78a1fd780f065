/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values: words, lists, symbols, equality and hashing; and that what is held
 * lives through collections.
 */
#include "base/memory.h"
#include "base/random.h"
#include "deep.h"
#include "eval/value.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MILLION = 1000000 };

/* Garbage enough that freed memory is used again. */
static void churn(void)
{
    memory_collect();
    for (int i = 0; i < 300000; i++) cons(v_int(-i), V_NIL);
    memory_collect();
}

static struct object choice = {.type = T_CHOICE};
#define REFERENCE v_object(&choice)

/* ---- words ------------------------------------------------------------ */

static void integers_keep_48_bits(void **state)
{
    (void)state;
    static const int64_t exact[] = {0, 1, -1, 42, INT_MAX_EXACT, INT_MIN_EXACT};
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        value v = v_int(exact[i]);
        assert_true(is_int(v) && is_number(v));
        assert_false(is_double(v) || is_object(v));
        assert_int_equal(as_int(v), exact[i]);
    }
    assert_true(is_double(v_int(INT_MAX_EXACT + 1)));
    assert_true(is_double(v_int(INT_MIN_EXACT - 1)));
    assert_true(as_number(v_int(INT64_MAX)) == 0x1p63);
}

static void doubles_keep_their_bits(void **state)
{
    (void)state;
    static const double special[] = {
        0.0,       -0.0,   1.5,     INFINITY,
        -INFINITY, 5e-324, -5e-324, 1.7976931348623157e308};
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        value v = v_double(special[i]);
        double back = as_double(v);
        assert_true(is_double(v) && is_number(v));
        assert_false(is_int(v) || is_object(v));
        assert_memory_equal(&back, &special[i], 8);
    }
    assert_true(isnan(as_double(v_double(NAN))));
    assert_true(v_double(NAN) == v_double(-NAN));
    assert_true(is_double(v_double(-NAN)));
}

static void words_are_of_one_kind(void **state)
{
    (void)state;
    static const value words[] = {V_FALSE, V_TRUE, V_NIL, V_NOTHING, V_UNBOUND};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_false(is_number(words[i]) || is_object(words[i]));
        assert_int_equal(is_true(words[i]), words[i] != V_FALSE);
        assert_int_equal(is_boolean(words[i]), i < 2);
    }
}

static void types_have_names(void **state)
{
    (void)state;
    assert_string_equal(type_name(v_int(1)), "a number");
    assert_string_equal(type_name(v_double(1.5)), "a number");
    assert_string_equal(type_name(V_TRUE), "a boolean");
    assert_string_equal(type_name(V_NIL), "the empty list");
    assert_string_equal(type_name(cons(V_NIL, V_NIL)), "a list");
    assert_string_equal(type_name(cons(V_NIL, V_TRUE)), "a pair");
    assert_string_equal(type_name(string_make("a", 1)), "a string");
    assert_string_equal(type_name(vector_make(2, 0)), "a vector");
    assert_string_equal(type_name(vector_make(2, 2)), "a matrix");
    assert_string_equal(type_name(REFERENCE), "a random choice");
    const char *one = type_name(symbol("one")), *two = type_name(symbol("two"));
    assert_string_equal(one, "the symbol one");
    assert_string_equal(two, "the symbol two");
}

/* ---- lists ------------------------------------------------------------ */

static void lists_know_their_length(void **state)
{
    (void)state;
    value list = V_NIL;
    for (uint32_t i = 0; i < 1000; i++) {
        assert_true(is_list(list));
        assert_int_equal(list_length(list), i);
        list = cons(v_int(i), list);
    }
    assert_false(is_list(cons(v_int(1), v_int(2))));
    assert_false(is_list(cons(v_int(0), cons(v_int(1), v_int(2)))));
    assert_false(is_list(v_int(1)));
    assert_false(is_list(cons(v_int(1), REFERENCE)));
}

static void pairs_know_of_references(void **state)
{
    (void)state;
    value plain = cons(v_int(1), V_NIL);
    value first = cons(REFERENCE, V_NIL), rest = cons(v_int(1), REFERENCE);
    assert_false(has_reference(plain));
    assert_true(has_reference(REFERENCE) && is_reference(REFERENCE));
    assert_true(has_reference(first) && !is_reference(first));
    assert_true(has_reference(rest));
    assert_true(has_reference(cons(v_int(1), first)));
    assert_true(has_reference(cons(cons(first, V_NIL), V_NIL)));
    value elements[200];
    for (int i = 0; i < 200; i++) elements[i] = v_int(i);
    elements[100] = REFERENCE;
    value list = list_from(elements, 200);
    for (int i = 0; i < 200; i++, list = cdr(list))
        assert_int_equal(has_reference(list), i <= 100);
}

static void lists_made_at_once_are_as_those_made_by_cons(void **state)
{
    (void)state;
    value elements[400];
    for (int i = 0; i < 400; i++) elements[i] = v_int(7 * i);
    for (size_t count = 0; count <= 400; count++) {
        value one = V_NIL, dotted = v_int(5);
        for (size_t i = count; i-- > 0;) {
            one = cons(elements[i], one);
            dotted = cons(elements[i], dotted);
        }
        value list = list_from(elements, count);
        assert_true(value_equal(list, one));
        assert_int_equal(list_length(list), count);
        assert_true(value_equal(list_onto(elements, count, v_int(5)), dotted));
        value longer = list_onto(elements, count, list);
        assert_int_equal(list_length(longer), 2 * count);
    }
}

/* A cell in the middle of a block keeps the block. */
static void parts_of_lists_live(void **state)
{
    (void)state;
    static value elements[5000], part;
    for (int i = 0; i < 5000; i++) elements[i] = v_int(i);
    part = list_from(elements, 5000);
    for (int i = 0; i < 2500; i++) part = cdr(part);
    churn();
    value list = part;
    for (int i = 2500; i < 5000; i++, list = cdr(list))
        assert_int_equal(as_int(car(list)), i);
    assert_true(list == V_NIL);
}

/* ---- other objects ---------------------------------------------------- */

static void symbols_are_one_for_each_name(void **state)
{
    (void)state;
    static value names[20000];
    char name[16];
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "s%d", i);
        names[i] = symbol(name);
        assert_true(is_symbol(names[i]));
    }
    for (int i = 0; i < 20000; i++) names[i] ^= UINT64_C(0x5555) << 48;
    churn();
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "s%d", i);
        assert_true(symbol(name) == (names[i] ^ UINT64_C(0x5555) << 48));
        assert_string_equal(text_of(symbol(name)), name);
    }
    assert_true(symbol_sized("a\0b", 3) != symbol_sized("a\0c", 3));
    assert_true(symbol_sized("abc", 2) == symbol("ab"));
    assert_true(symbol_sized("", 0) == symbol(""));
}

static void objects_refuse_what_is_too_large(void **state)
{
    (void)state;
    assert_true(vector_make((size_t)1 << 32, 0) == V_UNBOUND);
    assert_true(vector_make((size_t)1 << 31, 4) == V_UNBOUND);
    assert_true(record_make(UINT32_MAX) == V_UNBOUND);
    value v = vector_make(3, 4);
    assert_int_equal(as_vector(v)->head.size, 12);
    for (int i = 0; i < 12; i++) assert_true(as_vector(v)->at[i] == 0);
    struct record *r = as_object(record_make(2));
    assert_true(r->fields[0] == V_NIL && r->fields[3] == V_NIL);
}

/* ---- equality and hashing --------------------------------------------- */

static value doubles(const double *at, size_t rows, size_t columns)
{
    value v = vector_make(rows, columns);
    memcpy(as_vector(v)->at, at, as_vector(v)->head.size * sizeof(double));
    return v;
}

static void same(value a, value b)
{
    assert_true(value_equal(a, b) && value_equal(b, a));
    assert_true(value_hash(a, NULL) == value_hash(b, NULL));
}

static void differ(value a, value b)
{
    assert_false(value_equal(a, b) || value_equal(b, a));
    assert_true(value_hash(a, NULL) != value_hash(b, NULL));
}

static void equality_is_by_value(void **state)
{
    (void)state;
    double one[] = {1, -0.0, NAN, 4}, two[] = {1, 0.0, -NAN, 4};
    same(v_int(1), v_double(1));
    same(v_double(0), v_double(-0.0));
    same(v_int(0), v_double(-0.0));
    same(v_double(NAN), v_double(NAN));
    same(v_int(INT_MAX_EXACT), v_double((double)INT_MAX_EXACT));
    same(string_make("hello world", 11), string_make("hello world", 11));
    same(doubles(one, 4, 0), doubles(two, 4, 0));
    same(cons(v_int(1), v_double(2)), cons(v_double(1), v_int(2)));
    differ(v_int(1), v_int(2));
    differ(v_int(1), V_TRUE);
    differ(v_int(0), V_FALSE);
    differ(V_NIL, V_FALSE);
    differ(symbol("a"), string_make("a", 1));
    differ(string_make("a", 1), string_make("a\0", 2));
    differ(doubles(one, 4, 0), doubles(one, 2, 2));
    differ(doubles(one, 4, 0), doubles(one, 4, 1));
    differ(cons(v_int(1), V_NIL), v_int(1));
    differ(cons(v_int(1), v_int(2)), cons(v_int(1), v_int(3)));
    differ(cons(v_int(1), cons(v_int(2), V_NIL)),
           cons(cons(v_int(1), v_int(2)), V_NIL));
    differ(cons(v_int(1), V_NIL), cons(v_int(1), v_int(2)));
    value r = record_make(1), s = record_make(1), t = record_make(1);
    ((struct record *)as_object(r))->fields[1] = v_int(3);
    ((struct record *)as_object(s))->fields[1] = v_double(3);
    same(r, s);
    differ(r, t);
}

static uint64_t by_flags(const struct object *o) { return o->flags; }

static void references_are_equal_by_identity(void **state)
{
    (void)state;
    struct object other = {.type = T_CHOICE, .flags = 7};
    same(REFERENCE, REFERENCE);
    assert_false(value_equal(REFERENCE, v_object(&other)));
    assert_true(value_hash(REFERENCE, NULL) ==
                value_hash(v_object(&other), NULL));
    assert_true(value_hash(REFERENCE, by_flags) !=
                value_hash(v_object(&other), by_flags));
}

/* Written down once: hashes name things in files. */
static void hashes_are_the_same_in_every_process(void **state)
{
    (void)state;
    double three[] = {1, 2, 3};
    value list[] = {v_int(1), symbol("mu"), string_make("a longer text", 13),
                    doubles(three, 3, 0), V_TRUE};
    assert_int_equal(value_hash(v_int(1), NULL), UINT64_C(0x351aef3a0d528418));
    assert_int_equal(value_hash(list_from(list, 5), NULL),
                     UINT64_C(0xe95446e975c58f76));
}

/* A tree of some size; `other` writes numbers in the other way, and makes
 * lists otherwise. */
static value tree(struct random *r, int depth, bool other)
{
    value elements[8];
    uint64_t pick = random_below(r, depth > 0 ? 7 : 5);
    int64_t number = (int64_t)random_below(r, 9) - 4;
    char name[4] = {(char)('a' + random_below(r, 3))};
    size_t count = random_below(r, 8);
    switch (pick) {
    case 0: return other ? v_double((double)number) : v_int(number);
    case 1: return v_double((double)number / 2);
    case 2: return symbol(name);
    case 3: return string_make(name, strlen(name));
    case 4: return v_boolean(number > 0);
    default: break;
    }
    for (size_t i = 0; i < count; i++) elements[i] = tree(r, depth - 1, other);
    if (!other) return list_from(elements, count);
    value list = V_NIL;
    while (count) list = cons(elements[--count], list);
    return list;
}

static void equal_values_have_equal_hashes(void **state)
{
    (void)state;
    struct random r;
    value before = V_NIL;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        random_seed(&r, seed);
        value one = tree(&r, 5, false);
        random_seed(&r, seed);
        value two = tree(&r, 5, true);
        same(one, two);
        if (!value_equal(one, before))
            assert_true(value_hash(one, NULL) != value_hash(before, NULL));
        before = one;
    }
}

static value nest(value inside, bool in_first)
{
    for (int i = 0; i < MILLION; i++)
        inside = in_first ? cons(inside, V_NIL) : cons(v_int(1), inside);
    return inside;
}

static void depth_is_no_danger(void **state)
{
    (void)state;
    same(nest(v_int(1), true), nest(v_double(1), true));
    differ(nest(v_int(1), true), nest(v_int(2), true));
    same(nest(V_NIL, false), nest(V_NIL, false));
    differ(nest(V_NIL, false), nest(v_int(1), false));
    value deep = nest(v_int(1), true);
    churn();
    same(deep, nest(v_int(1), true));
}

/* ---- memory ----------------------------------------------------------- */

/* More ranges than are pushed lazily. */
enum { RANGES = 3000 };

static void push_ranges(void *data)
{
    value **ranges = data;
    for (int i = 0; i < RANGES; i++) memory_push(ranges[i], ranges[i] + 2);
}

static void hooks_name_further_roots(void **state)
{
    (void)state;
    value **ranges = malloc(RANGES * sizeof *ranges);
    assert_true(memory_root_hook(push_ranges, ranges));
    for (int i = 0; i < RANGES; i++) ranges[i] = calloc(2, sizeof(value));
    for (int i = 0; i < RANGES; i++)
        ranges[i][1] = cons(v_int(i), cons(v_int(i), V_NIL));
    churn();
    for (int i = 0; i < RANGES; i++) {
        assert_int_equal(as_int(car(ranges[i][1])), i);
        assert_int_equal(as_int(car(cdr(ranges[i][1]))), i);
    }
    memory_root_unhook(push_ranges, ranges);
    for (int i = 0; i < RANGES; i++) free(ranges[i]);
    free(ranges);
    memory_collect();
}

static void memory_that_is_out_is_no_value(void **state)
{
    (void)state;
    static value elements[100000];
    value list = V_NIL, more = V_NIL;
    for (int i = 0; i < 100000; i++) elements[i] = V_NIL;
    memory_collect();
    memory_limit_set(memory_in_use() + ((size_t)48 << 20));
    while ((more = cons(V_TRUE, list)) != V_UNBOUND) list = more;
    assert_true(list_length(list) > 1000);
    assert_true(list_from(elements, 100000) == V_UNBOUND);
    assert_true(vector_make(10 * MILLION, 0) == V_UNBOUND);
    assert_true(string_make((const char *)elements, sizeof elements) ==
                V_UNBOUND);
    memory_limit_set(0);
    assert_true(cons(V_TRUE, list) != V_UNBOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_keep_48_bits),
        cmocka_unit_test(doubles_keep_their_bits),
        cmocka_unit_test(words_are_of_one_kind),
        cmocka_unit_test(types_have_names),
        cmocka_unit_test(lists_know_their_length),
        cmocka_unit_test(pairs_know_of_references),
        cmocka_unit_test(lists_made_at_once_are_as_those_made_by_cons),
        cmocka_unit_test(parts_of_lists_live),
        cmocka_unit_test(symbols_are_one_for_each_name),
        cmocka_unit_test(objects_refuse_what_is_too_large),
        cmocka_unit_test(equality_is_by_value),
        cmocka_unit_test(references_are_equal_by_identity),
        cmocka_unit_test(hashes_are_the_same_in_every_process),
        cmocka_unit_test(equal_values_have_equal_hashes),
        cmocka_unit_test(depth_is_no_danger),
        cmocka_unit_test(hooks_name_further_roots),
        cmocka_unit_test(memory_that_is_out_is_no_value),
    };
    memory_init(8 << 20);
    stack_keep_small();
    return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
