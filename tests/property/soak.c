/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Long chains of the reduced engine, looked at all the time:
 *
 *     soak [-engine E] [-n TRANSITIONS] [-e EVERY] FILE...
 *
 * Each program makes so many transitions (100,000). A transition that was
 * rejected, or that could not be, must leave every word of the trace as it
 * was (words.h). After every so many (1,000), and at the end, the trace must
 * be sound (reduced_check): each choice's score the same to the bit as when
 * it is computed anew, the total to 1e-9 (1 + |score|), all lists and guards
 * right. At the end the program is loaded anew on the choices of the last
 * state: the score must be that of the chain, and nothing may be drawn.
 *
 * Other than tests/balance it takes any program, whatever its choices. The
 * last line is `N passed, M failed, K skipped`.
 */
#include "session/program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "trace/reduced.h"

#include "../property/words.h"

struct soak {
    struct session *session;
    uint64_t transitions, every;
    char complaint[600];
};

static bool complain(struct soak *s, uint64_t at, const char *words)
{
    snprintf(s->complaint, sizeof s->complaint, "transition %llu: %s",
             (unsigned long long)at, words);
    return false;
}

static bool is_sound(struct soak *s, uint64_t at)
{
    char why[300];
    return reduced_check(reduced_trace(s->session->engine), why, sizeof why) ||
           complain(s, at, why);
}

static bool make_transitions(struct soak *s)
{
    struct engine *e = s->session->engine;
    struct trace *t = reduced_trace(e);
    struct transition_counts c = {0};
    uint64_t before = trace_words(t);
    for (uint64_t i = 1; i <= s->transitions; i++) {
        uint64_t accepted = c.accepted;
        if (!e->op->transition(e, 1, &c))
            return complain(s, i, session_error(s->session)->message);
        uint64_t after = trace_words(t);
        if (c.accepted == accepted && after != before)
            return complain(s, i, "a rejected transition left its mark");
        before = after;
        if (i % s->every == 0 && !is_sound(s, i)) return false;
        if (!e->op->free_choices(e)) break;
    }
    return is_sound(s, c.transitions);
}

/* Replacing a directive by itself loads the program on its own choices. */
static bool load_again(struct soak *s)
{
    struct session *session = s->session;
    struct engine *e = session->engine;
    struct random random = session->machine->random;
    uint64_t choices = e->op->all_choices(e);
    double score = e->op->log_score(e);
    if (!session->program.count) return true;
    struct directive *d = session->program.at[0];
    if (!e->op->add(e, d, d))
        return complain(s, s->transitions, session_error(session)->message);
    if (memcmp(&random, &session->machine->random, sizeof random))
        return complain(s, s->transitions, "loading the state draws");
    double again = e->op->log_score(e);
    if (e->op->all_choices(e) != choices ||
        !(fabs(again - score) <= 1e-9 * (1.0 + fabs(again)))) {
        char words[200];
        snprintf(words, sizeof words,
                 "%llu choices, score %.17g; loaded %llu, %.17g",
                 (unsigned long long)choices, score,
                 (unsigned long long)e->op->all_choices(e), again);
        return complain(s, s->transitions, words);
    }
    return is_sound(s, s->transitions);
}

static bool read_program(struct soak *s, const char *path)
{
    enum { ROOM = 1 << 18 };
    FILE *f = fopen(path, "rb");
    if (!f) return complain(s, 0, "cannot be read");
    char *text = memory_new_atomic(ROOM);
    struct source *source = memory_new(sizeof *source);
    *source = (struct source){path, text, fread(text, 1, ROOM - 1, f)};
    fclose(f);
    return session_run(s->session, source) ||
           complain(s, 0, session_error(s->session)->message);
}

static const char *engine = "reduced"; /* or another that keeps traces */

static bool soak_file(const char *path, uint64_t transitions, uint64_t every)
{
    struct session_options o = {
        .engine = engine, .seed = 1, .seeded = true, .initial_heap = 64 << 20};
    struct error error = {0};
    struct soak s = {.transitions = transitions, .every = every};
    s.session = session_open(&o, &error);
    if (!s.session) {
        printf("FAIL %s: %s\n", path, error.message);
        return false;
    }
    bool good =
        read_program(&s, path) && make_transitions(&s) && load_again(&s);
    if (!good) printf("FAIL %s: %s\n", path, s.complaint);
    fflush(stdout);
    session_close(s.session);
    return good;
}

int main(int count, char **words)
{
    uint64_t transitions = 100000, every = 1000;
    int passed = 0, failed = 0;
    memory_init(64 << 20);
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "-engine") == 0 && i + 1 < count)
            engine = words[++i];
        else if (strcmp(words[i], "-n") == 0 && i + 1 < count)
            transitions = strtoull(words[++i], NULL, 10);
        else if (strcmp(words[i], "-e") == 0 && i + 1 < count)
            every = strtoull(words[++i], NULL, 10);
        else
            *(soak_file(words[i], transitions, every) ? &passed : &failed) += 1;
    }
    printf("%d passed, %d failed, 0 skipped\n", passed, failed);
    return failed || !passed;
}
