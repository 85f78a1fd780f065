/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How a chain of hmc or nuts chooses its centrings: draws of warmup are seen
 * as numbers, locations and scales; when a window ends the ground is gathered
 * again in the coordinates that were chosen, and the chain goes on where it
 * was. What the window has seen of a coordinate is known in each of those it
 * might have been, so nothing is learned anew.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "infer/gradient.h"

const char *const gradient_centrings[] = {[CENTRING_AUTO] = "auto",
                                          [CENTRING_WHOLE] = "centred",
                                          [CENTRING_NONE] = "non-centred",
                                          NULL};

double gradient_centring(double option)
{
    if (option >= 0.0) return option;
    if (option == OPTION_WORD(CENTRING_AUTO)) return -1.0;
    return option == OPTION_WORD(CENTRING_WHOLE);
}

/* Walks begin as they are: while their scale is far from where it will be, the
 * steps of another form hold each other back, and what is seen of them then
 * says nothing of what is best. */
static double centring(void *context, const struct gather_block *k, uint32_t i)
{
    const struct gradient_chain *c = context;
    const struct centring_table *t = &c->centrings;
    bool fresh = t->forced < 0.0 && !centring_find(t, k->location, i);
    if (fresh && k->level >= GATHER_WALK) return 1.0;
    return centring_of(t, k->location, i);
}

struct gather_plan gradient_plan(struct gradient_chain *c)
{
    return (struct gather_plan){.context = c, .centring = centring};
}

/* ---- draws ------------------------------------------------------------------ */

static bool has_located(const struct gathering *g)
{
    for (uint32_t i = 0; i < g->block_count; i++)
        if (g->blocks[i].space == SPACE_LOCATED) return true;
    return false;
}

static bool numbers_here(struct gradient_chain *c)
{
    const struct gathering *g = &c->ground.gathering;
    if (g->number_count > c->number_room) {
        free(c->numbers);
        c->numbers = malloc(g->number_count * sizeof *c->numbers);
        c->number_room = c->numbers ? g->number_count : 0;
    }
    if (!c->numbers) return false;
    gathering_numbers(g, c->points->here->q, c->numbers);
    return true;
}

bool gradient_watch(struct gradient_chain *c)
{
    const struct gathering *g = &c->ground.gathering;
    if (c->centrings.forced >= 0.0 || !has_located(g)) return true;
    if (!numbers_here(c)) return false;
    for (uint32_t i = 0; i < g->block_count; i++) {
        const struct gather_block *k = &g->blocks[i];
        if (k->space != SPACE_LOCATED) continue;
        for (uint32_t j = 0; j < k->count; j++) {
            struct gather_frame f = gathering_frame(k, j, c->numbers);
            struct centring *at = centring_put(&c->centrings, k->location, j);
            if (!at) return false;
            at->now = k->centring[j];
            centring_learn(at, f.number, f.location, f.scale);
        }
    }
    return true;
}

/* ---- a window ends ---------------------------------------------------------- */

/* Coordinate i is another one: its variance is known, and not what it goes
 * together with. */
static void put_moments(struct gradient_chain *c, size_t i,
                        const struct centring *at)
{
    struct moments *m = &c->warmup.moments;
    double mean, squares;
    centring_moments(at, &mean, &squares);
    directions_forget(&c->warmup.together, i);
    slopes_forget(&c->warmup.slopes, i);
    if (m->kind == METRIC_DENSE) {
        directions_forget(m, i);
        m->squares[i * (m->size + 1)] = squares;
        m->mean[i] = mean;
        return;
    }
    m->count[i] = at->count;
    m->mean[i] = mean;
    m->squares[i] = squares;
}

/* Coordinates of choices that are not there now. */
static void put_learned(struct gradient_chain *c, const struct centring *at)
{
    const struct learned *known =
        learned_find(&c->learned, at->of.location, at->of.index);
    double mean, squares;
    if (!known || at->count < 2.0) return;
    struct learned l = *known;
    centring_moments(at, &mean, &squares);
    if (!(squares > 0.0)) return;
    l.inverse = squares / (at->count - 1.0);
    learned_put(&c->learned, &l);
}

bool gradient_settle(struct gradient_chain *c)
{
    bool turned;
    centring_settle(&c->centrings, &turned);
    if (!turned) return false;
    for (size_t i = 0; i < c->centrings.room; i++)
        if (c->centrings.at[i].turned) put_learned(c, &c->centrings.at[i]);
    for (size_t i = 0; i < c->size; i++) {
        const struct centring *at = centring_find(
            &c->centrings, c->coordinates[i].location, c->coordinates[i].index);
        if (at && at->turned) put_moments(c, i, at);
    }
    return true;
}

bool gradient_recentre(struct gradient_chain *c, const struct kernel *k,
                       bool *placed)
{
    bool fresh, possible;
    const struct gather_block *edge;
    *placed = false;
    if (!ground_write(&c->ground, c->points->here->q, &possible)) return false;
    ground_forget(&c->ground);
    if (!ground_look(&c->ground, k, &fresh, &edge) || !gradient_adopt(c, k))
        return false;
    *placed = !edge && c->ground.density.size &&
              points_place(c->points, &c->ground.density, c->ground.q);
    return !c->ground.stopped;
}
