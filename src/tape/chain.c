/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Chains become calls: see chain.h.
 *
 *     1  chains: a path of operations that leads from a node to one of its
 *        kind, and from that to the next, many times
 *     2  what they are made of does not depend on them
 *     3  the graph again, in an order in which a call stands behind all that
 *        it is of
 */
#include "tape/chain.h"

#include <stdlib.h>
#include <string.h>

#include "tape/recurrence.h"

enum {
    LINKS_LEAST = 8, /* fewer are as quick one by one */
    DEPTH = 5,       /* of a path */
    NEAR = 64        /* nodes behind a chain in which it may go on */
};

/* From a node to the one before it: operations, and which operand leads on. */
struct path {
    uint32_t depth;
    uint8_t code[DEPTH], at[DEPTH];
};

struct chain {
    struct path path;
    uint32_t first, count; /* of `links`, the first one first */
    uint32_t start;        /* the node before the first */
    bool open;             /* what it is of is being looked at */
};

struct chains {
    struct graph *g;
    uint8_t *uses;   /* by node: who reads it; 2 are many */
    uint32_t *chain; /* by node: 1 + chain */
    struct chain *at;
    uint32_t count, room;
    uint32_t *links, link_count, link_room;
    bool *depends; /* on the chain that is looked at */
    /* the other graph */
    struct graph to;
    uint32_t *now; /* by node: 1 + its number there */
    bool *open;
    uint32_t *stack, stack_count, stack_room;
    bool cycle;
};

static bool reserve(struct chains *c, void *array, uint32_t *room,
                    uint32_t wanted, size_t item)
{
    void *old, *more;
    if (wanted <= *room) return true;
    uint32_t grown = *room ? 2 * *room : 64;
    memcpy(&old, array, sizeof old);
    if (!(more = realloc(old, grown * item))) return !(c->g->broken = true);
    memcpy(array, &more, sizeof more);
    *room = grown;
    return true;
}

/* ---- 1: chains ----------------------------------------------------------- */

/* Is the operation linear in this operand? */
static bool is_linear(uint32_t code, int at)
{
    switch (code) {
    case TAPE_ADD:
    case TAPE_SUBTRACT:
    case TAPE_MULTIPLY:
    case TAPE_NEGATE: return true;
    case TAPE_DIVIDE: return at == 0;
    case TAPE_MULTIPLY_ADD: return at < 2;
    default: return false;
    }
}

/* Where the path leads from n; false: it is not there. */
static bool follow(const struct graph *g, const struct path *p, uint32_t n,
                   uint32_t *to)
{
    for (uint32_t i = 0; i < p->depth; i++) {
        if (g->nodes[n].code != p->code[i]) return false;
        n = g->nodes[n].operands[p->at[i]];
    }
    *to = n;
    return true;
}

/* How many links, n the last of them; others read all but that. */
static uint32_t length_of(const struct chains *c, const struct path *p,
                          uint32_t n)
{
    uint32_t count = 0, before;
    while (!c->chain[n] && (!count || c->uses[n] > 1) &&
           follow(c->g, p, n, &before)) {
        count++;
        n = before;
    }
    return count;
}

/* The longest chain that ends with n, over paths to nodes of its kind. */
static uint32_t find_path(const struct chains *c, uint32_t n, struct path *best)
{
    const struct graph_node *nodes = c->g->nodes;
    uint32_t at[DEPTH + 1] = {n}, depth = 0, most = 0;
    struct path p = {0};
    int next[DEPTH + 1] = {0};
    for (;;) {
        const struct graph_node *here = &nodes[at[depth]];
        int arity = here->code < TAPE_CODES ? tape_arity(here->code) : 0;
        if (depth == DEPTH || next[depth] >= arity) {
            if (depth-- == 0) return most;
            continue;
        }
        int k = next[depth]++;
        uint32_t to = here->operands[k];
        if (!is_linear(here->code, k)) continue;
        p.code[depth] = (uint8_t)here->code;
        p.at[depth] = (uint8_t)k;
        at[++depth] = to;
        next[depth] = 0;
        p.depth = depth;
        if (nodes[to].code != nodes[n].code || c->uses[to] < 2) continue;
        uint32_t length = length_of(c, &p, n);
        if (length <= most) continue;
        most = length;
        *best = p;
    }
}

/* The last link may be read by one other only: it is behind n. */
static uint32_t last_link(const struct chains *c, const struct path *p,
                          uint32_t n)
{
    uint32_t before, end = c->g->count;
    for (uint32_t k = n + 1; k < end && k <= n + NEAR; k++)
        if (!c->chain[k] && follow(c->g, p, k, &before) && before == n)
            return k;
    return n;
}

static bool put_chain(struct chains *c, const struct path *p, uint32_t n)
{
    n = last_link(c, p, n);
    uint32_t length = length_of(c, p, n);
    if (!reserve(c, &c->at, &c->room, c->count + 1, sizeof *c->at))
        return false;
    while (c->link_room < c->link_count + length)
        if (!reserve(c, &c->links, &c->link_room, c->link_room + 1,
                     sizeof *c->links))
            return false;
    struct chain *new = &c->at[c->count++];
    *new = (struct chain){.path = *p, .first = c->link_count, .count = length};
    for (uint32_t i = length; i-- > 0;) {
        c->links[c->link_count + i] = n;
        c->chain[n] = c->count;
        follow(c->g, p, n, &n);
    }
    new->start = n;
    c->link_count += length;
    return true;
}

/* A sum that others read is a term in place of its parts, which had been
 * taken from it: links would not be all that is read of a chain. */
static void join_terms(struct chains *c)
{
    struct graph *g = c->g;
    for (uint32_t n = 0; n < g->count; n++) {
        uint32_t code = g->nodes[n].code, a = g->nodes[n].operands[0],
                 b = g->nodes[n].operands[1];
        if ((code != TAPE_ADD && code != TAPE_SUBTRACT) || !c->uses[n])
            continue;
        double factor = graph_term(g, a);
        if (g->nodes[a].code >= TAPE_CODES || g->nodes[b].code >= TAPE_CODES ||
            factor == 0.0 || a == b ||
            graph_term(g, b) != (code == TAPE_ADD ? factor : -factor))
            continue;
        graph_drop(g, a);
        graph_drop(g, b);
        graph_add_whole(g, n, factor);
    }
}

static void use(struct chains *c, uint32_t n)
{
    c->uses[n] = (uint8_t)(c->uses[n] + (c->uses[n] < 2));
}

static void count_uses(struct chains *c)
{
    struct graph *g = c->g;
    for (uint32_t n = 0; n < g->count; n++) {
        int arity =
            g->nodes[n].code < TAPE_CODES ? tape_arity(g->nodes[n].code) : 0;
        for (int k = 0; k < arity; k++) use(c, g->nodes[n].operands[k]);
    }
    join_terms(c);
    for (uint32_t n = 0; (n = graph_term_from(g, n)) < g->count; n++) use(c, n);
    for (uint32_t i = 0; i < g->guard_count; i++) use(c, g->guards[i]);
    for (uint32_t i = 0; i < g->kept_count; i++) use(c, g->kept[i]);
}

static bool find_chains(struct chains *c)
{
    struct path p;
    for (uint32_t n = c->g->count; n-- > 0;) {
        if (c->uses[n] < 2 || c->chain[n] || c->g->nodes[n].code >= TAPE_CODES)
            continue;
        if (find_path(c, n, &p) >= LINKS_LEAST && !put_chain(c, &p, n))
            return false;
    }
    return true;
}

/* ---- 2: what they are made of --------------------------------------------- */

typedef bool see_node(struct chains *c, uint32_t node);

/* Calls see for the operands beside the path of link n. */
static bool see_sides(struct chains *c, const struct path *p, uint32_t n,
                      see_node *see)
{
    for (uint32_t i = 0; i < p->depth; i++) {
        const struct graph_node *at = &c->g->nodes[n];
        for (int k = 0; k < tape_arity(at->code); k++)
            if (k != p->at[i] && !see(c, at->operands[k])) return false;
        n = at->operands[p->at[i]];
    }
    return true;
}

static bool is_apart(struct chains *c, uint32_t node)
{
    return !c->depends[node];
}

static bool stands_alone(struct chains *c, const struct chain *at)
{
    const struct graph *g = c->g;
    const uint32_t *links = c->links + at->first;
    uint32_t id = (uint32_t)(at - c->at) + 1, end = links[at->count - 1];
    bool alone = true;
    for (uint32_t n = links[0]; n <= end; n++) {
        const struct graph_node *o = &g->nodes[n];
        c->depends[n] = c->chain[n] == id;
        for (int k = 0; o->code < TAPE_CODES && k < tape_arity(o->code); k++)
            c->depends[n] = c->depends[n] || c->depends[o->operands[k]];
    }
    for (uint32_t i = 0; alone && i < at->count; i++)
        alone = see_sides(c, &at->path, links[i], is_apart);
    memset(c->depends + links[0], 0, (end - links[0] + 1) * sizeof *c->depends);
    return alone;
}

static uint32_t drop_others(struct chains *c)
{
    uint32_t good = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        if (stands_alone(c, &c->at[i])) {
            good++;
            continue;
        }
        for (uint32_t k = 0; k < c->at[i].count; k++)
            c->chain[c->links[c->at[i].first + k]] = 0;
    }
    return good;
}

/* ---- 3: the other graph ----------------------------------------------------- */

static uint32_t now(const struct chains *c, uint32_t n)
{
    return c->now[n] - 1;
}

/* x = a x' + b along a path, from x' on; NONE: a is 1, b is 0. */
#define NONE UINT32_MAX
struct line {
    uint32_t a, b;
};

static uint32_t scaled(struct graph *g, enum tape_code code, uint32_t x,
                       uint32_t by)
{
    if (x != NONE) return graph_2(g, code, x, by);
    return code == TAPE_MULTIPLY ? by : graph_1(g, TAPE_INVERSE, by);
}

static uint32_t negated(struct graph *g, uint32_t x)
{
    return x == NONE ? graph_number(g, -1.0) : graph_1(g, TAPE_NEGATE, x);
}

/* others: the operands beside the path, in order. */
static struct line line_on(struct graph *g, struct line l, uint32_t code,
                           int at, const uint32_t *others)
{
    uint32_t other = others[0];
    switch (code) {
    case TAPE_ADD:
        l.b = l.b == NONE ? other : graph_2(g, TAPE_ADD, l.b, other);
        break;
    case TAPE_NEGATE:
        l.a = negated(g, l.a);
        if (l.b != NONE) l.b = negated(g, l.b);
        break;
    case TAPE_SUBTRACT:
        if (at == 1) {
            l.a = negated(g, l.a);
            l.b = l.b == NONE ? other : graph_2(g, code, other, l.b);
        } else {
            l.b = l.b == NONE ? graph_1(g, TAPE_NEGATE, other)
                              : graph_2(g, code, l.b, other);
        }
        break;
    case TAPE_MULTIPLY_ADD:
        l = line_on(g, l, TAPE_MULTIPLY, at, others);
        return line_on(g, l, TAPE_ADD, 0, others + 1);
    default: /* MULTIPLY, DIVIDE */
        l.a = scaled(g, code, l.a, other);
        if (l.b != NONE) l.b = scaled(g, code, l.b, other);
        break;
    }
    return l;
}

static struct line line_of(struct chains *c, const struct path *p, uint32_t n)
{
    uint32_t at[DEPTH];
    struct line l = {NONE, NONE};
    for (uint32_t i = 0; i < p->depth; i++) {
        at[i] = n;
        n = c->g->nodes[n].operands[p->at[i]];
    }
    for (uint32_t i = p->depth; i-- > 0;) {
        const uint32_t *of = c->g->nodes[at[i]].operands;
        uint32_t others[2] = {0, 0}, count = 0;
        for (int k = 0; k < tape_arity(p->code[i]); k++)
            if (k != p->at[i]) others[count++] = now(c, of[k]);
        l = line_on(&c->to, l, p->code[i], p->at[i], others);
    }
    if (l.a == NONE) l.a = graph_number(&c->to, 1.0);
    if (l.b == NONE) l.b = graph_number(&c->to, 0.0);
    return l;
}

/* The operand beside `shared`, if n is such an operation. */
static uint32_t beside(const struct graph *g, uint32_t n, enum tape_code code,
                       uint32_t shared)
{
    const struct graph_node *at = &g->nodes[n];
    if (at->code != code) return NONE;
    if (at->operands[0] == shared) return at->operands[1];
    return at->operands[1] == shared ? at->operands[0] : NONE;
}

/* Takes from all of b what they have beside something of their own. NONE:
 * there is no such thing. */
static uint32_t take_shared(const struct graph *g, enum tape_code code,
                            uint32_t *b, uint32_t count)
{
    const struct graph_node *first = &g->nodes[b[0]];
    for (int k = 0; first->code == code && k < 2; k++) {
        uint32_t shared = first->operands[k], same = 1;
        while (same < count && beside(g, b[same], code, shared) != NONE) same++;
        for (uint32_t i = 0; same == count && i < count; i++)
            b[i] = beside(g, b[i], code, shared);
        if (same == count) return shared;
    }
    return NONE;
}

/* Nodes of the other graph as numbers of a recurrence: first those that are
 * given, then constants, which are numbered from the far end until all are
 * known. */
struct inputs {
    uint32_t *nodes, count;
    double *constants;
    uint32_t constant_count, last[3], last_at[3];
};

static uint32_t input(struct chains *c, struct inputs *in, uint32_t node,
                      int kind)
{
    if (in->last[kind] == node + 1) return in->last_at[kind];
    in->last[kind] = node + 1;
    if (graph_is_number(&c->to, node)) {
        in->constants[in->constant_count++] = c->to.nodes[node].number;
        return in->last_at[kind] = NONE - in->constant_count;
    }
    in->nodes[in->count] = node;
    return in->last_at[kind] = in->count++;
}

static uint32_t settled(const struct inputs *in, uint32_t index)
{
    return index < in->count ? index : in->count + (NONE - index) - 1;
}

/* What links add is scale b + shift where all of them have these. */
static void fill_recurrence(struct chains *c, const struct chain *at,
                            struct inputs *in, struct recurrence *r)
{
    for (uint32_t i = 0; i < at->count; i++) {
        struct line l = line_of(c, &at->path, c->links[at->first + i]);
        r->a[i] = l.a;
        r->b[i] = l.b;
    }
    if (c->to.broken) return;
    uint32_t shift = take_shared(&c->to, TAPE_ADD, r->b, at->count);
    uint32_t scale = take_shared(&c->to, TAPE_MULTIPLY, r->b, at->count);
    r->start = input(c, in, now(c, at->start), 0);
    if (scale != NONE) scale = input(c, in, scale, 0);
    if (shift != NONE) shift = input(c, in, shift, 0);
    for (uint32_t i = 0; i < at->count; i++) {
        r->a[i] = input(c, in, r->a[i], 1);
        r->b[i] = input(c, in, r->b[i], 2);
    }
    r->count = in->count;
    r->start = settled(in, r->start);
    if (scale != NONE) r->scale = 1 + settled(in, scale);
    if (shift != NONE) r->shift = 1 + settled(in, shift);
    for (uint32_t i = 0; i < at->count; i++) {
        r->a[i] = settled(in, r->a[i]);
        r->b[i] = settled(in, r->b[i]);
    }
    memcpy(r->constants, in->constants,
           in->constant_count * sizeof *r->constants);
}

static bool build_chain(struct chains *c, const struct chain *at)
{
    uint32_t most = 2 * at->count + 3, first = 0;
    struct inputs in = {.nodes = calloc(most, sizeof *in.nodes),
                        .constants = calloc(most, sizeof *in.constants)};
    struct recurrence *r = recurrence_new(at->count, most);
    bool ok = in.nodes && in.constants && r;
    if (ok) {
        fill_recurrence(c, at, &in, r);
        struct tape_call call = recurrence_call(r);
        first = graph_given(&c->to, &call, in.nodes);
        r = NULL;
        ok = !c->to.broken;
    }
    for (uint32_t i = 0; ok && i < at->count; i++)
        c->now[c->links[at->first + i]] = first + i + 1;
    recurrence_free(r);
    free(in.nodes);
    free(in.constants);
    return ok || !(c->g->broken = true);
}

static bool build_node(struct chains *c, uint32_t n)
{
    const struct graph_node *at = &c->g->nodes[n];
    uint32_t of[3] = {0};
    if (c->chain[n]) return build_chain(c, &c->at[c->chain[n] - 1]);
    if (at->code == GRAPH_NUMBER) {
        c->now[n] = graph_number(&c->to, at->number) + 1;
        return true;
    }
    for (int k = 0; k < tape_arity(at->code); k++)
        of[k] = now(c, at->operands[k]);
    c->now[n] = graph_apply(&c->to, at->code, of) + 1;
    return true;
}

static bool push(struct chains *c, uint32_t n)
{
    if (c->now[n]) return true;
    if (c->open[n] || (c->chain[n] && c->at[c->chain[n] - 1].open)) {
        c->cycle = true;
        return false;
    }
    if (!reserve(c, &c->stack, &c->stack_room, c->stack_count + 1, sizeof n))
        return false;
    c->stack[c->stack_count++] = n;
    return true;
}

/* What n is made of. */
static bool push_all(struct chains *c, uint32_t n)
{
    const struct graph_node *at = &c->g->nodes[n];
    c->open[n] = true;
    if (c->chain[n]) {
        struct chain *chain = &c->at[c->chain[n] - 1];
        bool ok = true;
        chain->open = true;
        /* The last is made first: so those of links stand in their order. */
        for (uint32_t i = chain->count; ok && i-- > 0;)
            ok = see_sides(c, &chain->path, c->links[chain->first + i], push);
        return ok && push(c, chain->start);
    }
    for (int k = 0; at->code < TAPE_CODES && k < tape_arity(at->code); k++)
        if (!push(c, at->operands[k])) return false;
    return true;
}

static bool build(struct chains *c, uint32_t root)
{
    c->stack_count = 0;
    if (!push(c, root)) return false;
    while (c->stack_count) {
        uint32_t n = c->stack[c->stack_count - 1], count = c->stack_count;
        if (c->now[n]) {
            c->stack_count--;
            continue;
        }
        if (!c->open[n] && !push_all(c, n)) return false;
        if (c->stack_count > count) continue;
        c->stack_count--;
        if (!build_node(c, n)) return false;
    }
    return !c->to.broken;
}

static bool build_all(struct chains *c)
{
    const struct graph *g = c->g;
    struct graph *to = &c->to;
    to->constant = g->constant;
    for (uint32_t n = 0; n < g->count; n++)
        if (g->nodes[n].code == GRAPH_COORDINATE)
            c->now[n] = graph_coordinate(to) + 1;
    for (uint32_t i = 0; i < g->kept_count; i++) {
        if (!build(c, g->kept[i])) return false;
        graph_keep(to, now(c, g->kept[i]));
    }
    for (uint32_t i = 0; i < g->guard_count; i++) {
        if (!build(c, g->guards[i])) return false;
        graph_guard(to, now(c, g->guards[i]));
    }
    for (uint32_t n = 0; (n = graph_term_from(g, n)) < g->count; n++) {
        if (!build(c, n)) return false;
        graph_add(to, now(c, n), graph_term(g, n));
    }
    return !to->broken;
}

/* ---- all -------------------------------------------------------------------- */

static bool open_chains(struct chains *c, struct graph *g)
{
    size_t n = g->count + 1ul;
    c->g = g;
    c->uses = calloc(n, sizeof *c->uses);
    c->chain = calloc(n, sizeof *c->chain);
    return c->uses && c->chain;
}

/* Most graphs have no chains. */
static bool open_links(struct chains *c)
{
    size_t n = c->g->count + 1ul;
    c->depends = calloc(n, sizeof *c->depends);
    c->open = calloc(n, sizeof *c->open);
    c->now = calloc(n, sizeof *c->now);
    return c->depends && c->open && c->now;
}

/* Numbers, coordinates and operations only: a call is of anything. */
static bool is_plain(const struct graph *g)
{
    for (uint32_t n = 0; n < g->count; n++)
        if (g->nodes[n].code > GRAPH_COORDINATE) return false;
    return true;
}

void graph_chains(struct graph *g)
{
    struct chains c = {0};
    if (g->broken || !is_plain(g)) return;
    bool ok = open_chains(&c, g);
    if (ok) count_uses(&c);
    ok = ok && find_chains(&c) && (!c.count || open_links(&c));
    if (!ok) g->broken = true;
    if (ok && c.count && drop_others(&c) && build_all(&c)) {
        graph_close(g);
        *g = c.to;
        c.to = (struct graph){0};
    } else if (!c.cycle && c.to.broken) {
        g->broken = true;
    }
    graph_close(&c.to);
    free(c.uses);
    free(c.chain);
    free(c.depends);
    free(c.open);
    free(c.now);
    free(c.at);
    free(c.links);
    free(c.stack);
}
