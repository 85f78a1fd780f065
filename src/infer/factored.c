/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From units to factors: see factored.h. A unit is a variable; its rows, a
 * table over it and all that it read in any of its runs. What a run did not
 * read does not matter to it, so its row stands at every value of that.
 */
#include "infer/factored.h"

#include <math.h>
#include <stdlib.h>

#include "infer/eliminate.h"
#include "trace/units.h"

struct product {
    struct units units;
    struct elimination tables;
    uint32_t *sizes, *vars; /* of all units; room for a table's */
    uint32_t *now;          /* the value of each unit, in one entry */
    bool *fixed;            /* is that said by the row? */
};

static struct unit *unit_at(const struct product *p, uint32_t i)
{
    return p->units.all.at[i];
}

static void put_var(struct product *p, uint32_t *count, uint32_t var)
{
    uint32_t k = *count;
    while (k && p->vars[k - 1] > var) k--;
    if (k && p->vars[k - 1] == var) return;
    for (uint32_t i = (*count)++; i > k; i--) p->vars[i] = p->vars[i - 1];
    p->vars[k] = var;
}

static uint32_t scope_of(struct product *p, const struct unit *x)
{
    uint32_t count = 0;
    put_var(p, &count, x->number);
    for (uint32_t i = 0; i < x->row_count; i++)
        for (uint32_t k = 0; k < x->rows[i].read_count; k++)
            put_var(p, &count, x->rows[i].reads[k].unit);
    return count;
}

static size_t place(const struct product *p, const struct factor *f)
{
    size_t at = 0;
    for (uint32_t i = 0; i < f->count; i++)
        at = at * p->sizes[f->vars[i]] + p->now[f->vars[i]];
    return at;
}

/* At every value of what the row has not read. */
static void add_row(struct product *p, struct factor *f, const struct unit *x,
                    const struct unit_row *row, double largest)
{
    double mass = exp(row->log_mass - largest);
    for (uint32_t i = 0; i < f->count; i++) {
        p->fixed[f->vars[i]] = false;
        p->now[f->vars[i]] = 0;
    }
    for (uint32_t i = 0; i < row->read_count; i++) {
        p->fixed[row->reads[i].unit] = true;
        p->now[row->reads[i].unit] = row->reads[i].value;
    }
    p->fixed[x->number] = true;
    p->now[x->number] = row->value;
    for (;;) {
        f->at[place(p, f)] += mass;
        uint32_t k = f->count;
        while (k--) {
            uint32_t v = f->vars[k];
            if (p->fixed[v]) continue;
            if (++p->now[v] < p->sizes[v]) break;
            p->now[v] = 0;
        }
        if (k == UINT32_MAX) return;
    }
}

/* *log_by: what the table is scaled by. */
static bool add_table(struct product *p, const struct unit *x, double *log_by)
{
    double largest = -INFINITY;
    if (x->kind == UNIT_VALUE || x->kind == UNIT_CALL) return true;
    struct factor *f = elimination_add(&p->tables, p->vars, scope_of(p, x));
    if (!f) return false;
    for (uint32_t i = 0; i < x->row_count; i++)
        largest = fmax(largest, x->rows[i].log_mass);
    for (uint32_t i = 0; i < x->row_count; i++)
        add_row(p, f, x, &x->rows[i], largest);
    *log_by += largest;
    return true;
}

static bool open(struct product *p, double most)
{
    uint32_t n = p->units.all.count;
    p->sizes = calloc(n + 1, sizeof *p->sizes);
    p->vars = calloc(n + 1, sizeof *p->vars);
    p->now = calloc(n + 1, sizeof *p->now);
    p->fixed = calloc(n + 1, sizeof *p->fixed);
    p->tables.sizes = p->sizes;
    p->tables.vars = n;
    p->tables.most = most;
    if (!p->sizes || !p->vars || !p->now || !p->fixed) return false;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t values = unit_at(p, i)->value_count;
        p->sizes[i] = values ? values : 1;
    }
    return true;
}

static void close(struct product *p)
{
    elimination_close(&p->tables);
    free(p->sizes);
    free(p->vars);
    free(p->now);
    free(p->fixed);
}

static bool visit_sums(const struct unit *query, const double *sums,
                       double log_scale, factored_visit *visit, void *context)
{
    for (uint32_t i = 0; i < query->value_count; i++) {
        double mass = log(sums[i]) + log_scale;
        if (mass > -INFINITY && !visit(context, query->values[i], mass))
            return false;
    }
    return true;
}

/* *fits false: too wide, or no memory for it. */
static bool sum(struct product *p, double most, factored_visit *visit,
                void *context, bool *fits)
{
    uint32_t n = p->units.all.count;
    double log_by = 0.0, log_scale = 0.0, *sums = NULL;
    *fits = open(p, most);
    const struct unit *query = NULL;
    for (uint32_t i = 0; *fits && i < n; i++) {
        *fits = add_table(p, unit_at(p, i), &log_by);
        if (unit_at(p, i)->kind == UNIT_QUERY) query = unit_at(p, i);
    }
    if (*fits && query && (sums = calloc(p->sizes[query->number] + 1, 8)))
        *fits = elimination_run(&p->tables, query->number, sums, &log_scale) ==
                ELIMINATION_DONE;
    bool ok =
        !*fits || (sums && query &&
                   visit_sums(query, sums, log_scale + log_by, visit, context));
    free(sums);
    return ok;
}

bool factored_run(struct machine *m, struct directive *const *program,
                  uint32_t count, const struct code *query, double most,
                  factored_visit *visit, void *context, uint32_t *parts,
                  bool *fits)
{
    struct product p = {.tables = {NULL, 0, 0, NULL, 0, 0.0}};
    if (!units_make(&p.units, m, program, count, query, most, fits))
        return false;
    *parts = p.units.all.count;
    bool ok = !*fits || sum(&p, most, visit, context, fits);
    close(&p);
    return ok;
}
