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

/* The usual transition has no scope: it is compiled apart. */
#define ALWAYS inline __attribute__((always_inline))

static bool may_propose(const struct trace *t, const struct xrp_family *f)
{
    const struct script *s = t->script;
    return f->propose && (!s || (s->follows && s->follows(f)));
}

/* The family's own proposal, where it has one. */
static bool own_proposal(struct trace *t, const struct choice *c,
                         const struct xrp_site *s, value *out, double *forward)
{
    const struct xrp_family *f = c->family;
    *forward = t->backward = 0.0;
    if (!choice_proposable(t->machine, f, s, *choice_place(c))) return false;
    if (f->propose(s, &t->machine->random, c->held, out, forward, &t->backward))
        return true;
    *out = c->held;
    if (!f->failure || !f->failure(s, NULL)) return true;
    xrp_domain_error(f, s, &t->machine->error);
    t->machine->error.span = *choice_place(c);
    return false;
}

/* The family's own proposal, with the old value out of the urn. */
static bool propose_in_urn(struct trace *t, struct choice *c)
{
    struct urn *u = choice_urn(c);
    struct taken a = taken_of(c);
    struct xrp_site s = choice_application(c, a.args);
    double forward = 0.0, score;
    if (!own_proposal(t, c, &s, &a.v, &forward)) return false;
    score = urn_predictive(u, u->plain, &a);
    log_set(&t->log, &c->held, a.v);
    if (!(score > -INFINITY)) return choice_cannot(t, c, &s, score);
    if (!urn_put_in(t, u, &a)) return false;
    urn_score(t, u, score);
    t->q_forward += forward;
    return true;
}

/* Takes the old value out and draws a new one. */
static bool propose_from_urn(struct trace *t, struct choice *c)
{
    struct urn *u = choice_urn(c);
    struct taken a = taken_of(c);
    if (!urn_touch(t, u)) return false;
    t->site_old = c->held;
    if (!urn_take_back(t, u, &a)) return false;
    urn_score(t, u, -urn_predictive(u, u->plain, &a));
    return t->own_proposal ? propose_in_urn(t, c) : choice_draw(t, c, true);
}

/* A new value from the family's own proposal; *forward is what that scores. */
static bool propose_itself(struct trace *t, struct choice *c,
                           const struct xrp_site *s, value *out,
                           double *forward)
{
    if (!log_keep(&t->log, s->args, (size_t)s->arg_count, &t->site_plain))
        return machine_no_memory(t->machine);
    return own_proposal(t, c, s, out, forward);
}

/* The same value again changes nothing, and is scored by nobody. */
static ALWAYS bool propose(struct trace *t, struct choice *c, bool *same)
{
    value few[PLAIN_FEW], *plain = plain_room_for(t, c->node.head.size, few), v;
    double forward = 0.0;
    if (!plain) return false;
    c->node.stamp = t->number;
    t->touched++;
    if (!read_written(t, &c->node, c->written, c->node.head.size, plain))
        return choice_no_arguments(t, c);
    struct xrp_site s = choice_application(c, plain);
    choice_unsample(c);
    if (!(t->own_proposal ? propose_itself(t, c, &s, &v, &forward)
                          : choice_sample(t, c, &s, &v)))
        return false;
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
    return !c->family->weight || free_weigh(t, c);
}

/* Are its arguments what they are whatever is chosen? */
static bool is_plainly_applied(const struct choice *c)
{
    for (uint32_t i = 0; i < c->node.head.size; i++)
        if (has_reference(c->written[i])) return false;
    return true;
}

/* What the reverse would score for the site's old value: under the new
 * trace's arguments, which are the old ones when no region has run. A
 * family's own proposal is known for the old ones only: a move that changes
 * them is refused, and so is its reverse. */
static ALWAYS bool reverse_site(struct trace *t, struct choice *c, value old,
                                double old_score)
{
    value few[PLAIN_FEW], *plain;
    uint32_t n = c->node.head.size;
    bool same = true;
    if (!(c->family->flags & XRP_RESCORES) &&
        !site_is_applied_alike(t, c, &same))
        return false;
    if (choice_urn(c) && same) return true; /* urns_finish did */
    if (t->own_proposal) old_score = t->backward;
    if (!t->ran.count || is_plainly_applied(c)) {
        t->q_reverse += old_score;
        return true;
    }
    plain = plain_room_for(t, n, few);
    if (!plain) return false;
    for (uint32_t i = 0; i < n; i++) {
        if (!trace_deep(t, c->written[i], &plain[i])) return false;
        same = same && (!t->own_proposal ||
                        value_same(plain[i], t->log.kept[t->site_plain + i]));
    }
    if (!same)
        return error_set(&t->machine->error, ERROR_IMPOSSIBLE,
                         "the move has no reverse");
    struct xrp_site s = choice_application(c, plain);
    t->q_reverse += t->own_proposal ? old_score : xrp_score(c->family, &s, old);
    return true;
}

static struct choice *pick_in(struct trace *t, const struct scope *scope)
{
    if (!scope->block_count) return NULL;
    const struct block *b = &scope->blocks[trace_pick_block(t, scope)];
    return scope->members[block_at(b)[0]].choice;
}

static ALWAYS struct choice *pick_site(struct trace *t)
{
    if (!t->counts.free || (t->counts.weighted && !(free_weight(t) > 0.0)))
        return NULL;
    return free_pick(t, &t->machine->random);
}

/* Or *joint, an urn that moves all its applications; or neither. */
static struct choice *pick_turn(struct trace *t, struct urn **joint)
{
    uint32_t n = t->counts.free, all = n + joint_count(t);
    if (!all || !(turn_weight(t) > 0.0)) return NULL;
    if (t->script) {
        uint32_t i = t->script->pick(t->script, all);
        if (i < n) return free_choice(t, i);
        *joint = joint_at(t, i - n);
        return NULL;
    }
    *joint = joint_pick(t);
    return *joint ? NULL : pick_site(t);
}

/* How often it is proposed, of how much in all. */
static ALWAYS void pick_weights(const struct trace *t,
                                const struct scope *scope,
                                const struct choice *c, double *own,
                                double *all)
{
    const struct member *m =
        scope ? scope_member(scope, c->node.location) : NULL;
    *own = m ? scope->blocks[m->block].weight : free_weight_of(c);
    *all = scope ? scope_weight(scope) : turn_weight(t);
}

static inline const struct block *block_of(const struct scope *scope,
                                           const struct choice *c)
{
    return &scope->blocks[scope_member(scope, c->node.location)->block];
}

/* May the reverse propose to it? */
static ALWAYS bool is_listed(const struct scope *scope, const struct choice *c)
{
    if (!is_alive(&c->node) || !c->node.rank) return false;
    const struct member *m =
        scope ? scope_member(scope, c->node.location) : NULL;
    return !scope || (m && scope->blocks[m->block].count == 1);
}

/* Everything that follows from the new value, and the log of the ratio. */
static ALWAYS bool follow(struct trace *t, const struct scope *scope,
                          struct choice *c, value old, double old_score,
                          double weight, double all, uint64_t key,
                          double *ratio)
{
    bool ok = true;
    if (!value_same(c->held, old))
        ok = notify(t, &c->node) && propagate(t);
    else
        ok = urns_finish(t);
    if (!ok || !is_listed(scope, c)) return ok;
    if (!reverse_site(t, c, old, old_score)) return false;
    *ratio = t->counts.score + t->q_reverse - t->q_forward;
    if (scope && t->in_turn) {
        if (block_of(scope, c)->key != key) *ratio = -INFINITY;
        return true;
    }
    double now, own;
    pick_weights(t, scope, c, &own, &now);
    if (!(own > 0.0))
        *ratio = -INFINITY; /* the reverse is never proposed */
    else if (now != all || own != weight)
        *ratio += log(own / now) - log(weight / all);
    return true;
}

static inline bool end(struct trace *t, bool ok, double ratio, bool *accepted,
                       bool *impossible)
{
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

static ALWAYS bool step_at(struct trace *t, const struct scope *scope,
                           struct choice *c, bool *accepted, bool *impossible)
{
    uint64_t key = scope && t->in_turn ? block_of(scope, c)->key : 0;
    double weight, all, ratio = -INFINITY;
    pick_weights(t, scope, c, &weight, &all);
    double old_score = c->score;
    value old = c->held;
    bool same = false;
    transition_begin(t);
    t->site = c;
    t->place = choice_place(c);
    t->own_proposal = may_propose(t, c->family);
    bool ok = choice_urn(c) ? propose_from_urn(t, c) : propose(t, c, &same);
    if (ok && same)
        ratio = 0.0;
    else
        ok =
            ok && follow(t, scope, c, old, old_score, weight, all, key, &ratio);
    return end(t, ok, ratio, accepted, impossible);
}

bool trace_step(struct trace *t, bool *proposed, bool *accepted,
                bool *impossible)
{
    *proposed = *accepted = *impossible = false;
    struct urn *joint = NULL;
    struct choice *c =
        t->joint || t->script ? pick_turn(t, &joint) : pick_site(t);
    *proposed = c || joint;
    if (joint) return joint_step(t, joint, accepted, impossible);
    return !c || step_at(t, NULL, c, accepted, impossible);
}

bool trace_step_in(struct trace *t, const struct scope *scope, bool *proposed,
                   bool *accepted, bool *impossible)
{
    struct choice *c = pick_in(t, scope);
    *proposed = c != NULL;
    t->in_turn = false;
    return !c || trace_step_at(t, scope, c, accepted, impossible);
}

bool trace_step_at(struct trace *t, const struct scope *scope, struct choice *c,
                   bool *accepted, bool *impossible)
{
    *accepted = *impossible = false;
    return step_at(t, scope, c, accepted, impossible);
}

bool step_end(struct trace *t, bool ok, double ratio, bool *accepted,
              bool *impossible)
{
    return end(t, ok, ratio, accepted, impossible);
}
