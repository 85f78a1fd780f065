/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Streams of events: see events.h.
 */
#include "server/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/microhttpd.h"
#include "server/server.h"

enum {
    BLOCK = 1 << 16,      /* bytes that the connection takes at a time */
    AT_ONCE = 512,        /* draws in one event */
    BEHIND_MOST = 1 << 18 /* draws that a listener may be behind */
};
static const double PROGRESS_SECONDS = 0.25;

struct stream {
    struct stream *next; /* of the same run */
    struct run *run;
    struct exchange *x;
    uint64_t at[CHAINS_MAX]; /* draws that it has of each chain */
    size_t turn;             /* the chain whose draws come next */
    struct text out;
    size_t sent; /* of out */
    bool waiting, told_columns, told_end, failed;
    double told_progress;
    uint64_t made; /* rows at the last progress */
};

/* ---- events ----------------------------------------------------------- */

/* id: 120-118-119-121 */
static bool put_id(struct stream *s)
{
    bool good = text_puts(&s->out, "id: ");
    for (size_t i = 0; good && i < s->run->chain_count; i++)
        good = text_printf(&s->out, "%s%llu", i ? "-" : "",
                           (unsigned long long)s->at[i]);
    return good && text_puts(&s->out, "\n\n");
}

static bool put_columns(struct stream *s)
{
    s->told_columns = true;
    return text_puts(&s->out, "event: columns\ndata: {\"columns\":[") &&
           run_print_columns(s->run, &s->out) &&
           text_printf(&s->out, "],\"chains\":%zu}\n", s->run->chain_count) &&
           put_id(s);
}

static bool put_row(struct stream *s, size_t chain, const char *row)
{
    bool good = text_puts(&s->out, "[");
    for (size_t i = 0; good && i < s->run->width; i++) {
        double x;
        memcpy(&x, row + i * sizeof x, sizeof x);
        good = (!i || text_add(&s->out, ",", 1)) &&
               run_print_number(s->run, chain, i, x, &s->out);
    }
    return good && text_puts(&s->out, "]");
}

static bool put_draws(struct stream *s, size_t chain)
{
    struct run *r = s->run;
    struct text rows = {0};
    uint64_t got;
    bool good = run_rows(r, chain, s->at[chain], AT_ONCE, &rows, &got);
    if (!good || !got) {
        text_free(&rows);
        return good;
    }
    good = text_printf(&s->out,
                       "event: draws\ndata: {\"chain\":%zu,\"from\":%llu,"
                       "\"draws\":[",
                       chain + 1, (unsigned long long)s->at[chain]);
    for (uint64_t i = 0; good && i < got; i++)
        good = (!i || text_add(&s->out, ",", 1)) &&
               put_row(s, chain, rows.at + i * r->width * sizeof(double));
    text_free(&rows);
    s->at[chain] += got;
    r->runs->server->counts.events++;
    return good && text_puts(&s->out, "]}\n") && put_id(s);
}

static bool put_progress(struct stream *s)
{
    const struct run *r = s->run;
    bool good = text_puts(&s->out, "event: progress\ndata: {\"chains\":[");
    for (size_t i = 0; good && i < r->chain_count; i++) {
        const struct run_progress *p = &r->chains[i].progress;
        good = text_printf(
            &s->out,
            "%s{\"draws\":%llu,\"warming\":%s,\"made\":%llu,\"planned\":%llu,"
            "\"proposals\":%llu,\"accepted\":%llu,\"divergences\":%llu,"
            "\"seconds\":%.3f}",
            i ? "," : "", (unsigned long long)r->chains[i].stored,
            p->warming ? "true" : "false", (unsigned long long)p->made,
            (unsigned long long)p->planned, (unsigned long long)p->proposals,
            (unsigned long long)p->accepted, (unsigned long long)p->divergences,
            p->seconds);
    }
    return good && text_puts(&s->out, "]}\n") && put_id(s);
}

static bool put_end(struct stream *s)
{
    const struct run *r = s->run;
    s->told_end = true;
    return text_printf(&s->out, "event: end\ndata: {\"state\":\"%s\"}\n",
                       r->dropped ? "deleted" : run_state_name(r->state)) &&
           put_id(s);
}

/* Too far behind: what it missed is told as numbers. */
static bool put_missed(struct stream *s, size_t chain)
{
    uint64_t to = s->run->chains[chain].stored - AT_ONCE;
    uint64_t missed = to - s->at[chain];
    s->run->runs->server->counts.dropped += missed;
    s->at[chain] = to;
    return text_printf(&s->out,
                       "event: summary\ndata: {\"chain\":%zu,\"missed\":%llu}"
                       "\n",
                       chain + 1, (unsigned long long)missed) &&
           put_id(s);
}

static bool put_some(struct stream *s)
{
    struct run *r = s->run;
    double now = clock_seconds();
    bool good = true;
    text_clear(&s->out);
    s->sent = 0;
    if (r->width && !r->dropped) {
        if (!s->told_columns) good = put_columns(s);
        for (size_t k = 0; good && k < r->chain_count; k++) {
            size_t i = s->turn++ % r->chain_count;
            if (r->state == RUN_GOING &&
                r->chains[i].stored > s->at[i] + BEHIND_MOST)
                good = put_missed(s, i);
            good = good && put_draws(s, i);
            if (s->out.length > BLOCK) return good;
        }
    }
    if (!s->out.length && r->state != RUN_GOING && !s->told_end)
        return put_progress(s) && put_end(s);
    if (good && r->state == RUN_GOING &&
        now - s->told_progress > PROGRESS_SECONDS) {
        s->told_progress = now;
        good = put_progress(s);
    }
    return good;
}

/* ---- the connection --------------------------------------------------- */

static ssize_t give(void *context, uint64_t position, char *to, size_t most)
{
    struct stream *s = context;
    (void)position;
    if (s->sent == s->out.length && !s->told_end && !put_some(s))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t left = s->out.length - s->sent;
    if (!left && s->told_end) return MHD_CONTENT_READER_END_OF_STREAM;
    if (!left) {
        s->waiting = true;
        mhd.suspend_connection(s->x->connection);
        return 0;
    }
    if (left > most) left = most;
    memcpy(to, s->out.at + s->sent, left);
    s->sent += left;
    return (ssize_t)left;
}

struct MHD_Response *stream_response(struct stream *s)
{
    return mhd.create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, give, s,
                                             NULL);
}

void streams_wake(struct run *r)
{
    for (struct stream *s = r->streams; s; s = s->next) {
        if (!s->waiting) continue;
        s->waiting = false;
        http_wake_stream(s->x->connection, s->x->server);
    }
}

/* Where it was: "120-118", or at the beginning. */
static void find_place(struct stream *s, const char *id)
{
    for (size_t i = 0; id && i < s->run->chain_count; i++) {
        char *end;
        s->at[i] = strtoull(id, &end, 10);
        if (s->at[i] > s->run->chains[i].stored && s->run->width &&
            s->run->state != RUN_GOING)
            s->at[i] = s->run->chains[i].stored;
        if (*end != '-') break;
        id = end + 1;
    }
}

void stream_open(struct exchange *x, struct run *r)
{
    struct stream *s = calloc(1, sizeof *s);
    const char *id = exchange_header(x, "Last-Event-ID");
    if (!s) {
        exchange_problem(x, 503, "memory", "memory ran out");
        return;
    }
    s->run = r;
    s->x = x;
    s->next = r->streams;
    r->streams = s;
    for (size_t i = 0; r->state != RUN_GOING && r->width && i < r->chain_count;
         i++)
        run_open_file(r, i);
    find_place(s, id ? id : exchange_argument(x, "last-event-id"));
    x->stream = s;
    exchange_stream(x);
}

void stream_close(struct stream *s)
{
    for (struct stream **at = &s->run->streams; *at; at = &(*at)->next)
        if (*at == s) {
            *at = s->next;
            break;
        }
    text_free(&s->out);
    free(s);
}
