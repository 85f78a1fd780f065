/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What warmup learned: by location, and as text and back. The chains here
 * have coordinates and no trace.
 */
#include "infer/gradient.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

/* ---- by location ------------------------------------------------------------ */

static void test_learned(void **state)
{
    (void)state;
    enum { LOCATIONS = 300, EACH = 3 };
    struct learned_table t = {0};
    assert_null(learned_find(&t, 1, 0));
    for (uint64_t i = 0; i < LOCATIONS; i++)
        for (uint32_t k = 0; k < EACH; k++) {
            struct learned l = {.of = {.location = i << 40 | i, .index = k}};
            l.inverse = (double)(10 * i + k);
            l.count = 5.0;
            assert_true(learned_put(&t, &l));
        }
    /* Again: in place of the first. */
    struct learned other = {
        .of = {.location = UINT64_C(7) << 40 | 7, .index = 1}};
    other.inverse = 0.5;
    assert_true(learned_put(&t, &other));
    assert_int_equal(t.count, LOCATIONS * EACH);
    for (uint64_t i = 0; i < LOCATIONS; i++)
        for (uint32_t k = 0; k < EACH; k++) {
            const struct learned *l = learned_find(&t, i << 40 | i, k);
            assert_non_null(l);
            bool changed = i == 7 && k == 1;
            assert_true(l->inverse == (changed ? 0.5 : (double)(10 * i + k)));
            assert_true(l->count == (changed ? 0.0 : 5.0));
        }
    assert_null(learned_find(&t, 3, EACH));
    learned_clear(&t);
    const struct learned *l = learned_find(&t, UINT64_C(9) << 40 | 9, 2);
    assert_true(l && l->count == 0.0 && l->inverse == 92.0);
    learned_close(&t);
}

/* ---- as text ------------------------------------------------------------------ */

enum { SIZE = 3 };

struct held {
    struct gradient_chain chain;
    struct kernel kernel;
    struct coordinate coordinates[SIZE];
};

static const struct gradient_way way;

static void held_open(struct held *h, enum metric_kind kind, uint64_t first)
{
    memset(h, 0, sizeof *h);
    h->kernel.state = &h->chain;
    h->chain.way = &way;
    h->chain.size = SIZE;
    h->chain.centrings.forced = -1.0;
    h->chain.coordinates = h->coordinates;
    for (uint32_t i = 0; i < SIZE; i++)
        h->coordinates[i] =
            (struct coordinate){.location = first + i / 2, .index = i % 2};
    assert_true(warmup_open(&h->chain.warmup, kind, SIZE, 0.8, 1.0, false));
}

static void held_close(struct held *h)
{
    warmup_close(&h->chain.warmup);
    learned_close(&h->chain.learned);
    centring_close(&h->chain.centrings);
}

static double diagonal(const struct held *h, size_t i)
{
    const struct metric *m = &h->chain.warmup.metric;
    return m->inverse[m->kind == METRIC_DENSE ? i * m->width + i : i];
}

static void write_one(struct held *h, enum metric_kind kind, struct text *out)
{
    const double covariance[] = {2.0,  1e-5,      1.0 / 3.0, 1e-5, 1e-7,
                                 1e-9, 1.0 / 3.0, 1e-9,      7e5};
    const double variances[] = {2.0, 1e-7, 7e5};
    held_open(h, kind, UINT64_C(0xabcdef0123456789));
    assert_true(kind == METRIC_UNIT ||
                metric_set(&h->chain.warmup.metric,
                           kind == METRIC_DENSE ? covariance : variances));
    if (kind == METRIC_DIRECTED) {
        const double excess[] = {3.0, -0.7};
        const double rows[] = {
            sqrt(variances[0] / 2.0), sqrt(variances[1] / 2.0),  0.0,
            sqrt(variances[0] / 2.0), -sqrt(variances[1] / 2.0), 0.0};
        assert_true(metric_direct(&h->chain.warmup.metric, 2, excess, rows));
    }
    h->chain.warmup.step = 0.1 + 0.2;
    assert_true(gradient_write(&h->kernel, out));
}

static void test_back(void **state)
{
    (void)state;
    for (int kind = 0; kind < METRIC_KINDS; kind++) {
        struct held from, to;
        struct text text = {0};
        struct error error = {0};
        write_one(&from, (enum metric_kind)kind, &text);
        held_open(&to, (enum metric_kind)kind, UINT64_C(0xabcdef0123456789));
        assert_true(gradient_read(&to.kernel, text.at, &error));
        assert_true(to.chain.given && to.chain.warmup.step == 0.1 + 0.2);
        const struct metric *a = &from.chain.warmup.metric;
        const struct metric *b = &to.chain.warmup.metric;
        size_t rows = kind == METRIC_DENSE ? SIZE : 1;
        assert_memory_equal(a->inverse, b->inverse,
                            rows * a->width * sizeof(double));
        assert_true(a->count == b->count);
        assert_true(a->count == (kind == METRIC_DIRECTED ? 2 : 0));
        if (a->count) {
            assert_memory_equal(a->excess, b->excess, 2 * sizeof(double));
            assert_memory_equal(a->directions, b->directions,
                                2 * a->width * sizeof(double));
        }
        held_close(&from);
        held_close(&to);
        text_free(&text);
    }
}

/* The same choices in another order, and one that is new: each finds its own,
 * the new one has 1. */
static void test_other_order(void **state)
{
    (void)state;
    for (int kind = 0; kind < METRIC_KINDS; kind++) {
        if (kind == METRIC_UNIT) continue;
        struct held from, to;
        struct text text = {0};
        struct error error = {0};
        write_one(&from, (enum metric_kind)kind, &text);
        held_open(&to, (enum metric_kind)kind, UINT64_C(0xabcdef0123456789));
        to.coordinates[0] = from.coordinates[2];
        to.coordinates[2] = from.coordinates[0];
        to.coordinates[1].location = 5;
        assert_true(gradient_read(&to.kernel, text.at, &error));
        assert_true(diagonal(&to, 0) == diagonal(&from, 2));
        assert_true(diagonal(&to, 1) == 1.0);
        assert_true(diagonal(&to, 2) == diagonal(&from, 0));
        assert_true(to.chain.warmup.metric.count == 0);
        held_close(&from);
        held_close(&to);
        text_free(&text);
    }
}

/* CmdStan's own block has no locations: the numbers come in order. */
static void test_plain(void **state)
{
    (void)state;
    struct held h;
    struct error error = {0};
    held_open(&h, METRIC_DIAGONAL, 1);
    assert_true(gradient_read(&h.kernel,
                              "Adaptation terminated\nStep size = 0.809818\n"
                              "Diagonal elements of inverse mass matrix:\n"
                              "0.961989, 2, 3e-2\n",
                              &error));
    assert_true(h.chain.warmup.step == 0.809818);
    assert_true(diagonal(&h, 0) == 0.961989 && diagonal(&h, 2) == 3e-2);
    held_close(&h);
}

#define WITH_CENTRINGS(numbers)                                           \
    "Step size = 1\nDiagonal elements of inverse mass matrix:\n1, 1, 1\n" \
    "Locations of the coordinates:\n0000000000000001.0, "                 \
    "0000000000000001.1, 0000000000000002.0\n"                            \
    "Centring of the coordinates:\n" numbers "\n"

/* Centrings go to their locations, and stay with them; who is told how to
 * centre does not listen; without such a line all are centred. */
static void test_centrings(void **state)
{
    (void)state;
    for (int forced = 0; forced < 2; forced++) {
        struct held h;
        struct error error = {0};
        held_open(&h, METRIC_DIAGONAL, 1);
        h.chain.centrings.forced = forced ? 0.75 : -1.0;
        h.chain.centrings.first = 0.5;
        const struct centring_table *t = &h.chain.centrings;
        assert_true(
            gradient_read(&h.kernel, WITH_CENTRINGS("1, 0, 0.125"), &error));
        assert_true(centring_of(t, 1, 0) == (forced ? 0.75 : 1.0));
        assert_true(centring_of(t, 1, 1) == (forced ? 0.75 : 0.0));
        assert_true(centring_of(t, 2, 0) == (forced ? 0.75 : 0.125));
        assert_true(centring_of(t, 3, 0) == (forced ? 0.75 : 1.0));
        held_close(&h);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "Adaptation terminated\n",
        "Step size = -1\nDiagonal elements of inverse mass matrix:\n1, 1, 1\n",
        "Step size = x\nDiagonal elements of inverse mass matrix:\n1, 1, 1\n",
        "Step size = nan\nDiagonal elements of inverse mass matrix:\n1, 1, 1\n",
        "Step size = 1\n",
        "Step size = 1\nElements of inverse mass matrix:\n1, 0\n0, 1\n",
        "Step size = 1\nDiagonal elements of inverse mass matrix:\n",
        "Step size = 1\nDiagonal elements of inverse mass matrix:\n1, 1\n",
        "Step size = 1\nDiagonal elements of inverse mass matrix:\n1, 1, 1, "
        "1\n",
        "Step size = 1\nDiagonal elements of inverse mass matrix:\n1, 0, 1\n",
        "Step size = 1\nDiagonal elements of inverse mass matrix:\n1, nan, 1\n",
        "Step size = 1\nDiagonal elements of inverse mass matrix:\n1, 1, 1\n"
        "Locations of the coordinates:\n",
        "Step size = 1\nDiagonal elements of inverse mass matrix:\n1, 1, 1\n"
        "Locations of the coordinates:\n0000000000000001.0\n",
        "Step size = 1\nDiagonal elements of inverse mass matrix:\n1\n"
        "Locations of the coordinates:\n0000000000000001.0, "
        "0000000000000001.1\n",
        WITH_CENTRINGS("1, 0"),
        WITH_CENTRINGS("1, 0, 0.5, 1"),
        WITH_CENTRINGS("1, 0, 1.5"),
        WITH_CENTRINGS("1, 0, -0.5"),
        WITH_CENTRINGS("1, 0, nan"),
        WITH_CENTRINGS(""),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct held h;
        struct error error = {0};
        held_open(&h, METRIC_DIAGONAL, 1);
        assert_false(gradient_read(&h.kernel, texts[i], &error));
        assert_true(error.kind == ERROR_IO && error.message[0]);
        assert_false(h.chain.given);
        assert_true(h.chain.warmup.step == 1.0);
        held_close(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learned),     cmocka_unit_test(test_back),
        cmocka_unit_test(test_other_order), cmocka_unit_test(test_plain),
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_centrings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
