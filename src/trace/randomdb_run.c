/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One run of the program under the random database: the handler's hooks, and
 * the order in which directives are run, observed and finished. A run is
 * repeated when it turns out that other choices are observed than were given
 * at its start: what was read before an observation must be read again.
 */
#include <math.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/memory.h"
#include "eval/code.h"
#include "eval/expression.h"
#include "eval/global.h"
#include "eval/index.h"
#include "trace/application.h"
#include "trace/randomdb.h"
#include "trace/simulation.h"
#include "xrp/family.h"

enum { RUNS_MAX = 50 };

static bool force(struct machine *m, value v, bool deep, value *out)
{
    struct randomdb *db = randomdb_of(m);
    db->asked = db->looking = true;
    bool ok = expression_read(m, v, deep, randomdb_read, out);
    db->looking = false;
    return ok;
}

/* What is under an operator is read again in every run: no look. */
static bool operate(struct machine *m, value v, value *out)
{
    struct randomdb *db = randomdb_of(m);
    value under;
    db->asked = true;
    if (!expression_read(m, v, false, randomdb_read, &under)) return false;
    *out = is_indexable(under) ? v : under;
    return true;
}

static bool defer(struct machine *m, const struct primitive *p, int n,
                  const value *operands, value *out)
{
    randomdb_of(m)->asked = true;
    return handler_defer(m, p, n, operands, out);
}

/* ---- choosing ------------------------------------------------------------------ */

static struct choice *choice_new(struct machine *m, const struct xrp *x, int n,
                                 const value *args, uint64_t location)
{
    struct choice *c = memory_new(sizeof *c);
    value *written = memory_new(((size_t)n + 1) * sizeof *written);
    if (!c || !written) {
        machine_no_memory(m);
        return NULL;
    }
    memcpy(written, args, (size_t)n * sizeof *written);
    c->head.type = T_CHOICE;
    c->location = location;
    c->xrp = x;
    c->family = x->family;
    c->urn = x->made;
    c->count = n;
    c->written = written;
    c->held = V_UNBOUND;
    c->weight = c->share = 1.0;
    c->place = machine_place(m);
    c->tags = m->tags;
    c->extent = randomdb_of(m)->extent;
    return c;
}

/* May the choice of the old world keep its value here? By family, shape and
 * urn, never by the value. A label belongs to its urn. */
static bool keeps(const struct choice *old, const struct choice *c)
{
    if (!old || old->observed || old->family != c->family ||
        shape_of(&old->head) != shape_of(&c->head))
        return false;
    if (!c->urn) return !old->urn;
    return old->urn && (old->urn->location == c->urn->location ||
                        !(c->family->flags & XRP_LABELS));
}

static void start_value(struct randomdb *db, struct choice *c)
{
    struct given *g = given_at(db, c->location);
    if (g) {
        c->held = g->held;
        c->drawn = c->observed = true;
        return;
    }
    const struct choice *old = world_choice(db->old, c->location);
    value given;
    if (!keeps(old, c)) return;
    if (db->move && move_gives(db->move, old, &given)) {
        c->held = given;
        c->drawn = c->kept = given != V_UNBOUND;
    } else if (c->family->flags & XRP_RESCORES) {
        choice_keep(db, c, old);
    } else if (c->family->flags & XRP_DECIDES || !c->urn ||
               c->urn->location == old->urn->location) {
        c->before = old;
    }
}

static bool make_urn(struct machine *m, const struct xrp *x, int n,
                     const value *args, uint64_t location, value *out)
{
    struct randomdb *db = randomdb_of(m);
    struct urn *u = memory_new(sizeof *u);
    struct xrp *made = memory_new(sizeof *made);
    value *written = memory_new(((size_t)n + 1) * sizeof *written);
    if (!u || !made || !written) return machine_no_memory(m);
    if (world_urn(db->making, location)) return location_collision(m, location);
    memcpy(written, args, (size_t)n * sizeof *written);
    u->location = location;
    u->family = x->family->made;
    u->count = n;
    u->written = written;
    u->place = machine_place(m);
    *made =
        (struct xrp){{{T_XRP, 0, 0, 0}, u->family->names, u->family->signature},
                     u->family,
                     u,
                     location};
    *out = v_object(made);
    return world_add_urn(m, db->making, u);
}

static bool choose(struct machine *m, value xrp, int n, const value *args,
                   uint64_t location, value *out)
{
    struct randomdb *db = randomdb_of(m);
    const struct xrp *x = as_object(xrp);
    bool done;
    db->asked = true;
    if (!xrp_arity(m, x, n) || !choice_may_vary(m, x->family, n, args))
        return false;
    if (x->family->flags & XRP_MAKER)
        return maker_fits(m, x->family, n, args) &&
               make_urn(m, x, n, args, location, out);
    if (!pick_by_index(m, x, n, args, location, out, &done)) return false;
    if (done) return true;
    struct choice *c = choice_new(m, x, n, args, location);
    uint16_t shape;
    if (!c || !choice_shape(m, x->family, n, c->written, &shape)) return false;
    shape_set(&c->head, shape);
    if (world_choice(db->making, location))
        return location_collision(m, location);
    c->owner = db->directive;
    start_value(db, c);
    *out = v_object(c);
    return world_add_choice(m, db->making, c);
}

/* ---- mem --------------------------------------------------------------------------- */

/* A mem, and in whose extents its entries are made. */
struct marked_mem {
    struct mem mem;
    value tags;
    const struct directive *extent;
};

/* An entry under way, and what its caller was in. */
struct running_entry {
    struct entry entry;
    value tags;
    const struct directive *extent;
};

static bool memoize(struct machine *m, value procedure, uint64_t location,
                    value *out)
{
    struct marked_mem *marked = memory_new(sizeof *marked);
    if (!marked) return machine_no_memory(m);
    struct mem *mem = &marked->mem;
    marked->tags = m->tags;
    marked->extent = randomdb_of(m)->extent;
    randomdb_of(m)->asked = true;
    mem->head.type = T_MEM;
    mem->procedure = procedure;
    mem->location = location;
    *out = v_object(mem);
    return true;
}

static struct entry *find_entry(struct randomdb *db, uint64_t location)
{
    struct entry *e = world_entry(db->making, location);
    return e || !db->below ? e : world_entry(db->below, location);
}

static enum memo_answer memo(struct machine *m, struct mem *mem, int n,
                             value *args, void **entry, uint64_t *location,
                             value *out)
{
    struct randomdb *db = randomdb_of(m);
    db->asked = true;
    for (int i = 0; i < n; i++)
        if (has_reference(args[i]) && !force(m, args[i], true, &args[i]))
            return MEMO_ERROR;
    *location = memo_location(mem, n, args);
    value key = list_from(args, (size_t)n);
    if (key == V_UNBOUND) {
        machine_no_memory(m);
        return MEMO_ERROR;
    }
    struct entry *e = find_entry(db, *location);
    if (e && !value_equal(e->key, key)) {
        location_collision(m, *location);
        return MEMO_ERROR;
    }
    if (e && e->held == V_UNBOUND) {
        error_set(&m->error, ERROR_USE,
                  "mem: the value of an application needs itself");
        return MEMO_ERROR;
    }
    if (e) {
        *out = e->held;
        return MEMO_VALUE;
    }
    struct running_entry *running = memory_new(sizeof *running);
    if (!running) {
        machine_no_memory(m);
        return MEMO_ERROR;
    }
    const struct marked_mem *marked = (const struct marked_mem *)mem;
    running->entry = (struct entry){*location, key, V_UNBOUND, NULL};
    running->tags = m->tags;
    running->extent = db->extent;
    m->tags = marked->tags;
    db->extent = marked->extent;
    *entry = running;
    return world_add_entry(m, db->making, &running->entry) ? MEMO_RUN
                                                           : MEMO_ERROR;
}

static bool memo_done(struct machine *m, void *entry, value *result)
{
    struct running_entry *running = entry;
    running->entry.held = *result;
    m->tags = running->tags;
    randomdb_of(m)->extent = running->extent;
    return true;
}

/* ---- conditioning --------------------------------------------------------------------- */

static struct choice *target_of(struct randomdb *db, value v, const char *who)
{
    struct machine *m = db->base.machine;
    query_answered();
    db->looking = true;
    bool ok = expression_target(m, v, randomdb_read, &v);
    db->looking = false;
    if (!ok) return NULL;
    if (is_type(v, T_CHOICE)) return as_object(v);
    not_a_choice(m, who, v);
    return NULL;
}

/* What the observation at this location gives, when the data are the
 * program's own. */
static bool simulate(struct randomdb *db, struct choice *c, uint64_t location,
                     value *given)
{
    struct simulation *s = db->base.simulation;
    if (simulation_wants(s, location) &&
        ((!c->drawn && !choice_need(db, c)) ||
         !simulation_add(db->base.machine, s, location, c->held)))
        return false;
    simulation_find(s, location, given);
    return true;
}

static bool observe(struct randomdb *db, value v, value given,
                    uint64_t location, const struct directive *by,
                    struct span place)
{
    struct machine *m = db->base.machine;
    struct choice *c = target_of(db, v, "OBSERVE");
    if (!c || !simulate(db, c, location, &given)) return false;
    if (c->looked == db->stamp && world_choice(db->making, c->location) == c)
        return error_set(&m->error, ERROR_OBSERVE,
                         "an OBSERVE may not look at the value that it gives");
    struct given *g = given_at(db, c->location);
    if (g && (g->claimed == db->run || g->fixed)) {
        if (value_equal(g->held, given)) return true;
        return error_set(&m->error, ERROR_OBSERVE,
                         "this choice is observed already, with another "
                         "value");
    }
    if (!g) {
        if (!(g = memory_new(sizeof *g))) return machine_no_memory(m);
        g->location = c->location;
        if (!given_add(db, g)) return false;
        if (c->drawn) db->again = db->late = true;
    } else if (!value_equal(g->held, given)) {
        db->again = true;
    }
    g->held = given;
    g->by = c->observer = by;
    g->place = place;
    g->claimed = db->run;
    if (!c->drawn) {
        c->held = given;
        c->drawn = c->observed = true;
    }
    return true;
}

static bool constrain(struct machine *m, enum constrain_kind kind, value target,
                      value with, uint64_t location)
{
    struct randomdb *db = randomdb_of(m);
    db->asked = true;
    if (kind == CONSTRAIN_OBSERVE) {
        value given;
        return may_observe(m, db->directive) &&
               randomdb_plain(db, with, &given) &&
               observe(db, target, given, location, db->directive,
                       machine_place(m));
    }
    if (kind == CONSTRAIN_PREDICT) {
        struct prediction *p = memory_new(sizeof *p);
        if (!p) return machine_no_memory(m);
        p->target = target;
        return randomdb_plain(db, with, &p->label) &&
               list_push(m, &db->making->predictions, p);
    }
    struct weighing *w = memory_new(sizeof *w);
    if (!w) return machine_no_memory(m);
    *w = (struct weighing){target, with};
    return list_push(m, &db->making->weighings, w);
}

static bool add_term(struct randomdb *db, enum score_kind kind, value v,
                     struct span place)
{
    struct machine *m = db->base.machine;
    struct term *t = memory_new(sizeof *t);
    if (!t) return machine_no_memory(m);
    *t = (struct term){kind, v, db->directive, place};
    return list_push(m, &db->making->terms, t);
}

static bool score(struct machine *m, enum score_kind kind, value v,
                  uint64_t location)
{
    struct randomdb *db = randomdb_of(m);
    (void)location;
    db->asked = true;
    return (kind != SCORE_FACTOR ||
            simulation_factor(m, db->base.simulation)) &&
           add_term(db, kind, v, machine_place(m));
}

const struct handler randomdb_handler = {
    .choose = choose,
    .defer = defer,
    .force = force,
    .operate = operate,
    .memoize = memoize,
    .memo = memo,
    .memo_done = memo_done,
    .constrain = constrain,
    .score = score,
};

/* ---- directives --------------------------------------------------------------------------- */

static struct global *cell_of(struct randomdb *db, const struct directive *d)
{
    return global_make(db->base.machine, d->name, false);
}

/* Before its ASSUME has run a name means what is built in, if anything. */
static value unbound(struct randomdb *db, const struct directive *d)
{
    struct global *b = global_builtin(db->base.machine, d->name);
    return b ? b->held : V_UNBOUND;
}

void world_bind(struct randomdb *db, const struct world *w)
{
    for (uint32_t i = 0; i < db->program.count; i++) {
        const struct directive *d = program_at(db, i);
        if (d->kind != DIRECTIVE_ASSUME) continue;
        struct global *g = cell_of(db, d);
        if (g)
            g->held = w && i < w->outcome_count ? w->outcomes[i].result
                                                : unbound(db, d);
    }
}

/* Nothing random in it, and nothing that could hold something random: its
 * value stands for good. */
static bool is_settled(value v)
{
    if (has_reference(v)) return false;
    switch (object_type(v)) {
    case T_CLOSURE: return ((struct closure *)as_object(v))->head.size == 0;
    case T_MEM: return false;
    case T_XRP: return !((struct xrp *)as_object(v))->made;
    case T_PAIR: {
        for (; is_pair(v); v = cdr(v))
            if (is_pair(car(v)) || !is_settled(car(v))) return false;
        return is_settled(v);
    }
    default: return true;
    }
}

static void set_varies(struct randomdb *db, const struct directive *d,
                       bool varies)
{
    struct global *g = d->kind == DIRECTIVE_ASSUME ? cell_of(db, d) : NULL;
    if (g) g->varies = varies;
}

/* Does it read a name whose value may be another in another state? What is
 * read there may be plain: (if (flip) 0 1) looked at the choice and is 0. */
static bool reads_varying(struct randomdb *db, const struct directive *d)
{
    struct machine *m = db->base.machine;
    value eval = symbol("eval"); /* reads names that nobody sees */
    for (uint32_t i = 0; i < d->code->mention_count; i++) {
        value name = d->code->mentions[i];
        const struct global *g = global_user(m, name);
        if (name == eval || (g && g->varies)) return true;
    }
    return false;
}

/* A directive may mention names that are bound after it: what they are is
 * known when the whole program has run. */
static void spread_varying(struct randomdb *db)
{
    struct world *w = db->making;
    bool more = true;
    while (more) {
        more = false;
        for (uint32_t i = 0; i < db->program.count; i++) {
            struct directive *d = program_at(db, i);
            if (w->outcomes[i].random || !reads_varying(db, d)) continue;
            w->outcomes[i].random = more = true;
            set_varies(db, d, true);
        }
    }
}

/* Is it an ASSUME that varies, whose name stands in code already? */
static bool is_varying_and_known(struct randomdb *db, const struct directive *d)
{
    const struct global *g =
        d->kind == DIRECTIVE_ASSUME ? cell_of(db, d) : NULL;
    return g && g->varies && g->mention.source;
}

static void forget_varying(struct randomdb *db)
{
    for (uint32_t i = 0; i < db->program.count; i++)
        set_varies(db, program_at(db, i), false);
}

static bool run_directive(struct randomdb *db, struct directive *d,
                          struct outcome *outcome)
{
    struct machine *m = db->base.machine;
    db->directive = d;
    db->extent = d;
    db->stamp++;
    db->asked = db->looking = false;
    value result;
    if (!machine_run(m, d->code, directive_location(d), &result)) return false;
    bool ok = true;
    if (d->kind == DIRECTIVE_ASSUME) {
        struct global *g = cell_of(db, d);
        if (!g) return machine_no_memory(m);
        g->held = result;
    } else if (d->kind == DIRECTIVE_OBSERVE) {
        ok = observe(db, result, d->given, directive_location(d), d, d->span);
    } else if (directive_is_term(d)) {
        ok = add_term(
            db, d->kind == DIRECTIVE_FACTOR ? SCORE_FACTOR : SCORE_CONDITION,
            result, d->span);
    }
    if (!ok && !m->error.span.source) m->error.span = d->span;
    outcome->result = result;
    outcome->random = db->asked || !is_settled(result) ||
                      d->kind == DIRECTIVE_OBSERVE || reads_varying(db, d);
    set_varies(db, d, outcome->random);
    return ok;
}

static bool is_final(const struct error *e)
{
    return e->kind == ERROR_LIMIT || e->kind == ERROR_CANCEL ||
           e->kind == ERROR_ENGINE;
}

/* An error may come of a value that an observation further down is about to
 * change: what follows is run all the same. The first error is the one that
 * stays; *failed says that there was one. */
static bool run_program(struct randomdb *db, const struct world *stands,
                        bool *failed)
{
    struct machine *m = db->base.machine;
    struct world *w = db->making;
    struct error first;
    *failed = false;
    world_bind(db, NULL);
    if (!stands) forget_varying(db);
    for (uint32_t i = 0; i < db->program.count; i++) {
        struct directive *d = program_at(db, i);
        if (stands && d->kind <= DIRECTIVE_PREDICT &&
            !stands->outcomes[i].random) {
            w->outcomes[i] = stands->outcomes[i];
            if (d->kind == DIRECTIVE_ASSUME) {
                struct global *g = cell_of(db, d);
                if (g) g->held = w->outcomes[i].result;
            }
        } else if (!run_directive(db, d, &w->outcomes[i])) {
            if (is_final(&m->error)) return false;
            w->outcomes[i].result = V_UNBOUND;
            if (!*failed) first = m->error;
            *failed = true;
            error_clear(&m->error);
        }
    }
    if (*failed) m->error = first;
    if (!stands) spread_varying(db);
    return true;
}

/* Did the directive that gives this value fail before it could? */
static bool awaits(const struct randomdb *db, const struct given *g)
{
    for (uint32_t i = 0; i < db->program.count; i++)
        if (program_at(db, i) == g->by)
            return db->making->outcomes[i].result == V_UNBOUND;
    return false;
}

/* Choices that were given but are observed no more become free. */
static bool is_claimed(const struct randomdb *db, const struct given *g)
{
    return g->fixed || g->claimed == db->run;
}

static bool release(struct randomdb *db, bool failed)
{
    struct list all = db->givens;
    bool every = true;
    for (uint32_t i = 0; every && i < all.count; i++)
        every = is_claimed(db, all.at[i]);
    if (every) return true;
    db->givens = (struct list){NULL, 0, 0};
    db->given_at = (struct table){NULL, 0, 0};
    for (uint32_t i = 0; i < all.count; i++) {
        struct given *g = all.at[i];
        if (is_claimed(db, g) || (failed && awaits(db, g))) {
            if (!given_add(db, g)) return false;
        } else if (world_choice(db->making, g->location)) {
            db->again = true;
        }
    }
    return true;
}

static bool start(struct randomdb *db, struct world *old,
                  const struct choice *site, value site_value)
{
    struct machine *m = db->base.machine;
    error_clear(&m->error);
    db->old = old;
    db->site = site;
    db->site_value = site_value;
    db->below = NULL;
    randomdb_forget(db);
    db->run = 0;
    for (uint32_t i = 0; old && i < old->choices.count; i++) {
        const struct choice *c = old->choices.at[i];
        if (!c->observed) continue;
        struct given *g = memory_new(sizeof *g);
        if (!g) return machine_no_memory(m);
        *g = (struct given){.location = c->location,
                            .held = c->held,
                            .by = c->observer,
                            .place = c->place};
        if (!given_add(db, g)) return false;
    }
    for (uint32_t i = 0; db->fixed && i < db->fixed->count; i++) {
        const struct setting *f = &db->fixed->at[i];
        struct given *g = given_at(db, f->location);
        if (!g) {
            if (!(g = memory_new(sizeof *g))) return machine_no_memory(m);
            g->location = f->location;
            if (!given_add(db, g)) return false;
        }
        g->held = f->held;
        g->fixed = true;
    }
    return true;
}

/* A state in which a directive has no value is none: what is computed from
 * choices, and read by nobody yet, is looked at here. */
static bool have_values(struct randomdb *db, uint32_t from)
{
    struct machine *m = db->base.machine;
    for (uint32_t i = from; i < db->program.count; i++) {
        const struct directive *d = program_at(db, i);
        value plain, result = db->making->outcomes[i].result;
        if (d->kind != DIRECTIVE_ASSUME && d->kind != DIRECTIVE_PREDICT)
            continue;
        if (!has_reference(result) || randomdb_plain(db, result, &plain))
            continue;
        if (!m->error.span.source) m->error.span = d->span;
        return false;
    }
    return true;
}

static struct world *run_until_settled(struct randomdb *db, bool whole)
{
    struct machine *m = db->base.machine;
    bool failed;
    for (;;) {
        if (++db->run > RUNS_MAX) {
            error_set(&m->error, ERROR_OBSERVE,
                      "the observations, and what they look at, do not "
                      "settle");
            return NULL;
        }
        db->making = world_new(m, db->program.count);
        db->again = false;
        if (!db->making || !run_program(db, whole ? NULL : db->old, &failed) ||
            !release(db, failed))
            return NULL;
        if (!db->again) break;
    }
    return !failed && world_finish(db) && have_values(db, 0) ? db->making
                                                             : NULL;
}

struct world *randomdb_run(struct randomdb *db, struct world *old,
                           const struct choice *site, value site_value,
                           bool whole)
{
    struct world *w = NULL;
    db->moving = !whole;
    if (start(db, old, site, site_value)) w = run_until_settled(db, whole);
    db->moving = false;
    db->making = NULL;
    return w;
}

/* ---- adding to a world ------------------------------------------------------------------ */

static bool grow_outcomes(struct randomdb *db)
{
    struct world *w = db->now;
    uint32_t n = db->program.count;
    if (w->outcome_room < n) {
        struct outcome *more = memory_new((n * 2 + 1) * sizeof *more);
        if (!more) return machine_no_memory(db->base.machine);
        memcpy(more, w->outcomes, w->outcome_count * sizeof *more);
        w->outcomes = more;
        w->outcome_room = n * 2;
    }
    if (w->outcome_count < n) w->outcome_count = n;
    return true;
}

bool randomdb_extend(struct randomdb *db, struct directive *d, bool *late)
{
    struct world *w = db->now;
    error_clear(&db->base.machine->error);
    db->old = NULL;
    db->site = NULL;
    db->below = NULL;
    randomdb_forget(db);
    db->making = w;
    db->run = 1;
    db->again = db->late = false;
    bool ok = grow_outcomes(db) &&
              run_directive(db, d, &w->outcomes[db->program.count - 1]);
    if (ok && is_varying_and_known(db, d)) spread_varying(db);
    *late = db->late;
    ok = ok && !db->late && world_finish(db) &&
         have_values(db, db->program.count - 1);
    db->making = NULL;
    return ok;
}

bool randomdb_bare(struct randomdb *db, const struct code *code, value *out)
{
    struct machine *m = db->base.machine;
    error_clear(&m->error);
    db->old = NULL;
    db->site = NULL;
    db->below = db->trial ? db->trial : db->now;
    db->extent = NULL;
    randomdb_forget(db);
    db->making = world_new(m, 0);
    db->run = 1;
    db->stamp++;
    value v;
    bool ok = db->making && machine_run(m, code, UINT64_C(0xbace), &v) &&
              randomdb_plain(db, v, out);
    db->making = db->below = NULL;
    return ok;
}
