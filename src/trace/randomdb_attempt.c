/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What kernels ask of the random database: scopes, sites, and moves that are
 * left open until they are settled. A move is another world beside the
 * present one; a scope's members are found anew in each world. Slow, and
 * short: it is what other engines are compared with.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "trace/randomdb.h"
#include "xrp/form.h"

static struct randomdb *inside(struct engine *e)
{
    return (struct randomdb *)e;
}

/* The world that is looked at: of a move that is open, where it led. */
static struct world *present(struct randomdb *db)
{
    return db->trial ? db->trial : db->now;
}

/* ---- scopes ------------------------------------------------------------------- */

bool randomdb_scope_open(struct engine *e, struct scope *s)
{
    struct randomdb *db = inside(e);
    if (db->scope_count == SCOPES_MAX)
        return error_set(&e->machine->error, ERROR_LIMIT,
                         "more than %d scopes in one kernel", SCOPES_MAX);
    db->scopes[db->scope_count++] = s; /* the world it looked at is held */
    s->state = NULL;
    return true;
}

bool randomdb_scope_look(struct engine *e, struct scope *s)
{
    struct world *w = present(inside(e));
    if (s->state == w && s->seen == w->free) return true;
    scope_clear(s);
    s->state = w;
    s->seen = w->free;
    for (uint32_t i = 0; i < w->choices.count; i++) {
        struct choice *c = w->choices.at[i];
        if (c->observed || !(choice_weight(c) > 0.0)) continue;
        struct xrp_site at = choice_site(c, NULL);
        struct scope_facts f = {.location = c->location,
                                .continuous = xrp_flags_at(c->family, &at) &
                                              XRP_CONTINUOUS,
                                .directive = c->extent ? c->extent->id : 0,
                                .tags = c->tags,
                                .weight = choice_weight(c),
                                .improper = !choice_has_prior(c->family, &at)};
        scope_census(s, &f);
        scope_enter(s, c, &f);
    }
    scope_keep(s);
    return !s->broken || machine_no_memory(e->machine);
}

void randomdb_scope_close(struct engine *e, struct scope *s)
{
    struct randomdb *db = inside(e);
    for (uint32_t i = 0; i < db->scope_count; i++)
        if (db->scopes[i] == s) {
            db->scopes[i] = db->scopes[--db->scope_count];
            return;
        }
}

bool randomdb_step_at(struct engine *e, struct scope *s, void *choice,
                      bool in_turn, bool *accepted, bool *impossible)
{
    struct randomdb *db = inside(e);
    db->in_turn = in_turn;
    if (!randomdb_scope_look(e, s)) return false;
    enum move_end end = randomdb_move_at(db, s, choice);
    *accepted = end == MOVE_ACCEPTED;
    *impossible = end == MOVE_IMPOSSIBLE;
    db->touched += db->now->choices.count;
    return end != MOVE_ERROR;
}

/* ---- sites --------------------------------------------------------------------- */

bool randomdb_site(struct engine *e, void *choice, struct site *out)
{
    const struct choice *c = choice;
    (void)e;
    *out =
        (struct site){choice,    c->location,
                      c->family, choice_site(c, c->urn ? c->urn->state : NULL),
                      c->held,   c->place};
    return true;
}

void *randomdb_choice_at(struct engine *e, uint64_t location)
{
    struct choice *c = world_choice(present(inside(e)), location);
    return c && !c->observed ? c : NULL;
}

const struct directive *randomdb_made_by(struct engine *e, const void *choice)
{
    (void)e;
    return ((const struct choice *)choice)->extent;
}

size_t randomdb_elements(struct engine *e, void *choice)
{
    const struct choice *c = choice;
    struct xrp_site s = choice_site(c, NULL);
    (void)e;
    return form_elements(c->family, &s);
}

static bool is_in(value list, value v)
{
    for (; is_pair(list); list = cdr(list))
        if (value_equal(car(list), v)) return true;
    return false;
}

/* Labels are whole numbers from 1 to this. */
#define LABEL_MAX (UINT64_C(1) << 46)

value randomdb_label(struct engine *e, value taken)
{
    value new;
    do new = v_int(1 + (int64_t)random_below(&e->machine->random, LABEL_MAX));
    while (is_in(taken, new));
    return new;
}

/* Those of the list but the last, which stands for a new one. */
static bool without_last(struct engine *e, value *list)
{
    value others = V_NIL;
    for (value l = *list; is_pair(l) && cdr(l) != V_NIL; l = cdr(l))
        others = cons(car(l), others);
    *list = others;
    return *list != V_UNBOUND || machine_no_memory(e->machine);
}

bool randomdb_support(struct engine *e, void *choice, void *const *out,
                      uint32_t count, value *list)
{
    const struct choice *c = choice;
    bool labels = c->family->flags & XRP_LABELS;
    void *state = NULL;
    *list = V_UNBOUND;
    if (!c->family->enumerate) return true;
    if (c->urn) {
        state = c->family->copy(c->urn->state);
        if (!state) return machine_no_memory(e->machine);
    }
    for (uint32_t i = 0; state && i < count; i++) {
        const struct choice *one = out[i];
        struct xrp_site at = choice_site(one, state);
        if (one == c || (labels && one->urn == c->urn))
            c->family->remove(&at, one->held);
    }
    struct xrp_site s = choice_site(c, state);
    if (!c->family->enumerate(&s, list)) {
        *list = V_UNBOUND;
        return true;
    }
    return !labels || without_last(e, list);
}

/* ---- moves ------------------------------------------------------------------------ */

bool move_gives(const struct move *m, const struct choice *old, value *out)
{
    for (uint32_t i = 0; i < m->count; i++)
        if (m->parts[i].choice == old) {
            *out = m->parts[i].to;
            return true;
        }
    return false;
}

static int by_location(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Free choices of each world that the other has not kept. */
static bool tell_changes(struct randomdb *db, struct move *m,
                         const struct world *new)
{
    const struct world *old = db->now;
    uint32_t n = new->choices.count + old->choices.count;
    if (m->room < n) {
        uint64_t *fresh = realloc(m->fresh, n * sizeof *fresh);
        if (fresh) m->fresh = fresh;
        uint64_t *removed = realloc(m->removed, n * sizeof *removed);
        if (removed) m->removed = removed;
        if (!fresh || !removed) return machine_no_memory(db->base.machine);
        m->room = n;
    }
    m->fresh_count = m->removed_count = 0;
    m->urns = false;
    for (uint32_t i = 0; i < new->choices.count; i++) {
        const struct choice *c = new->choices.at[i];
        if (c->observed || c->kept) continue;
        m->fresh[m->fresh_count++] = c->location;
        m->urns = m->urns || c->urn;
    }
    for (uint32_t i = 0; i < old->choices.count; i++) {
        const struct choice *c = old->choices.at[i];
        const struct choice *then = world_choice(new, c->location);
        if (c->observed || (then && then->kept)) continue;
        m->removed[m->removed_count++] = c->location;
        m->urns = m->urns || c->urn;
    }
    qsort(m->fresh, m->fresh_count, sizeof *m->fresh, by_location);
    qsort(m->removed, m->removed_count, sizeof *m->removed, by_location);
    return true;
}

/* Parts that were given a value are there, free, and as before. */
static void judge_parts(struct move *m, const struct world *new)
{
    m->possible = m->steady = true;
    for (uint32_t i = 0; i < m->count; i++) {
        const struct choice *old = m->parts[i].choice;
        const struct choice *c = world_choice(new, old->location);
        if (m->parts[i].to == V_UNBOUND) continue;
        if (!c || !c->kept || !(choice_weight(c) > 0.0)) {
            m->possible = m->steady = false;
            return;
        }
        bool same = same_values(c->plain, c->count, old->plain, old->count) &&
                    (!c->urn || c->urn->location == old->urn->location);
        m->steady = m->steady && same;
        if (!same && !(c->family->flags & XRP_RESCORES)) m->possible = false;
    }
}

bool randomdb_make_move(struct engine *e, struct move *m)
{
    struct randomdb *db = inside(e);
    m->possible = m->urns = false;
    m->steady = true;
    m->score = -INFINITY;
    m->forward = m->reverse = 0.0;
    m->fresh_count = m->removed_count = 0;
    db->move = m;
    struct world *new = randomdb_run(db, db->now, NULL, V_FALSE, false);
    bool ok = new &&tell_changes(db, m, new) &&
              move_reverse(db, NULL, new, &m->reverse) &&
              move_forward(db, new, &m->forward);
    db->move = NULL;
    db->touched += db->now->choices.count;
    if (!ok) {
        world_bind(db, db->now);
        return randomdb_pardon(db);
    }
    m->score = new->score - db->now->score;
    judge_parts(m, new);
    db->trial = new;
    return true;
}

bool randomdb_settle(struct engine *e, bool keep)
{
    struct randomdb *db = inside(e);
    if (db->trial && keep)
        db->now = db->trial;
    else
        world_bind(db, db->now);
    db->trial = NULL;
    return true;
}

bool randomdb_prior(struct engine *e, double *log_weight)
{
    struct randomdb *db = inside(e);
    double drawn = 0.0;
    *log_weight = -INFINITY;
    struct world *new = randomdb_run(db, NULL, NULL, V_FALSE, true);
    if (!new || !move_forward(db, new, &drawn)) {
        world_bind(db, db->now);
        return randomdb_pardon(db);
    }
    *log_weight = new->score - drawn;
    db->touched += new->choices.count;
    db->aside = db->now;
    db->now = new;
    return true;
}

bool randomdb_settle_prior(struct engine *e, bool keep)
{
    struct randomdb *db = inside(e);
    if (!db->aside) return true;
    if (!keep) {
        db->now = db->aside;
        world_bind(db, db->now);
    }
    db->aside = NULL;
    return true;
}

bool randomdb_weight(struct engine *e, double *log_weight)
{
    struct randomdb *db = inside(e);
    double drawn = 0.0;
    *log_weight = -INFINITY;
    if (!world_drawn(db, db->now, &drawn)) return false;
    *log_weight = db->now->score - drawn;
    return true;
}

bool randomdb_gibbs(struct engine *e, void *choice, int64_t at, bool *done,
                    bool *changed)
{
    (void)e, (void)choice, (void)at;
    *done = *changed = false;
    return true;
}

/* ---- decisions ----------------------------------------------------------------------- */

uint32_t randomdb_pick(struct engine *e, uint32_t n, const double *p)
{
    return random_pick(&e->machine->random, n, p);
}

static double unit(void *random) { return random_unit(random); }

uint32_t randomdb_pick_block(struct engine *e, const struct scope *s)
{
    return scope_pick(s, unit, &e->machine->random);
}

bool randomdb_accept(struct engine *e, double ratio)
{
    return ratio >= 0.0 || random_unit(&e->machine->random) < exp(ratio);
}

bool randomdb_draw_beside(struct engine *e, const struct xrp_family *f,
                          const struct xrp_site *s, value *out)
{
    return f->sample(s, &e->machine->random, out);
}

void randomdb_mark(struct engine *e, struct draw_mark *out)
{
    *out = (struct draw_mark){e->machine->random, 0};
}

void randomdb_replay(struct engine *e, const struct draw_mark *m)
{
    e->machine->random = m->random;
}

uint64_t randomdb_touched(struct engine *e) { return inside(e)->touched; }
