/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Journals: entries come back as they went in; torn, damaged, moved and
 * doubled ones are noticed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/journal.h"

static struct bytes bytes(const char *s)
{
    return (struct bytes){s, (uint32_t)strlen(s)};
}

static const struct {
    enum entry_kind kind;
    uint64_t session, a, b;
    const char *text, *key, *reply;
} rows[] = {
    {ENTRY_OPEN, 1, 42, 0, "reduced", "", ""},
    {ENTRY_DO, 1, UINT64_MAX, 7, "ASSUME x (normal 0 1)", "k", "[1]"},
    {ENTRY_IDLE, 1, 12345, 0, "", "", ""},
    {ENTRY_RUN, 1, 1, 99, "10 2 INFER (mh) :samples 10", "", ""},
    {ENTRY_CLOSE, 1, 0, 0, "", "", ""},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* All rows; where each begins, and the end. */
static struct text file_of_rows(size_t *starts)
{
    struct text t = {0};
    uint64_t chain;
    assert_true(journal_head(&t, "build", &chain));
    assert_int_equal(t.length, JOURNAL_HEAD);
    for (int i = 0; i < ROWS; i++) {
        struct entry e = {.kind = rows[i].kind,
                          .session = rows[i].session,
                          .a = rows[i].a,
                          .b = rows[i].b,
                          .text = bytes(rows[i].text),
                          .key = bytes(rows[i].key),
                          .reply = bytes(rows[i].reply)};
        starts[i] = t.length;
        assert_true(journal_add(&t, &e, &chain));
    }
    starts[ROWS] = t.length;
    return t;
}

static void same(struct bytes b, const char *s)
{
    assert_int_equal(b.length, strlen(s));
    assert_memory_equal(b.at, s, b.length);
}

static void same_row(const struct entry *e, int i)
{
    assert_int_equal(e->kind, rows[i].kind);
    assert_int_equal(e->session, rows[i].session);
    assert_true(e->a == rows[i].a && e->b == rows[i].b);
    same(e->text, rows[i].text);
    same(e->key, rows[i].key);
    same(e->reply, rows[i].reply);
}

static void entries_come_back(void **state)
{
    size_t starts[ROWS + 1], at = JOURNAL_HEAD;
    struct text t = file_of_rows(starts);
    struct entry e;
    uint64_t chain;
    bool same_build;
    (void)state;
    assert_true(journal_open(t.at, t.length, "build", &same_build, &chain));
    assert_true(same_build);
    for (int i = 0; i < ROWS; i++) {
        assert_int_equal(journal_next(t.at, t.length, &at, &chain, &e),
                         JOURNAL_ENTRY);
        same_row(&e, i);
        assert_true(
            journal_entry(t.at + starts[i], starts[i + 1] - starts[i], &e));
        same_row(&e, i);
    }
    assert_int_equal(journal_next(t.at, t.length, &at, &chain, &e),
                     JOURNAL_END);
    assert_true(journal_open(t.at, t.length, "other", &same_build, &chain));
    assert_false(same_build);
    text_free(&t);
}

/* What reading the bytes gives: how many entries, and how it ended. */
static enum journal_read read_all(const char *at, size_t length, int *count)
{
    size_t here = JOURNAL_HEAD;
    struct entry e;
    uint64_t chain;
    bool same_build;
    enum journal_read got;
    *count = 0;
    if (!journal_open(at, length, "build", &same_build, &chain))
        return JOURNAL_BAD;
    while ((got = journal_next(at, length, &here, &chain, &e)) == JOURNAL_ENTRY)
        ++*count;
    return got;
}

/* Wherever a file is cut, all whole entries are there, and no other. */
static void a_file_may_end_anywhere(void **state)
{
    size_t starts[ROWS + 1];
    struct text t = file_of_rows(starts);
    (void)state;
    for (size_t cut = JOURNAL_HEAD; cut <= t.length; cut++) {
        char *copy = malloc(cut);
        int count, whole = 0;
        memcpy(copy, t.at, cut);
        while (whole < ROWS && starts[whole + 1] <= cut) whole++;
        enum journal_read got = read_all(copy, cut, &count);
        assert_int_equal(count, whole);
        assert_int_equal(got,
                         cut == starts[whole] ? JOURNAL_END : JOURNAL_TORN);
        free(copy);
    }
    text_free(&t);
}

/* A flipped bit is never read over. In the last entry it is a torn one. */
static void damage_is_noticed(void **state)
{
    size_t starts[ROWS + 1];
    struct text t = file_of_rows(starts);
    (void)state;
    for (size_t i = 0; i < t.length; i++)
        for (int bit = 0; bit < 8; bit++) {
            int count;
            t.at[i] = (char)(t.at[i] ^ 1 << bit);
            assert_int_not_equal(read_all(t.at, t.length, &count), JOURNAL_END);
            assert_true(count < ROWS);
            t.at[i] = (char)(t.at[i] ^ 1 << bit);
        }
    text_free(&t);
}

/* Entries change places, or one is there twice. */
static void order_is_kept(void **state)
{
    size_t starts[ROWS + 1];
    struct text t = file_of_rows(starts), moved = {0}, doubled = {0};
    int count;
    (void)state;
    text_add(&moved, t.at, starts[1]);
    text_add(&moved, t.at + starts[2], starts[3] - starts[2]);
    text_add(&moved, t.at + starts[1], starts[2] - starts[1]);
    text_add(&moved, t.at + starts[3], t.length - starts[3]);
    assert_int_equal(read_all(moved.at, moved.length, &count), JOURNAL_BAD);
    assert_int_equal(count, 1);
    text_add(&doubled, t.at, starts[2]);
    text_add(&doubled, t.at + starts[1], t.length - starts[1]);
    assert_int_equal(read_all(doubled.at, doubled.length, &count), JOURNAL_BAD);
    assert_int_equal(count, 2);
    text_free(&t);
    text_free(&moved);
    text_free(&doubled);
}

/* A system that went down leaves zeros behind what was written. */
static void zeros_are_a_torn_end(void **state)
{
    size_t starts[ROWS + 1];
    struct text t = file_of_rows(starts);
    char zeros[100] = {0};
    int count;
    (void)state;
    text_add(&t, zeros, sizeof zeros);
    assert_int_equal(read_all(t.at, t.length, &count), JOURNAL_TORN);
    assert_int_equal(count, ROWS);
    text_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_back),
        cmocka_unit_test(a_file_may_end_anywhere),
        cmocka_unit_test(damage_is_noticed),
        cmocka_unit_test(order_is_kept),
        cmocka_unit_test(zeros_are_a_torn_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
