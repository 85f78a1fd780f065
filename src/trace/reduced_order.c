/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The nodes of a reduced trace in the order of the program: see
 * reduced_order.h.
 */
#include "trace/reduced_order.h"

#include <stdlib.h>

#include "trace/application.h"

static bool append(struct order_of *o, struct place p)
{
    if (o->count == o->room) {
        uint32_t room = o->room ? o->room * 2 : 64;
        struct place *more = realloc(o->at, room * sizeof *more);
        if (!more) return false;
        o->at = more;
        o->room = room;
    }
    o->at[o->count++] = p;
    return true;
}

/* The youngest of them first. */
static const struct node *children_of(const struct node *n)
{
    if (node_kind(n) == NODE_REGION)
        return region_children((const struct region *)n);
    if (node_kind(n) == NODE_MEM)
        return region_children(&((const struct mem_node *)n)->entries);
    return NULL;
}

/* They have nothing to tell a person. */
static bool is_watch(const struct node *n)
{
    return node_kind(n) == NODE_REGION &&
           ((const struct region *)n)->what == REGION_WATCH;
}

struct walk_state {
    struct order_of *order, todo; /* those to come, the next one last */
    uint32_t numbers;
};

static bool walk(struct walk_state *w, const struct node *top,
                 const struct directive *of, uint32_t depth)
{
    bool ok = append(&w->todo, (struct place){top, of, 0, depth});
    while (ok && w->todo.count) {
        struct place p = w->todo.at[--w->todo.count];
        if (p.depth) p.number = ++w->numbers;
        ok = append(w->order, p);
        const struct node *c = children_of(p.node);
        for (; ok && c; c = node_next(c))
            if (!is_watch(c))
                ok = append(&w->todo, (struct place){c, of, 0, p.depth + 1});
    }
    return ok;
}

/* The term of a (factor e) hangs below no region. */
static bool walk_directive(struct walk_state *w, const struct trace *t,
                           const struct directive *d)
{
    if (!d->engine_data) return true;
    if (!walk(w, d->engine_data, d, 0)) return false;
    if (!directive_is_term(d)) return true;
    const struct node *term = table_at(t, directive_location(d) ^ 1);
    return !term || walk(w, term, d, 1);
}

bool order_make(struct order_of *o, const struct trace *t,
                struct directive *const *program, uint32_t count)
{
    struct walk_state w = {.order = o};
    bool ok = true;
    *o = (struct order_of){0};
    for (uint32_t i = 0; ok && i < count; i++)
        ok = walk_directive(&w, t, program[i]);
    order_free(&w.todo);
    return ok;
}

void order_free(struct order_of *o)
{
    free(o->at);
    *o = (struct order_of){0};
}

bool reduced_predictions(struct trace *t, struct directive *const *program,
                         uint32_t count, prediction_visit *each, void *context)
{
    struct order_of order;
    bool ok =
        order_make(&order, t, program, count) || machine_no_memory(t->machine);
    t->collecting = false;
    for (uint32_t i = 0; ok && i < order.count; i++) {
        const struct region *r = (const struct region *)order.at[i].node;
        value v;
        if (node_kind(&r->node) != NODE_REGION || r->what != REGION_PREDICT)
            continue;
        ok = trace_deep(t, r->result, &v) && each(context, r->operands[1], v);
    }
    order_free(&order);
    return ok;
}

bool reduced_observed(struct trace *t, struct directive *const *program,
                      uint32_t count, observed_visit *each, void *context)
{
    struct order_of order;
    bool ok =
        order_make(&order, t, program, count) || machine_no_memory(t->machine);
    for (uint32_t i = 0; ok && i < order.count; i++) {
        const struct region *r = (const struct region *)order.at[i].node;
        struct site site;
        if (node_kind(&r->node) != NODE_REGION || r->what != REGION_OBSERVE ||
            !region_target(r) || choice_observer(region_target(r)) != r)
            continue;
        ok = trace_site(t, region_target(r), &site) &&
             each(context, order.at[i].of, &site);
    }
    order_free(&order);
    return ok;
}
