/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Cells and their rows: see net.h. A run that reads a cell whose values are
 * not known yet ends there; that cell comes first, by a stack of its own, and
 * the run is made again from where it was.
 */
#include "trace/net_inside.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/odometer.h"
#include "eval/code.h"
#include "eval/global.h"
#include "trace/application.h"

static const uint64_t ASKED = UINT64_C(0x3a51c2d9e7);

struct net_run {
    struct query query; /* first */
    struct net *net;
    double most;
    struct table mems, entries; /* made by ASSUMEs; their applications */
    struct list open;           /* a stack */
    struct net_cell *cell;      /* under way, */
    struct odometer path;       /* its way, */
    struct net_read *reads;     /* and what it has read */
    uint32_t read_count, read_room;
    struct net_cell *needed; /* why the run ended, or */
    bool unfit;              /* the program is no network */
    bool random;             /* while names are bound: this one is random */
    bool applied;            /* a memoized procedure */
};

static struct net_run *run_of(struct query *q) { return (struct net_run *)q; }

/* Ends what is under way; the error is taken back by who started it. */
static bool give_up(struct net_run *n, bool *why)
{
    *why = true;
    return error_set(&n->query.machine->error, ERROR_ENGINE, "no network");
}

/* ---- ways ------------------------------------------------------------- */

static bool step(struct net_run *n, uint32_t of, uint32_t *out)
{
    struct odometer *o = &n->path;
    struct net_cell *c = n->cell;
    if (o->used == c->room) {
        uint32_t room = c->room ? 2 * c->room : 16;
        uint32_t *at = memory_new_atomic(room * sizeof *at);
        uint32_t *more = memory_new_atomic(room * sizeof *more);
        if (!at || !more) return machine_no_memory(n->query.machine);
        if (c->room) {
            memcpy(at, c->at, c->room * sizeof *at);
            memcpy(more, c->of, c->room * sizeof *more);
        }
        c->at = o->at = at;
        c->of = o->of = more;
        c->room = room;
    }
    *out = odometer_step(o, of);
    return true;
}

/* A choice of the cell's own. */
static bool decide(struct query *q, struct query_choice *c,
                   const struct xrp_site *s)
{
    struct net_run *n = run_of(q);
    value list, l;
    uint32_t count = 0, which;
    if (!c->family->enumerate || !c->family->enumerate(s, &list))
        return give_up(n, &n->unfit);
    for (l = list; is_pair(l); l = cdr(l)) count++;
    if (!count) return give_up(n, &n->unfit);
    if (!step(n, count, &which)) return false;
    for (l = list; which; which--) l = cdr(l);
    c->held = car(l);
    double score = xrp_score(c->family, s, c->held);
    if (score != score) return give_up(n, &n->unfit);
    query_weigh(q, score);
    if (score == -INFINITY) q->impossible = true;
    return true;
}

/* ---- reading ---------------------------------------------------------- */

static bool read_cell(struct net_run *n, struct net_cell *c, value *out)
{
    for (uint32_t i = 0; i < n->read_count; i++)
        if (n->reads[i].cell == c) {
            *out = c->values[n->reads[i].value];
            return true;
        }
    if (c->state == NET_OPEN) return give_up(n, &n->unfit);
    if (c->state == NET_NEW) {
        n->needed = c;
        return error_set(&n->query.machine->error, ERROR_ENGINE, "not yet");
    }
    uint32_t which;
    if (!c->value_count) return give_up(n, &n->unfit);
    if (n->read_count == n->read_room) {
        uint32_t room = n->read_room ? 2 * n->read_room : 16;
        struct net_read *more = memory_new(room * sizeof *more);
        if (!more) return machine_no_memory(n->query.machine);
        if (n->read_count) memcpy(more, n->reads, n->read_count * sizeof *more);
        n->reads = more;
        n->read_room = room;
    }
    if (!step(n, c->value_count, &which)) return false;
    n->reads[n->read_count++] = (struct net_read){c, which};
    *out = c->values[which];
    return true;
}

static bool outside(struct query *q, value reference, value *out)
{
    struct net_run *n = run_of(q);
    struct net_cell *c = as_object(reference);
    if (c->head.type != T_QUERIED || c->query) return give_up(n, &n->unfit);
    return read_cell(n, c, out);
}

static struct net_cell *cell_new(struct net_run *n, uint64_t location)
{
    struct net_cell *c = memory_new(sizeof *c);
    if (!c) {
        machine_no_memory(n->query.machine);
        return NULL;
    }
    c->head.type = T_QUERIED;
    c->location = location;
    return c;
}

/* For the table of entries, which finds by what an entry begins with. */
struct entry_of {
    uint64_t location;
    struct net_cell *cell;
};

static bool recall(struct query *q, struct mem *mem, int count, value *args,
                   value *out)
{
    struct net_run *n = run_of(q);
    struct machine *m = q->machine;
    if (!table_find(&n->mems, v_object(mem))) return give_up(n, &n->unfit);
    uint64_t location = memo_location(mem, count, args);
    struct entry_of *e = table_find(&n->entries, location);
    value key = list_from(args, (size_t)count);
    if (key == V_UNBOUND) return machine_no_memory(m);
    n->applied = true;
    if (!e) {
        if (!(e = memory_new(sizeof *e))) return machine_no_memory(m);
        e->location = location;
        if (!(e->cell = cell_new(n, location))) return false;
        e->cell->mem = mem;
        e->cell->key = key;
        if (!table_add(m, &n->entries, e)) return false;
    } else if (!value_equal(e->cell->key, key)) {
        return location_collision(m, location);
    }
    return read_cell(n, e->cell, out);
}

/* ---- one run ---------------------------------------------------------- */

static bool run_entry(struct machine *m, const struct net_cell *c, value *out)
{
    value few[8], *args = few;
    int n = 0;
    for (value l = c->key; is_pair(l); l = cdr(l)) n++;
    if (n > 8 && !(args = memory_new((size_t)n * sizeof *args)))
        return machine_no_memory(m);
    n = 0;
    for (value l = c->key; is_pair(l); l = cdr(l)) args[n++] = car(l);
    return machine_apply(m, c->mem->procedure, n, args, c->location, out);
}

static bool body(struct query *q, value *out)
{
    struct machine *m = q->machine;
    const struct net_cell *c = run_of(q)->cell;
    const struct directive *d = c->directive;
    if (c->mem) return run_entry(m, c, out);
    if (!machine_run(m, d ? d->code : c->code, c->location, out)) return false;
    if (!d || d->kind == DIRECTIVE_ASSUME) return true;
    value v = *out;
    *out = V_NOTHING;
    if (d->kind == DIRECTIVE_OBSERVE) return query_observe(q, v, d->given);
    if (directive_is_term(d))
        return query_score(
            m, d->kind == DIRECTIVE_FACTOR ? SCORE_FACTOR : SCORE_CONDITION, v,
            c->location);
    return true; /* what it observes inside is in the weight */
}

static bool value_of(struct net_run *n, value v, uint32_t *out)
{
    *out = 0;
    struct net_cell *c = n->cell;
    if (is_procedure(v)) return give_up(n, &n->unfit);
    for (uint32_t i = 0; i < c->value_count; i++)
        if (value_equal(c->values[i], v)) return *out = i, true;
    if (c->value_count == c->value_room) {
        uint32_t room = c->value_room ? 2 * c->value_room : 4;
        value *more = memory_new(room * sizeof *more);
        if (!more) return machine_no_memory(n->query.machine);
        if (c->value_count)
            memcpy(more, c->values, c->value_count * sizeof *more);
        c->values = more;
        c->value_room = room;
    }
    c->values[ *out = c->value_count++] = v;
    return true;
}

/* Masses are kept relative to the first: data may be densities of any size. */
static bool row(struct net_run *n, value answer)
{
    struct net_cell *c = n->cell;
    struct machine *m = n->query.machine;
    uint32_t v;
    if (!value_of(n, answer, &v)) return false;
    if (!c->rows.count) c->log_scale = n->query.weight;
    double mass = exp(n->query.weight - c->log_scale);
    if (!(mass < INFINITY)) return give_up(n, &n->unfit);
    uint64_t h = hash_word(0, v);
    for (uint32_t i = 0; i < n->read_count; i++)
        h = hash_word(hash_word(h, n->reads[i].cell->index), n->reads[i].value);
    size_t size = n->read_count * sizeof *n->reads;
    struct net_row *r = table_find(&c->row_at, h = hash_finish(h));
    if (r && r->value == v && r->reads == n->read_count &&
        (!size || memcmp(r->read, n->reads, size) == 0)) {
        r->mass += mass;
        return true;
    }
    bool first = !r;
    if (!(r = memory_new(sizeof *r + size))) return machine_no_memory(m);
    *r = (struct net_row){h, mass, v, n->read_count};
    if (size) memcpy(r->read, n->reads, size);
    return list_push(m, &c->rows, r) && (!first || table_add(m, &c->row_at, r));
}

/* The next cell to be done: *done says that it is. */
static bool advance(struct net_run *n, bool *done)
{
    struct machine *m = n->query.machine;
    struct net_cell *c = n->cell;
    value answer;
    *done = false;
    n->path = (struct odometer){c->at, c->of, c->length, 0};
    for (;;) {
        if (--m->fuel < 0 && !machine_poll(m)) return false;
        if (++n->net->runs > n->most)
            return error_set(&m->error, ERROR_LIMIT,
                             "enumerate: more than %.0f states (:max-states)",
                             n->most);
        n->path.used = n->read_count = 0;
        bool good = query_run_body(&n->query, body, &answer);
        if (!good) return n->needed != NULL; /* it is met again, known */
        if (!n->query.impossible && n->query.weight > -INFINITY &&
            !row(n, answer))
            return false;
        if (!odometer_advance(&n->path)) return *done = true;
        c->length = n->path.length;
    }
}

static bool open_cell(struct net_run *n, struct net_cell *c)
{
    c->state = NET_OPEN;
    return list_push(n->query.machine, &n->open, c);
}

/* A cell, and before it all that it reads. */
static bool explore(struct net_run *n, struct net_cell *top)
{
    bool done;
    if (!open_cell(n, top)) return false;
    while (n->open.count) {
        n->cell = n->open.at[n->open.count - 1];
        n->needed = NULL;
        if (!advance(n, &done)) return false;
        if (n->needed) {
            error_clear(&n->query.machine->error);
            if (!open_cell(n, n->needed)) return false;
        } else if (done) {
            n->cell->state = NET_DONE;
            n->cell->index = n->net->cells.count;
            n->open.count--;
            if (!list_push(n->query.machine, &n->net->cells, n->cell))
                return false;
        }
    }
    return true;
}

/* ---- names ------------------------------------------------------------
 * What an ASSUME names is bound for good when nothing in it is random; else
 * the name is a cell. */

static struct net_run *naming(struct machine *m) { return m->engine; }

static bool is_random_choice(struct machine *m, value xrp, int count,
                             const value *args, uint64_t location, value *out)
{
    (void)xrp, (void)count, (void)args, (void)location, (void)out;
    return give_up(naming(m), &naming(m)->random);
}

static bool is_random_defer(struct machine *m, const struct primitive *p,
                            int count, const value *args, value *out)
{
    (void)p, (void)count, (void)args, (void)out;
    return give_up(naming(m), &naming(m)->random);
}

static bool is_random_force(struct machine *m, value v, bool deep, value *out)
{
    (void)deep;
    *out = v;
    return !has_reference(v) || give_up(naming(m), &naming(m)->random);
}

static bool is_random_operate(struct machine *m, value v, value *out)
{
    (void)v, (void)out;
    return give_up(naming(m), &naming(m)->random);
}

static bool name_memoize(struct machine *m, value procedure, uint64_t location,
                         value *out)
{
    struct mem *mem = memory_new(sizeof *mem);
    struct entry_of *e = memory_new(sizeof *e);
    if (!mem || !e) return machine_no_memory(m);
    mem->head.type = T_MEM;
    mem->procedure = procedure;
    mem->location = location;
    *out = v_object(mem);
    *e = (struct entry_of){*out, NULL};
    return table_add(m, &naming(m)->mems, e);
}

static enum memo_answer is_random_memo(struct machine *m, struct mem *mem,
                                       int count, value *args, void **entry,
                                       uint64_t *location, value *out)
{
    (void)mem, (void)count, (void)args, (void)entry, (void)location, (void)out;
    give_up(naming(m), &naming(m)->random);
    return MEMO_ERROR;
}

static bool is_unfit_constrain(struct machine *m, enum constrain_kind kind,
                               value target, value with, uint64_t location)
{
    (void)kind, (void)target, (void)with, (void)location;
    return give_up(naming(m), &naming(m)->unfit);
}

static bool is_unfit_score(struct machine *m, enum score_kind kind, value v,
                           uint64_t location)
{
    (void)kind, (void)v, (void)location;
    return give_up(naming(m), &naming(m)->unfit);
}

static const struct handler naming_handler = {
    .choose = is_random_choice,
    .defer = is_random_defer,
    .force = is_random_force,
    .operate = is_random_operate,
    .memoize = name_memoize,
    .memo = is_random_memo,
    .constrain = is_unfit_constrain,
    .score = is_unfit_score,
};

static struct net_cell *cell_of(struct net_run *n, const struct directive *d)
{
    struct net_cell *c = cell_new(n, directive_location(d));
    if (c) c->directive = d;
    return c;
}

static bool bind(struct net_run *n, const struct directive *d)
{
    struct machine *m = n->query.machine;
    struct global *g = global_make(m, d->name, false);
    value v;
    if (!g) return machine_no_memory(m);
    const struct handler *handler = m->handler;
    m->handler = &naming_handler;
    n->random = false;
    bool good = machine_run(m, d->code, directive_location(d), &v);
    m->handler = handler;
    if (!good && n->random) {
        error_clear(&m->error);
        struct net_cell *c = cell_of(n, d);
        v = c ? v_object(c) : V_UNBOUND;
        good = c != NULL;
    }
    if (good) g->held = v;
    return good;
}

/* ---- all -------------------------------------------------------------- */

/* The cell that an ASSUME's name is bound to; NULL when it is bound to what
 * is not random. */
static struct net_cell *named_cell(const struct net_run *n,
                                   const struct directive *d)
{
    const struct global *g = global_user(n->query.machine, d->name);
    return g && is_type(g->held, T_QUERIED) ? as_object(g->held) : NULL;
}

/* A directive's cell, if it must be known whoever reads it: ASSUMEs and
 * PREDICTs that condition nothing need not. */
static bool needed_cell(struct net_run *n, const struct directive *d,
                        struct net_cell **out)
{
    bool named = d->kind == DIRECTIVE_ASSUME, conditions = true;
    *out = NULL;
    if (named && !named_cell(n, d)) return true;
    if ((named || d->kind == DIRECTIVE_PREDICT) &&
        !net_conditions(n->query.machine, d->code, &conditions))
        return false;
    if (!conditions) return true;
    *out = named ? named_cell(n, d) : cell_of(n, d);
    return *out != NULL;
}

/* Names first, for a definition may speak of later ones; and what the
 * observations need. */
static bool explore_program(struct net_run *n, struct directive *const *program,
                            uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (program[i]->kind == DIRECTIVE_ASSUME && !bind(n, program[i]))
            return false;
    for (uint32_t i = 0; i < count; i++) {
        struct net_cell *c;
        if (!needed_cell(n, program[i], &c) ||
            (c && c->state == NET_NEW && !explore(n, c)))
            return false;
    }
    return true;
}

static bool explore_asked(struct net_run *n, const struct code *asked)
{
    if (!asked) return true;
    struct net_cell *c = cell_new(n, ASKED);
    if (!c) return false;
    c->code = asked;
    n->net->asked = c;
    return explore(n, c);
}

static bool make(struct net_run *n, struct machine *m,
                 struct directive *const *program, uint32_t count,
                 const struct code *asked)
{
    if (!query_open(&n->query, m, "enumerate")) return false;
    bool good = explore_program(n, program, count) && explore_asked(n, asked);
    query_close(&n->query);
    return good;
}

bool net_make(struct engine *e, struct directive *const *program,
              uint32_t count, const struct code *asked, double most,
              struct net **out, bool *fits)
{
    struct machine *m = e->machine;
    struct net_run *n = memory_new(sizeof *n);
    value *held = memory_new((count + 1) * sizeof *held);
    if (!n || !held || !(*out = n->net = memory_new(sizeof **out)))
        return machine_no_memory(m);
    n->most = most;
    n->query.decide = decide;
    n->query.outside = outside;
    n->query.recall = recall;
    for (uint32_t i = 0; i < count; i++)
        if (program[i]->kind == DIRECTIVE_ASSUME) {
            struct global *g = global_make(m, program[i]->name, false);
            if (!g) return machine_no_memory(m);
            held[i] = g->held;
        }
    bool good = make(n, m, program, count, asked);
    for (uint32_t i = 0; i < count; i++)
        if (program[i]->kind == DIRECTIVE_ASSUME)
            global_make(m, program[i]->name, false)->held = held[i];
    /* Whatever else goes wrong is told where states are gone through. */
    *fits = good && n->applied;
    if (!good && m->error.kind != ERROR_CANCEL &&
        m->error.kind != ERROR_LIMIT) {
        error_clear(&m->error);
        return true;
    }
    return good;
}
