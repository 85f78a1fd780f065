/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The density that gradient kernels walk on: see ground.h.
 */
#include "infer/ground.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "infer/target.h"

/* ---- sides -------------------------------------------------------------------- */

enum { SIDES_MOST = 64 };

static void close_sides(struct ground *g)
{
    for (uint32_t i = 0; i < g->side_count; i++) gathering_close(&g->sides[i]);
    free(g->sides);
    g->sides = NULL;
    g->side_count = g->side_next = 0;
}

/* Does its tape ask what stands in the trace, as urns do? That is gone when
 * the trace is brought to another side: such a gathering is not kept. */
static bool is_bound(const struct gathering *g)
{
    for (uint32_t i = 0; i < g->density->plate_count; i++)
        if (g->density->plates[i].call) return true;
    return false;
}

static void swap(struct gathering *a, struct gathering *b)
{
    struct gathering c = *a;
    *a = *b;
    *b = c;
}

/* One that was gathered before, and says something at q. */
static bool find_side(struct ground *g, const double *q)
{
    double ignored;
    for (uint32_t i = 0; i < g->side_count; i++) {
        struct tape *t = g->sides[i].density;
        if (tape_run(t, q, &ignored, NULL) == TAPE_GUARDED) continue;
        swap(&g->gathering, &g->sides[i]);
        if (is_bound(&g->sides[i])) {
            gathering_close(&g->sides[i]);
            g->sides[i] = g->sides[--g->side_count];
        }
        return true;
    }
    return false;
}

/* The oldest makes room. */
static bool put_side(struct ground *g, struct gathering *fresh)
{
    if (!g->sides) g->sides = calloc(SIDES_MOST, sizeof *g->sides);
    if (!g->sides) {
        gathering_close(fresh);
        return machine_no_memory(g->engine->machine);
    }
    uint32_t at = g->side_count;
    if (is_bound(&g->gathering)) {
        gathering_close(&g->gathering);
        g->gathering = *fresh;
        return true;
    }
    if (at == SIDES_MOST) {
        at = g->side_next++ % SIDES_MOST;
        gathering_close(&g->sides[at]);
    } else {
        g->side_count++;
    }
    g->sides[at] = g->gathering;
    g->gathering = *fresh;
    return true;
}

/* Brings the trace to q, and gathers there. false: it cannot be there, or the
 * coordinates would be others; or `stopped`. */
static bool gather_side(struct ground *g, const double *q)
{
    struct engine *e = g->engine;
    struct gathering fresh;
    struct span place;
    char why[200];
    bool possible;
    if (!gathering_write(&g->gathering, e, q, &possible)) {
        g->stopped = true;
        return false;
    }
    g->touched = e->op->touched(e);
    g->cut += !possible;
    if (!possible) return false;
    g->moved = true;
    switch (gather(e, g->kernel->scope, &g->plan, &fresh, why, sizeof why,
                   &place)) {
    case GATHER_FINE: break;
    case GATHER_ERROR: g->stopped = true; return false;
    default: return false;
    }
    if (fresh.structure != g->gathering.structure) {
        gathering_close(&fresh);
        return false;
    }
    g->stopped = !put_side(g, &fresh);
    return !g->stopped;
}

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
    enum tape_answer a =
        tape_run(g->gathering.density, q, log_density, gradient);
    if (a == TAPE_GUARDED && (find_side(g, q) || gather_side(g, q)))
        a = tape_run(g->gathering.density, q, log_density, gradient);
    return a == TAPE_FINE;
}

static bool refuse_discrete(const struct kernel *k, struct engine *e,
                            const struct site *s)
{
    kernel_refuse_choice(k, e, s->choice, s->place,
                         " is not continuous, and has no gradient");
    return error_hint(&e->machine->error,
                      "(cycle (gibbs discrete) (%s continuous))", k->row->name);
}

/* What it cannot move would stand still, and nobody would know. */
static bool check_scope(const struct kernel *k, struct engine *e)
{
    for (uint32_t i = 0; !k->loaded && i < k->scope->member_count; i++) {
        struct site s;
        if (!e->op->site(e, k->scope->members[i].choice, &s)) return false;
        if (!(xrp_flags_at(s.family, &s.at) & XRP_CONTINUOUS))
            return refuse_discrete(k, e, &s);
        if (s.at.state && !k->lenient)
            return kernel_refuse_choice(k, e, s.choice, s.place,
                                        " is drawn from an urn, and moves with "
                                        "what else is in it");
    }
    return true;
}

void ground_forget(struct ground *g)
{
    if (g->gathered) gathering_close(&g->gathering);
    close_sides(g);
    g->lent = NULL;
    g->gathered = g->based = false;
}

static bool make(struct ground *g, const struct kernel *k)
{
    struct engine *e = g->engine;
    struct span place = k->span;
    char why[200];
    ground_forget(g);
    g->moved = false;
    if (!e->op->scope_look(e, k->scope)) return false;
    switch (
        gather(e, k->scope, &g->plan, &g->gathering, why, sizeof why, &place)) {
    case GATHER_FINE: break;
    case GATHER_ERROR: return false;
    default:
        if (k->lenient) { /* it stands still until it is otherwise */
            g->gathering = (struct gathering){0};
            g->density = (struct density){0, g, evaluate};
            return true;
        }
        kernel_refuse(k, e, "%s", why);
        e->machine->error.span = place;
        return false;
    }
    g->gathered = true;
    size_t size = g->gathering.density->size;
    if (size > g->room) {
        free(g->q);
        g->q = calloc(3 * size, sizeof *g->q);
        g->now = g->q + size;
        g->shown = g->now + size;
        g->room = g->q ? size : 0;
        if (!g->q) return machine_no_memory(e->machine);
    }
    g->density = (struct density){size, g, evaluate};
    return true;
}

/* Others have moved, and yet it is good: *fresh, the state or the density is
 * another one. false: it is not, or *edge. */
static bool is_good(struct ground *g, const struct kernel *k, bool *fresh,
                    const struct gather_block **edge)
{
    struct engine *e = g->engine;
    size_t size = g->density.size;
    if (!g->gathered || g->moved || !e->op->scope_look(e, k->scope) ||
        !gathering_again(&g->gathering, e, fresh) ||
        !gathering_read(&g->gathering, e, g->now, edge))
        return false;
    if (size && memcmp(g->now, g->q, size * sizeof *g->q) != 0) {
        memcpy(g->q, g->now, size * sizeof *g->q);
        *fresh = true;
    }
    g->touched = e->op->touched(e);
    return true;
}

/* Is what a gathering has looked at to be kept? It takes time, for nothing
 * where something comes or goes at every turn: then it is tried now and then.
 */
static bool is_worth(struct ground *g)
{
    enum { PATIENCE = 8, SELDOM = 32 };
    return ++g->fallen <= PATIENCE || g->fallen % SELDOM == 0;
}

bool ground_look(struct ground *g, const struct kernel *k, bool *fresh,
                 const struct gather_block **edge)
{
    struct engine *e = g->engine;
    *edge = NULL;
    g->stopped = false;
    *fresh = !g->gathered || g->touched != e->op->touched(e);
    if (!*fresh) return true;
    g->based = false; /* others that have moved are scored otherwise */
    if (is_good(g, k, fresh, edge)) {
        g->fallen = 0;
        return true;
    }
    *edge = NULL;
    g->turns.asked = g->gathered && is_worth(g);
    *fresh = true;
    if (!make(g, k)) return false;
    if (g->density.size && !gathering_read(&g->gathering, e, g->q, edge) &&
        !*edge)
        return false;
    g->touched = e->op->touched(e);
    return true;
}

bool ground_open(struct ground *g, const struct kernel *k, struct engine *e,
                 const struct gather_plan *plan)
{
    bool fresh;
    const struct gather_block *edge;
    *g = (struct ground){.engine = e, .kernel = k};
    if (plan) g->plan = *plan;
    g->plan.turns = &g->turns;
    if (!e->op->expressions)
        return kernel_refuse(k, e, "the engine %s keeps no gradients",
                             e->op->name);
    if (!e->op->scope_look(e, k->scope)) return false;
    if (!k->lenient && !check_scope(k, e)) return false;
    if (!ground_look(g, k, &fresh, &edge)) return false;
    if (edge && !k->loaded)
        return kernel_refuse_choice(k, e, edge->choice, edge->place,
                                    " stands on the edge of its support");
    return g->density.size > 0 || k->lenient || k->loaded ||
           kernel_refuse(k, e, "no choice of the program is free");
}

void ground_close(struct ground *g)
{
    ground_hide(g);
    ground_forget(g);
    free(g->q);
    *g = (struct ground){0};
}

/* The trace is at g->q. */
static bool go_back(struct ground *g)
{
    bool possible;
    if (!gathering_write(&g->gathering, g->engine, g->q, &possible))
        return false;
    g->touched = g->engine->op->touched(g->engine);
    g->moved = false;
    return true;
}

bool ground_write(struct ground *g, const double *q, bool *possible)
{
    struct engine *e = g->engine;
    double ignored;
    /* What the numbers are may depend on the side. */
    if (tape_run(g->gathering.density, q, &ignored, NULL) == TAPE_GUARDED &&
        !find_side(g, q) && !gather_side(g, q)) {
        *possible = false;
        return !g->stopped && go_back(g);
    }
    if (!gathering_write(&g->gathering, e, q, possible)) return false;
    g->touched = e->op->touched(e);
    if (!*possible) return true;
    memcpy(g->q, q, g->density.size * sizeof *q);
    g->moved = g->behind = false;
    return true;
}

/* ---- shown, and not written ------------------------------------------------ */

/* How the engine's score and the tape's differ: the trace is at g->q. */
static bool find_offset(struct ground *g)
{
    double by_coordinates, by_numbers;
    if (g->based) return true;
    if (tape_run(g->gathering.density, g->q, &by_coordinates, NULL) !=
            TAPE_FINE ||
        !gathering_density(&g->gathering, g->q, by_coordinates, &by_numbers))
        return false;
    g->offset = g->engine->op->log_score(g->engine) - by_numbers;
    return g->based = true;
}

static bool make_room(struct ground *g)
{
    if (g->lent) return true;
    g->lent =
        memory_new((gathering_parts(&g->gathering) + 1) * sizeof *g->lent);
    return g->lent || machine_no_memory(g->engine->machine);
}

bool ground_show(struct ground *g, const double *q, double log_density,
                 bool *shown)
{
    struct engine *e = g->engine;
    bool fine;
    *shown = false;
    /* Who counts transitions by place is to see them. */
    if (!g->gathering.plain || !e->op->lend || e->tally || g->moved ||
        !find_offset(g))
        return true;
    if (!make_room(g) || !gathering_lend(&g->gathering, e, q, log_density,
                                         g->lent, &g->score, &fine))
        return false;
    if (!fine) return true;
    g->score += g->offset;
    e->op->lend(e, g->lent, gathering_parts(&g->gathering), &g->score);
    memcpy(g->shown, q, g->density.size * sizeof *q);
    *shown = g->lends = g->behind = true;
    return true;
}

void ground_hide(struct ground *g)
{
    if (g->lends)
        g->engine->op->lend(g->engine, g->lent, gathering_parts(&g->gathering),
                            &g->score);
    g->lends = false;
}

bool ground_bring(struct ground *g, bool *possible)
{
    *possible = true;
    ground_hide(g);
    if (!g->behind) return true;
    g->behind = false;
    return ground_write(g, g->shown, possible);
}

/* What has stopped it must not stop this as well. */
void ground_return(struct ground *g)
{
    struct machine *m = g->engine->machine;
    struct error error = m->error;
    bool possible;
    if (!g->moved) return;
    error_clear(&m->error);
    if (ground_write(g, g->q, &possible) && possible) g->moved = false;
    m->error = error;
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
