/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Walks along lines, whatever decides how far: see walks.h.
 */
#include "infer/walks.h"

#include "base/memory.h"

bool walks_refuse(const struct kernel *k, struct engine *e,
                  const struct site *s)
{
    kernel_refuse_choice(k, e, s->choice, s->place, " is no continuous number");
    return error_hint(&e->machine->error, "(%s (and continuous ...))",
                      k->row->name);
}

bool walks_open(struct kernel *k, struct engine *e, double first)
{
    struct step_sizes *s = memory_new(sizeof *s);
    if (!s) return machine_no_memory(e->machine);
    s->first = first;
    k->state = s;
    for (uint32_t i = 0; !k->lenient && i < k->scope->member_count; i++) {
        struct site site;
        if (!e->op->site(e, k->scope->members[i].choice, &site)) return false;
        if (!line_count(&site)) return walks_refuse(k, e, &site);
    }
    return true;
}

void walks_close(struct kernel *k)
{
    if (k->state) steps_close(k->state);
    k->state = NULL;
}

static bool walk_one(struct walk *w, uint32_t which, walk_move *move,
                     struct transition_counts *counts)
{
    struct engine *e = w->engine;
    if (!e->op->site(e, w->target->choices[0], &w->site)) return false;
    if (which >= line_count(&w->site) || !line_open(&w->site, which, &w->line))
        return true;
    w->size = steps_at(w->kernel->state, w->site.place);
    if (!w->size) return machine_no_memory(e->machine);
    return move(w, counts);
}

bool walks_along(struct kernel *k, struct engine *e, struct target *t,
                 walk_move *move, struct transition_counts *counts)
{
    struct walk w = {.kernel = k, .engine = e, .target = t};
    if (!e->op->site(e, t->choices[0], &w.site)) return false;
    uint32_t n = line_count(&w.site);
    if (!n)
        return k->lenient ? target_redraw(k, e, t, counts)
                          : walks_refuse(k, e, &w.site);
    if (k->pick == PICK_ONE) {
        uint32_t which =
            n == 1 ? 0 : (uint32_t)random_below(&e->machine->random, n);
        return walk_one(&w, which, move, counts);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!walk_one(&w, i, move, counts)) return false;
        t->choices[0] = e->op->choice_at(e, t->locations[0]);
        if (!t->choices[0]) break;
    }
    return true;
}
