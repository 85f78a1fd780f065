/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The questions of trial.h about draws. The first half of them says which
 * values, or intervals, are worth counting; the second half is counted. So
 * the counts are those of a multinomial whose probabilities are what prob
 * says, and Pearson's sum has its distribution.
 */
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_sf_gamma.h>

#include "base/memory.h"
#include "xrp/trial_inside.h"

/* A fault is called where chance would do as badly with this probability. */
#define FALSE_ALARM 1e-6

enum { CELLS = 24, PANELS = 64, BEFORE = 5 };

/* ---- counting ----------------------------------------------------------------- */

struct cell {
    value v;  /* or its lower end */
    double p; /* what prob says */
    double counted;
};

struct count {
    struct cell cells[CELLS + 1]; /* the last: all others */
    int used;
    double sum; /* of p, without the last */
    double n;
};

/* Pearson's sum over cells in which 5 are expected, the rest in one. */
static double p_value(struct count *c)
{
    double square = 0.0, p = 0.0, counted = 0.0;
    int cells = 0;
    for (int i = 0; i < c->used; i++) {
        double expected = c->n * c->cells[i].p;
        if (!(expected >= 5.0)) continue;
        double d = c->cells[i].counted - expected;
        square += d * d / expected;
        p += c->cells[i].p;
        counted += c->cells[i].counted;
        cells++;
    }
    double rest = c->n * fmax(1.0 - p, 0.0), others = c->n - counted;
    if (rest >= 5.0) {
        square += (others - rest) * (others - rest) / rest;
        cells++;
    } else if (others > 40.0 + 2.0 * rest) {
        return 0.0; /* Chernoff: far below the false alarm */
    }
    return cells < 2 ? 1.0
                     : gsl_sf_gamma_inc_Q(0.5 * (cells - 1), 0.5 * square);
}

static struct cell *worst(struct count *c)
{
    struct cell *w = &c->cells[0];
    double most = -1.0;
    for (int i = 0; i < c->used; i++) {
        double expected = c->n * c->cells[i].p + 1.0;
        double d = fabs(c->cells[i].counted - expected) / sqrt(expected);
        if (d > most) {
            most = d;
            w = &c->cells[i];
        }
    }
    return w;
}

/* ---- values one by one ----------------------------------------------------------- */

static struct cell *cell_of(struct count *c, value v)
{
    for (int i = 0; i < c->used; i++)
        if (value_equal(c->cells[i].v, v)) return &c->cells[i];
    return NULL;
}

/* Names that nobody has are one value to us. */
static bool is_new_label(struct trial *t, value v)
{
    value list;
    if (!(t->family->flags & XRP_LABELS) || !t->family->enumerate ||
        !t->family->enumerate(&t->site, &list))
        return false;
    for (; is_pair(list) && cdr(list) != V_NIL; list = cdr(list))
        if (value_equal(car(list), v)) return false;
    return true;
}

static bool count_values(struct trial *t, const value *draws, uint32_t n,
                         struct count *c)
{
    uint32_t half = n / 2;
    for (uint32_t i = 0; i < n; i++) {
        value v = is_new_label(t, draws[i]) ? V_NOTHING : draws[i];
        struct cell *cell = cell_of(c, v);
        if (i >= half) {
            c->n++;
            if (cell) cell->counted++;
        } else if (!cell && c->used < CELLS) {
            double p;
            if (!trial_prob(t, draws[i], &p)) return false;
            cell = &c->cells[c->used++];
            *cell = (struct cell){v, exp(p), 0.0};
            c->sum += cell->p;
        }
    }
    return true;
}

/* ---- what is said to come -------------------------------------------------------- */

struct trial_count {
    struct count count;
};

struct trial_count *trial_count_new(struct trial *t)
{
    struct trial_count *c = memory_new(sizeof *c);
    if (!c) machine_no_memory(t->machine);
    return c;
}

bool trial_count_add(struct trial_count *all, value v, double log_p)
{
    struct count *c = &all->count;
    struct cell *cell = cell_of(c, v);
    c->n++;
    if (log_p != log_p) return true;
    if (!cell) {
        if (c->used == CELLS) return false;
        cell = &c->cells[c->used++];
        *cell = (struct cell){v, exp(log_p), 0.0};
        c->sum += cell->p;
    }
    cell->counted++;
    return trial_agree(log(cell->p), log_p);
}

bool trial_count_used(const struct trial_count *c)
{
    return c->count.used && c->count.n > 2.0 * c->count.used;
}

/* Values that are there because they came are few, and n is large: what is
 * rare among them goes into the rest. */
bool trial_count_agrees(struct trial_count *all, value *v, double *counted,
                        double *said)
{
    struct count *c = &all->count;
    const struct cell *w = worst(c);
    *v = w->v;
    *counted = w->counted;
    *said = w->p;
    return c->sum <= 1.0 + 1e-8 && p_value(c) >= FALSE_ALARM;
}

/* ---- intervals ---------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    double x = as_number(*(const value *)a), y = as_number(*(const value *)b);
    return (x > y) - (x < y);
}

/* Simpson's rule. */
static bool integral(struct trial *t, double lo, double hi, double *sum)
{
    *sum = 0.0;
    for (int i = 0; i <= PANELS; i++) {
        double p, weight = i == 0 || i == PANELS ? 1.0 : i % 2 ? 4.0 : 2.0;
        if (!trial_prob(t, v_double(lo + (hi - lo) * i / PANELS), &p))
            return false;
        *sum += weight * exp(p);
    }
    *sum *= (hi - lo) / (3.0 * PANELS);
    return true;
}

static bool count_intervals(struct trial *t, value *draws, uint32_t n,
                            struct count *c)
{
    uint32_t half = n / 2;
    double ends[CELLS + 1];
    qsort(draws, half, sizeof *draws, by_size);
    for (int i = 0; i <= CELLS; i++)
        ends[i] =
            as_number(draws[(half - 1) * (uint64_t)(i + 1) / (CELLS + 2)]);
    c->used = CELLS;
    for (int i = 0; i < CELLS; i++) {
        struct cell *cell = &c->cells[i];
        cell->v = v_double(ends[i]);
        if (!integral(t, ends[i], ends[i + 1], &cell->p)) return false;
        c->sum += cell->p;
    }
    for (uint32_t i = half; i < n; i++) {
        double x = as_number(draws[i]);
        int at = 0;
        c->n++;
        while (at <= CELLS && x >= ends[at]) at++;
        if (at > 0 && at <= CELLS) c->cells[at - 1].counted++;
    }
    return true;
}

/* ---- sampling agrees with prob ---------------------------------------------------------- */

static bool is_dense(const value *draws, uint32_t n)
{
    for (uint32_t i = 0; i < n && i < 40; i++) {
        if (!is_double(draws[i])) return false;
        for (uint32_t j = 0; j < i; j++)
            if (draws[i] == draws[j]) return false;
    }
    return true;
}

/* Is it an array of numbers that are not all whole? Such draws never come
 * twice, and have no order: their frequencies say nothing of a density. */
static bool is_real_array(value v)
{
    if (is_vector(v)) {
        const struct vector *x = as_vector(v);
        for (size_t i = 0; i < x->head.size; i++)
            if (x->at[i] != floor(x->at[i])) return true;
        return false;
    }
    for (; is_pair(v); v = cdr(v))
        if (is_double(car(v)) && as_number(car(v)) != floor(as_number(car(v))))
            return true;
    return false;
}

static bool is_comparable(const struct trial *t, const value *draws)
{
    if (t->family->flags & XRP_IMPROPER) return false;
    for (uint32_t i = 0; i < t->draws; i++)
        if (is_real_array(draws[i])) return false;
    return true;
}

static bool tell_counts(struct trial *t, struct count *c, bool dense)
{
    char shown[64], line[240];
    double p = p_value(c);
    double room = dense ? 1e-3 : 1e-8;
    const struct cell *w = worst(c);
    const char *from = dense ? "values above " : "";
    if (c->sum > 1.0 + room) {
        snprintf(line, sizeof line,
                 "probabilities of the values drawn sum to %.6g, more than "
                 "1\n",
                 c->sum);
        return trial_line(t, false, line);
    }
    if (p >= FALSE_ALARM) return true;
    snprintf(line, sizeof line,
             "sampling does not agree with prob: %s%s came %.0f times of "
             "%.0f, and prob says %.6g (p = %.2g)\n",
             from,
             w->v == V_NOTHING ? "a new label"
                               : trial_words(w->v, shown, sizeof shown),
             w->counted, c->n, c->n * w->p, p);
    return trial_line(t, false, line);
}

static bool compare(struct trial *t, value *draws, bool *compared)
{
    struct count c = {.used = 0};
    for (uint32_t i = 0; i < t->draws; i++)
        if (!trial_draw(t, &draws[i])) return false;
    *compared = is_comparable(t, draws);
    if (!*compared) return true;
    bool dense = is_dense(draws, t->draws);
    return (dense ? count_intervals(t, draws, t->draws, &c)
                  : count_values(t, draws, t->draws, &c)) &&
           tell_counts(t, &c, dense);
}

static const char not_compared[] =
    "sampling is not compared with prob: draws are arrays, or prob has no "
    "mass of 1\n";

/* From an empty state, and from one with a few draws in it. */
bool trial_frequencies(struct trial *t)
{
    value v, *draws = memory_new(t->draws * sizeof *draws);
    int faults = t->faults;
    bool compared;
    if (!draws) return machine_no_memory(t->machine);
    if (!trial_begin(t) || !compare(t, draws, &compared)) return false;
    if (!compared) return trial_note(t, not_compared);
    for (int i = 0; t->site.state && i < BEFORE; i++)
        if (!trial_draw(t, &v) || !trial_change(t, true, v)) return false;
    if (t->site.state && t->faults == faults && !compare(t, draws, &compared))
        return false;
    return t->faults > faults ||
           trial_line(t, true, "sampling agrees with prob\n");
}

/* ---- supports ------------------------------------------------------------------------------ */

static bool sum_support(struct trial *t, value list, double *sum)
{
    double p;
    for (*sum = 0.0; is_pair(list); list = cdr(list)) {
        if (!trial_prob(t, car(list), &p)) return false;
        *sum += exp(p);
    }
    return true;
}

bool trial_support(struct trial *t)
{
    value list, v;
    double sum;
    char line[120];
    if (!trial_begin(t)) return false;
    for (int i = 0; t->site.state && i < BEFORE; i++)
        if (!trial_draw(t, &v) || !trial_change(t, true, v)) return false;
    if (!t->family->enumerate(&t->site, &list)) return trial_failed(t);
    if (!sum_support(t, list, &sum)) return false;
    if (fabs(sum - 1.0) <= 1e-8)
        return trial_line(t, true, "probabilities of the support sum to 1\n");
    snprintf(line, sizeof line,
             "probabilities of the support sum to %.9g, not to 1\n", sum);
    return trial_line(t, false, line);
}
