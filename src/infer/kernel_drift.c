/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * drift: a random walk in unconstrained space. Each choice x of the target
 * has y = T(x) moved by a normal step of its size:
 *
 *     log A = S' - S + q_reverse - q_forward + log(w'/W') - log(w/W)
 *             + sum over choices of  log N(T'(x) - T'(x'); size) + log |T''(x)|
 *                                  - log N(T(x') - T(x); size)  - log |T'(x')|
 *
 * T is made of the bounds that the arguments of x give: T in the old state,
 * T' in the new one, for a choice of a block may bound another one. Sizes
 * stand for places in the text; in warmup they adapt.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "infer/kernels.h"
#include "infer/steps.h"
#include "infer/target.h"
#include "infer/unbound.h"

/* The best share of accepted walks: of one number, and of many. */
enum { AIM_ONE = 44, AIM_MANY = 25 };

static double log_normal(double d, double sd)
{
    return -0.5 * (d / sd) * (d / sd) - log(sd);
}

static bool refuse(struct kernel *k, struct engine *e, const struct site *s)
{
    char words[80];
    kernel_refuse(k, e, "'%s' is no continuous number (scope of %s)",
                  target_words(s->place, words, sizeof words), k->name);
    e->machine->error.span = s->place;
    return error_hint(&e->machine->error, "(%s (and continuous ...))",
                      k->row->name);
}

struct walk {
    struct site *sites; /* scanned */
    struct unbound *bounds;
    struct step_size **sizes;
    struct move_part *parts; /* scanned */
};

static bool walk_open(struct walk *w, struct kernel *k, struct engine *e,
                      const struct target *t)
{
    uint32_t n = t->count;
    w->sites = memory_new(n * sizeof *w->sites);
    w->parts = memory_new(n * sizeof *w->parts);
    w->bounds = memory_new_atomic(n * sizeof *w->bounds);
    w->sizes = memory_new(n * sizeof(struct step_size *));
    if (!w->sites || !w->parts || !w->bounds || !w->sizes)
        return machine_no_memory(e->machine);
    for (uint32_t i = 0; i < n; i++) {
        if (!e->op->site(e, t->choices[i], &w->sites[i])) return false;
        if (!unbound_of(&w->sites[i], &w->bounds[i]))
            return refuse(k, e, &w->sites[i]);
        if (!steps_at(k->state, w->sites[i].place))
            return machine_no_memory(e->machine);
    }
    /* The list moves while it grows. */
    for (uint32_t i = 0; i < n; i++)
        w->sizes[i] = steps_at(k->state, w->sites[i].place);
    return true;
}

static double step_of(const struct walk *w, uint32_t i, uint32_t n)
{
    return exp(w->sizes[i]->log_size) / sqrt((double)n);
}

/* Values for all; *q: log density of the steps, in the space of values. */
static bool propose(struct walk *w, struct engine *e, const struct target *t,
                    double *q)
{
    struct random *r = &e->machine->random;
    for (uint32_t i = 0; i < t->count; i++) {
        struct unbound b = w->bounds[i];
        double x = as_number(w->sites[i].held), y = unbound_from(b, x);
        double sd = step_of(w, i, t->count), d = sd * random_normal(r);
        double to = unbound_to(b, y + d);
        if (!(to > b.lo && to < b.hi && isfinite(y))) return false;
        w->parts[i] = (struct move_part){t->choices[i], v_double(to)};
        *q += log_normal(d, sd) - unbound_jacobian(b, to);
    }
    return true;
}

/* The steps back, by the bounds of the new state. */
static bool reverse(struct walk *w, struct engine *e, const struct target *t,
                    double *q)
{
    for (uint32_t i = 0; i < t->count; i++) {
        struct site now;
        struct unbound b;
        void *choice = e->op->choice_at(e, t->locations[i]);
        if (!choice || !e->op->site(e, choice, &now)) return false;
        double x = as_number(w->sites[i].held);
        double to = as_number(w->parts[i].to);
        if (!unbound_of(&now, &b) || !(x > b.lo && x < b.hi) ||
            !(to > b.lo && to < b.hi)) {
            *q = -INFINITY;
            return true;
        }
        *q += log_normal(unbound_from(b, x) - unbound_from(b, to),
                         step_of(w, i, t->count)) -
              unbound_jacobian(b, x);
    }
    return true;
}

static bool move(struct kernel *k, struct engine *e, struct target *t,
                 struct transition_counts *counts)
{
    struct walk w;
    double forward = 0.0, back = 0.0, share, ratio = -INFINITY;
    bool accepted = false;
    if (!walk_open(&w, k, e, t)) return false;
    struct move m = {.parts = w.parts, .count = t->count};
    bool ok = true;
    if (propose(&w, e, t, &forward)) {
        ok = e->op->move(e, &m);
        if (ok && m.possible) {
            ok =
                target_share(k, e, t, NULL, &share) && reverse(&w, e, t, &back);
            ratio = m.score + m.reverse - m.forward + share - t->log_share +
                    back - forward;
            accepted = ok && e->op->accept(e, ratio);
        }
        counts->impossible += ok && !m.possible;
        ok = e->op->settle(e, accepted) && ok;
    }
    if (ok) target_count(e, &w.sites[0], accepted, counts);
    for (uint32_t i = 0; ok && k->warming && i < t->count; i++)
        steps_adapt(w.sizes[i], ratio >= 0.0 ? 1.0 : exp(ratio),
                    (t->count == 1 ? AIM_ONE : AIM_MANY) / 100.0);
    move_close(&m);
    return ok;
}

/* ---- the kernel --------------------------------------------------------------- */

static bool init(struct kernel *k, struct engine *e)
{
    struct step_sizes *s = memory_new(sizeof *s);
    if (!s) return machine_no_memory(e->machine);
    s->first = isnan(k->number) ? 1.0 : k->number;
    k->state = s;
    for (uint32_t i = 0; i < k->scope->member_count; i++) {
        struct site site;
        struct unbound b;
        if (!e->op->site(e, k->scope->members[i].choice, &site)) return false;
        if (!unbound_of(&site, &b)) return refuse(k, e, &site);
    }
    return true;
}

static void close(struct kernel *k)
{
    if (k->state) steps_close(k->state);
    k->state = NULL;
}

static bool step(struct kernel *k, struct engine *e,
                 struct transition_counts *counts)
{
    return target_each(k, e, move, counts);
}

const struct kernel_row kernel_drift = {
    .name = "drift",
    .signature = "(drift scope [sd] [pick])",
    .doc = "random walk in unconstrained space, its steps adapted in warmup",
    .takes = TAKES_SCOPE | NEEDS_SCOPE | TAKES_NUMBER | TAKES_PICK,
    .single_site = true,
    .init = init,
    .step = step,
    .close = close,
};
