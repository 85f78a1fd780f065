/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Directives that came in a frame: done in order up to the first error, their
 * answers gathered as JSON. What a directive did is summed up in a check, so
 * that who does it again can see whether the same came out. See engine.h.
 */
#include <string.h>

#include "base/hash.h"
#include "eval/machine.h"
#include "eval/print.h"
#include "server/engine.h"
#include "server/loop.h"
#include "session/file.h"
#include "session/order_try.h"

static const char SOURCE[] = "<http>";

/* ---- errors ----------------------------------------------------------- */

static const char *const kind_names[] = {
    [ERROR_NONE] = "none",       [ERROR_SYNTAX] = "syntax",
    [ERROR_NAME] = "name",       [ERROR_ARITY] = "arity",
    [ERROR_TYPE] = "type",       [ERROR_DOMAIN] = "domain",
    [ERROR_OBSERVE] = "observe", [ERROR_IMPOSSIBLE] = "impossible",
    [ERROR_LIMIT] = "limit",     [ERROR_CANCEL] = "cancelled",
    [ERROR_IO] = "io",           [ERROR_USE] = "use",
    [ERROR_ENGINE] = "engine",
};

/* ,"span":{"line":1,"column":9,"end_line":1,"end_column":12,"text":"(f x)"} */
static bool print_span(const struct span *span, struct text *out)
{
    char words[ERROR_MESSAGE_MAX];
    int line, column, end_line, end_column;
    const struct source *source = span->source;
    if (!source) return true;
    source_place(source, span->start, &line, &column);
    source_place(source, span->end, &end_line, &end_column);
    span_text(*span, words, sizeof words);
    bool named = strcmp(source->name, SOURCE) != 0;
    return text_puts(out, ",\"span\":{") &&
           (!named ||
            (text_puts(out, "\"file\":") &&
             print_json_string(out, source->name, strlen(source->name)) &&
             text_puts(out, ","))) &&
           text_printf(out,
                       "\"line\":%d,\"column\":%d,\"end_line\":%d,"
                       "\"end_column\":%d,\"text\":",
                       line, column, end_line, end_column) &&
           print_json_string(out, words, strlen(words)) && text_puts(out, "}");
}

bool engine_error_json(const struct error *e, struct text *out)
{
    return text_puts(out, "{\"message\":") &&
           print_json_string(out, e->message, strlen(e->message)) &&
           text_printf(out, ",\"kind\":\"%s\"", kind_names[e->kind]) &&
           print_span(&e->span, out) &&
           (!e->hint[0] ||
            (text_puts(out, ",\"hint\":") &&
             print_json_string(out, e->hint, strlen(e->hint)))) &&
           text_puts(out, "}");
}

/* ---- what the server does not do -------------------------------------- */

static bool says(const struct request *q, const char *word)
{
    return q->row && words_hold(q->row->words, word);
}

/* What is done once and done again must give the same: a run that ends by
 * the clock does not. */
static bool may_be_done(struct session *s, const struct wire_do *d,
                        const struct request *q)
{
    if (says(q, "exit")) {
        session_fail(s, q->span, ERROR_USE, "EXIT ends no session here");
        error_hint(session_error(s), "DELETE the session");
        return false;
    }
    bool by_clock = d->flags & DO_CLOCK;
    for (uint32_t i = 0; !by_clock && says(q, "infer") && i < q->count; i++) {
        const struct syntax *a = q->arguments[i];
        if (a->kind != SYNTAX_ATOM || !is_symbol(a->datum) ||
            strcmp(text_of(a->datum), ":for") != 0)
            continue;
        session_fail(s, a->span, ERROR_USE,
                     "INFER takes no :for here: what ends by the clock cannot "
                     "be done again");
        error_hint(session_error(s), "start a run with \"for\"");
        return false;
    }
    return true;
}

/* ---- what changed ----------------------------------------------------- */

/* These leave everything as it was, when they draw nothing. */
static bool only_looks(const struct request *q)
{
    static const char *const words[] = {
        "report", "directives", "logscore", "entropy",     "logdensity",
        "memory", "trace",      "help",     "infer-status"};
    if (!q->row) return true;
    if (says(q, "mhstats")) {
        char word[16];
        if (q->count == 0) return true;
        span_text(q->arguments[0]->span, word, sizeof word);
        return words_hold("aggregated detailed", word);
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (says(q, words[i])) return true;
    return false;
}

static uint64_t state_hash(const struct session *s)
{
    uint64_t hash = hash_word(0, (uint64_t)s->program.next_id);
    hash = hash_word(hash, (uint64_t)s->program.count);
    for (int i = 0; i < 4; i++) hash = hash_word(hash, s->machine->random.s[i]);
    return hash_finish(hash);
}

/* Answers of directives that are kept are the same each time; others tell
 * how long they took. */
static bool is_kept(const struct request *q)
{
    return says(q, "assume") || says(q, "define") || says(q, "observe") ||
           says(q, "predict") || says(q, "observe-each") ||
           says(q, "condition") || says(q, "factor");
}

/* ---- doing ------------------------------------------------------------ */

struct doing {
    struct session *s;
    const struct wire_do *d;
    struct wire_reply *reply;
    struct text *out;
    int count;
    int done;         /* directives */
    char word[24];    /* of the one under way, as answers name it */
    size_t displayed; /* bytes */
    bool lost;        /* memory ran out in the middle of something */
};
enum { DISPLAY_MOST = 1 << 20 };

static bool no_memory(struct doing *w)
{
    return machine_no_memory(w->s->machine);
}

static bool put_answer(struct doing *w, const struct answer *a)
{
    if (w->d->flags & DO_LINES) return answer_print(a, w->out);
    return text_puts(w->out, w->count++ ? "," : "") &&
           answer_print_json(a, w->out);
}

/* What `display` writes stands before the answer of its directive. What is
 * too much is dropped. */
static void put_display(void *context, const char *text, size_t length)
{
    struct doing *w = context;
    if (w->displayed + length > DISPLAY_MOST) return;
    w->displayed += length;
    if (w->d->flags & DO_LINES)
        text_add(w->out, text, length);
    else if (text_puts(w->out, w->count++ ? ",{\"display\":" : "{\"display\":"))
        w->lost = !print_json_string(w->out, text, length - 1) ||
                  !text_puts(w->out, "}");
}

static bool do_one(struct doing *w, const struct request *q)
{
    struct session *s = w->s;
    struct answer a;
    uint64_t before = state_hash(s);
    size_t start = w->out->length;
    strcpy(w->word, "value"); /* a bare expression */
    if (q->row) words_first(q->row->words, w->word, sizeof w->word);
    if (!may_be_done(s, w->d, q)) return false;
    if (w->d->flags & DO_TRY) return order_try(s, q);
    bool good = session_submit(s, q, &a);
    s->leaving = false;
    uint64_t after = state_hash(s);
    w->reply->changed |= !only_looks(q) || before != after;
    w->reply->check = hash_word(w->reply->check, after);
    if (!good) return false;
    if (!put_answer(w, &a)) return no_memory(w);
    if (is_kept(q))
        w->reply->check =
            hash_word(w->reply->check,
                      hash_bytes(w->out->at + start, w->out->length - start));
    return true;
}

static bool too_many(struct doing *w, const struct source *source)
{
    struct span all = {source, 0, (uint32_t)source->length};
    return session_fail(w->s, all, ERROR_SYNTAX,
                        w->count ? "one directive was expected, and here is "
                                   "more"
                                 : "a directive was expected, and there is "
                                   "none");
}

/* A text that is to be one directive is looked at before it is done. */
static bool is_one(struct doing *w, const struct source *source)
{
    struct request_reader reader;
    struct request q;
    struct error error = {0};
    request_open(&reader, source, &error);
    for (w->count = 0; request_next(&reader, &q) == REQUEST_READ; w->count++)
        continue;
    bool one = w->count == 1 || error.kind;
    if (!one) too_many(w, source);
    w->count = 0;
    return one;
}

static bool do_all(struct doing *w, const struct source *source)
{
    struct request_reader reader;
    struct error error = {0};
    if (w->d->flags & DO_ONE && !is_one(w, source)) return false;
    request_open(&reader, source, &error);
    for (;;) {
        struct request q;
        enum request_result got = request_next(&reader, &q);
        if (got == REQUEST_END) return true;
        if (got != REQUEST_READ) {
            *session_error(w->s) = error;
            *w->word = 0;
            return false;
        }
        if (!do_one(w, &q)) return false;
        w->reply->done = (uint32_t)reader.reader.at;
        w->done++;
    }
}

/* The error, the directive that it is of, and how many were done before. */
static void print_failure(const struct doing *w, const struct error *error)
{
    struct text *out = w->out;
    text_clear(out);
    if (!engine_error_json(error, out)) return;
    out->length--; /* its } */
    if (*w->word) text_printf(out, ",\"directive\":\"%s\"", w->word);
    text_printf(out, ",\"done\":%d}", w->done);
}

bool engine_program(struct session *s, struct text *out)
{
    struct text all = {0};
    bool good = true;
    for (int i = 0; good && i < s->program.count; i++) {
        struct span span = s->program.at[i]->span;
        good = text_add(&all, span.source->text + span.start,
                        span.end - span.start) &&
               text_puts(&all, "\n");
    }
    good = good && print_json_string(out, all.at ? all.at : "", all.length);
    text_free(&all);
    return good;
}

void engine_do(struct session *s, const struct wire_do *d, const char *text,
               size_t length, struct wire_reply *reply, struct text *out)
{
    struct doing w = {.s = s, .d = d, .reply = reply, .out = out};
    struct error *error = session_error(s);
    error_clear(error);
    s->machine->deadline_ns =
        d->seconds > 0 ? (int64_t)((clock_seconds() + d->seconds) * 1e9) : 0;
    struct source *source = source_from_text(SOURCE, text, length, error);
    bool lines = d->flags & DO_LINES;
    s->machine->display = put_display;
    s->machine->display_context = &w;
    bool good =
        source && (text_puts(out, lines ? "" : "[") || no_memory(&w)) &&
        do_all(&w, source) &&
        ((!w.lost && text_puts(out, lines ? "" : "]")) || no_memory(&w));
    s->machine->display = s->hooks.display;
    s->machine->deadline_ns = 0;
    if (good) {
        reply->done = (uint32_t)length;
        return;
    }
    bool limit = error->kind == ERROR_LIMIT || error->kind == ERROR_CANCEL;
    reply->state = limit ? REPLY_LIMIT : REPLY_ERROR;
    reply->kind = error->kind;
    print_failure(&w, error);
}
