/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The functions of a family over the elements of a grid, one by one: drawing,
 * scoring, proposing, listing. The loops of families that many data are seen
 * through are in form_lanes.c.
 */
#include "base/memory.h"
#include "xrp/form.h"

static const struct words nobody = {NULL, 0};

/* Values, as the language has them: numbers in a vector or a matrix, all else
 * in lists. */
struct values {
    value array;
    double *numbers;
    value *items;
};

static bool values_make(const struct grid *g, struct values *to)
{
    *to = (struct values){.array = V_UNBOUND};
    if (g->axes && inner_is_number(&g->in)) {
        to->array = g->axes == 2 ? vector_make(g->rows, g->columns)
                                 : vector_make(g->columns, 0);
        if (to->array == V_UNBOUND) return false;
        to->numbers = as_vector(to->array)->at;
        return true;
    }
    to->items = memory_new(g->count * sizeof *to->items);
    return to->items != NULL;
}

static bool values_done(const struct grid *g, struct values *of, value *out)
{
    *out = of->array;
    if (of->numbers) return true;
    if (g->axes == 0) {
        *out = of->items[0];
        return true;
    }
    for (size_t i = 0; g->axes == 2 && i < g->rows; i++) {
        of->items[i] = list_from(of->items + i * g->columns, g->columns);
        if (of->items[i] == V_UNBOUND) return false;
    }
    *out = list_from(of->items, g->axes == 2 ? g->rows : g->columns);
    return *out != V_UNBOUND;
}

static bool values_put(struct values *to, size_t k, value v)
{
    if (!to->numbers) {
        to->items[k] = v;
        return true;
    }
    if (!is_number(v)) return false;
    to->numbers[k] = as_number(v);
    return true;
}

bool grid_values(const struct grid *g, value v, struct field *f)
{
    bool plain = inner_is_plain(&g->in);
    int rank = plain ? 0 : g->axes ? FIELD_OUTER : -1;
    if (!field_open(&nobody, v, rank, f)) return false;
    if (f->axes == g->axes && f->rows == g->rows && f->columns == g->columns)
        return true;
    field_close(f);
    return false;
}

static bool sample_into(struct grid *g, struct random *r, struct values *to)
{
    for (size_t k = 0, i = 0; i < g->rows; i++)
        for (size_t j = 0; j < g->columns; j++, k++) {
            value v;
            grid_go(g, i, j);
            if (!inner_sample(&g->in, r, &v) || !values_put(to, k, v))
                return false;
        }
    return true;
}

bool grid_sample(struct grid *g, struct random *r, value *out)
{
    struct values values;
    return values_make(g, &values) && sample_into(g, r, &values) &&
           values_done(g, &values, out);
}

/* What rounding loses of the sum is kept aside (Neumaier 1974): a million
 * terms are as right as one. */
static double score_elements(struct grid *g, const struct field *values)
{
    double sum = 0.0, lost = 0.0;
    for (size_t i = 0; i < g->rows; i++)
        for (size_t j = 0; j < g->columns; j++) {
            grid_go(g, i, j);
            double score = inner_prob(&g->in, field_at(values, i, j));
            if (score != score) return NAN;
            double more = sum + score;
            if (fabs(more) < INFINITY)
                lost += fabs(sum) >= fabs(score) ? (sum - more) + score
                                                 : (score - more) + sum;
            sum = more;
        }
    return sum + lost;
}

double grid_prob(struct grid *g, value v)
{
    struct field values;
    if (!grid_values(g, v, &values)) return -INFINITY;
    double score = lanes_prob(g, &values);
    if (score != score) score = score_elements(g, &values);
    field_close(&values);
    if (score > 0.0 && !inner_is_continuous(&g->in)) return 0.0;
    return score;
}

static bool with(struct grid *g, const struct field *now, size_t k, value next,
                 value *out)
{
    struct values values;
    bool good = values_make(g, &values);
    for (size_t i = 0; good && i < g->count; i++)
        good = values_put(&values, i,
                          field_at(now, i / g->columns, i % g->columns));
    return good && values_put(&values, k, next) && values_done(g, &values, out);
}

bool grid_with(struct grid *g, value old, size_t k, value next, value *out)
{
    struct field now;
    if (!grid_values(g, old, &now)) return false;
    bool good = with(g, &now, k, next, out);
    field_close(&now);
    return good;
}

bool grid_element(struct grid *g, value array, size_t k, value *out)
{
    struct field now;
    if (k >= g->count || !grid_values(g, array, &now)) return false;
    grid_go(g, k / g->columns, k % g->columns);
    *out = field_at(&now, k / g->columns, k % g->columns);
    field_close(&now);
    return true;
}

bool grid_propose(struct grid *g, struct random *r, value old, value *out,
                  double *forward, double *backward)
{
    size_t k = random_below(r, g->count);
    value one, next;
    if (!grid_element(g, old, k, &one) || !inner_sample(&g->in, r, &next))
        return false;
    *forward = inner_prob(&g->in, next);
    *backward = inner_prob(&g->in, one);
    return grid_with(g, old, k, next, out);
}

double array_count(value v)
{
    if (is_vector(v)) return as_vector(v)->head.size;
    if (!is_pair(v) || !is_list(v)) return 1.0;
    double rows = list_length(v);
    return is_list(car(v)) ? rows * fmax(list_length(car(v)), 1.0) : rows;
}

double array_weight(const struct xrp_site *s, value v)
{
    (void)s;
    return array_count(v);
}

bool grid_explain(struct grid *g, char *words, size_t size)
{
    for (size_t k = 0; k < g->count; k++) {
        grid_go(g, k / g->columns, k % g->columns);
        if (inner_explain(&g->in, words, size)) return true;
        bool same = true;
        for (int i = 0; i < g->in.site.arg_count; i++)
            same = same && g->fields[i].axes == 0;
        if (same) return false;
    }
    return false;
}

/* ---- all arrays --------------------------------------------------------- */

/* The support of each element, as far as all arrays from them are not too
 * many. */
static bool supports_of(struct grid *g, value *supports)
{
    double all = 1.0;
    for (size_t k = 0; k < g->count; k++) {
        grid_go(g, k / g->columns, k % g->columns);
        if (!g->in.family->enumerate ||
            !g->in.family->enumerate(&g->in.site, &supports[k]))
            return false;
        all *= list_length(supports[k]);
        if (!(all > 0.0 && all <= ENUMERATE_MAX)) return false;
    }
    return true;
}

/* Counts like an odometer: `at` has what is left of each element's support.
 * False after the last. */
static bool turn(size_t count, const value *supports, value *at)
{
    for (size_t k = count; k-- > 0;) {
        at[k] = cdr(at[k]);
        if (is_pair(at[k])) return true;
        at[k] = supports[k];
    }
    return false;
}

bool grid_enumerate(struct grid *g, value *list)
{
    if (g->count > 64) return false;
    value *supports = memory_new(2 * g->count * sizeof *supports);
    if (!supports || !supports_of(g, supports)) return false;
    value *at = supports + g->count, one;
    memcpy(at, supports, g->count * sizeof *at);
    *list = V_NIL;
    do {
        struct values values;
        if (!values_make(g, &values)) return false;
        for (size_t k = 0; k < g->count; k++)
            if (!values_put(&values, k, car(at[k]))) return false;
        if (!values_done(g, &values, &one) || !enumerate_onto(one, list))
            return false;
    } while (turn(g->count, supports, at));
    return true;
}
