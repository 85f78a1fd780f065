/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Normal vectors under nuts: effects of twenty groups, two each that go
 * together, around means and by scales that move. A warmup leaves them
 * centred where data say much of each, and not where they say little. Fixed
 * seeds; of 40 numbers all but some are to be on the right side, as seeds
 * differ by four or so.
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

enum { GROUPS = 20 };

#define EFFECTS                                                         \
    "ASSUME mu (iid 2 (normal 0 2))\n"                                  \
    "ASSUME tau (iid 2 (half (normal 0 1)))\n"                          \
    "ASSUME l (lkj-corr-cholesky 2 2)\n"                                \
    "define y (map (lambda (i) (if (even? i) (+ 1 (sin (* 17 i i)))"    \
    " (- (* 0.7 (sin (* 17 (- i 1) (- i 1)))) (* 0.5 (cos (* 3 i))))))" \
    " (iota 40))\n"

/* As choices of their own by the factor, and as one by the covariance. */
static const char *const effects[] = {
    EFFECTS "ASSUME f (matmul (diag tau) l)\n"
            "ASSUME b (mem (lambda (j) (multivariate-normal-cholesky mu f)))\n",
    EFFECTS "ASSUME f (matmul (diag tau) l)\n"
            "ASSUME c (matmul f (transpose f))\n"
            "ASSUME all (iid 20 (multivariate-normal mu c))\n"
            "ASSUME b (lambda (j) (list-ref all j))\n",
};

static void warmup_chooses(const char *model, double noise, double at,
                           bool above)
{
    char text[1200];
    struct transition_counts counts = {0};
    uint32_t right = 0, all = 0;
    snprintf(text, sizeof text,
             "%sOBSERVE-EACH (normal (map (lambda (i) ((b (quotient i 2))"
             " (mod i 2))) (iota %d)) %g) y\n",
             model, 2 * GROUPS, noise);
    struct session *s = open_with(text, 3);
    struct kernel *k = parse_kernel("(nuts)");
    kernel_plan(k, 600);
    assert_true(kernel_open(k, s->engine));
    kernel_warm(k, true);
    assert_true(kernel_run(k, s->engine, 600, &counts));
    const struct gradient_chain *c = k->state;
    const struct gathering *g = &c->ground.gathering;
    for (uint32_t i = 0; i < g->block_count; i++)
        for (uint32_t j = 0; g->blocks[i].centring && j < g->blocks[i].count;
             j++, all++)
            right += above ? g->blocks[i].centring[j] >= at
                           : g->blocks[i].centring[j] <= at;
    assert_int_equal(all, 2 * GROUPS);
    if (right < 34)
        fail_msg("%u are at %s %g\n%s", right, above ? "least" : "most", at,
                 text);
    kernel_close(k, s->engine);
    session_close(s);
}

static void strong_data_centre(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) warmup_chooses(effects[i], 0.03, 0.75, true);
}

static void weak_data_do_not(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) warmup_chooses(effects[i], 3.0, 0.375, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strong_data_centre),
        cmocka_unit_test(weak_data_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
