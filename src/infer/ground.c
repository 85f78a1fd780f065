/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The density that gradient kernels walk on: see ground.h.
 */
#include "infer/ground.h"

#include <stdlib.h>
#include <string.h>

#include "infer/target.h"

static bool evaluate(void *context, const double *q, double *log_density,
                     double *gradient)
{
    struct ground *g = context;
    struct machine *m = g->engine->machine;
    if (g->stopped) return false;
    if (--m->fuel < 0 && !machine_poll(m)) {
        g->stopped = true;
        return false;
    }
    return tape_run(g->gathering.density, q, log_density, gradient) ==
           TAPE_FINE;
}

static bool refuse_discrete(const struct kernel *k, struct engine *e,
                            const struct site *s)
{
    char words[80];
    kernel_refuse(k, e, "'%s' is not continuous, and has no gradient",
                  target_words(s->place, words, sizeof words));
    e->machine->error.span = s->place;
    return error_hint(&e->machine->error,
                      "(cycle (gibbs discrete) (%s continuous))", k->row->name);
}

/* What it cannot move would stand still, and nobody would know. */
static bool check_scope(const struct kernel *k, struct engine *e)
{
    for (uint32_t i = 0; i < k->scope->member_count; i++) {
        struct site s;
        if (!e->op->site(e, k->scope->members[i].choice, &s)) return false;
        if (!(xrp_flags_at(s.family, &s.at) & XRP_CONTINUOUS))
            return refuse_discrete(k, e, &s);
    }
    return true;
}

static bool make(struct ground *g, const struct kernel *k)
{
    struct engine *e = g->engine;
    struct span place = k->span;
    char why[200];
    if (g->gathered) gathering_close(&g->gathering);
    g->gathered = false;
    if (!e->op->scope_look(e, k->scope)) return false;
    switch (gather(e, k->scope, &g->gathering, why, sizeof why, &place)) {
    case GATHER_FINE: break;
    case GATHER_ERROR: return false;
    default:
        kernel_refuse(k, e, "%s", why);
        e->machine->error.span = place;
        return false;
    }
    g->gathered = true;
    size_t size = g->gathering.density->size;
    if (size > g->room) {
        free(g->q);
        g->q = calloc(size, sizeof *g->q);
        g->room = g->q ? size : 0;
        if (!g->q) return machine_no_memory(e->machine);
    }
    g->density = (struct density){size, g, evaluate};
    return true;
}

bool ground_look(struct ground *g, const struct kernel *k, bool *fresh,
                 const struct gather_block **edge)
{
    struct engine *e = g->engine;
    *edge = NULL;
    g->stopped = false;
    *fresh = !g->gathered || g->touched != e->op->touched(e);
    if (!*fresh) return true;
    if (!make(g, k)) return false;
    if (!gathering_read(&g->gathering, e, g->q, edge) && !*edge) return false;
    g->touched = e->op->touched(e);
    return true;
}

bool ground_open(struct ground *g, const struct kernel *k, struct engine *e)
{
    bool fresh;
    const struct gather_block *edge;
    *g = (struct ground){.engine = e};
    if (strcmp(e->op->name, "reduced") != 0)
        return kernel_refuse(k, e, "the engine %s keeps no gradients",
                             e->op->name);
    if (!e->op->scope_look(e, k->scope)) return false;
    if (!k->lenient && !check_scope(k, e)) return false;
    if (!ground_look(g, k, &fresh, &edge)) return false;
    if (edge) {
        char words[80];
        kernel_refuse(k, e, "'%s' stands on the edge of its support",
                      target_words(edge->place, words, sizeof words));
        e->machine->error.span = edge->place;
        return false;
    }
    return g->density.size > 0 || k->lenient ||
           kernel_refuse(k, e, "no choice of the program is free");
}

void ground_close(struct ground *g)
{
    if (g->gathered) gathering_close(&g->gathering);
    free(g->q);
    *g = (struct ground){0};
}

bool ground_write(struct ground *g, const double *q, bool *possible)
{
    struct engine *e = g->engine;
    if (!gathering_write(&g->gathering, e, q, possible)) return false;
    g->touched = e->op->touched(e);
    if (*possible) memcpy(g->q, q, g->density.size * sizeof *q);
    return true;
}

const struct gather_block *ground_block(const struct ground *g,
                                        size_t coordinate)
{
    const struct gather_block *blocks = g->gathering.blocks;
    uint32_t low = 0, high = g->gathering.block_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (blocks[middle].first <= coordinate)
            low = middle;
        else
            high = middle;
    }
    return &blocks[low];
}
