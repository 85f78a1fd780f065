/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The no-U-turn sampler: see nuts.h. A *tree* is a piece of a trajectory of
 * 2^depth points. Two neighbours join into one; that is all there is, for the
 * parts of a new subtree and for the subtree with the trajectory so far. A
 * tree can be seen from either end, so going backward in time is turning the
 * trajectory around.
 *
 * The recursion of [HG] is a stack of trees, as in a binary counter: a new
 * point is a tree of depth 0, and while the two on top are of one depth they
 * join. Points are shared, and counted: nothing is copied.
 */
#include "infer/nuts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "infer/lanes.h"
#include "infer/phase.h"

struct nuts_tree {
    struct point *first, *last, *sample;
    double *sum;   /* of the momenta; of a single point, its own */
    double weight; /* of its points, exp(-energy) by that of the level */
    unsigned depth;
};

/* Weights are as they are, and not their logarithms: joining takes neither exp
 * nor log. One that grows beyond this lowers all others. */
#define GAIN_MOST 500.0

/* ---- memory ---------------------------------------------------------------- */

static size_t tree_count(unsigned depth_max) { return depth_max + 2; }

bool nuts_open(struct nuts *n, size_t size, unsigned depth_max)
{
    size_t trees = tree_count(depth_max), width = lanes_width(size);
    *n = (struct nuts){.depth_max = depth_max, .phase = phase_chosen()};
    n->trees = calloc(trees, sizeof *n->trees);
    n->resting = calloc(3 * trees + 2, sizeof(struct point *));
    n->sums = calloc(trees, sizeof(double *));
    n->sums_at = calloc(trees * width, sizeof *n->sums_at);
    n->divergence = calloc(width, sizeof *n->divergence);
    if (!points_open(&n->points, 3 * trees + 2, size) || !n->trees ||
        !n->resting || !n->sums || !n->sums_at || !n->divergence) {
        nuts_close(n);
        return false;
    }
    return true;
}

void nuts_close(struct nuts *n)
{
    points_close(&n->points);
    free(n->trees);
    free(n->resting);
    free(n->sums);
    free(n->sums_at);
    free(n->divergence);
    *n = (struct nuts){0};
}

/* What the last transition used is free again, but for `here`. */
static void rest_all(struct nuts *n)
{
    n->resting_count = n->points_used = n->sums_count = n->sums_used = 0;
}

/* One that nobody uses: short transitions stay among the first few. */
static struct point *take_point(struct nuts *n)
{
    if (n->resting_count) return n->resting[--n->resting_count];
    struct point *p = &n->points.at[n->points_used++];
    return p == n->points.here ? &n->points.at[n->points_used++] : p;
}

static double *take_sum(struct nuts *n)
{
    return n->sums_count ? n->sums[--n->sums_count]
                         : n->sums_at + n->points.width * n->sums_used++;
}

static void drop(struct nuts *n, struct point *p)
{
    if (--p->uses == 0) n->resting[n->resting_count++] = p;
}

static struct nuts_tree leaf(struct point *p, double weight)
{
    p->uses = 3;
    return (struct nuts_tree){p, p, p, p->p, weight, 0};
}

/* ---- joining --------------------------------------------------------------- */

/* The generalised criterion of [B] A.4.2 for the joined tree, p' M^-1 rho > 0
 * at both its ends, and for each of its parts with the nearest point of the
 * other one: a trajectory that turns between the two is seen there. sum: of
 * all momenta. Of two single points the other checks are the first again. */
static bool goes_on(const struct nuts *n, const struct nuts_tree *a,
                    const struct nuts_tree *b, double *sum)
{
    struct phase_pieces t = {a->sum,      b->sum,     a->first->v, a->last->v,
                             b->first->v, b->last->v, a->last->p,  b->first->p};
    bool pair = a->depth == 0 && b->depth == 0;
    return (pair ? n->phase->pair_goes_on : n->phase->goes_on)(&t, sum,
                                                               n->points.width);
}

/* Which part gives the sample. Within a subtree in proportion to the weights;
 * of the trajectory and a new subtree, the new one as often as it may: [B]
 * A.3.1 and A.3.2. Where both weigh nothing by the level, a's: neither is ever
 * taken in the end. Adds the weights, too. */
static bool takes_new(struct nuts_tree *a, const struct nuts_tree *b,
                      bool biased, struct random *random)
{
    double before = a->weight;
    a->weight += b->weight;
    return random_unit(random) * (biased ? before : a->weight) < b->weight;
}

/* a becomes a and b, which comes behind it. false: they have turned, and both
 * are of no more use but for their samples. */
static bool join(struct nuts *n, struct nuts_tree *a, struct nuts_tree *b,
                 bool biased, struct random *random)
{
    double *sum = a->depth > 0 ? a->sum : take_sum(n);
    struct point *refused = b->sample;
    if (takes_new(a, b, biased, random)) {
        refused = a->sample;
        a->sample = b->sample;
    }
    bool on = goes_on(n, a, b, sum);
    if (b->depth > 0) n->sums[n->sums_count++] = b->sum;
    drop(n, refused);
    drop(n, a->last);
    drop(n, b->first);
    a->last = b->last;
    a->sum = sum;
    a->depth++;
    return on;
}

/* ---- the trajectory --------------------------------------------------------- */

struct walk {
    struct nuts *nuts;
    const struct density *density;
    const struct metric *metric;
    struct random *random;
    double step, began; /* the energy at the start */
    double level;       /* weights are by that of this gain on the start */
    double accept_sum;
    struct trajectory *out;
};

/* The level rises to this gain. */
static void raise_level(struct walk *w, double gain)
{
    struct nuts *n = w->nuts;
    double less = exp(w->level - gain);
    for (size_t i = 0; i < tree_count(n->depth_max); i++)
        n->trees[i].weight *= less;
    w->level = gain;
}

/* The point behind `from` as a tree of its own. false: divergent. */
static bool grow(struct walk *w, const struct point *from,
                 struct nuts_tree *out)
{
    struct nuts *n = w->nuts;
    struct point *to = take_point(n);
    leapfrog(w->density, w->metric, w->step, from, to);
    double gain = w->began - to->energy;
    if (gain - w->level > GAIN_MOST) raise_level(w, gain);
    double weight = exp(gain - w->level);
    w->out->leapfrogs++;
    w->accept_sum += gain >= 0.0 ? 1.0 : w->level > 0.0 ? exp(gain) : weight;
    *out = leaf(to, weight);
    if (-gain < ENERGY_ERROR_MAX) return true;
    memcpy(n->divergence, from->q, n->points.width * sizeof *from->q);
    w->out->divergence = n->divergence;
    w->out->divergent = true;
    return false;
}

/* A tree of this depth behind `from`, in trees[1]. false: it turned or
 * diverged, and is of no use. */
static bool build(struct walk *w, unsigned depth, const struct point *from)
{
    struct nuts_tree *trees = w->nuts->trees + 1;
    size_t top = 0;
    do {
        if (!grow(w, from, &trees[top])) return false;
        from = trees[top++].last;
        for (; top > 1 && trees[top - 2].depth == trees[top - 1].depth; top--)
            if (!join(w->nuts, &trees[top - 2], &trees[top - 1], false,
                      w->random))
                return false;
    } while (trees[0].depth < depth);
    return true;
}

static void turn(struct nuts_tree *t)
{
    struct point *first = t->first;
    t->first = t->last;
    t->last = first;
}

void nuts_step(struct nuts *n, const struct density *d, const struct metric *m,
               double step, struct random *random, struct trajectory *out)
{
    struct nuts_tree *whole = n->trees;
    *out = (struct trajectory){0};
    rest_all(n);
    point_push(m, random, n->points.here);
    struct walk w = {n,   d,   m,  random, step, n->points.here->energy,
                     0.0, 0.0, out};
    *whole = leaf(n->points.here, 1.0);
    bool on = true;
    while (on && out->depth < n->depth_max) {
        /* Forward in time is to the end that `step` leads to. */
        if (random_bits(random) >> 63) {
            turn(whole);
            w.step = -w.step;
        }
        if (!build(&w, out->depth, whole->last)) break;
        out->depth++;
        on = join(n, whole, &n->trees[1], true, random);
    }
    out->limited = on && out->depth == n->depth_max;
    n->points.here = whole->sample;
    out->accept_stat = w.accept_sum / out->leapfrogs;
    out->energy = n->points.here->energy;
}
