/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Call regions: an ordinary call that forced something and directly made a
 * choice becomes a region of its own, so that only the call is run again
 * when what it forced changes, and not the region around it.
 *
 * No call pays for this before something happens in it. At the first event
 * (a choice, a forced test, a use of an entry) every frame under way is
 * marked with where the region's lists stand; nothing was put on them since
 * those frames began, else they would be marked already. When a marked frame
 * ends, what came onto the lists since is either its own region's, or melts
 * into the caller's.
 */
#include "base/memory.h"
#include "eval/code.h"
#include "trace/application.h"
#include "trace/reduced.h"

/* The lists of the region that runs, as they stood when a call began. */
struct call_mark {
    uint32_t scope; /* of the caller */
    uint32_t pins, guards, uses, met;
    struct near *listen;
    uint64_t location;
    value procedure;          /* V_UNBOUND: cannot be run again from here */
    uint32_t operands, count; /* in t->call_values */
    bool asked;               /* it is a region whatever happens in it */
};

enum { CALL_SITE = 7 << 3 }; /* what tells the region from its first choice */

static uint64_t region_location(uint64_t call)
{
    return location_extend(call, CALL_SITE);
}

/* ---- marking ---------------------------------------------------------------- */

static bool keep_operands(struct trace *t, const value *from, uint32_t n)
{
    if (!room_make(t, &t->call_values, &t->call_value_room, t->call_value_count,
                   n, sizeof *t->call_values))
        return false;
    if (n) memcpy(t->call_values + t->call_value_count, from, n * sizeof *from);
    t->call_value_count += n;
    return true;
}

/* A loop writes over its operands: it cannot begin again from here. Nor may
 * what has looked at a pin of its caller's: nothing would tell it. */
static bool can_begin_again(const struct frame *f)
{
    return !f->turns && !f->code->rest && !f->code->loops &&
           !(f->flags & FRAME_LEANS);
}

void calls_lean_all(const struct trace *t)
{
    struct frame *f = t->machine->frame;
    for (; f > t->run->frame && f->kind != FRAME_ENTRY && f->kind != FRAME_MEMO;
         f--) {
        if (f->kind != FRAME_CODE) continue;
        if (f->flags & (FRAME_HOOKED | FRAME_LEANS)) return;
        f->flags |= FRAME_LEANS;
    }
}

/* NULL: with the machine's error. What it is a mark of is to be written. */
static struct call_mark *mark_new(struct trace *t)
{
    struct run *run = t->run;
    if (!room_make(t, &t->marks, &t->mark_room, t->mark_count, 1,
                   sizeof *t->marks))
        return NULL;
    struct call_mark *k = &t->marks[t->mark_count++];
    *k = (struct call_mark){run->scope,
                            run->pins,
                            run->guard_count,
                            run->uses.count,
                            t->met.count,
                            run->listen,
                            0,
                            V_UNBOUND,
                            t->call_value_count,
                            0,
                            false};
    run->scope = ++t->run_id;
    run->pins = 0;
    return k;
}

static bool mark(struct trace *t, struct frame *f)
{
    struct call_mark *k = mark_new(t);
    if (!k) return false;
    if (can_begin_again(f)) {
        k->procedure = f->base[-1];
        k->count = f->code->parameters;
        k->location = location_of(f);
        if (!keep_operands(t, f->base, k->count)) return false;
    }
    f->flags |= FRAME_HOOKED;
    return true;
}

bool call_begin(struct trace *t, value procedure, uint32_t n,
                const value *operands, uint64_t location)
{
    struct call_mark *k = mark_new(t);
    if (!k) return false;
    k->procedure = procedure;
    k->count = n;
    k->location = location;
    k->asked = true;
    return keep_operands(t, operands, n);
}

uint32_t calls_guard_base(const struct trace *t)
{
    return t->mark_count > t->run->mark_base
               ? t->marks[t->mark_count - 1].guards
               : 0;
}

bool calls_mark_all(struct trace *t)
{
    struct frame *f = t->machine->frame, *lowest = NULL;
    /* Frames that were there before the run are another region's. The frame
     * above an entry, or above a memoized application, is the region's own
     * body. */
    for (; f > t->run->frame && f->kind != FRAME_ENTRY && f->kind != FRAME_MEMO;
         f--) {
        if (f->kind != FRAME_CODE) continue;
        if (f->flags & FRAME_HOOKED) break;
        if (f[-1].kind == FRAME_ENTRY || f[-1].kind == FRAME_MEMO) break;
        lowest = f;
    }
    if (!lowest) return true;
    for (f = lowest; f <= t->machine->frame; f++)
        if (f->kind == FRAME_CODE && !mark(t, f)) return false;
    return true;
}

/* ---- the end of a marked call --------------------------------------------------- */

static bool made_choice(const struct trace *t, uint32_t from)
{
    for (uint32_t i = from; i < t->met.count; i++)
        if (node_kind(t->met.at[i]) == NODE_CHOICE) return true;
    return false;
}

/* The edges from `first` to where the run listens now are the call's. */
static void move_edges(struct trace *t, struct run *run, struct near *first,
                       struct region *to)
{
    struct log *l = &t->log;
    struct near *end = run->listen;
    struct edge *moved = near_get(first), *rest = near_get(end);
    if (first == end) return;
    for (struct edge *e = moved; e != rest; e = edge_own(e))
        log_set_near(l, &e->reader, to);
    log_set_near(l, &to->node.edges, moved);
    log_set_near(l, first, rest);
    log_set_near(l, end, NULL);
    run->listen = first;
}

static void child_move(struct trace *t, struct node *n, struct region *to)
{
    struct log *l = &t->log;
    if (node_kind(n) == NODE_REGION &&
        ((struct region *)n)->what == REGION_CALL) {
        struct region *from = node_owner(n);
        log_set_32(l, &from->calls, from->calls - 1);
        log_set_32(l, &to->calls, to->calls + 1);
    }
    child_drop(t, n);
    child_put(t, to, n);
    if (node_kind(n) == NODE_MEM)
        log_set_near(l, &((struct mem_node *)n)->entries.node.owner, to);
}

static void move_children(struct trace *t, uint32_t first, struct region *to)
{
    for (uint32_t i = first; i < t->met.count; i++) {
        struct node *n = t->met.at[i];
        if (n == &to->node || !is_alive(n) || node_owner(n) == to) continue;
        child_move(t, n, to);
    }
    t->met.count = first;
}

/* It hears of nothing, and gives the same as long as its caller stands. */
static value call_value(const struct region *r)
{
    return guard_count(r) || region_failed(r) ? v_object(r) : r->result;
}

static bool become_region(struct trace *t, const struct call_mark *k,
                          value result, value *out)
{
    struct run *run = t->run;
    struct region *outer = run->region;
    struct node *old = table_at(t, region_location(k->location));
    if (old) return location_collision(t->machine, old->location);
    uint32_t met = t->met.count;
    struct region *r =
        region_new(t, REGION_CALL, region_location(k->location), outer);
    if (!r) return false;
    t->met.count = met; /* it is the caller's to count it, below */
    r->node.met = run->id;
    r->procedure = k->procedure;
    r->origin = k->location;
    r->tags = t->machine->tags;
    r->node.head.size = k->count;
    r->arguments = values_copy(t, (int)k->count, t->call_values + k->operands);
    if (!r->arguments) return false;
    r->result = result;
    r->last_run = run->id;
    r->swept = true;
    move_edges(t, run, k->listen, r);
    move_children(t, k->met, r);
    log_set_32(&t->log, &outer->calls, outer->calls + 1);
    if (!region_keep(t, r, run, k->guards, k->uses)) return false;
    run->guard_count = k->guards;
    run->uses.count = k->uses;
    if (has_reference(result) && !watches_make(t, r, result)) return false;
    *out = call_value(r);
    return vector_push(t, &t->met, r);
}

bool trace_leave(struct machine *m, value *result)
{
    struct trace *t = trace_of(m);
    struct run *run = t->run;
    /* By value: what runs meanwhile marks calls of its own. */
    const struct call_mark k = t->marks[--t->mark_count];
    bool ok = true;
    if (k.asked || (k.procedure != V_UNBOUND && run->guard_count > k.guards &&
                    made_choice(t, k.met)))
        ok = become_region(t, &k, *result, result);
    t->call_value_count = k.operands;
    run->scope = k.scope;
    run->pins = k.pins;
    return ok;
}

/* What a region did not meet again may not be run any more, nor what is in
 * it: its operands may be such as the program never passes. */
bool calls_doom(struct trace *t, struct region *top, bool doomed)
{
    uint32_t base = t->walk.count;
    bool ok = vector_push(t, &t->walk, top);
    while (ok && t->walk.count > base) {
        struct region *r = t->walk.at[--t->walk.count];
        region_today(t, r);
        r->doomed = doomed;
        for (struct node *c = region_children(r); ok && c; c = node_next(c)) {
            if (node_kind(c) == NODE_REGION)
                ok = vector_push(t, &t->walk, c);
            else if (node_kind(c) == NODE_MEM)
                ok = vector_push(t, &t->walk, &((struct mem_node *)c)->entries);
        }
    }
    t->walk.count = base;
    return ok;
}

bool calls_leave_behind(struct trace *t, struct region *r)
{
    for (struct node *c = region_children(r); r->calls && c; c = node_next(c))
        if (node_kind(c) == NODE_REGION && c->met != r->last_run &&
            ((struct region *)c)->what == REGION_CALL &&
            !calls_doom(t, (struct region *)c, true))
            return false;
    return true;
}

/* ---- a call that may be a region already ------------------------------------------ */

/* The call runs once more inside its caller, and may become a region again:
 * what it held is the caller's, to be met or left behind. */
static bool dissolve(struct trace *t, struct region *r)
{
    struct region *outer = t->run->region;
    for (struct node *c = region_children(r), *next; c; c = next) {
        next = node_next(c);
        child_move(t, c, outer);
    }
    return node_kill(t, &r->node);
}

enum enter_answer trace_enter(struct machine *m, value procedure, int n,
                              const value *operands, uint64_t location,
                              value *out)
{
    struct trace *t = trace_of(m);
    struct node *node = table_at(t, region_location(location));
    struct region *r = (struct region *)node;
    if (!node || node_kind(node) != NODE_REGION || r->what != REGION_CALL)
        return ENTER_RUN;
    if (!calls_mark(t)) return ENTER_ERROR;
    if (node->met == t->run->id || node_owner(node) != t->run->region) {
        location_collision(m, location);
        return ENTER_ERROR;
    }
    region_today(t, r);
    if (r->doomed && !calls_doom(t, r, false)) return ENTER_ERROR;
    bool same = value_same(r->procedure, procedure) &&
                r->node.head.size == (uint32_t)n && tags_same(r->tags, m->tags);
    for (int i = 0; same && i < n; i++)
        same = value_same(r->arguments[i], operands[i]);
    if (same && !region_holds(t, r, &same)) return ENTER_ERROR;
    if (!same) return dissolve(t, r) ? ENTER_RUN : ENTER_ERROR;
    node_adopt(t, node);
    *out = call_value(r);
    return ENTER_VALUE;
}
