/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs begin, end and are kept: see runs.h. What their processes say is in
 * runs_hear.c.
 */
#include "server/runs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "eval/print.h"
#include "server/events.h"
#include "server/server.h"
#include "session/chain_past.h"

/* In a row, without a draw or a rest more: until nothing is believed but the base, and
 * not even that; and until it is given up. */
enum { RESTARTS_GOING_ON = 3, RESTARTS_FROM_BASE = 5, RESTARTS_MOST = 7 };
enum { ROWS_WAITING_MOST = 1 << 22 }; /* bytes of a chain, for the disk */

const char *run_state_name(enum run_state s)
{
    static const char *const names[] = {[RUN_GOING] = "running",
                                        [RUN_ENDED] = "done",
                                        [RUN_STOPPED] = "stopped",
                                        [RUN_FAILED] = "failed",
                                        [RUN_LIMITED] = "limited"};
    return names[s];
}

/* ---- files ------------------------------------------------------------ */

static void path_of(const struct run *r, size_t chain, char *path, size_t size)
{
    snprintf(path, size, "%s/runs/%llu.%zu", r->runs->server->options.data,
             (unsigned long long)r->id, chain + 1);
}

bool runs_open(const struct server *server)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/runs", server->options.data);
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* The file of a chain, and how many rows are in it; a torn one is cut off. */
bool run_open_file(struct run *r, size_t i)
{
    char path[4096];
    struct stat about;
    struct run_chain *c = &r->chains[i];
    size_t row = r->width * sizeof(double);
    if (c->file >= 0) return true;
    path_of(r, i, path, sizeof path);
    c->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (c->file < 0 || fstat(c->file, &about) != 0) return false;
    c->stored = row ? (uint64_t)about.st_size / row : 0;
    return ftruncate(c->file, (off_t)(c->stored * row)) == 0 &&
           lseek(c->file, 0, SEEK_END) >= 0;
}

/* What finds no room waits. */
static void write_rows(struct run_chain *c)
{
    size_t done = 0;
    while (c->file >= 0 && done < c->rows.length) {
        ssize_t n = write(c->file, c->rows.at + done, c->rows.length - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        done += (size_t)n;
    }
    c->rows.length -= done;
    if (done && c->rows.length)
        memmove(c->rows.at, c->rows.at + done, c->rows.length);
}

bool run_waits(const struct run *r)
{
    for (size_t i = 0; i < r->chain_count; i++)
        if (r->chains[i].rows.length > ROWS_WAITING_MOST) return true;
    return false;
}

void runs_write(struct runs *rs)
{
    for (struct run *r = rs->first; r; r = r->next)
        for (size_t i = 0; r->state == RUN_GOING && i < r->chain_count; i++)
            if (r->chains[i].rows.length) write_rows(&r->chains[i]);
}

int run_read_file(struct run *r, size_t i)
{
    char path[4096];
    if (!run_open_file(r, i)) return -1;
    if (r->chains[i].rows.length) write_rows(&r->chains[i]);
    path_of(r, i, path, sizeof path);
    return open(path, O_RDONLY | O_CLOEXEC);
}

bool run_rows(struct run *r, size_t chain, uint64_t from, uint64_t count,
              struct text *out, uint64_t *got)
{
    char part[4096];
    struct run_chain *c = &r->chains[chain];
    size_t row = r->width * sizeof(double);
    *got = 0;
    if (!row || !run_open_file(r, chain)) return true;
    if (c->rows.length) write_rows(c);
    if (from >= c->stored) return true;
    if (count > c->stored - from) count = c->stored - from;
    /* Rows that wait for room are not there yet. */
    uint64_t there = c->stored - (c->rows.length + row - 1) / row;
    if (from >= there) return true;
    if (count > there - from) count = there - from;
    uint64_t at = from * row, end = at + count * row;
    while (at < end) {
        size_t most = end - at < sizeof part ? end - at : sizeof part;
        ssize_t n = pread(c->file, part, most, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        if (!text_add(out, part, (size_t)n)) return false;
        at += (uint64_t)n;
    }
    *got = (at - from * row) / row;
    return true;
}

/* ---- columns ---------------------------------------------------------- */

const char *run_column_name(const struct run *r, size_t i)
{
    const char *at = r->names;
    while (i-- > 0) at += strlen(at) + 1;
    return at;
}

static struct column *column_of(const struct run *r, size_t chain, size_t i)
{
    struct column *all = r->chains[chain].columns;
    return all ? &all[i] : NULL;
}

static const char *kind_name(const struct run *r, size_t i)
{
    const struct column *c = column_of(r, 0, i);
    if (!c) return "number";
    if (c->lost) return "lost";
    if (c->levels.count) return "levels";
    static const char *const names[] = {[COLUMN_EMPTY] = "number",
                                        [COLUMN_BOOLEAN] = "boolean",
                                        [COLUMN_INTEGER] = "integer",
                                        [COLUMN_NUMBER] = "number",
                                        [COLUMN_LEVELS] = "levels"};
    return names[c->kind];
}

bool run_print_columns(const struct run *r, struct text *out)
{
    bool good = true;
    const char *name = r->names;
    for (size_t i = 0; good && i < r->width; i++) {
        good = text_puts(out, i ? ",{\"name\":" : "{\"name\":") &&
               print_json_string(out, name, strlen(name)) &&
               text_printf(out, ",\"kind\":\"%s\",\"of\":\"%s\"}",
                           kind_name(r, i), i < r->own ? "sampler" : "program");
        name += strlen(name) + 1;
    }
    return good;
}

bool run_print_number(const struct run *r, size_t chain, size_t i, double x,
                      struct text *out)
{
    struct column *c = column_of(r, chain, i);
    if (c && (c->levels.count || c->kind == COLUMN_BOOLEAN)) {
        struct column as = *c;
        if (as.levels.count) as.kind = COLUMN_LEVELS;
        return column_print_json(out, &as, x);
    }
    char digits[32];
    if (x - x != 0) return print_json(out, v_double(x));
    print_double(digits, x);
    return text_puts(out, digits);
}

/* ---- begin and end ---------------------------------------------------- */

struct run *run_find(struct runs *rs, uint64_t id)
{
    for (struct run *r = rs->first; r; r = r->next)
        if (r->id == id && !r->dropped && !r->starter) return r;
    return NULL;
}

static struct run *make(struct runs *rs, uint64_t id, uint64_t session,
                        const char *text, size_t length, size_t chains)
{
    struct run *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    *r = (struct run){.runs = rs,
                      .id = id,
                      .session = session,
                      .text = strndup(text, length),
                      .chains = calloc(chains, sizeof *r->chains),
                      .chain_count = chains,
                      .watcher.descriptor = -1,
                      .process = -1,
                      .begun = clock_seconds()};
    wire_open(&r->wire, -1);
    if (!r->text || !r->chains) {
        free(r->text);
        free(r->chains);
        free(r);
        return NULL;
    }
    for (size_t i = 0; i < chains; i++) r->chains[i].file = -1;
    struct run **last = &rs->first;
    while (*last) last = &(*last)->next;
    *last = r;
    rs->going++;
    if (id >= rs->next_id) rs->next_id = id + 1;
    return r;
}

void run_forget(struct run *r)
{
    struct run **at = &r->runs->first;
    while (*at && *at != r) at = &(*at)->next;
    if (*at) *at = r->next;
    run_settle(r, RUN_FAILED);
    text_free(&r->answer);
    free(r->chains);
    free(r->text);
    free(r);
}

static struct bytes bytes_of(const char *s)
{
    return (struct bytes){s, (uint32_t)strlen(s)};
}

static bool add_entry(struct run *r, const struct entry *e)
{
    struct place p;
    return scribe_add(&r->runs->server->scribe, e, &p);
}

struct run *run_new(struct runs *rs, struct hosted *h, uint64_t seed,
                    const char *text, uint64_t samples, size_t chains,
                    struct exchange *starter)
{
    struct run *r = make(rs, rs->next_id, h->id, text, strlen(text), chains);
    if (!r) return NULL;
    r->seed = seed;
    r->samples = samples;
    r->starter = starter;
    return r;
}

/* In the journal a run is "samples chains text". */
bool run_write(struct run *r, size_t position, const struct text *key,
               const char *reply)
{
    struct text whole = {0};
    struct entry e = {
        .kind = ENTRY_RUN, .session = r->session, .a = r->id, .b = r->seed};
    bool good = text_printf(&whole, "%llu %zu ", (unsigned long long)r->samples,
                            r->chain_count) &&
                text_puts(&whole, r->text);
    if (good) e.text = (struct bytes){whole.at, (uint32_t)whole.length};
    if (key->length) {
        e.key = (struct bytes){key->at, (uint32_t)key->length};
        e.reply = bytes_of(reply);
    }
    r->position = position;
    good = good && scribe_add(&r->runs->server->scribe, &e, &r->place);
    if (good && key->length) keys_keep(&r->runs->server->keys, &e, r->place);
    text_free(&whole);
    return good;
}

/* ---- from the journal ------------------------------------------------- */

/* Those who wait for its beginning, or its end, learn that it has ended. */
static void tell_waiting(struct run *r)
{
    struct exchange *all[] = {r->starter, r->stopper};
    r->starter = r->stopper = NULL;
    for (int i = 0; i < 2; i++)
        if (all[i]) run_answer(all[i], r);
}

static bool take_text(const struct entry *e, uint64_t *samples, size_t *chains,
                      const char **text, size_t *length)
{
    char head[64];
    unsigned long long n;
    int used = 0;
    size_t k =
        e->text.length < sizeof head - 1 ? e->text.length : sizeof head - 1;
    memcpy(head, e->text.at, k);
    head[k] = 0;
    if (sscanf(head, "%llu %zu %n", &n, chains, &used) != 2 || !used ||
        *chains < 1 || *chains > CHAINS_MAX)
        return false;
    *samples = n;
    *text = e->text.at + used;
    *length = e->text.length - (size_t)used;
    return true;
}

static bool know_new(struct runs *rs, const struct entry *e, struct place p,
                     size_t position)
{
    uint64_t samples;
    size_t chains, length;
    const char *text;
    if (!take_text(e, &samples, &chains, &text, &length)) return true;
    struct run *r = make(rs, e->a, e->session, text, length, chains);
    if (!r) return false;
    r->seed = e->b;
    r->samples = samples;
    r->position = position;
    r->place = p;
    return true;
}

static void know_chain(struct run *r, const struct entry *e, struct place p)
{
    if (e->b == 0) r->base = p;
    if (e->b == 0 || e->b > r->chain_count) return;
    struct run_chain *c = &r->chains[e->b - 1];
    struct chain_past past;
    if (!chain_past_head(&past, e->text.at, e->text.length)) return;
    c->state_rows = past.draws;
    c->state = p;
}

bool run_keep_state(struct run *r, uint64_t chain, const char *bytes,
                    size_t length)
{
    struct place p;
    struct entry e = {.kind = ENTRY_CHAIN,
                      .session = r->session,
                      .a = r->id,
                      .b = chain,
                      .text = {bytes, (uint32_t)length}};
    if (!scribe_add(&r->runs->server->scribe, &e, &p)) return false;
    know_chain(r, &e, p);
    r->rests += chain > 0;
    r->runs->rests += chain > 0;
    return true;
}

static bool know_end(struct run *r, const struct entry *e)
{
    r->state = (enum run_state)e->b;
    r->runs->going--;
    text_clear(&r->answer);
    return run_take_facts(r, e->text.at, e->text.length) &&
           text_add(&r->answer, e->reply.at, e->reply.length);
}

static bool know_more(struct run *r, const struct entry *e)
{
    size_t chains, length;
    const char *text;
    if (!take_text(e, &r->samples, &chains, &text, &length)) return true;
    free(r->text);
    r->text = strndup(text, length);
    if (r->state != RUN_GOING) r->runs->going++;
    r->state = RUN_GOING;
    return r->text != NULL;
}

/* Its files go when the entry that says so is on disk. */
static void forget(struct run *r)
{
    if (r->dropped) return;
    run_settle(r, RUN_FAILED);
    r->dropped = true;
    r->unsaid = false;
    r->unlinked = r->runs->server->scribe.end + 1;
    streams_wake(r);
    tell_waiting(r);
    run_look_end(r);
}

void runs_forget_session(struct runs *rs, uint64_t session)
{
    for (struct run *r = rs->first; r; r = r->next)
        if (r->session == session) forget(r);
}

bool runs_known(struct runs *rs, const struct entry *e, struct place p,
                size_t position)
{
    struct run *r = run_find(rs, e->a);
    if (e->kind == ENTRY_RUN) return r || know_new(rs, e, p, position);
    if (!r) return true;
    switch (e->kind) {
    case ENTRY_RUN_END: r->end = p; return know_end(r, e);
    case ENTRY_RUN_MORE: r->more = p; return know_more(r, e);
    case ENTRY_CHAIN: know_chain(r, e, p); return true;
    default: forget(r); return true;
    }
}

void runs_resume(struct runs *rs)
{
    for (struct run *r = rs->first; r; r = r->next)
        if (r->state == RUN_GOING && !r->dropped) run_launch(r, true);
}

/* ---- its process ------------------------------------------------------ */

void run_close_process(struct run *r)
{
    struct loop *l = &r->runs->server->loop;
    struct hosted *h = hosted_find(&r->runs->server->hosts, r->session);
    if (r->wire.socket >= 0 && !r->host && h && h->held) h->held--;
    loop_remove(l, &r->watcher);
    if (r->process >= 0) {
        pidfd_send_signal(r->process, SIGKILL, NULL, 0);
        close(r->process);
    }
    r->process = -1;
    r->full = false;
    text_clear(&r->ending);
    wire_close(&r->wire);
    if (r->host) hosted_forget(r->host);
    r->host = NULL;
}

void run_settle(struct run *r, enum run_state state)
{
    if (r->state == RUN_GOING) r->runs->going--;
    r->state = state;
    r->ended = clock_seconds();
    run_close_process(r);
}

static void held(void *context, const struct outcome *o)
{
    (void)context;
    (void)o;
}

/* Its session has looked at the order. */
static void tried(void *context, const struct outcome *o)
{
    struct run *r = context;
    if (!r->starter) return; /* it was deleted meanwhile */
    if (o->kind == OUTCOME_REPLY && o->reply.state == REPLY_GOOD) {
        run_launch(r, false);
        return;
    }
    struct exchange *x = r->starter;
    run_forget(r);
    run_refused(x, o);
}

bool run_propose(struct run *r, struct hosted *h)
{
    struct task *t = task_new(tried, r);
    if (!t || !text_puts(&t->text, r->text)) {
        free(t);
        run_forget(r);
        return false;
    }
    t->flags = DO_CLOCK | DO_ONE | DO_TRY;
    hosted_ask(h, t);
    return true;
}

/* The socket is with the engine, all that was asked before is in the journal:
 * from here on there is such a run. Or it is nowhere, and its end tells. */
static void sent(void *context, const struct outcome *o)
{
    struct run *r = context;
    struct exchange *x = r->starter;
    r->starter = NULL;
    if (x) run_started(x, r, o);
}

static bool send_run(struct run *r, struct hosted *h, bool goes_on)
{
    int ends[2];
    struct task *hold = task_new(held, r), *t = task_new(sent, r);
    if (!hold || !t || !text_puts(&t->text, r->text) ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        free(hold);
        if (t) text_free(&t->text);
        free(t);
        return false;
    }
    wire_open(&r->wire, ends[0]);
    hold->flags = DO_HOLD;
    t->flags = DO_CLOCK | DO_ONE | (goes_on ? DO_GO_ON : 0);
    t->kind = FRAME_RUN;
    t->socket = ends[1];
    t->seed = r->seed;
    t->chains = r->chain_count;
    hosted_ask(h, hold);
    hosted_ask(h, t);
    return loop_add(&r->runs->server->loop, &r->watcher, ends[0], run_hear, r);
}

/* Is the chain's last checkpoint there, and all draws before it? They may
 * have been lost with the system: then they are drawn again. */
static bool may_go_on(struct run *r, size_t i)
{
    struct run_chain *c = &r->chains[i];
    struct text room = {0};
    struct entry e;
    struct chain_past past;
    struct stat about;
    char path[4096];
    path_of(r, i, path, sizeof path);
    bool good = c->state.length &&
                scribe_read(&r->runs->server->scribe, c->state, &room, &e) &&
                chain_past_head(&past, e.text.at, e.text.length);
    /* In warmup there are none, and no file. */
    if (good && past.draws)
        good =
            stat(path, &about) == 0 &&
            (uint64_t)about.st_size / sizeof(double) / past.width >= past.draws;
    text_free(&room);
    return good;
}

void run_launch(struct run *r, bool again)
{
    struct server *s = r->runs->server;
    struct hosted *h = hosted_find(&s->hosts, r->session);
    /* A process that dies of what it goes on from begins at the beginning. */
    bool based = again && r->base.length && r->restarts < RESTARTS_FROM_BASE;
    r->told = 0;
    for (size_t i = 0; i < r->chain_count; i++) {
        struct run_chain *c = &r->chains[i];
        c->goes_on =
            based && r->restarts < RESTARTS_GOING_ON && may_go_on(r, i);
        c->come = c->goes_on ? c->state_rows : 0;
    }
    if (!h) {
        run_fail(r, "its session is no more");
        return;
    }
    if (again) {
        struct hosted *copy = based ? NULL : hosted_copy(h, r->position);
        based = !copy && r->base.length;
        h = r->host = based ? hosted_empty(h) : copy;
    }
    if (!h || !send_run(r, h, based)) {
        run_fail(r, "no process is to be had");
        return;
    }
    if (!again) h->held++;
    r->launched = clock_seconds();
}

/* What it goes on from, a piece at a time: none before the other is sent, for
 * a file comes along with the first byte. */
static bool tell_piece(struct run *r, size_t i, struct text *room)
{
    struct entry e;
    struct run_chain *c = i ? &r->chains[i - 1] : NULL;
    if (i > r->chain_count)
        return wire_send(&r->wire, FRAME_GO, 0, NULL, 0, "", 0, -1);
    if (c && !c->goes_on) return true;
    if (!scribe_read(&r->runs->server->scribe, c ? c->state : r->base, room,
                     &e))
        return false;
    int rows = -1;
    char path[4096];
    if (c && c->state_rows) {
        path_of(r, i - 1, path, sizeof path);
        rows = open(path, O_RDONLY | O_CLOEXEC);
        if (rows < 0) return false;
    }
    bool good = wire_send(&r->wire, FRAME_STATE, i, NULL, 0, e.text.at,
                          e.text.length, rows);
    if (rows >= 0) close(rows);
    return good;
}

bool run_tell(struct run *r)
{
    struct text room = {0};
    bool good = wire_flush(&r->wire);
    while (good && r->host && r->base.length && r->told < r->chain_count + 2 &&
           !wire_is_full(&r->wire))
        good = tell_piece(r, r->told++, &room);
    text_free(&room);
    loop_want(&r->runs->server->loop, &r->watcher, wire_is_full(&r->wire));
    return good;
}

static bool write_end(struct run *r)
{
    struct entry e = {
        .kind = ENTRY_RUN_END,
        .session = r->session,
        .a = r->id,
        .b = r->state,
        .text = {r->facts.at ? r->facts.at : "", (uint32_t)r->facts.length},
        .reply = {r->answer.at ? r->answer.at : "",
                  (uint32_t)r->answer.length}};
    r->unsaid = !scribe_add(&r->runs->server->scribe, &e, &r->end);
    return !r->unsaid;
}

void run_finish(struct run *r, enum run_state state)
{
    text_clear(&r->facts);
    if (r->width) run_facts(r, &r->facts);
    run_settle(r, state);
    if (!write_end(r) && r->stopper) {
        exchange_problem(r->stopper, 507, "disk",
                         "the journal cannot be written");
        r->stopper = NULL;
    }
    tell_waiting(r);
}

/* It died without a word. */
void run_fail(struct run *r, const char *message)
{
    text_clear(&r->answer);
    text_printf(&r->answer, "{\"message\":\"%s\",\"kind\":\"limit\"}", message);
    run_finish(r, RUN_FAILED);
    streams_wake(r);
}

/* How far it is, for whoever asks whether it makes way. */
static uint64_t way_of(const struct run *r)
{
    uint64_t all = r->rests;
    for (size_t i = 0; i < r->chain_count; i++) all += r->chains[i].stored;
    return all;
}

/* Begun again after a moment; given up when it makes no way. */
void run_died(struct run *r)
{
    uint64_t way = way_of(r);
    r->runs->restarts++;
    if (way > r->way_before) r->restarts = 0;
    r->way_before = way;
    run_close_process(r);
    if (++r->restarts > RESTARTS_MOST) {
        run_fail(r, "its process died again and again");
        return;
    }
    r->restarting = true;
    r->wait_until = clock_seconds() + 0.02 * (1 << r->restarts);
}

void run_stop(struct run *r)
{
    r->stopping = true;
    if (r->process >= 0) pidfd_send_signal(r->process, SIGTERM, NULL, 0);
}

bool run_extend(struct run *r, uint64_t samples, const char *text)
{
    struct text whole = {0};
    char *copy = strdup(text);
    bool good = copy &&
                text_printf(&whole, "%llu %zu ", (unsigned long long)samples,
                            r->chain_count) &&
                text_puts(&whole, text);
    struct entry e = {
        .kind = ENTRY_RUN_MORE,
        .session = r->session,
        .a = r->id,
        .b = r->seed,
        .text = {whole.at ? whole.at : "", (uint32_t)whole.length}};
    good = good && !r->unsaid &&
           scribe_add(&r->runs->server->scribe, &e, &r->more);
    text_free(&whole);
    if (!good) {
        free(copy);
        return false;
    }
    free(r->text);
    r->text = copy;
    r->samples = samples;
    r->stopping = r->late = false;
    r->state = RUN_GOING;
    r->restarts = 0;
    r->runs->going++;
    text_clear(&r->answer);
    run_launch(r, true);
    return true;
}

bool run_drop(struct run *r)
{
    struct entry e = {
        .kind = ENTRY_RUN_DROP, .session = r->session, .a = r->id};
    if (!r->dropped && !add_entry(r, &e)) return false;
    forget(r);
    return true;
}

static void unlink_rows(struct run *r)
{
    char path[4096];
    r->unlinked = 0;
    for (size_t i = 0; i < r->chain_count; i++) {
        if (r->chains[i].file >= 0) close(r->chains[i].file);
        r->chains[i].file = -1;
        path_of(r, i, path, sizeof path);
        unlink(path);
    }
}

/* --limit-run: it keeps what it has drawn. */
static void limit(struct run *r, double now)
{
    double most = r->runs->server->options.run_seconds;
    if (r->state != RUN_GOING || most <= 0 || r->process < 0) return;
    if (r->stopping || now - r->launched <= most) return;
    r->late = true;
    run_stop(r);
}

void runs_tick(struct runs *rs)
{
    double now = clock_seconds();
    for (struct run *r = rs->first; r; r = r->next) {
        limit(r, now);
        run_look_rest(r, now);
        if (r->unlinked && r->unlinked <= rs->server->scribe.synced + 1)
            unlink_rows(r);
        if (r->unsaid) write_end(r);
        if (r->state == RUN_GOING && r->ending.length) run_try_end(r);
        if (r->full && !run_waits(r) && r->state == RUN_GOING &&
            !r->ending.length) {
            r->full = false;
            if (r->wire.socket >= 0) run_hear(r);
        }
        if (!r->restarting || now < r->wait_until) continue;
        r->restarting = false;
        if (r->state == RUN_GOING && !r->dropped) run_launch(r, true);
    }
}

void runs_close(struct runs *rs)
{
    runs_write(rs);
    for (struct run *r = rs->first; r; r = r->next) {
        tell_waiting(r);
        run_close_process(r);
        run_look_end(r);
    }
}
