/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * iid and each: arrays of independent applications as one choice. iid has n
 * of the same; each lets its arguments go along with the elements, over the
 * trailing axes. A number for each gives a vector or a matrix, anything else
 * a list. A transition draws one element anew.
 */
#include <stdio.h>

#include "xrp/form.h"

typedef bool grid_reader(const struct words *w, const struct xrp_site *s,
                         struct grid *g);

static const struct words nobody = {NULL, 0};

/* All numbers of arrays of arrays: n of the outermost times theirs. */
static bool is_small(const struct words *w, double n, const struct inner *in)
{
    struct inner deeper = *in;
    while (deeper.family == &family_iid && is_number(deeper.site.args[0])) {
        struct xrp_site s = deeper.site;
        n *= as_number(s.args[0]);
        if (!inner_open(w, &s, 1, s.arg_count, &deeper)) return false;
    }
    return n <= DIMENSION_MAX ||
           words_put(w, "there are more than %d elements", DIMENSION_MAX);
}

static bool read_iid(const struct words *w, const struct xrp_site *s,
                     struct grid *g)
{
    static const struct parameter n_row = {"n", DIMENSION, 0.0};
    struct inner in;
    double n;
    g->fields = NULL;
    return argument_number(w, &n_row, s, 0, &n) &&
           inner_open(w, s, 1, s->arg_count, &in) && is_small(w, n, &in) &&
           grid_open_iid(w, &in, n, g);
}

static bool read_each(const struct words *w, const struct xrp_site *s,
                      struct grid *g)
{
    g->fields = NULL;
    return grid_open_each(w, s, 1, s->args[0], g);
}

/* ---- the functions ------------------------------------------------------ */

static bool draw(grid_reader *reads, const struct xrp_site *s, struct random *r,
                 value *out)
{
    struct grid g;
    if (!reads(&nobody, s, &g)) return false;
    bool good = grid_sample(&g, r, out);
    grid_close(&g);
    return good;
}

static double score(grid_reader *reads, const struct xrp_site *s, value v)
{
    struct grid g;
    if (!reads(&nobody, s, &g)) return NAN;
    double sum = grid_prob(&g, v);
    grid_close(&g);
    return sum;
}

static bool find_misfit(struct grid *g, value v, struct misfit *out)
{
    struct field values;
    *out = (struct misfit){g->in.family, V_UNBOUND, 0, g->count};
    if (!grid_values(g, v, &values)) return true;
    bool found = false;
    for (size_t k = 0; !found && k < g->count; k++) {
        size_t row = k / g->columns, column = k % g->columns;
        grid_go(g, row, column);
        out->element = field_at(&values, row, column);
        out->place = k + 1;
        found = inner_prob(&g->in, out->element) == -INFINITY;
    }
    field_close(&values);
    return found;
}

bool form_grid(const struct xrp_family *f, const struct xrp_site *s,
               struct grid *g)
{
    grid_reader *reads = f == &family_iid    ? read_iid
                         : f == &family_each ? read_each
                                             : NULL;
    return reads && reads(&nobody, s, g);
}

size_t form_elements(const struct xrp_family *f, const struct xrp_site *s)
{
    struct grid g;
    if (!form_grid(f, s, &g)) return 0;
    size_t n = g.count;
    grid_close(&g);
    return n;
}

bool form_misfit(const struct xrp_family *f, const struct xrp_site *s, value v,
                 struct misfit *out)
{
    struct grid g;
    if (!form_grid(f, s, &g)) return false;
    bool found = find_misfit(&g, v, out);
    grid_close(&g);
    return found;
}

static bool propose_one(grid_reader *reads, const struct xrp_site *s,
                        struct random *r, value old, value *out,
                        double *forward, double *backward)
{
    struct grid g;
    if (!reads(&nobody, s, &g)) return false;
    bool good = grid_propose(&g, r, old, out, forward, backward);
    grid_close(&g);
    return good;
}

static bool explain_grid(grid_reader *reads, const struct xrp_site *s,
                         char *words, size_t size)
{
    struct words w = {words, size};
    struct grid g;
    if (!reads(&w, s, &g)) return true;
    bool wrong = grid_explain(&g, words, size);
    grid_close(&g);
    return wrong;
}

/* Those of the run within begin behind the procedure. */
static bool slopes(grid_reader *reads, const struct xrp_site *s, value v,
                   double *by_value, double *const *by_arg)
{
    struct grid g;
    for (int i = 0; i < 2; i++)
        if (by_arg[i]) by_arg[i][0] = NAN;
    if (!reads(&nobody, s, &g)) return false;
    bool good = grid_slopes(&g, v, by_value, by_arg + 2);
    grid_close(&g);
    return good;
}

static bool list_all(grid_reader *reads, const struct xrp_site *s, value *list)
{
    struct grid g;
    if (!reads(&nobody, s, &g)) return false;
    bool good = grid_enumerate(&g, list);
    grid_close(&g);
    return good;
}

/* ---- the rows ----------------------------------------------------------- */

#define GRID_FUNCTIONS(NAME)                                            \
    ARRAY_FUNCTIONS(NAME, read_##NAME)                                  \
    static bool NAME##_enumerate(const struct xrp_site *s, value *list) \
    {                                                                   \
        return list_all(read_##NAME, s, list);                          \
    }

#define GRID_SLOTS(NAME) ARRAY_SLOTS(NAME), .enumerate = NAME##_enumerate

GRID_FUNCTIONS(iid)
GRID_FUNCTIONS(each)

const struct xrp_family family_iid = {
    .names = "iid",
    .signature = "(iid n (f arg ...))",
    .doc = "n independent draws of f, as one vector; as a list, when they are "
           "no numbers",
    .min = 2,
    GRID_SLOTS(iid),
};

const struct xrp_family family_each = {
    .names = "each",
    .signature = "(each (f arg ...))",
    .doc = "independent draws of f, one for each element of its arguments, "
           "which go along over their last axes",
    .min = 2,
    GRID_SLOTS(each),
};
