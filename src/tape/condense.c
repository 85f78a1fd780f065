/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sufficient statistics of terms: see condense.h. Terms of one density with
 * the same parameters are a *heap*, found by hash; one pass gathers heaps, a
 * second one puts terms of theirs in place of those that they are made of.
 */
#include "tape/condense.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Fewer normal ones do not pay for the term of their squares. */
enum { LEAST = 2, LEAST_NORMAL = 3 };

struct heap {
    uint32_t code, of, scale; /* the operands beside the datum */
    uint32_t count;
    double weight, mean, squares;
};

struct heaps {
    struct heap *at;
    uint32_t count;
    uint32_t *table; /* 1 + heap; open addressing */
    uint32_t mask;
};

/* Is node n a density of a number? *datum, and the operands beside it. */
static bool is_density(const struct graph *g, uint32_t n, struct heap *key,
                       double *datum)
{
    const struct graph_node *at = &g->nodes[n];
    uint32_t y = at->operands[0], of = at->operands[1];
    *key = (struct heap){.code = at->code};
    switch (at->code) {
    case TAPE_BERNOULLI_LOGIT:
    case TAPE_POISSON_LOG: break;
    case TAPE_NORMAL: /* of a mean as well as of a value */
        key->scale = at->operands[2];
        if (graph_is_number(g, y)) break;
        of = y;
        y = at->operands[1];
        break;
    default: return false;
    }
    key->of = of;
    if (!graph_is_number(g, y)) return false;
    *datum = g->nodes[y].number;
    return isfinite(*datum);
}

static struct heap *find(struct heaps *h, const struct heap *key)
{
    uint64_t at = (uint64_t)key->of << 32 | key->scale;
    at = (at ^ key->code) * UINT64_C(0x9e3779b97f4a7c15);
    at ^= at >> 29;
    for (; h->table[at & h->mask]; at++) {
        struct heap *old = &h->at[h->table[at & h->mask] - 1];
        if (old->code == key->code && old->of == key->of &&
            old->scale == key->scale)
            return old;
    }
    h->at[h->count] = *key;
    h->table[at & h->mask] = ++h->count;
    return &h->at[h->count - 1];
}

static void take(struct heap *h, double datum, double factor)
{
    double away = datum - h->mean;
    h->count++;
    h->weight += factor;
    h->mean += away * (factor / h->weight);
    h->squares += factor * away * (datum - h->mean);
}

static bool is_large(const struct heap *h)
{
    return h->count >= (h->code == TAPE_NORMAL ? LEAST_NORMAL : LEAST) &&
           isfinite(h->weight) && isfinite(h->mean) && isfinite(h->squares);
}

static void put(struct graph *g, const struct heap *h)
{
    uint32_t y = graph_number(g, h->mean);
    if (h->code != TAPE_NORMAL) {
        graph_add(g, graph_2(g, h->code, y, h->of), h->weight);
        return;
    }
    graph_add(g, graph_3(g, TAPE_NORMAL, y, h->of, h->scale), h->weight);
    graph_add(g, graph_1(g, TAPE_SQUARE, h->scale), -0.5 * h->squares);
}

static bool open(struct heaps *h, uint32_t most)
{
    uint32_t room = 16;
    while (room < 2 * most) room *= 2;
    h->mask = room - 1;
    h->at = calloc(most + 1ul, sizeof *h->at);
    h->table = calloc(room, sizeof *h->table);
    return h->at && h->table;
}

/* The next term from *n on that is a density of a number. */
static bool next(const struct graph *g, uint32_t *n, struct heap *key,
                 double *datum)
{
    while ((*n = graph_term_from(g, *n)) < g->count) {
        if (graph_term(g, *n) > 0.0 && is_density(g, *n, key, datum))
            return true;
        ++*n;
    }
    return false;
}

void graph_condense(struct graph *g)
{
    uint32_t most = 0;
    struct heaps h = {0};
    struct heap key;
    double datum;
    if (g->broken) return;
    for (uint32_t i = 0; next(g, &i, &key, &datum); i++) most++;
    if (most < LEAST) return;
    if (!open(&h, most)) {
        g->broken = true;
        most = 0;
    }
    for (uint32_t i = 0; most && next(g, &i, &key, &datum); i++)
        take(find(&h, &key), datum, graph_term(g, i));
    for (uint32_t i = 0; most && next(g, &i, &key, &datum); i++)
        if (is_large(find(&h, &key))) graph_drop(g, i);
    for (uint32_t i = 0; i < h.count; i++)
        if (is_large(&h.at[i])) put(g, &h.at[i]);
    free(h.at);
    free(h.table);
}
