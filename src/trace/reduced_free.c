/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The free choices, those that a transition may propose, and picks among
 * them. While every weight is 1 a pick is a number below their count. Once
 * one is not, sums of neighbours are kept, WEIGHTS_WIDE at a time and level
 * above level, so that a change and a pick take time log of their number.
 * Each sum is made anew from what is below it: the same weights at the same
 * places give the same bits, whatever happened before. All is logged.
 */
#include "base/space.h"
#include "trace/reduced.h"

/* Address space: pages that nobody reaches cost nothing. */
#define FREE_ROOM ((size_t)1 << 27)

static size_t room_at(int level) { return FREE_ROOM >> (4 * level); }

/* The room of a small trace is kept for the next. */
enum { SPARE_MOST = 1 << 16 };

bool free_open(struct trace *t)
{
    t->free = space_take(FREE_ROOM * sizeof *t->free);
    return t->free != NULL;
}

void free_close(struct trace *t)
{
    space_give(t->free, FREE_ROOM * sizeof *t->free,
               t->counts.free <= SPARE_MOST);
    for (int k = 0; k < WEIGHTS_LEVELS; k++)
        space_give(t->weights.at[k],
                   (room_at(k) + WEIGHTS_WIDE) * sizeof *t->weights.at[k],
                   false);
}

/* ---- sums ------------------------------------------------------------------- */

static double sum_of(const double *at)
{
    double sum = 0.0;
    for (int i = 0; i < WEIGHTS_WIDE; i++) sum += at[i];
    return sum;
}

/* The level at which one block holds all places below `count`. */
static int top_level(uint32_t count)
{
    int level = 0;
    for (count = count ? count - 1 : 0; count >= WEIGHTS_WIDE;
         count /= WEIGHTS_WIDE)
        level++;
    return level;
}

/* Sums go one level higher than is needed now, so that they are there when
 * the count reaches it. */
static void put(struct trace *t, uint32_t i, double weight)
{
    struct weights *w = &t->weights;
    if (w->at[0][i] == weight) return;
    if (weight > w->largest) log_set_double(&t->log, &w->largest, weight);
    int top = top_level(i < t->counts.free ? t->counts.free : i + 1) + 1;
    log_set_double(&t->log, &w->at[0][i], weight);
    for (int k = 1; k <= top; k++) {
        const double *below = w->at[k - 1] + (i & ~(WEIGHTS_WIDE - 1u));
        i /= WEIGHTS_WIDE;
        log_set_double(&t->log, &w->at[k][i], sum_of(below));
    }
}

double free_weight_else(const struct choice *c)
{
    struct xrp_site s = {NULL, 0, NULL, NULL, 0, c->family};
    double weight = 1.0;
    if (choice_has_more(c)) {
        const struct choice_more more = choice_more(c);
        if (more.zeros) return 0.0;
        weight = more.weight;
    }
    if (!c->family->weight || c->held == V_UNBOUND) return weight;
    if (choice_is_in_urn(c)) return weight * c->share;
    return weight * c->family->weight(&s, c->held);
}

static bool begin(struct trace *t)
{
    struct weights *w = &t->weights;
    for (int k = 0; k < WEIGHTS_LEVELS; k++)
        if (!w->at[k] && !(w->at[k] = space_take((room_at(k) + WEIGHTS_WIDE) *
                                                 sizeof *w->at[k])))
            return machine_no_memory(t->machine);
    log_set(&t->log, &w->used, 1);
    for (uint32_t i = 0; i < t->counts.free; i++)
        put(t, i, free_weight_of(free_choice(t, i)));
    return true;
}

/* ---- places ----------------------------------------------------------------- */

static void place(struct trace *t, struct choice *c, uint32_t i, double weight)
{
    if (i < t->before.free) log_save_half(&t->log, &t->free[i]);
    t->free[i] = pool_number(&t->log.pool, c);
    log_set_32(&t->log, &c->node.rank, i + 1);
    if (t->weights.used) put(t, i, weight);
}

bool free_is_improper_here(const struct choice *c)
{
    struct xrp_site s = choice_application(c, c->written);
    return !choice_has_prior(c->family, &s);
}

bool free_put(struct trace *t, struct choice *c)
{
    if (c->node.rank) return true;
    double weight = free_weight_of(c);
    if (weight != 1.0 && !t->weights.used && !begin(t)) return false;
    place(t, c, t->counts.free, weight);
    t->counts.free++;
    t->counts.improper += free_is_improper(c);
    t->counts.weighted += weight != 1.0;
    if (t->noting && !vector_push(t, &t->came, c)) return false;
    return !t->scope_count || scopes_put(t, c);
}

/* As it is proposed now, whatever its value has become since. */
static double weight_at(const struct trace *t, uint32_t i)
{
    return t->weights.used ? t->weights.at[0][i] : 1.0;
}

void free_drop(struct trace *t, struct choice *c)
{
    if (!c->node.rank) return;
    uint32_t i = c->node.rank - 1, end = --t->counts.free;
    struct choice *last = free_choice(t, end);
    double weight = weight_at(t, end);
    if (t->noting) vector_push(t, &t->came, choice_went(c));
    if (t->scope_count) scopes_drop(t, c);
    t->counts.weighted -= weight_at(t, i) != 1.0;
    if (t->weights.used) put(t, end, 0.0);
    if (last != c) place(t, last, i, weight);
    log_set_32(&t->log, &c->node.rank, 0);
}

bool free_weigh(struct trace *t, struct choice *c)
{
    if (!c->node.rank) return true;
    double before = weight_at(t, c->node.rank - 1);
    double weight = free_weight_of(c);
    if (weight == before) return true;
    if (!t->weights.used && !begin(t)) return false;
    t->counts.weighted += weight != 1.0;
    t->counts.weighted -= before != 1.0;
    put(t, c->node.rank - 1, weight);
    if (t->scope_count) scopes_weigh(t, c);
    return true;
}

double free_weight_summed(const struct trace *t)
{
    return sum_of(t->weights.at[top_level(t->counts.free)]);
}

static struct choice *free_at(const struct trace *t, double part)
{
    double left = part * free_weight(t);
    uint32_t i = 0;
    for (int k = top_level(t->counts.free); k >= 0; k--) {
        const double *at = t->weights.at[k] + i;
        uint32_t j = 0, last = 0;
        for (; j < WEIGHTS_WIDE; j++) {
            if (!(at[j] > 0.0)) continue;
            last = j;
            if (left < at[j]) break;
            left -= at[j];
        }
        i = (i + last) * (k ? WEIGHTS_WIDE : 1);
    }
    return free_choice(t, i);
}

/* While the weights are much alike a place at random that is refused now and
 * then takes no time at all; else the way down the sums does. */
struct choice *free_pick_weighted(const struct trace *t, struct random *r)
{
    const struct weights *w = &t->weights;
    uint32_t n = t->counts.free;
    if (2.0 * free_weight(t) < (double)n * w->largest)
        return free_at(t, random_unit(r));
    for (;;) {
        uint32_t i = (uint32_t)random_below(r, n);
        if (random_unit(r) * w->largest < w->at[0][i]) return free_choice(t, i);
    }
}
