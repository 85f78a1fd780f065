/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values of choices in the random database. A choice is drawn when its value
 * is first read, not when it is met: so an OBSERVE that comes later in the
 * same directive finds it undrawn, and nothing depends on a value that is
 * then overwritten. Choices that need other choices are drawn by a stack of
 * their own: a chain of a million is no danger.
 */
#include "base/memory.h"
#include "eval/expression.h"
#include "trace/randomdb.h"

/* ---- reading ---------------------------------------------------------------- */

bool randomdb_read(struct machine *m, value reference, value *out)
{
    struct randomdb *db = randomdb_of(m);
    struct choice *c = as_object(reference);
    if (db->looking) c->looked = db->stamp;
    if (!c->drawn && !choice_need(db, c)) return false;
    *out = c->held;
    return true;
}

bool randomdb_plain(struct randomdb *db, value v, value *out)
{
    bool looking = db->looking;
    db->looking = false;
    bool ok = expression_read(db->base.machine, v, true, randomdb_read, out);
    db->looking = looking;
    return ok;
}

static const value *read_all(struct randomdb *db, const value *written,
                             int count)
{
    value *plain = memory_new(((size_t)count + 1) * sizeof *plain);
    if (!plain) {
        machine_no_memory(db->base.machine);
        return NULL;
    }
    for (int i = 0; i < count; i++)
        if (!randomdb_plain(db, written[i], &plain[i])) return NULL;
    return plain;
}

bool urn_read(struct randomdb *db, struct urn *u)
{
    if (!u->plain) u->plain = read_all(db, u->written, u->count);
    return u->plain != NULL;
}

bool choice_read_arguments(struct randomdb *db, struct choice *c)
{
    if (c->urn && !urn_read(db, c->urn)) return false;
    if (!c->plain) c->plain = read_all(db, c->written, c->count);
    return c->plain != NULL;
}

/* ---- what has been drawn in this transition ----------------------------------- */

bool same_values(const value *a, int n, const value *b, int k)
{
    if (n != k) return false;
    for (int i = 0; i < n; i++)
        if (a[i] != b[i] && !(is_object(a[i]) && value_equal(a[i], b[i])))
            return false;
    return true;
}

static struct draw *draw_at(const struct randomdb *db, uint64_t location)
{
    for (uint32_t i = db->draws.count; i-- > 0;) {
        struct draw *d = db->draws.at[i];
        if (d->location == location && !d->dropped) return d;
    }
    return NULL;
}

struct given *given_at(const struct randomdb *db, uint64_t location)
{
    return table_find(&db->given_at, location);
}

bool given_add(struct randomdb *db, struct given *g)
{
    struct machine *m = db->base.machine;
    return list_push(m, &db->givens, g) && table_add(m, &db->given_at, g);
}

void randomdb_forget(struct randomdb *db)
{
    db->givens = db->draws = db->works = (struct list){NULL, 0, 0};
    db->given_at = db->work_at = (struct table){NULL, 0, 0};
}

/* ---- urns ------------------------------------------------------------------------ */

static bool is_in(const struct choice *c, const struct urn_work *w)
{
    return c && c->urn && c->urn->location == w->location;
}

/* With what was proposed taken out of its urn, and its new value put in. */
static void move_site(struct randomdb *db, struct urn_work *w)
{
    const struct choice *c = db->site;
    if (is_in(c, w)) {
        struct xrp_site s = choice_site(c, w->start);
        w->family->remove(&s, c->held);
        w->family->incorporate(&s, db->site_value);
    }
    for (uint32_t i = 0; db->move && i < db->move->count; i++) {
        value to = db->move->parts[i].to;
        c = db->move->parts[i].choice;
        if (to == V_UNBOUND || !is_in(c, w)) continue;
        struct xrp_site s = choice_site(c, w->start);
        w->family->remove(&s, c->held);
        w->family->incorporate(&s, to);
    }
    for (uint32_t i = 0; i < 2 * db->joint.count; i++) {
        bool out = i < db->joint.count;
        c = db->joint.at[out ? i : i - db->joint.count];
        if (!is_in(c, w)) continue;
        struct xrp_site s = choice_site(c, w->start);
        if (out)
            w->family->remove(&s, c->held);
        else
            w->family->incorporate(&s, c->proposed);
    }
}

void choice_keep(struct randomdb *db, struct choice *c,
                 const struct choice *old)
{
    c->held = old == db->site ? db->site_value
              : old->moves    ? old->proposed
                              : old->held;
    c->drawn = c->kept = true;
}

struct urn_work *urn_working(struct randomdb *db, const struct urn *u)
{
    struct machine *m = db->base.machine;
    struct urn_work *w = table_find(&db->work_at, u->location);
    if (w && w->family == u->family) return w;
    bool again = w != NULL; /* another family stands here now */
    if (!w && !(w = memory_new(sizeof *w))) {
        machine_no_memory(m);
        return NULL;
    }
    const struct urn *origin = u;
    if (db->old) origin = world_urn(db->old, u->location);
    bool continues = origin && origin->state && origin->family == u->family;
    struct xrp_site site = urn_site(u, NULL);
    *w = (struct urn_work){.location = u->location, .family = u->family};
    if (!again &&
        (!list_push(m, &db->works, w) || !table_add(m, &db->work_at, w)))
        return NULL;
    w->start = continues ? u->family->copy(origin->state)
                         : xrp_begin(u->family, &site, u->state);
    if (w->start && continues && db->old) move_site(db, w);
    if (w->start) w->state = u->family->copy(w->start);
    if (w->state) return w;
    machine_no_memory(m);
    return NULL;
}

void *urn_begin(struct randomdb *db, const struct urn *u)
{
    const struct urn_work *w = table_find(&db->work_at, u->location);
    const struct urn *old = db->old ? world_urn(db->old, u->location) : NULL;
    const void *before = NULL;
    struct xrp_site site = urn_site(u, NULL);
    if (old && old->family == u->family) before = old->state;
    if (!before && w && w->family == u->family) before = w->start;
    return xrp_begin(u->family, &site, before);
}

/* Draws under other parameters do not count: all of them are taken out, and
 * will be drawn again. */
static bool renew(struct urn_work *w, const struct urn *u)
{
    if (w->plain && same_values(w->plain, w->count, u->plain, u->count))
        return true;
    if (w->draws.count) {
        for (uint32_t i = 0; i < w->draws.count; i++)
            ((struct draw *)w->draws.at[i])->dropped = true;
        w->draws.count = 0;
        w->state = w->family->copy(w->start);
    }
    w->plain = u->plain;
    w->count = u->count;
    return w->state != NULL;
}

/* ---- drawing ---------------------------------------------------------------------- */

static bool sample(struct randomdb *db, struct choice *c, void *state)
{
    struct machine *m = db->base.machine;
    struct xrp_site s = choice_site(c, state);
    /* A chain may begin anywhere; what a move draws must have a density. */
    if (db->moving && !choice_proposable(m, c->family, &s, c->place))
        return false;
    if (db->base.drawer) db->base.drawer->location = c->location;
    if (db->base.drawer)
        return db->base.drawer->draw(db->base.drawer, c->family, &s, c->place,
                                     &c->held);
    if (c->family->sample(&s, &m->random, &c->held)) return true;
    xrp_domain_error(c->family, &s, &m->error);
    m->error.span = c->place;
    return false;
}

static bool record(struct randomdb *db, struct choice *c, struct urn_work *w)
{
    struct machine *m = db->base.machine;
    struct draw *d = memory_new(sizeof *d);
    if (!d) return machine_no_memory(m);
    *d = (struct draw){c->location, c->family, c->urn ? c->urn->location : 0,
                       c->plain,    c->count,  c->held,
                       false};
    return list_push(m, &db->draws, d) && (!w || list_push(m, &w->draws, d));
}

static bool alike(const struct choice *old, const struct choice *c)
{
    return same_values(old->plain, old->count, c->plain, c->count) &&
           (!c->urn || c->urn->location == old->urn->location);
}

bool choice_keeps(struct randomdb *db, const struct choice *old,
                  const struct choice *c, value v, bool *keeps)
{
    struct error *e = &db->base.machine->error;
    struct xrp_site before = choice_site(old, NULL);
    struct xrp_site now = choice_site(c, NULL);
    *keeps = alike(old, c);
    if (*keeps || !(c->family->flags & XRP_DECIDES)) return true;
    if (xrp_keeps(c->family, &before, &now, v, keeps, e)) return true;
    e->span = c->place;
    return false;
}

static bool draw(struct randomdb *db, struct choice *c)
{
    struct urn_work *w = NULL;
    if (!choice_read_arguments(db, c)) return false;
    const struct choice *old = c->before;
    bool keeps = old && alike(old, c);
    /* What was proposed is refused when its arguments change. */
    if (old && !keeps && old != db->site && !old->moves &&
        !choice_keeps(db, old, c, old->held, &keeps))
        return false;
    if (keeps) {
        choice_keep(db, c, old);
        return true;
    }
    if (c->urn) {
        w = urn_working(db, c->urn);
        if (!w) return false;
        if (!renew(w, c->urn)) return machine_no_memory(db->base.machine);
    }
    /* Only a run that is repeated can meet a draw again. */
    const struct draw *d = db->run > 1 ? draw_at(db, c->location) : NULL;
    if (d && d->family == c->family &&
        d->urn == (c->urn ? c->urn->location : 0) &&
        same_values(d->plain, d->count, c->plain, c->count)) {
        c->held = d->held;
    } else {
        if (!sample(db, c, w ? w->state : NULL) || !record(db, c, w))
            return false;
        if (w) {
            struct xrp_site s = choice_site(c, w->state);
            w->family->incorporate(&s, c->held);
        }
    }
    c->drawn = true;
    return true;
}

/* Puts an undrawn choice on the stack of those that must be drawn first. */
struct waiting {
    struct randomdb *db;
    struct list stack;
    bool more, failed;
};

static bool wait_for(value reference, void *data)
{
    struct waiting *w = data;
    struct choice *c = as_object(reference);
    if (c->drawn) return true;
    w->more = true;
    w->failed = !list_push(w->db->base.machine, &w->stack, c);
    return !w->failed;
}

static bool wait_for_all(struct waiting *w, const value *written, int count)
{
    for (int i = 0; i < count; i++)
        if (has_reference(written[i]) &&
            !expression_leaves(w->db->base.machine, written[i], wait_for, w))
            return false;
    return true;
}

bool choice_need(struct randomdb *db, struct choice *c)
{
    bool looking = db->looking;
    struct waiting w = {.db = db};
    db->looking = false;
    bool ok = list_push(db->base.machine, &w.stack, c);
    while (ok && w.stack.count) {
        struct choice *top = w.stack.at[w.stack.count - 1];
        w.more = false;
        if (top->drawn) {
            w.stack.count--;
            continue;
        }
        ok = wait_for_all(&w, top->written, top->count) &&
             (!top->urn || top->urn->plain ||
              wait_for_all(&w, top->urn->written, top->urn->count));
        if (ok && !w.more) {
            w.stack.count--;
            ok = draw(db, top);
        }
    }
    db->looking = looking;
    return ok;
}
