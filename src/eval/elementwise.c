/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Broadcasting. An operand is seen as rows x columns with a stride for each
 * axis, 0 where it is repeated, so one loop serves all shapes; the four
 * arithmetic operations get a copy of that loop each.
 */
#include "eval/elementwise.h"

#include "eval/operand.h"
#include "eval/print.h"

#include <stdio.h>

struct operand {
    const double *at;
    size_t rows, columns;             /* a vector is one row */
    size_t row_stride, column_stride; /* 0: repeated */
    bool matrix, array;
    double number;
};

/* The operands and the shape of the result. */
struct broadcast {
    struct operand x, y;
    size_t rows, columns;
    bool matrix, array;
};

/* An array as it is; of a list of numbers, which stands for one, a copy. */
static bool as_array(struct machine *m, const char *name, value v, value *out)
{
    struct doubles d;
    double *at;
    *out = v;
    if (is_vector(v)) return true;
    if (!is_pair(v) || !is_list(v))
        return machine_type_error(m, name, "a number or an array of numbers",
                                  v);
    if (!operand_doubles(m, name, v, &d)) return false;
    bool made = answer_array(m, d.count, 0, out, &at);
    if (made) memcpy(at, d.at, d.count * sizeof *at);
    doubles_close(&d);
    return made;
}

static bool open_operand(struct machine *m, const char *name, value v,
                         struct operand *o)
{
    *o = (struct operand){.rows = 1, .columns = 1};
    if (is_number(v)) {
        o->number = as_number(v);
        o->at = &o->number;
        return true;
    }
    if (!as_array(m, name, v, &v)) return false;
    const struct vector *a = as_vector(v);
    o->at = a->at;
    o->array = true;
    o->matrix = a->columns != 0;
    o->rows = o->matrix ? a->rows : 1;
    o->columns = o->matrix ? a->columns : a->rows;
    o->row_stride = o->rows == 1 ? 0 : o->columns;
    o->column_stride = o->columns == 1 ? 0 : 1;
    return true;
}

static bool join(size_t x, size_t y, size_t *out)
{
    *out = x == 1 ? y : x;
    return x == y || x == 1 || y == 1;
}

static bool open_broadcast(struct machine *m, const char *name, value x,
                           value y, struct broadcast *b)
{
    if (!open_operand(m, name, x, &b->x) || !open_operand(m, name, y, &b->y))
        return false;
    b->matrix = b->x.matrix || b->y.matrix;
    b->array = b->x.array || b->y.array;
    if (join(b->x.rows, b->y.rows, &b->rows) &&
        join(b->x.columns, b->y.columns, &b->columns))
        return true;
    char left[SHAPE_TEXT], right[SHAPE_TEXT];
    return operand_error(m, "%s: shapes do not match: %s and %s", name,
                         shape_text(x, left), shape_text(y, right));
}

static bool make_result(struct machine *m, const struct broadcast *b,
                        value *out)
{
    value made = b->matrix ? vector_make(b->rows, b->columns)
                           : vector_make(b->columns, 0);
    return answer(m, made, out);
}

/* ---- errors ----------------------------------------------------------- */

enum { NO_ELEMENT = -1 };

static void element_text(char *buffer, size_t size, long long element)
{
    buffer[0] = 0;
    if (element != NO_ELEMENT)
        snprintf(buffer, size, " (element %lld)", element);
}

static bool refuse_one(struct machine *m, const struct unary *f, double x,
                       long long element)
{
    char number[32], place[40];
    print_double(number, x);
    element_text(place, sizeof place, element);
    return machine_domain_error(m, "%s: %s, got %s%s", f->name, f->domain,
                                number, place);
}

static bool refuse_two(struct machine *m, const char *name, const char *domain,
                       double x, double y, long long element)
{
    char left[32], right[32], place[40];
    print_double(left, x);
    print_double(right, y);
    element_text(place, sizeof place, element);
    return machine_domain_error(m, "%s: %s, got %s and %s%s", name, domain,
                                left, right, place);
}

/* ---- any function ----------------------------------------------------- */

bool elementwise_unary(struct machine *m, const struct unary *f, value x,
                       value *out)
{
    double result = 0;
    if (is_number(x)) {
        if (!f->function(as_number(x), &result))
            return refuse_one(m, f, as_number(x), NO_ELEMENT);
        *out = v_double(result);
        return true;
    }
    if (!as_array(m, f->name, x, &x)) return false;
    const struct vector *from = as_vector(x);
    value made = vector_make(from->rows, from->columns);
    if (made == V_UNBOUND) return machine_no_memory(m);
    double *to = as_vector(made)->at;
    for (size_t i = 0; i < from->head.size; i++)
        if (!f->function(from->at[i], to + i))
            return refuse_one(m, f, from->at[i], (long long)i);
    *out = made;
    return true;
}

static bool fill(struct machine *m, const struct binary *f,
                 const struct broadcast *b, double *to)
{
    size_t count = 0;
    for (size_t i = 0; i < b->rows; i++) {
        const double *x = b->x.at + i * b->x.row_stride;
        const double *y = b->y.at + i * b->y.row_stride;
        for (size_t j = 0; j < b->columns; j++, count++) {
            if (!f->function(*x, *y, to + count))
                return refuse_two(m, f->name, f->domain, *x, *y,
                                  (long long)count);
            x += b->x.column_stride;
            y += b->y.column_stride;
        }
    }
    return true;
}

bool elementwise_binary(struct machine *m, const struct binary *f, value x,
                        value y, value *out)
{
    struct broadcast b;
    double result = 0;
    if (!open_broadcast(m, f->name, x, y, &b)) return false;
    if (!b.array) {
        if (!f->function(b.x.number, b.y.number, &result))
            return refuse_two(m, f->name, f->domain, b.x.number, b.y.number,
                              NO_ELEMENT);
        *out = v_double(result);
        return true;
    }
    value made = V_UNBOUND;
    if (!make_result(m, &b, &made) || !fill(m, f, &b, as_vector(made)->at))
        return false;
    *out = made;
    return true;
}

/* ---- arithmetic ------------------------------------------------------- */

static inline double apply(enum elementwise_kind kind, double x, double y)
{
    switch (kind) {
    case ELEMENTWISE_ADD: return x + y;
    case ELEMENTWISE_SUBTRACT: return x - y;
    case ELEMENTWISE_MULTIPLY: return x * y;
    default: return x / y;
    }
}

/* Inlined with a constant kind: one loop for each operation, and for each
 * the cases that vectorise stand apart from the strided one. */
static inline __attribute__((always_inline)) void
loop(enum elementwise_kind kind, const struct broadcast *b, double *restrict to)
{
    size_t n = b->columns;
    for (size_t i = 0; i < b->rows; i++, to += n) {
        const double *x = b->x.at + i * b->x.row_stride;
        const double *y = b->y.at + i * b->y.row_stride;
        if (b->x.column_stride && b->y.column_stride)
            for (size_t j = 0; j < n; j++) to[j] = apply(kind, x[j], y[j]);
        else if (b->x.column_stride)
            for (size_t j = 0; j < n; j++) to[j] = apply(kind, x[j], *y);
        else if (b->y.column_stride)
            for (size_t j = 0; j < n; j++) to[j] = apply(kind, *x, y[j]);
        else
            for (size_t j = 0; j < n; j++) to[j] = apply(kind, *x, *y);
    }
}

static const char *const arithmetic_names[] = {
    [ELEMENTWISE_ADD] = "+",
    [ELEMENTWISE_SUBTRACT] = "-",
    [ELEMENTWISE_MULTIPLY] = "*",
    [ELEMENTWISE_DIVIDE] = "/",
};

static bool divisors_are_fit(struct machine *m, const struct broadcast *b)
{
    size_t count = b->y.rows * b->y.columns;
    for (size_t i = 0; i < count; i++)
        if (b->y.at[i] == 0)
            return machine_domain_error(
                m, "/: division by zero%s",
                b->y.array ? " (an element of the divisor is 0)" : "");
    return true;
}

bool elementwise_arithmetic(struct machine *m, enum elementwise_kind kind,
                            value x, value y, value *out)
{
    struct broadcast b;
    value made = V_UNBOUND;
    if (!open_broadcast(m, arithmetic_names[kind], x, y, &b)) return false;
    if (kind == ELEMENTWISE_DIVIDE && !divisors_are_fit(m, &b)) return false;
    if (!b.array) {
        *out = v_double(apply(kind, b.x.number, b.y.number));
        return true;
    }
    if (!make_result(m, &b, &made)) return false;
    double *to = as_vector(made)->at;
    switch (kind) {
    case ELEMENTWISE_ADD: loop(ELEMENTWISE_ADD, &b, to); break;
    case ELEMENTWISE_SUBTRACT: loop(ELEMENTWISE_SUBTRACT, &b, to); break;
    case ELEMENTWISE_MULTIPLY: loop(ELEMENTWISE_MULTIPLY, &b, to); break;
    case ELEMENTWISE_DIVIDE: loop(ELEMENTWISE_DIVIDE, &b, to); break;
    }
    *out = made;
    return true;
}
