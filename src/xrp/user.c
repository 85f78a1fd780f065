/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The functions of the families whose procedures a user wrote: each puts
 * together the operands, calls the procedure, and looks at what it answers.
 *
 * Operands stand in the order of the report: the state (when there is one),
 * the value, then parameters and arguments. A state is a value of the
 * language and never changes, so a copy of an urn is a few words. Where no
 * procedure scores a whole state, a bag of its contents is kept, and is gone
 * through once when a parameter moves. Where a procedure scores whole states
 * and none single values, a value's log probability is by how much it raises
 * the score of the state.
 *
 * A state that hides something (:state-transition) is begun where it is made,
 * so that all copies hide the same, and keeps its bag: empty states are what
 * is left when all of it is taken out.
 */
#include "xrp/user.h"

#include <math.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/memory.h"
#include "xrp/family.h"
#include "xrp/user_bag.h"

/* `now` is V_UNBOUND before the first use: :initialize is called then. Broken
 * is one whose procedures failed: it scores NaN. */
struct contents {
    value now;
    uint64_t count;
    const struct bag *bag; /* NULL when it is not `bagged` */
    bool broken;
};

/* ---- operands ------------------------------------------------------------- */

static struct user *site_user(const struct xrp_site *s)
{
    if (s->params) return user_of(s->params[0]);
    return s->args && s->arg_count ? user_of(s->args[0]) : NULL;
}

enum { FEW = 12, LABEL_BITS = 46 };

struct operands {
    int count;
    value few[FEW], *at;
};

/* The leading values, then parameters and arguments without the user. */
static bool gather(const struct xrp_site *s, int leading, const value *first,
                   bool arguments, struct operands *o)
{
    int params = s->params ? s->param_count - 1 : 0;
    const value *args = s->params ? s->args : s->args + 1;
    int given = s->params ? s->arg_count : s->arg_count - 1;
    if (!arguments) given = 0;
    o->count = leading + params + given;
    o->at = o->few;
    if (o->count > FEW &&
        !(o->at = memory_new((size_t)o->count * sizeof *o->at)))
        return false;
    value *to = o->at;
    for (int i = 0; i < leading; i++) *to++ = first[i];
    for (int i = 0; i < params; i++) *to++ = s->params[i + 1];
    for (int i = 0; i < given; i++) *to++ = args[i];
    return true;
}

/* The state, if there is one, at the head of `first`; how many there are. */
static int lead(const struct user *u, const struct contents *c, value *first,
                int count)
{
    if (!u->stateful) return count;
    memmove(first + 1, first, (size_t)count * sizeof *first);
    first[0] = c->now;
    return count + 1;
}

/* One of the procedures, with the state before the `count` values. */
static bool call(struct user *u, enum user_slot slot, const struct xrp_site *s,
                 const struct contents *c, struct random *r, int count,
                 const value *given, value *out)
{
    value first[3];
    struct operands o;
    for (int i = 0; i < count; i++) first[i] = given[i];
    return gather(s, lead(u, c, first, count), first,
                  slot != USER_STATE_TRANSITION && slot != USER_STATE_WEIGHT,
                  &o) &&
           user_call(u, slot, r, o.count, o.at, out);
}

/* ---- states ----------------------------------------------------------------- */

static bool hides(const struct user *u)
{
    return u->procedures[USER_STATE_TRANSITION] != V_FALSE;
}

/* Must it be known what is in a state? */
static bool is_bagged(const struct user *u)
{
    return u->procedures[USER_SCORE_STATE] == V_FALSE || hides(u);
}

static void begin(struct user *u, struct contents *c)
{
    if (user_call(u, USER_INITIALIZE, NULL, 0, NULL, &c->now)) return;
    c->now = V_UNBOUND;
    c->broken = true;
}

static void *initialize(const struct xrp_site *s)
{
    struct contents *c = memory_new(sizeof *c);
    struct user *u = site_user(s);
    if (!c) return NULL;
    c->now = V_UNBOUND;
    if (u && hides(u)) begin(u, c);
    return c;
}

static void *copy(const void *state)
{
    struct contents *c = memory_new(sizeof *c);
    if (c) *c = *(const struct contents *)state;
    return c;
}

static uint64_t count(const void *state)
{
    return ((const struct contents *)state)->count;
}

/* The contents of a site, begun; false when its procedures failed. Without
 * state there is nothing that could. */
static bool begun(struct user *u, const struct xrp_site *s, struct contents **c)
{
    *c = s->state;
    if (!u || (u->stateful && !*c)) return false;
    if (!u->stateful) return true;
    if (u->seen)
        memcpy(u->seen, s->params, (u->parameters + 1) * sizeof *u->seen);
    if ((*c)->broken) return false;
    if ((*c)->now == V_UNBOUND) begin(u, *c);
    return !(*c)->broken;
}

/* What a bag holds of an application: its value, or where there may be
 * arguments a list of it and of them. V_UNBOUND when memory ran out. */
static value bagged(const struct user *u, const struct xrp_site *s, value v)
{
    if (!u->max) return v;
    value arguments = list_from(s->args, (size_t)s->arg_count);
    return arguments == V_UNBOUND ? V_UNBOUND : cons(v, arguments);
}

static bool count_in_bag(struct contents *c, const struct xrp_site *s, value v,
                         bool in)
{
    value what = bagged(site_user(s), s, v);
    return what != V_UNBOUND &&
           (in ? bag_add : bag_drop)(c->bag, what, &c->bag);
}

static void change(const struct xrp_site *s, enum user_slot slot, value v)
{
    struct user *u = site_user(s);
    struct contents *c;
    if (!begun(u, s, &c)) return;
    bool in = slot == USER_INCORPORATE;
    bool counted = !is_bagged(u) || count_in_bag(c, s, v, in);
    c->broken = !counted || !call(u, slot, s, c, NULL, 1, &v, &c->now);
    c->count += in ? 1 : (uint64_t)-1;
}

static void incorporate(const struct xrp_site *s, value v)
{
    change(s, USER_INCORPORATE, v);
}

static void take_out(const struct xrp_site *s, value v)
{
    change(s, USER_REMOVE, v);
}

static void unsample(const struct xrp_site *s, value v)
{
    struct user *u = site_user(s);
    struct contents *c;
    value answer;
    if (!begun(u, s, &c)) return;
    bool ok = call(u, USER_UNSAMPLE, s, c, NULL, 1, &v, &answer);
    if (!u->stateful) return;
    c->broken = !ok;
    if (ok) c->now = answer;
}

/* ---- drawing and scoring ---------------------------------------------------- */

static bool sample(const struct xrp_site *s, struct random *r, value *out)
{
    struct user *u = site_user(s);
    struct contents *c;
    return begun(u, s, &c) && call(u, USER_SAMPLE, s, c, r, 0, NULL, out);
}

static double score_whole(struct user *u, const struct xrp_site *s, value now)
{
    struct operands o;
    return gather(s, 1, &now, false, &o)
               ? user_log(u, USER_SCORE_STATE, o.count, o.at)
               : NAN;
}

/* By how much v raises the score of the whole. */
static double prob_by_whole(struct user *u, const struct xrp_site *s,
                            const struct contents *c, value v)
{
    value with;
    double before = score_whole(u, s, c->now);
    if (!(before > -INFINITY) ||
        !call(u, USER_INCORPORATE, s, c, NULL, 1, &v, &with))
        return NAN;
    return score_whole(u, s, with) - before;
}

static double prob_in(struct user *u, const struct xrp_site *s,
                      const struct contents *c, value v)
{
    value first[3] = {v};
    struct operands o;
    if (u->procedures[USER_PROB] == V_FALSE) return prob_by_whole(u, s, c, v);
    if (!gather(s, lead(u, c, first, 1), first, true, &o)) return NAN;
    return user_log(u, USER_PROB, o.count, o.at);
}

static double prob(const struct xrp_site *s, value v)
{
    struct user *u = site_user(s);
    struct contents *c;
    return begun(u, s, &c) ? prob_in(u, s, c, v) : NAN;
}

/* One after another, from an empty state; the order does not matter. */
struct replay {
    struct user *user;
    const struct xrp_site *site;
    struct contents contents;
    bool pairs; /* the bag holds arguments, too */
    double score;
};

/* The application that a bag holds: its arguments, in `few` or elsewhere, and
 * its value. */
static bool unbag(const struct replay *p, value *few, struct xrp_site *s,
                  value *v)
{
    value *args = few;
    *s = *p->site;
    if (!p->pairs) return true;
    int count = (int)list_length(cdr(*v));
    if (count > FEW && !(args = memory_new((size_t)count * sizeof *args)))
        return false;
    s->args = args;
    s->arg_count = count;
    for (value rest = cdr(*v); is_pair(rest); rest = cdr(rest))
        *args++ = car(rest);
    *v = car(*v);
    return true;
}

static bool play(void *context, value v, uint64_t n)
{
    struct replay *p = context;
    struct xrp_site s;
    value few[FEW];
    if (!unbag(p, few, &s, &v)) return false;
    for (; n; n--) {
        p->score += prob_in(p->user, &s, &p->contents, v);
        if (!(p->score > -INFINITY) ||
            !call(p->user, USER_INCORPORATE, &s, &p->contents, NULL, 1, &v,
                  &p->contents.now))
            return false;
    }
    return true;
}

static bool drain(void *context, value v, uint64_t n)
{
    struct replay *p = context;
    struct xrp_site s;
    value few[FEW];
    if (!unbag(p, few, &s, &v)) return false;
    while (n && call(p->user, USER_REMOVE, &s, &p->contents, NULL, 1, &v,
                     &p->contents.now))
        n--;
    return n == 0;
}

/* An empty state: the first one; or what hides the same. */
static bool emptied(struct replay *p, const struct contents *c)
{
    if (!hides(p->user))
        return user_call(p->user, USER_INITIALIZE, NULL, 0, NULL,
                         &p->contents.now);
    p->contents.now = c->now;
    return bag_each(c->bag, drain, p);
}

static double score_state(const struct xrp_site *s)
{
    struct user *u = site_user(s);
    struct contents *c;
    if (!begun(u, s, &c)) return NAN;
    if (u->procedures[USER_SCORE_STATE] != V_FALSE)
        return score_whole(u, s, c->now);
    struct replay p = {u, s, {.now = V_UNBOUND}, u->max != 0, 0.0};
    if (!emptied(&p, c)) return NAN;
    if (!bag_each(c->bag, play, &p) && p.score > -INFINITY) return NAN;
    return p.score;
}

/* Without the state, and with parameters only where they are as good as
 * arguments: those of a state move while it is asked. */
static enum xrp_decision rescores(const struct xrp_site *s, value v)
{
    struct user *u = site_user(s);
    struct xrp_site bare = *s;
    struct operands o;
    value answer;
    if (bare.params) bare.param_count = 1;
    if (!u || !gather(&bare, 1, &v, true, &o) ||
        !user_call(u, USER_RESCORES, NULL, o.count, o.at, &answer))
        return XRP_UNDECIDED;
    if (is_boolean(answer))
        return answer == V_TRUE ? XRP_KEPT : XRP_APPLIED_AGAIN;
    user_wrong(u, USER_RESCORES, "True or False", answer);
    return XRP_UNDECIDED;
}

/* ---- proposals -------------------------------------------------------------- */

/* (new forward backward) */
static bool read_proposal(struct user *u, enum user_slot slot, value answer,
                          value *out, double *forward, double *backward)
{
    bool good = is_list(answer) && list_length(answer) == 3;
    value f = good ? car(cdr(answer)) : V_FALSE;
    value b = good ? car(cdr(cdr(answer))) : V_FALSE;
    if (!is_number(f) || !is_number(b))
        return user_wrong(u, slot,
                          "(list new forward backward), or False where there "
                          "is none",
                          answer);
    *out = car(answer);
    *forward = as_number(f);
    *backward = as_number(b);
    return true;
}

static bool propose(const struct xrp_site *s, struct random *r, value old,
                    value *out, double *forward, double *backward)
{
    struct user *u = site_user(s);
    struct contents *c;
    value answer;
    return begun(u, s, &c) &&
           call(u, USER_PROPOSE, s, c, r, 1, &old, &answer) &&
           answer != V_FALSE &&
           read_proposal(u, USER_PROPOSE, answer, out, forward, backward);
}

static double read_weight(struct user *u, enum user_slot slot, value v)
{
    if (is_number(v) && as_number(v) >= 0.0 && as_number(v) < INFINITY)
        return as_number(v);
    user_wrong(u, slot, "a number that is not negative", v);
    return NAN;
}

static double weight(const struct xrp_site *s, value v)
{
    struct user *u = site_user(s);
    struct contents *c;
    value answer;
    if (!begun(u, s, &c) || !call(u, USER_WEIGHT, s, c, NULL, 1, &v, &answer))
        return NAN;
    return read_weight(u, USER_WEIGHT, answer);
}

static double state_weight(const struct xrp_site *s)
{
    struct user *u = site_user(s);
    struct contents *c;
    value answer;
    if (!begun(u, s, &c) ||
        !call(u, USER_STATE_WEIGHT, s, c, NULL, 0, NULL, &answer))
        return NAN;
    return read_weight(u, USER_STATE_WEIGHT, answer);
}

static bool state_propose(const struct xrp_site *s, struct random *r, int n,
                          const value *arguments, value *values,
                          double *forward, double *backward)
{
    struct user *u = site_user(s);
    struct contents *c;
    struct xrp_site all = *s;
    value given = list_from(values, (size_t)n), answer, moved;
    value lists = u && u->max ? list_from(arguments, (size_t)n) : V_NIL;
    all.args = &lists;
    all.arg_count = u && u->max;
    if (given == V_UNBOUND || lists == V_UNBOUND || !begun(u, s, &c) ||
        !call(u, USER_STATE_PROPOSE, &all, c, r, 1, &given, &answer) ||
        answer == V_FALSE ||
        !read_proposal(u, USER_STATE_PROPOSE, answer, &moved, forward,
                       backward))
        return false;
    if (!is_list(moved) || list_length(moved) != (uint32_t)n)
        return user_wrong(u, USER_STATE_PROPOSE,
                          "as many values as it was given", moved);
    for (; is_pair(moved); moved = cdr(moved)) *values++ = car(moved);
    return true;
}

/* ---- what a state hides ----------------------------------------------------- */

static void *renew(const struct xrp_site *s, const void *state)
{
    const struct contents *from = state;
    struct contents *c = memory_new(sizeof *c);
    struct user *u = site_user(s);
    if (!c || !u) return c;
    struct replay p = {u, s, {.now = V_UNBOUND}, u->max != 0, 0.0};
    c->broken = from->broken || !emptied(&p, from);
    c->now = c->broken ? V_UNBOUND : p.contents.now;
    return c;
}

static bool transit(const struct xrp_site *s, struct random *r)
{
    struct user *u = site_user(s);
    struct contents *c;
    value moved;
    if (!begun(u, s, &c) ||
        !call(u, USER_STATE_TRANSITION, s, c, r, 0, NULL, &moved) ||
        moved == V_FALSE)
        return false;
    c->now = moved;
    return true;
}

/* ---- support and slopes ----------------------------------------------------- */

static bool is_among(value v, const value *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (value_equal(all[i], v)) return true;
    return false;
}

/* The last label stands for a new one. Where it is in use by now another takes
 * its place, always the same one: who goes through all ways of a program meets
 * each of them once. */
static bool name_last(value *list)
{
    size_t n = list_length(*list), others = n - (n > 0);
    value *all = memory_new((n + 1) * sizeof *all);
    uint64_t hash = n;
    if (!all) return false;
    for (size_t i = 0; i < n; i++, *list = cdr(*list)) all[i] = car(*list);
    for (size_t i = 0; i < others; i++) hash += value_hash(all[i], NULL);
    while (n && is_among(all[others], all, others)) {
        hash = hash_finish(hash + 1);
        all[others] = v_int((int64_t)(hash >> (64 - LABEL_BITS)));
    }
    *list = list_from(all, n);
    return *list != V_UNBOUND;
}

static bool enumerate(const struct xrp_site *s, value *list)
{
    struct user *u = site_user(s);
    struct contents *c;
    if (!begun(u, s, &c)) return false;
    if (!is_procedure(u->procedures[USER_SUPPORT])) {
        *list = V_NIL; /* the shape says that it is boolean */
        return enumerate_onto(V_FALSE, list) && enumerate_onto(V_TRUE, list);
    }
    if (!call(u, USER_SUPPORT, s, c, NULL, 0, NULL, list)) return false;
    if (!is_list(*list))
        return user_wrong(u, USER_SUPPORT, "a list of values", *list);
    return !(s->family->flags & XRP_LABELS) || name_last(list);
}

/* A list or vector: by the value, by each parameter, by each argument. */
static bool gradient(const struct xrp_site *s, value v, double *by_value,
                     double *by_arg)
{
    struct user *u = site_user(s);
    struct contents *c;
    struct series all;
    value answer;
    if (!begun(u, s, &c) || !call(u, USER_GRADIENT, s, c, NULL, 1, &v, &answer))
        return false;
    int n = s->params ? s->param_count : s->arg_count;
    if (!series_open(&all, answer) || all.count != (uint32_t)n)
        return user_wrong(u, USER_GRADIENT,
                          "a slope by the value and one by each parameter and "
                          "argument",
                          answer);
    by_arg[0] = NAN; /* the user itself */
    for (int i = 0; i < n; i++) {
        double *to = i ? by_arg + i : by_value;
        value slope = series_next(&all);
        *to = is_number(slope) ? as_number(slope) : NAN;
    }
    return true;
}

/* ---- errors ----------------------------------------------------------------- */

static bool failure(const struct xrp_site *s, struct error *error)
{
    struct user *u = site_user(s);
    return u && user_failure(u, error);
}

static bool explain(const struct xrp_site *s, char *words, size_t size)
{
    snprintf(words, size, "one of its procedures failed");
    return failure(s, NULL);
}

/* ---- the family ------------------------------------------------------------- */

static bool has(const struct user *u, enum user_slot slot)
{
    return is_procedure(u->procedures[slot]);
}

void user_family_fill(struct xrp_family *f, const struct user *u)
{
    f->sample = sample;
    f->prob = prob;
    f->explain = explain;
    f->failure = failure;
    if (u->stateful) {
        f->initialize = initialize;
        f->incorporate = incorporate;
        f->remove = take_out;
        f->score_state = score_state;
        f->copy = copy;
        f->count = count;
    }
    if (has(u, USER_UNSAMPLE)) f->unsample = unsample;
    if (has(u, USER_PROPOSE)) f->propose = propose;
    if (has(u, USER_WEIGHT) && u->stateful) f->weight = weight;
    if (has(u, USER_STATE_WEIGHT)) f->state_weight = state_weight;
    if (has(u, USER_STATE_PROPOSE)) f->state_propose = state_propose;
    if (has(u, USER_STATE_TRANSITION)) {
        f->renew = renew;
        f->transit = transit;
    }
    if (has(u, USER_GRADIENT)) f->gradient = gradient;
    if (has(u, USER_RESCORES)) f->rescores = rescores;
    if (has(u, USER_SUPPORT) || f->support_kind == SUPPORT_BOOLEAN)
        f->enumerate = enumerate;
}

struct user *user_of(value v)
{
    if (!is_type(v, T_XRP)) return NULL;
    struct xrp *x = as_object(v);
    /* Urns have the family too, but they are an engine's. */
    return x->family->sample == sample && x->base.head.spare == USER_MARK
               ? (struct user *)x
               : NULL;
}
