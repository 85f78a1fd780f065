/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Gibbs on one element of an array of independent applications (iid, each),
 * without moving it to any value but the one that is picked. It is read by
 * those who read the element alone, and by those who read the whole array;
 * the other elements' readers say the same at all its values. Its law is
 * that of its own application and of these readers: in closed form where
 * reduced_conjugate.c knows one, else by trying each of few values, where
 * readers are scored as they stand. While they are asked the choice holds
 * the array with the element changed.
 */
#include <math.h>

#include "base/memory.h"
#include "trace/application.h"
#include "trace/reduced_conjugate.h"
#include "trace/reduced_gibbs.h"
#include "xrp/form.h"

/* The element and its application. */
struct element_law {
    struct choice *choice;
    size_t place;
    struct grid grid;
    value held;
};

/* The array as a grid; not *fits: it is none. */
static bool open_array(struct trace *t, const struct choice *c, struct grid *g,
                       bool *fits)
{
    uint32_t n = c->node.head.size;
    *fits = false;
    if (c->family != &family_iid && c->family != &family_each) return true;
    value *plain = memory_new((n + (n == 0)) * sizeof *plain);
    if (!plain) return machine_no_memory(t->machine);
    bool collecting = t->collecting, ok = true;
    t->collecting = false;
    for (uint32_t i = 0; ok && i < n; i++)
        ok = trace_glance(t, c->written[i], &plain[i]) ||
             trace_deep(t, c->written[i], &plain[i]);
    t->collecting = collecting;
    if (!ok) return choice_no_arguments(t, c);
    struct xrp_site s = choice_application(c, plain);
    *fits = form_grid(c->family, &s, g);
    return true;
}

static bool law_open(struct trace *t, struct choice *c, size_t k,
                     struct element_law *l, bool *fits)
{
    l->choice = c;
    l->place = k;
    if (!open_array(t, c, &l->grid, fits)) return false;
    if (!*fits) return true;
    *fits = grid_element(&l->grid, c->held, k, &l->held);
    if (!*fits) grid_close(&l->grid);
    return true;
}

/* Those who read the whole, then those who read the element and were not
 * among them. NULL: no more. */
static const struct edge *reader_after(struct trace *t,
                                       const struct element_law *l,
                                       const struct edge *e, bool *of_element)
{
    e = e ? edge_next(e) : node_readers(&l->choice->node);
    if (!e && !*of_element) {
        *of_element = true;
        e = element_readers(t, l->choice, l->place);
    }
    return e;
}

static const struct edge *next_reader(struct trace *t,
                                      const struct element_law *l,
                                      const struct edge *e, bool *of_element)
{
    do e = reader_after(t, l, e, of_element);
    while (e && (edge_is_again(e) ||
                 (*of_element && edge_reads(e, &l->choice->node))));
    return e;
}

/* ---- few values ----------------------------------------------------------------- */

/* The arrays, with the probabilities of their elements. *few: they are. */
static bool list_arrays(struct trace *t, struct weighing *g,
                        struct element_law *l, bool *few)
{
    const struct xrp_family *f = l->grid.in.family;
    value list;
    g->count = 0;
    g->now = UINT32_MAX;
    *few = f->enumerate && f->enumerate(&l->grid.in.site, &list);
    for (; *few && is_pair(list); list = cdr(list)) {
        uint32_t i = g->count;
        *few = i < GIBBS_VALUES;
        if (!*few) break;
        if (!grid_with(&l->grid, l->choice->held, l->place, car(list),
                       &g->values[i]))
            return machine_no_memory(t->machine);
        grid_go(&l->grid, l->place / l->grid.columns,
                l->place % l->grid.columns);
        g->log_p[i] = family_score(f, &l->grid.in.site, car(list), &g->told);
        g->weights[i] = g->log_p[i] > -INFINITY;
        if (value_equal(car(list), l->held)) g->now = i;
        g->count++;
    }
    *few = *few && g->count > 0;
    return true;
}

static bool readers_are_plain(struct trace *t, const struct element_law *l)
{
    bool of_element = false;
    uint32_t n = 0;
    for (const struct edge *e = NULL; (e = next_reader(t, l, e, &of_element));)
        if (!reader_is_plain(edge_reader(e)) || ++n > GIBBS_READERS)
            return false;
    return true;
}

/* What they say of the array that the choice holds. */
static bool readers_say(struct trace *t, struct weighing *g,
                        const struct element_law *l, uint32_t i)
{
    bool of_element = false;
    double *sum = &g->log_p[i];
    for (const struct edge *e = NULL; *sum > -INFINITY && g->told &&
                                      (e = next_reader(t, l, e, &of_element));)
        if (i == g->now)
            *sum += reader_kept(edge_reader(e));
        else if (!reader_score(t, edge_reader(e), sum, &g->told))
            return false;
    return true;
}

static bool weigh(struct trace *t, struct weighing *g,
                  const struct element_law *l)
{
    value held = l->choice->held;
    bool ok = true, collecting = t->collecting;
    t->collecting = false;
    for (uint32_t i = 0; ok && g->told && i < g->count; i++) {
        if (!(g->weights[i] > 0.0)) continue;
        l->choice->held = g->values[i];
        ok = readers_say(t, g, l, i);
    }
    l->choice->held = held;
    t->collecting = collecting;
    return ok;
}

static bool draw_by_weights(struct trace *t, struct element_law *l, bool *done,
                            bool *changed)
{
    struct choice *c = l->choice;
    struct weighing *g = weighing_open(t, c);
    bool few;
    if (!g || !list_arrays(t, g, l, &few)) return false;
    if (!few || g->now == UINT32_MAX || !readers_are_plain(t, l)) return true;
    if (!weigh(t, g, l)) return false;
    if (!g->told) return true;
    uint32_t i = weighing_pick(t, g, done);
    if (!*done) return true;
    *changed = i != g->now;
    return (!*changed && !t->script) || gibbs_go(t, c, g->values[i]);
}

/* ---- closed forms --------------------------------------------------------------- */

/* Nobody reads it, and there is something to draw from. */
static bool is_unread(struct trace *t, const struct element_law *l)
{
    enum {
        MORE = XRP_IMPROPER | XRP_LABELS | XRP_MAKER | XRP_STATEFUL |
               XRP_MOVES | XRP_UNSAMPLES
    };
    const struct inner *in = &l->grid.in;
    return !node_readers(&l->choice->node) &&
           !element_readers(t, l->choice, l->place) &&
           !(xrp_flags_at(in->family, &in->site) & MORE);
}

static bool has_closed(struct trace *t, const struct element_law *l,
                       struct conditional *out)
{
    const struct inner *in = &l->grid.in;
    if (!is_unread(t, l))
        return trace_conjugate_at(t, l->choice, l->place, in->family, &in->site,
                                  out);
    *out = (struct conditional){.family = NULL};
    return true;
}

static bool draw_closed(struct trace *t, struct element_law *l, bool *done,
                        bool *changed)
{
    struct conditional p;
    value v, array;
    if (t->script || !has_closed(t, l, &p)) return true;
    struct xrp_site s = {
        .args = p.args, .arg_count = p.count, .family = p.family};
    const struct xrp_family *f = p.family ? p.family : l->grid.in.family;
    if (!f->sample(p.family ? &s : &l->grid.in.site, &t->machine->random, &v))
        return true;
    if (!grid_with(&l->grid, l->choice->held, l->place, v, &array))
        return machine_no_memory(t->machine);
    /* Rounding may put it where the prior has no density. */
    *done = *changed = true;
    return gibbs_go(t, l->choice, array);
}

/* ---- for kernels ---------------------------------------------------------------- */

bool trace_gibbs_at(struct trace *t, struct choice *c, size_t k, bool *done,
                    bool *changed)
{
    struct element_law l;
    bool fits;
    *done = *changed = false;
    if (t->script && !t->script->weighted) return true;
    if (!law_open(t, c, k, &l, &fits)) return false;
    if (!fits) return true;
    t->touched++;
    bool ok = (l.grid.in.family->enumerate ? draw_by_weights
                                           : draw_closed)(t, &l, done, changed);
    grid_close(&l.grid);
    return ok;
}

size_t trace_elements(struct trace *t, struct choice *c)
{
    struct grid g;
    bool fits;
    if (!open_array(t, c, &g, &fits)) error_clear(&t->machine->error);
    if (!fits) return 0;
    size_t n = g.count;
    grid_close(&g);
    return n;
}

bool trace_closed_at(struct trace *t, struct choice *c, size_t k)
{
    struct element_law l;
    struct conditional p;
    bool fits;
    if (!law_open(t, c, k, &l, &fits)) {
        error_clear(&t->machine->error);
        return false;
    }
    if (!fits) return false;
    bool closed = has_closed(t, &l, &p);
    grid_close(&l.grid);
    return closed;
}
