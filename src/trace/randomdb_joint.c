/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What families propose themselves, in the random database: a new value for
 * one choice, or values for all choices of a made XRP together; and what they
 * say of how often.
 *
 * Such a proposal says what the way back is worth from the contents and the
 * arguments that it saw. A move that changes these is refused, as its reverse
 * would be: both are looked at in the two worlds only.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "trace/application.h"
#include "trace/randomdb.h"

/* ---- what stands ------------------------------------------------------------- */

static bool is_of(const struct choice *c, const struct urn *u)
{
    return c && c->urn && c->urn->location == u->location;
}

/* If it is free in both worlds it is kept, too (keeps, in randomdb_run.c): which
 * family proposes is among the parameters of its urn. Data do not move by
 * themselves. */
static bool stands(const struct choice *c, const struct choice *now)
{
    return now && now->observed == c->observed &&
           same_values(c->plain, c->count, now->plain, now->count) &&
           (!c->observed || same_values(&c->held, 1, &now->held, 1));
}

static uint32_t count_of(const struct world *w, const struct urn *u)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->choices.count; i++)
        n += is_of(w->choices.at[i], u);
    return n;
}

/* The same choices in the same urn, but for the values that moved. */
static bool urn_stands(const struct randomdb *db, const struct urn *u,
                       const struct world *new)
{
    const struct world *old = db->now;
    const struct urn *now = world_urn(new, u->location);
    if (!now || !same_values(u->plain, u->count, now->plain, now->count) ||
        count_of(old, u) != count_of(new, u))
        return false;
    for (uint32_t i = 0; i < old->choices.count; i++) {
        const struct choice *c = old->choices.at[i];
        if (!is_of(c, u)) continue;
        const struct choice *n = world_choice(new, c->location);
        if (!is_of(n, u) || !stands(c, n)) return false;
    }
    return true;
}

bool site_stands(const struct randomdb *db, const struct choice *site,
                 const struct world *new)
{
    return site->urn ? urn_stands(db, site->urn, new)
                     : stands(site, world_choice(new, site->location));
}

/* ---- one choice ---------------------------------------------------------------- */

static bool failed(struct randomdb *db, const struct xrp_family *f,
                   const struct xrp_site *s, struct span place)
{
    struct machine *m = db->base.machine;
    xrp_domain_error(f, s, &m->error);
    m->error.span = place;
    return false;
}

bool propose_own(struct randomdb *db, const struct choice *site,
                 struct xrp_site *s, value *out, double *q)
{
    const struct xrp_family *f = site->family;
    *q = db->backward = 0.0;
    if (f->propose(s, &db->base.machine->random, site->held, out, q,
                   &db->backward))
        return true;
    *out = site->held;
    return !f->failure || !f->failure(s, NULL) || failed(db, f, s, site->place);
}

/* ---- weights --------------------------------------------------------------------- */

static bool share_of(struct randomdb *db, struct world *w, struct choice *c)
{
    const struct xrp_family *f = c->family;
    struct xrp_site none = {NULL, 0, NULL, NULL, 0, f}, s = none;
    if (!f->weight || c->observed) return true;
    if (f->flags & XRP_WEIGHS) {
        s = choice_site(c, c->urn->state);
        w->shared = true; /* from now on, each time */
    }
    c->share = f->weight(&s, c->held);
    return c->share >= 0.0 || failed(db, f, &s, c->place);
}

static bool share_of_urn(struct randomdb *db, struct world *w, struct urn *u)
{
    const struct xrp_family *f = u->family;
    if (!(f->flags & XRP_MOVES)) return true;
    struct xrp_site s = urn_site(u, u->state);
    if (!u->state && !(u->state = urn_begin(db, u)))
        return machine_no_memory(db->base.machine);
    s.state = u->state;
    u->share = f->state_weight ? f->state_weight(&s) : 1.0;
    w->shares += u->share;
    return u->share >= 0.0 || failed(db, f, &s, u->place);
}

bool world_share(struct randomdb *db, struct world *w)
{
    uint32_t from = w->shared ? 0 : w->finished.choices;
    w->shares = 0.0;
    for (uint32_t i = from; i < w->choices.count; i++)
        if (!share_of(db, w, w->choices.at[i])) return false;
    for (uint32_t i = 0; i < w->urns.count; i++)
        if (!share_of_urn(db, w, w->urns.at[i])) return false;
    return true;
}

/* ---- all choices of an urn --------------------------------------------------------- */

struct urn *joint_urn(struct randomdb *db)
{
    const struct world *w = db->now;
    struct urn *last = NULL;
    if (!(w->shares > 0.0)) return NULL;
    double left = random_unit(&db->base.machine->random) * world_weight(w);
    for (uint32_t i = 0; i < w->urns.count; i++) {
        struct urn *u = w->urns.at[i];
        if (!(u->share > 0.0)) continue;
        last = u;
        left -= u->share;
        if (left < 0.0) return u;
    }
    return w->weight > 0.0 ? NULL : last;
}

static int by_location(const void *a, const void *b)
{
    const struct choice *x = *(void *const *)a, *y = *(void *const *)b;
    return (x->location > y->location) - (x->location < y->location);
}

struct joint {
    value *values, *arguments; /* scanned */
    double forward, backward;
};

static bool gather(struct randomdb *db, const struct urn *u, struct joint *j)
{
    struct machine *m = db->base.machine;
    const struct world *w = db->now;
    struct list *all = &db->joint;
    for (uint32_t i = 0; i < w->choices.count; i++) {
        struct choice *c = w->choices.at[i];
        if (c->urn == u && !c->observed && !list_push(m, all, c)) return false;
    }
    j->values = memory_new((2 * (size_t)all->count + 1) * sizeof *j->values);
    if (!j->values) return machine_no_memory(m);
    j->arguments = j->values + all->count;
    if (all->count) qsort(all->at, all->count, sizeof *all->at, by_location);
    for (uint32_t i = 0; i < all->count; i++) {
        const struct choice *c = all->at[i];
        j->values[i] = c->held;
        j->arguments[i] = list_from(c->plain, (size_t)c->count);
        if (j->arguments[i] == V_UNBOUND) return machine_no_memory(m);
    }
    return true;
}

/* Marks those that move; *count of them. */
static bool propose_all(struct randomdb *db, struct urn *u, struct joint *j,
                        uint32_t *count)
{
    const struct xrp_family *f = u->family;
    struct xrp_site s = urn_site(u, u->state);
    struct list all = db->joint;
    db->joint.count = *count = 0;
    if (!f->state_propose(&s, &db->base.machine->random, (int)all.count,
                          j->arguments, j->values, &j->forward, &j->backward))
        return !f->failure || !f->failure(&s, NULL) ||
               failed(db, f, &s, u->place);
    for (uint32_t i = 0; i < all.count; i++) {
        struct choice *c = all.at[i];
        if (same_values(&c->held, 1, &j->values[i], 1)) continue;
        c->proposed = j->values[i];
        c->moves = true;
        db->joint.at[db->joint.count++] = c;
    }
    *count = db->joint.count;
    return true;
}

static bool joint_ratio(struct randomdb *db, const struct urn *u,
                        const struct world *new, const struct joint *j,
                        double *out)
{
    const struct urn *now = world_urn(new, u->location);
    double q_forward = j->forward, q_reverse = j->backward;
    *out = -INFINITY;
    if (!urn_stands(db, u, new) || !(now->share > 0.0)) return true;
    if (!move_reverse(db, NULL, new, &q_reverse) ||
        !move_forward(db, new, &q_forward))
        return false;
    *out = new->score - db->now->score + q_reverse - q_forward;
    *out += log(now->share / world_weight(new)) -
            log(u->share / world_weight(db->now));
    return true;
}

/* What the state hides moves, and no value does: a world on it, and nothing to
 * accept. */
static enum move_end transit(struct randomdb *db, struct urn *u)
{
    const struct xrp_family *f = u->family;
    struct machine *m = db->base.machine;
    void *state = u->state;
    struct world *old = db->now, *new = NULL;
    double weight = world_weight(old), share = u->share;
    struct xrp_site s = urn_site(u, f->copy(state));
    if (!s.state) {
        machine_no_memory(m);
        return MOVE_ERROR;
    }
    bool moved = f->transit(&s, &m->random);
    bool ok = moved || !f->failure || !f->failure(&s, NULL) ||
              failed(db, f, &s, u->place);
    if (ok && moved) {
        u->state = s.state;
        new = randomdb_run(db, old, NULL, V_FALSE, false);
        u->state = state;
        const struct urn *now = new ? world_urn(new, u->location) : NULL;
        bool same = now && now->share == share && world_weight(new) == weight;
        ok = same || (new &&weight_moves(m, u->place));
    }
    if (!ok) return randomdb_refuse(db);
    if (moved) db->now = new;
    return MOVE_ACCEPTED;
}

enum move_end randomdb_joint(struct randomdb *db, struct urn *u)
{
    if (u->family->flags & XRP_HIDES) return transit(db, u);
    struct joint j = {NULL, NULL, 0.0, 0.0};
    struct world *new = NULL;
    enum move_end move = MOVE_ACCEPTED;
    uint32_t count = 0;
    double a = 0.0;
    db->moved = u->place;
    db->own = false;
    db->joint = (struct list){NULL, 0, 0};
    bool ok = gather(db, u, &j) && propose_all(db, u, &j, &count);
    if (ok && count) {
        new = randomdb_run(db, db->now, NULL, V_FALSE, false);
        ok = new &&joint_ratio(db, u, new, &j, &a);
    }
    for (uint32_t i = 0; i < count; i++)
        ((struct choice *)db->joint.at[i])->moves = false;
    db->joint = (struct list){NULL, 0, 0};
    if (!ok)
        move = randomdb_refuse(db);
    else if (count)
        move = randomdb_decide(db, new, a);
    return move;
}
