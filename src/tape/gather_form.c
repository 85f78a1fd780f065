/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Log densities of forms, by those of what they stand around.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tape/gather_inside.h"
#include "xrp/form.h"

bool density_of(struct build *b, const struct applied *a, const struct item *v,
                uint32_t *out)
{
    density_make *make = density_form(a->family);
    if (!make) make = density_formula(a->family);
    if (!make) make = density_call;
    return make(b, a, v, out);
}

bool applied_within(struct build *b, const struct applied *a, uint32_t at,
                    uint32_t end, struct applied *out)
{
    const struct item *p = &a->args[at];
    if (at >= end || p->kind != ITEM_PLAIN || !is_type(p->plain, T_XRP))
        return build_refuse(b, "a random procedure that depends on the scope");
    const struct xrp *x = as_object(p->plain);
    *out = (struct applied){x->family, p + 1, end - at - 1};
    return !x->made || build_refuse(b, "an application of an urn");
}

bool items_plain(const struct item *in, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (in[i].kind != ITEM_PLAIN) return false;
    return true;
}

/* The site of an application all of whose arguments are plain. */
bool applied_site(struct build *b, const struct applied *a, struct xrp_site *s)
{
    value *args = memory_new((a->count + 1) * sizeof *args);
    if (!args) return machine_no_memory(b->t->machine);
    for (uint32_t i = 0; i < a->count; i++) args[i] = a->args[i].plain;
    *s = (struct xrp_site){.args = args, .arg_count = (int)a->count};
    return true;
}

/* ---- arrays of applications ------------------------------------------------- */

static uint32_t sum_of(struct build *b, uint32_t sum, uint32_t n)
{
    return graph_2(&b->g, TAPE_ADD, sum, n);
}

static bool iid(struct build *b, const struct applied *a, const struct item *v,
                uint32_t *out)
{
    struct applied in;
    struct item e;
    uint32_t n, one;
    if (!applied_within(b, a, 1, a->count, &in) || !item_length(b, v, &n))
        return false;
    *out = graph_number(&b->g, 0.0);
    for (uint32_t i = 0; i < n; i++) {
        if (!item_element(b, v, i, &e) || !density_of(b, &in, &e, &one))
            return false;
        *out = sum_of(b, *out, one);
    }
    return true;
}

/* An argument of each, seen as an array: how many of its axes go along. */
struct field_of_items {
    struct item whole, array;
    int axes;    /* 0, 1 or 2 */
    bool inside; /* a row of a matrix is an element's */
};

static bool is_array(const struct item *i)
{
    return i->kind == ITEM_ARRAY || i->kind == ITEM_LIST ||
           (i->kind == ITEM_PLAIN &&
            (is_vector(i->plain) || is_pair(i->plain)));
}

static bool open_argument(struct build *b, const struct item *arg, int rank,
                          struct field_of_items *f)
{
    struct item first;
    *f = (struct field_of_items){.whole = *arg};
    if (rank < 0 || !is_array(arg)) return true;
    if (!item_element(b, arg, 0, &first)) return false;
    bool ok = is_array(&first) ? item_matrix(b, arg, &f->array)
                               : item_array(b, arg, &f->array);
    if (!ok) return false;
    int depth = f->array.columns ? 2 : 1;
    f->axes = depth > rank ? depth - rank : 0;
    f->inside = rank == 1 && depth == 2;
    return f->axes + rank <= 2;
}

static bool argument_at(struct build *b, const struct field_of_items *f,
                        uint32_t row, uint32_t column, struct item *out)
{
    const struct item *a = &f->array;
    *out = f->whole;
    if (f->axes == 0) return true;
    uint32_t rows = f->axes == 2 ? a->rows : 1;
    uint32_t columns = f->axes == 2 ? a->columns : a->rows;
    if (rows == 1) row = 0;
    if (columns == 1) column = 0;
    if (row >= rows || column >= columns)
        return build_refuse(b, "each: shapes do not match");
    if (f->inside) return item_element(b, a, column, out);
    *out = item_node(b->pool[a->first + row * columns + column]);
    return true;
}

enum { ARGUMENTS_MOST = 32 };

static bool open_arguments(struct build *b, const struct applied *in,
                           struct field_of_items *fields)
{
    value args[ARGUMENTS_MOST];
    int8_t ranks[ARGUMENTS_MOST];
    for (uint32_t k = 0; k < in->count; k++)
        args[k] = in->args[k].kind == ITEM_PLAIN ? in->args[k].plain : V_FALSE;
    struct inner inner = {
        in->family,
        {.args = args, .arg_count = (int)in->count, .family = in->family}};
    grid_ranks(&inner, ranks);
    for (uint32_t k = 0; k < in->count; k++)
        if (!open_argument(b, &in->args[k], ranks[k], &fields[k])) return false;
    return true;
}

static bool each(struct build *b, const struct applied *a, const struct item *v,
                 uint32_t *out)
{
    struct applied in;
    struct item values, here[ARGUMENTS_MOST];
    struct field_of_items fields[ARGUMENTS_MOST];
    if (!applied_within(b, a, 1, a->count, &in)) return false;
    if (in.count > ARGUMENTS_MOST ||
        (in.family->support_kind >= SUPPORT_SIMPLEX &&
         in.family->support_kind != SUPPORT_VALUES) ||
        in.family == &family_iid || in.family == &family_each)
        return density_call(b, a, v, out);
    if (!item_array(b, v, &values) || !open_arguments(b, &in, fields))
        return false;
    struct applied element = {in.family, here, in.count};
    uint32_t rows = values.columns ? values.rows : 1, one;
    uint32_t columns = values.columns ? values.columns : values.rows;
    *out = graph_number(&b->g, 0.0);
    for (uint32_t i = 0; i < rows * columns; i++) {
        struct item y = item_node(b->pool[values.first + i]);
        for (uint32_t k = 0; k < in.count; k++)
            if (!argument_at(b, &fields[k], i / columns, i % columns, &here[k]))
                return false;
        if (!density_of(b, &element, &y, &one)) return false;
        *out = sum_of(b, *out, one);
    }
    return true;
}

/* The order is the space's; the factor n! of iid is a number. */
static bool in_order(struct build *b, const struct applied *a,
                     const struct item *v, uint32_t *out)
{
    struct applied in;
    uint32_t n;
    if (!applied_within(b, a, 0, a->count, &in) || !item_length(b, v, &n) ||
        !density_of(b, &in, v, out))
        return false;
    if (in.family == &family_iid)
        *out = sum_of(b, *out, graph_number(&b->g, lgamma(n + 1.0)));
    return true;
}

/* ---- intervals ---------------------------------------------------------------- */

static bool is_symmetric(struct build *b, const struct applied *in)
{
    static const char *const names[] = {"normal", "cauchy", "laplace",
                                        "logistic", "student-t"};
    size_t n = strcspn(in->family->names, " ");
    for (uint32_t i = 0; i < 5; i++) {
        if (strlen(names[i]) != n || memcmp(names[i], in->family->names, n))
            continue;
        uint32_t loc = i == 4; /* which argument is the location */
        if (in->count <= loc) return true;
        const struct item *at = &in->args[loc];
        (void)b;
        return at->kind == ITEM_PLAIN && is_number(at->plain) &&
               as_number(at->plain) == 0.0;
    }
    return false;
}

/* log(Phi(hi) - Phi(lo)) of standard bounds; either may be infinite. */
static uint32_t normal_mass(struct build *b, uint32_t lo, uint32_t hi)
{
    struct graph *g = &b->g;
    bool from = !(graph_is_number(g, lo) && g->nodes[lo].number == -INFINITY);
    bool to = !(graph_is_number(g, hi) && g->nodes[hi].number == INFINITY);
    if (!from && !to) return graph_number(g, 0.0);
    if (!from) return graph_1(g, TAPE_LOG_NORMAL_CDF, hi);
    uint32_t above =
        graph_1(g, TAPE_LOG_NORMAL_CDF, graph_1(g, TAPE_NEGATE, lo));
    if (!to) return above;
    /* In the tail that both are in: log(Q(lo) - Q(hi)), or the other. */
    uint32_t q_hi =
        graph_1(g, TAPE_LOG_NORMAL_CDF, graph_1(g, TAPE_NEGATE, hi));
    uint32_t p_hi = graph_1(g, TAPE_LOG_NORMAL_CDF, hi);
    uint32_t p_lo = graph_1(g, TAPE_LOG_NORMAL_CDF, lo);
    uint32_t upper = graph_2(
        g, TAPE_ADD, above,
        graph_1(g, TAPE_LOG1M_EXP, graph_2(g, TAPE_SUBTRACT, q_hi, above)));
    uint32_t lower = graph_2(
        g, TAPE_ADD, p_hi,
        graph_1(g, TAPE_LOG1M_EXP, graph_2(g, TAPE_SUBTRACT, p_lo, p_hi)));
    uint32_t right = graph_2(g, TAPE_LESS, graph_number(g, 0.0),
                             graph_2(g, TAPE_ADD, lo, hi));
    return graph_3(g, TAPE_SELECT, right, upper, lower);
}

/* The mass between two bounds; *known false: by the family's functions. */
static bool mass_of(struct build *b, const struct applied *a,
                    const struct applied *in, uint32_t lo, uint32_t hi,
                    bool *known, uint32_t *out)
{
    struct graph *g = &b->g;
    size_t n = strcspn(in->family->names, " ");
    uint32_t mu, sd;
    *known = true;
    if (items_plain(a->args, a->count)) {
        struct xrp_site s;
        struct interval t;
        const struct words nobody = {NULL, 0};
        if (!applied_site(b, a, &s)) return false;
        bool ok = a->family == &family_half
                      ? interval_open_half(&nobody, &s, &t)
                      : interval_open(&nobody, &s, &t);
        *out = graph_number(g, ok ? t.log_mass : NAN);
        return true;
    }
    if (n == 6 && !memcmp(in->family->names, "normal", 6)) {
        struct item zero = item_plain(v_int(0)), one = item_plain(v_int(1));
        if (!item_number(b, in->count > 0 ? &in->args[0] : &zero, &mu) ||
            !item_number(b, in->count > 1 ? &in->args[1] : &one, &sd))
            return false;
        uint32_t from = graph_2(g, TAPE_SUBTRACT, lo, mu);
        uint32_t to = graph_2(g, TAPE_SUBTRACT, hi, mu);
        bool all = graph_is_number(g, lo) && !isfinite(g->nodes[lo].number);
        if (!all) lo = graph_2(g, TAPE_DIVIDE, from, sd);
        all = graph_is_number(g, hi) && !isfinite(g->nodes[hi].number);
        if (!all) hi = graph_2(g, TAPE_DIVIDE, to, sd);
        *out = normal_mass(b, lo, hi);
        return true;
    }
    *known = false;
    return true;
}

static bool cut_off(struct build *b, const struct applied *a,
                    const struct applied *in, uint32_t lo, uint32_t hi,
                    const struct item *v, uint32_t *out)
{
    uint32_t mass, y;
    bool known;
    if (in->family->support_kind == SUPPORT_COUNTS ||
        in->family->support_kind == SUPPORT_INTEGERS ||
        density_form(in->family))
        return density_call(b, a, v, out);
    if (!mass_of(b, a, in, lo, hi, &known, &mass)) return false;
    if (!known) return density_call(b, a, v, out);
    uint32_t x;
    if (!density_of(b, in, v, &y) || !item_number(b, v, &x)) return false;
    *out = graph_2(&b->g, TAPE_SUBTRACT, y, mass);
    *out = density_between(b, *out, lo, x, hi);
    return true;
}

static bool half(struct build *b, const struct applied *a, const struct item *v,
                 uint32_t *out)
{
    struct applied in;
    if (!applied_within(b, a, 0, a->count, &in)) return false;
    if (is_symmetric(b, &in)) {
        uint32_t x;
        if (!density_of(b, &in, v, out) || !item_number(b, v, &x)) return false;
        *out = sum_of(b, *out, graph_number(&b->g, log(2.0)));
        *out = density_between(b, *out, graph_number(&b->g, 0.0), x,
                               graph_number(&b->g, INFINITY));
        return true;
    }
    return cut_off(b, a, &in, graph_number(&b->g, 0.0),
                   graph_number(&b->g, INFINITY), v, out);
}

static bool truncated(struct build *b, const struct applied *a,
                      const struct item *v, uint32_t *out)
{
    struct applied in;
    uint32_t lo, hi;
    return applied_within(b, a, 2, a->count, &in) &&
           item_number(b, &a->args[0], &lo) &&
           item_number(b, &a->args[1], &hi) &&
           cut_off(b, a, &in, lo, hi, v, out);
}

/* A number that no coordinate changes. */
bool item_is_known(struct build *b, const struct item *i, double *out)
{
    if (i->kind == ITEM_PLAIN && is_number(i->plain))
        *out = as_number(i->plain);
    else if (i->kind == ITEM_NUMBER && graph_is_number(&b->g, i->node))
        *out = b->g.nodes[i->node].number;
    else
        return false;
    return true;
}

/* Between its ends it is what it was; on them, by the family's functions. */
static bool censored(struct build *b, const struct applied *a,
                     const struct item *v, uint32_t *out)
{
    struct applied in;
    double y, lo, hi;
    if (!applied_within(b, a, 2, a->count, &in)) return false;
    if (item_is_known(b, v, &y) && item_is_known(b, &a->args[0], &lo) &&
        item_is_known(b, &a->args[1], &hi) && y > lo && y < hi &&
        !density_form(in.family))
        return density_of(b, &in, v, out);
    return density_call(b, a, v, out);
}

/* ---- mixtures --------------------------------------------------------------------- */

static bool mixture(struct build *b, const struct applied *a,
                    const struct item *v, uint32_t *out)
{
    struct item w;
    struct graph *g = &b->g;
    uint32_t part = 0, all = 0, one;
    if (!item_array(b, &a->args[0], &w)) return false;
    for (uint32_t at = 1; at < a->count; part++) {
        struct applied in;
        const struct item *length = &a->args[at];
        if (length->kind != ITEM_PLAIN || !is_int(length->plain) ||
            part >= w.rows)
            return build_refuse(b, "mixture: a weight for each part");
        uint32_t end = at + 1 + (uint32_t)as_int(length->plain);
        if (end > a->count || !applied_within(b, a, at + 1, end, &in) ||
            !density_of(b, &in, v, &one))
            return build_refuse(b, "mixture: parts that are not known");
        one = graph_2(g, TAPE_ADD,
                      graph_1(g, TAPE_LOG, b->pool[w.first + part]), one);
        all = part ? graph_2(g, TAPE_LOG_ADD_EXP, all, one) : one;
        at = end;
    }
    uint32_t sum = array_sum(b, &w);
    *out = w.share ? all
                   : graph_2(g, TAPE_SUBTRACT, all, graph_1(g, TAPE_LOG, sum));
    return part > 0;
}

static const struct {
    const struct xrp_family *family;
    density_make *make;
} forms[] = {
    {&family_iid, iid},
    {&family_each, each},
    {&family_half, half},
    {&family_truncated, truncated},
    {&family_censored, censored},
    {&family_ordered, in_order},
    {&family_positive_ordered, in_order},
    {&family_mixture, mixture},
};

density_make *density_form(const struct xrp_family *f)
{
    if (!(f->flags & XRP_FORM)) return NULL;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].family == f) return forms[i].make;
    return NULL;
}
