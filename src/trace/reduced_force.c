/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What happens when code looks at a reference. Control flow forces it: the
 * region that runs depends on it, by a guard while there are few, and then
 * by pinning its leaves, which are plain values inside the region from there
 * on. A primitive defers: it answers an expression, or, over a bound on
 * size, pins what is in it.
 */
#include <string.h>

#include "base/memory.h"
#include "eval/index.h"
#include "eval/machine_inside.h"
#include "trace/reduced.h"

enum {
    GUARDS = 4, /* forced tests that leave their leaves references */
    TRIED = 8   /* checks before a region's guards are judged */
};

/* ---- pins and guards --------------------------------------------------------------------- */

static bool is_pinned(const struct trace *t, value v)
{
    switch (object_type(v)) {
    case T_EXPRESSION: {
        const struct expression *e = as_object(v);
        for (uint32_t i = 0; i < e->head.size; i++)
            if (has_reference(e->operands[i]) && !is_pinned(t, e->operands[i]))
                return false;
        return true;
    }
    case T_CHOICE:
    case T_REGION:
        return ((struct node *)as_object(v))->pinned == t->run->scope;
    default: return false;
    }
}

static inline bool pinned_value(const struct trace *t, value v, value *out)
{
    uint32_t scope = t->run->scope;
    if (is_type(v, T_REGION)) {
        const struct region *r = as_object(v);
        if (r->node.pinned != scope || region_failed(r)) return false;
        v = r->result;
    }
    if (is_type(v, T_CHOICE)) {
        const struct choice *c = as_object(v);
        if (c->node.pinned != scope || c->held == V_UNBOUND) return false;
        v = c->held;
    }
    if (has_reference(v)) return false;
    calls_lean(t);
    *out = v;
    return true;
}

bool trace_pinned(const struct trace *t, value v, value *out)
{
    return pinned_value(t, v, out);
}

/* A reference over pinned leaves only is its value, inside the region. */
bool trace_plain(struct trace *t, value v, value *out)
{
    *out = v;
    if (!t->run->pins || !is_reference(v) || pinned_value(t, v, out) ||
        !is_pinned(t, v))
        return true;
    calls_lean(t);
    return trace_outer(t, v, out);
}

static inline bool note_guard(struct trace *t, value forced, value outcome,
                              uint8_t how)
{
    struct run *run = t->run;
    if (!room_make(t, &run->guards, &run->guard_room, run->guard_count, 1,
                   sizeof *run->guards))
        return false;
    run->guards[run->guard_count++] = (struct guard){forced, outcome, how};
    return true;
}

bool guard_add(struct trace *t, value forced, value outcome, uint8_t how)
{
    return note_guard(t, forced, outcome, how);
}

static inline bool listen(struct trace *t, uint32_t first)
{
    struct run *run = t->run;
    for (uint32_t i = first; i < t->leaf_count; i++) {
        struct node *n = t->leaves[i];
        if (n->heard == run->scope) continue;
        n->heard = run->scope;
        struct edge *e = near_get(run->listen);
        if (!e) {
            if (!edge_put(t, n, &run->region->node, run->listen)) return false;
            e = near_at(run->listen);
        } else if (edge_source(e) != n) {
            edge_turn(t, e, n);
        }
        run->listen = &e->own;
    }
    return true;
}

bool run_listen(struct trace *t, uint32_t first) { return listen(t, first); }

/* Each leaf becomes a guard of its own: any change of it is one of the
 * region. */
static bool pin(struct trace *t, uint32_t first)
{
    uint32_t kept = first;
    for (uint32_t i = first; i < t->leaf_count; i++) {
        struct node *n = node_whole(t->leaves[i]);
        value now;
        if (n->pinned == t->run->scope) continue;
        n->pinned = t->run->scope;
        t->run->pins++;
        if (node_kind(n) == NODE_CHOICE) {
            now = ((const struct choice *)n)->held; /* it was read just now */
        } else if (!has_reference(((const struct region *)n)->result)) {
            now = ((const struct region *)n)->result;
        } else {
            bool collecting = t->collecting;
            t->collecting = false;
            bool ok = trace_outer(t, v_object(n), &now);
            t->collecting = collecting;
            if (!ok) return false;
        }
        if (!note_guard(t, v_object(n), now, GUARD_OUTER)) return false;
        t->leaves[kept++] = n;
    }
    t->leaf_count = kept;
    return listen(t, first);
}

/* Guards pay when they hold: then the region need not run. Where they mostly
 * do not, plain values make the run quick. */
static uint32_t guards_allowed(const struct trace *t, const struct region *r)
{
    if (t->recording) return UINT32_MAX;
    if (r->what == REGION_ENTRY && r->held + r->changed <= TRIED)
        r = &mem_of(r)->entries; /* what is known of its fellows */
    return r->changed > TRIED && r->held < r->changed ? 0 : GUARDS;
}

static uint32_t guards_here(const struct trace *t)
{
    return t->run->guard_count - calls_guard_base(t);
}

static bool depend(struct trace *t, value forced, value outcome, bool deep,
                   uint32_t first)
{
    bool pinned = true;
    if (t->quiet) t->leaf_count = first;
    if (first == t->leaf_count) return true;
    if (!calls_mark(t)) return false;
    for (uint32_t i = first; pinned && i < t->leaf_count; i++)
        pinned = node_whole(t->leaves[i])->pinned == t->run->scope;
    bool ok = true;
    if (pinned) {
        /* nothing new */
    } else if (t->leaf_count - first == 1 &&
               forced == v_object(t->leaves[first]) &&
               !record_keeps(t, t->leaves[first])) {
        ok = pin(t, first); /* a guard of it would say the same */
    } else if (guards_here(t) < guards_allowed(t, t->run->region)) {
        ok = guard_add(t, forced, outcome, deep ? GUARD_DEEP : GUARD_OUTER) &&
             run_listen(t, first);
    } else {
        ok = pin(t, first);
    }
    t->leaf_count = first;
    return ok;
}

/* What was read before an error says when to try again. Always false. */
static bool failed_read(struct trace *t, uint32_t first)
{
    if (t->run) run_listen(t, first);
    t->leaf_count = first;
    return false;
}

/* Is it the list of a choice that is recorded? It is as long as ever. */
static bool is_listed(const struct trace *t, value list, uint32_t first)
{
    return is_pair(list) && t->leaf_count == first + 1 &&
           record_keeps(t, t->leaves[first]) &&
           node_kind(t->leaves[first]) == NODE_CHOICE &&
           ((const struct choice *)t->leaves[first])->held == list;
}

/* Does it give a list whose length only the shape of its first operand says? */
static bool is_by_shape(const struct expression *e)
{
    static const char *const names[] = {
        "vector->list", "rest", "cddr", "reverse", "butlast", "take", "drop"};
    size_t n = strcspn(e->operation->names, " ");
    for (uint32_t i = 1; i < e->head.size; i++)
        if (has_reference(e->operands[i])) return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == n && !memcmp(names[i], e->operation->names, n))
            return true;
    return false;
}

/* Is it a list of what is in an array, in the end? */
static bool is_of_array(struct trace *t, value v)
{
    bool collecting = t->collecting, ok = true;
    value under = V_NIL;
    t->collecting = false;
    while (ok && is_type(v, T_EXPRESSION) && is_by_shape(as_object(v)) &&
           !is_vector(under)) {
        v = ((const struct expression *)as_object(v))->operands[0];
        ok = trace_outer(t, v, &under);
    }
    t->collecting = collecting;
    return ok && is_vector(under);
}

bool trace_force(struct machine *m, value v, bool deep, value *out)
{
    struct trace *t = trace_of(m);
    uint32_t first = t->leaf_count;
    bool collecting = t->collecting;
    if (t->run && t->run->pins && pinned_value(t, v, out)) return true;
    t->collecting = t->run != NULL;
    bool ok = deep ? trace_deep(t, v, out) : trace_outer(t, v, out);
    t->collecting = collecting;
    if (!ok) return failed_read(t, first);
    if (!t->run) return true;
    if (t->recording && !t->quiet && !deep &&
        (is_vector(*out) || is_listed(t, *out, first) ||
         (is_pair(*out) && is_of_array(t, v)))) {
        /* Its shape is no matter of values. */
        t->leaf_count = first;
        return record_elements(t, v, out);
    }
    return depend(t, v, *out, deep, first);
}

/* Where no guard would be kept, the test need not be an expression. */
bool trace_compare(struct machine *m, value *a, value *b)
{
    struct trace *t = trace_of(m);
    if (!t->run || guards_here(t) < guards_allowed(t, t->run->region))
        return true;
    return (!has_reference(*a) || trace_force(m, *a, true, a)) &&
           (!has_reference(*b) || trace_force(m, *b, true, b));
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
    .names = "indexable?",
    .function = indexable,
    .min = 1,
    .max = 1,
    .look = LOOK_OUTER,
    .outer = 1,
    .topic = "machine",
    .signature = "(indexable? x)",
    .doc = "is x a list or an array?",
};

/* The value of a choice is always of one sort; what else is under a
 * reference may change its sort, and then the region must run again. */
bool trace_operate(struct machine *m, value v, value *out)
{
    struct trace *t = trace_of(m);
    bool collecting = t->collecting;
    value under, test;
    if (t->run && t->run->pins && pinned_value(t, v, out)) return true;
    t->collecting = false;
    bool ok = trace_outer(t, v, &under);
    t->collecting = collecting;
    if (!ok) return false;
    if (!is_indexable(under) || (t->run && !guards_allowed(t, t->run->region)))
        return trace_force(m, v, false, out);
    *out = v;
    if (is_type(v, T_CHOICE) || is_pinned(t, v)) return true;
    return expression_make(m, &primitive_indexable, 1, &v, &test) &&
           (test == V_UNBOUND || trace_force(m, test, false, &test));
}

/* ---- expressions ------------------------------------------------------------------ */

static bool looks(const struct primitive *p, int i, value v)
{
    if (p->look == LOOK_DEEP) return has_reference(v);
    return p->look == LOOK_OUTER && is_reference(v) &&
           (i < 16 ? p->outer >> i & 1 : p->outer == 0xffff);
}

/* Too large a tree, and no arithmetic: the region depends on what is in it. */
static bool overflow(struct trace *t, const struct primitive *p, int n,
                     value *operands, value *out)
{
    uint32_t first = t->leaf_count;
    bool collecting = t->collecting, ok = true;
    if (t->recording && p == &primitive_select) {
        value test; /* a guard says as much as a pin, and keeps the branch */
        if (!trace_force(t->machine, operands[0], false, &test)) return false;
        *out = operands[is_true(test) ? 1 : 2];
        return true;
    }
    t->collecting = true;
    for (int i = 0; ok && i < n; i++)
        if (looks(p, i, operands[i]))
            ok = p->look == LOOK_DEEP
                     ? trace_deep(t, operands[i], &operands[i])
                     : trace_outer(t, operands[i], &operands[i]);
    t->collecting = collecting;
    if (!ok) return failed_read(t, first);
    ok = calls_mark(t) && pin(t, first);
    t->leaf_count = first;
    return ok && p->function(t->machine, n, operands, out);
}

/* The larger operands are cut, and then, if need be, all. */
static bool shorten(struct trace *t, const struct primitive *p, int n,
                    value *operands, value *out)
{
    bool outer = p->look != LOOK_DEEP;
    if (outer && (!t->recording || p == &primitive_select))
        return overflow(t, p, n, operands, out);
    return cuts_make(t, n, operands, EXPRESSION_MAX / 4) &&
           expression_make(t->machine, p, n, operands, out) &&
           (*out != V_UNBOUND ||
            (cuts_make(t, n, operands, 0) &&
             expression_make(t->machine, p, n, operands, out))) &&
           (*out != V_UNBOUND || overflow(t, p, n, operands, out));
}

static bool has_any(const value *operands, int n)
{
    for (int i = 0; i < n; i++)
        if (has_reference(operands[i])) return true;
    return false;
}

bool trace_defer(struct machine *m, const struct primitive *p, int n,
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
        if (!trace_plain(t, operands[i], &mine[i])) return false;
        needs |= looks(p, i, mine[i]);
    }
    /* In a branch of a select an error leaves the application as it is: then
     * nothing in it need be a reference. */
    if (!needs && has_any(operands, n)) return p->function(m, n, mine, out);
    if (!expression_make(m, p, n, mine, out)) return false;
    return *out != V_UNBOUND || shorten(t, p, n, mine, out);
}
