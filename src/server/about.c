/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the server says of itself: health, counters for Prometheus, the names
 * of kernels and random procedures.
 */
#include "server/route.h"
#include "server/server.h"
#include "session/session.h"

static void give(struct exchange *x, const struct text *json)
{
    if (text_add(&x->reply, json->at ? json->at : "", json->length))
        exchange_json(x, 200);
    else
        exchange_problem(x, 503, "memory", "memory ran out");
}

void answer_kernels(struct exchange *x) { give(x, &x->server->kernels); }

void answer_distributions(struct exchange *x)
{
    give(x, &x->server->distributions);
}

void answer_health(struct exchange *x)
{
    const struct server *s = x->server;
    bool well = !s->scribe.failed;
    text_printf(&x->reply,
                "{\"status\":\"%s\",\"version\":\"" VST_VERSION
                "\",\"sessions\":%zu,\"seconds\":%.1f}",
                well ? "ok" : "journal failed", s->hosts.count,
                clock_seconds() - s->started);
    exchange_json(x, well ? 200 : 503);
}

struct counter {
    const char *name, *type, *doc;
    double value;
};

void answer_metrics(struct exchange *x)
{
    const struct server *s = x->server;
    const struct counts *c = &s->counts;
    const struct counter all[] = {
        {"requests_total", "counter", "requests", (double)c->requests},
        {"answers_total", "counter", "answers", (double)c->answered},
        {"problems_total", "counter", "answers that tell of a problem",
         (double)c->problems},
        {"refused_total", "counter", "requests refused by the guard",
         (double)c->refused},
        {"cached_total", "counter", "answers given again", (double)c->cached},
        {"tasks_total", "counter", "asked of engines", (double)s->hosts.tasks},
        {"sessions", "gauge", "sessions", (double)s->hosts.count},
        {"engines", "gauge", "engines that are awake", (double)s->hosts.awake},
        {"engine_wakings_total", "counter", "engines begun",
         (double)s->hosts.wakings},
        {"engine_deaths_total", "counter", "engines that died",
         (double)s->hosts.deaths},
        {"engine_late_total", "counter", "engines ended for taking too long",
         (double)s->hosts.late},
        {"runs", "gauge", "runs that are going", (double)s->runs.going},
        {"run_restarts_total", "counter", "runs begun again",
         (double)s->runs.restarts},
        {"run_rests_total", "counter", "checkpoints of chains",
         (double)s->runs.rests},
        {"draws_total", "counter", "draws of runs", (double)s->runs.draws},
        {"events_total", "counter", "events with draws", (double)c->events},
        {"draws_missed_total", "counter",
         "draws that slow listeners did not get", (double)c->dropped},
        {"connections", "gauge", "connections", (double)s->http.visitor_count},
        {"journal_bytes", "gauge", "the journal",
         (double)scribe_size(&s->scribe)},
        {"journal_syncs_total", "counter", "times that the disk was waited for",
         (double)s->scribe.syncs},
        {"journal_refusals_total", "counter", "entries without room",
         (double)s->scribe.refusals},
        {"journal_renewals_total", "counter", "times that it was written anew",
         (double)s->renewals},
        {"seconds", "counter", "since the server began",
         clock_seconds() - s->started},
    };
    bool good = true;
    for (size_t i = 0; good && i < sizeof all / sizeof *all; i++)
        good = text_printf(&x->reply,
                           "# HELP vestige_%s %s\n# TYPE vestige_%s %s\n"
                           "vestige_%s %.17g\n",
                           all[i].name, all[i].doc, all[i].name, all[i].type,
                           all[i].name, all[i].value);
    exchange_answer(x, 200, "text/plain; version=0.0.4; charset=utf-8");
}
