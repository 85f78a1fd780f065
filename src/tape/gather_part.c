/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Primitives that take arrays and lists apart and put them together: which
 * elements these are is a matter of shapes, and no number is computed.
 */
#include <string.h>

#include "base/memory.h"
#include "tape/gather_inside.h"

enum { JOINED = 16 }; /* as many operands as an access has */

/* ---- parts ------------------------------------------------------------------- */

static bool plain_int(struct build *b, const struct item *i, int64_t *out)
{
    if (i->kind != ITEM_PLAIN || !is_number(i->plain))
        return build_refuse(b, "an index that depends on the scope");
    *out = (int64_t)as_number(i->plain);
    return true;
}

/* Elements, or rows, from one on. */
static bool slice(struct build *b, const struct item *a, int64_t from,
                  int64_t to, struct item *out)
{
    if (from < 0 || to > (int64_t)a->rows || from >= to)
        return build_refuse(b, "there are no elements from %lld to %lld",
                            (long long)from, (long long)to);
    *out = *a;
    out->share = false;
    out->rows = (uint32_t)(to - from);
    out->first += (uint32_t)from * (a->columns ? a->columns : 1);
    return true;
}

enum { LAST = 1 << 30 }; /* of any length */

/* The one at `code`, from 0. */
static bool element(struct build *b, const struct operation_row *row,
                    const struct item *in, uint32_t n, struct item *out)
{
    uint32_t length;
    (void)n;
    if (!item_length(b, &in[0], &length)) return false;
    int64_t at = row->code == LAST ? (int64_t)length - 1 : (int64_t)row->code;
    return item_element(b, &in[0], at, out);
}

/* From 1. */
static bool list_elt(struct build *b, const struct operation_row *row,
                     const struct item *in, uint32_t n, struct item *out)
{
    int64_t i = 0;
    (void)row;
    (void)n;
    return plain_int(b, &in[1], &i) && item_element(b, &in[0], i - 1, out);
}

/* By a count: of the first operand's elements, those before it, or those
 * behind; without one, it is `code`. */
static bool cut(struct build *b, const struct operation_row *row,
                const struct item *in, uint32_t n, bool front, struct item *out)
{
    struct item a;
    int64_t k = row->code;
    if (!item_array(b, &in[0], &a) || (n > 1 && !plain_int(b, &in[1], &k)))
        return false;
    int64_t length = a.rows;
    if (k > length) k = length;
    return front ? slice(b, &a, 0, k, out) : slice(b, &a, k, length, out);
}

static bool take(struct build *b, const struct operation_row *row,
                 const struct item *in, uint32_t n, struct item *out)
{
    return cut(b, row, in, n, true, out);
}

static bool drop(struct build *b, const struct operation_row *row,
                 const struct item *in, uint32_t n, struct item *out)
{
    return cut(b, row, in, n, false, out);
}

static bool but_last(struct build *b, const struct operation_row *row,
                     const struct item *in, uint32_t n, struct item *out)
{
    struct item a;
    (void)row;
    (void)n;
    return item_array(b, &in[0], &a) &&
           slice(b, &a, 0, (int64_t)a.rows - 1, out);
}

static bool sublist(struct build *b, const struct operation_row *row,
                    const struct item *in, uint32_t n, struct item *out)
{
    struct item a;
    int64_t from = 0, to = 0;
    (void)row;
    (void)n;
    return item_array(b, &in[0], &a) && plain_int(b, &in[1], &from) &&
           plain_int(b, &in[2], &to) && slice(b, &a, from, to, out);
}

static bool reverse(struct build *b, const struct operation_row *row,
                    const struct item *in, uint32_t n, struct item *out)
{
    struct item a;
    (void)row;
    (void)n;
    if (!item_array(b, &in[0], &a) || a.columns ||
        !array_new(b, a.rows, 0, out))
        return false;
    for (uint32_t i = 0; i < a.rows; i++)
        array_at(b, out)[i] = b->pool[a.first + a.rows - 1 - i];
    return true;
}

static bool append(struct build *b, const struct operation_row *row,
                   const struct item *in, uint32_t n, struct item *out)
{
    struct item a[JOINED];
    uint32_t rows = 0, at = 0;
    (void)row;
    if (n > JOINED) return build_refuse(b, "append of more than %d", JOINED);
    for (uint32_t i = 0; i < n; i++) {
        if (in[i].kind == ITEM_PLAIN && in[i].plain == V_NIL) {
            a[i] = (struct item){.kind = ITEM_ARRAY};
            continue;
        }
        if (!item_array(b, &in[i], &a[i]) || a[i].columns) return false;
        rows += a[i].rows;
    }
    if (!array_new(b, rows, 0, out)) return false;
    for (uint32_t i = 0; i < n; at += a[i++].rows)
        memcpy(array_at(b, out) + at, array_at(b, &a[i]),
               a[i].rows * sizeof *b->pool);
    return true;
}

/* Elements, or rows, by plain indices. */
static bool gather_elements(struct build *b, const struct operation_row *row,
                            const struct item *in, uint32_t n, struct item *out)
{
    struct item a, e;
    uint32_t count;
    (void)row;
    (void)n;
    if (in[1].kind != ITEM_PLAIN)
        return build_refuse(b, "indices that depend on the scope");
    if (!item_array(b, &in[0], &a) || !item_length(b, &in[1], &count))
        return false;
    uint32_t wide = a.columns ? a.columns : 1;
    if (!array_new(b, count, a.columns, out)) return false;
    value rest = is_list(in[1].plain) ? in[1].plain : V_NIL;
    for (uint32_t i = 0; i < count; i++) {
        int64_t k = -1;
        if (is_pair(rest)) {
            e = item_plain(car(rest));
            rest = cdr(rest);
        } else if (!item_element(b, &in[1], i, &e)) {
            return false;
        }
        if (!plain_int(b, &e, &k)) return false;
        if (k < 0 || k >= (int64_t)a.rows)
            return build_refuse(b, "gather: there is no element %lld",
                                (long long)k);
        memcpy(array_at(b, out) + i * wide, array_at(b, &a) + k * wide,
               wide * sizeof *b->pool);
    }
    return true;
}

static bool lags(struct build *b, const struct operation_row *row,
                 const struct item *in, uint32_t n, struct item *out)
{
    struct item a;
    int64_t k = 0;
    (void)row;
    (void)n;
    if (!item_array(b, &in[0], &a) || !plain_int(b, &in[1], &k)) return false;
    if (a.columns || k < 1 || k >= (int64_t)a.rows)
        return build_refuse(b, "lags of too few elements");
    if (!array_new(b, a.rows - (uint32_t)k, (uint32_t)k, out)) return false;
    for (uint32_t t = 0; t < out->rows; t++)
        for (uint32_t i = 0; i < (uint32_t)k; i++)
            array_at(b, out)[t * k + i] =
                b->pool[a.first + t + (uint32_t)k - 1 - i];
    return true;
}

/* ---- new ones ---------------------------------------------------------------- */

static bool make_vector(struct build *b, const struct operation_row *row,
                        const struct item *in, uint32_t n, struct item *out)
{
    int64_t count = 0;
    uint32_t x;
    (void)row;
    if (!plain_int(b, &in[0], &count)) return false;
    if (n < 2 || count < 1 || count > UINT32_MAX / 2)
        return build_refuse(b, "a vector of nothing");
    if (!item_number(b, &in[1], &x) || !array_new(b, (uint32_t)count, 0, out))
        return false;
    for (int64_t i = 0; i < count; i++) array_at(b, out)[i] = x;
    return true;
}

/* A row has an element of each. */
static bool zip(struct build *b, const struct operation_row *row,
                const struct item *in, uint32_t n, struct item *out)
{
    struct item a[JOINED];
    uint32_t rows = UINT32_MAX;
    (void)row;
    if (n > JOINED) return build_refuse(b, "zip of more than %d", JOINED);
    for (uint32_t i = 0; i < n; i++) {
        if (!item_array(b, &in[i], &a[i])) return false;
        if (a[i].columns) return build_refuse(b, "zip of matrices");
        if (a[i].rows < rows) rows = a[i].rows;
    }
    if (!n || !rows) return build_refuse(b, "zip of nothing");
    if (!array_new(b, rows, n, out)) return false;
    for (uint32_t at = 0; at < rows; at++)
        for (uint32_t i = 0; i < n; i++)
            array_at(b, out)[at * n + i] = b->pool[a[i].first + at];
    return true;
}

const struct operation_row part_rows[] = {
    {"first", element, 0, RAISES_BY_SHAPE},
    {"car", element, 0, RAISES_BY_SHAPE},
    {"second", element, 1, RAISES_BY_SHAPE},
    {"cadr", element, 1, RAISES_BY_SHAPE},
    {"third", element, 2, RAISES_BY_SHAPE},
    {"caddr", element, 2, RAISES_BY_SHAPE},
    {"fourth", element, 3, RAISES_BY_SHAPE},
    {"cadddr", element, 3, RAISES_BY_SHAPE},
    {"fifth", element, 4, RAISES_BY_SHAPE},
    {"sixth", element, 5, RAISES_BY_SHAPE},
    {"seventh", element, 6, RAISES_BY_SHAPE},
    {"last", element, LAST, RAISES_BY_SHAPE},
    {"list-elt", list_elt, 0, RAISES_BY_SHAPE},
    {"take", take, 0, RAISES_BY_SHAPE},
    {"list-head", take, 0, RAISES_BY_SHAPE},
    {"head", take, 6, RAISES_BY_SHAPE},
    {"drop", drop, 0, RAISES_BY_SHAPE},
    {"list-tail", drop, 0, RAISES_BY_SHAPE},
    {"rest", drop, 1, RAISES_BY_SHAPE},
    {"cdr", drop, 1, RAISES_BY_SHAPE},
    {"cddr", drop, 2, RAISES_BY_SHAPE},
    {"cdddr", drop, 3, RAISES_BY_SHAPE},
    {"butlast", but_last, 0, RAISES_BY_SHAPE},
    {"sublist", sublist, 0, RAISES_BY_SHAPE},
    {"reverse", reverse, 0, RAISES_BY_SHAPE},
    {"append", append, 0, RAISES_BY_SHAPE},
    {"vector-append", append, 0, RAISES_BY_SHAPE},
    {"gather", gather_elements, 0, RAISES_BY_SHAPE},
    {"lags", lags, 0, RAISES_BY_SHAPE},
    {"make-vector", make_vector, 0, RAISES_BY_SHAPE},
    {"zip", zip, 0, RAISES_BY_SHAPE},
    {NULL, NULL, 0, 0},
};
