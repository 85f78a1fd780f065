/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Made XRPs while a transition runs. Their working state only takes in fresh
 * draws; what leaves, moves or comes from outside is on lists until the end
 * (urns_finish), where the forward draws are corrected for those that were
 * made on the way, and the reverse is scored on the final contents.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "trace/reduced.h"

enum { FEW = 8 };

static const struct taken nothing;

static struct xrp_site site_of(const struct urn *u, const value *params,
                               const struct taken *a)
{
    return (struct xrp_site){params,  (int)u->node.head.size, u->state,
                             a->args, (int)a->count,          u->made.family};
}

double urn_predictive(const struct urn *u, const value *params,
                      const struct taken *a)
{
    struct xrp_site s = site_of(u, params, a);
    return xrp_score(u->made.family, &s, a->v);
}

/* The state of the urn that stood here, when the program is loaded again. */
static const void *hidden_before(const struct trace *t, const struct urn *u)
{
    if (!t->oracle) return NULL;
    const struct node *n = table_at(t->oracle, u->node.location);
    if (!n || node_kind(n) != NODE_URN) return NULL;
    const struct urn *o = (const struct urn *)n;
    return o->made.family == u->made.family ? o->state : NULL;
}

/* The first time in a transition. */
bool urn_touch(struct trace *t, struct urn *u)
{
    struct machine *m = t->machine;
    if (u->node.stamp == t->number) return true;
    if (!u->move) {
        struct urn_move *move = memory_new(sizeof *move);
        if (!move) return machine_no_memory(m);
        u->move = move;
    }
    if (!u->state) {
        struct xrp_site s = site_of(u, u->plain, &nothing);
        void *state = xrp_begin(u->made.family, &s, hidden_before(t, u));
        if (!state) return machine_no_memory(m);
        log_set_pointer(&t->log, &u->state, state);
    }
    struct urn_move *w = u->move;
    u->node.stamp = t->number;
    w->fresh_count = w->transient_count = w->in_count = w->out_count = 0;
    w->plain0 = u->plain;
    w->site = w->own = false;
    return vector_push(t, &t->urns, u);
}

static bool is_exact(const struct urn *u)
{
    return u->made.family->flags & XRP_EXACT_STATE;
}

static inline void change(const struct urn *u, void *state, bool in,
                          const struct taken *a)
{
    struct xrp_site s = site_of(u, u->plain, a);
    s.state = state;
    if (in)
        u->made.family->incorporate(&s, a->v);
    else
        u->made.family->remove(&s, a->v);
}

void urn_change(const struct urn *u, bool in, const struct taken *a)
{
    change(u, u->state, in, a);
}

/* Where taking in and taking out undo each other to the bit (no such family
 * has arguments) the state is worked on as it is, and undoing plays it
 * backwards; else a copy is, and undoing is to point at the old one again. */
static bool remember(struct trace *t, struct urn *u, bool in, value v)
{
    if (is_exact(u)) {
        if (!room_make(t, &t->changes, &t->change_room, t->change_count, 1,
                       sizeof *t->changes))
            return false;
        t->changes[t->change_count++] = (struct urn_change){u, v, in};
    } else if (!u->move->own) {
        void *state = u->made.family->copy(u->state);
        if (!state) return machine_no_memory(t->machine);
        log_set_pointer(&t->log, &u->state, state);
        u->move->own = true;
    }
    return true;
}

void urns_undo(struct trace *t)
{
    while (t->change_count) {
        const struct urn_change *c = &t->changes[--t->change_count];
        struct taken a = {c->v, NULL, 0};
        change(c->urn, c->urn->state, !c->in, &a);
    }
}

bool urn_put_in(struct trace *t, struct urn *u, const struct taken *a)
{
    if (!remember(t, u, true, a->v)) return false;
    change(u, u->state, true, a);
    return true;
}

bool urn_take_out(struct trace *t, struct urn *u, const struct taken *a)
{
    if (!remember(t, u, false, a->v)) return false;
    change(u, u->state, false, a);
    return true;
}

bool urn_take_back(struct trace *t, struct urn *u, const struct taken *a)
{
    const struct xrp_family *f = u->made.family;
    if (!urn_take_out(t, u, a)) return false;
    if (!(f->flags & XRP_UNSAMPLES)) return true;
    struct xrp_site s = site_of(u, u->plain, a);
    f->unsample(&s, a->v);
    return true;
}

double urn_conditional(struct choice *c)
{
    struct urn then = *choice_urn(c);
    struct taken a = taken_of(c);
    then.state = then.made.family->copy(then.state);
    if (!then.state) return -INFINITY;
    change(&then, then.state, false, &a);
    return urn_predictive(&then, then.plain, &a);
}

/* ---- draws ---------------------------------------------------------------------- */

bool urn_note_fresh(struct trace *t, struct choice *c)
{
    struct urn_move *w = choice_urn(c)->move;
    if (!room_make(t, &w->fresh, &w->fresh_room, w->fresh_count, 1,
                   sizeof *w->fresh))
        return false;
    w->fresh[w->fresh_count++] = v_object(c);
    return true;
}

/* c is no fresh draw of its urn any more. */
static void forget_fresh(const struct choice *c)
{
    struct urn_move *w = choice_urn(c)->move;
    for (uint32_t i = 0; i < w->fresh_count; i++)
        if (w->fresh[i] == v_object(c)) {
            w->fresh[i] = w->fresh[--w->fresh_count];
            return;
        }
}

bool urn_drop_draw(struct trace *t, struct choice *c)
{
    struct taken a = taken_of(c);
    if (!urn_touch(t, choice_urn(c))) return false;
    struct urn_move *w = choice_urn(c)->move;
    if (!room_make(t, &w->transient, &w->transient_room, w->transient_count, 1,
                   sizeof *w->transient))
        return false;
    if (a.count && !(a.args = values_keep(t, a.args, a.count))) return false;
    w->transient[w->transient_count++] = a;
    forget_fresh(c);
    return true;
}

void urn_score(struct trace *t, struct urn *u, double by)
{
    log_set_double(&t->log, &u->score, u->score + by);
    t->counts.score += by;
}

/* A draw under parameters that were not final is out of its urn again. */
static bool draw_back(struct trace *t, struct urn *u, const struct taken *a)
{
    if (!urn_take_back(t, u, a)) return false;
    double s = urn_predictive(u, u->plain, a);
    urn_score(t, u, -s);
    t->q_forward -= s;
    return true;
}

static bool same_plain(const struct urn *u, const value *plain)
{
    if (!u->plain) return false;
    for (uint32_t i = 0; i < u->node.head.size; i++)
        if (!value_same(u->plain[i], plain[i])) return false;
    return true;
}

bool urn_absorb(struct trace *t, struct urn *u)
{
    struct region *owner = node_owner(&u->node);
    if (owner && !owner->running && !region_settle(t, owner)) return false;
    if (!u->node.dirty) return true;
    u->node.dirty = 0;
    uint32_t n = u->node.head.size;
    value few[FEW], *plain = few;
    if (n > FEW && !(plain = memory_new(n * sizeof *plain)))
        return machine_no_memory(t->machine);
    t->touched++;
    if (!read_arguments(t, &u->node, u->written, n, plain)) {
        if (!t->machine->error.span.source) t->machine->error.span = *u->place;
        return false;
    }
    if (same_plain(u, plain)) return true;
    plain = values_copy(t, (int)n, plain);
    if (!plain) return false;
    if (!u->plain) {
        log_set_pointer(&t->log, &u->plain, plain);
        return !(u->made.family->flags & XRP_MOVES) || urn_touch(t, u);
    }
    if (!urn_touch(t, u)) return false;
    struct urn_move *w = u->move;
    for (uint32_t i = 0; i < w->transient_count; i++)
        if (!draw_back(t, u, &w->transient[i])) return false;
    for (uint32_t i = 0; i < w->fresh_count; i++) {
        struct choice *c = as_object(w->fresh[i]);
        struct taken a = taken_of(c);
        if (is_alive(&c->node) && c->held != V_UNBOUND && !draw_back(t, u, &a))
            return false;
    }
    w->transient_count = 0;
    for (uint32_t i = 0; i < w->fresh_count; i++) {
        struct choice *c = as_object(w->fresh[i]);
        if (is_alive(&c->node) && c->held != V_UNBOUND && !choice_undraw(t, c))
            return false;
    }
    w->fresh_count = 0;
    values_give(t, u->plain, n);
    log_set_pointer(&t->log, &u->plain, plain);
    return true;
}

/* ---- the end of a transition ------------------------------------------------------- */

static bool cannot(struct trace *t, const struct urn *u)
{
    struct xrp_site s = site_of(u, u->plain, &nothing);
    struct machine *m = t->machine;
    char words[8];
    if (u->made.family->explain &&
        u->made.family->explain(&s, words, sizeof words))
        xrp_domain_error(u->made.family, &s, &m->error);
    else
        error_set(&m->error, ERROR_IMPOSSIBLE,
                  "%.*s cannot give the values that it has",
                  (int)strcspn(u->made.family->names, " "),
                  u->made.family->names);
    m->error.span = *u->place;
    return false;
}

static bool same_taken(const struct taken *a, const struct taken *b)
{
    if (a->count != b->count || !value_same(a->v, b->v)) return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!value_same(a->args[i], b->args[i])) return false;
    return true;
}

/* Where an application has gone, and where it is now. One that is where and
 * what it was has stayed. */
static bool sort_out(struct trace *t, uint32_t i)
{
    struct departure *d = &t->departures[i];
    struct choice *c = d->of;
    bool in = choice_urn(c) && choice_stays(t, c);
    struct taken now = taken_of(c);
    d->removed = d->from && !d->observed && (!in || choice_observer(c));
    if (in && !d->removed && d->from == choice_urn(c) &&
        same_taken(&now, &d->was))
        return true;
    if (d->from) {
        if (!urn_touch(t, d->from)) return false;
        struct urn_move *w = d->from->move;
        if (!room_make(t, &w->out, &w->out_room, w->out_count, 1,
                       sizeof *w->out))
            return false;
        w->out[w->out_count++] = i;
    }
    if (!in) return true;
    if (!urn_touch(t, choice_urn(c))) return false;
    struct urn_move *w = choice_urn(c)->move;
    if (!room_make(t, &w->in, &w->in_room, w->in_count, 1, sizeof *w->in))
        return false;
    w->in[w->in_count++] = v_object(c);
    return true;
}

/* Takes out what is not in the new trace, and puts in what came. In between
 * are never more than the old trace had, or than the new one has. */
static bool settle_contents(struct trace *t, struct urn *u, bool moved)
{
    struct urn_move *w = u->move;
    for (uint32_t i = 0; i < w->transient_count; i++) {
        if (!urn_take_back(t, u, &w->transient[i])) return false;
        double s = urn_predictive(u, u->plain, &w->transient[i]);
        t->q_forward -= s;
        if (!moved) log_set_double(&t->log, &u->score, u->score - s);
    }
    for (uint32_t i = 0; i < w->out_count; i++) {
        const struct departure *d = &t->departures[w->out[i]];
        const struct taken *a = &d->was;
        if (!(d->removed ? urn_take_back : urn_take_out)(t, u, a)) return false;
        if (moved) continue;
        double s = urn_predictive(u, u->plain, a);
        log_set_double(&t->log, &u->score, u->score - s);
    }
    for (uint32_t i = 0; i < w->in_count; i++) {
        struct choice *c = as_object(w->in[i]);
        struct taken a = taken_of(c);
        double s = urn_predictive(u, u->plain, &a);
        if (s == -INFINITY && choice_observer(c) &&
            c->family->support_kind != SUPPORT_ANY) {
            struct xrp_site site = site_of(u, u->plain, &a);
            return choice_cannot(t, c, &site, s);
        }
        if (!(s > -INFINITY)) return cannot(t, u);
        if (!urn_put_in(t, u, &a)) return false;
        log_set_double(&t->log, &u->score, u->score + s);
    }
    return true;
}

static bool label_in(const struct urn *u, value v)
{
    struct xrp_site s = site_of(u, u->plain, &nothing);
    value list;
    if (!u->made.family->enumerate(&s, &list)) return false;
    for (; is_pair(list) && cdr(list) != V_NIL; list = cdr(list))
        if (car(list) == v) return true;
    return false; /* the last is the new name */
}

bool urn_is_as_before(const struct trace *t, const struct urn *u)
{
    const struct urn_move *w = u->move;
    if (u->node.stamp != t->number) return true;
    return !w->fresh_count && !w->out_count && !w->in_count &&
           same_plain(u, w->plain0);
}

static bool no_reverse(struct trace *t)
{
    return error_set(&t->machine->error, ERROR_IMPOSSIBLE,
                     "the move has no reverse");
}

/* The site's old value, as the reverse would propose it. What a family's own
 * proposal said of the way back, it said of the contents before. */
static bool score_site(struct trace *t, const struct urn *then, void *state)
{
    struct taken a = taken_of(t->site);
    if (t->own_proposal && !urn_is_as_before(t, then)) return no_reverse(t);
    change(then, state, false, &a);
    a.v = t->site_old;
    t->q_reverse +=
        t->own_proposal ? t->backward : urn_predictive(then, then->plain, &a);
    change(then, state, true, &a);
    return true;
}

/* The contents as the reverse would find them: scored, and then as before. */
static bool score_on(struct trace *t, struct urn *u, void *state)
{
    struct urn_move *w = u->move;
    struct urn then = *u;
    then.state = state;
    if (w->site && !score_site(t, &then, state)) return false;
    for (uint32_t i = 0; i < w->out_count; i++) {
        const struct departure *d = &t->departures[w->out[i]];
        if (!d->removed) continue;
        /* Forward an atom, in the reverse a new name: there is no reverse. */
        if (u->made.family->flags & XRP_LABELS && w->site &&
            d->was.v == t->site->held && !label_in(&then, d->was.v))
            return no_reverse(t);
        t->q_reverse += urn_predictive(&then, w->plain0, &d->was);
        change(u, state, true, &d->was);
    }
    return true;
}

static void put_back(struct trace *t, struct urn *u)
{
    struct urn_move *w = u->move;
    for (uint32_t i = w->out_count; i-- > 0;) {
        const struct departure *d = &t->departures[w->out[i]];
        if (d->removed) change(u, u->state, false, &d->was);
    }
    if (!w->site) return;
    struct taken now = taken_of(t->site), old = now;
    old.v = t->site_old;
    change(u, u->state, false, &old);
    change(u, u->state, true, &now);
}

static bool score_reverse(struct trace *t, struct urn *u)
{
    struct urn_move *w = u->move;
    bool removed = w->site;
    for (uint32_t i = 0; !removed && i < w->out_count; i++)
        removed = t->departures[w->out[i]].removed;
    if (!removed) return true;
    if (!is_exact(u)) {
        void *copy = u->made.family->copy(u->state);
        return copy ? score_on(t, u, copy) : machine_no_memory(t->machine);
    }
    /* No family whose state is exact has labels, or proposes by itself: the
     * score does not fail half way. */
    bool ok = score_on(t, u, u->state);
    put_back(t, u);
    return ok;
}

static bool finish(struct trace *t, struct urn *u)
{
    struct urn_move *w = u->move;
    double before = u->score;
    bool moved = w->plain0 && u->plain != w->plain0;
    if (!settle_contents(t, u, moved)) return false;
    if (!is_alive(&u->node)) {
        log_set_double(&t->log, &u->score, 0.0);
    } else if (moved) {
        struct xrp_site s = site_of(u, u->plain, &nothing);
        log_set_double(&t->log, &u->score, u->made.family->score_state(&s));
    }
    if (!(u->score > -INFINITY)) return cannot(t, u);
    t->counts.score += u->score - before;
    return ((!w->site && !w->out_count) || score_reverse(t, u)) &&
           (!is_alive(&u->node) || joint_weigh(t, u));
}

bool urns_settle(struct trace *t)
{
    const struct choice *c = t->site;
    if (!draws_have_reverse(t)) return false;
    for (uint32_t i = 0; i < t->departure_count; i++)
        if (!sort_out(t, i)) return false;
    if (c && choice_urn(c) && is_alive(&c->node) && !choice_observer(c)) {
        if (!urn_touch(t, choice_urn(c))) return false;
        choice_urn(c)->move->site = true;
    }
    for (uint32_t i = 0; i < t->urns.count; i++)
        if (!finish(t, t->urns.at[i])) return false;
    return true;
}
