/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Log densities of forms, by those of what they stand around; and of families
 * without a formula, by their own functions.
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

static bool is_plain_all(const struct item *in, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (in[i].kind != ITEM_PLAIN) return false;
    return true;
}

/* The site of an application all of whose arguments are plain. */
static bool plain_site(struct build *b, const struct applied *a,
                       struct xrp_site *s)
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

/* Does an element of this family take its arguments as single numbers? */
static bool takes_numbers(const struct xrp_family *f)
{
    static const char *const others[] = {"categorical",
                                         "categorical-logit",
                                         "ordered-logistic",
                                         "mixture",
                                         "iid",
                                         "each",
                                         "ordered",
                                         "positive-ordered"};
    size_t n = strcspn(f->names, " ");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strlen(others[i]) == n && !memcmp(others[i], f->names, n))
            return false;
    return f->support_kind < SUPPORT_SIMPLEX;
}

/* One argument of an element: of axes that go along, its own. */
static bool along(struct build *b, const struct item *arg, uint32_t i,
                  uint32_t n, struct item *out)
{
    uint32_t length;
    *out = *arg;
    if (arg->kind == ITEM_NUMBER ||
        (arg->kind == ITEM_PLAIN && !is_vector(arg->plain) &&
         !is_pair(arg->plain)))
        return true;
    if (!item_length(b, arg, &length)) return false;
    if (length != n && length != 1)
        return build_refuse(b, "each: %u values, and %u of an argument", n,
                            length);
    return item_element(b, arg, length == 1 ? 0 : i, out);
}

static bool each(struct build *b, const struct applied *a, const struct item *v,
                 uint32_t *out)
{
    struct applied in;
    uint32_t n, one;
    struct item here[16], e, wide;
    if (!applied_within(b, a, 1, a->count, &in) || !item_length(b, v, &n))
        return false;
    bool matrix = (v->kind == ITEM_ARRAY && v->columns) ||
                  (v->kind == ITEM_PLAIN && is_vector(v->plain) &&
                   as_vector(v->plain)->columns);
    if (!takes_numbers(in.family) || in.count > 16 || matrix)
        return density_call(b, a, v, out);
    struct item args[16];
    for (uint32_t k = 0; k < in.count; k++) {
        args[k] = in.args[k];
        /* Lists are walked once. */
        if (args[k].kind == ITEM_PLAIN && is_pair(args[k].plain)) {
            if (!item_array(b, &args[k], &wide)) return false;
            args[k] = wide;
        }
    }
    value rest = v->kind == ITEM_PLAIN && is_pair(v->plain) ? v->plain : V_NIL;
    *out = graph_number(&b->g, 0.0);
    for (uint32_t i = 0; i < n; i++) {
        struct applied element = {in.family, here, in.count};
        for (uint32_t k = 0; k < in.count; k++)
            if (!along(b, &args[k], i, n, &here[k])) return false;
        if (is_pair(rest)) {
            e = item_plain(car(rest));
            rest = cdr(rest);
        } else if (!item_element(b, v, i, &e)) {
            return false;
        }
        if (!density_of(b, &element, &e, &one)) return false;
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
    if (is_plain_all(a->args, a->count)) {
        struct xrp_site s;
        struct interval t;
        const struct words nobody = {NULL, 0};
        if (!plain_site(b, a, &s)) return false;
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
    if (!density_of(b, in, v, &y)) return false;
    *out = graph_2(&b->g, TAPE_SUBTRACT, y, mass);
    return true;
}

static bool half(struct build *b, const struct applied *a, const struct item *v,
                 uint32_t *out)
{
    struct applied in;
    if (!applied_within(b, a, 0, a->count, &in)) return false;
    if (is_symmetric(b, &in)) {
        if (!density_of(b, &in, v, out)) return false;
        *out = sum_of(b, *out, graph_number(&b->g, log(2.0)));
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

/* Between its ends it is what it was; on them, by the family's functions. */
static bool censored(struct build *b, const struct applied *a,
                     const struct item *v, uint32_t *out)
{
    struct applied in;
    if (!applied_within(b, a, 2, a->count, &in)) return false;
    if (v->kind == ITEM_PLAIN && a->args[0].kind == ITEM_PLAIN &&
        a->args[1].kind == ITEM_PLAIN && is_number(v->plain) &&
        is_number(a->args[0].plain) && is_number(a->args[1].plain) &&
        as_number(v->plain) > as_number(a->args[0].plain) &&
        as_number(v->plain) < as_number(a->args[1].plain) &&
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

/* ---- families by their own functions ------------------------------------------------ */

/* Values to which coordinates are written before the family is asked: kept
 * memory of the collector. Argument -1 is the value. */
struct asked_item {
    int arg;
    uint32_t first, count; /* of the call's inputs; single: a number */
    bool single;
};

struct asked {
    const struct xrp_family *family;
    value *args; /* and the value, last */
    int count;
    struct asked_item *items;
    uint32_t item_count;
    double *slopes;
    array_gradient *arrays; /* NULL: the family's gradient */
    double **wanted;        /* for it, by argument */
};

static void write_in(struct asked *k, const double *in)
{
    for (uint32_t i = 0; i < k->item_count; i++) {
        const struct asked_item *t = &k->items[i];
        value *into = &k->args[t->arg < 0 ? k->count : t->arg];
        if (t->single)
            *into = v_double(in[t->first]);
        else
            memcpy(as_vector(*into)->at, in + t->first, t->count * sizeof *in);
    }
}

static struct xrp_site asked_site(struct asked *k)
{
    return (struct xrp_site){
        .args = k->args, .arg_count = k->count, .family = k->family};
}

static bool asked_value(void *context, const double *in, double *out)
{
    struct asked *k = context;
    write_in(k, in);
    struct xrp_site s = asked_site(k);
    *out = k->family->prob(&s, k->args[k->count]);
    return *out > -INFINITY && *out < INFINITY;
}

/* Adds what comes through one item. */
static bool pass(const struct asked_item *t, const double *from, double by_out,
                 double *by_in)
{
    for (uint32_t j = 0; j < t->count; j++) {
        if (!isfinite(from[j])) return false;
        by_in[t->first + j] += by_out * from[j];
    }
    return true;
}

/* Each item's slopes stand where its numbers stand among the inputs. */
static bool reverse_arrays(struct asked *k, const struct xrp_site *s, value v,
                           double by_out, double *by_in)
{
    double *by_value = NULL;
    bool ok = true;
    memset(k->wanted, 0, (size_t)(k->count + 1) * sizeof *k->wanted);
    for (uint32_t i = 0; i < k->item_count; i++) {
        const struct asked_item *t = &k->items[i];
        if (t->arg < 0)
            by_value = k->slopes + t->first;
        else
            k->wanted[t->arg] = k->slopes + t->first;
    }
    if (!k->arrays(s, v, by_value, k->wanted)) return false;
    for (uint32_t i = 0; ok && i < k->item_count; i++)
        ok = pass(&k->items[i], k->slopes + k->items[i].first, by_out, by_in);
    return ok;
}

static bool asked_reverse(void *context, const double *in, const double *out,
                          const double *by_out, double *by_in)
{
    struct asked *k = context;
    (void)out;
    write_in(k, in);
    struct xrp_site s = asked_site(k);
    value v = k->args[k->count];
    if (k->arrays) return reverse_arrays(k, &s, v, by_out[0], by_in);
    double *by_value = k->slopes, *by_arg = by_value + 1;
    double *within = by_arg + k->count;
    if (!k->family->gradient(&s, v, by_value, by_arg)) return false;
    for (uint32_t i = 0; i < k->item_count; i++) {
        const struct asked_item *t = &k->items[i];
        const double *from = t->arg < 0 ? by_value : by_arg + t->arg;
        if (!t->single && t->arg >= 0) {
            if (!k->family->gradient_within ||
                !k->family->gradient_within(&s, v, t->arg, within))
                return false;
            from = within;
        }
        if (!pass(t, from, by_out[0], by_in)) return false;
    }
    return true;
}

static void asked_free(void *context) { memory_free(context); }

/* One argument, or the value: numbers in it become inputs. */
static bool ask_item(struct build *b, struct asked *k, int arg,
                     const struct item *i, uint32_t **nodes, uint32_t *count,
                     uint32_t *room)
{
    struct item a;
    value *into = &k->args[arg < 0 ? k->count : arg];
    if (i->kind == ITEM_PLAIN) {
        *into = i->plain;
        return true;
    }
    if (!item_array(b, i, &a)) return false;
    uint32_t n = i->kind == ITEM_NUMBER ? 1 : item_count(&a);
    if (!build_grow(b, nodes, room, *count + n, sizeof **nodes)) return false;
    k->items[k->item_count++] =
        (struct asked_item){arg, *count, n, i->kind == ITEM_NUMBER};
    if (i->kind != ITEM_NUMBER) {
        *into = vector_make(a.rows, a.columns);
        if (*into == V_UNBOUND) return machine_no_memory(b->t->machine);
    }
    for (uint32_t j = 0; j < n; j++) {
        uint32_t node = i->kind == ITEM_NUMBER ? i->node : b->pool[a.first + j];
        /* A call reads slots: a number is an operation that gives it. */
        if (graph_is_number(&b->g, node))
            return build_refuse(b, "%s of an array in part known",
                                k->family->names);
        (*nodes)[(*count)++] = node;
    }
    return true;
}

bool density_call(struct build *b, const struct applied *a,
                  const struct item *v, uint32_t *out)
{
    const struct xrp_family *f = a->family;
    uint32_t *nodes = NULL, count = 0, room = 0;
    size_t size = 0, most = 0;
    if (is_plain_all(a->args, a->count) && v->kind == ITEM_PLAIN) {
        struct xrp_site s;
        if (!plain_site(b, a, &s)) return false;
        s.family = f;
        *out = graph_number(&b->g, f->prob(&s, v->plain));
        return true;
    }
    if (!f->gradient && !array_gradient_of(f))
        return build_refuse(b, "%.*s has no gradient",
                            (int)strcspn(f->names, " "), f->names);
    for (uint32_t i = 0; i <= a->count; i++) {
        const struct item *t = i < a->count ? &a->args[i] : v;
        size_t n = t->kind == ITEM_ARRAY  ? item_count(t)
                   : t->kind == ITEM_LIST ? t->rows
                   : t->kind == ITEM_PLAIN && is_vector(t->plain)
                       ? as_vector(t->plain)->head.size
                       : 1;
        size += n;
        if (n > most) most = n;
    }
    struct asked *k = memory_new_kept(sizeof *k);
    if (!k) return machine_no_memory(b->t->machine);
    *k = (struct asked){
        .family = f,
        .args = memory_new((a->count + 1) * sizeof(value)),
        .count = (int)a->count,
        .items = memory_new_atomic((a->count + 1) * sizeof *k->items),
        .arrays = array_gradient_of(f),
        .wanted = memory_new((a->count + 1) * sizeof *k->wanted),
        .slopes = memory_new_atomic((size + a->count + 2 + 2 * most) *
                                    sizeof *k->slopes)};
    bool ok = (k->args && k->items && k->slopes && k->wanted) ||
              machine_no_memory(b->t->machine);
    for (uint32_t i = 0; ok && i < a->count; i++)
        ok = ask_item(b, k, (int)i, &a->args[i], &nodes, &count, &room);
    ok = ok && ask_item(b, k, -1, v, &nodes, &count, &room);
    if (ok)
        *out = graph_given(&b->g,
                           &(struct tape_call){.context = k,
                                               .count = count,
                                               .out = 1,
                                               .value = asked_value,
                                               .reverse = asked_reverse,
                                               .free = asked_free},
                           nodes);
    else
        memory_free(k);
    free(nodes);
    return ok;
}
