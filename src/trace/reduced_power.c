/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a reader reads of a choice x, as a + b x^e: one, or one for each row of
 * an array. Found from the expression itself, and not by trying points:
 * numbers and arrays, other choices, sums, differences, products, quotients,
 * powers and roots, products of matrices, and picks from lists by what does
 * not depend on x. An expression of another form is no fault: the answer is
 * no, and the machine's error is clear.
 *
 * Columns are the collector's, and live as long as the answer is looked at.
 */
#include "trace/reduced_power.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "eval/operand.h"

/* A path through picks and operations is no longer than this. */
enum { DEPTH = 48 };

static bool view(const struct power_view *w, value v, int depth,
                 struct power *out);

/* ---- does it depend on the choice? ------------------------------------------ */

/* What code that is run again gives, which holds references of its own; NULL:
 * it gives nothing now, or it was not looked for so deep. */
static const value *given(const struct power_view *w, value v, int depth)
{
    struct region *r = as_object(v);
    if (depth == 0) return NULL;
    if (!region_is_settled(w->trace, r) && !region_settle(w->trace, r)) {
        error_clear(&w->trace->machine->error);
        return NULL;
    }
    return region_failed(r) ? NULL : &r->result;
}

struct look {
    const struct power_view *view;
    int depth; /* of regions within regions */
};

static bool is_free(const struct look *l, value v);

static bool is_other(value reference, void *context)
{
    const struct look *l = context;
    if (!is_type(reference, T_REGION))
        return as_object(reference) != l->view->choice;
    const value *v = given(l->view, reference, l->depth);
    struct look inner = {l->view, l->depth - 1};
    return v && is_free(&inner, *v);
}

static bool is_free(const struct look *l, value v)
{
    struct look own = *l;
    if (!is_object(v) || !has_reference(v)) return true;
    return expression_leaves(l->view->trace->machine, v, is_other, &own);
}

bool power_depends(const struct power_view *w, value v)
{
    struct look l = {w, DEPTH};
    return !is_free(&l, v);
}

/* A pick, whose deciding operands may not depend on the choice: what it
 * stands for now, which may be an expression itself. What looks at all of its
 * operands computes, and does not pick. */
static bool pick_of(const struct power_view *w, value v, value *out)
{
    const struct expression *e = as_object(v);
    if (e->operation->look != LOOK_OUTER) return false;
    for (uint32_t i = 0; i < e->head.size; i++) {
        int type = object_type(e->operands[i]);
        bool decides =
            type == T_EXPRESSION || type == T_CHOICE || type == T_REGION;
        if (decides && (i >= 16 || e->operation->outer >> i & 1) &&
            power_depends(w, e->operands[i]))
            return false;
    }
    if (trace_once(w->trace, v, out)) return *out != v;
    error_clear(&w->trace->machine->error);
    return false;
}

bool power_is_whole(const struct power_view *w, value v, bool *whole)
{
    for (int i = 0; i < DEPTH; i++) {
        *whole = v == v_object(w->choice);
        if (*whole || !power_depends(w, v)) return true;
        if (is_type(v, T_REGION)) {
            const value *inner = given(w, v, DEPTH);
            if (!inner) return false;
            v = *inner;
        } else if (!is_type(v, T_EXPRESSION) || !pick_of(w, v, &v)) {
            return false;
        }
    }
    return false;
}

/* ---- columns ------------------------------------------------------------------ */

static bool is_all(struct column c, double x) { return !c.rows && c.one == x; }

static bool is_constant(const struct power *x) { return is_all(x->b, 0.0); }

typedef double binary(double x, double y);
static double plus(double x, double y) { return x + y; }
static double minus(double x, double y) { return x - y; }
static double times(double x, double y) { return x * y; }
static double over(double x, double y) { return x / y; }

/* Whole columns that change nothing, or come to nothing, cost nothing. */
static bool is_short(binary *f, struct column x, struct column y,
                     struct column *out)
{
    if ((f == plus && is_all(x, 0.0)) || (f == times && is_all(x, 1.0)) ||
        (f == times && is_all(y, 0.0)))
        *out = y;
    else if (((f == plus || f == minus) && is_all(y, 0.0)) ||
             ((f == times || f == over) && is_all(y, 1.0)) ||
             ((f == times || f == over) && is_all(x, 0.0)))
        *out = x;
    else
        return false;
    return f != over || !is_all(y, 0.0);
}

static bool join(binary *f, struct column x, struct column y, uint32_t rows,
                 struct column *out)
{
    if (!x.rows && !y.rows) {
        *out = (struct column){f(x.one, y.one), NULL};
        return isfinite(out->one);
    }
    if (is_short(f, x, y, out)) return true;
    double *at = memory_new_atomic(rows * sizeof *at);
    if (!at) return false;
    *out = (struct column){0.0, at};
    bool finite = true;
    for (uint32_t i = 0; i < rows; i++) {
        at[i] = f(column_at(x, i), column_at(y, i));
        finite = finite && isfinite(at[i]);
    }
    return finite;
}

static bool same_rows(const struct power *x, const struct power *y,
                      uint32_t *out)
{
    *out = x->rows ? x->rows : y->rows;
    return x->rows == y->rows || !x->rows || !y->rows;
}

/* ---- operations ----------------------------------------------------------------- */

static bool add(binary *f, struct power x, struct power y, struct power *out)
{
    uint32_t rows;
    if (!same_rows(&x, &y, &rows)) return false;
    double e = is_constant(&x) ? y.e : x.e;
    if (!is_constant(&x) && !is_constant(&y) && x.e != y.e) return false;
    *out = (struct power){.e = e, .rows = rows};
    return join(f, x.a, y.a, rows, &out->a) && join(f, x.b, y.b, rows, &out->b);
}

/* By one that does not depend on x. */
static bool scale(binary *f, struct power x, struct power by, struct power *out)
{
    uint32_t rows;
    if (!same_rows(&x, &by, &rows)) return false;
    *out = (struct power){.e = x.e, .rows = rows};
    return join(f, x.a, by.a, rows, &out->a) &&
           join(f, x.b, by.a, rows, &out->b);
}

static bool multiply(struct power x, struct power y, struct power *out)
{
    uint32_t rows;
    if (is_constant(&y)) return scale(times, x, y, out);
    if (is_constant(&x)) return scale(times, y, x, out);
    if (!is_all(x.a, 0.0) || !is_all(y.a, 0.0) || !same_rows(&x, &y, &rows))
        return false;
    *out = (struct power){.e = x.e + y.e, .rows = rows};
    if (!join(times, x.b, y.b, rows, &out->b)) return false;
    if (out->e != 0.0) return true;
    *out = (struct power){.a = out->b, .e = 1.0, .rows = rows};
    return true;
}

/* Of each row a or b is 0, or it is no power. */
static bool raise(const struct power_view *w, struct power x, double q,
                  struct power *out)
{
    uint32_t n = x.rows ? x.rows : 1;
    double one_a, one_b;
    double *a = x.rows ? memory_new_atomic(n * sizeof *a) : &one_a;
    double *b = x.rows ? memory_new_atomic(n * sizeof *b) : &one_b;
    if (!a || !b || q == 0.0 || (!w->positive && q != floor(q))) return false;
    for (uint32_t i = 0; i < n; i++) {
        double x_a = column_at(x.a, i), x_b = column_at(x.b, i);
        if (x_a != 0.0 && x_b != 0.0) return false;
        a[i] = x_b == 0.0 ? pow(x_a, q) : 0.0;
        b[i] = x_b == 0.0 ? 0.0 : pow(x_b, q);
        if (!isfinite(a[i]) || !isfinite(b[i])) return false;
    }
    *out = (struct power){.e = x.e * q, .rows = x.rows};
    out->a = x.rows ? (struct column){0.0, a} : (struct column){a[0], NULL};
    out->b = x.rows ? (struct column){0.0, b} : (struct column){b[0], NULL};
    return true;
}

static bool divide(const struct power_view *w, struct power x, struct power y,
                   struct power *out)
{
    if (is_constant(&y)) return scale(over, x, y, out);
    return raise(w, y, -1.0, &y) && multiply(x, y, out);
}

static bool combine(const struct power_view *w, uint32_t how, struct power x,
                    struct power y, struct power *out)
{
    switch (how) {
    case ARITHMETIC_ADD: return add(plus, x, y, out);
    case ARITHMETIC_SUBTRACT: return add(minus, x, y, out);
    case ARITHMETIC_MULTIPLY: return multiply(x, y, out);
    case ARITHMETIC_DIVIDE: return divide(w, x, y, out);
    default: return false;
    }
}

/* (- x) and (/ x) have 0 and 1 on their left. */
static bool of_arithmetic(const struct power_view *w,
                          const struct expression *e, int depth,
                          struct power *out)
{
    uint32_t how = e->operation->arithmetic;
    if (e->head.size == 0 || !view(w, e->operands[0], depth, out)) return false;
    if (e->head.size == 1) {
        struct power left = {.a = {how == ARITHMETIC_DIVIDE, NULL}, .e = 1.0};
        return (how != ARITHMETIC_SUBTRACT && how != ARITHMETIC_DIVIDE) ||
               combine(w, how, left, *out, out);
    }
    for (uint32_t i = 1; i < e->head.size; i++) {
        struct power y;
        if (!view(w, e->operands[i], depth, &y) ||
            !combine(w, how, *out, y, out))
            return false;
    }
    return true;
}

/* ---- arrays ----------------------------------------------------------------------- */

static bool of_plain(value v, struct power *out)
{
    *out = (struct power){.e = 1.0};
    if (is_number(v)) {
        out->a.one = as_number(v);
        return true;
    }
    if (is_vector(v)) {
        out->a.rows = as_vector(v)->at;
        out->rows = as_vector(v)->rows;
        return as_vector(v)->columns == 0 && out->rows > 0;
    }
    if (!is_pair(v) || !is_list(v)) return false;
    double *at = memory_new_atomic(list_length(v) * sizeof *at);
    out->a.rows = at;
    for (; at && is_pair(v); v = cdr(v)) {
        if (!is_number(car(v))) return false;
        at[out->rows++] = as_number(car(v));
    }
    return at != NULL;
}

static bool read_plain(const struct power_view *w, value v, value *out)
{
    if (trace_deep(w->trace, v, out)) return true;
    error_clear(&w->trace->machine->error);
    return false;
}

/* Of a list, or of operands, each of them one row. */
struct gathering {
    double *a, *b, e;
    uint32_t rows;
};

static bool gathering_open(struct gathering *g, uint32_t rows)
{
    *g = (struct gathering){.e = NAN};
    g->a = memory_new_atomic((rows + !rows) * sizeof *g->a);
    g->b = memory_new_atomic((rows + !rows) * sizeof *g->b);
    return rows && g->a && g->b;
}

static bool gathering_put(struct gathering *g, const struct power *x)
{
    if (x->rows) return false;
    g->a[g->rows] = x->a.one;
    g->b[g->rows++] = x->b.one;
    if (x->b.one == 0.0) return true;
    if (isnan(g->e)) g->e = x->e;
    return g->e == x->e;
}

static bool gathering_close(const struct gathering *g, struct power *out)
{
    *out = (struct power){.a = {0.0, g->a},
                          .b = {0.0, g->b},
                          .e = isnan(g->e) ? 1.0 : g->e,
                          .rows = g->rows};
    return true;
}

static bool of_list(const struct power_view *w, value v, int depth,
                    struct power *out)
{
    struct gathering g;
    struct power x;
    if (!is_list(v) || !gathering_open(&g, list_length(v))) return false;
    for (; is_pair(v); v = cdr(v))
        if (!view(w, car(v), depth, &x) || !gathering_put(&g, &x)) return false;
    return gathering_close(&g, out);
}

static bool of_vector(const struct power_view *w, const struct expression *e,
                      int depth, struct power *out)
{
    struct gathering g;
    struct power x;
    if (!gathering_open(&g, e->head.size)) return false;
    for (uint32_t i = 0; i < e->head.size; i++)
        if (!view(w, e->operands[i], depth, &x) || !gathering_put(&g, &x))
            return false;
    return gathering_close(&g, out);
}

static bool of_same(const struct power_view *w, const struct expression *e,
                    int depth, struct power *out)
{
    return view(w, e->operands[0], depth, out);
}

static bool of_root(const struct power_view *w, const struct expression *e,
                    int depth, struct power *out)
{
    return view(w, e->operands[0], depth, out) && raise(w, *out, 0.5, out);
}

static bool of_square(const struct power_view *w, const struct expression *e,
                      int depth, struct power *out)
{
    return view(w, e->operands[0], depth, out) && raise(w, *out, 2.0, out);
}

static bool of_expt(const struct power_view *w, const struct expression *e,
                    int depth, struct power *out)
{
    struct power q;
    return view(w, e->operands[0], depth, out) &&
           view(w, e->operands[1], depth, &q) && !q.rows && is_constant(&q) &&
           raise(w, *out, q.a.one, out);
}

/* The choice itself: x, or a vector of which one element is. */
static bool of_choice(const struct power_view *w, struct power *out)
{
    struct gathering g;
    value held = w->choice->held;
    *out = (struct power){.b = {1.0, NULL}, .e = 1.0};
    if (w->element == ENTIRE) return true;
    if (!is_vector(held) || as_vector(held)->columns ||
        !gathering_open(&g, as_vector(held)->rows))
        return false;
    g.e = 1.0;
    for (; g.rows < as_vector(held)->rows; g.rows++) {
        bool own = g.rows == w->element;
        g.a[g.rows] = own ? 0.0 : as_vector(held)->at[g.rows];
        g.b[g.rows] = own;
        if (!isfinite(g.a[g.rows])) return false;
    }
    return gathering_close(&g, out);
}

/* One element, by an index that does not depend on x. */
static bool of_index(const struct power_view *w, const struct expression *e,
                     int depth, struct power *out)
{
    struct power x, at;
    if (!view(w, e->operands[0], depth, &x) || !x.rows ||
        !view(w, e->operands[1], depth, &at) || at.rows || !is_constant(&at))
        return false;
    double k = at.a.one;
    if (!(k >= 0.0 && k < x.rows) || k != floor(k)) return false;
    *out = (struct power){.a = {column_at(x.a, (uint32_t)k), NULL},
                          .b = {column_at(x.b, (uint32_t)k), NULL},
                          .e = x.e};
    return true;
}

/* Elements of an array by plain indices. */
static bool of_gather(const struct power_view *w, const struct expression *e,
                      int depth, struct power *out)
{
    struct power x, at;
    struct gathering g;
    if (!view(w, e->operands[0], depth, &x) || !x.rows ||
        !view(w, e->operands[1], depth, &at) || !at.rows || !is_constant(&at) ||
        !gathering_open(&g, at.rows))
        return false;
    g.e = x.e;
    for (g.rows = 0; g.rows < at.rows; g.rows++) {
        double k = column_at(at.a, g.rows);
        if (!(k >= 0.0 && k < x.rows) || k != floor(k)) return false;
        g.a[g.rows] = column_at(x.a, (uint32_t)k);
        g.b[g.rows] = column_at(x.b, (uint32_t)k);
    }
    return gathering_close(&g, out);
}

static double sum_of(struct column c, uint32_t rows)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < rows; i++) sum += column_at(c, i);
    return sum;
}

static bool fold(const struct power *x, struct power *out)
{
    *out = (struct power){.a = {sum_of(x->a, x->rows), NULL},
                          .b = {sum_of(x->b, x->rows), NULL},
                          .e = x->e};
    return isfinite(out->a.one) && isfinite(out->b.one);
}

static bool of_sum(const struct power_view *w, const struct expression *e,
                   int depth, struct power *out)
{
    struct power x;
    return view(w, e->operands[0], depth, &x) && x.rows && fold(&x, out);
}

static bool of_dot(const struct power_view *w, const struct expression *e,
                   int depth, struct power *out)
{
    struct power x, y;
    return view(w, e->operands[0], depth, &x) &&
           view(w, e->operands[1], depth, &y) && x.rows && y.rows &&
           multiply(x, y, &x) && fold(&x, out);
}

static double row_times(const double *row, struct column x, uint32_t n)
{
    double sum = 0.0;
    if (is_all(x, 0.0)) return 0.0;
    for (uint32_t k = 0; k < n; k++) sum += row[k] * column_at(x, k);
    return sum;
}

/* A plain matrix by a column. */
static bool of_matmul(const struct power_view *w, const struct expression *e,
                      int depth, struct power *out)
{
    struct power x;
    struct gathering g;
    value left;
    if (e->head.size != 2 || power_depends(w, e->operands[0]) ||
        !read_plain(w, e->operands[0], &left) || !is_vector(left) ||
        !view(w, e->operands[1], depth, &x))
        return false;
    const struct vector *m = as_vector(left);
    if (!m->columns || m->columns != x.rows || !gathering_open(&g, m->rows))
        return false;
    g.e = x.e;
    for (g.rows = 0; g.rows < m->rows; g.rows++) {
        const double *row = m->at + (size_t)g.rows * m->columns;
        g.a[g.rows] = row_times(row, x.a, m->columns);
        g.b[g.rows] = row_times(row, x.b, m->columns);
        if (!isfinite(g.a[g.rows]) || !isfinite(g.b[g.rows])) return false;
    }
    return gathering_close(&g, out);
}

/* Operations beside arithmetic, by all the names that they have. */
static const struct {
    const char *names;
    bool (*of)(const struct power_view *, const struct expression *, int,
               struct power *);
} operations[] = {
    {"sqrt", of_root},
    {"square", of_square},
    {"gather", of_gather},
    {"expt pow ** power", of_expt},
    {"dot", of_dot},
    {"matmul", of_matmul},
    {"sum", of_sum},
    {"vector", of_vector},
    {"list->vector array", of_same},
};

static bool of_operation(const struct power_view *w, value v, int depth,
                         struct power *out)
{
    const struct expression *e = as_object(v);
    uint32_t how = e->operation->arithmetic;
    value target;
    if (how >= ARITHMETIC_ADD && how <= ARITHMETIC_DIVIDE)
        return of_arithmetic(w, e, depth, out);
    if (pick_of(w, v, &target)) return view(w, target, depth, out);
    if (e->operation->flags & (PRIMITIVE_INDEX | PRIMITIVE_ELEMENT) &&
        e->head.size == 2)
        return of_index(w, e, depth, out);
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (strcmp(operations[i].names, e->operation->names) == 0)
            return operations[i].of(w, e, depth, out);
    return false;
}

static bool view(const struct power_view *w, value v, int depth,
                 struct power *out)
{
    if (v == v_object(w->choice)) return of_choice(w, out);
    if (!power_depends(w, v))
        return (!has_reference(v) || read_plain(w, v, &v)) && of_plain(v, out);
    if (depth == 0) return false;
    if (is_pair(v)) return of_list(w, v, depth - 1, out);
    if (is_type(v, T_REGION)) {
        const value *inner = given(w, v, depth);
        return inner && view(w, *inner, depth - 1, out);
    }
    return is_type(v, T_EXPRESSION) && of_operation(w, v, depth - 1, out);
}

bool power_of(const struct power_view *w, value v, struct power *out)
{
    return view(w, v, DEPTH, out);
}
