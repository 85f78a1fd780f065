/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Data as columns: see observed.h.
 */
#include "session/observed.h"

#include <stdio.h>

#include "base/memory.h"

struct gathering {
    struct session *session;
    const struct directive **by;
    value *values; /* a list each, the last one first */
    size_t count, room;
};

static bool make_room(struct gathering *g)
{
    if (g->count < g->room) return true;
    size_t room = g->room ? 2 * g->room : 16;
    const struct directive **by = memory_new(room * sizeof *by);
    value *values = memory_new(room * sizeof *values);
    if (!by || !values) return machine_no_memory(g->session->machine);
    for (size_t i = 0; i < g->count; i++) {
        by[i] = g->by[i];
        values[i] = g->values[i];
    }
    g->by = by;
    g->values = values;
    g->room = room;
    return true;
}

static bool gather(void *context, const struct directive *by,
                   const struct site *site)
{
    struct gathering *g = context;
    size_t i = 0;
    /* those of one directive come together, most often */
    if (g->count && g->by[g->count - 1] == by) i = g->count - 1;
    while (i < g->count && g->by[i] != by) i++;
    if (i == g->count) {
        if (!make_room(g)) return false;
        g->by[i] = by;
        g->values[i] = V_NIL;
        g->count++;
    }
    value v = cons(site->held, g->values[i]);
    if (v == V_UNBOUND) return machine_no_memory(g->session->machine);
    g->values[i] = v;
    return true;
}

/* One value stands for itself, several are a list in their order. */
static value in_order(value list)
{
    value made = V_NIL;
    if (cdr(list) == V_NIL) return car(list);
    for (; list != V_NIL && made != V_UNBOUND; list = cdr(list))
        made = cons(car(list), made);
    return made;
}

bool observed_columns(struct session *s, struct flat *out)
{
    struct gathering g = {.session = s};
    flat_open(out);
    bool good = s->engine->op->observed(s->engine, gather, &g);
    bool memory = true;
    for (size_t i = 0; good && memory && i < g.count; i++) {
        char name[40];
        snprintf(name, sizeof name, "observe_%d", g.by[i]->id);
        g.values[i] = in_order(g.values[i]);
        memory =
            g.values[i] != V_UNBOUND && flat_declare(out, name, g.values[i]);
    }
    memory = memory && flat_settle(out) && (!good || flat_draw(out, g.values));
    if (good && memory) return true;
    flat_close(out);
    return memory ? false : machine_no_memory(s->machine);
}
