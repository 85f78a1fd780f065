/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * INFER: runs the order that its arguments give, and answers with what came
 * out. What a run does is in infer/run.c; what it keeps of the draws is in
 * collect.c; here the two are put together and reported.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/collect.h"
#include "session/command.h"
#include "session/complaint.h"
#include "session/exact.h"
#include "session/histogram.h"
#include "session/kept.h"
#include "session/program.h"
#include "session/summary.h"

static const struct look plain_look = {0};

/* ---- before and after ------------------------------------------------- */

/* Random numbers and the first state; then what depends on that state. */
static bool prepare(struct session *s, struct order *o)
{
    const struct engine_operations *op = s->engine->op;
    if (o->seeded) session_seed(s, o->seed);
    if (o->rerun && !op->rerun(s->engine)) return false;
    /* A single-site kernel moves one choice at a time: by default a draw
     * comes after as many transitions as there are choices, a sweep. */
    if (o->plan.thin == 0) {
        uint64_t choices = op->free_choices(s->engine);
        bool sweep = o->plan.kernel->row->single_site &&
                     o->plan.kernel->pick == PICK_ONE && choices > 1;
        o->plan.thin = sweep ? choices : 1;
    }
    if (o->warmup_draws) {
        uint64_t draws = o->plan.warmup, thin = o->plan.thin;
        o->plan.warmup = draws > UINT64_MAX / thin ? UINT64_MAX : draws * thin;
    }
    return true;
}

static void answer_run(const struct session *s, const struct order *o,
                       const struct run_result *r, struct answer *a)
{
    const struct transition_counts *w = &r->warmup, *c = &r->counts;
    answer_string(a, NULL, "kernel", o->plan.kernel->name);
    answer_integer(a, NULL, "transitions",
                   (int64_t)(w->transitions + c->transitions));
    answer_integer(a, NULL, "proposals",
                   (int64_t)(w->proposals + c->proposals));
    answer_integer(a, NULL, "accepted", (int64_t)(w->accepted + c->accepted));
    answer_integer(a, NULL, "touched", (int64_t)(w->touched + c->touched));
    answer_number(a, NULL, "seconds", r->seconds);
    answer_integer(a, NULL, "seed", (int64_t)s->seed);
}

static bool run(struct session *s, const struct order *o,
                struct run_watcher *watcher, struct run_result *result,
                struct answer *a)
{
    watcher->progress_context = s->hooks.context;
    watcher->progress = s->hooks.progress;
    /* What was done counts, also when the run ends in an error (MHSTATS). */
    bool good = run_chain(s->engine, &o->plan, watcher, result);
    const struct transition_counts *parts[] = {&result->warmup,
                                               &result->counts};
    for (int i = 0; i < 2; i++) {
        s->made.transitions += parts[i]->transitions;
        s->made.proposals += parts[i]->proposals;
        s->made.accepted += parts[i]->accepted;
        s->made.impossible += parts[i]->impossible;
        s->made.touched += parts[i]->touched;
    }
    s->stopped = good && result->end == RUN_CANCELLED;
    if (!complaints_gather(s) || !good) return false;
    a->directive = "infer";
    a->in_script = true;
    answer_run(s, o, result, a);
    return true;
}

/* ---- the report ------------------------------------------------------- */

static void report_end(const struct order *o, const struct run_result *r,
                       struct answer *a)
{
    char line[120], made[32], planned[32];
    if (r->end == RUN_DONE) return;
    bool timed = r->end == RUN_TIME;
    if (o->form == ORDER_MOVE)
        snprintf(line, sizeof line, "after %s of %s transitions",
                 grouped(r->counts.transitions, made),
                 grouped(o->plan.thin, planned));
    else
        snprintf(line, sizeof line, "after %s draws", grouped(r->draws, made));
    answer_string(a, timed ? "time is over" : "stopped", NULL, line);
    answer_string(a, NULL, "ended", timed ? "time" : "cancelled");
}

static void report_counts(const struct session *s, const struct run_result *r,
                          struct answer *a)
{
    char line[200], all[32], made[32], taken[32];
    uint64_t transitions = r->warmup.transitions + r->counts.transitions;
    uint64_t proposals = r->warmup.proposals + r->counts.proposals;
    uint64_t accepted = r->warmup.accepted + r->counts.accepted;
    snprintf(line, sizeof line, "%.2f", r->seconds);
    answer_string(a, "time", NULL, line);
    if (proposals)
        snprintf(line, sizeof line,
                 "%s, accepted %s of %s proposals (%.1f %%), seed %llu",
                 grouped(transitions, all), grouped(accepted, taken),
                 grouped(proposals, made),
                 100 * (double)accepted / (double)proposals,
                 (unsigned long long)s->seed);
    else
        snprintf(line, sizeof line,
                 "%s, and no choice to propose to, seed %llu",
                 grouped(transitions, all), (unsigned long long)s->seed);
    answer_string(a, "transitions", NULL, line);
}

/* What only some kernels know. Of fewer effective states than these a draw a
 * step of importance sampling says little: a mean of so few weights is off by
 * half of itself. */
enum { EFFECTIVE_LEAST = 4 };

static void report_kernel(const struct kernel *k, const struct run_result *r,
                          struct answer *a)
{
    char line[200], all[32];
    const struct kernel_tale *tale = &r->tale;
    if (!isnan(tale->log_ml)) {
        snprintf(line, sizeof line, "%.6g", tale->log_ml);
        answer_string(a, "log marginal likelihood", NULL, line);
        answer_number(a, NULL, "log_ml", tale->log_ml);
    }
    if (!isnan(tale->size)) {
        bool few = tale->size < EFFECTIVE_LEAST;
        snprintf(line, sizeof line, "%.3g of %.0f states a draw%s", tale->size,
                 tale->size_of,
                 few ? ": the estimate cannot be trusted, a few states "
                       "outweigh all others (try more, or another kernel)"
                     : "");
        answer_string(a, "effective sample size", NULL, line);
        answer_number(a, NULL, "effective", tale->size);
    }
    if (k->sweep_fixed) {
        snprintf(line, sizeof line,
                 "%s moves would have changed what the sweep goes over",
                 grouped(k->sweep_fixed, all));
        answer_string(a, "refused", NULL, line);
    }
    if (k->plan) answer_block(a, k->plan, "plan", NULL);
}

static bool report(struct session *s, const struct order *o,
                   const struct run_result *r, struct answer *a)
{
    report_end(o, r, a);
    report_counts(s, r, a);
    report_kernel(o->plan.kernel, r, a);
    return complaints_answer(s, r->warmup.proposals + r->counts.proposals, a);
}

/* ---- INFER n ---------------------------------------------------------- */

static bool infer_move(struct session *s, const struct order *o,
                       struct answer *a)
{
    struct run_result result;
    struct run_watcher nobody = {0};
    if (!run(s, o, &nobody, &result, a) || !report(s, o, &result, a))
        return false;
    answer_string(a, "for a summary", NULL, "INFER (mh) :samples 1000");
    return true;
}

/* ---- INFER expr samples lag ------------------------------------------- */

struct distribution {
    struct session *session;
    struct code *code;
    struct column column;
};

static bool add_draw(void *context, const struct run_result *so_far)
{
    struct distribution *d = context;
    struct session *s = d->session;
    value v;
    (void)so_far;
    s->machine->passing = true;
    bool good = s->engine->op->evaluate(s->engine, d->code, &v);
    s->machine->passing = false;
    if (!good) return false;
    return column_add(&d->column, v) || machine_no_memory(s->machine);
}

enum { VALUES_MAX = 60 };

/* `False: 6957`, most frequent first. */
static bool print_counts(struct text *out, const struct column *column)
{
    struct count *counts;
    size_t length;
    if (!column_counts(column, &counts, &length)) return false;
    bool good = true;
    for (size_t i = 0; good && i < length && i < VALUES_MAX; i++)
        good = column_print(out, column, counts[i].x) &&
               text_printf(out, ": %zu\n", counts[i].times);
    if (good && length > VALUES_MAX)
        good = text_printf(out, "and %zu more\n", length - VALUES_MAX);
    free(counts);
    return good;
}

/* Who stopped the run does not wait for the last digit. */
static bool summarise(struct summary *s, const struct column *columns,
                      size_t count, enum run_end end)
{
    return end == RUN_CANCELLED ? summary_open_soon(s, columns, count)
                                : summary_open(s, columns, count);
}

/* Real numbers: a summary and a histogram. */
static bool print_reals(struct text *out, const struct column *column,
                        enum run_end end)
{
    struct summary summary;
    if (!summarise(&summary, column, 1, end)) return false;
    bool good = summary_table(out, &summary, &plain_look) &&
                text_puts(out, "\n") &&
                histogram_text(out, column, &plain_look);
    summary_close(&summary);
    return good;
}

static bool answer_distribution(struct session *s, const struct column *column,
                                enum run_end end, struct answer *a)
{
    struct text lines = {0}, json = {0};
    bool good =
        (column->length == 0             ? text_puts(&lines, "no draws\n")
         : histogram_is_discrete(column) ? print_counts(&lines, column)
                                         : print_reals(&lines, column, end)) &&
        histogram_json(&json, column);
    if (good)
        answer_block(a, lines.at, "distribution", json.at);
    else
        machine_no_memory(s->machine);
    text_free(&lines);
    text_free(&json);
    return good;
}

/* No draws, but every state: how many samples were asked for is no matter. */
static bool infer_exact(struct session *s, const struct order *o,
                        struct answer *a)
{
    double log_ml = NAN;
    uint64_t states = 0;
    char line[80], all[32];
    a->directive = "infer";
    a->in_script = true;
    answer_string(a, NULL, "kernel", o->plan.kernel->name);
    if (!exact_answer(s, o, a, &log_ml, &states)) return false;
    snprintf(line, sizeof line, "%s states, log marginal likelihood %.6g",
             grouped(states, all), log_ml);
    answer_string(a, "exact", NULL, line);
    answer_integer(a, NULL, "states", (int64_t)states);
    answer_number(a, NULL, "log_ml", log_ml);
    return true;
}

static bool infer_distribution(struct session *s, const struct order *o,
                               struct answer *a)
{
    char name[80];
    struct run_result result;
    struct distribution d = {.session = s};
    struct run_watcher watcher = {.context = &d, .draw = add_draw};
    span_text(o->expression->span, name, sizeof name);
    d.code = machine_compile(s->machine, o->expression);
    if (!d.code) return false;
    if (!column_open(&d.column, name)) return machine_no_memory(s->machine);
    bool good = run(s, o, &watcher, &result, a) &&
                answer_distribution(s, &d.column, result.end, a) &&
                report(s, o, &result, a);
    if (good) good = kept_take(s, &d.column, 1);
    column_close(&d.column);
    return good;
}

/* ---- INFER [kernel] :samples n ... ------------------------------------ */

static bool print_summary(const struct flat *flat, enum run_end end,
                          struct text *lines, struct text *json)
{
    struct summary summary;
    if (!summarise(&summary, flat->columns, flat->width, end)) return false;
    bool good = summary_json(json, &summary);
    if (good && summary.count)
        good = summary_table(lines, &summary, &plain_look) &&
               summary_verdict(lines, &summary);
    else if (good)
        good = text_puts(lines, "nothing to summarise: no ASSUME or PREDICT "
                                "gives numbers that depend on a choice\n");
    summary_close(&summary);
    return good;
}

static bool answer_summary(struct collector *c, const struct run_result *r,
                           struct answer *a)
{
    struct text lines = {0}, json = {0};
    bool good = print_summary(&c->flat, r->end, &lines, &json);
    if (good)
        answer_block(a, lines.at, "summary", json.at);
    else
        machine_no_memory(c->session->machine);
    if (c->notes.length) {
        answer_block(a, c->notes.at, NULL, NULL);
        answer_string(a, NULL, "notes", c->notes.at);
    }
    answer_integer(a, NULL, "draws", (int64_t)r->draws);
    answer_integer(a, NULL, "divergences", 0);
    text_free(&lines);
    text_free(&json);
    return good;
}

static bool infer_draws(struct session *s, const struct order *o,
                        struct answer *a)
{
    struct run_result result;
    struct collector c;
    struct run_watcher watcher = {
        .context = &c, .warm = collect_warm, .draw = collect_draw};
    if (!collect_open(&c, s, o)) return false;
    const char *path =
        c.file.path ? kept_string(c.file.path, strlen(c.file.path)) : NULL;
    bool good = run(s, o, &watcher, &result, a) && collect_finish(&c) &&
                answer_summary(&c, &result, a) && report(s, o, &result, a);
    if (good && path) answer_string(a, "draws", "out", path);
    if (good) good = kept_take(s, c.flat.columns, c.flat.width);
    collect_close(&c);
    return good;
}

/* ---- the directives --------------------------------------------------- */

static bool infer(struct session *s, struct order *o, struct answer *a)
{
    if (!prepare(s, o)) return false;
    switch (o->form) {
    case ORDER_MOVE: return infer_move(s, o, a);
    case ORDER_DISTRIBUTION:
        return o->plan.kernel->row == kernel_find("enumerate")
                   ? infer_exact(s, o, a)
                   : infer_distribution(s, o, a);
    default: return infer_draws(s, o, a);
    }
}

bool command_infer(struct session *s, const struct request *q, struct answer *a)
{
    struct order o;
    return order_parse(s, q, &o) && infer(s, &o, a);
}

bool command_infer_many(struct session *s, const struct request *q,
                        struct answer *a)
{
    struct order o;
    return order_parse_many(s, q, &o) && infer(s, &o, a);
}
