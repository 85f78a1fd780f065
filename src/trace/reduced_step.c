/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One transition of the reduced trace.
 *
 *  1. A free choice is picked; its old value leaves, a new one is drawn.
 *  2. Its readers are told: choices and urns are to be scored again, regions
 *     go to a heap by rank.
 *  3. Regions are brought up to date, lowest rank first: run again if a
 *     guard differs; who reads them hears of it if their result is another.
 *  4. What was not met again dies; what must be is scored or drawn.
 *  5. Urns take out and put in what moved; the reverse is scored.
 *  6. log A = S' - S + q_reverse - q_forward + log(w'/W') - log(w/W).
 *
 * Rejecting plays the undo log backwards. The order of running regions does
 * not matter for exactness: only the pair of traces does.
 */
#include <math.h>

#include "base/memory.h"
#include "trace/application.h"
#include "trace/reduced.h"

/* Takes the old value out and draws a new one. */
static bool propose_from_urn(struct trace *t, struct choice *c)
{
    struct urn *u = c->urn;
    if (!urn_touch(t, u)) return false;
    value old = c->held;
    if (!urn_take_out(t, u, old)) return false;
    double s = urn_predictive(u, u->plain, old);
    log_set_double(&t->log, &u->score, u->score - s);
    t->counts.score -= s;
    if (!choice_draw(t, c, true)) return false;
    u->move->site = true;
    u->move->site_old = old;
    u->move->site_new = c->held;
    return true;
}

/* A new value from the family's own proposal, or from the prior; *forward is
 * what the new value's proposal scores, when it is not the prior's. */
static bool propose_value(struct trace *t, struct choice *c,
                          const struct xrp_site *s, value *out, double *forward)
{
    struct random *r = &t->machine->random;
    t->own_proposal = c->family->propose && !t->script;
    if (!t->own_proposal) return choice_sample(t, c, s, out);
    if (!c->family->propose(s, r, c->held, out, forward, &t->backward))
        *out = c->held;
    return choice_keep_plain(t, c, s->args);
}

/* The same value again changes nothing, and is scored by nobody. */
static bool propose(struct trace *t, struct choice *c, bool *same)
{
    value few[PLAIN_FEW], *plain = plain_room_for(t, c->node.head.size, few), v;
    double forward = 0.0;
    if (!plain) return false;
    c->drawn = t->number;
    t->touched++;
    if (!read_arguments(t, &c->node, c->written, c->node.head.size, plain))
        return choice_no_arguments(t, c);
    struct xrp_site s = choice_application(c, plain);
    if (!propose_value(t, c, &s, &v, &forward)) return false;
    *same = value_same(v, c->held);
    if (*same) return true;
    double score = c->family->prob(&s, v);
    if (!(score > -INFINITY)) {
        log_set(&t->log, &c->held, v);
        return choice_cannot(t, c, &s, score);
    }
    t->counts.score += score - c->score;
    t->q_forward += t->own_proposal ? forward : score;
    log_set_double(&t->log, &c->score, score);
    log_set(&t->log, &c->held, v);
    return !c->family->weight || free_weigh(t, c, c->weight);
}

/* What the reverse would score for the site's old value: under the new
 * trace's arguments, which are the old ones when no region has run. A
 * family's own proposal is known for the old ones only: a move that changes
 * them is refused, and so is its reverse. */
static bool reverse_site(struct trace *t, const struct choice *c, value old,
                         double old_score)
{
    value few[PLAIN_FEW], *plain;
    uint32_t n = c->node.head.size;
    bool same = true;
    if (c->urn) return true; /* urn_finish did */
    if (t->own_proposal) old_score = t->backward;
    if (!t->ran.count) {
        t->q_reverse += old_score;
        return true;
    }
    plain = plain_room_for(t, n, few);
    if (!plain) return false;
    for (uint32_t i = 0; i < n; i++) {
        if (!trace_deep(t, c->written[i], &plain[i])) return false;
        same = same && (!t->own_proposal ||
                        value_same(plain[i], t->plains[c->plain + i]));
    }
    if (!same)
        return error_set(&t->machine->error, ERROR_IMPOSSIBLE,
                         "the move has no reverse");
    struct xrp_site s = choice_application(c, plain);
    t->q_reverse += t->own_proposal ? old_score : xrp_score(c->family, &s, old);
    return true;
}

static struct choice *pick_site(struct trace *t)
{
    uint32_t n = t->counts.free;
    if (!n) return NULL;
    if (t->script) return t->free[t->script->pick(t->script, n)];
    return free_pick(t, &t->machine->random);
}

/* Everything that follows from the new value, and the log of the ratio. */
static bool follow(struct trace *t, struct choice *c, value old,
                   double old_score, double weight, double all, double *ratio)
{
    bool ok = true;
    if (!value_same(c->held, old))
        ok = notify(t, &c->node) && propagate(t);
    else
        for (uint32_t i = 0; ok && i < t->urns.count; i++)
            ok = urn_finish(t, t->urns.at[i]);
    if (!ok || !is_alive(&c->node) || !c->node.rank) return ok;
    if (!reverse_site(t, c, old, old_score)) return false;
    *ratio = t->counts.score + t->q_reverse - t->q_forward;
    double now = free_weight(t);
    double own = free_weight_of(c);
    if (now != all || own != weight)
        *ratio += log(own / now) - log(weight / all);
    return true;
}

bool trace_step(struct trace *t, bool *proposed, bool *accepted,
                bool *impossible)
{
    *proposed = *accepted = *impossible = false;
    struct choice *c = pick_site(t);
    if (!c) return true;
    *proposed = true;
    double weight = free_weight_of(c), all = free_weight(t), ratio = -INFINITY;
    double old_score = c->score;
    value old = c->held;
    bool same = false;
    transition_begin(t);
    t->site = c;
    bool ok = c->urn ? propose_from_urn(t, c) : propose(t, c, &same);
    if (ok && same)
        ratio = 0.0;
    else
        ok = ok && follow(t, c, old, old_score, weight, all, &ratio);
    if (!ok) {
        transition_undo(t);
        enum error_kind kind = t->machine->error.kind;
        *impossible = kind == ERROR_DOMAIN || kind == ERROR_IMPOSSIBLE;
        return *impossible;
    }
    transition_total(t);
    if (t->script)
        *accepted = t->script->accept(t->script, ratio);
    else
        *accepted =
            ratio >= 0.0 || random_unit(&t->machine->random) < exp(ratio);
    if (*accepted)
        transition_commit(t);
    else
        transition_undo(t);
    return true;
}
