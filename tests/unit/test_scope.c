/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lists of a scope's members against a plain table: choices come, go and
 * weigh something else in any order, transitions stand or are undone, and the
 * list must say what the table says. Then picks, by their weights. The picks
 * fail a right list once in 1e6 (Bernstein's inequality, see families.h).
 */
#include "scope_open.h"

#include "base/memory.h"

enum { PLACES = 300, STEPS = 30000, BLOCKS = 7, DRAWS = 100000 };

/* What should be in the list; weight 0: it is not there. Places whose number
 * has a block share it with all of that number. */
static double table[PLACES];

/* A third of the places are in blocks with names. */
static bool is_named(int i) { return i % 3 == 0; }

static void enter(struct scope *s, int i, double weight)
{
    value tags = V_NIL;
    if (is_named(i)) tags = cons(cons(symbol("t"), v_int(i % BLOCKS)), tags);
    struct scope_facts f = {
        .location = 1000003u * (uint64_t)i, .tags = tags, .weight = weight};
    scope_enter(s, &table[i], &f);
}

static void check_members(const struct scope *s, const double *now)
{
    uint32_t count = 0;
    for (int i = 0; i < PLACES; i++) {
        const struct member *m = scope_member(s, 1000003u * (uint64_t)i);
        assert_int_equal(m != NULL, now[i] > 0.0);
        if (!m) continue;
        count++;
        assert_true(m->weight == now[i] && m->choice == &table[i]);
        const struct block *b = &s->blocks[m->block];
        assert_int_equal(b->named, is_named(i));
        assert_ptr_equal(&s->members[block_at(b)[m->place]], m);
        assert_int_equal(scope_block(s, b->key), m->block);
    }
    assert_int_equal(count, s->member_count);
}

static void check_blocks(const struct scope *s, const double *now)
{
    double sum = 0.0;
    uint32_t blocks = 0;
    bool seen[BLOCKS] = {false};
    for (int i = 0; i < PLACES; i++) {
        if (!(now[i] > 0.0) || (is_named(i) && seen[i % BLOCKS])) continue;
        if (is_named(i)) seen[i % BLOCKS] = true;
        sum += is_named(i) ? 1.0 : now[i];
        blocks++;
    }
    assert_int_equal(blocks, s->block_count);
    assert_true(fabs(scope_weight(s) - sum) <= 1e-9 * (1.0 + sum));
}

/* The same blocks have the same sum of keys, however they came there. */
static void check_keys(const struct scope *s, const double *now)
{
    struct scope *anew = open_scope();
    for (int i = PLACES; i-- > 0;)
        if (now[i] > 0.0) enter(anew, i, now[i]);
    assert_true(anew->keys == s->keys);
    scope_free(anew);
}

static void lists_are_what_was_done(void **state)
{
    (void)state;
    static double now[PLACES];
    struct random r;
    struct scope *s = open_scope();
    random_seed(&r, 3);
    memset(table, 0, sizeof table);
    memset(now, 0, sizeof now);
    for (int k = 0; k < STEPS; k++) {
        int i = (int)random_below(&r, PLACES);
        double weight = random_below(&r, 2) ? 1.0 : 0.25 + random_unit(&r);
        if (now[i] > 0.0 && random_below(&r, 3) == 0) {
            scope_weigh(s, 1000003u * (uint64_t)i, weight);
            now[i] = weight;
        } else if (now[i] > 0.0) {
            scope_leave(s, 1000003u * (uint64_t)i);
            now[i] = 0.0;
        } else {
            enter(s, i, weight);
            now[i] = weight;
        }
        if (random_below(&r, 5) == 0) {
            bool stands = random_below(&r, 2);
            (stands ? scope_keep : scope_undo)(s);
            memcpy(stands ? table : now, stands ? now : table, sizeof now);
        }
        if (k % 100) continue;
        check_members(s, now);
        check_blocks(s, now);
        check_keys(s, now);
    }
    scope_free(s);
}

static double unit(void *random) { return random_unit(random); }

static void picks_are_by_weight(void **state)
{
    (void)state;
    static const double weights[] = {1.0, 0.125, 3.0, 1.0, 0.5};
    enum { COUNT = sizeof weights / sizeof *weights };
    int hits[COUNT] = {0};
    double all = 0.0;
    struct random r;
    struct scope *s = open_scope();
    random_seed(&r, 4);
    for (int i = 0; i < COUNT; i++) {
        enter(s, 3 * i + 1, weights[i]);
        all += weights[i];
    }
    for (int k = 0; k < DRAWS; k++) hits[scope_pick(s, unit, &r)]++;
    for (int i = 0; i < COUNT; i++)
        assert_false(count_is_off(hits[i], DRAWS, weights[i] / all));
    scope_free(s);
}

/* A tree of one or two tests, of a choice that is in the tag `t` and made by
 * directive 3. */
static bool holds(enum scope_test a, enum scope_test with, enum scope_test b,
                  bool continuous)
{
    struct scope_facts f = {.continuous = continuous,
                            .directive = 3,
                            .tags = cons(cons(symbol("t"), v_int(5)), V_NIL)};
    struct scope *s = scope_new();
    assert_non_null(s);
    s->nodes[0] = (struct scope_node){
        .test = a, .directive = 3, .name = symbol("t"), .block = v_int(5)};
    s->nodes[1] = s->nodes[0];
    s->nodes[1].test = b;
    s->nodes[2] = (struct scope_node){.test = with, .a = 0, .b = 1};
    s->count = 3;
    s->root = 2;
    bool passes = scope_holds(s, &f);
    scope_free(s);
    return passes;
}

static void tests_say_what_they_are_called(void **state)
{
    (void)state;
    const enum scope_test yes = SCOPE_ALL, is = SCOPE_CONTINUOUS,
                          not = SCOPE_DISCRETE;
    for (int c = 0; c < 2; c++) {
        assert_int_equal(holds(is, SCOPE_AND, yes, c), c);
        assert_int_equal(holds(not, SCOPE_AND, yes, c), !c);
        assert_false(holds(is, SCOPE_AND, not, c));
        assert_true(holds(is, SCOPE_OR, not, c));
        assert_int_equal(holds(not, SCOPE_OR, not, c), !c);
        assert_int_equal(holds(yes, SCOPE_MINUS, is, c), !c);
        assert_int_equal(holds(yes, SCOPE_MINUS, not, c), c);
        assert_false(holds(yes, SCOPE_MINUS, SCOPE_EXTENT, c));
        assert_true(holds(SCOPE_TAG, SCOPE_AND, SCOPE_TAG_BLOCK, c));
    }
}

int main(void)
{
    memory_init(1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_what_was_done),
        cmocka_unit_test(picks_are_by_weight),
        cmocka_unit_test(tests_say_what_they_are_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
