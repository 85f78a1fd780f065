/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The operations of the random database engine: changing the program and
 * finding a possible state of it, transitions, and answers about the state.
 * The work is done in randomdb_run.c and randomdb_move.c.
 */
#include "trace/randomdb.h"
#include "trace/simulation.h"
#include "trace/tally.h"

#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "trace/application.h"

enum {
    TRIES = 10000,
    TRIES_DOMAIN = 100 /* a parameter that is wrong in so many draws from the
                          prior is taken to be wrong in all */
};

static struct randomdb *inside(struct engine *e)
{
    return (struct randomdb *)e;
}

static struct machine *machine_of(const struct randomdb *db)
{
    return db->base.machine;
}

/* ---- the program --------------------------------------------------------------- */

static void number(struct randomdb *db)
{
    for (uint32_t i = 0; i < db->program.count; i++)
        program_at(db, i)->engine_data = (void *)(uintptr_t)(i + 1);
}

/* The place of a directive in the program, or -1. */
static int64_t place_of(const struct randomdb *db, const struct directive *d)
{
    uintptr_t i = (uintptr_t)d->engine_data;
    return i && i <= db->program.count && db->program.at[i - 1] == d
               ? (int64_t)i - 1
               : -1;
}

static bool list_copy(struct machine *m, struct list *to,
                      const struct list *from)
{
    *to = (struct list){NULL, 0, 0};
    for (uint32_t i = 0; i < from->count; i++)
        if (!list_push(m, to, from->at[i])) return false;
    return true;
}

/* The error says that this state cannot be, not that the program is wrong. */
static bool is_impossible(const struct error *e)
{
    return e->kind == ERROR_DOMAIN || e->kind == ERROR_IMPOSSIBLE;
}

/* ---- finding a possible state ----------------------------------------------------- */

/* From the prior, again and again. The first error is the one that is told:
 * it is the nearest to the state that the user sees. */
static bool search(struct randomdb *db)
{
    struct machine *m = machine_of(db);
    struct error first = m->error;
    uint64_t tries = first.kind == ERROR_DOMAIN ? TRIES_DOMAIN : db->base.tries;
    m->searching = true;
    for (uint64_t i = 0; i < tries; i++) {
        simulation_again(db->base.simulation);
        struct world *w = randomdb_run(db, NULL, NULL, V_FALSE, true);
        if (w) {
            db->now = w;
            m->searching = false;
            error_clear(&m->error);
            return true;
        }
        if (!is_impossible(&m->error)) {
            m->searching = false;
            return false;
        }
        if (!first.kind) first = m->error;
        if ((db->run == 1 && !db->draws.count && i == 0) ||
            query_search_vain(m))
            break;
    }
    m->searching = false;
    m->error = first;
    if (first.kind == ERROR_IMPOSSIBLE && !m->error.hint[0])
        error_hint(&m->error, "no possible state in %llu draws from the prior",
                   (unsigned long long)tries);
    return false;
}

/* The state with all that can be kept, else one from the prior. */
static bool settle(struct randomdb *db)
{
    struct world *w = randomdb_run(db, db->now, NULL, V_FALSE, true);
    if (w) {
        db->now = w;
        return true;
    }
    return is_impossible(&machine_of(db)->error) && search(db);
}

/* Back to a program and its state, after an error; the error stays. */
static void restore(struct randomdb *db, const struct list *program,
                    struct world *now)
{
    struct machine *m = machine_of(db);
    struct error e = m->error;
    uint64_t steps = m->steps_left;
    int64_t deadline = m->deadline_ns;
    volatile int *cancel = m->cancel;
    db->program = *program;
    db->now = now;
    number(db);
    /* Limits have done their work: this run must come to its end. */
    m->steps_left = UINT64_MAX;
    m->deadline_ns = 0;
    m->cancel = NULL;
    struct world *w = randomdb_run(db, now, NULL, V_FALSE, true);
    if (w) db->now = w;
    world_bind(db, db->now);
    m->steps_left = steps;
    m->deadline_ns = deadline;
    m->cancel = cancel;
    m->error = e;
}

static bool append(struct randomdb *db, struct directive *d)
{
    struct machine *m = machine_of(db);
    bool late = false;
    if (!list_push(m, &db->program, d)) return false;
    d->engine_data = (void *)(uintptr_t)db->program.count;
    if (randomdb_extend(db, d, &late)) return true;
    if (late) return settle(db);
    return is_impossible(&m->error) && (db->asked || db->now->free) &&
           search(db);
}

static bool add(struct engine *e, struct directive *d,
                struct directive *replaced)
{
    struct randomdb *db = inside(e);
    struct machine *m = machine_of(db);
    /* What is appended is behind the end of this list. */
    struct list before = db->program;
    struct world *now = db->now;
    query_search_begin(m);
    bool ok;
    if (replaced) {
        int64_t i = place_of(db, replaced);
        if (i < 0)
            return error_set(&m->error, ERROR_ENGINE,
                             "the directive is not in the program");
        if (!list_copy(m, &db->program, &before)) {
            db->program = before;
            return false;
        }
        db->program.at[i] = d;
        number(db);
        ok = settle(db);
    } else {
        ok = append(db, d);
    }
    if (!ok) restore(db, &before, now);
    return ok;
}

static bool take_away(struct engine *e, struct directive *d)
{
    struct randomdb *db = inside(e);
    struct machine *m = machine_of(db);
    struct list before;
    struct world *now = db->now;
    int64_t i = place_of(db, d);
    query_search_begin(m);
    if (i < 0)
        return error_set(&m->error, ERROR_ENGINE,
                         "the directive is not in the program");
    if (!list_copy(m, &before, &db->program)) return false;
    if (d->kind == DIRECTIVE_ASSUME) machine_unbind(m, text_of(d->name));
    db->program.count--;
    for (uint32_t k = (uint32_t)i; k < db->program.count; k++)
        db->program.at[k] = db->program.at[k + 1];
    number(db);
    if (settle(db)) return true;
    restore(db, &before, now);
    return false;
}

static void clear(struct engine *e)
{
    struct randomdb *db = inside(e);
    world_bind(db, NULL);
    db->program = (struct list){NULL, 0, 0};
    db->now = world_new(machine_of(db), 0);
    randomdb_forget(db);
}

static bool rerun(struct engine *e)
{
    struct randomdb *db = inside(e);
    query_search_begin(machine_of(db));
    if (!search(db)) {
        world_bind(db, db->now);
        return false;
    }
    db->touched += db->now->choices.count;
    return true;
}

/* ---- transitions ---------------------------------------------------------------------- */

static bool transition_in(struct engine *e, struct scope *scope, uint64_t n,
                          struct transition_counts *counts)
{
    struct randomdb *db = inside(e);
    struct machine *m = machine_of(db);
    for (uint64_t i = 0; i < n; i++) {
        if (--m->fuel < 0 && !machine_poll(m)) return false;
        enum move_end move = randomdb_move(db, scope);
        if (move == MOVE_ERROR) return false;
        counts->transitions++;
        if (move == MOVE_NONE) continue;
        counts->proposals++;
        counts->touched += db->now->choices.count;
        db->touched += db->now->choices.count;
        counts->accepted += move == MOVE_ACCEPTED;
        if (e->tally)
            tally_add(e->tally, db->moved, move == MOVE_ACCEPTED, db->touched);
        counts->impossible += move == MOVE_IMPOSSIBLE;
    }
    return true;
}

static bool transition(struct engine *e, uint64_t n,
                       struct transition_counts *counts)
{
    return transition_in(e, NULL, n, counts);
}

/* ---- answers ----------------------------------------------------------------------------- */

static bool directive_value(struct engine *e, struct directive *d, value *out)
{
    struct randomdb *db = inside(e);
    int64_t i = place_of(db, d);
    if (i < 0)
        return error_set(&machine_of(db)->error, ERROR_ENGINE,
                         "the directive is not in the program");
    return randomdb_plain(db, db->now->outcomes[i].result, out);
}

static bool evaluate(struct engine *e, const struct code *code, value *out)
{
    return randomdb_bare(inside(e), code, out);
}

static double log_score(struct engine *e) { return inside(e)->now->score; }

/* An urn's choice given all the others. */
static double conditional(const struct choice *c)
{
    if (!c->urn) return c->score;
    void *state = c->family->copy(c->urn->state);
    if (!state) return -INFINITY;
    struct xrp_site s = choice_site(c, state);
    c->family->remove(&s, c->held);
    return xrp_score(c->family, &s, c->held);
}

/* What an OBSERVE scores is the choice that it gives its value. */
static bool directive_score(struct engine *e, struct directive *d, double *out)
{
    struct randomdb *db = inside(e);
    const struct world *w = db->now;
    *out = 0.0;
    for (uint32_t i = 0; i < w->choices.count; i++) {
        const struct choice *c = w->choices.at[i];
        if (c->owner == d && (d->kind != DIRECTIVE_OBSERVE || c->observed))
            *out += conditional(c);
    }
    for (uint32_t i = 0; i < w->terms.count; i++) {
        const struct term *t = w->terms.at[i];
        value v;
        if (t->owner != d || t->kind != SCORE_FACTOR) continue;
        if (!randomdb_plain(db, t->written, &v)) return false;
        *out += as_number(v);
    }
    return true;
}

static bool locate(struct machine *m, value v, uint64_t *location)
{
    value target;
    if (!expression_target(m, v, randomdb_read, &target)) return false;
    *location = is_type(target, T_CHOICE)
                    ? ((struct choice *)as_object(target))->location
                    : 0;
    return true;
}

static bool density_at(struct engine *e, uint32_t count,
                       struct directive *const *which, const value *at,
                       double *out)
{
    struct randomdb *db = inside(e);
    struct machine *m = machine_of(db);
    struct random random = m->random;
    struct settings fixed = {NULL, 0, 0};
    error_clear(&m->error);
    for (uint32_t i = 0; i < count; i++) {
        int64_t place = place_of(db, which[i]);
        if (place < 0 ||
            !settings_add(m, &fixed, db->now->outcomes[place].result, at[i],
                          locate))
            return false;
    }
    db->fixed = &fixed;
    struct world *w = randomdb_run(db, db->now, NULL, V_FALSE, true);
    db->fixed = NULL;
    world_bind(db, db->now);
    m->random = random;
    *out = w ? w->score : -INFINITY;
    if (!w && !is_impossible(&m->error)) return false;
    error_clear(&m->error);
    return true;
}

static uint64_t free_choices(struct engine *e) { return inside(e)->now->free; }

static uint64_t all_choices(struct engine *e)
{
    return inside(e)->now->choices.count;
}

static bool is_random(struct engine *e, struct directive *d)
{
    struct randomdb *db = inside(e);
    int64_t i = place_of(db, d);
    return i >= 0 && db->now->outcomes[i].random;
}

static size_t complaints(struct engine *e, struct engine_complaint *into,
                         size_t room)
{
    struct randomdb *db = inside(e);
    size_t n = db->complaint_count < room ? db->complaint_count : room;
    memcpy(into, db->complaints, n * sizeof *into);
    db->complaint_count = 0;
    return n;
}

static bool predictions(struct engine *e, prediction_visit *each, void *context)
{
    struct randomdb *db = inside(e);
    const struct list *all = &db->now->predictions;
    for (uint32_t i = 0; i < all->count; i++) {
        const struct prediction *p = all->at[i];
        value v;
        if (!randomdb_plain(db, p->target, &v) || !each(context, p->label, v))
            return false;
    }
    return true;
}

static bool observed(struct engine *e, observed_visit *each, void *context)
{
    const struct list *all = &inside(e)->now->choices;
    for (uint32_t i = 0; i < all->count; i++) {
        struct choice *c = all->at[i];
        struct site site;
        if (!c->observed || !c->observer) continue;
        if (!randomdb_site(e, c, &site) || !each(context, c->observer, &site))
            return false;
    }
    return true;
}

static bool choices(struct engine *e, choice_visit *each, void *context)
{
    const struct list *all = &inside(e)->now->choices;
    for (uint32_t i = 0; i < all->count; i++) {
        const struct choice *c = all->at[i];
        if (!c->observed && !each(context, c->location, c->held)) return false;
    }
    return true;
}

static bool trace(struct engine *e, const struct directive *only,
                  struct text *lines, struct text *json)
{
    return randomdb_print(inside(e), only, lines, json);
}

static void close(struct engine *e)
{
    struct randomdb *db = inside(e);
    machine_of(db)->handler = NULL;
    machine_of(db)->engine = NULL;
    memory_free(db);
}

static const struct engine_operations operations = {
    .name = "randomdb",
    .doc = "the program is run again for every transition; exact, and slow",
    .add = add,
    .remove = take_away,
    .clear = clear,
    .rerun = rerun,
    .transition = transition,
    .value = directive_value,
    .evaluate = evaluate,
    .log_score = log_score,
    .directive_score = directive_score,
    .density_at = density_at,
    .free_choices = free_choices,
    .all_choices = all_choices,
    .is_random = is_random,
    .complaints = complaints,
    .predictions = predictions,
    .observed = observed,
    .choices = choices,
    .trace = trace,
    .close = close,
    .scope_open = randomdb_scope_open,
    .scope_look = randomdb_scope_look,
    .scope_close = randomdb_scope_close,
    .transition_in = transition_in,
    .step_at = randomdb_step_at,
    .site = randomdb_site,
    .choice_at = randomdb_choice_at,
    .made_by = randomdb_made_by,
    .elements = randomdb_elements,
    .support = randomdb_support,
    .label = randomdb_label,
    .move = randomdb_make_move,
    .settle = randomdb_settle,
    .gibbs = randomdb_gibbs,
    .prior = randomdb_prior,
    .settle_prior = randomdb_settle_prior,
    .weight = randomdb_weight,
    .pick = randomdb_pick,
    .pick_block = randomdb_pick_block,
    .accept = randomdb_accept,
    .draw = randomdb_draw_beside,
    .mark = randomdb_mark,
    .replay = randomdb_replay,
    .touched = randomdb_touched,
};

struct engine *randomdb_open(struct machine *m)
{
    struct randomdb *db = memory_new_kept(sizeof *db);
    if (!db) return NULL;
    db->base = (struct engine){.op = &operations, .machine = m, .tries = TRIES};
    db->now = world_new(m, 0);
    if (!db->now) {
        memory_free(db);
        return NULL;
    }
    m->handler = &randomdb_handler;
    m->engine = db;
    m->hooked_calls = false;
    return &db->base;
}
