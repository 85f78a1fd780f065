/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Gradients of arrays of applications: each element's slopes, added up over
 * what it shares with others. See multivariate.h for gradients by arrays.
 */
#include <stdlib.h>

#include "xrp/form.h"

/* Room for the slopes of one element: `at[i]` has one number a number of its
 * argument i, or is NULL where nobody asks. */
struct slopes {
    double **at;
    size_t *lengths;
    double *scalars;
    void *owned;
};

static size_t length_of(const struct field *f)
{
    if (f->axes == 0) return (size_t)array_count(f->whole);
    return f->numbers ? 1 : (size_t)array_count(f->items[0]);
}

static bool slopes_open(const struct grid *g, double *const *by_arg,
                        struct slopes *s)
{
    size_t n = (size_t)g->in.site.arg_count, total = n;
    for (size_t i = 0; i < n; i++) total += length_of(&g->fields[i]);
    s->owned = malloc(n * (sizeof *s->at + sizeof *s->lengths) +
                      (total + 1) * sizeof(double));
    if (!s->owned) return false;
    s->at = s->owned;
    s->lengths = (size_t *)(s->at + n);
    s->scalars = (double *)(s->lengths + n);
    double *next = s->scalars + n;
    for (size_t i = 0; i < n; i++) {
        s->lengths[i] = length_of(&g->fields[i]);
        s->at[i] = by_arg[i] ? next : NULL;
        next += s->lengths[i];
    }
    return true;
}

/* Of families with numbers for arguments and value; lists among the arguments
 * by gradient_within. */
static bool by_slots(const struct inner *in, value v, double *by_value,
                     const struct slopes *s)
{
    double one;
    if (!inner_gradient(in, v, &one, s->scalars)) return false;
    if (by_value) *by_value = one;
    for (int i = 0; i < in->site.arg_count; i++) {
        double *at = s->at[i];
        if (!at) continue;
        value arg = in->site.args[i];
        if (!is_vector(arg) && !is_pair(arg))
            at[0] = s->scalars[i];
        else if (!in->family->gradient_within ||
                 !in->family->gradient_within(&in->site, v, i, at))
            for (size_t k = 0; k < s->lengths[i]; k++) at[k] = NAN;
    }
    return true;
}

static void add(const struct field *f, size_t row, size_t column,
                const double *from, size_t length, double *to)
{
    to += length * (row * f->row_step + column * f->column_step);
    for (size_t k = 0; k < length; k++) to[k] += from[k];
}

/* An argument's rows may differ in length: then there are no slopes. */
static bool is_even(const struct field *f, size_t length)
{
    for (size_t k = 0; f->items && k < f->rows * f->columns; k++)
        if ((size_t)array_count(f->items[k]) != length) return false;
    return true;
}

static bool add_elements(struct grid *g, const struct field *values,
                         struct slopes *s, double *by_value,
                         double *const *by_arg)
{
    array_gradient *arrays = array_gradient_of(g->in.family);
    for (size_t i = 0; i < g->rows; i++)
        for (size_t j = 0; j < g->columns; j++) {
            value v = field_at(values, i, j);
            grid_go(g, i, j);
            if (!(arrays ? arrays(&g->in.site, v, by_value, s->at)
                         : by_slots(&g->in, v, by_value, s)))
                return false;
            if (by_value) by_value += (size_t)array_count(v);
            for (int k = 0; k < g->in.site.arg_count; k++)
                if (by_arg[k])
                    add(&g->fields[k], i, j, s->at[k], s->lengths[k],
                        by_arg[k]);
        }
    return true;
}

bool grid_slopes(struct grid *g, value v, double *by_value,
                 double *const *by_arg)
{
    struct field values;
    struct slopes s;
    int n = g->in.site.arg_count;
    if (!grid_values(g, v, &values)) return false;
    bool good = slopes_open(g, by_arg, &s);
    for (int i = 0; good && i < n; i++) {
        const struct field *f = &g->fields[i];
        if (!by_arg[i]) continue;
        good = is_even(f, s.lengths[i]);
        memset(by_arg[i], 0,
               f->rows * f->columns * s.lengths[i] * sizeof(double));
    }
    good = good && add_elements(g, &values, &s, by_value, by_arg);
    if (s.owned) free(s.owned);
    field_close(&values);
    return good;
}

bool form_gradient(array_gradient *g, const struct xrp_site *s, value v,
                   double *by_value, double *by_arg)
{
    double **wanted = calloc((size_t)s->arg_count + 1, sizeof *wanted);
    if (!wanted) return false;
    *by_value = NAN;
    for (int i = 0; i < s->arg_count; i++) {
        by_arg[i] = NAN;
        if (is_number(s->args[i])) wanted[i] = by_arg + i;
    }
    bool good = g(s, v, is_number(v) ? by_value : NULL, wanted);
    free(wanted);
    return good;
}

bool form_gradient_within(array_gradient *g, const struct xrp_site *s, value v,
                          int arg, double *by_element)
{
    if (arg >= s->arg_count) return false;
    double **wanted = calloc((size_t)s->arg_count + 1, sizeof *wanted);
    if (!wanted) return false;
    wanted[arg] = by_element;
    bool good = g(s, v, NULL, wanted);
    free(wanted);
    return good;
}
