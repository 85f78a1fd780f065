/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What summaries are computed from, the verdict, and JSON: see summary.h.
 * The table is in summary_table.c.
 */
#include "session/summary.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "eval/print.h"
#include "session/histogram.h"

/* ---- computing -------------------------------------------------------- */

/* What can be said of every step-th draw. */
static bool diagnose_some(struct diagnosing **room, struct chains x,
                          size_t step, struct diagnostics *out)
{
    if (step == 1) return diagnose_in(room, x, out);
    struct chains some = {NULL, x.count, x.draws / step};
    double *at = calloc(some.count * some.draws + 1, sizeof *at), *to = at;
    if (!at) return false;
    for (size_t c = 0; c < x.count; c++)
        for (size_t i = 0; i < some.draws; i++)
            *to++ = x.at[c * x.draws + i * step];
    some.at = at;
    bool done = diagnose_in(room, some, out);
    free(at);
    return done;
}

/* Of a column of levels: is it the most frequent? */
static bool diagnose_levels(struct diagnosing **room, const struct column *c,
                            size_t step, struct diagnostics *out)
{
    struct count *counts;
    size_t values;
    double *is = calloc(c->length + 1, sizeof *is);
    if (!is || !column_counts(c, &counts, &values)) {
        free(is);
        return false;
    }
    for (size_t i = 0; i < c->length; i++) is[i] = c->at[i] == counts[0].x;
    struct chains x = column_chains(c);
    x.at = is;
    bool done = diagnose_some(room, x, step, out);
    free(counts);
    free(is);
    return done;
}

static bool open_every(struct summary *s, const struct column *columns,
                       size_t count, size_t step)
{
    *s = (struct summary){
        .step = step,
        .columns = calloc(count + 1, sizeof(const struct column *)),
        .at = calloc(count + 1, sizeof *s->at),
    };
    struct diagnosing *room = NULL;
    bool good = s->columns && s->at;
    for (size_t i = 0; good && i < count; i++) {
        const struct column *c = &columns[i];
        struct diagnostics *d = s->at + s->count;
        if (c->lost || column_chains(c).draws == 0) continue;
        good = c->kind == COLUMN_LEVELS
                   ? diagnose_levels(&room, c, step, d)
                   : diagnose_some(&room, column_chains(c), step, d);
        s->columns[s->count++] = c;
    }
    diagnosing_close(room);
    if (!good) summary_close(s);
    return good;
}

bool summary_open(struct summary *s, const struct column *columns, size_t count)
{
    return open_every(s, columns, count, 1);
}

bool summary_open_soon(struct summary *s, const struct column *columns,
                       size_t count)
{
    enum { SOON = 1000000, DRAWS_MIN = 1000 };
    size_t numbers = 0, draws = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        struct chains x = column_chains(&columns[i]);
        if (columns[i].lost || x.draws == 0) continue;
        numbers += x.count * x.draws;
        if (x.draws < draws) draws = x.draws;
    }
    size_t step = numbers / SOON + 1, most = draws / DRAWS_MIN;
    if (step > most) step = most ? most : 1;
    return open_every(s, columns, count, step);
}

bool summary_open_at(struct summary *s, const struct column *columns,
                     size_t count, enum run_end end)
{
    return end == RUN_CANCELLED ? summary_open_soon(s, columns, count)
                                : summary_open(s, columns, count);
}

void summary_close(struct summary *s)
{
    free(s->columns);
    free(s->at);
    *s = (struct summary){0};
}

bool summary_flawed(struct text *out, const struct summary *s, enum flaw flaw,
                    size_t *flawed)
{
    enum { SHOWN = 4 };
    *flawed = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (s->at[i].flaw != flaw || (*flawed)++ >= SHOWN) continue;
        if (!text_printf(out, "%s`%s`", *flawed > 1 ? ", " : "",
                         s->columns[i]->name))
            return false;
    }
    return *flawed <= SHOWN ||
           text_printf(out, " and %zu more", *flawed - SHOWN);
}

/* ---- the verdict ------------------------------------------------------ */

/* The worst of all columns that can be judged; NULL: there is none. */
struct worst {
    const struct column *rhat_of, *size_of;
    double rhat, size;
    size_t bad;
};

static struct worst find_worst(const struct summary *s)
{
    struct worst w = {0};
    for (size_t i = 0; i < s->count; i++) {
        const struct diagnostics *d = &s->at[i];
        if (d->flaw != FLAW_NONE) continue;
        double size = fmin(d->ess_bulk, d->ess_tail);
        w.bad += !(d->rhat < SUMMARY_RHAT_MAX) || !(size >= SUMMARY_SIZE_MIN);
        if (!w.rhat_of || d->rhat > w.rhat) {
            w.rhat = d->rhat;
            w.rhat_of = s->columns[i];
        }
        if (!w.size_of || size < w.size) {
            w.size = size;
            w.size_of = s->columns[i];
        }
    }
    return w;
}

/* 1, 2 or 5 times a power of ten, at least x. */
static double nice_above(double x)
{
    double power = pow(10.0, floor(log10(x)));
    double digit = x / power;
    return power * (digit <= 1.0   ? 1.0
                    : digit <= 2.0 ? 2.0
                    : digit <= 5.0 ? 5.0
                                   : 10.0);
}

static bool add_advice(struct text *out, const struct worst *w)
{
    size_t draws = column_chains(w->size_of).draws;
    double factor = SUMMARY_SIZE_MIN / w->size;
    if (!(w->rhat < SUMMARY_RHAT_MAX)) factor = fmax(factor, 2.0);
    if (factor > 100.0) {
        return text_puts(out, ". It hardly moves: more draws alone will not "
                              "do, try another kernel or another model.\n");
    }
    return text_printf(out, "; run longer (:samples %.0f may do).\n",
                       nice_above(1.05 * factor * (double)draws));
}

static bool add_bad(struct text *out, const struct worst *w)
{
    bool rhat = !(w->rhat < SUMMARY_RHAT_MAX);
    bool size = !(w->size >= SUMMARY_SIZE_MIN);
    bool same = rhat && size && w->rhat_of == w->size_of;
    size_t named = rhat && size && !same ? 2 : 1;
    if (!text_puts(out, "Not yet: ")) return false;
    if (rhat && !text_printf(out, "`%s` has R-hat %.*f", w->rhat_of->name,
                             w->rhat < 1.1 ? 3 : 2, w->rhat))
        return false;
    if (same && !text_printf(out, " and ESS %.0f", w->size)) return false;
    if (size && !same &&
        !text_printf(out, "%s`%s` has ESS %.0f", rhat ? ", " : "",
                     w->size_of->name, w->size))
        return false;
    if (w->bad > named &&
        !text_printf(out, ", %zu more %s not there either", w->bad - named,
                     w->bad - named == 1 ? "is" : "are"))
        return false;
    return add_advice(out, w);
}

/* See m.church:3:1: ASSUME mu (normal 0 1) */
bool summary_place(struct text *out, const struct column *c)
{
    int line = 0, column = 0;
    char words[60];
    struct text see = {0};
    if (!c->span.source) return true;
    source_place(c->span.source, c->span.start, &line, &column);
    span_text(c->span, words, sizeof words);
    bool good =
        text_printf(&see, "See %s:%d:%d: %s\n", c->span.source->name, line,
                    column, words) &&
        ((out->at && strstr(out->at, see.at)) || text_puts(out, see.at));
    text_free(&see);
    return good;
}

static bool add_unjudged(struct text *out, const struct summary *s)
{
    size_t few = 0, constant = 0;
    for (size_t i = 0; i < s->count; i++) {
        few += s->at[i].flaw == FLAW_FEW;
        constant += s->at[i].flaw == FLAW_CONSTANT;
    }
    if (few > 0) {
        return text_printf(out,
                           "Too few draws to say: at least %d a chain are "
                           "needed, and hundreds are better.\n",
                           DIAGNOSTICS_DRAWS_MIN);
    }
    return constant == 0 || text_puts(out, "Nothing moved: every draw is the "
                                           "same.\n");
}

bool summary_verdict(struct text *out, const struct summary *s)
{
    struct worst w = find_worst(s);
    size_t endless;
    struct text names = {0};
    if (s->count == 0) return true;
    bool good = summary_flawed(&names, s, FLAW_NOT_FINITE, &endless);
    if (good && (!w.rhat_of || !w.size_of)) {
        good = add_unjudged(out, s);
    } else if (good && w.bad > 0) {
        bool rhat = !(w.rhat < SUMMARY_RHAT_MAX);
        good = add_bad(out, &w) &&
               summary_place(out, rhat ? w.rhat_of : w.size_of);
    } else if (good) {
        good = text_printf(out,
                           "Looks converged: R-hat at most %.3f (`%s`), ESS at "
                           "least %.0f (`%s`)%s.\n",
                           w.rhat, w.rhat_of->name, w.size, w.size_of->name,
                           column_chains(w.size_of).count == 1
                               ? "; one chain, by its halves"
                               : "");
    }
    if (good && endless > 0) {
        good = text_printf(out,
                           "Not to be judged: %s %s draws that are not "
                           "finite.\n",
                           names.at, endless > 1 ? "have" : "has");
    }
    text_free(&names);
    return good;
}

/* ---- JSON ------------------------------------------------------------- */

static bool add_fields(struct text *out, const struct diagnostics *d,
                       bool moments)
{
    const struct {
        const char *name;
        double x;
        bool moment;
    } fields[] = {
        {"mean", d->mean, true},
        {"sd", d->sd, true},
        {"mcse", d->mcse, true},
        {"q05", d->q05, true},
        {"q50", d->q50, true},
        {"q95", d->q95, true},
        {"ess_bulk", d->ess_bulk, false},
        {"ess_tail", d->ess_tail, false},
        {"rhat", d->rhat, false},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (fields[i].moment && !moments) continue;
        if (!text_printf(out, ",\"%s\":", fields[i].name) ||
            !print_json(out, v_double(fields[i].x)))
            return false;
    }
    return true;
}

bool summary_json(struct text *out, const struct summary *s)
{
    bool good = text_puts(out, "[");
    for (size_t i = 0; good && i < s->count; i++) {
        const struct column *c = s->columns[i];
        bool levels = c->kind == COLUMN_LEVELS;
        good = text_puts(out, i ? ",{\"name\":" : "{\"name\":") &&
               print_json_string(out, c->name, strlen(c->name)) &&
               (!levels || (text_puts(out, ",\"distribution\":") &&
                            histogram_json(out, c))) &&
               add_fields(out, &s->at[i], !levels) && text_puts(out, "}");
    }
    return good && text_puts(out, "]");
}
