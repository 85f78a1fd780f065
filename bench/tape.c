/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A gradient on tapes as the models of bench/ leave them, in microseconds of
 * CPU: one line each, name, smallest and median time of many rounds, and the
 * bar. Status 1 when a median is above its bar.
 */
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "../tests/unit/tape_build.h"

enum { ROUNDS = 201 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static double unit(void)
{
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return state / 4294967296.0 - 0.5;
}
static double *units(uint32_t n)
{
    double *x = calloc(n, sizeof *x);
    if (!x) abort();
    for (uint32_t i = 0; i < n; i++) x[i] = unit();
    return x;
}

/* ---- small pieces ------------------------------------------------------- */

static void normal(struct tape *t, uint32_t rows, struct tape_operand x)
{
    struct tape_plate *p = build_plate(t, rows);
    build_term(p, op3(p, TAPE_NORMAL, x, number(t, 0), number(t, 0.2)));
}
static uint32_t output_1(struct tape *t, enum tape_code code,
                         struct tape_operand a)
{
    struct tape_plate *p = build_plate(t, 1);
    return build_output(t, p, op1(p, code, a));
}
static void term_times(struct tape *t, double factor, struct tape_operand a)
{
    struct tape_plate *p = build_plate(t, 1);
    build_term(p, op2(p, TAPE_MULTIPLY, number(t, factor), a));
}
/* 1 / exp(slot), with its part of a density of n rows. */
static uint32_t inverse_scale(struct tape *t, uint32_t log_scale, double n)
{
    struct tape_plate *p = build_plate(t, 1);
    uint32_t out = build_output(
        t, p, op1(p, TAPE_EXP, op1(p, TAPE_NEGATE, slot(log_scale))));
    term_times(t, -n, slot(log_scale));
    return out;
}

/* ---- models ------------------------------------------------------------- */

static struct tape *schools(void)
{
    static const double y[] = {28, 8, -3, 7, -1, 1, 18, 12};
    double weight[] = {15, 10, 16, 11, 9, 11, 10, 18};
    struct tape *t = build_tape(10);
    for (int i = 0; i < 8; i++) weight[i] = 1 / weight[i];
    uint32_t tau = output_1(t, TAPE_EXP, slot(1));
    normal(t, 1, slot(0));
    term_times(t, 1, slot(1));
    struct tape_plate *p = build_plate(t, 1);
    struct tape_operand z = op2(p, TAPE_MULTIPLY, slot(tau), number(t, 0.2));
    z = op1(p, TAPE_LOG1P, op1(p, TAPE_SQUARE, z));
    build_term(p, op1(p, TAPE_NEGATE, z));
    normal(t, 8, run(2));
    p = build_plate(t, 8);
    struct tape_operand theta =
        op2(p, TAPE_ADD, slot(0), op2(p, TAPE_MULTIPLY, slot(tau), run(2)));
    build_term(p, op3(p, TAPE_NORMAL, column(p, y), theta, column(p, weight)));
    return t;
}

static struct tape_operand line(struct tape_plate *p, uint32_t n,
                                uint32_t columns)
{
    struct tape_operand sum = slot(0);
    for (uint32_t k = 0; k < columns; k++) {
        double *x = units(n);
        struct tape_operand one =
            op2(p, TAPE_MULTIPLY, column(p, x), slot(k + 1));
        sum = op2(p, TAPE_ADD, sum, one);
        free(x);
    }
    return sum;
}

static struct tape *logistic(void)
{
    struct tape *t = build_tape(21);
    double *y = units(1000);
    for (int i = 0; i < 1000; i++) y[i] = y[i] > 0;
    normal(t, 21, run(0));
    struct tape_plate *p = build_plate(t, 1000);
    struct tape_operand sum = line(p, 1000, 20);
    build_term(p, op2(p, TAPE_BERNOULLI_LOGIT, column(p, y), sum));
    free(y);
    return t;
}

static struct tape *linear(void)
{
    struct tape *t = build_tape(12);
    double *y = units(10000);
    normal(t, 11, run(0));
    uint32_t scale = inverse_scale(t, 11, 10000);
    struct tape_plate *p = build_plate(t, 10000);
    struct tape_operand sum = line(p, 10000, 10);
    build_term(p, op3(p, TAPE_NORMAL, column(p, y), sum, slot(scale)));
    free(y);
    return t;
}

static struct tape *mixture(void)
{
    struct tape *t = build_tape(5);
    double *y = units(1000);
    uint32_t scale[2], weight[2];
    normal(t, 2, run(0));
    for (uint32_t k = 0; k < 2; k++) scale[k] = inverse_scale(t, 2 + k, 0);
    struct tape_plate *p = build_plate(t, 1);
    struct tape_operand soft = op1(p, TAPE_SOFTPLUS, slot(4));
    weight[0] = build_output(t, p, op2(p, TAPE_SUBTRACT, slot(4), soft));
    weight[1] = build_output(t, p, op1(p, TAPE_NEGATE, soft));
    p = build_plate(t, 1000);
    struct tape_operand part[2], data = column(p, y);
    for (uint32_t k = 0; k < 2; k++) {
        part[k] = op3(p, TAPE_NORMAL, data, slot(k), slot(scale[k]));
        part[k] = op2(p, TAPE_ADD, part[k], slot(weight[k]));
    }
    build_term(p, op2(p, TAPE_LOG_ADD_EXP, part[0], part[1]));
    free(y);
    return t;
}

static struct tape *radon(void)
{
    enum { ROWS = 919, GROUPS = 85 };
    struct tape *t = build_tape(GROUPS + 4);
    double *x = units(ROWS), *y = units(ROWS);
    uint32_t group[ROWS];
    for (uint32_t i = 0; i < ROWS; i++) {
        x[i] = x[i] > 0;
        group[i] = i * GROUPS / ROWS;
    }
    normal(t, 2, run(GROUPS));
    uint32_t among = inverse_scale(t, GROUPS + 2, GROUPS);
    uint32_t within = inverse_scale(t, GROUPS + 3, ROWS);
    struct tape_plate *p = build_plate(t, GROUPS);
    build_term(p, op3(p, TAPE_NORMAL, run(0), slot(GROUPS), slot(among)));
    p = build_plate(t, ROWS);
    struct tape_operand mean =
        op2(p, TAPE_ADD, gather(p, group),
            op2(p, TAPE_MULTIPLY, slot(GROUPS + 1), column(p, x)));
    build_term(p, op3(p, TAPE_NORMAL, column(p, y), mean, slot(within)));
    free(x);
    free(y);
    return t;
}

static struct tape *volatility(void)
{
    enum { TIMES = 500, MU = TIMES, PHI, SIGMA };
    struct tape *t = build_tape(TIMES + 3);
    double *y = units(TIMES);
    normal(t, 1, slot(MU));
    uint32_t phi = output_1(t, TAPE_TANH, slot(PHI));
    uint32_t scale = inverse_scale(t, SIGMA, TIMES);
    struct tape_plate *p = build_plate(t, TIMES - 1);
    struct tape_operand mean = op2(p, TAPE_SUBTRACT, run(0), slot(MU));
    mean = op2(p, TAPE_ADD, op2(p, TAPE_MULTIPLY, slot(phi), mean), slot(MU));
    build_term(p, op3(p, TAPE_NORMAL, run(1), mean, slot(scale)));
    p = build_plate(t, TIMES);
    struct tape_operand half = op2(p, TAPE_MULTIPLY, run(0), number(t, -0.5));
    build_term(p, half);
    build_term(p, op3(p, TAPE_NORMAL, column(p, y), number(t, 0),
                      op1(p, TAPE_EXP, half)));
    free(y);
    return t;
}

/* ---- times -------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool measure(const char *name, struct tape *t, double bar)
{
    double *q = units(t->size), *gradient = units(t->size), log_density;
    double times[ROUNDS];
    int turns = (int)(200 / bar) + 1;
    if (!tape_prepare(t)) abort();
    for (int i = 0; i < ROUNDS; i++) {
        double start = now();
        for (int k = 0; k < turns; k++)
            if (tape_run(t, q, &log_density, gradient) != TAPE_FINE) abort();
        times[i] = (now() - start) / turns;
    }
    qsort(times, ROUNDS, sizeof *times, by_size);
    printf("%-12s %8.3f %8.3f   at most %g\n", name, times[0],
           times[ROUNDS / 2], bar);
    tape_free(t);
    free(q);
    free(gradient);
    return times[ROUNDS / 2] <= bar;
}

/* All models, or the one named. */
int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        struct tape *(*make)(void);
        double bar;
    } models[] = {{"schools", schools, 0.1}, {"logistic", logistic, 10},
                  {"linear", linear, 60},    {"mixture", mixture, 5},
                  {"radon", radon, 3},       {"volatility", volatility, 2.5}};
    bool good = true;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (count < 2 || !strcmp(arguments[1], models[i].name))
            good = measure(models[i].name, models[i].make(), models[i].bar) &&
                   good;
    return good ? 0 : 1;
}
