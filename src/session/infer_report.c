/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What every INFER says of its run: see infer_report.h.
 */
#include "session/infer_report.h"

#include <math.h>
#include <stdio.h>

#include "session/complaint.h"

void answer_run(const struct session *s, const struct order *o,
                const struct run_result *r, struct answer *a)
{
    a->directive = "infer";
    a->in_script = true;
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
    char line[200];
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
    if (k->plan) answer_block(a, k->plan, "plan", NULL);
}

static void report_said(const struct kernel *k, const char *said,
                        struct answer *a)
{
    struct text words = {0};
    if (!said && kernel_words(k, &words)) said = words.at;
    if (said && *said) {
        answer_block(a, said, NULL, NULL);
        answer_string(a, NULL, "said", said);
    }
    text_free(&words);
}

bool report_run(struct session *s, const struct order *o,
                const struct run_result *r, const char *said, struct answer *a)
{
    report_end(o, r, a);
    report_counts(s, r, a);
    report_kernel(o->plan.kernel, r, a);
    report_said(o->plan.kernel, said, a);
    return complaints_answer(s, r->warmup.proposals + r->counts.proposals, a);
}
