/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Is this trace sound? Everything that is kept is compared with what it
 * stands for: scores with their recomputation, contents of urns with the
 * applications that are in them, guards with what they look at, and every
 * list with the one that mirrors it. For tests, and for reports of faults:
 * between transitions a false answer is a fault of the engine. It changes
 * nothing, and assumes no more than that pointers lead to nodes.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/memory.h"
#include "trace/reduced.h"

struct check {
    struct trace *t;
    char *why;
    size_t size;
    double score;
    uint64_t choices, edges_read, edges_heard, owned, children;
};

static bool wrong(struct check *k, const struct node *n, const char *format,
                  ...) __attribute__((format(printf, 3, 4)));

static bool wrong(struct check *k, const struct node *n, const char *format,
                  ...)
{
    static const char *const kinds[] = {"choice", "urn",     "mem",
                                        "region", "element", "elements"};
    char words[200];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    if (n)
        snprintf(k->why, k->size, "%s %016llx: %s", kinds[node_kind(n) % 6],
                 (unsigned long long)n->location, words);
    else
        snprintf(k->why, k->size, "%s", words);
    return false;
}

static bool near(double a, double b)
{
    return a == b || fabs(a - b) <= 1e-9 * (1.0 + fabs(b));
}

/* ---- lists ------------------------------------------------------------- */

static bool check_edges(struct check *k, const struct node *n)
{
    for (const struct edge *e = node_edges(n); e; e = edge_own(e)) {
        k->edges_read++;
        if (edge_reader(e) != n)
            return wrong(k, n, "an edge of another reader");
        if (!is_alive(edge_source(e))) return wrong(k, n, "reads a dead node");
        if (near_get(near_get(&e->link)) != e)
            return wrong(k, n, "is not among the readers");
    }
    for (const struct edge *e = node_readers(n); e; e = edge_next(e)) {
        k->edges_heard++;
        if (edge_source(e) != n)
            return wrong(k, n, "an edge of another source");
        if (!is_alive(edge_reader(e))) return wrong(k, n, "has a dead reader");
        if (near_get(near_get(&e->link)) != e)
            return wrong(k, n, "a reader's link is wrong");
    }
    return true;
}

static bool check_children(struct check *k, const struct region *r)
{
    const struct near *link = &r->children;
    for (const struct node *c = region_children(r); c; c = node_next(c)) {
        k->children++;
        if (node_owner(c) != r) return wrong(k, c, "a child of two");
        if (!is_alive(c)) return wrong(k, c, "a dead child");
        if (near_get(&c->link) != link) return wrong(k, c, "its link is wrong");
        link = &c->next;
    }
    return true;
}

static bool check_free(struct check *k)
{
    const struct trace *t = k->t;
    double weight = 0.0;
    uint32_t weighted = 0;
    for (uint32_t i = 0; i < t->counts.free; i++) {
        const struct choice *c = free_choice(t, i);
        if (c->node.rank != i + 1 || !is_alive(&c->node))
            return wrong(k, &c->node, "is not at its place %u", c->node.rank);
        if (choice_observer(c)) return wrong(k, &c->node, "observed, and free");
        weight += free_weight_of(c);
        weighted += free_weight_of(c) != 1.0;
    }
    if (weighted != t->counts.weighted || !near(free_weight(t), weight))
        return wrong(k, NULL, "weights %.17g of %u, not %.17g of %u",
                     free_weight(t), t->counts.weighted, weight, weighted);
    return true;
}

/* ---- leaves ------------------------------------------------------------- */

/* Who hears of all of a choice hears of its elements: one that is pinned is. */
static bool hears(const struct node *reader, struct node *source)
{
    const struct node *whole = node_whole(source);
    for (const struct edge *e = node_edges(reader); e; e = edge_own(e))
        if (edge_source(e) == source || edge_source(e) == whole) return true;
    return false;
}

enum { LOOK_ONCE = GUARD_TARGET + 1 }; /* one operation, of a pick */

/* Reads a reference, and sees that the reader hears of all that it met. */
static bool look(struct check *k, const struct node *reader, value v, int how,
                 value *out)
{
    struct trace *t = k->t;
    uint32_t first = t->leaf_count;
    bool collecting = t->collecting, ok = true;
    t->collecting = true;
    bool read = how == LOOK_ONCE      ? trace_once(t, v, out)
                : how == GUARD_TARGET ? trace_target(t, v, out)
                : how == GUARD_DEEP   ? trace_deep(t, v, out)
                                      : trace_outer(t, v, out);
    t->collecting = collecting;
    for (uint32_t i = first; ok && i < t->leaf_count; i++)
        ok = hears(reader, t->leaves[i]) ||
             hears(reader, node_whole(t->leaves[i])); /* it is pinned */
    t->leaf_count = first;
    if (!read)
        return wrong(k, reader, "cannot be read: %s",
                     t->machine->error.message);
    return ok || wrong(k, reader, "does not hear of what it reads");
}

static bool read_all(struct check *k, const struct node *n,
                     const value *written, uint32_t count, value **out)
{
    *out = memory_new((count + 1) * sizeof **out);
    if (!*out) return wrong(k, n, "memory ran out");
    for (uint32_t i = 0; i < count; i++)
        if (!look(k, n, written[i], GUARD_DEEP, *out + i)) return false;
    return true;
}

static bool observes(const struct region *r)
{
    const struct region *o = choice_observer(region_target(r));
    while (o && o != r) o = region_fellow(o);
    return o == r;
}

/* ---- nodes --------------------------------------------------------------- */

static bool same_values(const value *a, const value *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!value_same(a[i], b[i])) return false;
    return true;
}

/* Each of its elements that somebody reads. */
static bool check_parts(struct check *k, const struct choice *c)
{
    const struct element *e;
    uint32_t i = 0;
    while ((e = element_next(k->t, c, &i))) {
        if (e->of != c || e->node.head.size != i - 1 || !is_alive(&e->node))
            return wrong(k, &c->node, "element %u is another's", i - 1);
        if (!check_edges(k, &e->node)) return false;
    }
    return true;
}

static bool check_choice(struct check *k, const struct choice *c)
{
    const struct node *n = &c->node;
    value *plain;
    k->choices++;
    if (c->held == V_UNBOUND) return wrong(k, n, "has no value");
    if (!check_parts(k, c)) return false;
    if (!choice_observer(c) != (c->node.rank != 0))
        return wrong(k, n, c->node.rank ? "observed, and free" : "is not free");
    const struct region *o = choice_observer(c);
    if (o && (region_target(o) != c || !value_same(o->given, c->held)))
        return wrong(k, n, "is not as it was observed");
    if (!read_all(k, n, c->written, c->node.head.size, &plain)) return false;
    if (choice_remembers(c) &&
        !same_values(plain, choice_plain(as_choice(c)), c->node.head.size))
        return wrong(k, n, "its arguments are old");
    if (choice_urn(c))
        return is_alive(&choice_urn(c)->node) || wrong(k, n, "its urn is dead");
    struct xrp_site s = {NULL,     0, NULL, plain, (int)c->node.head.size,
                         c->family};
    double score = c->family->prob(&s, c->held);
    k->score += c->score;
    return c->score == score ||
           wrong(k, n, "score %.17g, not %.17g", c->score, score);
}

/* A site of an urn, with the arguments of one of its choices. */
static const struct xrp_site *application(struct xrp_site *s,
                                          const struct choice *c)
{
    s->args = choice_plain(as_choice(c));
    s->arg_count = (int)c->node.head.size;
    return s;
}

/* The urn against one that is filled anew, by what it says of each value. */
static bool check_urn(struct check *k, const struct urn *u)
{
    const struct xrp_family *f = u->made.family;
    const struct trace *t = k->t;
    value *plain;
    if (!u->plain || !u->state) return true; /* nothing drawn from it yet */
    if (!read_all(k, &u->node, u->written, u->node.head.size, &plain))
        return false;
    if (!same_values(plain, u->plain, u->node.head.size))
        return wrong(k, &u->node, "its parameters are old");
    struct xrp_site is = {u->plain, (int)u->node.head.size, u->state, NULL, 0,
                          f};
    struct xrp_site as = is;
    as.state = xrp_begin(f, &as, is.state);
    if (!as.state) return wrong(k, &u->node, "memory ran out");
    for (uint32_t i = 0; i < t->slots.room; i++) {
        const struct choice *c = (const struct choice *)slot_node(t, i);
        if (c && node_kind(&c->node) == NODE_CHOICE && choice_urn(c) == u)
            f->incorporate(application(&as, c), c->held);
    }
    if (f->count(is.state) != f->count(as.state))
        return wrong(k, &u->node, "holds %llu, not %llu",
                     (unsigned long long)f->count(is.state),
                     (unsigned long long)f->count(as.state));
    for (uint32_t i = 0; i < t->slots.room; i++) {
        const struct choice *c = (const struct choice *)slot_node(t, i);
        if (!c || node_kind(&c->node) != NODE_CHOICE || choice_urn(c) != u)
            continue;
        double a = f->prob(application(&is, c), c->held);
        double b = f->prob(application(&as, c), c->held);
        if (!near(a, b))
            return wrong(k, &u->node, "a value's %.17g, not %.17g", a, b);
        if (f->flags & XRP_WEIGHS && !choice_observer(c) &&
            c->share != f->weight(application(&is, c), c->held))
            return wrong(k, &c->node, "its weight %.17g is old", c->share);
    }
    if (f->flags & XRP_MOVES &&
        u->share != (f->state_weight ? f->state_weight(&is) : 1.0))
        return wrong(k, &u->node, "its weight %.17g is old", u->share);
    double score = f->score_state(&as);
    k->score += u->score;
    return near(u->score, score) ||
           wrong(k, &u->node, "score %.17g, not %.17g", u->score, score);
}

static bool check_guards(struct check *k, const struct region *r)
{
    for (uint32_t i = 0; i < guard_count(r); i++) {
        const struct guard *g = &region_kept(r)->guards[i];
        value now;
        if (!look(k, &r->node, g->forced, g->how, &now)) return false;
        if (!value_same(now, g->outcome))
            return wrong(k, &r->node, "guard %u does not hold", i);
    }
    return true;
}

/* How often the regions of the trace use an entry. */
static uint32_t uses_of(const struct trace *t, const struct region *entry)
{
    uint32_t uses = 0;
    for (uint32_t i = 0; i < t->slots.room; i++) {
        const struct region *r = (const struct region *)slot_node(t, i);
        if (!r || node_kind(&r->node) != NODE_REGION) continue;
        for (uint32_t j = 0; j < use_count(r); j++)
            uses += use_at(region_kept(r), j) == entry;
    }
    return uses;
}

/* Cuts have the value of their expression now, and watches find one. */
static bool check_expression(struct check *k, const struct region *r)
{
    value now;
    /* In a full trace so may the branch of an `if` that is not taken. */
    if (region_failed(r))
        return k->t->whole || wrong(k, &r->node, "raises, and stands");
    if (!look(k, &r->node, r->operands[0],
              r->what == REGION_PICK ? LOOK_ONCE : GUARD_OUTER, &now))
        return false;
    return r->what == REGION_WATCH || value_same(now, r->result) ||
           wrong(k, &r->node, "its value is old");
}

static bool check_region(struct check *k, const struct region *r)
{
    const struct node *n = &r->node;
    if ((region_computes(r) || r->what == REGION_WATCH) &&
        !check_expression(k, r))
        return false;
    if (r->running || r->checking || r->in_heap)
        return wrong(k, n, "is still at work");
    if (!check_children(k, r) || (!region_failed(r) && !check_guards(k, r)))
        return false;
    if (r->what == REGION_OBSERVE &&
        (!region_target(r) || !is_alive(&region_target(r)->node) ||
         !observes(r)))
        return wrong(k, n, "gives its value to nobody");
    if (r->what == REGION_TERM) k->score += r->score;
    if (r->what != REGION_ENTRY) return true;
    uint32_t uses = uses_of(k->t, r);
    if (!is_alive(&mem_of(r)->node)) return wrong(k, n, "its mem is dead");
    return (uses && uses == r->uses) ||
           wrong(k, n, "used %u times, not %u", uses, r->uses);
}

static bool check_mem(struct check *k, const struct mem_node *m)
{
    if (node_owner(&m->entries.node) != node_owner(&m->node))
        return wrong(k, &m->node, "its entries are another region's");
    return check_children(k, &m->entries);
}

static bool check_node(struct check *k, const struct node *n)
{
    if (!is_alive(n)) return wrong(k, n, "dead, and in the table");
    if (n->dirty) return wrong(k, n, "is to be scored yet");
    if (table_at(k->t, n->location) != n)
        return wrong(k, n, "is not found at its location");
    k->owned += node_owner(n) != NULL;
    if (!check_edges(k, n)) return false;
    switch ((enum node_kind)node_kind(n)) {
    case NODE_CHOICE: return check_choice(k, (const struct choice *)n);
    case NODE_URN: return check_urn(k, (const struct urn *)n);
    case NODE_MEM: return check_mem(k, (const struct mem_node *)n);
    case NODE_ELEMENT:
    case NODE_ELEMENTS: return true;
    default: return check_region(k, (const struct region *)n);
    }
}

bool reduced_check(struct trace *t, char *why, size_t size)
{
    struct check k = {.t = t, .why = why, .size = size};
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->slots.room; i++) {
        if (!t->slots.at[i]) continue;
        count++;
        if (!check_node(&k, slot_node(t, i))) return false;
    }
    if (count != t->counts.nodes || k.choices != t->counts.choices)
        return wrong(&k, NULL, "%u nodes and %llu choices, not %u and %llu",
                     t->counts.nodes, (unsigned long long)t->counts.choices,
                     count, (unsigned long long)k.choices);
    if (k.edges_read != k.edges_heard || k.owned != k.children)
        return wrong(
            &k, NULL,
            "%llu edges read, %llu heard; %llu owned, "
            "%llu children",
            (unsigned long long)k.edges_read, (unsigned long long)k.edges_heard,
            (unsigned long long)k.owned, (unsigned long long)k.children);
    if (!near(t->counts.score, k.score))
        return wrong(&k, NULL, "score %.17g, not %.17g", t->counts.score,
                     k.score);
    return check_free(&k);
}
