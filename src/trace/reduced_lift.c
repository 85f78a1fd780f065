/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Applications taken out of their urns for a while, between transitions, so
 * that they can be scored elsewhere, or one after another. Where taking in
 * and out undo each other to the bit the state itself is worked on, and else
 * a copy stands in its place. No log is kept: lift_end goes back.
 */
#include <math.h>

#include "trace/reduced_gibbs.h"

bool lift_may(const struct xrp_family *f)
{
    enum {
        NEVER = XRP_LABELS | XRP_MAKER | XRP_MOVES | XRP_WEIGHS | XRP_UNSAMPLES
    };
    return (f->flags & (NEVER | XRP_RESCORES)) == XRP_RESCORES && !f->failure &&
           !f->weight;
}

/* Another state in place of the one before, which may be none yet. */
static bool replace(struct trace *t, struct weighing *g, struct urn *u,
                    void *state)
{
    if (!state) return machine_no_memory(t->machine);
    g->lifted[g->lifted_count++] =
        (struct lifted){.urn = u, .replaced = true, .state = u->state};
    u->state = state;
    return true;
}

bool lift_open(struct trace *t, struct weighing *g, struct urn *u)
{
    struct xrp_site s = {.params = u->plain,
                         .param_count = (int)u->node.head.size,
                         .family = u->made.family};
    return u->state || (room_make(t, &g->lifted, &g->lifted_room,
                                  g->lifted_count, 1, sizeof *g->lifted) &&
                        replace(t, g, u, u->made.family->initialize(&s)));
}

static bool note(struct trace *t, struct weighing *g, struct urn *u,
                 const struct taken *a, bool in)
{
    const struct xrp_family *f = u->made.family;
    if (!lift_open(t, g, u) ||
        !room_make(t, &g->lifted, &g->lifted_room, g->lifted_count, 1,
                   sizeof *g->lifted))
        return false;
    if (!(f->flags & XRP_EXACT_STATE)) {
        if (!replace(t, g, u, f->copy(u->state))) return false;
    } else {
        g->lifted[g->lifted_count++] =
            (struct lifted){.urn = u, .was = *a, .in = in};
    }
    urn_change(u, in, a);
    return true;
}

bool lift(struct trace *t, struct weighing *g, struct choice *c)
{
    struct taken a = taken_of(c);
    return !choice_urn(c) || note(t, g, choice_urn(c), &a, false);
}

bool lift_put_in(struct trace *t, struct weighing *g, struct urn *u,
                 const struct taken *a)
{
    return note(t, g, u, a, true);
}

void lift_end(struct weighing *g, uint32_t first)
{
    while (g->lifted_count > first) {
        const struct lifted *l = &g->lifted[--g->lifted_count];
        if (l->replaced)
            l->urn->state = l->state;
        else
            urn_change(l->urn, !l->in, &l->was);
    }
}

void lift_score(const struct urn *u, const struct taken *a,
                struct likelihood *l, bool *told)
{
    const struct xrp_family *f = u->made.family;
    struct xrp_site s = {u->plain, (int)u->node.head.size, u->state,
                         a->args,  (int)a->count,          f};
    if (!f->chance) {
        l->log += family_score(f, &s, a->v, told);
        return;
    }
    double p = f->chance(&s, a->v);
    l->factor = p == p ? l->factor * p : 0.0;
    if (l->factor > 1e-100 || l->factor == 0.0) return;
    l->log += log(l->factor);
    l->factor = 1.0;
}
