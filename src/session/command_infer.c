/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * INFER: runs the order that its arguments give, and answers with what came
 * out. What a run does is in infer/run.c; orders for draws are in
 * command_draws.c.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/chain_run.h"
#include "session/command.h"
#include "session/complaint.h"
#include "session/exact.h"
#include "session/histogram.h"
#include "session/infer_report.h"
#include "session/kept.h"
#include "session/summary.h"

static const struct look plain_look = {0};

/* ---- before and after ------------------------------------------------- */

static void show_progress(void *session, const struct run_progress *p)
{
    const struct session_hooks *hooks = &((struct session *)session)->hooks;
    if (hooks->progress) hooks->progress(hooks->context, p, 1);
}

static bool run(struct session *s, const struct order *o,
                struct run_watcher *watcher, struct run_result *result,
                struct answer *a)
{
    watcher->progress_context = s;
    watcher->progress = show_progress;
    /* What was done counts, also when the run ends in an error (MHSTATS). */
    bool good = run_chain(s->engine, &o->plan, watcher, result);
    session_count(s, result);
    s->stopped = good && result->end == RUN_CANCELLED;
    if (!complaints_gather(s) || !good) return false;
    answer_run(s, o, result, a);
    return true;
}

/* ---- INFER n ---------------------------------------------------------- */

static bool infer_move(struct session *s, const struct order *o,
                       struct answer *a)
{
    struct run_result result;
    struct run_watcher nobody = {0};
    if (!run(s, o, &nobody, &result, a) || !report_run(s, o, &result, NULL, a))
        return false;
    answer_string(a, "for a summary", NULL, "INFER :samples 1000");
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

/* Real numbers: a summary and a histogram. */
static bool print_reals(struct text *out, const struct column *column,
                        enum run_end end)
{
    struct summary summary;
    if (!summary_open_at(&summary, column, 1, end)) return false;
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
    struct exact_size size;
    char line[100], all[32];
    a->directive = "infer";
    a->in_script = true;
    answer_string(a, NULL, "kernel", o->plan.kernel->name);
    if (!exact_answer(s, o, a, &log_ml, &size)) return false;
    snprintf(line, sizeof line, "%s %s, log marginal likelihood %.6g",
             grouped(size.parts ? size.parts : size.states, all),
             size.parts ? "parts" : "states", log_ml);
    answer_string(a, "exact", NULL, line);
    if (size.parts)
        answer_integer(a, NULL, "parts", (int64_t)size.parts);
    else
        answer_integer(a, NULL, "states", (int64_t)size.states);
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
                report_run(s, o, &result, NULL, a);
    if (good) good = kept_take(s, &d.column, 1);
    column_close(&d.column);
    return good;
}

/* ---- the directives --------------------------------------------------- */

static bool infer(struct session *s, struct order *o, struct answer *a)
{
    if (o->seeded) session_seed(s, o->seed);
    if (o->form == ORDER_DRAWS) return infer_draws(s, o, a);
    if (!order_prepare(s, o)) return false;
    if (o->form == ORDER_MOVE) return infer_move(s, o, a);
    return o->plan.kernel->row == kernel_find("enumerate")
               ? infer_exact(s, o, a)
               : infer_distribution(s, o, a);
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
