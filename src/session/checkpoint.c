/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Checkpoints: see checkpoint.h. An ENTRY_DIRECTIVE has where it stood: key is
 * the name of its source, b line and column. The last entry is ENTRY_STATE: a
 * is the bits of the log score, b the next id; its text the random numbers and
 * counters, its key the choices, each a location, a kind and eight bytes, or a
 * length and text that reads back.
 */
#include "session/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "eval/print.h"
#include "session/background.h"
#include "session/beside.h"
#include "session/counts.h"
#include "session/file.h"
#include "session/journal.h"
#include "session/program.h"
#include "xrp/user.h"

static const char BUILD[] = "vestige " VST_VERSION;

enum value_kind { VALUE_INTEGER, VALUE_DOUBLE, VALUE_TEXT };
enum { WORDS = 9 }; /* of the text: four of random numbers, five counters */

static bool refuse(struct session *s, const char *why)
{
    error_set(session_error(s), ERROR_IO, "%s", why);
    return false;
}

static const char NO_CHECKPOINT[] = "that is no checkpoint of this version";

/* ---- choices, written ------------------------------------------------- */

/* Does it read back? Numbers, booleans, symbols, strings, and lists and
 * arrays of them do. What is deep in a list is not looked at: where it does
 * not read back, that is found when the checkpoint is tried. */
static bool is_data(value v)
{
    for (; is_pair(v); v = cdr(v))
        if (is_object(car(v)) && object_type(car(v)) > T_VECTOR) return false;
    return !is_object(v) || object_type(v) <= T_VECTOR;
}

bool checkpoint_put_value(struct session *s, value v, struct text *out)
{
    char kind = is_int(v)      ? VALUE_INTEGER
                : is_double(v) ? VALUE_DOUBLE
                               : VALUE_TEXT;
    if (!text_add(out, &kind, 1)) return false;
    if (kind == VALUE_INTEGER) return pack_word(out, (uint64_t)as_int(v));
    if (kind == VALUE_DOUBLE) {
        double d = as_double(v);
        uint64_t bits;
        memcpy(&bits, &d, sizeof bits);
        return pack_word(out, bits);
    }
    struct text shown = {0};
    bool good = is_data(v) ? print_value(&shown, v)
                           : refuse(s, "a choice has a value that is no data");
    good = good && pack_bytes(out, shown.at ? shown.at : "", shown.length);
    text_free(&shown);
    return good;
}

struct putting {
    struct session *session;
    struct text *out;
};

static bool put_choice(void *context, uint64_t location, value held)
{
    struct putting *p = context;
    return pack_word(p->out, location) &&
           checkpoint_put_value(p->session, held, p->out);
}

static bool put_choices(struct session *s, struct text *out)
{
    struct putting p = {s, out};
    return s->engine->op->choices(s->engine, put_choice, &p);
}

/* ---- the whole, written ----------------------------------------------- */

static uint64_t bits_of(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return bits;
}

static bool put_words(struct session *s, struct text *out)
{
    const struct transition_counts *c = &s->made;
    const uint64_t counts[] = {c->transitions, c->proposals, c->accepted,
                               c->impossible, c->touched};
    bool good = true;
    for (int i = 0; good && i < 4; i++)
        good = pack_word(out, s->machine->random.s[i]);
    for (int i = 0; good && i < 5; i++) good = pack_word(out, counts[i]);
    return good;
}

static struct bytes bytes_of(const char *at, size_t length)
{
    return (struct bytes){at ? at : "", (uint32_t)length};
}

/* A checkpoint has values only. */
static bool hides_nothing(struct session *s)
{
    const struct user_maker *k = user_maker_of(s->machine);
    return !k || !k->hides ||
           refuse(s, "make-xrp made a random procedure with :state-transition: "
                     "what its state hides is no value, and cannot be saved");
}

static bool put_state(struct session *s, uint64_t *chain, struct text *out)
{
    struct text words = {0}, choices = {0};
    bool good =
        hides_nothing(s) && put_words(s, &words) && put_choices(s, &choices);
    struct entry e = {.kind = ENTRY_STATE,
                      .a = bits_of(s->engine->op->log_score(s->engine)),
                      .b = (uint64_t)s->program.next_id,
                      .text = bytes_of(words.at, words.length),
                      .key = bytes_of(choices.at, choices.length)};
    good = good && choices.length < UINT32_MAX && journal_add(out, &e, chain);
    text_free(&words);
    text_free(&choices);
    return good;
}

/* As it was typed, and where: the name of its source, line and column. */
static bool put_directive(const struct directive *d, uint64_t *chain,
                          struct text *out)
{
    const struct source *source = d->span.source;
    int line, column;
    source_place(source, d->span.start, &line, &column);
    struct entry e = {.kind = ENTRY_DIRECTIVE,
                      .a = (uint64_t)d->id,
                      .b = (uint64_t)line << 32 | (uint32_t)column,
                      .text = bytes_of(source->text + d->span.start,
                                       d->span.end - d->span.start),
                      .key = bytes_of(source->name, strlen(source->name))};
    return journal_add(out, &e, chain);
}

bool checkpoint_write(struct session *s, enum checkpoint_what what,
                      struct text *out)
{
    uint64_t chain;
    const char *engine = s->engine_row->name;
    struct entry open = {.kind = ENTRY_OPEN,
                         .a = s->seed,
                         .text = bytes_of(engine, strlen(engine))};
    error_clear(session_error(s));
    bool good =
        journal_head(out, BUILD, &chain) && journal_add(out, &open, &chain);
    for (int i = 0; good && i < s->program.count; i++)
        good = put_directive(s->program.at[i], &chain, out);
    if (what == CHECKPOINT_ALL) good = good && beside_write(s, &chain, out);
    good = good && put_state(s, &chain, out);
    if (!good && !session_error(s)->kind) machine_no_memory(s->machine);
    return good;
}

/* ---- choices, read ---------------------------------------------------- */

/* Values by location, while the program is run again. */
struct table {
    struct drawer drawer; /* first */
    uint64_t *locations;  /* open addressing; `held` is V_UNBOUND where free */
    value *held;          /* scanned */
    size_t slots, count;
};

static size_t slot_of(const struct table *t, uint64_t location)
{
    size_t i = location & (t->slots - 1);
    while (t->held[i] != V_UNBOUND && t->locations[i] != location)
        i = (i + 1) & (t->slots - 1);
    return i;
}

static bool open_table(struct table *t, size_t most)
{
    t->slots = 16;
    while (t->slots < 2 * most) t->slots *= 2;
    t->locations = memory_new_atomic(t->slots * sizeof *t->locations);
    t->held = memory_new(t->slots * sizeof *t->held);
    for (size_t i = 0; t->held && i < t->slots; i++) t->held[i] = V_UNBOUND;
    return t->locations && t->held;
}

/* What is not in the table is drawn: it is observed later, or goes again. */
static bool draw(struct drawer *drawer, const struct xrp_family *f,
                 const struct xrp_site *site, struct span place, value *out)
{
    struct table *t = (struct table *)drawer;
    struct machine *m = drawer->machine;
    *out = t->held[slot_of(t, drawer->location)];
    if (*out != V_UNBOUND || f->sample(site, &m->random, out)) return true;
    xrp_domain_error(f, site, &m->error);
    m->error.span = place;
    return false;
}

static bool read_text(struct session *s, const char *at, size_t length,
                      value *out)
{
    struct text quoted = {0};
    struct request_reader reader;
    struct request q;
    bool good = text_puts(&quoted, "(quote ") &&
                text_add(&quoted, at, length) && text_puts(&quoted, ")");
    struct source *source =
        good ? source_from_text("<checkpoint>", quoted.at, quoted.length,
                                session_error(s))
             : NULL;
    text_free(&quoted);
    if (!source) return false;
    request_open(&reader, source, session_error(s));
    good = request_next(&reader, &q) == REQUEST_READ && !q.row;
    struct code *code =
        good ? machine_compile(s->machine, q.arguments[0]) : NULL;
    return code && s->engine->op->evaluate(s->engine, code, out);
}

bool checkpoint_get_value(struct session *s, struct unpack *from, value *out)
{
    uint64_t word;
    double d;
    if (!from->left) return false;
    char kind = *from->at++;
    from->left--;
    if (kind == VALUE_TEXT) {
        const char *text;
        size_t length;
        return unpack_bytes(from, &text, &length) &&
               read_text(s, text, length, out);
    }
    if (!unpack_word(from, &word)) return false;
    if (kind == VALUE_INTEGER) {
        *out = v_int((int64_t)word);
        return (int64_t)word >= -(INT64_C(1) << 47) &&
               (int64_t)word < INT64_C(1) << 47;
    }
    memcpy(&d, &word, sizeof d);
    *out = v_double(d);
    return kind == VALUE_DOUBLE;
}

static bool get_choices(struct session *s, struct bytes from, struct table *t)
{
    struct unpack u = {from.at, from.length};
    if (!open_table(t, u.left / 17 + 1)) return machine_no_memory(s->machine);
    while (u.left) {
        uint64_t location;
        value v;
        if (!unpack_word(&u, &location) || !checkpoint_get_value(s, &u, &v) ||
            v == V_UNBOUND)
            return refuse(s, NO_CHECKPOINT);
        size_t i = slot_of(t, location);
        t->count += t->held[i] == V_UNBOUND;
        t->locations[i] = location;
        t->held[i] = v;
    }
    return true;
}

/* ---- the whole, read -------------------------------------------------- */

/* Others do things, and are never kept. */
static bool is_kept(const struct directive_row *row)
{
    static const char *const words[] = {"assume",      "define", "observe",
                                        "predict",     "factor", "condition",
                                        "observe-each"};
    for (size_t i = 0; row && i < sizeof words / sizeof *words; i++)
        if (words_hold(row->words, words[i])) return true;
    return false;
}

/* Its text, where it stood in its source: so errors say the same place. What
 * stood further down than LINES_MOST is its own source. */
static struct source *source_of(struct session *s, const struct entry *e)
{
    enum { LINES_MOST = 1000, COLUMNS_MOST = 1000 };
    char name[256];
    struct text t = {0};
    uint64_t line = e->b >> 32, column = e->b & UINT32_MAX;
    bool near = e->key.length && e->key.length < sizeof name &&
                line <= LINES_MOST && column <= COLUMNS_MOST;
    bool good = true;
    snprintf(name, sizeof name, "%.*s", near ? (int)e->key.length : 12,
             near ? e->key.at : "<checkpoint>");
    for (uint64_t i = 1; near && good && i < line; i++)
        good = text_puts(&t, "\n");
    for (uint64_t i = 1; near && good && i < column; i++)
        good = text_puts(&t, " ");
    good = good && text_add(&t, e->text.at, e->text.length);
    struct source *source = good ? source_from_text(name, t.at ? t.at : "",
                                                    t.length, session_error(s))
                                 : NULL;
    if (!good) machine_no_memory(s->machine);
    text_free(&t);
    return source;
}

static bool add_directive(struct session *s, const struct entry *e)
{
    struct request_reader reader;
    struct request q;
    struct answer a;
    struct source *source = source_of(s, e);
    if (!source) return false;
    request_open(&reader, source, session_error(s));
    if (request_next(&reader, &q) != REQUEST_READ || !is_kept(q.row) ||
        e->a < (uint64_t)s->program.next_id || e->a > INT32_MAX)
        return refuse(s, NO_CHECKPOINT);
    int before = s->program.count;
    s->program.next_id = (int)e->a;
    a = (struct answer){0};
    a.directive = "";
    return q.row->run(s, &q, &a) &&
           (s->program.count == before + 1 || refuse(s, NO_CHECKPOINT));
}

struct comparing {
    const struct table *table;
    size_t count;
};

static bool compare(void *context, uint64_t location, value held)
{
    struct comparing *c = context;
    c->count++;
    return value_equal(held, c->table->held[slot_of(c->table, location)]);
}

/* Is each choice what it was, and the score what it should be? */
static bool came_back(struct session *s, const struct table *t, double score)
{
    struct comparing c = {t, 0};
    double now = s->engine->op->log_score(s->engine);
    bool good =
        s->engine->op->choices(s->engine, compare, &c) && c.count == t->count;
    good =
        good && (now == score || fabs(now - score) <= 1e-9 * (1 + fabs(score)));
    return good || refuse(s, "the checkpoint does not come out as it went in: "
                             "another build, or other data");
}

static void take_words(struct session *s, struct bytes from)
{
    struct unpack u = {from.at, from.length};
    uint64_t words[WORDS] = {0};
    for (int i = 0; i < WORDS; i++) unpack_word(&u, &words[i]);
    for (int i = 0; i < 4; i++) s->machine->random.s[i] = words[i];
    s->made = (struct transition_counts){.transitions = words[4],
                                         .proposals = words[5],
                                         .accepted = words[6],
                                         .impossible = words[7],
                                         .touched = words[8]};
}

/* The program once more from its beginning, in its own order, with the
 * choices at hand. */
static bool run_again(struct session *s)
{
    const struct engine_operations *op = s->engine->op;
    double weight;
    if (!op->all_choices(s->engine)) return true;
    if (!op->prior(s->engine, &weight)) return false;
    if (weight == -INFINITY && !isfinite(op->log_score(s->engine)))
        return refuse(s, "the checkpoint's state cannot be");
    return op->settle_prior(s->engine, true);
}

/* Entries of an open journal: the last is the state, and comes first. */
static bool find_state(const char *bytes, size_t length, size_t at,
                       uint64_t chain, struct entry *state)
{
    struct entry e = {0};
    enum journal_read got;
    while ((got = journal_next(bytes, length, &at, &chain, &e)) ==
           JOURNAL_ENTRY)
        *state = e;
    return got == JOURNAL_END && state->kind == ENTRY_STATE &&
           state->text.length == 8 * WORDS;
}

static bool read_all(struct session *s, const char *bytes, size_t length)
{
    size_t at = JOURNAL_HEAD;
    uint64_t chain;
    bool same;
    struct entry e, state = {0};
    struct table t = {.drawer = {.draw = draw, .machine = s->machine}};
    double score;
    if (!journal_open(bytes, length, BUILD, &same, &chain) || !same ||
        !find_state(bytes, length, at, chain, &state))
        return refuse(s, NO_CHECKPOINT);
    program_clear(s);
    session_seed(s, 0);
    if (!get_choices(s, state.key, &t)) return false;
    s->engine->drawer = &t.drawer;
    bool good = journal_next(bytes, length, &at, &chain, &e) == JOURNAL_ENTRY &&
                e.kind == ENTRY_OPEN;
    session_seed(s, e.a);
    s->program.next_id = 1;
    while (good &&
           journal_next(bytes, length, &at, &chain, &e) == JOURNAL_ENTRY &&
           e.kind == ENTRY_DIRECTIVE)
        good = add_directive(s, &e);
    good = good && run_again(s);
    s->engine->drawer = NULL;
    memcpy(&score, &state.a, sizeof score);
    if (!good || !came_back(s, &t, score)) return false;
    s->program.next_id = (int)state.b;
    for (; e.kind != ENTRY_STATE; journal_next(bytes, length, &at, &chain, &e))
        if (!beside_read(s, &e)) return false;
    take_words(s, state.text);
    return true;
}

bool checkpoint_become(struct session *s, const char *bytes, size_t length)
{
    error_clear(session_error(s));
    background_pause(s);
    counts_forget(s);
    if (read_all(s, bytes, length)) return true;
    if (!session_error(s)->kind) refuse(s, NO_CHECKPOINT);
    return false;
}

bool checkpoint_read(struct session *s, const char *bytes, size_t length)
{
    struct text before = {0};
    if (!checkpoint_write(s, CHECKPOINT_ALL, &before)) {
        text_free(&before);
        return false;
    }
    bool good = read_all(s, bytes, length);
    if (!good) {
        struct error error = *session_error(s);
        if (!error.kind) error_set(&error, ERROR_IO, "%s", NO_CHECKPOINT);
        error_clear(session_error(s));
        if (!read_all(s, before.at, before.length)) {
            program_clear(s);
            error_hint(&error, "the session did not come back: it is empty");
        }
        *session_error(s) = error;
    }
    text_free(&before);
    return good;
}
