/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Variables summed out: see elimination.h.
 */
#include "infer/elimination.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void elimination_open(struct elimination *e, uint32_t variables,
                      const uint32_t *sizes)
{
    *e = (struct elimination){.variable_count = variables, .sizes = sizes};
}

static void table_close(struct factor_table *t)
{
    free(t->variables);
    free(t->at);
    *t = (struct factor_table){0};
}

void elimination_close(struct elimination *e)
{
    for (size_t i = 0; i < e->table_count; i++) table_close(&e->tables[i]);
    free(e->tables);
    *e = (struct elimination){0};
}

static bool make_room(struct elimination *e)
{
    if (e->table_count < e->table_room) return true;
    size_t room = e->table_room ? 2 * e->table_room : 64;
    struct factor_table *more = realloc(e->tables, room * sizeof *more);
    if (!more) return false;
    e->tables = more;
    e->table_room = room;
    return true;
}

enum elimination_end elimination_table(struct elimination *e, uint32_t count,
                                       const uint32_t *variables,
                                       struct factor_table **out)
{
    struct factor_table t = {.count = count, .size = 1};
    for (uint32_t i = 0; i < count; i++) {
        t.size *= e->sizes[variables[i]];
        if (t.size > ELIMINATION_MOST) return ELIMINATION_WIDE;
    }
    if (!make_room(e)) return ELIMINATION_NO_MEMORY;
    t.variables = malloc((count + 1) * sizeof *t.variables);
    t.at = calloc(t.size, sizeof *t.at);
    if (!t.variables || !t.at) {
        table_close(&t);
        return ELIMINATION_NO_MEMORY;
    }
    if (count) memcpy(t.variables, variables, count * sizeof *variables);
    *(*out = &e->tables[e->table_count++]) = t;
    return ELIMINATION_DONE;
}

/* ---- who is where ------------------------------------------------------ */

struct places {
    size_t *at; /* tables, that are alive or were */
    size_t count, room;
};

struct sweep {
    struct elimination *e;
    struct places *of; /* a variable */
    double *cost;      /* a variable: the table that it would leave; -1: gone */
    uint32_t *scope;   /* room for all variables */
    bool *in_scope;
};

static bool note(struct places *p, size_t table)
{
    if (p->count == p->room) {
        size_t room = p->room ? 2 * p->room : 4, *more;
        if (!(more = realloc(p->at, room * sizeof *more))) return false;
        p->at = more;
        p->room = room;
    }
    p->at[p->count++] = table;
    return true;
}

static bool is_alive(const struct sweep *s, size_t table)
{
    return s->e->tables[table].at != NULL;
}

/* All that stands beside v in some table, with v as the last. */
static uint32_t scope_of(struct sweep *s, uint32_t v)
{
    uint32_t n = 0;
    const struct places *p = &s->of[v];
    for (size_t i = 0; i < p->count; i++) {
        const struct factor_table *t = &s->e->tables[p->at[i]];
        for (uint32_t k = 0; t->at && k < t->count; k++) {
            uint32_t w = t->variables[k];
            if (w == v || s->in_scope[w]) continue;
            s->in_scope[w] = true;
            s->scope[n++] = w;
        }
    }
    for (uint32_t i = 0; i < n; i++) s->in_scope[s->scope[i]] = false;
    s->scope[n++] = v;
    return n;
}

static double cost_of(struct sweep *s, uint32_t v)
{
    double size = 1;
    uint32_t n = scope_of(s, v);
    for (uint32_t i = 0; i < n; i++) size *= s->e->sizes[s->scope[i]];
    return size;
}

/* ---- products ---------------------------------------------------------- */

enum { AT_ONCE = 32 }; /* tables multiplied in one pass */

struct factor_view {
    const double *at;
    size_t index;
    size_t *strides; /* a variable of the product */
};

/* Multiplies into the product the tables of v from the first-th place on; how
 * many, in *taken. */
static bool multiply(struct sweep *s, struct factor_table *product, uint32_t v,
                     size_t first, size_t *taken)
{
    struct factor_view views[AT_ONCE];
    const struct places *p = &s->of[v];
    uint32_t n = product->count, count = 0;
    size_t *strides = calloc((size_t)AT_ONCE * (n + 1), sizeof *strides);
    uint32_t *at = calloc(n + 1, sizeof *at);
    size_t i = first;
    for (; strides && at && i < p->count && count < AT_ONCE; i++) {
        const struct factor_table *t = &s->e->tables[p->at[i]];
        if (!t->at) continue;
        struct factor_view *view = &views[count];
        *view =
            (struct factor_view){t->at, 0, strides + (size_t)count++ * (n + 1)};
        size_t stride = 1;
        for (uint32_t k = t->count; k-- > 0;) {
            for (uint32_t j = 0; j < n; j++)
                if (product->variables[j] == t->variables[k])
                    view->strides[j] = stride;
            stride *= s->e->sizes[t->variables[k]];
        }
    }
    *taken = i - first;
    for (size_t cell = 0; strides && at && cell < product->size; cell++) {
        for (uint32_t k = 0; k < count; k++)
            product->at[cell] *= views[k].at[views[k].index];
        for (uint32_t j = n; j-- > 0;) {
            uint32_t size = s->e->sizes[product->variables[j]];
            at[j]++;
            for (uint32_t k = 0; k < count; k++)
                views[k].index += views[k].strides[j];
            if (at[j] < size) break;
            at[j] = 0;
            for (uint32_t k = 0; k < count; k++)
                views[k].index -= size * views[k].strides[j];
        }
    }
    bool good = strides && at;
    free(strides);
    free(at);
    return good;
}

/* The product of all tables of v, over scope_of(v); they are gone then. */
static enum elimination_end product_of(struct sweep *s, uint32_t v,
                                       struct factor_table *out)
{
    struct elimination *e = s->e;
    struct factor_table *made;
    size_t taken = 0, count = s->of[v].count;
    enum elimination_end end =
        elimination_table(e, scope_of(s, v), s->scope, &made);
    if (end != ELIMINATION_DONE) return end;
    *out = *made; /* no longer among the tables */
    e->table_count--;
    for (size_t i = 0; i < out->size; i++) out->at[i] = 1;
    for (size_t i = 0; i < count; i += taken)
        if (!multiply(s, out, v, i, &taken)) {
            table_close(out);
            return ELIMINATION_NO_MEMORY;
        }
    for (size_t i = 0; i < count; i++) {
        struct factor_table *t = &e->tables[s->of[v].at[i]];
        table_close(t);
    }
    return ELIMINATION_DONE;
}

/* The last variable summed out in place; the largest number becomes 1. */
static void sum_last(struct elimination *e, struct factor_table *t)
{
    uint32_t wide = e->sizes[t->variables[--t->count]];
    double most = 0;
    t->size /= wide;
    for (size_t i = 0; i < t->size; i++) {
        double sum = 0;
        for (uint32_t k = 0; k < wide; k++) sum += t->at[i * wide + k];
        t->at[i] = sum;
        most = fmax(most, sum);
    }
    if (!(most > 0)) return;
    for (size_t i = 0; i < t->size; i++) t->at[i] /= most;
    e->log_scale += log(most);
}

static enum elimination_end eliminate(struct sweep *s, uint32_t v)
{
    struct elimination *e = s->e;
    struct factor_table t;
    enum elimination_end end = product_of(s, v, &t);
    if (end != ELIMINATION_DONE) return end;
    sum_last(e, &t);
    s->cost[v] = -1;
    if (!make_room(e)) {
        table_close(&t);
        return ELIMINATION_NO_MEMORY;
    }
    e->tables[e->table_count++] = t;
    for (uint32_t i = 0; i < t.count; i++)
        if (!note(&s->of[t.variables[i]], e->table_count - 1))
            return ELIMINATION_NO_MEMORY;
    for (uint32_t i = 0; i < t.count; i++) {
        struct places *p = &s->of[t.variables[i]];
        size_t kept = 0;
        for (size_t k = 0; k < p->count; k++)
            if (is_alive(s, p->at[k])) p->at[kept++] = p->at[k];
        p->count = kept;
    }
    for (uint32_t i = 0; i < t.count; i++)
        if (s->cost[t.variables[i]] >= 0)
            s->cost[t.variables[i]] = cost_of(s, t.variables[i]);
    return ELIMINATION_DONE;
}

/* ---- all of them ------------------------------------------------------- */

static bool sweep_open(struct sweep *s, struct elimination *e, uint32_t kept)
{
    uint32_t n = e->variable_count;
    *s = (struct sweep){.e = e,
                        .of = calloc(n + 1, sizeof *s->of),
                        .cost = calloc(n + 1, sizeof *s->cost),
                        .scope = calloc(n + 1, sizeof *s->scope),
                        .in_scope = calloc(n + 1, sizeof *s->in_scope)};
    if (!s->of || !s->cost || !s->scope || !s->in_scope) return false;
    for (size_t i = 0; i < e->table_count; i++)
        for (uint32_t k = 0; k < e->tables[i].count; k++)
            if (!note(&s->of[e->tables[i].variables[k]], i)) return false;
    for (uint32_t v = 0; v < n; v++)
        s->cost[v] = v == kept ? -1 : cost_of(s, v);
    return true;
}

static void sweep_close(struct sweep *s)
{
    for (uint32_t v = 0; s->of && v < s->e->variable_count; v++)
        free(s->of[v].at);
    free(s->of);
    free(s->cost);
    free(s->scope);
    free(s->in_scope);
}

/* The cheapest; UINT32_MAX: none is left. */
static uint32_t choose(const struct sweep *s)
{
    uint32_t best = UINT32_MAX;
    for (uint32_t v = 0; v < s->e->variable_count; v++)
        if (s->cost[v] >= 0 &&
            (best == UINT32_MAX || s->cost[v] < s->cost[best]))
            best = v;
    return best;
}

/* What is left stands over the kept one, or over none. */
static void gather(const struct elimination *e, uint32_t kept, double *out)
{
    uint32_t n = kept == UINT32_MAX ? 1 : e->sizes[kept];
    for (uint32_t i = 0; i < n; i++) out[i] = 1;
    for (size_t k = 0; k < e->table_count; k++) {
        const struct factor_table *t = &e->tables[k];
        for (uint32_t i = 0; t->at && i < n; i++)
            out[i] *= t->at[t->count ? i : 0];
    }
}

enum elimination_end elimination_run(struct elimination *e, uint32_t kept,
                                     double *out)
{
    struct sweep s;
    enum elimination_end end =
        sweep_open(&s, e, kept) ? ELIMINATION_DONE : ELIMINATION_NO_MEMORY;
    for (uint32_t v; end == ELIMINATION_DONE && (v = choose(&s)) != UINT32_MAX;)
        end = eliminate(&s, v);
    if (end == ELIMINATION_DONE) gather(e, kept, out);
    sweep_close(&s);
    return end;
}
