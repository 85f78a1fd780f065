/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * drift: a random walk in unconstrained space, along lines (line.h): along one
 * of a choice alone, in a block along all that are free, and one of those that
 * are not. Each number x has y = T(x) moved by a normal step of its size:
 *
 *     log A = S' - S + q_reverse - q_forward + log(w'/W') - log(w/W)
 *             + sum over numbers of  log N(T'(x) - T'(x'); size) + log |T''(x)|
 *                                  - log N(T(x') - T(x); size)  - log |T'(x')|
 *
 * T is made of the bounds of x: T in the old state, T' in the new one, for a
 * choice of a block may bound another one. Sizes
 * stand for places in the text; in warmup they adapt.
 */
#include <math.h>

#include "base/memory.h"
#include "infer/kernels.h"
#include "infer/walks.h"

/* The best share of accepted walks: of one number, and of many. */
enum { AIM_ONE = 44, AIM_MANY = 25 };

enum { LEGS_OF_ONE = 16 };

static double log_normal(double d, double sd)
{
    return -0.5 * (d / sd) * (d / sd) - log(sd);
}

/* One number of a walk: the line `line` of the target's choice `of`. */
struct leg {
    uint32_t of;
    struct line line;
    struct step_size *size;
    double to;
};

struct party {
    struct kernel *kernel;
    struct engine *engine;
    const struct target *target;
    struct site *sites;      /* scanned */
    struct move_part *parts; /* scanned */
    struct leg *legs;        /* those of a choice stand together */
    uint32_t count;
    bool stuck; /* nothing can move along a line: nothing moves */
};

static bool is_inside(struct unbound b, double x)
{
    return x > b.lo && x < b.hi;
}

static double size_of(const struct party *p, const struct leg *leg)
{
    return exp(leg->size->log_size) / sqrt((double)p->count);
}

/* Where all of them go; *q: log density of the steps, in the space of values.
 * false: nowhere. */
static bool propose(struct party *p, double *q)
{
    for (uint32_t i = 0; i < p->count; i++) {
        struct leg *leg = &p->legs[i];
        struct unbound b = leg->line.bounds;
        double y = unbound_from(b, leg->line.at), sd = size_of(p, leg);
        double d = sd * random_normal(&p->engine->machine->random);
        leg->to = unbound_to(b, y + d);
        if (!is_inside(b, leg->to) || !isfinite(y)) return false;
        *q += log_normal(d, sd) - unbound_jacobian(b, leg->to);
    }
    return true;
}

/* The legs of each choice make its value. */
static bool make_parts(struct party *p)
{
    struct line lines[LEGS_OF_ONE], *all = lines;
    double few[LEGS_OF_ONE], *to = few;
    if (p->count > LEGS_OF_ONE) {
        all = memory_new_atomic(p->count * sizeof *all);
        to = memory_new_atomic(p->count * sizeof *to);
        if (!all || !to) return machine_no_memory(p->engine->machine);
    }
    for (uint32_t i = 0, end; i < p->count; i = end) {
        uint32_t of = p->legs[i].of;
        for (end = i; end < p->count && p->legs[end].of == of; end++) {
            all[end - i] = p->legs[end].line;
            to[end - i] = p->legs[end].to;
        }
        value v = line_value(&p->sites[of], all, to, end - i);
        if (v == V_UNBOUND) return machine_no_memory(p->engine->machine);
        p->parts[of] = (struct move_part){p->target->choices[of], v};
    }
    return true;
}

/* The steps back, by the bounds of the new state; *q is -inf where there are
 * none. */
static bool reverse(const struct party *p, double *q)
{
    const struct engine *e = p->engine;
    struct site now;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct leg *leg = &p->legs[i];
        struct line back;
        double from = leg->line.at, to = leg->to;
        if (!i || leg->of != p->legs[i - 1].of) {
            void *choice =
                e->op->choice_at(p->engine, p->target->locations[leg->of]);
            if (!choice || !e->op->site(p->engine, choice, &now)) return false;
        }
        if (leg->line.which >= line_count(&now) ||
            !line_open(&now, leg->line.which, &back) ||
            !is_inside(back.bounds, from) || !is_inside(back.bounds, to)) {
            *q = -INFINITY;
            return true;
        }
        *q += log_normal(unbound_from(back.bounds, from) -
                             unbound_from(back.bounds, to),
                         size_of(p, leg)) -
              unbound_jacobian(back.bounds, from);
    }
    return true;
}

static void adapt(struct party *p, double ratio)
{
    double share = ratio >= 0.0 ? 1.0 : exp(ratio);
    for (uint32_t i = 0; i < p->count; i++)
        steps_adapt(p->legs[i].size, share,
                    (p->count == 1 ? AIM_ONE : AIM_MANY) / 100.0);
}

static bool go(struct party *p, struct transition_counts *counts)
{
    struct engine *e = p->engine;
    const struct target *t = p->target;
    double forward = 0.0, back = 0.0, share, ratio = -INFINITY;
    bool accepted = false, ok = true;
    struct move m = {.parts = p->parts, .count = t->count};
    if (propose(p, &forward)) {
        ok = make_parts(p) && e->op->move(e, &m);
        if (ok && m.possible) {
            ok = target_share(p->kernel, e, t, NULL, &share) &&
                 reverse(p, &back);
            ratio = m.score + m.reverse - m.forward + share -
                    target_log_share(t) + back - forward;
            accepted = ok && e->op->accept(e, ratio);
        }
        counts->impossible += ok && !m.possible;
        ok = e->op->settle(e, accepted) && ok;
    }
    if (ok) target_count(e, &p->sites[0], accepted, counts);
    if (ok && p->kernel->warming) adapt(p, ratio);
    move_close(&m);
    return ok;
}

/* ---- one line, or many ---------------------------------------------------------- */

static bool along(struct walk *w, struct transition_counts *counts)
{
    struct move_part part;
    struct leg leg = {.line = w->line, .size = w->size};
    struct party p = {w->kernel, w->engine, w->target, &w->site,
                      &part,     &leg,      1,         false};
    return go(&p, counts);
}

static bool add_leg(struct party *p, uint32_t of, uint32_t which)
{
    struct leg *leg = &p->legs[p->count++];
    leg->of = of;
    if (!line_open(&p->sites[of], which, &leg->line)) p->stuck = true;
    leg->size = steps_at(p->kernel->state, p->sites[of].place);
    return leg->size || machine_no_memory(p->engine->machine);
}

/* All lines of those that are free, and one of the others, at random. */
static bool add_legs(struct party *p, uint32_t of)
{
    const struct site *s = &p->sites[of];
    uint32_t n = line_count(s);
    if (!lines_are_free(s))
        return add_leg(p, of,
                       (uint32_t)random_below(&p->engine->machine->random, n));
    for (uint32_t i = 0; i < n; i++)
        if (!add_leg(p, of, i)) return false;
    return true;
}

static bool open_party(struct party *p)
{
    struct engine *e = p->engine;
    uint32_t n = p->target->count, lines = 0;
    p->sites = memory_new(n * sizeof *p->sites);
    p->parts = memory_new(n * sizeof *p->parts);
    if (!p->sites || !p->parts) return machine_no_memory(e->machine);
    for (uint32_t i = 0; i < n; i++) {
        if (!e->op->site(e, p->target->choices[i], &p->sites[i])) return false;
        uint32_t own = line_count(&p->sites[i]);
        if (!own) return walks_refuse(p->kernel, e, &p->sites[i]);
        lines += own;
    }
    p->legs = memory_new_atomic(lines * sizeof *p->legs);
    if (!p->legs) return machine_no_memory(e->machine);
    for (uint32_t i = 0; i < n; i++)
        if (!add_legs(p, i)) return false;
    /* The list of sizes moves while it grows. */
    for (uint32_t i = 0; i < p->count; i++)
        p->legs[i].size =
            steps_at(p->kernel->state, p->sites[p->legs[i].of].place);
    return true;
}

static bool move(struct kernel *k, struct engine *e, struct target *t,
                 struct transition_counts *counts)
{
    struct party p = {.kernel = k, .engine = e, .target = t};
    if (t->count == 1 && k->pick != PICK_BLOCK)
        return walks_along(k, e, t, along, counts);
    return open_party(&p) && (p.stuck || go(&p, counts));
}

/* ---- the kernel --------------------------------------------------------------- */

static bool init(struct kernel *k, struct engine *e)
{
    return walks_open(k, e, isnan(k->number) ? 1.0 : k->number);
}

static bool step(struct kernel *k, struct engine *e,
                 struct transition_counts *counts)
{
    return target_each(k, e, move, counts);
}

const struct kernel_row kernel_drift = {
    .name = "drift",
    .signature = "(drift scope [sd] [pick])",
    .doc = "random walk in unconstrained space, of numbers, arrays, shares and "
           "matrices; its steps are adapted in warmup",
    .takes = TAKES_SCOPE | NEEDS_SCOPE | TAKES_NUMBER | TAKES_PICK,
    .single_site = true,
    .init = init,
    .step = step,
    .close = walks_close,
    .save = walks_save,
    .load = walks_load,
};
