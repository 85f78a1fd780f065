/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives over items: what their names are in the graph. Arithmetic and
 * the functions of math go element by element, and broadcast over trailing
 * axes as eval/elementwise.c does.
 */
#include <math.h>
#include <string.h>

#include "tape/gather_inside.h"

/* ---- shapes that go together --------------------------------------------- */

struct shape {
    uint32_t rows, columns; /* a vector is one row */
    bool matrix, array;
};

static struct shape shape_of_item(const struct item *a)
{
    if (a->columns) return (struct shape){a->rows, a->columns, true, true};
    if (a->rows) return (struct shape){1, a->rows, false, true};
    return (struct shape){1, 1, false, false};
}

static bool join(uint32_t x, uint32_t y, uint32_t *out)
{
    *out = x == 1 ? y : x;
    return x == y || x == 1 || y == 1;
}

static uint32_t node_at(struct build *b, const struct item *a, struct shape s,
                        uint32_t row, uint32_t column)
{
    if (s.rows == 1) row = 0;
    if (s.columns == 1) column = 0;
    return b->pool[a->first + row * s.columns + column];
}

static bool is_scalar(const struct item *i)
{
    return i->kind == ITEM_NUMBER ||
           (i->kind == ITEM_PLAIN && !is_object(i->plain));
}

bool broadcast(struct build *b, enum tape_code code, const struct item *x,
               const struct item *y, struct item *out)
{
    struct item u, v;
    uint32_t rows, columns, p, q;
    if (is_scalar(x) && is_scalar(y)) {
        if (!item_number(b, x, &p) || !item_number(b, y, &q)) return false;
        *out = item_node(graph_2(&b->g, code, p, q));
        return true;
    }
    if (!item_array(b, x, &u) || !item_array(b, y, &v)) return false;
    struct shape s = shape_of_item(&u), t = shape_of_item(&v);
    if (!join(s.rows, t.rows, &rows) || !join(s.columns, t.columns, &columns))
        return build_refuse(b, "shapes do not match");
    bool matrix = s.matrix || t.matrix;
    if (!array_new(b, matrix ? rows : columns, matrix ? columns : 0, out))
        return false;
    for (uint32_t i = 0; i < rows; i++)
        for (uint32_t k = 0; k < columns; k++) {
            if (k + GRAPH_SOON < columns)
                graph_soon(&b->g, code, node_at(b, &u, s, i, k + GRAPH_SOON),
                           node_at(b, &v, t, i, k + GRAPH_SOON), 0);
            uint32_t n = graph_2(&b->g, code, node_at(b, &u, s, i, k),
                                 node_at(b, &v, t, i, k));
            array_at(b, out)[i * columns + k] = n;
        }
    return true;
}

static bool each_of(struct build *b, const struct item *x,
                    uint32_t (*make)(struct build *, uint32_t, uint32_t),
                    uint32_t code, struct item *out)
{
    struct item a;
    uint32_t node;
    if (is_scalar(x)) {
        if (!item_number(b, x, &node)) return false;
        *out = item_node(make(b, code, node));
        return true;
    }
    if (!item_array(b, x, &a) || !array_new(b, a.rows, a.columns, out))
        return false;
    for (uint32_t i = 0; i < item_count(&a); i++) {
        uint32_t n = make(b, code, b->pool[a.first + i]);
        array_at(b, out)[i] = n;
    }
    return true;
}

/* ---- rows ------------------------------------------------------------------ */

static uint32_t one(struct build *b, uint32_t code, uint32_t x)
{
    return graph_1(&b->g, code, x);
}

static bool unary(struct build *b, const struct operation_row *row,
                  const struct item *in, uint32_t n, struct item *out)
{
    return n == 1 ? each_of(b, &in[0], one, row->code, out)
                  : build_refuse(b, "%s of %u operands", row->name, n);
}

/* From the left; of one operand, it by itself. */
static bool chain(struct build *b, const struct operation_row *row,
                  const struct item *in, uint32_t n, struct item *out)
{
    struct item sum = in[0];
    for (uint32_t i = 1; i < n; i++) {
        if (!broadcast(b, row->code, &sum, &in[i], out)) return false;
        sum = *out;
    }
    *out = sum;
    return true;
}

static bool less_or_over(struct build *b, const struct operation_row *row,
                         const struct item *in, uint32_t n, struct item *out)
{
    if (n > 1) return chain(b, row, in, n, out);
    return each_of(b, &in[0], one,
                   row->code == TAPE_SUBTRACT ? TAPE_NEGATE : TAPE_INVERSE,
                   out);
}

uint32_t array_sum(struct build *b, const struct item *a)
{
    uint32_t n = item_count(a), sum;
    if (!n) return graph_number(&b->g, 0.0);
    sum = b->pool[a->first];
    for (uint32_t i = 1; i < n; i++)
        sum = graph_2(&b->g, TAPE_ADD, sum, b->pool[a->first + i]);
    return sum;
}

/* Of one array, over its elements. */
static bool extreme(struct build *b, const struct operation_row *row,
                    const struct item *in, uint32_t n, struct item *out)
{
    struct item a;
    if (n > 1 || is_scalar(&in[0])) return chain(b, row, in, n, out);
    if (!item_array(b, &in[0], &a)) return false;
    uint32_t most = b->pool[a.first];
    for (uint32_t i = 1; i < item_count(&a); i++)
        most = graph_2(&b->g, row->code, most, b->pool[a.first + i]);
    *out = item_node(most);
    return item_count(&a) > 0 || build_refuse(b, "%s of nothing", row->name);
}

/* log(sum of exp), from the greatest on: the pairs keep all digits. */
static bool log_sum(struct build *b, const struct operation_row *row,
                    const struct item *in, uint32_t n, struct item *out)
{
    return extreme(b, row, in, n, out);
}

static bool power(struct build *b, const struct operation_row *row,
                  const struct item *in, uint32_t n, struct item *out)
{
    if (n != 2) return build_refuse(b, "%s of %u operands", row->name, n);
    if (in[1].kind == ITEM_PLAIN && is_number(in[1].plain)) {
        double e = as_number(in[1].plain);
        if (e == 2.0) return each_of(b, &in[0], one, TAPE_SQUARE, out);
        if (e == 0.5) return each_of(b, &in[0], one, TAPE_SQRT, out);
        if (e == -1.0) return each_of(b, &in[0], one, TAPE_INVERSE, out);
    }
    return broadcast(b, TAPE_POWER, &in[0], &in[1], out);
}

/* Constants beside: code tells which. */
enum {
    INC,
    DEC,
    LOG2,
    LOG10,
    LOGIT,
    LOG1M,
    LOG_INV_LOGIT,
    CBRT,
    ASINH,
    ACOSH,
    ATANH,
    FACTORIAL,
    TRUNCATE,
    ROUND
};

static uint32_t scaled(struct build *b, double by, uint32_t x)
{
    return graph_2(&b->g, TAPE_MULTIPLY, graph_number(&b->g, by), x);
}

static uint32_t made(struct build *b, uint32_t what, uint32_t x)
{
    struct graph *g = &b->g;
    uint32_t one_ = graph_number(g, 1.0), y;
    switch (what) {
    case INC: return graph_2(g, TAPE_ADD, x, one_);
    case DEC: return graph_2(g, TAPE_SUBTRACT, x, one_);
    case LOG2: return scaled(b, 1.0 / 0.69314718055994531, one(b, TAPE_LOG, x));
    case LOG10: return scaled(b, 1.0 / 2.3025850929940457, one(b, TAPE_LOG, x));
    case LOGIT:
        return graph_2(g, TAPE_SUBTRACT, one(b, TAPE_LOG, x),
                       one(b, TAPE_LOG1P, one(b, TAPE_NEGATE, x)));
    case LOG1M: return one(b, TAPE_LOG1P, one(b, TAPE_NEGATE, x));
    case LOG_INV_LOGIT:
        return one(b, TAPE_NEGATE,
                   one(b, TAPE_SOFTPLUS, one(b, TAPE_NEGATE, x)));
    case CBRT:
        y = graph_2(g, TAPE_POWER, one(b, TAPE_ABS, x),
                    graph_number(g, 1.0 / 3.0));
        return graph_2(g, TAPE_MULTIPLY, one(b, TAPE_SIGN, x), y);
    case ASINH: /* sign(x) log(|x| + sqrt(x^2 + 1)) */
        y = one(b, TAPE_SQRT,
                graph_2(g, TAPE_ADD, one(b, TAPE_SQUARE, x), one_));
        y = one(b, TAPE_LOG, graph_2(g, TAPE_ADD, one(b, TAPE_ABS, x), y));
        return graph_2(g, TAPE_MULTIPLY, one(b, TAPE_SIGN, x), y);
    case ACOSH:
        y = one(b, TAPE_SQRT,
                graph_2(g, TAPE_SUBTRACT, one(b, TAPE_SQUARE, x), one_));
        return one(b, TAPE_LOG, graph_2(g, TAPE_ADD, x, y));
    case ATANH:
        y = graph_2(g, TAPE_SUBTRACT, one(b, TAPE_LOG1P, x),
                    one(b, TAPE_LOG1P, one(b, TAPE_NEGATE, x)));
        return scaled(b, 0.5, y);
    case FACTORIAL:
        return one(b, TAPE_EXP,
                   one(b, TAPE_LGAMMA, graph_2(g, TAPE_ADD, x, one_)));
    default: /* toward zero; a half goes away from it */
        y = one(b, TAPE_ABS, x);
        if (what == ROUND) y = graph_2(g, TAPE_ADD, y, graph_number(g, 0.5));
        return graph_2(g, TAPE_MULTIPLY, one(b, TAPE_SIGN, x),
                       one(b, TAPE_FLOOR, y));
    }
}

static bool composed(struct build *b, const struct operation_row *row,
                     const struct item *in, uint32_t n, struct item *out)
{
    return n == 1 ? each_of(b, &in[0], made, row->code, out)
                  : build_refuse(b, "%s of %u operands", row->name, n);
}

/* (log x base) */
static bool logarithm(struct build *b, const struct operation_row *row,
                      const struct item *in, uint32_t n, struct item *out)
{
    struct item x, base;
    if (n == 1) return unary(b, row, in, n, out);
    return each_of(b, &in[0], one, TAPE_LOG, &x) &&
           each_of(b, &in[1], one, TAPE_LOG, &base) &&
           broadcast(b, TAPE_DIVIDE, &x, &base, out);
}

static bool angle(struct build *b, const struct operation_row *row,
                  const struct item *in, uint32_t n, struct item *out)
{
    if (n == 1) return each_of(b, &in[0], one, TAPE_ATAN, out);
    (void)row;
    return broadcast(b, TAPE_ATAN2, &in[0], &in[1], out);
}

/* Of a division: the whole part of x / y, and what it leaves of x. */
enum { QUOTIENT, REMAINDER, MODULO };

static bool division(struct build *b, const struct operation_row *row,
                     const struct item *in, uint32_t n, struct item *out)
{
    struct item whole, less;
    (void)n;
    if (!broadcast(b, TAPE_DIVIDE, &in[0], &in[1], &whole)) return false;
    bool ok = row->code == MODULO ? each_of(b, &whole, one, TAPE_FLOOR, &whole)
                                  : each_of(b, &whole, made, TRUNCATE, &whole);
    if (row->code == QUOTIENT) {
        *out = whole;
        return ok;
    }
    return ok && broadcast(b, TAPE_MULTIPLY, &whole, &in[1], &less) &&
           broadcast(b, TAPE_SUBTRACT, &in[0], &less, out);
}

static bool log_beta(struct build *b, const struct operation_row *row,
                     const struct item *in, uint32_t n, struct item *out)
{
    struct item sum, x, y;
    (void)row;
    return n == 2 && broadcast(b, TAPE_ADD, &in[0], &in[1], &sum) &&
           each_of(b, &in[0], one, TAPE_LGAMMA, &x) &&
           each_of(b, &in[1], one, TAPE_LGAMMA, &y) &&
           each_of(b, &sum, one, TAPE_LGAMMA, &sum) &&
           broadcast(b, TAPE_ADD, &x, &y, &x) &&
           broadcast(b, TAPE_SUBTRACT, &x, &sum, out);
}

/* ---- tests ------------------------------------------------------------------ */

/* Each with the next; the other way round where the code's top bit says. */
enum { SWAP = 1 << 16 };

static bool compare(struct build *b, const struct operation_row *row,
                    const struct item *in, uint32_t n, struct item *out)
{
    uint32_t all = graph_number(&b->g, 1.0);
    for (uint32_t i = 0; i + 1 < n; i++) {
        uint32_t x, y, holds;
        if (!item_number(b, &in[i], &x) || !item_number(b, &in[i + 1], &y))
            return false;
        holds = row->code & SWAP
                    ? graph_2(&b->g, row->code & ~(uint32_t)SWAP, y, x)
                    : graph_2(&b->g, row->code, x, y);
        all = i ? graph_2(&b->g, TAPE_MULTIPLY, all, holds) : holds;
    }
    *out = item_node(all);
    out->truth = true;
    return true;
}

/* (soft-equal x y tolerance) */
static bool soft_equal(struct build *b, const struct operation_row *row,
                       const struct item *in, uint32_t n, struct item *out)
{
    struct item apart, both[2] = {{.kind = ITEM_NUMBER}, in[2]};
    uint32_t x;
    if (n != 3 || !broadcast(b, TAPE_SUBTRACT, &in[0], &in[1], &apart) ||
        !item_number(b, &apart, &x))
        return false;
    both[0].node = one(b, TAPE_ABS, x);
    return compare(b, row, both, 2, out);
}

/* Of numbers against 0. */
static bool against_zero(struct build *b, const struct operation_row *row,
                         const struct item *in, uint32_t n, struct item *out)
{
    struct item both[2] = {in[0], item_plain(v_int(0))};
    (void)n;
    return compare(b, row, both, 2, out);
}

static bool negation(struct build *b, const struct operation_row *row,
                     const struct item *in, uint32_t n, struct item *out)
{
    (void)n;
    if (!in[0].truth) return build_refuse(b, "%s of a number", row->name);
    *out = item_node(graph_1(&b->g, TAPE_NOT, in[0].node));
    out->truth = true;
    return true;
}

static bool as_number_of(struct build *b, const struct operation_row *row,
                         const struct item *in, uint32_t n, struct item *out)
{
    uint32_t x;
    (void)row;
    (void)n;
    if (!item_number(b, &in[0], &x)) return false;
    *out = item_node(x);
    return true;
}

/* (log-density (f a ...) y): y f a ... */
static bool log_density(struct build *b, const struct operation_row *row,
                        const struct item *in, uint32_t n, struct item *out)
{
    struct applied whole = {NULL, in, n}, a;
    uint32_t density;
    (void)row;
    if (!applied_within(b, &whole, 1, n, &a) ||
        !density_of(b, &a, &in[0], &density))
        return false;
    *out = item_node(density);
    return true;
}

static const struct operation_row rows[] = {
    {"+", chain, TAPE_ADD, RAISES_BY_SHAPE},
    {"*", chain, TAPE_MULTIPLY, RAISES_BY_SHAPE},
    {"-", less_or_over, TAPE_SUBTRACT, RAISES_BY_SHAPE},
    {"/", less_or_over, TAPE_DIVIDE, RAISES_TOLD},
    {"max", extreme, TAPE_MAX, RAISES_BY_SHAPE},
    {"min", extreme, TAPE_MIN, RAISES_BY_SHAPE},
    {"log-sum-exp", log_sum, TAPE_LOG_ADD_EXP, RAISES_BY_SHAPE},
    {"expt", power, TAPE_POWER, RAISES_TOLD},
    {"square", unary, TAPE_SQUARE, RAISES_BY_SHAPE},
    {"abs", unary, TAPE_ABS, RAISES_BY_SHAPE},
    {"sign", unary, TAPE_SIGN, RAISES_BY_SHAPE},
    {"floor", unary, TAPE_FLOOR, RAISES_SILENTLY},
    {"ceil", unary, TAPE_CEILING, RAISES_SILENTLY},
    {"int", composed, TRUNCATE, RAISES_SILENTLY},
    {"round", composed, ROUND, RAISES_SILENTLY},
    {"quotient", division, QUOTIENT, RAISES_SILENTLY},
    {"remainder", division, REMAINDER, RAISES_SILENTLY},
    {"mod", division, MODULO, RAISES_SILENTLY},
    {"inc", composed, INC, RAISES_BY_SHAPE},
    {"dec", composed, DEC, RAISES_BY_SHAPE},
    {"exact->inexact", as_number_of, 0, RAISES_BY_SHAPE},
    {"boolean->number", as_number_of, 0, RAISES_BY_SHAPE},
    {"sqrt", unary, TAPE_SQRT, RAISES_TOLD},
    {"cbrt", composed, CBRT, RAISES_BY_SHAPE},
    {"exp", unary, TAPE_EXP, RAISES_BY_SHAPE},
    {"expm1", unary, TAPE_EXPM1, RAISES_BY_SHAPE},
    {"log", logarithm, TAPE_LOG, RAISES_TOLD},
    {"log1p", unary, TAPE_LOG1P, RAISES_TOLD},
    {"log2", composed, LOG2, RAISES_TOLD},
    {"log10", composed, LOG10, RAISES_TOLD},
    {"log1m", composed, LOG1M, RAISES_TOLD},
    {"log1m-exp", unary, TAPE_LOG1M_EXP, RAISES_TOLD},
    {"softplus", unary, TAPE_SOFTPLUS, RAISES_BY_SHAPE},
    {"inv-logit", unary, TAPE_LOGISTIC, RAISES_BY_SHAPE},
    {"log-inv-logit", composed, LOG_INV_LOGIT, RAISES_BY_SHAPE},
    {"logit", composed, LOGIT, RAISES_TOLD},
    {"sin", unary, TAPE_SIN, RAISES_TOLD},
    {"cos", unary, TAPE_COS, RAISES_TOLD},
    {"tan", unary, TAPE_TAN, RAISES_TOLD},
    {"asin", unary, TAPE_ASIN, RAISES_TOLD},
    {"acos", unary, TAPE_ACOS, RAISES_TOLD},
    {"atan", angle, TAPE_ATAN, RAISES_BY_SHAPE},
    {"atan2", angle, TAPE_ATAN2, RAISES_BY_SHAPE},
    {"sinh", unary, TAPE_SINH, RAISES_BY_SHAPE},
    {"cosh", unary, TAPE_COSH, RAISES_BY_SHAPE},
    {"tanh", unary, TAPE_TANH, RAISES_BY_SHAPE},
    {"asinh", composed, ASINH, RAISES_BY_SHAPE},
    {"acosh", composed, ACOSH, RAISES_TOLD},
    {"atanh", composed, ATANH, RAISES_TOLD},
    {"lgamma", unary, TAPE_LGAMMA, RAISES_BY_SHAPE},
    {"digamma", unary, TAPE_DIGAMMA, RAISES_TOLD},
    {"lbeta", log_beta, 0, RAISES_SILENTLY},
    {"factorial", composed, FACTORIAL, RAISES_SILENTLY},
    {"erf", unary, TAPE_ERF, RAISES_BY_SHAPE},
    {"erfc", unary, TAPE_ERFC, RAISES_BY_SHAPE},
    {"normal-cdf", unary, TAPE_NORMAL_CDF, RAISES_BY_SHAPE},
    {"<", compare, TAPE_LESS, RAISES_BY_SHAPE},
    {"<=", compare, TAPE_LESS_EQUAL, RAISES_BY_SHAPE},
    {">", compare, TAPE_LESS | SWAP, RAISES_BY_SHAPE},
    {">=", compare, TAPE_LESS_EQUAL | SWAP, RAISES_BY_SHAPE},
    {"=", compare, TAPE_EQUAL, RAISES_BY_SHAPE},
    {"soft-equal", soft_equal, TAPE_LESS, RAISES_SILENTLY},
    {"positive?", against_zero, TAPE_LESS | SWAP, RAISES_BY_SHAPE},
    {"negative?", against_zero, TAPE_LESS, RAISES_BY_SHAPE},
    {"zero?", against_zero, TAPE_EQUAL, RAISES_BY_SHAPE},
    {"not", negation, TAPE_NOT, RAISES_BY_SHAPE},
    {"log-density", log_density, 0, RAISES_SILENTLY},
};

static bool is_named(const char *names, const char *name)
{
    size_t n = strcspn(names, " ");
    return strlen(name) == n && memcmp(names, name, n) == 0;
}

static const struct operation_row *search(const struct primitive *p)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is_named(p->names, rows[i].name)) return &rows[i];
    for (size_t i = 0; array_rows[i].name; i++)
        if (is_named(p->names, array_rows[i].name)) return &array_rows[i];
    for (size_t i = 0; part_rows[i].name; i++)
        if (is_named(p->names, part_rows[i].name)) return &part_rows[i];
    return NULL;
}

enum { FOUND = 256 }; /* by address, one a place */

const struct operation_row *operation_find(const struct primitive *p)
{
    static struct {
        const struct primitive *primitive;
        const char *names;
        const struct operation_row *row;
    } all[FOUND], *at;
    at = &all[(uintptr_t)p / sizeof *p % FOUND];
    if (at->primitive != p || at->names != p->names) {
        at->primitive = p;
        at->names = p->names;
        at->row = search(p);
    }
    return at->row;
}
