/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a transition of the reduced trace asks of the collector: nothing.
 * Each program of the benchmarks runs for a while, so that all that grows
 * has grown; then the bytes that were asked for in further rounds are
 * counted, and printed for one transition. A round in which nothing was
 * asked for must be among them: pools take a block where a trace is larger
 * than it ever was, and that is rare.
 */
#include "session/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

/* All that was ever asked for. */
#ifdef VST_PLAIN_MEMORY
static size_t asked_for(void) { return memory_in_use(); }
#else
#include <gc/gc.h>
static size_t asked_for(void) { return GC_get_total_bytes(); }
#endif

enum { ROUNDS = 5 };

static const struct row {
    const char *name; /* of a file of bench/programs */
    uint64_t warmup, round;
    /* Draws vectors, makes procedures on the way, or copies the tables of a
     * CRP: that takes memory. */
    bool more_than_numbers;
} rows[] = {
    {"sprinkler", 20000, 20000, false},
    {"mean_map", 20000, 20000, false},
    {"mean_branch_map", 20000, 20000, false},
    {"hyper_beta", 20000, 20000, false},
    {"regression_map", 1000, 2000, false},
    {"tree_sum", 5000, 20000, false},
    {"tree_means", 5000, 20000, false},
    {"categorical_n10", 20000, 20000, false},
    {"categorical_n100", 20000, 20000, false},
    {"hmm_s5_c10", 50000, 20000, true},
    {"hmm_s5_c100", 50000, 20000, true},
    {"hmm_normal", 50000, 20000, true},
    {"topic_collapsed_t5_w20_d1_p10", 50000, 20000, true},
    {"topic_collapsed_t5_w20_d5_p20_obs", 50000, 20000, true},
    {"crp_mixture_n10", 50000, 20000, true},
    {"crp_mixture_n20_obs", 50000, 20000, true},
    {"bayes_n50_k10", 50000, 20000, false},
};

static struct session *open_file(const char *name)
{
    struct session_options o = {.engine = "reduced",
                                .seed = 1,
                                .seeded = true,
                                .initial_heap = 64 << 20};
    struct error error = {0};
    char path[200];
    size_t room = 1 << 16;
    struct session *s = session_open(&o, &error);
    if (!s) fail_msg("%s", error.message);
    snprintf(path, sizeof path, "bench/programs/%s.church", name);
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("%s is not there: run from the root", path);
    char *text = memory_new_atomic(room);
    struct source *source = memory_new(sizeof *source);
    *source = (struct source){name, text, fread(text, 1, room - 1, f)};
    fclose(f);
    if (!session_run(s, source)) fail_msg("%s", session_error(s)->message);
    return s;
}

static size_t asked_in(struct session *s, uint64_t transitions)
{
    struct transition_counts c = {0};
    size_t before = asked_for();
    if (!s->engine->op->transition(s->engine, transitions, &c))
        fail_msg("%s", session_error(s)->message);
    return asked_for() - before;
}

/* The bytes of the best round; *mean of all, for one transition. */
static size_t best_round(const struct row *row, double *mean)
{
    struct session *s = open_file(row->name);
    size_t best = SIZE_MAX, all = 0;
    asked_in(s, row->warmup);
    for (int i = 0; i < ROUNDS; i++) {
        size_t asked = asked_in(s, row->round);
        if (asked < best) best = asked;
        all += asked;
    }
    session_close(s);
    *mean = (double)all / (ROUNDS * (double)row->round);
    return best;
}

static void test_nothing(void **state)
{
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double mean;
        bool good = best_round(&rows[i], &mean) == 0;
        bool may = rows[i].more_than_numbers;
        printf("%s  %-36s %10.2f bytes a transition\n",
               good  ? "ok  "
               : may ? "    "
                     : "MUCH",
               rows[i].name, mean);
        wrong += !good && !may;
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nothing)};
    memory_init(64 << 20);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
