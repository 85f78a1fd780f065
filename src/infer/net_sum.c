/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From rows to tables to sums: see net_sum.h.
 */
#include "infer/net_sum.h"

#include <stdlib.h>
#include <string.h>

#include "infer/elimination.h"

struct summing {
    const struct net *net;
    struct elimination e;
    uint32_t *sizes, *scope;
    uint32_t *place; /* a cell: where in the scope, from 1; 0: nowhere */
    uint32_t count;  /* of the scope */
};

static const struct net_cell *cell_at(const struct net *net, uint32_t i)
{
    return net->cells.at[i];
}

static void into_scope(struct summing *s, uint32_t index)
{
    if (s->place[index]) return;
    s->scope[s->count] = index;
    s->place[index] = ++s->count;
}

static void find_scope(struct summing *s, const struct net_cell *c)
{
    for (uint32_t i = 0; i < s->count; i++) s->place[s->scope[i]] = 0;
    s->count = 0;
    for (uint32_t i = 0; i < c->rows.count; i++) {
        const struct net_row *r = c->rows.at[i];
        for (uint32_t k = 0; k < r->reads; k++)
            into_scope(s, r->read[k].cell->index);
    }
    into_scope(s, c->index);
}

/* A row stands for every value of what it has not read. at, fixed: room for
 * the scope. */
static void add_row(const struct summing *s, struct factor_table *t,
                    const struct net_cell *c, const struct net_row *r,
                    uint32_t *at, bool *fixed)
{
    memset(at, 0, s->count * sizeof *at);
    memset(fixed, 0, s->count * sizeof *fixed);
    for (uint32_t k = 0; k < r->reads; k++) {
        uint32_t i = s->place[r->read[k].cell->index] - 1;
        at[i] = r->read[k].value;
        fixed[i] = true;
    }
    at[s->place[c->index] - 1] = r->value;
    fixed[s->place[c->index] - 1] = true;
    for (;;) {
        size_t index = 0;
        for (uint32_t i = 0; i < s->count; i++)
            index = index * s->sizes[s->scope[i]] + at[i];
        t->at[index] += r->mass;
        uint32_t i = s->count;
        while (i-- > 0) {
            if (fixed[i]) continue;
            if (++at[i] < s->sizes[s->scope[i]]) break;
            at[i] = 0;
        }
        if (i == UINT32_MAX) return;
    }
}

static enum elimination_end add_cell(struct summing *s,
                                     const struct net_cell *c)
{
    struct factor_table *t;
    find_scope(s, c);
    enum elimination_end end = elimination_table(&s->e, s->count, s->scope, &t);
    if (end != ELIMINATION_DONE) return end;
    uint32_t *at = malloc((s->count + 1) * sizeof *at);
    bool *fixed = malloc((s->count + 1) * sizeof *fixed);
    for (uint32_t i = 0; at && fixed && i < c->rows.count; i++)
        add_row(s, t, c, c->rows.at[i], at, fixed);
    end = at && fixed ? ELIMINATION_DONE : ELIMINATION_NO_MEMORY;
    free(at);
    free(fixed);
    s->e.log_scale += c->log_scale;
    return end;
}

static enum elimination_end sum(struct summing *s, struct net_sums *out)
{
    enum elimination_end end = ELIMINATION_DONE;
    uint32_t n = s->net->cells.count;
    for (uint32_t i = 0; i < n; i++) {
        const struct net_cell *c = cell_at(s->net, i);
        s->sizes[i] = c->value_count ? c->value_count : 1;
        out->rows += c->rows.count;
    }
    elimination_open(&s->e, n, s->sizes);
    for (uint32_t i = 0; end == ELIMINATION_DONE && i < n; i++)
        end = add_cell(s, cell_at(s->net, i));
    if (end == ELIMINATION_DONE)
        end = elimination_run(&s->e, s->net->asked->index, out->of);
    out->log_scale = s->e.log_scale;
    elimination_close(&s->e);
    return end;
}

bool net_sum(const struct net *net, struct net_sums *out)
{
    uint32_t n = net->cells.count;
    struct summing s = {.net = net,
                        .sizes = calloc(n + 1, sizeof *s.sizes),
                        .scope = calloc(n + 1, sizeof *s.scope),
                        .place = calloc(n + 1, sizeof *s.place)};
    *out = (struct net_sums){
        .of = calloc(net->asked->value_count + 1, sizeof *out->of)};
    enum elimination_end end = ELIMINATION_NO_MEMORY;
    if (s.sizes && s.scope && s.place && out->of) end = sum(&s, out);
    out->known = end == ELIMINATION_DONE;
    free(s.sizes);
    free(s.scope);
    free(s.place);
    return end != ELIMINATION_NO_MEMORY;
}
