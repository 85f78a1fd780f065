/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Made XRPs while a transition runs. Their working state only takes in fresh
 * draws; what leaves, moves or comes from outside is on lists until the end
 * (urn_finish), where the forward draws are corrected for those that were
 * made on the way, and the reverse is scored on the final contents.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "trace/reduced.h"

enum { FEW = 8 };

static struct xrp_site site_of(const struct urn *u, const value *params)
{
    return (struct xrp_site){params, (int)u->node.head.size, u->state, NULL, 0};
}

double urn_predictive(const struct urn *u, const value *params, value v)
{
    struct xrp_site s = site_of(u, params);
    return xrp_score(u->made.family, &s, v);
}

bool urn_note(struct trace *t, value **list, uint32_t *count, uint32_t *room,
              value v)
{
    if (!room_make(t, list, room, *count, 1, sizeof **list)) return false;
    (*list)[(*count)++] = v;
    return true;
}

/* The first time in a transition. */
bool urn_touch(struct trace *t, struct urn *u)
{
    struct machine *m = t->machine;
    if (u->touched == t->number) return true;
    if (!u->move) {
        struct urn_move *move = memory_new(sizeof *move);
        if (!move) return machine_no_memory(m);
        u->move = move;
    }
    if (!u->state) {
        struct xrp_site s = site_of(u, u->plain);
        void *state = u->made.family->initialize(&s);
        if (!state) return machine_no_memory(m);
        log_set_pointer(&t->log, &u->state, state);
    }
    struct urn_move *w = u->move;
    u->touched = t->number;
    w->fresh_count = w->removed_count = w->transient_count = 0;
    w->in_count = w->out_count = 0;
    w->plain0 = u->plain;
    w->score0 = u->score;
    w->site = w->own = false;
    return vector_push(t, &t->urns, u);
}

static bool is_exact(const struct urn *u)
{
    return u->made.family->flags & XRP_EXACT_STATE;
}

static void change(const struct urn *u, void *state, bool in, value v)
{
    struct xrp_site s = site_of(u, u->plain);
    s.state = state;
    if (in)
        u->made.family->incorporate(&s, v);
    else
        u->made.family->remove(&s, v);
}

/* Where taking in and taking out undo each other to the bit the state is
 * worked on as it is, and undoing plays it backwards; else a copy is, and
 * undoing is to point at the old one again. */
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
        change(c->urn, c->urn->state, !c->in, c->v);
    }
}

bool urn_put_in(struct trace *t, struct urn *u, value v)
{
    if (!remember(t, u, true, v)) return false;
    change(u, u->state, true, v);
    return true;
}

bool urn_take_out(struct trace *t, struct urn *u, value v)
{
    if (!remember(t, u, false, v)) return false;
    change(u, u->state, false, v);
    return true;
}

double urn_conditional(const struct urn *u, value v)
{
    struct urn then = *u;
    then.state = u->made.family->copy(u->state);
    if (!then.state) return -INFINITY;
    change(&then, then.state, false, v);
    return urn_predictive(&then, then.plain, v);
}

void urn_forget_fresh(struct urn *u, const struct choice *c)
{
    struct urn_move *w = u->move;
    for (uint32_t i = 0; i < w->fresh_count; i++)
        if (w->fresh[i] == v_object(c)) {
            w->fresh[i] = w->fresh[--w->fresh_count];
            return;
        }
}

bool choice_undraw_from(struct trace *t, struct choice *c)
{
    struct urn_move *w = c->urn->move;
    if (!urn_note(t, &w->transient, &w->transient_count, &w->transient_room,
                  c->held))
        return false;
    urn_forget_fresh(c->urn, c);
    return choice_undraw(t, c);
}

static void add_score(struct trace *t, struct urn *u, double by)
{
    log_set_double(&t->log, &u->score, u->score + by);
    t->counts.score += by;
}

/* A draw under parameters that were not final is out of its urn again. */
static bool draw_back(struct trace *t, struct urn *u, value v)
{
    if (!urn_take_out(t, u, v)) return false;
    double s = urn_predictive(u, u->plain, v);
    add_score(t, u, -s);
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
    struct region *owner = u->node.owner;
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
        return true;
    }
    if (!urn_touch(t, u)) return false;
    struct urn_move *w = u->move;
    for (uint32_t i = 0; i < w->transient_count; i++)
        if (!draw_back(t, u, w->transient[i])) return false;
    for (uint32_t i = 0; i < w->fresh_count; i++) {
        struct choice *c = as_object(w->fresh[i]);
        if (is_alive(&c->node) && c->held != V_UNBOUND &&
            !draw_back(t, u, c->held))
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
    struct xrp_site s = site_of(u, u->plain);
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

/* Takes out what is not in the new trace, and puts in what came. */
static bool settle_contents(struct trace *t, struct urn *u, bool moved)
{
    struct urn_move *w = u->move;
    for (uint32_t i = 0; i < w->transient_count; i++) {
        if (!urn_take_out(t, u, w->transient[i])) return false;
        double s = urn_predictive(u, u->plain, w->transient[i]);
        t->q_forward -= s;
        if (!moved) log_set_double(&t->log, &u->score, u->score - s);
    }
    /* In first: what came and went in one transition was never there. */
    for (uint32_t i = 0; i < w->in_count; i++) {
        double s = urn_predictive(u, u->plain, w->in[i]);
        if (!(s > -INFINITY)) return cannot(t, u);
        if (!urn_put_in(t, u, w->in[i])) return false;
        log_set_double(&t->log, &u->score, u->score + s);
    }
    for (uint32_t i = 0; i < w->out_count; i++) {
        if (!urn_take_out(t, u, w->out[i])) return false;
        if (moved) continue;
        double s = urn_predictive(u, u->plain, w->out[i]);
        log_set_double(&t->log, &u->score, u->score - s);
    }
    return true;
}

static bool label_in(const struct urn *u, value v)
{
    struct xrp_site s = site_of(u, u->plain);
    value list;
    if (!u->made.family->enumerate(&s, &list)) return false;
    for (; is_pair(list) && cdr(list) != V_NIL; list = cdr(list))
        if (car(list) == v) return true;
    return false; /* the last is the new name */
}

/* The contents as the reverse would find them: scored, and then as before. */
static bool score_on(struct trace *t, struct urn *u, void *state)
{
    struct urn_move *w = u->move;
    struct urn then = *u;
    then.state = state;
    if (w->site) {
        change(u, state, false, w->site_new);
        t->q_reverse += urn_predictive(&then, u->plain, w->site_old);
        change(u, state, true, w->site_old);
    }
    for (uint32_t i = 0; i < w->removed_count; i++) {
        value v = w->removed[i];
        /* Forward an atom, in the reverse a new name: there is no reverse. */
        if (u->made.family->flags & XRP_LABELS && w->site && v == w->site_new &&
            !label_in(&then, v))
            return error_set(&t->machine->error, ERROR_IMPOSSIBLE,
                             "the move has no reverse");
        t->q_reverse += urn_predictive(&then, w->plain0, v);
        change(u, state, true, v);
    }
    return true;
}

static bool score_reverse(struct trace *t, struct urn *u)
{
    struct urn_move *w = u->move;
    if (!w->site && !w->removed_count) return true;
    if (!is_exact(u)) {
        void *copy = u->made.family->copy(u->state);
        return copy ? score_on(t, u, copy) : machine_no_memory(t->machine);
    }
    bool ok = score_on(t, u, u->state);
    for (uint32_t i = w->removed_count; i-- > 0;)
        change(u, u->state, false, w->removed[i]);
    if (w->site) {
        change(u, u->state, false, w->site_old);
        change(u, u->state, true, w->site_new);
    }
    return ok;
}

bool urn_finish(struct trace *t, struct urn *u)
{
    struct urn_move *w = u->move;
    double before = u->score;
    bool moved = w->plain0 && u->plain != w->plain0;
    if (!settle_contents(t, u, moved)) return false;
    if (!is_alive(&u->node)) {
        log_set_double(&t->log, &u->score, 0.0);
    } else if (moved) {
        struct xrp_site s = site_of(u, u->plain);
        log_set_double(&t->log, &u->score, u->made.family->score_state(&s));
    }
    if (!(u->score > -INFINITY)) return cannot(t, u);
    t->counts.score += u->score - before;
    return score_reverse(t, u);
}
