/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tapes made by hand, run: every number against the same operations done one
 * by one (to the bit), every gradient against differences of the density
 * (Richardson's extrapolation), for plates of many sizes; guards, calls, what
 * is not taken; and random tapes. Run again at each instruction level that
 * the machine has, which must agree.
 */
#include "tape/lanes.h"
#include "tape/tape_print.h"
#include "tape_build.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static const uint32_t sizes[] = {1, 2, 3, 4, 7, 8, 9, 127, 128, 129, 1000};
enum { SIZES = sizeof sizes / sizeof *sizes };
static bool brief; /* at a level that is not the first: less of it */

static uint64_t state = 88172645463325252u;
static uint32_t below(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 33) % n);
}
static double uniform(double low, double high)
{
    return low + (high - low) * (below(1u << 30) / (double)(1u << 30));
}

/* ---- the same, one by one ----------------------------------------------- */

struct reference {
    double log_density;
    bool guarded;
    double *slots;
};

static double read_operand(const struct tape *t, const struct tape_plate *p,
                           const double *slots, const double *values,
                           uint32_t row, struct tape_operand o)
{
    switch (o.kind) {
    case TAPE_CONSTANT: return t->constants[o.index];
    case TAPE_COLUMN: return p->columns[o.index][row];
    case TAPE_SLOT: return slots[o.index];
    case TAPE_RUN: return slots[o.index + row];
    case TAPE_GATHER: return slots[p->gathers[o.index][row]];
    case TAPE_OPERATION: return values[o.index];
    default: return 0;
    }
}

static void refer(const struct tape *t, const double *q, struct reference *out)
{
    out->log_density = t->constant;
    out->guarded = false;
    memcpy(out->slots, q, t->size * sizeof *q);
    for (uint32_t i = 0; i < t->plate_count; i++) {
        const struct tape_plate *p = &t->plates[i];
        if (p->call) {
            double in[8];
            for (uint32_t k = 0; k < p->call->count; k++)
                in[k] = out->slots[p->call->slots[k]];
            p->call->value(p->call->context, in, out->slots + p->call->first);
            if (p->call->term) out->log_density += out->slots[p->call->first];
        }
        for (uint32_t row = 0; row < p->rows; row++) {
            double values[256], of[3];
            for (uint32_t k = 0; k < p->count; k++) {
                const struct tape_operation *o = &p->operations[k];
                for (int j = 0; j < tape_arity(o->code); j++)
                    of[j] = read_operand(t, p, out->slots, values, row,
                                         o->operands[j]);
                values[k] = tape_compute(o->code, of);
            }
            for (uint32_t k = 0; k < p->term_count; k++)
                out->log_density += values[p->terms[k]];
            for (uint32_t k = 0; k < p->guard_count; k++)
                if (values[p->guards[k]] == 0) out->guarded = true;
            for (uint32_t k = 0; k < p->output_count; k++)
                out->slots[p->outputs[k].first + row] =
                    values[p->outputs[k].operation];
        }
    }
}

static double density(const struct tape *t, const double *q)
{
    double *slots = calloc(t->slots + 1, sizeof *slots);
    struct reference r = {.slots = slots};
    refer(t, q, &r);
    free(slots);
    return r.log_density;
}

/* Of the reference, by coordinate k: Richardson's table of four. */
static double slope(const struct tape *t, double *q, uint32_t k)
{
    double d[4][4], at = q[k], h = 0.02;
    for (int i = 0; i < 4; i++, h /= 2) {
        q[k] = at + h;
        double up = density(t, q);
        q[k] = at - h;
        d[i][0] = (up - density(t, q)) / (2 * h);
        q[k] = at;
        for (int j = 1; j <= i; j++)
            d[i][j] = d[i][j - 1] +
                      (d[i][j - 1] - d[i - 1][j - 1]) / ((1 << 2 * j) - 1);
    }
    return d[3][3];
}

/* All of it; the gradient at up to `most` coordinates. Frees the tape. */
static void look(struct tape *t, double *q, uint32_t most, double tolerance)
{
    double *gradient = calloc(t->size + 1, sizeof *gradient);
    double *slots = calloc(t->slots + 1, sizeof *slots);
    double *again = calloc(t->slots + 1, sizeof *again);
    struct reference r = {.slots = again};
    double log_density, alone, scale = 1;
    assert_true(tape_prepare(t));
    refer(t, q, &r);
    assert_int_equal(tape_run(t, q, &log_density, gradient), TAPE_FINE);
    assert_true(fabs(log_density - r.log_density) <=
                1e-12 * (1 + fabs(r.log_density) + t->slots));
    assert_int_equal(tape_run(t, q, &alone, NULL), TAPE_FINE);
    assert_memory_equal(&alone, &log_density, sizeof alone);
    tape_slots(t, q, slots);
    assert_memory_equal(slots, again, t->slots * sizeof *slots);
    for (uint32_t k = 0; k < t->size; k++)
        scale = fmax(scale, fabs(gradient[k]));
    for (uint32_t i = 0; i < t->size && i < most; i++) {
        uint32_t k = most < t->size ? below(t->size) : i;
        double right = slope(t, q, k);
        if (fabs(gradient[k] - right) > tolerance * scale)
            fail_msg("by %u: %.17g, not %.17g", k, gradient[k], right);
    }
    /* Again: the same bits. */
    double *second = calloc(t->size + 1, sizeof *second);
    tape_run(t, q, &alone, second);
    assert_memory_equal(second, gradient, t->size * sizeof *second);
    free(second);
    free(gradient);
    free(slots);
    free(again);
    tape_free(t);
}

static double *points(uint32_t n, double low, double high)
{
    double *x = calloc(n + 1, sizeof *x);
    for (uint32_t i = 0; i < n; i++) x[i] = uniform(low, high);
    return x;
}

/* ---- plates ------------------------------------------------------------- */

/* Two plates: a scale for each group, left; rows that gather it, with a
 * regression over three columns, the same for all rows and of each row. */
static struct tape *model(uint32_t n, uint32_t groups)
{
    struct tape *t = build_tape(4 + 2 * groups);
    double *x = points(3 * n + 3, -1, 1);
    uint32_t *at = calloc(n + 1, sizeof *at);
    for (uint32_t i = 0; i < n; i++) at[i] = 4 + groups + below(groups);
    struct tape_plate *p = build_plate(t, groups);
    struct tape_operand width =
        op1(p, TAPE_EXP, op2(p, TAPE_MULTIPLY, run(4), slot(3)));
    build_term(p, op3(p, TAPE_NORMAL, run(4), slot(0), number(t, 0.5)));
    build_term(p, width);
    uint32_t widths = build_output(t, p, width);
    p = build_plate(t, n);
    struct tape_operand sum = op2(p, TAPE_MULTIPLY, column(p, x), slot(0));
    sum = op3(p, TAPE_MULTIPLY_ADD, slot(1), column(p, x + n), sum);
    sum = op2(p, TAPE_ADD, sum,
              op2(p, TAPE_MULTIPLY, slot(2), column(p, x + 2 * n)));
    struct tape_operand same =
        op1(p, TAPE_EXP, op2(p, TAPE_SUBTRACT, slot(3), number(t, 1)));
    for (uint32_t i = 0; i < n; i++) at[i] += widths - (4 + groups);
    sum = op2(p, TAPE_ADD, sum, op2(p, TAPE_MULTIPLY, same, gather(p, at)));
    for (uint32_t i = 0; i < n; i++) at[i] -= widths - (4 + groups);
    struct tape_operand fixed = op1(p, TAPE_SIN, column(p, x));
    build_term(p, op3(p, TAPE_NORMAL, fixed, sum, gather(p, at)));
    free(x);
    free(at);
    return t;
}

static void plates_of_all_sizes(void **unused)
{
    (void)unused;
    for (int i = 0; i < SIZES; i++)
        for (int j = brief ? i % 4 : 0; j < SIZES - 1; j += brief ? 4 : 1) {
            struct tape *t = model(sizes[i], sizes[j]);
            double *q = points(t->size, -1, 1);
            look(t, q, 6, 1e-8);
            free(q);
        }
}

/* A walk: rows that read their neighbours. */
static void runs_that_overlap(void **unused)
{
    (void)unused;
    for (int i = 0; i < SIZES; i++) {
        uint32_t n = sizes[i];
        struct tape *t = build_tape(n + 2);
        struct tape_plate *p = build_plate(t, n);
        struct tape_operand mean = op2(p, TAPE_MULTIPLY, run(0), slot(n + 1));
        build_term(p, op3(p, TAPE_NORMAL, run(1), mean, number(t, 2)));
        double *q = points(t->size, -1, 1);
        look(t, q, 5, 1e-8);
        free(q);
    }
}

/* ---- each operation ----------------------------------------------------- */

/* Where operations may be differentiated. */
static const struct {
    enum tape_code code;
    double low[3], high[3];
} domains[] = {
    {TAPE_SQRT, {0.5}, {3}},         {TAPE_LOG, {0.5}, {3}},
    {TAPE_LOG1P, {-0.4}, {3}},       {TAPE_LOG1M_EXP, {-3}, {-0.2}},
    {TAPE_ASIN, {-0.8}, {0.8}},      {TAPE_ACOS, {-0.8}, {0.8}},
    {TAPE_INVERSE, {0.5}, {3}},      {TAPE_LGAMMA, {0.5}, {12}},
    {TAPE_DIGAMMA, {0.5}, {12}},     {TAPE_LOG_NORMAL_CDF, {-8}, {4}},
    {TAPE_TAN, {-1}, {1}},           {TAPE_ABS, {0.5}, {3}},
    {TAPE_FLOOR, {0.1}, {0.9}},      {TAPE_CEILING, {0.1}, {0.9}},
    {TAPE_ROUND, {0.6}, {0.9}},      {TAPE_SIGN, {0.5}, {3}},
    {TAPE_NOT, {0.5}, {3}},          {TAPE_DIVIDE, {-2, 0.5}, {2, 3}},
    {TAPE_POWER, {0.5, -2}, {3, 2}}, {TAPE_MIN, {0, 1.5}, {1, 3}},
    {TAPE_MAX, {0, 1.5}, {1, 3}},    {TAPE_ATAN2, {0.5, 0.5}, {2, 2}},
    {TAPE_LESS, {0, 1.5}, {1, 3}},   {TAPE_LESS_EQUAL, {0, 1.5}, {1, 3}},
    {TAPE_EQUAL, {0, 1.5}, {1, 3}},  {TAPE_SELECT, {0.5, -1, -1}, {1, 1, 1}},
};

static double somewhere(enum tape_code code, int k)
{
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
        if (domains[i].code == code)
            return uniform(domains[i].low[k], domains[i].high[k]);
    return uniform(-2, 2);
}

/* As a term, as part of one, and left for another plate; rows alone, few,
 * and many; each operand a run, a slot, or something without adjoint. */
static void one_operation(enum tape_code code, uint32_t n, uint32_t shape)
{
    int arity = tape_arity(code);
    struct tape *t = build_tape((uint32_t)arity * n);
    struct tape_operand of[3];
    double *q = calloc(t->size, sizeof *q), *x = calloc(n, sizeof *x);
    struct tape_plate *p = build_plate(t, n);
    for (int k = 0; k < arity; k++, shape /= 3) {
        for (uint32_t i = 0; i < n; i++) {
            x[i] = somewhere(code, k);
            q[(uint32_t)k * n + i] = somewhere(code, k);
        }
        of[k] = shape % 3 == 0   ? run((uint32_t)k * n)
                : shape % 3 == 1 ? slot((uint32_t)k * n)
                                 : column(p, x);
    }
    struct tape_operand o = op3(p, code, of[0], of[1], of[2]);
    if (shape % 2) {
        build_term(p, o);
    } else {
        build_term(p, op2(p, TAPE_MULTIPLY, o, o));
        uint32_t first = build_output(t, p, o);
        p = build_plate(t, n);
        build_term(p, op1(p, TAPE_SIN, run(first)));
    }
    look(t, q, 4, 1e-8);
    free(q);
    free(x);
}

static void every_operation(void **unused)
{
    (void)unused;
    static const uint32_t rows[] = {1, 3, 13};
    for (int code = 0; code < TAPE_CODES; code++) {
        uint32_t shapes = 2;
        for (int k = 0; k < tape_arity(code); k++) shapes *= 3;
        for (uint32_t shape = 0; shape < shapes; shape++)
            for (int i = 0; i < 3; i++) one_operation(code, rows[i], shape);
    }
}

/* ---- random tapes ------------------------------------------------------- */

static const enum tape_code smooth[] = {
    TAPE_NEGATE,   TAPE_SIN,      TAPE_COS,          TAPE_TANH,
    TAPE_LOGISTIC, TAPE_SOFTPLUS, TAPE_ATAN,         TAPE_ERF,
    TAPE_ADD,      TAPE_ADD,      TAPE_MULTIPLY,     TAPE_MULTIPLY,
    TAPE_SUBTRACT, TAPE_ADD,      TAPE_MULTIPLY_ADD, TAPE_MULTIPLY_ADD,
    TAPE_SELECT,   TAPE_NORMAL,   TAPE_LOG_ADD_EXP,  TAPE_NORMAL_CDF,
    TAPE_LESS,     TAPE_MULTIPLY, TAPE_POISSON_LOG,  TAPE_BERNOULLI_LOGIT};
enum { SMOOTH = sizeof smooth / sizeof *smooth };

static struct tape_operand any_operand(struct tape *t, struct tape_plate *p,
                                       const double *x, uint32_t slots)
{
    uint32_t *at, n = p->rows;
    struct tape_operand o;
    switch (below(p->count ? 9 : 5)) {
    case 0: return number(t, uniform(-1, 1));
    case 1: return column(p, x + below(n));
    case 2: return slot(below(slots));
    case 3:
        if (slots >= n) return run(below(slots - n + 1));
        return slot(below(slots));
    case 4:
        at = calloc(n, sizeof *at);
        for (uint32_t i = 0; i < n; i++) at[i] = below(slots);
        o = gather(p, at);
        free(at);
        return o;
    default: return build_operand(TAPE_OPERATION, below(p->count));
    }
}

static struct tape *random_tape(void)
{
    struct tape *t = build_tape(1 + below(12));
    uint32_t plates = 1 + below(5);
    t->constant = uniform(-1, 1);
    for (uint32_t k = 0; k < plates; k++) {
        static const uint32_t rows[] = {1, 1, 2, 3, 5, 8, 21, 150, 300};
        uint32_t n = rows[below(9)], slots = t->slots, count = 2 + below(9);
        double *x = points(2 * n, -1, 1);
        struct tape_plate *p = build_plate(t, n);
        for (uint32_t i = 0; i < count; i++) {
            enum tape_code code = smooth[below(SMOOTH)];
            struct tape_operand of[3];
            for (int j = 0; j < 3; j++) of[j] = any_operand(t, p, x, slots);
            if (code == TAPE_LESS || code == TAPE_SELECT) of[0] = column(p, x);
            if (code == TAPE_LESS) of[1] = number(t, 0);
            struct tape_operand o = op3(p, code, of[0], of[1], of[2]);
            /* Sums would grow and grow. */
            op1(p, TAPE_TANH, o);
        }
        for (uint32_t i = p->count - 1, j = 1 + below(3); j-- > 0; i--)
            build_term(p, build_operand(TAPE_OPERATION, i));
        for (uint32_t i = 0; i < below(3); i++)
            build_output(t, p, build_operand(TAPE_OPERATION, below(p->count)));
        free(x);
    }
    return t;
}

static void random_tapes(void **unused)
{
    (void)unused;
    for (int i = 0; i < (brief ? 60 : 150); i++) {
        struct tape *t = random_tape();
        double *q = points(t->size, -1, 1);
        look(t, q, 12, 2e-7);
        free(q);
    }
}

/* ---- guards, calls, what is not taken ----------------------------------- */

static void guards_hold_in_all_rows(void **unused)
{
    (void)unused;
    for (int i = 0; i < SIZES; i++)
        for (uint32_t broken = 0; broken < sizes[i];
             broken += 1 + sizes[i] / 9) {
            uint32_t n = sizes[i];
            struct tape *t = build_tape(n);
            double *q = points(n, 0.5, 1), log_density;
            double *gradient = calloc(n, sizeof *gradient);
            struct tape_plate *p = build_plate(t, n);
            build_guard(p, op2(p, TAPE_LESS, number(t, 0), run(0)));
            build_term(p, op1(p, TAPE_LOG, run(0)));
            assert_true(tape_prepare(t));
            assert_int_equal(tape_run(t, q, &log_density, gradient), TAPE_FINE);
            q[broken] = -1; /* its logarithm is no number either */
            assert_int_equal(tape_run(t, q, &log_density, gradient),
                             TAPE_GUARDED);
            assert_int_equal(tape_run(t, q, &log_density, NULL), TAPE_GUARDED);
            q[broken] = 1;
            assert_int_equal(tape_run(t, q, &log_density, gradient), TAPE_FINE);
            free(q);
            free(gradient);
            tape_free(t);
        }
}

static void outside_is_said(void **unused)
{
    (void)unused;
    for (int i = 0; i < SIZES; i++) {
        uint32_t n = sizes[i];
        struct tape *t = build_tape(n);
        double *q = points(n, 0.5, 1), log_density;
        double *gradient = calloc(n, sizeof *gradient);
        struct tape_plate *p = build_plate(t, n);
        build_term(p, op1(p, TAPE_SQRT, run(0)));
        assert_true(tape_prepare(t));
        q[n - 1] = -1;
        assert_int_equal(tape_run(t, q, &log_density, gradient), TAPE_OUTSIDE);
        q[n - 1] = 0; /* the root's slope is infinite */
        assert_int_equal(tape_run(t, q, &log_density, gradient), TAPE_OUTSIDE);
        assert_int_equal(tape_run(t, q, &log_density, NULL), TAPE_FINE);
        q[n - 1] = INFINITY;
        assert_int_equal(tape_run(t, q, &log_density, gradient), TAPE_OUTSIDE);
        free(q);
        free(gradient);
        tape_free(t);
    }
}

/* (where x > 0 log(x) else x), with the logarithm made in an earlier plate
 * in the second half. */
static void what_is_not_taken(void **unused)
{
    (void)unused;
    for (int i = 0; i < 2 * SIZES; i++) {
        uint32_t n = sizes[i / 2];
        struct tape *t = build_tape(n + 1);
        double *q = points(n + 1, 0.5, 1), log_density;
        double *gradient = calloc(n + 1, sizeof *gradient);
        double *x = points(n, 0, 1);
        for (uint32_t k = 0; k < n; k += 2) q[k] = k % 4 ? -1 : 0;
        x[0] = NAN;
        struct tape_plate *p = build_plate(t, n);
        struct tape_operand taken,
            root = op1(p, TAPE_SQRT, op1(p, TAPE_LOG, run(0)));
        root = op2(p, TAPE_DIVIDE, op2(p, TAPE_MULTIPLY, root, slot(n)),
                   column(p, x));
        if (i % 2) {
            uint32_t roots = build_output(t, p, root);
            p = build_plate(t, n);
            root = run(roots);
        }
        taken = op2(p, TAPE_LESS, number(t, 7), run(0));
        build_term(p, op3(p, TAPE_SELECT, taken, root,
                          op2(p, TAPE_MULTIPLY, run(0), number(t, 3))));
        assert_true(tape_prepare(t));
        assert_int_equal(tape_run(t, q, &log_density, gradient), TAPE_FINE);
        for (uint32_t k = 0; k < n; k++) assert_true(gradient[k] == 3);
        assert_true(gradient[n] == 0);
        free(q);
        free(x);
        free(gradient);
        tape_free(t);
    }
}

static bool product(void *context, const double *in, double *out)
{
    out[0] = in[0] * in[1] * *(double *)context;
    if (in[0] > 100) return false;
    out[1] = sin(in[0]);
    return true;
}
static bool product_back(void *context, const double *in, const double *out,
                         const double *by_out, double *by_in)
{
    (void)out;
    by_in[0] += by_out[0] * in[1] * *(double *)context;
    by_in[1] += by_out[0] * in[0] * *(double *)context;
    by_in[0] += by_out[1] * cos(in[0]);
    return true;
}
static void freed(void *context) { *(double *)context = 99; }

static void build_product(struct tape *t, double *factor, bool term)
{
    struct tape_plate *p = build_plate(t, 1);
    p->call = calloc(1, sizeof *p->call);
    *p->call = (struct tape_call){.context = factor,
                                  .count = 2,
                                  .out = 2,
                                  .first = t->slots,
                                  .term = false,
                                  .value = product,
                                  .reverse = product_back,
                                  .free = freed};
    p->call->slots = calloc(2, sizeof *p->call->slots);
    p->call->slots[0] = t->slots - 1;
    p->call->slots[1] = 1;
    if (term) p->call->out = 1, p->call->term = true;
    t->slots += p->call->out;
}

static bool half(void *context, const double *in, double *out)
{
    out[0] = in[0] * in[1] / *(double *)context;
    return true;
}
static bool half_back(void *context, const double *in, const double *out,
                      const double *by_out, double *by_in)
{
    (void)out;
    by_in[0] += by_out[0] * in[1] / *(double *)context;
    by_in[1] += by_out[0] * in[0] / *(double *)context;
    return true;
}

static void calls(void **unused)
{
    (void)unused;
    double factor = 1.5, divisor = 2, log_density, gradient[3];
    double q[3] = {0.3, 0.7, 0.9};
    for (int i = 0; i < 2; i++) {
        struct tape *t = build_tape(3);
        struct tape_plate *p = build_plate(t, 1);
        build_output(t, p, op1(p, TAPE_EXP, slot(2)));
        build_product(t, &factor, false);
        p = build_plate(t, 3);
        build_output(t, p, op2(p, TAPE_MULTIPLY, run(3), slot(0)));
        build_product(t, &divisor, true);
        t->plates[t->plate_count - 1].call->value = half;
        t->plates[t->plate_count - 1].call->reverse = half_back;
        if (i == 0) {
            look(t, q, 3, 1e-8);
            assert_true(factor == 99 && divisor == 99);
            factor = 1.5, divisor = 2;
            continue;
        }
        assert_true(tape_prepare(t));
        q[2] = 5; /* exp(5) > 100 */
        assert_int_equal(tape_run(t, q, &log_density, gradient), TAPE_OUTSIDE);
        tape_free(t);
    }
}

/* ---- as text ------------------------------------------------------------ */

static void printed(void **unused)
{
    (void)unused;
    static const double x[] = {1, 0, 1, 2}, y[] = {0.5, 3, 2.25, 4};
    static const uint32_t at[] = {4, 5, 4, 5};
    double factor = 1;
    struct text out = {0};
    struct tape *t = build_tape(4);
    t->constant = -0.5;
    struct tape_plate *p = build_plate(t, 1);
    build_output(t, p, op1(p, TAPE_EXP, slot(1)));
    build_product(t, &factor, false);
    p = build_plate(t, 4);
    struct tape_operand line =
        op3(p, TAPE_MULTIPLY_ADD, slot(0), column(p, x), gather(p, at));
    build_guard(p, op2(p, TAPE_LESS, run(0), number(t, 2)));
    build_term(p, op3(p, TAPE_NORMAL, column(p, y), line, slot(4)));
    assert_true(tape_print(t, &out));
    assert_string_equal(out.at,
                        "4 coordinates, 7 slots, 3 plates\n"
                        "constant -0.5\n"
                        "plate 1, 1 row\n"
                        "    %0 = exp s1                               -> s4\n"
                        "plate 2, 1 row\n"
                        "    call s4 s1  -> s5 .. s6\n"
                        "plate 3, 4 rows\n"
                        "    %0 = multiply-add s0 [1 0 1 ...] s[4 5 4 ...]\n"
                        "    %1 = less s0.. 2                          guard\n"
                        "    %2 = normal [0.5 3 2.25 ...] %0 s4        term\n");
    text_free(&out);
    tape_free(t);
}

/* ---- levels ------------------------------------------------------------- */

/* Prints densities and gradients of tapes; test programs of other levels are
 * this one again, with VESTIGE_ISA set. */
static int print_numbers(void)
{
    for (int i = 0; i < 60; i++) {
        struct tape *t = random_tape();
        double *q = points(t->size, -1, 1), log_density = 0;
        double *gradient = calloc(t->size, sizeof *gradient);
        if (!tape_prepare(t)) return 1;
        tape_run(t, q, &log_density, gradient);
        printf("%.17g\n", log_density);
        for (uint32_t k = 0; k < t->size; k++) printf("%.17g\n", gradient[k]);
        free(q);
        free(gradient);
        tape_free(t);
    }
    return 0;
}

static char program[4096];

static FILE *at_level(const char *level)
{
    char command[5000];
    snprintf(command, sizeof command, "VESTIGE_ISA=%s '%s' numbers", level,
             program);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    return f;
}

static void levels_agree(void **unused)
{
    (void)unused;
    static const char *const levels[] = {"v4", "v3", "v2", "plain", "plain"};
    for (int i = 0; i < 4; i++) {
        char a[64], b[64];
        int count = 0;
        FILE *one = at_level(levels[i]), *two = at_level(levels[i + 1]);
        while (fgets(a, sizeof a, one)) {
            assert_non_null(fgets(b, sizeof b, two));
            double x = strtod(a, NULL), y = strtod(b, NULL);
            assert_true(fabs(x - y) <= 1e-12 * (1 + fabs(x)));
            if (i == 3) assert_string_equal(a, b); /* the same level */
            count++;
        }
        assert_true(count > 100);
        assert_null(fgets(b, sizeof b, two));
        assert_int_equal(pclose(one), 0);
        assert_int_equal(pclose(two), 0);
    }
}

/* The tests above once more at the other levels. */
static void levels_pass(void **unused)
{
    (void)unused;
    static const char *const levels[] = {"v3", "v2", "plain"};
    for (int i = 0; i < 3; i++) {
        char command[5000];
        snprintf(command, sizeof command,
                 "VESTIGE_ISA=%s '%s' alone >/dev/null 2>&1", levels[i],
                 program);
        assert_int_equal(system(command), 0);
    }
}

int main(int count, char **arguments)
{
    if (count > 1 && !strcmp(arguments[1], "numbers")) return print_numbers();
    snprintf(program, sizeof program, "%s", arguments[0]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plates_of_all_sizes),
        cmocka_unit_test(runs_that_overlap),
        cmocka_unit_test(every_operation),
        cmocka_unit_test(random_tapes),
        cmocka_unit_test(guards_hold_in_all_rows),
        cmocka_unit_test(outside_is_said),
        cmocka_unit_test(what_is_not_taken),
        cmocka_unit_test(calls),
        cmocka_unit_test(printed),
        cmocka_unit_test(levels_agree),
        cmocka_unit_test(levels_pass),
    };
    brief = count > 1;
    size_t all = sizeof tests / sizeof *tests;
    const struct CMUnitTest *alone = tests;
    if (count == 1) return cmocka_run_group_tests(tests, NULL, NULL);
    return _cmocka_run_group_tests("one level", alone, all - 2, NULL, NULL);
}
