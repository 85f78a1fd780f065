/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Exact tables: see exact.h. Every state of the program is visited once, and
 * the masses of those in which the expression has one value are added up; or
 * its values come with their masses, summed over the parts of the program.
 */
#include "session/exact.h"

#include <math.h>
#include <stdlib.h>

#include "infer/enumeration.h"
#include "infer/factored.h"
#include "session/column.h"
#include "session/session.h"

struct table {
    struct session *session;
    struct code *code;
    struct column column; /* a value a state */
    double *log_mass;
    size_t room;
};

/* A value and its probability. */
struct share {
    double x, p;
};

static bool add(void *context, value v, double log_mass)
{
    struct table *t = context;
    struct machine *m = t->session->machine;
    if (t->column.length == t->room) {
        size_t room = t->room ? t->room * 2 : 256;
        double *more = realloc(t->log_mass, room * sizeof *more);
        if (!more) return machine_no_memory(m);
        t->log_mass = more;
        t->room = room;
    }
    t->log_mass[t->column.length] = log_mass;
    return column_add(&t->column, v) || machine_no_memory(m);
}

static bool visit(void *context, struct way way, const double *log_mass)
{
    struct table *t = context;
    struct engine *e = t->session->engine;
    value v;
    (void)way;
    return e->op->evaluate(e, t->code, &v) && add(t, v, *log_mass);
}

static int by_value(const void *a, const void *b)
{
    const struct share *x = a, *y = b;
    return (x->x > y->x) - (x->x < y->x);
}

static int by_share(const void *a, const void *b)
{
    const struct share *x = a, *y = b;
    if (x->p != y->p) return x->p < y->p ? 1 : -1;
    return by_value(a, b);
}

/* One row a value; *n of them. */
static struct share *gather(const struct table *t, double *log_ml, size_t *n)
{
    size_t all = t->column.length, kept = 0;
    double largest = -INFINITY, sum = 0.0;
    struct share *rows = malloc((all + 1) * sizeof *rows);
    if (!rows) return NULL;
    for (size_t i = 0; i < all; i++) largest = fmax(largest, t->log_mass[i]);
    for (size_t i = 0; i < all; i++) {
        rows[i] =
            (struct share){t->column.at[i], exp(t->log_mass[i] - largest)};
        sum += rows[i].p;
    }
    qsort(rows, all, sizeof *rows, by_value);
    for (size_t i = 0; i < all; i++) {
        if (kept && rows[kept - 1].x == rows[i].x)
            rows[kept - 1].p += rows[i].p;
        else
            rows[kept++] = rows[i];
    }
    for (size_t i = 0; i < kept; i++) rows[i].p /= sum;
    qsort(rows, kept, sizeof *rows, by_share);
    *log_ml = largest + log(sum);
    *n = kept;
    return rows;
}

static bool print(const struct table *t, const struct share *rows, size_t n,
                  struct text *lines, struct text *json)
{
    bool good = text_puts(json, "[");
    for (size_t i = 0; good && i < n; i++)
        good = column_print(lines, &t->column, rows[i].x) &&
               text_printf(lines, ": %.10g\n", rows[i].p) &&
               text_puts(json, i ? ",{\"value\":" : "{\"value\":") &&
               column_print_json(json, &t->column, rows[i].x) &&
               text_printf(json, ",\"probability\":%.17g}", rows[i].p);
    return good && text_puts(json, "]");
}

static bool answer(struct table *t, struct answer *a, double *log_ml)
{
    struct machine *m = t->session->machine;
    struct text lines = {0}, json = {0};
    size_t n = 0;
    if (!t->column.length)
        return error_set(&m->error, ERROR_IMPOSSIBLE,
                         "enumerate: no state of the program is possible");
    struct share *rows = gather(t, log_ml, &n);
    bool good = rows && print(t, rows, n, &lines, &json);
    if (good)
        answer_block(a, lines.at, "distribution", json.at);
    else
        machine_no_memory(m);
    free(rows);
    text_free(&lines);
    text_free(&json);
    return good;
}

enum {
    STATES_FEW = 2000,  /* that are listed before it is tried by parts */
    PARTS_MOST = 100000 /* runs of parts, at least as many as states */
};

/* State by state while they are few; then by parts, if the program falls into
 * such; else state by state as far as may be. */
static bool fill(struct table *t, const struct order *o, const char *name,
                 struct exact_size *size)
{
    struct session *s = t->session;
    struct machine *m = s->machine;
    double most = o->plan.kernel->options[0];
    bool fits;
    if (enumeration_run(s->engine, "enumerate", fmin(most, STATES_FEW), visit,
                        t))
        return true;
    if (m->error.kind != ERROR_LIMIT) return false;
    error_clear(&m->error);
    column_close(&t->column);
    if (!column_open(&t->column, name)) return machine_no_memory(m);
    if (!factored_run(m, s->program.at, (uint32_t)s->program.count, t->code,
                      fmax(most, PARTS_MOST), add, t, &size->parts, &fits))
        return false;
    if (fits) return true;
    size->parts = 0;
    t->column.length = 0;
    return enumeration_run(s->engine, "enumerate", most, visit, t);
}

bool exact_answer(struct session *s, const struct order *o, struct answer *a,
                  double *log_ml, struct exact_size *size)
{
    struct table t = {.session = s};
    char name[80];
    *size = (struct exact_size){0, 0};
    error_clear(&s->machine->error);
    span_text(o->expression->span, name, sizeof name);
    t.code = machine_compile(s->machine, o->expression);
    if (!t.code) return false;
    if (!column_open(&t.column, name)) return machine_no_memory(s->machine);
    bool good = fill(&t, o, name, size) && answer(&t, a, log_ml);
    size->states = t.column.length;
    column_close(&t.column);
    free(t.log_mass);
    return good;
}
