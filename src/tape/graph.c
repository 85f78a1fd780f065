/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The graph of a density: nodes are found again by what they are, so that
 * what a program computes for each of a million rows alike stands here once.
 */
#include "tape/graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void graph_close(struct graph *g)
{
    for (uint32_t i = 0; i < g->call_count; i++) {
        struct tape_call *c = &g->calls[i].call;
        if (c->free) c->free(c->context);
        free(g->calls[i].nodes);
    }
    free(g->nodes);
    free(g->table);
    free(g->terms);
    free(g->guards);
    free(g->kept);
    free(g->calls);
    free(g->pointers);
    free(g->kins);
    free(g->slots);
    free(g->levels);
    *g = (struct graph){0};
}

static bool grow(struct graph *g, void *array, uint32_t *room, uint32_t count,
                 size_t item)
{
    void *old, *more;
    if (count < *room) return true;
    uint32_t wanted = *room ? *room * 2 : 64;
    memcpy(&old, array, sizeof old);
    more = wanted > *room ? realloc(old, wanted * item) : NULL;
    if (!more) return !(g->broken = true);
    memcpy(array, &more, sizeof more);
    *room = wanted;
    return true;
}

/* ---- nodes found again -------------------------------------------------- */

static uint64_t mix(uint64_t h, uint64_t x)
{
    h = (h ^ x) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

/* What a node is, as words: a number's bits, or its operands, 0 where there
 * are none. */
struct key {
    uint32_t code, third;
    uint64_t two;
};

static struct key key_of(const struct graph_node *n)
{
    struct key k = {n->code, 0, 0};
    memcpy(&k.two, n->operands, sizeof k.two);
    if (n->code != GRAPH_NUMBER) k.third = n->operands[2];
    return k;
}

static struct key key_number(uint32_t code, double x)
{
    struct key k = {code, 0, 0};
    memcpy(&k.two, &x, sizeof k.two);
    return k;
}

static struct key key_operands(uint32_t code, uint32_t a, uint32_t b,
                               uint32_t c)
{
    return (struct key){code, c, (uint64_t)b << 32 | a};
}

static uint32_t hash_of(struct key k)
{
    uint64_t h = mix((uint64_t)k.third << 32 | k.code, k.two);
    return (uint32_t)(mix(h, k.two >> 32) >> 32);
}

static bool is_same(const struct graph_node *n, struct key k)
{
    struct key own = key_of(n);
    return own.two == k.two && own.code == k.code && own.third == k.third;
}

/* A table for so many nodes, half of it empty. In the order of their hashes
 * nodes come to it in few rows of neighbours. */
static bool spread(struct graph *g, uint64_t count)
{
    uint64_t room = g->table_room ? g->table_room : 256;
    while (room < 2 * count) room *= 2;
    uint32_t mask = (uint32_t)room - 1;
    struct graph_place *table =
        room <= UINT32_MAX ? calloc(room, sizeof *table) : NULL;
    if (!table) return !(g->broken = true);
    for (uint32_t i = 0; i < g->table_room; i++) {
        uint32_t at = g->table[i].hash & mask;
        if (!g->table[i].node) continue;
        while (table[at].node) at = (at + 1) & mask;
        table[at] = g->table[i];
    }
    free(g->table);
    g->table = table;
    g->table_room = (uint32_t)room;
    return true;
}

void graph_expect(struct graph *g, uint64_t more)
{
    if (!g->broken && 2 * (g->count + more) > g->table_room)
        spread(g, g->count + more);
}

static uint32_t find(struct graph *g, struct key k)
{
    if (g->broken) return 0;
    if (2 * (g->count + 1) > g->table_room && !spread(g, g->count + 1ul))
        return 0;
    uint32_t mask = g->table_room - 1, hash = hash_of(k), at = hash & mask;
    for (; g->table[at].node; at = (at + 1) & mask) {
        uint32_t i = g->table[at].node - 1;
        if (g->table[at].hash == hash && is_same(&g->nodes[i], k)) return i;
    }
    if (!grow(g, &g->nodes, &g->room, g->count, sizeof *g->nodes)) return 0;
    struct graph_node *n = &g->nodes[g->count];
    n->code = k.code;
    memcpy(n->operands, &k.two, sizeof k.two);
    n->operands[2] = k.third;
    g->table[at] = (struct graph_place){++g->count, hash};
    return g->count - 1;
}

/* A function that does nothing but send is thought to do nothing, and calls of
 * it are left out. */
static inline __attribute__((always_inline)) void
send_for(const struct graph *g, struct key k)
{
    if (g->table_room)
        __builtin_prefetch(&g->table[hash_of(k) & (g->table_room - 1)], 1);
}

void graph_number_soon(const struct graph *g, double x)
{
    send_for(g, key_number(GRAPH_NUMBER, x));
}

void graph_soon(const struct graph *g, enum tape_code code, uint32_t a,
                uint32_t b, uint32_t c)
{
    send_for(g, key_operands(code, a, b, c));
}

uint32_t graph_number(struct graph *g, double x)
{
    return find(g, key_number(GRAPH_NUMBER, x));
}

uint32_t graph_coordinate(struct graph *g)
{
    return find(g, key_number(GRAPH_COORDINATE, (double)g->coordinates++));
}

uint32_t graph_unknown(struct graph *g, uint32_t id)
{
    g->open = true;
    return find(g, key_number(GRAPH_UNKNOWN, id));
}

/* Is 1 / x a number without rounding? */
static bool is_power_of_two(double x)
{
    int exponent;
    return fabs(frexp(x, &exponent)) == 0.5 && abs(exponent) < 1000;
}

/* The same by another operation, which is quicker or stands elsewhere too;
 * all but the third to the bit. false: there is none. */
static bool rewrite(struct graph *g, enum tape_code code, const uint32_t *of,
                    uint32_t *out)
{
    const struct graph_node a = g->nodes[of[0]];
    double x;
    switch (code) {
    case TAPE_LOG: /* scales are exponentials, and densities take their logs */
        if (a.code != TAPE_EXP) return false;
        *out = a.operands[0];
        return true;
    case TAPE_NEGATE:
        if (a.code != TAPE_MULTIPLY || !graph_is_number(g, a.operands[0]))
            return false;
        x = -g->nodes[a.operands[0]].number;
        *out = graph_2(g, TAPE_MULTIPLY, graph_number(g, x), a.operands[1]);
        return true;
    case TAPE_INVERSE: /* and divide by them; one coordinate's is used itself */
        if (a.code != TAPE_EXP ||
            g->nodes[a.operands[0]].code == GRAPH_COORDINATE)
            return false;
        *out = graph_1(g, TAPE_EXP, graph_1(g, TAPE_NEGATE, a.operands[0]));
        return true;
    case TAPE_DIVIDE:
        if (!graph_is_number(g, of[1])) return false;
        x = g->nodes[of[1]].number;
        if (!is_power_of_two(x)) return false;
        *out = graph_2(g, TAPE_MULTIPLY, graph_number(g, 1 / x), of[0]);
        return true;
    default: return false;
    }
}

uint32_t graph_apply(struct graph *g, enum tape_code code, const uint32_t *of)
{
    uint32_t other;
    int arity = tape_arity(code);
    double numbers[3];
    bool plain = true;
    if (g->broken) return 0;
    for (int i = 0; plain && i < arity; i++) {
        plain = graph_is_number(g, of[i]);
        numbers[i] = g->nodes[of[i]].number;
    }
    if (plain) return graph_number(g, tape_compute(code, numbers));
    return rewrite(g, code, of, &other)
               ? other
               : find(g, key_operands(code, of[0], arity > 1 ? of[1] : 0,
                                      arity > 2 ? of[2] : 0));
}

/* ---- pointers ----------------------------------------------------------- */

/* There are few. */
static uint32_t kin_of(struct graph *g, uint32_t of, uint32_t code)
{
    for (uint32_t i = 0; i < g->kin_count; i++)
        if (g->kins[i].of == of && g->kins[i].code == code)
            return GRAPH_KINS + i;
    if (!grow(g, &g->kins, &g->kin_room, g->kin_count, sizeof *g->kins))
        return 0;
    g->kins[g->kin_count] = (struct graph_kin){of, code};
    return GRAPH_KINS + g->kin_count++;
}

/* `of`: 1 + the one that it is made from; or 0. */
static uint32_t point(struct graph *g, uint32_t of, uint32_t code, uint32_t kin,
                      uint32_t target)
{
    if (g->broken || graph_is_number(g, target)) return target;
    if (!grow(g, &g->pointers, &g->pointer_room, g->pointer_count,
              sizeof *g->pointers))
        return 0;
    struct graph_pointer p = {
        .node = find(g, key_operands(GRAPH_POINTER, g->pointer_count, 0, 0)),
        .target = target,
        .code = code,
        .of = of,
        .kin = kin};
    if (of) p.next = g->pointers[of - 1].made;
    if (of) g->pointers[of - 1].made = g->pointer_count + 1;
    g->pointers[g->pointer_count++] = p;
    return p.node;
}

uint32_t graph_point(struct graph *g, uint32_t n, uint32_t kin)
{
    return point(g, 0, 0, kin, n);
}

void graph_turn(struct graph *g, uint32_t pointer, uint32_t target)
{
    g->pointers[pointer].target = target;
}

uint32_t graph_turned(struct graph *g, const struct graph_pointer *p)
{
    return graph_1(g, (enum tape_code)p->code, g->pointers[p->of - 1].target);
}

uint32_t graph_1(struct graph *g, enum tape_code code, uint32_t a)
{
    if (g->broken || g->nodes[a].code != GRAPH_POINTER)
        return graph_apply(g, code, &a);
    uint32_t at = graph_pointer_at(g, a);
    struct graph_pointer of = g->pointers[at];
    for (uint32_t i = of.made; i; i = g->pointers[i - 1].next)
        if (g->pointers[i - 1].code == code) return g->pointers[i - 1].node;
    return point(g, at + 1, code, kin_of(g, of.kin, code),
                 graph_1(g, code, of.target));
}

uint32_t graph_2(struct graph *g, enum tape_code code, uint32_t a, uint32_t b)
{
    uint32_t of[2] = {a, b};
    return graph_apply(g, code, of);
}

uint32_t graph_3(struct graph *g, enum tape_code code, uint32_t a, uint32_t b,
                 uint32_t c)
{
    uint32_t of[3] = {a, b, c};
    if (code == TAPE_SELECT && !g->broken && graph_is_number(g, a))
        return g->nodes[a].number != 0.0 ? b : c;
    return graph_apply(g, code, of);
}

uint32_t graph_given(struct graph *g, const struct tape_call *call,
                     const uint32_t *nodes)
{
    uint32_t which = g->call_count, first = 0;
    uint32_t *copy = malloc((call->count + !call->count) * sizeof *copy);
    if (!copy || !grow(g, &g->calls, &g->call_room, which, sizeof *g->calls)) {
        g->broken = true;
        free(copy);
        if (call->free) call->free(call->context);
        return 0;
    }
    memcpy(copy, nodes, call->count * sizeof *copy);
    g->calls[which] = (struct graph_call){*call, copy};
    g->call_count++;
    for (uint32_t i = call->out; i-- > 0;) {
        uint32_t number = call->out - 1 - i;
        uint32_t at = find(g, key_operands(GRAPH_GIVEN, which, number, 0));
        if (number == 0) first = at;
    }
    return first;
}

/* ---- the density -------------------------------------------------------- */

static void add_node(struct graph *g, uint32_t n, double factor)
{
    if (n >= g->term_room) {
        double *more = realloc(g->terms, g->room * sizeof *more);
        if (!more) {
            g->broken = true;
            return;
        }
        memset(more + g->term_room, 0, (g->room - g->term_room) * sizeof *more);
        g->terms = more;
        g->term_room = g->room;
    }
    g->terms[n] += factor;
}

static bool is_factor(const struct graph *g, uint32_t n)
{
    return graph_is_number(g, n) && isfinite(g->nodes[n].number);
}

/* Right sides first: sums grow to the left. What is too deep stays a sum. */
void graph_add(struct graph *g, uint32_t n, double factor)
{
    struct {
        uint32_t n;
        double factor;
    } stack[32];
    int count = 0;
    stack[count].n = n;
    stack[count++].factor = factor;
    while (count && !g->broken) {
        n = stack[--count].n;
        factor = stack[count].factor;
        const struct graph_node *at = &g->nodes[n];
        uint32_t a = at->operands[0], b = at->operands[1];
        bool sum = at->code == TAPE_ADD || at->code == TAPE_SUBTRACT;
        if (at->code == GRAPH_NUMBER) {
            g->constant += factor * at->number;
        } else if (sum && count + 2 <= 32) {
            stack[count].n = a;
            stack[count++].factor = factor;
            stack[count].n = b;
            stack[count++].factor = at->code == TAPE_ADD ? factor : -factor;
        } else if (at->code == TAPE_NEGATE) {
            stack[count].n = a;
            stack[count++].factor = -factor;
        } else if (at->code == TAPE_MULTIPLY && is_factor(g, a)) {
            stack[count].n = b;
            stack[count++].factor = factor * g->nodes[a].number;
        } else if (at->code == TAPE_MULTIPLY && is_factor(g, b)) {
            stack[count].n = a;
            stack[count++].factor = factor * g->nodes[b].number;
        } else {
            add_node(g, n, factor);
        }
    }
}

void graph_guard(struct graph *g, uint32_t n)
{
    if (g->broken || (graph_is_number(g, n) && g->nodes[n].number != 0.0) ||
        !grow(g, &g->guards, &g->guard_room, g->guard_count, sizeof *g->guards))
        return;
    g->guards[g->guard_count++] = n;
}

void graph_keep(struct graph *g, uint32_t n)
{
    if (g->broken ||
        !grow(g, &g->kept, &g->kept_room, g->kept_count, sizeof *g->kept))
        return;
    g->kept[g->kept_count++] = n;
}

/* ---- for tests ---------------------------------------------------------- */

static bool compute_call(const struct graph_call *c, const double *at,
                         double *into)
{
    double *in = malloc((c->call.count + 1) * sizeof *in);
    for (uint32_t i = 0; in && i < c->call.count; i++) in[i] = at[c->nodes[i]];
    bool ok = in && c->call.value(c->call.context, in, into);
    free(in);
    return ok;
}

bool graph_compute(const struct graph *g, const double *q, double *out)
{
    for (uint32_t i = 0; i < g->count; i++) {
        const struct graph_node *n = &g->nodes[i];
        double x[3];
        if (n->code == GRAPH_NUMBER) {
            out[i] = n->number;
        } else if (n->code == GRAPH_COORDINATE) {
            out[i] = q[(uint32_t)n->number];
        } else if (n->code == GRAPH_GIVEN) {
            const struct graph_call *c = &g->calls[n->operands[0]];
            if (n->operands[1] == 0 && !compute_call(c, out, out + i))
                return false;
        } else if (n->code == GRAPH_POINTER) {
            out[i] = out[g->pointers[graph_pointer_at(g, i)].target];
        } else {
            for (int k = 0; k < tape_arity(n->code); k++)
                x[k] = out[n->operands[k]];
            out[i] = tape_compute(n->code, x);
        }
    }
    return true;
}
