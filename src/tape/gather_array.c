/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives over arrays of nodes. Sums run from the left, factors of
 * matrices are taken apart into operations on numbers: the tape's rows put
 * what is alike together again.
 */
#include "base/memory.h"
#include "tape/gather_inside.h"

static uint32_t two(struct build *b, enum tape_code code, uint32_t x,
                    uint32_t y)
{
    return graph_2(&b->g, code, x, y);
}

/* The sum of n products, steps apart. Mostly they are new, and so each is
 * known before it is made. */
static uint32_t sum_of_products(struct build *b, uint32_t n, uint32_t x,
                                uint32_t x_step, uint32_t y, uint32_t y_step)
{
    for (uint32_t i = 1; i < n; i++)
        graph_soon(&b->g, TAPE_MULTIPLY_ADD, b->pool[x + i * x_step],
                   b->pool[y + i * y_step], b->g.count + i - 1);
    uint32_t sum = two(b, TAPE_MULTIPLY, b->pool[x], b->pool[y]);
    for (uint32_t i = 1; i < n; i++)
        sum = graph_3(&b->g, TAPE_MULTIPLY_ADD, b->pool[x + i * x_step],
                      b->pool[y + i * y_step], sum);
    return sum;
}

static bool is_matrix(struct build *b, const struct item *a, const char *who)
{
    return a->columns || build_refuse(b, "%s of what is no matrix", who);
}

/* ---- one number ------------------------------------------------------------- */

static bool add_up(struct build *b, const struct operation_row *row,
                   const struct item *in, uint32_t n, struct item *out)
{
    struct item a;
    (void)row;
    (void)n;
    if (!item_array(b, &in[0], &a)) return false;
    if (!a.rows) a.rows = 1;
    *out = item_node(array_sum(b, &a));
    return true;
}

static bool product(struct build *b, const struct operation_row *row,
                    const struct item *in, uint32_t n, struct item *out)
{
    struct item a;
    (void)row;
    (void)n;
    if (!item_array(b, &in[0], &a)) return false;
    uint32_t all = b->pool[a.first];
    for (uint32_t i = 1; i < item_count(&a); i++)
        all = two(b, TAPE_MULTIPLY, all, b->pool[a.first + i]);
    *out = item_node(all);
    return true;
}

static uint32_t mean_of(struct build *b, const struct item *a)
{
    return two(b, TAPE_MULTIPLY, array_sum(b, a),
               graph_number(&b->g, 1.0 / item_count(a)));
}

static bool mean(struct build *b, const struct operation_row *row,
                 const struct item *in, uint32_t n, struct item *out)
{
    struct item a;
    (void)row;
    (void)n;
    if (!item_array(b, &in[0], &a)) return false;
    *out = item_node(mean_of(b, &a));
    return true;
}

enum { VARIANCE, DEVIATION };

static bool spread(struct build *b, const struct operation_row *row,
                   const struct item *in, uint32_t n, struct item *out)
{
    struct item a;
    (void)n;
    if (!item_array(b, &in[0], &a)) return false;
    uint32_t count = item_count(&a), centre = mean_of(b, &a);
    uint32_t sum = graph_number(&b->g, 0.0);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t d = two(b, TAPE_SUBTRACT, b->pool[a.first + i], centre);
        sum = two(b, TAPE_ADD, sum, graph_1(&b->g, TAPE_SQUARE, d));
    }
    sum = two(b, TAPE_MULTIPLY, sum, graph_number(&b->g, 1.0 / (count - 1.0)));
    if (row->code == DEVIATION) sum = graph_1(&b->g, TAPE_SQRT, sum);
    *out = item_node(sum);
    return true;
}

static bool dot(struct build *b, const struct operation_row *row,
                const struct item *in, uint32_t n, struct item *out)
{
    struct item x, y;
    if (!item_array(b, &in[0], &x) || !item_array(b, &in[n - 1], &y))
        return false;
    if (item_count(&x) != item_count(&y) || !item_count(&x))
        return build_refuse(b, "%s: shapes do not match", row->name);
    *out =
        item_node(sum_of_products(b, item_count(&x), x.first, 1, y.first, 1));
    return true;
}

static bool norm(struct build *b, const struct operation_row *row,
                 const struct item *in, uint32_t n, struct item *out)
{
    (void)n;
    if (!dot(b, row, in, 1, out)) return false;
    *out = item_node(graph_1(&b->g, TAPE_SQRT, out->node));
    return true;
}

/* ---- shapes ------------------------------------------------------------------ */

static bool vector(struct build *b, const struct operation_row *row,
                   const struct item *in, uint32_t n, struct item *out)
{
    (void)row;
    if (!n || !array_new(b, n, 0, out))
        return build_refuse(b, "a vector of nothing");
    for (uint32_t i = 0; i < n; i++) {
        uint32_t node;
        if (!item_number(b, &in[i], &node)) return false;
        array_at(b, out)[i] = node;
    }
    return true;
}

static bool as_vector_of(struct build *b, const struct operation_row *row,
                         const struct item *in, uint32_t n, struct item *out)
{
    (void)row;
    (void)n;
    return item_array(b, &in[0], out);
}

/* Rows, each an array, one below the other. */
bool item_matrix(struct build *b, const struct item *i, struct item *out)
{
    uint32_t rows, columns = 0;
    struct item e, line;
    if (i->kind == ITEM_ARRAY && i->columns) {
        *out = *i;
        return true;
    }
    if (i->kind == ITEM_PLAIN && is_vector(i->plain))
        return item_array(b, i, out);
    if (!item_length(b, i, &rows)) return false;
    for (uint32_t at = 0; at < rows; at++) {
        if (!item_element(b, i, at, &e) || !item_array(b, &e, &line))
            return false;
        if (at == 0) {
            columns = line.rows;
            if (!columns || !array_new(b, rows, columns, out)) return false;
        }
        if (line.columns || line.rows != columns)
            return build_refuse(b, "matrix: rows of several lengths");
        memcpy(array_at(b, out) + at * columns, array_at(b, &line),
               columns * sizeof *b->pool);
    }
    return columns > 0;
}

static bool matrix(struct build *b, const struct operation_row *row,
                   const struct item *in, uint32_t n, struct item *out)
{
    (void)row;
    (void)n;
    return item_matrix(b, &in[0], out);
}

static bool transpose(struct build *b, const struct operation_row *row,
                      const struct item *in, uint32_t n, struct item *out)
{
    struct item a;
    (void)n;
    if (!item_array(b, &in[0], &a) || !is_matrix(b, &a, row->name) ||
        !array_new(b, a.columns, a.rows, out))
        return false;
    for (uint32_t i = 0; i < a.rows; i++)
        for (uint32_t k = 0; k < a.columns; k++)
            b->pool[out->first + k * a.rows + i] =
                b->pool[a.first + i * a.columns + k];
    return true;
}

/* ---- running sums ------------------------------------------------------------- */

static bool running(struct build *b, const struct operation_row *row,
                    const struct item *in, uint32_t n, struct item *out)
{
    struct item a;
    (void)n;
    if (!item_array(b, &in[0], &a) || !array_new(b, a.rows, 0, out))
        return false;
    for (uint32_t i = 0; i < a.rows; i++) {
        uint32_t x = b->pool[a.first + i];
        if (i) x = two(b, row->code, b->pool[out->first + i - 1], x);
        array_at(b, out)[i] = x;
    }
    return true;
}

static bool differences(struct build *b, const struct operation_row *row,
                        const struct item *in, uint32_t n, struct item *out)
{
    struct item a;
    (void)row;
    (void)n;
    if (!item_array(b, &in[0], &a) || a.rows < 2 ||
        !array_new(b, a.rows - 1, 0, out))
        return build_refuse(b, "diff of too few elements");
    for (uint32_t i = 0; i + 1 < a.rows; i++) {
        uint32_t d = two(b, TAPE_SUBTRACT, b->pool[a.first + i + 1],
                         b->pool[a.first + i]);
        array_at(b, out)[i] = d;
    }
    return true;
}

enum { SOFTMAX, LOG_SOFTMAX };

static bool softmax(struct build *b, const struct operation_row *row,
                    const struct item *in, uint32_t n, struct item *out)
{
    struct item a;
    (void)n;
    if (!item_array(b, &in[0], &a) || !a.rows || !array_new(b, a.rows, 0, out))
        return build_refuse(b, "%s of nothing", row->name);
    uint32_t sum = b->pool[a.first];
    for (uint32_t i = 1; i < a.rows; i++)
        sum = two(b, TAPE_LOG_ADD_EXP, sum, b->pool[a.first + i]);
    for (uint32_t i = 0; i < a.rows; i++) {
        uint32_t x = two(b, TAPE_SUBTRACT, b->pool[a.first + i], sum);
        if (row->code == SOFTMAX) x = graph_1(&b->g, TAPE_EXP, x);
        array_at(b, out)[i] = x;
    }
    out->share = row->code == SOFTMAX;
    return true;
}

/* ---- matrices ------------------------------------------------------------------ */

/* A vector is a row on the left and a column on the right. */
static bool multiply(struct build *b, const struct item *x,
                     const struct item *y, struct item *out)
{
    uint32_t rows = x->columns ? x->rows : 1;
    uint32_t inner = x->columns ? x->columns : x->rows;
    uint32_t columns = y->columns ? y->columns : 1;
    if (inner != y->rows || !inner)
        return build_refuse(b, "matmul: shapes do not match");
    bool is_number = !x->columns && !y->columns;
    uint32_t long_side = x->columns ? rows : columns;
    if (!array_new(b, x->columns && y->columns ? rows : long_side,
                   x->columns && y->columns ? columns : 0, out))
        return false;
    graph_expect(&b->g, (uint64_t)rows * columns * inner);
    for (uint32_t i = 0; i < rows; i++)
        for (uint32_t k = 0; k < columns; k++) {
            uint32_t n = sum_of_products(b, inner, x->first + i * inner, 1,
                                         y->first + k, columns);
            array_at(b, out)[i * columns + k] = n;
        }
    if (is_number) *out = item_node(b->pool[out->first]);
    return true;
}

static bool matmul(struct build *b, const struct operation_row *row,
                   const struct item *in, uint32_t n, struct item *out)
{
    struct item x, y;
    (void)row;
    if (!item_array(b, &in[0], &x)) return false;
    for (uint32_t i = 1; i < n; i++) {
        if (!item_array(b, &in[i], &y) || !multiply(b, &x, &y, out))
            return false;
        x = *out;
    }
    *out = x;
    return true;
}

static bool outer(struct build *b, const struct operation_row *row,
                  const struct item *in, uint32_t n, struct item *out)
{
    struct item x, y;
    (void)row;
    (void)n;
    if (!item_array(b, &in[0], &x) || !item_array(b, &in[1], &y) ||
        !array_new(b, x.rows, y.rows, out))
        return false;
    for (uint32_t i = 0; i < x.rows; i++)
        for (uint32_t k = 0; k < y.rows; k++) {
            uint32_t p = two(b, TAPE_MULTIPLY, b->pool[x.first + i],
                             b->pool[y.first + k]);
            array_at(b, out)[i * y.rows + k] = p;
        }
    return true;
}

enum { BY_ROWS, BY_COLUMNS };

static bool sums(struct build *b, const struct operation_row *row,
                 const struct item *in, uint32_t n, struct item *out)
{
    struct item a;
    (void)n;
    if (!item_array(b, &in[0], &a) || !is_matrix(b, &a, row->name))
        return false;
    uint32_t many = row->code == BY_ROWS ? a.rows : a.columns;
    uint32_t each = row->code == BY_ROWS ? a.columns : a.rows;
    uint32_t step = row->code == BY_ROWS ? 1 : a.columns;
    uint32_t jump = row->code == BY_ROWS ? a.columns : 1;
    if (!array_new(b, many, 0, out)) return false;
    for (uint32_t i = 0; i < many; i++) {
        uint32_t sum = b->pool[a.first + i * jump];
        for (uint32_t k = 1; k < each; k++)
            sum = two(b, TAPE_ADD, sum, b->pool[a.first + i * jump + k * step]);
        array_at(b, out)[i] = sum;
    }
    return true;
}

/* Of a matrix its diagonal, of a vector the matrix. */
static bool diagonal(struct build *b, const struct operation_row *row,
                     const struct item *in, uint32_t n, struct item *out)
{
    struct item a;
    (void)row;
    (void)n;
    if (!item_array(b, &in[0], &a)) return false;
    uint32_t size = a.columns && a.columns < a.rows ? a.columns : a.rows;
    if (!array_new(b, size, a.columns ? 0 : size, out)) return false;
    uint32_t zero = graph_number(&b->g, 0.0);
    for (uint32_t i = 0; i < size; i++) {
        if (a.columns) {
            array_at(b, out)[i] = b->pool[a.first + i * a.columns + i];
            continue;
        }
        for (uint32_t k = 0; k < size; k++)
            array_at(b, out)[i * size + k] =
                k == i ? b->pool[a.first + i] : zero;
    }
    return true;
}

static bool trace(struct build *b, const struct operation_row *row,
                  const struct item *in, uint32_t n, struct item *out)
{
    struct item d;
    return diagonal(b, row, in, n, &d) && add_up(b, row, &d, 1, out);
}

/* ---- factors --------------------------------------------------------------------- */

enum { FACTOR_MOST = 100 };

bool array_cholesky(struct build *b, const struct item *a, struct item *out)
{
    uint32_t n = a->rows;
    struct graph *g = &b->g;
    if (a->columns != n || !n)
        return build_refuse(b, "cholesky of a matrix that is not square");
    if (n > FACTOR_MOST)
        return build_refuse(b, "cholesky of more than %d rows", FACTOR_MOST);
    if (!array_new(b, n, n, out)) return false;
    uint32_t *l = array_at(b, out), *from = array_at(b, a);
    uint32_t zero = graph_number(g, 0.0);
    for (uint32_t j = 0; j < n; j++) {
        for (uint32_t i = 0; i < j; i++) l[i * n + j] = zero;
        uint32_t sum = from[j * n + j];
        for (uint32_t k = 0; k < j; k++)
            sum = two(b, TAPE_SUBTRACT, sum,
                      graph_1(g, TAPE_SQUARE, l[j * n + k]));
        l[j * n + j] = graph_1(g, TAPE_SQRT, sum);
        uint32_t inverse = graph_1(g, TAPE_INVERSE, l[j * n + j]);
        for (uint32_t i = j + 1; i < n; i++) {
            sum = from[i * n + j];
            for (uint32_t k = 0; k < j; k++)
                sum = two(b, TAPE_SUBTRACT, sum,
                          two(b, TAPE_MULTIPLY, l[i * n + k], l[j * n + k]));
            l[i * n + j] = two(b, TAPE_MULTIPLY, sum, inverse);
        }
    }
    return true;
}

bool array_solve_lower(struct build *b, const struct item *l,
                       const struct item *y, struct item *out)
{
    uint32_t n = l->rows;
    if (l->columns != n || y->columns || y->rows != n)
        return build_refuse(b, "solve-lower: shapes do not match");
    if (!array_new(b, n, 0, out)) return false;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t sum = b->pool[y->first + i];
        for (uint32_t k = 0; k < i; k++)
            sum = two(b, TAPE_SUBTRACT, sum,
                      two(b, TAPE_MULTIPLY, b->pool[l->first + i * n + k],
                          b->pool[out->first + k]));
        sum = two(b, TAPE_DIVIDE, sum, b->pool[l->first + i * n + i]);
        array_at(b, out)[i] = sum;
    }
    return true;
}

static bool cholesky(struct build *b, const struct operation_row *row,
                     const struct item *in, uint32_t n, struct item *out)
{
    struct item a;
    (void)row;
    (void)n;
    return item_array(b, &in[0], &a) && array_cholesky(b, &a, out);
}

static bool solve_lower(struct build *b, const struct operation_row *row,
                        const struct item *in, uint32_t n, struct item *out)
{
    struct item l, y;
    (void)row;
    (void)n;
    return item_array(b, &in[0], &l) && item_array(b, &in[1], &y) &&
           array_solve_lower(b, &l, &y, out);
}

static bool log_det(struct build *b, const struct operation_row *row,
                    const struct item *in, uint32_t n, struct item *out)
{
    struct item a, l;
    (void)row;
    (void)n;
    if (!item_array(b, &in[0], &a) || !array_cholesky(b, &a, &l)) return false;
    uint32_t sum = graph_number(&b->g, 0.0);
    for (uint32_t i = 0; i < l.rows; i++)
        sum = two(b, TAPE_ADD, sum,
                  graph_1(&b->g, TAPE_LOG, b->pool[l.first + i * l.rows + i]));
    *out = item_node(two(b, TAPE_MULTIPLY, graph_number(&b->g, 2.0), sum));
    return true;
}

/* (hmm-marginal log-omega transition initial): forward, in logs. Rows of
 * log-omega are states. */
static bool hmm_marginal(struct build *b, const struct operation_row *row,
                         const struct item *in, uint32_t n, struct item *out)
{
    struct item omega, moves, start;
    struct graph *g = &b->g;
    (void)row;
    (void)n;
    if (!matrix(b, row, &in[0], 1, &omega) ||
        !matrix(b, row, &in[1], 1, &moves) || !item_array(b, &in[2], &start))
        return false;
    uint32_t states = omega.rows, steps = omega.columns;
    if (moves.rows != states || moves.columns != states || start.rows != states)
        return build_refuse(b, "hmm-marginal: shapes do not match");
    uint32_t *room =
        memory_new_atomic((states * states + 2 * states) * sizeof *room);
    if (!room) return machine_no_memory(b->t->machine);
    uint32_t *at = room, *next = at + states, *log_moves = next + states;
    for (uint32_t i = 0; i < states * states; i++)
        log_moves[i] = graph_1(g, TAPE_LOG, b->pool[moves.first + i]);
    for (uint32_t k = 0; k < states; k++)
        at[k] = two(b, TAPE_ADD, graph_1(g, TAPE_LOG, b->pool[start.first + k]),
                    b->pool[omega.first + k * steps]);
    for (uint32_t t = 1; t < steps; t++) {
        for (uint32_t k = 0; k < states; k++) {
            uint32_t sum = two(b, TAPE_ADD, at[0], log_moves[k]);
            for (uint32_t j = 1; j < states; j++)
                sum = two(b, TAPE_LOG_ADD_EXP, sum,
                          two(b, TAPE_ADD, at[j], log_moves[j * states + k]));
            next[k] =
                two(b, TAPE_ADD, sum, b->pool[omega.first + k * steps + t]);
        }
        memcpy(at, next, states * sizeof *at);
    }
    uint32_t sum = at[0];
    for (uint32_t k = 1; k < states; k++)
        sum = two(b, TAPE_LOG_ADD_EXP, sum, at[k]);
    *out = item_node(sum);
    return true;
}

const struct operation_row array_rows[] = {
    {"sum", add_up, 0, RAISES_BY_SHAPE},
    {"prod", product, 0, RAISES_BY_SHAPE},
    {"mean", mean, 0, RAISES_BY_SHAPE},
    {"variance", spread, VARIANCE, RAISES_BY_SHAPE},
    {"sd", spread, DEVIATION, RAISES_BY_SHAPE},
    {"dot", dot, 0, RAISES_BY_SHAPE},
    {"norm", norm, 0, RAISES_BY_SHAPE},
    {"vector", vector, 0, RAISES_BY_SHAPE},
    {"dense", as_vector_of, 0, RAISES_BY_SHAPE},
    {"list->vector", as_vector_of, 0, RAISES_BY_SHAPE},
    {"vector->list", as_vector_of, 0, RAISES_BY_SHAPE},
    {"matrix", matrix, 0, RAISES_BY_SHAPE},
    {"transpose", transpose, 0, RAISES_BY_SHAPE},
    {"cumsum", running, TAPE_ADD, RAISES_BY_SHAPE},
    {"cumprod", running, TAPE_MULTIPLY, RAISES_BY_SHAPE},
    {"diff", differences, 0, RAISES_BY_SHAPE},
    {"softmax", softmax, SOFTMAX, RAISES_BY_SHAPE},
    {"log-softmax", softmax, LOG_SOFTMAX, RAISES_BY_SHAPE},
    {"matmul", matmul, 0, RAISES_BY_SHAPE},
    {"outer", outer, 0, RAISES_BY_SHAPE},
    {"row-sums", sums, BY_ROWS, RAISES_BY_SHAPE},
    {"col-sums", sums, BY_COLUMNS, RAISES_BY_SHAPE},
    {"diag", diagonal, 0, RAISES_BY_SHAPE},
    {"trace", trace, 0, RAISES_BY_SHAPE},
    {"cholesky", cholesky, 0, RAISES_SILENTLY},
    {"solve-lower", solve_lower, 0, RAISES_TOLD},
    {"log-det-spd", log_det, 0, RAISES_SILENTLY},
    {"hmm-marginal", hmm_marginal, 0, RAISES_SILENTLY},
    {NULL, NULL, 0, 0},
};
