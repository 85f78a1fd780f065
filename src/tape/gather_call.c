/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Log densities of families without a formula, and of what is in an urn, by
 * their own functions: a call of the tape. Arguments and the value are values of the language, made once;
 * the numbers in them that depend on coordinates are written before each
 * call.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tape/gather_inside.h"
#include "xrp/form.h"

/* Values to which coordinates are written before the family is asked: kept
 * memory of the collector. Argument -1 is the value. */
struct asked_item {
    int arg;
    uint32_t first, count; /* of the call's inputs */
    uint32_t room;         /* where its slopes stand, all of them */
    uint32_t *where;       /* of each input, its element; NULL: a number */
};

struct asked {
    const struct xrp_family *family;
    const struct urn *urn; /* not NULL: its contents, under parameters */
    value *args;           /* and the value, last */
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
        if (!t->where) *into = v_double(in[t->first]);
        for (uint32_t j = 0; t->where && j < t->count; j++)
            as_vector(*into)->at[t->where[j]] = in[t->first + j];
    }
}

static struct xrp_site asked_site(struct asked *k)
{
    if (k->urn)
        return (struct xrp_site){.params = k->args,
                                 .param_count = k->count,
                                 .state = k->urn->state,
                                 .family = k->family};
    return (struct xrp_site){
        .args = k->args, .arg_count = k->count, .family = k->family};
}

static bool asked_value(void *context, const double *in, double *out)
{
    struct asked *k = context;
    write_in(k, in);
    struct xrp_site s = asked_site(k);
    *out = k->urn ? k->family->score_state(&s)
                  : k->family->prob(&s, k->args[k->count]);
    return *out > -INFINITY && *out < INFINITY;
}

/* Adds what comes through one item. */
static bool pass(const struct asked_item *t, const double *from, double by_out,
                 double *by_in)
{
    for (uint32_t j = 0; j < t->count; j++) {
        double slope = from[t->where ? t->where[j] : 0];
        if (!isfinite(slope)) return false;
        by_in[t->first + j] += by_out * slope;
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
            by_value = k->slopes + t->room;
        else
            k->wanted[t->arg] = k->slopes + t->room;
    }
    if (!k->arrays(s, v, by_value, k->wanted)) return false;
    for (uint32_t i = 0; ok && i < k->item_count; i++)
        ok = pass(&k->items[i], k->slopes + k->items[i].room, by_out, by_in);
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
    if (!(k->urn ? k->family->score_state_gradient(&s, by_arg)
                 : k->family->gradient(&s, v, by_value, by_arg)))
        return false;
    for (uint32_t i = 0; i < k->item_count; i++) {
        const struct asked_item *t = &k->items[i];
        const double *from = t->arg < 0 ? by_value : by_arg + t->arg;
        if (t->where && t->arg >= 0) {
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

/* The nodes that a call reads, as they are found. */
struct inputs {
    uint32_t *nodes, count, room, slopes;
};

/* An array: its numbers are written once, the others at each call. */
static bool ask_array(struct build *b, struct asked *k, const struct item *a,
                      struct asked_item *t, value *into, struct inputs *in)
{
    uint32_t n = item_count(a);
    *into = vector_make(a->rows, a->columns);
    t->where = memory_new_atomic((n + 1) * sizeof *t->where);
    if (*into == V_UNBOUND || !t->where ||
        !build_grow(b, &in->nodes, &in->room, in->count + n, sizeof *in->nodes))
        return machine_no_memory(b->t->machine);
    in->slopes += n;
    for (uint32_t j = 0; j < n; j++) {
        uint32_t node = b->pool[a->first + j];
        if (graph_is_number(&b->g, node)) {
            as_vector(*into)->at[j] = b->g.nodes[node].number;
            continue;
        }
        t->where[t->count++] = j;
        in->nodes[in->count++] = node;
    }
    (void)k;
    return true;
}

/* One argument, or the value: coordinates in it become inputs. */
static bool ask_item(struct build *b, struct asked *k, int arg,
                     const struct item *i, struct inputs *in)
{
    struct item a;
    double x;
    value *into = &k->args[arg < 0 ? k->count : arg];
    if (i->kind == ITEM_PLAIN) {
        *into = i->plain;
        return true;
    }
    if (item_is_known(b, i, &x)) {
        *into = v_double(x);
        return true;
    }
    struct asked_item *t = &k->items[k->item_count++];
    *t =
        (struct asked_item){.arg = arg, .first = in->count, .room = in->slopes};
    if (i->kind != ITEM_NUMBER)
        return item_array(b, i, &a) && ask_array(b, k, &a, t, into, in);
    if (!build_grow(b, &in->nodes, &in->room, in->count + 1, sizeof *in->nodes))
        return false;
    t->count = 1;
    in->slopes++;
    in->nodes[in->count++] = i->node;
    return true;
}

static bool ask(struct build *b, const struct applied *a, const struct item *v,
                const struct urn *urn, uint32_t *out)
{
    const struct xrp_family *f = a->family;
    struct inputs in = {0};
    size_t size = 0, most = 0;
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
        .urn = urn,
        .args = memory_new((a->count + 1) * sizeof(value)),
        .count = (int)a->count,
        .items = memory_new((a->count + 1) * sizeof *k->items),
        .arrays = urn ? NULL : array_gradient_of(f),
        .wanted = memory_new((a->count + 1) * sizeof *k->wanted),
        .slopes = memory_new_atomic((size + a->count + 2 + 2 * most) *
                                    sizeof *k->slopes)};
    bool ok = (k->args && k->items && k->slopes && k->wanted) ||
              machine_no_memory(b->t->machine);
    for (uint32_t i = 0; ok && i < a->count; i++)
        ok = ask_item(b, k, (int)i, &a->args[i], &in);
    ok = ok && ask_item(b, k, -1, v, &in);
    if (ok)
        *out = graph_given(&b->g,
                           &(struct tape_call){.context = k,
                                               .count = in.count,
                                               .out = 1,
                                               .value = asked_value,
                                               .reverse = asked_reverse,
                                               .free = asked_free},
                           in.nodes);
    else
        memory_free(k);
    free(in.nodes);
    return ok;
}

bool density_call(struct build *b, const struct applied *a,
                  const struct item *v, uint32_t *out)
{
    const struct xrp_family *f = a->family;
    if (items_plain(a->args, a->count) && v->kind == ITEM_PLAIN) {
        struct xrp_site s;
        if (!applied_site(b, a, &s)) return false;
        s.family = f;
        *out = graph_number(&b->g, f->prob(&s, v->plain));
        return true;
    }
    if (!f->gradient && !array_gradient_of(f))
        return build_refuse(b, "%.*s has no gradient",
                            (int)strcspn(f->names, " "), f->names);
    return ask(b, a, v, NULL, out);
}

bool density_urn(struct build *b, const struct urn *urn,
                 const struct item *params, uint32_t count, uint32_t *out)
{
    struct applied a = {urn->made.family, params, count};
    struct item none = item_plain(V_NIL);
    const char *name = a.family->names;
    if (!a.family->score_state || !a.family->score_state_gradient)
        return build_refuse(b, "parameters of %.*s have no gradient",
                            (int)strcspn(name, " "), name);
    for (uint32_t i = 0; i < count; i++)
        if (params[i].kind != ITEM_PLAIN && params[i].kind != ITEM_NUMBER)
            return build_refuse(b, "parameters of %.*s that are arrays",
                                (int)strcspn(name, " "), name);
    return ask(b, &a, &none, urn, out);
}
