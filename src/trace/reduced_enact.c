/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The move to a value at which all is known: applications without arguments,
 * of urns whose state is worked on as it is, change places, and the regions
 * that made them keep what they would after a run. Nothing runs, and nothing
 * can fail: the value was picked, so it is possible. Scores are those that
 * the general way would come to, one after another.
 */
#include "trace/reduced_gibbs.h"

static bool is_simple(const struct choice *c)
{
    return choice_is_in_urn(c) && !c->node.head.size && !c->family->weight &&
           c->family->flags & XRP_EXACT_STATE;
}

bool enact_may(const struct weighing *g, uint32_t i)
{
    if (!g->region_count || g->plain_count || !is_simple(g->choice))
        return false;
    for (uint32_t j = 0; j < g->region_count; j++)
        if (!plan_is_alike(g->regions[j].plan, g->regions[j].at[i]))
            return false;
    for (uint32_t k = 0; k < g->heard_count; k++) {
        const struct heard *h = &g->heard[k];
        const struct foreseen *there =
            plan_child(g->regions[h->region].at[i], h->place);
        if (!is_simple(h->choice) || !there->urn->state) return false;
    }
    return true;
}

static void leave(struct trace *t, const struct choice *c)
{
    const struct taken a = {c->held, NULL, 0};
    struct urn *u = choice_urn(c);
    urn_change(u, false, &a);
    urn_score(t, u, -urn_predictive(u, u->plain, &a));
}

static void enter(struct trace *t, const struct choice *c)
{
    const struct taken a = {c->held, NULL, 0};
    struct urn *u = choice_urn(c);
    urn_score(t, u, urn_predictive(u, u->plain, &a));
    urn_change(u, true, &a);
}

/* Regions first: they may need memory. */
bool enact(struct trace *t, struct weighing *g, uint32_t i)
{
    struct choice *c = g->choice;
    transition_begin(t);
    for (uint32_t j = 0; j < g->region_count; j++)
        if (!plan_enact(t, g->regions[j].plan, g->regions[j].at[i])) {
            transition_undo(t);
            return false;
        }
    for (uint32_t k = 0; k < g->heard_count; k++) leave(t, g->heard[k].choice);
    leave(t, c);
    log_set(&t->log, &c->held, g->values[i]);
    enter(t, c);
    for (uint32_t k = 0; k < g->heard_count; k++) {
        const struct heard *h = &g->heard[k];
        struct urn *u = plan_child(g->regions[h->region].at[i], h->place)->urn;
        log_set_near(&t->log, &h->choice->urn, u);
        enter(t, h->choice);
        t->touched++;
    }
    transition_total(t);
    transition_commit(t);
    return true;
}
