/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * CHECK model: is a kernel right on the program? Replicates with data of the
 * program's own are run (replicate.h) and tested (infer/calibration.h); here
 * are the options, the table, the words and the picture.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/print.h"
#include "infer/calibration.h"
#include "session/command.h"
#include "session/complaint.h"
#include "session/order.h"
#include "session/picture.h"
#include "session/replicate.h"

enum {
    REPLICATES = 200,
    DRAWS = 49,
    DRAWS_COSTLY = 9,
    WARMUP = 200,
    REPLICATES_LEAST = 20
};

/* One wrong alarm in a thousand checks, over all that a check tests. */
static const double ALARM = 1e-3;

static const char *word_of(const struct syntax *s)
{
    return s->kind == SYNTAX_ATOM && is_symbol(s->datum) ? text_of(s->datum)
                                                         : "";
}

bool check_is_of_model(struct session *s, const struct request *q)
{
    return strcmp(word_of(q->arguments[0]), "model") == 0 &&
           !machine_global(s->machine, "model");
}

/* ---- options ---------------------------------------------------------- */

struct model_check {
    struct replicate_order order;
    struct picture_options picture;
    bool seeded;
    uint64_t seed;
};

static bool number_of(struct session *s, const struct syntax *name,
                      const struct syntax *from, double least, uint64_t *out)
{
    value v;
    if (!session_evaluate(s, from, &v)) return false;
    double d = is_number(v) ? as_number(v) : NAN;
    *out = d >= least && d <= 1e9 && d == floor(d) ? (uint64_t)d : 0;
    return (d >= least && (double)*out == d) ||
           session_fail(s, from->span, ERROR_USE,
                        "CHECK model: %s takes a whole number from %g to 1e9",
                        word_of(name), least);
}

static bool set_watched(struct session *s, struct model_check *c,
                        const struct syntax *v)
{
    if (v->kind != SYNTAX_LIST)
        return session_fail(s, v->span, ERROR_USE,
                            ":watch takes a list of expressions, "
                            "as (x (+ x y))");
    c->order.watched = v->items;
    c->order.watched_count = v->count;
    return true;
}

static bool set_option(struct session *s, struct model_check *c,
                       const struct syntax *name, const struct syntax *v)
{
    struct replicate_order *o = &c->order;
    const struct {
        const char *name;
        double least;
        uint64_t *at;
    } numbers[] = {{":replicates", REPLICATES_LEAST, &o->replicates},
                   {":samples", 1, &o->draws},
                   {":warmup", 0, &o->warmup},
                   {":thin", 1, &o->thin},
                   {":seed", 0, &c->seed}};
    const char *word = word_of(name);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(word, numbers[i].name) == 0) {
            c->seeded = c->seeded || numbers[i].at == &c->seed;
            return number_of(s, name, v, numbers[i].least, numbers[i].at);
        }
    if (strcmp(word, ":watch") == 0) return set_watched(s, c, v);
    if (strcmp(word, ":out") == 0 || strcmp(word, ":theme") == 0) {
        value given = v->kind == SYNTAX_ATOM ? v->datum : V_FALSE;
        if (picture_option(s->machine, "CHECK model", name->datum, given,
                           &c->picture))
            return true;
        session_error(s)->span = v->span;
        return false;
    }
    session_fail(s, name->span, ERROR_USE, "CHECK model has no option %.60s",
                 *word == ':' ? word : "without a name");
    return error_hint(session_error(s), ":replicates :samples :warmup :thin "
                                        ":seed :watch :out :theme");
}

static bool read_options(struct session *s, const struct request *q,
                         struct model_check *c)
{
    uint32_t i = 1;
    *c = (struct model_check){
        .order = {.replicates = REPLICATES, .draws = DRAWS, .warmup = WARMUP}};
    if (i < q->count && *word_of(q->arguments[i]) != ':')
        c->order.kernel = order_kernel(s, q->arguments[i++], false);
    else if (!(c->order.kernel = kernel_default()))
        return machine_no_memory(s->machine);
    if (!c->order.kernel) return false;
    const struct kernel_row *row = c->order.kernel->row;
    if (row->independent || row->draws) c->order.warmup = 0;
    if (row->draws) {
        c->order.draws = DRAWS_COSTLY;
        c->order.thin = 1;
    }
    for (; i < q->count; i += 2) {
        const char *word = word_of(q->arguments[i]);
        if (i + 1 == q->count && *word == ':')
            return session_fail(s, q->arguments[i]->span, ERROR_USE,
                                "CHECK model: %.60s needs a value", word);
        if (i + 1 == q->count)
            return session_fail(s, q->arguments[i]->span, ERROR_USE,
                                "CHECK model takes one kernel, then options "
                                "with their values");
        if (!set_option(s, c, q->arguments[i], q->arguments[i + 1]))
            return false;
    }
    return true;
}

/* A factor has a density but nothing that draws by it. */
static bool may_be_drawn(struct session *s)
{
    bool any = false;
    for (int i = 0; i < s->program.count; i++) {
        const struct directive *d = s->program.at[i];
        any = any || s->engine->op->is_random(s->engine, s->program.at[i]);
        if (d->kind == DIRECTIVE_FACTOR)
            return session_fail(s, d->span, ERROR_USE,
                                "CHECK model draws parameters and data from "
                                "the program, and no draw follows a FACTOR");
    }
    return any || session_fail(s, (struct span){0}, ERROR_USE,
                               "CHECK model: nothing in the program is random");
}

/* ---- findings --------------------------------------------------------- */

struct finding {
    struct calibration c;
    double p; /* the smallest, times all tests of all quantities */
    bool never_moved;
    const char *fault; /* "" none */
};

/* Of the tests that may be judged, the one that failed most clearly. */
static const char *fault_of(const struct calibration *c)
{
    double n = (double)c->replicates;
    double lean = fabs(c->lean) * sqrt(12 * n);
    double bowl = fabs(c->bowl) * sqrt(180 * n);
    double joint = fmin(c->location_p, c->spread_p);
    if (c->ranks_p <= joint) {
        if (lean < 3 && bowl < 3) return "its ranks are not uniform";
        if (lean > bowl)
            return c->lean > 0 ? "draws lie too low" : "draws lie too high";
        return c->bowl > 0 ? "draws are too narrow" : "draws are too wide";
    }
    if (c->location_p <= c->spread_p)
        return c->location_z > 0 ? "the kernel drifts upward"
                                 : "the kernel drifts downward";
    return c->spread_z > 0 ? "the kernel widens it" : "the kernel narrows it";
}

static bool varies(const double *x, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (x[i] != x[0]) return true;
    return false;
}

/* Ranks say something of a kernel that moves everything, and of draws that
 * are all but independent. */
static bool test(const struct replicates *r, uint64_t draws, struct finding *f,
                 bool *all_moved)
{
    *all_moved = true;
    for (size_t i = 0; i < r->width; i++) {
        size_t at = i * r->count;
        if (!calibrate(r->before + at, r->after + at, r->rank + at, r->count,
                       draws, &f[i].c))
            return false;
        f[i].never_moved =
            f[i].c.moved == 0 && varies(r->before + at, r->count);
        if (f[i].never_moved) *all_moved = false;
    }
    for (size_t i = 0; i < r->width; i++) {
        struct calibration *c = &f[i].c;
        if (!*all_moved || r->slow) c->ranks_p = 1;
        f[i].p = fmin(1, calibration_p(c) * (double)r->width);
        f[i].fault = f[i].p < ALARM ? fault_of(c) : "";
    }
    return true;
}

/* ---- the table -------------------------------------------------------- */

static bool put_ranks(struct text *out, const struct calibration *c)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄",
                                         "▅", "▆", "▇", "█"};
    double expected = (double)c->replicates / (double)c->bins;
    bool good = true;
    for (size_t b = 0; good && b < c->bins; b++) {
        double height = 4 * c->in_bin[b] / expected;
        good = text_puts(out, blocks[(int)fmin(8, ceil(height))]);
    }
    return good;
}

static bool put_table(struct text *out, const struct replicates *r,
                      const struct finding *f)
{
    size_t wide = sizeof "quantity" - 1;
    for (size_t i = 0; i < r->width; i++)
        if (strlen(r->names[i]) > wide) wide = strlen(r->names[i]);
    if (wide > 40) wide = 40;
    bool good = text_printf(out, "%-*s  %8s  %8s  %7s  ranks\n", (int)wide,
                            "quantity", "joint z", "spread z", "ranks p");
    for (size_t i = 0; good && i < r->width; i++) {
        const struct calibration *c = &f[i].c;
        good = text_printf(out, "%-*.*s  %8.2f  %8.2f  %7.2g  ", (int)wide,
                           (int)wide, r->names[i], c->location_z, c->spread_z,
                           c->ranks_p) &&
               put_ranks(out, c) &&
               text_printf(out, "%s%s%s\n", *f[i].fault ? "  " : "", f[i].fault,
                           f[i].never_moved ? "  never moved" : "");
    }
    return good;
}

static bool put_json(struct text *out, const struct replicates *r,
                     const struct finding *f)
{
    bool good = text_puts(out, "[");
    for (size_t i = 0; good && i < r->width; i++) {
        const struct calibration *c = &f[i].c;
        good = text_printf(out, "%s{\"name\":", i ? "," : "") &&
               print_json_string(out, r->names[i], strlen(r->names[i])) &&
               text_printf(out,
                           ",\"location_z\":%.6g,\"spread_z\":%.6g,"
                           "\"ranks_p\":%.6g,\"p\":%.6g,\"moved\":%zu,"
                           "\"fault\":",
                           c->location_z, c->spread_z, c->ranks_p, f[i].p,
                           c->moved) &&
               (*f[i].fault
                    ? print_json_string(out, f[i].fault, strlen(f[i].fault))
                    : text_puts(out, "null")) &&
               text_puts(out, ",\"bins\":[");
        for (size_t b = 0; good && b < c->bins; b++)
            good = text_printf(out, "%s%u", b ? "," : "", c->in_bin[b]);
        good = good && text_puts(out, "]}");
    }
    return good && text_puts(out, "]");
}

/* ---- the picture ------------------------------------------------------ */

enum { STEPS = 2 * RANK_BINS_MAX };

/* The histogram of ranks, and the band that holds a bin of uniform ranks
 * with probability 0.99. */
static bool panel_of_ranks(struct figure *f, const struct calibration *c,
                           const char *title)
{
    struct panel *p =
        figure_panel(f, PANEL_SERIES, title, "rank of the truth", "replicates");
    double x[STEPS], y[STEPS], low[STEPS], high[STEPS];
    double n = (double)c->replicates, share = 1.0 / (double)c->bins;
    double half = 2.576 * sqrt(n * share * (1 - share));
    for (size_t i = 0; i < 2 * c->bins; i++) {
        x[i] = (double)((i + 1) / 2) * share;
        y[i] = c->in_bin[i / 2];
        low[i] = fmax(0, n * share - half);
        high[i] = n * share + half;
    }
    return p && panel_series(p, MARK_AREA, x, y, 2 * c->bins) &&
           panel_series(p, MARK_LINE, x, low, 2 * c->bins) &&
           panel_series(p, MARK_LINE, x, high, 2 * c->bins);
}

/* The quantity before the kernel moved it and after, a point a replicate. */
static bool panel_of_moves(struct figure *f, const struct replicates *r,
                           size_t i)
{
    struct panel *p =
        figure_panel(f, PANEL_SERIES, r->names[i], "drawn", "moved");
    size_t at = i * r->count;
    return p && panel_series(p, MARK_POINTS, r->before + at, r->after + at,
                             r->count);
}

static bool draw(struct session *s, const struct model_check *c,
                 const struct replicates *r, const struct finding *f,
                 struct answer *a)
{
    struct figure figure;
    struct text out = {0};
    if (!figure_open(&figure, "simulation-based calibration and joint test"))
        return machine_no_memory(s->machine);
    bool good = true;
    figure.columns = 2;
    for (size_t i = 0; good && i < r->width && i < PANELS_MAX / 2; i++)
        good = (panel_of_ranks(&figure, &f[i].c, r->names[i]) &&
                panel_of_moves(&figure, r, i)) ||
               machine_no_memory(s->machine);
    good = good && picture_finish(s->machine, "CHECK model", &figure,
                                  &c->picture, &out);
    if (good) answer_string(a, "plot", "out", out.at);
    figure_close(&figure);
    text_free(&out);
    return good;
}

/* ---- the answer ------------------------------------------------------- */

static size_t faults_in(const struct finding *f, size_t n)
{
    size_t faults = 0;
    for (size_t i = 0; i < n; i++) faults += *f[i].fault != 0;
    return faults;
}

static void answer_verdict(const struct replicates *r, const struct finding *f,
                           bool all_moved, struct answer *a)
{
    size_t faults = faults_in(f, r->width);
    char line[200];
    if (faults)
        snprintf(line, sizeof line,
                 "the kernel does not sample this model: %zu of %zu "
                 "quantities (chance of a false alarm %g)",
                 faults, r->width, ALARM);
    else
        snprintf(line, sizeof line,
                 "no fault found (chance of a false alarm %g)", ALARM);
    answer_string(a, "verdict", "verdict", line);
    answer_integer(a, NULL, "faults", (int64_t)faults);
    if (!all_moved)
        answer_string(a, "ranks", NULL,
                      "not judged: the kernel does not move all of it");
    else if (r->slow)
        answer_string(a, "ranks", NULL,
                      "not judged: draws depend on each other; say :thin");
    if (r->stopped) answer_string(a, "stopped", NULL, "by the user");
    if (r->notes.length) answer_block(a, r->notes.at, NULL, NULL);
}

static bool answer_findings(struct session *s, const struct model_check *c,
                            const struct replicates *r, struct answer *a)
{
    struct finding *f = calloc(r->width, sizeof *f);
    struct text lines = {0}, json = {0};
    char made[120], count[32];
    bool all_moved = true;
    snprintf(made, sizeof made, "%s of %llu draws, thin %llu",
             grouped(r->count, count), (unsigned long long)c->order.draws,
             (unsigned long long)r->thin);
    a->in_script = true;
    answer_string(a, "kernel", "kernel", c->order.kernel->name);
    answer_string(a, "replicates", NULL, made);
    answer_integer(a, NULL, "replicates", (int64_t)r->count);
    bool good = (f && test(r, c->order.draws, f, &all_moved) &&
                 put_table(&lines, r, f) && put_json(&json, r, f)) ||
                machine_no_memory(s->machine);
    if (good) {
        answer_block(a, lines.at, "quantities", json.at);
        answer_verdict(r, f, all_moved, a);
        good = !c->picture.out || draw(s, c, r, f, a);
    }
    free(f);
    text_free(&lines);
    text_free(&json);
    return good;
}

bool check_model(struct session *s, const struct request *q, struct answer *a)
{
    struct model_check c;
    struct replicates r;
    if (!read_options(s, q, &c) || !may_be_drawn(s)) return false;
    if (c.seeded) session_seed(s, c.seed);
    if (!replicates_run(s, &c.order, &r)) return false;
    bool good = r.count >= REPLICATES_LEAST ||
                session_fail(s, q->span, ERROR_CANCEL,
                             "CHECK model was stopped after %zu replicates, "
                             "and says nothing below %d",
                             r.count, REPLICATES_LEAST);
    s->stopped = r.stopped;
    good = good && answer_findings(s, &c, &r, a);
    replicates_close(&r);
    return good;
}
