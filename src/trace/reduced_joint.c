/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Moves of all applications of a made XRP at once, as its family proposes
 * them (report, section 7.3), and what a family says of how often its state
 * and its applications are proposed.
 *
 * The proposal is given the state, and the values of all applications that
 * are free, by location; it answers values in their place, and the log
 * probabilities there and back. What it says of the way back it says of the
 * contents that it saw: a move that changes them otherwise (draws of the same
 * urn, other arguments or parameters, an application that comes, goes, or is
 * observed) is refused, and so would be its reverse.
 *
 * Urns that move are in a list of the trace, and few: a pick, and the sum of
 * their weights, take time of their number. An urn finds its applications
 * among its readers: those of such a family listen to it.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "trace/reduced.h"

/* ---- which there are --------------------------------------------------------- */

void joint_put(struct trace *t, struct urn *u)
{
    struct log *l = &t->log;
    if (!(u->made.family->flags & XRP_MOVES)) return;
    u->next = t->joint;
    u->link = &t->joint;
    if (t->joint) log_set_pointer(l, &t->joint->link, &u->next);
    log_set_pointer(l, &t->joint, u);
}

void joint_drop(struct trace *t, struct urn *u)
{
    if (!u->link) return;
    if (u->next) log_set_pointer(&t->log, &u->next->link, u->link);
    log_set_pointer(&t->log, u->link, u->next);
    log_set_pointer(&t->log, &u->link, NULL);
}

uint32_t joint_count(const struct trace *t)
{
    uint32_t n = 0;
    for (const struct urn *u = t->joint; u; u = u->next) n++;
    return n;
}

struct urn *joint_at(const struct trace *t, uint32_t i)
{
    struct urn *u = t->joint;
    while (i--) u = u->next;
    return u;
}

double joint_weight(const struct trace *t)
{
    double sum = 0.0;
    for (const struct urn *u = t->joint; u; u = u->next) sum += u->share;
    return sum;
}

struct urn *joint_pick(struct trace *t)
{
    double left = random_unit(&t->machine->random) * turn_weight(t);
    struct urn *last = NULL;
    for (struct urn *u = t->joint; u; u = u->next) {
        if (!(u->share > 0.0)) continue;
        last = u;
        if ((left -= u->share) < 0.0) return u;
    }
    return free_weight(t) > 0.0 ? NULL : last;
}

/* ---- applications of an urn --------------------------------------------------- */

bool joint_hear(struct trace *t, struct choice *c)
{
    struct near *at = &c->node.edges;
    struct node *urn = &choice_urn(c)->node;
    for (; near_get(at); at = edge_end(at))
        if (edge_source(near_get(at)) == urn) return true;
    return edge_put(t, urn, &c->node, at);
}

/* The choice of an edge of the urn, if it is free; NULL. */
static struct choice *member(const struct urn *u, const struct edge *e)
{
    struct choice *c = (struct choice *)edge_reader(e);
    bool free = node_kind(edge_reader(e)) == NODE_CHOICE &&
                choice_urn(c) == u && c->held != V_UNBOUND &&
                !choice_observer(c);
    return free ? c : NULL;
}

static bool told_nothing(struct trace *t, const struct urn *u,
                         const struct xrp_site *s)
{
    xrp_domain_error(u->made.family, s, &t->machine->error);
    t->machine->error.span = *u->place;
    return false;
}

static bool weigh_members(struct trace *t, struct urn *u, struct xrp_site *s)
{
    for (const struct edge *e = node_readers(&u->node); e; e = edge_next(e)) {
        struct choice *c = member(u, e);
        if (!c) continue;
        s->args = choice_plain(c);
        s->arg_count = (int)c->node.head.size;
        double x = u->made.family->weight(s, c->held);
        if (!(x >= 0.0)) return told_nothing(t, u, s);
        if (x == c->share) continue;
        log_set_double(&t->log, &c->share, x);
        if (!free_weigh(t, c)) return false;
    }
    return true;
}

bool joint_ask(struct trace *t, struct urn *u)
{
    const struct xrp_family *f = u->made.family;
    struct xrp_site s = {u->plain, (int)u->node.head.size, u->state, NULL, 0,
                         f};
    if (f->flags & XRP_MOVES) {
        double share = f->state_weight ? f->state_weight(&s) : 1.0;
        if (!(share >= 0.0)) return told_nothing(t, u, &s);
        if (share != u->share) log_set_double(&t->log, &u->share, share);
    }
    return !(f->flags & XRP_WEIGHS) || weigh_members(t, u, &s);
}

/* ---- a move -------------------------------------------------------------------- */

/* Arrays are scanned memory. */
struct joint {
    struct urn *urn;
    uint32_t count;
    value *choices; /* by location */
    value *values;  /* old ones, and then new ones */
    value *arguments;
    double forward, backward;
};

static int by_location(const void *a, const void *b)
{
    const struct choice *x = as_object(*(const value *)a),
                        *y = as_object(*(const value *)b);
    return (x->node.location > y->node.location) -
           (x->node.location < y->node.location);
}

static bool gather(struct trace *t, struct urn *u, struct joint *j)
{
    uint32_t n = 0;
    for (const struct edge *e = node_readers(&u->node); e; e = edge_next(e))
        n += member(u, e) != NULL;
    *j = (struct joint){.urn = u, .count = n};
    if (!(j->choices = memory_new((3 * (size_t)n + 1) * sizeof *j->choices)))
        return machine_no_memory(t->machine);
    j->values = j->choices + n;
    j->arguments = j->values + n;
    n = 0;
    for (const struct edge *e = node_readers(&u->node); e; e = edge_next(e)) {
        const struct choice *c = member(u, e);
        if (c) j->choices[n++] = v_object(c);
    }
    qsort(j->choices, n, sizeof *j->choices, by_location);
    for (uint32_t i = 0; i < n; i++) {
        struct choice *c = as_object(j->choices[i]);
        j->values[i] = c->held;
        j->arguments[i] = list_from(choice_plain(c), c->node.head.size);
        if (j->arguments[i] == V_UNBOUND) return machine_no_memory(t->machine);
    }
    return true;
}

/* *moved: there is a proposal, and it is another state. */
static bool propose(struct trace *t, struct joint *j, bool *moved)
{
    struct urn *u = j->urn;
    const struct xrp_family *f = u->made.family;
    struct xrp_site s = {u->plain, (int)u->node.head.size, u->state, NULL, 0,
                         f};
    *moved = false;
    if (!f->state_propose(&s, &t->machine->random, (int)j->count, j->arguments,
                          j->values, &j->forward, &j->backward))
        return !f->failure || !f->failure(&s, NULL) || told_nothing(t, u, &s);
    for (uint32_t i = 0; i < j->count; i++) {
        const struct choice *c = as_object(j->choices[i]);
        if (value_same(c->held, j->values[i]))
            j->values[i] = V_UNBOUND;
        else
            *moved = true;
    }
    return true;
}

/* Old values leave, and then new ones come: in between are fewer than the old
 * trace had, or than the new one has. */
static bool exchange(struct trace *t, struct joint *j)
{
    struct urn *u = j->urn;
    for (uint32_t i = 0; i < j->count; i++) {
        struct choice *c = as_object(j->choices[i]);
        struct taken a = taken_of(c);
        if (j->values[i] == V_UNBOUND) continue;
        if (!urn_take_out(t, u, &a)) return false;
        urn_score(t, u, -urn_predictive(u, u->plain, &a));
    }
    for (uint32_t i = 0; i < j->count; i++) {
        struct choice *c = as_object(j->choices[i]);
        struct taken a = taken_of(c);
        if (j->values[i] == V_UNBOUND) continue;
        a.v = j->values[i];
        double score = urn_predictive(u, u->plain, &a);
        log_set(&t->log, &c->held, a.v);
        if (!(score > -INFINITY)) {
            struct xrp_site s = choice_application(c, choice_plain(c));
            return choice_cannot(t, c, &s, score);
        }
        if (!urn_put_in(t, u, &a)) return false;
        urn_score(t, u, score);
    }
    for (uint32_t i = 0; i < j->count; i++) {
        struct choice *c = as_object(j->choices[i]);
        if (j->values[i] != V_UNBOUND && !notify(t, &c->node)) return false;
    }
    return true;
}

static bool has_reverse(const struct trace *t, const struct joint *j)
{
    bool good = is_alive(&j->urn->node) && urn_is_as_before(t, j->urn);
    for (uint32_t i = 0; good && i < j->count; i++) {
        const struct choice *c = as_object(j->choices[i]);
        good = is_alive(&c->node) && choice_urn(c) == j->urn &&
               !choice_observer(c) && c->held != V_UNBOUND;
    }
    return good;
}

/* What the state hides moves, and no value does (report, section 7.5). */
static bool transit(struct trace *t, struct urn *u, bool *moved)
{
    const struct xrp_family *f = u->made.family;
    struct xrp_site s = {
        u->plain, (int)u->node.head.size, f->copy(u->state), NULL, 0, f};
    double score;
    if (!s.state) return machine_no_memory(t->machine);
    *moved = f->transit(&s, &t->machine->random);
    if (!*moved)
        return !f->failure || !f->failure(&s, NULL) || told_nothing(t, u, &s);
    log_set_pointer(&t->log, &u->state, s.state);
    u->move->own = true;
    score = f->score_state(&s);
    if (score == score && score > -INFINITY)
        return urn_score(t, u, score - u->score), true;
    if (score != score) return told_nothing(t, u, &s);
    error_set(&t->machine->error, ERROR_IMPOSSIBLE,
              "the state cannot have the values that are in it");
    t->machine->error.span = *u->place;
    return false;
}

/* There is nothing to accept. */
static bool transit_step(struct trace *t, struct urn *u, bool *accepted,
                         bool *impossible)
{
    double weight = u->share, all = turn_weight(t);
    bool moved = false;
    transition_begin(t);
    t->place = u->place;
    t->own_proposal = false;
    bool ok = urn_touch(t, u) && transit(t, u, &moved) && urns_finish(t);
    if (ok && moved && (u->share != weight || turn_weight(t) != all))
        ok = weight_moves(t->machine, *u->place);
    return step_end(t, ok, 0.0, accepted, impossible);
}

bool joint_step(struct trace *t, struct urn *u, bool *accepted,
                bool *impossible)
{
    if (u->made.family->flags & XRP_HIDES)
        return transit_step(t, u, accepted, impossible);
    double weight = u->share, all = turn_weight(t), ratio = -INFINITY;
    struct joint j;
    bool moved = false;
    transition_begin(t);
    t->place = u->place;
    t->own_proposal = false;
    bool ok = urn_touch(t, u) && gather(t, u, &j) && propose(t, &j, &moved);
    if (ok && !moved) {
        ratio = 0.0;
    } else if (ok) {
        ok = exchange(t, &j) && propagate(t);
        if (ok && has_reverse(t, &j)) {
            t->q_forward += j.forward;
            t->q_reverse += j.backward;
            ratio = t->counts.score + t->q_reverse - t->q_forward +
                    log(u->share / turn_weight(t)) - log(weight / all);
        }
    }
    return step_end(t, ok, ratio, accepted, impossible);
}
