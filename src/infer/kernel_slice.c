/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * slice: Neal (2003), "Slice sampling", one number at a time in unconstrained
 * space, along the lines of line.h. A height is drawn under the density at the present point; an
 * interval around it is stepped out (or doubled) until both ends are below;
 * then points are drawn in it, and it shrinks towards the present one, until
 * a point is above.
 *
 * The density of a point is that of the whole state there. A point that
 * changes what there is has density 0: the walk is within the states that
 * have the choices of this one, and one transition in COIN is plain mh,
 * before anybody looks, so that the others are reached, too.
 */
#include <math.h>

#include "infer/kernels.h"
#include "infer/walks.h"

enum { COIN = 16, SHRINKS_MAX = 200 };
enum { WIDTH, MOST, DOUBLING };

struct slice {
    const struct walk *walk;
    double here;   /* the present point, unconstrained */
    double height; /* log, relative to the density here */
};

static double option(const struct slice *s, int which)
{
    return s->walk->kernel->options[which];
}

static struct random *random_of(const struct slice *s)
{
    return &s->walk->engine->machine->random;
}

/* Log density at y relative to here, with the Jacobian; keep: stay there. */
static bool density(struct slice *s, double y, bool keep, double *out)
{
    const struct walk *w = s->walk;
    struct engine *e = w->engine;
    struct unbound b = w->line.bounds;
    double to = unbound_to(b, y), share;
    *out = -INFINITY;
    if (!(to > b.lo && to < b.hi)) return true;
    struct move_part part = {w->target->choices[0],
                             line_value(&w->site, &w->line, &to, 1)};
    if (part.to == V_UNBOUND) return machine_no_memory(e->machine);
    struct move m = {.parts = &part, .count = 1};
    bool ok = e->op->move(e, &m);
    if (ok && m.possible && m.steady && !m.fresh_count && !m.removed_count) {
        ok = target_share(w->kernel, e, w->target, NULL, &share);
        *out = m.score + share - target_log_share(w->target) +
               unbound_jacobian(b, to) - unbound_jacobian(b, w->line.at);
    }
    if (!(*out > -INFINITY)) keep = false;
    ok = e->op->settle(e, ok && keep) && ok;
    move_close(&m);
    return ok;
}

static bool is_inside(struct slice *s, double y, bool *inside)
{
    double at;
    if (!density(s, y, false, &at)) return false;
    *inside = at > s->height;
    return true;
}

/* [N] figure 3. */
static bool step_out(struct slice *s, double w, double *l, double *r)
{
    struct random *random = random_of(s);
    double most = option(s, MOST);
    *l = s->here - w * random_unit(random);
    *r = *l + w;
    double left = floor(most * random_unit(random)), right = most - 1.0 - left;
    bool inside = true;
    for (; left > 0.0; left--, *l -= w) {
        if (!is_inside(s, *l, &inside)) return false;
        if (!inside) break;
    }
    for (; right > 0.0; right--, *r += w) {
        if (!is_inside(s, *r, &inside)) return false;
        if (!inside) break;
    }
    return true;
}

/* [N] figure 4. */
static bool double_out(struct slice *s, double w, double *l, double *r)
{
    struct random *random = random_of(s);
    bool in_l, in_r;
    *l = s->here - w * random_unit(random);
    *r = *l + w;
    if (!is_inside(s, *l, &in_l) || !is_inside(s, *r, &in_r)) return false;
    for (int i = (int)fmin(option(s, MOST), 40.0); i > 0 && (in_l || in_r);
         i--) {
        double width = *r - *l;
        bool to_left = random_unit(random) < 0.5;
        if (to_left)
            *l -= width;
        else
            *r += width;
        if (!is_inside(s, to_left ? *l : *r, to_left ? &in_l : &in_r))
            return false;
    }
    return true;
}

/* [N] figure 6: could the doubling have ended in this interval from y? */
static bool is_reached(struct slice *s, double w, double l, double r, double y,
                       bool *ok)
{
    bool differ = false, in_l, in_r;
    while (r - l > 1.1 * w) {
        double middle = 0.5 * (l + r);
        if ((s->here < middle) != (y < middle)) differ = true;
        if (y < middle)
            r = middle;
        else
            l = middle;
        if (!differ) continue;
        *ok = is_inside(s, l, &in_l) && is_inside(s, r, &in_r);
        if (!*ok) return false;
        if (!in_l && !in_r) return false;
    }
    return true;
}

/* [N] figure 5. */
static bool shrink(struct slice *s, double w, double l, double r, bool *moved)
{
    struct random *random = random_of(s);
    double low = l, high = r, at;
    *moved = false;
    for (int i = 0; i < SHRINKS_MAX; i++) {
        double y = l + (r - l) * random_unit(random);
        bool inside, ok = true;
        if (!is_inside(s, y, &inside)) return false;
        if (inside && option(s, DOUBLING) != 0.0)
            inside = is_reached(s, w, low, high, y, &ok);
        if (!ok) return false;
        if (inside) {
            *moved = true;
            return density(s, y, true, &at);
        }
        if (y < s->here)
            l = y;
        else
            r = y;
    }
    return true;
}

static bool along(struct walk *w, struct transition_counts *counts)
{
    struct slice s = {.walk = w};
    double l, r, width = exp(w->size->log_size);
    bool moved;
    s.here = unbound_from(w->line.bounds, w->line.at);
    if (!isfinite(s.here)) return true;
    s.height = log(random_open(random_of(&s)));
    bool doubling = option(&s, DOUBLING) != 0.0;
    if (!(doubling ? double_out : step_out)(&s, width, &l, &r) ||
        !shrink(&s, width, l, r, &moved))
        return false;
    /* A width of about the interval that the steps found. */
    if (w->kernel->warming && r - l > 0.0) {
        w->size->seen++;
        w->size->log_size += (log(r - l) - log(2.0) - w->size->log_size) /
                             pow((double)w->size->seen + 1.0, 0.7);
    }
    target_count(w->engine, &w->site, moved, counts);
    return true;
}

/* What has no prior is never drawn from it. */
static bool draws_prior(struct engine *e, const struct site *s)
{
    static const double coin[2] = {1.0 / COIN, 1.0 - 1.0 / COIN};
    return !(xrp_flags_at(s->family, &s->at) & XRP_IMPROPER) &&
           e->op->pick(e, 2, coin) == 0;
}

static bool move(struct kernel *k, struct engine *e, struct target *t,
                 struct transition_counts *counts)
{
    struct site s;
    if (t->count > 1)
        return kernel_refuse(k, e,
                             "a block has %u choices, and it moves one "
                             "number at a time",
                             t->count);
    if (!e->op->site(e, t->choices[0], &s)) return false;
    return draws_prior(e, &s) ? target_redraw(k, e, t, counts)
                              : walks_along(k, e, t, along, counts);
}

static bool init(struct kernel *k, struct engine *e)
{
    return walks_open(k, e, k->options[WIDTH]);
}

static bool step(struct kernel *k, struct engine *e,
                 struct transition_counts *counts)
{
    return target_each(k, e, move, counts);
}

static const struct kernel_option options[] = {
    {":width", 1.0, 1e-12, 1e12, "a first width, in unconstrained space", NULL},
    {":max", 64, 1, 1e6, "the most steps out, from 1 to 1e6", NULL},
    {":doubling", 0, 0, 1, "true or false: doubles instead of stepping out",
     NULL},
    {NULL, 0, 0, 0, NULL, NULL}};

const struct kernel_row kernel_slice = {
    .name = "slice",
    .signature = "(slice scope [pick] [:width 1] [:max 64] [:doubling false])",
    .doc = "slice sampling of one number at a time, of arrays, shares and "
           "matrices, too; its width is adapted in warmup",
    .takes = TAKES_SCOPE | NEEDS_SCOPE | TAKES_PICK,
    .options = options,
    .single_site = true,
    .init = init,
    .step = step,
    .close = walks_close,
    .save = walks_save,
    .load = walks_load,
};
