/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Choices of the reduced trace: drawn, scored again, drawn anew. What is
 * done with them in a transition is reduced_move.c's and reduced_step.c's to
 * say.
 */
#include <math.h>

#include "base/memory.h"
#include "trace/application.h"
#include "trace/reduced.h"

bool choice_cannot(struct trace *t, const struct choice *c,
                   const struct xrp_site *s, double score)
{
    struct machine *m = t->machine;
    choice_impossible(m, c->family, s, c->held, choice_observer(c) != NULL,
                      score);
    const struct directive *d = choice_observer(c) && score == score
                                    ? region_directive(choice_observer(c))
                                    : NULL;
    m->error.span = d ? d->span : *choice_place(c);
    return false;
}

bool choice_no_arguments(struct trace *t, const struct choice *c)
{
    struct error *e = &t->machine->error;
    if (!e->span.source) e->span = *choice_place(c);
    return false;
}

value *plain_room_for_many(struct trace *t, uint32_t count)
{
    value *many = memory_new(count * sizeof *many);
    if (!many) machine_no_memory(t->machine);
    return many;
}

bool choice_keep_plain(struct trace *t, struct choice *c, const value *plain)
{
    uint32_t count = c->node.head.size;
    return log_keep(&t->log, plain, count, choice_noted(c)) ||
           machine_no_memory(t->machine);
}

const value *values_keep(struct trace *t, const value *from, uint32_t n)
{
    value *to = memory_new((n + (n == 0)) * sizeof *to);
    if (!to) machine_no_memory(t->machine);
    for (uint32_t i = 0; to && i < n; i++) to[i] = from[i];
    return to;
}

static bool told_by_oracle(const struct trace *t, const struct choice *c,
                           value *out)
{
    for (uint32_t i = 0; t->fixed && i < t->fixed->count; i++)
        if (t->fixed->at[i].location == c->node.location)
            return *out = t->fixed->at[i].held, true;
    if (!t->oracle) return false;
    const struct node *n = table_at(t->oracle, c->node.location);
    if (!n || node_kind(n) != NODE_CHOICE) return false;
    const struct choice *o = (const struct choice *)n;
    *out = o->held;
    return o->family == c->family && o->held != V_UNBOUND;
}

bool choice_sample(struct trace *t, const struct choice *c,
                   const struct xrp_site *s, value *out)
{
    struct machine *m = t->machine;
    /* A chain may begin anywhere; what a move draws must have a density. */
    if (c->family->flags & (XRP_IMPROPER | XRP_FORM) &&
        (t->site || t->noting) &&
        !choice_proposable(m, c->family, s, *choice_place(c)))
        return false;
    if (t->drawer) t->drawer->location = c->node.location;
    if (t->drawer)
        return t->drawer->draw(t->drawer, c->family, s, *choice_place(c), out);
    if (t->script ? t->script->draw(t->script, c->family, s, out)
                  : c->family->sample(s, &m->random, out))
        return true;
    xrp_domain_error(c->family, s, &m->error);
    m->error.span = *choice_place(c);
    return false;
}

/* Regions that needed its value when it could not be drawn yet run again. */
static bool tell_failed(struct trace *t, struct choice *c)
{
    for (const struct edge *e = node_readers(&c->node); e; e = edge_next(e)) {
        struct region *r = (struct region *)edge_reader(e);
        if (node_kind(&r->node) == NODE_REGION && region_failed(r) &&
            !r->running && !notify_region(t, r))
            return false;
    }
    return true;
}

bool choice_draw(struct trace *t, struct choice *c, bool site)
{
    struct log *l = &t->log;
    struct urn *u = choice_urn(c);
    value few[PLAIN_FEW], *plain = plain_room_for(t, c->node.head.size, few), v;
    if (!plain) return false;
    bool remembers = choice_remembers(c), returned = false;
    t->touched++;
    if (!read_arguments(t, &c->node, c->written, c->node.head.size, plain))
        return choice_no_arguments(t, c);
    if (!site && c->held != V_UNBOUND) return true; /* while they were read */
    t->drew |= !site;
    if (u && (!urn_absorb(t, u) || !urn_touch(t, u) || !joint_listen(t, c)))
        return false;
    if (!site && !(c->family->flags & XRP_RESCORES) &&
        !choice_returns(t, c, plain, &returned))
        return false;
    if (returned) return true;
    c->node.stamp = t->number;
    if (u && !site && !urn_note_fresh(t, c)) return false;
    if (remembers)
        choice_remember(t, c, plain);
    else if (!site && !u && !choice_keep_plain(t, c, plain))
        return false;
    struct xrp_site s = choice_application(c, plain);
    /* The oracle knows when a program is loaded again on its choices. */
    if (!told_by_oracle(t, c, &v) && !choice_sample(t, c, &s, &v)) return false;
    double score = c->family->prob(&s, v);
    if (!(score > -INFINITY)) return choice_cannot(t, c, &s, score);
    if (u) {
        struct taken a = {v, plain, c->node.head.size};
        if (!urn_put_in(t, u, &a)) return false;
        log_set_double(l, &u->score, u->score + score);
    } else {
        log_set_double(l, &c->score, score);
    }
    t->counts.score += score;
    t->q_forward += score;
    log_set(l, &c->held, v);
    return site || (free_put(t, c) && tell_failed(t, c));
}

bool choice_undraw(struct trace *t, struct choice *c)
{
    free_drop(t, c);
    log_set(&t->log, &c->held, V_UNBOUND);
    return vector_push(t, &t->undrawn, c) && notify(t, &c->node);
}

bool choice_rescore(struct trace *t, struct choice *c)
{
    struct log *l = &t->log;
    value few[PLAIN_FEW], *plain = plain_room_for(t, c->node.head.size, few);
    if (!plain) return false;
    t->touched++;
    if (!read_arguments(t, &c->node, c->written, c->node.head.size, plain))
        return choice_no_arguments(t, c);
    if (choice_urn(c) || !is_plain_family(c->family)) {
        bool done;
        if (!joint_listen(t, c) || !choice_reread(t, c, plain, &done))
            return false;
        if (done) return true;
    } else if (choice_is_fresh(t, c)) {
        bool same = true;
        for (uint32_t i = 0; same && i < c->node.head.size; i++)
            same = value_same(plain[i], t->log.kept[*choice_noted(c) + i]);
        if (same) return true;
        t->counts.score -= c->score;
        t->q_forward -= c->score;
        log_set_double(l, &c->score, 0.0);
        return choice_undraw(t, c);
    }
    struct xrp_site s = choice_application(c, plain);
    double score = c->family->prob(&s, c->held);
    if (!(score > -INFINITY)) return choice_cannot(t, c, &s, score);
    t->counts.score += score - c->score;
    log_set_double(l, &c->score, score);
    return true;
}
