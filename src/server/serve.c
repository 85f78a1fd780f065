/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The front's life: see serve.h. In this order: names from the tables, the
 * spawner, HTTP, the journal, its thread, the loop.
 */
#include "server/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "server/engine.h"
#include "server/microhttpd.h"
#include "server/server.h"
#include "server/upkeep.h"
#include "session/help.h"

enum { TICK_MS = 50 };

/* What wrote a journal: another build may draw other numbers. */
static const char BUILD[] = "vestige " VST_VERSION " " __DATE__ " " __TIME__;

/* ---- answers that wait for the disk ----------------------------------- */

void server_answer_synced(struct exchange *x, int status)
{
    struct server *s = x->server;
    struct awaiting *a = NULL;
    if (s->scribe.synced < s->scribe.end) a = calloc(1, sizeof *a);
    if (!a) {
        exchange_answer(x, status, status == 204 ? NULL : "application/json");
        return;
    }
    *a = (struct awaiting){.x = x, .needs = s->scribe.end, .status = status};
    if (s->last_awaiting)
        s->last_awaiting->next = a;
    else
        s->first_awaiting = a;
    s->last_awaiting = a;
}

void server_synced(struct server *s)
{
    for (struct awaiting *a; (a = s->first_awaiting);) {
        if (a->needs > s->scribe.synced && !s->scribe.failed) return;
        s->first_awaiting = a->next;
        if (!a->next) s->last_awaiting = NULL;
        if (a->needs > s->scribe.synced)
            exchange_problem(a->x, 507, "disk",
                             "the journal cannot be written");
        else
            exchange_answer(a->x, a->status,
                            a->status == 204 ? NULL : "application/json");
        free(a);
    }
}

/* ---- sessions --------------------------------------------------------- */

struct hosted *server_default(struct server *s)
{
    struct hosted *h = hosted_find(&s->hosts, 0);
    const char *engine =
        s->options.engine ? s->options.engine : engines[0].name;
    if (h) return h;
    uint64_t next = s->hosts.next_id;
    s->hosts.next_id = 0;
    h = hosted_new(&s->hosts, engine, seed_from_system(), NULL, "");
    if (s->hosts.next_id < next) s->hosts.next_id = next;
    return h;
}

struct hosted *server_session(struct exchange *x)
{
    const char *id = x->parameters[0];
    struct hosted *h = NULL;
    if (strcmp(id, "default") == 0)
        h = server_default(x->server);
    else if (strlen(id) < 19 && strspn(id, "0123456789") == strlen(id))
        h = hosted_find(&x->server->hosts, strtoull(id, NULL, 10));
    if (!h) exchange_problem(x, 404, "session", "there is no session %s", id);
    return h;
}

/* ---- the journal ------------------------------------------------------ */

static bool take_entry(void *context, const struct entry *e, struct place p)
{
    struct server *s = context;
    struct hosted *h = hosted_find(&s->hosts, e->session);
    if (e->kind == ENTRY_IDS) {
        if (e->a > s->hosts.next_id) s->hosts.next_id = e->a;
        if (e->b > s->runs.next_id) s->runs.next_id = e->b;
        return true;
    }
    if (e->key.length && e->kind != ENTRY_CHAIN) keys_keep(&s->keys, e, p);
    switch (e->kind) {
    case ENTRY_OPEN: return h || hosted_known(&s->hosts, e, p);
    case ENTRY_CLOSE:
        if (h) hosted_forget(h);
        runs_forget_session(&s->runs, e->session);
        return true;
    case ENTRY_DO:
    case ENTRY_IDLE:
        if (!h) return true;
        h->position = p.at + p.length;
        return hosted_add_place(h, p);
    case ENTRY_STATE:
        if (h) hosted_know_state(h, e, p);
        return true;
    case ENTRY_DONE: return true;
    default: return !h || runs_known(&s->runs, e, p, hosted_length(h));
    }
}

/* ---- names ------------------------------------------------------------ */

/* The lines of `vestige --list --json` whose topic ends so. */
static bool pick_names(const char *lines, const char *topic, struct text *out)
{
    bool any = false, good = text_puts(out, "{\"names\":[");
    for (const char *at = lines; good && *at;) {
        size_t length = strcspn(at, "\n");
        const char *end = strchr(at + strlen("{\"topic\":\""), '"');
        if (end && strncmp(end - strlen(topic), topic, strlen(topic)) == 0) {
            good = text_puts(out, any ? "," : "") && text_add(out, at, length);
            any = true;
        }
        at += length + (at[length] == '\n');
    }
    return good && text_puts(out, "]}");
}

static bool gather_names(struct server *s, struct error *error)
{
    struct text lines = {0};
    struct session_options options = {.seeded = true};
    struct session *session = session_open(&options, error);
    bool good = session && help_list_json(session->machine, &lines) &&
                pick_names(lines.at, "kernels", &s->kernels) &&
                pick_names(lines.at, "distributions", &s->distributions);
    session_close(session);
    text_free(&lines);
    return good ||
           (error->kind ? false
                        : error_set(error, ERROR_LIMIT, "memory ran out"));
}

/* ---- the loop --------------------------------------------------------- */

static void told_to_leave(void *context)
{
    ((struct server *)context)->leaving = true;
}

static void disk_moved(void *context)
{
    struct server *s = context;
    scribe_turn(&s->scribe);
    hosts_synced(&s->hosts);
    server_synced(s);
}

static void tick(struct server *s)
{
    hosts_tick(&s->hosts);
    runs_tick(&s->runs);
    upkeep_tick(s, BUILD);
    http_tick(&s->http);
}

static void turn_all(struct server *s)
{
    double ticked = clock_seconds();
    while (!s->leaving) {
        loop_turn(&s->loop, http_patience(&s->http, TICK_MS));
        if (s->http.resumed || http_patience(&s->http, 1) == 0)
            http_turn(&s->http);
        runs_write(&s->runs);
        if (s->scribe.pending.length) scribe_turn(&s->scribe);
        if (s->scribe.failed) disk_moved(s);
        double now = clock_seconds();
        if (now - ticked >= 1e-3 * TICK_MS) {
            ticked = now;
            tick(s);
        }
        hosts_bury(&s->hosts);
    }
}

/* ---- opening and closing ---------------------------------------------- */

static bool open_signals(struct server *s, struct watcher *w)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return false;
    int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return descriptor >= 0 &&
           loop_add(&s->loop, w, descriptor, told_to_leave, s);
}

static void raise_files(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

/* Out of loopback nobody gets in without a token. */
static bool check_tokens(struct server *s, struct error *error)
{
    if (s->options.tokens)
        return guard_read_tokens(&s->guard, s->options.tokens, error);
    if (s->http.loopback) return true;
    return error_set(error, ERROR_USE,
                     "%s is no loopback address: --token-file is needed",
                     s->options.host);
}

static bool open_front(struct server *s, struct watcher *signals,
                       struct error *error)
{
    bool same;
    const struct server_options *o = &s->options;
    if (!loop_open(&s->loop) || !open_signals(s, signals))
        return error_set(error, ERROR_LIMIT, "%s", strerror(errno));
    s->hosts = (struct hosts){.loop = &s->loop,
                              .scribe = &s->scribe,
                              .spawner = &s->spawner,
                              .next_id = 1,
                              .most = o->sessions,
                              .seconds = o->seconds,
                              .memory = o->memory,
                              .sleep_after = o->idle,
                              .keep = keys_keep,
                              .keeper = &s->keys,
                              .is_begun_from = upkeep_is_begun_from,
                              .beginner = s};
    s->guard.rate = o->rate;
    if (!http_open(&s->http, s, o->host, o->port, error) ||
        !check_tokens(s, error) ||
        !scribe_open(&s->scribe, o->data, BUILD, &same, take_entry, s, error))
        return false;
    if (!same)
        fprintf(stderr, "vestige serve: another build wrote the journal; what "
                        "does not come out as it did will be refused\n");
    if (!runs_open(s) || !scribe_start(&s->scribe, &s->loop, disk_moved, s))
        return error_set(error, ERROR_IO, "%.200s: %s", o->data,
                         strerror(errno));
    return true;
}

static void close_front(struct server *s)
{
    runs_close(&s->runs);
    hosts_close(&s->hosts);
    upkeep_close(s);
    scribe_close(&s->scribe);
    http_close(&s->http);
    loop_close(&s->loop);
    text_free(&s->kernels);
    text_free(&s->distributions);
}

static int complain(const struct error *error)
{
    char words[ERROR_MESSAGE_MAX + ERROR_HINT_MAX + 8];
    snprintf(words, sizeof words, error->hint[0] ? "%s (%s)" : "%s",
             error->message, error->hint);
    fprintf(stderr, "vestige serve: error: %s\n", words);
    return 1;
}

int serve(const struct server_options *options)
{
    struct error error = {0};
    struct watcher signals;
    struct server *s = calloc(1, sizeof *s);
    if (!s) return 1;
    s->options = *options;
    s->started = clock_seconds();
    s->http.listening = s->scribe.file = s->scribe.lock = -1;
    s->runs.next_id = 1;
    s->runs.server = s;
    s->renewal.old = s->renewal.file = -1;
    raise_files();
    bool good = microhttpd_open(&error) && gather_names(s, &error) &&
                spawner_start(&s->spawner, options->files, &error) &&
                open_front(s, &signals, &error);
    if (good) {
        printf("vestige: http://%s:%u/\n", s->http.host, s->http.port);
        fflush(stdout);
        runs_resume(&s->runs);
        turn_all(s);
        close_front(s);
    }
    spawner_stop(&s->spawner);
    free(s);
    return good ? 0 : complain(&error);
}
