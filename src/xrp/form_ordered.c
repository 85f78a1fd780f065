/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ordered and positive-ordered: n independent draws, from the least to the
 * greatest. Each ordered vector comes from n! orders of the draws, or fewer
 * where values that are possible twice are equal; so its density is that
 * many times that of the draws. positive-ordered is ordered around half.
 *
 * Of draws that are not alike, (ordered (each (f arg ...))), it is their
 * density on ordered vectors: what it integrates to depends on the arguments
 * and is left out, so these may not be random (`fixed`).
 */
#include <stdlib.h>

#include "base/memory.h"
#include "base/special.h"
#include "xrp/form.h"

static const struct words nobody = {NULL, 0};

/* half around what stands in the run, as an application of its own: the
 * arguments of half are the run. */
static void halve(const struct xrp_site *s, struct inner *in)
{
    *in = (struct inner){&family_half,
                         {.args = s->args + 2, .arg_count = s->arg_count - 2}};
}

static struct xrp half_around = {
    {{T_XRP, 0, 0, 0}, "half", "(half (f arg ...))"}, &family_half, NULL, 0};

static bool is_each(const struct xrp_site *s)
{
    return s->arg_count > 2 && is_type(s->args[0], T_XRP) &&
           ((const struct xrp *)as_object(s->args[0]))->family == &family_each;
}

/* each shape f a ...: of the positive ones half f a ... from the second on. */
static bool read_each(const struct words *w, const struct xrp_site *s,
                      bool positive, struct grid *g)
{
    struct xrp_site around = *s;
    int from = positive ? 1 : 2;
    if (positive) {
        value *args = memory_new((size_t)s->arg_count * sizeof *args);
        if (!args) return words_put(w, "memory ran out");
        memcpy(args, s->args, (size_t)s->arg_count * sizeof *args);
        args[1] = v_object(&half_around);
        around.args = args;
    }
    if (!grid_open_each(w, &around, from, s->args[1], g)) return false;
    if (g->rows == 1 && inner_is_number(&g->in)) return true;
    words_put(w, "expected one row of numbers");
    grid_close(g);
    return false;
}

/* iid n f a ...: `in` is what is drawn n times. */
static bool read_draws(const struct words *w, const struct xrp_site *s,
                       bool positive, struct inner *in, struct grid *g)
{
    static const struct parameter n_row = {"n", DIMENSION, 0.0};
    double n;
    g->fields = NULL;
    if (is_each(s)) {
        bool good = read_each(w, s, positive, g);
        *in = g->in;
        return good;
    }
    if (s->arg_count < 3 || !is_type(s->args[0], T_XRP) ||
        ((const struct xrp *)as_object(s->args[0]))->family != &family_iid)
        return words_put(w, "expected draws: (iid n (f arg ...))");
    if (!argument_number(w, &n_row, s, 1, &n) ||
        !inner_open(w, s, 2, s->arg_count, in))
        return false;
    if (!inner_is_number(in))
        return words_put(w, "%.*s gives no numbers", inner_name(in),
                         in->family->names);
    if (positive) halve(s, in);
    return grid_open_iid(w, in, n, g);
}

static bool is_ordered(const struct field *f)
{
    for (size_t i = 1; i < f->columns; i++)
        if (!(f->numbers[i - 1] <= f->numbers[i])) return false;
    return true;
}

/* The log of the number of orders. Equal values of a density with no atom
 * have measure zero, and count as if they were apart. */
static double log_orders(const struct grid *g, const struct field *f)
{
    double orders = log_gamma((double)g->count + 1.0);
    if (inner_is_continuous(&g->in) && !inner_has_atoms(&g->in)) return orders;
    for (size_t i = 0, run = 1; i < f->columns; i++, run++) {
        if (i + 1 < f->columns && f->numbers[i] == f->numbers[i + 1]) continue;
        orders -= log_gamma((double)run + 1.0);
        run = 0;
    }
    return orders;
}

static double score(bool positive, const struct xrp_site *s, value v)
{
    struct inner in;
    struct grid g;
    struct field f;
    if (!read_draws(&nobody, s, positive, &in, &g)) return NAN;
    double sum = grid_prob(&g, v);
    if (sum > -INFINITY && grid_values(&g, v, &f)) {
        double orders = is_each(s) ? 0.0 : log_orders(&g, &f);
        sum = f.numbers && is_ordered(&f) ? sum + orders : -INFINITY;
        field_close(&f);
    }
    grid_close(&g);
    return sum;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool vector_is_ordered(value v)
{
    struct field f = {.numbers = as_vector(v)->at,
                      .columns = as_vector(v)->head.size};
    return is_ordered(&f);
}

/* Until the draws are in order as they come. */
static bool draw_in_order(struct grid *g, struct random *r, value *out)
{
    enum { TRIES = 100000 };
    for (int i = 0; i < TRIES; i++) {
        if (!grid_sample(g, r, out)) return false;
        if (vector_is_ordered(*out)) return true;
    }
    return false;
}

static bool draw(bool positive, const struct xrp_site *s, struct random *r,
                 value *out)
{
    struct inner in;
    struct grid g;
    if (!read_draws(&nobody, s, positive, &in, &g)) return false;
    bool each = is_each(s);
    bool good = each ? draw_in_order(&g, r, out) : grid_sample(&g, r, out);
    if (good && !each)
        qsort(as_vector(*out)->at, g.count, sizeof(double), ascending);
    grid_close(&g);
    return good;
}

static size_t count_equal(const double *x, size_t n, double wanted)
{
    size_t equal = 0;
    for (size_t i = 0; i < n; i++) equal += x[i] == wanted;
    return equal;
}

/* The vector without element k, and y where it belongs. */
static value replace(const double *x, size_t n, size_t k, double y)
{
    value v = vector_make(n, 0);
    if (v == V_UNBOUND) return v;
    double *to = as_vector(v)->at;
    size_t put = 0;
    bool placed = false;
    for (size_t i = 0; i < n; i++) {
        if (i == k) continue;
        if (!placed && y < x[i]) {
            to[put++] = y;
            placed = true;
        }
        to[put++] = x[i];
    }
    if (!placed) to[put] = y;
    return v;
}

/* Not alike: the new one must be in order where the old one was. */
static bool propose_in_place(struct grid *g, struct random *r, value old,
                             value *out, double *forward, double *backward)
{
    bool good = grid_propose(g, r, old, out, forward, backward) &&
                vector_is_ordered(*out);
    grid_close(g);
    return good;
}

/* One element, picked uniformly, is drawn anew and put where it belongs. Of
 * several equal elements any may be the one: forward, those of the old value
 * in the old vector; backward, those of the new one in the new. */
static bool propose_one(bool positive, const struct xrp_site *s,
                        struct random *r, value old, value *out,
                        double *forward, double *backward)
{
    struct inner in;
    struct grid g;
    struct field f;
    value next;
    if (!read_draws(&nobody, s, positive, &in, &g)) return false;
    if (is_each(s)) return propose_in_place(&g, r, old, out, forward, backward);
    bool good = grid_values(&g, old, &f);
    if (good && f.numbers && inner_sample(&g.in, r, &next)) {
        size_t k = random_below(r, g.count);
        double x = f.numbers[k], y = as_number(next);
        *out = replace(f.numbers, g.count, k, y);
        good = *out != V_UNBOUND;
        if (good) {
            double before = (double)count_equal(f.numbers, g.count, x);
            double after = (double)count_equal(as_vector(*out)->at, g.count, y);
            *forward = inner_prob(&g.in, next) + log(before);
            *backward = inner_prob(&g.in, v_double(x)) + log(after);
        }
    } else {
        good = false;
    }
    if (good || f.owned) field_close(&f);
    grid_close(&g);
    return good;
}

/* Slopes of the draws: the number of orders is constant. Of positive-ordered
 * half stands between, whose run begins one argument earlier. */
static bool slopes(bool positive, const struct xrp_site *s, value v,
                   double *by_value, double *const *by_arg)
{
    struct inner in;
    struct grid g;
    struct field f;
    for (int i = 0; i < 3 && i < s->arg_count; i++)
        if (by_arg[i]) by_arg[i][0] = NAN;
    if (!read_draws(&nobody, s, positive, &in, &g)) return false;
    bool good = grid_values(&g, v, &f);
    if (good) {
        good = f.numbers && is_ordered(&f);
        field_close(&f);
    }
    good = good && grid_slopes(&g, v, by_value, by_arg + (positive ? 2 : 3));
    grid_close(&g);
    return good;
}

static bool explain_grid(bool positive, const struct xrp_site *s, char *words,
                         size_t size)
{
    struct words w = {words, size};
    struct inner in;
    struct grid g;
    if (!read_draws(&w, s, positive, &in, &g)) return true;
    bool wrong = grid_explain(&g, words, size);
    grid_close(&g);
    return wrong;
}

/* ---- the rows ----------------------------------------------------------- */

ARRAY_FUNCTIONS(ordered, false)
ARRAY_FUNCTIONS(positive_ordered, true)

const struct xrp_family family_ordered = {
    .names = "ordered",
    .signature = "(ordered (iid n (f arg ...)))",
    .doc = "n independent draws of f, from the least to the greatest",
    .min = 1,
    ARRAY_SLOTS(ordered),
    .fixed = is_each,
};

const struct xrp_family family_positive_ordered = {
    .names = "positive-ordered",
    .signature = "(positive-ordered (iid n (f arg ...)))",
    .doc = "n independent draws of f, given that each is at least 0, from the "
           "least to the greatest",
    .min = 1,
    ARRAY_SLOTS(positive_ordered),
    .fixed = is_each,
};
