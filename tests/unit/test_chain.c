/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a chain tells: through a pipe in pieces, into columns, into a draws
 * file with an adaptation, and several of different lengths into one.
 */
#include "session/chains.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "session/adaptation.h"
#include "session/sampler_report.h"

/* ---- telling ---------------------------------------------------------- */

static void header(message_take *take, void *to, struct message_header h,
                   const char *names, size_t length)
{
    char bytes[512];
    memcpy(bytes, &h, sizeof h);
    memcpy(bytes + sizeof h, names, length);
    assert_true(take(to, MESSAGE_HEADER, bytes, sizeof h + length));
}

static void level(message_take *take, void *to, uint32_t column,
                  const char *shown)
{
    char bytes[64] = {0};
    memcpy(bytes, &column, sizeof column);
    strcpy(bytes + sizeof column, shown);
    strcpy(bytes + sizeof column + strlen(shown) + 1, shown);
    assert_true(take(to, MESSAGE_LEVEL, bytes,
                     sizeof column + 2 * (strlen(shown) + 1)));
}

static const char ADAPTED[] = "Adaptation terminated\n"
                              "Step size = 0.8125\n"
                              "Diagonal elements of inverse mass matrix:\n"
                              "1.5, 0.25\n";
static const char NAMES[] = "lp__\0accept_stat__\0stepsize__\0treedepth__\0"
                            "n_leapfrog__\0divergent__\0energy__\0mu\0z";
enum { OWN = 7, WIDTH = 9 };

/* A chain of NUTS: mu counts draws from `start`, z is one of two levels, the
 * first of them `first`. */
static void tell_nuts(message_take *take, void *to, size_t draws, double start,
                      int first)
{
    static const char *const levels[] = {"sun", "rain"};
    struct message_header h = {.warmup = 100,
                               .samples = 500,
                               .thin = 2,
                               .width = WIDTH,
                               .own = OWN,
                               .parameters = WIDTH - OWN,
                               .sampler = SAMPLER_NUTS,
                               .target = 0.9,
                               .depth = 8};
    unsigned char kinds[WIDTH] = {COLUMN_NUMBER,  COLUMN_NUMBER, COLUMN_NUMBER,
                                  COLUMN_INTEGER, COLUMN_NUMBER, COLUMN_NUMBER,
                                  COLUMN_NUMBER,  COLUMN_NUMBER, COLUMN_LEVELS};
    struct run_result r = {.draws = draws,
                           .warmup_seconds = 0.25,
                           .seconds = 1.5,
                           .tale = {NAN, NAN, NAN}};
    assert_true(take(to, MESSAGE_ADAPTED, ADAPTED, sizeof ADAPTED - 1));
    header(take, to, h, NAMES, sizeof NAMES);
    for (size_t i = 0; i < draws; i++) {
        double row[WIDTH] = {-1.5, 0.75,   0.8125,          3,
                             7,    i == 2, 4.5 + (double)i, start + (double)i,
                             i % 2};
        if (i < 2) level(take, to, WIDTH - 1, levels[(first + (int)i) % 2]);
        assert_true(take(to, MESSAGE_DRAW, row, sizeof row));
    }
    assert_true(take(to, MESSAGE_KINDS, kinds, sizeof kinds));
    assert_true(take(to, MESSAGE_END, &r, sizeof r));
}

/* ---- the file --------------------------------------------------------- */

static char *read_file(const char *path)
{
    static char text[4096];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return text;
}

/* In CmdStan's words and places, so that its readers find them. */
static void draws_files_keep_an_adaptation(void **state)
{
    char stem[] = "/tmp/test_chain.XXXXXX", path[64];
    struct error error = {0};
    struct chain c;
    struct chain_facts facts = {
        .out = stem, .engine = "reduced", .kernel = "(nuts\nall)", .seed = 42};
    (void)state;
    int unused = mkstemp(stem);
    assert_true(unused >= 0);
    close(unused);
    assert_true(chain_open(&c, 2, &facts, &error));
    tell_nuts(chain_take, &c, 3, 1.5, 0);
    assert_int_equal(c.state, CHAIN_DONE);
    assert_true(chain_finish(&c, &error));
    snprintf(path, sizeof path, "%s_2.csv", stem);
    char *text = read_file(path);
    const char *number = strstr(text, "num_samples = 6     ");
    assert_non_null(number); /* 3 draws of 2 transitions, not the 500 */
    static const char *const parts[] = {
        "# kernel = (nuts all)\n# method = sample\n",
        "#     num_warmup = 100\n#     save_warmup = 0\n#     thin = 2\n",
        "#       delta = 0.9\n#     algorithm = hmc\n#       hmc\n"
        "#         engine = nuts\n#           nuts\n"
        "#             max_depth = 8\n#         metric = diag_e\n"
        "# id = 2\n# random\n#   seed = 42\n"
        "lp__,accept_stat__,stepsize__,treedepth__,n_leapfrog__,divergent__,"
        "energy__,mu,z\n"
        "# Adaptation terminated\n# Step size = 0.8125\n"
        "# Diagonal elements of inverse mass matrix:\n# 1.5, 0.25\n",
        "\n-1.5,0.75,0.8125,3,7,0,4.5,1.5,0\n",
        "\n-1.5,0.75,0.8125,3,7,1,6.5,3.5,0\n# \n"
        "#  Elapsed Time: 0.25 seconds (Warm-up)\n"
        "#                1.25 seconds (Sampling)\n"
        "#                1.5 seconds (Total)\n# \n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!strstr(text, parts[i])) fail_msg("no %s in %s", parts[i], text);
    }
    const char *kept = adaptation_read(path, &error);
    assert_non_null(kept);
    assert_string_equal(kept, ADAPTED);
    chain_close(&c);
    unlink(path);
    unlink(stem);
}

/* ---- the pipe --------------------------------------------------------- */

struct heard {
    struct chain chain;
    size_t messages;
    bool piped; /* numbers are aligned */
};

static bool count_and_take(void *context, enum message_kind kind,
                           const void *bytes, size_t length)
{
    struct heard *h = context;
    h->messages++;
    if (h->piped) assert_int_equal((uintptr_t)bytes % 8, 0);
    return chain_take(&h->chain, kind, bytes, length);
}

/* However the pipe cuts them; and what is cut off at its end is lost. */
static void messages_come_whole(void **state)
{
    int outer[2], inner[2];
    struct heard whole = {0}, pieces = {.piped = true};
    struct chain_facts facts = {0};
    struct error error = {0};
    (void)state;
    assert_int_equal(pipe(outer), 0);
    assert_int_equal(pipe2(inner, O_NONBLOCK), 0);
    fcntl(outer[0], F_SETFL, O_NONBLOCK);
    struct outbox out = {.pipe = outer[1]};
    chain_open(&whole.chain, 1, &facts, &error);
    chain_open(&pieces.chain, 1, &facts, &error);
    tell_nuts(count_and_take, &whole, 40, 0, 0);
    tell_nuts(outbox_take, &out, 40, 0, 0);
    close(outer[1]);
    struct inbox in = {.pipe = inner[0]};
    char some[13];
    for (ssize_t n; (n = read(outer[0], some, sizeof some)) > 0;) {
        assert_int_equal(write(inner[1], some, (size_t)n), n);
        assert_int_equal(inbox_read(&in, count_and_take, &pieces), INBOX_OPEN);
    }
    assert_int_equal(write(inner[1], "half", 4), 4);
    close(inner[1]);
    assert_int_equal(inbox_read(&in, count_and_take, &pieces), INBOX_ENDED);
    assert_int_equal(pieces.messages, whole.messages);
    assert_int_equal(pieces.chain.draws, 40);
    assert_int_equal(pieces.chain.state, CHAIN_DONE);
    assert_memory_equal(pieces.chain.columns[7].at, whole.chain.columns[7].at,
                        40 * sizeof(double));
    close(outer[0]);
    close(inner[0]);
    text_free(&in.bytes);
    text_free(&out.bytes);
    chain_close(&whole.chain);
    chain_close(&pieces.chain);
}

static void nobody_reads(void **state)
{
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    struct outbox out = {.pipe = ends[1]};
    assert_false(outbox_take(&out, MESSAGE_END, "", 0));
    text_free(&out.bytes);
    close(ends[1]);
}

/* ---- several ---------------------------------------------------------- */

static void join(struct drawn *out, const size_t *lengths, size_t count)
{
    struct chain chains[4];
    struct chain_facts facts = {0};
    struct chains_of_order c = {.at = chains, .count = count};
    struct error error = {0};
    for (size_t i = 0; i < count; i++) {
        chain_open(&chains[i], (int)i + 1, &facts, &error);
        tell_nuts(chain_take, &chains[i], lengths[i], 100.0 * (double)i,
                  (int)i);
    }
    assert_true(chains_columns(&c, out));
    for (size_t i = 0; i < count; i++) chain_close(&chains[i]);
    text_free(&c.notes);
}

/* Lengths are one, the one that keeps most; codes of levels mean the same in
 * all chains. */
static void chains_are_joined(void **state)
{
    struct drawn d;
    (void)state;
    join(&d, (size_t[]){10, 8, 3, 9}, 4);
    assert_int_equal(d.chains, 3);
    assert_int_equal(d.length, 8);
    assert_int_equal(d.own_count, OWN);
    assert_int_equal(d.count, 2);
    assert_true(d.depth == 8);
    const struct column *mu = &d.columns[0], *z = &d.columns[1];
    assert_int_equal(mu->length, 24);
    assert_int_equal(mu->chains, 3);
    assert_true(mu->at[7] == 7 && mu->at[8] == 100 && mu->at[16] == 300);
    /* Chain 1 begins with sun, the others, 2 and 4, with rain. */
    assert_int_equal(z->levels.count, 2);
    assert_true(z->at[0] == 0 && z->at[1] == 1);
    assert_true(z->at[8] == 1 && z->at[9] == 0 && z->at[16] == 1);
    drawn_close(&d);
    join(&d, (size_t[]){10, 0, 10}, 3);
    assert_int_equal(d.chains, 2);
    assert_int_equal(d.length, 10);
    drawn_close(&d);
    join(&d, (size_t[]){0, 0}, 2);
    assert_int_equal(d.chains, 0);
    assert_int_equal(d.count, 0);
    drawn_close(&d);
}

/* ---- the verdict of samplers ------------------------------------------ */

enum { DRAWS = 200 };

/* Two chains; draws diverge where tau is low, or anywhere. */
static const char *verdict(bool in_one_place, double energy_step, double depth)
{
    static struct text out;
    static const struct source source = {
        "m.church", "ASSUME mu 1\nASSUME tau (gamma 1 1)\n", 35};
    struct column own[3], columns[2];
    struct drawn d = {.columns = columns,
                      .count = 2,
                      .own = own,
                      .own_count = 3,
                      .chains = 2,
                      .length = DRAWS,
                      .depth = depth};
    static const char *const names[] = {"divergent__", "treedepth__",
                                        "energy__"};
    text_clear(&out);
    assert_true(text_puts(&out, ""));
    for (int i = 0; i < 3; i++) assert_true(column_open(&own[i], names[i]));
    assert_true(column_open(&columns[0], "mu"));
    assert_true(column_open(&columns[1], "tau"));
    columns[1].span = (struct span){&source, 12, 34};
    for (int i = 0; i < 2 * DRAWS; i++) {
        double tau = (double)(i * 37 % 101) / 100, mu = i * 53 % 97;
        bool divergent = in_one_place ? tau < 0.06 : i % 17 == 0;
        double energy = energy_step > 0 ? i * energy_step : i * 71 % 89;
        const double row[] = {divergent, i % 40 ? 3 : 9, energy};
        for (int k = 0; k < 3; k++) assert_true(column_push(&own[k], row[k]));
        assert_true(column_push(&columns[0], mu));
        assert_true(column_push(&columns[1], tau));
        columns[0].kind = columns[1].kind = COLUMN_NUMBER;
    }
    assert_true(sampler_verdict(&out, &d));
    for (int i = 0; i < 3; i++) column_close(&own[i]);
    for (int i = 0; i < 2; i++) column_close(&columns[i]);
    return out.at;
}

static void divergences_have_a_place(void **state)
{
    (void)state;
    assert_string_equal(
        verdict(true, 0, 10),
        "Not to be trusted: 24 of 400 draws diverged, where `tau` is low "
        "(0.025, elsewhere 0.53). A step is too long there: a higher "
        ":target-accept may do, or another form of the model.\n"
        "See m.church:2:1: ASSUME tau (gamma 1 1)\n");
    assert_string_equal(
        verdict(false, 0, 10),
        "Not to be trusted: 24 of 400 draws diverged, not in one place. A "
        "higher :target-accept may do.\n");
}

static void energies_and_trees_are_judged(void **state)
{
    (void)state;
    assert_non_null(strstr(verdict(false, 0.01, 10),
                           "\nThe energy hardly moves: E-BFMI 0.00 in chain "
                           "1, and should be 0.3 at least."));
    assert_non_null(strstr(verdict(false, 0, 9),
                           "\n10 of 400 draws stopped at tree depth 9: "));
}

int main(void)
{
    memory_init(1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_files_keep_an_adaptation),
        cmocka_unit_test(messages_come_whole),
        cmocka_unit_test(nobody_reads),
        cmocka_unit_test(chains_are_joined),
        cmocka_unit_test(divergences_have_a_place),
        cmocka_unit_test(energies_and_trees_are_judged),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
