/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Gibbs without moving (trace/reduced_gibbs.h): labels of urns that choose
 * among urns. Their draws have the posterior, worked out from the predictive
 * probabilities one after another, by batch means: 16 states, each further
 * than 6.5 Monte Carlo errors from its probability with probability under
 * 1e-7 at 200 batches. The trace stays sound while entries come and go, and
 * what is known is gone through without an allocation.
 */
#include <math.h>

#include "session_open.h"
#include "trace/reduced.h"

enum { TOKENS = 4, STATES = 1 << TOKENS, BATCHES = 200, SWEEPS = 1000 };

/* Two topics by mem, one document; each word is observed. */
static const char topics[] =
    "ASSUME shares (symmetric-dirichlet-multinomial/make 0.7 2)\n"
    "ASSUME topic (mem (lambda (k) "
    "(symmetric-dirichlet-multinomial/make 0.5 3)))\n"
    "ASSUME z (mem (lambda (i) (shares)))\n"
    "ASSUME both (list ((topic 0)) ((topic 1)))\n"
    "OBSERVE (list-ref both 0) 2\nOBSERVE (list-ref both 1) 1\n"
    "ASSUME seen (map (lambda (i w) (observe ((topic (z i))) w))"
    " (iota 4) '(0 0 1 2))\n";
static const int words[TOKENS] = {0, 0, 1, 2};

/* Of a state, bit i of which is token i's topic, up to a factor. */
static double weight_of(int state)
{
    double shares[2] = {0.7, 0.7},
           counts[2][3] = {{0.5, 0.5, 1.5}, {0.5, 1.5, 0.5}};
    double p = 1.0;
    for (int i = 0; i < TOKENS; i++) {
        int k = state >> i & 1;
        double *c = counts[k];
        p *= shares[k]++ / (1.4 + i);
        p *= c[words[i]] / (c[0] + c[1] + c[2]);
        c[words[i]]++;
    }
    return p;
}

static struct trace *trace_in(struct session *s)
{
    return s->engine->machine->engine;
}

static void assert_sound(struct trace *t)
{
    char why[300];
    if (!reduced_check(t, why, sizeof why)) fail_msg("%s", why);
}

/* One after another, and back to the order of the first. *done counts those
 * that were drawn without moving. */
static void sweep(struct session *s, struct choice **choices, uint32_t n,
                  uint32_t *done)
{
    for (uint32_t i = 0; i < n; i++) {
        bool drawn, changed;
        assert_true(
            s->engine->op->gibbs(s->engine, choices[i], &drawn, &changed));
        *done += drawn;
    }
}

static int state_of(struct choice **choices)
{
    int state = 0;
    for (int i = 0; i < TOKENS; i++)
        state |= (int)as_int(choices[i]->held) << i;
    return state;
}

/* Tokens in the order in which they were made, which is that of the words. */
static int by_place(const void *a, const void *b)
{
    const struct choice *x = *(struct choice *const *)a,
                        *y = *(struct choice *const *)b;
    int64_t i = as_int(node_owner(&x->node)->key),
            k = as_int(node_owner(&y->node)->key);
    return (i > k) - (i < k);
}

static void labels_have_the_posterior(void **state)
{
    (void)state;
    struct session *s = open_with(topics, 5);
    struct trace *t = trace_in(s);
    struct choice *tokens[TOKENS];
    double share[STATES] = {0}, square[STATES] = {0}, all = 0.0;
    uint32_t done = 0;
    assert_int_equal(t->counts.free, TOKENS);
    for (uint32_t i = 0; i < TOKENS; i++) tokens[i] = free_choice(t, i);
    qsort(tokens, TOKENS, sizeof *tokens, by_place);
    for (int b = 0; b < BATCHES; b++) {
        double batch[STATES] = {0};
        for (int i = 0; i < SWEEPS; i++) {
            sweep(s, tokens, TOKENS, &done);
            batch[state_of(tokens)] += 1.0 / SWEEPS;
        }
        for (int k = 0; k < STATES; k++) {
            share[k] += batch[k] / BATCHES;
            square[k] += batch[k] * batch[k] / BATCHES;
        }
        assert_sound(t);
    }
    assert_int_equal(done, BATCHES * SWEEPS * TOKENS);
    for (int k = 0; k < STATES; k++) all += weight_of(k);
    for (int k = 0; k < STATES; k++) {
        double error = sqrt((square[k] - share[k] * share[k]) / (BATCHES - 1));
        double off = share[k] - weight_of(k) / all;
        if (fabs(off) > 6.5 * error)
            fail_msg("state %d: off by %.2g errors", k, off / error);
    }
    session_close(s);
}

/* Topics that nobody uses die, and are made again: then it is not done
 * without moving, and done again later. */
static void entries_come_and_go(void **state)
{
    (void)state;
    struct session *s =
        open_with("ASSUME shares (symmetric-dirichlet-multinomial/make 0.3 3)\n"
                  "ASSUME topic (mem (lambda (k) "
                  "(symmetric-dirichlet-multinomial/make 0.5 4)))\n"
                  "ASSUME z (mem (lambda (i) (shares)))\n"
                  "ASSUME seen (map (lambda (i) (observe ((topic (z i)))"
                  " (remainder i 4))) (iota 9))\n",
                  7);
    struct trace *t = trace_in(s);
    uint32_t done = 0;
    uint64_t lost = t->entries_lost;
    for (int i = 0; i < 400; i++) {
        assert_true(run_text(s, "INFER (gibbs) 20\n"));
        struct choice *all[64];
        uint32_t n = t->counts.free;
        for (uint32_t k = 0; k < n; k++) all[k] = free_choice(t, k);
        sweep(s, all, n, &done);
        assert_sound(t);
    }
    assert_true(done > 400);
    assert_true(done < 400 * 9);
    assert_true(t->entries_lost > lost + 100);
    session_close(s);
}

static const char *const allocating[] = {
    topics,
    "ASSUME w (dirichlet #(1 1 1))\n"
    "ASSUME mu (list (normal -5 1) (normal 0 1) (normal 5 1))\n"
    "ASSUME z (map (lambda (i) (categorical w)) (iota 20))\n"
    "ASSUME seen (map (lambda (k) (observe (normal (list-ref mu k) 3) 0.5))"
    " z)\n",
    "ASSUME xs (map (lambda (i) (flip 0.3)) (iota 20))\n"
    "ASSUME seen (map (lambda (x) (observe (normal (if x 1 0) 1) 0.5)) xs)\n",
};

static void nothing_is_allocated(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof allocating / sizeof *allocating; k++) {
        struct session *s = open_with(allocating[k], 3);
        struct trace *t = trace_in(s);
        struct choice *all[64];
        uint32_t n = 0, done = 0;
        for (uint32_t i = 0; i < t->counts.free; i++)
            if (free_choice(t, i)->family->enumerate)
                all[n++] = free_choice(t, i);
        for (int i = 0; i < 50; i++) sweep(s, all, n, &done);
        size_t before = memory_in_use();
        for (int i = 0; i < 200; i++) sweep(s, all, n, &done);
        if (memory_in_use() - before > 1000)
            fail_msg("%zu bytes", memory_in_use() - before);
        assert_int_equal(done, 250 * n);
        assert_sound(t);
        session_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_have_the_posterior),
        cmocka_unit_test(entries_come_and_go),
        cmocka_unit_test(nothing_is_allocated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
