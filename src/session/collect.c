/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Collecting draws: see collect.h. Values are looked at here and nowhere
 * else in a run; what goes to the file and the summary is plain numbers.
 */
#include "session/collect.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "eval/print.h"
#include "session/program.h"

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

static size_t first_label(const struct collector *c)
{
    return c->count - c->observer_count - c->label_count;
}

/* Values of a label are gathered as a list, the last one first. */
static bool gather(void *collector, value label, value v)
{
    struct collector *c = collector;
    size_t i = find_label(c, label);
    if (i == c->label_known) return add_label(c, label) && note_late(c, label);
    if (i >= c->label_count) return true;
    value *held = &c->values[first_label(c) + i];
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
    size_t first = first_label(c), end = first + c->label_count;
    for (size_t i = first; i < end; i++) c->values[i] = V_NIL;
    if (!e->op->predictions(e, gather, c)) return false;
    for (size_t i = first; i < end; i++)
        if (!in_order(c, &c->values[i])) return false;
    return true;
}

/* ---- observations, drawn again ---------------------------------------- */

static size_t find_observer(const struct collector *c,
                            const struct directive *d)
{
    size_t i = 0;
    while (i < c->observer_count && c->observers[i] != d) i++;
    return i;
}

static bool learn_observer(void *collector, const struct directive *by,
                           const struct site *site)
{
    struct collector *c = collector;
    (void)site;
    /* those of one directive come together */
    if (c->observer_count && c->observers[c->observer_count - 1] == by)
        return true;
    if (find_observer(c, by) < c->observer_count) return true;
    if (c->observer_count == c->observer_room) {
        size_t room = c->observer_room ? 2 * c->observer_room : 16;
        const struct directive **more = memory_new(room * sizeof *more);
        if (!more) return no_memory(c);
        if (c->observer_count)
            memcpy(more, c->observers, c->observer_count * sizeof *more);
        c->observers = more;
        c->observer_room = room;
    }
    c->observers[c->observer_count++] = by;
    return true;
}

static bool draw_again(void *collector, const struct directive *by,
                       const struct site *site)
{
    struct collector *c = collector;
    struct engine *e = c->session->engine;
    size_t i = find_observer(c, by);
    value v;
    if (i == c->observer_count) return true;
    if (!e->op->draw(e, site->family, &site->at, &v))
        return xrp_domain_error(site->family, &site->at,
                                &c->session->machine->error);
    value *held = &c->values[c->count - c->observer_count + i];
    v = cons(v, *held);
    if (v == V_UNBOUND) return no_memory(c);
    *held = v;
    return true;
}

/* The chain's own random numbers are as before. */
static bool read_observations(struct collector *c)
{
    struct engine *e = c->session->engine;
    struct random *random = &c->session->machine->random;
    struct draw_mark mark;
    size_t first = c->count - c->observer_count;
    if (!c->observer_count) return true;
    for (size_t i = first; i < c->count; i++) c->values[i] = V_NIL;
    e->op->mark(e, &mark);
    *random = c->predictive;
    bool good = e->op->observed(e, draw_again, c);
    c->predictive = *random;
    e->op->replay(e, &mark);
    for (size_t i = first; good && i < c->count; i++)
        good = in_order(c, &c->values[i]);
    return good;
}

/* ---- values ----------------------------------------------------------- */

static bool read_values(struct collector *c)
{
    struct session *s = c->session;
    const struct engine_operations *op = s->engine->op;
    for (size_t i = 0; i < first_label(c); i++) {
        size_t w = i - c->directive_count;
        bool good = i < c->directive_count
                        ? op->value(s->engine, c->directives[i], &c->values[i])
                        : op->evaluate(s->engine, c->watched[w], &c->values[i]);
        if (!good) return false;
    }
    return read_predictions(c) && read_observations(c);
}

static bool choose_directives(struct collector *c)
{
    struct session *s = c->session;
    const struct program *p = &s->program;
    struct engine *e = s->engine;
    if (!e->op->predictions(e, learn_label, c)) return false;
    c->label_count = c->label_known;
    if (c->order->predictive & PREDICTIVE_POSTERIOR &&
        !e->op->observed(e, learn_observer, c))
        return false;
    size_t room = (size_t)p->count + c->order->watched_count + c->label_count +
                  c->observer_count + 1;
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

/* A name whose value is collected anyway, or that was named before. */
static bool is_collected(const struct collector *c, const struct syntax *name,
                         size_t named)
{
    if (name->kind != SYNTAX_ATOM || !is_symbol(name->datum)) return false;
    for (size_t i = 0; i < c->directive_count; i++)
        if (c->directives[i]->name == name->datum) return true;
    for (size_t i = 0; i < named; i++)
        if (c->named[i]->kind == SYNTAX_ATOM &&
            c->named[i]->datum == name->datum)
            return true;
    return false;
}

bool collect_watched(struct collector *c)
{
    uint32_t count = c->order->watched_count;
    size_t named = 0;
    c->named = memory_new((count + 1) * sizeof *c->named);
    c->watched = memory_new((count + 1) * sizeof *c->watched);
    if (!c->named || !c->watched) return no_memory(c);
    for (uint32_t i = 0; i < count; i++) {
        struct syntax *name = c->order->watched[i];
        if (is_collected(c, name, named)) continue;
        c->watched[named] = machine_compile(c->session->machine, name);
        if (!c->watched[named]) return false;
        c->named[named++] = name;
    }
    c->count += c->label_count + c->observer_count + named;
    return true;
}

static bool name_of(const struct collector *c, size_t i, struct text *name)
{
    size_t watched = first_label(c), labels = watched + c->label_count;
    if (i >= labels)
        return text_printf(name, "observe_%d", c->observers[i - labels]->id);
    if (i >= watched) return label_text(name, c->labels[i - watched]);
    if (i >= c->directive_count) {
        char text[200];
        span_text(c->named[i - c->directive_count]->span, text, sizeof text);
        return text_puts(name, text);
    }
    const struct directive *d = c->directives[i];
    return d->name != V_FALSE ? text_puts(name, text_of(d->name))
                              : text_printf(name, "predict_%d", d->id);
}

/* What comes before the parameters: lp__, and what the kernel says. */
static const char *const *kernel_columns(const struct collector *c)
{
    static const char *const plain[] = {"accept_stat__", NULL};
    return c->teller ? c->teller->row->draw_columns : plain;
}

static bool declare(struct collector *c)
{
    const char *const *columns = kernel_columns(c);
    flat_open(&c->flat);
    c->flat.passing = true; /* what was drawn is told at once */
    if (!flat_reserve(&c->flat, "lp__")) return no_memory(c);
    for (c->own = 1; columns[c->own - 1]; c->own++)
        if (!flat_reserve(&c->flat, columns[c->own - 1])) return no_memory(c);
    for (size_t i = 0; i < c->count; i++) {
        struct text name = {0};
        bool good = name_of(c, i, &name) &&
                    flat_declare(&c->flat, name.at, c->values[i]);
        text_free(&name);
        if (!good) return no_memory(c);
    }
    return true;
}

/* ---- messages --------------------------------------------------------- */

static bool send(struct collector *c, enum message_kind kind, const void *bytes,
                 size_t length)
{
    return c->take(c->taker, kind, bytes, length);
}

static bool pass_notes(struct collector *c)
{
    struct text *notes = &c->flat.notes;
    if (!notes->length) return true;
    bool good = send(c, MESSAGE_NOTE, notes->at, notes->length);
    text_clear(notes);
    return good;
}

/* What warmup settled, if there was a warmup to settle it. */
static bool send_adapted(struct collector *c)
{
    struct kernel *k = kernel_with_adaptation(c->order->plan.kernel);
    struct text lines = {0};
    if (!k || !k->open) return true;
    bool good = k->row->write_adaptation(k, &lines) || no_memory(c);
    good = good &&
           (!lines.length || send(c, MESSAGE_ADAPTED, lines.at, lines.length));
    text_free(&lines);
    return good;
}

static bool add_name(struct text *t, const char *name)
{
    return text_add(t, name, strlen(name) + 1);
}

static double option_of(const struct kernel *k, const char *name)
{
    const struct kernel_option *o = k ? k->row->options : NULL;
    for (int i = 0; o && o[i].name; i++)
        if (strcmp(o[i].name, name) == 0) return k->options[i];
    return NAN;
}

/* Columns of what is no observation drawn again. */
static size_t parameters_of(const struct collector *c)
{
    size_t first = c->count - c->observer_count;
    return first < c->flat.count ? c->flat.variables[first].first
                                 : c->flat.width;
}

static bool send_header(struct collector *c)
{
    const struct run_plan *plan = &c->order->plan;
    const struct kernel *k = c->teller;
    struct message_header h = {
        .warmup = plan->warmup,
        .samples = plan->samples,
        .thin = plan->thin,
        .width = c->own + c->flat.width,
        .own = c->own,
        .parameters = parameters_of(c),
        .sampler = !k                                  ? SAMPLER_PLAIN
                   : strcmp(k->row->name, "nuts") == 0 ? SAMPLER_NUTS
                                                       : SAMPLER_HMC,
        .target = option_of(k, ":target-accept"),
        .depth = option_of(k, ":max-depth"),
    };
    /* CmdStan counts transitions, of which a draw is every so manieth. */
    h.samples =
        h.samples > UINT64_MAX / h.thin ? UINT64_MAX : h.samples * h.thin;
    struct text bytes = {0};
    const char *const *columns = kernel_columns(c);
    bool good = text_add(&bytes, (const char *)&h, sizeof h) &&
                add_name(&bytes, "lp__");
    for (size_t i = 0; good && columns[i]; i++)
        good = add_name(&bytes, columns[i]);
    for (size_t i = 0; good && i < c->flat.width; i++)
        good = add_name(&bytes, c->flat.columns[i].name);
    good =
        good ? send(c, MESSAGE_HEADER, bytes.at, bytes.length) : no_memory(c);
    text_free(&bytes);
    return good;
}

static bool send_level(struct collector *c, size_t column, size_t code)
{
    const struct level *l = &c->flat.columns[column].levels.at[code];
    uint32_t i = (uint32_t)(c->own + column);
    struct text bytes = {0};
    bool good = text_add(&bytes, (const char *)&i, sizeof i) &&
                add_name(&bytes, l->shown) && add_name(&bytes, l->json);
    good = good ? send(c, MESSAGE_LEVEL, bytes.at, bytes.length) : no_memory(c);
    text_free(&bytes);
    return good;
}

/* Levels that are new. */
static bool send_levels(struct collector *c)
{
    for (size_t i = 0; i < c->flat.width; i++) {
        const struct column *column = &c->flat.columns[i];
        for (; c->levels_told[i] < column->levels.count; c->levels_told[i]++)
            if (!send_level(c, i, c->levels_told[i])) return false;
    }
    return true;
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

/* Where in a row; 0: nowhere. */
static size_t place_of(const struct collector *c, const char *name)
{
    if (!c->own) return 0;
    const char *const *columns = kernel_columns(c);
    for (size_t i = 0; columns[i]; i++)
        if (strcmp(columns[i], name) == 0) return i + 1;
    return 0;
}

static bool send_draw(struct collector *c, const struct run_result *so_far)
{
    struct engine *e = c->session->engine;
    c->row[0] = e->op->log_score(e);
    if (c->teller)
        c->teller->row->read_draw(c->teller, c->row + 1);
    else
        c->row[1] = acceptance(c, &so_far->counts);
    c->divergences += c->divergent && c->row[c->divergent] != 0;
    if (c->flat.width)
        memcpy(c->row + c->own, c->flat.row, c->flat.width * sizeof *c->row);
    return send(c, MESSAGE_DRAW, c->row,
                (c->own + c->flat.width) * sizeof *c->row);
}

double collect_step_size(const struct collector *c)
{
    double row[KERNEL_COLUMNS_MAX];
    size_t step = place_of(c, "stepsize__");
    if (!c->teller || !c->teller->open || !step || c->own > KERNEL_COLUMNS_MAX)
        return 0;
    c->teller->row->read_draw(c->teller, row);
    return row[step - 1];
}

bool collect_glimpses(const struct collector *c)
{
    return c->count == c->directive_count;
}

/* ---- the run ---------------------------------------------------------- */

bool collect_open(struct collector *c, struct session *s, const struct order *o,
                  const struct random *predictive, message_take *take,
                  void *taker)
{
    *c = (struct collector){.session = s,
                            .order = o,
                            .predictive = *predictive,
                            .take = take,
                            .taker = taker};
    if (choose_directives(c) && collect_watched(c) && read_values(c))
        return true;
    collect_close(c);
    return false;
}

/* When the kernel is open: one that chooses its parts has chosen. After a
 * rest it is the same kernel, opened again. */
static bool begin(struct collector *c)
{
    if (c->begun) return true;
    c->teller = kernel_with_columns(c->order->plan.kernel);
    if (c->teller) c->teller->drawn = true;
    if (!c->own && !declare(c)) return false;
    const char *const *columns = kernel_columns(c);
    size_t own = 1;
    while (columns[own - 1]) own++;
    c->divergent = place_of(c, "divergent__");
    c->begun = own == c->own;
    return c->begun || error_set(session_error(c->session), ERROR_ENGINE,
                                 "the kernel has other columns than before");
}

/* Warmup is watched for its shapes: a list that grows later, a symbol that is
 * new, would find no column. Its values are kept nowhere. */
bool collect_warm(void *collector)
{
    struct collector *c = collector;
    if (!begin(c) || !read_values(c)) return false;
    return flat_look(&c->flat, c->values) || no_memory(c);
}

static bool settle(struct collector *c)
{
    if (!flat_settle(&c->flat)) return no_memory(c);
    size_t width = c->own + c->flat.width;
    c->row = memory_new_atomic(width * sizeof *c->row);
    c->levels_told = memory_new_atomic(width * sizeof *c->levels_told);
    if (!c->row || !c->levels_told) return no_memory(c);
    return send_adapted(c) && send_header(c) && pass_notes(c);
}

bool collect_draw(void *collector, const struct run_result *so_far)
{
    struct collector *c = collector;
    if (!begin(c) || !read_values(c)) return false;
    if (!c->flat.settled &&
        (!(flat_look(&c->flat, c->values) || no_memory(c)) || !settle(c)))
        return false;
    if (!flat_draw(&c->flat, c->values)) return no_memory(c);
    return pass_notes(c) && send_levels(c) && send_draw(c, so_far);
}

static unsigned char kind_of(const struct column *column)
{
    if (column->lost) return MESSAGE_LOST;
    return column->kind == COLUMN_EMPTY ? COLUMN_NUMBER : column->kind;
}

static unsigned char kind_of_own(const struct collector *c, size_t i)
{
    if (i == c->divergent && i) return COLUMN_BOOLEAN;
    bool counts =
        i == place_of(c, "treedepth__") || i == place_of(c, "n_leapfrog__");
    return counts && i ? COLUMN_INTEGER : COLUMN_NUMBER;
}

/* A run that was stopped before its first draw has a header all the same. */
bool collect_finish(struct collector *c)
{
    if (!begin(c) || !(c->flat.settled || settle(c))) return false;
    size_t width = c->own + c->flat.width;
    unsigned char *kinds = memory_new_atomic(width);
    if (!kinds) return no_memory(c);
    for (size_t i = 0; i < width; i++)
        kinds[i] = i < c->own ? kind_of_own(c, i)
                              : kind_of(&c->flat.columns[i - c->own]);
    return send(c, MESSAGE_KINDS, kinds, width);
}

void collect_close(struct collector *c) { flat_close(&c->flat); }
