/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Applications that do not stay what they were. One whose arguments change,
 * or that moves to another urn, or is observed, or dies, *departs*: what it
 * was is noted once in a transition, and compared with what it is in the end.
 * So what came and went on the way was never there.
 *
 * A family that does not rescore is *applied again* when its arguments are
 * other ones: the old value counts as removed, the new one is a fresh draw.
 * Kept is what has the same arguments in the old and in the new trace, word
 * for word (value_same), in the same urn: if they come back to what they
 * were, so does the value. What is observed, or was proposed, is not drawn;
 * a proposed value whose arguments end up as others is refused, and so is the
 * way back.
 */
#include "trace/reduced.h"

static bool same_arguments(const value *a, const value *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!value_same(a[i], b[i])) return false;
    return true;
}

/* ---- departures ------------------------------------------------------------ */

struct departure *departure_of(const struct trace *t, const struct choice *c)
{
    uint32_t i = *choice_noted(as_choice(c));
    if (i >= t->departure_count) return NULL;
    struct departure *d = &t->departures[i];
    return d->of == c ? d : NULL;
}

static bool depart(struct trace *t, struct choice *c, struct urn *from,
                   bool observed)
{
    if (departure_of(t, c)) return true;
    if (!room_make(t, &t->departures, &t->departure_room, t->departure_count, 1,
                   sizeof *t->departures))
        return false;
    struct taken was = {c->held, NULL, 0};
    if (choice_remembers(c)) {
        was = taken_of(c);
        was.args = values_keep(t, was.args, was.count);
        if (!was.args) return false;
    }
    *choice_noted(c) = t->departure_count;
    t->departures[t->departure_count++] =
        (struct departure){.of = c,
                           .from = from,
                           .was = was,
                           .score = choice_urn(c) ? 0.0 : c->score,
                           .observed = observed};
    return true;
}

bool choice_departs(struct trace *t, struct choice *c, bool observed)
{
    return depart(t, c, choice_urn(c), observed);
}

bool choice_arrives(struct trace *t, struct choice *c)
{
    return depart(t, c, NULL, true);
}

bool choice_stays(const struct trace *t, const struct choice *c)
{
    return is_alive(&c->node) && c->held != V_UNBOUND && !choice_is_fresh(t, c);
}

bool choice_changes_urn(struct trace *t, struct choice *c, struct urn *u)
{
    if (c->held != V_UNBOUND) {
        bool ok = choice_is_fresh(t, c)
                      ? urn_drop_draw(t, c) && choice_undraw(t, c)
                      : choice_departs(t, c, choice_observer(c) != NULL);
        if (!ok || !urn_touch(t, u)) return false;
    }
    log_set_near(&t->log, &c->urn, u);
    if ((c->family->flags & (XRP_RESCORES | XRP_MOVES | XRP_WEIGHS)) ==
        XRP_RESCORES)
        return true;
    log_save(&t->log, &c->node.head);
    c->node.head.spare &= (uint16_t)~NODE_STEADY;
    return make_dirty(t, &c->node);
}

/* ---- applied again --------------------------------------------------------- */

void choice_remember(struct trace *t, struct choice *c, const value *plain)
{
    value *own = choice_plain(c);
    for (uint32_t i = 0; i < c->node.head.size; i++)
        if (own[i] != plain[i]) log_set(&t->log, &own[i], plain[i]);
}

/* A family without arguments of its own to remember is asked with those that
 * it has now. */
void choice_undo_sample(struct choice *c)
{
    if (choice_urn(c)) return;
    struct xrp_site s = choice_application(c, choice_plain(c));
    c->family->unsample(&s, c->held);
}

static bool rescores(const struct choice *c)
{
    return c->family->flags & XRP_RESCORES;
}

static bool apply_again(struct trace *t, struct choice *c)
{
    if (!choice_departs(t, c, false)) return false;
    departure_of(t, c)->again = true;
    if (!choice_urn(c)) {
        t->counts.score -= c->score;
        t->q_reverse += c->score;
        log_set_double(&t->log, &c->score, 0.0);
    }
    choice_unsample(c);
    return choice_undraw(t, c);
}

static bool drop_draw(struct trace *t, struct choice *c)
{
    if (choice_urn(c)) return urn_drop_draw(t, c) && choice_undraw(t, c);
    choice_unsample(c);
    t->counts.score -= c->score;
    t->q_forward -= c->score;
    log_set_double(&t->log, &c->score, 0.0);
    return choice_undraw(t, c);
}

/* Arguments of the choice that moved stay as they were when it did, if it
 * does not rescore: they are compared in the end. */
bool choice_reread(struct trace *t, struct choice *c, const value *plain,
                   bool *done)
{
    bool same = same_arguments(choice_plain(c), plain, c->node.head.size);
    const struct departure *d = departure_of(t, c);
    *done = true;
    if (choice_is_fresh(t, c)) return same || drop_draw(t, c);
    if (!rescores(c) && !choice_observer(c)) {
        if (c == t->site) return true;
        if (!same || (d && d->from != choice_urn(c))) return apply_again(t, c);
        return true;
    }
    *done = choice_urn(c) != NULL;
    if (same) return true;
    if (choice_urn(c) && !choice_departs(t, c, choice_observer(c) != NULL))
        return false;
    choice_remember(t, c, plain);
    return true;
}

bool choice_returns(struct trace *t, struct choice *c, const value *plain,
                    bool *returned)
{
    struct departure *d = departure_of(t, c);
    *returned = false;
    if (!d || !d->again || d->from != choice_urn(c) ||
        !same_arguments(d->was.args, plain, d->was.count))
        return true;
    d->again = false;
    choice_remember(t, c, plain);
    log_set(&t->log, &c->held, d->was.v);
    c->node.stamp = t->number - 1;
    if (!choice_urn(c)) {
        t->counts.score += d->score;
        t->q_reverse -= d->score;
        log_set_double(&t->log, &c->score, d->score);
    }
    *returned = true;
    return free_put(t, c);
}

bool site_is_applied_alike(struct trace *t, struct choice *c, bool *alike)
{
    const struct departure *d = departure_of(t, c);
    value v;
    *alike = true;
    if (rescores(c) || !choice_remembers(c)) return true;
    *alike = !d || d->from == choice_urn(c);
    for (uint32_t i = 0; *alike && i < c->node.head.size; i++) {
        if (!trace_deep(t, c->written[i], &v)) return false;
        *alike = value_same(v, choice_plain(c)[i]);
    }
    return true;
}
