/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Collecting draws: see collect.h. Values are looked at here and nowhere
 * else in a run; what goes to the file and the summary is plain numbers.
 */
#include "session/collect.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "eval/print.h"
#include "session/program.h"

enum { OWN_COLUMNS = 2 }; /* lp__ and accept_stat__ come first */

static bool no_memory(struct collector *c)
{
    return machine_no_memory(c->session->machine);
}

/* ---- what is collected ------------------------------------------------ */

static bool is_wanted(struct session *s, struct directive *d)
{
    return (d->kind == DIRECTIVE_ASSUME || d->kind == DIRECTIVE_PREDICT) &&
           s->engine->op->is_random(s->engine, d);
}

/* ---- predictions ------------------------------------------------------
 * What (predict label e) names is known only by running: the labels of the
 * first state are the columns, and a label met later is told and left out,
 * because the lines that are written already have no place for it. */

/* label_known when it is new. */
static size_t find_label(const struct collector *c, value label)
{
    size_t i = 0;
    while (i < c->label_known && !value_equal(c->labels[i], label)) i++;
    return i;
}

static bool add_label(struct collector *c, value label)
{
    if (c->label_known == c->label_room) {
        size_t room = c->label_room ? 2 * c->label_room : 16;
        value *more = memory_new(room * sizeof *more);
        if (!more) return no_memory(c);
        if (c->label_known)
            memcpy(more, c->labels, c->label_known * sizeof *more);
        c->labels = more;
        c->label_room = room;
    }
    c->labels[c->label_known++] = label;
    return true;
}

static bool learn_label(void *collector, value label, value v)
{
    struct collector *c = collector;
    (void)v;
    return find_label(c, label) < c->label_known || add_label(c, label);
}

static bool label_text(struct text *out, value label)
{
    return label == V_FALSE ? text_puts(out, "predict")
                            : display_value(out, label);
}

/* A label that was not there when the columns were declared. */
static bool note_late(struct collector *c, value label)
{
    struct text name = {0};
    bool good =
        label_text(&name, label) &&
        text_printf(&c->flat.notes,
                    "%s is left out: it is not met in every state\n", name.at);
    text_free(&name);
    return good || no_memory(c);
}

/* Values of a label are gathered as a list, the last one first. */
static bool gather(void *collector, value label, value v)
{
    struct collector *c = collector;
    size_t i = find_label(c, label);
    if (i == c->label_known) return add_label(c, label) && note_late(c, label);
    if (i >= c->label_count) return true;
    value *held = &c->values[c->count - c->label_count + i];
    v = cons(v, *held);
    if (v == V_UNBOUND) return no_memory(c);
    *held = v;
    return true;
}

/* One value stands for itself, several are a list in the order of the run,
 * none is a gap. */
static bool in_order(struct collector *c, value *held)
{
    value list = *held, made = V_NIL;
    if (list == V_NIL) {
        *held = V_UNBOUND;
        return true;
    }
    if (cdr(list) == V_NIL) {
        *held = car(list);
        return true;
    }
    for (; list != V_NIL && made != V_UNBOUND; list = cdr(list))
        made = cons(car(list), made);
    *held = made;
    return made != V_UNBOUND || no_memory(c);
}

static bool read_predictions(struct collector *c)
{
    struct engine *e = c->session->engine;
    size_t first = c->count - c->label_count;
    for (size_t i = first; i < c->count; i++) c->values[i] = V_NIL;
    if (!e->op->predictions(e, gather, c)) return false;
    for (size_t i = first; i < c->count; i++)
        if (!in_order(c, &c->values[i])) return false;
    return true;
}

/* ---- values ----------------------------------------------------------- */

static bool read_values(struct collector *c)
{
    struct session *s = c->session;
    const struct engine_operations *op = s->engine->op;
    for (size_t i = 0; i < c->count - c->label_count; i++) {
        size_t w = i - c->directive_count;
        bool good = i < c->directive_count
                        ? op->value(s->engine, c->directives[i], &c->values[i])
                        : op->evaluate(s->engine, c->watched[w], &c->values[i]);
        if (!good) return false;
    }
    return read_predictions(c);
}

static bool choose_directives(struct collector *c)
{
    struct session *s = c->session;
    const struct program *p = &s->program;
    struct engine *e = s->engine;
    if (!e->op->predictions(e, learn_label, c)) return false;
    c->label_count = c->label_known;
    size_t room =
        (size_t)p->count + c->order->watched_count + c->label_count + 1;
    c->directives = memory_new(room * sizeof *c->directives);
    c->values = memory_new(room * sizeof *c->values);
    if (!c->directives || !c->values) return no_memory(c);
    for (int i = 0; i < p->count; i++) {
        value v;
        if (!is_wanted(s, p->at[i])) continue;
        if (!s->engine->op->value(s->engine, p->at[i], &v)) return false;
        /* A random procedure is no number, and neither are its parts. */
        if (!is_procedure(v)) c->directives[c->directive_count++] = p->at[i];
    }
    c->count = c->directive_count;
    return true;
}

static bool compile_watched(struct collector *c)
{
    uint32_t count = c->order->watched_count;
    c->watched = memory_new((count + 1) * sizeof *c->watched);
    if (!c->watched) return no_memory(c);
    c->count += c->label_count;
    for (uint32_t i = 0; i < count; i++) {
        c->watched[i] =
            machine_compile(c->session->machine, c->order->watched[i]);
        if (!c->watched[i]) return false;
        c->count++;
    }
    return true;
}

static bool name_of(const struct collector *c, size_t i, struct text *name)
{
    size_t watched = c->count - c->label_count;
    if (i >= watched) return label_text(name, c->labels[i - watched]);
    if (i >= c->directive_count) {
        char text[200];
        span_text(c->order->watched[i - c->directive_count]->span, text,
                  sizeof text);
        return text_puts(name, text);
    }
    const struct directive *d = c->directives[i];
    return d->name != V_FALSE ? text_puts(name, text_of(d->name))
                              : text_printf(name, "predict_%d", d->id);
}

static bool declare(struct collector *c)
{
    static const char *const own[] = {"lp__", "accept_stat__"};
    flat_open(&c->flat);
    for (int i = 0; i < OWN_COLUMNS; i++)
        if (!flat_reserve(&c->flat, own[i])) return no_memory(c);
    for (size_t i = 0; i < c->count; i++) {
        struct text name = {0};
        bool good = name_of(c, i, &name) &&
                    flat_declare(&c->flat, name.at, c->values[i]);
        text_free(&name);
        if (!good) return no_memory(c);
    }
    return true;
}

/* ---- the file --------------------------------------------------------- */

static bool key(struct collector *c, const char *name, uint64_t n)
{
    char text[40];
    snprintf(text, sizeof text, "%" PRIu64, n);
    return draws_key(&c->file, name, text, session_error(c->session));
}

static bool open_file(struct collector *c)
{
    const struct order *o = c->order;
    struct session *s = c->session;
    struct error *error = session_error(s);
    if (!o->out) return true;
    return draws_open(&c->file, o->out, 1, error) &&
           draws_key(&c->file, "vestige", VST_VERSION, error) &&
           draws_key(&c->file, "engine", s->engine_row->name, error) &&
           draws_key(&c->file, "kernel", o->plan.kernel->name, error) &&
           key(c, "seed", s->seed) && key(c, "warmup", o->plan.warmup) &&
           key(c, "thin", o->plan.thin);
}

static bool write_header(struct collector *c)
{
    size_t count = OWN_COLUMNS + c->flat.width;
    const char **names = memory_new(count * sizeof *names);
    if (!names) return no_memory(c);
    names[0] = "lp__";
    names[1] = "accept_stat__";
    for (size_t i = 0; i < c->flat.width; i++)
        names[OWN_COLUMNS + i] = c->flat.columns[i].name;
    return draws_header(&c->file, names, count, session_error(c->session));
}

/* The share of proposals accepted since the draw before. */
static double acceptance(struct collector *c,
                         const struct transition_counts *now)
{
    uint64_t made = now->proposals - c->before.proposals;
    uint64_t taken = now->accepted - c->before.accepted;
    c->before = *now;
    return made ? (double)taken / (double)made : 0;
}

static bool write_draw(struct collector *c, const struct run_result *so_far)
{
    size_t count = OWN_COLUMNS + c->flat.width;
    double *row = memory_new_atomic(count * sizeof *row);
    if (!row) return no_memory(c);
    row[0] = c->session->engine->op->log_score(c->session->engine);
    row[1] = acceptance(c, &so_far->counts);
    if (c->flat.width)
        memcpy(row + OWN_COLUMNS, c->flat.row, c->flat.width * sizeof *row);
    bool good = draws_add(&c->file, row, count, session_error(c->session));
    memory_free(row);
    return good;
}

/* Notes go to the file; those that are not of levels to the user as well. */
static bool pass_notes(struct collector *c)
{
    struct text *notes = &c->flat.notes;
    if (!notes->length) return true;
    if (c->order->out &&
        !draws_note(&c->file, notes->at, session_error(c->session)))
        return false;
    const char *line = notes->at;
    while (*line) {
        size_t length = strcspn(line, "\n");
        if (strncmp(line, "level ", 6) != 0 &&
            !(text_add(&c->notes, line, length) && text_puts(&c->notes, "\n")))
            return no_memory(c);
        line += length + (line[length] == '\n');
    }
    text_clear(notes);
    return true;
}

/* ---- the run ---------------------------------------------------------- */

bool collect_open(struct collector *c, struct session *s, const struct order *o)
{
    *c = (struct collector){.session = s, .order = o};
    c->file.file = -1;
    if (choose_directives(c) && compile_watched(c) && read_values(c) &&
        declare(c) && open_file(c))
        return true;
    collect_close(c);
    return false;
}

/* Warmup is watched for its shapes: a list that grows later, a symbol that is
 * new, would find no column. Its values are kept nowhere. */
bool collect_warm(void *collector)
{
    struct collector *c = collector;
    if (!read_values(c)) return false;
    return flat_look(&c->flat, c->values) || no_memory(c);
}

static bool settle(struct collector *c)
{
    if (!flat_settle(&c->flat)) return no_memory(c);
    return pass_notes(c) && (!c->order->out || write_header(c));
}

bool collect_draw(void *collector, const struct run_result *so_far)
{
    struct collector *c = collector;
    if (!read_values(c)) return false;
    if (!c->flat.settled &&
        (!(flat_look(&c->flat, c->values) || no_memory(c)) || !settle(c)))
        return false;
    if (!flat_draw(&c->flat, c->values)) return no_memory(c);
    return pass_notes(c) && (!c->order->out || write_draw(c, so_far));
}

/* A run that was stopped before its first draw has a file with a header. */
bool collect_finish(struct collector *c)
{
    bool good = c->flat.settled || settle(c);
    return draws_close(&c->file, session_error(c->session)) && good;
}

void collect_close(struct collector *c)
{
    struct error ignored = {0};
    if (c->file.file >= 0) draws_close(&c->file, &ignored);
    flat_close(&c->flat);
    text_free(&c->notes);
}
