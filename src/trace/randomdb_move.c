/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One transition of single-site Metropolis-Hastings on the random database.
 *
 * Words. A choice is *kept* when it is in both worlds, by location, with the
 * same family and not observed in either; *removed* when only the old world
 * has it so; *fresh* when only the new one does. The *site* is the kept
 * choice that was proposed.
 *
 *     log A = S' - S + q_reverse - q_forward + log(w'/W') - log(w/W)
 *
 * with S the log joint of a world, w the site's weight and W that of all
 * free choices. q_forward: the site's new value under the old world's
 * arguments, and the fresh choices under the new one's; q_reverse: the same
 * with the worlds exchanged. In an urn the draws of one transition are
 * scored one after another, from the contents of the world they leave (with
 * the site's value changed): by exchangeability any order gives the same
 * product, and choices that were drawn on the way but are in neither world
 * do not count.
 */
#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "trace/randomdb.h"

/* A choice that was drawn, and is free in its world. */
static bool is_kept(const struct world *new, const struct choice *old)
{
    const struct choice *c = world_choice(new, old->location);
    return c && c->kept;
}

static double predict(const struct choice *c, void *state)
{
    struct xrp_site s = choice_site(c, state);
    return xrp_score(c->family, &s, c->held);
}

static void take_in(const struct choice *c, void *state, value v)
{
    struct xrp_site s = choice_site(c, state);
    c->family->incorporate(&s, v);
}

static void take_out(const struct choice *c, void *state, value v)
{
    struct xrp_site s = choice_site(c, state);
    c->family->remove(&s, v);
}

/* ---- the site ------------------------------------------------------------------- */

static struct choice *pick_site(struct randomdb *db, const struct scope *scope)
{
    const struct world *w = db->now;
    struct random *r = &db->base.machine->random;
    if (scope) {
        if (!scope->block_count) return NULL;
        uint32_t i = randomdb_pick_block(&db->base, scope);
        return scope->members[block_at(&scope->blocks[i])[0]].choice;
    }
    if (!(w->weight > 0.0)) return NULL;
    double left = random_unit(r) * w->weight;
    struct choice *last = NULL;
    for (uint32_t i = 0; i < w->choices.count; i++) {
        struct choice *c = w->choices.at[i];
        if (c->observed || !(choice_weight(c) > 0.0)) continue;
        last = c;
        left -= choice_weight(c);
        if (left < 0.0) break;
    }
    return last;
}

/* Draws a new value as if the site were the last application; *q is its log
 * probability. */
static bool propose(struct randomdb *db, const struct choice *site, value *out,
                    double *q)
{
    struct machine *m = db->base.machine;
    void *state = NULL;
    struct xrp_site bare = choice_site(site, NULL);
    if (!choice_proposable(m, site->family, &bare, site->place)) return false;
    if (site->urn) {
        state = site->family->copy(site->urn->state);
        if (!state) return machine_no_memory(m);
        take_out(site, state, site->held);
    }
    struct xrp_site s = choice_site(site, state);
    db->own = site->family->propose != NULL;
    if (db->own) return propose_own(db, site, &s, out, q);
    if (!site->family->sample(&s, &m->random, out)) {
        xrp_domain_error(site->family, &s, &m->error);
        m->error.span = site->place;
        return false;
    }
    *q = xrp_score(site->family, &s, *out);
    return true;
}

/* ---- forward ---------------------------------------------------------------------- */

/* Fresh choices of the new world, given what it kept. */
bool move_forward(struct randomdb *db, const struct world *new, double *q)
{
    for (uint32_t i = 0; i < new->choices.count; i++) {
        const struct choice *c = new->choices.at[i];
        if (c->observed || c->kept) continue;
        if (!c->urn) {
            *q += c->score;
            continue;
        }
        /* From the contents before the transition, which `start` now gathers
         * the fresh choices into. */
        struct urn_work *w = urn_working(db, c->urn);
        if (!w) return false;
        *q += predict(c, w->start);
        take_in(c, w->start, c->held);
    }
    return true;
}

/* ---- reverse ----------------------------------------------------------------------- */

/* The contents from which the reverse would draw, by location. */
struct origin {
    uint64_t location;
    void *state;
};

/* A choice that a move gave a value has its old one there. */
static void put_back(const struct world *new, struct move_part part,
                     struct origin *o)
{
    const struct choice *old = part.choice;
    const struct choice *c = world_choice(new, old->location);
    if (part.to == V_UNBOUND || !c || !c->urn ||
        c->urn->location != o->location)
        return;
    take_out(c, o->state, c->held);
    take_in(c, o->state, old->held);
}

/* The one of this urn, made when there is none: then its state is NULL. */
static struct origin *origin_at(struct randomdb *db, struct list *origins,
                                const struct urn *u)
{
    for (uint32_t i = 0; i < origins->count; i++) {
        struct origin *o = origins->at[i];
        if (o->location == u->location) return o;
    }
    struct origin *o = memory_new(sizeof *o);
    if (!o || !list_push(db->base.machine, origins, o)) return NULL;
    o->location = u->location;
    return o;
}

static struct origin *origin_of(struct randomdb *db, struct list *origins,
                                const struct world *new,
                                const struct choice *removed)
{
    struct origin *o = origin_at(db, origins, removed->urn);
    if (!o || o->state) return o;
    const struct urn *u = world_urn(new, removed->urn->location);
    struct xrp_site site = urn_site(removed->urn, NULL);
    bool continues = u && u->family == removed->family && u->state;
    o->state = continues
                   ? removed->family->copy(u->state)
                   : xrp_begin(removed->family, &site, removed->urn->state);
    for (uint32_t i = 0;
         o->state && continues && db->move && i < db->move->count; i++)
        put_back(new, db->move->parts[i], o);
    return o->state ? o : NULL;
}

/* The site's old value, proposed from the new world. */
static bool reverse_site(struct randomdb *db, const struct choice *site,
                         const struct choice *moved, struct list *origins,
                         const struct world *new, double *q)
{
    void *state = NULL;
    if (moved->urn) {
        struct origin *o = origin_of(db, origins, new, moved);
        if (!o) return machine_no_memory(db->base.machine);
        state = o->state;
        take_out(moved, state, moved->held);
    }
    struct xrp_site s = choice_site(moved, state);
    *q += db->own ? db->backward : xrp_score(moved->family, &s, site->held);
    if (moved->urn) take_in(moved, state, site->held);
    return true;
}

/* Does nobody else have this label: no other choice of the new world, not
 * the site's old value, no removed choice that was drawn again before? */
static bool is_new_label(const struct randomdb *db, const struct choice *c,
                         const struct choice *moved, const struct choice *site,
                         const struct world *new)
{
    if (site->held == c->held) return false;
    for (uint32_t i = 0; i < new->choices.count; i++) {
        const struct choice *o = new->choices.at[i];
        if (o != moved && o->urn && o->held == c->held &&
            o->urn->location == c->urn->location)
            return false;
    }
    for (uint32_t i = 0; i < db->now->choices.count; i++) {
        const struct choice *o = db->now->choices.at[i];
        if (o == c) return true;
        if (!o->observed && !is_kept(new, o) && o->urn && o->held == c->held &&
            o->urn->location == c->urn->location)
            return false;
    }
    return true;
}

/* Was its value drawn anew to one that the reverse would keep, and so never
 * come back from? */
static bool would_stay(struct randomdb *db, const struct choice *old,
                       const struct world *new, bool *stays)
{
    const struct choice *c = world_choice(new, old->location);
    *stays = false;
    return !c || c->observed || c->before != old ||
           choice_keeps(db, old, c, c->held, stays);
}

/* The choices that the old world had and the new one has not, drawn again
 * under the old world's arguments. A label that the reverse would have to
 * draw as a new name, but that is the site's atom, cannot be drawn. */
bool move_reverse(struct randomdb *db, const struct choice *site,
                  const struct world *new, double *q)
{
    const struct choice *moved =
        site ? world_choice(new, site->location) : NULL;
    struct list origins = {NULL, 0, 0};
    if (site && !reverse_site(db, site, moved, &origins, new, q)) return false;
    for (uint32_t i = 0; i < db->now->choices.count; i++) {
        const struct choice *c = db->now->choices.at[i];
        bool stays;
        if (c->observed || is_kept(new, c)) continue;
        if (!would_stay(db, c, new, &stays)) return false;
        if (stays) {
            *q = -INFINITY;
            return true;
        }
        if (!c->urn) {
            *q += c->score;
            continue;
        }
        struct origin *o = origin_of(db, &origins, new, c);
        if (!o) return machine_no_memory(db->base.machine);
        if (c->family->flags & XRP_LABELS && moved && moved->urn &&
            moved->urn->location == o->location && c->held == moved->held &&
            is_new_label(db, c, moved, site, new)) {
            *q = -INFINITY;
            return true;
        }
        *q += predict(c, o->state);
        take_in(c, o->state, c->held);
    }
    return true;
}

/* ---- the prior ----------------------------------------------------------------------- */

bool world_drawn(struct randomdb *db, const struct world *w, double *q)
{
    struct list origins = {NULL, 0, 0};
    for (uint32_t i = 0; i < w->choices.count; i++) {
        const struct choice *c = w->choices.at[i];
        if (c->observed) continue;
        if (!c->urn) {
            *q += c->score;
            continue;
        }
        struct xrp_site empty = urn_site(c->urn, NULL);
        struct origin *o = origin_at(db, &origins, c->urn);
        if (o && !o->state)
            o->state = xrp_begin(c->family, &empty, c->urn->state);
        if (!o || !o->state) return machine_no_memory(db->base.machine);
        *q += predict(c, o->state);
        take_in(c, o->state, c->held);
    }
    return true;
}

/* ---- the transition ------------------------------------------------------------------ */

static double log_share(double weight, double all)
{
    return log(weight) - log(all);
}

/* Of all that may be picked, that it is the site: now, and then. */
static bool shares(struct randomdb *db, struct scope *scope,
                   const struct choice *site, const struct world *new,
                   double *now, double *then)
{
    const struct choice *moved = world_choice(new, site->location);
    *now = log_share(choice_weight(site), world_weight(db->now));
    *then = log_share(choice_weight(moved), world_weight(new));
    if (!scope) return true;
    const struct member *m = scope_member(scope, site->location);
    uint64_t key = m ? scope->blocks[m->block].key : 0;
    if (m)
        *now = log_share(scope->blocks[m->block].weight, scope_weight(scope));
    db->trial = (struct world *)(uintptr_t) new;
    bool ok = randomdb_scope_look(&db->base, scope);
    db->trial = NULL;
    m = scope_member(scope, moved->location);
    bool same = m && scope->blocks[m->block].count == 1 &&
                (!db->in_turn || scope->blocks[m->block].key == key);
    *then = same
                ? log_share(scope->blocks[m->block].weight, scope_weight(scope))
                : -INFINITY;
    if (same && db->in_turn) *then = *now;
    return ok;
}

/* log A; -inf when the move has no reverse. */
static bool ratio(struct randomdb *db, struct scope *scope,
                  const struct choice *site, const struct world *new,
                  double proposed, double *out)
{
    const struct choice *moved = world_choice(new, site->location);
    double q_forward = proposed, q_reverse = 0.0;
    *out = -INFINITY;
    double share, share_then;
    if (!moved || !moved->kept || !(choice_weight(moved) > 0.0) ||
        (db->own && !site_stands(db, site, new)))
        return true;
    if (!move_reverse(db, site, new, &q_reverse)) return false;
    if (!move_forward(db, new, &q_forward)) return false;
    if (!shares(db, scope, site, new, &share, &share_then)) return false;
    *out = new->score - db->now->score + q_reverse - q_forward + share_then -
           share;
    return true;
}

/* A rejection for a parameter out of its domain is counted by its place. */
static void complain(struct randomdb *db)
{
    const struct error *e = &db->base.machine->error;
    size_t room = sizeof db->complaints / sizeof *db->complaints;
    if (e->kind != ERROR_DOMAIN) return;
    for (size_t i = 0; i < db->complaint_count; i++) {
        struct engine_complaint *c = &db->complaints[i];
        if (c->span.source == e->span.source &&
            c->span.start == e->span.start) {
            c->count++;
            return;
        }
    }
    if (db->complaint_count == room) return;
    struct engine_complaint *c = &db->complaints[db->complaint_count++];
    c->span = e->span;
    c->count = 1;
    snprintf(c->message, sizeof c->message, "%.159s", e->message);
}

enum move_end randomdb_refuse(struct randomdb *db)
{
    world_bind(db, db->now);
    return randomdb_pardon(db) ? MOVE_IMPOSSIBLE : MOVE_ERROR;
}

bool randomdb_pardon(struct randomdb *db)
{
    struct error *e = &db->base.machine->error;
    if (e->kind != ERROR_DOMAIN && e->kind != ERROR_IMPOSSIBLE) return false;
    complain(db);
    error_clear(e);
    return true;
}

enum move_end randomdb_move(struct randomdb *db, struct scope *scope)
{
    if (scope && !randomdb_scope_look(&db->base, scope)) return MOVE_ERROR;
    struct choice *site = pick_site(db, scope);
    db->in_turn = false;
    return site ? randomdb_move_at(db, scope, site) : MOVE_NONE;
}

enum move_end randomdb_move_at(struct randomdb *db, struct scope *scope,
                               struct choice *site)
{
    struct urn *u = scope ? NULL : joint_urn(db);
    if (u) return randomdb_joint(db, u);
    value proposed;
    double q = 0.0, a = 0.0;
    db->moved = site->place;
    if (!propose(db, site, &proposed, &q)) return randomdb_refuse(db);
    if (proposed == site->held) return MOVE_ACCEPTED;
    struct world *new = randomdb_run(db, db->now, site, proposed, false);
    if (!new || !ratio(db, scope, site, new, q, &a)) return randomdb_refuse(db);
    return randomdb_decide(db, new, a);
}

enum move_end randomdb_decide(struct randomdb *db, struct world *new, double a)
{
    if (log(random_open(&db->base.machine->random)) < a) {
        db->now = new;
        return MOVE_ACCEPTED;
    }
    world_bind(db, db->now);
    return MOVE_REJECTED;
}
