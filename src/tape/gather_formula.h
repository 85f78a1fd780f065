/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Formulas of log densities, inside: the arguments of an application as nodes
 * of the graph, short names for operations on them, and where a formula holds.
 * It may assume that the graph has room, or has failed already; it must not
 * know which families there are.
 *
 *     gather_formula.c  domains: a density inside of them, elsewhere none
 *     gather_scalar.c   formulas of numbers under numbers, by family
 *     gather_density.c  those of vectors, and whose formula is which
 */
#ifndef VST_TAPE_GATHER_FORMULA_H
#define VST_TAPE_GATHER_FORMULA_H

#include "tape/gather_inside.h"

#define LOG_2PI_HALF 0.91893853320467274178 /* log(2 pi) / 2 */
#define LOG_PI 1.14472988584940017414
#define LOG_2 0.69314718055994530942

typedef uint32_t N; /* a node */

/* An application: arguments, and the value. */
struct formula {
    struct build *b;
    struct graph *g;
    N a[4];
    N y;
};

static inline N num(struct formula *f, double x)
{
    return graph_number(f->g, x);
}
static inline N add(struct formula *f, N x, N y)
{
    return graph_2(f->g, TAPE_ADD, x, y);
}
static inline N sub(struct formula *f, N x, N y)
{
    return graph_2(f->g, TAPE_SUBTRACT, x, y);
}
static inline N mul(struct formula *f, N x, N y)
{
    return graph_2(f->g, TAPE_MULTIPLY, x, y);
}
static inline N over(struct formula *f, N x, N y)
{
    return graph_2(f->g, TAPE_DIVIDE, x, y);
}
static inline N neg(struct formula *f, N x)
{
    return graph_1(f->g, TAPE_NEGATE, x);
}
static inline N inv(struct formula *f, N x)
{
    return graph_1(f->g, TAPE_INVERSE, x);
}
static inline N lg(struct formula *f, N x)
{
    return graph_1(f->g, TAPE_LOG, x);
}
static inline N lg1p(struct formula *f, N x)
{
    return graph_1(f->g, TAPE_LOG1P, x);
}
static inline N ex(struct formula *f, N x)
{
    return graph_1(f->g, TAPE_EXP, x);
}
static inline N sq(struct formula *f, N x)
{
    return graph_1(f->g, TAPE_SQUARE, x);
}
static inline N lgam(struct formula *f, N x)
{
    return graph_1(f->g, TAPE_LGAMMA, x);
}
static inline N splus(struct formula *f, N x)
{
    return graph_1(f->g, TAPE_SOFTPLUS, x);
}
static inline N plus(struct formula *f, N x, double c)
{
    return add(f, x, num(f, c));
}
static inline N times(struct formula *f, double c, N x)
{
    return mul(f, num(f, c), x);
}
static inline bool is_zero(struct formula *f, N x)
{
    return graph_is_number(f->g, x) && f->g->nodes[x].number == 0.0;
}

/* ---- gather_formula.c --------------------------------------------------- */

/* The density where the test holds, elsewhere none. A term of its own, so
 * that what it stands beside is still taken apart. */
N formula_where(struct formula *f, N density, N test);
/* Where low <= high; where x is above 0. */
N formula_below(struct formula *f, N density, N low, N high);
N formula_positive(struct formula *f, N density, N x);
/* p: above 0; n: not below 0; u: from 0 to 1; any other: whatever it is. */
N formula_within(struct formula *f, N density, char domain, N x);

/* ---- gather_scalar.c ---------------------------------------------------- */

/* The formula of a number under numbers. Arguments that are left out have
 * these values, and those of domains that the formula does not see are looked
 * at. */
struct scalar {
    const char *name;
    N (*make)(struct formula *);
    int arguments;
    double fallback[3];
    const char *domains; /* that the formula does not see, as formula_within has
                            them; NULL: it sees all */
};
/* That of a family, by its first name; NULL: there is none. */
const struct scalar *scalar_of(const struct xrp_family *f);
N formula_normal(struct formula *f, N y, N mu, N sd);

#endif
