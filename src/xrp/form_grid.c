/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arrays of independent applications of one random procedure: which axes of
 * each argument go along with the elements, and which of all together are the
 * array's. Refuses what does not go along, in words.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "xrp/form.h"

/* ---- axes of arguments and values --------------------------------------- */

/* Arguments of which a part belongs to each element: how many axes, or -1:
 * all of it. The others are numbers. */
static const struct {
    const struct xrp_family *family;
    int8_t ranks[3];
} rank_rows[] = {
    {&family_categorical, {1, 0, 0}},
    {&family_sample_discrete, {1, 0, 0}},
    {&family_categorical_logit, {1, 0, 0}},
    {&family_ordered_logistic, {0, 1, 0}},
    {&family_multinomial, {-1, 1, 0}},
    {&family_uniform_draw, {-1, 0, 0}},
    {&family_dirichlet, {1, 0, 0}},
    {&family_multinomial_counts, {0, 1, 0}},
    {&family_multivariate_normal, {1, -1, 0}},
    {&family_multivariate_normal_precision, {1, -1, 0}},
    {&family_multivariate_normal_cholesky, {1, -1, 0}},
    {&family_wishart, {0, -1, 0}},
    {&family_inverse_wishart, {0, -1, 0}},
    {&family_gaussian_process, {-1, -1, 0}},
    {&family_mixture, {1, 0, 0}},
};

static const struct words nobody = {NULL, 0};

void grid_ranks(const struct inner *in, int8_t *ranks)
{
    const struct xrp_family *f = in->family;
    int n = in->site.arg_count;
    memset(ranks, 0, (size_t)n);
    if (n == 1 || f->max >= 0)
        for (size_t k = 0; k < sizeof rank_rows / sizeof *rank_rows; k++)
            for (int i = 0; rank_rows[k].family == f && i < n && i < 3; i++)
                ranks[i] = rank_rows[k].ranks[i];
    if (f->flags & XRP_FORM && n > 0)
        ranks[0] = f == &family_mixture ? 1 : f == &family_each ? -1 : 0;
    for (int at = 0; f->flags & XRP_FORM && at < n; at++) {
        if (!is_type(in->site.args[at], T_XRP)) continue;
        int to = n;
        struct inner deeper;
        if (f == &family_mixture && is_int(in->site.args[at - 1]))
            to = at + (int)as_int(in->site.args[at - 1]);
        ranks[at] = -1;
        if (at > 0 && f == &family_mixture) ranks[at - 1] = -1;
        if (to > n || !inner_open(&nobody, &in->site, at, to, &deeper)) return;
        grid_ranks(&deeper, ranks + at + 1);
        at = to - 1;
    }
}

bool inner_is_plain(const struct inner *in)
{
    return inner_is_number(in) ||
           xrp_support_at(in->family, &in->site) == SUPPORT_BOOLEAN;
}

/* ---- opening ------------------------------------------------------------ */

void grid_close(struct grid *g)
{
    for (int i = 0; g->fields && i < g->in.site.arg_count; i++)
        field_close(&g->fields[i]);
    if (g->fields != g->few_fields) free(g->fields);
    g->fields = NULL;
}

static bool room_for(const struct words *w, const struct inner *in,
                     struct grid *g)
{
    size_t n = (size_t)in->site.arg_count;
    g->in = *in;
    g->axes = 0;
    g->rows = g->columns = g->count = 1;
    g->fields = g->few_fields;
    g->args = g->few_args;
    if (n > sizeof g->few_fields / sizeof *g->few_fields) {
        g->fields = malloc(n * sizeof *g->fields);
        g->args = memory_new(n * sizeof *g->args);
        if (!g->fields || !g->args) {
            free(g->fields);
            g->fields = NULL;
            return words_put(w, "memory ran out");
        }
    }
    for (size_t i = 0; i < n; i++) {
        g->args[i] = in->site.args[i];
        g->fields[i] =
            (struct field){.whole = g->args[i], .rows = 1, .columns = 1};
    }
    g->in.site.args = g->args;
    return true;
}

static bool join_axis(size_t *all, size_t one)
{
    if (*all == 1) *all = one;
    return one == *all || one == 1;
}

/* The arguments' axes together. */
static bool broadcast(const struct words *w, struct grid *g)
{
    for (int i = 0; i < g->in.site.arg_count; i++) {
        const struct field *f = &g->fields[i];
        size_t columns = g->columns, rows = g->rows;
        if (f->axes > g->axes) g->axes = f->axes;
        if (!join_axis(&g->columns, f->columns))
            return words_put(w, "%zu and %zu elements do not go along", columns,
                             f->columns);
        if (!join_axis(&g->rows, f->rows))
            return words_put(w, "%zu and %zu rows do not go along", rows,
                             f->rows);
    }
    return true;
}

static bool read_shape(const struct words *w, value shape, bool plain,
                       size_t lengths[2], int *axes)
{
    value rest = shape;
    *axes = 0;
    lengths[0] = lengths[1] = 1;
    for (; is_pair(rest) && *axes < (plain ? 3 : 1); rest = cdr(rest)) {
        if (!is_int(car(rest)) || as_int(car(rest)) < 0)
            return words_put(w, "the shape of the values is a list of lengths");
        lengths[0] = lengths[1];
        lengths[1] = (size_t)as_int(car(rest));
        ++*axes;
    }
    if (*axes > 2)
        return words_put(w, "values of more than two axes do not go along");
    return is_list(shape) ||
           words_put(w, "the shape of the values is a list of lengths");
}

/* The values' axes, with which the arguments' must agree. */
static bool impose(const struct words *w, value shape, struct grid *g)
{
    size_t lengths[2];
    int axes;
    if (!read_shape(w, shape, inner_is_plain(&g->in), lengths, &axes))
        return false;
    size_t rows = g->rows, columns = g->columns;
    if (g->axes <= axes && join_axis(&rows, lengths[0]) &&
        join_axis(&columns, lengths[1]) && rows == lengths[0] &&
        columns == lengths[1]) {
        g->axes = axes;
        g->rows = rows;
        g->columns = columns;
        return true;
    }
    return words_put(w,
                     "%zu values, but arguments for %zu: as many of one as "
                     "of the other were expected",
                     lengths[0] * lengths[1], g->rows * g->columns);
}

bool grid_open_each(const struct words *w, const struct xrp_site *s, int from,
                    value shape, struct grid *g)
{
    struct inner in;
    struct room room;
    int n = s->arg_count - from - 1;
    g->fields = NULL;
    if (!inner_open(w, s, from, s->arg_count, &in) || !room_for(w, &in, g))
        return false;
    int8_t *ranks = (int8_t *)room_open(&room, (size_t)n / 8 + 1);
    bool good = ranks != NULL;
    if (good) grid_ranks(&in, ranks);
    for (int i = 0; good && i < n; i++)
        good = field_open(w, in.site.args[i], ranks[i], &g->fields[i]);
    room_close(&room);
    good = good && broadcast(w, g) && (shape == V_FALSE || impose(w, shape, g));
    if (good && g->axes > 1 && !inner_is_plain(&in))
        good = words_put(w, "%.*s goes along one axis only", inner_name(&in),
                         in.family->names);
    g->count = g->rows * g->columns;
    if (good && g->count == 0)
        good = words_put(w, "expected at least one element, and its arguments "
                            "have none");
    if (good && g->count > DIMENSION_MAX)
        good = words_put(w, "there are more than %d elements", DIMENSION_MAX);
    if (!good) grid_close(g);
    return good;
}

bool grid_open_iid(const struct words *w, const struct inner *in, double n,
                   struct grid *g)
{
    g->fields = NULL;
    if (!room_for(w, in, g)) return false;
    g->axes = 1;
    g->columns = g->count = (size_t)n;
    return true;
}

void grid_go(struct grid *g, size_t row, size_t column)
{
    for (int i = 0; i < g->in.site.arg_count; i++)
        if (g->fields[i].axes)
            g->args[i] = field_at(&g->fields[i], row, column);
}
