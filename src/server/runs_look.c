/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is to be computed from a run's draws: its summary while it runs, plots,
 * a netCDF file. A process of its own does that (draws_look.h), one a run
 * while somebody asks; the front hands it the files and passes on what it says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "eval/print.h"
#include "plot/svg.h"
#include "server/answers.h"
#include "server/route.h"
#include "server/server.h"
#include "session/drawn_picture.h"

/* Numbers that are looked at: of more, every so manieth draw. */
static const uint64_t LOOK_NUMBERS = 2000000, FILE_NUMBERS = 10000000;
/* A process that nobody asks ends. */
static const double REST_SECONDS = 10;

/* ---- the process ------------------------------------------------------ */

void run_look_end(struct run *r)
{
    if (r->looker) hosted_forget(r->looker);
    r->looker = NULL;
}

void run_look_rest(struct run *r, double now)
{
    struct hosted *h = r->looker;
    if (h && !h->current && !h->waiting.first &&
        now - h->last_used > REST_SECONDS)
        run_look_end(r);
}

static struct hosted *looker_of(struct run *r)
{
    struct hosted *h = hosted_find(&r->runs->server->hosts, r->session);
    if (!r->looker && h) r->looker = hosted_empty(h);
    return r->looker;
}

/* ---- asking ----------------------------------------------------------- */

static void handed_over(void *context, const struct outcome *o)
{
    (void)context;
    (void)o;
}

static bool hand_over(struct hosted *h, struct run *r, const struct slice *s)
{
    for (size_t i = s->first; i < s->last; i++) {
        struct task *t = task_new(handed_over, NULL);
        if (!t) return false;
        t->kind = FRAME_FILE;
        t->socket = run_read_file(r, i);
        if (t->socket < 0) {
            free(t);
            return false;
        }
        hosted_ask(h, t);
    }
    return true;
}

/* "INFER (nuts) :samples ...": what stands between. */
static bool print_kernel(const struct run *r, struct text *out)
{
    const char *at = r->text + strlen("INFER"), *end = strstr(at, " :samples");
    if (!end || end == at) return text_puts(out, "\"mh\"");
    return print_json_string(out, at + 1, (size_t)(end - at - 1));
}

static bool print_look(const struct run *r, const struct slice *s,
                       const char *look, const char *more, struct text *out)
{
    bool good =
        text_printf(out,
                    "{\"look\":\"%s\",\"first\":%zu,\"last\":%zu,\"from\":%llu,"
                    "\"count\":%llu,\"stride\":%llu,\"seed\":%llu,\"kernel\":",
                    look, s->first, s->last, (unsigned long long)s->from,
                    (unsigned long long)s->count, (unsigned long long)s->stride,
                    (unsigned long long)r->seed) &&
        print_kernel(r, out) && text_puts(out, more) &&
        text_puts(out, ",\"rows\":[");
    for (size_t i = 0; good && i < r->chain_count; i++)
        good = text_printf(out, "%s%llu", i ? "," : "",
                           (unsigned long long)r->chains[i].stored);
    return good && text_puts(out, "],\"facts\":") && run_facts(r, out) &&
           text_puts(out, "}");
}

/* `more`: members of the order, each behind a comma. */
static void look(struct exchange *x, struct run *r, const struct slice *s,
                 const char *name, const char *more,
                 void (*done)(void *, const struct outcome *))
{
    struct hosted *h = looker_of(r);
    struct task *t = task_new(done, x);
    bool good =
        h && t && hand_over(h, r, s) && print_look(r, s, name, more, &t->text);
    if (!good) {
        if (t) text_free(&t->text);
        free(t);
        run_look_end(r); /* with the files that it was handed */
        exchange_problem(x, 503, "memory", "no process, or no memory");
        return;
    }
    t->kind = FRAME_LOOK;
    t->tries = 1; /* another process would not have the files */
    hosted_ask(h, t);
}

/* Draws of each chain that the slice holds, of the longest. */
static uint64_t draws_in(const struct run *r, const struct slice *s)
{
    uint64_t most = 0;
    for (size_t i = s->first; i < s->last; i++)
        if (r->chains[i].stored > s->from) {
            uint64_t n = (r->chains[i].stored - s->from - 1) / s->stride + 1;
            if (n > most) most = n;
        }
    return most < s->count ? most : s->count;
}

/* Of all chains all draws, or every so manieth. */
static void slice_all(const struct run *r, struct slice *s)
{
    *s = (struct slice){
        .count = SIZE_MAX >> 1, .stride = 1, .last = r->chain_count};
    uint64_t numbers = draws_in(r, s) * r->chain_count * r->width;
    s->stride = numbers / LOOK_NUMBERS + 1;
}

/* Files are open, so that it is known what is in them. */
static bool has_draws(struct exchange *x, struct run *r)
{
    uint64_t draws = 0;
    for (size_t i = 0; r->width && i < r->chain_count; i++)
        if (run_open_file(r, i)) draws += r->chains[i].stored;
    if (draws) return true;
    exchange_problem(x, 409, "run", "there are no draws yet");
    return false;
}

/* ---- answers ---------------------------------------------------------- */

static bool is_good(struct exchange *x, const struct outcome *o)
{
    if (o->kind == OUTCOME_REPLY && o->reply.state == REPLY_ERROR &&
        o->reply.kind == ERROR_NAME) {
        exchange_engine_problem(x, 404, "column", o->json, o->length);
        return false;
    }
    return answers_good(x, o);
}

/* One whose process died is asked for once more, of another, with its files. */
static bool is_asked_again(struct exchange *x, const struct outcome *o)
{
    bool incomplete = o->kind == OUTCOME_REPLY && o->reply.kind == ERROR_ENGINE;
    if ((o->kind != OUTCOME_DIED && !incomplete) || x->number) return false;
    x->number = 1;
    x->route->answer(x);
    return true;
}

static void told(void *context, const struct outcome *o, const char *type)
{
    struct exchange *x = context;
    if (is_asked_again(x, o) || !is_good(x, o)) return;
    if (text_add(&x->reply, o->json, o->length))
        exchange_answer(x, 200, type);
    else
        exchange_problem(x, 503, "memory", "memory ran out");
}

static void told_summary(void *x, const struct outcome *o)
{
    told(x, o, "application/json");
}

static void told_plot(void *x, const struct outcome *o)
{
    told(x, o, "image/svg+xml");
}

static void told_netcdf(void *x, const struct outcome *o)
{
    told(x, o, "application/x-netcdf");
}

void answer_run_so_far(struct exchange *x, struct run *r)
{
    struct slice s;
    if (!has_draws(x, r)) return;
    slice_all(r, &s);
    look(x, r, &s, "summary", "", told_summary);
}

void answer_run_netcdf(struct exchange *x, struct run *r, const struct slice *s)
{
    if (!has_draws(x, r)) return;
    uint64_t numbers = draws_in(r, s) * (s->last - s->first) * r->width;
    if (numbers > FILE_NUMBERS) {
        exchange_problem(x, 400, "argument",
                         "these are %llu numbers, and a file has at most %llu: "
                         "choose by from, count, stride, chain",
                         (unsigned long long)numbers,
                         (unsigned long long)FILE_NUMBERS);
        return;
    }
    if (!x->number)
        exchange_add_header(x, "Content-Disposition",
                            "attachment; filename=\"run-%llu.nc\"",
                            (unsigned long long)r->id);
    look(x, r, s, "netcdf", "", told_netcdf);
}

/* ,"plot":...,"of":...,"theme":... false: answered. */
static bool read_plot(struct exchange *x, struct text *out)
{
    const char *plot = x->parameters[1];
    const char *of = exchange_argument(x, "of");
    const char *theme = exchange_argument(x, "theme");
    bool known = !theme;
    for (size_t i = 0; theme && i < theme_count; i++)
        known = known || strcmp(themes[i]->name, theme) == 0;
    if (!known) {
        exchange_problem(x, 400, "argument", "theme: light or amber");
        return false;
    }
    bool good = text_puts(out, ",\"plot\":") &&
                print_json_string(out, plot, strlen(plot)) &&
                text_puts(out, ",\"theme\":\"") &&
                text_puts(out, theme ? theme : "light") && text_puts(out, "\"");
    if (of && *of)
        good = good && text_puts(out, ",\"of\":") &&
               print_json_string(out, of, strlen(of));
    if (!good) exchange_problem(x, 503, "memory", "memory ran out");
    return good;
}

void answer_run_plot(struct exchange *x)
{
    struct run *r = run_asked(x);
    struct slice s;
    struct text more = {0};
    if (r && has_draws(x, r) && read_plot(x, &more)) {
        /* Nothing in it is to be run, whoever opens it. */
        if (!x->number)
            exchange_add_header(
                x, "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'");
        slice_all(r, &s);
        look(x, r, &s, "plot", more.at, told_plot);
    }
    text_free(&more);
}
