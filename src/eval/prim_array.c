/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives: arrays put together, given another shape, put in order, and
 * rescaled as a whole.
 */
#include "base/memory.h"
#include "base/special.h"
#include "eval/operand.h"
#include "eval/prim_tables.h"
#include "eval/row.h"
#include "eval/sorting.h"

#include <math.h>
#include <stdlib.h>

/* ---- side by side ----------------------------------------------------- */

/* Operands as matrices: a vector is one column of cbind, one row of rbind. */
struct block {
    const double *at;
    size_t rows, columns;
};

static bool open_block(struct machine *m, const char *who, bool as_row, value v,
                       struct block *b)
{
    struct vector *x;
    if (!operand_columns(m, who, v, &x)) return false;
    *b = (struct block){x->at, x->rows, x->columns};
    if (!x->columns) {
        b->rows = as_row ? 1 : x->rows;
        b->columns = as_row ? x->rows : 1;
    }
    return true;
}

/* All blocks, and the sum of their widths (heights, for rbind). */
static bool open_blocks(struct machine *m, const char *who, bool as_rows, int n,
                        const value *args, struct block **out, size_t *sum)
{
    struct block *blocks = memory_new((size_t)n * sizeof *blocks);
    if (!blocks) return machine_no_memory(m);
    *sum = 0;
    for (int i = 0; i < n; i++) {
        if (!open_block(m, who, as_rows, args[i], blocks + i)) return false;
        size_t edge = as_rows ? blocks[i].columns : blocks[i].rows;
        size_t first = as_rows ? blocks[0].columns : blocks[0].rows;
        char text[SHAPE_TEXT], other[SHAPE_TEXT];
        if (edge != first)
            return operand_error(m, "%s: shapes do not match: %s and %s", who,
                                 shape_text(args[0], text),
                                 shape_text(args[i], other));
        *sum += as_rows ? blocks[i].rows : blocks[i].columns;
    }
    *out = blocks;
    return true;
}

static bool bind_columns(struct machine *m, int n, const value *args,
                         value *out)
{
    struct block *blocks;
    size_t width, behind = 0;
    double *at;
    if (!open_blocks(m, "cbind", false, n, args, &blocks, &width) ||
        !answer_array(m, blocks->rows, width, out, &at))
        return false;
    for (int k = 0; k < n; behind += blocks[k++].columns)
        for (size_t i = 0; i < blocks[k].rows; i++)
            memcpy(at + i * width + behind,
                   blocks[k].at + i * blocks[k].columns,
                   blocks[k].columns * sizeof *at);
    return true;
}

static bool bind_rows(struct machine *m, int n, const value *args, value *out)
{
    struct block *blocks;
    size_t height;
    double *at;
    if (!open_blocks(m, "rbind", true, n, args, &blocks, &height)) return false;
    if (blocks->columns == 0)
        return machine_domain_error(m, "rbind: a row needs a number");
    if (!answer_array(m, height, blocks->columns, out, &at)) return false;
    for (int k = 0; k < n; k++) {
        size_t count = blocks[k].rows * blocks[k].columns;
        memcpy(at, blocks[k].at, count * sizeof *at);
        at += count;
    }
    return true;
}

/* ---- shape and order -------------------------------------------------- */

static bool reshape(struct machine *m, int n, const value *args, value *out)
{
    struct doubles d;
    size_t rows = 0, columns = 0;
    double *at;
    if (!operand_count(m, "reshape", args[1], &rows) ||
        (n > 2 && !operand_count(m, "reshape", args[2], &columns)))
        return false;
    if (n > 2 && columns == 0)
        return machine_domain_error(m, "reshape: a matrix needs a column");
    if (!operand_doubles(m, "reshape", args[0], &d)) return false;
    size_t count = d.count;
    bool fits = count == rows * (n > 2 ? columns : 1);
    bool done = fits && answer_array(m, rows, columns, out, &at);
    if (done) memcpy(at, d.at, count * sizeof *at);
    doubles_close(&d);
    if (fits) return done;
    return operand_error(m, "reshape: %zu numbers do not fill this shape",
                         count);
}

struct place {
    double x;
    size_t i;
};

/* A nan comes last, equals in their order. */
static int before(const void *a, const void *b)
{
    const struct place *p = a, *q = b;
    bool p_none = p->x != p->x, q_none = q->x != q->x;
    if (p_none != q_none) return p_none - q_none;
    if (p->x < q->x) return -1;
    if (p->x > q->x) return 1;
    return (p->i > q->i) - (p->i < q->i);
}

static bool argsort(struct machine *m, int n, const value *args, value *out)
{
    struct doubles d;
    double *at;
    (void)n;
    if (!operand_doubles(m, "argsort", args[0], &d)) return false;
    struct place *places = memory_new_atomic((d.count + 1) * sizeof *places);
    bool done =
        places ? answer_array(m, d.count, 0, out, &at) : machine_no_memory(m);
    for (size_t i = 0; done && i < d.count; i++)
        places[i] = (struct place){d.at[i], i};
    done = done && sort_array(m, places, d.count, sizeof *places, before);
    for (size_t i = 0; done && i < d.count; i++) at[i] = (double)places[i].i;
    memory_free(places);
    doubles_close(&d);
    return done;
}

/* ---- along a vector --------------------------------------------------- */

static bool cumprod(struct machine *m, int n, const value *args, value *out)
{
    struct doubles d;
    double *at, product = 1;
    (void)n;
    if (!operand_doubles(m, "cumprod", args[0], &d)) return false;
    bool done = answer_array(m, d.count, 0, out, &at);
    for (size_t i = 0; done && i < d.count; i++) at[i] = product *= d.at[i];
    doubles_close(&d);
    return done;
}

/* exp(x - greatest) over its sum, so that equals share evenly; or the log,
 * x - log-sum-exp(x). Of none or of -inf only, nan. */
static void share(const double *x, double *to, size_t n, bool logs)
{
    double all = log_sum_exp(x, n), greatest = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++) greatest = fmax(greatest, x[i]);
    for (size_t i = 0; i < n; i++) sum += to[i] = exp(x[i] - greatest);
    for (size_t i = 0; i < n; i++) to[i] = logs ? x[i] - all : to[i] / sum;
}

/* By rows, where there are rows. */
static bool shares(struct machine *m, const char *who, bool logs, value v,
                   value *out)
{
    struct doubles d;
    double *at;
    size_t columns = is_vector(v) ? as_vector(v)->columns : 0;
    if (!operand_doubles(m, who, v, &d)) return false;
    size_t width = columns ? columns : d.count;
    bool done = answer_array(m, columns ? d.count / columns : d.count, columns,
                             out, &at);
    for (size_t i = 0; done && i < d.count; i += width)
        share(d.at + i, at + i, width, logs);
    doubles_close(&d);
    return done;
}

static bool softmax(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    return shares(m, "softmax", false, args[0], out);
}

static bool log_softmax(struct machine *m, int n, const value *args, value *out)
{
    (void)n;
    return shares(m, "log-softmax", true, args[0], out);
}

/* ---- the table -------------------------------------------------------- */

#define ARRAY(names_, function_, min_, max_, signature_, doc_) \
    ROW(DEEP, "arrays", names_, function_, min_, max_, signature_, doc_)

struct primitive primitives_array[] = {
    ARRAY("cbind", bind_columns, 1, -1, "(cbind x ...)",
          "A matrix of the columns of all; a vector is one column."),
    ARRAY("rbind", bind_rows, 1, -1, "(rbind x ...)",
          "A matrix of the rows of all; a vector is one row."),
    ARRAY("reshape", reshape, 2, 3, "(reshape xs rows [columns])",
          "The numbers, row after row, in another shape."),
    ARRAY("argsort order", argsort, 1, 1, "(argsort xs)",
          "The indices of the elements in order, the least first."),
    ARRAY("cumprod", cumprod, 1, 1, "(cumprod xs)",
          "The products of the first 1, 2, 3 ... elements."),
    ARRAY("softmax", softmax, 1, 1, "(softmax xs)",
          "exp of the numbers, divided by its sum: shares from log weights. "
          "Of a matrix, row by row."),
    ARRAY("log-softmax", log_softmax, 1, 1, "(log-softmax xs)",
          "The log of softmax."),
};
const size_t primitives_array_count =
    sizeof primitives_array / sizeof *primitives_array;
