/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sessions: opening, closing, and the way of one directive: see session.h.
 * What each directive does is in the command_*.c files, by its row in the
 * table.
 */
#include "session/session.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/memory.h"
#include "session/background.h"
#include "session/kept.h"
#include "session/picture.h"
#include "session/program.h"
#include "trace/query.h"
#include "xrp/xrp.h"

/* ---- opening ---------------------------------------------------------- */

uint64_t seed_from_system(void)
{
    uint32_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (uint32_t)time(NULL);
    return seed % 1000000000; /* nine digits: short to say and to type again */
}

void session_seed(struct session *s, uint64_t seed)
{
    s->seed = seed;
    random_seed(&s->machine->random, seed);
}

static const struct engine_row *find_engine(const char *name,
                                            struct error *error)
{
    if (!name) return &engines[0];
    for (size_t i = 0; i < engine_count; i++)
        if (strcmp(engines[i].name, name) == 0) return &engines[i];
    error_set(error, ERROR_USE, "there is no engine %.60s", name);
    error_hint(error, "%s: %s", engines[0].name, engines[0].doc);
    return NULL;
}

static int64_t deadline_in(double seconds)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t now = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
    double end = (double)now + seconds * 1e9;
    return end < 9e18 ? (int64_t)end : 0;
}

static void set_limits(struct machine *m, const struct session_options *options)
{
    m->cancel = options->cancel;
    if (options->seconds > 0) m->deadline_ns = deadline_in(options->seconds);
    if (options->memory) {
        m->memory_limit = options->memory;
        memory_limit_set(options->memory);
    }
}

/* The language: primitives, random procedures, library. */
static bool open_machine(struct session *s, struct error *error)
{
    s->machine = machine_open(error);
    if (!s->machine) return false;
    picture_install(s->machine);
    if (xrp_install(s->machine) && query_install(s->machine) &&
        machine_load_library(s->machine))
        return true;
    *error = s->machine->error;
    return false;
}

struct session *session_open(const struct session_options *options,
                             struct error *error)
{
    const struct engine_row *row = find_engine(options->engine, error);
    if (!row) return NULL;
    memory_init(options->initial_heap);
    struct session *s = memory_new_kept(sizeof *s);
    bool good = s && open_machine(s, error);
    if (good) s->engine = row->open(s->machine);
    if (!good || !s->engine) {
        if (error->kind == ERROR_NONE)
            error_set(error, ERROR_LIMIT, "memory ran out");
        session_close(s);
        return NULL;
    }
    s->engine_row = row;
    s->chain = options->chain;
    s->program.next_id = 1;
    s->hooks = options->hooks;
    s->machine->display = s->hooks.display;
    s->machine->display_context = s->hooks.context;
    set_limits(s->machine, options);
    session_seed(s, options->seeded ? options->seed : seed_from_system());
    return s;
}

void session_close(struct session *s)
{
    if (!s) return;
    kept_drop(s);
    background_pause(s);
    if (s->engine) s->engine->op->close(s->engine);
    if (s->machine) machine_close(s->machine);
    memory_free(s);
}

/* ---- one directive ---------------------------------------------------- */

bool session_fail(struct session *s, struct span where, enum error_kind kind,
                  const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_set_list(session_error(s), kind, format, arguments);
    va_end(arguments);
    session_error(s)->span = where;
    return false;
}

bool session_evaluate(struct session *s, const struct syntax *expression,
                      value *out)
{
    /* Data come by the thousand, and mean themselves. */
    if (expression->kind == SYNTAX_ATOM && !is_symbol(expression->datum)) {
        *out = expression->datum;
        return true;
    }
    struct code *code = machine_compile(s->machine, expression);
    return code && s->engine->op->evaluate(s->engine, code, out);
}

/* OBSERV x 3: a word in capitals that is no name may be a directive's. */
static void suggest_directive(struct error *e, const struct syntax *s)
{
    enum { WORDS_MAX = 64, WORD_MAX = 24 };
    char words[WORDS_MAX][WORD_MAX];
    const char *names[WORDS_MAX];
    size_t count = 0;
    if (e->kind != ERROR_NAME || s->kind != SYNTAX_ATOM) return;
    for (size_t i = 0; i < directive_count && count < WORDS_MAX; i++) {
        char *word = words[count];
        if (!(directive_rows[i].places & PLACE_BARE)) continue;
        words_first(directive_rows[i].words, word, WORD_MAX);
        for (char *c = word; *c; c++) *c = (char)toupper((unsigned char)*c);
        names[count++] = word;
    }
    const char *near = nearest_name(text_of(s->datum), names, count);
    if (near) error_hint(e, "did you mean %s?", near);
}

static bool answer_expression(struct session *s, const struct request *q,
                              struct answer *a)
{
    value v;
    a->directive = "value";
    a->in_script = true;
    s->machine->passing = true;
    bool good = session_evaluate(s, q->arguments[0], &v);
    s->machine->passing = false;
    if (!good) {
        suggest_directive(session_error(s), q->arguments[0]);
        return false;
    }
    answer_picture(a, v);
    return true;
}

static const char *json_name(struct session *s, const struct request *q)
{
    char word[32];
    words_first(q->row->words, word, sizeof word);
    const char *kept = kept_string(word, strlen(word));
    if (!kept) machine_no_memory(s->machine);
    return kept;
}

bool session_submit(struct session *s, const struct request *q,
                    struct answer *a)
{
    struct error *error = session_error(s);
    error_clear(error);
    s->stopped = false;
    *a = (struct answer){0};
    background_pause(s);
    bool good;
    if (!q->row)
        good = answer_expression(s, q, a);
    else
        good = (a->directive = json_name(s, q)) && q->row->run(s, q, a);
    if (good && a->lost) good = machine_no_memory(s->machine);
    if (!good && !error->span.source) error->span = q->span;
    return good;
}

bool session_run(struct session *s, const struct source *source)
{
    struct request_reader reader;
    struct error read_error = {0};
    request_open(&reader, source, &read_error);
    while (!s->leaving) {
        struct request q;
        struct answer a;
        enum request_result got = request_next(&reader, &q);
        if (got == REQUEST_END) break;
        if (got != REQUEST_READ) {
            *session_error(s) = read_error;
            return false;
        }
        if (!session_submit(s, &q, &a)) return false;
        if (s->hooks.answer && !s->hooks.answer(s->hooks.context, &a)) {
            s->leaving = true;
            break;
        }
        if (!s->waits && session_idle(s, BACKGROUND_SLICE, 0) == IDLE_FAILED) {
            if (!session_error(s)->span.source) session_error(s)->span = q.span;
            return false;
        }
        /* Ctrl-C during an INFER ends it with an answer; the script ends as
         * well, and says so. */
        if (s->stopped || (s->machine->cancel && *s->machine->cancel))
            return session_fail(s, q.span, ERROR_CANCEL, "stopped");
    }
    return true;
}
