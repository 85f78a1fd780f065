/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Chains that rest: every kernel, stopped at any of its rests, in warmup and
 * after it, goes on in another session with the draws, and to the answer, of
 * the one that was not stopped. Bit by bit: who learned something that it did
 * not write down, draws something else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel_open.h"
#include "session/chain_past.h"
#include "session/checkpoint.h"
#include "session/places.h"
#include "session_open.h"

/* ---- what a run says -------------------------------------------------- */

enum { STATES_MOST = 2000, CHAINS = 2 };

struct told {
    struct text draws[CHAINS];               /* doubles */
    struct text states[CHAINS][STATES_MOST]; /* of rests, */
    size_t drawn[CHAINS][STATES_MOST];       /* and the draws before them */
    size_t count[CHAINS], before;            /* of them, in warmup */
    struct text answer;
};

static void said(void *context, int chain, int kind, const void *bytes,
                 size_t length)
{
    struct told *t = context;
    int i = chain - 1;
    if (kind == MESSAGE_DRAW)
        assert_true(text_add(&t->draws[i], bytes, length));
    if (kind != MESSAGE_STATE) return;
    size_t n = t->count[i]++;
    assert_true(n < STATES_MOST);
    assert_true(text_add(&t->states[i][n], bytes, length));
    t->drawn[i][n] = t->draws[i].length;
    t->before += !t->draws[i].length;
}

static bool answered(void *context, const struct answer *a)
{
    struct told *t = context;
    text_clear(&t->answer);
    return answer_print_json(a, &t->answer);
}

static void told_close(struct told *t)
{
    for (int i = 0; i < CHAINS; i++) {
        text_free(&t->draws[i]);
        for (size_t k = 0; k < t->count[i]; k++) text_free(&t->states[i][k]);
    }
    text_free(&t->answer);
    memset(t, 0, sizeof *t);
}

/* An answer without what the clock says. */
static void cut_clock(struct text *t)
{
    static const char *const words[] = {"\"seconds\":", "_seconds\":"};
    for (int i = 0; i < 2; i++) {
        char *at = t->at;
        while (at && (at = strstr(at, words[i]))) {
            at += strlen(words[i]);
            size_t n = strspn(at, "0123456789.e+-");
            memmove(at, at + n, strlen(at + n) + 1);
        }
    }
}

/* ---- a run, and one that goes on -------------------------------------- */

struct trial {
    const char *engine, *program, *order;
    uint64_t work;
    struct text base;
};

static struct session *begin(const struct trial *t, struct told *told)
{
    struct session *s = open_engine(t->engine, 1);
    s->hooks.context = told;
    s->hooks.said = said;
    s->hooks.answer = answered;
    return s;
}

static void run(struct session *s, const struct trial *t)
{
    session_seed(s, 7);
    s->rests = t->work;
    if (!run_text(s, t->order))
        fail_msg("%s: %s", t->order, session_error(s)->message);
}

static void unbroken(struct trial *t, struct told *told)
{
    struct session *s = begin(t, told);
    if (!run_text(s, t->program)) fail_msg("%s", session_error(s)->message);
    assert_int_equal(checkpoint_settle(s, CHECKPOINT_PROGRAM, &t->base),
                     SETTLED);
    run(s, t);
    cut_clock(&told->answer);
    session_close(s);
}

static int file_of(const struct told *from, int chain)
{
    int f = memfd_create("rows", 0);
    const struct text *rows = &from->draws[chain];
    assert_true(f >= 0);
    assert_int_equal(write(f, rows->at ? rows->at : "", rows->length),
                     rows->length);
    return f;
}

/* Each chain is killed behind one of its rests. */
static void go_on(const struct trial *t, const struct told *from,
                  const size_t at[CHAINS], size_t chains)
{
    static struct told told;
    struct chain_past pasts[CHAINS] = {0};
    struct session *s = begin(t, &told);
    assert_true(checkpoint_become(s, t->base.at, t->base.length));
    for (size_t i = 0; i < chains; i++) {
        if (at[i] >= from->count[i]) continue;
        const struct text *state = &from->states[i][at[i]];
        assert_true(chain_past_head(&pasts[i], state->at, state->length));
        pasts[i].rows = file_of(from, (int)i);
    }
    s->pasts = pasts;
    s->past_count = chains;
    run(s, t);
    cut_clock(&told.answer);
    for (size_t i = 0; i < chains; i++) {
        size_t before = pasts[i].state ? from->drawn[i][at[i]] : 0;
        const struct text *want = &from->draws[i], *got = &told.draws[i];
        if (got->length + before != want->length ||
            (got->length &&
             memcmp(got->at, want->at + before, got->length) != 0))
            fail_msg("%s, %s: chain %zu goes on otherwise from rest %zu",
                     t->order, t->engine, i + 1, at[i]);
        if (pasts[i].state) close(pasts[i].rows);
    }
    size_t same = 0;
    while (told.answer.at[same] &&
           told.answer.at[same] == from->answer.at[same])
        same++;
    if (told.answer.at[same] || from->answer.at[same])
        fail_msg("%s, %s, from rest %zu: %.60s is not %.60s", t->order,
                 t->engine, at[0], told.answer.at + (same < 30 ? 0 : same - 30),
                 from->answer.at + (same < 30 ? 0 : same - 30));
    told_close(&told);
    session_close(s);
}

/* ---- every kernel ----------------------------------------------------- */

static const char MIXED[] =
    "ASSUME mu (normal 0 2)\n"
    "ASSUME sd (gamma 2 2)\n"
    "ASSUME k (if (flip 0.4) 'left (if (flip 0.3) 'right 'straight))\n"
    "ASSUME n (poisson 2)\n"
    "ASSUME at (lambda (i) (normal mu sd))\n"
    "ASSUME p (mem at)\n"
    "OBSERVE (normal (p n) 0.5) 1.5\n"
    "OBSERVE (normal (p 1) (if (= k 'left) 0.5 1.5)) 2\n";
static const char SMOOTH[] = "ASSUME mu (normal 0 2)\n"
                             "ASSUME sd (gamma 2 2)\n"
                             "ASSUME w (dirichlet '(1 2 3))\n"
                             "ASSUME x (iid 5 (normal mu sd))\n"
                             "OBSERVE (normal (+ (x 1) (w 0)) 0.5) 1.5\n"
                             "OBSERVE (normal (x 2) sd) 2.5\n";
/* Two that go together, so that the metric has directions. */
static const char SLOPED[] = "ASSUME a (normal 0 3)\nASSUME b (normal 0 3)\n"
                             "OBSERVE (normal (+ a (* 4 b)) 0.5) 1.5\n"
                             "OBSERVE (normal (+ a (* 5 b)) 0.5) 2.5\n";
/* More numbers than have correlations. */
static const char WIDE[] = "ASSUME s (half (normal 0 1))\n"
                           "ASSUME z (iid 260 (normal 0 1))\n"
                           "OBSERVE (each (normal (* s z) 0.5)) "
                           "(map (lambda (i) (sin (* i i))) (iota 260))\n";
static const char FINITE[] = "ASSUME a (flip 0.3)\n"
                             "ASSUME b (flip (if a 0.8 0.1))\n"
                             "ASSUME c (uniform-discrete 1 4)\n"
                             "OBSERVE (flip (if b 0.9 (/ c 10))) true\n";
/* Choices that come and go, in procedures of the library too. */
static const char GROWING[] =
    "ASSUME m (gamma 2 1)\n"
    "ASSUME k (geometric 0.4)\n"
    "ASSUME xs (map (lambda (i) (normal m 1)) (iota k))\n"
    "ASSUME counted (make-uc-gamma-poisson 2 1)\n"
    "OBSERVE (normal (+ (sum xs) (counted)) 0.5) 3\n";

static const struct {
    const char *program, *order;
    uint64_t work;
    bool full; /* it wants an engine that keeps a trace */
} trials[] = {
    {MIXED, "INFER (mh) :samples 60 :warmup 20 :chains 2", 1200, false},
    {MIXED, "INFER (mh all each) :samples 40 :warmup 40 :chains 1", 600, false},
    {FINITE, "INFER (gibbs) :samples 60 :warmup 20 :chains 1", 400, false},
    {MIXED, "INFER (slice continuous) :samples 60 :warmup 40 :chains 2", 4000,
     false},
    {GROWING,
     "INFER (cycle (slice continuous) (mh)) :samples 60 :warmup 60 "
     ":chains 1",
     800, false},
    {SMOOTH, "INFER (slice continuous each) :samples 20 :warmup 20 :chains 1",
     2000, false},
    {MIXED, "INFER (drift continuous) :samples 60 :warmup 60 :chains 2", 3000,
     false},
    {GROWING,
     "INFER (cycle (drift continuous 0.3 block) (mh)) :samples 60 "
     ":warmup 60 :chains 1",
     800, false},
    {MIXED,
     "INFER (cycle (propose (extent 1) (lambda (x) (normal x 0.5))) "
     "(mh)) :samples 60 :warmup 20 :chains 1",
     400, false},
    {FINITE, "INFER (rejection) :samples 60 :chains 1", 3000, false},
    {MIXED, "INFER (importance :particles 20) :samples 40 :chains 1", 30000,
     false},
    {FINITE, "INFER (enumerate) :samples 400 :chains 2", 1000, false},
    {MIXED, "INFER (cycle (rerun) (repeat 5 (mh))) :samples 30 :chains 1", 3000,
     false},
    {SMOOTH, "INFER (hmc) :samples 40 :warmup 100 :chains 1", 30000, true},
    {SMOOTH, "INFER (nuts) :samples 60 :warmup 300 :chains 2", 60000, true},
    {WIDE, "INFER (nuts) :samples 10 :warmup 200 :chains 1", 60000, true},
    {SMOOTH, "INFER (nuts :metric dense) :samples 60 :warmup 300 :chains 1",
     60000, true},
    {SMOOTH, "INFER (nuts :metric unit) :samples 30 :warmup 100 :chains 1",
     60000, true},
    {GROWING,
     "INFER (cycle (nuts continuous) (mh)) :samples 60 :warmup 200 "
     ":chains 1",
     30000, true},
    {GROWING,
     "INFER (mixture (1 (nuts :metric dense continuous)) (2 (slice "
     "continuous)) (1 (mh))) :samples 80 :warmup 300 :chains 1",
     6000, true},
    {SMOOTH,
     "INFER (cycle (optimize continuous) (mh)) :samples 12 :warmup 20 "
     ":chains 1",
     2000, true},
    {MIXED, "INFER (auto) :samples 60 :warmup 100 :chains 2", 9000, false},
    {FINITE, "INFER (auto) :samples 300 :warmup 100 :chains 1", 300, false},
    {GROWING, "INFER (auto) :samples 40 :warmup 0 :chains 1", 800, false},
};
enum { TRIALS = sizeof trials / sizeof *trials };

static size_t chains_of(const char *order)
{
    return strstr(order, ":chains 2") ? 2 : 1;
}

/* From the first rest, the last, and those between, some of them. */
static void go_on_from_some(const struct trial *t, const struct told *told)
{
    enum { SOME = 1 };
    size_t chains = chains_of(t->order), n = told->count[0];
    for (size_t i = 0; i <= SOME; i++) {
        size_t k = n > SOME ? i * (n - 1) / SOME : i;
        if (k >= n) break;
        /* The other begins at its beginning, or somewhere. */
        size_t at[CHAINS] = {k, i % 2 ? SIZE_MAX : (k * 3 + 1) % n};
        go_on(t, told, at, chains);
    }
}

static void try_on(size_t i, const char *engine)
{
    static struct told told;
    struct trial t = {
        engine, trials[i].program, trials[i].order, trials[i].work, {0}};
    unbroken(&t, &told);
    if (told.count[0] < 3 || (strstr(t.order, ":warmup") && !told.before &&
                              !strstr(t.order, ":warmup 0")))
        fail_msg("%s, %s: %zu rests, %zu in warmup", t.order, engine,
                 told.count[0], told.before);
    go_on_from_some(&t, &told);
    text_free(&t.base);
    told_close(&told);
}

static void they_go_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < TRIALS; i++) {
        try_on(i, "reduced");
        if (i % 2)
            try_on(i, "traces");
        else if (!trials[i].full)
            try_on(i, "randomdb");
    }
}

/* ---- nothing is lost -------------------------------------------------- */

/* Who goes on and who did not stop lose the same, if they lose anything: what
 * a kernel writes it is to write again when it has read it. */
static bool says_as_much(const struct text *a, const struct text *b)
{
    enum { HEAD = 8 }; /* their lengths */
    size_t front = HEAD, back = 0;
    while (front < a->length && front < b->length &&
           a->at[front] == b->at[front])
        front++;
    while (back < a->length - front && back < b->length - front &&
           a->at[a->length - 1 - back] == b->at[b->length - 1 - back])
        back++;
    /* What is known of coordinates by location is more then, and its count
     * stands before it. */
    return front + back + 8 >= a->length;
}

static void they_know_as_much_again(void **state)
{
    static const struct {
        const char *words, *program;
        uint64_t warmup;
    } rows[] = {
        {"(slice continuous)", SMOOTH, 100},
        {"(drift continuous)", SMOOTH, 100},
        {"(importance :particles 5)", SMOOTH, 100},
        {"(optimize continuous)", SMOOTH, 100},
        {"(auto)", SMOOTH, 100},
        {"(nuts)", SMOOTH, 100},
        {"(nuts :metric dense)", SMOOTH, 100},
        {"(nuts)", SLOPED, 300},
        {"(nuts)", WIDE, 300},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct session *s = open_with(rows[i].program, 3);
        struct place_book places = places_of(s);
        struct transition_counts counts = {0};
        struct text once = {0}, again = {0};
        struct kernel *k = open_kernel(s, rows[i].words);
        kernel_plan(k, rows[i].warmup);
        kernel_warm(k, true);
        assert_true(kernel_run(k, s->engine, rows[i].warmup * 3 / 5, &counts));
        assert_true(kernel_save(k, &places, &once));
        kernel_close(k, s->engine);
        struct kernel_past past = {{once.at, once.length}, &places};
        assert_true(kernel_load(k, s->engine, &past));
        assert_true(kernel_open(k, s->engine));
        assert_true(kernel_save(k, &places, &again));
        kernel_close(k, s->engine);
        if (!says_as_much(&once, &again))
            fail_msg("%s has forgotten something", rows[i].words);
        text_free(&once);
        text_free(&again);
        session_close(s);
    }
}

/* A kernel that comes later is not forgotten here. */
static void every_kernel_is_tried(void **state)
{
    (void)state;
    for (size_t k = 0; k < kernel_count; k++) {
        char word[80];
        bool found = false;
        snprintf(word, sizeof word, "(%s", kernel_rows[k]->name);
        for (size_t i = 0; i < TRIALS; i++)
            for (const char *at = trials[i].order; (at = strstr(at, word));
                 at++)
                found = found || strchr(" )", at[strlen(word)]);
        if (!found) fail_msg("%s is not tried", kernel_rows[k]->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_go_on),
        cmocka_unit_test(they_know_as_much_again),
        cmocka_unit_test(every_kernel_is_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
