/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Regions: code that is run again when something that it forced changes. The
 * handler's hooks gather, while a region runs, its guards, its edges and its
 * children; what was a child before and is met again is kept.
 */
#include <math.h>

#include "base/hash.h"
#include "base/memory.h"
#include "eval/code.h"
#include "eval/global.h"
#include "eval/index.h"
#include "trace/application.h"
#include "trace/reduced.h"

enum {
    GUARDS = 4, /* forced tests that leave their leaves references */
    RUNS_MAX = 50
};

struct trace *trace_of(struct machine *m)
{
    return m->engine;
}

static bool settle_error(struct trace *t)
{
    return error_set(&t->machine->error, ERROR_OBSERVE,
                     "the observations, and what they look at, do not "
                     "settle");
}

/* ---- nodes ---------------------------------------------------------------------- */

static bool join(struct trace *t, struct node *n, enum node_kind kind,
                 uint8_t type, uint64_t location, struct region *owner)
{
    n->head.type = type;
    n->kind = kind;
    n->head.spare = 1;
    n->location = location;
    if (owner) child_put(t, owner, n);
    return table_put(t, n);
}

struct region *region_new(struct trace *t, enum region_kind what,
                          uint64_t location, struct region *owner)
{
    struct region *r = log_take(&t->log, sizeof *r);
    if (!r) {
        machine_no_memory(t->machine);
        return NULL;
    }
    r->what = (uint8_t)what;
    r->result = V_NOTHING;
    return join(t, &r->node, NODE_REGION, T_REGION, location, owner) ? r
                                                                     : NULL;
}

bool region_stands(const struct region *r)
{
    if (r->running || r->guards_count || r->failed) return false;
    switch ((enum region_kind)r->what) {
    case REGION_DIRECTIVE: return true;
    case REGION_ENTRY:
        return r->node.owner ? region_stands(r->node.owner->node.owner)
                             : false;
    default: return false;
    }
}

/* What the region met before, by location; NULL when it is new here. */
static struct node *find(struct trace *t, uint64_t location, bool *ok)
{
    struct node *n = table_at(t, location);
    *ok = true;
    if (!n || !is_alive(n)) return NULL;
    if (n->met == t->run->id) {
        *ok = location_collision(t->machine, location);
        return NULL;
    }
    return n;
}

static void adopt(struct trace *t, struct node *n)
{
    n->met = t->run->id;
    t->touched++;
    if (n->owner == t->run->region) return;
    child_drop(t, n);
    child_put(t, t->run->region, n);
    if (n->kind == NODE_MEM)
        log_set_pointer(&t->log, &((struct mem_node *)n)->entries.node.owner,
                        t->run->region);
}

static value *copy_values(struct trace *t, int n, const value *from)
{
    size_t size = ((size_t)n + (n == 0)) * sizeof *from;
    value *to = size <= POOL_LARGEST ? log_take(&t->log, size)
                                     : memory_new(size);
    if (!to) {
        machine_no_memory(t->machine);
        return NULL;
    }
    if (n) memcpy(to, from, (size_t)n * sizeof *from);
    return to;
}

static bool same_written(const value *a, uint32_t n, const value *b,
                         uint32_t k)
{
    if (n != k) return false;
    for (uint32_t i = 0; i < n; i++)
        if (!value_same(a[i], b[i])) return false;
    return true;
}

/* ---- forcing --------------------------------------------------------------------- */

static bool is_pinned(const struct trace *t, value v)
{
    switch (object_type(v)) {
    case T_EXPRESSION: {
        const struct expression *e = as_object(v);
        for (uint32_t i = 0; i < e->count; i++)
            if (has_reference(e->operands[i]) &&
                !is_pinned(t, e->operands[i]))
                return false;
        return true;
    }
    case T_CHOICE:
    case T_REGION: return ((struct node *)as_object(v))->pinned == t->run->id;
    default: return false;
    }
}

/* A reference over pinned leaves only is its value, inside the region. */
static bool plain(struct trace *t, value v, value *out)
{
    *out = v;
    return !t->run->pins || !is_reference(v) || !is_pinned(t, v) ||
           trace_outer(t, v, out);
}

static bool add_guard(struct trace *t, value forced, value outcome,
                      uint8_t how)
{
    struct run *run = t->run;
    if (run->guard_count == run->guard_room) {
        uint32_t room = run->guard_room ? run->guard_room * 2 : 4;
        struct guard *more = memory_new(room * sizeof *more);
        if (!more) return machine_no_memory(t->machine);
        if (run->guard_count)
            memcpy(more, run->guards, run->guard_count * sizeof *more);
        run->guards = more;
        run->guard_room = room;
    }
    run->guards[run->guard_count++] = (struct guard){forced, outcome, how};
    return true;
}

static bool listen(struct trace *t, uint32_t first)
{
    struct node *reader = &t->run->region->node;
    for (uint32_t i = first; i < t->leaf_count; i++) {
        struct node *n = t->leaves[i];
        if (n->heard == t->run->id) continue;
        n->heard = t->run->id;
        if (!edge_put(t, n, reader)) return false;
    }
    return true;
}

/* Each leaf becomes a guard of its own: any change of it is one of the
 * region. */
static bool pin(struct trace *t, uint32_t first)
{
    uint32_t kept = first;
    for (uint32_t i = first; i < t->leaf_count; i++) {
        struct node *n = t->leaves[i];
        value now;
        if (n->pinned == t->run->id) continue;
        n->pinned = t->run->id;
        t->run->pins++;
        bool collecting = t->collecting;
        t->collecting = false;
        bool ok = trace_outer(t, v_object(n), &now);
        t->collecting = collecting;
        if (!ok || !add_guard(t, v_object(n), now, GUARD_OUTER)) return false;
        t->leaves[kept++] = n;
    }
    t->leaf_count = kept;
    return listen(t, first);
}

static bool depend(struct trace *t, value forced, value outcome, bool deep,
                   uint32_t first)
{
    bool pinned = true;
    for (uint32_t i = first; pinned && i < t->leaf_count; i++)
        pinned = t->leaves[i]->pinned == t->run->id;
    bool ok = true;
    if (pinned) {
        /* nothing new */
    } else if (is_type(forced, T_CHOICE)) {
        ok = pin(t, first);
    } else if (t->run->guard_count < GUARDS) {
        ok = add_guard(t, forced, outcome, deep ? GUARD_DEEP : GUARD_OUTER) &&
             listen(t, first);
    } else {
        ok = pin(t, first);
    }
    t->leaf_count = first;
    return ok;
}

static bool force(struct machine *m, value v, bool deep, value *out)
{
    struct trace *t = trace_of(m);
    uint32_t first = t->leaf_count;
    bool collecting = t->collecting;
    t->collecting = t->run != NULL;
    bool ok = deep ? trace_deep(t, v, out) : trace_outer(t, v, out);
    t->collecting = collecting;
    if (!ok) {
        t->leaf_count = first;
        return false;
    }
    return !t->run || depend(t, v, *out, deep, first);
}

static bool indexable(struct machine *m, int n, const value *operands,
                      value *out)
{
    (void)m;
    (void)n;
    *out = v_boolean(is_indexable(operands[0]));
    return true;
}

static struct primitive primitive_indexable = {
    .names = "indexable?", .function = indexable, .min = 1, .max = 1,
    .look = LOOK_OUTER, .outer = 1, .topic = "machine",
    .signature = "(indexable? x)", .doc = "is x a list or an array?",
};

/* The value of a choice is always of one sort; what else is under a
 * reference may change its sort, and then the region must run again. */
static bool operate(struct machine *m, value v, value *out)
{
    struct trace *t = trace_of(m);
    bool collecting = t->collecting;
    value under, test;
    t->collecting = false;
    bool ok = trace_outer(t, v, &under);
    t->collecting = collecting;
    if (!ok) return false;
    if (!is_indexable(under)) return force(m, v, false, out);
    *out = v;
    if (is_type(v, T_CHOICE) || is_pinned(t, v)) return true;
    return expression_make(m, &primitive_indexable, 1, &v, &test) &&
           (test == V_UNBOUND || force(m, test, false, &test));
}

/* ---- expressions ------------------------------------------------------------------ */

static bool looks(const struct primitive *p, int i, value v)
{
    if (p->look == LOOK_DEEP) return has_reference(v);
    return p->look == LOOK_OUTER && is_reference(v) &&
           (i < 16 ? p->outer >> i & 1 : p->outer == 0xffff);
}

/* Too large a tree: the region depends on what is in it. */
static bool overflow(struct trace *t, const struct primitive *p, int n,
                     value *operands, value *out)
{
    uint32_t first = t->leaf_count;
    bool collecting = t->collecting, ok = true;
    t->collecting = true;
    for (int i = 0; ok && i < n; i++)
        if (looks(p, i, operands[i]))
            ok = p->look == LOOK_DEEP
                     ? trace_deep(t, operands[i], &operands[i])
                     : trace_outer(t, operands[i], &operands[i]);
    t->collecting = collecting;
    ok = ok && pin(t, first);
    t->leaf_count = first;
    return ok && p->function(t->machine, n, operands, out);
}

static bool has_any(const value *operands, int n)
{
    for (int i = 0; i < n; i++)
        if (has_reference(operands[i])) return true;
    return false;
}

static bool defer(struct machine *m, const struct primitive *p, int n,
                  const value *operands, value *out)
{
    struct trace *t = trace_of(m);
    value few[8], *mine = few;
    bool needs = false;
    if (!t->run->pins) {
        if (!expression_make(m, p, n, operands, out)) return false;
        if (*out != V_UNBOUND) return true;
    }
    if (n > 8 && !(mine = memory_new((size_t)n * sizeof *mine)))
        return machine_no_memory(m);
    for (int i = 0; i < n; i++) {
        if (!plain(t, operands[i], &mine[i])) return false;
        needs |= looks(p, i, mine[i]);
    }
    /* In a branch of a select an error leaves the application as it is: then
     * nothing in it need be a reference. */
    if (!needs && has_any(operands, n)) return p->function(m, n, mine, out);
    if (!expression_make(m, p, n, mine, out)) return false;
    return *out != V_UNBOUND || overflow(t, p, n, mine, out);
}

/* ---- choosing ----------------------------------------------------------------------- */

static bool make_urn(struct trace *t, const struct xrp *x, int n,
                     const value *written, uint64_t location, value *out)
{
    bool ok;
    struct node *old = find(t, location, &ok);
    if (!ok) return false;
    if (old && old->kind == NODE_URN &&
        ((struct urn *)old)->made.family == x->family->made) {
        struct urn *u = (struct urn *)old;
        adopt(t, old);
        *out = v_object(&u->made);
        if (same_written(u->written, u->count, written, (uint32_t)n))
            return true;
        value *copy = copy_values(t, n, written);
        if (!copy) return false;
        log_set_pointer(&t->log, &u->written, copy);
        log_set_32(&t->log, &u->count, (uint32_t)n);
        return make_dirty(t, old);
    }
    if (old && !node_kill(t, old)) return false;
    struct urn *u = log_take(&t->log, sizeof *u);
    if (!u || !(u->written = copy_values(t, n, written)))
        return machine_no_memory(t->machine);
    u->count = (uint32_t)n;
    u->place = machine_place(t->machine);
    u->made = (struct xrp){{{T_XRP, 0, 0, 0}, x->family->made->names,
                            x->family->made->signature},
                           x->family->made, u, location};
    *out = v_object(&u->made);
    if (!join(t, &u->node, NODE_URN, T_CODE, location, t->run->region))
        return false;
    u->node.met = t->run->id;
    return make_dirty(t, &u->node);
}

/* Keeps a choice that was met again: its urn may be another of its kind. */
static bool keep(struct trace *t, struct choice *c, struct urn *u, int n,
                 const value *written)
{
    adopt(t, &c->node);
    if (c->urn != u) {
        struct urn *from = c->urn;
        if (c->held != V_UNBOUND) {
            if (!urn_touch(t, from) || !urn_touch(t, u)) return false;
            if (c->drawn == t->number && !c->observer && c != t->site) {
                if (!choice_undraw_from(t, c)) return false;
            } else if (!urn_note(t, &from->move->out, &from->move->out_count,
                                 &from->move->out_room, c->held) ||
                       !urn_note(t, &u->move->in, &u->move->in_count,
                                 &u->move->in_room, c->held)) {
                return false;
            }
        }
        log_set_pointer(&t->log, &c->urn, u);
    }
    if (same_written(c->written, c->count, written, (uint32_t)n)) return true;
    value *copy = copy_values(t, n, written);
    if (!copy) return false;
    log_set_pointer(&t->log, &c->written, copy);
    log_set_32(&t->log, &c->count, (uint32_t)n);
    return make_dirty(t, &c->node);
}

static bool same_family(const struct choice *c, const struct xrp *x)
{
    if (c->family != x->family) return false;
    if (!c->urn) return !x->made;
    return x->made && (c->urn == x->made ||
                       !(x->family->flags & XRP_LABELS));
}

static bool choose(struct machine *m, value xrp, int n, const value *operands,
                   uint64_t location, value *out)
{
    struct trace *t = trace_of(m);
    const struct xrp *x = as_object(xrp);
    value few[8], *written = few;
    bool done, ok;
    if (!xrp_arity(m, x, n)) return false;
    if (n > 8 && !(written = memory_new((size_t)n * sizeof *written)))
        return machine_no_memory(m);
    for (int i = 0; i < n; i++)
        if (!plain(t, operands[i], &written[i])) return false;
    if (x->family->flags & XRP_MAKER)
        return make_urn(t, x, n, written, location, out);
    if (!pick_by_index(m, x, n, written, location, out, &done)) return false;
    if (done) return true;
    struct node *old = find(t, location, &ok);
    if (!ok) return false;
    if (old && old->kind == NODE_CHOICE && same_family((void *)old, x)) {
        *out = v_object(old);
        return keep(t, (struct choice *)old, x->made, n, written);
    }
    if (old && !node_kill(t, old)) return false;
    struct choice *c = log_take(&t->log, sizeof *c);
    if (!c || !(c->written = copy_values(t, n, written)))
        return machine_no_memory(m);
    struct span place = machine_place(m);
    c->family = x->family;
    c->urn = x->made;
    c->held = V_UNBOUND;
    c->weight = 1.0;
    c->count = (uint32_t)n;
    c->source = place.source;
    c->start = place.start;
    c->end = place.end;
    c->node.met = t->run->id;
    log_set(&t->log, &t->choices, t->choices + 1);
    *out = v_object(c);
    return join(t, &c->node, NODE_CHOICE, T_CHOICE, location,
                t->run->region) &&
           vector_push(t, &t->undrawn, c);
}

/* ---- mem --------------------------------------------------------------------------------- */

static bool memoize(struct machine *m, value procedure, uint64_t location,
                    value *out)
{
    struct trace *t = trace_of(m);
    bool ok;
    struct node *old = find(t, location, &ok);
    if (!ok) return false;
    if (old && old->kind == NODE_MEM) {
        struct mem_node *mem = (struct mem_node *)old;
        adopt(t, old);
        *out = v_object(&mem->mem);
        if (value_same(mem->procedure, procedure)) return true;
        log_set(&t->log, &mem->procedure, procedure);
        log_set(&t->log, &mem->mem.procedure, procedure);
        for (struct node *e = mem->entries.children; e; e = e->next)
            if (!notify_region(t, (struct region *)e)) return false;
        return true;
    }
    if (old && !node_kill(t, old)) return false;
    struct mem_node *mem = log_take(&t->log, sizeof *mem);
    if (!mem) return machine_no_memory(m);
    mem->procedure = procedure;
    mem->mem.head.type = T_MEM;
    mem->mem.procedure = procedure;
    mem->mem.location = location;
    mem->mem.entries = mem;
    mem->entries.what = REGION_DIRECTIVE;
    *out = v_object(&mem->mem);
    if (!join(t, &mem->node, NODE_MEM, T_CODE, location, t->run->region))
        return false;
    mem->entries.node.owner = t->run->region;
    mem->node.met = t->run->id;
    return true;
}

static struct run *run_begin(struct trace *t, struct region *r);
static bool run_end(struct trace *t, struct run *run, value result);

/* The region that runs uses this entry. */
static bool use(struct trace *t, struct region *entry)
{
    struct run *run = t->run;
    if (entry->used == run->id) return true;
    entry->used = run->id;
    if (run->read_count == run->read_room) {
        uint32_t room = run->read_room ? run->read_room * 2 : 4;
        struct region **more = memory_new(room * sizeof *more);
        if (!more) return machine_no_memory(t->machine);
        if (run->read_count)
            memcpy(more, run->reads, run->read_count * sizeof *more);
        run->reads = more;
        run->read_room = room;
    }
    run->reads[run->read_count++] = entry;
    log_set_32(&t->log, &entry->uses, entry->uses + 1);
    return true;
}

static value entry_value(const struct region *e)
{
    return region_stands(e) ? e->result : v_object(e);
}

static bool same_key(value key, int n, const value *operands)
{
    for (int i = 0; i < n; i++, key = cdr(key))
        if (!is_pair(key) || (car(key) != operands[i] &&
                              !value_equal(car(key), operands[i])))
            return false;
    return key == V_NIL;
}

static enum memo_answer memo(struct machine *m, struct mem *mem, int n,
                             value *operands, void **entry,
                             uint64_t *location, value *out)
{
    struct trace *t = trace_of(m);
    struct mem_node *node = mem->entries;
    for (int i = 0; i < n; i++)
        if (has_reference(operands[i]) &&
            !force(m, operands[i], true, &operands[i]))
            return MEMO_ERROR;
    *location = memo_location(mem, n, operands);
    struct region *e = (struct region *)table_at(t, *location);
    if (e && (e->node.kind != NODE_REGION || e->what != REGION_ENTRY ||
              !same_key(e->key, n, operands))) {
        location_collision(m, *location);
        return MEMO_ERROR;
    }
    if (e && e->running) {
        error_set(&m->error, ERROR_USE,
                  "mem: the value of an application needs itself");
        return MEMO_ERROR;
    }
    if (e) {
        if (!region_settle(t, e) || !use(t, e)) return MEMO_ERROR;
        *out = entry_value(e);
        return MEMO_VALUE;
    }
    value key = list_from(operands, (size_t)n);
    if (key == V_UNBOUND) {
        machine_no_memory(m);
        return MEMO_ERROR;
    }
    e = region_new(t, REGION_ENTRY, *location, &node->entries);
    if (!e) return MEMO_ERROR;
    e->key = key;
    e->procedure = mem->procedure;
    *entry = run_begin(t, e);
    return *entry ? MEMO_RUN : MEMO_ERROR;
}

static bool memo_done(struct machine *m, void *data, value *result)
{
    struct trace *t = trace_of(m);
    struct run *run = data;
    struct region *e = run->region;
    if (!run_end(t, run, *result) || !use(t, e)) return false;
    *result = entry_value(e);
    return true;
}

/* ---- observing and scoring ---------------------------------------------------------------- */

/* A child without code: what its operands stand for matters. */
static bool small_region(struct trace *t, enum region_kind what,
                         uint64_t location, value a, value b,
                         uint32_t score_kind)
{
    bool ok;
    struct node *old = find(t, location, &ok);
    if (!ok) return false;
    value operands[2] = {a, b};
    struct region *r = (struct region *)old;
    if (old && old->kind == NODE_REGION && r->what == what) {
        adopt(t, old);
        if (r->score_kind == score_kind &&
            same_written(r->operands, 2, operands, 2))
            return region_settle(t, r);
    } else {
        if (old && !node_kill(t, old)) return false;
        r = region_new(t, what, location, t->run->region);
        if (!r) return false;
        if (what == REGION_PREDICT)
            log_set_32(&t->log, &t->predictions, t->predictions + 1);
        r->node.met = t->run->id;
    }
    value *copy = copy_values(t, 2, operands);
    if (!copy) return false;
    log_set_pointer(&t->log, &r->operands, copy);
    log_set_32(&t->log, &r->score_kind, score_kind);
    r->directive = t->run->region->directive;
    return region_run(t, r);
}

static bool constrain(struct machine *m, enum constrain_kind kind,
                      value target, value with, uint64_t location)
{
    struct trace *t = trace_of(m);
    if (kind == CONSTRAIN_PREDICT)
        return machine_force(m, with, true, &with) &&
               small_region(t, REGION_PREDICT, location, target, with, 0);
    if (kind == CONSTRAIN_OBSERVE)
        return machine_force(m, with, true, &with) &&
               small_region(t, REGION_OBSERVE, location, target, with, 0);
    return small_region(t, REGION_WEIGHT, location, target, with, 0);
}

static bool score(struct machine *m, enum score_kind kind, value v,
                  uint64_t location)
{
    return small_region(trace_of(m), REGION_TERM, location, v, V_NIL, kind);
}

const struct handler reduced_handler = {
    .choose = choose, .defer = defer, .force = force,
    .operate = operate, .memoize = memoize,
    .memo = memo, .memo_done = memo_done, .constrain = constrain,
    .score = score,
};

static bool retarget(struct trace *t, struct region *r, struct choice *to)
{
    struct log *l = &t->log;
    struct choice *o = r->target;
    log_set_pointer(l, &r->target, to);
    if (o && is_alive(&o->node) && o->observer == r) {
        log_set_pointer(l, &o->observer, NULL);
        if (o->urn) {
            if (!urn_touch(t, o->urn) ||
                !urn_note(t, &o->urn->move->out, &o->urn->move->out_count,
                          &o->urn->move->out_room, o->held))
                return false;
        } else {
            log_set_double(l, &t->score, t->score - o->score);
            log_set_double(l, &o->score, 0.0);
        }
        log_set(l, &o->held, V_UNBOUND);
        if (!vector_push(t, &t->undrawn, o) || !notify(t, &o->node))
            return false;
    }
    if (to->observer)
        return error_set(&t->machine->error, ERROR_OBSERVE,
                         "this choice is observed already");
    if (to == t->site)
        return error_set(&t->machine->error, ERROR_IMPOSSIBLE,
                         "the choice that moved is observed now");
    log_set_pointer(l, &to->observer, r);
    if (to->held != V_UNBOUND) {
        bool fresh = to->drawn == t->number;
        if (to->urn) {
            struct urn_move *move;
            if (!urn_touch(t, to->urn)) return false;
            move = to->urn->move;
            if (fresh) {
                if (!urn_note(t, &move->transient, &move->transient_count,
                              &move->transient_room, to->held))
                    return false;
                urn_forget_fresh(to->urn, to);
            } else if (!urn_note(t, &move->out, &move->out_count,
                                 &move->out_room, to->held) ||
                       !urn_note(t, &move->removed, &move->removed_count,
                                 &move->removed_room, to->held)) {
                return false;
            }
        } else {
            log_set_double(l, &t->score, t->score - to->score);
            if (fresh)
                t->q_forward -= to->score;
            else
                t->q_reverse += to->score;
            log_set_double(l, &to->score, 0.0);
        }
        free_drop(t, to);
        if (!value_same(to->held, r->given)) {
            log_set(l, &to->held, r->given);
            if (!notify(t, &to->node)) return false;
            if (r->settled != t->number)
                return error_set(&t->machine->error, ERROR_OBSERVE,
                                 "an OBSERVE may not look at the value that "
                                 "it gives");
        }
    }
    log_set(l, &to->held, r->given);
    if (!to->urn) return make_dirty(t, &to->node);
    return urn_absorb(t, to->urn) && urn_touch(t, to->urn) &&
           urn_note(t, &to->urn->move->in, &to->urn->move->in_count,
                    &to->urn->move->in_room, r->given);
}

/* Finds the choice that an OBSERVE gives its value. */
static bool aim(struct trace *t, struct region *r, value v,
                struct choice **out)
{
    struct machine *m = t->machine;
    uint32_t first = t->leaf_count;
    bool collecting = t->collecting;
    value target;
    t->collecting = true;
    bool ok = trace_target(t, v, &target);
    t->collecting = collecting;
    if (!ok) {
        t->leaf_count = first;
        return false;
    }
    if (!is_type(target, T_CHOICE)) {
        t->leaf_count = first;
        error_set(&m->error, ERROR_OBSERVE,
                  "OBSERVE: expected a random choice, got a computed value: "
                  "%s",
                  type_name(target));
        return error_hint(&m->error,
                          "observe the random application itself, or add "
                          "noise to the value: (noisy test 0.01), "
                          "(normal x 0.1)");
    }
    *out = as_object(target);
    if (t->leaf_count > first)
        ok = add_guard(t, v, target, GUARD_TARGET) && listen(t, first);
    t->leaf_count = first;
    for (const struct edge *e = r->node.edges; ok && e; e = e->own)
        if (e->source == &(*out)->node)
            return error_set(&m->error, ERROR_OBSERVE,
                             "an OBSERVE may not look at the value that it "
                             "gives");
    return ok;
}

static bool read_term(struct trace *t, struct region *r, double *out)
{
    struct machine *m = t->machine;
    value v;
    if (!force(m, r->operands[0], true, &v)) return false;
    if (r->score_kind == SCORE_CONDITION) {
        *out = 0.0;
        return is_true(v) || error_set(&m->error, ERROR_IMPOSSIBLE,
                                       "the condition does not hold");
    }
    if (!is_number(v))
        return machine_type_error(m, "factor",
                                  "a number, a log probability", v);
    *out = as_number(v);
    if (*out > -INFINITY && *out < INFINITY) return true;
    return *out == -INFINITY
               ? error_set(&m->error, ERROR_IMPOSSIBLE, "the factor is -inf")
               : error_set(&m->error, ERROR_DOMAIN,
                           "factor: expected a finite number or -inf");
}

/* Reading a term's operand forces it: the term depends on it as a guard. */
static bool set_score(struct trace *t, struct region *r, double score)
{
    log_set_double(&t->log, &t->score, t->score + (score - r->score));
    log_set_double(&t->log, &r->score, score);
    return true;
}

static void set_weight(struct trace *t, struct choice *c, double weight)
{
    bool is_free = c->place != 0;
    if (is_free) free_drop(t, c);
    log_set_double(&t->log, &c->weight, weight);
    if (is_free) free_put(t, c);
}

/* Takes a weight off its choice again. */
static void unweigh(struct trace *t, struct region *r)
{
    if (r->target && is_alive(&r->target->node))
        set_weight(t, r->target, r->target->weight / r->score);
    log_set_pointer(&t->log, &r->target, NULL);
}

static bool weigh(struct trace *t, struct region *r)
{
    struct machine *m = t->machine;
    struct choice *c;
    value w;
    if (!aim(t, r, r->operands[0], &c) ||
        !force(m, r->operands[1], true, &w))
        return false;
    double x = is_number(w) ? as_number(w) : -1.0;
    if (!(x > 0.0 && x < INFINITY))
        return machine_type_error(m, "weight", "a finite positive number", w);
    unweigh(t, r);
    log_set_pointer(&t->log, &r->target, c);
    log_set_double(&t->log, &r->score, x);
    set_weight(t, c, c->weight * x);
    return true;
}

void region_leave(struct trace *t, struct region *r)
{
    if (r->what == REGION_TERM) set_score(t, r, 0.0);
    if (r->what == REGION_WEIGHT) unweigh(t, r);
    if (r->what == REGION_PREDICT)
        log_set_32(&t->log, &t->predictions, t->predictions - 1);
}

/* ---- runs ------------------------------------------------------------------------------------ */

/* Runs nest, and their structs with the room that they have gathered are
 * used again. */
static struct run *run_take(struct trace *t)
{
    uint32_t depth = t->run ? t->run->depth + 1 : 0;
    if (depth == t->runs.count) {
        struct run *new = memory_new_kept(sizeof *new);
        if (!new || !vector_push(t, &t->runs, new)) {
            machine_no_memory(t->machine);
            return NULL;
        }
    }
    struct run *run = t->runs.at[depth];
    run->depth = depth;
    run->guard_count = run->read_count = run->pins = 0;
    return run;
}

static struct run *run_begin(struct trace *t, struct region *r)
{
    struct run *run = run_take(t);
    if (!run) return NULL;
    run->region = r;
    run->outer = t->run;
    run->id = ++t->run_id;
    t->touched++;
    log_save(&t->log, &r->running);
    r->running = true;
    if (r->ran != t->number) {
        r->ran = t->number;
        r->runs = 0;
        if (!vector_push(t, &t->ran, r)) return NULL;
    } else if (++r->runs > RUNS_MAX) {
        settle_error(t);
        return NULL;
    }
    edges_drop(t, &r->node);
    r->last_run = run->id;
    r->settled = t->number;
    t->run = run;
    return run;
}

static uint32_t rank_of(const struct run *run)
{
    uint32_t rank = 0;
    for (const struct edge *e = run->region->node.edges; e; e = e->own) {
        const struct node *n = e->source;
        const struct region *r = n->kind == NODE_REGION
                                     ? (const struct region *)n
                                     : n->owner;
        if (r && r->rank > rank) rank = r->rank;
    }
    for (uint32_t i = 0; i < run->read_count; i++)
        if (run->reads[i]->rank > rank) rank = run->reads[i]->rank;
    return rank + 1;
}

/* A copy of what was gathered, just as long as it is; what it takes the
 * place of is given back. */
static void *settle_array(struct trace *t, const void *from, uint32_t count,
                          size_t size, void *old, uint32_t old_count)
{
    size_t bytes = count * size, old_bytes = old_count * size;
    void *to = NULL;
    if (old_bytes && old_bytes <= POOL_LARGEST)
        log_give(&t->log, old, old_bytes);
    if (!bytes) return NULL;
    to = bytes <= POOL_LARGEST ? log_take(&t->log, bytes) : memory_new(bytes);
    if (to) memcpy(to, from, bytes);
    return to;
}

static bool keep_gathered(struct trace *t, struct run *run)
{
    struct region *r = run->region;
    struct region **old = r->reads;
    uint32_t count = r->reads_count;
    for (uint32_t i = 0; i < count; i++)
        if (!entry_unuse(t, old[i])) return false;
    if (run->guard_count || r->guards_count) {
        log_set_pointer(&t->log, &r->guards,
                        settle_array(t, run->guards, run->guard_count,
                                     sizeof *r->guards, r->guards,
                                     r->guards_count));
        if (run->guard_count && !r->guards)
            return machine_no_memory(t->machine);
    }
    if (run->read_count || count) {
        log_set_pointer(&t->log, &r->reads,
                        settle_array(t, run->reads, run->read_count,
                                     sizeof *r->reads, old, count));
        if (run->read_count && !r->reads)
            return machine_no_memory(t->machine);
    }
    log_save(&t->log, &r->guards_count);
    r->guards_count = run->guard_count;
    r->reads_count = run->read_count;
    return true;
}

static bool run_end(struct trace *t, struct run *run, value result)
{
    struct region *r = run->region;
    struct log *l = &t->log;
    struct choice *target = NULL;
    bool ok = true;
    if (r->what == REGION_OBSERVE) ok = aim(t, r, result, &target);
    bool changed = !value_same(r->result, result) || r->failed;
    log_set(l, &r->result, result);
    if (r->failed) log_set_pointer(l, &r->failed, NULL);
    log_save(l, &r->running); /* and the rank, in the same word */
    r->rank = rank_of(run);
    r->running = false;
    t->run = run->outer;
    ok = ok && keep_gathered(t, run);
    if (ok && r->what == REGION_OBSERVE && target != r->target)
        ok = retarget(t, r, target);
    if (ok && changed) ok = notify(t, &r->node);
    return ok;
}

static bool evaluate(struct trace *t, struct region *r, value *out)
{
    struct machine *m = t->machine;
    double score = 0.0;
    switch ((enum region_kind)r->what) {
    case REGION_DIRECTIVE:
        return machine_run(m, r->code, directive_location(r->directive), out);
    case REGION_OBSERVE:
        if (r->code)
            return machine_run(m, r->code, directive_location(r->directive), out);
        *out = r->operands[0];
        log_set(&t->log, &r->given, r->operands[1]);
        return true;
    case REGION_ENTRY: {
        struct mem_node *mem = mem_of(r);
        log_set(&t->log, &r->procedure, mem->procedure);
        value few[8], *operands = few;
        uint32_t n = list_length(r->key), i = 0;
        if (n > 8 && !(operands = memory_new(n * sizeof *operands)))
            return machine_no_memory(m);
        for (value l = r->key; l != V_NIL; l = cdr(l)) operands[i++] = car(l);
        return machine_apply(m, r->procedure, (int)n, operands,
                             r->node.location, out);
    }
    case REGION_TERM:
        *out = V_NOTHING;
        return read_term(t, r, &score) && set_score(t, r, score);
    case REGION_WEIGHT: *out = V_NOTHING; return weigh(t, r);
    case REGION_PREDICT: *out = r->operands[0]; return true;
    default: return settle_error(t);
    }
}

/* Nobody may need the value of an entry in the end: an error in it is told
 * when it is read. */
static bool store_error(struct trace *t, struct region *r, struct run *run)
{
    struct error *e = memory_new(sizeof *e);
    if (!e) return machine_no_memory(t->machine);
    *e = t->machine->error;
    error_clear(&t->machine->error);
    t->run = run;
    if (!run_end(t, run, V_NOTHING)) return false;
    log_set_pointer(&t->log, &r->failed, e);
    return true;
}

bool region_run(struct trace *t, struct region *r)
{
    struct run *outer = t->run, *run;
    value result;
    bool collecting = t->collecting;
    t->collecting = false;
    run = run_begin(t, r);
    bool ok = run && evaluate(t, r, &result) && run_end(t, run, result);
    t->collecting = collecting;
    t->run = outer;
    if (ok) return true;
    enum error_kind kind = t->machine->error.kind;
    if (!run || r->what != REGION_ENTRY || outer || kind == ERROR_LIMIT ||
        kind == ERROR_CANCEL || kind == ERROR_OBSERVE || kind == ERROR_ENGINE)
        return false;
    ok = store_error(t, r, run);
    t->run = outer;
    return ok;
}

/* ---- bringing up to date ------------------------------------------------------------------------ */

static bool guard_holds(struct trace *t, const struct guard *g, bool *holds)
{
    value now;
    bool ok = g->how == GUARD_TARGET ? trace_target(t, g->forced, &now)
              : g->how == GUARD_DEEP ? trace_deep(t, g->forced, &now)
                                     : trace_outer(t, g->forced, &now);
    if (!ok) {
        enum error_kind kind = t->machine->error.kind;
        if (kind == ERROR_LIMIT || kind == ERROR_CANCEL ||
            kind == ERROR_ENGINE)
            return false;
        error_clear(&t->machine->error); /* told again by the run, if at all */
        *holds = false;
        return true;
    }
    *holds = value_same(now, g->outcome);
    return true;
}

static bool check_guards(struct trace *t, struct region *r, bool *holds)
{
    bool collecting = t->collecting, ok = true;
    t->collecting = true;
    *holds = true;
    for (uint32_t i = 0; ok && *holds && i < r->guards_count; i++)
        ok = guard_holds(t, &r->guards[i], holds);
    t->collecting = collecting;
    return ok;
}

bool region_settle(struct trace *t, struct region *r)
{
    if (r->queued != t->number || r->settled == t->number || r->running ||
        !is_alive(&r->node) || r->checking)
        return true;
    struct region *owner =
        r->what == REGION_ENTRY ? mem_of(r)->node.owner : r->node.owner;
    if (owner && !owner->running && !owner->checking) {
        if (!region_settle(t, owner)) return false;
        if (r->settled == t->number || !is_alive(&r->node)) return true;
    }
    if (r->what == REGION_ENTRY &&
        !value_same(r->procedure, mem_of(r)->procedure))
        return region_run(t, r);
    uint32_t first = t->leaf_count;
    bool holds;
    r->checking = true;
    t->touched++;
    bool ok = check_guards(t, r, &holds);
    r->checking = false;
    if (!ok || !holds) {
        t->leaf_count = first;
        return ok && region_run(t, r);
    }
    r->settled = t->number;
    return edges_replace(t, &r->node, first);
}
