/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pools and the undo log: pieces of all sizes are apart, aligned, zero, and
 * used again; what a transition took, gave and wrote is as before when it is
 * undone; short pointers find what they were set to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "trace/log.h"

enum { PIECES = 400 };

static size_t size_of(int i)
{
    return i < 200 ? (size_t)i * 8 + 3 : (size_t)i * (size_t)i * 7;
}

static void assert_zero(const char *piece, size_t size)
{
    for (size_t i = 0; i < size; i++) assert_int_equal(piece[i], 0);
}

static void test_pieces(void **state)
{
    struct pool p;
    char *at[PIECES];
    (void)state;
    assert_true(pool_open(&p));
    for (int round = 0; round < 3; round++) {
        const char *end = p.at;
        for (int i = 0; i < PIECES; i++) {
            at[i] = pool_take(&p, size_of(i));
            assert_non_null(at[i]);
            assert_int_equal((uintptr_t)at[i] % 8, 0);
            assert_ptr_equal(pool_piece(&p, pool_number(&p, at[i])), at[i]);
            assert_zero(at[i], size_of(i));
            memset(at[i], i % 255 + 1, size_of(i));
        }
        for (int i = 0; i < PIECES; i++)
            for (size_t k = 0; k < size_of(i); k += 97)
                assert_int_equal((unsigned char)at[i][k], i % 255 + 1);
        if (round) assert_ptr_equal(p.at, end);
        for (int i = PIECES; i-- > 0;) pool_give(&p, at[i], size_of(i));
    }
    assert_null(pool_take(&p, POOL_ROOM));
    pool_close(&p);
}

/* The space of a pool that was closed comes back zeroed. */
static void test_again(void **state)
{
    struct pool p;
    (void)state;
    for (int round = 0; round < 3; round++) {
        assert_true(pool_open(&p));
        size_t before = memory_in_use();
        char *piece = pool_take(&p, 3000);
        assert_true(memory_in_use() >= before + 3000);
        assert_zero(piece, 3000);
        memset(piece, 1, 3000);
        pool_close(&p);
        assert_true(memory_in_use() <= before);
    }
}

static void test_limit(void **state)
{
    struct pool p;
    int count = 0;
    (void)state;
    assert_true(pool_open(&p));
    memory_limit_set(memory_in_use() + (8 << 20));
    while (count < 1000 && pool_take(&p, 100000)) count++;
    memory_limit_set(0);
    assert_in_range(count, 20, 100);
    assert_non_null(pool_take(&p, 100000));
    pool_close(&p);
}

struct piece {
    uint64_t whole;
    uint32_t half, other;
    struct near near, far;
};

static void test_log(void **state)
{
    struct log l;
    (void)state;
    assert_true(log_open(&l));
    struct piece *a = log_take(&l, sizeof *a), *b = log_take(&l, sizeof *b);
    *a = (struct piece){.whole = 1, .half = 2, .other = 3};
    near_set(&a->near, b);
    near_set(&b->near, a);
    log_commit(&l);
    for (int round = 0; round < 3; round++) {
        log_set(&l, &a->whole, 10);
        log_set_32(&l, &a->half, 20);
        log_set_near(&l, &a->near, NULL);
        struct piece *c = log_take(&l, sizeof *c), *d = log_take(&l, 100000);
        log_set(&l, &c->whole, 5);
        log_set_near(&l, &a->far, c);
        log_set_near(&l, &c->far, a);
        log_give(&l, b, sizeof *b);
        memset(d, 7, 100000);
        assert_ptr_equal(near_get(&a->far), c);
        assert_ptr_equal(near_get(&c->far), a);
        assert_null(near_get(&c->near));
        log_set(&l, &a->whole, 11);
        log_set_32(&l, &a->other, 30);
        log_undo(&l);
        assert_int_equal(a->whole, 1);
        assert_int_equal(a->half, 2);
        assert_int_equal(a->other, 3);
        assert_ptr_equal(near_get(&a->near), b);
        assert_ptr_equal(near_get(&b->near), a);
        assert_null(near_get(&a->far));
        assert_zero((char *)d, 100000);
    }
    log_give(&l, b, sizeof *b);
    assert_ptr_equal(near_get(&b->near), a);
    log_commit(&l);
    assert_zero((char *)b + 8, sizeof *b - 8);
    assert_ptr_equal(log_take(&l, sizeof *b), b);
    assert_zero((char *)b, sizeof *b);
    log_undo(&l);
    log_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces), cmocka_unit_test(test_again),
        cmocka_unit_test(test_limit), cmocka_unit_test(test_log)};
    memory_init(0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
