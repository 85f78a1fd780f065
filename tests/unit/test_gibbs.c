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
#include "trace/reduced_gibbs.h"

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
        assert_true(s->engine->op->gibbs(s->engine, choices[i], ENTIRE, &drawn,
                                         &changed));
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

/* Which urn the words are from hangs on c, and on what `turn` gives. */
static const char turns[] =
    "ASSUME coin (flip 0.4)\n"
    "ASSUME same (lambda (x) x)\n"
    "ASSUME turn (mem (lambda (i) (if coin (same 1) (same 2))))\n"
    "ASSUME urn (mem (lambda (k) (beta-binomial/make k 2)))\n"
    "ASSUME c (flip 0.3)\n"
    "ASSUME word (mem (lambda (j)"
    " ((urn (if c (turn 0) (+ 1 (turn 0)))))))\n"
    "ASSUME all (list ((urn 1)) ((urn 2)) ((urn 3)) (word 0) (word 1))\n"
    "OBSERVE (word 0) true\n";

/* The same, of calls: what `turn` gives they have from who calls them. */
static const char calls[] =
    "ASSUME coin (flip 0.4)\n"
    "ASSUME same (lambda (x) x)\n"
    "ASSUME turn (mem (lambda (i) (if coin (same 1) (same 2))))\n"
    "ASSUME urn (mem (lambda (k) (beta-binomial/make k 2)))\n"
    "ASSUME c (flip 0.3)\n"
    "ASSUME word (lambda (t) ((urn (if c t (+ 1 t)))))\n"
    "ASSUME all (list ((urn 1)) ((urn 2)) ((urn 3)) (word (turn 0))"
    " (word (turn 0)))\n"
    "OBSERVE (list-ref all 3) true\n";

/* A choice that a region looks at and its choices read, too; one that the
 * region makes itself; and urns that change with it, its own among them. */
static const char within[] =
    "ASSUME c (flip 0.3)\nASSUME same (lambda (x) x)\n"
    "ASSUME g (mem (lambda (j)"
    " (normal (+ (if c (same 1) (same 2)) (if c 0 4)) 1)))\n"
    "OBSERVE (g 0) 2.5\nOBSERVE (g 1) 3.5\n"
    "ASSUME k (random-integer 3)\n"
    "ASSUME h (mem (lambda (j)"
    " (normal (+ (if (< k 2) (same 1) (same 2)) k) 1)))\n"
    "OBSERVE (h 0) 2.5\nOBSERVE (h 1) 3.5\n"
    "ASSUME d (let ((b (flip 0.3)))"
    " (normal (+ (if b (same 1) (same 2)) (if b 0 2)) 1))\n"
    "OBSERVE d 2.5\n"
    "ASSUME u (beta-binomial/make 1 2)\nASSUME w (beta-binomial/make 3 1)\n"
    "ASSUME e (u)\n"
    "ASSUME word (mem (lambda (j) ((if e u w))))\n"
    "ASSUME words (list (word 0) (word 1) (w) (u))\n"
    "OBSERVE (word 0) true\n";

/* States of a chain: what is looked at for the next one may be of another. */
static const char chain[] =
    "ASSUME row (mem (lambda (k) (dirichlet '(1 2 3))))\n"
    "ASSUME z (mem (lambda (i)"
    " (if (< i 0) 0 (categorical (row (z (- i 1)))))))\n"
    "ASSUME rows (list (row 0) (row 1) (row 2))\n"
    "ASSUME seen (map (lambda (i y) (observe (normal (z i) 1) y))"
    " '(0 1 2 3) '(0.2 1.1 1.9 0.3))\n";

/* Of the last time. */
static double weights[2 * TOKENS];
static value values[2 * TOKENS];
static uint32_t weighed;

static uint32_t weigh(struct script *script, uint32_t n, const double *p)
{
    (void)script;
    weighed = n;
    memcpy(weights, p, n * sizeof *p);
    return 0;
}

static bool refuse(struct script *script, double ratio)
{
    (void)script;
    (void)ratio;
    return false;
}

/* The conditional of a choice, without moving it; false: only by moving. */
static bool look(struct session *s, struct choice *c)
{
    struct script script = {.weighted = weigh, .accept = refuse};
    struct trace *t = trace_in(s);
    bool done, changed;
    t->script = &script;
    weighed = 0;
    assert_true(s->engine->op->gibbs(s->engine, c, ENTIRE, &done, &changed));
    memcpy(values, t->weighing->values, weighed * sizeof *values);
    t->script = NULL;
    return weighed > 0;
}

/* The same, from the scores of the states. */
static void assert_conditional(struct session *s, struct choice *c)
{
    struct trace *t = trace_in(s);
    value held = c->held;
    double first = 0.0;
    bool stands;
    for (uint32_t i = 0; i < weighed; i++) {
        assert_true(trace_put(t, c, values[i], &stands) && stands);
        double log_p = t->counts.score - log(weights[i]);
        if (i == 0) first = log_p;
        if (fabs(log_p - first) > 1e-9) fail_msg("%u: %g", i, log_p - first);
    }
    assert_true(trace_put(t, c, held, &stands) && stands);
}

/* However the state came about, and whatever was learned before. */
static void plans_are_of_this_state(void **state)
{
    (void)state;
    static const char *const texts[] = {turns, calls, within, chain};
    for (int k = 0; k < 4; k++) {
        struct session *s = open_with(texts[k], 5);
        struct trace *t = trace_in(s);
        uint32_t done = 0;
        for (int i = 0; i < 300; i++) {
            for (uint32_t j = 0; j < t->counts.free; j++) {
                struct choice *c = free_choice(t, j);
                if (!c->family->enumerate || !look(s, c)) continue;
                assert_conditional(s, c);
                done++;
            }
            assert_true(run_text(s, "INFER (mh) 5\n"));
        }
        assert_true(done > 300);
        session_close(s);
    }
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
        cmocka_unit_test(plans_are_of_this_state),
        cmocka_unit_test(nothing_is_allocated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
