/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The graph of a density: nodes are found again by what they are, so that
 * what a program computes for each of a million rows alike stands here once.
 */
#include "tape/graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/space.h"

void graph_close(struct graph *g)
{
    for (uint32_t i = 0; i < g->call_count; i++) {
        struct tape_call *c = &g->calls[i].call;
        if (c->free) c->free(c->context);
        free(g->calls[i].nodes);
    }
    space_array_free(g->nodes, g->room * sizeof *g->nodes);
    space_array_free(g->table, g->table_room * sizeof *g->table);
    for (uint32_t i = 0; i < g->term_room; i++) free(g->terms[i]);
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

static struct graph_node node_number(uint32_t code, double x)
{
    struct graph_node n = {{{.code = code}}};
    n.number = x;
    return n;
}

static struct graph_node node_operands(uint32_t code, uint32_t a, uint32_t b,
                                       uint32_t c)
{
    return (struct graph_node){{{code, {a, b, c}}}};
}

static uint32_t hash_of(const struct graph_node *n)
{
    uint64_t h = mix(n->words[0], n->words[1]);
    return (uint32_t)(mix(h, n->words[1] >> 32) >> 32);
}

/* A function that does nothing but send is thought to do nothing, and calls of
 * it are left out. */
static inline __attribute__((always_inline)) void
send_for(const struct graph *g, const struct graph_node *n)
{
    if (g->table_room)
        __builtin_prefetch(&g->table[hash_of(n) & (g->table_room - 1)], 1);
}

static bool is_same(const struct graph_node *a, const struct graph_node *b)
{
    return a->words[0] == b->words[0] && a->words[1] == b->words[1];
}

/* A table for so many nodes, half of it empty. */
static bool spread(struct graph *g, uint64_t count)
{
    uint64_t room = g->table_room ? g->table_room : 256;
    while (room < 2 * count) room *= 2;
    uint32_t mask = (uint32_t)room - 1;
    uint32_t *table =
        room <= UINT32_MAX ? space_array(room * sizeof *table) : NULL;
    if (!table) return !(g->broken = true);
    space_array_free(g->table, g->table_room * sizeof *g->table);
    g->table = table;
    g->table_room = (uint32_t)room;
    for (uint32_t i = 0; i < g->count; i++) {
        if (i + GRAPH_SOON < g->count) send_for(g, &g->nodes[i + GRAPH_SOON]);
        uint32_t hash = hash_of(&g->nodes[i]), at = hash & mask;
        while (table[at]) at = (at + 1) & mask;
        table[at] = (hash & ~mask) | (i + 1);
    }
    return true;
}

/* Room for as many again, which costs nothing before it is reached. */
static bool grow_nodes(struct graph *g, uint64_t count)
{
    uint64_t room = count < 32 ? 64 : 2 * count;
    struct graph_node *more =
        room < UINT32_MAX ? space_array(room * sizeof *more) : NULL;
    if (!more) return !(g->broken = true);
    if (g->count) memcpy(more, g->nodes, g->count * sizeof *more);
    space_array_free(g->nodes, g->room * sizeof *g->nodes);
    g->nodes = more;
    g->room = (uint32_t)room;
    return true;
}

void graph_expect(struct graph *g, uint64_t more)
{
    uint64_t count = g->count + more;
    if (!g->broken && 2 * count > g->table_room) spread(g, count);
    if (!g->broken && count > g->room) grow_nodes(g, count);
}

static uint32_t find(struct graph *g, const struct graph_node *n)
{
    if (g->broken) return 0;
    if (2 * (g->count + 1) > g->table_room && !spread(g, g->count + 1ul))
        return 0;
    uint32_t mask = g->table_room - 1, hash = hash_of(n), at = hash & mask;
    for (; g->table[at]; at = (at + 1) & mask) {
        uint32_t i = (g->table[at] & mask) - 1;
        if ((g->table[at] ^ hash) <= mask && is_same(&g->nodes[i], n)) return i;
    }
    if (g->count == g->room && !grow_nodes(g, g->count + 1ul)) return 0;
    g->nodes[g->count] = *n;
    g->table[at] = (hash & ~mask) | ++g->count;
    return g->count - 1;
}

static uint32_t find_number(struct graph *g, uint32_t code, double x)
{
    struct graph_node n = node_number(code, x);
    return find(g, &n);
}

static uint32_t find_operands(struct graph *g, uint32_t code, uint32_t a,
                              uint32_t b, uint32_t c)
{
    struct graph_node n = node_operands(code, a, b, c);
    return find(g, &n);
}

void graph_number_soon(const struct graph *g, double x)
{
    struct graph_node n = node_number(GRAPH_NUMBER, x);
    send_for(g, &n);
}

void graph_soon(const struct graph *g, enum tape_code code, uint32_t a,
                uint32_t b, uint32_t c)
{
    struct graph_node n = node_operands(code, a, b, c);
    send_for(g, &n);
}

uint32_t graph_number(struct graph *g, double x)
{
    return find_number(g, GRAPH_NUMBER, x);
}

uint32_t graph_coordinate(struct graph *g)
{
    return find_number(g, GRAPH_COORDINATE, (double)g->coordinates++);
}

uint32_t graph_unknown(struct graph *g, uint32_t id)
{
    g->open = true;
    return find_number(g, GRAPH_UNKNOWN, id);
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
               : find_operands(g, code, of[0], arity > 1 ? of[1] : 0,
                               arity > 2 ? of[2] : 0);
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
        .node = find_operands(g, GRAPH_POINTER, g->pointer_count, 0, 0),
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
        uint32_t at = find_operands(g, GRAPH_GIVEN, which, number, 0);
        if (number == 0) first = at;
    }
    return first;
}

/* ---- the density -------------------------------------------------------- */

static bool grow_terms(struct graph *g, uint32_t piece)
{
    if (piece >= g->term_room) {
        uint32_t room = 2 * piece + 8;
        double **more = realloc(g->terms, room * sizeof *more);
        if (!more) return !(g->broken = true);
        for (uint32_t i = g->term_room; i < room; i++) more[i] = NULL;
        g->terms = more;
        g->term_room = room;
    }
    if (!g->terms[piece])
        g->terms[piece] = calloc(GRAPH_PIECE, sizeof **g->terms);
    return g->terms[piece] || !(g->broken = true);
}

void graph_add_whole(struct graph *g, uint32_t n, double factor)
{
    uint32_t piece = n / GRAPH_PIECE;
    if ((piece < g->term_room && g->terms[piece]) || grow_terms(g, piece))
        g->terms[piece][n % GRAPH_PIECE] += factor;
}

uint32_t graph_term_from(const struct graph *g, uint32_t n)
{
    while (n < g->count) {
        uint32_t piece = n / GRAPH_PIECE;
        if (piece >= g->term_room) break;
        const double *at = g->terms[piece];
        if (!at) {
            n = (piece + 1) * GRAPH_PIECE;
            continue;
        }
        do
            if (at[n % GRAPH_PIECE] != 0.0) return n < g->count ? n : g->count;
        while (++n % GRAPH_PIECE);
    }
    return g->count;
}

void graph_drop(struct graph *g, uint32_t n)
{
    if (graph_term(g, n) != 0.0) g->terms[n / GRAPH_PIECE][n % GRAPH_PIECE] = 0;
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
            graph_add_whole(g, n, factor);
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
