/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Gibbs on one choice of few possible values, without moving it to any but
 * the one that is picked. Its readers are of two kinds: those that are scored
 * where they stand (reduced_readers.c), and regions whose choices may be of
 * another urn at another value (reduced_plan.c). No value makes or removes a
 * choice. So the conditional is the choice's own probability, and its
 * readers', and of the regions' choices one after another, each with those
 * before it in their urns:
 *
 *     p(v | rest)  ~  p(v | urn)  prod_i p(x_i | v, x_1 .. x_(i-1), urns)
 *
 * with the choice and all x_i out of their urns at first. From each of the
 * values the same holds, so this way is taken from all of them or from none.
 */
#include <math.h>

#include "base/memory.h"
#include "trace/application.h"
#include "trace/reduced_gibbs.h"

/* ---- what reads it --------------------------------------------------------------- */

static bool add_region(struct trace *t, struct weighing *g, struct region *r,
                       bool *fits)
{
    struct plan *p;
    if (!plan_of(t, r, g->choice, &p)) return false;
    *fits = p != NULL;
    if (!p) return true;
    if (!room_make(t, &g->regions, &g->region_room, g->region_count, 1,
                   sizeof *g->regions))
        return false;
    struct foreseen_region *f = &g->regions[g->region_count++];
    f->region = r;
    f->plan = p;
    return true;
}

/* What it reads is sent for, to be there when it is scored. */
static void fetch_argument(const struct node *n)
{
    const struct choice *c = (const struct choice *)n;
    if (node_kind(n) == NODE_CHOICE && n->head.size && is_object(c->written[0]))
        __builtin_prefetch(as_object(c->written[0]));
}

/* *fits: all are of the two kinds. */
static bool look_around(struct trace *t, struct weighing *g, bool *fits)
{
    const struct choice *c = g->choice;
    uint32_t n = 0;
    g->region_count = g->plain_count = 0;
    *fits = !(c->node.head.flags & NODE_IN_PARTS) &&
            (!choice_urn(c) || lift_may(c->family));
    for (const struct edge *e = node_readers(&c->node); *fits && e;
         e = edge_next(e)) {
        if (edge_next(e)) node_fetch(edge_reader(edge_next(e)));
        fetch_argument(edge_reader(e));
        if (++n > GIBBS_READERS)
            *fits = false;
        else if (reader_is_plain(edge_reader(e)))
            g->plain_count++;
        else if (node_kind(edge_reader(e)) != NODE_REGION)
            *fits = false;
        else if (!add_region(t, g, (struct region *)edge_reader(e), fits))
            return false;
    }
    return true;
}

/* ---- its values -------------------------------------------------------------------- */

/* The long way round: by a list, and one by one. */
static bool list_values(struct weighing *g, const struct xrp_site *s)
{
    const struct xrp_family *f = g->choice->family;
    value list;
    g->count = 0;
    if (!f->enumerate(s, &list)) return false;
    for (; is_pair(list); list = cdr(list)) {
        uint32_t i = g->count;
        if (i == GIBBS_VALUES) return false;
        g->values[i] = car(list);
        g->log_p[i] = family_score(f, s, car(list), &g->told);
        g->weights[i] = g->log_p[i] > -INFINITY;
        g->count++;
    }
    return g->count > 0;
}

static bool values_of(struct weighing *g, const struct xrp_site *s)
{
    const struct xrp_family *f = g->choice->family;
    g->count =
        f->chances ? f->chances(s, GIBBS_VALUES, g->values, g->weights) : 0;
    for (uint32_t i = 0; i < g->count; i++) g->log_p[i] = 0.0;
    return g->count || list_values(g, s);
}

/* The values, weighed by the prior, of what is out of its urn. *known: there
 * are not too many. */
static bool weigh_prior(struct trace *t, struct weighing *g, bool *known)
{
    struct choice *c = g->choice;
    value few[PLAIN_FEW], *plain = plain_room_for(t, c->node.head.size, few);
    if (!plain) return false;
    for (uint32_t i = 0; i < c->node.head.size; i++)
        if (!trace_glance(t, c->written[i], &plain[i]) &&
            !trace_deep(t, c->written[i], &plain[i]))
            return choice_no_arguments(t, c);
    struct xrp_site s = choice_application(c, plain);
    *known = values_of(g, &s);
    return true;
}

static void find_present(struct weighing *g)
{
    value held = g->choice->held;
    for (g->now = 0; g->now < g->count; g->now++)
        if (g->values[g->now] == held) return;
    for (g->now = 0; g->now < g->count; g->now++)
        if (value_equal(g->values[g->now], held)) return;
    g->now = UINT32_MAX;
}

static bool list_prior(struct trace *t, struct weighing *g, bool *known)
{
    bool ok = (!choice_urn(g->choice) || lift(t, g, g->choice)) &&
              weigh_prior(t, g, known);
    if (g->lifted_count) lift_end(g, 0);
    if (ok && *known) find_present(g);
    return ok;
}

/* ---- what regions do ---------------------------------------------------------------- */

/* How often the regions use an entry now. */
static uint32_t uses_now(const struct weighing *g, const struct region *e)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->region_count; i++) {
        const struct region *r = g->regions[i].region;
        for (uint32_t k = 0; k < use_count(r); k++)
            n += use_at(region_kept(r), k) == e;
    }
    return n;
}

/* What a region uses now lives on at all values: it uses it then, or others
 * do. From another value the entry would be missing, else. */
static bool lives_on(const struct weighing *g, const struct foreseen_region *f)
{
    for (uint32_t k = 0; k < use_count(f->region); k++) {
        const struct region *e = use_at(region_kept(f->region), k);
        bool always = true;
        if (e->uses > uses_now(g, e)) continue;
        for (uint32_t i = 0; always && i < g->count; i++)
            always = !f->at[i] || plan_uses(f->at[i], e, k);
        if (!always) return false;
    }
    return true;
}

/* What the regions make, in turn. */
static bool list_heard(struct trace *t, struct weighing *g)
{
    g->heard_count = 0;
    for (uint32_t j = 0; j < g->region_count; j++) {
        uint32_t k = 0;
        for (struct node *n = region_children(g->regions[j].region); n;
             n = node_next(n), k++) {
            if (node_kind(n) != NODE_CHOICE || n == &g->choice->node) continue;
            if (!room_make(t, &g->heard, &g->heard_room, g->heard_count, 1,
                           sizeof *g->heard))
                return false;
            struct choice *c = (struct choice *)n;
            g->heard[g->heard_count++] =
                (struct heard){c, j, k, {choice_urn(c), c->written}};
        }
    }
    return true;
}

static bool may_share(const struct weighing *g, const struct heard *h)
{
    const struct urn *own = choice_urn(g->choice);
    const struct foreseen_region *f = &g->regions[h->region];
    if (!own || h->choice->family != g->choice->family) return false;
    if (choice_urn(h->choice) == own) return true;
    for (uint32_t i = 0; i < g->count; i++)
        if (f->at[i] && plan_child(f->at[i], h->place)->urn == own) return true;
    return false;
}

static bool foresee(struct trace *t, struct weighing *g, bool *fits)
{
    for (uint32_t j = 0; *fits && j < g->region_count; j++) {
        struct foreseen_region *f = &g->regions[j];
        for (uint32_t i = 0; *fits && i < g->count; i++) {
            f->at[i] = NULL;
            if (i == g->now) continue;
            if (!plan_at(t, g->choice, f->plan, i, g->values[i], &f->at[i]))
                return false;
            *fits = f->at[i] != NULL;
        }
    }
    for (uint32_t j = 0; *fits && j < g->region_count; j++)
        *fits = lives_on(g, &g->regions[j]);
    if (!*fits || !g->region_count) return true;
    if (!list_heard(t, g)) return false;
    for (uint32_t h = 0; !g->shared && h < g->heard_count; h++)
        g->shared = may_share(g, &g->heard[h]);
    return true;
}

/* ---- what they say -------------------------------------------------------------------- */

/* One choice of a region, as it is at the value; then it is in its urn for
 * those that come after it (`more`). */
static bool child_says(struct trace *t, struct weighing *g, struct choice *x,
                       const struct foreseen *there, bool more,
                       struct likelihood *l)
{
    value few[PLAIN_FEW], *plain = few;
    bool possible = true;
    uint32_t n = x->node.head.size;
    if (!there->urn)
        return choice_score(t, x, there->written, &l->log, &g->told);
    if (n && (!(plain = plain_room_for(t, n, few)) ||
              !reader_arguments(t, x, there->written, plain, &possible)))
        return false;
    if (!there->urn->state && !lift_open(t, g, there->urn)) return false;
    struct taken a = {x->held, plain, n};
    if (possible)
        lift_score(there->urn, &a, l, &g->told);
    else
        l->factor = 0.0;
    if (!more || !possible) return true;
    if (n && !(a.args = values_keep(t, plain, n))) return false;
    return lift_put_in(t, g, there->urn, &a);
}

/* What the regions' choices say at value number i, one after another. */
static bool regions_say(struct trace *t, struct weighing *g, uint32_t i,
                        struct likelihood *l)
{
    for (uint32_t k = 0; k < g->heard_count && !likelihood_is_0(l); k++) {
        const struct heard *h = &g->heard[k];
        const struct alternative *a = g->regions[h->region].at[i];
        const struct foreseen *there = a ? plan_child(a, h->place) : &h->now;
        t->touched++;
        if (!child_says(t, g, h->choice, there, k + 1 < g->heard_count, l))
            return false;
    }
    return true;
}

/* A region's own choice is scored with the region. */
static bool is_scored_alone(const struct weighing *g, const struct node *n)
{
    if (!reader_is_plain(n)) return false;
    for (uint32_t j = 0; j < g->region_count; j++)
        if (node_owner(n) == g->regions[j].region) return false;
    return true;
}

static bool plain_readers_say(struct trace *t, struct weighing *g, uint32_t i,
                              double *sum)
{
    for (const struct edge *e = node_readers(&g->choice->node);
         e && *sum > -INFINITY && g->told; e = edge_next(e)) {
        if (g->region_count && !is_scored_alone(g, edge_reader(e))) continue;
        if (i == g->now)
            *sum += reader_kept(edge_reader(e));
        else if (!reader_score(t, edge_reader(e), sum, &g->told))
            return false;
    }
    return true;
}

/* The choice holds value number i. */
static bool readers_say(struct trace *t, struct weighing *g, uint32_t i)
{
    struct choice *c = g->choice;
    struct likelihood l = {0.0, 1.0};
    if (g->plain_count && !plain_readers_say(t, g, i, &l.log)) return false;
    if (g->shared) {
        struct taken a = {g->values[i], choice_plain(c), c->node.head.size};
        if (!lift_put_in(t, g, choice_urn(c), &a)) return false;
    }
    if (!regions_say(t, g, i, &l)) return false;
    g->log_p[i] += l.log;
    g->weights[i] *= l.factor;
    return true;
}

static bool lift_all(struct trace *t, struct weighing *g)
{
    bool known = true;
    for (uint32_t k = 0; k < g->heard_count; k++)
        if (!lift(t, g, g->heard[k].choice)) return false;
    return !g->shared || (lift(t, g, g->choice) && weigh_prior(t, g, &known));
}

static bool weigh(struct trace *t, struct weighing *g)
{
    struct choice *c = g->choice;
    value held = c->held;
    bool ok = lift_all(t, g);
    uint32_t out = g->lifted_count;
    for (uint32_t i = 0; ok && g->told && i < g->count; i++) {
        if (!(g->weights[i] > 0.0)) continue;
        c->held = g->values[i];
        ok = readers_say(t, g, i);
        if (g->lifted_count > out) lift_end(g, out);
    }
    c->held = held;
    lift_end(g, 0);
    return ok;
}

/* ---- a draw ----------------------------------------------------------------------------- */

/* Under a script every outcome is walked, and whether it stands is asked. */
static bool put_by_script(struct trace *t, struct choice *c, value to)
{
    struct move_part part = {c, to};
    struct move m = {.parts = &part, .count = 1};
    bool ok = trace_move(t, &m);
    if (ok && m.possible) trace_settle(t, t->script->accept(t->script, 0.0));
    error_clear(&t->machine->error);
    move_close(&m);
    return ok;
}

bool gibbs_go(struct trace *t, struct choice *c, value to)
{
    bool stands;
    t->touched++;
    return t->script ? put_by_script(t, c, to) : trace_put(t, c, to, &stands);
}

/* The largest log is one of the readers'. */
static inline uint32_t pick(struct trace *t, struct weighing *g, bool *good)
{
    double largest = -INFINITY, sum = 0.0;
    for (uint32_t i = 0; i < g->count; i++)
        if (g->weights[i] > 0.0 && g->log_p[i] > largest) largest = g->log_p[i];
    *good = largest > -INFINITY && largest < INFINITY;
    if (!*good) return 0;
    for (uint32_t i = 0; i < g->count; i++) {
        if (g->weights[i] > 0.0 && g->log_p[i] != largest)
            g->weights[i] *= exp(g->log_p[i] - largest);
        sum += g->weights[i];
    }
    *good = sum > 1e-280 && sum < INFINITY;
    return *good ? trace_pick(t, g->count, g->weights) : 0;
}

uint32_t weighing_pick(struct trace *t, struct weighing *g, bool *good)
{
    return pick(t, g, good);
}

/* ---- what has the prior, or a closed form ---------------------------------------------- */

/* Nothing reads it, and no urn holds it: given all else it has its prior. */
bool trace_unread(const struct trace *t, const struct choice *c)
{
    enum {
        MORE = XRP_IMPROPER | XRP_LABELS | XRP_MAKER | XRP_STATEFUL |
               XRP_MOVES | XRP_UNSAMPLES
    };
    return !node_readers(&c->node) && !choice_is_read_in_parts(t, c) &&
           !choice_urn(c) && !choice_observer(c) && !c->family->weight &&
           !(c->family->flags & MORE);
}

static bool draw_unread(struct trace *t, struct choice *c, bool *done,
                        bool *changed)
{
    value few[PLAIN_FEW], v;
    value *plain = plain_room_for(t, c->node.head.size, few);
    if (!plain) return false;
    t->collecting = false;
    for (uint32_t i = 0; i < c->node.head.size; i++)
        if (!trace_deep(t, c->written[i], &plain[i]))
            return choice_no_arguments(t, c);
    struct xrp_site s = choice_application(c, plain);
    if (!c->family->sample(&s, &t->machine->random, &v)) return true;
    *done = true;
    *changed = true;
    return gibbs_go(t, c, v);
}

/* From the conditional in closed form. */
static bool draw_conjugate(struct trace *t, struct choice *c, bool *done,
                           bool *changed)
{
    struct conditional p;
    value v;
    if (t->script) return true;
    if (trace_unread(t, c)) return draw_unread(t, c, done, changed);
    if (!trace_conjugate(t, c, &p)) return true;
    struct xrp_site s = {
        .args = p.args, .arg_count = p.count, .family = p.family};
    if (!p.family->sample(&s, &t->machine->random, &v)) return true;
    /* Rounding may put it where the prior has no density. */
    *done = true;
    *changed = true;
    return gibbs_go(t, c, v);
}

struct weighing *weighing_open(struct trace *t, struct choice *c)
{
    if (!t->weighing && !(t->weighing = memory_new(sizeof *t->weighing)))
        machine_no_memory(t->machine);
    if (t->weighing) {
        t->weighing->choice = c;
        t->weighing->told = true;
    }
    return t->weighing;
}

/* With too many values to weigh it may still be drawn from its prior. */
static bool draw_many(struct trace *t, struct choice *c, bool *done,
                      bool *changed)
{
    return t->script || !trace_unread(t, c) || draw_unread(t, c, done, changed);
}

bool trace_gibbs(struct trace *t, struct choice *c, bool *done, bool *changed)
{
    bool fits, known = false;
    *done = *changed = false;
    if (!c->family->enumerate) return draw_conjugate(t, c, done, changed);
    if (t->script && !t->script->weighted) return true;
    struct weighing *g = weighing_open(t, c);
    t->collecting = false;
    plans_trim(t);
    if (!g || !look_around(t, g, &fits)) return false;
    if (!fits) return true;
    if (!list_prior(t, g, &known)) return false;
    if (!known) return draw_many(t, c, done, changed);
    if (g->now == UINT32_MAX && (choice_urn(c) || g->region_count)) return true;
    g->heard_count = 0;
    g->shared = false;
    if (g->region_count && !foresee(t, g, &fits)) return false;
    if (!fits) return true;
    if (!weigh(t, g)) return false;
    if (!g->told) return true;
    uint32_t i = pick(t, g, done);
    if (!*done) return true;
    t->touched++;
    *changed = i != g->now;
    if (!*changed && !t->script) return true;
    if (!*changed || !enact_may(g, i)) return gibbs_go(t, c, g->values[i]);
    return (t->script && !t->script->accept(t->script, 0.0)) || enact(t, g, i);
}
