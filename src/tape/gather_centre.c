/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Partial centring: see gather_centre.h. With location m, scale s and a
 * centring c from 0 to 1, a number u is
 *
 *     u = m + s^(1 - c) (y - c m)
 *
 * so that y has the density of u's family at location c m and scale s^c: the
 * Jacobian is in it. c = 1 is y = u, and c = 0 the standardised u. Source:
 * Papaspiliopoulos, Roberts, Skold, "A general framework for the
 * parametrization of hierarchical models" (Statistical Science 22 (2007)),
 * section 3.2, and Gorinova, Moore, Hoffman, "Automatic reparameterisation of
 * probabilistic programs" (ICML 2020), formula (5).
 *
 * u is the number itself, or its log. Positive numbers with a scale only are
 * of this kind too: their logs have log s as location, and scale 1.
 *
 * A number that is not centred stands on its location, and what is located
 * by it, again. A walk of a thousand steps would be a thousand operations one
 * behind the other; but where a location is linear in the number before,
 * m = a u' + b, so is the number,
 *
 *     u = (1 - c s^(1 - c)) m + s^(1 - c) y
 *
 * and the walk is a chain, which graph_chains makes one function of. So what
 * stands on GATHER_WALK of them is located where that is so, and stays as it
 * is elsewhere.
 */
#include "tape/gather_centre_inside.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xrp/form.h"

enum { LINK = 4 /* operations from a number to the location of the next */ };

/* Which arguments; -1: there is none. A rate is 1 / scale. */
static const struct located {
    const char *name;
    int8_t location, scale;
    bool log, rate, vector;
} rows[] = {
    {"normal", 0, 1, false, false, false},
    {"student-t", 1, 2, false, false, false},
    {"cauchy", 0, 1, false, false, false},
    {"laplace", 0, 1, false, false, false},
    {"logistic", 0, 1, false, false, false},
    {"gumbel", 0, 1, false, false, false},
    {"skew-normal", 0, 1, false, false, false},
    {"lognormal", 0, 1, true, false, false},
    {"half-normal", -1, 0, true, false, false},
    {"half-cauchy", -1, 0, true, false, false},
    {"half-student-t", -1, 1, true, false, false},
    {"exponential", -1, 0, true, true, false},
    {"gamma", -1, 1, true, false, false},
    {"inverse-gamma", -1, 1, true, false, false},
    {"weibull", -1, 1, true, false, false},
    {"frechet", -1, 1, true, false, false},
    {"rayleigh", -1, 0, true, false, false},
    {"multivariate-normal", 0, 1, false, false, true},
    {"multivariate-normal-cholesky", 0, 1, false, false, true},
};
enum { ROWS = sizeof rows / sizeof *rows };

static int row_of(const struct xrp_family *f)
{
    size_t n = strcspn(f->names, " ");
    for (int i = 0; i < ROWS; i++)
        if (strlen(rows[i].name) == n && !memcmp(rows[i].name, f->names, n))
            return i;
    return -1;
}

static uint32_t g1(struct build *b, enum tape_code code, uint32_t x)
{
    return graph_1(&b->g, code, x);
}
static uint32_t g2(struct build *b, enum tape_code code, uint32_t x, uint32_t y)
{
    return graph_2(&b->g, code, x, y);
}
static uint32_t gn(struct build *b, double x) { return graph_number(&b->g, x); }

/* ---- levels --------------------------------------------------------------- */

static uint32_t level_of_node(const struct build *b, uint32_t n)
{
    const struct graph_node *at = &b->g.nodes[n];
    uint32_t most = 0;
    if (at->code == GRAPH_POINTER) {
        uint32_t which = graph_pointer_at(&b->g, n);
        most = b->levels[b->g.pointers[which].target];
    } else if (at->code == GRAPH_GIVEN) {
        const struct graph_call *c = &b->g.calls[at->operands[0]];
        for (uint32_t i = 0; i < c->call.count; i++)
            if (b->levels[c->nodes[i]] > most) most = b->levels[c->nodes[i]];
    } else if (at->code < TAPE_CODES) {
        for (int i = 0; i < tape_arity(at->code); i++)
            if (b->levels[at->operands[i]] > most)
                most = b->levels[at->operands[i]];
    }
    return most;
}

/* Nodes stand on earlier ones: each is looked at once. */
bool centre_level(struct build *b, uint32_t n, uint32_t *out)
{
    if (b->g.broken || !build_grow(b, &b->levels, &b->level_room, b->g.count,
                                   sizeof *b->levels))
        return machine_no_memory(b->t->machine);
    for (; b->level_count < b->g.count; b->level_count++)
        b->levels[b->level_count] = level_of_node(b, b->level_count);
    *out = b->levels[n];
    return true;
}

bool centre_mark(struct build *b, const struct gather_block *k, uint32_t x)
{
    uint32_t ignored;
    if (!centre_level(b, x, &ignored)) return false;
    b->levels[x] = k->level + 1;
    return true;
}

/* Is it a number that has been located? It stands on itself. */
static bool is_step(const struct build *b, uint32_t n)
{
    return b->levels[n] > level_of_node(b, n);
}

/* The operand that n is linear in, the others being shallow; n: there is
 * none. */
static uint32_t linear_in(const struct build *b, uint32_t n)
{
    const struct graph_node *at = &b->g.nodes[n];
    uint32_t deep = n;
    int count = at->code == TAPE_DIVIDE ? 1 : 2;
    if (at->code != TAPE_NEGATE && at->code != TAPE_DIVIDE &&
        at->code != TAPE_ADD && at->code != TAPE_SUBTRACT &&
        at->code != TAPE_MULTIPLY)
        return n;
    for (int i = 0; i < tape_arity(at->code); i++) {
        if (b->levels[at->operands[i]] < GATHER_WALK) continue;
        if (i >= count || deep != n) return n;
        deep = at->operands[i];
    }
    return deep;
}

/* Is location m linear in one number, of those that are located, and is all
 * else shallow? */
static bool is_link(const struct build *b, uint32_t m)
{
    for (int i = 0; i < LINK; i++) {
        if (is_step(b, m)) return true;
        uint32_t to = linear_in(b, m);
        if (to == m) return false;
        m = to;
    }
    return is_step(b, m);
}

/* ---- arguments ------------------------------------------------------------ */

/* Argument `at` of element i. *fits false: it is neither a number nor, under
 * each, as many of them as there are elements. */
static bool argument(struct build *b, const struct choice *c, uint32_t at,
                     const struct gather_block *k, uint32_t i, struct item *out,
                     bool *fits)
{
    struct item whole;
    if (!item_of(b, c->written[at], &whole)) return false;
    *out = whole;
    *fits = whole.kind == ITEM_NUMBER ||
            (whole.kind == ITEM_PLAIN && is_number(whole.plain));
    if (*fits || c->family != &family_each || k->columns) return true;
    struct item all;
    bool array = whole.kind == ITEM_ARRAY ||
                 (whole.kind == ITEM_PLAIN && is_vector(whole.plain));
    if (!array || !item_array(b, &whole, &all)) return !array;
    *fits = !all.columns && all.rows == k->numbers;
    if (*fits) *out = item_node(array_at(b, &all)[i]);
    return true;
}

/* The node of one that may have been left out. */
static bool node_of(struct build *b, const struct choice *c, uint32_t from,
                    int which, double fallback, const struct gather_block *k,
                    uint32_t i, uint32_t *out, bool *fits)
{
    struct item one;
    *fits = true;
    *out = gn(b, fallback);
    if (which < 0 || from + (uint32_t)which >= c->node.head.size) return true;
    if (!argument(b, c, from + (uint32_t)which, k, i, &one, fits)) return false;
    return !*fits || item_number(b, &one, out);
}

/* Location and scale of element i. */
static bool frame_of(struct build *b, const struct choice *c, uint32_t from,
                     const struct gather_block *k, uint32_t i, uint32_t *m,
                     uint32_t *s, bool *fits)
{
    const struct located *r = &rows[k->located];
    if (!node_of(b, c, from, r->scale, 1.0, k, i, s, fits) || !*fits)
        return *fits;
    if (r->location >= 0)
        return node_of(b, c, from, r->location, 0.0, k, i, m, fits);
    *m = g1(b, TAPE_LOG, *s);
    if (r->rate) *m = g1(b, TAPE_NEGATE, *m);
    *s = gn(b, 1.0);
    return true;
}

/* Do they all fit, does one move, and is none on too many others? */
static bool is_located(struct build *b, const struct choice *c, uint32_t from,
                       struct gather_block *k, bool *yes)
{
    bool fits = true, moves = false, near = true;
    uint32_t count = c->family == &family_each ? k->numbers : 1;
    for (uint32_t i = 0; fits && i < count; i++) {
        uint32_t m, s, one, other;
        if (!frame_of(b, c, from, k, i, &m, &s, &fits)) {
            if (fits) return false;
            break;
        }
        moves =
            moves || !graph_is_number(&b->g, m) || !graph_is_number(&b->g, s);
        if (!centre_level(b, m, &one) || !centre_level(b, s, &other))
            return false;
        if (one > k->level) k->level = one;
        if (other > k->level) k->level = other;
        near =
            near && other < GATHER_WALK && (one < GATHER_WALK || is_link(b, m));
    }
    *yes = fits && moves && near;
    return true;
}

bool centre_describe(struct build *b, const struct choice *c, uint32_t from,
                     struct gather_block *k)
{
    int row = row_of(k->elements);
    bool yes;
    if (!b->plan || !b->plan->centring || row < 0 || k->space != SPACE_REAL)
        return true;
    if (rows[row].vector) {
        k->located = (uint8_t)row;
        if (!vector_describe(b, c, from, k, &yes)) return false;
        if (yes) k->space = SPACE_LOCATED;
        return true;
    }
    for (uint32_t i = from; i < c->node.head.size; i++) {
        bool fits;
        struct item ignored;
        if (!argument(b, c, i, k, 0, &ignored, &fits)) return false;
        if (!fits) return true;
    }
    k->located = (uint8_t)row;
    if (!is_located(b, c, from, k, &yes)) return false;
    if (yes) k->space = SPACE_LOCATED;
    return true;
}

/* ---- entering ------------------------------------------------------------- */

uint32_t centre_power(struct build *b, uint32_t s, double e)
{
    if (e == 0.0) return gn(b, 1.0);
    if (e == 1.0) return s;
    return g1(b, TAPE_EXP, g2(b, TAPE_MULTIPLY, gn(b, e), g1(b, TAPE_LOG, s)));
}

static bool is_number_node(struct build *b, uint32_t n, double x)
{
    return graph_is_number(&b->g, n) && b->g.nodes[n].number == x;
}

uint32_t centre_share(struct build *b, uint32_t m, double c)
{
    if (c == 0.0 || is_number_node(b, m, 0.0)) return gn(b, 0.0);
    return c == 1.0 ? m : g2(b, TAPE_MULTIPLY, gn(b, c), m);
}

/* The same in a walk: all its links are of one form, whatever their c. */
static uint32_t link_on(struct build *b, uint32_t m, uint32_t s, double c,
                        uint32_t y)
{
    uint32_t wide = centre_power(b, s, 1.0 - c), one = gn(b, 1.0);
    uint32_t share = g2(b, TAPE_MULTIPLY, gn(b, c), wide);
    share = g2(b, TAPE_SUBTRACT, one, share);
    return graph_3(&b->g, TAPE_MULTIPLY_ADD, share, m,
                   g2(b, TAPE_MULTIPLY, wide, y));
}

uint32_t centre_unfold(struct build *b, const struct gather_block *k,
                       uint32_t m, uint32_t s, double c, uint32_t y)
{
    if (c == 1.0) return y;
    if (k->level >= GATHER_WALK) return link_on(b, m, s, c, y);
    uint32_t less = centre_share(b, m, c), wide = centre_power(b, s, 1.0 - c);
    if (!is_number_node(b, less, 0.0)) y = g2(b, TAPE_SUBTRACT, y, less);
    if (!is_number_node(b, wide, 1.0)) y = g2(b, TAPE_MULTIPLY, y, wide);
    return is_number_node(b, m, 0.0) ? y : g2(b, TAPE_ADD, m, y);
}

/* The density of y: the family's at other arguments. */
static bool score(struct build *b, const struct choice *c, uint32_t from,
                  const struct gather_block *k, uint32_t i, uint32_t m,
                  uint32_t s, uint32_t y)
{
    const struct located *r = &rows[k->located];
    uint32_t count = c->node.head.size - from, density;
    struct item args[8], v = item_node(r->log ? g1(b, TAPE_EXP, y) : y);
    double share = k->centring[i];
    bool fits;
    if (count > 8) return build_refuse(b, "too many arguments");
    for (uint32_t j = 0; j < count; j++)
        if (!argument(b, c, from + j, k, i, &args[j], &fits)) return false;
    uint32_t less = centre_share(b, m, share);
    if (r->location < 0) {
        if (r->rate) less = g1(b, TAPE_NEGATE, less);
        args[r->scale] = item_node(g1(b, TAPE_EXP, less));
    } else {
        args[r->location] = item_node(less);
        if ((uint32_t)r->scale < count)
            args[r->scale] = item_node(centre_power(b, s, share));
    }
    struct applied a = {k->elements, args, count};
    if (!density_of(b, &a, &v, &density)) return false;
    /* The family says what a scale may be; it is not asked for this one. */
    density = density_between(b, density, gn(b, 0.0), s, gn(b, INFINITY));
    graph_add(&b->g, density, 1.0);
    return true;
}

bool centre_ask(struct build *b, struct gather_block *k, bool *any)
{
    k->centring = malloc(k->numbers * sizeof *k->centring);
    if (!k->centring) return machine_no_memory(b->t->machine);
    *any = false;
    for (uint32_t i = 0; i < k->numbers; i++) {
        k->centring[i] = b->plan->centring(b->plan->context, k, i);
        *any = *any || k->centring[i] != 1.0;
    }
    return true;
}

bool centre_enter(struct build *b, const struct choice *c, uint32_t from,
                  struct gather_block *k, const uint32_t *y, uint32_t *x,
                  bool *scored)
{
    const struct located *r = &rows[k->located];
    uint32_t m = 0, s = 0;
    bool own = c->family == &family_each, fits = true;
    if (r->vector) return vector_enter(b, c, from, k, y, x, scored);
    if (!centre_ask(b, k, scored)) return false;
    for (uint32_t i = 0; i < k->numbers; i++) {
        if ((!i || own) && !frame_of(b, c, from, k, i, &m, &s, &fits))
            return false;
        uint32_t u = centre_unfold(b, k, m, s, k->centring[i], y[i]);
        x[i] = r->log ? g1(b, TAPE_EXP, u) : u;
        if (r->log) graph_add(&b->g, y[i], 1.0);
        if (r->log) space_jacobian(b, u, 1.0);
        if (k->centring[i] != 1.0)
            space_jacobian(b, g1(b, TAPE_LOG, s), 1.0 - k->centring[i]);
        if (*scored && !score(b, c, from, k, i, m, s, y[i])) return false;
        if (!centre_mark(b, k, x[i])) return false;
    }
    return true;
}

bool centre_keep(struct build *b, const struct choice *c, uint32_t from,
                 struct gather_block *k)
{
    if (rows[k->located].vector) {
        vector_keep(b, k);
        return true;
    }
    k->frame = b->number_count;
    k->frames = c->family == &family_each ? k->numbers : 1;
    for (uint32_t i = 0; i < k->frames; i++) {
        uint32_t m, s;
        bool fits;
        if (!frame_of(b, c, from, k, i, &m, &s, &fits)) return false;
        graph_keep(&b->g, m);
        graph_keep(&b->g, s);
    }
    b->number_count += 2 * k->frames;
    return true;
}

/* ---- back ----------------------------------------------------------------- */

static double plain_of(const struct xrp_site *s, int which, double fallback)
{
    return which >= 0 && which < s->arg_count ? as_number(s->args[which])
                                              : fallback;
}

double centre_back(const struct gather_block *k, uint32_t i, double x,
                   const struct xrp_site *site)
{
    const struct located *r = &rows[k->located];
    double c = k->centring[i], u = r->log ? log(x) : x;
    double s = plain_of(site, r->scale, 1.0), m;
    if (r->location >= 0) {
        m = plain_of(site, r->location, 0.0);
    } else {
        m = r->rate ? -log(s) : log(s);
        s = 1.0;
    }
    return c == 1.0 ? u : c * m + (u - m) / pow(s, 1.0 - c);
}

bool centre_is_vectors(const struct gather_block *k)
{
    return k->space == SPACE_LOCATED && rows[k->located].vector;
}

struct gather_frame gathering_frame(const struct gather_block *k, uint32_t i,
                                    const double *numbers)
{
    const double *frame = numbers + k->frame + (k->frames > 1 ? 2 * i : 0);
    double x = numbers[k->at + i];
    return (struct gather_frame){rows[k->located].log ? log(x) : x, frame[0],
                                 frame[1]};
}
