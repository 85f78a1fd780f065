/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs that are put off. Regions are brought up to date lowest rank first,
 * so that nobody reads what is old; but what a region would do may not
 * matter any more, because another that waits is about to do without it. In
 *
 *     (mem (lambda (k) (if (= k n) 0 (+ (f k) (state (+ k 1))))))
 *
 * with n moved from 3 to 1 the application of 3 is looked at before that of
 * 1, and run on its own it would go on for ever. So a run that makes many
 * new nodes while others wait ends, as one that failed; and so does one that
 * needs an application which is under way itself, and was left for it. When nothing waits
 * any more, those that are still part of the trace are run again to their
 * ends, those that use others before those that are used.
 */
#include "trace/reduced.h"

enum { NEW_NODES = 40 }; /* that a run may make while others wait */

bool late_put_off(struct trace *t)
{
    t->putting_off = true;
    return error_set(&t->machine->error, ERROR_USE,
                     "what this needs is not known yet");
}

bool late_may_make(struct trace *t)
{
    return !t->hasty || ++t->made <= NEW_NODES || late_put_off(t);
}

/* ---- what is about to die ------------------------------------------------- */

static bool doom(struct trace *t, struct node *n)
{
    if (node_kind(n) == NODE_MEM) n = &((struct mem_node *)n)->entries.node;
    if (node_kind(n) != NODE_REGION) return true;
    struct region *r = (struct region *)n;
    region_today(t, r);
    if (r->doomed) return true;
    r->doomed = true;
    return vector_push(t, &t->dying, r);
}

/* What a region did not meet again, and what nobody uses. */
static bool doom_roots(struct trace *t)
{
    for (uint32_t i = 0; i < t->ran.count; i++) {
        struct region *r = t->ran.at[i];
        if (r->swept || r->running || region_failed(r)) continue;
        for (struct node *c = region_children(r); c; c = node_next(c))
            if (is_alive(c) && c->met != r->last_run && !doom(t, c))
                return false;
    }
    for (uint32_t i = 0; i < t->idle.count; i++) {
        struct region *e = t->idle.at[i];
        if (is_alive(&e->node) && !e->uses && !doom(t, &e->node)) return false;
    }
    return true;
}

/* Entries of which all uses are of what dies die with it; their uses by such
 * are counted in node.met, which entries have no other need of. */
static bool doom_all(struct trace *t)
{
    t->dying.count = 0;
    bool ok = doom_roots(t);
    for (uint32_t i = 0; ok && i < t->dying.count; i++) {
        struct region *r = t->dying.at[i];
        for (struct node *c = region_children(r); ok && c; c = node_next(c))
            ok = doom(t, c);
        for (uint32_t k = 0; ok && k < use_count(r); k++) {
            struct region *e = use_at(region_kept(r), k);
            if (++e->node.met == e->uses) ok = doom(t, &e->node);
        }
    }
    for (uint32_t i = 0; i < t->dying.count; i++) {
        const struct region *r = t->dying.at[i];
        for (uint32_t k = 0; k < use_count(r); k++)
            use_at(region_kept(r), k)->node.met = 0;
    }
    return ok;
}

bool late_lift(struct trace *t, struct region *top)
{
    uint32_t base = t->walk.count;
    bool ok = vector_push(t, &t->walk, top);
    while (ok && t->walk.count > base) {
        struct region *r = t->walk.at[--t->walk.count];
        if (!is_doomed(t, r)) continue;
        r->doomed = false;
        if (region_failed(r) || (r->queued && !r->settled))
            ok = notify_region(t, r);
        for (struct node *c = region_children(r); ok && c; c = node_next(c)) {
            if (node_kind(c) == NODE_REGION)
                ok = vector_push(t, &t->walk, c);
            else if (node_kind(c) == NODE_MEM)
                ok = vector_push(t, &t->walk, &((struct mem_node *)c)->entries);
        }
        for (uint32_t k = 0; ok && k < use_count(r); k++)
            ok = vector_push(t, &t->walk, use_at(region_kept(r), k));
    }
    t->walk.count = base;
    return ok;
}

/* ---- their turn ----------------------------------------------------------- */

static bool is_due(const struct trace *t, const struct region *r)
{
    return is_alive(&r->node) && region_failed(r) && !is_doomed(t, r) &&
           (r->what != REGION_ENTRY || r->uses);
}

static bool is_above(const struct region *a, const struct region *b)
{
    return a->node.rank != b->node.rank ? a->node.rank > b->node.rank
                                        : a->node.location > b->node.location;
}

bool late_next(struct trace *t, struct region **out)
{
    uint32_t best = 0;
    *out = NULL;
    if (!doom_all(t)) return false;
    for (uint32_t i = 0; i < t->late.count; i++) {
        struct region *r = t->late.at[i];
        if (!is_due(t, r) || (*out && !is_above(r, *out))) continue;
        *out = r;
        best = i;
    }
    if (*out)
        t->late.at[best] = t->late.at[--t->late.count];
    else
        t->late.count = 0;
    return true;
}
