/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking at draws: see draws_look.h. The rows of the chains become columns,
 * as those of an INFER do, and are told by what tells of an INFER's.
 */
#include "server/draws_look.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plot/svg.h"
#include "server/engine.h"
#include "server/runs.h"
#include "session/chains.h"
#include "session/drawn_picture.h"
#include "session/inference_data.h"
#include "session/sampler_report.h"
#include "session/summary.h"

struct look_order {
    const json_t *json;
    struct run run;       /* its columns, from the facts */
    struct chain *chains; /* those that are looked at */
    const int *files;
    size_t first, count;
    uint64_t from, most, stride;
};

static uint64_t number(const json_t *o, const char *name)
{
    json_int_t n = json_integer_value(json_object_get(o, name));
    return n > 0 ? (uint64_t)n : 0;
}

static const char *words(const json_t *o, const char *name)
{
    return json_string_value(json_object_get(o, name));
}

/* ---- rows become columns ---------------------------------------------- */

static bool push_row(struct column *columns, size_t width, const char *row)
{
    for (size_t i = 0; i < width; i++) {
        double x;
        memcpy(&x, row + i * sizeof x, sizeof x);
        size_t levels = columns[i].levels.count;
        /* a level that nobody told of would be no place in the table */
        if (levels && !(x >= 0 && x < (double)levels)) x = 0;
        if (!column_push(&columns[i], x)) return false;
    }
    return true;
}

static bool read_row(int file, uint64_t row, char *bytes, size_t size)
{
    return pread(file, bytes, size, (off_t)(row * size)) == (ssize_t)size;
}

/* The rows of one chain, up to `end`. */
static bool read_chain(const struct look_order *l, size_t i, uint64_t end)
{
    struct chain *c = &l->chains[i];
    size_t width = l->run.width, size = width * sizeof(double);
    char *row = malloc(size + 1);
    bool good = row != NULL;
    for (uint64_t at = l->from; good && at < end && c->draws < l->most;
         at += l->stride) {
        if (!read_row(l->files[i], at, row, size)) break;
        good = push_row(c->columns, width, row);
        c->draws++;
    }
    free(row);
    return good;
}

static bool name_columns(struct run *r, struct column *columns)
{
    bool good = true;
    for (size_t i = 0; good && i < r->width; i++) {
        columns[i].name = strdup(run_column_name(r, i));
        /* codes of levels, whatever the kind was said to be */
        if (columns[i].levels.count) columns[i].kind = COLUMN_LEVELS;
        good = columns[i].name != NULL;
    }
    return good;
}

static bool read_all(struct look_order *l)
{
    const json_t *rows = json_object_get(l->json, "rows");
    bool good = true;
    for (size_t i = 0; good && i < l->count; i++) {
        struct chain *c = &l->chains[i];
        json_int_t end = json_integer_value(json_array_get(rows, l->first + i));
        c->number = (int)(l->first + i) + 1;
        c->state = CHAIN_DONE;
        c->columns = l->run.chains[l->first + i].columns;
        c->header = (struct message_header){.width = l->run.width,
                                            .own = l->run.own,
                                            .parameters =
                                                l->run.parameters - l->run.own,
                                            .depth = NAN};
        good = name_columns(&l->run, c->columns) &&
               read_chain(l, i, end > 0 ? (uint64_t)end : 0);
    }
    return good;
}

/* ---- what is told of them --------------------------------------------- */

typedef bool look_function(const struct look_order *l, struct session *s,
                           const struct drawn *d, struct text *out);

static bool no_memory(struct session *s)
{
    return machine_no_memory(s->machine);
}

static bool put_summary(const struct drawn *d, struct answer *a)
{
    struct summary summary;
    struct text json = {0}, verdict = {0};
    if (!summary_open_soon(&summary, d->columns, d->count)) return false;
    bool good = summary_json(&json, &summary) &&
                (!summary.count || (summary_verdict(&verdict, &summary) &&
                                    sampler_verdict(&verdict, d)));
    if (good) {
        answer_block(a, NULL, "summary", json.at);
        if (verdict.length) {
            verdict.at[verdict.length - 1] = 0; /* its line end */
            answer_string(a, NULL, "verdict", verdict.at);
        }
    }
    summary_close(&summary);
    text_free(&json);
    text_free(&verdict);
    return good;
}

static bool tell_summary(const struct look_order *l, struct session *s,
                         const struct drawn *d, struct text *out)
{
    struct answer a = {.directive = "infer"};
    answer_string(&a, NULL, "state", "running");
    answer_integer(&a, NULL, "draws", (int64_t)(d->chains * d->length));
    answer_integer(&a, NULL, "chains", (int64_t)d->chains);
    answer_integer(&a, NULL, "stride", (int64_t)l->stride);
    return (put_summary(d, &a) && sampler_answer(d, &a) && !a.lost &&
            answer_print_json(&a, out)) ||
           no_memory(s);
}

static const struct theme *theme_named(const char *name)
{
    for (size_t i = 0; name && i < theme_count; i++)
        if (strcmp(themes[i]->name, name) == 0) return themes[i];
    return &theme_light;
}

static bool tell_plot(const struct look_order *l, struct session *s,
                      const struct drawn *d, struct text *out)
{
    struct figure f;
    const struct drawn_picture asked = {.plot = words(l->json, "plot"),
                                        .of = words(l->json, "of"),
                                        .first = l->from + 1,
                                        .step = l->stride};
    bool good = drawn_picture(&f, d, &asked, session_error(s)) &&
                (figure_svg(out, &f, theme_named(words(l->json, "theme"))) ||
                 no_memory(s));
    figure_close(&f);
    return good;
}

static bool tell_netcdf(const struct look_order *l, struct session *s,
                        const struct drawn *d, struct text *out)
{
    const struct inference_group groups[] = {
        {"posterior", d->columns, d->count, true},
        {"sample_stats", d->own, d->own_count, true},
        {"posterior_predictive", d->predictive, d->predictive_count, true},
    };
    const char *kernel = words(l->json, "kernel");
    return inference_data_bytes(groups, sizeof groups / sizeof *groups,
                                kernel ? kernel : "", number(l->json, "seed"),
                                out, session_error(s));
}

static bool tell(const struct look_order *l, struct session *s,
                 const struct drawn *d, struct text *out)
{
    static const struct {
        const char *name;
        look_function *tell;
    } rows[] = {{"summary", tell_summary},
                {"plot", tell_plot},
                {"netcdf", tell_netcdf}};
    const char *name = words(l->json, "look");
    for (size_t i = 0; name && i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0) return rows[i].tell(l, s, d, out);
    return error_set(session_error(s), ERROR_USE, "nothing was asked for");
}

/* ---- the order -------------------------------------------------------- */

static bool open_order(struct look_order *l)
{
    char *facts = json_dumps(json_object_get(l->json, "facts"), JSON_COMPACT);
    size_t all = json_array_size(json_object_get(l->json, "rows"));
    l->first = number(l->json, "first");
    l->from = number(l->json, "from");
    l->most = number(l->json, "count");
    l->stride = number(l->json, "stride");
    if (!l->stride) l->stride = 1;
    l->run.chain_count = all;
    l->run.chains = calloc(all + 1, sizeof *l->run.chains);
    l->chains = calloc(l->count + 1, sizeof *l->chains);
    bool good = facts && l->run.chains && l->chains &&
                l->first + l->count <= all &&
                run_take_facts(&l->run, facts, strlen(facts)) && l->run.width;
    free(facts);
    return good;
}

static void close_order(struct look_order *l)
{
    run_drop_columns(&l->run);
    free(l->run.names);
    free(l->run.chains);
    free(l->chains);
}

static bool look(struct look_order *l, struct session *s, struct text *out)
{
    struct chains_of_order c = {
        .session = s, .at = l->chains, .count = l->count};
    struct drawn d;
    /* Of a process that died some went with it. */
    if (l->count != number(l->json, "last") - number(l->json, "first"))
        return error_set(session_error(s), ERROR_ENGINE,
                         "not every file has come");
    if (!open_order(l) || !read_all(l)) return no_memory(s);
    c.at = l->chains;
    if (!chains_columns(&c, &d)) return false;
    bool good = tell(l, s, &d, out);
    drawn_close(&d);
    text_free(&c.notes);
    return good;
}

void draws_look(struct session *s, const int *files, size_t count,
                const char *order, size_t length, struct wire_reply *reply,
                struct text *out)
{
    struct error *error = session_error(s);
    struct look_order l = {.json = json_loadb(order, length, 0, NULL),
                           .files = files,
                           .count = count};
    error_clear(error);
    if (!look(&l, s, out)) {
        reply->state = error->kind == ERROR_LIMIT ? REPLY_LIMIT : REPLY_ERROR;
        reply->kind = error->kind;
        text_clear(out);
        engine_error_json(error, out);
    }
    close_order(&l);
    json_decref((json_t *)l.json);
}
