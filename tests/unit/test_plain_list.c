/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lists without the references in them: what comes out, in which order the
 * references are read, what is shared, and lists that are long or deep.
 */
#include "eval/plain_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/memory.h"
#include "eval/value.h"

enum { MOST = 16, LONG = 100000 };

/* References to `stands[i]`, and the order in which they were read. */
static struct object references[MOST];
static value stands[MOST];
static int order[MOST], reads;
static int refuses = -1;
static struct machine machine;

static value reference(int i, value stands_for)
{
    references[i].type = T_CHOICE;
    stands[i] = stands_for;
    return v_object(&references[i]);
}

static bool read(void *data, value v, value *out)
{
    int i = (int)((struct object *)as_object(v) - references);
    assert_ptr_equal(data, &machine);
    if (i == refuses) return false;
    order[reads++] = i;
    *out = stands[i];
    return true;
}

static value plain(value list)
{
    value out;
    reads = 0;
    assert_true(list_plain(&machine, list, read, &machine, &out));
    assert_false(has_reference(out));
    return out;
}

static value list3(value a, value b, value c)
{
    return cons(a, cons(b, cons(c, V_NIL)));
}

static void the_last_are_read_first(void **state)
{
    (void)state;
    value list = list3(reference(0, v_int(1)), v_int(2),
                       list3(reference(1, v_int(3)), reference(2, v_int(4)),
                             reference(3, v_int(5))));
    value inner = list3(v_int(3), v_int(4), v_int(5));
    assert_true(value_equal(plain(list), list3(v_int(1), v_int(2), inner)));
    static const int wanted[] = {3, 2, 1, 0};
    assert_int_equal(reads, 4);
    assert_memory_equal(order, wanted, sizeof wanted);
}

/* A reference may stand for a list that has others, or for all that comes
 * behind. */
static void references_stand_for_lists(void **state)
{
    (void)state;
    value inner = cons(reference(0, v_int(7)), V_NIL);
    value list = cons(reference(1, inner), V_NIL);
    assert_true(value_equal(plain(list), cons(cons(v_int(7), V_NIL), V_NIL)));
    list = cons(v_int(1), reference(2, cons(v_int(2), reference(0, V_NIL))));
    assert_true(
        value_equal(plain(list), cons(v_int(1), cons(v_int(2), V_NIL))));
    list = cons(v_int(1), reference(3, v_int(2)));
    assert_true(value_equal(plain(list), cons(v_int(1), v_int(2))));
}

static void a_plain_tail_is_shared(void **state)
{
    (void)state;
    value tail = list3(v_int(1), v_int(2), v_int(3));
    value list = cons(reference(0, v_int(0)), tail);
    assert_true(cdr(plain(list)) == tail);
    assert_int_equal(list_length(plain(list)), 4);
}

static void an_error_ends_it(void **state)
{
    (void)state;
    value out, list = list3(reference(0, v_int(1)), reference(1, v_int(2)),
                            reference(2, v_int(3)));
    refuses = 1;
    reads = 0;
    assert_false(list_plain(&machine, list, read, &machine, &out));
    assert_int_equal(reads, 1);
    refuses = -1;
}

static bool read_one(void *data, value v, value *out)
{
    (void)v;
    ++*(int *)data;
    *out = v_int(1);
    return true;
}

static void long_and_deep_lists(void **state)
{
    (void)state;
    value v = reference(0, v_int(1)), list = V_NIL, deep = v, out;
    int count = 0;
    for (int i = 0; i < LONG; i++) {
        list = cons(v, list);
        deep = cons(deep, V_NIL);
    }
    assert_true(list_plain(&machine, list, read_one, &count, &out));
    assert_int_equal(count, LONG);
    for (; out != V_NIL; out = cdr(out)) count -= (int)as_int(car(out));
    assert_int_equal(count, 0);
    assert_true(list_plain(&machine, deep, read_one, &count, &out));
    for (; is_pair(out); out = car(out)) count++;
    assert_int_equal(count, LONG + 1);
    assert_true(out == v_int(1));
}

int main(void)
{
    memory_init((size_t)16 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_are_read_first),
        cmocka_unit_test(references_stand_for_lists),
        cmocka_unit_test(a_plain_tail_is_shared),
        cmocka_unit_test(an_error_ends_it),
        cmocka_unit_test(long_and_deep_lists),
    };
    return cmocka_run_group_tests_name("plain_list", tests, NULL, NULL);
}
