/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Walks under nuts: how far their numbers are centred when it begins, and
 * what a warmup makes of that where data say much of each number, and where
 * they say little; and what is forgotten of them. Fixed seeds; of 59 numbers all but some are to be on the
 * right side, and seeds differ by five or so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "infer/gradient.h"
#include "kernel_open.h"
#include "session_open.h"

enum { STEPS = 60 };

/* A walk by steps of 0.3, and data around it. */
#define WALK                                                                \
    "ASSUME s (half (normal 0 1))\n"                                        \
    "ASSUME h (mem (lambda (t) (normal (if (= t 0) 0 (h (- t 1))) s)))\n"   \
    "define y (map (lambda (t) (+ (* 0.3 (sin (* 17 t t))) (sin (/ t 9))))" \
    " (iota 60))\n"

/* Of the numbers that stand on others: how many have at least, and how many
 * at most. */
static void count_centrings(const struct kernel *k, double at, uint32_t *least,
                            uint32_t *most)
{
    const struct gradient_chain *c = k->state;
    const struct gathering *g = &c->ground.gathering;
    *least = *most = 0;
    for (uint32_t i = 0; i < g->block_count; i++) {
        if (!g->blocks[i].centring || !g->blocks[i].level) continue;
        *least += g->blocks[i].centring[0] >= at;
        *most += g->blocks[i].centring[0] <= at;
    }
}

static struct kernel *opened(struct session **s, const char *observed)
{
    char text[600];
    snprintf(text, sizeof text, WALK "%s\n", observed);
    *s = open_with(text, 3);
    struct kernel *k = parse_kernel("(nuts)");
    kernel_plan(k, 600);
    assert_true(kernel_open(k, (*s)->engine));
    return k;
}

/* The first are between the two, as all that is located, and the others as
 * they are. */
static void they_begin_as_they_are(void **state)
{
    (void)state;
    struct session *s;
    uint32_t least, most;
    struct kernel *k = opened(&s, "OBSERVE (each (normal (map h (iota 60)) 2))"
                                  " y");
    count_centrings(k, 1.0, &least, &most);
    assert_int_equal(least, STEPS - GATHER_WALK);
    count_centrings(k, 0.5, &least, &most);
    assert_int_equal(most, GATHER_WALK - 1);
    kernel_close(k, s->engine);
    session_close(s);
}

/* What is learned of a number is of the coordinates that it is in. */
static void it_is_known_how_they_are(void **state)
{
    (void)state;
    struct session *s;
    struct transition_counts counts = {0};
    struct kernel *k = opened(&s, "OBSERVE (each (normal (map h (iota 60)) 2))"
                                  " y");
    kernel_warm(k, true);
    assert_true(kernel_run(k, s->engine, 80, &counts));
    const struct gradient_chain *c = k->state;
    const struct gathering *g = &c->ground.gathering;
    uint32_t known = 0;
    for (uint32_t i = 0; i < g->block_count; i++) {
        const struct centring *at =
            centring_find(&c->centrings, g->blocks[i].location, 0);
        known += at != NULL;
        assert_true(!at || at->now == g->blocks[i].centring[0]);
    }
    assert_int_equal(known, STEPS);
    kernel_close(k, s->engine);
    session_close(s);
}

static void warmup_chooses(const char *observed, double at, bool above)
{
    struct session *s;
    struct transition_counts counts = {0};
    uint32_t least, most;
    struct kernel *k = opened(&s, observed);
    kernel_warm(k, true);
    assert_true(kernel_run(k, s->engine, 600, &counts));
    count_centrings(k, at, &least, &most);
    if ((above ? least : most) < 50)
        fail_msg("%u at least, and %u at most %g: %s", least, most, at,
                 observed);
    kernel_close(k, s->engine);
    session_close(s);
}

static void strong_data_centre(void **state)
{
    (void)state;
    warmup_chooses("OBSERVE (each (normal (map h (iota 60)) 0.03)) y", 0.75,
                   true);
}

static void weak_data_do_not(void **state)
{
    (void)state;
    warmup_chooses("OBSERVE (each (normal (map h (iota 60)) 3)) y", 0.5, false);
}

/* Many numbers by one scale: of those that take another centring no gradient
 * is known any more, and of the scale it is. */
static void what_turns_is_forgotten(void **state)
{
    (void)state;
    struct session *s =
        open_with("ASSUME s (half (normal 0 1))\n"
                  "ASSUME z (iid 300 (normal 0 s))\n"
                  "OBSERVE (each (normal z 3)) "
                  "(map (lambda (i) (sin (* i i))) (iota 300))\n",
                  3);
    struct transition_counts counts = {0};
    struct kernel *k = parse_kernel("(nuts)");
    kernel_plan(k, 600);
    assert_true(kernel_open(k, s->engine));
    kernel_warm(k, true);
    assert_true(kernel_run(k, s->engine, 99, &counts));
    struct gradient_chain *c = k->state;
    const struct slopes *l = &c->warmup.slopes;
    uint32_t forgotten = 0, turned = 0;
    assert_true(c->size == 301 && l->size == 301 && l->rows == 24);
    assert_true(gradient_settle(c));
    for (size_t i = 0; i < c->size; i++) {
        const struct centring *at = centring_find(
            &c->centrings, c->coordinates[i].location, c->coordinates[i].index);
        const double *row = l->at + 2 * l->width * 7;
        bool gone = row[i] == 0.0 && row[l->width + i] == 0.0;
        turned += at && at->turned;
        forgotten += gone;
        assert_true(gone == (at && at->turned));
    }
    if (turned < 10 || turned != forgotten)
        fail_msg("%u turned, %u are forgotten", turned, forgotten);
    kernel_close(k, s->engine);
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_begin_as_they_are),
        cmocka_unit_test(it_is_known_how_they_are),
        cmocka_unit_test(strong_data_centre),
        cmocka_unit_test(weak_data_do_not),
        cmocka_unit_test(what_turns_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
