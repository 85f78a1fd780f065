/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How far numbers are centred: see centring.h.
 */
#include "infer/centring.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DRAWS_LEAST = 20 };

/* As much a change must gain: less is noise, and each change is a new tape. */
#define GAIN_LEAST 0.02

/* ---- the table ------------------------------------------------------------ */

static struct centring *item_of(const struct centring_table *t,
                                uint64_t location, uint32_t index)
{
    return coordinate_place(t->at, sizeof *t->at, t->room, location, index);
}

struct centring *centring_find(const struct centring_table *t,
                               uint64_t location, uint32_t index)
{
    if (!t->room) return NULL;
    struct centring *c = item_of(t, location, index);
    return c->of.met ? c : NULL;
}

static bool grow(struct centring_table *t)
{
    void *at = t->at;
    bool good = coordinate_grow(&at, sizeof *t->at, &t->room);
    t->at = at;
    return good;
}

struct centring *centring_put(struct centring_table *t, uint64_t location,
                              uint32_t index)
{
    struct centring *c = centring_find(t, location, index);
    if (c) return c;
    if (2 * t->count >= t->room && !grow(t)) return NULL;
    c = item_of(t, location, index);
    t->count++;
    *c = (struct centring){.of = {location, index, true},
                           .now = t->forced >= 0.0 ? t->forced : t->first};
    return c;
}

double centring_of(const struct centring_table *t, uint64_t location,
                   uint32_t index)
{
    if (t->forced >= 0.0) return t->forced;
    const struct centring *c = centring_find(t, location, index);
    return c ? c->now : t->first;
}

void centring_close(struct centring_table *t)
{
    free(t->at);
    t->at = NULL;
    t->count = t->room = 0;
}

/* ---- what a window sees --------------------------------------------------- */

static double centring_at(int k) { return (double)k / (CENTRINGS - 1); }

void centring_learn(struct centring *c, double u, double location, double scale)
{
    if (!isfinite(u) || !isfinite(location) || !(scale > 0.0) ||
        !isfinite(scale))
        return;
    double log_scale = log(scale), away = u - location;
    double ratio = exp(-log_scale / (CENTRINGS - 1));
    c->count++;
    c->log_scale += (log_scale - c->log_scale) / c->count;
    for (int k = CENTRINGS - 1; k >= 0; k--, away *= ratio) {
        double y = centring_at(k) * location + away;
        double delta = y - c->mean[k];
        c->mean[k] += delta / c->count;
        c->squares[k] += delta * (y - c->mean[k]);
    }
}

/* Less what all centrings have alike. */
static double divergence(const struct centring *c, int k)
{
    return 0.5 * log(c->squares[k]) + (1.0 - centring_at(k)) * c->log_scale;
}

/* The nearest place of the grid. */
static int place_of(double centring)
{
    int k = (int)(centring * (CENTRINGS - 1) + 0.5);
    return k < 0 ? 0 : k > CENTRINGS - 1 ? CENTRINGS - 1 : k;
}

static void settle(struct centring *c)
{
    int here = place_of(c->now), best = here;
    c->turned = false;
    if (c->count < DRAWS_LEAST) return;
    for (int k = 0; k < CENTRINGS; k++)
        if (divergence(c, k) < divergence(c, best)) best = k;
    if (!(divergence(c, best) < divergence(c, here) - GAIN_LEAST)) return;
    c->now = centring_at(best);
    c->turned = true;
}

void centring_settle(struct centring_table *t, bool *turned)
{
    *turned = false;
    if (t->forced >= 0.0) return;
    for (size_t i = 0; i < t->room; i++) {
        if (!t->at[i].of.met) continue;
        settle(&t->at[i]);
        *turned = *turned || t->at[i].turned;
    }
}

void centring_moments(const struct centring *c, double *mean, double *squares)
{
    int k = place_of(c->now);
    *mean = c->mean[k];
    *squares = c->squares[k];
}

void centring_clear(struct centring_table *t)
{
    for (size_t i = 0; i < t->room; i++) {
        struct centring *c = &t->at[i];
        c->count = c->log_scale = 0.0;
        memset(c->mean, 0, sizeof c->mean);
        memset(c->squares, 0, sizeof c->squares);
    }
}
