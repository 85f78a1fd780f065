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
 *
 * A family that *decides* is asked about each value (report, section 7.5): it
 * is kept when what holds it may keep it, before and now, and else is applied
 * again. A fresh draw that would have been kept has no way back: the reverse
 * would not draw.
 */
#include <math.h>

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

/* A choice of an urn that is asked about one of its values: the urn's
 * parameters are of no matter but for the XRP itself, the first. */
static struct xrp_site site_in(const struct choice *c, const struct urn *u,
                               const value *args)
{
    struct xrp_site s = {
        .args = args, .arg_count = (int)c->node.head.size, .family = c->family};
    if (!u) return s;
    s.params = u->plain;
    s.param_count = (int)u->node.head.size;
    return s;
}

/* Would v be kept between what the choice was and what it is with these
 * arguments? */
static bool keeps(struct trace *t, const struct choice *c, const value *plain,
                  value v, bool *out)
{
    const struct departure *d = departure_of(t, c);
    const struct urn *now = choice_urn(c), *then = d ? d->from : now;
    const value *args = d ? d->was.args : choice_plain(as_choice(c));
    *out = then == now && same_arguments(args, plain, c->node.head.size);
    if (*out || !(c->family->flags & XRP_DECIDES)) return true;
    struct xrp_site was = site_in(c, then, args), is = site_in(c, now, plain);
    if (xrp_keeps(c->family, &was, &is, v, out, &t->machine->error))
        return true;
    t->machine->error.span = *choice_place(c);
    return false;
}

/* What is scored again: what it was scored before is in its departure. */
static bool keep_elsewhere(struct trace *t, struct choice *c,
                           const value *plain, bool *done)
{
    *done = true;
    if (same_arguments(choice_plain(c), plain, c->node.head.size)) return true;
    if (!choice_departs(t, c, false)) return false;
    choice_remember(t, c, plain);
    *done = choice_urn(c) != NULL;
    return true;
}

static bool apply_again(struct trace *t, struct choice *c)
{
    if (!choice_departs(t, c, false)) return false;
    struct departure *d = departure_of(t, c);
    d->again = true;
    if (!choice_urn(c)) {
        t->counts.score -= c->score;
        t->q_reverse += d->score;
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
    *done = true;
    if (choice_is_fresh(t, c)) return same || drop_draw(t, c);
    if (!rescores(c) && !choice_observer(c)) {
        bool stays;
        if (c == t->site) return true;
        if (!keeps(t, c, plain, c->held, &stays)) return false;
        return stays ? keep_elsewhere(t, c, plain, done) : apply_again(t, c);
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
    if (!d || !d->again) return true;
    if (!keeps(t, c, plain, d->was.v, returned)) return false;
    if (!*returned) return true;
    double score = d->score;
    if (!same_arguments(d->was.args, plain, d->was.count) && !choice_urn(c)) {
        struct xrp_site s = choice_application(c, plain);
        score = c->family->prob(&s, d->was.v);
        if (!(score > -INFINITY)) {
            log_set(&t->log, &c->held, d->was.v);
            return choice_cannot(t, c, &s, score);
        }
    }
    d->again = false;
    choice_remember(t, c, plain);
    log_set(&t->log, &c->held, d->was.v);
    c->node.stamp = t->number - 1;
    if (!choice_urn(c)) {
        t->counts.score += score;
        t->q_reverse -= d->score;
        log_set_double(&t->log, &c->score, score);
    }
    return free_put(t, c);
}

bool draws_have_reverse(struct trace *t)
{
    for (uint32_t i = 0; i < t->departure_count; i++) {
        const struct departure *d = &t->departures[i];
        struct choice *c = d->of;
        bool kept = false;
        if (!d->again || !(c->family->flags & XRP_DECIDES) ||
            !is_alive(&c->node) || c->held == V_UNBOUND || choice_observer(c))
            continue;
        if (!keeps(t, c, choice_plain(c), c->held, &kept)) return false;
        if (kept)
            return error_set(&t->machine->error, ERROR_IMPOSSIBLE,
                             "the move has no reverse");
    }
    return true;
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
