/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * INFER [kernel] :samples n ...: chains run (chains.c), and what came of them
 * is summarised, kept for PLOT, and reported.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/chains.h"
#include "session/complaint.h"
#include "session/infer_report.h"
#include "session/inference_data.h"
#include "session/kept.h"
#include "session/observed.h"
#include "session/prior.h"
#include "session/sampler_report.h"
#include "session/summary.h"

static const struct look plain_look = {0};

/* ---- columns and what they are of ------------------------------------- */

/* What the user wrote that a column is of. */
static struct span place_of(const struct session *s, const struct order *o,
                            const char *name)
{
    char text[200];
    for (uint32_t i = 0; i < o->watched_count; i++) {
        span_text(o->watched[i]->span, text, sizeof text);
        if (column_belongs(name, text)) return o->watched[i]->span;
    }
    for (int i = 0; i < s->program.count; i++) {
        const struct directive *d = s->program.at[i];
        if (d->kind != DIRECTIVE_ASSUME && d->kind != DIRECTIVE_PREDICT)
            continue;
        snprintf(text, sizeof text, "predict_%d", d->id);
        if (column_belongs(name, d->name != V_FALSE ? text_of(d->name) : text))
            return d->span;
    }
    return (struct span){0};
}

/* ---- the summary ------------------------------------------------------ */

static bool print_summary(const struct drawn *drawn, enum run_end end,
                          struct text *lines, struct text *verdict,
                          struct text *json)
{
    struct summary summary;
    if (!summary_open_at(&summary, drawn->columns, drawn->count, end))
        return false;
    bool good = summary_json(json, &summary);
    if (good && summary.count)
        good = summary_table(lines, &summary, &plain_look) &&
               summary_verdict(verdict, &summary) &&
               sampler_verdict(verdict, drawn) &&
               text_add(lines, verdict->at ? verdict->at : "", verdict->length);
    else if (good)
        good = text_puts(lines, "nothing to summarise: no ASSUME or PREDICT "
                                "gives numbers that depend on a choice\n");
    summary_close(&summary);
    return good;
}

/* For programs: no line end behind the last line. */
static void answer_verdict(struct answer *a, struct text *verdict)
{
    if (!verdict->length) return;
    verdict->at[verdict->length - 1] = 0;
    answer_string(a, NULL, "verdict", verdict->at);
}

static bool answer_summary(struct chains_of_order *c, const struct drawn *drawn,
                           const struct run_result *r, struct answer *a)
{
    struct text lines = {0}, verdict = {0}, json = {0};
    bool good = print_summary(drawn, r->end, &lines, &verdict, &json);
    if (good) {
        answer_block(a, lines.at, "summary", json.at);
        answer_verdict(a, &verdict);
    } else {
        machine_no_memory(c->session->machine);
    }
    text_free(&lines);
    text_free(&verdict);
    text_free(&json);
    return good;
}

/* ---- what else is told ------------------------------------------------ */

/* The first chain's notes, and those of others that it has not. */
static bool gather_notes(struct chains_of_order *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const char *line = c->at[i].notes.at;
        while (line && *line) {
            size_t length = strcspn(line, "\n") + 1;
            char *one = strndup(line, length);
            bool good = one && ((c->notes.at && strstr(c->notes.at, one)) ||
                                text_puts(&c->notes, one));
            free(one);
            if (!good) return machine_no_memory(c->session->machine);
            line += length;
        }
    }
    return true;
}

/* In how many chains' words does the line stand, up to chain `end`? */
static size_t saying(const struct chains_of_order *c, const char *line,
                     size_t end)
{
    size_t count = 0;
    for (size_t i = 0; i < end; i++)
        count += c->at[i].said.at && strstr(c->at[i].said.at, line);
    return count;
}

/* What their kernels say: what all say, once; else who says it first. */
static bool gather_said(const struct chains_of_order *c, struct text *out)
{
    bool good = true;
    for (size_t i = 0; good && i < c->count; i++) {
        const char *line = c->at[i].said.at;
        while (good && line && *line) {
            size_t length = strcspn(line, "\n") + 1;
            char *one = strndup(line, length);
            good = one != NULL;
            if (good && !saying(c, one, i)) {
                if (saying(c, one, c->count) < c->count)
                    good = text_printf(out, "chain %d: ", c->at[i].number);
                good = good && text_puts(out, one);
            }
            free(one);
            line += length;
        }
    }
    return good || machine_no_memory(c->session->machine);
}

/* chain 3 ended after 120 draws: ... */
static bool note_failed(struct chains_of_order *c)
{
    bool good = true;
    for (size_t i = 0; good && i < c->count; i++) {
        const struct chain *chain = &c->at[i];
        char draws[32];
        struct error e = chain->error;
        int line = 0, column = 0;
        if (chain->state == CHAIN_DONE) continue;
        if (e.span.source)
            source_place(e.span.source, e.span.start, &line, &column);
        good = text_printf(&c->notes, "chain %d ended after %s draws: %s",
                           chain->number, grouped(chain->draws, draws),
                           e.message) &&
               (!line || text_printf(&c->notes, " (%s:%d:%d)",
                                     e.span.source->name, line, column)) &&
               text_puts(&c->notes, "\n");
    }
    return good || machine_no_memory(c->session->machine);
}

static void answer_notes(struct chains_of_order *c, struct answer *a)
{
    if (!c->notes.length) return;
    answer_block(a, c->notes.at, NULL, NULL);
    answer_string(a, NULL, "notes", c->notes.at);
}

static void answer_chains(const struct chains_of_order *c,
                          const struct drawn *d, struct answer *a)
{
    char line[120], draws[32];
    answer_integer(a, NULL, "draws", (int64_t)(d->chains * d->length));
    answer_integer(a, NULL, "chains", (int64_t)d->chains);
    if (c->count == 1) return;
    snprintf(line, sizeof line, "%zu of %s draws", d->chains,
             grouped(d->length, draws));
    answer_string(a, "chains", NULL, line);
}

/* One file of all chains, if its name says so. */
static bool write_netcdf(const struct chains_of_order *c, const struct drawn *d,
                         const struct drawn *prior, struct answer *a)
{
    const char *out = c->order->out;
    struct flat data;
    if (!out || !inference_data_named(out)) return true;
    if (!observed_columns(c->session, &data)) return false;
    const struct inference_group groups[] = {
        {"posterior", d->columns, d->count, true},
        {"sample_stats", d->own, d->own_count, true},
        {"posterior_predictive", d->predictive, d->predictive_count, true},
        {"prior", prior->columns, prior->count, true},
        {"prior_predictive", prior->predictive, prior->predictive_count, true},
        {"observed_data", data.columns, data.width, false},
    };
    answer_string(a, "draws", "out", out);
    bool good = inference_data_write(
        out, groups, sizeof groups / sizeof *groups, c->facts.kernel,
        c->facts.seed, session_error(c->session));
    flat_close(&data);
    return good;
}

/* draws: out_1.csv ... out_4.csv */
static bool answer_files(const struct chains_of_order *c, struct answer *a)
{
    struct text line = {0};
    const char *first = c->at[0].path, *last = c->at[c->count - 1].path;
    if (!first) return true;
    bool good = text_puts(&line, first) &&
                (c->count < 2 ||
                 text_printf(&line, c->count > 2 ? " ... %s" : " %s", last));
    if (good)
        answer_string(a, "draws", "out", line.at);
    else
        machine_no_memory(c->session->machine);
    text_free(&line);
    return good;
}

/* ---- what might have been observed ------------------------------------ */

/* A table of its own: whether chains agree is not asked of these. */
static bool answer_predictive(struct session *s, const char *title,
                              const char *json_name,
                              const struct column *columns, size_t count,
                              struct answer *a)
{
    struct summary summary;
    struct text lines = {0}, json = {0};
    if (!count) return true;
    if (!summary_open(&summary, columns, count))
        return machine_no_memory(s->machine);
    bool good = text_printf(&lines, "%s:\n", title) &&
                summary_table(&lines, &summary, &plain_look) &&
                summary_json(&json, &summary);
    summary_close(&summary);
    if (good)
        answer_block(a, lines.at, json_name, json.at);
    else
        machine_no_memory(s->machine);
    text_free(&lines);
    text_free(&json);
    return good;
}

/* Complaints of all chains as the session's. */
static bool gather_complaints(struct chains_of_order *c)
{
    struct session *s = c->session;
    complaints_clear(s);
    for (size_t i = 0; i < c->count; i++)
        for (size_t k = 0; k < c->at[i].complaint_count; k++)
            if (!complaints_add(s, &c->at[i].complaints[k])) return false;
    return true;
}

/* ---- the order -------------------------------------------------------- */

static bool answer_draws(struct chains_of_order *c, const struct drawn *prior,
                         struct answer *a)
{
    struct session *s = c->session;
    struct run_result result = chains_result(c);
    struct drawn drawn;
    if (!chains_columns(c, &drawn)) return false;
    for (size_t i = 0; i < drawn.count; i++)
        drawn.columns[i].span = place_of(s, c->order, drawn.columns[i].name);
    answer_run(s, c->order, &result, a);
    bool good = gather_notes(c) && note_failed(c) && gather_complaints(c) &&
                answer_summary(c, &drawn, &result, a);
    if (good) {
        answer_notes(c, a);
        answer_chains(c, &drawn, a);
        good =
            (sampler_answer(&drawn, a) || machine_no_memory(s->machine)) &&
            answer_predictive(s, "posterior predictive", "posterior_predictive",
                              drawn.predictive, drawn.predictive_count, a) &&
            answer_predictive(s, "prior predictive", "prior_predictive",
                              prior->predictive, prior->predictive_count, a);
    }
    struct text said = {0};
    good = good && gather_said(c, &said) &&
           report_run(s, c->order, &result, said.at ? said.at : "", a) &&
           answer_files(c, a) && write_netcdf(c, &drawn, prior, a) &&
           kept_take(s, drawn.columns, drawn.count);
    text_free(&said);
    drawn_close(&drawn);
    return good;
}

bool infer_draws(struct session *s, const struct order *o, struct answer *a)
{
    struct chains_of_order c;
    struct drawn prior = {0};
    if (o->predictive & PREDICTIVE_PRIOR && !prior_draws(s, o, &prior))
        return false;
    if (!chains_open(&c, s, o)) {
        drawn_close(&prior);
        return false;
    }
    bool good = chains_run(&c) && answer_draws(&c, &prior, a);
    chains_close(&c);
    drawn_close(&prior);
    return good;
}
