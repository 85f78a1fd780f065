/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mh-query: single-site Metropolis-Hastings over the choices of a thunk,
 * named by location; the thunk is run again for each transition. Now and then
 * all choices are drawn anew at once. Where the choices are finite and few
 * there is no walk: each sample is drawn from the table of all answers.
 *
 * Choices are scored one after another, in the order in which they were
 * drawn, each given those before it. One of the old run, the site, is drawn
 * anew from its own procedure, in an urn as if it came last; or moved to
 * another value of its support, or near by, as it would be moved back. In the
 * new run a choice is *kept* when the old run has one at its location of the
 * same family and shape (and urn, for labels); what is not kept is drawn where it is
 * met. So for what is not kept the score and the probability of drawing it
 * are one and the same, and
 *
 *     log A = w' - w + sum over kept of (log p' - log p)
 *             + q(old value) - q(new value) + log(n / n')
 *
 * with w the factors and observations, n the number of choices, and q the
 * site's own procedure, with the urn as it is in either run (or 0 for a move
 * that is as likely back). A move whose reverse would have to draw a label as
 * a *new* one, by its very name, has no reverse: there are as many labels
 * begun by kept choices as before, but for what the site begins.
 */
#include <math.h>

#include "base/memory.h"
#include "eval/code.h"
#include "trace/application.h"
#include "trace/query.h"
#include "xrp/form.h"

enum {
    STARTS = 100, /* possible states from which one is picked */
    AFRESH = 10,  /* one transition in so many draws every choice anew */
    WAYS = 4096,  /* in which choices come out that are gone through first */
    SUPPORT = 64  /* values of a support that is gone through */
};

/* A choice that was drawn. */
struct drawn {
    uint64_t location;
    struct query_choice *choice;
    double score;
    bool begins; /* a label that nobody had before */
};

struct state {
    struct list records;
    struct table at;
    double weight;
    value answer;
};

struct walk {
    struct query query;
    struct state *now, *next; /* now: NULL at the start */
    const struct drawn *site; /* NULL: every choice is drawn anew */
    value proposed;
    bool symmetric; /* proposed as it would be proposed back */
    double ratio;   /* of what was kept, so far */
    int begun;      /* labels begun by kept choices: more than before */
};

/* ---- a run ----------------------------------------------------------- */

static uint16_t stamp(const struct query_choice *c)
{
    return shape_stamp(c->family, c->count, c->arguments);
}

static bool keeps(const struct drawn *old, const struct query_choice *c)
{
    const struct query_choice *o = old ? old->choice : NULL;
    if (!o || o->family != c->family || stamp(o) != stamp(c)) return false;
    if (!c->urn) return !o->urn;
    return o->urn && (o->urn->location == c->urn->location ||
                      !(c->family->flags & XRP_LABELS));
}

static bool decide(struct query *q, struct query_choice *c,
                   const struct xrp_site *s)
{
    struct walk *w = (struct walk *)q;
    struct machine *m = q->machine;
    const struct drawn *old =
        w->site ? table_find(&w->now->at, c->location) : NULL;
    bool kept = keeps(old, c);
    if (table_find(&w->next->at, c->location))
        return location_collision(m, c->location);
    if (!kept && !query_draw(q, c, s)) return false;
    if (kept) c->held = old == w->site ? w->proposed : old->choice->held;
    struct drawn *r = memory_new(sizeof *r);
    if (!r) return machine_no_memory(m);
    *r = (struct drawn){c->location, c, c->family->prob(s, c->held), false};
    if (r->score != r->score) return xrp_domain_error(c->family, s, &m->error);
    if (c->family->flags & XRP_LABELS)
        r->begins = query_seated(c->urn, c->held) == 0;
    if (kept) {
        w->ratio += r->score - old->score;
        w->begun += r->begins - old->begins;
    }
    q->impossible |= r->score == -INFINITY;
    return list_push(m, &w->next->records, r) && table_add(m, &w->next->at, r);
}

/* Runs the thunk into a state of its own; false: an error. */
static bool run(struct walk *w, value thunk)
{
    w->ratio = 0.0;
    w->begun = 0;
    if (!(w->next = memory_new(sizeof *w->next)))
        return machine_no_memory(w->query.machine);
    if (!query_run(&w->query, thunk, &w->next->answer)) return false;
    w->next->weight = w->query.weight;
    return true;
}

/* ---- the start ------------------------------------------------------- */

/* The first state that is possible, if its weight is 0: a draw from what is
 * asked for. Else one of several, by their weights. */
static bool start(struct walk *w, value thunk)
{
    struct query *q = &w->query;
    struct state *found = NULL;
    double sum = -INFINITY;
    uint32_t count = 0, most = query_tries(q->machine);
    for (uint32_t tries = 0; tries < most && count < STARTS; tries++) {
        if (!run(w, thunk)) return false;
        if (q->impossible || q->weight == -INFINITY) continue;
        double more = q->weight - sum; /* the sum with it, and its share */
        sum =
            more > 0.0 ? q->weight + log1p(exp(-more)) : sum + log1p(exp(more));
        if (!count++ || log(random_open(&q->random)) < q->weight - sum)
            found = w->next;
        if (count == 1 && q->weight == 0.0) break;
    }
    w->now = found;
    if (found) return true;
    q->machine->vain_tries += most;
    error_set(&q->machine->error, ERROR_IMPOSSIBLE,
              "mh-query: the condition did not hold in %u tries",
              (unsigned)most);
    return error_hint(&q->machine->error, "can it hold at all?");
}

/* ---- transitions ----------------------------------------------------- */

/* The site's procedure at v, with the site's value `held` out of its urn. */
struct view {
    double log_p;
    bool new_label;
};

static struct view view(const struct query_choice *c, struct xrp_site *s,
                        value held, value v)
{
    if (!c->urn) return (struct view){c->family->prob(s, v), false};
    c->family->remove(s, held);
    struct view seen = {c->family->prob(s, v), false};
    if (c->family->flags & XRP_LABELS)
        seen.new_label = query_seated(c->urn, v) == (value_equal(v, held));
    c->family->incorporate(s, held);
    return seen;
}

/* Another value of a small support, each alike. V_UNBOUND: there is none. */
static value other_value(struct walk *w, const struct query_choice *c,
                         const struct xrp_site *s)
{
    value list, others[SUPPORT];
    uint32_t n = 0;
    double lo = 0.0, hi = 0.0;
    const struct xrp_family *f = c->family;
    if (!f->enumerate || f->flags & XRP_LABELS ||
        (f->bounds && f->support_kind != SUPPORT_VALUES &&
         f->bounds(s, &lo, &hi) && !(hi - lo < SUPPORT)) ||
        !f->enumerate(s, &list) || list_length(list) > SUPPORT)
        return V_UNBOUND;
    for (; list != V_NIL; list = cdr(list))
        if (!value_equal(car(list), c->held)) others[n++] = car(list);
    return n ? others[random_below(&w->query.random, n)] : V_UNBOUND;
}

/* Those of forms by quadrature take longer than a run. */
static bool knows_scale(const struct xrp_family *f)
{
    return f->moments && (!(f->flags & XRP_FORM) || f == &family_mixture);
}

/* A number near by: how near does not depend on where it is. */
static value near_value(struct walk *w, const struct query_choice *c,
                        const struct xrp_site *s)
{
    struct random *r = &w->query.random;
    double mean, variance = 1.0, scale = exp(1.0 - 4.0 * random_unit(r));
    if (!knows_scale(c->family) || !c->family->moments(s, &mean, &variance) ||
        !(variance > 0.0 && variance < INFINITY))
        variance = 1.0;
    return v_double(as_double(c->held) +
                    scale * sqrt(variance) * random_normal(r));
}

/* Half of the proposals, where there are such: as likely there as back. */
static bool propose_other(struct walk *w)
{
    const struct query_choice *c = w->site->choice;
    struct xrp_site s = query_site(c->family, c->urn, c->count, c->arguments);
    if (random_below(&w->query.random, 2)) return false;
    if (!(c->family->flags & XRP_CONTINUOUS))
        w->proposed = other_value(w, c, &s);
    else
        w->proposed = is_double(c->held) ? near_value(w, c, &s) : V_UNBOUND;
    return w->proposed != V_UNBOUND;
}

static bool propose(struct walk *w, struct view *forward)
{
    struct query_choice *c = w->site->choice, draft = *c;
    struct xrp_site s = query_site(c->family, c->urn, c->count, c->arguments);
    *forward = (struct view){0.0, false};
    w->symmetric = propose_other(w);
    if (w->symmetric) return true;
    if (c->urn) c->family->remove(&s, c->held);
    bool ok = query_draw(&w->query, &draft, &s);
    if (c->urn) c->family->incorporate(&s, c->held);
    w->proposed = draft.held;
    if (ok) *forward = view(c, &s, c->held, w->proposed);
    return ok;
}

static double log_ratio(const struct walk *w, const struct view *forward)
{
    const struct drawn *r = table_find(&w->next->at, w->site->location);
    if (!r || w->query.impossible) return -INFINITY;
    const struct query_choice *c = r->choice;
    struct xrp_site s = query_site(c->family, c->urn, c->count, c->arguments);
    struct view back = {0.0, false};
    if (!w->symmetric) back = view(c, &s, w->proposed, w->site->choice->held);
    if (w->begun != forward->new_label - back.new_label) return -INFINITY;
    return w->next->weight - w->now->weight + w->ratio + back.log_p -
           forward->log_p + log((double)w->now->records.count) -
           log((double)w->next->records.count);
}

/* A proposed state in which something is out of its domain cannot be. */
static bool is_refusal(struct walk *w)
{
    struct error *e = &w->query.machine->error;
    if (e->kind != ERROR_DOMAIN && e->kind != ERROR_IMPOSSIBLE) return false;
    error_clear(e);
    return true;
}

static bool accept(struct walk *w, double log_a)
{
    if (log(random_open(&w->query.random)) < log_a) w->now = w->next;
    return true;
}

/* Nothing is kept, so the ratio is that of the weights. What single choices
 * cannot reach one at a time can be reached so. */
static bool step_afresh(struct walk *w, value thunk)
{
    w->site = NULL;
    if (!run(w, thunk)) return is_refusal(w);
    return w->query.impossible || accept(w, w->next->weight - w->now->weight);
}

static bool step(struct walk *w, value thunk)
{
    struct query *q = &w->query;
    struct view forward;
    uint32_t n = w->now->records.count;
    if (n == 0) return true;
    if (random_below(&q->random, AFRESH) == 0) return step_afresh(w, thunk);
    w->site = w->now->records.at[random_below(&q->random, n)];
    if (!propose(w, &forward)) return false;
    if (value_equal(w->proposed, w->site->choice->held)) return true;
    if (!run(w, thunk)) return is_refusal(w);
    return accept(w, log_ratio(w, &forward));
}

static bool sample(struct walk *w, double samples, double lag, value thunk,
                   value *out)
{
    struct machine *m = w->query.machine;
    struct list answers = {NULL, 0, 0};
    if (!start(w, thunk)) return false;
    for (double i = 0; i < samples; i++) {
        for (double k = 0; k < lag; k++)
            if (!step(w, thunk) || (--m->fuel < 0 && !machine_poll(m)))
                return false;
        if (!list_push(m, &answers, as_object(w->now->answer))) return false;
    }
    value *at = (value *)(void *)answers.at;
    *out = list_from(at, answers.count);
    return *out != V_UNBOUND || machine_no_memory(m);
}

/* Proposals from the posterior itself, where it is known: each is accepted. */
static bool pick(struct walk *w, const struct query_answers *a, double samples,
                 value *out)
{
    struct machine *m = w->query.machine;
    double *below = memory_new_atomic(a->count * sizeof *below), sum = 0.0;
    value *at = memory_new((size_t)samples * sizeof *at);
    if (!below || !at) return machine_no_memory(m);
    for (uint32_t i = 0; i < a->count; i++) below[i] = sum += a->p[i];
    for (size_t i = 0; i < (size_t)samples; i++) {
        double u = random_unit(&w->query.random) * sum;
        uint32_t lo = 0, hi = a->count - 1;
        while (lo < hi) {
            uint32_t mid = lo + (hi - lo) / 2;
            if (u < below[mid])
                hi = mid;
            else
                lo = mid + 1;
        }
        at[i] = a->answer[lo];
    }
    *out = list_from(at, (size_t)samples);
    return *out != V_UNBOUND || machine_no_memory(m);
}

/* Going through all ways should not take longer than the walk. */
static uint32_t ways(double transitions)
{
    return transitions > WAYS ? WAYS : (uint32_t)transitions;
}

bool query_walk(struct machine *m, value seed, double samples, double lag,
                value thunk, value *out)
{
    struct walk *w = memory_new(sizeof *w);
    struct query_answers a;
    if (!w) return machine_no_memory(m);
    if (!query_answers(m, thunk, ways(samples * lag), &a)) return false;
    w->query.decide = decide;
    if (!query_open(&w->query, m, "mh-query")) return false;
    query_seed(&w->query, seed, thunk);
    bool ok = a.count ? pick(w, &a, samples, out)
                      : sample(w, samples, lag, thunk, out);
    query_close(&w->query);
    return ok;
}
