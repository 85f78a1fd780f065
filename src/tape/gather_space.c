/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Coordinates of choices: R^n to the space of their values, as operations of
 * the graph with the log of the Jacobian among the terms, and back again in
 * doubles (gathering_read). Bounds may depend on other choices, so they are
 * nodes; simplices and the like do not.
 *
 * Sources: Stan reference manual, "Constraint Transforms": logs and logits;
 * stick-breaking with the logit of 1 / (K - k) as origin; ordered vectors;
 * Cholesky factors of correlations by tanh of partial correlations
 * (Lewandowski, Kurowicka and Joe 2009); covariances by their factor.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tape/gather_centre.h"
#include "tape/gather_space.h"
#include "xrp/form.h"

/* ---- what space it is -------------------------------------------------------- */

/* The application whose values are the elements; forms of arrays are taken
 * off. *order: what they say of the whole. */
static const struct xrp_family *
element_family(const struct choice *c, uint32_t *from, enum space *order)
{
    const struct xrp_family *f = c->family;
    *from = 0;
    *order = SPACE_REAL;
    for (;;) {
        if (f == &family_iid || f == &family_each)
            *from += 1;
        else if (f == &family_ordered)
            *order = SPACE_ORDERED;
        else if (f == &family_positive_ordered)
            *order = SPACE_POSITIVE_ORDERED;
        else
            return f;
        if (*from >= c->node.head.size || !is_type(c->written[*from], T_XRP))
            return NULL;
        f = ((const struct xrp *)as_object(c->written[*from]))->family;
        *from += 1;
    }
}

/* Vectors of one length in a list: the rows of a matrix. */
static bool shape_of_list(value list, struct gather_block *k)
{
    uint32_t rows = 0;
    k->listed = true;
    for (; is_pair(list); list = cdr(list), rows++) {
        if (!is_vector(car(list)) || as_vector(car(list))->columns)
            return false;
        if (rows && as_vector(car(list))->rows != k->columns) return false;
        k->columns = as_vector(car(list))->rows;
    }
    k->rows = rows;
    k->numbers = rows * k->columns;
    return list == V_NIL && k->numbers > 0;
}

static bool shape_of_value(const struct choice *c, struct gather_block *k)
{
    value v = c->held;
    k->rows = k->columns = 0;
    k->numbers = 1;
    k->listed = false;
    if (is_number(v)) return true;
    if (is_pair(v)) return shape_of_list(v, k);
    if (!is_vector(v)) return false;
    k->rows = as_vector(v)->rows;
    k->columns = as_vector(v)->columns;
    k->numbers = as_vector(v)->head.size;
    return k->numbers > 0;
}

bool space_has_shape(const struct gather_block *k)
{
    struct gather_block now;
    return shape_of_value(k->choice, &now) && now.rows == k->rows &&
           now.columns == k->columns && now.listed == k->listed;
}

/* What the choice holds, one behind the other. *room: to be freed. NULL:
 * memory ran out. */
static const double *numbers_held(const struct gather_block *k, double *one,
                                  double **room)
{
    value v = k->choice->held;
    *room = NULL;
    if (is_vector(v)) return as_vector(v)->at;
    if (is_number(v)) {
        *one = as_number(v);
        return one;
    }
    *room = malloc(k->numbers * sizeof **room);
    for (double *to = *room; to && is_pair(v); v = cdr(v), to += k->columns)
        memcpy(to, as_vector(car(v))->at, k->columns * sizeof *to);
    return *room;
}

/* A simplex in each row of a matrix, or one. */
static uint32_t lines(const struct gather_block *k)
{
    return k->columns ? k->rows : 1;
}
static uint32_t width(const struct gather_block *k)
{
    return k->columns ? k->columns : k->rows;
}

static void set_space(struct gather_block *k, const struct xrp_family *f,
                      enum space order, enum xrp_support support)
{
    k->count = k->numbers;
    k->space = order;
    if (order != SPACE_REAL) return;
    switch (support) {
    case SUPPORT_SIMPLEX:
        k->space = SPACE_SIMPLEX;
        k->count = lines(k) * (width(k) - 1);
        break;
    case SUPPORT_CORRELATION:
        k->space = SPACE_CORRELATION;
        k->count = k->rows * (k->rows - 1) / 2;
        break;
    case SUPPORT_DEFINITE:
        k->space = SPACE_DEFINITE;
        k->count = k->rows * (k->rows + 1) / 2;
        break;
    default: break;
    }
    (void)f;
}

/* ---- bounds ------------------------------------------------------------------ */

/* Of the element's application with these plain arguments. */
static bool plain_bounds(const struct xrp_family *f, const struct xrp_site *s,
                         double *lo, double *hi)
{
    *lo = -INFINITY;
    *hi = INFINITY;
    if (f->bounds && f->bounds(s, lo, hi)) return *lo < *hi;
    switch (xrp_support_at(f, s)) {
    case SUPPORT_REAL:
    case SUPPORT_VECTOR: return true;
    case SUPPORT_POSITIVE: *lo = 0.0; return true;
    case SUPPORT_UNIT:
        *lo = 0.0;
        *hi = 1.0;
        return true;
    case SUPPORT_ANGLE:
        *lo = -M_PI;
        *hi = M_PI;
        return true;
    default: return false;
    }
}

/* Arguments of element i of a choice, plain, from `from` on. */
static bool element_site(struct trace *t, const struct choice *c, uint32_t from,
                         uint32_t i, uint32_t n, const struct xrp_family *f,
                         value *room, struct xrp_site *out)
{
    uint32_t count = c->node.head.size - from;
    for (uint32_t k = 0; k < count; k++) {
        if (!trace_deep(t, c->written[from + k], &room[k])) return false;
        if (c->family == &family_each && is_vector(room[k]) &&
            !as_vector(room[k])->columns && as_vector(room[k])->rows == n)
            room[k] = v_double(as_vector(room[k])->at[i]);
    }
    *out =
        (struct xrp_site){.args = room, .arg_count = (int)count, .family = f};
    return true;
}

static bool args_are_plain(struct build *b, const struct choice *c,
                           uint32_t from, bool *plain)
{
    *plain = true;
    for (uint32_t i = from; i < c->node.head.size; i++) {
        struct item a;
        if (!item_of(b, c->written[i], &a)) return false;
        *plain = *plain && a.kind == ITEM_PLAIN;
    }
    return true;
}

static bool is_called(const struct xrp_family *f, const char *name)
{
    size_t n = strcspn(f->names, " ");
    return strlen(name) == n && !memcmp(f->names, name, n);
}

/* Bounds that depend on other choices: nodes of element i. */
static bool moving_bounds(struct build *b, const struct choice *c,
                          const struct xrp_family *f, uint32_t from, uint32_t i,
                          uint32_t lo_hi[2])
{
    bool both = is_called(f, "uniform-continuous") ||
                is_called(f, "flat-interval") || f == &family_truncated;
    if (!both && !is_called(f, "pareto"))
        return build_refuse(b, "the bounds of %.*s depend on other choices",
                            (int)strcspn(f->names, " "), f->names);
    lo_hi[1] = graph_number(&b->g, INFINITY);
    for (uint32_t k = 0; k < (both ? 2u : 1u); k++) {
        struct item a, e;
        if (!item_of(b, c->written[from + k], &a)) return false;
        e = a;
        if (a.kind == ITEM_ARRAY && !item_element(b, &a, i, &e)) return false;
        if (!item_number(b, &e, &lo_hi[k])) return false;
    }
    if (f != &family_truncated) return true;
    /* The bounds of what is truncated hold as well. */
    const struct xrp *in = as_object(c->written[from + 2]);
    if (in->family->support_kind == SUPPORT_REAL) return true;
    if (in->family->support_kind != SUPPORT_POSITIVE)
        return build_refuse(b, "the bounds of truncated %s depend on choices",
                            in->family->names);
    lo_hi[0] = graph_2(&b->g, TAPE_MAX, lo_hi[0], graph_number(&b->g, 0.0));
    return true;
}

/* Are bounds no matter of the arguments? */
static bool has_fixed_bounds(const struct xrp_family *f)
{
    return f->support_kind != SUPPORT_INTERVAL &&
           f->support_kind != SUPPORT_LOWER && f != &family_truncated;
}

/* Is there an `each` within another form? Its arguments are of an element of
 * an element. */
static bool goes_along_within(const struct choice *c)
{
    for (uint32_t i = 0; i < c->node.head.size; i++)
        if (is_type(c->written[i], T_XRP) &&
            ((const struct xrp *)as_object(c->written[i]))->family ==
                &family_each)
            return true;
    return false;
}

static bool find_bounds(struct build *b, struct choice *c,
                        const struct xrp_family *f, uint32_t from, uint32_t i,
                        uint32_t n, bool plain, uint32_t lo_hi[2])
{
    struct xrp_site s;
    value few[8], *room = few;
    double lo, hi;
    uint32_t count = c->node.head.size - from;
    if (!plain && !has_fixed_bounds(f))
        return moving_bounds(b, c, f, from, i, lo_hi);
    if (count > 8 && !(room = memory_new(count * sizeof *room)))
        return machine_no_memory(b->t->machine);
    if (!element_site(b->t, c, from, i, n, f, room, &s)) return false;
    if (!plain_bounds(f, &s, &lo, &hi))
        return build_refuse(b, "values of %.*s have no coordinates",
                            (int)strcspn(f->names, " "), f->names);
    lo_hi[0] = graph_number(&b->g, lo);
    lo_hi[1] = graph_number(&b->g, hi);
    return true;
}

/* ---- maps ---------------------------------------------------------------------- */

static uint32_t g1(struct build *b, enum tape_code code, uint32_t x)
{
    return graph_1(&b->g, code, x);
}
static uint32_t g2(struct build *b, enum tape_code code, uint32_t x, uint32_t y)
{
    return graph_2(&b->g, code, x, y);
}
static uint32_t gn(struct build *b, double x) { return graph_number(&b->g, x); }

void space_jacobian(struct build *b, uint32_t node, double factor)
{
    if (!build_grow(b, &b->jacobian, &b->jacobian_room, b->jacobian_count + 1,
                    sizeof *b->jacobian)) {
        b->g.broken = true;
        return;
    }
    b->jacobian[b->jacobian_count++] = (struct jacobian){node, factor};
}

/* Of what the coordinates are by the numbers, among the terms. */
static void add_jacobian(struct build *b, uint32_t n, double factor)
{
    if (b->plan && b->plan->of_numbers) return;
    graph_add(&b->g, n, factor);
    space_jacobian(b, n, factor);
}

static bool is_finite_node(struct build *b, uint32_t n)
{
    return !graph_is_number(&b->g, n) || isfinite(b->g.nodes[n].number);
}

static uint32_t between(struct build *b, const uint32_t lo_hi[2], uint32_t y,
                        enum space *space)
{
    uint32_t lo = lo_hi[0], hi = lo_hi[1];
    bool low = is_finite_node(b, lo), high = is_finite_node(b, hi);
    *space = low && high ? SPACE_INTERVAL
             : low       ? SPACE_LOWER
             : high      ? SPACE_UPPER
                         : SPACE_REAL;
    bool from_zero = graph_is_number(&b->g, lo) && b->g.nodes[lo].number == 0.0;
    uint32_t x;
    switch (*space) {
    case SPACE_LOWER:
        add_jacobian(b, y, 1.0);
        x = g1(b, TAPE_EXP, y);
        return from_zero ? x : g2(b, TAPE_ADD, lo, x);
    case SPACE_UPPER:
        add_jacobian(b, y, 1.0);
        return g2(b, TAPE_SUBTRACT, hi, g1(b, TAPE_EXP, y));
    case SPACE_INTERVAL: {
        uint32_t wide = g2(b, TAPE_SUBTRACT, hi, lo);
        add_jacobian(b, g1(b, TAPE_LOG, wide), 1.0);
        add_jacobian(b, g1(b, TAPE_SOFTPLUS, y), -1.0);
        add_jacobian(b, g1(b, TAPE_SOFTPLUS, g1(b, TAPE_NEGATE, y)), -1.0);
        x = g1(b, TAPE_LOGISTIC, y);
        if (!graph_is_number(&b->g, wide) || b->g.nodes[wide].number != 1.0)
            x = g2(b, TAPE_MULTIPLY, wide, x);
        return from_zero ? x : g2(b, TAPE_ADD, lo, x);
    }
    default: return y;
    }
}

/* One stick: K numbers from K - 1 coordinates. */
static void break_stick(struct build *b, uint32_t first, uint32_t k_all,
                        uint32_t *x)
{
    uint32_t left = gn(b, 1.0), log_left = gn(b, 0.0);
    for (uint32_t k = 0; k + 1 < k_all; k++) {
        uint32_t y = g2(b, TAPE_SUBTRACT, first + k,
                        gn(b, log((double)(k_all - 1 - k))));
        uint32_t up = g1(b, TAPE_SOFTPLUS, g1(b, TAPE_NEGATE, y));
        uint32_t down = g1(b, TAPE_SOFTPLUS, y); /* -log z, -log(1 - z) */
        add_jacobian(b, up, -1.0);
        add_jacobian(b, down, -1.0);
        add_jacobian(b, log_left, 1.0);
        x[k] = g2(b, TAPE_MULTIPLY, left, g1(b, TAPE_LOGISTIC, y));
        log_left = g2(b, TAPE_SUBTRACT, log_left, down);
        left = g1(b, TAPE_EXP, log_left);
    }
    x[k_all - 1] = left;
}

static void climb(struct build *b, uint32_t first, uint32_t n, bool positive,
                  uint32_t *x)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t y = first + i;
        if (i || positive) add_jacobian(b, y, 1.0);
        uint32_t step = i || positive ? g1(b, TAPE_EXP, y) : y;
        x[i] = i ? g2(b, TAPE_ADD, x[i - 1], step) : step;
    }
}

/* log(1 - tanh(y)^2), for any y: log 4 + 2 y - 2 log(1 + exp(2 y)). */
static uint32_t log_sech_square(struct build *b, uint32_t y)
{
    uint32_t two = gn(b, 2.0), u = g2(b, TAPE_MULTIPLY, two, y);
    uint32_t s = g2(b, TAPE_MULTIPLY, two, g1(b, TAPE_SOFTPLUS, u));
    return g2(b, TAPE_ADD, g2(b, TAPE_SUBTRACT, u, s),
              gn(b, 1.38629436111989061884));
}

static uint32_t root_of_exp(struct build *b, uint32_t x)
{
    return g1(b, TAPE_EXP, g2(b, TAPE_MULTIPLY, gn(b, 0.5), x));
}

/* Rows of unit length, by the share of what is left that each takes. */
static void correlate(struct build *b, uint32_t first, uint32_t n, uint32_t *x)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t left = gn(b, 0.0); /* log of 1 - the sum of squares so far */
        for (uint32_t j = 0; j < n; j++) {
            if (j > i) {
                x[i * n + j] = gn(b, 0.0);
            } else if (j == i) {
                x[i * n + j] = root_of_exp(b, left);
            } else {
                uint32_t z = g1(b, TAPE_TANH, first);
                uint32_t rest = log_sech_square(b, first++);
                add_jacobian(b, rest, 1.0);
                add_jacobian(b, left, 0.5);
                x[i * n + j] = g2(b, TAPE_MULTIPLY, z, root_of_exp(b, left));
                left = g2(b, TAPE_ADD, left, rest);
            }
        }
    }
}

static bool define(struct build *b, uint32_t first, uint32_t n, uint32_t *x)
{
    uint32_t *l = memory_new_atomic(n * n * sizeof *l);
    if (!l) return machine_no_memory(b->t->machine);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j <= i; j++, first++) {
            l[i * n + j] = first;
            if (j < i) continue;
            l[i * n + j] = g1(b, TAPE_EXP, first);
            add_jacobian(b, first, n - i + 1.0);
        }
    add_jacobian(b, gn(b, n * 0.69314718055994530942), 1.0);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j <= i; j++) {
            uint32_t sum = g2(b, TAPE_MULTIPLY, l[i * n], l[j * n]);
            for (uint32_t k = 1; k <= j; k++)
                sum = graph_3(&b->g, TAPE_MULTIPLY_ADD, l[i * n + k],
                              l[j * n + k], sum);
            x[i * n + j] = x[j * n + i] = sum;
        }
    return true;
}

/* ---- entering -------------------------------------------------------------------- */

static bool by_elements(struct build *b, struct choice *c,
                        const struct xrp_family *f, uint32_t from,
                        struct gather_block *k, const uint32_t *y, uint32_t *x)
{
    uint32_t lo_hi[2];
    bool plain, own = c->family == &family_each;
    if (!args_are_plain(b, c, from, &plain)) return false;
    for (uint32_t i = 0; i < k->numbers; i++) {
        if ((i == 0 || own) &&
            !find_bounds(b, c, f, from, i, k->numbers, plain, lo_hi))
            return false;
        x[i] = between(b, lo_hi, y[i], &k->space);
    }
    return true;
}

static bool enter(struct build *b, struct choice *c, struct gather_block *k,
                  uint32_t *y, uint32_t *x, bool *scored)
{
    uint32_t from;
    enum space order;
    const struct xrp_family *f = element_family(c, &from, &order);
    for (uint32_t i = 0; i < k->count; i++) y[i] = graph_coordinate(&b->g);
    switch (k->space) {
    case SPACE_SIMPLEX:
        for (uint32_t i = 0; i < lines(k); i++)
            break_stick(b, y[0] + i * (width(k) - 1), width(k),
                        x + i * width(k));
        return true;
    case SPACE_ORDERED:
    case SPACE_POSITIVE_ORDERED:
        climb(b, y[0], k->count, k->space == SPACE_POSITIVE_ORDERED, x);
        return true;
    case SPACE_CORRELATION: correlate(b, y[0], k->rows, x); return true;
    case SPACE_DEFINITE: return define(b, y[0], k->rows, x);
    case SPACE_LOCATED: return centre_enter(b, c, from, k, y, x, scored);
    default: return by_elements(b, c, f, from, k, y, x);
    }
}

static bool describe(struct build *b, struct choice *c, struct gather_block *k)
{
    uint32_t from;
    enum space order;
    const struct xrp_family *f = element_family(c, &from, &order);
    struct xrp_site s = {.args = c->written + from,
                         .arg_count = (int)(c->node.head.size - from),
                         .family = f};
    *k = (struct gather_block){
        .choice = c, .location = c->node.location, .place = *choice_place(c)};
    if (!f || choice_urn(c) || !(xrp_flags_at(f, &s) & XRP_CONTINUOUS))
        return build_refuse(b, "it is discrete");
    if (!shape_of_value(c, k) ||
        (k->listed && (order != SPACE_REAL ||
                       (!has_fixed_bounds(f) && goes_along_within(c)))))
        return build_refuse(b, "its values are a list of what has no one "
                               "shape: (map (lambda (i) ...) (iota n)) makes "
                               "as many choices");
    set_space(k, f, order, xrp_support_at(f, &s));
    return true;
}

static bool give_list(struct build *b, const struct gather_block *k,
                      const uint32_t *x, struct item *out)
{
    struct item *rows = memory_new(k->rows * sizeof *rows);
    if (!rows) return machine_no_memory(b->t->machine);
    for (uint32_t i = 0; i < k->rows; i++, x += k->columns) {
        if (!array_new(b, k->columns, 0, &rows[i])) return false;
        memcpy(array_at(b, &rows[i]), x, k->columns * sizeof *x);
        rows[i].share = k->space == SPACE_SIMPLEX;
    }
    return item_list(b, rows, k->rows, out);
}

/* Its numbers, as they are found again. */
static bool give(struct build *b, struct gather_block *k, const uint32_t *x,
                 struct item *out)
{
    if (k->numbers == 1 && !k->rows) {
        *out = item_node(x[0]);
    } else if (k->listed) {
        if (!give_list(b, k, x, out)) return false;
    } else {
        if (!array_new(b, k->rows, k->columns, out)) return false;
        memcpy(array_at(b, out), x, k->numbers * sizeof *x);
        out->share = k->space == SPACE_SIMPLEX && !k->columns;
    }
    for (uint32_t i = 0; i < k->numbers; i++) graph_keep(&b->g, x[i]);
    k->at = b->number_count;
    b->number_count += k->numbers;
    return true;
}

static bool put_block(struct build *b, const struct gather_block *k)
{
    if (!build_grow(b, &b->blocks, &b->block_room, b->block_count + 1,
                    sizeof *k))
        return false;
    b->blocks[b->block_count++] = *k;
    return true;
}

bool space_enter(struct build *b, struct choice *c, struct item *out)
{
    struct gather_block k;
    uint32_t *y, *x;
    b->place = choice_place(c);
    if (!describe(b, c, &k)) return false;
    /* What bounds stand on comes first, so that nothing is entered twice. */
    uint32_t from;
    enum space order;
    bool plain, scored = false;
    k.elements = element_family(c, &from, &order);
    if (!args_are_plain(b, c, from, &plain)) return false;
    if (!plain && order == SPACE_REAL && !centre_describe(b, c, from, &k))
        return false;
    y = memory_new_atomic((k.count + 1) * sizeof *y);
    x = memory_new_atomic(k.numbers * sizeof *x);
    if (!y || !x) return machine_no_memory(b->t->machine);
    k.first = b->g.coordinates;
    if (!enter(b, c, &k, y, x, &scored) || !give(b, &k, x, out) ||
        (k.space == SPACE_LOCATED && !centre_keep(b, c, from, &k)) ||
        !put_block(b, &k)) {
        free(k.centring);
        return false;
    }
    out->scored = scored;
    return true;
}

/* ---- back --------------------------------------------------------------------------- */

static double from_between(double x, double lo, double hi)
{
    bool low = lo > -INFINITY, high = hi < INFINITY;
    if (low && high) return log(x - lo) - log(hi - x);
    if (low) return log(x - lo);
    return high ? log(hi - x) : x;
}

static void from_stick(const double *x, uint32_t k_all, double *y)
{
    double left = 0.0; /* what is behind, added from the end */
    for (uint32_t k = k_all - 1; k-- > 0;) {
        left += x[k + 1];
        y[k] = log(x[k]) - log(left) + log((double)(k_all - 1 - k));
    }
}

static void from_correlation(const double *x, uint32_t n, double *y)
{
    for (uint32_t i = 0; i < n; i++) {
        double left = 1.0;
        for (uint32_t j = 0; j < i; j++) {
            double z = x[i * n + j] / sqrt(left);
            *y++ = atanh(z);
            left *= 1.0 - z * z;
        }
    }
}

/* The lower factor, then logs on its diagonal. */
static bool from_definite(const double *x, uint32_t n, double *y)
{
    double *l = memory_new_atomic(n * n * sizeof *l);
    if (!l) return false;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j <= i; j++) {
            double sum = x[i * n + j];
            for (uint32_t k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
            l[i * n + j] = i == j ? sqrt(sum) : sum / l[j * n + j];
            *y++ = i == j ? log(l[i * n + j]) : l[i * n + j];
        }
    return true;
}

static bool elements_back(struct trace *t, const struct gather_block *k,
                          const double *x, double *y)
{
    uint32_t from;
    enum space order;
    struct choice *c = k->choice;
    const struct xrp_family *f = element_family(c, &from, &order);
    value few[8], *room = few;
    double lo = 0.0, hi = 0.0;
    struct xrp_site s;
    uint32_t count = c->node.head.size - from;
    if (count > 8 && !(room = memory_new(count * sizeof *room))) return false;
    if (centre_is_vectors(k))
        return element_site(t, c, from, 0, k->numbers, f, room, &s) &&
               centre_back_vectors(k, &s, x, y);
    for (uint32_t i = 0; i < k->numbers; i++) {
        if ((i == 0 || c->family == &family_each) &&
            (!element_site(t, c, from, i, k->numbers, f, room, &s) ||
             !plain_bounds(f, &s, &lo, &hi)))
            return false;
        y[i] = k->space == SPACE_LOCATED ? centre_back(k, i, x[i], &s)
                                         : from_between(x[i], lo, hi);
    }
    return true;
}

bool space_read(struct trace *t, const struct gather_block *k, double *y)
{
    double one, *room;
    const double *x = numbers_held(k, &one, &room);
    bool ok = x || machine_no_memory(t->machine);
    if (!ok) return false;
    switch (k->space) {
    case SPACE_SIMPLEX:
        for (uint32_t i = 0; i < lines(k); i++)
            from_stick(x + i * width(k), width(k), y + i * (width(k) - 1));
        break;
    case SPACE_ORDERED:
    case SPACE_POSITIVE_ORDERED:
        for (uint32_t i = k->count; i-- > 0;)
            y[i] = i                           ? log(x[i] - x[i - 1])
                   : k->space == SPACE_ORDERED ? x[0]
                                               : log(x[0]);
        break;
    case SPACE_CORRELATION: from_correlation(x, k->rows, y); break;
    case SPACE_DEFINITE: ok = from_definite(x, k->rows, y); break;
    default: ok = elements_back(t, k, x, y);
    }
    free(room);
    for (uint32_t i = 0; ok && i < k->count; i++) ok = isfinite(y[i]);
    return ok;
}
