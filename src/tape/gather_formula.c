/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Domains of formulas: a density inside of one, minus infinity outside. What
 * is inside by what it is made of is not looked at, so that a tape has no
 * tests that always hold.
 */
#include <math.h>

#include "tape/gather_formula.h"

/* Never below 0, by what it is made of. */
static bool is_positive(const struct graph *g, N x, int depth)
{
    const struct graph_node *n = &g->nodes[x];
    switch (n->code) {
    case GRAPH_NUMBER: return n->number > 0.0;
    case TAPE_EXP:
    case TAPE_LOGISTIC:
    case TAPE_SOFTPLUS: return true;
    case TAPE_ADD:
    case TAPE_MULTIPLY:
    case TAPE_DIVIDE:
        return depth && is_positive(g, n->operands[0], depth - 1) &&
               is_positive(g, n->operands[1], depth - 1);
    case TAPE_SQRT:
    case TAPE_INVERSE:
        return depth && is_positive(g, n->operands[0], depth - 1);
    default: return false;
    }
}

N formula_where(struct formula *f, N density, N test)
{
    N edge = graph_3(f->g, TAPE_SELECT, test, num(f, 0.0), num(f, -INFINITY));
    return is_zero(f, edge) ? density : add(f, density, edge);
}

N formula_below(struct formula *f, N density, N low, N high)
{
    return formula_where(f, density, graph_2(f->g, TAPE_LESS_EQUAL, low, high));
}

N formula_positive(struct formula *f, N density, N x)
{
    if (is_positive(f->g, x, 3)) return density;
    return formula_where(f, density, graph_2(f->g, TAPE_LESS, num(f, 0.0), x));
}

uint32_t density_between(struct build *b, uint32_t density, uint32_t lo,
                         uint32_t x, uint32_t hi)
{
    struct formula f = {.b = b, .g = &b->g};
    /* What is positive by itself need not be looked at. */
    if (!is_zero(&f, lo) || !is_positive(&b->g, x, 3))
        density = formula_below(&f, density, lo, x);
    if (graph_is_number(&b->g, hi) && !(b->g.nodes[hi].number < INFINITY))
        return density;
    return formula_below(&f, density, x, hi);
}

N formula_within(struct formula *f, N density, char domain, N x)
{
    if (domain == 'p') return formula_positive(f, density, x);
    if ((domain == 'n' || domain == 'u') && !is_positive(f->g, x, 3))
        density = formula_below(f, density, num(f, 0.0), x);
    if (domain == 'u' && f->g->nodes[x].code != TAPE_LOGISTIC)
        density = formula_below(f, density, x, num(f, 1.0));
    return density;
}
