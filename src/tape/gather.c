/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the choices of a scope reach in a reduced trace, and the tape of it.
 *
 *     1  who reads them (gather_reach.c)
 *     2  in the order of the program: coordinates, then terms, then guards
 *     3  the graph of all this becomes two tapes: numbers, and density
 */
#include "tape/gather.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tape/chain.h"
#include "tape/condense.h"
#include "tape/gather_inside.h"
#include "tape/roll.h"
#include "trace/reduced_order.h"

/* ---- 2: terms and guards ---------------------------------------------------- */

static bool arguments_of(struct build *b, struct choice *c, struct item **out)
{
    uint32_t n = c->node.head.size;
    bool ok = true;
    *out = memory_new((n + 1) * sizeof **out);
    if (!*out) return machine_no_memory(b->t->machine);
    for (uint32_t i = 0; ok && i < n; i++) {
        bool done = false;
        ok = seen_argument(b, c, i, &(*out)[i], &done) &&
             (done || (seen_word(b, &c->written[i]) &&
                       item_now(b, c->written[i], &(*out)[i])));
    }
    seen_for(b, NULL, SEEN_NOTHING);
    return ok;
}

static bool add_choice(struct build *b, struct choice *c)
{
    struct item *args, v;
    uint32_t density;
    b->place = choice_place(c);
    bool inside = scope_member(b->scope, c->node.location) != NULL;
    if (inside && !item_now(b, v_object(c), &v)) return false;
    if (!inside) {
        bool done = false;
        if (!seen_density(b, c, &density, &done)) return false;
        if (done) graph_add(&b->g, density, 1.0);
        if (done) return true;
        seen_for(b, c, SEEN_DENSITY);
        if (!seen_word(b, &c->held)) return false;
        v = item_plain(c->held);
    }
    if (v.scored) return true;
    if (!arguments_of(b, c, &args)) return false;
    b->place = choice_place(c);
    if (choice_urn(c))
        return build_refuse(b, "arguments of an urn's application depend on "
                               "the scope");
    struct applied a = {c->family, args, c->node.head.size};
    if (!density_of(b, &a, &v, &density)) return false;
    graph_add(&b->g, density, 1.0);
    return true;
}

static bool add_urn(struct build *b, const struct urn *u)
{
    uint32_t n = u->node.head.size, density;
    struct item *params = memory_new((n + 1) * sizeof *params);
    bool ok = params || machine_no_memory(b->t->machine);
    seen_lost(b); /* what is in it, too, is in the tape */
    for (uint32_t i = 0; ok && i < n; i++)
        ok = item_now(b, u->written[i], &params[i]);
    b->place = u->place;
    if (!ok || !density_urn(b, u, params, n, &density)) return false;
    graph_add(&b->g, density, 1.0);
    return true;
}

static bool add_term(struct build *b, const struct region *r)
{
    struct item i;
    uint32_t n;
    if (!seen_word(b, &r->operands[0]) || !item_now(b, r->operands[0], &i))
        return false;
    if (r->score_kind == SCORE_CONDITION) {
        if (i.truth) graph_guard(&b->g, i.node);
        return i.truth || i.kind == ITEM_PLAIN ||
               build_refuse(b, "a condition on a number");
    }
    if (!item_number(b, &i, &n)) return false;
    graph_add(&b->g, n, 1.0);
    return true;
}

/* A test that was made on the way came out so. */
static bool add_guard(struct build *b, const struct guard *g)
{
    struct item i;
    value forced = g->forced;
    if (g->how == GUARD_TARGET && is_type(forced, T_EXPRESSION)) {
        const struct expression *e = as_object(forced);
        if (e->operation == &primitive_select) {
            /* Which choice it stands for, its test says. */
            if (!item_now(b, e->operands[0], &i)) return false;
            if (i.truth) {
                struct item first;
                if (!item_now(b, forced, &first)) return false;
                return build_refuse(b, "which choice is observed depends on "
                                       "the scope");
            }
            return true;
        }
    }
    if (g->how == GUARD_TARGET) return true;
    if (!item_now(b, forced, &i)) return false;
    if (i.kind == ITEM_PLAIN) return true;
    if (!i.truth)
        return build_refuse(b, "the program looks at a value of the scope");
    graph_guard(&b->g, is_true(g->outcome) ? i.node
                                           : graph_1(&b->g, TAPE_NOT, i.node));
    return true;
}

static bool add_region(struct build *b, const struct region *r)
{
    if (region_computes(r)) return true;
    if (r->what == REGION_TERM) return add_term(b, r);
    seen_lost(b); /* it may look at other things another time */
    for (uint32_t i = 0; i < guard_count(r); i++)
        if (!add_guard(b, &region_kept(r)->guards[i])) return false;
    return true;
}

static bool add_node(struct build *b, const struct node *n)
{
    switch (node_kind(n)) {
    case NODE_CHOICE: return add_choice(b, (struct choice *)(uintptr_t)n);
    case NODE_REGION: return add_region(b, (const struct region *)n);
    case NODE_URN: return add_urn(b, (const struct urn *)n);
    default:
        return build_refuse(b, "a memoized procedure depends on the scope");
    }
}

/* What is scored though it does not read the scope. */
static double score_apart(const struct node *n)
{
    const struct region *r = (const struct region *)n;
    const struct choice *c = (const struct choice *)n;
    switch (node_kind(n)) {
    case NODE_CHOICE: return choice_is_in_urn(c) ? 0.0 : c->score;
    case NODE_URN: return ((const struct urn *)n)->score;
    case NODE_REGION: return r->what == REGION_TERM ? r->score : 0.0;
    default: return 0.0;
    }
}

/* On this side of the tests. On another one there may be others, and what
 * stands here may be scored otherwise: with all of them, sides compare. */
static void add_apart(struct build *b, const struct reached *r,
                      const struct order_of *order)
{
    if (!b->g.guard_count) return;
    for (uint32_t i = 0; i < order->count; i++)
        if (!reached_has(r, order->at[i].node))
            b->g.constant += score_apart(order->at[i].node);
}

/* Coordinates first, so that their order is the program's. */
static bool add_all(struct build *b, const struct reached *r,
                    const struct order_of *order)
{
    struct reached done = {0};
    bool ok = true;
    for (uint32_t i = 0; ok && i < order->count; i++) {
        const struct node *n = order->at[i].node;
        struct item ignored;
        if (node_kind(n) == NODE_CHOICE && scope_member(b->scope, n->location))
            ok = item_now(b, v_object(n), &ignored);
    }
    for (uint32_t i = 0; ok && i < order->count; i++) {
        const struct node *n = order->at[i].node;
        if (reached_has(r, n)) ok = reached_put(b, &done, n) && add_node(b, n);
    }
    for (uint32_t i = 0; ok && i < r->count; i++)
        if (!reached_has(&done, r->at[i])) ok = add_node(b, r->at[i]);
    reached_close(&done);
    if (ok) add_apart(b, r, order);
    return ok;
}

/* ---- 3: tapes ------------------------------------------------------------------ */

/* Kept nodes that are numbers stand behind the slots. */
static bool place_numbers(struct build *b, struct gathering *out)
{
    uint32_t n = b->g.kept_count, slots = out->values->slots, extra = 0;
    for (uint32_t i = 0; i < n; i++)
        extra += graph_is_number(&b->g, b->g.kept[i]);
    out->room = calloc((size_t)slots + extra + 1, sizeof *out->room);
    out->copied = malloc((n + 1) * sizeof *out->copied);
    if (!out->room || !out->copied) return false;
    extra = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!graph_is_number(&b->g, b->g.kept[i])) continue;
        out->slots[i] = slots + extra;
        out->room[slots + extra++] = b->g.nodes[b->g.kept[i]].number;
    }
    return true;
}

static uint64_t structure_of(const struct build *b)
{
    uint64_t h = b->block_count;
    for (uint32_t i = 0; i < b->block_count; i++) {
        const struct gather_block *k = &b->blocks[i];
        h = (h ^ k->location) * UINT64_C(0x9e3779b97f4a7c15);
        h = (h ^ h >> 29 ^ k->space ^ (uint64_t)k->count << 8) *
            UINT64_C(0xbf58476d1ce4e5b9);
    }
    return h ^ h >> 32;
}

static bool copy_factors(const struct build *b, struct gathering *out)
{
    if (!out->plain) return true;
    out->jacobian_count = b->jacobian_count;
    out->jacobian = malloc((b->jacobian_count + 1) * sizeof *out->jacobian);
    for (uint32_t i = 0; out->jacobian && i < b->jacobian_count; i++)
        out->jacobian[i] = b->jacobian[i].factor;
    return out->jacobian;
}

static bool make_tapes(struct build *b, struct gathering *out)
{
    out->slots = calloc(b->g.kept_count + 1, sizeof *out->slots);
    if (!graph_is_closed(&b->g))
        return build_refuse(b, "a derivative is looked at while its equation "
                               "is solved");
    graph_condense(&b->g);
    graph_chains(&b->g);
    bool ok = !b->g.broken && out->slots &&
              (out->values = roll_values(&b->g, out->slots)) &&
              place_numbers(b, out) && (out->density = roll(&b->g)) &&
              copy_factors(b, out);
    if (!ok) return machine_no_memory(b->t->machine);
    out->structure = structure_of(b);
    out->number_count = b->number_count;
    out->block_count = b->block_count;
    out->blocks = b->blocks;
    b->blocks = NULL;
    return true;
}

static void free_blocks(struct gather_block *blocks, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) free(blocks[i].centring);
    free(blocks);
}

void gathering_close(struct gathering *g)
{
    if (g->density) tape_free(g->density);
    if (g->values) tape_free(g->values);
    if (g->seen) seen_close(g->seen);
    free(g->slots);
    free(g->room);
    free(g->copied);
    free(g->jacobian);
    shown_free(g);
    free_blocks(g->blocks, g->block_count);
    *g = (struct gathering){0};
}

void build_close(struct build *b)
{
    graph_close(&b->g);
    memory_free(b->items);
    memory_free(b->listed);
    memory_free(b->table);
    free(b->pool);
    free(b->levels);
    free(b->jacobian);
    if (b->blocks) free_blocks(b->blocks, b->block_count);
}

/* May draws be shown, and not written? */
static bool make_plain(struct build *b, const struct reached *r,
                       struct gathering *out)
{
    struct reached risky = {0};
    bool plain = !b->g.guard_count && !b->g.call_count &&
                 !(b->seen && seen_turns(b->seen)) &&
                 !(b->plan && b->plan->of_numbers);
    bool ok = !plain || (reach_is_plain(b, r, &risky, &plain) &&
                         (!plain || shown_gather(b, r, &risky, out)));
    reached_close(&risky);
    return ok;
}

static bool build_all(struct build *b, struct gathering *out)
{
    struct reached r = {0};
    struct order_of order = {0};
    uint32_t count;
    struct directive *const *program = reduced_program(b->engine, &count);
    bool ok = reach_recorded(b, &r) &&
              (order_make(&order, b->t, program, count) ||
               machine_no_memory(b->t->machine)) &&
              add_all(b, &r, &order) && make_plain(b, &r, out) &&
              make_tapes(b, out);
    order_free(&order);
    if (ok) out->seen = seen_end(b, &r);
    reached_close(&r);
    return ok;
}

enum gather_answer gather(struct engine *e, const struct scope *scope,
                          const struct gather_plan *plan, struct gathering *out,
                          char *why, size_t size, struct span *place)
{
    struct build b = {.engine = e, .scope = scope, .plan = plan};
    *out = (struct gathering){0};
    *place = (struct span){0};
    if (!e->op->expressions) {
        snprintf(why, size,
                 "engine %s keeps no expressions, and so there are "
                 "no gradients",
                 e->op->name);
        return GATHER_REFUSED;
    }
    if (!scope->member_count) {
        snprintf(why, size, "nothing continuous is free");
        return GATHER_REFUSED;
    }
    b.t = reduced_trace(e);
    bool collecting = b.t->collecting;
    b.t->collecting = false;
    struct random random = e->machine->random;
    bool ok = !plan || !plan->turns || !plan->turns->asked ||
              seen_open(&b, plan->turns) || machine_no_memory(e->machine);
    ok = ok && build_all(&b, out);
    if (b.t->recording) record_end(b.t);
    e->machine->random = random;
    b.t->collecting = collecting;
    if (!ok) gathering_close(out);
    if (!ok && b.why[0]) {
        error_clear(&b.t->machine->error);
        snprintf(why, size, "%s", b.why);
        if (b.place) *place = *b.place;
    }
    if (b.seen) seen_close(b.seen);
    build_close(&b);
    if (ok) return GATHER_FINE;
    return b.why[0] ? GATHER_REFUSED : GATHER_ERROR;
}
