/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Turns of sweeps over a scope that changes on the way: each block that is
 * there when its key is come by has one turn, those of numbers in the order
 * of the numbers, and no other has any.
 */
#include <string.h>

#include "infer/turns.h"
#include "scope_open.h"

enum { PLACES = 200, SWEEPS = 300 };

/* Place i is in the block of this name; V_FALSE: alone. */
static void enter(struct scope *s, int i, value name)
{
    struct scope_facts f = {
        .location = UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(i + 1) >> 2,
        .tags = V_NIL,
        .weight = 1.0};
    if (name != V_FALSE) f.tags = cons(cons(symbol("t"), name), V_NIL);
    scope_enter(s, s, &f);
}

static void leave(struct scope *s, int i)
{
    scope_leave(s, UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(i + 1) >> 2);
}

static uint32_t next(struct turns *t, struct scope *s)
{
    uint32_t at;
    assert_true(turns_next(t, s, &at));
    return at;
}

static void numbers_go_by_size(void **state)
{
    static const double names[] = {3, -2, 1e9, 0, -0.5, 7.25, -1e300, 2};
    static const double sorted[] = {-1e300, -2, -0.5, 0, 2, 3, 7.25, 1e9};
    enum { COUNT = sizeof names / sizeof *names };
    struct turns t = {0};
    struct scope *s = open_scope();
    (void)state;
    for (int i = 0; i < COUNT; i++)
        enter(s, i, i % 2 ? v_double(names[i]) : number(names[i]));
    assert_true(turns_begin(&t, s));
    for (int i = 0; i < COUNT; i++) {
        uint32_t at = next(&t, s);
        assert_int_not_equal(at, UINT32_MAX);
        uint64_t location = s->members[block_at(&s->blocks[at])[0]].location;
        int which = 0;
        while (names[which] != sorted[i]) which++;
        assert_true(location ==
                    UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(which + 1) >> 2);
    }
    assert_int_equal(next(&t, s), UINT32_MAX);
    turns_end(s);
    scope_free(s);
}

/* What is to come by: the least key behind `passed` that is there. */
static bool least(const struct scope *s, bool begun, uint64_t passed,
                  uint64_t *out)
{
    bool found = false;
    for (uint32_t i = 0; i < s->block_count; i++) {
        uint64_t key = s->blocks[i].key;
        if ((begun && key <= passed) || (found && key >= *out)) continue;
        found = true;
        *out = key;
    }
    return found;
}

/* Blocks come and go, for good or not, as a move makes them. */
static void shake(struct scope *s, struct random *r, bool *there)
{
    bool before[PLACES], stands = random_below(r, 3);
    memcpy(before, there, sizeof before);
    for (uint64_t n = random_below(r, 4); n-- > 0;) {
        int i = (int)random_below(r, PLACES);
        value name = i % 3 ? V_FALSE : v_int(i % 7);
        if (there[i])
            leave(s, i);
        else
            enter(s, i, name);
        there[i] = !there[i];
    }
    (stands ? scope_keep : scope_undo)(s);
    if (!stands) memcpy(there, before, sizeof before);
}

static void who_is_there_has_a_turn(void **state)
{
    struct turns t = {0};
    struct random r;
    struct scope *s = open_scope();
    bool there[PLACES] = {false};
    (void)state;
    random_seed(&r, 5);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        bool begun = false, moves = sweep % 3;
        uint64_t passed = 0, key = 0;
        assert_true(turns_begin(&t, s));
        for (;;) {
            bool more = least(s, begun, passed, &key);
            uint32_t at = next(&t, s);
            assert_int_equal(at != UINT32_MAX, more);
            if (!more) break;
            assert_true(s->blocks[at].key == key);
            begun = true;
            passed = key;
            if (moves) shake(s, &r, there);
        }
        turns_end(s);
        assert_int_equal(s->came_count, 0);
        shake(s, &r, there);
        assert_int_equal(s->came_count, 0);
    }
    assert_true(s->block_count > PLACES / 4);
    scope_free(s);
}

int main(void)
{
    memory_init(1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_go_by_size),
        cmocka_unit_test(who_is_there_has_a_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
